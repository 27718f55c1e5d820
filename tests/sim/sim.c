// SPDX-License-Identifier: BSD-3-Clause
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static _Atomic(uint64_t) the_clock;

void sim_clock_set(uint64_t now_us)
{
    atomic_store(&the_clock, now_us);
}

void sim_clock_advance(uint64_t us)
{
    atomic_fetch_add(&the_clock, us);
}

uint64_t sim_clock(void)
{
    return atomic_load(&the_clock);
}

static void ring_bell(void *context)
{
    struct sim *sim = context;
    assert_int_equal(eventfd_write(sim->bell, 1), 0);
}

void sim_open(struct sim *sim, unsigned n_threads)
{
    *sim = (struct sim){ .n_threads = n_threads, .bell = eventfd(0, EFD_NONBLOCK) };
    assert_true(sim->bell >= 0);
    log_set_level(LOG_ERROR);
    sim_clock_set(SECONDS(1000));
    char error[128] = "";
    const struct voice_options options = {
        .n_threads = n_threads,
        .n_sessions_max = SIM_SESSIONS,
        .reports_to = { .bell = ring_bell, .bell_context = sim },
        .now_us = sim_clock,
    };
    sim->voice = voice_new(&options, error, sizeof error);
    if (sim->voice == NULL)
        fail_msg("%s", error);
    sim->port = voice_port(sim->voice, 0);
    assert_int_not_equal(sim->port, 0);
}

void sim_close(struct sim *sim)
{
    voice_stop(sim->voice);
    voice_free(sim->voice);
    while (sim->inbox != NULL) {
        struct sim_report *report = sim->inbox;
        sim->inbox = report->next;
        free(report);
    }
    (void)close(sim->bell);
}

// ---- routes

static void add_room(const struct sim *sim, struct routes *routes, uint32_t room, unsigned thread)
{
    struct route_room *entry = &routes->rooms[room];
    entry->first = routes->n_members;
    for (uint32_t s = 0; s < SIM_SESSIONS; s++) {
        const struct sim_client *client = &sim->clients[s];
        if (!client->is_set || client->room != room || client->is_deaf)
            continue;
        entry->threads_mask |= UINT32_C(1) << client->thread;
        if (client->thread == thread) {
            routes->members[routes->n_members++] = s;
            entry->count++;
        }
    }
    entry->first_other = routes->n_receivers;
    for (unsigned i = 0; i < sim->n_ears; i++) {
        const struct sim_ear *ear = &sim->ears[i];
        if (ear->room != room)
            continue;
        entry->threads_mask |= UINT32_C(1) << sim->clients[ear->listener].thread;
        if (sim->clients[ear->listener].thread == thread) {
            routes->receivers[routes->n_receivers++] =
                (struct route_receiver){ ear->listener, ear->context, ear->volume };
            entry->n_other++;
        }
    }
}

static void add_unwanted(const struct sim *sim, struct routes *routes, unsigned thread)
{
    for (unsigned i = 0; i < sim->n_unwanted; i++) {
        if (sim->clients[sim->unwanted[i].listener].thread != thread)
            continue;
        routes->unwanted[routes->n_unwanted++] = sim->unwanted[i];
        for (uint32_t k = 0; k < routes->n_clients; k++)
            if (routes->clients[k].session == sim->unwanted[i].speaker)
                routes->clients[k].is_unwanted = true;
    }
}

static void add_targets(const struct sim *sim, struct routes *routes, unsigned thread)
{
    for (unsigned i = 0; i < sim->n_targets; i++) { // each receiver of one target stands together
        const struct sim_target *from = &sim->targets[i];
        struct route_target *target =
            routes->n_targets > 0 ? &routes->targets[routes->n_targets - 1] : NULL;
        if (target == NULL || target->session != from->speaker || target->target != from->target) {
            target = &routes->targets[routes->n_targets++];
            *target = (struct route_target){ .session = from->speaker,
                                             .target = from->target,
                                             .first = routes->n_receivers };
        }
        unsigned owner = sim->clients[from->receiver].thread;
        target->threads_mask |= UINT32_C(1) << owner;
        if (owner == thread) {
            routes->receivers[routes->n_receivers++] =
                (struct route_receiver){ from->receiver, from->context, from->volume };
            target->count++;
        }
    }
}

