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
void ways_tunnels_open(void); // TCP connections on the loopback and TLS sessions
void ways_tunnels_drain(void);
bool tunnel_record(struct ways *ways, unsigned at, unsigned n);
bool tunnel_send(struct ways *ways, unsigned at, unsigned n);
bool tunnel_both(struct ways *ways, unsigned at, unsigned n); // a record, and its send
bool tunnel_write(struct ways *ways, unsigned at, unsigned n);

#endif
