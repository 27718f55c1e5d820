// SPDX-License-Identifier: BSD-3-Clause
// mumble-server's databases: every schema gives the same, what is wrong is repaired in one way and
// said, files that are none are refused in one line, and nothing is ever half written.
#include "store/import.h"

#include "base/base.h"
#include "base/config.h"
#include "model/model.h"

#include "import_world.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char directory[64];

// Valid for a while.
static char *path_of(const char *name)
{
    static char paths[4][160];
    static unsigned n = 0;
    char *path = paths[n++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

// ---- making ------------------------------------------------------------------------------------

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s\nin: %s", error, sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void sha1_hex(const char *text, char out[41])
{
    uint8_t hash[20];
    assert_int_equal(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL), 1);
    for (int i = 0; i < 20; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

// The text with {V}, {ID1}, {ID2} and {SHA1} filled in.
static void run_filled(const char *path, const char *text, int schema)
{
    char sha1[41], v[16];
    sha1_hex("secreto", sha1);
    (void)snprintf(v, sizeof v, "%d", schema);
    const char *const fills[][2] = { { "{V}", v },
                                     { "{ID1}", schema >= 10 ? "0" : "1" },
                                     { "{ID2}", schema >= 10 ? "1" : "2" },
                                     { "{SHA1}", sha1 } };
    char *out = calloc(1, 2 * strlen(text) + 1000);
    assert_non_null(out);
    for (const char *at = text; *at != '\0';) {
        size_t i = 0;
        while (i < ARRAY_LEN(fills) && strncmp(at, fills[i][0], strlen(fills[i][0])) != 0)
            i++;
        if (i < ARRAY_LEN(fills)) {
            strcat(out, fills[i][1]);
            at += strlen(fills[i][0]);
        } else {
            strncat(out, at++, 1);
        }
    }
    run_sql(path, out);
    free(out);
}

static const char *make_world(int schema)
{
    const char *path = path_of("mumble-server.sqlite");
    (void)unlink(path);
    run_filled(path, schema >= 10 ? tables_new : tables_old, schema);
    if (schema < 10)
        run_filled(path, schema >= 8 ? users_8 : schema >= 6 ? users_6 : users_4, schema);
    if (schema == 9)
        run_filled(path, listeners_9, schema);
    run_filled(path, schema >= 10 ? rows_new : rows_old, schema);
    if (schema == 8 || schema == 9)
        run_filled(path, rows_8, schema);
    if (schema == 9)
        run_filled(path, rows_9, schema);
    return path;
}

static struct import *read_server(const char *path, int64_t id, char error[STORE_ERROR_BYTES])
{
    struct import_request request = { .path = path, .server_id = id, .port = 64738 };
    return import_read(&request, error);
}

static struct import *read_first(const char *path)
{
    char error[STORE_ERROR_BYTES];
    struct import_server *servers = NULL;
    size_t n = 0;
    if (import_servers(path, &servers, &n, error) != 0)
        fail_msg("%s", error);
    struct import *import = read_server(path, servers[0].id, error);
    free(servers);
    if (import == NULL)
        fail_msg("%s", error);
    return import;
}

static char *new_target(void)
{
    char *path = path_of("susurro.sqlite");
    (void)unlink(path);
    return path;
}

static int write_to(const struct import *import, const char *path, bool is_replacing,
                    char error[STORE_ERROR_BYTES])
{
    struct store *store = store_open(path, error);
    if (store == NULL)
        fail_msg("%s", error);
    int result = import_write(import, store, path, is_replacing, error);
    store_close(store);
    return result;
}

// Reads and writes; the path of the result.
static const char *import_to_new(const char *source)
{
    char error[STORE_ERROR_BYTES];
    const char *target = new_target();
    struct import *import = read_first(source);
    if (write_to(import, target, false, error) != 0)
        fail_msg("%s", error);
    import_free(import);
    return target;
}

// ---- looking -----------------------------------------------------------------------------------

static int add_row(void *context, int n, char **values, char **names)
{
    (void)names;
    char *out = context;
    for (int i = 0; i < n; i++) {
        strcat(out, values[i] != NULL ? values[i] : "-");
        strcat(out, i + 1 < n ? "|" : "\n");
    }
    return 0;
}

static const char *ask(const char *path, const char *sql)
{
    static char out[65536];
    sqlite3 *db = NULL;
    char *error = NULL;
    out[0] = '\0';
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, add_row, out, &error) != SQLITE_OK)
        fail_msg("%s", error);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return out;
}

static const char everything[] =
    "SELECT channel_id, parent_id, name, description, position, max_users, is_inheriting"
    " FROM channels ORDER BY 1;"
    "SELECT user_id, name, email, comment, hex(texture), last_channel, last_active,"
    " last_disconnect FROM users ORDER BY 1; SELECT * FROM user_certs;"
    "SELECT channel_id, position, is_here, is_sub, user_id, group_spec, grant_bits, deny_bits"
    " FROM acls ORDER BY 1, 2;"
    "SELECT * FROM groups ORDER BY 1, 2; SELECT channel_id, name, user_id, is_added"
    " FROM group_members ORDER BY 1, 2, 3;"
    "SELECT * FROM links ORDER BY 1, 2; SELECT * FROM listenings;"
    "SELECT hex(address), mask_bits, cert_hash, name, reason, start, duration FROM bans;"
    "SELECT * FROM config ORDER BY 1;";

static const char *report_of(const struct import *import)
{
    static char text[65536];
    FILE *file = tmpfile();
    assert_non_null(file);
    import_report(import, file);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

// ---- every schema ------------------------------------------------------------------------------

static void expected_world(int schema, char out[8192])
{
    const char *disconnect = schema >= 8 ? "1612328400" : "-";
    // The group that 1.6 keeps a "$hash" in.
    const char *hash_group = schema >= 10 ? "2|" LUIS_HASH "|1|1\n" : "";
    (void)snprintf(out, 8192,
                   "0|-|Casa||0|0|0\n1|0|Sala|<b>desc</b>|-5|0|1\n2|1|Aparte||0|0|0\n"
                   "7|0|Zoo||0|9|1\n"
                   "0|SuperUser|-|-||0|-|-\n"
                   "1|Ana|ana@example.org|soy Ana|89504E47|2|1612325106|%s\n"
                   "2|Luis María|-|-||-|-|-\n" LUIS_HASH "|2\n"
                   "0|1|1|1|-|admin|1|0\n0|2|1|1|-|auth|1024|0\n0|3|1|0|-|all|524288|0\n"
                   "1|1|0|1|-|~sub,0,1|0|8\n1|2|1|0|2|-|4|0\n"
                   "2|1|1|1|-|!~#pw|4|2\n2|2|1|1|-|$" LUIS_HASH "|4|2\n"
                   "0|admin|1|1\n1|x|0|0\n%s0|admin|1|1\n1|x|2|0\n1|7\n7|1\n%s"
                   "00000000000000000000FFFF0A000000|104||Troll|r|1577934245|60\n"
                   "pluginmessagelimit|9\nregisterName|Casa\nserverpassword|geheim\nusers|50\n"
                   "welcometext|<b>\"Hola\"</b>, a; b\\c\n",
                   disconnect, hash_group, schema >= 9 ? "1|7|0.5|1\n" : "");
}

static void test_every_schema(void **state)
{
    (void)state;
    static const int schemas[] = { 4, 5, 6, 7, 8, 9, 10, 11 };
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        char expected[8192];
        const char *target = import_to_new(make_world(schemas[i]));
        expected_world(schemas[i], expected);
        if (strcmp(ask(target, everything), expected) != 0)
            fail_msg("schema %d\n%s", schemas[i], ask(target, everything));
    }
}

static struct password password_of(const char *path, int id)
{
    char sql[160], text[512];
    struct password password = { 0 };
    (void)snprintf(sql, sizeof sql,
                   "SELECT coalesce(pw, ''), coalesce(salt, ''), coalesce(kdf_iterations, 0)"
                   " FROM users WHERE user_id = %d",
                   id);
    (void)snprintf(text, sizeof text, "%s", ask(path, sql));
    char *salt = strchr(text, '|'), *iterations = strrchr(text, '|');
    assert_true(salt != NULL && iterations != salt);
    (void)snprintf(password.hash, sizeof password.hash, "%.*s", (int)(salt - text), text);
    (void)snprintf(password.salt, sizeof password.salt, "%.*s", (int)(iterations - salt - 1),
                   salt + 1);
    password.iterations = (uint32_t)strtoul(iterations + 1, NULL, 10);
    return password;
}

static void test_passwords(void **state)
{
    (void)state;
    char sql[512];
    struct password made, found;
    const char *source = make_world(9);
    assert_true(password_hash("otra", &made));
    (void)snprintf(sql, sizeof sql,
                   "UPDATE users SET pw = upper('%s'), salt = '%s', kdfiterations = %u"
                   " WHERE user_id = 2 AND server_id = 1",
                   made.hash, made.salt, made.iterations);
    run_sql(source, sql);
    const char *target = import_to_new(source);
    found = password_of(target, 1);
    assert_int_equal(found.iterations, 0);
    assert_true(password_matches("secreto", &found));
    assert_false(password_is_current(&found));
    found = password_of(target, 2);
    assert_true(password_matches("otra", &found));
    assert_false(password_matches("otro", &found));
    found = password_of(target, 0);
    assert_string_equal(found.hash, "");
}

// ---- several servers ---------------------------------------------------------------------------

static void test_servers(void **state)
{
    (void)state;
    static const int schemas[] = { 7, 11 };
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        char error[STORE_ERROR_BYTES];
        struct import_server *servers = NULL;
        size_t n = 0;
        char *source = strdup(make_world(schemas[i]));
        int first = schemas[i] >= 10 ? 0 : 1;
        assert_int_equal(import_servers(source, &servers, &n, error), 0);
        assert_int_equal(n, 2);
        assert_int_equal(servers[0].id, first);
        assert_int_equal(servers[0].n_channels, 4);
        assert_int_equal(servers[0].n_people, 2);
        assert_string_equal(servers[0].name, "Casa");
        assert_int_equal(servers[1].n_channels, 2);
        free(servers);

        // The second listens one port further, unless it says otherwise.
        struct import *import = read_server(source, first + 1, error);
        assert_non_null(import);
        assert_int_equal(write_to(import, new_target(), false, error), 0);
        assert_string_equal(ask(path_of("susurro.sqlite"), "SELECT * FROM config ORDER BY 1"),
                            "port|64739\nusers|3\n");
        assert_string_equal(ask(path_of("susurro.sqlite"), "SELECT name FROM channels ORDER BY 1"),
                            "Elsewhere\nRoot\n");
        import_free(import);
        run_filled(source, "INSERT INTO config VALUES ({ID2}, 'port', '5000')", schemas[i]);
        import = read_server(source, first + 1, error);
        assert_non_null(import);
        assert_int_equal(write_to(import, new_target(), false, error), 0);
        assert_string_equal(ask(path_of("susurro.sqlite"), "SELECT * FROM config ORDER BY 1"),
                            "port|5000\nusers|3\n");
        import_free(import);
        assert_null(read_server(source, 77, error));
        assert_non_null(strstr(error, "holds no server 77"));
        free(source);
    }
}

