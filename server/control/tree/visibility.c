// SPDX-License-Identifier: BSD-3-Clause
//
// hidechannels: who may not enter a channel does not know of it, nor of who is in it.
//
//   known channels = those one may enter, one's own, and every channel above one of these
//   known users    = those in known channels
//
// What a client knows of is remembered: channels in rights.c (rights_has_told), users here. Nothing
// else reaches a connection, whoever sends it: send.c asks visible_look() of every message.
// visible_turn_end() sends the difference when rights or one's own place have changed. What a
// client says of something that it does not know of is turned into a number that nobody has.
#include "control/tree/visibility.h"

#include <stdlib.h>

struct visible {
    bool is_stale;
    uint64_t users[]; // a bit for each session
};

static size_t user_words(const struct server *server)
{
    return (model_sessions_max(server->model) + 63) / 64;
}

static bool has_user(const struct conn *conn, uint32_t session)
{
    return session < model_sessions_max(conn->server->model) &&
           (conn->visible->users[session / 64] >> (session % 64) & 1) != 0;
}

static void set_user(struct conn *conn, uint32_t session, bool is_known)
{
    uint64_t bit = UINT64_C(1) << (session % 64);
    if (is_known)
        conn->visible->users[session / 64] |= bit;
    else
        conn->visible->users[session / 64] &= ~bit;
}

bool visible_channel(const struct conn *conn, const struct channel *channel)
{
    return conn->visible == NULL || rights_has_told(conn, channel->id);
}

bool visible_user(const struct conn *conn, const struct user *user)
{
    return conn->visible == NULL || user->session == conn->session || has_user(conn, user->session);
}

void visible_forget(struct conn *conn)
{
    free(conn->visible);
    conn->visible = NULL;
}

void visible_changed(struct conn *conn)
{
    if (conn->visible != NULL)
        conn->visible->is_stale = conn->server->has_stale_visible = true;
}

static bool begin(struct conn *conn)
{
    if (conn->visible == NULL)
        conn->visible = calloc(1, sizeof(*conn->visible) +
                                      user_words(conn->server) * sizeof(conn->visible->users[0]));
    if (conn->visible == NULL)
        conn_doom(conn); // rather than show what is hidden
    return conn->visible != NULL;
}

static bool may_enter(const struct conn *conn, const struct channel *channel)
{
    const struct model *model = conn->server->model;
    const struct user *reader = model_user(model, conn->session);
    return reader != NULL && (reader->channel == channel->id ||
                              (model_permissions(model, reader, channel->id) & PERM_ENTER) != 0);
}

// ---- the difference ---------------------------------------------------------------------------

struct tree { // of this moment; the same for all clients
    size_t n;
    const struct channel **channels; // parents first
    size_t *parents;                 // their places among these
    bool *is_wanted, *is_new;        // for one client
};

static void tree_clear(struct tree *tree)
{
    free(tree->channels);
    free(tree->parents);
    free(tree->is_wanted);
    free(tree->is_new);
}

static bool tree_fill(struct tree *tree, const struct model *model)
{
    *tree = (struct tree){ .n = 0 };
    while (model_channel_at(model, tree->n) != NULL)
        tree->n++;
    tree->channels = calloc(tree->n + 1, sizeof(const struct channel *));
    tree->parents = calloc(tree->n + 1, sizeof(size_t));
    tree->is_wanted = calloc(tree->n + 1, sizeof(bool));
    tree->is_new = calloc(tree->n + 1, sizeof(bool));
    if (tree->channels == NULL || tree->parents == NULL || tree->is_wanted == NULL ||
        tree->is_new == NULL) {
        tree_clear(tree);
        return false;
    }
    for (size_t i = 0; i < tree->n; i++) {
        tree->channels[i] = model_channel_at(model, i);
        size_t parent = i > 0 ? tree->parents[i - 1] : 0; // siblings mostly stand together
        while (i > 0 && tree->channels[parent]->id != tree->channels[i]->parent)
            parent = (parent + 1) % i;
        tree->parents[i] = parent;
    }
    return true;
}

