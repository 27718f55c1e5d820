// SPDX-License-Identifier: BSD-3-Clause
//
// Datagrams or the tunnel, where a line loses so much that neither a thinner stream nor copies
// help.
#include "ladder/ladder.h"

#include <assert.h>

const char *carrier_way_text(enum carrier_way way)
{
    static const char *const texts[] = { "datagrams", "tunnel", "probe" };
    return (unsigned)way < sizeof texts / sizeof texts[0] ? texts[way] : "?";
}

void carrier_init(struct carrier *carrier, uint64_t now_us)
{
    *carrier = (struct carrier){ .changed_us = now_us, .wait_us = CARRIER_PROBE_US };
}

static void enter(struct carrier *carrier, enum carrier_way way, uint64_t now_us)
{
    carrier->way = way;
    carrier->changed_us = now_us;
    carrier->n_bad = 0;
    carrier->n_sent_then = carrier->n_sent;
    carrier->n_late_then = carrier->n_late;
}

static void wait_longer(struct carrier *carrier)
{
    const uint64_t twice_us = 2 * carrier->wait_us;
    carrier->wait_us = twice_us < CARRIER_PROBE_MOST_US ? twice_us : CARRIER_PROBE_MOST_US;
}

void carrier_loss(struct carrier *carrier, uint32_t percent, bool is_incurable, uint64_t now_us)
{
    switch (carrier->way) {
    case CARRIER_DATAGRAMS:
        if (percent <= CARRIER_LOSS_PERCENT || !is_incurable || now_us < carrier->refused_until_us)
            carrier->n_bad = 0;
        else if (++carrier->n_bad == CARRIER_BAD_REPORTS)
            enter(carrier, CARRIER_TUNNEL, now_us);
        break;
    case CARRIER_TUNNEL: // of a few echoes of pings: it says too little
        break;
    case CARRIER_PROBE:
        if (now_us - carrier->changed_us < CARRIER_PROBE_LEAST_US)
            break; // it began before
        if (percent <= CARRIER_GOOD_PERCENT)
            carrier->wait_us = CARRIER_PROBE_US;
        else
            wait_longer(carrier);
        enter(carrier, percent <= CARRIER_GOOD_PERCENT ? CARRIER_DATAGRAMS : CARRIER_TUNNEL,
              now_us);
        break;
    }
}

// TCP on a line that loses much stands still now and then: more than it carries is too much.
static bool is_no_better(const struct carrier *carrier)
{
    const uint32_t sent = carrier->n_sent - carrier->n_sent_then,
                   late = carrier->n_late - carrier->n_late_then;
    return sent >= CARRIER_JUDGED_PACKETS && (uint64_t)late * 100 >= sent * CARRIER_LATE_PERCENT;
}

void carrier_look(struct carrier *carrier, uint32_t n_sent, uint32_t n_late, uint64_t now_us)
{
    carrier->n_sent = n_sent;
    carrier->n_late = n_late;
    const uint64_t for_us = now_us - carrier->changed_us;
    if (carrier->way == CARRIER_DATAGRAMS)
        return;
    if (is_no_better(carrier)) {
        carrier->refused_until_us = now_us + carrier->wait_us;
        wait_longer(carrier);
        enter(carrier, CARRIER_DATAGRAMS, now_us);
    } else if (carrier->way == CARRIER_TUNNEL && for_us >= carrier->wait_us) {
        enter(carrier, CARRIER_PROBE, now_us);
    } else if (carrier->way == CARRIER_PROBE && for_us >= CARRIER_PROBE_MOST_LONG_US) {
        enter(carrier, CARRIER_TUNNEL, now_us); // nobody spoke: nothing was learnt
    }
}
