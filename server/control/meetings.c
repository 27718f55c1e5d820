// SPDX-License-Identifier: BSD-3-Clause
//
// Meetings as they run: who sits where, told to the mixer; and what the mixer says happened, told
// to the people it concerns in their language.
#include "control/run.h"

#include <stdlib.h>
#include <string.h>

// ---- to the mixer
// ----------------------------------------------------------------------------------------------------------

void meetings_order(struct server *server, const struct user *user, enum mixer_command_kind kind,
                    int32_t value)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (meeting == NULL)
        return;
    link_mixer(server, &(struct mixer_command){ .kind = kind,
                                                .meeting = meeting->id,
                                                .session = user->session,
                                                .value = value,
                                                .token = user->session });
}

static void declare_to_mixer(struct server *server, const struct meeting_info *meeting,
                             enum mixer_command_kind kind)
{
    struct mixer_command add = { .kind = kind, .meeting = meeting->id };
    struct meeting_config *config = &add.meeting_add.config;
    meeting_config_defaults(config);
    config->n_langs = meeting->n_tracks;
    config->n_booths = meeting->n_booths;
    config->default_lang = meeting->default_lang;
    config->duck_db = (int8_t)meeting->duck_db;
    config->hold_us = MS(meeting->hold_ms);
    for (uint8_t i = 0; i < meeting->n_tracks; i++) {
        memcpy(config->langs[i], meeting->tracks[i].lang, sizeof(config->langs[i]));
        add.meeting_add.track_sessions[i] = meeting->tracks[i].session;
    }
    for (uint8_t i = 0; i < meeting->n_booths; i++) {
        config->booths[i] = (struct booth_config){ .lang_a = meeting->booths[i].lang_a,
                                                   .lang_b = meeting->booths[i].lang_b,
                                                   .lang_c = meeting->booths[i].lang_c,
                                                   .has_third = meeting->booths[i].has_third,
                                                   .is_one_way = meeting->booths[i].is_one_way,
                                                   .is_air_by_voice = meeting->is_air_by_voice };
        add.meeting_add.booth_sessions[i] = meeting->booths[i].session;
    }
    link_mixer(server, &add);
}

void meetings_start(struct server *server)
{
    size_t i = 0;
    for (const struct meeting_info *meeting = model_meeting_at(server->model, 0); meeting != NULL;
         meeting = model_meeting_at(server->model, ++i))
        declare_to_mixer(server, meeting, MIXER_CMD_MEETING_ADD);
}

void meetings_reconfigure(struct server *server, const struct meeting_info *meeting)
{
    declare_to_mixer(server, meeting, MIXER_CMD_MEETING_SET);
}

static void order_choices(struct server *server, const struct user *user,
                          const struct meeting_info *meeting)
{
    int spoken = user->spoken[0] != '\0' ? meeting_info_lang(meeting, user->spoken) : -1;
    if (spoken >= 0)
        meetings_order(server, user, MIXER_CMD_SPOKEN, spoken);
    if (user->understood != 0 && user->understood_in == meeting->id)
        meetings_order(server, user, MIXER_CMD_UNDERSTOOD, (int32_t)user->understood);
    if (user->duck_db != MODEL_DUCK_DEFAULT)
        meetings_order(server, user, MIXER_CMD_DUCK, user->duck_db);
}

void meetings_user_left(struct server *server, uint32_t session, uint32_t meeting)
{
    link_mixer(server, &(struct mixer_command){
                           .kind = MIXER_CMD_LEAVE, .meeting = meeting, .session = session });
    struct meeting_run *run = run_of(server, meeting);
    if (run != NULL) {
        figures_leave(server, run, session);
        chat_left(server, run, session);
        recording_leave(server, run, session);
    }
    display_changed(server, meeting);
}

// Tells the mixer where this user is now; old_meeting is where they were, MODEL_NONE for a
// newcomer.
void meetings_user_placed(struct server *server, struct user *user, uint32_t old_meeting)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    struct conn *conn = conn_of(server, user->session);
    bool is_new = meeting != NULL && meeting->id != old_meeting;
    if (old_meeting != MODEL_NONE && (meeting == NULL || is_new))
        meetings_user_left(server, user->session, old_meeting);
    if (meeting == NULL || conn == NULL)
        return;
    const struct channel *channel = model_channel(server->model, user->channel);
    static const enum place_kind places[] = {
        [CHANNEL_FLOOR] = PLACE_FLOOR, [CHANNEL_TRACK] = PLACE_TRACK, [CHANNEL_BOOTH] = PLACE_BOOTH
    };
    if (is_new)
        user->tier = meeting->tier;
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = meeting->id,
                                  .session = user->session };
    join.join.place = (struct place){ places[channel->role], channel->role_index };
    join.join.epoch = user->epoch;
    join.join.thread = (uint8_t)conn->thread;
    join.join.tier = (enum tier)user->tier;
    join.join.is_listening = !model_user_is_deaf(user);
    link_mixer(server, &join);
    meetings_order(server, user, MIXER_CMD_MUTED, model_user_may_speak(user) ? 0 : 1);
    if (is_new) {
        order_choices(server, user, meeting);
        recording_greet(conn, meeting);
        chat_greet(conn, meeting);
    }
    display_changed(server, meeting->id);
}

