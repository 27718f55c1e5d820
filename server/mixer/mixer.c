// SPDX-License-Identifier: BSD-3-Clause
#include "mixer/mixer_int.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FRAMES_LANE_BYTES (1u << 18)
#define COMMANDS_LANE_BYTES (1u << 20)
#define EVENTS_RING_BYTES (1u << 18)
#define EVENTS_BACKLOG_BYTES (1u << 20)

// ---- the clock: a timer on the grid of ticks, armed only while there is something to do --------

static void arm(struct mixer *mixer, uint64_t at_us)
{
    if (at_us == mixer->armed_us)
        return;
    mixer->armed_us = at_us;
    struct itimerspec when = { 0 }; // never
    if (at_us != UINT64_MAX)
        when.it_value = (struct timespec){ .tv_sec = (time_t)(at_us / 1000000),
                                           .tv_nsec = (long)(at_us % 1000000) * 1000 };
    if (timerfd_settime(mixer->clock_fd, TFD_TIMER_ABSTIME, &when, NULL) != 0)
        log_error("mixer", "the clock does not run", "errno=%d", errno);
}

// What still has to happen in a silent meeting, such as a notice that is due, and when. Nothing:
// the timer stays off.
static uint64_t next_deadline(const struct mixer *mixer)
{
    uint64_t deadline_us = UINT64_MAX;
    for (const struct hall *hall = mixer->halls; hall != NULL; hall = hall->next) {
        const uint64_t dues[] = { meeting_deadline(hall->meeting), report_due_us(hall) };
        for (size_t i = 0; i < 2; i++)
            if (dues[i] < deadline_us)
                deadline_us = dues[i];
    }
    return deadline_us;
}

void mixer_wake_clock(struct mixer *mixer, uint64_t now_us)
{
    if (mixer->is_ticking)
        return;
    mixer->is_ticking = true;
    mixer->tick = now_us / AUDIO_BLOCK_US;
}

// A clock that jumps keeps its place on the grid of frames.
static void run_ticks(struct mixer *mixer, uint64_t now_us)
{
    uint64_t due = now_us / AUDIO_BLOCK_US;
    if (due > mixer->tick + TICKS_BEHIND_MAX) {
        uint64_t jump = (due - 1 - mixer->tick) / GRID_TICKS * GRID_TICKS;
        log_warn("mixer", "late", "ticks=%llu", (unsigned long long)(due - mixer->tick));
        mixer->tick += jump;
        mixer->load.n_late += (uint32_t)jump;
    }
    while (mixer->is_ticking && mixer->tick < due) {
        mixer->tick++;
        mixer->is_ticking = false;
        mixer->tick_work_us = 0;
        const uint64_t began_us = load_spent_us();
        for (struct hall *hall = mixer->halls; hall != NULL; hall = hall->next)
            if (hall_tick(mixer, hall, mixer->tick))
                mixer->is_ticking = true;
        load_note_tick(mixer, began_us);
    }
}

// ---- talking to the others ---------------------------------------------------------------------

static bool send_event(struct mixer *mixer, const void *event, size_t size)
{
    void *room = ring_reserve(mixer->events, size);
    if (room == NULL)
        return false;
    memcpy(room, event, size);
    ring_commit(mixer->events);
    return true;
}

// What waits in the backlog has its size in front.
void mixer_event_sized(struct mixer *mixer, const struct mixer_event *event, size_t size)
{
    if (mixer->events_backlog.len == 0 && send_event(mixer, event, size))
        return;
    uint8_t *room = buffer_grow(&mixer->events_backlog, sizeof(size) + size);
    if (room == NULL) {
        log_error("mixer", "control does not take its events: one is lost", "kind=%d",
                  (int)event->kind);
        return;
    }
    memcpy(room, &size, sizeof(size));
    memcpy(room + sizeof(size), event, size);
    mixer->events_backlog.len += sizeof(size) + size;
}

void mixer_event(struct mixer *mixer, const struct mixer_event *event)
{
    mixer_event_sized(mixer, event, sizeof(*event));
}

