// SPDX-License-Identifier: BSD-3-Clause
//
// Consoles: programs that said hello are sent the meeting's state whenever it is different, at most
// five times a second, the last change always. One timer for all of them, armed only while
// something is due: nobody is woken for a meeting in which nothing happens.
#include "control/display/display_int.h"
#include "control/lines/calm.h"
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

#define CONSOLE_ID CALM_CONSOLE_ID

struct watcher { // somebody who said hello
    struct watcher *next;
    uint32_t session, meeting; // meeting: of what was sent last, MODEL_NONE: of none
    uint64_t sent_us, hash;    // of what was sent last, without the times that run
    bool is_due;
};
struct display {
    struct server *server;
    uv_timer_t timer;
    struct watcher *watchers;
};

struct body { // what all who see everything are sent alike, while a turn lasts
    uint32_t meeting;
    char language[16];            // the poll is in it
    bool is_moderator;            // they see its counts while it is open
    struct answer still, running; // without and with the times that run
    bool is_there;
};

// ---- one state ---------------------------------------------------------------------------------

static void body_clear(struct body *body)
{
    buffer_clear(&body->still.text);
    buffer_clear(&body->running.text);
    body->is_there = false;
}

static bool is_moderator(const struct conn *reader, const struct meeting_info *meeting)
{
    const struct model *model = reader->server->model;
    return model_is_moderator(model, model_user(model, reader->session), meeting);
}

static void body_make(struct body *body, const struct conn *reader,
                      const struct meeting_info *meeting, struct meeting_run *run)
{
    body_clear(body);
    body->still = body->running = (struct answer){ .has_members = false };
    buffer_init(&body->still.text, DISPLAY_STATE_BYTES);
    buffer_init(&body->running.text, DISPLAY_STATE_BYTES);
    display_put_meeting(&body->still, reader, meeting, run, 0);
    display_put_meeting(&body->running, reader, meeting, run, reader->server->now_us);
    body->meeting = meeting->id;
    snprintf(body->language, sizeof(body->language), "%s", reader_language(reader));
    body->is_moderator = is_moderator(reader, meeting);
    body->is_there = reader->visible == NULL;
}

static uint64_t hash_of(uint64_t hash, const struct buffer *text)
{
    for (size_t i = 0; i < text->len; i++)
        hash = (hash ^ text->data[i]) * UINT64_C(1099511628211); // FNV-1a
    return hash;
}

static void send_state(const struct conn *conn, const struct answer *answer)
{
    MumbleProto__PluginDataTransmission out = MUMBLE_PROTO__PLUGIN_DATA_TRANSMISSION__INIT;
    out.data_id = (char *)(uintptr_t)CONSOLE_ID;
    out.has_data = true;
    out.data = (ProtobufCBinaryData){ answer->text.len, answer->text.data };
    send_message((struct conn *)(uintptr_t)conn, MSG_PLUGIN_DATA, &out.base);
}

static void put_head(struct answer *answer, const struct meeting_info *meeting)
{
    answer_open(answer, NULL, '{');
    answer_integer(answer, "v", 1);
    if (meeting == NULL) {
        answer_text(answer, "meeting", NULL);
        return;
    }
    answer_open(answer, "meeting", '{');
    answer_integer(answer, "id", meeting->id);
    answer_text(answer, "name", meeting->name);
    answer_close(answer, '}');
}

