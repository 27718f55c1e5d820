// SPDX-License-Identifier: BSD-3-Clause
//
// Text from the network for a terminal: nothing in it may steer the terminal, and of HTML only the
// words remain.
#include "client-cli/events_int.h"

#include <stdlib.h>
#include <string.h>

// ---- readable text: nothing from the network may steer the terminal

static const char *skip_tag(const char *at, FILE *out, char end_of_line)
{
    static const char *const ends[] = { "<br", "</p", "</li", "</tr", "</h" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strncmp(at, ends[i], strlen(ends[i])) == 0)
            (void)fputc(end_of_line, out);
    const char *end = strchr(at, '>');
    return end != NULL ? end + 1 : at + strlen(at);
}

static const char *print_entity(const char *at, FILE *out)
{
    static const struct {
        const char *entity;
        char c;
    } table[] = { { "&amp;", '&' },  { "&lt;", '<' },   { "&gt;", '>' },
                  { "&quot;", '"' }, { "&#39;", '\'' }, { "&nbsp;", ' ' } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len = strlen(table[i].entity);
        if (strncmp(at, table[i].entity, len) == 0) {
            (void)fputc(table[i].c, out);
            return at + len;
        }
    }
    (void)fputc('&', out);
    return at + 1;
}

static void print_clean(FILE *out, const char *text, bool is_html, char end_of_line)
{
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text;
        if (is_html && c == '<' &&
            (text[1] == '/' || ((text[1] | 0x20) >= 'a' && (text[1] | 0x20) <= 'z'))) {
            text = skip_tag(text, out, end_of_line);
            continue;
        }
        if (is_html && c == '&') {
            text = print_entity(text, out);
            continue;
        }
        // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
        bool is_c1 = c == 0xC2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xA0;
        if (c < 0x20 || c == 0x7F || is_c1)
            (void)fputc(' ', out);
        else
            (void)fputc(c, out);
        text += is_c1 ? 2 : 1;
    }
}

void text_print_clean(FILE *out, const char *text, bool is_html)
{
    print_clean(out, text, is_html, ' ');
}

char *text_plain(const char *html)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    print_clean(out, html, true, '\n');
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        text[--len] = '\0';
    return text;
}

char *text_html(const char *plain)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (; *plain != '\0'; plain++) {
        if (*plain == '&' || *plain == '<' || *plain == '>')
            (void)fputs(*plain == '&' ? "&amp;" : *plain == '<' ? "&lt;" : "&gt;", out);
        else
            (void)fputc(*plain, out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
