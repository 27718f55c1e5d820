// SPDX-License-Identifier: BSD-3-Clause
//
// A meeting with much in it: more voices than are mixed, more wishes than there are encoders, and
// the work of a tick.
#include "mixer_stage.h"

#include <math.h>

#define N_CROWD 12u
#define N_DUCKS 7u

static struct stage stage;
static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * sides) >> 32);
}

static void open_stage(uint8_t n_langs)
{
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(n_langs);
    stage_meeting(&stage, STAGE_MEETING, &config);
}

// ---- the strongest voices -----------------------------------------------------------------------

static uint32_t who_is_mixed(void)
{
    const struct hall *hall = stage_hall(&stage);
    uint32_t mixed = 0;
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session != 0 && hall->speakers[i].is_mixed)
            mixed |= 1u << hall->speakers[i].session;
    return mixed;
}

static void gather_crowd(struct talker *talkers[N_CROWD])
{
    open_stage(2);
    stage_join(&stage, 100, PLACE_TRACK, EN, TIER_FULL, 1);
    stage_record(&stage, 100);
    for (uint32_t i = 0; i < N_CROWD; i++) {
        stage_join(&stage, 1 + i, PLACE_FLOOR, 0, TIER_STANDARD, 1);
        talkers[i] = stage_talker(&stage, 1 + i, 300.0 + 170.0 * i);
        talkers[i]->amplitude = 0.04;
        stage_talk(&stage, talkers[i], true);
        stage_run(&stage, 70); // each swells at another time
    }
    stage_run(&stage, 3000);
}

// Twelve who are equally loud, each swelling three times a second: who is in stays in.
static void equals_do_not_take_turns(void **state)
{
    (void)state;
    struct talker *talkers[N_CROWD];
    gather_crowd(talkers);
    uint32_t before = who_is_mixed();
    unsigned n_changes = 0;
    for (int i = 0; i < 1000; i++) {
        stage_run(&stage, 10);
        const uint32_t now = who_is_mixed();
        assert_int_equal(__builtin_popcount(now), MIXER_SOURCES_MAX);
        n_changes += now != before;
        before = now;
    }
    print_message("changes among equals in 10 s: %u\n", n_changes);
    assert_in_range(n_changes, 0, 2);
    stage_close(&stage);
}

// Twelve who become louder and softer: those who are 6 dB louder than others are heard, and one
// who comes or goes does not step: nothing is rougher than it is among eight.
static void the_strongest_come_and_go_smoothly(void **state)
{
    (void)state;
    struct talker *talkers[N_CROWD];
    gather_crowd(talkers);
    seed = 3;
    double still = stage_roughness(&stage, 100, stage.now_us - 200000, 2000), moving = 0.0;
    unsigned n_changes = 0;
    uint32_t before = who_is_mixed();
    for (int second = 0; second < 20; second++) {
        for (uint32_t i = 0; i < N_CROWD; i++)
            talkers[i]->amplitude = dice(2) == 0 ? 0.04 : 0.008;
        for (int i = 0; i < 100; i++) {
            stage_run(&stage, 10);
            n_changes += who_is_mixed() != before;
            before = who_is_mixed();
            assert_int_equal(__builtin_popcount(before), MIXER_SOURCES_MAX);
        }
        moving = fmax(moving, stage_roughness(&stage, 100, stage.now_us - 200000, 700));
        unsigned n_loud = 0;
        for (uint32_t i = 0; i < N_CROWD; i++)
            n_loud += talkers[i]->amplitude > 0.02;
        for (uint32_t i = 0; i < N_CROWD && n_loud <= MIXER_SOURCES_MAX; i++)
            if (talkers[i]->amplitude > 0.02)
                assert_true((before >> (1 + i) & 1u) != 0);
    }
    print_message("%u changes; roughness %.4f among eight, %.4f\n", n_changes, still, moving);
    assert_in_range(n_changes, 10, 400);
    assert_true(moving < 1.3 * still);
    stage_close(&stage);
}

// ---- the limit of encoders ----------------------------------------------------------------------

