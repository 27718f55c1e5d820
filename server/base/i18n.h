// SPDX-License-Identifier: BSD-3-Clause
//
// i18n: every text that people read, in their language. Texts are written in English in the source,
// marked N_("…"), and translated in po/*.po; the build turns these into gettext's catalogues
// (msgfmt) and puts them into the programs, so that nothing has to be installed and no locale has
// to exist. gettext's own functions know one language a process; a server speaks several at once,
// so the catalogues are looked up here (docs/decisions/0011). Any thread; only i18n_fill allocates.
//
// Source: the format of .mo files in the GNU gettext manual, section 10.3.
#ifndef SUSURRO_I18N_H
#define SUSURRO_I18N_H

#include <stdbool.h>
#include <stddef.h>

#define N_(text) text // to be translated, but not here
#define I18N_LANGUAGES_MAX 16
#define I18N_ENGLISH "en"

// The languages that there are texts in: "en" is the first, then those of po/LINGUAS.
size_t i18n_n_languages(void);
const char *i18n_language(size_t index); // NULL: the end
// The one of ours that is meant by a tag: "es-MX" and "ES" find "es", "est" finds none. NULL: none.
const char *i18n_find(const char *tag);
// The text in that language (any tag), in English when there is none. Borrowed, for ever.
const char *i18n_text(const char *language, const char *english);
bool i18n_is_right_to_left(const char *language); // Arabic, Hebrew, Persian, Urdu …
// A text of that language with its places filled in: "%s" is the next argument, "%2$s" the second.
// In a language that is written from right to left each argument stands within Unicode's isolates,
// so that names and numbers reorder nothing around them, and a mark in front sets the direction,
// whatever the text begins with. The caller frees it; NULL: out of memory.
char *i18n_fill(const char *language, const char *text, const char *const *arguments, unsigned n);
// The language that this process was started in: LANGUAGE, LC_ALL, LC_MESSAGES, LANG, in gettext's
// order; "en" when it is none of ours. For programs with one reader.
const char *i18n_of_environment(void);

#endif
