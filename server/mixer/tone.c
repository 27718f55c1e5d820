// SPDX-License-Identifier: BSD-3-Clause
//
// Soft tones for interpreters. A tone is a voice that only those have in their mix whom it is for:
// groups part and merge for it as for any voice, so nobody else's sound changes.
#include "mixer/mixer_int.h"

#include <string.h>

#define TONE_SESSION UINT32_MAX

static bool is_for(const struct tone *tone, const struct seat *seat)
{
    return seat->place.kind == PLACE_BOOTH && seat->place.index == tone->booth &&
           seat->session != tone->except && (tone->only == 0 || seat->session == tone->only);
}

uint32_t tones_for(const struct hall *hall, const struct seat *seat)
{
    uint32_t tones = 0;
    for (unsigned i = 0; i < TONES_MAX && hall->n_tones > 0; i++)
        if (hall->speakers[SPEAKERS_MAX + i].session != 0 && is_for(&hall->tones[i], seat))
            tones |= 1u << i;
    return tones;
}

static bool has_hearer(const struct hall *hall, const struct tone *tone)
{
    for (size_t i = 0; i < hall->n_seats && hall->n_in_booths > 0; i++)
        if (hall->seats[i]->is_listening && is_for(tone, hall->seats[i]))
            return true;
    return false;
}

static bool is_same(const struct tone *a, const struct tone *b)
{
    return a->kind == b->kind && a->booth == b->booth && a->only == b->only &&
           a->except == b->except;
}

// The same tone twice is one.
void tone_start(struct mixer *mixer, struct hall *hall, struct tone tone, uint64_t now_us)
{
    struct speaker *voice = NULL;
    if (!has_hearer(hall, &tone))
        return;
    for (unsigned i = 0; i < TONES_MAX; i++) {
        struct speaker *place = &hall->speakers[SPEAKERS_MAX + i];
        if (place->session != 0 && is_same(&hall->tones[i], &tone))
            return;
        if (place->session == 0)
            voice = place;
    }
    if (voice == NULL)
        return;
    *voice = (struct speaker){ .session = TONE_SESSION, .is_mixed = true };
    hall->tones[voice - hall->speakers - SPEAKERS_MAX] = tone;
    hall->n_tones++;
    hall->must_assign = true;
    hall->is_at_rest = false;
    mixer_wake_clock(mixer, now_us);
}

static void end_tone(struct hall *hall, unsigned i)
{
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix->has_target[SPEAKERS_MAX + i] = false;
    hall->speakers[SPEAKERS_MAX + i] = (struct speaker){ 0 };
    hall->n_tones--;
    hall->must_assign = true;
}

void tone_play(struct hall *hall)
{
    for (unsigned i = 0; i < TONES_MAX && hall->n_tones > 0; i++) {
        struct speaker *voice = &hall->speakers[SPEAKERS_MAX + i];
        if (voice->session == 0)
            continue;
        memset(voice->block, 0, sizeof(voice->block));
        voice->is_playing =
            tone_add((unsigned)hall->tones[i].kind, hall->tones[i].n_blocks++, voice->block);
        if (!voice->is_playing)
            end_tone(hall, i);
    }
}

// ---- when ---------------------------------------------------------------------------------------

// To an interpreter; or to everybody in the booth whose own user the session is.
void tone_signal(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
                 uint64_t now_us)
{
    struct tone tone = { .only = command->session };
    const struct seat *seat = hall_seat(hall, command->session);
    if (command->value < 0 || command->value >= MIXER_TONES || command->session == 0)
        return;
    tone.kind = (enum mixer_tone)command->value;
    if (seat != NULL) {
        tone.booth = seat->place.index;
        tone_start(mixer, hall, tone, now_us);
        return;
    }
    for (uint8_t i = 0; i < TRACKS_BOOTHS_MAX; i++)
        if (hall->booth_sessions[i] == command->session)
            tone_start(mixer, hall, (struct tone){ .kind = tone.kind, .booth = i }, now_us);
}

// Who acted knows it already.
static bool tone_of(const struct hall *hall, const struct track_event *event, struct tone *tone)
{
    *tone = (struct tone){ .kind = MIXER_TONE_ALERT, .booth = event->booth };
    switch (event->kind) {
    case TRACK_EVENT_DIRECTION:
    case TRACK_EVENT_RESTING:
        tone->kind = MIXER_TONE_TURN;
        return hall->was_staffed[event->booth];
    case TRACK_EVENT_OFF_AIR:
        tone->except = event->session;
        return event->value != 0; // left, or vanished
    case TRACK_EVENT_COUGH_LONG:
        tone->except = event->session;
        return true;
    case TRACK_EVENT_HANDOVER:
        tone->except = event->session;
        return event->value == HANDOVER_ASKED || event->value == HANDOVER_OFFERED;
    case TRACK_EVENT_TIMER:
        tone->kind = MIXER_TONE_TIMER;
        return true;
    case TRACK_EVENT_FLOOR:
    case TRACK_EVENT_SPEAKING:
    case TRACK_EVENT_ON_AIR:
    case TRACK_EVENT_INTERPRETING:
    case TRACK_EVENT_TURN_PENDING:
    case TRACK_EVENT_UNCOVERED:
    case TRACK_EVENT_COVERED:
    case TRACK_EVENT_SUSPECT:
    case TRACK_EVENT_PATH:
    case TRACK_EVENT_DRAINED:
    case TRACK_EVENT_SEATED:
    case TRACK_EVENT_HEARD:
    case TRACK_EVENT_KINDS:
        break;
    }
    return false;
}

void tone_event(struct mixer *mixer, struct hall *hall, const struct track_event *event,
                uint64_t now_us)
{
    struct tone tone;
    if (tone_of(hall, event, &tone))
        tone_start(mixer, hall, tone, now_us);
}
