// SPDX-License-Identifier: BSD-3-Clause
//
// Packets leave on an absolute clock: number n at start + n * length, whatever the timers' jitter,
// so that an hour of speech is not a second late. Frame numbers run on through short silences and
// begin anew after five seconds.
#include "base/base.h"
#include "client-cli/cli.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_BLOCKS_MAX 6
#define SILENCE_RESTART_BLOCKS 500
#define BEHIND_MAX_US SECONDS(1) // after a longer stop of the whole program the clock begins anew

struct voice_out {
    uv_timer_t timer;
    struct media *media;
    struct device *device;
    const struct voice_out_handlers *handlers;
    void *arg;
    OpusEncoder *encoder;
    struct detector detector;
    struct uplink wished, now;
    float gain;
    bool is_by_voice, is_sending, is_ended;
    uint64_t due_us;
    uint64_t frame_number;
    uint32_t silent_blocks;
    float pcm[FRAME_BLOCKS_MAX * AUDIO_BLOCK_SAMPLES];
    uint32_t n_device_blocks; // of pcm, filled by the device
};

static void on_time(uv_timer_t *timer);

static void schedule(struct voice_out *out)
{
    uint64_t now_us = clock_us();
    uint64_t wait_us = out->due_us > now_us ? out->due_us - now_us : 0;
    uv_update_time(out->timer.loop);
    (void)uv_timer_start(&out->timer, on_time, (wait_us + 999) / 1000, 0);
}

static void send_packet(struct voice_out *out, bool is_last, uint64_t now_us)
{
    uint8_t bytes[VOICE_OPUS_MAX_BYTES];
    int n_samples = (int)(out->now.frame_blocks * AUDIO_BLOCK_SAMPLES);
    int len = opus_encode_float(out->encoder, out->pcm, n_samples, bytes, sizeof bytes);
    if (len <= 0)
        return;
    if (!out->is_sending)
        out->handlers->on_playing(out->arg, true, now_us);
    out->is_sending = !is_last;
    const struct voice_packet packet = {
        .target = VOICE_TARGET_NORMAL,
        .frame_number = out->frame_number,
        .opus = { bytes, (size_t)len },
        .is_terminator = is_last,
    };
    out->handlers->send(out->arg, &packet);
    if (is_last) {
        (void)opus_encoder_ctl(out->encoder, OPUS_RESET_STATE);
        out->handlers->on_playing(out->arg, false, now_us);
    }
}

static void advance(struct voice_out *out, bool is_sent)
{
    out->frame_number += out->now.frame_blocks;
    out->silent_blocks = is_sent ? 0 : out->silent_blocks + out->now.frame_blocks;
    if (out->silent_blocks >= SILENCE_RESTART_BLOCKS)
        out->frame_number = 0;
}

static bool hears_voice(struct voice_out *out)
{
    bool is_voice = false;
    for (uint32_t i = 0; i < out->now.frame_blocks; i++)
        is_voice |= detector_push(&out->detector, out->pcm + i * AUDIO_BLOCK_SAMPLES);
    return is_voice;
}

// Encodes what is in pcm, or keeps silent. The packet on which voice ends is still sent, as the
// terminator.
static void take_frame(struct voice_out *out, bool has_sound, bool is_last, uint64_t now_us)
{
    size_t n = out->now.frame_blocks * AUDIO_BLOCK_SAMPLES;
    for (size_t i = 0; i < n; i++)
        out->pcm[i] = fmaxf(-1.0f, fminf(1.0f, out->pcm[i] * out->gain));
    if (out->handlers->on_level != NULL)
        out->handlers->on_level(out->arg, has_sound ? audio_rms_db(out->pcm, n) : AUDIO_SILENCE_DB);
    bool is_voice =
        has_sound && (!out->is_by_voice || hears_voice(out)) && out->handlers->may_send(out->arg);
    bool must_send = is_voice || out->is_sending;
    if (must_send)
        send_packet(out, is_last || !is_voice, now_us);
    advance(out, must_send);
}

