// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ARGUMENTS_MAX 9

static int count(const char *const *arguments)
{
    int n = 0;
    while (n < ARGUMENTS_MAX && arguments[n] != NULL)
        n++;
    return n;
}

static enum options_result parse(const char *const *arguments, struct join_options *out,
                                 struct fault *fault)
{
    char *argv[ARGUMENTS_MAX];
    for (int i = 0; i < ARGUMENTS_MAX; i++)
        argv[i] = (char *)(uintptr_t)arguments[i];
    return options_join(count(arguments), argv, out, fault);
}

static void test_defaults(void **state)
{
    (void)state;
    struct join_options options;
    struct fault fault;
    const char *const arguments[ARGUMENTS_MAX] = { "mumble://Ana@h/A" };
    assert_int_equal(parse(arguments, &options, &fault), OPTIONS_RUN);
    assert_string_equal(options.url.name, "Ana");
    assert_int_equal(options.bitrate_bps, 40000);
    assert_int_equal(options.frame_blocks, 2);
    assert_int_equal(options.transport, CLIENT_TRANSPORT_AUTO);
    assert_null(options.play);
    assert_null(options.certificate);
    assert_false(options.is_json || options.is_insecure || options.is_loop || options.is_legacy);
    assert_true(options.for_s + options.start_at_s + options.level_db == 0);
}

// Each command has its own options, out of one table.
static void test_options_of_consoles(void **state)
{
    (void)state;
    struct join_options o;
    struct fault fault;
    static char *const words[] = { "h/A",     "--booth",  "Booth en-es", "--input=USB", "--output",
                                   "Headset", "--record", "-",           "--play",      "-" };
    char *argv[10];
    memcpy(argv, words, sizeof argv);
    assert_int_equal(options_console(10, argv, &o, &fault), OPTIONS_RUN);
    assert_string_equal(o.booth, "Booth en-es");
    assert_string_equal(o.input, "USB");
    assert_string_equal(o.output, "Headset");
    assert_string_equal(o.record, "-");
    static char *const others[] = { "--json", "--legacy", "--for=3", "--start-at=1", "--chat" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *two[2];
        two[0] = words[0];
        two[1] = others[i];
        assert_int_equal(options_console(2, two, &o, &fault), OPTIONS_FAULT);
        assert_int_equal(options_join(2, two, &o, &fault), OPTIONS_RUN);
    }
    assert_int_equal(options_join(3, argv, &o, &fault), OPTIONS_FAULT); // --booth
}

static void test_all_options(void **state)
{
    (void)state;
    struct join_options o;
    struct fault fault;
    const char *const first[ARGUMENTS_MAX] = { "--listen",      "es",        "h",
                                               "--speak=pt-BR", "--command", "!air",
                                               "--command=a b", "--json" };
    assert_int_equal(parse(first, &o, &fault), OPTIONS_RUN);
    assert_string_equal(o.listen, "es");
    assert_string_equal(o.speak, "pt-BR");
    assert_int_equal(o.n_commands, 2);
    assert_string_equal(o.commands[0], "!air");
    assert_string_equal(o.commands[1], "a b");
    assert_true(o.is_json);
    const char *const second[ARGUMENTS_MAX] = { "h",           "--play=x.wav",   "--loop",
                                                "--for=2.5",   "--start-at=1",   "--level=-10",
                                                "--frames=60", "--bitrate=16000" };
    assert_int_equal(parse(second, &o, &fault), OPTIONS_RUN);
    assert_string_equal(o.play, "x.wav");
    assert_true(o.is_loop);
    assert_true(o.for_s == 2.5);
    assert_true(o.start_at_s == 1);
    assert_true(o.level_db == -10);
    assert_int_equal(o.frame_blocks, 6);
    assert_int_equal(o.bitrate_bps, 16000);
    const char *const third[ARGUMENTS_MAX] = {
        "h",          "--tcp", "--legacy", "--insecure", "--silent", "--cert=c", "--transmit=voice",
        "--record=r", "--chat"
    };
    assert_int_equal(parse(third, &o, &fault), OPTIONS_RUN);
    assert_int_equal(o.transport, CLIENT_TRANSPORT_TCP);
    assert_true(o.is_legacy && o.is_insecure && o.is_silent);
    assert_string_equal(o.certificate, "c");
    assert_string_equal(o.record, "r");
    assert_int_equal(o.transmit, TRANSMIT_VOICE);
    assert_true(o.is_chat);
}

