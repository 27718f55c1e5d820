// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says to listeners and to everybody; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_LISTENING_H
#define SUSURRO_CONTROL_PHRASES_LISTENING_H

#define PHRASES_LISTENING(X)                                                                       \
    /* TRANSLATORS: meeting, track channel, command */                                             \
    X(PHRASE_WELCOME,                                                                              \
      N_("<b>%s</b>: to listen in English, enter the channel <b>%s</b> or write <b>%s</b> "        \
         "in the chat."))                                                                          \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_LISTENING,                                                                            \
      N_("You listen in %s. The interpreter comes to the front whenever somebody speaks "          \
         "another language."))                                                                     \
    /* TRANSLATORS: meeting */                                                                     \
    X(PHRASE_ON_FLOOR, N_("You hear the original voices of %s, without interpretation."))          \
    X(PHRASE_NO_MEETING, N_("There is no meeting with interpretation on this server."))            \
    /* TRANSLATORS: what was asked, list */                                                        \
    X(PHRASE_NO_LANGUAGE, N_("This meeting has no language “%s”. It has: %s."))                    \
    /* TRANSLATORS: command */                                                                     \
    X(PHRASE_UNKNOWN_COMMAND,                                                                      \
      N_("I do not know the command “%s”. Write !help to see them all."))                          \
    /* TRANSLATORS: what was written, a command that looks like it */                              \
    X(PHRASE_UNKNOWN_NEAR, N_("I do not know the command “%s”. Did you mean !%s?"))                \
    /* TRANSLATORS: meeting */                                                                     \
    X(PHRASE_ENTER_FIRST, N_("Enter “%s” first: this is for those who are in the meeting."))       \
    /* TRANSLATORS: the lines of !help are: the command, an example, then what it does */          \
    X(PHRASE_HELP_EVERYBODY, N_("For everybody"))                                                  \
    X(PHRASE_HELP_HELP, N_("all commands that you can use; !help under explains one"))             \
    X(PHRASE_HELP_CHOOSE, N_("listen in that language"))                                           \
    X(PHRASE_HELP_FLOOR, N_("the original voices, without interpretation"))                        \
    X(PHRASE_HELP_UNDER,                                                                           \
      N_("how loud the original is under the interpreter (off, -24, -18, -15, -12, -6, 0)"))       \
    X(PHRASE_HELP_UNDERSTAND, N_("the languages that you want to hear live"))                      \
    X(PHRASE_HELP_SPEAK, N_("the language that you speak"))                                        \
    X(PHRASE_HELP_LANG, N_("the language of what I write to you"))                                 \
    X(PHRASE_HELP_MUTE, N_("not to hear somebody"))                                                \
    X(PHRASE_HELP_UNMUTE, N_("to hear somebody again"))                                            \
    /* TRANSLATORS: the reader's own language */                                                   \
    X(PHRASE_READING, N_("From now on I write to you in %s."))                                     \
    /* TRANSLATORS: what was asked, a list of languages */                                         \
    X(PHRASE_READING_USAGE, N_("I cannot write in “%s”, but in: %s."))                             \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_SPEAKING, N_("From now on you speak %s."))                                            \
    /* TRANSLATORS: list */                                                                        \
    X(PHRASE_UNDERSTANDING, N_("You hear live: %s."))                                              \
    /* TRANSLATORS: dB */                                                                          \
    X(PHRASE_DUCK, N_("The original is lowered to %s dB under the interpreter."))                  \
    X(PHRASE_DUCK_OFF, N_("While the interpreter speaks you do not hear the original."))           \
    X(PHRASE_DUCK_USAGE,                                                                           \
      N_("Write for instance !under -15. Possible: off, -24, -18, -15, -12, -6, 0."))              \
    /* TRANSLATORS: dB, tier */                                                                    \
    X(PHRASE_SNAPPED,                                                                              \
      N_("Many people have chosen many levels: for now you hear the original at %s dB, in "        \
         "the tier “%s”."))                                                                        \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_UNCOVERED,                                                                            \
      N_("Nobody interprets into %s at the moment; you hear the original."))                       \
    /* TRANSLATORS: reason */                                                                      \
    X(PHRASE_FAILED, N_("That did not work: %s."))                                                 \
    X(PHRASE_MUTE_FAILED, N_("That did not work: there are too many already."))                    \
    X(PHRASE_RECORDING, N_("%s is recording."))                                                    \
    X(PHRASE_NO_EARS,                                                                              \
      N_("Tracks and booths cannot be listened to from other channels. Enter the track of "        \
         "your language instead."))                                                                \
    /* TRANSLATORS: name, name */                                                                  \
    X(PHRASE_MUTED,                                                                                \
      N_("You do not hear %s any more, until you leave or write <b>!unmute %s</b>."))              \
    X(PHRASE_MUTED_MIXED,                                                                          \
      N_("In the mixed sound of tracks and booths everybody stays audible."))                      \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_UNMUTED, N_("You hear %s again."))                                                    \
    X(PHRASE_MUTE_USAGE,                                                                           \
      N_("Write for instance <b>!mute Ana</b>, and <b>!unmute Ana</b> to hear her again."))        \
    X(PHRASE_NO_OPUS,                                                                              \
      N_("This server speaks Opus only, and your client does not say that it can: you will "       \
         "hear nobody. Please update it."))                                                        \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_MENU_LISTEN, N_("🎧 Listen in %s"))                                                    \
    X(PHRASE_MENU_FLOOR, N_("🎧 Original voices"))                                                  \
    X(PHRASE_MENU_HAND, N_("✋ Raise your hand"))                                                   \
    X(PHRASE_MENU_HAND_DOWN, N_("✋ Lower your hand"))                                              \
    X(PHRASE_MENU_FINISHED, N_("✋ I have finished"))                                               \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_WHO, N_("There is nobody called “%s” here."))                                         \
    /* TRANSLATORS: meeting */                                                                     \
    X(PHRASE_MEETING_ENDED,                                                                        \
      N_("“%s” is no meeting any more: a channel that was part of it has been removed. There is "  \
         "no interpretation now."))                                                                \
    X(PHRASE_WHO_NAME,                                                                             \
      N_("Who? Write the name behind the command, as it stands among the channels."))              \
    /* TRANSLATORS: languages */                                                                   \
    X(PHRASE_WHICH_LANGUAGE,                                                                       \
      N_("Which language? Write it behind the command. This meeting has: %s."))                    \
    /* TRANSLATORS: languages */                                                                   \
    X(PHRASE_READING_WHICH,                                                                        \
      N_("Which language? Write it behind the command. I can write in: %s."))                      \
    X(PHRASE_TOO_FAST,                                                                             \
      N_("That was too fast for me: your last message was not taken. Please try again in a "       \
         "moment."))

#endif
// clang-format on
