// SPDX-License-Identifier: BSD-3-Clause
//
// The ceiling's sharing: a table of small meetings, and random ones in which what is promised must
// hold: under the ceiling where that is possible, nobody two tiers richer than somebody held of the
// same standing, interpreters untouched until all others are on the thinnest, more room never makes
// anybody worse, and nothing moves by itself. SHARE_SEEDS=100000 plays so many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "ladder/ladder.h"

#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000000)
#define MOST 40

static struct share listener(enum tier own, enum share_standing standing)
{
    struct share share = { .own = own, .standing = standing };
    for (int tier = 0; tier < TIERS; tier++)
        share.bps[tier] = ladder_wire_bps((enum tier)tier, false);
    return share;
}

// ---- a table ------------------------------------------------------------------------------------

struct table_row {
    const char *name;
    const char *own; // a letter each: f s t m l; upper case: an interpreter
    uint32_t fixed_kbps, ceiling_kbps;
    const char *tiers; // what comes of it
};
static const struct table_row table[] = {
    { "no ceiling", "ffs", 0, 0, "ffs" },
    { "room for all", "sss", 0, 117, "sss" },
    { "one too many", "sss", 0, 116, "sst" },
    { "the richest first", "fst", 0, 117, "sst" },
    { "richest first, and on", "fst", 0, 90, "stt" },
    { "all the way down", "sss", 0, 39, "mll" },
    { "not even that is enough", "sss", 0, 20, "lll" },
    { "booths are not touched", "ss", 126, 160, "mm" },
    { "... whatever it costs", "ss", 200, 160, "ll" },
    { "interpreters last", "sSs", 0, 63, "lSl" },
    { "... but then they too", "sSs", 0, 40, "lMl" },
    { "who has less already stays", "fl", 0, 60, "sl" },
    { "nobody", "", 500, 100, "" },
};

static const char letters[] = "fstml";

static enum tier tier_of(char letter)
{
    const char *lower = strchr("FSTML", letter) != NULL ? "FSTML" : letters;
    return (enum tier)(strchr(lower, letter) - lower);
}

static void rows_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct share all[MOST];
        char got[MOST + 1] = "";
        const size_t n = strlen(table[i].own);
        uint64_t changed_us = 0;
        for (size_t j = 0; j < n; j++) {
            const bool is_later = table[i].own[j] < 'a';
            all[j] = listener(tier_of(table[i].own[j]), is_later ? SHARE_LATER : SHARE_FIRST);
        }
        share_work_out(all, n, table[i].fixed_kbps * 1000, table[i].ceiling_kbps * 1000,
                       &changed_us, S);
        for (size_t j = 0; j < n; j++)
            got[j] = (all[j].standing == SHARE_LATER ? "FSTML" : letters)[share_tier(&all[j])];
        if (strcmp(got, table[i].tiers) != 0)
            fail_msg("%s: %s instead of %s", table[i].name, got, table[i].tiers);
    }
}

// ---- time ---------------------------------------------------------------------------------------

static void room_comes_back_slowly(void **state)
{
    (void)state;
    struct share all[] = { listener(TIER_STANDARD, SHARE_FIRST),
                           listener(TIER_STANDARD, SHARE_FIRST) };
    uint64_t changed_us = 0;
    assert_true(share_work_out(all, 2, 0, 30000, &changed_us, 100 * S));
    assert_int_equal(share_tier(&all[0]), TIER_MINIMUM);
    assert_false(share_work_out(all, 2, 0, 1000000, &changed_us, 119 * S)); // too soon
    assert_true(share_work_out(all, 2, 0, 1000000, &changed_us, 120 * S));
    assert_int_equal(share_tier(&all[0]), TIER_THIN);                     // a rung
    assert_false(share_work_out(all, 2, 0, 50000, &changed_us, 140 * S)); // no room to rise
    assert_false(share_work_out(all, 2, 0, 69000, &changed_us, 200 * S)); // 63 of 69: not yet
    assert_int_equal(share_tier(&all[0]), TIER_THIN);
}

static void a_newcomer_is_not_better_off(void **state)
{
    (void)state;
    struct share all[] = { listener(TIER_FULL, SHARE_FIRST), listener(TIER_FULL, SHARE_FIRST),
                           listener(TIER_FULL, SHARE_FIRST) };
    uint64_t changed_us = 0;
    share_work_out(all, 2, 0, 30000, &changed_us, S);
    assert_int_equal(share_tier(&all[0]), TIER_MINIMUM);
    share_work_out(all, 3, 0, 100000, &changed_us, 2 * S); // there is room, but not for that
    assert_int_equal(share_tier(&all[2]), TIER_THIN);
}

static void without_a_ceiling_all_is_as_before(void **state)
{
    (void)state;
    struct share all[] = { listener(TIER_FULL, SHARE_FIRST) };
    uint64_t changed_us = 0;
    share_work_out(all, 1, 0, 20000, &changed_us, S);
    assert_int_equal(share_tier(&all[0]), TIER_MINIMUM);
    assert_true(share_work_out(all, 1, 0, 0, &changed_us, 2 * S)); // at once
    assert_int_equal(share_tier(&all[0]), TIER_FULL);
}

