// SPDX-License-Identifier: BSD-3-Clause
//
// The ladder's rules, and the rung that it comes to on lines that are computed (ladder_line.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "ladder_line.h"

// ---- lines --------------------------------------------------------------------------------------

#define GOOD(at)                                                                                   \
    {                                                                                              \
        (at) * S, 2000000, 64000, 0, 40 * MS                                                       \
    }

static const struct {
    const char *name;
    struct weather weather[3];
    uint64_t end_s, down_within_us; // of 30 s; 0: never
    enum tier from, to;             // the tier at the end lies between these
    unsigned n_changes;             // at most
} rungs[] = {
    { "a good line", { GOOD(0) }, 300, 0, TIER_STANDARD, TIER_STANDARD, 0 },
    { "slow in itself, satellite",
      { { 0, 200000, 64000, 0, 700 * MS } },
      300,
      0,
      TIER_STANDARD,
      TIER_STANDARD,
      0 },
    { "16 kbit/s, a deep queue",
      { GOOD(0), { 30 * S, 16000, 64000, 0, 40 * MS } },
      60,
      2 * S,
      TIER_MINIMUM,
      TIER_LIFELINE,
      2 },
    { "16 kbit/s, 10 % loss",
      { GOOD(0), { 30 * S, 16000, 16000, 10, 40 * MS } },
      60,
      2 * S,
      TIER_MINIMUM,
      TIER_LIFELINE,
      3 },
    { "16 kbit/s, no queue at all",
      { GOOD(0), { 30 * S, 16000, 300, 0, 40 * MS } },
      90,
      7 * S,
      TIER_MINIMUM,
      TIER_LIFELINE,
      4 },
    { "30 kbit/s",
      { GOOD(0), { 30 * S, 30000, 64000, 0, 40 * MS } },
      60,
      3 * S,
      TIER_THIN,
      TIER_LIFELINE,
      2 },
    { "10 % loss whatever is sent",
      { GOOD(0), { 30 * S, 2000000, 64000, 10, 40 * MS } },
      300,
      7 * S,
      TIER_THIN,
      TIER_THIN,
      1 },
    { "1 % loss is none",
      { { 0, 2000000, 64000, 1, 40 * MS } },
      300,
      0,
      TIER_STANDARD,
      TIER_STANDARD,
      0 },
    { "bufferbloat: others fill it",
      { GOOD(0), { 30 * S, 2000000, 64000, 0, 900 * MS } },
      40,
      2 * S,
      TIER_MINIMUM,
      TIER_LIFELINE,
      2 },
    { "recovery",
      { GOOD(0), { 30 * S, 16000, 64000, 0, 40 * MS }, GOOD(60) },
      160,
      2 * S,
      TIER_STANDARD,
      TIER_STANDARD,
      6 },
    { "nothing comes back",
      { GOOD(0), { 30 * S, 100, 64000, 0, 40 * MS } },
      40,
      2 * S,
      TIER_LIFELINE,
      TIER_LIFELINE,
      2 },
};

static void lines_come_to_the_rung_they_carry(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rungs / sizeof rungs[0]; i++) {
        struct line line;
        size_t n = 1;
        while (n < 3 && rungs[i].weather[n].from_us != 0)
            n++;
        begin(&line, rungs[i].weather, n);
        run_until(&line, rungs[i].end_s * S);
        const uint64_t bad_us = 30 * S;
        const bool is_in_time = rungs[i].down_within_us == 0
                                    ? line.first_down_us == 0
                                    : line.first_down_us >= bad_us &&
                                          line.first_down_us <= bad_us + rungs[i].down_within_us;
        if (!is_in_time || line.ladder.tier < rungs[i].from || line.ladder.tier > rungs[i].to ||
            line.n_changes > rungs[i].n_changes)
            fail_msg("%s: down after %.2f s, ends on %s (%s), %u changes", rungs[i].name,
                     line.first_down_us == 0 ? 0 : (double)(line.first_down_us - bad_us) / 1e6,
                     tier_spec(line.ladder.tier)->name, ladder_reason_text(line.ladder.reason),
                     line.n_changes);
    }
}

