// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/console/console.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define PAGE 5

enum console_mode console_mode_of(const char *command)
{
    return strcmp(command, "interpret") == 0 ? CONSOLE_INTERPRET
           : strcmp(command, "listen") == 0  ? CONSOLE_LISTEN
                                             : CONSOLE_MODERATE;
}

void console_init(struct console *console, enum console_mode mode, const char *language)
{
    memset(console, 0, sizeof *console);
    console->mode = mode;
    console->state.me.track = console->state.me.booth = STATE_NONE;
    console->language = language;
    console->voice_db = console->ears_db = AUDIO_SILENCE_DB;
    console->partner_db = -12; // as the server begins
    console->is_muted = mode != CONSOLE_INTERPRET;
}

static void line_clear(struct line *line)
{
    free(line->from);
    free(line->text);
    *line = (struct line){ .from = NULL };
}

void console_clear(struct console *console)
{
    for (size_t i = 0; i < CONSOLE_LINES_MAX; i++)
        line_clear(&console->lines[i]);
    console->n_lines = 0;
}

void console_line(struct console *console, enum line_kind kind, const char *from, const char *text)
{
    char *own_from = str_dup(from), *own_text = str_dup(text);
    if (own_text == NULL || (from != NULL && own_from == NULL)) {
        free(own_from);
        free(own_text);
        return;
    }
    size_t at = (console->first_line + console->n_lines) % CONSOLE_LINES_MAX;
    if (console->n_lines < CONSOLE_LINES_MAX)
        console->n_lines++;
    else
        console->first_line = (console->first_line + 1) % CONSOLE_LINES_MAX;
    struct line *line = &console->lines[at];
    line_clear(line);
    *line = (struct line){ .kind = kind, .from = own_from, .text = own_text };
    memcpy(line->at, console->clock, sizeof line->at);
}

const struct line *console_line_at(const struct console *console, size_t index)
{
    return &console->lines[(console->first_line + index) % CONSOLE_LINES_MAX];
}

const char *tr(const struct console *console, const char *english)
{
    return i18n_text(console->language, english);
}

bool console_is_silent(const struct console *console)
{
    return console->is_coughing || console->is_muted;
}

const struct console_person *console_selected(const struct console *console)
{
    for (size_t i = 0; i < console->n_people; i++)
        if (console->selected != 0 && console->people[i].session == console->selected)
            return &console->people[i];
    return NULL;
}

// ---- writing

static void erase_one(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && ((unsigned char)text[--len] & 0xC0) == 0x80)
        ;
    text[len] = '\0';
}

static void erase_word(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    while (len > 0 && text[len - 1] != ' ')
        len--;
    text[len] = '\0';
}

static void add(char *text, uint32_t c)
{
    char bytes[5] = "";
    if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0) || c >= 0x110000 ||
        (c >= 0xD800 && c < 0xE000))
        return;
    if (c < 0x80) {
        bytes[0] = (char)c;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xC0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (c & 0x3F));
    } else {
        bytes[0] = (char)(0xF0 | c >> 18);
        bytes[1] = (char)(0x80 | (c >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (c & 0x3F));
    }
    size_t len = strlen(text), n = strlen(bytes);
    if (len + n <= CONSOLE_INPUT_MAX_BYTES)
        memcpy(text + len, bytes, n + 1);
}

// What was written: "!air" is a command, anything else is for the chat.
static struct effect written(struct console *console)
{
    const char *text = console->input;
    bool is_command = text[0] == '!' && text[1] != '\0' && text[1] != ' ' && text[1] != '!';
    struct effect effect = { .kind = is_command ? EFFECT_DO : EFFECT_SAY };
    if (strspn(text, " ") == strlen(text))
        effect.kind = EFFECT_NONE;
    else
        memcpy(effect.text, text + is_command, strlen(text + is_command) + 1);
    console->input[0] = '\0';
    console->is_writing = false;
    console->scroll = 0;
    return effect;
}

static struct effect write_key(struct console *console, uint32_t key)
{
    if (key == TYPED_ENTER)
        return written(console);
    if (key == TYPED_ESCAPE) {
        console->is_writing = false;
        console->input[0] = '\0';
    } else if (key == TYPED_ERASE) {
        erase_one(console->input);
    } else if (key == TYPED_ERASE_WORD) {
        erase_word(console->input);
    } else if (key == TYPED_ERASE_ALL) {
        console->input[0] = '\0';
    } else if (key == TYPED_PAGE_UP) {
        console->scroll += PAGE;
    } else if (key == TYPED_PAGE_DOWN) {
        console->scroll -= console->scroll < PAGE ? console->scroll : PAGE;
    } else if (key == TYPED_REDRAW) {
        return (struct effect){ .kind = EFFECT_REDRAW };
    } else {
        add(console->input, key);
    }
    return (struct effect){ .kind = EFFECT_NONE };
}

// ---- a key

static const struct key_row *row_of(const struct console *console, uint32_t key)
{
    uint32_t wanted = key >= '0' && key <= '9' ? '1' : key;
    const struct key_row *row;
    for (size_t i = 0; (row = key_row_at(i)) != NULL; i++)
        if (row->key == wanted && (row->modes & (unsigned)console->mode) != 0)
            return row;
    return NULL;
}

struct effect console_key(struct console *console, uint32_t key, uint64_t now_us)
{
    console->now_us = now_us;
    if (console->is_writing)
        return write_key(console, key);
    if (key == TYPED_ESCAPE) {
        console->scroll = 0;
        console->is_helping = console->is_leaving = false;
    }
    const struct key_row *row = row_of(console, key);
    if (row == NULL)
        return (struct effect){ .kind = EFFECT_NONE };
    if (row->act != ACT_QUIT)
        console->is_leaving = false;
    return console_act(console, row, key);
}