// ---- ending and changing
// -----------------------------------------------------------------------------------------------------

static void remove_voice(struct server *server, uint32_t session)
{
    if (session == 0)
        return;
    model_user_remove(server->model, session);
    model_session_release(server->model, session);
    MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
    remove.session = session;
    broadcast(server, MSG_USER_REMOVE, &remove.base, NULL);
}

void meetings_removed(struct server *server, uint32_t id)
{
    const struct meeting_info *meeting = model_meeting(server->model, id);
    if (meeting == NULL)
        return;
    uint32_t voices[MODEL_LANGS_MAX + MODEL_BOOTHS_MAX];
    uint8_t n = 0;
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        voices[n++] = meeting->tracks[i].session;
    for (uint8_t i = 0; i < meeting->n_booths; i++)
        voices[n++] = meeting->booths[i].session;
    // Nothing of the old mix reaches those who were in it; other meetings' mixes go on.
    for (struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        if (model_meeting_of(server->model, user) == meeting)
            user->epoch++;
    link_mixer(server, &(struct mixer_command){ .kind = MIXER_CMD_MEETING_REMOVE, .meeting = id });
    storage_meeting_remove(server, id);
    menu_forget(server, meeting);
    run_remove(server, id);
    model_meeting_remove(server->model, id);
    for (uint8_t i = 0; i < n; i++)
        remove_voice(server, voices[i]);
    rights_changed(server); // the walls of its booths are gone
    server->are_routes_dirty = true;
    log_info("control", "meeting ended", "meeting=%u", id);
}

// ---- what happened, in people's words
// -------------------------------------------------------------------------------------------

static const char *lang_name(const struct meeting_info *meeting, uint8_t index)
{
    return index < meeting->n_tracks ? lang_own_name(meeting->tracks[index].lang) : "?";
}

static struct conn *next_in(const struct server *server, uint32_t channel, struct conn *after)
{
    for (struct conn *conn = after != NULL ? after->next : server->conns; conn != NULL;
         conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL && user->channel == channel)
            return conn;
    }
    return NULL;
}

// Whom the event is about: of "nobody is on air any more", who was.
static uint32_t subject_of(struct meeting_booth *booth, const struct track_event *event)
{
    uint32_t session = event->session;
    if (event->kind == TRACK_EVENT_OFF_AIR)
        session = booth->on_air;
    if (event->kind == TRACK_EVENT_ON_AIR || event->kind == TRACK_EVENT_OFF_AIR)
        booth->on_air = event->kind == TRACK_EVENT_ON_AIR ? session : 0;
    return session;
}

static void tell_booth(struct server *server, struct meeting_info *meeting,
                       const struct track_event *event)
{
    uint32_t channel = meeting->booths[event->booth].channel;
    uint32_t subject = subject_of(&meeting->booths[event->booth], event);
    const struct user *who = model_user(server->model, subject);
    for (struct conn *conn = next_in(server, channel, NULL); conn != NULL;
         conn = next_in(server, channel, conn)) {
        bool is_self = conn->session == subject;
        switch (event->kind) {
        case TRACK_EVENT_ON_AIR:
            if (is_self)
                say(conn, PHRASE_ON_AIR, lang_name(meeting, event->lang2));
            else if (who != NULL)
                say(conn, PHRASE_PARTNER_ON_AIR, who->name);
            break;
        case TRACK_EVENT_OFF_AIR:
            say(conn, is_self ? PHRASE_OFF_AIR : PHRASE_PARTNER_OFF_AIR);
            break;
        case TRACK_EVENT_DIRECTION:
            say(conn, PHRASE_DIRECTION, lang_name(meeting, event->lang),
                lang_name(meeting, event->lang2));
            break;
        case TRACK_EVENT_TURN_PENDING:
            say(conn, PHRASE_TURN_PENDING, lang_name(meeting, event->lang));
            break;
        case TRACK_EVENT_RESTING:
            say(conn, PHRASE_RESTING);
            break;
        case TRACK_EVENT_COUGH_LONG:
            if (!is_self)
                say(conn, PHRASE_COUGH_LONG);
            break;
        case TRACK_EVENT_FLOOR:
        case TRACK_EVENT_SPEAKING:
        case TRACK_EVENT_INTERPRETING:
        case TRACK_EVENT_UNCOVERED:
        case TRACK_EVENT_COVERED:
        case TRACK_EVENT_SUSPECT:
        case TRACK_EVENT_HANDOVER:
        case TRACK_EVENT_TIMER:
        case TRACK_EVENT_PATH:
        case TRACK_EVENT_DRAINED:
        case TRACK_EVENT_HEARD:
        case TRACK_EVENT_KINDS:
            break;
        }
    }
}

