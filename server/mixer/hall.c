// SPDX-License-Identifier: BSD-3-Clause
#include "mixer/mixer_int.h"

#include <stdlib.h>
#include <string.h>

// ---- finding
// -----------------------------------------------------------------------------------------------------------------

static struct hall *find_hall(struct mixer *mixer, uint32_t id)
{
    struct hall *hall = mixer->halls;
    while (hall != NULL && hall->id != id)
        hall = hall->next;
    return hall;
}

struct seat *hall_seat(struct hall *hall, uint32_t session)
{
    for (size_t i = 0; i < hall->n_seats; i++)
        if (hall->seats[i].session == session)
            return &hall->seats[i];
    return NULL;
}

struct speaker *hall_speaker(struct hall *hall, uint32_t session)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session == session)
            return &hall->speakers[i];
    return NULL;
}

// ---- seats
// -------------------------------------------------------------------------------------------------------------------

static uint32_t voice_of_place(const struct hall *hall, struct place place)
{
    if (place.kind == PLACE_TRACK && place.index < TRACKS_LANGS_MAX)
        return hall->track_sessions[place.index];
    if (place.kind == PLACE_BOOTH && place.index < TRACKS_BOOTHS_MAX)
        return hall->booth_sessions[place.index];
    return 0;
}

static void take_seat_away(struct mixer *mixer, struct hall *hall, uint32_t session)
{
    struct seat *seat = hall_seat(hall, session);
    if (seat == NULL)
        return;
    assign_forget_seat(mixer, hall, seat);
    size_t index = (size_t)(seat - hall->seats);
    memmove(seat, seat + 1, (hall->n_seats - index - 1) * sizeof(*seat));
    hall->n_seats--;
    hall->must_assign = true;
}

static void put_seat(struct mixer *mixer, struct hall *hall, const struct seat *fresh)
{
    take_seat_away(mixer, hall, fresh->session);
    if (hall->n_seats == hall->cap_seats) {
        size_t cap = hall->cap_seats != 0 ? 2 * hall->cap_seats : 16;
        struct seat *grown = realloc(hall->seats, cap * sizeof(*grown));
        if (grown == NULL) {
            log_error("mixer", "a listener gets no sound", "session=%u reason=memory",
                      fresh->session);
            return;
        }
        hall->seats = grown;
        hall->cap_seats = cap;
    }
    size_t at = hall->n_seats;
    while (at > 0 && (hall->seats[at - 1].from > fresh->from ||
                      (hall->seats[at - 1].from == fresh->from &&
                       hall->seats[at - 1].session > fresh->session)))
        at--;
    memmove(&hall->seats[at + 1], &hall->seats[at], (hall->n_seats - at) * sizeof(*fresh));
    hall->seats[at] = *fresh;
    hall->n_seats++;
    hall->must_assign = true;
}

// A new tier or a new epoch keeps the stream that the seat plays until a frame's end; a new place
// begins anew.
static void join(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
                 uint64_t now_us)
{
    int result = meeting_join(hall->meeting, command->session, command->join.place, now_us);
    if (result != 0)
        log_warn("mixer", "not in the meeting", "session=%u reason=\"%s\"", command->session,
                 tracks_error_text(result));
    struct seat *old = hall_seat(hall, command->session);
    struct place place = command->join.place;
    if (old != NULL && old->place.kind == place.kind && old->place.index == place.index) {
        old->epoch = command->join.epoch;
        old->tier = command->join.tier;
        old->is_listening = command->join.is_listening;
        hall->must_assign = true;
        return;
    }
    struct seat seat = { .session = command->session,
                         .epoch = command->join.epoch,
                         .from = voice_of_place(hall, place),
                         .thread = command->join.thread,
                         .tier = command->join.tier,
                         .place = place,
                         .is_listening = command->join.is_listening };
    put_seat(mixer, hall, &seat);
}

static void end_speaker(struct mixer *mixer, struct hall *hall, struct speaker *speaker,
                        uint64_t now_us)
{
    meeting_silent(hall->meeting, speaker->session, speaker->had_terminator, now_us);
    deliver_indicator_end(mixer, hall, speaker);
    size_t slot = (size_t)(speaker - hall->speakers);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix->has_target[slot] = false;
    pool_source_back(&mixer->pool, speaker->source);
    *speaker = (struct speaker){ 0 };
    hall->n_speakers--;
    hall->must_assign = true;
}

static void leave(struct mixer *mixer, struct hall *hall, uint32_t session, uint64_t now_us)
{
    struct speaker *speaker = hall_speaker(hall, session);
    if (speaker != NULL)
        end_speaker(mixer, hall, speaker, now_us);
    take_seat_away(mixer, hall, session);
    meeting_leave(hall->meeting, session, now_us);
}

