// SPDX-License-Identifier: BSD-3-Clause
//
// Datagrams between the server and a client, in both forms. The first byte tells the form without
// doubt, because only Opus is spoken: 0x00 and 0x01 are protobuf (the legacy meaning of 0x00, a
// CELT codec, is extinct), 0x20 is the legacy ping, 0x80 to 0x9F legacy Opus.
#include "proto_int.h"

#include <assert.h>
#include <math.h>

#define FIRST_PROTOBUF_AUDIO 0x00
#define FIRST_PROTOBUF_PING 0x01
#define FIRST_LEGACY_PING 0x20
#define FIRST_LEGACY_OPUS 0x80
#define LEGACY_TARGET_MASK 0x1F
#define LEGACY_SIZE_MASK 0x1FFF
#define LEGACY_TERMINATOR 0x2000
#define POSITION_BYTES 12
#define TARGET_MAX 31

enum audio_field {
    AUDIO_TARGET = 1,
    AUDIO_CONTEXT = 2,
    AUDIO_SENDER_SESSION = 3,
    AUDIO_FRAME_NUMBER = 4,
    AUDIO_OPUS_DATA = 5,
    AUDIO_POSITION = 6,
    AUDIO_VOLUME = 7,
    AUDIO_IS_TERMINATOR = 16
};
enum ping_field { PING_TIMESTAMP = 1 };

// Sound matters more than place: a position that is not finite is left out, the packet stays.
static void set_position(struct voice_packet *packet, const uint8_t *bytes)
{
    for (int i = 0; i < 3; i++)
        packet->position[i] = load_float(bytes + 4 * i);
    packet->has_position = isfinite(packet->position[0]) && isfinite(packet->position[1]) &&
                           isfinite(packet->position[2]);
    if (!packet->has_position)
        memset(packet->position, 0, sizeof packet->position);
}

static void store_position(uint8_t *out, const struct voice_packet *packet)
{
    for (int i = 0; i < 3; i++)
        store_float(out + 4 * i, packet->position[i]);
}

static int check_opus(const struct voice_packet *packet)
{
    if (packet->opus.len > VOICE_OPUS_MAX_BYTES)
        return PROTO_E_TOO_LONG;
    return packet->opus.len == 0 && !packet->is_terminator ? PROTO_E_MALFORMED : 0;
}

// ---- legacy ----

static int take_varint(struct span *in, uint64_t *out)
{
    int n = varint_read(*in, out);
    if (n < 0)
        return n;
    *in = (struct span){ in->data + n, in->len - (size_t)n };
    return 0;
}

static int read_legacy_audio(struct span in, enum voice_direction direction,
                             struct voice_packet *out)
{
    uint64_t session = 0;
    uint64_t size_word;
    out->target = in.data[0] & LEGACY_TARGET_MASK;
    in = (struct span){ in.data + 1, in.len - 1 };
    int error = direction == VOICE_TO_CLIENT ? take_varint(&in, &session) : 0;
    if (error == 0)
        error = take_varint(&in, &out->frame_number);
    if (error == 0)
        error = take_varint(&in, &size_word);
    if (error != 0)
        return error;
    if (session > UINT32_MAX || size_word > (LEGACY_SIZE_MASK | LEGACY_TERMINATOR))
        return PROTO_E_MALFORMED;
    out->session = (uint32_t)session;
    out->is_terminator = (size_word & LEGACY_TERMINATOR) != 0;
    out->opus = (struct span){ in.data, size_word & LEGACY_SIZE_MASK };
    if (out->opus.len > in.len)
        return PROTO_E_SHORT;
    size_t n_trailing = in.len - out->opus.len;
    if (n_trailing == POSITION_BYTES)
        set_position(out, in.data + out->opus.len);
    else if (n_trailing != 0)
        return PROTO_E_MALFORMED;
    return check_opus(out);
}

