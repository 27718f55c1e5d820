// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
    ((struct sockaddr_in *)address)->sin_port = htons(port); // at the same place in both families
}

// Sockets that share a port would also share it with another server of the same user, so it is
// first bound alone. That also finds the port when any will do.
static bool probe(struct sockaddr_storage *address, char *error, size_t error_cap)
{
    int fd = socket_open(address, false, error, error_cap);
    if (fd < 0)
        return false;
    set_port(address, socket_port(fd));
    (void)close(fd);
    return true;
}

static bool bind_sockets(struct voice *voice, const struct voice_options *options, char *error,
                         size_t error_cap)
{
    bool is_shared = voice->n_threads > 1;
    unsigned n_addresses = options->n_addresses > 0 ? options->n_addresses : 1;
    for (unsigned i = 0; i < n_addresses; i++) {
        struct sockaddr_storage address = options->addresses[i];
        if (options->n_addresses == 0)
            address.ss_family = AF_UNSPEC;
        if (is_shared && !probe(&address, error, error_cap))
            return false;
        for (unsigned t = 0; t < voice->n_threads; t++) {
            struct voice_socket *socket = &voice->threads[t]->sockets[i];
            socket->fd = socket_open(&address, is_shared, error, error_cap);
            if (socket->fd < 0)
                return false;
            if (options->dscp != 0 && !socket_mark(socket->fd, options->dscp) && t == 0)
                log_warn("voice", "datagrams are not marked",
                         "dscp=%u reason=\"%s\" hint=\"the system does not permit it: set "
                         "voice_dscp = 0\"",
                         options->dscp, strerror(errno));
            if (!socket_start(socket)) {
                (void)snprintf(error, error_cap, "cannot watch the UDP socket");
                return false;
            }
        }
    }
    return true;
}

static bool make_threads(struct voice *voice, const struct voice_options *options)
{
    for (unsigned i = 0; i < voice->n_threads; i++) {
        voice->threads[i] = thread_new(voice, i, options);
        if (voice->threads[i] == NULL)
            return false;
    }
    return true;
}

struct voice *voice_new(const struct voice_options *options, char *error, size_t error_cap)
{
    assert(options->n_threads >= 1 && options->n_threads <= VOICE_THREADS_MAX);
    assert(options->n_addresses <= VOICE_ADDRESSES_MAX && options->n_sessions_max > 0);
    struct voice *voice = calloc(1, sizeof *voice);
    if (voice != NULL) {
        voice->n_threads = options->n_threads;
        voice->priority = options->priority;
        voice->reports_to = options->reports_to;
        voice->read_clock_us = options->now_us != NULL ? options->now_us : clock_us;
    }
    if (voice == NULL || !make_threads(voice, options)) {
        (void)snprintf(error, error_cap, "out of memory");
        voice_free(voice);
        return NULL;
    }
    if (!bind_sockets(voice, options, error, error_cap)) {
        voice_free(voice);
        return NULL;
    }
    return voice;
}

uint16_t voice_port(const struct voice *voice, unsigned address)
{
    return socket_port(voice->threads[0]->sockets[address].fd);
}

struct lane *voice_commands(struct voice *voice, unsigned thread)
{
    return &voice->threads[thread]->commands;
}

struct ring *voice_reports(struct voice *voice, unsigned thread)
{
    return voice->threads[thread]->reports;
}

void voice_put_routes(struct voice *voice, unsigned thread, struct routes *routes)
{
    routes_free(slot_put(&voice->threads[thread]->new_routes, routes));
    lane_bell(&voice->threads[thread]->commands);
}

struct lane *voice_mixed_lane(struct voice *voice, unsigned thread, unsigned mixer)
{
    return &voice->threads[thread]->mixed[mixer];
}

void voice_attach_mixer(struct voice *voice, unsigned thread, unsigned mixer, struct lane *frames)
{
    assert(!voice->is_running && mixer < VOICE_MIXERS_MAX);
    voice->threads[thread]->frames[mixer] = frames;
}

static void stop_threads(struct voice *voice, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        atomic_store_explicit(&voice->threads[i]->is_stopping, true, memory_order_release);
        (void)uv_async_send(&voice->threads[i]->bell);
    }
    for (unsigned i = 0; i < n; i++)
        (void)uv_thread_join(&voice->threads[i]->id);
}

int voice_start(struct voice *voice)
{
    for (unsigned i = 0; i < voice->n_threads; i++) {
        if (!thread_start(voice->threads[i])) {
            stop_threads(voice, i);
            return -1;
        }
    }
    voice->is_running = true;
    return 0;
}

void voice_stop(struct voice *voice)
{
    if (!voice->is_running)
        return;
    stop_threads(voice, voice->n_threads);
    voice->is_running = false;
}

void voice_free(struct voice *voice)
{
    if (voice == NULL)
        return;
    voice_stop(voice);
    for (unsigned i = 0; i < voice->n_threads; i++)
        thread_free(voice->threads[i]);
    free(voice);
}
