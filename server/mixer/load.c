// SPDX-License-Identifier: BSD-3-Clause
//
// What a mixer's thread spends, in the processor's time of its own.
#include "mixer/mixer_int.h"

#include <time.h>

#define SHARE_US SECONDS(1) // over so much at least

uint64_t load_spent_us(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * 1000000u + (uint64_t)spent.tv_nsec / 1000u;
}

void load_note_tick(struct mixer *mixer, uint64_t began_us)
{
    const uint64_t us = load_spent_us() - began_us;
    if (us > mixer->load.tick_worst_us)
        mixer->load.tick_worst_us = (uint32_t)us;
}

struct mixer_load load_now(struct mixer *mixer, uint64_t now_us)
{
    const uint64_t spent_us = load_spent_us();
    mixer->load.index = (uint8_t)mixer->index;
    if (now_us >= mixer->load_us + SHARE_US && spent_us >= mixer->load_spent_us) {
        mixer->load.share =
            (float)(spent_us - mixer->load_spent_us) / (float)(now_us - mixer->load_us);
        mixer->load_us = now_us;
        mixer->load_spent_us = spent_us;
    }
    return mixer->load;
}
