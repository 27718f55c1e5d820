// SPDX-License-Identifier: BSD-3-Clause
//
// Private to mixer/: a meeting as it runs (hall), its speakers, its listeners (seats) and its
// mixes.
//
//   seats ──► groups (equal ears, same mix so far) ──► mixes ──► streams (one encoder a tier,
//                                                                and bridges for who changes tier)
//
// Groups that hear the same voices at the same gains share a mix. When they part, the mix is forked
// with all its state, encoders and unfinished frames included: both go on from the same point, so
// nobody hears more than gains that begin to move. Mixes that have come to rest at the same gains
// are merged in a pause: a listener then changes where a frame of the old stream ends and one of
// the new begins, and the new one's next packet is coded without prediction. Between tiers of
// different codecs a bridge (audio.h) lies for 60 ms and up to the new tier's next frame: a stream
// of its own, which begins where any frame of the old one ends.
//
// Invariants, held by tests: the packets of a seat never overlap, and follow each other without a
// hole until a terminator; a seat never gets its own voice.
//
// One tick of 10 ms: encode and send what waited ► decode ► judge and level each voice ► music? ►
// rules (tracks/) ► tones ► assign, if anything changed ► mix (voices ► guard, in booths ► tones ►
// limiter) ► record ► move seats ► encode and send ► indicators.
#ifndef SUSURRO_MIXER_INT_H
#define SUSURRO_MIXER_INT_H

#include "mixer/mixer.h"
#include "record/record.h"

#include <uv.h>

// Decoded at a time in one meeting; the packets of more are counted and dropped. Some places are
// kept for booths, whom no crowd of open microphones may shut out.
#define SPEAKERS_MAX 32
#define SPEAKERS_OF_FLOOR_MAX 28
#define CHOSEN_FADE_MS 30           // of a voice that becomes one of the strongest ...
#define UNCHOSEN_FADE_MS 150        // ... and of one that no more is
#define TONES_MAX TRACKS_BOOTHS_MAX // at a time; a soft tone more is not heard
#define VOICES_MAX (SPEAKERS_MAX + TONES_MAX)
#define GATE_TICKS (MIXER_GATE_MS * 1000 / AUDIO_BLOCK_US)
#define GRID_TICKS 12           // frames of 2, 4 and 6 blocks all begin once in so many
#define TICKS_BEHIND_MAX 12     // caught up one by one; beyond, the clock jumps
#define FRAME_SHORT_BLOCKS 2    // these never wait
#define TICK_WORK_US 1500       // of encoding; with more, long frames wait for the next tick
#define PAST_BLOCKS GRID_TICKS  // with which an encoder that opens in mid-speech is warmed up
#define INDICATOR_TICKS 10      // one indicator of 60 ms each 100 ms
#define MERGE_TICKS 5           // how often resting mixes are compared
#define MERGE_PAUSE_TICKS 6     // mixes merge in a pause of both, where no codec is heard to change
#define MERGE_LATEST_TICKS 1500 // or after so long without any
#define PAUSE_DB (-45.0f)
#define FRAME_STALE_US 300000u // voice older than this is not decoded any more
#define REPORT_US 100000u      // from one display to the next, at least
#define EXPOSURE_TICKS 1000    // heard from one EXPOSURE to the next
#define RECIPIENTS_MAX 1024    // in one record; more recipients take more records

// ---- the pool: what a change of state needs, kept ready so that the tick seldom allocates -------
//
// What the tick gives back is kept in any number up to the _CAP; after the turn pool_tidy frees
// what is more than _KEEP and allocates what is less than _READY of the kinds that were ever used.
#define KIND_BRIDGE TIERS // of encoders: one a tier, and bridges
#define KINDS (TIERS + 1)
#define POOL_SOURCES_CAP SPEAKERS_MAX
#define POOL_SOURCES_KEEP 4
#define POOL_ENCODERS_CAP 32 // of a kind
#define POOL_ENCODERS_KEEP 8
#define POOL_MIXES_KEEP 8
#define POOL_READY 2
#define POOL_KEPT_CAP SPEAKERS_MAX // of what is kept of voices
#define POOL_KEPT_KEEP 4

