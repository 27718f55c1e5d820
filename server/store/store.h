// SPDX-License-Identifier: BSD-3-Clause
//
// store: what survives a restart, in one SQLite file (WAL, synchronous FULL): channels, meetings,
// the server's certificate, passwords, people's remembered choices. Schema with ordered migrations;
// a newer schema than ours is refused; a corrupt file, or one of another program, is reported and
// never overwritten. All calls block; control makes the writing ones on libuv's thread pool, one
// batch at a time, so that one thread at a time uses the object. Times are UTC seconds.
#ifndef SUSURRO_STORE_H
#define SUSURRO_STORE_H

#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_ERROR_BYTES 1024

struct store;
// Opens or creates (readable by its owner only; ":memory:" keeps nothing). NULL and one line naming
// the file, the reason and the remedy in error[].
struct store *store_open(const char *path, char error[STORE_ERROR_BYTES]);
void store_close(struct store *store);
const char *store_last_error(const struct store *store); // of the last failed call

// Functions that return int give 0, or -1 and the reason in store_last_error.

// ---- batches: all or nothing ------------------------------------------------------------------
// A writing call outside of a batch is one by itself. When a call within a batch fails, the later
// ones fail too, and store_commit rolls the whole batch back and returns -1. Batches do not nest.
int store_begin(struct store *store); // 0 or -1
int store_commit(struct store *store);
void store_rollback(struct store *store);
// A part of a batch that can fail by itself: end gives -1 when a call since begin failed because of
// what it was to write, or left a reference to what is not there. Then that part is undone and the
// batch goes on. After any other failure (the disk) the batch has failed as a whole.
int store_part_begin(struct store *store);
int store_part_end(struct store *store);
// Was the last failure one of what was to be written, which would fail again for ever?
bool store_is_failure_of_content(const struct store *store);

// ---- settings: small named values (certificate, key, schema facts) ----------------------------
int store_setting_set(struct store *store, const char *key, const void *value, size_t len);
// A heap copy the caller frees, with a zero after it; NULL when absent.
char *store_setting_get(struct store *store, const char *key, size_t *len);

// ---- channels ---------------------------------------------------------------------------------
struct store_channel {
    uint32_t id, parent; // parent of the root (id 0) is 0
    const char *name, *description;
    int32_t position;
    uint32_t max_users;
    bool is_inheriting;       // the ACL entries of the channels above
    const char *meeting_role; // NULL; "floor", "track:es", "booth:en-es"
    uint32_t meeting_id;      // channel id of the meeting's floor; meaningful with a role
};
// The strings live during the call. Non-zero stops, and is what store_*_each then returns. Must not
// call the store.
typedef int (*store_channel_fn)(void *context, const struct store_channel *channel);
int store_channels_each(struct store *store, store_channel_fn fn, void *context); // parents first
// Inserts or replaces. The parent must be stored by the end of the batch.
int store_channel_put(struct store *store, const struct store_channel *channel);
// With all beneath it, and their meetings; never the root.
int store_channel_remove(struct store *store, uint32_t id);

// ---- meetings: a configuration text per floor channel, opaque here ----------------------------
typedef int (*store_meeting_fn)(void *context, uint32_t channel_id, const char *declaration);
int store_meetings_each(struct store *store, store_meeting_fn fn, void *context);
// The channel must be stored by the end of the batch.
int store_meeting_put(struct store *store, uint32_t channel_id, const char *declaration);
int store_meeting_remove(struct store *store, uint32_t channel_id);

// ---- rights -----------------------------------------------------------------------------------
// Entries, groups and the inherit flag of one channel, replaced as a whole; and its links (both
// directions are stored). The channel must be stored by the end of the batch. What names somebody
// who is not stored, or links to a channel that is not, is left out.
int store_acl_put(struct store *store, uint32_t channel_id, bool is_inheriting,
                  const struct acl_entry *entries, size_t n_entries, const struct group *groups,
                  size_t n_groups);
int store_links_put(struct store *store, uint32_t channel_id, const uint32_t *links,
                    size_t n_links);

