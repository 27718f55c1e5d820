// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/console/canvas.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

// ---- characters

// The next character, U+FFFD for a broken one; *len is what it takes.
static uint32_t decode(const char *text, size_t *len)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t n = at[0] < 0x80 ? 1 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC0 ? 2 : 0;
    uint32_t c = n == 1 ? at[0] : n > 1 ? at[0] & (0xFFu >> (n + 1)) : 0xFFFD;
    *len = 1;
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | (at[i] & 0x3Fu);
        *len = i + 1;
    }
    return c;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

// Marks and overrides of the direction of writing, and what is not seen at all.
static bool is_unseen(uint32_t c)
{
    return c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

static const char *likeness(uint32_t c)
{
    static const char latin[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
    static const struct {
        uint32_t c;
        const char *text;
    } table[] = { { 0x25CF, "*" },   { 0x25CB, "o" },  { 0x2588, "#" },  { 0x2591, "." },
                  { 0x2500, "-" },   { 0x2192, ">" },  { 0x2190, "<" },  { 0x2191, "^" },
                  { 0x2193, "v" },   { 0x2026, "." },  { 0x2013, "-" },  { 0x2014, "-" },
                  { 0x2212, "-" },   { 0x2018, "'" },  { 0x2019, "'" },  { 0x201C, "\"" },
                  { 0x201D, "\"" },  { 0x00AB, "\"" }, { 0xBB, "\"" },   { 0xB7, "-" },
                  { 0xA1, "!" },     { 0xBF, "?" },    { 0xA0, " " },    { 0x202F, " " },
                  { 0x2714, "+" },   { 0x266A, "~" },  { 0x0152, "OE" }, { 0x0153, "oe" },
                  { 0x2022, "*" },   { 0x25B6, ">" },  { 0x2033, "\"" }, { 0x1F3A7, "" },
                  { 0x1F534, "(*)" } };
    static char one[2];
    if (c >= 0xC0 && c <= 0xFF) {
        one[0] = latin[c - 0xC0];
        return one;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].c == c)
            return table[i].text;
    return "?";
}

struct glyph {
    char text[5];
    int width; // 0: goes with the one before
    size_t len;
};

static struct glyph glyph_of(const struct canvas *canvas, const char *text)
{
    struct glyph glyph = { .width = 1 };
    uint32_t c = decode(text, &glyph.len);
    if (is_control(c)) {
        glyph.text[0] = ' ';
    } else if (c < 0x80) {
        glyph.text[0] = (char)c;
    } else if (is_unseen(c)) {
        glyph.width = 0;
    } else if (canvas->is_ascii) {
        const char *like = likeness(c);
        glyph.width = (int)strlen(like);
        memcpy(glyph.text, like, strlen(like));
    } else {
        int width = c != 0xFFFD ? wcwidth((wchar_t)c) : -1;
        glyph.width = width < 0 ? 1 : width;
        if (width < 0)
            glyph.text[0] = '?';
        else
            memcpy(glyph.text, text, glyph.len);
    }
    return glyph;
}

int canvas_width(const struct canvas *canvas, const char *text)
{
    int width = 0;
    while (*text != '\0') {
        struct glyph glyph = glyph_of(canvas, text);
        width += glyph.width;
        text += glyph.len;
    }
    return width;
}

size_t canvas_wrap(const struct canvas *canvas, const char *text, int width, const char **next)
{
    const char *at = text, *blank = NULL;
    int used = 0;
    while (*at != '\0' && *at != '\n') {
        struct glyph glyph = glyph_of(canvas, at);
        if (used + glyph.width > width && at > text)
            break;
        if (*at == ' ')
            blank = at;
        used += glyph.width;
        at += glyph.len;
    }
    if (*at != '\0' && *at != '\n' && *at != ' ' && blank != NULL && blank > text)
        at = blank;
    *next = at + (*at == ' ' || *at == '\n');
    return (size_t)(at - text);
}

// ---- the canvas

bool canvas_init(struct canvas *canvas, int rows, int cols, bool is_ascii)
{
    rows = rows < 1 ? 1 : rows > CANVAS_ROWS_MAX ? CANVAS_ROWS_MAX : rows;
    cols = cols < 1 ? 1 : cols > CANVAS_COLS_MAX ? CANVAS_COLS_MAX : cols;
    *canvas = (struct canvas){
        .rows = rows,
        .cols = cols,
        .is_ascii = is_ascii,
        .cursor_row = -1,
        .cells = calloc((size_t)rows * (size_t)cols, sizeof *canvas->cells),
    };
    for (int row = 0; canvas->cells != NULL && row < rows; row++)
        canvas_fill(canvas, row, 0, cols, STYLE_PLAIN, " ");
    return canvas->cells != NULL;
}

void canvas_clear(struct canvas *canvas)
{
    free(canvas->cells);
    canvas->cells = NULL;
}

static struct cell *cell_at(const struct canvas *canvas, int row, int col)
{
    return &canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col];
}

