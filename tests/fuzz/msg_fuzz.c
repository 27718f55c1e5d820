// SPDX-License-Identifier: BSD-3-Clause
//
// A TCP stream: frames, and in each a message. A message that unpacks must pack to bytes that
// unpack to the same bytes.
#include "fuzz.h"
#include "proto/proto.h"

#include <string.h>

#define LIMIT_BYTES 65536

static uint8_t *pack(unsigned type, const ProtobufCMessage *message, size_t *size)
{
    *size = msg_packed_size(message);
    uint8_t *bytes = malloc(*size);
    CHECK(bytes != NULL);
    CHECK(msg_pack(type, message, bytes) == *size);
    return bytes;
}

static void check_message(unsigned type, struct span body)
{
    ProtobufCMessage *message = msg_unpack(type, body);
    if (message == NULL)
        return;
    size_t size;
    size_t size_again;
    struct frame frame;
    uint8_t *bytes = pack(type, message, &size);
    CHECK(frame_read((struct span){ bytes, size }, FRAME_MAX_BYTES, &frame) == (long)size);
    CHECK(frame.type == type);
    ProtobufCMessage *copy = msg_unpack(type, frame.body);
    CHECK(copy != NULL);
    uint8_t *bytes_again = pack(type, copy, &size_again);
    CHECK(size == size_again && memcmp(bytes, bytes_again, size) == 0);
    free(bytes_again);
    free(bytes);
    msg_free(copy);
    msg_free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = { data, size };
    struct frame frame;
    long n;
    while ((n = frame_read(rest, LIMIT_BYTES, &frame)) > 0) {
        CHECK((size_t)n <= rest.len && frame.body.len + FRAME_HEADER_BYTES == (size_t)n);
        check_message(frame.type, frame.body);
        rest = (struct span){ rest.data + n, rest.len - (size_t)n };
    }
    CHECK(n == 0 || n == PROTO_E_TOO_LONG);
    return 0;
}
