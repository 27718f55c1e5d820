// SPDX-License-Identifier: BSD-3-Clause
// What a client sends back of a channel's description is cut to the admin's own words.
#include "control/control_int.h"
#include "test.h"

#include <string.h>

#define BEGIN "\u2063\u2062"
#define END "\u2062\u2063"

static void test_strip(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *kept;
    } rows[] = {
        { "", "" },
        { "Sala 1", "Sala 1" },
        { "Sala 1<p>" BEGIN "On air: Iris" END "</p>", "Sala 1" },
        { "<p>" BEGIN "On air: <b>Iris</b><br/>x" END "</p>", "" },
        { BEGIN END, "" },
        { "a" BEGIN "x" END "b", "ab" },
        // as Qt's editor gives it back
        { "<p style=\"margin:0\">Sala</p><p style=\"margin:0\"><span style=\"x\">" BEGIN
          "x<br />y" END "</span></p></body>",
          "<p style=\"margin:0\">Sala</p></body>" },
        { "<p>Sala " BEGIN "x" END "</p>", "<p>Sala </p>" }, // a paragraph of the admin's stays
        { "<div>" BEGIN "x" END "</div>", "<div></div>" },
        { "<pre>" BEGIN "x" END "</pre>", "<pre></pre>" },
        { "<p>" BEGIN "x" END "</span>", "<p></span>" },
        // more than one, one in two, the marks the wrong way round
        { "a" BEGIN "x" END "b" BEGIN "y" END "c", "abc" },
        { "a" BEGIN "x", "ax" },
        { "a" BEGIN BEGIN "x", "ax" },
        { "a" END "x", "a" END "x" },
        { END "a" BEGIN, END "a" },
        { "\u2063", "\u2063" },
        { ">" BEGIN "x" END "</p>", "></p>" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        assert_true(strlen(rows[i].sent) < sizeof(text));
        memcpy(text, rows[i].sent, strlen(rows[i].sent) + 1);
        describe_strip(text);
        if (strcmp(text, rows[i].kept) != 0)
            fail_msg("row %zu: “%s”", i, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_strip) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
