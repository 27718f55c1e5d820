// SPDX-License-Identifier: BSD-3-Clause
// A database of the first schema, made here with its SQL as it was released, comes up to date with
// all that was in it; a newer or damaged one is refused and left as it is.
#include "base/base.h"

#include "store_place.h"

static const char schema_1[] =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE settings (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE channels (channel_id INTEGER PRIMARY KEY,"
    " parent_id INTEGER REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " name TEXT NOT NULL, description TEXT NOT NULL, position INTEGER NOT NULL,"
    " max_users INTEGER NOT NULL,"
    " is_inheriting INTEGER NOT NULL CHECK (is_inheriting IN (0, 1)), meeting_role TEXT,"
    " meeting_id INTEGER, CHECK (channel_id >= 0),"
    " CHECK ((channel_id = 0) = (parent_id IS NULL)), CHECK (channel_id <> parent_id)) STRICT;"
    "CREATE INDEX channels_by_parent ON channels (parent_id);"
    "CREATE TABLE meetings (channel_id INTEGER PRIMARY KEY"
    " REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " declaration TEXT NOT NULL) STRICT;"
    "CREATE TABLE users (user_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " pw TEXT, salt TEXT, kdf_iterations INTEGER, cert_hash TEXT UNIQUE, email TEXT,"
    " comment TEXT, texture BLOB,"
    " last_channel INTEGER REFERENCES channels ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,"
    " last_active INTEGER, last_disconnect INTEGER, CHECK (user_id >= 0)) STRICT;"
    "CREATE INDEX users_by_last_channel ON users (last_channel);"
    "CREATE TABLE choices (cert_hash TEXT PRIMARY KEY NOT NULL, spoken TEXT NOT NULL,"
    " listen TEXT NOT NULL, duck_db INTEGER, changed INTEGER NOT NULL) STRICT;"
    "CREATE INDEX choices_by_age ON choices (changed);"
    "PRAGMA application_id = 0x53757375; PRAGMA user_version = 1;";

static const char content_1[] =
    "INSERT INTO settings VALUES ('key', x'00FF');"
    "INSERT INTO channels VALUES (0, NULL, 'Our place', '', 0, 0, 1, NULL, NULL),"
    " (4, 0, 'Asamblea', 'words', 2, 9, 1, 'floor', 4), (5, 4, 'es', '', 0, 0, 0, 'track:es', 4);"
    "INSERT INTO meetings VALUES (4, 'tracks = en, es');"
    "INSERT INTO users VALUES"
    " (0, 'SuperUser', 'aa', '0011223344556677', 1000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
    " (1, 'Ana', NULL, NULL, NULL, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'a@b', 'hi', "
    "x'0102',"
    "  5, 1700000000, 1700000001),"
    " (2, 'Beto', NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL),"
    " (3, 'Caro', NULL, NULL, NULL, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', NULL, NULL, NULL,"
    "  NULL, NULL, NULL);"
    "INSERT INTO choices VALUES ('aa11', 'es', 'en', -6, 1700000000);";

static int add_channel(void *context, const struct store_channel *stored)
{
    struct model *model = context;
    return stored->id == 0 ||
                   model_channel_add(model, stored->id, stored->parent, stored->name) != NULL
               ? 0
               : -1;
}

// Each: a question to the database after the migration, and its answer.
static const struct {
    const char *sql;
    int answer;
} facts[] = {
    { "PRAGMA user_version", 3 },
    { "SELECT count(*) FROM pragma_foreign_key_check", 0 },
    { "SELECT integrity_check = 'ok' FROM pragma_integrity_check", 1 },
    { "SELECT count(*) FROM sqlite_schema WHERE instr(sql, 'users_1')", 0 },
    { "SELECT count(*) FROM channels", 3 },
    { "SELECT count(*) FROM channels WHERE channel_id = 0 AND name = 'Our place'", 1 },
    { "SELECT count(*) FROM meetings", 1 },
    { "SELECT count(*) FROM users", 4 },
    { "SELECT kdf_iterations FROM users WHERE name = 'superuser' AND pw = 'aa'", 1000 },
    { "SELECT count(*) FROM user_certs", 1 }, // in one case; the lower id keeps it
    { "SELECT user_id FROM user_certs WHERE cert_hash = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
      1 },
    { "SELECT last_channel FROM users WHERE user_id = 1 AND comment = 'hi' AND texture = x'0102'"
      " AND email = 'a@b' AND last_active = 1700000000 AND last_disconnect = 1700000001",
      5 },
    { "SELECT count(*) FROM acls WHERE channel_id = 0", 3 },
    { "SELECT count(*) FROM groups WHERE channel_id = 0 AND name = 'admin'", 1 },
    { "SELECT count(*) FROM choices", 1 },
    { "SELECT count(*) FROM settings WHERE value = x'00FF'", 1 },
};

static void assert_facts(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        if (read_number(path, facts[i].sql) != facts[i].answer)
            fail_msg("%s: %d instead of %d", facts[i].sql, read_number(path, facts[i].sql),
                     facts[i].answer);
}

static void test_from_the_first(void **state)
{
    const struct store_place *place = *state;
    run_sql(place->file, schema_1);
    run_sql(place->file, content_1);
    struct store *store = open_well(place->file);
    assert_facts(place->file);
    const struct model_limits limits = { .users = 10, .nesting = 10 };
    struct model *model = model_new(&limits, "Root");
    assert_int_equal(store_channels_each(store, add_channel, model), 0);
    assert_int_equal(store_load_people(store, model), 0);
    assert_int_equal(store_load_rights(store, model), 0);
    assert_false(model_channel(model, 5)->is_inheriting);
    assert_int_equal(registry_find(model, 1)->n_certs, 1);
    model_free(model);
    store_close(store);
    store_close(open_well(place->file)); // once is enough
    assert_facts(place->file);
    // References to the table that was made anew work.
    store = open_well(place->file);
    assert_int_equal(store_user_remove(store, 1), 0);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM user_certs"), 0);
    store_close(store);
}

// A new database and one that was migrated have the same tables.
static void test_new_and_migrated_are_alike(void **state)
{
    const struct store_place *place = *state;
    run_sql(place->file, schema_1);
    store_close(open_well(place->file));
    store_close(open_well(place->copy));
    char sql[300];
    (void)snprintf(sql, sizeof sql,
                   "ATTACH '%s' AS other;"
                   "CREATE TABLE difference AS SELECT a.name FROM main.sqlite_schema a"
                   " FULL JOIN other.sqlite_schema b ON a.name = b.name WHERE a.sql IS NOT b.sql",
                   place->copy);
    run_sql(place->file, sql);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM difference"),
                     read_number(place->file, "SELECT count(*) FROM difference"
                                              " WHERE name IN ('settings', 'channels', 'meetings',"
                                              " 'choices', 'difference')"));
}

