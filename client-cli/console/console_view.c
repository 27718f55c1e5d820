// SPDX-License-Identifier: BSD-3-Clause
//
// The parts of the screen, and what all consoles have: title, fields, chat, last row.
#include "client-cli/console/console_view_int.h"

#include <stdio.h>
#include <string.h>

#define TWO_COLUMNS 72
#define THREE_COLUMNS 150
#define PANES 76     // from here on people stand beside the chat
#define CHAT_LEAST 3 // rows
#define BAR_LEAST_DB (-60.0f)
#define BAR_MAX 24

// ---- the title

static void put_title(const struct console *console, struct canvas *canvas)
{
    const struct console_state *state = &console->state;
    char text[VALUE_BYTES];
    const struct state_booth *booth = console_state_booth(state);
    const char *place = booth != NULL                    ? booth->name
                        : !state->has_meeting            ? ""
                        : state->me.track != STATE_NONE  ? state->tracks[state->me.track].name
                        : state->me.place == PLACE_FLOOR ? tr(console, N_("floor"))
                                                         : "";
    canvas_fill(canvas, 0, 0, canvas->cols, STYLE_TITLE, " ");
    (void)snprintf(text, sizeof text, "%s%s%s%s",
                   state->is_recording ? tr(console, N_("● REC")) : "",
                   state->is_recording ? "  " : "", state->is_music ? "♪  " : "", console->clock);
    int right = canvas_width(canvas, text) + 2;
    (void)canvas_put_right(canvas, 0, canvas->cols - right, right - 1, STYLE_TITLE, text);
    (void)snprintf(text, sizeof text, "%s%s%s", state->has_meeting ? state->meeting : "Susurro",
                   place[0] != '\0' ? " – " : "", place);
    (void)canvas_put(canvas, 0, 1, canvas->cols - right - 2, STYLE_TITLE, text);
}

// ---- fields

static enum style bar_style(float db)
{
    return db > -6.0f ? STYLE_BAD : db > -14.0f ? STYLE_WARN : STYLE_GOOD;
}

// A level as a bar, -60 to 0 dBFS; returns its width.
static int put_bar(struct canvas *canvas, int row, int col, int width, float db)
{
    width = width > BAR_MAX ? BAR_MAX : width;
    float share = db <= BAR_LEAST_DB ? 0.0f : (db - BAR_LEAST_DB) / -BAR_LEAST_DB;
    int full = (int)(share * (float)width + 0.5f);
    full = full > width ? width : full;
    canvas_fill(canvas, row, col, full, bar_style(db), "█");
    canvas_fill(canvas, row, col + full, width - full, STYLE_DIM, "░");
    return width;
}

static void put_field(struct canvas *canvas, const struct field *field, int row, int col, int label,
                      int width)
{
    (void)canvas_put(canvas, row, col, label, STYLE_LABEL, field->label);
    col += label + 1;
    width -= label + 2;
    if (!field->is_bar) {
        (void)canvas_put(canvas, row, col, width, field->style, field->value);
        return;
    }
    char level[16] = "";
    if (field->level_db > BAR_LEAST_DB)
        (void)snprintf(level, sizeof level, "%.0f", (double)field->level_db);
    int needed = canvas_width(canvas, field->value);
    int bar = width - 5 - (needed > 0 ? needed + 1 : 0);
    bar = put_bar(canvas, row, col, bar < 4 ? 4 : bar, field->level_db);
    (void)canvas_put_right(canvas, row, col + bar, 4, STYLE_PLAIN, level);
    (void)canvas_put(canvas, row, col + bar + 5, width - bar - 5, field->style, field->value);
}

