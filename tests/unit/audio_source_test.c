// SPDX-License-Identifier: BSD-3-Clause
//
// A speaker, a line and a source in computed time. Each row of a table is a line with its faults;
// what comes out is judged by its level, its holes, its clicks and how long it waited.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs the three above
#include <cmocka.h>

#include "audio/audio.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#define TONE_HZ 440.0
#define AMPLITUDE 0.1f
#define START_US 5000000
#define BLOCKS_MOST 6
#define PACKET_MOST 400

enum end { END_WITH_VOICE, END_EMPTY, END_LOST };

struct line {
    const char *name;
    uint8_t lengths[4]; // blocks a packet, in turn; 0 ends the list early
    uint32_t jitter_us; // each packet is up to so much early or late
    uint32_t loss_percent, reorder_percent, copy_percent;
    uint32_t burst_ms; // once in 8 s a packet, and those sent meanwhile, come so much later
    int32_t ppm;       // the speaker's clock is so much fast
    uint32_t seconds;
    enum end end;
    bool is_speech_codec, is_stereo;
    // what is asked
    float wait_p50_ms, wait_last_ms; // over all, and at the end
    uint32_t concealed_most;         // blocks
    float click_most;                // of the amplitude
    float level_db;                  // how far the level may be off; 0: not judged
};

struct wire {
    uint64_t frame_number, at_us, sent_us;
    int len;
    bool is_terminator;
    uint8_t data[PACKET_MOST];
};

struct heard {
    float *sound;
    size_t n_blocks, n_silent, first_block;
    uint32_t concealed;
    float *waits_ms; // of each block: leaves now, its packet was complete then
    size_t n_waits;
    uint32_t steps_back; // frame numbers that fell
};

static uint32_t seed;
static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * sides) >> 32);
}

static OpusEncoder *make_encoder(bool is_speech, bool is_stereo)
{
    int error = 0;
    OpusEncoder *encoder = opus_encoder_create(
        AUDIO_RATE_HZ, is_stereo ? 2 : 1,
        is_speech ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
    assert_int_equal(error, OPUS_OK);
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(is_speech ? 24000 : 64000));
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(2));
    opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    return encoder;
}

static double tone_at(uint64_t sample)
{
    return (double)AMPLITUDE *
           sin(2.0 * M_PI * TONE_HZ * (double)(sample % AUDIO_RATE_HZ) / AUDIO_RATE_HZ);
}

static int encode_tone(OpusEncoder *encoder, bool is_stereo, uint64_t frame, unsigned blocks,
                       uint8_t out[PACKET_MOST])
{
    static float pcm[BLOCKS_MOST * AUDIO_BLOCK_SAMPLES * 2];
    const size_t n = (size_t)blocks * AUDIO_BLOCK_SAMPLES;
    for (size_t i = 0; i < n; i++) {
        const float value = (float)tone_at(frame * AUDIO_BLOCK_SAMPLES + i);
        if (is_stereo)
            pcm[2 * i] = pcm[2 * i + 1] = value;
        else
            pcm[i] = value;
    }
    const int len = opus_encode_float(encoder, pcm, (int)n, out, PACKET_MOST);
    assert_true(len > 0);
    return len;
}

