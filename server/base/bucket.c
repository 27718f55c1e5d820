// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#define ELAPSED_MAX_MS 1000000000u // keeps the product below 2^64; drains any bucket

void bucket_init(struct bucket *bucket, uint32_t rate_per_s, uint32_t burst, uint64_t now_us)
{
    *bucket = (struct bucket){
        .rate_per_s = rate_per_s > 0 ? rate_per_s : 1,
        .burst = burst > 0 ? burst : 1,
        .drained_at_us = now_us,
    };
}

bool bucket_take(struct bucket *bucket, uint64_t now_us)
{
    uint64_t elapsed_ms =
        now_us > bucket->drained_at_us ? (now_us - bucket->drained_at_us) / 1000u : 0;
    if (elapsed_ms > ELAPSED_MAX_MS)
        elapsed_ms = ELAPSED_MAX_MS;
    uint64_t drained = elapsed_ms * bucket->rate_per_s / 1000u;
    if (drained > 0) { // else the clock runs on, so that fractions add up
        bucket->level -= drained < bucket->level ? (uint32_t)drained : bucket->level;
        bucket->drained_at_us = now_us;
    }
    if (bucket->level >= bucket->burst)
        return false;
    bucket->level++;
    return true;
}
