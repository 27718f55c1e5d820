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

void str_fit(char *out, size_t cap, const char *text)
{
    size_t len = strnlen(text, cap - 1);
    if (text[len] != '\0')
        while (len > 0 && ((unsigned char)text[len] & 0xc0u) == 0x80u)
            len--; // in the middle of a character
    memcpy(out, text, len);
    out[len] = '\0';
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

// Letters whose lower case stands a fixed distance on; or every second of which (the even or odd
// ones) is the capital of the next. What is not here is compared as it is.
static const struct {
    uint16_t first, last, distance;
    bool is_alternating;
} capitals[] = {
    { 'A', 'Z', 32, false },     { 0xC0, 0xD6, 32, false },   { 0xD8, 0xDE, 32, false },
    { 0x100, 0x12F, 1, true },   { 0x132, 0x137, 1, true },   { 0x139, 0x148, 1, true },
    { 0x14A, 0x177, 1, true },   { 0x179, 0x17E, 1, true },   { 0x386, 0x386, 38, false },
    { 0x388, 0x38A, 37, false }, { 0x38C, 0x38C, 64, false }, { 0x38E, 0x38F, 63, false },
    { 0x391, 0x3A1, 32, false }, { 0x3A3, 0x3AB, 32, false }, { 0x400, 0x40F, 80, false },
    { 0x410, 0x42F, 32, false }, { 0x460, 0x481, 1, true },   { 0x48A, 0x4BF, 1, true },
    { 0x4D0, 0x4FF, 1, true },
};

static uint32_t lower(uint32_t letter)
{
    if (letter == 0x17F) // the long s
        return 's';
    if (letter == 0x178)
        return 0xFF;
    if (letter == 0x3C2) // sigma at the end of a word
        return 0x3C3;
    for (size_t i = 0; i < sizeof(capitals) / sizeof(capitals[0]) && letter >= capitals[i].first;
         i++)
        if (letter <= capitals[i].last)
            return !capitals[i].is_alternating || (letter - capitals[i].first) % 2 == 0
                       ? letter + capitals[i].distance
                       : letter;
    return letter;
}

// The next character of one or two bytes, in lower case; of others the next byte, as a number that
// is no character. 0 at the end.
static uint32_t next_folded(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    if (p[0] == '\0')
        return 0;
    (*text)++;
    if (p[0] < 0x80)
        return lower(p[0]);
    if (p[0] < 0xC2 || p[0] > 0xDF || (p[1] & 0xC0) != 0x80)
        return 0x110000u + p[0];
    (*text)++;
    return lower((p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu));
}

bool str_equal_fold(const char *a, const char *b)
{
    while (true) {
        uint32_t letter = next_folded(&a);
        if (letter != next_folded(&b))
            return false;
        if (letter == 0)
            return true;
    }
}

// FNV-1a.
uint32_t str_hash_fold(const char *text)
{
    uint32_t hash = 2166136261u, letter;
    while ((letter = next_folded(&text)) != 0)
        hash = (hash ^ letter) * 16777619u;
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
