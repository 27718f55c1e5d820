// SPDX-License-Identifier: BSD-3-Clause
//
// control: the thread that speaks the Mumble protocol over TLS and owns the model: who is here,
// where, and what they may. It tells the voice threads and the mixer what to do and never touches a
// client's crypto state or a sound.
//
//   accept ─► TLS ─► frames ─► one handler per message and phase ─► model ─► routes and commands ─►
//   threads
//                                                       └─► staged answers ─► gate ─► TLS
//
// The gate: what a turn of the loop has to say leaves only when every thread has the routes it was
// said under and the store has what it promises. So nobody is told "you are private now" while an
// old route still carries their sound, and no acknowledged change is lost. Source: the Mumble
// protocol, 1.2.4 to 1.6.
#ifndef SUSURRO_CONTROL_H
#define SUSURRO_CONTROL_H

#include "base/base.h"
#include "base/config.h"
#include "mixer/mixer.h"
#include "record/record.h"
#include "store/store.h"
#include "voice/voice.h"

#define CONTROL_ERROR_BYTES 512

struct server;

// Loads certificate, channels and meetings from the store and the configuration, and binds the TCP
// listeners. The configuration's ownership passes; the store is borrowed until server_free. NULL
// and one line for a human in error[].
struct server *server_new(struct config *config, struct store *store,
                          char error[CONTROL_ERROR_BYTES]);
// Reads the configuration again on SIGHUP; NULL keeps SIGHUP without effect. The callback returns a
// new one or NULL (it has said why).
typedef struct config *(*server_reload_fn)(void *context);
void server_set_reload(struct server *server, server_reload_fn reload, void *context);

unsigned server_sessions_max(const struct server *server);
// The addresses that the voice sockets share with the TCP listeners, with the port in force.
// Returns how many.
unsigned server_addresses(const struct server *server, struct sockaddr_storage *out, unsigned cap);
// The bell that voice threads and mixers ring when they have something for control. Callable from
// any thread.
void server_bell(void *server);
void server_attach(struct server *server, struct voice *voice, unsigned n_voice_threads,
                   struct mixer *const *mixers, unsigned n_mixers);
// Before server_run; without it no meeting can be recorded.
void server_attach_recorder(struct server *server, struct recorder *recorder);
// Runs until SIGTERM or SIGINT; tells the clients and closes. Returns 0.
int server_run(struct server *server);
void server_free(struct server *server);

#endif
