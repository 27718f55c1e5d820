// SPDX-License-Identifier: BSD-3-Clause
//
// ChannelState from a client: a new channel, or a change of one. All checks first, in the order in
// which mumble-server makes them, then all effects.
#include "control/control_int.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define DENY(type) MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__##type

static void refuse(struct conn *conn, int error)
{
    switch (error) {
    case MODEL_E_NAME:
        send_denied_reason(conn, DENY(ChannelName), model_error_text(error), NULL);
        break;
    case MODEL_E_NESTING:
        send_denied_reason(conn, DENY(NestingLimit), model_error_text(error), NULL);
        break;
    case MODEL_E_COUNT:
        send_denied_reason(conn, DENY(ChannelCountLimit), model_error_text(error), NULL);
        break;
    case MODEL_E_TEMPORARY:
        send_denied_reason(conn, DENY(TemporaryChannel), model_error_text(error), NULL);
        break;
    case MODEL_E_MEMORY:
    case MODEL_E_LIMIT:
        send_denied_reason(conn, DENY(Text), model_error_text(error), NULL);
        break;
    default:
        break; // into itself, or unknown: ignored
    }
}

// False, and said so, when one of the rights is missing.
static bool needs(struct conn *conn, uint32_t permission, uint32_t channel)
{
    const struct model *model = conn->server->model;
    if ((model_permissions(model, model_user(model, conn->session), channel) & permission) != 0)
        return true;
    send_denied(conn, permission, channel);
    return false;
}

// ---- a new one --------------------------------------------------------------------------------

static bool may_create(struct conn *conn, const MumbleProto__ChannelState *state, const char *name)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    int error = name_rule_matches(server->channel_names, name)
                    ? model_channel_check(server->model, state->parent, name, MODEL_NONE)
                    : MODEL_E_NAME;
    if (error != 0 && error != MODEL_E_TEMPORARY) {
        refuse(conn, error);
        return false;
    }
    if (!needs(conn, state->temporary ? PERM_MAKE_TEMP_CHANNEL : PERM_MAKE_CHANNEL, state->parent))
        return false;
    if (user->user_id == MODEL_GUEST && user->cert_hash[0] == '\0') {
        send_denied_certificate(conn, conn->session);
        return false;
    }
    refuse(conn, error);
    return error == 0;
}

// Who makes a channel administers it.
static void give(struct server *server, const struct user *user, struct channel *channel)
{
    if (user->user_id != MODEL_GUEST &&
        model_group_admit(server->model, channel->id, "admin", user->user_id) != 0)
        log_warn("control", "a new channel has no administrator", "channel=%u reason=memory",
                 channel->id);
    acl_keep_write(server, user, channel->id);
    if (!channel->is_temporary)
        storage_acl_put(server, channel);
}

static void create(struct conn *conn, const MumbleProto__ChannelState *state,
                   const char *description)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    if (!state->has_parent || state->name == NULL || !may_create(conn, state, state->name))
        return;
    struct channel *channel =
        model_channel_add(server->model, MODEL_NONE, state->parent, state->name);
    if (channel == NULL || (description != NULL &&
                            model_channel_describe(server->model, channel->id, description) != 0)) {
        if (channel != NULL)
            model_channel_remove(server->model, channel->id);
        refuse(conn, MODEL_E_MEMORY);
        return;
    }
    channel->position = state->position;
    channel->max_users = state->max_users;
    channel->is_temporary = state->temporary;
    channels_save(server, channel);
    give(server, user, channel);
    server->are_routes_dirty = true;
    channels_broadcast(server, channel);
    char name[256];
    log_info("control", "channel made", "channel=%u name=%s session=%u", channel->id,
             log_quote(channel->name, name, sizeof(name)), conn->session);
    if (channel->is_temporary)
        users_move(server, user, channel->id, 0);
}

// ---- a change of one --------------------------------------------------------------------------

