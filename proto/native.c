// SPDX-License-Identifier: BSD-3-Clause
//
// AES and OCB2 with the AES instructions of x86-64 processors, which take the same time whatever
// the key and the text. One round of one block takes four cycles, but the next block need not wait
// for it: hence always eight blocks at a time, of one packet or of eight packets with eight keys.
// The functions are compiled for those processors whatever the rest is compiled for.
#include "crypt_int.h"

#ifdef __x86_64__

#include <immintrin.h>

#define NATIVE __attribute__((target("aes,sse4.1")))
#define ROUNDS 10
#define EACH_LANE(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

bool native_is_there(void)
{
    return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

NATIVE static inline __m128i load(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

NATIVE static inline void store(uint8_t *to, __m128i block)
{
    _mm_storeu_si128((__m128i *)(void *)to, block);
}

NATIVE static inline __m128i round_key(const struct schedule *schedule, size_t round)
{
    return _mm_load_si128((const __m128i *)(const void *)schedule->keys[round]);
}

// ---- AES ----------------------------------------------------------------------------------------

// The next round key: word i is the sum of the words 0..i of the one before and of `assist`.
NATIVE static __m128i next_key(__m128i key, __m128i assist)
{
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, _mm_shuffle_epi32(assist, 0xFF));
}

NATIVE void native_expand(const uint8_t key[CRYPT_KEY_BYTES], struct schedule *to_encrypt,
                          struct schedule *to_decrypt)
{
    __m128i at = load(key);
    store(to_encrypt->keys[0], at);
#define EXPAND(round, constant)                                                                    \
    at = next_key(at, _mm_aeskeygenassist_si128(at, constant));                                    \
    store(to_encrypt->keys[round], at);
    EXPAND(1, 0x01)
    EXPAND(2, 0x02)
    EXPAND(3, 0x04)
    EXPAND(4, 0x08)
    EXPAND(5, 0x10)
    EXPAND(6, 0x20)
    EXPAND(7, 0x40)
    EXPAND(8, 0x80)
    EXPAND(9, 0x1B)
    EXPAND(10, 0x36)
    memcpy(to_decrypt->keys[0], to_encrypt->keys[ROUNDS], BLOCK_BYTES);
    for (size_t i = 1; i < ROUNDS; i++)
        store(to_decrypt->keys[i], _mm_aesimc_si128(round_key(to_encrypt, ROUNDS - i)));
    memcpy(to_decrypt->keys[ROUNDS], to_encrypt->keys[0], BLOCK_BYTES);
}

// Eight blocks, each with its own key.
NATIVE static inline void encrypt_eight(const struct schedule *const of[NATIVE_LANES],
                                        __m128i blocks[NATIVE_LANES])
{
#define BEGIN(i) __m128i b##i = _mm_xor_si128(blocks[i], round_key(of[i], 0));
    EACH_LANE(BEGIN)
    for (size_t round = 1; round < ROUNDS; round++) {
#define ENCRYPT(i) b##i = _mm_aesenc_si128(b##i, round_key(of[i], round));
        EACH_LANE(ENCRYPT)
    }
#define ENCRYPT_LAST(i) blocks[i] = _mm_aesenclast_si128(b##i, round_key(of[i], ROUNDS));
    EACH_LANE(ENCRYPT_LAST)
}

NATIVE static inline void decrypt_eight(const struct schedule *schedule,
                                        __m128i blocks[NATIVE_LANES])
{
    __m128i key = round_key(schedule, 0);
#define BEGIN_ONE_KEY(i) __m128i b##i = _mm_xor_si128(blocks[i], key);
    EACH_LANE(BEGIN_ONE_KEY)
    for (size_t round = 1; round < ROUNDS; round++) {
        key = round_key(schedule, round);
#define DECRYPT(i) b##i = _mm_aesdec_si128(b##i, key);
        EACH_LANE(DECRYPT)
    }
    key = round_key(schedule, ROUNDS);
#define DECRYPT_LAST(i) blocks[i] = _mm_aesdeclast_si128(b##i, key);
    EACH_LANE(DECRYPT_LAST)
}

NATIVE static inline __m128i encrypt_one(const struct schedule *schedule, __m128i block)
{
    block = _mm_xor_si128(block, round_key(schedule, 0));
    for (size_t round = 1; round < ROUNDS; round++)
        block = _mm_aesenc_si128(block, round_key(schedule, round));
    return _mm_aesenclast_si128(block, round_key(schedule, ROUNDS));
}

NATIVE void native_encrypt(const struct schedule *schedule, uint8_t block[BLOCK_BYTES])
{
    store(block, encrypt_one(schedule, load(block)));
}

NATIVE void native_decrypt(const struct schedule *schedule, uint8_t *blocks, size_t n_blocks)
{
    for (size_t at = 0; at < n_blocks; at += NATIVE_LANES) {
        __m128i eight[NATIVE_LANES] = { 0 };
        size_t n = n_blocks - at < NATIVE_LANES ? n_blocks - at : NATIVE_LANES;
        memcpy(eight, blocks + at * BLOCK_BYTES, n * BLOCK_BYTES);
        decrypt_eight(schedule, eight);
        memcpy(blocks + at * BLOCK_BYTES, eight, n * BLOCK_BYTES);
    }
}

// ---- OCB2, eight packets side by side (the formulas are in ocb2.c) ------------------------------

// OCB2's blocks are big-endian numbers; these are little-endian ones, and back again.
NATIVE static inline __m128i turn(__m128i block)
{
    return _mm_shuffle_epi8(block,
                            _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// Multiplication by 2 in GF(2^128) of a little-endian number: each 32-bit word takes the top bit of
// the one below it, the lowest takes the polynomial for the top bit of all.
NATIVE static inline __m128i twice(__m128i number)
{
    __m128i carries = _mm_shuffle_epi32(_mm_srai_epi32(number, 31), _MM_SHUFFLE(2, 1, 0, 3));
    carries = _mm_and_si128(carries, _mm_set_epi32(1, 1, 1, 0x87));
    return _mm_xor_si128(_mm_slli_epi32(number, 1), carries);
}

// The sender's half of the countermeasure, without a branch on the text.
NATIVE static inline __m128i altered_if_silent(__m128i block)
{
    __m128i first_15 = _mm_slli_si128(block, 1);
    __m128i is_zero = _mm_cmpeq_epi64(first_15, _mm_setzero_si128());
    is_zero = _mm_and_si128(is_zero, _mm_shuffle_epi32(is_zero, _MM_SHUFFLE(1, 0, 3, 2)));
    return _mm_xor_si128(block, _mm_and_si128(is_zero, _mm_cvtsi32_si128(1)));
}

// The last block, which has n_last (0 to 16) bytes; returns what it adds to the checksum.
NATIVE static inline __m128i seal_last_block(const uint8_t *plain, uint8_t *out, size_t n_last,
                                             __m128i pad)
{
    uint8_t last[BLOCK_BYTES]; // the plaintext, filled up with the end of the pad
    store(last, pad);
    if (n_last > 0)
        memcpy(last, plain, n_last);
    __m128i block = load(last);
    store(last, _mm_xor_si128(block, pad));
    if (n_last > 0)
        memcpy(out, last, n_last);
    return block;
}

static inline size_t count_full(size_t len)
{
    return len == 0 ? 0 : (len - 1) / BLOCK_BYTES;
}

struct eight {
    const struct schedule *of[NATIVE_LANES];
    __m128i deltas[NATIVE_LANES]; // little-endian
    __m128i sums[NATIVE_LANES];
};

NATIVE static inline void seal_full_block(struct eight *eight,
                                          const struct native_lane lanes[NATIVE_LANES], size_t at,
                                          bool is_next_to_last)
{
    __m128i blocks[NATIVE_LANES];
    for (size_t i = 0; i < NATIVE_LANES; i++) {
        __m128i plain = load(lanes[i].plain + at);
        if (is_next_to_last)
            plain = altered_if_silent(plain);
        eight->deltas[i] = twice(eight->deltas[i]);
        eight->sums[i] = _mm_xor_si128(eight->sums[i], plain);
        blocks[i] = _mm_xor_si128(plain, turn(eight->deltas[i]));
    }
    encrypt_eight(eight->of, blocks);
    for (size_t i = 0; i < NATIVE_LANES; i++)
        store(lanes[i].out + at, _mm_xor_si128(blocks[i], turn(eight->deltas[i])));
}

NATIVE static inline void seal_last_blocks(struct eight *eight,
                                           const struct native_lane lanes[NATIVE_LANES], size_t at,
                                           size_t n_last)
{
    const __m128i length = _mm_cvtsi32_si128((int)(8 * n_last));
    __m128i pads[NATIVE_LANES];
    for (size_t i = 0; i < NATIVE_LANES; i++) {
        eight->deltas[i] = twice(eight->deltas[i]);
        pads[i] = turn(_mm_xor_si128(eight->deltas[i], length));
    }
    encrypt_eight(eight->of, pads);
    for (size_t i = 0; i < NATIVE_LANES; i++) {
        __m128i block = seal_last_block(lanes[i].plain + at, lanes[i].out + at, n_last, pads[i]);
        eight->sums[i] = _mm_xor_si128(eight->sums[i], block);
    }
}

NATIVE void native_seal_eight(struct native_lane lanes[NATIVE_LANES], size_t len)
{
    struct eight eight;
    size_t n_full = count_full(len);
    for (size_t i = 0; i < NATIVE_LANES; i++) {
        eight.of[i] = lanes[i].schedule;
        eight.sums[i] = _mm_setzero_si128();
        eight.deltas[i] = load(lanes[i].nonce);
    }
    encrypt_eight(eight.of, eight.deltas);
    for (size_t i = 0; i < NATIVE_LANES; i++)
        eight.deltas[i] = turn(eight.deltas[i]);
    for (size_t i = 0; i < n_full; i++)
        seal_full_block(&eight, lanes, i * BLOCK_BYTES, i + 1 == n_full);
    seal_last_blocks(&eight, lanes, n_full * BLOCK_BYTES, len - n_full * BLOCK_BYTES);
    for (size_t i = 0; i < NATIVE_LANES; i++) {
        __m128i thrice = _mm_xor_si128(twice(eight.deltas[i]), eight.deltas[i]);
        eight.sums[i] = _mm_xor_si128(eight.sums[i], turn(thrice));
    }
    encrypt_eight(eight.of, eight.sums);
    for (size_t i = 0; i < NATIVE_LANES; i++)
        store(lanes[i].tag, eight.sums[i]);
}

// ---- one packet, its blocks side by side --------------------------------------------------------

struct single {
    const struct native_lane *lane;
    const struct schedule *of[NATIVE_LANES]; // all the same
    size_t n_full, n_last;
    __m128i delta, sum, pad;
};

// Blocks at .. at + n - 1; after the full ones, the last one's pad.
NATIVE static inline void seal_some(struct single *single, size_t at, size_t n)
{
    const __m128i length = _mm_cvtsi32_si128((int)(8 * single->n_last));
    __m128i blocks[NATIVE_LANES] = { 0 }, deltas[NATIVE_LANES] = { 0 };
    for (size_t i = 0; i < n; i++) {
        single->delta = twice(single->delta);
        deltas[i] = turn(single->delta);
        if (at + i == single->n_full) {
            blocks[i] = _mm_xor_si128(deltas[i], turn(length));
            continue;
        }
        __m128i plain = load(single->lane->plain + (at + i) * BLOCK_BYTES);
        if (at + i + 1 == single->n_full)
            plain = altered_if_silent(plain);
        single->sum = _mm_xor_si128(single->sum, plain);
        blocks[i] = _mm_xor_si128(plain, deltas[i]);
    }
    encrypt_eight(single->of, blocks);
    for (size_t i = 0; i < n && at + i < single->n_full; i++)
        store(single->lane->out + (at + i) * BLOCK_BYTES, _mm_xor_si128(blocks[i], deltas[i]));
    single->pad = blocks[n - 1];
}

NATIVE void native_seal(struct native_lane *lane, size_t len)
{
    struct single single = { .lane = lane, .n_full = count_full(len) };
    size_t n_blocks = single.n_full + 1;
    single.n_last = len - single.n_full * BLOCK_BYTES;
    single.sum = _mm_setzero_si128();
    single.delta = turn(encrypt_one(lane->schedule, load(lane->nonce)));
    for (size_t i = 0; i < NATIVE_LANES; i++)
        single.of[i] = lane->schedule;
    for (size_t at = 0; at < n_blocks; at += NATIVE_LANES)
        seal_some(&single, at, n_blocks - at < NATIVE_LANES ? n_blocks - at : NATIVE_LANES);
    size_t at = single.n_full * BLOCK_BYTES;
    single.sum = _mm_xor_si128(
        single.sum, seal_last_block(lane->plain + at, lane->out + at, single.n_last, single.pad));
    __m128i thrice = _mm_xor_si128(twice(single.delta), single.delta);
    store(lane->tag, encrypt_one(lane->schedule, _mm_xor_si128(single.sum, turn(thrice))));
}

#else

#include <stdlib.h>

bool native_is_there(void)
{
    return false;
}

void native_expand(const uint8_t key[CRYPT_KEY_BYTES], struct schedule *to_encrypt,
                   struct schedule *to_decrypt)
{
    (void)key, (void)to_encrypt, (void)to_decrypt;
    abort();
}

void native_encrypt(const struct schedule *schedule, uint8_t block[BLOCK_BYTES])
{
    (void)schedule, (void)block;
    abort();
}

void native_decrypt(const struct schedule *schedule, uint8_t *blocks, size_t n_blocks)
{
    (void)schedule, (void)blocks, (void)n_blocks;
    abort();
}

void native_seal(struct native_lane *lane, size_t len)
{
    (void)lane, (void)len;
    abort();
}

void native_seal_eight(struct native_lane lanes[NATIVE_LANES], size_t len)
{
    (void)lanes, (void)len;
    abort();
}

#endif
