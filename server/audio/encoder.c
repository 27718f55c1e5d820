// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

#include <assert.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX_BLOCKS 6
#define BRIDGE_CELT_BPS 40000
#define EXPECTED_PERCENT 10

struct encoder {
    const struct tier_spec *spec;
    OpusEncoder *opus; // stands behind this struct in the same allocation
    bool is_breaking, is_lossy, is_bridge, leaves_narrowband;
    uint8_t filled_blocks, n_bridged; // packets
    float pcm[FRAME_MAX_BLOCKS * AUDIO_BLOCK_SAMPLES];
};

// The speech codec, or the music codec alone: at these rates libopus goes by the signal it is told.
static void set_codec(OpusEncoder *opus, bool is_celt, opus_int32 bandwidth)
{
    opus_encoder_ctl(opus, OPUS_SET_SIGNAL(is_celt ? OPUS_SIGNAL_MUSIC : OPUS_SIGNAL_VOICE));
    // Fixed, not only capped: at 9 kbit/s the codec would otherwise drop to narrowband by itself.
    opus_encoder_ctl(opus, OPUS_SET_MAX_BANDWIDTH(bandwidth));
    opus_encoder_ctl(opus, OPUS_SET_BANDWIDTH(bandwidth));
}

static opus_int32 bandwidth_of(const struct tier_spec *spec)
{
    static const opus_int32 bandwidths[] = { OPUS_BANDWIDTH_FULLBAND, OPUS_BANDWIDTH_WIDEBAND,
                                             OPUS_BANDWIDTH_NARROWBAND };
    return bandwidths[spec->bandwidth];
}

static void configure(OpusEncoder *opus, const struct tier_spec *spec, int complexity)
{
    opus_encoder_ctl(opus, OPUS_SET_BITRATE((opus_int32)spec->bitrate_bps));
    set_codec(opus, spec->is_celt, bandwidth_of(spec));
    opus_encoder_ctl(opus, OPUS_SET_VBR(spec->is_cbr ? 0 : 1));
    opus_encoder_ctl(opus, OPUS_SET_VBR_CONSTRAINT(1));
    opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(complexity));
    opus_encoder_ctl(opus, OPUS_SET_DTX(0));
    opus_encoder_ctl(opus, OPUS_SET_INBAND_FEC(0));
}

// Fullband tiers carry the sound as it is; the speech mode's filters take the lows and 0.5 dB of
// the middle away, which pays only where the bits are few. All tiers look ahead equally far: with
// OPUS_APPLICATION_RESTRICTED_LOWDELAY whoever changes to another tier would jump by 4 ms.
static int application_of(const struct tier_spec *spec)
{
    return spec->bandwidth == 0 ? OPUS_APPLICATION_AUDIO : OPUS_APPLICATION_VOIP;
}

struct encoder *encoder_new(enum tier tier, int complexity)
{
    const struct tier_spec *spec = tier_spec(tier);
    const size_t head = (sizeof(struct encoder) + 15) & ~(size_t)15;
    struct encoder *encoder = calloc(1, head + (size_t)opus_encoder_get_size(1));
    if (encoder == NULL)
        return NULL;
    encoder->spec = spec;
    encoder->opus = (OpusEncoder *)((char *)encoder + head);
    if (opus_encoder_init(encoder->opus, AUDIO_RATE_HZ, 1, application_of(spec)) != OPUS_OK) {
        free(encoder);
        return NULL;
    }
    configure(encoder->opus, spec, complexity);
    return encoder;
}

void encoder_free(struct encoder *encoder)
{
    free(encoder);
}

void encoder_reset(struct encoder *encoder)
{
    encoder->filled_blocks = 0;
    encoder->is_breaking = false;
    assert(!encoder->is_bridge);
    encoder_expect_loss(encoder, false);
    opus_encoder_ctl(encoder->opus, OPUS_RESET_STATE);
}

static void copy(struct encoder *to, const struct encoder *from)
{
    OpusEncoder *opus = to->opus;
    *to = *from;
    to->opus = opus;
    memcpy(opus, from->opus, (size_t)opus_encoder_get_size(1)); // opus.h allows it
}

void encoder_copy(struct encoder *to, const struct encoder *from)
{
    assert(to->spec == from->spec || from->is_bridge);
    copy(to, from);
}

// ---- bridges ------------------------------------------------------------------------------------

static bool is_narrow(const struct tier_spec *spec)
{
    return spec->bandwidth == 2;
}

bool encoder_needs_bridge(enum tier from, enum tier to)
{
    const struct tier_spec *a = tier_spec(from), *b = tier_spec(to);
    return a->is_celt != b->is_celt || is_narrow(a) != is_narrow(b);
}

