// SPDX-License-Identifier: BSD-3-Clause
//
// Listeners with their volumes, whispers, positions, and who does not want to hear whom: both
// forms, both threads.
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OPUS "\x78voice"
#define N_PEERS 6

// The speaker is the first; 1 to 3 sit in room 0 with them, 4 and 5 elsewhere.
static const struct {
    unsigned thread;
    enum voice_format format;
    uint32_t room;
} crowd[N_PEERS] = {
    { 0, VOICE_FORMAT_PROTOBUF, 0 }, { 0, VOICE_FORMAT_LEGACY, 0 },
    { 1, VOICE_FORMAT_PROTOBUF, 0 }, { 1, VOICE_FORMAT_LEGACY, 0 },
    { 0, VOICE_FORMAT_PROTOBUF, 1 }, { 1, VOICE_FORMAT_LEGACY, 2 },
};

struct stage {
    struct sim sim;
    struct sim_peer peers[N_PEERS];
};

static int stage_open(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    sim_open(&stage->sim, 2);
    assert_int_equal(voice_start(stage->sim.voice), 0);
    for (uint32_t i = 0; i < N_PEERS; i++)
        stage->peers[i] =
            sim_join(&stage->sim, i + 1, crowd[i].thread, crowd[i].format, crowd[i].room);
    sim_publish(&stage->sim);
    for (uint32_t i = 0; i < N_PEERS; i++)
        sim_ping(&stage->peers[i]);
    *state = stage;
    return 0;
}

static int stage_close(void **state)
{
    struct stage *stage = *state;
    for (uint32_t i = 0; i < N_PEERS; i++)
        sim_leave(&stage->peers[i]);
    sim_close(&stage->sim);
    free(stage);
    return 0;
}

// What each is to get of one packet: nothing, or a context.
struct heard {
    bool is_silent;
    uint8_t context;
};

static void expect(struct stage *stage, uint8_t target, uint64_t frame,
                   const struct heard heard[N_PEERS])
{
    sim_speak(&stage->peers[0], target, frame, OPUS);
    for (unsigned i = 1; i < N_PEERS; i++) {
        if (heard[i].is_silent)
            continue;
        sim_expect(&stage->peers[i], 1, heard[i].context, frame, OPUS);
    }
    sim_ping(&stage->peers[0]);
    sim_fence(&stage->sim);
    for (unsigned i = 0; i < N_PEERS; i++)
        sim_expect_nothing(&stage->peers[i]);
}

static void expect_volume(struct stage *stage, unsigned peer, uint8_t target, uint64_t frame,
                          float volume)
{
    sim_speak(&stage->peers[0], target, frame, OPUS);
    const struct voice_packet *voice = &sim_hear(&stage->peers[peer])->datagram.voice;
    assert_int_equal(voice->frame_number, frame);
    bool is_legacy = crowd[peer].format == VOICE_FORMAT_LEGACY;
    assert_true(voice->volume == (is_legacy ? 0 : volume));
}

static void listeners_hear_with_their_volume(void **state)
{
    struct stage *stage = *state;
    struct sim *sim = &stage->sim;
    sim->clients[3].room = VOICE_NONE; // a user who wants it louder is no plain member
    sim->n_ears = 3;
    sim->ears[0] = (struct sim_ear){ 0, 3, VOICE_CONTEXT_NORMAL, 2 };
    sim->ears[1] = (struct sim_ear){ 0, 5, VOICE_CONTEXT_LISTEN, 0.5f };
    sim->ears[2] = (struct sim_ear){ 0, 6, VOICE_CONTEXT_LISTEN, 0.5f };
    sim_publish(sim);
    expect(
        stage, VOICE_TARGET_NORMAL, 1,
        (const struct heard[N_PEERS]){
            [4] = { .context = VOICE_CONTEXT_LISTEN }, [5] = { .context = VOICE_CONTEXT_LISTEN } });
    static const float volumes[N_PEERS] = { 0, 0, 2, 0, 0.5f, 0.5f };
    sim_speak(&stage->peers[0], VOICE_TARGET_NORMAL, 2, OPUS);
    for (unsigned i = 1; i < N_PEERS; i++) {
        const struct voice_packet *voice = &sim_hear(&stage->peers[i])->datagram.voice;
        bool is_legacy = crowd[i].format == VOICE_FORMAT_LEGACY;
        if (voice->frame_number != 2 || voice->volume != (is_legacy ? 0 : volumes[i]))
            fail_msg("peer %u: %f", i, (double)voice->volume);
    }
}

static void whispers_have_contexts_and_volumes(void **state)
{
    struct stage *stage = *state;
    struct sim *sim = &stage->sim;
    sim->n_targets = 4;
    sim->targets[0] = (struct sim_target){ 1, 2, 7, VOICE_CONTEXT_SHOUT, 0 };
    sim->targets[1] = (struct sim_target){ 1, 6, 7, VOICE_CONTEXT_WHISPER, 0 };
    sim->targets[2] = (struct sim_target){ 1, 3, 7, VOICE_CONTEXT_LISTEN, 0.25f };
    sim->targets[3] = (struct sim_target){ 1, 5, 7, VOICE_CONTEXT_LISTEN, 4 };
    sim_publish(sim);
    expect(stage, 7, 1,
           (const struct heard[N_PEERS]){ [1] = { .context = VOICE_CONTEXT_SHOUT },
                                          [2] = { .context = VOICE_CONTEXT_LISTEN },
                                          [3] = { .is_silent = true },
                                          [4] = { .context = VOICE_CONTEXT_LISTEN },
                                          [5] = { .context = VOICE_CONTEXT_WHISPER } });
    expect_volume(stage, 2, 7, 2, 0.25f);
    sim_speak(&stage->peers[0], 7, 3, OPUS);
    const struct voice_packet *voice = &sim_hear(&stage->peers[4])->datagram.voice;
    assert_int_equal(voice->frame_number, 2);
    assert_true(voice->volume == 4);
}

