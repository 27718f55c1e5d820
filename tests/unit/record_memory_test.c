// SPDX-License-Identifier: BSD-3-Clause
//
// The recorder with the Nth allocation failing: a clear refusal, nothing half-made, nothing leaked.
#include "record_stage.h"
#include "scarce_memory.h"

static void a_recorder_is_made_or_not(void **state)
{
    (void)state;
    struct recorder *recorder = NULL;
    long n = 0;
    for (; recorder == NULL; n++) {
        n_left = n;
        recorder = recorder_new(stage.directory);
        n_left = -1;
    }
    assert_true(n > 2); // itself, its folder; rings are not counted here
    recorder_free(recorder);
}

static void a_recording_begins_or_is_refused(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        const struct record_order begin = begin_order();
        assert_true(lane_send(recorder_orders(stage.recorder), &begin, sizeof(begin)));
        n_left = n;
        recorder_turn(stage.recorder, stage.now_us);
        n_left = -1;
        size_t size;
        const struct record_event *event = ring_peek(recorder_events(stage.recorder), &size);
        assert_non_null(event);
        bool has_begun = event->kind == RECORD_BEGAN;
        assert_true(has_begun || event->error == RECORD_E_MEMORY);
        ring_consume(recorder_events(stage.recorder));
        if (has_begun)
            break;
        assert_false(is_there(FOLDER, ""));
    }
    const double hz[3] = { 500, 500, 500 };
    run(1000, hz);
    n_left = 0; // none at the end: what is on disk is whole
    recorder_end_all(stage.recorder, stage.now_us);
    n_left = -1;
    (void)event_of(RECORD_ENDED);
    struct sound sound = decode(path_of(FOLDER, "es.opus"));
    assert_int_equal(sound.n, 48000);
    free(sound.samples);
}

// Nothing can be repaired then; the next start does.
static void a_repair_waits_for_memory(void **state)
{
    (void)state;
    begin();
    const double hz[3] = { 500, 500, 500 };
    run(2000, hz);
    size_t len;
    uint8_t *data = read_file(path_of(FOLDER, "floor.opus.part"), &len);
    assert_int_equal(mkdir(path_of("r", ""), 0700), 0);
    write_file(path_of("r", "floor.opus.part"), data, len);
    free(data);
    n_left = 0;
    int n = record_repair(stage.directory);
    n_left = -1;
    assert_int_equal(n, 0);
    assert_true(is_there("r", "floor.opus.part"));
    assert_int_equal(record_repair(stage.directory), 1);
    assert_true(is_there("r", "floor.opus"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

int main(void)
{
    log_set_level(LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        TEST(a_recorder_is_made_or_not),
        TEST(a_recording_begins_or_is_refused),
        TEST(a_repair_waits_for_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
