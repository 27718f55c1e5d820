// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says of the meeting's chat; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_CHAT_H
#define SUSURRO_CONTROL_PHRASES_CHAT_H

#define PHRASES_CHAT(X)                                                                            \
    X(PHRASE_HELP_HISTORY, N_("show the newest messages of the meeting again"))                    \
    X(PHRASE_HELP_TR, N_("attach a translation to a message: its number (else the newest), text")) \
    X(PHRASE_HELP_SAY, N_("write to the whole meeting; other texts stay in the booth"))           \
    /* TRANSLATORS: meeting; lines of names and texts follow */                                    \
    X(PHRASE_HISTORY, N_("💬 Written in “%s” so far:"))                                             \
    X(PHRASE_HISTORY_NONE, N_("Nothing has been written here yet."))                               \
    X(PHRASE_HISTORY_OFF, N_("In this meeting, what is written is not kept."))                     \
    X(PHRASE_HISTORY_USAGE, N_("Write for instance !history 50."))                                 \
    /* TRANSLATORS: in place of a name, when that is secret; a text follows */                     \
    X(PHRASE_CHAT_SOMEBODY, N_("Somebody"))                                                        \
    X(PHRASE_NOT_HELPER, N_("Only interpreters and moderators of this meeting can do this."))      \
    X(PHRASE_SAY_USAGE, N_("Write what the whole meeting should read behind !say."))               \
    X(PHRASE_TR_USAGE,                                                                             \
      N_("Write !tr, the number of the message, and its translation. Without a number it is "      \
         "the newest message in another language."))                                               \
    /* TRANSLATORS: number, language tags: "!tr 12 en: …" */                                       \
    X(PHRASE_TR_LANGUAGE, N_("Into which language? Write it before the text: !tr %s %s: …"))       \
    /* TRANSLATORS: number */                                                                      \
    X(PHRASE_TR_UNKNOWN, N_("There is no message %s, or it is too old."))                          \
    X(PHRASE_TR_NOTHING, N_("There is no message in another language."))                           \
    X(PHRASE_TR_LONG, N_("The translation is too long."))                                          \
    /* TRANSLATORS: number, name, language tags */                                                 \
    X(PHRASE_TR_DONE, N_("Translated: message %s by %s, from %s into %s."))                        \
    /* TRANSLATORS: number, name, language tag */                                                  \
    X(PHRASE_TR_DONE_INTO, N_("Translated: message %s by %s, into %s."))

#endif
// clang-format on
