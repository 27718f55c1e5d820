// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#include "MumbleUDP.pb-c.h"

#include <string.h>

// ---- questions ----

static const struct {
    const char *bytes;
    size_t len;
    bool is_ping;
    struct list_ping want;
} questions[] = {
#define PING(is_ping, format, timestamp, bytes)                                                    \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, is_ping,                                                         \
        {                                                                                          \
            format, timestamp                                                                      \
        }                                                                                          \
    }
    PING(true, VOICE_FORMAT_LEGACY, 0x0102030405060708, "\0\0\0\0\1\2\3\4\5\6\7\10"),
    PING(false, 0, 0, "\0\0\0\1\1\2\3\4\5\6\7\10"),
    PING(false, 0, 0, "\0\0\0\0\1\2\3\4\5\6\7"),
    PING(false, 0, 0, "\0\0\0\0\1\2\3\4\5\6\7\10\11"),
    PING(true, VOICE_FORMAT_PROTOBUF, 5, "\1\10\5\20\1"),
    PING(true, VOICE_FORMAT_PROTOBUF, 0, "\1\20\1"),
    PING(true, VOICE_FORMAT_PROTOBUF, 5, "\1\20\1\10\5\370\7\1"), // any order, unknown field
    PING(false, 0, 0, "\1\10\5"),                                 // does not ask for more
    PING(false, 0, 0, "\1\10\5\20\0"),
    PING(false, 0, 0, "\1\10\5\20"), // too short
    PING(false, 0, 0, "\1"),
    PING(false, 0, 0, "\2\10\5\20\1"),
    PING(false, 0, 0, ""),
#undef PING
};

static void questions_are_told_from_noise(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        struct list_ping ping = { 0 };
        struct span in = { (const uint8_t *)questions[i].bytes, questions[i].len };
        print_message("row %zu\n", i);
        assert_int_equal(list_ping_read(in, &ping), questions[i].is_ping);
        if (questions[i].is_ping) {
            assert_int_equal(ping.format, questions[i].want.format);
            assert_true(ping.timestamp == questions[i].want.timestamp);
        }
    }
}

static void questions_survive_a_round_trip(void **state)
{
    (void)state;
    static const uint64_t timestamps[] = { 0, 1, 0x0123456789ABCDEF, UINT64_MAX };
    for (size_t i = 0; i < 2 * ARRAY_LEN(timestamps); i++) {
        enum voice_format format = i % 2 ? VOICE_FORMAT_PROTOBUF : VOICE_FORMAT_LEGACY;
        struct list_ping ping = { format, timestamps[i / 2] };
        struct list_ping copy = { 0 };
        uint8_t out[LIST_PING_MAX_BYTES];
        int n = list_ping_write(&ping, out, sizeof out);
        assert_true(n > 0);
        assert_true(list_ping_read((struct span){ out, (size_t)n }, &copy));
        assert_int_equal(copy.format, ping.format);
        assert_true(copy.timestamp == ping.timestamp);
        for (int cap = 0; cap < n; cap++)
            assert_int_equal(list_ping_write(&ping, out, (size_t)cap), PROTO_E_NO_SPACE);
    }
}

// ---- answers ----

static const struct list_ping_reply reply = { .timestamp = 0x0102030405060708,
                                              .version = PROTO_VERSION(1, 5, 7),
                                              .users = 300,
                                              .max_users = 1000,
                                              .bandwidth_bps = 558000 };

static void legacy_reply_bytes(void **state)
{
    (void)state;
    static const uint8_t want[] = { 0, 1, 5, 7,  1, 2, 3, 4,   5, 6,    7,    8,
                                    0, 0, 1, 44, 0, 0, 3, 232, 0, 0x08, 0x83, 0xB0 };
    uint8_t out[LIST_PING_MAX_BYTES];
    assert_int_equal(list_ping_reply_write(VOICE_FORMAT_LEGACY, &reply, out, sizeof out), 24);
    assert_memory_equal(out, want, sizeof want);
}

static void protobuf_reply_is_what_protobuf_c_makes(void **state)
{
    (void)state;
    MumbleUDP__Ping ping = MUMBLE_UDP__PING__INIT;
    ping.timestamp = reply.timestamp;
    ping.server_version_v2 = reply.version;
    ping.user_count = reply.users;
    ping.max_user_count = reply.max_users;
    ping.max_bandwidth_per_user = reply.bandwidth_bps;
    uint8_t want[LIST_PING_MAX_BYTES] = { 0x01 };
    uint8_t out[LIST_PING_MAX_BYTES];
    size_t n = 1 + mumble_udp__ping__pack(&ping, want + 1);
    assert_int_equal(list_ping_reply_write(VOICE_FORMAT_PROTOBUF, &reply, out, sizeof out), n);
    assert_memory_equal(out, want, n);
}

static void replies_survive_a_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        enum voice_format format = i ? VOICE_FORMAT_PROTOBUF : VOICE_FORMAT_LEGACY;
        enum voice_format read_format = i ? VOICE_FORMAT_LEGACY : VOICE_FORMAT_PROTOBUF;
        struct list_ping_reply copy = { 0 };
        uint8_t out[LIST_PING_MAX_BYTES];
        int n = list_ping_reply_write(format, &reply, out, sizeof out);
        assert_true(n > 0);
        assert_true(list_ping_reply_read((struct span){ out, (size_t)n }, &read_format, &copy));
        assert_int_equal(read_format, format);
        assert_true(copy.timestamp == reply.timestamp && copy.version == reply.version);
        assert_int_equal(copy.users, reply.users);
        assert_int_equal(copy.max_users, reply.max_users);
        assert_int_equal(copy.bandwidth_bps, reply.bandwidth_bps);
        for (int cap = 0; cap < n; cap++)
            assert_int_equal(list_ping_reply_write(format, &reply, out, (size_t)cap),
                             PROTO_E_NO_SPACE);
    }
}

static void largest_reply_fits(void **state)
{
    (void)state;
    const struct list_ping_reply largest = { UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX,
                                             UINT32_MAX };
    uint8_t out[LIST_PING_MAX_BYTES];
    assert_true(list_ping_reply_write(VOICE_FORMAT_PROTOBUF, &largest, out, sizeof out) > 0);
}

static void bare_echo_is_no_reply(void **state)
{
    (void)state;
    static const uint8_t echo[] = { 0x01, 0x08, 0x05 };
    enum voice_format format;
    struct list_ping_reply copy;
    assert_false(list_ping_reply_read((struct span){ echo, sizeof echo }, &format, &copy));
    assert_false(list_ping_reply_read((struct span){ echo, 0 }, &format, &copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_told_from_noise),
        cmocka_unit_test(questions_survive_a_round_trip),
        cmocka_unit_test(legacy_reply_bytes),
        cmocka_unit_test(protobuf_reply_is_what_protobuf_c_makes),
        cmocka_unit_test(replies_survive_a_round_trip),
        cmocka_unit_test(largest_reply_fits),
        cmocka_unit_test(bare_echo_is_no_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
