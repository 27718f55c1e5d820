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

#define MS (AUDIO_RATE_HZ / 1000)
#define BLOCKS 100

// The gain, sample by sample, of a ramp that starts at from_db and is sent to to_db: what it adds
// to ones.
static void trace(float from_db, float to_db, float second_db, unsigned second_block, float *gains)
{
    float ones[AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        ones[i] = 1.0f;
    struct ramp ramp;
    ramp_init(&ramp, from_db);
    assert_true(ramp_is_settled(&ramp));
    ramp_to(&ramp, to_db);
    memset(gains, 0, BLOCKS * AUDIO_BLOCK_SAMPLES * sizeof *gains);
    for (unsigned block = 0; block < BLOCKS; block++) {
        if (second_block > 0 && block == second_block)
            ramp_to(&ramp, second_db);
        ramp_add(&ramp, ones, gains + (size_t)block * AUDIO_BLOCK_SAMPLES);
    }
    assert_true(ramp_is_settled(&ramp));
}

static void moves_take_their_time(void **state)
{
    (void)state;
    static const struct {
        float from_db, to_db;
        unsigned ms;
        bool is_edge;
    } rows[] = {
        { 0, -15, RAMP_ATTACK_MS, false }, { -15, 0, RAMP_RELEASE_MS, false },
        { 0, -24, RAMP_ATTACK_MS, false }, { -24, 0, RAMP_RELEASE_MS, false },
        { 0, -6, RAMP_ATTACK_MS, false },  { -12, -15, RAMP_ATTACK_MS, false },
        { -120, 0, RAMP_EDGE_MS, true },   { 0, -120, RAMP_EDGE_MS, true },
        { -15, -200, RAMP_EDGE_MS, true },
    };
    float *gains = calloc(BLOCKS * AUDIO_BLOCK_SAMPLES, sizeof *gains);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        trace(rows[i].from_db, rows[i].to_db, 0, 0, gains);
        const float from = audio_gain_from_db(rows[i].from_db);
        const float to = audio_gain_from_db(rows[i].to_db);
        const size_t n = (size_t)rows[i].ms * MS;
        assert_true(gains[n] == to);
        assert_true(gains[BLOCKS * AUDIO_BLOCK_SAMPLES - 1] == to);
        const float half = rows[i].is_edge
                               ? (from + to) / 2.0f
                               : audio_gain_from_db((rows[i].from_db + rows[i].to_db) / 2.0f);
        assert_true(fabsf(gains[n / 2 - 1] - half) < 0.002f);
        // No step is larger than the slope of a straight move: in decibels, or in amplitude at the
        // edges.
        float before = from;
        for (size_t j = 0; j < n + 10; j++) {
            const float step = rows[i].is_edge ? (to - from) / (float)n
                                               : (rows[i].to_db - rows[i].from_db) / (float)n;
            const float moved = rows[i].is_edge
                                    ? gains[j] - before
                                    : audio_db_from_gain(gains[j]) - audio_db_from_gain(before);
            assert_true(fabsf(moved) <= fabsf(step) * 1.05f + 2e-5f);
            before = gains[j];
        }
    }
    free(gains);
}

static void a_new_target_starts_from_where_the_gain_is(void **state)
{
    (void)state;
    float *gains = calloc(BLOCKS * AUDIO_BLOCK_SAMPLES, sizeof *gains);
    trace(0, -15, 0, 2, gains);
    assert_true(fabsf(audio_db_from_gain(gains[959]) + 10.0f) < 0.05f);
    assert_true(fabsf(audio_db_from_gain(gains[960]) + 10.0f) < 0.05f);
    assert_true(gains[960 + RAMP_RELEASE_MS * MS] == 1.0f);
    free(gains);
}

static void silence_moves_only_the_gain(void **state)
{
    (void)state;
    struct ramp ramp;
    ramp_init(&ramp, 0);
    ramp_to(&ramp, -15);
    ramp_to(&ramp, -15);
    float out[AUDIO_BLOCK_SAMPLES] = { 0 };
    for (int i = 0; i < 3; i++) {
        assert_false(ramp_is_settled(&ramp));
        ramp_add(&ramp, NULL, out);
    }
    assert_true(ramp_is_settled(&ramp));
    assert_true(ramp.gain == audio_gain_from_db(-15));
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        assert_true(out[i] == 0.0f);
}

static void a_settled_ramp_adds(void **state)
{
    (void)state;
    struct ramp ramp;
    ramp_init(&ramp, 0);
    float in[AUDIO_BLOCK_SAMPLES], out[AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        in[i] = (float)i / 1000.0f;
        out[i] = 0.5f;
    }
    ramp_add(&ramp, in, out);
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        assert_true(out[i] == 0.5f + in[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_take_their_time),
        cmocka_unit_test(a_new_target_starts_from_where_the_gain_is),
        cmocka_unit_test(silence_moves_only_the_gain),
        cmocka_unit_test(a_settled_ramp_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
