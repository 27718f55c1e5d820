// SPDX-License-Identifier: BSD-3-Clause
#include "mixer/mixer_int.h"

#include <stdlib.h>

// ---- sources ------------------------------------------------------------------------------------

struct source *pool_source(struct pool *pool)
{
    return pool->n_sources > 0 ? pool->sources[--pool->n_sources] : source_new();
}

void pool_source_back(struct pool *pool, struct source *source)
{
    if (source == NULL)
        return;
    if (pool->n_sources == POOL_SOURCES_CAP) {
        source_free(source);
        return;
    }
    source_reset(source);
    pool->sources[pool->n_sources++] = source;
}

static void tidy_sources(struct pool *pool)
{
    while (pool->n_sources > POOL_SOURCES_KEEP)
        source_free(pool->sources[--pool->n_sources]);
    while (pool->n_sources < POOL_READY) {
        struct source *source = source_new();
        if (source == NULL)
            return;
        pool->sources[pool->n_sources++] = source;
    }
}

// ---- what is kept of voices ---------------------------------------------------------------------

struct voice_kept *pool_kept(struct pool *pool)
{
    return pool->n_kept > 0 ? pool->kept[--pool->n_kept] : voice_kept_new();
}

void pool_kept_back(struct pool *pool, struct voice_kept *kept)
{
    if (kept == NULL)
        return;
    if (pool->n_kept == POOL_KEPT_CAP) {
        voice_kept_free(kept);
        return;
    }
    voice_kept_reset(kept);
    pool->kept[pool->n_kept++] = kept;
}

static void tidy_kept(struct pool *pool)
{
    while (pool->n_kept > POOL_KEPT_KEEP)
        voice_kept_free(pool->kept[--pool->n_kept]);
    while (pool->n_kept < POOL_READY) {
        struct voice_kept *kept = voice_kept_new();
        if (kept == NULL)
            return;
        pool->kept[pool->n_kept++] = kept;
    }
}

// ---- encoders -----------------------------------------------------------------------------------

static unsigned kind_of(unsigned slot)
{
    return slot < TIERS ? slot : KIND_BRIDGE;
}

// What a bridge was made as does not matter.
static struct encoder *make_encoder(unsigned kind, bool is_booth)
{
    return encoder_new(kind < TIERS ? (enum tier)kind : TIER_STANDARD,
                       is_booth ? ENCODER_COMPLEXITY_BOOTH : ENCODER_COMPLEXITY_TRACK);
}

struct encoder *pool_encoder(struct pool *pool, unsigned slot, bool is_booth)
{
    const unsigned kind = kind_of(slot);
    pool->encoders[kind][is_booth].was_used = true;
    if (pool->encoders[kind][is_booth].n == 0)
        return make_encoder(kind, is_booth);
    return pool->encoders[kind][is_booth].spare[--pool->encoders[kind][is_booth].n];
}

void pool_encoder_back(struct pool *pool, unsigned slot, bool is_booth, struct encoder *encoder)
{
    const unsigned kind = kind_of(slot);
    if (pool->encoders[kind][is_booth].n == POOL_ENCODERS_CAP)
        encoder_free(encoder);
    else
        pool->encoders[kind][is_booth].spare[pool->encoders[kind][is_booth].n++] = encoder;
}

static void tidy_encoders(struct pool *pool, unsigned kind, bool is_booth)
{
    unsigned *n = &pool->encoders[kind][is_booth].n;
    struct encoder **spare = pool->encoders[kind][is_booth].spare;
    while (*n > POOL_ENCODERS_KEEP)
        encoder_free(spare[--*n]);
    while (pool->encoders[kind][is_booth].was_used && *n < POOL_READY) {
        struct encoder *encoder = make_encoder(kind, is_booth);
        if (encoder == NULL)
            return;
        spare[(*n)++] = encoder;
    }
}

// ---- mixes --------------------------------------------------------------------------------------

