// SPDX-License-Identifier: BSD-3-Clause
//
// What a booth needs of the mixer: the handover in sound, soft tones, ears that are spared, voices
// at one level, and what is told of all that.
#include "mixer_stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPEAKER 1
#define FIRST 2
#define SECOND 3
#define OTHER_BOOTH 4
#define SPANISH 5
#define ON_ES 10
#define ON_EN 11
#define SPEAKER_HZ 500.0
#define FIRST_HZ 900.0
#define SECOND_HZ 1300.0
#define SPEECH_DB (-20.0)
#define SETTLED_MS 4000 // a voice that has just begun is played a trifle faster for a while

static struct stage stage;
static struct talker *speaker, *first, *second, *spanish;

static void set_scene(void)
{
    stage_open(&stage, 2);
    struct meeting_config config = stage_config(3);
    config.n_booths = 2;
    config.booths[1] = (struct booth_config){ .lang_a = ES, .lang_b = FR };
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, SPEAKER, PLACE_FLOOR, 0, TIER_FULL, 1);
    stage_join(&stage, SPANISH, PLACE_TRACK, ES, TIER_FULL, 1);
    stage_join(&stage, FIRST, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_join(&stage, SECOND, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_join(&stage, ON_ES, PLACE_TRACK, ES, TIER_FULL, 1);
    stage_join(&stage, ON_EN, PLACE_TRACK, EN, TIER_FULL, 1);
    for (uint32_t i = SPEAKER; i <= ON_EN; i++)
        stage_record(&stage, i);
    speaker = stage_talker(&stage, SPEAKER, SPEAKER_HZ);
    first = stage_talker(&stage, FIRST, FIRST_HZ);
    second = stage_talker(&stage, SECOND, SECOND_HZ);
    spanish = stage_talker(&stage, SPANISH, 700.0);
}

#define near(value, wanted, most) check_near(value, wanted, most, __LINE__)
static void check_near(double value, double wanted, double most, int line)
{
    if (!(fabs(value - wanted) <= most))
        fail_msg("line %d: %.2f is not within %.2f of %.2f", line, value, most, wanted);
}
#define LEVEL(session, hz) stage_level(&stage, session, hz, 333)

// ---- words of moderators

// Heard in full in that booth, and nowhere else; the floor and its holder stay what they are.
static void a_moderators_word_goes_into_booths_alone(void **state)
{
    (void)state;
    set_scene();
    stage_join(&stage, OTHER_BOOTH, PLACE_BOOTH, 1, TIER_FULL, 1);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1500);
    spanish->booths = 1u << 0;
    stage_talk(&stage, spanish, true);
    stage_run(&stage, SETTLED_MS);
    near(LEVEL(FIRST, 700.0), SPEECH_DB, 1.5);
    near(LEVEL(SECOND, 700.0), SPEECH_DB, 1.5);
    near(LEVEL(FIRST, SPEAKER_HZ), SPEECH_DB, 1.5);
    const uint32_t deaf[] = { OTHER_BOOTH, ON_ES, ON_EN, SPANISH };
    for (size_t i = 0; i < ARRAY_LEN(deaf); i++)
        if (LEVEL(deaf[i], 700.0) > -60.0)
            fail_msg("%u hears it", deaf[i]);
    assert_int_equal(stage.state.floor.holder, SPEAKER);
    assert_int_equal(stage_ear(&stage, FIRST)->indicator_from, SPANISH);
    // To the other booth as well, and then from the floor again.
    stage_talk(&stage, spanish, false);
    spanish->booths = 1u << 0 | 1u << 1;
    stage_talk(&stage, spanish, true);
    stage_run(&stage, SETTLED_MS);
    assert_true(LEVEL(OTHER_BOOTH, 700.0) > -35.0);
    stage_talk(&stage, spanish, false);
    stage_run(&stage, 500);
    assert_true(LEVEL(FIRST, 700.0) < -60.0);
    spanish->booths = 0;
    stage_talk(&stage, spanish, true);
    stage_run(&stage, SETTLED_MS);
    near(LEVEL(ON_EN, 700.0), SPEECH_DB, 1.5);
    // Who leaves in the middle of a word is cut.
    stage_talk(&stage, spanish, false);
    spanish->booths = 1u << 1;
    stage_talk(&stage, spanish, true);
    stage_run(&stage, 300);
    stage_command(&stage, MIXER_CMD_LEAVE, SPANISH, 0);
    stage_run(&stage, 1000);
    assert_true(LEVEL(OTHER_BOOTH, 700.0) < -60.0);
    stage_close(&stage);
}

