// SPDX-License-Identifier: BSD-3-Clause
//
// Five measures of 5 s of voice; the worst decides. Between words there is the noise: its level
// is that of the quietest twentieth of the blocks, its spectrum the least that each band ever has.
#include "audio/spectrum_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW SPECTRUM_MOST_SAMPLES // 43 ms
#define LOOK_BLOCKS 5                // from one spectrum to the next
#define BANDS 107                    // of 187.5 Hz, to 20 kHz
#define BAND_BINS 8
#define BAND_HZ (BAND_BINS * (float)AUDIO_RATE_HZ / WINDOW)
#define FIRST_BAND 1     // below there is no voice
#define ABOVE 90         // per cent of the bands
#define OVER_LEAST 8.0f  // the least of many looks at noise is a quarter of its mean
#define SPAN 3e-7f       // of the strongest band: 65 dB
#define BAND_LEAST 1e-9f // -90 dBFS
#define BLOCKS (QUALITY_SECONDS * 100)
#define STEPS_DB 100 // of levels, 1 dB each
#define QUIET_SHARE 20
#define SILENT_DB (-90.0f)
#define FLAT_LEAST 0.5f // a top below -6 dBFS is not one of a converter
#define FLAT_HEIGHT 0.85f
#define FLAT_SHARE 0.12f
#define CLEAN_DB 20.0f
#define GOOD_ENOUGH 80 // above, there is nothing to advise

struct quality {
    struct loudness loudness;
    float past[WINDOW];
    float voice[BANDS], least[BANDS]; // power: the sum in voice, the least of all looks
    unsigned n_voice_looks, n_looks, n_since_look;
    double weighted, power; // sums of mean squares of voice
    uint32_t levels[STEPS_DB];
    unsigned n_blocks, n_voice, n_flat, n_lost;
};

struct quality *quality_new(void)
{
    spectrum_prepare();
    return calloc(1, sizeof(struct quality));
}

void quality_free(struct quality *quality)
{
    free(quality);
}

void quality_reset(struct quality *quality)
{
    *quality = (struct quality){ 0 };
}

// ---- gathering ----------------------------------------------------------------------------------

// While a good speaker speaks, a wave is seldom near its peak; a clipped one stays there.
static bool is_flat(const float block[AUDIO_BLOCK_SAMPLES])
{
    float peak = 0.0f;
    size_t n = 0;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        peak = fmaxf(peak, fabsf(block[i]));
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        n += fabsf(block[i]) > FLAT_HEIGHT * peak;
    return peak > FLAT_LEAST && (float)n > FLAT_SHARE * AUDIO_BLOCK_SAMPLES;
}

static void look(struct quality *quality, bool is_voice)
{
    float power[WINDOW / 2];
    spectrum_power(quality->past, WINDOW, power);
    for (size_t band = 0; band < BANDS; band++) {
        float sum = 0.0f;
        for (size_t i = 0; i < BAND_BINS; i++)
            sum += power[band * BAND_BINS + i];
        if (is_voice)
            quality->voice[band] += sum;
        if (quality->n_looks == 0 || sum < quality->least[band])
            quality->least[band] = sum;
    }
    quality->n_looks++;
    quality->n_voice_looks += is_voice;
}

static void gather(struct quality *quality, const float block[AUDIO_BLOCK_SAMPLES], bool is_voice,
                   bool is_concealed)
{
    const float level_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
    memmove(quality->past, quality->past + AUDIO_BLOCK_SAMPLES,
            (WINDOW - AUDIO_BLOCK_SAMPLES) * sizeof(float));
    memcpy(quality->past + WINDOW - AUDIO_BLOCK_SAMPLES, block,
           AUDIO_BLOCK_SAMPLES * sizeof(float));
    quality->n_blocks++;
    quality->n_lost += is_concealed;
    if (is_concealed)
        return; // tells nothing of the voice
    if (++quality->n_since_look >= LOOK_BLOCKS) {
        quality->n_since_look = 0;
        look(quality, is_voice);
    }
    const float step = fminf(fmaxf(-level_db, 0.0f), STEPS_DB - 1);
    quality->levels[(size_t)step]++;
    const float weighted = loudness_push(&quality->loudness, block);
    if (!is_voice)
        return;
    quality->weighted += (double)weighted;
    quality->power += pow(10.0, (double)level_db / 10.0);
    quality->n_flat += is_flat(block);
}

