// SPDX-License-Identifier: BSD-3-Clause
//
// A channel goes, with all beneath it: its people move to the nearest channel above that will have
// them, and everybody is told.
#include "control/meeting/run.h"

// Who loses their channel goes to the nearest that will have them; the root has everybody.
static void evict(struct server *server, uint32_t id, uint32_t refuge)
{
    for (struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session)) {
        if (user->channel != id || user->is_server_made)
            continue;
        uint32_t to = refuge;
        while (to != MODEL_ROOT) {
            uint32_t rights = model_permissions(server->model, user, to);
            if ((rights & PERM_ENTER) != 0 &&
                ((rights & PERM_WRITE) != 0 || !model_channel_is_full(server->model, to)))
                break;
            to = model_channel(server->model, to)->parent;
        }
        users_move(server, user, to, 0);
    }
}

static const struct channel *child_of(const struct model *model, uint32_t id)
{
    const struct channel *channel;
    for (size_t i = 0; (channel = model_channel_at(model, i)) != NULL; i++)
        if (channel->parent == id)
            return channel;
    return NULL;
}

static void tell(struct server *server, uint32_t id)
{
    MumbleProto__ChannelRemove remove = MUMBLE_PROTO__CHANNEL_REMOVE__INIT;
    remove.channel_id = id;
    broadcast(server, MSG_CHANNEL_REMOVE, &remove.base, NULL);
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        rights_channel_gone(conn, id);
        visible_changed(conn); // the one above was perhaps known for its sake alone
    }
}

// Children first. A meeting goes with its floor; a floor without one of its tracks is no meeting
// any more, so taking a track or booth away ends the meeting and leaves plain channels.
static void remove_within(struct server *server, uint32_t id, uint32_t refuge)
{
    const struct channel *channel = model_channel(server->model, id), *child;
    if (channel->meeting != MODEL_NONE) {
        meetings_tell_ended(server, channel->meeting);
        meetings_removed(server, channel->meeting);
    }
    bool is_temporary = channel->is_temporary;
    while ((child = child_of(server->model, id)) != NULL)
        remove_within(server, child->id, refuge);
    struct channel *emptied = model_channel(server->model, id);
    if (emptied == NULL)
        return; // it was temporary, and went with its last child
    // Emptying a temporary channel would remove it by itself: it is the caller's now.
    emptied->is_temporary = false;
    evict(server, id, refuge);
    listening_channel_gone(server, id);
    if (!is_temporary)
        storage_channel_remove(server, id);
    model_channel_remove(server->model, id);
    server->are_routes_dirty = true;
    breakout_channel_gone(server, id);
    tell(server, id);
}

void channels_remove_tree(struct server *server, uint32_t id)
{
    const struct channel *channel = model_channel(server->model, id);
    if (channel != NULL && id != MODEL_ROOT)
        remove_within(server, id, channel->parent);
}

void channels_remove(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ChannelRemove *remove = (const MumbleProto__ChannelRemove *)message;
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    const struct channel *channel = model_channel(server->model, remove->channel_id);
    if (channel == NULL)
        return;
    if (channel->id == MODEL_ROOT ||
        (model_permissions(server->model, user, channel->id) & PERM_WRITE) == 0) {
        send_denied(conn, PERM_WRITE, channel->id);
        return;
    }
    char name[256];
    log_info("control", "channel removed", "channel=%u name=%s session=%u", channel->id,
             log_quote(channel->name, name, sizeof(name)), conn->session);
    channels_remove_tree(server, channel->id);
}
