// SPDX-License-Identifier: BSD-3-Clause
//
// The questions that a client's server list asks of any server, and their answers; never encrypted.
#include "proto_int.h"

#define FIRST_PROTOBUF_PING 0x01
#define LEGACY_QUESTION_BYTES 12
#define LEGACY_REPLY_BYTES 24

enum ping_field {
    PING_TIMESTAMP = 1,
    PING_REQUEST_EXTENDED = 2,
    PING_SERVER_VERSION = 3,
    PING_USERS = 4,
    PING_MAX_USERS = 5,
    PING_BANDWIDTH = 6,
    PING_FIELDS
};

// Gathers the fields of a Ping message; those that are absent are 0.
static bool read_ping(struct span in, uint64_t fields[PING_FIELDS])
{
    struct pb_field field;
    long size;
    memset(fields, 0, PING_FIELDS * sizeof fields[0]);
    while ((size = pb_read(in, &field)) > 0) {
        if (field.number < PING_FIELDS && field.wire == PB_VARINT)
            fields[field.number] = field.value;
        in = (struct span){ in.data + size, in.len - (size_t)size };
    }
    return size == 0;
}

static int write_ping(const uint64_t fields[PING_FIELDS], uint8_t *out, size_t cap)
{
    if (cap == 0)
        return PROTO_E_NO_SPACE;
    struct pb_writer writer = { out + 1, out + cap, false };
    out[0] = FIRST_PROTOBUF_PING;
    for (uint32_t i = PING_TIMESTAMP; i < PING_FIELDS; i++)
        if (fields[i] != 0)
            pb_write_varint(&writer, i, fields[i]);
    return writer.is_full ? PROTO_E_NO_SPACE : (int)(writer.at - out);
}

bool list_ping_read(struct span in, struct list_ping *out)
{
    uint64_t fields[PING_FIELDS];
    if (in.len == LEGACY_QUESTION_BYTES && load_be32(in.data) == 0) {
        *out = (struct list_ping){ VOICE_FORMAT_LEGACY, load_be64(in.data + 4) };
        return true;
    }
    if (in.len == 0 || in.len > LIST_PING_MAX_BYTES || in.data[0] != FIRST_PROTOBUF_PING)
        return false;
    if (!read_ping((struct span){ in.data + 1, in.len - 1 }, fields))
        return false;
    if (fields[PING_REQUEST_EXTENDED] == 0)
        return false;
    *out = (struct list_ping){ VOICE_FORMAT_PROTOBUF, fields[PING_TIMESTAMP] };
    return true;
}

int list_ping_write(const struct list_ping *ping, uint8_t *out, size_t cap)
{
    if (ping->format == VOICE_FORMAT_PROTOBUF) {
        const uint64_t fields[PING_FIELDS] = {
            [PING_TIMESTAMP] = ping->timestamp, [PING_REQUEST_EXTENDED] = 1
        };
        return write_ping(fields, out, cap);
    }
    if (cap < LEGACY_QUESTION_BYTES)
        return PROTO_E_NO_SPACE;
    store_be32(out, 0);
    store_be64(out + 4, ping->timestamp);
    return LEGACY_QUESTION_BYTES;
}

static void read_legacy_reply(const uint8_t *in, struct list_ping_reply *out)
{
    *out = (struct list_ping_reply){ .timestamp = load_be64(in + 4),
                                     .version = version_from_v1(load_be32(in)),
                                     .users = load_be32(in + 12),
                                     .max_users = load_be32(in + 16),
                                     .bandwidth_bps = load_be32(in + 20) };
}

bool list_ping_reply_read(struct span in, enum voice_format *format, struct list_ping_reply *out)
{
    uint64_t fields[PING_FIELDS];
    // No confusion: a legacy reply begins with the high byte of the major version, which is 0.
    if (in.len == LEGACY_REPLY_BYTES && in.data[0] != FIRST_PROTOBUF_PING) {
        *format = VOICE_FORMAT_LEGACY;
        read_legacy_reply(in.data, out);
        return true;
    }
    if (in.len == 0 || in.len > LIST_PING_MAX_BYTES || in.data[0] != FIRST_PROTOBUF_PING)
        return false;
    if (!read_ping((struct span){ in.data + 1, in.len - 1 }, fields))
        return false;
    if (fields[PING_SERVER_VERSION] == 0)
        return false; // an echo of a bare ping
    *format = VOICE_FORMAT_PROTOBUF;
    *out = (struct list_ping_reply){ .timestamp = fields[PING_TIMESTAMP],
                                     .version = fields[PING_SERVER_VERSION],
                                     .users = (uint32_t)fields[PING_USERS],
                                     .max_users = (uint32_t)fields[PING_MAX_USERS],
                                     .bandwidth_bps = (uint32_t)fields[PING_BANDWIDTH] };
    return true;
}

int list_ping_reply_write(enum voice_format format, const struct list_ping_reply *reply,
                          uint8_t *out, size_t cap)
{
    if (format == VOICE_FORMAT_PROTOBUF) {
        const uint64_t fields[PING_FIELDS] = { [PING_TIMESTAMP] = reply->timestamp,
                                               [PING_SERVER_VERSION] = reply->version,
                                               [PING_USERS] = reply->users,
                                               [PING_MAX_USERS] = reply->max_users,
                                               [PING_BANDWIDTH] = reply->bandwidth_bps };
        return write_ping(fields, out, cap);
    }
    if (cap < LEGACY_REPLY_BYTES)
        return PROTO_E_NO_SPACE;
    store_be32(out, version_to_v1(reply->version));
    store_be64(out + 4, reply->timestamp);
    store_be32(out + 12, reply->users);
    store_be32(out + 16, reply->max_users);
    store_be32(out + 20, reply->bandwidth_bps);
    return LEGACY_REPLY_BYTES;
}
