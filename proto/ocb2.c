// SPDX-License-Identifier: BSD-3-Clause
//
// OCB2 with AES-128. The offsets ("deltas") follow from the nonce by shifts alone, so all blocks of
// a packet are known before AES runs and go through it in one call. With B = n - 1 full blocks and
// one last, possibly partial or empty block:
//
//   delta[0] = E(nonce)     delta[i] = 2 delta[i-1]
//   C[i] = delta[i] ^ E(delta[i] ^ P[i])                  for i = 1..B
//   pad = E(delta[B+1] ^ length of the last in bits)      C[B+1] = P[B+1] ^ pad
//   tag = E(3 delta[B+1] ^ checksum)
//
// The checksum is the sum of all P, the last one filled up with the end of the pad.
// Against the forgery of eprint 2019/311 both halves of its section 9 are here: the sender alters a
// next-to-last block whose first 15 bytes are zero (one bit of digital silence changes), the
// receiver refuses a last block that shows delta.
#include "crypt_int.h"

#include <assert.h>

#define BLOCKS_MAX ((VOICE_PACKET_MAX_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES)

// A block as a 128-bit big-endian number.
struct block {
    uint64_t high, low;
};

static struct block block_load(const uint8_t *in)
{
    return (struct block){ load_be64(in), load_be64(in + 8) };
}

static void block_store(uint8_t *out, struct block block)
{
    store_be64(out, block.high);
    store_be64(out + 8, block.low);
}

static struct block block_xor(struct block a, struct block b)
{
    return (struct block){ a.high ^ b.high, a.low ^ b.low };
}

// Multiplication by 2 in GF(2^128), x^128 = x^7 + x^2 + x + 1, in constant time.
static struct block block_double(struct block a)
{
    uint64_t carry = 0 - (a.high >> 63);
    return (struct block){ a.high << 1 | a.low >> 63, a.low << 1 ^ (carry & 0x87) };
}

static bool has_equal_15_bytes(struct block a, struct block b)
{
    return ((a.high ^ b.high) | (a.low ^ b.low) >> 8) == 0;
}

// Whole blocks in place, here and below.
static bool update(EVP_CIPHER_CTX *context, uint8_t *blocks, size_t n_blocks)
{
    int n = 0;
    int length = (int)(n_blocks * BLOCK_BYTES);
    return EVP_CipherUpdate(context, blocks, &n, blocks, length) == 1 && n == length;
}

static bool decrypt(struct crypt *crypt, uint8_t *blocks, size_t n_blocks)
{
    if (!crypt->is_native)
        return update(crypt->aes_decrypt, blocks, n_blocks);
    native_decrypt(&crypt->to_decrypt, blocks, n_blocks);
    return true;
}

static bool encrypt_one(struct crypt *crypt, struct block *block)
{
    uint8_t bytes[BLOCK_BYTES];
    block_store(bytes, *block);
    if (crypt->is_native)
        native_encrypt(&crypt->to_encrypt, bytes);
    else if (!update(crypt->aes_encrypt, bytes, 1))
        return false;
    *block = block_load(bytes);
    return true;
}

// All full blocks but the last one: even a packet of whole blocks ends with a "last" block of 16
// bytes.
static size_t count_full(size_t len)
{
    return len == 0 ? 0 : (len - 1) / BLOCK_BYTES;
}

static bool write_tag(struct crypt *crypt, struct block delta, struct block checksum,
                      uint8_t tag[16])
{
    struct block sum = block_xor(block_xor(block_double(delta), delta), checksum);
    if (!encrypt_one(crypt, &sum))
        return false;
    block_store(tag, sum);
    return true;
}

