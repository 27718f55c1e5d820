// SPDX-License-Identifier: BSD-3-Clause
#include "ladder/ladder.h"

#include <assert.h>

const char *ladder_reason_text(enum ladder_reason reason)
{
    static const char *const texts[] = {
#define X(name, text) [name] = (text),
        LADDER_REASONS(X)
#undef X
    };
    return (unsigned)reason < LADDER_REASON_COUNT ? texts[reason] : "?";
}

void ladder_init(struct ladder *ladder, enum tier tier, uint64_t now_us)
{
    *ladder = (struct ladder){ .tier = tier,
                               .best = TIER_FULL,
                               .worst = TIER_LIFELINE,
                               .changed_us = now_us,
                               .bad_us = now_us,
                               .restless_us = LADDER_UP_US };
    for (unsigned i = 0; i < TIERS; i++)
        ladder->up_wait_us[i] = LADDER_UP_US;
}

static enum tier within(const struct ladder *ladder, enum tier tier)
{
    return tier < ladder->best ? ladder->best : tier > ladder->worst ? ladder->worst : tier;
}

bool ladder_bound(struct ladder *ladder, enum tier best, enum tier worst, uint64_t now_us)
{
    assert(best <= worst);
    // Who was at the top goes along with it: the line has shown nothing against it.
    const bool was_best = ladder->tier == ladder->best;
    ladder->best = best;
    ladder->worst = worst;
    const enum tier tier = within(ladder, was_best ? best : ladder->tier);
    if (tier == ladder->tier)
        return false;
    ladder->tier = tier;
    ladder->changed_us = now_us;
    return true;
}

// ---- signs --------------------------------------------------------------------------------------

static void note_bad(struct ladder *ladder, unsigned rungs, enum ladder_reason reason,
                     uint64_t now_us)
{
    ladder->bad_us = now_us;
    if (reason != LADDER_LOSS)
        ladder->late_us = now_us;
    if (rungs <= ladder->down)
        return;
    ladder->down = rungs;
    ladder->down_reason = reason;
}

static void judge_loss(struct ladder *ladder, uint64_t now_us)
{
    const uint32_t loss = ladder->loss_percent;
    if (ladder->is_tunnelled)
        return;
    if (loss < LADDER_LOSS_PERCENT) {
        if (loss > LADDER_CLEAN_PERCENT)
            ladder->bad_us = now_us; // neither: it stays where it is
        else
            ladder->is_lossy = false;
        return;
    }
    ladder->bad_us = now_us;
    // What went before was no cure: less than a third of the loss has gone with it.
    if (ladder->loss_before != 0 && loss * 3 >= ladder->loss_before * 2)
        ladder->is_lossy = true;
    if (ladder->is_lossy && loss < 2 * ladder->loss_before)
        return;
    note_bad(ladder, loss >= LADDER_LOSS_MUCH_PERCENT ? 2 : 1, LADDER_LOSS, now_us);
}

void ladder_report(struct ladder *ladder, uint32_t good, uint32_t late, uint32_t lost,
                   uint64_t now_us)
{
    const bool is_anew = !ladder->has_report || good < ladder->good || late < ladder->late;
    const uint32_t n_good = good - ladder->good, n_late = late - ladder->late;
    // A late packet was counted as lost first, so this may go back a little.
    const uint32_t n_lost = lost > ladder->lost ? lost - ladder->lost : 0;
    const uint64_t n_all = (uint64_t)n_good + n_lost;
    if (!is_anew &&
        (n_all < LADDER_REPORT_PACKETS || now_us - ladder->counted_us < LADDER_REPORT_US))
        return;
    const bool is_before_change = ladder->counted_us < ladder->changed_us;
    ladder->has_report = true;
    ladder->good = good;
    ladder->late = late;
    ladder->lost = lost;
    ladder->counted_us = now_us;
    if (is_anew)
        return;
    ladder->loss_percent = (uint32_t)((uint64_t)n_lost * 100 / n_all);
    ladder->late_percent = (uint32_t)((uint64_t)n_late * 100 / n_all);
    if (is_before_change) // part of it was sent on another rung: it says nothing of this one
        return;
    ladder->report_us = now_us;
    judge_loss(ladder, now_us);
    if (ladder->late_percent >= LADDER_LATE_PERCENT)
        note_bad(ladder, 1, LADDER_LATE, now_us);
}

void ladder_round_trip(struct ladder *ladder, uint64_t rtt_us, uint64_t least_us, uint64_t now_us)
{
    const bool is_falling = ladder->last_rtt_us != 0 && rtt_us < ladder->last_rtt_us;
    if (least_us == 0 || least_us > rtt_us)
        least_us = rtt_us;
    if (ladder->base_rtt_us == 0 || least_us < ladder->base_rtt_us)
        ladder->base_rtt_us = least_us;
    else // routes change: the base follows slowly
        ladder->base_rtt_us += (least_us - ladder->base_rtt_us) / 64;
    ladder->last_rtt_us = rtt_us;
    if (rtt_us <= ladder->base_rtt_us + LADDER_DELAY_US)
        return;
    ladder->bad_us = now_us;
    if (!is_falling) // else the queue drains already: it was stepped down enough
        note_bad(ladder, 2, LADDER_DELAY, now_us);
}

