// SPDX-License-Identifier: BSD-3-Clause
//
// The server as a whole: made, run and freed; its loop, its signals, and the timer for connections
// that are overdue.
#include "control/meeting/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void on_bell(uv_async_t *bell)
{
    struct server *server = bell->data;
    server->now_us = clock_us();
    link_receive(server);
    gate_progress(server);
}

static void on_turn_end(uv_prepare_t *prepare)
{
    queue_turn_end(prepare->data);
    gate_turn_end(prepare->data);
}

// ---- the reaper: one timer, armed for the next connection that could be overdue, so that it runs
// once a timeout, not once a tick

static uint64_t due_us_of(const struct server *server, const struct conn *conn)
{
    if (conn->phase == CONN_READY)
        return conn->heard_us + (uint64_t)server->config->timeout_s * 1000000u;
    if (conn->phase == CONN_FINISHING)
        return conn->heard_us + CONN_FINISH_US;
    return conn->opened_us + (server->is_listening_paused ? CONN_LOGIN_CROWDED_US : CONN_LOGIN_US);
}

static void on_reap(uv_timer_t *timer)
{
    struct server *server = timer->data;
    server->now_us = clock_us();
    uint64_t next_us = UINT64_MAX;
    for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        uint64_t due = due_us_of(server, conn);
        if (due <= server->now_us) {
            conn_close(conn, conn->phase == CONN_READY ? "timeout" : "did not log in");
            next = server->conns; // closing one may have closed others
            next_us = UINT64_MAX;
            continue;
        }
        if (due < next_us)
            next_us = due;
    }
    if (next_us != UINT64_MAX)
        uv_timer_start(timer, on_reap, (next_us - server->now_us) / 1000 + 1, 0);
}

void server_watch(const struct conn *conn)
{
    struct server *server = conn->server;
    uint64_t due_us = due_us_of(server, conn);
    uint64_t due_ms = due_us > server->now_us ? (due_us - server->now_us) / 1000 + 1 : 1;
    if (!uv_is_active((uv_handle_t *)&server->reaper) ||
        uv_timer_get_due_in(&server->reaper) > due_ms)
        uv_timer_start(&server->reaper, on_reap, due_ms, 0);
}

void server_watch_crowd(struct server *server)
{
    uv_timer_start(&server->reaper, on_reap, CONN_LOGIN_CROWDED_US / 1000, 0);
}

// ---- signals

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_stop(uv_signal_t *signal, int number)
{
    struct server *server = signal->data;
    if (server->is_stopping)
        return;
    server->is_stopping = true;
    server->now_us = clock_us();
    log_info("control", "stopping", "signal=%s people=%u", number == SIGTERM ? "SIGTERM" : "SIGINT",
             model_people(server->model));
    listeners_close(server);
    for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->phase == CONN_READY) {
            MumbleProto__UserRemove remove = MUMBLE_PROTO__USER_REMOVE__INIT;
            remove.session = conn->session;
            remove.reason = (char *)(uintptr_t)for_reader(conn, N_("The server is shutting down"));
            send_message(conn, MSG_USER_REMOVE, &remove.base);
            conn->out_open = conn->out.len;
            conn_flush(conn);
        }
    }
    while (server->conns != NULL)
        conn_close(server->conns, "the server stops");
    while (storage_has_ops(server) && !server->gate.is_storing)
        if (!storage_write_now(server))
            break;
    uv_stop(&server->loop);
}

uint32_t server_made_users(const struct config *config)
{
    uint32_t n = 0;
    for (size_t i = 0; i < config->n_meetings; i++)
        n += 1u + config->meetings[i].n_tracks + config->meetings[i].n_booths;
    return n + SERVER_MADE_MORE; // of meetings that the store knows, a reload, breakout groups
}

