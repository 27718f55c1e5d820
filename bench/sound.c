// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <math.h>
#include <opus.h>
#include <stdlib.h>

#define RATE_HZ 48000
#define BURST_SAMPLES (RATE_HZ / 2)
#define ONSET_THRESHOLD 0.05f
#define QUIET_SAMPLES (RATE_HZ / 10) // an onset is sound after this much silence
#define PACKET_MAX_SAMPLES 5760

// A pulse train at 140 Hz whose harmonics fall by 6 dB an octave: to a detector, a vowel.
static float buzz(int sample)
{
    float value = 0.0f;
    for (int harmonic = 1; harmonic <= 20; harmonic++)
        value += sinf(6.2831853f * 140.0f * (float)harmonic * (float)sample / (float)RATE_HZ) /
                 (float)harmonic;
    return 0.15f * value;
}

void sound_make(struct sound_frame frames[SOUND_FRAMES])
{
    int error = 0;
    OpusEncoder *encoder = opus_encoder_create(RATE_HZ, 1, OPUS_APPLICATION_VOIP, &error);
    if (encoder == NULL || opus_encoder_ctl(encoder, OPUS_SET_BITRATE(24000)) != OPUS_OK)
        fail("no Opus encoder");
    // Twice through, so that the first frame kept follows the last one as it will when repeated.
    for (int i = 0; i < 2 * SOUND_FRAMES; i++) {
        float pcm[SOUND_FRAME_SAMPLES];
        struct sound_frame *frame = &frames[i % SOUND_FRAMES];
        for (int k = 0; k < SOUND_FRAME_SAMPLES; k++) {
            int sample = i % SOUND_FRAMES * SOUND_FRAME_SAMPLES + k;
            pcm[k] = sample < BURST_SAMPLES ? buzz(sample) : 0.0f;
        }
        int len =
            opus_encode_float(encoder, pcm, SOUND_FRAME_SAMPLES, frame->data, sizeof frame->data);
        if (len <= 0)
            fail("Opus: %s", opus_strerror(len));
        frame->len = (size_t)len;
    }
    opus_encoder_destroy(encoder);
}

struct onset_detector {
    OpusDecoder *decoder;
    int n_quiet;
    float pcm[PACKET_MAX_SAMPLES];
};

struct onset_detector *onset_new(void)
{
    int error = 0;
    struct onset_detector *onset = calloc(1, sizeof *onset);
    if (onset != NULL)
        onset->decoder = opus_decoder_create(RATE_HZ, 1, &error);
    if (onset == NULL || onset->decoder == NULL)
        fail("no Opus decoder");
    onset->n_quiet = QUIET_SAMPLES;
    return onset;
}

void onset_free(struct onset_detector *onset)
{
    if (onset != NULL)
        opus_decoder_destroy(onset->decoder);
    free(onset);
}

bool onset_feed(struct onset_detector *onset, struct span opus, float *offset_ms)
{
    int n = opus_decode_float(onset->decoder, opus.data, (opus_int32)opus.len, onset->pcm,
                              PACKET_MAX_SAMPLES, 0);
    bool is_found = false;
    for (int i = 0; i < n; i++) {
        if (fabsf(onset->pcm[i]) < ONSET_THRESHOLD) {
            onset->n_quiet++;
            continue;
        }
        if (onset->n_quiet >= QUIET_SAMPLES) {
            *offset_ms = (float)i * 1000.0f / (float)RATE_HZ;
            is_found = true;
        }
        onset->n_quiet = 0;
    }
    return is_found;
}
