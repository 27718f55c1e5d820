// SPDX-License-Identifier: BSD-3-Clause
//
// How many bytes go to and from each client, as they are on the wire: datagrams with their headers,
// as in the table of docs/LINES.md, and TCP as the kernel counts it, its acknowledgements and what
// it sends again included. Looked at with each Ping. Of registered people, and of all together, the
// sums of a calendar month (UTC) are kept: once a minute while there is voice, else each ten
// minutes, and when the server stops.
#include "control/lines/lines.h"

#include "control/lines/lines_tcp.h"
#include "control/meeting/run.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>

#define KEEP_EVERY_US UINT64_C(60000000)
#define KEEP_QUIET_EVERY_US UINT64_C(600000000)
#define KEEP_VOICE_BYTES 65536u // so much voice is not quiet
#define LEFT_MAX 256u           // of people who are gone wait to be kept; with more it is done now
#define TCP_HEADER_BYTES 32u    // with time stamps
#define UDP_HEADER_BYTES 12u    // and 4 of encryption
#define TLS_RECORD_BYTES 22u

struct usage_book {
    uint64_t kept_us;
    struct usage all; // of those who are gone; those who are here are added when it is kept
    struct store_usage left[LEFT_MAX];
    size_t n_left;
};

// ---- counting -----------------------------------------------------------------------------------

static uint32_t ip_bytes(const struct conn *conn)
{
    return IN6_IS_ADDR_V4MAPPED(&conn->peer.sin6_addr) ? 20 : 40;
}

static void raise_to(uint64_t *total, uint64_t value)
{
    if (value > *total)
        *total = value;
}

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

void usage_look(struct conn *conn, const struct voice_counters *counters)
{
    struct usage *usage = &conn->usage;
    const uint32_t ip = ip_bytes(conn), datagram = ip + UDP_HEADER_BYTES,
                   segment = ip + TCP_HEADER_BYTES, record = segment + TLS_RECORD_BYTES;
    struct tcp_signs tcp = { 0 };
    const uint64_t tunnel_in = conn->n_voice_in_bytes + (uint64_t)conn->n_voice_in * record,
                   tunnel_out = conn->n_voice_bytes + (uint64_t)conn->n_voice_sent * record;
    raise_to(&usage->voice_in, tunnel_in + less(counters->bytes_in, conn->n_voice_in_bytes) +
                                   less(counters->packets_in, conn->n_voice_in) * datagram);
    raise_to(&usage->voice_out,
             tunnel_out + counters->bytes_out + (uint64_t)counters->packets_out * datagram);
    if (!tcp_signs_read(conn->fd, &tcp))
        return;
    raise_to(&usage->control_in,
             less(tcp.bytes_in + (uint64_t)tcp.segments_in * segment, tunnel_in));
    raise_to(&usage->control_out,
             less(tcp.bytes_out + (uint64_t)tcp.segments_out * segment, tunnel_out));
}

static struct usage since(const struct usage *now, const struct usage *then)
{
    return (struct usage){ now->voice_in - then->voice_in, now->voice_out - then->voice_out,
                           now->control_in - then->control_in,
                           now->control_out - then->control_out };
}

static void add(struct usage *to, const struct usage *more)
{
    to->voice_in += more->voice_in;
    to->voice_out += more->voice_out;
    to->control_in += more->control_in;
    to->control_out += more->control_out;
}

static struct store_usage row_of(int32_t user_id, const struct usage *usage)
{
    return (struct store_usage){ user_id, usage->voice_in, usage->voice_out, usage->control_in,
                                 usage->control_out };
}

// ---- keeping ------------------------------------------------------------------------------------

uint32_t usage_this_month(void)
{
    const time_t now_s = time(NULL);
    struct tm now;
    if (gmtime_r(&now_s, &now) == NULL)
        return 0;
    return (uint32_t)(now.tm_year + 1900) * 100 + (uint32_t)now.tm_mon + 1;
}