static int by_arrival(const void *a, const void *b)
{
    const struct wire *x = a, *y = b;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return x->frame_number < y->frame_number ? -1 : x->frame_number > y->frame_number;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// What arrives, in the order of arrival. A packet is sent when its last sample was spoken.
static size_t send_all(const struct line *line, uint64_t first_frame, struct wire **out)
{
    const uint64_t n_frames = (uint64_t)line->seconds * 100;
    struct wire *wires = calloc((size_t)n_frames * 2 + 2, sizeof *wires);
    assert_non_null(wires);
    OpusEncoder *encoder = make_encoder(line->is_speech_codec, line->is_stereo);
    size_t n = 0, turn = 0;
    uint64_t blocked_until = 0;
    for (uint64_t frame = 0; frame < n_frames;) {
        const unsigned blocks =
            line->lengths[turn % 4] ? line->lengths[turn % 4] : line->lengths[0];
        turn++;
        struct wire wire = { .frame_number = first_frame + frame };
        wire.len = encode_tone(encoder, line->is_stereo, frame, blocks, wire.data);
        frame += blocks;
        const int64_t spoken_us = (int64_t)(frame * AUDIO_BLOCK_US);
        wire.sent_us = START_US + (uint64_t)(spoken_us - spoken_us * line->ppm / 1000000);
        wire.at_us = wire.sent_us + 30000 + dice(2 * line->jitter_us + 1) - line->jitter_us;
        if (line->burst_ms > 0 && frame > 200 && frame % 800 < blocks)
            blocked_until = wire.at_us + (uint64_t)line->burst_ms * 1000;
        if (wire.at_us < blocked_until)
            wire.at_us = blocked_until;
        const bool is_last = frame >= n_frames;
        wire.is_terminator = is_last && line->end == END_WITH_VOICE;
        if (frame > 100 && !is_last && dice(100) < line->loss_percent)
            continue;
        if (dice(100) < line->reorder_percent)
            wire.at_us += 21000 * blocks / 2;
        wires[n++] = wire;
        if (dice(100) < line->copy_percent) {
            wires[n] = wire;
            wires[n++].at_us += 1000 + dice(60000);
        }
        if (is_last && line->end == END_EMPTY)
            wires[n++] = (struct wire){ .frame_number = first_frame + frame,
                                        .at_us = wire.at_us + 500,
                                        .is_terminator = true };
    }
    opus_encoder_destroy(encoder);
    qsort(wires, n, sizeof *wires, by_arrival);
    *out = wires;
    return n;
}

static void hear(struct source *source, const struct wire *wires, size_t n_wires,
                 uint64_t first_frame, uint64_t phase_us, uint64_t n_frames, struct heard *heard)
{
    const size_t n_ticks = (size_t)n_frames + 200;
    *heard = (struct heard){ 0 };
    heard->sound = calloc(n_ticks * AUDIO_BLOCK_SAMPLES, sizeof(float));
    heard->waits_ms = calloc(n_ticks, sizeof(float));
    uint64_t *arrived = calloc((size_t)n_frames + BLOCKS_MOST, sizeof *arrived);
    size_t next = 0;
    uint64_t last_frame = 0;
    for (size_t tick = 0; tick < n_ticks; tick++) {
        const uint64_t now = START_US + phase_us + tick * AUDIO_BLOCK_US;
        for (; next < n_wires && wires[next].at_us <= now; next++) {
            const struct wire *wire = &wires[next];
            const struct span opus = { .data = wire->data, .len = (size_t)wire->len };
            assert_int_equal(
                source_put(source, wire->frame_number, opus, wire->is_terminator, wire->at_us), 0);
            if (wire->frame_number - first_frame < n_frames)
                arrived[wire->frame_number - first_frame] = wire->at_us;
        }
        struct source_block info;
        float *block = heard->sound + heard->n_blocks * AUDIO_BLOCK_SAMPLES;
        if (!source_get(source, now, block, &info)) {
            for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
                assert_true(block[i] == 0.0f);
            heard->n_silent += heard->n_blocks > 0;
            continue;
        }
        if (heard->n_blocks++ == 0)
            heard->first_block = tick;
        heard->concealed += info.is_concealed;
        heard->steps_back += info.frame_number < last_frame;
        last_frame = info.frame_number;
        const uint64_t frame = info.frame_number - first_frame;
        if (frame < n_frames && arrived[frame] != 0)
            heard->waits_ms[heard->n_waits++] = (float)(int64_t)(now - arrived[frame]) / 1000.0f;
    }
    free(arrived);
}

static void heard_free(struct heard *heard)
{
    free(heard->sound);
    free(heard->waits_ms);
}

// A tone obeys x[n] = 2 cos(w) x[n-1] - x[n-2]. What does not is noise, or a click.
static float worst_click(const float *sound, size_t n)
{
    const float twice_cos = (float)(2.0 * cos(2.0 * M_PI * TONE_HZ / AUDIO_RATE_HZ));
    float worst = 0.0f;
    for (size_t i = 2; i < n; i++)
        worst = fmaxf(worst, fabsf(sound[i] - twice_cos * sound[i - 1] + sound[i - 2]));
    return worst / AMPLITUDE;
}

static const struct line lines[] = {
    { .name = "20 ms, clean",
      .lengths = { 2 },
      .jitter_us = 2000,
      .seconds = 12,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "10 ms, clean",
      .lengths = { 1 },
      .jitter_us = 2000,
      .seconds = 12,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "40 ms, clean",
      .lengths = { 4 },
      .jitter_us = 2000,
      .seconds = 12,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "60 ms, clean",
      .lengths = { 6 },
      .jitter_us = 2000,
      .seconds = 12,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "lengths in turn",
      .lengths = { 1, 2, 4, 6 },
      .jitter_us = 2000,
      .seconds = 12,
      .wait_p50_ms = 36, // a packet of 10 ms waits for as long as one of 60 takes
      .wait_last_ms = 45,
      .concealed_most = 8,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "speech codec",
      .lengths = { 2 },
      .jitter_us = 2000,
      .seconds = 12,
      .is_speech_codec = true,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.1f,
      .level_db = 0.5f },
    { .name = "stereo",
      .lengths = { 2 },
      .jitter_us = 2000,
      .seconds = 10,
      .is_stereo = true,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "empty terminator",
      .lengths = { 2 },
      .jitter_us = 2000,
      .seconds = 5,
      .end = END_EMPTY,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "lost terminator",
      .lengths = { 2 },
      .jitter_us = 2000,
      .seconds = 5,
      .end = END_LOST,
      .wait_p50_ms = 12,
      .wait_last_ms = 16,
      .concealed_most = 20,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "5 % loss",
      .lengths = { 2 },
      .jitter_us = 2000,
      .loss_percent = 5,
      .seconds = 12,
      .wait_p50_ms = 12,
      .wait_last_ms = 20,
      .concealed_most = 150,
      .click_most = 0.1f,
      .level_db = 0.5f },
    { .name = "20 % loss",
      .lengths = { 2 },
      .jitter_us = 2000,
      .loss_percent = 20,
      .seconds = 12,
      .wait_p50_ms = 16,
      .wait_last_ms = 24,
      .concealed_most = 500,
      .click_most = 0.15f,
      .level_db = 1.5f },
    { .name = "20 % loss of 60 ms",
      .lengths = { 6 },
      .jitter_us = 2000,
      .loss_percent = 20,
      .seconds = 12,
      .wait_p50_ms = 16,
      .wait_last_ms = 24,
      .concealed_most = 500,
      .click_most = 0.15f,
      .level_db = 2.0f },
    { .name = "reordered",
      .lengths = { 2 },
      .jitter_us = 2000,
      .reorder_percent = 8,
      .seconds = 12,
      .wait_p50_ms = 32,
      .wait_last_ms = 40,
      .concealed_most = 40,
      .click_most = 0.1f,
      .level_db = 0.3f },
    { .name = "sent twice",
      .lengths = { 2 },
      .jitter_us = 2000,
      .copy_percent = 50,
      .seconds = 12,
      .wait_p50_ms = 12,
      .wait_last_ms = 20,
      .concealed_most = 1,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "jitter of 20 ms",
      .lengths = { 2 },
      .jitter_us = 20000,
      .seconds = 12,
      .wait_p50_ms = 40,
      .wait_last_ms = 50,
      .concealed_most = 15,
      .click_most = 0.1f,
      .level_db = 0.3f },
    { .name = "bursts of 40 ms",
      .lengths = { 2 },
      .jitter_us = 2000,
      .burst_ms = 40,
      .seconds = 22,
      .wait_p50_ms = 40,
      .wait_last_ms = 25,
      .concealed_most = 15,
      .click_most = 0.1f,
      .level_db = 0.3f },
    { .name = "bursts of 150 ms",
      .lengths = { 2 },
      .jitter_us = 2000,
      .burst_ms = 150,
      .seconds = 23,
      .wait_p50_ms = 150,
      .wait_last_ms = 125,
      .concealed_most = 60,
      .click_most = 0.1f,
      .level_db = 1.0f },
    { .name = "clock 200 ppm fast",
      .lengths = { 2 },
      .jitter_us = 2000,
      .ppm = 200,
      .seconds = 100,
      .wait_p50_ms = 12,
      .wait_last_ms = 20,
      .concealed_most = 2,
      .click_most = 0.02f,
      .level_db = 0.3f },
    { .name = "clock 200 ppm slow",
      .lengths = { 2 },
      .jitter_us = 2000,
      .ppm = -200,
      .seconds = 100,
      .wait_p50_ms = 12,
      .wait_last_ms = 20,
      .concealed_most = 8,
      .click_most = 0.05f,
      .level_db = 0.3f },
};

static void judge_line(const struct line *line, uint64_t phase_us)
{
    seed = 1 + (uint32_t)phase_us;
    const uint64_t first_frame = 1000, n_frames = (uint64_t)line->seconds * 100;
    struct wire *wires = NULL;
    const size_t n = send_all(line, first_frame, &wires);
    struct source *source = source_new();
    assert_non_null(source);
    struct heard heard;
    hear(source, wires, n, first_frame, phase_us, n_frames, &heard);
    const size_t n_samples = heard.n_blocks * AUDIO_BLOCK_SAMPLES;
    // The first 40 ms are the codec's own start, the last 200 the fade of a lost end.
    const size_t head = 1920, tail = line->end == END_LOST ? 14400 : 1440;
    const float click = worst_click(heard.sound + head, n_samples - head - tail);
    const float level = audio_rms_db(heard.sound + head, n_samples - head - tail);
    const float expected = audio_db_from_gain(AMPLITUDE) - 3.01f;
    float last = 0.0f;
    for (size_t i = heard.n_waits - 20; i < heard.n_waits; i++)
        last += heard.waits_ms[i] / 20.0f;
    qsort(heard.waits_ms, heard.n_waits, sizeof *heard.waits_ms, by_value);
    const float p50 = heard.waits_ms[heard.n_waits / 2];
    print_message("%-20s phase %5u us: wait p50 %5.1f last %5.1f ms, concealed %u, click %.4f, "
                  "level %+.2f dB\n",
                  line->name, (unsigned)phase_us, (double)p50, (double)last, heard.concealed,
                  (double)click, (double)(level - expected));
    assert_true(p50 <= line->wait_p50_ms);
    assert_true(last <= line->wait_last_ms);
    assert_true(heard.concealed <= line->concealed_most);
    assert_true(click <= line->click_most);
    assert_true(fabsf(level - expected) <= line->level_db);
    assert_true(worst_click(heard.sound, n_samples) < 0.2f);
    assert_true(heard.n_blocks + 60 >= n_frames && heard.n_blocks <= n_frames + 60);
    assert_int_equal(source_state(source), SOURCE_IDLE);
    source_free(source);
    heard_free(&heard);
    free(wires);
}

static void lines_are_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (uint64_t phase_us = 500;
             phase_us<10000; phase_us += lines[i].seconds> 60 ? 10000 : 3100)
            judge_line(&lines[i], phase_us);
}

