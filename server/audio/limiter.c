// SPDX-License-Identifier: BSD-3-Clause
//
//   in ─┬─ delay of 96 ───────────────────────────────────────────────► × ─► out
//       └─ true peak ─► largest of 97 ─► curve ─► release ─► mean of 81 ─┘
//
// A sample leaves 96 samples after it came. Its peak is known 8 samples after it came (the
// oversampling filter looks that far ahead). The mean spans 81 values; each of them took the
// largest peak of the 97 before it. So each value that forms the gain of a sample has seen that
// sample, and the 8 on either side, which its inter-sample peak is made of.
#include "audio/audio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS 16
#define HALF (TAPS / 2)
#define PHASES 3 // at 1/4, 1/2 and 3/4 between two samples
#define HOLD (LIMITER_DELAY_SAMPLES + 1)
#define MEAN (LIMITER_DELAY_SAMPLES - HALF - HALF + 1)
#define RING 128 // a power of two not below HOLD and MEAN
#define KNEE_DB 3.0f
#define RELEASE_MS 100 // to a tenth of the reduction
#define ONE                                                                                        \
    (1u << 30) // reductions are integers, so that their sum is exact and silence leaves no residue

_Static_assert(RING >= HOLD && RING >= MEAN, "the rings hold their windows");

struct peak {
    uint32_t at;
    float value;
};
struct limiter {
    float ceiling, knee, room, release;
    float filter[PHASES][TAPS];
    float reach; // the largest factor between a sample peak and an inter-sample one
    float past[LIMITER_DELAY_SAMPLES]; // the newest samples of the blocks before
    struct peak peaks[RING];           // falling values: the first is the largest of the window
    uint32_t first, last, now;         // first == last: none above the knee
    float reduction;
    uint32_t reductions[RING];
    uint64_t sum;
};

static void make_filter(struct limiter *limiter)
{
    for (int phase = 0; phase < PHASES; phase++) {
        double sum = 0.0, reach = 0.0, taps[TAPS];
        for (int i = 0; i < TAPS; i++) {
            const double x = i - (HALF - 1) - (phase + 1) / 4.0;
            const double window = cos(M_PI * x / (TAPS + 1));
            taps[i] = sin(M_PI * x) / (M_PI * x) * window;
            sum += taps[i];
        }
        for (int i = 0; i < TAPS; i++) {
            limiter->filter[phase][i] = (float)(taps[i] / sum);
            reach += fabs(taps[i] / sum);
        }
        limiter->reach = fmaxf(limiter->reach, (float)reach);
    }
}

struct limiter *limiter_new(float ceiling_db)
{
    struct limiter *limiter = calloc(1, sizeof *limiter);
    if (limiter == NULL)
        return NULL;
    limiter->ceiling = audio_gain_from_db(ceiling_db);
    limiter->knee = audio_gain_from_db(ceiling_db - KNEE_DB);
    // The curve nears 94 % of the ceiling: at 20 kHz a peak may be 0.5 dB over the nearest of four
    // points, and a moving gain adds a little.
    limiter->room = 0.94f * limiter->ceiling - limiter->knee;
    limiter->release = powf(0.1f, 1000.0f / ((float)RELEASE_MS * AUDIO_RATE_HZ));
    make_filter(limiter);
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    free(limiter);
}

void limiter_copy(struct limiter *to, const struct limiter *from)
{
    *to = *from;
}

// Unlike fmaxf, a vector instruction; nothing here is ever NaN.
static float larger(float a, float b)
{
    return a > b ? a : b;
}

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

