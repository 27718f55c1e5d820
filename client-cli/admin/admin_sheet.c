// SPDX-License-Identifier: BSD-3-Clause
//
// Tables whose columns stand under each other whatever the script, and the same cells as JSON.
#include "client-cli/admin/admin_int.h"

#include <assert.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define GAP 2
#define COLUMNS_MAX 32
#define ITEM_END '\x1f' // between the items of a list

struct sheet {
    const struct column *columns;
    size_t n_columns, n_cells, cap;
    char **cells; // NULL: empty
};

// ---- width

// The locale of the terminal may be anything; what we print is UTF-8.
static locale_t utf8_locale(void)
{
    static locale_t locale;
    if (locale == NULL)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    return locale;
}

size_t text_width(const char *text)
{
    locale_t locale = utf8_locale();
    locale_t old = locale != NULL ? uselocale(locale) : NULL;
    size_t width = 0, left = strlen(text);
    mbstate_t state;
    memset(&state, 0, sizeof state);
    while (left > 0) {
        wchar_t c;
        size_t n = mbrtowc(&c, text, left, &state);
        if (n == 0 || n > left) { // not UTF-8
            memset(&state, 0, sizeof state);
            n = 1;
            width++;
        } else {
            int columns = wcwidth(c);
            width += columns >= 0 ? (size_t)columns : 1;
        }
        text += n;
        left -= n;
    }
    if (old != NULL)
        (void)uselocale(old);
    return width;
}

// ---- filling

struct sheet *sheet_new(const struct column *columns, size_t n_columns)
{
    assert(n_columns > 0 && n_columns <= COLUMNS_MAX);
    struct sheet *sheet = calloc(1, sizeof *sheet);
    if (sheet != NULL) {
        sheet->columns = columns;
        sheet->n_columns = n_columns;
    }
    return sheet;
}

void sheet_take(struct sheet *sheet, char *value)
{
    if (sheet == NULL) {
        free(value);
        return;
    }
    if (sheet->n_cells == sheet->cap) {
        size_t cap = sheet->cap == 0 ? 64 : sheet->cap * 2;
        char **bigger = realloc(sheet->cells, cap * sizeof *bigger);
        if (bigger == NULL) {
            free(value);
            return;
        }
        sheet->cells = bigger;
        sheet->cap = cap;
    }
    sheet->cells[sheet->n_cells++] = value;
}

void sheet_text(struct sheet *sheet, const char *value)
{
    sheet_take(sheet, str_dup(value));
}

void sheet_number(struct sheet *sheet, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    sheet_text(sheet, text);
}

void sheet_flag(struct sheet *sheet, bool value, const char *word)
{
    sheet_text(sheet, value ? word : NULL);
}

void sheet_item(struct sheet *sheet, const char *value)
{
    char **cell = sheet != NULL && sheet->n_cells > 0 ? &sheet->cells[sheet->n_cells - 1] : NULL;
    if (cell == NULL)
        return;
    size_t len = *cell != NULL ? strlen(*cell) : 0;
    char *bigger = realloc(*cell, len + strlen(value) + 2);
    if (bigger == NULL)
        return;
    if (len > 0)
        bigger[len++] = ITEM_END;
    memcpy(bigger + len, value, strlen(value) + 1);
    *cell = bigger;
}

static void put_member(struct sheet *sheet, const struct node *object, const struct column *column)
{
    const struct node *cell = node_get(object, column->key);
    if (column->kind == COLUMN_FLAG)
        sheet_flag(sheet, node_flag(object, column->key), "yes");
    else if (column->kind == COLUMN_NUMBER)
        sheet_text(sheet, cell != NULL && cell->kind == NODE_NUMBER ? cell->text : NULL);
    else
        sheet_text(sheet, node_text(object, column->key));
}

void sheet_object(struct sheet *sheet, const struct node *object)
{
    for (size_t i = 0; sheet != NULL && i < sheet->n_columns; i++)
        put_member(sheet, object, &sheet->columns[i]);
}

struct sheet *sheet_of_list(const struct node *list, const struct column *columns, size_t n_columns)
{
    struct sheet *sheet = sheet_new(columns, n_columns);
    for (const struct node *one = list != NULL ? list->first : NULL; one != NULL; one = one->next)
        sheet_object(sheet, one);
    return sheet;
}

size_t sheet_rows(const struct sheet *sheet)
{
    return sheet != NULL && sheet->n_columns > 0 ? sheet->n_cells / sheet->n_columns : 0;
}

void sheet_free(struct sheet *sheet)
{
    if (sheet == NULL)
        return;
    for (size_t i = 0; i < sheet->n_cells; i++)
        free(sheet->cells[i]);
    free(sheet->cells);
    free(sheet);
}

// ---- printing

static const char *cell_of(const struct sheet *sheet, size_t row, size_t column)
{
    return sheet->cells[row * sheet->n_columns + column];
}

// As it is printed: without control characters, a list with commas. Heap.
static char *readable(const struct sheet *sheet, size_t row, size_t column)
{
    const char *cell = cell_of(sheet, row, column);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    char *copy = str_dup(cell != NULL ? cell : "");
    char *item = copy;
    while (item != NULL) {
        char *end = sheet->columns[column].kind == COLUMN_LIST ? strchr(item, ITEM_END) : NULL;
        if (end != NULL)
            *end = '\0';
        text_print_clean(out, item, false);
        if (end != NULL)
            (void)fputs(", ", out);
        item = end != NULL ? end + 1 : NULL;
    }
    free(copy);
    return fclose(out) == 0 ? text : NULL;
}

