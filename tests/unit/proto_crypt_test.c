// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#include <openssl/evp.h>
#include <string.h>

static const uint8_t key[CRYPT_KEY_BYTES] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
};
static const uint8_t zero_nonce[16];

// Everything here runs twice: with the processor's AES, where it has it, and with OpenSSL's.
static struct crypt *(*make)(const uint8_t *, const uint8_t *, const uint8_t *) = crypt_new;

static struct crypt *must_new(const uint8_t nonce[16])
{
    struct crypt *crypt = make(key, nonce, nonce);
    assert_non_null(crypt);
    return crypt;
}

// ---- the bare cipher ----

static void vectors(void **state)
{
    (void)state;
    static const uint8_t tag_of_nothing[16] = { 0xbf, 0x31, 0x08, 0x13, 0x07, 0x73, 0xad, 0x5e,
                                                0xc7, 0x0e, 0xc6, 0x9e, 0x78, 0x75, 0xa7, 0xb0 };
    static const uint8_t cipher_of_40[40] = { 0xf7, 0x5d, 0x6b, 0xc8, 0xb4, 0xdc, 0x8d, 0x66,
                                              0xb8, 0x36, 0xa2, 0xb0, 0x8b, 0x32, 0xa6, 0x36,
                                              0x9f, 0x1c, 0xd3, 0xc5, 0x22, 0x8d, 0x79, 0xfd,
                                              0x6c, 0x26, 0x7f, 0x5f, 0x6a, 0xa7, 0xb2, 0x31,
                                              0xc7, 0xdf, 0xb9, 0xd5, 0x99, 0x51, 0xae, 0x9c };
    static const uint8_t tag_of_40[16] = { 0x9d, 0xb0, 0xcd, 0xf8, 0x80, 0xf7, 0x3e, 0x3e,
                                           0x10, 0xd4, 0xeb, 0x32, 0x17, 0x76, 0x66, 0x88 };
    struct crypt *crypt = must_new(zero_nonce);
    uint8_t plain[40];
    uint8_t out[40];
    uint8_t tag[16];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)i;

    assert_true(ocb2_encrypt(crypt, key, (struct span){ NULL, 0 }, out, tag));
    assert_memory_equal(tag, tag_of_nothing, sizeof tag);
    assert_true(ocb2_decrypt(crypt, key, (struct span){ NULL, 0 }, out, tag));
    assert_memory_equal(tag, tag_of_nothing, sizeof tag);
    assert_true(ocb2_encrypt(crypt, key, (struct span){ plain, sizeof plain }, out, tag));
    assert_memory_equal(out, cipher_of_40, sizeof out);
    assert_memory_equal(tag, tag_of_40, sizeof tag);

    assert_true(ocb2_decrypt(crypt, key, (struct span){ cipher_of_40, 40 }, out, tag));
    assert_memory_equal(out, plain, sizeof out);
    assert_memory_equal(tag, tag_of_40, sizeof tag);
    crypt_free(crypt);
}

static void aes_block(const uint8_t in[16], uint8_t out[16])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    assert_non_null(context);
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(context, 0), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &n, in, 16), 1);
    assert_int_equal(n, 16);
    EVP_CIPHER_CTX_free(context);
}

// The definition, a byte at a time: the vectors' offsets never carry into the polynomial.
static void times_2(uint8_t block[16])
{
    bool has_carry = block[0] >= 0x80;
    for (size_t i = 0; i < 16; i++)
        block[i] = (uint8_t)(block[i] << 1 | (i < 15 ? block[i + 1] >> 7 : 0));
    if (has_carry)
        block[15] ^= 0x87;
}

static void xor_block(uint8_t to[16], const uint8_t from[16])
{
    for (size_t i = 0; i < 16; i++)
        to[i] ^= from[i];
}

// Without the countermeasure: no block of `plain` may begin with 15 zeros.
static void encrypt_by_definition(const uint8_t nonce[16], struct span plain, uint8_t *out,
                                  uint8_t tag[16])
{
    uint8_t delta[16];
    uint8_t block[16];
    uint8_t sum[16] = { 0 };
    aes_block(nonce, delta);
    for (; plain.len > 16; plain.data += 16, plain.len -= 16, out += 16) {
        times_2(delta);
        memcpy(block, plain.data, 16);
        xor_block(sum, block);
        xor_block(block, delta);
        aes_block(block, out);
        xor_block(out, delta);
    }
    times_2(delta);
    memcpy(block, delta, 16);
    block[15] ^= (uint8_t)(plain.len * 8);
    aes_block(block, block);
    for (size_t i = 0; i < 16; i++) {
        sum[i] ^= i < plain.len ? plain.data[i] : block[i];
        if (i < plain.len)
            out[i] = plain.data[i] ^ block[i];
    }
    xor_block(sum, delta);
    times_2(delta);
    xor_block(sum, delta);
    aes_block(sum, tag);
}

