// SPDX-License-Identifier: BSD-3-Clause
//
// Who hears whom directly: both formats, both threads, targets, mute, deaf, limits.
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#define OPUS "\x78Opus of twenty ms"

// Two clients of each format on each thread, all in room 0.
static const struct {
    unsigned thread;
    enum voice_format format;
} crowd[] = {
    { 0, VOICE_FORMAT_LEGACY },   { 0, VOICE_FORMAT_PROTOBUF }, { 1, VOICE_FORMAT_LEGACY },
    { 1, VOICE_FORMAT_PROTOBUF }, { 0, VOICE_FORMAT_LEGACY },   { 1, VOICE_FORMAT_PROTOBUF },
};
#define N_CROWD (sizeof crowd / sizeof crowd[0])
#define FIRST_SESSION 10

struct stage {
    struct sim sim;
    struct sim_peer peers[N_CROWD];
};

static int stage_open(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    sim_open(&stage->sim, 2);
    assert_int_equal(voice_start(stage->sim.voice), 0);
    for (uint32_t i = 0; i < N_CROWD; i++)
        stage->peers[i] =
            sim_join(&stage->sim, FIRST_SESSION + i, crowd[i].thread, crowd[i].format, 0);
    sim_publish(&stage->sim);
    for (uint32_t i = 0; i < N_CROWD; i++)
        sim_ping(&stage->peers[i]);
    *state = stage;
    return 0;
}

static int stage_close(void **state)
{
    struct stage *stage = *state;
    for (uint32_t i = 0; i < N_CROWD; i++)
        sim_leave(&stage->peers[i]);
    sim_close(&stage->sim);
    free(stage);
    return 0;
}

// Everything that `speaker` sent was handled and whoever was to hear it has it.
static void settle(struct stage *stage, unsigned speaker)
{
    sim_ping(&stage->peers[speaker]);
    sim_fence(&stage->sim);
}

static void expect_silence(struct stage *stage)
{
    for (unsigned i = 0; i < N_CROWD; i++)
        sim_expect_nothing(&stage->peers[i]);
}

static void each_speaks_and_all_others_hear(void **state)
{
    struct stage *stage = *state;
    for (uint32_t speaker = 0; speaker < N_CROWD; speaker++) {
        sim_speak(&stage->peers[speaker], VOICE_TARGET_NORMAL, 1000 + speaker, OPUS);
        for (uint32_t i = 0; i < N_CROWD; i++) {
            if (i != speaker)
                sim_expect(&stage->peers[i], FIRST_SESSION + speaker, VOICE_CONTEXT_NORMAL,
                           1000 + speaker, OPUS);
        }
        settle(stage, speaker);
        expect_silence(stage); // never themself, and nobody twice
    }
}

static void terminator_is_kept_in_translation(void **state)
{
    struct stage *stage = *state;
    const struct voice_packet packet = { .frame_number = 5,
                                         .opus = { (const uint8_t *)OPUS, sizeof OPUS - 1 },
                                         .is_terminator = true };
    for (unsigned speaker = 0; speaker < 2; speaker++) { // legacy, protobuf
        uint8_t plain[VOICE_PACKET_MAX_BYTES];
        int n = voice_write(&packet, crowd[speaker].format, VOICE_TO_SERVER, plain, sizeof plain);
        sim_send(&stage->peers[speaker], (struct span){ plain, (size_t)n });
        for (unsigned i = 0; i < N_CROWD; i++) {
            if (i != speaker)
                assert_true(sim_hear(&stage->peers[i])->datagram.voice.is_terminator);
        }
    }
}

static void loopback_comes_back_with_its_position(void **state)
{
    struct stage *stage = *state;
    for (unsigned i = 0; i < 4; i++) {
        sim_speak(&stage->peers[i], VOICE_TARGET_LOOPBACK, 7, OPUS);
        sim_expect(&stage->peers[i], FIRST_SESSION + i, VOICE_CONTEXT_NORMAL, 7, OPUS);
        settle(stage, i);
        expect_silence(stage);
    }
}

