// SPDX-License-Identifier: BSD-3-Clause
//
// When may a listener of the floor change between direct and mixed voices? The mix lags behind by
// its jitter buffer and its frame, so in mid-speech a piece would be heard twice, or not at all.
#include "mixer/mixer_int.h"

#define PAUSE_TICKS (MIXER_PAUSE_MS * 1000 / AUDIO_BLOCK_US)

// The hall ticks until it is answered, also where nobody sounds: what is said directly meanwhile is
// on its way here only from now on.
void pause_ask(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
               uint64_t now_us)
{
    struct seat *seat = hall_seat(hall, command->session);
    const uint64_t latest_ms = command->value > 0 ? (uint64_t)command->value : 0;
    if (seat == NULL)
        return;
    mixer_wake_clock(mixer, now_us);
    hall->is_at_rest = false;
    hall->n_pauses_asked += seat->pause_until_tick == 0;
    seat->pause_from_tick = mixer->tick;
    seat->pause_until_tick = mixer->tick + 1 + latest_ms * 1000 / AUDIO_BLOCK_US;
}

void pause_forget(struct hall *hall, struct seat *seat)
{
    hall->n_pauses_asked -= seat->pause_until_tick != 0;
    seat->pause_until_tick = 0;
}

static bool has_floor_voice(const struct hall *hall)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        const struct speaker *speaker = &hall->speakers[i];
        if (speaker->session != 0 && speaker->is_playing && speaker->info.is_voice &&
            (speaker->seat == NULL || speaker->seat->place.kind != PLACE_BOOTH))
            return true;
    }
    return false;
}

void pause_look(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    if (has_floor_voice(hall))
        hall->floor_voice_tick = tick;
    for (size_t i = 0; i < hall->n_seats && hall->n_pauses_asked > 0; i++) {
        struct seat *seat = hall->seats[i];
        const uint64_t since = hall->floor_voice_tick > seat->pause_from_tick
                                   ? hall->floor_voice_tick
                                   : seat->pause_from_tick;
        if (seat->pause_until_tick == 0 ||
            (tick - since < PAUSE_TICKS && tick < seat->pause_until_tick))
            continue;
        pause_forget(hall, seat);
        mixer_event(mixer, &(struct mixer_event){ .kind = MIXER_EVENT_PAUSE,
                                                  .meeting = hall->id,
                                                  .session = seat->session });
    }
}
