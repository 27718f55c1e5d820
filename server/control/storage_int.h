// SPDX-License-Identifier: BSD-3-Clause
//
// Private to storage*.c: one change on its way to the store. It owns deep copies of all that it
// names (one arena, freed at once), so the thread pool reads nothing of the model. Once it is added
// only its next changes, and that not while a batch is being written.
#ifndef SUSURRO_STORAGE_INT_H
#define SUSURRO_STORAGE_INT_H

#include "control/control_int.h"

struct storage_op;
struct op_kind {
    const char *name; // for the log
    int (*apply)(struct store *store, const struct storage_op *op);
};

struct storage_op {
    struct storage_op *next;
    const struct op_kind *kind;
    struct op_block *memory;
    bool is_incomplete; // memory was short while it was made
    int64_t id;         // of the channel or the person
    union {
        struct store_channel channel;
        const char *declaration;
        struct {
            bool is_inheriting;
            const struct acl_entry *entries;
            const struct group *groups;
            size_t n_entries, n_groups;
        } acl;
        struct {
            const uint32_t *ids;
            size_t n;
        } links;
        struct registered person;
        const char *comment; // NULL: none
        struct {
            const uint8_t *data;
            size_t len;
        } texture;
        struct listening ears;
        struct {
            const struct ban *bans;
            size_t n;
        } bans;
        struct {
            const char *key, *value;
        } config;
        struct {
            const struct store_usage *rows;
            size_t n;
        } usage; // id: the month
        struct {
            const char *key;
            const void *value;
            size_t len;
        } setting;
    };
};

void storage_op_free(struct storage_op *op); // with its copies

#endif
