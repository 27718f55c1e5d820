// SPDX-License-Identifier: BSD-3-Clause
//
// calm: what a client on `lifeline` need not know at once, collected: of each person and channel
// the newest. Pure: messages go in, and come out in an order that is as good as the one they came
// in. Owned by a connection; control thread. Private to control/.
//
//   UserState of others, ChannelState, a console's state ─► held; a later one of the same is merged
//   who comes, goes, is renamed; channels made, gone, linked ─► held, and nothing is merged across
//   texts, refusals, answers, the client's own moves ─► at once (behind what is held, if they may
//                                                       speak of somebody who is not known yet)
//
// Merging is what protobuf means by it: a later field replaces an earlier one. So the client's
// picture in the end is the one that it would have had. Invariant: of one person or channel nothing
// older comes after something newer.
#ifndef SUSURRO_CONTROL_CALM_H
#define SUSURRO_CONTROL_CALM_H

#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALM_BPS 900u // of control messages and what carries them: under a kilobit, bursts included
#define CALM_LEAST_US UINT64_C(2000000)   // from the first that is held to the batch ...
#define CALM_MOST_US UINT64_C(60000000)   // ... and at most
#define CALM_BATCH_BYTES 96u              // TLS, TCP, IP and the answer of a batch
#define CALM_BYTES_MAX ((size_t)65536)    // held for one client; with more the batch goes at once
#define CALM_ENTRIES_MAX 2000u            // likewise
#define CALM_CONSOLE_ID "susurro.console" // plugin data whose newest is enough

enum calm_way {
    CALM_HELD,        // may wait
    CALM_AT_ONCE,     // has nothing to do with what is held
    CALM_AFTER_KNOWN, // at once; but first what is held, if that has somebody new in it
    CALM_AFTER_ALL    // at once, and first all that is held: it is about the same things
};
struct calm_entry;
struct calm {
    struct calm_entry *entries;
    size_t n, cap, n_bytes;
    size_t n_parted;   // entries before this one are not merged into any more
    bool has_news;     // somebody or something new is among them
    uint64_t first_us; // when the oldest was held; 0: nothing is
    uint64_t paid_us;  // until then what was sent has used up its share of the line
};
// own: the session of the client itself. is_urgent: of somebody whose voice may come any moment.
enum calm_way calm_way(unsigned type, const ProtobufCMessage *message, uint32_t own,
                       bool is_urgent);
bool calm_must_go_first(const struct calm *calm, enum calm_way way);
// A frame, header included, whose message this is. False: memory, nothing has changed.
bool calm_hold(struct calm *calm, unsigned type, const ProtobufCMessage *message,
               const uint8_t *frame, size_t len, uint64_t now_us);
bool calm_is_full(const struct calm *calm);
void calm_paid(struct calm *calm, size_t n_bytes, uint64_t now_us); // so much was sent
uint64_t calm_due_us(const struct calm *calm); // when the batch may go; UINT64_MAX: nothing waits
// In order; nothing is held afterwards.
typedef void (*calm_fn)(void *context, const uint8_t *frame, size_t len);
void calm_take(struct calm *calm, calm_fn fn, void *context);
void calm_clear(struct calm *calm);

#endif
