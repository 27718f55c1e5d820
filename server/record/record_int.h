// SPDX-License-Identifier: BSD-3-Clause
//
// Private to record/: a sink for pages, the file that is one, the encoder of a stream, the list of
// who spoke, a recording made of these, and the recorder that owns the recordings. All on the
// recorder's thread but for what record.h says.
//
// Time within a recording is counted in blocks of 10 ms since its beginning, which is on the grid
// of the mixer's ticks; a stream's position is what has been put into it. Invariants: a position
// never goes back, never lags behind the clock by more than RECORD_LAG_US, and is the same for all
// streams of a recording at its end.
#ifndef SUSURRO_RECORD_INT_H
#define SUSURRO_RECORD_INT_H

#include "record/record.h"

#include <opusenc.h>
#include <sys/types.h>
#include <uv.h>

#define RECORD_BLOCK_US 10000u
#define RECORD_LAG_US SECONDS(1) // what sounds may come so late; silence is written behind it
#define RECORD_TICK_MS 500       // so often silence is written and the list is brought up to date
#define RECORD_END_US MS(300)    // after an end: what the mixer sent before it may still come
#define RECORD_MAX_S 86400       // a longer recording ends
#define RECORD_LOST_BLOCKS_MAX 100u // of a stream (1 s), and the recording ends as failed
#define RECORD_PAGE_SAMPLES 24000   // 0.5 s
#define RECORD_BITRATE_BPS 40000
#define RECORD_COMPLEXITY 5

// ---- error.c -----------------------------------------------------------------------------------
int record_error_of(int error); // an errno as a RECORD_E_*

// ---- a sink: where the pages of a stream go ----------------------------------------------------
//
// An Ogg stream begins with two header pages, which one who comes later (over HTTP, say) needs
// first; every other page can be decoded from about 80 ms on. Functions return 0 or a RECORD_E_*.
struct record_sink {
    int (*page)(void *context, const uint8_t *page, size_t len, bool is_header);
    int (*end)(void *context, bool is_whole); // no more pages; whole: the last one said so
    void *context;
};

// ---- file.c: NAME.part, which becomes NAME when it is finished ---------------------------------
struct record_file {
    int folder; // borrowed
    int fd;     // -1: none. Locked while it is open: record_repair leaves it alone
    char name[64];
    uint64_t size;
};
int record_file_open(struct record_file *file, int folder, const char *name);
int record_file_add(struct record_file *file, const void *data, size_t len); // all or nothing
int record_file_put(struct record_file *file, uint64_t at, const void *data, size_t len); // within
int record_file_finish(struct record_file *file); // to disk and renamed; closed in any case
void record_file_drop(struct record_file *file);  // closed and removed
struct record_sink record_file_sink(struct record_file *file);
int record_file_rename(int folder, const char *part); // without its ".part", never over another

// ---- ogg.c: samples to pages -------------------------------------------------------------------
struct ogg_about {
    const char *title, *lang; // lang "": the floor
    int64_t at_s;
};
struct ogg_stream {
    OggOpusEnc *encoder; // NULL: not open
    struct record_sink sink;
    uint64_t n_bytes;
    unsigned n_pages;
    int error; // once a page is lost, nothing more is written
};
int ogg_stream_open(struct ogg_stream *stream, const struct record_sink *sink,
                    const struct ogg_about *about); // the header pages are out
int ogg_stream_put(struct ogg_stream *stream, const int16_t *samples, size_t n); // NULL: silence
// The rest, the last page and the end of the sink, whatever failed before; returns what did.
int ogg_stream_close(struct ogg_stream *stream);