// dbPrefix: all tables' names begin with it.
static void test_prefix(void **state)
{
    (void)state;
    char expected[8192];
    const char *source = make_world(7);
    static const char *const tables[] = {
        "meta",   "servers",       "slog", "config",        "channels", "channel_info", "user_info",
        "groups", "group_members", "acl",  "channel_links", "bans",     "users"
    };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql, "ALTER TABLE %s RENAME TO \"my \"\"%s\"", tables[i],
                       tables[i]);
        run_sql(source, sql);
    }
    expected_world(7, expected);
    assert_string_equal(ask(import_to_new(source), everything), expected);
}

// ---- again -------------------------------------------------------------------------------------

static void test_idempotent(void **state)
{
    (void)state;
    char error[STORE_ERROR_BYTES], *first;
    struct import *import = read_first(make_world(9));
    const char *target = new_target();
    assert_int_equal(write_to(import, target, false, error), 0);
    first = strdup(ask(target, everything));
    assert_int_equal(write_to(import, target, false, error), 0);
    assert_string_equal(ask(target, everything), first);

    // What somebody has changed is not written over, unless that is wanted.
    run_sql(target, "UPDATE channels SET name = 'Mine' WHERE channel_id = 7");
    assert_int_equal(write_to(import, target, false, error), -1);
    assert_non_null(strstr(error, "holds 4 channels, 2 people and 1 bans"));
    assert_non_null(strstr(error, "--replace"));
    assert_string_equal(ask(target, "SELECT name FROM channels WHERE channel_id = 7"), "Mine\n");
    assert_int_equal(write_to(import, target, true, error), 0);
    assert_string_equal(ask(target, everything), first);
    free(first);
    import_free(import);
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    char error[STORE_ERROR_BYTES], *before;
    struct import *import = read_first(make_world(9));
    const char *target = new_target();
    struct store *store = store_open(target, error);
    assert_non_null(store);
    store_close(store);
    before = strdup(ask(target, everything));
    run_sql(target, "CREATE TRIGGER full BEFORE INSERT ON config BEGIN"
                    " SELECT RAISE(ABORT, 'the disk is full'); END");
    assert_int_equal(write_to(import, target, false, error), -1);
    assert_non_null(strstr(error, "nothing was imported: the disk is full"));
    assert_string_equal(ask(target, everything), before);
    free(before);
    import_free(import);
}

