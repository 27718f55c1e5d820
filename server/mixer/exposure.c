// SPDX-License-Identifier: BSD-3-Clause
//
// What reaches the ears of interpreters: of each, the mix that goes to their encoder.
#include "mixer/mixer_int.h"

#include <stdlib.h>

#define CATCH_UP_TICKS 16 // of a silence in which nothing ran, counted in one tick

void exposure_seat(struct seat *seat, uint64_t tick)
{
    if (seat->place.kind != PLACE_BOOTH || seat->exposure != NULL)
        return;
    seat->exposure = calloc(1, sizeof(*seat->exposure));
    seat->exposed_tick = tick;
}

static void count_silence(struct seat *seat, uint64_t tick)
{
    static const float silence[AUDIO_BLOCK_SAMPLES];
    for (unsigned n = 0; seat->exposed_tick + 1 < tick && n < CATCH_UP_TICKS; n++) {
        exposure_push(seat->exposure, silence);
        seat->exposed_tick++;
    }
}

static void measure(struct mixer *mixer, struct hall *hall, struct seat *seat, uint64_t tick)
{
    const struct mix *mix = seat->have.mix;
    count_silence(seat, tick);
    if (mix == NULL || !mix->streams[seat->have.slot].is_open)
        return; // counted later, as silence
    exposure_push(seat->exposure, mix->block);
    seat->exposed_tick++;
    if (++seat->heard_ticks < EXPOSURE_TICKS)
        return;
    seat->heard_ticks = 0;
    mixer_event(mixer,
                &(struct mixer_event){ .kind = MIXER_EVENT_EXPOSURE,
                                       .meeting = hall->id,
                                       .session = seat->session,
                                       .leq_minute_db = exposure_minute_db(seat->exposure),
                                       .leq_session_db = exposure_session_db(seat->exposure) });
}

void exposure_measure(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    for (size_t i = 0; i < hall->n_seats && hall->n_in_booths > 0; i++)
        if (hall->seats[i]->exposure != NULL)
            measure(mixer, hall, hall->seats[i], tick);
}
