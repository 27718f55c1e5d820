// SPDX-License-Identifier: BSD-3-Clause
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

int sim_socket(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    address.sin_port = htons(port);
    // Connected: an answer from any other address is not seen. What came between bind and connect
    // was meant for whoever had this port before.
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    uint8_t stray[1];
    while (recv(fd, stray, sizeof stray, MSG_DONTWAIT) >= 0)
        continue;
    return fd;
}

struct sim_peer sim_join(struct sim *sim, uint32_t session, unsigned thread,
                         enum voice_format format, uint32_t room)
{
    uint8_t key[CRYPT_KEY_BYTES], up[16], down[16];
    random_bytes(key, sizeof key);
    random_bytes(up, sizeof up);
    random_bytes(down, sizeof down);
    struct voice_command command = {
        .kind = VOICE_CMD_ADD,
        .session = session,
        .add = { .crypt = crypt_new(key, down, up), .format = format },
    };
    assert_non_null(command.add.crypt);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &command.add.host), 1);
    sim_command(sim, thread, &command, (struct span){ 0 });
    sim->clients[session] = (struct sim_client){
        .is_set = true,
        .thread = (uint8_t)thread,
        .room = room,
        .meeting = VOICE_NONE,
        .place = session // each their own
    };
    struct sim_peer peer = {
        .sim = sim,
        .session = session,
        .fd = sim_socket(sim->port),
        .crypt = crypt_new(key, up, down),
        .format = format,
    };
    assert_non_null(peer.crypt);
    return peer;
}

void sim_leave(struct sim_peer *peer)
{
    crypt_free(peer->crypt);
    (void)close(peer->fd);
}

void sim_rebind(struct sim_peer *peer)
{
    int fd = sim_socket(peer->sim->port); // before the old one is closed: a different port
    (void)close(peer->fd);
    peer->fd = fd;
}

size_t sim_seal(struct sim_peer *peer, struct span plain, uint8_t *out)
{
    return crypt_seal(peer->crypt, plain, out);
}

void sim_send(struct sim_peer *peer, struct span plain)
{
    uint8_t sealed[VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES];
    size_t n = sim_seal(peer, plain, sealed);
    assert_int_equal(send(peer->fd, sealed, n, 0), n);
}

void sim_ping(struct sim_peer *peer)
{
    uint8_t plain[64];
    uint64_t timestamp = ++peer->sim->token;
    int n = udp_ping_write(timestamp, peer->format, plain, sizeof plain);
    assert_true(n > 0);
    sim_send(peer, (struct span){ plain, (size_t)n });
    const struct sim_heard *heard = sim_hear(peer);
    assert_int_equal(heard->datagram.kind, DATAGRAM_PING);
    assert_int_equal(heard->datagram.format, peer->format);
    assert_int_equal(heard->datagram.ping_timestamp, timestamp);
}

size_t sim_voice(enum voice_format format, uint8_t target, uint64_t frame_number, const char *opus,
                 uint8_t *out)
{
    const struct voice_packet packet = {
        .target = target,
        .frame_number = frame_number,
        .opus = { (const uint8_t *)opus, strlen(opus) },
        .has_position = true, // arrives only at the same place
        .position = { 1, 2, 3 },
    };
    int n = voice_write(&packet, format, VOICE_TO_SERVER, out, VOICE_PACKET_MAX_BYTES);
    assert_true(n > 0);
    return (size_t)n;
}

void sim_speak(struct sim_peer *peer, uint8_t target, uint64_t frame_number, const char *opus)
{
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    size_t n = sim_voice(peer->format, target, frame_number, opus, plain);
    sim_send(peer, (struct span){ plain, n });
}

void sim_tunnel(struct sim_peer *peer, enum voice_format format, uint8_t target,
                uint64_t frame_number, const char *opus)
{
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    size_t n = sim_voice(format, target, frame_number, opus, plain);
    const struct voice_command command = { .kind = VOICE_CMD_TUNNEL, .session = peer->session };
    sim_command(peer->sim, peer->sim->clients[peer->session].thread, &command,
                (struct span){ plain, n });
}

struct sim_heard *sim_hear(struct sim_peer *peer)
{
    static struct sim_heard heard;
    uint8_t sealed[VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES];
    bool is_newest = false;
    sim_wait_readable(peer->sim, peer->fd);
    ssize_t n = recv(peer->fd, sealed, sizeof sealed, 0);
    assert_true(n > 0);
    int len = crypt_open(peer->crypt, (struct span){ sealed, (size_t)n }, heard.plain, &is_newest);
    if (len <= 0)
        fail_msg("session %u got %zd bytes that do not open: %s", peer->session, n,
                 proto_error_text(len));
    assert_true(is_newest);
    assert_int_equal(
        datagram_read((struct span){ heard.plain, (size_t)len }, VOICE_TO_CLIENT, &heard.datagram),
        0);
    return &heard;
}

void sim_expect(struct sim_peer *peer, uint32_t from, uint8_t context, uint64_t frame_number,
                const char *opus)
{
    const struct sim_heard *heard = sim_hear(peer);
    const struct voice_packet *voice = &heard->datagram.voice;
    assert_int_equal(heard->datagram.kind, DATAGRAM_VOICE);
    assert_int_equal(heard->datagram.format, peer->format);
    assert_int_equal(voice->session, from);
    assert_int_equal(voice->target, context);
    assert_int_equal(voice->frame_number, frame_number);
    assert_int_equal(voice->opus.len, strlen(opus));
    assert_memory_equal(voice->opus.data, opus, voice->opus.len);
    const struct sim_client *clients = peer->sim->clients;
    bool is_same_place = clients[from].place == clients[peer->session].place;
    assert_int_equal(voice->has_position, clients[from].is_set && is_same_place);
    static const float said[] = { 1, 2, 3 };
    if (voice->has_position)
        assert_memory_equal(voice->position, said, sizeof said);
}

void sim_expect_nothing(struct sim_peer *peer)
{
    uint8_t byte;
    assert_int_equal(recv(peer->fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}
