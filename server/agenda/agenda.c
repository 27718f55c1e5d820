// SPDX-License-Identifier: BSD-3-Clause
#include "agenda/agenda_int.h"

#include <stdlib.h>

struct agenda *agenda_new(uint8_t n_langs)
{
    struct agenda *agenda = calloc(1, sizeof(*agenda));
    if (agenda != NULL)
        agenda->n_langs = n_langs;
    return agenda;
}

void agenda_free(struct agenda *agenda)
{
    if (agenda == NULL)
        return;
    free(agenda->queue.people);
    poll_free(agenda->poll);
    chat_free(agenda->chat);
    free(agenda);
}

const char *agenda_error_text(int error)
{
    switch (error) {
    case 0:
        return "no error";
#define X(name, value, text)                                                                       \
    case value:                                                                                    \
        return text;
        AGENDA_ERRORS(X)
#undef X
    default:
        return "unknown error";
    }
}
