// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#include <string.h>

static void frames_byte_by_byte(void **state)
{
    (void)state;
    static const uint8_t stream[] = { 0, 3, 0, 0, 0, 2, 0x08, 0x01, 0, 9, 0, 0, 0, 0 };
    struct frame frame = { .type = 0xFFFF };
    for (size_t n = 0; n < 8; n++)
        assert_int_equal(frame_read((struct span){ stream, n }, FRAME_MAX_BYTES, &frame), 0);
    assert_int_equal(frame.type, 0xFFFF);
    for (size_t n = 8; n <= sizeof stream; n++)
        assert_int_equal(frame_read((struct span){ stream, n }, FRAME_MAX_BYTES, &frame), 8);
    assert_int_equal(frame.type, MSG_PING);
    assert_int_equal(frame.body.len, 2);
    assert_ptr_equal(frame.body.data, stream + 6);

    assert_int_equal(frame_read((struct span){ stream + 8, 6 }, FRAME_MAX_BYTES, &frame), 6);
    assert_int_equal(frame.type, MSG_USER_STATE);
    assert_int_equal(frame.body.len, 0);
}

static const struct {
    uint32_t limit;
    long result;
    uint8_t header[FRAME_HEADER_BYTES];
} limits[] = {
    { FRAME_MAX_BYTES, 0, { 0, 0, 0x00, 0x7F, 0xFF, 0xFF } },
    { FRAME_MAX_BYTES, PROTO_E_TOO_LONG, { 0, 0, 0x00, 0x80, 0x00, 0x00 } },
    { FRAME_MAX_BYTES, PROTO_E_TOO_LONG, { 0, 0, 0xFF, 0xFF, 0xFF, 0xFF } },
    { UINT32_MAX, PROTO_E_TOO_LONG, { 0, 0, 0xFF, 0xFF, 0xFF, 0xFF } }, // never past the protocol's
    { 1024, 0, { 0, 0, 0x00, 0x00, 0x04, 0x00 } },
    { 1024, PROTO_E_TOO_LONG, { 0, 0, 0x00, 0x00, 0x04, 0x01 } },
    { 0, FRAME_HEADER_BYTES, { 0xFF, 0xFF, 0, 0, 0, 0 } },
};

static void limits_are_known_from_the_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct frame frame;
        print_message("row %zu\n", i);
        assert_int_equal(frame_read((struct span){ limits[i].header, FRAME_HEADER_BYTES },
                                    limits[i].limit, &frame),
                         limits[i].result);
    }
}

static void headers_are_big_endian(void **state)
{
    (void)state;
    static const uint8_t want[] = { 0x12, 0x34, 0x00, 0x56, 0x78, 0x9A };
    uint8_t header[FRAME_HEADER_BYTES];
    frame_write_header(header, 0x1234, 0x56789A);
    assert_memory_equal(header, want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_byte_by_byte),
        cmocka_unit_test(limits_are_known_from_the_header),
        cmocka_unit_test(headers_are_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
