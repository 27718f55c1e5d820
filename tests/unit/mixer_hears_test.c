// SPDX-License-Identifier: BSD-3-Clause
//
// What listeners of a bilingual meeting hear: levels, ducking, joins, moves, ends.
#include "mixer_stage.h"

#include <math.h>
#include <stdio.h>

#define SPEAKER 1
#define INTERPRETER 2
#define PARTNER 3
#define ON_ES 10
#define ON_EN 11
#define ON_ES_THIN 12
#define ON_ES_FULL 13
#define ON_FLOOR 14
#define FLOOR_VOICE 9900
#define SPEAKER_HZ 500.0
#define INTERPRETER_HZ 900.0
#define SPEECH_DB (-20.0)

struct scene {
    struct stage stage;
    struct talker *speaker, *interpreter;
};

// English on the floor, an interpreter on air in the booth, listeners on both tracks.
static struct scene *set_scene(void)
{
    static struct scene scene;
    struct stage *stage = &scene.stage;
    stage_open(stage, 2);
    struct meeting_config config = stage_config(2);
    stage_meeting(stage, STAGE_MEETING, &config);
    stage_join(stage, SPEAKER, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(stage, INTERPRETER, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_join(stage, PARTNER, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_join(stage, ON_ES, PLACE_TRACK, ES, TIER_STANDARD, 5);
    stage_join(stage, ON_EN, PLACE_TRACK, EN, TIER_STANDARD, 6);
    stage_join(stage, ON_ES_THIN, PLACE_TRACK, ES, TIER_MINIMUM, 7);
    for (uint32_t i = 1; i <= ON_ES_THIN; i = i == PARTNER ? ON_ES : i + 1)
        stage_record(stage, i);
    stage_command(stage, MIXER_CMD_AIR, INTERPRETER, 0);
    assert_int_equal(stage->last_result, 0);
    scene.speaker = stage_talker(stage, SPEAKER, SPEAKER_HZ);
    scene.interpreter = stage_talker(stage, INTERPRETER, INTERPRETER_HZ);
    return &scene;
}

#define LEVEL(session, hz) stage_level(&scene->stage, session, hz, 999)
#define near(value, wanted, most) check_near(value, wanted, most, __LINE__)
static void check_near(double value, double wanted, double most, int line)
{
    if (!(fabs(value - wanted) <= most))
        fail_msg("line %d: %.2f is not within %.2f of %.2f", line, value, most, wanted);
}

// Levels are judged in the tier that keeps them; at low rates a codec spares the fainter of two
// tones by itself.
static void levels_follow_the_table(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_join(stage, ON_ES_FULL, PLACE_TRACK, ES, TIER_FULL, 5);
    stage_record(stage, ON_ES_FULL);
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 2500);
    // nobody interprets: the floor in full on both tracks and in the booth, one mix of each kind
    near(LEVEL(ON_ES, SPEAKER_HZ), SPEECH_DB, 0.5);
    near(LEVEL(ON_EN, SPEAKER_HZ), SPEECH_DB, 0.5);
    near(LEVEL(ON_ES_THIN, SPEAKER_HZ), SPEECH_DB, 0.7);
    near(LEVEL(INTERPRETER, SPEAKER_HZ), SPEECH_DB, 0.5);
    assert_int_equal(stage_encoders(stage, true), 4); // tracks in three tiers, booth
    stage_talk(stage, scene->interpreter, true);
    stage_run(stage, 2500);
    near(LEVEL(ON_ES_FULL, SPEAKER_HZ), SPEECH_DB - 15.0, 0.3);
    near(LEVEL(ON_ES_FULL, INTERPRETER_HZ), SPEECH_DB, 0.3);
    near(LEVEL(ON_ES, SPEAKER_HZ), SPEECH_DB - 16.0, 2.0);
    near(LEVEL(ON_ES, INTERPRETER_HZ), SPEECH_DB, 0.5);
    near(LEVEL(ON_ES_THIN, SPEAKER_HZ), SPEECH_DB - 19.0, 5.0);
    near(LEVEL(ON_ES_THIN, INTERPRETER_HZ), SPEECH_DB, 1.5);
    near(LEVEL(ON_EN, SPEAKER_HZ), SPEECH_DB, 0.5);
    assert_true(LEVEL(ON_EN, INTERPRETER_HZ) < -70.0);
    near(LEVEL(INTERPRETER, SPEAKER_HZ), SPEECH_DB, 0.5);
    assert_true(LEVEL(INTERPRETER, INTERPRETER_HZ) < -70.0);
    near(LEVEL(PARTNER, SPEAKER_HZ), SPEECH_DB, 0.5);
    assert_true(LEVEL(PARTNER, INTERPRETER_HZ) > -50.0);
    assert_int_equal(stage_ear(stage, SPEAKER)->packets, 0); // the floor is direct
    stage_talk(stage, scene->interpreter, false);
    stage_run(stage, 1700); // within the hold
    near(stage_level(stage, ON_ES_FULL, SPEAKER_HZ, 333), SPEECH_DB - 15.0, 0.5);
    stage_run(stage, 1230); // over it by 0.93 s, and it was to take half of one
    near(stage_level(stage, ON_ES_FULL, SPEAKER_HZ, 333), SPEECH_DB, 0.5);
    near(stage_level(stage, ON_ES, SPEAKER_HZ, 333), SPEECH_DB, 0.5);
    assert_int_equal(stage_encoders(stage, true), 6); // nothing changes in mid-speech
    stage_talk(stage, scene->speaker, false);
    stage_run(stage, 300);
    assert_int_equal(stage_encoders(stage, true), 4); // merged in a pause
    assert_int_equal(stage_ear(stage, ON_ES)->epoch, 5);
    assert_int_equal(stage_ear(stage, ON_EN)->epoch, 6);
    stage_close(stage);
}

// What a listener hears between two times has no spike that their plain speech has not.
static void is_smooth(struct stage *stage, uint32_t session, uint64_t from_us, double plain)
{
    uint64_t ms = (stage->now_us - 100000 - from_us) / 1000;
    double rough = stage_roughness(stage, session, stage->now_us - 100000, ms);
    if (rough > 1.7 * plain)
        fail_msg("ear %u: %.5f, in plain speech %.5f", session, rough, plain);
}

// In mid-speech the streams of two tracks part, and come together in a pause: no listener hears it,
// but for the ramp.
static void streams_part_and_merge_without_a_click(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    static const uint32_t ears[] = { ON_ES, ON_EN, ON_ES_THIN };
    double plain[ARRAY_LEN(ears)];
    scene->speaker->is_voice = true;
    scene->speaker->tone_hz = 140.0;
    scene->interpreter->amplitude = 0.02; // its own sound shall not count as roughness
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 3100);
    for (size_t i = 0; i < ARRAY_LEN(ears); i++)
        plain[i] = stage_roughness(stage, ears[i], stage->now_us - 100000, 2000);
    uint64_t from_us = stage->now_us;
    for (int turn = 0; turn < 3; turn++) {
        stage_talk(stage, scene->interpreter, true);
        stage_run(stage, 1503);
        stage_talk(stage, scene->interpreter, false);
        stage_run(stage, 3511);
        for (size_t i = 0; i < ARRAY_LEN(ears); i++) {
            is_smooth(stage, ears[i], from_us, plain[i]);
            assert_int_equal(stage_ear(stage, ears[i])->terminators, 0);
        }
        stage_talk(stage, scene->speaker, false);
        stage_run(stage, 217);
        assert_int_equal(stage_encoders(stage, true), 3);
        stage_talk(stage, scene->speaker, true);
        stage_run(stage, 300);
    }
    stage_close(stage);
}

// Against one who is not ducked, as the voice swells by itself.
static double ducked_by(struct stage *stage, uint32_t session, uint64_t end_us)
{
    return stage_level_at(stage, ON_EN, SPEAKER_HZ, end_us, 20) -
           stage_level_at(stage, session, SPEAKER_HZ, end_us, 20);
}

// In the listener's time the duck begins at the tick after the packet's arrival, takes 30 ms, and
// the limiter and the codec add 9 ms.
static void ducking_begins_when_the_packet_arrives(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    scene->interpreter->amplitude = 0.3;
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 2000);
    stage_talk(stage, scene->interpreter, true);
    uint64_t arrival_us = scene->interpreter->next_us;
    stage_run(stage, 1000);
    near(ducked_by(stage, ON_ES, arrival_us), 0.0, 1.0);
    assert_in_range((unsigned)ducked_by(stage, ON_ES, arrival_us + 35000), 2, 13);
    near(ducked_by(stage, ON_ES, arrival_us + 75000), 15.0, 3.0);
    near(ducked_by(stage, ON_ES_THIN, arrival_us + 75000), 15.0, 5.0);
    // nothing of the interpreter's first syllable is lost, in either tier
    double first = stage_level_at(stage, ON_ES, INTERPRETER_HZ, arrival_us + 60000, 30);
    double thin = stage_level_at(stage, ON_ES_THIN, INTERPRETER_HZ, arrival_us + 60000, 30);
    near(thin, first, 3.0);
    near(first, -10.0, 4.0);
    stage_close(stage);
}

