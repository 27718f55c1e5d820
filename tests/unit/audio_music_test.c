// SPDX-License-Identifier: BSD-3-Clause
//
// Speech or music, on sound by formula; audio_ears_test.py has the real thing.
#include "audio/audio.h"
#include "test.h"
#include "test_sound.h"

#include <math.h>

static float sung(uint64_t n) // four notes, vibrato, legato
{
    static const double notes[] = { 220.0, 247.0, 262.0, 196.0 };
    const double t = (double)n / AUDIO_RATE_HZ, at = fmod(t, 0.8);
    const double hz = notes[(size_t)(t / 0.8) % 4];
    const double phase = 2.0 * M_PI * hz * at + 1.2 * sin(34.0 * t);
    double sum = 0.0;
    for (int k = 1; k <= 12; k++)
        sum += sin(k * phase) / k;
    return (float)(0.12 * fmin(1.0, fmin(20.0 * at, 20.0 * (0.8 - at)) + 0.3) * sum);
}
static float clapped(uint64_t n)
{
    double sum = 0.0;
    for (uint64_t hand = 0; hand < 30; hand++) {
        const double t = fmod((double)n / AUDIO_RATE_HZ + 0.017 * (double)(hand * hand),
                              0.21 + 0.004 * (double)hand);
        sum += t < 0.05 ? exp(-t / 0.004) * (double)sound_noise(n + 7919 * hand) : 0.0;
    }
    return (float)(0.1 * sum);
}
static float fan(uint64_t n)
{
    return 0.03f * sound_noise(n);
}
static float hum(uint64_t n)
{
    return sound_sine(n, 100.0, -30.0) + sound_sine(n, 200.0, -36.0) + sound_sine(n, 300.0, -40.0);
}
static float tone(uint64_t n)
{
    return sound_sine(n, 1000.0, -10.0);
}
static float silence(uint64_t n)
{
    (void)n;
    return 0.0f;
}

static unsigned run(struct music *music, float (*sound)(uint64_t), unsigned ms, bool *is_music)
{
    unsigned changed_ms = 0;
    bool was = *is_music;
    for (unsigned now_ms = 0; now_ms < ms; now_ms += 10) {
        float block[AUDIO_BLOCK_SAMPLES];
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = sound((uint64_t)now_ms * 48 + i);
        *is_music = music_push(music, block);
        if (*is_music != was)
            changed_ms = now_ms;
        was = *is_music;
    }
    return changed_ms;
}

static void what_is_what(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float (*sound)(uint64_t);
        bool is_music;
    } rows[] = { { "speech", sound_speech, false }, { "a song", sung, true },
                 { "hands", clapped, true },        { "a fan", fan, false },
                 { "a hum", hum, false },           { "a tone", tone, false },
                 { "silence", silence, false } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct music *music = music_new();
        bool is_music = false;
        const unsigned changed_ms = run(music, rows[i].sound, 15000, &is_music);
        if (is_music != rows[i].is_music)
            fail_msg("%s", rows[i].name);
        if (is_music)
            assert_in_range(changed_ms, 3000, 10000);
        else
            assert_int_equal(changed_ms, 0);
        music_free(music);
    }
}

static void it_comes_and_goes(void **state)
{
    (void)state;
    struct music *music = music_new();
    bool is_music = false;
    run(music, sound_speech, 8000, &is_music);
    assert_false(is_music);
    assert_in_range(run(music, sung, 12000, &is_music), 3000, 9000);
    assert_true(is_music);
    assert_int_equal(run(music, silence, 20000, &is_music), 0); // a pause changes nothing
    assert_int_equal(run(music, sound_speech, 2900, &is_music), 0);
    assert_in_range(run(music, sound_speech, 12000, &is_music), 1, 6000);
    assert_false(is_music);
    run(music, sung, 12000, &is_music);
    music_reset(music);
    is_music = false;
    assert_int_equal(run(music, sung, 2000, &is_music), 0);
    music_free(music);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_what),
        cmocka_unit_test(it_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
