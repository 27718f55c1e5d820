// SPDX-License-Identifier: BSD-3-Clause
//
// A meeting's recording: begun, ended, announced; and who speaks, for its list.
#include "control/meeting/recording_int.h"

#include <stdlib.h>
#include <string.h>

struct recording *recording_of(struct meeting_run *run)
{
    if (run->recording == NULL)
        run->recording = calloc(1, sizeof(struct recording));
    return run->recording;
}

void recording_duration(uint64_t duration_us, char out[RECORDING_DURATION_BYTES])
{
    const unsigned seconds = (unsigned)(duration_us / 1000000);
    snprintf(out, RECORDING_DURATION_BYTES, "%u:%02u:%02u", seconds / 3600, seconds / 60 % 60,
             seconds % 60);
}

// ---- telling -----------------------------------------------------------------------------------

// Those in the meeting, and whoever has begun or ended the recording from elsewhere.
static struct conn *next_in(const struct server *server, const struct meeting_info *meeting,
                            uint32_t asker, struct conn *after)
{
    for (struct conn *conn = after != NULL ? after->next : server->conns; conn != NULL;
         conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL &&
            (conn->session == asker || model_meeting_of(server->model, user) == meeting))
            return conn;
    }
    return NULL;
}

static void sign_voice(struct server *server, uint32_t session, bool is_on)
{
    struct user *voice = model_user(server->model, session);
    if (voice == NULL || voice->is_recording == is_on)
        return;
    voice->is_recording = is_on;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = state.has_recording = true;
    state.session = voice->session;
    state.recording = is_on;
    broadcast(server, MSG_USER_STATE, &state.base, NULL);
}

// Mumble's own sign, beside the voice of each track, and of the mixed floor: the only ones here
// that speak for the server.
static void set_sign(struct server *server, const struct meeting_info *meeting, bool is_on)
{
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        sign_voice(server, meeting->tracks[i].session, is_on);
    sign_voice(server, meeting->floor_session, is_on);
}

static void tell_began(struct server *server, const struct meeting_info *meeting,
                       const struct recording *recording)
{
    for (struct conn *conn = next_in(server, meeting, recording->asker, NULL); conn != NULL;
         conn = next_in(server, meeting, recording->asker, conn))
        say(conn, PHRASE_RECORD_BEGAN, recording->by);
}

// reason: NULL, or in English what ended it.
static void tell_ended(struct server *server, const struct meeting_info *meeting,
                       const struct recording *recording, const char *reason)
{
    for (struct conn *conn = next_in(server, meeting, recording->asker, NULL); conn != NULL;
         conn = next_in(server, meeting, recording->asker, conn)) {
        if (reason != NULL)
            say(conn, PHRASE_RECORD_STOPPED, for_reader(conn, reason));
        else
            say(conn, PHRASE_RECORD_ENDED);
    }
}

const char *recording_folder(const struct record_event *event)
{
    const char *slash = strrchr(event->text, '/');
    return slash != NULL ? slash + 1 : event->text;
}

static void tell_saved(struct server *server, const struct meeting_info *meeting,
                       const struct recording *recording, const struct record_event *event)
{
    char duration[RECORDING_DURATION_BYTES];
    recording_duration(event->duration_us, duration);
    for (struct conn *conn = next_in(server, meeting, recording->asker, NULL); conn != NULL;
         conn = next_in(server, meeting, recording->asker, conn)) {
        const struct user *user = model_user(server->model, conn->session);
        if (conn->session == recording->asker || model_is_moderator(server->model, user, meeting))
            say(conn, PHRASE_RECORD_SAVED, duration, recording_folder(event));
    }
}

void recording_greet(struct conn *conn, const struct meeting_info *meeting)
{
    const struct meeting_run *run = run_of(conn->server, meeting->id);
    if (run != NULL && run->is_recording)
        say(conn, PHRASE_RECORD_GREETING);
}

// ---- who speaks --------------------------------------------------------------------------------

