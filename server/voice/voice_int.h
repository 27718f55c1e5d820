// SPDX-License-Identifier: BSD-3-Clause
//
// The inside of voice: one struct voice_thread per thread, touched by that thread alone once it
// runs; the lanes, the slot and the bell are the only ways in. A turn is one callback of its loop:
// it takes the newest routes first, works, then flushes the send batches and rings control's bell.
// `now_us` is read once a turn.
//
//   receive.c   datagram ─► whose? ─► open ─► ping: echo, voice: uplink
//   unknown.c   nobody's: a list ping, a client without an address, or control is asked
//   uplink.c    may it be sent, and to whom: room, target, loopback, mixer
//   fanout.c    write once per format, seal for each, or list for the tunnel
//   copies.c    each packet twice, on lines that lose some
//   relay.c     to and from the other voice threads
//   socket.c    batches in and out
//   command.c   what control orders
//   report.c    what control is told
//   routes.c    who hears whom
//
// The invariants are numbered in docs/THREADS.md.
#ifndef SUSURRO_VOICE_INT_H
#define SUSURRO_VOICE_INT_H

#include "voice/voice.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <uv.h>

#define DATAGRAM_MIN_BYTES 5
#define DATAGRAM_MAX_BYTES 1024
#define RECEIVE_BATCH 64       // datagrams per recvmmsg
#define RECEIVE_TURN_BATCHES 8 // then the other sockets and lanes get their turn
#define SEND_BATCH 64          // datagrams per sendmmsg
#define SOCKET_BUFFER_BYTES (4 << 20)
#define LANE_TURN_RECORDS 256 // of one lane before the others get their turn

#define UDP_SILENCE_US SECONDS(10) // no authentic datagram for so long: the tunnel
#define RESYNC_US SECONDS(5)       // nothing decrypts for so long, and between two requests
#define RELEARN_US SECONDS(2)      // between two addresses of one client
#define STALE_US MS(300)           // older mixed sound is dropped
#define UPLINK_BURST_US SECONDS(4) // a sender may be ahead of the allowed bandwidth by so much
#define UPLINK_OVERHEAD_BYTES 32   // IP, UDP, crypt
// The client has opened nothing of the last so many datagrams, for so long: the tunnel.
#define UNHEARD_DATAGRAMS 10
#define UNHEARD_US SECONDS(4)
#define UNHEARD_FEW_DATAGRAMS 2 // little was sent: echoes of pings
#define UNHEARD_FEW_US SECONDS(9)
#define TARGET_REPORT_US SECONDS(10)
#define TARGET_UNKNOWN_REPORT_US MS(100)
#define COPIES_BYTES ((size_t)256 << 10) // of copies that wait, of one thread; more are not sent
#define COPY_DELAY_US MS(70)
#define REPORT_RETRY_MS 5 // when control's ring is full

#define UNKNOWN_PER_ADDRESS 20 // a second, here and below
#define UNKNOWN_PER_HOST 500
#define UNKNOWN_IN_ALL 2000
#define TRIALS_IN_ALL 128000 // clients of ours that unknown datagrams are tried on: 5 % of a core
// ... and those of another host. A tag has 24 bits, so a forger who uses up all of them opens one
// datagram in half an hour; and two in a row it takes to move a client.
#define TRIALS_ABROAD 8000
#define SILENT_US MS(200)    // a client unheard for so long may have moved to another host
#define ABROAD_US SECONDS(2) // the second datagram from there must come within
#define LIST_PING_PER_NET 10
#define LIST_PING_IN_ALL 500

// ---- addresses: which session sends from where, and which thread owns it ------------------------

struct address_entry {
    struct sockaddr_in6 remote;
    uint8_t owner;
    bool is_set;
};
// Open addressing, linear probing; a slot holds session + 1, 0 is empty. A session has at most one
// address, an address at most one session.
struct address_table {
    uint64_t seed;
    uint32_t n_sessions, mask;
    uint32_t *slots;
    struct address_entry *of_session;
};
bool address_table_init(struct address_table *table, uint32_t n_sessions); // false: out of memory
void address_table_clear(struct address_table *table);
uint32_t address_find(const struct address_table *table,
                      const struct sockaddr_in6 *remote); // VOICE_NONE
