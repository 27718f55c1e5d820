// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// What the server says about recordings; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_RECORDING_H
#define SUSURRO_CONTROL_PHRASES_RECORDING_H

#define PHRASES_RECORDING(X)                                                                         \
    X(PHRASE_HELP_RECORD,                                                                            \
      N_("record the meeting, the original and every language (on, off, status)"))                   \
    /* TRANSLATORS: to everybody; name of who has started it */                                      \
    X(PHRASE_RECORD_BEGAN,                                                                           \
      N_("🔴 From now on this meeting is being recorded: the original voices and every language. " \
         "%s has started it."))                                                                      \
    /* TRANSLATORS: to those who come later */                                                       \
    X(PHRASE_RECORD_GREETING,                                                                        \
      N_("🔴 This meeting is being recorded: the original voices and every language."))               \
    X(PHRASE_RECORD_ENDED, N_("⚪ The recording has ended: nothing is recorded any more."))           \
    /* TRANSLATORS: reason */                                                                        \
    X(PHRASE_RECORD_STOPPED, N_("⚪ The recording has ended by itself: %s."))                         \
    /* TRANSLATORS: to moderators; duration, folder */                                               \
    X(PHRASE_RECORD_SAVED, N_("The recording is kept: %s, in the folder “%s”."))                     \
    /* TRANSLATORS: to who wanted to start it; reason */                                             \
    X(PHRASE_RECORD_FAILED, N_("The recording cannot begin: %s."))                                   \
    X(PHRASE_RECORD_NO_FOLDER,                                                                       \
      N_("This server makes no recordings: its administrator has chosen no folder for them."))       \
    X(PHRASE_RECORD_NOT_HERE, N_("Recording is switched off for this meeting."))                     \
    X(PHRASE_RECORD_WAIT, N_("One moment, please: the last recording is still being written."))      \
    X(PHRASE_RECORD_OFF, N_("This meeting is not being recorded."))                                  \
    /* TRANSLATORS: duration, name */                                                                \
    X(PHRASE_RECORD_ON, N_("🔴 This meeting has been recorded for %s; %s has started it."))           \
    X(PHRASE_RECORD_USAGE, N_("Write !record on, !record off or !record status."))                   \
    /* TRANSLATORS: in the description of the channel */                                             \
    X(PHRASE_STATE_RECORDING, N_("🔴 Being recorded"))

#endif
// clang-format on
