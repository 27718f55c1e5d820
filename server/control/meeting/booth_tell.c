// SPDX-License-Identifier: BSD-3-Clause
//
// What happens to interpreters, told in words: to them, to their partners, to moderators, each in
// their language. Tones are the mixer's.
#include "control/meeting/run.h"

#include <stdlib.h>
#include <string.h>

// Why somebody went off air, as tracks.h numbers it.
enum { ACT, LEFT, VANISHED };

// What was told of a booth, or has to be known to tell what comes.
struct told {
    char *on_air_name;  // whoever is on air, for when they have gone; NULL: nobody
    uint32_t offered;   // who offers to follow
    uint8_t depth;      // of the relay
    uint8_t depth_from; // its language
    bool is_path_due;   // the figures of the path come with the next state
};

static struct told *told_of(struct meeting_run *run)
{
    if (run != NULL && run->booths == NULL)
        run->booths = calloc(MODEL_BOOTHS_MAX, sizeof(struct told));
    return run != NULL ? run->booths : NULL;
}

void booth_forget(struct meeting_run *run)
{
    struct told *told = run->booths;
    for (size_t i = 0; told != NULL && i < MODEL_BOOTHS_MAX; i++)
        free(told[i].on_air_name);
    free(told);
    run->booths = NULL;
}

// ---- whom ---------------------------------------------------------------------------------------

static struct conn *next_ready(const struct server *server, const struct conn *after)
{
    struct conn *conn = after != NULL ? after->next : server->conns;
    while (conn != NULL &&
           (conn->phase != CONN_READY || model_user(server->model, conn->session) == NULL))
        conn = conn->next;
    return conn;
}

static struct conn *next_in(const struct server *server, uint32_t channel, const struct conn *after)
{
    struct conn *conn = next_ready(server, after);
    while (conn != NULL && model_user(server->model, conn->session)->channel != channel)
        conn = next_ready(server, conn);
    return conn;
}

// In the meeting, and not in that channel: there they are told as others are.
static struct conn *next_moderator(const struct server *server, const struct meeting_info *meeting,
                                   uint32_t except_channel, const struct conn *after)
{
    for (struct conn *conn = next_ready(server, after); conn != NULL;
         conn = next_ready(server, conn)) {
        const struct user *user = model_user(server->model, conn->session);
        if (user->channel != except_channel && model_meeting_of(server->model, user) == meeting &&
            model_is_moderator(server->model, user, meeting))
            return conn;
    }
    return NULL;
}

static const char *name_of(const struct server *server, uint32_t session, const char *otherwise)
{
    const struct user *user = model_user(server->model, session);
    return user != NULL ? user->name : otherwise != NULL ? otherwise : "?";
}

// ---- one event, to one who sits in the booth

struct scene {
    struct server *server;
    struct meeting_info *meeting;
    struct meeting_booth *booth;
    struct told *told;
    const struct track_event *event;
    uint32_t before;     // who was on air until this event
    const char *name;    // of whom it is about
    const char *partner; // HANDOVER_BOTH: of who is on air
};

static void tell_on_air(const struct scene *scene, struct conn *conn)
{
    const struct track_event *event = scene->event;
    const struct user *user = model_user(scene->server->model, conn->session);
    if (conn->session == event->session)
        say(conn, model_user_may_speak(user) ? PHRASE_ON_AIR : PHRASE_ON_AIR_MUTED,
            meetings_lang_name(scene->meeting, event->lang2));
    else if (conn->session == scene->before)
        say(conn, PHRASE_REPLACED, scene->name);
    else
        say(conn, PHRASE_PARTNER_ON_AIR, scene->name);
}

static void tell_off_air(const struct scene *scene, struct conn *conn)
{
    const bool is_self = conn->session == scene->event->session;
    if (scene->event->value == VANISHED && is_self)
        say(conn, PHRASE_VANISHED);
    else if (scene->event->value == VANISHED)
        say(conn, PHRASE_PARTNER_VANISHED, scene->name);
    else if (scene->event->value == LEFT && !is_self)
        say(conn, PHRASE_PARTNER_LEFT, scene->name);
    else
        say(conn, is_self ? PHRASE_OFF_AIR : PHRASE_PARTNER_OFF_AIR);
}

