// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>

void samples_init(struct samples *samples, size_t cap)
{
    *samples = (struct samples){ .values = calloc(cap, sizeof(float)), .cap = cap };
    if (samples->values == NULL)
        fail("out of memory");
}

void samples_add(struct samples *samples, float value)
{
    if (samples->n < samples->cap)
        samples->values[samples->n++] = value;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

float samples_percentile(struct samples *samples, double percent)
{
    if (samples->n == 0)
        return NAN;
    qsort(samples->values, samples->n, sizeof(float), compare);
    return samples->values[(size_t)(percent / 100.0 * (double)(samples->n - 1))];
}

void samples_clear(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){ 0 };
}
