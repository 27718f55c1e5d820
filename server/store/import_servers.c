// SPDX-License-Identifier: BSD-3-Clause
// The virtual servers in a file.
#include "store/import_int.h"

#include <stdlib.h>
#include <string.h>

static const char older[] =
    "SELECT s.server_id,"
    " (SELECT value FROM \"%wconfig\" c WHERE c.server_id = s.server_id AND key = 'port'),"
    " (SELECT count(*) FROM \"%wchannels\" c WHERE c.server_id = s.server_id),"
    " (SELECT count(*) FROM \"%wusers\" u WHERE u.server_id = s.server_id AND user_id > 0),"
    " (SELECT value FROM \"%wconfig\" c WHERE c.server_id = s.server_id"
    "   AND key = 'registername')"
    " FROM \"%wservers\" s ORDER BY s.server_id LIMIT 10000";
static const char newer[] =
    "SELECT s.server_id,"
    " (SELECT config_value FROM \"%wconfig\" c WHERE c.server_id = s.server_id"
    "   AND config_name = 'port'),"
    " (SELECT count(*) FROM \"%wchannels\" c WHERE c.server_id = s.server_id),"
    " (SELECT count(*) FROM \"%wusers\" u WHERE u.server_id = s.server_id AND user_id > 0),"
    " (SELECT config_value FROM \"%wconfig\" c WHERE c.server_id = s.server_id"
    "   AND config_name = 'registername')"
    " FROM \"%wvirtual_servers\" s ORDER BY s.server_id LIMIT 10000";

static void read_server(struct import_server *server, sqlite3_stmt *row)
{
    const unsigned char *name = sqlite3_column_text(row, 4);
    int64_t port = sqlite3_column_int64(row, 1);
    server->id = sqlite3_column_int64(row, 0);
    server->port = port > 0 && port <= 65535 ? (uint32_t)port : 0;
    server->n_channels = (uint32_t)sqlite3_column_int64(row, 2);
    server->n_people = (uint32_t)sqlite3_column_int64(row, 3);
    (void)snprintf(server->name, sizeof server->name, "%s", name != NULL ? (const char *)name : "");
    for (char *c = server->name; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    }
}

static int read_servers(struct import_file *file, struct import_server **out, size_t *n_servers)
{
    struct import counter = { 0 };
    int code = SQLITE_ERROR;
    sqlite3_stmt *statement = import_prepare(file, file->schema >= 10 ? newer : older);
    if (statement == NULL)
        return -1;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct import_server *server = import_grow(&counter, out, n_servers, sizeof *server);
        if (server == NULL)
            break;
        read_server(server, statement);
    }
    int result = 0;
    if (counter.is_out_of_memory)
        result = import_refuse_file(file, "out of memory", "free some");
    else if (code != SQLITE_DONE)
        result = import_fail(file);
    else if (*n_servers == 0)
        result = import_refuse_file(file, "holds no server", "start mumble-server with it once");
    (void)sqlite3_finalize(statement);
    return result;
}

int import_servers(const char *path, struct import_server **out, size_t *n_servers,
                   char error[STORE_ERROR_BYTES])
{
    struct import_file file;
    *out = NULL;
    *n_servers = 0;
    int result = import_open(&file, path, error);
    if (result == 0)
        result = read_servers(&file, out, n_servers);
    import_close(&file);
    if (result != 0) {
        free(*out);
        *out = NULL;
        *n_servers = 0;
    }
    return result;
}
