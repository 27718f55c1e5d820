// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/cli.h"
#include "client-cli/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRIORITY_DUCK_DB (-18.0f)
#define LEVEL_BLOCKS 100
#define BEHIND_MAX_US SECONDS(2) // a longer stop of the program leaves a hole in the recording

struct meter {
    double squares;
    float peak;
    uint32_t n_blocks;
};

struct voice {
    uint32_t session;
    struct source *source;
    float volume;
    bool is_priority, is_whisper, is_speaking;
    struct meter meter;
};

struct voice_in {
    uv_timer_t timer;
    struct wav_writer *record;
    struct device *device;
    const struct voice_in_handlers *handlers;
    void *arg;
    struct voice voices[VOICE_IN_VOICES_MAX];
    size_t n_voices;
    struct meter mix_meter;
    uint64_t due_us;
    uint32_t ticks; // since the levels were told
    uint32_t level_blocks;
    struct shape *shape; // borrowed; NULL: none
    bool is_running, is_started;
    struct voice_in_stats gone; // of voices that were forgotten
};

static void on_time(uv_timer_t *timer);

static void schedule(struct voice_in *in)
{
    uint64_t now_us = clock_us();
    uint64_t wait_us = in->due_us > now_us ? in->due_us - now_us : 0;
    uv_update_time(in->timer.loop);
    (void)uv_timer_start(&in->timer, on_time, (wait_us + 999) / 1000, 0);
    in->is_running = true;
}

static void meter_add(struct meter *meter, const float block[AUDIO_BLOCK_SAMPLES], float gain)
{
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        float sample = block[i] * gain;
        meter->squares += (double)sample * (double)sample;
        meter->peak = fmaxf(meter->peak, fabsf(sample));
    }
    meter->n_blocks++;
}

static struct voice_level meter_read(struct meter *meter, uint32_t session)
{
    double n = (double)meter->n_blocks * AUDIO_BLOCK_SAMPLES;
    struct voice_level level = {
        .session = session,
        .rms_db = n > 0 ? audio_db_from_gain((float)sqrt(meter->squares / n)) : AUDIO_SILENCE_DB,
        .peak_db = audio_db_from_gain(meter->peak),
        .n_blocks = meter->n_blocks,
    };
    *meter = (struct meter){ 0 };
    return level;
}

static void tell_levels(struct voice_in *in)
{
    struct voice_level levels[VOICE_IN_VOICES_MAX + 1];
    size_t n = 0;
    in->ticks = 0;
    if (in->mix_meter.n_blocks == 0)
        return;
    for (size_t i = 0; i < in->n_voices; i++) {
        struct voice_level level = meter_read(&in->voices[i].meter, in->voices[i].session);
        if (level.peak_db > AUDIO_SILENCE_DB) // a voice of digital silence only shows who speaks
            levels[n++] = level;
    }
    levels[n++] = meter_read(&in->mix_meter, 0);
    in->handlers->on_levels(in->arg, levels, n);
}

static bool is_open(const struct voice *voice)
{
    return source_state(voice->source) != SOURCE_IDLE;
}

static void end_if_silent(struct voice_in *in, struct voice *voice)
{
    if (!voice->is_speaking || is_open(voice))
        return;
    voice->is_speaking = false;
    in->handlers->on_speaking(in->arg, voice->session, false);
}

bool voice_in_mix(struct voice_in *in, uint64_t tick_us, float out[AUDIO_BLOCK_SAMPLES])
{
    bool has_priority = false;
    bool has_open = false;
    for (size_t i = 0; i < in->n_voices; i++) {
        bool is_voice_open = is_open(&in->voices[i]);
        has_open |= is_voice_open;
        has_priority |= is_voice_open && in->voices[i].is_priority;
    }
    memset(out, 0, AUDIO_BLOCK_SAMPLES * sizeof *out);
    for (size_t i = 0; has_open && i < in->n_voices; i++) {
        struct voice *voice = &in->voices[i];
        float block[AUDIO_BLOCK_SAMPLES];
        struct source_block info;
        if (is_open(voice) && source_get(voice->source, tick_us, block, &info)) {
            bool is_ducked = has_priority && !voice->is_priority && !voice->is_whisper;
            float gain = voice->volume * (is_ducked ? audio_gain_from_db(PRIORITY_DUCK_DB) : 1.0f);
            for (size_t k = 0; k < AUDIO_BLOCK_SAMPLES; k++)
                out[k] += gain * block[k];
            meter_add(&voice->meter, block, gain);
        }
        end_if_silent(in, voice);
    }
    if (has_open)
        meter_add(&in->mix_meter, out, 1.0f);
    return has_open;
}

