// SPDX-License-Identifier: BSD-3-Clause
//
// The parts of a meeting, private to this folder. Read in this order:
//   person.c   who is here, what they speak and understand, whether they have voice
//   floor.c    who holds the floor, and from when on a language counts (the root)
//   tree.c     languages are nodes, staffed booths are edges: each booth's wanted direction
//   booth.c    on air, ducking, cough, turning to the wanted direction
//   handover.c from one interpreter to the next
//   span.c     how far booths are behind the floor
//   suspect.c  interpreters who may have vanished
//   hearing.c  the table of docs/TRACKS.md: ear and speaker in, gain out
//   figures.c  sums for the report;  event.c  what happened
//   act.c      acts of interpreters and moderators;  meeting.c  life, people, time
#ifndef SUSURRO_TRACKS_INT_H
#define SUSURRO_TRACKS_INT_H

#include "tracks/tracks.h"

// The rule book's numbers.
#define MS 1000u
#define VOICE_BLOCK_US (10u * MS)    // what one voice report stands for
#define PAUSE_US (400u * MS)         // less silence than this is not a pause
#define MINUS_US (3000u * MS)        // mix-minus is kept so long after the last voice
#define FLOOR_SILENT_US (700u * MS)  // floor rule (a): the holder is silent for so long ...
#define FLOOR_TAKE_US (600u * MS)    // ... and another has so much voice
#define FLOOR_WIN_US (1500u * MS)    // floor rule (b): so much voice ...
#define FLOOR_WINDOW_US (3000u * MS) // ... within this time ...
#define FLOOR_WIN_DB 10.0f           // ... while the holder is silent or so much weaker
#define TURN_MIN_US (1500u * MS)     // a shorter turn never turns a booth
#define TURN_LATE_US (8000u * MS)    // after that the first short pause is enough
#define TURN_LATE_PAUSE_US (150u * MS)
#define FINISH_EXTRA_US (2000u * MS) // a booth finishes for at most its span and this
#define PACKET_GAP_US (200u * MS)    // a packet after such a gap announces voice
#define ARRIVING_US (150u * MS)      // voice must follow the announcing packet within
#define AIR_VOICE_US (1000u * MS)    // on air by voice: so much voice ...
#define AIR_WINDOW_US (1500u * MS)   // ... within this time
#define COUGH_US (15000u * MS)
#define UNCOVERED_US (10000u * MS)
#define UNCOVERED_AGAIN_US (300u * 1000u * MS)
#define SPAN_PAUSE_US (1000u * MS) // only onsets after such a pause are measured
#define SPAN_DEFAULT_US (2000u * MS)
#define SPAN_MIN_US (200u * MS)
#define SPAN_MAX_US (8000u * MS)
#define SPAN_SAMPLES 5
#define SPAN_MEMORY 64                       // for the report
#define HANDOVER_MOST_US (4000u * MS)        // both are carried for at most so long ...
#define HANDOVER_FADE_MS 200u                // ... and then the leaver fades
#define HANDOVER_OFFER_US (60u * 1000u * MS) // an offer that nobody answers ends
#define SUSPECT_US (160u * MS)               // voice stops without an end for so long
#define RETURN_US (10000u * MS)              // who vanished comes back by a packet for so long
#define UNCOVERED_LEAST_US (2000u * MS)      // or the span: figures count what comes later
#define UNDER_DB (-6.0f) // an understood voice under a booth that finishes; booth talk
#define PARTNER_DB (-12) // the partner on air, until one chooses

#define WINDOW_BUCKET_US (100u * MS)
#define WINDOW_BUCKETS 30

// How much voice there was in the last 3 s: blocks per 100 ms.
struct voice_window {
    uint64_t newest; // number of the newest bucket
    uint8_t n_blocks[WINDOW_BUCKETS];
};

struct person {
    uint32_t session;
    struct place place;
    int8_t spoken;       // chosen or corrected by hand; -1: that of where they sit
    uint32_t understood; // chosen; 0: that of where they sit
    int8_t duck_db, partner_db;
    bool is_muted;

    bool has_voice;   // in the newest block
    bool has_spoken;  // last_voice_us means something
    bool has_sent;    // last_packet_us means something
    bool is_sending;  // the last packet was no terminator
    bool is_suspect;  // ... and nothing has come since, for SUSPECT_US
    bool is_speaking; // voice in the last PAUSE_US
    bool is_minus;    // voice in the last MINUS_US
    uint8_t heard_on; // while it speaks on air: the track that hears it; TRACKS_NO_LANG: none
    float level_db;   // of voice, smoothed
    uint64_t last_voice_us, last_packet_us;
    uint64_t run_us;            // voice since the last pause
    struct voice_window window; // floor: voice that prevails over the holder; booth: any voice

    struct person *next_active, *prev_active; // those with is_minus
};

// Where a booth works: what it listens to, what it speaks onto.
struct direction {
    uint8_t incoming, outgoing;
    bool is_resting; // off the tree; the others mean nothing
    bool is_relay;   // the incoming is another booth's track, its pivot
};

