// SPDX-License-Identifier: BSD-3-Clause
// clang-format off: a list
//
// What the server says to interpreters; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_BOOTH_H
#define SUSURRO_CONTROL_PHRASES_BOOTH_H

#define PHRASES_BOOTH(X)                                                                           \
    /* TRANSLATORS: the lines of !help are: the command, an example, then what it does */          \
    X(PHRASE_HELP_INTERPRETERS, N_("In the booth"))                                                \
    X(PHRASE_HELP_AIR, N_("go on air: your voice reaches the listeners"))                          \
    X(PHRASE_HELP_OFF, N_("leave the air"))                                                        \
    X(PHRASE_HELP_HANDOVER, N_("ask your partner to go on, offer to, or confirm"))                 \
    X(PHRASE_HELP_TAKE, N_("take the air from your partner, at once"))                             \
    X(PHRASE_HELP_OUT, N_("the speaker has changed language: now into this one"))                  \
    X(PHRASE_HELP_RELAY, N_("what you listen to: another booth, “floor”, or “auto”"))              \
    X(PHRASE_HELP_PARTNER, N_("how loud you hear your partner (off, -24 … 0)"))                    \
    X(PHRASE_PARTNER_USAGE,                                                                        \
      N_("Write for instance !partner -12. Possible: off, -24, -18, -15, -12, -6, 0."))            \
    /* TRANSLATORS: dB */                                                                          \
    X(PHRASE_PARTNER_LEVEL, N_("You hear your partner at %s dB."))                                 \
    X(PHRASE_PARTNER_SILENT, N_("You do not hear your partner."))                                  \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_ON_AIR, N_("🔴 You are on air, into %s."))                                             \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_PARTNER_ON_AIR, N_("%s is on air."))                                                  \
    X(PHRASE_OFF_AIR, N_("⚪ You are off air."))                                                    \
    X(PHRASE_PARTNER_OFF_AIR, N_("Nobody of this booth is on air. Write !air to go on air."))      \
    /* TRANSLATORS: incoming, outgoing */                                                          \
    X(PHRASE_DIRECTION, N_("You now work from %s into %s."))                                       \
    /* TRANSLATORS: outgoing */                                                                    \
    X(PHRASE_TURN_PENDING, N_("At your next pause the booth turns: then into %s."))                \
    X(PHRASE_RESTING,                                                                              \
      N_("Your booth rests: it is not needed for the language that is spoken now."))               \
    X(PHRASE_COUGH_LONG,                                                                           \
      N_("Your partner has been muted for 15 seconds. Write !take to go on."))                     \
    X(PHRASE_NOT_INTERPRETER,                                                                      \
      N_("Only the interpreters of this meeting can enter its booths. A moderator can let "        \
         "you in."))                                                                               \
    X(PHRASE_NOT_IN_BOOTH,                                                                         \
      N_("Enter a booth first: only an interpreter in a booth can do this."))                      \
    X(PHRASE_ON_AIR_TAKEN, N_("Your partner is on air. Write !take to take over at once."))        \
    X(PHRASE_NOT_ON_AIR, N_("You are not on air."))                                                \
    X(PHRASE_NO_FLOOR, N_("Nobody is speaking on the floor."))                                     \
    X(PHRASE_BOOTH_PRIVATE, N_("Booths are private: no text goes in from outside."))               \
    X(PHRASE_MENU_AIR, N_("🔴 Go on air"))                                                          \
    X(PHRASE_MENU_OFF_AIR, N_("⚪ Leave the air"))                                                  \
    X(PHRASE_MENU_TAKE, N_("🔴 Take the air at once"))                                              \
    X(PHRASE_MENU_TURN, N_("↔ The speaker has changed language"))                                  \
    /* TRANSLATORS: booth */                                                                       \
    X(PHRASE_YOU_INTERPRETER, N_("You are now an interpreter. Enter the channel “%s”."))

#endif
// clang-format on
