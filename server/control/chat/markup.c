// SPDX-License-Identifier: BSD-3-Clause
// Production numbers are those of XML 1.0 (fifth edition).
#include "control/chat/markup.h"
#include "base/base.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct name {
    const char *at;
    size_t len;
};
struct reader {
    const char *at;
    struct markup *out;
    size_t n_plain;
    unsigned depth;
    struct name open[MARKUP_DEPTH_MAX];
};

static void emit(struct reader *reader, char byte)
{
    if (reader->out->plain != NULL)
        reader->out->plain[reader->n_plain++] = byte;
}

static bool starts(const struct reader *reader, const char *what)
{
    return strncmp(reader->at, what, strlen(what)) == 0;
}

static bool take(struct reader *reader, const char *what)
{
    if (!starts(reader, what))
        return false;
    reader->at += strlen(what);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool skip_blanks(struct reader *reader)
{
    const char *before = reader->at;
    while (is_blank(*reader->at))
        reader->at++;
    return reader->at != before;
}

// [2] Char
static bool is_char(uint32_t c)
{
    return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
           (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

// The bytes of the text are UTF-8 already; of Unicode only U+FFFE and U+FFFF are left to find.
static bool is_text_sound(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (!is_char(*p) || (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE))
            return false;
    return str_is_utf8(text);
}

// [4] [5]; beyond ASCII every character counts as a letter.
static bool is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_' || c == ':' || (unsigned char)c >= 0x80;
}

static struct name take_name(struct reader *reader)
{
    struct name name = { reader->at, 0 };
    if (!is_name_start(*reader->at))
        return name;
    while (is_name_start(*reader->at) || isdigit((unsigned char)*reader->at) ||
           *reader->at == '-' || *reader->at == '.')
        reader->at++;
    name.len = (size_t)(reader->at - name.at);
    return name;
}

static bool is_equal(struct name a, struct name b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool is_named(struct name name, const char *text)
{
    return name.len == strlen(text) && memcmp(name.at, text, name.len) == 0;
}

static void emit_char(struct reader *reader, uint32_t c)
{
    if (c < 0x80) {
        emit(reader, (char)c);
        return;
    }
    unsigned n_more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    emit(reader, (char)(lead[n_more] | c >> 6 * n_more));
    while (n_more-- > 0)
        emit(reader, (char)(0x80 | (c >> 6 * n_more & 0x3F)));
}

// [66] CharRef, behind "&#"
static bool take_number(struct reader *reader, bool is_emitted)
{
    bool is_hex = take(reader, "x");
    const char *first = reader->at;
    uint32_t value = 0;
    for (; is_hex ? isxdigit((unsigned char)*reader->at) : isdigit((unsigned char)*reader->at);
         reader->at++) {
        const char c = *reader->at;
        uint32_t digit =
            isdigit((unsigned char)c) ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        value = value * (is_hex ? 16 : 10) + digit;
        if (value > 0x10FFFF)
            return false;
    }
    if (reader->at == first || !take(reader, ";") || !is_char(value))
        return false;
    if (is_emitted)
        emit_char(reader, value);
    return true;
}

// [67] Reference, behind "&"
static bool take_reference(struct reader *reader, bool is_emitted)
{
    static const struct {
        const char *name;
        char c;
    } entities[] = {
        { "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' }, { "apos;", '\'' },
    };
    if (take(reader, "#"))
        return take_number(reader, is_emitted);
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (take(reader, entities[i].name)) {
            if (is_emitted)
                emit(reader, entities[i].c);
            return true;
        }
    return false;
}

// [10] AttValue
static bool take_value(struct reader *reader)
{
    char quote = *reader->at;
    if (quote != '"' && quote != '\'')
        return false;
    reader->at++;
    while (*reader->at != quote) {
        if (*reader->at == '\0' || *reader->at == '<')
            return false;
        if (*reader->at++ == '&' && !take_reference(reader, false))
            return false;
    }
    reader->at++;
    return true;
}

static size_t units_between(const char *from, const char *to)
{
    size_t units = 0;
    for (const unsigned char *p = (const unsigned char *)from; p < (const unsigned char *)to; p++)
        units += (*p & 0xC0) == 0x80 ? 0 : *p >= 0xF0 ? 2 : 1;
    return units;
}

// [41] Attribute, each with the blanks before it
static bool take_attributes(struct reader *reader, bool is_image)
{
    struct name seen[MARKUP_ATTRIBUTES_MAX];
    unsigned n = 0;
    for (;;) {
        const char *before = reader->at;
        bool has_blank = skip_blanks(reader);
        struct name name = take_name(reader);
        if (name.len == 0)
            return true;
        if (!has_blank || n == MARKUP_ATTRIBUTES_MAX)
            return false;
        for (unsigned i = 0; i < n; i++)
            if (is_equal(seen[i], name))
                return false;
        seen[n++] = name;
        (void)skip_blanks(reader);
        if (!take(reader, "="))
            return false;
        (void)skip_blanks(reader);
        if (!take_value(reader))
            return false;
        if (is_image && is_named(name, "src"))
            reader->out->source_units += units_between(before, reader->at);
    }
}

static void emit_end(struct reader *reader, struct name name)
{
    if (is_named(name, "br") || is_named(name, "p"))
        emit(reader, '\n');
}

// [40] STag, [44] EmptyElemTag, behind "<"
static bool take_start(struct reader *reader)
{
    struct name name = take_name(reader);
    if (name.len == 0 || !take_attributes(reader, is_named(name, "img")))
        return false;
    if (take(reader, "/>")) {
        emit_end(reader, name);
        return true;
    }
    if (!take(reader, ">") || reader->depth == MARKUP_DEPTH_MAX)
        return false;
    reader->open[reader->depth++] = name;
    return true;
}

// [42] ETag, behind "</"
static bool take_end(struct reader *reader)
{
    struct name name = take_name(reader);
    (void)skip_blanks(reader);
    if (reader->depth == 0 || !is_equal(reader->open[reader->depth - 1], name) ||
        !take(reader, ">"))
        return false;
    reader->depth--;
    emit_end(reader, name);
    return true;
}

// [15] Comment, [18] CDSect, [16] PI
static bool take_special(struct reader *reader)
{
    if (take(reader, "!--")) {
        const char *end = strstr(reader->at, "--");
        if (end == NULL || end[2] != '>')
            return false;
        reader->at = end + 3;
        return true;
    }
    if (take(reader, "![CDATA[")) {
        const char *end = strstr(reader->at, "]]>");
        if (end == NULL)
            return false;
        while (reader->at < end)
            emit(reader, *reader->at++);
        reader->at = end + 3;
        return true;
    }
    if (!take(reader, "?"))
        return false;
    struct name target = take_name(reader);
    const char *end = strstr(reader->at, "?>");
    bool is_reserved = target.len == 3 && (target.at[0] | 0x20) == 'x' &&
                       (target.at[1] | 0x20) == 'm' && (target.at[2] | 0x20) == 'l';
    if (target.len == 0 || is_reserved || end == NULL ||
        (reader->at != end && !is_blank(*reader->at)))
        return false;
    reader->at = end + 2;
    return true;
}

bool markup_read(const char *text, struct markup *out)
{
    struct reader reader = { .at = text, .out = out };
    out->source_units = 0;
    bool is_sound = is_text_sound(text);
    while (is_sound && *reader.at != '\0') {
        if (take(&reader, "</"))
            is_sound = take_end(&reader);
        else if (take(&reader, "<"))
            is_sound = *reader.at == '!' || *reader.at == '?' ? take_special(&reader)
                                                              : take_start(&reader);
        else if (take(&reader, "&"))
            is_sound = take_reference(&reader, true);
        else if (starts(&reader, "]]>"))
            is_sound = false;
        else
            emit(&reader, *reader.at++);
    }
    if (out->plain != NULL)
        out->plain[reader.n_plain] = '\0';
    return is_sound && reader.depth == 0;
}
