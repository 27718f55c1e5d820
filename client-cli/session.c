// SPDX-License-Identifier: BSD-3-Clause
//
// The protocol's state: phases, and one handler per message and phase. What a phase does not list
// is ignored, as stock clients do.
#include "base/i18n.h"
#include "client-cli/client_int.h"

#include <stdio.h>
#include <string.h>

#define ANNOUNCED_LEGACY PROTO_VERSION(1, 3, 4)

typedef void (*message_fn)(struct client *client, const ProtobufCMessage *message);

// ---- pings

static void send_ping(struct client *client, uint64_t now_us)
{
    struct client_stats stats = client_stats(client);
    MumbleProto__Ping ping = MUMBLE_PROTO__PING__INIT;
    ping.has_timestamp = 1;
    ping.timestamp = now_us;
    ping.has_good = ping.has_late = ping.has_lost = ping.has_resync = 1;
    ping.good = stats.local.good;
    ping.late = stats.local.late;
    ping.lost = stats.local.lost;
    ping.resync = stats.local.resync;
    ping.has_udp_packets = ping.has_tcp_packets = 1;
    ping.udp_packets = stats.udp_packets;
    ping.tcp_packets = stats.tcp_packets;
    ping.has_udp_ping_avg = ping.has_udp_ping_var = 1;
    ping.udp_ping_avg = (float)stats.udp_ping.mean;
    ping.udp_ping_var = (float)client_average_variance(&stats.udp_ping);
    ping.has_tcp_ping_avg = ping.has_tcp_ping_var = 1;
    ping.tcp_ping_avg = (float)stats.tcp_ping.mean;
    ping.tcp_ping_var = (float)client_average_variance(&stats.tcp_ping);
    (void)client_send(client, MSG_PING, &ping.base);
}

static void on_ping_time(uv_timer_t *timer)
{
    struct client *client = timer->data;
    if (client->pings_unanswered >= CLIENT_PINGS_UNANSWERED_MAX) {
        client_close(client, CLIENT_END_FAILED, N_("the server answers no more"));
        return;
    }
    client->pings_unanswered++;
    uint64_t now_us = clock_us();
    send_ping(client, now_us);
    voice_link_ping(client, now_us);
    if (client->phase == CLIENT_JOINED && client->handlers->on_ping != NULL)
        client->handlers->on_ping(client->arg);
}

// ---- login

static void send_login(struct client *client)
{
    uint64_t announced = client->is_legacy ? ANNOUNCED_LEGACY : PROTO_VERSION_OWN;
    char release[] = "Susurro " SUSURRO_VERSION;
    char os[] = "Linux";
    MumbleProto__Version version = MUMBLE_PROTO__VERSION__INIT;
    version.has_version_v1 = 1;
    version.version_v1 = version_to_v1(announced);
    version.has_version_v2 = !client->is_legacy;
    version.version_v2 = announced;
    version.release = release;
    version.os = os;
    MumbleProto__Authenticate login = MUMBLE_PROTO__AUTHENTICATE__INIT;
    login.username = client->name;
    login.password = client->password;
    login.has_opus = 1;
    login.opus = 1;
    login.has_client_type = client->is_bot;
    login.client_type = 1;
    (void)client_send(client, MSG_VERSION, &version.base);
    (void)client_send(client, MSG_AUTHENTICATE, &login.base);
}

static bool is_certificate_accepted(struct client *client)
{
    X509 *leaf = SSL_get1_peer_certificate(client->connection.ssl);
    uint8_t digest[32];
    unsigned len = 0;
    bool is_read =
        leaf != NULL && X509_digest(leaf, EVP_sha256(), digest, &len) == 1 && len == sizeof digest;
    X509_free(leaf);
    if (!is_read)
        return false;
    char hex[2 * sizeof digest + 1];
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    const struct client_certificate certificate = {
        .fingerprint = hex,
        .is_trusted = SSL_get_verify_result(client->connection.ssl) == X509_V_OK,
    };
    return client->handlers->on_certificate == NULL ||
           client->handlers->on_certificate(client->arg, &certificate);
}

