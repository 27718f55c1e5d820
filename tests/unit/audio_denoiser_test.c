// SPDX-License-Identifier: BSD-3-Clause
//
// Noise suppression: less noise in pauses, the voice as loud as before, music as it is.
#include "audio/audio.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

#define SECONDS_IN_ALL 16
#define N_BLOCKS (SECONDS_IN_ALL * 100)
#define NOISE_DB (-50.0)
#define VOICE_FROM 800 // blocks

static uint32_t seed;

static double noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (double)(int32_t)seed / 2147483648.0 * sqrt(3.0) * pow(10.0, NOISE_DB / 20.0);
}

// Syllables: harmonics that glide, three in a second.
static double voice(uint64_t sample)
{
    const double t = (double)sample / AUDIO_RATE_HZ, loud = fmax(0.0, sin(2.0 * M_PI * 1.5 * t));
    const double angle = 2.0 * M_PI * 150.0 * t + 5.0 * sin(2.0 * M_PI * 0.8 * t);
    double sum = 0.0;
    for (int k = 1; k <= 20; k++)
        sum += sin(k * angle) / k;
    return 0.1 * loud * sum;
}

static void make_block(uint64_t block, float out[AUDIO_BLOCK_SAMPLES])
{
    for (uint64_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        out[i] =
            (float)(noise() + (block >= VOICE_FROM ? voice(block * AUDIO_BLOCK_SAMPLES + i) : 0.0));
}

struct levels {
    double noise_db, voice_db;
};

static void add(double *sum, const float *block)
{
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        *sum += (double)block[i] * (double)block[i] / AUDIO_BLOCK_SAMPLES;
}

static struct levels run(bool is_music, struct levels *before)
{
    struct denoiser *denoiser = denoiser_new();
    assert_non_null(denoiser);
    double sums[2][2] = { { 0.0 } }; // in, out: of noise, of voice
    seed = 1;
    for (uint64_t i = 0; i < N_BLOCKS; i++) {
        float block[AUDIO_BLOCK_SAMPLES];
        const bool is_voice = i >= VOICE_FROM;
        make_block(i, block);
        if (i >= 300)
            add(&sums[0][is_voice], block);
        denoiser_process(denoiser, block, is_music);
        if (i >= 300)
            add(&sums[1][is_voice], block);
    }
    denoiser_free(denoiser);
    const double n_noise = VOICE_FROM - 300, n_voice = N_BLOCKS - VOICE_FROM;
    *before =
        (struct levels){ 10.0 * log10(sums[0][0] / n_noise), 10.0 * log10(sums[0][1] / n_voice) };
    return (struct levels){ 10.0 * log10(sums[1][0] / n_noise),
                            10.0 * log10(sums[1][1] / n_voice) };
}

static void noise_goes_and_voice_stays(void **state)
{
    (void)state;
    struct levels before, after = run(false, &before);
    print_message("noise %.1f to %.1f dB, voice %.1f to %.1f dB\n", before.noise_db, after.noise_db,
                  before.voice_db, after.voice_db);
    assert_true(after.noise_db < before.noise_db - 10.0);
    assert_true(fabs(after.voice_db - before.voice_db) < 2.0);
}

// Only a block later, and in 16 bits.
static void music_passes(void **state)
{
    (void)state;
    struct denoiser *denoiser = denoiser_new();
    float last[AUDIO_BLOCK_SAMPLES] = { 0 }, worst = 0.0f;
    assert_non_null(denoiser);
    seed = 2;
    for (uint64_t i = 0; i < 400; i++) {
        float block[AUDIO_BLOCK_SAMPLES], in[AUDIO_BLOCK_SAMPLES];
        make_block(VOICE_FROM + i, block);
        for (size_t k = 0; k < AUDIO_BLOCK_SAMPLES; k++)
            in[k] = block[k];
        denoiser_process(denoiser, block, i >= 100);
        for (size_t k = 0; k < AUDIO_BLOCK_SAMPLES && i >= 110; k++)
            worst = fmaxf(worst, fabsf(block[k] - last[k]));
        for (size_t k = 0; k < AUDIO_BLOCK_SAMPLES; k++)
            last[k] = in[k];
    }
    print_message("worst difference %.6f\n", (double)worst);
    assert_true(worst < 1e-3f);
    denoiser_free(denoiser);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(noise_goes_and_voice_stays),
                                        cmocka_unit_test(music_passes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
