// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/admin/admin_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS 10

static size_t count(const char *const *words)
{
    size_t n = 0;
    while (n < WORDS && words[n] != NULL)
        n++;
    return n;
}

// ---- words to commands

static void test_match(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS];
        const char *pattern; // NULL: does not fit
        size_t n_words;
        const char *first; // argument
    } rows[] = {
        { { "users" }, "users", 0, NULL },
        { { "users", "registered" }, "users registered", 0, NULL },
        { { "users", "x" }, NULL, 0, NULL },
        { { "user", "kick", "Ana" }, "user kick NAME [REASON...]", 1, "Ana" },
        { { "user", "kick", "Ana", "too", "loud" }, "user kick NAME [REASON...]", 3, "Ana" },
        { { "user", "kick" }, NULL, 0, NULL },
        { { "user", "move", "Ana", "A/B" }, "user move NAME CHANNEL", 2, "Ana" },
        { { "user", "move", "Ana", "A/B", "C" }, NULL, 0, NULL },
        { { "acl", "A" }, "acl CHANNEL", 1, "A" },
        { { "acl", "A", "set", "--inherit" }, "acl CHANNEL set", 1, "A" },
        { { "acl", "A", "set", "--frob" }, NULL, 0, NULL },
        { { "acl", "A", "add", "group", "all", "+enter" },
          "acl CHANNEL add group SPEC RIGHT...",
          3,
          "A" },
        { { "acl", "A", "add", "group", "all" }, NULL, 0, NULL },
        { { "acl", "A", "group", "g", "add", "Ana", "Eva" },
          "acl CHANNEL group GROUP add PERSON...",
          4,
          "A" },
        { { "acl", "A", "password" }, "acl CHANNEL password [PASSWORD]", 1, "A" },
        { { "say", "--all", "hello" }, "say TEXT...", 1, "hello" },
        { { "say", "Hall", "hello" }, "say CHANNEL TEXT...", 2, "Hall" },
        { { "say", "--tree", "Hall", "a", "b" }, "say CHANNEL TEXT...", 3, "Hall" },
        { { "say", "Hall", "--", "--all" }, "say CHANNEL TEXT...", 2, "Hall" },
        { { "ban", "add", "--cert", "abc" }, "ban add [ADDRESS]", 0, NULL },
        { { "ban", "add", "--cert=abc", "::1" }, "ban add [ADDRESS]", 1, "::1" },
        { { "ban", "add", "--cert" }, NULL, 0, NULL },
        { { "channel", "unlink", "A" }, "channel unlink CHANNEL [OTHER...]", 1, "A" },
        { { "frob" }, NULL, 0, NULL },
        { { NULL }, NULL, 0, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct call call = { .admin = NULL };
        struct fault fault = { .text = "" };
        int result = table_match(rows[i].words, count(rows[i].words), &call, &fault);
        assert_int_equal(result, rows[i].pattern != NULL ? 0 : -1);
        if (rows[i].pattern == NULL) {
            assert_true(fault.text[0] != '\0');
            continue;
        }
        assert_string_equal(call.command->pattern, rows[i].pattern);
        assert_int_equal(call.n_words, rows[i].n_words);
        if (rows[i].first != NULL)
            assert_string_equal(call.words[0], rows[i].first);
    }
}

static void test_options(void **state)
{
    (void)state;
    struct call call = { .admin = NULL };
    struct fault fault;
    const char *const words[] = { "ban", "add", "--for", "2h", "::1", "--reason=a b" };
    assert_int_equal(table_match(words, 6, &call, &fault), 0);
    assert_string_equal(call_option(&call, "--for"), "2h");
    assert_string_equal(call_option(&call, "--reason"), "a b");
    assert_null(call_option(&call, "--cert"));
}

static void test_what_is_said_of_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS];
        const char *says;
    } rows[] = {
        { { "chanels" }, "Did you mean \"channels\"?" },
        { { "xyzzy" }, "there is no command \"xyzzy\"." },
        { { "channel", "frob" }, "channel add PATH" },
        { { "ban", "add", "--for" }, "--for needs a value: TIME" },
        { { "users", "--frob" }, "has no option --frob" },
        { { NULL }, "which command?" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct call call = { .admin = NULL };
        struct fault fault = { .text = "" };
        assert_int_equal(table_match(rows[i].words, count(rows[i].words), &call, &fault), -1);
        assert_non_null(strstr(fault.text, rows[i].says));
    }
}

