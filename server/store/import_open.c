// SPDX-License-Identifier: BSD-3-Clause
// Opens a stranger's file for reading and finds out what it is.
#include "store/import_int.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 2000
#define VALUE_MAX_BYTES (64 << 20)
#define STEPS_MAX INT64_C(20000000000) // of SQLite's machine; a large file takes a hundredth
#define STEPS_AT_ONCE 1000000
#define SCHEMA_LEAST 4
#define SCHEMA_MOST 11

#define WHERE_IT_IS                                                                                \
    "name mumble-server's database (\"database\" in its ini says where it is, on Debian "          \
    "/var/lib/mumble-server/mumble-server.sqlite)"

int import_refuse_file(struct import_file *file, const char *reason, const char *remedy)
{
    (void)snprintf(file->error, STORE_ERROR_BYTES, "%.280s: %.240s; %.440s", file->path, reason,
                   remedy);
    for (char *c = file->error; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ')
            *c = '?';
    }
    return -1;
}

// Something beside the file belongs to its content: a log or, of a change that was never finished,
// a journal.
static bool has_beside(const char *path, const char *ending)
{
    char name[4096];
    struct stat status;
    (void)snprintf(name, sizeof name, "%s%s", path, ending);
    return stat(name, &status) == 0 && status.st_size > 0;
}

int import_fail(struct import_file *file)
{
    char reason[240];
    int code = sqlite3_errcode(file->db) & 0xFF;
    (void)snprintf(reason, sizeof reason, "cannot be read: %s", sqlite3_errmsg(file->db));
    switch (code) {
    case SQLITE_NOTADB:
        return import_refuse_file(file, "is not a SQLite database, or an encrypted one",
                                  WHERE_IT_IS);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return import_refuse_file(file, "is being written to",
                                  "stop mumble-server, or copy the file first");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        if (has_beside(file->path, "-journal"))
            return import_refuse_file(file,
                                      "has a journal beside it: mumble-server did not end well",
                                      "start and stop it once, which puts the file right");
        return import_refuse_file(file, "has a log beside it that cannot be read from here",
                                  "copy the file together with its -wal into a directory of yours, "
                                  "and import the copy");
    case SQLITE_INTERRUPT:
        return import_refuse_file(file, "keeps the reader busy without end",
                                  "it is damaged or was made to do harm");
    case SQLITE_NOMEM:
        return import_refuse_file(file, "out of memory", "free some");
    default:
        (void)snprintf(reason, sizeof reason, "is damaged: %s", sqlite3_errmsg(file->db));
        return import_refuse_file(file, reason, "import a backup of it");
    }
}

sqlite3_stmt *import_prepare(struct import_file *file, const char *sql)
{
    const char *p = file->prefix;
    sqlite3_stmt *statement = NULL;
    char *text = sqlite3_mprintf(sql, p, p, p, p, p, p);
    if (text == NULL || sqlite3_prepare_v2(file->db, text, -1, &statement, NULL) != SQLITE_OK)
        (void)import_fail(file);
    sqlite3_free(text);
    return statement;
}

static int count_steps(void *context)
{
    struct import_file *file = context;
    file->n_steps_left -= STEPS_AT_ONCE;
    return file->n_steps_left < 0;
}

// ---- what kind of file ------------------------------------------------------------------------

// Other files that people try, by how they begin.
static int refuse_beginning(struct import_file *file, const char *start)
{
    static const struct {
        const char *start, *what;
    } dumps[] = {
        { "-- MySQL dump", "is a dump of MySQL" },
        { "-- MariaDB dump", "is a dump of MariaDB" },
        { "/*!999999", "is a dump of MariaDB" },
        { "/*M!999999", "is a dump of MariaDB" },
        { "-- PostgreSQL database dump", "is a dump of PostgreSQL" },
        { "--\n-- PostgreSQL", "is a dump of PostgreSQL" },
        { "PGDMP", "is a dump of PostgreSQL" },
        { "{", "is JSON" },
    };
    for (size_t i = 0; i < sizeof dumps / sizeof dumps[0]; i++) {
        if (strncmp(start, dumps[i].start, strlen(dumps[i].start)) == 0)
            return import_refuse_file(
                file, dumps[i].what,
                "only SQLite can be imported; docs/moving-from-mumble-server.md says how "
                "to turn it into that");
    }
    if (strncmp(start, "PRAGMA foreign_keys", 19) == 0 ||
        strncmp(start, "BEGIN TRANSACTION", 17) == 0)
        return import_refuse_file(file, "is a dump in SQL",
                                  "make a database of it first: sqlite3 new.sqlite < dump.sql");
    return import_refuse_file(file, "is not a SQLite database, or an encrypted one", WHERE_IT_IS);
}