static void flush_events(struct mixer *mixer)
{
    size_t done = 0, size;
    while (done < mixer->events_backlog.len) {
        const uint8_t *record = mixer->events_backlog.data + done;
        memcpy(&size, record, sizeof(size));
        if (!send_event(mixer, record + sizeof(size), size))
            break;
        done += sizeof(size) + size;
    }
    buffer_drop_front(&mixer->events_backlog, done);
}

static void report_all(struct mixer *mixer, uint64_t now_us)
{
    for (struct hall *hall = mixer->halls; hall != NULL; hall = hall->next) {
        hall_events(mixer, hall, now_us);
        report_state(mixer, hall, now_us);
    }
}

static void end_turn(struct mixer *mixer, uint64_t now_us)
{
    report_all(mixer, now_us);
    flush_events(mixer);
    for (unsigned i = 0; i < mixer->n_voice_threads; i++) {
        if (mixer->was_sent[i])
            lane_bell(mixer->mixed[i]);
        mixer->was_sent[i] = false;
    }
    if (mixer->was_recorded)
        lane_bell(mixer->recorder);
    mixer->was_recorded = false;
    if (!ring_is_empty(mixer->events) && mixer->control_bell != NULL)
        mixer->control_bell(mixer->control_context);
    arm(mixer, mixer->is_ticking ? (mixer->tick + 1) * AUDIO_BLOCK_US : next_deadline(mixer));
    pool_tidy(&mixer->pool);
}

static void take_commands(struct mixer *mixer, uint64_t now_us)
{
    const void *record;
    size_t size;
    while ((record = ring_peek(mixer->commands.ring, &size)) != NULL) {
        hall_command(mixer, record, now_us);
        ring_consume(mixer->commands.ring);
    }
}

// What control told us before it told voice, such as who joined, must be known before the frames
// that came of it: so commands are looked at after each frame is seen and before it is taken. The
// other way round nothing can go wrong: the frames of one who has left are refused.
void mixer_on_bell(struct mixer *mixer, uint64_t now_us)
{
    const void *record;
    size_t size;
    take_commands(mixer, now_us);
    for (unsigned i = 0; i < mixer->n_voice_threads; i++) {
        while ((record = ring_peek(mixer->frames[i].ring, &size)) != NULL) {
            take_commands(mixer, now_us);
            hall_frame(mixer, record, now_us);
            ring_consume(mixer->frames[i].ring);
        }
    }
    end_turn(mixer, now_us);
}

void mixer_on_clock(struct mixer *mixer, uint64_t now_us)
{
    mixer->armed_us = UINT64_MAX; // it rang
    if (mixer->is_ticking)
        run_ticks(mixer, now_us);
    else
        for (struct hall *hall = mixer->halls; hall != NULL; hall = hall->next)
            meeting_advance(hall->meeting, now_us);
    end_turn(mixer, now_us);
}

static void on_bell(uv_async_t *bell)
{
    mixer_on_bell(bell->data, clock_us());
}

static void on_clock(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct mixer *mixer = poll->data;
    uint64_t expirations;
    if (read(mixer->clock_fd, &expirations, sizeof(expirations)) == sizeof(expirations))
        mixer_on_clock(mixer, clock_us());
}

// ---- life --------------------------------------------------------------------------------------

