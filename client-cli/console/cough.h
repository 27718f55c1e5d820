// SPDX-License-Identifier: BSD-3-Clause
//
// cough: a key that silences oneself while it is held, on terminals, which never say that a key was
// let go. A held key repeats itself: after 250 to 500 ms for the first time, then 10 to 30 times a
// second. So it counts as held for COUGH_FIRST_US after the first press, and for COUGH_AGAIN_US
// after each repetition. A second key latches it until it is pressed again. Pure; time is passed
// in.
#ifndef SUSURRO_CLIENT_COUGH_H
#define SUSURRO_CLIENT_COUGH_H

#include <stdbool.h>
#include <stdint.h>

#define COUGH_FIRST_US 600000u
#define COUGH_AGAIN_US 300000u

struct cough { // zero to begin
    bool is_latched;
    uint64_t until_us; // held so long; 0: not held
};
void cough_press(struct cough *cough, uint64_t now_us); // the held key, also its repetitions
void cough_latch(struct cough *cough);                  // the other key
// Whether one is silenced now; lets go what has not been repeated in time.
bool cough_is_on(struct cough *cough, uint64_t now_us);
uint64_t cough_next_us(const struct cough *cough); // when to ask again; 0: no need

#endif
