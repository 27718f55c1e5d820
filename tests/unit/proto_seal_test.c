// SPDX-License-Identifier: BSD-3-Clause
//
// The processor's AES against OpenSSL's, and many packets sealed at once against one at a time: the
// same bytes for all lengths, keys and texts. On a processor without the instructions the first
// half compares OpenSSL with itself, which the test says.
#include "proto/proto.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 40
#define LENGTHS (VOICE_PACKET_MAX_BYTES + 1)

static uint64_t random_state = 88172645463325252u; // xorshift: the same in each run

static uint64_t random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void random_fill(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(random_u64() >> 32);
}

// Half of the texts have runs of zeros, which the cipher treats apart: the next-to-last block
// becomes zero, or zero but for one byte.
static void random_plain(uint8_t *out, size_t len)
{
    random_fill(out, len);
    if (len <= 16 || random_u64() % 2 == 0)
        return;
    size_t next_to_last = (len - 1) / 16 * 16 - 16;
    memset(out + next_to_last, 0, 16);
    if (random_u64() % 2 == 0)
        out[next_to_last + random_u64() % 16] = (uint8_t)random_u64();
}

// Exactly as many bytes as there are: a byte too far is found by the sanitizer.
static uint8_t *must_alloc(size_t n)
{
    uint8_t *bytes = malloc(n > 0 ? n : 1);
    assert_non_null(bytes);
    return bytes;
}

static void make_pair(struct crypt *pair[2])
{
    uint8_t bytes[48];
    random_fill(bytes, sizeof bytes);
    if (random_u64() % 2 == 0) // a nonce that soon carries
        memset(bytes + 16, 0xFF, random_u64() % 16);
    pair[0] = crypt_new(bytes, bytes + 16, bytes + 32);
    pair[1] = crypt_new_portable(bytes, bytes + 16, bytes + 32);
    assert_non_null(pair[0]);
    assert_non_null(pair[1]);
    assert_false(crypt_is_native(pair[1]));
}

static void free_pair(struct crypt *pair[2])
{
    crypt_free(pair[0]);
    crypt_free(pair[1]);
}

// ---- one packet ---------------------------------------------------------------------------------

static void both_ciphers_agree(void **state)
{
    (void)state;
    struct crypt *pair[2];
    make_pair(pair);
    print_message("%s\n", crypt_is_native(pair[0]) ? "native" : "no AES instructions here");
    free_pair(pair);
    for (size_t len = 0; len < LENGTHS; len++) {
        uint8_t nonce[16], tags[4][16];
        uint8_t *plain = must_alloc(len), *out[4];
        for (size_t i = 0; i < ARRAY_LEN(out); i++)
            out[i] = must_alloc(len);
        make_pair(pair);
        random_fill(nonce, sizeof nonce);
        random_plain(plain, len);
        struct span in = { plain, len };
        for (size_t i = 0; i < 2; i++) { // random bytes as ciphertext are as good as any
            assert_true(ocb2_encrypt(pair[i], nonce, in, out[i], tags[i]));
            assert_true(ocb2_decrypt(pair[i], nonce, in, out[2 + i], tags[2 + i]));
        }
        assert_memory_equal(out[0], out[1], len);
        assert_memory_equal(out[2], out[3], len);
        assert_memory_equal(tags[0], tags[1], 16);
        assert_memory_equal(tags[2], tags[3], 16);
        for (size_t i = 0; i < ARRAY_LEN(out); i++)
            free(out[i]);
        free(plain);
        free_pair(pair);
    }
}

static void each_opens_what_the_other_sealed(void **state)
{
    (void)state;
    uint8_t key[16], nonce[16];
    random_fill(key, sizeof key);
    random_fill(nonce, sizeof nonce);
    struct crypt *native[2] = { crypt_new(key, nonce, nonce), crypt_new(key, nonce, nonce) };
    struct crypt *portable[2] = { crypt_new_portable(key, nonce, nonce),
                                  crypt_new_portable(key, nonce, nonce) };
    for (size_t len = 1; len < LENGTHS; len++) {
        uint8_t *plain = must_alloc(len), *sealed = must_alloc(len + 4), *opened = must_alloc(len);
        random_fill(plain, len);
        for (size_t i = 0; i < 2; i++) {
            bool is_newest = false;
            struct crypt *from = i == 0 ? native[0] : portable[0];
            struct crypt *to = i == 0 ? portable[1] : native[1];
            assert_int_equal(crypt_seal(from, (struct span){ plain, len }, sealed), len + 4);
            assert_int_equal(crypt_open(to, (struct span){ sealed, len + 4 }, opened, &is_newest),
                             len);
            assert_memory_equal(plain, opened, len);
        }
        free(plain);
        free(sealed);
        free(opened);
    }
    free_pair(native);
    free_pair(portable);
}

// ---- many packets -------------------------------------------------------------------------------

struct stage {
    struct crypt *pairs[JOBS_MAX][2];
    struct crypt_job jobs[JOBS_MAX];
    struct crypt *twins[JOBS_MAX];
};

static void stage_init(struct stage *stage)
{
    for (size_t i = 0; i < JOBS_MAX; i++)
        make_pair(stage->pairs[i]);
}

static void stage_clear(struct stage *stage)
{
    for (size_t i = 0; i < JOBS_MAX; i++)
        free_pair(stage->pairs[i]);
}

static void stage_job(struct stage *stage, size_t i, size_t len, size_t who, bool is_portable)
{
    uint8_t *plain = must_alloc(len);
    random_plain(plain, len);
    stage->jobs[i] = (struct crypt_job){
        stage->pairs[who][is_portable], { plain, len }, must_alloc(len + CRYPT_HEADER_BYTES), 0
    };
    stage->twins[i] = stage->pairs[who][!is_portable];
}

// The twins seal the same one at a time, with the other AES.
static void stage_check(struct stage *stage, size_t n)
{
    crypt_seal_many(stage->jobs, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t want[VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES];
        size_t len = crypt_seal(stage->twins[i], stage->jobs[i].plain, want);
        assert_int_equal(stage->jobs[i].n_bytes, len);
        assert_memory_equal(stage->jobs[i].out, want, len);
        free(stage->jobs[i].out);
        free((void *)(uintptr_t)stage->jobs[i].plain.data);
    }
}

static void many_of_every_length(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage);
    for (size_t len = 0; len < LENGTHS; len++) {
        size_t n = 1 + len % JOBS_MAX;
        for (size_t i = 0; i < n; i++)
            stage_job(&stage, i, len, i, false);
        stage_check(&stage, n);
    }
    stage_clear(&stage);
}

// Lengths, keys and both kinds of AES in disorder, and the same client several times.
static void many_in_disorder(void **state)
{
    (void)state;
    static struct stage stage;
    stage_init(&stage);
    for (size_t turn = 0; turn < 300; turn++) {
        size_t n = random_u64() % (JOBS_MAX + 1), len = 60;
        for (size_t i = 0; i < n; i++) {
            size_t who = random_u64() % JOBS_MAX;
            if (random_u64() % 8 == 0)
                len = random_u64() % 100;
            stage_job(&stage, i, len, who, who % 16 == 3); // a client keeps its kind of AES
        }
        stage_check(&stage, n);
    }
    stage_clear(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ciphers_agree),
        cmocka_unit_test(each_opens_what_the_other_sealed),
        cmocka_unit_test(many_of_every_length),
        cmocka_unit_test(many_in_disorder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
