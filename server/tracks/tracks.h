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

#include "base/i18n.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACKS_LANGS_MAX 8
#define TRACKS_BOOTHS_MAX 8
#define TRACKS_BOOTH_LANGS_MAX 3 // a booth of three works from A into B or into C, by choice
#define TRACKS_LANG_BYTES 16     // a BCP 47 tag and its zero
#define TRACKS_MEMBERS_MAX 4096  // beyond: TRACKS_E_FULL
#define TRACKS_EVENTS_MAX 256    // undelivered events; beyond, the oldest is dropped and counted
#define TRACKS_SILENT_DB (-120.0f)

#define TRACKS_ERRORS(X)                                                                           \
    X(TRACKS_E_MEMORY, -1, N_("out of memory"))                                                    \
    X(TRACKS_E_FULL, -2, N_("the meeting is full"))                                                \
    X(TRACKS_E_UNKNOWN_MEMBER, -3, N_("this person is not in the meeting"))                        \
    X(TRACKS_E_UNKNOWN_LANGUAGE, -4, N_("this meeting has no such language"))                      \
    X(TRACKS_E_NOT_IN_BOOTH, -5, N_("only an interpreter in a booth can do this"))                 \
    X(TRACKS_E_ON_AIR_TAKEN, -6, N_("the partner is on air"))                                      \
    X(TRACKS_E_NOT_ON_AIR, -7, N_("you are not on air"))                                           \
    X(TRACKS_E_NO_FLOOR, -8, N_("nobody holds the floor"))                                         \
    X(TRACKS_E_CONFIG, -9, N_("the meeting's configuration is not valid"))                         \
    X(TRACKS_E_NO_PARTNER, -10, N_("there is nobody else in the booth"))                           \
    X(TRACKS_E_NO_PATH, -11, N_("that language does not reach this booth, or would make a loop"))  \
    X(TRACKS_E_ONE_WAY, -12, N_("this booth works in one direction only"))
enum tracks_error {
#define X(name, value, text) name = (value),
    TRACKS_ERRORS(X)
#undef X
};
const char *tracks_error_text(int error);

// ---- configuration ----------------------------------------------------------------------------

struct booth_config {
    uint8_t lang_a, lang_b; // indices into langs
    uint8_t lang_c;         // the third, when has_third
    bool has_third;
    bool is_one_way;      // from lang_a into lang_b only; never with a third
    bool is_air_by_voice; // air = voice
};
#define TRACKS_NO_LANG UINT8_MAX
struct meeting_config {
    uint8_t n_langs, n_booths;
    char langs[TRACKS_LANGS_MAX][TRACKS_LANG_BYTES]; // one track each, in order
    struct booth_config booths[TRACKS_BOOTHS_MAX];
    uint8_t default_lang; // spoken on the floor channel
    int8_t duck_db;       // default for listeners, 0 to -120
    uint64_t hold_us;     // an interpreter counts so long after their last voice (2 s)
    uint64_t turn_us;     // on air for so long: a soft reminder (30 min); 0: none
};
void meeting_config_defaults(struct meeting_config *config); // duck -15, hold 2 s, no languages

// ---- life -------------------------------------------------------------------------------------

struct meeting;
// NULL: memory or config.
struct meeting *meeting_new(const struct meeting_config *config, uint64_t now_us);
void meeting_free(struct meeting *meeting);
const struct meeting_config *meeting_config(const struct meeting *meeting);
// What may change while people are in it: duck_db (for those who have chosen no other), hold_us,
// turn_us and how one goes on air. Languages and booths stay as they are. TRACKS_E_CONFIG when they
// differ.
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
// A connection that was closed, too: of one who was on air, TRACK_EVENT_OFF_AIR has value 1.
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
// In a handover the leaver's ends it, the successor's withdraws it.
int meeting_go_off_air(struct meeting *meeting, uint32_t session, uint64_t now_us);
// On air at once, whoever was.
int meeting_take(struct meeting *meeting, uint32_t session, uint64_t now_us);
// The one key of a handover (docs/TRACKS.md draws it). By the one on air: asks, or confirms what
// the partner offered. By a partner: offers, or confirms what was asked. Once confirmed both are
// carried until the leaver has finished the clause, at most HANDOVER_MOST_US; pressed again by
// either of the two, it ends at once. An offer nobody answers ends after a minute.
// TRACKS_E_NO_PARTNER, TRACKS_E_NOT_ON_AIR (nobody is: go on air).
int meeting_handover(struct meeting *meeting, uint32_t session, uint64_t now_us);
// What the booth of this interpreter listens to: a language (the track of another booth, or the
// floor when it is spoken there), TRACKS_RELAY_AUTO, or TRACKS_RELAY_FLOOR ("I do understand
// this"). For the present floor language, now and whenever it is spoken again; before anybody has
// spoken, and AUTO, for all of them.
#define TRACKS_RELAY_AUTO (-1)
#define TRACKS_RELAY_FLOOR (-2)
int meeting_set_relay(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us);
// "!out es": the holder is speaking the other language of this booth. Turns the booth at once,
// corrects the holder's spoken language for everybody, remembered for that person until they
// choose.
int meeting_set_outgoing(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us);
// In a booth of three whose end nearer the root stays, lang may also be the third language: a
// choice, which corrects nobody.

