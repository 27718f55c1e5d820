// SPDX-License-Identifier: BSD-3-Clause
//
// Figures of a meeting, for its moderators (!figures, a table in their language) and for
// `susurro admin` (JSON). The mixer counts: both ask it, and are answered when it has.
#include "control/display/display_int.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

// What a question's token is: who asked, and how they are answered.
#define TOKEN_TABLE (UINT64_C(1) << 32)
#define TOKEN_REPORT (UINT64_C(2) << 32)
#define TOKEN_ADMIN (UINT64_C(3) << 32)
#define TOKEN_END (UINT64_C(4) << 32) // the last one has left
#define TOKEN_KIND(token) ((token) & ~(uint64_t)UINT32_MAX)

// ---- people ------------------------------------------------------------------------------------

struct figures *figures_of(struct meeting_run *run)
{
    if (run->figures == NULL)
        run->figures = calloc(1, sizeof(struct figures));
    return run->figures;
}

static void forget_gone(const struct server *server, struct figures *figures)
{
    size_t kept = 0;
    for (size_t i = 0; i < figures->n_people; i++)
        if (conn_of(server, figures->people[i].session) != NULL)
            figures->people[kept++] = figures->people[i];
    figures->n_people = kept;
}

struct person_figures *figures_person(struct server *server, struct meeting_run *run,
                                      uint32_t session)
{
    struct figures *figures = figures_of(run);
    if (figures == NULL)
        return NULL;
    for (size_t i = 0; i < figures->n_people; i++)
        if (figures->people[i].session == session)
            return &figures->people[i];
    if (figures->n_people == FIGURES_PEOPLE_MAX)
        forget_gone(server, figures);
    if (figures->n_people == FIGURES_PEOPLE_MAX)
        return NULL;
    struct person_figures *people =
        realloc(figures->people, (figures->n_people + 1) * sizeof(*people));
    if (people == NULL)
        return NULL;
    figures->people = people;
    people[figures->n_people] = (struct person_figures){ .session = session };
    return &people[figures->n_people++];
}

// Session numbers come back: what is kept of one is theirs alone.
void figures_leave(struct server *server, struct meeting_run *run, uint32_t session)
{
    struct figures *figures = run->figures;
    for (size_t i = 0; figures != NULL && i < figures->n_people; i++)
        if (figures->people[i].session == session) {
            figures->people[i] = figures->people[--figures->n_people];
            break;
        }
    if (tools_is_empty(server, run, session))
        link_mixer(server, &(struct mixer_command){ .kind = MIXER_CMD_FIGURES,
                                                    .meeting = run->meeting,
                                                    .token = TOKEN_END });
}

// How long each interpreter has been on air, so that a team can share the work evenly. Whoever was
// before is not any more, whatever the event says of them.
void figures_track_event(struct server *server, const struct meeting_info *meeting,
                         const struct track_event *event)
{
    struct meeting_run *run = run_of(server, meeting->id);
    if (run == NULL || (event->kind != TRACK_EVENT_ON_AIR && event->kind != TRACK_EVENT_OFF_AIR))
        return;
    const struct figures *figures = figures_of(run);
    for (size_t i = 0; figures != NULL && i < figures->n_people; i++) {
        struct person_figures *person = &figures->people[i];
        if (person->air_since_us == 0 || person->air_booth != event->booth)
            continue;
        if (event->at_us > person->air_since_us)
            person->air_us += event->at_us - person->air_since_us;
        person->air_since_us = 0;
    }
    struct person_figures *person =
        event->kind == TRACK_EVENT_ON_AIR ? figures_person(server, run, event->session) : NULL;
    if (person != NULL) {
        person->air_since_us = event->at_us;
        person->air_booth = event->booth;
    }
}

const char *figures_name(const struct server *server, uint32_t session)
{
    const struct user *user = model_user(server->model, session);
    return user != NULL ? user->name : NULL;
}

uint64_t figures_on_air_s(const struct server *server, const struct booth_state *booth)
{
    return booth->on_air != 0 && server->now_us > booth->on_air_since_us
               ? (server->now_us - booth->on_air_since_us) / 1000000
               : 0;
}

uint64_t figures_air_s(const struct server *server, const struct person_figures *person)
{
    bool is_on_air = person->air_since_us != 0 && server->now_us > person->air_since_us;
    return (person->air_us + (is_on_air ? server->now_us - person->air_since_us : 0)) / 1000000;
}

// ---- asking and answering ----------------------------------------------------------------------