static struct routes *routes_for(const struct sim *sim, unsigned thread)
{
    struct routes *routes = calloc(1, sizeof *routes);
    assert_non_null(routes);
    *routes = (struct routes){
        .version = sim->version,
        .n_rooms = SIM_ROOMS,
        .clients = calloc(SIM_SESSIONS, sizeof *routes->clients),
        .rooms = calloc(SIM_ROOMS, sizeof *routes->rooms),
        .members = calloc(SIM_SESSIONS, sizeof *routes->members),
        .targets = calloc(SIM_TARGETS, sizeof *routes->targets),
        .receivers = calloc(2 * SIM_TARGETS, sizeof *routes->receivers),
        .unwanted = calloc(SIM_TARGETS, sizeof *routes->unwanted),
        .users = 7,
        .max_users = 100,
        .bandwidth_bps = sim->bandwidth_bps,
        .is_list_ping_allowed = true,
    };
    for (uint32_t s = 0; s < SIM_SESSIONS; s++) {
        const struct sim_client *client = &sim->clients[s];
        if (!client->is_set)
            continue;
        routes->clients[routes->n_clients++] = (struct route_client){
            .session = s,
            .epoch = client->epoch,
            .room = client->room,
            .meeting = client->meeting,
            .place = client->place,
            .mixer = client->mixer,
            .thread = client->thread,
            .may_speak = !client->is_mute,
            .is_deaf = client->is_deaf,
        };
    }
    for (uint32_t room = 0; room < SIM_ROOMS; room++)
        add_room(sim, routes, room, thread);
    add_targets(sim, routes, thread);
    add_unwanted(sim, routes, thread);
    return routes;
}

void sim_publish(struct sim *sim)
{
    sim->version++;
    for (unsigned t = 0; t < sim->n_threads; t++)
        voice_put_routes(sim->voice, t, routes_for(sim, t));
    for (unsigned acknowledged = 0; acknowledged < sim->n_threads;) {
        struct sim_report *report = sim_await(sim, VOICE_REPORT_ROUTE, 0);
        assert_true(report->report->version <= sim->version);
        acknowledged += report->report->version == sim->version;
        sim_report_free(report);
    }
}

void sim_fence(struct sim *sim)
{
    for (unsigned t = 0; t < sim->n_threads; t++) {
        const struct voice_command command = { .kind = VOICE_CMD_COUNTERS, .session = VOICE_NONE };
        sim_command(sim, t, &command, (struct span){ 0 });
        sim_report_free(sim_await(sim, VOICE_REPORT_COUNTERS, VOICE_NONE));
    }
    sim_publish(sim); // taken at the start of a later turn, so the one that answered has ended
}

// ---- commands and reports

void sim_command(struct sim *sim, unsigned thread, const struct voice_command *head,
                 struct span bytes)
{
    struct lane *lane = voice_commands(sim->voice, thread);
    struct voice_command *command;
    while ((command = ring_reserve(lane->ring, sizeof *command + bytes.len)) == NULL)
        lane_bell(lane);
    memcpy(command, head, sizeof *command);
    command->n_bytes = (uint32_t)bytes.len;
    if (bytes.len > 0)
        memcpy(command->bytes, bytes.data, bytes.len);
    ring_commit(lane->ring);
    if (!sim->is_bell_held)
        lane_bell(lane);
}

static void try_one(struct sim *sim, const struct voice_report *report, unsigned thread,
                    uint32_t session)
{
    const struct voice_command command = {
        .kind = VOICE_CMD_TRY,
        .session = session,
        .try_ = { .remote = report->remote, .local = report->local, .socket = report->socket },
    };
    sim_command(sim, thread, &command,
                (struct span){ (const uint8_t *)report->words, report->n_bytes });
}

