// SPDX-License-Identifier: BSD-3-Clause
//
// Many speakers, many wishes, late clocks, orders of arrival: what the limits of mixer/ do.
#include "mixer_stage.h"

#include <math.h>
#include <string.h>

static struct stage stage;

static void open_stage(uint8_t n_langs)
{
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(n_langs);
    stage_meeting(&stage, STAGE_MEETING, &config);
}

static void level_is(double level, double wanted, double most)
{
    if (!(fabs(level - wanted) <= most))
        fail_msg("%.2f is not within %.2f of %.2f", level, most, wanted);
}

static unsigned count_mixed(void)
{
    const struct hall *hall = stage_hall(&stage);
    unsigned n = 0;
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        n += hall->speakers[i].session != 0 && hall->speakers[i].is_mixed;
    return n;
}

static void of_ten_speakers_the_eight_strongest_are_heard(void **state)
{
    (void)state;
    open_stage(2);
    stage_join(&stage, 100, PLACE_TRACK, EN, TIER_FULL, 1);
    stage_record(&stage, 100);
    struct talker *talkers[10];
    for (uint32_t i = 0; i < 10; i++) {
        stage_join(&stage, 1 + i, PLACE_FLOOR, 0, TIER_STANDARD, 1);
        talkers[i] = stage_talker(&stage, 1 + i, 300.0 + 170.0 * i);
        talkers[i]->amplitude = i == 3 || i == 6 ? 0.004 : 0.03;
        stage_talk(&stage, talkers[i], true);
    }
    stage_run(&stage, 7000); // the delays of all sources have settled, and with them the pitch
    assert_int_equal(count_mixed(), 8);
    for (uint32_t i = 0; i < 10; i++) {
        double level = stage_level(&stage, 100, talkers[i]->tone_hz, 999);
        if (i == 3 || i == 6)
            assert_true(level < -65.0);
        else
            level_is(level, -30.5, 1.5);
    }
    // within the 3 dB that who is in is ahead, nothing moves; eight are mixed at every moment
    for (int step = 0; step < 30; step++) {
        talkers[3]->amplitude = 0.004 + 0.002 * step;
        stage_run(&stage, 47);
        assert_int_equal(count_mixed(), 8);
    }
    assert_true(stage_level(&stage, 100, talkers[3]->tone_hz, 333) > -30.0);
    stage_close(&stage);
}

static void an_interpreter_on_air_is_among_the_eight(void **state)
{
    (void)state;
    open_stage(2);
    stage_join(&stage, 100, PLACE_TRACK, ES, TIER_FULL, 1);
    stage_record(&stage, 100);
    stage_join(&stage, 50, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, 50, 0);
    for (uint32_t i = 0; i < 9; i++) {
        stage_join(&stage, 1 + i, PLACE_FLOOR, 0, TIER_STANDARD, 1);
        stage_talk(&stage, stage_talker(&stage, 1 + i, 300.0 + 170.0 * i), true);
    }
    struct talker *interpreter = stage_talker(&stage, 50, 2500.0);
    interpreter->amplitude = 0.02;
    stage_talk(&stage, interpreter, true);
    stage_run(&stage, 2000);
    assert_true(fabs(stage_level(&stage, 100, 2500.0, 999) + 34.0) < 3.0);
    stage_close(&stage);
}

// Thirty listeners, each with a duck and languages of their own, in two tiers.
static void wishes_beyond_the_limit_snap(void **state)
{
    (void)state;
    open_stage(3);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 50, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, 50, 0);
    for (uint32_t i = 0; i < 34; i++) {
        stage_join(&stage, 100 + i, PLACE_TRACK, i < 30 ? ES : EN,
                   i % 5 == 4 ? TIER_MINIMUM : TIER_STANDARD, 1);
        stage_command(&stage, MIXER_CMD_DUCK, 100 + i, -(int32_t)i);
    }
    struct talker *speaker = stage_talker(&stage, 1, 500.0);
    struct talker *interpreter = stage_talker(&stage, 50, 900.0);
    stage_record(&stage, 129);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1000);
    assert_int_equal(stage_encoders(&stage, true), 3); // two tiers of one mix, and the booth
    for (int turn = 0; turn < 4; turn++) {
        stage_talk(&stage, interpreter, true);
        for (int step = 0; step < 20; step++) {
            stage_run(&stage, 97);
            assert_in_range(stage_encoders(&stage, false), 20, MIXER_ENCODERS_MAX);
        }
        stage_talk(&stage, interpreter, false);
        stage_run(&stage, 3000);
    }
    assert_in_range(stage.n_snapped, 6, 200);
    assert_in_range((unsigned)-stage.last_snapped.result, 0, 34);
    // the snapped hear an interpreter, and the floor lowered, like the rest
    assert_true(stage_ear(&stage, 129)->packets > 100);
    stage_close(&stage);
}