static void turn_media(struct voice_out *out, uint64_t now_us)
{
    enum media_state state =
        media_read(out->media, out->pcm, out->now.frame_blocks * AUDIO_BLOCK_SAMPLES);
    bool is_over = state == MEDIA_ENDED || state == MEDIA_BROKEN;
    take_frame(out, state == MEDIA_MORE || state == MEDIA_ENDED, is_over, now_us);
    if (!is_over)
        return;
    out->is_ended = true;
    out->handlers->on_ended(out->arg, state == MEDIA_BROKEN);
}

static void turn_device(struct voice_out *out, uint64_t now_us)
{
    float *next = out->pcm + out->n_device_blocks * AUDIO_BLOCK_SAMPLES;
    while (device_read(out->device, next)) {
        next += AUDIO_BLOCK_SAMPLES;
        if (++out->n_device_blocks < out->now.frame_blocks)
            continue;
        take_frame(out, true, false, now_us);
        out->n_device_blocks = 0;
        next = out->pcm;
    }
}

void voice_out_turn(struct voice_out *out, uint64_t now_us)
{
    if (now_us > out->due_us + BEHIND_MAX_US)
        out->due_us = now_us;
    while (!out->is_ended && out->due_us <= now_us) {
        uint32_t blocks = out->media != NULL ? out->now.frame_blocks : 1;
        if (out->media != NULL)
            turn_media(out, now_us);
        else
            turn_device(out, now_us);
        out->due_us += (uint64_t)blocks * AUDIO_BLOCK_US;
    }
}

static void on_time(uv_timer_t *timer)
{
    struct voice_out *out = timer->data;
    voice_out_turn(out, clock_us());
    if (!out->is_ended)
        schedule(out);
}

static void set_bitrate(struct voice_out *out)
{
    (void)opus_encoder_ctl(out->encoder, OPUS_SET_BITRATE((opus_int32)out->now.bitrate_bps));
}

void voice_out_set_bandwidth(struct voice_out *out, uint32_t max_bandwidth_bps)
{
    out->now = uplink_fit(out->wished, max_bandwidth_bps);
    out->n_device_blocks = 0;
    set_bitrate(out);
}

// As stock clients choose: where bits abound, the wave itself is kept rather than what a voice
// needs.
static int application_for(uint32_t bitrate_bps)
{
    if (bitrate_bps >= 64000)
        return OPUS_APPLICATION_RESTRICTED_LOWDELAY;
    return bitrate_bps >= 32000 ? OPUS_APPLICATION_AUDIO : OPUS_APPLICATION_VOIP;
}

struct voice_out *voice_out_new(uv_loop_t *loop, struct media *media, struct device *device,
                                const struct join_options *options,
                                const struct voice_out_handlers *handlers, void *arg)
{
    struct voice_out *out = calloc(1, sizeof *out);
    if (out == NULL)
        return NULL;
    int error = OPUS_OK;
    out->encoder =
        opus_encoder_create(AUDIO_RATE_HZ, 1, application_for(options->bitrate_bps), &error);
    if (out->encoder == NULL) {
        free(out);
        return NULL;
    }
    out->media = media;
    out->device = device;
    out->handlers = handlers;
    out->arg = arg;
    out->gain = audio_gain_from_db((float)options->level_db);
    out->wished = (struct uplink){ options->bitrate_bps, options->frame_blocks };
    out->now = out->wished;
    enum transmit by_default = media != NULL ? TRANSMIT_ALWAYS : TRANSMIT_VOICE;
    out->is_by_voice =
        (options->transmit != TRANSMIT_DEFAULT ? options->transmit : by_default) == TRANSMIT_VOICE;
    detector_init(&out->detector);
    set_bitrate(out);
    (void)uv_timer_init(loop, &out->timer); // cannot fail
    out->timer.data = out;
    return out;
}

void voice_out_start(struct voice_out *out, uint64_t now_us)
{
    out->due_us = now_us;
    schedule(out);
}

void voice_out_stop(struct voice_out *out)
{
    (void)uv_timer_stop(&out->timer);
    if (out->is_sending) {
        memset(out->pcm, 0, sizeof out->pcm);
        send_packet(out, true, clock_us());
    }
    out->is_ended = true;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct voice_out *out = handle->data;
    opus_encoder_destroy(out->encoder);
    free(out);
}

void voice_out_free(struct voice_out *out)
{
    if (out != NULL)
        uv_close((uv_handle_t *)&out->timer, on_timer_closed);
}