// However loud: what goes into a booth's encoder stays under the ceiling (each block is checked).
static void a_moderators_word_is_limited(void **state)
{
    (void)state;
    set_scene();
    stage_talk(&stage, speaker, true);
    spanish->booths = 1u << 0;
    spanish->amplitude = 1.0;
    stage_talk(&stage, spanish, true);
    stage_run(&stage, SETTLED_MS);
    assert_true(LEVEL(FIRST, 700.0) > -10.0);
    assert_true(LEVEL(FIRST, 700.0) < -5.5);
    stage_close(&stage);
}

// ---- handover -----------------------------------------------------------------------------------

static void begin_handover(void)
{
    set_scene();
    stage_command(&stage, MIXER_CMD_AIR, FIRST, 0);
    stage_talk(&stage, speaker, true);
    stage_talk(&stage, first, true);
    stage_run(&stage, 2500);
    stage_command(&stage, MIXER_CMD_HANDOVER, FIRST, 0);
    assert_int_equal(stage.last_result, 0);
    stage_talk(&stage, second, true); // not on air yet: to the partner only
    stage_run(&stage, 1500);
    near(LEVEL(ON_ES, FIRST_HZ), SPEECH_DB, 1.5);
    assert_true(LEVEL(ON_ES, SECOND_HZ) < -65.0);
    near(LEVEL(FIRST, SECOND_HZ), SPEECH_DB - 6.0, 1.5);
    stage_command(&stage, MIXER_CMD_HANDOVER, SECOND, 0);
    assert_int_equal(stage.last_result, 0);
}

// Both are carried for at most 4 s, then the successor alone.
static void in_a_handover_both_are_heard_then_one(void **state)
{
    (void)state;
    begin_handover();
    stage_run(&stage, 1500);
    near(LEVEL(ON_ES, FIRST_HZ), SPEECH_DB, 1.5);
    near(LEVEL(ON_ES, SECOND_HZ), SPEECH_DB, 1.5);
    near(LEVEL(ON_ES, SPEAKER_HZ), SPEECH_DB - 15.0, 1.5);
    near(LEVEL(ON_EN, SPEAKER_HZ), SPEECH_DB, 1.5);
    assert_true(LEVEL(ON_EN, FIRST_HZ) < -65.0 && LEVEL(ON_EN, SECOND_HZ) < -65.0);
    stage_run(&stage, 3500); // over the 4 s
    near(LEVEL(ON_ES, SECOND_HZ), SPEECH_DB, 1.5);
    near(LEVEL(ON_ES, SPEAKER_HZ), SPEECH_DB - 15.0, 1.5);
    assert_true(LEVEL(ON_ES, FIRST_HZ) < -65.0);
    near(LEVEL(SECOND, FIRST_HZ), SPEECH_DB - 6.0, 1.5);
    assert_true(LEVEL(SECOND, SECOND_HZ) < -65.0);
    assert_int_equal(stage.state.booths[0].on_air, SECOND);
    assert_int_equal(stage_ear(&stage, ON_ES)->terminators, 0);
    stage_close(&stage);
}

static float steady(uint64_t sample)
{
    return 0.15f * (float)sin(2.0 * M_PI * FIRST_HZ * (double)sample / AUDIO_RATE_HZ);
}

// The second press: the leaver fades in 200 ms, linear, without a click.
static void the_crossfade_is_smooth(void **state)
{
    (void)state;
    begin_handover();
    first->sound = steady;
    second->amplitude = 0.01;
    speaker->amplitude = 0.01;
    stage_run(&stage, 700); // before the detector takes it for a hum
    double plain_db = stage_level_at(&stage, ON_ES, FIRST_HZ, stage.now_us - 100000, 40);
    double plain = stage_roughness(&stage, ON_ES, stage.now_us - 100000, 300);
    const uint64_t at_us = stage.now_us;
    stage_command(&stage, MIXER_CMD_HANDOVER, FIRST, 0);
    assert_int_equal(stage.last_result, 0);
    stage_run(&stage, 1000);
    // the tick, the limiter's 2 ms and the codec's look-ahead come before
    near(stage_level_at(&stage, ON_ES, FIRST_HZ, at_us + 135000, 40) - plain_db, -6.0, 2.0);
    assert_true(stage_level_at(&stage, ON_ES, FIRST_HZ, at_us + 290000, 40) < -55.0);
    double rough = stage_roughness(&stage, ON_ES, stage.now_us - 100000, 900);
    if (rough > 1.3 * plain)
        fail_msg("%.5f, in plain speech %.5f", rough, plain);
    stage_close(&stage);
}

