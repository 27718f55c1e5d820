// SPDX-License-Identifier: BSD-3-Clause
// Names of users and channels, and the names of languages.
#include "base/base.h"
#include "base/config.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static void test_default_rules(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_user, is_channel;
    } rows[] = {
        { "Ana", true, true },
        { "Ana María Ñ", true, true },
        { "Владимир", true, true },
        { "日本", true, true },
        { "a.b", true, true }, // "." lies in the range from blank to "="
        { "x[1]{2}(3)@|", true, true },
        { "General #1", true, true },
        { "Booth en-es", true, true },
        { "a?b", false, false },
        { "~", false, false },
        { "🎧", false, false },
        { "", false, false },
        { " Ana", false, false },
        { "Ana ", false, false },
        { "Ana\n", false, false },
        { "A\tna", false, false },
        { "A\x7Fna", false, false },
        { "\xC2\xA0"
          "Ana",
          false, false },
        { "Ana\xE3\x80\x80", false, false },
        { "An\xFF", false, false },
    };
    char why[128] = "";
    struct name_rule *user = name_rule_new(CONFIG_USER_NAME_REGEX, why, sizeof why);
    struct name_rule *channel = name_rule_new(CONFIG_CHANNEL_NAME_REGEX, why, sizeof why);
    assert_non_null(user);
    assert_non_null(channel);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (name_rule_matches(user, rows[i].name) != rows[i].is_user)
            fail_msg("user \"%s\"", rows[i].name);
        if (name_rule_matches(channel, rows[i].name) != rows[i].is_channel)
            fail_msg("channel \"%s\"", rows[i].name);
    }
    name_rule_free(user);
    name_rule_free(channel);
    name_rule_free(NULL);
}

static void test_length_in_utf16_units(void **state)
{
    (void)state;
    char why[128], name[4 * 300 + 1] = "";
    struct name_rule *rule = name_rule_new(".+", why, sizeof why);
    assert_non_null(rule);
    memset(name, 'x', 512);
    assert_true(name_rule_matches(rule, name));
    name[512] = 'x';
    assert_false(name_rule_matches(rule, name));
    memset(name, 0, sizeof name);
    for (int i = 0; i < 256; i++)
        strcat(name, "🎧"); // two units each
    assert_true(name_rule_matches(rule, name));
    strcat(name, "x");
    assert_false(name_rule_matches(rule, name));
    name_rule_free(rule);
}

static void test_rules_of_ones_own(void **state)
{
    (void)state;
    char why[128] = "";
    struct name_rule *rule = name_rule_new("ana|anabel", why, sizeof why);
    assert_non_null(rule);
    assert_true(name_rule_matches(rule, "ana"));
    assert_true(name_rule_matches(rule, "anabel")); // the whole name, not its beginning
    assert_false(name_rule_matches(rule, "anab"));
    name_rule_free(rule);

    assert_null(name_rule_new("[a-", why, sizeof why));
    assert_non_null(strstr(why, "at character"));

    // An expression that would try for ever refuses the name and returns.
    rule = name_rule_new("(a+)+b", why, sizeof why);
    assert_non_null(rule);
    assert_false(name_rule_matches(rule, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"));
    assert_true(name_rule_matches(rule, "aab"));
    name_rule_free(rule);
}

static void test_language_tags(void **state)
{
    (void)state;
    static const struct {
        const char *tag, *normal; // NULL: not valid
    } rows[] = {
        { "es", "es" },
        { "ES", "es" },
        { "tzo", "tzo" },
        { "pt-br", "pt-BR" },
        { "PT-BR", "pt-BR" },
        { "zh-hans", "zh-Hans" },
        { "zh-hant-tw", "zh-Hant-TW" },
        { "es-419", "es-419" },
        { "ca-valencia", "ca-valencia" },
        { "de-1996", "de-1996" },
        { "", NULL },
        { "e", NULL },
        { "espa", NULL },
        { "es-", NULL },
        { "-es", NULL },
        { "es--MX", NULL },
        { "es-M", NULL },
        { "es-MX-Latn", NULL },
        { "es_MX", NULL },
        { "es MX", NULL },
        { "e1", NULL },
        { "ñ", NULL },
        { "es-valencia-long", NULL }, // 16 characters
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (lang_tag_is_valid(rows[i].tag) != (rows[i].normal != NULL))
            fail_msg("\"%s\"", rows[i].tag);
        if (rows[i].normal == NULL)
            continue;
        char tag[LANG_TAG_BYTES];
        strcpy(tag, rows[i].tag);
        lang_tag_normalise(tag);
        assert_string_equal(tag, rows[i].normal);
    }
}

static void test_own_names(void **state)
{
    (void)state;
    assert_string_equal(lang_own_name("es"), "Español");
    assert_string_equal(lang_own_name("EN"), "English");
    assert_string_equal(lang_own_name("ht"), "Kreyòl ayisyen");
    assert_string_equal(lang_own_name("pt-BR"), "Português (Brasil)");
    assert_string_equal(lang_own_name("xx"), "xx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_rules),     cmocka_unit_test(test_length_in_utf16_units),
        cmocka_unit_test(test_rules_of_ones_own), cmocka_unit_test(test_language_tags),
        cmocka_unit_test(test_own_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
