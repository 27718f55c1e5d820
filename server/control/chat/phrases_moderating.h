// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says to moderators, and of what they do; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_MODERATING_H
#define SUSURRO_CONTROL_PHRASES_MODERATING_H

#define PHRASES_MODERATING(X)                                                                      \
    X(PHRASE_HELP_MODERATORS, N_("For moderators"))                                                \
    X(PHRASE_NOT_MODERATOR, N_("Only moderators can do this."))                                    \
    X(PHRASE_MENU_INTERPRETER, N_("🎙 Make interpreter"))                                           \
    X(PHRASE_MENU_GIVE, N_("🎤 Give the floor"))                                                    \
    X(PHRASE_MENU_NEXT, N_("🎤 Next in the queue"))                                                 \
    X(PHRASE_MENU_LOCK, N_("🔒 Let nobody else in"))                                                \
    X(PHRASE_MENU_UNLOCK, N_("🔓 Let people in again"))                                             \
    X(PHRASE_MENU_TURN_ALL, N_("↔ Turn the booths now"))                                           \
    X(PHRASE_MENU_ADMIT, N_("🚪 Let in who waits"))                                                \
    X(PHRASE_MENU_NOBODY, N_("Open the menu on a person for this."))                               \
    /* TRANSLATORS: name, language */                                                              \
    X(PHRASE_LANG_SET, N_("%s speaks %s."))                                                        \
    X(PHRASE_HELP_LOCK, N_("nobody new enters any more but interpreters and moderators"))          \
    X(PHRASE_HELP_UNLOCK, N_("newcomers may enter again"))                                         \
    /* TRANSLATORS: meeting, name of a moderator */                                                \
    X(PHRASE_LOCKED, N_("%s is locked now (%s). Whoever is inside stays."))                        \
    X(PHRASE_UNLOCKED, N_("%s is not locked any more (%s)."))                                      \
    X(PHRASE_HELP_MUTE_ALL, N_("only moderators, interpreters and who has the floor are heard"))   \
    X(PHRASE_HELP_UNMUTE_ALL, N_("everybody may speak again"))                                     \
    /* TRANSLATORS: meeting */                                                                     \
    X(PHRASE_ALL_MUTED, N_("The participants of %s are muted by a moderator."))                    \
    X(PHRASE_ALL_UNMUTED, N_("Everybody in %s may speak again."))                                  \
    X(PHRASE_HELP_ALLOW, N_("this person may speak although all are muted"))                       \
    X(PHRASE_ALLOWED, N_("%s may speak."))                                                         \
    X(PHRASE_YOU_ALLOWED, N_("You may speak."))                                                    \
    X(PHRASE_HELP_GATHER,                                                                          \
      N_("brings everybody back from the groups and the waiting room to where they were"))         \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_GATHERED, N_("People brought back: %s."))                                             \
    /* TRANSLATORS: channel */                                                                     \
    X(PHRASE_YOU_GATHERED, N_("A moderator has brought you back to “%s”."))                        \
    X(PHRASE_HELP_FLOOR_LANG, N_("says which language is spoken on the floor now"))                \
    X(PHRASE_FLOOR_LANG_SET, N_("%s is spoken on the floor."))                                     \
    X(PHRASE_HELP_PIVOT, N_("the language by which relay goes where there is a choice"))           \
    X(PHRASE_PIVOT_SET, N_("Where there is a choice, relay goes through %s."))                     \
    X(PHRASE_PIVOT_NONE, N_("No language is preferred for relay."))                                \
    X(PHRASE_HELP_TURN, N_("booths that wait to change direction do so now"))                      \
    X(PHRASE_TURNED, N_("Booths that waited change direction now."))                               \
    /* TRANSLATORS: what was written, list of booths */                                            \
    X(PHRASE_NO_BOOTH, N_("There is no booth “%s”. The booths: %s."))                              \
    X(PHRASE_STATE_LOCKED, N_("Locked: nobody new can enter."))                                    \
    X(PHRASE_STATE_PASSWORD, N_("A password is asked for."))                                       \
    X(PHRASE_STATE_LOBBY, N_("Whoever comes waits until a moderator opens."))                      \
    X(PHRASE_STATE_MUTED, N_("The participants are muted."))

#endif
// clang-format on
