// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/console/console_run_int.h"

#include "base/base.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { N_TIMERS = 8, N_SIGNALS = 4 };
#define DRAW_EVERY_US 50000u

// ---- drawing

static void on_clock(uv_timer_t *timer)
{
    running_draw(timer->data);
}

// Returns the seconds of this minute.
static int read_clock(struct running *running)
{
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local) == NULL)
        return 0;
    (void)strftime(running->console.clock, sizeof running->console.clock, "%H:%M", &local);
    return local.tm_sec;
}

// What is shown of time: the hour, and times on air while somebody is.
static void schedule_clock(struct running *running)
{
    int second = read_clock(running);
    uint64_t in_ms =
        view_runs(&running->console) ? 1000u : (uint64_t)(60 - (second < 60 ? second : 59)) * 1000u;
    (void)uv_timer_start(&running->clock_timer, on_clock, in_ms, 0);
}

static void on_draw(uv_timer_t *timer)
{
    struct running *running = timer->data;
    struct console *console = &running->console;
    struct canvas canvas;
    int rows, cols;
    if (running->screen == NULL)
        return;
    console->now_us = running->drawn_us = clock_us();
    schedule_clock(running);
    screen_size(running->screen, &rows, &cols);
    if (!canvas_init(&canvas, rows, cols, console->is_ascii))
        return;
    size_t most = view_draw(console, &canvas);
    console->scroll = console->scroll < most ? console->scroll : most;
    screen_put(running->screen, &canvas);
    canvas_clear(&canvas);
}

void running_draw(struct running *running)
{
    if (running->screen == NULL || uv_is_active((uv_handle_t *)&running->draw_timer))
        return;
    uint64_t due_us = running->drawn_us + DRAW_EVERY_US, now_us = clock_us();
    uint64_t in_ms = due_us > now_us ? (due_us - now_us) / 1000 + 1 : 0;
    (void)uv_timer_start(&running->draw_timer, on_draw, in_ms, 0);
}

// ---- keys

static void on_cough_time(uv_timer_t *timer);

static void watch_cough(struct running *running)
{
    struct console *console = &running->console;
    uint64_t now_us = clock_us(), next_us;
    bool was_coughing = console->is_coughing;
    console->is_coughing = cough_is_on(&console->cough, now_us);
    next_us = cough_next_us(&console->cough);
    if (next_us > now_us)
        (void)uv_timer_start(&running->cough_timer, on_cough_time, (next_us - now_us) / 1000 + 1,
                             0);
    if (console->is_coughing == was_coughing)
        return;
    running_silence(running);
    running_draw(running);
}

static void on_cough_time(uv_timer_t *timer)
{
    watch_cough(timer->data);
}

static void on_keys(uv_poll_t *poll, int status, int events)
{
    struct running *running = poll->data;
    uint32_t key;
    if (status < 0 || (events & UV_DISCONNECT) != 0) {
        (void)uv_poll_stop(poll);
        running_leave(running);
        return;
    }
    while (running->screen != NULL && (key = screen_key(running->screen)) != TYPED_NOTHING) {
        struct effect effect = console_key(&running->console, key, clock_us());
        running_do(running, &effect);
    }
    watch_cough(running);
    running_draw(running);
}

static void open_keys(struct running *running)
{
    if (uv_poll_init(&running->member.loop, &running->keys, screen_fd(running->screen)) != 0)
        return;
    running->keys.data = running;
    running->has_keys = true;
    (void)uv_poll_start(&running->keys, UV_READABLE | UV_DISCONNECT, on_keys);
}

static void on_resize(uv_signal_t *signal, int number)
{
    struct running *running = signal->data;
    (void)number;
    if (running->screen == NULL)
        return;
    screen_resized(running->screen);
    running_draw(running);
}

