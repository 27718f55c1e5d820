// SPDX-License-Identifier: BSD-3-Clause
//
// The HTML that clients write, to plain text and back.
#include "control/control_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
} entities[] = { { "&amp;", "&" }, { "&lt;", "<" },   { "&gt;", ">" },  { "&quot;", "\"" },
                 { "&#39;", "'" }, { "&apos;", "'" }, { "&nbsp;", " " } };

static size_t take_entity(const char *in, char *out, size_t *n)
{
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t len = strlen(entities[i].name);
        if (strncmp(in, entities[i].name, len) == 0) {
            out[(*n)++] = entities[i].text[0];
            return len;
        }
    }
    out[(*n)++] = '&';
    return 1;
}

// A tag is "<" and a letter, "/" or "!" up to ">". A "<" that opens none is itself.
static size_t tag_length(const char *in)
{
    if (in[1] != '/' && in[1] != '!' && !isalpha((unsigned char)in[1]))
        return 0;
    const char *end = strchr(in, '>');
    return end != NULL ? (size_t)(end - in) + 1 : 0;
}

// Where a line ends there is at least a blank.
static bool is_break(const char *tag)
{
    static const char *const names[] = { "br", "p", "div", "li", "tr" };
    const char *name = tag + (tag[1] == '/' ? 2 : 1);
    size_t len = strcspn(name, " \t\r\n/>");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0)
            return true;
    return false;
}

char *html_to_plain(const char *html)
{
    char *out = malloc(strlen(html) + 1);
    if (out == NULL)
        return NULL;
    size_t n = 0;
    bool is_blank = true;                      // collapses white space, drops it at the start
    const char *last_end = strrchr(html, '>'); // behind it no tag ends, so none is looked for
    for (const char *in = html; *in != '\0';) {
        size_t tag = *in == '<' && last_end != NULL && in < last_end ? tag_length(in) : 0;
        if (tag > 0 && !is_break(in)) {
            in += tag;
            continue;
        }
        size_t before = n;
        if (*in == '&') {
            in += take_entity(in, out, &n);
        } else {
            out[n++] = tag > 0 ? ' ' : *in;
            in += tag > 0 ? tag : 1;
        }
        if (isspace((unsigned char)out[before]) != 0) {
            out[before] = ' ';
            if (is_blank)
                n = before;
            is_blank = true;
        } else {
            is_blank = false;
        }
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return out;
}

char *html_escape(const char *plain)
{
    char *out = malloc(6 * strlen(plain) + 1);
    if (out == NULL)
        return NULL;
    char *at = out;
    for (; *plain != '\0'; plain++) {
        const char *name = NULL;
        for (size_t i = 0; i < 4; i++)
            if (entities[i].text[0] == *plain)
                name = entities[i].name;
        if (name == NULL) {
            *at++ = *plain;
            continue;
        }
        size_t len = strlen(name);
        memcpy(at, name, len);
        at += len;
    }
    *at = '\0';
    return out;
}

// Blanks of Unicode beyond ASCII, as UTF-8: NEL, NBSP, Ogham, en quad to hair space, the two
// separators, narrow NBSP, medium mathematical and ideographic space.
static size_t blank_length(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))
        return 1;
    if (p[0] == 0xC2 && (p[1] == 0x85 || p[1] == 0xA0))
        return 2;
    bool is_general =
        p[0] == 0xE2 && p[1] == 0x80 &&
        ((p[2] >= 0x80 && p[2] <= 0x8A) || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF);
    bool is_other = strncmp(at, "\xE1\x9A\x80", 3) == 0 || strncmp(at, "\xE2\x81\x9F", 3) == 0 ||
                    strncmp(at, "\xE3\x80\x80", 3) == 0;
    return is_general || is_other ? 3 : 0;
}

void html_collapse(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        size_t blank = blank_length(at);
        if (blank == 0)
            *to++ = *at++;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
        at += blank;
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

char *html_escape_tags(const char *text, bool is_plain)
{
    char *out = malloc(5 * strlen(text) + 1);
    if (out == NULL)
        return NULL;
    char *at = out;
    for (; *text != '\0'; text++) {
        const char *name = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        if (*text == '&' && is_plain)
            name = "&amp;";
        size_t len = name != NULL ? strlen(name) : 1;
        memcpy(at, name != NULL ? name : text, len);
        at += len;
    }
    *at = '\0';
    return out;
}
