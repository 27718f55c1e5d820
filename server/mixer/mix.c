// SPDX-License-Identifier: BSD-3-Clause
#include "mixer/mixer_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- the pool: what a change of state will need, allocated before the tick that needs it
// ------------------------------------

static struct mix *mix_new(void)
{
    return calloc(1, sizeof(struct mix));
}

static void mix_free(struct mix *mix)
{
    limiter_free(mix->limiter);
    for (int tier = 0; tier < TIERS; tier++)
        encoder_free(mix->streams[tier].encoder);
    free(mix);
}

void pool_fill(struct pool *pool)
{
    while (pool->n_mixes < POOL_SPARE) {
        struct mix *mix = mix_new();
        if (mix == NULL)
            return;
        mix->next = pool->mixes;
        pool->mixes = mix;
        pool->n_mixes++;
    }
}

void pool_clear(struct pool *pool)
{
    while (pool->mixes != NULL) {
        struct mix *mix = pool->mixes;
        pool->mixes = mix->next;
        mix_free(mix);
    }
    while (pool->n_sources > 0)
        source_free(pool->sources[--pool->n_sources]);
    pool->n_mixes = 0;
}

struct source *pool_source(struct pool *pool)
{
    return pool->n_sources > 0 ? pool->sources[--pool->n_sources] : source_new();
}

// A few decoders are kept for the next voices; the rest is given back, so that silence costs no
// memory.
void pool_source_back(struct pool *pool, struct source *source)
{
    if (source == NULL)
        return;
    if (pool->n_sources >= POOL_SPARE) {
        source_free(source);
        return;
    }
    source_reset(source);
    pool->sources[pool->n_sources++] = source;
}

struct mix *mix_take(struct mixer *mixer)
{
    struct pool *pool = &mixer->pool;
    struct mix *mix = pool->mixes;
    if (mix == NULL)
        return mix_new();
    pool->mixes = mix->next;
    pool->n_mixes--;
    return mix;
}

void mix_give(struct mixer *mixer, struct mix *mix)
{
    struct pool *pool = &mixer->pool;
    mix_free(mix);
    (void)pool;
}

// ---- a mix, one block at a time
// ------------------------------------------------------------------------------------------------

bool mix_is_settled(const struct mix *mix)
{
    if (mix->retarget_tick != 0)
        return false;
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (mix->has_target[i] && !ramp_is_settled(&mix->ramps[i]))
            return false;
    return true;
}

bool mix_is_audible(const struct hall *hall, const struct mix *mix)
{
    (void)hall;
    for (int tier = 0; tier < TIERS; tier++)
        if (mix->streams[tier].is_open)
            return true;
    return false;
}

static void retarget(struct mix *mix)
{
    mix->retarget_tick = 0;
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        if (!mix->has_target[i] || isnan(mix->later_db[i]))
            continue;
        mix->target_db[i] = mix->later_db[i];
        ramp_to(&mix->ramps[i], mix->target_db[i]);
    }
}

void mix_run(struct hall *hall, struct mix *mix, uint64_t tick)
{
    if (mix->retarget_tick != 0 && tick >= mix->retarget_tick)
        retarget(mix);
    memset(mix->block, 0, sizeof(mix->block));
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        const struct speaker *speaker = &hall->speakers[i];
        if (speaker->session != 0 && mix->has_target[i])
            ramp_add(&mix->ramps[i], speaker->is_playing ? speaker->block : NULL, mix->block);
    }
    limiter_process(mix->limiter, mix->block);
    if (audio_rms_db(mix->block, AUDIO_BLOCK_SAMPLES) > MIXER_GATE_DB)
        mix->loud_tick = tick;
}