static void target_reaches_its_receivers_only(void **state)
{
    struct stage *stage = *state;
    const struct sim_target targets[] = {
        { 10, 11, 3, VOICE_CONTEXT_WHISPER, 0 }, // same thread
        { 10, 12, 3, VOICE_CONTEXT_SHOUT, 0 },   // the other
        { 10, 13, 3, VOICE_CONTEXT_LISTEN, 0 },
        { 10, 15, 4, VOICE_CONTEXT_WHISPER, 0 }, // only on the other thread
    };
    memcpy(stage->sim.targets, targets, sizeof targets);
    stage->sim.n_targets = sizeof targets / sizeof targets[0];
    sim_publish(&stage->sim);
    sim_speak(&stage->peers[0], 3, 9, OPUS);
    sim_expect(&stage->peers[1], 10, VOICE_CONTEXT_WHISPER, 9, OPUS);
    sim_expect(&stage->peers[2], 10, VOICE_CONTEXT_SHOUT, 9, OPUS);
    sim_expect(&stage->peers[3], 10, VOICE_CONTEXT_LISTEN, 9, OPUS);
    sim_speak(&stage->peers[0], 4, 10, OPUS);
    sim_expect(&stage->peers[5], 10, VOICE_CONTEXT_WHISPER, 10, OPUS);
    sim_speak(&stage->peers[0], 5, 11, OPUS); // never registered
    sim_speak(&stage->peers[1], 3, 12, OPUS); // another's
    settle(stage, 0);
    settle(stage, 1);
    expect_silence(stage);
}

static void mute_is_not_heard(void **state)
{
    struct stage *stage = *state;
    stage->sim.clients[FIRST_SESSION].is_mute = true;
    sim_publish(&stage->sim);
    sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, 1, OPUS);
    sim_speak(&stage->peers[0], VOICE_TARGET_LOOPBACK, 1, OPUS);
    settle(stage, 0);
    expect_silence(stage);
}

static void deaf_does_not_hear(void **state)
{
    struct stage *stage = *state;
    stage->sim.clients[FIRST_SESSION + 1].is_deaf = true;
    stage->sim.clients[FIRST_SESSION + 3].is_deaf = true;
    sim_publish(&stage->sim);
    sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, 1, OPUS);
    for (unsigned i = 2; i < N_CROWD; i++) {
        if (i != 3)
            sim_expect(&stage->peers[i], FIRST_SESSION, VOICE_CONTEXT_NORMAL, 1, OPUS);
    }
    settle(stage, 0);
    expect_silence(stage);
}

static void who_has_moved_hears_no_more(void **state)
{
    struct stage *stage = *state;
    for (uint32_t i = 1; i < N_CROWD; i++)
        stage->sim.clients[FIRST_SESSION + i].room = 1;
    sim_publish(&stage->sim); // returns when all threads have acknowledged
    sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, 1, OPUS);
    settle(stage, 0);
    expect_silence(stage);
    sim_speak(&stage->peers[1], VOICE_TARGET_NORMAL, 2, OPUS);
    for (unsigned i = 2; i < N_CROWD; i++)
        sim_expect(&stage->peers[i], FIRST_SESSION + 1, VOICE_CONTEXT_NORMAL, 2, OPUS);
    sim_expect_nothing(&stage->peers[0]);
}

static void removed_is_gone_and_reported(void **state)
{
    struct stage *stage = *state;
    const struct voice_command command = { .kind = VOICE_CMD_REMOVE, .session = FIRST_SESSION + 2 };
    sim_command(&stage->sim, 1, &command, (struct span){ 0 });
    sim_report_free(sim_await(&stage->sim, VOICE_REPORT_REMOVED, FIRST_SESSION + 2));
    sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, 1, OPUS); // the routes still list them
    sim_expect(&stage->peers[5], FIRST_SESSION, VOICE_CONTEXT_NORMAL, 1, OPUS);
    settle(stage, 0);
    sim_expect_nothing(&stage->peers[2]);
}

