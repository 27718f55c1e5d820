// SPDX-License-Identifier: BSD-3-Clause
//
// Soft tones, and energy at an ear.
#include "audio/audio.h"
#include "test.h"

#include <math.h>
#include <string.h>

// Each kind begins and ends in silence, is as loud as TONE_DB where it is loudest, and without a
// step anywhere.
static void tones_are_soft(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        float last = 0.0f, loudest_db = AUDIO_SILENCE_DB, steepest = 0.0f;
        uint32_t n = 0;
        for (;; n++) {
            float block[AUDIO_BLOCK_SAMPLES] = { 0 };
            if (!tone_add(kind, n, block)) {
                assert_true(audio_peak_db(block, AUDIO_BLOCK_SAMPLES) <= AUDIO_SILENCE_DB);
                break;
            }
            float here_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
            loudest_db = here_db > loudest_db ? here_db : loudest_db;
            for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
                steepest = fmaxf(steepest, fabsf(block[i] - last));
                last = block[i];
            }
        }
        assert_in_range(n, 20, 60);
        assert_true(fabsf(loudest_db - TONE_DB) < 1.0f);
        assert_true(steepest < 0.006f); // a sine's own slope at 800 Hz is 0.0047
        assert_true(fabsf(last) < 0.0005f);
    }
    float block[AUDIO_BLOCK_SAMPLES] = { 0 };
    assert_false(tone_add(3, 0, block));
}

static void push(struct exposure *exposure, float value, unsigned seconds)
{
    float block[AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        block[i] = i % 2 == 0 ? value : -value;
    for (unsigned i = 0; i < seconds * 100; i++)
        exposure_push(exposure, block);
}

static void exposure_is_mean_energy(void **state)
{
    (void)state;
    struct exposure exposure;
    memset(&exposure, 0, sizeof(exposure));
    assert_true(exposure_minute_db(&exposure) <= AUDIO_SILENCE_DB);
    assert_true(exposure_session_db(&exposure) <= AUDIO_SILENCE_DB);
    push(&exposure, 0.1f, 30);
    assert_true(fabsf(exposure_minute_db(&exposure) + 20.0f) < 0.01f);
    push(&exposure, 0.0f, 30);
    assert_true(fabsf(exposure_minute_db(&exposure) + 23.01f) < 0.01f);
    push(&exposure, 0.01f, 60); // the minute forgets, the session does not
    assert_true(fabsf(exposure_minute_db(&exposure) + 40.0f) < 0.01f);
    assert_true(fabsf(exposure_session_db(&exposure) + 25.94f) < 0.02f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tones_are_soft),
        cmocka_unit_test(exposure_is_mean_energy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
