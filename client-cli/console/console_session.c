// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/console/console_run_int.h"
#include "client-cli/events_int.h"

#include <stdlib.h>
#include <string.h>

#define MOVE_TIMEOUT_MS 5000
#define ANSWER_MS 5000         // by then a server that knows of consoles has shown the meeting
#define SILENCE_AGAIN_MS 1200u // servers drop changes of oneself that come too fast: say it again
// Servers allow a burst of messages: the login and the move took some. Then one a second.
#define QUICK_TEXTS 2
#define TEXT_EVERY_MS 1100

// ---- what we say

static void say_to_server(struct running *running, const char *verb, const char *rest)
{
    char line[CONSOLE_INPUT_MAX_BYTES + 16];
    (void)snprintf(line, sizeof line, "%s%s%s", verb, rest[0] != '\0' ? " " : "", rest);
    MumbleProto__PluginDataTransmission out = MUMBLE_PROTO__PLUGIN_DATA_TRANSMISSION__INIT;
    out.data_id = (char *)(uintptr_t)CONSOLE_DATA_ID;
    out.has_data = 1;
    out.data = (ProtobufCBinaryData){ strlen(line), (uint8_t *)line };
    if (running->member.client != NULL)
        (void)client_send(running->member.client, MSG_PLUGIN_DATA, &out.base);
}

static void say_to_chat(struct running *running, const char *text)
{
    char *html = text_html(text);
    if (html == NULL || running->member.client == NULL) {
        free(html);
        return;
    }
    const struct client_user *own =
        client_find_user(running->member.client, client_session(running->member.client));
    (void)client_send_text(running->member.client, client_own_channel(running->member.client),
                           html);
    console_line(&running->console, LINE_CHAT, own != NULL ? own->name : NULL, text);
    free(html);
}

static void on_text_time(uv_timer_t *timer)
{
    struct running *running = timer->data;
    if (running->member.client == NULL || running->next_text == running->n_texts)
        return;
    const char *text = running->texts[running->next_text++];
    if (text[0] == '!')
        say_to_server(running, "do", text + 1);
    else
        say_to_chat(running, text);
    if (running->next_text < running->n_texts)
        (void)uv_timer_start(timer, on_text_time,
                             running->next_text < QUICK_TEXTS ? 0 : TEXT_EVERY_MS, 0);
}

static void move_to(struct running *running, uint32_t channel)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = client_session(running->member.client);
    state.has_channel_id = 1;
    state.channel_id = channel;
    (void)client_send(running->member.client, MSG_USER_STATE, &state.base);
}

static void sit(struct running *running, const char *booth)
{
    const struct client_channel *channel =
        client_find_child(running->member.client, running->console.state.meeting_id, booth);
    if (channel != NULL) {
        move_to(running, channel->id);
        return;
    }
    struct fault text;
    (void)fault_set(&text, N_("The meeting has no booth \"%.100s\"."), booth);
    console_line(&running->console, LINE_WARNING, NULL, text.text);
}

static void mute_person(struct running *running, uint32_t session, bool is_muted)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = session;
    state.has_mute = 1;
    state.mute = is_muted;
    (void)client_send(running->member.client, MSG_USER_STATE, &state.base);
}

static void on_silence_time(uv_timer_t *timer)
{
    struct running *running = timer->data;
    running->is_silence_asked = false; // the server has dropped it
    running_silence(running);
}

// Until the server says of us what we want: what is under way counts as done, for a while.
void running_silence(struct running *running)
{
    const struct client_user *own =
        running->member.client != NULL
            ? client_find_user(running->member.client, client_session(running->member.client))
            : NULL;
    bool is_silent = console_is_silent(&running->console);
    if (own == NULL)
        return;
    if (running->is_silence_asked && own->is_self_muted == running->was_silence_asked)
        running->is_silence_asked = false;
    bool is_now = running->is_silence_asked ? running->was_silence_asked : own->is_self_muted;
    if (is_now == is_silent)
        return;
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = own->session;
    state.has_self_mute = 1;
    state.self_mute = is_silent;
    (void)client_send(running->member.client, MSG_USER_STATE, &state.base);
    running->is_silence_asked = true;
    running->was_silence_asked = is_silent;
    (void)uv_timer_start(&running->silence_timer, on_silence_time, SILENCE_AGAIN_MS, 0);
}

