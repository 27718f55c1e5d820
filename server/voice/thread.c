// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_MIN_BYTES ((size_t)256 << 10)
#define RING_RECORDS 64 // of the largest kind fit in a lane

// ---- a turn

void thread_turn_begin(struct voice_thread *thread)
{
    thread->now_us = thread->voice->read_clock_us();
    routes_take(thread);
    if (thread->is_route_report_due)
        report_route(thread);
}

void thread_flush(struct voice_thread *thread)
{
    for (unsigned i = 0; i < thread->n_sockets; i++) {
        if (thread->sockets[i].batch->n > 0)
            socket_flush(&thread->sockets[i]);
    }
}

void thread_turn_end(struct voice_thread *thread)
{
    thread_flush(thread);
    if (thread->is_control_due) {
        thread->is_control_due = false;
        lane_bell(&thread->voice->reports_to);
    }
}

static bool mixed_read(struct voice_thread *thread)
{
    bool has_more = false;
    for (unsigned i = 0; i < VOICE_MIXERS_MAX; i++) {
        struct ring *ring = thread->mixed[i].ring;
        const struct voice_mixed *mixed;
        size_t size;
        unsigned n = 0;
        while (n < LANE_TURN_RECORDS && (mixed = ring_peek(ring, &size)) != NULL) {
            if (thread->now_us > mixed->made_us + STALE_US)
                thread->totals.mixed_stale++;
            else
                fanout_mixed(thread, mixed);
            ring_consume(ring);
            n++;
        }
        has_more = has_more || n == LANE_TURN_RECORDS;
    }
    return has_more;
}

static void read_lanes(struct voice_thread *thread)
{
    if (atomic_load_explicit(&thread->is_stopping, memory_order_acquire)) {
        uv_stop(&thread->loop);
        return;
    }
    thread_turn_begin(thread);
    bool has_more = command_read(thread);
    has_more = relay_read(thread) || has_more;
    has_more = mixed_read(thread) || has_more;
    thread_turn_end(thread);
    if (has_more)
        (void)uv_async_send(&thread->bell); // after the sockets had their turn
}

static void on_bell(uv_async_t *bell)
{
    read_lanes(bell->data);
}

static void on_retry(uv_timer_t *retry)
{
    read_lanes(retry->data);
}

void thread_retry_later(struct voice_thread *thread)
{
    if (!uv_is_active((uv_handle_t *)&thread->retry))
        (void)uv_timer_start(&thread->retry, on_retry, REPORT_RETRY_MS, 0);
}

// ---- life

static void ring_thread(void *context)
{
    struct voice_thread *thread = context;
    (void)uv_async_send(&thread->bell);
}

static bool lane_init(struct voice_thread *thread, struct lane *lane, size_t record_bytes)
{
    size_t bytes = record_bytes * RING_RECORDS;
    *lane = (struct lane){
        .ring = ring_new(bytes > RING_MIN_BYTES ? bytes : RING_MIN_BYTES),
        .bell = ring_thread,
        .bell_context = thread,
    };
    return lane->ring != NULL;
}

static bool lanes_init(struct voice_thread *thread)
{
    // The largest records: every session listens to one mix; every session hears by the tunnel.
    size_t mixed_bytes = sizeof(struct voice_mixed) + VOICE_OPUS_MAX_BYTES +
                         thread->n_sessions * sizeof(struct voice_mixed_recipient);
    size_t report_bytes = sizeof(struct voice_report) + VOICE_PACKET_MAX_BYTES +
                          thread->n_sessions * sizeof(uint32_t);
    bool is_ok =
        lane_init(thread, &thread->commands, sizeof(struct voice_command) + DATAGRAM_MAX_BYTES);
    for (unsigned i = 0; i < VOICE_MIXERS_MAX; i++)
        is_ok = lane_init(thread, &thread->mixed[i], mixed_bytes) && is_ok;
    for (unsigned i = 0; i < thread->voice->n_threads; i++)
        is_ok = lane_init(thread, &thread->relays[i], DATAGRAM_MAX_BYTES * 4) && is_ok;
    size_t reports_bytes = report_bytes * RING_RECORDS;
    thread->reports = ring_new(reports_bytes > RING_MIN_BYTES ? reports_bytes : RING_MIN_BYTES);
    return is_ok && thread->reports != NULL;
}

static bool tables_init(struct voice_thread *thread)
{
    uint32_t n = thread->n_sessions;
    thread->route_of = calloc(n, sizeof *thread->route_of);
    thread->clients = calloc(n, sizeof *thread->clients);
    bool is_ok = thread->route_of != NULL && thread->clients != NULL &&
                 address_table_init(&thread->addresses, n);
    for (unsigned i = 0; i < 2; i++) {
        thread->tunnels[i].sessions = calloc(n, sizeof *thread->tunnels[i].sessions);
        is_ok = is_ok && thread->tunnels[i].sessions != NULL;
    }
    return is_ok;
}

