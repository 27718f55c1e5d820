// SPDX-License-Identifier: BSD-3-Clause
//
// Speech changes all the time: from one 200 ms to the next its spectrum moves by 10 dB and more in
// most bands. Held notes, chords, a hall that claps move by a few. A signal tone, a howl or a hum
// does not move at all: it is no music, and counts for nothing, for the guard must not be turned
// off by what it is there for.
#include "audio/spectrum_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 1024 // at 24 kHz: 43 ms
#define BINS (WINDOW / 2)
#define BIN_HZ (24000.0f / WINDOW)
#define HALF_BLOCK (AUDIO_BLOCK_SAMPLES / 2)
#define HOP_BLOCKS 4
#define BANDS 18
#define APART_HOPS 5 // 200 ms
#define LEAST_DB (-50.0f)
#define DEPTH_DB 40.0f  // what is so far below the strongest band is not looked at
#define MUSIC_DB 5.2f   // moves less: music
#define SPEECH_DB 6.8f  // moves more: speech
#define MOST_DB 8.0f    // it is not followed further up
#define FOLLOW_DB 0.15f // a hop: the median, within a second or two
#define SURE_HOPS 75    // 3 s of sound
#define PURE 0.8f       // of the energy in one peak or two: a signal, while it ...
#define STILL_HZ 2.0f   // ... stands still

struct glimpse {
    float band_db[BANDS];
    float hz;     // of the strongest peak
    bool is_pure; // nearly nothing else
    bool is_loud;
};
struct music {
    float half_past[SPECTRUM_HALF_TAPS - 1];
    float past[WINDOW];
    struct glimpse glimpses[APART_HOPS];
    unsigned n_blocks, n_glimpses, n_contrary;
    struct detector detector; // hums and fans are not looked at
    bool is_open;
    float move_db; // median
    bool is_music;
};

struct music *music_new(void)
{
    struct music *music = calloc(1, sizeof(*music));
    spectrum_prepare();
    if (music != NULL)
        music_reset(music);
    return music;
}

void music_free(struct music *music)
{
    free(music);
}

void music_reset(struct music *music)
{
    *music = (struct music){ .move_db = 0.5f * (MUSIC_DB + SPEECH_DB) };
    detector_init(&music->detector);
}

// The strongest bins and those around them.
static float take_peak(float power[BINS], float *hz)
{
    int at = 1;
    float sum = 0.0f;
    for (int i = 2; i < BINS - 1; i++)
        if (power[i] > power[at])
            at = i;
    const float a = power[at - 1], b = power[at], c = power[at + 1];
    *hz = BIN_HZ * ((float)at + (a + b + c > 0.0f ? (c - a) / (a + b + c) : 0.0f));
    for (int i = at > 3 ? at - 3 : 0; i <= at + 3 && i < BINS; i++) {
        sum += power[i];
        power[i] = 0.0f;
    }
    return sum;
}

static struct glimpse measure(const float *past)
{
    // edges of the bands, in bins: 140 Hz to 8 kHz, ever wider
    static const uint16_t edges[BANDS + 1] = { 6,  9,  12, 16,  20,  25,  31,  38,  46, 56,
                                               68, 82, 99, 119, 143, 172, 207, 270, 341 };
    float power[BINS];
    struct glimpse seen = { .is_loud = false };
    spectrum_power(past, WINDOW, power);
    float most_db = AUDIO_SILENCE_DB, whole = 0.0f;
    for (size_t i = 0; i < BANDS; i++) {
        float sum = 1e-12f;
        for (size_t k = edges[i]; k < edges[i + 1]; k++)
            sum += power[k];
        whole += sum;
        seen.band_db[i] = 10.0f * log10f(sum);
        most_db = fmaxf(most_db, seen.band_db[i]);
    }
    for (size_t i = 0; i < BANDS; i++)
        seen.band_db[i] = fmaxf(seen.band_db[i], most_db - DEPTH_DB);
    seen.is_loud = 10.0f * log10f(whole) > LEAST_DB;
    if (!seen.is_loud)
        return seen;
    float second_hz;
    const float peaks = take_peak(power, &seen.hz) + take_peak(power, &second_hz);
    seen.is_pure = peaks > PURE * whole;
    return seen;
}

static float move_of(const struct glimpse *a, const struct glimpse *b)
{
    float sum = 0.0f;
    for (size_t i = 0; i < BANDS; i++)
        sum += fabsf(a->band_db[i] - b->band_db[i]);
    return sum / BANDS;
}

static void judge(struct music *music)
{
    const bool is_contrary =
        music->is_music ? music->move_db > SPEECH_DB : music->move_db < MUSIC_DB;
    music->n_contrary = is_contrary ? music->n_contrary + 1 : 0;
    if (music->n_contrary < SURE_HOPS)
        return;
    music->is_music = !music->is_music;
    music->n_contrary = 0;
}

// One frequency or two, for all of the 200 ms: even the steadiest voice wavers.
static bool is_still(const struct music *music, const struct glimpse *now)
{
    bool is_same = now->is_pure;
    for (size_t i = 0; i < APART_HOPS; i++)
        is_same = is_same && music->glimpses[i].is_pure &&
                  fabsf(music->glimpses[i].hz - now->hz) < STILL_HZ;
    return is_same;
}

static void look(struct music *music)
{
    struct glimpse *then = &music->glimpses[music->n_glimpses % APART_HOPS];
    const struct glimpse now = measure(music->past);
    const bool is_sound = music->n_glimpses >= APART_HOPS && (now.is_loud || then->is_loud);
    if (is_sound && music->is_open && !is_still(music, &now)) {
        const float more_db = move_of(&now, then) > music->move_db ? FOLLOW_DB : -FOLLOW_DB;
        music->move_db = fminf(fmaxf(music->move_db + more_db, 0.0f), MOST_DB);
        judge(music);
    }
    *then = now;
    if (++music->n_glimpses == 4 * APART_HOPS)
        music->n_glimpses = 2 * APART_HOPS;
}

bool music_push(struct music *music, const float block[AUDIO_BLOCK_SAMPLES])
{
    memmove(music->past, music->past + HALF_BLOCK, (WINDOW - HALF_BLOCK) * sizeof(float));
    spectrum_halve(music->half_past, block, music->past + WINDOW - HALF_BLOCK);
    music->is_open = detector_push(&music->detector, block);
    if (++music->n_blocks >= HOP_BLOCKS) {
        music->n_blocks = 0;
        look(music);
    }
    return music->is_music;
}
