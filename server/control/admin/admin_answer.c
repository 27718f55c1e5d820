// SPDX-License-Identifier: BSD-3-Clause
#include "control/admin/admin_int.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define SENTENCE_BYTES 1024

static void add(struct answer *answer, const char *text, size_t len)
{
    answer->has_failed |= !buffer_add(&answer->text, text, len);
}

// Names are UTF-8 already; what is not was refused when it came in.
static void add_string(struct answer *answer, const char *value)
{
    add(answer, "\"", 1);
    for (const char *at = value; *at != '\0'; at++) {
        char escaped[8];
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            add(answer, escaped, (size_t)snprintf(escaped, sizeof(escaped), "\\%c", c));
        else if (c < 0x20 || c == 0x7F)
            add(answer, escaped, (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", c));
        else
            add(answer, at, 1);
    }
    add(answer, "\"", 1);
}

static void add_key(struct answer *answer, const char *key)
{
    if (answer->has_members)
        add(answer, ",", 1);
    answer->has_members = true;
    if (key == NULL)
        return;
    add_string(answer, key);
    add(answer, ":", 1);
}

void answer_text(struct answer *answer, const char *key, const char *value)
{
    add_key(answer, key);
    if (value == NULL || !str_is_utf8(value))
        add(answer, "null", 4);
    else
        add_string(answer, value);
}

void answer_integer(struct answer *answer, const char *key, int64_t value)
{
    char text[24];
    add_key(answer, key);
    add(answer, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)value));
}

void answer_decimal(struct answer *answer, const char *key, double value)
{
    char text[48];
    add_key(answer, key);
    if (isfinite(value) && fabs(value) < 1e15)
        add(answer, text, (size_t)snprintf(text, sizeof(text), "%.1f", value));
    else
        add(answer, "null", 4);
}

void answer_bool(struct answer *answer, const char *key, bool value)
{
    add_key(answer, key);
    add(answer, value ? "true" : "false", value ? 4 : 5);
}

void answer_open(struct answer *answer, const char *key, char bracket)
{
    add_key(answer, key);
    add(answer, &bracket, 1);
    answer->has_members = false;
}

void answer_close(struct answer *answer, char bracket)
{
    add(answer, &bracket, 1);
    answer->has_members = true;
}

__attribute__((format(printf, 3, 0))) static void say_all(struct answer *answer, const char *error,
                                                          const char *format, va_list list)
{
    char text[SENTENCE_BYTES];
    vsnprintf(text, sizeof(text), format, list);
    answer->text.len = 0;
    answer->has_members = false;
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", error == NULL);
    if (error != NULL)
        answer_text(answer, "error", error);
    answer_text(answer, "text", text);
    answer_close(answer, '}');
}

void answer_error(struct answer *answer, const char *error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say_all(answer, error, format, list);
    va_end(list);
}

void answer_done(struct answer *answer, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say_all(answer, NULL, format, list);
    va_end(list);
}

bool question_split(char *line, struct question *question)
{
    char *from = line, *to = line;
    question->n_words = 0;
    while (true) {
        from += strspn(from, " ");
        if (*from == '\0')
            return true;
        if (question->n_words == ADMIN_WORDS_MAX)
            return false;
        question->words[question->n_words++] = to;
        bool is_quoted = false;
        for (; *from != '\0' && (is_quoted || *from != ' '); from++) {
            if (*from == '"')
                is_quoted = !is_quoted;
            else if (*from == '\\' && from[1] != '\0')
                *to++ = *++from;
            else
                *to++ = *from;
        }
        if (is_quoted)
            return false;
        from += *from != '\0';
        *to++ = '\0';
    }
}
