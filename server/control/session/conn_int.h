// SPDX-License-Identifier: BSD-3-Clause
//
// Private to conn*.c: what the life of a connection (conn.c), what it reads (conn_in.c) and what it
// sends (conn_out.c) call of each other.
#ifndef SUSURRO_CONTROL_CONN_INT_H
#define SUSURRO_CONTROL_CONN_INT_H

#include "control/control_int.h"

void conn_poll(struct conn *conn); // from now on wakes for what it waits for; nothing when closed
bool conn_takes_frames(const struct conn *conn); // else what comes stays where it is
void conn_read(struct conn *conn); // what has come, frame by frame to their handlers; may close it

#endif
