// SPDX-License-Identifier: BSD-3-Clause
//
// The speaking queue: who is told what of it, and when. Whoever gets the floor gets it from the
// mixer too, so that the floor's rules follow the queue; the sign to begin waits until the
// interpreters have finished what was said before. One timer for all meetings, armed only while
// something is due: none in a meeting in which nobody who has a limit is speaking.
#include "control/display/display_int.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

struct queue_run {         // run->queue
    uint32_t waiting;      // has the floor, and waits for the sign; 0: nobody
    uint64_t sign_us;      // ... at most until then
    bool is_hand_news;     // moderators have not heard of the newest hand
    uint64_t hand_told_us; // when they last have; 0: never
};

static struct queue_run *queue_of(struct meeting_run *run) // NULL: memory
{
    if (run->queue == NULL)
        run->queue = calloc(1, sizeof(struct queue_run));
    return run->queue;
}

void queue_forget(struct meeting_run *run)
{
    free(run->queue);
    run->queue = NULL;
}

static const char *name_of(const struct server *server, const struct conn *reader, uint32_t session)
{
    const struct user *user = model_user(server->model, session);
    bool is_known =
        user != NULL && (reader != NULL ? visible_user(reader, user) : !server->is_hiding);
    return is_known ? user->name : "…";
}

void queue_names(const struct server *server, const struct meeting_run *run,
                 const struct conn *reader, char *out, size_t cap)
{
    uint32_t hands[AGENDA_HANDS_MAX];
    size_t n = agenda_hands(run->agenda, hands, AGENDA_HANDS_MAX), len = 0, shown = 0;
    out[0] = '\0';
    for (; shown < n; shown++) {
        const char *name = name_of(server, reader, hands[shown]);
        if (len + strlen(name) + 16 > cap) // room for how many more there are
            break;
        len += (size_t)snprintf(out + len, cap - len, "%s%s", shown > 0 ? ", " : "", name);
    }
    if (shown < n)
        snprintf(out + len, cap - len, ", +%zu", n - shown);
}

// ---- moderators -------------------------------------------------------------------------------

static void tell_hands(struct server *server, struct meeting_run *run, struct queue_run *queue)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    char names[1024];
    queue->is_hand_news = false;
    queue->hand_told_us = server->now_us;
    if (meeting == NULL || agenda_hands(run->agenda, NULL, 0) == 0)
        return;
    for (struct conn *conn = NULL; (conn = tools_next_moderator(server, meeting, conn)) != NULL;) {
        queue_names(server, run, conn, names, sizeof(names));
        say(conn, PHRASE_HANDS, names);
    }
}

static uint64_t hands_due(const struct queue_run *queue)
{
    if (!queue->is_hand_news)
        return UINT64_MAX;
    return queue->hand_told_us != 0 ? queue->hand_told_us + HANDS_NOTICE_US : 0;
}

static void tell_finished(struct server *server, const struct meeting_run *run, uint32_t session)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    if (meeting == NULL)
        return;
    for (struct conn *conn = NULL; (conn = tools_next_moderator(server, meeting, conn)) != NULL;)
        if (conn->session != session)
            say(conn, PHRASE_TURN_FINISHED, name_of(server, conn, session));
}

// ---- hands ------------------------------------------------------------------------------------

static void say_place(struct conn *conn, const struct meeting_run *run)
{
    uint32_t hands[AGENDA_HANDS_MAX];
    size_t n = agenda_hands(run->agenda, hands, AGENDA_HANDS_MAX), place = 0;
    while (place < n && hands[place] != conn->session)
        place++;
    char number[16];
    snprintf(number, sizeof(number), "%zu", place + 1);
    say(conn, PHRASE_HAND_UP, number);
}

