// SPDX-License-Identifier: BSD-3-Clause
//
// A TCP connection in computed time, over a line that loses packets: what Linux does with a few
// small segments. Selective acknowledgements; loss found by time (RFC 8985: RACK and its probe),
// the timeout of 200 ms and more with its backoff, delayed acknowledgements, a congestion window
// that shrinks with each loss and seldom grows again, since there is little to send. In order, as
// the kernel gives it to programs: what comes after a gap waits.
//
// Two programs: the client pings every 5 s and is answered; it answers questions, unless it hangs.
// Set against the kernel's own TCP (6.18, cubic) on a line like that: docs/decisions/0015.
#ifndef SUSURRO_TESTS_TCP_LINE_H
#define SUSURRO_TESTS_TCP_LINE_H

#include "control/lines/lines_tcp.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TCP_STEP_US 1000u
#define TCP_SEGMENTS 256u
#define TCP_WIRE 96u
#define TCP_RTO_LEAST_US 200000u
#define TCP_DELAYED_ACK_US 40000u
#define TCP_PING_US 5000000u

enum tcp_kind { TCP_PING, TCP_PONG, TCP_QUESTION, TCP_ANSWER };
struct tcp_segment {
    uint64_t sent_us;
    unsigned n_sent;
    bool is_sacked, is_lost;
    enum tcp_kind kind;
};
struct tcp_end {
    struct tcp_segment segments[TCP_SEGMENTS]; // by number
    uint32_t written, sent, acked;             // ends: given by the program; on the wire; there
    double window, threshold, srtt_us, var_us, least_us;
    uint32_t recovery; // the end of what was on the wire when a loss was found
    bool is_recovering, is_probing, has_timed_out;
    unsigned backoff;
    uint64_t timeout_us, probe_us;     // when; UINT64_MAX: never
    uint64_t newest_us, newest_rtt_us; // RACK: of the newest segment that is there
    bool has[TCP_SEGMENTS];            // as receiver
    uint32_t next, read;               // in order; by the program
    uint64_t ack_us;                   // a delayed acknowledgement is due
    uint64_t heard_us;
    uint32_t n_out, n_in, n_resent, n_disordered;
};
struct tcp_packet {
    uint64_t arrives_us; // 0: none
    int from;
    bool is_data;
    uint32_t number, ack;
    uint64_t sacks; // bit i: ack + i is there
};
struct tcp_line {
    struct tcp_end ends[2]; // 0: the server
    struct tcp_packet wire[TCP_WIRE];
    uint64_t now_us, last_us[2], ping_us, answered_us; // answered_us: an answer was read then
    uint64_t random;
    uint32_t rtt_us, jitter_us, loss_ppm;
    bool is_cut, is_hanging;
};

static inline uint32_t tcp_pick(struct tcp_line *line, uint32_t n)
{
    line->random ^= line->random << 13;
    line->random ^= line->random >> 7;
    line->random ^= line->random << 17;
    return (uint32_t)((line->random >> 16) % n);
}

// ---- the wire ----------------------------------------------------------------------------------

static inline void tcp_transmit(struct tcp_line *line, int from, bool is_data, uint32_t number)
{
    struct tcp_end *end = &line->ends[from];
    end->ack_us = UINT64_MAX;
    end->n_out += is_data;
    if (line->is_cut || tcp_pick(line, 1000000) < line->loss_ppm) {
        return;
    }
    const uint32_t most = tcp_pick(line, 10) == 0 ? line->jitter_us : line->jitter_us / 4;
    uint64_t at_us = line->now_us + line->rtt_us / 2 + tcp_pick(line, most + 1) + 1;
    at_us = at_us > line->last_us[from] ? at_us : line->last_us[from]; // queues keep their order
    line->last_us[from] = at_us;
    for (unsigned i = 0; i < TCP_WIRE; i++) {
        struct tcp_packet *packet = &line->wire[i];
        if (packet->arrives_us == 0) {
            packet->arrives_us = at_us;
            packet->from = from;
            packet->is_data = is_data;
            packet->number = number;
            packet->ack = end->next;
            packet->sacks = 0;
            for (uint32_t k = 0; k < 64; k++) {
                packet->sacks |= (uint64_t)end->has[(end->next + k) % TCP_SEGMENTS] << k;
            }
            return;
        }
    }
}

// ---- sending -----------------------------------------------------------------------------------

static inline struct tcp_segment *tcp_segment(struct tcp_end *end, uint32_t number)
{
    return &end->segments[number % TCP_SEGMENTS];
}

