// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#include <string.h>

void lane_bell(struct lane *lane)
{
    if (lane->bell != NULL)
        lane->bell(lane->bell_context);
}

bool lane_send(struct lane *lane, const void *record, size_t size)
{
    void *room = ring_reserve(lane->ring, size);
    if (room == NULL) {
        lane->dropped++;
        return false;
    }
    memcpy(room, record, size);
    ring_commit(lane->ring);
    return true;
}
