// SPDX-License-Identifier: BSD-3-Clause
#include "proto_int.h"

#include <assert.h>

long frame_read(struct span in, uint32_t limit, struct frame *out)
{
    if (in.len < FRAME_HEADER_BYTES)
        return 0;
    uint32_t length = load_be32(in.data + 2);
    if (length > limit || length > FRAME_MAX_BYTES)
        return PROTO_E_TOO_LONG;
    if (in.len - FRAME_HEADER_BYTES < length)
        return 0;
    out->type = (uint16_t)(in.data[0] << 8 | in.data[1]);
    out->body = (struct span){ in.data + FRAME_HEADER_BYTES, length };
    return (long)(FRAME_HEADER_BYTES + length);
}

void frame_write_header(uint8_t out[FRAME_HEADER_BYTES], uint16_t type, uint32_t length)
{
    assert(length <= FRAME_MAX_BYTES);
    out[0] = (uint8_t)(type >> 8);
    out[1] = (uint8_t)type;
    store_be32(out + 2, length);
}
