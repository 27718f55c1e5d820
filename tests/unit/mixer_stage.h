// SPDX-License-Identifier: BSD-3-Clause
//
// A mixer without its thread, in computed time: talkers encode and send as clients do, what comes
// out is taken from the lanes, checked packet by packet and decoded as stock clients do. Every
// check of an invariant (no overlap, no hole before a terminator, at most 60 ms, nobody gets their
// own voice's number, ordered recipients, no sample of a mix over its ceiling) is made for each
// packet and tick of each test.
#ifndef SUSURRO_MIXER_STAGE_H
#define SUSURRO_MIXER_STAGE_H

#include "mixer/mixer_int.h"
#include "test.h"

#include <opus/opus.h>

#define STAGE_MEETING 7u
#define STAGE_TRACK(lang) (9000u + (uint32_t)(lang))
#define STAGE_BOOTH(booth) (9100u + (uint32_t)(booth))
#define STAGE_TALKERS 40
#define STAGE_EARS 1200
#define STAGE_SECONDS 40 // recorded per ear
enum { EN, ES, FR };

struct talker {
    uint32_t session, meeting;
    bool is_on;                      // sends
    bool is_voice;                   // harmonics and vibrato
    float (*sound)(uint64_t sample); // instead of a tone; NULL: the tone
    double tone_hz, amplitude;
    uint8_t blocks;   // a packet
    uint8_t booths;   // a moderator's words to these alone
    uint64_t next_us; // of the next packet
    uint64_t frame;   // own numbers
    uint64_t sample;  // of the sound
    OpusEncoder *encoder;
    OpusDecoder *decoder; // of a direct listener, when direct is set
    float *direct;        // what they hear, from the first packet's arrival on
    uint32_t loss;        // of 1000 packets so many never arrive
    uint32_t seed;        // ... by this
    uint64_t n_lost;      // so far
};

// What a listener's client makes of one session's packets.
struct ear_heard {
    uint32_t session, epoch;
    uint32_t from; // of the last packet that was no indicator
    OpusDecoder *decoder;
    float *sound; // from the tick of stage_open on; NULL: not recorded
    bool is_open; // no terminator yet
    uint64_t next_frame, packets, terminators, holes;
    uint64_t last_us;
    unsigned may_hole; // in so many of the next packets: the test did something
    enum tier tier;    // by the length of the last packet: standard or minimum
    uint64_t indicators, indicator_ends, indicator_us;
    uint32_t indicator_from;
    uint64_t indicator_next;
    bool is_indicator_open;
};

struct stage {
    struct mixer *mixer;
    unsigned n_threads;
    struct lane mixed[VOICE_THREADS_MAX];
    uint64_t now_us, start_tick, base_tick, wakeups;
    struct talker talkers[STAGE_TALKERS];
    unsigned n_talkers;
    struct ear_heard *ears[STAGE_EARS]; // by session
    unsigned n_results, n_snapped, n_fences, n_track_events, n_pauses;
    int last_result;
    struct mixer_event last_snapped, snapped[STAGE_EARS]; // by session, the last one
    unsigned n_states, n_figures, n_qualities, n_exposures;
    uint64_t state_us; // of the last one
    struct mixer_event_state state;
    struct mixer_event_figures figures;
    struct mixer_event last_quality, last_exposure;
    struct lane recorder;                 // when stage_record_meeting was called
    float *recorded[RECORD_STREAMS_MAX];  // from the tick of stage_open on
    uint64_t blocks[RECORD_STREAMS_MAX];  // in all
    uint64_t next_at[RECORD_STREAMS_MAX]; // where the last block ended
    uint64_t delivered;                   // recipients of packets in all
    uint64_t mixer_ns;                    // of the processor's time that the mixer took
};

void stage_open(struct stage *stage, unsigned n_threads);
void stage_close(struct stage *stage);
struct meeting_config stage_config(uint8_t n_langs); // booth 0: en-es
// Levelling off, music on: levels are those that talkers have. MIXER_CMD_MUSIC turns guards on.
void stage_meeting(struct stage *stage, uint32_t id, const struct meeting_config *config);
void stage_level_voices(struct stage *stage, bool is_on);   // on: music is off
void stage_suppress_noise(struct stage *stage, bool is_on); // likewise
void stage_record_meeting(struct stage *stage);             // takes what goes to the recorder
void stage_command(struct stage *stage, enum mixer_command_kind kind, uint32_t session,
                   int32_t value);
// Joins or moves; epoch as given. A listener with is_recorded is decoded.
void stage_join(struct stage *stage, uint32_t session, enum place_kind kind, uint8_t index,
                enum tier tier, uint32_t epoch);
// On the floor, from whom the mix seems to come; 0: they hear it directly, which is not here.
void stage_join_mixed(struct stage *stage, uint32_t session, enum tier tier, uint32_t epoch,
                      uint32_t from);
void stage_deaf(struct stage *stage, uint32_t session, bool is_deaf);
void stage_record(struct stage *stage, uint32_t session);
struct talker *stage_talker(struct stage *stage, uint32_t session, double tone_hz);
void stage_record_direct(struct talker *talker);
void stage_talk(struct stage *stage, struct talker *talker, bool is_on); // off: with a terminator
void stage_run(struct stage *stage, uint64_t ms);
struct hall *stage_hall(struct stage *stage);
struct ear_heard *stage_ear(struct stage *stage, uint32_t session);
unsigned stage_encoders(struct stage *stage, bool with_personal);

// Level of a tone in what this session heard in the last ms (a multiple of 333), dBFS of the
// unmodulated amplitude.
double stage_level(struct stage *stage, uint32_t session, double hz, uint64_t ms);
// At a time before now.
double stage_level_at(struct stage *stage, uint32_t session, double hz, uint64_t end_us,
                      uint64_t ms);
// Of what was recorded of a stream.
double stage_recorded_level(struct stage *stage, uint8_t stream, double hz, uint64_t ms);
double stage_rms_at(struct stage *stage, uint32_t session, uint64_t end_us, uint64_t ms);
// The largest second difference in a stretch that ended at end_us.
double stage_roughness(struct stage *stage, uint32_t session, uint64_t end_us, uint64_t ms);

#endif
