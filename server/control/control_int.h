// SPDX-License-Identifier: BSD-3-Clause
//
// Private to control/: the server, a connection, and what the files of this folder call of each
// other; what session/, tree/ and meeting/ offer comes with it, from their own headers. All of it
// runs on the control thread; only storage.c and passwords.c put work on libuv's thread pool, with
// copies of what it needs.
#ifndef SUSURRO_CONTROL_INT_H
#define SUSURRO_CONTROL_INT_H

#include "control/chat/phrases.h"
#include "control/control.h"
#include "control/limits.h"
#include "model/model.h"
#include "proto/proto.h"

#include <openssl/ssl.h>
#include <uv.h>

// ---- a connection

//   TLS ─handshake─► NEW ─Authenticate─► (CHECKING) ─► READY        any ─conn_finish─► FINISHING
//   ─sent─► CLOSED
enum conn_phase {
    CONN_TLS,
    CONN_NEW,
    CONN_CHECKING,
    CONN_READY,
    CONN_FINISHING,
    CONN_CLOSED,
    CONN_PHASES
};

enum conn_write { WRITE_NONE, WRITE_CONTROL, WRITE_VOICE }; // whose bytes OpenSSL wants again

struct usage { // bytes on the wire; in: from the client. lines_usage.c
    uint64_t voice_in, voice_out, control_in, control_out;
};

struct conn {
    struct server *server;
    struct conn *next, *prev; // of all
    struct conn *next_dirty;  // of those with something staged
    bool is_dirty;
    bool is_doomed; // takes nothing more and is closed at the end of the turn
    uv_poll_t poll;
    int fd, poll_events;
    SSL *ssl;
    enum conn_phase phase;
    struct check *check; // passwords.c: the one being compared, while CHECKING
    uint32_t session;    // 0 before login
    unsigned thread;     // the voice thread that owns this client
    struct sockaddr_in6 peer;
    char cert_hash[CERT_HASH_BYTES], cert_email[CERT_EMAIL_BYTES]; // "": none
    bool is_cert_strong, has_opus;
    struct buffer in;                   // bytes of an unfinished frame
    size_t partial_bytes, staged_bytes; // its part of the server's
    struct buffer
        out; // frames; those before out_open may leave, those before out_marked when the gate opens
    size_t out_open, out_marked;
    struct buffer
        voice_out; // tunnelled voice that found the line busy: struct voice_queued and its bytes
    enum conn_write pending;
    bool is_held; // the kernel has enough of our sound: until it can send more, voice waits here
    uint64_t opened_us, heard_us, active_us; // active: resets "idle"
    uint64_t sampled_us, sampled_bytes;      // of what came from this client as voice
    uint32_t bandwidth;                      // bytes a second between the last two samples
    uint64_t version;
    char release[101], os[41], os_version[61];
    struct bucket messages, plugin_messages, targets;
    uint64_t flood_told_us; // conn_in_time() has said so then; 0: never
    uint8_t late_self; // user_change.c: a change of one's own that came too fast, to be made yet
    struct rights_sent *rights_sent;        // rights.c: what this client was told; NULL: nothing
    struct visible *visible;                // visibility.c: what it may know of; NULL: everything
    struct line *line;                      // lines.c: NULL: nothing is known yet
    struct calm *calm;                      // lines_calm.c: NULL: is told everything at once
    uint64_t n_voice_bytes;                 // sent through the tunnel ...
    uint32_t n_voice_sent, n_voice_dropped; // ... and what came too late or found no room
    uint64_t n_voice_in_bytes;              // come through the tunnel
    uint32_t n_voice_in;                    //
    struct usage usage, usage_kept;         // since login; of it, what the month's sum has
    unsigned n_questions;                   // to voice threads, not answered yet
    unsigned n_probes;                      // probe.c: empty CryptSetups that were not answered yet
    bool is_nonce_wanted; // an empty CryptSetup was sent to know the client's nonce
    uint64_t ping_timestamps[CONN_QUESTIONS];
    unsigned ping_next;
    MumbleProto__Ping ping_seen; // what the client said of its own reception; plain numbers only
    struct menu *menu;           // menu.c: the context menu as it was sent; NULL: nothing
    uint64_t uncovered_told_us;  // the last notice that nobody interprets
    bool is_act_told;            // booth_tell.c: something was said since this one's last act
    char chosen_language[16];    // of what they read, by "!lang fr"; "": none
    char console_language[16];   // display.c: the reader's, said by their console; "": none
    uint64_t waited_us;          // moderators were told that they wait
    bool has_invite;             // invites.c: one came with the login, and what it was
    int invite_result;
    uint32_t invited_to;
    uint32_t named_in, named_voice, named_holder; // describe.c: whose comment names whom
    struct chat_seen { // chat.c: up to which message they were there, of the meetings left last
        uint32_t meeting, number;
    } chat_seen[CHAT_SEEN_MAX];
};

