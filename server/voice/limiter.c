// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

void limiter_init(struct limiter *limiter, uint32_t rate_per_s, uint64_t now_us)
{
    random_bytes(&limiter->seed, sizeof limiter->seed);
    for (unsigned i = 0; i < LIMITER_BUCKETS; i++)
        bucket_init(&limiter->buckets[i], rate_per_s, rate_per_s, now_us);
}

bool limiter_take(struct limiter *limiter, const void *key, size_t key_bytes, uint64_t now_us)
{
    uint64_t hash = hash_bytes(limiter->seed, key, key_bytes);
    return bucket_take(&limiter->buckets[hash % LIMITER_BUCKETS], now_us);
}