static void cipher_follows_its_definition(void **state)
{
    (void)state;
    struct crypt *crypt = must_new(zero_nonce);
    uint8_t plain[100];
    memset(plain, 0xA5, sizeof plain);
    for (size_t len = 0; len <= sizeof plain; len++) {
        const uint8_t nonce[16] = { (uint8_t)len, 7 };
        struct span in = { plain, len };
        uint8_t want[sizeof plain];
        uint8_t want_tag[16];
        uint8_t out[sizeof plain];
        uint8_t tag[16];
        encrypt_by_definition(nonce, in, want, want_tag);
        assert_true(ocb2_encrypt(crypt, nonce, in, out, tag));
        assert_memory_equal(out, want, len);
        assert_memory_equal(tag, want_tag, 16);
        assert_true(ocb2_decrypt(crypt, nonce, (struct span){ want, len }, out, tag));
        assert_memory_equal(out, plain, len);
        assert_memory_equal(tag, want_tag, 16);
    }
    crypt_free(crypt);
}

static void every_length_survives(void **state)
{
    (void)state;
    struct crypt *sender = must_new(zero_nonce);
    struct crypt *receiver = must_new(zero_nonce);
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    uint8_t sealed[VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES];
    uint8_t opened[VOICE_PACKET_MAX_BYTES];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 31 + 5);
    for (size_t len = 1; len <= sizeof plain; len++) {
        bool is_newest = false;
        assert_int_equal(crypt_seal(sender, (struct span){ plain, len }, sealed), len + 4);
        assert_int_equal(crypt_open(receiver, (struct span){ sealed, len + 4 }, opened, &is_newest),
                         len);
        assert_memory_equal(opened, plain, len);
        assert_true(is_newest);
    }
    struct crypt_counters counters = crypt_get_counters(receiver);
    assert_int_equal(counters.good, VOICE_PACKET_MAX_BYTES);
    assert_int_equal(counters.lost + counters.late + counters.resync, 0);
    crypt_free(sender);
    crypt_free(receiver);
}

// ---- the countermeasure of eprint 2019/311 ----

// Which plaintexts come out with one bit changed: those with a next-to-last block of 15 zeros (the
// 16th byte may be any).
static const struct {
    size_t len;
    size_t nonzero_at; // no such byte: SIZE_MAX
    size_t changed_at; // nothing changes: SIZE_MAX
} silences[] = {
    { 16, SIZE_MAX, SIZE_MAX }, // a last block alone
    { 17, SIZE_MAX, 0 },
    { 32, SIZE_MAX, 0 },
    { 33, SIZE_MAX, 16 },
    { 60, SIZE_MAX, 32 },
    { 60, 32, SIZE_MAX },
    { 60, 46, SIZE_MAX },
    { 60, 47, 32 },
    { 60, 31, 32 },
    { 60, 48, 32 },
    { 64, SIZE_MAX, 32 },
    { 65, SIZE_MAX, 48 },
};

static void silence_changes_one_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(silences); i++) {
        struct crypt *sender = must_new(zero_nonce);
        struct crypt *receiver = must_new(zero_nonce);
        uint8_t plain[80] = { 0 };
        uint8_t sealed[84];
        uint8_t opened[80];
        size_t len = silences[i].len;
        bool is_newest;
        print_message("row %zu\n", i);
        if (silences[i].nonzero_at != SIZE_MAX)
            plain[silences[i].nonzero_at] = 0x80;
        (void)crypt_seal(sender, (struct span){ plain, len }, sealed);
        assert_int_equal(crypt_open(receiver, (struct span){ sealed, len + 4 }, opened, &is_newest),
                         len);
        if (silences[i].changed_at != SIZE_MAX)
            plain[silences[i].changed_at] ^= 1;
        assert_memory_equal(opened, plain, len);
        crypt_free(sender);
        crypt_free(receiver);
    }
}

