// SPDX-License-Identifier: BSD-3-Clause
// Texts in the reader's language: which language a tag means, what the environment says, what
// happens when a text is missing, and how arguments get into it in either direction of writing.
#include "base/i18n.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define AIR N_("⚪ You are off air.")
#define AIR_ES "⚪ Ya no estás al aire."

static void test_tags(void **state)
{
    (void)state;
    static const struct {
        const char *tag, *language;
    } rows[] = {
        { "en", "en" },
        { "es", "es" },
        { "ES", "es" },
        { "es-MX", "es" },
        { "es_MX", "es" },
        { "es.UTF-8", "es" },
        { "es@euro", "es" },
        { "pt-BR", "pt" },
        { "ht", "ht" },
        { "fr-CA", "fr" },
        { "est", NULL },
        { "e", NULL },
        { "", NULL },
        { "-", NULL },
        { "de", NULL },
        { NULL, NULL },
        { "ein-ganz-langes", NULL },
        { "abcdefghijklmnopqrstuvwxyz", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *found = i18n_find(rows[i].tag);
        if (rows[i].language == NULL ? found != NULL
                                     : found == NULL || strcmp(found, rows[i].language) != 0)
            fail_msg("%s is %s", rows[i].tag, found != NULL ? found : "none");
    }
}

static void test_languages(void **state)
{
    (void)state;
    assert_int_equal(i18n_n_languages(), 5);
    assert_string_equal(i18n_language(0), "en");
    for (size_t i = 0; i < i18n_n_languages(); i++)
        assert_ptr_equal(i18n_find(i18n_language(i)), i18n_language(i));
    assert_null(i18n_language(i18n_n_languages()));
    assert_null(i18n_language(SIZE_MAX));
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *language, *english, *text;
    } rows[] = {
        { "es", AIR, AIR_ES },
        { "es-419", AIR, AIR_ES },
        { "en", AIR, AIR },
        { "de", AIR, AIR },
        { "est", AIR, AIR },
        { NULL, AIR, AIR },
        { "es", "nobody has translated this", "nobody has translated this" },
        { "es", "", "" }, // not the header of the catalogue
        { "es", "~", "~" },
        { "es", "\x01", "\x01" }, // before the first, behind the last
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(i18n_text(rows[i].language, rows[i].english), rows[i].text);
}

static void test_environment(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *messages, *all, *wish, *language;
    } rows[] = {
        { NULL, NULL, NULL, NULL, "en" },
        { "es_MX.UTF-8", NULL, NULL, NULL, "es" },
        { "es_MX.UTF-8", "fr_FR", NULL, NULL, "fr" },
        { "es_MX.UTF-8", "fr_FR", "pt_BR.UTF-8", NULL, "pt" },
        { "es_MX.UTF-8", "", "", "", "es" },
        { "de_DE", NULL, NULL, NULL, "en" },
        { "de_DE", NULL, NULL, "nl:ht:es", "ht" },
        { "en_US.UTF-8", NULL, NULL, "es", "es" },
        { "C", NULL, NULL, "es", "en" }, // as gettext: there is no locale
        { "es_ES", NULL, "POSIX", NULL, "en" },
        { NULL, NULL, NULL, "es", "en" },
        { "fr_FR", NULL, NULL, "::", "fr" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const names[] = { "LANG", "LC_MESSAGES", "LC_ALL", "LANGUAGE" };
        const char *const values[] = { rows[i].lang, rows[i].messages, rows[i].all, rows[i].wish };
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (values[k] != NULL)
                assert_int_equal(setenv(names[k], values[k], 1), 0);
            else
                assert_int_equal(unsetenv(names[k]), 0);
        if (strcmp(i18n_of_environment(), rows[i].language) != 0)
            fail_msg("row %zu: %s", i, i18n_of_environment());
    }
}

static void test_right_to_left(void **state)
{
    (void)state;
    static const char *const leftwards[] = { "ar", "he", "fa-IR", "ur", "ckb", "AR" },
                             *const rightwards[] = { "en", "es", "ht", "are", "", "h" };
    for (size_t i = 0; i < ARRAY_LEN(leftwards); i++)
        assert_true(i18n_is_right_to_left(leftwards[i]));
    for (size_t i = 0; i < ARRAY_LEN(rightwards); i++)
        assert_false(i18n_is_right_to_left(rightwards[i]));
}

static void test_filling(void **state)
{
    (void)state;
    static const char *const arguments[] = { "Ana", "12" };
    static const struct {
        const char *language, *text, *filled;
        unsigned n;
    } rows[] = {
        { "en", "%s: %s.", "Ana: 12.", 2 },
        { "en", "%2$s: %1$s.", "12: Ana.", 2 },
        { "en", "%1$s, %1$s", "Ana, Ana", 2 },
        { "en", "", "", 2 },
        { "en", "100 % of %s", "100 % of Ana", 1 },
        { "en", "%s %s", "Ana %s", 1 },        // a third place has no argument
        { "en", "%3$s %0$s", "%3$s %0$s", 2 }, // nor have these
        { "he", "%s: %s.", "\u200F\u2068Ana\u2069: \u206812\u2069.", 2 },
        { "ar", "%2$s (%1$s)", "\u200F\u206812\u2069 (\u2068Ana\u2069)", 2 },
        { "ar", "<b>!air</b>", "\u200F<b>!air</b>", 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *filled = i18n_fill(rows[i].language, rows[i].text, arguments, rows[i].n);
        assert_non_null(filled);
        assert_string_equal(filled, rows[i].filled);
        free(filled);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),          cmocka_unit_test(test_languages),
        cmocka_unit_test(test_texts),         cmocka_unit_test(test_environment),
        cmocka_unit_test(test_right_to_left), cmocka_unit_test(test_filling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
