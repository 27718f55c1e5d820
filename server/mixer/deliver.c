// SPDX-License-Identifier: BSD-3-Clause
//
// From a mix's block to packets for its listeners.
#include "mixer/mixer_int.h"

#include <string.h>

// ---- records to the voice threads
// --------------------------------------------------------------------------------------------

struct parcel {
    struct span opus;
    uint64_t frame_number, made_us;
    bool is_terminator;
};

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

static void add_recipient(struct mixer *mixer, const struct seat *seat, uint32_t from,
                          const struct parcel *parcel)
{
    unsigned thread = seat->thread;
    if (mixer->n_recipients[thread] == RECIPIENTS_MAX)
        send_parcel(mixer, thread, parcel);
    mixer->recipients[thread][mixer->n_recipients[thread]++] = (struct voice_mixed_recipient){
        .session = seat->session, .epoch = seat->epoch, .from = from
    };
}

static void send_rest(struct mixer *mixer, const struct parcel *parcel)
{
    for (unsigned i = 0; i < mixer->n_voice_threads; i++)
        if (mixer->n_recipients[i] > 0)
            send_parcel(mixer, i, parcel);
}

// ---- streams
// ------------------------------------------------------------------------------------------------------------------

// Seats that wait for this frame: their old stream is silent, or it ends a frame just where this
// one begins.
static void take_over(struct hall *hall, struct mix *mix, enum tier tier)
{
    struct stream *stream = &mix->streams[tier];
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = &hall->seats[i];
        if (seat->want != mix || seat->want_tier != tier || seat->have == mix)
            continue;
        if (seat->have != NULL && seat->have->streams[seat->have_tier].is_open)
            continue; // changes in finish_frame of the old one
        if (seat->have != NULL)
            seat->have->streams[seat->have_tier].n_have--;
        seat->have = mix;
        seat->have_tier = tier;
        seat->is_fresh = true;
        stream->n_have++;
    }
}

static void deliver_packet(struct mixer *mixer, struct hall *hall, struct mix *mix, enum tier tier,
                           const struct parcel *parcel)
{
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = &hall->seats[i];
        if (seat->have != mix || seat->have_tier != tier)
            continue;
        add_recipient(mixer, seat, seat->from, parcel);
        seat->is_fresh = false;
    }
    send_rest(mixer, parcel);
    mix->streams[tier].has_fresh = false;
}

// The old stream's frame ends here: whoever wants another whose frame begins here changes now.
static void change_over(struct hall *hall, struct mix *mix, enum tier tier, uint64_t end_tick)
{
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = &hall->seats[i];
        if (seat->have != mix || seat->have_tier != tier || seat->want == NULL ||
            (seat->want == mix && seat->want_tier == tier) ||
            !frame_begins(hall, seat->want_tier, end_tick))
            continue;
        mix->streams[tier].n_have--;
        seat->have = seat->want;
        seat->have_tier = seat->want_tier;
        seat->is_fresh = true;
        seat->have->streams[seat->have_tier].n_have++;
        hall->must_assign = true; // the old stream may be nobody's now
    }
}

static bool has_fresh_seat(const struct hall *hall, const struct mix *mix, enum tier tier)
{
    for (size_t i = 0; i < hall->n_seats; i++)
        if (hall->seats[i].have == mix && hall->seats[i].have_tier == tier &&
            hall->seats[i].is_fresh)
            return true;
    return false;
}

static void open_stream(struct hall *hall, struct mix *mix, enum tier tier, uint64_t tick)
{
    static const float silence[AUDIO_BLOCK_SAMPLES];
    struct stream *stream = &mix->streams[tier];
    uint8_t unused[ENCODER_PACKET_MAX_BYTES];
    encoder_reset(stream->encoder);
    stream->is_open = true;
    stream->frame_tick = tick;
    while (!frame_begins(hall, tier, stream->frame_tick)) {
        stream->frame_tick--;
        encoder_push(stream->encoder, silence,
                     unused); // never completes a frame: this tick's block is still to come
    }
}

static void close_stream(struct mixer *mixer, struct hall *hall, struct mix *mix, enum tier tier,
                         uint64_t tick)
{
    struct parcel last = { .opus = audio_silence_20ms(),
                           .frame_number = tick - hall->base_tick,
                           .made_us = tick * AUDIO_BLOCK_US,
                           .is_terminator = true };
    deliver_packet(mixer, hall, mix, tier, &last);
    change_over(hall, mix, tier, tick);
    mix->streams[tier].is_open = false;
}

