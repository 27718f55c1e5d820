// SPDX-License-Identifier: BSD-3-Clause
//
// bench: what the load generator is made of. One thread, one process, many clients of one server on
// the loopback. The generator stands for the people, so it must be cheaper than the server it
// measures: sockets without a library, one epoll, no allocation while it measures. Nobody waits at
// a socket that voice comes to: to wake a sleeper would be charged to the server that sends, and
// real listeners are on other machines. They are read between the speakers' packets, and the kernel
// has noted when each packet came. Every failure ends the program with a line on stderr: a
// measurement with a fault in it is worth nothing.
#ifndef SUSURRO_BENCH_H
#define SUSURRO_BENCH_H

#include "proto/proto.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/types.h>

// Prints "susurro_load: …" and ends with status 1.
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
int64_t now_ns(void); // CLOCK_REALTIME, the clock of the kernel's receive timestamps

// ---- client: one client, logged in ----

#define LOAD_PATH_MAX 4 // components of a channel's path
struct load_options {
    const char *host;
    uint16_t port;
    bool is_udp;              // else everything goes through the tunnel
    enum voice_format format; // announces 1.3.4 (legacy) or 1.5.0 (protobuf)
    const char *password;     // NULL: none
};
struct load_client {
    struct load_options options;
    SSL *ssl;            // NULL for a plain RTP participant
    int tcp_fd, udp_fd;  // udp_fd is -1 with the tunnel
    int64_t tcp_came_ns; // the kernel's time of what was read last
    struct crypt *crypt;
    uint32_t session;
    uint32_t channel_id; // the one named at login
    bool is_synced, is_associated, has_pong, is_speaking;
    uint64_t frame_number;
    uint32_t n_dropped; // by its UDP socket, whose buffer was full: our own loss, not the server's
    uint8_t *input;     // what came over TLS and is not yet a whole frame
    size_t n_input, input_cap;
};
struct sockaddr_in load_address(const struct load_options *options); // for TCP and UDP
// Voice that came in, and when, by the kernel's clock.
typedef void (*load_voice_fn)(void *context, struct load_client *client, struct span opus,
                              int64_t arrived_ns);

// Connects, logs in, waits for ServerSync and moves to the channel ("Asamblea/English"; NULL:
// stays).
void load_client_open(struct load_client *client, SSL_CTX *tls, const struct load_options *options,
                      const char *name, const char *channel);
void load_client_close(struct load_client *client);
// Both read what is there without waiting, and call voice (which may be NULL) for each voice
// packet.
void load_client_read_tcp(struct load_client *client, load_voice_fn voice, void *context);
void load_client_read_udp(struct load_client *client, load_voice_fn voice, void *context);
void load_client_ping(struct load_client *client); // TCP, and UDP where used
void load_client_ping_udp(struct load_client *client);
// Sends 20 ms of voice; opus is what goes out.
void load_client_speak(struct load_client *client, struct span opus);
void load_client_say(struct load_client *client, const char *text); // to one's own channel
// Makes channels below the root, "room-0" and so on, where they are not there yet; by the
// SuperUser.
void load_client_make_rooms(struct load_client *client, unsigned n);
// Brings n_dropped up to date.
void load_client_count_dropped(struct load_client *client);
SSL_CTX *load_tls_new(void);

// ---- wire: OpenSSL's way to the socket, which keeps the kernel's time of what it reads ----

void wire_attach(struct load_client *client); // ssl and tcp_fd are set; tcp_came_ns is

// ---- udp: datagrams that came ----

#define UDP_BATCH 16
struct udp_batch {
    unsigned n;
    struct span datagrams[UDP_BATCH];
    int64_t came_ns[UDP_BATCH];
};
struct sockaddr_in udp_address(const struct load_options *options);  // for TCP, too
int udp_open(const struct load_options *options, bool is_connected); // on the loopback
// Reads without waiting; the datagrams are good until the next call. False when all has been read.
bool udp_read(int fd, struct udp_batch *batch);
int64_t udp_arrival_ns(struct msghdr *header); // of what was read with SO_TIMESTAMPNS set

// ---- rtp: a participant of Janus' AudioBridge, without a login ----

uint16_t rtp_open(struct load_client *client); // the port
void rtp_peer(struct load_client *client, uint16_t port);
void rtp_speak(struct load_client *client, struct span opus);
void rtp_read(struct load_client *client, load_voice_fn voice, void *context);

// ---- setup: the command line ----

struct setup {
    struct load_options server;
    pid_t pid;
    size_t n_clients, payload_bytes;
    bool is_bare, has_pauses, is_connect, is_storm;
};
struct setup setup_read(int argc, char **argv); // prints help and ends where that is asked for

// ---- storm: all at once ----

// n_clients connect at the same moment; prints how long each waited until it was in, and
// what that cost the server.
void storm_measure(const struct setup *setup, SSL_CTX *tls);

// ---- cpu: what the server has used ----

// Nanoseconds on a CPU of all threads of a process, user and system, from the scheduler's own
// count. With a prefix, only the threads whose name begins with it.
int64_t cpu_of_process_ns(pid_t pid, const char *prefix);
int64_t own_cpu_ns(void); // the same of this program
long rss_of_process_kib(pid_t pid);

// ---- samples: latencies ----

struct samples {
    float *values;
    size_t n, cap;
};
void samples_init(struct samples *samples, size_t cap);
void samples_add(struct samples *samples, float value);            // beyond cap: forgotten
float samples_percentile(struct samples *samples, double percent); // sorts; NaN when empty
void samples_clear(struct samples *samples);

// ---- sound: what is said ----

#define SOUND_FRAME_SAMPLES 960
#define SOUND_FRAMES 50 // one second, repeated
struct sound_frame {
    uint8_t data[256];
    size_t len;
};
// Half a second of a voice-like buzz with an onset at its start, then silence; coded at 24 kbit/s.
void sound_make(struct sound_frame frames[SOUND_FRAMES]);
// Looks for onsets in a stream of packets. offset_ms is where in the packet the sound begins.
struct onset_detector;
struct onset_detector *onset_new(void);
void onset_free(struct onset_detector *onset);
bool onset_feed(struct onset_detector *onset, struct span opus, float *offset_ms);

// ---- bare: the reference ----

// CPU nanoseconds to seal one payload for one receiver and to send it with sendmmsg in a bare loop;
// with pauses, 50 times a second.
double bare_loop_ns(size_t n_receivers, size_t payload_bytes, double seconds, bool has_pauses);
// The same for the tunnel: one TLS record and one send for each of so many connections.
double bare_tunnel_ns(size_t n_receivers, size_t payload_bytes, double seconds, bool has_pauses);

// ---- tunnels: TLS sessions without a network, and TCP connections ----

struct tunnel {
    int fd, reader;
    SSL *ssl; // of the server's side, set up as susurrod does
};
// is_joined: what the session writes goes to the connection; else to nowhere.
void tunnels_open(struct tunnel *tunnels, size_t n, bool is_joined);
void tunnels_close(struct tunnel *tunnels, size_t n);
void tunnels_drain(const struct tunnel *tunnels, size_t n);

#endif
