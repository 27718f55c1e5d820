// SPDX-License-Identifier: BSD-3-Clause
//
// susurro_ways: what one datagram to each of N receivers costs, by several ways of sealing and of
// sending it. All ways take turns, many short runs of each, and the medians are printed, so that
// what else the machine does falls on all of them. Without an argument the receivers are sockets on
// the loopback; with an IPv4 address, ports of that host from 20000 on, where nobody need listen.
#include "bench/ways.h"
#include "bench/uring.h"
#include "bench/xdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define RUNS 101
#define FIRST_PORT 20000

struct receiver {
    int fd; // -1: somewhere else
    struct sockaddr_in name;
    struct sockaddr_in6 name6; // the same, IPv4-mapped
    int connected_fd;          // ours, which sends to that one alone
    struct crypt *native, *portable;
};
struct ways {
    struct receiver receivers[RECEIVERS];
    int fd4, fd6;
    struct uring *uring;
    struct xdp *xdp;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct crypt_job jobs[BATCH];
    uint8_t sealed[BATCH][SEALED_BYTES];
    uint8_t plain[SEALED_BYTES - CRYPT_HEADER_BYTES];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};
// Seals or sends for n of the receivers from `at` on; false when it did not work.
typedef bool (*way_fn)(struct ways *ways, unsigned at, unsigned n);