void session_on_secure(void *arg)
{
    struct client *client = arg;
    if (!is_certificate_accepted(client)) {
        client_close(client, CLIENT_END_FAILED, "the server's certificate was not accepted");
        return;
    }
    client_enter(client, CLIENT_LOGIN, "the certificate is accepted");
    send_login(client);
}

// ---- messages

static void on_version(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__Version *version = (const void *)message;
    client->server_version = version_read(version);
    client->link.format = !client->is_legacy && client->server_version >= PROTO_VERSION_PROTOBUF_UDP
                              ? VOICE_FORMAT_PROTOBUF
                              : VOICE_FORMAT_LEGACY;
    if (version->release != NULL)
        (void)snprintf(client->server_release, sizeof client->server_release, "%s",
                       version->release);
}

static void on_reject(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__Reject *reject = (const void *)message;
    static const char *const texts[] = {
        "refused",
        "wrong version",
        "invalid user name",
        "wrong password of a registered user",
        "wrong server password",
        "the name is in use",
        "the server is full",
        "a certificate is required",
        "the authenticator failed",
        "no new connections are allowed",
    };
    unsigned type = reject->has_type ? (unsigned)reject->type : 0;
    const char *text = type < sizeof texts / sizeof *texts ? texts[type] : texts[0];
    char reason[200];
    if (reject->reason != NULL && reject->reason[0] != '\0')
        (void)snprintf(reason, sizeof reason, "%s (%s)", text, reject->reason);
    else
        (void)snprintf(reason, sizeof reason, "%s", text);
    client_close(client, CLIENT_END_REFUSED, reason);
}

static void on_server_sync(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__ServerSync *sync = (const void *)message;
    if (roster_user(&client->roster, sync->session) == NULL) {
        client_close(client, CLIENT_END_FAILED, "the server did not tell us who we are");
        return;
    }
    client->session = sync->session;
    client_enter(client, CLIENT_JOINED, "ServerSync");
    uint64_t now_us = clock_us();
    voice_link_start(client, now_us);
    (void)uv_timer_start(&client->timer, on_ping_time, CLIENT_PING_MS, CLIENT_PING_MS);
    send_ping(client, now_us);
    voice_link_ping(client, now_us);
    client->pings_unanswered = 1;
    if (sync->has_max_bandwidth && client->handlers->on_bandwidth != NULL)
        client->handlers->on_bandwidth(client->arg, sync->max_bandwidth);
    if (client->handlers->on_joined != NULL)
        client->handlers->on_joined(client->arg, sync->welcome_text ? sync->welcome_text : "");
}

static void on_user_state(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__UserState *state = (const void *)message;
    if (!state->has_session)
        return;
    unsigned changes;
    const struct client_user *user = roster_apply_user(&client->roster, state, &changes);
    if (user != NULL && client->phase == CLIENT_JOINED && client->handlers->on_user != NULL)
        client->handlers->on_user(client->arg, user, changes, state->has_actor ? state->actor : 0);
}

static void on_user_remove(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__UserRemove *gone = (const void *)message;
    const struct client_user *user = roster_user(&client->roster, gone->session);
    const char *reason = gone->reason != NULL ? gone->reason : "";
    uint32_t actor = gone->has_actor ? gone->actor : 0;
    if (user != NULL && client->phase == CLIENT_JOINED && client->handlers->on_user_left != NULL)
        client->handlers->on_user_left(client->arg, user, actor, reason);
    if (client->session != 0 && gone->session == client->session) {
        char text[200];
        (void)snprintf(text, sizeof text, "%s%s", gone->ban ? "banned: " : "",
                       reason[0] != '\0' ? reason : "no reason was given");
        client_close(client, CLIENT_END_KICKED, text);
        return;
    }
    roster_remove_user(&client->roster, gone->session);
}

static void on_channel_state(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__ChannelState *state = (const void *)message;
    if (!state->has_channel_id)
        return;
    bool is_new;
    const struct client_channel *channel = roster_apply_channel(&client->roster, state, &is_new);
    if (channel != NULL && client->phase == CLIENT_JOINED && client->handlers->on_channel != NULL)
        client->handlers->on_channel(client->arg, channel,
                                     is_new ? CLIENT_CHANNEL_NEW : CLIENT_CHANNEL_CHANGED);
}

