// SPDX-License-Identifier: BSD-3-Clause
//
// import: what a mumble-server database holds, into one of ours. A second public header of store
// because it is a page of its own. Only for the command line; blocks; one thread.
//
//   file ─read, by the SELECTs of its schema─► struct import ─check: repaired, and said─► write:
//   all or nothing
//
// The file is opened read-only, in one read transaction, and believed in nothing: tables may be
// missing, damaged or hostile. What mumble-server itself would not have used (rights of people who
// are gone, channels without a parent) is repaired in a fixed way and listed, so that two imports
// of one file give the same. Schemas 4 to 9 are those of mumble-server 1.2 to 1.5, 10 and 11
// of 1.6.
#ifndef SUSURRO_IMPORT_H
#define SUSURRO_IMPORT_H

#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define IMPORT_CHANNELS_MAX 100000
#define IMPORT_PEOPLE_MAX 1000000
#define IMPORT_ROWS_MAX 5000000 // of any other table
#define IMPORT_NOTES_MAX 10000  // lines of what was repaired or left out; more are only counted

// A virtual server: mumble-server may keep several in one file, here each has a file and a process
// of its own.
struct import_server {
    int64_t id;
    uint32_t port; // 0: not set
    uint32_t n_channels, n_people;
    char name[128];
};
// Those in a file, ascending; *out is the caller's to free. 0, or -1 and one line in error[] that
// names the file, the reason and the remedy.
int import_servers(const char *path, struct import_server **out, size_t *n_servers,
                   char error[STORE_ERROR_BYTES]);
// Is this file the database of a mumble-server? No message either way.
bool import_is_mumble_server(const char *path);

struct import;
struct import_request {
    const char *path;
    int64_t server_id;
    uint16_t port; // of the first server: the ini's
};
// Reads one virtual server and repairs it. NULL and one line in error[].
struct import *import_read(const struct import_request *request, char error[STORE_ERROR_BYTES]);
void import_free(struct import *import); // NULL is fine
// What would come, what not, and what was repaired: a table for a human. No secrets.
void import_report(const struct import *import, FILE *out);
// Everything in one batch, in place of what the store holds. 0, or -1 and one line in error[], and
// then nothing has changed. Refused, unless is_replacing, when the store holds something else than
// a new database or the unchanged result of an import.
int import_write(const struct import *import, struct store *store, const char *store_path,
                 bool is_replacing, char error[STORE_ERROR_BYTES]);

#endif
