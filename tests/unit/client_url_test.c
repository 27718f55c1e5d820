// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct good {
    const char *text, *host;
    unsigned port;
    const char *name, *password;
    const char *path; // names joined by '|'
};

static const struct good goods[] = {
    { "mumble://example.org", "example.org", 64738, "", "", "" },
    { "mumble://example.org/", "example.org", 64738, "", "", "" },
    { "example.org", "example.org", 64738, "", "", "" },
    { "example.org:1/A", "example.org", 1, "", "", "A" },
    { "mumble://Ana@example.org:65535/Asamblea/Espa%C3%B1ol", "example.org", 65535, "Ana", "",
      "Asamblea|Español" },
    { "mumble://Ana:secret@h/A//B/", "h", 64738, "Ana", "secret", "A|B" },
    { "mumble://A%40b:p%3Aq%2F@h", "h", 64738, "A@b", "p:q/", "" },
    { "mumble://Ana:a:b@h", "h", 64738, "Ana", "a:b", "" },
    { "mumble://[::1]:7/A", "::1", 7, "", "", "A" },
    { "mumble://x@[fe80::1]", "fe80::1", 64738, "x", "", "" },
    { "mumble://h/a%2Fb?title=x&version=1.2.0", "h", 64738, "", "", "a/b" },
    { "mumble://h?version=1.2.0#top", "h", 64738, "", "", "" },
    { "mumble://h/A@B:9", "h", 64738, "", "", "A@B:9" },
};

struct bad {
    const char *text, *why;
};

static const struct bad bads[] = {
    { "", "no host" },
    { "mumble://", "no host" },
    { "mumble:///A", "no host" },
    { "mumble://Ana@/A", "no host" },
    { "http://example.org", "begin with mumble://" },
    { "mumble://h:0", "1 to 65535" },
    { "mumble://h:65536", "1 to 65535" },
    { "mumble://h:", "1 to 65535" },
    { "mumble://h:12x", "1 to 65535" },
    { "mumble://h:99999999999999999999", "1 to 65535" },
    { "mumble://::1/A", "brackets" },
    { "mumble://[::1/A", "bracket" },
    { "mumble://[::1]x/A", "bracket" },
    { "mumble://h/%", "two digits" },
    { "mumble://h/%4", "two digits" },
    { "mumble://h/%zz", "two digits" },
    { "mumble://h/a%00b", "control character" },
    { "mumble://a%0ab@h", "control character" },
    { "mumble://h\n", "control character" },
    { "mumble://h/%ff", "not UTF-8" },
    { "mumble://h h/", "no host has" },
};

static void join_path(const struct url *url, char *out, size_t cap)
{
    out[0] = '\0';
    const char *part = NULL;
    while ((part = url_path_next(url, part)) != NULL) {
        if (out[0] != '\0')
            strncat(out, "|", cap - strlen(out) - 1);
        strncat(out, part, cap - strlen(out) - 1);
    }
}

static void test_good_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        struct url url;
        struct fault fault = { "" };
        char path[URL_PATH_MAX_BYTES + 1];
        print_message("row %zu: %s\n", i, goods[i].text);
        assert_int_equal(url_parse(goods[i].text, &url, &fault), 0);
        join_path(&url, path, sizeof path);
        assert_string_equal(url.host, goods[i].host);
        assert_int_equal(url.port, goods[i].port);
        assert_string_equal(url.name, goods[i].name);
        assert_string_equal(url.password, goods[i].password);
        assert_string_equal(path, goods[i].path);
    }
}

static void test_bad_links_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        struct url url;
        struct fault fault = { "" };
        print_message("row %zu: %s\n", i, bads[i].text);
        assert_int_equal(url_parse(bads[i].text, &url, &fault), -1);
        assert_non_null(strstr(fault.text, bads[i].why));
    }
}

static void test_lengths_are_limited(void **state)
{
    (void)state;
    char text[URL_PATH_MAX_BYTES * 2];
    struct url url;
    struct fault fault;
    static const struct {
        const char *head;
        size_t n;
    } rows[] = { { "mumble://", URL_PART_MAX_BYTES }, { "mumble://h/", URL_PATH_MAX_BYTES } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t head = strlen(rows[i].head);
        memcpy(text, rows[i].head, head);
        memset(text + head, 'a', rows[i].n + 1);
        text[head + rows[i].n] = '\0';
        assert_int_equal(url_parse(text, &url, &fault), 0);
        text[head + rows[i].n] = 'a';
        text[head + rows[i].n + 1] = '\0';
        assert_int_equal(url_parse(text, &url, &fault), -1);
        assert_non_null(strstr(fault.text, "too long"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_links),
        cmocka_unit_test(test_bad_links_say_why),
        cmocka_unit_test(test_lengths_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
