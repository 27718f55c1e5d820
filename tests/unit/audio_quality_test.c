// SPDX-License-Identifier: BSD-3-Clause
//
// Each thing that can be wrong with a voice is found, and told apart from the others;
// audio_ears_test.py does so with real speech, through a codec.
#include "audio/audio.h"
#include "test.h"
#include "test_sound.h"

#include <math.h>

struct flaw {
    float gain, noise, ceiling;
    unsigned n_partials;
};

// A voice with partials to beyond 10 kHz, in syllables, each a little different.
static float voice(uint64_t n, const struct flaw *flaw)
{
    const double t = (double)n / AUDIO_RATE_HZ, syllable = fmod(t * 4.0, 1.0);
    const double phase = 2.0 * M_PI * (160.0 * t - 3.0 * cos(2.3 * t));
    double sum = 0.0;
    for (unsigned k = 1; k <= flaw->n_partials && syllable < 0.9; k++)
        sum += sin(k * phase + k * k) / k;
    const float wave = (float)(0.25 * sin(M_PI * fmin(1.0, syllable / 0.9)) * sum) * flaw->gain;
    return fmaxf(fminf(wave, flaw->ceiling), -flaw->ceiling) + flaw->noise * sound_noise(n);
}

static struct voice_quality judge(const struct flaw *flaw)
{
    struct quality *quality = quality_new();
    struct voice_quality found;
    bool is_found = false;
    for (unsigned k = 0; !is_found; k++) {
        float block[AUDIO_BLOCK_SAMPLES];
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = voice((uint64_t)k * AUDIO_BLOCK_SAMPLES + i, flaw);
        is_found = quality_push(quality, block, true, false, &found);
        assert_true(is_found == (k + 1 == 500));
    }
    quality_free(quality);
    return found;
}

static void each_flaw_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct flaw flaw;
        uint8_t advice, least, most;
    } rows[] = {
        { "good", { 0.6f, 1e-4f, 2.0f, 70 }, ADVICE_NONE, 80, 100 },
        { "a telephone", { 0.6f, 1e-4f, 2.0f, 21 }, ADVICE_HEADSET, 10, 49 },
        { "noise", { 0.6f, 0.06f, 2.0f, 70 }, ADVICE_NOISE, 0, 49 },
        { "clipped", { 6.0f, 1e-4f, 0.9f, 70 }, ADVICE_CLIPPING, 0, 49 },
        { "soft", { 0.02f, 1e-6f, 2.0f, 70 }, ADVICE_LOUDER, 0, 49 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct voice_quality found = judge(&rows[i].flaw);
        if (found.advice != rows[i].advice || found.score < rows[i].least ||
            found.score > rows[i].most)
            fail_msg("%s: advice %u, score %u; %.0f Hz, %.1f dB, %.2f clipped, %.1f LUFS",
                     rows[i].name, found.advice, found.score, (double)found.bandwidth_hz,
                     (double)found.snr_db, (double)found.clipped, (double)found.level_lufs);
    }
}

// Voice is counted, not time; what was made up counts as lost, and as nothing else.
static void it_takes_five_seconds_of_voice(void **state)
{
    (void)state;
    static const struct flaw good = { 0.6f, 1e-4f, 2.0f, 70 };
    struct quality *quality = quality_new();
    struct voice_quality found;
    unsigned n_found = 0;
    for (unsigned k = 0; k < 2300; k++) {
        float block[AUDIO_BLOCK_SAMPLES];
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = voice((uint64_t)k * AUDIO_BLOCK_SAMPLES + i, &good);
        const bool is_voice = k % 2 == 0, is_concealed = k % 20 == 0;
        if (!quality_push(quality, block, is_voice, is_concealed, &found))
            continue;
        n_found++;
        assert_true(fabsf(found.lost - 0.05f) < 0.01f);
        assert_int_equal(found.advice, ADVICE_LINE);
        assert_in_range(found.score, 30, 45);
    }
    assert_int_equal(n_found, 2); // 900 blocks of true voice a thousand
    quality_reset(quality);
    quality_free(quality);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flaw_is_found),
        cmocka_unit_test(it_takes_five_seconds_of_voice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