static void tell_handover(const struct scene *scene, struct conn *conn)
{
    const bool is_actor = conn->session == scene->event->session;
    const bool is_on_air = conn->session == scene->booth->on_air;
    switch ((enum handover_state)scene->event->value) {
    case HANDOVER_ASKED:
        if (is_actor)
            say(conn, PHRASE_HANDOVER_ASKING);
        else
            say(conn, PHRASE_HANDOVER_ASKED, scene->name);
        break;
    case HANDOVER_OFFERED:
        if (is_actor)
            say(conn, PHRASE_HANDOVER_OFFERING);
        else if (is_on_air)
            say(conn, PHRASE_HANDOVER_OFFERED, scene->name);
        break;
    case HANDOVER_BOTH:
        if (is_on_air)
            say(conn, PHRASE_HANDOVER_FINISH, scene->name);
        else if (conn->session == scene->told->offered)
            say(conn, PHRASE_HANDOVER_BEGIN, scene->partner);
        break;
    case HANDOVER_NONE:
        say(conn, PHRASE_HANDOVER_OFF);
        break;
    case HANDOVER_DONE: // TRACK_EVENT_ON_AIR tells
        return;
    }
}

static void say_relay(struct conn *conn, const struct meeting_info *meeting,
                      const struct meeting_run *run, uint8_t index)
{
    const struct booth_state *booth = &run->state.booths[index];
    const uint32_t delay_ms = run->state.tracks[booth->incoming].delay_ms;
    char hops[8], seconds[16];
    snprintf(hops, sizeof(hops), "%u", booth->depth);
    snprintf(seconds, sizeof(seconds), "%u.%u", (delay_ms + 50) / 1000, (delay_ms + 50) / 100 % 10);
    say(conn, PHRASE_PATH_RELAY, meetings_lang_name(meeting, booth->incoming), hops, seconds);
}

// Who has just come, of what was told to the others before.
static bool tell_seated(const struct scene *scene, struct conn *conn)
{
    const struct track_event *event = scene->event;
    const struct meeting_run *run = run_of(scene->server, scene->meeting->id);
    if (conn->session != event->session)
        return false;
    if (event->value != 0)
        say(conn, PHRASE_RESTING);
    else
        say(conn, PHRASE_DIRECTION, meetings_lang_name(scene->meeting, event->lang),
            meetings_lang_name(scene->meeting, event->lang2));
    if (event->value == 0 && scene->told->depth > 0 && run->state.booths[event->booth].depth > 0)
        say_relay(conn, scene->meeting, run, event->booth);
    if (scene->booth->on_air != 0)
        say(conn, PHRASE_PARTNER_ON_AIR,
            name_of(scene->server, scene->booth->on_air, scene->told->on_air_name));
    return true;
}

static void tell_timer(const struct scene *scene, struct conn *conn)
{
    char minutes[16];
    const uint32_t turn_s = scene->meeting->turn_s;
    snprintf(minutes, sizeof(minutes), turn_s % 60 == 0 ? "%.0f" : "%.1f", turn_s / 60.0);
    if (conn->session == scene->event->session)
        say(conn, PHRASE_TIMER, minutes);
    else
        say(conn, PHRASE_TIMER_PARTNER, scene->name, minutes);
}

// False: nothing was said.
static bool tell_one(const struct scene *scene, struct conn *conn)
{
    const struct track_event *event = scene->event;
    switch (event->kind) {
    case TRACK_EVENT_ON_AIR:
        tell_on_air(scene, conn);
        return true;
    case TRACK_EVENT_OFF_AIR:
        tell_off_air(scene, conn);
        return true;
    case TRACK_EVENT_DIRECTION:
        say(conn, PHRASE_DIRECTION, meetings_lang_name(scene->meeting, event->lang),
            meetings_lang_name(scene->meeting, event->lang2));
        return true;
    case TRACK_EVENT_TURN_PENDING:
        say(conn, event->value != 0 ? PHRASE_TURN_OFF : PHRASE_TURN_PENDING,
            meetings_lang_name(scene->meeting, event->lang));
        return true;
    case TRACK_EVENT_RESTING:
        say(conn, PHRASE_RESTING);
        return true;
    case TRACK_EVENT_COUGH_LONG:
        say(conn, conn->session == event->session ? PHRASE_COUGH_SELF : PHRASE_COUGH_LONG);
        return true;
    case TRACK_EVENT_HANDOVER:
        tell_handover(scene, conn);
        return event->value != HANDOVER_DONE;
    case TRACK_EVENT_TIMER:
        tell_timer(scene, conn);
        return true;
    case TRACK_EVENT_SEATED:
        return tell_seated(scene, conn);
    case TRACK_EVENT_FLOOR:
    case TRACK_EVENT_SPEAKING:
    case TRACK_EVENT_INTERPRETING:
    case TRACK_EVENT_UNCOVERED:
    case TRACK_EVENT_COVERED:
    case TRACK_EVENT_SUSPECT:
    case TRACK_EVENT_PATH:
    case TRACK_EVENT_DRAINED:
    case TRACK_EVENT_HEARD:
    case TRACK_EVENT_KINDS:
        break;
    }
    return false;
}

// ---- one event, to all whom it concerns

