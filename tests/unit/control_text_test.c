// SPDX-License-Identifier: BSD-3-Clause
// What people write and what we say: HTML to plain text and back, phrases in every language.
#include "control/control_int.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void test_plain(void **state)
{
    (void)state;
    static const struct {
        const char *html, *plain;
    } rows[] = {
        { "!es", "!es" },
        { "<p>!es</p>", "!es" },
        { "  <b>!es</b>\n ", "!es" },
        { "a  \t b", "a b" },
        { "a<br/>b", "ab" },
        { "1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2" },
        { "&#39;&quot;&nbsp;x", "'\" x" },
        { "1 < 2", "1 < 2" }, // opens no tag
        { "a <b", "a <b" },   // never closed
        { "&unknown;", "&unknown;" },
        { "<!-- c -->x", "x" },
        { "", "" },
        { "<p></p>", "" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *plain = html_to_plain(rows[i].html);
        if (plain == NULL || strcmp(plain, rows[i].plain) != 0)
            fail_msg("row %zu: \"%s\"", i, plain != NULL ? plain : "NULL");
        free(plain);
    }
}

// Looking for the end of each tag anew would take minutes here.
static void test_many_tags_that_never_end(void **state)
{
    (void)state;
    size_t n = (size_t)4 << 20;
    char *html = malloc(n + 1);
    assert_non_null(html);
    for (size_t i = 0; i < n; i++)
        html[i] = i % 2 == 0 ? '<' : 'a';
    html[n] = '\0';
    char *plain = html_to_plain(html);
    assert_string_equal(plain, html);
    free(plain);
    free(html);
}

static void test_escape_comes_back(void **state)
{
    (void)state;
    static const char *const texts[] = { "a<b>&\"c\"", "José & <script>", "&amp;", "" };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char *html = html_escape(texts[i]);
        assert_non_null(html);
        assert_null(strchr(html, '<'));
        char *plain = html_to_plain(html);
        assert_string_equal(plain, texts[i]);
        free(plain);
        free(html);
    }
}

static unsigned count_places(const char *text)
{
    unsigned n = 0;
    for (const char *at = strstr(text, "%s"); at != NULL; at = strstr(at + 2, "%s"))
        n++;
    return n;
}

static void test_every_phrase_in_every_language(void **state)
{
    (void)state;
    static const char *const languages[] = { "en", "es", "es-MX", "fr", NULL };
    for (int phrase = 0; phrase < PHRASES; phrase++) {
        for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
            const char *text = phrase_text((enum phrase)phrase, languages[i]);
            if (text == NULL || text[0] == '\0' ||
                count_places(text) != phrase_arguments((enum phrase)phrase))
                fail_msg("phrase %d in %s", phrase, languages[i] != NULL ? languages[i] : "none");
        }
        assert_true(phrase_arguments((enum phrase)phrase) <= PHRASE_ARGUMENTS_MAX);
        assert_ptr_not_equal(phrase_text((enum phrase)phrase, "en"),
                             phrase_text((enum phrase)phrase, "es"));
    }
    assert_ptr_equal(phrase_text(PHRASE_HELP, "es-MX"), phrase_text(PHRASE_HELP, "es"));
    assert_ptr_equal(phrase_text(PHRASE_HELP, "est"), phrase_text(PHRASE_HELP, "en")); // Estonian
}

static void test_fill(void **state)
{
    (void)state;
    const char *arguments[] = { "%s", "en", "!en" };
    char *text = phrase_fill(PHRASE_DIRECTION, "en", arguments);
    assert_string_equal(text, "You now work from %s into en."); // an argument is not filled again
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_many_tags_that_never_end),
        cmocka_unit_test(test_escape_comes_back),
        cmocka_unit_test(test_every_phrase_in_every_language),
        cmocka_unit_test(test_fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