// ---- concluding ---------------------------------------------------------------------------------

static float bandwidth_of(const struct quality *quality)
{
    float most = BAND_LEAST, bandwidth = 0.0f;
    const float n_voice = (float)(quality->n_voice_looks > 0 ? quality->n_voice_looks : 1);
    for (size_t i = FIRST_BAND; i < BANDS; i++)
        most = fmaxf(most, quality->voice[i] / n_voice);
    unsigned n_above = 0;
    for (unsigned i = FIRST_BAND; i < BANDS; i++) {
        const float voice = quality->voice[i] / n_voice;
        const float noise = fmaxf(OVER_LEAST * quality->least[i], BAND_LEAST);
        n_above += voice > fmaxf(noise, SPAN * most);
        if (100 * n_above >= ABOVE * i)
            bandwidth = BAND_HZ * (float)(i + 1);
    }
    return bandwidth;
}

static float noise_db(const struct quality *quality)
{
    uint32_t n = 0;
    for (size_t i = 0; i < STEPS_DB; i++)
        n += quality->levels[i];
    const uint32_t wanted = n / QUIET_SHARE;
    uint32_t quieter = 0;
    for (int i = STEPS_DB - 1; i >= 0; i--) {
        quieter += quality->levels[i];
        if (quieter > wanted)
            return fmaxf(-(float)i - 0.5f, SILENT_DB);
    }
    return SILENT_DB;
}

static float snr_of(const struct quality *quality)
{
    const double noise = pow(10.0, (double)noise_db(quality) / 10.0);
    const double voice = quality->n_voice > 0 ? quality->power / quality->n_voice - noise : 0.0;
    return voice > 0.0 ? (float)(10.0 * log10(voice / noise)) : 0.0f;
}

// 0 at worst, 100 at best, straight between.
static float grade(float value, float worst, float best)
{
    return fminf(fmaxf(100.0f * (value - worst) / (best - worst), 0.0f), 100.0f);
}

static void score(struct voice_quality *out)
{
    const float grades[ADVICES] = {
        [ADVICE_NONE] = 100.0f,
        // noise hides how far up the voice reaches
        [ADVICE_HEADSET] =
            out->snr_db >= CLEAN_DB ? grade(out->bandwidth_hz, 2000.0f, 7000.0f) : 100.0f,
        [ADVICE_NOISE] = grade(out->snr_db, 4.0f, 24.0f),
        [ADVICE_CLIPPING] = grade(out->clipped, 0.3f, 0.08f),
        [ADVICE_LOUDER] = grade(out->level_lufs, -44.0f, -26.0f),
        [ADVICE_LINE] = grade(out->lost, 0.08f, 0.0f),
    };
    unsigned worst = ADVICE_NONE;
    for (unsigned i = 0; i < ADVICES; i++)
        if (grades[i] < grades[worst])
            worst = i;
    out->score = (uint8_t)grades[worst];
    out->advice = (uint8_t)(out->score < GOOD_ENOUGH ? worst : ADVICE_NONE);
}

bool quality_push(struct quality *quality, const float block[AUDIO_BLOCK_SAMPLES], bool is_voice,
                  bool is_concealed, struct voice_quality *out)
{
    gather(quality, block, is_voice, is_concealed);
    quality->n_voice += is_voice && !is_concealed;
    if (quality->n_voice < BLOCKS)
        return false;
    const float n = (float)quality->n_voice;
    *out = (struct voice_quality){
        .bandwidth_hz = bandwidth_of(quality),
        .snr_db = snr_of(quality),
        .clipped = (float)quality->n_flat / n,
        .lost = (float)quality->n_lost / (float)quality->n_blocks,
        .level_lufs = loudness_lufs((float)(quality->weighted / (double)n)),
    };
    score(out);
    quality_reset(quality);
    return true;
}