struct pool {
    struct source *sources[POOL_SOURCES_CAP];
    unsigned n_sources;
    struct voice_kept *kept[POOL_KEPT_CAP];
    unsigned n_kept;
    struct mix *mixes[2]; // of tracks, of booths
    unsigned n_mixes[2];
    struct limiter *fresh_limiters[2];
    struct {
        struct encoder *spare[POOL_ENCODERS_CAP];
        unsigned n;
        bool was_used;
    } encoders[KINDS][2];
};

// ---- a meeting as it runs -----------------------------------------------------------------------

// Of a person, from their first word until they leave.
struct voice_kept {
    struct leveller *leveller;
    struct quality *quality;
    struct denoiser *denoiser; // NULL: none, or a speaker has it
};

struct speaker {
    uint32_t session;  // 0: free
    struct seat *seat; // NULL while it ends
    uint8_t booths;    // a moderator's word to these alone, bit i; 0: a voice like others
    struct source *source;
    struct source_block info;
    bool is_playing, is_mixed;
    bool is_ending; // taken away in mid-speech: one more block, which fades out at the old gains
    bool is_shown;  // an indicator is open
    float gain;     // of the leveller, linear
    struct denoiser *denoiser; // NULL: none
    bool is_rest;              // what the denoiser still had has been played
    float loudness_db;         // levelled, smoothed, for the choice of the strongest
    uint64_t chosen_tick;      // or no more, last
    uint64_t frame_number;     // the speaker's own, of the newest block
    uint64_t shown_tick,
        shown_until; // of the last indicator: when, and the frame number of its end
    float block[AUDIO_BLOCK_SAMPLES];
};

// Which stream of a mix: that of a tier, or a bridge from one tier to another.
#define SLOTS (TIERS + TIERS * TIERS)
#define SLOT_OF_BRIDGE(from, to) (TIERS + (unsigned)(from)*TIERS + (unsigned)(to))

struct stream {
    struct encoder *encoder; // NULL: nobody plays or wants it
    unsigned n_plays;        // seats' want and have
    bool is_open;            // packets flow
    bool is_fresh;           // somebody's next packet is the first: it is coded without prediction
    bool is_due; // a frame is complete, and is encoded at the beginning of the next tick
    uint64_t opened_tick, frame_tick; // where it was opened, where its unfinished frame began
    const struct stream *origin;      // a bridge's: whose encoder it began with, at opened_tick
};

struct mix {
    struct mix *next;
    bool is_booth;
    float target_db[VOICES_MAX];
    bool has_target[VOICES_MAX];
    struct ramp ramps[VOICES_MAX];
    struct guard *guard; // of booths
    uint32_t n_trips;    // of it, that were counted
    struct limiter *limiter;
    bool was_loud;
    uint64_t loud_tick;  // last above the gate
    uint64_t voice_tick; // last not in a pause
    uint64_t moved_tick; // when a gain last changed
    struct stream streams[SLOTS];
    unsigned n_taps; // of the recorder
    float block[AUDIO_BLOCK_SAMPLES];
    float past[PAST_BLOCKS][AUDIO_BLOCK_SAMPLES]; // of tick t at t % PAST_BLOCKS
    // while assigning
    const struct mix *parent; // forked from it in this turn
    unsigned tiers;           // of its groups: bit t = tier t; those that count against the limit
    enum tier least_tier;     // over the limit: no better tier than this
};

struct play {
    struct mix *mix; // NULL: nothing
    unsigned slot;   // of its streams; what is wanted is a tier's
};

