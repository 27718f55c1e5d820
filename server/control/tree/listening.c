// SPDX-License-Identifier: BSD-3-Clause
//
// Ears in channels that one is not in. Refused in tracks, whose sound is a mix made for those who
// sit there, and in booths. Volumes are the listener's own matter: others are told of them only
// where the configuration says so.
#include "control/control_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VOLUME_LEAST                                                                               \
    0x1p-10f // -60 dB and +30 dB in steps of 6 dB a factor of two, as clients offer
#define VOLUME_MOST 0x1p5f

typedef MumbleProto__UserState__VolumeAdjustment adjustment;

// ---- checks

static bool is_below_limits(struct conn *conn, const struct channel *channel, uint32_t n_mine)
{
    const struct config *config = conn->server->config;
    if (config->listeners_per_channel >= 0 &&
        channel->n_listeners >= (uint32_t)config->listeners_per_channel) {
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelListenerLimit,
                           N_("No more listeners allowed in this channel"), NULL);
        return false;
    }
    if (n_mine >= MODEL_LISTENING_MAX ||
        (config->listeners_per_user >= 0 && n_mine >= (uint32_t)config->listeners_per_user)) {
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__UserListenerLimit,
                           N_("You cannot listen to more channels"), NULL);
        return false;
    }
    return true;
}

static bool may_listen(struct conn *conn, const struct user *user, const struct channel *channel)
{
    bool is_mixed = channel->role == CHANNEL_TRACK || channel->role == CHANNEL_BOOTH;
    if (!is_mixed && (model_permissions(conn->server->model, user, channel->id) & PERM_LISTEN) != 0)
        return true;
    send_denied(conn, PERM_LISTEN, channel->id);
    if (is_mixed)
        say(conn, PHRASE_NO_EARS);
    return false;
}

static size_t at_most(size_t n, size_t limit)
{
    return n < limit ? n : limit;
}

static bool is_among(const uint32_t *ids, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

// The list of the message itself is shortened: it is ours, and goes with the message.
bool listening_check(struct conn *conn, const MumbleProto__UserState *state,
                     MumbleProto__UserState *accepted)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, conn->session);
    uint32_t n_mine = model_listening_count(user);
    size_t n = 0;
    for (size_t i = 0; i < at_most(state->n_listening_channel_add, LISTENING_ADDED_MAX); i++) {
        uint32_t id = state->listening_channel_add[i];
        const struct channel *channel = model_channel(model, id);
        if (channel == NULL || is_among(state->listening_channel_add, n, id) || conn->is_doomed)
            continue;
        if (model_listening(user, id) == NULL) {
            if (!may_listen(conn, user, channel) || !is_below_limits(conn, channel, n_mine))
                continue;
            n_mine++;
        }
        state->listening_channel_add[n++] = id;
    }
    accepted->n_listening_channel_add = n;
    accepted->listening_channel_add = state->listening_channel_add;
    accepted->n_listening_channel_remove = state->n_listening_channel_remove;
    accepted->listening_channel_remove = state->listening_channel_remove;
    accepted->n_listening_volume_adjustment = state->n_listening_volume_adjustment;
    accepted->listening_volume_adjustment = state->listening_volume_adjustment;
    return true;
}

// ---- telling

// What changed, or is there at login: two lists of channels and the volumes. Room for all of it is
// made at once.
struct news {
    uint32_t n_added, n_removed, n_volumes;
    uint32_t *added, *removed;
    adjustment *volumes, **volume_list;
};

static bool news_init(struct news *news, size_t n_added, size_t n_removed, size_t n_volumes)
{
    *news = (struct news){ .added = calloc(n_added + 1, sizeof(uint32_t)),
                           .removed = calloc(n_removed + 1, sizeof(uint32_t)),
                           .volumes = calloc(n_volumes + 1, sizeof(adjustment)),
                           .volume_list = calloc(n_volumes + 1, sizeof(adjustment *)) };
    return news->added != NULL && news->removed != NULL && news->volumes != NULL &&
           news->volume_list != NULL;
}

