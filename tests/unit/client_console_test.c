// SPDX-License-Identifier: BSD-3-Clause
//
// The consoles without a terminal: the state out of JSON, what keys do, the cough key, the tone.
#include "base/base.h"
#include "client-cli/console/console.h"
#include "client-cli/events_int.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char example[] =
    "{\"v\":1,\"meeting\":{\"id\":3,\"name\":\"Asamblea\"},"
    "\"me\":{\"session\":7,\"role\":\"interpreter\",\"place\":\"booth\",\"booth\":0,\"track\":null,"
    "\"language\":\"es\"},"
    "\"floor\":{\"session\":3,\"name\":\"Ana\",\"language\":\"es\",\"given\":false,\"drained\":"
    "true},"
    "\"tracks\":[{\"language\":\"en\",\"name\":\"English\",\"depth\":1,\"delay_ms\":2400,"
    "\"people\":12,\"covered\":true,\"uncovered\":false,\"booth\":0},"
    "{\"language\":\"es\",\"name\":\"Español\",\"depth\":0,\"delay_ms\":0,\"people\":30,"
    "\"covered\":true,\"uncovered\":false,\"booth\":null},"
    "{\"language\":\"fr\",\"name\":\"Français\",\"depth\":null,\"delay_ms\":0,\"people\":4,"
    "\"covered\":false,\"uncovered\":true,\"booth\":9}],"
    "\"booths\":[{\"name\":\"Booth en-es\",\"languages\":[\"en\",\"es\"],\"one_way\":false,"
    "\"on_air\":{\"session\":7,\"name\":\"Inés\"},\"on_air_s\":312,\"successor\":null,"
    "\"handover\":\"none\",\"incoming\":\"es\",\"outgoing\":\"en\",\"depth\":0,\"relay\":\"auto\","
    "\"resting\":false,\"pending\":null,\"interpreting\":true,\"coughing\":false,"
    "\"span_ms\":2400,\"interpreters\":[{\"session\":7,\"name\":\"Inés\"},"
    "{\"session\":9,\"name\":\"Iván\"}]}],"
    "\"queue\":[{\"session\":5,\"name\":\"Diego\"}],\"speaker\":null,\"poll\":null,"
    "\"locked\":false,\"all_muted\":false,\"recording\":true,\"music\":false}";

static struct console *console_of(enum console_mode mode, const char *json)
{
    struct console *console = calloc(1, sizeof *console);
    assert_non_null(console);
    console_init(console, mode, "en");
    console->has_state = json != NULL && console_state_parse(json, strlen(json), &console->state);
    return console;
}

static void console_end(struct console *console)
{
    console_clear(console);
    free(console);
}

// ---- the state

static void test_the_state_of_the_protocol(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_INTERPRET, example);
    const struct console_state *state = &console->state;
    assert_true(console->has_state && state->has_meeting);
    assert_int_equal(state->meeting_id, 3);
    assert_int_equal(state->me.role, ROLE_INTERPRETER);
    assert_int_equal(state->me.place, PLACE_BOOTH);
    assert_int_equal(state->me.track, STATE_NONE);
    assert_int_equal(state->n_tracks, 3);
    assert_int_equal(state->tracks[0].booth, 0);
    assert_int_equal(state->tracks[2].depth, STATE_NONE);
    assert_int_equal(state->tracks[2].booth, STATE_NONE); // there is no booth 9
    assert_string_equal(state->booths[0].on_air.name, "Inés");
    assert_int_equal(state->booths[0].on_air_s, 312);
    assert_string_equal(state->booths[0].pending, "");
    assert_int_equal(state->booths[0].n_interpreters, 2);
    assert_false(state->speaker.is_there || state->poll.is_there);
    assert_true(state->is_recording);
    assert_true(console_state_is_on_air(state));
    assert_int_equal(console_state_track(state, "fr"), 2);
    assert_int_equal(console_state_track(state, "de"), STATE_NONE);
    console_end(console);
}

static void test_what_is_no_state(void **unused)
{
    (void)unused;
    static const char *const rows[] = { "",          "[]",       "null", "{}",
                                        "{\"v\":2}", "{\"v\":1", "x",    "{\"v\":\"1\"}" };
    struct console *console = console_of(CONSOLE_LISTEN, example);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(console_state_parse(rows[i], strlen(rows[i]), &console->state));
        assert_string_equal(console->state.meeting, "Asamblea"); // untouched
    }
    console_end(console);
}

