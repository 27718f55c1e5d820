// SPDX-License-Identifier: BSD-3-Clause
//
// To the mixer and back: frames out, mixed sound in, epochs, staleness; life and death of the
// threads.
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>

#define OPUS "\x78voice"
#define MEETING 5
#define TRACK 40 // the session that a track's voice seems to come from
#define BOOTH 41

struct stage {
    struct sim sim;
    struct lane frames;
    struct sim_peer ana, bea, carla;
};

static int stage_open(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    sim_open(&stage->sim, 2);
    stage->frames = (struct lane){ .ring = ring_new(4096) };
    voice_attach_mixer(stage->sim.voice, 0, 1, &stage->frames);
    assert_int_equal(voice_start(stage->sim.voice), 0);
    stage->ana = sim_join(&stage->sim, 1, 0, VOICE_FORMAT_PROTOBUF, VOICE_NONE);
    stage->bea = sim_join(&stage->sim, 2, 0, VOICE_FORMAT_LEGACY, VOICE_NONE);
    stage->carla = sim_join(&stage->sim, 3, 0, VOICE_FORMAT_PROTOBUF, VOICE_NONE);
    for (uint32_t s = 1; s <= 3; s++) {
        stage->sim.clients[s].meeting = MEETING;
        stage->sim.clients[s].mixer = 1;
        stage->sim.clients[s].epoch = 100 + s;
    }
    sim_publish(&stage->sim);
    sim_ping(&stage->ana);
    sim_ping(&stage->bea);
    sim_ping(&stage->carla);
    *state = stage;
    return 0;
}

static int stage_close(void **state)
{
    struct stage *stage = *state;
    sim_leave(&stage->ana);
    sim_leave(&stage->bea);
    sim_leave(&stage->carla);
    sim_close(&stage->sim);
    ring_free(stage->frames.ring);
    free(stage);
    return 0;
}

static void send_mixed(struct stage *stage, uint64_t made_us,
                       const struct voice_mixed_recipient *recipients, uint32_t n)
{
    struct lane *lane = voice_mixed_lane(stage->sim.voice, 0, 1);
    size_t recipients_bytes = n * sizeof recipients[0];
    struct voice_mixed *mixed =
        ring_reserve(lane->ring, sizeof *mixed + recipients_bytes + strlen(OPUS));
    assert_non_null(mixed);
    *mixed = (struct voice_mixed){
        .frame_number = 12, .made_us = made_us, .n_recipients = n, .n_bytes = (uint16_t)strlen(OPUS)
    };
    memcpy(mixed->recipients, recipients, recipients_bytes);
    memcpy((uint8_t *)mixed->recipients + recipients_bytes, OPUS, strlen(OPUS));
    ring_commit(lane->ring);
    lane_bell(lane);
}

static void expect_silence(struct stage *stage)
{
    sim_fence(&stage->sim);
    sim_expect_nothing(&stage->ana);
    sim_expect_nothing(&stage->bea);
    sim_expect_nothing(&stage->carla);
}

static void speech_goes_to_the_mixer(void **state)
{
    struct stage *stage = *state;
    sim_speak(&stage->ana, VOICE_TARGET_NORMAL, 8, OPUS);
    sim_speak(&stage->ana, VOICE_TARGET_LOOPBACK, 9, OPUS); // this does not
    sim_speak(&stage->ana, 3, 10, OPUS);                    // nor this
    sim_expect(&stage->ana, 1, VOICE_CONTEXT_NORMAL, 9, OPUS);
    sim_ping(&stage->ana);
    size_t size;
    const struct voice_frame *frame = ring_peek(stage->frames.ring, &size);
    assert_non_null(frame);
    assert_int_equal(frame->session, 1);
    assert_int_equal(frame->meeting, MEETING);
    assert_int_equal(frame->frame_number, 8);
    assert_int_equal(frame->arrived_us, sim_clock());
    assert_int_equal(frame->n_bytes, strlen(OPUS));
    assert_memory_equal(frame->bytes, OPUS, strlen(OPUS));
    ring_consume(stage->frames.ring);
    assert_null(ring_peek(stage->frames.ring, &size));
    expect_silence(stage); // no room: nobody hears it directly
}

static void turn_copies(struct stage *stage, bool is_on)
{
    struct voice_command command = { .kind = VOICE_CMD_COPIES, .session = 1 };
    command.copies.is_on = is_on;
    sim_command(&stage->sim, 0, &command, (struct span){ NULL, 0 });
    sim_fence(&stage->sim);
}

