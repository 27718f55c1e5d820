// SPDX-License-Identifier: BSD-3-Clause
//
// Private to what draws a console: console_view.c parts the screen, console_fields.c says what
// stands in the fields above the chat (console_booth.c: of the booth), console_lamp.c the lamp,
// console_tables.c draws the moderators' tables, the tracks, the people.
//
//   title | lamp | fields | tracks and booths | rule | chat (and people) | keys, or what is written
#ifndef SUSURRO_CLIENT_CONSOLE_VIEW_INT_H
#define SUSURRO_CLIENT_CONSOLE_VIEW_INT_H

#include "client-cli/console/console.h"

#define VALUE_BYTES 600
#define FIELDS_MAX 16

struct field {
    const char *label;
    char value[VALUE_BYTES];
    enum style style;
    bool is_bar; // a level follows, the value stands behind it
    float level_db;
};
struct fields {
    struct field list[FIELDS_MAX];
    size_t n;
};

// "%s"es are filled in. The text comes from tr.
void value_set(struct field *field, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct field *field_add(struct fields *fields, enum style style, const char *label);

// A track's name, else the tag itself.
const char *view_language(const struct console *console, const char *tag);
// "Ana", or a word for somebody whom one may not know of.
const char *view_name(const struct console *console, const struct state_person *person);
void view_duration(uint32_t seconds, char out[16]);                   // "05:12", "1:05:12"
uint32_t view_since(const struct console *console, uint32_t seconds); // that ran on since the state

void view_fields(const struct console *console, struct fields *out);
// console_booth.c
void view_booth_fields(const struct console *console, const struct state_booth *booth,
                       struct fields *out);
void view_booth_results(const struct console *console, const struct state_booth *booth,
                        struct fields *out);
// The lamp's row: what is on, and on the right where one interprets to.
void view_lamp(const struct console *console, struct canvas *canvas, int row);

// Each returns how many rows it took, of at most `rows`.
int view_choices(const struct console *console, struct canvas *canvas, int row, int rows);
int view_tables(const struct console *console, struct canvas *canvas, int row, int rows);
void view_people(const struct console *console, struct canvas *canvas, int row, int rows, int col,
                 int width);
// From the row that scroll says on; returns how many rows there are beyond those shown.
size_t view_help(const struct console *console, struct canvas *canvas, int row, int rows);

#endif