void encoder_bridge(struct encoder *bridge, const struct encoder *from, enum tier to)
{
    assert(from->filled_blocks == 0);
    copy(bridge, from);
    bridge->spec = tier_spec(to);
    bridge->leaves_narrowband = is_narrow(from->spec);
    bridge->is_bridge = true;
    bridge->is_breaking = false;
    bridge->n_bridged = from->spec->is_celt ? 1 : 0;
}

// Where the speech codec would change its rate it is left for one packet, whose end libopus crosses
// over by itself; so does it where the two codecs meet.
static void set_bridge(struct encoder *bridge)
{
    const struct tier_spec *spec = bridge->spec;
    const bool is_way_out =
        bridge->n_bridged == 0 && (bridge->leaves_narrowband != is_narrow(spec));
    const bool is_celt = is_way_out || spec->is_celt;
    set_codec(bridge->opus, is_celt, is_way_out ? OPUS_BANDWIDTH_WIDEBAND : bandwidth_of(spec));
    opus_encoder_ctl(bridge->opus, OPUS_SET_VBR(1));
    opus_encoder_ctl(bridge->opus, OPUS_SET_PREDICTION_DISABLED(0));
    opus_encoder_ctl(bridge->opus, OPUS_SET_BITRATE(is_celt ? BRIDGE_CELT_BPS
                                                            : (opus_int32)spec->bitrate_bps * 2));
    bridge->n_bridged = 1;
}

void encoder_break_prediction(struct encoder *encoder)
{
    encoder->is_breaking = true;
}

void encoder_expect_loss(struct encoder *encoder, bool is_lossy)
{
    if (is_lossy != encoder->is_lossy)
        opus_encoder_ctl(encoder->opus, OPUS_SET_PACKET_LOSS_PERC(is_lossy ? EXPECTED_PERCENT : 0));
    encoder->is_lossy = is_lossy;
}

uint8_t encoder_filled_blocks(const struct encoder *encoder)
{
    return encoder->filled_blocks;
}

// What goes out if the codec refuses a frame: silence of the same length, so that the timing holds.
static int write_silence(uint8_t *out, uint8_t frame_blocks)
{
    const struct span silence = frame_blocks == 2 ? audio_silence_20ms() : audio_silence_60ms();
    memcpy(out, silence.data, silence.len);
    if (frame_blocks != 4)
        return (int)silence.len;
    out[1] = 2; // two frames of the three
    return (int)silence.len - 2;
}

// Without prediction the speech codec needs about twice the bits for the same noise.
static void set_prediction(struct encoder *encoder, bool is_on)
{
    const struct tier_spec *spec = encoder->spec;
    const bool is_dear = !is_on && !spec->is_cbr && !spec->is_celt;
    opus_encoder_ctl(encoder->opus, OPUS_SET_PREDICTION_DISABLED(is_on ? 0 : 1));
    opus_encoder_ctl(encoder->opus,
                     OPUS_SET_BITRATE((opus_int32)spec->bitrate_bps * (is_dear ? 2 : 1)));
}

static uint8_t frame_blocks(const struct encoder *encoder)
{
    return encoder->is_bridge ? ENCODER_BRIDGE_BLOCKS : encoder->spec->frame_blocks;
}

bool encoder_fill(struct encoder *encoder, const float block[AUDIO_BLOCK_SAMPLES])
{
    assert(encoder->filled_blocks < frame_blocks(encoder));
    float *at = encoder->pcm + (size_t)encoder->filled_blocks * AUDIO_BLOCK_SAMPLES;
    memcpy(at, block, AUDIO_BLOCK_SAMPLES * sizeof *block);
    return ++encoder->filled_blocks == frame_blocks(encoder);
}

int encoder_finish(struct encoder *encoder, uint8_t out[ENCODER_PACKET_MAX_BYTES])
{
    const uint8_t n_blocks = frame_blocks(encoder);
    encoder->filled_blocks = 0;
    if (encoder->is_bridge)
        set_bridge(encoder);
    else
        set_prediction(encoder, !encoder->is_breaking);
    const opus_int32 len = opus_encode_float(
        encoder->opus, encoder->pcm, n_blocks * AUDIO_BLOCK_SAMPLES, out, ENCODER_PACKET_MAX_BYTES);
    encoder->is_breaking = false;
    return len > 0 ? (int)len : write_silence(out, n_blocks);
}

int encoder_push(struct encoder *encoder, const float block[AUDIO_BLOCK_SAMPLES],
                 uint8_t out[ENCODER_PACKET_MAX_BYTES])
{
    return encoder_fill(encoder, block) ? encoder_finish(encoder, out) : 0;
}
