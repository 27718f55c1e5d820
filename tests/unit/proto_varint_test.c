// SPDX-License-Identifier: BSD-3-Clause
#include "proto/proto.h"
#include "test.h"

#define I64(x) ((uint64_t)(int64_t)(x))

static const struct {
    uint64_t value;
    size_t n;
    uint8_t bytes[VARINT_MAX_BYTES];
} canonical[] = {
    { 0, 1, { 0x00 } },
    { 1, 1, { 0x01 } },
    { 0x7F, 1, { 0x7F } },
    { 0x80, 2, { 0x80, 0x80 } },
    { 0x3FFF, 2, { 0xBF, 0xFF } },
    { 0x4000, 3, { 0xC0, 0x40, 0x00 } },
    { 0x1FFFFF, 3, { 0xDF, 0xFF, 0xFF } },
    { 0x200000, 4, { 0xE0, 0x20, 0x00, 0x00 } },
    { 0xFFFFFFF, 4, { 0xEF, 0xFF, 0xFF, 0xFF } },
    { 0x10000000, 5, { 0xF0, 0x10, 0x00, 0x00, 0x00 } },
    { 0xFFFFFFFF, 5, { 0xF0, 0xFF, 0xFF, 0xFF, 0xFF } },
    { 0x100000000, 9, { 0xF4, 0, 0, 0, 1, 0, 0, 0, 0 } },
    { INT64_MAX, 9, { 0xF4, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF } },
    { I64(-1), 1, { 0xFC } },
    { I64(-2), 1, { 0xFD } },
    { I64(-3), 1, { 0xFE } },
    { I64(-4), 1, { 0xFF } },
    { I64(-5), 2, { 0xF8, 0x04 } },
    { I64(-128), 2, { 0xF8, 0x7F } },
    { I64(-129), 3, { 0xF8, 0x80, 0x80 } },
    { I64(-0x100000000), 6, { 0xF8, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF } },
    { I64(-0x100000001), 9, { 0xF4, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF } },
    { (uint64_t)INT64_MIN, 9, { 0xF4, 0x80, 0, 0, 0, 0, 0, 0, 0 } },
};

static void canonical_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(canonical); i++) {
        uint8_t out[VARINT_MAX_BYTES] = { 0 };
        uint64_t value = 0;
        print_message("row %zu\n", i);
        assert_int_equal(varint_write(canonical[i].value, out), canonical[i].n);
        assert_memory_equal(out, canonical[i].bytes, canonical[i].n);
        assert_int_equal(varint_read((struct span){ out, canonical[i].n }, &value), canonical[i].n);
        assert_int_equal(value, canonical[i].value);
    }
}

static void every_prefix_is_short(void **state)
{
    (void)state;
    uint64_t value;
    for (size_t i = 0; i < ARRAY_LEN(canonical); i++)
        for (size_t n = 0; n < canonical[i].n; n++)
            assert_int_equal(varint_read((struct span){ canonical[i].bytes, n }, &value),
                             PROTO_E_SHORT);
}

// Forms that nobody should write but that are understood, and those that are not.
static const struct {
    uint64_t value;
    int result;
    uint8_t bytes[12];
} odd[] = {
    { 5, 2, { 0x80, 0x05 } },                   // longer than needed
    { 7, 9, { 0xF7, 0, 0, 0, 0, 0, 0, 0, 7 } }, // the low bits of F4-F7 mean nothing
    { 7, 5, { 0xF3, 0, 0, 0, 7 } },             // nor those of F0-F3
    { 0, 2, { 0xF8, 0xFC } },                   // NOT -1
    { I64(-1), 2, { 0xFB, 0x00 } },             // nor those of F8-FB
    { 9, 3, { 0xF8, 0xF8, 0x09 } },             // twice negative
    { 1, 9, { 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0x01 } },
    { 0, PROTO_E_MALFORMED, { 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0xF8, 0x01 } },
};

static void odd_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        uint64_t value = 0;
        print_message("row %zu\n", i);
        assert_int_equal(varint_read((struct span){ odd[i].bytes, sizeof odd[i].bytes }, &value),
                         odd[i].result);
        if (odd[i].result > 0)
            assert_int_equal(value, odd[i].value);
    }
}

static void values_around_every_power_of_two(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++)
        for (int offset = -2; offset <= 2; offset++) {
            uint64_t want = ((uint64_t)1 << bit) + I64(offset);
            uint64_t got = ~want;
            uint8_t out[VARINT_MAX_BYTES];
            size_t n = varint_write(want, out);
            assert_in_range(n, 1, VARINT_MAX_BYTES);
            assert_int_equal(varint_read((struct span){ out, n }, &got), n);
            assert_true(got == want);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_forms),
        cmocka_unit_test(every_prefix_is_short),
        cmocka_unit_test(odd_forms),
        cmocka_unit_test(values_around_every_power_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
