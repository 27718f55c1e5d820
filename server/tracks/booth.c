// SPDX-License-Identifier: BSD-3-Clause
#include "tracks/tracks_int.h"

#include <string.h>

struct booth *booth_of(struct meeting *m, const struct person *p)
{
    return p && p->place.kind == PLACE_BOOTH ? &m->booths[p->place.index] : NULL;
}

static void booth_push(struct meeting *m, const struct booth *b, enum track_event_kind kind,
                       uint8_t value)
{
    event_push(m, (struct track_event){ .kind = kind,
                                        .session = b->on_air,
                                        .booth = b->index,
                                        .lang = b->now.incoming,
                                        .lang2 = b->now.outgoing,
                                        .value = value });
}

void booth_enter(struct meeting *m, struct booth *b, enum booth_phase phase)
{
    const bool was_heard = b->phase == BOOTH_VOICE || b->phase == BOOTH_PAUSE;
    const bool is_heard = phase == BOOTH_VOICE || phase == BOOTH_PAUSE;
    if (b->phase == phase) {
        return;
    }
    b->phase = phase;
    m->revision++;
    if (was_heard != is_heard && !b->now.is_resting) {
        booth_push(m, b, TRACK_EVENT_INTERPRETING, is_heard);
    }
}

bool booth_knows(const struct booth *b, uint8_t lang)
{
    for (uint8_t i = 0; i < b->n_langs; i++) {
        if (b->langs[i] == lang) {
            return true;
        }
    }
    return false;
}

bool booth_is_relay(const struct booth *b)
{
    return !b->now.is_resting && b->now.is_relay && b->relay != TRACKS_RELAY_FLOOR;
}

uint8_t booth_depth(const struct meeting *m, const struct booth *b)
{
    const uint8_t depth = m->depth[b->now.incoming];
    return booth_is_relay(b) && depth != NO_PATH ? depth : 0;
}

void booth_push_path(struct meeting *m, const struct booth *b)
{
    booth_push(m, b, TRACK_EVENT_PATH, booth_depth(m, b));
}

// ---- on air -----------------------------------------------------------------------------------

bool booth_carries(const struct booth *b, uint32_t session)
{
    return b->on_air == session || (b->handover == HANDOVER_BOTH && b->successor == session);
}

static void booth_forget_air_voice(struct meeting *m, const struct booth *b)
{
    for (struct person *other = m->active; other; other = other->next_active) {
        if (booth_of(m, other) == b) {
            window_clear(&other->window); // only voice from now on puts somebody on air
        }
    }
}

void booth_set_on_air(struct meeting *m, struct booth *b, const struct person *p)
{
    b->fading = b->on_air;
    b->fade_from_us = m->now_us;
    b->on_air = p->session;
    b->on_air_since_us = m->now_us;
    b->is_timer_told = false;
    b->is_partner_needed = false;
    b->vanished = 0;
    b->is_coughing = p->is_muted;
    b->is_cough_told = false;
    b->cough_us = m->now_us;
    booth_forget_air_voice(m, b);
    m->revision++;
    booth_push(m, b, TRACK_EVENT_ON_AIR, 0);
}

void booth_clear_air(struct meeting *m, struct booth *b, enum off_air why)
{
    const uint32_t session = b->on_air;
    booth_enter(m, b, BOOTH_QUIET);
    b->fading = 0;
    b->on_air = 0;
    b->is_partner_needed = why != OFF_AIR_ACT && b->n_interpreters > 0;
    b->is_coughing = false;
    booth_forget_air_voice(m, b);
    m->revision++;
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_OFF_AIR,
                                        .session = session,
                                        .booth = b->index,
                                        .lang = b->now.incoming,
                                        .lang2 = b->now.outgoing,
                                        .value = (uint8_t)why });
}

void booth_join(struct meeting *m, const struct person *p)
{
    struct booth *b = booth_of(m, p);
    b->n_interpreters++;
    if (b->n_interpreters == 1) {
        tree_update(m, 0);
    }
    if (b->n_interpreters > 1 || b->now.is_resting) { // else its direction has been told
        event_push(m, (struct track_event){ .kind = TRACK_EVENT_SEATED,
                                            .session = p->session,
                                            .booth = b->index,
                                            .lang = b->now.incoming,
                                            .lang2 = b->now.outgoing,
                                            .value = b->now.is_resting });
    }
}

void booth_leave(struct meeting *m, const struct person *p)
{
    struct booth *b = booth_of(m, p);
    b->n_interpreters--;
    if (b->vanished == p->session) {
        b->vanished = 0;
    }
    const bool is_followed = handover_leave(m, b, p);
    if (!is_followed && b->on_air == p->session) {
        booth_clear_air(m, b, OFF_AIR_LEFT);
    }
    if (b->n_interpreters == 0) {
        b->is_partner_needed = false;
        b->relay = TRACKS_RELAY_AUTO;
        memset(b->relays, TRACKS_RELAY_AUTO, sizeof(b->relays));
        b->choice = -1;
        tree_update(m, 0);
    }
}

