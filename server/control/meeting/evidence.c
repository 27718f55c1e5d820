// SPDX-License-Identifier: BSD-3-Clause
#include "control/meeting/evidence.h"

#include <math.h>

#define LOSS_LEAST 0.02 // a line that has lost nothing yet may begin to
#define LOSS_MOST 0.30
#define JITTER_LEAST_US 40000u
#define LINE_LATEST_US 800000u // however few segments the kernel could send
#define HANGS_US 250000u       // after the question was there ...
#define HANGS_LOSSY_US 600000u // ... where answers get lost ...
#define HANGS_LOSSY_TRIPS 3u   // ... by then they were sent again ...
#define MOVED_US 2000000u      // ... and after something came that only a program sends

// An answer is here by then, if nothing is lost.
static uint64_t trip_us(const struct tcp_signs *signs)
{
    const uint64_t jitter_us = 4u * (uint64_t)signs->rtt_var_us;
    return signs->rtt_us + (jitter_us > JITTER_LEAST_US ? jitter_us : JITTER_LEAST_US);
}

void evidence_begin(struct evidence *evidence, const struct tcp_signs *signs, uint64_t now_us)
{
    const double n = (double)signs->n_sent + (double)signs->n_received;
    const double lost = (double)signs->n_resent + (double)signs->n_disordered;
    const double share = n > 0 ? fmin(fmax(lost / n, LOSS_LEAST), LOSS_MOST) : LOSS_LEAST;
    const double fails = 1.0 - (1.0 - share) * (1.0 - share);
    const double needed = ceil(log(EVIDENCE_CHANCE) / log(fails));
    *evidence = (struct evidence){
        .begin_us = now_us,
        .ask_us = now_us + EVIDENCE_ASK_US,
        .mark = signs->acked_bytes + signs->waiting_bytes,
        .heard_us = now_us,
        .n_asked = 1,
        .n_sent = signs->n_sent,
        .n_received = signs->n_received,
        .n_kept = 1, // the question itself
        .sent_us = { now_us },
        .n_needed = needed > EVIDENCE_SEGMENTS_MIN ? (unsigned)needed : EVIDENCE_SEGMENTS_MIN,
        .is_lossy = lost * 100 > n,
    };
}

static void note(struct evidence *evidence, const struct tcp_signs *signs, uint64_t now_us)
{
    for (; evidence->n_sent != signs->n_sent; evidence->n_sent++)
        if (evidence->n_kept < EVIDENCE_KEPT)
            evidence->sent_us[evidence->n_kept++] = now_us;
    const uint64_t heard_us = now_us - signs->answered_ago_us;
    if (signs->answered_ago_us < now_us && heard_us > evidence->heard_us)
        evidence->heard_us = heard_us;
    if (evidence->reached_us == 0 && signs->acked_bytes >= evidence->mark)
        evidence->reached_us = now_us;
    if (evidence->n_received != signs->n_received)
        evidence->moved_us = now_us;
    evidence->n_received = signs->n_received;
}

static unsigned n_unanswered(const struct evidence *evidence, uint64_t latest_us)
{
    unsigned n = 0;
    for (unsigned i = 0; i < evidence->n_kept; i++)
        n += evidence->sent_us[i] >= evidence->heard_us && evidence->sent_us[i] <= latest_us;
    return n;
}

static bool is_line_gone(const struct evidence *evidence, uint64_t trip, uint64_t now_us)
{
    const uint64_t silent_us = now_us - evidence->heard_us;
    const uint64_t latest_us = 4 * trip > LINE_LATEST_US ? 4 * trip : LINE_LATEST_US;
    if (silent_us < EVIDENCE_LEAST_US || now_us < trip)
        return false;
    const unsigned n = n_unanswered(evidence, now_us - trip);
    return n >= evidence->n_needed || (n >= 3 && silent_us >= latest_us) ||
           (n >= 2 && silent_us >= 2 * latest_us);
}

static bool is_hanging(const struct evidence *evidence, uint64_t trip, uint64_t now_us)
{
    if (evidence->reached_us == 0)
        return false;
    if (evidence->moved_us >= evidence->reached_us) // an answer, behind one that was lost
        return now_us - evidence->moved_us >= MOVED_US;
    const uint64_t trips_us = evidence->is_lossy ? HANGS_LOSSY_TRIPS * trip : trip;
    const uint64_t least_us = evidence->is_lossy ? HANGS_LOSSY_US : HANGS_US;
    return now_us - evidence->reached_us >= (trips_us > least_us ? trips_us : least_us);
}

static bool is_to_be_asked(struct evidence *evidence, uint64_t now_us)
{
    if (now_us < evidence->ask_us || evidence->n_asked >= EVIDENCE_ASKS_MAX ||
        evidence->n_after >= EVIDENCE_ASKS_AFTER)
        return false;
    evidence->ask_us += EVIDENCE_ASK_US;
    evidence->n_asked++;
    evidence->n_after += evidence->reached_us != 0;
    return true;
}

enum evidence_verdict evidence_look(struct evidence *evidence, const struct tcp_signs *signs,
                                    uint64_t now_us)
{
    const uint64_t trip = trip_us(signs);
    note(evidence, signs, now_us);
    if (is_line_gone(evidence, trip, now_us))
        return EVIDENCE_LINE_GONE;
    if (is_hanging(evidence, trip, now_us))
        return EVIDENCE_HANGS;
    if (now_us - evidence->begin_us >= EVIDENCE_GIVE_UP_US)
        return EVIDENCE_NO_END;
    return is_to_be_asked(evidence, now_us) ? EVIDENCE_ASK : EVIDENCE_NONE;
}