static inline uint64_t tcp_timeout_us(const struct tcp_end *end)
{
    const double var_us = 4 * end->var_us > TCP_RTO_LEAST_US ? 4 * end->var_us : TCP_RTO_LEAST_US;
    return (uint64_t)(end->srtt_us + var_us) << end->backoff;
}

static inline void tcp_arm(struct tcp_line *line, struct tcp_end *end)
{
    end->timeout_us = end->probe_us = UINT64_MAX;
    if (end->acked == end->sent) {
        return;
    }
    uint32_t head = end->acked;
    while (head + 1 != end->sent && tcp_segment(end, head)->is_sacked) {
        head++;
    }
    const uint64_t from_us = end->is_recovering ? line->now_us : tcp_segment(end, head)->sent_us;
    end->timeout_us = from_us + tcp_timeout_us(end);
    if (!end->is_recovering && !end->is_probing && end->backoff == 0) {
        const bool is_alone = end->sent - end->acked == 1;
        const uint64_t wait_us =
            (uint64_t)(2 * end->srtt_us) + (is_alone ? TCP_RTO_LEAST_US : 8000u);
        const uint64_t at_us = line->now_us + wait_us;
        end->probe_us = at_us < end->timeout_us ? at_us : end->timeout_us;
    }
}

static inline void tcp_send_segment(struct tcp_line *line, int from, uint32_t number)
{
    struct tcp_end *end = &line->ends[from];
    struct tcp_segment *segment = tcp_segment(end, number);
    end->n_resent += segment->n_sent > 0;
    segment->n_sent++;
    segment->sent_us = line->now_us;
    segment->is_lost = false;
    if (number == end->sent) {
        end->sent++;
    }
    tcp_transmit(line, from, true, number);
}

static inline unsigned tcp_in_flight(struct tcp_end *end)
{
    unsigned n = 0;
    for (uint32_t i = end->acked; i != end->sent; i++) {
        const struct tcp_segment *segment = tcp_segment(end, i);
        n += !segment->is_sacked && !segment->is_lost;
    }
    return n;
}

static inline void tcp_push(struct tcp_line *line, int from, bool is_first_free)
{
    struct tcp_end *end = &line->ends[from];
    unsigned in_flight = tcp_in_flight(end);
    const bool was_idle = end->acked == end->sent;
    bool is_free = is_first_free; // fast retransmit: the first is sent whatever the window is
    for (uint32_t i = end->acked; i != end->sent; i++) {
        if (tcp_segment(end, i)->is_lost && (is_free || in_flight < (unsigned)end->window)) {
            tcp_send_segment(line, from, i);
            in_flight++;
            is_free = false;
        }
    }
    while (end->sent != end->written && in_flight < (unsigned)end->window) {
        tcp_send_segment(line, from, end->sent);
        in_flight++;
        if (!was_idle) {
            tcp_arm(line, end);
        }
    }
    if (was_idle) {
        tcp_arm(line, end);
    }
}

static inline void tcp_write(struct tcp_line *line, int from, enum tcp_kind kind)
{
    struct tcp_end *end = &line->ends[from];
    *tcp_segment(end, end->written++) = (struct tcp_segment){ .kind = kind };
    tcp_push(line, from, false);
}

static inline void tcp_shrink(struct tcp_end *end)
{
    end->threshold = 0.7 * end->window > 2 ? 0.7 * end->window : 2;
    end->window = end->threshold;
}

// Those before the newest that is there, and not heard of for a trip and a quarter, are lost.
static inline void tcp_find_losses(struct tcp_line *line, int at)
{
    struct tcp_end *end = &line->ends[at];
    unsigned n_sacked = 0;
    bool has_found = false;
    for (uint32_t i = end->acked; i != end->sent; i++) {
        n_sacked += tcp_segment(end, i)->is_sacked;
    }
    const uint64_t reordering_us = n_sacked >= 3 ? 0 : (uint64_t)(end->least_us / 4);
    for (uint32_t i = end->acked; i != end->sent; i++) {
        struct tcp_segment *segment = tcp_segment(end, i);
        if (!segment->is_sacked && !segment->is_lost && segment->sent_us < end->newest_us &&
            line->now_us >= segment->sent_us + end->newest_rtt_us + reordering_us) {
            segment->is_lost = has_found = true;
        }
    }
    const bool is_first = has_found && !end->is_recovering;
    if (is_first) {
        end->is_recovering = true;
        end->recovery = end->sent;
        tcp_shrink(end);
        tcp_arm(line, end);
    }
    if (has_found) {
        tcp_push(line, at, is_first);
    }
}

