// SPDX-License-Identifier: BSD-3-Clause
//
// Ear-to-voice span: from the floor's onset after a silence to the booth's, if that was silent too
// and works from that language.
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

void span_floor_onset(struct meeting *m, struct booth *b)
{
    const bool had_pause = b->last_voice_us == 0 || m->now_us - b->last_voice_us >= SPAN_PAUSE_US;
    b->onset_us = had_pause ? m->now_us : 0;
}

void span_measure(struct meeting *m, struct booth *b)
{
    const uint64_t onset_us = b->onset_us;
    b->onset_us = 0;
    if (onset_us == 0 || b->now.is_resting || b->source != m->floor.onset_lang) {
        return;
    }
    const uint64_t span_us = m->now_us - onset_us;
    if (span_us >= SPAN_MIN_US && span_us <= SPAN_MAX_US) {
        b->spans_us[b->n_spans++ % SPAN_MEMORY] = (uint32_t)span_us;
    }
}