// Returns the session that had this address before, or VOICE_NONE; that one has no address now.
uint32_t address_set(struct address_table *table, uint32_t session,
                     const struct sockaddr_in6 *remote, uint8_t owner);
void address_drop(struct address_table *table, uint32_t session);
bool address_equal(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b);

// ---- limiter: a leaky bucket per key, keys that collide share one, so a limit is never exceeded -

#define LIMITER_BUCKETS 1024
struct limiter {
    uint64_t seed;
    struct bucket buckets[LIMITER_BUCKETS];
};
void limiter_init(struct limiter *limiter, uint32_t rate_per_s, uint64_t now_us);
bool limiter_take(struct limiter *limiter, const void *key, size_t key_bytes, uint64_t now_us);
uint64_t hash_bytes(uint64_t seed, const void *data, size_t n);

// ---- sockets ------------------------------------------------------------------------------------

// Where a datagram came from, and so where its answer goes.
struct voice_path {
    struct sockaddr_in6 remote; // IPv4 as ::ffff:a.b.c.d
    struct in6_addr local;      // unspecified: the kernel chooses
    uint8_t socket;
};
// A path in the form that sendmmsg takes, for one socket's family.
struct voice_envelope {
    union {
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } name;
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    socklen_t name_len;
    uint32_t control_len;
};
struct send_batch {
    unsigned n;
    size_t used; // of arena
    struct mmsghdr messages[SEND_BATCH];
    struct iovec parts[SEND_BATCH];
    struct voice_envelope envelopes[SEND_BATCH]; // of answers to nobody's client
    // Those of the batch that are still to be sealed, where in the batch, and their plaintexts:
    // they are sealed many at once, before the batch leaves or the plaintext changes.
    unsigned n_jobs;
    struct crypt_job jobs[SEND_BATCH];
    uint8_t job_of[SEND_BATCH];
    uint8_t arena[SEND_BATCH * 128 +
                  DATAGRAM_MAX_BYTES]; // datagrams side by side: stays in the first-level cache
};
struct voice_client;
struct voice_socket {
    struct voice_thread *thread;
    uv_poll_t poll;
    int fd; // -1: none
    int family;
    bool is_wildcard; // answers must name the local address
    uint8_t index;
    struct send_batch *batch;
};
int socket_open(const struct sockaddr_storage *address, bool is_shared, char *error,
                size_t error_cap);       // fd or -1
bool socket_mark(int fd, unsigned dscp); // false, and errno: the system does not do it
uint16_t socket_port(int fd);
bool socket_start(struct voice_socket *socket);
void socket_flush(struct voice_socket *socket);
void envelope_write(struct voice_envelope *out, const struct voice_socket *socket,
                    const struct voice_path *path);
// Room for a datagram of at most n bytes, sent by the next flush; the envelope must live until
// then.
uint8_t *socket_reserve(struct voice_socket *socket, size_t n);
void socket_commit(struct voice_socket *socket, const struct voice_envelope *envelope, size_t n);
// A datagram sealed for this client, where both parts stay as they are until the next socket_seal.
void socket_add(struct voice_socket *socket, const struct voice_client *client, struct span plain);
void socket_seal(struct voice_socket *socket);
void socket_send(struct voice_socket *socket, const struct voice_path *path, struct span bytes);

// ---- clients ------------------------------------------------------------------------------------

