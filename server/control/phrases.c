// SPDX-License-Identifier: BSD-3-Clause
#include "control/phrases.h"

#include "base/base.h"

#include <string.h>

static const char *const texts[PHRASES] = {
#define X(name, english) [name] = (english),
    PHRASES_ALL(X)
#undef X
};

const char *phrase_text(enum phrase phrase, const char *language)
{
    return i18n_text(language, texts[phrase]);
}

unsigned phrase_arguments(enum phrase phrase)
{
    unsigned n = 0;
    for (const char *at = strstr(texts[phrase], "%s"); at != NULL; at = strstr(at + 2, "%s"))
        n++;
    return n;
}

// A place at the text's front: "%s" is the next one, "%2$s" the second. Returns its length, 0: none.
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

char *phrase_fill(enum phrase phrase, const char *language, const char *const *arguments)
{
    unsigned n = phrase_arguments(phrase), next = 0, which = 0;
    struct buffer filled;
    buffer_init(&filled, SIZE_MAX);
    bool is_filled = true;
    for (const char *text = phrase_text(phrase, language); is_filled && *text != '\0';) {
        size_t place = read_place(text, n, &next, &which);
        size_t plain = place == 0 ? 1 + strcspn(text + 1, "%") : 0;
        is_filled = place != 0 ? buffer_add(&filled, arguments[which], strlen(arguments[which]))
                               : buffer_add(&filled, text, plain);
        text += place + plain;
    }
    char *out = is_filled && buffer_add(&filled, "", 1) ? str_dup((const char *)filled.data) : NULL;
    buffer_clear(&filled);
    return out;
}