// ---- tones --------------------------------------------------------------------------------------

static double loudest(uint32_t session, uint64_t from_us)
{
    double most = -120.0;
    for (uint64_t at = from_us + 20000; at <= stage.now_us; at += 20000) {
        double here = stage_rms_at(&stage, session, at, 20);
        most = here > most ? here : most;
    }
    return most;
}

// In silence: what comes is a tone, or nothing. Bit i: session FIRST + i hears one.
static unsigned heard_tones(void)
{
    const uint64_t from_us = stage.now_us;
    uint64_t terminators[16];
    for (uint32_t i = 0; i < 16; i++)
        terminators[i] = stage_ear(&stage, i)->terminators;
    stage_run(&stage, 2000);
    assert_false(stage.mixer->is_ticking);
    assert_null(stage_hall(&stage)->mixes);
    unsigned heard = 0;
    for (uint32_t i = FIRST; i <= ON_EN; i++) {
        if (stage_ear(&stage, i)->terminators != terminators[i] + (loudest(i, from_us) > -60.0))
            fail_msg("session %u: its end", i);
        if (loudest(i, from_us) <= -60.0)
            continue;
        near(loudest(i, from_us), -30.0, 4.0);
        heard |= 1u << (i - FIRST);
    }
    return heard;
}

// An interpreter is on air, and has just spoken, in a meeting that is silent now.
static void be_on_air(void)
{
    set_scene();
    stage_join(&stage, OTHER_BOOTH, PLACE_BOOTH, 1, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, FIRST, 0);
    stage_talk(&stage, speaker, true);
    stage_talk(&stage, first, true);
    stage_run(&stage, 1500);
    stage_talk(&stage, speaker, false);
    stage_talk(&stage, first, false);
    stage_run(&stage, 4000);
}

#define BOTH 3u
#define ONLY_FIRST 1u
#define ONLY_SECOND 2u

static void tones_reach_those_whom_they_are_for(void **state)
{
    (void)state;
    be_on_air();
    assert_int_equal(heard_tones(), 0);
    stage_command(&stage, MIXER_CMD_SIGNAL, SECOND, MIXER_TONE_TIMER);
    assert_int_equal(heard_tones(), ONLY_SECOND);
    stage_command(&stage, MIXER_CMD_SIGNAL, STAGE_BOOTH(0), MIXER_TONE_ALERT);
    assert_int_equal(heard_tones(), BOTH);
    stage_command(&stage, MIXER_CMD_SIGNAL, ON_ES, MIXER_TONE_ALERT); // not in a booth
    stage_command(&stage, MIXER_CMD_SIGNAL, FIRST, 77);
    assert_int_equal(heard_tones(), 0);
    stage_command(&stage, MIXER_CMD_HANDOVER, FIRST, 0); // asked: the partner is needed
    assert_int_equal(heard_tones(), ONLY_SECOND);
    stage_command(&stage, MIXER_CMD_HANDOVER, FIRST, 0); // withdrawn
    assert_int_equal(heard_tones(), 0);
    stage_command(&stage, MIXER_CMD_HANDOVER, SECOND, 0); // offered
    assert_int_equal(heard_tones(), ONLY_FIRST);
    stage_command(&stage, MIXER_CMD_HANDOVER, SECOND, 0);
    stage_command(&stage, MIXER_CMD_LEAVE, FIRST, 0);
    assert_int_equal(heard_tones(), ONLY_SECOND);
    stage_close(&stage);
}

static void a_long_cough_alerts_the_partner(void **state)
{
    (void)state;
    be_on_air();
    stage_command(&stage, MIXER_CMD_MUTED, FIRST, 1);
    stage_run(&stage, 14000);
    assert_int_equal(heard_tones(), ONLY_SECOND);
    stage_close(&stage);
}

// Whoever turned the booth, all in it hear that it turned; not on joining.
static void a_turn_is_heard_in_the_booth(void **state)
{
    (void)state;
    be_on_air();
    stage_talk(&stage, spanish, true);
    stage_run(&stage, 3000);
    stage_talk(&stage, spanish, false);
    assert_int_equal(meeting_booth_state(stage_hall(&stage)->meeting, 0).outgoing, EN);
    stage_run(&stage, 3000);
    stage_command(&stage, MIXER_CMD_OUT, FIRST, -1);
    assert_int_equal(stage.last_result, 0);
    assert_int_equal(heard_tones() & BOTH, BOTH);
    stage_join(&stage, 12, PLACE_BOOTH, 1, TIER_STANDARD, 1);
    stage_record(&stage, 12);
    assert_int_equal(heard_tones(), 0);
    stage_close(&stage);
}

