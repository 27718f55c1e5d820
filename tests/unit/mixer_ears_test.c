// SPDX-License-Identifier: BSD-3-Clause
//
// Voices at one level, guarded ears, music, and what is said of a voice: through the whole mixer.
#include "mixer_stage.h"
#include "test_sound.h"

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPEAKER 1
#define INTERPRETER 2
#define PARTNER 3
#define SECOND_SPEAKER 5
#define ON_ES 10
#define ON_EN 11
#define TARGET_LUFS ((double)LEVELLER_TARGET_LUFS)

static struct stage stage;
static struct talker *speaker, *interpreter, *second;
static float gain, interpreter_gain;

static float spoken(uint64_t n)
{
    return gain * sound_speech(n);
}
static float interpreted(uint64_t n)
{
    return interpreter_gain * sound_speech(n + 17 * AUDIO_RATE_HZ);
}

static void set_scene(bool is_levelling)
{
    stage_open(&stage, 2);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, SPEAKER, PLACE_FLOOR, 0, TIER_FULL, 1);
    stage_join(&stage, SECOND_SPEAKER, PLACE_FLOOR, 0, TIER_FULL, 1);
    stage_join(&stage, INTERPRETER, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_join(&stage, PARTNER, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_join(&stage, ON_ES, PLACE_TRACK, ES, TIER_FULL, 1);
    stage_join(&stage, ON_EN, PLACE_TRACK, EN, TIER_FULL, 1);
    for (uint32_t i = INTERPRETER; i <= ON_EN; i++)
        stage_record(&stage, i);
    speaker = stage_talker(&stage, SPEAKER, 500.0);
    second = stage_talker(&stage, SECOND_SPEAKER, 700.0);
    interpreter = stage_talker(&stage, INTERPRETER, 900.0);
    speaker->sound = spoken;
    interpreter->sound = interpreted;
    gain = interpreter_gain = 1.0f;
    stage_level_voices(&stage, is_levelling);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, -1);
}

static double loudness_of(const float *samples, uint64_t n)
{
    ebur128_state *state = ebur128_init(1, AUDIO_RATE_HZ, EBUR128_MODE_I);
    double lufs = 0.0;
    assert_non_null(state);
    ebur128_add_frames_float(state, samples, n);
    assert_int_equal(ebur128_loudness_global(state, &lufs), EBUR128_SUCCESS); // of voice: gated
    ebur128_destroy(&state);
    return lufs;
}

// Of what that session heard in the last seconds.
static double heard_lufs(uint32_t session, unsigned seconds)
{
    const uint64_t end = (stage.now_us / 1000 - stage.start_tick * 10) * 48 - 4800;
    const uint64_t n = (uint64_t)seconds * AUDIO_RATE_HZ;
    return loudness_of(stage_ear(&stage, session)->sound + end - n, n);
}

static double spoken_lufs(void)
{
    static float samples[12 * AUDIO_RATE_HZ];
    for (uint64_t i = 0; i < ARRAY_LEN(samples); i++)
        samples[i] = sound_speech(i);
    return loudness_of(samples, ARRAY_LEN(samples));
}

#define near(value, wanted, most) check_near(value, wanted, most, __LINE__)
static void check_near(double value, double wanted, double most, int line)
{
    if (!(fabs(value - wanted) <= most))
        fail_msg("line %d: %.2f is not within %.2f of %.2f", line, value, most, wanted);
}

// ---- levelling ----------------------------------------------------------------------------------

