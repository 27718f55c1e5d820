// SPDX-License-Identifier: BSD-3-Clause
//
// Meetings as they run: who sits where, told to the mixer; and what the mixer says happened, told
// to the people it concerns in their language.
#include "control/chat/commands.h"
#include "control/meeting/roles.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

// ---- to the mixer

void meetings_order(struct server *server, const struct user *user, enum mixer_command_kind kind,
                    int32_t value)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    struct conn *conn = conn_of(server, user->session);
    if (meeting == NULL)
        return;
    if (conn != NULL)
        conn->is_act_told = false;
    link_mixer(server, &(struct mixer_command){ .kind = kind,
                                                .meeting = meeting->id,
                                                .session = user->session,
                                                .value = value,
                                                .token = booth_token(user->session, kind, value) });
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
    config->turn_us = SECONDS((uint64_t)meeting->turn_s);
    add.meeting_add.is_levelling = meeting->is_levelling;
    add.meeting_add.is_denoising = meeting->is_denoising;
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
        meetings_begin(server, meeting);
}

void meetings_begin(struct server *server, const struct meeting_info *meeting)
{
    struct meeting_run *run = run_of(server, meeting->id);
    if (run != NULL)
        run_choose_mixer(server, run);
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
    if (user->partner_db != MODEL_DUCK_DEFAULT)
        meetings_order(server, user, MIXER_CMD_PARTNER_LEVEL, user->partner_db);
}

void meetings_user_left(struct server *server, uint32_t session, uint32_t meeting)
{
    link_mixer(server, &(struct mixer_command){
                           .kind = MIXER_CMD_LEAVE, .meeting = meeting, .session = session });
    struct meeting_run *run = run_of(server, meeting);
    const struct user *user = model_user(server->model, session);
    bool is_in_group = user != NULL && breakout_of(server, user->channel) == run;
    if (run != NULL && !is_in_group) {
        queue_leave(server, run, session);
        figures_leave(server, run, session);
    }
    if (run != NULL && is_in_group)
        queue_away(server, run, session, false); // they come back
    if (run != NULL) {
        chat_left(server, run, session);
        recording_leave(server, run, session);
    }
    display_changed(server, meeting);
}

// Tells the mixer where this user is now; old_meeting is where they were, MODEL_NONE for a
// newcomer.
void meetings_user_placed(struct server *server, struct user *user, uint32_t old_meeting)
{
    struct meeting_info *meeting = model_meeting_of(server->model, user);
    struct conn *conn = conn_of(server, user->session);
    bool is_new = meeting != NULL && meeting->id != old_meeting;
    if (old_meeting != MODEL_NONE && (meeting == NULL || is_new)) {
        meetings_user_left(server, user->session, old_meeting);
        if (conn != NULL)
            lines_left(conn);
    }
    if (meeting == NULL || conn == NULL)
        return;
    const struct channel *channel = model_channel(server->model, user->channel);
    static const enum place_kind places[] = {
        [CHANNEL_FLOOR] = PLACE_FLOOR, [CHANNEL_TRACK] = PLACE_TRACK, [CHANNEL_BOOTH] = PLACE_BOOTH
    };
    lines_placed(server, meeting, user);
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = meeting->id,
                                  .session = user->session };
    join.join.place = (struct place){ places[channel->role], channel->role_index };
    join.join.epoch = user->epoch;
    join.join.thread = (uint8_t)conn->thread;
    join.join.tier = (enum tier)user->tier;
    join.join.is_listening = !model_user_is_deaf(user);
    join.join.from = user->is_floor_mixed ? meeting->floor_session : 0;
    link_mixer(server, &join);
    lines_ask_pause(server, user);
    meetings_order(server, user, MIXER_CMD_MUTED, model_user_may_speak(user) ? 0 : 1);
    if (is_new) {
        order_choices(server, user, meeting);
        recording_greet(conn, meeting);
        if (meeting->door.is_all_muted && user->is_suppressed)
            say(conn, PHRASE_ALL_MUTED, meeting->name);
        chat_greet(conn, meeting);
    }
    struct meeting_run *run = run_of(server, meeting->id);
    if (run != NULL && is_new)
        queue_enter(conn, run);
    if (run != NULL && channel->role == CHANNEL_BOOTH)
        queue_away(server, run, user->session, true);
    display_changed(server, meeting->id);
}

// ---- ending and changing

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

// Those in it or its groups, and moderators wherever they are; of a group, those in it.
void meetings_tell_ended(struct server *server, uint32_t id)
{
    const struct model *model = server->model;
    const struct meeting_info *meeting = model_meeting(model, id);
    for (struct conn *conn = server->conns; conn != NULL && meeting != NULL; conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(model, conn->session) : NULL;
        if (user != NULL &&
            (model_meeting_of(model, user) == meeting || tools_meeting(server, user) == meeting ||
             (meeting->parent == MODEL_NONE && model_is_moderator(model, user, meeting))))
            say(conn, PHRASE_MEETING_ENDED, meeting->name);
    }
}

void meetings_removed(struct server *server, uint32_t id)
{
    const struct meeting_info *meeting = model_meeting(server->model, id);
    if (meeting == NULL)
        return;
    uint32_t voices[MODEL_LANGS_MAX + MODEL_BOOTHS_MAX + 1] = { meeting->floor_session };
    uint8_t n = 1;
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
    char key[32];
    if (meeting->parent == MODEL_NONE) {
        snprintf(key, sizeof(key), "door.%u", id); // another may come by this number
        storage_setting_put(server, key, NULL, 0);
    }
    menu_forget(server, meeting);
    run_remove(server, id);
    model_meeting_remove(server->model, id);
    for (uint8_t i = 0; i < n; i++)
        remove_voice(server, voices[i]);
    rights_changed(server); // the walls of its booths are gone
    server->are_routes_dirty = true;
    log_info("control", "meeting ended", "meeting=%u", id);
}

// ---- what happened

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
        say(conn, PHRASE_SNAPPED, level, tier_word(event->tier, reader_language(conn)));
}

void meetings_event(struct server *server, const struct mixer_event *event)
{
    struct meeting_info *meeting = model_meeting(server->model, event->meeting);
    if (event->kind == MIXER_EVENT_RESULT)
        booth_result(server, event);
    if (event->kind == MIXER_EVENT_SNAPPED)
        tell_snapped(server, event);
    if (event->kind != MIXER_EVENT_TRACK || meeting == NULL)
        return;
    const struct track_event *track = &event->track;
    log_event(meeting, track);
    if (track->kind == TRACK_EVENT_SPEAKING && track->value != 0)
        lines_speaking(server, meeting);
    figures_track_event(server, meeting, track);
    recording_track_event(server, meeting, track);
    uncovered_track_event(server, meeting, track);
    booth_track_event(server, meeting, track);
    queue_track_event(server, meeting, track);
}

// ---- finding one's way

const char *meetings_lang_name(const struct meeting_info *meeting, uint8_t index)
{
    return index < meeting->n_tracks ? lang_own_name(meeting->tracks[index].lang) : "?";
}

struct meeting_info *meetings_default(const struct conn *conn)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, conn->session);
    struct meeting_info *meeting = user != NULL ? model_meeting_of(model, user) : NULL;
    if (meeting == NULL && user != NULL)
        meeting = tools_meeting(conn->server, user);
    if (meeting == NULL && user != NULL)
        meeting = model_meeting_of_lobby(model, user->channel);
    if (meeting == NULL && user != NULL)
        meeting = model_meeting_around(model, user->channel);
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
        for (size_t i = 0; meeting->parent == MODEL_NONE && i < i18n_n_languages(); i++) {
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
