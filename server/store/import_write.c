// SPDX-License-Identifier: BSD-3-Clause
// Into our database: everything in one batch. A digest of what came is kept there, so that a second
// import may take its place as long as nobody has changed anything.
#include "store/import_int.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static const char setting_digest[] = "import_digest";

#define DIGEST_BYTES 32

// ---- what the store holds ---------------------------------------------------------------------

static const char *const contents[] = {
    "SELECT * FROM channels ORDER BY channel_id",
    "SELECT * FROM meetings ORDER BY channel_id",
    "SELECT * FROM users ORDER BY user_id",
    "SELECT * FROM user_certs ORDER BY cert_hash",
    "SELECT * FROM acls ORDER BY channel_id, position",
    "SELECT * FROM groups ORDER BY channel_id, name",
    "SELECT * FROM group_members ORDER BY channel_id, name, user_id, is_added",
    "SELECT * FROM links ORDER BY channel_id, link_id",
    "SELECT * FROM listenings ORDER BY user_id, channel_id",
    "SELECT * FROM bans ORDER BY ban_id",
    "SELECT * FROM config ORDER BY key",
    "SELECT * FROM settings WHERE key IN ('certificate', 'key') ORDER BY key",
};

static void digest_row(EVP_MD_CTX *digest, sqlite3_stmt *row)
{
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        int type = sqlite3_column_type(row, i);
        const void *bytes = sqlite3_column_blob(row, i);
        int64_t len = sqlite3_column_bytes(row, i);
        EVP_DigestUpdate(digest, &type, sizeof type);
        EVP_DigestUpdate(digest, &len, sizeof len);
        if (bytes != NULL)
            EVP_DigestUpdate(digest, bytes, (size_t)len);
    }
    EVP_DigestUpdate(digest, "row", 3);
}

static int digest_of(struct store *store, uint8_t out[DIGEST_BYTES])
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    int result = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1
                     ? 0
                     : store_fail_with(store, "SHA-256 is not to be had");
    for (size_t i = 0; i < sizeof contents / sizeof contents[0] && result == 0; i++) {
        sqlite3_stmt *statement = store_prepare(store, contents[i]);
        int code = SQLITE_ERROR;
        while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW)
            digest_row(digest, statement);
        if (code != SQLITE_DONE)
            result = statement != NULL ? store_fail(store) : -1;
        (void)sqlite3_finalize(statement);
        EVP_DigestUpdate(digest, "table", 5);
    }
    if (result == 0)
        EVP_DigestFinal_ex(digest, out, NULL);
    EVP_MD_CTX_free(digest);
    return result;
}

// Like a database that was made a moment ago?
static int is_new(const uint8_t digest[DIGEST_BYTES], bool *out)
{
    char error[STORE_ERROR_BYTES];
    uint8_t of_new[DIGEST_BYTES];
    struct store *fresh = store_open(":memory:", error);
    if (fresh == NULL)
        return -1;
    int result = digest_of(fresh, of_new);
    *out = result == 0 && memcmp(digest, of_new, sizeof of_new) == 0;
    store_close(fresh);
    return result;
}

static int64_t count_of(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int64_t n = statement != NULL && sqlite3_step(statement) == SQLITE_ROW
                    ? sqlite3_column_int64(statement, 0)
                    : 0;
    (void)sqlite3_finalize(statement);
    return n;
}

// 0 when an import may take the place of what is there, 1 when it may not, -1 on failure.
static int judge(struct store *store)
{
    uint8_t digest[DIGEST_BYTES];
    bool is_fresh = false;
    size_t len = 0;
    if (digest_of(store, digest) != 0 || is_new(digest, &is_fresh) != 0)
        return -1;
    char *kept = store_setting_get(store, setting_digest, &len);
    bool is_unchanged = kept != NULL && len == sizeof digest && memcmp(kept, digest, len) == 0;
    free(kept);
    return is_fresh || is_unchanged ? 0 : 1;
}

// ---- writing ----------------------------------------------------------------------------------

