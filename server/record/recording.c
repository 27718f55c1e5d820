// SPDX-License-Identifier: BSD-3-Clause
#include "record/record_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_BYTES 240 // of its name, below NAME_MAX
#define FOLDERS_OF_A_MINUTE 100

// ---- the folder --------------------------------------------------------------------------------

static void folder_name(const struct record_order *order, char out[FOLDER_BYTES])
{
    struct tm utc = { 0 };
    const time_t at_s = (time_t)order->at_s;
    (void)gmtime_r(&at_s, &utc);
    size_t n = strftime(out, FOLDER_BYTES, "%Y-%m-%dT%H%M ", &utc);
    str_fit(out + n, FOLDER_BYTES - n - 8, order->title); // with room for a number
    for (char *at = out; *at != '\0'; at++)
        if (*at == '/' || *at == '\\' || (unsigned char)*at < 0x20u)
            *at = '_';
}

// One of its own: two recordings of a meeting may begin in the same minute.
static int make_folder(struct recording *recording, const char *directory,
                       const struct record_order *order)
{
    char name[FOLDER_BYTES];
    folder_name(order, name);
    const size_t len = strlen(name);
    int root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return RECORD_E_FOLDER;
    int made = mkdirat(root, name, 0700);
    for (unsigned i = 2; made != 0 && errno == EEXIST && i < FOLDERS_OF_A_MINUTE; i++) {
        (void)snprintf(name + len, sizeof(name) - len, " %u", i);
        made = mkdirat(root, name, 0700);
    }
    int result = made == 0                            ? 0
                 : errno == ENOSPC || errno == EDQUOT ? RECORD_E_DISK_FULL
                                                      : RECORD_E_FOLDER;
    if (result == 0)
        recording->folder = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (result == 0 && recording->folder < 0)
        result = RECORD_E_FOLDER;
    (void)close(root);
    int n = snprintf(recording->path, sizeof(recording->path), "%s/%s", directory, name);
    return result == 0 && n >= (int)sizeof(recording->path) ? RECORD_E_FOLDER : result;
}

// ---- beginning ---------------------------------------------------------------------------------

static int open_stream(struct recording *recording, uint8_t stream,
                       const struct record_order *order)
{
    char name[32];
    const char *lang = order->langs[stream];
    (void)snprintf(name, sizeof(name), "%s.opus", lang[0] != '\0' ? lang : "floor");
    struct record_file *file = &recording->streams[stream].file;
    int result = record_file_open(file, recording->folder, name);
    if (result != 0)
        return result;
    const struct record_sink sink = record_file_sink(file);
    const struct ogg_about about = { .title = order->title, .lang = lang, .at_s = order->at_s };
    return ogg_stream_open(&recording->streams[stream].ogg, &sink, &about);
}

static void undo(struct recording *recording)
{
    for (uint8_t i = 0; i < recording->n_streams; i++) {
        if (recording->streams[i].ogg.encoder != NULL)
            ope_encoder_destroy(recording->streams[i].ogg.encoder);
        recording->streams[i].ogg.encoder = NULL;
        record_file_drop(&recording->streams[i].file);
    }
    record_file_drop(&recording->vtt.file);
    if (recording->folder >= 0)
        (void)close(recording->folder);
    recording->folder = -1;
    (void)rmdir(recording->path);
}

int recording_begin(struct recording *recording, const char *directory,
                    const struct record_order *order)
{
    *recording = (struct recording){ .meeting = order->meeting, .folder = -1 };
    recording->begin_us = order->at_us / RECORD_BLOCK_US * RECORD_BLOCK_US;
    recording->sounded_us = recording->begin_us;
    recording->n_streams =
        (uint8_t)(order->n_tracks < RECORD_STREAMS_MAX ? order->n_tracks + 1 : RECORD_STREAMS_MAX);
    memcpy(recording->langs, order->langs, sizeof(recording->langs));
    for (uint8_t i = 0; i < recording->n_streams; i++)
        recording->streams[i].file.fd = -1;
    recording->vtt.file.fd = -1;
    int result = make_folder(recording, directory, order);
    for (uint8_t i = 0; i < recording->n_streams && result == 0; i++)
        result = open_stream(recording, i, order);
    if (result == 0)
        result = vtt_begin(&recording->vtt, recording->folder, order->title, order->at_s);
    if (result != 0)
        undo(recording);
    return result;
}

// ---- going on ----------------------------------------------------------------------------------

static uint64_t block_at(const struct recording *recording, uint64_t at_us)
{
    return at_us > recording->begin_us ? (at_us - recording->begin_us) / RECORD_BLOCK_US : 0;
}