// The attack needs a datagram of one block that opens to delta itself, give or take the last byte.
// An attacker gets it from a sender without the countermeasure; here it is computed with the key.
static void forgery_is_refused(void **state)
{
    (void)state;
    struct crypt *crypt = must_new(zero_nonce);
    uint8_t delta[16];
    uint8_t pad[16];
    uint8_t opened[16];
    uint8_t tag[16];
    uint8_t forged[16];
    aes_block(key, delta); // the nonce has the key's bytes
    times_2(delta);
    memcpy(forged, delta, 16);
    forged[15] ^= 128; // the length in bits
    aes_block(forged, pad);
    memcpy(forged, delta, 16);
    xor_block(forged, pad);

    for (unsigned last = 0; last < 256; last++) {
        forged[15] = (uint8_t)last;
        assert_false(ocb2_decrypt(crypt, key, (struct span){ forged, 16 }, opened, tag));
    }
    for (size_t i = 0; i < 15; i++) { // one bit away it is a block like any other
        forged[i] ^= 1;
        assert_true(ocb2_decrypt(crypt, key, (struct span){ forged, 16 }, opened, tag));
        forged[i] ^= 1;
    }
    crypt_free(crypt);
}

static void sender_does_not_seal_the_length_block(void **state)
{
    (void)state;
    struct crypt *crypt = must_new(zero_nonce);
    uint8_t plain[32] = { 0 };
    uint8_t other[32] = { 1 };
    uint8_t sealed[2][32];
    uint8_t tag[2][16];
    plain[15] = other[15] = 128;
    assert_true(ocb2_encrypt(crypt, key, (struct span){ plain, 32 }, sealed[0], tag[0]));
    assert_true(ocb2_encrypt(crypt, key, (struct span){ other, 32 }, sealed[1], tag[1]));
    assert_memory_equal(sealed[0], sealed[1], 32);
    assert_memory_equal(tag[0], tag[1], 16);
    crypt_free(crypt);
}

// ---- the window of what may be received ----

// Datagrams are named by their number: the first that the sender seals is `first`, and so on. The
// nonces' low byte is the number's, so that 256 is a wrap. Every script begins with a receiver that
// expects `first`.
#define N_STEPS 12
#define N_DATAGRAMS 700
enum { GOOD = 0, LATE = 1 };
static const struct {
    const char *what;
    int first;
    int script[N_STEPS]; // numbers, 0 ends
    int result;          // of the last one: GOOD, LATE or an error; the others must be opened
    uint32_t good, late, lost;
} windows[] = {
    { "in order", 1, { 1, 2, 3 }, GOOD, 3, 0, 0 },
    { "in order across the wrap", 254, { 254, 255, 256, 257 }, GOOD, 4, 0, 0 },
    { "replay of the newest", 1, { 1, 2, 2 }, PROTO_E_REPLAY, 2, 0, 0 },
    { "replay of an older one", 1, { 1, 2, 3, 1 }, PROTO_E_REPLAY, 3, 0, 0 },
    { "replay across the wrap", 254, { 254, 255, 256, 257, 255 }, PROTO_E_REPLAY, 4, 0, 0 },
    { "gap", 1, { 1, 5 }, GOOD, 2, 0, 3 },
    { "gap across the wrap", 250, { 250, 260 }, GOOD, 2, 0, 9 },
    { "gap that ends on the wrap", 250, { 250, 256 }, GOOD, 2, 0, 5 },
    { "late", 1, { 1, 3, 2 }, LATE, 3, 1, 0 },
    { "late across the wrap", 254, { 254, 256, 255 }, LATE, 3, 1, 0 },
    { "late over two carries", 65534, { 65534, 65537, 65535 }, LATE, 3, 1, 1 },
    { "late, then in order", 1, { 1, 3, 2, 4 }, GOOD, 4, 1, 0 },
    { "late, then again", 1, { 1, 3, 2, 2 }, PROTO_E_REPLAY, 3, 1, 0 },
    { "late across the wrap, then again", 254, { 254, 256, 255, 255 }, PROTO_E_REPLAY, 3, 1, 0 },
    { "all of a gap comes late", 1, { 1, 5, 4, 3, 2 }, LATE, 5, 3, 0 },
    { "late before the first", 10, { 10, 12, 11, 9 }, LATE, 4, 2, 0 },
    { "29 late", 1, { 1, 31, 2 }, LATE, 3, 1, 28 },
    { "30 late: too old", 1, { 1, 32, 2 }, PROTO_E_REPLAY, 2, 0, 30 },
    { "127 lost, same lap", 1, { 1, 129 }, GOOD, 2, 0, 127 },
    { "126 lost, across the wrap", 200, { 200, 327 }, GOOD, 2, 0, 126 },
    { "127 lost, across the wrap: out of the window", 200, { 200, 328 }, PROTO_E_REPLAY, 1, 0, 0 },
    { "128 lost: out of the window", 1, { 1, 130 }, PROTO_E_REPLAY, 1, 0, 0 },
    { "225 lost: out of the window", 1, { 1, 227 }, PROTO_E_REPLAY, 1, 0, 0 },
    { "226 lost: taken for a late one", 100, { 100, 327 }, PROTO_E_AUTH, 1, 0, 0 },
    { "255 lost: taken for the newest", 1, { 1, 257 }, PROTO_E_REPLAY, 1, 0, 0 },
    { "256 lost: taken for the next", 1, { 1, 258 }, PROTO_E_AUTH, 1, 0, 0 },
    { "257 lost: taken for a gap", 1, { 1, 259 }, PROTO_E_AUTH, 1, 0, 0 },
    { "a lap later, the same low byte", 1, { 1, 100, 200, 257 }, GOOD, 4, 0, 253 },
    { "a gap onto a slot of the lap before", 1, { 1, 2, 100, 200, 258 }, GOOD, 5, 0, 253 },
    { "gap over the second carry", 65530, { 65530, 65540 }, GOOD, 2, 0, 9 },
};

