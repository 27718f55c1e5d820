// SPDX-License-Identifier: BSD-3-Clause
//
// audio: the sound of one meeting as pure DSP. No sockets, no threads, no clock: the caller owns
// every object, calls from one thread, and passes time in. All sound is mono float at 48 kHz, full
// scale = 1.0, in blocks of 10 ms. After the constructors nothing here allocates, locks or logs, so
// all of it may run inside the audio tick.
//
//   source (decode) ──► ramp (gain) ──► sum = mix ──► limiter ──► encoder
//
// Invariant: what leaves limiter_process never exceeds its ceiling, sample by sample.
// Sources: RFC 6716 (Opus), ITU-R BS.1770-4 annex 2 (true peak), the SpeexDSP manual (jitter
// buffer).
#ifndef SUSURRO_AUDIO_H
#define SUSURRO_AUDIO_H

#include "proto/proto.h" // struct span, opus_packet_frames_10ms

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_RATE_HZ 48000
#define AUDIO_BLOCK_SAMPLES 480
#define AUDIO_BLOCK_US 10000
#define AUDIO_SILENCE_DB (-120.0f)

float audio_gain_from_db(float db); // 0 at or below AUDIO_SILENCE_DB
float audio_db_from_gain(float gain);
float audio_rms_db(const float *samples, size_t n);  // dBFS; a full-scale sine is -3.01
float audio_peak_db(const float *samples, size_t n); // sample peak

// ---- source: one speaker's voice, from packets to blocks
// -----------------------------------------------------------
//
// Opus packets go in as they arrive, one block comes out each 10 ms: reordered, smoothed by an
// adaptive jitter buffer (on a clean line 1 to 11 ms, as the packets and the ticks fall), concealed
// where packets are missing (at most 100 ms, fading out), faded at the end. It begins anew after a
// terminator, after 200 ms without packets, and on a jump of 1 s. Times: put takes the time when
// the packet reached the machine, get that of its tick, both of the same clock.
//
//   IDLE --put--> BUFFERING --target reached--> PLAYING --terminator drained, or starved 200 ms-->
//   IDLE

enum source_state { SOURCE_IDLE, SOURCE_BUFFERING, SOURCE_PLAYING };

struct source_block {
    bool is_voice;         // the detector hears voice (hangover 150 ms included), not mere packets
    bool is_concealed;     // this block was made up
    float level_db;        // RMS of this block
    uint64_t frame_number; // the speaker's own number of this block
};
struct source_stats {
    uint64_t received, late;  // packets; copies are received, and nothing else
    uint64_t lost, concealed; // blocks that never came in time; that were made up
    uint64_t resets;          // jumps
    uint32_t delay_ms;        // how long sound waits in here now
};
struct source;
struct source *source_new(void); // about 60 KiB; NULL: out of memory
void source_free(struct source *source);
void source_reset(struct source *source);
// A packet of any legal length (10 to 60 ms; others are refused). 0 or PROTO_E_MALFORMED. The bytes
// are copied.
int source_put(struct source *source, uint64_t frame_number, struct span opus, bool is_terminator,
               uint64_t now_us);
// The next 10 ms. Returns false, and leaves out as silence, when the source is idle or still
// buffering.
bool source_get(struct source *source, uint64_t now_us, float out[AUDIO_BLOCK_SAMPLES],
                struct source_block *info);
enum source_state source_state(const struct source *source);
struct source_stats source_stats(const struct source *source);

// ---- detector: is this voice? (used inside source; public for tests and for the client's voice
// activation) -----------
//
// Energy over an adaptive noise floor with hysteresis, in 10 ms steps: -45 dBFS at least, 9 dB over
// the floor, opens after 3 blocks, hangover 15 blocks. Steady hum becomes floor within seconds;
// clicks of under 20 ms do not open it.
struct detector {
    float floor_db, last_db;
    float unsteady_db; // how much the level changes from block to block
    uint8_t open_blocks, hang_blocks;
    bool is_open;
};
void detector_init(struct detector *detector);
bool detector_push(struct detector *detector, const float block[AUDIO_BLOCK_SAMPLES]);

