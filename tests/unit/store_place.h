// SPDX-License-Identifier: BSD-3-Clause
//
// What the store's tests share: a folder of its own for each test, and SQL behind the store's back.
#ifndef SUSURRO_TEST_STORE_PLACE_H
#define SUSURRO_TEST_STORE_PLACE_H

#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

struct store_place {
    char folder[64], file[96], copy[96];
};

static inline int make_place(void **state)
{
    struct store_place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -1;
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/susurro_store_XXXXXX");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    (void)snprintf(place->file, sizeof place->file, "%s/db.sqlite", place->folder);
    (void)snprintf(place->copy, sizeof place->copy, "%s/copy.sqlite", place->folder);
    *state = place;
    return 0;
}

// Fails when anything is left that no test may leave.
static inline int remove_place(void **state)
{
    struct store_place *place = *state;
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    const char *const files[] = { place->file, place->copy };
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        for (size_t j = 0; j < ARRAY_LEN(endings); j++) {
            char path[128];
            (void)snprintf(path, sizeof path, "%s%s", files[i], endings[j]);
            (void)unlink(path);
        }
    (void)chmod(place->folder, 0700);
    int result = rmdir(place->folder);
    free(place);
    return result;
}

static inline struct store *open_well(const char *path)
{
    char error[STORE_ERROR_BYTES];
    struct store *store = store_open(path, error);
    if (store == NULL)
        fail_msg("%s", error);
    assert_string_equal(error, "");
    return store;
}

static inline void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *reason = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &reason) != SQLITE_OK)
        fail_msg("%s: %s", reason, sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline int read_number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int number = sqlite3_column_int(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

#define AT_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

#endif
