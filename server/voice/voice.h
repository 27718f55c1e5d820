// SPDX-License-Identifier: BSD-3-Clause
//
// voice: the threads that move voice. Each owns one UDP socket per address (SO_REUSEPORT) and the
// crypto state of its clients; it decrypts once, chooses receivers from its own copy of the routes,
// encrypts for each, sends in batches. A client lives on one voice thread for its whole life; what
// lands elsewhere is forwarded to the owner, and a voice packet crosses to each other thread as
// plaintext once. No locks, no allocation per packet.
//
//   control ──commands (lane)──► voice     bounded; control waits and retries, never drops
//   control ──routes (slot)────► voice     the newest version
//   voice ──reports (ring)──► control      answers to commands wait; tunnel sound is dropped
//   voice ──frames (lane)──► mixer         bounded; dropped and counted when full, and what is
//   mixer ──mixed (lane)──► voice          older than 300 ms is skipped by the reader, so the
//   voice ◄──relays (lane)──► voice        oldest go first
//
// Invariant: a sound reaches a session only if the route in force says so: direct sound by room
// membership, mixed sound by equal epochs. A route that takes a right away is acknowledged
// (VOICE_REPORT_ROUTE) before control tells anybody.
// Source: the Mumble protocol's UDP part. docs/THREADS.md draws who talks to whom.
#ifndef SUSURRO_VOICE_H
#define SUSURRO_VOICE_H

#include "base/base.h"
#include "proto/proto.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define VOICE_THREADS_MAX 16
#define VOICE_MIXERS_MAX 4
#define VOICE_ADDRESSES_MAX 8
#define VOICE_NONE UINT32_MAX

// ---- routes: what each thread needs to know of the model ----------------------------------------

struct route_client {
    uint32_t session;
    uint32_t epoch;   // changes whenever what this client may hear changes place (channel, meeting)
    uint32_t room;    // who hears this client's normal speech directly; VOICE_NONE: nobody
    uint32_t meeting; // the meeting whose mixer hears this client; VOICE_NONE
    uint32_t place;   // positions go from one client to another when these are equal
    uint8_t mixer;    // index of that mixer
    uint8_t thread;   // owner
    bool may_speak;   // not muted, suppressed, self-muted
    bool is_deaf;
    bool is_unwanted; // somebody of the thread that gets the table does not want this voice
};
// Speakers whose normal speech reaches the same people share a room: those of a channel, those of
// the channels linked to it where they may speak, and who listens to one of them.
struct route_room {
    uint32_t first, count;         // into members[]: those who hear it as it is
    uint32_t first_other, n_other; // into receivers[]: listeners, and those who hear it louder
    uint32_t threads_mask;         // bit t: thread t has anybody of this room
};
// Those with the same context and volume stand side by side: they get one encoded packet.
struct route_receiver { // owned by the thread that gets the table
    uint32_t session;
    uint8_t context; // enum voice_context
    float volume;    // linear factor, 0: as it is
};
struct route_target {
    uint32_t session;      // the speaker
    uint8_t target;        // 1..30
    uint8_t booths;        // of the speaker's meeting that the mixer brings it to: bit i
    uint32_t first, count; // into receivers[]
    uint32_t threads_mask; // bit t: thread t has receivers of it; each of them lists the target
};
struct route_unwanted { // this listener, of this thread, does not want this speaker's direct voice
    uint32_t speaker, listener;
};
// One heap object per thread; immutable once put. All arrays are owned by it.
struct routes {
    uint64_t version;
    uint32_t n_clients, n_rooms, n_members, n_targets, n_receivers, n_unwanted;
    struct route_client *clients; // all clients of the server, ascending by session
    struct route_room *rooms;
    uint32_t *members;            // sessions that this thread owns and that are not deaf
    struct route_target *targets; // ascending by (session, target)
    struct route_receiver *receivers;
    struct route_unwanted *unwanted; // ascending by (speaker, listener)
    // answers to server-list pings and the limit on what one sender may send (0: none), IP, UDP and
    // crypt headers included
    uint32_t users, max_users, bandwidth_bps;
    bool is_list_ping_allowed;
};
void routes_free(struct routes *routes);

