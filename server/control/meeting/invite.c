// SPDX-License-Identifier: BSD-3-Clause
//
// The word that is an invitation: written and read. Pure.
#include "control/meeting/roles.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#define HEAD "inv-"
#define HEAD_BYTES (sizeof(HEAD) - 1)
#define BODY_BYTES 17
#define MAC_BYTES 16
#define ALL_BYTES (BODY_BYTES + MAC_BYTES)
#define LETTERS ((ALL_BYTES * 8 + 4) / 5)
#define SINGLE 0x80u
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567"; // RFC 4648, base32

static void put(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool sign(const uint8_t key[INVITE_KEY_BYTES], const uint8_t body[BODY_BYTES],
                 uint8_t mac[MAC_BYTES])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    static const char domain[] = "susurro invitation 1";
    uint8_t text[sizeof(domain) + BODY_BYTES];
    memcpy(text, domain, sizeof(domain));
    memcpy(text + sizeof(domain), body, BODY_BYTES);
    bool is_signed =
        HMAC(EVP_sha256(), key, INVITE_KEY_BYTES, text, sizeof(text), digest, NULL) != NULL;
    memcpy(mac, digest, MAC_BYTES);
    return is_signed;
}

void invite_write(const uint8_t key[INVITE_KEY_BYTES], const struct invite *invite,
                  char out[INVITE_WORD_BYTES])
{
    uint8_t bytes[ALL_BYTES + 1] = { 0 }; // one more: the last letter looks beyond
    bytes[0] = (uint8_t)((unsigned)invite->role | (invite->is_single ? SINGLE : 0));
    const uint32_t numbers[] = { invite->meeting, invite->generation, invite->expires_s,
                                 invite->serial };
    for (size_t i = 0; i < 4; i++)
        put(bytes + 1 + 4 * i, numbers[i]);
    out[0] = '\0';
    if (!sign(key, bytes, bytes + BODY_BYTES))
        return;
    memcpy(out, HEAD, HEAD_BYTES);
    for (size_t i = 0; i < LETTERS; i++) {
        size_t bit = 5 * i;
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
        out[HEAD_BYTES + i] = alphabet[pair >> (11 - bit % 8) & 31];
    }
    out[HEAD_BYTES + LETTERS] = '\0';
}

// NULL: none of ours.
static const char *letter(char c)
{
    return c != '\0' ? strchr(alphabet, tolower((unsigned char)c)) : NULL;
}

bool invite_is_one(const char *word)
{
    if (strlen(word) != HEAD_BYTES + LETTERS || strncasecmp(word, HEAD, HEAD_BYTES) != 0)
        return false;
    for (size_t i = 0; i < LETTERS; i++)
        if (letter(word[HEAD_BYTES + i]) == NULL)
            return false;
    return true;
}

// False: bits that belong to no byte are not zero; a word is written in one way only.
static bool decode(const char *letters, uint8_t bytes[ALL_BYTES])
{
    unsigned held = 0, n_held = 0;
    size_t n = 0;
    for (size_t i = 0; i < LETTERS; i++) {
        held = (held << 5 | (unsigned)(letter(letters[i]) - alphabet)) & 0xFFFF;
        n_held += 5;
        if (n_held < 8)
            continue;
        n_held -= 8;
        bytes[n++] = (uint8_t)(held >> n_held);
    }
    return n == ALL_BYTES && (held & ((1u << n_held) - 1)) == 0;
}

bool invite_read(const uint8_t key[INVITE_KEY_BYTES], const char *word, struct invite *out)
{
    uint8_t bytes[ALL_BYTES], mac[MAC_BYTES];
    if (!invite_is_one(word) || !decode(word + HEAD_BYTES, bytes) || !sign(key, bytes, mac) ||
        CRYPTO_memcmp(mac, bytes + BODY_BYTES, MAC_BYTES) != 0)
        return false;
    unsigned role = bytes[0] & ~SINGLE;
    *out = (struct invite){ .role = (enum role)role,
                            .is_single = (bytes[0] & SINGLE) != 0,
                            .meeting = get(bytes + 1),
                            .generation = get(bytes + 5),
                            .expires_s = get(bytes + 9),
                            .serial = get(bytes + 13) };
    return role > ROLE_NONE && role < ROLES;
}