// Whether the track hears the one on air. Entered through booth_enter only; drawn in
// docs/TRACKS.md.
#define BOOTH_PHASES(X)                                                                            \
    X(BOOTH_QUIET, "quiet")       /* no voice in the last hold_us: the floor at 0 dB */            \
    X(BOOTH_ARRIVING, "arriving") /* a packet announced voice: ducked on trust for 150 ms */       \
    X(BOOTH_VOICE, "voice")       /* voice in the last 400 ms */                                   \
    X(BOOTH_PAUSE, "pause")       /* a pause shorter than hold_us */
enum booth_phase {
#define X(name, text) name,
    BOOTH_PHASES(X)
#undef X
};

struct booth {
    uint8_t index, n_langs, langs[TRACKS_BOOTH_LANGS_MAX];
    bool is_one_way; // from langs[0] into langs[1]
    bool is_air_by_voice;
    int8_t relay;                    // now: a language, TRACKS_RELAY_AUTO or _FLOOR
    int8_t relays[TRACKS_LANGS_MAX]; // ... and when that is the floor language
    int8_t choice;                   // of three: the outgoing that was chosen, -1
    bool is_partner_needed;          // the one on air went away: the partner's voice is enough
    uint32_t n_interpreters;
    uint32_t on_air; // session, 0: nobody
    uint64_t on_air_since_us;
    bool is_timer_told;

    enum handover_state handover;
    uint32_t successor;         // OFFERED, BOTH
    uint64_t handover_since_us; // asked, offered or confirmed
    uint32_t fading;            // who was on air until ...
    uint64_t fade_from_us;      // ... then, and fades
    uint32_t vanished;          // who was on air when their line went, while nobody else is; 0
    uint64_t vanished_us, returned_us; // when they did; when somebody last came back

    enum booth_phase phase;
    uint64_t arriving_until_us;
    uint64_t last_voice_us; // of whoever was on air; 0: never
    bool is_coughing;       // the one on air is muted ...
    bool is_cough_told;     // ... and has been for COUGH_US
    uint64_t cough_us;

    struct direction now, wanted;
    uint8_t source;          // the floor language that its words come from
    bool is_turning;         // wanted or source lags behind the tree
    uint64_t turn_since_us;  // when the tree changed
    uint64_t turn_after_us;  // the old holder's end; 0: the tree changed for another reason
    uint64_t turn_lag_us;    // how far behind the floor this booth was when the tree changed
    uint64_t finish_from_us; // when the floor language changed

    uint64_t onset_us;  // what it hears began then and this booth has not followed yet; 0: nothing
                        // measured now
    uint8_t onset_lang; // the floor language of what began ...
    bool is_onset_relayed; // ... which was its pivot
    uint32_t spans_us[SPAN_MEMORY];
    uint32_t n_spans; // ever measured; the newest SPAN_MEMORY are kept
    uint32_t n_handovers, n_vanished;
};

struct floor {
    uint32_t holder, second, given;
    int8_t named;  // what is spoken by whoever takes the free floor next, -1
    int8_t pinned; // the holder's, said by hand in this turn: wherever they sit meanwhile; -1
    uint8_t lang;  // the holder's
    uint64_t lang_since_us;
    uint64_t turn_voice_us; // the holder's voice in this turn
    uint8_t root;           // the language of the last turn that was long enough to count
    bool has_root;          // false until somebody has spoken
    uint64_t root_end_us;   // last voice of a holder who spoke it
    bool has_sounded;
    uint64_t last_voice_us; // anybody's on the floor
    bool is_drained;
};

struct track {
    uint32_t n_deaf[TRACKS_LANGS_MAX]; // people on it who do not understand that language
    uint32_t n_people;
    uint64_t uncovered_us;      // voice that nobody interpreted for it, since the last notice
    bool is_told, is_uncovered; // is_uncovered: told, and not covered since
    uint64_t told_us;
    uint64_t gap_us; // voice since it was last covered
    struct lang_figures figures;
};

struct meeting {
    struct meeting_config config;
    uint64_t now_us, revision;
    struct person **people; // sorted by session
    uint32_t n_people, people_size;
    struct person *active;
    struct floor floor;
    int8_t pivot; // preferred by the moderator, -1
    uint64_t since_us;
    uint8_t depth[TRACKS_LANGS_MAX]; // hops from the root, NO_PATH
    uint32_t at_once; // booths whose turn waits for nothing, during an act: bit i = booths[i]
    struct track tracks[TRACKS_LANGS_MAX];
    struct booth booths[TRACKS_BOOTHS_MAX];
    struct track_event events[TRACKS_EVENTS_MAX];
    uint32_t event_first, n_events;
    uint64_t n_events_dropped;
};
#define NO_PATH UINT8_MAX

// meeting.c: every entry point begins here: time never runs backwards. NULL: unknown
struct person *meeting_at(struct meeting *m, uint32_t session, uint64_t now_us);

