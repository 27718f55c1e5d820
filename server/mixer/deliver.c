// SPDX-License-Identifier: BSD-3-Clause
//
// From a mix's block to packets for its listeners.
#include "mixer/mixer_int.h"

#include <string.h>

// ---- records to the voice threads ---------------------------------------------------------------

static void send_parcel(struct mixer *mixer, unsigned thread, const struct parcel *parcel)
{
    unsigned n = mixer->n_recipients[thread];
    size_t list = n * sizeof(struct voice_mixed_recipient);
    struct lane *lane = mixer->mixed[thread];
    mixer->n_recipients[thread] = 0;
    struct voice_mixed *record =
        ring_reserve(lane->ring, sizeof(*record) + list + parcel->opus.len);
    if (record == NULL) {
        lane->dropped++;
        return;
    }
    *record = (struct voice_mixed){ .frame_number = parcel->frame_number,
                                    .made_us = parcel->made_us,
                                    .n_recipients = n,
                                    .n_bytes = (uint16_t)parcel->opus.len,
                                    .is_terminator = parcel->is_terminator };
    memcpy(record->recipients, mixer->recipients[thread], list);
    memcpy((uint8_t *)record->recipients + list, parcel->opus.data, parcel->opus.len);
    ring_commit(lane->ring);
    mixer->was_sent[thread] = true;
}

void deliver_to(struct mixer *mixer, const struct seat *seat, uint32_t from,
                const struct parcel *parcel)
{
    unsigned thread = seat->thread;
    if (thread >= mixer->n_voice_threads || mixer->mixed[thread] == NULL)
        return;
    if (mixer->n_recipients[thread] == RECIPIENTS_MAX)
        send_parcel(mixer, thread, parcel);
    mixer->recipients[thread][mixer->n_recipients[thread]++] = (struct voice_mixed_recipient){
        .session = seat->session, .epoch = seat->epoch, .from = from
    };
}

void deliver_rest(struct mixer *mixer, const struct parcel *parcel)
{
    for (unsigned i = 0; i < mixer->n_voice_threads; i++)
        if (mixer->n_recipients[i] > 0)
            send_parcel(mixer, i, parcel);
}

static void deliver_packet(struct mixer *mixer, struct hall *hall, const struct mix *mix,
                           enum tier tier, const struct parcel *parcel, unsigned n_blocks)
{
    uint64_t frame_tick = mix->streams[tier].frame_tick;
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        if (seat->have.mix != mix || seat->have.tier != tier || frame_tick < seat->until_tick)
            continue;
        deliver_to(mixer, seat, seat->from, parcel);
        seat->until_tick = frame_tick + n_blocks;
    }
    deliver_rest(mixer, parcel);
}

// ---- one stream ---------------------------------------------------------------------------------

// Frames lie on the meeting's grid: what has passed of this one is filled with silence.
static void open_stream(const struct hall *hall, struct mix *mix, enum tier tier, uint64_t tick)
{
    static const float silence[AUDIO_BLOCK_SAMPLES];
    struct stream *stream = &mix->streams[tier];
    uint8_t unused[ENCODER_PACKET_MAX_BYTES];
    encoder_reset(stream->encoder);
    stream->is_open = true;
    stream->is_fresh = false;
    stream->opened_tick = stream->frame_tick = tick;
    while (!frame_begins(hall, tier, stream->frame_tick)) {
        stream->frame_tick--;
        encoder_push(stream->encoder, silence, unused); // this tick's block is still to come
    }
}

// The last packet takes the place of a frame, so that the next one may follow at once.
static void close_stream(struct mixer *mixer, struct hall *hall, struct mix *mix, enum tier tier,
                         uint64_t tick)
{
    struct stream *stream = &mix->streams[tier];
    struct parcel last = { .opus = audio_silence_20ms(),
                           .frame_number = stream->frame_tick - hall->base_tick,
                           .made_us = tick * AUDIO_BLOCK_US,
                           .is_terminator = true };
    deliver_packet(mixer, hall, mix, tier, &last, 2);
    stream->is_open = false;
}

static void push_block(struct mixer *mixer, struct hall *hall, struct mix *mix, enum tier tier,
                       uint64_t tick)
{
    struct stream *stream = &mix->streams[tier];
    uint8_t packet[ENCODER_PACKET_MAX_BYTES];
    uint8_t filled = encoder_filled_blocks(stream->encoder);
    uint8_t frame_blocks = tier_spec(tier)->frame_blocks;
    if (filled == 0)
        stream->frame_tick = tick;
    if (filled + 1 == frame_blocks) {
        if (!mix_is_live(mix, tick)) {
            close_stream(mixer, hall, mix, tier, tick);
            return;
        }
        if (stream->is_fresh)
            encoder_break_prediction(stream->encoder);
        stream->is_fresh = false;
    }
    int len = encoder_push(stream->encoder, mix->block, packet);
    if (len <= 0)
        return;
    struct parcel parcel = { .opus = { packet, (size_t)len },
                             .frame_number = stream->frame_tick - hall->base_tick,
                             .made_us = tick * AUDIO_BLOCK_US };
    deliver_packet(mixer, hall, mix, tier, &parcel, frame_blocks);
}

// ---- seats that change streams ------------------------------------------------------------------

// Only where a frame of the old stream has ended; only to a stream that has its look-ahead, and
// begins a frame now.
static bool can_move(const struct seat *seat, uint64_t tick)
{
    if (seat->have.mix == NULL)
        return true;
    const struct stream *old = &seat->have.mix->streams[seat->have.tier];
    const struct stream *next = &seat->want.mix->streams[seat->want.tier];
    if (!old->is_open)
        return true;
    return encoder_filled_blocks(old->encoder) == 0 && next->is_open && next->opened_tick < tick &&
           encoder_filled_blocks(next->encoder) == 0;
}

static void move_seats(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    hall->is_moving = false;
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        if (seat->want.mix == NULL ||
            (seat->want.mix == seat->have.mix && seat->want.tier == seat->have.tier))
            continue;
        if (!can_move(seat, tick)) {
            hall->is_moving = true;
            continue;
        }
        play_set(mixer, &seat->have, seat->want);
        struct stream *stream = &seat->want.mix->streams[seat->want.tier];
        stream->is_fresh = stream->is_open && stream->opened_tick < tick;
    }
}

// ---- all streams --------------------------------------------------------------------------------

void deliver_streams(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (int tier = 0; tier < TIERS; tier++)
            if (mix->streams[tier].encoder != NULL && !mix->streams[tier].is_open &&
                mix_is_live(mix, tick))
                open_stream(hall, mix, (enum tier)tier, tick);
    if (hall->is_moving)
        move_seats(mixer, hall, tick);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (int tier = 0; tier < TIERS; tier++)
            if (mix->streams[tier].encoder != NULL && mix->streams[tier].is_open)
                push_block(mixer, hall, mix, (enum tier)tier, tick);
}

void deliver_ends(struct mixer *mixer, struct hall *hall)
{
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (int tier = 0; tier < TIERS; tier++) {
            struct stream *stream = &mix->streams[tier];
            if (stream->encoder == NULL || !stream->is_open)
                continue;
            if (encoder_filled_blocks(stream->encoder) == 0)
                stream->frame_tick = mixer->tick + 1;
            close_stream(mixer, hall, mix, (enum tier)tier, mixer->tick);
        }
}