// ---- damage ------------------------------------------------------------------------------------

static const struct {
    const char *sql;      // done to a world of schema 9
    const char *note;     // in the report
    const char *question; // of the result
    const char *answer;
} damages[] = {
    { "DELETE FROM channels WHERE channel_id = 0", "channel 0: there was no root; it was made",
      "SELECT name, is_inheriting FROM channels WHERE channel_id = 0", "Casa|0\n" },
    { "UPDATE channels SET parent_id = 55 WHERE channel_id = 7", "channel 7: has no parent",
      "SELECT parent_id FROM channels WHERE channel_id = 7", "0\n" },
    { "UPDATE channels SET parent_id = NULL WHERE channel_id = 7", "channel 7: has no parent",
      "SELECT parent_id FROM channels WHERE channel_id = 7", "0\n" },
    { "UPDATE channels SET parent_id = 2 WHERE channel_id = 1 AND server_id = 1",
      "channel 1: lies beneath itself",
      "SELECT channel_id, parent_id FROM channels WHERE channel_id"
      " IN (1, 2)",
      "1|0\n2|1\n" },
    { "UPDATE channels SET parent_id = 7 WHERE channel_id = 7", "channel 7: has no parent",
      "SELECT parent_id FROM channels WHERE channel_id = 7", "0\n" },
    { "UPDATE channels SET parent_id = 1 WHERE channel_id = 0", "the root lies in no other channel",
      "SELECT count(*) FROM channels", "4\n" },
    { "UPDATE channels SET name = 'Sala' WHERE channel_id = 7",
      "channel 7: another is named \"Sala\", too; now \"Sala (7)\"",
      "SELECT name FROM channels WHERE channel_id IN (1, 7)", "Sala\nSala (7)\n" },
    { "UPDATE channels SET name = '' WHERE channel_id = 7", "channel 7: the name cannot be used",
      "SELECT name FROM channels WHERE channel_id = 7", "channel 7\n" },
    { "UPDATE channels SET name = ' a' || char(10) || 'b ' WHERE channel_id = 7", "now \"ab\"",
      "SELECT name FROM channels WHERE channel_id = 7", "ab\n" },
    { "UPDATE channels SET name = CAST(x'41ff42' AS TEXT) WHERE channel_id = 7",
      "channel 7: a text that is not UTF-8", "SELECT hex(name) FROM channels WHERE channel_id = 7",
      "41EFBFBD42\n" },
    { "INSERT INTO channels VALUES (1, -4, 0, 'x', 1), (1, 99999999999, 0, 'y', 1)",
      "channel 99999999999: no channel can have this number", "SELECT count(*) FROM channels",
      "4\n" },
    { "UPDATE channel_info SET value = '99999999999' WHERE key = 1",
      "channel 1: the position was 99999999999 and is 0",
      "SELECT position FROM channels WHERE channel_id = 1", "0\n" },
    { "UPDATE channel_info SET value = '-3' WHERE key = 2", "channel 7: the most users were -3",
      "SELECT max_users FROM channels WHERE channel_id = 7", "0\n" },
    { "INSERT INTO channel_links VALUES (1, 1, 55), (1, 2, 2)", "a link between channels 1 and 55",
      "SELECT count(*) FROM links", "2\n" },
    { "DELETE FROM channel_links WHERE channel_id = 7", "", "SELECT * FROM links ORDER BY 1",
      "1|7\n7|1\n" },
    { "UPDATE users SET name = 'ANA' WHERE user_id = 2",
      "person 2: another is named \"ANA\", too; now \"ANA (2)\"",
      "SELECT name FROM users ORDER BY user_id", "SuperUser\nAna\nANA (2)\n" },
    { "UPDATE users SET pw = 'zz' WHERE user_id = 1",
      "person 1: the password's hash is in no known form", "SELECT pw FROM users WHERE user_id = 1",
      "-\n" },
    { "UPDATE users SET kdfiterations = 2147483647 WHERE user_id = 1", "in no known form",
      "SELECT pw FROM users WHERE user_id = 1", "-\n" },
    { "INSERT INTO user_info VALUES (1, 1, 3, '" LUIS_HASH "')",
      "person 2: the certificate is person 1's, too", "SELECT * FROM user_certs",
      LUIS_HASH "|1\n" },
    { "UPDATE user_info SET value = 'x' WHERE key = 3", "person 2: the certificate's hash is none",
      "SELECT count(*) FROM user_certs", "0\n" },
    { "INSERT INTO acl VALUES (1, 1, 9, 77, NULL, 1, 1, 4, 0)",
      "channel 1: an entry of its rights: the person is not there",
      "SELECT count(*) FROM acls WHERE channel_id = 1", "2\n" },
    { "INSERT INTO acl VALUES (1, 88, 9, NULL, 'all', 1, 1, 4, 0)",
      "channel 88: an entry of its rights: the channel is not there", "SELECT count(*) FROM acls",
      "7\n" },
    { "UPDATE acl SET grantpriv = 1073741828 WHERE priority = 6",
      "permission bits 0x40000000 are not known", "SELECT grant_bits FROM acls WHERE user_id = 2",
      "4\n" },
    { "UPDATE acl SET group_name = NULL WHERE group_name = '!~#pw'", "it is about nobody",
      "SELECT count(*) FROM acls WHERE channel_id = 2", "1\n" },
    { "INSERT INTO group_members VALUES (1, 1, 55, 1), (9, 1, 1, 1)",
      "person 55 in group 1: one of them is not there", "SELECT count(*) FROM group_members",
      "2\n" },
    { "INSERT INTO groups VALUES (9, 1, 'admin', 0, 0, 0)", "channel 0: a group is there twice",
      "SELECT is_inheriting FROM groups WHERE name = 'admin'", "1\n" },
    { "UPDATE bans SET base = x'00' WHERE server_id = 1", "ban 1: has neither an address",
      "SELECT count(*) FROM bans", "0\n" },
    { "UPDATE bans SET mask = 300 WHERE server_id = 1", "ban 1: the mask was 300 and is 128",
      "SELECT mask_bits FROM bans", "128\n" },
    { "UPDATE bans SET start = 'soon' WHERE server_id = 1", "ban 1: when it began is not known",
      "SELECT start, duration FROM bans", "0|0\n" },
    { "INSERT INTO channel_listeners VALUES (1, 1, 44, 1, 1)",
      "the listening of person 1 to channel 44", "SELECT count(*) FROM listenings", "1\n" },
    { "UPDATE channel_listeners SET volume_adjustment = 1e99",
      "person 1: the volume of channel 7 is 1", "SELECT volume FROM listenings", "1.0\n" },
    { "UPDATE config SET value = 'many' WHERE key = 'users'",
      "setting \"users\": users = \"many\" is not a number",
      "SELECT count(*) FROM config WHERE key = 'users'", "0\n" },
    { "INSERT INTO config VALUES (1, 'username', '[')",
      "setting \"username\": username is not a regular expression",
      "SELECT count(*) FROM config WHERE key = 'username'", "0\n" },
    { "", "setting \"opusthreshold\": \"opusthreshold\" is not obeyed; Opus is the only codec",
      "SELECT count(*) FROM config WHERE key LIKE 'opus%'", "0\n" },
    { "INSERT INTO config VALUES (1, 'boot', 'false')", "mumble-server did not start this server",
      "SELECT count(*) FROM config WHERE key = 'boot'", "0\n" },
    { "INSERT INTO config VALUES (1, 'certificate', 'junk'), (1, 'key', 'junk')",
      "the server's certificate: its key cannot be read", "SELECT count(*) FROM settings", "1\n" },
};

