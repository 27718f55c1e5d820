// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOGIN_TIMEOUT_S 60
#define INPUT_FIRST_BYTES 4096

SSL_CTX *load_tls_new(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls == NULL)
        fail("no TLS context");
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    return tls;
}

struct sockaddr_in load_address(const struct load_options *options)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(options->port) };
    if (inet_pton(AF_INET, options->host, &address.sin_addr) != 1)
        fail("%s is not an IPv4 address", options->host);
    return address;
}

static int connected_socket(const struct load_options *options)
{
    struct sockaddr_in address = load_address(options);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("connect to %s:%u: %s", options->host, options->port, strerror(errno));
    return fd;
}

static void send_frame(struct load_client *client, enum msg_type type, const uint8_t *body,
                       size_t len)
{
    uint8_t frame[FRAME_HEADER_BYTES + VOICE_PACKET_MAX_BYTES];
    if (len > VOICE_PACKET_MAX_BYTES)
        fail("a frame of %zu bytes", len);
    frame_write_header(frame, (uint16_t)type, (uint32_t)len);
    memcpy(frame + FRAME_HEADER_BYTES, body, len);
    if (SSL_write(client->ssl, frame, (int)(FRAME_HEADER_BYTES + len)) <= 0)
        fail("session %u: the server does not take what is sent", client->session);
}

static void send_message(struct load_client *client, enum msg_type type,
                         const ProtobufCMessage *message)
{
    uint8_t frame[1024];
    if (msg_packed_size(message) > sizeof frame)
        fail("a message of %zu bytes", msg_packed_size(message));
    size_t len = msg_pack(type, message, frame);
    if (SSL_write(client->ssl, frame, (int)len) <= 0)
        fail("session %u: the server does not take a message", client->session);
}

// ---- login ----

struct login {
    struct load_client *client;
    char path[256];
    const char *parts[LOAD_PATH_MAX];
    uint32_t ids[LOAD_PATH_MAX];
    size_t n_parts, n_found;
};

static void login_split(struct login *login, const char *channel)
{
    (void)snprintf(login->path, sizeof login->path, "%s", channel == NULL ? "" : channel);
    char *rest = login->path, *part;
    while ((part = strsep(&rest, "/")) != NULL) {
        if (*part != '\0' && login->n_parts < LOAD_PATH_MAX)
            login->parts[login->n_parts++] = part;
    }
}

static void login_channel(struct login *login, const MumbleProto__ChannelState *state)
{
    if (login->n_found == login->n_parts || state->name == NULL || !state->has_channel_id)
        return;
    uint32_t above = login->n_found == 0 ? 0 : login->ids[login->n_found - 1];
    if (state->channel_id != 0 && state->parent == above &&
        strcmp(state->name, login->parts[login->n_found]) == 0)
        login->ids[login->n_found++] = state->channel_id;
}

static void login_crypt(struct load_client *client, const MumbleProto__CryptSetup *setup)
{
    if (!setup->has_key || setup->key.len != CRYPT_KEY_BYTES || client->crypt != NULL)
        return;
    if (setup->client_nonce.len != 16 || setup->server_nonce.len != 16)
        fail("CryptSetup with odd nonces");
    client->crypt = crypt_new(setup->key.data, setup->client_nonce.data, setup->server_nonce.data);
    if (client->crypt == NULL)
        fail("out of memory");
}

static void login_message(struct login *login, unsigned type, const ProtobufCMessage *message)
{
    switch (type) {
    case MSG_REJECT:
        fail("refused: %s", ((const MumbleProto__Reject *)message)->reason);
    case MSG_CRYPT_SETUP:
        login_crypt(login->client, (const MumbleProto__CryptSetup *)message);
        break;
    case MSG_CHANNEL_STATE:
        login_channel(login, (const MumbleProto__ChannelState *)message);
        break;
    case MSG_SERVER_SYNC:
        login->client->session = ((const MumbleProto__ServerSync *)message)->session;
        login->client->is_synced = true;
        break;
    default:
        break;
    }
}

// ---- reading ----

static void take_frame(struct load_client *client, const struct frame *frame, struct login *login,
                       load_voice_fn voice, void *context)
{
    if (frame->type == MSG_UDP_TUNNEL) {
        struct datagram datagram;
        if (voice != NULL && datagram_read(frame->body, VOICE_TO_CLIENT, &datagram) == 0 &&
            datagram.kind == DATAGRAM_VOICE)
            voice(context, client, datagram.voice.opus, client->tcp_came_ns);
    } else if (frame->type == MSG_PING) {
        client->has_pong = true;
    } else if (login != NULL) {
        ProtobufCMessage *message = msg_unpack(frame->type, frame->body);
        if (message != NULL)
            login_message(login, frame->type, message);
        msg_free(message);
    }
}

