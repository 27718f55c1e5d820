// SPDX-License-Identifier: BSD-3-Clause
//
// Databases of mumble-server, made from the tables of each of its versions and one small world that
// is the same in all: three channels beneath the root, two people beside the SuperUser, and a
// second virtual server that must not leak into the first.
#ifndef SUSURRO_TESTS_IMPORT_WORLD_H
#define SUSURRO_TESTS_IMPORT_WORLD_H

// {ID1} and {ID2} are the servers' ids; {V} is the schema.
static const char tables_old[] =
    "CREATE TABLE meta (keystring TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE servers (server_id INTEGER PRIMARY KEY AUTOINCREMENT);"
    "CREATE TABLE slog (server_id INTEGER NOT NULL, msg TEXT, msgtime DATE);"
    "CREATE TABLE config (server_id INTEGER NOT NULL, key TEXT, value TEXT);"
    "CREATE UNIQUE INDEX config_key ON config (server_id, key);"
    "CREATE TABLE channels (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL,"
    " parent_id INTEGER, name TEXT, inheritacl INTEGER);"
    "CREATE UNIQUE INDEX channel_id ON channels (server_id, channel_id);"
    "CREATE TABLE channel_info (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL,"
    " key INTEGER, value TEXT);"
    "CREATE TABLE user_info (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL, key INTEGER,"
    " value TEXT);"
    "CREATE TABLE groups (group_id INTEGER PRIMARY KEY AUTOINCREMENT, server_id INTEGER NOT NULL,"
    " name TEXT, channel_id INTEGER NOT NULL, inherit INTEGER, inheritable INTEGER);"
    "CREATE TABLE group_members (group_id INTEGER NOT NULL, server_id INTEGER NOT NULL,"
    " user_id INTEGER NOT NULL, addit INTEGER);"
    "CREATE TABLE acl (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL, priority INTEGER,"
    " user_id INTEGER, group_name TEXT, apply_here INTEGER, apply_sub INTEGER, grantpriv INTEGER,"
    " revokepriv INTEGER);"
    "CREATE TABLE channel_links (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL,"
    " link_id INTEGER NOT NULL);"
    "CREATE TABLE bans (server_id INTEGER NOT NULL, base BLOB, mask INTEGER, name TEXT, hash TEXT,"
    " reason TEXT, start DATE, duration INTEGER);";
static const char users_4[] =
    "CREATE TABLE users (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL, name TEXT NOT NULL,"
    " pw TEXT, lastchannel INTEGER, texture BLOB, last_active DATE);";
static const char users_6[] =
    "CREATE TABLE users (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL, name TEXT NOT NULL,"
    " pw TEXT, salt TEXT, kdfiterations INTEGER, lastchannel INTEGER, texture BLOB,"
    " last_active DATE);";
static const char users_8[] =
    "CREATE TABLE users (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL, name TEXT NOT NULL,"
    " pw TEXT, salt TEXT, kdfiterations INTEGER, lastchannel INTEGER, texture BLOB,"
    " last_active DATE, last_disconnect DATE);";
static const char listeners_9[] =
    "CREATE TABLE channel_listeners (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL,"
    " channel_id INTEGER NOT NULL, volume_adjustment FLOAT DEFAULT 1, enabled SMALLINT DEFAULT 1);";

static const char tables_new[] =
    "CREATE TABLE meta (meta_key VARCHAR(255) PRIMARY KEY, meta_value VARCHAR(255));"
    "CREATE TABLE virtual_servers (server_id INTEGER PRIMARY KEY);"
    "CREATE TABLE server_logs (server_id INTEGER, message TEXT, message_date BIGINT);"
    "CREATE TABLE config (server_id INTEGER, config_name VARCHAR(255), config_value TEXT);"
    "CREATE TABLE channels (server_id INTEGER, channel_id INTEGER, parent_id INTEGER,"
    " channel_name VARCHAR(255), inherit_acl SMALLINT);"
    "CREATE TABLE channel_properties (server_id INTEGER, channel_id INTEGER, property_key INTEGER,"
    " property_value TEXT);"
    "CREATE TABLE users (server_id INTEGER, user_id INTEGER, user_name VARCHAR(255),"
    " password_hash VARCHAR(255), salt VARCHAR(128), kdf_iterations INTEGER,"
    " last_channel_id INTEGER, texture BLOB, last_active BIGINT, last_disconnect BIGINT);"
    "CREATE TABLE user_properties (server_id INTEGER, user_id INTEGER, property_key INTEGER,"
    " property_value TEXT);"
    "CREATE TABLE groups (server_id INTEGER, group_id INTEGER, group_name VARCHAR(255),"
    " channel_id INTEGER, inherit SMALLINT, is_inheritable SMALLINT);"
    "CREATE TABLE group_members (server_id INTEGER, group_id INTEGER, user_id INTEGER,"
    " add_to_group SMALLINT);"
    "CREATE TABLE access_control_lists (server_id INTEGER, channel_id INTEGER, priority INTEGER,"
    " affected_user_id INTEGER, affected_group_id INTEGER, affected_meta_group_id INTEGER,"
    " access_token VARCHAR(255), group_modifiers VARCHAR(31), apply_in_current_channel SMALLINT,"
    " apply_in_sub_channels SMALLINT, granted_privilege_flags INTEGER,"
    " revoked_privilege_flags INTEGER);"
    "CREATE TABLE channel_links (server_id INTEGER, first_channel_id INTEGER,"
    " second_channel_id INTEGER);"
    "CREATE TABLE bans (server_id INTEGER, ipv6_base_address VARCHAR(45), prefix_length INTEGER,"
    " banned_user_cert_hash VARCHAR(255), banned_user_name VARCHAR(255), reason TEXT,"
    " start_date BIGINT, duration INTEGER);"
    "CREATE TABLE channel_listeners (server_id INTEGER, user_id INTEGER, channel_id INTEGER,"
    " volume_adjustment FLOAT, enabled SMALLINT);";

