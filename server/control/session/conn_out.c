// SPDX-License-Identifier: BSD-3-Clause
//
// What goes to a client. Control frames are staged, and leave when the gate opens; tunnelled voice
// leaves at once, or waits in a queue of its own where it goes stale. OpenSSL wants the same bytes
// again when the line was busy: `pending` says whose.
#include "control/session/conn_int.h"

#include <linux/sockios.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/ioctl.h>

// What waits in voice_out: this, then the packet's frame.
struct voice_queued {
    uint64_t made_us;
    uint32_t len;
};

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
    conn_poll(conn);
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
    conn_poll(conn);
}
