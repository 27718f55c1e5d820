// SPDX-License-Identifier: BSD-3-Clause
//
// The leveller, judged by libebur128.
#include "audio/audio.h"
#include "audio/spectrum_int.h"
#include "test.h"
#include "test_sound.h"

#include <ebur128.h>
#include <math.h>
#include <string.h>

typedef float (*sound_fn)(uint64_t n);

static float noise(uint64_t n)
{
    return 0.25f * sound_noise(n);
}
static float low(uint64_t n)
{
    return sound_sine(n, 60.0, -20.0);
}
static float high(uint64_t n)
{
    return sound_sine(n, 9000.0, -20.0);
}

static void fill(float block[AUDIO_BLOCK_SAMPLES], sound_fn sound, uint64_t at, float gain)
{
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        block[i] = gain * sound(at + i);
}

static double judge(const float *samples, size_t n)
{
    ebur128_state *state = ebur128_init(1, AUDIO_RATE_HZ, EBUR128_MODE_S);
    double lufs = 0.0;
    assert_non_null(state);
    assert_int_equal(ebur128_add_frames_float(state, samples, n), EBUR128_SUCCESS);
    assert_int_equal(ebur128_loudness_shortterm(state, &lufs), EBUR128_SUCCESS);
    ebur128_destroy(&state);
    return lufs;
}

static void loudness_is_that_of_the_recommendation(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        sound_fn sound;
    } rows[] = {
        { "speech", sound_speech }, { "noise", noise }, { "60 Hz", low }, { "9 kHz", high }
    };
    static float samples[300 * AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loudness loudness;
        double sum = 0.0;
        memset(&loudness, 0, sizeof(loudness));
        for (size_t block = 0; block < 300; block++) {
            float *at = samples + block * AUDIO_BLOCK_SAMPLES;
            fill(at, rows[i].sound, block * AUDIO_BLOCK_SAMPLES, 1.0f);
            sum += (double)loudness_push(&loudness, at) / 300.0;
        }
        const double wanted = judge(samples, 300 * AUDIO_BLOCK_SAMPLES);
        if (fabs((double)loudness_lufs((float)sum) - wanted) > 0.02)
            fail_msg("%s: %.3f instead of %.3f", rows[i].name, (double)loudness_lufs((float)sum),
                     wanted);
    }
}

// What comes out of 20 s of noise at that loudness; its gain never moves faster than it may.
static void every_voice_comes_to_the_target(void **state)
{
    (void)state;
    static const struct {
        double in_lufs, out_lufs;
        unsigned settled_after_s;
    } rows[] = {
        { -40.0, -31.0, 5 }, { -30.0, -21.0, 5 }, { -27.0, -18.0, 5 }, { -24.0, -18.0, 4 },
        { -18.0, -18.0, 1 }, { -12.0, -18.0, 4 }, { -6.0, -18.0, 6 },  { -3.0, -15.0, 6 }
    };
    static float samples[300 * AUDIO_BLOCK_SAMPLES];
    for (size_t block = 0; block < 300; block++)
        fill(samples + block * AUDIO_BLOCK_SAMPLES, noise, block * AUDIO_BLOCK_SAMPLES, 1.0f);
    const double plain_lufs = judge(samples, 300 * AUDIO_BLOCK_SAMPLES);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct leveller *leveller = leveller_new();
        const float gain = audio_gain_from_db((float)(rows[i].in_lufs - plain_lufs));
        float before_db = 0.0f;
        for (size_t block = 0; block < 100 * rows[i].settled_after_s + 300; block++) {
            float *at = samples + block % 300 * AUDIO_BLOCK_SAMPLES;
            fill(at, noise, block * AUDIO_BLOCK_SAMPLES, gain);
            leveller_process(leveller, at, true, false);
            const float now_db = leveller_gain_db(leveller);
            assert_true(fabsf(now_db - before_db) <= LEVELLER_DB_PER_S / 100.0f + 1e-5f);
            assert_in_range(now_db * 100.0f + 1200.0f, 0, 2100);
            before_db = now_db;
        }
        const double out = judge(samples, 300 * AUDIO_BLOCK_SAMPLES);
        if (fabs(out - rows[i].out_lufs) > 0.6)
            fail_msg("%.0f LUFS: %.2f instead of %.2f", rows[i].in_lufs, out, rows[i].out_lufs);
        leveller_free(leveller);
    }
}

