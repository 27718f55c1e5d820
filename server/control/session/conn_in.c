// SPDX-License-Identifier: BSD-3-Clause
//
// What comes from a client: bytes to frames, and those to their handlers. A client that has to wait
// for an answer is not read meanwhile. What is not a whole frame yet is kept, within a bound for
// all connections together.
#include "control/session/conn_int.h"

#include <openssl/err.h>

bool conn_takes_frames(const struct conn *conn)
{
    return conn->phase == CONN_NEW ||
           (conn->phase == CONN_READY && conn->n_questions < CONN_QUESTIONS);
}

// Handles whole frames at the start of data; returns the bytes used, or -1 when the connection is
// closing.
static long take_frames(struct conn *conn, struct span data)
{
    size_t used = 0;
    while (conn_takes_frames(conn)) {
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

void conn_read(struct conn *conn)
{
    struct server *server = conn->server;
    size_t total = 0;
    while (total < CONTROL_READ_BYTES && conn_takes_frames(conn)) {
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
    conn_read(conn); // OpenSSL may hold more that the socket will not announce
    if (conn->phase != CONN_CLOSED)
        conn_poll(conn);
}