static void nonce_before(int number, uint8_t nonce[16])
{
    memset(nonce, 0, 16);
    for (size_t i = 0; i < 4; i++)
        nonce[i] = (uint8_t)((0x01000000u + (uint32_t)(number - 1)) >> (8 * i));
}

struct sealed {
    uint8_t bytes[8 + CRYPT_HEADER_BYTES];
};

// Seals the datagrams first - 1, first, ... with the number as plaintext; returns a receiver that
// expects `first`.
static struct crypt *seal_all(int first, struct sealed out[N_DATAGRAMS])
{
    uint8_t nonce[16];
    nonce_before(first - 1, nonce);
    struct crypt *sender = must_new(nonce);
    for (int i = 0; i < N_DATAGRAMS; i++) {
        uint8_t plain[8] = { 0 };
        int number = first - 1 + i;
        memcpy(plain, &number, sizeof number);
        assert_int_equal(crypt_seal(sender, (struct span){ plain, 8 }, out[i].bytes), 12);
    }
    crypt_free(sender);
    nonce_before(first, nonce);
    return must_new(nonce);
}

static void window_table(void **state)
{
    (void)state;
    static struct sealed datagrams[N_DATAGRAMS];
    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        int first = windows[i].first;
        struct crypt *receiver = seal_all(first, datagrams);
        const int *script = windows[i].script;
        print_message("%zu %s\n", i, windows[i].what);
        for (int k = 0; k < N_STEPS && script[k] != 0; k++) {
            bool is_last = k + 1 == N_STEPS || script[k + 1] == 0;
            uint8_t plain[8];
            bool is_newest = false;
            struct span in = { datagrams[script[k] - first + 1].bytes, 12 };
            int result = crypt_open(receiver, in, plain, &is_newest);
            if (is_last && windows[i].result < 0) {
                assert_int_equal(result, windows[i].result);
                continue;
            }
            assert_int_equal(result, 8);
            assert_memory_equal(plain, &script[k], sizeof script[k]);
            if (is_last)
                assert_int_equal(is_newest, windows[i].result == GOOD);
        }
        struct crypt_counters counters = crypt_get_counters(receiver);
        assert_int_equal(counters.good, windows[i].good);
        assert_int_equal(counters.late, windows[i].late);
        assert_int_equal(counters.lost, windows[i].lost);
        crypt_free(receiver);
    }
}

static void desync_ends_with_a_resync(void **state)
{
    (void)state;
    struct crypt *sender = must_new(zero_nonce);
    struct crypt *receiver = must_new(zero_nonce);
    static const uint8_t plain[8] = { 1 };
    uint8_t sealed[12];
    uint8_t opened[8];
    uint8_t nonce[16];
    bool is_newest;
    for (int i = 0; i < 258; i++)
        (void)crypt_seal(sender, (struct span){ plain, 8 }, sealed);
    assert_int_equal(crypt_open(receiver, (struct span){ sealed, 12 }, opened, &is_newest),
                     PROTO_E_AUTH);
    crypt_get_encrypt_nonce(sender, nonce);
    crypt_set_decrypt_nonce(receiver, nonce);
    (void)crypt_seal(sender, (struct span){ plain, 8 }, sealed);
    assert_int_equal(crypt_open(receiver, (struct span){ sealed, 12 }, opened, &is_newest), 8);
    assert_int_equal(crypt_get_counters(receiver).resync, 1);
    assert_int_equal(crypt_get_counters(receiver).good, 1);
    crypt_free(sender);
    crypt_free(receiver);
}

