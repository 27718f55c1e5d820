// SPDX-License-Identifier: BSD-3-Clause
//
// Just enough of io_uring to send a batch with one system call, without a library.
#include "bench/uring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct uring {
    int fd;
    struct io_uring_params params;
    uint8_t *rings; // both queues
    size_t rings_bytes;
    struct io_uring_sqe *entries;
    unsigned n_queued;
};

static _Atomic(uint32_t) *counter(const struct uring *uring, uint32_t offset)
{
    return (_Atomic(uint32_t) *)(void *)(uring->rings + offset);
}

static bool map_rings(struct uring *uring)
{
    const struct io_uring_params *p = &uring->params;
    size_t queue_bytes = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
    size_t done_bytes = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    uring->rings_bytes = queue_bytes > done_bytes ? queue_bytes : done_bytes;
    void *rings = mmap(NULL, uring->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                       uring->fd, IORING_OFF_SQ_RING);
    void *entries = mmap(NULL, p->sq_entries * sizeof *uring->entries, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_POPULATE, uring->fd, IORING_OFF_SQES);
    if (rings == MAP_FAILED || entries == MAP_FAILED)
        return false;
    uring->rings = rings;
    uring->entries = entries;
    return true;
}

struct uring *uring_new(unsigned n_entries)
{
    struct uring *uring = calloc(1, sizeof *uring);
    if (uring == NULL)
        return NULL;
    uring->params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    uring->fd = (int)syscall(SYS_io_uring_setup, n_entries, &uring->params);
    if (uring->fd < 0 && errno == EINVAL) { // before Linux 6.1
        uring->params = (struct io_uring_params){ 0 };
        uring->fd = (int)syscall(SYS_io_uring_setup, n_entries, &uring->params);
    }
    if (uring->fd < 0 || (uring->params.features & IORING_FEAT_SINGLE_MMAP) == 0 ||
        !map_rings(uring)) {
        uring_free(uring);
        return NULL;
    }
    uint32_t *order = (uint32_t *)(void *)(uring->rings + uring->params.sq_off.array);
    for (uint32_t i = 0; i < uring->params.sq_entries; i++)
        order[i] = i;
    return uring;
}

void uring_free(struct uring *uring)
{
    if (uring == NULL)
        return;
    if (uring->rings != NULL)
        (void)munmap(uring->rings, uring->rings_bytes);
    if (uring->entries != NULL)
        (void)munmap(uring->entries, uring->params.sq_entries * sizeof *uring->entries);
    if (uring->fd >= 0)
        (void)close(uring->fd);
    free(uring);
}

static struct io_uring_sqe *next_entry(struct uring *uring)
{
    uint32_t tail =
        atomic_load_explicit(counter(uring, uring->params.sq_off.tail), memory_order_relaxed);
    struct io_uring_sqe *entry =
        &uring->entries[(tail + uring->n_queued++) & (uring->params.sq_entries - 1)];
    memset(entry, 0, sizeof *entry);
    return entry;
}

void uring_add_send(struct uring *uring, int fd, const void *bytes, size_t n)
{
    struct io_uring_sqe *entry = next_entry(uring);
    entry->opcode = IORING_OP_SEND;
    entry->fd = fd;
    entry->addr = (uintptr_t)bytes;
    entry->len = (uint32_t)n;
}

void uring_add_sendmsg(struct uring *uring, int fd, const struct msghdr *message)
{
    struct io_uring_sqe *entry = next_entry(uring);
    entry->opcode = IORING_OP_SENDMSG;
    entry->fd = fd;
    entry->addr = (uintptr_t)message;
    entry->len = 1;
}

unsigned uring_submit(struct uring *uring)
{
    _Atomic(uint32_t) *queue_tail = counter(uring, uring->params.sq_off.tail);
    _Atomic(uint32_t) *done_head = counter(uring, uring->params.cq_off.head);
    _Atomic(uint32_t) *done_tail = counter(uring, uring->params.cq_off.tail);
    unsigned n = uring->n_queued, n_sent = 0;
    atomic_store_explicit(queue_tail, atomic_load(queue_tail) + n, memory_order_release);
    uring->n_queued = 0;
    if (syscall(SYS_io_uring_enter, uring->fd, n, n, IORING_ENTER_GETEVENTS, NULL, 0) != (long)n)
        return 0;
    const struct io_uring_cqe *done =
        (const struct io_uring_cqe *)(const void *)(uring->rings + uring->params.cq_off.cqes);
    uint32_t at = atomic_load(done_head), end = atomic_load(done_tail);
    for (; at != end; at++)
        n_sent += done[at & (uring->params.cq_entries - 1)].res > 0;
    atomic_store_explicit(done_head, at, memory_order_release);
    return n_sent;
}
