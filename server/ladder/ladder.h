// SPDX-License-Identifier: BSD-3-Clause
//
// ladder: which rung a listener's line carries, from what is known of it. One for each listener,
// owned by the control thread. Pure: signs and the time come in, a tier and the reason come out.
//
//   signs ──► bad (now many rungs down) ──► down at once, then LADDER_SETTLE_US of patience
//         └─► good for up_wait_us ────────► up one rung; a rung that does not hold doubles
//         up_wait_us
//
// Fast signs are the server's own: how long TCP has waited for an answer, its round trip, and how
// late sound leaves through the tunnel. The client's Ping (each 5 s) brings what no other shows,
// datagrams that are lost without anything being late, and it must confirm a way up.
// Loss that a thinner stream does not lessen is the line's nature (a bad radio): it moves nobody
// down more than one rung. Invariants: the tier is always within [best, worst]; after a step
// down at least LADDER_SETTLE_US go by, but for changes of the bounds; a way up is one rung, and is
// taken back at once when it fails.
#ifndef SUSURRO_LADDER_H
#define SUSURRO_LADDER_H

#include "audio/audio.h"

#include <stdbool.h>
#include <stdint.h>

#define LADDER_SETTLE_US UINT64_C(2000000)    // after a step down, until the next may follow
#define LADDER_UP_US UINT64_C(20000000)       // good for so long: one rung up
#define LADDER_UP_MOST_US UINT64_C(320000000) // the longest that failed ways up make one wait
// A line that falls again within so long is restless: each time the wait for any way up doubles.
#define LADDER_RESTLESS_US UINT64_C(180000000)
#define LADDER_FALL_US UINT64_C(8000000)   // steps down within so long are one fall
#define LADDER_TRIAL_US UINT64_C(60000000) // a rung that holds for so long after a way up is proved
#define LADDER_DELAY_US UINT64_C(300000)   // beyond the line's own round trip: it is overfull
#define LADDER_SILENT_US UINT64_C(1000000) // without any answer for so long
#define LADDER_TUNNEL_US UINT64_C(150000)  // sound that waits so long in the tunnel
#define LADDER_LOSS_PERCENT 5u             // of a client's report: one rung
#define LADDER_LOSS_MUCH_PERCENT 15u       // two
#define LADDER_LATE_PERCENT 25u            // arrived out of order: one
#define LADDER_CLEAN_PERCENT 2u            // at most, for the way up
#define LADDER_REPAIR_PERCENT 3u           // from here on each packet goes twice ...
#define LADDER_REPAIR_QUIET_US UINT64_C(60000000) // ... where nothing has been late for so long
#define LADDER_REPORT_PACKETS 20u                 // fewer say nothing: they are added to the next
#define LADDER_REPORT_US UINT64_C(900000)         // likewise a shorter time
#define LADDER_REPORT_STALE_US UINT64_C(30000000) // an older one is forgotten

#define LADDER_REASONS(X)                                                                          \
    X(LADDER_START, "start")      /* nothing is known yet */                                       \
    X(LADDER_STEADY, "steady")    /* the line has been good */                                     \
    X(LADDER_DELAY, "delay")      /* the round trip has grown */                                   \
    X(LADDER_SILENT, "no answer") /* nothing comes back */                                         \
    X(LADDER_LOSS, "loss")        /* the client reports loss */                                    \
    X(LADDER_LATE, "late")        /* the client reports packets out of order */                    \
    X(LADDER_TUNNEL, "tunnel")    /* sound waits in the TCP tunnel, or is dropped there */
enum ladder_reason {
#define X(name, text) name,
    LADDER_REASONS(X)
#undef X
        LADDER_REASON_COUNT
};
const char *ladder_reason_text(enum ladder_reason reason);

struct ladder {
    enum tier tier, best, worst;
    enum ladder_reason reason;           // of the last change
    uint64_t changed_us, bad_us;         // the last change; the last bad sign
    uint64_t raised_us;                  // the last way up, while it may still fail; 0
    uint64_t up_wait_us[TIERS];          // how long good before this one is tried
    uint64_t fell_us, stepped_us;        // when the last fall began; its last step; 0: never
    uint64_t restless_us;                // how long good before any way up
    uint64_t base_rtt_us, last_rtt_us;   // the line's own; 0: not known
    uint64_t report_us;                  // when the last report was judged; 0: never
    bool has_report;                     // counters below are set
    uint32_t good, late, lost;           // what the last judged report counted
    uint64_t counted_us;                 // when that was
    uint32_t loss_percent, late_percent; // of the last judged one
    uint32_t loss_before;                // what made it go down; 0: nothing
    bool is_lossy;                       // it loses the same on thinner streams
    bool is_tunnelled;                   // its sound takes no datagrams: what they lose is no sign
    uint64_t late_us;                    // the last sign of an overfull line; 0: none
    // what has come since the last look
    unsigned down; // rungs, 0: nothing bad
    enum ladder_reason down_reason;
};

void ladder_init(struct ladder *ladder, enum tier tier, uint64_t now_us);
// No better tier than best, no thinner than worst; taken into account at once: true when the tier
// has changed by that.
bool ladder_bound(struct ladder *ladder, enum tier best, enum tier worst, uint64_t now_us);

