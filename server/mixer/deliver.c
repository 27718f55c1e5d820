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
                           unsigned slot, const struct parcel *parcel, unsigned n_blocks)
{
    uint64_t frame_tick = mix->streams[slot].frame_tick;
    const unsigned least = slot <= TIER_THIN ? MIXER_LOSSY_PERCENT : MIXER_LOSSY_THIN_PERCENT;
    unsigned n = 0, n_lossy = 0;
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        if (seat->have.mix != mix || seat->have.slot != slot || frame_tick < seat->until_tick)
            continue;
        deliver_to(mixer, seat, seat->from, parcel);
        seat->until_tick = frame_tick + n_blocks;
        n++;
        n_lossy += seat->loss_percent >= least;
    }
    deliver_rest(mixer, parcel);
    if (slot < TIERS)
        encoder_expect_loss(mix->streams[slot].encoder, 2 * n_lossy > n); // from the next one on
}

// ---- one stream ---------------------------------------------------------------------------------

static bool is_bridge(unsigned slot)
{
    return slot >= TIERS;
}

static unsigned frame_blocks(unsigned slot)
{
    return is_bridge(slot) ? ENCODER_BRIDGE_BLOCKS : tier_spec((enum tier)slot)->frame_blocks;
}

static uint32_t work_us(const struct mix *mix, unsigned slot)
{
    return tier_spec(is_bridge(slot) ? TIER_STANDARD : (enum tier)slot)->encode_us *
           (mix->is_booth ? 2u : 1u);
}

static bool is_sounding(const struct mix *mix)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (mix->streams[slot].is_open)
            return true;
    return false;
}

// Frames lie on the meeting's grid. Of this one has passed what was silent; in mid-speech it was
// not, and then the encoder hears the frame before, too: whoever comes to it from another finds it
// warm.
static void open_stream(struct mixer *mixer, const struct hall *hall, struct mix *mix,
                        enum tier tier, uint64_t tick)
{
    static const float silence[AUDIO_BLOCK_SAMPLES];
    const bool is_warm = is_sounding(mix);
    struct stream *stream = &mix->streams[tier];
    uint8_t unused[ENCODER_PACKET_MAX_BYTES];
    encoder_reset(stream->encoder);
    stream->is_open = true;
    stream->is_fresh = false;
    stream->opened_tick = is_warm ? tick - 1 : tick;
    stream->frame_tick = tick;
    while (!frame_begins(hall, tier, stream->frame_tick))
        stream->frame_tick--;
    uint64_t at = stream->frame_tick - (is_warm ? frame_blocks(tier) : 0);
    for (; at < tick; at++) // this tick's block is still to come
        encoder_push(stream->encoder, is_warm ? mix->past[at % PAST_BLOCKS] : silence, unused);
    mixer->tick_work_us += is_warm ? work_us(mix, tier) : 0;
}

// The last packet takes the place of a frame, so that the next one may follow at once.
static void close_stream(struct mixer *mixer, struct hall *hall, struct mix *mix, unsigned slot,
                         uint64_t tick)
{
    struct stream *stream = &mix->streams[slot];
    struct parcel last = { .opus = audio_silence_20ms(),
                           .frame_number = stream->frame_tick - hall->base_tick,
                           .made_us = tick * AUDIO_BLOCK_US,
                           .is_terminator = true };
    deliver_packet(mixer, hall, mix, slot, &last, 2);
    stream->is_open = false;
}

static void send_frame(struct mixer *mixer, struct hall *hall, struct mix *mix, unsigned slot,
                       uint64_t tick)
{
    struct stream *stream = &mix->streams[slot];
    uint8_t packet[ENCODER_PACKET_MAX_BYTES];
    const int len = encoder_finish(stream->encoder, packet);
    struct parcel parcel = { .opus = { packet, (size_t)len },
                             .frame_number = stream->frame_tick - hall->base_tick,
                             .made_us = tick * AUDIO_BLOCK_US };
    stream->is_due = false;
    mixer->tick_work_us += work_us(mix, slot);
    deliver_packet(mixer, hall, mix, slot, &parcel, frame_blocks(slot));
}

// Whoever waits 40 ms and more for a frame can wait 10 ms longer when this tick has its fill.
static bool must_wait(const struct mixer *mixer, const struct mix *mix, unsigned slot)
{
    return frame_blocks(slot) > FRAME_SHORT_BLOCKS &&
           mixer->tick_work_us + work_us(mix, slot) > TICK_WORK_US;
}

