// SPDX-License-Identifier: BSD-3-Clause
//
// Is a text well-formed XML content, as it stands between <document> and </document>? Strict on
// purpose: what clients show as rich text is judged by what every reader of XML agrees on. Elements
// closed and nested, attributes quoted and each once, the five entities and numbers, comments,
// CDATA, processing instructions; no DTD, no other entity. Prefixes need not be declared. Deeper
// than MARKUP_DEPTH_MAX counts as not well-formed. Linear in the text.
#ifndef SUSURRO_CONTROL_MARKUP_H
#define SUSURRO_CONTROL_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#define MARKUP_DEPTH_MAX 128
#define MARKUP_ATTRIBUTES_MAX 64 // of one element; likewise

struct markup {
    size_t source_units; // UTF-16 units of the src attributes of img elements
    // When not NULL, room for strlen(text) + 1: the character data, references resolved, with a
    // line feed where a br or p element ends.
    char *plain;
};
bool markup_read(const char *text, struct markup *out);

#endif
