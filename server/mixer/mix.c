// SPDX-License-Identifier: BSD-3-Clause
#include "mixer/mixer_int.h"

#include <string.h>

// ---- forks --------------------------------------------------------------------------------------

struct mix *mix_fork(struct mixer *mixer, const struct mix *from)
{
    struct mix *mix = mix_take(mixer, from->is_booth);
    if (mix == NULL)
        return NULL;
    limiter_copy(mix->limiter, from->limiter);
    if (mix->guard != NULL)
        guard_copy(mix->guard, from->guard);
    mix->n_trips = from->n_trips;
    memcpy(mix->target_db, from->target_db, sizeof(mix->target_db));
    memcpy(mix->has_target, from->has_target, sizeof(mix->has_target));
    memcpy(mix->ramps, from->ramps, sizeof(mix->ramps));
    memcpy(mix->block, from->block, sizeof(mix->block));
    memcpy(mix->past, from->past, sizeof(mix->past));
    mix->was_loud = from->was_loud;
    mix->loud_tick = from->loud_tick;
    mix->voice_tick = from->voice_tick;
    mix->parent = from;
    return mix;
}

bool mix_fork_stream(struct mixer *mixer, const struct mix *from, struct mix *to, unsigned slot)
{
    const struct stream *old = &from->streams[slot];
    struct stream *stream = &to->streams[slot];
    if (stream->encoder != NULL)
        return true;
    stream->encoder = pool_encoder(&mixer->pool, slot, to->is_booth);
    if (stream->encoder == NULL)
        return false;
    if (old->encoder == NULL || !old->is_open)
        return true;
    encoder_copy(stream->encoder, old->encoder);
    stream->is_open = true;
    stream->is_fresh = old->is_fresh;
    stream->opened_tick = old->opened_tick;
    stream->frame_tick = old->frame_tick;
    stream->origin = old->origin;
    return true;
}

// ---- gains --------------------------------------------------------------------------------------

// A voice of the floor goes under an interpreter, and comes back, as softly where a listener wants
// none of it as where they want it fainter; one from a booth begins with its first syllable.
static uint32_t fade_ms(const struct hall *hall, unsigned i, bool is_down, uint64_t tick)
{
    const struct speaker *speaker = &hall->speakers[i];
    if (speaker->chosen_tick == tick)
        return speaker->is_mixed ? CHOSEN_FADE_MS : UNCHOSEN_FADE_MS;
    if (speaker->seat == NULL || speaker->booths != 0 || speaker->seat->place.kind == PLACE_BOOTH)
        return meeting_fade_ms(hall->meeting, speaker->session);
    return is_down ? RAMP_ATTACK_MS : RAMP_RELEASE_MS;
}

// A voice that begins is at its gain from the start: it fades in by itself.
void mix_retarget(struct hall *hall, struct mix *mix, const float wanted_db[VOICES_MAX],
                  uint64_t tick)
{
    for (unsigned i = 0; i < VOICES_MAX; i++) {
        if (!speaker_is_live(&hall->speakers[i]))
            continue;
        if (mix->has_target[i] && mix->target_db[i] == wanted_db[i])
            continue;
        if (mix->has_target[i])
            ramp_to_in(&mix->ramps[i], wanted_db[i],
                       fade_ms(hall, i, wanted_db[i] < mix->target_db[i], tick));
        else
            ramp_init(&mix->ramps[i], wanted_db[i]);
        mix->moved_tick = tick;
        mix->has_target[i] = true;
        mix->target_db[i] = wanted_db[i];
    }
}

// As far as it knows the voices.
bool mix_fits(const struct hall *hall, const struct mix *mix, const float wanted_db[VOICES_MAX])
{
    for (unsigned i = 0; i < VOICES_MAX; i++)
        if (speaker_is_live(&hall->speakers[i]) && mix->has_target[i] &&
            mix->target_db[i] != wanted_db[i])
            return false;
    return true;
}

bool mix_knows_all(const struct hall *hall, const struct mix *mix)
{
    for (unsigned i = 0; i < VOICES_MAX; i++)
        if (speaker_is_live(&hall->speakers[i]) && !mix->has_target[i])
            return false;
    return true;
}

bool mix_is_settled(const struct mix *mix)
{
    for (unsigned i = 0; i < VOICES_MAX; i++)
        if (mix->has_target[i] && !ramp_is_settled(&mix->ramps[i]))
            return false;
    return true;
}

// ---- one block ----------------------------------------------------------------------------------

static void add_voices(const struct hall *hall, struct mix *mix, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const struct speaker *speaker = &hall->speakers[i];
        if (speaker->session != 0 && mix->has_target[i])
            ramp_add(&mix->ramps[i], speaker->is_playing ? speaker->block : NULL, mix->block);
    }
}

void mix_run(struct hall *hall, struct mix *mix, uint64_t tick)
{
    memcpy(mix->past[(tick - 1) % PAST_BLOCKS], mix->block, sizeof(mix->block));
    memset(mix->block, 0, sizeof(mix->block));
    add_voices(hall, mix, 0, SPEAKERS_MAX);
    if (mix->is_booth) {
        ears_guard(hall, mix, tick);
        add_voices(hall, mix, SPEAKERS_MAX, VOICES_MAX);
    }
    limiter_process(mix->limiter, mix->block);
    float level_db = audio_rms_db(mix->block, AUDIO_BLOCK_SAMPLES);
    if (level_db > PAUSE_DB)
        mix->voice_tick = tick;
    if (level_db <= MIXER_GATE_DB)
        return;
    mix->was_loud = true;
    mix->loud_tick = tick;
}

bool mix_is_live(const struct mix *mix, uint64_t tick)
{
    return mix->was_loud && tick - mix->loud_tick <= GATE_TICKS;
}
