// SPDX-License-Identifier: BSD-3-Clause
// ring and slot: what goes in comes out, in order and whole, on one thread and between two.
#include "base/base.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define RING_BYTES 4096u
#define RECORD_MAX_BYTES (RING_BYTES / 4)
#define N_RECORDS 2000000u
#define N_VERSIONS 200000u

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t record_size(uint32_t *state)
{
    uint32_t r = next_random(state);
    return r % 64 == 0 ? r % (RECORD_MAX_BYTES + 1) : r % 80;
}

static void fill(uint8_t *p, size_t size, uint32_t number)
{
    for (size_t i = 0; i < size; i++)
        p[i] = (uint8_t)(number + i);
}

static size_t n_wrong(const uint8_t *p, size_t size, uint32_t number)
{
    size_t wrong = 0;
    for (size_t i = 0; i < size; i++)
        wrong += p[i] != (uint8_t)(number + i);
    return wrong;
}

static void test_empty_and_full(void **state)
{
    (void)state;
    struct ring *ring = ring_new(1000); // becomes 1024
    size_t size = 77;
    assert_non_null(ring);
    assert_true(ring_is_empty(ring));
    assert_null(ring_peek(ring, &size));
    assert_null(ring_reserve(ring, 257)); // over a quarter: never
    size_t n = 0;
    for (uint8_t *p; (p = ring_reserve(ring, 56)) != NULL; n++) {
        assert_int_equal((uintptr_t)p % 8, 0);
        fill(p, 56, (uint32_t)n);
        ring_commit(ring);
    }
    assert_int_equal(n, 16); // 16 * (8 + 56) = 1024
    assert_false(ring_is_empty(ring));
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = ring_peek(ring, &size);
        assert_non_null(p);
        assert_ptr_equal(p, ring_peek(ring, &size)); // a second look changes nothing
        assert_int_equal(size, 56);
        assert_int_equal(n_wrong(p, size, (uint32_t)i), 0);
        ring_consume(ring);
    }
    assert_true(ring_is_empty(ring));
    ring_free(ring);
    ring_free(NULL);
}

static void test_reserve_is_not_seen_before_commit(void **state)
{
    (void)state;
    struct ring *ring = ring_new(RING_BYTES);
    size_t size;
    assert_non_null(ring_reserve(ring, 100));
    assert_null(ring_peek(ring, &size));
    uint8_t *p = ring_reserve(ring, 3); // the first was given up
    fill(p, 3, 9);
    ring_commit(ring);
    const uint8_t *q = ring_peek(ring, &size);
    assert_non_null(q);
    assert_int_equal(size, 3);
    assert_int_equal(n_wrong(q, 3, 9), 0);
    ring_consume(ring);
    assert_null(ring_peek(ring, &size));
    ring_free(ring);
}

// At every phase of the ring, the largest record fits when it is empty: a sender that waits never
// waits for ever.
static void test_largest_fits_at_every_phase(void **state)
{
    (void)state;
    for (size_t phase = 0; phase < RING_BYTES; phase += 8) {
        struct ring *ring = ring_new(RING_BYTES);
        size_t size;
        for (size_t at = 0; at < phase; at += 8) {
            assert_non_null(ring_reserve(ring, 0)); // a record without bytes takes 8
            ring_commit(ring);
            assert_non_null(ring_peek(ring, &size));
            assert_int_equal(size, 0);
            ring_consume(ring);
        }
        uint8_t *p = ring_reserve(ring, RECORD_MAX_BYTES);
        assert_non_null(p);
        fill(p, RECORD_MAX_BYTES, (uint32_t)phase);
        ring_commit(ring);
        const uint8_t *q = ring_peek(ring, &size);
        assert_non_null(q);
        assert_int_equal(size, RECORD_MAX_BYTES);
        assert_int_equal(n_wrong(q, size, (uint32_t)phase), 0);
        ring_consume(ring);
        assert_true(ring_is_empty(ring));
        ring_free(ring);
    }
}

