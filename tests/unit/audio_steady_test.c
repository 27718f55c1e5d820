// SPDX-License-Identifier: BSD-3-Clause
//
// A steady tone stays as loud as it is, whatever the line does: packets in bunches, late, lost,
// a clock that is wrong, a stall. What the jitter buffer stretches, shortens or makes up must not
// change the level of a second by more than half a decibel. Only what is missing is missing: after
// a stall that is longer than concealment there is a gap, and a second with a gap in it has the
// energy of the rest.
#include "audio/audio.h"
#include "test.h"

#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>

#define TONE_HZ 437.0 // no whole number of periods in a block: phases show
#define SINE_DB (-20.0)
#define START_US 1000000u
#define SECONDS 12
#define N_BLOCKS (SECONDS * 100)
#define PACKET_BYTES 400

struct line {
    const char *name;
    unsigned blocks; // a packet
    unsigned bunch;  // so many packets come at once, with the last of them
    unsigned jitter_ms, loss_percent;
    int ppm;           // the sender's clock
    unsigned stall_ms; // once, after 5 s, all comes when it is over
    unsigned step_ms;  // once, after 5 s, the way becomes longer
    float worst_db;    // of each second, from the whole
};

static const struct line lines[] = {
    { .name = "clean", .blocks = 2, .worst_db = 0.1f },
    { .name = "10 ms", .blocks = 1, .worst_db = 0.1f },
    { .name = "60 ms", .blocks = 6, .worst_db = 0.1f },
    { .name = "bunches of 60 ms", .blocks = 2, .bunch = 3, .worst_db = 0.5f },
    { .name = "bunches of 100 ms", .blocks = 2, .bunch = 5, .worst_db = 0.5f },
    { .name = "jitter of 40 ms", .blocks = 2, .jitter_ms = 40, .worst_db = 0.5f },
    { .name = "5 % lost", .blocks = 2, .loss_percent = 5, .worst_db = 0.5f },
    { .name = "a slow clock", .blocks = 2, .ppm = -300, .worst_db = 0.5f },
    { .name = "a fast clock", .blocks = 2, .ppm = 300, .worst_db = 0.5f },
    { .name = "40 ms longer", .blocks = 2, .step_ms = 40, .worst_db = 0.5f },
    { .name = "80 ms longer", .blocks = 2, .step_ms = 80, .worst_db = 0.5f },
    { .name = "a stall of 60 ms", .blocks = 2, .stall_ms = 60, .worst_db = 0.5f },
    { .name = "a stall of 100 ms", .blocks = 2, .stall_ms = 100, .worst_db = 0.5f },
    { .name = "a stall of 150 ms", .blocks = 2, .stall_ms = 150, .worst_db = 0.8f },
    { .name = "a stall of 440 ms", .blocks = 2, .stall_ms = 440, .worst_db = 3.0f },
};

struct packet {
    uint64_t at_us, frame;
    bool is_lost;
    int len;
    uint8_t data[PACKET_BYTES];
};