static void order_speaking(struct server *server, uint32_t meeting, const struct sounding *voice,
                           bool is_on, uint64_t at_us)
{
    struct record_order order = { .kind = RECORD_SPEAKING,
                                  .meeting = meeting,
                                  .session = voice->session,
                                  .at_us = at_us,
                                  .is_on = is_on,
                                  .is_interpreter = voice->stream > 0,
                                  .stream = voice->stream };
    const struct user *user = model_user(server->model, voice->session);
    if (user == NULL && is_on)
        return; // gone before it was told of
    if (user != NULL)
        str_fit(order.title, sizeof(order.title), user->name);
    link_recorder(server, &order);
}

static size_t find_sounding(const struct recording *recording, const struct sounding *voice)
{
    size_t i = 0;
    while (i < recording->n_sounding && (recording->sounding[i].session != voice->session ||
                                         recording->sounding[i].stream != voice->stream))
        i++;
    return i;
}

// Kept also while nothing is recorded, for a recording that begins in the middle of a sentence.
void recording_track_event(struct server *server, const struct meeting_info *meeting,
                           const struct track_event *event)
{
    struct meeting_run *run = run_of(server, meeting->id);
    const bool is_floor = event->kind == TRACK_EVENT_SPEAKING;
    if (server->recorder == NULL || run == NULL || (!is_floor && event->kind != TRACK_EVENT_HEARD))
        return;
    struct recording *recording = recording_of(run);
    if (recording == NULL)
        return;
    const struct sounding voice = { event->session, is_floor ? 0 : (uint8_t)(event->lang2 + 1) };
    const size_t i = find_sounding(recording, &voice);
    if (event->value == 0 && i < recording->n_sounding)
        recording->sounding[i] = recording->sounding[--recording->n_sounding];
    else if (event->value != 0 && i == recording->n_sounding && i < RECORDING_SOUNDING_MAX)
        recording->sounding[recording->n_sounding++] = voice;
    if (recording->phase == RECORDING_RUNNING)
        order_speaking(server, meeting->id, &voice, event->value != 0, event->voice_us);
}

// ---- beginning and ending ----------------------------------------------------------------------

static void enter(struct server *server, struct meeting_run *run, enum recording_phase phase)
{
    static const char *const names[] = { "none", "beginning", "running", "ending" };
    struct recording *recording = run->recording;
    log_info("control", "recording", "meeting=%u from=%s to=%s", run->meeting,
             names[recording->phase], names[phase]);
    recording->phase = phase;
    recording->since_us = server->now_us;
    run->is_recording = phase == RECORDING_RUNNING;
    server->are_routes_dirty = true; // the mixer hears also a meeting that nobody hears mixed
    display_changed(server, run->meeting);
}

static void order_mixer(struct server *server, uint32_t meeting, bool is_on)
{
    link_mixer(server, &(struct mixer_command){
                           .kind = MIXER_CMD_RECORD, .meeting = meeting, .value = is_on });
}

enum recording_answer recording_start(struct server *server, const struct meeting_info *meeting,
                                      const struct user *asker)
{
    struct meeting_run *run = run_of(server, meeting->id);
    if (server->recorder == NULL)
        return RECORDING_NO_FOLDER;
    if (!meeting->is_recording_allowed)
        return RECORDING_NOT_HERE;
    struct recording *recording = run != NULL ? recording_of(run) : NULL;
    if (recording == NULL)
        return RECORDING_MEMORY;
    if (recording->phase == RECORDING_RUNNING)
        return RECORDING_ALREADY;
    if (recording->phase != RECORDING_NONE)
        return RECORDING_WAIT;
    recording->asker = asker->session;
    str_fit(recording->by, sizeof(recording->by), asker->name);
    struct record_order order = { .kind = RECORD_BEGIN,
                                  .meeting = meeting->id,
                                  .at_us = server->now_us,
                                  .at_s = clock_unix_s(),
                                  .n_tracks = meeting->n_tracks };
    str_fit(order.title, sizeof(order.title), meeting->name);
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        memcpy(order.langs[1 + i], meeting->tracks[i].lang, sizeof(order.langs[1 + i]));
    enter(server, run, RECORDING_BEGINNING);
    link_recorder(server, &order);
    return RECORDING_YES;
}

static void order_end(struct server *server, uint32_t meeting)
{
    link_recorder(server, &(struct record_order){
                              .kind = RECORD_END, .meeting = meeting, .at_us = server->now_us });
}

