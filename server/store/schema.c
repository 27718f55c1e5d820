// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#include <stdio.h>

// Each entry raises the schema by one, and is never changed once released: a new entry is added.
// Foreign keys are checked at the end of a batch, so that its order does not matter.
static const char *const migrations[] = {
    // 1: the first
    "CREATE TABLE settings ("
    " key TEXT PRIMARY KEY NOT NULL,"
    " value BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE channels ("
    " channel_id INTEGER PRIMARY KEY,"
    " parent_id INTEGER REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " name TEXT NOT NULL,"
    " description TEXT NOT NULL,"
    " position INTEGER NOT NULL,"
    " max_users INTEGER NOT NULL,"
    " is_inheriting INTEGER NOT NULL CHECK (is_inheriting IN (0, 1)),"
    " meeting_role TEXT,"  // NULL, "floor", "track:LANG", "booth:LANG-LANG"
    " meeting_id INTEGER," // channel_id of the floor
    " CHECK (channel_id >= 0),"
    " CHECK ((channel_id = 0) = (parent_id IS NULL)),"
    " CHECK (channel_id <> parent_id)"
    ") STRICT;"
    "CREATE INDEX channels_by_parent ON channels (parent_id);"

    "CREATE TABLE meetings ("
    " channel_id INTEGER PRIMARY KEY"
    "  REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " declaration TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE users (" // user_id 0 is the SuperUser
    " user_id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " pw TEXT," // PBKDF2-HMAC-SHA384 in hex; NULL: no password
    " salt TEXT,"
    " kdf_iterations INTEGER,"
    " cert_hash TEXT UNIQUE,"
    " email TEXT,"
    " comment TEXT,"
    " texture BLOB,"
    " last_channel INTEGER REFERENCES channels ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,"
    " last_active INTEGER,"
    " last_disconnect INTEGER,"
    " CHECK (user_id >= 0)"
    ") STRICT;"
    "CREATE INDEX users_by_last_channel ON users (last_channel);"

    "CREATE TABLE choices (" // what people chose, by certificate
    " cert_hash TEXT PRIMARY KEY NOT NULL,"
    " spoken TEXT NOT NULL,"
    " listen TEXT NOT NULL,"
    " duck_db INTEGER," // NULL: not chosen
    " changed INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX choices_by_age ON choices (changed);",
};

const int store_schema_version = sizeof migrations / sizeof migrations[0];

int store_migrate(struct store *store, int from)
{
    for (int i = from; i < store_schema_version; i++) {
        char mark[96];
        (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       STORE_APPLICATION_ID, i + 1);
        if (store_begin(store) != 0)
            return -1;
        (void)store_exec(store, migrations[i]);
        (void)store_exec(store, mark);
        if (store_commit(store) != 0)
            return -1;
    }
    return 0;
}
