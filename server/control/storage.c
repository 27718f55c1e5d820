// SPDX-License-Identifier: BSD-3-Clause
//
// Changes on their way to the store: collected during a turn, written as one batch on the thread
// pool while the gate is closed. One batch at a time, so one thread at a time uses the store.
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>

enum op_kind { OP_CHANNEL_PUT, OP_CHANNEL_REMOVE, OP_MEETING_PUT, OP_MEETING_REMOVE };

struct storage_op {
    struct storage_op *next;
    enum op_kind kind;
    uint32_t id;
    struct store_channel channel;
    char *text[2]; // owned: a channel's name and description, a meeting's declaration
    char role[ROLE_BYTES];
};

static struct storage_op *op_add(struct server *server, enum op_kind kind, uint32_t id)
{
    struct storage_op *op = calloc(1, sizeof(*op));
    if (op == NULL) {
        log_error("store", "a change is not kept", "id=%u reason=memory", id);
        return NULL;
    }
    op->kind = kind;
    op->id = id;
    *server->ops_tail = op;
    server->ops_tail = &op->next;
    return op;
}

static void ops_free(struct storage_op *op)
{
    while (op != NULL) {
        struct storage_op *next = op->next;
        free(op->text[0]);
        free(op->text[1]);
        free(op);
        op = next;
    }
}

void storage_channel_put(struct server *server, const struct channel *channel)
{
    struct storage_op *op = op_add(server, OP_CHANNEL_PUT, channel->id);
    if (op == NULL)
        return;
    op->text[0] = str_dup(channel->name);
    op->text[1] = str_dup(channel->description);
    const struct meeting_info *meeting =
        channel->meeting != MODEL_NONE ? model_meeting(server->model, channel->meeting) : NULL;
    if (meeting != NULL)
        declare_role(meeting, channel->role, channel->role_index, op->role);
    op->channel = (struct store_channel){ .id = channel->id,
                                          .parent = channel->parent == MODEL_NONE ? MODEL_ROOT
                                                                                  : channel->parent,
                                          .name = op->text[0],
                                          .description = op->text[1],
                                          .position = channel->position,
                                          .max_users = channel->max_users,
                                          .is_inheriting = true,
                                          .meeting_role = op->role[0] != '\0' ? op->role : NULL,
                                          .meeting_id = meeting != NULL ? meeting->id : 0 };
}

void storage_channel_remove(struct server *server, uint32_t id)
{
    op_add(server, OP_CHANNEL_REMOVE, id);
}

void storage_meeting_put(struct server *server, uint32_t id, const char *declaration)
{
    struct storage_op *op = op_add(server, OP_MEETING_PUT, id);
    if (op != NULL)
        op->text[0] = str_dup(declaration);
}

void storage_meeting_remove(struct server *server, uint32_t id)
{
    op_add(server, OP_MEETING_REMOVE, id);
}

bool storage_has_ops(const struct server *server)
{
    return server->ops != NULL && server->now_us >= server->storage_retry_us;
}

static int apply(struct store *store, const struct storage_op *op)
{
    switch (op->kind) {
    case OP_CHANNEL_PUT:
        return op->text[0] != NULL && op->text[1] != NULL ? store_channel_put(store, &op->channel)
                                                          : -1;
    case OP_CHANNEL_REMOVE:
        return store_channel_remove(store, op->id);
    case OP_MEETING_PUT:
        return op->text[0] != NULL ? store_meeting_put(store, op->id, op->text[0]) : -1;
    case OP_MEETING_REMOVE:
        return store_meeting_remove(store, op->id);
    }
    return -1;
}

static int write_batch(struct store *store, const struct storage_op *ops)
{
    int result = store_begin(store);
    for (const struct storage_op *op = ops; op != NULL && result == 0; op = op->next)
        result = apply(store, op);
    if (result == 0)
        result = store_commit(store);
    if (result != 0)
        store_rollback(store);
    return result;
}

static void take_ops(struct server *server)
{
    server->ops_writing = server->ops;
    server->ops = NULL;
    server->ops_tail = &server->ops;
}

static void on_work(uv_work_t *work)
{
    struct server *server = work->data;
    server->storage_result = write_batch(server->store, server->ops_writing);
}

// A batch that could not be written (a full disk, say) is kept, in front of what has come since,
// and tried again: the meeting goes on meanwhile, and the log says that nothing is kept until it
// succeeds.
static void settle(struct server *server)
{
    if (server->storage_result == 0) {
        ops_free(server->ops_writing);
        server->ops_writing = NULL;
        return;
    }
    log_error("store", "changes are not kept; trying again", "reason=\"%s\"",
              store_last_error(server->store));
    struct storage_op *last = server->ops_writing;
    while (last->next != NULL)
        last = last->next;
    last->next = server->ops;
    if (server->ops == NULL)
        server->ops_tail = &last->next;
    server->ops = server->ops_writing;
    server->ops_writing = NULL;
    server->storage_retry_us = server->now_us + STORAGE_RETRY_US;
}

static void on_written(uv_work_t *work, int status)
{
    (void)status;
    struct server *server = work->data;
    server->now_us = clock_us();
    settle(server);
    server->gate.is_storing = false;
    gate_progress(server);
}

void storage_submit(struct server *server)
{
    take_ops(server);
    server->storage_work.data = server;
    if (uv_queue_work(&server->loop, &server->storage_work, on_work, on_written) != 0) {
        server->storage_result = write_batch(server->store, server->ops_writing);
        settle(server);
        server->gate.is_storing = false;
    }
}

bool storage_write_now(struct server *server)
{
    take_ops(server);
    server->storage_result = write_batch(server->store, server->ops_writing);
    settle(server);
    return server->storage_result == 0;
}

void storage_forget(struct server *server)
{
    ops_free(server->ops);
    server->ops = NULL;
    server->ops_tail = &server->ops;
}
