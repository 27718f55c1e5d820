// SPDX-License-Identifier: BSD-3-Clause
//
// From the model to each voice thread's routes. A room is a channel whose members hear voices
// directly; in a meeting that is the floor alone, and everybody on the floor or on a track speaks
// into it. Tracks and booths are fed by the mixer.
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>

#define REACHED_MAX 4096

static bool hears_directly(const struct model *model, const struct user *user)
{
    enum channel_role role = model_channel(model, user->channel)->role;
    return !user->is_server_made && !model_user_is_deaf(user) &&
           (role == CHANNEL_PLAIN || role == CHANNEL_FLOOR);
}

// Is there anybody for whom the mixer would have to work?
static bool has_mixed_listeners(const struct model *model, const struct meeting_info *meeting)
{
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        const struct channel *channel = model_channel(model, user->channel);
        if (channel->meeting == meeting->id && !user->is_server_made && !model_user_is_deaf(user) &&
            channel->role != CHANNEL_FLOOR)
            return true;
    }
    return false;
}

static uint32_t room_index(const struct model *model, uint32_t channel)
{
    uint32_t index = 0;
    for (const struct channel *at = model_channel_at(model, 0); at != NULL;
         at = model_channel_at(model, ++index))
        if (at->id == channel)
            return index;
    return VOICE_NONE;
}

static struct route_client client_of(const struct server *server, const struct user *user,
                                     const struct conn *conn, bool is_mixed)
{
    const struct channel *channel = model_channel(server->model, user->channel);
    struct route_client client = { .session = user->session,
                                   .epoch = user->epoch,
                                   .room = VOICE_NONE,
                                   .meeting = is_mixed ? channel->meeting : VOICE_NONE,
                                   .thread = (uint8_t)conn->thread,
                                   .may_speak = model_user_may_speak(user),
                                   .is_deaf = model_user_is_deaf(user) };
    if (channel->role == CHANNEL_PLAIN)
        client.room = room_index(server->model, channel->id);
    else if (channel->role != CHANNEL_BOOTH)
        client.room = room_index(server->model, channel->meeting);
    return client;
}

// What is the same for all threads, made once: clients, and which room each listener sits in.
struct plan {
    uint32_t n_clients, n_rooms;
    struct route_client *clients;
    uint32_t *sits_in; // room of the n-th client when it hears directly, VOICE_NONE
    struct reached *reached;
    struct {
        uint32_t session, first, count;
        uint8_t target;
    } * targets;
    uint32_t n_targets, n_reached;
};

static void plan_targets(const struct server *server, const struct user *user, struct plan *plan,
                         struct reached *found)
{
    for (unsigned id = 1; id < MODEL_TARGETS; id++) {
        if (user->targets[id].n_entries == 0)
            continue;
        size_t n = model_reach_target(server->model, user, id, found, REACHED_MAX);
        struct reached *grown = realloc(plan->reached, (plan->n_reached + n + 1) * sizeof(*grown));
        void *list = grown != NULL
                         ? realloc(plan->targets, (plan->n_targets + 1) * sizeof(*plan->targets))
                         : NULL;
        if (grown != NULL)
            plan->reached = grown;
        if (list == NULL)
            return;
        plan->targets = list;
        memcpy(plan->reached + plan->n_reached, found, n * sizeof(*found));
        plan->targets[plan->n_targets].session = user->session;
        plan->targets[plan->n_targets].target = (uint8_t)id;
        plan->targets[plan->n_targets].first = plan->n_reached;
        plan->targets[plan->n_targets].count = (uint32_t)n;
        plan->n_targets++;
        plan->n_reached += (uint32_t)n;
    }
}