static void test_damages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
        char error[STORE_ERROR_BYTES];
        const char *source = make_world(9), *target = new_target();
        run_sql(source, "DROP INDEX channel_id");
        run_sql(source, damages[i].sql);
        struct import *import = read_first(source);
        if (strstr(report_of(import), damages[i].note) == NULL)
            fail_msg("%s\n%s", damages[i].sql, report_of(import));
        if (write_to(import, target, false, error) != 0)
            fail_msg("%s\n%s", damages[i].sql, error);
        if (strcmp(ask(target, damages[i].question), damages[i].answer) != 0)
            fail_msg("%s\n%s: %s", damages[i].sql, damages[i].question,
                     ask(target, damages[i].question));
        import_free(import);
    }
}

static void test_report(void **state)
{
    (void)state;
    struct import *import = read_first(make_world(9));
    const char *report = report_of(import);
    static const char *const parts[] = {
        ": mumble-server 1.5 (schema 9), server 1\n",
        "channels, the root included           4  1 described, 1 with a limit, 1 without",
        "links between channels                1\n",
        "entries in rights (ACL)               7  in 3 channels\n",
        "registered people                     2  and SuperUser\n",
        "passwords                             1  1 in the old form",
        "bans                                  1  0 without end, 0 by certificate\n",
        "  serverpassword = (not shown)\n",
        "  users = 50\n",
        "log of 1 lines stays behind",
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (strstr(report, parts[i]) == NULL)
            fail_msg("no \"%s\" in\n%s", parts[i], report);
    }
    assert_null(strstr(report, "geheim"));
    assert_null(strstr(report, "opusthreshold ="));
    import_free(import);
}

