// SPDX-License-Identifier: BSD-3-Clause
//
// A decrypted datagram, read as the server and as a client would. What was read is written in its
// own form and in the other one, as the server does for mixed receivers, and must be the same when
// read again.
#include "fuzz.h"
#include "proto/proto.h"

#include <math.h>
#include <string.h>

static void check_equal(const struct voice_packet *a, const struct voice_packet *b)
{
    CHECK(a->session == b->session && a->target == b->target);
    CHECK(a->frame_number == b->frame_number && a->is_terminator == b->is_terminator);
    CHECK(a->opus.len == b->opus.len);
    CHECK(a->opus.len == 0 || memcmp(a->opus.data, b->opus.data, a->opus.len) == 0);
    CHECK(a->has_position == b->has_position);
    for (int i = 0; i < 3; i++)
        CHECK(a->position[i] == b->position[i]);
}

static void check_limits(const struct voice_packet *packet, struct span in)
{
    CHECK(packet->target <= 31 && packet->opus.len <= VOICE_OPUS_MAX_BYTES);
    CHECK(packet->opus.len > 0 || packet->is_terminator);
    CHECK(packet->opus.len == 0 || (packet->opus.data >= in.data &&
                                    packet->opus.data + packet->opus.len <= in.data + in.len));
    CHECK(isfinite(packet->volume) && packet->volume >= 0);
    CHECK(isfinite(packet->position[0]) && isfinite(packet->position[1]) &&
          isfinite(packet->position[2]));
}

static void check_voice(const struct voice_packet *packet, enum voice_direction direction)
{
    for (int format = VOICE_FORMAT_LEGACY; format <= VOICE_FORMAT_PROTOBUF; format++) {
        uint8_t out[VOICE_PACKET_MAX_BYTES];
        struct datagram copy;
        int n = voice_write(packet, (enum voice_format)format, direction, out, sizeof out);
        CHECK(n > 0);
        CHECK(datagram_read((struct span){ out, (size_t)n }, direction, &copy) == 0);
        CHECK(copy.kind == DATAGRAM_VOICE && copy.format == (enum voice_format)format);
        check_equal(packet, &copy.voice);
        CHECK(copy.voice.volume == packet->volume || format == VOICE_FORMAT_LEGACY);
    }
}

static void check_ping(const struct datagram *ping, enum voice_direction direction)
{
    uint8_t out[1 + VARINT_MAX_BYTES + 1];
    struct datagram copy;
    int n = udp_ping_write(ping->ping_timestamp, ping->format, out, sizeof out);
    CHECK(n > 0);
    CHECK(datagram_read((struct span){ out, (size_t)n }, direction, &copy) == 0);
    CHECK(copy.kind == DATAGRAM_PING && copy.format == ping->format);
    CHECK(copy.ping_timestamp == ping->ping_timestamp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    for (int i = VOICE_TO_SERVER; i <= VOICE_TO_CLIENT; i++) {
        enum voice_direction direction = (enum voice_direction)i;
        struct datagram datagram;
        int error = datagram_read(in, direction, &datagram);
        if (error != 0) {
            CHECK(error >= PROTO_E_UNSUPPORTED && error <= PROTO_E_SHORT);
        } else if (datagram.kind == DATAGRAM_PING) {
            check_ping(&datagram, direction);
        } else {
            check_limits(&datagram.voice, in);
            check_voice(&datagram.voice, direction);
        }
    }
    return 0;
}
