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

static uint32_t seed;
static float noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(int32_t)seed / 2147483648.0f;
}

static float silence(size_t i)
{
    (void)i;
    return 0.0f;
}
static float room(size_t i) // -70 dBFS
{
    (void)i;
    return 0.00055f * noise();
}
static float hum(size_t i) // -33 dBFS, mains with harmonics
{
    const double w = 2.0 * M_PI * 50.0 / AUDIO_RATE_HZ * (double)i;
    return 0.025f * (float)(sin(w) + 0.5 * sin(2.0 * w) + 0.5 * sin(3.0 * w)) + room(i);
}
static float fan(size_t i) // -36 dBFS, low-pass noise
{
    static float low;
    if (i == 0)
        low = 0.0f;
    low += 0.05f * (noise() - low);
    return 0.17f * low;
}
static float click_10ms(size_t i)
{
    return i % 24000 > 311 && i % 24000 < 311 + 480 ? 0.5f * noise() : room(i);
}
static float click_19ms(size_t i)
{
    return i % 24000 > 470 && i % 24000 < 470 + 912 ? 0.5f * noise() : room(i);
}
static float syllables(double i) // 4 Hz, half of the time nothing
{
    const double s = sin(2.0 * M_PI * 4.0 * i / AUDIO_RATE_HZ);
    return s > 0.0 ? (float)s : 0.0f;
}
static float speech(size_t i) // noise with the rhythm of speech, -25 dBFS
{
    return 0.18f * syllables((double)i) * noise() + room(i);
}
static float voiced(size_t i) // a buzz of 120 Hz that glides, with the rhythm of speech
{
    const double t = (double)i / AUDIO_RATE_HZ;
    const double w = 2.0 * M_PI * (120.0 * t + 3.0 * sin(2.0 * M_PI * 1.3 * t));
    double sum = 0.0;
    for (int k = 1; k <= 8; k++)
        sum += sin(k * w) / k;
    return 0.08f * syllables((double)i) * (float)sum + room(i);
}
static float speech_over_fan(size_t i)
{
    return speech(i) + 0.3f * fan(i);
}
static float faint(size_t i) // -50 dBFS
{
    return 0.004f * syllables((double)i) * noise() + room(i);
}

static const struct {
    const char *name;
    float (*sample)(size_t i);
    unsigned first_from, first_to; // ms: when it opens first; 0, 0: never
    unsigned settle_s;             // and then, in percent of the time:
    unsigned open_from, open_to;
} rows[] = {
    { "silence", silence, 0, 0, 0, 0, 0 },
    { "a quiet room", room, 0, 0, 0, 0, 0 },
    { "click of 10 ms", click_10ms, 0, 0, 0, 0, 0 },
    { "click of 19 ms", click_19ms, 0, 0, 0, 0, 0 },
    { "faint", faint, 0, 0, 0, 0, 0 },
    { "hum", hum, 1, 100, 6, 0, 0 },
    { "fan", fan, 1, 200, 12, 0, 5 },
    { "speech-like noise", speech, 1, 100, 1, 95, 100 },
    { "voiced", voiced, 1, 100, 1, 95, 100 },
    { "speech over a fan", speech_over_fan, 1, 200, 12, 80, 100 },
};

static void voice_is_told_from_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct detector detector;
        detector_init(&detector);
        seed = 11;
        unsigned first_ms = 0, open = 0, judged = 0;
        for (unsigned b = 0; b < 2000; b++) {
            float block[AUDIO_BLOCK_SAMPLES];
            for (size_t j = 0; j < AUDIO_BLOCK_SAMPLES; j++)
                block[j] = rows[i].sample((size_t)b * AUDIO_BLOCK_SAMPLES + j);
            const bool is_voice = detector_push(&detector, block);
            if (is_voice && first_ms == 0)
                first_ms = (b + 1) * 10;
            if (b < rows[i].settle_s * 100)
                continue;
            judged++;
            open += is_voice;
        }
        print_message("%-20s opens at %u ms, then %u %% of the time, floor %.1f dB\n", rows[i].name,
                      first_ms, open * 100 / judged, (double)detector.floor_db);
        assert_in_range(first_ms, rows[i].first_from, rows[i].first_to);
        assert_in_range(open * 100 / judged, rows[i].open_from, rows[i].open_to);
    }
}

static void it_hangs_150_ms(void **state)
{
    (void)state;
    struct detector detector;
    detector_init(&detector);
    float loud[AUDIO_BLOCK_SAMPLES], quiet[AUDIO_BLOCK_SAMPLES] = { 0 };
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        loud[i] = 0.1f * noise();
    for (unsigned b = 0; b < 3; b++)
        assert_true(detector_push(&detector, loud) == (b == 2));
    unsigned blocks = 0;
    while (detector_push(&detector, quiet))
        blocks++;
    assert_in_range(blocks, 14, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voice_is_told_from_the_rest),
        cmocka_unit_test(it_hangs_150_ms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