// ---- single events

struct speaker {
    struct source *source;
    OpusEncoder *encoder;
    uint64_t now_us;
    float block[AUDIO_BLOCK_SAMPLES];
    struct source_block info;
};

static struct speaker speaker_new(void)
{
    struct speaker speaker = { .source = source_new(), .now_us = START_US };
    assert_non_null(speaker.source);
    speaker.encoder = make_encoder(false, false);
    return speaker;
}

static void speaker_free(struct speaker *speaker)
{
    source_free(speaker->source);
    opus_encoder_destroy(speaker->encoder);
}

// 20 ms of tone arrive, then two blocks are taken. Returns how many of them had sound.
static unsigned say(struct speaker *speaker, uint64_t frame_number, bool is_terminator)
{
    uint8_t packet[PACKET_MOST];
    const int len = encode_tone(speaker->encoder, false, frame_number, 2, packet);
    const struct span opus = { .data = packet, .len = (size_t)len };
    assert_int_equal(
        source_put(speaker->source, frame_number, opus, is_terminator, speaker->now_us + 1000), 0);
    unsigned played = 0;
    for (int i = 0; i < 2; i++) {
        speaker->now_us += AUDIO_BLOCK_US;
        played += source_get(speaker->source, speaker->now_us, speaker->block, &speaker->info);
    }
    return played;
}

