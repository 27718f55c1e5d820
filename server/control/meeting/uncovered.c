// SPDX-License-Identifier: BSD-3-Clause
//
// Languages into which nobody interprets: told to those who sit on such a track and do not
// understand what is spoken, and to the moderators, each in their language.
#include "control/meeting/run.h"

#include <stdio.h>

// Of those in the meeting; NULL: the first, the end.
static struct conn *next_inside(const struct server *server, const struct meeting_info *meeting,
                                const struct conn *after)
{
    struct conn *conn = after != NULL ? after->next : server->conns;
    for (; conn != NULL; conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL && model_meeting_of(server->model, user) == meeting)
            return conn;
    }
    return NULL;
}

static bool is_moderator(const struct conn *conn, const struct meeting_info *meeting)
{
    const struct model *model = conn->server->model;
    return model_is_moderator(model, model_user(model, conn->session), meeting);
}

// Whoever sits there and does not understand it is told, at most once in a while. True: just now.
static bool tell_listener(struct conn *conn, const struct meeting_info *meeting, uint8_t lang,
                          uint8_t spoken)
{
    const struct user *user = model_user(conn->server->model, conn->session);
    const uint64_t now_us = conn->server->now_us;
    const bool understands =
        user->understood_in == meeting->id && (user->understood >> spoken & 1u) != 0;
    const bool was_told =
        conn->uncovered_told_us != 0 && now_us - conn->uncovered_told_us < UNCOVERED_NOTICE_US;
    if (user->channel != meeting->tracks[lang].channel || understands || was_told)
        return false;
    conn->uncovered_told_us = now_us;
    say(conn, PHRASE_UNCOVERED, meetings_lang_name(meeting, lang));
    return true;
}

static void tell_uncovered(struct server *server, const struct meeting_info *meeting, uint8_t lang,
                           uint8_t spoken)
{
    const struct meeting_run *run = run_of(server, meeting->id);
    char people[16];
    snprintf(people, sizeof(people), "%u",
             run != NULL && run->has_state ? run->state.tracks[lang].n_people : 0);
    for (struct conn *conn = NULL; (conn = next_inside(server, meeting, conn)) != NULL;)
        if (!tell_listener(conn, meeting, lang, spoken) && is_moderator(conn, meeting))
            say(conn, PHRASE_UNCOVERED_MODERATORS, meetings_lang_name(meeting, lang), people);
}

static void tell_covered(struct server *server, const struct meeting_info *meeting, uint8_t lang)
{
    for (struct conn *conn = NULL; (conn = next_inside(server, meeting, conn)) != NULL;)
        if (is_moderator(conn, meeting))
            say(conn, PHRASE_COVERED_MODERATORS, meetings_lang_name(meeting, lang));
}

// Who has come to such a track since it was told of learns it with the speaker's next words.
static void tell_newcomers(struct server *server, const struct meeting_info *meeting,
                           const struct track_event *event)
{
    const struct meeting_run *run = run_of(server, meeting->id);
    const bool is_holder = event->value != 0 && run != NULL && run->has_state &&
                           run->state.floor.holder == event->session &&
                           run->state.floor.lang == event->lang;
    for (uint8_t i = 0; is_holder && i < meeting->n_tracks; i++)
        for (struct conn *conn = NULL; run->state.tracks[i].is_uncovered &&
                                       (conn = next_inside(server, meeting, conn)) != NULL;)
            tell_listener(conn, meeting, i, event->lang);
}

void uncovered_track_event(struct server *server, const struct meeting_info *meeting,
                           const struct track_event *event)
{
    if (event->kind == TRACK_EVENT_SPEAKING)
        tell_newcomers(server, meeting, event);
    else if (event->kind == TRACK_EVENT_UNCOVERED && event->lang < meeting->n_tracks)
        tell_uncovered(server, meeting, event->lang, event->lang2);
    else if (event->kind == TRACK_EVENT_COVERED && event->lang < meeting->n_tracks)
        tell_covered(server, meeting, event->lang);
}