// Whoever speaks how loudly, floor or booth: the target within 2 dB, or as near as +9 dB take it.
static void all_voices_arrive_at_one_level(void **state)
{
    (void)state;
    static const struct {
        double lufs, interpreter_lufs;
    } rows[] = { { -30.0, -12.0 }, { -24.0, -27.0 }, { -18.0, -18.0 }, { -12.0, -30.0 } };
    const double plain_lufs = spoken_lufs();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        set_scene(true);
        gain = audio_gain_from_db((float)(rows[i].lufs - plain_lufs));
        interpreter_gain = audio_gain_from_db((float)(rows[i].interpreter_lufs - plain_lufs));
        stage_talk(&stage, speaker, true);
        stage_run(&stage, 11000);
        const double wanted = fmin(TARGET_LUFS, rows[i].lufs + (double)LEVELLER_MOST_DB);
        near(heard_lufs(ON_EN, 6), wanted, 2.0);
        near(heard_lufs(PARTNER, 6), wanted, 2.0);
        stage_command(&stage, MIXER_CMD_DUCK, ON_ES, -120);
        stage_command(&stage, MIXER_CMD_AIR, INTERPRETER, 0);
        stage_talk(&stage, interpreter, true);
        stage_run(&stage, 11000);
        near(heard_lufs(ON_ES, 6),
             fmin(TARGET_LUFS, rows[i].interpreter_lufs + (double)LEVELLER_MOST_DB), 2.0);
        stage_close(&stage);
    }
}

static float gain_now_db(uint32_t session)
{
    return leveller_gain_db(hall_seat(stage_hall(&stage), session)->kept->leveller);
}

// A pause, a move, another's turn: the gain stays with the person. It goes when they leave.
static void a_voice_goes_on_where_it_was(void **state)
{
    (void)state;
    set_scene(true);
    gain = audio_gain_from_db((float)(-26.0 - spoken_lufs()));
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 9000);
    const float gain_db = gain_now_db(SPEAKER);
    near((double)gain_db, 8.0, 1.5);
    stage_run(&stage, 100);
    stage_talk(&stage, speaker, false);
    stage_run(&stage, 20000);
    near((double)gain_now_db(SPEAKER), (double)gain_db, 0.4); // frozen
    stage_join(&stage, SPEAKER, PLACE_TRACK, EN, TIER_FULL, 1);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1000);
    near((double)gain_now_db(SPEAKER), (double)gain_db, 1.0);
    stage_talk(&stage, speaker, false);
    stage_run(&stage, 1000);
    stage_command(&stage, MIXER_CMD_LEAVE, SPEAKER, 0);
    stage_join(&stage, SPEAKER, PLACE_FLOOR, 0, TIER_FULL, 1);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 300);
    near((double)gain_now_db(SPEAKER), 0.0, 0.5);
    stage_close(&stage);
}

static void levelling_off_leaves_levels_alone(void **state)
{
    (void)state;
    set_scene(false);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, 0);
    const double plain_lufs = spoken_lufs();
    gain = audio_gain_from_db((float)(-26.0 - plain_lufs));
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 13000);
    near(heard_lufs(ON_EN, 9), -26.0, 0.7);
    stage_close(&stage);
}

// ---- guards -------------------------------------------------------------------------------------

