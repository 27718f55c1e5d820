// SPDX-License-Identifier: BSD-3-Clause
//
// Five minutes of lines that fluctuate, drawn at random: loss in bursts (Gilbert-Elliott), rates
// that step, rates that sink and jump back. However they do it, a listener's sound changes at most
// CHANGES_MAX times, at most UPS_MAX of these upwards, and after each step down it stays for the
// ladder's settling time at least (a way up that fails is taken back at once). A failure names its
// kind and seed; LADDER_SEEDS=10000 plays so many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "ladder_line.h"

#include <stdlib.h>

#define PLAY_S 300
#define CHANGES_MAX 14 // in PLAY_S
#define UPS_MAX 8
#define WEATHERS 512

static uint32_t draw(uint32_t *random, uint32_t from, uint32_t to)
{
    *random = *random * 1664525u + 1013904223u;
    return from + (*random >> 8) % (to - from + 1);
}

// Two states: for some seconds almost none is lost, then for a moment a third.
static size_t bursts(struct weather *weather, uint32_t *random)
{
    size_t n = 0;
    uint32_t bad = draw(random, 15, 45), good = draw(random, 0, 2);
    uint32_t good_ms = draw(random, 2000, 20000), bad_ms = draw(random, 200, 4000);
    for (uint64_t at_us = 0; at_us < PLAY_S * S && n + 1 < WEATHERS;) {
        weather[n++] = (struct weather){ at_us, 2000000, 64000, good, 50 * MS };
        at_us += draw(random, good_ms / 2, good_ms * 3 / 2) * MS;
        weather[n++] = (struct weather){ at_us, 2000000, 64000, bad, 50 * MS };
        at_us += draw(random, bad_ms / 2, bad_ms * 3 / 2) * MS;
    }
    return n;
}

static size_t steps(struct weather *weather, uint32_t *random)
{
    size_t n = 0;
    uint32_t queue_bytes = draw(random, 300, 64000), most_s = draw(random, 3, 40);
    for (uint64_t at_us = 0; at_us < PLAY_S * S && n < WEATHERS;) {
        weather[n++] = (struct weather){ at_us, draw(random, 10, 90) * 1000, queue_bytes,
                                         draw(random, 0, 3), 60 * MS };
        at_us += draw(random, 1000, most_s * 1000) * MS;
    }
    return n;
}

static size_t sawtooth(struct weather *weather, uint32_t *random)
{
    size_t n = 0;
    uint32_t queue_bytes = draw(random, 1000, 64000), period_s = draw(random, 6, 90);
    uint32_t most = draw(random, 30, 90), least = draw(random, 8, 20);
    for (uint64_t at_us = 0; at_us < PLAY_S * S && n < WEATHERS; at_us += S) {
        const uint32_t part = (uint32_t)(at_us / S) % period_s;
        const uint32_t kbps = most - (most - least) * part / period_s;
        weather[n++] = (struct weather){ at_us, kbps * 1000, queue_bytes, 0, 60 * MS };
    }
    return n;
}

static const struct {
    const char *name;
    size_t (*draw)(struct weather *weather, uint32_t *random);
} kinds[] = { { "bursts of loss", bursts }, { "steps", steps }, { "sawtooth", sawtooth } };

static void no_fluctuating_line_flaps(void **state)
{
    (void)state;
    static struct weather weather[WEATHERS];
    const char *wanted = getenv("LADDER_SEEDS");
    const uint32_t n_seeds = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 10) : 60;
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        unsigned most = 0, most_ups = 0, n_moved = 0;
        for (uint32_t seed = 1; seed <= n_seeds; seed++) {
            uint32_t random = seed * 2654435761u;
            struct line line;
            begin(&line, weather, kinds[kind].draw(weather, &random));
            line.random = random;
            run_until(&line, PLAY_S * S);
            if (line.n_changes > CHANGES_MAX || line.n_ups > UPS_MAX ||
                (line.least_apart_us != 0 && line.least_apart_us < LADDER_SETTLE_US))
                fail_msg("%s, seed %u: %u changes, %u of them up, %.2f s apart", kinds[kind].name,
                         seed, line.n_changes, line.n_ups, (double)line.least_apart_us / 1e6);
            n_moved += line.n_changes > 0;
            most = line.n_changes > most ? line.n_changes : most;
            most_ups = line.n_ups > most_ups ? line.n_ups : most_ups;
        }
        print_message("%s: %u of %u lines moved it, at most %u changes, %u up\n", kinds[kind].name,
                      n_moved, n_seeds, most, most_ups);
        assert_true(n_moved * 4 > n_seeds); // else these lines show nothing
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(no_fluctuating_line_flaps) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
