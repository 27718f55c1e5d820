// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000

// ---- statements and failures ------------------------------------------------------------------

const char *store_last_error(const struct store *store)
{
    return store->error;
}

// Of the open batch. SQLite may have ended the transaction by itself (disk full, memory): whatever
// came now would be written by itself. So nothing more is done in a batch that has failed, and its
// reason stays.
static bool has_failed(const struct store *store)
{
    return store->is_in_batch && store->has_batch_failed;
}

static int fail(struct store *store, const char *reason, bool is_of_content)
{
    if (has_failed(store))
        return -1;
    (void)snprintf(store->error, sizeof store->error, "%s", reason);
    store->has_batch_failed = store->is_in_batch;
    store->is_failure_of_content = is_of_content;
    return -1;
}

int store_fail_with(struct store *store, const char *reason)
{
    return fail(store, reason, true);
}

int store_fail(struct store *store)
{
    int code = sqlite3_errcode(store->db) & 0xFF;
    bool is_of_content = code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH ||
                         code == SQLITE_TOOBIG || code == SQLITE_ERROR;
    return fail(store, sqlite3_errmsg(store->db), is_of_content);
}

// SQLite may have rolled back by itself; then there is nothing left to do. False: one is still open
// (memory), and is ended before anything else is done.
static bool end_transaction(struct store *store)
{
    return sqlite3_get_autocommit(store->db) != 0 ||
           sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK;
}

static bool is_ready(struct store *store)
{
    if (has_failed(store))
        return false;
    if (store->is_in_batch || end_transaction(store))
        return true;
    (void)fail(store, "the last batch cannot be ended: out of memory", false);
    return false;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (!is_ready(store))
        return NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        (void)store_fail(store);
    return statement;
}

int store_run(struct store *store, sqlite3_stmt *statement)
{
    if (statement == NULL)
        return -1;
    int code = sqlite3_step(statement);
    int result = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : store_fail(store);
    (void)sqlite3_finalize(statement); // repeats the error of the step
    return result;
}

int store_exec(struct store *store, const char *sql)
{
    if (!is_ready(store))
        return -1;
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(store);
}

// ---- batches ----------------------------------------------------------------------------------

int store_begin(struct store *store)
{
    if (store->is_in_batch)
        return store_fail_with(store, "a batch is open already");
    if (store_exec(store, "BEGIN IMMEDIATE") != 0)
        return -1;
    store->is_in_batch = true;
    store->has_batch_failed = false;
    return 0;
}

void store_rollback(struct store *store)
{
    if (!store->is_in_batch)
        return;
    (void)end_transaction(store);
    store->is_in_batch = false;
    store->has_batch_failed = false;
}

int store_commit(struct store *store)
{
    if (!store->is_in_batch)
        return store_fail_with(store, "no batch is open");
    // After a failure the reason of that one stays in store->error.
    int result = store->has_batch_failed ? -1 : store_exec(store, "COMMIT");
    if (result != 0)
        store_rollback(store);
    store->is_in_batch = false;
    return result;
}

int store_enter(struct store *store, bool *is_own_batch)
{
    *is_own_batch = !store->is_in_batch;
    return *is_own_batch ? store_begin(store) : 0;
}

int store_leave(struct store *store, bool is_own_batch, int result)
{
    if (is_own_batch && result != 0)
        store_rollback(store);
    else if (is_own_batch)
        result = store_commit(store);
    return result;
}

int store_part_begin(struct store *store)
{
    return store->is_in_batch && !store->has_batch_failed ? store_exec(store, "SAVEPOINT part")
                                                          : -1;
}

// References are checked at the end of a batch; here that would be too late to know whose they are.
static bool has_loose_references(struct store *store)
{
    int current = 0, highest = 0;
    return sqlite3_db_status(store->db, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0) !=
               SQLITE_OK ||
           current != 0;
}

int store_part_end(struct store *store)
{
    int result = store->has_batch_failed ? -1 : 0;
    if (result == 0 && has_loose_references(store))
        result = store_fail_with(store, "it refers to what is not there");
    if (result == 0)
        return store_exec(store, "RELEASE part");
    // A failure of the disk has ended the whole batch, or may have: that is no failure of a part.
    if (!store->is_failure_of_content || sqlite3_get_autocommit(store->db) != 0)
        return result;
    if (sqlite3_exec(store->db, "ROLLBACK TO part; RELEASE part", NULL, NULL, NULL) == SQLITE_OK)
        store->has_batch_failed = false;
    return result;
}