struct model_limits server_model_limits(const struct config *config)
{
    return (struct model_limits){ .users = config->users,
                                  .server_made_users = server_made_users(config),
                                  .users_per_channel = config->users_per_channel,
                                  .nesting = config->channel_nesting_limit,
                                  .channels = config->channel_count_limit };
}

const char *server_root_name(const struct config *config)
{
    return config->register_name != NULL ? config->register_name : "Root";
}

static void on_reload(uv_signal_t *signal, int number)
{
    (void)number;
    struct server *server = signal->data;
    server->now_us = clock_us();
    server_reload(server);
}

// ---- life

static void init_loop(struct server *server)
{
    uv_loop_init(&server->loop);
    uv_async_init(&server->loop, &server->bell, on_bell);
    uv_prepare_init(&server->loop, &server->turn_end);
    uv_timer_init(&server->loop, &server->reaper);
    uv_timer_init(&server->loop, &server->queue_timer);
    uv_signal_init(&server->loop, &server->on_term);
    uv_signal_init(&server->loop, &server->on_int);
    uv_signal_init(&server->loop, &server->on_hup);
    server->queue_timer.data = server;
    server->bell.data = server->turn_end.data = server->reaper.data = server;
    server->on_term.data = server->on_int.data = server->on_hup.data = server;
}

// Rules, groups, links, registered people and bans; the channels are there.
static bool load_people(struct server *server, char *error)
{
    if (store_load_rights(server->store, server->model) == 0 &&
        store_load_people(server->store, server->model) == 0)
        return true;
    snprintf(error, CONTROL_ERROR_BYTES, "database: cannot read rights and people: %s",
             store_last_error(server->store));
    return false;
}

static bool make_model(struct server *server, char *error)
{
    const struct config *config = server->config;
    struct model_limits limits = server_model_limits(config);
    server->model = model_new(&limits, server_root_name(config));
    if (server->model != NULL)
        server->by_session = calloc(model_sessions_max(server->model), sizeof(struct conn *));
    if (server->by_session == NULL) {
        snprintf(error, CONTROL_ERROR_BYTES, "out of memory for users=%u", config->users);
        return false;
    }
    model_set_moderators(server->model, config->moderators);
    return channels_load(server, error, CONTROL_ERROR_BYTES) && load_people(server, error) &&
           meetings_declare(server, error, CONTROL_ERROR_BYTES);
}

static bool open_reader(struct server *server, char *error)
{
    char why[STORE_ERROR_BYTES];
    server->reader = store_open_reader(server->store, why);
    if (server->reader == NULL)
        snprintf(error, CONTROL_ERROR_BYTES, "%.*s", CONTROL_ERROR_BYTES - 1, why);
    return server->reader != NULL;
}

struct server *server_new(struct config *config, struct store *store,
                          char error[CONTROL_ERROR_BYTES])
{
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        snprintf(error, CONTROL_ERROR_BYTES, "out of memory");
        config_free(config);
        return NULL;
    }
    server->config = config;
    server->store = store;
    server->ops_tail = &server->ops;
    server->now_us = clock_us();
    server->queue_due_us = UINT64_MAX;
    server->started_s = clock_unix_s();
    buffer_init(&server->recorder_backlog, LANE_BACKLOG_BYTES);
    for (unsigned i = 0; i < VOICE_THREADS_MAX; i++)
        buffer_init(&server->voice_backlog[i], LANE_BACKLOG_BYTES);
    for (unsigned i = 0; i < VOICE_MIXERS_MAX; i++)
        buffer_init(&server->mixer_backlog[i], LANE_BACKLOG_BYTES);
    init_loop(server);
    server->user_names = name_rule_new(config->user_name_regex, error, CONTROL_ERROR_BYTES);
    server->channel_names = name_rule_new(config->channel_name_regex, error, CONTROL_ERROR_BYTES);
    if (server->user_names == NULL || server->channel_names == NULL) {
        server_free(server);
        return NULL;
    }
    server->wire = wire_method_new();
    if (server->wire == NULL)
        snprintf(error, CONTROL_ERROR_BYTES, "out of memory");
    else
        server->tls = tls_context(server, error, CONTROL_ERROR_BYTES);
    if (server->tls == NULL || !open_reader(server, error) || !make_model(server, error) ||
        listeners_open(server, error, CONTROL_ERROR_BYTES) != 0) {
        server_free(server);
        return NULL;
    }
    return server;
}

