// SPDX-License-Identifier: BSD-3-Clause
// Reading a configuration with the Nth allocation failing, for every N until it succeeds: each time
// a line that says so, no crash, and (with the address sanitizer) nothing left behind.
#include "base/config.h"

#include "scarce_memory.h"
#include "test.h"

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    static const char text[] =
        "port = 1\nwelcometext = \"Hola\"\nusername = [a-z]+\nlog_level = warn\n"
        "moderators = Ana, Luis\nlines = server max thin, user Ana send 24\nice = x\n[Ice]\nx = 1\n"
        "[meeting \"A\"]\ntracks = en, es\nbooths = en-es\n"
        "interpreters = anyone\nmoderators = Ana\ntier = minimum\n"
        "name.en-es = Cabina\n";
    static const char *const overrides[] = { "users=3", "port=2", "meeting.A.air=voice" };
    struct config *config = NULL;
    long n = 0;
    for (; config == NULL && n < 100000; n++) {
        char error[CONFIG_ERROR_BYTES] = "";
        n_left = n;
        config = config_parse("t.ini", text, overrides, ARRAY_LEN(overrides), NULL, NULL, error);
        n_left = -1;
        if (config == NULL && strstr(error, "out of memory") == NULL)
            fail_msg("allocation %ld: %s", n, error);
    }
    assert_non_null(config);
    assert_true(n > 100); // the wrappers were in the way
    assert_int_equal(config->port, 2);
    config_free(config);
}

static void fail_of(void *context, const char *line)
{
    (void)context;
    fail_msg("%s", line);
}

static void test_values_of_the_database(void **state)
{
    (void)state;
    static const struct config_stored stored[] = {
        { "users", "3" },
        { "moderators", "Ana, Luis" },
        { "username", "[a-z]+" },
    };
    struct config_sources sources = { .stored = stored,
                                      .n_stored = ARRAY_LEN(stored),
                                      .warn = fail_of };
    struct config *config = NULL;
    long n = 0;
    for (; config == NULL && n < 100000; n++) {
        char error[CONFIG_ERROR_BYTES] = "";
        n_left = n;
        config = config_load_sources(NULL, &sources, error);
        n_left = -1;
        if (config == NULL && strstr(error, "out of memory") == NULL)
            fail_msg("allocation %ld: %s", n, error);
    }
    assert_non_null(config);
    assert_true(n > 50);
    assert_int_equal(config->users, 3);
    assert_string_equal(config->moderators[1], "Luis");
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_values_of_the_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
