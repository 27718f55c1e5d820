// SPDX-License-Identifier: BSD-3-Clause
//
//   WEBVTT - Asamblea
//
//   NOTE 2026-11-24T19:00:00Z
//
//   00:00:05.120 --> 00:00:09.310
//   <v Ana>Ana
//
//   00:00:07.450 --> 00:00:12.800
//   <v Luis>Luis → es
#include "record/record_int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_BYTES 16 // "00:00:05.120", fewer than 100 hours, and its zero
#define TIME_CHARS 12
#define ARROW_CHARS 5
#define CUE_BYTES (2u * VTT_NAME_BYTES + 128u)
#define VTT_NAME_BYTES (6u * RECORD_NAME_BYTES) // "&amp;" for each byte, at most

static void write_time(uint64_t at_us, char out[TIME_BYTES])
{
    const unsigned ms = (unsigned)(at_us / 1000 % 360000000u); // 100 hours
    (void)snprintf(out, TIME_BYTES, "%02u:%02u:%02u.%03u", ms / 3600000u, ms / 60000u % 60u,
                   ms / 1000u % 60u, ms % 1000u);
}

// What would end a name, a cue or a line of it.
static void escape(const char *name, char out[VTT_NAME_BYTES])
{
    size_t n = 0;
    for (; *name != '\0' && n + 6 < VTT_NAME_BYTES; name++) {
        const char *as = *name == '&'                   ? "&amp;"
                         : *name == '<'                 ? "&lt;"
                         : *name == '>'                 ? "&gt;"
                         : (unsigned char)*name < 0x20u ? " "
                                                        : NULL;
        if (as != NULL)
            n += (size_t)snprintf(out + n, VTT_NAME_BYTES - n, "%s", as);
        else
            out[n++] = *name;
    }
    out[n] = '\0';
}

int vtt_begin(struct vtt *vtt, int folder, const char *title, int64_t at_s)
{
    char name[VTT_NAME_BYTES], date[32] = "", head[VTT_NAME_BYTES + 64];
    struct tm utc;
    const time_t at = (time_t)at_s;
    *vtt = (struct vtt){ .file = { .fd = -1 } };
    escape(title, name);
    if (gmtime_r(&at, &utc) != NULL)
        (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
    int len = snprintf(head, sizeof(head), "WEBVTT - %s\n\nNOTE %s\n\n", name, date);
    int result = record_file_open(&vtt->file, folder, "speakers.vtt");
    if (result != 0)
        return result;
    return record_file_add(&vtt->file, head, (size_t)len);
}

static struct vtt_cue *find(struct vtt *vtt, uint32_t session, uint8_t stream)
{
    for (size_t i = 0; i < VTT_OPEN_MAX; i++)
        if (vtt->open[i].session == session && (session == 0 || vtt->open[i].stream == stream))
            return &vtt->open[i];
    return NULL;
}

// A cue has some length, whatever was heard.
static int write_end(struct vtt *vtt, const struct vtt_cue *cue, uint64_t at_us)
{
    char end[TIME_BYTES];
    const uint64_t least_us = cue->begin_us + RECORD_BLOCK_US;
    write_time(at_us > least_us ? at_us : least_us, end);
    return record_file_put(&vtt->file, cue->end_at, end, TIME_CHARS);
}

int vtt_stop(struct vtt *vtt, const struct vtt_speech *speech)
{
    struct vtt_cue *cue = speech->session != 0 ? find(vtt, speech->session, speech->stream) : NULL;
    if (cue == NULL)
        return 0;
    int result = write_end(vtt, cue, speech->at_us);
    cue->session = 0;
    return result;
}

int vtt_speak(struct vtt *vtt, const struct vtt_speech *speech)
{
    char name[VTT_NAME_BYTES], begin[TIME_BYTES], end[TIME_BYTES], cue[CUE_BYTES];
    int result = vtt_stop(vtt, speech); // the one before, if its end was lost
    struct vtt_cue *open = find(vtt, 0, 0);
    if (result != 0 || open == NULL || speech->session == 0)
        return result;
    escape(speech->name, name);
    write_time(speech->at_us, begin);
    write_time(speech->at_us + RECORD_BLOCK_US, end);
    int len = snprintf(cue, sizeof(cue), "%s --> %s\n<v %s>%s%s%s\n\n", begin, end, name, name,
                       speech->lang != NULL ? " → " : "", speech->lang != NULL ? speech->lang : "");
    const uint64_t at = vtt->file.size;
    result = record_file_add(&vtt->file, cue, (size_t)len);
    if (result == 0)
        *open = (struct vtt_cue){ .session = speech->session,
                                  .stream = speech->stream,
                                  .begin_us = speech->at_us,
                                  .end_at = at + TIME_CHARS + ARROW_CHARS };
    return result;
}

int vtt_advance(struct vtt *vtt, uint64_t at_us)
{
    int result = 0;
    for (size_t i = 0; i < VTT_OPEN_MAX && result == 0; i++)
        if (vtt->open[i].session != 0)
            result = write_end(vtt, &vtt->open[i], at_us);
    return result;
}

int vtt_end(struct vtt *vtt, uint64_t at_us)
{
    if (vtt->file.fd < 0)
        return 0;
    int result = vtt_advance(vtt, at_us);
    int finished = record_file_finish(&vtt->file);
    return result != 0 ? result : finished;
}