struct voice_client {
    struct crypt *crypt;
    uint64_t heard_us;         // last authentic datagram
    bool is_udp;               // voice goes by UDP, as long as heard_us is young
    bool has_spoken_by_tunnel; // since then only voice by UDP ends the tunnel, a ping does not
    bool is_unheard;           // the client says that it opens nothing of what we send
    bool has_address, has_copies;
    bool is_tunnelled, is_both; // as control wants it: through the tunnel; by UDP as well
    uint8_t socket;
    uint32_t n_sent; // datagrams
    uint64_t bytes_out;
    enum voice_format format;        // by UDP
    enum voice_format tunnel_format; // of the last tunnel frame received; the announced one before
    uint32_t session;
    struct voice_envelope envelope;
    // not needed to send
    struct in6_addr host;
    uint64_t learnt_us, resync_asked_us, paid_until_us;
    uint64_t bytes_in, packets_in, packets_over_limit;
    uint32_t heard,
        n_sent_then;         // what it had opened, by its last ping that told of more, and we sent
    uint64_t heard_since_us; // when that ping came; 0: none yet
    uint64_t target_told_us;
    uint8_t target_told;
    struct sockaddr_in6 abroad; // where an authentic datagram of another host came from
    uint64_t abroad_us;
    struct voice_client *next_homeless, **homeless_link; // clients without an address
};

// ---- threads ------------------------------------------------------------------------------------

struct plain { // one packet in one format
    int len;   // 0: not written yet, < 0: cannot be written
    uint8_t bytes[VOICE_PACKET_MAX_BYTES];
};
struct tunnel_list {
    uint32_t n;
    uint32_t *sessions;
};
struct voice_totals {
    uint64_t received, malformed, undecryptable, unknown, unknown_over_limit, list_pings,
        list_pings_over_limit;
    uint64_t sent, send_failed, tunnel_dropped, mixed_stale, relayed;
};
struct voice_thread {
    struct voice *voice;
    uint8_t index;
    uint64_t now_us;
    uv_loop_t loop;
    uv_async_t bell;
    uv_timer_t copies_timer; // runs while copies wait
    struct ring *copies;     // both ends are ours; NULL: no client has needed them yet
    uv_timer_t retry;        // runs only while a report waits for room
    uv_thread_t id;
    _Atomic(bool) is_stopping;

    struct routes *routes;                // in force; NULL before the first
    const struct route_client **route_of; // by session, into routes
    bool is_route_report_due;
    bool is_control_due; // reports were written since control's bell rang

    uint32_t n_sessions;
    struct voice_client **clients; // by session; ours
    struct voice_client *homeless;
    struct address_table addresses;
    struct voice_socket sockets[VOICE_ADDRESSES_MAX];
    unsigned n_sockets;

    // scratch of the packet at hand
    struct voice_packet packet;
    struct plain plains[2];
    struct tunnel_list tunnels[2];
    uint8_t opened[DATAGRAM_MAX_BYTES];
    uint8_t received[RECEIVE_BATCH][DATAGRAM_MAX_BYTES + 1];

    struct limiter unknown_addresses, unknown_hosts, list_ping_nets;
    struct bucket unknown_all, trials_all, trials_abroad, list_ping_all;
    struct voice_totals totals;

    // ways in and out
    struct slot new_routes;
    struct lane commands;
    struct ring *reports;
    struct lane relays[VOICE_THREADS_MAX]; // from that thread to this one
    struct lane mixed[VOICE_MIXERS_MAX];
    struct lane *frames[VOICE_MIXERS_MAX];
};
struct voice {
    unsigned n_threads;
    int priority;
    bool is_running;
    struct lane reports_to;
    uint64_t (*read_clock_us)(void);
    struct voice_thread *threads[VOICE_THREADS_MAX];
};

struct voice_thread *thread_new(struct voice *voice, unsigned index,
                                const struct voice_options *options); // NULL: memory
void thread_free(struct voice_thread *thread);                        // not running any more
bool thread_start(struct voice_thread *thread);
void thread_turn_begin(struct voice_thread *thread);
void thread_turn_end(struct voice_thread *thread);
void thread_flush(struct voice_thread *thread);
void thread_retry_later(struct voice_thread *thread);

// client.c
struct voice_client *client_get(const struct voice_thread *thread,
                                uint32_t session); // ours, or NULL
bool client_add(struct voice_thread *thread, const struct voice_command *command);
void client_remove(struct voice_thread *thread, uint32_t session);
bool client_is_udp(const struct voice_client *client, uint64_t now_us);
// How many of our datagrams it says to have opened so far.
void client_says_heard(struct voice_client *client, uint32_t heard, uint64_t now_us);
// Takes the address for its own unless one was learnt in the last two seconds. False: the old one
// stays.
bool client_learn(struct voice_thread *thread, struct voice_client *client,
                  const struct voice_path *path);