// Whoever speaks on a track is never sent their own voice, not in the first packet, not at the end.
static void nobody_hears_themselves(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    struct talker *own = stage_talker(stage, ON_ES, 1300.0);
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 1500);
    for (int turn = 0; turn < 3; turn++) {
        uint64_t start_us = stage->now_us;
        stage_talk(stage, own, true);
        stage_run(stage, 800);
        stage_talk(stage, own, false);
        stage_run(stage, 500);
        for (uint64_t at = start_us + 333000; at + 100000 < stage->now_us; at += 111000)
            if (stage_level_at(stage, ON_ES, 1300.0, at, 333) > -70.0)
                fail_msg("turn %d: own voice at %.1f dB", turn,
                         stage_level_at(stage, ON_ES, 1300.0, at, 333));
        near(stage_level_at(stage, ON_EN, 1300.0, start_us + 720000, 333), SPEECH_DB, 1.0);
        near(stage_level(stage, ON_ES, SPEAKER_HZ, 999), SPEECH_DB, 0.5);
    }
    assert_int_equal(stage_ear(stage, ON_ES)->terminators, 0);
    stage_close(stage);
}

static void a_tier_changes_in_mid_sentence(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    scene->speaker->is_voice = true;
    scene->speaker->tone_hz = 140.0;
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 3000);
    double plain = stage_roughness(stage, ON_ES_THIN, stage->now_us - 100000, 2000);
    uint64_t start_us = stage->now_us;
    for (int i = 0; i < 30; i++) {
        enum tier tier = i % 2 == 0 ? TIER_MINIMUM : TIER_STANDARD;
        stage_join(stage, ON_ES, PLACE_TRACK, ES, tier, 5);
        stage_run(stage, 130 + (uint64_t)i);
        assert_int_equal(stage_ear(stage, ON_ES)->tier, tier);
    }
    assert_int_equal(stage_ear(stage, ON_ES)->terminators, 0);
    is_smooth(stage, ON_ES, start_us, plain);
    // no hole: nowhere are 5 ms without sound
    for (uint64_t at = start_us; at + 100000 < stage->now_us; at += 1000)
        assert_true(stage_rms_at(stage, ON_ES, at, 5) > -50.0);
    stage_close(stage);
}

