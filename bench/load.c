// SPDX-License-Identifier: BSD-3-Clause
//
// susurro_load: so many clients of one server, one or more of them speaking, for so many seconds.
// Prints what it saw and what the server used as one line of JSON. See --help.
#include "bench/bench.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME_NS 20000000
#define SETTLE_NS 1000000000
#define PING_EVERY_FRAMES 250
#define DRAIN_NS 300000000
#define TAG_TIMER UINT64_MAX // other tags are indices of clients
#define ASSOCIATE_LIMIT_NS 60000000000
#define TOC_CELT_20MS 0xF8 // Opus, CELT only, fullband, 20 ms, mono, one frame

struct load {
    struct setup setup;
    struct load_client *clients; // speakers first
    size_t n_clients;
    int epoll_fd, timer_fd;
    int64_t window_start_ns, window_end_ns; // what was said in between counts
    uint64_t n_sent, n_received;
    size_t n_open; // of n_clients, so far
    uint64_t tick;
    bool is_speaking, is_second_half;
    struct samples latency_ms;
    struct sound_frame sound[SOUND_FRAMES];
    struct onset_detector *said, *heard;
    int64_t onset_said_ns;
    bool is_onset_open;
};

void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("susurro_load: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

int64_t now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// ---- what comes in ----

// Direct: the time of sending stands in the payload.
static void hear_direct(struct load *load, const struct voice_packet *packet, int64_t arrived_ns)
{
    int64_t said_ns;
    if (packet->opus.len < 1 + sizeof said_ns)
        return;
    memcpy(&said_ns, packet->opus.data + 1, sizeof said_ns);
    if (said_ns < load->window_start_ns || said_ns >= load->window_end_ns)
        return;
    load->n_received++;
    samples_add(&load->latency_ms, (float)(arrived_ns - said_ns) / 1e6f);
}

// Mixed: one listener decodes, and the onset of a burst is looked for in the sound itself.
static void hear_mixed(struct load *load, const struct load_client *client,
                       const struct voice_packet *packet, int64_t arrived_ns)
{
    float offset_ms;
    if (arrived_ns >= load->window_start_ns && arrived_ns < load->window_end_ns)
        load->n_received++;
    if (client != &load->clients[load->n_clients - 1] || packet->opus.len == 0 ||
        !onset_feed(load->heard, packet->opus, &offset_ms) || !load->is_onset_open)
        return;
    load->is_onset_open = false;
    if (load->onset_said_ns >= load->window_start_ns)
        samples_add(&load->latency_ms,
                    (float)(arrived_ns - load->onset_said_ns) / 1e6f + offset_ms);
}

static void hear(void *context, struct load_client *client, const struct voice_packet *packet,
                 int64_t arrived_ns)
{
    struct load *load = context;
    if (load->setup.is_mixed)
        hear_mixed(load, client, packet, arrived_ns);
    else
        hear_direct(load, packet, arrived_ns);
}

// ---- what goes out ----

static void speak_direct(struct load *load, struct load_client *client)
{
    uint8_t payload[VOICE_OPUS_MAX_BYTES] = { TOC_CELT_20MS };
    int64_t now = now_ns();
    memcpy(payload + 1, &now, sizeof now);
    load_client_speak(client, (struct span){ payload, load->setup.payload_bytes }, false);
    if (now >= load->window_start_ns && now < load->window_end_ns)
        load->n_sent++;
}

static void speak_mixed(struct load *load, struct load_client *client)
{
    const struct sound_frame *frame = &load->sound[load->tick % SOUND_FRAMES];
    struct span opus = { frame->data, frame->len };
    float offset_ms;
    int64_t now = now_ns();
    if (client == &load->clients[0] && onset_feed(load->said, opus, &offset_ms)) {
        load->onset_said_ns = now + (int64_t)(offset_ms * 1e6f);
        load->is_onset_open = true;
    }
    load_client_speak(client, opus, false);
    if (now >= load->window_start_ns && now < load->window_end_ns)
        load->n_sent++;
}

static void speak(struct load *load)
{
    for (size_t i = 0; i < load->setup.n_speakers; i++) {
        if (load->setup.is_mixed)
            speak_mixed(load, &load->clients[i]);
        else
            speak_direct(load, &load->clients[i]);
    }
    for (size_t i = load->tick % PING_EVERY_FRAMES; i < load->n_clients; i += PING_EVERY_FRAMES)
        load_client_ping(&load->clients[i]);
    load->tick++;
}

// ---- the loop ----

// Nobody waits at the UDP sockets: to wake a sleeper would be charged to the server that sends, and
// real listeners are on other machines. The kernel has noted when each datagram came.
static void read_all_udp(struct load *load)
{
    for (size_t i = 0; i < load->n_open; i++) {
        if (load->clients[i].udp_fd >= 0)
            load_client_read_udp(&load->clients[i], hear, load);
    }
}

// Twice a frame: once to speak, and half a frame later, when all has been sent on, to listen.
static void on_timer(struct load *load)
{
    uint64_t n_times;
    if (read(load->timer_fd, &n_times, sizeof n_times) != sizeof n_times)
        return;
    load->is_second_half = !load->is_second_half;
    if (load->is_second_half)
        read_all_udp(load);
    else if (load->is_speaking)
        speak(load);
}

static void watch(const struct load *load, int fd, uint64_t tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };
    if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll: %s", strerror(errno));
}

