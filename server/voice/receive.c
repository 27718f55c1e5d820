// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

// Echoed in the format it came in, to where it came from.
static void echo_ping(struct voice_thread *thread, struct voice_client *client,
                      const struct voice_path *path, const struct datagram *ping)
{
    uint8_t plain[VOICE_PACKET_MAX_BYTES], sealed[DATAGRAM_MAX_BYTES];
    int n = udp_ping_write(ping->ping_timestamp, ping->format, plain, sizeof plain);
    if (n <= 0)
        return;
    size_t len = crypt_seal(client->crypt, (struct span){ plain, (size_t)n }, sealed);
    client->n_sent++;
    client->bytes_out += (size_t)n;
    socket_send(&thread->sockets[path->socket], path, (struct span){ sealed, len });
}

void receive_opened(struct voice_thread *thread, struct voice_client *client,
                    const struct voice_path *path, struct span plain, bool is_trusted)
{
    client->packets_in++;
    client->bytes_in += plain.len;
    if (is_trusted)
        client->heard_us = thread->now_us;
    struct datagram datagram;
    if (datagram_read(plain, VOICE_TO_SERVER, &datagram) != 0) {
        thread->totals.malformed++;
        return;
    }
    if (datagram.kind == DATAGRAM_PING) {
        if (!is_trusted)
            return;
        if (!client->has_spoken_by_tunnel)
            client->is_udp = true;
        echo_ping(thread, client, path, &datagram);
        return;
    }
    if (is_trusted) {
        client->is_udp = true;
        client->has_spoken_by_tunnel = false;
    }
    uplink_voice(thread, client, &datagram.voice, plain.len);
}

static void not_opened(struct voice_thread *thread, struct voice_client *client,
                       const struct voice_path *path, struct span bytes)
{
    thread->totals.undecryptable++;
    if (unknown_list_ping(thread, path, bytes))
        return;
    uint64_t now_us = thread->now_us;
    if (now_us - client->heard_us > RESYNC_US && now_us - client->resync_asked_us > RESYNC_US) {
        client->resync_asked_us = now_us;
        report_resync(thread, client->session);
    }
    if (!client_is_udp(client, now_us)) // its address may be somebody else's by now
        unknown_datagram(thread, path, bytes);
}

void receive_datagram(struct voice_thread *thread, const struct voice_path *path, struct span bytes,
                      bool is_relayed)
{
    uint32_t session = address_find(&thread->addresses, &path->remote);
    if (session == VOICE_NONE) {
        unknown_datagram(thread, path, bytes);
        return;
    }
    struct voice_client *client = client_get(thread, session);
    if (client == NULL) {
        // Relayed once at most: two threads that each take the other for the owner must not play
        // ball.
        uint8_t owner = thread->addresses.of_session[session].owner;
        if (is_relayed || owner == thread->index)
            unknown_datagram(thread, path, bytes);
        else
            relay_raw(thread, owner, path, bytes);
        return;
    }
    bool is_newest = false;
    int n = crypt_open(client->crypt, bytes, thread->opened, &is_newest);
    if (n < 0)
        not_opened(thread, client, path, bytes);
    else
        receive_opened(thread, client, path, (struct span){ thread->opened, (size_t)n }, true);
}