// ---- the server's certificate ------------------------------------------------------------------

static char *pem_of_key(EVP_PKEY *key, const char *passphrase)
{
    char *data = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(
        PEM_write_bio_PrivateKey(bio, key, passphrase != NULL ? EVP_aes_128_cbc() : NULL,
                                 (const unsigned char *)passphrase,
                                 passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL),
        1);
    size_t len = (size_t)BIO_get_mem_data(bio, &data);
    char *text = strndup(data, len);
    BIO_free(bio);
    return text;
}

static char *pem_of_certificate(EVP_PKEY *key)
{
    char *data = NULL;
    X509 *certificate = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    size_t len = (size_t)BIO_get_mem_data(bio, &data);
    char *text = strndup(data, len);
    BIO_free(bio);
    X509_free(certificate);
    return text;
}

static void test_certificate(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048), *other = EVP_EC_gen("P-256"), *small = EVP_RSA_gen(1024);
    char *key_pem = pem_of_key(key, NULL), *locked_pem = pem_of_key(key, "abrete");
    char *cert = pem_of_certificate(key), *other_cert = pem_of_certificate(other);
    char *small_pem = pem_of_key(small, NULL), *small_cert = pem_of_certificate(small);
    const struct {
        const char *certificate, *more, *key, *passphrase; // more: behind the certificate
        const char *note;                                  // NULL: it comes
    } rows[] = {
        { cert, "", key_pem, "", NULL },
        { cert, "", locked_pem, "abrete", NULL },
        { cert, other_cert, key_pem, "", NULL },
        { other_cert, cert, key_pem, "", NULL },
        { cert, key_pem, "", "", NULL },
        { cert, "", locked_pem, "wrong", "its key cannot be read" },
        { cert, "", locked_pem, "", "its key cannot be read" },
        { other_cert, "", key_pem, "", "it does not fit its key" },
        { small_cert, "", small_pem, "", "TLS takes it no longer" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char sql[16384];
        const char *source = make_world(9);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO config VALUES (1, 'certificate', '%s%s'), (1, 'key', '%s'),"
                       " (1, 'passphrase', '%s')",
                       rows[i].certificate, rows[i].more, rows[i].key, rows[i].passphrase);
        run_sql(source, sql);
        struct import *import = read_first(source);
        const char *report = report_of(import);
        if (rows[i].note != NULL && strstr(report, rows[i].note) == NULL)
            fail_msg("row %zu:\n%s", i, report);
        assert_null(strstr(report, "PRIVATE"));
        assert_null(strstr(report, "abrete"));
        import_free(import);
        const char *target = import_to_new(source);
        const char *found = ask(target, "SELECT value FROM settings WHERE key = 'certificate'");
        if (rows[i].note != NULL) {
            assert_string_equal(found, "");
            continue;
        }
        assert_int_equal(strncmp(found, cert, strlen(cert)), 0); // the leaf first
        assert_int_equal(strstr(found, other_cert) != NULL,
                         rows[i].certificate == other_cert || rows[i].more == other_cert);
        assert_int_equal(strncmp(ask(target, "SELECT value FROM settings WHERE key = 'key'"),
                                 key_pem, strlen(key_pem)),
                         0);
    }
    char *all[] = { key_pem, locked_pem, cert, other_cert, small_pem, small_cert };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    EVP_PKEY_free(small);
}

