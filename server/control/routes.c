// SPDX-License-Identifier: BSD-3-Clause
//
// The plan, dealt out to the voice threads: each gets all clients, rooms and targets, and of their
// hearers its own.
#include "control/control_int.h"
#include "control/plan.h"

#include <stdlib.h>
#include <string.h>

struct dealing {
    const struct plan *plan;
    struct routes *routes;
    unsigned thread;
};

static bool is_here(const struct dealing *dealing, uint32_t client, uint32_t *threads_mask)
{
    unsigned owner = dealing->plan->clients[client].thread;
    *threads_mask |= 1u << owner;
    return owner == dealing->thread;
}

static void add_receiver(struct dealing *dealing, const struct hearer *hearer)
{
    struct routes *routes = dealing->routes;
    routes->receivers[routes->n_receivers++] =
        (struct route_receiver){ .session = dealing->plan->clients[hearer->client].session,
                                 .context = hearer->context,
                                 .volume = hearer->volume };
}

static bool is_plain(const struct hearer *hearer)
{
    return hearer->context == VOICE_CONTEXT_NORMAL && !(hearer->volume > 0);
}

static void deal_rooms(struct dealing *dealing)
{
    const struct plan *plan = dealing->plan;
    struct routes *routes = dealing->routes;
    for (uint32_t i = 0; i < plan->n_rooms; i++) {
        struct route_room *room = &routes->rooms[i];
        const struct hearer *hearers = plan->hearers + plan->rooms[i].first;
        *room =
            (struct route_room){ .first = routes->n_members, .first_other = routes->n_receivers };
        for (uint32_t k = 0; k < plan->rooms[i].count; k++) {
            if (!is_here(dealing, hearers[k].client, &room->threads_mask))
                continue;
            if (is_plain(&hearers[k]))
                routes->members[routes->n_members++] = plan->clients[hearers[k].client].session;
            else
                add_receiver(dealing, &hearers[k]);
        }
        room->count = routes->n_members - room->first;
        room->n_other = routes->n_receivers - room->first_other;
    }
    routes->n_rooms = plan->n_rooms;
}

static void deal_targets(struct dealing *dealing)
{
    const struct plan *plan = dealing->plan;
    struct routes *routes = dealing->routes;
    for (uint32_t i = 0; i < plan->n_targets; i++) {
        const struct plan_target *planned = &plan->targets[i];
        struct route_target *target = &routes->targets[i];
        *target = (struct route_target){ .session = planned->session,
                                         .target = planned->target,
                                         .booths = planned->booths,
                                         .first = routes->n_receivers };
        for (uint32_t k = planned->first; k < planned->first + planned->count; k++)
            if (is_here(dealing, plan->hearers[k].client, &target->threads_mask))
                add_receiver(dealing, &plan->hearers[k]);
        target->count = routes->n_receivers - target->first;
    }
    routes->n_targets = plan->n_targets;
}

static struct route_client *client_in(struct routes *routes, uint32_t session)
{
    uint32_t low = 0, high = routes->n_clients;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (routes->clients[middle].session == session)
            return &routes->clients[middle];
        if (routes->clients[middle].session < session)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void deal_unwanted(struct dealing *dealing)
{
    const struct plan *plan = dealing->plan;
    struct routes *routes = dealing->routes;
    for (uint32_t i = 0; i < plan->n_unwanted; i++) {
        const struct route_client *listener = &plan->clients[plan->unwanted[i].client];
        struct route_client *speaker = client_in(routes, plan->unwanted[i].speaker);
        if (listener->thread != dealing->thread || speaker == NULL)
            continue;
        speaker->is_unwanted = true;
        routes->unwanted[routes->n_unwanted++] =
            (struct route_unwanted){ speaker->session, listener->session };
    }
}

static struct routes *routes_make(const struct server *server, const struct plan *plan,
                                  unsigned thread)
{
    struct routes *routes = calloc(1, sizeof(*routes));
    if (routes == NULL)
        return NULL;
    const struct config *config = server->config;
    routes->version = server->gate.version;
    routes->users = model_people(server->model);
    routes->max_users = config->users;
    routes->bandwidth_bps = config->bandwidth_bps;
    routes->is_list_ping_allowed = config->is_ping_allowed;
    routes->n_clients = plan->n_clients;
    routes->clients = calloc(plan->n_clients + 1, sizeof(*routes->clients));
    routes->rooms = calloc(plan->n_rooms + 1, sizeof(*routes->rooms));
    routes->members = calloc(plan->n_hearers + 1, sizeof(*routes->members));
    routes->targets = calloc(plan->n_targets + 1, sizeof(*routes->targets));
    routes->receivers = calloc(plan->n_hearers + 1, sizeof(*routes->receivers));
    routes->unwanted = calloc(plan->n_unwanted + 1, sizeof(*routes->unwanted));
    if (routes->clients == NULL || routes->rooms == NULL || routes->members == NULL ||
        routes->targets == NULL || routes->receivers == NULL || routes->unwanted == NULL) {
        routes_free(routes);
        return NULL;
    }
    memcpy(routes->clients, plan->clients, plan->n_clients * sizeof(*plan->clients));
    struct dealing dealing = { .plan = plan, .routes = routes, .thread = thread };
    deal_rooms(&dealing);
    deal_targets(&dealing);
    deal_unwanted(&dealing);
    return routes;
}

void routes_publish(struct server *server)
{
    struct plan plan;
    bool is_made = plan_make(server, &plan);
    for (unsigned i = 0; i < server->n_threads; i++) {
        struct routes *routes = is_made ? routes_make(server, &plan, i) : NULL;
        if (routes != NULL) {
            voice_put_routes(server->voice, i, routes);
            continue;
        }
        // The old routes stay in force; try again with the next change rather than hold everybody's
        // messages back.
        log_error("control", "routes not made", "reason=memory thread=%u", i);
        server->gate.acked[i] = server->gate.version;
        server->are_routes_dirty = true;
    }
    plan_clear(&plan);
}
