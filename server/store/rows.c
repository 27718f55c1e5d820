// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Binding fails only when out of memory or out of range; the step then stores NULL, which the
// schema's NOT NULL refuses. So bind_* need no checks of their own.
static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    (void)sqlite3_bind_int64(statement, at, value);
}

static const char *column_text(sqlite3_stmt *statement, int at)
{
    return (const char *)sqlite3_column_text(statement, at);
}

// Runs a statement with one bound number.
static int run_with_id(struct store *store, const char *sql, uint32_t id)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, id);
    return store_run(store, statement);
}

typedef int (*row_fn)(void *context, sqlite3_stmt *statement);

// Calls fn for each row and finalises; -1, or what fn returned to stop.
static int each_row(struct store *store, sqlite3_stmt *statement, row_fn fn, void *context)
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
    // A NULL pointer would be bound as NULL, not as no bytes.
    (void)sqlite3_bind_blob64(statement, 2, len > 0 ? value : "", len, SQLITE_STATIC);
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
    (void)each_row(store, statement, copy_setting, &setting);
    if (len != NULL)
        *len = setting.value != NULL ? setting.len : 0;
    return setting.value;
}

// ---- channels ---------------------------------------------------------------------------------

struct channel_reader {
    store_channel_fn fn;
    void *context;
};

static int read_channel(void *context, sqlite3_stmt *statement)
{
    const struct channel_reader *reader = context;
    struct store_channel channel = {
        .id = (uint32_t)sqlite3_column_int64(statement, 0),
        .parent = (uint32_t)sqlite3_column_int64(statement, 1), // NULL gives 0
        .name = column_text(statement, 2),
        .description = column_text(statement, 3),
        .position = sqlite3_column_int(statement, 4),
        .max_users = (uint32_t)sqlite3_column_int64(statement, 5),
        .is_inheriting = sqlite3_column_int(statement, 6) != 0,
        .meeting_role = column_text(statement, 7),
        .meeting_id = (uint32_t)sqlite3_column_int64(statement, 8),
    };
    if (channel.name == NULL || channel.description == NULL)
        return -1; // out of memory
    return reader->fn(reader->context, &channel);
}

int store_channels_each(struct store *store, store_channel_fn fn, void *context)
{
    struct channel_reader reader = { fn, context };
    return each_row(store,
                    store_prepare(store,
                                  "WITH RECURSIVE tree (id, depth) AS ("
                                  " SELECT channel_id, 0 FROM channels WHERE channel_id = 0"
                                  " UNION ALL"
                                  " SELECT channel_id, depth + 1 FROM channels"
                                  "  JOIN tree ON parent_id = id)"
                                  " SELECT channel_id, parent_id, name, description, position,"
                                  "  max_users, is_inheriting, meeting_role, meeting_id"
                                  " FROM channels JOIN tree ON channel_id = id"
                                  " ORDER BY depth, channel_id"),
                    read_channel, &reader);
}

int store_channel_put(struct store *store, const struct store_channel *channel)
{
    // Not INSERT OR REPLACE: that deletes first, and all beneath the channel with it.
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO channels (channel_id, parent_id, name, description, position,"
               "  max_users, is_inheriting, meeting_role, meeting_id)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
               " ON CONFLICT (channel_id) DO UPDATE SET parent_id = ?2, name = ?3,"
               "  description = ?4, position = ?5, max_users = ?6, is_inheriting = ?7,"
               "  meeting_role = ?8, meeting_id = ?9");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, channel->id);
    if (channel->id != 0)
        bind_int(statement, 2, channel->parent);
    bind_text(statement, 3, channel->name);
    bind_text(statement, 4, channel->description != NULL ? channel->description : "");
    bind_int(statement, 5, channel->position);
    bind_int(statement, 6, channel->max_users);
    bind_int(statement, 7, channel->is_inheriting);
    bind_text(statement, 8, channel->meeting_role);
    if (channel->meeting_role != NULL)
        bind_int(statement, 9, channel->meeting_id);
    return store_run(store, statement);
}