void client_lose_address(struct voice_thread *thread, struct voice_client *client);

// receive.c
void receive_datagram(struct voice_thread *thread, const struct voice_path *path, struct span bytes,
                      bool is_relayed);
// What an authentic datagram says. is_trusted: its address is the client's, so its pings are
// echoed.
void receive_opened(struct voice_thread *thread, struct voice_client *client,
                    const struct voice_path *path, struct span plain, bool is_trusted);

// unknown.c
void unknown_init(struct voice_thread *thread);
void unknown_datagram(struct voice_thread *thread, const struct voice_path *path,
                      struct span bytes);
bool unknown_list_ping(struct voice_thread *thread, const struct voice_path *path,
                       struct span bytes); // it was one
// True: authentic, so it was this client's.
bool unknown_try(struct voice_thread *thread, struct voice_client *client,
                 const struct voice_path *path, struct span bytes);
void unknown_try_abroad(struct voice_thread *thread, const struct voice_path *path,
                        struct span bytes); // on any that is silent

// uplink.c
void uplink_voice(struct voice_thread *thread, struct voice_client *client,
                  const struct voice_packet *packet, size_t n_bytes);
const struct route_client *route_find(const struct voice_thread *thread, uint32_t session); // NULL

// fanout.c
// Nothing of the packet but its sound is passed on, and its position where is_placed says so.
void fanout_begin(struct voice_thread *thread, const struct voice_packet *packet, uint32_t from,
                  uint8_t context, float volume, bool is_placed);
void fanout_to(struct voice_thread *thread, struct voice_client *client);
void fanout_end(struct voice_thread *thread);
// To the receivers on this thread of what `session` says to `target` (0..30).
void fanout_local(struct voice_thread *thread, const struct route_client *speaker,
                  const struct voice_packet *packet);
void fanout_mixed(struct voice_thread *thread, const struct voice_mixed *mixed);
const struct route_target *fanout_target(const struct routes *routes, uint32_t session,
                                         uint8_t target);

// copies.c
bool copies_init(struct voice_thread *thread);
void copies_set(struct voice_thread *thread, struct voice_client *client, bool is_on);
void copies_keep(struct voice_thread *thread, const struct voice_client *client,
                 const struct plain *plain); // has_copies
void copies_forget(struct voice_thread *thread);
// relay.c
void relay_raw(struct voice_thread *thread, uint8_t owner, const struct voice_path *path,
               struct span bytes);
void relay_voice(struct voice_thread *thread, uint32_t threads_mask, uint32_t session,
                 const struct voice_packet *packet);
bool relay_read(struct voice_thread *thread); // each of these: true when there may be more

// command.c, routes.c
bool command_read(struct voice_thread *thread);
void command_discard_all(struct voice_thread *thread);
void routes_take(struct voice_thread *thread);
bool routes_are_unwanted(const struct routes *routes, uint32_t speaker, uint32_t listener);

// report.c: false or NULL when control's ring is full
struct voice_report *report_begin(struct voice_thread *thread, enum voice_report_kind kind,
                                  uint32_t session, size_t n_words, size_t n_bytes);
void report_commit(struct voice_thread *thread);
void report_route(struct voice_thread *thread); // waits for room by itself
bool report_counters(struct voice_thread *thread, uint32_t session, uint64_t token);
bool report_nonce(struct voice_thread *thread, uint32_t session);
bool report_removed(struct voice_thread *thread, uint32_t session);
void report_resync(struct voice_thread *thread, uint32_t session);
void report_address(struct voice_thread *thread, uint32_t session,
                    const struct sockaddr_in6 *remote);
void report_target(struct voice_thread *thread, uint32_t session, uint8_t target, bool is_known);
void report_unknown(struct voice_thread *thread, const struct voice_path *path, struct span bytes);
void report_tunnel(struct voice_thread *thread, const struct tunnel_list *list, struct span packet);

#endif
