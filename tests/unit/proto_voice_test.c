// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#include "MumbleUDP.pb-c.h"

#include <string.h>

#define BYTES(text) text, sizeof(text) - 1
// 1.0, -2.0, 0.5 as the wire has them
#define POSITION "\x00\x00\x80\x3F\x00\x00\x00\xC0\x00\x00\x00\x3F"
#define INFINITE "\x00\x00\x80\x7F\x00\x00\x00\xC0\x00\x00\x00\x3F"

static void assert_packets_equal(const struct voice_packet *a, const struct voice_packet *b)
{
    assert_int_equal(a->session, b->session);
    assert_int_equal(a->target, b->target);
    assert_true(a->frame_number == b->frame_number);
    assert_int_equal(a->opus.len, b->opus.len);
    if (a->opus.len > 0)
        assert_memory_equal(a->opus.data, b->opus.data, a->opus.len);
    assert_int_equal(a->is_terminator, b->is_terminator);
    assert_int_equal(a->has_position, b->has_position);
    if (a->has_position)
        assert_memory_equal(a->position, b->position, sizeof a->position);
    assert_memory_equal(&a->volume, &b->volume, sizeof a->volume);
}

// ---- packets as they are and as they should not be ----

#define UP VOICE_TO_SERVER
#define DOWN VOICE_TO_CLIENT

