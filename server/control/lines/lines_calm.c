// SPDX-License-Identifier: BSD-3-Clause
//
// Control messages to clients on `lifeline`, in batches (calm.h). One timer for all of them, armed
// only while something is held.
#include "control/lines/calm.h"
#include "control/lines/lines.h"

#include <stdlib.h>

static void on_due(uv_timer_t *timer);

static void arm(struct server *server, uint64_t due_us)
{
    uv_timer_t *timer = &server->lines->calm_timer;
    const uint64_t left_ms = due_us > server->now_us ? (due_us - server->now_us) / 1000 + 1 : 1;
    if (due_us == UINT64_MAX || server->is_stopping ||
        (uv_is_active((uv_handle_t *)timer) && uv_timer_get_due_in(timer) <= left_ms))
        return;
    uv_timer_start(timer, on_due, left_ms, 0);
}

static void stage_one(void *context, const uint8_t *frame, size_t len)
{
    conn_stage(context, frame, len);
}

static void release(struct conn *conn)
{
    struct calm *calm = conn->calm;
    if (calm->n == 0)
        return;
    calm_paid(calm, calm->n_bytes + CALM_BATCH_BYTES, conn->server->now_us);
    calm_take(calm, stage_one, conn);
}

static void on_due(uv_timer_t *timer)
{
    struct server *server = timer->data;
    uint64_t next_us = UINT64_MAX;
    server->now_us = clock_us();
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->calm == NULL)
            continue;
        if (calm_due_us(conn->calm) <= server->now_us)
            release(conn);
        else if (calm_due_us(conn->calm) < next_us)
            next_us = calm_due_us(conn->calm);
    }
    arm(server, next_us);
}

// The voice that a mix comes from must be known before it is heard.
static bool is_urgent(const struct server *server, unsigned type, const ProtobufCMessage *message)
{
    if (type != MSG_USER_STATE)
        return false;
    const MumbleProto__UserState *state = (const MumbleProto__UserState *)message;
    const struct user *user = model_user(server->model, state->session);
    return state->name != NULL && user != NULL && user->is_server_made;
}

void calm_stage(struct conn *conn, unsigned type, const ProtobufCMessage *message,
                const uint8_t *frame, size_t len)
{
    struct server *server = conn->server;
    struct calm *calm = conn->calm;
    const enum calm_way way =
        calm_way(type, message, conn->session, is_urgent(server, type, message));
    if (way == CALM_HELD && calm_hold(calm, type, message, frame, len, server->now_us)) {
        if (calm_is_full(calm))
            release(conn);
        else
            arm(server, calm_due_us(calm));
        return;
    }
    if (way == CALM_HELD || calm_must_go_first(calm, way))
        release(conn);
    calm_paid(calm, len + CALM_BATCH_BYTES, server->now_us);
    conn_stage(conn, frame, len);
}

void calm_set(struct conn *conn, bool is_on)
{
    if (!is_on && conn->calm != NULL) {
        release(conn);
        calm_forget(conn);
    } else if (is_on && conn->calm == NULL && conn->server->lines != NULL) {
        conn->calm = calloc(1, sizeof(*conn->calm)); // without memory it goes on as before
    }
}

void calm_release(struct conn *conn)
{
    if (conn->calm != NULL)
        release(conn);
}

void calm_forget(struct conn *conn)
{
    if (conn->calm != NULL)
        calm_clear(conn->calm);
    free(conn->calm);
    conn->calm = NULL;
}
