// SPDX-License-Identifier: BSD-3-Clause
//
// The client's protocol without a network: frames are handed to the session as a connection would.
// The connection under it never opens, so what the client sends goes nowhere.
#include "client-cli/client_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    int n_joined, n_users, n_left, n_texts, n_denied, n_voices, n_transports, n_closed;
    unsigned changes;
    uint32_t session, bandwidth_bps;
    bool is_udp;
    enum client_end end;
    char text[128];
};

struct scene {
    uv_loop_t loop;
    SSL_CTX *tls;
    struct client *client;
    struct seen seen;
};

static void on_joined(void *arg, const char *welcome_text)
{
    struct seen *seen = arg;
    seen->n_joined++;
    (void)snprintf(seen->text, sizeof seen->text, "%s", welcome_text);
}

static void on_user(void *arg, const struct client_user *user, unsigned changes, uint32_t actor)
{
    struct seen *seen = arg;
    (void)actor;
    seen->n_users++;
    seen->changes = changes;
    seen->session = user->session;
}

static void on_user_left(void *arg, const struct client_user *user, uint32_t actor,
                         const char *reason)
{
    struct seen *seen = arg;
    (void)actor;
    (void)reason;
    seen->n_left++;
    seen->session = user->session;
}

static void on_text(void *arg, uint32_t actor, const char *text)
{
    struct seen *seen = arg;
    seen->n_texts++;
    seen->session = actor;
    (void)snprintf(seen->text, sizeof seen->text, "%s", text);
}

static void on_denied(void *arg, const MumbleProto__PermissionDenied *denied)
{
    (void)denied;
    ((struct seen *)arg)->n_denied++;
}

static void on_bandwidth(void *arg, uint32_t max_bandwidth_bps)
{
    ((struct seen *)arg)->bandwidth_bps = max_bandwidth_bps;
}

static void on_voice(void *arg, const struct voice_packet *packet, uint64_t now_us)
{
    struct seen *seen = arg;
    (void)now_us;
    seen->n_voices++;
    seen->session = packet->session;
}

static void on_transport(void *arg, bool is_udp)
{
    struct seen *seen = arg;
    seen->n_transports++;
    seen->is_udp = is_udp;
}

static void on_closed(void *arg, enum client_end end, const char *reason)
{
    struct seen *seen = arg;
    seen->n_closed++;
    seen->end = end;
    (void)snprintf(seen->text, sizeof seen->text, "%s", reason);
}

static const struct client_handlers handlers = {
    .on_joined = on_joined,
    .on_user = on_user,
    .on_user_left = on_user_left,
    .on_text = on_text,
    .on_denied = on_denied,
    .on_bandwidth = on_bandwidth,
    .on_voice = on_voice,
    .on_transport = on_transport,
    .on_closed = on_closed,
};

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL || uv_loop_init(&scene->loop) != 0)
        return -1;
    scene->tls = client_tls_new();
    const struct client_options options = {
        .host = "127.0.0.1", .port = 9, .name = "Ana", .tls = scene->tls
    };
    scene->client = client_new(&scene->loop, &options, &handlers, &scene->seen);
    if (scene->client == NULL)
        return -1;
    client_enter(scene->client, CLIENT_LOGIN, "the test says so");
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    if (scene->seen.n_closed == 0)
        client_close(scene->client, CLIENT_END_ASKED, "the test is over");
    (void)uv_run(&scene->loop, UV_RUN_DEFAULT);
    int n_closed = scene->seen.n_closed;
    int busy = uv_loop_close(&scene->loop);
    SSL_CTX_free(scene->tls);
    free(scene);
    return n_closed == 1 && busy == 0 ? 0 : -1;
}

static void give(struct scene *scene, enum msg_type type, const ProtobufCMessage *message)
{
    uint8_t bytes[512];
    size_t len = msg_pack(type, message, bytes);
    struct frame frame;
    assert_int_equal(frame_read((struct span){ bytes, len }, FRAME_MAX_BYTES, &frame), len);
    session_on_frame(scene->client, &frame);
}

static void give_user(struct scene *scene, uint32_t session, const char *name, uint32_t channel)
{
    char copy[32];
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = session;
    state.has_channel_id = 1;
    state.channel_id = channel;
    (void)snprintf(copy, sizeof copy, "%s", name != NULL ? name : "");
    state.name = name != NULL ? copy : NULL;
    give(scene, MSG_USER_STATE, &state.base);
}

static void give_channel(struct scene *scene, uint32_t id, uint32_t parent, const char *name)
{
    char copy[32];
    (void)snprintf(copy, sizeof copy, "%s", name);
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = 1;
    state.channel_id = id;
    state.has_parent = id != 0;
    state.parent = parent;
    state.name = copy;
    give(scene, MSG_CHANNEL_STATE, &state.base);
}