static int look_at_file(struct import_file *file)
{
    static const char magic[16] = "SQLite format 3";
    struct stat status;
    char start[64] = "", reason[200];
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int code = errno;
        if (fd >= 0)
            (void)close(fd);
        (void)snprintf(reason, sizeof reason, "cannot be opened: %s", strerror(code));
        return import_refuse_file(
            file, reason,
            code == EACCES ? "become root, or copy it to where you may read it" : WHERE_IT_IS);
    }
    ssize_t n = S_ISREG(status.st_mode) ? read(fd, start, sizeof start - 1) : -1;
    (void)close(fd);
    if (!S_ISREG(status.st_mode))
        return import_refuse_file(file, "is no file", WHERE_IT_IS);
    if (n <= 0)
        return import_refuse_file(file, "is empty", WHERE_IT_IS);
    if ((size_t)n < sizeof magic || memcmp(start, magic, sizeof magic) != 0)
        return refuse_beginning(file, start);
    return 0;
}

// ---- opening ----------------------------------------------------------------------------------

// A WAL database in a directory where nothing may be written cannot be opened in the usual way.
// When its log is empty the file alone is the whole.
static int open_immutable(struct import_file *file)
{
    char uri[3 * 1024 + 64] = "file:";
    size_t n = strlen(uri);
    for (const char *c = file->path; *c != '\0'; c++) {
        if (n + 20 > sizeof uri)
            return -1;
        n += (size_t)snprintf(uri + n, 4, strchr("%?#", *c) != NULL ? "%%%02x" : "%c",
                              (unsigned)(unsigned char)*c);
    }
    (void)snprintf(uri + n, sizeof uri - n, "?immutable=1");
    return sqlite3_open_v2(uri, &file->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
}

static void make_careful(struct import_file *file)
{
    (void)sqlite3_extended_result_codes(file->db, 1);
    (void)sqlite3_busy_timeout(file->db, BUSY_TIMEOUT_MS);
    // What the file says about its own schema is not believed.
    (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_limit(file->db, SQLITE_LIMIT_LENGTH, VALUE_MAX_BYTES);
    (void)sqlite3_exec(file->db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    sqlite3_progress_handler(file->db, STEPS_AT_ONCE, count_steps, file);
}

// The first column of the first row of a statement with one row.
static int read_number(struct import_file *file, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = import_prepare(file, sql);
    if (statement == NULL)
        return -1;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else if (code != SQLITE_DONE)
        (void)import_fail(file);
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

static int begin_reading(struct import_file *file)
{
    int64_t n = 0;
    if (sqlite3_open_v2(file->path, &file->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return file->db != NULL ? import_fail(file)
                                : import_refuse_file(file, "out of memory", "free some");
    make_careful(file);
    (void)sqlite3_exec(file->db, "BEGIN", NULL, NULL, NULL);
    int code = sqlite3_exec(file->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    bool is_unopenable = (code & 0xFF) == SQLITE_CANTOPEN || (code & 0xFF) == SQLITE_READONLY;
    if (code != SQLITE_OK && !is_unopenable)
        return import_fail(file);
    if (is_unopenable && !has_beside(file->path, "-wal") && !has_beside(file->path, "-journal")) {
        (void)sqlite3_close(file->db);
        file->db = NULL;
        if (open_immutable(file) != SQLITE_OK)
            return file->db != NULL ? import_fail(file)
                                    : import_refuse_file(file, "out of memory", "free some");
        make_careful(file);
        (void)sqlite3_exec(file->db, "BEGIN", NULL, NULL, NULL);
    }
    return read_number(file, "SELECT count(*) FROM sqlite_schema", &n);
}

// ---- which program, which schema --------------------------------------------------------------

static int refuse_other_program(struct import_file *file)
{
    int64_t application = 0;
    if (read_number(file, "PRAGMA application_id", &application) != 0)
        return -1;
    if (application == STORE_APPLICATION_ID)
        return import_refuse_file(file, "is already a database of susurrod",
                                  "name it with database instead");
    return import_refuse_file(file, "is the database of another program, not of mumble-server",
                              WHERE_IT_IS);
}

// The table that holds the version: "meta", perhaps with a prefix; keystring and value up to 1.5,
// meta_key and meta_value from 1.6 on.
static int find_schema(struct import_file *file)
{
    static const char sql[] =
        "SELECT substr(s.name, 1, length(s.name) - 4), EXISTS ("
        "  SELECT 1 FROM pragma_table_info(s.name) AS c WHERE c.name = 'meta_key')"
        " FROM sqlite_schema AS s WHERE s.type = 'table' AND s.name LIKE '%%meta'"
        "  AND length(s.name) < 60 AND EXISTS (SELECT 1 FROM pragma_table_info(s.name) AS c"
        "   WHERE c.name IN ('keystring', 'meta_key'))"
        " ORDER BY length(s.name) LIMIT 1";
    sqlite3_stmt *statement = import_prepare(file, sql);
    bool is_new = false;
    if (statement == NULL)
        return -1;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        (void)snprintf(file->prefix, sizeof file->prefix, "%s",
                       (const char *)sqlite3_column_text(statement, 0));
        is_new = sqlite3_column_int(statement, 1) != 0;
    } else if (code != SQLITE_DONE) {
        (void)import_fail(file);
    }
    (void)sqlite3_finalize(statement);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? refuse_other_program(file) : -1;
    int64_t schema = 0;
    if (read_number(file,
                    is_new ? "SELECT meta_value FROM \"%wmeta\" WHERE meta_key IN"
                             " ('schema_version', 'scheme_version') ORDER BY meta_key DESC"
                           : "SELECT value FROM \"%wmeta\" WHERE keystring = 'version'",
                    &schema) != 0)
        return -1;
    file->schema = schema > 0 && schema < 1000 ? (int)schema : 0;
    return file->schema == 0 ? refuse_other_program(file) : 0;
}

static int check_schema(struct import_file *file)
{
    char reason[160];
    if (file->schema >= SCHEMA_LEAST && file->schema <= SCHEMA_MOST)
        return 0;
    (void)snprintf(reason, sizeof reason, "has schema %d; %d to %d are known (1.2 to 1.6)",
                   file->schema, SCHEMA_LEAST, SCHEMA_MOST);
    return import_refuse_file(
        file, reason,
        file->schema < SCHEMA_LEAST
            ? "start mumble-server 1.3 with a copy of it once, which brings it up to date"
            : "it is from a newer mumble-server; look for a newer susurrod");
}

// Ordinary tables only: a view could do anything when it is read.
static int check_tables(struct import_file *file)
{
    static const struct {
        int from, to;
        const char *name;
    } tables[] = {
        { 4, 9, "servers" },
        { 4, 9, "channel_info" },
        { 4, 9, "user_info" },
        { 4, 9, "acl" },
        { 4, 9, "slog" },
        { 4, 11, "meta" },
        { 4, 11, "config" },
        { 4, 11, "channels" },
        { 4, 11, "users" },
        { 4, 11, "groups" },
        { 4, 11, "group_members" },
        { 4, 11, "channel_links" },
        { 4, 11, "bans" },
        { 9, 11, "channel_listeners" },
        { 10, 11, "virtual_servers" },
        { 10, 11, "channel_properties" },
        { 10, 11, "user_properties" },
        { 10, 11, "access_control_lists" },
        { 10, 11, "server_logs" },
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char reason[160];
        if (file->schema < tables[i].from || file->schema > tables[i].to)
            continue;
        sqlite3_stmt *statement =
            import_prepare(file, "SELECT count(*) FROM sqlite_schema WHERE name = ?1 || ?2"
                                 " AND type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%%'");
        if (statement == NULL)
            return -1;
        bind_text(statement, 1, file->prefix);
        bind_text(statement, 2, tables[i].name);
        bool is_there =
            sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1;
        (void)sqlite3_finalize(statement);
        (void)snprintf(reason, sizeof reason, "is damaged: it has no table %s", tables[i].name);
        if (!is_there)
            return import_refuse_file(file, reason, "import a backup of it");
    }
    return 0;
}

static int check_whole(struct import_file *file)
{
    char reason[240] = "";
    sqlite3_stmt *statement = import_prepare(file, "PRAGMA quick_check(1)");
    if (statement == NULL)
        return -1;
    int code = sqlite3_step(statement);
    const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (code != SQLITE_ROW || found == NULL)
        (void)import_fail(file);
    else if (strcmp(found, "ok") != 0)
        (void)snprintf(reason, sizeof reason, "is damaged: %.*s", (int)strcspn(found, "\n"), found);
    bool is_read = found != NULL;
    (void)sqlite3_finalize(statement);
    if (!is_read)
        return -1;
    return reason[0] == '\0' ? 0 : import_refuse_file(file, reason, "import a backup of it");
}

int import_open(struct import_file *file, const char *path, char error[STORE_ERROR_BYTES])
{
    *file = (struct import_file){ .path = path, .error = error, .n_steps_left = STEPS_MAX };
    error[0] = '\0';
    return look_at_file(file) != 0 || begin_reading(file) != 0 || find_schema(file) != 0 ||
                   check_schema(file) != 0 || check_tables(file) != 0 || check_whole(file) != 0
               ? -1
               : 0;
}

void import_close(struct import_file *file)
{
    (void)sqlite3_close(file->db);
    file->db = NULL;
}

bool import_is_mumble_server(const char *path)
{
    struct import_file file = { .path = path, .n_steps_left = STEPS_MAX };
    char error[STORE_ERROR_BYTES] = "";
    file.error = error;
    bool is_one = look_at_file(&file) == 0 && begin_reading(&file) == 0 && find_schema(&file) == 0;
    import_close(&file);
    return is_one;
}
