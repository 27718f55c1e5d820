// SPDX-License-Identifier: BSD-3-Clause
//
// Where a client's sound goes: how an address is learnt, and how it is not. And the pings of those
// who look for a server.
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#define OPUS "\x78voice"

struct stage {
    struct sim sim;
    struct sim_peer speaker, listener;
};

static int stage_open_n(void **state, unsigned n_threads)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    sim_open(&stage->sim, n_threads);
    assert_int_equal(voice_start(stage->sim.voice), 0);
    stage->speaker = sim_join(&stage->sim, 1, 0, VOICE_FORMAT_PROTOBUF, 0);
    stage->listener = sim_join(&stage->sim, 2, n_threads - 1, VOICE_FORMAT_LEGACY, 0);
    sim_publish(&stage->sim);
    sim_ping(&stage->speaker);
    sim_ping(&stage->listener);
    *state = stage;
    return 0;
}

static int stage_open(void **state)
{
    return stage_open_n(state, 2);
}

static int stage_open_alone(void **state)
{
    return stage_open_n(state, 1);
}

static int stage_close(void **state)
{
    struct stage *stage = *state;
    sim_leave(&stage->speaker);
    sim_leave(&stage->listener);
    sim_close(&stage->sim);
    free(stage);
    return 0;
}

static void expect_sound(struct stage *stage, uint64_t frame_number)
{
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, frame_number, OPUS);
    sim_expect(&stage->listener, 1, VOICE_CONTEXT_NORMAL, frame_number, OPUS);
}

static void expect_silent(int fd)
{
    uint8_t byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

// All that came from anybody is handled: nothing waits in a socket, then nothing waits in a lane.
static void settle(struct stage *stage)
{
    for (int i = 0; i < 3; i++) // kernel to thread, to control, to the owner
        sim_fence(&stage->sim);
}

static void many_find_their_owner(void **state)
{
    struct stage *stage = *state;
    struct sim_peer peers[20]; // the kernel spreads them, so that each case comes
    for (uint32_t i = 0; i < 20; i++)
        peers[i] = sim_join(&stage->sim, 20 + i, i % 2, (enum voice_format)(i / 2 % 2), 0);
    sim_publish(&stage->sim);
    for (uint32_t i = 0; i < 20; i++)
        sim_ping(&peers[i]);
    sim_fence(&stage->sim);
    for (uint64_t turn = 0; turn < 3; turn++) {
        sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, turn, OPUS);
        for (uint32_t i = 0; i < 20; i++)
            sim_expect(&peers[i], 1, VOICE_CONTEXT_NORMAL, turn, OPUS);
        sim_expect(&stage->listener, 1, VOICE_CONTEXT_NORMAL, turn, OPUS);
    }
    for (uint32_t i = 0; i < 20; i++) {
        sim_ping(&peers[i]);
        assert_int_equal(sim_counters(&stage->sim, 20 + i).crypt.good, 2);
        sim_leave(&peers[i]);
    }
}

// The first datagram may be voice: it is not lost.
static void first_voice_from_an_unknown_address_is_heard(void **state)
{
    struct stage *stage = *state;
    for (unsigned thread = 0; thread < 2; thread++) {
        struct sim_peer peer = sim_join(&stage->sim, 30 + thread, thread, VOICE_FORMAT_LEGACY, 0);
        sim_publish(&stage->sim);
        sim_speak(&peer, VOICE_TARGET_NORMAL, 3, OPUS);
        sim_expect(&stage->speaker, 30 + thread, VOICE_CONTEXT_NORMAL, 3, OPUS);
        sim_expect(&stage->listener, 30 + thread, VOICE_CONTEXT_NORMAL, 3, OPUS);
        sim_leave(&peer);
    }
}

static void new_port_is_learnt(void **state)
{
    struct stage *stage = *state;
    for (uint64_t i = 1; i <= 4; i++) { // each time the kernel may choose the other thread
        sim_clock_advance(SECONDS(2));
        sim_rebind(&stage->listener);
        sim_ping(&stage->listener);
        expect_sound(stage, i);
    }
}

