// SPDX-License-Identifier: BSD-3-Clause
//
// What a console shows, as text: at several sizes, in five languages, with names of every kind.
#include "base/base.h"
#include "client-cli/console/console.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

static void state_put(struct console_state *state)
{
    static const char *const tags[] = { "en", "es", "fr" };
    static const char *const names[] = { "English", "Español", "Français" };
    memset(state, 0, sizeof *state);
    state->has_meeting = true;
    (void)strcpy(state->meeting, "Asamblea");
    state->me.session = 7;
    state->me.role = ROLE_INTERPRETER;
    state->me.place = PLACE_BOOTH;
    state->me.track = STATE_NONE;
    (void)strcpy(state->floor.name, "Ana");
    state->floor.is_there = true;
    (void)strcpy(state->floor_language, "es");
    for (size_t i = 0; i < 3; i++) {
        struct state_track *track = &state->tracks[state->n_tracks++];
        (void)strcpy(track->language, tags[i]);
        (void)strcpy(track->name, names[i]);
        track->depth = i == 2 ? STATE_NONE : i == 1 ? 0 : 1;
        track->booth = i == 0 ? 0 : STATE_NONE;
        track->n_people = (uint32_t)(10 * i + 2);
        track->delay_ms = 2400;
        track->is_uncovered = i == 2;
    }
    struct state_booth *booth = &state->booths[state->n_booths++];
    (void)strcpy(booth->name, "Booth en-es");
    (void)strcpy(booth->incoming, "es");
    (void)strcpy(booth->outgoing, "en");
    (void)strcpy(booth->relay, "auto");
    booth->span_ms = 2400;
    booth->on_air_s = 312;
    booth->on_air = (struct state_person){ .is_there = true, .session = 7, .name = "Inés" };
    booth->interpreters[0] = booth->on_air;
    booth->interpreters[1] =
        (struct state_person){ .is_there = true, .session = 9, .name = "Iván" };
    booth->n_interpreters = 2;
    state->is_recording = true;
}

static struct console *console_of(enum console_mode mode, const char *language)
{
    static struct console_person people[] = {
        { .session = 3, .name = "Ana", .place = "Asamblea", .is_talking = true },
        { .session = 7, .name = "Inés", .place = "Booth en-es" },
        { .session = 5, .name = "Diego", .place = "English", .is_muted = true },
    };
    struct console *console = calloc(1, sizeof *console);
    assert_non_null(console);
    console_init(console, mode, language);
    state_put(&console->state);
    console->has_state = console->has_voice = console->has_ears = true;
    console->voice_db = -20.0f;
    console->ears_db = -26.0f;
    (void)strcpy(console->clock, "10:42");
    if (mode != CONSOLE_INTERPRET) {
        console->state.me.place = PLACE_TRACK;
        console->state.me.booth = STATE_NONE;
        console->state.me.track = 0;
    }
    console->people = people;
    console->n_people = 3;
    console->selected = 5;
    console_line(console, LINE_CHAT, "Diego", "¿Nos oyen bien en la sala?");
    console_line(console, LINE_SERVER, NULL, "You are on air, into English.");
    return console;
}

static void console_end(struct console *console)
{
    console_clear(console);
    free(console);
}

// All rows, each ended by '\n'. The caller frees it.
static char *shown(const struct console *console, int rows, int cols)
{
    struct canvas canvas;
    char *all = calloc(1, (size_t)rows * ((size_t)cols * CELL_BYTES + 2));
    assert_true(canvas_init(&canvas, rows, cols, console->is_ascii) && all != NULL);
    (void)view_draw(console, &canvas);
    for (int row = 0; row < rows; row++) {
        char *text = canvas_row(&canvas, row);
        strcat(strcat(all, text), "\n");
        free(text);
    }
    canvas_clear(&canvas);
    return all;
}

// Every row takes exactly the columns of the terminal: nothing wraps, nothing is torn.
static void check_widths(const struct console *console, int rows, int cols)
{
    struct canvas canvas;
    assert_true(canvas_init(&canvas, rows, cols, console->is_ascii));
    (void)view_draw(console, &canvas);
    for (int row = 0; row < rows; row++)
        for (int col = 0; col < cols; col++) {
            const char *text = canvas_at(&canvas, row, col)->text;
            int width = canvas_width(&canvas, text);
            assert_true(str_is_utf8(text));
            assert_true(width <= 2 && width <= cols - col);
            for (int i = 1; i < width; i++)
                assert_string_equal(canvas_at(&canvas, row, col + i)->text, "");
        }
    canvas_clear(&canvas);
}

