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

    // 2: rights, several certificates for one person, bans, ears elsewhere, configuration
    "ALTER TABLE users RENAME TO users_1;" // a column that is UNIQUE cannot be dropped
    "CREATE TABLE users ("                 // user_id 0 is the SuperUser
    " user_id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " pw TEXT," // in hex; NULL: no password
    " salt TEXT,"
    " kdf_iterations INTEGER," // of PBKDF2-HMAC-SHA384; 0 or NULL: SHA-1 without salt
    " email TEXT,"
    " comment TEXT,"
    " texture BLOB,"
    " last_channel INTEGER REFERENCES channels ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,"
    " last_active INTEGER,"
    " last_disconnect INTEGER,"
    " CHECK (user_id >= 0)"
    ") STRICT;"
    "INSERT INTO users SELECT user_id, name, pw, salt, kdf_iterations, email, comment, texture,"
    "  last_channel, last_active, last_disconnect FROM users_1;"
    "CREATE TABLE user_certs ("
    " cert_hash TEXT PRIMARY KEY NOT NULL,"
    " user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX user_certs_by_user ON user_certs (user_id);"
    "INSERT OR IGNORE INTO user_certs SELECT lower(cert_hash), user_id FROM users_1"
    " WHERE cert_hash <> '' ORDER BY user_id;"
    "DROP TABLE users_1;"
    "CREATE INDEX users_by_last_channel ON users (last_channel);"

    "CREATE TABLE acls ("
    " channel_id INTEGER NOT NULL"
    "  REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " position INTEGER NOT NULL," // the order in which they are evaluated
    " is_here INTEGER NOT NULL CHECK (is_here IN (0, 1)),"
    " is_sub INTEGER NOT NULL CHECK (is_sub IN (0, 1)),"
    " user_id INTEGER REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " group_spec TEXT,"
    " grant_bits INTEGER NOT NULL,"
    " deny_bits INTEGER NOT NULL,"
    " PRIMARY KEY (channel_id, position),"
    " CHECK ((user_id IS NULL) <> (group_spec IS NULL))"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX acls_by_user ON acls (user_id);"

    "CREATE TABLE groups ("
    " channel_id INTEGER NOT NULL"
    "  REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " name TEXT NOT NULL,"
    " is_inheriting INTEGER NOT NULL CHECK (is_inheriting IN (0, 1)),"
    " is_inheritable INTEGER NOT NULL CHECK (is_inheritable IN (0, 1)),"
    " PRIMARY KEY (channel_id, name)"
    ") STRICT, WITHOUT ROWID;"
    // The columns of the key come first, in its order: SQLite 3.40's quick_check fails otherwise.
    "CREATE TABLE group_members ("
    " channel_id INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " is_added INTEGER NOT NULL CHECK (is_added IN (0, 1))," // 0: taken out again
    " user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " PRIMARY KEY (channel_id, name, is_added, user_id),"
    " FOREIGN KEY (channel_id, name)"
    "  REFERENCES groups ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX group_members_by_user ON group_members (user_id);"

    "CREATE TABLE links (" // both directions are there
    " channel_id INTEGER NOT NULL"
    "  REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " link_id INTEGER NOT NULL"
    "  REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " PRIMARY KEY (channel_id, link_id),"
    " CHECK (channel_id <> link_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX links_by_link ON links (link_id);"

    "CREATE TABLE listenings ("
    " user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " channel_id INTEGER NOT NULL"
    "  REFERENCES channels ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " volume REAL NOT NULL,"
    " is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),"
    " PRIMARY KEY (user_id, channel_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX listenings_by_channel ON listenings (channel_id);"

    "CREATE TABLE bans ("
    " ban_id INTEGER PRIMARY KEY,"
    " address BLOB NOT NULL CHECK (length(address) = 16)," // IPv4 as ::ffff:a.b.c.d
    " mask_bits INTEGER NOT NULL CHECK (mask_bits BETWEEN 0 AND 128),"
    " cert_hash TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " start INTEGER NOT NULL,"
    " duration INTEGER NOT NULL" // 0: for ever
    ") STRICT;"

    "CREATE TABLE config ("
    " key TEXT PRIMARY KEY NOT NULL,"
    " value TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    // What mumble-server gives a new root: admins may Write here and below, who is registered may
    // MakeTempChannel, all may SelfRegister.
    "INSERT OR IGNORE INTO channels (channel_id, name, description, position, max_users,"
    "  is_inheriting) VALUES (0, 'Root', '', 0, 0, 1);"
    "INSERT INTO groups VALUES (0, 'admin', 1, 1);"
    "INSERT INTO acls VALUES (0, 1, 1, 1, NULL, 'admin', 0x1, 0), (0, 2, 1, 1, NULL, 'auth', "
    "0x400, 0),"
    " (0, 3, 1, 0, NULL, 'all', 0x80000, 0);",

    // 3: bytes moved for people, by calendar month
    "CREATE TABLE usage_people ("
    " month INTEGER NOT NULL," // 202611, UTC
    " user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,"
    " voice_in INTEGER NOT NULL," // in: from them
    " voice_out INTEGER NOT NULL,"
    " control_in INTEGER NOT NULL,"
    " control_out INTEGER NOT NULL,"
    " PRIMARY KEY (month, user_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX usage_people_by_user ON usage_people (user_id);"
    "CREATE TABLE usage_months (" // of everybody, guests included
    " month INTEGER PRIMARY KEY,"
    " voice_in INTEGER NOT NULL,"
    " voice_out INTEGER NOT NULL,"
    " control_in INTEGER NOT NULL,"
    " control_out INTEGER NOT NULL"
    ") STRICT;",
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