static void hand_up(struct conn *conn, struct meeting_run *run)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    struct queue_run *queue = queue_of(run);
    if (model_channel(server->model, user->channel)->role == CHANNEL_BOOTH) {
        say(conn, PHRASE_HAND_BOOTH);
        return;
    }
    if (agenda_speaker(run->agenda) == conn->session) {
        say(conn, PHRASE_HAND_SPEAKER);
        return;
    }
    int error = agenda_hand_up(run->agenda, conn->session);
    if (error == AGENDA_E_FULL) {
        say(conn, PHRASE_HANDS_FULL);
        return;
    }
    say_place(conn, run);
    if (error != 0)
        return;
    if (queue != NULL)
        queue->is_hand_news = true; // told at the end of the turn, or a little later
    tools_changed(server, run);
}

static void give_to_mixer(struct server *server, const struct meeting_run *run, uint32_t session,
                          const struct conn *by)
{
    link_mixer(server, &(struct mixer_command){ .kind = MIXER_CMD_GIVE_FLOOR,
                                                .meeting = run->meeting,
                                                .session = session,
                                                .token = by != NULL ? by->session : 0 });
}

static void hand_down(struct conn *conn, struct meeting_run *run)
{
    struct server *server = conn->server;
    if (agenda_speaker(run->agenda) == conn->session) {
        queue_give(server, run, 0, conn);
        tell_finished(server, run, conn->session);
        return;
    }
    if (agenda_hand_down(run->agenda, conn->session) != 0) {
        say(conn, PHRASE_HAND_NOT_UP);
        return;
    }
    say(conn, PHRASE_HAND_DOWN);
    tools_changed(server, run);
}

void queue_hand(struct conn *conn, struct meeting_run *run, bool is_up)
{
    if (is_up)
        hand_up(conn, run);
    else
        hand_down(conn, run);
}

// ---- the floor --------------------------------------------------------------------------------

static void give_sign(struct server *server, struct queue_run *queue)
{
    struct conn *conn = conn_of(server, queue->waiting);
    queue->waiting = 0;
    if (conn != NULL)
        say(conn, PHRASE_TURN_BEGIN);
}

// The track that is furthest behind what was said on the floor; NULL: none is.
static const struct meeting_track *slowest(const struct meeting_info *meeting,
                                           const struct meeting_run *run, uint32_t *delay_ms)
{
    const struct meeting_track *found = NULL;
    *delay_ms = 0;
    for (uint8_t i = 0; i < meeting->n_tracks && run->has_state; i++) {
        const struct track_state *track = &run->state.tracks[i];
        if (track->booth >= meeting->n_booths || track->depth == TRACKS_NO_LANG ||
            run->state.booths[track->booth].on_air == 0 || track->delay_ms < *delay_ms)
            continue;
        *delay_ms = track->delay_ms;
        found = &meeting->tracks[i];
    }
    return found;
}

// What the moderator hears of it: how it stands, and why the sign waits.
static void tell_waiting(struct server *server, const struct meeting_run *run, uint32_t session,
                         const struct conn *by)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    uint32_t delay_ms;
    const struct meeting_track *track = slowest(meeting, run, &delay_ms);
    struct conn *conn = by != NULL ? conn_of(server, by->session) : NULL;
    char seconds[16];
    snprintf(seconds, sizeof(seconds), "%u.%u", delay_ms / 1000, delay_ms % 1000 / 100);
    if (conn != NULL && track != NULL)
        say(conn, PHRASE_GIVEN_WAITS, name_of(server, conn, session), lang_own_name(track->lang),
            seconds);
    else if (conn != NULL)
        say(conn, PHRASE_QUEUE_SPEAKER, name_of(server, conn, session));
}

static bool must_wait(const struct meeting_info *meeting, const struct meeting_run *run)
{
    uint32_t delay_ms;
    return run->has_state && !run->state.floor.is_drained &&
           slowest(meeting, run, &delay_ms) != NULL;
}

// The floor is theirs; when do they know?
static void begin_turn(struct server *server, struct meeting_run *run, uint32_t session,
                       struct conn *by)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct queue_run *queue = queue_of(run);
    struct conn *conn = conn_of(server, session);
    if (queue == NULL || conn == NULL)
        return;
    queue->waiting = session;
    if (must_wait(meeting, run)) {
        queue->sign_us = server->now_us + DRAIN_WAIT_US;
        say(conn, PHRASE_TURN_WAIT);
        tell_waiting(server, run, session, by);
        return;
    }
    give_sign(server, queue);
    if (by != NULL && by != conn)
        say(by, PHRASE_QUEUE_SPEAKER, name_of(server, by, session));
}