static float burst(uint64_t n)
{
    return n / 4800 % 5 == 0 ? (sound_noise(n) > 0.0f ? 1.0f : -1.0f) : 0.0f;
}
static float square(uint64_t n)
{
    return n / 12000 % 2 == 0 ? 0.999f : -0.999f;
}
static float howl(uint64_t n)
{
    const double t = (double)(n % (4 * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ;
    return sound_sine(n, 2300.0, fmin(-3.1, -60.0 + 35.0 * t));
}
static float dial(uint64_t n)
{
    return sound_sine(n, 770.0, -9.2) + sound_sine(n, 1336.0, -9.2);
}
static float test_tone(uint64_t n)
{
    return sound_sine(n, 1000.0, -3.1);
}

// True peak between the samples, by the rules of ITU-R BS.1770 in libebur128's words.
static double true_peak_db(const float *samples, size_t n)
{
    ebur128_state *state = ebur128_init(1, AUDIO_RATE_HZ, EBUR128_MODE_TRUE_PEAK);
    double peak = 0.0;
    assert_non_null(state);
    ebur128_add_frames_float(state, samples, n);
    assert_int_equal(ebur128_true_peak(state, 0, &peak), EBUR128_SUCCESS);
    ebur128_destroy(&state);
    return 20.0 * log10(peak + 1e-9);
}

// What goes into the booth's encoder, block after block: the stage itself holds each sample of it
// against the ceiling. Music or not, alone or with another who screams too.
static void no_booth_hears_more_than_the_ceiling(void **state)
{
    (void)state;
    static float (*const sounds[])(uint64_t) = { burst, square, howl, dial, test_tone };
    static float into_encoder[400 * AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < 2 * ARRAY_LEN(sounds); i++) {
        set_scene(i % 2 == 0);
        speaker->sound = sounds[i / 2];
        second->sound = sounds[(i / 2 + i) % ARRAY_LEN(sounds)];
        stage_command(&stage, MIXER_CMD_MUSIC, 0, (int)(i % 3) - 1);
        stage_talk(&stage, speaker, true);
        stage_talk(&stage, second, i % 2 != 0);
        size_t n = 0;
        for (int tick = 0; tick < 400; tick++) {
            stage_run(&stage, 10);
            const struct mix *mix = hall_seat(stage_hall(&stage), PARTNER)->have.mix;
            if (mix == NULL)
                continue;
            assert_true(mix->is_booth);
            memcpy(into_encoder + n, mix->block, sizeof(mix->block));
            n += AUDIO_BLOCK_SAMPLES;
        }
        assert_true(n > 350 * AUDIO_BLOCK_SAMPLES);
        const double peak_db = true_peak_db(into_encoder, n);
        if (peak_db > (double)LIMITER_CEILING_BOOTH_DB || peak_db < -30.0)
            fail_msg("row %zu: true peak %.2f dBFS", i, peak_db);
        stage_close(&stage);
    }
}

// The floor's tracks hear it as it is; interpreters, of whom one comes in the midst of it, do not.
// Whoever hears it how often, it is counted once.
static void a_howl_is_kept_from_the_booth(void **state)
{
    (void)state;
    set_scene(false);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, 0);
    speaker->sound = test_tone;
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 2000);
    stage_command(&stage, MIXER_CMD_SIGNAL, INTERPRETER, MIXER_TONE_TIMER); // their mixes part
    stage_run(&stage, 200);
    stage_join(&stage, 4, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_run(&stage, 2000);
    near(stage_level(&stage, INTERPRETER, 1000.0, 333), -17.0, 1.0); // -20 dBFS of a sine
    near(stage_level(&stage, PARTNER, 1000.0, 333), -17.0, 1.0);
    near(stage_level(&stage, 4, 1000.0, 333), -17.0, 1.0);
    assert_true(stage_level(&stage, ON_EN, 1000.0, 333) > -6.0);
    stage_command(&stage, MIXER_CMD_FIGURES, 0, 0);
    assert_int_equal(stage.figures.n_guard_trips, 1);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, 1);
    stage_run(&stage, 1000);
    assert_true(stage_level(&stage, PARTNER, 1000.0, 333) > -8.0);
    stage_close(&stage);
}

// ---- noise --------------------------------------------------------------------------------------

// A fan, and from the fifth second on somebody who speaks before it.
static float before_a_fan(uint64_t n)
{
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    const double fan = 0.005 * (double)(int32_t)seed / 2147483648.0;
    const double t = (double)n / AUDIO_RATE_HZ, angle = 2.0 * M_PI * 150.0 * t;
    double sum = 0.0;
    for (int k = 1; k <= 12; k++)
        sum += sin(k * (angle + 3.0 * sin(2.0 * M_PI * 0.8 * t))) / k;
    const double loud = t < 5.0 ? 0.0 : fmax(0.0, sin(2.0 * M_PI * 1.5 * t));
    return (float)(fan + 0.1 * loud * sum);
}

