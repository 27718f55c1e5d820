// SPDX-License-Identifier: BSD-3-Clause
//
// What a client says of something hidden from it, one function for each kind of message.
#include "control/tree/visibility.h"

static void channel_id(const struct conn *conn, uint32_t *id)
{
    const struct channel *channel = model_channel(conn->server->model, *id);
    if (channel == NULL || !visible_channel(conn, channel))
        *id = MODEL_NONE;
}

static void session(const struct conn *conn, uint32_t *id)
{
    const struct user *user = model_user(conn->server->model, *id);
    if (user == NULL || !visible_user(conn, user))
        *id = MODEL_NONE;
}

static void channel_ids(const struct conn *conn, uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        channel_id(conn, &ids[i]);
}

static void sessions(const struct conn *conn, uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        session(conn, &ids[i]);
}

static void user_state(const struct conn *conn, MumbleProto__UserState *state)
{
    session(conn, &state->session);
    channel_id(conn, &state->channel_id);
    channel_ids(conn, state->listening_channel_add, state->n_listening_channel_add);
    channel_ids(conn, state->listening_channel_remove, state->n_listening_channel_remove);
    for (size_t i = 0; i < state->n_listening_volume_adjustment; i++)
        channel_id(conn, &state->listening_volume_adjustment[i]->listening_channel);
}

static void channel_state(const struct conn *conn, MumbleProto__ChannelState *state)
{
    channel_id(conn, &state->channel_id);
    channel_id(conn, &state->parent);
    channel_ids(conn, state->links_add, state->n_links_add);
    channel_ids(conn, state->links_remove, state->n_links_remove);
}

static void text(const struct conn *conn, MumbleProto__TextMessage *message)
{
    sessions(conn, message->session, message->n_session);
    channel_ids(conn, message->channel_id, message->n_channel_id);
    channel_ids(conn, message->tree_id, message->n_tree_id);
}

static void voice_target(const struct conn *conn, MumbleProto__VoiceTarget *message)
{
    for (size_t i = 0; i < message->n_targets; i++) {
        sessions(conn, message->targets[i]->session, message->targets[i]->n_session);
        channel_id(conn, &message->targets[i]->channel_id);
    }
}

static void request_blob(const struct conn *conn, MumbleProto__RequestBlob *message)
{
    sessions(conn, message->session_texture, message->n_session_texture);
    sessions(conn, message->session_comment, message->n_session_comment);
    channel_ids(conn, message->channel_description, message->n_channel_description);
}

void visible_incoming(const struct conn *conn, unsigned type, ProtobufCMessage *message)
{
    void *any = message;
    MumbleProto__ContextAction *action = any;
    MumbleProto__PluginDataTransmission *plugin = any;
    if (type == MSG_USER_STATE)
        user_state(conn, any);
    else if (type == MSG_CHANNEL_STATE)
        channel_state(conn, any);
    else if (type == MSG_TEXT_MESSAGE)
        text(conn, any);
    else if (type == MSG_VOICE_TARGET)
        voice_target(conn, any);
    else if (type == MSG_REQUEST_BLOB)
        request_blob(conn, any);
    else if (type == MSG_USER_REMOVE)
        session(conn, &((MumbleProto__UserRemove *)any)->session);
    else if (type == MSG_USER_STATS)
        session(conn, &((MumbleProto__UserStats *)any)->session);
    else if (type == MSG_CHANNEL_REMOVE)
        channel_id(conn, &((MumbleProto__ChannelRemove *)any)->channel_id);
    else if (type == MSG_ACL)
        channel_id(conn, &((MumbleProto__ACL *)any)->channel_id);
    else if (type == MSG_PERMISSION_QUERY)
        channel_id(conn, &((MumbleProto__PermissionQuery *)any)->channel_id);
    else if (type == MSG_CONTEXT_ACTION) {
        session(conn, &action->session);
        channel_id(conn, &action->channel_id);
    } else if (type == MSG_PLUGIN_DATA)
        sessions(conn, plugin->receiver_sessions, plugin->n_receiver_sessions);
}
