// SPDX-License-Identifier: BSD-3-Clause
//
// Not a test: the server's ears for a script. Sound comes on standard input, mono float at 48 kHz,
// and goes out likewise where it is changed. What was found stands on standard error, one line an
// event: "seconds what value".
//   audio_ears level | guard | music | quality | opus BITRATE
#include "audio/audio.h"

#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool get(float block[AUDIO_BLOCK_SAMPLES])
{
    return fread(block, sizeof(float), AUDIO_BLOCK_SAMPLES, stdin) == AUDIO_BLOCK_SAMPLES;
}

static void put(const float block[AUDIO_BLOCK_SAMPLES])
{
    fwrite(block, sizeof(float), AUDIO_BLOCK_SAMPLES, stdout);
}

static void tell(unsigned n_blocks, const char *what, double value)
{
    fprintf(stderr, "%.2f %s %.2f\n", n_blocks / 100.0, what, value);
}

static void level(void)
{
    struct leveller *leveller = leveller_new();
    struct detector detector;
    float block[AUDIO_BLOCK_SAMPLES];
    detector_init(&detector);
    for (unsigned n = 1; get(block); n++) {
        leveller_process(leveller, block, detector_push(&detector, block), false);
        if (n % 50 == 0)
            tell(n, "gain", (double)leveller_gain_db(leveller));
        put(block);
    }
    leveller_free(leveller);
}

static void guarded(void)
{
    struct guard *guard = guard_new();
    float block[AUDIO_BLOCK_SAMPLES];
    uint32_t n_trips = 0;
    for (unsigned n = 1; get(block); n++) {
        guard_process(guard, block, false);
        if (guard_n_trips(guard) != n_trips)
            tell(n, "trip", (double)guard_n_trips(guard));
        n_trips = guard_n_trips(guard);
        put(block);
    }
    tell(0, "trips", n_trips);
    guard_free(guard);
}

static void music_found(void)
{
    struct music *music = music_new();
    float block[AUDIO_BLOCK_SAMPLES];
    bool was = false;
    for (unsigned n = 1; get(block); n++) {
        const bool is_music = music_push(music, block);
        if (is_music != was)
            tell(n, "music", is_music);
        was = is_music;
    }
    tell(0, "last", was);
    music_free(music);
}

static void quality_found(void)
{
    struct quality *quality = quality_new();
    struct detector detector;
    struct voice_quality found;
    float block[AUDIO_BLOCK_SAMPLES];
    detector_init(&detector);
    for (unsigned n = 1; get(block); n++) {
        if (!quality_push(quality, block, detector_push(&detector, block), false, &found))
            continue;
        tell(n, "bandwidth_hz", (double)found.bandwidth_hz);
        tell(n, "snr_db", (double)found.snr_db);
        tell(n, "clipped", (double)found.clipped);
        tell(n, "level_lufs", (double)found.level_lufs);
        tell(n, "score", found.score);
        tell(n, "advice", found.advice);
    }
    quality_free(quality);
}

// As a client sends it, and a decoder gives it back.
static void through_opus(int bitrate_bps)
{
    OpusEncoder *encoder = opus_encoder_create(AUDIO_RATE_HZ, 1, OPUS_APPLICATION_VOIP, NULL);
    OpusDecoder *decoder = opus_decoder_create(AUDIO_RATE_HZ, 1, NULL);
    float pcm[2 * AUDIO_BLOCK_SAMPLES];
    uint8_t packet[1500];
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate_bps));
    while (get(pcm) && get(pcm + AUDIO_BLOCK_SAMPLES)) {
        const int len =
            opus_encode_float(encoder, pcm, 2 * AUDIO_BLOCK_SAMPLES, packet, sizeof(packet));
        if (opus_decode_float(decoder, packet, len, pcm, 2 * AUDIO_BLOCK_SAMPLES, 0) < 0)
            break;
        put(pcm);
        put(pcm + AUDIO_BLOCK_SAMPLES);
    }
    opus_encoder_destroy(encoder);
    opus_decoder_destroy(decoder);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "level") == 0)
        level();
    else if (strcmp(mode, "guard") == 0)
        guarded();
    else if (strcmp(mode, "music") == 0)
        music_found();
    else if (strcmp(mode, "quality") == 0)
        quality_found();
    else if (strcmp(mode, "opus") == 0)
        through_opus(argc > 2 ? atoi(argv[2]) : 40000);
    else
        return 2;
    return ferror(stdin) || fflush(stdout) != 0 ? 1 : 0;
}