static int write_legacy_audio(const struct voice_packet *packet, enum voice_direction direction,
                              uint8_t *out, size_t cap)
{
    uint8_t head[1 + 3 * VARINT_MAX_BYTES];
    size_t n = 0;
    head[n++] = (uint8_t)(FIRST_LEGACY_OPUS | packet->target);
    if (direction == VOICE_TO_CLIENT)
        n += varint_write(packet->session, head + n);
    n += varint_write(packet->frame_number, head + n);
    n +=
        varint_write(packet->opus.len | (packet->is_terminator ? LEGACY_TERMINATOR : 0u), head + n);

    size_t n_trailing = packet->has_position ? POSITION_BYTES : 0;
    if (n + packet->opus.len + n_trailing > cap)
        return PROTO_E_NO_SPACE;
    memcpy(out, head, n);
    if (packet->opus.len > 0)
        memcpy(out + n, packet->opus.data, packet->opus.len);
    n += packet->opus.len;
    if (packet->has_position)
        store_position(out + n, packet);
    return (int)(n + n_trailing);
}

// ---- protobuf ----

// What an Audio message says, field by field, before it is judged as a whole.
struct audio {
    uint64_t header;
    uint32_t header_field; // AUDIO_TARGET, AUDIO_CONTEXT or 0: of the two, the last one counts
    size_t n_position_bytes;
    uint8_t position[POSITION_BYTES];
    float volume;
};

static enum pb_wire audio_field_wire(uint32_t number)
{
    return number == AUDIO_OPUS_DATA || number == AUDIO_POSITION ? PB_BYTES
           : number == AUDIO_VOLUME                              ? PB_FIXED32
                                                                 : PB_VARINT;
}

static int take_audio_field(const struct pb_field *field, struct audio *audio,
                            struct voice_packet *out)
{
    bool is_known = field->number <= AUDIO_VOLUME || field->number == AUDIO_IS_TERMINATOR;
    bool is_unpacked = field->number == AUDIO_POSITION && field->wire == PB_FIXED32;
    if (!is_known || (field->wire != audio_field_wire(field->number) && !is_unpacked))
        return 0; // unknown: skipped
    switch (field->number) {
    case AUDIO_TARGET:
    case AUDIO_CONTEXT:
        audio->header = (uint32_t)field->value;
        audio->header_field = field->number;
        break;
    case AUDIO_SENDER_SESSION:
        out->session = (uint32_t)field->value;
        break;
    case AUDIO_FRAME_NUMBER:
        out->frame_number = field->value;
        break;
    case AUDIO_OPUS_DATA:
        out->opus = field->bytes;
        break;
    case AUDIO_POSITION:
        if (field->bytes.len > POSITION_BYTES - audio->n_position_bytes)
            return PROTO_E_MALFORMED;
        if (field->bytes.len > 0)
            memcpy(audio->position + audio->n_position_bytes, field->bytes.data, field->bytes.len);
        audio->n_position_bytes += field->bytes.len;
        break;
    case AUDIO_VOLUME:
        audio->volume = load_float(field->bytes.data);
        break;
    default:
        out->is_terminator = field->value != 0;
        break;
    }
    return 0;
}

static int read_protobuf_audio(struct span in, enum voice_direction direction,
                               struct voice_packet *out)
{
    struct audio audio = { .header_field = 0 };
    struct pb_field field;
    long size;
    while ((size = pb_read(in, &field)) > 0) {
        int error = take_audio_field(&field, &audio, out);
        if (error != 0)
            return error;
        in = (struct span){ in.data + size, in.len - (size_t)size };
    }
    if (size < 0)
        return (int)size;

    uint32_t expected = direction == VOICE_TO_SERVER ? AUDIO_TARGET : AUDIO_CONTEXT;
    uint64_t target = audio.header_field == expected ? audio.header : 0;
    if (target > TARGET_MAX)
        return PROTO_E_MALFORMED;
    out->target = (uint8_t)target;
    if (audio.n_position_bytes == POSITION_BYTES)
        set_position(out, audio.position);
    else if (audio.n_position_bytes != 0)
        return PROTO_E_MALFORMED;
    if (direction == VOICE_TO_SERVER)
        out->session = 0;
    else if (isfinite(audio.volume) && audio.volume > 0)
        out->volume = audio.volume;
    return check_opus(out);
}