static void want(const struct conn *conn, const struct tree *tree, bool is_everything)
{
    for (size_t i = 0; i < tree->n; i++)
        tree->is_wanted[i] = i == 0 || is_everything || may_enter(conn, tree->channels[i]);
    for (size_t i = tree->n; i-- > 1;)
        if (tree->is_wanted[i])
            tree->is_wanted[tree->parents[i]] = true;
    for (size_t i = 0; i < tree->n; i++)
        tree->is_new[i] = tree->is_wanted[i] && !rights_has_told(conn, tree->channels[i]->id);
}

static void remove_user(struct conn *conn, uint32_t session)
{
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = session;
    send_message(conn, MSG_USER_REMOVE, &remove.base);
}

// One does not hear into a channel that one does not know of.
static void stop_listening(struct conn *conn, uint32_t channel)
{
    struct user *user = model_user(conn->server->model, conn->session);
    if (model_listening(user, channel) == NULL)
        return;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.n_listening_channel_remove = 1;
    state.listening_channel_remove = &channel;
    listening_apply(conn->server, user, &state);
}

static void hide_users(struct conn *conn, const struct tree *tree)
{
    const struct model *model = conn->server->model;
    for (size_t i = 0; i < tree->n; i++) {
        const struct channel *channel = tree->channels[i];
        if (tree->is_wanted[i] || !rights_has_told(conn, channel->id))
            continue;
        stop_listening(conn, channel->id);
        if (channel->n_users == 0 && channel->role == CHANNEL_PLAIN)
            continue; // nor has it a track's voice
        for (const struct user *user = model_user_next(model, 0); user != NULL;
             user = model_user_next(model, user->session))
            if (user->channel == channel->id && has_user(conn, user->session))
                remove_user(conn, user->session);
    }
}

static void hide_channels(struct conn *conn, const struct tree *tree)
{
    for (size_t i = tree->n; i-- > 1;) {
        uint32_t id = tree->channels[i]->id;
        if (tree->is_wanted[i] || !rights_has_told(conn, id))
            continue;
        MumbleProto__ChannelRemove remove = MUMBLE_PROTO__CHANNEL_REMOVE__INIT;
        remove.channel_id = id;
        send_message(conn, MSG_CHANNEL_REMOVE, &remove.base);
        rights_channel_gone(conn, id);
    }
}

static void show_channels(struct conn *conn, const struct tree *tree)
{
    for (size_t i = 0; i < tree->n; i++)
        if (tree->is_new[i])
            channels_send(conn, tree->channels[i]);
}

// The ears of those who were known already, in a channel that was not.
static void show_ears(struct conn *conn, const struct user *user, const struct tree *tree)
{
    for (size_t i = 0; i < tree->n; i++) {
        uint32_t id = tree->channels[i]->id;
        if (!tree->is_new[i] || model_listening(user, id) == NULL)
            continue;
        MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
        state.has_session = true;
        state.session = user->session;
        state.n_listening_channel_add = 1;
        state.listening_channel_add = &id;
        send_message(conn, MSG_USER_STATE, &state.base);
    }
}

static void show_users(struct conn *conn, const struct tree *tree)
{
    const struct model *model = conn->server->model;
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        if (!has_user(conn, user->session))
            users_state_send(conn, user); // visible_look lets it pass, or not
        else if (user->n_listening > 0)
            show_ears(conn, user, tree);
    }
}

static void refresh(struct conn *conn, const struct tree *tree, bool is_everything)
{
    conn->visible->is_stale = false;
    want(conn, tree, is_everything);
    hide_users(conn, tree);
    hide_channels(conn, tree);
    show_channels(conn, tree);
    for (size_t i = 0; i < tree->n; i++)
        if (tree->is_new[i])
            channels_send_links_of(conn, tree->channels[i]);
    show_users(conn, tree);
}

static void begin_hiding(struct server *server)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->phase != CONN_READY || !begin(conn))
            continue;
        for (const struct user *user = model_user_next(server->model, 0); user != NULL;
             user = model_user_next(server->model, user->session))
            set_user(conn, user->session, true);
        visible_changed(conn);
    }
}

