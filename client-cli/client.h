// SPDX-License-Identifier: BSD-3-Clause
//
// client: one connection to a Mumble server, as a well-mannered client makes it: TLS, login, the
// picture of users and channels, and voice by encrypted datagram or through the tunnel. It knows
// nothing of sound devices, files or terminals: Opus packets go in and come out. The command-line
// client and the benchmarks stand on it.
//
// Everything runs on one libuv loop, in the thread that runs it; nothing blocks. What the handlers
// are given is borrowed for the call. A client ends exactly once: on_closed is its last call, and
// the client is freed when that returns.
//
//   CONNECTING --TLS, certificate accepted--> LOGIN --ServerSync--> JOINED --any end--> CLOSING
//
// Source: the Mumble protocol as servers from 1.2.4 to 1.6 speak it.
#ifndef SUSURRO_CLIENT_H
#define SUSURRO_CLIENT_H

#include "proto/proto.h"

#include <openssl/ssl.h>
#include <uv.h>

#define CLIENT_DEFAULT_PORT 64738
#define CLIENT_LOGIN_TIMEOUT_MS 15000 // from client_new to ServerSync
#define CLIENT_PING_MS 5000
#define CLIENT_PINGS_UNANSWERED_MAX 6 // then the server counts as gone
#define CLIENT_UDP_LOST_MS 20000      // without a sign of life by datagram: the tunnel
#define CLIENT_UDP_BACK_PACKETS 3     // more than so many each way: back to datagrams
#define CLIENT_USERS_MAX 16384        // of more, a server's word is ignored
#define CLIENT_CHANNELS_MAX 16384
#define CLIENT_SEND_QUEUE_MAX_BYTES (1u << 20) // a server that reads no more ends the connection

enum client_transport { CLIENT_TRANSPORT_AUTO, CLIENT_TRANSPORT_UDP, CLIENT_TRANSPORT_TCP };

struct client_options {
    const char *host; // name or address, without brackets
    uint16_t port;
    const char *name, *password; // password: NULL for none
    SSL_CTX *tls;                // shared; the client takes a reference
    enum client_transport transport;
    bool is_legacy; // announce 1.3.4: voice in the legacy form
    bool is_bot;    // no person: servers since 1.5 do not count it in their list ping
};

struct client_user {
    uint32_t session, channel_id;
    char *name;
    bool is_muted, is_deafened, is_suppressed, is_self_muted, is_self_deafened;
    bool is_priority_speaker, is_recording;
};

struct client_channel {
    uint32_t id, parent_id; // the root's id is 0, and its parent itself
    char *name;
};

enum client_user_change { // bits
    CLIENT_USER_NEW = 1,
    CLIENT_USER_MOVED = 2,
    CLIENT_USER_RENAMED = 4,
    CLIENT_USER_FLAGS = 8,
};
enum client_channel_change { CLIENT_CHANNEL_NEW, CLIENT_CHANNEL_CHANGED, CLIENT_CHANNEL_REMOVED };

struct client_certificate {
    const char *fingerprint; // SHA-256 of the leaf, lower-case hexadecimal
    bool is_trusted;         // the system's authorities vouch for it and for the host's name
};

enum client_end {
    CLIENT_END_ASKED,   // client_close
    CLIENT_END_REFUSED, // Reject, or denied what it came for
    CLIENT_END_KICKED,  // kicked or banned
    CLIENT_END_FAILED,  // network, TLS, certificate, time-out, or the server broke the protocol
};

struct client_average { // of round trips, in ms
    double mean, squares;
    uint32_t n;
};
struct client_stats {
    bool is_udp;                       // how voice leaves now
    uint32_t udp_packets, tcp_packets; // received
    uint64_t voice_sent, voice_received;
    struct crypt_counters local, remote; // datagrams from the server; to it, as it last reported
    struct client_average udp_ping, tcp_ping;
};

struct client;
struct client_handlers { // any may be NULL
    // Asked once the handshake is done and before the name or password is sent. NULL accepts
    // everything.
    bool (*on_certificate)(void *arg, const struct client_certificate *certificate);
    void (*on_joined)(void *arg, const char *welcome_text); // users and channels are known
    void (*on_user)(void *arg, const struct client_user *user, unsigned changes, uint32_t actor);
    void (*on_user_left)(void *arg, const struct client_user *user, uint32_t actor,
                         const char *reason);
    void (*on_channel)(void *arg, const struct client_channel *channel,
                       enum client_channel_change change);
    void (*on_text)(void *arg, uint32_t actor, const char *text); // actor 0: the server
    void (*on_denied)(void *arg, const MumbleProto__PermissionDenied *denied);
    void (*on_bandwidth)(void *arg, uint32_t max_bandwidth_bps); // at login and on each change
    void (*on_voice)(void *arg, const struct voice_packet *packet, uint64_t now_us);
    void (*on_transport)(void *arg, bool is_udp); // voice changed from datagrams to tunnel or back
    void (*on_ping)(void *arg); // every CLIENT_PING_MS: a moment to read client_stats
    // Each message of the server that parses and is not voice, after the others were called for it.
    void (*on_message)(void *arg, unsigned type, const ProtobufCMessage *message);
    void (*on_closed)(void *arg, enum client_end end, const char *reason);
};

// A context that accepts every certificate (on_certificate decides) and TLS 1.2 upwards; NULL: out
// of memory.
SSL_CTX *client_tls_new(void);

// Begins to resolve and connect. NULL when out of memory (then no handler is called). `handlers`
// and `arg` must outlive the client; the strings of `options` are copied.
struct client *client_new(uv_loop_t *loop, const struct client_options *options,
                          const struct client_handlers *handlers, void *arg);
// Begins to end; on_closed follows from the loop. Later calls are ignored. Allowed in every
// handler.
void client_close(struct client *client, enum client_end end, const char *reason);

// Sends any message; false before the login and after the end.
bool client_send(struct client *client, enum msg_type type, const ProtobufCMessage *message);
bool client_send_text(struct client *client, uint32_t channel_id, const char *text);
// Sends one packet by the present transport in the form that the server understands. False: it was
// lost here.
bool client_send_voice(struct client *client, const struct voice_packet *packet);

uint32_t client_session(const struct client *client); // 0 before ServerSync
uint32_t client_own_channel(const struct client *client);
uint64_t client_server_version(const struct client *client);    // 0: unknown
const char *client_server_release(const struct client *client); // "" when it was not told
struct client_stats client_stats(const struct client *client);
double client_average_variance(const struct client_average *average); // ms squared

// What is known of users and channels; pointers are valid until control returns to the loop.
const struct client_user *client_find_user(const struct client *client, uint32_t session);
const struct client_channel *client_find_channel(const struct client *client, uint32_t id);
// The child of `parent_id` with that name, exactly or else without regard to case; NULL: none.
const struct client_channel *client_find_child(const struct client *client, uint32_t parent_id,
                                               const char *name);
size_t client_n_users(const struct client *client);
size_t client_n_channels(const struct client *client);
const struct client_user *client_user_at(const struct client *client, size_t index);
const struct client_channel *client_channel_at(const struct client *client, size_t index);

#endif
