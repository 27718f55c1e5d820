// SPDX-License-Identifier: BSD-3-Clause
//
// What people call the tiers, in each interface language. Configuration, `susurro admin` and JSON
// have the English words only.
#include "control/chat/commands.h"

#include <string.h>

// As the words of commands: parted by '|', the first is shown.
static const char *const words[TIERS][COMMAND_LANGUAGES] = {
    [TIER_FULL] = { "full", "completo", "complet", "completo", "konplè|konple" },
    [TIER_STANDARD] = { "standard", "estándar|estandar", "standard", "padrão|padrao", "estanda" },
    [TIER_THIN] = { "thin", "ligero", "léger|leger", "leve", "lejè|leje" },
    [TIER_MINIMUM] = { "minimum", "mínimo|minimo", "minimum|minimal", "mínimo|minimo",
                       "minimòm|minimom" },
    [TIER_LIFELINE] = { "lifeline", "salvavidas", "secours", "salva-vidas|salvavidas", "sekou" },
};
static const char *const freely[COMMAND_LANGUAGES] = { "auto", "auto|automático|automatico",
                                                       "auto|automatique",
                                                       "auto|automático|automatico", "oto|auto" };

const char *tier_word(enum tier tier, const char *language)
{
    return command_first_word(words[tier][command_language_index(language)]);
}

int tier_from_word(const char *word)
{
    for (int tier = 0; tier < TIERS; tier++)
        for (size_t i = 0; i < COMMAND_LANGUAGES; i++)
            if (command_is_word(words[tier][i], word))
                return tier;
    return -1;
}

bool tier_is_auto(const char *word)
{
    for (size_t i = 0; i < COMMAND_LANGUAGES; i++)
        if (command_is_word(freely[i], word))
            return true;
    return false;
}

// "Ana minimum": what stands in an example is shown in the reader's language.
const char *tier_example(const char *example, const char *language)
{
    static char shown[64];
    const char *last = strrchr(example, ' ');
    const char *word = last != NULL ? last + 1 : example;
    const int tier = line_tier(word);
    if (tier < 0)
        return example;
    snprintf(shown, sizeof(shown), "%.*s%s", (int)(word - example), example,
             tier_word((enum tier)tier, language));
    return shown;
}