static void take_input(struct load_client *client, struct login *login, load_voice_fn voice,
                       void *context)
{
    size_t at = 0;
    for (;;) {
        struct frame frame;
        struct span rest = { client->input + at, client->n_input - at };
        long len = frame_read(rest, FRAME_MAX_BYTES, &frame);
        if (len < 0)
            fail("session %u: %s", client->session, proto_error_text((int)len));
        if (len == 0)
            break;
        take_frame(client, &frame, login, voice, context);
        at += (size_t)len;
    }
    memmove(client->input, client->input + at, client->n_input - at);
    client->n_input -= at;
}

// Reads once; false when nothing is there.
static bool read_tls(struct load_client *client)
{
    if (client->input_cap - client->n_input < INPUT_FIRST_BYTES / 2) {
        client->input_cap = client->input_cap == 0 ? INPUT_FIRST_BYTES : client->input_cap * 2;
        client->input = realloc(client->input, client->input_cap);
        if (client->input == NULL)
            fail("out of memory");
    }
    ERR_clear_error();
    int n = SSL_read(client->ssl, client->input + client->n_input,
                     (int)(client->input_cap - client->n_input));
    if (n > 0) {
        client->n_input += (size_t)n;
        return true;
    }
    if (SSL_get_error(client->ssl, n) == SSL_ERROR_WANT_READ)
        return false;
    fail("session %u: the server closed the connection", client->session);
}

void load_client_read_tcp(struct load_client *client, load_voice_fn voice, void *context)
{
    while (read_tls(client))
        take_input(client, NULL, voice, context);
}

static void take_datagram(struct load_client *client, struct span sealed, int64_t came_ns,
                          load_voice_fn voice, void *context)
{
    uint8_t plain[2048];
    struct datagram datagram;
    bool is_newest;
    int len = crypt_open(client->crypt, sealed, plain, &is_newest);
    if (len <= 0 ||
        datagram_read((struct span){ plain, (size_t)len }, VOICE_TO_CLIENT, &datagram) != 0)
        return;
    if (datagram.kind == DATAGRAM_PING)
        client->is_associated = true;
    else if (voice != NULL)
        voice(context, client, datagram.voice.opus, came_ns);
}

void load_client_read_udp(struct load_client *client, load_voice_fn voice, void *context)
{
    struct udp_batch batch;
    bool has_more;
    if (client->ssl == NULL) {
        rtp_read(client, voice, context);
        return;
    }
    do {
        has_more = udp_read(client->udp_fd, &batch);
        for (unsigned i = 0; i < batch.n; i++)
            take_datagram(client, batch.datagrams[i], batch.came_ns[i], voice, context);
    } while (has_more);
}

