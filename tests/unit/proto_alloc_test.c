// SPDX-License-Identifier: BSD-3-Clause
//
// Every allocation of the layer fails once: each thing is tried again and again with the Nth
// allocation failing, until it succeeds. The address sanitizer looks for what the failures leaked.
#include "proto/proto.h"
#include "test.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>

// The linker sends the layer's calls here (see CMakeLists.txt); OpenSSL is told to come here by
// itself.
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

static int n_until_failure = -1; // negative: none fails

static bool must_fail(void)
{
    return n_until_failure >= 0 && n_until_failure-- == 0; // -1 when it has failed
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : __real_calloc(n, size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return must_fail() ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return must_fail() ? NULL : realloc(memory, size);
}

static void openssl_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

// Counts the next allocations again from 0, the Nth to fail.
static void fail_at(int n)
{
    n_until_failure = n;
}

// Whether an allocation has failed since; from here on none does.
static bool has_failed(void)
{
    bool has = n_until_failure < 0;
    n_until_failure = -1;
    return has;
}

// Returns how many runs it took until nothing failed.
static int new_crypts_of(struct crypt *(*make)(const uint8_t *, const uint8_t *, const uint8_t *))
{
    static const uint8_t key[CRYPT_KEY_BYTES] = { 1 };
    crypt_free(make(key, key, key)); // OpenSSL's own caches are filled now
    struct crypt *crypt = NULL;
    bool is_tried = true;
    int n = 0;
    for (; is_tried; n++) {
        assert_in_range(n, 0, 1000);
        fail_at(n);
        crypt = make(key, key, key);
        is_tried = has_failed();
        if (is_tried)
            crypt_free(crypt); // some failures OpenSSL survives
    }
    assert_non_null(crypt);
    crypt_free(crypt);
    return n;
}

static void new_crypts(void **state)
{
    (void)state;
    // The object and two contexts at the least, then nothing; the processor's AES needs no
    // contexts.
    assert_in_range(new_crypts_of(crypt_new_portable), 4, 1000);
    assert_in_range(new_crypts_of(crypt_new), 2, 1000);
}

static void unpacked_messages(void **state)
{
    (void)state;
    // An ACL with a group and an entry; then the same with a field of a wrong wire type, unpacked
    // twice.
    static const uint8_t body[] = { 0x08, 0x01, 0x1A, 0x07, 0x0A, 0x01, 'g',  0x28, 0x01, 0x28,
                                    0x02, 0x22, 0x05, 0x08, 0x01, 0xF8, 0x07, 0x01, 0x12, 0x00 };
    static const size_t lengths[] = { sizeof body - 2, sizeof body };
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        ProtobufCMessage *message = NULL;
        bool is_tried = true;
        int n = 0;
        for (; is_tried; n++) {
            assert_in_range(n, 0, 1000);
            fail_at(n);
            message = msg_unpack(MSG_ACL, (struct span){ body, lengths[i] });
            is_tried = has_failed();
            if (is_tried)
                msg_free(message);
        }
        assert_in_range(n, 8, 1000);
        assert_non_null(message);
        assert_int_equal(((const MumbleProto__ACL *)message)->n_acls, 1);
        msg_free(message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_crypts),
        cmocka_unit_test(unpacked_messages),
    };
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
