// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int store_run_with_id(struct store *store, const char *sql, int64_t id)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, id);
    return store_run(store, statement);
}

int store_step(struct store *store, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    int result = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : store_fail(store);
    (void)sqlite3_reset(statement);
    return result;
}

int store_each_row(struct store *store, sqlite3_stmt *statement, store_row_fn fn, void *context)
{
    if (statement == NULL)
        return -1;
    int result = 0, code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && result == 0)
        result = fn(context, statement);
    if (result == 0 && code != SQLITE_DONE)
        result = store_fail(store);
    (void)sqlite3_finalize(statement);
    return result;
}

// ---- settings ---------------------------------------------------------------------------------

int store_setting_set(struct store *store, const char *key, const void *value, size_t len)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO settings (key, value) VALUES (?1, ?2)"
                             " ON CONFLICT (key) DO UPDATE SET value = ?2");
    if (statement == NULL)
        return -1;
    bind_text(statement, 1, key);
    bind_blob(statement, 2, value, len);
    return store_run(store, statement);
}

struct setting {
    char *value;
    size_t len;
};

static int copy_setting(void *context, sqlite3_stmt *statement)
{
    struct setting *setting = context;
    const void *bytes = sqlite3_column_blob(statement, 0);
    setting->len = (size_t)sqlite3_column_bytes(statement, 0);
    setting->value = calloc(1, setting->len + 1);
    if (setting->value == NULL)
        return -1;
    if (setting->len > 0)
        memcpy(setting->value, bytes, setting->len);
    return 0;
}

char *store_setting_get(struct store *store, const char *key, size_t *len)
{
    struct setting setting = { NULL, 0 };
    sqlite3_stmt *statement = store_prepare(store, "SELECT value FROM settings WHERE key = ?1");
    if (statement != NULL)
        bind_text(statement, 1, key);
    (void)store_each_row(store, statement, copy_setting, &setting);
    if (len != NULL)
        *len = setting.value != NULL ? setting.len : 0;
    return setting.value;
}

// ---- configuration ----------------------------------------------------------------------------

struct config_reader {
    store_config_fn fn;
    void *context;
};

static int read_config(void *context, sqlite3_stmt *statement)
{
    const struct config_reader *reader = context;
    const char *key = column_text(statement, 0), *value = column_text(statement, 1);
    return key != NULL && value != NULL ? reader->fn(reader->context, key, value) : -1;
}

int store_config_each(struct store *store, store_config_fn fn, void *context)
{
    struct config_reader reader = { fn, context };
    return store_each_row(store, store_prepare(store, "SELECT key, value FROM config ORDER BY key"),
                          read_config, &reader);
}

int store_config_put(struct store *store, const char *key, const char *value)
{
    sqlite3_stmt *statement =
        store_prepare(store, value != NULL ? "INSERT INTO config (key, value) VALUES (?1, ?2)"
                                             " ON CONFLICT (key) DO UPDATE SET value = ?2"
                                           : "DELETE FROM config WHERE key = ?1");
    if (statement == NULL)
        return -1;
    bind_text(statement, 1, key);
    if (value != NULL)
        bind_text(statement, 2, value);
    return store_run(store, statement);
}

// ---- choices ----------------------------------------------------------------------------------

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number

static int put_choice(struct store *store, const char *cert_hash, const struct store_choice *choice)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO choices (cert_hash, spoken, listen, duck_db, changed)"
               " VALUES (?1, ?2, ?3, ?4, ?5)"
               " ON CONFLICT (cert_hash) DO UPDATE SET spoken = ?2, listen = ?3, duck_db = ?4,"
               "  changed = ?5");
    if (statement == NULL)
        return -1;
    bind_text(statement, 1, cert_hash);
    bind_text(statement, 2, choice->spoken);
    bind_text(statement, 3, choice->listen);
    if (choice->duck_db <= 0)
        bind_int(statement, 4, choice->duck_db);
    bind_int(statement, 5, clock_unix_s());
    return store_run(store, statement);
}

int store_choice_put(struct store *store, const char *cert_hash, const struct store_choice *choice)
{
    bool is_own_batch;
    if (store_enter(store, &is_own_batch) != 0)
        return -1;
    int result = put_choice(store, cert_hash, choice);
    // Certificates cost nothing to make: without a limit anyone could fill the disk.
    if (result == 0)
        result = store_exec(store, "DELETE FROM choices WHERE rowid IN (SELECT rowid FROM choices"
                                   " ORDER BY changed DESC, rowid DESC"
                                   " LIMIT -1 OFFSET " TEXT_OF(STORE_CHOICES_MAX) ")");
    return store_leave(store, is_own_batch, result);
}

struct choice_reader {
    struct store_choice *out;
    bool is_found;
};

static int read_choice(void *context, sqlite3_stmt *statement)
{
    struct choice_reader *reader = context;
    const char *spoken = column_text(statement, 0), *listen = column_text(statement, 1);
    if (spoken == NULL || listen == NULL)
        return -1; // out of memory
    (void)snprintf(reader->out->spoken, sizeof reader->out->spoken, "%s", spoken);
    (void)snprintf(reader->out->listen, sizeof reader->out->listen, "%s", listen);
    bool is_chosen = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    reader->out->duck_db = is_chosen ? sqlite3_column_int(statement, 2) : 1;
    reader->is_found = true;
    return 0;
}

bool store_choice_get(struct store *store, const char *cert_hash, struct store_choice *out)
{
    struct choice_reader reader = { .out = out };
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT spoken, listen, duck_db FROM choices WHERE cert_hash = ?1");
    if (statement != NULL)
        bind_text(statement, 1, cert_hash);
    return store_each_row(store, statement, read_choice, &reader) == 0 && reader.is_found;
}