void load_client_count_dropped(struct load_client *client)
{
    uint32_t info[SK_MEMINFO_VARS];
    socklen_t len = sizeof info;
    if (client->udp_fd >= 0 && getsockopt(client->udp_fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0)
        client->n_dropped = info[SK_MEMINFO_DROPS];
}

// ---- sending ----

static void send_sealed(struct load_client *client, struct span plain)
{
    uint8_t sealed[1024];
    size_t len = crypt_seal(client->crypt, plain, sealed);
    if (len == 0)
        fail("sealing failed");
    if (send(client->udp_fd, sealed, len, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
        fail("send: %s", strerror(errno));
}

void load_client_ping_udp(struct load_client *client)
{
    uint8_t plain[64];
    int len = udp_ping_write((uint64_t)now_ns(), client->options.format, plain, sizeof plain);
    if (len <= 0)
        fail("no ping: %s", proto_error_text(len));
    send_sealed(client, (struct span){ plain, (size_t)len });
}

void load_client_ping(struct load_client *client)
{
    MumbleProto__Ping ping = MUMBLE_PROTO__PING__INIT;
    ping.has_timestamp = true;
    ping.timestamp = (uint64_t)now_ns();
    send_message(client, MSG_PING, &ping.base);
    if (client->udp_fd >= 0)
        load_client_ping_udp(client);
}

void load_client_speak(struct load_client *client, struct span opus)
{
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    struct voice_packet packet = { .frame_number = client->frame_number, .opus = opus };
    if (client->ssl == NULL) {
        rtp_speak(client, opus);
        return;
    }
    int len = voice_write(&packet, client->options.format, VOICE_TO_SERVER, plain, sizeof plain);
    if (len <= 0)
        fail("no voice packet: %s", proto_error_text(len));
    client->frame_number += 2;
    if (client->udp_fd >= 0)
        send_sealed(client, (struct span){ plain, (size_t)len });
    else
        send_frame(client, MSG_UDP_TUNNEL, plain, (size_t)len);
}

// ---- life ----

static void introduce(struct load_client *client, const char *name)
{
    uint64_t version = client->options.format == VOICE_FORMAT_PROTOBUF ? PROTO_VERSION(1, 5, 0)
                                                                       : PROTO_VERSION(1, 3, 4);
    MumbleProto__Version hello = MUMBLE_PROTO__VERSION__INIT;
    hello.has_version_v1 = true;
    hello.version_v1 = version_to_v1(version);
    hello.has_version_v2 = true;
    hello.version_v2 = version;
    send_message(client, MSG_VERSION, &hello.base);

    char username[64];
    (void)snprintf(username, sizeof username, "%s", name);
    MumbleProto__Authenticate login = MUMBLE_PROTO__AUTHENTICATE__INIT;
    login.username = username;
    login.password = (char *)(uintptr_t)client->options.password;
    login.has_opus = true;
    login.opus = true;
    send_message(client, MSG_AUTHENTICATE, &login.base);
}

static void move_to(struct load_client *client, uint32_t channel_id)
{
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = true;
    state.session = client->session;
    state.has_channel_id = true;
    state.channel_id = channel_id;
    send_message(client, MSG_USER_STATE, &state.base);
    client->channel_id = channel_id;
}

void load_client_say(struct load_client *client, const char *text)
{
    MumbleProto__TextMessage message = MUMBLE_PROTO__TEXT_MESSAGE__INIT;
    message.n_channel_id = 1;
    message.channel_id = &client->channel_id;
    message.message = (char *)(uintptr_t)text;
    send_message(client, MSG_TEXT_MESSAGE, &message.base);
}

void load_client_make_rooms(struct load_client *client, unsigned n)
{
    MumbleProto__Ping ping = MUMBLE_PROTO__PING__INIT;
    int64_t limit_ns = now_ns() + (int64_t)LOGIN_TIMEOUT_S * 1000000000;
    for (unsigned i = 0; i < n; i++) {
        MumbleProto__ChannelState room = MUMBLE_PROTO__CHANNEL_STATE__INIT;
        char name[32];
        (void)snprintf(name, sizeof name, "room-%u", i);
        room.has_parent = true;
        room.name = name;
        send_message(client, MSG_CHANNEL_STATE, &room.base);
    }
    client->has_pong = false;
    send_message(client, MSG_PING, &ping.base);
    while (!client->has_pong && now_ns() < limit_ns)
        load_client_read_tcp(client, NULL, NULL);
    if (!client->has_pong)
        fail("the server does not answer the one who makes rooms");
}

void load_client_open(struct load_client *client, SSL_CTX *tls, const struct load_options *options,
                      const char *name, const char *channel)
{
    const int on = 1;
    const struct timeval limit = { .tv_sec = LOGIN_TIMEOUT_S };
    *client = (struct load_client){ .options = *options, .udp_fd = -1 };
    client->tcp_fd = connected_socket(options);
    (void)setsockopt(client->tcp_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(client->tcp_fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    (void)setsockopt(client->tcp_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    client->ssl = SSL_new(tls);
    if (client->ssl == NULL)
        fail("out of memory");
    wire_attach(client);
    if (SSL_connect(client->ssl) != 1)
        fail("%s: no TLS connection", name);

    struct login login = { .client = client };
    login_split(&login, channel);
    introduce(client, name);
    while (!client->is_synced) {
        if (!read_tls(client))
            fail("%s: no ServerSync within %d s", name, LOGIN_TIMEOUT_S);
        take_input(client, &login, NULL, NULL);
    }
    if (client->crypt == NULL || login.n_found != login.n_parts)
        fail("%s: the server has no channel %s", name, channel);
    if (login.n_parts > 0)
        move_to(client, login.ids[login.n_parts - 1]);
    if (fcntl(client->tcp_fd, F_SETFL, O_NONBLOCK) != 0)
        fail("fcntl: %s", strerror(errno));
    if (options->is_udp)
        client->udp_fd = udp_open(options, true);
}

void load_client_close(struct load_client *client)
{
    SSL_free(client->ssl);
    crypt_free(client->crypt);
    if (client->tcp_fd >= 0)
        (void)close(client->tcp_fd);
    if (client->udp_fd >= 0)
        (void)close(client->udp_fd);
    free(client->input);
    *client = (struct load_client){ .tcp_fd = -1, .udp_fd = -1 };
}
