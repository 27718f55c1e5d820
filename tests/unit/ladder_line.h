// SPDX-License-Identifier: BSD-3-Clause
//
// A line that is computed: a bottleneck with a rate, a queue and loss; the listener's stream runs
// into it at the rate of its tier, control's signs and the client's reports come out.
#ifndef SUSURRO_LADDER_LINE_H
#define SUSURRO_LADDER_LINE_H

#include "ladder/ladder.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)
#define TICK_US (50 * MS)
#define LOOK_US (250 * MS)

// ---- the line -----------------------------------------------------------------------------------

static const uint32_t wire_bps[TIERS] = { 55000, 39000, 24000, 15000, 12000 };
static const uint32_t packet_us[TIERS] = { 20000, 20000, 40000, 60000, 60000 };

struct weather { // from then on
    uint64_t from_us;
    uint32_t rate_bps, queue_bytes, loss_percent;
    uint64_t rtt_us;
};
struct line {
    struct ladder ladder;
    const struct weather *weather;
    size_t n_weather;
    uint64_t now_us;
    double queue_bytes, packets;
    uint32_t random, good, lost;
    uint64_t asked_us; // TCP has something outstanding since; 0: nothing
    uint64_t answer_us;
    unsigned n_changes, n_ups;
    uint64_t first_down_us, last_change_us;
    uint64_t least_apart_us; // a step down and the change after it
    bool was_up;
    enum tier thinnest;
};

static const struct weather *weather_of(const struct line *line)
{
    const struct weather *weather = line->weather;
    for (size_t i = 0; i < line->n_weather; i++)
        if (line->weather[i].from_us <= line->now_us)
            weather = &line->weather[i];
    return weather;
}

static bool happens(struct line *line, uint32_t percent)
{
    line->random = line->random * 1664525u + 1013904223u;
    return (line->random >> 8) % 100 < percent;
}

static uint64_t delay_us(const struct line *line)
{
    return weather_of(line)->rtt_us +
           (uint64_t)(line->queue_bytes * 8e6 / weather_of(line)->rate_bps);
}

static void send_sound(struct line *line)
{
    const struct weather *weather = weather_of(line);
    const enum tier tier = line->ladder.tier;
    line->packets += (double)TICK_US / packet_us[tier];
    for (; line->packets >= 1; line->packets -= 1) {
        const double bytes = wire_bps[tier] / 8e6 * packet_us[tier];
        const bool is_full = line->queue_bytes + bytes > weather->queue_bytes;
        if (is_full || happens(line, weather->loss_percent)) {
            line->lost++;
            continue;
        }
        line->queue_bytes += bytes;
        line->good++;
    }
    line->queue_bytes -= weather->rate_bps / 8e6 * TICK_US;
    if (line->queue_bytes < 0)
        line->queue_bytes = 0;
}

// As control sees it: once a second TCP says something, which waits in the same queue.
static void control_looks(struct line *line)
{
    if (line->asked_us != 0 && line->now_us >= line->answer_us) {
        ladder_round_trip(&line->ladder, line->answer_us - line->asked_us, weather_of(line)->rtt_us,
                          line->now_us);
        line->asked_us = 0;
    }
    if (line->asked_us != 0)
        ladder_waiting(&line->ladder, line->now_us - line->asked_us, line->now_us);
    if (line->asked_us == 0 && line->now_us % S < LOOK_US) {
        line->asked_us = line->now_us;
        line->answer_us = line->now_us + delay_us(line);
    }
    if (line->now_us % (5 * S) < LOOK_US)
        ladder_report(&line->ladder, line->good, 0, line->lost, line->now_us);
    const enum tier before = line->ladder.tier;
    if (!ladder_look(&line->ladder, line->now_us))
        return;
    line->n_changes++;
    line->n_ups += line->ladder.tier < before;
    const uint64_t apart_us = line->now_us - line->last_change_us;
    const bool was_down = line->last_change_us != 0 && !line->was_up;
    if (was_down && (line->least_apart_us == 0 || apart_us < line->least_apart_us))
        line->least_apart_us = apart_us;
    line->last_change_us = line->now_us;
    line->was_up = line->ladder.tier < before;
    if (line->ladder.tier > before && line->first_down_us == 0)
        line->first_down_us = line->now_us;
    if (line->ladder.tier > line->thinnest)
        line->thinnest = line->ladder.tier;
}

static void run_until(struct line *line, uint64_t until_us)
{
    for (; line->now_us < until_us; line->now_us += TICK_US) {
        send_sound(line);
        if (line->now_us % LOOK_US == 0)
            control_looks(line);
    }
}

static void begin(struct line *line, const struct weather *weather, size_t n)
{
    *line = (struct line){ .weather = weather, .n_weather = n, .now_us = S, .random = 7 };
    ladder_init(&line->ladder, TIER_STANDARD, line->now_us);
    ladder_bound(&line->ladder, TIER_STANDARD, TIER_LIFELINE, line->now_us);
    line->thinnest = line->ladder.tier;
}

#endif
