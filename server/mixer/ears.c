// SPDX-License-Identifier: BSD-3-Clause
//
// The ears of interpreters: guards in what booths hear, and music, for which they are off.
#include "mixer/mixer_int.h"

#define TRIP_TICKS 100 // the same howl in several booths is counted once

// After the voices, before our own tones and the limiter.
void ears_guard(struct hall *hall, struct mix *mix, uint64_t tick)
{
    guard_process(mix->guard, mix->block, hall->is_music);
    const uint32_t n_trips = guard_n_trips(mix->guard);
    if (n_trips == mix->n_trips)
        return;
    if (hall->n_guard_trips == 0 || tick - hall->tripped_tick > TRIP_TICKS)
        hall->n_guard_trips++;
    mix->n_trips = n_trips;
    hall->tripped_tick = tick;
}

static void set_music(struct hall *hall)
{
    const bool is_music =
        hall->music_choice >= 0 ? hall->music_choice != 0 : hall->is_music_detected;
    hall->is_shown_old = hall->is_shown_old || is_music != hall->is_music;
    hall->is_music = is_music;
}

void ears_choose_music(struct hall *hall, int32_t value)
{
    hall->music_choice = value < 0 ? -1 : value != 0;
    hall->is_shown_old = true;
    set_music(hall);
}

static bool is_guarding(const struct hall *hall)
{
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        if (mix->is_booth && guard_is_busy(mix->guard))
            return true;
    return false;
}

// While a guard has hold of something, nothing is taken for music: it would let go.
void ears_listen(struct hall *hall)
{
    if (is_guarding(hall))
        music_reset(hall->music);
    hall->is_music_detected = music_push(hall->music, hall->floor_block);
    set_music(hall);
}

void ears_rest(struct hall *hall)
{
    music_reset(hall->music);
    hall->is_music_detected = false;
    set_music(hall);
}
