// SPDX-License-Identifier: BSD-3-Clause
//
// susurro_load: many clients of one server, some of them speaking, driven by a script. Prints what
// it saw and what the server used as lines of JSON. See --help.
#include "bench/load.h"

#include <errno.h>
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

#define PING_EVERY_FRAMES 250
#define BEHIND_MAX 100 // slots that are made up for
#define LATENCIES_MAX 4000000
#define TAG_TIMER UINT64_MAX // other tags are indices of clients
#define TOC_CELT_20MS 0xF8   // Opus, CELT only, fullband, 20 ms, mono, one frame
#define BARE_SECONDS 2.0
#define BARE_HEADER_BYTES 4 // of a voice packet before its sound

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
static void hear_direct(struct load *load, struct span opus, int64_t arrived_ns)
{
    int64_t said_ns;
    if (opus.len < 1 + sizeof said_ns)
        return;
    memcpy(&said_ns, opus.data + 1, sizeof said_ns);
    if (said_ns < load->window_start_ns || said_ns >= load->window_end_ns)
        return;
    load->n_received++;
    samples_add(&load->latency_ms, (float)(arrived_ns - said_ns) / 1e6f);
}

// Mixed: one listener decodes, and the onset of a burst is looked for in the sound itself.
static void hear_mixed(struct load *load, const struct load_client *client, struct span opus,
                       int64_t arrived_ns)
{
    float offset_ms;
    if (arrived_ns >= load->window_start_ns && arrived_ns < load->window_end_ns)
        load->n_received++;
    if (client != load->ear || opus.len == 0 || !onset_feed(load->heard, opus, &offset_ms) ||
        !load->is_onset_open)
        return;
    load->is_onset_open = false;
    if (load->onset_said_ns >= load->window_start_ns)
        samples_add(&load->latency_ms,
                    (float)(arrived_ns - load->onset_said_ns) / 1e6f + offset_ms);
}

static void hear(void *context, struct load_client *client, struct span opus, int64_t arrived_ns)
{
    struct load *load = context;
    if (load->is_mixed)
        hear_mixed(load, client, opus, arrived_ns);
    else
        hear_direct(load, opus, arrived_ns);
}

// ---- what goes out ----

static void speak_direct(struct load *load, struct load_client *client)
{
    uint8_t payload[VOICE_OPUS_MAX_BYTES] = { TOC_CELT_20MS };
    int64_t now = now_ns();
    memcpy(payload + 1, &now, sizeof now);
    load_client_speak(client, (struct span){ payload, load->setup.payload_bytes });
    if (now < load->window_start_ns || now >= load->window_end_ns)
        return;
    load->n_sent++;
    for (size_t i = 0; i < load->n_clients; i++)
        load->n_expected +=
            &load->clients[i] != client && load->clients[i].channel_id == client->channel_id;
}

static void speak_mixed(struct load *load, struct load_client *client)
{
    const struct sound_frame *frame = &load->sound[load->tick % SOUND_FRAMES];
    struct span opus = { frame->data, frame->len };
    float offset_ms;
    int64_t now = now_ns();
    if (client == &load->clients[load->speakers[0]] && onset_feed(load->said, opus, &offset_ms)) {
        load->onset_said_ns = now + (int64_t)(offset_ms * 1e6f);
        load->is_onset_open = true;
    }
    load_client_speak(client, opus);
    if (now >= load->window_start_ns && now < load->window_end_ns)
        load->n_sent++;
}

// The speakers are spread over the frame, as people are.
static void speak_slot(struct load *load)
{
    for (size_t i = 0; i < load->n_speakers; i++) {
        if (i * SLOTS / load->n_speakers % SLOTS != load->slot)
            continue;
        if (load->is_mixed)
            speak_mixed(load, &load->clients[load->speakers[i]]);
        else
            speak_direct(load, &load->clients[load->speakers[i]]);
    }
}

// ---- the loop ----

static void ping_some(struct load *load)
{
    for (size_t i = load->tick % PING_EVERY_FRAMES; load->has_pings && i < load->n_clients;
         i += PING_EVERY_FRAMES)
        if (load->clients[i].ssl != NULL)
            load_client_ping(&load->clients[i]);
}

static void read_voice(struct load *load)
{
    for (size_t i = 0; i < load->n_clients; i++) {
        struct load_client *client = &load->clients[i];
        if (client->udp_fd >= 0)
            load_client_read_udp(client, hear, load);
        else
            load_client_read_tcp(client, hear, load);
    }
}