// ---- records from control -----------------------------------------------------------------------

enum voice_command_kind {
    VOICE_CMD_ADD,      // a client; the crypt object's ownership passes to the thread
    VOICE_CMD_REMOVE,   // crypt is freed by the thread
    VOICE_CMD_TUNNEL,   // plaintext of a UDPTunnel frame, equal to a decrypted datagram
    VOICE_CMD_TRY,      // a datagram from an unknown address: try this candidate of yours; session
                        // VOICE_NONE: any that is silent, as its host may have changed
    VOICE_CMD_COUNTERS, // answered by VOICE_REPORT_COUNTERS with the same token
    VOICE_CMD_NONCE,    // an empty CryptSetup: answered by VOICE_REPORT_NONCE if the client exists
    VOICE_CMD_RESYNC,   // CryptSetup with client_nonce: the decrypt nonce is set
    VOICE_CMD_COPIES,   // this client's line loses packets: each twice from now on, or no more
    VOICE_CMD_CARRIER,  // this client's sound takes the tunnel, or both ways, or goes as before
    VOICE_CMD_ADDRESS,  // address belongs to this session on that thread; to all but the owner
};
struct voice_command {
    enum voice_command_kind kind;
    uint32_t session;
    union {
        struct {
            struct crypt *crypt;
            struct in6_addr host;     // the TCP peer: candidate for address learning
            enum voice_format format; // of what we send, by the client's announced version
        } add;
        struct {
            uint64_t token;
            bool has_heard; // heard: how many of our datagrams the client says to have opened
            uint32_t heard;
        } counters;
        struct {
            uint8_t nonce[16];
        } resync;
        struct {
            bool is_on;
        } copies;
        struct {
            bool is_tunnel, is_both;
        } carrier;
        struct {
            struct sockaddr_in6 remote;
            uint8_t thread;
        } address;
        struct {
            struct sockaddr_in6 remote;
            struct in6_addr local; // copied from the UNKNOWN report
            uint8_t socket;        // likewise
        } try_; // session = the candidate; the datagram's bytes follow the record
    };
    uint32_t n_bytes; // TUNNEL, TRY: bytes that follow
    uint8_t bytes[];  // a record is at least offsetof(struct voice_command, bytes) + n_bytes long
};

// ---- records to control -------------------------------------------------------------------------

enum voice_report_kind {
    VOICE_REPORT_ROUTE,  // version is in force here, the older one is gone
    VOICE_REPORT_TUNNEL, // one packet for several tunnel clients: n_sessions ids, then the packet
    VOICE_REPORT_COUNTERS,
    VOICE_REPORT_NONCE,   // our current encrypt nonce
    VOICE_REPORT_RESYNC,  // nothing decrypts: send an empty CryptSetup (at most once in 5 s)
    VOICE_REPORT_UNKNOWN, // a datagram from nobody's address (20/s each, 500/s a host, 2,000/s)
    VOICE_REPORT_ADDRESS, // this client's address was learnt: tell the other threads
    VOICE_REPORT_REMOVED, // the answer to REMOVE: the session number may be used again
    VOICE_REPORT_TARGET,  // this client speaks to that target (at most once in 10 s, or in 100 ms
                          // while the routes do not know it)
};
struct voice_counters {
    struct crypt_counters crypt;
    uint64_t bytes_in, packets_in, packets_over_limit;
    uint64_t bytes_out; // by UDP
    uint32_t packets_out;
    bool is_udp;    // voice goes by UDP now
    bool is_tunnel; // ... and would, but for VOICE_CMD_CARRIER
};
struct voice_report {
    enum voice_report_kind kind;
    uint8_t thread;
    uint32_t session;
    union {
        uint64_t version;
        struct {
            uint64_t token;
            struct voice_counters values;
        } counters;
        uint8_t nonce[16];
        struct {
            struct sockaddr_in6 remote; // UNKNOWN, ADDRESS; IPv4 as ::ffff:a.b.c.d
            struct in6_addr local;      // UNKNOWN: our address that it was sent to; goes into TRY
            uint8_t socket;             // UNKNOWN: index of the socket it came in by; goes into TRY
        };
        struct {
            uint32_t n_sessions;
            uint64_t made_us; // older than 300 ms is dropped by control
        } tunnel;
        struct {
            uint8_t id;
            bool is_known; // the routes say whom it reaches
        } target;
    };
    uint32_t n_bytes;
    // TUNNEL: n_sessions uint32_t, then n_bytes of packet. UNKNOWN: n_bytes of datagram.
    uint32_t words[];
};

