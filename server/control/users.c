// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_int.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_INLINE_TEXT_UNITS                                                                     \
    128 // shorter comments are sent as they are, longer ones by their hash
#define BLOB_INLINE_BYTES 128

// ---- telling
// ---------------------------------------------------------------------------------------------------------------

static ProtobufCBinaryData hash_of(const struct blob *blob)
{
    return (ProtobufCBinaryData){ sizeof(blob->sha1), (uint8_t *)blob->sha1 };
}

static void put_comment(MumbleProto__UserState *state, const struct user *user)
{
    state->has_comment_hash =
        user->comment.len > 0 &&
        str_utf16_units((const char *)user->comment.data) >= BLOB_INLINE_TEXT_UNITS;
    if (state->has_comment_hash)
        state->comment_hash = hash_of(&user->comment);
    else
        state->comment = user->comment.len > 0 ? (char *)user->comment.data : NULL;
}

static void put_texture(MumbleProto__UserState *state, const struct user *user)
{
    state->has_texture_hash = user->texture.len >= BLOB_INLINE_BYTES;
    state->has_texture = user->texture.len > 0 && !state->has_texture_hash;
    if (state->has_texture_hash)
        state->texture_hash = hash_of(&user->texture);
    else if (state->has_texture)
        state->texture = (ProtobufCBinaryData){ user->texture.len, user->texture.data };
}

// True flags are sent, false ones left out. deaf implies mute, so only the stronger is said.
static void fill_state(MumbleProto__UserState *state, const struct user *user)
{
    state->has_session = true;
    state->session = user->session;
    state->name = user->name;
    state->has_user_id = user->user_id != MODEL_GUEST;
    state->user_id = (uint32_t)user->user_id;
    state->has_channel_id = true;
    state->channel_id = user->channel;
    state->has_deaf = state->deaf = user->is_deaf;
    state->has_mute = state->mute = user->is_mute && !user->is_deaf;
    state->has_suppress = state->suppress = user->is_suppressed;
    state->has_self_deaf = state->self_deaf = user->is_self_deaf;
    state->has_self_mute = state->self_mute = user->is_self_mute && !user->is_self_deaf;
    state->has_priority_speaker = state->priority_speaker = user->is_priority_speaker;
    state->has_recording = state->recording = user->is_recording;
    state->hash = user->cert_hash[0] != '\0' ? (char *)user->cert_hash : NULL;
    put_comment(state, user);
    put_texture(state, user);
}

void users_state_send(struct conn *to, const struct user *user)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    fill_state(&state, user);
    send_message(to, MSG_USER_STATE, &state.base);
}

void users_state_broadcast(struct server *server, const struct user *user)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    fill_state(&state, user);
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
}

void users_flags_broadcast(struct server *server, const struct user *user, uint32_t actor)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = true;
    state.session = user->session;
    state.has_actor = actor != 0;
    state.actor = actor;
    state.has_mute = state.has_deaf = state.has_suppress = state.has_self_mute =
        state.has_self_deaf = true;
    state.has_priority_speaker = state.has_recording = true;
    state.mute = user->is_mute;
    state.deaf = user->is_deaf;
    state.suppress = user->is_suppressed;
    state.self_mute = user->is_self_mute;
    state.self_deaf = user->is_self_deaf;
    state.priority_speaker = user->is_priority_speaker;
    state.recording = user->is_recording;
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
}

void users_refresh_suppression(struct server *server, struct user *user)
{
    bool is_suppressed = (model_permissions(server->model, user, user->channel) & PERM_SPEAK) == 0;
    if (is_suppressed == user->is_suppressed)
        return;
    user->is_suppressed = is_suppressed;
    server->are_routes_dirty = true;
    users_flags_broadcast(server, user, 0);
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (meeting != NULL)
        meetings_user_placed(server, user, meeting->id);
}

// ---- moving
// ----------------------------------------------------------------------------------------------------------------

