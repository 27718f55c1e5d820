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
// More than half of those who hear a mix on a tier lose so much: its encoder expects loss. Where
// bits are few the second counts.
#define MIXER_LOSSY_PERCENT 3
#define MIXER_LOSSY_THIN_PERCENT 10
#define MIXER_PAUSE_MS 200 // in which a listener may change between direct and mixed unheard

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
    MIXER_CMD_OUT,        // value = language index; -1 = the booth's other one
    MIXER_CMD_HANDOVER,   // the one key of a handover
    MIXER_CMD_RELAY,      // value = language index, TRACKS_RELAY_AUTO, TRACKS_RELAY_FLOOR
    MIXER_CMD_PIVOT,      // acts of moderators, answered too: value = language index, -1 = none
    MIXER_CMD_FLOOR_LANG, // value = language index
    MIXER_CMD_GIVE_FLOOR, // to session; 0: to nobody. token says who asked, as in all acts
    MIXER_CMD_VANISHED,   // session did not answer after TRACK_EVENT_SUSPECT
    MIXER_CMD_MUSIC,      // value = 1 on, 0 off, -1 as detected
    MIXER_CMD_SIGNAL,     // a soft tone in the ears of session (an interpreter); value = enum
                          // mixer_tone
    MIXER_CMD_FIGURES,    // answered by MIXER_EVENT_FIGURES
    MIXER_CMD_RECORD,     // value = 1: floor and tracks go to the recorder from now on, 0: no more
    MIXER_CMD_TURN_NOW,   // a moderator's: pending turns happen now; value = booth, -1 = all
    MIXER_CMD_PAUSE,      // answered by MIXER_EVENT_PAUSE when the floor has been without voice for
                          // MIXER_PAUSE_MS; value = after so many ms in any case
    MIXER_CMD_LOSS,       // value = percent that session loses of what it is sent
    MIXER_CMD_FENCE,      // answered by MIXER_EVENT_FENCE when everything before it is in force
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
        uint32_t from;     // on the floor: whose voice the mix is; 0: none, they hear it directly
    } join;
    struct { // MEETING_ADD, MEETING_SET
        struct meeting_config config;
        bool is_levelling, is_denoising;
        uint32_t track_sessions[TRACKS_LANGS_MAX], booth_sessions[TRACKS_BOOTHS_MAX];
    } meeting_add;
};
// Heard by interpreters only, at -30 dBFS, once. The mixer itself plays TURN and ALERT where
// tracks/ says that a booth turned, or that its partner is needed.
enum mixer_tone { MIXER_TONE_TURN, MIXER_TONE_ALERT, MIXER_TONE_TIMER, MIXER_TONES };
enum mixer_event_kind {
    MIXER_EVENT_TRACK,
    MIXER_EVENT_RESULT,
    MIXER_EVENT_FENCE,
    MIXER_EVENT_PAUSE,   // session asked
    MIXER_EVENT_SNAPPED, // too many encoders: session hears this duck and tier instead of their own
    MIXER_EVENT_STATE,   // a struct mixer_event_state: the display of this meeting has changed; at
                         // most ten a second, none while nothing changes
    MIXER_EVENT_FIGURES, // a struct mixer_event_figures
    MIXER_EVENT_QUALITY, // session has spoken 5 s on the floor: what reaches the interpreters of it
    MIXER_EVENT_EXPOSURE // session, in a booth: every 10 s while it hears something
};
struct mixer_event {
    enum mixer_event_kind kind;
    uint32_t meeting, session;
    uint64_t token;
    int result;                          // RESULT: 0 or TRACKS_E_*; SNAPPED: dB
    enum tier tier;                      // SNAPPED
    struct track_event track;            // TRACK
    struct voice_quality quality;        // QUALITY
    float leq_minute_db, leq_session_db; // EXPOSURE: mean energy of what goes to the ear, dBFS
};
// What a display shows. Records in the ring differ in length: the kind says which it is.
struct mixer_event_state {
    struct mixer_event head;
    struct floor_state floor;
    bool is_music;
    struct track_state tracks[TRACKS_LANGS_MAX];
    struct booth_state booths[TRACKS_BOOTHS_MAX];
};
// Of the thread that a meeting lives on, and of all meetings there.
struct mixer_load {
    uint8_t index;
    float share;            // of one core, lately: over at least a second
    uint32_t n_late;        // ticks that were left out because the thread came too late, so far
    uint32_t tick_worst_us; // the longest tick, in its own time, so far
};
struct mixer_event_figures {
    struct mixer_event head; // token as in the command
    struct meeting_figures meeting;
    float track_db[TRACKS_LANGS_MAX]; // of each track's mix now, dBFS; AUDIO_SILENCE_DB
    uint32_t n_guard_trips;           // howls notched and tones capped in booth feeds, so far
    uint16_t n_encoders;              // at work for this meeting now
    struct mixer_load load;
};

struct mixer;
struct mixer *mixer_new(unsigned index, unsigned n_voice_threads);          // NULL: out of memory
struct lane *mixer_frames_lane(struct mixer *mixer, unsigned voice_thread); // voice produces
struct lane *mixer_commands(struct mixer *mixer);                           // control produces
struct ring *mixer_events(struct mixer *mixer);                             // control consumes
void mixer_attach_voice(struct mixer *mixer, unsigned voice_thread, struct lane *mixed);
void mixer_set_control_bell(struct mixer *mixer, void (*bell)(void *), void *context);
// Where MIXER_CMD_RECORD's blocks go: struct record_block, one a stream and tick in which it
// sounds. NULL: nowhere. Before mixer_start.
void mixer_set_recorder(struct mixer *mixer, struct lane *blocks);
int mixer_start(struct mixer *mixer);
void mixer_stop(struct mixer *mixer); // ends and joins
void mixer_free(struct mixer *mixer);

#endif