// ---- files that are none -----------------------------------------------------------------------

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *path, const char *part)
{
    char error[STORE_ERROR_BYTES];
    struct import_server *servers = NULL;
    size_t n = 0;
    assert_null(read_server(path, 1, error));
    if (strstr(error, part) == NULL || strncmp(error, path, strlen(path)) != 0)
        fail_msg("%s: %s", part, error);
    assert_null(strchr(error, '\n'));
    assert_int_equal(import_servers(path, &servers, &n, error), -1);
    assert_null(servers);
    if (strstr(error, part) == NULL)
        fail_msg("%s: %s", part, error);
}

static void test_other_files(void **state)
{
    (void)state;
    static const struct {
        const char *content, *part;
    } rows[] = {
        { "", "is empty" },
        { "hello", "is not a SQLite database" },
        { "-- MySQL dump 10.19\n", "is a dump of MySQL; only SQLite can be imported" },
        { "-- MariaDB dump 10.19\n", "is a dump of MariaDB" },
        { "--\n-- PostgreSQL database dump\n", "is a dump of PostgreSQL" },
        { "{\"meta_data\": 1}", "is JSON" },
        { "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "is a dump in SQL" },
        { "SQLite format 3", "is not a SQLite database" },
    };
    const char *path = path_of("other");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        write_file(path, rows[i].content, strlen(rows[i].content));
        assert_refused(path, rows[i].part);
        assert_false(import_is_mumble_server(path));
    }
    assert_refused("/nowhere/x.sqlite", "No such file or directory");
    assert_refused(directory, "is no file");
    static const char *const databases[][2] = {
        { "CREATE TABLE t (x)", "is the database of another program" },
        { "CREATE TABLE meta (keystring TEXT, value TEXT)", "is the database of another program" },
        { "CREATE TABLE meta (keystring TEXT, value TEXT); INSERT INTO meta VALUES ('version', "
          "'x')",
          "is the database of another program" },
        { "CREATE TABLE meta (keystring TEXT, value TEXT); INSERT INTO meta VALUES ('version', "
          "'3')",
          "has schema 3; 4 to 11 are known (1.2 to 1.6); start mumble-server 1.3" },
        { "CREATE TABLE meta (keystring TEXT, value TEXT);"
          "INSERT INTO meta VALUES ('version', '12')",
          "has schema 12; 4 to 11 are known (1.2 to 1.6); it is from a newer mumble-server" },
        { "CREATE TABLE meta (keystring TEXT, value TEXT); INSERT INTO meta VALUES ('version', "
          "'7')",
          "is damaged: it has no table servers" },
    };
    for (size_t i = 0; i < ARRAY_LEN(databases); i++) {
        (void)unlink(path);
        run_sql(path, databases[i][0]);
        assert_refused(path, databases[i][1]);
    }
    const char *world = make_world(7);
    run_sql(world, "DROP TABLE users; CREATE VIEW users AS WITH RECURSIVE r (n) AS (SELECT 1 UNION"
                   " ALL SELECT n + 1 FROM r) SELECT n FROM r");
    assert_refused(world, "is damaged: it has no table users");
    world = make_world(7);
    run_sql(world, "DELETE FROM servers");
    char error[STORE_ERROR_BYTES];
    struct import_server *servers = NULL;
    size_t n = 0;
    assert_int_equal(import_servers(world, &servers, &n, error), -1);
    assert_non_null(strstr(error, "holds no server"));

    assert_true(import_is_mumble_server(make_world(7)));
    assert_true(import_is_mumble_server(make_world(11)));
    struct store *store = store_open(new_target(), error);
    assert_non_null(store);
    store_close(store);
    assert_false(import_is_mumble_server(path_of("susurro.sqlite")));
    assert_refused(path_of("susurro.sqlite"), "is already a database of susurrod");
}

