// SPDX-License-Identifier: BSD-3-Clause
//
// Private to audio/: what several of its parts measure with. Spectra by a Fourier transform behind
// a Hann window; loudness by the K-weighting of ITU-R BS.1770-4. Nothing allocates.
#ifndef SUSURRO_AUDIO_SPECTRUM_INT_H
#define SUSURRO_AUDIO_SPECTRUM_INT_H

#include "audio/audio.h"

#define SPECTRUM_MOST_SAMPLES 2048

void spectrum_prepare(void); // makes the tables, once; before the first transform
// power[i], i < n / 2: mean square of what lies around i * rate / n. Together they are the mean
// square of the (windowed) samples: a sine of full scale has -3.01 dB in the 5 bins around it. n is
// a power of two from 64 to SPECTRUM_MOST_SAMPLES.
void spectrum_power(const float *samples, size_t n, float *power);
// 48 kHz to 24 kHz: the newest SPECTRUM_HALF_TAPS samples of before stand in past.
#define SPECTRUM_HALF_TAPS 23
void spectrum_halve(float past[SPECTRUM_HALF_TAPS - 1], const float in[AUDIO_BLOCK_SAMPLES],
                    float out[AUDIO_BLOCK_SAMPLES / 2]);

struct loudness { // zero to begin
    double shelf[2], high[2];
};
// The mean square of the block, weighted. LUFS = loudness_lufs(mean of these).
float loudness_push(struct loudness *loudness, const float block[AUDIO_BLOCK_SAMPLES]);
float loudness_lufs(float mean_square); // AUDIO_SILENCE_DB: nothing

#endif
