// SPDX-License-Identifier: BSD-3-Clause
#include "audio/audio.h"

#include <math.h>

#define SAMPLES_PER_MS (AUDIO_RATE_HZ / 1000)

void ramp_init(struct ramp *ramp, float gain_db)
{
    const float gain = audio_gain_from_db(gain_db);
    *ramp = (struct ramp){ .gain = gain, .target = gain, .factor = 1.0 };
}

void ramp_to(struct ramp *ramp, float target_db)
{
    ramp_to_in(ramp, target_db, 0);
}

// To and from silence linear in amplitude, since silence is no number of dB.
void ramp_to_in(struct ramp *ramp, float target_db, uint32_t ms)
{
    const float target = audio_gain_from_db(target_db);
    if (target == ramp->target)
        return;
    ramp->target = target;
    ramp->factor = 1.0;
    ramp->step = 0.0;
    const float silence = audio_gain_from_db(AUDIO_SILENCE_DB + 0.1f);
    if (target <= silence || ramp->gain <= silence) {
        ramp->samples_left = (ms != 0 ? ms : RAMP_EDGE_MS) * SAMPLES_PER_MS;
        ramp->step = ((double)target - (double)ramp->gain) / ramp->samples_left;
        return;
    }
    const uint32_t usual_ms = target < ramp->gain ? RAMP_ATTACK_MS : RAMP_RELEASE_MS;
    ramp->samples_left = (ms != 0 ? ms : usual_ms) * SAMPLES_PER_MS;
    ramp->factor = exp(log((double)target / (double)ramp->gain) / ramp->samples_left);
}

bool ramp_is_settled(const struct ramp *ramp)
{
    return ramp->samples_left == 0;
}

static void add_at(float gain, const float *in, float *out, size_t n)
{
    if (gain == 0.0f)
        return;
    for (size_t i = 0; i < n; i++)
        out[i] += in[i] * gain;
}

void ramp_add(struct ramp *ramp, const float in[AUDIO_BLOCK_SAMPLES],
              float out[AUDIO_BLOCK_SAMPLES])
{
    size_t n = ramp->samples_left;
    if (n > AUDIO_BLOCK_SAMPLES)
        n = AUDIO_BLOCK_SAMPLES;
    // In double, so that 400 ms of multiplying do not drift from the target.
    double gain = (double)ramp->gain;
    const double factor = ramp->factor, step = ramp->step;
    for (size_t i = 0; i < n; i++) {
        gain = gain * factor + step;
        if (in != NULL)
            out[i] += in[i] * (float)gain;
    }
    ramp->samples_left -= (uint32_t)n;
    ramp->gain = ramp->samples_left == 0 ? ramp->target : (float)gain;
    if (in != NULL)
        add_at(ramp->gain, in + n, out + n, AUDIO_BLOCK_SAMPLES - n);
}