// ---- by hand ----------------------------------------------------------------------------------

// A choice is made for what is spoken now: it does not hold for another floor language, and holds
// again when that one comes back. Before anybody has spoken it is made for all of them; and none is
// none.
void booth_set_relay(const struct meeting *m, struct booth *b, int8_t relay)
{
    if (!m->floor.has_root || relay == TRACKS_RELAY_AUTO) {
        memset(b->relays, relay, sizeof(b->relays));
    }
    b->relay = b->relays[m->floor.root] = relay;
}

void booth_follow_root(struct meeting *m, struct booth *b)
{
    const int8_t relay = b->relays[m->floor.root];
    if (relay == b->relay) {
        return;
    }
    b->relay = relay;
    m->revision++;
    if (b->n_interpreters > 0 && !b->now.is_resting) {
        booth_push_path(m, b);
    }
}

// ---- those who vanished -----------------------------------------------------------------------

void booth_vanish(struct meeting *m, struct booth *b)
{
    const uint32_t session = b->on_air;
    booth_clear_air(m, b, OFF_AIR_VANISHED);
    b->vanished = session;
    b->vanished_us = m->now_us;
}

static bool booth_has_voice(struct meeting *m, const struct booth *b)
{
    for (const struct person *p = m->active; p; p = p->next_active) {
        if (booth_of(m, p) == b && p->is_speaking) {
            return true;
        }
    }
    return false;
}

// Their first packet is enough, unless a partner has begun to speak; but a line that comes and goes
// does not take the booth with it.
static bool booth_is_return(struct meeting *m, const struct booth *b, const struct person *p)
{
    return b->on_air == 0 && b->vanished == p->session && m->now_us - b->vanished_us <= RETURN_US &&
           (b->returned_us == 0 || m->now_us - b->returned_us > RETURN_US) &&
           !booth_has_voice(m, b);
}

// ---- sound ------------------------------------------------------------------------------------

void booth_packet(struct meeting *m, struct person *p)
{
    struct booth *b = booth_of(m, p);
    if (booth_is_return(m, b, p)) {
        b->returned_us = m->now_us;
        booth_set_on_air(m, b, p);
    }
    const bool is_first = !p->has_sent || m->now_us - p->last_packet_us >= PACKET_GAP_US;
    p->has_sent = true;
    p->last_packet_us = m->now_us;
    if (is_first && booth_carries(b, p->session) && b->phase == BOOTH_QUIET) {
        b->arriving_until_us = m->now_us + ARRIVING_US;
        booth_enter(m, b, BOOTH_ARRIVING);
    }
}

void booth_voice(struct meeting *m, struct person *p)
{
    struct booth *b = booth_of(m, p);
    if (b->on_air == 0 && (b->is_air_by_voice || b->is_partner_needed)) {
        window_add(&p->window, m->now_us);
        if (window_sum(&p->window, m->now_us, AIR_WINDOW_US) >= AIR_VOICE_US) {
            booth_set_on_air(m, b, p);
        }
    }
    if (booth_carries(b, p->session)) {
        span_measure(m, b);
        span_booth_onset(m, b);
        b->last_voice_us = m->now_us;
        if (!b->now.is_resting) {
            m->tracks[b->now.outgoing].figures.air_us += VOICE_BLOCK_US;
        }
        booth_enter(m, b, BOOTH_VOICE);
    }
}

// The cough key: what the track hears stays as it is for COUGH_US, and goes on for hold_us after
// the key is released.
void booth_muted(struct meeting *m, const struct person *p)
{
    struct booth *b = booth_of(m, p);
    if (!b || b->on_air != p->session || b->is_coughing == p->is_muted) {
        return;
    }
    b->is_coughing = p->is_muted;
    b->is_cough_told = false;
    b->cough_us = m->now_us;
    if (!b->is_coughing && b->phase == BOOTH_PAUSE) {
        b->last_voice_us = m->now_us;
    }
}

static bool booth_has_cough_due(const struct booth *b)
{
    return b->is_coughing && !b->is_cough_told;
}

// Who came on air with the microphone off has said nothing that could go on: that is no cough.
static bool booth_is_held(const struct booth *b)
{
    return booth_has_cough_due(b) && b->cough_us > b->on_air_since_us;
}

static uint64_t booth_hold_end(const struct meeting *m, const struct booth *b)
{
    return booth_is_held(b) ? b->cough_us + COUGH_US : b->last_voice_us + m->config.hold_us;
}