void server_set_reload(struct server *server, server_reload_fn reload, void *context)
{
    server->reload = reload;
    server->reload_context = context;
}

unsigned server_sessions_max(const struct server *server)
{
    return model_sessions_max(server->model);
}

unsigned server_addresses(const struct server *server, struct sockaddr_storage *out, unsigned cap)
{
    unsigned n = server->n_listeners < cap ? server->n_listeners : cap;
    for (unsigned i = 0; i < n; i++)
        out[i] = server->listeners[i].address;
    return n;
}

void server_bell(void *context)
{
    struct server *server = context;
    uv_async_send(&server->bell);
}

void server_attach(struct server *server, struct voice *voice, unsigned n_voice_threads,
                   struct mixer *const *mixers, unsigned n_mixers)
{
    server->voice = voice;
    server->n_threads = n_voice_threads;
    server->n_mixers = n_mixers;
    for (unsigned i = 0; i < n_mixers; i++)
        server->mixers[i] = mixers[i];
}

void server_attach_recorder(struct server *server, struct recorder *recorder)
{
    server->recorder = recorder;
}

int server_run(struct server *server)
{
    if (!lines_start(server))
        log_error("control", "lines are not looked at", "reason=memory");
    uv_prepare_start(&server->turn_end, on_turn_end);
    uv_signal_start(&server->on_term, on_stop, SIGTERM);
    uv_signal_start(&server->on_int, on_stop, SIGINT);
    uv_signal_start(&server->on_hup, on_reload, SIGHUP);
    server->are_routes_dirty = true;
    meetings_start(server);
    listeners_start(server);
    char host[64];
    unsigned port = 0;
    for (unsigned i = 0; i < server->n_listeners; i++) {
        const struct sockaddr *address = (const struct sockaddr *)&server->listeners[i].address;
        if (address->sa_family == AF_INET6) {
            uv_ip6_name((const struct sockaddr_in6 *)address, host, sizeof(host));
            port = ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
        } else {
            uv_ip4_name((const struct sockaddr_in *)address, host, sizeof(host));
            port = ntohs(((const struct sockaddr_in *)address)->sin_port);
        }
        log_info("control", "listening", "address=%s port=%u", host, port);
    }
    uv_run(&server->loop, UV_RUN_DEFAULT);
    return 0;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    while (server->conns != NULL)
        conn_close(server->conns, "the server stops");
    listeners_close(server);
    uv_walk(&server->loop, close_handle, NULL);
    uv_run(&server->loop,
           UV_RUN_DEFAULT); // close callbacks, and a batch that is still being written
    usage_keep(server, true);
    if (server->ops != NULL)
        storage_write_now(server);
    storage_forget(server);
    store_close(server->reader);
    uv_loop_close(&server->loop);
    display_free(server);
    lines_free(server);
    usage_free(server);
    probe_free(server);
    while (server->runs != NULL)
        run_remove(server, server->runs->meeting);
    model_free(server->model);
    free(server->by_session);
    for (unsigned i = 0; i < VOICE_THREADS_MAX; i++)
        buffer_clear(&server->voice_backlog[i]);
    for (unsigned i = 0; i < VOICE_MIXERS_MAX; i++)
        buffer_clear(&server->mixer_backlog[i]);
    buffer_clear(&server->recorder_backlog);
    hosts_free(server);
    SSL_CTX_free(server->tls);
    BIO_meth_free(server->wire);
    name_rule_free(server->user_names);
    name_rule_free(server->channel_names);
    config_free(server->config);
    free(server);
}