// The same frame, a nonce of its own (sim_hear opens it), 70 ms later; nobody else gets one.
static void on_a_lossy_line_each_packet_goes_twice(void **state)
{
    struct stage *stage = *state;
    const struct voice_mixed_recipient recipients[] = {
        { .session = 1, .epoch = 101, .from = TRACK }, { .session = 2, .epoch = 102, .from = TRACK }
    };
    turn_copies(stage, true);
    send_mixed(stage, sim_clock(), recipients, 2);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    sim_expect(&stage->bea, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    sim_expect_nothing(&stage->ana);
    sim_clock_advance(71000);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    expect_silence(stage);
    send_mixed(stage, sim_clock(), recipients, 1); // new routes: what waits may not be allowed
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    sim_publish(&stage->sim);
    sim_clock_advance(71000);
    expect_silence(stage);
    send_mixed(stage, sim_clock(), recipients, 1);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    turn_copies(stage, false); // also of what waits
    sim_clock_advance(71000);
    send_mixed(stage, sim_clock(), recipients, 1);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    expect_silence(stage);
}

static void a_full_lane_to_the_mixer_drops_and_lives(void **state)
{
    struct stage *stage = *state;
    for (uint64_t i = 0; i < 500; i++) {
        sim_speak(&stage->ana, VOICE_TARGET_NORMAL, i, OPUS);
        if (i % 50 == 0)
            sim_ping(&stage->ana);
    }
    sim_ping(&stage->ana);
    size_t size;
    uint64_t n = 0;
    const struct voice_frame *frame;
    while ((frame = ring_peek(stage->frames.ring, &size)) != NULL) {
        assert_int_equal(frame->frame_number, n++);
        ring_consume(stage->frames.ring);
    }
    assert_in_range(n, 10, 499);
}

static void mixed_sound_reaches_its_recipients(void **state)
{
    struct stage *stage = *state;
    const struct voice_mixed_recipient recipients[] = { { 1, 101, TRACK },
                                                        { 2, 102, TRACK },
                                                        { 3, 103, BOOTH } };
    send_mixed(stage, sim_clock(), recipients, 3);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    sim_expect(&stage->bea, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    sim_expect(&stage->carla, BOOTH, VOICE_CONTEXT_NORMAL, 12, OPUS);
    expect_silence(stage);
}

static void mixed_sound_of_another_epoch_is_not_delivered(void **state)
{
    struct stage *stage = *state;
    const struct voice_mixed_recipient recipients[] = {
        { 1, 101, TRACK },
        { 2, 101, TRACK },
        { 3, 104, TRACK },
        { 9, 0, TRACK },
        { SIM_SESSIONS + 5, 0, TRACK },
    };
    send_mixed(stage, sim_clock(), recipients, 5);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    expect_silence(stage);
    stage->sim.clients[1].epoch = 200; // ana has moved
    sim_publish(&stage->sim);
    send_mixed(stage, sim_clock(), recipients, 5);
    expect_silence(stage);
}

static void mixed_sound_for_the_deaf_and_stale_sound_is_dropped(void **state)
{
    struct stage *stage = *state;
    const struct voice_mixed_recipient recipients[] = { { 1, 101, TRACK }, { 2, 102, TRACK } };
    stage->sim.clients[2].is_deaf = true;
    sim_publish(&stage->sim);
    send_mixed(stage, sim_clock() - MS(300), recipients, 2);
    sim_expect(&stage->ana, TRACK, VOICE_CONTEXT_NORMAL, 12, OPUS);
    send_mixed(stage, sim_clock() - MS(300) - 1, recipients, 2);
    expect_silence(stage);
}

static void mixed_sound_by_tunnel(void **state)
{
    struct stage *stage = *state;
    const struct voice_mixed_recipient recipients[] = { { 1, 101, TRACK }, { 3, 103, TRACK } };
    sim_clock_advance(SECONDS(10));
    send_mixed(stage, sim_clock(), recipients, 2);
    struct sim_report *report = sim_await(&stage->sim, VOICE_REPORT_TUNNEL, TRACK);
    assert_int_equal(report->report->tunnel.n_sessions, 2);
    assert_int_equal(report->report->words[0], 1);
    assert_int_equal(report->report->words[1], 3);
    sim_report_free(report);
}

// Nothing that was handed over and never taken is lost (the leak checker looks).
static void never_started_or_stopped_in_the_middle(void **state)
{
    (void)state;
    for (int is_started = 0; is_started < 2; is_started++) {
        struct sim sim;
        sim_open(&sim, 2);
        if (is_started)
            assert_int_equal(voice_start(sim.voice), 0);
        struct sim_peer peer = sim_join(&sim, 1, 0, VOICE_FORMAT_LEGACY, 0);
        for (unsigned i = 0; i < 3; i++)
            voice_put_routes(sim.voice, i % 2, calloc(1, sizeof(struct routes)));
        sim_leave(&peer);
        sim_close(&sim);
    }
}

// More answers than control's ring holds: none is lost, the commands wait.
static void answers_wait_for_room(void **state)
{
    struct stage *stage = *state;
    enum { N_ASKED = 5000 }; // more than the ring takes, less than ring and lane together
    sim_fence(&stage->sim);
    sim_pump(&stage->sim); // what came before
    struct lane *lane = voice_commands(stage->sim.voice, 0);
    struct ring *reports = voice_reports(stage->sim.voice, 0);
    uint64_t n_asked = 0, n_answered = 0;
    size_t size;
    while (n_asked < N_ASKED) { // meanwhile control reads nothing
        const struct voice_command command = { .kind = VOICE_CMD_COUNTERS,
                                               .session = 1,
                                               .counters = { .token = n_asked } };
        if (lane_send(lane, &command, sizeof command))
            n_asked++;
        lane_bell(lane);
    }
    uint8_t ping[64], echo[64];
    int n = udp_ping_write(1, stage->carla.format, ping, sizeof ping);
    for (unsigned i = 0; i < 2; i++) { // the second echo comes after the last bell was answered
        sim_send(&stage->carla, (struct span){ ping, (size_t)n });
        assert_true(recv(stage->carla.fd, echo, sizeof echo, 0) > 0);
    }
    while (n_answered < N_ASKED) {
        const struct voice_report *report = ring_peek(reports, &size);
        if (report == NULL)
            continue;
        assert_int_equal(report->counters.token, n_answered++);
        ring_consume(reports);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)
    const struct CMUnitTest tests[] = {
        TEST(speech_goes_to_the_mixer),
        TEST(a_full_lane_to_the_mixer_drops_and_lives),
        TEST(on_a_lossy_line_each_packet_goes_twice),
        TEST(mixed_sound_reaches_its_recipients),
        TEST(mixed_sound_of_another_epoch_is_not_delivered),
        TEST(mixed_sound_for_the_deaf_and_stale_sound_is_dropped),
        TEST(mixed_sound_by_tunnel),
        TEST(answers_wait_for_room),
        cmocka_unit_test(never_started_or_stopped_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