bool users_move(struct server *server, struct user *user, uint32_t channel, uint32_t actor)
{
    uint32_t from = user->channel;
    if (from == channel)
        return true;
    const struct user *mover = model_user(server->model, actor);
    // Who loses their channel must stand somewhere, so the server itself (no actor) may overfill.
    bool may_overfill =
        actor == 0 ||
        (mover != NULL && (model_permissions(server->model, mover, channel) & PERM_WRITE) != 0);
    if (model_channel_is_full(server->model, channel) && !may_overfill)
        return false;
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    uint32_t old_meeting = meeting != NULL ? meeting->id : MODEL_NONE;
    bool was_suppressed = user->is_suppressed, was_priority = user->is_priority_speaker;
    model_user_move(server->model, user, channel);
    user->is_suppressed = (model_permissions(server->model, user, channel) & PERM_SPEAK) == 0;
    server->are_routes_dirty = true;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = state.has_channel_id = true;
    state.session = user->session;
    state.channel_id = channel;
    state.has_actor = actor != 0;
    state.actor = actor;
    state.has_suppress = user->is_suppressed != was_suppressed;
    state.suppress = user->is_suppressed;
    state.has_priority_speaker = was_priority;
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
    meetings_user_placed(server, user, old_meeting);
    struct conn *conn = conn_of(server, user->session);
    if (conn != NULL && conn->phase == CONN_READY) {
        rights_send_entered(conn, channel);
        menu_update(conn);
    }
    const struct channel *left = model_channel(server->model, from);
    if (left != NULL && left->is_temporary && left->n_users == 0)
        channels_remove_tree(server, from);
    return true;
}

static bool may_move(struct conn *conn, const struct user *actor, const struct user *target,
                     uint32_t channel)
{
    struct model *model = conn->server->model;
    if (model_channel(model, channel) == NULL || target->channel == channel)
        return false; // ignored, as by every Mumble server
    if (target != actor && (model_permissions(model, actor, target->channel) & PERM_MOVE) == 0) {
        send_denied(conn, PERM_MOVE, target->channel);
        return false;
    }
    if ((model_permissions(model, actor, channel) & PERM_MOVE) == 0 &&
        (model_permissions(model, target, channel) & PERM_ENTER) == 0) {
        send_denied(conn, PERM_ENTER, channel);
        const struct channel *to = model_channel(model, channel);
        if (to->role == CHANNEL_BOOTH)
            say(conn, PHRASE_NOT_INTERPRETER);
        return false;
    }
    return true;
}

// ---- UserState from a client: all checks first, then all effects
// -------------------------------------------------------------

// Which fields name things that only the person themself may change.
static bool has_self_only(const MumbleProto__UserState *state)
{
    return state->has_self_mute || state->has_self_deaf || state->has_plugin_context ||
           state->plugin_identity != NULL || state->has_recording ||
           state->n_listening_channel_add > 0 || state->n_listening_channel_remove > 0;
}

static bool has_moderation(const MumbleProto__UserState *state)
{
    return state->has_mute || state->has_deaf || state->has_suppress || state->has_priority_speaker;
}

static bool check_target(struct conn *conn, const struct user *actor, const struct user *target,
                         const MumbleProto__UserState *state)
{
    struct model *model = conn->server->model;
    if (target->is_server_made) { // a track's voice: never moved, muted or changed
        send_denied(conn, PERM_MOVE, target->channel);
        return false;
    }
    if (target->user_id == MODEL_SUPERUSER && (actor != target || has_moderation(state))) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__SuperUser);
        return false;
    }
    if (has_moderation(state) &&
        ((model_permissions(model, actor, target->channel) & PERM_MUTE_DEAFEN) == 0 ||
         (state->has_suppress && state->suppress))) {
        send_denied(conn, PERM_MUTE_DEAFEN, target->channel);
        return false;
    }
    if (state->has_user_id) { // registration is not offered yet
        send_denied(conn, target == actor ? PERM_SELF_REGISTER : PERM_REGISTER, MODEL_ROOT);
        return false;
    }
    for (size_t i = 0; i < state->n_listening_channel_add && !conn->is_doomed; i++)
        send_denied(conn, PERM_LISTEN, state->listening_channel_add[i]);
    return true;
}