static void has(const char *screen, const char *part)
{
    if (strstr(screen, part) == NULL)
        fail_msg("no \"%s\" in\n%s", part, screen);
}

static void has_not(const char *screen, const char *part)
{
    if (strstr(screen, part) != NULL)
        fail_msg("there is \"%s\" in\n%s", part, screen);
}

// ---- one screen as a whole

static void test_a_booth_at_80_by_24(void **unused)
{
    (void)unused;
    static const char expected[] =
        " Asamblea – Booth en-es                                            ● REC  10:42\n"
        " ● ON AIR  05:12                                              Español → English\n"
        " Floor      Ana – Español               Partner   Iván  -12 dB\n"
        " Incoming   Español – the original      Outgoing  English\n"
        " Handover   –                           Relay     automatic\n"
        " Your voice ███████████████░░░░░░░ -20  You hear  █████████████░░░░░░░░░░ -26\n"
        " Volume     +0 dB, tone +0              Listeners 2 – English\n"
        " Behind     2.4 s\n"
        " 1 English 2  2 Español 12  3 Français 22 !\n"
        "────────────────────────────────────────────────────────────────────────────────\n"
        " 10:42 Diego: ¿Nos oyen bien en la sala?\n"
        " 10:42 You are on air, into English.\n"
        "\n\n\n\n\n\n\n\n\n\n\n"
        " a air  Space cough  h handover  t take  d direction  r relay  ? help\n";
    struct console *console = console_of(CONSOLE_INTERPRET, "en");
    char *screen = shown(console, 24, 80);
    assert_string_equal(screen, expected);
    free(screen);
    console_end(console);
}

// ---- what the lamp and the fields say

static void test_what_is_said(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_INTERPRET, "en");
    struct state_booth *booth = &console->state.booths[0];
    char *screen;
#define SAYS(change, ...)                                                                          \
    do {                                                                                           \
        change;                                                                                    \
        screen = shown(console, 24, 80);                                                           \
        const char *const parts[] = { __VA_ARGS__ };                                               \
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)                                  \
            has(screen, parts[i]);                                                                 \
        free(screen);                                                                              \
    } while (0)
    SAYS(console->now_us = SECONDS(10), "ON AIR  05:22"); // it runs on
    SAYS(console->state_at_us = SECONDS(10), "ON AIR  05:12");
    SAYS(booth->handover = HAND_ASKED, "you ask to be relieved");
    SAYS(booth->on_air.session = 9; (void)strcpy(booth->on_air.name, "Iván"),
                                    "○ off air – Iván is on air", "h: Iván asks to be relieved",
                                    "● Iván");
    SAYS(booth->handover = HAND_OFFERED;
         booth->successor = booth->interpreters[0], "you offer to go on");
    SAYS(booth->handover = HAND_BOTH, "begin: your partner finishes");
    SAYS(booth->handover = HAND_NONE; booth->is_coughing = true, "● Iván (coughs)");
    SAYS(booth->on_air.is_there = false, "nobody interprets: a");
    SAYS((void)strcpy(booth->pending, "es"), "English, soon: Español");
    SAYS((void)strcpy(booth->pending, "rest"), "English, soon: rest");
    SAYS(booth->is_resting = true, "the booth rests");
    SAYS(booth->depth = 2, "Español – relay, booths: 2");
    SAYS(booth->depth = 1; console->state.tracks[1].booth = 1; console->state.n_booths = 2;
         console->state.booths[1].on_air = booth->interpreters[1], "Español – relay from Iván");
    SAYS((void)strcpy(booth->relay, "fr"), "Français, by hand");
    SAYS(console->is_coughing = true, "COUGH – nobody hears you");
    SAYS(console->has_voice = console->has_ears = false, "no microphone", "no sound device");
    SAYS(console->partner_db = CONSOLE_LEVEL_OFF_DB, "Iván  not heard");
    SAYS(console->state.floor.is_there = false, "nobody – Español");
    SAYS(console->state.me.place = PLACE_FLOOR, "1 Booth en-es");
    SAYS(console->is_coughing = false, "Choose your booth by its number");
    SAYS(console->state.has_meeting = false, "You are in no meeting");
    SAYS(console->has_state = false, "has not told anything");
    console_end(console);
}