// The agenda knows; everybody else is told.
static void given(struct server *server, struct meeting_run *run, uint32_t before, struct conn *by)
{
    uint32_t session = agenda_speaker(run->agenda);
    struct queue_run *queue = run->queue;
    struct conn *old = before != session ? conn_of(server, before) : NULL;
    if (queue != NULL)
        queue->waiting = 0;
    give_to_mixer(server, run, session, by);
    if (old != NULL)
        say(old, PHRASE_TURN_END);
    if (session != 0)
        begin_turn(server, run, session, by);
    tools_changed(server, run);
}

void queue_give(struct server *server, struct meeting_run *run, uint32_t session, struct conn *by)
{
    uint32_t before = agenda_speaker(run->agenda);
    agenda_give(run->agenda, session, server->now_us);
    given(server, run, before, by);
}

bool queue_is_on_floor(const struct server *server, const struct meeting_run *run, uint32_t session)
{
    const struct user *user = model_user(server->model, session);
    const struct channel *channel =
        user != NULL ? model_channel(server->model, user->channel) : NULL;
    return channel != NULL && channel->meeting == run->meeting &&
           (channel->role == CHANNEL_FLOOR || channel->role == CHANNEL_TRACK);
}

// The first who can speak now: whoever is in a breakout group keeps their place. 0: nobody.
static uint32_t first_here(const struct server *server, const struct meeting_run *run)
{
    uint32_t hands[AGENDA_HANDS_MAX];
    size_t n = agenda_hands(run->agenda, hands, AGENDA_HANDS_MAX);
    for (size_t i = 0; i < n; i++)
        if (queue_is_on_floor(server, run, hands[i]))
            return hands[i];
    return 0;
}

bool queue_next(struct server *server, struct meeting_run *run, struct conn *by)
{
    uint32_t before = agenda_speaker(run->agenda), session = first_here(server, run);
    if (session == 0 && before == 0)
        return false;
    agenda_give(run->agenda, session, server->now_us);
    given(server, run, before, by);
    if (session == 0 && by != NULL)
        say(by, PHRASE_FLOOR_FREE);
    return true;
}

void queue_list(struct conn *conn, struct meeting_run *run)
{
    struct server *server = conn->server;
    uint32_t session = agenda_speaker(run->agenda);
    char names[2048], used[16], limit[16];
    snprintf(used, sizeof(used), "%u", agenda_used_s(run->agenda, server->now_us));
    snprintf(limit, sizeof(limit), "%u", agenda_limit_s(run->agenda));
    if (session != 0 && agenda_limit_s(run->agenda) != 0)
        say(conn, PHRASE_QUEUE_SPEAKER_TIME, name_of(server, conn, session), used, limit);
    else if (session != 0)
        say(conn, PHRASE_QUEUE_SPEAKER, name_of(server, conn, session));
    queue_names(server, run, conn, names, sizeof(names));
    if (names[0] != '\0')
        say(conn, PHRASE_QUEUE_WAITING, names);
    else
        say(conn, PHRASE_QUEUE_EMPTY);
}

// ---- what happens by itself -------------------------------------------------------------------

void queue_leave(struct server *server, struct meeting_run *run, uint32_t session)
{
    struct queue_run *queue = run->queue;
    bool is_speaker = agenda_speaker(run->agenda) == session;
    const struct conn *conn = conn_of(server, session);
    agenda_leave(run->agenda, session, conn != NULL ? poll_voter(conn) : 0);
    if (tools_is_empty(server, run, session))
        agenda_forget_absent(run->agenda);
    if (queue != NULL && queue->waiting == session)
        queue->waiting = 0;
    if (is_speaker) // the mixer has forgotten them with their place
        tell_finished(server, run, session);
    describe_changed(server, run);
}

void queue_enter(struct conn *conn, struct meeting_run *run)
{
    agenda_return(run->agenda, conn->session, poll_voter(conn));
}

