// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void routes_free(struct routes *routes)
{
    if (routes == NULL)
        return;
    free(routes->clients);
    free(routes->rooms);
    free(routes->members);
    free(routes->targets);
    free(routes->receivers);
    free(routes->unwanted);
    free(routes);
}

static bool is_within(uint32_t first, uint32_t count, uint32_t n)
{
    return first <= n && count <= n - first;
}

// Looked at once here, so that the fan-out need not look at each packet.
static bool routes_are_sound(const struct routes *routes, uint32_t n_sessions)
{
    bool is_sound = true;
    for (uint32_t i = 0; i < routes->n_clients; i++)
        is_sound = is_sound && routes->clients[i].session < n_sessions;
    for (uint32_t i = 0; i < routes->n_rooms; i++) {
        const struct route_room *room = &routes->rooms[i];
        is_sound = is_sound && is_within(room->first, room->count, routes->n_members) &&
                   is_within(room->first_other, room->n_other, routes->n_receivers);
    }
    for (uint32_t i = 0; i < routes->n_members; i++)
        is_sound = is_sound && routes->members[i] < n_sessions;
    for (uint32_t i = 0; i < routes->n_targets; i++)
        is_sound = is_sound && is_within(routes->targets[i].first, routes->targets[i].count,
                                         routes->n_receivers);
    for (uint32_t i = 0; i < routes->n_receivers; i++)
        is_sound = is_sound && routes->receivers[i].session < n_sessions;
    return is_sound;
}

bool routes_are_unwanted(const struct routes *routes, uint32_t speaker, uint32_t listener)
{
    uint32_t low = 0, high = routes->n_unwanted;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct route_unwanted *pair = &routes->unwanted[middle];
        if (pair->speaker == speaker && pair->listener == listener)
            return true;
        if (pair->speaker < speaker || (pair->speaker == speaker && pair->listener < listener))
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

// A session that is gone owns no address; its number may soon be another's.
static void forget_foreign_addresses(struct voice_thread *thread)
{
    for (uint32_t session = 0; session < thread->n_sessions; session++) {
        if (thread->route_of[session] == NULL && thread->clients[session] == NULL)
            address_drop(&thread->addresses, session);
    }
}

void routes_take(struct voice_thread *thread)
{
    struct routes *routes = slot_take(&thread->new_routes);
    if (routes == NULL)
        return;
    assert(routes_are_sound(routes, thread->n_sessions));
    if (!routes_are_sound(routes, thread->n_sessions)) { // better nobody hears than the wrong ones
        log_error("voice", "routes refused", "version=%llu", (unsigned long long)routes->version);
        routes->n_clients = 0;
    }
    copies_forget(thread);
    thread_flush(
        thread); // what the old route allowed is on the wire before the new one is in force
    memset(thread->route_of, 0, thread->n_sessions * sizeof *thread->route_of);
    for (uint32_t i = 0; i < routes->n_clients; i++)
        thread->route_of[routes->clients[i].session] = &routes->clients[i];
    routes_free(thread->routes);
    thread->routes = routes;
    forget_foreign_addresses(thread);
    report_route(thread);
}