// ---- leveller: each voice slowly to the same loudness
//
// At most 3 dB a second, within -12 and +9 dB, towards -18 LUFS short-term (EBU R 128, ITU-R
// BS.1770-4) of voice alone: the last 3 s of it, whatever pauses lay between. Frozen in pauses
// (is_voice false) and in music (is_frozen). Works on the block in place, the gain interpolated
// sample by sample: no step. A few hundred bytes; kept with the person, it goes on where it was.
#define LEVELLER_TARGET_LUFS (-18.0f)
#define LEVELLER_MOST_DB 9.0f
#define LEVELLER_LEAST_DB (-12.0f)
#define LEVELLER_DB_PER_S 3.0f
struct leveller;
struct leveller *leveller_new(void); // NULL: out of memory
void leveller_free(struct leveller *leveller);
void leveller_reset(struct leveller *leveller);
void leveller_process(struct leveller *leveller, float block[AUDIO_BLOCK_SAMPLES], bool is_voice,
                      bool is_frozen);
float leveller_gain_db(const struct leveller *leveller);

// ---- denoiser: steady noise behind a voice (SpeexDSP)
//
// Takes at most DENOISER_MOST_DB off what does not move, and leaves the voice; 10 ms later, at 16
// bits. In music nothing is taken, and it is as late.
#define DENOISER_MOST_DB (-15)
struct denoiser;
struct denoiser *denoiser_new(void); // about 50 KiB; NULL: out of memory
void denoiser_free(struct denoiser *denoiser);
void denoiser_process(struct denoiser *denoiser, float block[AUDIO_BLOCK_SAMPLES], bool is_music);

// ---- guard: what must not reach an interpreter's ear, before the limiter of a booth's feed
//
// A narrow peak without harmonics that keeps its frequency and grows is a howl: once it stands out
// it is notched within 300 ms, by 30 dB, and released half a second after it has gone. A signal
// tone (DTMF, dialling, test tone) that is held for 300 ms is capped at -20 dBFS, several of them
// together. Up to 11 kHz. Speech, songs, applause, whistles and drums pass untouched; is_music
// turns it off. What is below -45 dBFS, and what passes, is bit for bit as it came.
#define GUARD_TONE_MOST_DB (-20.0f)
struct guard;
struct guard *guard_new(void); // NULL: out of memory
void guard_free(struct guard *guard);
void guard_reset(struct guard *guard);
void guard_copy(struct guard *to, const struct guard *from);
void guard_process(struct guard *guard, float block[AUDIO_BLOCK_SAMPLES], bool is_music);
uint32_t guard_n_trips(const struct guard *guard); // notches and caps begun, since new or reset
bool guard_is_busy(const struct guard *guard);     // a notch or a cap is in force

// ---- music: is the floor speaking or singing, playing, clapping?
//
// Of the sum of the floor's voices, in 10 ms steps; changes its mind after 3 s of sound at the
// earliest. Songs, whistled tunes and applause are music; a drum alone, or one plucked string after
// another, moves as much as speech does and is taken for it: that is what the hand is for. Steady
// noise and signal tones are neither, and leave it as it is.
struct music;
struct music *music_new(void); // NULL: out of memory
void music_free(struct music *music);
void music_reset(struct music *music);
bool music_push(struct music *music, const float block[AUDIO_BLOCK_SAMPLES]);

