// SPDX-License-Identifier: BSD-3-Clause
//
// Loudness is that of the last 3 s of voice, whatever pauses lay between: pauses neither make a
// voice softer nor its gain move. What is measured has not yet been levelled.
#include "audio/spectrum_int.h"

#include <math.h>
#include <stdlib.h>

#define STEP_BLOCKS 10 // the energy of 100 ms at a time
#define STEPS 30       // 3 s: short-term
#define STEPS_LEAST 4  // 400 ms: momentary; of less nothing is concluded
#define BLOCKS_PER_S 100
#define NEAR_DB 0.3f // so near is there: a gain that always moves is heard

struct leveller {
    struct loudness loudness;
    float steps[STEPS]; // mean squares
    float sum;          // of the blocks of the step that is not complete
    unsigned n_steps, n_blocks;
    float wanted_db, gain_db, gain;
    bool is_moving;
};

struct leveller *leveller_new(void)
{
    struct leveller *leveller = calloc(1, sizeof(*leveller));
    if (leveller != NULL)
        leveller_reset(leveller);
    return leveller;
}

void leveller_free(struct leveller *leveller)
{
    free(leveller);
}

void leveller_reset(struct leveller *leveller)
{
    *leveller = (struct leveller){ .gain = 1.0f };
}

static void conclude(struct leveller *leveller)
{
    const unsigned n = leveller->n_steps < STEPS ? leveller->n_steps : STEPS;
    float sum = 0.0f;
    for (unsigned i = 0; i < n; i++)
        sum += leveller->steps[i];
    if (n < STEPS_LEAST || sum <= 0.0f)
        return;
    const float over_db = LEVELLER_TARGET_LUFS - loudness_lufs(sum / (float)n);
    leveller->wanted_db = fminf(fmaxf(over_db, LEVELLER_LEAST_DB), LEVELLER_MOST_DB);
}

static void measure(struct leveller *leveller, const float block[AUDIO_BLOCK_SAMPLES])
{
    leveller->sum += loudness_push(&leveller->loudness, block);
    if (++leveller->n_blocks < STEP_BLOCKS)
        return;
    leveller->steps[leveller->n_steps++ % STEPS] = leveller->sum / STEP_BLOCKS;
    if (leveller->n_steps == 2 * STEPS)
        leveller->n_steps = STEPS; // for ever
    leveller->sum = 0.0f;
    leveller->n_blocks = 0;
    conclude(leveller);
}

static void move(struct leveller *leveller)
{
    const float most_db = LEVELLER_DB_PER_S / BLOCKS_PER_S;
    const float lacking_db = leveller->wanted_db - leveller->gain_db;
    if (fabsf(lacking_db) > NEAR_DB)
        leveller->is_moving = true;
    if (!leveller->is_moving)
        return;
    leveller->gain_db += fminf(fmaxf(lacking_db, -most_db), most_db);
    leveller->is_moving = fabsf(lacking_db) > most_db;
}

void leveller_process(struct leveller *leveller, float block[AUDIO_BLOCK_SAMPLES], bool is_voice,
                      bool is_frozen)
{
    const float before = leveller->gain;
    if (is_voice && !is_frozen) {
        measure(leveller, block);
        move(leveller);
        leveller->gain = audio_gain_from_db(leveller->gain_db);
    }
    const float step = (leveller->gain - before) / AUDIO_BLOCK_SAMPLES;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        block[i] *= before + step * (float)(i + 1);
}

float leveller_gain_db(const struct leveller *leveller)
{
    return leveller->gain_db;
}
