// SPDX-License-Identifier: BSD-3-Clause
//
// From an accepted connection to a user and back: what session/ offers the rest of control.
// Addresses, TLS, phases, bytes to messages and messages to bytes, certificates, passwords, login,
// bans.
//
// Part of control_int.h, which includes it behind the types.
#ifndef SUSURRO_CONTROL_SESSION_H
#define SUSURRO_CONTROL_SESSION_H

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
// plugin.c
void plugin_message(struct conn *conn, const ProtobufCMessage *message);
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
// stats.c
void stats_sample(struct conn *about, const struct voice_counters *counters);
void users_stats(struct conn *conn, const ProtobufCMessage *message);
void users_stats_reply(struct server *server, uint32_t asker, uint32_t about,
                       const struct voice_counters *counters, bool is_stats_only);

#endif
