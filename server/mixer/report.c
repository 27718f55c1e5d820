// SPDX-License-Identifier: BSD-3-Clause
//
// What control is told beside events: the display of a meeting, and its figures.
#include "mixer/mixer_int.h"

#include <string.h>

// ---- the display --------------------------------------------------------------------------------

// By field: what lies between them may differ.
static bool equal_floors(const struct floor_state *a, const struct floor_state *b)
{
    return a->holder == b->holder && a->second == b->second && a->given == b->given &&
           a->lang == b->lang && a->pivot == b->pivot && a->is_drained == b->is_drained;
}

static bool equal_tracks(const struct track_state *a, const struct track_state *b)
{
    return a->depth == b->depth && a->booth == b->booth && a->delay_ms == b->delay_ms &&
           a->n_people == b->n_people && a->is_covered == b->is_covered &&
           a->is_uncovered == b->is_uncovered;
}

static bool equal_booths(const struct booth_state *a, const struct booth_state *b)
{
    return a->on_air == b->on_air && a->successor == b->successor && a->handover == b->handover &&
           a->n_interpreters == b->n_interpreters && a->incoming == b->incoming &&
           a->outgoing == b->outgoing && a->depth == b->depth && a->relay == b->relay &&
           a->is_resting == b->is_resting && a->is_pending == b->is_pending &&
           a->is_interpreting == b->is_interpreting && a->is_coughing == b->is_coughing &&
           a->is_relay == b->is_relay && a->wanted_outgoing == b->wanted_outgoing &&
           a->span_ms == b->span_ms && a->on_air_since_us == b->on_air_since_us;
}

static bool equal_states(const struct mixer_event_state *a, const struct mixer_event_state *b)
{
    bool is_equal = a->head.kind == b->head.kind && a->is_music == b->is_music &&
                    equal_floors(&a->floor, &b->floor);
    for (size_t i = 0; i < TRACKS_LANGS_MAX; i++)
        is_equal = is_equal && equal_tracks(&a->tracks[i], &b->tracks[i]);
    for (size_t i = 0; i < TRACKS_BOOTHS_MAX; i++)
        is_equal = is_equal && equal_booths(&a->booths[i], &b->booths[i]);
    return is_equal;
}

static struct mixer_event_state state_of(const struct hall *hall)
{
    const struct meeting *meeting = hall->meeting;
    const struct meeting_config *config = meeting_config(meeting);
    struct mixer_event_state state = {
        .head = { .kind = MIXER_EVENT_STATE, .meeting = hall->id },
        .floor = meeting_floor_state(meeting),
        .is_music = hall->is_music,
    };
    for (uint8_t i = 0; i < config->n_langs; i++)
        state.tracks[i] = meeting_track_state(meeting, i);
    for (uint8_t i = 0; i < config->n_booths; i++)
        state.booths[i] = meeting_booth_state(meeting, i);
    return state;
}

// When it is to be looked at; UINT64_MAX: nothing can have changed.
uint64_t report_due_us(const struct hall *hall)
{
    const bool is_old = hall->is_shown_old || !hall->is_at_rest ||
                        hall->shown_revision != meeting_revision(hall->meeting);
    return is_old ? hall->shown_us + REPORT_US : UINT64_MAX;
}

void report_state(struct mixer *mixer, struct hall *hall, uint64_t now_us)
{
    if (now_us < report_due_us(hall))
        return;
    hall->shown_us = now_us;
    hall->is_shown_old = false;
    hall->shown_revision = meeting_revision(hall->meeting);
    const struct mixer_event_state state = state_of(hall);
    if (equal_states(&state, &hall->shown))
        return;
    hall->shown = state;
    mixer_event_sized(mixer, &state.head, sizeof(state));
}

// ---- figures ------------------------------------------------------------------------------------

// They differ by their ducks alone: the first listener's will do.
static const struct mix *mix_of_track(const struct hall *hall, uint8_t track)
{
    for (size_t i = 0; i < hall->n_seats; i++) {
        const struct seat *seat = hall->seats[i];
        if (seat->place.kind == PLACE_TRACK && seat->place.index == track && seat->have.mix != NULL)
            return seat->have.mix;
    }
    return hall->taps[1 + track];
}

static uint16_t count_encoders(const struct hall *hall)
{
    uint16_t n = 0;
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (unsigned slot = 0; slot < SLOTS; slot++)
            n = (uint16_t)(n + mix->streams[slot].is_open);
    return n;
}

void report_figures(struct mixer *mixer, struct hall *hall, uint64_t token, uint64_t now_us)
{
    struct mixer_event_figures figures = {
        .head = { .kind = MIXER_EVENT_FIGURES, .meeting = hall->id, .token = token },
        .n_guard_trips = hall->n_guard_trips,
        .n_encoders = count_encoders(hall),
        .load = load_now(mixer, now_us),
    };
    meeting_figures(hall->meeting, &figures.meeting);
    for (uint8_t i = 0; i < TRACKS_LANGS_MAX; i++) {
        const struct mix *mix = mix_of_track(hall, i);
        figures.track_db[i] =
            mix != NULL ? audio_rms_db(mix->block, AUDIO_BLOCK_SAMPLES) : AUDIO_SILENCE_DB;
    }
    mixer_event_sized(mixer, &figures.head, sizeof(figures));
}
