// SPDX-License-Identifier: BSD-3-Clause
//
// Users as others see them: told to newcomers, moved, sent away.
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

// ---- telling ----------------------------------------------------------------------------------

// True flags are sent, false ones left out. deaf implies mute, so only the stronger is said.
static void fill_state(MumbleProto__UserState *state, const struct user *user)
{
    state->has_session = true;
    state->session = user->session;
    state->name = user->name;
    state->has_user_id = user->user_id != MODEL_GUEST;
    state->user_id = (uint32_t)user->user_id;
    state->has_deaf = state->deaf = user->is_deaf;
    state->has_mute = state->mute = user->is_mute && !user->is_deaf;
    state->has_suppress = state->suppress = user->is_suppressed;
    state->has_self_deaf = state->self_deaf = user->is_self_deaf;
    state->has_self_mute = state->self_mute = user->is_self_mute && !user->is_self_deaf;
    state->has_priority_speaker = state->priority_speaker = user->is_priority_speaker;
    state->has_recording = state->recording = user->is_recording;
    state->hash = user->cert_hash[0] != '\0' ? (char *)user->cert_hash : NULL;
    blobs_put_comment(state, user);
    blobs_put_texture(state, user);
}

// What a message of somebody's ears points at.
struct ears {
    uint32_t *channels;
    MumbleProto__UserState__VolumeAdjustment *volumes, **volume_list;
};

static void ears_clear(struct ears *ears)
{
    free(ears->channels);
    free(ears->volumes);
    free(ears->volume_list);
}

// Only those that the reader may know of. What does not fit into memory is left out.
static void fill_ears(MumbleProto__UserState *state, const struct conn *to, const struct user *user,
                      struct ears *ears)
{
    const struct server *server = to->server;
    size_t n = user->n_listening;
    *ears = (struct ears){ .channels = NULL };
    if (model_listening_count(user) == 0)
        return;
    ears->channels = calloc(n, sizeof(*ears->channels));
    ears->volumes = calloc(n, sizeof(*ears->volumes));
    ears->volume_list = calloc(n, sizeof(*ears->volume_list));
    if (ears->channels == NULL || ears->volumes == NULL || ears->volume_list == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        const struct listening *one = &user->listening[i];
        const struct channel *channel = model_channel(server->model, one->channel);
        if (!one->is_on || channel == NULL || !visible_channel(to, channel))
            continue;
        size_t k = state->n_listening_channel_add++;
        ears->channels[k] = one->channel;
        mumble_proto__user_state__volume_adjustment__init(&ears->volumes[k]);
        ears->volumes[k].has_listening_channel = ears->volumes[k].has_volume_adjustment = true;
        ears->volumes[k].listening_channel = one->channel;
        ears->volumes[k].volume_adjustment = one->volume;
        ears->volume_list[k] = &ears->volumes[k];
    }
    state->listening_channel_add = ears->channels;
    if (server->config->is_listener_volume_broadcast) {
        state->n_listening_volume_adjustment = state->n_listening_channel_add;
        state->listening_volume_adjustment = ears->volume_list;
    }
}

void users_state_send(struct conn *to, const struct user *user)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    struct ears ears;
    fill_state(&state, user);
    state.has_channel_id = user->channel != MODEL_ROOT; // where clients put everybody at first
    state.channel_id = user->channel;
    fill_ears(&state, to, user, &ears);
    send_message(to, MSG_USER_STATE, &state.base);
    ears_clear(&ears);
}

void users_state_broadcast(struct server *server, const struct user *user)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    fill_state(&state, user);
    state.has_channel_id = true;
    state.channel_id = user->channel;
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
}

void users_refresh_suppression(struct server *server, struct user *user)
{
    bool is_suppressed = (model_permissions(server->model, user, user->channel) & PERM_SPEAK) == 0;
    if (is_suppressed == user->is_suppressed)
        return;
    user->is_suppressed = is_suppressed;
    server->are_routes_dirty = true;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = state.has_suppress = true;
    state.session = user->session;
    state.suppress = is_suppressed;
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (meeting != NULL)
        meetings_user_placed(server, user, meeting->id);
}

// ---- moving -----------------------------------------------------------------------------------

bool users_fit(const struct server *server, const struct user *mover, uint32_t channel)
{
    return !model_channel_is_full(server->model, channel) ||
           (model_permissions(server->model, mover, channel) & PERM_WRITE) != 0;
}

