// SPDX-License-Identifier: BSD-3-Clause
#include "base/i18n.h"
#include "client-cli/client_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const phase_names[CLIENT_PHASES] = {
    [CLIENT_CONNECTING] = "connecting",
    [CLIENT_LOGIN] = "login",
    [CLIENT_JOINED] = "joined",
    [CLIENT_CLOSING] = "closing",
};

void client_enter(struct client *client, enum client_phase phase, const char *why)
{
    log_debug("client", "phase", "from=%s to=%s why=\"%s\"", phase_names[client->phase],
              phase_names[phase], why);
    client->phase = phase;
}

// ---- sending

bool client_send(struct client *client, enum msg_type type, const ProtobufCMessage *message)
{
    if (client->phase != CLIENT_LOGIN && client->phase != CLIENT_JOINED)
        return false;
    size_t size = msg_packed_size(message);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return false;
    bool is_sent = connection_send(&client->connection, bytes, msg_pack(type, message, bytes));
    free(bytes);
    return is_sent;
}

bool client_send_text(struct client *client, uint32_t channel_id, const char *text)
{
    MumbleProto__TextMessage message = MUMBLE_PROTO__TEXT_MESSAGE__INIT;
    message.n_channel_id = 1;
    message.channel_id = &channel_id;
    char *copy = str_dup(text); // the generated struct wants a char *
    if (copy == NULL)
        return false;
    message.message = copy;
    bool is_sent = client_send(client, MSG_TEXT_MESSAGE, &message.base);
    free(copy);
    return is_sent;
}

bool client_send_voice(struct client *client, const struct voice_packet *packet)
{
    return client->phase == CLIENT_JOINED && voice_link_send(client, packet);
}

// ---- life

static void on_login_timeout(uv_timer_t *timer)
{
    client_close(timer->data, CLIENT_END_FAILED, N_("the server did not answer in time"));
}

static void on_connection_failed(void *arg, const char *reason)
{
    client_close(arg, CLIENT_END_FAILED, reason);
}

static void on_connection_closed(void *arg)
{
    client_part_closed(arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
    client_part_closed(handle->data);
}

static void client_free(struct client *client)
{
    connection_clear(&client->connection);
    roster_clear(&client->roster);
    crypt_free(client->link.crypt);
    free(client->host);
    free(client->name);
    if (client->password != NULL)
        OPENSSL_cleanse(client->password, strlen(client->password));
    free(client->password);
    free(client);
}

void client_part_closed(struct client *client)
{
    assert(client->phase == CLIENT_CLOSING);
    if (--client->n_open_parts > 0)
        return;
    if (client->handlers->on_closed != NULL)
        client->handlers->on_closed(client->arg, client->end, client->end_reason);
    client_free(client);
}

void client_close(struct client *client, enum client_end end, const char *reason)
{
    if (client->phase == CLIENT_CLOSING)
        return;
    client_enter(client, CLIENT_CLOSING, reason);
    client->end = end;
    (void)snprintf(client->end_reason, sizeof client->end_reason, "%s", reason);
    voice_link_close(client);
    uv_close((uv_handle_t *)&client->timer, on_timer_closed);
    connection_close(&client->connection);
}

SSL_CTX *client_tls_new(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_default_verify_paths(tls);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    return tls;
}

static const struct connection_handlers connection_handlers = {
    .on_secure = session_on_secure,
    .on_frame = session_on_frame,
    .on_failed = on_connection_failed,
    .on_closed = on_connection_closed,
};

struct client *client_new(uv_loop_t *loop, const struct client_options *options,
                          const struct client_handlers *handlers, void *arg)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->handlers = handlers;
    client->arg = arg;
    client->is_legacy = options->is_legacy;
    client->is_bot = options->is_bot;
    client->link.wish = options->transport;
    client->host = str_dup(options->host);
    client->name = str_dup(options->name);
    client->password = str_dup(options->password);
    voice_link_init(client);
    if (client->host == NULL || client->name == NULL ||
        (options->password != NULL && client->password == NULL) ||
        connection_open(&client->connection, loop, options->tls, client->host, options->port,
                        &connection_handlers, client) != 0) {
        client_free(client);
        return NULL;
    }
    (void)uv_timer_init(loop, &client->timer); // neither of these two can fail
    client->timer.data = client;
    (void)uv_timer_start(&client->timer, on_login_timeout, CLIENT_LOGIN_TIMEOUT_MS, 0);
    client->n_open_parts = 2; // the connection and the timer
    return client;
}

// ---- asking

uint32_t client_session(const struct client *client)
{
    return client->session;
}

uint32_t client_own_channel(const struct client *client)
{
    const struct client_user *own = roster_user(&client->roster, client->session);
    return own != NULL ? own->channel_id : 0;
}

uint64_t client_server_version(const struct client *client)
{
    return client->server_version;
}

const char *client_server_release(const struct client *client)
{
    return client->server_release;
}

struct client_stats client_stats(const struct client *client)
{
    struct client_stats stats = client->link.stats;
    stats.is_udp = client->link.is_udp;
    if (client->link.crypt != NULL)
        stats.local = crypt_get_counters(client->link.crypt);
    return stats;
}

const struct client_user *client_find_user(const struct client *client, uint32_t session)
{
    return roster_user(&client->roster, session);
}

const struct client_channel *client_find_channel(const struct client *client, uint32_t id)
{
    return roster_channel(&client->roster, id);
}

const struct client_channel *client_find_child(const struct client *client, uint32_t parent_id,
                                               const char *name)
{
    const struct client_channel *loose = NULL;
    for (size_t i = 0; i < client->roster.n_channels; i++) {
        const struct client_channel *channel = &client->roster.channels[i];
        if (channel->parent_id != parent_id || channel->id == 0)
            continue;
        if (strcmp(channel->name, name) == 0)
            return channel;
        if (loose == NULL && str_equal_fold(channel->name, name))
            loose = channel;
    }
    return loose;
}

size_t client_n_users(const struct client *client)
{
    return client->roster.n_users;
}

size_t client_n_channels(const struct client *client)
{
    return client->roster.n_channels;
}

const struct client_user *client_user_at(const struct client *client, size_t index)
{
    return index < client->roster.n_users ? &client->roster.users[index] : NULL;
}

const struct client_channel *client_channel_at(const struct client *client, size_t index)
{
    return index < client->roster.n_channels ? &client->roster.channels[index] : NULL;
}