static void too_many_tiers_merge_downward(void **state)
{
    (void)state;
    open_stage(3);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 50, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, 50, 0);
    for (uint32_t i = 0; i < 20; i++) {
        stage_join(&stage, 100 + i, PLACE_TRACK, ES, TIER_STANDARD, 1);
        stage_command(&stage, MIXER_CMD_DUCK, 100 + i, -(int32_t)i);
        stage_join(&stage, 200 + i, PLACE_TRACK, ES, TIER_STANDARD, 1);
        stage_command(&stage, MIXER_CMD_DUCK, 200 + i, -(int32_t)i);
    }
    stage_talk(&stage, stage_talker(&stage, 1, 500.0), true);
    stage_talk(&stage, stage_talker(&stage, 50, 900.0), true);
    stage_run(&stage, 1000);
    assert_int_equal(stage_encoders(&stage, false), 20);
    for (uint32_t i = 0; i < 20; i++)
        stage_join(&stage, 200 + i, PLACE_TRACK, ES, TIER_MINIMUM, 1);
    stage_run(&stage, 500);
    assert_in_range(stage_encoders(&stage, false), 20, MIXER_ENCODERS_MAX);
    for (uint32_t i = 0; i < 20; i++) // nobody's line gets more than it bears
        assert_int_equal(stage_ear(&stage, 200 + i)->tier, TIER_MINIMUM);
    assert_in_range(stage.n_snapped, 16, 20);
    assert_int_equal(stage.last_snapped.tier, TIER_MINIMUM);
    stage_close(&stage);
}

// The thread did not run for a while: numbers leave a gap, the grid holds.
static void a_late_clock_jumps(void **state)
{
    (void)state;
    open_stage(2);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 100, PLACE_TRACK, EN, TIER_STANDARD, 1);
    stage_join(&stage, 101, PLACE_TRACK, EN, TIER_MINIMUM, 1);
    stage_talk(&stage, stage_talker(&stage, 1, 500.0), true);
    for (uint64_t late = 10; late < 500; late += 37) {
        stage_run(&stage, 203);
        stage.now_us += late * 1000;
        if (late > 100)
            stage_ear(&stage, 100)->may_hole = stage_ear(&stage, 101)->may_hole = 2;
    }
    stage_run(&stage, 203);
    const struct hall *hall = stage_hall(&stage);
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        for (int tier = 0; tier < TIERS; tier++) {
            const struct stream *stream = &mix->streams[tier];
            if (stream->is_open && encoder_filled_blocks(stream->encoder) > 0)
                assert_int_equal(stage.mixer->tick - stream->frame_tick + 1,
                                 encoder_filled_blocks(stream->encoder));
        }
    stage_close(&stage);
}

// A frame that came because of a JOIN finds it, though both wait; one after a LEAVE is refused.
static void frames_find_the_commands_before_them(void **state)
{
    (void)state;
    open_stage(2);
    struct voice_frame *frame;
    struct lane *lane = mixer_frames_lane(stage.mixer, 0);
    struct mixer_command join = { .kind = MIXER_CMD_JOIN,
                                  .meeting = STAGE_MEETING,
                                  .session = 5,
                                  .join = { .tier = TIER_STANDARD } };
    for (int with_leave = 0; with_leave < 2; with_leave++) {
        frame = ring_reserve(lane->ring, sizeof(*frame) + 8);
        *frame = (struct voice_frame){
            .session = 5, .meeting = STAGE_MEETING, .arrived_us = stage.now_us, .n_bytes = 8
        };
        memcpy(frame->bytes, audio_silence_60ms().data, 8);
        ring_commit(lane->ring);
        lane_send(mixer_commands(stage.mixer), &join, sizeof(join));
        join.kind = MIXER_CMD_LEAVE;
        if (with_leave)
            lane_send(mixer_commands(stage.mixer), &join, sizeof(join));
        struct mixer_command fence = { .kind = MIXER_CMD_FENCE, .token = 77 };
        lane_send(mixer_commands(stage.mixer), &fence, sizeof(fence));
        mixer_on_bell(stage.mixer, stage.now_us);
        assert_int_equal(stage_hall(&stage)->n_speakers, 1); // the second: fading
        assert_int_equal(stage_hall(&stage)->dropped, with_leave);
    }
    stage_run(&stage, 500);
    assert_int_equal(stage_hall(&stage)->n_speakers, 0);
    assert_int_equal(stage.n_fences, 2);
    stage_close(&stage);
}