static void on_time(uv_timer_t *timer)
{
    struct voice_in *in = timer->data;
    uint64_t now_us = clock_us();
    bool is_needed = true;
    if (now_us > in->due_us + BEHIND_MAX_US)
        in->due_us = now_us;
    while (in->due_us <= now_us && is_needed) {
        float block[AUDIO_BLOCK_SAMPLES];
        bool has_open = voice_in_mix(in, in->due_us, block);
        if (in->shape != NULL)
            shape_process(in->shape, block);
        bool is_fed = (in->record != NULL || in->device != NULL) && in->is_started;
        if (in->record != NULL && in->is_started)
            (void)wav_writer_put(in->record, block, AUDIO_BLOCK_SAMPLES);
        if (in->device != NULL)
            device_write(in->device, block);
        if (++in->ticks >= in->level_blocks)
            tell_levels(in);
        in->due_us += AUDIO_BLOCK_US;
        is_needed = has_open || is_fed;
    }
    in->is_running = is_needed;
    if (is_needed)
        schedule(in);
    else
        tell_levels(in);
}

static void wake(struct voice_in *in)
{
    if (in->is_running)
        return;
    in->due_us = clock_us() + AUDIO_BLOCK_US;
    in->ticks = 0;
    schedule(in);
}

static struct voice *find(struct voice_in *in, uint32_t session)
{
    for (size_t i = 0; i < in->n_voices; i++)
        if (in->voices[i].session == session)
            return &in->voices[i];
    return NULL;
}

static struct voice *add(struct voice_in *in, uint32_t session)
{
    struct voice *voice = &in->voices[in->n_voices];
    if (in->n_voices == VOICE_IN_VOICES_MAX)
        return NULL;
    *voice = (struct voice){ .session = session, .source = source_new() };
    if (voice->source == NULL)
        return NULL;
    in->n_voices++;
    return voice;
}

void voice_in_put(struct voice_in *in, const struct voice_packet *packet, bool is_priority,
                  uint64_t now_us)
{
    struct voice *voice = find(in, packet->session);
    if (voice == NULL)
        voice = add(in, packet->session);
    if (voice == NULL || source_put(voice->source, packet->frame_number, packet->opus,
                                    packet->is_terminator, now_us) != 0) {
        in->gone.refused++;
        return;
    }
    voice->volume = packet->volume > 0 && isfinite(packet->volume) ? packet->volume : 1.0f;
    voice->is_priority = is_priority;
    voice->is_whisper = packet->target == VOICE_CONTEXT_WHISPER;
    if (!voice->is_speaking && is_open(voice)) {
        voice->is_speaking = true;
        in->handlers->on_speaking(in->arg, voice->session, true);
    }
    wake(in);
}

static void add_stats(struct voice_in_stats *sum, const struct voice *voice)
{
    struct source_stats stats = source_stats(voice->source);
    sum->received += stats.received;
    sum->late += stats.late;
    sum->lost += stats.lost;
    sum->concealed += stats.concealed;
    if (is_open(voice) && stats.delay_ms > sum->delay_ms)
        sum->delay_ms = stats.delay_ms;
}

void voice_in_forget(struct voice_in *in, uint32_t session)
{
    struct voice *voice = find(in, session);
    if (voice == NULL)
        return;
    if (voice->is_speaking)
        in->handlers->on_speaking(in->arg, session, false);
    add_stats(&in->gone, voice);
    in->gone.delay_ms = 0;
    source_free(voice->source);
    *voice = in->voices[--in->n_voices];
}

struct voice_in_stats voice_in_stats(const struct voice_in *in)
{
    struct voice_in_stats sum = in->gone;
    for (size_t i = 0; i < in->n_voices; i++)
        add_stats(&sum, &in->voices[i]);
    return sum;
}

struct voice_in *voice_in_new(uv_loop_t *loop, struct wav_writer *record, struct device *device,
                              const struct voice_in_handlers *handlers, void *arg)
{
    struct voice_in *in = calloc(1, sizeof *in);
    if (in == NULL)
        return NULL;
    in->record = record;
    in->device = device;
    in->level_blocks = LEVEL_BLOCKS;
    in->handlers = handlers;
    in->arg = arg;
    (void)uv_timer_init(loop, &in->timer); // cannot fail
    in->timer.data = in;
    return in;
}

void voice_in_set_shape(struct voice_in *in, struct shape *shape, uint32_t level_blocks)
{
    in->shape = shape;
    in->level_blocks = level_blocks;
}

uint64_t voice_in_start(struct voice_in *in)
{
    in->is_started = true;
    if (in->record != NULL || in->device != NULL)
        wake(in);
    return in->due_us;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct voice_in *in = handle->data;
    for (size_t i = 0; i < in->n_voices; i++)
        source_free(in->voices[i].source);
    free(in);
}

void voice_in_free(struct voice_in *in)
{
    if (in != NULL)
        uv_close((uv_handle_t *)&in->timer, on_timer_closed);
}
