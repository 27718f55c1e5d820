// SPDX-License-Identifier: BSD-3-Clause
//
// Ear-to-voice span: from the onset, after a silence, of what the booth hears to the booth's own,
// if that was silent too and works from that language. A relay hears its pivot: so the spans of a
// chain can be summed.
#include "tracks/tracks_int.h"

static uint32_t n_kept(const struct booth *b)
{
    return b->n_spans < SPAN_MEMORY ? b->n_spans : SPAN_MEMORY;
}

uint32_t span_median_us(const struct booth *b, uint32_t n_newest)
{
    uint32_t sorted[SPAN_MEMORY];
    const uint32_t n = n_newest < n_kept(b) ? n_newest : n_kept(b);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t span_us = b->spans_us[(b->n_spans - 1 - i) % SPAN_MEMORY];
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > span_us; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = span_us;
    }
    return n > 0 ? sorted[n / 2] : 0;
}

uint64_t booth_span_us(const struct booth *b)
{
    return b->n_spans > 0 ? span_median_us(b, SPAN_SAMPLES) : SPAN_DEFAULT_US;
}

static bool had_pause(const struct meeting *m, uint64_t last_voice_us)
{
    return last_voice_us == 0 || m->now_us - last_voice_us >= SPAN_PAUSE_US;
}

static void span_begin(struct meeting *m, struct booth *b, uint8_t lang, bool is_relayed)
{
    b->onset_us = had_pause(m, b->last_voice_us) ? m->now_us : 0;
    b->onset_lang = lang;
    b->is_onset_relayed = is_relayed;
}

void span_floor_onset(struct meeting *m, uint8_t lang)
{
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        span_begin(m, &m->booths[i], lang, false);
    }
}

void span_booth_onset(struct meeting *m, const struct booth *pivot)
{
    if (pivot->now.is_resting || !had_pause(m, pivot->last_voice_us)) {
        return;
    }
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        struct booth *b = &m->booths[i];
        if (booth_is_relay(b) && b->now.incoming == pivot->now.outgoing) {
            span_begin(m, b, pivot->source, true);
        }
    }
}

void span_measure(struct meeting *m, struct booth *b)
{
    const uint64_t onset_us = b->onset_us;
    b->onset_us = 0;
    if (onset_us == 0 || b->now.is_resting || b->source != b->onset_lang ||
        b->is_onset_relayed != booth_is_relay(b)) {
        return;
    }
    const uint64_t span_us = m->now_us - onset_us;
    if (span_us >= SPAN_MIN_US && span_us <= SPAN_MAX_US) {
        b->spans_us[b->n_spans++ % SPAN_MEMORY] = (uint32_t)span_us;
    }
}