static void joins_moves_and_deafness_in_mid_speech(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_talk(stage, scene->speaker, true);
    stage_talk(stage, scene->interpreter, true);
    stage_run(stage, 2000);
    stage_record(stage, 20);
    stage_join(stage, 20, PLACE_TRACK, ES, TIER_STANDARD, 1);
    stage_run(stage, 1200);
    near(LEVEL(20, SPEAKER_HZ), SPEECH_DB - 16.0, 2.0);
    near(LEVEL(20, INTERPRETER_HZ), SPEECH_DB, 0.5);
    assert_int_equal(stage_ear(stage, 20)->from, STAGE_TRACK(ES));
    stage_join(stage, 20, PLACE_TRACK, EN, TIER_STANDARD, 2);
    stage_run(stage, 1200);
    near(LEVEL(20, SPEAKER_HZ), SPEECH_DB, 0.5);
    assert_true(LEVEL(20, INTERPRETER_HZ) < -70.0);
    assert_int_equal(stage_ear(stage, 20)->from, STAGE_TRACK(EN));
    assert_int_equal(stage_ear(stage, 20)->epoch, 2);
    stage_deaf(stage, 20, true);
    uint64_t packets = stage_ear(stage, 20)->packets;
    stage_run(stage, 300);
    assert_int_equal(stage_ear(stage, 20)->packets, packets);
    stage_deaf(stage, 20, false);
    stage_run(stage, 300);
    assert_true(stage_ear(stage, 20)->packets > packets + 10);
    stage_join(stage, 20, PLACE_FLOOR, 0, TIER_STANDARD, 3);
    packets = stage_ear(stage, 20)->packets;
    stage_run(stage, 300);
    assert_int_equal(stage_ear(stage, 20)->packets, packets);
    stage_command(stage, MIXER_CMD_LEAVE, 20, 0);
    stage_run(stage, 100);
    stage_close(stage);
}