static void test_faults_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *const arguments[ARGUMENTS_MAX];
        const char *why;
    } rows[] = {
        { { NULL }, "which server?" },
        { { "h", "i" }, "one server is enough" },
        { { "h", "--nonsense" }, "no option --nonsense" },
        { { "h", "--play" }, "--play needs a value: FILE" },
        { { "h", "--json=yes" }, "--json takes no value" },
        { { "h", "--for", "0" }, "--for: \"0\" is not a number" },
        { { "h", "--for", "1x" }, "is not a number" },
        { { "h", "--for", "nan" }, "is not a number" },
        { { "h", "--for", "" }, "is not a number" },
        { { "h", "--level", "1e9" }, "from -100 to 40" },
        { { "h", "--frames", "30" }, "10, 20, 40 or 60" },
        { { "h", "--bitrate", "100" }, "from 6000" },
        { { "h", "--listen", "x y" }, "is not a language" },
        { { "h", "--listen", "e" }, "is not a language" },
        { { "h", "--speak", "es!" }, "is not a language" },
        { { "h", "--udp", "--tcp" }, "exclude each other" },
        { { "h", "--tcp", "--udp" }, "exclude each other" },
        { { "h", "--transmit", "never" }, "neither voice nor always" },
        { { "h", "--command", "" }, "empty" },
        { { "h", "--loop" }, "--loop needs --play" },
        { { "h", "--loop", "--play", "-" }, "--loop needs --play" },
        { { "h", "--chat", "--play", "-" }, "--chat and --play -" },
        { { "http://h" }, "mumble://" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct join_options options;
        struct fault fault = { "" };
        print_message("row %zu: %s\n", i, rows[i].why);
        assert_int_equal(parse(rows[i].arguments, &options, &fault), OPTIONS_FAULT);
        assert_non_null(strstr(fault.text, rows[i].why));
    }
}

static void test_help(void **state)
{
    (void)state;
    struct join_options options;
    struct ping_options ping;
    struct fault fault;
    const char *const arguments[ARGUMENTS_MAX] = { "--json", "--help", "--nonsense" };
    assert_int_equal(parse(arguments, &options, &fault), OPTIONS_HELP);
    char help[] = "-h", json[] = "--json", host[] = "h:9";
    char *help_only[] = { help };
    assert_int_equal(options_ping(1, help_only, &ping, &fault), OPTIONS_HELP);
    char *both[] = { host, json };
    assert_int_equal(options_ping(2, both, &ping, &fault), OPTIONS_RUN);
    assert_int_equal(ping.url.port, 9);
    assert_true(ping.is_json);
}

static void test_uplink_fits(void **state)
{
    (void)state;
    static const struct {
        struct uplink wished;
        uint32_t max_bps;
        struct uplink fit;
    } rows[] = {
        { { 40000, 2 }, 0, { 40000, 2 } },      { { 40000, 2 }, 558000, { 40000, 2 } },
        { { 40000, 1 }, 558000, { 40000, 1 } }, { { 40000, 1 }, 60000, { 40000, 2 } },
        { { 40000, 2 }, 54000, { 37200, 2 } },  { { 40000, 2 }, 38000, { 21200, 2 } },
        { { 40000, 2 }, 32000, { 23600, 4 } },  { { 40000, 2 }, 24000, { 15600, 4 } },
        { { 40000, 2 }, 16000, { 10400, 6 } },  { { 40000, 2 }, 1000, { UPLINK_LEAST_BPS, 6 } },
        { { 16000, 6 }, 54000, { 16000, 6 } }, // what is wished is not raised
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uplink fit = uplink_fit(rows[i].wished, rows[i].max_bps);
        print_message("row %zu: %u bit/s\n", i, rows[i].max_bps);
        assert_int_equal(fit.bitrate_bps, rows[i].fit.bitrate_bps);
        assert_int_equal(fit.frame_blocks, rows[i].fit.frame_blocks);
    }
}

static void test_json_is_json(void **state)
{
    (void)state;
    static const struct {
        const char *value, *line;
    } rows[] = {
        { "Español", "{\"k\":\"Español\"}\n" },
        { "a\"b\\c\n\x1b\x7f", "{\"k\":\"a\\\"b\\\\c\\u000a\\u001b\\u007f\"}\n" },
        { "\xff", "{\"k\":\"\xEF\xBF\xBD\"}\n" },
        { "\xc3", "{\"k\":\"\xEF\xBF\xBD\"}\n" },
        { "\xed\xa0\x80", "{\"k\":\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"}\n" },
        { "\xf0\x9f\x8e\xa7", "{\"k\":\"\xf0\x9f\x8e\xa7\"}\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[128] = "";
        FILE *out = fmemopen(line, sizeof line, "w");
        assert_non_null(out);
        struct json json;
        json_begin(&json, out);
        json_text(&json, "k", rows[i].value);
        json_end(&json);
        assert_int_equal(fclose(out), 0);
        print_message("row %zu\n", i);
        assert_string_equal(line, rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_options_of_consoles),
        cmocka_unit_test(test_all_options),  cmocka_unit_test(test_faults_say_why),
        cmocka_unit_test(test_help),         cmocka_unit_test(test_uplink_fits),
        cmocka_unit_test(test_json_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