bool store_is_failure_of_content(const struct store *store)
{
    return store->is_failure_of_content;
}

// ---- opening ----------------------------------------------------------------------------------

struct opening {
    const char *path;
    char *error;
    struct store *store;
    bool is_in_memory, is_reader;
    bool is_examined; // by the writer that a reader joins
};

static int refuse(const struct opening *opening, const char *reason, const char *remedy)
{
    (void)snprintf(opening->error, STORE_ERROR_BYTES, "%.500s: %.240s; %s", opening->path, reason,
                   remedy);
    return -1;
}

// A SQLite error while opening, in words. Nothing has been written then.
static int refuse_sqlite(const struct opening *opening)
{
    char reason[200];
    sqlite3 *db = opening->store->db;
    int code = sqlite3_errcode(db) & 0xFF;
    (void)snprintf(reason, sizeof reason, "%s%s", code == SQLITE_CORRUPT ? "is damaged: " : "",
                   sqlite3_errmsg(db));
    switch (code) {
    case SQLITE_NOTADB:
        return refuse(opening, "is not a database",
                      "it was not changed; name another file with database");
    case SQLITE_CORRUPT:
        return refuse(
            opening, reason,
            "it was not changed; put a backup in its place, or move it away to begin anew");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return refuse(opening, "is in use by another process",
                      "stop that one, or name another file with database");
    case SQLITE_FULL:
        return refuse(opening, "the disk is full", "make room on it");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        if (opening->is_reader)
            return refuse(opening, "cannot be opened", "name the database of a server");
        return refuse(opening, "cannot be written",
                      "the server's user must be able to write the file and its directory");
    default:
        return refuse(opening, reason, "look at the disk and its file system");
    }
}

// The file holds a private key and hashes of passwords: nobody else may read it. SQLite gives its
// other files the same permissions.
static int create_file(const struct opening *opening)
{
    char reason[200];
    int fd = open(opening->path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) {
        (void)close(fd);
        return 0;
    }
    int code = errno;
    (void)snprintf(reason, sizeof reason, "cannot be opened: %s", strerror(code));
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return refuse(opening, reason, "make its directory, or name another file with database");
    case EISDIR:
        return refuse(opening, reason, "name a file in it with database");
    default:
        return refuse(opening, reason,
                      "the server's user must be able to write the file and its directory");
    }
}

// The first column of the first row as a number, or as text when out_text is given.
static int read_one(struct store *store, const char *sql, int *out, char *out_text, size_t cap)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    if (statement == NULL)
        return -1;
    int result = -1;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(statement, 0);
        if (out_text != NULL)
            (void)snprintf(out_text, cap, "%s", text != NULL ? (const char *)text : "");
        *out = sqlite3_column_int(statement, 0);
        result = 0;
    } else {
        (void)store_fail(store);
    }
    (void)sqlite3_finalize(statement);
    return result;
}

// Looks, without writing, whether the file is ours, whole and not too new.
static int examine(const struct opening *opening, int *version)
{
    struct store *store = opening->store;
    int application = 0, n_tables = 0, unused = 0;
    char check[160] = "", reason[240];
    if (read_one(store, "PRAGMA application_id", &application, NULL, 0) != 0 ||
        read_one(store, "PRAGMA user_version", version, NULL, 0) != 0 ||
        read_one(store, "SELECT count(*) FROM sqlite_schema", &n_tables, NULL, 0) != 0)
        return refuse_sqlite(opening);
    if (application != STORE_APPLICATION_ID && (application != 0 || n_tables > 0))
        return refuse(opening, "is the database of another program",
                      "it was not changed; name another file with database");
    if (*version > store_schema_version) {
        (void)snprintf(reason, sizeof reason,
                       "was written by a newer version of the server (schema %d, here %d)",
                       *version, store_schema_version);
        return refuse(opening, reason,
                      "it was not changed; start that version, or name another file with database");
    }
    if (read_one(store, "PRAGMA quick_check(1)", &unused, check, sizeof check) != 0)
        return refuse_sqlite(opening);
    if (strcmp(check, "ok") == 0)
        return 0;
    check[strcspn(check, "\n")] = '\0';
    (void)snprintf(reason, sizeof reason, "is damaged: %s", check);
    return refuse(opening, reason,
                  "it was not changed; put a backup in its place, or move it away to begin anew");
}

