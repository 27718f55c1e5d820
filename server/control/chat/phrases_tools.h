// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says of a meeting's tools: the speaking queue, polls, notices, groups; see
// phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_TOOLS_H
#define SUSURRO_CONTROL_PHRASES_TOOLS_H

#define PHRASES_TOOLS(X)                                                                           \
    X(PHRASE_HELP_HAND, N_("ask to speak"))                                                        \
    X(PHRASE_HELP_DOWN, N_("take your hand down, or end your turn"))                               \
    X(PHRASE_HELP_QUEUE, N_("who speaks, and who waits to speak"))                                 \
    X(PHRASE_HELP_NEXT, N_("give the floor to the next one in the queue"))                         \
    X(PHRASE_HELP_GIVE, N_("give the floor to this person"))                                       \
    X(PHRASE_HELP_STACKING, N_("those who have spoken less come first: on or off"))                \
    X(PHRASE_HELP_LIMIT, N_("how many seconds a turn has; 0: no limit"))                           \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_HAND_UP, N_("✋ Your hand is up. You are number %s in the queue."))                    \
    X(PHRASE_HAND_SPEAKER,                                                                         \
      N_("You have the floor already. Write !down when you have finished."))                       \
    X(PHRASE_HAND_BOOTH,                                                                           \
      N_("Nobody can ask to speak from a booth. Go to the floor or to a language first."))         \
    X(PHRASE_HAND_DOWN, N_("Your hand is down."))                                                  \
    X(PHRASE_HAND_NOT_UP, N_("Your hand is not up. Write !hand to ask to speak."))                 \
    X(PHRASE_HANDS_FULL, N_("The queue is full. Please ask again later."))                         \
    /* TRANSLATORS: names in their order; for moderators */                                        \
    X(PHRASE_HANDS,                                                                                \
      N_("✋ Waiting to speak: %s. Write !next to give the floor to the first."))                   \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_QUEUE_SPEAKER, N_("🎤 %s has the floor."))                                             \
    /* TRANSLATORS: name, seconds used, seconds that a turn has */                                 \
    X(PHRASE_QUEUE_SPEAKER_TIME, N_("🎤 %s has the floor: %s of %s s."))                            \
    /* TRANSLATORS: names in their order */                                                        \
    X(PHRASE_QUEUE_WAITING, N_("✋ Waiting to speak: %s."))                                         \
    X(PHRASE_QUEUE_EMPTY, N_("Nobody waits to speak. Write !hand to be the first."))               \
    X(PHRASE_QUEUE_NOBODY, N_("Nobody has raised a hand."))                                        \
    /* TRANSLATORS: name, language, seconds */                                                     \
    X(PHRASE_GIVEN_WAITS,                                                                          \
      N_("🎤 %s is next. %s is %s s behind: the sign to begin waits until it has caught up."))      \
    X(PHRASE_TURN_WAIT,                                                                            \
      N_("🎤 You are next. Please wait a moment: the interpreters are still finishing."))           \
    X(PHRASE_TURN_BEGIN,                                                                           \
      N_("🎤 You have the floor: you may speak now. Write !down when you have finished."))          \
    X(PHRASE_TURN_END, N_("Your turn has ended. Thank you!"))                                      \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_TURN_FINISHED, N_("%s has finished."))                                                \
    X(PHRASE_FLOOR_FREE, N_("The turn has ended. Nobody waits to speak."))                         \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_NOT_ON_FLOOR, N_("%s is neither on the floor nor in a language of this meeting."))    \
    X(PHRASE_STACKING_ON, N_("Those who have spoken less come first now."))                        \
    X(PHRASE_STACKING_OFF, N_("Whoever asks first speaks first now."))                             \
    /* TRANSLATORS: seconds */                                                                     \
    X(PHRASE_LIMIT, N_("A turn has %s seconds now; they count while the person speaks."))          \
    X(PHRASE_LIMIT_NONE, N_("Turns have no time limit now."))                                      \
    X(PHRASE_LIMIT_USAGE, N_("Write for instance !limit 120, from 10 to 3600 seconds, or !limit 0.")) \
    /* TRANSLATORS: seconds */                                                                     \
    X(PHRASE_SIGN_SOON, N_("⏳ You have %s seconds left."))                                         \
    X(PHRASE_SIGN_OVER, N_("⏳ Your time is over. Please come to an end."))                         \
    /* TRANSLATORS: name, seconds */                                                               \
    X(PHRASE_SIGN_SOON_OF, N_("⏳ %s has %s seconds left."))                                        \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_SIGN_OVER_OF, N_("⏳ The time of %s is over."))                                        \
    /* TRANSLATORS: name; in a channel's description */                                            \
    X(PHRASE_STATE_GIVEN, N_("🎤 Has the floor: %s"))                                               \
    /* TRANSLATORS: names in their order; in a channel's description */                            \
    X(PHRASE_STATE_WAITING, N_("✋ Waiting to speak: %s"))                                          \
    /* TRANSLATORS: the example in front of it is: …? / A / B */                                   \
    X(PHRASE_HELP_POLL, N_("a straw poll: the question, then the answers; alone: how it stands"))  \
    X(PHRASE_HELP_VOTE, N_("choose an answer of the poll by its number"))                          \
    X(PHRASE_HELP_NOTICE, N_("by moderators: a notice to everybody, in one or several languages")) \
    X(PHRASE_POLL_NONE, N_("There is no poll now."))                                               \
    X(PHRASE_POLL_HOW, N_("Write !vote and the number of your answer."))                           \
    X(PHRASE_POLL_STILL_OPEN, N_("A poll is open. Write !poll close to end it first."))            \
    X(PHRASE_POLL_OPENED,                                                                          \
      N_("The poll is open. Interpreters can translate it: !poll es: …? / A / B. To end it, "      \
         "write !poll close."))                                                                    \
    /* TRANSLATORS: language */                                                                    \
    X(PHRASE_POLL_TRANSLATED, N_("The poll can be read in %s now."))                               \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_POLL_NUMBER, N_("Write the question and %s answers, with “/” between them."))         \
    X(PHRASE_POLL_USAGE,                                                                           \
      N_("Write for instance: !poll Shall we go on? / Yes / No. At least two answers, at most %s.")) \
    X(PHRASE_POLL_LONG, N_("That is too long: at most %s characters for each."))                   \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_POLL_RESULT, N_("The poll is closed. Votes: %s"))                                     \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_POLL_VOTES, N_("Votes so far: %s"))                                                   \
    /* TRANSLATORS: the answer */                                                                  \
    X(PHRASE_VOTED, N_("Your vote: %s. You can change it until the poll is closed."))              \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_VOTE_UNKNOWN, N_("Write !vote and a number from 1 to %s."))                           \
    X(PHRASE_NOT_TRANSLATOR, N_("Only interpreters and moderators can do this."))                  \
    /* TRANSLATORS: what is announced */                                                           \
    X(PHRASE_NOTICE, N_("📣 <b>Notice:</b> %s"))                                                    \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_NOTICE_SENT, N_("The notice was sent. Readers: %s"))                                  \
    X(PHRASE_NOTICE_USAGE,                                                                         \
      N_("Write for instance: !notice Ten minutes of break. In several languages: "                \
         "!notice en: … / es: …"))                                                                 \
    X(PHRASE_NOTICE_NONE, N_("There is no notice to translate."))                                  \
    X(PHRASE_HELP_BREAKOUT,                                                                        \
      N_("breakout groups: how many, or “languages”; “mixed” mixes languages, “interpreters” "     \
         "gives each group its own"))                                                              \
    X(PHRASE_HELP_BACK, N_("everybody comes back from the groups"))                                \
    /* TRANSLATORS: a number, or a language; the name of a channel */                              \
    X(PHRASE_GROUP, N_("Group %s"))                                                                \
    /* TRANSLATORS: channel */                                                                     \
    X(PHRASE_GROUP_YOU,                                                                            \
      N_("You are in “%s” now. When the groups end you come back by yourself."))                   \
    /* TRANSLATORS: numbers */                                                                     \
    X(PHRASE_GROUPS_MADE, N_("Groups: %s. People: %s. Write !back to bring everybody back."))      \
    /* TRANSLATORS: channels */                                                                    \
    X(PHRASE_GROUPS_BARE, N_("Without an interpreter: %s"))                                        \
    X(PHRASE_GROUPS_USAGE,                                                                         \
      N_("Write !breakout 4, !breakout 4 mixed, !breakout 4 interpreters, !breakout languages, "   \
         "or for one person !breakout Ana 2."))                                                    \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_GROUPS_NUMBER, N_("There can be from 1 to %s groups."))                               \
    X(PHRASE_GROUPS_THERE,                                                                         \
      N_("There are groups already. Write !back first, or for one person !breakout Ana 2."))       \
    X(PHRASE_GROUPS_NONE, N_("There are no groups."))                                              \
    X(PHRASE_GROUPS_NOBODY, N_("There is nobody to be put into groups."))                          \
    X(PHRASE_GROUPS_NO_BOOTHS, N_("There is no interpreter in the booths of this meeting."))       \
    X(PHRASE_GROUPS_NO_ROOM, N_("The server has no room for so many channels. Make fewer groups.")) \
    /* TRANSLATORS: name */                                                                        \
    X(PHRASE_NOT_IN_MEETING, N_("%s is not in this meeting."))                                     \
    /* TRANSLATORS: name, channel */                                                               \
    X(PHRASE_GROUP_MOVED, N_("%s is in “%s” now."))                                                \
    /* TRANSLATORS: a number */                                                                    \
    X(PHRASE_GROUPS_ENDED, N_("The groups have ended. People who came back: %s"))                  \
    X(PHRASE_BACK_YOU, N_("The groups have ended: you are back in the meeting."))

#endif
// clang-format on