void ladder_waiting(struct ladder *ladder, uint64_t waited_us, uint64_t now_us)
{
    if (waited_us > LADDER_SILENT_US)
        note_bad(ladder, 2, LADDER_SILENT, now_us);
    else if (ladder->base_rtt_us != 0 && waited_us > ladder->base_rtt_us + LADDER_DELAY_US)
        note_bad(ladder, 2, LADDER_DELAY, now_us);
}

void ladder_tunnel(struct ladder *ladder, uint64_t waited_us, uint32_t n_dropped, uint64_t now_us)
{
    if (n_dropped > 0)
        note_bad(ladder, 2, LADDER_TUNNEL, now_us);
    else if (waited_us > LADDER_TUNNEL_US)
        note_bad(ladder, 1, LADDER_TUNNEL, now_us);
}

// ---- the choice ---------------------------------------------------------------------------------

static void change(struct ladder *ladder, enum tier tier, enum ladder_reason reason,
                   uint64_t now_us)
{
    ladder->tier = tier;
    ladder->reason = reason;
    ladder->changed_us = now_us;
}

// A rung that was tried and does not hold: the one below it did.
static bool has_failed_trial(const struct ladder *ladder, uint64_t now_us)
{
    return ladder->raised_us != 0 && now_us - ladder->raised_us < LADDER_TRIAL_US;
}

static bool is_settling(const struct ladder *ladder, uint64_t now_us)
{
    return now_us - ladder->changed_us < LADDER_SETTLE_US && ladder->reason != LADDER_START &&
           ladder->reason != LADDER_STEADY;
}

static uint64_t doubled(uint64_t wait_us)
{
    return 2 * wait_us < LADDER_UP_MOST_US ? 2 * wait_us : LADDER_UP_MOST_US;
}

// A line that recovers and falls, again and again, is not followed in each of its turns.
static void note_fall(struct ladder *ladder, uint64_t now_us)
{
    const bool is_same = ladder->stepped_us != 0 && now_us - ladder->stepped_us < LADDER_FALL_US;
    ladder->stepped_us = now_us;
    if (is_same)
        return;
    if (ladder->fell_us != 0 && now_us - ladder->fell_us < LADDER_RESTLESS_US)
        ladder->restless_us = doubled(ladder->restless_us);
    ladder->fell_us = now_us;
}

static bool step_down(struct ladder *ladder, uint64_t now_us)
{
    const bool is_trial = has_failed_trial(ladder, now_us);
    const unsigned rungs = is_trial && ladder->down > 1 ? 1 : ladder->down;
    ladder->down = 0;
    const enum tier tier = within(ladder, (enum tier)((unsigned)ladder->tier + rungs));
    if (tier == ladder->tier || is_settling(ladder, now_us))
        return false;
    ladder->loss_before = ladder->down_reason == LADDER_LOSS ? ladder->loss_percent : 0;
    uint64_t *wait_us = &ladder->up_wait_us[ladder->tier];
    if (is_trial)
        *wait_us = doubled(*wait_us);
    note_fall(ladder, now_us);
    ladder->raised_us = 0;
    change(ladder, tier, ladder->down_reason, now_us);
    return true;
}

// Where a client reports, its report must say that this rung is clean.
static bool is_confirmed(const struct ladder *ladder, uint64_t now_us)
{
    return ladder->is_tunnelled || ladder->report_us == 0 ||
           now_us - ladder->report_us > LADDER_REPORT_STALE_US ||
           (ladder->report_us > ladder->changed_us && ladder->loss_percent <= LADDER_CLEAN_PERCENT);
}

static bool step_up(struct ladder *ladder, uint64_t now_us)
{
    const uint64_t since_us =
        ladder->bad_us > ladder->changed_us ? ladder->bad_us : ladder->changed_us;
    if (ladder->raised_us != 0 && now_us - ladder->raised_us >= LADDER_TRIAL_US) {
        ladder->up_wait_us[ladder->tier] = LADDER_UP_US; // it has held
        ladder->raised_us = 0;
    }
    if (now_us - ladder->stepped_us >= LADDER_RESTLESS_US)
        ladder->restless_us = LADDER_UP_US;
    if (ladder->tier == ladder->best || ladder->tier == TIER_FULL)
        return false;
    const uint64_t own_us = ladder->up_wait_us[ladder->tier - 1];
    const uint64_t wait_us = own_us > ladder->restless_us ? own_us : ladder->restless_us;
    if (now_us < since_us + wait_us || !is_confirmed(ladder, now_us))
        return false;
    ladder->loss_before = 0;
    ladder->raised_us = now_us;
    change(ladder, (enum tier)((unsigned)ladder->tier - 1), LADDER_STEADY, now_us);
    return true;
}

bool ladder_look(struct ladder *ladder, uint64_t now_us)
{
    return step_down(ladder, now_us) || step_up(ladder, now_us);
}

bool ladder_is_incurable(const struct ladder *ladder)
{
    return ladder->is_lossy || ladder->tier == ladder->worst;
}

bool ladder_repairs(const struct ladder *ladder, uint64_t now_us)
{
    const bool has_room = ladder->late_us == 0 || now_us - ladder->late_us > LADDER_REPAIR_QUIET_US;
    return has_room && !ladder->is_tunnelled && ladder->report_us != 0 &&
           ladder->loss_percent >= LADDER_REPAIR_PERCENT &&
           (ladder->is_lossy || ladder->loss_percent < LADDER_LOSS_PERCENT);
}
