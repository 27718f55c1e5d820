// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says about how much sound a line carries; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_LINES_H
#define SUSURRO_CONTROL_PHRASES_LINES_H

#define PHRASES_LINES(X)                                                                           \
    X(PHRASE_HELP_TIER, N_("how rich your sound may be: full, standard, thin, minimum, lifeline")) \
    X(PHRASE_HELP_LOW, N_("sound that needs the least data and is clear"))                         \
    X(PHRASE_HELP_AUTO, N_("sound as rich as your line carries"))                                  \
    X(PHRASE_HELP_LINE, N_("fix how rich somebody’s sound is (full to lifeline, or auto)"))        \
    /* TRANSLATORS: tier */                                                                        \
    X(PHRASE_TIER, N_("Your sound is now of the tier “%s”."))                                      \
    X(PHRASE_TIER_USAGE,                                                                           \
      N_("Write !tier full, !tier standard, !tier thin, !tier minimum or !tier lifeline."))        \
    /* TRANSLATORS: tier */                                                                        \
    X(PHRASE_LINE_LOW,                                                                             \
      N_("You get the sound that needs the least data and is clear: “%s”. !auto takes this back.")) \
    /* TRANSLATORS: tier */                                                                        \
    X(PHRASE_LINE_AUTO, N_("Your sound follows your line again. Now: “%s”."))                      \
    X(PHRASE_LINE_DOWN,                                                                            \
      N_("Your line is weak just now, so you get simpler sound that it can carry. It becomes richer " \
         "by itself when the line is better."))                                                    \
    X(PHRASE_LINE_BACK, N_("Your line is good again: so is your sound."))                          \
    /* TRANSLATORS: kbit/s */                                                                      \
    X(PHRASE_LINE_SEND, N_("Your program is asked to send no more than %s kbit/s."))               \
    X(PHRASE_LINE_SEND_FREE, N_("Your program may send as much as anybody again."))                \
    /* TRANSLATORS: name, tier */                                                                  \
    X(PHRASE_LINE_SET, N_("The sound that %s gets is fixed: “%s”."))                               \
    /* TRANSLATORS: name, tier */                                                                  \
    X(PHRASE_LINE_FREED, N_("The sound that %s gets follows their line again. Now: “%s”."))        \
    /* TRANSLATORS: tier */                                                                        \
    X(PHRASE_LINE_FIXED, N_("Somebody who runs the meeting has fixed your sound: “%s”."))          \
    X(PHRASE_LINE_USAGE,                                                                           \
      N_("Write !line, a name, and one of: full, standard, thin, minimum, lifeline, auto."))       \
    X(PHRASE_LINE_CEILING,                                                                         \
      N_("Just now this server may not send more to all of you together, so your sound is simpler. " \
         "It becomes richer by itself when there is room."))                                       \
    X(PHRASE_LINE_CEILING_OVER, N_("There is room for more again: your sound is as before."))      \
    X(PHRASE_HELP_DATA, N_("how much data you have used here"))                                    \
    /* TRANSLATORS: how much, how much ("12.3 MB") */                                              \
    X(PHRASE_DATA, N_("Since you came: %s received, %s sent."))                                    \
    /* TRANSLATORS: how much, tier */                                                              \
    X(PHRASE_DATA_HOUR, N_("An hour of speech is about %s for you now (“%s”)."))                   \
    /* TRANSLATORS: how much, how much */                                                          \
    X(PHRASE_DATA_MONTH, N_("This month: %s received, %s sent."))                                  \
    /* TRANSLATORS: kilobytes */                                                                   \
    X(PHRASE_DATA_KB, N_("%s kB"))                                                                 \
    /* TRANSLATORS: megabytes: "12.3 MB" with your decimal sign */                                 \
    X(PHRASE_DATA_MB, N_("%s.%s MB"))                                                              \
    /* TRANSLATORS: gigabytes, likewise */                                                         \
    X(PHRASE_DATA_GB, N_("%s.%s GB"))                                                              \
    X(PHRASE_LINE_FULL, N_("There are too many such rules already, or the server lacks memory."))

#endif
// clang-format on