// ---- forged datagrams ----

struct snapshot {
    uint8_t decrypt_nonce[16];
    uint8_t encrypt_nonce[16];
    struct crypt_counters counters;
};

static struct snapshot take_snapshot(const struct crypt *crypt)
{
    struct snapshot snapshot = { .counters = crypt_get_counters(crypt) };
    crypt_get_decrypt_nonce(crypt, snapshot.decrypt_nonce);
    crypt_get_encrypt_nonce(crypt, snapshot.encrypt_nonce);
    return snapshot;
}

// Every bit of in-order, late and gap datagrams, each flipped; afterwards the true ones are still
// welcome.
static void forged_datagrams_change_nothing(void **state)
{
    (void)state;
    static const int arrivals[] = { 252, 255, 253, 258, 257, 256, 254 };
    static struct sealed datagrams[N_DATAGRAMS];
    struct crypt *receiver = seal_all(250, datagrams);
    for (size_t i = 0; i < ARRAY_LEN(arrivals); i++) {
        const struct sealed *sealed = &datagrams[arrivals[i] - 250 + 1];
        struct snapshot before = take_snapshot(receiver);
        uint8_t plain[8];
        for (int bit = 0; bit < 12 * 8; bit++) {
            struct sealed forged = *sealed;
            bool is_newest = true;
            forged.bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
            memset(plain, 0x5A, sizeof plain);
            int result = crypt_open(receiver, (struct span){ forged.bytes, 12 }, plain, &is_newest);
            assert_true(result == PROTO_E_AUTH || result == PROTO_E_REPLAY);
            struct snapshot after = take_snapshot(receiver);
            assert_memory_equal(&after, &before, sizeof after);
            for (size_t k = 0; k < sizeof plain; k++)
                assert_int_equal(plain[k], 0x5A);
            assert_true(is_newest);
        }
        bool is_newest;
        assert_int_equal(
            crypt_open(receiver, (struct span){ sealed->bytes, 12 }, plain, &is_newest), 8);
    }
    assert_int_equal(crypt_get_counters(receiver).good, ARRAY_LEN(arrivals));
    crypt_free(receiver);
}

static void lengths_are_checked(void **state)
{
    (void)state;
    struct crypt *crypt = must_new(zero_nonce);
    static const uint8_t bytes[VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES + 1];
    static uint8_t plain[sizeof bytes];
    bool is_newest;
    for (size_t len = 0; len <= CRYPT_HEADER_BYTES; len++)
        assert_int_equal(crypt_open(crypt, (struct span){ bytes, len }, plain, &is_newest),
                         PROTO_E_SHORT);
    assert_int_equal(crypt_open(crypt, (struct span){ bytes, sizeof bytes }, plain, &is_newest),
                     PROTO_E_TOO_LONG);
    crypt_free(crypt);
    crypt_free(NULL);
}

static void nonces_count_up_with_a_carry(void **state)
{
    (void)state;
    static const uint8_t before[16] = { 0xFF, 0xFF, 0xFF, 0x00, 0xFF };
    static const uint8_t after[16] = { 0x00, 0x00, 0x00, 0x01, 0xFF };
    struct crypt *crypt = must_new(before);
    uint8_t sealed[5];
    uint8_t nonce[16];
    assert_int_equal(crypt_seal(crypt, (struct span){ before, 1 }, sealed), 5);
    crypt_get_encrypt_nonce(crypt, nonce);
    assert_memory_equal(nonce, after, 16);
    assert_int_equal(sealed[0], 0);
    crypt_get_decrypt_nonce(crypt, nonce);
    assert_memory_equal(nonce, before, 16);
    crypt_free(crypt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(cipher_follows_its_definition),
        cmocka_unit_test(every_length_survives),
        cmocka_unit_test(silence_changes_one_bit),
        cmocka_unit_test(forgery_is_refused),
        cmocka_unit_test(sender_does_not_seal_the_length_block),
        cmocka_unit_test(window_table),
        cmocka_unit_test(desync_ends_with_a_resync),
        cmocka_unit_test(forged_datagrams_change_nothing),
        cmocka_unit_test(lengths_are_checked),
        cmocka_unit_test(nonces_count_up_with_a_carry),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    make = crypt_new_portable;
    return n_failed + cmocka_run_group_tests_name("portable", tests, NULL, NULL);
}