// Nothing arrives for so long. Returns how many blocks had sound.
static unsigned wait_ms(struct speaker *speaker, unsigned ms)
{
    unsigned played = 0;
    for (unsigned i = 0; i < ms / 10; i++) {
        speaker->now_us += AUDIO_BLOCK_US;
        played += source_get(speaker->source, speaker->now_us, speaker->block, &speaker->info);
    }
    return played;
}

static void a_restart_at_0_after_silence_is_a_new_beginning(void **state)
{
    (void)state;
    static const bool terminated[] = { true, false };
    for (size_t t = 0; t < 2; t++) {
        struct speaker speaker = speaker_new();
        unsigned played = 0;
        for (uint64_t f = 7000; f < 7100; f += 2)
            played += say(&speaker, f, terminated[t] && f == 7098);
        played += wait_ms(&speaker, 5000);
        assert_in_range(played, 100, 122); // all, and the fade
        assert_int_equal(source_state(speaker.source), SOURCE_IDLE);
        played = 0;
        for (uint64_t f = 0; f < 100; f += 2)
            played += say(&speaker, f, false);
        assert_in_range(played, 98, 100);
        assert_int_equal(source_stats(speaker.source).resets, 0);
        assert_int_equal(source_stats(speaker.source).late, 0);
        speaker_free(&speaker);
    }
}

