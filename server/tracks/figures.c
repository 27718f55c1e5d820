// SPDX-License-Identifier: BSD-3-Clause
//
// Sums for the report, and whether the booths have drained: whether what was said is interpreted.
#include "tracks/tracks_int.h"

void figures_holder_voice(struct meeting *m)
{
    for (uint8_t lang = 0; lang < m->config.n_langs; lang++) {
        struct track *track = &m->tracks[lang];
        if (track->n_deaf[m->floor.lang] == 0) {
            track->gap_us = 0;
            continue;
        }
        track->figures.needed_us += VOICE_BLOCK_US;
        if (track_is_covered(m, lang)) {
            track->gap_us = 0;
            continue;
        }
        track->gap_us += VOICE_BLOCK_US;
        const bool has_path = m->depth[lang] != NO_PATH;
        const uint64_t grace_us = has_path ? later(tree_delay_us(m, lang), UNCOVERED_LEAST_US) : 0;
        if (track->gap_us > grace_us) {
            track->figures.uncovered_us += VOICE_BLOCK_US;
        }
    }
}

void meeting_figures(const struct meeting *meeting, struct meeting_figures *out)
{
    *out = (struct meeting_figures){ .since_us = meeting->since_us };
    for (uint8_t lang = 0; lang < meeting->config.n_langs; lang++) {
        out->langs[lang] = meeting->tracks[lang].figures;
    }
    for (uint8_t i = 0; i < meeting->config.n_booths; i++) {
        const struct booth *b = &meeting->booths[i];
        out->booths[i].span_ms = span_median_us(b, SPAN_MEMORY) / MS;
        out->booths[i].n_spans = b->n_spans;
        out->booths[i].n_handovers = b->n_handovers;
        out->booths[i].n_vanished = b->n_vanished;
    }
}

// ---- drained ----------------------------------------------------------------------------------

// When the last booth will have said what it heard, if it says nothing new.
static uint64_t drain_end(const struct meeting *m)
{
    uint64_t end_us = m->floor.last_voice_us + PAUSE_US;
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        const struct booth *b = &m->booths[i];
        if (b->on_air == 0 || b->now.is_resting) {
            continue;
        }
        end_us = later(end_us, m->floor.last_voice_us + tree_delay_us(m, b->now.outgoing));
        end_us = later(end_us, b->last_voice_us ? b->last_voice_us + PAUSE_US : 0);
    }
    return end_us;
}

bool drain_is_over(const struct meeting *m)
{
    return m->floor.is_drained;
}

void drain_advance(struct meeting *m)
{
    if (m->floor.is_drained || m->now_us < drain_end(m)) {
        return;
    }
    m->floor.is_drained = true;
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_DRAINED });
}

uint64_t drain_deadline(const struct meeting *m)
{
    return m->floor.is_drained ? UINT64_MAX : drain_end(m);
}
