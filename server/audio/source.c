// SPDX-License-Identifier: BSD-3-Clause
//
// Time: sound with frame number f leaves at f * 10 ms + offset, where the offset follows from what
// is played now. A packet waits offset - transit. The delay is right when the latest packets of the
// window wait up to 11 ms: a packet is needed at a tick, so less than 10 ms of it cannot be saved.
// It grows by itself when packets are late (sound is made up meanwhile, and nothing that comes is
// thrown away), and shrinks by playing 10 ms of sound a trifle faster.
#include "audio/source_int.h"

#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#define START_WAIT_US 4000       // the least that the first packet waits: it may have come early
#define START_WAIT_MOST_US 80000 // ... and the most, when the line was bad before
#define WAIT_LEAST_US 300
#define WAIT_ENOUGH_US 10800
#define WAIT_MUCH_US 30000
#define WAIT_MOST_US 200000 // sound that would wait longer is dropped, down to WAIT_AFTER_DROP_US
#define WAIT_AFTER_DROP_US 60000
#define NOTED_LEAST 32 // packets before the delay is judged
#define JUDGE_BLOCKS 16
#define JUMP_BLOCKS 100
#define TICK_SLIP_US 30000    // a tick that is farther off than this restarts the grid
#define CONCEAL_FULL_BLOCKS 6 // concealment keeps its level so long, then fades until
#define CONCEAL_BLOCKS 10
#define STARVE_BLOCKS 20
#define FADE_IN_SAMPLES 240
#define QUIET_DB (-50.0f)
#define STRAY_BLOCKS                                                                               \
    50 // packets from before the end that come after it are told by their number ...
#define STRAY_US 500000 // ... and by their time

struct source {
    OpusDecoder *decoder; // stands behind this struct in the same allocation
    enum source_state state;
    struct source_stats stats;
    struct detector detector;
    uint64_t next_frame;   // the first frame that is not decoded yet
    uint64_t newest_frame; // the end of the newest packet that came
    uint64_t ended_frame, ended_us;
    int64_t tick_us;    // when the next block leaves
    uint32_t spread_us; // how late packets were, over their median, in the transmissions before
    int64_t mean_wait_us;
    uint32_t
        inserted; // blocks made up while nothing was there: lost or only late, that shows later
    uint32_t concealed; // blocks made up in a row
    uint32_t blocks;    // since the delay was judged
    float gain;         // of what is appended now: falls in concealment, rises after it
    bool is_ending;     // no more packets are taken into this transmission
    bool is_concealing; // this block holds sound that was made up
    struct jitter jitter;
    struct pcm pcm;
};

struct source *source_new(void)
{
    const size_t head = (sizeof(struct source) + 15) & ~(size_t)15;
    struct source *source = calloc(1, head + (size_t)opus_decoder_get_size(1));
    if (source == NULL)
        return NULL;
    source->decoder = (OpusDecoder *)((char *)source + head);
    if (opus_decoder_init(source->decoder, AUDIO_RATE_HZ, 1) != OPUS_OK) {
        free(source);
        return NULL;
    }
    pcm_prepare();
    detector_init(&source->detector);
    pcm_clear(&source->pcm);
    return source;
}

void source_free(struct source *source)
{
    free(source);
}

// What this transmission taught about the line is kept for the next; its frame numbers may begin
// anew.
static void learn_spread(struct source *source)
{
    if (jitter_noted(&source->jitter) < NOTED_LEAST)
        return;
    const int64_t spread = jitter_latest(&source->jitter, 1) - jitter_median(&source->jitter);
    source->spread_us = (uint32_t)(spread < START_WAIT_MOST_US ? spread : START_WAIT_MOST_US);
}

static void enter_idle(struct source *source)
{
    learn_spread(source);
    jitter_forget(&source->jitter);
    source->state = SOURCE_IDLE;
    source->is_ending = false;
    source->detector.is_open = false;
    source->detector.open_blocks = 0;
    if (jitter_first(&source->jitter) != NULL)
        source->state = SOURCE_BUFFERING;
}