static void give_sync(struct scene *scene, uint32_t session)
{
    char welcome[] = "hola";
    MumbleProto__ServerSync sync = MUMBLE_PROTO__SERVER_SYNC__INIT;
    sync.has_session = 1;
    sync.session = session;
    sync.has_max_bandwidth = 1;
    sync.max_bandwidth = 54000;
    sync.welcome_text = welcome;
    give(scene, MSG_SERVER_SYNC, &sync.base);
}

static void join(struct scene *scene)
{
    give_channel(scene, 0, 0, "Root");
    give_channel(scene, 3, 0, "Asamblea");
    give_channel(scene, 4, 3, "Español");
    give_user(scene, 7, "Ana", 3);
    give_user(scene, 8, "Ben", 0);
    give_sync(scene, 7);
}

static void test_login_gives_the_picture(void **state)
{
    struct scene *scene = *state;
    join(scene);
    assert_int_equal(scene->seen.n_joined, 1);
    assert_int_equal(scene->seen.n_users, 0); // those who were there are not news
    assert_string_equal(scene->seen.text, "hola");
    assert_int_equal(scene->seen.bandwidth_bps, 54000);
    assert_int_equal(client_session(scene->client), 7);
    assert_int_equal(client_own_channel(scene->client), 3);
    assert_int_equal(client_n_users(scene->client), 2);
    const struct client_channel *meeting = client_find_child(scene->client, 0, "ASAMBLEA");
    assert_non_null(meeting);
    assert_int_equal(client_find_child(scene->client, meeting->id, "Español")->id, 4);
    assert_null(client_find_child(scene->client, 0, "Español"));
    assert_null(client_find_child(scene->client, 0, "Root"));
}

static void test_users_move_change_and_leave(void **state)
{
    struct scene *scene = *state;
    join(scene);
    give_user(scene, 9, "Eva", 0);
    assert_int_equal(scene->seen.changes, CLIENT_USER_NEW | CLIENT_USER_RENAMED);
    give_user(scene, 9, NULL, 4);
    assert_int_equal(scene->seen.changes, CLIENT_USER_MOVED);
    give_user(scene, 9, NULL, 4);
    assert_int_equal(scene->seen.n_users, 2); // nothing new
    MumbleProto__UserState mute = MUMBLE_PROTO__USER_STATE__INIT;
    mute.has_session = mute.has_self_mute = 1;
    mute.session = 9;
    mute.self_mute = 1;
    give(scene, MSG_USER_STATE, &mute.base);
    assert_int_equal(scene->seen.changes, CLIENT_USER_FLAGS);
    assert_true(client_find_user(scene->client, 9)->is_self_muted);
    MumbleProto__UserRemove gone = MUMBLE_PROTO__USER_REMOVE__INIT;
    gone.session = 9;
    give(scene, MSG_USER_REMOVE, &gone.base);
    give(scene, MSG_USER_REMOVE, &gone.base);
    assert_int_equal(scene->seen.n_left, 1);
    assert_null(client_find_user(scene->client, 9));
}

static void test_messages_out_of_phase_are_ignored(void **state)
{
    struct scene *scene = *state;
    MumbleProto__PermissionDenied denied = MUMBLE_PROTO__PERMISSION_DENIED__INIT;
    give(scene, MSG_PERMISSION_DENIED, &denied.base);
    assert_int_equal(scene->seen.n_denied, 0);
    join(scene);
    give(scene, MSG_PERMISSION_DENIED, &denied.base);
    assert_int_equal(scene->seen.n_denied, 1);
    MumbleProto__Reject reject = MUMBLE_PROTO__REJECT__INIT;
    give(scene, MSG_REJECT, &reject.base);
    give_sync(scene, 8);
    assert_int_equal(scene->seen.n_joined, 1);
    assert_int_equal(client_session(scene->client), 7);
    static const uint8_t junk[] = { 0xFF, 0xFF, 0xFF };
    for (unsigned type = 0; type < 300; type++) {
        const struct frame frame = { .type = (uint16_t)type, .body = { junk, sizeof junk } };
        session_on_frame(scene->client, &frame);
    }
    assert_int_equal(scene->client->phase, CLIENT_JOINED);
}

static void run_to_the_end(struct scene *scene)
{
    (void)uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(scene->seen.n_closed, 1);
}

