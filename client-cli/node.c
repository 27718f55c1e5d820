// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/node.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16
#define NODES_MAX 200000

struct reader {
    const char *at, *end;
    unsigned depth, n_nodes;
};

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL &&
           *reader->at != '\0')
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->at >= reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

// ---- texts

static bool read_hex(struct reader *reader, uint32_t *out)
{
    *out = 0;
    if (reader->end - reader->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *reader->at++;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

// After "\u"; a pair of surrogates is one character, a lone one becomes U+FFFD.
static bool read_unicode(struct reader *reader, uint32_t *out)
{
    uint32_t low;
    if (!read_hex(reader, out))
        return false;
    if (*out >= 0xD800 && *out < 0xDC00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' &&
        reader->at[1] == 'u') {
        reader->at += 2;
        if (!read_hex(reader, &low))
            return false;
        *out = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00)
                                             : 0xFFFD;
    }
    if (*out == 0 || (*out >= 0xD800 && *out < 0xE000))
        *out = 0xFFFD;
    return true;
}

static bool read_escape(struct reader *reader, char *out, size_t *len)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (reader->at >= reader->end)
        return false;
    char c = *reader->at++;
    const char *known = c != '\0' ? strchr(from, c) : NULL;
    uint32_t unicode;
    if (known != NULL) {
        out[(*len)++] = to[known - from];
        return true;
    }
    if (c != 'u' || !read_unicode(reader, &unicode))
        return false;
    *len += put_utf8(unicode, out + *len);
    return true;
}

// After the opening quote. No text is longer than what it is written in.
static char *read_text(struct reader *reader)
{
    char *out = malloc((size_t)(reader->end - reader->at) + 5);
    size_t len = 0;
    while (out != NULL && reader->at < reader->end && *reader->at != '"') {
        char c = *reader->at++;
        bool is_fine = c != '\\' ? (unsigned char)c >= 0x20 : read_escape(reader, out, &len);
        if (!is_fine) {
            free(out);
            return NULL;
        }
        if (c != '\\')
            out[len++] = c;
    }
    if (out == NULL || reader->at >= reader->end) {
        free(out);
        return NULL;
    }
    reader->at++;
    out[len] = '\0';
    char *text = str_is_utf8(out) ? str_dup(out) : NULL; // of its own length
    free(out);
    return text;
}

// ---- values

static struct node *read_value(struct reader *reader);

static bool read_members(struct reader *reader, struct node *parent, char closing)
{
    struct node **tail = &parent->first;
    if (take(reader, closing))
        return true;
    do {
        char *key = NULL;
        if (parent->kind == NODE_OBJECT) {
            key = take(reader, '"') ? read_text(reader) : NULL;
            if (key == NULL || !take(reader, ':')) {
                free(key);
                return false;
            }
        }
        struct node *child = read_value(reader);
        if (child == NULL) {
            free(key);
            return false;
        }
        child->key = key;
        *tail = child;
        tail = &child->next;
    } while (take(reader, ','));
    return take(reader, closing);
}

static bool read_word(struct reader *reader, struct node *node)
{
    static const struct {
        const char *word;
        enum node_kind kind;
    } words[] = { { "true", NODE_BOOL }, { "false", NODE_BOOL }, { "null", NODE_NULL } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) < len ||
            strncmp(reader->at, words[i].word, len) != 0)
            continue;
        node->kind = words[i].kind;
        node->is_true = i == 0;
        reader->at += len;
        return true;
    }
    const char *from = reader->at;
    while (reader->at < reader->end && *reader->at != '\0' &&
           strchr("+-.eE0123456789", *reader->at) != NULL)
        reader->at++;
    node->kind = NODE_NUMBER;
    node->text = strndup(from, (size_t)(reader->at - from));
    char *end = NULL;
    if (reader->at == from || node->text == NULL)
        return false;
    (void)strtod(node->text, &end);
    return *end == '\0';
}

static bool read_into(struct reader *reader, struct node *node)
{
    if (take(reader, '"')) {
        node->kind = NODE_TEXT;
        node->text = read_text(reader);
        return node->text != NULL;
    }
    bool is_object = take(reader, '{');
    if (!is_object && !take(reader, '['))
        return read_word(reader, node);
    node->kind = is_object ? NODE_OBJECT : NODE_LIST;
    reader->depth++;
    bool is_read = reader->depth <= DEPTH_MAX && read_members(reader, node, is_object ? '}' : ']');
    reader->depth--;
    return is_read;
}

static struct node *read_value(struct reader *reader)
{
    skip_blanks(reader);
    struct node *node = ++reader->n_nodes <= NODES_MAX ? calloc(1, sizeof *node) : NULL;
    if (node != NULL && !read_into(reader, node)) {
        node_free(node);
        return NULL;
    }
    return node;
}

struct node *node_parse(const char *text, size_t len)
{
    struct reader reader = { .at = text, .end = text + len };
    struct node *node = len <= NODE_INPUT_MAX_BYTES ? read_value(&reader) : NULL;
    skip_blanks(&reader);
    if (node != NULL && reader.at != reader.end) {
        node_free(node);
        return NULL;
    }
    return node;
}

void node_free(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;
        node_free(node->first);
        free(node->key);
        free(node->text);
        free(node);
        node = next;
    }
}

const struct node *node_get(const struct node *object, const char *key)
{
    for (const struct node *node = object != NULL ? object->first : NULL; node != NULL;
         node = node->next)
        if (node->key != NULL && strcmp(node->key, key) == 0)
            return node;
    return NULL;
}

const char *node_text(const struct node *object, const char *key)
{
    const struct node *node = node_get(object, key);
    return node != NULL ? node->text : NULL;
}

int64_t node_integer(const struct node *object, const char *key, int64_t otherwise)
{
    const struct node *node = node_get(object, key);
    return node != NULL && node->kind == NODE_NUMBER ? strtoll(node->text, NULL, 10) : otherwise;
}

bool node_flag(const struct node *object, const char *key)
{
    const struct node *node = node_get(object, key);
    return node != NULL && node->is_true;
}
