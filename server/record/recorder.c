// SPDX-License-Identifier: BSD-3-Clause
//
// The thread. A turn: all orders and blocks, then what is due of each recording.
#include "record/record_int.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCKS_LANE_BYTES (8u << 20) // nine streams for nine seconds
#define ORDERS_LANE_BYTES (1u << 18)
#define EVENTS_RING_BYTES (1u << 16)
#define EVENTS_BACKLOG_BYTES (1u << 20)

// ---- to control --------------------------------------------------------------------------------

static bool send_event(struct recorder *recorder, const struct record_event *event)
{
    struct record_event *room = ring_reserve(recorder->events, sizeof(*room));
    if (room == NULL)
        return false;
    *room = *event;
    ring_commit(recorder->events);
    return true;
}

static void flush_events(struct recorder *recorder)
{
    struct buffer *backlog = &recorder->backlog;
    struct record_event event;
    size_t done = 0;
    for (; done < backlog->len; done += sizeof(event)) {
        memcpy(&event, backlog->data + done, sizeof(event));
        if (!send_event(recorder, &event))
            break;
    }
    buffer_drop_front(backlog, done);
    if (!ring_is_empty(recorder->events) && recorder->bell != NULL)
        recorder->bell(recorder->bell_context);
}

static void tell(struct recorder *recorder, const struct record_event *event)
{
    if (recorder->backlog.len == 0 && send_event(recorder, event))
        return;
    if (!buffer_add(&recorder->backlog, event, sizeof(*event)))
        log_error("record", "control does not take its events: one is lost", "meeting=%u",
                  event->meeting);
}

// ---- recordings --------------------------------------------------------------------------------

static struct recording *find(struct recorder *recorder, uint32_t meeting)
{
    struct recording *recording = recorder->recordings;
    while (recording != NULL && recording->meeting != meeting)
        recording = recording->next;
    return recording;
}

static void begin(struct recorder *recorder, const struct record_order *order)
{
    struct record_event event = { .kind = RECORD_FAILED, .meeting = order->meeting };
    struct recording *recording =
        recorder->n_recordings < RECORD_MEETINGS_MAX ? malloc(sizeof(*recording)) : NULL;
    if (find(recorder, order->meeting) != NULL) {
        free(recording); // it is told of that one
        return;
    }
    if (recording == NULL)
        event.error =
            recorder->n_recordings < RECORD_MEETINGS_MAX ? RECORD_E_MEMORY : RECORD_E_FULL;
    else
        event.error = recording_begin(recording, recorder->directory, order);
    if (event.error == 0) {
        recording->next = recorder->recordings;
        recorder->recordings = recording;
        recorder->n_recordings++;
        event.kind = RECORD_BEGAN;
        memcpy(event.text, recording->path, sizeof(event.text));
        log_info("record", "recording", "meeting=%u streams=%u", order->meeting,
                 recording->n_streams);
    } else {
        free(recording);
        log_error("record", "no recording", "meeting=%u reason=\"%s\"", order->meeting,
                  record_error_text(event.error));
    }
    tell(recorder, &event);
}

// reason: 0, or why it ends although nobody wanted it to.
static void end(struct recorder *recorder, struct recording *recording, uint64_t at_us, int reason)
{
    struct recording **place = &recorder->recordings;
    while (*place != recording)
        place = &(*place)->next;
    *place = recording->next;
    recorder->n_recordings--;
    int failed = recording_end(recording, at_us);
    bool is_calm = reason == 0 || reason == RECORD_E_SILENT || reason == RECORD_E_LONG;
    struct record_event event = {
        .kind = is_calm && failed == 0 ? RECORD_ENDED : RECORD_FAILED,
        .meeting = recording->meeting,
        .error = reason != 0 ? reason : failed,
        .duration_us = recording_duration_us(recording),
        .n_bytes = recording_bytes(recording),
    };
    memcpy(event.text, recording->path, sizeof(event.text));
    log_write(event.kind == RECORD_ENDED ? LOG_INFO : LOG_ERROR, "record", "recording ended",
              "meeting=%u seconds=%llu bytes=%llu lost_blocks=%u reason=\"%s\"", event.meeting,
              (unsigned long long)(event.duration_us / 1000000), (unsigned long long)event.n_bytes,
              recording->n_lost, record_error_text(event.error));
    free(recording);
    tell(recorder, &event);
}

