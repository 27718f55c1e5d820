// SPDX-License-Identifier: BSD-3-Clause
#include "base/config_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX_BYTES 65536 // of a quoted value over several lines

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank((*text)[0])) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && is_blank((*text)[*len - 1]))
        (*len)--;
}

static char *copy(const char *text, size_t len)
{
    return strndup(text, len);
}

// ---- values ----------------------------------------------------------------------------------

// The end of the value that begins the line's rest: where a comment (";" after a blank, outside
// quotes) begins. *is_open tells whether a quote was left open.
static size_t value_end(const char *text, size_t len, bool *is_open)
{
    bool in_quotes = false;
    size_t i = 0;
    for (; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len)
            i++;
        else if (text[i] == '"')
            in_quotes = !in_quotes;
        else if (text[i] == ';' && !in_quotes && (i == 0 || is_blank(text[i - 1])))
            break;
    }
    *is_open = in_quotes;
    return i;
}

int ini_check_quotes(const char *value)
{
    bool in_quotes = false;
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\\' && c[1] != '\0')
            c++;
        else if (*c == '"')
            in_quotes = !in_quotes;
    }
    return in_quotes ? -1 : 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// Writes a code point as UTF-8; returns the bytes written, never more than its escape had.
static size_t put_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | (code >> 6));
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | (code >> 12));
        out[1] = (char)(0x80 | ((code >> 6) & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (code >> 18));
    out[1] = (char)(0x80 | ((code >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((code >> 6) & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

// Decodes the escape at text (a backslash and more, len >= 2) into out; returns the bytes it took.
// An escape that is none stays as it is: so "\w" in a regular expression need not be doubled.
static size_t decode_escape(const char *text, size_t len, char *out, size_t *n_out)
{
    static const char plain[] = "n\nt\tr\r\"\"\\\\;;";
    for (const char *p = plain; *p != '\0'; p += 2) {
        if (text[1] == p[0]) {
            out[0] = p[1];
            *n_out = 1;
            return 2;
        }
    }
    uint32_t code = 0;
    size_t n = 2;
    while (text[1] == 'x' && n < len && n < 8 && hex_digit(text[n]) >= 0)
        code = code * 16 + (uint32_t)hex_digit(text[n++]);
    if (code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF)) {
        *n_out = put_utf8(code, out);
        return n;
    }
    out[0] = '\\';
    *n_out = 1;
    return 1;
}

char *ini_decode(const char *value, size_t len)
{
    char *out = malloc(len + 1);
    if (out == NULL)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        size_t n_put = 0;
        if (value[i] == '\\' && i + 1 < len) {
            i += decode_escape(value + i, len - i, out + n, &n_put);
        } else if (value[i] == '"' || (value[i] == '\r' && i + 1 < len && value[i + 1] == '\n')) {
            i++;
        } else {
            out[n] = value[i++];
            n_put = 1;
        }
        n += n_put;
    }
    out[n] = '\0';
    return out;
}

void list_free(char **list)
{
    for (char **item = list; item != NULL && *item != NULL; item++)
        free(*item);
    free(list);
}

// The length of the list's first entry: up to a comma outside quotes.
static size_t item_len(const char *text)
{
    bool in_quotes = false;
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        if (text[i] == '\\' && text[i + 1] != '\0')
            i++;
        else if (text[i] == '"')
            in_quotes = !in_quotes;
        else if (text[i] == ',' && !in_quotes)
            break;
    }
    return i;
}

int ini_decode_list(struct reader *reader, const struct ini_entry *entry, char ***out)
{
    size_t n_max = 1;
    for (const char *c = entry->value; *c != '\0'; c++)
        n_max += *c == ',';
    char **list = calloc(n_max + 1, sizeof *list);
    if (list == NULL)
        return fail_memory(reader);
    size_t n = 0;
    for (const char *at = entry->value; entry->value[0] != '\0';) {
        size_t whole = item_len(at), len = whole;
        const char *item = at;
        trim(&item, &len);
        list[n] = ini_decode(item, len);
        if (list[n] == NULL || list[n][0] == '\0') {
            int result = list[n] == NULL ? fail_memory(reader)
                                         : fail_entry(reader, entry,
                                                      "an entry of the list \"%s\" is empty; "
                                                      "remove the extra comma",
                                                      entry->key);
            list_free(list);
            return result;
        }
        n++;
        if (at[whole] == '\0')
            break;
        at += whole + 1;
    }
    *out = list;
    return 0;
}

// ---- lines -----------------------------------------------------------------------------------

static int add_section(struct reader *reader, enum ini_scope scope, char *name, int line)
{
    struct ini *ini = &reader->ini;
    struct ini_section *grown =
        realloc(ini->sections, (ini->n_sections + 1) * sizeof *ini->sections);
    if (grown == NULL) {
        free(name);
        return fail_memory(reader);
    }
    ini->sections = grown;
    ini->sections[ini->n_sections++] =
        (struct ini_section){ .scope = scope, .name = name, .line = line };
    return 0;
}

static void clear_entry(struct ini_entry *entry)
{
    free(entry->key);
    free(entry->value);
    free(entry->text);
}

static int add_entry(struct reader *reader, size_t section, const char *key, const char *value,
                     size_t n_value, int line)
{
    struct ini *ini = &reader->ini;
    struct ini_entry entry = {
        .section = section,
        .key = str_dup(key),
        .value = copy(value, n_value),
        .text = ini_decode(value, n_value),
        .line = line,
    };
    struct ini_entry *grown = realloc(ini->entries, (ini->n_entries + 1) * sizeof *ini->entries);
    if (grown != NULL)
        ini->entries = grown;
    if (grown == NULL || entry.key == NULL || entry.value == NULL || entry.text == NULL) {
        clear_entry(&entry);
        return fail_memory(reader);
    }
    ini->entries[ini->n_entries++] = entry;
    return 0;
}

static struct ini_entry *find_entry(struct ini *ini, size_t section, const char *key)
{
    for (size_t i = 0; i < ini->n_entries; i++) {
        struct ini_entry *entry = &ini->entries[i];
        // All sections of the server are one.
        bool is_same =
            entry->section == section || (ini->sections[section].scope == SCOPE_SERVER &&
                                          ini->sections[entry->section].scope == SCOPE_SERVER);
        if (is_same && str_equal_fold(entry->key, key))
            return entry;
    }
    return NULL;
}

static int read_meeting_head(struct reader *reader, const char *name, size_t len, int line)
{
    if (len < 3 || name[0] != '"' || name[len - 1] != '"' || name[len - 2] == '\\')
        return fail_line(reader, line,
                         "a meeting needs its name in quotes; write [meeting \"Name\"]");
    char *decoded = ini_decode(name + 1, len - 2);
    if (decoded == NULL)
        return fail_memory(reader);
    for (size_t i = 0; i < reader->ini.n_sections; i++) {
        const struct ini_section *other = &reader->ini.sections[i];
        if (other->name != NULL && str_equal_fold(other->name, decoded)) {
            int first = other->line;
            (void)fail_line(reader, line,
                            "[meeting \"%s\"] was already declared in line %d; rename one of them",
                            decoded, first);
            free(decoded);
            return -1;
        }
    }
    return add_section(reader, SCOPE_MEETING, decoded, line);
}

static bool span_is(const char *text, size_t len, const char *word)
{
    char buf[16];
    if (len >= sizeof buf)
        return false;
    memcpy(buf, text, len);
    buf[len] = '\0';
    return str_equal_fold(buf, word);
}

// The place of the "]" that closes a section's head (quotes may hold one); len when there is none.
static size_t section_end(const char *text, size_t len)
{
    bool in_quotes = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\' && in_quotes)
            i++;
        else if (text[i] == '"')
            in_quotes = !in_quotes;
        else if (text[i] == ']' && !in_quotes)
            return i;
    }
    return len;
}

static int read_section(struct reader *reader, const char *text, size_t len, int line)
{
    static const char *const known[] = { "server", "meeting", "Ice" };
    size_t end = section_end(text, len);
    if (end == len)
        return fail_line(reader, line, "the section's \"]\" is missing; write [meeting \"Name\"]");
    const char *rest = text + end + 1, *name = text + 1;
    size_t n_rest = len - end - 1, n_name = end - 1;
    trim(&rest, &n_rest);
    trim(&name, &n_name);
    if (n_rest > 0 && rest[0] != ';' && rest[0] != '#')
        return fail_line(reader, line, "there is text behind \"]\"; put it on a line of its own");
    size_t n_word = 0;
    while (n_word < n_name && !is_blank(name[n_word]) && name[n_word] != '"')
        n_word++;
    if (span_is(name, n_word, "meeting")) {
        const char *quoted = name + n_word;
        size_t n_quoted = n_name - n_word;
        trim(&quoted, &n_quoted);
        return read_meeting_head(reader, quoted, n_quoted, line);
    }
    if (span_is(name, n_name, "server") || span_is(name, n_name, "General"))
        return add_section(reader, SCOPE_SERVER, NULL, line);
    if (span_is(name, n_name, "Ice"))
        return add_section(reader, SCOPE_ICE, NULL, line);
    char word[64], hint[96];
    (void)snprintf(word, sizeof word, "%.*s", n_name < 60 ? (int)n_name : 60, name);
    cut_clean(word);
    (void)suggest(word, (struct word_list){ known, 3 }, hint, sizeof hint);
    return fail_line(reader, line, "unknown section [%s]%s", word,
                     hint[0] != '\0' ? hint : "; there are [server] and [meeting \"Name\"]");
}

static int read_key_value(struct reader *reader, const char *text, size_t len, int line)
{
    struct ini *ini = &reader->ini;
    const char *equals = memchr(text, '=', len);
    size_t n_key = equals != NULL ? (size_t)(equals - text) : len;
    const char *key = text;
    trim(&key, &n_key);
    if (equals == NULL)
        return fail_line(reader, line,
                         "no \"=\" in this line; write key = value, or ; before a comment");
    if (n_key == 0)
        return fail_line(reader, line, "no key before \"=\"; write key = value");
    if (n_key > INI_KEY_MAX_BYTES || ini->n_entries >= INI_ENTRIES_MAX)
        return fail_line(reader, line, "%s",
                         n_key > INI_KEY_MAX_BYTES ? "this key is too long; write key = value"
                                                   : "too many keys; 4,096 is the limit");
    const char *value = equals + 1;
    size_t n_value = len - (size_t)(value - text);
    bool is_open = false;
    n_value = value_end(value, n_value, &is_open);
    if (is_open)
        return fail_line(reader, line,
                         "a closing quote is missing; write \"…\", and \\\" for a quote itself");
    trim(&value, &n_value);
    char name[INI_KEY_MAX_BYTES + 1];
    memcpy(name, key, n_key);
    name[n_key] = '\0';
    size_t section = ini->n_sections - 1;
    const struct ini_entry *twin = NULL;
    if (ini->sections[section].scope != SCOPE_ICE)
        twin = find_entry(ini, section, name);
    if (twin != NULL)
        return fail_line(reader, line, "\"%s\" was already set in line %d; remove one of the lines",
                         name, twin->line);
    return add_entry(reader, section, name, value, n_value, line);
}

// Does a line look like the next key? Then the quote before it was forgotten.
static bool begins_key(const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    char name[INI_KEY_MAX_BYTES + 1];
    trim(&text, &len);
    if (len > 0 && text[0] == '[')
        return true;
    size_t n = equals != NULL ? (size_t)(equals - text) : len;
    trim(&text, &n);
    if (equals == NULL || n > INI_KEY_MAX_BYTES)
        return false;
    memcpy(name, text, n);
    name[n] = '\0';
    return key_is_of_server(name) || key_is_of_meeting(name);
}

static size_t line_len(const char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);
    return end != NULL ? (size_t)(end - text) : len;
}

