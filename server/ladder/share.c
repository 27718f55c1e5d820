// SPDX-License-Identifier: BSD-3-Clause
//
// A ceiling for the whole server, shared fairly.
#include "ladder/ladder.h"

static const uint32_t wire_bps[2][TIERS] = {
    { 55000, 39000, 24000, 15000, 12000 }, // IPv4
    { 63000, 47000, 28000, 18000, 15000 }, // IPv6
};

uint32_t ladder_wire_bps(enum tier tier, bool is_ipv6)
{
    return wire_bps[is_ipv6][tier];
}

enum tier share_tier(const struct share *share)
{
    return share->cap > share->own ? share->cap : share->own;
}

static bool is_held(const struct share *share)
{
    return share->cap > share->own;
}

static uint64_t sum_of(const struct share *all, size_t n, uint64_t fixed_bps)
{
    uint64_t sum_bps = fixed_bps;
    for (size_t i = 0; i < n; i++)
        sum_bps += all[i].bps[share_tier(&all[i])];
    return sum_bps;
}

// A cap that holds nobody down is none: whoever's line has become worse than it is not held.
static void drop_idle_caps(struct share *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_held(&all[i]))
            all[i].cap = TIER_FULL;
}

static bool is_anybody_held(const struct share *all, size_t n, enum share_standing standing)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].standing == standing && is_held(&all[i]))
            return true;
    return false;
}

// The thinnest tier that one of them is held on; TIER_FULL: nobody is.
static enum tier thinnest_of(const struct share *all, size_t n, enum share_standing standing)
{
    enum tier thinnest = TIER_FULL;
    for (size_t i = 0; i < n; i++)
        if (all[i].standing == standing && is_held(&all[i]) && all[i].cap > thinnest)
            thinnest = all[i].cap;
    return thinnest;
}

// Nobody is two tiers richer than one of the same standing who is held, nor spared at all while one
// of a later standing is: who comes anew joins them.
static bool level(struct share *all, size_t n)
{
    bool is_changed = false, is_later_held = false;
    for (int standing = SHARE_STANDINGS - 1; standing >= 0; standing--) {
        const enum tier thinnest = thinnest_of(all, n, (enum share_standing)standing);
        const enum tier most = is_later_held          ? TIER_LIFELINE
                               : thinnest > TIER_FULL ? (enum tier)(thinnest - 1)
                                                      : TIER_FULL;
        for (size_t i = 0; i < n; i++) {
            if ((int)all[i].standing != standing || share_tier(&all[i]) >= most)
                continue;
            all[i].cap = most;
            is_changed = true;
        }
        is_later_held = is_later_held || is_anybody_held(all, n, (enum share_standing)standing);
    }
    return is_changed;
}

// Always one of the richest, one rung; the last of the array first.
static bool lower(struct share *all, size_t n, uint64_t sum_bps, uint64_t ceiling_bps)
{
    bool is_changed = false;
    for (int standing = 0; standing < SHARE_STANDINGS; standing++)
        for (int tier = TIER_FULL; tier < TIER_LIFELINE; tier++)
            for (size_t i = n; i-- > 0 && sum_bps > ceiling_bps;) {
                struct share *share = &all[i];
                if ((int)share->standing != standing || (int)share_tier(share) != tier)
                    continue;
                sum_bps -= share->bps[tier] - share->bps[tier + 1];
                share->cap = (enum tier)(tier + 1);
                is_changed = true;
            }
    return is_changed;
}

// Those on the thinnest tier that somebody is held on, as many as fit; who was spared longest is
// the first to be better off.
static bool raise_standing(struct share *all, size_t n, enum share_standing standing,
                           uint64_t sum_bps, uint64_t room_bps)
{
    const enum tier thinnest = thinnest_of(all, n, standing);
    bool is_changed = false;
    for (size_t i = 0; i < n && thinnest > TIER_FULL; i++) {
        struct share *share = &all[i];
        if (share->standing != standing || !is_held(share) || share->cap != thinnest)
            continue;
        const uint64_t more_bps = share->bps[thinnest - 1] - share->bps[thinnest];
        if (sum_bps + more_bps > room_bps)
            continue;
        sum_bps += more_bps;
        share->cap = (enum tier)(thinnest - 1);
        is_changed = true;
    }
    return is_changed;
}

static bool raise(struct share *all, size_t n, uint64_t sum_bps, uint64_t ceiling_bps)
{
    const uint64_t room_bps = ceiling_bps / 100 * SHARE_ROOM_PERCENT;
    for (int standing = SHARE_STANDINGS - 1; standing >= 0; standing--)
        if (is_anybody_held(all, n, (enum share_standing)standing))
            return raise_standing(all, n, (enum share_standing)standing, sum_bps, room_bps);
    return false;
}

bool share_work_out(struct share *all, size_t n, uint64_t fixed_bps, uint64_t ceiling_bps,
                    uint64_t *changed_us, uint64_t now_us)
{
    bool is_changed = false;
    drop_idle_caps(all, n);
    if (ceiling_bps == 0) {
        for (size_t i = 0; i < n; i++) {
            is_changed = is_changed || is_held(&all[i]);
            all[i].cap = TIER_FULL;
        }
        return is_changed;
    }
    is_changed = lower(all, n, sum_of(all, n, fixed_bps), ceiling_bps);
    is_changed = level(all, n) || is_changed;
    if (!is_changed && now_us - *changed_us >= SHARE_UP_US)
        is_changed = raise(all, n, sum_of(all, n, fixed_bps), ceiling_bps);
    drop_idle_caps(all, n);
    if (is_changed)
        *changed_us = now_us;
    return is_changed;
}