static int put_channels(const struct import *import, struct store *store)
{
    for (size_t i = 0; i < import->n_channels; i++) {
        const struct import_channel *channel = &import->channels[i];
        struct store_channel row = {
            .id = channel->id,
            .parent = channel->id != 0 ? (uint32_t)channel->parent : 0,
            .name = channel->name,
            .description = channel->description != NULL ? channel->description : "",
            .position = (int32_t)channel->position,
            .max_users = (uint32_t)channel->max_users,
            .is_inheriting = channel->is_inheriting,
        };
        if (store_channel_put(store, &row) != 0)
            return -1;
    }
    return 0;
}

static int put_people(const struct import *import, struct store *store)
{
    for (size_t i = 0; i < import->n_people; i++) {
        const struct import_person *person = &import->people[i];
        int32_t id = person->is.id;
        if (store_user_put(store, &person->is) != 0 ||
            (person->comment != NULL && store_user_comment_put(store, id, person->comment) != 0) ||
            (person->texture_len > 0 &&
             store_user_texture_put(store, id, person->texture, person->texture_len) != 0))
            return -1;
        for (size_t j = 0; j < person->n_listening; j++) {
            if (store_listening_put(store, id, &person->listening[j]) != 0)
                return -1;
        }
    }
    return 0;
}

static int put_rights(const struct import *import, struct store *store)
{
    for (size_t i = 0; i < import->n_channels; i++) {
        const struct import_channel *channel = &import->channels[i];
        if (store_acl_put(store, channel->id, channel->is_inheriting, channel->entries,
                          channel->n_entries, channel->groups, channel->n_groups) != 0 ||
            (channel->n_links > 0 &&
             store_links_put(store, channel->id, channel->links, channel->n_links) != 0))
            return -1;
    }
    return 0;
}

static int put_settings(const struct import *import, struct store *store)
{
    for (size_t i = 0; i < import->n_settings; i++) {
        if (store_config_put(store, import->settings[i].key, import->settings[i].value) != 0)
            return -1;
    }
    if (import->certificate == NULL)
        return 0;
    return store_setting_set(store, "certificate", import->certificate,
                             strlen(import->certificate)) != 0
               ? -1
               : store_setting_set(store, "key", import->key, strlen(import->key));
}

static int replace_all(const struct import *import, struct store *store)
{
    static const char remove_all[] =
        "DELETE FROM listenings; DELETE FROM links; DELETE FROM acls; DELETE FROM group_members;"
        "DELETE FROM groups; DELETE FROM bans; DELETE FROM config; DELETE FROM user_certs;"
        "DELETE FROM users; DELETE FROM meetings; DELETE FROM channels;";
    uint8_t digest[DIGEST_BYTES];
    // People before rights: an entry about somebody who is not there would not be stored.
    if (store_exec(store, remove_all) != 0 || put_channels(import, store) != 0 ||
        put_people(import, store) != 0 || put_rights(import, store) != 0 ||
        store_bans_put(store, import->bans, import->n_bans) != 0 ||
        put_settings(import, store) != 0 || digest_of(store, digest) != 0)
        return -1;
    return store_setting_set(store, setting_digest, digest, sizeof digest);
}

int import_write(const struct import *import, struct store *store, const char *store_path,
                 bool is_replacing, char error[STORE_ERROR_BYTES])
{
    int judgement = store_begin(store) == 0 ? judge(store) : -1;
    if (judgement > 0 && !is_replacing) {
        (void)snprintf(error, STORE_ERROR_BYTES,
                       "%.280s: holds %lld channels, %lld people and %lld bans that the import "
                       "would take the place of; add --replace to have that, or name another file "
                       "with --set database=…",
                       store_path, (long long)count_of(store, "SELECT count(*) FROM channels"),
                       (long long)count_of(store, "SELECT count(*) FROM users WHERE user_id > 0"),
                       (long long)count_of(store, "SELECT count(*) FROM bans"));
        store_rollback(store);
        return -1;
    }
    if (judgement >= 0 && replace_all(import, store) == 0 && store_commit(store) == 0)
        return 0;
    (void)snprintf(error, STORE_ERROR_BYTES, "%.280s: nothing was imported: %.600s", store_path,
                   store_last_error(store));
    store_rollback(store);
    return -1;
}