// As control does: those whose TCP comes from that host, then any.
static void try_everybody(struct sim *sim, const struct voice_report *report)
{
    struct in6_addr home;
    assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &home), 1);
    bool is_home = memcmp(&home, &report->remote.sin6_addr, sizeof home) == 0;
    for (uint32_t s = 0; s < SIM_SESSIONS && is_home; s++)
        if (sim->clients[s].is_set)
            try_one(sim, report, sim->clients[s].thread, s);
    for (unsigned t = 0; t < sim->n_threads; t++)
        try_one(sim, report, t, VOICE_NONE);
}

static void tell_address(struct sim *sim, const struct voice_report *report)
{
    for (unsigned t = 0; t < sim->n_threads; t++) {
        const struct voice_command command = {
            .kind = VOICE_CMD_ADDRESS,
            .session = report->session,
            .address = { .remote = report->remote, .thread = report->thread },
        };
        if (t != report->thread)
            sim_command(sim, t, &command, (struct span){ 0 });
    }
}

static void keep(struct sim *sim, const struct voice_report *report, size_t size)
{
    struct sim_report *kept = calloc(1, sizeof *kept);
    assert_non_null(kept);
    assert_true(size <= sizeof kept->bytes);
    memcpy(kept->bytes, report, size);
    kept->report = (const struct voice_report *)kept->bytes;
    kept->size = size;
    struct sim_report **end = &sim->inbox;
    while (*end != NULL)
        end = &(*end)->next;
    *end = kept;
}

void sim_pump(struct sim *sim)
{
    eventfd_t rung;
    (void)eventfd_read(sim->bell, &rung);
    for (unsigned t = 0; t < sim->n_threads; t++) {
        struct ring *ring = voice_reports(sim->voice, t);
        const struct voice_report *report;
        size_t size;
        while ((report = ring_peek(ring, &size)) != NULL) {
            if (report->kind == VOICE_REPORT_UNKNOWN && !sim->is_deaf_to_unknown)
                try_everybody(sim, report);
            else if (report->kind == VOICE_REPORT_ADDRESS)
                tell_address(sim, report);
            else
                keep(sim, report, size);
            ring_consume(ring);
        }
    }
}

struct sim_report *sim_take(struct sim *sim, enum voice_report_kind kind, uint32_t session)
{
    sim_pump(sim);
    for (struct sim_report **at = &sim->inbox; *at != NULL; at = &(*at)->next) {
        struct sim_report *report = *at;
        if (report->report->kind == kind && report->report->session == session) {
            *at = report->next;
            return report;
        }
    }
    return NULL;
}

struct sim_report *sim_await(struct sim *sim, enum voice_report_kind kind, uint32_t session)
{
    struct sim_report *report;
    while ((report = sim_take(sim, kind, session)) == NULL) {
        struct pollfd wait = { .fd = sim->bell, .events = POLLIN };
        if (poll(&wait, 1, SIM_DEADLINE_MS) == 0)
            fail_msg("no report of kind %d for session %u", (int)kind, session);
    }
    return report;
}

void sim_report_free(struct sim_report *report)
{
    free(report);
}

struct voice_counters sim_counters(struct sim *sim, uint32_t session)
{
    const struct voice_command command = { .kind = VOICE_CMD_COUNTERS,
                                           .session = session,
                                           .counters = { .token = ++sim->token } };
    sim_command(sim, sim->clients[session].thread, &command, (struct span){ 0 });
    struct sim_report *report = sim_await(sim, VOICE_REPORT_COUNTERS, session);
    assert_int_equal(report->report->counters.token, sim->token);
    struct voice_counters values = report->report->counters.values;
    sim_report_free(report);
    return values;
}

void sim_wait_readable(struct sim *sim, int fd)
{
    for (;;) {
        struct pollfd wait[2] = { { .fd = fd, .events = POLLIN },
                                  { .fd = sim->bell, .events = POLLIN } };
        if (poll(wait, 2, SIM_DEADLINE_MS) == 0)
            fail_msg("nothing came");
        if (wait[0].revents != 0)
            return;
        sim_pump(sim);
    }
}
