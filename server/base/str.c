// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

char *str_dup(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

// The length in bytes (1 to 4) of the UTF-8 character at p; 0 when there is none: a stray or
// missing continuation byte, an overlong form, a surrogate, or beyond U+10FFFF (RFC 3629, section
// 4).
static size_t utf8_len(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF   ? 2
               : (p[0] & 0xF0) == 0xE0        ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) // also stops at the end of the string
            return 0;
    }
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

bool str_is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        size_t n = utf8_len(p);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

size_t str_utf16_units(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t units = 0;
    while (*p != '\0') {
        size_t n = utf8_len(p);
        units += n == 4 ? 2 : 1; // a byte that is not UTF-8 counts as one replacement character
        p += n > 0 ? n : 1;
    }
    return units;
}

// The lower case of byte p[0], given the byte before it: ASCII, and À to Þ (C3 80 to C3 9E) without
// × (C3 97).
static unsigned char fold(unsigned char byte, unsigned char before)
{
    if (byte >= 'A' && byte <= 'Z')
        return (unsigned char)(byte + ('a' - 'A'));
    if (before == 0xC3 && byte >= 0x80 && byte <= 0x9E && byte != 0x97)
        return (unsigned char)(byte + 0x20);
    return byte;
}

bool str_equal_fold(const char *a, const char *b)
{
    unsigned char before_a = 0, before_b = 0;
    for (;; a++, b++) {
        if (fold((unsigned char)*a, before_a) != fold((unsigned char)*b, before_b))
            return false;
        if (*a == '\0')
            return true;
        before_a = (unsigned char)*a;
        before_b = (unsigned char)*b;
    }
}

// FNV-1a.
uint32_t str_hash_fold(const char *text)
{
    uint32_t hash = 2166136261u;
    unsigned char before = 0;
    for (; *text != '\0'; text++) {
        hash = (hash ^ fold((unsigned char)*text, before)) * 16777619u;
        before = (unsigned char)*text;
    }
    return hash;
}

void random_bytes(void *out, size_t n)
{
    uint8_t *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            log_error("base", "the kernel gives no random bytes", "errno=%d", errno);
            abort();
        }
        p += got;
        n -= (size_t)got;
    }
}
