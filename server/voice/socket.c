// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PRIORITY_VOICE 6

// ---- opening

static socklen_t address_len(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); // each of these is only an improvement
}

static void set_options(int fd, int family)
{
    set_option(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY_VOICE);
    set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_BYTES);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
    set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_BYTES);
    if (family == AF_INET6) {
        set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1); // also tells of IPv4, as ::ffff:a.b.c.d
    } else {
        set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
    }
}

static bool is_any(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ((const struct sockaddr_in *)address)->sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

// With is_shared, each thread binds the same address and the kernel chooses among them.
static int bind_one(const struct sockaddr_storage *address, bool is_dual, bool is_shared)
{
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int is_v6_only = !is_dual, on = 1;
    if ((address->ss_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_v6_only, sizeof is_v6_only) != 0) ||
        (is_shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
        bind(fd, (const struct sockaddr *)address, address_len(address)) != 0) {
        int kept_errno = errno;
        (void)close(fd);
        errno = kept_errno;
        return -1;
    }
    return fd;
}

int socket_open(const struct sockaddr_storage *address, bool is_shared, char *error,
                size_t error_cap)
{
    struct sockaddr_storage chosen = *address;
    if (chosen.ss_family == AF_UNSPEC) { // every address
        const struct sockaddr_in6 any = { .sin6_family = AF_INET6,
                                          .sin6_port =
                                              ((const struct sockaddr_in *)address)->sin_port };
        memcpy(&chosen, &any, sizeof any);
    }
    // The IPv6 wildcard takes IPv4 too, as the TCP listener's does.
    bool is_dual = chosen.ss_family == AF_INET6 && is_any(&chosen);
    int fd = bind_one(&chosen, is_dual, is_shared);
    if (fd < 0 && is_dual && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) { // no IPv6 here
        const struct sockaddr_in any = { .sin_family = AF_INET,
                                         .sin_port =
                                             ((const struct sockaddr_in *)address)->sin_port };
        memcpy(&chosen, &any, sizeof any);
        fd = bind_one(&chosen, false, is_shared);
    }
    if (fd < 0) {
        (void)snprintf(error, error_cap, "cannot bind UDP port %u: %s",
                       ntohs(((const struct sockaddr_in *)&chosen)->sin_port), strerror(errno));
        return -1;
    }
    set_options(fd, chosen.ss_family);
    return fd;
}

bool socket_mark(int fd, unsigned dscp)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t len = sizeof bound;
    int value = (int)(dscp << 2); // the two bits below are congestion's
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof value) != 0) // an IPv6 socket's IPv4 too
        return false;
    return bound.ss_family != AF_INET6 ||
           setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value) == 0;
}

uint16_t socket_port(int fd)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return 0;
    return ntohs(
        ((const struct sockaddr_in *)&bound)->sin_port); // at the same place in both families
}

// ---- receiving

static void map_v4(struct in6_addr *out, const struct in_addr *v4)
{
    *out = (struct in6_addr){ .s6_addr = { [10] = 0xFF, [11] = 0xFF } };
    memcpy(&out->s6_addr[12], v4, sizeof *v4);
}

static void read_remote(struct voice_path *path, const struct voice_envelope *from)
{
    if (from->name.in.sin_family == AF_INET) {
        path->remote =
            (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = from->name.in.sin_port };
        map_v4(&path->remote.sin6_addr, &from->name.in.sin_addr);
    } else {
        path->remote = from->name.in6;
        path->remote.sin6_flowinfo = 0;
    }
}

static void read_local(struct voice_path *path, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            path->local = info.ipi6_addr;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            map_v4(&path->local, &info.ipi_addr);
        }
    }
}

static int receive_batch(struct voice_socket *socket)
{
    struct voice_thread *thread = socket->thread;
    struct voice_envelope from[RECEIVE_BATCH];
    struct iovec parts[RECEIVE_BATCH];
    struct mmsghdr messages[RECEIVE_BATCH];
    for (unsigned i = 0; i < RECEIVE_BATCH; i++) {
        parts[i] = (struct iovec){ thread->received[i], sizeof thread->received[i] };
        messages[i] = (struct mmsghdr){ .msg_hdr = {
                                            .msg_name = &from[i].name,
                                            .msg_namelen = sizeof from[i].name,
                                            .msg_iov = &parts[i],
                                            .msg_iovlen = 1,
                                            .msg_control = from[i].control,
                                            .msg_controllen = sizeof from[i].control,
                                        } };
    }
    int n = recvmmsg(socket->fd, messages, RECEIVE_BATCH, 0, NULL);
    for (int i = 0; i < n; i++) {
        thread->totals.received++;
        if (messages[i].msg_len < DATAGRAM_MIN_BYTES || messages[i].msg_len > DATAGRAM_MAX_BYTES) {
            thread->totals.malformed++;
            continue;
        }
        struct voice_path path = { .socket = socket->index };
        read_remote(&path, &from[i]);
        if (socket->is_wildcard)
            read_local(&path, &messages[i].msg_hdr);
        receive_datagram(thread, &path, (struct span){ thread->received[i], messages[i].msg_len },
                         false);
    }
    return n;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct voice_socket *socket = poll->data;
    (void)events;
    if (status < 0)
        return; // the next look at the socket takes the error off
    thread_turn_begin(socket->thread);
    for (unsigned i = 0; i < RECEIVE_TURN_BATCHES; i++) {
        if (receive_batch(socket) < RECEIVE_BATCH)
            break; // the poll tells again when there is more
    }
    thread_turn_end(socket->thread);
}