void source_reset(struct source *source)
{
    jitter_clear(&source->jitter);
    jitter_forget(&source->jitter);
    enter_idle(source);
    pcm_clear(&source->pcm);
    source->spread_us = 0;
    source->ended_us = 0;
    detector_init(&source->detector);
}

static void enter_playing(struct source *source, uint64_t first_frame)
{
    source->state = SOURCE_PLAYING;
    source->next_frame = first_frame;
    source->inserted = source->concealed = source->blocks = 0;
    source->gain = 1.0f;
    source->is_ending = false;
    pcm_clear(&source->pcm);
    opus_decoder_ctl(source->decoder, OPUS_RESET_STATE);
}

// ---- time
// ------------------------------------------------------------------------------------------------------

static int64_t offset_us(const struct source *source)
{
    const int64_t waiting_us = (int64_t)pcm_waiting(&source->pcm) * 125 / 6;
    return source->tick_us - ((int64_t)(source->next_frame * AUDIO_BLOCK_US) - waiting_us);
}

static int64_t wait_us(const struct source *source, const struct jitter_packet *packet)
{
    return offset_us(source) + (int64_t)(packet->frame_number * AUDIO_BLOCK_US) -
           (int64_t)packet->arrived_us;
}

static void follow_tick(struct source *source, uint64_t now_us)
{
    const int64_t slip = (int64_t)now_us - source->tick_us;
    if (slip > TICK_SLIP_US || slip < -TICK_SLIP_US)
        source->tick_us = (int64_t)now_us;
    else
        source->tick_us += slip / 16;
}

// Begins a move when the delay is wrong for the line as it is now.
static void judge_delay(struct source *source)
{
    const uint32_t noted = jitter_noted(&source->jitter);
    if (++source->blocks < JUDGE_BLOCKS || noted < NOTED_LEAST || source->pcm.direction != 0 ||
        source->concealed > 0)
        return;
    source->blocks = 0;
    const int64_t offset = offset_us(source);
    const int64_t least = offset - jitter_latest(&source->jitter, 0);
    // One packet in 50 may come too late; so many that come late, and are not made good, make it
    // grow.
    if (offset - jitter_latest(&source->jitter, noted / 50) < WAIT_LEAST_US)
        pcm_move(&source->pcm, -1, PCM_MOVE_FAST);
    else if (least > WAIT_ENOUGH_US)
        pcm_move(&source->pcm, +1, least > WAIT_MUCH_US ? PCM_MOVE_FAST : PCM_MOVE_SLOW);
}

// ---- packets in
// ------------------------------------------------------------------------------------------------

static bool is_jump(const struct source *source, uint64_t frame_number)
{
    const uint64_t newest = source->newest_frame;
    const uint64_t apart = frame_number > newest ? frame_number - newest : newest - frame_number;
    return source->state != SOURCE_IDLE && apart >= JUMP_BLOCKS;
}

static void jump(struct source *source, uint64_t frame_number)
{
    source->newest_frame = frame_number;
    source->stats.resets++;
    jitter_clear(&source->jitter);
    jitter_forget(&source->jitter);
    source->ended_us = 0;
    if (source->state == SOURCE_PLAYING)
        source->is_ending = true; // what is decoded plays to its end and fades
    else
        source->state = SOURCE_IDLE;
}

// A packet of a transmission that has ended, or whose turn has passed.
static bool is_late(const struct source *source, uint64_t end_frame, uint64_t now_us)
{
    if (source->state == SOURCE_PLAYING && !source->is_ending)
        return end_frame <= source->next_frame;
    return source->ended_us != 0 && now_us - source->ended_us < STRAY_US &&
           end_frame <= source->ended_frame && source->ended_frame - end_frame < STRAY_BLOCKS;
}

static void end_playing(struct source *source, uint64_t end_frame, uint64_t now_us)
{
    source->is_ending = true;
    source->ended_frame = end_frame;
    source->ended_us = now_us;
}