static uint32_t dice(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

static size_t send_all(const struct line *line, struct packet *packets)
{
    int error;
    OpusEncoder *encoder =
        opus_encoder_create(AUDIO_RATE_HZ, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
    assert_non_null(encoder);
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(64000));
    const unsigned n = N_BLOCKS / line->blocks;
    uint32_t seed = 7;
    for (unsigned i = 0; i < n; i++) {
        float samples[6 * AUDIO_BLOCK_SAMPLES];
        const unsigned n_samples = line->blocks * AUDIO_BLOCK_SAMPLES;
        for (unsigned k = 0; k < n_samples; k++)
            samples[k] = (float)(pow(10.0, (SINE_DB + 3.0103) / 20.0) *
                                 sin(2.0 * M_PI * TONE_HZ * (i * n_samples + k) / AUDIO_RATE_HZ));
        struct packet *packet = &packets[i];
        packet->frame = (uint64_t)i * line->blocks;
        packet->len =
            opus_encode_float(encoder, samples, (int)n_samples, packet->data, PACKET_BYTES);
        const unsigned last = line->bunch > 0 ? i / line->bunch * line->bunch + line->bunch - 1 : i;
        const int64_t us = (int64_t)(last + 1) * line->blocks * AUDIO_BLOCK_US;
        packet->at_us = START_US + 3137 + (uint64_t)(us - us * line->ppm / 1000000);
        packet->at_us += dice(&seed, 1000 * line->jitter_ms + 1);
        packet->is_lost = i > 100 && dice(&seed, 100) < line->loss_percent;
        const uint64_t stall_us = START_US + 5000000u;
        if (packet->at_us >= stall_us && packet->at_us < stall_us + 1000u * line->stall_ms)
            packet->at_us = stall_us + 1000u * line->stall_ms;
        if (packet->at_us >= stall_us)
            packet->at_us += 1000u * line->step_ms;
    }
    opus_encoder_destroy(encoder);
    return n;
}

// The level of each block while it plays, and how rough it is: a tone obeys
// x[n] = 2 cos(w) x[n-1] - x[n-2].
static size_t hear(const struct packet *packets, size_t n, double *squares, float *click)
{
    struct source *source = source_new();
    assert_non_null(source);
    bool *has_come = calloc(n, sizeof(bool));
    const float twice_cos = (float)(2.0 * cos(2.0 * M_PI * TONE_HZ / AUDIO_RATE_HZ));
    size_t n_heard = 0;
    float x[2] = { 0.0f, 0.0f };
    *click = 0.0f;
    for (uint64_t tick = 0; tick < N_BLOCKS; tick++) {
        const uint64_t now_us = START_US + tick * AUDIO_BLOCK_US;
        for (size_t i = 0; i < n; i++) {
            if (has_come[i] || packets[i].at_us > now_us)
                continue;
            has_come[i] = true;
            const struct span opus = { packets[i].data, (size_t)packets[i].len };
            if (!packets[i].is_lost)
                assert_int_equal(
                    source_put(source, packets[i].frame, opus, false, packets[i].at_us), 0);
        }
        float block[AUDIO_BLOCK_SAMPLES];
        struct source_block info;
        if (!source_get(source, now_us, block, &info) && n_heard == 0)
            continue;
        squares[n_heard] = 0.0;
        for (size_t k = 0; k < AUDIO_BLOCK_SAMPLES; k++) {
            squares[n_heard] += (double)block[k] * (double)block[k];
            if (n_heard > 50)
                *click = fmaxf(*click, fabsf(block[k] - twice_cos * x[1] + x[0]));
            x[0] = x[1];
            x[1] = block[k];
        }
        n_heard++;
    }
    free(has_come);
    source_free(source);
    return n_heard;
}

static double level_db(const double *squares, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += squares[i];
    return 10.0 * log10(sum / (double)(n * AUDIO_BLOCK_SAMPLES) + 1e-12);
}

static void a_tone_stays_as_loud_as_it_is(void **state)
{
    (void)state;
    static struct packet packets[N_BLOCKS];
    static double squares[N_BLOCKS];
    unsigned n_wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        const struct line *line = &lines[i];
        float click;
        const size_t n = send_all(line, packets);
        const size_t n_heard = hear(packets, n, squares, &click);
        double least_db = 100.0, most_db = -100.0;
        for (size_t at = 20; at + 100 <= n_heard; at += 10) { // each second, however it is cut
            const double db = level_db(&squares[at], 100) - SINE_DB;
            least_db = fmin(least_db, db);
            most_db = fmax(most_db, db);
        }
        printf("%-20s %+.2f to %+.2f dB, a click of %.3f\n", line->name, least_db, most_db,
               (double)click);
        n_wrong += n_heard < N_BLOCKS * 9 / 10 || most_db > 0.5 || least_db < -line->worst_db;
    }
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_tone_stays_as_loud_as_it_is) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
