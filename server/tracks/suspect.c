// SPDX-License-Identifier: BSD-3-Clause
//
// A client that stops speaking says so: its last packet is a terminator. One whose packets just
// stop has lost its line, or that one packet. Which of the two it is, control finds out by asking.
#include "tracks/tracks_int.h"

void suspect_packet(struct person *p, bool is_terminator)
{
    p->is_sending = !is_terminator;
    p->is_suspect = false;
}

static uint64_t suspect_due(const struct meeting *m, uint32_t session)
{
    const struct person *p = person_find(m, session);
    const bool is_watched = p && p->is_sending && !p->is_suspect && !p->is_muted;
    return is_watched ? p->last_packet_us + SUSPECT_US : UINT64_MAX;
}

static void suspect_look(struct meeting *m, const struct booth *b, uint32_t session)
{
    if (session == 0 || m->now_us < suspect_due(m, session)) {
        return;
    }
    person_find(m, session)->is_suspect = true;
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_SUSPECT,
                                        .session = session,
                                        .booth = b->index,
                                        .lang = b->now.incoming,
                                        .lang2 = b->now.outgoing });
}

void suspect_advance(struct meeting *m, const struct booth *b)
{
    suspect_look(m, b, b->on_air);
    if (b->handover == HANDOVER_BOTH) {
        suspect_look(m, b, b->successor);
    }
}

uint64_t suspect_deadline(const struct meeting *m, const struct booth *b)
{
    uint64_t due = b->on_air ? suspect_due(m, b->on_air) : UINT64_MAX;
    if (b->handover == HANDOVER_BOTH) {
        due = earlier(due, suspect_due(m, b->successor));
    }
    return due;
}