static void test_reject_tells_the_reason(void **state)
{
    struct scene *scene = *state;
    char why[] = "full up";
    MumbleProto__Reject reject = MUMBLE_PROTO__REJECT__INIT;
    reject.has_type = 1;
    reject.type = MUMBLE_PROTO__REJECT__REJECT_TYPE__ServerFull;
    reject.reason = why;
    give(scene, MSG_REJECT, &reject.base);
    run_to_the_end(scene);
    assert_int_equal(scene->seen.end, CLIENT_END_REFUSED);
    assert_string_equal(scene->seen.text, "the server is full (full up)");
}

static void test_kick_ends_as_such(void **state)
{
    struct scene *scene = *state;
    join(scene);
    char why[] = "late";
    MumbleProto__UserRemove gone = MUMBLE_PROTO__USER_REMOVE__INIT;
    gone.session = 7;
    gone.reason = why;
    give(scene, MSG_USER_REMOVE, &gone.base);
    run_to_the_end(scene);
    assert_int_equal(scene->seen.end, CLIENT_END_KICKED);
    assert_string_equal(scene->seen.text, "late");
}

static void test_sync_before_our_own_state_fails(void **state)
{
    struct scene *scene = *state;
    give_sync(scene, 7);
    run_to_the_end(scene);
    assert_int_equal(scene->seen.end, CLIENT_END_FAILED);
    assert_int_equal(scene->seen.n_joined, 0);
}

static void test_tunnel_carries_voice_in_both_forms(void **state)
{
    struct scene *scene = *state;
    static const uint8_t opus[] = { 0xFB, 0x03, 0xFF, 0xFE };
    const struct voice_packet packet = { .session = 8, .frame_number = 4, .opus = { opus, 4 } };
    uint8_t bytes[64];
    join(scene);
    for (int form = VOICE_FORMAT_LEGACY; form <= VOICE_FORMAT_PROTOBUF; form++) {
        int len =
            voice_write(&packet, (enum voice_format)form, VOICE_TO_CLIENT, bytes, sizeof bytes);
        assert_true(len > 0);
        const struct frame frame = { .type = MSG_UDP_TUNNEL, .body = { bytes, (size_t)len } };
        session_on_frame(scene->client, &frame);
        assert_int_equal(scene->seen.session, 8);
    }
    assert_int_equal(scene->seen.n_voices, 2);
}

// Both counters must grow within 20 s; after the tunnel, each by more than three.
static void test_voice_changes_its_way(void **state)
{
    struct scene *scene = *state;
    static const struct {
        unsigned second, local, remote; // counters of datagrams
        bool is_udp;
    } rows[] = {
        { 5, 1, 1, true },     { 10, 2, 2, true },   { 15, 2, 3, true },  { 25, 2, 5, true },
        { 30, 2, 6, false },   { 35, 3, 7, false },  { 40, 5, 8, false }, { 45, 6, 9, false },
        { 50, 6, 10, true },   { 55, 7, 10, true },  { 65, 8, 10, true }, { 70, 9, 10, false },
        { 75, 20, 13, false }, { 80, 21, 14, true },
    };
    uint8_t key[16] = { 1 }, own[16] = { 2 }, theirs[16] = { 3 }, bytes[64], plain[64];
    join(scene);
    scene->client->link.crypt = crypt_new(key, own, theirs);
    struct crypt *server = crypt_new(key, theirs, own);
    assert_non_null(server);
    voice_link_start(scene->client, 0);
    unsigned local = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (; local < rows[i].local; local++) {
            bool is_newest;
            size_t len = crypt_seal(server, (struct span){ plain, 8 }, bytes);
            assert_int_equal(crypt_open(scene->client->link.crypt, (struct span){ bytes, len },
                                        plain, &is_newest),
                             8);
        }
        MumbleProto__Ping ping = MUMBLE_PROTO__PING__INIT;
        ping.good = rows[i].remote;
        voice_link_on_ping(scene->client, &ping, SECONDS(rows[i].second));
        print_message("row %zu: second %u\n", i, rows[i].second);
        assert_int_equal(client_stats(scene->client).is_udp, rows[i].is_udp);
    }
    assert_int_equal(scene->seen.n_transports, 4);
    crypt_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_login_gives_the_picture, begin, end),
        cmocka_unit_test_setup_teardown(test_users_move_change_and_leave, begin, end),
        cmocka_unit_test_setup_teardown(test_messages_out_of_phase_are_ignored, begin, end),
        cmocka_unit_test_setup_teardown(test_reject_tells_the_reason, begin, end),
        cmocka_unit_test_setup_teardown(test_kick_ends_as_such, begin, end),
        cmocka_unit_test_setup_teardown(test_sync_before_our_own_state_fails, begin, end),
        cmocka_unit_test_setup_teardown(test_tunnel_carries_voice_in_both_forms, begin, end),
        cmocka_unit_test_setup_teardown(test_voice_changes_its_way, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
