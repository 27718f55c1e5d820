// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/console/cough.h"

void cough_press(struct cough *cough, uint64_t now_us)
{
    bool is_repeated = cough->until_us > now_us;
    uint64_t until_us = now_us + (is_repeated ? COUGH_AGAIN_US : COUGH_FIRST_US);
    // The first repetition may come early in the time that the first press was given.
    if (until_us > cough->until_us)
        cough->until_us = until_us;
}

void cough_latch(struct cough *cough)
{
    cough->is_latched = !cough->is_latched;
    cough->until_us = 0;
}

bool cough_is_on(struct cough *cough, uint64_t now_us)
{
    if (cough->until_us <= now_us)
        cough->until_us = 0;
    return cough->is_latched || cough->until_us != 0;
}

uint64_t cough_next_us(const struct cough *cough)
{
    return cough->until_us;
}
