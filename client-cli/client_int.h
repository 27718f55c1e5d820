// SPDX-License-Identifier: BSD-3-Clause
//
// The parts of struct client. connection.c knows bytes and frames, roster.c users and channels,
// voice_link.c datagrams and the tunnel; session.c binds them together and holds the table of
// messages.
#ifndef SUSURRO_CLIENT_INT_H
#define SUSURRO_CLIENT_INT_H

#include "base/base.h"
#include "client-cli/client.h"

// ---- connection: TCP, TLS and framing

enum connection_state {
    CONNECTION_RESOLVING,
    CONNECTION_CONNECTING,
    CONNECTION_HANDSHAKE,
    CONNECTION_OPEN,
    CONNECTION_CLOSING,
    CONNECTION_CLOSED,
};

struct connection_handlers {
    void (*on_secure)(void *arg); // handshake done
    void (*on_frame)(void *arg, const struct frame *frame);
    void (*on_failed)(void *arg, const char *reason); // the owner then calls connection_close
    void (*on_closed)(void *arg);                     // the memory is the owner's again
};

#define CONNECTION_READ_BYTES 16384
struct connection {
    enum connection_state state;
    uv_loop_t *loop;
    uv_getaddrinfo_t resolving;
    uv_tcp_t tcp;
    uv_connect_t connecting;
    bool is_resolving, is_tcp_open;
    struct addrinfo *addresses, *next_address;
    SSL *ssl; // owns both BIOs
    BIO *from_net, *to_net;
    struct buffer input; // decrypted, not yet whole frames
    const struct connection_handlers *handlers;
    void *arg;
    uint8_t read_bytes[CONNECTION_READ_BYTES];
};
// 0, or -1 when out of memory; then connection_clear is all that is left to do.
int connection_open(struct connection *connection, uv_loop_t *loop, SSL_CTX *tls, const char *host,
                    uint16_t port, const struct connection_handlers *handlers, void *arg);
bool connection_send(struct connection *connection, const void *bytes, size_t len);
void connection_close(struct connection *connection);
void connection_clear(struct connection *connection); // after on_closed

// ---- roster: users and channels

struct roster {
    struct client_user *users;
    struct client_channel *channels;
    size_t n_users, cap_users, n_channels, cap_channels;
};
void roster_clear(struct roster *roster);
struct client_user *roster_user(const struct roster *roster, uint32_t session);
struct client_channel *roster_channel(const struct roster *roster, uint32_t id);
// Apply a message. Return the changed entry, or NULL when there is nothing to tell (limit, memory,
// unknown, no change).
struct client_user *roster_apply_user(struct roster *roster, const MumbleProto__UserState *state,
                                      unsigned *changes);
struct client_channel *roster_apply_channel(struct roster *roster,
                                            const MumbleProto__ChannelState *state, bool *is_new);
void roster_remove_user(struct roster *roster, uint32_t session);
void roster_remove_channel(struct roster *roster, uint32_t id);

// ---- voice link: how voice travels

struct voice_link {
    uv_udp_t udp;
    bool is_socket_open; // until its close callback
    struct crypt *crypt; // NULL before the first CryptSetup
    enum client_transport wish;
    enum voice_format format;
    bool is_udp;
    uint64_t local_moved_us, remote_moved_us; // when the counters last grew
    uint32_t local_good, remote_good;         // as seen then
    uint32_t local_good_at_loss, remote_good_at_loss;
    uint64_t opened_us, resync_us; // last authentic datagram, last request
    struct client_stats stats;
    uint8_t datagram[1024];
};
// A datagram or tunnel frame in plain; session.c gives it to the handler.
void voice_link_init(struct client *client);
void voice_link_on_crypt_setup(struct client *client, const MumbleProto__CryptSetup *setup);
void voice_link_on_tunnel(struct client *client, struct span body);
void voice_link_on_ping(struct client *client, const MumbleProto__Ping *ping, uint64_t now_us);
void voice_link_start(struct client *client,
                      uint64_t now_us); // at ServerSync: the counters' clocks begin
void voice_link_ping(struct client *client, uint64_t now_us);
bool voice_link_send(struct client *client, const struct voice_packet *packet);
void voice_link_close(struct client *client); // ends in client_part_closed

// ---- client

enum client_phase { CLIENT_CONNECTING, CLIENT_LOGIN, CLIENT_JOINED, CLIENT_CLOSING, CLIENT_PHASES };

struct client {
    enum client_phase phase;
    struct connection connection;
    struct roster roster;
    struct voice_link link;
    uv_timer_t timer; // login's end, then pings
    const struct client_handlers *handlers;
    void *arg;
    char *host, *name, *password;
    bool is_legacy, is_bot;
    uint32_t session;
    uint64_t server_version;
    char server_release[128];
    unsigned pings_unanswered;
    unsigned n_open_parts; // connection, timer, socket: freed when none is left
    enum client_end end;
    char end_reason[256];
};
// The only place where the phase changes.
void client_enter(struct client *client, enum client_phase phase, const char *why);
void session_on_secure(void *arg); // the connection's handlers; arg is the client
void session_on_frame(void *arg, const struct frame *frame);
void client_part_closed(struct client *client);
void client_average_add(struct client_average *average, double ms);

#endif
