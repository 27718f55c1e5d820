// SPDX-License-Identifier: BSD-3-Clause
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
        if (tag > 0) {
            in += tag;
            continue;
        }
        size_t before = n;
        in += *in == '&' ? take_entity(in, out, &n) : (out[n++] = *in, (size_t)1);
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