static bool sockets_init(struct voice_thread *thread, unsigned n_sockets)
{
    thread->n_sockets = n_sockets;
    bool is_ok = true;
    for (unsigned i = 0; i < n_sockets; i++) {
        struct voice_socket *socket = &thread->sockets[i];
        *socket = (struct voice_socket){ .thread = thread, .fd = -1, .index = (uint8_t)i };
        socket->batch = calloc(1, sizeof *socket->batch);
        is_ok = is_ok && socket->batch != NULL;
    }
    return is_ok;
}

struct voice_thread *thread_new(struct voice *voice, unsigned index,
                                const struct voice_options *options)
{
    struct voice_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->voice = voice;
    thread->index = (uint8_t)index;
    thread->n_sessions = options->n_sessions_max;
    thread->now_us = thread->voice->read_clock_us();
    if (uv_loop_init(&thread->loop) != 0) {
        free(thread);
        return NULL;
    }
    thread->loop.data = thread;
    thread->bell.data = thread;
    thread->retry.data = thread;
    bool is_ok = uv_async_init(&thread->loop, &thread->bell, on_bell) == 0;
    is_ok = uv_timer_init(&thread->loop, &thread->retry) == 0 && is_ok;
    is_ok = copies_init(thread) && is_ok;
    is_ok = lanes_init(thread) && is_ok;
    is_ok = tables_init(thread) && is_ok;
    is_ok = sockets_init(thread, options->n_addresses > 0 ? options->n_addresses : 1) && is_ok;
    if (!is_ok) {
        thread_free(thread);
        return NULL;
    }
    unknown_init(thread);
    return thread;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_loop(struct voice_thread *thread)
{
    uv_walk(&thread->loop, close_handle, NULL);
    (void)uv_run(&thread->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&thread->loop);
}

void thread_free(struct voice_thread *thread)
{
    if (thread == NULL)
        return;
    close_loop(thread);
    for (uint32_t i = 0; thread->clients != NULL && i < thread->n_sessions; i++) {
        if (thread->clients[i] != NULL)
            client_remove(thread, i);
    }
    if (thread->commands.ring != NULL)
        command_discard_all(thread);
    ring_free(thread->commands.ring);
    ring_free(thread->reports);
    ring_free(thread->copies);
    for (unsigned i = 0; i < VOICE_THREADS_MAX; i++)
        ring_free(thread->relays[i].ring);
    for (unsigned i = 0; i < VOICE_MIXERS_MAX; i++)
        ring_free(thread->mixed[i].ring);
    routes_free(slot_take(&thread->new_routes));
    routes_free(thread->routes);
    for (unsigned i = 0; i < thread->n_sockets; i++) {
        if (thread->sockets[i].fd >= 0)
            (void)close(thread->sockets[i].fd);
        free(thread->sockets[i].batch);
    }
    free(thread->tunnels[0].sessions);
    free(thread->tunnels[1].sessions);
    address_table_clear(&thread->addresses);
    free(thread->route_of);
    free(thread->clients);
    free(thread);
}

static void log_totals(const struct voice_thread *thread)
{
    const struct voice_totals *t = &thread->totals;
    log_info("voice", "thread ended",
             "thread=%u received=%llu malformed=%llu undecryptable=%llu unknown=%llu "
             "unknown_over_limit=%llu sent=%llu send_failed=%llu tunnel_dropped=%llu "
             "mixed_stale=%llu relayed=%llu list_pings=%llu list_pings_over_limit=%llu",
             thread->index, (unsigned long long)t->received, (unsigned long long)t->malformed,
             (unsigned long long)t->undecryptable, (unsigned long long)t->unknown,
             (unsigned long long)t->unknown_over_limit, (unsigned long long)t->sent,
             (unsigned long long)t->send_failed, (unsigned long long)t->tunnel_dropped,
             (unsigned long long)t->mixed_stale, (unsigned long long)t->relayed,
             (unsigned long long)t->list_pings, (unsigned long long)t->list_pings_over_limit);
}

// A packet in a busy machine then waits for no other program.
static void take_priority(const struct voice_thread *thread)
{
    const struct sched_param wanted = { .sched_priority = thread->voice->priority };
    if (wanted.sched_priority == 0)
        return;
    int error = pthread_setschedparam(pthread_self(), SCHED_RR, &wanted);
    if (error != 0)
        log_warn("voice", "no real-time priority",
                 "thread=%u priority=%d reason=\"%s\" hint=\"permit it with LimitRTPRIO= in the "
                 "systemd unit or ulimit -r, or set voice_priority = 0\"",
                 thread->index, wanted.sched_priority, strerror(error));
    else
        log_info("voice", "real-time priority", "thread=%u priority=%d", thread->index,
                 wanted.sched_priority);
}

static void thread_run(void *context)
{
    struct voice_thread *thread = context;
    sigset_t all;
    char name[16];
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL); // signals are the main thread's
    (void)snprintf(name, sizeof name, "voice-%u", thread->index);
    (void)pthread_setname_np(pthread_self(), name);
    take_priority(thread);
    read_lanes(thread); // what came before the start
    (void)uv_run(&thread->loop, UV_RUN_DEFAULT);
    log_totals(thread);
}

bool thread_start(struct voice_thread *thread)
{
    return uv_thread_create(&thread->id, thread_run, thread) == 0;
}
