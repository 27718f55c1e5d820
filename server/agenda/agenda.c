// SPDX-License-Identifier: BSD-3-Clause
#include "agenda/agenda.h"

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
