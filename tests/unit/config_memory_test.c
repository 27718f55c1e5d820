// SPDX-License-Identifier: BSD-3-Clause
// Reading a configuration with the Nth allocation failing, for every N until it succeeds: each time
// a line that says so, no crash, and (with the address sanitizer) nothing left behind.
#include "base/config.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

// The linker sends the base layer's calls here (--wrap).
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);

static long n_left = -1; // allocations that still succeed; -1: all

static bool has_memory(void)
{
    if (n_left == 0)
        return false;
    n_left -= n_left > 0;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return has_memory() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return has_memory() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return has_memory() ? __real_realloc(old, size) : NULL;
}

char *__wrap_strdup(const char *text)
{
    return has_memory() ? __real_strdup(text) : NULL;
}

char *__wrap_strndup(const char *text, size_t n)
{
    return has_memory() ? __real_strndup(text, n) : NULL;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    static const char text[] =
        "port = 1\nwelcometext = \"Hola\"\nusername = [a-z]+\nlog_level = warn\n"
        "moderators = Ana, Luis\nice = x\n[Ice]\nx = 1\n"
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
