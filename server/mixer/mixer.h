// SPDX-License-Identifier: BSD-3-Clause
//
// mixer: the thread that runs audio/ and tracks/ on the clock. A meeting lives on one mixer, which
// owns its state machine (who hears what), the decoders of its speakers, its mixes and encoders. It
// ticks every 10 ms while anybody sounds and not at all when nobody does: no timer runs in a silent
// meeting.
//
//   frames (from each voice thread) ─► sources ─► ears ─► mixes ─► encoders ─► mixed (to each voice
//   thread) commands (control) ─► tracks ─► events (control)
//
// One clock: a packet's frame number is the meeting's tick of 10 ms, never an encoder's own count.
// A mix is what is audible now: listeners whose ears give the same gains to the same voices share
// one encoder per tier. Invariants: a listener's packets follow each other without hole or overlap
// until a terminator, across every change of mix and tier; nobody gets their own voice.
// A meeting at rest holds no encoder and no decoder.
#ifndef SUSURRO_MIXER_H
#define SUSURRO_MIXER_H

#include "audio/audio.h"
#include "base/base.h"
#include "tracks/tracks.h"
#include "voice/voice.h"

// A meeting's encoders, besides mix-minus. Beyond, the rarest duck steps hear the nearest mix, then
// tiers merge downward; MIXER_EVENT_SNAPPED tells.
#define MIXER_ENCODERS_MAX 24
#define MIXER_SOURCES_MAX 8 // the strongest voices of a meeting that are mixed
// A mix below the gate for so long ends with digital silence and a terminator.
#define MIXER_GATE_MS 400
#define MIXER_GATE_DB (-60.0f)

enum mixer_command_kind {
    MIXER_CMD_MEETING_ADD, // config; sessions of the server-made users
    MIXER_CMD_MEETING_SET, // config: what may change while people are in it
    MIXER_CMD_MEETING_REMOVE,
    MIXER_CMD_JOIN, // also a move, or changed tier, epoch, deafness
    MIXER_CMD_LEAVE,
    MIXER_CMD_SPOKEN,        // value = language index, -1 = default
    MIXER_CMD_UNDERSTOOD,    // value = mask
    MIXER_CMD_DUCK,          // value = dB, -120 = off
    MIXER_CMD_PARTNER_LEVEL, // value = dB
    MIXER_CMD_MUTED,         // value = 0, 1
    MIXER_CMD_AIR,           // the acts of an interpreter: answered by MIXER_EVENT_RESULT
    MIXER_CMD_OFF_AIR,
    MIXER_CMD_TAKE,
    MIXER_CMD_OUT,      // value = language index; -1 = the booth's other one
    MIXER_CMD_TURN_NOW, // a moderator's: pending turns happen now; value = booth, -1 = all
    MIXER_CMD_FENCE,    // answered by MIXER_EVENT_FENCE when everything before it is in force
};
struct mixer_command {
    enum mixer_command_kind kind;
    uint32_t meeting, session;
    int32_t value;
    uint64_t token; // returned in RESULT and FENCE
    struct {        // JOIN
        struct place place;
        uint32_t epoch;
        uint8_t thread; // owner
        enum tier tier;
        bool is_listening; // not deaf
    } join;
    struct { // MEETING_ADD
        struct meeting_config config;
        uint32_t track_sessions[TRACKS_LANGS_MAX], booth_sessions[TRACKS_BOOTHS_MAX];
    } meeting_add;
};
enum mixer_event_kind {
    MIXER_EVENT_TRACK,
    MIXER_EVENT_RESULT,
    MIXER_EVENT_FENCE,
    MIXER_EVENT_SNAPPED // too many encoders: session hears this duck and tier instead of their own
};
struct mixer_event {
    enum mixer_event_kind kind;
    uint32_t meeting, session;
    uint64_t token;
    int result;               // RESULT: 0 or TRACKS_E_*; SNAPPED: dB
    enum tier tier;           // SNAPPED
    struct track_event track; // TRACK
};

struct mixer;
struct mixer *mixer_new(unsigned index, unsigned n_voice_threads);          // NULL: out of memory
struct lane *mixer_frames_lane(struct mixer *mixer, unsigned voice_thread); // voice produces
struct lane *mixer_commands(struct mixer *mixer);                           // control produces
struct ring *mixer_events(struct mixer *mixer);                             // control consumes
void mixer_attach_voice(struct mixer *mixer, unsigned voice_thread, struct lane *mixed);
void mixer_set_control_bell(struct mixer *mixer, void (*bell)(void *), void *context);
int mixer_start(struct mixer *mixer);
void mixer_stop(struct mixer *mixer); // ends and joins
void mixer_free(struct mixer *mixer);

#endif