void running_open(struct running *running)
{
    running->screen = screen_open(&running->member.fault);
    if (running->screen == NULL) {
        (void)fprintf(stderr, "susurro: %s\n", running->member.fault.text);
        running->has_failed = true;
        running_leave(running);
        return;
    }
    // ncurses has set its own handler of the signal.
    (void)uv_signal_start(&running->resize, on_resize, SIGWINCH);
    running->console.is_ascii = screen_is_ascii(running->screen);
    schedule_clock(running);
    open_keys(running);
    running_begin(running);
    running_start_sound(running);
    running_draw(running);
}

// ---- the end

void running_close_screen(struct running *running)
{
    if (running->has_keys)
        (void)uv_poll_stop(&running->keys);
    screen_close(running->screen);
    running->screen = NULL;
}

void running_leave(struct running *running)
{
    member_leave(&running->member, "left");
}

static void list_handles(struct running *running, uv_timer_t *timers[N_TIMERS],
                         uv_signal_t *signals[N_SIGNALS])
{
    uv_timer_t *const all[N_TIMERS] = { &running->draw_timer,  &running->clock_timer,
                                        &running->cough_timer, &running->silence_timer,
                                        &running->level_timer, &running->text_timer,
                                        &running->move_timer,  &running->answer_timer };
    uv_signal_t *const others[N_SIGNALS] = { &running->interrupt, &running->terminate,
                                             &running->hangup, &running->resize };
    memcpy(timers, all, sizeof all);
    memcpy(signals, others, sizeof others);
}

void running_close_all(struct running *running)
{
    uv_timer_t *timers[N_TIMERS];
    uv_signal_t *signals[N_SIGNALS];
    list_handles(running, timers, signals);
    for (size_t i = 0; i < N_TIMERS; i++)
        uv_close((uv_handle_t *)timers[i], NULL);
    for (size_t i = 0; i < N_SIGNALS; i++)
        uv_close((uv_handle_t *)signals[i], NULL);
    if (running->has_keys)
        uv_close((uv_handle_t *)&running->keys, NULL);
    member_close_voices(&running->member);
}

static void on_end_signal(uv_signal_t *signal, int number)
{
    (void)number;
    running_leave(signal->data);
}

// ---- setting up

static void init_handles(struct running *running)
{
    uv_timer_t *timers[N_TIMERS];
    uv_signal_t *signals[N_SIGNALS];
    static const int numbers[N_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
    list_handles(running, timers, signals);
    for (size_t i = 0; i < N_TIMERS; i++) {
        (void)uv_timer_init(&running->member.loop, timers[i]);
        timers[i]->data = running;
    }
    for (size_t i = 0; i < N_SIGNALS; i++) {
        (void)uv_signal_init(&running->member.loop, signals[i]);
        signals[i]->data = running;
        if (numbers[i] != SIGWINCH)
            (void)uv_signal_start(signals[i], on_end_signal, numbers[i]);
    }
}

static int start(struct running *running)
{
    if (!screen_is_there(&running->member.fault) || running_open_sound(running) != 0)
        return -1;
    return member_connect(&running->member, &running_client_handlers, running);
}

static enum exit_code finish(struct running *running)
{
    enum exit_code exit_code = member_finish(&running->member);
    console_clear(&running->console);
    free(running);
    return exit_code;
}

enum exit_code console_run(const char *command, const struct join_options *options)
{
    struct running *running = calloc(1, sizeof *running);
    if (running == NULL || !member_init(&running->member, options)) {
        (void)fputs(cli_text(N_("susurro: out of memory\n")), stderr);
        free(running);
        return CLI_FAILED;
    }
    log_init(STDERR_FILENO, LOG_ERROR);
    console_init(&running->console, console_mode_of(command), i18n_of_environment());
    (void)read_clock(running);
    memcpy(running->texts, options->commands, sizeof running->texts);
    running->n_texts = options->n_commands;
    init_handles(running);
    if (start(running) != 0) {
        (void)fprintf(stderr, "susurro: %s\n", running->member.fault.text);
        running->member.exit_code = CLI_FAILED;
        running_close_all(running);
    }
    (void)uv_run(&running->member.loop, UV_RUN_DEFAULT);
    return finish(running);
}