// In mid-speech nobody else's mix has it, in any tick.
static void a_tone_stays_in_its_booth(void **state)
{
    (void)state;
    set_scene();
    stage_join(&stage, OTHER_BOOTH, PLACE_BOOTH, 1, TIER_FULL, 1);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 2000);
    unsigned n_heard = 0;
    const uint64_t plain_holes = stage_ear(&stage, FIRST)->holes;
    for (int i = 0; i < 100; i++) {
        if (i % 20 == 0)
            stage_command(&stage, MIXER_CMD_SIGNAL, STAGE_BOOTH(0), i / 20 % MIXER_TONES);
        stage_run(&stage, 10);
        const struct hall *hall = stage_hall(&stage);
        for (size_t k = 0; k < hall->n_seats; k++) {
            const struct seat *seat = hall->seats[k];
            bool has_tone = false;
            for (unsigned t = SPEAKERS_MAX; t < VOICES_MAX && seat->have.mix != NULL; t++)
                has_tone = has_tone || (seat->have.mix->has_target[t] &&
                                        seat->have.mix->target_db[t] > -100.0f);
            if (has_tone)
                assert_true(seat->session == FIRST || seat->session == SECOND);
            n_heard += has_tone;
        }
    }
    assert_true(n_heard > 30);
    assert_int_equal(stage_ear(&stage, FIRST)->holes, plain_holes);
    near(LEVEL(OTHER_BOOTH, SPEAKER_HZ), SPEECH_DB, 1.0);
    stage_close(&stage);
}

// ---- ears ---------------------------------------------------------------------------------------

static float burst(uint64_t sample)
{
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return sample / 4800 % 5 == 0 ? (seed >> 31 != 0 ? 1.0f : -1.0f) : 0.0f;
}
static float step(uint64_t sample)
{
    return sample / 12000 % 2 == 0 ? 0.999f : -0.999f;
}
static float howl(uint64_t sample)
{
    double t = (double)(sample % (3 * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ;
    return (float)(fmin(1.0, 0.001 * exp(4.0 * t)) * sin(2.0 * M_PI * 2300.0 * t));
}
static float dial(uint64_t sample)
{
    double t = (double)sample / AUDIO_RATE_HZ;
    return (float)(0.5 * sin(2.0 * M_PI * 770.0 * t) + 0.5 * sin(2.0 * M_PI * 1336.0 * t));
}

// Each tick's mixes are held against their ceilings (mixer_stage.c), while these scream together.
static void nothing_passes_the_ceiling(void **state)
{
    (void)state;
    static float (*const sounds[])(uint64_t) = { burst, step, howl, dial };
    for (size_t i = 0; i < ARRAY_LEN(sounds); i++) {
        set_scene();
        speaker->sound = sounds[i];
        spanish->sound = sounds[(i + 1) % ARRAY_LEN(sounds)];
        stage_talk(&stage, speaker, true);
        stage_talk(&stage, spanish, true);
        for (int k = 0; k < 6; k++) {
            stage_run(&stage, 700);
            stage_command(&stage, MIXER_CMD_SIGNAL, STAGE_BOOTH(0), MIXER_TONE_ALERT);
            stage_command(&stage, MIXER_CMD_MUSIC, 0, k % 3 - 1);
        }
        assert_true(loudest(FIRST, stage.now_us - 4000000) > -20.0); // they were heard
        stage_close(&stage);
    }
}

static void exposure_is_that_of_the_ear(void **state)
{
    (void)state;
    set_scene();
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 10800);
    assert_int_equal(stage.n_exposures, 2); // two interpreters
    double heard_db = stage_rms_at(&stage, FIRST, stage.now_us - 100000, 10000);
    near((double)stage.last_exposure.leq_minute_db, heard_db, 1.0);
    near((double)stage.last_exposure.leq_session_db, heard_db, 1.0);
    stage_talk(&stage, speaker, false);
    stage_run(&stage, 20000); // silence counts
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 9500);
    assert_int_equal(stage.n_exposures, 4);
    near((double)stage.last_exposure.leq_session_db, heard_db - 3.0, 1.0);
    stage_close(&stage);
}

// ---- what control is told -----------------------------------------------------------------------