// What the file holds, byte by byte, is the same after the refusal.
static void assert_refused(const char *path, const char *part)
{
    char error[STORE_ERROR_BYTES];
    uint8_t before[1 << 17], after[1 << 17];
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t n = fread(i == 0 ? before : after, 1, sizeof before, file);
        memset((i == 0 ? before : after) + n, 0, sizeof before - n);
        (void)fclose(file);
        if (i == 0) {
            assert_null(store_open(path, error));
            assert_non_null(strstr(error, part));
        }
    }
    assert_memory_equal(before, after, sizeof before);
}

static void test_refused(void **state)
{
    const struct store_place *place = *state;
    store_close(open_well(place->file));
    run_sql(place->file, "PRAGMA user_version = 4");
    assert_refused(place->file, "was written by a newer version of the server (schema 4, here 3)");
    run_sql(place->file, "PRAGMA user_version = 3");
    store_close(open_well(place->file));

    // A migration that cannot be finished changes nothing.
    run_sql(place->copy, schema_1);
    run_sql(place->copy, content_1);
    run_sql(place->copy, "CREATE TABLE bans (mine TEXT)");
    assert_refused(place->copy, "table bans already exists");
    assert_int_equal(read_number(place->copy, "PRAGMA user_version"), 1);
    assert_int_equal(read_number(place->copy, "SELECT count(cert_hash) FROM users"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_from_the_first),
        AT_PLACE(test_new_and_migrated_are_alike),
        AT_PLACE(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