// Their last sound is in the batch when they are removed: it is sent, and nothing points to them
// after.
static void removed_in_the_turn_of_a_packet(void **state)
{
    struct stage *stage = *state;
    const struct voice_command command = { .kind = VOICE_CMD_REMOVE, .session = FIRST_SESSION + 1 };
    stage->sim.is_bell_held = true;
    sim_tunnel(&stage->peers[0], VOICE_FORMAT_LEGACY, VOICE_TARGET_NORMAL, 1, OPUS);
    stage->sim.is_bell_held = false;
    sim_command(&stage->sim, 0, &command, (struct span){ 0 });
    sim_report_free(sim_await(&stage->sim, VOICE_REPORT_REMOVED, FIRST_SESSION + 1));
    sim_expect(&stage->peers[1], FIRST_SESSION, VOICE_CONTEXT_NORMAL, 1, OPUS);
    sim_expect(&stage->peers[4], FIRST_SESSION, VOICE_CONTEXT_NORMAL, 1, OPUS);
}

static void bandwidth_is_limited_and_the_limit_is_counted(void **state)
{
    struct stage *stage = *state;
    // 18 + 6 bytes of packet (position: 12 more), 32 of headers: 68 bytes a packet; 4 s of 544
    // bit/s are four of them.
    stage->sim.bandwidth_bps = 8 * 68;
    sim_publish(&stage->sim);
    uint64_t n_before = sim_counters(&stage->sim, FIRST_SESSION).packets_in;
    for (uint64_t i = 0; i < 10; i++)
        sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, i, OPUS);
    settle(stage, 0);
    struct voice_counters counters = sim_counters(&stage->sim, FIRST_SESSION);
    assert_int_equal(counters.packets_in - n_before, 11); // and the ping
    assert_in_range(counters.packets_over_limit, 5, 7);
    unsigned n_heard = 10 - (unsigned)counters.packets_over_limit;
    for (uint64_t i = 0; i < n_heard; i++)
        sim_expect(&stage->peers[1], FIRST_SESSION, VOICE_CONTEXT_NORMAL, i, OPUS);
    sim_expect_nothing(&stage->peers[1]);
    sim_clock_advance(SECONDS(2)); // pays for some more
    sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, 99, OPUS);
    sim_expect(&stage->peers[1], FIRST_SESSION, VOICE_CONTEXT_NORMAL, 99, OPUS);
}

static void garbage_is_survived(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *bytes;
        size_t n;
    } garbage[] = {
        { "", 1 },         { "\x80", 1 },       { "\x80\xFF", 2 },          { "\x20", 1 },
        { "\x00\x08", 2 }, { "\xE0ghosts", 7 }, { "\x9F\x01\x3F\xFFzz", 6 }
    };
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++)
        sim_send(&stage->peers[0],
                 (struct span){ (const uint8_t *)garbage[i].bytes, garbage[i].n });
    uint8_t raw[1400];
    memset(raw, 0x80, sizeof raw);
    for (size_t n = 1; n < sizeof raw; n += 333) // not even encrypted
        assert_int_equal(send(stage->peers[0].fd, raw, n, 0), n);
    settle(stage, 0);
    expect_silence(stage);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)
    const struct CMUnitTest tests[] = {
        TEST(each_speaks_and_all_others_hear),
        TEST(terminator_is_kept_in_translation),
        TEST(loopback_comes_back_with_its_position),
        TEST(target_reaches_its_receivers_only),
        TEST(mute_is_not_heard),
        TEST(deaf_does_not_hear),
        TEST(who_has_moved_hears_no_more),
        TEST(removed_is_gone_and_reported),
        TEST(removed_in_the_turn_of_a_packet),
        TEST(bandwidth_is_limited_and_the_limit_is_counted),
        TEST(garbage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
