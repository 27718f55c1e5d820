// SPDX-License-Identifier: BSD-3-Clause
// What stands in a row.
#include "store/import_int.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

bool column_is_null(sqlite3_stmt *row, int at)
{
    return sqlite3_column_type(row, at) == SQLITE_NULL;
}

// The length of the sound character at text (of len bytes), 0 when it is none.
static size_t character_len(const char *text, size_t len)
{
    char one[5] = "";
    for (size_t n = 1; n <= 4 && n <= len; n++) {
        memcpy(one, text, n);
        if (text[n - 1] == '\0')
            return 0;
        if (str_is_utf8(one))
            return n;
    }
    return 0;
}

// A heap copy, "" for NULL. What is not UTF-8 becomes U+FFFD, and is noted.
char *import_text(struct import *import, sqlite3_stmt *row, int at, const char *what, int64_t id)
{
    const char *text = (const char *)sqlite3_column_text(row, at);
    size_t len = (size_t)sqlite3_column_bytes(row, at);
    if (text == NULL)
        text = "", len = 0;
    if (strlen(text) == len && str_is_utf8(text)) {
        char *copy = str_dup(text);
        import->is_out_of_memory |= copy == NULL;
        return copy;
    }
    char *copy = malloc(3 * len + 1), *out = copy;
    if (copy == NULL) {
        import->is_out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < len;) {
        size_t n = character_len(text + i, len - i);
        if (n == 0)
            memcpy(out, "\xEF\xBF\xBD", 3);
        else
            memcpy(out, text + i, n);
        out += n == 0 ? 3 : n;
        i += n == 0 ? 1 : n;
    }
    *out = '\0';
    import_note(import, NOTE_REPAIRED, "%s %lld: a text that is not UTF-8 was made so", what,
                (long long)id);
    return copy;
}

// The same, NULL for "".
char *import_optional_text(struct import *import, sqlite3_stmt *row, int at, const char *what,
                           int64_t id)
{
    if (column_is_null(row, at) || sqlite3_column_bytes(row, at) == 0)
        return NULL;
    return import_text(import, row, at, what, id);
}

bool import_has_room(struct import *import, size_t n, size_t most, const char *what)
{
    if (n < most)
        return true;
    (void)import_refuse(import, "has more than %zu %s; that is more than a server here can hold",
                        most, what);
    return false;
}

bool column_hex(sqlite3_stmt *row, int at, char *out, size_t n_digits)
{
    const char *text = (const char *)sqlite3_column_text(row, at);
    if (text == NULL || strlen(text) != n_digits)
        return false;
    for (size_t i = 0; i < n_digits; i++) {
        char c = text[i];
        out[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        if (strchr("0123456789abcdef", out[i]) == NULL)
            return false;
    }
    out[n_digits] = '\0';
    return true;
}

int64_t column_time(sqlite3_stmt *row, int at)
{
    int64_t time_s = sqlite3_column_int64(row, at); // NULL, and what is no time, give 0
    return time_s > 0 ? time_s : 0;
}
