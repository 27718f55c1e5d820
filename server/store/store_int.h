// SPDX-License-Identifier: BSD-3-Clause
//
// Private to store: the connection and a thin layer over SQLite's statements. A statement is made
// by store_prepare, bound with bind_*, and ended by store_run or sqlite3_finalize. A failure
// anywhere is noted in the store, and in the batch that is open.
#ifndef SUSURRO_STORE_INT_H
#define SUSURRO_STORE_INT_H

#include "store/store.h"

#include <sqlite3.h>

struct store {
    sqlite3 *db;
    bool is_in_batch, has_batch_failed;
    char error[STORE_ERROR_BYTES];
};

// -1, with SQLite's reason.
int store_fail(struct store *store);
int store_fail_with(struct store *store, const char *reason);
// NULL when it fails (noted).
sqlite3_stmt *store_prepare(struct store *store, const char *sql);
// Runs a statement without rows to its end and finalises it; NULL counts as failed already.
int store_run(struct store *store, sqlite3_stmt *statement);
int store_exec(struct store *store, const char *sql);

// Raises the schema step by step; 0 or -1. *version is the schema found.
#define STORE_APPLICATION_ID 0x53757375 // "Susu"
extern const int store_schema_version;
int store_migrate(struct store *store, int from);

#endif
