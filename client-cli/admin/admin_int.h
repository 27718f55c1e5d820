// SPDX-License-Identifier: BSD-3-Clause
//
// admin: `susurro admin`, which does over the ordinary Mumble protocol what an administrator does,
// with Susurro and with mumble-server alike. What a stock server cannot be asked goes to ours as a
// plug-in message (docs/PROTOCOL.md, "Administration").
//
//   words ─► table (admin_table.c) ─► one function a command ─► admin_ask ─► picture, answers
//                                                           └─► sheets (admin_sheet.c) or JSON
//
// Commands are written as plain sequences: admin_ask sends a question and runs the loop until the
// answer is there. A question is followed by a ping; servers answer in order, so that what has not
// come when the ping is answered will not come, and no silence has to be waited for. A change
// counts as done only when the server has told it to us or shows it when asked again.
#ifndef SUSURRO_CLIENT_ADMIN_INT_H
#define SUSURRO_CLIENT_ADMIN_INT_H

#include "base/base.h"
#include "client-cli/cli.h"
#include "client-cli/events_int.h"
#include "client-cli/node.h"

#include <time.h>

#define ADMIN_WORDS_MAX 128       // of one command
#define ADMIN_NAME_BYTES 1024     // of a channel, with its NUL
#define ADMIN_OPTIONS_MAX 6       // that one command takes
#define ADMIN_LINE_MAX_BYTES 8192 // of a batch
#define ADMIN_TIMEOUT_S 10
#define ADMIN_QUESTION_ID "susurro.admin"

enum admin_exit {
    ADMIN_DONE,
    ADMIN_REFUSED, // by the server, which said why
    ADMIN_USAGE,
    ADMIN_UNREACHED, // no connection, no login
    ADMIN_NOT_FOUND,
    ADMIN_NO_ANSWER, // the connection broke, or the server said nothing
};

// ---- the picture: what the server has told

struct admin_user {
    uint32_t session, channel_id;
    int64_t user_id; // -1: not registered
    char *name, *hash;
    bool is_muted, is_deafened, is_suppressed, is_self_muted, is_self_deafened;
    bool is_priority_speaker, is_recording, has_comment, has_texture;
};
struct admin_channel {
    uint32_t id, parent_id, max_users;
    int32_t position;
    char *name, *description; // description NULL: none, or a long one not fetched yet
    bool is_temporary, is_restricted, has_long_description;
    uint32_t *links;
    size_t n_links;
};
struct picture {
    struct admin_user *users;
    struct admin_channel *channels;
    size_t n_users, n_channels;
};
void picture_apply(struct picture *picture, unsigned type, const ProtobufCMessage *message);
void picture_clear(struct picture *picture);
const struct admin_user *picture_user(const struct picture *picture, uint32_t session);
const struct admin_channel *picture_channel(const struct picture *picture, uint32_t id);
// Children in the order of clients (position, name); heap, NULL: out of memory.
const struct admin_channel **picture_children(const struct picture *picture, uint32_t parent_id,
                                              size_t *n);
// "Root/Assembly/English", slashes in names escaped; heap.
char *picture_path(const struct picture *picture, uint32_t id);

// ---- the connection

struct admin;
// Called for each message while a question is open; true: the answer is there.
typedef bool (*admin_expect_fn)(struct admin *admin, void *arg, unsigned type,
                                const ProtobufCMessage *message);

struct admin_options {
    struct url url;
    const char *certificate, *password_file, *batch;
    double timeout_s;
    bool is_json, is_insecure, is_verbose, is_going_on, has_url;
};
struct admin {
    struct admin_options options;
    uv_loop_t loop;
    uv_timer_t timer;
    SSL_CTX *tls;
    struct client *client; // NULL: not any more
    bool is_joined, is_over, is_late;
    enum client_end end;
    char end_reason[256];
    struct picture picture;
    uint64_t barrier, barrier_seen; // timestamps of pings
    admin_expect_fn expect;
    void *expect_arg;
    bool is_answered, is_denied;
    bool is_quiet; // refusals are counted by whoever asks, failures not told
    char denial[400];
    struct bucket texts; // the server drops what comes faster
    struct json json;
    int exit; // of the command that runs
    bool has_output;
};

int admin_connect(struct admin *admin); // 0, or an exit status, said why
void admin_disconnect(struct admin *admin);
// Sends, and takes what comes. expect NULL: a refusal is all that could come. 0 when the expected
// came, with everything that came along; else an exit status, said why.
enum ask_kind {
    ASK_ONCE,
    ASK_AGAIN, // a message that servers drop when it comes too fast: sent again if nothing came
    ASK_TEXT,  // likewise, but nothing ever comes: sent slowly
    ASK_LATE,  // the answer may be later than that to a ping
};
int admin_ask(struct admin *admin, enum msg_type type, const ProtobufCMessage *message,
              enum ask_kind kind, admin_expect_fn expect, void *arg);
