// SPDX-License-Identifier: BSD-3-Clause
//
// Private to control/: the server, a connection, and what the files of this folder call of each
// other. All of it runs on the control thread; only storage.c and passwords.c put work on libuv's
// thread pool, with copies of what it needs.
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
// ------------------------------------------------------------------------------------------------------

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
// --------------------------------------------------------------------------------------------------------

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
void server_reload(struct server *server);               // reads the configuration again
void server_watch(const struct conn *conn);     // the reaper runs when this one could be overdue
void server_watch_crowd(struct server *server); // nobody more is accepted: the slow ones go sooner
// tls.c
SSL_CTX *tls_context(struct server *server, char *error, size_t cap);

// wire.c: how OpenSSL reaches a connection's socket. NULL, false: out of memory.
BIO_METHOD *wire_method_new(void);
bool wire_attach(const BIO_METHOD *method, SSL *ssl, int fd); // the descriptor stays the caller's
// listener.c
int listeners_open(struct server *server, char *error, size_t cap);
void listeners_start(struct server *server);
void listeners_resume(struct server *server); // after a connection has logged in or gone
void listeners_close(struct server *server);
// conn.c
struct conn *conn_new(struct server *server, int fd, const struct sockaddr_in6 *peer);
void conn_enter(struct conn *conn, enum conn_phase phase, const char *why);
void conn_close(struct conn *conn, const char *why);  // at once
void conn_finish(struct conn *conn, const char *why); // after what is staged has been sent
// Sending may find a connection impossible in the middle of a handler, which still holds the user:
// so it is closed at the end of the turn.
void conn_doom(struct conn *conn);
void conn_close_doomed(struct server *server);
// conn_in.c
void conn_resume(struct conn *conn); // after it was not read: handle what has come meanwhile
// conn_out.c
void conn_stage(struct conn *conn, const void *frame, size_t len);
void conn_flush(struct conn *conn);
uint64_t conn_voice_waits_since(const struct conn *conn); // when its oldest was made; 0: none waits
void conn_send_voice(struct conn *conn, struct span packet, uint64_t made_us);
// gate.c
void gate_turn_end(struct server *server);
void gate_progress(struct server *server); // something it waited for may have come
// dispatch.c
void dispatch(struct conn *conn, const struct frame *frame);
// send.c
void send_message(struct conn *conn, unsigned type, const ProtobufCMessage *message);
void broadcast(struct server *server, unsigned type, const ProtobufCMessage *message,
               const struct conn *except);
void send_denied(struct conn *conn, uint32_t permission, uint32_t channel);
void send_denied_type(struct conn *conn, MumbleProto__PermissionDenied__DenyType type);
void send_denied_user(struct conn *conn, uint32_t permission, uint32_t channel,
                      uint32_t session); // who lacks it
void send_denied_reason(struct conn *conn, MumbleProto__PermissionDenied__DenyType type,
                        const char *reason, const char *name);     // both may be NULL
void send_denied_certificate(struct conn *conn, uint32_t session); // whose is missing
void send_text(struct conn *conn, const char *html);
// May one more of its messages be taken? Else they are told, once in a while, that one was not.
bool conn_in_time(struct conn *conn, struct bucket *bucket);
void say(struct conn *conn, enum phrase phrase,
         ...); // a private text in the reader's language; arguments are escaped
const char *reader_language(const struct conn *conn);
const char *for_reader(const struct conn *conn, const char *english); // a text marked N_()
// rights.c: what clients were told of their permissions, kept true
void rights_send(struct conn *conn, uint32_t channel);         // the answer to a query
void rights_send_entered(struct conn *conn, uint32_t channel); // and those in its parent, if new
void rights_changed(struct server *server);  // ACL, group, token, registration, tree: look again
void rights_user_changed(struct conn *conn); // the same for one client alone: tokens, identity
void rights_turn_end(struct server *server); // suppression, can_enter, flushes; before the gate
void rights_forget(struct conn *conn);       // frees rights_sent
bool rights_told(struct conn *conn, uint32_t channel, bool can_enter,
                 bool is_restricted); // a complete ChannelState goes out; false: memory
bool rights_has_told(const struct conn *conn, uint32_t channel);
void rights_channel_gone(struct conn *conn, uint32_t channel); // a ChannelRemove goes out
// visibility.c: hidechannels, off by default
bool visible_channel(const struct conn *conn, const struct channel *channel);
bool visible_user(const struct conn *conn, const struct user *user);
void visible_turn_end(struct server *server);
void visible_forget(struct conn *conn);
void visible_changed(struct conn *conn); // what it may know of: looked at at the turn's end
void visible_welcome(struct conn *conn); // the channels it may know of, at login
void visible_reveal(struct conn *conn, const struct channel *channel);    // and those above it
bool visible_may_learn(struct conn *conn, const struct channel *channel); // one that is new
// acl.c
void acl_message(struct conn *conn, const ProtobufCMessage *message);
void acl_query_users(struct conn *conn, const ProtobufCMessage *message);
void acl_keep_write(struct server *server, const struct user *user,
                    uint32_t channel);                          // by an entry, when they lack it