// A burst of acts is one display, then the last of it; then nothing. The stage holds that never
// two come within 100 ms.
static void the_display_follows_but_not_faster_than_eyes(void **state)
{
    (void)state;
    set_scene();
    stage_run(&stage, 1000);
    unsigned before = stage.n_states;
    for (int i = 0; i < 51; i++) {
        stage_command(&stage, i % 2 == 0 ? MIXER_CMD_AIR : MIXER_CMD_OFF_AIR, FIRST, 0);
        assert_int_equal(stage.last_result, 0);
    }
    assert_int_equal(stage.n_states, before + 1);
    assert_int_equal(stage.state.booths[0].on_air, FIRST);
    stage_command(&stage, MIXER_CMD_TAKE, SECOND, 0);
    stage_run(&stage, 150);
    assert_int_equal(stage.n_states, before + 2);
    assert_int_equal(stage.state.booths[0].on_air, SECOND);
    assert_int_equal(stage.state.booths[0].n_interpreters, 2);
    stage_command(&stage, MIXER_CMD_DUCK, ON_ES, -6); // is nobody else's business
    stage_run(&stage, 30000);
    unsigned settled = stage.n_states;
    stage_run(&stage, 600000);
    assert_int_equal(stage.n_states, settled);
    assert_true(stage.mixer->armed_us == UINT64_MAX);
    assert_true(stage.state.is_music);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, 0);
    stage_run(&stage, 200);
    assert_false(stage.state.is_music);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 3000);
    assert_int_equal(stage.state.floor.holder, SPEAKER);
    assert_in_range(stage.n_states, settled + 2, settled + 8); // not with each tick
    stage_command(&stage, MIXER_CMD_FIGURES, 0, 0);
    assert_int_equal(stage.n_figures, 1);
    near((double)stage.figures.track_db[EN], -20.0, 12.0);
    stage_close(&stage);
}

static void moderators_acts_are_answered(void **state)
{
    (void)state;
    set_scene();
    static const struct {
        enum mixer_command_kind kind;
        uint32_t session;
        int32_t value;
        int result;
    } rows[] = { { MIXER_CMD_PIVOT, 0, ES, 0 },
                 { MIXER_CMD_PIVOT, 0, 7, TRACKS_E_UNKNOWN_LANGUAGE },
                 { MIXER_CMD_PIVOT, 0, -1, 0 },
                 { MIXER_CMD_FLOOR_LANG, 0, ES, 0 },
                 { MIXER_CMD_FLOOR_LANG, 0, 7, TRACKS_E_UNKNOWN_LANGUAGE },
                 { MIXER_CMD_GIVE_FLOOR, SPANISH, 0, 0 },
                 { MIXER_CMD_GIVE_FLOOR, 999, 0, TRACKS_E_UNKNOWN_MEMBER },
                 { MIXER_CMD_GIVE_FLOOR, 0, 0, 0 },
                 { MIXER_CMD_RELAY, ON_ES, ES, TRACKS_E_NOT_IN_BOOTH },
                 { MIXER_CMD_RELAY, FIRST, TRACKS_RELAY_FLOOR, 0 },
                 { MIXER_CMD_RELAY, FIRST, TRACKS_RELAY_AUTO, 0 },
                 { MIXER_CMD_HANDOVER, FIRST, 0, TRACKS_E_NOT_ON_AIR },
                 { MIXER_CMD_HANDOVER, ON_ES, 0, TRACKS_E_NOT_IN_BOOTH } };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        stage_command(&stage, rows[i].kind, rows[i].session, rows[i].value);
        assert_int_equal(stage.n_results, i + 1);
        if (stage.last_result != rows[i].result)
            fail_msg("row %u: %d", i, stage.last_result);
    }
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_handover_both_are_heard_then_one),
        cmocka_unit_test(the_crossfade_is_smooth),
        cmocka_unit_test(tones_reach_those_whom_they_are_for),
        cmocka_unit_test(a_long_cough_alerts_the_partner),
        cmocka_unit_test(a_turn_is_heard_in_the_booth),
        cmocka_unit_test(a_tone_stays_in_its_booth),
        cmocka_unit_test(a_moderators_word_goes_into_booths_alone),
        cmocka_unit_test(a_moderators_word_is_limited),
        cmocka_unit_test(nothing_passes_the_ceiling),
        cmocka_unit_test(exposure_is_that_of_the_ear),
        cmocka_unit_test(the_display_follows_but_not_faster_than_eyes),
        cmocka_unit_test(moderators_acts_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
