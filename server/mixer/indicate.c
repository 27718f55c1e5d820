// SPDX-License-Identifier: BSD-3-Clause
//
// Indicators: who really speaks. Sixty milliseconds of silence each 100 ms, as from the speaker.
#include "mixer/mixer_int.h"

#define INDICATOR_BLOCKS 6
#define JUMP_BLOCKS 100

// Floor speakers are shown on tracks and in booths, interpreters only in their own booth. Not on
// thin lines, never to oneself.
static bool sees(const struct seat *seat, const struct seat *speaker, uint8_t booths)
{
    if (!seat->is_listening || seat == speaker || seat->place.kind == PLACE_FLOOR ||
        seat->tier > TIER_STANDARD)
        return false;
    if (booths != 0) // words to these alone
        return seat->place.kind == PLACE_BOOTH && ((unsigned)booths >> seat->place.index & 1u) != 0;
    return speaker->place.kind != PLACE_BOOTH ||
           (seat->place.kind == PLACE_BOOTH && seat->place.index == speaker->place.index);
}

// The speaker's own frame number, but for a client's sake never one that it has had.
static uint64_t next_number(const struct speaker *speaker)
{
    uint64_t own = speaker->frame_number, after = speaker->seat->shown_until;
    return own >= after || after - own > JUMP_BLOCKS ? own : after;
}

static void indicate(struct mixer *mixer, struct hall *hall, struct speaker *speaker,
                     bool is_terminator)
{
    uint64_t number = next_number(speaker);
    struct parcel parcel = { .opus = audio_silence_60ms(),
                             .frame_number = number,
                             .made_us = mixer->tick * AUDIO_BLOCK_US,
                             .is_terminator = is_terminator };
    for (size_t i = 0; i < hall->n_seats; i++)
        if (sees(hall->seats[i], speaker->seat, speaker->booths))
            deliver_to(mixer, hall->seats[i], speaker->session, &parcel);
    deliver_rest(mixer, &parcel);
    speaker->seat->shown_until = number + INDICATOR_BLOCKS;
    speaker->is_shown = !is_terminator;
}

static bool is_to_be_shown(const struct speaker *speaker, const struct floor_state *floor)
{
    if (!speaker->is_playing || !speaker->info.is_voice || speaker->seat == NULL)
        return false;
    return speaker->booths != 0 || speaker->session == floor->holder ||
           speaker->session == floor->second || speaker->seat->place.kind == PLACE_BOOTH;
}

void indicate_speakers(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    struct floor_state floor = meeting_floor_state(hall->meeting);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &hall->speakers[i];
        if (speaker->session == 0)
            continue;
        if (!is_to_be_shown(speaker, &floor)) {
            indicate_end(mixer, hall, speaker);
        } else if (tick - speaker->seat->shown_tick >= INDICATOR_TICKS) {
            indicate(mixer, hall, speaker, false);
            speaker->seat->shown_tick = tick;
        }
    }
}

void indicate_end(struct mixer *mixer, struct hall *hall, struct speaker *speaker)
{
    if (speaker->is_shown)
        indicate(mixer, hall, speaker, true);
}
