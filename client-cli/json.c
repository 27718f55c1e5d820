// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <math.h>
#include <string.h>

// The length of the well-formed UTF-8 sequence at text, or 0.
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char least, most, second_least, second_most;
        size_t len;
    } forms[] = {
        { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text[0] < forms[i].least || text[0] > forms[i].most)
            continue;
        if (forms[i].len > 1 && (text[1] < forms[i].second_least || text[1] > forms[i].second_most))
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if (text[k] < 0x80 || text[k] > 0xBF)
                return 0;
        return forms[i].len;
    }
    return 0;
}

static void write_string(FILE *out, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;
    (void)fputc('"', out);
    while (*at != '\0') {
        size_t len = utf8_length(at);
        if (len == 0)
            (void)fputs("\xEF\xBF\xBD", out);
        else if (*at == '"' || *at == '\\')
            (void)fprintf(out, "\\%c", *at);
        else if (*at < 0x20 || *at == 0x7F)
            (void)fprintf(out, "\\u%04x", *at);
        else
            (void)fwrite(at, 1, len, out);
        at += len == 0 ? 1 : len;
    }
    (void)fputc('"', out);
}

static void write_key(struct json *json, const char *key)
{
    (void)fputs(json->has_members ? "," : "", json->out);
    if (key != NULL) {
        write_string(json->out, key);
        (void)fputc(':', json->out);
    }
    json->has_members = true;
}

void json_begin(struct json *json, FILE *out)
{
    *json = (struct json){ .out = out };
    (void)fputc('{', out);
}

void json_text(struct json *json, const char *key, const char *value)
{
    write_key(json, key);
    write_string(json->out, value);
}

void json_number(struct json *json, const char *key, double value, int decimals)
{
    write_key(json, key);
    if (isfinite(value))
        (void)fprintf(json->out, "%.*f", decimals, value);
    else
        (void)fputs("null", json->out);
}

void json_integer(struct json *json, const char *key, uint64_t value)
{
    write_key(json, key);
    (void)fprintf(json->out, "%llu", (unsigned long long)value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    write_key(json, key);
    (void)fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
    write_key(json, key);
    (void)fputs("null", json->out);
}

void json_raw(struct json *json, const char *key, const char *value)
{
    write_key(json, key);
    (void)fputs(value, json->out);
}

void json_open(struct json *json, const char *key, char bracket)
{
    write_key(json, key);
    (void)fputc(bracket, json->out);
    json->has_members = false;
}

void json_close(struct json *json, char bracket)
{
    (void)fputc(bracket, json->out);
    json->has_members = true;
}

void json_end(struct json *json)
{
    (void)fputs("}\n", json->out);
    (void)fflush(json->out);
}
