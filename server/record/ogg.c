// SPDX-License-Identifier: BSD-3-Clause
#include "record/record_int.h"

#include <stdio.h>
#include <time.h>

#define N_HEADERS 2

// The pages that are whole; at the end also the last one.
static int drain_pages(struct ogg_stream *stream, bool is_end)
{
    unsigned char *page;
    opus_int32 len;
    int result = 0;
    while (result == 0 && ope_encoder_get_page(stream->encoder, &page, &len, is_end) == 1) {
        result =
            stream->sink.page(stream->sink.context, page, (size_t)len, stream->n_pages < N_HEADERS);
        if (result != 0)
            break;
        stream->n_pages++;
        stream->n_bytes += (uint64_t)len;
    }
    return result;
}

static int error_of(int ope_error)
{
    if (ope_error == OPE_OK)
        return 0;
    return ope_error == OPE_ALLOC_FAIL ? RECORD_E_MEMORY : RECORD_E_WRITE;
}

static bool add_tags(OggOpusComments *tags, const struct ogg_about *about)
{
    char date[32] = "";
    struct tm utc;
    const time_t at_s = (time_t)about->at_s;
    if (gmtime_r(&at_s, &utc) != NULL)
        (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return ope_comments_add(tags, "TITLE", about->title) == OPE_OK &&
           ope_comments_add(tags, "DATE", date) == OPE_OK &&
           (about->lang[0] == '\0' || ope_comments_add(tags, "LANGUAGE", about->lang) == OPE_OK);
}

// Serial numbers are to differ between streams that may be put together.
static int set_up(OggOpusEnc *encoder)
{
    uint32_t serial;
    random_bytes(&serial, sizeof(serial));
    int result = ope_encoder_ctl(encoder, OPE_SET_SERIALNO((opus_int32)(serial >> 1)));
    if (result == OPE_OK)
        result = ope_encoder_ctl(encoder, OPE_SET_DECISION_DELAY(0));
    if (result == OPE_OK)
        result = ope_encoder_ctl(encoder, OPE_SET_MUXING_DELAY(RECORD_PAGE_SAMPLES));
    if (result == OPE_OK)
        result = ope_encoder_ctl(encoder, OPE_SET_COMMENT_PADDING(0));
    if (result == OPE_OK)
        result = ope_encoder_ctl(encoder, OPUS_SET_BITRATE(RECORD_BITRATE_BPS));
    if (result == OPE_OK)
        result = ope_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(RECORD_COMPLEXITY));
    return result;
}

int ogg_stream_open(struct ogg_stream *stream, const struct record_sink *sink,
                    const struct ogg_about *about)
{
    *stream = (struct ogg_stream){ .sink = *sink };
    OggOpusComments *tags = ope_comments_create();
    if (tags == NULL)
        return RECORD_E_MEMORY;
    int error = OPE_ALLOC_FAIL;
    if (add_tags(tags, about))
        stream->encoder = ope_encoder_create_pull(tags, 48000, 1, 0, &error);
    ope_comments_destroy(tags);
    if (stream->encoder == NULL)
        return error_of(error);
    error = set_up(stream->encoder);
    if (error == OPE_OK)
        error = ope_encoder_flush_header(stream->encoder);
    int result = error == OPE_OK ? drain_pages(stream, false) : error_of(error);
    if (result != 0) {
        ope_encoder_destroy(stream->encoder);
        stream->encoder = NULL;
    }
    return result;
}

static int put_some(struct ogg_stream *stream, const int16_t *samples, size_t n)
{
    if (stream->error == 0)
        stream->error = error_of(ope_encoder_write(stream->encoder, samples, (int)n));
    if (stream->error == 0)
        stream->error = drain_pages(stream, false);
    return stream->error;
}

int ogg_stream_put(struct ogg_stream *stream, const int16_t *samples, size_t n)
{
    static const int16_t silence[RECORD_BLOCK_SAMPLES];
    if (samples != NULL)
        return put_some(stream, samples, n);
    int result = 0;
    for (size_t some; n > 0 && result == 0; n -= some) {
        some = n < RECORD_BLOCK_SAMPLES ? n : RECORD_BLOCK_SAMPLES;
        result = put_some(stream, silence, some);
    }
    return result;
}

int ogg_stream_close(struct ogg_stream *stream)
{
    if (stream->encoder == NULL)
        return 0;
    if (stream->error == 0)
        stream->error = error_of(ope_encoder_drain(stream->encoder));
    if (stream->error == 0)
        stream->error = drain_pages(stream, true);
    ope_encoder_destroy(stream->encoder);
    stream->encoder = NULL;
    int ended = stream->sink.end(stream->sink.context, stream->error == 0);
    return stream->error != 0 ? stream->error : ended;
}