// A listener's own choices move gains, never a step.
static void a_new_duck_is_a_glide(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_join(stage, 21, PLACE_TRACK, ES, TIER_STANDARD, 1);
    stage_command(stage, MIXER_CMD_DUCK, 21, -6);
    scene->interpreter->amplitude = 0.02;
    stage_talk(stage, scene->speaker, true);
    stage_talk(stage, scene->interpreter, true);
    stage_run(stage, 2500);
    double plain = stage_roughness(stage, ON_EN, stage->now_us - 100000, 1000);
    uint64_t at_us = stage->now_us;
    stage_command(stage, MIXER_CMD_DUCK, ON_ES, -6);
    stage_run(stage, 1500);
    near(LEVEL(ON_ES, SPEAKER_HZ), SPEECH_DB - 6.0, 0.5);
    double early = stage_level_at(stage, ON_ES, SPEAKER_HZ, at_us + 100000, 20);
    double late = stage_level_at(stage, ON_ES, SPEAKER_HZ, at_us + 433000, 20);
    assert_true(late - early > 2.0); // on its way after 100 ms
    is_smooth(stage, ON_ES, at_us, plain);
    stage_talk(stage, scene->interpreter, false);
    stage_talk(stage, scene->speaker, false);
    stage_run(stage, 250);
    assert_int_equal(stage_encoders(stage, true), 3);
    stage_close(stage);
}

// "Off" goes and comes as softly as any other step: 30 ms down, 400 ms up.
static void a_floor_that_is_off_comes_back_softly(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    scene->interpreter->amplitude = 0.02;
    stage_command(stage, MIXER_CMD_DUCK, ON_ES, (int32_t)TRACKS_SILENT_DB);
    stage_talk(stage, scene->speaker, true);
    stage_talk(stage, scene->interpreter, true);
    stage_run(stage, 2000);
    assert_true(LEVEL(ON_ES, SPEAKER_HZ) < -50.0);
    const uint64_t at_us = stage->now_us;
    stage_command(stage, MIXER_CMD_DUCK, ON_ES, 0);
    stage_run(stage, 1600);
    // linear in amplitude: a quarter of the way, half of it, and what a mix is late by
    near(ducked_by(stage, ON_ES, at_us + 140000), 12.0, 4.0);
    near(ducked_by(stage, ON_ES, at_us + 240000), 6.0, 2.0);
    near(ducked_by(stage, ON_ES, at_us + 600000), 0.0, 0.5);
    stage_close(stage);
}

static void silence_ends_with_one_terminator_and_sleep(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    for (unsigned turn = 1; turn <= 3; turn++) {
        stage_talk(stage, scene->speaker, true);
        stage_run(stage, 1000 + 7 * turn);
        stage_talk(stage, scene->speaker, false);
        uint64_t end_us = stage->now_us;
        stage_run(stage, 700);
        const struct ear_heard *ear = stage_ear(stage, ON_ES);
        assert_int_equal(ear->terminators, turn);
        assert_int_equal(stage_ear(stage, ON_ES_THIN)->terminators, turn);
        assert_in_range(ear->last_us - end_us, 400000, 520000);
        assert_false(stage->mixer->is_ticking);
        assert_null(stage_hall(stage)->mixes); // memory is given back
    }
    stage_run(stage, 30000); // what the rules have to say later is said once
    uint64_t wakeups = stage->wakeups;
    assert_true(stage->mixer->armed_us == UINT64_MAX);
    stage_run(stage, 3600000);
    assert_true(stage->wakeups == wakeups);
    stage_close(stage);
}