// 5 minutes that carry thin, and every few seconds not.
static void a_fluctuating_line_does_not_flap(void **state)
{
    (void)state;
    static struct weather weather[64];
    const size_t n = sizeof weather / sizeof weather[0];
    for (size_t i = 0; i < n; i++)
        weather[i] = (struct weather){ i * 5 * S, i % 3 == 2 ? 14000 : 45000, 20000, 0, 60 * MS };
    struct line line;
    begin(&line, weather, n);
    run_until(&line, 300 * S);
    if (line.n_changes > 8 || line.n_ups > 3)
        fail_msg("%u changes, %u of them up", line.n_changes, line.n_ups);
    assert_in_range(line.ladder.tier, TIER_THIN, TIER_LIFELINE);
}

// A line that carries thin but not standard: each try to go up comes later than the one before.
static void ways_up_that_fail_become_rare(void **state)
{
    (void)state;
    static const struct weather weather[] = { GOOD(0), { 30 * S, 30000, 64000, 0, 40 * MS } };
    struct line line;
    begin(&line, weather, 2);
    run_until(&line, 600 * S);
    if (line.n_ups > 6)
        fail_msg("%u ways up in ten minutes", line.n_ups);
    assert_true(line.ladder.up_wait_us[TIER_STANDARD] > LADDER_UP_US);
}

// ---- rules --------------------------------------------------------------------------------------

static void bounds_hold(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, TIER_FULL, S);
    assert_true(ladder_bound(&ladder, TIER_THIN, TIER_MINIMUM, S)); // a cap
    assert_int_equal(ladder.tier, TIER_THIN);
    ladder_waiting(&ladder, 5 * S, 10 * S);
    assert_true(ladder_look(&ladder, 10 * S));
    assert_int_equal(ladder.tier, TIER_MINIMUM); // and no thinner
    ladder_waiting(&ladder, 5 * S, 20 * S);
    assert_false(ladder_look(&ladder, 20 * S));
    assert_true(ladder_bound(&ladder, TIER_FULL, TIER_FULL, 21 * S)); // a pin
    ladder_waiting(&ladder, 5 * S, 30 * S);
    assert_false(ladder_look(&ladder, 30 * S));
    assert_int_equal(ladder.tier, TIER_FULL);
    assert_false(ladder_bound(&ladder, TIER_FULL, TIER_LIFELINE, 31 * S));
}

static void the_top_moves_with_the_cap(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, TIER_STANDARD, S);
    ladder_bound(&ladder, TIER_STANDARD, TIER_LIFELINE, S);
    assert_true(ladder_bound(&ladder, TIER_FULL, TIER_LIFELINE, 2 * S)); // the line is not to blame
    assert_int_equal(ladder.tier, TIER_FULL);
    ladder_waiting(&ladder, 5 * S, 10 * S);
    assert_true(ladder_look(&ladder, 10 * S));
    assert_false(ladder_bound(&ladder, TIER_STANDARD, TIER_LIFELINE, 11 * S)); // here it is
    assert_int_equal(ladder.tier, TIER_THIN);
}

static void few_packets_say_nothing(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, TIER_FULL, S);
    ladder_report(&ladder, 100, 0, 0, 2 * S);
    ladder_report(&ladder, 105, 0, 5, 7 * S);
    assert_false(ladder_look(&ladder, 7 * S));
    ladder_report(&ladder, 110, 0, 10, 12 * S); // together they do
    assert_true(ladder_look(&ladder, 12 * S));
    assert_int_equal(ladder.tier, TIER_THIN); // half of it: two rungs
    assert_int_equal(ladder.reason, LADDER_LOSS);
    ladder_report(&ladder, 3, 0, 0, 17 * S); // a new key: counts from nothing
    ladder_report(&ladder, 503, 0, 0, 22 * S);
    assert_int_equal(ladder.loss_percent, 0);
}

