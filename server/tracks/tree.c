// SPDX-License-Identifier: BSD-3-Clause
//
// Languages are nodes, staffed booths are edges, the root is the floor language. A booth works from
// its end nearer the root to the farther one; a booth that brings nobody nearer rests. A booth of
// three languages can be any of its three edges, but one at a time. A language is reached once, by
// one that was reached before it: there are no loops.
#include "tracks/tracks_int.h"

#include <string.h>

// ---- one edge ---------------------------------------------------------------------------------

static bool booth_joins(const struct booth *b, uint8_t near, uint8_t far)
{
    if (b->is_one_way) {
        return near == b->langs[0] && far == b->langs[1];
    }
    return near != far && booth_knows(b, near) && booth_knows(b, far);
}

static bool booth_already_works(const struct booth *b, uint8_t near, uint8_t far)
{
    return !b->now.is_resting && b->now.incoming == near && b->now.outgoing == far;
}

// Of three languages: the one chosen by hand, else the present one, while it can be reached from
// here.
static bool booth_would_rather(const struct meeting *m, const struct booth *b, uint8_t near,
                               uint8_t far)
{
    const int wishes[] = { b->choice, b->now.is_resting ? -1 : b->now.outgoing };
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]) && b->n_langs > 2; i++) {
        const int wish = wishes[i];
        if (wish >= 0 && wish != near && m->depth[wish] == NO_PATH) {
            return wish != far;
        }
    }
    return false;
}

struct edge {
    struct booth *booth;
    uint8_t near;
};

// Ties: the moderator's pivot, then the present tree, then the smaller delay, then the first.
static bool edge_is_better(const struct meeting *m, const struct edge *a, const struct edge *b,
                           uint8_t far)
{
    if (!b->booth) {
        return true;
    }
    const bool is_pivot_a = a->near == m->pivot, is_pivot_b = b->near == m->pivot;
    if (is_pivot_a != is_pivot_b) {
        return is_pivot_a;
    }
    const bool works_a = booth_already_works(a->booth, a->near, far);
    const bool works_b = booth_already_works(b->booth, b->near, far);
    if (works_a != works_b) {
        return works_a;
    }
    return tree_delay_us(m, a->near) + booth_span_us(a->booth) <
           tree_delay_us(m, b->near) + booth_span_us(b->booth);
}

// The booth that carries the languages at this depth on to `far`.
static struct edge tree_find_edge(struct meeting *m, uint8_t depth, uint8_t far,
                                  bool is_relay_obeyed)
{
    struct edge found = { 0 };
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        struct booth *b = &m->booths[i];
        for (uint8_t near = 0; near < m->config.n_langs && b->n_interpreters; near++) {
            const struct edge edge = { b, near };
            const bool is_free = b->wanted.is_resting && m->depth[near] == depth;
            const bool is_allowed = !is_relay_obeyed || b->relay < 0 || b->relay == near;
            if (is_free && is_allowed && booth_joins(b, near, far) &&
                !booth_would_rather(m, b, near, far) && edge_is_better(m, &edge, &found, far)) {
                found = edge;
            }
        }
    }
    return found;
}

// ---- all of them ------------------------------------------------------------------------------

static bool tree_grow_from(struct meeting *m, uint8_t depth, bool is_relay_obeyed)
{
    bool has_grown = false;
    for (uint8_t far = 0; far < m->config.n_langs; far++) {
        if (m->depth[far] != NO_PATH) {
            continue;
        }
        const struct edge edge = tree_find_edge(m, depth, far, is_relay_obeyed);
        if (edge.booth) {
            m->depth[far] = (uint8_t)(depth + 1);
            edge.booth->wanted =
                (struct direction){ .incoming = edge.near, .outgoing = far, .is_relay = depth > 0 };
            has_grown = true;
        }
    }
    return has_grown;
}

// Once more where something grew: a booth of three whose wish another has fulfilled is free for the
// third language.
static void tree_grow(struct meeting *m, bool is_relay_obeyed)
{
    for (uint8_t depth = 0; depth + 1 < m->config.n_langs; depth++) {
        while (tree_grow_from(m, depth, is_relay_obeyed)) {
        }
    }
}

// A relay that was chosen counts as long as it is possible.
static void tree_search(struct meeting *m)
{
    memset(m->depth, NO_PATH, sizeof(m->depth));
    m->depth[m->floor.root] = 0;
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        m->booths[i].wanted = (struct direction){ .is_resting = true };
    }
    tree_grow(m, true);
    tree_grow(m, false);
}

bool tree_would_listen_to(struct meeting *m, struct booth *b, int8_t relay)
{
    struct direction wanted[TRACKS_BOOTHS_MAX] = { 0 };
    uint8_t depth[TRACKS_LANGS_MAX];
    const int8_t old = b->relay;
    memcpy(depth, m->depth, sizeof(depth));
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        wanted[i] = m->booths[i].wanted;
    }
    b->relay = relay;
    tree_search(m);
    const bool is_so = !b->wanted.is_resting && b->wanted.incoming == relay;
    b->relay = old;
    memcpy(m->depth, depth, sizeof(depth));
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        m->booths[i].wanted = wanted[i];
    }
    return is_so;
}

