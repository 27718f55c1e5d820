// SPDX-License-Identifier: BSD-3-Clause
//
// UDP or tunnel, and what control is told about it.
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>

#define OPUS "\x78voice"

struct stage {
    struct sim sim;
    struct sim_peer speaker, ana, bea, carla; // bea and carla on the other thread
};

static int stage_open(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    sim_open(&stage->sim, 2);
    assert_int_equal(voice_start(stage->sim.voice), 0);
    stage->speaker = sim_join(&stage->sim, 1, 0, VOICE_FORMAT_PROTOBUF, 0);
    stage->ana = sim_join(&stage->sim, 2, 0, VOICE_FORMAT_LEGACY, 0);
    stage->bea = sim_join(&stage->sim, 3, 1, VOICE_FORMAT_PROTOBUF, 0);
    stage->carla = sim_join(&stage->sim, 4, 1, VOICE_FORMAT_PROTOBUF, 0);
    sim_publish(&stage->sim);
    sim_ping(&stage->speaker);
    *state = stage;
    return 0;
}

static int stage_close(void **state)
{
    struct stage *stage = *state;
    sim_leave(&stage->speaker);
    sim_leave(&stage->ana);
    sim_leave(&stage->bea);
    sim_leave(&stage->carla);
    sim_close(&stage->sim);
    free(stage);
    return 0;
}

// One report of the speaker's packet for exactly these sessions, in this format.
static void expect_tunnel(struct sim *sim, const uint32_t *sessions, uint32_t n,
                          enum voice_format format)
{
    struct sim_report *kept = sim_await(sim, VOICE_REPORT_TUNNEL, 1);
    const struct voice_report *report = kept->report;
    assert_int_equal(report->tunnel.n_sessions, n);
    assert_int_equal(report->tunnel.made_us, sim_clock());
    assert_memory_equal(report->words, sessions, n * sizeof sessions[0]);
    struct datagram datagram;
    const struct span packet = { (const uint8_t *)(report->words + n), report->n_bytes };
    assert_int_equal(datagram_read(packet, VOICE_TO_CLIENT, &datagram), 0);
    assert_int_equal(datagram.kind, DATAGRAM_VOICE);
    assert_int_equal(datagram.format, format);
    assert_int_equal(datagram.voice.session, 1);
    assert_int_equal(datagram.voice.opus.len, strlen(OPUS));
    sim_report_free(kept);
}

static void expect_no_tunnel(struct sim *sim)
{
    assert_null(sim_take(sim, VOICE_REPORT_TUNNEL, 1));
}

static void before_any_datagram_all_goes_by_tunnel(void **state)
{
    struct stage *stage = *state;
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 1, OPUS);
    sim_ping(&stage->speaker);
    sim_fence(&stage->sim);
    struct sim_report *first = sim_take(&stage->sim, VOICE_REPORT_TUNNEL, 1);
    assert_non_null(first); // ana: legacy, from thread 0
    assert_int_equal(first->report->thread, 0);
    assert_int_equal(first->report->tunnel.n_sessions, 1);
    assert_int_equal(first->report->words[0], 2);
    sim_report_free(first);
    expect_tunnel(&stage->sim, (const uint32_t[]){ 3, 4 }, 2, VOICE_FORMAT_PROTOBUF);
    expect_no_tunnel(&stage->sim);
}

static void a_ping_turns_to_udp(void **state)
{
    struct stage *stage = *state;
    assert_false(sim_counters(&stage->sim, 2).is_udp);
    sim_ping(&stage->ana);
    sim_ping(&stage->bea);
    sim_ping(&stage->carla);
    assert_true(sim_counters(&stage->sim, 2).is_udp);
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 1, OPUS);
    sim_expect(&stage->ana, 1, VOICE_CONTEXT_NORMAL, 1, OPUS);
    sim_expect(&stage->bea, 1, VOICE_CONTEXT_NORMAL, 1, OPUS);
    sim_expect(&stage->carla, 1, VOICE_CONTEXT_NORMAL, 1, OPUS);
    expect_no_tunnel(&stage->sim);
}

static void a_tunnel_frame_turns_to_the_tunnel_in_its_own_format(void **state)
{
    struct stage *stage = *state;
    sim_ping(&stage->ana);
    sim_ping(&stage->bea);
    sim_ping(&stage->carla);
    sim_tunnel(&stage->carla, VOICE_FORMAT_LEGACY, VOICE_TARGET_NORMAL, 5, OPUS);
    sim_expect(&stage->speaker, 4, VOICE_CONTEXT_NORMAL, 5, OPUS);
    sim_expect(&stage->ana, 4, VOICE_CONTEXT_NORMAL, 5, OPUS);
    sim_expect(&stage->bea, 4, VOICE_CONTEXT_NORMAL, 5, OPUS);
    assert_false(sim_counters(&stage->sim, 4).is_udp);
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 6, OPUS);
    expect_tunnel(&stage->sim, (const uint32_t[]){ 4 }, 1, VOICE_FORMAT_LEGACY);
    sim_expect(&stage->bea, 1, VOICE_CONTEXT_NORMAL, 6, OPUS);
    // A ping shows that the way up works, not the way down; voice by UDP is the client's own
    // decision.
    sim_ping(&stage->carla);
    assert_false(sim_counters(&stage->sim, 4).is_udp);
    sim_speak(&stage->carla, VOICE_TARGET_NORMAL, 7, OPUS);
    sim_expect(&stage->bea, 4, VOICE_CONTEXT_NORMAL, 7, OPUS);
    assert_true(sim_counters(&stage->sim, 4).is_udp);
}

