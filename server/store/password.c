// SPDX-License-Identifier: BSD-3-Clause
#include "store/store.h"

#include "base/base.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define SALT_BYTES 8
#define KEY_BYTES 48
#define LEGACY_BYTES 20
#define ITERATIONS_MAX 100000000 // a row beyond it is damaged; it must not hold a thread for ever

static void to_hex(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool from_hex(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(text[2 * i]);
        int low = high >= 0 ? hex_digit(text[2 * i + 1]) : -1;
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * n] == '\0';
}

static bool derive(const char *password, const uint8_t salt[SALT_BYTES], uint32_t iterations,
                   uint8_t key[KEY_BYTES])
{
    size_t len = strlen(password);
    return len <= INT32_MAX && iterations >= 1 && iterations <= ITERATIONS_MAX &&
           PKCS5_PBKDF2_HMAC(password, (int)len, salt, SALT_BYTES, (int)iterations, EVP_sha384(),
                             KEY_BYTES, key) == 1;
}

bool password_hash(const char *password, struct password *out)
{
    uint8_t salt[SALT_BYTES], key[KEY_BYTES];
    random_bytes(salt, sizeof salt);
    if (!derive(password, salt, PASSWORD_ITERATIONS, key))
        return false;
    to_hex(salt, sizeof salt, out->salt);
    to_hex(key, sizeof key, out->hash);
    out->iterations = PASSWORD_ITERATIONS;
    OPENSSL_cleanse(key, sizeof key);
    return true;
}

// SHA-1 of the password, without salt: of databases that mumble-server began before 1.2.10.
static bool legacy_matches(const char *password, const struct password *stored)
{
    uint8_t digest[LEGACY_BYTES], expected[LEGACY_BYTES];
    unsigned n = 0;
    if (!from_hex(stored->hash, expected, sizeof expected) ||
        EVP_Digest(password, strlen(password), digest, &n, EVP_sha1(), NULL) != 1)
        return false;
    return CRYPTO_memcmp(digest, expected, sizeof digest) == 0;
}

bool password_matches(const char *password, const struct password *stored)
{
    uint8_t salt[SALT_BYTES], key[KEY_BYTES], expected[KEY_BYTES];
    if (stored->iterations == 0)
        return legacy_matches(password, stored);
    if (!from_hex(stored->salt, salt, sizeof salt) ||
        !from_hex(stored->hash, expected, sizeof expected) ||
        !derive(password, salt, stored->iterations, key))
        return false;
    bool is_equal = CRYPTO_memcmp(key, expected, sizeof key) == 0;
    OPENSSL_cleanse(key, sizeof key);
    return is_equal;
}

bool password_is_current(const struct password *stored)
{
    return stored->iterations == PASSWORD_ITERATIONS;
}
