// SPDX-License-Identifier: BSD-3-Clause
//
// A meeting begins: N people join at the same moment. All connections are open at once and none
// waits for another; each is done when its ServerSync has come.
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STORM_LIMIT_NS 120000000000 // a server that has not let them in by then does not
#define SETTLE_NS 1000000000        // for memory that is only needed while they come
#define LOGIN_BYTES 256
#define INPUT_BYTES 65536

struct newcomer {
    SSL *ssl;
    int fd;
    bool has_said, is_in, has_failed;
    int64_t in_ns;
    uint8_t header[FRAME_HEADER_BYTES]; // of the frame that is being read
    size_t n_header;
    uint64_t n_body; // of which so many bytes are still to come
};

struct storm {
    const struct setup *setup;
    struct newcomer *people;
    size_t n_people, n_in, n_failed;
    int epoll_fd;
    uint8_t input[INPUT_BYTES];
};

static void lose(struct storm *storm, struct newcomer *one)
{
    if (one->is_in || one->has_failed)
        return;
    one->has_failed = true;
    storm->n_failed++;
    (void)epoll_ctl(storm->epoll_fd, EPOLL_CTL_DEL, one->fd, NULL);
}

// ---- what comes in: only the frames' types matter ----

static void take_type(struct storm *storm, struct newcomer *one, unsigned type)
{
    if (type == MSG_REJECT)
        lose(storm, one);
    if (type != MSG_SERVER_SYNC || one->is_in)
        return;
    one->is_in = true;
    one->in_ns = now_ns();
    storm->n_in++;
}

static void take_input(struct storm *storm, struct newcomer *one, const uint8_t *data, size_t len)
{
    while (len > 0) {
        if (one->n_header < FRAME_HEADER_BYTES) {
            one->header[one->n_header++] = *data++;
            len--;
            if (one->n_header < FRAME_HEADER_BYTES)
                continue;
            const uint8_t *h = one->header;
            one->n_body = (uint32_t)h[2] << 24 | (uint32_t)h[3] << 16 | (uint32_t)h[4] << 8 | h[5];
        }
        size_t n = one->n_body < len ? (size_t)one->n_body : len;
        one->n_body -= n;
        data += n;
        len -= n;
        if (one->n_body > 0)
            continue;
        one->n_header = 0;
        take_type(storm, one, (unsigned)one->header[0] << 8 | one->header[1]);
    }
}

// ---- one newcomer ----

static void say_who(struct newcomer *one, size_t index)
{
    MumbleProto__Version version = MUMBLE_PROTO__VERSION__INIT;
    MumbleProto__Authenticate login = MUMBLE_PROTO__AUTHENTICATE__INIT;
    uint8_t frames[LOGIN_BYTES];
    char name[32];
    version.has_version_v1 = true;
    version.version_v1 = 0x010304;
    (void)snprintf(name, sizeof name, "storm-%zu", index);
    login.username = name;
    login.has_opus = login.opus = true;
    size_t len = msg_pack(MSG_VERSION, &version.base, frames);
    len += msg_pack(MSG_AUTHENTICATE, &login.base, frames + len);
    one->has_said = SSL_write(one->ssl, frames, (int)len) == (int)len;
}

static bool is_waiting(const struct newcomer *one, int result)
{
    int error = SSL_get_error(one->ssl, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void go_on(struct storm *storm, size_t index)
{
    struct newcomer *one = &storm->people[index];
    if (one->has_failed)
        return;
    if (!one->has_said) {
        int result = SSL_connect(one->ssl);
        if (result == 1)
            say_who(one, index);
        if (!one->has_said) {
            if (result == 1 || !is_waiting(one, result))
                lose(storm, one);
            return;
        }
    }
    int n;
    while ((n = SSL_read(one->ssl, storm->input, sizeof storm->input)) > 0)
        take_input(storm, one, storm->input, (size_t)n);
    if (!is_waiting(one, n))
        lose(storm, one);
}

static void come(struct storm *storm, SSL_CTX *tls, size_t index)
{
    struct newcomer *one = &storm->people[index];
    const struct sockaddr_in address = load_address(&storm->setup->server);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u64 = index };
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    one->ssl = SSL_new(tls);
    if (one->fd < 0 || one->ssl == NULL || SSL_set_fd(one->ssl, one->fd) != 1)
        fail("newcomer %zu: %s", index, strerror(errno));
    if (connect(one->fd, (const struct sockaddr *)&address, sizeof address) != 0 &&
        errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    if (epoll_ctl(storm->epoll_fd, EPOLL_CTL_ADD, one->fd, &event) != 0)
        fail("epoll: %s", strerror(errno));
}

// ---- all of them ----

static void run(struct storm *storm, int64_t end_ns, bool until_in)
{
    struct epoll_event events[256];
    int64_t now;
    while ((now = now_ns()) < end_ns &&
           !(until_in && storm->n_in + storm->n_failed == storm->n_people)) {
        int n = epoll_wait(storm->epoll_fd, events, 256, (int)((end_ns - now) / 1000000 + 1));
        for (int i = 0; i < n; i++)
            go_on(storm, events[i].data.u64);
    }
}

static void report(const struct storm *storm, int64_t start_ns, double cpu_ns, long rss_kib)
{
    struct samples waits;
    samples_init(&waits, storm->n_people);
    for (size_t i = 0; i < storm->n_people; i++)
        if (storm->people[i].is_in)
            samples_add(&waits, (float)(storm->people[i].in_ns - start_ns) / 1e6f);
    double n_in = storm->n_in > 0 ? (double)storm->n_in : 1;
    printf("{\"joined\": %zu, \"failed\": %zu, \"p50_ms\": %.1f, \"last_ms\": %.1f, "
           "\"cpu_ms_per_client\": %.3f, \"rss_kib_per_client\": %.1f}\n",
           storm->n_in, storm->n_people - storm->n_in,
           storm->n_in > 0 ? (double)samples_percentile(&waits, 50) : -1.0,
           storm->n_in > 0 ? (double)samples_percentile(&waits, 100) : -1.0, cpu_ns / 1e6 / n_in,
           (double)rss_kib / n_in);
    samples_clear(&waits);
}

void storm_measure(const struct setup *setup, SSL_CTX *tls)
{
    struct storm *storm = calloc(1, sizeof *storm);
    if (storm == NULL || (storm->people = calloc(setup->n_clients, sizeof *storm->people)) == NULL)
        fail("out of memory");
    storm->setup = setup;
    storm->n_people = setup->n_clients;
    storm->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (storm->epoll_fd < 0)
        fail("epoll: %s", strerror(errno));
    long rss_kib = rss_of_process_kib(setup->pid);
    int64_t cpu_ns = cpu_of_process_ns(setup->pid, NULL), start_ns = now_ns();
    for (size_t i = 0; i < storm->n_people; i++)
        come(storm, tls, i);
    run(storm, start_ns + STORM_LIMIT_NS, true);
    cpu_ns = cpu_of_process_ns(setup->pid, NULL) - cpu_ns;
    run(storm, now_ns() + SETTLE_NS, false);
    report(storm, start_ns, (double)cpu_ns, rss_of_process_kib(setup->pid) - rss_kib);
    for (size_t i = 0; i < storm->n_people; i++) {
        SSL_free(storm->people[i].ssl);
        (void)close(storm->people[i].fd);
    }
    (void)close(storm->epoll_fd);
    free(storm->people);
    free(storm);
}