void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("susurro_ways: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static int64_t cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// ---- sealing ------------------------------------------------------------------------------------

static bool seal_portable(struct ways *ways, unsigned at, unsigned n)
{
    const struct span plain = { ways->plain, sizeof ways->plain };
    for (unsigned i = 0; i < n; i++)
        (void)crypt_seal(ways->receivers[at + i].portable, plain, ways->sealed[i]);
    return true;
}

static bool seal_one(struct ways *ways, unsigned at, unsigned n)
{
    const struct span plain = { ways->plain, sizeof ways->plain };
    for (unsigned i = 0; i < n; i++)
        (void)crypt_seal(ways->receivers[at + i].native, plain, ways->sealed[i]);
    return crypt_is_native(ways->receivers[at].native);
}

static bool seal_many(struct ways *ways, unsigned at, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ways->jobs[i] = (struct crypt_job){
            ways->receivers[at + i].native, { ways->plain, sizeof ways->plain }, ways->sealed[i], 0
        };
    crypt_seal_many(ways->jobs, n);
    return crypt_is_native(ways->receivers[at].native);
}

// ---- sending ------------------------------------------------------------------------------------

static void write_names(struct ways *ways, unsigned at, unsigned n, bool is_v6, size_t n_control)
{
    for (unsigned i = 0; i < n; i++) {
        struct receiver *receiver = &ways->receivers[at + i];
        ways->messages[i].msg_hdr = (struct msghdr){
            .msg_name = is_v6 ? (void *)&receiver->name6 : (void *)&receiver->name,
            .msg_namelen = is_v6 ? sizeof receiver->name6 : sizeof receiver->name,
            .msg_iov = &ways->parts[i],
            .msg_iovlen = 1,
            .msg_control = n_control > 0 ? ways->control : NULL,
            .msg_controllen = n_control,
        };
    }
}

static bool send_v4(struct ways *ways, unsigned at, unsigned n)
{
    write_names(ways, at, n, false, 0);
    return sendmmsg(ways->fd4, ways->messages, n, 0) == (int)n;
}

static bool send_v6(struct ways *ways, unsigned at, unsigned n)
{
    write_names(ways, at, n, true, 0);
    return sendmmsg(ways->fd6, ways->messages, n, 0) == (int)n;
}

static bool send_from_padded(struct ways *ways, unsigned at, unsigned n)
{
    write_names(ways, at, n, true, CMSG_SPACE(sizeof(struct in6_pktinfo)));
    return sendmmsg(ways->fd6, ways->messages, n, 0) == (int)n;
}

static bool send_from(struct ways *ways, unsigned at, unsigned n)
{
    write_names(ways, at, n, true, CMSG_LEN(sizeof(struct in6_pktinfo)));
    return sendmmsg(ways->fd6, ways->messages, n, 0) == (int)n;
}

static bool send_connected(struct ways *ways, unsigned at, unsigned n)
{
    bool is_ok = true;
    for (unsigned i = 0; i < n; i++)
        is_ok = send(ways->receivers[at + i].connected_fd, ways->sealed[i], SEALED_BYTES, 0) ==
                    SEALED_BYTES &&
                is_ok;
    return is_ok;
}

static bool send_uring(struct ways *ways, unsigned at, unsigned n)
{
    if (ways->uring == NULL)
        return false;
    write_names(ways, at, n, false, 0);
    for (unsigned i = 0; i < n; i++)
        uring_add_sendmsg(ways->uring, ways->fd4, &ways->messages[i].msg_hdr);
    return uring_submit(ways->uring) == n;
}

static bool send_uring_connected(struct ways *ways, unsigned at, unsigned n)
{
    if (ways->uring == NULL)
        return false;
    for (unsigned i = 0; i < n; i++)
        uring_add_send(ways->uring, ways->receivers[at + i].connected_fd, ways->sealed[i],
                       SEALED_BYTES);
    return uring_submit(ways->uring) == n;
}

static bool send_xdp(struct ways *ways, unsigned at, unsigned n)
{
    if (ways->xdp == NULL)
        return false;
    for (unsigned i = 0; i < n; i++)
        xdp_add(ways->xdp, &ways->receivers[at + i].name, ways->sealed[i], SEALED_BYTES);
    return xdp_submit(ways->xdp) == n;
}

static const struct kind {
    const char *name;
    way_fn run;
    bool is_datagram; // and is to arrive
} kinds[] = {
    { "seal: OpenSSL's AES", seal_portable, false },
    { "seal: the processor's AES, one at a time", seal_one, false },
    { "seal: the processor's AES, eight at a time", seal_many, false },
    { "sendmmsg, IPv4 socket", send_v4, true },
    { "sendmmsg, IPv6 socket to IPv4", send_v6, true },
    { "sendmmsg, IPv6 socket to IPv4, from an address", send_from, true },
    { "sendmmsg, the same, control data padded", send_from_padded, true },
    { "send, a connected socket each", send_connected, true },
    { "io_uring, IPv4 socket", send_uring, true },
    { "io_uring, a connected socket each", send_uring_connected, true },
    { "AF_XDP, frames copied", send_xdp, true },
    { "tunnel: a TLS record, sent nowhere", tunnel_record, false },
    { "tunnel: write, a TCP connection each", tunnel_write, false },
    { "tunnel: send, a TCP connection each", tunnel_send, false },
    { "tunnel: a TLS record and its send", tunnel_both, false },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

// ---- the stage ----------------------------------------------------------------------------------

static int bound_socket(int family, uint16_t port)
{
    struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
    ((struct sockaddr_in *)&any)->sin_port = htons(port); // at the same place in both families
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    const int on = 1, off = 0;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&any, len) != 0)
        fail("bind: %s", strerror(errno));
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 bound = { 0 }; // the port is at the same place in both families
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        fail("getsockname: %s", strerror(errno));
    return ntohs(bound.sin6_port);
}

static void receiver_open(struct ways *ways, unsigned i, const char *host)
{
    struct receiver *receiver = &ways->receivers[i];
    uint8_t key[16] = { (uint8_t)i, (uint8_t)(i >> 8) };
    receiver->fd = host == NULL ? bound_socket(AF_INET, 0) : -1;
    uint16_t port = host == NULL ? port_of(receiver->fd) : (uint16_t)(FIRST_PORT + i);
    receiver->name = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, host == NULL ? "127.0.0.1" : host, &receiver->name.sin_addr) != 1)
        fail("not an IPv4 address: %s", host);
    receiver->name6 =
        (struct sockaddr_in6){ .sin6_family = AF_INET6,
                               .sin6_port = receiver->name.sin_port,
                               .sin6_addr = { .s6_addr = { [10] = 0xFF, [11] = 0xFF } } };
    memcpy(&receiver->name6.sin6_addr.s6_addr[12], &receiver->name.sin_addr, 4);
    receiver->connected_fd = bound_socket(AF_INET, port_of(ways->fd4));
    if (connect(receiver->connected_fd, (struct sockaddr *)&receiver->name,
                sizeof receiver->name) != 0)
        fail("connect: %s", strerror(errno));
    receiver->native = crypt_new(key, key, key);
    receiver->portable = crypt_new_portable(key, key, key);
    if (receiver->native == NULL || receiver->portable == NULL)
        fail("out of memory");
}