// The fields in as many columns as there is room for; returns the rows they took, at most `rows`.
static int put_fields(const struct console *console, struct canvas *canvas, int row, int rows)
{
    struct fields fields;
    view_fields(console, &fields);
    int columns = canvas->cols >= THREE_COLUMNS ? 3 : canvas->cols >= TWO_COLUMNS ? 2 : 1;
    int width = (canvas->cols - 1) / columns;
    int n = (int)fields.n, n_rows = (n + columns - 1) / columns;
    n_rows = n_rows < rows ? n_rows : rows;
    n = n < n_rows * columns ? n : n_rows * columns;
    for (int column = 0; column < columns; column++) {
        int label = 0;
        for (int i = column; i < n; i += columns) {
            int needed = canvas_width(canvas, fields.list[i].label);
            label = needed > label ? needed : label;
        }
        label = label > width / 2 ? width / 2 : label;
        for (int i = column; i < n; i += columns)
            put_field(canvas, &fields.list[i], row + i / columns, 1 + column * width, label, width);
    }
    return n_rows;
}

// ---- the chat

static enum style line_style(enum line_kind kind)
{
    return kind == LINE_WARNING  ? STYLE_BAD
           : kind == LINE_SERVER ? STYLE_WARN
           : kind == LINE_NOTICE ? STYLE_DIM
                                 : STYLE_PLAIN;
}

// Of one text; puts those rows of it that lie within the pane. Returns how many rows it has.
static int put_line(const struct console *console, struct canvas *canvas, const struct line *line,
                    int row, int top, int bottom, int col, int width)
{
    char head[STATE_NAME_BYTES + 32];
    int n = 0, indent = 6;
    (void)snprintf(head, sizeof head, "%.200s%s", line->from != NULL ? line->from : "",
                   line->from != NULL ? ": " : "");
    int from = canvas_width(canvas, head);
    from = from > width / 2 ? width / 2 : from;
    const char *at = line->text;
    (void)console;
    do {
        const char *next;
        int start = n == 0 ? indent + from : indent;
        size_t len = canvas_wrap(canvas, at, width - start, &next);
        char part[VALUE_BYTES];
        (void)snprintf(part, sizeof part, "%.*s", (int)len, at);
        int here = row + n;
        if (here >= top && here < bottom) {
            if (n == 0) {
                (void)canvas_put(canvas, here, col, 5, STYLE_DIM, line->at);
                (void)canvas_put(canvas, here, col + indent, from, STYLE_STRONG, head);
            }
            (void)canvas_put(canvas, here, col + start, width - start, line_style(line->kind),
                             part);
        }
        n++;
        at = next;
    } while (*at != '\0');
    return n;
}

static int rows_of(const struct console *console, struct canvas *canvas, const struct line *line,
                   int width)
{
    return put_line(console, canvas, line, 0, 0, 0, 0, width);
}

// The newest at the bottom; returns how far back one can go.
static size_t put_chat(const struct console *console, struct canvas *canvas, int row, int rows,
                       int col, int width)
{
    size_t all = 0;
    for (size_t i = 0; i < console->n_lines; i++)
        all += (size_t)rows_of(console, canvas, console_line_at(console, i), width);
    size_t most = all > (size_t)rows ? all - (size_t)rows : 0;
    size_t scroll = console->scroll < most ? console->scroll : most;
    int at = row + rows - (int)all + (int)scroll;
    if (at > row)
        at = row;
    for (size_t i = 0; i < console->n_lines; i++)
        at +=
            put_line(console, canvas, console_line_at(console, i), at, row, row + rows, col, width);
    return most;
}

// ---- the last row

// What is written, its end when it is longer than the row.
static void put_input(const struct console *console, struct canvas *canvas, int row)
{
    const char *text = console->input;
    int width = canvas->cols - 4;
    while (canvas_width(canvas, text) > width)
        do
            text++;
        while (((unsigned char)*text & 0xC0) == 0x80);
    (void)canvas_put(canvas, row, 0, 2, STYLE_STRONG, "> ");
    int used = canvas_put(canvas, row, 2, width, STYLE_PLAIN, text);
    canvas->cursor_row = row;
    canvas->cursor_col = 2 + used;
}