static void end_hiding(struct server *server, const struct tree *tree)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->visible != NULL && conn->phase == CONN_READY)
            refresh(conn, tree, true);
        visible_forget(conn);
    }
}

void visible_turn_end(struct server *server)
{
    bool is_hiding = server->config->is_hiding_channels;
    struct tree tree;
    if (is_hiding && !server->is_hiding) {
        server->is_hiding = true;
        begin_hiding(server);
    }
    bool is_all = is_hiding && server->are_rights_dirty;
    if ((!is_all && !server->has_stale_visible && is_hiding == server->is_hiding) ||
        !tree_fill(&tree, server->model))
        return;
    server->has_stale_visible = false;
    for (struct conn *conn = server->conns; conn != NULL && is_hiding; conn = conn->next)
        if (conn->visible != NULL && (is_all || conn->visible->is_stale) &&
            conn->phase == CONN_READY)
            refresh(conn, &tree, false);
    if (!is_hiding)
        end_hiding(server, &tree);
    server->is_hiding = is_hiding;
    tree_clear(&tree);
}

void visible_welcome(struct conn *conn)
{
    struct tree tree;
    if (!begin(conn))
        return;
    if (!tree_fill(&tree, conn->server->model)) {
        conn_doom(conn);
        return;
    }
    want(conn, &tree, false);
    show_channels(conn, &tree);
    tree_clear(&tree);
    for (const struct user *user = model_user_next(conn->server->model, 0); user != NULL;
         user = model_user_next(conn->server->model, user->session))
        if (rights_has_told(conn, user->channel))
            set_user(conn, user->session, true); // who is told next
}

// Those above it first. A channel that one learns of by entering it has perhaps never been told.
void visible_reveal(struct conn *conn, const struct channel *channel)
{
    const struct channel *above = model_channel(conn->server->model, channel->parent);
    if (above != NULL && !rights_has_told(conn, above->id))
        visible_reveal(conn, above);
    channels_send(conn, channel);
    channels_send_links_of(conn, channel);
}

bool visible_may_learn(struct conn *conn, const struct channel *channel)
{
    return conn->visible == NULL || may_enter(conn, channel);
}

// ---- what goes out ----------------------------------------------------------------------------

// Those of the ids that are known; *room has place for them.
static void keep_known(const struct conn *conn, uint32_t **ids, size_t *n, uint32_t **room)
{
    uint32_t *kept = *room;
    size_t n_kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (rights_has_told(conn, (*ids)[i]))
            kept[n_kept++] = (*ids)[i];
    *ids = kept;
    *n = n_kept;
    *room += n_kept;
}

static const ProtobufCMessage *look_at_channel(struct conn *conn,
                                               const MumbleProto__ChannelState *state,
                                               struct visible_copy *copy)
{
    const struct channel *above = model_channel(conn->server->model, state->parent);
    if (!rights_has_told(conn, state->channel_id))
        return NULL;
    if (state->has_parent && above != NULL && !rights_has_told(conn, above->id))
        visible_reveal(conn, above); // it was moved there: what is beneath is known, so is this
    size_t n = state->n_links + state->n_links_add + state->n_links_remove;
    if (n == 0)
        return &state->base;
    uint32_t *room = copy->room = calloc(n, sizeof(*room));
    if (room == NULL)
        return NULL;
    copy->channel = *state;
    keep_known(conn, &copy->channel.links, &copy->channel.n_links, &room);
    keep_known(conn, &copy->channel.links_add, &copy->channel.n_links_add, &room);
    keep_known(conn, &copy->channel.links_remove, &copy->channel.n_links_remove, &room);
    return &copy->channel.base;
}

