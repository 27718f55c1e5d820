// SPDX-License-Identifier: BSD-3-Clause
//
// One speaker, N listeners, one thread: the voice thread's CPU per forwarded packet, beside the
// bare loop (seal and sendmmsg) over the same sockets. Arguments: listeners (500), packets (400),
// "unread" to leave the listeners' queues alone.
#include "proto/proto.h"
#include "voice/voice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

struct listener {
    int fd;
    struct crypt *crypt;
    struct sockaddr_in own;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void no_bell(void *context)
{
    (void)context;
}

static double cpu_us(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void put_routes(struct voice *voice, uint32_t n)
{
    struct routes *routes = calloc(1, sizeof *routes);
    if (routes == NULL)
        die("memory");
    *routes = (struct routes){ .version = 1,
                               .n_clients = n,
                               .n_rooms = 1,
                               .n_members = n,
                               .clients = calloc(n, sizeof *routes->clients),
                               .rooms = calloc(1, sizeof *routes->rooms),
                               .members = calloc(n, sizeof *routes->members) };
    for (uint32_t i = 0; i < n; i++) {
        routes->clients[i] =
            (struct route_client){ .session = i, .meeting = VOICE_NONE, .may_speak = true };
        routes->members[i] = i;
    }
    routes->rooms[0] = (struct route_room){ .count = n, .threads_mask = 1 };
    voice_put_routes(voice, 0, routes);
}

static void join(struct voice *voice, struct listener *listener, uint32_t session, uint16_t port)
{
    uint8_t key[16] = { (uint8_t)session, (uint8_t)(session >> 8) }, up[16] = { 1 },
            down[16] = { 2 };
    struct voice_command command = { .kind = VOICE_CMD_ADD,
                                     .session = session,
                                     .add = { .crypt = crypt_new(key, down, up),
                                              .format = VOICE_FORMAT_PROTOBUF } };
    (void)inet_pton(AF_INET6, "::ffff:127.0.0.1", &command.add.host);
    struct lane *lane = voice_commands(voice, 0);
    while (!lane_send(lane, &command, sizeof command))
        lane_bell(lane);
    lane_bell(lane);
    listener->crypt = crypt_new(key, up, down);
    listener->fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in server = { .sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof listener->own;
    if (listener->fd < 0 || connect(listener->fd, (struct sockaddr *)&server, sizeof server) != 0 ||
        getsockname(listener->fd, (struct sockaddr *)&listener->own, &len) != 0)
        die("socket");
}

static void send_plain(struct listener *listener, struct span plain)
{
    uint8_t sealed[1024];
    size_t n = crypt_seal(listener->crypt, plain, sealed);
    if (send(listener->fd, sealed, n, 0) != (ssize_t)n)
        die("send");
}

static void drain(const struct listener *listeners, uint32_t n, int flags)
{
    uint8_t bytes[1024];
    for (uint32_t i = 0; i < n; i++)
        (void)recv(listeners[i].fd, bytes, sizeof bytes, flags);
}

static double bare_us(struct listener *listeners, uint32_t n, unsigned n_packets)
{
    static uint8_t sealed[BATCH][128];
    uint8_t plain[80] = { 0x80 };
    int fd = socket(AF_INET, SOCK_DGRAM,
                    0); // the listeners refuse it: bare cost only, by a first bind of their own
    double start = cpu_us(CLOCK_THREAD_CPUTIME_ID), paused = 0;
    for (unsigned p = 0; p < n_packets; p++) {
        for (uint32_t at = 0; at < n; at += BATCH) {
            struct mmsghdr messages[BATCH];
            struct iovec parts[BATCH];
            unsigned k = 0;
            for (; k < BATCH && at + k < n; k++) {
                parts[k] =
                    (struct iovec){ sealed[k], crypt_seal(listeners[at + k].crypt,
                                                          (struct span){ plain, 74 }, sealed[k]) };
                messages[k] =
                    (struct mmsghdr){ .msg_hdr = { .msg_name = &listeners[at + k].own,
                                                   .msg_namelen = sizeof(struct sockaddr_in),
                                                   .msg_iov = &parts[k],
                                                   .msg_iovlen = 1 } };
            }
            if (sendmmsg(fd, messages, k, 0) != (int)k)
                die("sendmmsg");
        }
        double from = cpu_us(CLOCK_THREAD_CPUTIME_ID);
        drain(listeners, n, MSG_DONTWAIT);
        paused += cpu_us(CLOCK_THREAD_CPUTIME_ID) - from;
    }
    (void)close(fd);
    return (cpu_us(CLOCK_THREAD_CPUTIME_ID) - start - paused) / ((double)n * n_packets);
}

static void disconnect_all(struct listener *listeners, uint32_t n)
{
    const struct sockaddr none = { .sa_family = AF_UNSPEC };
    for (uint32_t i = 0; i < n; i++) { // keeps the port, takes from anybody
        struct sockaddr_in own = listeners[i].own;
        (void)connect(listeners[i].fd, &none, sizeof none);
        (void)close(listeners[i].fd);
        listeners[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (bind(listeners[i].fd, (struct sockaddr *)&own, sizeof own) != 0)
            die("bind");
    }
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)atoi(argv[1]) : 500;
    unsigned n_packets = argc > 2 ? (unsigned)atoi(argv[2]) : 400;
    char error[128];
    struct voice_options options = { .n_threads = 1,
                                     .n_sessions_max = n,
                                     .reports_to = { .bell = no_bell } };
    if (argc > 3) { // an IPv4 socket of one address, for comparison
        options.n_addresses = 1;
        ((struct sockaddr_in *)&options.addresses[0])->sin_family = AF_INET;
        ((struct sockaddr_in *)&options.addresses[0])->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    struct voice *voice = voice_new(&options, error, sizeof error);
    struct listener *listeners = calloc(n, sizeof *listeners);
    if (voice == NULL || listeners == NULL || voice_start(voice) != 0)
        die("voice");
    uint8_t plain[128];
    int len = udp_ping_write(1, VOICE_FORMAT_PROTOBUF, plain, sizeof plain);
    for (uint32_t i = 0; i < n; i++) {
        join(voice, &listeners[i], i, voice_port(voice, 0));
        const struct timeval patience = { .tv_usec = 20000 }; // the ping may overtake the command
        uint8_t echo[128];
        (void)setsockopt(listeners[i].fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        do {
            send_plain(&listeners[i], (struct span){ plain, (size_t)len });
        } while (recv(listeners[i].fd, echo, sizeof echo, 0) < 0);
    }
    put_routes(voice, n);
    const struct voice_packet packet = { .frame_number = 100,
                                         .opus = { (const uint8_t[60]){ 0x78 }, 60 } };
    len = voice_write(&packet, VOICE_FORMAT_PROTOBUF, VOICE_TO_SERVER, plain, sizeof plain);
    double before = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned p = 0; p < n_packets; p++) {
        send_plain(&listeners[0], (struct span){ plain, (size_t)len });
        drain(listeners + n - 1, 1,
              0); // the last one; to wake a reader per packet would cost the sender
        drain(listeners + 1, n - 2, MSG_DONTWAIT);
    }
    double spent = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us(CLOCK_THREAD_CPUTIME_ID) - before;
    double each = spent / ((double)(n - 1) * n_packets);
    voice_stop(voice);
    voice_free(voice);
    disconnect_all(listeners, n);
    double bare = bare_us(listeners, n, n_packets);
    printf("listeners=%u packets=%u voice_us=%.3f bare_us=%.3f ratio=%.2f\n", n, n_packets, each,
           bare, each / bare);
    for (uint32_t i = 0; i < n; i++) {
        crypt_free(listeners[i].crypt);
        (void)close(listeners[i].fd);
    }
    free(listeners);
    return 0;
}
