// SPDX-License-Identifier: BSD-3-Clause
//
// What the recorder hears: the floor, and each track as one who understands nothing else. A tap is
// a listener without an encoder, who shares the mixes of others where they are equal.
#include "mixer/mixer_int.h"

void tap_turn(struct hall *hall, bool is_on)
{
    hall->is_recording = is_on;
    hall->must_assign = true;
    for (size_t i = 0; i < RECORD_STREAMS_MAX && !is_on; i++)
        tap_set(&hall->taps[i], NULL);
}

void tap_set(struct mix **tap, struct mix *mix)
{
    if (*tap != NULL)
        (*tap)->n_taps--;
    if (mix != NULL)
        mix->n_taps++;
    *tap = mix;
}

bool tap_ear(const struct hall *hall, uint8_t stream, struct ear *ear)
{
    const struct meeting_config *config = meeting_config(hall->meeting);
    *ear = (struct ear){ .place = { .kind = PLACE_FLOOR } };
    if (stream > 0) {
        const uint8_t track = (uint8_t)(stream - 1);
        *ear = (struct ear){ .place = { .kind = PLACE_TRACK, .index = track },
                             .understood = 1u << track,
                             .duck_db = config->duck_db };
    }
    return hall->is_recording && stream <= config->n_langs;
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

static void send_block(struct mixer *mixer, struct hall *hall, uint8_t stream, uint64_t tick)
{
    struct record_block *block = ring_reserve(mixer->recorder->ring, sizeof(*block));
    if (block == NULL) {
        mixer->recorder->dropped++;
        hall->n_record_drops++;
        return;
    }
    block->meeting = hall->id;
    block->stream = stream;
    block->n_dropped = hall->n_record_drops;
    block->at_us = tick * AUDIO_BLOCK_US;
    for (size_t i = 0; i < RECORD_BLOCK_SAMPLES; i++)
        block->samples[i] = to_s16(hall->taps[stream]->block[i]);
    ring_commit(mixer->recorder->ring);
    mixer->was_recorded = true;
}

void tap_send(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    for (uint8_t i = 0; i < RECORD_STREAMS_MAX && mixer->recorder != NULL; i++)
        if (hall->taps[i] != NULL && mix_is_live(hall->taps[i], tick))
            send_block(mixer, hall, i, tick);
}