struct change {
    struct channel *channel;
    const MumbleProto__ChannelState *state;
    const char *description; // NULL: as it is
    bool is_moved, is_renamed;
};

static bool may_rename(struct conn *conn, const struct change *change)
{
    struct server *server = conn->server;
    const struct channel *channel = change->channel;
    uint32_t parent = change->is_moved ? change->state->parent : channel->parent;
    const char *name = change->state->name;
    const struct channel *twin = NULL;
    if (parent != MODEL_NONE)
        twin = model_channel_child(server->model, parent, name != NULL ? name : channel->name);
    if ((name != NULL && !name_rule_matches(server->channel_names, name)) ||
        (twin != NULL && twin != channel)) {
        refuse(conn, MODEL_E_NAME);
        return false;
    }
    return true;
}

static bool may_move(struct conn *conn, const struct change *change)
{
    struct server *server = conn->server;
    const struct channel *channel = change->channel;
    const char *name = change->state->name != NULL ? change->state->name : channel->name;
    int error = model_channel_check(server->model, change->state->parent, name, channel->id);
    if (error != 0) {
        refuse(conn, error);
        return false;
    }
    return needs(conn, PERM_WRITE, channel->id) &&
           needs(conn, channel->is_temporary ? PERM_MAKE_TEMP_CHANNEL : PERM_MAKE_CHANNEL,
                 change->state->parent);
}

// Taking a link away needs the right here; making one needs it at both ends.
static bool may_link(struct conn *conn, const struct change *change)
{
    const MumbleProto__ChannelState *state = change->state;
    const struct model *model = conn->server->model;
    if (state->n_links_add + state->n_links_remove == 0)
        return true;
    if (state->n_links_add + state->n_links_remove > LINK_CHANGES_MAX) {
        refuse(conn, MODEL_E_LIMIT);
        return false;
    }
    if (!needs(conn, PERM_LINK_CHANNEL, change->channel->id))
        return false;
    for (size_t i = 0; i < state->n_links_remove; i++)
        if (model_channel(model, state->links_remove[i]) == NULL)
            return false;
    for (size_t i = 0; i < state->n_links_add; i++)
        if (model_channel(model, state->links_add[i]) == NULL ||
            !needs(conn, PERM_LINK_CHANNEL, state->links_add[i]))
            return false;
    return true;
}

static bool may_change(struct conn *conn, const struct change *change)
{
    const MumbleProto__ChannelState *state = change->state;
    uint32_t id = change->channel->id;
    if (!may_rename(conn, change))
        return false;
    if (state->name != NULL && id == MODEL_ROOT) {
        send_denied(conn, PERM_WRITE, id);
        return false;
    }
    if ((state->name != NULL || change->description != NULL || state->has_position) &&
        !needs(conn, PERM_WRITE, id))
        return false;
    if ((change->is_moved && !may_move(conn, change)) || !may_link(conn, change))
        return false;
    return !state->has_max_users || needs(conn, PERM_WRITE, id);
}

// Temporary channels are not in the store, nor are links to them.
static void save_links(struct server *server, const struct channel *channel)
{
    struct channel kept = *channel;
    if (channel->is_temporary)
        return;
    kept.n_links = 0;
    kept.links = calloc(channel->n_links + 1, sizeof(*kept.links));
    if (kept.links == NULL) {
        log_error("store", "links are not kept", "channel=%u reason=memory", channel->id);
        return;
    }
    for (uint32_t i = 0; i < channel->n_links; i++)
        if (!model_channel(server->model, channel->links[i])->is_temporary)
            kept.links[kept.n_links++] = channel->links[i];
    storage_links_put(server, &kept);
    free(kept.links);
}

static void apply_links(struct conn *conn, const struct change *change)
{
    struct server *server = conn->server;
    const MumbleProto__ChannelState *state = change->state;
    for (size_t i = 0; i < state->n_links_add; i++)
        model_link(server->model, change->channel->id, state->links_add[i]);
    for (size_t i = 0; i < state->n_links_remove; i++)
        model_unlink(server->model, change->channel->id, state->links_remove[i]);
    if (state->n_links_add + state->n_links_remove > 0)
        save_links(server, change->channel);
}

