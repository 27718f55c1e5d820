// SPDX-License-Identifier: BSD-3-Clause
//
// The least a server can spend: one OCB2 seal for each receiver and one sendmmsg for all of a
// batch; in the tunnel one TLS record and one send for each.
#include "bench/bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

struct receiver {
    int fd;
    struct sockaddr_in address;
    struct crypt *crypt;
};

static void receiver_open(struct receiver *receiver)
{
    static const uint8_t key[16] = { 1 }, nonce[16] = { 2 };
    socklen_t len = sizeof receiver->address;
    receiver->address =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    receiver->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (receiver->fd < 0 || bind(receiver->fd, (struct sockaddr *)&receiver->address, len) != 0 ||
        getsockname(receiver->fd, (struct sockaddr *)&receiver->address, &len) != 0)
        fail("socket: %s", strerror(errno));
    const int on = 1; // as for the listeners of the other measurements
    (void)setsockopt(receiver->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    receiver->crypt = crypt_new(key, nonce, nonce);
    if (receiver->crypt == NULL)
        fail("out of memory");
}

static void send_round(int fd, struct receiver *receivers, size_t n, struct span payload)
{
    static uint8_t sealed[BATCH][1024];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    for (size_t at = 0; at < n; at += BATCH) {
        unsigned n_batch = (unsigned)(n - at < BATCH ? n - at : BATCH);
        for (unsigned i = 0; i < n_batch; i++) {
            struct receiver *receiver = &receivers[at + i];
            parts[i].iov_base = sealed[i];
            parts[i].iov_len = crypt_seal(receiver->crypt, payload, sealed[i]);
            messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &receiver->address,
                                                         .msg_namelen = sizeof receiver->address,
                                                         .msg_iov = &parts[i],
                                                         .msg_iovlen = 1 } };
        }
        if (sendmmsg(fd, messages, n_batch, 0) != (int)n_batch)
            fail("sendmmsg: %s", strerror(errno));
    }
}

static void drain(const struct receiver *receivers, size_t n)
{
    uint8_t data[1024];
    for (size_t i = 0; i < n; i++) {
        while (recv(receivers[i].fd, data, sizeof data, 0) > 0)
            continue;
    }
}

double bare_loop_ns(size_t n_receivers, size_t payload_bytes, double seconds, bool has_pauses)
{
    uint8_t payload[VOICE_PACKET_MAX_BYTES] = { 0x80 };
    struct receiver *receivers = calloc(n_receivers, sizeof *receivers);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (receivers == NULL || fd < 0 || payload_bytes > sizeof payload)
        fail("no bare loop: %s", strerror(errno));
    for (size_t i = 0; i < n_receivers; i++)
        receiver_open(&receivers[i]);

    const struct timespec half_frame = { .tv_nsec = 10000000 };
    int64_t used_ns = 0, n_sent = 0;
    for (int64_t end = now_ns() + (int64_t)(seconds * 1e9); now_ns() < end;) {
        int64_t start = own_cpu_ns();
        send_round(fd, receivers, n_receivers, (struct span){ payload, payload_bytes });
        used_ns += own_cpu_ns() - start;
        n_sent += (int64_t)n_receivers;
        if (has_pauses)
            (void)nanosleep(&half_frame, NULL);
        drain(receivers, n_receivers);
        if (has_pauses)
            (void)nanosleep(&half_frame, NULL);
    }
    for (size_t i = 0; i < n_receivers; i++) {
        crypt_free(receivers[i].crypt);
        (void)close(receivers[i].fd);
    }
    (void)close(fd);
    free(receivers);
    return (double)used_ns / (double)n_sent;
}

double bare_tunnel_ns(size_t n_receivers, size_t payload_bytes, double seconds, bool has_pauses)
{
    uint8_t frame[FRAME_HEADER_BYTES + VOICE_PACKET_MAX_BYTES] = { 0, 1 };
    struct tunnel *tunnels = calloc(n_receivers, sizeof *tunnels);
    if (tunnels == NULL || payload_bytes > VOICE_PACKET_MAX_BYTES)
        fail("no bare loop: %s", strerror(errno));
    tunnels_open(tunnels, n_receivers, true);
    const int len = (int)(FRAME_HEADER_BYTES + payload_bytes);
    const struct timespec half_frame = { .tv_nsec = 10000000 };
    int64_t used_ns = 0, n_sent = 0;
    for (int64_t end = now_ns() + (int64_t)(seconds * 1e9); now_ns() < end;) {
        int64_t start = own_cpu_ns();
        for (size_t i = 0; i < n_receivers; i++)
            if (SSL_write(tunnels[i].ssl, frame, len) != len)
                fail("TCP: %s", strerror(errno));
        used_ns += own_cpu_ns() - start;
        n_sent += (int64_t)n_receivers;
        if (has_pauses)
            (void)nanosleep(&half_frame, NULL);
        tunnels_drain(tunnels, n_receivers);
        if (has_pauses)
            (void)nanosleep(&half_frame, NULL);
    }
    tunnels_close(tunnels, n_receivers);
    free(tunnels);
    return (double)used_ns / (double)n_sent;
}