static int write_protobuf_audio(const struct voice_packet *packet, enum voice_direction direction,
                                uint8_t *out, size_t cap)
{
    bool is_to_client = direction == VOICE_TO_CLIENT;
    if (cap == 0)
        return PROTO_E_NO_SPACE;
    struct pb_writer writer = { out + 1, out + cap, false };
    out[0] = FIRST_PROTOBUF_AUDIO;
    pb_write_varint(&writer, is_to_client ? AUDIO_CONTEXT : AUDIO_TARGET, packet->target);
    if (is_to_client && packet->session != 0)
        pb_write_varint(&writer, AUDIO_SENDER_SESSION, packet->session);
    if (packet->frame_number != 0)
        pb_write_varint(&writer, AUDIO_FRAME_NUMBER, packet->frame_number);
    if (packet->opus.len > 0)
        pb_write_bytes(&writer, AUDIO_OPUS_DATA, packet->opus);
    if (packet->has_position) {
        uint8_t position[POSITION_BYTES];
        store_position(position, packet);
        pb_write_bytes(&writer, AUDIO_POSITION, (struct span){ position, sizeof position });
    }
    if (is_to_client && packet->volume != 0)
        pb_write_float(&writer, AUDIO_VOLUME, packet->volume);
    if (packet->is_terminator)
        pb_write_varint(&writer, AUDIO_IS_TERMINATOR, 1);
    return writer.is_full ? PROTO_E_NO_SPACE : (int)(writer.at - out);
}

static int read_protobuf_ping(struct span in, uint64_t *timestamp)
{
    struct pb_field field;
    long size;
    while ((size = pb_read(in, &field)) > 0) {
        if (field.number == PING_TIMESTAMP && field.wire == PB_VARINT)
            *timestamp = field.value;
        in = (struct span){ in.data + size, in.len - (size_t)size };
    }
    return (int)size;
}

// ---- both ----

int datagram_read(struct span in, enum voice_direction direction, struct datagram *out)
{
    *out = (struct datagram){ .kind = DATAGRAM_VOICE };
    if (in.len == 0)
        return PROTO_E_SHORT;
    if (in.len > VOICE_PACKET_MAX_BYTES)
        return PROTO_E_TOO_LONG;
    struct span rest = { in.data + 1, in.len - 1 };
    switch (in.data[0]) {
    case FIRST_PROTOBUF_AUDIO:
        out->format = VOICE_FORMAT_PROTOBUF;
        return read_protobuf_audio(rest, direction, &out->voice);
    case FIRST_PROTOBUF_PING:
        out->kind = DATAGRAM_PING;
        out->format = VOICE_FORMAT_PROTOBUF;
        return read_protobuf_ping(rest, &out->ping_timestamp);
    case FIRST_LEGACY_PING:
        out->kind = DATAGRAM_PING;
        out->format = VOICE_FORMAT_LEGACY;
        return take_varint(&rest, &out->ping_timestamp);
    default:
        out->format = VOICE_FORMAT_LEGACY;
        if ((in.data[0] & ~LEGACY_TARGET_MASK) != FIRST_LEGACY_OPUS)
            return PROTO_E_UNSUPPORTED;
        return read_legacy_audio(in, direction, &out->voice);
    }
}

int voice_write(const struct voice_packet *packet, enum voice_format format,
                enum voice_direction direction, uint8_t *out, size_t cap)
{
    assert(packet->target <= TARGET_MAX);
    int error = check_opus(packet);
    if (error != 0)
        return error;
    return format == VOICE_FORMAT_LEGACY ? write_legacy_audio(packet, direction, out, cap)
                                         : write_protobuf_audio(packet, direction, out, cap);
}

int udp_ping_write(uint64_t timestamp, enum voice_format format, uint8_t *out, size_t cap)
{
    if (cap == 0)
        return PROTO_E_NO_SPACE;
    if (format == VOICE_FORMAT_PROTOBUF) {
        struct pb_writer writer = { out + 1, out + cap, false };
        out[0] = FIRST_PROTOBUF_PING;
        if (timestamp != 0)
            pb_write_varint(&writer, PING_TIMESTAMP, timestamp);
        return writer.is_full ? PROTO_E_NO_SPACE : (int)(writer.at - out);
    }
    uint8_t varint[VARINT_MAX_BYTES];
    size_t n = varint_write(timestamp, varint);
    if (n + 1 > cap)
        return PROTO_E_NO_SPACE;
    out[0] = FIRST_LEGACY_PING;
    memcpy(out + 1, varint, n);
    return (int)n + 1;
}
