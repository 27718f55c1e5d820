// SPDX-License-Identifier: BSD-3-Clause
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
#define PACKET_MOST_SAMPLES (6 * AUDIO_BLOCK_SAMPLES)

static uint32_t seed;
static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * sides) >> 32);
}

static void tone_block(uint64_t tick, float block[AUDIO_BLOCK_SAMPLES])
{
    for (uint64_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const double t = (double)((tick * AUDIO_BLOCK_SAMPLES + i) % AUDIO_RATE_HZ);
        block[i] = AMPLITUDE * (float)sin(2.0 * M_PI * TONE_HZ * t / AUDIO_RATE_HZ);
    }
}

static OpusDecoder *make_decoder(void)
{
    int error = 0;
    OpusDecoder *decoder = opus_decoder_create(AUDIO_RATE_HZ, 1, &error);
    assert_int_equal(error, OPUS_OK);
    return decoder;
}

static void the_ladder_is_as_designed(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t bitrate_bps;
        uint8_t frame_blocks, bandwidth;
        bool is_celt, is_cbr;
    } rows[TIERS] = { { "full", 40000, 2, 0, true, false },
                      { "standard", 24000, 2, 0, false, false },
                      { "thin", 16000, 4, 1, false, false },
                      { "minimum", 9000, 6, 1, false, false },
                      { "lifeline", 6000, 6, 2, false, true } };
    for (unsigned i = 0; i < TIERS; i++) {
        const struct tier_spec *spec = tier_spec((enum tier)i);
        assert_string_equal(spec->name, rows[i].name);
        assert_int_equal(spec->bitrate_bps, rows[i].bitrate_bps);
        assert_int_equal(spec->frame_blocks, rows[i].frame_blocks);
        assert_int_equal(spec->bandwidth, rows[i].bandwidth);
        assert_int_equal(spec->is_celt, rows[i].is_celt);
        assert_int_equal(spec->is_cbr, rows[i].is_cbr);
        enum tier found = TIERS;
        assert_true(tier_from_name(rows[i].name, &found));
        assert_int_equal(found, i);
    }
    enum tier found = TIERS;
    assert_false(tier_from_name("", &found));
    assert_false(tier_from_name("Full", &found));
    assert_int_equal(found, TIERS);
}

// Through each tier: the packets' length and duration, the bitrate and the level.
static void a_tone_keeps_its_level(void **state)
{
    (void)state;
    static const int complexities[] = { ENCODER_COMPLEXITY_TRACK, ENCODER_COMPLEXITY_BOOTH };
    for (unsigned t = 0; t < TIERS * 2; t++) {
        const struct tier_spec *spec = tier_spec((enum tier)(t / 2));
        struct encoder *encoder = encoder_new((enum tier)(t / 2), complexities[t % 2]);
        assert_non_null(encoder);
        OpusDecoder *decoder = make_decoder();
        float block[AUDIO_BLOCK_SAMPLES], decoded[PACKET_MOST_SAMPLES];
        uint8_t packet[ENCODER_PACKET_MAX_BYTES];
        double sum = 0.0;
        size_t n = 0, bytes = 0;
        for (uint64_t tick = 0; tick < 360; tick++) {
            assert_int_equal(encoder_filled_blocks(encoder), tick % spec->frame_blocks);
            tone_block(tick, block);
            const int len = encoder_push(encoder, block, packet);
            assert_int_equal(len > 0, (tick + 1) % spec->frame_blocks == 0);
            if (len == 0)
                continue;
            const struct span span = { .data = packet, .len = (size_t)len };
            assert_int_equal(opus_packet_frames_10ms(span), spec->frame_blocks);
            if (spec->is_cbr)
                assert_int_equal(len, spec->bitrate_bps * spec->frame_blocks / 800);
            bytes += (size_t)len;
            const int got =
                opus_decode_float(decoder, packet, len, decoded, PACKET_MOST_SAMPLES, 0);
            assert_int_equal(got, spec->frame_blocks * AUDIO_BLOCK_SAMPLES);
            for (int i = 0; i < got && tick > 60; i++, n++)
                sum += (double)decoded[i] * (double)decoded[i];
        }
        const float level = audio_db_from_gain((float)sqrt(sum / (double)n));
        const float off = level - (audio_db_from_gain(AMPLITUDE) - 3.01f);
        print_message("%-9s complexity %d: level %+.2f dB, %.1f kbit/s\n", spec->name,
                      complexities[t % 2], (double)off, (double)bytes * 8.0 / 3600.0);
        assert_true(fabsf(off) < 0.5f);
        assert_true((double)bytes * 8.0 / 3.6 < spec->bitrate_bps * 1.15);
        opus_decoder_destroy(decoder);
        encoder_free(encoder);
    }
}

