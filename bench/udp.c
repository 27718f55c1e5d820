// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define DATAGRAM_BYTES 1500
#define CONTROL_BYTES 64
#define BUFFER_BYTES (4 << 20) // what the kernel allows of it

int udp_open(const struct load_options *options, bool is_connected)
{
    const int on = 1, buffer_bytes = BUFFER_BYTES;
    const struct sockaddr_in server = load_address(options);
    struct sockaddr_in own = server;
    own.sin_port = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0)
        fail("UDP socket: %s", strerror(errno));
    if (is_connected && connect(fd, (const struct sockaddr *)&server, sizeof server) != 0)
        fail("UDP socket: %s", strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        fail("setsockopt: %s", strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    return fd;
}

int64_t udp_arrival_ns(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(c), sizeof time);
            return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
        }
    }
    return now_ns();
}

bool udp_read(int fd, struct udp_batch *batch)
{
    static uint8_t data[UDP_BATCH][DATAGRAM_BYTES];
    static _Alignas(struct cmsghdr) char control[UDP_BATCH][CONTROL_BYTES];
    struct mmsghdr messages[UDP_BATCH];
    struct iovec parts[UDP_BATCH];
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        parts[i] = (struct iovec){ data[i], sizeof data[i] };
        messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = control[i],
                                                     .msg_controllen = sizeof control[i] } };
    }
    int n = recvmmsg(fd, messages, UDP_BATCH, MSG_DONTWAIT, NULL);
    batch->n = n > 0 ? (unsigned)n : 0;
    for (unsigned i = 0; i < batch->n; i++) {
        batch->datagrams[i] = (struct span){ data[i], messages[i].msg_len };
        batch->came_ns[i] = udp_arrival_ns(&messages[i].msg_hdr);
    }
    return batch->n == UDP_BATCH;
}
