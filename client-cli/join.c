// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/join_int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_TIMERS = 4, N_SIGNALS = 2, N_HANDLES = N_TIMERS + N_SIGNALS };
#define AFTER_PLAYING_MS 500 // for the last packets to be heard before we leave

void join_close_all(struct join *join)
{
    uv_handle_t *const handles[N_HANDLES] = {
        (uv_handle_t *)&join->end_timer,    (uv_handle_t *)&join->start_timer,
        (uv_handle_t *)&join->text_timer,   (uv_handle_t *)&join->move_timer,
        (uv_handle_t *)&join->on_interrupt, (uv_handle_t *)&join->on_terminate,
    };
    for (size_t i = 0; i < N_HANDLES; i++)
        uv_close(handles[i], NULL);
    join_texts_close(join);
    member_close_voices(&join->member);
}

// ---- the voices' handlers

static bool may_send(void *arg)
{
    struct join *join = arg;
    const struct client_user *own =
        join->member.client != NULL
            ? client_find_user(join->member.client, client_session(join->member.client))
            : NULL;
    return own != NULL && !own->is_muted && !own->is_suppressed && !own->is_self_muted;
}

static void send_voice(void *arg, const struct voice_packet *packet)
{
    struct join *join = arg;
    if (join->member.client != NULL)
        (void)client_send_voice(join->member.client, packet);
}

static void on_playing(void *arg, bool is_playing, uint64_t now_us)
{
    struct join *join = arg;
    events_playing(&join->events,
                   join->member.options->play != NULL ? join->member.options->play : "microphone",
                   is_playing, now_us);
}

static void on_playing_over(uv_timer_t *timer)
{
    struct join *join = timer->data;
    if (join->is_broken)
        member_fail(&join->member, CLIENT_END_FAILED, "the sound to play cannot be read");
    else
        member_leave(&join->member, "all has been played");
}

static void on_media_ended(void *arg, bool is_broken)
{
    struct join *join = arg;
    join->is_broken = is_broken;
    if (is_broken || join->member.options->for_s <= 0)
        (void)uv_timer_start(&join->end_timer, on_playing_over, AFTER_PLAYING_MS, 0);
}

static void on_speaking(void *arg, uint32_t session, bool is_on)
{
    struct join *join = arg;
    events_speaking(&join->events, session, is_on);
}

static void on_levels(void *arg, const struct voice_level *levels, size_t n)
{
    struct join *join = arg;
    events_levels(&join->events, levels, n);
}

static const struct voice_out_handlers out_handlers = {
    .may_send = may_send, .send = send_voice, .on_playing = on_playing, .on_ended = on_media_ended
};
static const struct voice_in_handlers in_handlers = { on_speaking, on_levels };

// ---- setting up

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    struct join *join = signal->data;
    member_leave(&join->member, "interrupted");
}

static void gather_texts(struct join *join)
{
    const struct join_options *options = join->member.options;
    char text[JOIN_TEXT_MAX_BYTES];
    if (options->speak != NULL) {
        (void)snprintf(text, sizeof text, "!speak %s", options->speak);
        (void)join_text_add(join, text);
    }
    if (options->listen != NULL) {
        (void)snprintf(text, sizeof text, "!%s", options->listen);
        (void)join_text_add(join, text);
    }
    for (size_t i = 0; i < options->n_commands; i++)
        (void)join_text_add(join, options->commands[i]);
}

static void warn_of_devices(struct join *join, const struct fault *why)
{
    struct fault text;
    (void)fault_set(&text, N_("no sound devices (%.300s): only watching"), why->text);
    events_notice(&join->events, "warning", text.text);
}

static int open_sound(struct join *join)
{
    const struct join_options *options = join->member.options;
    if (member_open_files(&join->member) != 0)
        return -1;
    if (options->play == NULL && options->record == NULL && !options->is_silent) {
        struct fault why;
        join->member.device = device_open(options->input, options->output, &why);
        if (join->member.device == NULL)
            warn_of_devices(join, &why);
    }
    return 0;
}

static void init_handles(struct join *join)
{
    uv_timer_t *const timers[N_TIMERS] = { &join->end_timer, &join->start_timer, &join->text_timer,
                                           &join->move_timer };
    for (size_t i = 0; i < N_TIMERS; i++) {
        (void)uv_timer_init(&join->member.loop, timers[i]);
        timers[i]->data = join;
    }
    uv_signal_t *const signals[N_SIGNALS] = { &join->on_interrupt, &join->on_terminate };
    static const int numbers[N_SIGNALS] = { SIGINT, SIGTERM };
    for (size_t i = 0; i < N_SIGNALS; i++) {
        (void)uv_signal_init(&join->member.loop, signals[i]);
        signals[i]->data = join;
        (void)uv_signal_start(signals[i], on_signal, numbers[i]);
    }
}

static int start(struct join *join)
{
    const struct join_options *options = join->member.options;
    if (open_sound(join) != 0)
        return -1;
    join->member.in = voice_in_new(&join->member.loop, join->member.record, join->member.device,
                                   &in_handlers, join);
    if (join->member.media != NULL || join->member.device != NULL)
        join->member.out = voice_out_new(&join->member.loop, join->member.media,
                                         join->member.device, options, &out_handlers, join);
    if (join->member.in == NULL ||
        (join->member.out == NULL && (join->member.media != NULL || join->member.device != NULL)))
        return fault_set(&join->member.fault, N_("out of memory"));
    if (member_connect(&join->member, &join_client_handlers, join) != 0)
        return -1;
    join->events.client = join->member.client;
    return 0;
}

enum exit_code join_run(const struct join_options *options)
{
    struct join *join = calloc(1, sizeof *join);
    if (join == NULL || !member_init(&join->member, options)) {
        (void)fputs(cli_text(N_("susurro: out of memory\n")), stderr);
        free(join);
        return CLI_FAILED;
    }
    log_init(STDERR_FILENO, options->is_verbose ? LOG_DEBUG : LOG_WARN);
    bool is_stdout_taken = options->record != NULL && strcmp(options->record, "-") == 0;
    events_init(&join->events, is_stdout_taken ? stderr : stdout, options->is_json);
    gather_texts(join);
    init_handles(join);
    if (options->is_chat)
        join_texts_open(join);
    if (start(join) != 0) {
        (void)fprintf(stderr, "susurro: %s\n", join->member.fault.text);
        join->member.exit_code = CLI_FAILED;
        join_close_all(join);
    }
    (void)uv_run(&join->member.loop, UV_RUN_DEFAULT);
    enum exit_code exit_code = member_finish(&join->member);
    free(join);
    return exit_code;
}
