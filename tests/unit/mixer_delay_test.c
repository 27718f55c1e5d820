// SPDX-License-Identifier: BSD-3-Clause
//
// How much later a track is than direct voice on a clean line: for all phases of the speaker's
// packets against the ticks, from the decoded sound of both. The budgets are docs/performance.md's.
#include "mixer_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PHASES 20
#define HOP_PHASES 7 // of 20 ms: also of a tick
#define EACH 8       // samples: the comparison runs at 6 kHz
#define WINDOW (AUDIO_RATE_HZ / 2)

static double likeness(const float *direct, const float *mixed)
{
    double both = 0.0, own = 0.0;
    for (size_t i = 0; i < WINDOW; i += EACH) {
        both += (double)direct[i] * (double)mixed[i];
        own += (double)mixed[i] * (double)mixed[i];
    }
    return both / sqrt(own + 1e-9);
}

// Where the sound of a talker, heard as it is, is found again in what a listener hears.
static double lag_ms(struct stage *stage, const struct talker *talker, uint64_t first_us,
                     uint32_t listener)
{
    size_t first = (size_t)((first_us - stage->start_tick * AUDIO_BLOCK_US) * 48 / 1000);
    size_t from = AUDIO_RATE_HZ;
    const float *mixed = stage_ear(stage, listener)->sound + first + from;
    size_t best = 0;
    double most = 0.0;
    for (size_t lag = 0; lag < AUDIO_RATE_HZ / 10; lag += EACH) {
        double like = likeness(talker->direct + from, mixed + lag);
        if (like > most)
            best = lag;
        most = like > most ? like : most;
    }
    return (double)best * 1000.0 / AUDIO_RATE_HZ;
}

// A packet of the mix leaves when its last block is there: its first sample can be played then.
static double added_ms(enum tier tier, uint64_t phase_us)
{
    static struct stage stage;
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 10, PLACE_TRACK, EN, tier, 1);
    stage_record(&stage, 10);
    struct talker *talker = stage_talker(&stage, 1, 140.0);
    talker->is_voice = true;
    stage_record_direct(talker);
    stage_talk(&stage, talker, true);
    uint64_t first_us = talker->next_us = stage.now_us + 20000 + phase_us;
    stage_run(&stage, 2000);
    double ms = lag_ms(&stage, talker, first_us, 10);
    stage_close(&stage);
    return ms + 10.0 * (tier_spec(tier)->frame_blocks - 1);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void a_track_is_hardly_later_than_direct(void **state)
{
    (void)state;
    static const struct {
        enum tier tier;
        double p50_ms, p99_ms;
    } rows[] = { { TIER_FULL, 40.0, 55.0 },
                 { TIER_STANDARD, 40.0, 55.0 },
                 { TIER_THIN, 65.0, 85.0 },
                 { TIER_MINIMUM, 85.0, 110.0 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double ms[PHASES];
        for (uint64_t k = 0; k < PHASES; k++)
            ms[k] = added_ms(rows[i].tier, k * 20000 / PHASES + 137);
        qsort(ms, PHASES, sizeof(ms[0]), by_value);
        printf("%-8s p50 %.1f ms, most %.1f ms\n", tier_spec(rows[i].tier)->name, ms[PHASES / 2],
               ms[PHASES - 1]);
        assert_true(ms[PHASES / 2] <= rows[i].p50_ms);
        assert_true(ms[PHASES - 1] <= rows[i].p99_ms);
        assert_true(ms[0] > 10.0); // a measurement that can fail
    }
}

// English on the floor, from English into Spanish, from Spanish into French: each hears the one
// before, and the last listener the last of them. Levelled, as meetings are.
static void a_relay_adds_little_a_hop(void **state)
{
    (void)state;
    static const uint32_t voices[] = { 1, 2, 3 }, ears[] = { 2, 3, 10 };
    static const double pitches[] = { 140.0, 190.0, 230.0 };
    static struct stage stage;
    double ms[3][HOP_PHASES];
    for (unsigned k = 0; k < HOP_PHASES; k++) {
        const uint64_t phase_us = 137 + k * 20000 / HOP_PHASES;
        stage_open(&stage, 1);
        struct meeting_config config = stage_config(3);
        config.n_booths = 2;
        config.booths[1] = (struct booth_config){ .lang_a = ES, .lang_b = FR };
        stage_meeting(&stage, STAGE_MEETING, &config);
        stage_level_voices(&stage, true);
        stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
        stage_join(&stage, 2, PLACE_BOOTH, 0, TIER_STANDARD, 1);
        stage_join(&stage, 3, PLACE_BOOTH, 1, TIER_STANDARD, 1);
        stage_join(&stage, 10, PLACE_TRACK, FR, TIER_STANDARD, 1);
        stage_command(&stage, MIXER_CMD_AIR, 2, 0);
        stage_command(&stage, MIXER_CMD_AIR, 3, 0);
        uint64_t first_us[3];
        for (unsigned i = 0; i < 3; i++) {
            struct talker *talker = stage_talker(&stage, voices[i], pitches[i]);
            stage_record(&stage, ears[i]);
            talker->is_voice = true;
            stage_record_direct(talker);
            stage_talk(&stage, talker, true);
            talker->next_us = stage.now_us + 20000 + phase_us;
            first_us[i] = talker->next_us;
            stage_run(&stage, 2000); // the floor first, then the chain
        }
        assert_int_equal(meeting_booth_state(stage_hall(&stage)->meeting, 1).depth, 1);
        for (unsigned i = 0; i < 3; i++) {
            ms[i][k] = lag_ms(&stage, &stage.talkers[i], first_us[i], ears[i]) + 10.0;
            assert_true(ms[i][k] > 10.0);
        }
        stage_close(&stage);
    }
    for (unsigned i = 0; i < 3; i++) {
        qsort(ms[i], HOP_PHASES, sizeof(ms[i][0]), by_value);
        printf("hop %u: p50 %.1f ms, most %.1f ms\n", i, ms[i][HOP_PHASES / 2],
               ms[i][HOP_PHASES - 1]);
        assert_true(ms[i][HOP_PHASES / 2] <= 45.0);
        assert_true(ms[i][HOP_PHASES - 1] <= 60.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_track_is_hardly_later_than_direct),
                                        cmocka_unit_test(a_relay_adds_little_a_hop) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