int source_put(struct source *source, uint64_t frame_number, struct span opus, bool is_terminator,
               uint64_t now_us)
{
    int blocks = 0;
    if (opus.len > 0)
        blocks = opus_packet_frames_10ms(opus);
    if (blocks < 0 || blocks > PACKET_MAX_BLOCKS || opus.len > VOICE_OPUS_MAX_BYTES ||
        (blocks == 0 && !is_terminator) || frame_number > UINT64_MAX / AUDIO_BLOCK_US / 4)
        return PROTO_E_MALFORMED;
    source->stats.received++;
    if (is_jump(source, frame_number))
        jump(source, frame_number);
    const uint64_t end_frame = frame_number + (uint64_t)blocks;
    if (source->state == SOURCE_IDLE || end_frame > source->newest_frame)
        source->newest_frame = end_frame;
    const bool is_new = blocks > 0 && jitter_is_new(&source->jitter, frame_number);
    if (!is_new && !is_terminator)
        return 0;
    if (is_new && !source->is_ending)
        jitter_note(&source->jitter, frame_number, now_us);
    if (is_late(source, end_frame, now_us)) {
        source->stats.late += is_new;
        // The end itself is never too late, unless the next transmission is here already.
        if (is_terminator && source->state == SOURCE_PLAYING && !source->is_ending &&
            jitter_first(&source->jitter) == NULL)
            end_playing(source, source->next_frame, now_us);
        return 0;
    }
    if (source->state == SOURCE_IDLE && blocks == 0)
        return 0;
    const struct jitter_packet head = { .frame_number = frame_number,
                                        .arrived_us = now_us,
                                        .blocks = (uint8_t)blocks,
                                        .is_terminator = is_terminator };
    jitter_insert(&source->jitter, &head, opus);
    if (source->state == SOURCE_IDLE)
        source->state = SOURCE_BUFFERING;
    if (source->state == SOURCE_PLAYING) {
        const int64_t wait =
            offset_us(source) + (int64_t)(frame_number * AUDIO_BLOCK_US) - (int64_t)now_us;
        source->mean_wait_us += ((wait > 0 ? wait : 0) - source->mean_wait_us) / 8;
    }
    return 0;
}

// ---- sound out
// -------------------------------------------------------------------------------------------------

// Appends n samples that are decoded from the bytes, or made up when there are none. False, and
// nothing is appended, when the bytes do not decode.
static bool append_decoded(struct source *source, struct span opus, size_t n)
{
    float *room = pcm_append(&source->pcm, n);
    const int got =
        opus_decode_float(source->decoder, opus.data, (opus_int32)opus.len, room, (int)n, 0);
    if (got == (int)n)
        return true;
    source->pcm.end -= n;
    return false;
}

static void fade(float *samples, size_t n, float from, float to)
{
    const float step = (to - from) / (float)n;
    for (size_t i = 0; i < n; i++)
        samples[i] *= from + step * (float)i;
}

// Appends 10 ms that were never received, at a gain that goes to `gain`.
static void append_made_up(struct source *source, float gain)
{
    const struct span nothing = { 0 };
    source->is_concealing = true;
    if (source->gain > 0.0f && append_decoded(source, nothing, AUDIO_BLOCK_SAMPLES)) {
        float *made_up = source->pcm.samples + source->pcm.end - AUDIO_BLOCK_SAMPLES;
        fade(made_up, AUDIO_BLOCK_SAMPLES, source->gain, gain);
    } else {
        float *silence = pcm_append(&source->pcm, AUDIO_BLOCK_SAMPLES);
        memset(silence, 0, AUDIO_BLOCK_SAMPLES * sizeof *silence);
    }
    source->gain = gain;
}

static void conceal(struct source *source, bool is_lost)
{
    source->concealed++;
    const float past_full = (float)source->concealed - CONCEAL_FULL_BLOCKS;
    const float gain = 1.0f - past_full / (CONCEAL_BLOCKS - CONCEAL_FULL_BLOCKS);
    append_made_up(source, fminf(source->gain, fmaxf(gain, 0.0f)));
    if (is_lost) {
        source->next_frame++;
        source->stats.lost++;
    } else {
        source->inserted++;
    }
}