static void test_a_listener_and_a_moderator(void **unused)
{
    (void)unused;
    char *screen;
    struct console *console = console_of(CONSOLE_LISTEN, "en");
    SAYS(console->now_us = 0, "You hear: English", "Interpreter Inés", "2.4 s", "off: m",
         "as the meeting has it", "1 ▶English 2");
    SAYS(console->state.tracks[0].depth = 2, "2.4 s – relay, booths: 2");
    SAYS(console->state.tracks[0].depth = 1, "2.4 s ");
    SAYS(console->duck_db = -18; console->is_duck_known = true, "-18 dB");
    SAYS(console->state.me.track = 2, "nobody – the original");
    SAYS(console->state.me.track = 1, "not needed: spoken now");
    console_end(console);
    console = console_of(CONSOLE_MODERATE, "en");
    SAYS(console->now_us = 0, "not interpreted", "spoken now", "Inés, 2.4 s behind",
         "● Inés 05:12, Iván", "Diego ✕", "Meeting", "open");
    SAYS(console->state.me.signal = SIGNAL_SLOWER, "Booths ask please more slowly");
    SAYS(console->state.n_groups = 2; (void)strcpy(console->state.groups[0], "Grupo 1");
         (void)strcpy(console->state.groups[1], "Grupo 2"), "Groups", "Grupo 1, Grupo 2");
    SAYS(console->state.speaker = console->state.floor; console->state.speaker_s = 125;
         console->state.speaker_limit_s = 120, "Ana 02:05 of 02:00");
    SAYS(console->state.poll.is_there = true; (void)strcpy(console->state.poll.question, "Pausa?");
         console->state.poll.n_answers = 1; (void)strcpy(console->state.poll.answers[0].text, "Sí");
         console->state.poll.answers[0].has_count = true;
         console->state.poll.answers[0].count = 4, "Pausa?  1 Sí: 4");
    SAYS(console->state.has_lobby = true; console->state.n_waiting = 3, "lobby, waiting: 3");
    SAYS(console->state.is_locked = console->state.is_all_muted = true,
         "locked, all muted, waiting: 3");
    screen = shown(console, 20, 60); // no room beside the chat
    has_not(screen, "Diego ✕");
    has(screen, "Diego: ¿Nos");
    free(screen);
    console->shows_people = true;
    screen = shown(console, 20, 60);
    has(screen, "Diego ✕");
    free(screen);
    console_end(console);
}

// ---- sizes, languages, names

static const int sizes[][2] = { { 24, 80 }, { 20, 60 }, { 50, 200 }, { 14, 50 },
                                { 13, 80 }, { 1, 1 },   { 3, 10 },   { 200, 500 } };
static const enum console_mode modes[] = { CONSOLE_INTERPRET, CONSOLE_LISTEN, CONSOLE_MODERATE };

static void test_every_size_and_language(void **unused)
{
    (void)unused;
    for (size_t m = 0; m < 3; m++)
        for (size_t l = 0; l < i18n_n_languages(); l++) {
            struct console *console = console_of(modes[m], i18n_language(l));
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                for (int help = 0; help < 2; help++) {
                    console->is_helping = help == 1;
                    check_widths(console, sizes[s][0], sizes[s][1]);
                }
            }
            console_end(console);
        }
}

// Nothing of importance is missing where the terminal has its usual size.
static void test_what_must_be_there(void **unused)
{
    (void)unused;
    for (size_t l = 0; l < i18n_n_languages(); l++) {
        struct console *console = console_of(CONSOLE_INTERPRET, i18n_language(l));
        for (size_t s = 0; s < 3; s++) {
            char *screen = shown(console, sizes[s][0], sizes[s][1]);
            const char *const parts[] = {
                "05:12", "Ana",   "Iván",  "English", "Español", "-20",
                "-26",   "10:42", "Diego", "2.4 s",   "? ",      "● REC"
            };
            for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
                if (i != 11 || l == 0)
                    has(screen, parts[i]);
            free(screen);
        }
        console_end(console);
    }
}

static void test_names_of_every_kind(void **unused)
{
    (void)unused;
    static const char *const names[] = {
        "山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎山田太郎",
        "👩‍👩‍👧 Ana "
        "🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧🎧",
        "e\u0301e\u0301e\u0301 \u202Egnorw\u202C \u2066x\u2069",
        "مرحبا بالعالم שלום",
        "\033[2J\033[H\a\x7F",
        "\xC2\x9B"
        "31m",
        "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "x"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "x",
    };
    for (size_t m = 0; m < 3; m++)
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            struct console *console = console_of(modes[m], "es");
            struct console_state *state = &console->state;
            (void)strcpy(state->floor.name, names[n]);
            (void)strcpy(state->meeting, names[n]);
            (void)strcpy(state->tracks[0].name, names[n]);
            (void)strcpy(state->booths[0].name, names[n]);
            (void)strcpy(state->booths[0].on_air.name, names[n]);
            console_line(console, LINE_CHAT, names[n], names[n]);
            for (int ascii = 0; ascii < 2; ascii++) {
                console->is_ascii = ascii == 1;
                for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                    check_widths(console, sizes[s][0], sizes[s][1]);
                    char *screen = shown(console, sizes[s][0], sizes[s][1]);
                    for (const char *c = screen; *c != '\0'; c++)
                        assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7F &&
                                                   (ascii == 0 || (unsigned char)*c < 0x80)));
                    has_not(screen, "\u202E");
                    has_not(screen, "\xC2\x9B");
                    free(screen);
                }
            }
            console_end(console);
        }
}

