// SPDX-License-Identifier: BSD-3-Clause
//
// base: what every layer above stands on: the log, the clock, rings between threads, small helpers.
// Nothing here knows of Mumble or of sound. log_* may be called from any thread, never from the
// audio tick or per packet; a ring has exactly one producing and one consuming thread.
#ifndef SUSURRO_BASE_H
#define SUSURRO_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- clock: the threads' loops read it once a turn and pass it on -----------------------------

uint64_t clock_us(void);    // CLOCK_MONOTONIC
int64_t clock_unix_s(void); // UTC, for what is stored
#define MS(n) ((uint64_t)(n)*1000u)
#define SECONDS(n) ((uint64_t)(n)*1000000u)

// ---- log: logfmt lines, one write a line ------------------------------------------------------
//
// t=2026-05-01T18:00:00.123Z level=info mod=control msg="authenticated" session=12 name="Ana María"
//   log_info("control", "authenticated", "session=%u name=%s", session, log_quote(name, buf, 64));
// fields may be NULL. Values that may hold blanks or quotes go through log_quote. A line is
// at most 2,048 bytes (a longer one is cut and ends in "..."); control characters in it become '?',
// so no value can forge a line. errno is kept. No secrets, no message bodies, no addresses unless
// configured.

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_init(int fd, enum log_level least); // default: stderr, info
void log_set_level(enum log_level least);
bool log_level_from_name(const char *name, enum log_level *out);
void log_write(enum log_level level, const char *mod, const char *msg, const char *fields, ...)
    __attribute__((format(printf, 4, 5)));
// Writes value (NULL counts as empty) as a logfmt value, quoted and escaped where needed, into out;
// cut where it does not fit; always terminated when cap > 0; returns out.
const char *log_quote(const char *value, char *out, size_t cap);
#define log_debug(mod, msg, ...) log_write(LOG_DEBUG, mod, msg, __VA_ARGS__)
#define log_info(mod, msg, ...) log_write(LOG_INFO, mod, msg, __VA_ARGS__)
#define log_warn(mod, msg, ...) log_write(LOG_WARN, mod, msg, __VA_ARGS__)
#define log_error(mod, msg, ...) log_write(LOG_ERROR, mod, msg, __VA_ARGS__)

// ---- ring: records from one thread to another, without locks ----------------------------------
//
//   producer: p = ring_reserve(r, n); fill p; ring_commit(r);
//   consumer: while ((p = ring_peek(r, &n)) != NULL) { use p; ring_consume(r); }
//
//        tail (consumer)                 head (producer)
//          │ size │ record │ size │ record │
//   ───────┴───────────────────────────────┴──────────────
//   The capacity is a power of two; a record that would wrap is preceded by a filler record, which
//   the consumer skips.
//
// A record is contiguous, aligned to 8 bytes, at most a quarter of the capacity; it takes 8 bytes
// beside its own, and always fits when the ring is empty. reserve returns NULL when there is no
// room: the producer decides what that means (frames: count and drop; commands: retry later). A
// reservation that is not committed is given up by the next one. Both ends run at any time. C11
// atomics with acquire and release, so ThreadSanitizer sees the hand-over.

struct ring;
// The capacity is rounded up to a power of two, at least 256. NULL: out of memory.
struct ring *ring_new(size_t capacity_bytes);
void ring_free(struct ring *ring);
void *ring_reserve(struct ring *ring, size_t size);
void ring_commit(struct ring *ring);
const void *ring_peek(struct ring *ring, size_t *size); // NULL: empty
void ring_consume(struct ring *ring);
bool ring_is_empty(const struct ring *ring); // from either end; may be stale by the time it returns

// ---- lane: a ring and the bell of the thread that reads it ------------------------------------
//
// The consumer makes the lane and its bell (uv_async_send behind it: callable from any thread,
// coalesces). The producer writes to lane->ring, and rings the bell once after a batch of commits.
// A lane is owned by its consumer and outlives the producer.
struct lane {
    struct ring *ring;
    void (*bell)(void *context); // may be NULL until the consumer runs
    void *bell_context;
    uint64_t dropped; // producer's count of records that found no room
};
void lane_bell(struct lane *lane);
// Copies one record in. False (and counted) when there is no room.
bool lane_send(struct lane *lane, const void *record, size_t size);

// ---- slot: the newest version of an immutable object, from one thread to another --------------
//
// put hands over ownership of `object` and returns the one that the other side never took (to be
// freed by the caller), or NULL. take returns the newest one not yet taken (the caller owns it
// now), or NULL.
struct slot {
    _Atomic(void *) object;
};
void *slot_put(struct slot *slot, void *object);
void *slot_take(struct slot *slot);

// ---- leaky bucket (the protocol's own rate limit: messagelimit and messageburst) --------------

// burst events at once, then rate_per_s; both at least 1. Whole tokens drain, and only then does
// the clock start anew, so that fractions add up.
struct bucket {
    uint32_t rate_per_s, burst, level;
    uint64_t drained_at_us;
};
void bucket_init(struct bucket *bucket, uint32_t rate_per_s, uint32_t burst, uint64_t now_us);
bool bucket_take(struct bucket *bucket, uint64_t now_us); // false: over the limit

// ---- bytes ------------------------------------------------------------------------------------

struct buffer { // a growing byte string with a limit
    uint8_t *data;
    size_t len, cap, limit;
};
void buffer_init(struct buffer *buffer, size_t limit);
void buffer_clear(struct buffer *buffer); // frees the bytes; usable again, with the same limit
// Room for n more bytes, not yet counted in len; NULL: limit or memory.
uint8_t *buffer_grow(struct buffer *buffer, size_t n);
bool buffer_add(struct buffer *buffer, const void *data, size_t n);
void buffer_drop_front(struct buffer *buffer, size_t n); // n <= len; moves what is left

char *str_dup(const char *text); // NULL stays NULL; NULL also when out of memory
bool str_is_utf8(const char *text);
// What of it fits, in whole characters of UTF-8.
void str_fit(char *out, size_t cap, const char *text);
// The protocol counts text lengths so. A byte that is not UTF-8 counts as one.
size_t str_utf16_units(const char *text);
bool str_equal_fold(const char *a, const char *b); // UTF-8; Latin, Greek and Cyrillic folded
// Edit distance in bytes with swaps of neighbours (optimal string alignment), ASCII case folded; of
// words. SIZE_MAX: too long to be one.
size_t str_distance(const char *a, const char *b);
uint32_t str_hash_fold(const char *text); // equal for what str_equal_fold calls equal
void random_bytes(void *out, size_t n);   // from the kernel; ends the process when that fails

#endif