// A question of our own server. *answer is its JSON as a tree, the caller's.
struct node;
int admin_question(struct admin *admin, const char *const *words, size_t n, struct node **answer);
void admin_pause(struct admin *admin, uint64_t ms);
void admin_denial(const struct picture *picture, const MumbleProto__PermissionDenied *denied,
                  char *out, size_t cap);

// ---- what is said

// To standard error (with --json also as an object to standard output). Returns `exit`.
int admin_fail(struct admin *admin, enum admin_exit exit, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// After something else has said why not.
static inline int admin_exit_of(const struct admin *admin)
{
    return admin->exit != ADMIN_DONE ? admin->exit : ADMIN_NO_ANSWER;
}
int admin_done(struct admin *admin, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_FLAG, COLUMN_LIST };
struct column {
    const char *key;   // in JSON; NULL: not there
    const char *title; // in the table; NULL: not there
    enum column_kind kind;
};
struct sheet;
struct sheet *sheet_new(const struct column *columns, size_t n_columns); // NULL: out of memory
// Cells from left to right, row after row. A NULL text is an empty cell: null in JSON. Copies.
void sheet_text(struct sheet *sheet, const char *value);
void sheet_take(struct sheet *sheet, char *value); // the sheet frees it
void sheet_number(struct sheet *sheet, int64_t value);
void sheet_flag(struct sheet *sheet, bool value, const char *word); // word: in the table
void sheet_item(struct sheet *sheet, const char *value); // one more of the list in the last cell
// A row from an object of the server's: each cell from the member of its column's key (all have
// one), numbers as they were written; what is not there is empty. A flag that is set is "yes" in
// the table.
void sheet_object(struct sheet *sheet, const struct node *object);
// The same for all of a list (NULL: none).
struct sheet *sheet_of_list(const struct node *list, const struct column *columns,
                            size_t n_columns);
size_t sheet_rows(const struct sheet *sheet);
void sheet_print_table(const struct sheet *sheet, FILE *out); // headings, then rows; aligned
void sheet_print_facts(const struct sheet *sheet, FILE *out); // one line a column, of each row
void sheet_print_json(const struct sheet *sheet, struct json *json,
                      const char *key); // a list of objects
void sheet_print_json_row(const struct sheet *sheet, struct json *json, size_t row); // members only
void sheet_free(struct sheet *sheet);
// Prints in the form asked for, and frees. Between admin_begin and admin_end, which open and close
// the object in JSON.
void admin_begin(struct admin *admin);
void admin_sheet(struct admin *admin, const char *key, struct sheet *sheet);
void admin_facts(struct admin *admin,
                 struct sheet *sheet); // its only row's members stand in the object itself
int admin_end(struct admin *admin);    // ADMIN_DONE
// For an answer that is just that.
int admin_show_sheet(struct admin *admin, const char *key, struct sheet *sheet);
int admin_show_facts(struct admin *admin, struct sheet *sheet);

// Our servers' own user on each track and booth, by its name: no person.
bool user_is_voice(const struct admin_user *user);

// Cells that several sheets have.
void put_flags(struct sheet *sheet, const struct admin_user *user);
void put_optional(struct sheet *sheet, int64_t value); // negative: empty
void address_text(const uint8_t *address, size_t len, char out[INET6_ADDRSTRLEN]); // "": none

// Terminal columns of a text; control characters count as the blank that is printed for them.
size_t text_width(const char *text);

// ---- finding

// Each says itself what was not found, with names that are near. NULL or false then.
const struct admin_user *find_user(struct admin *admin, const char *word); // a name, or #session
const struct admin_channel *find_channel(struct admin *admin,
                                         const char *word); // a path, a name that is unique, or #id
struct person {
    int64_t id;
    char *name, *last_seen;
    int64_t last_channel; // -1
};
struct people {
    struct person *list;
    size_t n;
};
int people_fetch(struct admin *admin, struct people *out); // 0 or exit status
void people_clear(struct people *people);
const struct person *people_find(struct admin *admin, const struct people *people,
                                 const char *word); // a name or #id
// The id of a registered person by name, here or not; 0 or an exit status.
int find_person_id(struct admin *admin, const char *word, uint32_t *id);
// The next name of a path, without its escapes, into out; returns its length in bytes.
size_t path_part(const char **path, char *out, size_t cap);
// The name nearest to a word of all that were added, as " Did you mean …?"; "" when none is near.
struct nearest {
    char name[160];
    unsigned distance;
};
void nearest_add(struct nearest *nearest, const char *word, const char *name);

// ---- commands

struct call;
struct admin_option {
    const char *name;  // with its dashes
    const char *value; // NULL: takes none
    const char *help;
    bool is_required;
};
// pattern: words in lower case stand for themselves, NAMES are arguments, [NAMES] may be left out,
// NAMES... are one or more. Which arguments there are is told in admin_arguments.
struct admin_command {
    const char *group; // of the help
    const char *pattern, *help;
    struct admin_option options[ADMIN_OPTIONS_MAX];
    int (*run)(struct call *call);
};
struct call {
    struct admin *admin;
    const struct admin_command *command;
    const char *words[ADMIN_WORDS_MAX]; // the arguments only
    size_t n_words;
    const char *options[ADMIN_OPTIONS_MAX]; // by the command's order; NULL: not given
};
const char *call_option(const struct call *call, const char *name); // NULL: not given
char *call_rest(const struct call *call,
                size_t from); // the words from there, with blanks between; heap
char *text_to_send(const struct call *call,
                   size_t from); // the same as HTML; NULL: nothing, or not UTF-8

extern const struct admin_command admin_commands[];
extern const size_t admin_n_commands;
struct admin_argument {
    const char *name, *help;
};
extern const struct admin_argument admin_arguments[];
extern const size_t admin_n_arguments;
extern const struct admin_option admin_global_options[];
extern const size_t admin_n_global_options;

// Words of a command to a call. 0, or -1 with the fault told.
int table_match(const char *const *words, size_t n, struct call *call, struct fault *fault);
// What may stand after these words; the last one is being typed.
typedef void (*table_offer_fn)(void *arg, const char *word, const char *help);
void table_complete(const char *const *words, size_t n, table_offer_fn offer, void *arg);
void table_print_help(FILE *out, const char *const *words,
                      size_t n);  // of all, or of those that begin so
void table_print_list(FILE *out); // tab-separated, for tests and for the man page
int admin_split(char *line, const char *words[], size_t cap, size_t *n, struct fault *fault);

int users_list(struct call *call);
int users_registered(struct call *call);
int user_info(struct call *call);
int user_kick(struct call *call);
int user_ban(struct call *call);
int user_set_flag(struct call *call);
int user_move(struct call *call);
int user_register(struct call *call);
int user_unregister(struct call *call);
int user_rename(struct call *call);
int user_message(struct call *call);
int user_clear(struct call *call);
int channels_list(struct call *call);
int channel_info(struct call *call);
int channel_add(struct call *call);
int channel_remove(struct call *call);
int channel_rename(struct call *call);
int channel_move(struct call *call);
int channel_describe(struct call *call);
int channel_position(struct call *call);
int channel_max_users(struct call *call);
int channel_link(struct call *call);
int acl_show(struct call *call);
int acl_set(struct call *call);
int acl_add_user(struct call *call);
int acl_add_group(struct call *call);
int acl_remove(struct call *call);
int acl_password(struct call *call);
int acl_group_members(struct call *call);
int acl_group_create(struct call *call);
int acl_group_delete(struct call *call);
int rights_of(struct call *call);
int bans_list(struct call *call);
int ban_add(struct call *call);
int ban_remove(struct call *call);
int say_channel(struct call *call);
int say_all(struct call *call);
int meetings_list(struct call *call);
int meeting_act(struct call *call);
int meeting_figures_show(struct call *call);
int meeting_queue_show(struct call *call);
int meeting_poll_show(struct call *call);
int meeting_roles_show(struct call *call); // admin_roles.c
int meeting_invite(struct call *call);
int lines_list(struct call *call);
int lines_rules(struct call *call);
int lines_data(struct call *call);
int config_list(struct call *call);
int config_get(struct call *call);
int config_set(struct call *call);
int config_unset(struct call *call);
int certs_list(struct call *call);
int certs_change(struct call *call);

// Bans as commands of users and of addresses share them.
int ban_read_network(const char *text, uint8_t address[16],
                     uint32_t *mask); // as in the protocol; -1: not one
int parse_duration(const char *text,
                   uint32_t *out_s); // "90", "45m", "2h", "7d", "ever"; -1: not one
int ban_limit(struct admin *admin, const char *hash, const char *name, uint32_t duration_s);
// Rights by name.
bool right_find(const char *name, uint32_t *out);       // any case; also "all"
void rights_list(struct sheet *sheet, uint32_t rights); // a cell: the names
void rights_words(uint32_t rights, char *out, size_t cap);

#endif