// All duck steps in all tiers: 35 wishes, 24 encoders at most, and everybody hears the interpreter
// and knows how loud the floor is beneath.
static void wishes_beyond_the_limit_are_told(void **state)
{
    (void)state;
    static const int32_t ducks[N_DUCKS] = { -120, -24, -18, -15, -12, -6, 0 };
    open_stage(2);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 50, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, 50, 0);
    for (uint32_t i = 0; i < N_DUCKS * TIERS; i++) {
        stage_join(&stage, 100 + i, PLACE_TRACK, ES, (enum tier)(i % TIERS), 1);
        stage_command(&stage, MIXER_CMD_DUCK, 100 + i, ducks[i / TIERS]);
        if (i % TIERS == 0)
            stage_record(&stage, 100 + i);
    }
    for (uint32_t i = 0; i < 3; i++) { // two steps are more common than the rest
        stage_join(&stage, 200 + i, PLACE_TRACK, ES, TIER_FULL, 1);
        stage_command(&stage, MIXER_CMD_DUCK, 200 + i, i == 0 ? -6 : -15);
    }
    struct talker *speaker = stage_talker(&stage, 1, 500.0);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 2000);
    stage_talk(&stage, stage_talker(&stage, 50, 900.0), true);
    for (int i = 0; i < 400; i++) {
        stage_run(&stage, 10);
        assert_in_range(stage_encoders(&stage, false), 1, MIXER_ENCODERS_MAX + 1); // a booth's
    }
    unsigned n_own = 0;
    for (uint32_t i = 0; i < N_DUCKS; i++) {
        const uint32_t session = 100 + i * TIERS;
        const struct mixer_event *told = &stage.snapped[session];
        const bool is_snapped = hall_seat(stage_hall(&stage), session)->is_snapped;
        assert_int_equal(told->session, is_snapped ? session : told->session);
        const double step = is_snapped ? told->result : ducks[i];
        const double over = stage_level(&stage, session, 900.0, 999);
        const double under = stage_level(&stage, session, 500.0, 999);
        print_message("duck %d: hears %.1f under %.1f%s\n", ducks[i], under, over,
                      is_snapped ? ", told" : "");
        assert_true(fabs(over + 20.0) < 1.5);
        assert_true(step < -100.0 ? under < -60.0 : fabs(under + 20.0 - step) < 1.5);
        n_own += !is_snapped;
    }
    assert_in_range(n_own, 4, N_DUCKS - 1);
    stage_close(&stage);
}

// ---- the work of a tick -------------------------------------------------------------------------

// Three tracks in five tiers, interpreted: of the twelve ticks of a cycle none has much more than
// its part, and every second one is not idle while others are full.
static void work_is_spread_over_ticks(void **state)
{
    (void)state;
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(3);
    config.n_booths = 2;
    config.booths[1] = (struct booth_config){ .lang_a = EN, .lang_b = FR };
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    for (uint32_t i = 0; i < 3 * TIERS; i++)
        stage_join(&stage, 100 + i, PLACE_TRACK, (uint8_t)(i / TIERS), (enum tier)(i % TIERS), 1);
    stage_talk(&stage, stage_talker(&stage, 1, 500.0), true);
    for (uint32_t i = 0; i < 2; i++) {
        stage_join(&stage, 50 + i, PLACE_BOOTH, (uint8_t)i, TIER_FULL, 1);
        stage_command(&stage, MIXER_CMD_AIR, 50 + i, 0);
        stage_talk(&stage, stage_talker(&stage, 50 + i, 700.0 + 200.0 * i), true);
    }
    stage_run(&stage, 2000);
    assert_in_range(stage_encoders(&stage, true), 3 * TIERS, 3 * TIERS + 2);
    uint32_t most = 0, sum = 0;
    for (int i = 0; i < 10 * GRID_TICKS; i++) {
        stage_run(&stage, 10);
        most = stage.mixer->tick_work_us > most ? stage.mixer->tick_work_us : most;
        sum += stage.mixer->tick_work_us;
    }
    print_message("of a cycle's work of %u us at most %u in a tick\n", sum / 10, most);
    assert_true(sum / 10 > 8000);
    assert_true(most * 4 < sum / 10);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_do_not_take_turns),
        cmocka_unit_test(the_strongest_come_and_go_smoothly),
        cmocka_unit_test(wishes_beyond_the_limit_are_told),
        cmocka_unit_test(work_is_spread_over_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
