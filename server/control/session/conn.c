// SPDX-License-Identifier: BSD-3-Clause
#include "control/meeting/run.h"

#include <linux/sockios.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// What waits in voice_out: this, then the packet's frame.
struct voice_queued {
    uint64_t made_us;
    uint32_t len;
};

static const char *const phase_names[CONN_PHASES] = {
    [CONN_TLS] = "tls",
    [CONN_NEW] = "new",
    [CONN_CHECKING] = "checking",
    [CONN_READY] = "ready",
    [CONN_FINISHING] = "finishing",
    [CONN_CLOSED] = "closed",
};

static void on_ready(uv_poll_t *poll, int status, int events);

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

static bool takes_frames(const struct conn *conn)
{
    return conn->phase == CONN_NEW ||
           (conn->phase == CONN_READY && conn->n_questions < CONN_QUESTIONS);
}

static void set_poll(struct conn *conn)
{
    int events = conn->phase == CONN_TLS || takes_frames(conn) ? UV_READABLE : 0;
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
    set_poll(conn);
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

// ---- writing
// -----------------------------------------------------------------------------------------------------------

// What waits for slow readers is bounded for all together as well: who holds most is cut off.
static void count_staged(struct conn *conn)
{
    struct server *server = conn->server;
    if (conn->is_doomed)
        return; // given back already
    server->staged_bytes += conn->out.cap - conn->staged_bytes;
    conn->staged_bytes = conn->out.cap;
    if (server->staged_bytes <= STAGED_BYTES_MAX)
        return;
    struct conn *largest = conn;
    for (struct conn *at = server->conns; at != NULL; at = at->next)
        if (at->staged_bytes > largest->staged_bytes)
            largest = at;
    conn_doom(largest);
}

void conn_stage(struct conn *conn, const void *frame, size_t len)
{
    struct server *server = conn->server;
    if (conn->is_doomed || conn->phase == CONN_CLOSED || (conn->phase == CONN_FINISHING && len > 0))
        return;
    if (!buffer_add(&conn->out, frame, len)) {
        conn_doom(conn);
        return;
    }
    count_staged(conn);
    if (!conn->is_dirty) {
        conn->is_dirty = true;
        conn->next_dirty = server->dirty;
        server->dirty = conn;
    }
}

enum wrote { WROTE_ALL, WROTE_BUSY, WROTE_FAILED };

static enum wrote tls_write(struct conn *conn, const uint8_t *data, size_t len, size_t *done)
{
    *done = 0;
    while (*done < len) {
        size_t n = 0;
        if (SSL_write_ex(conn->ssl, data + *done, len - *done, &n) == 1) {
            *done += n;
            continue;
        }
        int error = SSL_get_error(conn->ssl, 0);
        ERR_clear_error();
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? WROTE_BUSY
                                                                             : WROTE_FAILED;
    }
    return WROTE_ALL;
}

static bool flush_control(struct conn *conn)
{
    if (conn->out_open == 0)
        return true;
    size_t done;
    enum wrote result = tls_write(conn, conn->out.data, conn->out_open, &done);
    buffer_drop_front(&conn->out, done);
    conn->out_open -= done;
    conn->out_marked -= done < conn->out_marked ? done : conn->out_marked;
    if (conn->out.len == 0)
        buffer_clear(&conn->out); // an idle client keeps no buffer
    count_staged(conn);
    conn->pending = result == WROTE_BUSY ? WRITE_CONTROL : WRITE_NONE;
    if (result == WROTE_FAILED)
        conn_close(conn, "connection lost");
    return result == WROTE_ALL;
}

// The frame at the front, unless OpenSSL has begun with it, is dropped when it has become stale.
static bool flush_voice(struct conn *conn)
{
    while (conn->voice_out.len > 0 && (!conn->is_held || conn->pending == WRITE_VOICE)) {
        struct voice_queued head;
        memcpy(&head, conn->voice_out.data, sizeof(head));
        bool is_begun = conn->pending == WRITE_VOICE;
        bool is_stale = !is_begun && conn->server->now_us - head.made_us >= CONN_VOICE_STALE_US;
        conn->n_voice_dropped += is_stale;
        if (!is_stale) {
            size_t done;
            enum wrote result =
                tls_write(conn, conn->voice_out.data + sizeof(head), head.len, &done);
            conn->pending = result == WROTE_BUSY ? WRITE_VOICE : WRITE_NONE;
            if (result == WROTE_FAILED)
                conn_close(conn, "connection lost");
            if (result != WROTE_ALL)
                return false;
        }
        buffer_drop_front(&conn->voice_out, sizeof(head) + head.len);
    }
    return true;
}

void conn_flush(struct conn *conn)
{
    if (conn->phase == CONN_CLOSED || conn->phase == CONN_TLS)
        return;
    bool is_done = conn->pending == WRITE_VOICE ? flush_voice(conn) && flush_control(conn)
                                                : flush_control(conn) && flush_voice(conn);
    if (conn->phase == CONN_CLOSED)
        return;
    if (is_done && conn->phase == CONN_FINISHING && conn->out.len == 0) {
        conn_close(conn, "finished");
        return;
    }
    set_poll(conn);
}

uint64_t conn_voice_waits_since(const struct conn *conn)
{
    struct voice_queued head;
    if (conn->voice_out.len < sizeof(head))
        return 0;
    memcpy(&head, conn->voice_out.data, sizeof(head));
    return head.made_us;
}

// The kernel would take seconds of sound for a line that stands still: small writes are added to
// what waits, whatever TCP_NOTSENT_LOWAT says. That option decides when it calls itself writable
// again.
static void look_at_unsent(struct conn *conn)
{
    int unsent = 0;
    if (conn->n_voice_sent % CONN_UNSENT_EVERY == 0 && !conn->is_held &&
        ioctl(conn->fd, SIOCOUTQNSD, &unsent) == 0)
        conn->is_held = unsent >= CONN_UNSENT_BYTES;
}

void conn_send_voice(struct conn *conn, struct span packet, uint64_t made_us)
{
    if (conn->phase != CONN_READY || packet.len > VOICE_PACKET_MAX_BYTES)
        return;
    uint8_t frame[FRAME_HEADER_BYTES + VOICE_PACKET_MAX_BYTES];
    frame_write_header(frame, MSG_UDP_TUNNEL, (uint32_t)packet.len);
    memcpy(frame + FRAME_HEADER_BYTES, packet.data, packet.len);
    size_t len = FRAME_HEADER_BYTES + packet.len;
    conn->n_voice_bytes += len;
    conn->n_voice_sent++;
    look_at_unsent(conn);
    if (conn->pending == WRITE_NONE && conn->voice_out.len == 0 && !conn->is_held) {
        size_t done;
        enum wrote result = tls_write(conn, frame, len, &done);
        if (result == WROTE_ALL)
            return;
        if (result == WROTE_FAILED) {
            conn_close(conn, "connection lost");
            return;
        }
        conn->pending = WRITE_VOICE;
    }
    struct voice_queued head = { .made_us = made_us, .len = (uint32_t)len };
    if (buffer_grow(&conn->voice_out, sizeof(head) + len) != NULL) {
        buffer_add(&conn->voice_out, &head, sizeof(head));
        buffer_add(&conn->voice_out, frame, len);
    } else if (conn->voice_out.len > 0 || conn->is_held) {
        conn->n_voice_dropped++;
    } else {
        conn_close(conn, "out of memory"); // OpenSSL has begun with a frame that we cannot keep
        return;
    }
    set_poll(conn);
}

// ---- reading
// -----------------------------------------------------------------------------------------------------------

// Handles whole frames at the start of data; returns the bytes used, or -1 when the connection is
// closing.
static long take_frames(struct conn *conn, struct span data)
{
    size_t used = 0;
    while (takes_frames(conn)) {
        uint32_t limit = conn->phase == CONN_READY ? FRAME_MAX_BYTES : CONN_UNREADY_FRAME_BYTES;
        struct frame frame;
        long n = frame_read((struct span){ data.data + used, data.len - used }, limit, &frame);
        if (n < 0) {
            conn_close(conn, "frame too long");
            return -1;
        }
        if (n == 0)
            return (long)used;
        used += (size_t)n;
        conn->heard_us = conn->server->now_us;
        dispatch(conn, &frame);
    }
    return conn->phase == CONN_CHECKING || conn->phase == CONN_READY ? (long)used : -1;
}

// What is not whole yet stays in conn->in. Of all connections together it is bounded: who holds
// most goes.
static void count_partial(struct conn *conn)
{
    struct server *server = conn->server;
    server->partial_bytes += conn->in.cap - conn->partial_bytes;
    conn->partial_bytes = conn->in.cap;
    if (server->partial_bytes <= PARTIAL_BYTES_MAX)
        return;
    struct conn *largest = conn;
    for (struct conn *at = server->conns; at != NULL; at = at->next)
        if (at->partial_bytes > largest->partial_bytes)
            largest = at;
    conn_close(largest, "too much of unfinished messages");
}

// After a long message, what has begun behind it needs little room.
static void shrink(struct buffer *buffer)
{
    struct buffer small;
    buffer_init(&small, buffer->limit);
    if (buffer->len == 0) {
        buffer_clear(buffer); // an idle client keeps no buffer
    } else if (buffer->cap > CONTROL_READ_BYTES && buffer->len < buffer->cap / 4 &&
               buffer_add(&small, buffer->data, buffer->len)) {
        buffer_clear(buffer);
        *buffer = small;
    }
}

static void take_whole(struct conn *conn, struct span fresh)
{
    if (conn->in.len > 0) {
        if (!buffer_add(&conn->in, fresh.data, fresh.len)) {
            conn_close(conn, "out of memory");
            return;
        }
        long used = take_frames(conn, (struct span){ conn->in.data, conn->in.len });
        if (used < 0)
            return;
        buffer_drop_front(&conn->in, (size_t)used);
        shrink(&conn->in);
        return;
    }
    long used = take_frames(conn, fresh);
    if (used >= 0 && (size_t)used < fresh.len &&
        !buffer_add(&conn->in, fresh.data + used, fresh.len - (size_t)used))
        conn_close(conn, "out of memory");
}

static void take_bytes(struct conn *conn, struct span fresh)
{
    take_whole(conn, fresh);
    if (conn->phase != CONN_CLOSED)
        count_partial(conn);
}

static void read_some(struct conn *conn)
{
    struct server *server = conn->server;
    size_t total = 0;
    while (total < CONTROL_READ_BYTES && takes_frames(conn)) {
        size_t n = 0;
        if (SSL_read_ex(conn->ssl, server->scratch, sizeof(server->scratch), &n) != 1) {
            int error = SSL_get_error(conn->ssl, 0);
            ERR_clear_error();
            if (error == SSL_ERROR_ZERO_RETURN)
                conn_close(conn, "left");
            else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
                conn_close(conn, "connection lost");
            return;
        }
        total += n;
        take_bytes(conn, (struct span){ server->scratch, n });
    }
}

void conn_resume(struct conn *conn)
{
    if (conn->in.len > 0)
        take_bytes(conn, (struct span){ NULL, 0 });
    read_some(conn); // OpenSSL may hold more that the socket will not announce
    if (conn->phase != CONN_CLOSED)
        set_poll(conn);
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
        read_some(conn);
    if (conn->phase != CONN_CLOSED)
        set_poll(conn);
}
