// SPDX-License-Identifier: BSD-3-Clause
#include "agenda/agenda_int.h"

#include <stdlib.h>

void chat_free(struct chat *chat)
{
    free(chat);
}
