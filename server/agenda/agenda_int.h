// SPDX-License-Identifier: BSD-3-Clause
//
// Private to agenda/: the object, whose parts belong to one file each. What a file keeps it alone
// reads and writes; agenda.c makes and frees the whole.
#ifndef SUSURRO_AGENDA_INT_H
#define SUSURRO_AGENDA_INT_H

#include "agenda/agenda.h"

struct turns {                 // what somebody has said so far
    uint32_t session, n_turns; // session 0: they have left ...
    uint64_t who;              // ... and are known again by this
    uint64_t voice_us;
    uint64_t since_us; // their voice sounds since then; 0: it does not
};
struct queue { // queue.c
    bool is_progressive;
    uint32_t hands[AGENDA_HANDS_MAX]; // sessions, as they were raised
    size_t n_hands;
    struct turns *people; // in no order
    size_t n_people, cap;
    uint32_t speaker; // 0: nobody was given the floor
};
struct limit {         // limit.c: counts the voice of whoever was given the floor
    uint32_t seconds;  // 0: none
    uint64_t voice_us; // of this turn, up to since_us
    uint64_t since_us; // their voice sounds since then; 0: it does not
    unsigned n_signs;  // given in this turn: SOON is the first, each OVER one more
};

// A turn begins; and the speaker's voice.
void limit_begin(struct agenda *agenda, bool is_sounding, uint64_t now_us);
void limit_voice(struct agenda *agenda, bool is_sounding, uint64_t at_us);

struct poll;                       // poll.c
void poll_free(struct poll *poll); // NULL is fine
struct chat;                       // chat.c
void chat_free(struct chat *chat); // NULL is fine

struct agenda {
    uint8_t n_langs;
    struct queue queue;
    struct limit limit;
    struct poll *poll; // NULL: there was none yet
    struct chat *chat; // NULL: nobody has written anything
};

#endif
