// SPDX-License-Identifier: BSD-3-Clause
#include "base/config_int.h"

#include <stdio.h>
#include <string.h>

const char *suggest(const char *word, struct word_list known, char *out, size_t cap)
{
    const char *nearest = NULL;
    size_t nearest_distance = 1 + strlen(word) / 4; // further away it is another word
    for (size_t i = 0; i < known.n_words; i++) {
        size_t d = str_distance(word, known.words[i]);
        if (d <= nearest_distance && (nearest == NULL || d < nearest_distance)) {
            nearest = known.words[i];
            nearest_distance = d;
        }
    }
    out[0] = '\0';
    if (nearest != NULL)
        (void)snprintf(out, cap, "; did you mean \"%s\"?", nearest);
    return out;
}
