// SPDX-License-Identifier: BSD-3-Clause
//
// UserState from a client: all checks first, in murmur's order, so that whoever lacks two rights is
// told of the same one; then all effects; then one message to everybody with what was asked for
// and what it implies. What cannot be refused alone drops the whole message.
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

struct change {
    struct server *server;
    struct conn *conn; // the actor's
    struct user *actor, *target;
    const MumbleProto__UserState *ask;
    MumbleProto__UserState ears; // of the ears asked for, those allowed
    char *comment;               // as it may be kept; NULL: not asked for
};

#define DENY(conn, type)                                                                           \
    send_denied_type((conn), MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__##type)

static bool has_moderation(const MumbleProto__UserState *ask)
{
    return ask->has_mute || ask->has_deaf || ask->has_suppress || ask->has_priority_speaker;
}

static bool has_ears(const MumbleProto__UserState *ask)
{
    return ask->n_listening_channel_add > 0 || ask->n_listening_channel_remove > 0 ||
           ask->n_listening_volume_adjustment > 0;
}

// What only the person themself may change.
static bool has_self_only(const MumbleProto__UserState *ask)
{
    return ask->has_self_mute || ask->has_self_deaf || ask->has_plugin_context ||
           ask->plugin_identity != NULL || ask->has_recording || has_ears(ask);
}

static bool may(const struct change *change, const struct user *user, uint32_t channel,
                uint32_t permission)
{
    return (model_permissions(change->server->model, user, channel) & permission) != 0;
}

// ---- checks -----------------------------------------------------------------------------------

// Deaf implies mute, not mute implies not deaf. The same in the message.
static void set_pair(bool *mute, bool *deaf, protobuf_c_boolean told[4])
{
    if (told[2]) { // has_deaf, deaf
        *deaf = told[3];
        if (*deaf)
            told[0] = told[1] = true;
    }
    if (told[0]) { // has_mute, mute
        *mute = told[1];
        if (!*mute) {
            *deaf = false;
            told[2] = true;
            told[3] = false;
        }
    }
}

// Own mute and deaf signs that came too fast are set a little later: or who coughs often would stay
// mute for everybody, with an open microphone on their own screen.
enum { LATE_HAS_MUTE = 1, LATE_MUTE = 2, LATE_HAS_DEAF = 4, LATE_DEAF = 8 };

static uint8_t late_signs(const struct change *change)
{
    const MumbleProto__UserState *ask = change->ask;
    protobuf_c_boolean told[] = { ask->has_self_mute, ask->self_mute, ask->has_self_deaf,
                                  ask->self_deaf };
    bool mute, deaf;
    uint8_t late = change->conn->late_self;
    set_pair(&mute, &deaf, told);
    if (told[0])
        late = (uint8_t)((late & ~LATE_MUTE) | LATE_HAS_MUTE | (told[1] ? LATE_MUTE : 0));
    if (told[2])
        late = (uint8_t)((late & ~LATE_DEAF) | LATE_HAS_DEAF | (told[3] ? LATE_DEAF : 0));
    return late;
}

static bool is_in_time(const struct change *change)
{
    struct conn *conn = change->conn;
    const bool has_signs = change->ask->has_self_mute || change->ask->has_self_deaf;
    if (!has_signs)
        return conn_in_time(conn, &conn->messages);
    const bool is_taken = bucket_take(&conn->messages, change->server->now_us);
    conn->late_self = is_taken ? 0 : late_signs(change);
    return is_taken;
}

static bool check_target(const struct change *change)
{
    const struct user *target = change->target;
    if (target->is_server_made) { // a track's voice: never moved, muted or changed
        send_denied(change->conn, PERM_MOVE, target->channel);
        return false;
    }
    if (target->user_id == MODEL_SUPERUSER && change->actor->user_id != MODEL_SUPERUSER) {
        DENY(change->conn, SuperUser);
        return false;
    }
    if (change->ask->name != NULL) {
        DENY(change->conn, UserName);
        return false;
    }
    return target != change->actor || is_in_time(change);
}

static bool check_move(const struct change *change)
{
    const struct user *actor = change->actor, *target = change->target;
    uint32_t id = change->ask->channel_id;
    const struct channel *to = model_channel(change->server->model, id);
    if (!change->ask->has_channel_id)
        return true;
    if (to == NULL || target->channel == id || !visible_channel(change->conn, to))
        return false; // ignored, as by every Mumble server
    if (target != actor && !may(change, actor, target->channel, PERM_MOVE)) {
        send_denied(change->conn, PERM_MOVE, target->channel);
        return false;
    }
    if (!may(change, actor, id, PERM_MOVE) && !may(change, target, id, PERM_ENTER)) {
        if (target == actor && door_knock(change->conn, id))
            return false;
        send_denied_user(change->conn, PERM_ENTER, id, target->session);
        if (to->role == CHANNEL_BOOTH)
            say(change->conn, PHRASE_NOT_INTERPRETER);
        return false;
    }
    if (!users_fit(change->server, actor, id)) {
        DENY(change->conn, ChannelFull);
        return false;
    }
    return true;
}

// Who made a temporary channel may mute nobody in it: that right is taken from above.
static bool check_moderation(const struct change *change)
{
    const MumbleProto__UserState *ask = change->ask;
    const struct user *target = change->target;
    if (!has_moderation(ask))
        return true;
    if (target->user_id == MODEL_SUPERUSER) {
        DENY(change->conn, SuperUser);
        return false;
    }
    if (!may(change, change->actor, target->channel, PERM_MUTE_DEAFEN) ||
        (ask->has_suppress && ask->suppress)) {
        send_denied(change->conn, PERM_MUTE_DEAFEN, target->channel);
        return false;
    }
    const struct channel *at = model_channel(change->server->model, target->channel);
    while (at->is_temporary)
        at = model_channel(change->server->model, at->parent);
    if (at->id != target->channel && (ask->has_mute || ask->has_deaf || ask->has_suppress) &&
        !may(change, change->actor, at->id, PERM_MUTE_DEAFEN)) {
        DENY(change->conn, TemporaryChannel);
        return false;
    }
    return true;
}

// Of others, comments and pictures can only be taken away.
static bool check_content(struct change *change, bool is_given, bool is_empty)
{
    if (!is_given || change->target == change->actor)
        return true;
    if (!may(change, change->actor, MODEL_ROOT, PERM_RESET_USER_CONTENT)) {
        send_denied(change->conn, PERM_RESET_USER_CONTENT, MODEL_ROOT);
        return false;
    }
    if (!is_empty)
        DENY(change->conn, TextTooLong);
    return is_empty;
}

static bool check_blobs(struct change *change)
{
    const MumbleProto__UserState *ask = change->ask;
    uint32_t limit = change->server->config->image_message_length;
    if (!check_content(change, ask->comment != NULL,
                       ask->comment != NULL && ask->comment[0] == '\0'))
        return false;
    if (ask->comment != NULL &&
        (change->comment = text_allowed(change->conn, ask->comment)) == NULL)
        return false;
    if (ask->has_texture && limit != 0 && ask->texture.len > limit) {
        DENY(change->conn, TextTooLong);
        return false;
    }
    return check_content(change, ask->has_texture, ask->texture.len == 0);
}

static bool check_registration(const struct change *change)
{
    const struct user *target = change->target;
    uint32_t needed = target == change->actor ? PERM_SELF_REGISTER : PERM_REGISTER;
    if (!change->ask->has_user_id)
        return true;
    if (target->user_id != MODEL_GUEST || !may(change, change->actor, MODEL_ROOT, needed)) {
        send_denied(change->conn, needed, MODEL_ROOT);
        return false;
    }
    if (target->cert_hash[0] == '\0') {
        send_denied_certificate(change->conn, target->session);
        return false;
    }
    return true;
}

static bool check(struct change *change)
{
    if (!check_move(change))
        return false;
    if (has_ears(change->ask) && change->target == change->actor &&
        !listening_check(change->conn, change->ask, &change->ears))
        return false;
    return check_moderation(change) && check_blobs(change) && check_registration(change) &&
           (change->target == change->actor || !has_self_only(change->ask));
}

// ---- effects ----------------------------------------------------------------------------------

static bool apply_flags(struct change *change, MumbleProto__UserState *out)
{
    const MumbleProto__UserState *ask = change->ask;
    struct user *target = change->target;
    protobuf_c_boolean self[4] = { ask->has_self_mute, ask->self_mute, ask->has_self_deaf,
                                   ask->self_deaf };
    protobuf_c_boolean by[4] = { ask->has_mute, ask->mute, ask->has_deaf, ask->deaf };
    set_pair(&target->is_self_mute, &target->is_self_deaf, self);
    set_pair(&target->is_mute, &target->is_deaf, by);
    out->has_self_mute = self[0], out->self_mute = self[1];
    out->has_self_deaf = self[2], out->self_deaf = self[3];
    out->has_mute = by[0], out->mute = by[1];
    out->has_deaf = by[2], out->deaf = by[3];
    out->has_suppress = ask->has_suppress;
    out->suppress = ask->suppress;
    if (ask->has_suppress) {
        const struct meeting_info *meeting = model_meeting_of(change->server->model, target);
        target->is_suppressed = ask->suppress;
        if (meeting != NULL && meeting->door.is_all_muted && !ask->suppress)
            model_set_voiced(target, meeting->id); // or the next look would take it back
    }
    out->has_priority_speaker = ask->has_priority_speaker;
    out->priority_speaker = ask->priority_speaker;
    if (ask->has_priority_speaker)
        target->is_priority_speaker = ask->priority_speaker;
    out->has_recording = ask->has_recording;
    out->recording = ask->recording;
    if (ask->has_recording)
        target->is_recording = ask->recording;
    return self[0] || self[2] || has_moderation(ask);
}

// Positional sound goes to those with an equal context, so a change of it changes the routes.
static void keep_plugin(struct change *change)
{
    const MumbleProto__UserState *ask = change->ask;
    struct user *target = change->target;
    if (ask->has_plugin_context && ask->plugin_context.len <= PLUGIN_CONTEXT_BYTES &&
        blob_set(&target->plugin_context, ask->plugin_context.data, ask->plugin_context.len))
        change->server->are_routes_dirty = true;
    if (ask->plugin_identity != NULL && strlen(ask->plugin_identity) <= PLUGIN_IDENTITY_BYTES) {
        free(target->plugin_identity);
        target->plugin_identity = str_dup(ask->plugin_identity);
    }
}

static bool apply_blobs(struct change *change, MumbleProto__UserState *out)
{
    const MumbleProto__UserState *ask = change->ask;
    struct user *target = change->target;
    bool has_comment = change->comment != NULL &&
                       blob_set(&target->comment, change->comment, strlen(change->comment));
    bool has_texture =
        ask->has_texture && blob_set(&target->texture, ask->texture.data, ask->texture.len);
    registry_keep_blobs(change->server, target, has_comment, has_texture);
    if (has_comment)
        blobs_put_comment(out, target);
    if (has_comment && target->comment.len == 0)
        out->comment = (char *)"";
    if (has_texture)
        blobs_put_texture(out, target);
    if (has_texture && target->texture.len == 0)
        out->has_texture = true;
    return has_comment || has_texture;
}

static void announce_recording(struct server *server, const struct user *user)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY && conn->session != user->session && visible_user(conn, user))
            say(conn, PHRASE_RECORDING, user->name);
}

