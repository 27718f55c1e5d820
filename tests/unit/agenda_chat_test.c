// SPDX-License-Identifier: BSD-3-Clause
// The conversation of a meeting: numbers, what is remembered how long, translations; and the same
// with the Nth allocation failing.
#include "agenda/agenda.h"
#include "scarce_memory.h"
#include "test.h"

#include <stdio.h>

#define EN 0
#define ES 1
#define FR 2
#define NAME "Ana"

static struct agenda *make(void)
{
    struct agenda *agenda = agenda_new(3);
    assert_non_null(agenda);
    return agenda;
}

static void add(struct agenda *agenda, unsigned n, bool is_kept)
{
    for (unsigned i = 0; i < n; i++) {
        char text[32];
        uint32_t number = agenda_chat_newest(agenda) + 1;
        snprintf(text, sizeof(text), "text %u", number);
        assert_int_equal(
            agenda_chat_add(agenda, 7, NAME, ES, text, (int64_t)1000 + number, is_kept), number);
    }
}

static void assert_message(const struct agenda *agenda, uint32_t number)
{
    struct chat_message message;
    char text[32];
    snprintf(text, sizeof(text), "text %u", number);
    assert_true(agenda_chat_get(agenda, number, &message));
    assert_int_equal(message.number, number);
    assert_int_equal(message.session, 7);
    assert_int_equal(message.at_s, 1000 + (int64_t)number);
    assert_int_equal(message.lang, ES);
    assert_string_equal(message.name, NAME);
    assert_string_equal(message.text, text);
}

static void assert_none(const struct agenda *agenda, uint32_t number)
{
    struct chat_message message;
    if (agenda_chat_get(agenda, number, &message))
        fail_msg("message %u is remembered", number);
}

static void test_nothing_yet(void **state)
{
    (void)state;
    struct agenda *agenda = make();
    assert_int_equal(agenda_chat_newest(agenda), 0);
    assert_int_equal(agenda_chat_oldest(agenda), 0);
    assert_none(agenda, 0);
    assert_none(agenda, 1);
    assert_int_equal(agenda_chat_translate(agenda, 1, EN, "x"), AGENDA_E_UNKNOWN);
    agenda_chat_emptied(agenda, 0);
    assert_false(agenda_chat_end_if_over(agenda, AGENDA_CHAT_OVER_US));
    agenda_chat_entered(agenda);
    agenda_free(agenda);
}

// So many are written one after the other, kept or not: the oldest remembered, and how many.
static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        unsigned n_kept, n_unkept, n_kept_again;
        uint32_t newest, oldest;
    } rows[] = {
        { 1, 0, 0, 1, 1 },         { 200, 0, 0, 200, 1 },
        { 201, 0, 0, 201, 2 },     { 1000, 0, 0, 1000, 801 },
        { 0, 1, 0, 1, 1 },         { 0, 20, 0, 20, 1 },
        { 0, 21, 0, 21, 2 },       { 0, 100, 0, 100, 81 },
        { 100, 1, 0, 101, 82 }, // switched off: what was there goes as well
        { 0, 30, 5, 35, 11 },   // switched on again
        { 30, 30, 300, 360, 161 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct agenda *agenda = make();
        add(agenda, rows[i].n_kept, true);
        add(agenda, rows[i].n_unkept, false);
        add(agenda, rows[i].n_kept_again, true);
        assert_int_equal(agenda_chat_newest(agenda), rows[i].newest);
        assert_int_equal(agenda_chat_oldest(agenda), rows[i].oldest);
        assert_none(agenda, 0);
        assert_none(agenda, rows[i].oldest - 1);
        assert_none(agenda, rows[i].newest + 1);
        assert_none(agenda, UINT32_MAX);
        for (uint32_t number = rows[i].oldest; number <= rows[i].newest; number++)
            assert_message(agenda, number);
        agenda_free(agenda);
    }
}

static char *repeat(char letter, size_t n)
{
    char *text = malloc(n + 1);
    assert_non_null(text);
    memset(text, letter, n);
    text[n] = '\0';
    return text;
}

