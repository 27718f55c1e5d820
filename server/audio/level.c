// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

#include <math.h>

float audio_gain_from_db(float db)
{
    return db <= AUDIO_SILENCE_DB ? 0.0f : powf(10.0f, db / 20.0f);
}

float audio_db_from_gain(float gain)
{
    const float floor_gain = 1e-6f; // AUDIO_SILENCE_DB
    return gain <= floor_gain ? AUDIO_SILENCE_DB : 20.0f * log10f(gain);
}

float audio_rms_db(const float *samples, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * (double)samples[i];
    return n == 0 ? AUDIO_SILENCE_DB : audio_db_from_gain((float)sqrt(sum / (double)n));
}

float audio_peak_db(const float *samples, size_t n)
{
    float peak = 0.0f;
    for (size_t i = 0; i < n; i++)
        peak = fmaxf(peak, fabsf(samples[i]));
    return audio_db_from_gain(peak);
}