static bool apply_registration(struct change *change, MumbleProto__UserState *out)
{
    if (!change->ask->has_user_id || !registry_register(change->server, change->target))
        return false;
    out->has_user_id = true;
    out->user_id = (uint32_t)change->target->user_id;
    return true;
}

static void apply(struct change *change)
{
    struct server *server = change->server;
    struct user *target = change->target;
    const MumbleProto__UserState *ask = change->ask;
    bool was_recording = target->is_recording;
    MumbleProto__UserState out = MUMBLE_PROTO__USER_STATE__INIT;
    out.has_session = out.has_actor = true;
    out.session = target->session;
    out.actor = change->actor->session;
    bool is_told = apply_blobs(change, &out);
    bool has_flags = apply_flags(change, &out);
    keep_plugin(change);
    is_told = is_told || has_flags || target->is_recording != was_recording;
    struct users_left left = { MODEL_NONE, MODEL_NONE };
    if (ask->has_channel_id) {
        left = users_enter(server, target, ask->channel_id, &out);
        is_told = true;
    }
    is_told = apply_registration(change, &out) || is_told;
    if (is_told)
        broadcast(server, MSG_USER_STATE, &out.base, NULL);
    if (has_flags)
        server->are_routes_dirty = true;
    if (ask->has_channel_id)
        users_entered(server, target, left);
    if (ask->has_channel_id && change->actor != target)
        door_shown_out(server, target, left.channel);
    if (!ask->has_channel_id && has_flags)
        meetings_user_placed(server, target,
                             model_channel(server->model, target->channel)->meeting);
    if (has_ears(ask))
        listening_apply(server, target, &change->ears);
    if (target->is_recording && !was_recording)
        announce_recording(server, target);
}

