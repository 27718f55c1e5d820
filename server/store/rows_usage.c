// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#define COLUMNS "voice_in, voice_out, control_in, control_out"
#define SUMS                                                                                       \
    " DO UPDATE SET voice_in = voice_in + excluded.voice_in,"                                      \
    "  voice_out = voice_out + excluded.voice_out,"                                                \
    "  control_in = control_in + excluded.control_in,"                                             \
    "  control_out = control_out + excluded.control_out"

static void bind_bytes(sqlite3_stmt *statement, int at, const struct store_usage *usage)
{
    bind_int(statement, at, (int64_t)usage->voice_in);
    bind_int(statement, at + 1, (int64_t)usage->voice_out);
    bind_int(statement, at + 2, (int64_t)usage->control_in);
    bind_int(statement, at + 3, (int64_t)usage->control_out);
}

static void read_bytes(sqlite3_stmt *statement, int at, struct store_usage *out)
{
    out->voice_in = (uint64_t)sqlite3_column_int64(statement, at);
    out->voice_out = (uint64_t)sqlite3_column_int64(statement, at + 1);
    out->control_in = (uint64_t)sqlite3_column_int64(statement, at + 2);
    out->control_out = (uint64_t)sqlite3_column_int64(statement, at + 3);
}

static int add_one(struct store *store, uint32_t month, const struct store_usage *usage)
{
    const bool is_all = usage->user_id == STORE_USAGE_ALL;
    sqlite3_stmt *statement =
        store_prepare(store, is_all ? "INSERT INTO usage_months (month, " COLUMNS ")"
                                      " VALUES (?1, ?3, ?4, ?5, ?6) ON CONFLICT (month)" SUMS
                                    : "INSERT INTO usage_people (month, user_id, " COLUMNS ")"
                                      " SELECT ?1, user_id, ?3, ?4, ?5, ?6 FROM users"
                                      " WHERE user_id = ?2 ON CONFLICT (month, user_id)" SUMS);
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, month);
    if (!is_all)
        bind_int(statement, 2, usage->user_id);
    bind_bytes(statement, 3, usage);
    return store_run(store, statement);
}

int store_usage_add(struct store *store, uint32_t month, const struct store_usage *rows, size_t n)
{
    const int64_t oldest = (int64_t)month - STORE_USAGE_MONTHS / 12 * 100;
    bool is_own_batch;
    if (store_enter(store, &is_own_batch) != 0)
        return -1;
    int result = store_run_with_id(store, "DELETE FROM usage_people WHERE month < ?1", oldest);
    if (result == 0)
        result = store_run_with_id(store, "DELETE FROM usage_months WHERE month < ?1", oldest);
    for (size_t i = 0; i < n && result == 0; i++)
        result = add_one(store, month, &rows[i]);
    return store_leave(store, is_own_batch, result);
}

static int read_one(void *context, sqlite3_stmt *statement)
{
    read_bytes(statement, 0, context);
    return 0;
}

int store_usage_get(struct store *store, uint32_t month, int32_t user_id, struct store_usage *out)
{
    const bool is_all = user_id == STORE_USAGE_ALL;
    *out = (struct store_usage){ .user_id = user_id };
    sqlite3_stmt *statement = store_prepare(
        store, is_all ? "SELECT " COLUMNS " FROM usage_months WHERE month = ?1"
                      : "SELECT " COLUMNS " FROM usage_people WHERE month = ?1 AND user_id = ?2");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, month);
    if (!is_all)
        bind_int(statement, 2, user_id);
    return store_each_row(store, statement, read_one, out);
}

struct usage_reader {
    store_usage_fn fn;
    void *context;
};

static int read_person(void *context, sqlite3_stmt *statement)
{
    const struct usage_reader *reader = context;
    struct store_usage usage = { .user_id = (int32_t)sqlite3_column_int64(statement, 0) };
    const char *name = column_text(statement, 1);
    read_bytes(statement, 2, &usage);
    return name != NULL ? reader->fn(reader->context, name, &usage) : -1; // out of memory
}

int store_usage_each(struct store *store, uint32_t month, store_usage_fn fn, void *context)
{
    struct usage_reader reader = { fn, context };
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT user_id, name, " COLUMNS " FROM usage_people JOIN users USING (user_id)"
               " WHERE month = ?1"
               " ORDER BY voice_in + voice_out + control_in + control_out DESC, user_id");
    if (statement != NULL)
        bind_int(statement, 1, month);
    return store_each_row(store, statement, read_person, &reader);
}
