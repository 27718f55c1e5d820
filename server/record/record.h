// SPDX-License-Identifier: BSD-3-Clause
//
// record: floor and tracks of a meeting as Ogg Opus files, with the times of who spoke. A thread of
// its own, so that neither disk nor codec can hold up sound: the mixer puts blocks into a lane,
// control says when to begin and to end and who speaks.
//
// clang-format off: a drawing
//   mixers ─blocks (lanes)──► recorder ──► DIR/2026-11-24T1900 Asamblea/{floor,en,es}.opus,
//   speakers.vtt control ──orders (lane)─►    │
//                                └──events (ring)──► control   began, ended, failed
// clang-format on
//
// Never half-written: a file is NAME.opus.part until its last page is out, each page is written
// whole (at most a second of sound is in memory), and record_repair at the next start ends and
// renames what a crash has left. Silence is kept: the times of all files of a recording are the
// same. The sink is a struct of functions, so that a live stream per track over HTTP can be another
// one.
//
// Source: RFC 7845 (Ogg Opus) by libopusenc; WebVTT (W3C) for the times.
#ifndef SUSURRO_RECORD_H
#define SUSURRO_RECORD_H

#include "base/base.h"
#include "base/i18n.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_BLOCK_SAMPLES 480 // 10 ms at 48 kHz, mono
#define RECORD_STREAMS_MAX 9     // the floor and eight tracks
#define RECORD_MEETINGS_MAX 64
#define RECORD_MIXERS_MAX 4
#define RECORD_PATH_BYTES 1024
#define RECORD_NAME_BYTES 256
#define RECORD_SILENCE_MAX_S 14400 // a longer one ends the recording

// Why a recording cannot begin, or has ended.
#define RECORD_ERRORS(X)                                                                           \
    X(RECORD_E_MEMORY, -1, N_("out of memory"))                                                    \
    X(RECORD_E_FOLDER, -2, N_("the folder for recordings cannot be written to"))                   \
    X(RECORD_E_DISK_FULL, -3, N_("the disk is full"))                                              \
    X(RECORD_E_WRITE, -4, N_("a file cannot be written"))                                          \
    X(RECORD_E_SLOW, -5, N_("the disk or the processor does not keep up"))                         \
    X(RECORD_E_FULL, -6, N_("too many meetings are being recorded already"))                       \
    X(RECORD_E_SILENT, -7, N_("nobody has spoken for hours"))                                      \
    X(RECORD_E_LONG, -8, N_("it has become too long"))
enum record_error {
#define X(name, value, text) name = (value),
    RECORD_ERRORS(X)
#undef X
};
const char *record_error_text(int error); // English; marked for translation

struct record_block { // from a mixer
    uint32_t meeting;
    uint8_t stream;     // 0: the floor, 1 + i: track i
    uint32_t n_dropped; // blocks of this meeting that found no room so far
    uint64_t at_us;     // of its first sample; blocks of a stream follow each other in time
    int16_t samples[RECORD_BLOCK_SAMPLES];
};

enum record_order_kind { RECORD_BEGIN, RECORD_END, RECORD_SPEAKING };
struct record_order { // from control
    enum record_order_kind kind;
    uint32_t meeting, session;
    uint64_t at_us;
    int64_t at_s;                       // BEGIN: UTC, for the folder's name
    uint8_t n_tracks;                   // BEGIN
    char title[RECORD_NAME_BYTES];      // BEGIN: the meeting; SPEAKING: who
    char langs[RECORD_STREAMS_MAX][16]; // BEGIN: [1 + i] of track i; [0] is ""
    bool is_on, is_interpreter;         // SPEAKING
    uint8_t stream;                     // SPEAKING: 0, or the track interpreted onto
};
enum record_event_kind { RECORD_BEGAN, RECORD_ENDED, RECORD_FAILED };
struct record_event { // to control
    enum record_event_kind kind;
    uint32_t meeting;
    int error;                    // FAILED: why. ENDED: why it ended by itself, 0: it was ordered
    char text[RECORD_PATH_BYTES]; // the folder; "": FAILED, and there is none
    uint64_t duration_us, n_bytes;
};

struct recorder;
// directory: made (0700) when it is not there. NULL: out of memory.
struct recorder *recorder_new(const char *directory);
// Mixer i produces. Before recorder_start; NULL: out of memory.
struct lane *recorder_blocks(struct recorder *recorder, unsigned mixer);
struct lane *recorder_orders(struct recorder *recorder); // control produces
struct ring *recorder_events(struct recorder *recorder); // control consumes
void recorder_set_bell(struct recorder *recorder, void (*bell)(void *), void *context);
int recorder_start(struct recorder *recorder);
// Ends all recordings properly, and joins; rings no bell after that.
void recorder_stop(struct recorder *recorder);
void recorder_free(struct recorder *recorder); // NULL is fine

// Ends and renames what a crash has left under this directory; returns how many files, -1: cannot
// read it. At start, before recorder_start.
int record_repair(const char *directory);

#endif
