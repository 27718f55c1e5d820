// SPDX-License-Identifier: BSD-3-Clause
//
// One handler per message and phase. A message that is only legal after login has none before it,
// so it cannot act early.
#include "control/tree/visibility.h"

typedef void (*handler_fn)(struct conn *conn, const ProtobufCMessage *message);

struct entry {
    handler_fn before_login, after_login;
    bool resets_idle;
};

static const struct entry table[MSG_TYPES] = {
    [MSG_VERSION] = { login_version, login_version, false },
    [MSG_AUTHENTICATE] = { login_authenticate, login_authenticate, true },
    [MSG_PING] = { NULL, link_ping, false },
    [MSG_CRYPT_SETUP] = { NULL, link_crypt_setup, false },
    [MSG_USER_STATE] = { NULL, users_state, true },
    [MSG_USER_REMOVE] = { NULL, users_remove, true },
    [MSG_USER_STATS] = { NULL, users_stats, false },
    [MSG_REQUEST_BLOB] = { NULL, users_request_blob, false },
    [MSG_VOICE_TARGET] = { NULL, whisper_target, false },
    [MSG_CHANNEL_STATE] = { NULL, channels_state, true },
    [MSG_CHANNEL_REMOVE] = { NULL, channels_remove, true },
    [MSG_PERMISSION_QUERY] = { NULL, channels_permission_query, false },
    [MSG_ACL] = { NULL, acl_message, true },
    [MSG_QUERY_USERS] = { NULL, acl_query_users, true },
    [MSG_BAN_LIST] = { NULL, bans_message, true },
    [MSG_USER_LIST] = { NULL, registry_user_list, true },
    [MSG_TEXT_MESSAGE] = { NULL, text_message, true },
    [MSG_PLUGIN_DATA] = { NULL, plugin_message, false },
    [MSG_CONTEXT_ACTION] = { NULL, menu_action, true },
};

void dispatch(struct conn *conn, const struct frame *frame)
{
    if (frame->type == MSG_UDP_TUNNEL) {
        if (conn->phase == CONN_READY)
            link_tunnel(conn, frame->body);
        return;
    }
    if (frame->type >= MSG_TYPES)
        return;
    const struct entry *entry = &table[frame->type];
    handler_fn handler = conn->phase == CONN_READY ? entry->after_login : entry->before_login;
    if (handler == NULL)
        return;
    ProtobufCMessage *message = msg_unpack(frame->type, frame->body);
    if (message == NULL)
        return; // does not parse: ignored, as every Mumble server does
    if (entry->resets_idle)
        conn->active_us = conn->server->now_us;
    if (conn->visible != NULL)
        visible_incoming(conn, frame->type, message);
    handler(conn, message);
    msg_free(message);
}
