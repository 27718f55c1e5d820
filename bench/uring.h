// SPDX-License-Identifier: BSD-3-Clause
//
// uring: sends a batch with one system call. One thread, as many messages as there are entries;
// what a message points to must live until uring_submit has returned.
#ifndef SUSURRO_BENCH_URING_H
#define SUSURRO_BENCH_URING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct uring;
struct uring *uring_new(unsigned n_entries); // a power of two; NULL: not to be had here
void uring_free(struct uring *uring);        // NULL is fine
void uring_add_send(struct uring *uring, int fd, const void *bytes, size_t n);
void uring_add_sendmsg(struct uring *uring, int fd, const struct msghdr *message);
unsigned uring_submit(struct uring *uring); // waits for all; returns how many were sent

#endif
