// SPDX-License-Identifier: BSD-3-Clause
//
// Notes that rise and fall over 20 ms, each at TONE_DB: two upwards where a booth turned, three
// equal ones where somebody is needed, one long low one for the time.
#include "audio/audio.h"

#include <math.h>

#define NOTES_MAX 3
#define EDGE_S 0.02

struct note {
    uint8_t from, n; // blocks
    float hz;
};
static const struct note tones[][NOTES_MAX] = {
    { { 0, 12, 523.25f }, { 12, 16, 659.26f }, { 0, 0, 0.0f } },
    { { 0, 8, 783.99f }, { 12, 8, 783.99f }, { 24, 8, 783.99f } },
    { { 0, 40, 440.0f }, { 0, 0, 0.0f }, { 0, 0, 0.0f } },
};
#define KINDS (sizeof(tones) / sizeof(tones[0]))

static double edge(double t, double length)
{
    const double away = t < length - t ? t : length - t;
    return away < EDGE_S ? 0.5 - 0.5 * cos(M_PI * away / EDGE_S) : 1.0;
}

static void add_note(const struct note *note, uint32_t at_block, float out[AUDIO_BLOCK_SAMPLES])
{
    const double peak = sqrt(2.0) * (double)audio_gain_from_db(TONE_DB);
    const double length = (double)note->n * AUDIO_BLOCK_SAMPLES / AUDIO_RATE_HZ;
    const uint32_t first = (at_block - note->from) * AUDIO_BLOCK_SAMPLES;
    for (uint32_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const double t = (double)(first + i) / AUDIO_RATE_HZ;
        out[i] += (float)(peak * edge(t, length) * sin(2.0 * M_PI * (double)note->hz * t));
    }
}

bool tone_add(unsigned kind, uint32_t at_block, float out[AUDIO_BLOCK_SAMPLES])
{
    bool is_over = true;
    for (unsigned i = 0; kind < KINDS && i < NOTES_MAX; i++) {
        const struct note *note = &tones[kind][i];
        const uint32_t end = (uint32_t)note->from + note->n;
        is_over = is_over && at_block >= end;
        if (at_block >= note->from && at_block < end)
            add_note(note, at_block, out);
    }
    return !is_over;
}