static void ring_the_bell(void *context)
{
    uv_async_send(context);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_stop(uv_async_t *stop)
{
    uv_stop(stop->loop); // handles stay open: others may ring until mixer_free
}

static bool init_loop(struct mixer *mixer)
{
    mixer->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (mixer->clock_fd < 0 || uv_loop_init(&mixer->loop) != 0)
        return false;
    uv_async_init(&mixer->loop, &mixer->bell, on_bell);
    uv_async_init(&mixer->loop, &mixer->stop, on_stop);
    uv_poll_init(&mixer->loop, &mixer->clock, mixer->clock_fd);
    mixer->bell.data = mixer->stop.data = mixer->clock.data = mixer;
    uv_poll_start(&mixer->clock, UV_READABLE, on_clock);
    return true;
}

struct mixer *mixer_new(unsigned index, unsigned n_voice_threads)
{
    assert(n_voice_threads <= VOICE_THREADS_MAX);
    struct mixer *mixer = calloc(1, sizeof(*mixer));
    if (mixer == NULL)
        return NULL;
    mixer->index = index;
    mixer->n_voice_threads = n_voice_threads;
    buffer_init(&mixer->events_backlog, EVENTS_BACKLOG_BYTES);
    mixer->clock_fd = -1;
    mixer->armed_us = UINT64_MAX;
    mixer->load_us = clock_us();
    if (!init_loop(mixer)) {
        if (mixer->clock_fd >= 0)
            close(mixer->clock_fd);
        free(mixer);
        return NULL;
    }
    bool is_made = (mixer->events = ring_new(EVENTS_RING_BYTES)) != NULL;
    mixer->commands = (struct lane){ .ring = ring_new(COMMANDS_LANE_BYTES),
                                     .bell = ring_the_bell,
                                     .bell_context = &mixer->bell };
    is_made = is_made && mixer->commands.ring != NULL;
    for (unsigned i = 0; i < n_voice_threads; i++) {
        mixer->frames[i] = (struct lane){ .ring = ring_new(FRAMES_LANE_BYTES),
                                          .bell = ring_the_bell,
                                          .bell_context = &mixer->bell };
        is_made = is_made && mixer->frames[i].ring != NULL;
    }
    pool_tidy(&mixer->pool);
    if (!is_made) {
        mixer_free(mixer);
        return NULL;
    }
    return mixer;
}

struct lane *mixer_frames_lane(struct mixer *mixer, unsigned voice_thread)
{
    return &mixer->frames[voice_thread];
}

struct lane *mixer_commands(struct mixer *mixer)
{
    return &mixer->commands;
}

struct ring *mixer_events(struct mixer *mixer)
{
    return mixer->events;
}

void mixer_attach_voice(struct mixer *mixer, unsigned voice_thread, struct lane *mixed)
{
    mixer->mixed[voice_thread] = mixed;
}

void mixer_set_recorder(struct mixer *mixer, struct lane *blocks)
{
    mixer->recorder = blocks;
}

void mixer_set_control_bell(struct mixer *mixer, void (*bell)(void *), void *context)
{
    mixer->control_bell = bell;
    mixer->control_context = context;
}

static void thread_main(void *context)
{
    struct mixer *mixer = context;
    char name[16];
    (void)snprintf(name, sizeof name, "mixer-%u", mixer->index);
    (void)pthread_setname_np(pthread_self(), name);
    uv_run(&mixer->loop, UV_RUN_DEFAULT);
}

int mixer_start(struct mixer *mixer)
{
    int result = uv_thread_create(&mixer->thread, thread_main, mixer);
    mixer->is_running = result == 0;
    return result;
}

void mixer_stop(struct mixer *mixer)
{
    if (!mixer->is_running)
        return;
    uv_async_send(&mixer->stop);
    uv_thread_join(&mixer->thread);
    mixer->is_running = false;
}

void mixer_free(struct mixer *mixer)
{
    if (mixer == NULL)
        return;
    mixer_stop(mixer);
    uv_walk(&mixer->loop, close_handle, NULL);
    uv_run(&mixer->loop, UV_RUN_DEFAULT);
    uv_loop_close(&mixer->loop);
    while (mixer->halls != NULL) {
        struct hall *hall = mixer->halls;
        mixer->halls = hall->next;
        hall_free(mixer, hall);
    }
    pool_clear(&mixer->pool);
    for (unsigned i = 0; i < VOICE_THREADS_MAX; i++)
        ring_free(mixer->frames[i].ring);
    ring_free(mixer->commands.ring);
    ring_free(mixer->events);
    buffer_clear(&mixer->events_backlog);
    close(mixer->clock_fd);
    free(mixer);
}
