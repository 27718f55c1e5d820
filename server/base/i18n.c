// SPDX-License-Identifier: BSD-3-Clause
#include "base/i18n.h"

#include "base/base.h"
#include "base/i18n_int.h"

#include <stdlib.h>
#include <string.h>

#define MO_MAGIC 0x950412deu

enum { MO_AT_MAGIC = 0, MO_AT_COUNT = 8, MO_AT_ORIGINALS = 12, MO_AT_TRANSLATIONS = 16 };

// In this machine's byte order: the catalogues were made for it by the build.
static uint32_t mo_number(const struct i18n_catalogue *catalogue, size_t at)
{
    uint32_t number = 0;
    if (at + sizeof number <= catalogue->size)
        memcpy(&number, catalogue->mo + at, sizeof number);
    return number;
}

// The index-th string of a table of (length, offset).
static const char *mo_string(const struct i18n_catalogue *catalogue, size_t table, uint32_t index)
{
    uint32_t offset = mo_number(catalogue, table + 8 * (size_t)index + 4);
    return (const char *)catalogue->mo + offset;
}

static const char *find_text(const struct i18n_catalogue *catalogue, const char *english)
{
    if (mo_number(catalogue, MO_AT_MAGIC) != MO_MAGIC)
        return NULL;
    size_t originals = mo_number(catalogue, MO_AT_ORIGINALS);
    uint32_t low = 0, high = mo_number(catalogue, MO_AT_COUNT);
    while (low < high) { // sorted by the original
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(mo_string(catalogue, originals, middle), english);
        if (order == 0)
            return mo_string(catalogue, mo_number(catalogue, MO_AT_TRANSLATIONS), middle);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// "es" is the language of "es", "es-MX", "es_MX.UTF-8"; not of "est".
static bool is_tag_of(const char *language, const char *tag)
{
    size_t len = strcspn(tag, "-_.@:");
    char head[16];
    if (len >= sizeof head)
        return false;
    memcpy(head, tag, len);
    head[len] = '\0';
    return str_equal_fold(head, language);
}

size_t i18n_n_languages(void)
{
    return 1 + i18n_n_catalogues;
}

const char *i18n_language(size_t index)
{
    if (index == 0)
        return I18N_ENGLISH;
    return index <= i18n_n_catalogues ? i18n_catalogues[index - 1].language : NULL;
}

const char *i18n_find(const char *tag)
{
    for (size_t i = 0; tag != NULL && i < i18n_n_languages(); i++)
        if (is_tag_of(i18n_language(i), tag))
            return i18n_language(i);
    return NULL;
}

const char *i18n_text(const char *language, const char *english)
{
    // The translation of nothing is the catalogue's header.
    for (size_t i = 0; language != NULL && english[0] != '\0' && i < i18n_n_catalogues; i++) {
        if (!is_tag_of(i18n_catalogues[i].language, language))
            continue;
        const char *text = find_text(&i18n_catalogues[i], english);
        return text != NULL && text[0] != '\0' ? text : english;
    }
    return english;
}

bool i18n_is_right_to_left(const char *language)
{
    static const char *const languages[] = { "ar", "arc", "ckb", "dv", "fa", "he",
                                             "ks", "ps",  "sd",  "ug", "ur", "yi" };
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (is_tag_of(languages[i], language))
            return true;
    return false;
}

const char *i18n_of_environment(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    const char *locale = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && locale == NULL; i++) {
        locale = getenv(names[i]);
        if (locale != NULL && locale[0] == '\0')
            locale = NULL;
    }
    if (locale == NULL || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
        return I18N_ENGLISH; // as gettext: LANGUAGE counts only where there is a locale
    const char *wish = getenv("LANGUAGE");
    while (wish != NULL && *wish != '\0') { // a list, the most wanted first
        const char *found = i18n_find(wish);
        if (found != NULL && strcspn(wish, ":") < 16)
            return found;
        wish += strcspn(wish, ":");
        wish += *wish == ':';
    }
    const char *found = i18n_find(locale);
    return found != NULL ? found : I18N_ENGLISH;
}
