// SPDX-License-Identifier: BSD-3-Clause
//
// Somebody on air was asked and does not answer: has their line gone, does their program hang, or
// is the answer only on its way? Judged by what the kernel knows of the connection on which they
// were asked. Pure: numbers and the time come in, a verdict goes out.
//
// A line that is there answers each segment at once, if only by an acknowledgement, and each
// segment is a trial of its own. All of them failing is, for a line that loses the share q each
// way, as likely as (1 - (1 - q)^2)^n after n segments: once that is under EVIDENCE_CHANCE, the
// line has gone. The kernel may hold segments back, or send them again: what counts is what it has
// sent, and long enough ago that an answer were here.
//
// A program that runs answers a question that has reached its kernel. Of one that has not, nothing
// is known: where the first question is lost, the others wait behind it in the client's kernel. Of
// its answers, too, the first may be lost, and the others wait in ours; but they are counted.
#ifndef SUSURRO_CONTROL_EVIDENCE_H
#define SUSURRO_CONTROL_EVIDENCE_H

#include "control/lines/lines_tcp.h"

#include <stdbool.h>
#include <stdint.h>

#define EVIDENCE_LOOK_US 15000u   // one looks so often ...
#define EVIDENCE_ASK_US 30000u    // ... and asks so often, until the first question is there ...
#define EVIDENCE_ASKS_MAX 24      // ... or so many are under way ...
#define EVIDENCE_ASKS_AFTER 3     // ... and so many times afterwards
#define EVIDENCE_LEAST_US 250000u // nobody is taken for gone before
#define EVIDENCE_CHANCE 1e-5
#define EVIDENCE_SEGMENTS_MIN 4
#define EVIDENCE_GIVE_UP_US 4000000u // something comes all the time, only no answer
#define EVIDENCE_KEPT 32             // segments

enum evidence_verdict {
    EVIDENCE_NONE,      // look again
    EVIDENCE_ASK,       // ask once more, and look again
    EVIDENCE_LINE_GONE, // nothing comes back
    EVIDENCE_HANGS,     // their kernel answers, their program does not
    EVIDENCE_NO_END     // neither, for too long: they are there
};

struct evidence {
    uint64_t begin_us, ask_us;
    uint64_t mark;                   // bytes that are acknowledged once the first question is
    uint64_t heard_us;               // the newest sign of the line
    uint64_t reached_us;             // the first question was there; 0: not yet
    uint64_t moved_us;               // the newest segment with data from them since; 0: none
    unsigned n_asked, n_after;       // questions
    uint32_t n_sent, n_received;     // segments with data, as the kernel counts
    uint64_t sent_us[EVIDENCE_KEPT]; // when they were seen to have been sent
    unsigned n_kept;                 // of these, from the first
    unsigned n_needed;               // that remain unanswered
    bool is_lossy;                   // segments were lost before
};

// The first question is in the kernel's hands.
void evidence_begin(struct evidence *evidence, const struct tcp_signs *signs, uint64_t now_us);
enum evidence_verdict evidence_look(struct evidence *evidence, const struct tcp_signs *signs,
                                    uint64_t now_us);

#endif