const char *acl_name_of(const struct model *model, int32_t id); // NULL: nobody
// acl_show.c
void acl_show(struct conn *conn, const struct channel *channel); // the answer to a query
// registry.c: registered people
bool registry_register(struct server *server,
                       struct user *user); // false: name taken or not allowed
void registry_unregister(struct server *server, int32_t user_id, uint32_t actor);
void registry_user_list(struct conn *conn, const ProtobufCMessage *message);
void registry_seen(struct server *server, const struct user *user, bool is_leaving);
bool registry_restore(struct server *server, struct user *user); // comment, picture, ears
void registry_keep_blobs(struct server *server, const struct user *user, bool has_comment,
                         bool has_texture); // of a registered person; guests take theirs along
bool registry_read_password(struct server *server,
                            struct registered *person); // as it is stored now; false: none
void registry_save(struct server *server, struct registered *person);
#define REGISTRY_DATE_BYTES 32
void registry_date(int64_t at_s, char out[REGISTRY_DATE_BYTES]); // as the protocol writes it
// bans.c
void bans_message(struct conn *conn, const ProtobufCMessage *message);
bool bans_admit(struct server *server, const struct sockaddr_in6 *peer); // at accept
const struct ban *bans_refuse(struct conn *conn);                        // after TLS; NULL: welcome
void bans_from_kick(struct server *server, const struct conn *victim, const char *reason,
                    bool by_certificate, bool by_address);
// hosts.c: what each host did lately
bool hosts_admit(struct server *server, const struct sockaddr_in6 *peer); // autoban; too many open
void hosts_arrived(struct conn *conn);   // one more that has not logged in
void hosts_settled(struct conn *conn);   // it has, or has gone
void hosts_logged_in(struct conn *conn); // successfully
void hosts_wrong_password(struct conn *conn);
unsigned hosts_brake_s(struct conn *conn); // so long no password from there is looked at; 0: now
void hosts_free(struct server *server);
// certs.c: what a client's certificate says
void certs_note(struct conn *conn);                              // once TLS is established
struct registered *certs_find_by_email(const struct conn *conn); // only of verified ones; NULL
size_t certs_chain(const struct conn *conn,
                   ProtobufCBinaryData out[CONN_CERTS_MAX]); // DER, the leaf first
void certs_chain_free(ProtobufCBinaryData *certs, size_t n);
// listening.c: ears in other channels
bool listening_check(struct conn *conn, const MumbleProto__UserState *state,
                     MumbleProto__UserState *accepted); // what is left of the lists after refusals
void listening_apply(struct server *server, struct user *user,
                     const MumbleProto__UserState *accepted);
void listening_restore(struct server *server, struct user *user); // at login, of registered people
void listening_look_again(struct conn *conn);                     // ears whose right is gone go
void listening_announce(struct conn *conn); // at login: those restored, after ServerSync
void listening_channel_gone(struct server *server, uint32_t channel); // told to all, before it goes
// plugin.c
void plugin_message(struct conn *conn, const ProtobufCMessage *message);
// admin.c: questions of `susurro admin` that the protocol has no message for
bool admin_request(struct conn *conn, const MumbleProto__PluginDataTransmission *message);
// version.c
void login_version(struct conn *conn, const ProtobufCMessage *message);
// login.c
void login_authenticate(struct conn *conn, const ProtobufCMessage *message);
struct login_request { // a copy of what Authenticate says
    char *name, *password;
    size_t n_tokens;
    char **tokens;
    bool is_bot;
};
void login_request_free(struct login_request *request);
char *login_trimmed_name(const char *name); // heap; NULL: memory
void login_checked(struct conn *conn, const struct login_request *request, bool matches,
                   const struct password *fresh); // fresh: to be stored in its place, or NULL
// leave.c
void login_leave(struct conn *conn, const char *reason); // out of the model, told to all
// passwords.c
bool passwords_check(struct conn *conn, struct login_request *request, int32_t user_id,
                     const struct password *stored); // takes the request; false: memory
void passwords_forget(struct conn *conn);            // it is gone, nobody waits any more
// welcome.c
void login_welcome(struct conn *conn, struct user *user, uint32_t start);
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
// whisper.c
void whisper_target(struct conn *conn, const ProtobufCMessage *message);
void whisper_used(struct server *server, uint32_t session, uint8_t target, bool is_reaching);
// user_change.c
void users_state(struct conn *conn, const ProtobufCMessage *message);
void users_state_late(struct conn *conn); // at each of its pings
// stats.c
void stats_sample(struct conn *about, const struct voice_counters *counters);
void users_stats(struct conn *conn, const ProtobufCMessage *message);
void users_stats_reply(struct server *server, uint32_t asker, uint32_t about,
                       const struct voice_counters *counters, bool is_stats_only);
