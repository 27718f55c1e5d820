// SPDX-License-Identifier: BSD-3-Clause
// clang-format off
//
// How sound is treated on its way to tracks and booths; see phrases.h.
#ifndef SUSURRO_CONTROL_PHRASES_SOUND_H
#define SUSURRO_CONTROL_PHRASES_SOUND_H

#define PHRASES_SOUND(X)                                                                           \
    X(PHRASE_HELP_MUSIC,                                                                           \
      N_("let music, songs and applause through as they are: on, off, or auto, which notices "     \
         "them by itself"))                                                                        \
    X(PHRASE_MUSIC_ON,                                                                             \
      N_("Music: from now on the sound goes through as it is, and nothing but the highest "        \
         "level is kept from the interpreters' ears. After the music, please write "               \
         "<b>!music auto</b>."))                                                                   \
    X(PHRASE_MUSIC_OFF, N_("No music: all sound is treated as speech."))                           \
    X(PHRASE_MUSIC_AUTO, N_("Music is noticed by itself again."))                                  \
    X(PHRASE_MUSIC_USAGE,                                                                          \
      N_("Please write <b>!music on</b>, <b>!music off</b> or <b>!music auto</b>."))

#endif
// clang-format on