static void rubbish_and_strangers_cost_nothing(void **state)
{
    (void)state;
    open_stage(2);
    stage_join(&stage, 5, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    static const uint8_t rubbish[] = { 0xff, 0xff, 0xff };
    const struct {
        uint32_t session, meeting;
        uint16_t n_bytes;
        bool is_terminator;
    } rows[] = { { 5, STAGE_MEETING, 3, false },
                 { 5, STAGE_MEETING, 0, false },
                 { 5, STAGE_MEETING, 0, true },
                 { 6, STAGE_MEETING, 3, false },
                 { 5, 1, 3, false },
                 { 0, STAGE_MEETING, 3, false } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lane *lane = mixer_frames_lane(stage.mixer, 0);
        struct voice_frame *frame = ring_reserve(lane->ring, sizeof(*frame) + 3);
        *frame = (struct voice_frame){ .session = rows[i].session,
                                       .meeting = rows[i].meeting,
                                       .arrived_us = stage.now_us,
                                       .is_terminator = rows[i].is_terminator,
                                       .n_bytes = rows[i].n_bytes };
        memcpy(frame->bytes, rubbish, 3);
        ring_commit(lane->ring);
        mixer_on_bell(stage.mixer, stage.now_us);
        stage_run(&stage, 50);
        assert_int_equal(stage_hall(&stage)->n_speakers, 0);
        assert_false(stage.mixer->is_ticking);
    }
    stage_close(&stage);
}

// "out, the other language", the moderator's turn, answers with their tokens.
static void acts_are_answered(void **state)
{
    (void)state;
    open_stage(2);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 50, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, 1, 0);
    assert_int_equal(stage.last_result, TRACKS_E_NOT_IN_BOOTH);
    stage_command(&stage, MIXER_CMD_AIR, 50, 0);
    assert_int_equal(stage.last_result, 0);
    stage_command(&stage, MIXER_CMD_OUT, 50, -1);
    assert_int_equal(stage.last_result, TRACKS_E_NO_FLOOR);
    stage_talk(&stage, stage_talker(&stage, 1, 500.0), true);
    stage_run(&stage, 1500);
    const struct meeting *meeting = stage_hall(&stage)->meeting;
    assert_int_equal(meeting_booth_state(meeting, 0).outgoing, ES);
    for (int i = 0; i < 3; i++) {
        stage_command(&stage, MIXER_CMD_OUT, 50, -1);
        assert_int_equal(stage.last_result, 0);
        assert_int_equal(meeting_booth_state(meeting, 0).outgoing, i % 2 == 0 ? EN : ES);
    }
    // a moderator corrects the speaker's language in mid-speech of the interpreter
    stage_talk(&stage, stage_talker(&stage, 50, 900.0), true);
    stage_run(&stage, 1500);
    stage_command(&stage, MIXER_CMD_SPOKEN, 1, EN);
    assert_int_equal(meeting_booth_state(meeting, 0).outgoing, EN);
    assert_true(meeting_booth_state(meeting, 0).is_pending);
    stage_command(&stage, MIXER_CMD_TURN_NOW, 0, -1);
    assert_int_equal(meeting_booth_state(meeting, 0).outgoing, ES);
    assert_int_equal(stage.n_results, 6);
    stage_close(&stage);
}

// However many microphones are open on the floor, an interpreter is decoded.
static void a_crowd_does_not_shut_the_booth_out(void **state)
{
    (void)state;
    open_stage(2);
    for (uint32_t i = 0; i < SPEAKERS_MAX + 4; i++) {
        stage_join(&stage, 1 + i, PLACE_FLOOR, 0, TIER_STANDARD, 1);
        stage_talk(&stage, stage_talker(&stage, 1 + i, 300.0 + 20.0 * i), true);
    }
    stage_run(&stage, 300);
    assert_int_equal(stage_hall(&stage)->n_speakers, SPEAKERS_OF_FLOOR_MAX);
    stage_join(&stage, 90, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_talk(&stage, stage_talker(&stage, 90, 900.0), true);
    stage_run(&stage, 100);
    assert_int_equal(stage_hall(&stage)->n_speakers, SPEAKERS_OF_FLOOR_MAX + 1);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_ten_speakers_the_eight_strongest_are_heard),
        cmocka_unit_test(an_interpreter_on_air_is_among_the_eight),
        cmocka_unit_test(a_crowd_does_not_shut_the_booth_out),
        cmocka_unit_test(wishes_beyond_the_limit_snap),
        cmocka_unit_test(too_many_tiers_merge_downward),
        cmocka_unit_test(a_late_clock_jumps),
        cmocka_unit_test(frames_find_the_commands_before_them),
        cmocka_unit_test(rubbish_and_strangers_cost_nothing),
        cmocka_unit_test(acts_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