void running_do(struct running *running, const struct effect *effect)
{
    if (running->member.client == NULL)
        return;
    if (effect->kind == EFFECT_DO)
        say_to_server(running, "do", effect->text);
    else if (effect->kind == EFFECT_SAY)
        say_to_chat(running, effect->text);
    else if (effect->kind == EFFECT_SIT)
        sit(running, effect->text);
    else if (effect->kind == EFFECT_SILENCE)
        running_silence(running);
    else if (effect->kind == EFFECT_SHAPE)
        shape_set(&running->shape, running->console.volume_db, running->console.tone);
    else if (effect->kind == EFFECT_MUTE)
        mute_person(running, effect->session, effect->is_on);
    else if (effect->kind == EFFECT_REDRAW)
        screen_redraw(running->screen);
    else if (effect->kind == EFFECT_QUIT)
        running_leave(running);
}

// ---- the state

static void find_place(struct running *running)
{
    struct console *console = &running->console;
    const struct console_state *state = &console->state;
    if (!state->has_meeting && !running->is_placed && running->member.options->url.n_path == 0)
        say_to_server(running, "do", "floor"); // of the only meeting
    running->is_placed = true;
    if (console->mode != CONSOLE_INTERPRET || !state->has_meeting || running->is_seated)
        return;
    running->is_seated = true;
    if (running->member.options->booth != NULL)
        sit(running, running->member.options->booth);
    else if (state->me.place != PLACE_BOOTH && state->n_booths == 1)
        sit(running, state->booths[0].name);
}

static void on_state(struct running *running, const ProtobufCBinaryData *data)
{
    struct console *console = &running->console;
    const struct state_booth *booth = console_state_booth(&console->state);
    char relay[STATE_TAG_BYTES] = "";
    if (booth != NULL)
        memcpy(relay, booth->relay, sizeof relay);
    if (!console_state_parse((const char *)data->data, data->len, &console->state))
        return;
    booth = console_state_booth(&console->state);
    if (booth == NULL || strcmp(booth->relay, relay) != 0)
        console->relay_asked[0] = '\0';
    console->has_state = true;
    console->state_at_us = clock_us();
    (void)uv_timer_stop(&running->answer_timer);
    find_place(running);
    running_list_people(running);
    running_draw(running);
}

static void on_message(void *arg, unsigned type, const ProtobufCMessage *message)
{
    const MumbleProto__PluginDataTransmission *told = (const void *)message;
    // What names a sender comes from another client.
    if (type == MSG_PLUGIN_DATA && told->data_id != NULL && told->has_data &&
        !told->has_sender_session && strcmp(told->data_id, CONSOLE_DATA_ID) == 0)
        on_state(arg, &told->data);
}

static void on_no_answer(uv_timer_t *timer)
{
    struct running *running = timer->data;
    console_line(&running->console, LINE_WARNING, NULL,
                 tr(&running->console,
                    N_("This server says nothing to consoles: it is not Susurro, or an old one.")));
    running_draw(running);
}

void running_begin(struct running *running)
{
    say_to_server(running, "hello", running->console.language);
    (void)uv_timer_start(&running->answer_timer, on_no_answer, ANSWER_MS, 0);
    if (running->member.options->speak != NULL) {
        char text[64];
        (void)snprintf(text, sizeof text, "speak %s", running->member.options->speak);
        say_to_server(running, "do", text);
    }
    if (running->member.options->listen != NULL)
        say_to_server(running, "do", running->member.options->listen);
    on_text_time(&running->text_timer);
    running_silence(running);
}

// ---- arriving

static void arrive(struct running *running)
{
    if (running->is_there)
        return;
    running->is_there = true;
    (void)uv_timer_stop(&running->move_timer);
    running_open(running);
}

static void on_move_timeout(uv_timer_t *timer)
{
    struct running *running = timer->data;
    member_fail(&running->member, CLIENT_END_FAILED,
                N_("the server did not let us into the channel"));
}

static bool on_certificate(void *arg, const struct client_certificate *certificate)
{
    struct running *running = arg;
    enum known known;
    return known_servers_accept(&running->member.options->url, certificate,
                                running->member.options->is_insecure, &known);
}