// lines_calm.c: what a client on `lifeline` need not know at once
void calm_stage(struct conn *conn, unsigned type, const ProtobufCMessage *message,
                const uint8_t *frame, size_t len);
void calm_release(struct conn *conn); // what is held goes now
void calm_forget(struct conn *conn);
// blobs.c: short ones inline, long ones by their hash
void blobs_put_comment(MumbleProto__UserState *state, const struct user *user);
void blobs_put_texture(MumbleProto__UserState *state, const struct user *user);
void users_request_blob(struct conn *conn, const ProtobufCMessage *message);
// users.c
void users_remove(struct conn *conn, const ProtobufCMessage *message);
void users_state_send(struct conn *to, const struct user *user); // complete, as at login
void users_state_broadcast(struct server *server, const struct user *user);
bool users_move(struct server *server, struct user *user, uint32_t channel,
                uint32_t actor); // rights were checked; false: full, never without an actor
bool users_fit(const struct server *server, const struct user *mover, uint32_t channel);
struct users_left { // where somebody has been
    uint32_t channel, meeting;
};
// The two halves of a move: the change of place, noted in the message that is to tell of it; and,
// after it was told, what follows.
struct users_left users_enter(struct server *server, struct user *user, uint32_t channel,
                              MumbleProto__UserState *change);
void users_entered(struct server *server, struct user *user, struct users_left left);
void users_refresh_suppression(struct server *server,
                               struct user *user); // after rights have changed
// channels.c
void channels_permission_query(struct conn *conn, const ProtobufCMessage *message);
void channels_send(struct conn *conn, const struct channel *channel);
void channels_send_all(struct conn *conn); // at login
void channels_send_links_of(struct conn *conn, const struct channel *channel);
void channels_broadcast(struct server *server, const struct channel *channel); // complete
void channels_put_description(const struct server *server, MumbleProto__ChannelState *state,
                              const struct channel *channel,
                              uint8_t hash[20]); // or its hash, when it is long
void channels_save(struct server *server, const struct channel *channel);
void channels_send_links(struct conn *conn); // at login, after all channels
bool channels_load(struct server *server, char *error, size_t cap);
// describe.c: descriptions as clients see them: the admin's words, and the state of a meeting
const char *describe_text(const struct server *server, const struct channel *channel);
void describe_strip(char *text); // only the admin's words, of what a client sends; in place
// channel_change.c
void channels_state(struct conn *conn, const ProtobufCMessage *message);
// channel_remove.c
void channels_remove(struct conn *conn, const ProtobufCMessage *message);
void channels_remove_tree(struct server *server, uint32_t id);
// text.c
// What may be kept or sent on: the text, or without HTML where that is not allowed. NULL: too long
// (said so) or no memory. Of messages, comments and descriptions. The caller frees it.
char *text_allowed(struct conn *conn, const char *text);
void text_message(struct conn *conn, const ProtobufCMessage *message);
// declare_channels.c
#define ROLE_BYTES 64
void declare_role(const struct meeting_info *meeting, enum channel_role role, uint8_t index,
                  char out[ROLE_BYTES]);
uint32_t declare_voice(struct server *server, const char *meeting, const char *name,
                       uint32_t channel); // its session; 0: no room
// The voice of the mixed floor, made when it is needed first; 0: no memory, no session number.
uint32_t declare_floor_voice(struct server *server, struct meeting_info *meeting);
// declare.c
bool meetings_declare(struct server *server, char *error, size_t cap);
void meetings_reload(struct server *server);
// meetings.c
void meetings_start(struct server *server); // the mixers are there
void meetings_begin(struct server *server, const struct meeting_info *meeting); // one more
void meetings_reconfigure(struct server *server, const struct meeting_info *meeting);
void meetings_user_placed(struct server *server, struct user *user, uint32_t old_meeting);
void meetings_user_left(struct server *server, uint32_t session, uint32_t meeting);
void meetings_removed(struct server *server, uint32_t meeting);
void meetings_tell_ended(struct server *server, uint32_t meeting); // before it is
void meetings_event(struct server *server, const struct mixer_event *event);
void meetings_order(struct server *server, const struct user *user, enum mixer_command_kind kind,
                    int32_t value);
struct meeting_info *
meetings_default(const struct conn *conn); // where a command without a place is meant
const char *meetings_lang_name(const struct meeting_info *meeting,
                               uint8_t index);       // of a track, in that language
char *meetings_welcome(const struct server *server); // heap; NULL when there is nothing to say
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
// text helpers (html.c)
char *html_to_plain(const char *html); // heap
char *html_escape(const char *plain);  // heap
// Heap; only < and >, and when the text is plain & as well: else references stay what they are.
char *html_escape_tags(const char *text, bool is_plain);
void html_collapse(char *text); // runs of white space to one blank, none at the ends; in place

#endif
