// SPDX-License-Identifier: BSD-3-Clause
//
// What the files of this layer share: big-endian words, and a reader and a writer for protobuf's
// own encoding that neither allocate nor keep state beyond the struct. Used where protobuf-c would
// have to allocate: datagrams.
#ifndef SUSURRO_PROTO_INT_H
#define SUSURRO_PROTO_INT_H

#include "proto/proto.h"

#include <endian.h>
#include <string.h>

static inline uint32_t load_be32(const uint8_t *in)
{
    uint32_t value;
    memcpy(&value, in, sizeof value);
    return be32toh(value);
}

static inline uint64_t load_be64(const uint8_t *in)
{
    uint64_t value;
    memcpy(&value, in, sizeof value);
    return be64toh(value);
}

static inline void store_be32(uint8_t *out, uint32_t value)
{
    value = htobe32(value);
    memcpy(out, &value, sizeof value);
}

static inline void store_be64(uint8_t *out, uint64_t value)
{
    value = htobe64(value);
    memcpy(out, &value, sizeof value);
}

// Floats travel as little-endian IEEE 754 singles, in both forms of voice packet.
static inline float load_float(const uint8_t *in)
{
    uint32_t bits;
    float value;
    memcpy(&bits, in, sizeof bits);
    bits = le32toh(bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void store_float(uint8_t *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = htole32(bits);
    memcpy(out, &bits, sizeof bits);
}

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
    uint32_t number;
    enum pb_wire wire;
    uint64_t value;    // PB_VARINT
    struct span bytes; // the others: borrowed from the input
    size_t size;       // of the whole field, tag included
};
// Reads the field at the start of `in`; returns its size, 0 at the end of input, or PROTO_E_SHORT /
// _MALFORMED. Groups (wire types 3 and 4) are malformed: no Mumble message ever had one.
long pb_read(struct span in, struct pb_field *out);

// Writes at `at`, never past `end`; sets is_full instead of writing a field that does not fit.
struct pb_writer {
    uint8_t *at;
    uint8_t *end;
    bool is_full;
};
void pb_write_varint(struct pb_writer *writer, uint32_t number, uint64_t value);
void pb_write_float(struct pb_writer *writer, uint32_t number, float value);
void pb_write_bytes(struct pb_writer *writer, uint32_t number, struct span bytes);

#endif