// ---- vtt.c: who spoke when ---------------------------------------------------------------------
//
// A cue is written when somebody begins, with an end that is written over every half second: so
// cues stand in the order of their beginnings, and after a crash the list is whole.
#define VTT_OPEN_MAX 64 // who speak at the same time; beyond: not listed
struct vtt_cue {
    uint32_t session; // 0: free
    uint8_t stream;
    uint64_t begin_us, end_at; // where its end stands in the file
};
struct vtt {
    struct record_file file;
    struct vtt_cue open[VTT_OPEN_MAX];
};
struct vtt_speech {
    uint32_t session;
    uint8_t stream;
    const char *name, *lang; // lang NULL: on the floor; else interpreted into it
    uint64_t at_us;          // since the beginning
};
int vtt_begin(struct vtt *vtt, int folder, const char *title, int64_t at_s);
int vtt_speak(struct vtt *vtt, const struct vtt_speech *speech);
int vtt_stop(struct vtt *vtt, const struct vtt_speech *speech);
int vtt_advance(struct vtt *vtt, uint64_t at_us); // those who speak have spoken until now
int vtt_end(struct vtt *vtt, uint64_t at_us);     // finished in any case

// ---- repair.c ----------------------------------------------------------------------------------
// Pages of one logical stream, from the beginning of a file on.
struct ogg_scan {
    uint64_t last, end;       // the last page after which a packet is whole: where it begins, ends
    uint64_t at;              // how far pages were good
    uint32_t serial, n_pages; // n_pages: good ones
    int64_t granule;          // of the last one
    bool is_ended, has_sound; // an end-of-stream page was seen; one that is no header
};
#define OGG_PAGE_BYTES_MAX 65307
// Takes the page that begins at scan->at, of which `data` holds the bytes as far as there are any.
// False: it is not whole, or does not follow; nothing behind it counts.
bool ogg_scan_page(struct ogg_scan *scan, const uint8_t *data, size_t len);
size_t ogg_page_length(const uint8_t *data, size_t len); // 0: it is not all there
void ogg_page_sum(uint8_t *page, size_t len);            // writes its checksum
// Cuts what is not whole, and ends it. 0; 1: there is nothing in it; or a RECORD_E_*.
int repair_ogg(int fd);
int repair_vtt(int fd);

// ---- recording.c -------------------------------------------------------------------------------
struct recording {
    struct recording *next;
    uint32_t meeting;
    uint64_t begin_us, end_us;  // end_us 0: goes on
    uint64_t sounded_us;        // the last block
    uint32_t n_dropped, n_lost; // as the mixer counts; of those, what is not made good
    bool has_dropped;           // n_dropped is known
    int folder;                 // -1: none
    char path[RECORD_PATH_BYTES];
    uint8_t n_streams;
    char langs[RECORD_STREAMS_MAX][16];
    struct {
        struct record_file file;
        struct ogg_stream ogg;
        uint64_t n_blocks; // its position
    } streams[RECORD_STREAMS_MAX];
    struct vtt vtt;
};
// Folder, files, headers. 0, or a RECORD_E_* and nothing is left behind.
int recording_begin(struct recording *recording, const char *directory,
                    const struct record_order *order);
int recording_block(struct recording *recording, const struct record_block *block, uint64_t now_us);
int recording_speaking(struct recording *recording, const struct record_order *order);
int recording_advance(struct recording *recording, uint64_t now_us); // silence, the list
// Everything to its end, at `at_us` or later; all files are finished, whatever fails.
int recording_end(struct recording *recording, uint64_t at_us);
uint64_t recording_duration_us(const struct recording *recording);
uint64_t recording_bytes(const struct recording *recording);

// ---- recorder.c --------------------------------------------------------------------------------
struct recorder {
    char *directory;
    uv_loop_t loop;
    uv_async_t wake, stop;
    uv_timer_t clock; // runs while anything is recorded
    uv_thread_t thread;
    bool is_running, is_loop_made;
    struct lane blocks[RECORD_MIXERS_MAX], orders; // the first as many as there are mixers
    struct ring *events;
    struct buffer backlog; // of events that found no room
    void (*bell)(void *context);
    void *bell_context;
    struct recording *recordings;
    unsigned n_recordings;
};
void recorder_turn(struct recorder *recorder, uint64_t now_us); // all that is in the lanes and due
void recorder_end_all(struct recorder *recorder, uint64_t now_us);

#endif
