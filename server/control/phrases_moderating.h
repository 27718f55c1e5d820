// SPDX-License-Identifier: BSD-3-Clause
// clang-format off: a list
//
// What the server says to moderators; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_MODERATING_H
#define SUSURRO_CONTROL_PHRASES_MODERATING_H

#define PHRASES_MODERATING(X)                                                                      \
    X(PHRASE_HELP_MODERATORS, N_("For moderators"))                                                \
    X(PHRASE_HELP_MAKE_INTERPRETER, N_("open the booths of the meeting to this person"))           \
    X(PHRASE_NOT_MODERATOR, N_("Only moderators can do this."))                                    \
    X(PHRASE_MENU_INTERPRETER, N_("🎙 Make interpreter"))                                           \
    X(PHRASE_MENU_GIVE, N_("🎤 Give the floor"))                                                    \
    X(PHRASE_MENU_NEXT, N_("🎤 Next in the queue"))                                                 \
    X(PHRASE_MENU_LOCK, N_("🔒 Let nobody else in"))                                                \
    X(PHRASE_MENU_UNLOCK, N_("🔓 Let people in again"))                                             \
    X(PHRASE_MENU_TURN_ALL, N_("↔ Turn the booths now"))                                           \
    X(PHRASE_MENU_NOBODY, N_("Open the menu on a person for this."))                               \
    /* TRANSLATORS: name, meeting */                                                               \
    X(PHRASE_MADE_INTERPRETER, N_("%s is now an interpreter of %s."))                              \
    /* TRANSLATORS: name, language */                                                              \
    X(PHRASE_LANG_SET, N_("%s speaks %s."))

#endif
// clang-format on
