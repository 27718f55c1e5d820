// SPDX-License-Identifier: BSD-3-Clause
#include "control/chat/phrases.h"

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

char *phrase_fill(enum phrase phrase, const char *language, const char *const *arguments)
{
    const char *ours = i18n_find(language); // of another language the text is English
    return i18n_fill(ours != NULL ? ours : I18N_ENGLISH, phrase_text(phrase, language), arguments,
                     phrase_arguments(phrase));
}