static void a_pause_is_bridged_and_speech_after_silence_begins_anew(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    for (uint64_t pause = 0; pause <= 900; pause += 50) {
        stage_talk(stage, scene->speaker, true);
        stage_run(stage, 503);
        near(stage_level(stage, ON_ES, SPEAKER_HZ, 333), SPEECH_DB, 2.0);
        near(stage_level(stage, ON_ES_THIN, SPEAKER_HZ, 333), SPEECH_DB, 2.0);
        stage_talk(stage, scene->speaker, false);
        stage_run(stage, pause);
    }
    assert_true(stage_ear(stage, ON_ES)->terminators >= 5);
    assert_true(stage_ear(stage, ON_ES)->terminators <= 12);
    stage_close(stage);
}

static void indicators_show_who_speaks(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 2000);
    assert_in_range(stage_ear(stage, ON_ES)->indicators, 15, 20);
    assert_int_equal(stage_ear(stage, ON_ES)->indicator_from, SPEAKER);
    assert_true(stage_ear(stage, INTERPRETER)->indicators > 0);
    assert_int_equal(stage_ear(stage, ON_ES_THIN)->indicators, 0);
    assert_int_equal(stage_ear(stage, SPEAKER)->indicators, 0);
    // that speaker's own numbers
    assert_in_range(stage_ear(stage, ON_ES)->indicator_next, scene->speaker->frame - 12,
                    scene->speaker->frame + 6);
    stage_talk(stage, scene->speaker, false);
    stage_run(stage, 400);
    assert_int_equal(stage_ear(stage, ON_ES)->indicator_ends, 1);
    uint64_t shown = stage_ear(stage, ON_ES)->indicators;
    stage_talk(stage, scene->interpreter, true);
    stage_run(stage, 1000);
    assert_int_equal(stage_ear(stage, ON_ES)->indicators, shown); // not on a track
    assert_int_equal(stage_ear(stage, PARTNER)->indicator_from, INTERPRETER);
    assert_int_equal(stage_ear(stage, INTERPRETER)->indicator_from, SPEAKER);
    stage_close(stage);
}

static void people_and_meetings_vanish_in_mid_speech(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 1500);
    double plain = stage_roughness(stage, ON_ES, stage->now_us - 100000, 800);
    uint64_t start_us = stage->now_us;
    stage_command(stage, MIXER_CMD_LEAVE, SPEAKER, 0); // packets still come for a while
    assert_int_equal(stage_ear(stage, ON_ES)->indicator_ends, 1);
    stage_run(stage, 300);
    scene->speaker->is_on = false;
    stage_run(stage, 300);
    double rough = stage_roughness(stage, ON_ES, start_us + 300000, 290);
    if (rough > 2.0 * plain)
        fail_msg("%.5f, in plain speech %.5f", rough, plain);
    assert_int_equal(stage_ear(stage, ON_ES)->terminators, 1);
    assert_false(stage->mixer->is_ticking);
    stage_join(stage, SPEAKER, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 500);
    stage_command(stage, MIXER_CMD_MEETING_REMOVE, 0, 0);
    assert_false(stage_ear(stage, ON_ES)->is_open);
    uint64_t packets = stage_ear(stage, ON_ES)->packets;
    stage_run(stage, 500);
    assert_int_equal(stage_ear(stage, ON_ES)->packets, packets);
    assert_false(stage->mixer->is_ticking);
    stage_close(stage);
}

