// SPDX-License-Identifier: BSD-3-Clause
#include "audio/source_int.h"

#include <assert.h>
#include <math.h>
#include <pthread.h> // layers: pthread_once fills a constant table
#include <string.h>

#define PHASES PCM_MOVE_SLOW // a slow move visits each, a fast one each fourth

static float table[PHASES][PCM_TAPS];

static void make_table(void)
{
    for (int phase = 0; phase < PHASES; phase++) {
        double taps[PCM_TAPS], sum = 0.0;
        for (int i = 0; i < PCM_TAPS; i++) {
            const double x = i - (PCM_LAG - 1) - (double)phase / PHASES;
            const double window = 0.5 + 0.5 * cos(M_PI * x / (PCM_LAG + 0.5));
            taps[i] = (x == 0.0 ? 1.0 : sin(M_PI * x) / (M_PI * x)) * window;
            sum += taps[i];
        }
        for (int i = 0; i < PCM_TAPS; i++)
            table[phase][i] = (float)(taps[i] / sum);
    }
}

void pcm_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
}

void pcm_clear(struct pcm *pcm)
{
    memset(pcm->samples, 0, PCM_HISTORY * sizeof *pcm->samples);
    pcm->at = pcm->end = PCM_HISTORY;
    pcm->direction = 0;
    pcm->phase = pcm->blocks_left = 0;
}

size_t pcm_waiting(const struct pcm *pcm)
{
    return pcm->end - pcm->at;
}

float *pcm_append(struct pcm *pcm, size_t n)
{
    const size_t kept = pcm->at - PCM_HISTORY;
    memmove(pcm->samples, pcm->samples + kept, (pcm->end - kept) * sizeof *pcm->samples);
    pcm->at -= kept;
    pcm->end -= kept;
    assert(pcm->end + n <= sizeof pcm->samples / sizeof *pcm->samples);
    float *room = pcm->samples + pcm->end;
    pcm->end += n;
    return room;
}

void pcm_move(struct pcm *pcm, int direction, uint32_t blocks)
{
    assert(pcm->phase == 0 && PHASES % blocks == 0);
    pcm->direction = direction;
    pcm->move_blocks = pcm->blocks_left = blocks;
}

size_t pcm_needs(const struct pcm *pcm)
{
    if (pcm->direction <= 0)
        return AUDIO_BLOCK_SAMPLES;
    return AUDIO_BLOCK_SAMPLES + (pcm->phase + AUDIO_BLOCK_SAMPLES) / pcm->move_blocks;
}

// The value `phase` / move_blocks of a sample after (direction +1) or before (-1) the sample at
// PCM_LAG behind `at`.
static float between(const struct pcm *pcm, const float *at)
{
    if (pcm->phase == 0)
        return at[-PCM_LAG];
    const uint32_t step = PHASES / pcm->move_blocks;
    const float *centre = at - PCM_LAG;
    uint32_t phase = pcm->phase * step;
    if (pcm->direction < 0) {
        centre--;
        phase = PHASES - phase;
    }
    const float *taps = table[phase];
    float sum = 0.0f;
    for (int i = 0; i < PCM_TAPS; i++)
        sum += taps[i] * centre[i - (PCM_LAG - 1)];
    return sum;
}

void pcm_read(struct pcm *pcm, float out[AUDIO_BLOCK_SAMPLES])
{
    if (pcm->direction == 0) {
        memcpy(out, pcm->samples + pcm->at - PCM_LAG, AUDIO_BLOCK_SAMPLES * sizeof *out);
        pcm->at += AUDIO_BLOCK_SAMPLES;
        return;
    }
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        out[i] = between(pcm, pcm->samples + pcm->at);
        pcm->at++;
        if (++pcm->phase < pcm->move_blocks)
            continue;
        pcm->phase = 0;
        pcm->at = pcm->direction > 0 ? pcm->at + 1 : pcm->at - 1;
    }
    if (--pcm->blocks_left == 0)
        pcm->direction = 0;
}