static bool encrypt_portable(struct crypt *crypt, const uint8_t nonce[16], struct span plain,
                             uint8_t *out, uint8_t tag[16])
{
    static const struct block zero = { 0, 0 };
    uint8_t work[(BLOCKS_MAX + 1) * BLOCK_BYTES];
    struct block deltas[BLOCKS_MAX];
    size_t n_full = count_full(plain.len);
    size_t n_last = plain.len - n_full * BLOCK_BYTES;
    struct block checksum = zero;
    struct block delta = block_load(nonce);
    if (!encrypt_one(crypt, &delta))
        return false;

    for (size_t i = 0; i < n_full; i++) {
        struct block block = block_load(plain.data + i * BLOCK_BYTES);
        if (i + 1 == n_full && has_equal_15_bytes(block, zero))
            block.high ^= (uint64_t)1 << 56; // bit 0 of byte 0
        delta = block_double(delta);
        deltas[i] = delta;
        checksum = block_xor(checksum, block);
        block_store(work + i * BLOCK_BYTES, block_xor(block, delta));
    }
    delta = block_double(delta);
    struct block pad_input = { delta.high, delta.low ^ 8 * n_last };
    block_store(work + n_full * BLOCK_BYTES, pad_input);
    if (!update(crypt->aes_encrypt, work, n_full + 1))
        return false;

    for (size_t i = 0; i < n_full; i++)
        block_store(out + i * BLOCK_BYTES,
                    block_xor(block_load(work + i * BLOCK_BYTES), deltas[i]));
    uint8_t *pad = work + n_full * BLOCK_BYTES;
    uint8_t last[BLOCK_BYTES]; // the plaintext, filled up with the end of the pad
    memcpy(last, pad, sizeof last);
    if (n_last > 0)
        memcpy(last, plain.data + n_full * BLOCK_BYTES, n_last);
    struct block last_block = block_load(last);
    checksum = block_xor(checksum, last_block);
    block_store(last, block_xor(last_block, block_load(pad)));
    if (n_last > 0)
        memcpy(out + n_full * BLOCK_BYTES, last, n_last);
    return write_tag(crypt, delta, checksum, tag);
}

bool ocb2_encrypt(struct crypt *crypt, const uint8_t nonce[16], struct span plain, uint8_t *out,
                  uint8_t tag[16])
{
    assert(plain.len <= VOICE_PACKET_MAX_BYTES);
    if (!crypt->is_native)
        return encrypt_portable(crypt, nonce, plain, out, tag);
    struct native_lane lane = { .schedule = &crypt->to_encrypt, .plain = plain.data, .out = out };
    memcpy(lane.nonce, nonce, sizeof lane.nonce);
    native_seal(&lane, plain.len);
    memcpy(tag, lane.tag, sizeof lane.tag);
    return true;
}

bool ocb2_decrypt(struct crypt *crypt, const uint8_t nonce[16], struct span cipher, uint8_t *out,
                  uint8_t tag[16])
{
    assert(cipher.len <= VOICE_PACKET_MAX_BYTES);
    uint8_t work[BLOCKS_MAX * BLOCK_BYTES];
    struct block deltas[BLOCKS_MAX];
    size_t n_full = count_full(cipher.len);
    size_t n_last = cipher.len - n_full * BLOCK_BYTES;
    struct block checksum = { 0, 0 };
    struct block delta = block_load(nonce);
    if (!encrypt_one(crypt, &delta))
        return false;

    for (size_t i = 0; i < n_full; i++) {
        delta = block_double(delta);
        deltas[i] = delta;
        block_store(work + i * BLOCK_BYTES,
                    block_xor(block_load(cipher.data + i * BLOCK_BYTES), delta));
    }
    delta = block_double(delta);
    struct block pad = { delta.high, delta.low ^ 8 * n_last };
    if (!encrypt_one(crypt, &pad) || (n_full > 0 && !decrypt(crypt, work, n_full)))
        return false;

    for (size_t i = 0; i < n_full; i++) {
        struct block block = block_xor(block_load(work + i * BLOCK_BYTES), deltas[i]);
        checksum = block_xor(checksum, block);
        block_store(out + i * BLOCK_BYTES, block);
    }
    uint8_t last[BLOCK_BYTES] = { 0 };
    if (n_last > 0)
        memcpy(last, cipher.data + n_full * BLOCK_BYTES, n_last);
    struct block last_block = block_xor(block_load(last), pad); // the end of the pad stays in it
    checksum = block_xor(checksum, last_block);
    block_store(last, last_block);
    if (n_last > 0)
        memcpy(out + n_full * BLOCK_BYTES, last, n_last);
    return write_tag(crypt, delta, checksum, tag) && !has_equal_15_bytes(last_block, delta);
}