static void ask_mixer(struct server *server, uint32_t meeting, uint64_t token)
{
    link_mixer(server, &(struct mixer_command){
                           .kind = MIXER_CMD_FIGURES, .meeting = meeting, .token = token });
}

static void do_figures(struct call *call)
{
    ask_mixer(call->server, call->meeting->id, TOKEN_TABLE | call->user->session);
}

static void do_report(struct call *call)
{
    ask_mixer(call->server, call->meeting->id, TOKEN_REPORT | call->user->session);
}

static const struct command commands[] = {
    { { "figures", "cifras", "chiffres", "números|numeros", "chif" },
      do_figures,
      COMMAND_MODERATOR,
      PHRASE_HELP_FIGURES,
      NULL },
    { { "report", "informe", "rapport", "relatório|relatorio", "rapò|rapo" },
      do_report,
      COMMAND_MODERATOR,
      PHRASE_HELP_REPORT,
      NULL },
};
const struct command_table commands_of_figures = { commands,
                                                   sizeof(commands) / sizeof(commands[0]) };

// The answer comes later; until then nothing more is taken from this client, so that questions are
// answered in their order.
void figures_admin(const struct question *question, const struct meeting_info *meeting,
                   struct answer *answer)
{
    struct server *server = question->server;
    struct meeting_run *run = run_of(server, meeting->id);
    struct figures *figures = run != NULL ? figures_of(run) : NULL;
    uint64_t token = TOKEN_ADMIN | question->conn->session;
    for (size_t i = 0; figures != NULL && i < FIGURES_WAITING_MAX; i++) {
        if (figures->waiting[i] != 0)
            continue;
        figures->waiting[i] = token;
        answer->is_later = true;
        question->conn->n_questions += CONN_QUESTIONS;
        ask_mixer(server, meeting->id, token);
        return;
    }
    answer_error(answer, "busy", "the last figures are still on their way");
}

static struct conn *take_waiting(struct server *server, struct figures *figures, uint64_t token)
{
    for (size_t i = 0; figures != NULL && token != 0 && i < FIGURES_WAITING_MAX; i++) {
        if (figures->waiting[i] != token)
            continue;
        figures->waiting[i] = 0;
        struct conn *conn = conn_of(server, (uint32_t)token);
        return conn != NULL && conn->n_questions >= CONN_QUESTIONS ? conn : NULL;
    }
    return NULL;
}

static void answer_admin(struct server *server, const struct meeting_info *meeting,
                         struct meeting_run *run, const struct mixer_event_figures *event)
{
    struct conn *conn = take_waiting(server, run->figures, event->head.token);
    if (conn == NULL)
        return;
    figures_json(conn, meeting, run, event);
    conn->n_questions -= CONN_QUESTIONS;
    conn_resume(conn);
}

void figures_event(struct server *server, const struct mixer_event_figures *event)
{
    uint64_t token = event->head.token;
    struct meeting_run *run = run_of(server, event->head.meeting);
    const struct meeting_info *meeting = model_meeting(server->model, event->head.meeting);
    struct figures *figures = run != NULL && meeting != NULL ? figures_of(run) : NULL;
    struct conn *conn = conn_of(server, (uint32_t)token);
    const struct user *user = model_user(server->model, (uint32_t)token);
    bool may = figures != NULL && conn != NULL && user != NULL &&
               model_is_moderator(server->model, user, meeting);
    if (figures == NULL)
        return;
    if (TOKEN_KIND(token) == TOKEN_TABLE && may)
        figures_table(conn, meeting, run, event);
    else if (TOKEN_KIND(token) == TOKEN_REPORT && may)
        report_tell(conn, meeting, figures, &event->meeting);
    else if (TOKEN_KIND(token) == TOKEN_ADMIN)
        answer_admin(server, meeting, run, event);
    else if (TOKEN_KIND(token) == TOKEN_END)
        report_end(server, meeting, figures, &event->meeting);
}

void figures_forget(struct server *server, struct meeting_run *run)
{
    struct figures *figures = run->figures;
    for (size_t i = 0; figures != NULL && i < FIGURES_WAITING_MAX; i++) {
        struct conn *conn = take_waiting(server, figures, figures->waiting[i]);
        struct answer answer = { .has_members = false };
        if (conn == NULL)
            continue;
        buffer_init(&answer.text, ADMIN_ANSWER_BYTES);
        answer_error(&answer, "not_found", "the meeting has ended");
        admin_send(conn, &answer);
        buffer_clear(&answer.text);
        conn->n_questions -= CONN_QUESTIONS;
        conn_resume(conn);
    }
    free(figures != NULL ? figures->people : NULL);
    free(figures);
    run->figures = NULL;
}