// Silence up to a position.
static int fill(struct recording *recording, uint8_t stream, uint64_t position)
{
    uint64_t *n_blocks = &recording->streams[stream].n_blocks;
    if (position <= *n_blocks)
        return 0;
    const size_t n = (size_t)(position - *n_blocks) * RECORD_BLOCK_SAMPLES;
    *n_blocks = position;
    return ogg_stream_put(&recording->streams[stream].ogg, NULL, n);
}

// What did not fit into the lane is silence; a little of it is nothing to end a recording for.
static int count_lost(struct recording *recording, uint32_t n)
{
    if (n > 0 && recording->n_lost == 0)
        log_warn("record", "sound is lost", "meeting=%u", recording->meeting);
    recording->n_lost += n;
    return recording->n_lost > RECORD_LOST_BLOCKS_MAX * recording->n_streams ? RECORD_E_SLOW : 0;
}

int recording_block(struct recording *recording, const struct record_block *block, uint64_t now_us)
{
    const uint32_t n_dropped = recording->has_dropped ? block->n_dropped - recording->n_dropped : 0;
    recording->n_dropped = block->n_dropped;
    recording->has_dropped = true;
    int result = count_lost(recording, n_dropped);
    bool is_ours = block->stream < recording->n_streams && block->at_us >= recording->begin_us &&
                   block->at_us <= now_us + RECORD_LAG_US &&
                   (recording->end_us == 0 || block->at_us < recording->end_us);
    if (result != 0 || !is_ours)
        return result;
    const uint64_t position = block_at(recording, block->at_us);
    if (position < recording->streams[block->stream].n_blocks)
        return count_lost(recording, 1);
    result = fill(recording, block->stream, position);
    if (result == 0)
        result = ogg_stream_put(&recording->streams[block->stream].ogg, block->samples,
                                RECORD_BLOCK_SAMPLES);
    recording->streams[block->stream].n_blocks++;
    recording->sounded_us =
        block->at_us > recording->sounded_us ? block->at_us : recording->sounded_us;
    return result;
}

int recording_speaking(struct recording *recording, const struct record_order *order)
{
    uint64_t at_us = order->at_us;
    if (recording->end_us != 0 && at_us > recording->end_us)
        at_us = recording->end_us;
    const bool is_track = order->is_interpreter && order->stream < recording->n_streams;
    const struct vtt_speech speech = {
        .session = order->session,
        .stream = order->stream,
        .name = order->title,
        .lang = is_track ? recording->langs[order->stream] : NULL,
        .at_us = at_us > recording->begin_us ? at_us - recording->begin_us : 0,
    };
    return order->is_on ? vtt_speak(&recording->vtt, &speech) : vtt_stop(&recording->vtt, &speech);
}

int recording_advance(struct recording *recording, uint64_t now_us)
{
    uint64_t at_us = now_us > RECORD_LAG_US ? now_us - RECORD_LAG_US : 0;
    if (recording->end_us != 0 && at_us > recording->end_us)
        at_us = recording->end_us;
    int result = 0;
    for (uint8_t i = 0; i < recording->n_streams && result == 0; i++)
        result = fill(recording, i, block_at(recording, at_us));
    if (result == 0 && now_us > recording->begin_us)
        result = vtt_advance(&recording->vtt, now_us - recording->begin_us);
    return result;
}

// ---- ending ------------------------------------------------------------------------------------

int recording_end(struct recording *recording, uint64_t at_us)
{
    uint64_t position = block_at(recording, at_us);
    int result = 0;
    position += position == 0; // libopusenc gives an empty stream no valid end
    for (uint8_t i = 0; i < recording->n_streams; i++)
        if (recording->streams[i].n_blocks > position)
            position = recording->streams[i].n_blocks;
    for (uint8_t i = 0; i < recording->n_streams; i++) {
        int filled = fill(recording, i, position);
        int closed = ogg_stream_close(&recording->streams[i].ogg);
        result = result != 0 ? result : filled != 0 ? filled : closed;
    }
    int ended = vtt_end(&recording->vtt, position * RECORD_BLOCK_US);
    (void)fsync(recording->folder);
    (void)close(recording->folder);
    recording->folder = -1;
    return result != 0 ? result : ended;
}

uint64_t recording_duration_us(const struct recording *recording)
{
    return recording->streams[0].n_blocks * RECORD_BLOCK_US;
}

uint64_t recording_bytes(const struct recording *recording)
{
    uint64_t n = recording->vtt.file.size;
    for (uint8_t i = 0; i < recording->n_streams; i++)
        n += recording->streams[i].ogg.n_bytes;
    return n;
}
