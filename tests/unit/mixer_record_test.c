// SPDX-License-Identifier: BSD-3-Clause
//
// What goes to the recorder: the floor, and each track as one hears it who understands nothing
// else, in the ticks in which it sounds.
#include "mixer_stage.h"

#include <math.h>
#include <string.h>

#define SPEAKER 1
#define INTERPRETER 2
#define PLAIN 10 // on es, with the choices that everybody begins with
#define CHOOSY 11
#define SPEAKER_HZ 500.0
#define INTERPRETER_HZ 900.0
#define SPEECH_DB (-20.0)
enum { FLOOR, TRACK_EN, TRACK_ES };

static struct stage stage;
static struct talker *speaker, *interpreter;

static void set_scene(void)
{
    stage_open(&stage, 1);
    stage_record_meeting(&stage);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, SPEAKER, PLACE_FLOOR, 0, TIER_FULL, 1);
    stage_join(&stage, INTERPRETER, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_command(&stage, MIXER_CMD_AIR, INTERPRETER, 0);
    speaker = stage_talker(&stage, SPEAKER, SPEAKER_HZ);
    interpreter = stage_talker(&stage, INTERPRETER, INTERPRETER_HZ);
}

static void listen_on_es(uint32_t session)
{
    stage_join(&stage, session, PLACE_TRACK, ES, TIER_FULL, 1);
    stage_record(&stage, session);
}

#define near(value, wanted, most) check_near(value, wanted, most, __LINE__)
static void check_near(double value, double wanted, double most, int line)
{
    if (!(fabs(value - wanted) <= most))
        fail_msg("line %d: %.2f is not within %.2f of %.2f", line, value, most, wanted);
}
#define RECORDED(stream, hz) stage_recorded_level(&stage, stream, hz, 333)

// Nobody sits on a track, or everybody has made other choices: it is all the same to the recording.
static void tracks_are_recorded_as_the_table_says(void **state)
{
    (void)state;
    for (int with_listeners = 0; with_listeners < 2; with_listeners++) {
        set_scene();
        if (with_listeners) {
            listen_on_es(CHOOSY);
            stage_command(&stage, MIXER_CMD_DUCK, CHOOSY, -6);
        }
        stage_command(&stage, MIXER_CMD_RECORD, 0, 1);
        stage_talk(&stage, speaker, true);
        stage_run(&stage, 1500);
        near(RECORDED(FLOOR, SPEAKER_HZ), SPEECH_DB, 0.3);
        near(RECORDED(TRACK_EN, SPEAKER_HZ), SPEECH_DB, 0.3);
        near(RECORDED(TRACK_ES, SPEAKER_HZ), SPEECH_DB, 0.3);
        stage_talk(&stage, interpreter, true);
        stage_run(&stage, 1500);
        near(RECORDED(FLOOR, SPEAKER_HZ), SPEECH_DB, 0.3);
        near(RECORDED(TRACK_EN, SPEAKER_HZ), SPEECH_DB, 0.3);
        near(RECORDED(TRACK_ES, SPEAKER_HZ), SPEECH_DB - 15.0, 0.3);
        near(RECORDED(TRACK_ES, INTERPRETER_HZ), SPEECH_DB, 0.3);
        assert_true(RECORDED(FLOOR, INTERPRETER_HZ) < -70.0);
        assert_true(RECORDED(TRACK_EN, INTERPRETER_HZ) < -70.0);
        for (unsigned stream = 3; stream < RECORD_STREAMS_MAX; stream++)
            assert_int_equal(stage.blocks[stream], 0);
        stage_close(&stage);
    }
}

// A block is bit for bit what goes to a listener's encoder, and costs no mix of its own.
static void a_block_is_what_a_listener_hears(void **state)
{
    (void)state;
    set_scene();
    listen_on_es(PLAIN);
    stage_command(&stage, MIXER_CMD_RECORD, 0, 1);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1000);
    stage_talk(&stage, interpreter, true);
    stage_run(&stage, 1000);
    const struct hall *hall = stage_hall(&stage);
    unsigned n_compared = 0;
    for (int tick = 0; tick < 100; tick++) {
        stage_run(&stage, 10);
        const float *block = hall_seat(hall, PLAIN)->have.mix->block;
        const float *recorded =
            stage.recorded[TRACK_ES] + (stage.mixer->tick - stage.start_tick) * AUDIO_BLOCK_SAMPLES;
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
            assert_true(fabsf(block[i] - recorded[i]) <= 0.5f / 32768.0f + 1e-7f);
            n_compared += recorded[i] != 0.0f;
        }
    }
    assert_true(n_compared > 40000);
    unsigned n_mixes = 0;
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        n_mixes++;
    assert_int_equal(n_mixes, 3); // es; floor and en are one; the booth
    assert_int_equal(stage_encoders(&stage, true), 2);
    stage_close(&stage);
}

// One block for each tick, from the first that sounds to 400 ms after the last.
static void silence_is_not_recorded(void **state)
{
    (void)state;
    set_scene();
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1000);
    assert_int_equal(stage.blocks[FLOOR], 0); // not yet
    stage_command(&stage, MIXER_CMD_RECORD, 0, 1);
    stage_run(&stage, 1000);
    assert_in_range(stage.blocks[FLOOR], 99, 101);
    stage_talk(&stage, speaker, false);
    stage_run(&stage, 1000);
    assert_in_range(stage.blocks[FLOOR], 99 + 40, 101 + 50);
    assert_int_equal(stage.blocks[TRACK_ES], stage.blocks[FLOOR]);
    assert_false(stage.mixer->is_ticking);
    uint64_t blocks = stage.blocks[FLOOR];
    stage_run(&stage, 60000);
    assert_int_equal(stage.blocks[FLOOR], blocks);
    stage_talk(&stage, interpreter, true); // on es alone
    stage_run(&stage, 1000);
    assert_int_equal(stage.blocks[FLOOR], blocks);
    stage_talk(&stage, interpreter, false);
    stage_run(&stage, 3000);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 500);
    stage_command(&stage, MIXER_CMD_RECORD, 0, 0);
    blocks = stage.blocks[FLOOR];
    stage_run(&stage, 500);
    assert_int_equal(stage.blocks[FLOOR], blocks);
    stage_close(&stage);
}

// A recorder that does not take its blocks holds nobody up.
static void what_finds_no_room_is_counted(void **state)
{
    (void)state;
    set_scene();
    listen_on_es(PLAIN);
    struct lane full = { .ring = ring_new(8192) };
    mixer_set_recorder(stage.mixer, &full);
    stage_command(&stage, MIXER_CMD_RECORD, 0, 1);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1000);
    assert_in_range(full.dropped, 3 * 90, 3 * 101);
    assert_true(stage_ear(&stage, PLAIN)->packets > 40);
    size_t size;
    while (ring_peek(full.ring, &size) != NULL)
        ring_consume(full.ring);
    const uint64_t n_lost = full.dropped;
    stage_run(&stage, 10);
    const struct record_block *block = ring_peek(full.ring, &size);
    assert_non_null(block);
    assert_int_equal(block->n_dropped, n_lost); // the recorder is told by the next one
    mixer_set_recorder(stage.mixer, NULL);
    stage_run(&stage, 100);
    ring_free(full.ring);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracks_are_recorded_as_the_table_says),
        cmocka_unit_test(a_block_is_what_a_listener_hears),
        cmocka_unit_test(silence_is_not_recorded),
        cmocka_unit_test(what_finds_no_room_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
