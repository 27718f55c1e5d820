// SPDX-License-Identifier: BSD-3-Clause
//
// The command that joins a meeting. join.c sets it up and holds the sound; join_session.c is what
// the connection brings, join_texts.c what is written to the chat.
//
//   connecting --joined--> moving --in the channel--> there --time over, file over, signal,
//   server--> closing
#ifndef SUSURRO_CLIENT_JOIN_INT_H
#define SUSURRO_CLIENT_JOIN_INT_H

#include "client-cli/member.h"

#define JOIN_TEXT_MAX_BYTES 64
#define JOIN_TEXTS_MAX (OPTIONS_COMMANDS_MAX + 2) // that wait to be written to the chat
#define JOIN_LINE_MAX_BYTES 5000                  // of standard input; the rest is cut off

struct join_texts { // join_texts.c
    char *waiting[JOIN_TEXTS_MAX];
    unsigned first, n;
    uint64_t n_sent;
    bool is_open, is_polled; // standard input
    int was_flags;
    char line[JOIN_LINE_MAX_BYTES];
    size_t line_len;
};

struct join {
    struct member member;
    uv_timer_t end_timer, start_timer, text_timer, move_timer;
    uv_signal_t on_interrupt, on_terminate;
    struct events events;
    struct join_texts texts;
    uv_poll_t input;
    uint32_t wanted_channel;
    bool is_there, is_broken;
};

extern const struct client_handlers join_client_handlers; // arg is the struct join

void join_close_all(struct join *join); // the client is gone: all else goes, and the loop ends

// join_texts.c
bool join_text_add(struct join *join, const char *text); // false: no room
void join_texts_open(struct join *join); // what comes on standard input is written, too
void join_texts_read(struct join *join); // from the arrival on
void join_texts_close(struct join *join);

#endif
