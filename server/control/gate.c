// SPDX-License-Identifier: BSD-3-Clause
//
// The gate, once a turn of the loop:
//
//   OPEN, nothing changed      what was staged leaves at once
//   OPEN, something changed    routes, commands and a batch go out; what is staged is marked;
//   CLOSED CLOSED                     what is staged meanwhile waits behind the mark all have
//   answered          what is marked leaves; OPEN
#include "control/meeting/roles.h"

static void release_all(struct server *server)
{
    struct conn *conn = server->dirty;
    server->dirty = NULL;
    while (conn != NULL) {
        struct conn *next = conn->next_dirty;
        conn->is_dirty = false;
        conn->out_open = conn->out.len;
        conn_flush(conn);
        conn = next;
    }
}

// What was staged behind the mark waits for the next opening. Flushing may close this connection or
// another, and put new ones on the list; memory stays until the loop's closing phase, so walking
// the old list is safe.
static void release_marked(struct server *server)
{
    struct conn *next;
    struct conn *conn = server->dirty;
    server->dirty = NULL;
    for (; conn != NULL; conn = next) {
        next = conn->next_dirty;
        conn->is_dirty = false;
        // A mark from an earlier closing may lie before what is open already: that stays open.
        if (conn->out_open < conn->out_marked)
            conn->out_open = conn->out_marked;
        if (conn->phase != CONN_CLOSED && conn->out.len > conn->out_open) {
            conn->is_dirty = true;
            conn->next_dirty = server->dirty;
            server->dirty = conn;
        }
        conn_flush(conn);
    }
}

static void mark_all(struct server *server)
{
    for (struct conn *conn = server->dirty; conn != NULL; conn = conn->next_dirty)
        conn->out_marked = conn->out.len;
}

static bool has_all(const struct server *server)
{
    const struct gate *gate = &server->gate;
    if (gate->is_storing)
        return false;
    for (unsigned i = 0; i < server->n_mixers; i++)
        if (gate->fence_seen[i] < gate->fence_asked[i])
            return false;
    for (unsigned i = 0; i < server->n_threads; i++)
        if (gate->acked[i] < gate->version)
            return false;
    return true;
}

static void close_gate(struct server *server)
{
    struct gate *gate = &server->gate;
    for (unsigned i = 0; i < server->n_mixers; i++)
        if ((server->dirty_mixers >> i & 1u) != 0)
            link_fence(server, i, gate->fence_asked[i] = ++gate->fence);
    server->dirty_mixers = 0;
    if (server->are_routes_dirty) {
        server->are_routes_dirty = false;
        gate->version = ++server->routes_version;
        routes_publish(server);
    }
    if (storage_has_ops(server)) {
        gate->is_storing = true;
        storage_submit(server);
    }
    mark_all(server);
    gate->is_closed = true;
}

// Before the answer leaves that says so.
static void reload_if_stored(struct server *server)
{
    if (!server->wants_reload || server->ops != NULL || server->gate.is_storing ||
        server->is_stopping)
        return;
    server->wants_reload = false;
    server_reload(server);
}

void gate_progress(struct server *server)
{
    if (!server->gate.is_closed || !has_all(server))
        return;
    reload_if_stored(server);
    server->gate.is_closed = false;
    release_marked(server);
}

void gate_turn_end(struct server *server)
{
    do { // each round closes a connection, or is the last
        conn_close_doomed(server);
        visible_turn_end(server); // first: of what is hidden now nothing more is said
        rights_turn_end(server);
    } while (server->has_doomed);
    door_turn_end(server);
    link_retry(server);
    if (server->gate.is_closed)
        return;
    reload_if_stored(server);
    if (server->are_routes_dirty || server->dirty_mixers != 0 || storage_has_ops(server))
        close_gate(server);
    else
        release_all(server);
}
