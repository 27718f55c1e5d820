// SPDX-License-Identifier: BSD-3-Clause
//
// canvas: a screen as rows of cells, each with a character and a style. Pure: what is drawn here is
// compared as text in tests, and put on a terminal by console_screen.c. Nothing drawn can steer a
// terminal: controls become blanks, marks that turn the direction of writing are left out.
//
// How wide a character is, wcwidth says: the process has to have a UTF-8 locale (LC_CTYPE), unless
// the canvas is for ASCII. There letters lose their accents, and what has no likeness becomes '?'.
#ifndef SUSURRO_CLIENT_CANVAS_H
#define SUSURRO_CLIENT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CANVAS_ROWS_MAX 200
#define CANVAS_COLS_MAX 500
#define CELL_BYTES 16 // a character and what combines with it; of more, the rest is left out

enum style {
    STYLE_PLAIN,
    STYLE_TITLE,
    STYLE_LABEL,
    STYLE_STRONG,
    STYLE_AIR,   // the lamp
    STYLE_COUGH, // nobody hears you now
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_DIM,
    STYLES
};
struct cell {
    char text[CELL_BYTES]; // "" on the right of a wide character
    uint8_t style;
};
struct canvas {
    int rows, cols;
    bool is_ascii;
    int cursor_row, cursor_col; // row -1: no cursor
    struct cell *cells;
};

// All blank. False: out of memory. Larger than the limits is cut to them.
bool canvas_init(struct canvas *canvas, int rows, int cols, bool is_ascii);
void canvas_clear(struct canvas *canvas); // frees
const struct cell *canvas_at(const struct canvas *canvas, int row, int col);

// Puts the text on at most `width` columns from here on, and says how many it took. What does not
// fit ends in "…". Outside of the canvas nothing is put.
int canvas_put(struct canvas *canvas, int row, int col, int width, enum style style,
               const char *text);
// The same at the right end of these columns.
int canvas_put_right(struct canvas *canvas, int row, int col, int width, enum style style,
                     const char *text);
void canvas_fill(struct canvas *canvas, int row, int col, int width, enum style style,
                 const char *character);
// Columns that it takes.
int canvas_width(const struct canvas *canvas, const char *text);
// How many bytes of the text go on a line of that width, cut at a blank where there is one; at
// least one character. Stops before a '\n'. *next is where the line after it begins.
size_t canvas_wrap(const struct canvas *canvas, const char *text, int width, const char **next);

// A row as text, without the blanks at its end. For tests. The caller frees it.
char *canvas_row(const struct canvas *canvas, int row);

#endif