static void set_carrier(struct stage *stage, bool is_tunnel, bool is_both)
{
    struct voice_command command = { .kind = VOICE_CMD_CARRIER, .session = 2 };
    command.carrier.is_tunnel = is_tunnel;
    command.carrier.is_both = is_both;
    sim_command(&stage->sim, 0, &command, (struct span){ NULL, 0 });
    sim_fence(&stage->sim);
}

// As control wants it, whatever the client's datagrams are like.
static void control_chooses_the_way(void **state)
{
    struct stage *stage = *state;
    sim_ping(&stage->ana);
    sim_ping(&stage->bea);
    sim_ping(&stage->carla);
    set_carrier(stage, true, false);
    assert_false(sim_counters(&stage->sim, 2).is_udp);
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 1, OPUS);
    expect_tunnel(&stage->sim, (const uint32_t[]){ 2 }, 1, VOICE_FORMAT_LEGACY);
    sim_expect(&stage->bea, 1, VOICE_CONTEXT_NORMAL, 1, OPUS);
    sim_expect_nothing(&stage->ana);
    set_carrier(stage, true, true); // to see what datagrams are like
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 2, OPUS);
    expect_tunnel(&stage->sim, (const uint32_t[]){ 2 }, 1, VOICE_FORMAT_LEGACY);
    sim_expect(&stage->ana, 1, VOICE_CONTEXT_NORMAL, 2, OPUS);
    set_carrier(stage, false, false);
    assert_true(sim_counters(&stage->sim, 2).is_udp);
    sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, 3, OPUS);
    sim_expect(&stage->ana, 1, VOICE_CONTEXT_NORMAL, 3, OPUS);
    expect_no_tunnel(&stage->sim);
}

static void silence_of_ten_seconds_turns_to_the_tunnel(void **state)
{
    struct stage *stage = *state;
    sim_ping(&stage->ana);
    sim_clock_advance(SECONDS(10) - 1);
    assert_true(sim_counters(&stage->sim, 2).is_udp);
    sim_clock_advance(1);
    assert_false(sim_counters(&stage->sim, 2).is_udp);
    sim_ping(&stage->ana);
    assert_true(sim_counters(&stage->sim, 2).is_udp);
}

static void says_heard(struct stage *stage, const struct sim_peer *peer, uint32_t heard)
{
    struct voice_command command = { .kind = VOICE_CMD_COUNTERS, .session = peer->session };
    command.counters.has_heard = true;
    command.counters.heard = heard;
    sim_command(&stage->sim, stage->sim.clients[peer->session].thread, &command,
                (struct span){ 0 });
    sim_report_free(sim_await(&stage->sim, VOICE_REPORT_COUNTERS, peer->session));
}

static bool is_udp(struct stage *stage, const struct sim_peer *peer)
{
    return sim_counters(&stage->sim, peer->session).is_udp;
}

// What the client says of its own reception, ping after ping.
static void unheard_datagrams_turn_to_the_tunnel(void **state)
{
    struct stage *stage = *state;
    static const struct {
        uint32_t heard;
        unsigned n_spoken; // since the ping before
        unsigned after_s;
        bool is_udp;
    } rows[] = {
        { 0, 0, 0, true },   { 0, 0, 5, true },   // nothing was sent but the echo
        { 0, 0, 5, false },                       // two echoes are lost
        { 1, 0, 5, true },                        // one came
        { 1, 20, 5, false },                      // twenty did not
        { 1, 20, 5, false }, { 1, 0, 5, false },  // nor any later
        { 2, 0, 5, true },   { 12, 10, 5, true }, // well again
        { 12, 9, 1, true },  { 12, 0, 1, true },  // too soon, and too few, to say
        { 12, 2, 1, true },  { 12, 0, 1, false }, { 3, 0, 5, true }, // it began to count anew
    };
    uint64_t frame = 0;
    uint8_t ping[64];
    int n_ping = udp_ping_write(1, stage->ana.format, ping, sizeof ping);
    sim_ping(&stage->ana);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned k = 0; k < rows[i].n_spoken; k++)
            sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, frame++, OPUS);
        sim_ping(&stage->speaker);
        sim_clock_advance(SECONDS(rows[i].after_s));
        if (rows[i].after_s == 5) // they arrive here; whether the echo arrives there is the row's
            sim_send(&stage->ana, (struct span){ ping, (size_t)n_ping });
        for (unsigned k = 0; k < 3; k++) // kernel to thread, to the owner
            sim_fence(&stage->sim);
        says_heard(stage, &stage->ana, rows[i].heard);
        if (is_udp(stage, &stage->ana) != rows[i].is_udp)
            fail_msg("row %zu", i);
        while (recv(stage->ana.fd, (char[64]){ 0 }, 64, MSG_DONTWAIT) > 0)
            continue;
    }
}

