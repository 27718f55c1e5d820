// SPDX-License-Identifier: BSD-3-Clause
//
// What ways.c and ways_tcp.c share. A way seals or sends for n of the receivers from `at` on; false
// when it did not work.
#ifndef SUSURRO_BENCH_WAYS_H
#define SUSURRO_BENCH_WAYS_H

#include "bench/bench.h"

#define RECEIVERS 500
#define SEALED_BYTES 78

struct ways;
void tunnels_open(void); // a TCP connection on the loopback and a TLS session for each receiver
void tunnels_drain(void);
bool tunnel_record(struct ways *ways, unsigned at, unsigned n);
bool tunnel_send(struct ways *ways, unsigned at, unsigned n);
bool tunnel_write(struct ways *ways, unsigned at, unsigned n);

#endif
