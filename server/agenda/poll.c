// SPDX-License-Identifier: BSD-3-Clause
#include "agenda/agenda_int.h"

#include <stdlib.h>

void poll_free(struct poll *poll)
{
    free(poll);
}
