// SPDX-License-Identifier: BSD-3-Clause
// The word that is an invitation: written, read, and every way of not being one.
#include "control/meeting/roles.h"
#include "test.h"

#include <ctype.h>
#include <string.h>

static const uint8_t key[INVITE_KEY_BYTES] = { 1, 2, 3, 250 }, other[INVITE_KEY_BYTES] = { 9 };

static const struct invite invites[] = {
    { ROLE_PARTICIPANT, false, 1, 1, 1, 1 },
    { ROLE_INTERPRETER, true, 77, 0xDEADBEEF, 1900000000, 42 },
    { ROLE_MODERATOR, true, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX },
    { ROLE_MODERATOR, false, 0, 0, 0, 0 },
};

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(invites); i++) {
        char word[INVITE_WORD_BYTES], again[INVITE_WORD_BYTES];
        struct invite read = { 0 };
        invite_write(key, &invites[i], word);
        assert_true(invite_is_one(word));
        for (size_t k = 0; k < 2; k++) { // in capitals as well
            assert_true(invite_read(key, word, &read));
            assert_int_equal(read.role, invites[i].role);
            assert_int_equal(read.is_single, invites[i].is_single);
            assert_int_equal(read.meeting, invites[i].meeting);
            assert_int_equal(read.generation, invites[i].generation);
            assert_int_equal(read.expires_s, invites[i].expires_s);
            assert_int_equal(read.serial, invites[i].serial);
            assert_false(invite_read(other, word, &read));
            invite_write(key, &invites[i], again);
            for (char *at = word; *at != '\0'; at++)
                *at = (char)toupper((unsigned char)*at);
        }
        invite_write(other, &invites[i], word);
        assert_string_not_equal(word, again); // signed by another
    }
}

// Whichever letter is changed, to whatever: it is not one any more.
static void test_each_letter_counts(void **state)
{
    (void)state;
    char word[INVITE_WORD_BYTES];
    struct invite read;
    invite_write(key, &invites[1], word);
    size_t len = strlen(word);
    for (size_t i = 0; i < len; i++) {
        char was = word[i];
        for (const char *to = "abcdefghijklmnopqrstuvwxyz234567018-= \xc3"; *to != '\0'; to++) {
            word[i] = *to;
            if (*to != was && invite_read(key, word, &read))
                fail_msg("letter %zu as '%c' is taken", i, *to);
        }
        word[i] = '\0';
        assert_false(invite_is_one(word)); // cut off
        word[i] = was;
    }
    assert_true(invite_read(key, word, &read));
    strcat(word, "a");
    assert_false(invite_is_one(word));
    assert_false(invite_is_one(""));
    assert_false(invite_is_one("inv-"));
}

// A role of a later release, or none, is no role here.
static void test_unknown_roles(void **state)
{
    (void)state;
    const int roles[] = { ROLE_NONE, ROLES, 0x7F };
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        char word[INVITE_WORD_BYTES];
        struct invite read;
        const struct invite invite = { .role = (enum role)roles[i], .meeting = 1 };
        invite_write(key, &invite, word);
        assert_false(invite_read(key, word, &read));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_each_letter_counts),
        cmocka_unit_test(test_unknown_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
