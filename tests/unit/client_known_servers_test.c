// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PRINT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PRINT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char folder[] = "/tmp/susurro_known_test.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/known", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        const char *file, *server, *fingerprint;
        enum known known;
    } rows[] = {
        { "", "h:1", PRINT_A, KNOWN_NEW },
        { "h:1 sha256:" PRINT_A "\n", "h:1", PRINT_A, KNOWN_SAME },
        { "h:1 sha256:" PRINT_A "\n", "h:1", PRINT_B, KNOWN_CHANGED },
        { "h:1 sha256:" PRINT_A "\n", "h:2", PRINT_B, KNOWN_NEW },
        { "h:12 sha256:" PRINT_A "\n", "h:1", PRINT_A, KNOWN_NEW },
        { "# h:1 sha256:" PRINT_B "\n", "h:1", PRINT_A, KNOWN_NEW },
        { "#h:1 x\n\n  h:1\tsha256:" PRINT_A "  \r\n", "h:1", PRINT_A, KNOWN_SAME },
        { "h:1 sha256:" PRINT_A "\nh:1 sha256:" PRINT_B "\n", "h:1", PRINT_A, KNOWN_SAME },
        { "h:1 sha256:" PRINT_A "\nh:1 sha256:" PRINT_B "\n", "h:1", PRINT_B, KNOWN_SAME },
        { "h:1 md5:" PRINT_A "\n", "h:1", PRINT_A, KNOWN_CHANGED },
        { "h:1\n", "h:1", PRINT_A, KNOWN_NEW },
        { "h:1 sha256:" PRINT_A, "h:1", PRINT_A, KNOWN_SAME },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault fault = { "" };
        print_message("row %zu\n", i);
        write_file(rows[i].file);
        assert_int_equal(known_servers_check(path, rows[i].server, rows[i].fingerprint, &fault),
                         rows[i].known);
    }
}

static void test_add_makes_a_private_file(void **state)
{
    (void)state;
    struct fault fault = { "" };
    struct stat info;
    (void)unlink(path);
    assert_int_equal(known_servers_check(path, "h:1", PRINT_A, &fault), KNOWN_NEW);
    assert_int_equal(known_servers_add(path, "h:1", PRINT_A, &fault), 0);
    assert_int_equal(known_servers_add(path, "[::1]:2", PRINT_B, &fault), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(known_servers_check(path, "h:1", PRINT_A, &fault), KNOWN_SAME);
    assert_int_equal(known_servers_check(path, "[::1]:2", PRINT_B, &fault), KNOWN_SAME);
    assert_int_equal(known_servers_check(path, "h:1", PRINT_B, &fault), KNOWN_CHANGED);
}

static void test_what_cannot_be_read_is_a_fault(void **state)
{
    (void)state;
    struct fault fault = { "" };
    char below[96];
    (void)snprintf(below, sizeof below, "%s/x", path); // below a file
    write_file("");
    assert_int_equal(known_servers_check(below, "h:1", PRINT_A, &fault), KNOWN_FAULT);
    assert_non_null(strstr(fault.text, "cannot read"));
    assert_int_equal(known_servers_add(below, "h:1", PRINT_A, &fault), -1);
    assert_non_null(strstr(fault.text, "cannot write"));
}

// A first visit is remembered; another certificate is refused, unless an authority or the person
// vouches for it, and never takes the place of the first.
static void test_accepting(void **state)
{
    (void)state;
    static const struct {
        const char *fingerprint;
        bool is_trusted, is_insecure;
        bool is_accepted;
        enum known known;
    } rows[] = {
        { PRINT_A, false, false, true, KNOWN_NEW },
        { PRINT_A, false, false, true, KNOWN_SAME },
        { PRINT_B, false, false, false, KNOWN_CHANGED },
        { PRINT_B, true, false, true, KNOWN_CHANGED },
        { PRINT_B, false, true, true, KNOWN_CHANGED },
        { PRINT_A, false, false, true, KNOWN_SAME },
    };
    struct url url = { .host = "h", .port = 1 };
    char config[80], file[120];
    assert_int_equal(setenv("XDG_CONFIG_HOME", folder, 1), 0);
    (void)snprintf(config, sizeof config, "%s/susurro", folder);
    (void)snprintf(file, sizeof file, "%s/known_servers", config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct client_certificate certificate = { rows[i].fingerprint, rows[i].is_trusted };
        enum known known;
        bool is_accepted = known_servers_accept(&url, &certificate, rows[i].is_insecure, &known);
        assert_int_equal(is_accepted, rows[i].is_accepted);
        assert_int_equal(known, rows[i].known);
    }
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(config), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_add_makes_a_private_file),
        cmocka_unit_test(test_what_cannot_be_read_is_a_fault),
        cmocka_unit_test(test_accepting),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
