// SPDX-License-Identifier: BSD-3-Clause
//
// tracks: who hears what in a meeting with interpretation. A pure state machine: voice reports,
// acts of people and time go in; gains and events come out. It owns no sound, no socket and no
// clock; the mixer that runs the meeting owns the object and is its only caller. No allocation
// after meeting_new except when somebody joins.
//
// The rule book is the table of docs/TRACKS.md. In one formula, for a listener's ear e and a floor
// voice F with spoken language S:
//
//   gain(e, F) = 0 dB       if S is understood, or no booth is on air for e
//              = e.duck_db  if a booth is on air for e (voice in the last hold_us)
//              = -6 dB      if S is understood and that booth is still finishing
//
// A booth is on air for e when it speaks onto e's track and what it interprets, its source, is not
// understood. No language is the main one: languages are nodes, booths are edges between two of
// them.
#ifndef SUSURRO_TRACKS_H
#define SUSURRO_TRACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACKS_LANGS_MAX 8
#define TRACKS_BOOTHS_MAX 8
#define TRACKS_LANG_BYTES 16    // a BCP 47 tag and its zero
#define TRACKS_MEMBERS_MAX 4096 // beyond: TRACKS_E_FULL
#define TRACKS_EVENTS_MAX 256   // undelivered events; beyond, the oldest is dropped and counted
#define TRACKS_SILENT_DB (-120.0f)

#define TRACKS_ERRORS(X)                                                                           \
    X(TRACKS_E_MEMORY, -1, "out of memory")                                                        \
    X(TRACKS_E_FULL, -2, "the meeting is full")                                                    \
    X(TRACKS_E_UNKNOWN_MEMBER, -3, "this person is not in the meeting")                            \
    X(TRACKS_E_UNKNOWN_LANGUAGE, -4, "this meeting has no such language")                          \
    X(TRACKS_E_NOT_IN_BOOTH, -5, "only an interpreter in a booth can do this")                     \
    X(TRACKS_E_ON_AIR_TAKEN, -6, "the partner is on air")                                          \
    X(TRACKS_E_NOT_ON_AIR, -7, "you are not on air")                                               \
    X(TRACKS_E_NO_FLOOR, -8, "nobody holds the floor")                                             \
    X(TRACKS_E_CONFIG, -9, "the meeting's configuration is not valid")
enum tracks_error {
#define X(name, value, text) name = (value),
    TRACKS_ERRORS(X)
#undef X
};
const char *tracks_error_text(int error);

// ---- configuration ----------------------------------------------------------------------------

struct booth_config {
    uint8_t lang_a, lang_b; // indices into langs
    bool is_air_by_voice;   // air = voice
};
struct meeting_config {
    uint8_t n_langs, n_booths;
    char langs[TRACKS_LANGS_MAX][TRACKS_LANG_BYTES]; // one track each, in order
    struct booth_config booths[TRACKS_BOOTHS_MAX];
    uint8_t default_lang; // spoken on the floor channel
    int8_t duck_db;       // default for listeners, 0 to -120
    uint64_t hold_us;     // an interpreter counts so long after their last voice (2 s)
};
void meeting_config_defaults(struct meeting_config *config); // duck -15, hold 2 s, no languages

// ---- life -------------------------------------------------------------------------------------

struct meeting;
// NULL: memory or config.
struct meeting *meeting_new(const struct meeting_config *config, uint64_t now_us);
void meeting_free(struct meeting *meeting);
const struct meeting_config *meeting_config(const struct meeting *meeting);
// What may change while people are in it: duck_db (for those who have chosen no other), hold_us and
// how one goes on air. Languages and booths stay as they are. TRACKS_E_CONFIG when they differ.
int meeting_reconfigure(struct meeting *meeting, const struct meeting_config *config,
                        uint64_t now_us);

// ---- people -----------------------------------------------------------------------------------

enum place_kind { PLACE_FLOOR, PLACE_TRACK, PLACE_BOOTH };
struct place {
    enum place_kind kind;
    uint8_t index; // which track or booth
};
// Joins, or moves one who is here already. A move keeps spoken and understood languages that were
// chosen by hand.
int meeting_join(struct meeting *meeting, uint32_t session, struct place place, uint64_t now_us);
// A vanished connection too.
void meeting_leave(struct meeting *meeting, uint32_t session, uint64_t now_us);
// What people choose. lang < 0 returns to the default (that of where they sit).
int meeting_set_spoken(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us);
int meeting_set_understood(struct meeting *meeting, uint32_t session, uint32_t lang_mask,
                           uint64_t now_us);
// -120 = off.
int meeting_set_duck(struct meeting *meeting, uint32_t session, int duck_db, uint64_t now_us);
int meeting_set_partner_level(struct meeting *meeting, uint32_t session, int level_db,
                              uint64_t now_us);