const struct cell *canvas_at(const struct canvas *canvas, int row, int col)
{
    return cell_at(canvas, row, col);
}

static int room(const struct canvas *canvas, int row, int col, int width)
{
    if (row < 0 || row >= canvas->rows || col < 0 || col >= canvas->cols)
        return 0;
    return width < canvas->cols - col ? width : canvas->cols - col;
}

static void set(struct cell *cell, enum style style, const char *text)
{
    memset(cell->text, 0, sizeof cell->text);
    memcpy(cell->text, text, strnlen(text, sizeof cell->text - 1));
    cell->style = (uint8_t)style;
}

static int put_glyph(struct canvas *canvas, int row, int col, enum style style,
                     const struct glyph *glyph)
{
    if (canvas->is_ascii) {
        for (int i = 0; i < glyph->width; i++)
            set(cell_at(canvas, row, col + i), style, (char[]){ glyph->text[i], '\0' });
        return glyph->width;
    }
    set(cell_at(canvas, row, col), style, glyph->text);
    for (int i = 1; i < glyph->width; i++)
        set(cell_at(canvas, row, col + i), style, "");
    return glyph->width;
}

// What combines goes to the character before, which may be two cells wide.
static void combine(struct canvas *canvas, int row, int col, int first, const struct glyph *glyph)
{
    while (col > first && canvas_at(canvas, row, col - 1)->text[0] == '\0')
        col--;
    if (col <= first)
        return;
    struct cell *cell = cell_at(canvas, row, col - 1);
    if (strlen(cell->text) + strlen(glyph->text) < sizeof cell->text)
        memcpy(cell->text + strlen(cell->text), glyph->text, strlen(glyph->text));
}

int canvas_put(struct canvas *canvas, int row, int col, int width, enum style style,
               const char *text)
{
    width = room(canvas, row, col, width);
    bool is_cut = canvas_width(canvas, text) > width;
    int used = 0, most = is_cut ? width - 1 : width;
    while (*text != '\0' && width > 0) {
        struct glyph glyph = glyph_of(canvas, text);
        if (used + glyph.width > most)
            break;
        if (glyph.width == 0)
            combine(canvas, row, col + used, col, &glyph);
        else
            used += put_glyph(canvas, row, col + used, style, &glyph);
        text += glyph.len;
    }
    if (is_cut && width > 0) {
        struct glyph dots = glyph_of(canvas, "…");
        used += put_glyph(canvas, row, col + used, style, &dots);
    }
    return used;
}

int canvas_put_right(struct canvas *canvas, int row, int col, int width, enum style style,
                     const char *text)
{
    int needed = canvas_width(canvas, text);
    int from = needed < width ? col + width - needed : col;
    return canvas_put(canvas, row, from, width - (from - col), style, text);
}

void canvas_fill(struct canvas *canvas, int row, int col, int width, enum style style,
                 const char *character)
{
    width = room(canvas, row, col, width);
    struct glyph glyph = glyph_of(canvas, character);
    for (int i = 0; i + glyph.width <= width && glyph.width > 0; i += glyph.width)
        (void)put_glyph(canvas, row, col + i, style, &glyph);
}

char *canvas_row(const struct canvas *canvas, int row)
{
    char *text = malloc((size_t)canvas->cols * CELL_BYTES + 1);
    size_t len = 0;
    for (int col = 0; text != NULL && col < canvas->cols; col++) {
        const char *cell = canvas_at(canvas, row, col)->text;
        memcpy(text + len, cell, strlen(cell));
        len += strlen(cell);
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (text != NULL)
        text[len] = '\0';
    return text;
}
