// SPDX-License-Identifier: BSD-3-Clause
//
// What a hostile server can tell a client, after TLS: any frames in any order. The input is a row
// of frames, each a byte of type, a byte of length, and the body. The picture of users and channels
// stays within its limits and hangs together, and the client ends exactly once.
#include "client-cli/client_int.h"
#include "fuzz.h"

#include <string.h>

static int n_closed;

static void on_voice(void *arg, const struct voice_packet *packet, uint64_t now_us)
{
    (void)arg;
    (void)now_us;
    CHECK(packet->opus.len <= VOICE_PACKET_MAX_BYTES);
    CHECK(packet->opus.len > 0 || packet->is_terminator);
}

static void on_closed(void *arg, enum client_end end, const char *reason)
{
    (void)arg;
    CHECK(end <= CLIENT_END_FAILED && reason[0] != '\0');
    n_closed++;
}

static void check_picture(const struct client *client)
{
    CHECK(client_n_users(client) <= CLIENT_USERS_MAX);
    CHECK(client_n_channels(client) <= CLIENT_CHANNELS_MAX);
    for (size_t i = 0; i < client_n_users(client); i++) {
        const struct client_user *user = client_user_at(client, i);
        CHECK(user->name != NULL && client_find_user(client, user->session) == user);
    }
    for (size_t i = 0; i < client_n_channels(client); i++) {
        const struct client_channel *channel = client_channel_at(client, i);
        CHECK(channel->name != NULL && client_find_channel(client, channel->id) == channel);
        (void)client_find_child(client, channel->parent_id, channel->name);
    }
}

static void give_frames(struct client *client, const uint8_t *data, size_t size)
{
    while (size >= 2 && client->phase != CLIENT_CLOSING) {
        size_t len = data[1] < size - 2 ? data[1] : size - 2;
        const struct frame frame = { .type = data[0], .body = { data + 2, len } };
        session_on_frame(client, &frame);
        data += 2 + len;
        size -= 2 + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct client_handlers handlers = { .on_voice = on_voice, .on_closed = on_closed };
    static SSL_CTX *tls;
    uv_loop_t loop;
    if (tls == NULL)
        tls = client_tls_new();
    CHECK(tls != NULL && uv_loop_init(&loop) == 0);
    const struct client_options options = {
        .host = "127.0.0.1", .port = 9, .name = "Ana", .tls = tls
    };
    struct client *client = client_new(&loop, &options, &handlers, NULL);
    CHECK(client != NULL);
    client_enter(client, CLIENT_LOGIN, "the fuzzer says so");
    give_frames(client, data, size);
    check_picture(client);
    client_close(client, CLIENT_END_ASKED, "the input is over");
    n_closed = 0;
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(n_closed == 1 && uv_loop_close(&loop) == 0);
    return 0;
}
