// SPDX-License-Identifier: BSD-3-Clause
//
// The options of join, ping and the consoles are one table: options.c has it and reads command
// lines by it, options_help.c prints it.
#ifndef SUSURRO_CLIENT_OPTIONS_INT_H
#define SUSURRO_CLIENT_OPTIONS_INT_H

#include "client-cli/cli.h"

enum { OF_JOIN = 1, OF_CONSOLE = 2, OF_PING = 4, OF_BOTH = OF_JOIN | OF_CONSOLE };

typedef int (*option_fn)(void *options, const char *value, struct fault *fault);
struct option {
    unsigned of;       // which commands take it: OF_JOIN …
    const char *name;  // with its dashes
    const char *value; // what the help calls it; NULL: takes none
    option_fn set;
    const char *help; // a second line begins after '\n'
};
const struct option *option_at(size_t index); // NULL: the end

#endif
