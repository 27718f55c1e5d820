// SPDX-License-Identifier: BSD-3-Clause
//
// xdp: IPv4 datagrams handed to a network interface past the kernel's own UDP, through an AF_XDP
// socket (Documentation/networking/af_xdp.rst of Linux). Copy mode: any interface will do, the
// kernel copies each frame. One thread. Needs CAP_NET_RAW and CAP_NET_ADMIN.
#ifndef SUSURRO_BENCH_XDP_H
#define SUSURRO_BENCH_XDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XDP_FRAMES 64 // as many may be on their way

struct xdp;
// By the interface that has the address `from`, to hosts whose neighbour entry is that of `to`
// (talk to it before). NULL: not to be had here.
struct xdp *xdp_new(const struct sockaddr_in *from, const struct sockaddr_in *to);
void xdp_free(struct xdp *xdp); // NULL is fine
// Queues a datagram; at most XDP_FRAMES, at most 200 bytes, then xdp_submit.
void xdp_add(struct xdp *xdp, const struct sockaddr_in *to, const void *bytes, size_t n);
unsigned xdp_submit(struct xdp *xdp); // waits for all; returns how many were sent

#endif
