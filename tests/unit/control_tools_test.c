// SPDX-License-Identifier: BSD-3-Clause
// Texts written in several languages at once: where a part ends, and of which language it is.
#include "control/tools/tools.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

// "en|" begins a language, "en+" goes on with it; "!" behind: it was named.
static const struct {
    const char *text, *parts, *texts; // split into parts, and as running text
} rows[] = {
    { "", "", "" },
    { "Lunch?", "es|Lunch?", "es|Lunch?" },
    { "Lunch? / Yes / No", "es|Lunch? es+Yes es+No", "es|Lunch? / Yes / No" },
    { "Lunch?|Yes|No", "es|Lunch? es+Yes es+No", "es|Lunch?|Yes|No" },
    { "1/2 and 3/4 / no", "es|1/2 and 3/4 es+no", "es|1/2 and 3/4 / no" },
    { "en: Lunch? / Yes", "en|!Lunch? en+!Yes", "en|!Lunch? / Yes" },
    { "en: A / 1 / es: B / 2", "en|!A en+!1 es|!B es+!2", "en|!A / 1 es|!B / 2" },
    { "A / en: B", "es|A en|!B", "es|A en|!B" },
    { "EN:A", "en|!A", "en|!A" },
    { "es-MX: A", "es|!A", "es|!A" },
    { "fr: A", "es|fr: A", "es|fr: A" }, // no language of this meeting
    { "http://x / y", "es|http://x es+y", "es|http://x / y" },
    { "Note: en: x", "es|Note: en: x", "es|Note: en: x" },
    { " / / /", "", "es|/ / /" },
    { "||", "", "es|||" },
    { "en:", "", "" },
    { "en: / es: B", "es|!B", "es|!B" },
    { "A /", "es|A", "es|A /" },
};

static void show(const struct meeting_info *meeting, const struct tools_part *parts, size_t n,
                 char *out, size_t cap)
{
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(out);
        char lang[3] = { meeting->tracks[parts[i].lang].lang[0],
                         meeting->tracks[parts[i].lang].lang[1], '\0' };
        snprintf(out + len, cap - len, "%s%s%s%s%s", i > 0 ? " " : "", lang,
                 parts[i].is_first ? "|" : "+", parts[i].is_tagged ? "!" : "", parts[i].text);
    }
}

static void test_split(void **state)
{
    (void)state;
    struct meeting_info meeting = { .n_tracks = 2 };
    struct tools_part parts[TOOLS_PARTS_MAX];
    snprintf(meeting.tracks[0].lang, sizeof(meeting.tracks[0].lang), "en");
    snprintf(meeting.tracks[1].lang, sizeof(meeting.tracks[1].lang), "es-MX");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[128], shown[256];
        print_message("%s\n", rows[i].text);
        snprintf(text, sizeof(text), "%s", rows[i].text);
        show(&meeting, parts, tools_split(&meeting, 1, text, parts), shown, sizeof(shown));
        assert_string_equal(shown, rows[i].parts);
        snprintf(text, sizeof(text), "%s", rows[i].text);
        show(&meeting, parts, tools_split_texts(&meeting, 1, text, parts), shown, sizeof(shown));
        assert_string_equal(shown, rows[i].texts);
    }
}

// More parts than there is room for are one part, nothing is lost and nothing overrun.
static void test_many_parts(void **state)
{
    (void)state;
    struct meeting_info meeting = { .n_tracks = 1 };
    struct tools_part parts[TOOLS_PARTS_MAX];
    char text[1000];
    memset(text, 0, sizeof(text));
    for (size_t i = 0; i < 200; i++)
        memcpy(text + 4 * i, "a / ", 4);
    assert_int_equal(tools_split(&meeting, 0, text, parts), TOOLS_PARTS_MAX);
    assert_int_equal(strlen(parts[TOOLS_PARTS_MAX - 1].text),
                     4 * (200 - (TOOLS_PARTS_MAX - 1)) - 1);
}

static void test_words(void **state)
{
    (void)state;
    assert_true(tools_is_word("fèmen", "close|cerrar|fèmen"));
    assert_true(tools_is_word("CLOSE", "close|cerrar"));
    assert_false(tools_is_word("clos", "close|cerrar"));
    assert_false(tools_is_word("", "close|cerrar"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_many_parts),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