static void on_joined(void *arg, const char *welcome_text)
{
    struct running *running = arg;
    const char *part = NULL;
    uint32_t id = 0;
    char *welcome = text_plain(welcome_text);
    if (welcome != NULL && welcome[0] != '\0')
        console_line(&running->console, LINE_SERVER, NULL, welcome);
    free(welcome);
    while ((part = url_path_next(&running->member.options->url, part)) != NULL) {
        const struct client_channel *channel = client_find_child(running->member.client, id, part);
        if (channel == NULL) {
            struct fault reason;
            (void)fault_set(&reason, N_("the server has no channel \"%.200s\""), part);
            member_fail(&running->member, CLIENT_END_FAILED, reason.text);
            return;
        }
        id = channel->id;
    }
    if (running->member.options->url.n_path == 0 ||
        id == client_own_channel(running->member.client)) {
        arrive(running);
        return;
    }
    move_to(running, id);
    (void)uv_timer_start(&running->move_timer, on_move_timeout, MOVE_TIMEOUT_MS, 0);
}

// ---- the client's other handlers

static void on_user(void *arg, const struct client_user *user, unsigned changes, uint32_t actor)
{
    struct running *running = arg;
    (void)actor;
    if (user->session == client_session(running->member.client)) {
        running->console.is_denied_voice = user->is_muted || user->is_suppressed;
        if ((changes & CLIENT_USER_MOVED) != 0)
            arrive(running);
        if (running->is_there && (changes & CLIENT_USER_FLAGS) != 0)
            running_silence(running);
    }
    running_list_people(running);
    running_draw(running);
}

static void on_user_left(void *arg, const struct client_user *user, uint32_t actor,
                         const char *reason)
{
    struct running *running = arg;
    (void)actor;
    (void)reason;
    voice_in_forget(running->member.in, user->session);
    running_list_people(running);
    running_draw(running);
}

static void on_text(void *arg, uint32_t actor, const char *text)
{
    struct running *running = arg;
    const struct client_user *from =
        actor != 0 ? client_find_user(running->member.client, actor) : NULL;
    char *plain = text_plain(text);
    if (plain != NULL)
        console_line(&running->console, actor == 0 ? LINE_SERVER : LINE_CHAT,
                     from != NULL ? from->name : NULL, plain);
    free(plain);
    running_draw(running);
}

static void on_denied(void *arg, const MumbleProto__PermissionDenied *denied)
{
    struct running *running = arg;
    struct console *console = &running->console;
    bool has_reason = denied->reason != NULL && denied->reason[0] != '\0';
    char *plain = has_reason ? text_plain(denied->reason) : NULL;
    console_line(console, LINE_WARNING, NULL,
                 plain != NULL ? plain : tr(console, N_("The server does not allow that.")));
    free(plain);
    running_draw(running);
    if (!running->is_there)
        member_fail(&running->member, CLIENT_END_REFUSED,
                    N_("the server does not let us into the channel"));
}

static void on_bandwidth(void *arg, uint32_t max_bandwidth_bps)
{
    struct running *running = arg;
    if (running->member.out != NULL)
        voice_out_set_bandwidth(running->member.out, max_bandwidth_bps);
}

static void on_voice(void *arg, const struct voice_packet *packet, uint64_t now_us)
{
    struct running *running = arg;
    const struct client_user *user = client_find_user(running->member.client, packet->session);
    if (user != NULL && running->is_there)
        voice_in_put(running->member.in, packet, user->is_priority_speaker, now_us);
}

// A reason is one of ours, which is known in other languages, perhaps with the system's own words
// behind it.
static void tell_end(const char *reason)
{
    char first[200];
    size_t len = strcspn(reason, ":");
    (void)snprintf(first, sizeof first, "%.*s", (int)(len < sizeof first ? len : 0), reason);
    // TRANSLATORS: why the console ends
    (void)fprintf(stderr, cli_text(N_("susurro: the connection has ended: %s%s\n")),
                  cli_text(first), reason + (len < sizeof first ? len : 0));
}

static void on_closed(void *arg, enum client_end end, const char *reason)
{
    static const enum exit_code codes[] = { CLI_FINE, CLI_REFUSED, CLI_REFUSED, CLI_FAILED };
    struct running *running = arg;
    running->member.exit_code = codes[end];
    running_close_screen(running);
    if (end != CLIENT_END_ASKED)
        tell_end(reason);
    else if (running->has_failed)
        running->member.exit_code = CLI_FAILED;
    running->member.client = NULL;
    running_close_all(running);
}

const struct client_handlers running_client_handlers = {
    .on_certificate = on_certificate,
    .on_joined = on_joined,
    .on_user = on_user,
    .on_user_left = on_user_left,
    .on_text = on_text,
    .on_denied = on_denied,
    .on_bandwidth = on_bandwidth,
    .on_voice = on_voice,
    .on_message = on_message,
    .on_closed = on_closed,
};