static void test_odd_states(void **unused)
{
    (void)unused;
    static const char *const rows[] = {
        "{\"v\":1}",
        "{\"v\":1,\"meeting\":null}",
        "{\"v\":1,\"meeting\":{}}",
        "{\"v\":1,\"meeting\":{\"id\":-5,\"name\":7},\"me\":[],\"tracks\":{},\"booths\":3}",
        "{\"v\":1,\"meeting\":{},\"me\":{\"place\":\"booth\",\"booth\":4},\"booths\":[{},null]}",
        "{\"v\":1,\"meeting\":{},\"booths\":[{\"languages\":[1,\"a\",\"b\",\"c\",\"d\"],"
        "\"on_air\":{}}],\"poll\":{\"answers\":[{},4]},\"queue\":[4,{}]}",
    };
    struct console *console = console_of(CONSOLE_LISTEN, example);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(console_state_parse(rows[i], strlen(rows[i]), &console->state));
        assert_false(console_state_is_on_air(&console->state));
        assert_null(console_state_booth(&console->state));
    }
    assert_int_equal(console->state.booths[0].n_languages, 3);
    assert_int_equal(console->state.n_queue, 1);
    console_end(console);
}

static void test_names_are_cut_between_characters(void **unused)
{
    (void)unused;
    char json[2048] = "{\"v\":1,\"meeting\":{\"id\":1,\"name\":\"x";
    for (int i = 0; i < 300; i++)
        strcat(json, "ñ");
    strcat(json, "\"}}");
    struct console *console = console_of(CONSOLE_LISTEN, json);
    assert_true(console->has_state);
    assert_true(str_is_utf8(console->state.meeting));
    assert_in_range(strlen(console->state.meeting), STATE_NAME_BYTES - 2, STATE_NAME_BYTES - 1);
    console_end(console);
}

// ---- keys

static void expect(struct console *console, uint32_t key, enum effect_kind kind, const char *text)
{
    struct effect effect = console_key(console, key, MS(1000));
    assert_int_equal(effect.kind, kind);
    assert_string_equal(effect.text, text);
}

// The example with one part replaced.
static struct console *changed(enum console_mode mode, const char *from, const char *to)
{
    char json[4096];
    const char *at = strstr(example, from);
    assert_non_null(at);
    (void)snprintf(json, sizeof json, "%.*s%s%s", (int)(at - example), example, to,
                   at + strlen(from));
    return console_of(mode, json);
}

static void test_keys_in_a_booth(void **unused)
{
    (void)unused;
    static const struct {
        const char *from, *to;
        uint32_t key;
        const char *command;
    } rows[] = {
        { "", "", 'a', "off" }, // one is on air
        { "\"on_air\":{\"session\":7", "\"on_air\":{\"session\":9", 'a', "air" },
        { "", "", 'h', "handover" },
        { "", "", 't', "take" },
        { "", "", 'd', "out" },
        { "[\"en\",\"es\"]", "[\"en\",\"es\",\"fr\"]", 'd', "out fr" },
        { "", "", 'r', "relay floor" },
        { "\"relay\":\"auto\"", "\"relay\":\"floor\"", 'r', "relay es" }, // not to one's own
        { "\"relay\":\"auto\"", "\"relay\":\"es\"", 'r', "relay auto" },
        { "", "", '0', "relay floor" },
        { "", "", '3', "relay fr" },
        { "", "", 's', "slow" },
        { "", "", 'l', "louder" },
        { "", "", 'e', "repeat" },
        { "", "", 'x', "cannot" },
        { "", "", '[', "partner -15" },
        { "", "", ']', "partner -6" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct console *console = changed(CONSOLE_INTERPRET, rows[i].from, rows[i].to);
        expect(console, rows[i].key, EFFECT_DO, rows[i].command);
        console_end(console);
    }
}

static void test_relay_goes_on_past_what_was_refused(void **unused)
{
    (void)unused;
    static const char *const asked[] = { "relay floor", "relay es", "relay auto", "relay floor" };
    struct console *console = console_of(CONSOLE_INTERPRET, example);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        expect(console, 'r', EFFECT_DO, asked[i]);
    console_end(console);
}

static void test_choosing_a_booth(void **unused)
{
    (void)unused;
    struct console *console =
        changed(CONSOLE_INTERPRET, "\"booth\",\"booth\":0", "\"floor\",\"booth\":null");
    expect(console, '1', EFFECT_SIT, "Booth en-es");
    expect(console, '2', EFFECT_NONE, "");
    expect(console, '0', EFFECT_NONE, "");
    console_end(console);
}

static void test_levels_end_at_their_ends(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_INTERPRET, example);
    for (int i = 0; i < 9; i++)
        (void)console_key(console, '[', 0);
    expect(console, '[', EFFECT_DO, "partner off");
    for (int i = 0; i < 9; i++)
        (void)console_key(console, ']', 0);
    expect(console, ']', EFFECT_DO, "partner 0");
    for (int i = 0; i < 50; i++)
        (void)console_key(console, '+', 0);
    assert_int_equal(console->volume_db, SHAPE_VOLUME_MOST_DB);
    for (int i = 0; i < 50; i++)
        (void)console_key(console, '<', 0);
    assert_int_equal(console->tone, -SHAPE_TONE_MOST);
    expect(console, '>', EFFECT_SHAPE, "");
    assert_int_equal(console->tone, 1 - SHAPE_TONE_MOST);
    console_end(console);
}