static void news_clear(struct news *news)
{
    free(news->added);
    free(news->removed);
    free(news->volumes);
    free(news->volume_list);
}

static void news_volume(struct news *news, uint32_t channel, float factor)
{
    for (uint32_t i = 0; i < news->n_volumes; i++)
        if (news->volumes[i].listening_channel == channel) {
            news->volumes[i].volume_adjustment = factor;
            return;
        }
    adjustment *volume = &news->volumes[news->n_volumes];
    mumble_proto__user_state__volume_adjustment__init(volume);
    volume->has_listening_channel = volume->has_volume_adjustment = true;
    volume->listening_channel = channel;
    volume->volume_adjustment = factor;
    news->volume_list[news->n_volumes++] = volume;
}

static void tell(struct conn *conn, const struct user *user, const struct news *news,
                 uint32_t actor)
{
    bool has_volumes =
        conn->session == user->session || conn->server->config->is_listener_volume_broadcast;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = true;
    state.session = user->session;
    state.has_actor = actor != 0;
    state.actor = actor;
    state.n_listening_channel_add = news->n_added;
    state.listening_channel_add = news->added;
    state.n_listening_channel_remove = news->n_removed;
    state.listening_channel_remove = news->removed;
    state.n_listening_volume_adjustment = has_volumes ? news->n_volumes : 0;
    state.listening_volume_adjustment = news->volume_list;
    if (news->n_added + news->n_removed + state.n_listening_volume_adjustment > 0)
        send_message(conn, MSG_USER_STATE, &state.base);
}

static void tell_all(struct server *server, const struct user *user, const struct news *news,
                     uint32_t actor)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY)
            tell(conn, user, news, actor);
}

// ---- effects

static const struct listening *remembered(const struct user *user, uint32_t channel)
{
    for (uint32_t i = 0; i < user->n_listening; i++)
        if (user->listening[i].channel == channel)
            return &user->listening[i];
    return NULL;
}

static void keep(struct server *server, const struct user *user, uint32_t channel)
{
    const struct listening *ears = remembered(user, channel);
    if (user->user_id > MODEL_SUPERUSER && ears != NULL)
        storage_listening_put(server, user->user_id, ears);
}

static float sound_volume(const adjustment *wanted)
{
    float factor = wanted->has_volume_adjustment ? wanted->volume_adjustment : 0;
    if (!isfinite(factor) || factor <= 0)
        return 1; // the protocol's "not set"
    return factor < VOLUME_LEAST ? VOLUME_LEAST : factor > VOLUME_MOST ? VOLUME_MOST : factor;
}

static void set_volumes(struct server *server, struct user *user, struct news *news,
                        const MumbleProto__UserState *accepted, size_t n_volumes)
{
    for (size_t i = 0; i < n_volumes; i++) {
        const adjustment *wanted = accepted->listening_volume_adjustment[i];
        if (!model_listening_set_volume(user, wanted->listening_channel, sound_volume(wanted)))
            continue; // ears that were never there
        news_volume(news, wanted->listening_channel, sound_volume(wanted));
        keep(server, user, wanted->listening_channel);
    }
}

static void add_all(struct server *server, struct user *user, struct news *news,
                    const MumbleProto__UserState *accepted)
{
    for (size_t i = 0; i < accepted->n_listening_channel_add; i++) {
        uint32_t channel = accepted->listening_channel_add[i];
        if (model_listen(server->model, user, channel, -1) != 0)
            continue;
        news->added[news->n_added++] = channel;
        float volume = remembered(user, channel)->volume;
        if (volume < 1 || volume > 1)
            news_volume(news, channel, volume);
        keep(server, user, channel);
    }
}