// Blanks wait until something follows them: no line ends in one.
struct line {
    FILE *out;
    size_t n_blanks;
};

static void put_padded(struct line *line, const char *text, size_t width, bool is_right)
{
    size_t own = text_width(text);
    size_t pad = own < width ? width - own : 0;
    if (is_right)
        line->n_blanks += pad;
    if (text[0] != '\0') {
        (void)fprintf(line->out, "%*s%s", (int)line->n_blanks, "", text);
        line->n_blanks = 0;
    }
    line->n_blanks += (is_right ? 0 : pad) + GAP;
}

static size_t column_width(const struct sheet *sheet, size_t column)
{
    size_t widest = text_width(sheet->columns[column].title);
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        char *text = readable(sheet, row, column);
        size_t width = text != NULL ? text_width(text) : 0;
        free(text);
        if (width > widest)
            widest = width;
    }
    return widest;
}

void sheet_print_table(const struct sheet *sheet, FILE *out)
{
    size_t widths[COLUMNS_MAX] = { 0 };
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (sheet->columns[i].title != NULL)
            widths[i] = column_width(sheet, i);
    for (size_t row = 0; row <= sheet_rows(sheet); row++) {
        struct line line = { out, 0 };
        for (size_t i = 0; i < sheet->n_columns; i++) {
            const struct column *column = &sheet->columns[i];
            if (column->title == NULL)
                continue;
            char *text = row == 0 ? str_dup(column->title) : readable(sheet, row - 1, i);
            put_padded(&line, text != NULL ? text : "", widths[i], column->kind == COLUMN_NUMBER);
            free(text);
        }
        (void)fputc('\n', out);
    }
}

void sheet_print_facts(const struct sheet *sheet, FILE *out)
{
    size_t widest = 0;
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (sheet->columns[i].title != NULL && text_width(sheet->columns[i].title) > widest)
            widest = text_width(sheet->columns[i].title);
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        for (size_t i = 0; i < sheet->n_columns; i++) {
            const char *cell = cell_of(sheet, row, i);
            if (sheet->columns[i].title == NULL || cell == NULL || cell[0] == '\0')
                continue;
            char *text = readable(sheet, row, i);
            struct line line = { out, 0 };
            put_padded(&line, sheet->columns[i].title, widest, false);
            put_padded(&line, text != NULL ? text : "", 0, false);
            (void)fputc('\n', out);
            free(text);
        }
    }
}

static void put_list(struct json *json, const char *key, const char *cell)
{
    char *copy = str_dup(cell);
    char *rest = copy != NULL && copy[0] != '\0' ? copy : NULL;
    json_open(json, key, '[');
    while (rest != NULL) {
        char *end = strchr(rest, ITEM_END);
        if (end != NULL)
            *end = '\0';
        json_text(json, NULL, rest);
        rest = end != NULL ? end + 1 : NULL;
    }
    json_close(json, ']');
    free(copy);
}

void sheet_print_json_row(const struct sheet *sheet, struct json *json, size_t row)
{
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const struct column *column = &sheet->columns[i];
        const char *cell = cell_of(sheet, row, i);
        if (column->key == NULL)
            continue;
        if (column->kind == COLUMN_FLAG)
            json_bool(json, column->key, cell != NULL);
        else if (column->kind == COLUMN_LIST)
            put_list(json, column->key, cell);
        else if (cell == NULL)
            json_null(json, column->key);
        else if (column->kind == COLUMN_NUMBER)
            json_raw(json, column->key, cell);
        else
            json_text(json, column->key, cell);
    }
}

void sheet_print_json(const struct sheet *sheet, struct json *json, const char *key)
{
    json_open(json, key, '[');
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        json_open(json, NULL, '{');
        sheet_print_json_row(sheet, json, row);
        json_close(json, '}');
    }
    json_close(json, ']');
}

// ---- in the form asked for

void admin_begin(struct admin *admin)
{
    admin->has_output = false;
    if (admin->options.is_json)
        json_begin(&admin->json, stdout);
}

void admin_sheet(struct admin *admin, const char *key, struct sheet *sheet)
{
    if (sheet == NULL)
        return;
    if (admin->options.is_json) {
        sheet_print_json(sheet, &admin->json, key);
    } else {
        if (admin->has_output)
            (void)fputc('\n', stdout);
        sheet_print_table(sheet, stdout);
    }
    admin->has_output = true;
    sheet_free(sheet);
}

void admin_facts(struct admin *admin, struct sheet *sheet)
{
    if (sheet == NULL)
        return;
    if (admin->options.is_json && sheet_rows(sheet) > 0)
        sheet_print_json_row(sheet, &admin->json, 0);
    else if (!admin->options.is_json)
        sheet_print_facts(sheet, stdout);
    admin->has_output = true;
    sheet_free(sheet);
}

int admin_end(struct admin *admin)
{
    if (admin->options.is_json)
        json_end(&admin->json);
    (void)fflush(stdout);
    return ADMIN_DONE;
}

int admin_show_sheet(struct admin *admin, const char *key, struct sheet *sheet)
{
    admin_begin(admin);
    admin_sheet(admin, key, sheet);
    return admin_end(admin);
}

int admin_show_facts(struct admin *admin, struct sheet *sheet)
{
    admin_begin(admin);
    admin_facts(admin, sheet);
    return admin_end(admin);
}
