// SPDX-License-Identifier: BSD-3-Clause
//
// Private to import*.c: what was read, the same for every schema. Reading fills it, channels and
// people in the order of their ids; checking makes it sound; after that every id in it is one that
// is there, and every text is UTF-8.
#ifndef SUSURRO_IMPORT_INT_H
#define SUSURRO_IMPORT_INT_H

#include "store/import.h"
#include "store/store_int.h"

#define IMPORT_TEXT_MAX_BYTES 8000000 // a control message holds 8,388,607

struct import_channel {
    uint32_t id;
    int64_t parent; // NO_PARENT: none is written
    char *name, *description;
    int64_t position, max_users;
    bool is_inheriting;
    size_t n_entries, n_groups, n_links;
    struct acl_entry *entries;
    struct group *groups;
    uint32_t *links;
};
#define NO_PARENT INT64_MIN

struct import_person {
    struct registered is;
    int64_t last_channel;
    char *comment;
    uint8_t *texture;
    size_t texture_len;
    size_t n_listening;
    struct listening *listening;
};
struct import_setting {
    char *key, *value;
};
struct import_group { // where the group with this id is
    int64_t id;
    size_t channel, group;
};
enum import_note_kind { NOTE_REPAIRED, NOTE_LEFT_OUT };
struct import_note {
    enum import_note_kind kind;
    char *text;
};

struct import {
    char *path;
    int schema;
    int64_t server_id;
    uint16_t port; // of the first server
    size_t n_channels, n_people, n_bans, n_settings, n_group_refs, n_notes;
    struct import_channel *channels;
    struct import_person *people;
    struct ban *bans;
    struct import_setting *settings;
    struct import_group *group_refs;
    struct import_note *notes;
    size_t n_notes_unkept[2]; // by kind
    char *certificate, *key, *passphrase;
    char *certificate_name; // for the report
    int64_t n_log_lines;
    bool is_out_of_memory;
    bool is_refused; // why is in error
    char error[STORE_ERROR_BYTES];
};

// One more element, zeroed, at the end; NULL (and import->is_out_of_memory) when there is no
// memory.
void *import_grow(struct import *import, void *array, size_t *n, size_t element_bytes);
void import_note(struct import *import, enum import_note_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int import_refuse(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct import_channel *import_find_channel(const struct import *import, int64_t id);
struct import_person *import_find_person(const struct import *import, int64_t id);
void import_channel_clear(struct import_channel *channel);
void import_person_clear(struct import_person *person);
char *import_format(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---- import_open.c ----------------------------------------------------------------------------
struct import_file {
    const char *path;
    sqlite3 *db;
    char prefix[64]; // of the tables' names (dbPrefix)
    int schema;
    int64_t n_steps_left; // of SQLite's machine: a hostile file cannot keep it busy for ever
    char *error;
};
// 0 or -1; opens a read transaction and leaves schema and prefix. Close in either case.
int import_open(struct import_file *file, const char *path, char error[STORE_ERROR_BYTES]);
void import_close(struct import_file *file);
// The statement for a text in which every %w stands for the prefix; NULL and the line in error.
sqlite3_stmt *import_prepare(struct import_file *file, const char *sql);
int import_fail(struct import_file *file); // -1, with SQLite's reason
int import_refuse_file(struct import_file *file, const char *reason, const char *remedy); // -1

// ---- import_values.c --------------------------------------------------------------------------
bool column_is_null(sqlite3_stmt *row, int at);
// Exactly that many hexadecimal digits, in small letters, and a zero.
bool column_hex(sqlite3_stmt *row, int at, char *out, size_t n_digits);
int64_t column_time(sqlite3_stmt *row, int at); // 0: none
// A heap copy, "" for NULL. What is not UTF-8 becomes U+FFFD, and is noted as of "WHAT ID".
char *import_text(struct import *import, sqlite3_stmt *row, int at, const char *what, int64_t id);
// The same, NULL for "".
char *import_optional_text(struct import *import, sqlite3_stmt *row, int at, const char *what,
                           int64_t id);
// False: there are most of them already, and the import is refused.
bool import_has_room(struct import *import, size_t n, size_t most, const char *what);

// ---- import_rows*.c: one row each; 0 or -1. The columns stand at the definitions. ---------------
typedef int (*import_row_fn)(struct import *import, sqlite3_stmt *row);
int import_read_channel(struct import *import, sqlite3_stmt *row);
int import_read_channel_info(struct import *import, sqlite3_stmt *row);
int import_read_link(struct import *import, sqlite3_stmt *row);
int import_read_person(struct import *import, sqlite3_stmt *row);
int import_read_person_info(struct import *import, sqlite3_stmt *row);
int import_read_listening(struct import *import, sqlite3_stmt *row);
int import_read_group(struct import *import, sqlite3_stmt *row);
int import_read_member(struct import *import, sqlite3_stmt *row);
int import_read_entry(struct import *import, sqlite3_stmt *row);
int import_read_ban(struct import *import, sqlite3_stmt *row);
int import_read_setting(struct import *import, sqlite3_stmt *row);
int import_read_log_count(struct import *import, sqlite3_stmt *row);

// ---- import_read.c, import_check*.c, import_settings.c ----------------------------------------
int import_read_rows(struct import *import, struct import_file *file);
// Names: 0 or -1 (memory). A name that cannot be used is replaced, a second one of that name gets
// the id behind it; both are noted as of "WHAT ID". A new name may be another's: it takes some
// passes.
#define IMPORT_PASSES_MOST 16
int import_repair_name(struct import *import, char **name, const char *what, long long id);
int import_rename_twin(struct import *import, char **name, const char *what, long long id);
// Each 0, or -1 when the import cannot be (import->error, or out of memory).
int import_check_channels(struct import *import);
int import_check_people(struct import *import);
int import_check_rights(struct import *import);
int import_check_bans(struct import *import);
int import_check_settings(struct import *import);
void import_check_certificate(struct import *import);
void import_set_secret(char **place, char *text); // the old one is wiped
int import_name_root(struct import *import);      // after the settings were checked

#endif
