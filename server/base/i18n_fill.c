// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "base/i18n.h"

#include <string.h>

#define RIGHT_TO_LEFT_MARK "\u200F"
#define FIRST_STRONG_ISOLATE "\u2068" // Unicode standard annex 9
#define POP_ISOLATE "\u2069"

// A place at the text's front. Returns its length, 0: none.
static size_t read_place(const char *text, unsigned n, unsigned *next, unsigned *which)
{
    if (strncmp(text, "%s", 2) == 0 && *next < n) {
        *which = (*next)++;
        return 2;
    }
    bool is_numbered = text[0] == '%' && text[1] >= '1' && text[1] <= '9' && text[2] == '$' &&
                       text[3] == 's' && (unsigned)(text[1] - '1') < n;
    if (is_numbered)
        *which = (unsigned)(text[1] - '1');
    return is_numbered ? 4 : 0;
}

static bool add_text(struct buffer *filled, const char *text)
{
    return buffer_add(filled, text, strlen(text));
}

static bool add_argument(struct buffer *filled, const char *argument, bool is_isolated)
{
    if (!is_isolated)
        return add_text(filled, argument);
    return add_text(filled, FIRST_STRONG_ISOLATE) && add_text(filled, argument) &&
           add_text(filled, POP_ISOLATE);
}

char *i18n_fill(const char *language, const char *text, const char *const *arguments, unsigned n)
{
    bool is_leftwards = i18n_is_right_to_left(language);
    unsigned next = 0, which = 0;
    struct buffer filled;
    buffer_init(&filled, SIZE_MAX);
    bool is_filled = !is_leftwards || add_text(&filled, RIGHT_TO_LEFT_MARK);
    while (is_filled && *text != '\0') {
        size_t place = read_place(text, n, &next, &which);
        size_t plain = place == 0 ? 1 + strcspn(text + 1, "%") : 0;
        is_filled = place != 0 ? add_argument(&filled, arguments[which], is_leftwards)
                               : buffer_add(&filled, text, plain);
        text += place + plain;
    }
    char *out = is_filled && buffer_add(&filled, "", 1) ? str_dup((const char *)filled.data) : NULL;
    buffer_clear(&filled);
    return out;
}
