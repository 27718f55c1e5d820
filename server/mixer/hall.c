// SPDX-License-Identifier: BSD-3-Clause
#include "mixer/mixer_int.h"

#include <stdlib.h>
#include <string.h>

// ---- finding ------------------------------------------------------------------------------------

struct hall *hall_find(struct mixer *mixer, uint32_t id)
{
    struct hall *hall = mixer->halls;
    while (hall != NULL && hall->id != id)
        hall = hall->next;
    return hall;
}

// Where this session stands among the seats by session, or would stand.
static size_t session_index(const struct hall *hall, uint32_t session)
{
    size_t low = 0, high = hall->n_seats;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hall->by_session[middle]->session < session)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Likewise among the seats in the order of delivery.
static size_t order_index(const struct hall *hall, uint32_t from, uint32_t session)
{
    size_t low = 0, high = hall->n_seats;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct seat *seat = hall->seats[middle];
        if (seat->from < from || (seat->from == from && seat->session < session))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct seat *hall_seat(const struct hall *hall, uint32_t session)
{
    size_t i = session_index(hall, session);
    return i < hall->n_seats && hall->by_session[i]->session == session ? hall->by_session[i]
                                                                        : NULL;
}

bool frame_begins(const struct hall *hall, enum tier tier, uint64_t tick)
{
    return (tick + hall->phase) % tier_spec(tier)->frame_blocks == 0;
}

enum tier slot_tier(unsigned slot)
{
    return (enum tier)(slot % TIERS);
}

// ---- seats --------------------------------------------------------------------------------------

static uint32_t voice_of(const struct hall *hall, const struct mixer_command *command)
{
    const struct place place = command->join.place;
    if (place.kind == PLACE_TRACK && place.index < TRACKS_LANGS_MAX)
        return hall->track_sessions[place.index];
    if (place.kind == PLACE_BOOTH && place.index < TRACKS_BOOTHS_MAX)
        return hall->booth_sessions[place.index];
    return place.kind == PLACE_FLOOR ? command->join.from : 0;
}

static void remove_at(struct seat **seats, size_t n, size_t at)
{
    memmove(&seats[at], &seats[at + 1], (n - at - 1) * sizeof(struct seat *));
}

static void insert_at(struct seat **seats, size_t n, size_t at, struct seat *seat)
{
    memmove(&seats[at + 1], &seats[at], (n - at) * sizeof(struct seat *));
    seats[at] = seat;
}

static void unlink_seat(struct hall *hall, const struct seat *seat)
{
    remove_at(hall->seats, hall->n_seats, order_index(hall, seat->from, seat->session));
    remove_at(hall->by_session, hall->n_seats, session_index(hall, seat->session));
    hall->n_seats--;
    hall->n_in_booths -= seat->place.kind == PLACE_BOOTH;
}

static void link_seat(struct hall *hall, struct seat *seat)
{
    insert_at(hall->seats, hall->n_seats, order_index(hall, seat->from, seat->session), seat);
    insert_at(hall->by_session, hall->n_seats, session_index(hall, seat->session), seat);
    hall->n_seats++;
    hall->n_in_booths += seat->place.kind == PLACE_BOOTH;
}

static bool grow_seats(struct hall *hall)
{
    if (hall->n_seats < hall->cap_seats)
        return true;
    size_t cap = hall->cap_seats != 0 ? 2 * hall->cap_seats : 16;
    struct seat **seats = realloc(hall->seats, cap * sizeof(struct seat *));
    if (seats != NULL)
        hall->seats = seats;
    struct seat **by_session = realloc(hall->by_session, cap * sizeof(struct seat *));
    if (by_session != NULL)
        hall->by_session = by_session;
    if (seats == NULL || by_session == NULL)
        return false;
    hall->cap_seats = cap;
    return true;
}

static void free_seat(struct mixer *mixer, struct seat *seat)
{
    pool_kept_back(&mixer->pool, seat->kept);
    free(seat->exposure);
    free(seat);
}

static void leave(struct mixer *mixer, struct hall *hall, uint32_t session, uint64_t now_us)
{
    struct seat *seat = hall_seat(hall, session);
    if (seat != NULL) {
        speaker_cut(mixer, hall, seat, now_us);
        assign_forget_seat(mixer, hall, seat);
        pause_forget(hall, seat);
        unlink_seat(hall, seat);
        free_seat(mixer, seat);
    }
    meeting_leave(hall->meeting, session, now_us);
}

// Hears nothing until it is assigned again. What is waiting of the voice was said where it was
// said: it does not go along into a booth, nor out of one.
static void move_seat(struct mixer *mixer, struct hall *hall, struct seat *seat,
                      const struct mixer_command *command, uint64_t now_us)
{
    const struct place place = command->join.place;
    if (place.kind == PLACE_BOOTH || seat->place.kind == PLACE_BOOTH)
        speaker_cut(mixer, hall, seat, now_us);
    assign_forget_seat(mixer, hall, seat);
    unlink_seat(hall, seat);
    seat->place = place;
    seat->from = voice_of(hall, command);
    link_seat(hall, seat);
}

static struct seat *add_seat(struct hall *hall, const struct mixer_command *command)
{
    struct seat *seat = grow_seats(hall) ? calloc(1, sizeof(*seat)) : NULL;
    if (seat == NULL)
        return NULL;
    seat->session = command->session;
    seat->place = command->join.place;
    seat->from = voice_of(hall, command);
    link_seat(hall, seat);
    return seat;
}

// A new tier or a new epoch keeps the stream that the seat plays until a frame's end; a new place
// begins anew. Who cannot be put where control says hears nothing.
static void join(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
                 uint64_t now_us)
{
    struct place place = command->join.place;
    struct seat *seat = hall_seat(hall, command->session);
    if (seat != NULL && (seat->place.kind != place.kind || seat->place.index != place.index ||
                         seat->from != voice_of(hall, command)))
        move_seat(mixer, hall, seat, command, now_us);
    int result = meeting_join(hall->meeting, command->session, place, now_us);
    if (result == 0 && seat == NULL)
        seat = add_seat(hall, command);
    if (result != 0 || seat == NULL) {
        log_error("mixer", "not in the meeting", "session=%u reason=\"%s\"", command->session,
                  result != 0 ? tracks_error_text(result) : "out of memory");
        leave(mixer, hall, command->session, now_us);
        return;
    }
    seat->epoch = command->join.epoch;
    seat->thread = command->join.thread;
    seat->tier = command->join.tier;
    seat->is_listening = command->join.is_listening;
    exposure_seat(seat, now_us / AUDIO_BLOCK_US);
    hall->must_assign = true;
}

// ---- commands ----------------------------------------------------------------------------------

static void remove_hall(struct mixer *mixer, uint32_t id)
{
    for (struct hall **at = &mixer->halls; *at != NULL; at = &(*at)->next) {
        if ((*at)->id != id)
            continue;
        struct hall *hall = *at;
        *at = hall->next;
        for (unsigned i = 0; i < SPEAKERS_MAX; i++)
            indicate_end(mixer, hall, &hall->speakers[i]);
        deliver_ends(mixer, hall);
        hall_free(mixer, hall);
        return;
    }
}

static void add_hall(struct mixer *mixer, const struct mixer_command *command, uint64_t now_us)
{
    remove_hall(mixer, command->meeting); // there is one of each
    struct hall *hall = calloc(1, sizeof(*hall));
    if (hall != NULL) {
        hall->meeting = meeting_new(&command->meeting_add.config, now_us);
        hall->music = music_new();
    }
    if (hall == NULL || hall->meeting == NULL || hall->music == NULL) {
        log_error("mixer", "a meeting cannot run", "meeting=%u", command->meeting);
        if (hall != NULL)
            hall_free(mixer, hall);
        return;
    }
    hall->is_levelling = command->meeting_add.is_levelling;
    hall->is_denoising = command->meeting_add.is_denoising;
    hall->music_choice = -1;
    hall->id = command->meeting;
    memcpy(hall->track_sessions, command->meeting_add.track_sessions, sizeof(hall->track_sessions));
    memcpy(hall->booth_sessions, command->meeting_add.booth_sessions, sizeof(hall->booth_sessions));
    hall->base_tick = now_us / AUDIO_BLOCK_US - GRID_TICKS; // an open frame may begin earlier
    // Meetings are staggered, so that not all of them encode in the same tick; within one all
    // frames share a grid, or listeners could never change from one encoder to another.
    hall->phase = (uint8_t)(hall->id % GRID_TICKS);
    hall->is_at_rest = true;
    hall->next = mixer->halls;
    mixer->halls = hall;
}

void hall_free(struct mixer *mixer, struct hall *hall)
{
    assign_clear(mixer, hall);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].source != NULL)
            pool_source_back(&mixer->pool, hall->speakers[i].source);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        denoiser_free(hall->speakers[i].denoiser);
    meeting_free(hall->meeting);
    music_free(hall->music);
    for (size_t i = 0; i < hall->n_seats; i++)
        free_seat(mixer, hall->seats[i]);
    free(hall->seats);
    free(hall->by_session);
    free(hall);
}