static void put_keys(const struct console *console, struct canvas *canvas, int row)
{
    int col = 1;
    const struct key_row *one;
    for (size_t i = 0; (one = key_row_at(i)) != NULL; i++) {
        if (one->label == NULL || (one->modes & (unsigned)console->mode) == 0)
            continue;
        const char *key = tr(console, one->shown), *label = tr(console, one->label);
        int needed = canvas_width(canvas, key) + 1 + canvas_width(canvas, label);
        // '?' stands at the end, whatever else there is room for.
        int left = one->act == ACT_HELP ? 0 : 12;
        if (col + needed > canvas->cols - 1 - left)
            continue;
        col += canvas_put(canvas, row, col, needed, STYLE_STRONG, key) + 1;
        col += canvas_put(canvas, row, col, needed, STYLE_PLAIN, label) + 2;
    }
}

// ---- all

static void put_too_small(const struct console *console, struct canvas *canvas)
{
    char text[VALUE_BYTES];
    // TRANSLATORS: columns, rows of the terminal
    (void)snprintf(text, sizeof text, tr(console, N_("Too small: at least %d × %d")),
                   CONSOLE_COLS_LEAST, CONSOLE_ROWS_LEAST);
    (void)canvas_put(canvas, canvas->rows / 2, 0, canvas->cols, STYLE_WARN, text);
}

static size_t put_panes(const struct console *console, struct canvas *canvas, int row, int rows)
{
    bool is_moderating = console->mode == CONSOLE_MODERATE;
    if (is_moderating && canvas->cols >= PANES) {
        int half = canvas->cols * 2 / 5;
        view_people(console, canvas, row, rows, 1, half - 2);
        for (int i = 0; i < rows; i++)
            (void)canvas_put(canvas, row + i, half, 1, STYLE_DIM, canvas->is_ascii ? "|" : "│");
        return put_chat(console, canvas, row, rows, half + 2, canvas->cols - half - 3);
    }
    if (is_moderating && console->shows_people) {
        view_people(console, canvas, row, rows, 1, canvas->cols - 2);
        return 0;
    }
    return put_chat(console, canvas, row, rows, 1, canvas->cols - 2);
}

size_t view_draw(const struct console *console, struct canvas *canvas)
{
    canvas->cursor_row = -1;
    if (canvas->rows < CONSOLE_ROWS_LEAST || canvas->cols < CONSOLE_COLS_LEAST) {
        put_too_small(console, canvas);
        return 0;
    }
    int last = canvas->rows - 1, row = 2;
    put_title(console, canvas);
    view_lamp(console, canvas, 1);
    if (console->is_helping) {
        size_t further = view_help(console, canvas, row, last - row - 1);
        canvas_fill(canvas, last - 1, 0, canvas->cols, STYLE_DIM, "─");
        if (further > console->scroll)
            (void)canvas_put_right(canvas, last - 1, 0, canvas->cols - 2, STYLE_WARN, " ↓ PgDn ");
        put_keys(console, canvas, last);
        return further;
    }
    row += put_fields(console, canvas, row, last - row - CHAT_LEAST - 3);
    int left = last - row - CHAT_LEAST - 1;
    row += console->mode == CONSOLE_MODERATE ? view_tables(console, canvas, row, left)
                                             : view_choices(console, canvas, row, left);
    canvas_fill(canvas, row, 0, canvas->cols, STYLE_DIM, "─");
    size_t most = put_panes(console, canvas, row + 1, last - row - 1);
    if (console->scroll > 0 && most > 0)
        (void)canvas_put_right(canvas, row, 0, canvas->cols - 2, STYLE_WARN, " ↓ PgDn ");
    if (console->is_writing)
        put_input(console, canvas, last);
    else
        put_keys(console, canvas, last);
    return most;
}

bool view_runs(const struct console *console)
{
    const struct console_state *state = &console->state;
    bool is_running = state->speaker.is_there && state->is_speaking;
    for (size_t i = 0; i < state->n_booths; i++)
        is_running |= state->booths[i].on_air.is_there;
    return console->has_state && state->has_meeting && is_running;
}
