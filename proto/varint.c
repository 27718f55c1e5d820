// SPDX-License-Identifier: BSD-3-Clause
//
// Mumble's own variable-length integers: the leading ones of the first byte tell the length; from
// 0xF8 on they are negative (a bitwise NOT, so that small negative numbers are short).
#include "proto_int.h"

#define NEGATIONS_MAX 8

// Big-endian value of n bytes, the bits of the first one masked.
static uint64_t gather(const uint8_t *in, size_t n, uint8_t first_mask)
{
    uint64_t value = in[0] & first_mask;
    for (size_t i = 1; i < n; i++)
        value = value << 8 | in[i];
    return value;
}

static void scatter(uint8_t *out, size_t n, uint8_t first_bits, uint64_t value)
{
    for (size_t i = n; i > 0; i--, value >>= 8)
        out[i - 1] = (uint8_t)value;
    out[0] |= first_bits;
}

static int read_positive(struct span in, uint64_t *out)
{
    uint8_t first = in.data[0];
    size_t n = first < 0x80 ? 1 : first < 0xC0 ? 2 : first < 0xE0 ? 3 : first < 0xF0 ? 4 : 0;
    if (n > 0) {
        if (n > in.len)
            return PROTO_E_SHORT;
        *out = gather(in.data, n, (uint8_t)(0x7F >> (n - 1)));
        return (int)n;
    }
    n = first < 0xF4 ? 4 : 8;
    if (n > in.len - 1)
        return PROTO_E_SHORT;
    *out = gather(in.data + 1, n, 0xFF);
    return (int)n + 1;
}

int varint_read(struct span in, uint64_t *out)
{
    uint64_t inverted = 0;
    for (size_t depth = 0; depth <= NEGATIONS_MAX; depth++) {
        if (depth >= in.len)
            return PROTO_E_SHORT;
        uint8_t first = in.data[depth];
        if (first >= 0xFC) {
            *out = ~(uint64_t)(first & 3) ^ inverted;
            return (int)depth + 1;
        }
        if (first < 0xF8) {
            uint64_t value;
            int n = read_positive((struct span){ in.data + depth, in.len - depth }, &value);
            if (n < 0)
                return n;
            *out = value ^ inverted;
            return (int)depth + n;
        }
        inverted = ~inverted;
    }
    return PROTO_E_MALFORMED;
}

static size_t write_positive(uint64_t value, uint8_t *out)
{
    static const uint8_t first_bits[] = { 0, 0, 0x80, 0xC0, 0xE0 };
    for (size_t n = 1; n <= 4; n++)
        if (value < (uint64_t)1 << (7 * n)) {
            scatter(out, n, first_bits[n], value);
            return n;
        }
    if (value <= UINT32_MAX) {
        out[0] = 0xF0;
        store_be32(out + 1, (uint32_t)value);
        return 5;
    }
    out[0] = 0xF4;
    store_be64(out + 1, value);
    return 9;
}

size_t varint_write(uint64_t value, uint8_t *out)
{
    uint64_t inverse = ~value;
    if (inverse <= 3) {
        out[0] = (uint8_t)(0xFC | inverse);
        return 1;
    }
    if (inverse <= UINT32_MAX) {
        out[0] = 0xF8;
        return 1 + write_positive(inverse, out + 1);
    }
    return write_positive(value, out);
}
