// SPDX-License-Identifier: BSD-3-Clause
//
// A transform of n real samples is one of n / 2 complex ones (even samples real, odd ones
// imaginary), untangled at the end. That one is Stockham's: it needs no reordering.
#include "audio/spectrum_int.h"

#include <assert.h>
#include <math.h>
#include <pthread.h> // layers: pthread_once fills constant tables

#define MOST SPECTRUM_MOST_SAMPLES
#define MIDDLE (SPECTRUM_HALF_TAPS / 2)

static float cosines[MOST / 2], sines[MOST / 2]; // of -2 pi i / MOST
static float half_band[SPECTRUM_HALF_TAPS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (int i = 0; i < MOST / 2; i++) {
        cosines[i] = (float)cos(2.0 * M_PI * i / MOST);
        sines[i] = (float)-sin(2.0 * M_PI * i / MOST);
    }
    double sum = 0.0, taps[SPECTRUM_HALF_TAPS];
    for (int i = 0; i < SPECTRUM_HALF_TAPS; i++) {
        const double x = (i - MIDDLE) / 2.0;
        const double window = 0.54 + 0.46 * cos(M_PI * (i - MIDDLE) / (MIDDLE + 1));
        taps[i] = (i == MIDDLE ? 1.0 : sin(M_PI * x) / (M_PI * x)) * window;
        sum += taps[i];
    }
    for (int i = 0; i < SPECTRUM_HALF_TAPS; i++)
        half_band[i] = (float)(taps[i] / sum);
}

void spectrum_prepare(void)
{
    pthread_once(&once, make_tables);
}

struct parts {
    float re[MOST / 2], im[MOST / 2];
};

// Returns the one of the two that holds the result.
static struct parts *transform(struct parts *from, struct parts *to, size_t n)
{
    for (size_t l = n / 2, m = 1; l >= 1; l /= 2, m *= 2) {
        for (size_t j = 0; j < l; j++) {
            const float c = cosines[j * (MOST / 2) / l], s = sines[j * (MOST / 2) / l];
            const float *re0 = from->re + j * m, *im0 = from->im + j * m;
            const float *re1 = re0 + l * m, *im1 = im0 + l * m;
            float *re = to->re + 2 * j * m, *im = to->im + 2 * j * m;
            for (size_t k = 0; k < m; k++) {
                const float d_re = re0[k] - re1[k], d_im = im0[k] - im1[k];
                re[k] = re0[k] + re1[k];
                im[k] = im0[k] + im1[k];
                re[k + m] = c * d_re - s * d_im;
                im[k + m] = c * d_im + s * d_re;
            }
        }
        struct parts *done = to;
        to = from;
        from = done;
    }
    return from;
}

static float hann(size_t i, size_t n)
{
    const size_t at = i < n / 2 ? i : n - i; // it is even
    return at == n / 2 ? 1.0f : 0.5f - 0.5f * cosines[at * (MOST / n)];
}

void spectrum_power(const float *samples, size_t n, float *power)
{
    assert(n >= 64 && n <= MOST && (n & (n - 1)) == 0);
    struct parts a = { 0 }, b = { 0 };
    const size_t half = n / 2;
    for (size_t i = 0; i < half; i++) {
        a.re[i] = samples[2 * i] * hann(2 * i, n);
        a.im[i] = samples[2 * i + 1] * hann(2 * i + 1, n);
    }
    const struct parts *z = transform(&a, &b, half);
    const float scale = 16.0f / (3.0f * (float)n * (float)n);
    for (size_t i = 0; i < half; i++) {
        const size_t mirror = i == 0 ? 0 : half - i;
        const float even_re = 0.5f * (z->re[i] + z->re[mirror]);
        const float even_im = 0.5f * (z->im[i] - z->im[mirror]);
        const float odd_re = 0.5f * (z->im[i] + z->im[mirror]);
        const float odd_im = -0.5f * (z->re[i] - z->re[mirror]);
        const float c = cosines[i * (MOST / n)], s = sines[i * (MOST / n)];
        const float re = even_re + c * odd_re - s * odd_im;
        const float im = even_im + c * odd_im + s * odd_re;
        power[i] = scale * (re * re + im * im);
    }
}

void spectrum_halve(float past[SPECTRUM_HALF_TAPS - 1], const float in[AUDIO_BLOCK_SAMPLES],
                    float out[AUDIO_BLOCK_SAMPLES / 2])
{
    const size_t kept = SPECTRUM_HALF_TAPS - 1;
    float samples[SPECTRUM_HALF_TAPS - 1 + AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < kept; i++)
        samples[i] = past[i];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        samples[kept + i] = in[i];
    for (size_t i = 0; i < kept; i++)
        past[i] = samples[AUDIO_BLOCK_SAMPLES + i];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES / 2; i++) {
        const float *at = samples + 2 * i;
        float sum = half_band[MIDDLE] * at[MIDDLE]; // every other tap is zero
        for (size_t tap = (MIDDLE + 1) % 2; tap < SPECTRUM_HALF_TAPS; tap += 2)
            sum += half_band[tap] * at[tap];
        out[i] = sum;
    }
}