static void append_packet(struct source *source, const struct jitter_packet *packet)
{
    const size_t n = (size_t)packet->blocks * AUDIO_BLOCK_SAMPLES;
    const struct span opus = { .data = packet->data, .len = packet->len }, nothing = { 0 };
    const size_t passed = (size_t)(source->next_frame - packet->frame_number) * AUDIO_BLOCK_SAMPLES;
    float before[FADE_IN_SAMPLES] = { 0 };
    if (passed > 0 && append_decoded(source, nothing, FADE_IN_SAMPLES)) {
        source->pcm.end -= FADE_IN_SAMPLES;
        memcpy(before, source->pcm.samples + source->pcm.end, sizeof before);
    }
    if (!append_decoded(source, opus, n)) {
        conceal(source, true);
        return;
    }
    float *sound = source->pcm.samples + source->pcm.end - n;
    memmove(sound, sound + passed, (n - passed) * sizeof *sound);
    source->pcm.end -= passed;
    // A packet of which the beginning is too late: its middle is joined to what was made up
    // instead.
    const float gain = passed > 0 ? 0.0f : source->gain;
    if (gain < 1.0f)
        fade(sound, FADE_IN_SAMPLES, gain, 1.0f);
    for (size_t i = 0; i < FADE_IN_SAMPLES && passed > 0; i++)
        sound[i] += before[i] * source->gain * (1.0f - (float)i / FADE_IN_SAMPLES);
    source->gain = 1.0f;
    source->concealed = 0;
    source->next_frame = packet->frame_number + packet->blocks;
}

static void play_packet(struct source *source, struct jitter_packet *packet)
{
    source->inserted = 0;
    if (packet->blocks > 0)
        append_packet(source, packet);
    if (packet->is_terminator)
        end_playing(source, packet->frame_number + packet->blocks, (uint64_t)source->tick_us);
    packet->is_used = false;
}

// The packet whose turn it is or will be; those whose turn has passed are dropped. What was made up
// while nothing was there stands for what turns out to be lost.
static struct jitter_packet *take_turn(struct source *source)
{
    struct jitter_packet *packet = jitter_first(&source->jitter);
    while (packet != NULL && packet->blocks > 0 &&
           packet->frame_number + packet->blocks <= source->next_frame) {
        source->stats.late++;
        packet->is_used = false;
        packet = jitter_first(&source->jitter);
    }
    if (packet == NULL || packet->frame_number <= source->next_frame)
        return packet;
    const uint64_t gap = packet->frame_number - source->next_frame;
    const uint64_t covered = gap < source->inserted ? gap : source->inserted;
    source->next_frame += covered;
    source->stats.lost += covered;
    source->inserted = 0;
    return packet;
}

// Drops what would wait too long. Silence comes before, so that nothing is cut.
static void catch_up(struct source *source)
{
    struct jitter_packet *packet = jitter_first(&source->jitter);
    while (packet != NULL && wait_us(source, packet) > WAIT_AFTER_DROP_US) {
        const uint64_t over =
            (uint64_t)(wait_us(source, packet) - WAIT_AFTER_DROP_US) / AUDIO_BLOCK_US + 1;
        if (packet->frame_number > source->next_frame) {
            const uint64_t gap = packet->frame_number - source->next_frame;
            source->next_frame += gap < over ? gap : over;
            continue;
        }
        source->next_frame = packet->frame_number + packet->blocks;
        source->stats.late++;
        if (packet->is_terminator)
            end_playing(source, source->next_frame, (uint64_t)source->tick_us);
        packet->is_used = false;
        packet = source->is_ending ? NULL : jitter_first(&source->jitter);
    }
}

// Appends at least 10 ms. False when the transmission is over.
static bool fetch(struct source *source)
{
    if (!source->is_ending) {
        struct jitter_packet *packet = take_turn(source);
        if (packet != NULL && wait_us(source, packet) > WAIT_MOST_US) {
            if (source->gain > 0.0f) {
                append_made_up(source, 0.0f);
                return true;
            }
            catch_up(source);
            packet = take_turn(source);
        }
        const bool is_due = packet != NULL && packet->frame_number <= source->next_frame;
        if (is_due && packet->blocks > 0) {
            play_packet(source, packet);
            return true;
        }
        if (is_due) {
            play_packet(source, packet); // the end, without sound
        } else if (!source->is_ending && (packet != NULL || source->concealed < STARVE_BLOCKS)) {
            conceal(source, packet != NULL);
            return true;
        }
    }
    if (source->gain <= 0.0f)
        return false;
    append_made_up(source, 0.0f);
    return true;
}