static bool check_blobs(struct conn *conn, const struct user *actor, const struct user *target,
                        const MumbleProto__UserState *state)
{
    const struct config *config = conn->server->config;
    bool is_long = (state->comment != NULL && config->text_message_length != 0 &&
                    str_utf16_units(state->comment) > config->text_message_length) ||
                   (state->has_texture && config->image_message_length != 0 &&
                    state->texture.len > config->image_message_length);
    bool is_foreign = target != actor && ((state->comment != NULL && state->comment[0] != '\0') ||
                                          state->texture.len > 0);
    if (is_long || is_foreign) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
        return false;
    }
    if (target != actor && (state->comment != NULL || state->has_texture) &&
        (model_permissions(conn->server->model, actor, MODEL_ROOT) & PERM_RESET_USER_CONTENT) ==
            0) {
        send_denied(conn, PERM_RESET_USER_CONTENT, MODEL_ROOT);
        return false;
    }
    return true;
}

// Deaf implies mute, not mute implies not deaf: in both pairs of flags.
static void set_pair(bool *mute, bool *deaf, bool has_mute, bool new_mute, bool has_deaf,
                     bool new_deaf)
{
    if (has_deaf) {
        *deaf = new_deaf;
        *mute = *mute || new_deaf;
    }
    if (has_mute) {
        *mute = new_mute;
        *deaf = *deaf && new_mute;
    }
}

static bool apply_flags(struct user *target, const MumbleProto__UserState *state)
{
    struct user before = *target;
    set_pair(&target->is_self_mute, &target->is_self_deaf, state->has_self_mute, state->self_mute,
             state->has_self_deaf, state->self_deaf);
    set_pair(&target->is_mute, &target->is_deaf, state->has_mute, state->mute, state->has_deaf,
             state->deaf);
    if (state->has_suppress)
        target->is_suppressed = state->suppress;
    if (state->has_priority_speaker)
        target->is_priority_speaker = state->priority_speaker;
    if (state->has_recording)
        target->is_recording = state->recording;
    return before.is_self_mute != target->is_self_mute ||
           before.is_self_deaf != target->is_self_deaf || before.is_mute != target->is_mute ||
           before.is_deaf != target->is_deaf || before.is_suppressed != target->is_suppressed ||
           before.is_priority_speaker != target->is_priority_speaker ||
           before.is_recording != target->is_recording;
}

static void announce_recording(struct server *server, const struct user *user)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY && conn->session != user->session)
            say(conn, PHRASE_RECORDING, user->name);
}

static void apply_blobs(struct server *server, struct user *target,
                        const MumbleProto__UserState *state, uint32_t actor)
{
    if (state->comment == NULL && !state->has_texture)
        return;
    if (state->comment != NULL &&
        !blob_set(&target->comment, state->comment, strlen(state->comment)))
        return;
    if (state->has_texture && !blob_set(&target->texture, state->texture.data, state->texture.len))
        return;
    MumbleProto__UserState change = MUMBLE_PROTO__USER_STATE__INIT;
    change.has_session = change.has_actor = true;
    change.session = target->session;
    change.actor = actor;
    if (state->comment != NULL)
        put_comment(&change, target);
    if (state->comment != NULL && target->comment.len == 0)
        change.comment = (char *)"";
    if (state->has_texture)
        put_texture(&change, target);
    change.has_texture = change.has_texture || (state->has_texture && target->texture.len == 0);
    broadcast(server, MSG_USER_STATE, &change.base, NULL);
}

void users_state(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserState *state = (const MumbleProto__UserState *)message;
    struct server *server = conn->server;
    struct user *actor = model_user(server->model, conn->session);
    struct user *target = state->has_session ? model_user(server->model, state->session) : actor;
    if (target == NULL || (target == actor && !bucket_take(&conn->messages, server->now_us)))
        return;
    if (state->name != NULL) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__UserName);
        return;
    }
    if (target != actor && has_self_only(state))
        return;
    if (!check_target(conn, actor, target, state) || !check_blobs(conn, actor, target, state))
        return;
    if (state->has_channel_id && !may_move(conn, actor, target, state->channel_id) &&
        target->channel != state->channel_id)
        return;
    bool was_recording = target->is_recording;
    if (apply_flags(target, state)) {
        server->are_routes_dirty = true;
        users_flags_broadcast(server, target, actor->session);
        meetings_user_placed(server, target,
                             target->channel == MODEL_NONE
                                 ? MODEL_NONE
                                 : model_channel(server->model, target->channel)->meeting);
        if (target->is_recording && !was_recording)
            announce_recording(server, target);
    }
    apply_blobs(server, target, state, actor->session);
    if (state->has_channel_id && model_channel(server->model, state->channel_id) != NULL &&
        !users_move(server, target, state->channel_id, actor->session))
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelFull);
}