static void a_reset_encoder_is_as_new(void **state)
{
    (void)state;
    for (unsigned t = 0; t < TIERS; t++) {
        struct encoder *fresh = encoder_new((enum tier)t, ENCODER_COMPLEXITY_TRACK);
        struct encoder *used = encoder_new((enum tier)t, ENCODER_COMPLEXITY_TRACK);
        uint8_t a[ENCODER_PACKET_MAX_BYTES], b[ENCODER_PACKET_MAX_BYTES];
        float block[AUDIO_BLOCK_SAMPLES];
        for (uint64_t tick = 0; tick < 31; tick++) {
            tone_block(tick * 3, block);
            encoder_push(used, block, b);
        }
        encoder_break_prediction(used);
        encoder_expect_loss(used, true);
        encoder_reset(used);
        assert_int_equal(encoder_filled_blocks(used), 0);
        for (uint64_t tick = 0; tick < 48; tick++) {
            tone_block(tick, block);
            const int len = encoder_push(fresh, block, a);
            assert_int_equal(encoder_push(used, block, b), len);
            assert_memory_equal(a, b, (size_t)len);
        }
        encoder_free(fresh);
        encoder_free(used);
    }
}

// A voice that moves.
static void voice_block(uint64_t tick, float block[AUDIO_BLOCK_SAMPLES])
{
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const double t = (double)(tick * AUDIO_BLOCK_SAMPLES + i) / AUDIO_RATE_HZ;
        double sum = 0;
        for (int n = 1; n < 25; n++)
            sum += sin(2 * M_PI * (150 * t + 8 * sin(5 * t)) * n) / n;
        block[i] = (float)(0.05 * sum * (0.6 + 0.4 * sin(2 * M_PI * 4.1 * t)));
    }
}

// Of the packet that follows a lost one, in dB below the voice, over ten seconds.
static double error_after_gaps_db(enum tier tier, bool is_lossy)
{
    const unsigned blocks = tier_spec(tier)->frame_blocks, n = blocks * AUDIO_BLOCK_SAMPLES;
    struct encoder *encoder = encoder_new(tier, ENCODER_COMPLEXITY_TRACK);
    OpusDecoder *whole = opus_decoder_create(AUDIO_RATE_HZ, 1, NULL);
    OpusDecoder *holed = opus_decoder_create(AUDIO_RATE_HZ, 1, NULL);
    static float a[PACKET_MOST_SAMPLES], b[PACKET_MOST_SAMPLES];
    double error = 0, power = 0;
    encoder_expect_loss(encoder, is_lossy);
    for (uint64_t tick = 0, packets = 0; tick < 1000; tick++) {
        uint8_t packet[ENCODER_PACKET_MAX_BYTES];
        float block[AUDIO_BLOCK_SAMPLES];
        voice_block(tick, block);
        const int len = encoder_push(encoder, block, packet);
        if (len == 0)
            continue;
        const bool is_lost = ++packets % 7 == 0;
        assert_int_equal(opus_decode_float(whole, packet, len, a, (int)n, 0), n);
        const int got =
            opus_decode_float(holed, is_lost ? NULL : packet, is_lost ? 0 : len, b, (int)n, 0);
        assert_int_equal(got, n);
        for (unsigned i = 0; packets % 7 == 1 && i < n; i++) {
            error += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
            power += (double)a[i] * (double)a[i];
        }
    }
    opus_decoder_destroy(whole);
    opus_decoder_destroy(holed);
    encoder_free(encoder);
    return 10 * log10(power / error);
}

static void who_expects_loss_recovers_sooner(void **state)
{
    (void)state;
    static const enum tier tiers[] = { TIER_FULL, TIER_STANDARD, TIER_THIN };
    for (size_t i = 0; i < 3; i++) {
        const double before_db = error_after_gaps_db(tiers[i], false),
                     after_db = error_after_gaps_db(tiers[i], true);
        print_message("%-9s after a gap: %.1f dB, expecting loss %.1f\n", tier_spec(tiers[i])->name,
                      before_db, after_db);
        assert_true(after_db > before_db + 0.5);
    }
}

