// SPDX-License-Identifier: BSD-3-Clause
//
// The ear-to-voice span as the mixer measures it, against spans that are known: synthesised voices
// of different strength on lines that lose 5 %, through jitter buffer, detector and tracks. From
// English into Spanish, and by relay from Spanish into French.
#include "mixer_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 15
#define MOST_OFF_MS 300.0
#define SPEAKER 1
#define FIRST 2
#define SECOND 3

static struct stage stage;
static uint64_t random_state = 88172645463325252u;

static uint32_t pick(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 16) % n);
}

static void set_scene(struct talker *talkers[3])
{
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(3);
    config.n_booths = 2;
    config.booths[1] = (struct booth_config){ .lang_a = ES, .lang_b = FR };
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, SPEAKER, PLACE_FLOOR, 0, TIER_FULL, 1);
    stage_join(&stage, FIRST, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_join(&stage, SECOND, PLACE_BOOTH, 1, TIER_FULL, 1);
    stage_command(&stage, MIXER_CMD_AIR, FIRST, 0);
    stage_command(&stage, MIXER_CMD_AIR, SECOND, 0);
    for (uint32_t i = 0; i < 3; i++) {
        stage_deaf(&stage, SPEAKER + i, true);
        talkers[i] = stage_talker(&stage, SPEAKER + i, 140.0 + 40.0 * i);
        talkers[i]->is_voice = true;
        talkers[i]->loss = 50;
        talkers[i]->seed = 11 + i;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, size_t n)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, n * sizeof(double));
    qsort(sorted, n, sizeof(double), by_value);
    return sorted[n / 2];
}

static void check(const char *what, double measured_ms, double true_ms)
{
    printf("%s: %.0f ms measured, %.0f ms true\n", what, measured_ms, true_ms);
    if (measured_ms < true_ms - MOST_OFF_MS || measured_ms > true_ms + MOST_OFF_MS)
        fail_msg("%s: %.0f ms measured, %.0f ms true", what, measured_ms, true_ms);
}

static void spans_are_within_300_ms_of_the_truth(void **state)
{
    (void)state;
    struct talker *talkers[3];
    double first_ms[ROUNDS], second_ms[ROUNDS];
    set_scene(talkers);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 3; i++)
            talkers[i]->amplitude = 0.02 + 0.001 * pick(150); // -34 to -15 dBFS
        first_ms[round] = 1000.0 + pick(300) * 10.0;
        second_ms[round] = 900.0 + pick(250) * 10.0;
        stage_talk(&stage, talkers[0], true);
        stage_run(&stage, (uint64_t)first_ms[round]);
        stage_talk(&stage, talkers[1], true);
        stage_run(&stage, (uint64_t)second_ms[round]);
        stage_talk(&stage, talkers[2], true);
        stage_run(&stage, 500 + pick(1000));
        stage_talk(&stage, talkers[0],
                   false); // a breath in the middle: no onset for those who talk
        stage_run(&stage, 1300);
        stage_talk(&stage, talkers[0], true);
        stage_run(&stage, 1000 + pick(1000));
        stage_talk(&stage, talkers[0], false);
        stage_run(&stage, 500);
        stage_talk(&stage, talkers[1], false);
        stage_run(&stage, 500);
        stage_talk(&stage, talkers[2], false);
        stage_run(&stage, 2500);
    }
    const struct meeting *m = stage_hall(&stage)->meeting;
    struct meeting_figures figures;
    meeting_figures(m, &figures);
    assert_in_range(figures.booths[0].n_spans, ROUNDS - 2, ROUNDS);
    assert_in_range(figures.booths[1].n_spans, ROUNDS - 2, ROUNDS);
    check("en to es", figures.booths[0].span_ms, median(first_ms, ROUNDS));
    check("es to fr", figures.booths[1].span_ms, median(second_ms, ROUNDS));
    const double first = median(first_ms + ROUNDS - 5, 5),
                 second = median(second_ms + ROUNDS - 5, 5);
    check("en to es, the last five", meeting_booth_state(m, 0).span_ms, first);
    check("es to fr, the last five", meeting_booth_state(m, 1).span_ms, second);
    check("French behind the floor", meeting_track_state(m, FR).delay_ms, first + second);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(spans_are_within_300_ms_of_the_truth) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
