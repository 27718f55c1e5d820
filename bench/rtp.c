// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define RTP_HEADER_BYTES 12
#define RTP_OPUS 111 // the payload type that the participants join with
#define RTP_SAMPLES 960

uint16_t rtp_open(struct load_client *client)
{
    const struct load_options loopback = { .host = "127.0.0.1" };
    struct sockaddr_in address = { 0 };
    socklen_t len = sizeof address;
    *client = (struct load_client){ .tcp_fd = -1, .udp_fd = udp_open(&loopback, false) };
    if (getsockname(client->udp_fd, (struct sockaddr *)&address, &len) != 0)
        fail("getsockname: %s", strerror(errno));
    client->session = ntohs(address.sin_port); // also its SSRC
    return ntohs(address.sin_port);
}

void rtp_peer(struct load_client *client, uint16_t port)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (connect(client->udp_fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("connect to %u: %s", port, strerror(errno));
    static const uint8_t silence[] = { 0xF8, 0xFF, 0xFE };
    rtp_speak(client,
              (struct span){ silence, sizeof silence }); // whom it never heard it does not send to
}

static void put32(uint8_t *out, uint32_t value)
{
    value = htonl(value);
    memcpy(out, &value, sizeof value);
}

void rtp_speak(struct load_client *client, struct span opus)
{
    uint8_t packet[RTP_HEADER_BYTES + VOICE_OPUS_MAX_BYTES] = { 0x80, RTP_OPUS };
    uint16_t sequence = htons((uint16_t)client->frame_number);
    memcpy(packet + 2, &sequence, sizeof sequence);
    put32(packet + 4, (uint32_t)client->frame_number * RTP_SAMPLES);
    put32(packet + 8, client->session);
    memcpy(packet + RTP_HEADER_BYTES, opus.data, opus.len);
    client->frame_number++;
    if (send(client->udp_fd, packet, RTP_HEADER_BYTES + opus.len, 0) < 0 && errno != EAGAIN &&
        errno != ECONNREFUSED)
        fail("send: %s", strerror(errno));
}

// Where the sound begins; 0: no packet of ours.
static size_t header_len(struct span packet)
{
    if (packet.len < RTP_HEADER_BYTES || packet.data[0] >> 6 != 2 ||
        (packet.data[1] & 0x7F) != RTP_OPUS)
        return 0;
    size_t len = RTP_HEADER_BYTES + 4 * (size_t)(packet.data[0] & 0x0F);
    if ((packet.data[0] & 0x10) != 0 && packet.len >= len + 4)
        len += 4 + 4 * ((size_t)packet.data[len + 2] << 8 | packet.data[len + 3]);
    return len < packet.len ? len : 0;
}

void rtp_read(struct load_client *client, load_voice_fn voice, void *context)
{
    struct udp_batch batch;
    bool has_more;
    do {
        has_more = udp_read(client->udp_fd, &batch);
        for (unsigned i = 0; i < batch.n; i++) {
            struct span packet = batch.datagrams[i];
            size_t len = header_len(packet);
            if (len > 0 && voice != NULL)
                voice(context, client, (struct span){ packet.data + len, packet.len - len },
                      batch.came_ns[i]);
        }
    } while (has_more);
}