static void refuse_recording(struct conn *conn)
{
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = conn->session;
    remove.reason = (char *)"Recording is not allowed on this server";
    send_message(conn, MSG_USER_REMOVE, &remove.base);
    conn_finish(conn, "wanted to record");
}

void users_state(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserState *ask = (const MumbleProto__UserState *)message;
    struct server *server = conn->server;
    struct change change = { .server = server,
                             .conn = conn,
                             .ask = ask,
                             .ears = MUMBLE_PROTO__USER_STATE__INIT,
                             .actor = model_user(server->model, conn->session) };
    change.target = ask->has_session ? model_user(server->model, ask->session) : change.actor;
    if (change.target == NULL || !visible_user(conn, change.target) || !check_target(&change))
        return;
    bool has_lent = ask->n_temporary_access_tokens > 0; // or remembered rights stay as they are
    if (has_lent)
        model_user_lend_tokens(change.actor, (const char *const *)ask->temporary_access_tokens,
                               ask->n_temporary_access_tokens);
    bool is_allowed = check(&change);
    bool is_recording = is_allowed && ask->has_recording && ask->recording;
    if (is_recording && !server->config->is_recording_allowed && !change.actor->is_recording) {
        free(change.comment);
        refuse_recording(conn); // and the user is gone, with what was lent
        return;
    }
    if (is_allowed)
        apply(&change);
    if (has_lent)
        model_user_lend_tokens(change.actor, NULL, 0);
    free(change.comment);
}

void users_state_late(struct conn *conn)
{
    const uint8_t late = conn->late_self;
    MumbleProto__UserState ask = MUMBLE_PROTO__USER_STATE__INIT;
    ask.has_self_mute = (late & LATE_HAS_MUTE) != 0;
    ask.self_mute = (late & LATE_MUTE) != 0;
    ask.has_self_deaf = (late & LATE_HAS_DEAF) != 0;
    ask.self_deaf = (late & LATE_DEAF) != 0;
    if (late != 0)
        users_state(conn, &ask.base);
}