static void run_until(struct load *load, int64_t end_ns)
{
    struct epoll_event events[256];
    int64_t now;
    while ((now = now_ns()) < end_ns) {
        int n = epoll_wait(load->epoll_fd, events, 256, (int)((end_ns - now) / 1000000 + 1));
        for (int i = 0; i < n; i++) {
            if (events[i].data.u64 == TAG_TIMER)
                on_timer(load);
            else
                load_client_read_tcp(&load->clients[events[i].data.u64], hear, load);
        }
    }
}

static void start_timer(const struct load *load)
{
    const struct itimerspec every = { .it_interval.tv_nsec = FRAME_NS / 2, .it_value.tv_nsec = 1 };
    if (timerfd_settime(load->timer_fd, 0, &every, NULL) != 0)
        fail("timer: %s", strerror(errno));
}

// ---- connecting ----

static void associate_all(struct load *load)
{
    int64_t limit_ns = now_ns() + ASSOCIATE_LIMIT_NS;
    size_t n_waiting = load->n_clients;
    while (load->setup.server.is_udp && n_waiting > 0) {
        n_waiting = 0;
        for (size_t i = 0; i < load->n_clients; i++) {
            if (!load->clients[i].is_associated) {
                n_waiting++;
                load_client_ping_udp(&load->clients[i]);
            }
        }
        if (n_waiting > 0 && now_ns() > limit_ns)
            fail("%zu of %zu clients get no UDP answer", n_waiting, load->n_clients);
        if (n_waiting > 0)
            run_until(load, now_ns() + 100000000);
    }
}

static void connect_all(struct load *load, SSL_CTX *tls)
{
    const struct setup *setup = &load->setup;
    load->clients = calloc(load->n_clients, sizeof *load->clients);
    if (load->clients == NULL)
        fail("out of memory");
    for (size_t i = 0; i < load->n_clients; i++) {
        bool is_speaker = i < setup->n_speakers;
        char name[32];
        (void)snprintf(name, sizeof name, "load-%zu", i);
        load_client_open(&load->clients[i], tls, &setup->server, name,
                         is_speaker ? setup->speak_channel : setup->listen_channel);
        watch(load, load->clients[i].tcp_fd, i);
        load->n_open++;
        if (i % 16 == 15)
            run_until(load, now_ns() + 1000000);
        for (size_t k = 0; i % 64 == 63 && k <= i;
             k++) // a slow server takes longer than its timeout
            load_client_ping(&load->clients[k]);
    }
}