static const struct booth *booth_onto(const struct meeting *m, uint8_t lang)
{
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        const struct booth *b = &m->booths[i];
        if (b->n_interpreters && !b->now.is_resting && b->now.outgoing == lang) {
            return b;
        }
    }
    return NULL;
}

// While booths turn one after the other there may be a loop: a path is no longer than the tree.
uint32_t tree_delay_us(const struct meeting *m, uint8_t lang)
{
    uint32_t delay_us = 0;
    for (uint8_t hops = 0; hops < m->config.n_langs && lang != m->floor.root; hops++) {
        const struct booth *b = booth_onto(m, lang);
        if (!b) {
            break;
        }
        delay_us += (uint32_t)booth_span_us(b);
        lang = b->relay == TRACKS_RELAY_FLOOR ? m->floor.root : b->now.incoming;
    }
    return delay_us;
}

// Of what a booth says, as it works now, whatever the root is by now.
uint64_t tree_lag_us(const struct meeting *m, const struct booth *b)
{
    uint64_t lag_us = booth_span_us(b);
    for (uint8_t hops = 0; hops < m->config.n_langs && booth_is_relay(b); hops++) {
        b = booth_onto(m, b->now.incoming);
        if (!b) {
            break;
        }
        lag_us += booth_span_us(b);
    }
    return lag_us;
}

struct track_state meeting_track_state(const struct meeting *meeting, uint8_t lang)
{
    if (lang >= meeting->config.n_langs) {
        return (struct track_state){ .depth = TRACKS_NO_LANG, .booth = TRACKS_NO_LANG };
    }
    const struct booth *b = lang != meeting->floor.root ? booth_onto(meeting, lang) : NULL;
    const struct track *track = &meeting->tracks[lang];
    return (struct track_state){
        .depth = meeting->depth[lang],
        .booth = b ? b->index : TRACKS_NO_LANG,
        .delay_ms = tree_delay_us(meeting, lang) / MS,
        .n_people = track->n_people,
        .is_covered = track_is_covered(meeting, lang),
        .is_uncovered = track->n_deaf[meeting->floor.root] > 0 && meeting->depth[lang] == NO_PATH,
    };
}

// ---- from the wanted direction to the present one ---------------------------------------------

bool direction_is_equal(const struct direction *a, const struct direction *b)
{
    if (a->is_resting || b->is_resting) {
        return a->is_resting == b->is_resting;
    }
    return a->incoming == b->incoming && a->outgoing == b->outgoing && a->is_relay == b->is_relay;
}

static void tree_push_pending(struct meeting *m, const struct booth *b, uint8_t outgoing,
                              uint8_t is_off)
{
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_TURN_PENDING,
                                        .session = b->on_air,
                                        .booth = b->index,
                                        .lang = outgoing,
                                        .lang2 = is_off ? b->now.incoming : b->wanted.incoming,
                                        .value = is_off });
}

// A booth that rests has nothing to finish, and follows at once; unless the one on air is talking
// to the partner just now, which is not for the listeners.
static bool booth_follows_at_once(const struct meeting *m, const struct booth *b)
{
    const bool is_talking =
        b->on_air != 0 && b->last_voice_us != 0 && m->now_us - b->last_voice_us < PAUSE_US;
    const bool is_free = b->now.is_resting && (b->wanted.is_resting || !is_talking);
    return is_free || b->n_interpreters == 0 || (m->at_once >> b->index & 1);
}

// The others at a pause (booth_advance).
static void tree_apply(struct meeting *m, struct booth *b, const struct direction *old_wanted,
                       uint64_t old_end_us, uint64_t lag_us)
{
    const bool was_turning = b->is_turning;
    const bool is_new = !was_turning || !direction_is_equal(old_wanted, &b->wanted);
    b->is_turning = !direction_is_equal(&b->now, &b->wanted) || b->source != m->floor.root;
    const bool is_off = was_turning && direction_is_equal(&b->now, &b->wanted) &&
                        !direction_is_equal(&b->now, old_wanted) && !b->now.is_resting &&
                        !old_wanted->is_resting;
    if (is_off) {
        tree_push_pending(m, b, b->now.outgoing, 1);
    }
    if (!b->is_turning) {
        return;
    }
    if (!was_turning) {
        b->turn_since_us = m->now_us;
    }
    if (!was_turning || old_end_us != 0) {
        b->turn_after_us = b->now.is_resting ? 0 : old_end_us;
        b->turn_lag_us = lag_us;
        b->finish_from_us = m->floor.lang_since_us;
    }
    if (booth_follows_at_once(m, b)) {
        booth_turn(m, b);
        return;
    }
    booth_advance(m, b);
    if (is_new && b->is_turning && !direction_is_equal(&b->now, &b->wanted) &&
        !b->wanted.is_resting) {
        tree_push_pending(m, b, b->wanted.outgoing, 0);
    }
}

void tree_update(struct meeting *m, uint64_t old_end_us)
{
    struct direction old_wanted[TRACKS_BOOTHS_MAX];
    uint64_t lag_us[TRACKS_BOOTHS_MAX];
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        old_wanted[i] = m->booths[i].wanted;
        lag_us[i] = tree_lag_us(m, &m->booths[i]);
    }
    tree_search(m);
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        tree_apply(m, &m->booths[i], &old_wanted[i], old_end_us, lag_us[i]);
    }
}