static void new_port_is_learnt_at_most_once_in_two_seconds(void **state)
{
    struct stage *stage = *state;
    sim_clock_advance(SECONDS(2) - 1);
    int old = dup(stage->listener.fd);
    sim_rebind(&stage->listener);
    uint8_t plain[64];
    int n = udp_ping_write(1, stage->listener.format, plain, sizeof plain);
    sim_send(&stage->listener, (struct span){ plain, (size_t)n });
    settle(stage);
    expect_silent(stage->listener.fd); // not even the echo
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 1, OPUS);
    sim_wait_readable(&stage->sim, old); // the sound still goes to the old one
    (void)close(old);
}

static void replayed_datagram_turns_nothing(void **state)
{
    struct stage *stage = *state;
    uint8_t plain[VOICE_PACKET_MAX_BYTES], sealed[VOICE_PACKET_MAX_BYTES];
    sim_clock_advance(SECONDS(3));
    int thief = sim_socket(stage->sim.port);
    size_t n = sim_voice(VOICE_FORMAT_LEGACY, VOICE_TARGET_NORMAL, 4, OPUS, plain);
    n = sim_seal(&stage->listener, (struct span){ plain, n }, sealed);
    assert_int_equal(send(stage->listener.fd, sealed, n, 0), n);
    sim_expect(&stage->speaker, 2, VOICE_CONTEXT_NORMAL, 4, OPUS);
    assert_int_equal(send(thief, sealed, n, 0), n); // the same again, from elsewhere
    settle(stage);
    expect_sound(stage, 5);
    expect_silent(thief);
    sim_expect_nothing(&stage->speaker); // nor is it heard twice
    (void)close(thief);
}

// Held back by someone on the way, then sent from elsewhere: authentic, never seen, but not the
// newest.
static void late_datagram_turns_nothing(void **state)
{
    struct stage *stage = *state;
    uint8_t plain[VOICE_PACKET_MAX_BYTES], held[VOICE_PACKET_MAX_BYTES];
    sim_clock_advance(SECONDS(3));
    int thief = sim_socket(stage->sim.port);
    size_t n = sim_voice(VOICE_FORMAT_LEGACY, VOICE_TARGET_NORMAL, 4, OPUS, plain);
    n = sim_seal(&stage->listener, (struct span){ plain, n }, held);
    sim_ping(&stage->listener);
    assert_int_equal(send(thief, held, n, 0), n);
    sim_expect(&stage->speaker, 2, VOICE_CONTEXT_NORMAL, 4, OPUS); // the client did say it
    expect_sound(stage, 5);
    expect_silent(thief);
    (void)close(thief);
}

static void unknown_datagrams_are_reported_within_limits(void **state)
{
    struct stage *stage = *state;
    stage->sim.is_deaf_to_unknown = true;
    int stranger = sim_socket(stage->sim.port);
    for (uint8_t i = 0; i < 50; i++) {
        const uint8_t datagram[8] = { 0xAA, i, 1, 2, 3, 4, 5, 6 };
        assert_int_equal(send(stranger, datagram, sizeof datagram, 0), sizeof datagram);
    }
    const uint8_t tiny[4] = { 0xAA };
    assert_int_equal(send(stranger, tiny, sizeof tiny, 0), sizeof tiny);
    settle(stage);
    unsigned n = 0;
    struct sim_report *kept;
    while ((kept = sim_take(&stage->sim, VOICE_REPORT_UNKNOWN, VOICE_NONE)) != NULL) {
        const uint8_t *bytes = (const uint8_t *)kept->report->words;
        assert_int_equal(kept->report->n_bytes, 8);
        assert_int_equal(bytes[0], 0xAA);
        assert_int_equal(bytes[1], n);
        struct in6_addr loopback;
        assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &loopback), 1);
        assert_memory_equal(&kept->report->remote.sin6_addr, &loopback, sizeof loopback);
        assert_memory_equal(&kept->report->local, &loopback, sizeof loopback);
        sim_report_free(kept);
        n++;
    }
    assert_int_equal(n, 20); // of one address, a second
    sim_clock_advance(SECONDS(1));
    const uint8_t again[8] = { 0xAA };
    assert_int_equal(send(stranger, again, sizeof again, 0), sizeof again);
    sim_report_free(sim_await(&stage->sim, VOICE_REPORT_UNKNOWN, VOICE_NONE));
    expect_silent(stranger);
    (void)close(stranger);
}

static void ask_list(int fd, enum voice_format format, uint64_t timestamp)
{
    uint8_t bytes[LIST_PING_MAX_BYTES];
    const struct list_ping ping = { .format = format, .timestamp = timestamp };
    int n = list_ping_write(&ping, bytes, sizeof bytes);
    assert_true(n > 0);
    assert_int_equal(send(fd, bytes, (size_t)n, 0), n);
}