static int prepare_writing(const struct opening *opening)
{
    struct store *store = opening->store;
    char mode[16] = "";
    int unused = 0;
    if (sqlite3_db_readonly(store->db, "main") != 0)
        return refuse(opening, "is read-only",
                      "the server's user must be able to write the file and its directory");
    if (read_one(store, "PRAGMA journal_mode = WAL", &unused, mode, sizeof mode) != 0 ||
        store_exec(store, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;") != 0)
        return refuse_sqlite(opening);
    if (!opening->is_in_memory && strcmp(mode, "wal") != 0)
        return refuse(opening, "its file system allows no write-ahead log",
                      "name a file on a local disk with database");
    return 0;
}

static int connect_file(const struct opening *opening)
{
    struct store *store = opening->store;
    int flags = SQLITE_OPEN_FULLMUTEX | (opening->is_in_memory ? SQLITE_OPEN_URI : 0) |
                (opening->is_in_memory && !opening->is_reader ? SQLITE_OPEN_CREATE : 0) |
                (opening->is_reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (store->name == NULL)
        return refuse(opening, "out of memory", "free some");
    if (sqlite3_open_v2(store->name, &store->db, flags, NULL) != SQLITE_OK)
        return store->db != NULL ? refuse_sqlite(opening)
                                 : refuse(opening, "out of memory", "free some");
    (void)sqlite3_extended_result_codes(store->db, 1);
    (void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    // What a damaged or hostile file says about its own schema is not believed.
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return 0;
}

static int open_steps(const struct opening *opening)
{
    struct store *store = opening->store;
    int version = 0;
    if (!opening->is_in_memory && !opening->is_reader && create_file(opening) != 0)
        return -1;
    if (connect_file(opening) != 0)
        return -1;
    if (opening->is_examined)
        return 0;
    if (examine(opening, &version) != 0)
        return -1;
    if (opening->is_reader)
        return version > 0 ? 0 : refuse(opening, "is empty", "name another file with database");
    if (prepare_writing(opening) != 0)
        return -1;
    if (store_migrate(store, version) == 0)
        return 0;
    char reason[240];
    (void)snprintf(reason, sizeof reason, "cannot be brought up to date: %.200s", store->error);
    return refuse(opening, reason,
                  "its content was not changed; look at the disk, or put a backup in its place");
}

static struct store *open_with(struct opening opening, const char *name)
{
    opening.error[0] = '\0';
    opening.store = calloc(1, sizeof *opening.store);
    if (opening.store == NULL) {
        (void)refuse(&opening, "out of memory", "free some");
        return NULL;
    }
    opening.store->name = str_dup(name);
    if (open_steps(&opening) == 0)
        return opening.store;
    store_close(opening.store);
    return NULL;
}

static const char in_memory[] = ":memory:";
static const char memory_prefix[] = "file:/susurro-";

struct store *store_open(const char *path, char error[STORE_ERROR_BYTES])
{
    struct opening opening = { .path = path, .error = error };
    if (strcmp(path, in_memory) != 0)
        return open_with(opening, path);
    // A name of its own, by which a reader of the same process finds it.
    static atomic_uint n_made;
    char name[64];
    (void)snprintf(name, sizeof name, "%s%u?vfs=memdb", memory_prefix,
                   atomic_fetch_add(&n_made, 1));
    opening.is_in_memory = true;
    return open_with(opening, name);
}

struct store *store_open_reader(const struct store *writer, char error[STORE_ERROR_BYTES])
{
    bool is_in_memory = strncmp(writer->name, memory_prefix, sizeof memory_prefix - 1) == 0;
    return open_with((struct opening){ .path = is_in_memory ? in_memory : writer->name,
                                       .error = error,
                                       .is_in_memory = is_in_memory,
                                       .is_reader = true,
                                       .is_examined = true },
                     writer->name);
}

struct store *store_open_file_reader(const char *path, char error[STORE_ERROR_BYTES])
{
    return open_with((struct opening){ .path = path, .error = error, .is_reader = true }, path);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store_rollback(store);
    (void)sqlite3_close(store->db);
    free(store->name);
    free(store);
}
