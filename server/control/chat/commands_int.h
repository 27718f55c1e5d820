// SPDX-License-Identifier: BSD-3-Clause
//
// Private to commands.c and command_help.c: the words of the tables, and who may use them.
#ifndef SUSURRO_CONTROL_COMMANDS_INT_H
#define SUSURRO_CONTROL_COMMANDS_INT_H

#include "control/chat/commands.h"

#define COMMAND_WORD_BYTES 32 // a longer one is none of ours

// The next of "one|other": its length, 0 at the end.
size_t command_next_word(const char **words, char out[COMMAND_WORD_BYTES]);
bool command_may(const struct call *call, enum command_for who);
void command_say_unknown(const struct call *call, const char *word); // and what it is near to

#endif
