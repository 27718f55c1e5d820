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

// ---- on air -----------------------------------------------------------------------------------

void booth_set_on_air(struct meeting *m, struct booth *b, const struct person *p, bool is_gone)
{
    if (p) {
        b->on_air = p->session;
        b->is_partner_needed = false;
    } else {
        booth_enter(m, b, BOOTH_QUIET);
        b->on_air = 0;
        b->is_partner_needed = is_gone && b->n_interpreters > 0;
    }
    b->is_coughing = p && p->is_muted;
    b->is_cough_told = false;
    b->cough_us = m->now_us;
    for (struct person *other = m->active; other; other = other->next_active) {
        if (booth_of(m, other) == b) {
            window_clear(&other->window); // only voice from now on puts somebody on air
        }
    }
    m->revision++;
    booth_push(m, b, p ? TRACK_EVENT_ON_AIR : TRACK_EVENT_OFF_AIR, is_gone);
}

void booth_join(struct meeting *m, const struct person *p)
{
    struct booth *b = booth_of(m, p);
    b->n_interpreters++;
    if (b->n_interpreters == 1) {
        tree_update(m, 0);
    }
}

void booth_leave(struct meeting *m, const struct person *p)
{
    struct booth *b = booth_of(m, p);
    b->n_interpreters--;
    if (b->on_air == p->session) {
        booth_set_on_air(m, b, NULL, true);
    }
    if (b->n_interpreters == 0) {
        b->is_partner_needed = false;
        tree_update(m, 0);
    }
}

// ---- ear-to-voice span ------------------------------------------------------------------------

uint64_t booth_span_us(const struct booth *b)
{
    uint32_t sorted[SPAN_SAMPLES];
    if (b->n_spans == 0) {
        return SPAN_DEFAULT_US;
    }
    for (uint8_t i = 0; i < b->n_spans; i++) {
        uint8_t at = i;
        for (; at > 0 && sorted[at - 1] > b->spans_us[i]; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = b->spans_us[i];
    }
    return sorted[b->n_spans / 2];
}

static bool booth_had_pause(const struct meeting *m, const struct booth *b)
{
    return b->last_voice_us == 0 || m->now_us - b->last_voice_us >= SPAN_PAUSE_US;
}

void booth_floor_onset(struct meeting *m, struct booth *b)
{
    b->onset_us = booth_had_pause(m, b) ? m->now_us : 0;
}

static void booth_measure_span(struct meeting *m, struct booth *b)
{
    const uint64_t onset_us = b->onset_us;
    b->onset_us = 0;
    if (onset_us == 0 || b->now.is_resting || b->source != m->floor.onset_lang) {
        return;
    }
    const uint64_t span_us = m->now_us - onset_us;
    if (span_us < SPAN_MIN_US || span_us > SPAN_MAX_US) {
        return;
    }
    b->spans_us[b->next_span] = (uint32_t)span_us;
    b->next_span = (uint8_t)((b->next_span + 1) % SPAN_SAMPLES);
    b->n_spans = b->n_spans < SPAN_SAMPLES ? (uint8_t)(b->n_spans + 1) : SPAN_SAMPLES;
}

// ---- sound ------------------------------------------------------------------------------------

void booth_packet(struct meeting *m, struct person *p)
{
    struct booth *b = booth_of(m, p);
    const bool is_first = !p->has_sent || m->now_us - p->last_packet_us >= PACKET_GAP_US;
    p->has_sent = true;
    p->last_packet_us = m->now_us;
    if (is_first && b->on_air == p->session && b->phase == BOOTH_QUIET) {
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
            booth_set_on_air(m, b, p, false);
        }
    }
    if (b->on_air == p->session) {
        booth_measure_span(m, b);
        b->last_voice_us = m->now_us;
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

static bool booth_is_held(const struct booth *b)
{
    return b->is_coughing && !b->is_cough_told;
}

static uint64_t booth_hold_end(const struct meeting *m, const struct booth *b)
{
    return booth_is_held(b) ? b->cough_us + COUGH_US : b->last_voice_us + m->config.hold_us;
}

// ---- turning ----------------------------------------------------------------------------------

void booth_turn(struct meeting *m, struct booth *b)
{
    const bool is_same = direction_is_equal(&b->now, &b->wanted);
    b->now = b->wanted;
    b->source = m->floor.root;
    b->is_turning = false;
    m->revision++;
    if (!is_same && b->n_interpreters > 0) {
        booth_push(m, b, b->now.is_resting ? TRACK_EVENT_RESTING : TRACK_EVENT_DIRECTION, 0);
    }
}

// The first pause of 400 ms after the old speaker has been interpreted; after 8 s the first of 150
// ms.
static uint64_t booth_turn_due(const struct booth *b)
{
    const bool has_old = b->turn_after_us != 0;
    const uint64_t after_us = has_old ? b->turn_after_us + booth_span_us(b) : b->turn_since_us;
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
    return b->finish_from_us + booth_span_us(b) + FINISH_EXTRA_US;
}

// ---- time -------------------------------------------------------------------------------------

static void booth_advance_phase(struct meeting *m, struct booth *b)
{
    if (booth_is_held(b) && m->now_us >= b->cough_us + COUGH_US) {
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

void booth_advance(struct meeting *m, struct booth *b)
{
    booth_advance_phase(m, b);
    if (!b->is_turning) {
        return;
    }
    const bool is_same = direction_is_equal(&b->now, &b->wanted);
    if (!booth_is_held(b) && m->now_us >= booth_turn_due(b)) {
        if (!is_same) {
            booth_enter(m, b, BOOTH_QUIET); // nothing has been said onto the new track yet
        }
        booth_turn(m, b);
    } else if (b->source != m->floor.root && m->now_us >= booth_finish_end(b)) {
        b->source = m->floor.root;
        b->is_turning = !is_same;
        m->revision++;
    }
}

uint64_t booth_deadline(const struct meeting *m, const struct booth *b)
{
    uint64_t due = booth_is_held(b) ? b->cough_us + COUGH_US : UINT64_MAX;
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