// Half-way between two speakers, when the one before has been sent on; with many, each second slot.
static bool is_reading_slot(const struct load *load)
{
    unsigned every = load->n_speakers < 2 ? SLOTS : SLOTS / (unsigned)load->n_speakers;
    every = every < 2 ? 2 : every;
    return load->slot % every == every / 2;
}

static void on_timer(struct load *load)
{
    uint64_t n_times;
    if (read(load->timer_fd, &n_times, sizeof n_times) != sizeof n_times)
        return;
    // Who cannot keep the pace does not run after it; measure() tells of it.
    if (n_times > load->n_behind)
        load->n_behind = (unsigned)n_times;
    for (n_times = n_times > BEHIND_MAX ? BEHIND_MAX : n_times; n_times > 0; n_times--) {
        speak_slot(load);
        if (is_reading_slot(load))
            read_voice(load);
        if (++load->slot < SLOTS)
            continue;
        load->slot = 0;
        ping_some(load);
        load->tick++;
    }
}

static void watch(const struct load *load, int fd, uint64_t tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };
    if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll: %s", strerror(errno));
}

// With the tunnel it is read with the other voice.
void load_add_tcp(struct load *load, size_t index)
{
    if (load->clients[index].udp_fd >= 0)
        watch(load, load->clients[index].tcp_fd, index);
}

void load_run_until(struct load *load, int64_t end_ns)
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

// ---- life ----

void load_init(struct load *load)
{
    const struct itimerspec every = { .it_interval.tv_nsec = SLOT_NS, .it_value.tv_nsec = 1 };
    load->clients = calloc(CLIENTS_MAX, sizeof *load->clients);
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (load->clients == NULL || load->epoll_fd < 0 || load->timer_fd < 0 ||
        timerfd_settime(load->timer_fd, 0, &every, NULL) != 0)
        fail("no loop: %s", strerror(errno));
    watch(load, load->timer_fd, TAG_TIMER);
    load->has_pings = true;
    load->window_start_ns = load->window_end_ns = INT64_MAX;
    samples_init(&load->latency_ms, LATENCIES_MAX);
    sound_make(load->sound);
}

void load_end(struct load *load)
{
    for (size_t i = 0; i < load->n_clients; i++)
        load_client_close(&load->clients[i]);
    free(load->clients);
    samples_clear(&load->latency_ms);
    onset_free(load->said);
    onset_free(load->heard);
    (void)close(load->epoll_fd);
    (void)close(load->timer_fd);
}

// Connects and leaves again, one client after another: what a login costs with nobody else there.
static void measure_connects(const struct setup *setup, SSL_CTX *tls)
{
    int64_t cpu_ns = cpu_of_process_ns(setup->pid, NULL), start_ns = now_ns();
    for (size_t i = 0; i < setup->n_clients; i++) {
        struct load_client client;
        load_client_open(&client, tls, &setup->server, "load", NULL);
        load_client_close(&client);
        // The server frees the name a moment later.
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    cpu_ns = cpu_of_process_ns(setup->pid, NULL) - cpu_ns;
    printf("{\"connects\": %zu, \"cpu_ms_per_connect\": %.3f, \"wall_ms_per_connect\": %.3f}\n",
           setup->n_clients, (double)cpu_ns / 1e6 / (double)setup->n_clients,
           (double)(now_ns() - start_ns) / 1e6 / (double)setup->n_clients - 5.0);
}

static void measure_bare(const struct setup *setup)
{
    const size_t bytes = setup->payload_bytes + BARE_HEADER_BYTES;
    double ns = setup->server.is_udp
                    ? bare_loop_ns(setup->n_clients, bytes, BARE_SECONDS, setup->has_pauses)
                    : bare_tunnel_ns(setup->n_clients, bytes, BARE_SECONDS, setup->has_pauses);
    printf("{\"bare_us_per_packet\": %.4f}\n", ns / 1e3);
}

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
    static struct load load;
    load.setup = setup_read(argc, argv);
    load.tls = load_tls_new();
    (void)signal(SIGPIPE, SIG_IGN);
    allow_many_files();
    if (load.setup.is_bare) {
        measure_bare(&load.setup);
    } else if (load.setup.is_storm) {
        storm_measure(&load.setup, load.tls);
    } else if (load.setup.is_connect) {
        measure_connects(&load.setup, load.tls);
    } else {
        load_init(&load);
        script_run(&load);
        load_end(&load);
    }
    SSL_CTX_free(load.tls);
    return 0;
}
