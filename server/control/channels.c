// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_int.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTION_INLINE_UNITS 128

// ---- telling
// ---------------------------------------------------------------------------------------------------------------

static void put_description(MumbleProto__ChannelState *state, const struct channel *channel,
                            uint8_t hash[SHA_DIGEST_LENGTH])
{
    if (str_utf16_units(channel->description) < DESCRIPTION_INLINE_UNITS) {
        state->description = channel->description;
        return;
    }
    SHA1((const uint8_t *)channel->description, strlen(channel->description), hash);
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
    put_description(&state, channel, hash);
    rights_told(conn, channel->id, state.can_enter, state.is_enter_restricted);
    send_message(conn, MSG_CHANNEL_STATE, &state.base);
}

static void send_to_all(struct server *server, const struct channel *channel)
{
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        if (conn->phase == CONN_READY)
            channels_send(conn, channel);
}

void channels_send_links(struct conn *conn)
{
    const struct channel *channel;
    for (size_t i = 0; (channel = model_channel_at(conn->server->model, i)) != NULL; i++) {
        if (channel->n_links == 0)
            continue;
        MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
        state.has_channel_id = true;
        state.channel_id = channel->id;
        state.n_links = channel->n_links;
        state.links = channel->links;
        send_message(conn, MSG_CHANNEL_STATE, &state.base);
    }
}

void channels_enter_rights_broadcast(struct server *server, uint32_t id)
{
    (void)id;
    rights_changed(server);
}

void channels_permission_query(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__PermissionQuery *query = (const MumbleProto__PermissionQuery *)message;
    if (query->has_channel_id && model_channel(conn->server->model, query->channel_id) != NULL)
        rights_send(conn, query->channel_id);
}

// ---- keeping
// ---------------------------------------------------------------------------------------------------------------

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

// ---- creating and changing
// ----------------------------------------------------------------------------------------------------

static void refuse(struct conn *conn, int error)
{
    switch (error) {
    case MODEL_E_NAME:
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelName);
        break;
    case MODEL_E_NESTING:
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__NestingLimit);
        break;
    case MODEL_E_COUNT:
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelCountLimit);
        break;
    case MODEL_E_TEMPORARY:
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TemporaryChannel);
        break;
    default:
        break; // into itself, or unknown: ignored
    }
}

static bool is_text_short(const struct server *server, const char *text)
{
    uint32_t limit = server->config->text_message_length;
    return text == NULL || limit == 0 || str_utf16_units(text) <= limit;
}

static void create(struct conn *conn, const MumbleProto__ChannelState *state)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    const char *name = state->name != NULL ? state->name : "";
    if (!bucket_take(&conn->messages, server->now_us) || !state->has_parent ||
        model_channel(server->model, state->parent) == NULL)
        return;
    if (!is_text_short(server, state->description)) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
        return;
    }
    int error = name_rule_matches(server->channel_names, name)
                    ? model_channel_check(server->model, state->parent, name, MODEL_NONE)
                    : MODEL_E_NAME;
    if (error != 0) {
        refuse(conn, error);
        return;
    }
    uint32_t needed = state->temporary ? PERM_MAKE_TEMP_CHANNEL : PERM_MAKE_CHANNEL;
    if ((model_permissions(server->model, user, state->parent) & needed) == 0) {
        send_denied(conn, needed, state->parent);
        return;
    }
    struct channel *channel = model_channel_add(server->model, MODEL_NONE, state->parent, name);
    if (channel == NULL)
        return;
    channel->position = state->position;
    channel->max_users = state->max_users;
    channel->is_temporary = state->temporary;
    if (state->description != NULL)
        model_channel_describe(server->model, channel->id, state->description);
    channels_save(server, channel);
    server->are_routes_dirty = true;
    send_to_all(server, channel);
    char quoted[256];
    log_info("control", "channel made", "channel=%u name=%s session=%u", channel->id,
             log_quote(name, quoted, sizeof(quoted)), conn->session);
    if (channel->is_temporary)
        users_move(server, user, channel->id, conn->session);
}

