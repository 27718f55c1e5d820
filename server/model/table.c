// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>

static struct key **bucket_of(struct table *table, uint32_t hash)
{
    return table->buckets != NULL ? &table->buckets[hash & (table->n_buckets - 1)] : &table->few;
}

static void grow(struct table *table)
{
    uint32_t n_buckets = table->n_buckets != 0 ? 2 * table->n_buckets : 16;
    struct key **buckets = calloc(n_buckets, sizeof(struct key *));
    if (buckets == NULL)
        return;
    struct key **old = table->buckets != NULL ? table->buckets : &table->few;
    uint32_t n_old = table->buckets != NULL ? table->n_buckets : 1;
    for (uint32_t i = 0; i < n_old; i++)
        while (old[i] != NULL) {
            struct key *key = old[i];
            old[i] = key->next;
            key->next = buckets[key->hash & (n_buckets - 1)];
            buckets[key->hash & (n_buckets - 1)] = key;
        }
    free(table->buckets);
    table->buckets = buckets;
    table->n_buckets = n_buckets;
}

void table_put(struct table *table, struct key *key, uint32_t hash)
{
    if (table->n >= (table->n_buckets != 0 ? table->n_buckets : 8) && table->n < (1u << 30))
        grow(table);
    key->hash = hash;
    struct key **bucket = bucket_of(table, hash);
    key->next = *bucket;
    *bucket = key;
    table->n++;
}

void table_drop(struct table *table, struct key *key)
{
    for (struct key **at = bucket_of(table, key->hash); *at != NULL; at = &(*at)->next)
        if (*at == key) {
            *at = key->next;
            table->n--;
            return;
        }
}

static struct key *same_hash(struct key *key, uint32_t hash)
{
    while (key != NULL && key->hash != hash)
        key = key->next;
    return key;
}

struct key *table_find(const struct table *table, uint32_t hash)
{
    struct key *first =
        table->buckets != NULL ? table->buckets[hash & (table->n_buckets - 1)] : table->few;
    return same_hash(first, hash);
}

struct key *table_find_next(const struct key *key)
{
    return same_hash(key->next, key->hash);
}

void table_clear(struct table *table)
{
    free(table->buckets);
    *table = (struct table){ 0 };
}
