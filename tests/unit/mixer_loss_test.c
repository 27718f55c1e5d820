// SPDX-License-Identifier: BSD-3-Clause
//
// One listener's bad line and all the others: whatever it reports, and however it steps down, the
// packets of others on the same mix are bit for bit what they would have been. Only when most of a
// stream's listeners lose some does its encoder expect that.
#include "mixer_stage.h"

#include <math.h>
#include <stdlib.h>

#include <string.h>

#define S UINT64_C(1000000)
enum { ANA = 21, BETO, CARO, SPEAKER };
#define HEARD_MS 3000

enum happening { NOTHING, IS_THERE, STEPS_DOWN, REPORTS, MOST_REPORT, STOP_REPORTING };

static float words(uint64_t sample) // syllables of a voice that moves
{
    const double t = (double)sample / AUDIO_RATE_HZ, hz = 140 + 40 * sin(2.1 * t);
    double sum = 0;
    for (int i = 1; i < 20; i++)
        sum += sin(2 * M_PI * hz * i * t) / i;
    return (float)(0.06 * sum * (0.55 + 0.45 * sin(2 * M_PI * 3.7 * t)));
}

// What Ana hears of three seconds, in which this happens to Caro.
static float *heard_by_ana(enum happening happening)
{
    static struct stage stage;
    memset(&stage, 0, sizeof stage);
    const struct meeting_config config = stage_config(2);
    stage_open(&stage, 1);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, ANA, PLACE_TRACK, ES, TIER_STANDARD, 1);
    stage_join(&stage, BETO, PLACE_TRACK, ES, TIER_STANDARD, 1);
    if (happening != NOTHING)
        stage_join(&stage, CARO, PLACE_TRACK, ES, TIER_STANDARD, 1);
    stage_record(&stage, ANA);
    struct talker *talker = stage_talker(&stage, SPEAKER, 0);
    talker->sound = words;
    stage_join(&stage, SPEAKER, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_talk(&stage, talker, true);
    stage_run(&stage, 1000);
    if (happening == STEPS_DOWN)
        stage_join(&stage, CARO, PLACE_TRACK, ES, TIER_LIFELINE, 1);
    if (happening >= REPORTS)
        stage_command(&stage, MIXER_CMD_LOSS, CARO, 10);
    if (happening >= MOST_REPORT)
        stage_command(&stage, MIXER_CMD_LOSS, BETO, 3);
    stage_run(&stage, 10);
    if (happening == STOP_REPORTING)
        stage_command(&stage, MIXER_CMD_LOSS, BETO, 0);
    stage_run(&stage, HEARD_MS - 1010);
    const size_t n = HEARD_MS / 10 * AUDIO_BLOCK_SAMPLES;
    float *sound = malloc(n * sizeof *sound);
    assert_non_null(sound);
    memcpy(sound, stage_ear(&stage, ANA)->sound, n * sizeof *sound);
    stage_talk(&stage, talker, false);
    stage_run(&stage, 600);
    stage_close(&stage);
    return sound;
}

static float *alone; // what she hears when nothing happens

static bool is_as_alone(enum happening happening)
{
    float *sound = heard_by_ana(happening);
    const size_t n = HEARD_MS / 10 * AUDIO_BLOCK_SAMPLES;
    const bool result = memcmp(alone, sound, n * sizeof *sound) == 0;
    double power = 0;
    for (size_t i = 0; i < n; i++)
        power += (double)sound[i] * (double)sound[i];
    assert_true(power > 100); // it was heard at all
    free(sound);
    return result;
}

static int hear_alone(void **state)
{
    (void)state;
    alone = heard_by_ana(NOTHING);
    return 0;
}

static int forget_alone(void **state)
{
    (void)state;
    free(alone);
    return 0;
}

static void a_bad_line_changes_nothing_for_others(void **state)
{
    (void)state;
    assert_true(is_as_alone(NOTHING)); // else this shows nothing
    assert_true(is_as_alone(IS_THERE));
    assert_true(is_as_alone(STEPS_DOWN));
    assert_true(is_as_alone(REPORTS));
}

static void when_most_lose_some_the_encoder_knows(void **state)
{
    (void)state;
    assert_false(is_as_alone(MOST_REPORT));
    assert_true(is_as_alone(STOP_REPORTING)); // within one frame: never was in force
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_line_changes_nothing_for_others),
        cmocka_unit_test(when_most_lose_some_the_encoder_knows),
    };
    return cmocka_run_group_tests(tests, hear_alone, forget_alone);
}