#define LUIS_HASH "0123456789abcdef0123456789abcdef01234567"

static const char rows_old[] =
    "INSERT INTO meta VALUES ('version', '{V}');"
    "INSERT INTO servers VALUES ({ID1}), ({ID2});"
    "INSERT INTO slog VALUES ({ID1}, 'hello', '2020-01-01 00:00:00');"
    "INSERT INTO config VALUES ({ID1}, 'users', '50'), ({ID1}, 'password', 'geheim'),"
    " ({ID1}, 'registername', 'Casa'), ({ID1}, 'welcometext', '<b>\"Hola\"</b>, a; b\\c'),"
    " ({ID1}, 'opusthreshold', '100'), ({ID1}, 'mpluginessagelimit', '9'),"
    " ({ID2}, 'users', '3');"
    "INSERT INTO channels VALUES ({ID1}, 0, NULL, 'Root', NULL), ({ID1}, 1, 0, 'Sala', 1),"
    " ({ID1}, 2, 1, 'Aparte', 0), ({ID1}, 7, 0, 'Zoo', 1), ({ID2}, 0, NULL, 'Root', NULL),"
    " ({ID2}, 3, 0, 'Elsewhere', 1);"
    "INSERT INTO channel_info VALUES ({ID1}, 1, 0, '<b>desc</b>'), ({ID1}, 1, 1, '-5'),"
    " ({ID1}, 7, 2, '9'), ({ID2}, 3, 0, 'no');"
    "INSERT INTO users (server_id, user_id, name, pw, lastchannel, texture, last_active) VALUES"
    " ({ID1}, 0, 'SuperUser', '', 0, NULL, NULL),"
    " ({ID1}, 1, 'Ana', '{SHA1}', 2, x'89504e47', '2021-02-03 04:05:06'),"
    " ({ID1}, 2, 'Luis María', NULL, 99, NULL, NULL),"
    " ({ID2}, 1, 'Stranger', NULL, 3, NULL, NULL);"
    "INSERT INTO user_info VALUES ({ID1}, 1, 1, 'ana@example.org'), ({ID1}, 1, 2, 'soy Ana'),"
    " ({ID1}, 2, 3, '" LUIS_HASH "');"
    "INSERT INTO groups VALUES (1, {ID1}, 'admin', 0, 1, 1), (2, {ID1}, 'x', 1, 0, 0),"
    " (3, {ID2}, 'admin', 0, 1, 1);"
    "INSERT INTO group_members VALUES (1, {ID1}, 1, 1), (2, {ID1}, 2, 0), (3, {ID2}, 1, 1);"
    "INSERT INTO acl VALUES ({ID1}, 0, 1, NULL, 'admin', 1, 1, 1, 0),"
    " ({ID1}, 0, 2, NULL, 'auth', 1, 1, 1024, NULL), ({ID1}, 0, 3, NULL, 'all', 1, 0, 524288, 0),"
    " ({ID1}, 1, 6, 2, NULL, 1, 0, 4, 0), ({ID1}, 1, 5, NULL, '~sub,0,1', 0, 1, 0, 8),"
    " ({ID1}, 2, 1, NULL, '!~#pw', 1, 1, 4, 2), ({ID1}, 2, 2, NULL, '$" LUIS_HASH "', 1, 1, 4, 2),"
    " ({ID2}, 0, 1, NULL, 'all', 1, 1, 0, 4);"
    "INSERT INTO channel_links VALUES ({ID1}, 1, 7), ({ID1}, 7, 1);"
    "INSERT INTO bans VALUES ({ID1}, x'00000000000000000000ffff0a000000', 104, 'Troll', NULL,"
    " 'r', '2020-01-02T03:04:05', 60),"
    " ({ID2}, x'00000000000000000000ffff0b000000', 104, '', NULL, '', NULL, 0);";