static inline void tcp_time_out(struct tcp_line *line, int at)
{
    struct tcp_end *end = &line->ends[at];
    if (line->now_us >= end->probe_us) {
        const uint32_t number = end->sent != end->written ? end->sent : end->sent - 1;
        end->is_probing = true;
        tcp_send_segment(line, at, number);
        end->probe_us = UINT64_MAX;
        end->timeout_us = line->now_us + tcp_timeout_us(end);
    } else if (line->now_us >= end->timeout_us) {
        for (uint32_t i = end->acked; i != end->sent; i++) {
            tcp_segment(end, i)->is_lost = !tcp_segment(end, i)->is_sacked;
        }
        tcp_shrink(end);
        end->window = 1;
        end->has_timed_out = true;
        end->backoff++;
        end->is_recovering = true;
        end->recovery = end->sent;
        tcp_push(line, at, true);
        tcp_arm(line, end);
    }
}

// ---- receiving ---------------------------------------------------------------------------------

static inline void tcp_measure(struct tcp_end *end, double rtt_us)
{
    if (end->srtt_us == 0) {
        end->srtt_us = rtt_us;
        end->var_us = rtt_us / 2;
        end->least_us = rtt_us;
    }
    const double off_us = rtt_us > end->srtt_us ? rtt_us - end->srtt_us : end->srtt_us - rtt_us;
    end->var_us += (off_us - end->var_us) / 4;
    end->srtt_us += (rtt_us - end->srtt_us) / 8;
    end->least_us = rtt_us < end->least_us ? rtt_us : end->least_us;
}

static inline void tcp_take_ack(struct tcp_line *line, int at, const struct tcp_packet *packet)
{
    struct tcp_end *end = &line->ends[at];
    const bool was_full = tcp_in_flight(end) >= (unsigned)end->window;
    bool is_news = false;
    unsigned n_there = 0;
    end->heard_us = line->now_us;
    for (uint32_t i = end->acked; i != end->sent; i++) {
        struct tcp_segment *segment = tcp_segment(end, i);
        const uint32_t beyond = i - packet->ack;
        const bool is_there = (int32_t)beyond < 0 || (beyond < 64 && packet->sacks >> beyond & 1);
        if (!is_there || segment->is_sacked) {
            continue;
        }
        segment->is_sacked = is_news = true;
        segment->is_lost = false;
        n_there++;
        if (segment->n_sent == 1) {
            tcp_measure(end, (double)(line->now_us - segment->sent_us));
        }
        if (segment->sent_us >= end->newest_us) {
            end->newest_us = segment->sent_us;
            end->newest_rtt_us = line->now_us - segment->sent_us;
        }
    }
    while (end->acked != end->sent && (int32_t)(packet->ack - end->acked) > 0) {
        if (end->is_probing && tcp_segment(end, end->acked)->n_sent > 1) {
            tcp_shrink(end); // the probe has repaired a loss
        }
        end->acked++;
    }
    if (end->is_recovering && (int32_t)(end->acked - end->recovery) >= 0) {
        end->is_recovering = false;
        if (!end->has_timed_out && end->window < end->threshold) {
            end->window = end->threshold;
        }
        end->has_timed_out = false;
    }
    if (is_news) {
        end->backoff = 0;
        end->is_probing = false;
        const bool is_slow_start = end->window < end->threshold;
        end->window += !was_full ? 0 : is_slow_start ? n_there : n_there / end->window;
        tcp_arm(line, end);
    }
    tcp_find_losses(line, at);
    tcp_push(line, at, false);
}

static inline void tcp_run_program(struct tcp_line *line, int at)
{
    struct tcp_end *end = &line->ends[at], *other = &line->ends[!at];
    while (end->read != end->next && !(at == 1 && line->is_hanging)) {
        const enum tcp_kind kind = tcp_segment(other, end->read++)->kind;
        if (kind == TCP_QUESTION) {
            tcp_write(line, at, TCP_ANSWER);
        } else if (kind == TCP_PING) {
            tcp_write(line, at, TCP_PONG);
        } else if (kind == TCP_ANSWER) {
            line->answered_us = line->now_us;
        }
    }
}

