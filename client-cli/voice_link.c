// SPDX-License-Identifier: BSD-3-Clause
//
// Two ways for the same packets: sealed datagrams, or UDPTunnel frames in the TLS connection. Which
// one is judged at each answer to a ping. Stock clients look at totals, so that a line that dies
// later keeps them on datagrams for ever; here it is growth that counts: with a ping by datagram
// every five seconds, both counters grow while the line is alive.
#include "client-cli/client_int.h"

#include <string.h>

#define RESYNC_AFTER_US SECONDS(5)

void client_average_add(struct client_average *average, double ms)
{
    average->n++;
    double before = ms - average->mean;
    average->mean += before / average->n;
    average->squares += before * (ms - average->mean);
}

double client_average_variance(const struct client_average *average)
{
    return average->n > 1 ? average->squares / (average->n - 1) : 0;
}

void voice_link_init(struct client *client)
{
    client->link.is_udp = client->link.wish != CLIENT_TRANSPORT_TCP;
}

static void set_udp(struct client *client, bool is_udp)
{
    struct voice_link *link = &client->link;
    if (link->is_udp == is_udp)
        return;
    link->is_udp = is_udp;
    log_debug("client", "voice changes its way", "transport=%s", is_udp ? "udp" : "tunnel");
    if (client->handlers->on_transport != NULL)
        client->handlers->on_transport(client->arg, is_udp);
}

static void on_plain(struct client *client, struct span plain, bool is_datagram)
{
    struct voice_link *link = &client->link;
    struct datagram datagram;
    if (datagram_read(plain, VOICE_TO_CLIENT, &datagram) != 0)
        return;
    uint64_t now_us = clock_us();
    switch (datagram.kind) {
    case DATAGRAM_PING:
        if (is_datagram && datagram.ping_timestamp <= now_us)
            client_average_add(&link->stats.udp_ping,
                               (double)(now_us - datagram.ping_timestamp) / 1000.0);
        break;
    case DATAGRAM_VOICE:
        if (client->phase != CLIENT_JOINED)
            break;
        link->stats.voice_received++;
        if (client->handlers->on_voice != NULL)
            client->handlers->on_voice(client->arg, &datagram.voice, now_us);
        break;
    }
}

void voice_link_on_tunnel(struct client *client, struct span body)
{
    client->link.stats.tcp_packets++;
    if (body.len > 0 && body.len <= VOICE_PACKET_MAX_BYTES)
        on_plain(client, body, false);
}

static void ask_for_resync(struct client *client, uint64_t now_us)
{
    struct voice_link *link = &client->link;
    if (now_us - link->opened_us < RESYNC_AFTER_US || now_us - link->resync_us < RESYNC_AFTER_US)
        return;
    link->resync_us = now_us;
    MumbleProto__CryptSetup empty = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    (void)client_send(client, MSG_CRYPT_SETUP, &empty.base);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct client *client = handle->data;
    *buf = uv_buf_init((char *)client->link.datagram, sizeof client->link.datagram);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
                        unsigned flags)
{
    struct client *client = udp->data;
    struct voice_link *link = &client->link;
    // Errors are ICMP's word on what we sent; the counters will tell.
    if (n <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) || link->crypt == NULL)
        return;
    uint8_t plain[sizeof link->datagram];
    bool is_newest;
    int len = crypt_open(link->crypt, (struct span){ (const uint8_t *)buf->base, (size_t)n }, plain,
                         &is_newest);
    uint64_t now_us = clock_us();
    if (len == PROTO_E_AUTH)
        ask_for_resync(client, now_us);
    if (len < 0)
        return;
    link->opened_us = now_us;
    link->stats.udp_packets++;
    on_plain(client, (struct span){ plain, (size_t)len }, true);
}

static void open_socket(struct client *client)
{
    struct voice_link *link = &client->link;
    struct sockaddr_storage peer;
    int size = sizeof peer;
    if (link->is_socket_open || link->wish == CLIENT_TRANSPORT_TCP ||
        uv_tcp_getpeername(&client->connection.tcp, (struct sockaddr *)&peer, &size) != 0 ||
        uv_udp_init(client->connection.loop, &link->udp) != 0)
        return;
    link->udp.data = client;
    link->is_socket_open = true;
    client->n_open_parts++;
    if (uv_udp_connect(&link->udp, (struct sockaddr *)&peer) != 0 ||
        uv_udp_recv_start(&link->udp, give_room, on_datagram) != 0)
        log_warn("client", "no datagrams: the tunnel carries voice", "%s", "");
}