static void a_jump_is_a_new_beginning(void **state)
{
    (void)state;
    static const uint64_t to[] = { 0, 5000, 1200, 900000000 };
    for (size_t t = 0; t < sizeof to / sizeof *to; t++) {
        struct speaker speaker = speaker_new();
        for (uint64_t f = 1000; f < 1100; f += 2)
            say(&speaker, f, false);
        unsigned played = 0;
        for (uint64_t f = to[t]; f < to[t] + 100; f += 2)
            played += say(&speaker, f, false);
        assert_in_range(played, 95, 100);
        assert_int_equal(source_stats(speaker.source).resets, 1);
        assert_in_range(speaker.info.frame_number, to[t] + 96, to[t] + 99);
        speaker_free(&speaker);
    }
}

static void speech_after_a_terminator_is_not_lost(void **state)
{
    (void)state;
    struct speaker speaker = speaker_new();
    unsigned played = 0;
    for (uint64_t f = 100; f < 400; f += 2) // a terminator each 500 ms, and on without a pause
        played += say(&speaker, f, f % 50 == 48);
    assert_in_range(played, 285, 300);
    assert_int_equal(source_stats(speaker.source).late, 0);
    speaker_free(&speaker);
}

static void strays_do_not_begin_a_transmission(void **state)
{
    (void)state;
    struct speaker speaker = speaker_new();
    for (uint64_t f = 100; f < 200; f += 2)
        if (f != 196)
            say(&speaker, f, f == 198);
    wait_ms(&speaker, 60);
    assert_int_equal(source_state(speaker.source), SOURCE_IDLE);
    assert_int_equal(say(&speaker, 196, false), 0);
    assert_int_equal(source_state(speaker.source), SOURCE_IDLE);
    assert_int_equal(source_stats(speaker.source).late, 1);
    speaker_free(&speaker);
}

static void an_end_fades(void **state)
{
    (void)state;
    struct speaker speaker = speaker_new();
    for (uint64_t f = 100; f < 200; f += 2)
        say(&speaker, f, f == 198);
    static float tail[20 * AUDIO_BLOCK_SAMPLES];
    size_t n = 0;
    while (wait_ms(&speaker, 10) == 1) {
        memcpy(tail + n, speaker.block, sizeof speaker.block);
        n += AUDIO_BLOCK_SAMPLES;
    }
    assert_in_range(n, AUDIO_BLOCK_SAMPLES, 3 * AUDIO_BLOCK_SAMPLES);
    assert_true(audio_peak_db(tail + n - 48, 48) < audio_db_from_gain(AMPLITUDE) - 18.0f);
    assert_true(worst_click(tail, n) < 0.02f);
    speaker_free(&speaker);
}

static void a_beginning_is_whole(void **state)
{
    (void)state;
    struct speaker speaker = speaker_new();
    unsigned played = 0;
    for (uint64_t f = 100; f < 110; f += 2) {
        const unsigned before = played;
        played += say(&speaker, f, false);
        if (before == 0 && played > 0)
            assert_int_equal(speaker.info.frame_number, 100 + played - 1);
    }
    assert_in_range(played, 9, 10);
    assert_false(speaker.info.is_concealed);
    assert_true(speaker.info.is_voice);
    assert_true(fabsf(speaker.info.level_db + 23.0f) < 0.3f);
    speaker_free(&speaker);
}

