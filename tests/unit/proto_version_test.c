// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#include <string.h>

static const struct {
    uint64_t v2;
    uint32_t v1;
    uint64_t back; // what v1 still tells
} pairs[] = {
    { PROTO_VERSION(1, 5, 735), 0x000105FF, PROTO_VERSION(1, 5, 255) },
    { 0x0001000502DF0000, 0x000105FF, PROTO_VERSION(1, 5, 255) },
    { PROTO_VERSION(1, 2, 4), 0x00010204, PROTO_VERSION(1, 2, 4) },
    { PROTO_VERSION(1, 300, 255), 0x0001FFFF, PROTO_VERSION(1, 255, 255) },
    { PROTO_VERSION(0xFFFF, 0xFFFF, 0xFFFF), 0xFFFFFFFF, PROTO_VERSION(0xFFFF, 255, 255) },
    { 0, 0, 0 },
};

static void both_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        print_message("row %zu\n", i);
        assert_int_equal(version_to_v1(pairs[i].v2), pairs[i].v1);
        assert_true(version_from_v1(pairs[i].v1) == pairs[i].back);
    }
}

static const struct {
    bool has_v1, has_v2;
    uint32_t v1;
    uint64_t v2, want;
} said[] = {
    { true, true, 0x00010500, PROTO_VERSION(1, 5, 735), PROTO_VERSION(1, 5, 735) },
    { true, false, 0x00010204, 0, PROTO_VERSION(1, 2, 4) },
    { false, true, 0, PROTO_VERSION(1, 6, 870), PROTO_VERSION(1, 6, 870) },
    { true, true, 0x00010400, 0x0001041F, PROTO_VERSION(1, 4, 0) }, // old form in the new field
    { false, true, 0, 0x0001041F, 0 },
    { false, false, 0x00010500, PROTO_VERSION(1, 5, 0), 0 },
};

static void version_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        MumbleProto__Version message = MUMBLE_PROTO__VERSION__INIT;
        message.has_version_v1 = said[i].has_v1;
        message.has_version_v2 = said[i].has_v2;
        message.version_v1 = said[i].v1;
        message.version_v2 = said[i].v2;
        print_message("row %zu\n", i);
        assert_true(version_read(&message) == said[i].want);
    }
}

static void errors_have_texts(void **state)
{
    (void)state;
    for (int error = PROTO_E_MEMORY; error <= PROTO_E_SHORT; error++)
        assert_string_not_equal(proto_error_text(error), proto_error_text(1));
    assert_string_equal(proto_error_text(PROTO_E_REPLAY),
                        "the datagram was seen before or is too old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms),
        cmocka_unit_test(version_messages),
        cmocka_unit_test(errors_have_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
