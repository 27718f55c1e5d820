// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <stdlib.h>
#include <string.h>

struct address_key { // without padding, so that it can be hashed
    uint8_t host[16];
    uint32_t scope;
    uint16_t port, zero;
};

static struct address_key key_of(const struct sockaddr_in6 *remote)
{
    struct address_key key = { .scope = remote->sin6_scope_id, .port = remote->sin6_port };
    memcpy(key.host, &remote->sin6_addr, sizeof key.host);
    return key;
}

// Seeded: who chooses addresses cannot choose collisions. The multiplier is 2^64 / golden ratio.
uint64_t hash_bytes(uint64_t seed, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t hash = seed;
    while (n > 0) {
        uint64_t word = 0;
        size_t step = n < sizeof word ? n : sizeof word;
        memcpy(&word, p, step);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
        p += step;
        n -= step;
    }
    hash *= 0xBF58476D1CE4E5B9u;
    return hash ^ hash >> 32;
}

static uint32_t home_slot(const struct address_table *table, const struct sockaddr_in6 *remote)
{
    struct address_key key = key_of(remote);
    return (uint32_t)hash_bytes(table->seed, &key, sizeof key) & table->mask;
}

bool address_equal(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
    return a->sin6_port == b->sin6_port && a->sin6_scope_id == b->sin6_scope_id &&
           memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0;
}

bool address_table_init(struct address_table *table, uint32_t n_sessions)
{
    uint32_t n_slots = 64;
    while (n_slots < n_sessions * 2u)
        n_slots *= 2;
    *table = (struct address_table){ .n_sessions = n_sessions, .mask = n_slots - 1 };
    random_bytes(&table->seed, sizeof table->seed);
    table->slots = calloc(n_slots, sizeof *table->slots);
    table->of_session = calloc(n_sessions, sizeof *table->of_session);
    return table->slots != NULL && table->of_session != NULL;
}

void address_table_clear(struct address_table *table)
{
    free(table->slots);
    free(table->of_session);
    *table = (struct address_table){ 0 };
}

static const struct sockaddr_in6 *remote_in(const struct address_table *table, uint32_t slot)
{
    return &table->of_session[table->slots[slot] - 1].remote;
}

uint32_t address_find(const struct address_table *table, const struct sockaddr_in6 *remote)
{
    for (uint32_t i = home_slot(table, remote); table->slots[i] != 0; i = (i + 1) & table->mask) {
        if (address_equal(remote_in(table, i), remote))
            return table->slots[i] - 1;
    }
    return VOICE_NONE;
}

void address_drop(struct address_table *table, uint32_t session)
{
    struct address_entry *entry = &table->of_session[session];
    if (!entry->is_set)
        return;
    uint32_t hole = home_slot(table, &entry->remote);
    while (table->slots[hole] != session + 1)
        hole = (hole + 1) & table->mask;
    // What stands behind the hole and would not be found past it moves up.
    for (uint32_t i = (hole + 1) & table->mask; table->slots[i] != 0; i = (i + 1) & table->mask) {
        uint32_t home = home_slot(table, remote_in(table, i));
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = 0;
    *entry = (struct address_entry){ 0 };
}

uint32_t address_set(struct address_table *table, uint32_t session,
                     const struct sockaddr_in6 *remote, uint8_t owner)
{
    uint32_t before = address_find(table, remote);
    if (before != VOICE_NONE)
        address_drop(table, before);
    address_drop(table, session);
    table->of_session[session] =
        (struct address_entry){ .remote = *remote, .owner = owner, .is_set = true };
    uint32_t slot = home_slot(table, remote);
    while (table->slots[slot] != 0)
        slot = (slot + 1) & table->mask;
    table->slots[slot] = session + 1;
    return before == session ? VOICE_NONE : before;
}