static inline void tcp_take_data(struct tcp_line *line, int at, const struct tcp_packet *packet)
{
    struct tcp_end *end = &line->ends[at];
    end->n_in++;
    const bool is_old = (int32_t)(packet->number - end->next) < 0;
    const bool is_gap = packet->number != end->next;
    if (!is_old) {
        end->n_disordered += is_gap;
        end->has[packet->number % TCP_SEGMENTS] = true;
    }
    const uint32_t before = end->next;
    while (end->has[end->next % TCP_SEGMENTS]) {
        end->has[end->next++ % TCP_SEGMENTS] = false;
    }
    if (end->ack_us == UINT64_MAX) {
        end->ack_us = line->now_us + TCP_DELAYED_ACK_US;
    }
    const uint64_t due_us = end->ack_us;
    tcp_run_program(line, at);
    if (end->ack_us == due_us && (is_gap || end->next - before > 1)) {
        tcp_transmit(line, at, false, 0); // at once
    }
}

// ---- for tests ---------------------------------------------------------------------------------

static inline void tcp_open(struct tcp_line *line, uint32_t rtt_us, uint32_t jitter_us,
                            uint32_t loss_ppm, uint64_t seed)
{
    memset(line, 0, sizeof(*line));
    line->random = 88172645463325252u ^ (seed * 0x9E3779B97F4A7C15u);
    line->rtt_us = rtt_us;
    line->jitter_us = jitter_us;
    line->loss_ppm = loss_ppm;
    line->ping_us = TCP_STEP_US * (1 + tcp_pick(line, 5000));
    for (int i = 0; i < 2; i++) {
        struct tcp_end *end = &line->ends[i];
        end->window = 10;
        end->threshold = 1000;
        end->timeout_us = end->probe_us = end->ack_us = UINT64_MAX;
        tcp_measure(end, rtt_us);
    }
}

static inline void tcp_step(struct tcp_line *line)
{
    line->now_us += TCP_STEP_US;
    for (;;) { // in their order
        struct tcp_packet *first = NULL;
        for (unsigned i = 0; i < TCP_WIRE; i++) {
            struct tcp_packet *packet = &line->wire[i];
            if (packet->arrives_us != 0 && packet->arrives_us <= line->now_us &&
                (!first || packet->arrives_us < first->arrives_us)) {
                first = packet;
            }
        }
        if (!first) {
            break;
        }
        tcp_take_ack(line, !first->from, first);
        if (first->is_data) {
            tcp_take_data(line, !first->from, first);
        }
        first->arrives_us = 0;
    }
    if (line->now_us >= line->ping_us) {
        line->ping_us += TCP_PING_US;
        if (!line->is_hanging) {
            tcp_write(line, 1, TCP_PING);
        }
    }
    for (int i = 0; i < 2; i++) {
        tcp_find_losses(line, i);
        tcp_time_out(line, i);
        if (line->now_us >= line->ends[i].ack_us) {
            tcp_transmit(line, i, false, 0);
        }
    }
}

static inline bool tcp_is_idle(const struct tcp_line *line)
{
    for (unsigned i = 0; i < TCP_WIRE; i++) {
        if (line->wire[i].arrives_us != 0) {
            return false;
        }
    }
    for (int i = 0; i < 2; i++) {
        const struct tcp_end *end = &line->ends[i];
        if (end->acked != end->written || end->ack_us != UINT64_MAX) {
            return false;
        }
    }
    return true;
}

static inline void tcp_run_until(struct tcp_line *line, uint64_t now_us)
{
    while (line->now_us + TCP_STEP_US <= now_us) {
        if (tcp_is_idle(line)) {
            const uint64_t next_us = line->ping_us < now_us ? line->ping_us : now_us;
            line->now_us =
                next_us > line->now_us + TCP_STEP_US ? next_us - TCP_STEP_US : line->now_us;
        }
        tcp_step(line);
    }
}

// A byte is a segment.
static inline struct tcp_signs tcp_signs(const struct tcp_line *line)
{
    const struct tcp_end *end = &line->ends[0];
    return (struct tcp_signs){ .rtt_us = (uint32_t)end->srtt_us,
                               .rtt_var_us = (uint32_t)end->var_us,
                               .least_rtt_us = (uint32_t)end->least_us,
                               .answered_ago_us = line->now_us - end->heard_us,
                               .is_outstanding = end->acked != end->sent,
                               .acked_bytes = end->acked,
                               .waiting_bytes = end->written - end->acked,
                               .n_sent = end->n_out,
                               .n_received = end->n_in,
                               .n_resent = end->n_resent,
                               .n_disordered = end->n_disordered };
}

#endif