static const struct {
    const char *what;
    const char *bytes;
    size_t len;
    enum voice_direction direction;
    int error;
    struct voice_packet want; // opus.len only; the bytes are always "abc"
} packets[] = {
    { "legacy",
      BYTES("\x80\x05\x03"
            "abc"),
      UP,
      0,
      { .frame_number = 5, .opus.len = 3 } },
    { "legacy, voice target",
      BYTES("\x9E\x05\x03"
            "abc"),
      UP,
      0,
      { .target = 30, .frame_number = 5, .opus.len = 3 } },
    { "legacy, loopback",
      BYTES("\x9F\x00\x03"
            "abc"),
      UP,
      0,
      { .target = 31, .opus.len = 3 } },
    { "legacy, terminator",
      BYTES("\x80\x05\xA0\x03"
            "abc"),
      UP,
      0,
      { .frame_number = 5, .opus.len = 3, .is_terminator = true } },
    { "legacy, terminator in a longer varint",
      BYTES("\x80\x05\xC0\x20\x03"
            "abc"),
      UP,
      0,
      { .frame_number = 5, .opus.len = 3, .is_terminator = true } },
    { "legacy, empty terminator",
      BYTES("\x80\x05\xC0\x20\x00"),
      UP,
      0,
      { .frame_number = 5, .is_terminator = true } },
    { "legacy, position",
      BYTES("\x80\x05\x03"
            "abc" POSITION),
      UP,
      0,
      { .frame_number = 5, .opus.len = 3, .has_position = true, .position = { 1, -2, 0.5F } } },
    { "legacy, infinite position",
      BYTES("\x80\x05\x03"
            "abc" INFINITE),
      UP,
      0,
      { .frame_number = 5, .opus.len = 3 } },
    { "legacy, to client",
      BYTES("\x82\x80\xC8\x05\x03"
            "abc"),
      DOWN,
      0,
      { .session = 200, .target = VOICE_CONTEXT_WHISPER, .frame_number = 5, .opus.len = 3 } },
    { "legacy, empty", BYTES("\x80\x05\x00"), UP, PROTO_E_MALFORMED, { 0 } },
    { "legacy, one trailing byte",
      BYTES("\x80\x05\x03"
            "abcd"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "legacy, eleven trailing bytes",
      BYTES("\x80\x05\x03"
            "abc12345678901"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "legacy, thirteen trailing bytes",
      BYTES("\x80\x05\x03"
            "abc1234567890123"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "legacy, opus cut",
      BYTES("\x80\x05\x04"
            "abc"),
      UP,
      PROTO_E_SHORT,
      { 0 } },
    { "legacy, no size", BYTES("\x80\x05"), UP, PROTO_E_SHORT, { 0 } },
    { "legacy, no number", BYTES("\x80"), UP, PROTO_E_SHORT, { 0 } },
    { "legacy, size of 14 bits and more",
      BYTES("\x80\x05\xC0\x40\x03"
            "abc"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "legacy, negative size",
      BYTES("\x80\x05\xFC"
            "abc"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "legacy, session of 33 bits",
      BYTES("\x80\xF4\x00\x00\x00\x01\x00\x00\x00\x00\x05\x03"
            "abc"),
      DOWN,
      PROTO_E_MALFORMED,
      { 0 } },
    { "CELT beta",
      BYTES("\x60\x05\x03"
            "abc"),
      UP,
      PROTO_E_UNSUPPORTED,
      { 0 } },
    { "Speex",
      BYTES("\x40\x05\x03"
            "abc"),
      UP,
      PROTO_E_UNSUPPORTED,
      { 0 } },
    { "type 5",
      BYTES("\xA0\x05\x03"
            "abc"),
      UP,
      PROTO_E_UNSUPPORTED,
      { 0 } },
    { "unknown protobuf kind", BYTES("\x02\x08\x05"), UP, PROTO_E_UNSUPPORTED, { 0 } },
    { "nothing", BYTES(""), UP, PROTO_E_SHORT, { 0 } },

    { "protobuf",
      BYTES("\x00\x08\x00\x20\x05\x2A\x03"
            "abc"),
      UP,
      0,
      { .frame_number = 5, .opus.len = 3 } },
    { "protobuf, target",
      BYTES("\x00\x08\x1E\x2A\x03"
            "abc"),
      UP,
      0,
      { .target = 30, .opus.len = 3 } },
    { "protobuf, no header",
      BYTES("\x00\x2A\x03"
            "abc"),
      UP,
      0,
      { .opus.len = 3 } },
    { "protobuf, target too high",
      BYTES("\x00\x08\x20\x2A\x03"
            "abc"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "protobuf, session from a client means nothing",
      BYTES("\x00\x18\x07\x2A\x03"
            "abc"),
      UP,
      0,
      { .opus.len = 3 } },
    { "protobuf, volume from a client neither",
      BYTES("\x00\x2A\x03"
            "abc\x3D\x00\x00\x00\x3F"),
      UP,
      0,
      { .opus.len = 3 } },
    { "protobuf, to client",
      BYTES("\x00\x10\x03\x18\xC8\x01\x2A\x03"
            "abc\x3D\x00\x00\x00\x3F"),
      DOWN,
      0,
      { .session = 200, .target = VOICE_CONTEXT_LISTEN, .opus.len = 3, .volume = 0.5F } },
    { "protobuf, the last value counts",
      BYTES("\x00\x10\x03\x2A\x01x\x2A\x03"
            "abc\x10\x01"),
      DOWN,
      0,
      { .target = VOICE_CONTEXT_SHOUT, .opus.len = 3 } },
    { "protobuf, the last of target and context counts",
      BYTES("\x00\x10\x03\x08\x05\x2A\x03"
            "abc"),
      DOWN,
      0,
      { .opus.len = 3 } },
    { "protobuf, infinite volume",
      BYTES("\x00\x2A\x03"
            "abc\x3D\x00\x00\x80\x7F"),
      DOWN,
      0,
      { .opus.len = 3 } },
    { "protobuf, negative volume",
      BYTES("\x00\x2A\x03"
            "abc\x3D\x00\x00\x80\xBF"),
      DOWN,
      0,
      { .opus.len = 3 } },
    { "protobuf, terminator",
      BYTES("\x00\x2A\x03"
            "abc\x80\x01\x01"),
      UP,
      0,
      { .opus.len = 3, .is_terminator = true } },
    { "protobuf, empty terminator",
      BYTES("\x00\x20\x05\x80\x01\x01"),
      UP,
      0,
      { .frame_number = 5, .is_terminator = true } },
    { "protobuf, position",
      BYTES("\x00\x2A\x03"
            "abc\x32\x0C" POSITION),
      UP,
      0,
      { .opus.len = 3, .has_position = true, .position = { 1, -2, 0.5F } } },
    { "protobuf, position not packed",
      BYTES("\x00\x2A\x03"
            "abc\x35\x00\x00\x80\x3F\x35\x00\x00\x00\xC0\x35\x00\x00\x00\x3F"),
      UP,
      0,
      { .opus.len = 3, .has_position = true, .position = { 1, -2, 0.5F } } },
    { "protobuf, empty position",
      BYTES("\x00\x2A\x03"
            "abc\x32\x00"),
      UP,
      0,
      { .opus.len = 3 } },
    { "protobuf, position of two",
      BYTES("\x00\x2A\x03"
            "abc\x32\x08\x00\x00\x80\x3F\x00\x00\x00\xC0"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "protobuf, position of four",
      BYTES("\x00\x2A\x03"
            "abc\x32\x10" POSITION "1234"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "protobuf, unknown fields",
      BYTES("\x00\xF8\x07\x01\x4D"
            "1234\x51"
            "12345678\x2A\x03"
            "abc"),
      UP,
      0,
      { .opus.len = 3 } },
    { "protobuf, number with a wrong wire type",
      BYTES("\x00\x22\x01\x05\x2A\x03"
            "abc"),
      UP,
      0,
      { .opus.len = 3 } },
    { "protobuf, no opus", BYTES("\x00\x08\x00\x20\x05"), UP, PROTO_E_MALFORMED, { 0 } },
    { "protobuf, nothing", BYTES("\x00"), UP, PROTO_E_MALFORMED, { 0 } },
    { "protobuf, opus cut",
      BYTES("\x00\x2A\x04"
            "abc"),
      UP,
      PROTO_E_SHORT,
      { 0 } },
    { "protobuf, tag cut",
      BYTES("\x00\x2A\x03"
            "abc\x80"),
      UP,
      PROTO_E_SHORT,
      { 0 } },
    { "protobuf, group",
      BYTES("\x00\x2B\x2A\x03"
            "abc\x2C"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "protobuf, field 0",
      BYTES("\x00\x00\x01\x2A\x03"
            "abc"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
    { "protobuf, endless varint",
      BYTES("\x00\x20\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x2A\x03"
            "abc"),
      UP,
      PROTO_E_MALFORMED,
      { 0 } },
};

static void packets_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
        struct span in = { (const uint8_t *)packets[i].bytes, packets[i].len };
        struct datagram datagram;
        print_message("%s\n", packets[i].what);
        assert_int_equal(datagram_read(in, packets[i].direction, &datagram), packets[i].error);
        if (packets[i].error != 0)
            continue;
        struct voice_packet want = packets[i].want;
        want.opus.data = (const uint8_t *)"abc";
        assert_int_equal(datagram.kind, DATAGRAM_VOICE);
        assert_int_equal(datagram.format,
                         in.data[0] == 0 ? VOICE_FORMAT_PROTOBUF : VOICE_FORMAT_LEGACY);
        assert_packets_equal(&datagram.voice, &want);
    }
}

// ---- what is written ----

// All combinations of these, 2 x 2 x 2 x 2 x 2 x the sizes and numbers below.
static struct voice_packet make_packet(unsigned i, const uint8_t *opus)
{
    static const size_t lengths[] = { 1, 60, 127, 128, VOICE_OPUS_MAX_BYTES };
    static const uint64_t numbers[] = { 0, 1, 127, 16384, UINT32_MAX, UINT64_MAX };
    struct voice_packet packet = { .session = i & 1 ? UINT32_MAX : 7, .target = i & 2 ? 3 : 0 };
    packet.is_terminator = (i & 4) != 0;
    packet.has_position = (i & 8) != 0;
    packet.volume = i & 16 ? 0.25F : 0;
    if (packet.has_position)
        memcpy(packet.position, (float[]){ 1.5F, 0, -1e9F }, sizeof packet.position);
    packet.opus = (struct span){ opus, lengths[(i / 32) % ARRAY_LEN(lengths)] };
    packet.frame_number = numbers[(i / 32 / ARRAY_LEN(lengths)) % ARRAY_LEN(numbers)];
    return packet;
}
#define N_PACKETS (32 * 5 * 6)

static uint8_t opus_bytes[VOICE_OPUS_MAX_BYTES + 1];

static int fill_opus_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof opus_bytes; i++)
        opus_bytes[i] = (uint8_t)(i * 7 + 1);
    return 0;
}

static void packets_survive_round_trips_and_translation(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4 * N_PACKETS; i++) {
        enum voice_format format = i & 1 ? VOICE_FORMAT_PROTOBUF : VOICE_FORMAT_LEGACY;
        enum voice_direction direction = i & 2 ? VOICE_TO_CLIENT : VOICE_TO_SERVER;
        struct voice_packet packet = make_packet(i / 4, opus_bytes);
        uint8_t out[VOICE_PACKET_MAX_BYTES];
        struct datagram datagram;
        int n = voice_write(&packet, format, direction, out, sizeof out);
        assert_in_range(n, 1, sizeof out);
        assert_int_equal(datagram_read((struct span){ out, (size_t)n }, direction, &datagram), 0);
        assert_int_equal(datagram.format, format);
        if (direction == VOICE_TO_SERVER)
            packet.session = 0;
        if (direction == VOICE_TO_SERVER || format == VOICE_FORMAT_LEGACY)
            packet.volume = 0;
        assert_packets_equal(&datagram.voice, &packet);

        uint8_t other[VOICE_PACKET_MAX_BYTES];
        struct datagram translated;
        n = voice_write(&datagram.voice, (enum voice_format)(format ^ 1U), direction, other,
                        sizeof other);
        assert_true(n > 0);
        assert_int_equal(datagram_read((struct span){ other, (size_t)n }, direction, &translated),
                         0);
        if (format == VOICE_FORMAT_PROTOBUF)
            packet.volume = 0;
        assert_packets_equal(&translated.voice, &packet);
    }
}

static void audio_is_what_protobuf_c_makes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * N_PACKETS; i++) {
        enum voice_direction direction = i & 1 ? VOICE_TO_CLIENT : VOICE_TO_SERVER;
        struct voice_packet packet = make_packet(i / 2, opus_bytes);
        MumbleUDP__Audio audio = MUMBLE_UDP__AUDIO__INIT;
        if (direction == VOICE_TO_CLIENT) {
            audio.header_case = MUMBLE_UDP__AUDIO__HEADER_CONTEXT;
            audio.context = packet.target;
            audio.sender_session = packet.session;
            audio.volume_adjustment = packet.volume;
        } else {
            audio.header_case = MUMBLE_UDP__AUDIO__HEADER_TARGET;
            audio.target = packet.target;
        }
        audio.frame_number = packet.frame_number;
        audio.opus_data = (ProtobufCBinaryData){ packet.opus.len, opus_bytes };
        audio.n_positional_data = packet.has_position ? 3 : 0;
        audio.positional_data = packet.position;
        audio.is_terminator = packet.is_terminator;

        uint8_t want[VOICE_PACKET_MAX_BYTES + 64] = { 0x00 };
        uint8_t out[VOICE_PACKET_MAX_BYTES];
        size_t n = 1 + mumble_udp__audio__pack(&audio, want + 1);
        assert_int_equal(voice_write(&packet, VOICE_FORMAT_PROTOBUF, direction, out, sizeof out),
                         n);
        assert_memory_equal(out, want, n);
    }
}

static void writing_stays_in_its_buffer(void **state)
{
    (void)state;
    struct voice_packet packet = make_packet(4 + 8 + 16 + 32, opus_bytes);
    for (int i = 0; i < 4; i++) {
        enum voice_format format = i & 1 ? VOICE_FORMAT_PROTOBUF : VOICE_FORMAT_LEGACY;
        enum voice_direction direction = i & 2 ? VOICE_TO_CLIENT : VOICE_TO_SERVER;
        uint8_t out[VOICE_PACKET_MAX_BYTES];
        int n = voice_write(&packet, format, direction, out, sizeof out);
        for (int cap = 0; cap < n; cap++) {
            memset(out, 0x5A, sizeof out);
            assert_int_equal(voice_write(&packet, format, direction, out, (size_t)cap),
                             PROTO_E_NO_SPACE);
            assert_int_equal(out[cap], 0x5A);
        }
    }
}

static void packets_that_nobody_may_send(void **state)
{
    (void)state;
    uint8_t out[2 * VOICE_PACKET_MAX_BYTES] = { 0x80 };
    struct datagram datagram;
    struct voice_packet packet = { .opus = { opus_bytes, VOICE_OPUS_MAX_BYTES + 1 } };
    for (int format = 0; format < 2; format++) {
        assert_int_equal(voice_write(&packet, (enum voice_format)format, UP, out, sizeof out),
                         PROTO_E_TOO_LONG);
        struct voice_packet empty = { .frame_number = 1 };
        assert_int_equal(voice_write(&empty, (enum voice_format)format, UP, out, sizeof out),
                         PROTO_E_MALFORMED);
    }
    assert_int_equal(datagram_read((struct span){ out, VOICE_PACKET_MAX_BYTES + 1 }, UP, &datagram),
                     PROTO_E_TOO_LONG);
    // An opus packet that is too long in a datagram that is not: 961 = 0x3C1
    static const uint8_t long_legacy[VOICE_PACKET_MAX_BYTES] = { 0x80, 0x00, 0x83, 0xC1 };
    assert_int_equal(datagram_read((struct span){ long_legacy, 4 + 961 }, UP, &datagram),
                     PROTO_E_TOO_LONG);
}

// ---- pings ----

static const struct {
    const char *bytes;
    size_t len;
    int error;
    enum voice_format format;
    uint64_t timestamp;
} pings[] = {
    { BYTES("\x20\x05"), 0, VOICE_FORMAT_LEGACY, 5 },
    { BYTES("\x20\xF4\x01\x02\x03\x04\x05\x06\x07\x08"), 0, VOICE_FORMAT_LEGACY,
      0x0102030405060708 },
    { BYTES("\x20\xFC"), 0, VOICE_FORMAT_LEGACY, UINT64_MAX },
    { BYTES("\x20"), PROTO_E_SHORT, 0, 0 },
    { BYTES("\x20\x80"), PROTO_E_SHORT, 0, 0 },
    { BYTES("\x01\x08\x05"), 0, VOICE_FORMAT_PROTOBUF, 5 },
    { BYTES("\x01\x08\x05\x10\x01"), 0, VOICE_FORMAT_PROTOBUF, 5 },
    { BYTES("\x01"), 0, VOICE_FORMAT_PROTOBUF, 0 },
    { BYTES("\x01\x08"), PROTO_E_SHORT, 0, 0 },
    { BYTES("\x01\x0B"), PROTO_E_MALFORMED, 0, 0 },
};

static void pings_are_read_and_echoed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pings); i++) {
        struct span in = { (const uint8_t *)pings[i].bytes, pings[i].len };
        struct datagram datagram;
        print_message("row %zu\n", i);
        assert_int_equal(datagram_read(in, UP, &datagram), pings[i].error);
        if (pings[i].error != 0)
            continue;
        assert_int_equal(datagram.kind, DATAGRAM_PING);
        assert_int_equal(datagram.format, pings[i].format);
        assert_true(datagram.ping_timestamp == pings[i].timestamp);

        uint8_t out[16];
        struct datagram echo;
        int n = udp_ping_write(datagram.ping_timestamp, datagram.format, out, sizeof out);
        assert_true(n > 0);
        for (int cap = 0; cap < n; cap++)
            assert_int_equal(
                udp_ping_write(datagram.ping_timestamp, datagram.format, out, (size_t)cap),
                PROTO_E_NO_SPACE);
        assert_int_equal(datagram_read((struct span){ out, (size_t)n }, DOWN, &echo), 0);
        assert_int_equal(echo.format, pings[i].format);
        assert_true(echo.ping_timestamp == pings[i].timestamp);
    }
}

// ---- the length of Opus packets ----

static const struct {
    int frames;
    const char *bytes;
    size_t len;
} opus[] = {
    { 6, BYTES("\xFB\x03\xFF\xFE\xFF\xFE\xFF\xFE") }, // CELT 20 ms, three frames
    { 1, BYTES("\x00") },                             // SILK 10, 20, 40, 60 ms
    { 2, BYTES("\x08") },
    { 4, BYTES("\x10") },
    { 6, BYTES("\x18") },
    { 12, BYTES("\x19") }, // twice 60 ms
    { 12, BYTES("\x1A") },
    { 6, BYTES("\x58") }, // the last SILK configuration
    { 1, BYTES("\x60") }, // hybrid 10 and 20 ms
    { 2, BYTES("\x68") },
    { 4, BYTES("\x69") },
    { 1, BYTES("\x70") },
    { 2, BYTES("\x78") },
    { 1, BYTES("\xF0") }, // CELT 10 and 20 ms
    { 2, BYTES("\xF8") },
    { 1, BYTES("\xE9") },     // twice 5 ms
    { 1, BYTES("\xE3\x04") }, // four times 2.5 ms
    { 12, BYTES("\xFB\x06") },
    { 12, BYTES("\xE3\x30") }, // 48 frames, the most there may be
    { 6, BYTES("\xFB\xC3") },  // the upper bits of the count byte are flags
    { PROTO_E_MALFORMED, BYTES("") },
    { PROTO_E_MALFORMED, BYTES("\xFB") },     // no count
    { PROTO_E_MALFORMED, BYTES("\xFB\x00") }, // no frame
    { PROTO_E_MALFORMED, BYTES("\xFB\x07") }, // 140 ms
    { PROTO_E_MALFORMED, BYTES("\x1B\x03") }, // 180 ms
    { PROTO_E_MALFORMED, BYTES("\xE0") },     // 2.5 ms: nothing that counts in 10 ms
    { PROTO_E_MALFORMED, BYTES("\xEB\x03") }, // 15 ms
};

static void opus_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(opus); i++) {
        print_message("row %zu\n", i);
        assert_int_equal(
            opus_packet_frames_10ms((struct span){ (const uint8_t *)opus[i].bytes, opus[i].len }),
            opus[i].frames);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_read),
        cmocka_unit_test(packets_survive_round_trips_and_translation),
        cmocka_unit_test(audio_is_what_protobuf_c_makes),
        cmocka_unit_test(writing_stays_in_its_buffer),
        cmocka_unit_test(packets_that_nobody_may_send),
        cmocka_unit_test(pings_are_read_and_echoed),
        cmocka_unit_test(opus_lengths),
    };
    return cmocka_run_group_tests(tests, fill_opus_bytes, NULL);
}
