// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/shape.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define BASS_HZ 300.0
#define TREBLE_HZ 3000.0
#define TINY 1e-20 // what is left of a sound long gone is no work for the processor

// Gain db below (is_bass) or above this frequency. What the filter remembers stays.
static void shelf_set(struct shelf *shelf, bool is_bass, double hz, double db)
{
    double a = pow(10.0, db / 40.0), w = 2.0 * PI * hz / AUDIO_RATE_HZ;
    double sign = is_bass ? 1.0 : -1.0, c = sign * cos(w);
    double beta = 2.0 * sqrt(a) * sin(w) / 2.0 * sqrt(2.0);
    double a0 = (a + 1.0) + (a - 1.0) * c + beta;
    shelf->b0 = a * ((a + 1.0) - (a - 1.0) * c + beta) / a0;
    shelf->b1 = sign * 2.0 * a * ((a - 1.0) - (a + 1.0) * c) / a0;
    shelf->b2 = a * ((a + 1.0) - (a - 1.0) * c - beta) / a0;
    shelf->a1 = sign * -2.0 * ((a - 1.0) + (a + 1.0) * c) / a0;
    shelf->a2 = ((a + 1.0) + (a - 1.0) * c - beta) / a0;
}

static float shelf_step(struct shelf *shelf, double in)
{
    double out = shelf->b0 * in + shelf->z1;
    shelf->z1 = shelf->b1 * in - shelf->a1 * out + shelf->z2;
    shelf->z2 = shelf->b2 * in - shelf->a2 * out;
    return (float)out;
}

static void settle(struct shelf *shelf)
{
    if (fabs(shelf->z1) < TINY && fabs(shelf->z2) < TINY)
        shelf->z1 = shelf->z2 = 0.0;
}

static int within(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

void shape_init(struct shape *shape)
{
    memset(shape, 0, sizeof *shape);
    ramp_init(&shape->volume, 0.0f);
    shape_set(shape, 0, 0);
}

void shape_set(struct shape *shape, int volume_db, int tone)
{
    shape->volume_db = within(volume_db, SHAPE_VOLUME_LEAST_DB, SHAPE_VOLUME_MOST_DB);
    shape->tone = within(tone, -SHAPE_TONE_MOST, SHAPE_TONE_MOST);
    shelf_set(&shape->bass, true, BASS_HZ, -SHAPE_BASS_DB * (float)shape->tone);
    shelf_set(&shape->treble, false, TREBLE_HZ, SHAPE_TREBLE_DB * (float)shape->tone);
    ramp_to_in(&shape->volume, (float)shape->volume_db, 50);
}

void shape_process(struct shape *shape, float block[AUDIO_BLOCK_SAMPLES])
{
    float in[AUDIO_BLOCK_SAMPLES];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        in[i] = shape->tone == 0 ? block[i]
                                 : shelf_step(&shape->treble, shelf_step(&shape->bass, block[i]));
    settle(&shape->bass);
    settle(&shape->treble);
    memset(block, 0, AUDIO_BLOCK_SAMPLES * sizeof *block);
    ramp_add(&shape->volume, in, block);
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
        block[i] = fmaxf(-1.0f, fminf(1.0f, block[i]));
}