// What an interpreter said in the booth stays there, even if they get up in mid-word.
static void booth_talk_does_not_follow_onto_the_floor(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    struct talker *partner = stage_talker(stage, PARTNER, 1300.0);
    stage_talk(stage, partner, true);
    stage_talk(stage, scene->speaker, true);
    stage_run(stage, 1005);
    partner->is_on = false;
    stage_join(stage, PARTNER, PLACE_FLOOR, 0, TIER_STANDARD, 2);
    uint64_t start_us = stage->now_us;
    stage_run(stage, 700);
    assert_true(stage_level_at(stage, ON_EN, 1300.0, start_us + 333000, 333) < -70.0);
    stage_close(stage);
}

// Who speaks there, at 0 dB and without the interpreter (row 6); and not oneself.
static void a_thin_listener_of_the_floor_hears_it_mixed(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_record(stage, ON_FLOOR);
    stage_join_mixed(stage, ON_FLOOR, TIER_MINIMUM, 8, FLOOR_VOICE);
    struct talker *own = stage_talker(stage, ON_FLOOR, 1300.0);
    stage_talk(stage, scene->speaker, true);
    stage_talk(stage, scene->interpreter, true);
    stage_talk(stage, own, true);
    stage_run(stage, 2000);
    near(LEVEL(ON_FLOOR, SPEAKER_HZ), LEVEL(ON_EN, SPEAKER_HZ), 1.5);
    assert_true(LEVEL(ON_FLOOR, INTERPRETER_HZ) < -60.0);
    assert_true(LEVEL(ON_FLOOR, 1300.0) < -60.0);
    assert_int_equal(stage_ear(stage, ON_FLOOR)->from, FLOOR_VOICE);
    const uint64_t packets = stage_ear(stage, ON_FLOOR)->packets;
    stage_join_mixed(stage, ON_FLOOR, TIER_STANDARD, 9, 0); // direct from now on
    stage_run(stage, 500);
    assert_int_equal(stage_ear(stage, ON_FLOOR)->packets, packets);
    stage_close(stage);
}

static void a_pause_of_the_floor_is_told(void **state)
{
    (void)state;
    struct scene *scene = set_scene();
    struct stage *stage = &scene->stage;
    stage_command(stage, MIXER_CMD_PAUSE, ON_EN, 5000); // nobody speaks: after 200 ms
    stage_run(stage, 150);
    assert_int_equal(stage->n_pauses, 0);
    stage_run(stage, 100);
    assert_int_equal(stage->n_pauses, 1);
    stage_talk(stage, scene->speaker, true);
    stage_talk(stage, scene->interpreter, true); // is not the floor
    stage_run(stage, 1000);
    stage_command(stage, MIXER_CMD_PAUSE, ON_EN, 60000);
    stage_command(stage, MIXER_CMD_PAUSE, ON_ES, 1500); // ... in any case
    stage_run(stage, 1450);
    assert_int_equal(stage->n_pauses, 1);
    stage_run(stage, 100);
    assert_int_equal(stage->n_pauses, 2);
    stage_talk(stage, scene->speaker, false);
    stage_run(stage, 600); // the detector's hangover, and the pause
    assert_int_equal(stage->n_pauses, 3);
    stage_close(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_follow_the_table),
        cmocka_unit_test(streams_part_and_merge_without_a_click),
        cmocka_unit_test(ducking_begins_when_the_packet_arrives),
        cmocka_unit_test(nobody_hears_themselves),
        cmocka_unit_test(a_tier_changes_in_mid_sentence),
        cmocka_unit_test(joins_moves_and_deafness_in_mid_speech),
        cmocka_unit_test(a_new_duck_is_a_glide),
        cmocka_unit_test(a_floor_that_is_off_comes_back_softly),
        cmocka_unit_test(silence_ends_with_one_terminator_and_sleep),
        cmocka_unit_test(a_pause_is_bridged_and_speech_after_silence_begins_anew),
        cmocka_unit_test(indicators_show_who_speaks),
        cmocka_unit_test(people_and_meetings_vanish_in_mid_speech),
        cmocka_unit_test(a_thin_listener_of_the_floor_hears_it_mixed),
        cmocka_unit_test(a_pause_of_the_floor_is_told),
        cmocka_unit_test(booth_talk_does_not_follow_onto_the_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