// ---- acts of moderators -----------------------------------------------------------------------

// A pending turn of this booth happens at once.
void meeting_turn_now(struct meeting *meeting, uint8_t booth, uint64_t now_us);
// The floor is given to this person, who keeps it until it is given to another or, by 0, to nobody:
// the ordinary rules then. Others are heard as ever; only the holder decides the floor language.
int meeting_give_floor(struct meeting *meeting, uint32_t session, uint64_t now_us);
// What is spoken on the floor now is this language: of the holder, until they choose; of whoever
// speaks first when nobody holds it. Booths turn at once. What follows from the holder's seat is
// not pinned to them.
int meeting_name_floor(struct meeting *meeting, int lang, uint64_t now_us);
// The language that relays go through when there is a choice; -1: none is preferred.
int meeting_set_pivot(struct meeting *meeting, int lang, uint64_t now_us);

// ---- sound ------------------------------------------------------------------------------------

// A packet of this person's voice has arrived (before the jitter buffer): ducking begins here when
// they are on air.
void meeting_packet(struct meeting *meeting, uint32_t session, bool is_terminator, uint64_t now_us);
// What the detector says about a person's 10 ms block; called each tick for every playing source.
void meeting_voice(struct meeting *meeting, uint32_t session, bool is_voice, float level_db,
                   uint64_t now_us);
// A person's source went idle (end of transmission, or nothing came for too long).
void meeting_silent(struct meeting *meeting, uint32_t session, uint64_t now_us);
// After TRACK_EVENT_SUSPECT the client was asked and did not answer in time: no longer on air, the
// partner's voice is enough. Does nothing when packets have come since. Packets that come within
// RETURN_US put them on air again, while no partner is speaking.
void meeting_vanished(struct meeting *meeting, uint32_t session, uint64_t now_us);
// Runs what is due (holds, pending turns, notices). Call each tick while anybody sounds, and at the
// deadline otherwise.
void meeting_advance(struct meeting *meeting, uint64_t now_us);
// The next time something happens by itself, UINT64_MAX when nothing will: a silent meeting has no
// deadline, but for an open offer (a minute) and the reminder of who is on air. After
// meeting_advance it lies ahead.
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
// How long a change of this speaker's gain is to take that happens now; 0: as ever (30 ms down, 400
// ms up). A handover ends in a crossfade of 200 ms.
uint32_t meeting_fade_ms(const struct meeting *meeting, uint32_t speaker);

// ---- what happened ----------------------------------------------------------------------------

enum track_event_kind {
    TRACK_EVENT_FLOOR,        // session holds the floor (0: nobody), lang = the floor language
    TRACK_EVENT_SPEAKING,     // session starts (value 1) or stops (0) having voice on the floor
    TRACK_EVENT_ON_AIR,       // booth: session is on air
    TRACK_EVENT_OFF_AIR,      // booth: session is not any more (value 0: act, 1: left, 2: vanished)
    TRACK_EVENT_INTERPRETING, // booth: voice heard (1) / hold ran out (0) on the outgoing track
    TRACK_EVENT_TURN_PENDING, // booth: will turn to outgoing lang at its next pause; value 1: it
                              // stays with lang after all
    TRACK_EVENT_DIRECTION,    // booth: incoming lang, outgoing lang2 from now on
    TRACK_EVENT_RESTING,      // booth: off the tree, reaches no track
    TRACK_EVENT_UNCOVERED,    // track of lang: not interpreted for it (value 1: no path)
    TRACK_EVENT_COUGH_LONG,   // booth: the one on air has been muted for 15 s: alert the partner
    TRACK_EVENT_COVERED,      // track of lang: interpreted again, after UNCOVERED
    TRACK_EVENT_SUSPECT,  // session, on air in booth: voice has stopped without an end for 160 ms
    TRACK_EVENT_HANDOVER, // booth: value is an enum handover_state; session: who acted
    TRACK_EVENT_TIMER,    // booth: session has been on air for turn_us
    TRACK_EVENT_PATH,     // booth: its incoming is now depth `value` (0 the floor, 1 one hop, …)
    TRACK_EVENT_DRAINED,  // every booth has finished what the last holder said
    TRACK_EVENT_SEATED,   // booth: session has come, and it works from lang into lang2 (value 1: it
                          // rests); not when TRACK_EVENT_DIRECTION has just said so
    TRACK_EVENT_HEARD, // booth: voice of session begins (1) or stops (0) to go onto lang2's track
    TRACK_EVENT_KINDS
};
struct track_event {
    enum track_event_kind kind;
    uint32_t session;
    uint8_t booth, lang, lang2, value;
    uint64_t at_us;
    uint64_t voice_us; // SPEAKING, HEARD: when that voice began or ended
};
bool meeting_next_event(struct meeting *meeting, struct track_event *out);
uint64_t meeting_n_events_dropped(const struct meeting *meeting); // since meeting_new
const char *track_event_name(enum track_event_kind kind);