// The address that the kernel sends from.
static struct sockaddr_in own_name(const struct ways *ways)
{
    struct sockaddr_in own;
    socklen_t len = sizeof own;
    if (getsockname(ways->receivers[0].connected_fd, (struct sockaddr *)&own, &len) != 0)
        fail("getsockname: %s", strerror(errno));
    return own;
}

// The source address that the control data asks for: the one that the kernel takes anyway.
static void write_control(struct ways *ways)
{
    const struct sockaddr_in own = own_name(ways);
    struct in6_pktinfo info = { .ipi6_addr = { .s6_addr = { [10] = 0xFF, [11] = 0xFF } } };
    memcpy(&info.ipi6_addr.s6_addr[12], &own.sin_addr, 4);
    const struct cmsghdr head = { .cmsg_len = CMSG_LEN(sizeof info),
                                  .cmsg_level = IPPROTO_IPV6,
                                  .cmsg_type = IPV6_PKTINFO };
    memcpy(ways->control, &head, sizeof head);
    memcpy(ways->control + CMSG_LEN(0), &info, sizeof info);
}

// How many datagrams had come.
static unsigned drain(const struct ways *ways)
{
    uint8_t bytes[256];
    unsigned n = 0;
    for (unsigned i = 0; i < RECEIVERS && ways->receivers[i].fd >= 0; i++)
        while (recv(ways->receivers[i].fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            n++;
    ways_tunnels_drain();
    return n;
}

// ns for each datagram, or negative.
static double run_once(struct ways *ways, const struct kind *kind)
{
    bool is_ok = true;
    int64_t start = cpu_ns();
    for (unsigned at = 0; at < RECEIVERS; at += BATCH)
        is_ok = kind->run(ways, at, RECEIVERS - at < BATCH ? RECEIVERS - at : BATCH) && is_ok;
    int64_t used = cpu_ns() - start;
    unsigned n_come = drain(ways);
    if (kind->is_datagram && ways->receivers[0].fd >= 0)
        is_ok = is_ok && n_come == RECEIVERS;
    return is_ok ? (double)used / RECEIVERS : -1;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct ways ways;
    static double taken[KINDS][RUNS];
    const char *host = argc > 1 ? argv[1] : NULL;
    ways.fd4 = bound_socket(AF_INET, 0);
    ways.fd6 = bound_socket(AF_INET6, 0);
    ways.uring = uring_new(BATCH);
    for (unsigned i = 0; i < RECEIVERS; i++)
        receiver_open(&ways, i, host);
    for (unsigned i = 0; i < BATCH; i++)
        ways.parts[i] = (struct iovec){ ways.sealed[i], SEALED_BYTES };
    write_control(&ways);
    (void)send_v4(&ways, 0, 1); // so that the neighbour's hardware address is known
    (void)drain(&ways);
    const struct sockaddr_in own = own_name(&ways);
    ways.xdp = xdp_new(&own, &ways.receivers[0].name);
    ways_tunnels_open();
    for (unsigned run = 0; run < RUNS; run++)
        for (unsigned kind = 0; kind < KINDS; kind++)
            taken[kind][run] = run_once(&ways, &kinds[kind]);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        qsort(taken[kind], RUNS, sizeof taken[kind][0], by_size);
        if (taken[kind][0] < 0)
            printf("%-48s not here\n", kinds[kind].name);
        else
            printf("%-48s %6.0f ns (quartiles %.0f to %.0f)\n", kinds[kind].name,
                   taken[kind][RUNS / 2], taken[kind][RUNS / 4], taken[kind][RUNS * 3 / 4]);
    }
    uring_free(ways.uring);
    xdp_free(ways.xdp);
    return 0; // the sockets and keys end with the process
}