// A log beside the file (WAL) is read, too, though the file's directory may not be written.
static void test_write_ahead_log(void **state)
{
    (void)state;
    char *source = strdup(make_world(9));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(source, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA journal_mode = WAL; UPDATE channels SET name = 'Later'"
                                  " WHERE channel_id = 7",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_string_equal(
        ask(import_to_new(source), "SELECT name FROM channels WHERE channel_id = 7"), "Later\n");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_string_equal(
        ask(import_to_new(source), "SELECT name FROM channels WHERE channel_id = 7"), "Later\n");
    free(source);
}

static void copy_file(const char *from, const char *to)
{
    static uint8_t bytes[1 << 22];
    FILE *in = fopen(from, "rb");
    assert_non_null(in);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    assert_true(n > 0 && n < sizeof bytes);
    (void)fclose(in);
    write_file(to, bytes, n);
}

// mumble-server was killed in the middle of a change: half of it is in the file, and only a writer
// may take it back.
static void test_unfinished_change(void **state)
{
    (void)state;
    char *source = strdup(make_world(9)), journal[200], other_journal[200];
    char *copy = strdup(path_of("copy.sqlite"));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(source, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db,
            "PRAGMA cache_size = 2; BEGIN; UPDATE channels SET name = 'Half';"
            "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9999)"
            " INSERT INTO slog SELECT 1, 'line ' || n, NULL FROM r",
            NULL, NULL, NULL),
        SQLITE_OK);
    (void)snprintf(journal, sizeof journal, "%s-journal", source);
    (void)snprintf(other_journal, sizeof other_journal, "%s-journal", copy);
    copy_file(source, copy);
    copy_file(journal, other_journal);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_refused(copy,
                   "has a journal beside it: mumble-server did not end well; start and stop it");
    assert_int_equal(access(other_journal, F_OK), 0); // it is not touched
    free(source);
    free(copy);
}