// ---- the rest of the family
// ----------------------------------------------------------------------------------------------------

void users_remove(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserRemove *kick = (const MumbleProto__UserRemove *)message;
    struct server *server = conn->server;
    const struct user *actor = model_user(server->model, conn->session);
    const struct user *target = model_user(server->model, kick->session);
    if (target == NULL)
        return;
    uint32_t rights = model_permissions(server->model, actor, MODEL_ROOT);
    if ((rights & (kick->ban ? PERM_BAN : PERM_KICK | PERM_BAN)) == 0 || target->is_server_made) {
        send_denied(conn, kick->ban ? PERM_BAN : PERM_KICK, MODEL_ROOT);
        return;
    }
    if (target->user_id == MODEL_SUPERUSER) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__SuperUser);
        return;
    }
    if (kick->ban) { // bans are not kept yet: say so rather than pretend
        MumbleProto__PermissionDenied denied = MUMBLE_PROTO__PERMISSION_DENIED__INIT;
        denied.has_type = true;
        denied.type = MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text;
        denied.reason = (char *)"This server cannot ban yet; kick instead";
        send_message(conn, MSG_PERMISSION_DENIED, &denied.base);
        return;
    }
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = target->session;
    remove.has_actor = true;
    remove.actor = actor->session;
    remove.reason = kick->reason;
    broadcast(server, MSG_USER_REMOVE, &remove.base, NULL);
    struct conn *victim = conn_of(server, kick->session);
    if (victim != NULL)
        conn_finish(victim, "kicked");
}

static void fill_packets(MumbleProto__UserStats__Stats *stats, uint32_t good, uint32_t late,
                         uint32_t lost, uint32_t resync)
{
    stats->has_good = stats->has_late = stats->has_lost = stats->has_resync = true;
    stats->good = good;
    stats->late = late;
    stats->lost = lost;
    stats->resync = resync;
}

void users_stats(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserStats *ask = (const MumbleProto__UserStats *)message;
    struct server *server = conn->server;
    uint32_t session = ask->has_session ? ask->session : conn->session;
    const struct user *target = model_user(server->model, session);
    struct conn *about = conn_of(server, session);
    if (target == NULL || about == NULL)
        return;
    const struct user *actor = model_user(server->model, conn->session);
    if (actor != target &&
        (model_permissions(server->model, actor, target->channel) & PERM_ENTER) == 0) {
        send_denied(conn, PERM_ENTER, target->channel);
        return;
    }
    link_ask_counters(conn, about,
                      TOKEN_STATS | (ask->stats_only ? TOKEN_STATS_ONLY : 0) | conn->session);
}

static void fill_extended(MumbleProto__UserStats *stats, MumbleProto__Version *version,
                          const struct conn *about)
{
    version->has_version_v1 = version->has_version_v2 = about->version != 0;
    version->version_v1 = version_to_v1(about->version);
    version->version_v2 = about->version;
    version->release = (char *)about->release;
    version->os = (char *)about->os;
    version->os_version = (char *)about->os_version;
    stats->version = version;
    stats->has_address = true;
    stats->address = (ProtobufCBinaryData){ 16, (uint8_t *)&about->peer.sin6_addr };
    stats->has_strong_certificate = stats->has_opus = stats->opus = true;
}