static void test_ascii(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_INTERPRET, "es");
    console->is_ascii = true;
    char *screen = shown(console, 24, 80);
    has(screen, "Espanol > English");
    has(screen, "Ivan");
    has(screen, "#####");
    has(screen, "----------");
    free(screen);
    console_end(console);
}

static void test_too_small_says_so(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_LISTEN, "en");
    char *screen = shown(console, 10, 40);
    has(screen, "Too small: at least 50 × 14");
    has_not(screen, "Ana");
    free(screen);
    console_end(console);
}

// ---- the chat

static void test_long_texts_wrap_and_scroll(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_LISTEN, "en");
    for (int i = 0; i < 30; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "line %d of\nthe text", i);
        console_line(console, LINE_CHAT, "Ana", text);
    }
    struct canvas canvas;
    assert_true(canvas_init(&canvas, 24, 80, false));
    size_t most = view_draw(console, &canvas);
    canvas_clear(&canvas);
    assert_in_range(most, 40, 62);
    char *screen = shown(console, 24, 80);
    has(screen, "line 29 of\n       the text");
    has_not(screen, "line 5 of");
    free(screen);
    console->scroll = most;
    screen = shown(console, 24, 80);
    has(screen, "¿Nos oyen bien");
    has(screen, "↓ PgDn");
    free(screen);
    console->scroll = 100000;
    screen = shown(console, 24, 80);
    has(screen, "¿Nos oyen bien"); // no farther than that
    free(screen);
    console_end(console);
}

static void test_what_is_written_shows_its_end(void **unused)
{
    (void)unused;
    struct console *console = console_of(CONSOLE_LISTEN, "en");
    console->is_writing = true;
    for (int i = 0; i < 60; i++)
        strcat(console->input, "abc ");
    strcat(console->input, "ñandú");
    struct canvas canvas;
    assert_true(canvas_init(&canvas, 24, 80, false));
    (void)view_draw(console, &canvas);
    assert_int_equal(canvas.cursor_row, 23);
    assert_in_range(canvas.cursor_col, 70, 79);
    char *row = canvas_row(&canvas, 23);
    has(row, "abc ñandú");
    free(row);
    canvas_clear(&canvas);
    console_end(console);
}

static void test_wrapping(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        int width;
        const char *lines; // parted by '|'
    } rows[] = {
        { "one two three", 7, "one two|three" },
        { "one two three", 5, "one|two|three" },
        { "abcdefgh", 3, "abc|def|gh" },
        { "山田太郎", 5, "山田|太郎" },
        { "山", 1, "山" }, // one character at least
        { "a\nb\n\nc", 9, "a|b||c" },
        { "", 9, "" },
        { "one  two", 4, "one |two" },
    };
    struct canvas canvas;
    assert_true(canvas_init(&canvas, 1, 1, false));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char lines[200] = "";
        const char *at = rows[i].text;
        do {
            const char *next;
            size_t len = canvas_wrap(&canvas, at, rows[i].width, &next);
            assert_true(next > at || *at == '\0');
            (void)strncat(strcat(lines, lines[0] != '\0' || at > rows[i].text ? "|" : ""), at, len);
            at = next;
        } while (*at != '\0');
        assert_string_equal(lines, rows[i].lines);
    }
    canvas_clear(&canvas);
}

int main(void)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1; // nothing below would be true
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_booth_at_80_by_24),
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_a_listener_and_a_moderator),
        cmocka_unit_test(test_every_size_and_language),
        cmocka_unit_test(test_what_must_be_there),
        cmocka_unit_test(test_names_of_every_kind),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_too_small_says_so),
        cmocka_unit_test(test_long_texts_wrap_and_scroll),
        cmocka_unit_test(test_what_is_written_shows_its_end),
        cmocka_unit_test(test_wrapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
