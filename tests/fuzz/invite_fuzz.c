// SPDX-License-Identifier: BSD-3-Clause
//
// Invitations: whatever is taken for one was signed by the key, and is written the same way again;
// a word that only looks like one is refused. The first byte chooses: the rest is a word as it
// came, or what an invitation says, which must come back as it went out.
#include "control/meeting/roles.h"
#include "fuzz.h"

#include <string.h>

static const uint8_t key[INVITE_KEY_BYTES] = { 7, 7, 7 }, other[INVITE_KEY_BYTES] = { 8 };

static void check_word(const char *word)
{
    struct invite invite;
    char again[INVITE_WORD_BYTES];
    bool has_form = invite_is_one(word);
    if (!invite_read(key, word, &invite))
        return;
    CHECK(has_form);
    invite_write(key, &invite, again);
    CHECK(str_equal_fold(word, again));
}

static void check_round_trip(const uint8_t *data, size_t size)
{
    uint32_t numbers[4] = { 0 };
    struct invite read;
    char word[INVITE_WORD_BYTES];
    if (size > 1)
        memcpy(numbers, data + 1, size - 1 < sizeof(numbers) ? size - 1 : sizeof(numbers));
    const struct invite invite = { .role = (enum role)(1 + data[0] % 3),
                                   .is_single = (data[0] & 64) != 0,
                                   .meeting = numbers[0],
                                   .generation = numbers[1],
                                   .expires_s = numbers[2],
                                   .serial = numbers[3] };
    invite_write(key, &invite, word);
    CHECK(invite_is_one(word) && invite_read(key, word, &read));
    CHECK(read.role == invite.role && read.is_single == invite.is_single);
    CHECK(read.meeting == numbers[0] && read.generation == numbers[1]);
    CHECK(read.expires_s == numbers[2] && read.serial == numbers[3]);
    CHECK(!invite_read(other, word, &read));
    word[4 + data[0] % 53] ^= 1; // one letter
    CHECK(!invite_read(key, word, &read));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char word[1024];
    if (size < 2 || size > sizeof(word))
        return 0;
    memcpy(word, data + 1, size - 1);
    word[size - 1] = '\0';
    if (data[0] % 2 == 0)
        check_word(word);
    else
        check_round_trip(data + 1, size - 1);
    return 0;
}