// ---- commands
// ------------------------------------------------------------------------------------------------------------------

static void add_hall(struct mixer *mixer, const struct mixer_command *command, uint64_t now_us)
{
    struct hall *hall = calloc(1, sizeof(*hall));
    if (hall != NULL)
        hall->meeting = meeting_new(&command->meeting_add.config, now_us);
    if (hall == NULL || hall->meeting == NULL) {
        log_error("mixer", "a meeting cannot run", "meeting=%u", command->meeting);
        free(hall);
        return;
    }
    hall->id = command->meeting;
    memcpy(hall->track_sessions, command->meeting_add.track_sessions, sizeof(hall->track_sessions));
    memcpy(hall->booth_sessions, command->meeting_add.booth_sessions, sizeof(hall->booth_sessions));
    hall->base_tick = now_us / AUDIO_BLOCK_US;
    // Meetings are staggered, so that not all of them encode in the same tick; within one all
    // frames share a grid, or listeners could never change from one encoder to another.
    hall->phase = (uint8_t)(hall->id % 12);
    hall->next = mixer->halls;
    mixer->halls = hall;
}

static void remove_hall(struct mixer *mixer, uint32_t id)
{
    for (struct hall **at = &mixer->halls; *at != NULL; at = &(*at)->next) {
        if ((*at)->id != id)
            continue;
        struct hall *hall = *at;
        *at = hall->next;
        hall_free(mixer, hall);
        return;
    }
}

void hall_free(struct mixer *mixer, struct hall *hall)
{
    assign_clear(mixer, hall);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].source != NULL)
            pool_source_back(&mixer->pool, hall->speakers[i].source);
    meeting_free(hall->meeting);
    free(hall->seats);
    free(hall->classes);
    free(hall);
}

static int other_language(const struct hall *hall, uint32_t session)
{
    for (size_t i = 0; i < hall->n_seats; i++)
        if (hall->seats[i].session == session && hall->seats[i].place.kind == PLACE_BOOTH)
            return meeting_booth_state(hall->meeting, hall->seats[i].place.index).incoming;
    return -1;
}

static void act(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
                uint64_t now_us)
{
    struct meeting *meeting = hall->meeting;
    struct mixer_event result = { .kind = MIXER_EVENT_RESULT,
                                  .meeting = hall->id,
                                  .session = command->session,
                                  .token = command->token };
    if (command->kind == MIXER_CMD_AIR)
        result.result = meeting_go_on_air(meeting, command->session, now_us);
    else if (command->kind == MIXER_CMD_OFF_AIR)
        result.result = meeting_go_off_air(meeting, command->session, now_us);
    else if (command->kind == MIXER_CMD_TAKE)
        result.result = meeting_take(meeting, command->session, now_us);
    else
        result.result = meeting_set_outgoing(
            meeting, command->session,
            command->value >= 0 ? command->value : other_language(hall, command->session), now_us);
    hall_events(mixer, hall);
    mixer_event(mixer, &result);
}

void hall_command(struct mixer *mixer, const struct mixer_command *command, uint64_t now_us)
{
    struct hall *hall = find_hall(mixer, command->meeting);
    if (command->kind == MIXER_CMD_FENCE) {
        mixer_event(mixer,
                    &(struct mixer_event){ .kind = MIXER_EVENT_FENCE, .token = command->token });
        return;
    }
    if (command->kind == MIXER_CMD_MEETING_ADD) {
        add_hall(mixer, command, now_us);
        return;
    }
    if (hall == NULL)
        return;
    struct meeting *meeting = hall->meeting;
    switch (command->kind) {
    case MIXER_CMD_MEETING_REMOVE:
        remove_hall(mixer, command->meeting);
        break;
    case MIXER_CMD_JOIN:
        join(mixer, hall, command, now_us);
        break;
    case MIXER_CMD_LEAVE:
        leave(mixer, hall, command->session, now_us);
        break;
    case MIXER_CMD_SPOKEN:
        meeting_set_spoken(meeting, command->session, command->value, now_us);
        break;
    case MIXER_CMD_UNDERSTOOD:
        meeting_set_understood(meeting, command->session, (uint32_t)command->value, now_us);
        break;
    case MIXER_CMD_DUCK:
        meeting_set_duck(meeting, command->session, command->value, now_us);
        break;
    case MIXER_CMD_PARTNER_LEVEL:
        meeting_set_partner_level(meeting, command->session, command->value, now_us);
        break;
    case MIXER_CMD_MUTED:
        meeting_set_muted(meeting, command->session, command->value != 0, now_us);
        break;
    case MIXER_CMD_AIR:
    case MIXER_CMD_OFF_AIR:
    case MIXER_CMD_TAKE:
    case MIXER_CMD_OUT:
        act(mixer, hall, command, now_us);
        break;
    case MIXER_CMD_MEETING_ADD:
    case MIXER_CMD_FENCE:
        break;
    }
}

