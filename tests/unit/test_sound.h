// SPDX-License-Identifier: BSD-3-Clause
//
// Sound made by a formula, block by block, for tests of the ears. n counts samples.
#ifndef SUSURRO_TEST_SOUND_H
#define SUSURRO_TEST_SOUND_H

#include "audio/audio.h"

#include <math.h>

static inline float sound_sine(uint64_t n, double hz, double db)
{
    return (float)(sqrt(2.0) * pow(10.0, db / 20.0) *
                   sin(2.0 * M_PI * hz * (double)n / AUDIO_RATE_HZ));
}

static inline float sound_noise(uint64_t n) // -1 to 1, the same for the same n
{
    uint64_t x = n * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0x632BE59BD9B4E019);
    x ^= x >> 31;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    x ^= x >> 29;
    return (float)(x >> 40) / 8388608.0f - 1.0f;
}

static inline double sound_sweep(uint64_t n, double period_s) // 0 to 1 and back, smoothly
{
    return 0.5 - 0.5 * cos(2.0 * M_PI * (double)n / AUDIO_RATE_HZ / period_s);
}

// Something like speech, of about -18 dBFS where it is loud: a gliding pitch, harmonics that
// change colour, syllables four times a second with gaps between them, a longer pause now and then.
static inline float sound_speech(uint64_t n)
{
    const double t = (double)n / AUDIO_RATE_HZ;
    const double phase =
        2.0 * M_PI * (130.0 * t - 14.0 / 2.3 * cos(2.3 * t) - 9.0 / 7.1 * cos(7.1 * t));
    const double syllable = fmod(t * 4.1, 1.0), word = fmod(t, 3.0);
    if (word > 2.5 || syllable > 0.85)
        return 0.0f;
    const double colour = 4.0 + 3.0 * sin(2.0 * M_PI * floor(t * 4.1) * 0.37);
    double sum = 0.0;
    for (int k = 1; k <= 16; k++)
        sum += sin(k * phase) / (1.0 + (k - colour) * (k - colour));
    return (float)(0.13 * sin(M_PI * syllable / 0.85) * sum);
}

#endif
