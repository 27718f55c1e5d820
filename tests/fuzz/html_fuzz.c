// SPDX-License-Identifier: BSD-3-Clause
// Texts of people: HTML to plain, plain to HTML and back.
#include "control/chat/markup.h"
#include "control/control_int.h"
#include "fuzz.h"

#include <string.h>

// What is sound stays sound inside an element and beside a copy of itself; its words, escaped, are
// sound and give the same words.
static void check_markup(const char *text)
{
    size_t len = strlen(text);
    char *plain = malloc(len + 1), *more = malloc(2 * len + 8);
    CHECK(plain != NULL && more != NULL);
    struct markup markup = { .plain = plain }, bare = { .plain = NULL };
    if (markup_read(text, &markup)) {
        CHECK(strlen(plain) <= len && str_is_utf8(plain));
        CHECK(markup.source_units <= str_utf16_units(text));
        snprintf(more, 2 * len + 8, "%s %s", text, text); // "]]" and ">" may not meet
        CHECK(markup_read(more, &bare) && bare.source_units == 2 * markup.source_units);
        snprintf(more, 2 * len + 8, "%s</b>", text);
        CHECK(!markup_read(more, &bare));
        char *escaped = html_escape_tags(plain, true);
        char *again = malloc(strlen(plain) * 5 + 1);
        CHECK(escaped != NULL && again != NULL);
        markup.plain = again;
        // What the text may hold only as a reference or in CDATA would be sound in no other way.
        if (strchr(text, '&') == NULL && strstr(text, "CDATA") == NULL)
            CHECK(markup_read(escaped, &markup) && strcmp(again, plain) == 0);
        free(escaped);
        free(again);
    }
    free(plain);
    free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *html = malloc(size + 1);
    CHECK(html != NULL);
    memcpy(html, data, size);
    html[size] = '\0';
    char *plain = html_to_plain(html);
    CHECK(plain != NULL);
    size_t len = strlen(plain);
    CHECK(len <= strlen(html));
    CHECK(len == 0 || (plain[0] != ' ' && plain[len - 1] != ' '));
    CHECK(strstr(plain, "  ") == NULL);
    char *escaped = html_escape(plain);
    CHECK(escaped != NULL && strpbrk(escaped, "<>\"") == NULL);
    char *again = html_to_plain(escaped);
    CHECK(again != NULL && strcmp(again, plain) == 0);
    check_markup(html);
    html_collapse(html);
    CHECK(strstr(html, "  ") == NULL);
    free(html);
    free(plain);
    free(escaped);
    free(again);
    return 0;
}
