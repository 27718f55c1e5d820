// SPDX-License-Identifier: BSD-3-Clause
//
// The end of a login, however it comes about: whatever knew of the user lets go of it, and all are
// told.
#include "control/display/display_int.h"
#include "control/meeting/roles.h"

void login_leave(struct conn *conn, const char *reason)
{
    struct server *server = conn->server;
    uint32_t session = conn->session;
    const struct user *user = model_user(server->model, session);
    if (user == NULL)
        return;
    registry_seen(server, user, true);
    usage_leave(conn);
    door_gone(server, user, false);
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    uint32_t channel = user->channel;
    if (meeting != NULL)
        meetings_user_left(server, session, meeting->id);
    breakout_leave(server, session);
    display_leave(conn);
    probe_leave(conn);
    link_client_remove(conn);
    server->by_session[session] = NULL;
    conn->session = 0;
    char name[256];
    log_info("control", "left", "session=%u name=%s reason=\"%s\"", session,
             log_quote(user->name, name, sizeof(name)), reason);
    model_user_remove(server->model, session);
    server->are_routes_dirty = true;
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = session;
    broadcast(server, MSG_USER_REMOVE, &remove.base, conn);
    const struct channel *left = model_channel(server->model, channel);
    if (left != NULL && left->is_temporary && left->n_users == 0 && left->meeting == MODEL_NONE)
        channels_remove_tree(server, channel);
}
