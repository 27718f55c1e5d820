// SPDX-License-Identifier: BSD-3-Clause
//
// SpeexDSP's noise suppression, which works in 16 bits, a block at a time, and is a block behind.
#include "audio/audio.h"

#include <speex/speex_preprocess.h>
#include <stdlib.h>

struct denoiser {
    SpeexPreprocessState *speex;
    bool is_on;
};

static SpeexPreprocessState *make_speex(void)
{
    SpeexPreprocessState *speex = speex_preprocess_state_init(AUDIO_BLOCK_SAMPLES, AUDIO_RATE_HZ);
    spx_int32_t most_db = DENOISER_MOST_DB;
    if (speex != NULL)
        speex_preprocess_ctl(speex, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &most_db);
    return speex;
}

struct denoiser *denoiser_new(void)
{
    struct denoiser *denoiser = calloc(1, sizeof(*denoiser));
    if (denoiser == NULL)
        return NULL;
    denoiser->is_on = true;
    denoiser->speex = make_speex();
    if (denoiser->speex != NULL)
        return denoiser;
    free(denoiser);
    return NULL;
}

void denoiser_free(struct denoiser *denoiser)
{
    if (denoiser == NULL)
        return;
    speex_preprocess_state_destroy(denoiser->speex);
    free(denoiser);
}

static int16_t to_s16(float sample)
{
    const float scaled = sample * 32768.0f;
    if (scaled >= 32767.0f)
        return INT16_MAX;
    if (scaled <= -32768.0f)
        return INT16_MIN;
    return (int16_t)(scaled < 0.0f ? scaled - 0.5f : scaled + 0.5f);
}

void denoiser_process(struct denoiser *denoiser, float block[AUDIO_BLOCK_SAMPLES], bool is_music)
{
    int16_t samples[AUDIO_BLOCK_SAMPLES];
    spx_int32_t is_on = !is_music;
    if (denoiser->is_on == is_music)
        speex_preprocess_ctl(denoiser->speex, SPEEX_PREPROCESS_SET_DENOISE, &is_on);
    denoiser->is_on = !is_music;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        samples[i] = to_s16(block[i]);
    speex_preprocess_run(denoiser->speex, samples);
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        block[i] = (float)samples[i] / 32768.0f;
}