// Sends it when it is another than before.
static void show(struct watcher *watcher, struct conn *conn, struct body *body)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    struct meeting_run *run = meeting != NULL ? run_of(server, meeting->id) : NULL;
    struct answer answer = { .has_members = false };
    buffer_init(&answer.text, 2 * DISPLAY_STATE_BYTES);
    put_head(&answer, run != NULL ? meeting : NULL);
    uint64_t hash = UINT64_C(14695981039346656037);
    watcher->is_due = false;
    watcher->meeting = run != NULL ? meeting->id : MODEL_NONE;
    if (run != NULL) {
        display_put_me(&answer, conn, meeting);
        bool is_at_hand = body->is_there && conn->visible == NULL && body->meeting == meeting->id &&
                          body->is_moderator == is_moderator(conn, meeting) &&
                          strcmp(body->language, reader_language(conn)) == 0;
        if (!is_at_hand)
            body_make(body, conn, meeting, run);
        hash = hash_of(hash_of(hash, &answer.text), &body->still.text);
        answer.has_failed |=
            body->still.has_failed || body->running.has_failed ||
            !buffer_add(&answer.text, ",", 1) ||
            !buffer_add(&answer.text, body->running.text.data, body->running.text.len);
    } else {
        hash = hash_of(hash, &answer.text);
    }
    answer_close(&answer, '}');
    if (!answer.has_failed && hash != watcher->hash) {
        send_state(conn, &answer);
        watcher->hash = hash;
        watcher->sent_us = server->now_us;
    }
    buffer_clear(&answer.text);
}

// ---- when --------------------------------------------------------------------------------------

static uint64_t due_at(const struct watcher *watcher)
{
    return watcher->sent_us + DISPLAY_EVERY_US;
}