// person.c
struct person *person_find(const struct meeting *m, uint32_t session);
struct person *person_add(struct meeting *m, uint32_t session); // NULL: memory
void person_remove(struct meeting *m, struct person *p);
uint8_t person_spoken(const struct meeting *m, const struct person *p);
uint32_t person_understood(const struct person *p);
bool person_is_on_floor(const struct person *p);
void person_count(struct meeting *m, const struct person *p, int sign); // into or out of n_deaf
void person_heard(struct meeting *m, struct person *p, float level_db);
void person_end_voice(struct meeting *m, struct person *p); // nothing of their voice is remembered
void person_stop_speaking(struct meeting *m, struct person *p);
void people_advance(struct meeting *m);
uint64_t people_deadline(const struct meeting *m);
void window_add(struct voice_window *w, uint64_t now_us);
uint64_t window_sum(const struct voice_window *w, uint64_t now_us, uint64_t span_us);
void window_clear(struct voice_window *w);

// floor.c
void floor_voice(struct meeting *m, struct person *p);
void floor_leave(struct meeting *m, const struct person *p);
void floor_refresh(struct meeting *m, bool is_certain); // the holder's language may have changed
void floor_correct(struct meeting *m, struct person *holder, uint8_t lang); // at once, for all
void floor_name(struct meeting *m, uint8_t lang); // what is spoken now, or by whoever is next
void floor_unpin(struct meeting *m, const struct person *p); // they have chosen
void floor_choose_second(struct meeting *m);                 // somebody has fallen silent
void floor_advance(struct meeting *m);
uint64_t floor_deadline(const struct meeting *m);

// tree.c
void tree_update(struct meeting *m, uint64_t old_end_us); // 0: no speaker has ended
bool direction_is_equal(const struct direction *a, const struct direction *b);
bool tree_would_listen_to(struct meeting *m, struct booth *b,
                          int8_t relay);                       // asks, changes nothing
uint32_t tree_delay_us(const struct meeting *m, uint8_t lang); // summed spans, as booths work now
uint64_t tree_lag_us(const struct meeting *m, const struct booth *b); // of what it says

// booth.c
struct booth *booth_of(struct meeting *m, const struct person *p);
void booth_enter(struct meeting *m, struct booth *b, enum booth_phase phase);
void booth_join(struct meeting *m, const struct person *p);
void booth_leave(struct meeting *m, const struct person *p);
bool booth_knows(const struct booth *b, uint8_t lang);
bool booth_carries(const struct booth *b, uint32_t session);         // is heard on the track
bool booth_is_relay(const struct booth *b);                          // it hears another booth
uint8_t booth_depth(const struct meeting *m, const struct booth *b); // of what it hears
enum off_air { OFF_AIR_ACT, OFF_AIR_LEFT, OFF_AIR_VANISHED };
void booth_set_on_air(struct meeting *m, struct booth *b, const struct person *p);
void booth_clear_air(struct meeting *m, struct booth *b, enum off_air why);
void booth_push_path(struct meeting *m, const struct booth *b);
void booth_packet(struct meeting *m, struct person *p);
void booth_vanish(struct meeting *m, struct booth *b);                        // the one on air
void booth_set_relay(const struct meeting *m, struct booth *b, int8_t relay); // by hand
void booth_follow_root(struct meeting *m,
                       struct booth *b); // the relay for this floor language
void booth_voice(struct meeting *m, struct person *p);
void booth_muted(struct meeting *m, const struct person *p);
void booth_turn(struct meeting *m, struct booth *b);
void booth_advance(struct meeting *m, struct booth *b);
uint64_t booth_deadline(const struct meeting *m, const struct booth *b);

// handover.c
int handover_press(struct meeting *m, struct booth *b, const struct person *p);
void handover_finish(struct meeting *m, struct booth *b); // BOTH: the successor is on air
void handover_cancel(struct meeting *m, struct booth *b, uint32_t session); // whose act it was
bool handover_leave(struct meeting *m, struct booth *b,
                    const struct person *p); // true: all is done
void handover_advance(struct meeting *m, struct booth *b);
uint64_t handover_deadline(const struct meeting *m, const struct booth *b);

// span.c
void span_floor_onset(struct meeting *m, uint8_t lang); // somebody speaks after a silence
void span_booth_onset(struct meeting *m, const struct booth *pivot); // before its voice is noted
void span_measure(struct meeting *m, struct booth *b);
uint64_t booth_span_us(const struct booth *b);                     // SPAN_DEFAULT_US until measured
uint32_t span_median_us(const struct booth *b, uint32_t n_newest); // 0: none measured

// suspect.c
void suspect_packet(struct person *p, bool is_terminator);
void suspect_advance(struct meeting *m, const struct booth *b);
uint64_t suspect_deadline(const struct meeting *m, const struct booth *b);

// figures.c
void figures_holder_voice(struct meeting *m); // a block of the holder's
bool drain_is_over(const struct meeting *m);
void drain_advance(struct meeting *m);
uint64_t drain_deadline(const struct meeting *m);

// hearing.c
bool track_is_ducked(const struct meeting *m, uint8_t track, uint32_t understood);
bool track_is_covered(const struct meeting *m, uint8_t track);

// event.c
void event_push(struct meeting *m, struct track_event event); // at_us is filled in

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}
static inline uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}
static inline uint32_t lang_bit(uint8_t lang)
{
    return (uint32_t)1 << lang;
}

#endif