void voice_link_on_crypt_setup(struct client *client, const MumbleProto__CryptSetup *setup)
{
    struct voice_link *link = &client->link;
    const ProtobufCBinaryData *key = &setup->key;
    const ProtobufCBinaryData *own = &setup->client_nonce;
    const ProtobufCBinaryData *theirs = &setup->server_nonce;
    if (setup->has_key && setup->has_client_nonce && setup->has_server_nonce) {
        if (key->len != CRYPT_KEY_BYTES || own->len != 16 || theirs->len != 16)
            return;
        crypt_free(link->crypt);
        link->crypt = crypt_new(key->data, own->data, theirs->data);
        link->opened_us = clock_us();
        open_socket(client);
    } else if (link->crypt != NULL && setup->has_server_nonce) {
        if (theirs->len == 16)
            crypt_set_decrypt_nonce(link->crypt, theirs->data);
    } else if (link->crypt != NULL) {
        uint8_t nonce[16];
        crypt_get_encrypt_nonce(link->crypt, nonce);
        MumbleProto__CryptSetup answer = MUMBLE_PROTO__CRYPT_SETUP__INIT;
        answer.has_client_nonce = 1;
        answer.client_nonce = (ProtobufCBinaryData){ sizeof nonce, nonce };
        (void)client_send(client, MSG_CRYPT_SETUP, &answer.base);
    }
}

static bool send_datagram(struct client *client, struct span plain)
{
    struct voice_link *link = &client->link;
    if (!link->is_socket_open || link->crypt == NULL || plain.len > VOICE_PACKET_MAX_BYTES)
        return false;
    uint8_t sealed[VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES];
    size_t len = crypt_seal(link->crypt, plain, sealed);
    uv_buf_t buf = uv_buf_init((char *)sealed, (unsigned)len);
    return uv_udp_try_send(&link->udp, &buf, 1, NULL) == (int)len;
}

static bool send_tunnel(struct client *client, struct span plain)
{
    uint8_t frame[FRAME_HEADER_BYTES + VOICE_PACKET_MAX_BYTES];
    frame_write_header(frame, MSG_UDP_TUNNEL, (uint32_t)plain.len);
    memcpy(frame + FRAME_HEADER_BYTES, plain.data, plain.len);
    return connection_send(&client->connection, frame, FRAME_HEADER_BYTES + plain.len);
}

bool voice_link_send(struct client *client, const struct voice_packet *packet)
{
    struct voice_link *link = &client->link;
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    int len = voice_write(packet, link->format, VOICE_TO_SERVER, plain, sizeof plain);
    if (len <= 0)
        return false;
    link->stats.voice_sent++;
    struct span span = { plain, (size_t)len };
    return link->is_udp ? send_datagram(client, span) : send_tunnel(client, span);
}

void voice_link_start(struct client *client, uint64_t now_us)
{
    client->link.local_moved_us = now_us;
    client->link.remote_moved_us = now_us;
}

void voice_link_ping(struct client *client, uint64_t now_us)
{
    uint8_t plain[32];
    int len = udp_ping_write(now_us, client->link.format, plain, sizeof plain);
    if (len > 0)
        (void)send_datagram(client, (struct span){ plain, (size_t)len });
}

static void note_growth(uint32_t *seen, uint64_t *moved_us, uint32_t good, uint64_t now_us)
{
    if (good != *seen)
        *moved_us = now_us;
    *seen = good;
}

void voice_link_on_ping(struct client *client, const MumbleProto__Ping *ping, uint64_t now_us)
{
    struct voice_link *link = &client->link;
    link->stats.remote = (struct crypt_counters){
        .good = ping->good, .late = ping->late, .lost = ping->lost, .resync = ping->resync
    };
    uint32_t local = link->crypt != NULL ? crypt_get_counters(link->crypt).good : 0;
    note_growth(&link->local_good, &link->local_moved_us, local, now_us);
    note_growth(&link->remote_good, &link->remote_moved_us, ping->good, now_us);
    if (link->wish != CLIENT_TRANSPORT_AUTO)
        return;
    if (link->is_udp && (now_us - link->local_moved_us >= MS(CLIENT_UDP_LOST_MS) ||
                         now_us - link->remote_moved_us >= MS(CLIENT_UDP_LOST_MS))) {
        link->local_good_at_loss = local;
        link->remote_good_at_loss = ping->good;
        set_udp(client, false);
    } else if (!link->is_udp && local - link->local_good_at_loss > CLIENT_UDP_BACK_PACKETS &&
               ping->good - link->remote_good_at_loss > CLIENT_UDP_BACK_PACKETS) {
        set_udp(client, true);
    }
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    client->link.is_socket_open = false;
    client_part_closed(client);
}

void voice_link_close(struct client *client)
{
    if (client->link.is_socket_open)
        uv_close((uv_handle_t *)&client->link.udp, on_socket_closed);
}
