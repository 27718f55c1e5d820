// SPDX-License-Identifier: BSD-3-Clause
//
// What `susurro admin` reads: JSON of a server, and lines of a batch. A tree has only UTF-8 in it
// and keys in objects alone; a command found in the words has what its pattern asks for.
#include "client-cli/admin/admin_int.h"
#include "fuzz.h"

#include <string.h>

static void check_tree(const struct node *node, unsigned depth)
{
    CHECK(depth <= 20);
    for (; node != NULL; node = node->next) {
        bool has_children = node->kind == NODE_LIST || node->kind == NODE_OBJECT;
        bool has_text = node->kind == NODE_TEXT || node->kind == NODE_NUMBER;
        CHECK(has_children || node->first == NULL);
        CHECK(has_text == (node->text != NULL));
        CHECK(node->text == NULL || str_is_utf8(node->text));
        CHECK(node->key == NULL || str_is_utf8(node->key));
        for (const struct node *child = node->first; child != NULL; child = child->next)
            CHECK((child->key != NULL) == (node->kind == NODE_OBJECT));
        check_tree(node->first, depth + 1);
    }
}

static void ignore_offer(void *arg, const char *word, const char *help)
{
    size_t *n = arg;
    CHECK(word != NULL && help != NULL);
    (*n)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct node *node = node_parse((const char *)data, size);
    check_tree(node, 0);
    node_free(node);
    char line[4096];
    if (size >= sizeof line)
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    const char *words[ADMIN_WORDS_MAX];
    size_t n = 0, n_offers = 0;
    struct fault fault = { "" };
    if (admin_split(line, words, ADMIN_WORDS_MAX, &n, &fault) != 0) {
        CHECK(fault.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        CHECK(words[i] >= line && words[i] + strlen(words[i]) <= line + size);
    struct call call = { .admin = NULL };
    if (table_match(words, n, &call, &fault) == 0)
        CHECK(call.command != NULL && call.n_words <= n);
    else
        CHECK(fault.text[0] != '\0');
    table_complete(words, n, ignore_offer, &n_offers);
    return 0;
}