static bool passes_user(struct conn *conn, const MumbleProto__UserState *state)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, state->session);
    const struct channel *place = user != NULL ? model_channel(model, user->channel) : NULL;
    bool is_known = has_user(conn, state->session), is_whole = state->name != NULL;
    if (place == NULL)
        return false;
    if (!rights_has_told(conn, place->id)) {
        if (user->session == conn->session || (is_known && may_enter(conn, place))) {
            visible_reveal(conn, place);
        } else {
            if (is_known)
                remove_user(conn, user->session);
            return false;
        }
    }
    if (!is_known && !is_whole) { // they have come from where they were hidden
        users_state_send(conn, user);
        return false;
    }
    set_user(conn, state->session, true);
    return true;
}

// The same for volumes: a list of pointers, of which those are copied to room that stay.
static void keep_known_volumes(const struct conn *conn, MumbleProto__UserState *state,
                               MumbleProto__UserState__VolumeAdjustment **room)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < state->n_listening_volume_adjustment; i++)
        if (rights_has_told(conn, state->listening_volume_adjustment[i]->listening_channel))
            room[n_kept++] = state->listening_volume_adjustment[i];
    state->n_listening_volume_adjustment = n_kept;
    state->listening_volume_adjustment = room;
}

static const ProtobufCMessage *look_at_user(struct conn *conn, const MumbleProto__UserState *state,
                                            struct visible_copy *copy)
{
    if (!passes_user(conn, state))
        return NULL;
    size_t n = state->n_listening_channel_add + state->n_listening_channel_remove;
    size_t n_volumes = state->n_listening_volume_adjustment;
    bool has_secret_actor = state->has_actor && !has_user(conn, state->actor);
    if (n + n_volumes == 0 && !has_secret_actor)
        return &state->base;
    // Pointers first, for they want the stricter alignment.
    copy->room = calloc(1, n_volumes * sizeof(void *) + (n + 1) * sizeof(uint32_t));
    if (copy->room == NULL)
        return NULL;
    uint32_t *room = (uint32_t *)((void **)copy->room + n_volumes);
    copy->user = *state;
    copy->user.has_actor = state->has_actor && !has_secret_actor;
    keep_known_volumes(conn, &copy->user, copy->room);
    keep_known(conn, &copy->user.listening_channel_add, &copy->user.n_listening_channel_add, &room);
    keep_known(conn, &copy->user.listening_channel_remove, &copy->user.n_listening_channel_remove,
               &room);
    return &copy->user.base;
}

static const ProtobufCMessage *
look_at_leaving(struct conn *conn, const MumbleProto__UserRemove *remove, struct visible_copy *copy)
{
    if (!has_user(conn, remove->session))
        return NULL;
    set_user(conn, remove->session, false);
    copy->leaving = *remove;
    copy->leaving.has_actor = remove->has_actor && has_user(conn, remove->actor);
    return &copy->leaving.base;
}

static bool is_said_by_unknown(const struct conn *conn, unsigned type,
                               const ProtobufCMessage *message)
{
    const MumbleProto__TextMessage *text = (const MumbleProto__TextMessage *)message;
    const MumbleProto__PluginDataTransmission *data =
        (const MumbleProto__PluginDataTransmission *)message;
    if (type == MSG_TEXT_MESSAGE)
        return text->has_actor && !has_user(conn, text->actor);
    return type == MSG_PLUGIN_DATA && data->has_sender_session &&
           !has_user(conn, data->sender_session);
}

const ProtobufCMessage *visible_look(struct conn *conn, unsigned type,
                                     const ProtobufCMessage *message, struct visible_copy *copy)
{
    copy->room = NULL;
    if (type == MSG_CHANNEL_STATE)
        return look_at_channel(conn, (const MumbleProto__ChannelState *)message, copy);
    if (type == MSG_CHANNEL_REMOVE) {
        uint32_t id = ((const MumbleProto__ChannelRemove *)message)->channel_id;
        return rights_has_told(conn, id) ? message : NULL;
    }
    if (type == MSG_USER_STATE)
        return look_at_user(conn, (const MumbleProto__UserState *)message, copy);
    if (type == MSG_USER_REMOVE)
        return look_at_leaving(conn, (const MumbleProto__UserRemove *)message, copy);
    if (is_said_by_unknown(conn, type, message))
        return NULL;
    return message;
}