// Connects and leaves again, one client after another: what a login costs with nobody else there.
static void measure_connects(const struct load *load, SSL_CTX *tls)
{
    int64_t cpu_ns = cpu_of_process_ns(load->setup.pid, NULL), start_ns = now_ns();
    for (size_t i = 0; i < load->n_clients; i++) {
        struct load_client client;
        load_client_open(&client, tls, &load->setup.server, "load", NULL);
        load_client_close(&client);
        // The server frees the name a moment later.
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    cpu_ns = cpu_of_process_ns(load->setup.pid, NULL) - cpu_ns;
    printf("{\"connects\": %zu, \"cpu_ms_per_connect\": %.3f, \"wall_ms_per_connect\": %.3f}\n",
           load->n_clients, (double)cpu_ns / 1e6 / (double)load->n_clients,
           (double)(now_ns() - start_ns) / 1e6 / (double)load->n_clients - 5.0);
}

// ---- measuring ----

struct usage {
    int64_t cpu_ns, mixer_ns, own_ns, wall_ns;
};

static struct usage usage_now(const struct load *load)
{
    struct timespec own;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    return (struct usage){ .cpu_ns = cpu_of_process_ns(load->setup.pid, NULL),
                           .mixer_ns = cpu_of_process_ns(load->setup.pid, "mixer"),
                           .own_ns = (int64_t)own.tv_sec * 1000000000 + own.tv_nsec,
                           .wall_ns = now_ns() };
}

static void print_number(const char *name, double value)
{
    if (isnan(value))
        printf("\"%s\": null, ", name);
    else
        printf("\"%s\": %.4f, ", name, value);
}

static void report(struct load *load, const struct usage *from, const struct usage *to,
                   double rss_kib)
{
    uint64_t n_expected = load->n_sent * (load->n_clients - 1);
    double cpu_us = (double)(to->cpu_ns - from->cpu_ns) / 1e3;
    double wall_ns = (double)(to->wall_ns - from->wall_ns);
    printf("{\"listeners\": %zu, \"sent\": %llu, \"received\": %llu, ", load->setup.n_listeners,
           (unsigned long long)load->n_sent, (unsigned long long)load->n_received);
    if (!load->setup.is_mixed)
        printf("\"lost\": %lld, ", (long long)(n_expected - load->n_received));
    print_number("cpu_us", cpu_us);
    print_number("mixer_us", (double)(to->mixer_ns - from->mixer_ns) / 1e3);
    print_number("cpu_us_per_packet",
                 load->n_received == 0 ? NAN : cpu_us / (double)load->n_received);
    print_number("cpu_share", cpu_us * 1e3 / wall_ns);
    print_number("generator_share", (double)(to->own_ns - from->own_ns) / wall_ns);
    print_number("rss_kib_per_client", rss_kib);
    print_number("p50_ms", samples_percentile(&load->latency_ms, 50));
    print_number("p99_ms", samples_percentile(&load->latency_ms, 99));
    print_number("max_ms", samples_percentile(&load->latency_ms, 100));
    printf("\"n_latencies\": %zu}\n", load->latency_ms.n);
}

static void measure(struct load *load, SSL_CTX *tls)
{
    const struct setup *setup = &load->setup;
    long rss_kib = rss_of_process_kib(setup->pid);
    start_timer(load);
    connect_all(load, tls);
    associate_all(load);
    run_until(load, now_ns() + SETTLE_NS / 2);
    rss_kib = rss_of_process_kib(setup->pid) - rss_kib;

    load->window_start_ns = load->window_end_ns = INT64_MAX;
    load->is_speaking = true;
    run_until(load, now_ns() + SETTLE_NS);
    load->window_start_ns = now_ns();
    load->window_end_ns = load->window_start_ns + (int64_t)(setup->seconds * 1e9);
    struct usage from = usage_now(load);
    run_until(load, load->window_end_ns);
    struct usage to = usage_now(load);
    load->is_speaking = false;
    run_until(load, now_ns() + DRAIN_NS);
    report(load, &from, &to, (double)rss_kib / (double)load->n_clients);

    for (size_t i = 0; i < load->n_clients; i++)
        load_client_close(&load->clients[i]);
    free(load->clients);
}

// ---- the program ----

static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct load load = { .setup = setup_read(argc, argv) };
    (void)signal(SIGPIPE, SIG_IGN);
    allow_many_files();
    if (load.setup.is_bare) {
        printf("{\"bare_us_per_packet\": %.4f}\n",
               bare_loop_ns(load.setup.n_listeners, load.setup.payload_bytes + 4,
                            load.setup.seconds, load.setup.has_pauses) /
                   1e3);
        return 0;
    }
    SSL_CTX *tls = load_tls_new();
    load.n_clients = load.setup.n_listeners + (load.setup.is_connect ? 0 : load.setup.n_speakers);
    if (load.setup.is_storm) {
        storm_measure(&load.setup, tls);
    } else if (load.setup.is_connect) {
        measure_connects(&load, tls);
    } else {
        load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        load.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (load.epoll_fd < 0 || load.timer_fd < 0)
            fail("epoll: %s", strerror(errno));
        watch(&load, load.timer_fd, TAG_TIMER);
        samples_init(&load.latency_ms, 4000000);
        if (load.setup.is_mixed) {
            sound_make(load.sound);
            load.said = onset_new();
            load.heard = onset_new();
        }
        measure(&load, tls);
        onset_free(load.said);
        onset_free(load.heard);
        samples_clear(&load.latency_ms);
    }
    SSL_CTX_free(tls);
    return 0;
}