// Names stay known beyond those who had them.
static void note_on_air(const struct scene *scene)
{
    const struct track_event *event = scene->event;
    if (event->kind != TRACK_EVENT_ON_AIR && event->kind != TRACK_EVENT_OFF_AIR)
        return;
    scene->booth->on_air = event->kind == TRACK_EVENT_ON_AIR ? event->session : 0;
    if (event->kind != TRACK_EVENT_ON_AIR)
        return;
    if (scene->name == scene->told->on_air_name)
        return; // somebody who has gone: it is that name
    free(scene->told->on_air_name);
    scene->told->on_air_name = str_dup(scene->name);
}

static void note_handover(const struct scene *scene)
{
    const struct track_event *event = scene->event;
    if (event->kind != TRACK_EVENT_HANDOVER)
        return;
    if (event->value == HANDOVER_OFFERED ||
        (event->value == HANDOVER_BOTH && event->session != scene->booth->on_air))
        scene->told->offered = event->session;
    else if (event->value != HANDOVER_BOTH)
        scene->told->offered = 0;
}

static void tell_moderators_gone(const struct scene *scene)
{
    if (scene->event->kind != TRACK_EVENT_OFF_AIR || scene->event->value == ACT)
        return;
    struct conn *conn = NULL;
    while ((conn = next_moderator(scene->server, scene->meeting, scene->booth->channel, conn)) !=
           NULL)
        if (conn->session != scene->event->session)
            say(conn,
                scene->event->value == VANISHED ? PHRASE_MODERATORS_VANISHED
                                                : PHRASE_MODERATORS_LEFT,
                scene->name, scene->booth->name);
}

static void tell_booth(struct server *server, struct meeting_info *meeting, struct told *told,
                       const struct track_event *event)
{
    struct meeting_booth *booth = &meeting->booths[event->booth];
    struct scene scene = { .server = server,
                           .meeting = meeting,
                           .booth = booth,
                           .told = &told[event->booth],
                           .event = event,
                           .before = booth->on_air };
    scene.name = name_of(server, event->session,
                         event->session == booth->on_air ? scene.told->on_air_name : NULL);
    note_on_air(&scene);
    note_handover(&scene);
    if (event->kind == TRACK_EVENT_HANDOVER && event->value == HANDOVER_BOTH) {
        scene.name = name_of(server, scene.told->offered, NULL);
        scene.partner = name_of(server, booth->on_air, scene.told->on_air_name);
    }
    if (event->kind == TRACK_EVENT_PATH)
        scene.told->is_path_due = true;
    for (struct conn *conn = next_in(server, booth->channel, NULL); conn != NULL;
         conn = next_in(server, booth->channel, conn))
        conn->is_act_told |= tell_one(&scene, conn);
    tell_moderators_gone(&scene);
}

void booth_track_event(struct server *server, struct meeting_info *meeting,
                       const struct track_event *event)
{
    struct told *told = told_of(run_of(server, meeting->id));
    const bool is_of_floor = event->kind == TRACK_EVENT_FLOOR ||
                             event->kind == TRACK_EVENT_SPEAKING ||
                             event->kind == TRACK_EVENT_HEARD || event->kind == TRACK_EVENT_DRAINED;
    const bool is_of_track =
        event->kind == TRACK_EVENT_UNCOVERED || event->kind == TRACK_EVENT_COVERED;
    if (event->kind == TRACK_EVENT_SUSPECT)
        probe_begin(server, meeting->id, event->session);
    if (!is_of_floor && !is_of_track && told != NULL && event->booth < meeting->n_booths)
        tell_booth(server, meeting, told, event);
}

// ---- relay: its figures come with the state

static void tell_path(struct server *server, const struct meeting_info *meeting,
                      const struct meeting_run *run, uint8_t index, struct told *told)
{
    const struct booth_state *booth = &run->state.booths[index];
    const bool is_same =
        booth->depth == told->depth && (booth->depth == 0 || booth->incoming == told->depth_from);
    told->is_path_due = false;
    if (is_same || booth->is_resting)
        return;
    told->depth = booth->depth;
    told->depth_from = booth->incoming;
    for (struct conn *conn = next_in(server, meeting->booths[index].channel, NULL); conn != NULL;
         conn = next_in(server, meeting->booths[index].channel, conn))
        if (booth->depth > 0)
            say_relay(conn, meeting, run, index);
        else
            say(conn, PHRASE_PATH_FLOOR);
}

void booth_state_event(struct server *server, struct meeting_run *run)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct told *told = run->booths;
    for (uint8_t i = 0; meeting != NULL && told != NULL && i < meeting->n_booths; i++) {
        const struct booth_state *booth = &run->state.booths[i];
        if (booth->n_interpreters == 0)
            told[i].depth = 0; // who comes then is told anew
        else if (told[i].is_path_due || (told[i].depth > 0 && told[i].depth != booth->depth))
            tell_path(server, meeting, run, i, &told[i]); // a booth before it may have changed
    }
}