// ---- records to and from the mixer --------------------------------------------------------------

struct voice_frame { // voice → mixer
    uint32_t session, meeting;
    uint64_t frame_number, arrived_us;
    bool is_terminator;
    uint8_t booths; // a moderator's word to these booths alone: bit i; 0: as where they sit
    uint16_t n_bytes;
    uint8_t bytes[]; // one Opus packet
};
struct voice_mixed_recipient {
    uint32_t session;
    uint32_t epoch; // not delivered unless equal to the epoch of the recipient's route
    uint32_t from;  // the session that the packet seems to come from
};
struct voice_mixed { // mixer → voice: one packet, encoded once, for its listeners on this thread
    uint64_t frame_number, made_us;
    uint32_t n_recipients;
    uint16_t n_bytes;
    bool is_terminator;
    // n_recipients recipients ordered by `from`, then n_bytes of Opus
    struct voice_mixed_recipient recipients[];
};

// ---- life (all called by the main thread) -------------------------------------------------------

struct voice_options {
    unsigned n_threads;
    unsigned dscp; // marks datagrams, 0 to 63; 0: not
    int priority;  // SCHED_RR, 1 to 99; 0: none. Either is logged when it is not permitted
    // With the port; port 0: any free one. n_addresses = 0: every address (an IPv6 socket that
    // takes IPv4, or IPv4 only) at the port of addresses[0].
    unsigned n_addresses;
    struct sockaddr_storage addresses[VOICE_ADDRESSES_MAX];
    unsigned n_sessions_max;  // session numbers are below this
    struct lane reports_to;   // only bell and bell_context are read: control's bell
    uint64_t (*now_us)(void); // NULL: clock_us; tests give a clock that they move
};
struct voice;
// Binds the sockets and makes the threads, not yet running. NULL and a line for a human in error[]
// (port in use, permission).
struct voice *voice_new(const struct voice_options *options, char *error, size_t error_cap);
// The port in fact bound.
uint16_t voice_port(const struct voice *voice, unsigned address);
struct lane *voice_commands(struct voice *voice, unsigned thread); // control produces
struct ring *voice_reports(struct voice *voice, unsigned thread);  // control consumes
// Ownership of the routes passes. Rings the thread's bell.
void voice_put_routes(struct voice *voice, unsigned thread, struct routes *routes);
// The mixer produces.
struct lane *voice_mixed_lane(struct voice *voice, unsigned thread, unsigned mixer);
// Where this thread's frames for that mixer go. Before voice_start.
void voice_attach_mixer(struct voice *voice, unsigned thread, unsigned mixer, struct lane *frames);
int voice_start(struct voice *voice); // 0, or -1: no thread runs
// Ends and joins the threads. Bells may still be rung until voice_free.
void voice_stop(struct voice *voice);
// NULL is fine. What was handed over and not taken (commands, routes) is freed too.
void voice_free(struct voice *voice);

#endif