static int check_change(struct conn *conn, const struct channel *channel,
                        const MumbleProto__ChannelState *state)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    uint32_t parent = state->has_parent ? state->parent : channel->parent;
    const char *name = state->name != NULL ? state->name : channel->name;
    if ((model_permissions(server->model, user, channel->id) & PERM_WRITE) == 0) {
        send_denied(conn, PERM_WRITE, channel->id);
        return -1;
    }
    if (!is_text_short(server, state->description)) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__TextTooLong);
        return -1;
    }
    if (state->name != NULL && !name_rule_matches(server->channel_names, name)) {
        refuse(conn, MODEL_E_NAME);
        return -1;
    }
    bool is_moved = parent != channel->parent, is_renamed = strcmp(name, channel->name) != 0;
    if (!is_moved && !is_renamed)
        return 0;
    int error = model_channel_check(server->model, parent, name, channel->id);
    if (error != 0) {
        refuse(conn, error);
        return -1;
    }
    if (is_moved && (model_permissions(server->model, user, parent) & PERM_MAKE_CHANNEL) == 0) {
        send_denied(conn, PERM_MAKE_CHANNEL, parent);
        return -1;
    }
    return 0;
}

void channels_state(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ChannelState *state = (const MumbleProto__ChannelState *)message;
    struct server *server = conn->server;
    if (!state->has_channel_id) {
        create(conn, state);
        return;
    }
    struct channel *channel = model_channel(server->model, state->channel_id);
    if (channel == NULL || check_change(conn, channel, state) != 0)
        return;
    if (state->has_parent && state->parent != channel->parent)
        model_channel_move(server->model, channel->id, state->parent);
    if (state->name != NULL && strcmp(state->name, channel->name) != 0)
        model_channel_rename(server->model, channel->id, state->name);
    if (state->description != NULL)
        model_channel_describe(server->model, channel->id, state->description);
    if (state->has_position)
        channel->position = state->position;
    if (state->has_max_users)
        channel->max_users = state->max_users;
    channels_save(server, channel);
    server->are_routes_dirty = true;
    send_to_all(server, channel);
}

// ---- removing
// ------------------------------------------------------------------------------------------------------------------

static void evict(struct server *server, uint32_t id, uint32_t refuge)
{
    for (struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session)) {
        if (user->channel != id || user->is_server_made)
            continue;
        uint32_t to = refuge;
        while (to != MODEL_ROOT &&
               ((model_permissions(server->model, user, to) & PERM_ENTER) == 0 ||
                model_channel_is_full(server->model, to)))
            to = model_channel(server->model, to)->parent;
        users_move(server, user, to, 0);
    }
}

// Children first. A meeting goes with its floor; a floor without one of its tracks is no meeting
// any more, so taking a track or booth away ends the meeting and leaves plain channels.
void channels_remove_tree(struct server *server, uint32_t id)
{
    const struct channel *channel = model_channel(server->model, id);
    if (channel == NULL || id == MODEL_ROOT)
        return;
    if (channel->meeting != MODEL_NONE)
        meetings_removed(server, channel->meeting);
    bool is_temporary = channel->is_temporary;
    uint32_t parent = channel->parent;
    size_t i = 0;
    for (const struct channel *child = model_channel_at(server->model, 0); child != NULL;
         child = model_channel_at(server->model, i)) {
        if (child->id != id && child->parent == id) {
            channels_remove_tree(server, child->id);
            i = 0;
            continue;
        }
        i++;
    }
    if (model_channel(server->model, id) == NULL)
        return; // it was temporary, and went with its last child
    // Emptying a temporary channel would remove it by itself: it is the caller's now.
    model_channel(server->model, id)->is_temporary = false;
    evict(server, id, parent);
    if (!is_temporary)
        storage_channel_remove(server, id);
    model_channel_remove(server->model, id);
    server->are_routes_dirty = true;
    MumbleProto__ChannelRemove remove = MUMBLE_PROTO__CHANNEL_REMOVE__INIT;
    remove.channel_id = id;
    broadcast(server, MSG_CHANNEL_REMOVE, &remove.base, NULL);
}

void channels_remove(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ChannelRemove *remove = (const MumbleProto__ChannelRemove *)message;
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    if (model_channel(server->model, remove->channel_id) == NULL)
        return;
    if (remove->channel_id == MODEL_ROOT ||
        (model_permissions(server->model, user, remove->channel_id) & PERM_WRITE) == 0) {
        send_denied(conn, PERM_WRITE, remove->channel_id);
        return;
    }
    channels_remove_tree(server, remove->channel_id);
}