struct seat {
    uint32_t session, epoch, from;
    uint8_t thread;
    enum tier tier;
    struct place place;
    bool is_listening;
    uint8_t loss_percent;    // of what it is sent
    bool is_speaking;        // a speaker points here
    bool has_word;           // ... and another one, whose words go into booths
    struct voice_kept *kept; // NULL: has not spoken yet
    struct play want, have;
    uint64_t until_tick;              // where the last packet ended
    uint64_t shown_tick, shown_until; // its last indicator: when, the frame number of its end
    uint64_t pause_from_tick, pause_until_tick; // MIXER_CMD_PAUSE; until 0: not asked
    bool is_snapped;
    float snapped_db;
    enum tier snapped_tier;
    size_t group;              // while assigning
    struct exposure *exposure; // in a booth, and after it
    uint64_t exposed_tick;     // counted so far
    unsigned heard_ticks;      // since the last EXPOSURE
};

// A soft tone, while it sounds. It is a voice, in the place SPEAKERS_MAX + its index, which has a
// gain for those whom it is for.
struct tone {
    enum mixer_tone kind;
    uint8_t booth;
    uint32_t only, except; // sessions, 0: none
    uint32_t n_blocks;     // played
};

// Seats that are assigned together.
struct group {
    struct ear ear;
    uint32_t tones;         // that are for them: bit i = hall->tones[i]
    struct mix *base, *mix; // what they hear now, what they will
    unsigned n_seats, tiers;
    bool is_personal; // without their own voice: not counted against the limit
    bool is_done, is_snapped;
    float wanted_db[VOICES_MAX];
};

struct hall {
    struct hall *next;
    uint32_t id;
    struct meeting *meeting;
    uint32_t track_sessions[TRACKS_LANGS_MAX], booth_sessions[TRACKS_BOOTHS_MAX];
    struct speaker speakers[VOICES_MAX]; // the last are tones
    unsigned n_speakers;
    struct tone tones[TONES_MAX];
    unsigned n_tones;
    bool was_staffed[TRACKS_BOOTHS_MAX];
    unsigned n_in_booths;
    bool is_levelling, is_denoising;
    struct music *music;
    int8_t music_choice; // 1 on, 0 off, -1 as detected
    bool is_music_detected, is_music;
    uint32_t n_guard_trips; // howls and tones, each counted once
    uint64_t tripped_tick;
    float floor_block[AUDIO_BLOCK_SAMPLES]; // the floor's voices in this tick, as they came
    unsigned n_pauses_asked;
    uint64_t floor_voice_tick; // the last one with voice of a floor speaker
    bool is_recording;
    uint32_t n_record_drops;               // blocks that found no room
    struct mix *taps[RECORD_STREAMS_MAX];  // what the recorder hears, NULL: nothing
    size_t tap_groups[RECORD_STREAMS_MAX]; // while assigning
    struct seat **seats;                   // ordered by (from, session): the order of recipients
    struct seat **by_session;              // the same, to find them
    size_t n_seats, cap_seats;
    struct group *groups;
    size_t n_groups, cap_groups;
    struct mix *mixes;
    uint64_t revision; // of the meeting, when seats were last assigned
    bool must_assign, is_moving, is_at_rest;
    uint64_t base_tick; // frame numbers count from here
    uint8_t phase;
    uint64_t dropped;  // packets that were not taken
    bool is_shown_old; // the display that control has, and when it was last looked at
    uint64_t shown_us, shown_revision;
    struct mixer_event_state shown;
};

struct mixer {
    unsigned index, n_voice_threads;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t bell, stop;
    uv_poll_t clock;
    int clock_fd;
    bool is_ticking, is_running;
    uint64_t tick;         // the last one done
    uint32_t tick_work_us; // about, of the encoding done in it so far
    struct mixer_load load;
    uint64_t load_us, load_spent_us; // when its share was worked out, and what was spent by then
    uint64_t armed_us;               // when the clock rings, UINT64_MAX: never
    struct lane frames[VOICE_THREADS_MAX], commands;
    struct ring *events;
    struct lane *mixed[VOICE_THREADS_MAX];
    struct lane *recorder; // NULL: none
    bool was_recorded;     // its bell to ring at the end of the turn
    void (*control_bell)(void *context);
    void *control_context;
    struct buffer events_backlog; // events that found the ring full, in order
    struct hall *halls;
    struct pool pool;
    bool was_sent[VOICE_THREADS_MAX]; // bells to ring at the end of the turn
    struct voice_mixed_recipient recipients[VOICE_THREADS_MAX][RECIPIENTS_MAX];
    unsigned n_recipients[VOICE_THREADS_MAX];
};