// Four at a time: an order of comparing that vectors have as well.
static float largest_of(const float *samples, size_t n)
{
    float largest[4] = { 0 };
    for (size_t i = 0; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            largest[k] = larger(largest[k], fabsf(samples[i + k]));
    for (size_t i = n & ~(size_t)3; i < n; i++)
        largest[0] = larger(largest[0], fabsf(samples[i]));
    return larger(larger(largest[0], largest[1]), larger(largest[2], largest[3]));
}

// peaks[i] = the largest of samples[i] and the three points between it and samples[i + 1].
// Returns the largest of all, or what is above it.
static float true_peaks(const struct limiter *limiter, const float *samples,
                        float peaks[AUDIO_BLOCK_SAMPLES])
{
    const float most = largest_of(samples, AUDIO_BLOCK_SAMPLES + TAPS - 1) * limiter->reach;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        peaks[i] = fabsf(samples[i + HALF - 1]);
    if (most <= limiter->knee)
        return most;
    for (size_t phase = 0; phase < PHASES; phase++) {
        float between[AUDIO_BLOCK_SAMPLES] = { 0 };
        for (size_t tap = 0; tap < TAPS; tap++) {
            const float factor = limiter->filter[phase][tap];
            for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
                between[i] += factor * samples[i + tap];
        }
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            peaks[i] = larger(peaks[i], fabsf(between[i]));
    }
    return largest_of(peaks, AUDIO_BLOCK_SAMPLES);
}

// The largest peak of the last HOLD samples, or 0 when none is above the knee.
static float largest_peak(struct limiter *limiter, float peak)
{
    const uint32_t now = limiter->now++;
    if (limiter->first != limiter->last && now - limiter->peaks[limiter->first % RING].at >= HOLD)
        limiter->first++;
    if (peak > limiter->knee) {
        while (limiter->first != limiter->last &&
               limiter->peaks[(limiter->last - 1) % RING].value <= peak)
            limiter->last--;
        limiter->peaks[limiter->last++ % RING] = (struct peak){ .at = now, .value = peak };
    }
    return limiter->first == limiter->last ? 0.0f : limiter->peaks[limiter->first % RING].value;
}

// What the gain lacks to 1: slope 1 at the knee, and the ceiling is an asymptote.
static float reduction_for(const struct limiter *limiter, float peak)
{
    if (peak <= limiter->knee)
        return 0.0f;
    const float over = peak - limiter->knee;
    return 1.0f - (limiter->knee + over * limiter->room / (limiter->room + over)) / peak;
}

static float next_gain(struct limiter *limiter, float peak)
{
    const float wanted = reduction_for(limiter, largest_peak(limiter, peak));
    const float released = limiter->reduction * limiter->release;
    limiter->reduction = larger(wanted, released < 1e-6f ? 0.0f : released);
    const uint32_t fresh =
        limiter->reduction == 0.0f ? 0 : (uint32_t)(limiter->reduction * (float)ONE) + 1;
    const uint32_t now = limiter->now;
    limiter->sum += fresh - (uint64_t)limiter->reductions[(now - MEAN) % RING];
    limiter->reductions[now % RING] = fresh;
    return limiter->sum == 0 ? 1.0f : 1.0f - (float)limiter->sum / ((float)MEAN * (float)ONE);
}

// Nothing is held, and nothing is above the knee: the gain is 1 all along.
static bool is_idle(const struct limiter *limiter, float largest)
{
    return largest <= limiter->knee && limiter->first == limiter->last &&
           limiter->reduction == 0.0f && limiter->sum == 0;
}

static void pass(struct limiter *limiter)
{
    limiter->now += AUDIO_BLOCK_SAMPLES;
    memset(limiter->reductions, 0, sizeof limiter->reductions); // older ones would be met again
}

void limiter_process(struct limiter *limiter, float block[AUDIO_BLOCK_SAMPLES])
{
    float samples[LIMITER_DELAY_SAMPLES + AUDIO_BLOCK_SAMPLES], peaks[AUDIO_BLOCK_SAMPLES];
    memcpy(samples, limiter->past, sizeof limiter->past);
    memcpy(samples + LIMITER_DELAY_SAMPLES, block, AUDIO_BLOCK_SAMPLES * sizeof *block);
    memcpy(limiter->past, samples + AUDIO_BLOCK_SAMPLES, sizeof limiter->past);
    const float largest = true_peaks(limiter, samples + LIMITER_DELAY_SAMPLES - (TAPS - 1), peaks);
    if (is_idle(limiter, largest)) {
        memcpy(block, samples, AUDIO_BLOCK_SAMPLES * sizeof *block);
        pass(limiter);
        return;
    }
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const float out = samples[i] * next_gain(limiter, peaks[i]);
        // A guard against rounding alone; the gain has done the work.
        block[i] = larger(smaller(out, limiter->ceiling), -limiter->ceiling);
    }
}
