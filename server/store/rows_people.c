// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- people -----------------------------------------------------------------------------------

static void bind_password(sqlite3_stmt *statement, int at, const struct password *password)
{
    if (password->hash[0] == '\0') // none: all three are NULL
        return;
    bind_text(statement, at, password->hash);
    bind_text(statement, at + 1, password->salt);
    bind_int(statement, at + 2, password->iterations);
}

static int put_person(struct store *store, const struct registered *person)
{
    // Where somebody was last may be a channel that is not kept.
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO users (user_id, name, email, pw, salt, kdf_iterations, last_channel,"
               "  last_active, last_disconnect)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
               "  (SELECT channel_id FROM channels WHERE channel_id = ?7), ?8, ?9)"
               " ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, email = excluded.email,"
               "  pw = excluded.pw, salt = excluded.salt,"
               "  kdf_iterations = excluded.kdf_iterations, last_channel = excluded.last_channel,"
               "  last_active = excluded.last_active, last_disconnect = excluded.last_disconnect");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, person->id);
    bind_text(statement, 2, person->name);
    bind_text(statement, 3, person->email);
    bind_password(statement, 4, &person->password);
    bind_int(statement, 7, person->last_channel); // MODEL_NONE is no channel's id
    if (person->last_active_s != 0)
        bind_int(statement, 8, person->last_active_s);
    if (person->last_disconnect_s != 0)
        bind_int(statement, 9, person->last_disconnect_s);
    return store_run(store, statement);
}

static int put_certs(struct store *store, const struct registered *person)
{
    if (store_run_with_id(store, "DELETE FROM user_certs WHERE user_id = ?1", person->id) != 0)
        return -1;
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO user_certs (cert_hash, user_id) VALUES (?1, ?2)");
    int result = statement != NULL ? 0 : -1;
    for (uint32_t i = 0; i < person->n_certs && result == 0; i++) {
        bind_text(statement, 1, person->certs[i]);
        bind_int(statement, 2, person->id);
        result = store_step(store, statement);
    }
    (void)sqlite3_finalize(statement);
    return result;
}

int store_user_put(struct store *store, const struct registered *person)
{
    bool is_own_batch;
    if (store_enter(store, &is_own_batch) != 0)
        return -1;
    int result = put_person(store, person);
    if (result == 0)
        result = put_certs(store, person);
    return store_leave(store, is_own_batch, result);
}

int store_user_remove(struct store *store, int32_t user_id)
{
    return user_id != MODEL_SUPERUSER
               ? store_run_with_id(store, "DELETE FROM users WHERE user_id = ?1", user_id)
               : store_fail_with(store, "the SuperUser cannot be removed");
}

int store_password_put(struct store *store, int32_t user_id, const char *name,
                       const struct password *password)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO users (user_id, name, pw, salt, kdf_iterations)"
                             " VALUES (?1, ?2, ?3, ?4, ?5)"
                             " ON CONFLICT (user_id) DO UPDATE SET pw = ?3, salt = ?4,"
                             "  kdf_iterations = ?5");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, user_id);
    bind_text(statement, 2, name);
    bind_password(statement, 3, password);
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
        store_prepare(store, "SELECT pw, coalesce(salt, ''), coalesce(kdf_iterations, 0) FROM users"
                             " WHERE user_id = ?1 AND pw <> ''");
    if (statement != NULL)
        bind_int(statement, 1, user_id);
    return store_each_row(store, statement, read_password, &reader) == 0 && reader.is_found;
}

// ---- comments and pictures --------------------------------------------------------------------

int store_user_comment_put(struct store *store, int32_t user_id, const char *text)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE users SET comment = ?2 WHERE user_id = ?1");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, user_id);
    bind_text(statement, 2, text != NULL && text[0] != '\0' ? text : NULL);
    return store_run(store, statement);
}

int store_user_texture_put(struct store *store, int32_t user_id, const void *data, size_t len)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE users SET texture = ?2 WHERE user_id = ?1");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, user_id);
    if (len > 0)
        bind_blob(statement, 2, data, len);
    return store_run(store, statement);
}

