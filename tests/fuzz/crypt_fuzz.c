// SPDX-License-Identifier: BSD-3-Clause
//
// A sender, a receiver and a network between them that loses, reorders, repeats, damages and
// invents, as the input says: two bytes a step. Whatever it does: no datagram is opened twice, what
// is opened is what was sealed, and what is refused changes nothing. (A damaged datagram passes by
// chance once in 2^24: then the run ends.) Both ends have a twin with the portable AES, which does
// the same and must come to the same.
#include "fuzz.h"
#include "proto/proto.h"

#include <stdbool.h>
#include <string.h>

#define N_KEPT 256
#define PLAIN_MAX_BYTES 40

struct sealed {
    uint8_t bytes[PLAIN_MAX_BYTES + CRYPT_HEADER_BYTES];
    size_t len;
    uint32_t number; // 0: none yet
    bool is_opened;
};

struct run {
    struct crypt *sender;
    struct crypt *receiver;
    struct crypt *sender_twin;
    struct crypt *receiver_twin;
    uint32_t n_sealed, n_opened;
    struct sealed kept[N_KEPT]; // by number modulo N_KEPT
};

static void fill_plain(uint32_t number, uint8_t *plain, size_t len)
{
    memset(plain, 0, len); // mostly silence, which the cipher treats apart
    memcpy(plain, &number, sizeof number);
    plain[len - 1] = (uint8_t)(number * 7);
}

// The next n at once, and one at a time by the twin.
static void seal(struct run *run, unsigned n)
{
    static uint8_t plains[N_KEPT][PLAIN_MAX_BYTES];
    struct crypt_job jobs[N_KEPT];
    for (unsigned i = 0; i < n; i++) {
        uint32_t number = ++run->n_sealed;
        struct sealed *sealed = &run->kept[number % N_KEPT];
        size_t len = sizeof number + 1 + number / 3 % (PLAIN_MAX_BYTES - sizeof number);
        fill_plain(number, plains[i], len);
        *sealed = (struct sealed){ .number = number, .len = len + CRYPT_HEADER_BYTES };
        jobs[i] = (struct crypt_job){ run->sender, { plains[i], len }, sealed->bytes, 0 };
    }
    crypt_seal_many(jobs, n);
    for (unsigned i = 0; i < n; i++) {
        uint8_t want[PLAIN_MAX_BYTES + CRYPT_HEADER_BYTES];
        size_t len = crypt_seal(run->sender_twin, jobs[i].plain, want);
        CHECK(jobs[i].n_bytes == len && len == jobs[i].plain.len + CRYPT_HEADER_BYTES);
        CHECK(memcmp(jobs[i].out, want, len) == 0);
    }
}

// Returns false when the datagram was refused.
static bool open_unchanged_if_refused(struct run *run, struct span in, uint8_t *plain)
{
    uint8_t before[16];
    uint8_t after[16];
    bool is_newest;
    crypt_get_decrypt_nonce(run->receiver, before);
    struct crypt_counters was = crypt_get_counters(run->receiver);
    int n = crypt_open(run->receiver, in, plain, &is_newest);
    crypt_get_decrypt_nonce(run->receiver, after);
    struct crypt_counters is = crypt_get_counters(run->receiver);
    uint8_t twin_plain[VOICE_PACKET_MAX_BYTES];
    bool is_newest_too = false;
    CHECK(crypt_open(run->receiver_twin, in, twin_plain, &is_newest_too) == n);
    CHECK(n < 0 || (memcmp(plain, twin_plain, (size_t)n) == 0 && is_newest == is_newest_too));
    if (n < 0) {
        CHECK(memcmp(before, after, sizeof before) == 0 && memcmp(&was, &is, sizeof was) == 0);
        return false;
    }
    CHECK((size_t)n + CRYPT_HEADER_BYTES == in.len && is.good == was.good + 1);
    CHECK(is_newest == (memcmp(before, after, sizeof before) != 0));
    return true;
}

static void deliver(struct run *run, struct sealed *sealed)
{
    uint8_t got[PLAIN_MAX_BYTES];
    uint8_t want[PLAIN_MAX_BYTES];
    if (sealed->number == 0 ||
        !open_unchanged_if_refused(run, (struct span){ sealed->bytes, sealed->len }, got))
        return;
    size_t len = sealed->len - CRYPT_HEADER_BYTES;
    fill_plain(sealed->number, want, len);
    size_t silent = len > 16 ? (len - 1) / 16 * 16 - 16 : len; // the bit that sealing may change
    if (silent < len && (got[silent] ^ want[silent]) == 1)
        got[silent] ^= 1;
    CHECK(memcmp(got, want, len) == 0);
    CHECK(!sealed->is_opened);
    sealed->is_opened = true;
    run->n_opened++;
}

// Returns false when the damage was not noticed.
static bool deliver_damaged(struct run *run, const struct sealed *sealed, uint8_t where)
{
    uint8_t plain[PLAIN_MAX_BYTES];
    struct sealed damaged = *sealed;
    if (damaged.number == 0)
        return true;
    damaged.bytes[where % damaged.len] ^= (uint8_t)(1 + where / damaged.len);
    return !open_unchanged_if_refused(run, (struct span){ damaged.bytes, damaged.len }, plain);
}

static bool step(struct run *run, uint8_t what, uint8_t how)
{
    switch (what % 6) {
    case 0: // the next, at once
        seal(run, 1);
        deliver(run, &run->kept[run->n_sealed % N_KEPT]);
        return true;
    case 1: // lost, or to come later
        seal(run, how + 1u);
        return true;
    case 2: // late, or again
        deliver(run, &run->kept[(run->n_sealed - how) % N_KEPT]);
        return true;
    case 3:
        return deliver_damaged(run, &run->kept[run->n_sealed % N_KEPT], how);
    case 4:
        return deliver_damaged(run, &run->kept[(run->n_sealed - how) % N_KEPT],
                               (uint8_t)(what ^ how));
    default: { // a resync
        uint8_t nonce[16];
        crypt_get_encrypt_nonce(run->sender, nonce);
        crypt_set_decrypt_nonce(run->receiver, nonce);
        crypt_set_decrypt_nonce(run->receiver_twin, nonce);
        return true;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[CRYPT_KEY_BYTES] = { 1, 2, 3 };
    uint8_t nonce[16] = { 0 };
    static struct run run;
    if (size < 3)
        return 0;
    // Anything from an outside, with a fresh object: only lengths can be judged.
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    bool is_newest;
    memcpy(nonce, data, 3);
    run = (struct run){ .sender = crypt_new(key, nonce, nonce),
                        .receiver = crypt_new(key, nonce, nonce),
                        .sender_twin = crypt_new_portable(key, nonce, nonce),
                        .receiver_twin = crypt_new_portable(key, nonce, nonce) };
    CHECK(run.sender != NULL && run.receiver != NULL);
    CHECK(run.sender_twin != NULL && run.receiver_twin != NULL);
    int n = crypt_open(run.sender, (struct span){ data, size }, plain, &is_newest);
    CHECK(n < 0 || (size_t)n + CRYPT_HEADER_BYTES == size);

    bool is_going = true;
    for (size_t i = 3; i + 1 < size && i < 1000 && is_going; i += 2)
        is_going = step(&run, data[i], data[i + 1]);
    CHECK(!is_going || crypt_get_counters(run.receiver).good == run.n_opened);
    crypt_free(run.sender);
    crypt_free(run.receiver);
    crypt_free(run.sender_twin);
    crypt_free(run.receiver_twin);
    return 0;
}