static void late_packets_and_the_tunnel_count(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, TIER_FULL, S);
    ladder_report(&ladder, 0, 0, 0, 2 * S);
    ladder_report(&ladder, 200, 60, 0, 7 * S);
    assert_true(ladder_look(&ladder, 7 * S));
    assert_int_equal(ladder.reason, LADDER_LATE);
    assert_int_equal(ladder.tier, TIER_STANDARD);
    ladder_tunnel(&ladder, 100 * MS, 0, 20 * S);
    assert_false(ladder_look(&ladder, 20 * S));
    ladder_tunnel(&ladder, 200 * MS, 0, 21 * S);
    assert_true(ladder_look(&ladder, 21 * S));
    assert_int_equal(ladder.tier, TIER_THIN);
    ladder_tunnel(&ladder, 400 * MS, 3, 22 * S); // the last step has not had its time
    assert_false(ladder_look(&ladder, 22 * S));
    ladder_tunnel(&ladder, 400 * MS, 3, 24 * S);
    assert_true(ladder_look(&ladder, 24 * S));
    assert_int_equal(ladder.tier, TIER_LIFELINE);
    assert_int_equal(ladder.reason, LADDER_TUNNEL);
}

static void packets_go_twice_where_there_is_room(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, TIER_STANDARD, S);
    ladder_report(&ladder, 100, 0, 0, 2 * S);
    ladder_report(&ladder, 200, 0, 1, 7 * S);
    assert_false(ladder_repairs(&ladder, 7 * S));
    ladder_report(&ladder, 296, 0, 5, 12 * S); // 4 %: no step, but worth a repair
    assert_false(ladder_look(&ladder, 12 * S));
    assert_true(ladder_repairs(&ladder, 12 * S));
    ladder_report(&ladder, 386, 0, 15, 17 * S); // 10 %: a thinner stream comes first
    assert_true(ladder_look(&ladder, 17 * S));
    assert_false(ladder_repairs(&ladder, 17 * S));
    ladder_report(&ladder, 476, 0, 25, 22 * S); // began before the step
    ladder_report(&ladder, 566, 0, 35, 27 * S); // and was no cure
    assert_false(ladder_look(&ladder, 27 * S));
    assert_true(ladder_repairs(&ladder, 27 * S));
    ladder_round_trip(&ladder, 50 * MS, 50 * MS, 28 * S);
    ladder_waiting(&ladder, 500 * MS, 29 * S); // no room
    assert_false(ladder_repairs(&ladder, 29 * S));
    assert_true(ladder_repairs(&ladder, 90 * S));
}

static void a_way_up_needs_a_clean_report(void **state)
{
    (void)state;
    struct ladder ladder;
    uint64_t at_us = S;
    uint32_t good = 1000, lost = 0;
    ladder_init(&ladder, TIER_STANDARD, at_us);
    ladder_report(&ladder, good, 0, lost, at_us += 5 * S);
    ladder_report(&ladder, good += 200, 0, lost += 20, at_us += 5 * S);
    assert_true(ladder_look(&ladder, at_us));
    assert_int_equal(ladder.tier, TIER_THIN);
    for (unsigned i = 0; i < 20; i++) { // 3 % is not bad enough for another step, nor clean
        ladder_report(&ladder, good += 97, 0, lost += 3, at_us += 5 * S);
        assert_false(ladder_look(&ladder, at_us));
    }
    uint64_t clean_us = at_us;
    while (!ladder_look(&ladder, at_us))
        ladder_report(&ladder, good += 97, 0, lost, at_us += 5 * S);
    assert_int_equal(ladder.tier, TIER_STANDARD);
    assert_int_equal(ladder.reason, LADDER_STEADY);
    assert_in_range(at_us - clean_us, LADDER_UP_US, LADDER_UP_US + 5 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_to_the_rung_they_carry),
        cmocka_unit_test(a_fluctuating_line_does_not_flap),
        cmocka_unit_test(ways_up_that_fail_become_rare),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(the_top_moves_with_the_cap),
        cmocka_unit_test(few_packets_say_nothing),
        cmocka_unit_test(late_packets_and_the_tunnel_count),
        cmocka_unit_test(packets_go_twice_where_there_is_room),
        cmocka_unit_test(a_way_up_needs_a_clean_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