static void set_loss(const struct hall *hall, const struct mixer_command *command)
{
    struct seat *seat = hall_seat(hall, command->session);
    if (seat != NULL)
        seat->loss_percent = (uint8_t)command->value;
}

void hall_command(struct mixer *mixer, const struct mixer_command *command, uint64_t now_us)
{
    struct hall *hall = hall_find(mixer, command->meeting);
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
    case MIXER_CMD_MEETING_SET:
        meeting_reconfigure(meeting, &command->meeting_add.config, now_us);
        hall->is_levelling = command->meeting_add.is_levelling;
        hall->is_denoising = command->meeting_add.is_denoising;
        break;
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
    case MIXER_CMD_TURN_NOW:
        act_turn_now(hall, command->value, now_us);
        break;
    case MIXER_CMD_VANISHED:
        meeting_vanished(meeting, command->session, now_us);
        break;
    case MIXER_CMD_AIR:
    case MIXER_CMD_OFF_AIR:
    case MIXER_CMD_TAKE:
    case MIXER_CMD_OUT:
    case MIXER_CMD_HANDOVER:
    case MIXER_CMD_RELAY:
    case MIXER_CMD_PIVOT:
    case MIXER_CMD_FLOOR_LANG:
    case MIXER_CMD_GIVE_FLOOR:
        act(mixer, hall, command, now_us);
        break;
    case MIXER_CMD_FIGURES:
        report_figures(mixer, hall, command->token, now_us);
        break;
    case MIXER_CMD_MUSIC:
        ears_choose_music(hall, command->value);
        break;
    case MIXER_CMD_PAUSE:
        pause_ask(mixer, hall, command, now_us);
        break;
    case MIXER_CMD_LOSS:
        set_loss(hall, command);
        break;
    case MIXER_CMD_SIGNAL:
        tone_signal(mixer, hall, command, now_us);
        break;
    case MIXER_CMD_RECORD:
        tap_turn(hall, command->value != 0);
        break;
    case MIXER_CMD_MEETING_ADD:
    case MIXER_CMD_FENCE:
        break;
    }
}

void hall_events(struct mixer *mixer, struct hall *hall, uint64_t now_us)
{
    struct mixer_event event = { .kind = MIXER_EVENT_TRACK, .meeting = hall->id };
    while (meeting_next_event(hall->meeting, &event.track)) {
        event.session = event.track.session;
        hall->is_shown_old = hall->is_shown_old || event.track.kind != TRACK_EVENT_SPEAKING;
        tone_event(mixer, hall, &event.track, now_us);
        mixer_event(mixer, &event);
    }
    for (uint8_t i = 0; i < meeting_config(hall->meeting)->n_booths; i++)
        hall->was_staffed[i] = meeting_booth_state(hall->meeting, i).n_interpreters > 0;
}