// Pauses and music: the gain stays, the sound has it.
static void the_gain_is_frozen(void **state)
{
    (void)state;
    static const struct {
        bool is_voice, is_frozen;
    } rows[] = { { false, false }, { true, true }, { false, true } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct leveller *leveller = leveller_new();
        float block[AUDIO_BLOCK_SAMPLES];
        for (size_t k = 0; k < 200; k++) {
            fill(block, noise, k * AUDIO_BLOCK_SAMPLES, 0.2f);
            leveller_process(leveller, block, true, false);
        }
        const float gain_db = leveller_gain_db(leveller);
        assert_true(gain_db > 3.0f && gain_db < 7.0f);
        for (size_t k = 0; k < 1000; k++) {
            fill(block, noise, k * AUDIO_BLOCK_SAMPLES, 1.5f);
            const float plain_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
            leveller_process(leveller, block, rows[i].is_voice, rows[i].is_frozen);
            assert_true(fabsf(audio_rms_db(block, AUDIO_BLOCK_SAMPLES) - plain_db - gain_db) <
                        0.02f);
        }
        assert_true(fabsf(leveller_gain_db(leveller) - gain_db) < 1e-6f);
        leveller_reset(leveller);
        assert_true(fabsf(leveller_gain_db(leveller)) < 1e-6f);
        leveller_free(leveller);
    }
}

static void pauses_do_not_make_a_voice_softer(void **state)
{
    (void)state;
    struct leveller *leveller = leveller_new();
    float block[AUDIO_BLOCK_SAMPLES], least_db = 100.0f, most_db = -100.0f;
    for (size_t k = 0; k < 6000; k++) { // a second of voice, four of silence
        const bool is_voice = k % 500 < 100;
        fill(block, noise, k * AUDIO_BLOCK_SAMPLES, is_voice ? 0.4f : 0.0f);
        leveller_process(leveller, block, is_voice, false);
        if (k > 3000) {
            least_db = fminf(least_db, leveller_gain_db(leveller));
            most_db = fmaxf(most_db, leveller_gain_db(leveller));
        }
    }
    assert_true(most_db - least_db < 1.0f && most_db > 3.0f);
    leveller_free(leveller);
}

// A steady tone bends nowhere more sharply than its own curve does: a step in its gain would.
static void the_gain_has_no_steps(void **state)
{
    (void)state;
    static const double hz = 130.0; // no multiple of the blocks' rate
    struct leveller *leveller = leveller_new();
    float block[AUDIO_BLOCK_SAMPLES], last[2] = { 0.0f }, sharpest = 0.0f, loudest = 0.0f;
    for (size_t k = 0; k < 400; k++) {
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = sound_sine(k * AUDIO_BLOCK_SAMPLES + i, hz, -26.0);
        leveller_process(leveller, block, k < 200 || k > 250, false);
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
            if (k > 0)
                sharpest = fmaxf(sharpest, fabsf(block[i] - 2.0f * last[0] + last[1]));
            loudest = fmaxf(loudest, fabsf(block[i]));
            last[1] = last[0];
            last[0] = block[i];
        }
    }
    const float curve = (float)(2.0 * M_PI * hz / AUDIO_RATE_HZ);
    assert_true(sharpest < 1.2f * loudest * curve * curve);
    leveller_free(leveller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loudness_is_that_of_the_recommendation),
        cmocka_unit_test(every_voice_comes_to_the_target),
        cmocka_unit_test(the_gain_is_frozen),
        cmocka_unit_test(pauses_do_not_make_a_voice_softer),
        cmocka_unit_test(the_gain_has_no_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