static void expect_list(int fd, enum voice_format format, uint64_t timestamp)
{
    uint8_t bytes[LIST_PING_MAX_BYTES];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    struct list_ping_reply reply;
    enum voice_format answered;
    assert_true(n > 0);
    assert_true(list_ping_reply_read((struct span){ bytes, (size_t)n }, &answered, &reply));
    assert_int_equal(answered, format);
    assert_int_equal(reply.timestamp, timestamp);
    assert_int_equal(reply.users, 7);
    assert_int_equal(reply.max_users, 100);
    assert_int_equal(reply.version, PROTO_VERSION_OWN);
}

static void list_pings_are_answered(void **state)
{
    struct stage *stage = *state;
    int stranger = sim_socket(stage->sim.port);
    for (int format = VOICE_FORMAT_LEGACY; format <= VOICE_FORMAT_PROTOBUF; format++) {
        ask_list(stranger, (enum voice_format)format, 77);
        sim_wait_readable(&stage->sim, stranger);
        expect_list(stranger, (enum voice_format)format, 77);
        // A client may ask from the port of its voice too.
        ask_list(stage->listener.fd, (enum voice_format)format, 78);
        sim_wait_readable(&stage->sim, stage->listener.fd);
        expect_list(stage->listener.fd, (enum voice_format)format, 78);
    }
    (void)close(stranger);
}

