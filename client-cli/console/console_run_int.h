// SPDX-License-Identifier: BSD-3-Clause
//
// A console at work: console_run.c sets it up and ends it, draws and reads keys; console_session.c
// is what the connection brings and what keys have the server do; console_sound.c the voices. One
// thread, one libuv loop. Timers run only while something is due: a drawing at most every 50 ms, a
// clock that is shown, a cough that ends.
//
//   connecting ─joined─► moving ─in the channel─► there: the screen opens ─key, signal, server─►
//   closing: the screen closes first, then the reason is told on standard error
#ifndef SUSURRO_CLIENT_CONSOLE_RUN_INT_H
#define SUSURRO_CLIENT_CONSOLE_RUN_INT_H

#include "client-cli/console/console.h"
#include "client-cli/console/screen.h"
#include "client-cli/member.h"

#define CONSOLE_DATA_ID "susurro.console"

struct running {
    struct member member;
    uv_timer_t draw_timer, clock_timer, cough_timer, silence_timer, level_timer, text_timer,
        move_timer, answer_timer;
    uv_signal_t interrupt, terminate, hangup, resize;
    uv_poll_t keys;
    bool has_keys; // keys is initialised
    struct console console;
    struct screen *screen;
    struct shape shape;
    struct console_person people[CONSOLE_PEOPLE_MAX];
    uint32_t talking[VOICE_IN_VOICES_MAX]; // sessions that are heard now; 0: free
    uint64_t drawn_us;
    bool is_silence_asked, was_silence_asked; // under way to the server: what
    const char *texts[OPTIONS_COMMANDS_MAX];
    size_t n_texts, next_text;
    uint32_t wanted_channel;
    bool has_failed;                     // the screen could not be opened
    bool is_there, is_seated, is_placed; // placed: the meeting's floor has been asked for
};

// console_run.c
void running_draw(struct running *running);         // soon
void running_close_screen(struct running *running); // the terminal as it was
void running_leave(struct running *running);
void running_close_all(struct running *running); // the client is gone
void running_open(struct running *running);      // we are there: the screen, the keys, the sound

// console_session.c
extern const struct client_handlers running_client_handlers; // arg is the struct running
void running_begin(struct running *running);                 // once the screen is open
void running_do(struct running *running, const struct effect *effect);
void running_silence(struct running *running); // tells the server whether one is silent

// console_people.c: the people of the meeting, for console.people
void running_list_people(struct running *running);

// console_sound.c
int running_open_sound(struct running *running); // -1: running->fault
void running_start_sound(struct running *running);

#endif