static void push_block(struct mixer *mixer, struct hall *hall, struct mix *mix, unsigned slot,
                       uint64_t tick)
{
    struct stream *stream = &mix->streams[slot];
    uint8_t filled = encoder_filled_blocks(stream->encoder);
    if (filled == 0)
        stream->frame_tick = tick;
    if (filled + 1u == frame_blocks(slot)) {
        if (!mix_is_live(mix, tick)) {
            close_stream(mixer, hall, mix, slot, tick);
            return;
        }
        if (stream->is_fresh)
            encoder_break_prediction(stream->encoder);
        stream->is_fresh = false;
    }
    if (!encoder_fill(stream->encoder, mix->block))
        return;
    if (must_wait(mixer, mix, slot))
        stream->is_due = true;
    else
        send_frame(mixer, hall, mix, slot, tick);
}

// ---- seats that change streams ------------------------------------------------------------------

static void move(struct mixer *mixer, struct seat *seat, uint64_t tick)
{
    play_set(mixer, &seat->have, seat->want);
    if (seat->have.mix == NULL)
        return;
    struct stream *stream = &seat->have.mix->streams[seat->have.slot];
    stream->is_fresh = stream->is_open && stream->opened_tick < tick;
}

// Those who leave the same stream for the same tier in the same tick share a bridge. False: it is
// not to be had now.
static bool step_on_bridge(struct mixer *mixer, struct seat *seat, uint64_t tick)
{
    const struct stream *old = &seat->have.mix->streams[seat->have.slot];
    const enum tier to = (enum tier)seat->want.slot;
    const unsigned slot = SLOT_OF_BRIDGE(slot_tier(seat->have.slot), to);
    struct mix *mix = seat->want.mix;
    struct stream *bridge = &mix->streams[slot];
    if (bridge->encoder != NULL && (bridge->opened_tick != tick || bridge->origin != old))
        return false; // others are on it, for 120 ms at most
    if (bridge->encoder == NULL) {
        struct encoder *encoder = pool_encoder(&mixer->pool, slot, mix->is_booth);
        if (encoder == NULL)
            return false;
        encoder_bridge(encoder, old->encoder, to);
        *bridge = (struct stream){ .encoder = encoder,
                                   .is_open = true,
                                   .opened_tick = tick,
                                   .frame_tick = tick,
                                   .origin = old };
    }
    return play_set(mixer, &seat->have, (struct play){ .mix = mix, .slot = slot });
}

// Only where a frame of the old stream has ended; only to a stream that has its look-ahead, and
// begins a frame now. Returns whether the seat has arrived.
static bool move_seat(struct mixer *mixer, struct seat *seat, uint64_t tick)
{
    const struct stream *next = &seat->want.mix->streams[seat->want.slot];
    const struct stream *old =
        seat->have.mix != NULL ? &seat->have.mix->streams[seat->have.slot] : NULL;
    if (old == NULL || !old->is_open) {
        move(mixer, seat, tick);
        return true;
    }
    if (encoder_filled_blocks(old->encoder) != 0 || !next->is_open || next->opened_tick >= tick)
        return false;
    if (encoder_needs_bridge(slot_tier(seat->have.slot), (enum tier)seat->want.slot)) {
        step_on_bridge(mixer, seat, tick);
        return false;
    }
    if (encoder_filled_blocks(next->encoder) != 0 ||
        (is_bridge(seat->have.slot) && tick - old->opened_tick < ENCODER_BRIDGE_LEAST_BLOCKS))
        return false;
    move(mixer, seat, tick);
    return true;
}

static void move_seats(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    hall->is_moving = false;
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        if (seat->want.mix == NULL ||
            (seat->want.mix == seat->have.mix && seat->want.slot == seat->have.slot))
            continue;
        if (!move_seat(mixer, seat, tick))
            hall->is_moving = true;
    }
}

// ---- all streams --------------------------------------------------------------------------------

void deliver_due(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (unsigned slot = 0; slot < TIERS; slot++)
            if (mix->streams[slot].encoder != NULL && mix->streams[slot].is_due)
                send_frame(mixer, hall, mix, slot, tick);
}

// By tier, so that those who wait for short frames come first.
void deliver_streams(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (int tier = 0; tier < TIERS; tier++)
            if (mix->streams[tier].encoder != NULL && !mix->streams[tier].is_open &&
                mix_is_live(mix, tick))
                open_stream(mixer, hall, mix, (enum tier)tier, tick);
    if (hall->is_moving)
        move_seats(mixer, hall, tick);
    const unsigned n_slots = hall->is_moving ? SLOTS : TIERS; // else nobody is on a bridge
    for (unsigned slot = 0; slot < n_slots; slot++)
        for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
            if (mix->streams[slot].encoder != NULL && mix->streams[slot].is_open)
                push_block(mixer, hall, mix, slot, tick);
}

void deliver_ends(struct mixer *mixer, struct hall *hall)
{
    deliver_due(mixer, hall, mixer->tick);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            struct stream *stream = &mix->streams[slot];
            if (stream->encoder == NULL || !stream->is_open)
                continue;
            if (encoder_filled_blocks(stream->encoder) == 0)
                stream->frame_tick = mixer->tick + 1;
            close_stream(mixer, hall, mix, slot, mixer->tick);
        }
}