static void list_pings_are_limited(void **state)
{
    struct stage *stage = *state;
    int strangers[2] = { sim_socket(stage->sim.port), sim_socket(stage->sim.port) };
    for (unsigned i = 0; i < 40; i++)
        ask_list(strangers[i % 2], VOICE_FORMAT_LEGACY, i);
    sim_ping(&stage->speaker); // one socket, so the questions came first
    uint8_t bytes[LIST_PING_MAX_BYTES];
    unsigned n = 0;
    for (unsigned i = 0; i < 2; i++) {
        while (recv(strangers[i], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            n++;
    }
    assert_int_equal(n, 10); // of one /24, a second
    sim_clock_advance(SECONDS(1));
    ask_list(strangers[0], VOICE_FORMAT_LEGACY, 99);
    sim_wait_readable(&stage->sim, strangers[0]);
    expect_list(strangers[0], VOICE_FORMAT_LEGACY, 99);
    (void)close(strangers[0]);
    (void)close(strangers[1]);
}

static void list_pings_are_limited_in_all(void **state)
{
    enum { N_NETS = 70, N_EACH = 10 };
    struct stage *stage = *state;
    int strangers[N_NETS];
    for (uint32_t i = 0; i < N_NETS; i++) {
        const struct sockaddr_in own = { .sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(0x7F020001 + (i << 8)) };
        const struct sockaddr_in server = { .sin_family = AF_INET,
                                            .sin_port = htons(stage->sim.port),
                                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        strangers[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(strangers[i], (const struct sockaddr *)&own, sizeof own), 0);
        assert_int_equal(connect(strangers[i], (const struct sockaddr *)&server, sizeof server), 0);
        for (unsigned n = 0; n < N_EACH; n++)
            ask_list(strangers[i], VOICE_FORMAT_LEGACY, n);
    }
    sim_ping(&stage->speaker);
    uint8_t bytes[LIST_PING_MAX_BYTES];
    unsigned n = 0;
    for (unsigned i = 0; i < N_NETS; i++) {
        while (recv(strangers[i], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            n++;
        (void)close(strangers[i]);
    }
    assert_int_equal(n, 500);
}

static void move_to_host(struct sim_peer *peer, uint32_t host)
{
    const struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(host) };
    const struct sockaddr_in server = { .sin_family = AF_INET,
                                        .sin_port = htons(peer->sim->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&server, sizeof server), 0);
    (void)close(peer->fd);
    peer->fd = fd;
}

// From one network to another, with TCP alive: the second datagram from there is believed, and
// what the first one said is heard.
static void another_host_is_learnt(void **state)
{
    struct stage *stage = *state;
    for (uint32_t i = 0; i < 4; i++) { // and on from there; the kernel may choose either thread
        sim_clock_advance(SECONDS(2));
        move_to_host(&stage->listener, INADDR_LOOPBACK + 77 + i);
        sim_speak(&stage->listener, VOICE_TARGET_NORMAL, 10 * i, OPUS);
        sim_expect(&stage->speaker, 2, VOICE_CONTEXT_NORMAL, 10 * i, OPUS);
        settle(stage);
        expect_silent(stage->listener.fd);
        sim_ping(&stage->listener);
        expect_sound(stage, i);
    }
    assert_true(sim_counters(&stage->sim, 2).is_udp);
}

static void another_host_is_not_believed_slowly(void **state)
{
    struct stage *stage = *state;
    uint8_t plain[64];
    int n = udp_ping_write(1, stage->listener.format, plain, sizeof plain);
    int home = dup(stage->listener.fd);
    move_to_host(&stage->listener, INADDR_LOOPBACK + 77);
    for (unsigned i = 0; i < 3; i++) { // one each two seconds: none confirms the one before
        sim_clock_advance(SECONDS(2));
        sim_send(&stage->listener, (struct span){ plain, (size_t)n });
        settle(stage);
        expect_silent(stage->listener.fd);
    }
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 1, OPUS);
    sim_wait_readable(&stage->sim, home); // the sound still goes to where it was
    (void)close(home);
}

// Who speaks from where they were is not taken to have moved.
static void another_host_is_not_believed_of_who_is_heard(void **state)
{
    struct stage *stage = *state;
    uint8_t plain[64], sealed[2][128];
    size_t n = 0;
    struct sim_peer thief = stage->listener;
    thief.fd = dup(stage->listener.fd);
    move_to_host(&thief, INADDR_LOOPBACK + 77);
    int len = udp_ping_write(1, stage->listener.format, plain, sizeof plain);
    sim_ping(&stage->listener);
    for (unsigned i = 0; i < 2; i++) // caught on their way and brought forward
        n = sim_seal(&stage->listener, (struct span){ plain, (size_t)len }, sealed[i]);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(send(thief.fd, sealed[i], n, 0), n);
    settle(stage);
    expect_silent(thief.fd);
    expect_sound(stage, 2);
    (void)close(thief.fd);
}

// The answer leaves from the address that was asked, or a client does not take it.
static void answers_leave_from_the_address_addressed(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_in server = { .sin_family = AF_INET,
                                  .sin_port = htons(stage->sim.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 41) };
    sim_clock_advance(SECONDS(2));
    sim_rebind(&stage->listener);
    assert_int_equal(connect(stage->listener.fd, (struct sockaddr *)&server, sizeof server), 0);
    sim_ping(&stage->listener);
    expect_sound(stage, 1);
    ask_list(stage->listener.fd, VOICE_FORMAT_LEGACY, 78);
    sim_wait_readable(&stage->sim, stage->listener.fd);
    expect_list(stage->listener.fd, VOICE_FORMAT_LEGACY, 78);
}

static void a_taken_port_is_an_error(void **state)
{
    struct stage *stage = *state;
    struct voice_options options = { .n_threads = 2, .n_addresses = 1, .n_sessions_max = 4 };
    const struct sockaddr_in taken = { .sin_family = AF_INET,
                                       .sin_port = htons(stage->sim.port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    memcpy(&options.addresses[0], &taken, sizeof taken);
    char error[128] = "";
    assert_null(voice_new(&options, error, sizeof error)); // though both would share it
    assert_non_null(strstr(error, "in use"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)
    const struct CMUnitTest tests[] = {
        TEST(many_find_their_owner),
        TEST(first_voice_from_an_unknown_address_is_heard),
        TEST(new_port_is_learnt),
        TEST(new_port_is_learnt_at_most_once_in_two_seconds),
        TEST(replayed_datagram_turns_nothing),
        TEST(late_datagram_turns_nothing),
        TEST(another_host_is_learnt),
        TEST(another_host_is_not_believed_slowly),
        TEST(another_host_is_not_believed_of_who_is_heard),
        TEST(list_pings_are_answered),
        TEST(answers_leave_from_the_address_addressed),
        TEST(a_taken_port_is_an_error),
        cmocka_unit_test_setup_teardown(unknown_datagrams_are_reported_within_limits,
                                        stage_open_alone, stage_close),
        cmocka_unit_test_setup_teardown(list_pings_are_limited, stage_open_alone, stage_close),
        cmocka_unit_test_setup_teardown(list_pings_are_limited_in_all, stage_open_alone,
                                        stage_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
