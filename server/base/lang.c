// SPDX-License-Identifier: BSD-3-Clause
#include "base/config.h"

#include "base/base.h"

#include <ctype.h>
#include <string.h>

// Languages by their own names (CLDR's autonyms, with a capital, as names of channels).
static const struct {
    const char *tag, *name;
} languages[] = {
    { "ar", "العربية" },
    { "ay", "Aymara" },
    { "bg", "Български" },
    { "bn", "বাংলা" },
    { "ca", "Català" },
    { "cs", "Čeština" },
    { "cy", "Cymraeg" },
    { "da", "Dansk" },
    { "de", "Deutsch" },
    { "el", "Ελληνικά" },
    { "en", "English" },
    { "en-GB", "English (UK)" },
    { "en-US", "English (US)" },
    { "eo", "Esperanto" },
    { "es", "Español" },
    { "es-AR", "Español (Argentina)" },
    { "es-ES", "Español (España)" },
    { "es-MX", "Español (México)" },
    { "et", "Eesti" },
    { "eu", "Euskara" },
    { "fa", "فارسی" },
    { "fi", "Suomi" },
    { "fr", "Français" },
    { "fr-CA", "Français (Canada)" },
    { "ga", "Gaeilge" },
    { "gl", "Galego" },
    { "gn", "Avañe'ẽ" },
    { "he", "עברית" },
    { "hi", "हिन्दी" },
    { "hr", "Hrvatski" },
    { "ht", "Kreyòl ayisyen" },
    { "hu", "Magyar" },
    { "id", "Bahasa Indonesia" },
    { "it", "Italiano" },
    { "ja", "日本語" },
    { "ko", "한국어" },
    { "ku", "Kurdî" },
    { "lt", "Lietuvių" },
    { "lv", "Latviešu" },
    { "mam", "Qyol Mam" },
    { "nah", "Nāhuatl" },
    { "nl", "Nederlands" },
    { "no", "Norsk" },
    { "pl", "Polski" },
    { "pt", "Português" },
    { "pt-BR", "Português (Brasil)" },
    { "pt-PT", "Português (Portugal)" },
    { "qu", "Runasimi" },
    { "ro", "Română" },
    { "ru", "Русский" },
    { "sk", "Slovenčina" },
    { "sl", "Slovenščina" },
    { "so", "Soomaali" },
    { "sr", "Српски" },
    { "sv", "Svenska" },
    { "sw", "Kiswahili" },
    { "ta", "தமிழ்" },
    { "th", "ไทย" },
    { "ti", "ትግርኛ" },
    { "tl", "Tagalog" },
    { "tr", "Türkçe" },
    { "tzh", "Bats'il k'op" },
    { "tzo", "Bats'i k'op" },
    { "uk", "Українська" },
    { "ur", "اردو" },
    { "vi", "Tiếng Việt" },
    { "yua", "Maaya t'aan" },
    { "zap", "Diidxazá" },
    { "zh", "中文" },
    { "zh-Hans", "简体中文" },
    { "zh-Hant", "繁體中文" },
};

const char *lang_own_name(const char *tag)
{
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
        if (str_equal_fold(languages[i].tag, tag))
            return languages[i].name;
    }
    return tag;
}

static size_t count_while(const char *text, int (*is_kind)(int))
{
    size_t n = 0;
    while ((unsigned char)text[n] < 0x80 && is_kind((unsigned char)text[n]))
        n++;
    return n;
}

// The subset of BCP 47 (RFC 5646, 2.1) that names tracks: language, then script, region and
// variants, each at most as often and in the order in which they may stand.
bool lang_tag_is_valid(const char *tag)
{
    enum { AFTER_LANGUAGE, AFTER_SCRIPT, AFTER_REGION } place = AFTER_LANGUAGE;
    size_t n = count_while(tag, isalpha);
    if (strlen(tag) >= LANG_TAG_BYTES || n < 2 || n > 3)
        return false;
    for (tag += n; *tag != '\0'; tag += n) {
        if (*tag++ != '-')
            return false;
        n = count_while(tag, isalnum);
        size_t n_letters = count_while(tag, isalpha), n_digits = count_while(tag, isdigit);
        bool is_script = n == 4 && n_letters == 4 && place == AFTER_LANGUAGE;
        bool is_region = (n == 2 && n_letters == 2) || (n == 3 && n_digits == 3);
        bool is_variant = (n >= 5 && n <= 8) || (n == 4 && n_digits > 0);
        if (is_script)
            place = AFTER_SCRIPT;
        else if (is_variant || (is_region && place < AFTER_REGION))
            place = AFTER_REGION;
        else
            return false;
    }
    return true;
}

// RFC 5646, 2.1.1: language in lower case, script with a capital, region in capitals.
void lang_tag_normalise(char *tag)
{
    size_t start = 0;
    for (size_t i = 0;; i++) {
        if (tag[i] != '-' && tag[i] != '\0')
            continue;
        size_t n = i - start;
        for (size_t j = start; j < i; j++) {
            bool is_capital = start > 0 && (n == 2 || (n == 4 && j == start));
            int c = (unsigned char)tag[j];
            tag[j] = (char)(is_capital ? toupper(c) : tolower(c));
        }
        if (tag[i] == '\0')
            return;
        start = i + 1;
    }
}
