// SPDX-License-Identifier: BSD-3-Clause
//
// The recorder's own thread, with a mixer's and control's at both its ends; for ThreadSanitizer.
// Nothing is timed: who waits, waits for an event.
#include "record_stage.h"

#include <pthread.h>
#include <semaphore.h>

#define BLOCKS 80 // of each stream: less than what may come early, or late
#define STREAMS 3

static sem_t bell;

static void ring_bell(void *context)
{
    (void)context;
    (void)sem_post(&bell);
}

static struct record_event wait_for(enum record_event_kind kind)
{
    size_t size;
    const struct record_event *event;
    while ((event = ring_peek(recorder_events(stage.recorder), &size)) == NULL)
        (void)sem_wait(&bell);
    struct record_event copy = *event;
    ring_consume(recorder_events(stage.recorder));
    assert_int_equal(copy.kind, kind);
    return copy;
}

static void send_order(const struct record_order *order)
{
    struct lane *lane = recorder_orders(stage.recorder);
    assert_true(lane_send(lane, order, sizeof(*order)));
    lane_bell(lane);
}

// As fast as there is room.
static void *mix(void *context)
{
    const uint64_t *begin_us = context;
    struct lane *lane = recorder_blocks(stage.recorder, 0);
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (uint8_t stream = 0; stream < STREAMS; stream++) {
            struct record_block block = { .meeting = MEETING,
                                          .stream = stream,
                                          .at_us = *begin_us + i * RECORD_BLOCK_US };
            for (int k = 0; k < RECORD_BLOCK_SAMPLES; k++)
                block.samples[k] = (int16_t)(1000 * stream + k);
            while (!lane_send(lane, &block, sizeof(block)))
                lane_bell(lane);
        }
        lane_bell(lane);
    }
    return NULL;
}

static void record_once(void)
{
    uint64_t begin_us = clock_us() / RECORD_BLOCK_US * RECORD_BLOCK_US;
    struct record_order begin = begin_order();
    begin.at_us = begin_us;
    send_order(&begin);
    (void)wait_for(RECORD_BEGAN);
    pthread_t mixer;
    assert_int_equal(pthread_create(&mixer, NULL, mix, &begin_us), 0);
    for (uint32_t session = 1; session < 100; session++) {
        struct record_order speaking = { .kind = RECORD_SPEAKING,
                                         .meeting = MEETING,
                                         .session = session,
                                         .at_us = begin_us + session * 1000,
                                         .is_on = session % 2 != 0,
                                         .title = "Ana" };
        send_order(&speaking);
    }
    assert_int_equal(pthread_join(mixer, NULL), 0);
    send_order(&(struct record_order){
        .kind = RECORD_END, .meeting = MEETING, .at_us = begin_us + BLOCKS * RECORD_BLOCK_US });
}

static void three_threads(void **state)
{
    (void)state;
    assert_int_equal(sem_init(&bell, 0, 0), 0);
    recorder_set_bell(stage.recorder, ring_bell, NULL);
    assert_int_equal(recorder_start(stage.recorder), 0);
    for (int i = 0; i < 3; i++) {
        record_once();
        const struct record_event ended = wait_for(RECORD_ENDED);
        assert_true(ended.duration_us >= BLOCKS * RECORD_BLOCK_US);
        const char *folder = ended.text + strlen(stage.directory) + 1;
        assert_true(is_there(folder, "floor.opus") && is_there(folder, "speakers.vtt"));
    }
    record_once(); // and it is stopped before that has ended
    recorder_stop(stage.recorder);
    (void)wait_for(RECORD_ENDED);
    assert_true(is_there(FOLDER " 4", "es.opus"));
    (void)sem_destroy(&bell);
}

int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(three_threads, stage_open,
                                                                        stage_close) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