static void free_mix(struct mix *mix)
{
    guard_free(mix->guard);
    limiter_free(mix->limiter);
    free(mix);
}

static struct mix *new_mix(bool is_booth)
{
    struct mix *mix = calloc(1, sizeof(*mix));
    if (mix == NULL)
        return NULL;
    mix->is_booth = is_booth;
    mix->limiter = limiter_new(is_booth ? LIMITER_CEILING_BOOTH_DB : LIMITER_CEILING_TRACK_DB);
    mix->guard = is_booth ? guard_new() : NULL;
    if (mix->limiter != NULL && (mix->guard != NULL || !is_booth))
        return mix;
    free_mix(mix);
    return NULL;
}

static struct mix *pop_mix(struct pool *pool, bool is_booth)
{
    struct mix *mix = pool->mixes[is_booth];
    if (mix == NULL)
        return NULL;
    pool->mixes[is_booth] = mix->next;
    pool->n_mixes[is_booth]--;
    return mix;
}

static void push_mix(struct pool *pool, struct mix *mix)
{
    mix->next = pool->mixes[mix->is_booth];
    pool->mixes[mix->is_booth] = mix;
    pool->n_mixes[mix->is_booth]++;
}

struct mix *mix_take(struct mixer *mixer, bool is_booth)
{
    struct pool *pool = &mixer->pool;
    struct mix *mix = pop_mix(pool, is_booth);
    if (mix == NULL)
        return new_mix(is_booth);
    struct limiter *limiter = mix->limiter;
    struct guard *guard = mix->guard;
    if (pool->fresh_limiters[is_booth] != NULL) {
        limiter_copy(limiter, pool->fresh_limiters[is_booth]);
        if (guard != NULL)
            guard_reset(guard);
        *mix = (struct mix){ .is_booth = is_booth, .limiter = limiter, .guard = guard };
        return mix;
    }
    free_mix(mix);
    return new_mix(is_booth);
}

// Its streams have been given back before.
void mix_give(struct mixer *mixer, struct mix *mix)
{
    push_mix(&mixer->pool, mix);
}

static void tidy_mixes(struct pool *pool, bool is_booth)
{
    if (pool->fresh_limiters[is_booth] == NULL)
        pool->fresh_limiters[is_booth] =
            limiter_new(is_booth ? LIMITER_CEILING_BOOTH_DB : LIMITER_CEILING_TRACK_DB);
    while (pool->n_mixes[is_booth] > POOL_MIXES_KEEP)
        free_mix(pop_mix(pool, is_booth));
    while (pool->n_mixes[is_booth] < POOL_READY) {
        struct mix *mix = new_mix(is_booth);
        if (mix == NULL)
            return;
        push_mix(pool, mix);
    }
}

// ---- all ----------------------------------------------------------------------------------------

void pool_tidy(struct pool *pool)
{
    tidy_sources(pool);
    tidy_kept(pool);
    for (unsigned is_booth = 0; is_booth < 2; is_booth++) {
        tidy_mixes(pool, is_booth != 0);
        for (unsigned kind = 0; kind < KINDS; kind++)
            tidy_encoders(pool, kind, is_booth != 0);
    }
}

void pool_clear(struct pool *pool)
{
    while (pool->n_sources > 0)
        source_free(pool->sources[--pool->n_sources]);
    while (pool->n_kept > 0)
        voice_kept_free(pool->kept[--pool->n_kept]);
    for (unsigned is_booth = 0; is_booth < 2; is_booth++) {
        for (struct mix *mix; (mix = pop_mix(pool, is_booth != 0)) != NULL;)
            free_mix(mix);
        limiter_free(pool->fresh_limiters[is_booth]);
        for (unsigned kind = 0; kind < KINDS; kind++)
            while (pool->encoders[kind][is_booth].n > 0)
                encoder_free(
                    pool->encoders[kind][is_booth].spare[--pool->encoders[kind][is_booth].n]);
    }
    *pool = (struct pool){ 0 };
}