// ---- voice
// ---------------------------------------------------------------------------------------------------------------------

static struct speaker *start_speaker(struct mixer *mixer, struct hall *hall, uint32_t session)
{
    struct speaker *speaker = hall_speaker(hall, 0); // a free place
    if (speaker == NULL || hall_seat(hall, session) == NULL)
        return NULL;
    struct source *source = pool_source(&mixer->pool);
    if (source == NULL)
        return NULL;
    *speaker =
        (struct speaker){ .session = session, .source = source, .loudness_db = AUDIO_SILENCE_DB };
    hall->n_speakers++;
    hall->must_assign = true;
    return speaker;
}

void hall_frame(struct mixer *mixer, const struct voice_frame *frame, uint64_t now_us)
{
    struct hall *hall = find_hall(mixer, frame->meeting);
    if (hall == NULL || (now_us > frame->arrived_us && now_us - frame->arrived_us > FRAME_STALE_US))
        return;
    struct speaker *speaker = hall_speaker(hall, frame->session);
    if (speaker == NULL && !frame->is_terminator)
        speaker = start_speaker(mixer, hall, frame->session);
    if (speaker == NULL) {
        hall->dropped++;
        return;
    }
    struct span opus = { frame->bytes, frame->n_bytes };
    if (source_put(speaker->source, frame->frame_number, opus, frame->is_terminator,
                   frame->arrived_us) != 0) {
        hall->dropped++;
        return;
    }
    speaker->had_terminator = frame->is_terminator;
    meeting_packet(hall->meeting, frame->session, now_us);
    mixer_wake_clock(mixer);
}

// ---- the tick
// --------------------------------------------------------------------------------------------------------------------

static void play_speakers(struct mixer *mixer, struct hall *hall, uint64_t now_us)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &hall->speakers[i];
        if (speaker->session == 0)
            continue;
        speaker->is_playing = source_get(speaker->source, now_us, speaker->block, &speaker->info);
        if (speaker->is_playing) {
            meeting_voice(hall->meeting, speaker->session, speaker->info.is_voice,
                          speaker->info.level_db, now_us);
            float step = speaker->info.level_db > speaker->loudness_db ? 0.3f : 0.02f;
            speaker->loudness_db += step * (speaker->info.level_db - speaker->loudness_db);
        } else if (source_state(speaker->source) == SOURCE_IDLE) {
            end_speaker(mixer, hall, speaker, now_us);
        }
    }
}

// At most MIXER_SOURCES_MAX voices are mixed. One that is in keeps its place against one that is
// not 3 dB stronger.
static void choose_strongest(struct hall *hall)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &hall->speakers[i];
        unsigned n_stronger = 0;
        for (unsigned k = 0; k < SPEAKERS_MAX && hall->n_speakers > MIXER_SOURCES_MAX; k++) {
            const struct speaker *other = &hall->speakers[k];
            float lead = other->is_mixed && !speaker->is_mixed ? 3.0f : 0.0f;
            if (k != i && other->session != 0 && other->loudness_db + lead > speaker->loudness_db)
                n_stronger++;
        }
        bool is_mixed = speaker->session != 0 && n_stronger < MIXER_SOURCES_MAX;
        if (is_mixed != speaker->is_mixed)
            hall->must_assign = true;
        speaker->is_mixed = is_mixed;
    }
}

bool hall_tick(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    uint64_t now_us = tick * AUDIO_BLOCK_US;
    play_speakers(mixer, hall, now_us);
    meeting_advance(hall->meeting, now_us);
    choose_strongest(hall);
    if (hall->must_assign || meeting_revision(hall->meeting) != hall->revision)
        assign_seats(mixer, hall, tick);
    else if (tick % MERGE_TICKS == 0)
        assign_merge(mixer, hall);
    bool is_active = hall->n_speakers > 0;
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next) {
        mix_run(hall, mix, tick);
        deliver_mix(mixer, hall, mix, tick);
        is_active = is_active || mix_is_audible(hall, mix);
    }
    deliver_indicators(mixer, hall, tick);
    return is_active;
}

void hall_events(struct mixer *mixer, struct hall *hall)
{
    struct mixer_event event = { .kind = MIXER_EVENT_TRACK, .meeting = hall->id };
    while (meeting_next_event(hall->meeting, &event.track)) {
        event.session = event.track.session;
        mixer_event(mixer, &event);
    }
}
