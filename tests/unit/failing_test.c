// SPDX-License-Identifier: BSD-3-Clause
//
// A test that fails on purpose. CTest expects it to (WILL_FAIL): if a failing assertion ever
// stopped making a test program fail, this is where it would be seen.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_fails(void **state)
{
    (void)state;
    assert_int_equal(1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_fails) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
