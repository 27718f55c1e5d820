// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#include <stdatomic.h>

void *slot_put(struct slot *slot, void *object)
{
    return atomic_exchange_explicit(&slot->object, object, memory_order_acq_rel);
}

void *slot_take(struct slot *slot)
{
    // A plain look first: most turns find nothing and should not take the cache line.
    if (atomic_load_explicit(&slot->object, memory_order_relaxed) == NULL)
        return NULL;
    return atomic_exchange_explicit(&slot->object, NULL, memory_order_acq_rel);
}
