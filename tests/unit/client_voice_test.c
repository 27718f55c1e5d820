// SPDX-License-Identifier: BSD-3-Clause
//
// What leaves and what is heard, with time passed in: the loop never runs.
#include "client-cli/cli.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PACKETS_MAX 400
#define TWO_PI 6.283185307179586

static uv_loop_t loop;

static int open_loop(void **state)
{
    (void)state;
    return uv_loop_init(&loop);
}

static int close_loop(void **state)
{
    (void)state;
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

// ---- out

struct sent {
    size_t n_packets, n_on, n_off, n_ended;
    bool may_send;
    struct {
        uint64_t frame_number;
        int blocks;
        bool is_terminator;
    } packets[PACKETS_MAX];
};

static bool may_send(void *arg)
{
    return ((struct sent *)arg)->may_send;
}

static void send_packet(void *arg, const struct voice_packet *packet)
{
    struct sent *sent = arg;
    assert_true(sent->n_packets < PACKETS_MAX);
    sent->packets[sent->n_packets].frame_number = packet->frame_number;
    sent->packets[sent->n_packets].blocks = opus_packet_frames_10ms(packet->opus);
    sent->packets[sent->n_packets].is_terminator = packet->is_terminator;
    sent->n_packets++;
}

static void on_playing(void *arg, bool is_playing, uint64_t now_us)
{
    struct sent *sent = arg;
    (void)now_us;
    if (is_playing)
        sent->n_on++;
    else
        sent->n_off++;
}

static void on_ended(void *arg, bool is_broken)
{
    assert_false(is_broken);
    ((struct sent *)arg)->n_ended++;
}

static const struct voice_out_handlers out_handlers = {
    .may_send = may_send, .send = send_packet, .on_playing = on_playing, .on_ended = on_ended
};

// A file of parts of 10 ms: '.' silence, 'o' a tone; a digit repeats the part before so many
// hundred times.
static struct media *make_media(const char *plan)
{
    char path[] = "/tmp/susurro_voice_test.XXXXXX";
    struct fault fault;
    float block[AUDIO_BLOCK_SAMPLES] = { 0 };
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct wav_writer *writer = wav_writer_open(path, &fault);
    assert_non_null(writer);
    for (; *plan != '\0'; plan++) {
        bool is_digit = *plan >= '0' && *plan <= '9';
        for (size_t i = 0; !is_digit && i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = *plan == 'o' ? (float)(0.3 * sin(TWO_PI * 500 * (double)i / 48000)) : 0;
        for (int n = is_digit ? (*plan - '0') * 100 : 1; n > 0; n--)
            assert_true(wav_writer_put(writer, block, AUDIO_BLOCK_SAMPLES));
    }
    assert_true(wav_writer_close(writer));
    struct media *media = media_open(path, false, &fault);
    assert_non_null(media);
    (void)close(fd);
    (void)unlink(path);
    return media;
}

static struct sent play(const char *plan, uint32_t frame_blocks, enum transmit transmit, bool may)
{
    struct sent sent = { .may_send = may };
    const struct join_options options = { .bitrate_bps = 40000,
                                          .frame_blocks = frame_blocks,
                                          .transmit = transmit };
    struct media *media = make_media(plan);
    struct voice_out *out = voice_out_new(&loop, media, NULL, &options, &out_handlers, &sent);
    assert_non_null(out);
    voice_out_start(out, 0);
    for (uint64_t now_us = 0; now_us < 20000000 && sent.n_ended == 0; now_us += 7000)
        voice_out_turn(out, now_us);
    voice_out_free(out);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    media_close(media);
    return sent;
}

static void test_a_file_leaves_whole(void **state)
{
    (void)state;
    static const struct {
        const char *plan;
        uint32_t frame_blocks;
        size_t n_packets;
    } rows[] = { { "oooooooooo", 1, 10 }, { "oooooooooo", 2, 5 }, { "ooooooooo", 2, 5 },
                 { "oooooooooo", 4, 3 },  { "oooooooooo", 6, 2 }, { "..........", 2, 5 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sent sent = play(rows[i].plan, rows[i].frame_blocks, TRANSMIT_DEFAULT, true);
        print_message("row %zu: %zu packets\n", i, sent.n_packets);
        assert_int_equal(sent.n_packets, rows[i].n_packets);
        for (size_t k = 0; k < sent.n_packets; k++) {
            assert_int_equal(sent.packets[k].frame_number, k * rows[i].frame_blocks);
            assert_int_equal(sent.packets[k].blocks, rows[i].frame_blocks);
            assert_int_equal(sent.packets[k].is_terminator, k + 1 == sent.n_packets);
        }
        assert_true(sent.n_on == 1 && sent.n_off == 1 && sent.n_ended == 1);
    }
}

static void test_by_voice_only_voice_leaves(void **state)
{
    (void)state;
    // 1 s of silence, 1 s of voice, 2 s of silence, 1 s of voice, 6 s of silence, 1 s of voice
    struct sent sent = play(".1o1.2o1.6o1", 2, TRANSMIT_VOICE, true);
    size_t starts[3] = { 0 };
    size_t n_starts = 0;
    for (size_t i = 0; i < sent.n_packets; i++)
        if (i == 0 || sent.packets[i - 1].is_terminator)
            starts[n_starts++ < 3 ? n_starts - 1 : 2] = i;
    assert_int_equal(n_starts, 3);
    assert_int_equal(sent.n_on, 3);
    assert_int_equal(sent.n_off, 3);
    assert_in_range(sent.packets[starts[0]].frame_number, 100, 106);
    assert_in_range(sent.packets[starts[1]].frame_number, 400,
                    410);                                         // runs on through a short silence
    assert_in_range(sent.packets[starts[2]].frame_number, 0, 10); // anew after a long one
    assert_in_range(starts[1], 50, 62);                           // a second and the hangover
}

static void test_who_is_muted_sends_nothing(void **state)
{
    (void)state;
    struct sent sent = play("oooooo", 2, TRANSMIT_DEFAULT, false);
    assert_int_equal(sent.n_packets, 0);
    assert_int_equal(sent.n_ended, 1);
}

// ---- in

struct heard {
    int n_on, n_off;
    size_t n_levels;
};

static void on_speaking(void *arg, uint32_t session, bool is_on)
{
    struct heard *heard = arg;
    (void)session;
    if (is_on)
        heard->n_on++;
    else
        heard->n_off++;
}

static void on_levels(void *arg, const struct voice_level *levels, size_t n)
{
    (void)levels;
    ((struct heard *)arg)->n_levels += n;
}

static const struct voice_in_handlers in_handlers = { on_speaking, on_levels };

struct speaker {
    uint32_t session;
    double hz;
    bool is_priority;
    enum voice_context context;
    float volume;
};

static float level_at(const float *sound, size_t n, double hz)
{
    double re = 0, im = 0;
    for (size_t i = 0; i < n; i++) {
        re += (double)sound[i] * cos(TWO_PI * hz * (double)i / 48000);
        im += (double)sound[i] * sin(TWO_PI * hz * (double)i / 48000);
    }
    return audio_db_from_gain((float)(2 * sqrt(re * re + im * im) / (double)n));
}

// Both speak a tone of -12 dB for 600 ms; levels_db gets what is heard of each in 200 ms of it.
static void hear(const struct speaker speakers[2], float levels_db[2])
{
    struct heard heard = { 0 };
    struct voice_in *in = voice_in_new(&loop, NULL, NULL, &in_handlers, &heard);
    struct encoder *encoders[2] = { encoder_new(TIER_FULL, 5), encoder_new(TIER_FULL, 5) };
    static float sound[48000];
    memset(sound, 0, sizeof sound);
    assert_true(in != NULL && encoders[0] != NULL && encoders[1] != NULL);
    for (uint64_t tick = 0; tick < 100; tick++) {
        for (size_t s = 0; s < 2 && tick < 60; s++) {
            float block[AUDIO_BLOCK_SAMPLES];
            uint8_t bytes[ENCODER_PACKET_MAX_BYTES];
            for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
                block[i] = (float)(0.25 * sin(TWO_PI * speakers[s].hz * (double)i / 48000));
            int len = encoder_push(encoders[s], block, bytes);
            const struct voice_packet packet = { .session = speakers[s].session,
                                                 .target = (uint8_t)speakers[s].context,
                                                 .volume = speakers[s].volume,
                                                 .frame_number = tick - 1,
                                                 .opus = { bytes, (size_t)len },
                                                 .is_terminator = tick == 59 };
            if (len > 0)
                voice_in_put(in, &packet, speakers[s].is_priority, tick * AUDIO_BLOCK_US);
        }
        (void)voice_in_mix(in, tick * AUDIO_BLOCK_US + 5000, sound + tick * AUDIO_BLOCK_SAMPLES);
    }
    for (size_t s = 0; s < 2; s++) {
        levels_db[s] = level_at(sound + 12000, 9600, speakers[s].hz);
        encoder_free(encoders[s]);
    }
    assert_int_equal(heard.n_on, 2);
    assert_int_equal(heard.n_off, 2); // the terminator ended both
    assert_true(audio_rms_db(sound + 43200, 4800) < -90.0f);
    voice_in_free(in);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

static void test_levels_as_a_person_hears_them(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct speaker speakers[2];
        float first_db, second_db;
    } rows[] = {
        { "two voices", { { 1, 500, false, 0, 0 }, { 2, 2000, false, 0, 0 } }, -12, -12 },
        { "one has priority", { { 1, 500, true, 0, 0 }, { 2, 2000, false, 0, 0 } }, -12, -30 },
        { "both have", { { 1, 500, true, 0, 0 }, { 2, 2000, true, 0, 0 } }, -12, -12 },
        { "a whisper stays",
          { { 1, 500, true, 0, 0 }, { 2, 2000, false, VOICE_CONTEXT_WHISPER, 0 } },
          -12,
          -12 },
        { "a shout does not",
          { { 1, 500, true, 0, 0 }, { 2, 2000, false, VOICE_CONTEXT_SHOUT, 0 } },
          -12,
          -30 },
        { "volume", { { 1, 500, false, 0, 0.5f }, { 2, 2000, false, 0, 2.0f } }, -18, -6 },
        { "no volume from nowhere",
          { { 1, 500, false, 0, -1 }, { 2, 2000, false, 0, NAN } },
          -12,
          -12 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float levels_db[2];
        hear(rows[i].speakers, levels_db);
        print_message("row %zu, %s: %.1f and %.1f dB\n", i, rows[i].what, (double)levels_db[0],
                      (double)levels_db[1]);
        assert_float_equal(levels_db[0], rows[i].first_db, 0.5f);
        assert_float_equal(levels_db[1], rows[i].second_db, 0.5f);
    }
}

static void test_voices_are_limited_and_forgotten(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    struct voice_in *in = voice_in_new(&loop, NULL, NULL, &in_handlers, &heard);
    assert_non_null(in);
    struct voice_packet packet = { .opus = audio_silence_20ms() };
    for (uint32_t session = 1; session <= VOICE_IN_VOICES_MAX + 5; session++) {
        packet.session = session;
        voice_in_put(in, &packet, false, 0);
    }
    assert_int_equal(heard.n_on, VOICE_IN_VOICES_MAX);
    assert_int_equal(voice_in_stats(in).refused, 5);
    voice_in_forget(in, 1);
    voice_in_forget(in, 1);
    assert_int_equal(heard.n_off, 1);
    voice_in_put(in, &packet, false, 0);
    assert_int_equal(heard.n_on, VOICE_IN_VOICES_MAX + 1);
    packet.opus = (struct span){ (const uint8_t *)"\xFF\xFF", 2 }; // 63 frames of 20 ms
    voice_in_put(in, &packet, false, 0);
    assert_int_equal(voice_in_stats(in).refused, 6);
    voice_in_free(in);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_leaves_whole),
        cmocka_unit_test(test_by_voice_only_voice_leaves),
        cmocka_unit_test(test_who_is_muted_sends_nothing),
        cmocka_unit_test(test_levels_as_a_person_hears_them),
        cmocka_unit_test(test_voices_are_limited_and_forgotten),
    };
    return cmocka_run_group_tests(tests, open_loop, close_loop);
}