// ---- registered people, bans ------------------------------------------------------------------
// Inserts or changes all of it but comment and texture, which their own calls set (len 0 clears). A
// last_channel that is not stored is forgotten.
int store_user_put(struct store *store, const struct registered *person);
// With their entries, memberships and ears; never the SuperUser.
int store_user_remove(struct store *store, int32_t user_id);
int store_user_comment_put(struct store *store, int32_t user_id, const char *text);
int store_user_texture_put(struct store *store, int32_t user_id, const void *data, size_t len);
// Heap copies with a zero after them, the caller frees; NULL: none, or a failure (last error).
char *store_user_comment_get(struct store *store, int32_t user_id);
uint8_t *store_user_texture_get(struct store *store, int32_t user_id, size_t *len);
// Nothing when the person or the channel is not stored.
int store_listening_put(struct store *store, int32_t user_id, const struct listening *listening);
typedef int (*store_listening_fn)(void *context, const struct listening *listening);
int store_listening_each(struct store *store, int32_t user_id, store_listening_fn fn,
                         void *context);
int store_bans_put(struct store *store, const struct ban *bans, size_t n_bans); // replaces all

// Everything above but the channels themselves into a model that has them: entries, groups, links,
// inherit flags; and people (with the SuperUser, when there is one) and bans. A new database has
// mumble-server's defaults (model_acl_defaults) in it already. Rows that make no sense are logged
// and left out; a channel whose entries cannot all be kept is shut. -1: it cannot be read, memory.
int store_load_rights(struct store *store, struct model *model);
int store_load_people(struct store *store, struct model *model);

// ---- configuration kept in the database: after the file, before the command line ---------------
typedef int (*store_config_fn)(void *context, const char *key, const char *value);
int store_config_each(struct store *store, store_config_fn fn, void *context); // by key
int store_config_put(struct store *store, const char *key, const char *value); // NULL removes

// ---- bytes moved, by calendar month (UTC): 202611 ----------------------------------------------
#define STORE_USAGE_ALL (-1)   // instead of a person: everybody, guests included
#define STORE_USAGE_MONTHS 24u // older ones are forgotten
struct store_usage {
    int32_t user_id;
    uint64_t voice_in, voice_out, control_in, control_out; // bytes on the wire; in: from them
};
// Adds to what is there. Somebody who is not stored (any more) is left out.
int store_usage_add(struct store *store, uint32_t month, const struct store_usage *rows, size_t n);
// Nothing kept: zeros. 0 or -1.
int store_usage_get(struct store *store, uint32_t month, int32_t user_id, struct store_usage *out);
typedef int (*store_usage_fn)(void *context, const char *name, const struct store_usage *usage);
int store_usage_each(struct store *store, uint32_t month, store_usage_fn fn,
                     void *context); // people, the most first

// ---- passwords ----------------------------------------------------------------------------------
#define PASSWORD_ITERATIONS 20000 // of those made here (a row may have another count): 10 to 20 ms
// Only the password of one person, who is made when absent: for the command line.
int store_password_put(struct store *store, int32_t user_id, const char *name,
                       const struct password *password);
bool store_password_get(struct store *store, int32_t user_id, struct password *out);
// Computes and compares (constant time). Slow on purpose: run it on the thread pool.
bool password_hash(const char *password, struct password *out);             // false: OpenSSL fails
bool password_matches(const char *password, const struct password *stored); // legacy SHA-1 as well
bool password_is_current(const struct password *stored); // false: hash it anew at the next login

// ---- a copy of a running server's database ----------------------------------------------------
// Opens path read-only beside the server that uses it and writes a whole, consistent copy to
// target, which must not exist. 0, or -1 and one line in error[].
int store_backup(const char *path, const char *target, char error[STORE_ERROR_BYTES]);
// A second connection to the same database, for reading only and for another thread. It sees what
// has been committed, and does not wait for the writing one (in memory: for the end of its batch).
struct store *store_open_reader(const struct store *writer, char error[STORE_ERROR_BYTES]);

// ---- people's choices, by certificate hash ----------------------------------------------------
// The newest 10,000 are kept.
#define STORE_CHOICES_MAX 10000
struct store_choice {
    char spoken[16], listen[16]; // language tags or ""
    int duck_db;                 // 1 = not chosen
};
int store_choice_put(struct store *store, const char *cert_hash, const struct store_choice *choice);
bool store_choice_get(struct store *store, const char *cert_hash, struct store_choice *out);

#endif