// mixer.c: the two things that happen to a mixer, with the time passed in
void mixer_on_bell(struct mixer *mixer, uint64_t now_us);  // records are in the lanes
void mixer_on_clock(struct mixer *mixer, uint64_t now_us); // armed_us has come
void mixer_wake_clock(struct mixer *mixer, uint64_t now_us);
void mixer_event(struct mixer *mixer, const struct mixer_event *event);
void mixer_event_sized(struct mixer *mixer, const struct mixer_event *event, size_t size);
// load.c: what the thread spends; called on it
uint64_t load_spent_us(void);
void load_note_tick(struct mixer *mixer, uint64_t began_us); // ... at load_spent_us() == began_us
struct mixer_load load_now(struct mixer *mixer, uint64_t now_us);
// hall.c
void hall_command(struct mixer *mixer, const struct mixer_command *command, uint64_t now_us);
void hall_events(struct mixer *mixer, struct hall *hall, uint64_t now_us);
void hall_free(struct mixer *mixer, struct hall *hall);
struct hall *hall_find(struct mixer *mixer, uint32_t id);
struct seat *hall_seat(const struct hall *hall, uint32_t session);
bool frame_begins(const struct hall *hall, enum tier tier, uint64_t tick);
enum tier slot_tier(unsigned slot);                     // a bridge's: where it leads to
bool mix_is_live(const struct mix *mix, uint64_t tick); // above the gate, or was a while ago
// speak.c
void hall_frame(struct mixer *mixer, const struct voice_frame *frame, uint64_t now_us);
bool hall_tick(struct mixer *mixer, struct hall *hall, uint64_t tick); // false: at rest
// The voice of this seat, if it speaks, ends here.
void speaker_cut(struct mixer *mixer, struct hall *hall, struct seat *seat, uint64_t now_us);
bool speaker_is_live(const struct speaker *speaker); // its gains are still decided
// At which this ear hears it, by the rules; TRACKS_SILENT_DB: not at all.
float speaker_gain_db(const struct hall *hall, const struct speaker *speaker,
                      const struct ear *ear);
// voice_kept.c
struct voice_kept *voice_kept_new(void); // NULL: out of memory
void voice_kept_free(struct voice_kept *kept);
void voice_kept_reset(struct voice_kept *kept);
void voice_tend(struct mixer *mixer, struct hall *hall, struct speaker *speaker);
void voice_tend_last(const struct hall *hall, struct speaker *speaker);
void voice_begin(const struct hall *hall, struct speaker *speaker);
void voice_end(struct speaker *speaker); // its seat is still there
// ears.c
void ears_guard(struct hall *hall, struct mix *mix, uint64_t tick);
void ears_choose_music(struct hall *hall, int32_t value); // 1 on, 0 off, -1 as detected
void ears_listen(struct hall *hall);                      // to the floor's voices of this tick
void ears_rest(struct hall *hall);                        // nobody speaks any more
// act.c
void act(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
         uint64_t now_us);
void act_turn_now(struct hall *hall, int32_t booth, uint64_t now_us); // -1: all
// tone.c
void tone_start(struct mixer *mixer, struct hall *hall, struct tone tone, uint64_t now_us);
void tone_signal(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
                 uint64_t now_us);
void tone_event(struct mixer *mixer, struct hall *hall, const struct track_event *event,
                uint64_t now_us);
