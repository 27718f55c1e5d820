// SPDX-License-Identifier: BSD-3-Clause
//
// visibility: what sending and dispatching ask while channels are hidden (conn->visible is not
// NULL). Private to control/. Nothing here is called, and nothing is paid, while hidechannels is
// off.
#ifndef SUSURRO_CONTROL_VISIBILITY_H
#define SUSURRO_CONTROL_VISIBILITY_H

#include "control/control_int.h"

struct visible_copy { // a message as one client may see it
    union {
        MumbleProto__ChannelState channel;
        MumbleProto__UserState user;
        MumbleProto__UserRemove leaving;
    };
    void *room; // the caller frees it
};

// What of this message the client may have: the message, the copy filled in, or NULL.
const ProtobufCMessage *visible_look(struct conn *conn, unsigned type,
                                     const ProtobufCMessage *message, struct visible_copy *copy);
// Ids of what the client does not know of become MODEL_NONE, which is nobody's.
void visible_incoming(const struct conn *conn, unsigned type, ProtobufCMessage *message);

#endif
