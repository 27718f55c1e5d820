// SPDX-License-Identifier: BSD-3-Clause
//
// Repair on lines that lose packets: each datagram once more, 70 ms later, with the same frame
// number and a nonce of its own. So a short burst of loss seldom hits both; a client that has had
// the first drops the second. Stock clients decode no in-band FEC.
//
// What waits is one queue for the thread, of a fixed size, made when the first client needs it:
// when it is full, the newest has no copy. New routes empty it: nothing is sent that they may not
// allow.
#include "voice/voice_int.h"

#include <string.h>

struct copy {
    uint64_t due_us;
    uint32_t session, len;
    uint8_t bytes[]; // plaintext in the client's form
};

static void on_due(uv_timer_t *timer);

static void arm(struct voice_thread *thread)
{
    size_t size;
    const struct copy *next = thread->copies != NULL ? ring_peek(thread->copies, &size) : NULL;
    if (next == NULL || uv_is_active((uv_handle_t *)&thread->copies_timer))
        return;
    const uint64_t left_us = next->due_us > thread->now_us ? next->due_us - thread->now_us : 0;
    (void)uv_timer_start(&thread->copies_timer, on_due, left_us / 1000 + 1, 0);
}

static void send_copy(struct voice_thread *thread, const struct copy *copy)
{
    struct voice_client *client = client_get(thread, copy->session);
    if (client == NULL || !client->has_copies || !client_is_udp(client, thread->now_us))
        return;
    struct voice_socket *socket = &thread->sockets[client->socket];
    socket_add(socket, client, (struct span){ copy->bytes, copy->len });
    socket_seal(socket); // the bytes are given back
    client->n_sent++;
    client->bytes_out += copy->len;
}

static void on_due(uv_timer_t *timer)
{
    struct voice_thread *thread = timer->data;
    const struct copy *copy;
    size_t size;
    thread_turn_begin(thread); // may empty the queue
    while ((copy = ring_peek(thread->copies, &size)) != NULL && copy->due_us <= thread->now_us) {
        send_copy(thread, copy);
        ring_consume(thread->copies);
    }
    thread_turn_end(thread);
    arm(thread);
}

bool copies_init(struct voice_thread *thread)
{
    thread->copies_timer.data = thread;
    return uv_timer_init(&thread->loop, &thread->copies_timer) == 0;
}

void copies_set(struct voice_thread *thread, struct voice_client *client, bool is_on)
{
    if (is_on && thread->copies == NULL)
        thread->copies = ring_new(COPIES_BYTES);
    client->has_copies = is_on && thread->copies != NULL;
}

void copies_keep(struct voice_thread *thread, const struct voice_client *client,
                 const struct plain *plain)
{
    const size_t len = (size_t)plain->len;
    struct copy *copy = ring_reserve(thread->copies, sizeof(*copy) + len);
    if (copy == NULL)
        return;
    *copy = (struct copy){ .due_us = thread->now_us + COPY_DELAY_US,
                           .session = client->session,
                           .len = (uint32_t)len };
    memcpy(copy->bytes, plain->bytes, len);
    ring_commit(thread->copies);
    arm(thread);
}

void copies_forget(struct voice_thread *thread)
{
    size_t size;
    while (thread->copies != NULL && ring_peek(thread->copies, &size) != NULL)
        ring_consume(thread->copies);
}