// The length of the line at text, with those behind it that a quote in its value is open over.
static size_t whole_line_len(const char *text, size_t len)
{
    size_t n = line_len(text, len), n_body = n;
    const char *body = text, *equals = memchr(text, '=', n);
    trim(&body, &n_body);
    if (equals == NULL || n_body == 0 || strchr(";#[", body[0]) != NULL)
        return n;
    for (size_t whole = n; whole < len;) {
        bool is_open = false;
        (void)value_end(equals + 1, whole - (size_t)(equals + 1 - text), &is_open);
        if (!is_open)
            return whole;
        const char *next = text + whole + 1;
        size_t n_next = line_len(next, len - whole - 1);
        if (whole + 1 >= len || whole - n > VALUE_MAX_BYTES || begins_key(next, n_next))
            return n;
        whole += 1 + n_next;
        if (whole >= len) {
            (void)value_end(equals + 1, len - (size_t)(equals + 1 - text), &is_open);
            return is_open ? n : len;
        }
    }
    return n;
}

int ini_read(struct reader *reader, const char *text, size_t len)
{
    if (add_section(reader, SCOPE_SERVER, NULL, 1) != 0)
        return -1;
    if (len > INI_FILE_MAX_BYTES)
        return fail_line(reader, 1, "this is no configuration: it is larger than 1 MiB");
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    for (int line = 1; len > 0; line++) {
        size_t n_line = whole_line_len(text, len);
        const char *body = text;
        size_t n_body = n_line;
        trim(&body, &n_body);
        char *checked = copy(text, n_line);
        if (checked == NULL)
            return fail_memory(reader);
        bool is_text = strlen(checked) == n_line && str_is_utf8(checked);
        free(checked);
        int result = 0;
        if (!is_text)
            result = fail_line(reader, line, "this line is not UTF-8 text; save the file as UTF-8");
        else if (n_body == 0 || body[0] == ';' || body[0] == '#')
            result = 0;
        else if (body[0] == '[')
            result = read_section(reader, body, n_body, line);
        else
            result = read_key_value(reader, body, n_body, line);
        if (result != 0)
            return result;
        for (size_t i = 0; i < n_line; i++)
            line += text[i] == '\n';
        size_t used = n_line < len ? n_line + 1 : n_line;
        text += used;
        len -= used;
    }
    return 0;
}

int ini_set(struct reader *reader, size_t section, const char *key, const char *value, int line)
{
    size_t len = strlen(value);
    trim(&value, &len);
    struct ini_entry *entry = find_entry(&reader->ini, section, key);
    if (entry == NULL)
        return add_entry(reader, section, key, value, len, line);
    char *new_value = copy(value, len), *new_text = ini_decode(value, len);
    if (new_value == NULL || new_text == NULL) {
        free(new_value);
        free(new_text);
        return fail_memory(reader);
    }
    free(entry->value);
    free(entry->text);
    entry->value = new_value;
    entry->text = new_text;
    entry->line = line;
    return 0;
}

void ini_clear(struct ini *ini)
{
    for (size_t i = 0; i < ini->n_sections; i++)
        free(ini->sections[i].name);
    for (size_t i = 0; i < ini->n_entries; i++)
        clear_entry(&ini->entries[i]);
    free(ini->sections);
    free(ini->entries);
    *ini = (struct ini){ 0 };
}