static void who_does_not_count_is_not_judged(void **state)
{
    struct stage *stage = *state;
    sim_ping(&stage->ana);
    for (unsigned i = 0; i < 40; i++) {
        sim_speak(&stage->speaker, VOICE_TARGET_NORMAL, i, OPUS);
        sim_expect(&stage->ana, 1, VOICE_CONTEXT_NORMAL, i, OPUS);
    }
    for (unsigned i = 0; i < 4; i++) {
        sim_clock_advance(SECONDS(5));
        sim_ping(&stage->ana);
        assert_true(is_udp(stage, &stage->ana));
    }
}

static void loopback_by_tunnel(void **state)
{
    struct stage *stage = *state;
    sim_tunnel(&stage->speaker, VOICE_FORMAT_PROTOBUF, VOICE_TARGET_LOOPBACK, 5, OPUS);
    expect_tunnel(&stage->sim, (const uint32_t[]){ 1 }, 1, VOICE_FORMAT_PROTOBUF);
}

static void tunnel_garbage_and_pings_are_ignored(void **state)
{
    struct stage *stage = *state;
    uint8_t ping[64];
    int n = udp_ping_write(1, VOICE_FORMAT_PROTOBUF, ping, sizeof ping);
    const struct voice_command command = { .kind = VOICE_CMD_TUNNEL, .session = 1 };
    sim_command(&stage->sim, 0, &command, (struct span){ ping, (size_t)n });
    sim_command(&stage->sim, 0, &command, (struct span){ (const uint8_t *)"\x80", 1 });
    sim_command(&stage->sim, 0, &command, (struct span){ 0 });
    assert_true(sim_counters(&stage->sim, 1).is_udp);
    expect_no_tunnel(&stage->sim);
}

static void nonce_counters_and_resync(void **state)
{
    struct stage *stage = *state;
    struct sim_peer *peer = &stage->speaker;
    const struct voice_command ask = { .kind = VOICE_CMD_NONCE, .session = 1 };
    sim_command(&stage->sim, 0, &ask, (struct span){ 0 });
    struct sim_report *report = sim_await(&stage->sim, VOICE_REPORT_NONCE, 1);
    uint8_t nonce[16];
    crypt_get_decrypt_nonce(peer->crypt, nonce); // the newest that we have opened
    assert_memory_equal(report->report->nonce, nonce, sizeof nonce);
    sim_report_free(report);

    uint8_t lost[64], sealed[64];
    int n = udp_ping_write(1, peer->format, lost, sizeof lost);
    for (unsigned i = 0; i < 200; i++) // too many to be bridged
        (void)sim_seal(peer, (struct span){ lost, (size_t)n }, sealed);
    sim_clock_advance(SECONDS(5) + 1);
    sim_send(peer, (struct span){ lost, (size_t)n });
    sim_report_free(sim_await(&stage->sim, VOICE_REPORT_RESYNC, 1));
    sim_send(peer, (struct span){ lost, (size_t)n });
    struct voice_counters counters = sim_counters(&stage->sim, 1);
    assert_int_equal(counters.crypt.good, 1);
    sim_fence(&stage->sim);
    assert_null(sim_take(&stage->sim, VOICE_REPORT_RESYNC, 1)); // asked less than 5 s ago

    struct voice_command resync = { .kind = VOICE_CMD_RESYNC, .session = 1 };
    crypt_get_encrypt_nonce(peer->crypt, resync.resync.nonce);
    sim_command(&stage->sim, 0, &resync, (struct span){ 0 });
    (void)sim_counters(&stage->sim, 1); // the command is done before the ping is sent
    sim_ping(peer);
    counters = sim_counters(&stage->sim, 1);
    assert_int_equal(counters.crypt.good, 2);
    assert_int_equal(counters.crypt.resync, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)
    const struct CMUnitTest tests[] = {
        TEST(before_any_datagram_all_goes_by_tunnel),
        TEST(a_ping_turns_to_udp),
        TEST(a_tunnel_frame_turns_to_the_tunnel_in_its_own_format),
        TEST(control_chooses_the_way),
        TEST(silence_of_ten_seconds_turns_to_the_tunnel),
        TEST(unheard_datagrams_turn_to_the_tunnel),
        TEST(who_does_not_count_is_not_judged),
        TEST(loopback_by_tunnel),
        TEST(tunnel_garbage_and_pings_are_ignored),
        TEST(nonce_counters_and_resync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