// ---- turning ----------------------------------------------------------------------------------

void booth_turn(struct meeting *m, struct booth *b)
{
    const bool is_same = direction_is_equal(&b->now, &b->wanted);
    if (!is_same) {
        booth_enter(m, b, BOOTH_QUIET); // nothing has been said onto the new track yet
    }
    b->now = b->wanted;
    b->source = m->floor.root;
    b->is_turning = false;
    m->revision++;
    if (!is_same && b->n_interpreters > 0) {
        booth_push(m, b, b->now.is_resting ? TRACK_EVENT_RESTING : TRACK_EVENT_DIRECTION, 0);
        if (!b->now.is_resting) {
            booth_push_path(m, b);
        }
    }
}

// The first pause of 400 ms after the old speaker has been interpreted; after 8 s the first of 150
// ms.
static uint64_t booth_turn_due(const struct booth *b)
{
    const bool has_old = b->turn_after_us != 0;
    const uint64_t after_us = has_old ? b->turn_after_us + b->turn_lag_us : b->turn_since_us;
    const bool has_said = b->last_voice_us != 0 && b->last_voice_us > b->turn_after_us;
    if (!has_said) {
        return after_us; // nothing to finish
    }
    const uint64_t pause_us = later(b->last_voice_us, after_us) + PAUSE_US;
    const uint64_t late_us =
        later(b->last_voice_us + TURN_LATE_PAUSE_US, b->turn_since_us + TURN_LATE_US);
    return earlier(pause_us, late_us);
}

static uint64_t booth_finish_end(const struct booth *b)
{
    return b->finish_from_us + b->turn_lag_us + FINISH_EXTRA_US;
}

// ---- time -------------------------------------------------------------------------------------

static void booth_advance_phase(struct meeting *m, struct booth *b)
{
    if (booth_has_cough_due(b) && m->now_us >= b->cough_us + COUGH_US) {
        b->is_cough_told = true;
        booth_push(m, b, TRACK_EVENT_COUGH_LONG, 0);
    }
    const bool is_heard = b->phase == BOOTH_VOICE || b->phase == BOOTH_PAUSE;
    if (b->phase == BOOTH_ARRIVING && m->now_us >= b->arriving_until_us) {
        booth_enter(m, b, BOOTH_QUIET);
    } else if (is_heard && m->now_us >= booth_hold_end(m, b)) {
        booth_enter(m, b, BOOTH_QUIET);
    } else if (b->phase == BOOTH_VOICE && m->now_us >= b->last_voice_us + PAUSE_US) {
        booth_enter(m, b, BOOTH_PAUSE);
    }
}

static bool booth_has_timer(const struct meeting *m, const struct booth *b)
{
    return b->on_air != 0 && !b->is_timer_told && m->config.turn_us > 0;
}

void booth_advance(struct meeting *m, struct booth *b)
{
    handover_advance(m, b);
    suspect_advance(m, b);
    if (booth_has_timer(m, b) && m->now_us >= b->on_air_since_us + m->config.turn_us) {
        b->is_timer_told = true;
        booth_push(m, b, TRACK_EVENT_TIMER, 0);
    }
    booth_advance_phase(m, b);
    if (!b->is_turning) {
        return;
    }
    const bool is_same = direction_is_equal(&b->now, &b->wanted);
    if (!booth_is_held(b) && m->now_us >= booth_turn_due(b)) {
        booth_turn(m, b);
    } else if (b->source != m->floor.root && m->now_us >= booth_finish_end(b)) {
        b->source = m->floor.root;
        b->is_turning = !is_same;
        m->revision++;
    }
}

uint64_t booth_deadline(const struct meeting *m, const struct booth *b)
{
    uint64_t due = earlier(handover_deadline(m, b), suspect_deadline(m, b));
    if (booth_has_timer(m, b)) {
        due = earlier(due, b->on_air_since_us + m->config.turn_us);
    }
    if (booth_has_cough_due(b)) {
        due = earlier(due, b->cough_us + COUGH_US);
    }
    if (b->phase == BOOTH_ARRIVING) {
        due = earlier(due, b->arriving_until_us);
    }
    if (b->phase == BOOTH_VOICE) {
        due = earlier(due, b->last_voice_us + PAUSE_US);
    }
    if (b->phase == BOOTH_VOICE || b->phase == BOOTH_PAUSE) {
        due = earlier(due, booth_hold_end(m, b));
    }
    if (b->is_turning && !booth_is_held(b)) {
        due = earlier(due, booth_turn_due(b));
    }
    if (b->is_turning && b->source != m->floor.root) {
        due = earlier(due, booth_finish_end(b));
    }
    return due;
}