static void remove_all(struct server *server, struct user *user, struct news *news,
                       const MumbleProto__UserState *accepted, size_t n_removed)
{
    for (size_t i = 0; i < n_removed; i++) {
        uint32_t channel = accepted->listening_channel_remove[i];
        if (model_listening(user, channel) == NULL)
            continue;
        model_unlisten(server->model, user, channel);
        news->removed[news->n_removed++] = channel;
        keep(server, user, channel);
    }
}

void listening_apply(struct server *server, struct user *user,
                     const MumbleProto__UserState *accepted)
{
    size_t n_volumes = at_most(accepted->n_listening_volume_adjustment, MODEL_LISTENING_MAX);
    size_t n_removed = at_most(accepted->n_listening_channel_remove, MODEL_LISTENING_MAX);
    size_t n_added = accepted->n_listening_channel_add;
    struct news news;
    if (news_init(&news, n_added, n_removed, n_volumes + n_added)) {
        add_all(server, user, &news, accepted);
        set_volumes(server, user, &news, accepted, n_volumes);
        remove_all(server, user, &news, accepted, n_removed);
        if (news.n_added + news.n_removed + news.n_volumes > 0)
            server->are_routes_dirty = true;
        tell_all(server, user, &news, user->session);
    }
    news_clear(&news);
}

// ---- at login, and when something goes

struct restoring {
    struct server *server;
    struct user *user;
};

// Who may not listen there any more has their ears off, with the volume kept.
static int restore_one(void *context, const struct listening *stored)
{
    struct restoring *restoring = context;
    struct model *model = restoring->server->model;
    struct user *user = restoring->user;
    const struct channel *channel = model_channel(model, stored->channel);
    if (channel == NULL || model_listen(model, user, stored->channel, stored->volume) != 0)
        return 0;
    if (!stored->is_on || channel->role == CHANNEL_TRACK || channel->role == CHANNEL_BOOTH ||
        (model_permissions(model, user, channel->id) & PERM_LISTEN) == 0)
        model_unlisten(model, user, stored->channel);
    return 0;
}

void listening_restore(struct server *server, struct user *user)
{
    struct restoring restoring = { server, user };
    if (user->user_id > MODEL_SUPERUSER &&
        store_listening_each(server->reader, user->user_id, restore_one, &restoring) != 0)
        log_error("control", "ears not restored", "session=%u reason=\"%s\"", user->session,
                  store_last_error(server->reader));
}

void listening_announce(struct conn *conn)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    struct news news;
    if (news_init(&news, user->n_listening, 0, user->n_listening)) {
        for (uint32_t i = 0; i < user->n_listening; i++) {
            const struct listening *ears = &user->listening[i];
            if (!ears->is_on)
                continue;
            news.added[news.n_added++] = ears->channel;
            if (ears->volume < 1 || ears->volume > 1)
                news_volume(&news, ears->channel, ears->volume);
        }
        tell_all(server, user, &news, 0);
    }
    news_clear(&news);
}

// Who has lost the right to listen hears nothing more from there.
void listening_look_again(struct conn *conn)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    for (uint32_t i = 0; i < user->n_listening; i++) {
        uint32_t channel = user->listening[i].channel;
        if (!user->listening[i].is_on ||
            (model_permissions(server->model, user, channel) & PERM_LISTEN) != 0)
            continue;
        struct news news = { .n_removed = 1, .removed = &channel };
        model_unlisten(server->model, user, channel);
        server->are_routes_dirty = true;
        keep(server, user, channel);
        tell_all(server, user, &news, 0);
    }
}

void listening_channel_gone(struct server *server, uint32_t channel)
{
    for (struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session)) {
        if (model_listening(user, channel) == NULL)
            continue;
        struct news news = { .n_removed = 1, .removed = &channel };
        model_unlisten(server->model, user, channel);
        server->are_routes_dirty = true;
        tell_all(server, user, &news, 0);
    }
}