// On a clean line what comes out is what a decoder makes of the packets, bit for bit, 8 samples
// after the time that its frame number says.
static void frame_numbers_tell_the_time(void **state)
{
    (void)state;
    enum { LAG = 8, FIRST = 300, FRAMES = 60 };
    struct source *source = source_new();
    OpusEncoder *encoder = make_encoder(true, false);
    int error = 0;
    OpusDecoder *decoder = opus_decoder_create(AUDIO_RATE_HZ, 1, &error);
    static float expected[LAG + FRAMES * AUDIO_BLOCK_SAMPLES];
    unsigned compared = 0;
    for (uint64_t f = 0; f < FRAMES; f += 2) {
        uint8_t packet[PACKET_MOST];
        const int len = encode_tone(encoder, false, f * f, 2, packet);
        const struct span opus = { .data = packet, .len = (size_t)len };
        float *at = expected + LAG + f * AUDIO_BLOCK_SAMPLES;
        assert_int_equal(opus_decode_float(decoder, packet, len, at, 2 * AUDIO_BLOCK_SAMPLES, 0),
                         2 * AUDIO_BLOCK_SAMPLES);
        const uint64_t now = START_US + f * AUDIO_BLOCK_US;
        source_put(source, FIRST + f, opus, false, now);
        for (uint64_t i = 1; i <= 2; i++) {
            float block[AUDIO_BLOCK_SAMPLES];
            struct source_block info;
            if (!source_get(source, now + i * AUDIO_BLOCK_US, block, &info))
                continue;
            const float *wanted = expected + (info.frame_number - FIRST) * AUDIO_BLOCK_SAMPLES;
            for (size_t j = 0; j < AUDIO_BLOCK_SAMPLES; j++)
                assert_true(block[j] == wanted[j]);
            compared++;
        }
    }
    assert_in_range(compared, FRAMES - 1, FRAMES);
    opus_encoder_destroy(encoder);
    opus_decoder_destroy(decoder);
    source_free(source);
}

static void a_pause_takes_the_delay_back(void **state)
{
    (void)state;
    struct speaker speaker = speaker_new();
    uint64_t f = 100;
    for (; f < 200; f += 2)
        say(&speaker, f, false);
    wait_ms(&speaker, 100); // then five packets at once
    const uint64_t until = f + 10;
    for (; f < until; f += 2) {
        uint8_t packet[PACKET_MOST];
        const int len = encode_tone(speaker.encoder, false, f, 2, packet);
        const struct span opus = { .data = packet, .len = (size_t)len };
        source_put(speaker.source, f, opus, false, speaker.now_us);
    }
    for (; f < 300; f += 2)
        say(&speaker, f, false);
    assert_true(source_stats(speaker.source).delay_ms > 80);
    for (; f < 700; f += 2) { // the burst leaves the memory, the delay shrinks in silence
        const struct span silence = audio_silence_20ms();
        source_put(speaker.source, f, silence, false, speaker.now_us + 1000);
        wait_ms(&speaker, 20);
    }
    assert_true(source_stats(speaker.source).delay_ms < 15);
    assert_int_equal(source_stats(speaker.source).late, 0);
    speaker_free(&speaker);
}

static void drift_of_an_hour_is_followed(void **state)
{
    (void)state;
    static const int ppms[] = { 200, -200 };
    for (size_t p = 0; p < 2; p++) {
        struct source *source = source_new();
        uint64_t next_us = START_US, frame = 0;
        uint32_t most_ms = 0, concealed = 0, unplayed = 0;
        for (uint64_t tick = 0; tick < 360000; tick++) {
            const uint64_t now = START_US + tick * AUDIO_BLOCK_US;
            for (; next_us <= now; frame += 2) {
                source_put(source, 50 + frame, audio_silence_20ms(), false, next_us);
                next_us = START_US +
                          (frame + 2) * (uint64_t)(AUDIO_BLOCK_US * (1000000 - ppms[p]) / 1000000);
            }
            float block[AUDIO_BLOCK_SAMPLES];
            struct source_block info;
            unplayed += !source_get(source, now, block, &info);
            concealed += info.is_concealed;
            const uint32_t delay_ms = source_stats(source).delay_ms;
            most_ms = delay_ms > most_ms ? delay_ms : most_ms;
        }
        print_message("%+d ppm: delay at most %u ms, concealed %u, unplayed %u\n", ppms[p], most_ms,
                      concealed, unplayed);
        assert_true(most_ms <= 22);
        assert_true(concealed < 80); // 72 times 10 ms in an hour
        assert_true(unplayed < 3);
        source_free(source);
    }
}