// The token of a counters question: a ping's index, or these bits and the session that asked for
// UserStats.
#define TOKEN_STATS (UINT64_C(1) << 63)
#define TOKEN_STATS_ONLY (UINT64_C(1) << 62)

// ---- the server

struct listener {
    struct server *server;
    uv_poll_t poll;
    int fd;
    struct sockaddr_storage address;
};

struct gate { // what must have happened before staged bytes leave
    bool is_closed;
    uint64_t version; // routes
    uint64_t acked[VOICE_THREADS_MAX];
    uint64_t fence; // of commands to mixers: the newest, the one asked of each, the one it answered
    uint64_t fence_asked[VOICE_MIXERS_MAX], fence_seen[VOICE_MIXERS_MAX];
    bool is_storing; // a batch is being written
};

struct storage_op; // storage.c
struct calm;       // calm.h
struct line;       // lines.h
struct lines;

struct server {
    uv_loop_t loop;
    uv_async_t bell;
    uv_prepare_t turn_end;
    uv_timer_t reaper;
    uv_signal_t on_term, on_int, on_hup;
    uint64_t now_us; // of this turn
    bool is_stopping;
    bool has_doomed; // some connection is

    struct config *config;
    struct store *store;     // written on the thread pool, one batch at a time
    struct store *reader;    // read on the control thread; does not see what is not written yet
    struct autoban *autoban; // hosts.c
    struct check *checks;    // passwords.c: those waiting for their turn
    unsigned n_checks;       // being compared
    int64_t started_s;       // UTC
    bool wants_reload;       // of the configuration, when all that was changed is stored
    bool are_rights_dirty;   // somebody's permissions may have changed: looked at at the turn's end
    bool has_stale_rights;   // those of single clients
    uv_timer_t queue_timer;  // queue.c: signs that are due
    uint64_t queue_due_us;   // ... when; UINT64_MAX: never
    struct display *display; // display.c; NULL: not needed yet
    struct lines *lines;     // lines_signs.c
    struct probes *probes;   // probe.c; likewise
    struct usage_book *usage; // lines_usage.c; likewise
    bool is_hiding;           // channels are hidden now; has_stale_visible: from somebody anew
    bool has_stale_visible;
    server_reload_fn reload;
    void *reload_context;
    SSL_CTX *tls;
    BIO_METHOD *wire;
    struct name_rule *user_names, *channel_names;
    struct listener listeners[VOICE_ADDRESSES_MAX];
    unsigned n_listeners;
    bool is_listening_paused;

    uint8_t invite_key[32]; // invites.c: never leaves the server
    struct model *model;
    struct meeting_run *runs; // run.h: one for each meeting
    struct conn *conns;       // all
    struct conn **by_session;
    struct conn *dirty;
    unsigned n_conns, n_unready;
    size_t partial_bytes; // of unfinished frames, of all connections
    size_t staged_bytes;  // of what waits to be sent to them

    struct voice *voice;
    struct mixer *mixers[VOICE_MIXERS_MAX];
    struct recorder *recorder; // NULL: none
    unsigned n_threads, next_thread, n_mixers;
    struct buffer voice_backlog[VOICE_THREADS_MAX]; // commands that found a lane full
    struct buffer mixer_backlog[VOICE_MIXERS_MAX], recorder_backlog;
    bool are_routes_dirty;
    unsigned dirty_mixers; // bit i: mixer i got commands that others must wait for
    uint64_t routes_version;
    struct gate gate;

    struct storage_op *ops, **ops_tail; // waiting for the next batch
    uv_work_t storage_work;
    struct storage_op *ops_writing;
    int storage_result;
    uint64_t storage_retry_us; // not before

    uint8_t scratch[CONTROL_READ_BYTES];
};

static inline struct conn *conn_of(const struct server *server, uint32_t session)
{
    return session < model_sessions_max(server->model) ? server->by_session[session] : NULL;
}