static void silence_is_exact(void **state)
{
    (void)state;
    const struct {
        struct span opus;
        int blocks;
        size_t len;
    } rows[] = { { audio_silence_20ms(), 2, 3 }, { audio_silence_60ms(), 6, 8 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        OpusDecoder *decoder = make_decoder();
        opus_int16 decoded[PACKET_MOST_SAMPLES]; // in float libopus adds 1e-30 against denormals
        assert_int_equal(rows[i].opus.len, rows[i].len);
        assert_int_equal(opus_packet_frames_10ms(rows[i].opus), rows[i].blocks);
        for (int again = 0; again < 3; again++) {
            const int got = opus_decode(decoder, rows[i].opus.data, (int)rows[i].opus.len, decoded,
                                        PACKET_MOST_SAMPLES, 0);
            assert_int_equal(got, rows[i].blocks * AUDIO_BLOCK_SAMPLES);
            for (int j = 0; j < got; j++)
                assert_int_equal(decoded[j], 0);
        }
        opus_decoder_destroy(decoder);
    }
}

// A tone obeys x[n] = 2 cos(w) x[n-1] - x[n-2]; what does not is noise, or a click.
static float worst_click(const float *sound, size_t n)
{
    const float twice_cos = (float)(2.0 * cos(2.0 * M_PI * TONE_HZ / AUDIO_RATE_HZ));
    float worst = 0.0f;
    for (size_t i = 2; i < n; i++)
        worst = fmaxf(worst, fabsf(sound[i] - twice_cos * sound[i - 1] + sound[i - 2]));
    return worst / AMPLITUDE;
}

// The longest stretch below a tenth of the tone, in samples; a tone itself has 4.
static size_t longest_hole(const float *sound, size_t n)
{
    size_t longest = 0, hole = 0;
    for (size_t i = 0; i < n; i++) {
        hole = fabsf(sound[i]) < AMPLITUDE / 10.0f ? hole + 1 : 0;
        longest = hole > longest ? hole : longest;
    }
    return longest;
}

struct switched {
    float click;
    size_t hole;
};

// From `at` on a copy of the first encoder leads over to the second tier, where that is needed.
static struct encoder *make_bridge(const struct encoder *from, enum tier from_tier, enum tier to)
{
    if (!encoder_needs_bridge(from_tier, to))
        return NULL;
    struct encoder *bridge = encoder_new(TIER_THIN, ENCODER_COMPLEXITY_TRACK); // as it may happen
    assert_non_null(bridge);
    encoder_bridge(bridge, from, to);
    return bridge;
}

// A listener hears one encoder, then another that has heard the same with another past.
static struct switched hear_switch(enum tier from, enum tier to)
{
    struct encoder *encoders[] = { encoder_new(from, ENCODER_COMPLEXITY_TRACK),
                                   encoder_new(to, ENCODER_COMPLEXITY_TRACK), NULL };
    OpusDecoder *decoder = make_decoder();
    static float sound[200 * AUDIO_BLOCK_SAMPLES];
    const uint64_t at = 60 + 12 * dice(5), begin = dice(1000);
    uint64_t over = at; // from here on the second is heard
    size_t n = 0;
    for (uint64_t tick = 0; tick < at + 36; tick++) {
        float blocks[2][AUDIO_BLOCK_SAMPLES];
        tone_block(begin + tick, blocks[0]);
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            blocks[1][i] = tick < 24 ? (float)dice(1000) * 1e-4f : blocks[0][i];
        if (tick == at)
            encoders[2] = make_bridge(encoders[0], from, to);
        if (tick == at && encoders[2] != NULL) {
            over = at + ENCODER_BRIDGE_LEAST_BLOCKS;
            over += (at + 24 - over) % tier_spec(to)->frame_blocks;
        }
        if (tick == over)
            encoder_break_prediction(encoders[1]);
        const unsigned heard = tick < at ? 0 : tick < over ? 2 : 1;
        for (unsigned e = 0; e < 3; e++) {
            uint8_t packet[ENCODER_PACKET_MAX_BYTES];
            const int len =
                encoders[e] != NULL ? encoder_push(encoders[e], blocks[e == 1 ? 1 : 0], packet) : 0;
            if (len > 0 && e == heard)
                n += (size_t)opus_decode_float(decoder, packet, len, sound + n, PACKET_MOST_SAMPLES,
                                               0);
        }
    }
    assert_int_equal(n, (at + 36) * AUDIO_BLOCK_SAMPLES);
    const float *around = sound + at * AUDIO_BLOCK_SAMPLES - 960;
    opus_decoder_destroy(decoder);
    for (unsigned e = 0; e < 3; e++)
        encoder_free(encoders[e]);
    return (struct switched){ .click = worst_click(around, 9600),
                              .hole = longest_hole(around, 9600) };
}

static void a_switch_makes_no_click(void **state)
{
    (void)state;
    seed = 5;
    for (unsigned from = 0; from < TIERS; from++) {
        for (unsigned to = 0; to < TIERS; to++) {
            struct switched worst = { 0 };
            for (int i = 0; i < 10; i++) {
                const struct switched now = hear_switch((enum tier)from, (enum tier)to);
                worst.click = fmaxf(worst.click, now.click);
                worst.hole = now.hole > worst.hole ? now.hole : worst.hole;
            }
            // The noise of minimum itself is at -39 dB.
            const bool is_noisy = from == TIER_MINIMUM || to == TIER_MINIMUM;
            print_message("%-9s to %-9s click %.1f dB, hole %.1f ms\n",
                          tier_spec((enum tier)from)->name, tier_spec((enum tier)to)->name,
                          (double)audio_db_from_gain(worst.click), (double)worst.hole / 48.0);
            assert_true(worst.hole < 240);
            assert_true(worst.click < (is_noisy ? 0.015f : 0.01f));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_expects_loss_recovers_sooner),
        cmocka_unit_test(the_ladder_is_as_designed),
        cmocka_unit_test(a_tone_keeps_its_level),
        cmocka_unit_test(a_reset_encoder_is_as_new),
        cmocka_unit_test(silence_is_exact),
        cmocka_unit_test(a_switch_makes_no_click),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