static void bad_packets_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t len;
        bool is_terminator;
        int result;
    } rows[] = {
        { { 0 }, 0, false, PROTO_E_MALFORMED },                      // nothing
        { { 0 }, 0, true, 0 },                                       // a bare end
        { { 0xE0, 1, 2 }, 3, false, PROTO_E_MALFORMED },             // 2.5 ms
        { { 0xFB, 0x04, 1, 2, 3, 4 }, 6, false, PROTO_E_MALFORMED }, // 80 ms
        { { 0xFB }, 1, false, PROTO_E_MALFORMED },                   // no frame count
        { { 0xFB, 0x03, 1, 2 }, 4, false, 0 }, // lengths do not fit: concealed when due
        { { 0xF8, 0xFF, 0xFE }, 3, false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct source *source = source_new();
        const struct span opus = { .data = rows[i].bytes, .len = rows[i].len };
        assert_int_equal(source_put(source, 10, opus, rows[i].is_terminator, START_US),
                         rows[i].result);
        float block[AUDIO_BLOCK_SAMPLES];
        struct source_block info;
        for (uint64_t tick = 1; tick < 40; tick++)
            source_get(source, START_US + tick * AUDIO_BLOCK_US, block, &info);
        assert_int_equal(source_state(source), SOURCE_IDLE);
        source_free(source);
    }
}

// Anything may arrive in any order; the sound stays finite and nothing is read or written beyond
// its place.
static void chaos_is_survived(void **state)
{
    (void)state;
    struct source *source = source_new();
    OpusEncoder *encoder = make_encoder(true, false);
    seed = 99;
    for (uint64_t tick = 0; tick < 6000; tick++) {
        const uint64_t now = START_US + tick * AUDIO_BLOCK_US + dice(9000);
        for (uint32_t i = dice(4); i > 0; i--) {
            static const unsigned lengths[] = { 1, 2, 4, 6 };
            uint8_t packet[PACKET_MOST];
            struct span opus = { .data = packet };
            if (dice(10) < 3)
                opus = audio_silence_60ms();
            else
                opus.len = (size_t)encode_tone(encoder, false, tick, lengths[dice(4)], packet);
            if (dice(5) == 0)
                packet[dice((uint32_t)opus.len)] ^= (uint8_t)dice(256);
            uint64_t frame = tick + dice(20);
            if (dice(200) == 0)
                frame = (uint64_t)dice(UINT32_MAX) * dice(UINT32_MAX);
            source_put(source, frame, opus, dice(60) == 0, now);
        }
        if (dice(3000) == 0)
            source_reset(source);
        float block[AUDIO_BLOCK_SAMPLES];
        struct source_block info;
        source_get(source, now, block, &info);
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            assert_true(isfinite(block[i]));
    }
    opus_encoder_destroy(encoder);
    source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_survived),
        cmocka_unit_test(a_restart_at_0_after_silence_is_a_new_beginning),
        cmocka_unit_test(a_jump_is_a_new_beginning),
        cmocka_unit_test(speech_after_a_terminator_is_not_lost),
        cmocka_unit_test(strays_do_not_begin_a_transmission),
        cmocka_unit_test(an_end_fades),
        cmocka_unit_test(a_beginning_is_whole),
        cmocka_unit_test(frame_numbers_tell_the_time),
        cmocka_unit_test(a_pause_takes_the_delay_back),
        cmocka_unit_test(drift_of_an_hour_is_followed),
        cmocka_unit_test(bad_packets_are_refused),
        cmocka_unit_test(chaos_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