// Every argument that a pattern names is explained, and every entry has a help and does something.
static void test_table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < admin_n_commands; i++) {
        const struct admin_command *command = &admin_commands[i];
        assert_non_null(command->run);
        assert_true(command->help[0] != '\0' && command->group[0] != '\0');
        char pattern[200];
        (void)snprintf(pattern, sizeof pattern, "%s", command->pattern);
        char *rest = NULL;
        for (char *word = strtok_r(pattern, " []", &rest); word != NULL;
             word = strtok_r(NULL, " []", &rest)) {
            char *dots = strstr(word, "...");
            if (dots != NULL)
                *dots = '\0';
            bool is_known = word[0] >= 'a' && word[0] <= 'z';
            for (size_t k = 0; k < admin_n_arguments && !is_known; k++)
                is_known = strcmp(admin_arguments[k].name, word) == 0;
            if (!is_known)
                fail_msg("%s: what is %s?", command->pattern, word);
        }
    }
}

// ---- a line into words

static void test_split(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *words[WORDS];
        int result;
    } rows[] = {
        { "", { NULL }, 0 },
        { "  # nothing", { NULL }, 0 },
        { "user mute Ana\n", { "user", "mute", "Ana" }, 0 },
        { "say '#1' \"a  b\" c'd e'f", { "say", "#1", "a  b", "cd ef" }, 0 },
        { "a\\ b \\\"c\\\" 'it'\\''s'", { "a b", "\"c\"", "it's" }, 0 },
        { "channel add A\\/B", { "channel", "add", "A\\/B" }, 0 },
        { "x '' y", { "x", "", "y" }, 0 },
        { "x 'y", { NULL }, -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[200];
        const char *words[WORDS];
        size_t n;
        struct fault fault;
        (void)snprintf(line, sizeof line, "%s", rows[i].line);
        assert_int_equal(admin_split(line, words, WORDS, &n, &fault), rows[i].result);
        if (rows[i].result != 0)
            continue;
        assert_int_equal(n, count(rows[i].words));
        for (size_t k = 0; k < n; k++)
            assert_string_equal(words[k], rows[i].words[k]);
    }
    char line[] = "a b c";
    const char *words[2];
    size_t n;
    struct fault fault;
    assert_int_equal(admin_split(line, words, 2, &n, &fault), -1);
}

// ---- completion

static void gather(void *arg, const char *word, const char *help)
{
    (void)help;
    char *out = arg;
    size_t len = strlen(out);
    (void)snprintf(out + len, 2000 - len, "%s ", word);
}

static void test_completion(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS]; // the last is being typed
        const char *offers;
    } rows[] = {
        { { "me" }, "meetings meeting " },
        { { "users", "" }, "registered " },
        { { "user", "un" }, "unmute undeafen unpriority unsuppress unregister " },
        { { "acl", "Hall", "add", "u" }, "user " },
        { { "acl", "Hall", "add", "group", "all", "+sp" }, "+speak " },
        { { "acl", "Hall", "add", "group", "all", "+enter", "-wh" }, "-whisper " },
        { { "acl", "Hall", "set", "--n" }, "--no-inherit " },
        { { "user", "kick", "" }, "<NAME> " },
        { { "meeting", "M", "tier", "Ana", "" }, "full standard thin minimum lifeline auto " },
        { { "users", "--j" }, "--json " },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[2000] = "";
        table_complete(rows[i].words, count(rows[i].words), gather, out);
        assert_string_equal(out, rows[i].offers);
    }
}

// ---- tables

static void test_width(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t width;
    } rows[] = {
        { "", 0 },      { "Ana", 3 },
        { "Ñandú", 5 }, { "n\xCC\x83", 1 },        // a combining tilde
        { "日本", 4 },  { "\xF0\x9F\x8E\xA7", 2 }, // headphones
        { "│ └─", 4 },  { "\xFF", 1 },
        { "a\tb", 3 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(text_width(rows[i].text), rows[i].width);
}

static const struct column columns[] = {
    { "name", "name", COLUMN_TEXT },   { "n", "n", COLUMN_NUMBER },
    { "flag", "flag", COLUMN_FLAG },   { "list", "list", COLUMN_LIST },
    { "hidden", NULL, COLUMN_NUMBER }, { NULL, "shown", COLUMN_TEXT },
};

static struct sheet *sample(void)
{
    struct sheet *sheet = sheet_new(columns, sizeof columns / sizeof *columns);
    sheet_text(sheet, "日本");
    sheet_number(sheet, -5);
    sheet_flag(sheet, true, "yes");
    sheet_text(sheet, "");
    sheet_item(sheet, "a");
    sheet_item(sheet, "b");
    sheet_number(sheet, 1);
    sheet_text(sheet, NULL);
    sheet_text(sheet, "x\x1B[1m\ny");
    sheet_number(sheet, 1234);
    sheet_flag(sheet, false, "yes");
    sheet_text(sheet, "");
    sheet_text(sheet, NULL);
    sheet_text(sheet, "end");
    return sheet;
}

static char *printed(void (*print)(const struct sheet *sheet, FILE *out))
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct sheet *sheet = sample();
    assert_int_equal(sheet_rows(sheet), 2);
    print(sheet, out);
    sheet_free(sheet);
    (void)fclose(out);
    return text;
}

