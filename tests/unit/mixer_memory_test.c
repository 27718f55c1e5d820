// SPDX-License-Identifier: BSD-3-Clause
//
// No tick of plain speech allocates, nor does the beginning of an interpretation; and when memory
// is short at any moment, somebody may hear nothing, but nothing breaks and nothing leaks.
#include "mixer_stage.h"

#include <stdlib.h>

static uint64_t n_allocations, failing;
static bool is_counting;

static bool refuses(void)
{
    n_allocations += is_counting;
    return is_counting && n_allocations == failing;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size)
{
    return refuses() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return refuses() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *old, size_t size)
{
    return refuses() ? NULL : __real_realloc(old, size);
}

static struct stage stage;

static void set_scene(void)
{
    stage_open(&stage, 1);
    for (uint32_t session = 1; session < 16; session++)
        stage_ear(&stage, session);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 2, PLACE_BOOTH, 0, TIER_STANDARD, 1);
    stage_command(&stage, MIXER_CMD_AIR, 2, 0);
    for (uint32_t session = 10; session < 14; session++)
        stage_join(&stage, session, PLACE_TRACK, session % 2, TIER_STANDARD, 1);
    stage_talker(&stage, 1, 500.0);
    stage_talker(&stage, 2, 900.0);
    stage_talker(&stage, 10, 1300.0);
}

static void speech_does_not_allocate(void **state)
{
    (void)state;
    set_scene();
    stage_talk(&stage, &stage.talkers[0], true);
    stage_run(&stage, 1000);
    n_allocations = failing = 0;
    is_counting = true;
    stage_run(&stage, 2000);
    assert_int_equal(n_allocations, 0);
    is_counting = false;
    for (unsigned i = 1; i < 3; i++) {
        stage_talk(&stage, &stage.talkers[i], true);
        uint64_t until_us = stage.now_us + 60000;
        while (stage.now_us < until_us) { // what is allocated after a tick, for the next, is fine
            struct pool *pool = &stage.mixer->pool;
            unsigned least = pool->n_mixes[0] < pool->encoders[TIER_STANDARD][0].n
                                 ? pool->n_mixes[0]
                                 : pool->encoders[TIER_STANDARD][0].n;
            assert_true(least >= POOL_READY || !pool->encoders[TIER_STANDARD][0].was_used);
            assert_true(pool->n_sources >= POOL_READY);
            stage_run(&stage, 10);
        }
    }
    stage_close(&stage);
}

static void run_scene(void)
{
    is_counting = true;
    stage_talk(&stage, &stage.talkers[0], true);
    stage_run(&stage, 200);
    stage_talk(&stage, &stage.talkers[1], true);
    stage_run(&stage, 200);
    stage_talk(&stage, &stage.talkers[2], true);
    stage_command(&stage, MIXER_CMD_DUCK, 13, -6);
    stage_join(&stage, 12, PLACE_TRACK, EN, TIER_MINIMUM, 1);
    stage_run(&stage, 200);
    for (uint32_t session = 3; session < 9; session++)
        stage_join(&stage, session, PLACE_TRACK, ES, TIER_THIN, 1);
    stage_run(&stage, 200);
    stage_join(&stage, 13, PLACE_TRACK, ES, TIER_LIFELINE, 1); // over a bridge
    stage_run(&stage, 200);
    is_counting = false;
}

static void nothing_breaks_when_memory_is_short(void **state)
{
    (void)state;
    bool was_refused = true;
    for (uint64_t nth = 1; was_refused; nth++) {
        set_scene();
        n_allocations = 0;
        failing = nth;
        for (uint32_t session = 1; session < 16; session++)
            stage_ear(&stage, session)->may_hole = UINT32_MAX;
        run_scene();
        was_refused = n_allocations >= nth;
        for (unsigned i = 0; i < stage.n_talkers; i++)
            stage_talk(&stage, &stage.talkers[i], false);
        stage_run(&stage, 1500);
        assert_false(stage.mixer->is_ticking);
        stage_close(&stage);
    }
}

int main(void)
{
    log_init(2, LOG_ERROR + 1); // refusals are logged
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_does_not_allocate),
        cmocka_unit_test(nothing_breaks_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
