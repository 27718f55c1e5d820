// SPDX-License-Identifier: BSD-3-Clause
//
// shape: volume and tone of what one hears, as a booth's console has them. Tone is one control:
// each step up takes 3 dB of the bass (a shelf below 300 Hz) and gives 1 dB above 3 kHz, which
// makes voices clearer under one's own; steps down do the contrary. Pure; one block of 10 ms at a
// time.
//
// Source: the shelving filters of R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad
// filter coefficients", slope 1.
#ifndef SUSURRO_CLIENT_SHAPE_H
#define SUSURRO_CLIENT_SHAPE_H

#include "audio/audio.h"

#define SHAPE_TONE_MOST 4 // steps, up and down
#define SHAPE_BASS_DB 3.0f
#define SHAPE_TREBLE_DB 1.0f
#define SHAPE_VOLUME_LEAST_DB (-30)
#define SHAPE_VOLUME_MOST_DB 12
#define SHAPE_VOLUME_STEP_DB 3

struct shelf {
    double b0, b1, b2, a1, a2;
    double z1, z2;
};
struct shape {
    struct shelf bass, treble;
    struct ramp volume;
    int tone, volume_db;
};
void shape_init(struct shape *shape);
// Cut to what there is. The volume moves without a step.
void shape_set(struct shape *shape, int volume_db, int tone);
// In place; never above full scale.
void shape_process(struct shape *shape, float block[AUDIO_BLOCK_SAMPLES]);

#endif
