// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE_BYTES 64
#define CAPACITY_MIN_BYTES 256

struct record_head {
    uint32_t size;
    uint32_t is_filler;
};
_Static_assert(sizeof(struct record_head) == 8, "records stay aligned to 8 bytes");

// Indices count bytes since the beginning and are never wrapped; & mask gives the place in data.
// Each end keeps its last look at the other's index and looks again only when that is not enough:
// no cache line moves without need.
struct ring {
    alignas(CACHE_LINE_BYTES) _Atomic(size_t) head; // written by the producer
    size_t seen_tail, reserved_head;
    alignas(CACHE_LINE_BYTES) _Atomic(size_t) tail; // written by the consumer
    size_t seen_head, peeked_tail;
    alignas(CACHE_LINE_BYTES) size_t mask; // constant from here on
    uint8_t *data;
};

static size_t align8(size_t n)
{
    return (n + 7u) & ~(size_t)7u;
}

struct ring *ring_new(size_t capacity_bytes)
{
    size_t capacity = CAPACITY_MIN_BYTES;
    while (capacity < capacity_bytes) {
        if (capacity > SIZE_MAX / 4)
            return NULL;
        capacity *= 2;
    }
    struct ring *ring = aligned_alloc(CACHE_LINE_BYTES, sizeof *ring);
    uint8_t *data = aligned_alloc(CACHE_LINE_BYTES, capacity);
    if (ring == NULL || data == NULL) {
        free(ring);
        free(data);
        return NULL;
    }
    *ring = (struct ring){ .mask = capacity - 1, .data = data };
    return ring;
}

void ring_free(struct ring *ring)
{
    if (ring == NULL)
        return;
    free(ring->data);
    free(ring);
}

static bool has_room(struct ring *ring, size_t end)
{
    size_t capacity = ring->mask + 1;
    if (end - ring->seen_tail <= capacity)
        return true;
    ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return end - ring->seen_tail <= capacity;
}

void *ring_reserve(struct ring *ring, size_t size)
{
    size_t capacity = ring->mask + 1;
    if (size > capacity / 4)
        return NULL;
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed); // our own
    size_t need = sizeof(struct record_head) + align8(size);
    size_t to_end = capacity - (head & ring->mask);
    size_t filler = need > to_end ? to_end : 0;
    if (!has_room(ring, head + filler + need))
        return NULL;
    if (filler > 0) {
        struct record_head skip = { .size = (uint32_t)filler, .is_filler = 1 };
        memcpy(ring->data + (head & ring->mask), &skip, sizeof skip);
        head += filler;
    }
    struct record_head record = { .size = (uint32_t)size };
    memcpy(ring->data + (head & ring->mask), &record, sizeof record);
    ring->reserved_head = head + need;
    return ring->data + (head & ring->mask) + sizeof record;
}

void ring_commit(struct ring *ring)
{
    assert(ring->reserved_head != atomic_load_explicit(&ring->head, memory_order_relaxed));
    atomic_store_explicit(&ring->head, ring->reserved_head, memory_order_release);
}

const void *ring_peek(struct ring *ring, size_t *size)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); // our own
    if (tail == ring->seen_head) {
        ring->seen_head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail == ring->seen_head)
            return NULL;
    }
    struct record_head record;
    memcpy(&record, ring->data + (tail & ring->mask), sizeof record);
    if (record.is_filler) { // committed together with the record behind it
        tail += record.size;
        memcpy(&record, ring->data + (tail & ring->mask), sizeof record);
    }
    ring->peeked_tail = tail + sizeof record + align8(record.size);
    *size = record.size;
    return ring->data + (tail & ring->mask) + sizeof record;
}

void ring_consume(struct ring *ring)
{
    assert(ring->peeked_tail != atomic_load_explicit(&ring->tail, memory_order_relaxed));
    atomic_store_explicit(&ring->tail, ring->peeked_tail, memory_order_release);
}

bool ring_is_empty(const struct ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_acquire) ==
           atomic_load_explicit(&ring->tail, memory_order_acquire);
}
