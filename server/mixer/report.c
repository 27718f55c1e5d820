// SPDX-License-Identifier: BSD-3-Clause
//
// What control is told beside events: the display of a meeting, and its figures.
#include "mixer/mixer_int.h"

#include <string.h>

static void send_state(struct mixer *mixer, struct hall *hall)
{
    const struct meeting *meeting = hall->meeting;
    const struct meeting_config *config = meeting_config(meeting);
    struct mixer_event_state state;
    memset(&state, 0, sizeof(state));
    state.head = (struct mixer_event){ .kind = MIXER_EVENT_STATE, .meeting = hall->id };
    state.floor = meeting_floor_state(meeting);
    for (uint8_t i = 0; i < config->n_langs; i++)
        state.tracks[i] = meeting_track_state(meeting, i);
    for (uint8_t i = 0; i < config->n_booths; i++)
        state.booths[i] = meeting_booth_state(meeting, i);
    mixer_event_sized(mixer, &state.head, sizeof(state));
}

// Returns when it is due; UINT64_MAX: nothing has changed.
uint64_t report_due_us(const struct hall *hall)
{
    const bool is_old =
        hall->is_shown_old || hall->shown_revision != meeting_revision(hall->meeting);
    return is_old ? hall->shown_us + REPORT_US : UINT64_MAX;
}

void report_state(struct mixer *mixer, struct hall *hall, uint64_t now_us)
{
    if (now_us < report_due_us(hall))
        return;
    hall->shown_us = now_us;
    hall->is_shown_old = false;
    hall->shown_revision = meeting_revision(hall->meeting);
    send_state(mixer, hall);
}

// The loudest of the mixes that a track's listeners hear.
static float track_level_db(const struct hall *hall, uint8_t track)
{
    float level_db = AUDIO_SILENCE_DB;
    for (size_t i = 0; i < hall->n_seats; i++) {
        const struct seat *seat = hall->seats[i];
        if (seat->place.kind != PLACE_TRACK || seat->place.index != track || seat->have.mix == NULL)
            continue;
        const float here_db = audio_rms_db(seat->have.mix->block, AUDIO_BLOCK_SAMPLES);
        level_db = here_db > level_db ? here_db : level_db;
        break; // they differ by their ducks alone
    }
    return level_db;
}

void report_figures(struct mixer *mixer, struct hall *hall, uint64_t token)
{
    struct mixer_event_figures figures;
    memset(&figures, 0, sizeof(figures));
    figures.head =
        (struct mixer_event){ .kind = MIXER_EVENT_FIGURES, .meeting = hall->id, .token = token };
    meeting_figures(hall->meeting, &figures.meeting);
    for (uint8_t i = 0; i < TRACKS_LANGS_MAX; i++)
        figures.track_db[i] = track_level_db(hall, i);
    mixer_event_sized(mixer, &figures.head, sizeof(figures));
}