static void print_json(const struct sheet *sheet, FILE *out)
{
    struct json json;
    json_begin(&json, out);
    sheet_print_json(sheet, &json, "rows");
    json_end(&json);
}

static void test_sheet(void **state)
{
    (void)state;
    char *table = printed(sheet_print_table);
    assert_string_equal(table, "name        n  flag  list  shown\n"
                               "日本       -5  yes   a, b\n"
                               "x [1m y  1234              end\n");
    free(table);
    char *json = printed(print_json);
    assert_string_equal(
        json, "{\"rows\":[{\"name\":\"日本\",\"n\":-5,\"flag\":true,\"list\":[\"a\","
              "\"b\"],\"hidden\":1},{\"name\":\"x\\u001b[1m\\u000ay\",\"n\":1234,\"flag\":"
              "false,\"list\":[],\"hidden\":null}]}\n");
    free(json);
}

// ---- JSON from the server

static void test_json(void **state)
{
    (void)state;
    static const char text[] =
        " {\"ok\":true , \"n\": -12, \"t\":\"a\\\"\\u00f1\\ud83c\\udfa7\\n\","
        "\"l\":[1,[],{}],\"z\":null} ";
    struct node *node = node_parse(text, sizeof text - 1);
    assert_non_null(node);
    assert_true(node_flag(node, "ok"));
    assert_int_equal(node_integer(node, "n", 0), -12);
    assert_string_equal(node_text(node, "t"), "a\"ñ\xF0\x9F\x8E\xA7\n");
    assert_null(node_text(node, "z"));
    assert_null(node_get(node, "no"));
    assert_int_equal(node_integer(node_get(node, "l"), "x", 7), 7);
    assert_string_equal(node_get(node, "l")->first->text, "1");
    node_free(node);
}

static void test_bad_json(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",          "{",
        "{\"a\"}",   "{\"a\":}",
        "[1,]",      "[1 2]",
        "\"a",       "\"\\x\"",
        "\"\\u12\"", "nul",
        "1-",        "{\"a\":1}x",
        "\"\n\"",    "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]",
        "\"\xFF\"",  "{1:2}",
        "-",         "\"\\",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_null(node_parse(rows[i], strlen(rows[i])));
    struct node *node = node_parse("\"\\ud800 \\u0000\"", 15);
    assert_string_equal(node->text, "\xEF\xBF\xBD \xEF\xBF\xBD");
    node_free(node);
}

// ---- small readers

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t seconds; // 0: not one
    } rows[] = { { "90", 90 },
                 { "30m", 1800 },
                 { "2h", 7200 },
                 { "7d", 604800 },
                 { "1w", 604800 },
                 { "", 0 },
                 { "h", 0 },
                 { "0", 0 },
                 { "-1h", 0 },
                 { "2hh", 0 },
                 { "999999999999d", 0 },
                 { "2y", 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t seconds = 0;
        assert_int_equal(parse_duration(rows[i].text, &seconds), rows[i].seconds != 0 ? 0 : -1);
        assert_int_equal(seconds, rows[i].seconds);
    }
}

static void test_networks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t mask; // 0: not one
        const char *shown;
    } rows[] = {
        { "192.0.2.7", 128, "192.0.2.7" },
        { "192.0.2.0/24", 120, "192.0.2.0" },
        { "0.0.0.0/0", 96, "0.0.0.0" },
        { "2001:db8::/32", 32, "2001:db8::" },
        { "::1", 128, "::1" },
        { "192.0.2.0/33", 0, NULL },
        { "::/129", 0, NULL },
        { "::/7", 0, NULL },
        { "192.0.2", 0, NULL },
        { "192.0.2.0/", 0, NULL },
        { "192.0.2.0/x", 0, NULL },
        { "name.example", 0, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t address[16];
        uint32_t mask = 0;
        char shown[INET6_ADDRSTRLEN];
        assert_int_equal(ban_read_network(rows[i].text, address, &mask),
                         rows[i].mask != 0 ? 0 : -1);
        if (rows[i].mask == 0)
            continue;
        assert_int_equal(mask, rows[i].mask);
        address_text(address, 16, shown);
        assert_string_equal(shown, rows[i].shown);
    }
}