// ---- at random ----------------------------------------------------------------------------------

static uint32_t draw(uint32_t *random, uint32_t n)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % n;
}

static size_t draw_all(struct share *all, uint32_t *random)
{
    const size_t n = 1 + draw(random, MOST);
    for (size_t i = 0; i < n; i++) {
        all[i] = listener((enum tier)draw(random, TIERS),
                          draw(random, 5) == 0 ? SHARE_LATER : SHARE_FIRST);
        const bool is_direct = draw(random, 2) == 0; // on the floor full is standard
        const uint32_t factor = 1 + draw(random, 2);
        for (int tier = 0; tier < TIERS; tier++)
            all[i].bps[tier] *= factor;
        if (is_direct)
            all[i].bps[TIER_STANDARD] = all[i].bps[TIER_FULL];
    }
    return n;
}

static uint64_t sum_of(const struct share *all, size_t n, bool is_least)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += all[i].bps[is_least ? TIER_LIFELINE : share_tier(&all[i])];
    return sum;
}

static void check_fair(const struct share *all, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const bool is_held = all[j].cap > all[j].own;
            if (all[i].standing == all[j].standing && is_held &&
                share_tier(&all[i]) + 1 < share_tier(&all[j]))
                fail_msg("seed %u: %zu has %d, %zu is held on %d", seed, i, share_tier(&all[i]), j,
                         share_tier(&all[j]));
            if (all[i].standing == SHARE_LATER && all[i].cap > all[i].own &&
                all[j].standing == SHARE_FIRST && share_tier(&all[j]) != TIER_LIFELINE)
                fail_msg("seed %u: an interpreter is held before all others are", seed);
        }
}

static void more_room_is_never_worse(const struct share *drawn, size_t n, uint64_t ceiling,
                                     uint32_t seed)
{
    struct share less[MOST], more[MOST];
    uint64_t changed_us = 0;
    memcpy(less, drawn, n * sizeof *less);
    memcpy(more, drawn, n * sizeof *more);
    share_work_out(less, n, 0, ceiling, &changed_us, S);
    share_work_out(more, n, 0, ceiling + 7000, &changed_us, S);
    for (size_t i = 0; i < n; i++)
        if (share_tier(&more[i]) > share_tier(&less[i]))
            fail_msg("seed %u: with more room %zu has less", seed, i);
}

// The ceiling moves, lines get worse and better, people come and go.
static void promises_hold(void **state)
{
    (void)state;
    const char *wanted = getenv("SHARE_SEEDS");
    const uint32_t n_seeds = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 10) : 2000;
    for (uint32_t seed = 1; seed <= n_seeds; seed++) {
        struct share all[MOST], again[MOST];
        uint32_t random = seed * 2654435761u;
        const size_t n_all = draw_all(all, &random);
        uint64_t changed_us = 0, now_us = 100 * S;
        more_room_is_never_worse(all, n_all, 1 + draw(&random, (uint32_t)sum_of(all, n_all, false)),
                                 seed);
        size_t n = n_all;
        uint64_t ceiling = 1;
        for (unsigned step = 0; step < 20; step++, now_us += (1 + draw(&random, 30)) * S) {
            if (draw(&random, 3) == 0)
                ceiling = 1 + draw(&random, (uint32_t)sum_of(all, n_all, false) + 50000);
            all[draw(&random, (uint32_t)n_all)].own = (enum tier)draw(&random, TIERS);
            n = 1 + draw(&random, (uint32_t)n_all);
            share_work_out(all, n, 0, ceiling, &changed_us, now_us);
            if (sum_of(all, n, false) > ceiling)
                for (size_t i = 0; i < n; i++)
                    assert_int_equal(share_tier(&all[i]), TIER_LIFELINE);
            check_fair(all, n, seed);
            memcpy(again, all, sizeof all);
            assert_false(share_work_out(all, n, 0, ceiling, &changed_us, now_us));
            assert_memory_equal(again, all, n * sizeof *all);
        }
    }
}

// With the same people and the same lines it comes to rest, and stays there.
static void it_comes_to_rest(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        struct share all[MOST];
        uint32_t random = seed * 2654435761u;
        const size_t n = draw_all(all, &random);
        const uint64_t ceiling = 1 + draw(&random, (uint32_t)sum_of(all, n, false));
        uint64_t changed_us = 0, last_us = 0;
        for (uint64_t now_us = S; now_us < 1000 * S; now_us += S)
            if (share_work_out(all, n, 0, ceiling, &changed_us, now_us))
                last_us = now_us;
        assert_in_range(last_us, 0, 200 * S);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_out),
        cmocka_unit_test(room_comes_back_slowly),
        cmocka_unit_test(a_newcomer_is_not_better_off),
        cmocka_unit_test(without_a_ceiling_all_is_as_before),
        cmocka_unit_test(promises_hold),
        cmocka_unit_test(it_comes_to_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