static void run_stream(struct mixer *mixer, struct hall *hall, struct mix *mix, enum tier tier,
                       uint64_t tick)
{
    struct stream *stream = &mix->streams[tier];
    uint8_t packet[ENCODER_PACKET_MAX_BYTES];
    bool is_quiet = tick - mix->loud_tick > MIXER_GATE_MS * 1000 / AUDIO_BLOCK_US;
    if (!stream->is_open && mix->loud_tick != tick)
        return;
    if (stream->is_open && is_quiet && frame_begins(hall, tier, tick)) {
        close_stream(mixer, hall, mix, tier, tick);
        return;
    }
    if (!stream->is_open)
        open_stream(hall, mix, tier, tick);
    if (frame_begins(hall, tier, tick))
        stream->frame_tick = tick;
    take_over(hall, mix, tier);
    if (encoder_filled_blocks(stream->encoder) + 1 == tier_spec(tier)->frame_blocks &&
        has_fresh_seat(hall, mix, tier))
        encoder_break_prediction(stream->encoder);
    int len = encoder_push(stream->encoder, mix->block, packet);
    if (len <= 0)
        return;
    struct parcel parcel = { .opus = { packet, (size_t)len },
                             .frame_number = stream->frame_tick - hall->base_tick,
                             .made_us = tick * AUDIO_BLOCK_US };
    deliver_packet(mixer, hall, mix, tier, &parcel);
    change_over(hall, mix, tier, tick + 1);
}

void deliver_mix(struct mixer *mixer, struct hall *hall, struct mix *mix, uint64_t tick)
{
    for (int tier = 0; tier < TIERS; tier++)
        if (mix->streams[tier].encoder != NULL)
            run_stream(mixer, hall, mix, (enum tier)tier, tick);
}

// ---- indicators: who really speaks
// ---------------------------------------------------------------------------------------------

// Floor speakers are shown on tracks and in booths, interpreters only in their own booth. Not on
// thin lines, never to oneself.
static bool sees(const struct seat *seat, const struct seat *speaker)
{
    if (!seat->is_listening || seat->session == speaker->session ||
        seat->place.kind == PLACE_FLOOR || seat->tier > TIER_STANDARD)
        return false;
    return speaker->place.kind != PLACE_BOOTH ||
           (seat->place.kind == PLACE_BOOTH && seat->place.index == speaker->place.index);
}

static void indicate(struct mixer *mixer, struct hall *hall, const struct speaker *speaker,
                     bool is_terminator)
{
    const struct seat *who = hall_seat(hall, speaker->session);
    struct parcel parcel = { .opus = audio_silence_60ms(),
                             .frame_number = speaker->info.frame_number,
                             .made_us = mixer->tick * AUDIO_BLOCK_US,
                             .is_terminator = is_terminator };
    for (size_t i = 0; who != NULL && i < hall->n_seats; i++)
        if (sees(&hall->seats[i], who))
            add_recipient(mixer, &hall->seats[i], speaker->session, &parcel);
    send_rest(mixer, &parcel);
}

static bool is_shown(const struct hall *hall, const struct speaker *speaker,
                     const struct floor_state *floor)
{
    if (!speaker->is_playing || !speaker->info.is_voice)
        return false;
    if (speaker->session == floor->holder || speaker->session == floor->second)
        return true;
    for (size_t i = 0; i < hall->n_seats; i++)
        if (hall->seats[i].session == speaker->session)
            return hall->seats[i].place.kind == PLACE_BOOTH;
    return false;
}

void deliver_indicators(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    struct floor_state floor = meeting_floor_state(hall->meeting);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &hall->speakers[i];
        if (speaker->session == 0)
            continue;
        if (!is_shown(hall, speaker, &floor)) {
            deliver_indicator_end(mixer, hall, speaker);
        } else if (speaker->indicated_tick == 0 ||
                   tick - speaker->indicated_tick >= INDICATOR_TICKS) {
            indicate(mixer, hall, speaker, false);
            speaker->indicated_tick = tick;
        }
    }
}

void deliver_indicator_end(struct mixer *mixer, struct hall *hall, struct speaker *speaker)
{
    if (speaker->indicated_tick != 0)
        indicate(mixer, hall, speaker, true);
    speaker->indicated_tick = 0;
}