static int apply_texts(struct server *server, const struct change *change)
{
    uint32_t id = change->channel->id;
    int error = 0;
    if (change->is_renamed)
        error = model_channel_rename(server->model, id, change->state->name);
    if (error == 0 && change->description != NULL)
        error = model_channel_describe(server->model, id, change->description);
    return error;
}

// As it was asked for; what people may not know of is left out on the way.
static void tell(struct server *server, const struct change *change)
{
    const MumbleProto__ChannelState *state = change->state;
    MumbleProto__ChannelState out = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    uint8_t hash[SHA_DIGEST_LENGTH];
    out.has_channel_id = true;
    out.channel_id = change->channel->id;
    out.has_parent = change->is_moved;
    out.parent = change->channel->parent;
    out.name = state->name != NULL ? change->channel->name : NULL;
    out.has_position = state->has_position;
    out.position = state->position;
    out.has_max_users = state->has_max_users;
    out.max_users = state->max_users;
    out.n_links_add = state->n_links_add;
    out.links_add = state->links_add;
    out.n_links_remove = state->n_links_remove;
    out.links_remove = state->links_remove;
    if (change->description != NULL)
        channels_put_description(server, &out, change->channel, hash);
    broadcast(server, MSG_CHANNEL_STATE, &out.base, NULL);
}

static void log_change(const struct conn *conn, const struct change *change)
{
    char name[256];
    log_info("control", "channel changed", "channel=%u name=%s parent=%d session=%u",
             change->channel->id, log_quote(change->channel->name, name, sizeof(name)),
             (int)change->channel->parent, conn->session);
}

static void apply(struct conn *conn, const struct change *change)
{
    struct server *server = conn->server;
    struct channel *channel = change->channel;
    int error = apply_texts(server, change);
    if (error == 0 && change->is_moved)
        error = model_channel_move(server->model, channel->id, change->state->parent);
    if (error != 0)
        refuse(conn, error);
    if (change->state->has_position)
        channel->position = change->state->position;
    if (change->state->has_max_users)
        channel->max_users = change->state->max_users;
    channels_save(server, channel);
    apply_links(conn, change);
    server->are_routes_dirty = true;
    if (change->is_moved)
        rights_changed(server);
    log_change(conn, change);
    tell(server, change);
}

// Changes are told to everybody, and a move makes all remembered rights stale; only who administers
// the server may do that as fast as they can.
static bool is_in_time(struct conn *conn, bool is_new)
{
    const struct model *model = conn->server->model;
    bool is_admin =
        (model_permissions(model, model_user(model, conn->session), MODEL_ROOT) & PERM_WRITE) != 0;
    return (is_admin && !is_new) || conn_in_time(conn, &conn->messages);
}

void channels_state(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ChannelState *state = (const MumbleProto__ChannelState *)message;
    struct server *server = conn->server;
    struct channel *channel =
        state->has_channel_id ? model_channel(server->model, state->channel_id) : NULL;
    if ((state->has_channel_id && channel == NULL) || !is_in_time(conn, channel == NULL))
        return;
    if (state->has_parent && model_channel(server->model, state->parent) == NULL)
        return;
    char *description = NULL;
    if (state->description != NULL &&
        (description = text_allowed(conn, state->description)) == NULL)
        return;
    if (description != NULL)
        describe_strip(description);
    struct change change = { .channel = channel, .state = state, .description = description };
    if (channel != NULL) {
        change.is_moved = state->has_parent && state->parent != channel->parent;
        change.is_renamed = state->name != NULL && strcmp(state->name, channel->name) != 0;
    }
    if (channel == NULL)
        create(conn, state, description);
    else if (may_change(conn, &change))
        apply(conn, &change);
    free(description);
}
