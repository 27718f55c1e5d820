// SPDX-License-Identifier: BSD-3-Clause
//
// The command that joins a meeting. join.c sets it up and holds the sound; join_session.c is what
// the connection brings.
//
//   connecting --joined--> moving --in the channel--> there --time over, file over, signal,
//   server--> closing
#ifndef SUSURRO_CLIENT_JOIN_INT_H
#define SUSURRO_CLIENT_JOIN_INT_H

#include "client-cli/cli.h"

#define JOIN_TEXT_MAX_BYTES 64

struct join {
    const struct join_options *options;
    uv_loop_t loop;
    uv_timer_t end_timer, start_timer, text_timer, move_timer;
    uv_signal_t on_interrupt, on_terminate;
    struct events events;
    struct fault fault;
    SSL_CTX *tls;
    struct client *client;
    struct media *media;
    struct wav_writer *record;
    struct device *device;
    struct voice_in *in;
    struct voice_out *out;
    char listen_text[JOIN_TEXT_MAX_BYTES], speak_text[JOIN_TEXT_MAX_BYTES];
    const char *texts[OPTIONS_COMMANDS_MAX + 2];
    size_t n_texts, next_text;
    uint32_t wanted_channel;
    bool is_there, is_broken;
    enum exit_code exit_code;
};

extern const struct client_handlers join_client_handlers; // arg is the struct join

void join_leave(struct join *join, const char *reason);
void join_fail(struct join *join, enum client_end end, const char *reason);
void join_close_all(struct join *join); // the client is gone: all else goes, and the loop ends

#endif