struct bytes {
    uint8_t *data;
    size_t len;
};

static int copy_bytes(void *context, sqlite3_stmt *statement)
{
    struct bytes *bytes = context;
    const void *found = sqlite3_column_blob(statement, 0);
    size_t len = (size_t)sqlite3_column_bytes(statement, 0);
    if (found == NULL || len == 0)
        return 0;
    bytes->data = calloc(1, len + 1);
    if (bytes->data == NULL)
        return -1;
    memcpy(bytes->data, found, len);
    bytes->len = len;
    return 0;
}

static struct bytes get_bytes(struct store *store, const char *sql, int32_t user_id)
{
    struct bytes bytes = { NULL, 0 };
    sqlite3_stmt *statement = store_prepare(store, sql);
    if (statement != NULL)
        bind_int(statement, 1, user_id);
    (void)store_each_row(store, statement, copy_bytes, &bytes);
    return bytes;
}

char *store_user_comment_get(struct store *store, int32_t user_id)
{
    return (char *)get_bytes(store, "SELECT comment FROM users WHERE user_id = ?1", user_id).data;
}

uint8_t *store_user_texture_get(struct store *store, int32_t user_id, size_t *len)
{
    struct bytes bytes = get_bytes(store, "SELECT texture FROM users WHERE user_id = ?1", user_id);
    *len = bytes.len;
    return bytes.data;
}

// ---- ears elsewhere ---------------------------------------------------------------------------

int store_listening_put(struct store *store, int32_t user_id, const struct listening *listening)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO listenings (user_id, channel_id, volume, is_on)"
               " SELECT user_id, channel_id, ?3, ?4 FROM users, channels"
               "  WHERE user_id = ?1 AND channel_id = ?2"
               " ON CONFLICT (user_id, channel_id) DO UPDATE SET volume = ?3, is_on = ?4");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, user_id);
    bind_int(statement, 2, listening->channel);
    (void)sqlite3_bind_double(statement, 3, (double)listening->volume);
    bind_int(statement, 4, listening->is_on);
    return store_run(store, statement);
}

struct listening_reader {
    store_listening_fn fn;
    void *context;
};

static int read_listening(void *context, sqlite3_stmt *statement)
{
    const struct listening_reader *reader = context;
    const struct listening listening = {
        .channel = (uint32_t)sqlite3_column_int64(statement, 0),
        .volume = (float)sqlite3_column_double(statement, 1),
        .is_on = sqlite3_column_int(statement, 2) != 0,
    };
    return reader->fn(reader->context, &listening);
}

int store_listening_each(struct store *store, int32_t user_id, store_listening_fn fn, void *context)
{
    struct listening_reader reader = { fn, context };
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT channel_id, volume, is_on FROM listenings"
                             " WHERE user_id = ?1 ORDER BY channel_id");
    if (statement != NULL)
        bind_int(statement, 1, user_id);
    return store_each_row(store, statement, read_listening, &reader);
}

// ---- bans -------------------------------------------------------------------------------------

static int put_bans(struct store *store, const struct ban *bans, size_t n)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO bans (address, mask_bits, cert_hash, name, reason, start, duration)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    int result = statement != NULL ? 0 : -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        bind_blob(statement, 1, bans[i].address, sizeof bans[i].address);
        bind_int(statement, 2, bans[i].mask_bits);
        bind_text(statement, 3, bans[i].hash);
        bind_text(statement, 4, bans[i].name != NULL ? bans[i].name : "");
        bind_text(statement, 5, bans[i].reason != NULL ? bans[i].reason : "");
        bind_int(statement, 6, bans[i].start_s);
        bind_int(statement, 7, bans[i].duration_s);
        result = store_step(store, statement);
    }
    (void)sqlite3_finalize(statement);
    return result;
}

int store_bans_put(struct store *store, const struct ban *bans, size_t n_bans)
{
    bool is_own_batch;
    if (store_enter(store, &is_own_batch) != 0)
        return -1;
    int result = store_exec(store, "DELETE FROM bans");
    if (result == 0)
        result = put_bans(store, bans, n_bans);
    return store_leave(store, is_own_batch, result);
}
