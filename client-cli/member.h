// SPDX-License-Identifier: BSD-3-Clause
//
// One who takes part in a meeting, from the command line (join.c) or at a console (console_run.c):
// the connection, the sound that is sent, heard and recorded, and how it ended. It is embedded in
// its owner, who makes the voices and sets exit_code; all of it on the thread of its loop.
#ifndef SUSURRO_CLIENT_MEMBER_H
#define SUSURRO_CLIENT_MEMBER_H

#include "client-cli/cli.h"

struct member {
    const struct join_options *options;
    uv_loop_t loop;
    struct fault fault;
    SSL_CTX *tls;
    struct client *client;     // NULL: not yet, or gone
    struct media *media;       // options->play
    struct wav_writer *record; // options->record
    struct device *device;     // NULL: none is needed, or there
    struct voice_in *in;
    struct voice_out *out; // NULL: nothing to send
    enum exit_code exit_code;
};

bool member_init(struct member *member, const struct join_options *options); // false: memory
int member_open_files(struct member *member); // what is played and recorded; -1: member->fault
// Begins to connect, as options say; arg goes to the handlers. -1: member->fault.
int member_connect(struct member *member, const struct client_handlers *handlers, void *arg);
void member_leave(struct member *member, const char *reason); // the voice ends first
void member_fail(struct member *member, enum client_end end, const char *reason);
void member_close_voices(struct member *member); // their memory goes when the loop has turned
// After the loop: everything else is closed. CLI_FAILED also when the recording is not whole.
enum exit_code member_finish(struct member *member);

#endif