// ---- signs --------------------------------------------------------------------------------------

// A Ping's counters as they are: since the client's key was set. What goes backwards begins anew.
void ladder_report(struct ladder *ladder, uint32_t good, uint32_t late, uint32_t lost,
                   uint64_t now_us);
void ladder_round_trip(struct ladder *ladder, uint64_t rtt_us, uint64_t least_us, uint64_t now_us);
void ladder_waiting(struct ladder *ladder, uint64_t waited_us, uint64_t now_us); // for any answer
// Of the tunnel: how long its oldest sound waits, how many packets were dropped since last time.
void ladder_tunnel(struct ladder *ladder, uint64_t waited_us, uint32_t n_dropped, uint64_t now_us);

// ---- the choice ---------------------------------------------------------------------------------

// Call when signs have come, and once a second. True: the tier has changed, reason says why.
bool ladder_look(struct ladder *ladder, uint64_t now_us);
// Is each packet to go twice? Where the line loses some and has room for it: a thinner stream lost
// the same, or the loss is too small to step down; and nothing was late.
bool ladder_repairs(const struct ladder *ladder, uint64_t now_us);

// Is its loss one that no thinner stream lessens?
bool ladder_is_incurable(const struct ladder *ladder);

// ---- datagrams or the tunnel --------------------------------------------------------------------
//
//   DATAGRAMS ──CARRIER_BAD_REPORTS of incurable loss──► TUNNEL
//   TUNNEL ──after wait_us──► PROBE: both ways ──a report: good──► DATAGRAMS
//     ▲                         └──a report: bad, wait_us doubles──► TUNNEL
//   TUNNEL, PROBE ──CARRIER_LATE_PERCENT come too late there──► DATAGRAMS, for wait_us, which
//   doubles
//
// In a probe each packet goes both ways: the sound is the tunnel's, and the client's next report
// tells what datagrams would be like. One for each direction of a line.
#define CARRIER_LOSS_PERCENT 20u
#define CARRIER_BAD_REPORTS 2u // in a row: one may be a burst
#define CARRIER_GOOD_PERCENT 10u
#define CARRIER_LATE_PERCENT 20u
#define CARRIER_JUDGED_PACKETS 50u
#define CARRIER_PROBE_US UINT64_C(60000000)
#define CARRIER_PROBE_MOST_US UINT64_C(960000000)     // the longest that failures make one wait
#define CARRIER_PROBE_LEAST_US UINT64_C(3000000)      // a report that comes sooner is of before
#define CARRIER_PROBE_MOST_LONG_US UINT64_C(30000000) // without a report it is over
enum carrier_way { CARRIER_DATAGRAMS, CARRIER_TUNNEL, CARRIER_PROBE };
const char *carrier_way_text(enum carrier_way way);
struct carrier {
    enum carrier_way way;
    unsigned n_bad; // reports in a row
    uint64_t changed_us, wait_us, refused_until_us;
    uint32_t n_sent, n_late, n_sent_then, n_late_then; // through the tunnel; when it changed
};
void carrier_init(struct carrier *carrier, uint64_t now_us);
// A report of what datagrams lose; is_incurable: a thinner stream does not lessen it.
void carrier_loss(struct carrier *carrier, uint32_t percent, bool is_incurable, uint64_t now_us);
// Now and then: how many packets went through the tunnel so far, how many of them too late.
void carrier_look(struct carrier *carrier, uint32_t n_sent, uint32_t n_late, uint64_t now_us);

// ---- a ceiling for the whole server -------------------------------------------------------------
//
// What is sent to all listeners together stays under a ceiling: the richest step down first, one
// rung at a time, the last of the array before the first, and those of a later standing only when
// all of an earlier one are on the thinnest. When there is room again the thinnest rise first, a
// rung every SHARE_UP_US, and only so far that SHARE_ROOM_PERCENT of the ceiling is used: so
// nothing goes to and fro. Invariants: the sum is under the ceiling, or all are on lifeline; nobody
// is two tiers richer than one of the same standing who is held down; a higher ceiling makes nobody
// worse.
#define SHARE_UP_US UINT64_C(20000000)
#define SHARE_ROOM_PERCENT 90u
enum share_standing { SHARE_FIRST, SHARE_LATER, SHARE_STANDINGS }; // later: who interprets
struct share {
    uint32_t bps[TIERS]; // what they cost on each tier; a thinner one costs no more
    enum tier own;       // what they would have without a ceiling
    enum tier cap;       // kept by the caller from one time to the next; TIER_FULL: none
    enum share_standing standing;
};
enum tier share_tier(const struct share *share); // the thinner of own and cap
// fixed_bps: what is not to be thinned. ceiling_bps 0: none. *changed_us: when caps changed last.
// True: they have changed now.
bool share_work_out(struct share *all, size_t n, uint64_t fixed_bps, uint64_t ceiling_bps,
                    uint64_t *changed_us, uint64_t now_us);
uint32_t ladder_wire_bps(enum tier tier, bool is_ipv6); // of one voice by UDP, docs/LINES.md

#endif
