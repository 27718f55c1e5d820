// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <stdlib.h>

struct voice_client *client_get(const struct voice_thread *thread, uint32_t session)
{
    return session < thread->n_sessions ? thread->clients[session] : NULL;
}

static void homeless_add(struct voice_thread *thread, struct voice_client *client)
{
    client->next_homeless = thread->homeless;
    client->homeless_link = &thread->homeless;
    if (client->next_homeless != NULL)
        client->next_homeless->homeless_link = &client->next_homeless;
    thread->homeless = client;
}

static void homeless_remove(struct voice_client *client)
{
    *client->homeless_link = client->next_homeless;
    if (client->next_homeless != NULL)
        client->next_homeless->homeless_link = client->homeless_link;
    client->next_homeless = NULL;
    client->homeless_link = NULL;
}

bool client_add(struct voice_thread *thread, const struct voice_command *command)
{
    if (command->session >= thread->n_sessions)
        return false;
    client_remove(thread, command->session);
    struct voice_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return false;
    *client = (struct voice_client){
        .crypt = command->add.crypt,
        .heard_us = thread->now_us,
        .format = command->add.format,
        .tunnel_format = command->add.format,
        .session = command->session,
        .host = command->add.host,
    };
    thread->clients[command->session] = client;
    homeless_add(thread, client);
    return true;
}

void client_lose_address(struct voice_thread *thread, struct voice_client *client)
{
    if (!client->has_address)
        return;
    client->has_address = false;
    client->is_udp = false;
    homeless_add(thread, client);
}

void client_remove(struct voice_thread *thread, uint32_t session)
{
    struct voice_client *client = client_get(thread, session);
    if (client == NULL)
        return;
    thread_flush(thread); // a batch may point to the envelope
    address_drop(&thread->addresses, session);
    if (!client->has_address)
        homeless_remove(client);
    thread->clients[session] = NULL;
    crypt_free(client->crypt);
    free(client);
}

bool client_is_udp(const struct voice_client *client, uint64_t now_us)
{
    return client->is_udp && !client->is_unheard && now_us - client->heard_us < UDP_SILENCE_US;
}

// A line may carry datagrams one way only. Pings are echoed by UDP whatever is so, hence the client
// will tell when it opens them again.
void client_says_heard(struct voice_client *client, uint32_t heard, uint64_t now_us)
{
    if (client->heard_since_us == 0 || heard != client->heard) {
        client->heard = heard;
        client->n_sent_then = client->n_sent;
        client->heard_since_us = now_us;
        client->is_unheard = false;
        return;
    }
    uint32_t n_lost = client->n_sent - client->n_sent_then;
    uint64_t for_us = now_us - client->heard_since_us;
    client->is_unheard = client->is_unheard ||
                         (n_lost >= UNHEARD_DATAGRAMS && for_us >= UNHEARD_US) ||
                         (n_lost >= UNHEARD_FEW_DATAGRAMS && for_us >= UNHEARD_FEW_US);
}

bool client_learn(struct voice_thread *thread, struct voice_client *client,
                  const struct voice_path *path)
{
    if (client->has_address && thread->now_us - client->learnt_us < RELEARN_US)
        return false;
    thread_flush(thread); // what was meant for the old address goes there
    uint32_t before =
        address_set(&thread->addresses, client->session, &path->remote, thread->index);
    struct voice_client *loser = before != VOICE_NONE ? client_get(thread, before) : NULL;
    if (loser != NULL)
        client_lose_address(thread, loser);
    if (!client->has_address)
        homeless_remove(client);
    client->has_address = true;
    client->learnt_us = thread->now_us;
    client->socket = path->socket;
    envelope_write(&client->envelope, &thread->sockets[path->socket], path);
    return true;
}