// ---- quality: what reaches the interpreters of one speaker (the idea of ISO 24019, 7.3)
//
// Fed each block of a floor voice, before levelling. Silence between words is the noise.
#define QUALITY_SECONDS 5
struct voice_quality {
    float bandwidth_hz; // below which nine tenths of the spectrum's bands have voice above noise
    float snr_db;
    float clipped; // share of blocks with flat tops
    float lost;    // share of blocks that were made up
    float level_lufs;
    uint8_t score;  // 0 to 100, of the worst of them
    uint8_t advice; // enum voice_advice: what would help most
};
enum voice_advice {
    ADVICE_NONE,
    ADVICE_HEADSET,  // thin or distant: a headset
    ADVICE_NOISE,    // go where it is quiet, or closer to the microphone
    ADVICE_CLIPPING, // turn the microphone down
    ADVICE_LOUDER,   // turn the microphone up
    ADVICE_LINE,     // the line loses packets: a cable, or nearer to the router
    ADVICES
};
struct quality;
struct quality *quality_new(void); // NULL: out of memory
void quality_free(struct quality *quality);
void quality_reset(struct quality *quality);
// True when QUALITY_SECONDS of voice have been gathered: *out is filled, and it begins anew.
bool quality_push(struct quality *quality, const float block[AUDIO_BLOCK_SAMPLES], bool is_voice,
                  bool is_concealed, struct voice_quality *out);

// ---- exposure: energy at an interpreter's ear
struct exposure {               // all of it; zero to begin
    double minute[60], session; // mean squares, by second; summed squares
    double second;
    uint64_t n_blocks; // heard so far, silence included
    uint32_t n_second;
};
void exposure_push(struct exposure *exposure, const float block[AUDIO_BLOCK_SAMPLES]);
float exposure_minute_db(const struct exposure *exposure);
float exposure_session_db(const struct exposure *exposure);

// ---- tone: soft signals for interpreters, by their kind: 0 turn, 1 alert, 2 timer
//
// Adds one block of the signal to out; false when it is over. Starts at at_block = 0. Smooth edges.
#define TONE_DB (-30.0f)
bool tone_add(unsigned kind, uint32_t at_block, float out[AUDIO_BLOCK_SAMPLES]);

// ---- ramp: a gain that moves without steps
// ---------------------------------------------------------------------------
//
// Linear in dB within a move, sample by sample; downwards in RAMP_ATTACK_MS, upwards in
// RAMP_RELEASE_MS, from or to silence in RAMP_EDGE_MS (linear in amplitude). A new target in
// mid-move starts from where the gain is.
#define RAMP_ATTACK_MS 30
#define RAMP_RELEASE_MS 400
#define RAMP_EDGE_MS 10
struct ramp {
    float gain;          // now, linear
    float target;        // linear
    double factor, step; // per sample: multiply by factor (dB moves) or add step (edges)
    uint32_t samples_left;
};
void ramp_init(struct ramp *ramp, float gain_db);
void ramp_to(struct ramp *ramp, float target_db); // no-op when it is the target already
void ramp_to_in(struct ramp *ramp, float target_db, uint32_t ms); // in this time; 0: as ramp_to
bool ramp_is_settled(const struct ramp *ramp);
// out[i] += in[i] * gain(i); one block; also correct with in == NULL (silence: only the gain
// moves).
void ramp_add(struct ramp *ramp, const float in[AUDIO_BLOCK_SAMPLES],
              float out[AUDIO_BLOCK_SAMPLES]);

// ---- limiter: a ceiling with 2 ms of look-ahead
// -----------------------------------------------------------------------
//
// Soft knee of 3 dB below the ceiling, gain reduction reached before the peak arrives, release 100
// ms to a tenth. True peak is taken with 4x oversampling, and 0.5 dB kept for what lies between (a
// loud tone ends 0.6 dB under the ceiling). Delay: exactly LIMITER_DELAY_SAMPLES. Below the knee
// the sound is only delayed, bit for bit.
#define LIMITER_DELAY_SAMPLES 96
#define LIMITER_CEILING_TRACK_DB (-3.0f)
#define LIMITER_CEILING_BOOTH_DB (-6.0f)
struct limiter;
struct limiter *limiter_new(float ceiling_db); // NULL: out of memory
void limiter_free(struct limiter *limiter);
void limiter_copy(struct limiter *to, const struct limiter *from); // ceiling, delay line and all
void limiter_process(struct limiter *limiter, float block[AUDIO_BLOCK_SAMPLES]); // in place

