// SPDX-License-Identifier: BSD-3-Clause
// The configuration from several places: values kept in the database, a text in a file of its own,
// values over several lines.
#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_lines.h"

// Writes a file of its own in the test's directory; returns its path.
static const char *write_file(const char *name, const char *text)
{
    static char directory[64] = "";
    static char paths[4][128];
    static size_t n = 0;
    if (directory[0] == '\0') {
        strcpy(directory, "/tmp/config_stored_XXXXXX");
        assert_non_null(mkdtemp(directory));
    }
    char *path = paths[n++ % ARRAY_LEN(paths)];
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static struct config *load(const char *text, const struct config_sources *sources)
{
    char error[CONFIG_ERROR_BYTES] = "";
    struct config *config = config_load_sources(write_file("t.ini", text), sources, error);
    if (config == NULL)
        fail_msg("%s", error);
    return config;
}

// The file, then the database, then the command line.
static void test_order(void **state)
{
    (void)state;
    static const struct config_stored stored[] = {
        { "users", "50" },
        { "welcometext", "say \"hi\" \\ ; # and\na second line, with a comma" },
        { "port", "1234" },
        { "moderators", "Ana, Luis" },
        { "REGISTERNAME", "Casa" },
    };
    static const char *const overrides[] = { "port=4321" };
    struct lines lines = { 0 };
    struct config *c = load("users=10\nport=1\ntimeout=7\n",
                            &(struct config_sources){ .stored = stored,
                                                      .n_stored = ARRAY_LEN(stored),
                                                      .overrides = overrides,
                                                      .n_overrides = ARRAY_LEN(overrides),
                                                      .warn = keep_line,
                                                      .context = &lines });
    assert_int_equal(lines.n, 0);
    assert_int_equal(c->users, 50);
    assert_int_equal(c->port, 4321);
    assert_int_equal(c->timeout_s, 7);
    assert_string_equal(c->welcome_text, stored[1].value);
    assert_string_equal(c->moderators[1], "Luis");
    assert_string_equal(c->register_name, "Casa");
    assert_string_equal(config_where(c, "users"), "the database's users");
    assert_string_equal(config_where(c, "port"), "--set port");
    config_free(c);
}

// A wrong value in the database is said and left out; the server starts.
static void test_wrong_values(void **state)
{
    (void)state;
    static const struct {
        struct config_stored stored;
        const char *warning;
    } rows[] = {
        { { "users", "many" },
          "the database's users: users = \"many\" is not a number; write one from 1 to 100000; it "
          "is left out" },
        { { "port", "70000" },
          "the database's port: port = 70000 is out of range; write a number from 1 to 65535; it "
          "is left out" },
        { { "database", "/other" },
          "the database's database: this key cannot be kept there; it is left out" },
        { { "nonsense", "1" },
          "the database's nonsense: this key cannot be kept there; it is left out" },
        { { "username", "[" },
          "the database's username: username is not a regular expression: missing terminating ] "
          "for character class, at character 1; correct it or remove the key; it is left out" },
        { { "welcometext", "\xff" }, "the database's values: one is not UTF-8; it is left out" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lines lines = { 0 };
        struct config *c = load("users=10\n", &(struct config_sources){ .stored = &rows[i].stored,
                                                                        .n_stored = 1,
                                                                        .warn = keep_line,
                                                                        .context = &lines });
        assert_int_equal(lines.n, 1);
        assert_string_equal(lines.text[0], rows[i].warning);
        assert_int_equal(c->users, 10);
        assert_int_equal(c->port, 64738);
        config_free(c);
    }
}

static void test_welcome_text_file(void **state)
{
    (void)state;
    char text[256];
    struct lines lines = { 0 };
    struct config_sources sources = { .warn = keep_line, .context = &lines };
    (void)snprintf(text, sizeof text, "welcometextfile=%s\n",
                   write_file("welcome.html", "<b>Hola</b>,\n\"todas\"\n"));
    struct config *c = load(text, &sources);
    assert_string_equal(c->welcome_text, "<b>Hola</b>,\n\"todas\"\n");
    config_free(c);

    strcat(text, "welcometext=here\n"); // the text itself wins
    c = load(text, &sources);
    assert_string_equal(c->welcome_text, "here");
    config_free(c);
    assert_int_equal(lines.n, 0);

    c = load("\nwelcometextfile=/nowhere\n", &sources);
    assert_null(c->welcome_text);
    config_free(c);
    assert_int_equal(lines.n, 1);
    assert_non_null(strstr(lines.text[0], "t.ini:2: no welcome text: /nowhere: cannot be opened"));
}

// A quoted value may go on over the next lines, as mumble-server allows.
static void test_values_over_several_lines(void **state)
{
    (void)state;
    char error[CONFIG_ERROR_BYTES];
    struct config *c =
        config_parse("t.ini",
                     "welcometext=\"<ul>\r\n ; no comment\n\n<li>a = b</li>\n\" ; end\n"
                     "users=7\n",
                     NULL, 0, NULL, NULL, error);
    assert_non_null(c);
    assert_string_equal(c->welcome_text, "<ul>\n ; no comment\n\n<li>a = b</li>\n");
    assert_string_equal(config_where(c, "users"), "t.ini:6");
    config_free(c);
    static const char *const open[] = {
        "\nwelcometext=\"a\nusers=7\n",               // the next key
        "\nwelcometext=\"a\nb\nregisterName=\"x\"\n", // though another quote would close it
        "\nwelcometext=\"a\n[meeting \"A\"]\ntracks=en\n",
        "\nwelcometext=\"a\nb\n", // the end
    };
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        assert_null(config_parse("t.ini", open[i], NULL, 0, NULL, NULL, error));
        assert_string_equal(
            error, "t.ini:2: a closing quote is missing; write \"…\", and \\\" for a quote itself");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_welcome_text_file),
        cmocka_unit_test(test_values_over_several_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