static void test_keys_of_a_listener(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_LISTEN, example);
    expect(console, '1', EFFECT_DO, "en");
    expect(console, '0', EFFECT_DO, "floor");
    expect(console, '9', EFFECT_NONE, "");
    expect(console, '[', EFFECT_DO, "under -18");
    expect(console, 'u', EFFECT_DO, "understand es");
    expect(console, 'a', EFFECT_NONE, ""); // no key of theirs
    assert_true(console_is_silent(console));
    expect(console, 'm', EFFECT_SILENCE, "");
    assert_false(console_is_silent(console));
    expect(console, 'y', EFFECT_DO, "hand");
    console_end(console);
    console = changed(CONSOLE_LISTEN, "\"queue\":[{\"session\":5", "\"queue\":[{\"session\":7");
    expect(console, 'y', EFFECT_DO, "down");
    console_end(console);
    console = console_of(CONSOLE_INTERPRET, example);
    expect(console, 'y', EFFECT_NONE, ""); // a booth has no hands to raise
    console_end(console);
}

static void test_keys_of_a_moderator(void **unused)
{
    (void)unused;
    struct console_person people[] = { { .session = 4, .name = "Ana López" },
                                       { .session = 5, .name = "Diego", .is_muted = true } };
    struct console *console = console_of(CONSOLE_MODERATE, example);
    expect(console, 'g', EFFECT_NONE, ""); // nobody is selected
    assert_int_equal(console->n_lines, 1);
    console->people = people;
    console->n_people = 2;
    expect(console, TYPED_DOWN, EFFECT_NONE, "");
    expect(console, 'g', EFFECT_DO, "give Ana López");
    expect(console, 'u', EFFECT_MUTE, "");
    expect(console, TYPED_DOWN, EFFECT_NONE, "");
    expect(console, TYPED_DOWN, EFFECT_NONE, ""); // the last one
    struct effect effect = console_key(console, 'u', 0);
    assert_true(effect.session == 5 && !effect.is_on);
    expect(console, 'i', EFFECT_DO, "interpreter Diego");
    expect(console, 'n', EFFECT_DO, "next");
    expect(console, 'k', EFFECT_DO, "lock");
    expect(console, 'R', EFFECT_DO, "record off"); // it is on in the example
    expect(console, 'l', EFFECT_NONE, "");
    assert_string_equal(console->input, "!lang Diego ");
    expect(console, 'e', EFFECT_NONE, "");
    expect(console, 'n', EFFECT_NONE, "");
    expect(console, TYPED_ENTER, EFFECT_DO, "lang Diego en");
    console->n_people = 0; // who was selected has gone
    expect(console, 'i', EFFECT_NONE, "");
    console_end(console);
}

static void test_quitting_on_air_takes_two(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_INTERPRET, example);
    expect(console, 'q', EFFECT_NONE, "");
    expect(console, TYPED_ESCAPE, EFFECT_NONE, "");
    expect(console, 'q', EFFECT_NONE, "");
    expect(console, 'q', EFFECT_QUIT, "");
    console_end(console);
    console = console_of(CONSOLE_LISTEN, NULL);
    expect(console, 'q', EFFECT_QUIT, "");
    console_end(console);
}