// Somebody is in the middle of a change: wait, then say so.
static void test_locked(void **state)
{
    (void)state;
    char *source = strdup(make_world(9));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(source, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_refused(source, "is being written to; stop mumble-server");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(source);
}

// ---- hostile -----------------------------------------------------------------------------------

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

// Bytes changed, parts cut off: a refusal or an import, never a crash; what is read is sound enough
// to be written.
static void test_mangled(void **state)
{
    (void)state;
    static const int schemas[] = { 7, 9, 11 };
    unsigned n_read = 0, n_refused = 0;
    for (size_t s = 0; s < ARRAY_LEN(schemas); s++) {
        FILE *file = fopen(make_world(schemas[s]), "rb");
        assert_non_null(file);
        static uint8_t whole[262144], part[262144];
        size_t len = fread(whole, 1, sizeof whole, file);
        (void)fclose(file);
        char *path = strdup(path_of("mangled.sqlite"));
        uint64_t seed = 20 + s;
        for (int i = 0; i < TEST_TIMES(100, 400); i++) {
            char error[STORE_ERROR_BYTES];
            size_t n = i % 10 == 0 ? next_random(&seed) % len : len;
            memcpy(part, whole, len);
            for (uint64_t j = 1 + next_random(&seed) % 12; j > 0 && n > 0; j--)
                part[next_random(&seed) % n] = (uint8_t)next_random(&seed);
            write_file(path, part, n);
            struct import *import = read_server(path, schemas[s] >= 10 ? 0 : 1, error);
            n_read += import != NULL;
            n_refused += import == NULL;
            if (import == NULL) {
                assert_true(error[0] != '\0' && strchr(error, '\n') == NULL);
                continue;
            }
            (void)report_of(import);
            struct store *store = store_open(":memory:", error);
            assert_non_null(store);
            if (import_write(import, store, ":memory:", false, error) != 0)
                fail_msg("schema %d, round %d: %s", schemas[s], i, error);
            store_close(store);
            import_free(import);
        }
        free(path);
    }
    assert_true(n_read > 20 && n_refused > 20);
}

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/import_test_XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_schema),      cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_servers),           cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_idempotent),        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_damages),           cmocka_unit_test(test_report),
        cmocka_unit_test(test_certificate),       cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_write_ahead_log),   cmocka_unit_test(test_locked),
        cmocka_unit_test(test_unfinished_change), cmocka_unit_test(test_mangled),
    };
    return cmocka_run_group_tests(tests, make_directory, NULL);
}
