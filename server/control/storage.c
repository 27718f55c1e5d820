// SPDX-License-Identifier: BSD-3-Clause
//
// Changes on their way to the store: collected during a turn, written as one batch on the thread
// pool while the gate is closed. One batch at a time, so one thread at a time uses the store.
#include "control/storage_int.h"

static void ops_free(struct storage_op *op)
{
    while (op != NULL) {
        struct storage_op *next = op->next;
        storage_op_free(op);
        op = next;
    }
}

bool storage_has_ops(const struct server *server)
{
    return server->ops != NULL && server->now_us >= server->storage_retry_us;
}

static int write_all(struct store *store, const struct storage_op *ops)
{
    int result = store_begin(store);
    for (const struct storage_op *op = ops; op != NULL && result == 0; op = op->next)
        result = op->kind->apply(store, op);
    if (result == 0)
        result = store_commit(store);
    if (result != 0)
        store_rollback(store);
    return result;
}

// Without those that the store would never take.
static int write_good(struct store *store, const struct storage_op *ops)
{
    int result = store_begin(store);
    for (const struct storage_op *op = ops; op != NULL && result == 0; op = op->next) {
        result = store_part_begin(store);
        if (result == 0)
            (void)op->kind->apply(store, op); // the end knows of a failure
        if (result == 0)
            result = store_part_end(store);
        if (result == 0 || !store_is_failure_of_content(store))
            continue;
        log_error("store", "a change cannot be kept and is given up",
                  "kind=%s id=%lld reason=\"%s\"", op->kind->name, (long long)op->id,
                  store_last_error(store));
        result = 0;
    }
    if (result == 0)
        result = store_commit(store);
    if (result != 0)
        store_rollback(store);
    return result;
}

// One change that can never be written (a constraint) must not hold up all that come after it.
static int write_batch(struct store *store, const struct storage_op *ops)
{
    int result = write_all(store, ops);
    return result != 0 && store_is_failure_of_content(store) ? write_good(store, ops) : result;
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