static void test_writing(void **unused)
{
    (void)unused;
    static const struct {
        const char *typed; // '\b' erases
        enum effect_kind kind;
        const char *text;
    } rows[] = {
        { "hola", EFFECT_SAY, "hola" },
        { "!air", EFFECT_DO, "air" },
        { "hello\b\b\b\bi", EFFECT_SAY, "hi" },
        { "   ", EFFECT_NONE, "" },
        { "", EFFECT_NONE, "" },
        { "!", EFFECT_SAY, "!" },
        { "!!! wow", EFFECT_SAY, "!!! wow" },
        { "! no", EFFECT_SAY, "! no" },
        { "a <b>", EFFECT_SAY, "a <b>" },
        { "q?", EFFECT_SAY, "q?" },
    };
    struct console *console = console_of(CONSOLE_INTERPRET, example);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(console, TYPED_ENTER, EFFECT_NONE, "");
        assert_true(console->is_writing);
        for (const char *c = rows[i].typed; *c != '\0'; c++)
            expect(console, *c == '\b' ? TYPED_ERASE : (uint32_t)*c, EFFECT_NONE, "");
        expect(console, TYPED_ENTER, rows[i].kind, rows[i].text);
        assert_false(console->is_writing);
    }
    static const uint32_t letters[] = { 0xF1, 0x20AC, 0x1F3A7, 7, 0xD800 };
    expect(console, '/', EFFECT_NONE, "");
    for (size_t i = 0; i < 5; i++)
        expect(console, letters[i], EFFECT_NONE, "");
    assert_string_equal(console->input, "!ñ€🎧");
    expect(console, TYPED_ERASE, EFFECT_NONE, "");
    assert_string_equal(console->input, "!ñ€");
    for (int i = 0; i < 2000; i++)
        (void)console_key(console, 0xF1, 0);
    assert_true(str_is_utf8(console->input) && strlen(console->input) <= CONSOLE_INPUT_MAX_BYTES);
    expect(console, TYPED_ESCAPE, EFFECT_NONE, "");
    assert_false(console->is_writing);
    console_end(console);
}

// Every key has an act, no key has two in one mode, everything said can be looked up.
static void test_the_table_of_keys(void **unused)
{
    (void)unused;
    static const enum console_mode modes[] = { CONSOLE_INTERPRET, CONSOLE_LISTEN,
                                               CONSOLE_MODERATE };
    const struct key_row *row, *other;
    for (size_t i = 0; (row = key_row_at(i)) != NULL; i++) {
        assert_true(row->modes != 0);
        assert_true((row->help == NULL) == (row->shown == NULL));
        for (size_t k = 0; (other = key_row_at(k)) != NULL; k++)
            assert_false(k != i && other->key == row->key && (other->modes & row->modes) != 0);
        for (size_t m = 0; m < 3; m++) {
            struct console *console = console_of(modes[m], example);
            (void)console_key(console, row->key, 0);
            console_end(console);
        }
    }
}

static void test_lines_roll(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_LISTEN, NULL);
    for (int i = 0; i < CONSOLE_LINES_MAX + 5; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        console_line(console, LINE_CHAT, "Ana", text);
    }
    assert_int_equal(console->n_lines, CONSOLE_LINES_MAX);
    assert_string_equal(console_line_at(console, 0)->text, "5");
    assert_string_equal(console_line_at(console, CONSOLE_LINES_MAX - 1)->text, "404");
    console_end(console);
}

// ---- cough

