// SPDX-License-Identifier: BSD-3-Clause
//
// sim: real voice threads on loopback, with a control and clients played by the test. The clock
// stands still until the test moves it. sim_pump plays the part of control that finds owners
// (UNKNOWN to TRY, ADDRESS to the others); all other reports wait in an inbox. That something does
// NOT arrive is shown without waiting: after sim_fence every thread has ended a turn in which it
// read all its lanes, so what was to be sent is in the receiver's socket.
#ifndef SUSURRO_SIM_H
#define SUSURRO_SIM_H

#include "voice/voice.h"

#include <stddef.h>

#define SIM_SESSIONS 64
#define SIM_DEADLINE_MS 20000 // far more than anything needs; only a broken test waits so long
#define SIM_ROOMS 4
#define SIM_TARGETS 8
#define SIM_REPORT_BYTES 4096

struct sim_client { // what the routes say
    bool is_set, is_mute, is_deaf;
    uint8_t thread, mixer;
    uint32_t room, meeting, epoch, place;
};
struct sim_target { // in the order of the routes: by context and volume
    uint32_t speaker, receiver;
    uint8_t target, context;
    float volume;
};
struct sim_ear { // likewise
    uint32_t room, listener;
    uint8_t context;
    float volume;
};
struct sim_report {
    size_t size;
    const struct voice_report *report; // into bytes
    _Alignas(max_align_t) uint8_t bytes[SIM_REPORT_BYTES];
    struct sim_report *next;
};
struct sim {
    struct voice *voice;
    unsigned n_threads;
    uint16_t port;
    int bell; // eventfd
    uint64_t version, token;
    struct sim_client clients[SIM_SESSIONS];
    struct sim_target targets[SIM_TARGETS];
    struct sim_ear ears[SIM_TARGETS];
    struct route_unwanted unwanted[SIM_TARGETS]; // ascending
    unsigned n_targets, n_ears, n_unwanted;
    uint32_t bandwidth_bps;
    struct sim_report *inbox;
    bool is_bell_held;       // commands gather, to be read in one turn
    bool is_deaf_to_unknown; // UNKNOWN reports stay in the inbox
};
struct sim_peer {
    struct sim *sim;
    uint32_t session;
    int fd;
    struct crypt *crypt;
    enum voice_format format;
};
struct sim_heard {
    struct datagram datagram;
    uint8_t plain[VOICE_PACKET_MAX_BYTES];
};

void sim_clock_set(uint64_t now_us);
void sim_clock_advance(uint64_t us);
uint64_t sim_clock(void);

void sim_open(struct sim *sim, unsigned n_threads);
void sim_close(struct sim *sim);
void sim_publish(struct sim *sim); // new routes to all threads, and their acknowledgements
void sim_fence(struct sim *sim);
void sim_pump(struct sim *sim);
void sim_command(struct sim *sim, unsigned thread, const struct voice_command *head,
                 struct span bytes);
// The oldest report of this kind for this session, awaited; sim_report_free it.
struct sim_report *sim_await(struct sim *sim, enum voice_report_kind kind, uint32_t session);
struct sim_report *sim_take(struct sim *sim, enum voice_report_kind kind,
                            uint32_t session); // or NULL
void sim_report_free(struct sim_report *report);
struct voice_counters sim_counters(struct sim *sim, uint32_t session);
// Waits until fd is readable, pumping meanwhile; fails the test at the deadline.
void sim_wait_readable(struct sim *sim, int fd);

int sim_socket(uint16_t port); // a UDP socket on a port of its own, connected to the server
struct sim_peer sim_join(struct sim *sim, uint32_t session, unsigned thread,
                         enum voice_format format, uint32_t room);
void sim_leave(struct sim_peer *peer);
void sim_send(struct sim_peer *peer, struct span plain);
size_t sim_seal(struct sim_peer *peer, struct span plain, uint8_t *out);
void sim_ping(struct sim_peer *peer); // and its echo; afterwards everything sent before was handled
void sim_speak(struct sim_peer *peer, uint8_t target, uint64_t frame_number, const char *opus);
void sim_tunnel(struct sim_peer *peer, enum voice_format format, uint8_t target,
                uint64_t frame_number, const char *opus);
size_t sim_voice(enum voice_format format, uint8_t target, uint64_t frame_number, const char *opus,
                 uint8_t *out);
struct sim_heard *sim_hear(struct sim_peer *peer); // the next datagram; valid until the next call
void sim_expect(struct sim_peer *peer, uint32_t from, uint8_t context, uint64_t frame_number,
                const char *opus);
void sim_expect_nothing(struct sim_peer *peer);
void sim_rebind(struct sim_peer *peer); // a new port

#endif