void tone_play(struct hall *hall);
uint32_t tones_for(const struct hall *hall, const struct seat *seat); // bit i = hall->tones[i]
// exposure.c
void exposure_seat(struct seat *seat, uint64_t tick); // in a booth from now on
void exposure_measure(struct mixer *mixer, struct hall *hall, uint64_t tick);
// tap.c: what the recorder hears
void tap_turn(struct hall *hall, bool is_on);
void tap_set(struct mix **tap, struct mix *mix);
bool tap_ear(const struct hall *hall, uint8_t stream, struct ear *ear);
void tap_send(struct mixer *mixer, struct hall *hall, uint64_t tick);
// pause.c
void pause_ask(struct mixer *mixer, struct hall *hall, const struct mixer_command *command,
               uint64_t now_us);
void pause_forget(struct hall *hall, struct seat *seat);
void pause_look(struct mixer *mixer, struct hall *hall, uint64_t tick);
// report.c
uint64_t report_due_us(const struct hall *hall);
void report_state(struct mixer *mixer, struct hall *hall, uint64_t now_us); // if it is due
void report_figures(struct mixer *mixer, struct hall *hall, uint64_t token, uint64_t now_us);
// assign.c
void assign_seats(struct mixer *mixer, struct hall *hall, uint64_t tick);
void assign_merge(struct mixer *mixer, struct hall *hall, uint64_t tick);
void assign_forget_seat(struct mixer *mixer, struct hall *hall, struct seat *seat);
void assign_clear(struct mixer *mixer, struct hall *hall);
// False: out of memory, and nothing is played. value.mix may be NULL.
bool play_set(struct mixer *mixer, struct play *play, struct play value);
// mix.c
struct mix *mix_take(struct mixer *mixer, bool is_booth); // NULL: out of memory
void mix_give(struct mixer *mixer, struct mix *mix);
struct mix *mix_fork(struct mixer *mixer, const struct mix *from); // without its streams
bool mix_fork_stream(struct mixer *mixer, const struct mix *from, struct mix *to, unsigned slot);
void mix_retarget(struct hall *hall, struct mix *mix, const float wanted_db[VOICES_MAX],
                  uint64_t tick);
bool mix_fits(const struct hall *hall, const struct mix *mix, const float wanted_db[VOICES_MAX]);
bool mix_knows_all(const struct hall *hall, const struct mix *mix); // all voices have a gain here
bool mix_is_settled(const struct mix *mix);
void mix_run(struct hall *hall, struct mix *mix, uint64_t tick);
// pool.c
void pool_tidy(struct pool *pool);
void pool_clear(struct pool *pool);
struct source *pool_source(struct pool *pool); // NULL: out of memory
void pool_source_back(struct pool *pool, struct source *source);
struct voice_kept *pool_kept(struct pool *pool);                               // likewise
void pool_kept_back(struct pool *pool, struct voice_kept *kept);               // NULL is fine
struct encoder *pool_encoder(struct pool *pool, unsigned slot, bool is_booth); // likewise
void pool_encoder_back(struct pool *pool, unsigned slot, bool is_booth, struct encoder *encoder);
// deliver.c
struct parcel {
    struct span opus;
    uint64_t frame_number, made_us;
    bool is_terminator;
};
void deliver_to(struct mixer *mixer, const struct seat *seat, uint32_t from,
                const struct parcel *parcel);
void deliver_rest(struct mixer *mixer, const struct parcel *parcel);
void deliver_due(struct mixer *mixer, struct hall *hall, uint64_t tick); // of the tick before
void deliver_streams(struct mixer *mixer, struct hall *hall, uint64_t tick);
void deliver_ends(struct mixer *mixer, struct hall *hall); // a terminator for whoever hears sound
// indicate.c
void indicate_speakers(struct mixer *mixer, struct hall *hall, uint64_t tick);
void indicate_end(struct mixer *mixer, struct hall *hall, struct speaker *speaker);

#endif
