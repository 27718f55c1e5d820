// SPDX-License-Identifier: BSD-3-Clause
// What the build makes of po/: one catalogue a language, in the order of po/LINGUAS.
#ifndef SUSURRO_I18N_INT_H
#define SUSURRO_I18N_INT_H

#include <stddef.h>
#include <stdint.h>

struct i18n_catalogue {
    const char *language;
    const uint8_t *mo;
    size_t size;
};
extern const struct i18n_catalogue i18n_catalogues[];
extern const size_t i18n_n_catalogues;

#endif