static void update_menus(struct server *server, uint64_t *next_us)
{
    for (struct meeting_run *run = server->runs; run != NULL; run = run->next) {
        const uint64_t due_us = run->menus_us + MENUS_EVERY_US;
        if (run->are_menus_due && due_us <= server->now_us) {
            run->are_menus_due = false;
            run->menus_us = server->now_us;
            menu_changed(server, run->meeting, false);
        } else if (run->are_menus_due && due_us < *next_us) {
            *next_us = due_us;
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct display *display = timer->data;
    struct server *server = display->server;
    struct body body = { .is_there = false };
    uint64_t next_us = UINT64_MAX;
    server->now_us = clock_us();
    for (struct watcher *watcher = display->watchers; watcher != NULL; watcher = watcher->next) {
        struct conn *conn = watcher->is_due ? conn_of(server, watcher->session) : NULL;
        if (conn == NULL)
            continue;
        if (due_at(watcher) <= server->now_us)
            show(watcher, conn, &body);
        else if (due_at(watcher) < next_us)
            next_us = due_at(watcher);
    }
    body_clear(&body);
    describe_due(server, &next_us);
    update_menus(server, &next_us);
    if (next_us != UINT64_MAX)
        display_wake(server, next_us);
}

static struct display *display_of(struct server *server)
{
    if (server->display != NULL)
        return server->display;
    struct display *display = calloc(1, sizeof(*display));
    if (display == NULL)
        return NULL;
    display->server = server;
    uv_timer_init(&server->loop, &display->timer);
    display->timer.data = display;
    server->display = display;
    return display;
}

void display_free(struct server *server) // its handle is closed
{
    struct display *display = server->display;
    server->display = NULL;
    for (struct watcher *watcher = display != NULL ? display->watchers : NULL, *next;
         watcher != NULL; watcher = next) {
        next = watcher->next;
        free(watcher);
    }
    free(display);
}

void display_wake(struct server *server, uint64_t at_us)
{
    struct display *display = display_of(server);
    if (display == NULL || server->is_stopping)
        return;
    uint64_t now_us = server->now_us;
    uint64_t in_ms = at_us > now_us ? (at_us - now_us) / 1000 + 1 : 0;
    if (!uv_is_active((uv_handle_t *)&display->timer) ||
        uv_timer_get_due_in(&display->timer) > in_ms)
        uv_timer_start(&display->timer, on_timer, in_ms, 0);
}

// Consoles are shown the meeting anew.
static void watchers_changed(struct server *server, uint32_t meeting)
{
    struct watcher *watcher = server->display != NULL ? server->display->watchers : NULL;
    for (; watcher != NULL; watcher = watcher->next) {
        const struct user *user = model_user(server->model, watcher->session);
        const struct meeting_info *now =
            user != NULL ? model_meeting_of(server->model, user) : NULL;
        if (watcher->is_due || (watcher->meeting != meeting && (now == NULL || now->id != meeting)))
            continue;
        watcher->is_due = true;
        display_wake(server, due_at(watcher));
    }
}

void display_changed(struct server *server, uint32_t meeting)
{
    struct meeting_run *run = run_of(server, meeting);
    watchers_changed(server, meeting);
    if (run == NULL || run->are_menus_due)
        return;
    run->are_menus_due = true;
    display_wake(server, run->menus_us + MENUS_EVERY_US);
}

// ---- what consoles say -------------------------------------------------------------------------

static struct watcher *watcher_of(const struct conn *conn)
{
    struct watcher *watcher =
        conn->server->display != NULL ? conn->server->display->watchers : NULL;
    while (watcher != NULL && watcher->session != conn->session)
        watcher = watcher->next;
    return watcher;
}

static void hello(struct conn *conn, const char *language)
{
    struct display *display = display_of(conn->server);
    struct watcher *watcher = watcher_of(conn);
    const char *ours = i18n_find(language);
    if (ours != NULL)
        snprintf(conn->console_language, sizeof(conn->console_language), "%s", ours);
    if (watcher == NULL && display != NULL) {
        watcher = calloc(1, sizeof(*watcher));
        if (watcher == NULL)
            return;
        watcher->session = conn->session;
        watcher->next = display->watchers;
        display->watchers = watcher;
    }
    if (watcher == NULL)
        return;
    struct body body = { .is_there = false };
    watcher->hash = 0; // asked anew, it is shown anew
    show(watcher, conn, &body);
    body_clear(&body);
}

void display_leave(struct conn *conn)
{
    struct display *display = conn->server->display;
    struct watcher **place = display != NULL ? &display->watchers : NULL;
    while (place != NULL && *place != NULL && (*place)->session != conn->session)
        place = &(*place)->next;
    if (place == NULL || *place == NULL)
        return;
    struct watcher *gone = *place;
    *place = gone->next;
    free(gone);
}

static void do_command(struct conn *conn, const char *command)
{
    size_t len = strlen(command) + 2;
    char *text = malloc(len);
    if (text == NULL)
        return;
    snprintf(text, len, "!%s", command);
    if (!commands_run(conn, text))
        say(conn, PHRASE_UNKNOWN_COMMAND, command);
    free(text);
}

// A word of the line, and where the rest begins.
static bool is_word(const char *line, const char *word, const char **rest)
{
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0 || (line[len] != '\0' && line[len] != ' '))
        return false;
    *rest = line + len + strspn(line + len, " ");
    return true;
}

bool display_plugin(struct conn *conn, const MumbleProto__PluginDataTransmission *message)
{
    if (message->data_id == NULL || strcmp(message->data_id, CONSOLE_ID) != 0)
        return false;
    size_t len = message->has_data ? message->data.len : 0;
    if (!conn_in_time(conn, &conn->plugin_messages) || len > PLUGIN_DATA_BYTES)
        return true;
    char line[PLUGIN_DATA_BYTES + 1] = "";
    if (len > 0)
        memcpy(line, message->data.data, len);
    const char *rest;
    if (strlen(line) != len || !str_is_utf8(line))
        return true;
    if (is_word(line, "hello", &rest))
        hello(conn, rest);
    else if (is_word(line, "do", &rest))
        do_command(conn, rest);
    else if (is_word(line, "bye", &rest))
        display_leave(conn);
    return true;
}

// ---- what the mixer says -----------------------------------------------------------------------

void display_event(struct server *server, const struct mixer_event *event)
{
    struct meeting_run *run = run_of(server, event->meeting);
    if (run == NULL)
        return;
    if (event->kind == MIXER_EVENT_STATE) {
        run->state = *(const struct mixer_event_state *)event;
        run->has_state = true;
        door_state(server, run);
        watchers_changed(server, event->meeting);
        describe_changed(server, run);
        booth_state_event(server, run);
        menu_changed(server, event->meeting, true);
    } else if (event->kind == MIXER_EVENT_QUALITY) {
        advice_quality(server, event);
    } else if (event->kind == MIXER_EVENT_EXPOSURE) {
        advice_exposure(server, event);
    }
}

void display_forget(struct meeting_run *run)
{
    describe_forget(run);
}