static const char rows_8[] =
    "UPDATE users SET last_disconnect = '2021-02-03 05:00:00' WHERE user_id = 1;";
static const char rows_9[] =
    "INSERT INTO channel_listeners VALUES ({ID1}, 1, 7, 0.5, 1), ({ID2}, 1, 3, 1, 1);";

static const char rows_new[] =
    "INSERT INTO meta VALUES ('schema_version', '{V}');"
    "INSERT INTO virtual_servers VALUES ({ID1}), ({ID2});"
    "INSERT INTO server_logs VALUES ({ID1}, 'hello', 1577836800);"
    "INSERT INTO config VALUES ({ID1}, 'users', '50'), ({ID1}, 'password', 'geheim'),"
    " ({ID1}, 'registername', 'Casa'), ({ID1}, 'welcometext', '<b>\"Hola\"</b>, a; b\\c'),"
    " ({ID1}, 'opusthreshold', '100'), ({ID1}, 'mpluginessagelimit', '9'),"
    " ({ID2}, 'users', '3');"
    "INSERT INTO channels VALUES ({ID1}, 0, NULL, 'Root', 0), ({ID1}, 1, 0, 'Sala', 1),"
    " ({ID1}, 2, 1, 'Aparte', 0), ({ID1}, 7, 0, 'Zoo', 1), ({ID2}, 0, NULL, 'Root', 0),"
    " ({ID2}, 3, 0, 'Elsewhere', 1);"
    "INSERT INTO channel_properties VALUES ({ID1}, 1, 0, '<b>desc</b>'), ({ID1}, 1, 1, '-5'),"
    " ({ID1}, 7, 2, '9'), ({ID2}, 3, 0, 'no');"
    "INSERT INTO users VALUES ({ID1}, 0, 'SuperUser', '', NULL, NULL, 0, NULL, 0, 0),"
    " ({ID1}, 1, 'Ana', '{SHA1}', NULL, NULL, 2, x'89504e47', 1612325106, 1612328400),"
    " ({ID1}, 2, 'Luis María', NULL, NULL, NULL, NULL, NULL, 0, 0),"
    " ({ID2}, 1, 'Stranger', NULL, NULL, NULL, 3, NULL, 0, 0);"
    "INSERT INTO user_properties VALUES ({ID1}, 1, 1, 'ana@example.org'),"
    " ({ID1}, 1, 2, 'soy Ana'), ({ID1}, 2, 3, '" LUIS_HASH "');"
    "INSERT INTO groups VALUES ({ID1}, 1, 'admin', 0, 1, 1), ({ID1}, 2, 'x', 1, 0, 0),"
    " ({ID2}, 1, 'admin', 0, 1, 1), ({ID1}, 3, '" LUIS_HASH "', 2, 1, 1);"
    "INSERT INTO group_members VALUES ({ID1}, 1, 1, 1), ({ID1}, 2, 2, 0), ({ID2}, 1, 1, 1);"
    "INSERT INTO access_control_lists VALUES"
    " ({ID1}, 0, 1, NULL, 1, NULL, NULL, NULL, 1, 1, 1, 0),"
    " ({ID1}, 0, 2, NULL, NULL, 2, NULL, NULL, 1, 1, 1024, 0),"
    " ({ID1}, 0, 3, NULL, NULL, 1, NULL, NULL, 1, 0, 524288, 0),"
    " ({ID1}, 1, 6, 2, NULL, NULL, NULL, NULL, 1, 0, 4, 0),"
    " ({ID1}, 1, 5, NULL, NULL, 6, NULL, '~;,0,1', 0, 1, 0, 8),"
    " ({ID1}, 2, 1, NULL, NULL, NULL, 'pw', '~;!', 1, 1, 4, 2),"
    " ({ID1}, 2, 2, NULL, 3, NULL, NULL, '$', 1, 1, 4, 2),"
    " ({ID2}, 0, 1, NULL, NULL, 1, NULL, NULL, 1, 1, 0, 4);"
    "INSERT INTO channel_links VALUES ({ID1}, 1, 7);"
    "INSERT INTO bans VALUES ({ID1}, '0000:0000:0000:0000:0000:ffff:0a00:0000', 104, '', 'Troll',"
    " 'r', 1577934245, 60),"
    " ({ID2}, '0000:0000:0000:0000:0000:ffff:0b00:0000', 104, '', NULL, NULL, 0, 0);"
    "INSERT INTO channel_listeners VALUES ({ID1}, 1, 7, 0.5, 1), ({ID2}, 1, 3, 1, 1);";

#endif
