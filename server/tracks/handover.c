// SPDX-License-Identifier: BSD-3-Clause
//
// From one interpreter to the next. One key does all of it; docs/TRACKS.md draws it.
//
//   none ─ the one on air ─► asked ── a partner ──────┐
//     └─── a partner ─────► offered ─ the one on air ─┴► both ─► done (none)
//
// While both are carried the leaver finishes the clause and the successor may already begin.
#include "tracks/tracks_int.h"

static void handover_enter(struct meeting *m, struct booth *b, enum handover_state state,
                           uint32_t session)
{
    b->handover = state == HANDOVER_DONE ? HANDOVER_NONE : state;
    b->handover_since_us = m->now_us;
    if (b->handover == HANDOVER_NONE) {
        b->successor = 0;
    }
    m->revision++;
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_HANDOVER,
                                        .session = session,
                                        .booth = b->index,
                                        .lang = b->now.incoming,
                                        .lang2 = b->now.outgoing,
                                        .value = (uint8_t)state });
}

void handover_cancel(struct meeting *m, struct booth *b, uint32_t session)
{
    if (b->handover != HANDOVER_NONE) {
        handover_enter(m, b, HANDOVER_NONE, session);
    }
}

void handover_finish(struct meeting *m, struct booth *b)
{
    const struct person *successor = person_find(m, b->successor);
    b->n_handovers++;
    handover_enter(m, b, HANDOVER_DONE, b->successor);
    booth_set_on_air(m, b, successor);
}

static int handover_confirm(struct meeting *m, struct booth *b, uint32_t successor,
                            uint32_t session)
{
    b->successor = successor;
    handover_enter(m, b, HANDOVER_BOTH, session);
    return 0;
}

int handover_press(struct meeting *m, struct booth *b, const struct person *p)
{
    const bool is_on_air = b->on_air == p->session;
    const bool is_successor = b->successor == p->session;
    if (b->on_air == 0) {
        return TRACKS_E_NOT_ON_AIR;
    }
    if (b->n_interpreters < 2) {
        return TRACKS_E_NO_PARTNER;
    }
    switch (b->handover) {
    case HANDOVER_NONE:
    case HANDOVER_DONE:
        b->successor = is_on_air ? 0 : p->session;
        handover_enter(m, b, is_on_air ? HANDOVER_ASKED : HANDOVER_OFFERED, p->session);
        return 0;
    case HANDOVER_ASKED:
        if (is_on_air) {
            handover_cancel(m, b, p->session);
            return 0;
        }
        return handover_confirm(m, b, p->session, p->session);
    case HANDOVER_OFFERED:
        if (is_on_air) {
            return handover_confirm(m, b, b->successor, p->session);
        }
        if (is_successor) {
            handover_cancel(m, b, p->session);
            return 0;
        }
        b->successor = p->session; // another partner would rather
        handover_enter(m, b, HANDOVER_OFFERED, p->session);
        return 0;
    case HANDOVER_BOTH:
        if (!is_on_air && !is_successor) {
            return TRACKS_E_ON_AIR_TAKEN;
        }
        handover_finish(m, b);
        return 0;
    }
    return 0;
}

// Called before the booth forgets p. With a successor under way nobody is missed.
bool handover_leave(struct meeting *m, struct booth *b, const struct person *p)
{
    if (b->handover == HANDOVER_BOTH && b->on_air == p->session) {
        handover_finish(m, b);
        return true;
    }
    if (b->on_air == p->session || b->successor == p->session ||
        (b->handover == HANDOVER_ASKED && b->n_interpreters < 2)) {
        handover_cancel(m, b, p->session);
    }
    return false;
}

// The leaver's pause counts once the successor has begun, or what the floor had said until the
// confirmation has been interpreted. A cough is no pause: nothing moves but at the latest time.
static uint64_t handover_end(const struct meeting *m, const struct booth *b)
{
    const uint64_t since_us = b->handover_since_us;
    const struct person *leaver = person_find(m, b->on_air);
    const struct person *successor = person_find(m, b->successor);
    const bool has_begun =
        successor && successor->has_spoken && successor->last_voice_us > since_us;
    uint64_t due_us = leaver && leaver->has_spoken ? leaver->last_voice_us + PAUSE_US : since_us;
    if (!has_begun) {
        due_us = later(due_us, since_us + tree_lag_us(m, b));
    }
    return b->is_coughing ? since_us + HANDOVER_MOST_US
                          : earlier(due_us, since_us + HANDOVER_MOST_US);
}

void handover_advance(struct meeting *m, struct booth *b)
{
    if (m->now_us < handover_deadline(m, b)) {
        return;
    }
    if (b->handover == HANDOVER_BOTH) {
        handover_finish(m, b);
    } else {
        handover_cancel(m, b, b->handover == HANDOVER_ASKED ? b->on_air : b->successor);
    }
}

uint64_t handover_deadline(const struct meeting *m, const struct booth *b)
{
    switch (b->handover) {
    case HANDOVER_ASKED:
    case HANDOVER_OFFERED:
        return b->handover_since_us + HANDOVER_OFFER_US;
    case HANDOVER_BOTH:
        return handover_end(m, b);
    case HANDOVER_NONE:
    case HANDOVER_DONE:
        break;
    }
    return UINT64_MAX;
}
