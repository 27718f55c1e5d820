// SPDX-License-Identifier: BSD-3-Clause
//
// The life of a client's connection: its phases from TLS to the last byte, and the descriptor that
// wakes it. Whoever ends it in the middle of a handler only dooms it or lets it finish; the memory
// goes when libuv has let go of the descriptor.
#include "control/meeting/run.h"
#include "control/session/conn_int.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const phase_names[CONN_PHASES] = {
    [CONN_TLS] = "tls",
    [CONN_NEW] = "new",
    [CONN_CHECKING] = "checking",
    [CONN_READY] = "ready",
    [CONN_FINISHING] = "finishing",
    [CONN_CLOSED] = "closed",
};

static bool is_unready(enum conn_phase phase)
{
    return phase == CONN_TLS || phase == CONN_NEW || phase == CONN_CHECKING;
}

void conn_enter(struct conn *conn, enum conn_phase phase, const char *why)
{
    log_debug("control", "connection", "fd=%d session=%u from=%s to=%s why=\"%s\"", conn->fd,
              conn->session, phase_names[conn->phase], phase_names[phase], why);
    if (is_unready(conn->phase) && !is_unready(phase)) {
        conn->server->n_unready--;
        hosts_settled(conn);
    }
    conn->phase = phase;
    listeners_resume(conn->server);
    if (phase == CONN_READY || phase == CONN_FINISHING)
        server_watch(conn);
}

static void on_ready(uv_poll_t *poll, int status, int events);

void conn_poll(struct conn *conn)
{
    int events = conn->phase == CONN_TLS || conn_takes_frames(conn) ? UV_READABLE : 0;
    if (SSL_want_write(conn->ssl) || conn->pending != WRITE_NONE || conn->is_held)
        events |= UV_WRITABLE;
    if (conn->phase == CONN_CLOSED || events == conn->poll_events)
        return;
    conn->poll_events = events;
    if (events == 0)
        uv_poll_stop(&conn->poll);
    else
        uv_poll_start(&conn->poll, events, on_ready);
}

struct conn *conn_new(struct server *server, int fd, const struct sockaddr_in6 *peer)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    if (conn == NULL)
        return NULL;
    conn->ssl = SSL_new(server->tls);
    if (conn->ssl == NULL || !wire_attach(server->wire, conn->ssl, fd) ||
        uv_poll_init(&server->loop, &conn->poll, fd) != 0) {
        SSL_free(conn->ssl);
        free(conn);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_accept_state(conn->ssl);
    conn->server = server;
    conn->fd = fd;
    conn->peer = *peer;
    conn->poll.data = conn;
    conn->opened_us = conn->heard_us = conn->active_us = server->now_us;
    buffer_init(&conn->in, FRAME_MAX_BYTES + FRAME_HEADER_BYTES);
    buffer_init(&conn->out, CONN_OUT_BYTES);
    buffer_init(&conn->voice_out, CONN_VOICE_BYTES);
    bucket_init(&conn->messages, server->config->message_limit, server->config->message_burst,
                server->now_us);
    bucket_init(&conn->plugin_messages, server->config->plugin_message_limit,
                server->config->plugin_message_burst, server->now_us);
    bucket_init(&conn->targets, TARGETS_PER_S, TARGETS_BURST, server->now_us);
    conn->next = server->conns;
    if (conn->next != NULL)
        conn->next->prev = conn;
    server->conns = conn;
    server->n_conns++;
    server->n_unready++;
    hosts_arrived(conn);
    conn_poll(conn);
    return conn;
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    close(conn->fd);
    listeners_resume(conn->server);
    SSL_free(conn->ssl);
    rights_forget(conn);
    lines_forget(conn);
    calm_forget(conn);
    visible_forget(conn);
    free(conn->menu);
    buffer_clear(&conn->in);
    buffer_clear(&conn->out);
    buffer_clear(&conn->voice_out);
    free(conn);
}

static void unlink_conn(struct conn *conn)
{
    struct server *server = conn->server;
    if (conn->prev != NULL)
        conn->prev->next = conn->next;
    else
        server->conns = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    for (struct conn **at = &server->dirty; conn->is_dirty && *at != NULL; at = &(*at)->next_dirty)
        if (*at == conn) {
            *at = conn->next_dirty;
            break;
        }
    server->n_conns--;
    server->partial_bytes -= conn->partial_bytes;
    conn->partial_bytes = 0;
    server->staged_bytes -= conn->staged_bytes;
    conn->staged_bytes = 0;
}

void conn_close(struct conn *conn, const char *why)
{
    if (conn->phase == CONN_CLOSED)
        return;
    passwords_forget(conn);
    if (conn->session != 0)
        login_leave(conn, why);
    if (!SSL_in_init(conn->ssl))
        SSL_shutdown(conn->ssl); // best effort: one close_notify, no wait
    ERR_clear_error();
    conn_enter(conn, CONN_CLOSED, why);
    unlink_conn(conn);
    uv_poll_stop(&conn->poll);
    uv_close((uv_handle_t *)&conn->poll, on_closed);
}

void conn_finish(struct conn *conn, const char *why)
{
    if (conn->phase == CONN_CLOSED || conn->phase == CONN_FINISHING)
        return;
    if (conn->session != 0)
        login_leave(conn, why);
    conn->heard_us = conn->server->now_us;
    conn_enter(conn, CONN_FINISHING, why);
    if (!conn->is_dirty)
        conn_stage(conn, "", 0); // so that the gate looks at us
}

void conn_doom(struct conn *conn)
{
    conn->is_doomed = conn->server->has_doomed = true;
    conn->server->staged_bytes -= conn->staged_bytes;
    conn->staged_bytes = 0;
}

// Closing one tells the others, which may doom more.
void conn_close_doomed(struct server *server)
{
    while (server->has_doomed) {
        server->has_doomed = false;
        for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
            next = conn->next;
            if (conn->is_doomed)
                conn_close(conn, "reads too slowly");
        }
    }
}

static void shake_hands(struct conn *conn)
{
    int result = SSL_do_handshake(conn->ssl);
    if (result == 1) {
        certs_note(conn);
        if (bans_refuse(conn) != NULL) {
            conn_close(conn, "banned");
            return;
        }
        conn_enter(conn, CONN_NEW, "TLS established");
        login_version(conn, NULL);
        return;
    }
    int error = SSL_get_error(conn->ssl, result);
    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        conn_close(conn, "no TLS");
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct conn *conn = poll->data;
    conn->server->now_us = clock_us();
    if (status < 0) {
        conn_close(conn, "connection lost");
        return;
    }
    if (conn->phase == CONN_TLS)
        shake_hands(conn);
    else if ((events & UV_WRITABLE) != 0) {
        conn->is_held = false;
        conn_flush(conn);
    }
    if ((events & UV_READABLE) != 0)
        conn_read(conn);
    if (conn->phase != CONN_CLOSED)
        conn_poll(conn);
}
