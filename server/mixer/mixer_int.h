// SPDX-License-Identifier: BSD-3-Clause
//
// Private to mixer/: a meeting as it runs (hall), its speakers, its listeners (seats) and its
// mixes.
//
//   seat ──► ear class ──► mix ──► stream (one encoder a tier)
//
// A class is all seats with equal ears. Classes that hear the same voices at the same gains share a
// mix. When they part, the mix is cloned, and the clone's gains begin to move only where the frames
// of its listeners begin, so that nobody hears a step. A mix whose gains have come to rest at
// another's is merged with it.
//
// A seat plays `have`; when `want` differs it changes where a frame of the old stream ends and one
// of the new begins.
#ifndef SUSURRO_MIXER_INT_H
#define SUSURRO_MIXER_INT_H

#include "mixer/mixer.h"

#include <uv.h>

#define SPEAKERS_MAX                                                                               \
    32 // decoded at a time in one meeting; the packets of more are counted and dropped
#define HALL_STREAMS_MAX 96    // with mix-minus
#define POOL_SPARE 4           // mixes and encoders kept ready, so that the tick seldom allocates
#define TICKS_BEHIND_MAX 10    // caught up one by one; beyond, the clock jumps
#define INDICATOR_TICKS 10     // one indicator of 60 ms each 100 ms
#define MERGE_TICKS 10         // how often resting mixes are compared
#define FRAME_STALE_US 300000u // voice older than this is not decoded any more
#define RECIPIENTS_MAX 1024    // in one record; more recipients take more records

struct speaker {
    uint32_t session; // 0: free
    struct source *source;
    struct source_block info;
    bool is_playing, is_mixed, had_terminator;
    float loudness_db;       // smoothed, for the choice of the strongest
    uint64_t indicated_tick; // the last indicator, 0 = none open
    float block[AUDIO_BLOCK_SAMPLES];
};

struct stream {
    struct encoder *encoder; // NULL: nobody wants it
    unsigned n_have, n_want; // seats
    bool is_open;            // packets flow
    bool has_fresh;          // somebody's first packet: coded without prediction
    uint64_t frame_tick;     // where the unfinished frame began
};

struct mix {
    struct mix *next;
    struct ear ear; // of the class that made it
    bool is_booth;
    unsigned n_classes;
    float target_db[SPEAKERS_MAX];
    bool has_target[SPEAKERS_MAX];
    struct ramp ramps[SPEAKERS_MAX];
    float later_db[SPEAKERS_MAX]; // a clone's targets, from retarget_tick on
    uint64_t retarget_tick;       // 0: none
    struct limiter *limiter;
    uint64_t loud_tick; // last above the gate
    struct stream streams[TIERS];
    float block[AUDIO_BLOCK_SAMPLES];
};

struct ear_class {
    struct ear ear;
    struct mix *mix;
    unsigned n_seats;
    float wanted_db[SPEAKERS_MAX];
    bool is_done; // while assigning
};

struct seat {
    uint32_t session, epoch, from;
    uint8_t thread;
    enum tier tier;
    struct place place;
    bool is_listening;
    struct mix *want, *have;
    enum tier want_tier, have_tier;
    bool is_fresh;
};

struct hall {
    struct hall *next;
    uint32_t id;
    struct meeting *meeting;
    uint32_t track_sessions[TRACKS_LANGS_MAX], booth_sessions[TRACKS_BOOTHS_MAX];
    struct speaker speakers[SPEAKERS_MAX];
    unsigned n_speakers;
    struct seat *seats; // ordered by (from, session)
    size_t n_seats, cap_seats;
    struct ear_class *classes;
    size_t n_classes, cap_classes;
    struct mix *mixes;
    unsigned n_streams; // without mix-minus
    uint64_t revision;  // of the meeting, when the classes were made
    bool must_assign;
    uint64_t base_tick; // frame numbers count from here
    uint8_t phase;
    uint64_t dropped;
};

struct pool {
    struct source *sources[SPEAKERS_MAX];
    unsigned n_sources;
    struct mix *mixes;
    unsigned n_mixes;
};

struct mixer {
    unsigned index, n_voice_threads;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t bell, stop;
    uv_poll_t clock;
    int clock_fd;
    bool is_ticking, is_running;
    uint64_t tick; // the last one done
    struct lane frames[VOICE_THREADS_MAX], commands;
    struct ring *events;
    struct lane *mixed[VOICE_THREADS_MAX];
    void (*control_bell)(void *context);
    void *control_context;
    struct buffer events_backlog; // events that found the ring full, in order
    struct hall *halls;
    struct pool pool;
    bool was_sent[VOICE_THREADS_MAX]; // bells to ring at the end of the turn
    struct voice_mixed_recipient recipients[VOICE_THREADS_MAX][RECIPIENTS_MAX];
    unsigned n_recipients[VOICE_THREADS_MAX];
};

// hall.c
void hall_command(struct mixer *mixer, const struct mixer_command *command, uint64_t now_us);
void hall_frame(struct mixer *mixer, const struct voice_frame *frame, uint64_t now_us);
bool hall_tick(struct mixer *mixer, struct hall *hall, uint64_t tick); // false: at rest
void hall_events(struct mixer *mixer, struct hall *hall);
void hall_free(struct mixer *mixer, struct hall *hall);
struct seat *hall_seat(struct hall *hall, uint32_t session);
struct speaker *hall_speaker(struct hall *hall, uint32_t session);
// assign.c
void assign_seats(struct mixer *mixer, struct hall *hall, uint64_t tick);
void assign_merge(struct mixer *mixer, struct hall *hall);
void assign_forget_seat(struct mixer *mixer, struct hall *hall, struct seat *seat);
void assign_clear(struct mixer *mixer, struct hall *hall);
bool frame_begins(const struct hall *hall, enum tier tier, uint64_t tick);
// mix.c
struct mix *mix_take(struct mixer *mixer); // NULL: out of memory
void mix_give(struct mixer *mixer, struct mix *mix);
void mix_run(struct hall *hall, struct mix *mix, uint64_t tick);
bool mix_is_settled(const struct mix *mix);
bool mix_is_audible(const struct hall *hall, const struct mix *mix);
void pool_fill(struct pool *pool);
void pool_clear(struct pool *pool);
struct source *pool_source(struct pool *pool);
void pool_source_back(struct pool *pool, struct source *source);
// deliver.c
void deliver_mix(struct mixer *mixer, struct hall *hall, struct mix *mix, uint64_t tick);
void deliver_indicators(struct mixer *mixer, struct hall *hall, uint64_t tick);
void deliver_indicator_end(struct mixer *mixer, struct hall *hall, struct speaker *speaker);
// mixer.c
void mixer_wake_clock(struct mixer *mixer);
void mixer_event(struct mixer *mixer, const struct mixer_event *event);

#endif
