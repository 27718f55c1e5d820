// SPDX-License-Identifier: BSD-3-Clause
//
// ITU-R BS.1770-4, annex 1: a shelf for the head, then a high-pass. Its coefficients are those of
// the document, for 48 kHz; a test holds the result against libebur128.
#include "audio/spectrum_int.h"

#include <math.h>

#define OFFSET_LUFS (-0.691f)
#define LEAST_STATE 1e-20 // below, it is zero: no denormal numbers in silence

// Transposed direct form 2.
static double section(double state[2], double x, const double b[3], const double a[2])
{
    const double y = b[0] * x + state[0];
    state[0] = b[1] * x - a[0] * y + state[1];
    state[1] = b[2] * x - a[1] * y;
    return y;
}

static void settle(double state[2])
{
    for (int i = 0; i < 2; i++)
        if (fabs(state[i]) < LEAST_STATE)
            state[i] = 0.0;
}

float loudness_push(struct loudness *loudness, const float block[AUDIO_BLOCK_SAMPLES])
{
    static const double shelf_b[3] = { 1.53512485958697, -2.69169618940638, 1.19839281085285 };
    static const double shelf_a[2] = { -1.69065929318241, 0.73248077421585 };
    static const double high_b[3] = { 1.0, -2.0, 1.0 };
    static const double high_a[2] = { -1.99004745483398, 0.99007225036621 };
    double sum = 0.0;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const double shelved = section(loudness->shelf, (double)block[i], shelf_b, shelf_a);
        const double weighted = section(loudness->high, shelved, high_b, high_a);
        sum += weighted * weighted;
    }
    settle(loudness->shelf);
    settle(loudness->high);
    return (float)(sum / AUDIO_BLOCK_SAMPLES);
}

float loudness_lufs(float mean_square)
{
    return mean_square > 1e-12f ? OFFSET_LUFS + 10.0f * log10f(mean_square) : AUDIO_SILENCE_DB;
}