// Of a handover. Entered through booth_handover_enter only.
#define HANDOVER_STATES(X)                                                                         \
    X(HANDOVER_NONE, "none")       /* nothing is under way, or it was withdrawn */                 \
    X(HANDOVER_ASKED, "asked")     /* the one on air wants to stop */                              \
    X(HANDOVER_OFFERED, "offered") /* a partner would go on */                                     \
    X(HANDOVER_BOTH, "both")       /* confirmed: the leaver finishes, the successor may begin */   \
    X(HANDOVER_DONE, "done")       /* only in events: the successor is on air */
enum handover_state {
#define X(name, text) name,
    HANDOVER_STATES(X)
#undef X
};

struct booth_state {
    uint32_t on_air;    // session, 0 = nobody
    uint32_t successor; // HANDOVER_OFFERED: who offers; HANDOVER_BOTH: who follows; 0
    enum handover_state handover;
    uint8_t n_interpreters, incoming, outgoing;
    uint8_t depth; // hops of what it hears from the floor: 0 is the floor itself
    int8_t relay;  // chosen by hand: a language, TRACKS_RELAY_AUTO or _FLOOR
    bool is_resting, is_pending, is_interpreting, is_coughing, is_relay;
    uint8_t wanted_outgoing; // is_pending: where it will turn; TRACKS_NO_LANG: to rest
    uint32_t span_ms;        // measured ear-to-voice span, 0 = not known yet
    uint64_t on_air_since_us;
};
struct track_state {
    uint8_t depth;     // hops from the floor now: 0 it is spoken there, TRACKS_NO_LANG: no path
    uint8_t booth;     // whose outgoing track it is, TRACKS_NO_LANG: none
    uint32_t delay_ms; // spans of the booths between the floor and here, summed
    uint32_t n_people; // who sit on it
    bool is_covered;   // a booth is heard here now
    bool is_uncovered; // people here do not understand the floor, and there is no path
};
struct floor_state {
    uint32_t holder, second; // sessions; second: the one other voice that indicators show
    uint32_t given;          // to whom the floor was given, 0: nobody
    uint8_t lang;
    int8_t pivot;    // the moderator's, -1: none
    bool is_drained; // the slowest booth has finished what the last holder said
};
struct booth_state meeting_booth_state(const struct meeting *meeting, uint8_t booth);
struct track_state meeting_track_state(const struct meeting *meeting, uint8_t lang);
struct floor_state meeting_floor_state(const struct meeting *meeting);

// Since meeting_new, for the report at the end. Voice, never mere packets.
struct lang_figures {
    uint64_t spoken_us;    // on the floor, by those who spoke it
    uint64_t needed_us;    // floor voice that somebody on this track did not understand ...
    uint64_t uncovered_us; // ... and that no booth interpreted (after its span, at least 2 s)
    uint64_t air_us;       // interpreters' voice onto this track
};
struct meeting_figures {
    uint64_t since_us;
    struct lang_figures langs[TRACKS_LANGS_MAX];
    struct {
        uint32_t span_ms, n_spans; // median of all that were measured (at most the newest 64)
        uint32_t n_handovers, n_vanished;
    } booths[TRACKS_BOOTHS_MAX];
};
void meeting_figures(const struct meeting *meeting, struct meeting_figures *out);

#endif