int store_channel_remove(struct store *store, uint32_t id)
{
    if (id == 0)
        return store_fail_with(store, "the root channel cannot be removed");
    return run_with_id(store, "DELETE FROM channels WHERE channel_id = ?1", id);
}

// ---- meetings ---------------------------------------------------------------------------------

struct meeting_reader {
    store_meeting_fn fn;
    void *context;
};

static int read_meeting(void *context, sqlite3_stmt *statement)
{
    const struct meeting_reader *reader = context;
    const char *declaration = column_text(statement, 1);
    if (declaration == NULL)
        return -1; // out of memory
    return reader->fn(reader->context, (uint32_t)sqlite3_column_int64(statement, 0), declaration);
}

int store_meetings_each(struct store *store, store_meeting_fn fn, void *context)
{
    struct meeting_reader reader = { fn, context };
    return each_row(store,
                    store_prepare(store, "SELECT channel_id, declaration FROM meetings"
                                         " ORDER BY channel_id"),
                    read_meeting, &reader);
}

int store_meeting_put(struct store *store, uint32_t channel_id, const char *declaration)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO meetings (channel_id, declaration) VALUES (?1, ?2)"
                             " ON CONFLICT (channel_id) DO UPDATE SET declaration = ?2");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, channel_id);
    bind_text(statement, 2, declaration);
    return store_run(store, statement);
}

int store_meeting_remove(struct store *store, uint32_t channel_id)
{
    return run_with_id(store, "DELETE FROM meetings WHERE channel_id = ?1", channel_id);
}

// ---- users ------------------------------------------------------------------------------------

int store_password_put(struct store *store, int32_t user_id, const char *name,
                       const struct password *password)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO users (user_id, name, pw, salt, kdf_iterations)"
                             " VALUES (?1, ?2, ?3, ?4, ?5)"
                             " ON CONFLICT (user_id) DO UPDATE SET name = ?2, pw = ?3, salt = ?4,"
                             "  kdf_iterations = ?5");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, user_id);
    bind_text(statement, 2, name);
    bind_text(statement, 3, password->hash);
    bind_text(statement, 4, password->salt);
    bind_int(statement, 5, password->iterations);
    return store_run(store, statement);
}

struct password_reader {
    struct password *out;
    bool is_found;
};

static int read_password(void *context, sqlite3_stmt *statement)
{
    struct password_reader *reader = context;
    const char *hash = column_text(statement, 0), *salt = column_text(statement, 1);
    if (hash == NULL || salt == NULL)
        return -1; // out of memory
    (void)snprintf(reader->out->hash, sizeof reader->out->hash, "%s", hash);
    (void)snprintf(reader->out->salt, sizeof reader->out->salt, "%s", salt);
    reader->out->iterations = (uint32_t)sqlite3_column_int64(statement, 2);
    reader->is_found = true;
    return 0;
}

bool store_password_get(struct store *store, int32_t user_id, struct password *out)
{
    struct password_reader reader = { .out = out };
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT pw, salt, kdf_iterations FROM users"
                             " WHERE user_id = ?1 AND pw <> '' AND salt IS NOT NULL"
                             " AND kdf_iterations > 0");
    if (statement != NULL)
        bind_int(statement, 1, user_id);
    return each_row(store, statement, read_password, &reader) == 0 && reader.is_found;
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
    bool is_own_batch = !store->is_in_batch;
    if (is_own_batch && store_begin(store) != 0)
        return -1;
    int result = put_choice(store, cert_hash, choice);
    // Certificates cost nothing to make: without a limit anyone could fill the disk.
    if (result == 0)
        result = store_exec(store, "DELETE FROM choices WHERE rowid IN (SELECT rowid FROM choices"
                                   " ORDER BY changed DESC, rowid DESC"
                                   " LIMIT -1 OFFSET " TEXT_OF(STORE_CHOICES_MAX) ")");
    if (is_own_batch && store_commit(store) != 0)
        result = -1;
    return result;
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
    return each_row(store, statement, read_choice, &reader) == 0 && reader.is_found;
}