// ---- encoder: one rung of the ladder
// -----------------------------------------------------------------------------------

enum tier { TIER_FULL, TIER_STANDARD, TIER_THIN, TIER_MINIMUM, TIER_LIFELINE, TIERS };
struct tier_spec {
    const char *name;
    uint32_t bitrate_bps;
    uint8_t frame_blocks; // 10 ms blocks a packet: 2, 4 or 6
    uint8_t bandwidth;    // 0 fullband, 1 wideband, 2 narrowband
    uint16_t encode_us;   // about, of a frame of speech for a track: to spread work by, no promise
    bool is_celt;         // the music codec alone: a third of the work
    bool is_cbr;
};
const struct tier_spec *tier_spec(enum tier tier);
bool tier_from_name(const char *name, enum tier *out);

#define ENCODER_PACKET_MAX_BYTES 480
#define ENCODER_COMPLEXITY_TRACK 5
#define ENCODER_COMPLEXITY_BOOTH 9
struct encoder;
struct encoder *encoder_new(enum tier tier, int complexity); // NULL: out of memory
void encoder_free(struct encoder *encoder);
void encoder_reset(struct encoder *encoder); // as new: empty frame, fresh codec state
// From here on both go on from the same point, the unfinished frame included: a listener's decoder
// follows either. The same tier, or a bridge; complexity goes along.
void encoder_copy(struct encoder *to, const struct encoder *from);
// The next packet is coded without prediction from what came before, in up to twice the bytes: for
// listeners who change to this encoder from one that has heard the same. Where both use the same
// codec at the same rate, that is below the codec's own noise.
void encoder_break_prediction(struct encoder *encoder);
// Elsewhere a decoder begins anew, and leaves a hole or a step. Then a bridge lies between: a copy
// of the old encoder, which the decoder has followed so far, becomes the new one by the codec's own
// means, in packets of ENCODER_BRIDGE_BLOCKS. After ENCODER_BRIDGE_LEAST_BLOCKS the listener
// changes from it to the new tier's encoder, as above.
#define ENCODER_BRIDGE_BLOCKS 2
#define ENCODER_BRIDGE_LEAST_BLOCKS 6
bool encoder_needs_bridge(enum tier from, enum tier to);
// from: of any tier, or a bridge, with no unfinished frame. bridge: any encoder, which is one until
// the next of these. It is never reset.
void encoder_bridge(struct encoder *bridge, const struct encoder *from, enum tier to);
// From the next packet on: most of those who hear it lose some. The codec then leans less on what
// came before, at no cost that is heard (docs/decisions/0021-lossy-lines.md).
void encoder_expect_loss(struct encoder *encoder, bool is_lossy);
// Takes one block. Returns the packet's length when it completes a frame of frame_blocks blocks, 0
// while the frame is filling. DTX and in-band FEC are off: stock clients conceal the one badly and
// never decode the other.
int encoder_push(struct encoder *encoder, const float block[AUDIO_BLOCK_SAMPLES],
                 uint8_t out[ENCODER_PACKET_MAX_BYTES]);
// The same in two steps, with time between them: true when the frame is complete, which then is
// finished before the next block.
bool encoder_fill(struct encoder *encoder, const float block[AUDIO_BLOCK_SAMPLES]);
int encoder_finish(struct encoder *encoder, uint8_t out[ENCODER_PACKET_MAX_BYTES]);
uint8_t
encoder_filled_blocks(const struct encoder *encoder); // blocks waiting in the unfinished frame
// Digital silence as fixed Opus bytes (CELT, one packet): 20 ms, or 60 ms for indicators (8 bytes).
struct span audio_silence_20ms(void);
struct span audio_silence_60ms(void);

#endif
