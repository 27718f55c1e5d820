// SPDX-License-Identifier: BSD-3-Clause
//
// Private to store: the connection and a thin layer over SQLite's statements. A statement is made
// by store_prepare, bound with bind_*, and ended by store_run or sqlite3_finalize. A failure
// anywhere is noted in the store, and in the batch that is open.
#ifndef SUSURRO_STORE_INT_H
#define SUSURRO_STORE_INT_H

#include "store/store.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store {
    sqlite3 *db;
    char *name; // as SQLite knows it: the path, or the URI of what is kept in memory
    bool is_in_batch, has_batch_failed, is_failure_of_content;
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

// Binding fails only when out of memory or out of range; the step then stores NULL, which the
// schema's NOT NULL refuses. So bind_* need no checks of their own. Text and bytes must live until
// the statement ends; NULL binds NULL.
static inline void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static inline void bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    (void)sqlite3_bind_int64(statement, at, value);
}

static inline void bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t len)
{
    // A NULL pointer would be bound as NULL, not as no bytes.
    (void)sqlite3_bind_blob64(statement, at, len > 0 ? bytes : "", len, SQLITE_STATIC);
}

static inline const char *column_text(sqlite3_stmt *statement, int at)
{
    return (const char *)sqlite3_column_text(statement, at);
}

// Runs a statement with one bound number.
int store_run_with_id(struct store *store, const char *sql, int64_t id);
// Binds, runs and resets; the statement can be used again.
int store_step(struct store *store, sqlite3_stmt *statement);
// Calls fn for each row and finalises; 0, -1, or what fn returned to stop.
typedef int (*store_row_fn)(void *context, sqlite3_stmt *statement);
int store_each_row(struct store *store, sqlite3_stmt *statement, store_row_fn fn, void *context);

// Several statements that belong together: part of the batch that is open, else one of their own.
// enter gives 0 or -1, and then leave must not follow; leave takes what came of them (0 or -1) and
// gives what came of all.
int store_enter(struct store *store, bool *is_own_batch);
int store_leave(struct store *store, bool is_own_batch, int result);

// Opens a file of ours for reading only, and looks whether it is whole.
struct store *store_open_file_reader(const char *path, char error[STORE_ERROR_BYTES]);

// Raises the schema step by step; 0 or -1. *version is the schema found.
#define STORE_APPLICATION_ID 0x53757375 // "Susu"
extern const int store_schema_version;
int store_migrate(struct store *store, int from);

#endif