bool socket_start(struct voice_socket *socket)
{
    struct sockaddr_storage bound = { 0 };
    socklen_t len = sizeof bound;
    if (getsockname(socket->fd, (struct sockaddr *)&bound, &len) != 0)
        return false;
    socket->family = bound.ss_family;
    socket->is_wildcard = is_any(&bound);
    for (unsigned i = 0; i < SEND_BATCH; i++) {
        socket->batch->messages[i].msg_hdr.msg_iov = &socket->batch->parts[i];
        socket->batch->messages[i].msg_hdr.msg_iovlen = 1;
    }
    if (uv_poll_init_socket(&socket->thread->loop, &socket->poll, socket->fd) != 0)
        return false;
    socket->poll.data = socket;
    return uv_poll_start(&socket->poll, UV_READABLE, on_readable) == 0;
}

// ---- sending

// The answer leaves from the address that was addressed: clients refuse others.
static void write_local(struct voice_envelope *out, int family, const struct in6_addr *local)
{
    const struct in6_pktinfo v6 = { .ipi6_addr = *local };
    struct in_pktinfo v4 = { 0 };
    memcpy(&v4.ipi_spec_dst, &local->s6_addr[12], sizeof v4.ipi_spec_dst);
    bool is_v6 = family == AF_INET6;
    size_t n = is_v6 ? sizeof v6 : sizeof v4;
    const struct cmsghdr head = {
        .cmsg_len = CMSG_LEN(n),
        .cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
        .cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO,
    };
    memcpy(out->control, &head, sizeof head);
    memcpy(out->control + CMSG_LEN(0), is_v6 ? (const void *)&v6 : (const void *)&v4, n);
    out->control_len = (uint32_t)CMSG_LEN(n); // padding would not fit what the kernel has at hand
}

void envelope_write(struct voice_envelope *out, const struct voice_socket *socket,
                    const struct voice_path *path)
{
    *out = (struct voice_envelope){ 0 };
    if (socket->family == AF_INET) {
        out->name.in =
            (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = path->remote.sin6_port };
        memcpy(&out->name.in.sin_addr, &path->remote.sin6_addr.s6_addr[12],
               sizeof out->name.in.sin_addr);
        out->name_len = sizeof out->name.in;
    } else {
        out->name.in6 = path->remote;
        out->name_len = sizeof out->name.in6;
    }
    if (socket->is_wildcard && !IN6_IS_ADDR_UNSPECIFIED(&path->local))
        write_local(out, socket->family, &path->local);
}

uint8_t *socket_reserve(struct voice_socket *socket, size_t n)
{
    struct send_batch *batch = socket->batch;
    if (batch->n == SEND_BATCH || batch->used + n > sizeof batch->arena)
        socket_flush(socket);
    return batch->arena + batch->used;
}

void socket_commit(struct voice_socket *socket, const struct voice_envelope *envelope, size_t n)
{
    struct send_batch *batch = socket->batch;
    struct msghdr *header = &batch->messages[batch->n].msg_hdr;
    batch->parts[batch->n] = (struct iovec){ batch->arena + batch->used, n };
    header->msg_name = (void *)(uintptr_t)&envelope->name; // sendmmsg only reads it
    header->msg_namelen = envelope->name_len;
    header->msg_control = envelope->control_len > 0 ? (void *)(uintptr_t)envelope->control : NULL;
    header->msg_controllen = envelope->control_len;
    batch->n++;
    batch->used += (n + 15u) & ~(size_t)15u;
}

void socket_add(struct voice_socket *socket, const struct voice_client *client, struct span plain)
{
    uint8_t *room = socket_reserve(socket, plain.len + CRYPT_HEADER_BYTES);
    struct send_batch *batch = socket->batch;
    batch->job_of[batch->n_jobs] = (uint8_t)batch->n;
    batch->jobs[batch->n_jobs++] =
        (struct crypt_job){ .crypt = client->crypt, .plain = plain, .out = room };
    socket_commit(socket, &client->envelope, plain.len + CRYPT_HEADER_BYTES);
}

void socket_seal(struct voice_socket *socket)
{
    struct send_batch *batch = socket->batch;
    crypt_seal_many(batch->jobs, batch->n_jobs);
    for (unsigned i = 0; i < batch->n_jobs; i++) // empty when OpenSSL fails: never plaintext
        batch->parts[batch->job_of[i]].iov_len = batch->jobs[i].n_bytes;
    batch->n_jobs = 0;
}

void socket_flush(struct voice_socket *socket)
{
    struct send_batch *batch = socket->batch;
    socket_seal(socket);
    unsigned done = 0;
    while (done < batch->n) {
        int n = sendmmsg(socket->fd, batch->messages + done, batch->n - done, 0);
        if (n > 0) {
            done += (unsigned)n;
            socket->thread->totals.sent += (unsigned)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
            socket->thread->totals.send_failed +=
                batch->n - done; // the line is full: voice does not wait
            break;
        } else {
            socket->thread->totals.send_failed++; // this receiver cannot be reached; the others can
            done++;
        }
    }
    batch->n = 0;
    batch->used = 0;
}

void socket_send(struct voice_socket *socket, const struct voice_path *path, struct span bytes)
{
    uint8_t *room = socket_reserve(socket, bytes.len);
    struct voice_envelope *envelope = &socket->batch->envelopes[socket->batch->n];
    envelope_write(envelope, socket, path);
    memcpy(room, bytes.data, bytes.len);
    socket_commit(socket, envelope, bytes.len);
}