static void use_of_targets_is_told(void **state)
{
    struct stage *stage = *state;
    struct sim *sim = &stage->sim;
    sim->n_targets = 1;
    sim->targets[0] = (struct sim_target){ 1, 2, 7, VOICE_CONTEXT_SHOUT, 0 };
    sim_publish(sim);
    static const struct {
        uint8_t target;
        uint64_t after_ms;
        bool is_told, is_known;
    } rows[] = {
        { 7, 0, true, true },
        { 7, 9999, false, false },
        { 7, 1, true, true },
        { 9, 0, true, false },
        { 9, 99, false, false },
        { 9, 1, true, false },
        { 7, 0, true, true },
        { VOICE_TARGET_NORMAL, 20000, false, false },
        { VOICE_TARGET_LOOPBACK, 0, false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_clock_advance(MS(rows[i].after_ms));
        sim_tunnel(&stage->peers[0], VOICE_FORMAT_PROTOBUF, rows[i].target, i, OPUS);
        sim_fence(sim);
        struct sim_report *told = sim_take(sim, VOICE_REPORT_TARGET, 1);
        if ((told != NULL) != rows[i].is_told ||
            (told != NULL && (told->report->target.id != rows[i].target ||
                              told->report->target.is_known != rows[i].is_known)))
            fail_msg("row %zu", i);
        if (told != NULL)
            sim_report_free(told);
    }
}

// sim_expect looks at the position: those at the speaker's place have it, the others do not.
static void positions_stay_at_their_place(void **state)
{
    struct stage *stage = *state;
    struct sim *sim = &stage->sim;
    sim->clients[1].place = sim->clients[2].place = sim->clients[3].place = 42;
    sim->clients[6].place = 42;
    sim->n_ears = 2;
    sim->ears[0] = (struct sim_ear){ 0, 5, VOICE_CONTEXT_LISTEN, 0 };
    sim->ears[1] = (struct sim_ear){ 0, 6, VOICE_CONTEXT_LISTEN, 2 };
    sim->n_targets = 2;
    sim->targets[0] = (struct sim_target){ 1, 2, 7, VOICE_CONTEXT_WHISPER, 0 };
    sim->targets[1] = (struct sim_target){ 1, 4, 7, VOICE_CONTEXT_WHISPER, 0 };
    sim_publish(sim);
    expect(
        stage, VOICE_TARGET_NORMAL, 1,
        (const struct heard[N_PEERS]){
            [4] = { .context = VOICE_CONTEXT_LISTEN }, [5] = { .context = VOICE_CONTEXT_LISTEN } });
    expect(stage, 7, 2,
           (const struct heard[N_PEERS]){ [1] = { .context = VOICE_CONTEXT_WHISPER },
                                          [2] = { .is_silent = true },
                                          [3] = { .context = VOICE_CONTEXT_WHISPER },
                                          [4] = { .is_silent = true },
                                          [5] = { .is_silent = true } });
}

static void the_unwanted_are_not_sent(void **state)
{
    struct stage *stage = *state;
    struct sim *sim = &stage->sim;
    sim->n_ears = 1;
    sim->ears[0] = (struct sim_ear){ 0, 5, VOICE_CONTEXT_LISTEN, 0 };
    sim->n_targets = 2;
    sim->targets[0] = (struct sim_target){ 1, 2, 7, VOICE_CONTEXT_WHISPER, 0 };
    sim->targets[1] = (struct sim_target){ 1, 4, 7, VOICE_CONTEXT_WHISPER, 0 };
    sim->n_unwanted = 4;
    sim->unwanted[0] = (struct route_unwanted){ 1, 3 };
    sim->unwanted[1] = (struct route_unwanted){ 1, 4 };
    sim->unwanted[2] = (struct route_unwanted){ 1, 5 };
    sim->unwanted[3] = (struct route_unwanted){ 2, 1 };
    sim_publish(sim);
    expect(stage, VOICE_TARGET_NORMAL, 1,
           (const struct heard[N_PEERS]){ [2] = { .is_silent = true },
                                          [3] = { .is_silent = true },
                                          [4] = { .is_silent = true },
                                          [5] = { .is_silent = true } });
    expect(stage, 7, 2,
           (const struct heard[N_PEERS]){ [1] = { .context = VOICE_CONTEXT_WHISPER },
                                          [2] = { .is_silent = true },
                                          [3] = { .is_silent = true },
                                          [4] = { .is_silent = true },
                                          [5] = { .is_silent = true } });
    sim_speak(&stage->peers[1], VOICE_TARGET_NORMAL, 3, OPUS);
    sim_expect(&stage->peers[2], 2, VOICE_CONTEXT_NORMAL, 3, OPUS);
    sim_ping(&stage->peers[1]);
    sim_fence(sim);
    sim_expect_nothing(&stage->peers[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)
    const struct CMUnitTest tests[] = {
        TEST(listeners_hear_with_their_volume), TEST(whispers_have_contexts_and_volumes),
        TEST(use_of_targets_is_told),           TEST(positions_stay_at_their_place),
        TEST(the_unwanted_are_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
