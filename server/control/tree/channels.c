// SPDX-License-Identifier: BSD-3-Clause
//
// Channels as clients are told of them, whole or their links alone, and as the store has them.
#include "control/control_int.h"

#include <openssl/sha.h>
#include <string.h>

#define DESCRIPTION_INLINE_UNITS 128

// ---- telling

void channels_put_description(const struct server *server, MumbleProto__ChannelState *state,
                              const struct channel *channel, uint8_t hash[20])
{
    const char *text = describe_text(server, channel);
    if (str_utf16_units(text) < DESCRIPTION_INLINE_UNITS) {
        state->description = (char *)(uintptr_t)text;
        return;
    }
    SHA1((const uint8_t *)text, strlen(text), hash);
    state->has_description_hash = true;
    state->description_hash = (ProtobufCBinaryData){ SHA_DIGEST_LENGTH, hash };
}

void channels_send(struct conn *conn, const struct channel *channel)
{
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    uint8_t hash[SHA_DIGEST_LENGTH];
    const struct user *reader = model_user(conn->server->model, conn->session);
    state.has_channel_id = true;
    state.channel_id = channel->id;
    state.has_parent = channel->id != MODEL_ROOT;
    state.parent = channel->parent;
    state.name = channel->name;
    state.has_position = true;
    state.position = channel->position;
    state.has_temporary = state.temporary = channel->is_temporary;
    state.has_max_users = true; // 0 as well: it may have been another number before
    state.max_users = channel->max_users;
    state.has_is_enter_restricted = state.has_can_enter = true;
    state.is_enter_restricted = model_is_enter_restricted(conn->server->model, channel->id);
    state.can_enter =
        reader == NULL ||
        (model_permissions(conn->server->model, reader, channel->id) & PERM_ENTER) != 0;
    channels_put_description(conn->server, &state, channel, hash);
    rights_told(conn, channel->id, state.can_enter, state.is_enter_restricted);
    send_message(conn, MSG_CHANNEL_STATE, &state.base);
}

void channels_broadcast(struct server *server, const struct channel *channel)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY && visible_may_learn(conn, channel))
            channels_send(conn, channel);
}

void channels_send_all(struct conn *conn)
{
    const struct channel *channel;
    if (conn->server->is_hiding)
        visible_welcome(conn);
    for (size_t i = 0;
         !conn->server->is_hiding && (channel = model_channel_at(conn->server->model, i)) != NULL;
         i++)
        channels_send(conn, channel);
}

void channels_send_links_of(struct conn *conn, const struct channel *channel)
{
    if (channel->n_links == 0)
        return;
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = true;
    state.channel_id = channel->id;
    state.n_links = channel->n_links;
    state.links = channel->links;
    send_message(conn, MSG_CHANNEL_STATE, &state.base);
}

void channels_send_links(struct conn *conn)
{
    const struct channel *channel;
    for (size_t i = 0; (channel = model_channel_at(conn->server->model, i)) != NULL; i++)
        channels_send_links_of(conn, channel);
}

void channels_permission_query(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__PermissionQuery *query = (const MumbleProto__PermissionQuery *)message;
    if (model_channel(conn->server->model, query->channel_id) != NULL) // the root when not named
        rights_send(conn, query->channel_id);
}

// ---- keeping

void channels_save(struct server *server, const struct channel *channel)
{
    if (!channel->is_temporary)
        storage_channel_put(server, channel);
}

struct loading {
    struct server *server;
    char *error;
    size_t cap;
};

static int load_one(void *context, const struct store_channel *stored)
{
    struct loading *loading = context;
    struct model *model = loading->server->model;
    struct channel *channel = model_channel(model, stored->id);
    if (channel == NULL && model_channel(model, stored->parent) != NULL)
        channel = model_channel_add(model, stored->id, stored->parent, stored->name);
    if (channel == NULL || (stored->description != NULL &&
                            model_channel_describe(model, stored->id, stored->description) != 0)) {
        snprintf(
            loading->error, loading->cap,
            "database: channel %u cannot be loaded; its parent %u is missing or memory is short",
            stored->id, stored->parent);
        return -1;
    }
    channel->position = stored->position;
    channel->max_users = stored->max_users;
    channel->is_inheriting = stored->is_inheriting;
    return 0;
}

bool channels_load(struct server *server, char *error, size_t cap)
{
    struct loading loading = { server, error, cap };
    error[0] = '\0';
    if (store_channels_each(server->store, load_one, &loading) == 0)
        return true;
    if (error[0] == '\0')
        snprintf(error, cap, "database: cannot read the channels: %s",
                 store_last_error(server->store));
    return false;
}