// server.c
uint32_t server_made_users(const struct config *config); // at most so many have a session
struct model_limits server_model_limits(const struct config *config);
const char *server_root_name(const struct config *config); // the root channel's
void server_watch(const struct conn *conn);     // the reaper runs when this one could be overdue
void server_watch_crowd(struct server *server); // nobody more is accepted: the slow ones go sooner
// server_reload.c
void server_reload(struct server *server); // reads the configuration again
// gate.c
void gate_turn_end(struct server *server);
void gate_progress(struct server *server); // something it waited for may have come
// link.c
void link_voice(struct server *server, unsigned thread, const struct voice_command *command,
                const void *bytes);
// To the mixer of that meeting; one that has ended needs no more commands.
void link_mixer(struct server *server, const struct mixer_command *command);
void link_fence(struct server *server, unsigned mixer, uint64_t token);
void link_recorder(struct server *server, const struct record_order *order);
void link_retry(struct server *server);
void link_receive(struct server *server);
void link_ping(struct conn *conn, const ProtobufCMessage *message);
void link_crypt_setup(struct conn *conn, const ProtobufCMessage *message);
void link_tunnel(struct conn *conn, struct span packet);
void link_client_add(struct conn *conn);
void link_client_remove(struct conn *conn);
void link_ask_counters(struct conn *asker, const struct conn *about, uint64_t token);
// routes.c
void routes_publish(struct server *server);
// storage.c
void storage_channel_put(struct server *server, const struct channel *channel);
void storage_channel_remove(struct server *server, uint32_t id);
void storage_acl_put(struct server *server, const struct channel *channel);
void storage_links_put(struct server *server, const struct channel *channel);
void storage_user_put(struct server *server, const struct registered *person);
void storage_user_remove(struct server *server, int32_t user_id);
void storage_user_comment_put(struct server *server, int32_t user_id, const char *text);
void storage_user_texture_put(struct server *server, int32_t user_id, const void *data, size_t len);
void storage_listening_put(struct server *server, int32_t user_id, const struct listening *ears);
void storage_bans_put(struct server *server);                                       // the model's
void storage_config_put(struct server *server, const char *key, const char *value); // NULL removes
// What is on its way to the store and not yet there for the reader: true when there is such a
// change; then *data is borrowed until the next turn, NULL when it was cleared.
bool storage_pending_comment(const struct server *server, int32_t user_id, const char **text);
bool storage_pending_texture(const struct server *server, int32_t user_id, const uint8_t **data,
                             size_t *len);
void storage_meeting_put(struct server *server, uint32_t id, const char *declaration);
void storage_meeting_remove(struct server *server, uint32_t id);
void storage_usage_put(struct server *server, uint32_t month, const struct store_usage *rows,
                       size_t n); // they are added up
void storage_pending_usage(const struct server *server, uint32_t month, int32_t user_id,
                           struct store_usage *out); // on its way; zeros: nothing is
void storage_setting_put(struct server *server, const char *key, const void *value, size_t len);
bool storage_has_ops(const struct server *server);
void storage_submit(struct server *server);    // on the thread pool; gate_progress when done
void storage_forget(struct server *server);    // at the end, what could not be written
bool storage_write_now(struct server *server); // at start, before the loop runs

// ---- of single files in the folders

// admin.c: questions of `susurro admin` that the protocol has no message for
bool admin_request(struct conn *conn, const MumbleProto__PluginDataTransmission *message);
// lines_calm.c: what a client on `lifeline` need not know at once
void calm_stage(struct conn *conn, unsigned type, const ProtobufCMessage *message,
                const uint8_t *frame, size_t len);
void calm_release(struct conn *conn); // what is held goes now
void calm_forget(struct conn *conn);
// menu.c
void menu_update(struct conn *conn); // sends what has changed
void menu_changed(struct server *server, uint32_t meeting, bool is_of_booths);
void menu_forget(struct server *server, const struct meeting_info *meeting); // it is about to go
void menu_action(struct conn *conn, const ProtobufCMessage *message);
// commands.c
bool commands_run(struct conn *conn, const char *plain); // false: not a command
void commands_choose(struct conn *conn, const struct meeting_info *meeting,
                     int track); // -1: the floor
void commands_act(struct conn *conn, enum mixer_command_kind kind);
// text helpers (html.c)
char *html_to_plain(const char *html); // heap
char *html_escape(const char *plain);  // heap
// Heap; only < and >, and when the text is plain & as well: else references stay what they are.
char *html_escape_tags(const char *text, bool is_plain);
void html_collapse(char *text); // runs of white space to one blank, none at the ends; in place

#include "control/meeting/meetings.h"
#include "control/session/session.h"
#include "control/tree/tree.h"

#endif
