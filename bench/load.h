// SPDX-License-Identifier: BSD-3-Clause
//
// susurro_load's own parts. load.c has the loop, who speaks and who hears; script.c what it is told
// to do; measure.c what comes out.
#ifndef SUSURRO_BENCH_LOAD_H
#define SUSURRO_BENCH_LOAD_H

#include "bench/bench.h"

#define CLIENTS_MAX 4096
#define SLOT_NS 1000000 // of the loop's timer
#define SLOTS 20        // a frame
#define SETTLE_NS 300000000
#define DRAIN_NS 200000000

struct load {
    struct setup setup;
    SSL_CTX *tls;
    struct load_client *clients;
    size_t n_clients, n_speakers;
    size_t speakers[CLIENTS_MAX]; // indices of clients
    int epoll_fd, timer_fd;
    unsigned slot, n_behind; // the most slots that the loop has been late
    uint64_t tick;           // frames so far
    bool has_pings, is_mixed;
    const struct load_client *ear;          // mixed: who decodes
    int64_t window_start_ns, window_end_ns; // what was said in between counts
    uint64_t n_sent, n_expected, n_received;
    struct samples latency_ms;
    struct sound_frame sound[SOUND_FRAMES];
    struct onset_detector *said, *heard;
    int64_t onset_said_ns;
    bool is_onset_open;
};

// ---- load.c ----

void load_init(struct load *load);
void load_end(struct load *load);
void load_run_until(struct load *load, int64_t end_ns);
void load_add_tcp(struct load *load, size_t index); // a client whose TCP is to be read

// ---- script.c ----

void script_run(struct load *load); // from standard input, to its end

// ---- measure.c ----

// Lets the speakers speak; is_mixed and ear are set. Prints a line of JSON.
void measure(struct load *load, double seconds);

#endif