// ---- what comes in -----------------------------------------------------------------------------

static void take_order(struct recorder *recorder, const struct record_order *order, uint64_t now_us)
{
    struct recording *recording = find(recorder, order->meeting);
    int failed = 0;
    switch (order->kind) {
    case RECORD_BEGIN:
        if (recording != NULL && recording->end_us != 0) // its end has only been waited for
            end(recorder, recording, recording->end_us, 0);
        begin(recorder, order);
        return;
    case RECORD_END:
        if (recording != NULL && recording->end_us == 0)
            recording->end_us =
                order->at_us > recording->begin_us ? order->at_us : recording->begin_us + 1;
        return;
    case RECORD_SPEAKING:
        failed = recording != NULL ? recording_speaking(recording, order) : 0;
        break;
    }
    if (failed != 0)
        end(recorder, recording, now_us, failed);
}

static void take_orders(struct recorder *recorder, uint64_t now_us)
{
    size_t size;
    const void *record;
    while ((record = ring_peek(recorder->orders.ring, &size)) != NULL) {
        take_order(recorder, record, now_us);
        ring_consume(recorder->orders.ring);
    }
}

static void take_block(struct recorder *recorder, const struct record_block *block, uint64_t now_us)
{
    struct recording *recording = find(recorder, block->meeting);
    int failed = recording != NULL ? recording_block(recording, block, now_us) : 0;
    if (failed != 0)
        end(recorder, recording, now_us, failed);
}

static void advance(struct recorder *recorder, struct recording *recording, uint64_t now_us)
{
    const uint64_t silent_us = now_us > recording->sounded_us ? now_us - recording->sounded_us : 0;
    int failed = recording_advance(recording, now_us);
    if (failed != 0)
        end(recorder, recording, now_us, failed);
    else if (recording->end_us != 0 && now_us >= recording->end_us + RECORD_END_US)
        end(recorder, recording, recording->end_us, 0);
    else if (recording->end_us == 0 && silent_us > SECONDS(RECORD_SILENCE_MAX_S))
        end(recorder, recording, now_us, RECORD_E_SILENT);
    else if (recording->end_us == 0 && recording_duration_us(recording) > SECONDS(RECORD_MAX_S))
        end(recorder, recording, now_us, RECORD_E_LONG);
}

void recorder_turn(struct recorder *recorder, uint64_t now_us)
{
    size_t size;
    const void *record;
    take_orders(recorder, now_us);
    for (unsigned i = 0; i < RECORD_MIXERS_MAX && recorder->blocks[i].ring != NULL; i++)
        while ((record = ring_peek(recorder->blocks[i].ring, &size)) != NULL) {
            take_orders(recorder, now_us); // an order precedes what comes of it
            take_block(recorder, record, now_us);
            ring_consume(recorder->blocks[i].ring);
        }
    for (struct recording *recording = recorder->recordings, *next; recording != NULL;
         recording = next) {
        next = recording->next;
        advance(recorder, recording, now_us);
    }
    flush_events(recorder);
}

void recorder_end_all(struct recorder *recorder, uint64_t now_us)
{
    recorder_turn(recorder, now_us);
    while (recorder->recordings != NULL) {
        struct recording *recording = recorder->recordings;
        end(recorder, recording, recording->end_us != 0 ? recording->end_us : now_us, 0);
    }
    flush_events(recorder);
}

// ---- the loop ----------------------------------------------------------------------------------

static void ring_the_bell(void *context)
{
    uv_async_send(context);
}

static void on_clock(uv_timer_t *clock);

static void run_turn(struct recorder *recorder)
{
    recorder_turn(recorder, clock_us());
    bool is_needed = recorder->recordings != NULL || recorder->backlog.len > 0;
    if (is_needed && !uv_is_active((uv_handle_t *)&recorder->clock))
        uv_timer_start(&recorder->clock, on_clock, RECORD_TICK_MS, RECORD_TICK_MS);
    else if (!is_needed)
        uv_timer_stop(&recorder->clock);
}