// The cough key.
void meeting_set_muted(struct meeting *meeting, uint32_t session, bool is_muted, uint64_t now_us);

// ---- acts of interpreters ---------------------------------------------------------------------

int meeting_go_on_air(struct meeting *meeting, uint32_t session, uint64_t now_us);
int meeting_go_off_air(struct meeting *meeting, uint32_t session, uint64_t now_us);
// On air at once, whoever was.
int meeting_take(struct meeting *meeting, uint32_t session, uint64_t now_us);
// "!out es": the holder is speaking the other language of this booth. Turns the booth at once,
// corrects the holder's spoken language for everybody, remembered for that person until they
// choose.
int meeting_set_outgoing(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us);
// The moderator's act: a pending turn of this booth happens at once.
void meeting_turn_now(struct meeting *meeting, uint8_t booth, uint64_t now_us);

// ---- sound ------------------------------------------------------------------------------------

// A packet of this person's voice has arrived (before the jitter buffer): ducking begins here when
// they are on air.
void meeting_packet(struct meeting *meeting, uint32_t session, uint64_t now_us);
// What the detector says about a person's 10 ms block; called each tick for every playing source.
void meeting_voice(struct meeting *meeting, uint32_t session, bool is_voice, float level_db,
                   uint64_t now_us);
// A person's source went idle (end of transmission). had_terminator tells a clean end from a broken
// one.
void meeting_silent(struct meeting *meeting, uint32_t session, bool had_terminator,
                    uint64_t now_us);
// Runs what is due (holds, pending turns, notices). Call each tick while anybody sounds, and at the
// deadline otherwise.
void meeting_advance(struct meeting *meeting, uint64_t now_us);
// The next time something happens by itself, UINT64_MAX when nothing will: a silent meeting has no
// deadline.
uint64_t meeting_deadline(const struct meeting *meeting);

// ---- who hears what ---------------------------------------------------------------------------

// What decides a listener's sound. Two listeners with equal ears hear the same. Compare with
// ear_equal.
struct ear {
    struct place place;
    uint32_t understood; // bit i = langs[i]
    int8_t duck_db;
    int8_t partner_db; // booths
    uint32_t minus;    // own session while they speak, and 3 s after (mix-minus); 0 otherwise
    uint32_t self;     // own session in a booth, 0 elsewhere
};
bool ear_equal(const struct ear *a, const struct ear *b);
// Changes whenever any ear or any gain may have changed.
uint64_t meeting_revision(const struct meeting *meeting);
// The ear of a member; false when unknown.
bool meeting_ear(const struct meeting *meeting, uint32_t session, struct ear *out);
// The level at which that ear hears that speaker now; TRACKS_SILENT_DB = not at all. For
// PLACE_FLOOR ears it says what the direct path delivers (all floor voices at 0 dB).
float meeting_gain_db(const struct meeting *meeting, const struct ear *ear, uint32_t speaker);

// ---- what happened ----------------------------------------------------------------------------

enum track_event_kind {
    TRACK_EVENT_FLOOR,        // session holds the floor (0: nobody), lang = the floor language
    TRACK_EVENT_SPEAKING,     // session starts (value 1) or stops (0) having voice on the floor
    TRACK_EVENT_ON_AIR,       // booth: session is on air
    TRACK_EVENT_OFF_AIR,      // booth: nobody is on air any more (value 1: left)
    TRACK_EVENT_INTERPRETING, // booth: voice heard (1) / hold ran out (0) on the outgoing track
    TRACK_EVENT_TURN_PENDING, // booth: will turn to outgoing lang at its next pause
    TRACK_EVENT_DIRECTION,    // booth: incoming lang, outgoing lang2 from now on
    TRACK_EVENT_RESTING,      // booth: off the tree, reaches no track
    TRACK_EVENT_UNCOVERED,    // track of lang: not interpreted for it (value 1: no path)
    TRACK_EVENT_COUGH_LONG,   // booth: the one on air has been muted for 15 s: alert the partner
    TRACK_EVENT_KINDS
};
struct track_event {
    enum track_event_kind kind;
    uint32_t session;
    uint8_t booth, lang, lang2, value;
    uint64_t at_us;
};
bool meeting_next_event(struct meeting *meeting, struct track_event *out);
uint64_t meeting_n_events_dropped(const struct meeting *meeting); // since meeting_new
const char *track_event_name(enum track_event_kind kind);

struct booth_state {
    uint32_t on_air; // session, 0 = nobody
    uint8_t n_interpreters, incoming, outgoing;
    bool is_resting, is_pending, is_interpreting;
    uint32_t span_ms; // measured ear-to-voice span, 0 = not known yet
};
struct floor_state {
    uint32_t holder, second; // sessions; second: the one other voice that indicators show
    uint8_t lang;
};
struct booth_state meeting_booth_state(const struct meeting *meeting, uint8_t booth);
struct floor_state meeting_floor_state(const struct meeting *meeting);

#endif
