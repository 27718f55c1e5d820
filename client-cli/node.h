// SPDX-License-Identifier: BSD-3-Clause
//
// node: JSON from the network as a tree, for whatever reads a server's answers (susurro admin, the
// consoles). Within limits: what is deeper or longer is refused as a whole. Texts are UTF-8.
#ifndef SUSURRO_CLIENT_NODE_H
#define SUSURRO_CLIENT_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_INPUT_MAX_BYTES (4u << 20)

enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_TEXT, NODE_LIST, NODE_OBJECT };
struct node {
    enum node_kind kind;
    char *key, *text; // text also of a number, as it was written
    bool is_true;
    struct node *first, *next; // children; siblings
};
struct node *node_parse(const char *text, size_t len); // NULL: not JSON, or memory
void node_free(struct node *node);
const struct node *node_get(const struct node *object, const char *key); // NULL: not there
const char *node_text(const struct node *object, const char *key);       // NULL: not there
int64_t node_integer(const struct node *object, const char *key, int64_t otherwise);
bool node_flag(const struct node *object, const char *key);

#endif
