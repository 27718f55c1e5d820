// SPDX-License-Identifier: BSD-3-Clause
//
// Private to login*.c: what a login is judged by.
#ifndef SUSURRO_CONTROL_LOGIN_INT_H
#define SUSURRO_CONTROL_LOGIN_INT_H

#include "control/control_int.h"

#define LOGIN_UNKNOWN (-2) // beside ids and MODEL_GUEST: known, but not proved
#define REJECT(type) MUMBLE_PROTO__REJECT__REJECT_TYPE__##type

struct login_verdict {
    MumbleProto__Reject__RejectType type; // None: welcome
    const char *reason;                   // a text marked N_()
};

// login_rules.c
void login_refuse(struct login_verdict *verdict, MumbleProto__Reject__RejectType type,
                  const char *reason); // in place of what it was
// The id, MODEL_GUEST or LOGIN_UNKNOWN. has_password: the name's own was right.
int32_t login_identify(struct conn *conn, const char *name, bool has_password,
                       struct registered **out);
// A user of that name or id who is the same person gives way. NULL: none, or *is_other.
struct conn *login_find_ghost(const struct conn *conn, const char *name, int32_t id,
                              bool *is_other);
void login_judge(struct conn *conn, const struct login_request *request, int32_t id,
                 const struct conn *ghost, bool is_other, struct login_verdict *verdict);

// login_place.c. MODEL_NONE: all full. May note in user->wanted where they go from a lobby.
uint32_t login_start_channel(const struct server *server, struct user *user,
                             const struct conn *ghost);

#endif
