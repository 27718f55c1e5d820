// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server shows of a meeting's state and figures; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_FIGURES_H
#define SUSURRO_CONTROL_PHRASES_FIGURES_H

#define PHRASES_FIGURES(X)                                                                         \
    /* TRANSLATORS: the language that is spoken on the floor now; in a channel's description */    \
    X(PHRASE_STATE_FLOOR, N_("Spoken now: %s"))                                                    \
    /* TRANSLATORS: languages */                                                                   \
    X(PHRASE_STATE_INTO, N_("Interpreted into: %s"))                                               \
    /* TRANSLATORS: languages */                                                                   \
    X(PHRASE_STATE_NOT_INTO, N_("Without interpretation: %s"))                                     \
    X(PHRASE_STATE_ORIGINAL, N_("This language is spoken now: you hear the original."))            \
    X(PHRASE_STATE_NOBODY, N_("Nobody interprets into this language now: you hear the original.")) \
    /* TRANSLATORS: an interpreter's name, the language that they listen to */                     \
    X(PHRASE_STATE_INTERPRETED_BY, N_("Interpreted by %s, from: %s"))                              \
    /* TRANSLATORS: the language that the interpreter listens to */                                \
    X(PHRASE_STATE_INTERPRETED, N_("Interpreted from: %s"))                                        \
    /* TRANSLATORS: the language in between, which the booth hears instead of the floor; the */    \
    /* number of booths before this one */                                                         \
    X(PHRASE_STATE_RELAY, N_("By relay, through: %s (hops: %s)"))                                  \
    /* TRANSLATORS: a number of seconds */                                                         \
    X(PHRASE_STATE_BEHIND, N_("Behind the original: %s s"))                                        \
    /* TRANSLATORS: an interpreter's name */                                                       \
    X(PHRASE_STATE_ON_AIR, N_("🔴 On air: %s"))                                                     \
    X(PHRASE_STATE_OFF_AIR, N_("⚪ Nobody is on air."))                                             \
    X(PHRASE_STATE_RESTING, N_("The booth rests: it is not needed now."))                          \
    /* TRANSLATORS: the language heard, the language spoken by the booth */                        \
    X(PHRASE_STATE_DIRECTION, N_("From %s into %s"))                                               \
    /* TRANSLATORS: who speaks on the floor; the comment of a track's voice */                     \
    X(PHRASE_STATE_SPEAKER, N_("Speaking now: %s"))                                                \
    X(PHRASE_ADVICE_HEADSET,                                                                       \
      N_("Just for you: your voice reaches the interpreters thin or from far away. A headset, "    \
         "or a microphone nearer to your mouth, would help them a lot."))                          \
    X(PHRASE_ADVICE_NOISE,                                                                         \
      N_("Just for you: there is much noise around your voice. A quieter place, or the "           \
         "microphone nearer to your mouth, would help the interpreters a lot."))                   \
    X(PHRASE_ADVICE_CLIPPING,                                                                      \
      N_("Just for you: your voice arrives distorted. Please turn your microphone down a "         \
         "little, or move it a bit away."))                                                        \
    X(PHRASE_ADVICE_LOUDER,                                                                        \
      N_("Just for you: your voice arrives very softly. Please turn your microphone up, or "       \
         "move it nearer."))                                                                       \
    X(PHRASE_ADVICE_LINE,                                                                          \
      N_("Just for you: parts of your voice get lost on the way. A cable, or a place nearer to "   \
         "your wireless router, would help the interpreters a lot."))                              \
    X(PHRASE_EXPOSURE,                                                                             \
      N_("Just for you: what you hear has been loud for a minute. Please turn your headphones "    \
         "down a little: your ears still have a long day ahead."))                                 \
    X(PHRASE_HELP_FIGURES, N_("figures of the meeting: who is on air, levels, sound"))             \
    X(PHRASE_HELP_REPORT, N_("who has spoken how long, and what was not interpreted"))             \
    /* TRANSLATORS: meeting */                                                                     \
    X(PHRASE_FIGURES, N_("Figures of %s"))                                                         \
    /* TRANSLATORS: heads of columns */                                                            \
    X(PHRASE_FIGURES_LANGUAGE, N_("Language"))                                                     \
    X(PHRASE_FIGURES_LISTENERS, N_("Listeners"))                                                   \
    X(PHRASE_FIGURES_ON_AIR, N_("On air"))                                                         \
    X(PHRASE_FIGURES_SPAN, N_("Behind the original"))                                              \
    X(PHRASE_FIGURES_DEPTH, N_("Steps from the original"))                                         \
    X(PHRASE_FIGURES_LEVEL, N_("Level"))                                                           \
    /* TRANSLATORS: instead of a name: this language is the original now */                        \
    X(PHRASE_FIGURES_ORIGINAL, N_("original"))                                                     \
    /* TRANSLATORS: instead of a name: no interpreter */                                           \
    X(PHRASE_FIGURES_NOBODY, N_("nobody"))                                                         \
    X(PHRASE_FIGURES_AIR, N_("Interpreters' time on air, in minutes"))                             \
    X(PHRASE_FIGURES_EARS, N_("Interpreters' ears, in dB: the last minute, since they came"))      \
    X(PHRASE_FIGURES_SPEAKERS, N_("Sound of those who speak, from 0 to 100"))                      \
    /* TRANSLATORS: what would help a speaker most, in one or two words */                         \
    X(PHRASE_FIGURES_HEADSET, N_("a headset"))                                                     \
    X(PHRASE_FIGURES_NOISE, N_("less noise"))                                                      \
    X(PHRASE_FIGURES_CLIPPING, N_("less loud"))                                                    \
    X(PHRASE_FIGURES_LOUDER, N_("louder"))                                                         \
    X(PHRASE_FIGURES_LINE, N_("a better line"))                                                    \
    /* TRANSLATORS: how many times a howl or a tone was kept from the interpreters' ears */        \
    X(PHRASE_FIGURES_GUARDS, N_("Howls and tones kept from the booths: %s"))                       \
    X(PHRASE_FIGURES_BUSY, N_("One moment, please: the last figures are still on their way."))     \
    /* TRANSLATORS: meeting */                                                                     \
    X(PHRASE_REPORT, N_("%s: who has spoken how long"))                                            \
    X(PHRASE_REPORT_SPOKEN, N_("Spoken"))                                                          \
    X(PHRASE_REPORT_SHARE, N_("Share"))                                                            \
    X(PHRASE_REPORT_UNCOVERED, N_("Without interpretation"))                                       \
    X(PHRASE_REPORT_EMPTY, N_("Nobody has spoken yet."))

#endif
// clang-format on