void queue_away(struct server *server, struct meeting_run *run, uint32_t session, bool is_for_good)
{
    if (agenda_speaker(run->agenda) == session)
        queue_give(server, run, 0, NULL);
    else if (is_for_good && agenda_hand_down(run->agenda, session) == 0)
        tools_changed(server, run);
}

void queue_track_event(struct server *server, const struct meeting_info *meeting,
                       const struct track_event *event)
{
    struct meeting_run *run = run_of(server, meeting->id);
    struct queue_run *queue = run != NULL ? run->queue : NULL;
    if (run == NULL)
        return;
    if (event->kind == TRACK_EVENT_SPEAKING && conn_of(server, event->session) != NULL)
        agenda_voice(run->agenda, event->session, event->value != 0, event->at_us);
    if (event->kind == TRACK_EVENT_SPEAKING && event->session == agenda_speaker(run->agenda))
        display_changed(server, run->meeting); // the clock runs, or stands
    if (event->kind == TRACK_EVENT_DRAINED) {
        run->state.floor.is_drained = true; // before the state that says so: the next may be given
        if (queue != NULL && queue->waiting != 0)
            give_sign(server, queue);
    }
}

static void tell_limit(struct server *server, struct meeting_run *run, enum agenda_sign sign)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    uint32_t session = agenda_speaker(run->agenda), limit_s = agenda_limit_s(run->agenda);
    uint32_t used_s = agenda_used_s(run->agenda, server->now_us);
    struct conn *speaker = conn_of(server, session);
    char left[16];
    snprintf(left, sizeof(left), "%u", limit_s > used_s ? limit_s - used_s : 0);
    if (speaker == NULL || meeting == NULL)
        return;
    if (sign == AGENDA_SIGN_SOON)
        say(speaker, PHRASE_SIGN_SOON, left);
    else
        say(speaker, PHRASE_SIGN_OVER);
    for (struct conn *conn = NULL; (conn = tools_next_moderator(server, meeting, conn)) != NULL;) {
        const char *name = name_of(server, conn, session);
        if (conn == speaker)
            continue;
        if (sign == AGENDA_SIGN_SOON)
            say(conn, PHRASE_SIGN_SOON_OF, name, left);
        else
            say(conn, PHRASE_SIGN_OVER_OF, name);
    }
    display_changed(server, run->meeting);
}

// What is due now is done; returns when something is due again.
static uint64_t advance(struct server *server, struct meeting_run *run)
{
    struct queue_run *queue = run->queue;
    uint64_t due_us = agenda_deadline(run->agenda);
    if (due_us <= server->now_us) {
        enum agenda_sign sign = agenda_sign(run->agenda, server->now_us);
        if (sign != AGENDA_SIGN_NONE)
            tell_limit(server, run, sign);
        due_us = agenda_deadline(run->agenda);
    }
    if (queue == NULL)
        return due_us;
    if (hands_due(queue) <= server->now_us)
        tell_hands(server, run, queue);
    if (queue->waiting != 0 && queue->sign_us <= server->now_us)
        give_sign(server, queue);
    if (queue->waiting != 0 && queue->sign_us < due_us)
        due_us = queue->sign_us;
    return hands_due(queue) < due_us ? hands_due(queue) : due_us;
}

static void on_timer(uv_timer_t *timer)
{
    struct server *server = timer->data;
    server->now_us = clock_us();
    server->queue_due_us = 0; // queue_turn_end follows, and does what is due
}

void queue_turn_end(struct server *server)
{
    uint64_t due_us = UINT64_MAX;
    for (struct meeting_run *run = server->runs; run != NULL; run = run->next) {
        uint64_t one_us = advance(server, run);
        due_us = one_us < due_us ? one_us : due_us;
    }
    if (due_us == server->queue_due_us || server->is_stopping)
        return;
    server->queue_due_us = due_us;
    if (due_us == UINT64_MAX) {
        uv_timer_stop(&server->queue_timer);
        return;
    }
    uint64_t in_us = due_us > server->now_us ? due_us - server->now_us : 0;
    uv_timer_start(&server->queue_timer, on_timer, in_us / 1000 + 1, 0);
}