static bool plan_make(const struct server *server, struct plan *plan)
{
    const struct model *model = server->model;
    uint32_t people = model_people(model);
    struct reached *found = malloc(REACHED_MAX * sizeof(*found));
    bool *is_mixed = calloc(1, model_sessions_max(model));
    plan->clients = calloc(people + 1, sizeof(*plan->clients));
    plan->sits_in = calloc(people + 1, sizeof(*plan->sits_in));
    while (model_channel_at(model, plan->n_rooms) != NULL)
        plan->n_rooms++;
    bool is_made =
        found != NULL && is_mixed != NULL && plan->clients != NULL && plan->sits_in != NULL;
    size_t m = 0;
    for (const struct meeting_info *meeting = model_meeting_at(model, m);
         is_made && meeting != NULL; meeting = model_meeting_at(model, ++m))
        is_mixed[m] = has_mixed_listeners(model, meeting);
    for (struct user *user = model_user_next(model, 0); is_made && user != NULL;
         user = model_user_next(model, user->session)) {
        const struct conn *conn = conn_of(server, user->session);
        if (user->is_server_made || conn == NULL)
            continue;
        const struct meeting_info *meeting = model_meeting_of(model, user);
        bool mixed = false;
        for (m = 0; meeting != NULL && model_meeting_at(model, m) != NULL; m++)
            mixed = mixed || (model_meeting_at(model, m) == meeting && is_mixed[m]);
        plan->clients[plan->n_clients] = client_of(server, user, conn, mixed);
        plan->sits_in[plan->n_clients++] =
            hears_directly(model, user) ? room_index(model, user->channel) : VOICE_NONE;
        plan_targets(server, user, plan, found);
    }
    free(found);
    free(is_mixed);
    return is_made;
}

static uint8_t owner_of(const struct server *server, uint32_t session)
{
    const struct conn *conn = conn_of(server, session);
    return conn != NULL ? (uint8_t)conn->thread : UINT8_MAX;
}

// Members of all rooms that this thread owns, grouped by room with a counting sort; the masks name
// the threads of all members.
static void fill_rooms(const struct plan *plan, unsigned thread, struct routes *routes)
{
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        if (plan->sits_in[i] == VOICE_NONE)
            continue;
        struct route_room *room = &routes->rooms[plan->sits_in[i]];
        room->threads_mask |= 1u << plan->clients[i].thread;
        if (plan->clients[i].thread == thread)
            room->count++;
    }
    for (uint32_t i = 0; i < plan->n_rooms; i++) {
        routes->rooms[i].first = routes->n_members;
        routes->n_members += routes->rooms[i].count;
        routes->rooms[i].count = 0;
    }
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        if (plan->sits_in[i] == VOICE_NONE || plan->clients[i].thread != thread)
            continue;
        struct route_room *room = &routes->rooms[plan->sits_in[i]];
        routes->members[room->first + room->count++] = plan->clients[i].session;
    }
}

static void fill_targets(const struct server *server, const struct plan *plan, unsigned thread,
                         struct routes *routes)
{
    for (uint32_t i = 0; i < plan->n_targets; i++) {
        struct route_target *target = &routes->targets[i];
        *target = (struct route_target){ .session = plan->targets[i].session,
                                         .target = plan->targets[i].target,
                                         .first = routes->n_receivers };
        for (uint32_t k = 0; k < plan->targets[i].count; k++) {
            const struct reached *reached = &plan->reached[plan->targets[i].first + k];
            uint8_t owner = owner_of(server, reached->session);
            if (owner == UINT8_MAX)
                continue;
            target->threads_mask |= 1u << owner;
            if (owner != thread)
                continue;
            routes->receivers[routes->n_receivers++] =
                (struct route_receiver){ .session = reached->session, .context = reached->context };
            target->count++;
        }
    }
    routes->n_targets = plan->n_targets;
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
    routes->n_rooms = plan->n_rooms;
    routes->clients = calloc(plan->n_clients + 1, sizeof(*routes->clients));
    routes->rooms = calloc(plan->n_rooms + 1, sizeof(*routes->rooms));
    routes->members = calloc(plan->n_clients + 1, sizeof(*routes->members));
    routes->targets = calloc(plan->n_targets + 1, sizeof(*routes->targets));
    routes->receivers = calloc(plan->n_reached + 1, sizeof(*routes->receivers));
    if (routes->clients == NULL || routes->rooms == NULL || routes->members == NULL ||
        routes->targets == NULL || routes->receivers == NULL) {
        routes_free(routes);
        return NULL;
    }
    memcpy(routes->clients, plan->clients, plan->n_clients * sizeof(*plan->clients));
    fill_rooms(plan, thread, routes);
    fill_targets(server, plan, thread, routes);
    return routes;
}

void routes_publish(struct server *server)
{
    struct plan plan = { 0 };
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
    free(plan.clients);
    free(plan.sits_in);
    free(plan.reached);
    free(plan.targets);
}
