// SPDX-License-Identifier: BSD-3-Clause
//
// Every sentence the server says to people. It stands here in English, in lists by those who read
// it; po/ has the other languages. Each %s is a place for an argument; a translation may take them
// in another order as %1$s, %2$s. At most PHRASE_ARGUMENTS_MAX. HTML, as chats show it.
#ifndef SUSURRO_CONTROL_PHRASES_H
#define SUSURRO_CONTROL_PHRASES_H

#include "base/i18n.h"
#include "control/chat/phrases_booth.h"
#include "control/chat/phrases_chat.h"
#include "control/chat/phrases_figures.h"
#include "control/chat/phrases_lines.h"
#include "control/chat/phrases_listening.h"
#include "control/chat/phrases_moderating.h"
#include "control/chat/phrases_recording.h"
#include "control/chat/phrases_roles.h"
#include "control/chat/phrases_sound.h"
#include "control/chat/phrases_tools.h"

#define PHRASES_ALL(X)                                                                             \
    PHRASES_LISTENING(X)                                                                           \
    PHRASES_LINES(X)                                                                               \
    PHRASES_CHAT(X)                                                                                \
    PHRASES_BOOTH(X)                                                                               \
    PHRASES_ROLES(X)                                                                               \
    PHRASES_MODERATING(X)                                                                          \
    PHRASES_RECORDING(X)                                                                           \
    PHRASES_FIGURES(X)                                                                             \
    PHRASES_SOUND(X)                                                                               \
    PHRASES_TOOLS(X)

enum phrase {
#define X(name, english) name,
    PHRASES_ALL(X)
#undef X
        PHRASES
};

#define PHRASE_DEFAULT_LANGUAGE I18N_ENGLISH
// The sentence in the reader's language ("es-MX" finds "es"), in English when we have no other.
const char *phrase_text(enum phrase phrase, const char *language);
// The sentence with its places filled in; arguments are taken as they are. The caller frees it;
// NULL: out of memory.
#define PHRASE_ARGUMENTS_MAX 6
unsigned phrase_arguments(enum phrase phrase);
char *phrase_fill(enum phrase phrase, const char *language, const char *const *arguments);

#endif