// In a pause the delay shrinks at once: this block melts into the next.
static void shorten_pause(struct source *source, float out[AUDIO_BLOCK_SAMPLES], float level_db)
{
    const uint32_t noted = jitter_noted(&source->jitter);
    if (level_db > QUIET_DB || source->detector.is_open || source->pcm.direction != 0 ||
        noted < NOTED_LEAST || source->is_ending ||
        offset_us(source) - jitter_latest(&source->jitter, 0) <= WAIT_ENOUGH_US)
        return;
    const struct jitter_packet *packet = jitter_first(&source->jitter);
    if (pcm_waiting(&source->pcm) < AUDIO_BLOCK_SAMPLES) {
        if (packet == NULL || packet->frame_number > source->next_frame)
            return;
        fetch(source);
    }
    if (pcm_waiting(&source->pcm) < AUDIO_BLOCK_SAMPLES)
        return;
    float next[AUDIO_BLOCK_SAMPLES];
    pcm_read(&source->pcm, next);
    fade(out, AUDIO_BLOCK_SAMPLES, 1.0f, 0.0f);
    fade(next, AUDIO_BLOCK_SAMPLES, 0.0f, 1.0f);
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        out[i] += next[i];
}

static bool is_ready(struct source *source, uint64_t now_us)
{
    const struct jitter_packet *first = jitter_first(&source->jitter);
    const uint64_t least = source->spread_us > START_WAIT_US ? source->spread_us : START_WAIT_US;
    return first != NULL && now_us >= first->arrived_us + least;
}

static uint64_t playing_frame(const struct source *source)
{
    const uint64_t waiting = pcm_waiting(&source->pcm) / AUDIO_BLOCK_SAMPLES;
    return source->next_frame > waiting ? source->next_frame - waiting : 0;
}

// Fills the block. False when nothing is left of the transmission.
static bool fill(struct source *source, float out[AUDIO_BLOCK_SAMPLES], struct source_block *info)
{
    source->is_concealing = false;
    bool is_over = false;
    while (!is_over && pcm_waiting(&source->pcm) < pcm_needs(&source->pcm))
        is_over = !fetch(source);
    if (is_over && pcm_waiting(&source->pcm) == 0)
        return false;
    info->frame_number = playing_frame(source);
    if (is_over) // the rest of a move
        memset(pcm_append(&source->pcm, PCM_READ_MOST), 0, PCM_READ_MOST * sizeof(float));
    pcm_read(&source->pcm, out);
    if (is_over)
        pcm_clear(&source->pcm);
    return true;
}

bool source_get(struct source *source, uint64_t now_us, float out[AUDIO_BLOCK_SAMPLES],
                struct source_block *info)
{
    *info = (struct source_block){ .level_db = AUDIO_SILENCE_DB };
    follow_tick(source, now_us);
    if (source->state == SOURCE_BUFFERING && is_ready(source, now_us))
        enter_playing(source, jitter_first(&source->jitter)->frame_number);
    if (source->state != SOURCE_PLAYING || !fill(source, out, info)) {
        memset(out, 0, AUDIO_BLOCK_SAMPLES * sizeof *out);
        if (source->state == SOURCE_PLAYING)
            enter_idle(source);
        source->tick_us += AUDIO_BLOCK_US;
        return false;
    }
    info->is_concealed = source->is_concealing;
    source->stats.concealed += source->is_concealing;
    info->level_db = audio_rms_db(out, AUDIO_BLOCK_SAMPLES);
    info->is_voice = detector_push(&source->detector, out);
    source->tick_us += AUDIO_BLOCK_US;
    judge_delay(source);
    shorten_pause(source, out, info->level_db);
    return true;
}

enum source_state source_state(const struct source *source)
{
    return source->state;
}

struct source_stats source_stats(const struct source *source)
{
    struct source_stats stats = source->stats;
    stats.delay_ms = (uint32_t)(source->mean_wait_us / 1000);
    return stats;
}
