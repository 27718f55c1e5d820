// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says of roles, invitations, the password and the lobby; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_ROLES_H
#define SUSURRO_CONTROL_PHRASES_ROLES_H

#define PHRASES_ROLES(X)                                                                              \
    X(PHRASE_ROLE_PARTICIPANT, N_("participant"))                                                     \
    X(PHRASE_ROLE_INTERPRETER, N_("interpreter"))                                                     \
    X(PHRASE_ROLE_MODERATOR, N_("moderator"))                                                         \
    X(PHRASE_HELP_MAKE_INTERPRETER, N_("opens the booths of the meeting to this person"))             \
    X(PHRASE_HELP_PARTICIPANT, N_("takes a role back: out of the booth, off air"))                    \
    X(PHRASE_HELP_MODERATOR, N_("lets this person moderate the meeting"))                             \
    /* TRANSLATORS: name, meeting */                                                                  \
    X(PHRASE_MADE_INTERPRETER, N_("%s is now an interpreter of %s."))                                 \
    X(PHRASE_MADE_PARTICIPANT, N_("%s is now a participant of %s."))                                  \
    X(PHRASE_MADE_MODERATOR, N_("%s is now a moderator of %s."))                                      \
    /* TRANSLATORS: meeting */                                                                        \
    X(PHRASE_YOU_PARTICIPANT, N_("You are now a participant of %s."))                                 \
    X(PHRASE_YOU_MODERATOR, N_("You are now a moderator of %s. !help has what you can do."))          \
    X(PHRASE_ROLE_FIXED,                                                                              \
      N_("%s moderates by the server's configuration or access rules: that cannot be taken back "     \
         "here."))                                                                                    \
    X(PHRASE_HELP_INVITE, N_("makes an invitation with a role; alone it says how"))                   \
    X(PHRASE_INVITE_USAGE,                                                                            \
      N_("Write !invite, a role (!interpreter, !moderator or !participant, without “!”) and for " \
         "how many hours. A 1 behind them: for one person only. “revoke” instead of a role ends " \
         "all invitations."))                                                                         \
    /* TRANSLATORS: role, meeting, date, link, a long word */                                         \
    X(PHRASE_INVITED,                                                                                 \
      N_("Invitation: %s of %s, until %s.<br/>Link: %s<br/>Who is here already writes "               \
         "!join and this word; it can also stand among the access tokens of a client, or in the "     \
         "place of the password:<br/>%s"))                                                            \
    X(PHRASE_INVITED_ONCE, N_("It is good for one person only."))                                     \
    X(PHRASE_REVOKED, N_("The invitations to %s that were given so far have ended."))                 \
    X(PHRASE_HELP_JOIN, N_("uses an invitation"))                                                     \
    X(PHRASE_INVITE_BAD, N_("This invitation is not valid here."))                                    \
    X(PHRASE_INVITE_EXPIRED, N_("The time of this invitation is over."))                              \
    X(PHRASE_INVITE_USED, N_("This invitation was for one person, and somebody has used it."))        \
    /* TRANSLATORS: meeting, role */                                                                  \
    X(PHRASE_JOINED, N_("Welcome to %s. Your role: %s."))                                             \
    /* TRANSLATORS: name, meeting */                                                                  \
    X(PHRASE_TOLD_JOINED, N_("%s has come to %s by an invitation."))                                  \
    X(PHRASE_HELP_PASSWORD, N_("says the password of the meeting"))                                   \
    X(PHRASE_PASSWORD_NONE, N_("%s asks for no password; everybody may enter."))                                                \
    X(PHRASE_PASSWORD_WRONG, N_("That is not the password of %s, or it was wrong too often."))        \
    X(PHRASE_PASSWORD_RIGHT, N_("The password of %s is right."))                                      \
    X(PHRASE_DOOR_LOCKED, N_("%s is locked: nobody new can enter now."))                              \
    X(PHRASE_DOOR_PASSWORD,                                                                           \
      N_("%s has a password. Write !password and the word behind it, or add the word to the "         \
         "access tokens of your client."))                                                            \
    X(PHRASE_DOOR_WAIT, N_("Please wait: a moderator of %s will let you in."))                        \
    /* TRANSLATORS: name, meeting */                                                                  \
    X(PHRASE_WAITING, N_("%s waits to enter %s. !admit lets in, by name or everybody."))              \
    X(PHRASE_HELP_ADMIT, N_("lets in who waits; without a name everybody"))                           \
    X(PHRASE_ADMITTED, N_("%s is let in: %s."))                                                       \
    X(PHRASE_INSIDE_ALREADY, N_("%s is in %s already."))                                              \
    /* TRANSLATORS: a number */                                                                       \
    X(PHRASE_ADMITTED_ALL, N_("People let in: %s."))                                                  \
    X(PHRASE_NOBODY_WAITS, N_("Nobody is waiting."))                                                  \
    X(PHRASE_YOU_ADMITTED, N_("You may enter %s."))                                                   \
    /* TRANSLATORS: meeting; the name of a channel, so without < > & */                               \
    X(PHRASE_LOBBY_NAME, N_("%s (waiting room)"))

#endif
// clang-format on
