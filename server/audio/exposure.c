// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

#include <math.h>

#define BLOCKS_PER_S 100
#define SECONDS 60

void exposure_push(struct exposure *exposure, const float block[AUDIO_BLOCK_SAMPLES])
{
    double sum = 0.0;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        sum += (double)block[i] * (double)block[i];
    sum /= AUDIO_BLOCK_SAMPLES;
    exposure->session += sum;
    exposure->second += sum;
    if (++exposure->n_blocks % BLOCKS_PER_S != 0)
        return;
    exposure->minute[exposure->n_second++ % SECONDS] = exposure->second / BLOCKS_PER_S;
    exposure->second = 0.0;
}

static float mean_db(double sum, double n)
{
    return n > 0.0 && sum > 0.0 ? (float)(10.0 * log10(sum / n)) : AUDIO_SILENCE_DB;
}

// Of what there is, while there is less than a minute.
float exposure_minute_db(const struct exposure *exposure)
{
    const uint32_t n = exposure->n_second < SECONDS ? exposure->n_second : SECONDS;
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++)
        sum += exposure->minute[i];
    return n > 0 ? mean_db(sum, n) : mean_db(exposure->second, (double)exposure->n_blocks);
}

float exposure_session_db(const struct exposure *exposure)
{
    return mean_db(exposure->session, (double)exposure->n_blocks);
}
