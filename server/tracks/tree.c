// SPDX-License-Identifier: BSD-3-Clause
//
// Languages are nodes, staffed booths are edges, the root is the floor language. A booth works from
// its end nearer the root to the farther one; a booth that brings nobody nearer rests.
#include "tracks/tracks_int.h"

#include <string.h>

static bool booth_joins(const struct booth *b, uint8_t near, uint8_t far)
{
    return (b->lang_a == near && b->lang_b == far) || (b->lang_b == near && b->lang_a == far);
}

static bool booth_already_works(const struct booth *b, uint8_t near, uint8_t far)
{
    return !b->now.is_resting && b->now.incoming == near && b->now.outgoing == far;
}

// Finds the booth that carries the languages at this depth on to `far`: the present one when it
// can, else the first.
static struct booth *tree_find_edge(struct meeting *m, uint8_t depth, uint8_t far, uint8_t *near)
{
    struct booth *found = NULL;
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        struct booth *b = &m->booths[i];
        for (uint8_t from = 0; from < m->config.n_langs && b->n_interpreters; from++) {
            const bool is_edge = m->depth[from] == depth && booth_joins(b, from, far);
            if (is_edge && (!found || booth_already_works(b, from, far))) {
                found = b;
                *near = from;
            }
        }
    }
    return found;
}

static void tree_search(struct meeting *m)
{
    memset(m->depth, NO_PATH, sizeof(m->depth));
    m->depth[m->floor.root] = 0;
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        m->booths[i].wanted = (struct direction){ .is_resting = true };
    }
    for (uint8_t depth = 0; depth + 1 < m->config.n_langs; depth++) {
        for (uint8_t far = 0; far < m->config.n_langs; far++) {
            uint8_t near = 0;
            struct booth *b =
                m->depth[far] == NO_PATH ? tree_find_edge(m, depth, far, &near) : NULL;
            if (b) {
                m->depth[far] = (uint8_t)(depth + 1);
                b->wanted =
                    (struct direction){ .incoming = near, .outgoing = far, .is_relay = depth > 0 };
            }
        }
    }
}

bool direction_is_equal(const struct direction *a, const struct direction *b)
{
    if (a->is_resting || b->is_resting) {
        return a->is_resting == b->is_resting;
    }
    return a->incoming == b->incoming && a->outgoing == b->outgoing && a->is_relay == b->is_relay;
}

// A booth that has nothing to finish follows at once; the others at a pause (booth_advance).
static void tree_apply(struct meeting *m, struct booth *b, const struct direction *old_wanted,
                       uint64_t old_end_us)
{
    const bool was_turning = b->is_turning;
    const bool is_new = !was_turning || !direction_is_equal(old_wanted, &b->wanted);
    b->is_turning = !direction_is_equal(&b->now, &b->wanted) || b->source != m->floor.root;
    if (!b->is_turning) {
        return;
    }
    if (!was_turning) {
        b->turn_since_us = m->now_us;
    }
    if (!was_turning || old_end_us != 0) {
        b->turn_after_us = old_end_us;
        b->finish_from_us = m->floor.lang_since_us;
    }
    if (b->now.is_resting || b->n_interpreters == 0) {
        booth_turn(m, b);
        return;
    }
    booth_advance(m, b);
    if (is_new && b->is_turning && !direction_is_equal(&b->now, &b->wanted) &&
        !b->wanted.is_resting) {
        event_push(m, (struct track_event){ .kind = TRACK_EVENT_TURN_PENDING,
                                            .session = b->on_air,
                                            .booth = b->index,
                                            .lang = b->wanted.outgoing,
                                            .lang2 = b->wanted.incoming });
    }
}

void tree_update(struct meeting *m, uint64_t old_end_us)
{
    struct direction old_wanted[TRACKS_BOOTHS_MAX];
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        old_wanted[i] = m->booths[i].wanted;
    }
    tree_search(m);
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        tree_apply(m, &m->booths[i], &old_wanted[i], old_end_us);
    }
}
