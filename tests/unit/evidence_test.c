// SPDX-License-Identifier: BSD-3-Clause
//
// Thousands of questions to clients who are there, over lines that lose packets in both directions,
// on connections that stay open: nobody is taken for gone. And to those who are not: their line is
// cut, or their program hangs; how soon it is noticed.
#include "control/meeting/evidence.h"

#include "tcp_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define VOICE_US 160000u // since the last packet, when they are asked
#define RAMP_US 400000u  // of the floor, afterwards
#define WITHOUT_END UINT64_MAX

enum fate { IS_THERE, IS_CUT, IS_HANGING };

// One question after another, as control asks. When somebody was taken for gone, after the
// question; WITHOUT_END: never.
static uint64_t ask(struct tcp_line *line, enum evidence_verdict *verdict, uint64_t *answered_us)
{
    struct evidence evidence;
    *answered_us = WITHOUT_END;
    const uint64_t from_us = line->now_us;
    line->answered_us = 0;
    tcp_write(line, 0, TCP_QUESTION);
    struct tcp_signs signs = tcp_signs(line);
    evidence_begin(&evidence, &signs, line->now_us);
    do {
        tcp_run_until(line, line->now_us + EVIDENCE_LOOK_US);
        if (line->answered_us != 0) {
            *answered_us = line->answered_us - from_us;
            *verdict = EVIDENCE_NONE;
            return WITHOUT_END;
        }
        signs = tcp_signs(line);
        *verdict = evidence_look(&evidence, &signs, line->now_us);
        if (*verdict == EVIDENCE_ASK) {
            tcp_write(line, 0, TCP_QUESTION);
        }
    } while (*verdict == EVIDENCE_NONE || *verdict == EVIDENCE_ASK);
    return *verdict == EVIDENCE_NO_END ? WITHOUT_END : line->now_us - from_us;
}

static int by_time(const void *a, const void *b)
{
    const uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

struct tally {
    uint64_t *times_us, *answers_us;
    size_t n, n_gone, n_line, n_hangs, n_answers;
};

static double quantile_s(const uint64_t *sorted, size_t n, double share)
{
    return n == 0 ? 0.0 : (double)sorted[(size_t)((double)(n - 1) * share)] / 1e6;
}

// Each connection is asked some times, as long as a meeting takes; each fate needs a new one.
static struct tally play(uint32_t rtt_ms, uint32_t loss_ppm, enum fate fate, size_t n)
{
    struct tally tally = { .times_us = calloc(n, sizeof(uint64_t)),
                           .answers_us = calloc(n, sizeof(uint64_t)),
                           .n = n };
    static struct tcp_line line;
    const uint32_t jitter_us = rtt_ms * 500 < 60000 ? rtt_ms * 500 : 60000;
    for (size_t i = 0; i < n; i++) {
        if (i % 100 == 0 || fate != IS_THERE) {
            tcp_open(&line, rtt_ms * 1000, jitter_us, loss_ppm, 7919 * i + rtt_ms + 1);
            const uint32_t before_s = fate != IS_THERE ? 20 + tcp_pick(&line, 200) : 20;
            tcp_run_until(&line, before_s * 1000000u);
        }
        tcp_run_until(&line, line.now_us + 2000000u + tcp_pick(&line, 40000000u));
        line.is_cut = fate == IS_CUT;
        line.is_hanging = fate == IS_HANGING;
        if (fate != IS_THERE) { // then the voice stops
            tcp_run_until(&line, line.now_us + VOICE_US);
        }
        enum evidence_verdict verdict;
        uint64_t answered_us;
        const uint64_t us = ask(&line, &verdict, &answered_us);
        if (us != WITHOUT_END) {
            tally.times_us[tally.n_gone++] = us;
            tally.n_line += verdict == EVIDENCE_LINE_GONE;
            tally.n_hangs += verdict == EVIDENCE_HANGS;
        }
        if (answered_us != WITHOUT_END) {
            tally.answers_us[tally.n_answers++] = answered_us;
        }
    }
    qsort(tally.times_us, tally.n_gone, sizeof(uint64_t), by_time);
    qsort(tally.answers_us, tally.n_answers, sizeof(uint64_t), by_time);
    return tally;
}

static void put_away(struct tally *tally)
{
    free(tally->times_us);
    free(tally->answers_us);
}

static size_t n_of(size_t n)
{
    const char *factor = getenv("EVIDENCE_FACTOR");
    return factor != NULL ? n * (size_t)atoi(factor) : n;
}

static const uint32_t rtts_ms[] = { 10, 60, 120, 300 };

static void who_is_there_is_not_gone(void **state)
{
    (void)state;
    size_t n_gone = 0, n_asked = 0;
    for (size_t i = 0; i < 4; i++) {
        struct tally t = play(rtts_ms[i], 50000, IS_THERE, n_of(400));
        printf("there, 5 %% lost, round trip %u ms: %zu asked, answered after %.3f s (median), "
               "%.3f (90 %%), %.3f (99 %%), %.3f (the last); %zu taken for gone (line %zu, program "
               "%zu), %zu without end\n",
               rtts_ms[i], t.n, quantile_s(t.answers_us, t.n_answers, 0.5),
               quantile_s(t.answers_us, t.n_answers, 0.9),
               quantile_s(t.answers_us, t.n_answers, 0.99),
               quantile_s(t.answers_us, t.n_answers, 1.0), t.n_gone, t.n_line, t.n_hangs,
               t.n - t.n_gone - t.n_answers);
        n_gone += t.n_gone;
        n_asked += t.n;
        put_away(&t);
    }
    printf("%zu of %zu\n", n_gone, n_asked);
    assert_true(n_gone * 10000 <= n_asked);
}

static void who_is_gone_is_noticed(void **state)
{
    (void)state;
    static const struct {
        enum fate fate;
        const char *name;
        uint32_t loss_ppm;
    } rows[] = { { IS_CUT, "cut", 0 },
                 { IS_HANGING, "hanging", 0 },
                 { IS_CUT, "cut, 5 % lost before", 50000 },
                 { IS_HANGING, "hanging, 5 % lost", 50000 } };
    size_t n_missed = 0, n_in_all = 0;
    uint64_t slowest_us = 0;
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < 4; i++) {
            struct tally t = play(rtts_ms[i], rows[k].loss_ppm, rows[k].fate, n_of(40));
            printf("%s, round trip %u ms: noticed after %.3f s (median), %.3f (90 %%), %.3f (the "
                   "last); %zu of %zu\n",
                   rows[k].name, rtts_ms[i], quantile_s(t.times_us, t.n_gone, 0.5),
                   quantile_s(t.times_us, t.n_gone, 0.9), quantile_s(t.times_us, t.n_gone, 1.0),
                   t.n_gone, t.n);
            n_missed += t.n - t.n_gone;
            n_in_all += t.n;
            if (rows[k].loss_ppm == 0 && rtts_ms[i] <= 60) {
                slowest_us =
                    t.times_us[t.n_gone - 1] > slowest_us ? t.times_us[t.n_gone - 1] : slowest_us;
            }
            put_away(&t);
        }
    }
    assert_true(n_missed * 200 <= n_in_all); // the question itself may take too long to get there
    assert_true(VOICE_US + slowest_us + RAMP_US <= 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_there_is_not_gone),
        cmocka_unit_test(who_is_gone_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
