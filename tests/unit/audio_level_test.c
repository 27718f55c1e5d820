// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "audio/audio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void gains_and_decibels_agree(void **state)
{
    (void)state;
    static const struct {
        float db, gain;
    } rows[] = { { 0.0f, 1.0f },    { -6.0206f, 0.5f }, { 6.0206f, 2.0f },    { -20.0f, 0.1f },
                 { -120.0f, 0.0f }, { -200.0f, 0.0f },  { -100.0f, 0.00001f } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(fabsf(audio_gain_from_db(rows[i].db) - rows[i].gain) <= rows[i].gain * 1e-4f);
        const float db = rows[i].db < AUDIO_SILENCE_DB ? AUDIO_SILENCE_DB : rows[i].db;
        assert_true(fabsf(audio_db_from_gain(rows[i].gain) - db) < 0.001f);
    }
    assert_true(audio_db_from_gain(0.0f) == AUDIO_SILENCE_DB);
}

static void levels_are_exact(void **state)
{
    (void)state;
    static const struct {
        double hz;
        float amplitude, rms_db, peak_db;
    } rows[] = { { 1000.0, 1.0f, -3.01f, 0.0f },
                 { 1000.0, 0.1f, -23.01f, -20.0f },
                 { 100.0, 0.5f, -9.03f, -6.02f },
                 { 12000.0, 1.0f, -3.01f, 0.0f } };
    float tone[AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < AUDIO_BLOCK_SAMPLES; j++)
            tone[j] =
                rows[i].amplitude * (float)sin(2.0 * M_PI * rows[i].hz * (double)j / AUDIO_RATE_HZ);
        assert_true(fabsf(audio_rms_db(tone, AUDIO_BLOCK_SAMPLES) - rows[i].rms_db) < 0.01f);
        assert_true(fabsf(audio_peak_db(tone, AUDIO_BLOCK_SAMPLES) - rows[i].peak_db) < 0.01f);
    }
    memset(tone, 0, sizeof tone);
    assert_true(audio_rms_db(tone, AUDIO_BLOCK_SAMPLES) == AUDIO_SILENCE_DB);
    assert_true(audio_peak_db(tone, AUDIO_BLOCK_SAMPLES) == AUDIO_SILENCE_DB);
    assert_true(audio_rms_db(tone, 0) == AUDIO_SILENCE_DB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gains_and_decibels_agree),
        cmocka_unit_test(levels_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
