// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
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
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_ON_AIR_MUTED,                                                                         \
      N_("🔴 You are on air, into %s, but your microphone is off: nobody hears you yet."))          \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_PARTNER_ON_AIR, N_("%s is on air."))                                                  \
    X(PHRASE_OFF_AIR, N_("⚪ You are off air."))                                                    \
    X(PHRASE_PARTNER_OFF_AIR, N_("Nobody of this booth is on air. Write !air to go on air."))      \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_REPLACED, N_("⚪ You are off air. %s is on air."))                                     \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_PARTNER_LEFT,                                                                         \
      N_("%s has left while on air. Begin to speak: after a second your voice is on air."))        \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_PARTNER_VANISHED,                                                                     \
      N_("The line of %s is down. Begin to speak: after a second your voice is on air."))          \
    X(PHRASE_VANISHED, N_("Your line was interrupted: you are off air. Write !air to go on."))     \
    /* TRANSLATORS: name, booth */                                                                 \
    X(PHRASE_MODERATORS_LEFT,                                                                      \
      N_("%s was on air in “%s” and has left. Listeners hear the original until somebody "         \
         "goes on."))                                                                              \
    /* TRANSLATORS: name, booth */                                                                 \
    X(PHRASE_MODERATORS_VANISHED,                                                                  \
      N_("%s was on air in “%s”, and the line is down. Listeners hear the original until "         \
         "somebody goes on."))                                                                     \
    X(PHRASE_HANDOVER_ASKING,                                                                      \
      N_("You ask your partner to go on. Until they confirm you stay on air."))                    \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_HANDOVER_ASKED, N_("%s asks you to go on. Confirm with !handover."))                  \
    X(PHRASE_HANDOVER_OFFERING, N_("You offer to go on. Your partner confirms when it suits."))    \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_HANDOVER_OFFERED,                                                                     \
      N_("%s offers to go on. Confirm with !handover, and finish your sentence."))                 \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_HANDOVER_FINISH,                                                                      \
      N_("Finish your sentence: %s goes on. Write !handover again to switch at once."))            \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_HANDOVER_BEGIN,                                                                       \
      N_("Begin: you are heard already, while %s finishes. Write !handover again to switch at "    \
         "once."))                                                                                 \
    X(PHRASE_HANDOVER_OFF, N_("There is no handover any more: nothing changes."))                  \
    X(PHRASE_COUGH_SELF,                                                                           \
      N_("You have been muted for 15 seconds: listeners hear the original again."))                \
    /* TRANSLATORS: minutes */                                                                     \
    X(PHRASE_TIMER,                                                                                \
      N_("Minutes on air: %s. With !handover you ask your partner to go on."))                     \
    /* TRANSLATORS: name, minutes */                                                               \
    X(PHRASE_TIMER_PARTNER,                                                                        \
      N_("%s is on air; minutes: %s. With !handover you offer to go on."))                         \
    /* TRANSLATORS: language, number of booths before this one, seconds */                         \
    X(PHRASE_PATH_RELAY,                                                                           \
      N_("Relay: you hear the interpretation into %s (hops: %s), about %s s behind the "           \
         "original."))                                                                             \
    X(PHRASE_PATH_FLOOR, N_("You hear the floor itself, without a relay."))                        \
    X(PHRASE_RELAY_AUTO, N_("Whether you hear a relay is chosen by itself."))                      \
    X(PHRASE_RELAY_FLOOR, N_("You hear the floor itself, whatever is spoken there."))              \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_RELAY_FROM, N_("You hear the relay from %s, as long as there is one."))               \
    X(PHRASE_SO_ALREADY, N_("It is so already."))                                                  \
    /* TRANSLATORS: language, how many */                                                          \
    X(PHRASE_UNCOVERED_MODERATORS,                                                                 \
      N_("Nobody interprets into %s. People who listen there: %s."))                               \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_COVERED_MODERATORS, N_("%s is interpreted again."))                                   \
    /* TRANSLATORS: incoming, outgoing */                                                          \
    X(PHRASE_DIRECTION, N_("You now work from %s into %s."))                                       \
    /* TRANSLATORS: outgoing */                                                                    \
    X(PHRASE_TURN_PENDING, N_("At your next pause the booth turns: then into %s."))                \
    /* TRANSLATORS: outgoing, which stays what it is */                                            \
    X(PHRASE_TURN_OFF, N_("The booth does not turn after all: you go on into %s."))                \
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
    X(PHRASE_HELP_SLOW, N_("ask the speaker to go more slowly; nobody learns who asked"))          \
    X(PHRASE_HELP_LOUDER, N_("ask the speaker to speak louder"))                                   \
    X(PHRASE_HELP_REPEAT, N_("ask the speaker to say that again"))                                 \
    X(PHRASE_HELP_CANNOT, N_("tell the speaker that this cannot be interpreted"))                  \
    X(PHRASE_SIGNAL_SLOW, N_("🐢 The interpreters ask: more slowly, please."))                      \
    X(PHRASE_SIGNAL_LOUDER,                                                                        \
      N_("🔊 The interpreters ask: louder, please, or closer to the microphone."))                  \
    X(PHRASE_SIGNAL_REPEAT, N_("🔁 The interpreters ask: please say that again."))                  \
    X(PHRASE_SIGNAL_CANNOT,                                                                        \
      N_("🚫 The interpreters cannot interpret this. Please wait a moment, or put it in other "     \
         "words."))                                                                                \
    /* TRANSLATORS: name of the speaker, what the interpreters ask them */                         \
    X(PHRASE_SIGNAL_TO, N_("To %s: %s"))                                                           \
    X(PHRASE_SIGNAL_SENT, N_("The speaker has been told, and not who asked."))                     \
    X(PHRASE_SIGNAL_JUST_TOLD, N_("The speaker was told just now."))                               \
    X(PHRASE_SIGNAL_WAIT, N_("A moment, please: nobody can heed so many requests at once."))       \
    X(PHRASE_MENU_SLOW, N_("🐢 More slowly, please"))                                               \
    X(PHRASE_MENU_LOUDER, N_("🔊 Louder, please"))                                                  \
    X(PHRASE_MENU_REPEAT, N_("🔁 Please say that again"))                                           \
    X(PHRASE_MENU_CANNOT, N_("🚫 This cannot be interpreted"))                                      \
    X(PHRASE_MENU_ASK, N_("⇄ Ask your partner to go on"))                                          \
    X(PHRASE_MENU_UNASK, N_("⇄ Go on yourself after all"))                                         \
    X(PHRASE_MENU_OFFER, N_("⇄ Offer to go on"))                                                   \
    X(PHRASE_MENU_UNOFFER, N_("⇄ Withdraw your offer"))                                            \
    X(PHRASE_MENU_CONFIRM_ASKED, N_("✔ Go on for your partner"))                                   \
    X(PHRASE_MENU_CONFIRM_OFFERED, N_("✔ Let your partner go on"))                                 \
    X(PHRASE_MENU_SWITCH, N_("⏩ Switch at once"))                                                  \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_MENU_OUT, N_("↔ Work into %s"))                                                       \
    X(PHRASE_MENU_RELAY_AUTO, N_("👂 Relay chosen by itself"))                                      \
    X(PHRASE_MENU_RELAY_FLOOR, N_("👂 Hear the floor, no relay"))                                   \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_MENU_RELAY, N_("👂 Relay from %s"))                                                    \
    /* TRANSLATORS: booth */                                                                       \
    X(PHRASE_YOU_INTERPRETER, N_("You are now an interpreter. Enter the channel “%s”."))

#endif
// clang-format on