static void test_bytes(void **state)
{
    (void)state;
    struct agenda *agenda = make();
    char *most = repeat('a', AGENDA_MESSAGE_BYTES), *more = repeat('b', AGENDA_MESSAGE_BYTES + 1);
    assert_int_equal(agenda_chat_add(agenda, 1, NAME, EN, more, 0, true), AGENDA_E_FULL);
    assert_int_equal(agenda_chat_newest(agenda), 0);
    // With the name and the zeros.
    uint32_t n_fit = AGENDA_CHAT_BYTES / (AGENDA_MESSAGE_BYTES + 1 + sizeof(NAME));
    for (uint32_t i = 0; i < n_fit; i++)
        assert_int_equal(agenda_chat_add(agenda, 1, NAME, EN, most, 0, true), i + 1);
    assert_int_equal(agenda_chat_oldest(agenda), 1);
    assert_int_equal(agenda_chat_add(agenda, 1, NAME, EN, most, 0, true), n_fit + 1);
    assert_int_equal(agenda_chat_oldest(agenda), 2);

    // A translation drives out older messages, never its own nor newer ones.
    assert_int_equal(agenda_chat_translate(agenda, n_fit + 1, ES, more), AGENDA_E_FULL);
    assert_int_equal(agenda_chat_translate(agenda, 2, ES, most), AGENDA_E_FULL);
    assert_int_equal(agenda_chat_translate(agenda, 4, ES, most), 0);
    assert_int_equal(agenda_chat_oldest(agenda), 3);
    assert_int_equal(agenda_chat_translate(agenda, 4, FR, most), 0);
    assert_int_equal(agenda_chat_oldest(agenda), 4);
    assert_int_equal(agenda_chat_translate(agenda, 4, EN, most), AGENDA_E_FULL);
    assert_int_equal(agenda_chat_translate(agenda, 4, ES, "short"), 0); // in place of the long one
    assert_int_equal(agenda_chat_translate(agenda, 4, ES, most), 0);
    struct chat_message message;
    assert_true(agenda_chat_get(agenda, 4, &message));
    assert_string_equal(message.text, most);
    assert_string_equal(message.translations[ES], most);
    assert_string_equal(message.translations[FR], most);
    assert_null(message.translations[EN]);
    free(most);
    free(more);
    agenda_free(agenda);
}

static void test_translations(void **state)
{
    (void)state;
    struct agenda *agenda = make();
    struct chat_message message;
    add(agenda, 30, true);
    assert_int_equal(agenda_chat_translate(agenda, 31, EN, "x"), AGENDA_E_UNKNOWN);
    assert_int_equal(agenda_chat_translate(agenda, 0, EN, "x"), AGENDA_E_UNKNOWN);
    assert_int_equal(agenda_chat_translate(agenda, 12, EN, "wrong"), 0);
    assert_int_equal(agenda_chat_translate(agenda, 12, EN, "right"), 0);
    assert_int_equal(agenda_chat_translate(agenda, 12, FR, "juste"), 0);
    assert_true(agenda_chat_get(agenda, 12, &message));
    assert_string_equal(message.translations[EN], "right");
    assert_string_equal(message.translations[FR], "juste");
    assert_null(message.translations[ES]);
    assert_message(agenda, 12);
    assert_true(agenda_chat_get(agenda, 13, &message));
    assert_null(message.translations[EN]);
    // The place in the ring is used again: nothing of the old one is left there.
    add(agenda, AGENDA_CHAT_MAX, true);
    assert_int_equal(agenda_chat_translate(agenda, 12, EN, "late"), AGENDA_E_UNKNOWN);
    for (uint32_t number = agenda_chat_oldest(agenda); number <= agenda_chat_newest(agenda);
         number++) {
        assert_true(agenda_chat_get(agenda, number, &message));
        assert_null(message.translations[EN]);
        assert_null(message.translations[FR]);
    }
    agenda_free(agenda);
}

static void test_over(void **state)
{
    (void)state;
    const uint64_t start = 1000, over = start + AGENDA_CHAT_OVER_US;
    struct agenda *agenda = make();
    add(agenda, 3, true);
    assert_false(agenda_chat_end_if_over(agenda, UINT64_MAX)); // somebody is there
    agenda_chat_emptied(agenda, start);
    assert_false(agenda_chat_end_if_over(agenda, over - 1));
    agenda_chat_entered(agenda);
    assert_false(agenda_chat_end_if_over(agenda, over));
    agenda_chat_emptied(agenda, start);
    add(agenda, 1, true); // by somebody outside: nobody has come for that
    assert_message(agenda, 4);
    assert_true(agenda_chat_end_if_over(agenda, over));
    assert_int_equal(agenda_chat_newest(agenda), 0);
    assert_none(agenda, 1);
    assert_false(agenda_chat_end_if_over(agenda, over));
    add(agenda, 2, true);
    assert_message(agenda, 1);
    assert_false(agenda_chat_end_if_over(agenda, UINT64_MAX)); // a new one
    agenda_free(agenda);
}

static void test_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        struct agenda *agenda = make();
        bool is_second = false;
        n_left = n;
        int first = agenda_chat_add(agenda, 7, NAME, ES, "text 1", 1001, true);
        int translated = first > 0 ? agenda_chat_translate(agenda, 1, EN, "one") : 0;
        is_second = n_left != 0 && first > 0 && translated == 0;
        n_left = -1;
        struct chat_message message;
        assert_true(first == 1 || first == AGENDA_E_MEMORY);
        assert_int_equal(agenda_chat_newest(agenda), first == 1 ? 1 : 0);
        if (first == 1) {
            assert_message(agenda, 1);
            assert_true(translated == 0 || translated == AGENDA_E_MEMORY);
            assert_true(agenda_chat_get(agenda, 1, &message));
            assert_int_equal(message.translations[EN] != NULL, translated == 0);
        }
        agenda_free(agenda);
        if (is_second) {
            assert_int_equal(n, 4); // the conversation, a message, a translation; and one unused
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_yet), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bytes),       cmocka_unit_test(test_translations),
        cmocka_unit_test(test_over),        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