enum recording_answer recording_stop(struct server *server, const struct meeting_info *meeting,
                                     uint32_t asker)
{
    struct meeting_run *run = run_of(server, meeting->id);
    struct recording *recording = run != NULL ? run->recording : NULL;
    if (recording == NULL || recording->phase == RECORDING_NONE)
        return RECORDING_IS_OFF;
    if (recording->phase != RECORDING_RUNNING)
        return RECORDING_WAIT;
    recording->asker = asker;
    order_mixer(server, meeting->id, false);
    order_end(server, meeting->id);
    enter(server, run, RECORDING_ENDING);
    set_sign(server, meeting, false);
    tell_ended(server, meeting, recording, NULL);
    return RECORDING_YES;
}

// Nobody is left whose voice could be recorded, or who could end it.
void recording_leave(struct server *server, struct meeting_run *run, uint32_t session)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    const struct recording *recording = run->recording;
    if (recording == NULL || recording->phase != RECORDING_RUNNING || meeting == NULL)
        return;
    for (struct conn *conn = next_in(server, meeting, 0, NULL); conn != NULL;
         conn = next_in(server, meeting, 0, conn))
        if (conn->session != session)
            return;
    (void)recording_stop(server, meeting, 0);
}

void recording_revoke(struct server *server, const struct meeting_info *meeting)
{
    (void)recording_stop(server, meeting, 0);
}

void recording_forget(struct server *server, struct meeting_run *run)
{
    struct recording *recording = run->recording;
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    if (recording != NULL && recording->phase != RECORDING_NONE)
        order_end(server, run->meeting);
    if (run->is_recording && meeting != NULL && !server->is_stopping)
        tell_ended(server, meeting, recording, NULL);
    recording_admin_answer(server, recording, NULL);
    free(recording);
    run->recording = NULL;
}

// ---- what the recorder says --------------------------------------------------------------------

static void began(struct server *server, const struct meeting_info *meeting,
                  struct meeting_run *run)
{
    struct recording *recording = run->recording;
    if (recording->phase != RECORDING_BEGINNING) { // not wanted any more
        order_end(server, run->meeting);
        return;
    }
    enter(server, run, RECORDING_RUNNING);
    order_mixer(server, meeting->id, true);
    for (size_t i = 0; i < recording->n_sounding; i++)
        order_speaking(server, meeting->id, &recording->sounding[i], true, server->now_us);
    set_sign(server, meeting, true);
    tell_began(server, meeting, recording);
}

// By an order, or by itself.
static void ended(struct server *server, const struct meeting_info *meeting,
                  struct meeting_run *run, const struct record_event *event)
{
    struct recording *recording = run->recording;
    const enum recording_phase was = recording->phase;
    if (was == RECORDING_NONE || (was == RECORDING_BEGINNING && event->kind == RECORD_ENDED))
        return;
    struct conn *asker = conn_of(server, recording->asker);
    if (was == RECORDING_RUNNING) {
        order_mixer(server, meeting->id, false);
        set_sign(server, meeting, false);
        tell_ended(server, meeting, recording, record_error_text(event->error));
    }
    enter(server, run, RECORDING_NONE);
    if (event->text[0] != '\0')
        tell_saved(server, meeting, recording, event);
    else if (asker != NULL && recording->waiting == 0)
        say(asker, PHRASE_RECORD_FAILED, for_reader(asker, record_error_text(event->error)));
}

static void take_event(struct server *server, const struct record_event *event)
{
    struct meeting_run *run = run_of(server, event->meeting);
    const struct meeting_info *meeting = model_meeting(server->model, event->meeting);
    if (run == NULL || meeting == NULL || run->recording == NULL)
        return;
    if (event->kind == RECORD_BEGAN)
        began(server, meeting, run);
    else
        ended(server, meeting, run, event);
    recording_admin_answer(server, run->recording, event);
}

void recording_receive(struct server *server)
{
    size_t size;
    struct ring *events = server->recorder != NULL ? recorder_events(server->recorder) : NULL;
    for (const void *record = events != NULL ? ring_peek(events, &size) : NULL; record != NULL;
         record = ring_peek(events, &size)) {
        take_event(server, record);
        ring_consume(events);
    }
}