static void on_channel_remove(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__ChannelRemove *gone = (const void *)message;
    const struct client_channel *channel = roster_channel(&client->roster, gone->channel_id);
    if (channel != NULL && client->phase == CLIENT_JOINED && client->handlers->on_channel != NULL)
        client->handlers->on_channel(client->arg, channel, CLIENT_CHANNEL_REMOVED);
    roster_remove_channel(&client->roster, gone->channel_id);
}

static void on_text(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__TextMessage *text = (const void *)message;
    if (client->handlers->on_text != NULL)
        client->handlers->on_text(client->arg, text->has_actor ? text->actor : 0, text->message);
}

static void on_denied(struct client *client, const ProtobufCMessage *message)
{
    if (client->handlers->on_denied != NULL)
        client->handlers->on_denied(client->arg, (const void *)message);
}

static void on_crypt_setup(struct client *client, const ProtobufCMessage *message)
{
    voice_link_on_crypt_setup(client, (const void *)message);
}

static void on_server_config(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__ServerConfig *config = (const void *)message;
    if (config->has_max_bandwidth && client->handlers->on_bandwidth != NULL)
        client->handlers->on_bandwidth(client->arg, config->max_bandwidth);
}

static void on_codec_version(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__CodecVersion *codec = (const void *)message;
    if (!codec->has_opus || !codec->opus)
        client_close(client, CLIENT_END_FAILED, "the server does not use the Opus codec");
}

static void on_ping(struct client *client, const ProtobufCMessage *message)
{
    const MumbleProto__Ping *ping = (const void *)message;
    uint64_t now_us = clock_us();
    client->pings_unanswered = 0;
    if (ping->has_timestamp && ping->timestamp <= now_us)
        client_average_add(&client->link.stats.tcp_ping,
                           (double)(now_us - ping->timestamp) / 1000.0);
    voice_link_on_ping(client, ping, now_us);
}

static const message_fn table[CLIENT_PHASES][MSG_TYPES] = {
    [CLIENT_LOGIN] = {
        [MSG_VERSION] = on_version,
        [MSG_REJECT] = on_reject,
        [MSG_SERVER_SYNC] = on_server_sync,
        [MSG_CHANNEL_STATE] = on_channel_state,
        [MSG_CHANNEL_REMOVE] = on_channel_remove,
        [MSG_USER_STATE] = on_user_state,
        [MSG_USER_REMOVE] = on_user_remove,
        [MSG_TEXT_MESSAGE] = on_text,
        [MSG_CRYPT_SETUP] = on_crypt_setup,
        [MSG_CODEC_VERSION] = on_codec_version,
    },
    [CLIENT_JOINED] = {
        [MSG_VERSION] = on_version,
        [MSG_PING] = on_ping,
        [MSG_CHANNEL_STATE] = on_channel_state,
        [MSG_CHANNEL_REMOVE] = on_channel_remove,
        [MSG_USER_STATE] = on_user_state,
        [MSG_USER_REMOVE] = on_user_remove,
        [MSG_TEXT_MESSAGE] = on_text,
        [MSG_PERMISSION_DENIED] = on_denied,
        [MSG_CRYPT_SETUP] = on_crypt_setup,
        [MSG_CODEC_VERSION] = on_codec_version,
        [MSG_SERVER_CONFIG] = on_server_config,
    },
};

void session_on_frame(void *arg, const struct frame *frame)
{
    struct client *client = arg;
    if (frame->type == MSG_UDP_TUNNEL && client->phase == CLIENT_JOINED)
        voice_link_on_tunnel(client, frame->body);
    message_fn handle = frame->type < MSG_TYPES ? table[client->phase][frame->type] : NULL;
    if (handle == NULL && client->handlers->on_message == NULL)
        return;
    ProtobufCMessage *message = msg_unpack(frame->type, frame->body);
    if (message == NULL)
        return;
    if (handle != NULL)
        handle(client, message);
    if (client->phase != CLIENT_CLOSING && client->handlers->on_message != NULL)
        client->handlers->on_message(client->arg, frame->type, message);
    msg_free(message);
}