void users_stats_reply(struct server *server, uint32_t asker, uint32_t session,
                       const struct voice_counters *counters, bool is_stats_only)
{
    struct conn *conn = conn_of(server, asker), *about = conn_of(server, session);
    if (conn == NULL || about == NULL)
        return;
    const struct user *actor = model_user(server->model, asker),
                      *target = model_user(server->model, session);
    bool is_extended =
        actor == target || (model_permissions(server->model, actor, MODEL_ROOT) & PERM_BAN) != 0;
    MumbleProto__UserStats stats = MUMBLE_PROTO__USER_STATS__INIT;
    MumbleProto__UserStats__Stats from_client = MUMBLE_PROTO__USER_STATS__STATS__INIT;
    MumbleProto__UserStats__Stats from_server = MUMBLE_PROTO__USER_STATS__STATS__INIT;
    MumbleProto__Version version = MUMBLE_PROTO__VERSION__INIT;
    const MumbleProto__Ping *seen = &about->ping_seen;
    stats.has_session = true;
    stats.session = session;
    if (is_extended || actor->channel == target->channel) {
        fill_packets(&from_client, counters->crypt.good, counters->crypt.late, counters->crypt.lost,
                     counters->crypt.resync);
        fill_packets(&from_server, seen->good, seen->late, seen->lost, seen->resync);
        stats.from_client = &from_client;
        stats.from_server = &from_server;
        stats.has_idlesecs = true;
        stats.idlesecs = (uint32_t)((server->now_us - about->active_us) / 1000000);
    }
    stats.has_udp_packets = stats.has_tcp_packets = stats.has_udp_ping_avg =
        stats.has_udp_ping_var = stats.has_tcp_ping_avg = stats.has_tcp_ping_var = true;
    stats.udp_packets = seen->udp_packets;
    stats.tcp_packets = seen->tcp_packets;
    stats.udp_ping_avg = seen->udp_ping_avg;
    stats.udp_ping_var = seen->udp_ping_var;
    stats.tcp_ping_avg = seen->tcp_ping_avg;
    stats.tcp_ping_var = seen->tcp_ping_var;
    stats.has_onlinesecs = true;
    stats.onlinesecs = (uint32_t)((server->now_us - about->opened_us) / 1000000);
    if (is_extended && !is_stats_only)
        fill_extended(&stats, &version, about);
    send_message(conn, MSG_USER_STATS, &stats.base);
}

void users_request_blob(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__RequestBlob *ask = (const MumbleProto__RequestBlob *)message;
    struct model *model = conn->server->model;
    for (size_t i = 0; i < ask->n_session_texture && !conn->is_doomed; i++) {
        const struct user *user = model_user(model, ask->session_texture[i]);
        if (user == NULL || user->texture.len == 0)
            continue;
        MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
        state.has_session = state.has_texture = true;
        state.session = user->session;
        state.texture = (ProtobufCBinaryData){ user->texture.len, user->texture.data };
        send_message(conn, MSG_USER_STATE, &state.base);
    }
    for (size_t i = 0; i < ask->n_session_comment && !conn->is_doomed; i++) {
        const struct user *user = model_user(model, ask->session_comment[i]);
        if (user == NULL || user->comment.len == 0)
            continue;
        MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
        state.has_session = true;
        state.session = user->session;
        state.comment = (char *)user->comment.data;
        send_message(conn, MSG_USER_STATE, &state.base);
    }
    for (size_t i = 0; i < ask->n_channel_description && !conn->is_doomed; i++) {
        const struct channel *channel = model_channel(model, ask->channel_description[i]);
        if (channel == NULL || channel->description[0] == '\0')
            continue;
        MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
        state.has_channel_id = true;
        state.channel_id = channel->id;
        state.description = channel->description;
        send_message(conn, MSG_CHANNEL_STATE, &state.base);
    }
}

void users_voice_target(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__VoiceTarget *wanted = (const MumbleProto__VoiceTarget *)message;
    struct model *model = conn->server->model;
    struct user *user = model_user(model, conn->session);
    struct target_entry entries[MODEL_TARGET_ENTRIES];
    size_t n = 0;
    if (!wanted->has_id)
        return;
    for (size_t i = 0; i < wanted->n_targets; i++) {
        const MumbleProto__VoiceTarget__Target *target = wanted->targets[i];
        for (size_t k = 0; k < target->n_session && n < MODEL_TARGET_ENTRIES; k++)
            if (model_user(model, target->session[k]) != NULL)
                entries[n++] = (struct target_entry){ .session = target->session[k] };
        if (target->has_channel_id && n < MODEL_TARGET_ENTRIES &&
            model_channel(model, target->channel_id) != NULL)
            entries[n++] = (struct target_entry){ .session = MODEL_NONE,
                                                  .channel = target->channel_id,
                                                  .with_children = target->children };
    }
    if (model_user_set_target(user, wanted->id, entries, n) == 0)
        conn->server->are_routes_dirty = true;
}