static void on_clock(uv_timer_t *clock)
{
    run_turn(clock->data);
}

static void on_wake(uv_async_t *wake)
{
    run_turn(wake->data);
}

static void on_stop(uv_async_t *stop)
{
    recorder_end_all(stop->data, clock_us());
    uv_stop(stop->loop);
}

static void thread_main(void *context)
{
    struct recorder *recorder = context;
    (void)pthread_setname_np(pthread_self(), "recorder");
    uv_run(&recorder->loop, UV_RUN_DEFAULT);
}

// ---- life --------------------------------------------------------------------------------------

static bool init_loop(struct recorder *recorder)
{
    if (uv_loop_init(&recorder->loop) != 0)
        return false;
    recorder->is_loop_made = true;
    uv_async_init(&recorder->loop, &recorder->wake, on_wake);
    uv_async_init(&recorder->loop, &recorder->stop, on_stop);
    uv_timer_init(&recorder->loop, &recorder->clock);
    recorder->wake.data = recorder->stop.data = recorder->clock.data = recorder;
    return true;
}

struct recorder *recorder_new(const char *directory)
{
    struct recorder *recorder = calloc(1, sizeof(*recorder));
    if (recorder == NULL)
        return NULL;
    buffer_init(&recorder->backlog, EVENTS_BACKLOG_BYTES);
    recorder->directory = str_dup(directory);
    recorder->events = ring_new(EVENTS_RING_BYTES);
    const struct lane lane = { .bell = ring_the_bell, .bell_context = &recorder->wake };
    recorder->orders = lane;
    for (unsigned i = 0; i < RECORD_MIXERS_MAX; i++)
        recorder->blocks[i] = lane;
    recorder->blocks[0].ring = ring_new(BLOCKS_LANE_BYTES);
    recorder->orders.ring = ring_new(ORDERS_LANE_BYTES);
    bool is_made = recorder->directory != NULL && recorder->events != NULL &&
                   recorder->blocks[0].ring != NULL && recorder->orders.ring != NULL &&
                   init_loop(recorder);
    if (!is_made) {
        recorder_free(recorder);
        return NULL;
    }
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        log_error("record", "the folder for recordings cannot be made", "errno=%d", errno);
    return recorder;
}

struct lane *recorder_blocks(struct recorder *recorder, unsigned mixer)
{
    for (unsigned i = 0; i <= mixer; i++) {
        if (recorder->blocks[i].ring == NULL)
            recorder->blocks[i].ring = ring_new(BLOCKS_LANE_BYTES);
        if (recorder->blocks[i].ring == NULL)
            return NULL;
    }
    return &recorder->blocks[mixer];
}

struct lane *recorder_orders(struct recorder *recorder)
{
    return &recorder->orders;
}

struct ring *recorder_events(struct recorder *recorder)
{
    return recorder->events;
}

void recorder_set_bell(struct recorder *recorder, void (*bell)(void *), void *context)
{
    recorder->bell = bell;
    recorder->bell_context = context;
}

int recorder_start(struct recorder *recorder)
{
    int result = uv_thread_create(&recorder->thread, thread_main, recorder);
    recorder->is_running = result == 0;
    return result;
}

void recorder_stop(struct recorder *recorder)
{
    if (!recorder->is_running)
        return;
    uv_async_send(&recorder->stop);
    uv_thread_join(&recorder->thread);
    recorder->is_running = false;
    recorder->bell = NULL; // who has ended us may be gone when we are freed
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    recorder_stop(recorder);
    if (recorder->is_loop_made) {
        recorder_end_all(recorder, clock_us());
        uv_walk(&recorder->loop, close_handle, NULL);
        uv_run(&recorder->loop, UV_RUN_DEFAULT);
        uv_loop_close(&recorder->loop);
    }
    for (unsigned i = 0; i < RECORD_MIXERS_MAX; i++)
        ring_free(recorder->blocks[i].ring);
    ring_free(recorder->orders.ring);
    ring_free(recorder->events);
    buffer_clear(&recorder->backlog);
    free(recorder->directory);
    free(recorder);
}
