// SPDX-License-Identifier: BSD-3-Clause
// What people write and what we say: HTML to plain text and back, phrases in every language.
#include "control/chat/markup.h"
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
        { "a<br/>b", "a b" },
        { "<p>!a</p>\n<p>b <BR>c</p>", "!a b c" },
        { "<pre>a</pre>b<blink>c", "abc" },
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

#define SIX_TEEN(x) x x x x x x x x x x x x x x x x

static void test_markup(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_sound;
        size_t source_units;
        const char *plain; // of sound ones
    } rows[] = {
        { "", true, 0, "" },
        { "words", true, 0, "words" },
        { "<b>bold</b> &amp; <i a='1' b=\"2\">x</i >", true, 0, "bold & x" },
        { "one<br/>two<br />three<p>four</p>", true, 0, "one\ntwo\nthreefour\n" },
        { "&lt;&gt;&quot;&apos;&#65;&#x42;&#xe9;&#x20AC;&#x1F600;", true, 0,
          "<>\"'AB\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" },
        { "<!-- no -->a<![CDATA[<b>&]]>c<?php x?><?x?>", true, 0, "a<b>&c" },
        { "<img src='abc'/>", true, 10, "" },
        { "<img  alt=\"a\" src = \"\xC3\xA9\xF0\x9F\x98\x80\" />", true, 12, "" },
        { "<IMG src='abc'/><a src='abc'/>", true, 0, "" },
        { "<o:p _x.1-2='3'/>", true, 0, "" },
        { "<a>" SIX_TEEN("<b>") SIX_TEEN("</b>") "</a>", true, 0, "" },
        { "a > b ]] > \"'", true, 0, "a > b ]] > \"'" },
        // not
        { "<b>", false, 0, NULL },
        { "</b>", false, 0, NULL },
        { "<b></i>", false, 0, NULL },
        { "<b><i></b></i>", false, 0, NULL },
        { "<br>", false, 0, NULL },
        { "1 < 2", false, 0, NULL },
        { "<b", false, 0, NULL },
        { "<b/", false, 0, NULL },
        { "<1/>", false, 0, NULL },
        { "< b/>", false, 0, NULL },
        { "<b a/>", false, 0, NULL },
        { "<b a=1/>", false, 0, NULL },
        { "<b a='1/>", false, 0, NULL },
        { "<b a='<'/>", false, 0, NULL },
        { "<b a='&'/>", false, 0, NULL },
        { "<b a='1'b='2'/>", false, 0, NULL },
        { "<b a='1' a='2'/>", false, 0, NULL },
        { "a & b", false, 0, NULL },
        { "&nbsp;", false, 0, NULL },
        { "&#0;", false, 0, NULL },
        { "&#xD800;", false, 0, NULL },
        { "&#x110000;", false, 0, NULL },
        { "&#99999999999999999999;", false, 0, NULL },
        { "&#;", false, 0, NULL },
        { "&#x;", false, 0, NULL },
        { "&#65", false, 0, NULL },
        { "a ]]> b", false, 0, NULL },
        { "<![CDATA[x", false, 0, NULL },
        { "<!-- a -- b -->", false, 0, NULL },
        { "<!--", false, 0, NULL },
        { "<!DOCTYPE x>", false, 0, NULL },
        { "<?xml version='1.0'?>", false, 0, NULL },
        { "<?x", false, 0, NULL },
        { "\x01", false, 0, NULL },
        { "\xFF", false, 0, NULL },
        { "\xEF\xBF\xBE", false, 0, NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char plain[256];
        struct markup markup = { .plain = plain }, bare = { .plain = NULL };
        bool is_sound = markup_read(rows[i].text, &markup);
        if (is_sound != rows[i].is_sound || markup_read(rows[i].text, &bare) != is_sound ||
            (is_sound &&
             (markup.source_units != rows[i].source_units ||
              bare.source_units != rows[i].source_units || strcmp(plain, rows[i].plain) != 0)))
            fail_msg("row %zu: %d, %zu, \"%s\"", i, is_sound, markup.source_units, plain);
    }
}

static void test_markup_too_deep_or_wide(void **state)
{
    (void)state;
    static const struct {
        const char *open, *close;
        unsigned n;
        bool is_sound;
    } rows[] = {
        { "<b>", "</b>", MARKUP_DEPTH_MAX, true },
        { "<b>", "</b>", MARKUP_DEPTH_MAX + 1, false },
        { "<b>", "</b>", 100000, false },
        { "<b>", "", 100000, false },
        { "<b/>", "", 100000, true },
        { "<!---->", "", 100000, true },
        { "<!-- ", "", 100000, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t open = strlen(rows[i].open), close = strlen(rows[i].close);
        char *text = malloc(rows[i].n * (open + close) + 1);
        assert_non_null(text);
        for (size_t k = 0; k < rows[i].n; k++) {
            memcpy(text + k * open, rows[i].open, open);
            memcpy(text + rows[i].n * open + k * close, rows[i].close, close);
        }
        text[rows[i].n * (open + close)] = '\0';
        struct markup markup = { .plain = NULL };
        if (markup_read(text, &markup) != rows[i].is_sound)
            fail_msg("row %zu", i);
        free(text);
    }
}

static void test_collapse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *collapsed;
    } rows[] = {
        { "", "" },
        { " \t\r\n\v\f ", "" },
        { "  a \n b  ", "a b" },
        { "a\xC2\xA0\xE2\x80\x83\xE3\x80\x80"
          "b",
          "a b" },
        { "\xC2\xA1 \xE2\x80\xA6", "\xC2\xA1 \xE2\x80\xA6" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", rows[i].text);
        html_collapse(text);
        assert_string_equal(text, rows[i].collapsed);
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
    assert_ptr_equal(phrase_text(PHRASE_LISTENING, "es-MX"), phrase_text(PHRASE_LISTENING, "es"));
    assert_ptr_equal(phrase_text(PHRASE_LISTENING, "est"),
                     phrase_text(PHRASE_LISTENING, "en")); // Estonian
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
        cmocka_unit_test(test_markup),
        cmocka_unit_test(test_markup_too_deep_or_wide),
        cmocka_unit_test(test_collapse),
        cmocka_unit_test(test_every_phrase_in_every_language),
        cmocka_unit_test(test_fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
