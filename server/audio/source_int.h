// SPDX-License-Identifier: BSD-3-Clause
//
// The two halves of a source, each usable alone:
//
//   jitter: packets that wait for their turn, ordered by frame number, and how late the last ones
//   were pcm:    decoded sound that waits for its block; its reader can run a little fast or slow
//
// The sum of both is the delay of the source. Neither reads a clock; times are the caller's
// microseconds.
#ifndef SUSURRO_AUDIO_SOURCE_INT_H
#define SUSURRO_AUDIO_SOURCE_INT_H

#include "audio/audio.h"

#define PACKET_MAX_BLOCKS 6
#define PACKET_MAX_SAMPLES (PACKET_MAX_BLOCKS * AUDIO_BLOCK_SAMPLES)

// ---- jitter
// ----------------------------------------------------------------------------------------------------

#define JITTER_PACKETS 24 // when all are taken, the oldest makes room
#define JITTER_WINDOW 128 // packets whose lateness is remembered
struct jitter_packet {
    uint64_t frame_number, arrived_us;
    uint16_t len; // 0: a terminator without sound
    uint8_t blocks;
    bool is_used, is_terminator;
    uint8_t data[VOICE_OPUS_MAX_BYTES];
};
struct jitter {
    struct jitter_packet packets[JITTER_PACKETS];
    int64_t transit_us[JITTER_WINDOW]; // arrival less the speaker's own time; only differences mean
                                       // something
    uint64_t seen_first, seen; // bit i of seen: frame number seen_first - i came; within 64 frames
    uint32_t n_transits;       // since the last forget
};

void jitter_clear(struct jitter *jitter);  // drops the packets
void jitter_forget(struct jitter *jitter); // drops the memory of lateness
// False when the packet is there already, or is older than all when there is no room.
bool jitter_insert(struct jitter *jitter, const struct jitter_packet *head, struct span opus);
struct jitter_packet *jitter_first(struct jitter *jitter); // the lowest frame number; NULL: empty
// Is this the first packet with that number? The answer for anything 64 frames behind the newest is
// no.
bool jitter_is_new(struct jitter *jitter, uint64_t frame_number);
void jitter_note(struct jitter *jitter, uint64_t frame_number, uint64_t arrived_us);
uint32_t jitter_noted(const struct jitter *jitter); // at most JITTER_WINDOW
// The transit of the packet that was the rank-th latest in the window (0: the latest); rank <
// noted, and small.
int64_t jitter_latest(const struct jitter *jitter, uint32_t rank);
int64_t jitter_median(const struct jitter *jitter);

// ---- pcm
// -------------------------------------------------------------------------------------------------------

// The reader is PCM_LAG samples behind what it has taken, so that its interpolation can look ahead.
#define PCM_TAPS 16
#define PCM_LAG (PCM_TAPS / 2)
#define PCM_HISTORY (PCM_TAPS + 1)
#define PCM_READ_MOST (AUDIO_BLOCK_SAMPLES + 8) // samples that a block takes at most
#define PCM_MOVE_SLOW 256 // blocks in which a move of 10 ms is done: a pitch change of 7 cents
#define PCM_MOVE_FAST 64  // 27 cents
struct pcm {
    float samples[PCM_HISTORY + PCM_READ_MOST + AUDIO_BLOCK_SAMPLES + PACKET_MAX_SAMPLES];
    size_t at, end;
    int direction;        // +1: reads fast, the delay shrinks; -1: slowly
    uint32_t move_blocks; // a move's length; of it, blocks_left are to do
    uint32_t blocks_left, phase;
};
void pcm_clear(struct pcm *pcm);
size_t pcm_waiting(const struct pcm *pcm);
float *pcm_append(struct pcm *pcm,
                  size_t n); // room for n samples, counted as there; n <= PACKET_MAX_SAMPLES
void pcm_move(struct pcm *pcm, int direction, uint32_t blocks);
size_t pcm_needs(const struct pcm *pcm); // samples that the next read may take
void pcm_read(struct pcm *pcm, float out[AUDIO_BLOCK_SAMPLES]);
void pcm_prepare(void); // makes the interpolation table; any thread, before the first move

#endif
