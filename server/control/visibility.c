// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_int.h"

bool visible_channel(const struct conn *conn, const struct channel *channel)
{
    return conn->visible == NULL || rights_has_told(conn, channel->id);
}

bool visible_user(const struct conn *conn, const struct user *user)
{
    return conn->visible == NULL || user->session == conn->session;
}

void visible_turn_end(struct server *server)
{
    (void)server;
}

void visible_forget(struct conn *conn)
{
    conn->visible = NULL;
}