static struct usage_book *book_of(struct server *server)
{
    if (server->usage == NULL) {
        server->usage = calloc(1, sizeof(*server->usage));
        if (server->usage != NULL)
            server->usage->kept_us = server->now_us;
    }
    return server->usage;
}

static struct usage unkept(const struct server *server)
{
    struct usage all = server->usage->all;
    for (const struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct usage more = since(&conn->usage, &conn->usage_kept);
        add(&all, &more);
    }
    return all;
}

static void keep(struct server *server, struct usage_book *book, const struct usage *all)
{
    size_t n = 0;
    struct store_usage *rows = calloc(1 + book->n_left + server->n_conns, sizeof(*rows));
    if (rows == NULL)
        return; // it goes on being counted
    rows[n++] = row_of(STORE_USAGE_ALL, all);
    for (size_t i = 0; i < book->n_left; i++)
        rows[n++] = book->left[i];
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user = model_user(server->model, conn->session);
        const struct usage more = since(&conn->usage, &conn->usage_kept);
        if (user != NULL && user->user_id != MODEL_GUEST)
            rows[n++] = row_of(user->user_id, &more);
        conn->usage_kept = conn->usage;
    }
    storage_usage_put(server, usage_this_month(), rows, n);
    free(rows);
    book->all = (struct usage){ 0 };
    book->n_left = 0;
    book->kept_us = server->now_us;
}

void usage_keep(struct server *server, bool is_end)
{
    struct usage_book *book = book_of(server);
    if (book == NULL || (!is_end && server->now_us - book->kept_us < KEEP_EVERY_US))
        return;
    const struct usage all = unkept(server);
    const bool is_due = all.voice_in + all.voice_out >= KEEP_VOICE_BYTES ||
                        server->now_us - book->kept_us >= KEEP_QUIET_EVERY_US;
    if (all.control_out > 0 && (is_end || is_due))
        keep(server, book, &all);
}

// Before the model forgets them.
void usage_leave(struct conn *conn)
{
    struct server *server = conn->server;
    struct usage_book *book = book_of(server);
    const struct user *user = model_user(server->model, conn->session);
    if (book == NULL)
        return;
    if (book->n_left == LEFT_MAX) {
        const struct usage all = unkept(server);
        keep(server, book, &all);
    }
    const struct usage more = since(&conn->usage, &conn->usage_kept);
    conn->usage_kept = conn->usage;
    add(&book->all, &more);
    if (user != NULL && user->user_id != MODEL_GUEST && book->n_left < LEFT_MAX)
        book->left[book->n_left++] = row_of(user->user_id, &more);
}

void usage_free(struct server *server)
{
    free(server->usage);
    server->usage = NULL;
}

// ---- asking -------------------------------------------------------------------------------------

static void add_row(struct usage *to, const struct store_usage *row)
{
    const struct usage more = { row->voice_in, row->voice_out, row->control_in, row->control_out };
    add(to, &more);
}

// Stored, on its way there, and not kept yet.
bool usage_of_month(const struct server *server, uint32_t month, int32_t user_id, struct usage *out)
{
    struct store_usage row;
    *out = (struct usage){ 0 };
    if (store_usage_get(server->reader, month, user_id, &row) != 0)
        return false;
    add_row(out, &row);
    storage_pending_usage(server, month, user_id, &row);
    add_row(out, &row);
    if (month != usage_this_month() || server->usage == NULL)
        return true;
    if (user_id == STORE_USAGE_ALL) {
        const struct usage all = unkept(server);
        add(out, &all);
        return true;
    }
    for (size_t i = 0; i < server->usage->n_left; i++)
        if (server->usage->left[i].user_id == user_id)
            add_row(out, &server->usage->left[i]);
    for (const struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user = model_user(server->model, conn->session);
        const struct usage more = since(&conn->usage, &conn->usage_kept);
        if (user != NULL && user->user_id == user_id)
            add(out, &more);
    }
    return true;
}
