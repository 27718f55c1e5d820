// SPDX-License-Identifier: BSD-3-Clause
//
// When sound leaves datagrams for the tunnel, and how it comes back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "ladder/ladder.h"

#define S UINT64_C(1000000)

enum { LOSS, CURABLE, TUNNEL_SENT }; // what happens; TUNNEL_SENT: so many packets, b of them late

struct event {
    uint64_t at_s;
    int kind;
    uint32_t a, b;
    enum carrier_way way; // afterwards
};

static const struct event easy[] = {
    { 5, LOSS, 20, 0, CARRIER_DATAGRAMS },
    { 10, CURABLE, 60, 0, CARRIER_DATAGRAMS },
    { 15, LOSS, 21, 0, CARRIER_TUNNEL },
    { 20, LOSS, 0, 0, CARRIER_TUNNEL }, // echoes of pings
    { 74, TUNNEL_SENT, 2000, 0, CARRIER_TUNNEL },
    { 75, TUNNEL_SENT, 0, 0, CARRIER_PROBE },
    { 77, LOSS, 0, 0, CARRIER_PROBE }, // of before
    { 80, LOSS, 10, 0, CARRIER_DATAGRAMS },
};
static const struct event burst[] = {
    { 5, LOSS, 40, 0, CARRIER_DATAGRAMS },  { 10, LOSS, 5, 0, CARRIER_DATAGRAMS },
    { 15, LOSS, 40, 0, CARRIER_DATAGRAMS }, { 20, CURABLE, 40, 0, CARRIER_DATAGRAMS },
    { 25, LOSS, 40, 0, CARRIER_DATAGRAMS },
};
static const struct event stubborn[] = {
    { 15, LOSS, 30, 0, CARRIER_TUNNEL },       { 75, TUNNEL_SENT, 0, 0, CARRIER_PROBE },
    { 80, LOSS, 30, 0, CARRIER_TUNNEL },       { 199, TUNNEL_SENT, 0, 0, CARRIER_TUNNEL },
    { 200, TUNNEL_SENT, 0, 0, CARRIER_PROBE }, // after twice as long
    { 205, LOSS, 11, 0, CARRIER_TUNNEL },      { 445, TUNNEL_SENT, 0, 0, CARRIER_PROBE },
    { 450, LOSS, 0, 0, CARRIER_DATAGRAMS },    { 455, LOSS, 30, 0, CARRIER_TUNNEL },
    { 515, TUNNEL_SENT, 0, 0, CARRIER_PROBE }, // it was good meanwhile: from the start again
};
static const struct event worse[] = {
    { 15, LOSS, 30, 0, CARRIER_TUNNEL },
    { 20, TUNNEL_SENT, 40, 20, CARRIER_TUNNEL }, // too few to judge
    { 25, TUNNEL_SENT, 60, 10, CARRIER_DATAGRAMS },
    { 30, LOSS, 30, 0, CARRIER_DATAGRAMS }, // it was tried
    { 84, LOSS, 30, 0, CARRIER_DATAGRAMS },
    { 85, LOSS, 30, 0, CARRIER_TUNNEL },
    { 90, TUNNEL_SENT, 100, 20, CARRIER_DATAGRAMS },
    { 200, LOSS, 30, 0, CARRIER_DATAGRAMS },
    { 210, LOSS, 30, 0, CARRIER_TUNNEL },
};
static const struct event silent[] = {
    { 15, LOSS, 30, 0, CARRIER_TUNNEL },       { 75, TUNNEL_SENT, 0, 0, CARRIER_PROBE },
    { 104, TUNNEL_SENT, 0, 0, CARRIER_PROBE }, { 105, TUNNEL_SENT, 0, 0, CARRIER_TUNNEL },
    { 165, TUNNEL_SENT, 0, 0, CARRIER_PROBE }, // nothing was learnt: no longer than before
};

static void play(const char *name, const struct event *events, size_t n)
{
    struct carrier carrier;
    uint32_t sent = 0, late = 0;
    carrier_init(&carrier, 0);
    for (size_t i = 0; i < n; i++) {
        const struct event *event = &events[i];
        if (event->kind == TUNNEL_SENT) {
            sent += event->a;
            late += event->b;
        } else {
            const bool is_to_tunnel =
                carrier.way == CARRIER_DATAGRAMS && event->way == CARRIER_TUNNEL;
            carrier_loss(&carrier, event->a, event->kind == LOSS, event->at_s * S);
            if (is_to_tunnel) { // one report more says the same
                assert_int_equal(carrier.way, CARRIER_DATAGRAMS);
                carrier_loss(&carrier, event->a, event->kind == LOSS, event->at_s * S);
            }
        }
        carrier_look(&carrier, sent, late, event->at_s * S);
        if (carrier.way != event->way)
            fail_msg("%s: at %llu s %s instead of %s", name, (unsigned long long)event->at_s,
                     carrier_way_text(carrier.way), carrier_way_text(event->way));
    }
}

static void ways_are_taken(void **state)
{
    (void)state;
#define PLAY(events) play(#events, events, sizeof(events) / sizeof(events)[0])
    PLAY(easy);
    PLAY(burst);
    PLAY(stubborn);
    PLAY(worse);
    PLAY(silent);
}

// An hour of reports, at random or all alike: how often it can change at most.
static void no_line_makes_it_flap(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++) {
        struct carrier carrier;
        uint32_t random = seed * 2654435761u, sent = 0, late = 0;
        unsigned n_to_tunnel = 0;
        carrier_init(&carrier, 0);
        for (uint64_t at_s = 0; at_s < 3600; at_s += 5) {
            random = random * 1664525u + 1013904223u;
            const uint32_t loss = seed == 0 ? 30 : (random >> 8) % 45;
            const enum carrier_way before = carrier.way;
            if (before != CARRIER_DATAGRAMS) {
                sent += 85;
                late += seed % 3 == 1 ? (random >> 16) % 60 : 0;
            }
            carrier_loss(&carrier, loss, true, at_s * S);
            carrier_look(&carrier, sent, late, at_s * S);
            n_to_tunnel += before == CARRIER_DATAGRAMS && carrier.way == CARRIER_TUNNEL;
        }
        if (n_to_tunnel > (seed == 0 ? 1u : 60u)) // each time it stays for a minute
            fail_msg("seed %u: %u times to the tunnel in an hour", seed, n_to_tunnel);
    }
}

// What datagrams lose is no sign of the line that the tunnel has.
static void loss_of_datagrams_moves_no_tier_meanwhile(void **state)
{
    (void)state;
    struct ladder ladder;
    ladder_init(&ladder, TIER_THIN, S);
    ladder.is_tunnelled = true;
    ladder_report(&ladder, 100, 0, 0, 2 * S);
    ladder_report(&ladder, 200, 0, 100, 7 * S);
    assert_int_equal(ladder.loss_percent, 50);
    assert_false(ladder_look(&ladder, 7 * S));
    assert_false(ladder_repairs(&ladder, 7 * S));
    assert_true(ladder_look(&ladder, 30 * S)); // up, by TCP's signs alone
    assert_int_equal(ladder.tier, TIER_STANDARD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_are_taken),
        cmocka_unit_test(no_line_makes_it_flap),
        cmocka_unit_test(loss_of_datagrams_moves_no_tier_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
