// SPDX-License-Identifier: BSD-3-Clause
#include "proto_int.h"

#define PB_VARINT_MAX_BYTES 10
#define PB_NUMBER_MAX 0x1FFFFFFFu

static long read_varint(struct span in, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < PB_VARINT_MAX_BYTES; i++) {
        if (i == in.len)
            return PROTO_E_SHORT;
        value |= (uint64_t)(in.data[i] & 0x7F) << (7 * i);
        if (in.data[i] < 0x80) {
            *out = value;
            return (long)i + 1;
        }
    }
    return PROTO_E_MALFORMED;
}

// Returns the size of the value of out->wire at the start of `in`, or an error.
static long read_value(struct span in, struct pb_field *out)
{
    size_t start = 0;
    uint64_t length = 0;
    long size;
    switch (out->wire) {
    case PB_VARINT:
        return read_varint(in, &out->value);
    case PB_FIXED64:
        length = 8;
        break;
    case PB_FIXED32:
        length = 4;
        break;
    case PB_BYTES:
        size = read_varint(in, &length);
        if (size < 0)
            return size;
        start = (size_t)size;
        break;
    default:
        return PROTO_E_MALFORMED;
    }
    if (length > in.len - start)
        return PROTO_E_SHORT;
    out->bytes = (struct span){ in.data + start, (size_t)length };
    return (long)(start + (size_t)length);
}

long pb_read(struct span in, struct pb_field *out)
{
    if (in.len == 0)
        return 0;
    uint64_t tag;
    long tag_size = read_varint(in, &tag);
    if (tag_size < 0)
        return tag_size;
    if ((tag >> 3) == 0 || (tag >> 3) > PB_NUMBER_MAX)
        return PROTO_E_MALFORMED;
    *out = (struct pb_field){ .number = (uint32_t)(tag >> 3), .wire = (enum pb_wire)(tag & 7) };
    struct span rest = { in.data + tag_size, in.len - (size_t)tag_size };
    long value_size = read_value(rest, out);
    if (value_size < 0)
        return value_size;
    out->size = (size_t)(tag_size + value_size);
    return tag_size + value_size;
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value;
    return n;
}

// Appends a head (tag, and value or length) and a body together, or neither.
static void append(struct pb_writer *writer, const uint8_t *head, size_t head_size,
                   struct span body)
{
    size_t room = (size_t)(writer->end - writer->at);
    if (writer->is_full || head_size > room || body.len > room - head_size) {
        writer->is_full = true;
        return;
    }
    memcpy(writer->at, head, head_size);
    writer->at += head_size;
    if (body.len > 0)
        memcpy(writer->at, body.data, body.len);
    writer->at += body.len;
}

static size_t put_tag(uint8_t *out, uint32_t number, enum pb_wire wire)
{
    return put_varint(out, (uint64_t)number << 3 | (uint64_t)wire);
}

void pb_write_varint(struct pb_writer *writer, uint32_t number, uint64_t value)
{
    uint8_t head[2 * PB_VARINT_MAX_BYTES];
    size_t n = put_tag(head, number, PB_VARINT);
    n += put_varint(head + n, value);
    append(writer, head, n, (struct span){ NULL, 0 });
}

void pb_write_float(struct pb_writer *writer, uint32_t number, float value)
{
    uint8_t head[PB_VARINT_MAX_BYTES + sizeof value];
    size_t n = put_tag(head, number, PB_FIXED32);
    store_float(head + n, value);
    append(writer, head, n + sizeof value, (struct span){ NULL, 0 });
}

void pb_write_bytes(struct pb_writer *writer, uint32_t number, struct span bytes)
{
    uint8_t head[2 * PB_VARINT_MAX_BYTES];
    size_t n = put_tag(head, number, PB_BYTES);
    n += put_varint(head + n, bytes.len);
    append(writer, head, n, bytes);
}
