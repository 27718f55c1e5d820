// SPDX-License-Identifier: BSD-3-Clause
//
// What the recorder's tests share: a recorder without its thread, in computed time, in a folder of
// its own, with tones for voices; and the files it makes, decoded.
#ifndef SUSURRO_TEST_RECORD_STAGE_H
#define SUSURRO_TEST_RECORD_STAGE_H

#include "record/record_int.h"

#include <ftw.h>
#include <math.h>
#include <opusfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define MEETING 7
#define START_US (SECONDS(100000) + 3000) // not on the grid
#define START_S 1795546800                // 2026-11-24T19:00:00Z
#define FOLDER "2026-11-24T1900 Asamblea"
#define RATE 48000.0

struct record_stage {
    char directory[64];
    struct recorder *recorder;
    uint64_t now_us;
    uint32_t n_dropped;
};

static struct record_stage stage;

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int stage_open(void **state)
{
    (void)state;
    stage = (struct record_stage){ .directory = "/tmp/susurro_record_XXXXXX", .now_us = START_US };
    if (mkdtemp(stage.directory) == NULL)
        return -1;
    stage.recorder = recorder_new(stage.directory);
    return stage.recorder != NULL ? 0 : -1;
}

static inline int stage_close(void **state)
{
    (void)state;
    recorder_free(stage.recorder);
    remove_tree(stage.directory);
    return 0;
}

static inline void order(const struct record_order *order)
{
    assert_true(lane_send(recorder_orders(stage.recorder), order, sizeof(*order)));
    recorder_turn(stage.recorder, stage.now_us);
}

static inline struct record_order begin_order(void)
{
    return (struct record_order){ .kind = RECORD_BEGIN,
                                  .meeting = MEETING,
                                  .at_us = stage.now_us,
                                  .at_s = START_S,
                                  .n_tracks = 2,
                                  .title = "Asamblea",
                                  .langs = { "", "en", "es" } };
}

static inline void begin(void)
{
    const struct record_order begin = begin_order();
    order(&begin);
}

static inline void end(void)
{
    order(&(struct record_order){ .kind = RECORD_END, .meeting = MEETING, .at_us = stage.now_us });
}

static inline void speaking(uint32_t session, const char *name, uint8_t stream, bool is_on)
{
    struct record_order speech = { .kind = RECORD_SPEAKING,
                                   .meeting = MEETING,
                                   .session = session,
                                   .at_us = stage.now_us,
                                   .is_on = is_on,
                                   .is_interpreter = stream > 0,
                                   .stream = stream };
    (void)snprintf(speech.title, sizeof(speech.title), "%s", name);
    order(&speech);
}

// As the mixer does it: hz[i] is heard in stream i, 0: it is silent. A turn every 10 ms.
static inline void send_block(uint8_t stream, double hz, uint64_t at_us)
{
    struct record_block block = {
        .meeting = MEETING, .stream = stream, .n_dropped = stage.n_dropped, .at_us = at_us
    };
    const double at = (double)(at_us % 1000000) / 1e6 * RATE;
    for (int i = 0; i < RECORD_BLOCK_SAMPLES; i++)
        block.samples[i] = (int16_t)(3276.8 * sin(2 * M_PI * hz * (at + i) / RATE));
    assert_true(lane_send(recorder_blocks(stage.recorder, 0), &block, sizeof(block)));
}

static inline void run(unsigned ms, const double hz[3])
{
    for (unsigned i = 0; i < ms / 10; i++) {
        stage.now_us += 10000;
        for (uint8_t stream = 0; stream < 3; stream++)
            if (hz != NULL && hz[stream] > 0)
                send_block(stream, hz[stream], stage.now_us / 10000 * 10000 - 10000);
        recorder_turn(stage.recorder, stage.now_us);
    }
}

// The next event, which must be there.
static inline struct record_event event_of(enum record_event_kind kind)
{
    size_t size;
    const struct record_event *event = ring_peek(recorder_events(stage.recorder), &size);
    assert_non_null(event);
    struct record_event copy = *event;
    ring_consume(recorder_events(stage.recorder));
    assert_int_equal(copy.kind, kind);
    assert_int_equal(copy.meeting, MEETING);
    return copy;
}

static inline bool has_event(void)
{
    size_t size;
    return ring_peek(recorder_events(stage.recorder), &size) != NULL;
}

static inline const char *path_of(const char *folder, const char *name)
{
    static char path[2][600];
    static unsigned which;
    which = !which;
    (void)snprintf(path[which], sizeof(path[which]), "%s/%s/%s", stage.directory, folder, name);
    return path[which];
}

static inline bool is_there(const char *folder, const char *name)
{
    return access(path_of(folder, name), F_OK) == 0;
}

// ---- the files ---------------------------------------------------------------------------------

struct sound {
    int16_t *samples;
    size_t n;
};

static inline uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *data = malloc(1u << 22);
    assert_non_null(data);
    *len = fread(data, 1, (1u << 22) - 1, file);
    data[*len] = 0;
    (void)fclose(file);
    return data;
}

// Page by page, to the last one, which says that it is.
static inline void check_pages(const char *path)
{
    size_t len;
    uint8_t *data = read_file(path, &len);
    struct ogg_scan scan = { 0 };
    while (scan.at < len && ogg_scan_page(&scan, data + scan.at, len - scan.at))
        continue;
    if (scan.at != len || !scan.is_ended)
        fail_msg("%s: does not end at %zu", path, (size_t)scan.at);
    free(data);
}

static inline struct sound decode(const char *path)
{
    check_pages(path);
    int error;
    OggOpusFile *file = op_open_file(path, &error);
    if (file == NULL)
        fail_msg("%s: %d", path, error);
    struct sound sound = { .n = (size_t)op_pcm_total(file, -1) };
    sound.samples = calloc(sound.n + 1, sizeof(int16_t));
    assert_non_null(sound.samples);
    size_t done = 0;
    for (int n = 1; n > 0 && done < sound.n; done += (size_t)n) {
        n = op_read(file, sound.samples + done, (int)(sound.n - done), NULL);
        if (n < 0) // OP_HOLE: a page is missing
            fail_msg("%s: %d at %zu", path, n, done);
    }
    assert_int_equal(done, sound.n);
    op_free(file);
    return sound;
}

// In dBFS of a sine at full scale, between two moments.
static inline double level_db(const struct sound *sound, double hz, double from_s, double to_s)
{
    double re = 0, im = 0;
    const size_t from = (size_t)(from_s * RATE), to = (size_t)(to_s * RATE);
    assert_true(to <= sound->n && from < to);
    for (size_t i = from; i < to; i++) {
        re += sound->samples[i] * cos(2 * M_PI * hz * (double)i / RATE);
        im += sound->samples[i] * sin(2 * M_PI * hz * (double)i / RATE);
    }
    return 20 * log10(2 * sqrt(re * re + im * im) / (double)(to - from) / 32768 + 1e-9);
}

static inline void write_file(const char *path, const uint8_t *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

#endif