static void test_rights(void **state)
{
    (void)state;
    uint32_t bits;
    char words[300];
    assert_true(right_find("ENTER", &bits));
    assert_int_equal(bits, 0x4);
    assert_true(right_find("all", &bits));
    assert_int_equal(bits, 0x1F0FFF);
    assert_false(right_find("frob", &bits));
    rights_words(0x1 | 0x100000, words, sizeof words);
    assert_string_equal(words, "Write, ResetUserContent");
}

// ---- the picture

static void channel(struct picture *picture, uint32_t id, uint32_t parent, const char *name,
                    int32_t position)
{
    MumbleProto__ChannelState state = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    state.has_channel_id = state.has_parent = state.has_position = 1;
    state.channel_id = id;
    state.parent = parent;
    state.position = position;
    state.name = (char *)(uintptr_t)name;
    picture_apply(picture, MSG_CHANNEL_STATE, &state.base);
}

static void test_picture(void **state)
{
    (void)state;
    struct picture picture = { .users = NULL };
    channel(&picture, 0, 0, "Root", 0);
    channel(&picture, 1, 0, "b", 0);
    channel(&picture, 2, 0, "A", 0);
    channel(&picture, 3, 0, "z", -1);
    channel(&picture, 4, 2, "x/y\\", 0);
    size_t n;
    const struct admin_channel **children = picture_children(&picture, 0, &n);
    assert_int_equal(n, 3);
    assert_int_equal(children[0]->id, 3);
    assert_int_equal(children[1]->id, 2);
    assert_int_equal(children[2]->id, 1);
    free(children);
    char *path = picture_path(&picture, 4);
    assert_string_equal(path, "Root/A/x\\/y\\\\");
    const char *rest = path;
    char part[20];
    assert_int_equal(path_part(&rest, part, sizeof part), 4);
    assert_int_equal(path_part(&rest, part, sizeof part), 1);
    assert_int_equal(path_part(&rest, part, sizeof part), 4);
    assert_string_equal(part, "x/y\\");
    assert_int_equal(path_part(&rest, part, sizeof part), 0);
    free(path);
    uint32_t other = 2;
    MumbleProto__ChannelState link = MUMBLE_PROTO__CHANNEL_STATE__INIT;
    link.has_channel_id = 1;
    link.channel_id = 1;
    link.n_links_add = 1;
    link.links_add = &other;
    picture_apply(&picture, MSG_CHANNEL_STATE, &link.base);
    assert_int_equal(picture_channel(&picture, 2)->links[0], 1);
    MumbleProto__ChannelRemove gone = MUMBLE_PROTO__CHANNEL_REMOVE__INIT;
    gone.channel_id = 2;
    picture_apply(&picture, MSG_CHANNEL_REMOVE, &gone.base);
    assert_null(picture_channel(&picture, 2));
    assert_int_equal(picture_channel(&picture, 1)->n_links, 0);
    picture_clear(&picture);
}

// ---- refusals

static void test_denials(void **state)
{
    (void)state;
    struct picture picture = { .users = NULL };
    channel(&picture, 0, 0, "Root", 0);
    for (unsigned type = 0; type <= 14; type++) {
        MumbleProto__PermissionDenied denied = MUMBLE_PROTO__PERMISSION_DENIED__INIT;
        char text[400] = "";
        denied.has_type = denied.has_permission = 1;
        denied.type = (MumbleProto__PermissionDenied__DenyType)type;
        denied.permission = 0x4;
        denied.reason = (char *)(uintptr_t) "because";
        admin_denial(&picture, &denied, text, sizeof text);
        assert_true(strlen(text) > 6);
        if (type == 1)
            assert_string_equal(text, "this login lacks the right Enter in Root");
        else
            assert_non_null(strstr(text, "because"));
    }
    picture_clear(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_what_is_said_of_mistakes),
        cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_sheet),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_bad_json),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_picture),
        cmocka_unit_test(test_denials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