struct users_left users_enter(struct server *server, struct user *user, uint32_t channel,
                              MumbleProto__UserState *change)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    struct users_left left = { user->channel, meeting != NULL ? meeting->id : MODEL_NONE };
    bool was_suppressed = user->is_suppressed, was_priority = user->is_priority_speaker;
    enum channel_role role = model_channel(server->model, user->channel)->role;
    const struct meeting_info *whole =
        meeting != NULL ? model_meeting_root(server->model, meeting) : NULL;
    if (meeting == whole && (role == CHANNEL_FLOOR || role == CHANNEL_TRACK))
        user->home = user->channel;
    model_user_move(server->model, user, channel);
    user->is_suppressed = (model_permissions(server->model, user, channel) & PERM_SPEAK) == 0;
    server->are_routes_dirty = true;
    change->has_channel_id = true;
    change->channel_id = channel;
    if (user->is_suppressed != was_suppressed) {
        change->has_suppress = true;
        change->suppress = user->is_suppressed;
    }
    if (was_priority) {
        user->is_priority_speaker = false;
        change->has_priority_speaker = true;
        change->priority_speaker = false;
    }
    registry_seen(server, user, false);
    struct conn *conn = conn_of(server, user->session);
    if (conn != NULL && conn->phase == CONN_READY)
        rights_send_entered(conn, channel);
    return left;
}

void users_entered(struct server *server, struct user *user, struct users_left left)
{
    meetings_user_placed(server, user, left.meeting);
    breakout_moved(server, user, left.channel);
    door_placed(server, user);
    struct conn *conn = conn_of(server, user->session);
    if (conn != NULL && conn->phase == CONN_READY)
        menu_update(conn);
    const struct channel *empty = model_channel(server->model, left.channel);
    if (empty != NULL && empty->is_temporary && empty->n_users == 0 && empty->meeting == MODEL_NONE)
        channels_remove_tree(server, left.channel);
}

bool users_move(struct server *server, struct user *user, uint32_t channel, uint32_t actor)
{
    if (user->channel == channel)
        return true;
    const struct user *mover = model_user(server->model, actor);
    // Who loses their channel must stand somewhere, so the server itself (no actor) may overfill.
    if (mover != NULL && !users_fit(server, mover, channel))
        return false;
    MumbleProto__UserState change = MUMBLE_PROTO__USER_STATE__INIT;
    change.has_session = true;
    change.session = user->session;
    change.has_actor = actor != 0;
    change.actor = actor;
    struct users_left left = users_enter(server, user, channel, &change);
    broadcast(server, MSG_USER_STATE, &change.base, NULL);
    users_entered(server, user, left);
    return true;
}

// ---- sending away -----------------------------------------------------------------------------

// A client of 1.6 names what to ban; an older one means both. False: nothing is left to ban.
static bool ban(struct server *server, const struct conn *victim,
                const MumbleProto__UserRemove *kick)
{
    bool by_certificate =
        (!kick->has_ban_certificate || kick->ban_certificate) && victim->cert_hash[0] != '\0';
    bool by_address = !kick->has_ban_ip || kick->ban_ip;
    if (by_certificate || by_address)
        bans_from_kick(server, victim, kick->reason, by_certificate, by_address);
    return by_certificate || by_address;
}

void users_remove(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserRemove *kick = (const MumbleProto__UserRemove *)message;
    struct server *server = conn->server;
    const struct user *actor = model_user(server->model, conn->session);
    const struct user *target = model_user(server->model, kick->session);
    struct conn *victim = conn_of(server, kick->session);
    if (target == NULL)
        return;
    uint32_t needed = kick->ban ? PERM_BAN : PERM_KICK | PERM_BAN;
    if ((model_permissions(server->model, actor, MODEL_ROOT) & needed) == 0 || victim == NULL ||
        target->user_id == MODEL_SUPERUSER) {
        send_denied(conn, needed, MODEL_ROOT);
        return;
    }
    MumbleProto__UserRemove remove = *kick;
    remove.base.n_unknown_fields = 0; // not relayed
    if (remove.reason != NULL &&
        (!str_is_utf8(remove.reason) || strlen(remove.reason) > KICK_REASON_BYTES))
        remove.reason = NULL;
    if (kick->ban && !ban(server, victim, &remove))
        return;
    door_gone(server, target, true);
    remove.has_actor = true;
    remove.actor = actor->session;
    broadcast(server, MSG_USER_REMOVE, &remove.base, NULL);
    conn_finish(victim, kick->ban ? "banned" : "kicked");
}
