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

#define BLOCKS 200
#define N (BLOCKS * AUDIO_BLOCK_SAMPLES)
#define OVER 10.0f // +20 dB

static uint32_t seed;
static float noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(int32_t)seed / 2147483648.0f;
}

static float white(size_t i)
{
    (void)i;
    return OVER * noise();
}
static float bursts(size_t i)
{
    return i % 4800 < 97 ? OVER * noise() : 0.01f * noise();
}
static float one_sample(size_t i)
{
    return i % 5001 == 777 ? OVER : 0.0f;
}
static float step(size_t i)
{
    return i > 7001 ? OVER : 0.0f;
}
static float square(size_t i)
{
    return i / 53 % 2 ? OVER : -OVER;
}
static float quarter_rate(size_t i) // its samples are 3 dB under its true peak
{
    return OVER * (float)sin(M_PI / 2.0 * (double)i + M_PI / 4.0);
}
static float swelling_tone(size_t i)
{
    return OVER * (float)i / (float)N * (float)sin(0.3 * (double)i);
}
static float gated_tone(size_t i)
{
    return i / 1000 % 3 ? 0.0f : OVER * (float)sin(0.9 * (double)i);
}
static float nyquist(size_t i)
{
    return i % 2 ? OVER : -OVER;
}
static const struct {
    const char *name;
    float (*sample)(size_t i);
} sounds[] = { { "white noise", white },
               { "bursts", bursts },
               { "one sample", one_sample },
               { "step", step },
               { "square", square },
               { "quarter of the rate", quarter_rate },
               { "swelling tone", swelling_tone },
               { "gated tone", gated_tone },
               { "half of the rate", nyquist } };

// The largest value at four times the rate, by the interpolation of BS.1770-4, annex 2: 48 taps,
// four phases of 12.
static float true_peak(const float *sound, size_t n)
{
    enum { TAPS = 12, PHASES = 4 };
    double filter[PHASES][TAPS];
    for (int i = 0; i < TAPS * PHASES; i++) {
        const double x = (i - (TAPS * PHASES - 1) / 2.0) / PHASES;
        const double window = 0.5 + 0.5 * cos(2.0 * M_PI * x / TAPS);
        filter[i % PHASES][i / PHASES] = sin(M_PI * x) / (M_PI * x) * window;
    }
    double peak = 0.0;
    for (size_t i = TAPS; i < n; i++) {
        for (int phase = 0; phase < PHASES; phase++) {
            double sum = 0.0;
            for (int tap = 0; tap < TAPS; tap++)
                sum += filter[phase][tap] * (double)sound[i - (size_t)tap];
            peak = fmax(peak, fabs(sum));
        }
    }
    return (float)peak;
}

static void nothing_exceeds_the_ceiling(void **state)
{
    (void)state;
    static const float ceilings_db[] = { LIMITER_CEILING_TRACK_DB, LIMITER_CEILING_BOOTH_DB };
    float *sound = calloc(N, sizeof *sound);
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        for (size_t c = 0; c < 2; c++) {
            struct limiter *limiter = limiter_new(ceilings_db[c]);
            seed = 7;
            for (size_t j = 0; j < N; j++)
                sound[j] = sounds[i].sample(j);
            for (size_t j = 0; j < N; j += AUDIO_BLOCK_SAMPLES)
                limiter_process(limiter, sound + j);
            const float ceiling = audio_gain_from_db(ceilings_db[c]);
            for (size_t j = 0; j < N; j++)
                assert_true(fabsf(sound[j]) <= ceiling);
            const float peak_db = audio_db_from_gain(true_peak(sound, N));
            print_message("%-20s ceiling %.0f: sample peak %.2f, true peak %.2f dB\n",
                          sounds[i].name, (double)ceilings_db[c], (double)audio_peak_db(sound, N),
                          (double)peak_db);
            assert_true(peak_db <= ceilings_db[c]);
            limiter_free(limiter);
        }
    }
    free(sound);
}

static void below_the_knee_only_time_passes(void **state)
{
    (void)state;
    float *in = calloc(N, sizeof *in), *out = calloc(N, sizeof *out);
    struct limiter *limiter = limiter_new(LIMITER_CEILING_TRACK_DB);
    seed = 3;
    for (size_t i = 0; i < N; i++) // peaks between the samples reach about twice the samples
        in[i] = 0.2f * noise();
    // A loud beginning: bit for bit must return after it.
    for (size_t i = 0; i < 4800; i++)
        in[i] *= 40.0f;
    memcpy(out, in, N * sizeof *in);
    for (size_t i = 0; i < N; i += AUDIO_BLOCK_SAMPLES)
        limiter_process(limiter, out + i);
    for (size_t i = 48000; i < N; i++)
        assert_true(out[i] == in[i - LIMITER_DELAY_SAMPLES]);
    limiter_free(limiter);
    free(in);
    free(out);
}

static void the_knee_is_soft_and_the_release_gentle(void **state)
{
    (void)state;
    static const struct {
        float in_db, out_db, within_db; // of a tone's peak, ceiling -3
    } rows[] = { { -12, -12, 0.001f },
                 { -6.1f, -6.1f, 0.01f },
                 { -4, -4.8f, 0.1f },
                 { 0, -4.1f, 0.1f },
                 { 20, -3.55f, 0.1f } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct limiter *limiter = limiter_new(LIMITER_CEILING_TRACK_DB);
        float block[AUDIO_BLOCK_SAMPLES];
        const float gain = audio_gain_from_db(rows[i].in_db);
        for (size_t b = 0; b < 50; b++) {
            for (size_t j = 0; j < AUDIO_BLOCK_SAMPLES; j++)
                block[j] = gain * (float)sin(2.0 * M_PI / 48.0 * (double)j);
            limiter_process(limiter, block);
        }
        const float out_db = audio_peak_db(block, AUDIO_BLOCK_SAMPLES);
        print_message("%+.1f dB -> %+.2f dB\n", (double)rows[i].in_db, (double)out_db);
        assert_true(fabsf(out_db - rows[i].out_db) <= rows[i].within_db);
        // Then a quiet tone: a tenth of the reduction is left 100 ms later.
        for (size_t b = 0; b < 11; b++) {
            for (size_t j = 0; j < AUDIO_BLOCK_SAMPLES; j++)
                block[j] = 0.1f * (float)sin(2.0 * M_PI / 48.0 * (double)j);
            limiter_process(limiter, block);
        }
        assert_true(audio_peak_db(block, AUDIO_BLOCK_SAMPLES) > -21.2f);
        limiter_free(limiter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_exceeds_the_ceiling),
        cmocka_unit_test(below_the_knee_only_time_passes),
        cmocka_unit_test(the_knee_is_soft_and_the_release_gentle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
