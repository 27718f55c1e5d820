// SPDX-License-Identifier: BSD-3-Clause
#include "bench/load.h"

#include <math.h>
#include <stdio.h>

struct usage {
    int64_t cpu_ns, mixer_ns, voice_ns, own_ns, wall_ns;
};

static struct usage usage_now(const struct load *load)
{
    const pid_t pid = load->setup.pid;
    return (struct usage){ .cpu_ns = cpu_of_process_ns(pid, NULL),
                           .mixer_ns = cpu_of_process_ns(pid, "mixer"),
                           .voice_ns = cpu_of_process_ns(pid, "voice"),
                           .own_ns = own_cpu_ns(),
                           .wall_ns = now_ns() };
}

static void print_number(const char *name, double value)
{
    if (isnan(value))
        printf("\"%s\": null, ", name);
    else
        printf("\"%s\": %.4f, ", name, value);
}

static uint64_t count_dropped(struct load *load)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < load->n_clients; i++) {
        load_client_count_dropped(&load->clients[i]);
        sum += load->clients[i].n_dropped;
    }
    return sum;
}

static void report_loss(const struct load *load, uint64_t n_dropped)
{
    uint64_t n_missing =
        load->n_expected > load->n_received ? load->n_expected - load->n_received : 0;
    if (load->is_mixed)
        return;
    printf("\"expected\": %llu, \"lost\": %llu, \"dropped_by_generator\": %llu, ",
           (unsigned long long)load->n_expected,
           (unsigned long long)(n_missing > n_dropped ? n_missing - n_dropped : 0),
           (unsigned long long)n_dropped);
}

static void report(struct load *load, const struct usage *from, const struct usage *to)
{
    double cpu_us = (double)(to->cpu_ns - from->cpu_ns) / 1e3;
    double wall_ns = (double)(to->wall_ns - from->wall_ns);
    printf("\"clients\": %zu, \"speakers\": %zu, \"sent\": %llu, \"received\": %llu, ",
           load->n_clients, load->n_speakers, (unsigned long long)load->n_sent,
           (unsigned long long)load->n_received);
    print_number("seconds", wall_ns / 1e9);
    print_number("cpu_us", cpu_us);
    print_number("mixer_us", (double)(to->mixer_ns - from->mixer_ns) / 1e3);
    print_number("voice_us", (double)(to->voice_ns - from->voice_ns) / 1e3);
    print_number("cpu_us_per_packet",
                 load->n_received == 0 ? NAN : cpu_us / (double)load->n_received);
    print_number("cpu_share", cpu_us * 1e3 / wall_ns);
    print_number("generator_share", (double)(to->own_ns - from->own_ns) / wall_ns);
    print_number("p50_ms", samples_percentile(&load->latency_ms, 50));
    print_number("p99_ms", samples_percentile(&load->latency_ms, 99));
    print_number("p999_ms", samples_percentile(&load->latency_ms, 99.9));
    print_number("max_ms", samples_percentile(&load->latency_ms, 100));
    printf("\"generator_late_ms\": %u, \"latencies\": %zu}\n", load->n_behind, load->latency_ms.n);
}

void measure(struct load *load, double seconds)
{
    load->n_sent = load->n_expected = load->n_received = 0;
    load->latency_ms.n = 0;
    load->is_onset_open = false;
    onset_free(load->said);
    onset_free(load->heard);
    load->said = onset_new();
    load->heard = onset_new();
    load_run_until(load, now_ns() + SETTLE_NS);
    uint64_t n_dropped = count_dropped(load);
    load->n_behind = 0;
    load->window_start_ns = now_ns();
    load->window_end_ns = load->window_start_ns + (int64_t)(seconds * 1e9);
    struct usage from = usage_now(load);
    load_run_until(load, load->window_end_ns);
    struct usage to = usage_now(load);
    load_run_until(load, now_ns() + DRAIN_NS);
    load->window_start_ns = load->window_end_ns = INT64_MAX;
    printf("{");
    report_loss(load, count_dropped(load) - n_dropped);
    report(load, &from, &to);
}