static void test_cough(void **unused)
{
    (void)unused;
    static const struct {
        const char *what;
        int pressed_ms[6];  // ends with -1
        int silent_from_ms; // from the first press
        int silent_to_ms;   // the first moment when one is heard again
    } rows[] = {
        { "a tap", { 0, -1 }, 0, 600 },
        { "held: the repetition comes late", { 0, 500, 530, 560, -1 }, 0, 860 },
        { "held: at once and fast", { 0, 20, 40, 60, -1 }, 0, 600 },
        { "two taps", { 0, 250, -1 }, 0, 600 },
        { "held over a slow line", { 0, 500, 780, 1050, -1 }, 0, 1350 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cough cough = { .is_latched = false };
        int next = 0;
        for (int ms = 0; ms <= rows[i].silent_to_ms; ms += 10) {
            if (rows[i].pressed_ms[next] == ms) {
                cough_press(&cough, MS(5000 + ms));
                next++;
            }
            bool is_on = cough_is_on(&cough, MS(5000 + ms));
            assert_int_equal(is_on, ms >= rows[i].silent_from_ms && ms < rows[i].silent_to_ms);
            assert_int_equal(cough_next_us(&cough) != 0, is_on);
        }
    }
}

static void test_cough_latched(void **unused)
{
    (void)unused;
    struct cough cough = { .is_latched = false };
    cough_latch(&cough);
    assert_true(cough_is_on(&cough, MS(1)));
    assert_true(cough_is_on(&cough, MS(1000000)));
    assert_true(cough_next_us(&cough) == 0); // no timer runs for it
    cough_press(&cough, MS(1000000));
    cough_latch(&cough);
    assert_false(cough_is_on(&cough, MS(1000001)));
}

// ---- tone and volume

static float gain_at(int volume_db, int tone, double hz)
{
    struct shape shape;
    float block[AUDIO_BLOCK_SAMPLES], in_db = 0, out_db = 0;
    shape_init(&shape);
    shape_set(&shape, volume_db, tone);
    for (size_t n = 0; n < 50; n++) {
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = 0.05f * (float)sin(2.0 * 3.14159265358979 * hz *
                                          (double)(n * AUDIO_BLOCK_SAMPLES + i) / AUDIO_RATE_HZ);
        in_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
        shape_process(&shape, block);
        out_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
    }
    return out_db - in_db;
}

static void test_shape(void **unused)
{
    (void)unused;
    static const struct {
        int volume_db, tone;
        double hz;
        float gain_db, within_db;
    } rows[] = {
        { 0, 0, 100, 0.0f, 0.01f },  { 0, 0, 5000, 0.0f, 0.01f },   { -12, 0, 1000, -12.0f, 0.1f },
        { 6, 0, 1000, 6.0f, 0.1f },  { 0, 4, 100, -12.0f, 1.5f },   { 0, 4, 1000, 0.0f, 2.0f },
        { 0, 4, 10000, 4.0f, 1.0f }, { 0, -4, 100, 12.0f, 1.5f },   { 0, -4, 10000, -4.0f, 1.0f },
        { 0, 2, 100, -6.0f, 1.0f },  { 99, 9, 10000, 16.0f, 1.0f }, // cut to what there is
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float gain_db = gain_at(rows[i].volume_db, rows[i].tone, rows[i].hz);
        if (fabsf(gain_db - rows[i].gain_db) > rows[i].within_db)
            fail_msg("%g Hz, tone %d: %g dB, not %g", rows[i].hz, rows[i].tone, (double)gain_db,
                     (double)rows[i].gain_db);
    }
}

static void test_shape_never_exceeds_full_scale(void **unused)
{
    (void)unused;
    struct shape shape;
    float block[AUDIO_BLOCK_SAMPLES];
    shape_init(&shape);
    shape_set(&shape, 12, -4);
    for (int n = 0; n < 100; n++) {
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = i / 100 % 2 != 0 ? 1.0f : -1.0f;
        shape_process(&shape, block);
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            assert_true(block[i] >= -1.0f && block[i] <= 1.0f);
    }
}

// ---- texts

static void test_texts_as_lines(void **unused)
{
    (void)unused;
    static const char *const rows[][2] = {
        { "plain", "plain" },
        { "<b>!air</b> go<br/>off", "!air go\noff" },
        { "<ul><li>one</li><li>two &amp; &lt;3</li></ul>", "one\ntwo & <3" },
        { "a\033[31mb\nc", "a [31mb c" },
        { "<img src=\"data:x\">", "" },
        { "1 < 2", "1 < 2" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = text_plain(rows[i][0]);
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
    char *html = text_html("a <b> & c");
    assert_string_equal(html, "a &lt;b&gt; &amp; c");
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_state_of_the_protocol),
        cmocka_unit_test(test_what_is_no_state),
        cmocka_unit_test(test_odd_states),
        cmocka_unit_test(test_names_are_cut_between_characters),
        cmocka_unit_test(test_keys_in_a_booth),
        cmocka_unit_test(test_relay_goes_on_past_what_was_refused),
        cmocka_unit_test(test_choosing_a_booth),
        cmocka_unit_test(test_levels_end_at_their_ends),
        cmocka_unit_test(test_keys_of_a_listener),
        cmocka_unit_test(test_keys_of_a_moderator),
        cmocka_unit_test(test_quitting_on_air_takes_two),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_the_table_of_keys),
        cmocka_unit_test(test_lines_roll),
        cmocka_unit_test(test_cough),
        cmocka_unit_test(test_cough_latched),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_shape_never_exceeds_full_scale),
        cmocka_unit_test(test_texts_as_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