static void noise_is_taken_out(void **state)
{
    (void)state;
    double fan_db[2], voice_db[2], rough[2];
    for (int is_on = 0; is_on < 2; is_on++) {
        set_scene(false);
        stage_suppress_noise(&stage, is_on != 0);
        speaker->sound = before_a_fan;
        stage_talk(&stage, speaker, true);
        stage_run(&stage, 10000);
        const uint64_t began_us = stage.now_us - 10000000;
        fan_db[is_on] = stage_rms_at(&stage, ON_EN, began_us + 4900000, 1500);
        voice_db[is_on] = stage_rms_at(&stage, ON_EN, began_us + 9900000, 4000);
        stage_talk(&stage, speaker, false); // the end is as soft as without
        stage_run(&stage, 1000);
        rough[is_on] = stage_roughness(&stage, ON_EN, stage.now_us - 80000, 1000);
        stage_close(&stage);
    }
    print_message("fan %.1f to %.1f dB, voice %.1f to %.1f dB\n", fan_db[0], fan_db[1], voice_db[0],
                  voice_db[1]);
    print_message("roughness %.4f to %.4f\n", rough[0], rough[1]);
    assert_true(rough[1] < 1.3 * rough[0]);
    assert_true(fan_db[1] < fan_db[0] - 10.0);
    assert_true(fabs(voice_db[1] - voice_db[0]) < 2.0);
}

// ---- music --------------------------------------------------------------------------------------

static float sung(uint64_t n)
{
    static const double notes[] = { 220.0, 247.0, 262.0, 196.0 };
    const double t = (double)n / AUDIO_RATE_HZ, at = fmod(t, 0.8);
    const double phase = 2.0 * M_PI * notes[(size_t)(t / 0.8) % 4] * at + 1.2 * sin(34.0 * t);
    double sum = 0.0;
    for (int k = 1; k <= 12; k++)
        sum += sin(k * phase) / k;
    return gain * (float)(0.12 * fmin(1.0, fmin(20.0 * at, 20.0 * (0.8 - at)) + 0.3) * sum);
}

static void music_is_noticed_and_left_alone(void **state)
{
    (void)state;
    set_scene(true);
    speaker->sound = sung;
    gain = 1.0f;
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 9000);
    assert_true(stage.state.is_music);
    const float gain_db = gain_now_db(SPEAKER);
    gain = 3.0f;
    stage_run(&stage, 4000);
    near((double)gain_now_db(SPEAKER), (double)gain_db, 0.01);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, 0);
    stage_run(&stage, 2000);
    assert_false(stage.state.is_music);
    assert_true(gain_now_db(SPEAKER) < gain_db - 2.0f);
    stage_command(&stage, MIXER_CMD_MUSIC, 0, -1);
    stage_run(&stage, 200);
    assert_true(stage.state.is_music);
    speaker->sound = spoken;
    gain = 1.0f;
    stage_run(&stage, 12000);
    assert_false(stage.state.is_music);
    stage_close(&stage);
}

// A tone that a guard has hold of is no music, however long it lasts.
static void a_tone_is_never_music(void **state)
{
    (void)state;
    set_scene(true);
    speaker->sound = dial;
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 10000);
    assert_false(stage.state.is_music);
    assert_true(stage_rms_at(&stage, PARTNER, stage.now_us - 100000, 1000) < -19.0);
    stage_close(&stage);
}

// ---- quality ------------------------------------------------------------------------------------

static void floor_speakers_are_judged_by_what_they_send(void **state)
{
    (void)state;
    set_scene(true);
    gain = audio_gain_from_db((float)(-40.0 - spoken_lufs()));
    stage_talk(&stage, speaker, true);
    stage_talk(&stage, interpreter, true); // is not
    stage_run(&stage, 14000);
    assert_in_range(stage.n_qualities, 1, 3);
    assert_int_equal(stage.last_quality.session, SPEAKER);
    near((double)stage.last_quality.quality.level_lufs, -40.0, 1.5); // not as levelled
    assert_true(stage.last_quality.quality.score < 50);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_voices_arrive_at_one_level),
        cmocka_unit_test(a_voice_goes_on_where_it_was),
        cmocka_unit_test(levelling_off_leaves_levels_alone),
        cmocka_unit_test(no_booth_hears_more_than_the_ceiling),
        cmocka_unit_test(a_howl_is_kept_from_the_booth),
        cmocka_unit_test(noise_is_taken_out),
        cmocka_unit_test(music_is_noticed_and_left_alone),
        cmocka_unit_test(a_tone_is_never_music),
        cmocka_unit_test(floor_speakers_are_judged_by_what_they_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