static void *produce(void *context)
{
    struct ring *ring = context;
    uint32_t random = 1;
    for (uint32_t i = 0; i < N_RECORDS; i++) {
        size_t size = record_size(&random);
        uint8_t *p;
        while ((p = ring_reserve(ring, size)) == NULL)
            sched_yield();
        fill(p, size, i);
        ring_commit(ring);
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    (void)state;
    struct ring *ring = ring_new(RING_BYTES);
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
    uint32_t random = 1;
    size_t n_bad_sizes = 0, n_bad_bytes = 0;
    for (uint32_t i = 0; i < N_RECORDS; i++) {
        size_t size = 0;
        const uint8_t *p;
        while ((p = ring_peek(ring, &size)) == NULL)
            sched_yield();
        n_bad_sizes += size != record_size(&random);
        n_bad_bytes += n_wrong(p, size, i);
        ring_consume(ring);
    }
    assert_int_equal(pthread_join(producer, NULL), 0);
    assert_int_equal(n_bad_sizes, 0);
    assert_int_equal(n_bad_bytes, 0);
    assert_true(ring_is_empty(ring));
    ring_free(ring);
}

static void count_ring(void *context)
{
    ++*(int *)context;
}

static void test_lane(void **state)
{
    (void)state;
    int n_rings = 0;
    struct lane lane = { .ring = ring_new(256) };
    assert_non_null(lane.ring);
    lane_bell(&lane); // nobody listens yet
    lane.bell = count_ring;
    lane.bell_context = &n_rings;
    uint64_t sent = 0;
    while (lane_send(&lane, &sent, sizeof sent))
        sent++;
    assert_int_equal(sent, 16); // 256 / (8 + 8)
    assert_int_equal(lane.dropped, 1);
    assert_int_equal(n_rings, 0); // sending is not ringing
    lane_bell(&lane);
    assert_int_equal(n_rings, 1);
    size_t size;
    for (uint64_t i = 0; i < sent; i++) {
        const void *record = ring_peek(lane.ring, &size);
        assert_non_null(record);
        assert_int_equal(size, sizeof i);
        assert_memory_equal(record, &i, sizeof i);
        ring_consume(lane.ring);
    }
    assert_true(lane_send(&lane, &sent, sizeof sent));
    ring_free(lane.ring);
}

struct version {
    uint32_t number, check;
};

static void *put_versions(void *context)
{
    struct slot *slot = context;
    for (uint32_t i = 1; i <= N_VERSIONS; i++) {
        struct version *version = malloc(sizeof *version);
        if (version == NULL)
            abort();
        *version = (struct version){ .number = i, .check = ~i };
        free(slot_put(slot, version));
    }
    return NULL;
}

static void test_slot_gives_the_newest(void **state)
{
    (void)state;
    struct slot slot = { NULL };
    int a = 1, b = 2;
    assert_null(slot_take(&slot));
    assert_null(slot_put(&slot, &a));
    assert_ptr_equal(slot_put(&slot, &b), &a);
    assert_ptr_equal(slot_take(&slot), &b);
    assert_null(slot_take(&slot));

    pthread_t putter;
    assert_int_equal(pthread_create(&putter, NULL, put_versions, &slot), 0);
    uint32_t last = 0, n_bad = 0;
    while (last < N_VERSIONS) {
        struct version *version = slot_take(&slot);
        if (version == NULL) {
            sched_yield();
            continue;
        }
        n_bad += version->number <= last || version->check != ~version->number;
        last = version->number;
        free(version);
    }
    assert_int_equal(pthread_join(putter, NULL), 0);
    assert_int_equal(n_bad, 0);
    assert_null(slot_take(&slot));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_and_full),
        cmocka_unit_test(test_reserve_is_not_seen_before_commit),
        cmocka_unit_test(test_largest_fits_at_every_phase),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_lane),
        cmocka_unit_test(test_slot_gives_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