static void tell_uncovered(struct server *server, const struct meeting_info *meeting, uint8_t lang)
{
    if (lang >= meeting->n_tracks)
        return;
    uint32_t channel = meeting->tracks[lang].channel;
    for (struct conn *conn = next_in(server, channel, NULL); conn != NULL;
         conn = next_in(server, channel, conn)) {
        if (conn->uncovered_told_us != 0 &&
            server->now_us - conn->uncovered_told_us < UNCOVERED_NOTICE_US)
            continue;
        conn->uncovered_told_us = server->now_us;
        say(conn, PHRASE_UNCOVERED, lang_name(meeting, lang));
    }
}

static void tell_result(struct server *server, const struct mixer_event *event)
{
    struct conn *conn = conn_of(server, (uint32_t)event->token);
    if (conn == NULL || event->result == 0)
        return;
    if (event->result == TRACKS_E_NOT_IN_BOOTH || event->result == TRACKS_E_UNKNOWN_MEMBER)
        say(conn, PHRASE_NOT_IN_BOOTH);
    else if (event->result == TRACKS_E_ON_AIR_TAKEN)
        say(conn, PHRASE_ON_AIR_TAKEN);
    else if (event->result == TRACKS_E_NOT_ON_AIR)
        say(conn, PHRASE_NOT_ON_AIR);
    else if (event->result == TRACKS_E_NO_FLOOR)
        say(conn, PHRASE_NO_FLOOR);
    else
        say(conn, PHRASE_FAILED, for_reader(conn, tracks_error_text(event->result)));
}

static void log_event(const struct meeting_info *meeting, const struct track_event *event)
{
    if (event->kind == TRACK_EVENT_SPEAKING || event->kind == TRACK_EVENT_HEARD)
        return;
    char name[256];
    log_info("tracks", track_event_name(event->kind),
             "meeting=%s session=%u booth=%u lang=%u lang2=%u value=%u",
             log_quote(meeting->name, name, sizeof(name)), event->session, event->booth,
             event->lang, event->lang2, event->value);
}

static void tell_snapped(struct server *server, const struct mixer_event *event)
{
    struct conn *conn = conn_of(server, event->session);
    char level[16];
    snprintf(level, sizeof(level), "%d", event->result);
    if (conn != NULL)
        say(conn, PHRASE_SNAPPED, level, tier_spec(event->tier)->name);
}

void meetings_event(struct server *server, const struct mixer_event *event)
{
    struct meeting_info *meeting = model_meeting(server->model, event->meeting);
    if (event->kind == MIXER_EVENT_RESULT)
        tell_result(server, event);
    if (event->kind == MIXER_EVENT_SNAPPED)
        tell_snapped(server, event);
    if (event->kind != MIXER_EVENT_TRACK || meeting == NULL)
        return;
    const struct track_event *track = &event->track;
    log_event(meeting, track);
    figures_track_event(server, meeting, track);
    recording_track_event(server, meeting, track);
    if (track->kind == TRACK_EVENT_UNCOVERED)
        tell_uncovered(server, meeting, track->lang);
    else if (track->kind != TRACK_EVENT_FLOOR && track->kind != TRACK_EVENT_SPEAKING &&
             track->kind != TRACK_EVENT_HEARD && track->booth < meeting->n_booths)
        tell_booth(server, meeting, track);
}

// ---- finding one's way
// -----------------------------------------------------------------------------------------------------------

struct meeting_info *meetings_default(const struct conn *conn)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, conn->session);
    struct meeting_info *meeting = user != NULL ? model_meeting_of(model, user) : NULL;
    return meeting != NULL ? meeting : model_meeting_at(model, 0);
}

// One line a meeting and language of ours that it has, each in that language.
char *meetings_welcome(const struct server *server)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    size_t m = 0;
    for (const struct meeting_info *meeting = model_meeting_at(server->model, 0); meeting != NULL;
         meeting = model_meeting_at(server->model, ++m)) {
        for (size_t i = 0; i < i18n_n_languages(); i++) {
            int track = meeting_info_lang(meeting, i18n_language(i));
            char command[32];
            if (track < 0)
                continue;
            snprintf(command, sizeof(command), "!%s", meeting->tracks[track].lang);
            char *name = html_escape(meeting->name),
                 *channel = html_escape(meeting->tracks[track].name);
            const char *arguments[] = { name, channel, command };
            char *line = name != NULL && channel != NULL
                             ? phrase_fill(PHRASE_WELCOME, i18n_language(i), arguments)
                             : NULL;
            if (line != NULL) {
                if (text.len > 0)
                    buffer_add(&text, "<br/>", 5);
                buffer_add(&text, line, strlen(line));
            }
            free(line);
            free(name);
            free(channel);
        }
    }
    char *welcome = NULL;
    if (text.len > 0 && buffer_add(&text, "", 1))
        welcome = str_dup((const char *)text.data);
    buffer_clear(&text);
    return welcome;
}
