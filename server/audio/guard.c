// SPDX-License-Identifier: BSD-3-Clause
//
//   in ─┬──────────────────────────────── − ─► out        out = in - depth * band, for each catch
//       ├─ band-pass of each catch ─► × depth ─┘
//       └─ 24 kHz ─► 85 ms, every 20 ms ─► spectrum ─► peaks ─► trails ─► catches
//
// What howls and signal tones have in common, and nothing that people make: one frequency, kept to
// the hertz, and no harmonics. Speech glides; songs have harmonics; a whistle wavers; applause and
// drums have no peak that stays. A howl grows while it is so; a tone keeps its level.
#include "audio/spectrum_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW SPECTRUM_MOST_SAMPLES // at 24 kHz: 85 ms
#define BINS (WINDOW / 2)
#define BIN_HZ (24000.0f / WINDOW)
#define HALF_BLOCK (AUDIO_BLOCK_SAMPLES / 2)
#define HOP_BLOCKS 2
#define LOBE 2 // a pure tone is within so many bins of its peak
#define SKIRT 5
#define SKIRT_BINS 4
#define NARROW 0.05f // of its peak, on its skirts
#define LEAST_HZ 100.0f
#define MOST_HZ 11000.0f
#define LEAST_DB (-50.0f) // softer peaks hurt nobody
#define PEAKS 8           // the strongest of a spectrum
#define TRAILS 8
#define SAME_HZ 6.0f // from one spectrum to the next
#define KEPT 16      // hops
#define FORGOTTEN_HOPS 3
#define GONE_HOPS 25 // a catch is let go when its tone has not been there for so long

#define HARMONIC_DB (-26.0f) // a relative as strong as this: a voice or an instrument
#define HOWL_HOPS 8          // it has grown for so long ...
#define HOWL_GROWTH_DB 1.2f  // ... by this at least in either half
#define HOWL_WANDER_HZ 0.8f  // standard deviation
#define HOWL_LEAST_DB (-45.0f)
#define HOWL_DEPTH 0.97f
#define TONE_HOPS 12
#define TONE_WANDER_HZ 0.8f
#define TONE_WANDER_DB 1.0f

#define BAND_LEAST_HZ 40.0f // a catch is so wide, or
#define BAND_SHARE 0.025f   // this part of its frequency
#define CATCH_STEP 0.34f    // of its depth, a block
#define RELEASE_STEP 0.03f

struct peak {
    float hz, db, relative_db; // relative: the strongest that may be of the same voice
};
struct trail { // a peak from spectrum to spectrum
    float hz[KEPT], db[KEPT];
    float relative_db; // mean
    uint32_t age;      // hops; 0: free
    uint8_t missed;
    uint8_t slot; // of its catch + 1; 0: none
};
struct catch
{
    bool is_used, is_tone;
    float hz, db, wanted, depth;
    uint8_t missed;
    float a1, a2, a3, k, state[2]; // state variable filter, trapezoidal
};
struct guard {
    float half_past[SPECTRUM_HALF_TAPS - 1];
    float past[WINDOW];
    unsigned n_blocks, n_used;
    uint32_t n_trips;
    struct trail trails[TRAILS];
    struct catch catches[TRAILS];
};

struct guard *guard_new(void)
{
    spectrum_prepare();
    return calloc(1, sizeof(struct guard));
}

void guard_free(struct guard *guard)
{
    free(guard);
}

void guard_reset(struct guard *guard)
{
    *guard = (struct guard){ 0 };
}

void guard_copy(struct guard *to, const struct guard *from)
{
    *to = *from;
}

uint32_t guard_n_trips(const struct guard *guard)
{
    return guard->n_trips;
}

bool guard_is_busy(const struct guard *guard)
{
    return guard->n_used > 0;
}

// ---- peaks --------------------------------------------------------------------------------------

static float to_db(float power)
{
    return power > 1e-12f ? 10.0f * log10f(power) : AUDIO_SILENCE_DB;
}

static float sum_of(const float *power, int first, int last)
{
    float sum = 0.0f;
    for (int i = first < 0 ? 0 : first; i <= last && i < BINS; i++)
        sum += power[i];
    return sum;
}

// Where a pure tone would be whose three largest bins these are: of a Hann window their logarithms
// are nearly a parabola.
static float place_of(const float *power, int i)
{
    const float a = logf(power[i - 1] + 1e-20f), b = logf(power[i] + 1e-20f),
                c = logf(power[i + 1] + 1e-20f);
    const float bend = a - 2.0f * b + c;
    return (float)i + (bend < 0.0f ? 0.5f * (a - c) / bend : 0.0f);
}

static float relative_of(const float *power, float at, float whole)
{
    static const float ratios[] = { 2.0f, 3.0f, 0.5f, 1.5f, 2.0f / 3.0f };
    float most = 0.0f;
    for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
        const int there = (int)(at * ratios[i] + 0.5f);
        if ((float)there * BIN_HZ < 70.0f)
            continue;
        most = fmaxf(most, sum_of(power, there - 1, there + 1));
    }
    return to_db(most) - to_db(whole);
}

static bool is_peak(const float *power, int i)
{
    if (power[i] <= power[i - 1] || power[i] < power[i + 1] || power[i] < 1e-6f) // below LEAST_DB
        return false;
    const float below = sum_of(power, i - SKIRT - SKIRT_BINS + 1, i - SKIRT);
    const float above = sum_of(power, i + SKIRT, i + SKIRT + SKIRT_BINS - 1);
    return fminf(below, above) / SKIRT_BINS < NARROW * power[i]; // another tone may be on one side
}

static void keep_peak(struct peak peaks[PEAKS], size_t *n, struct peak peak)
{
    size_t at = *n < PEAKS ? (*n)++ : PEAKS - 1;
    if (at == PEAKS - 1 && *n == PEAKS && peaks[at].db > peak.db)
        return;
    for (; at > 0 && peaks[at - 1].db < peak.db; at--)
        peaks[at] = peaks[at - 1];
    peaks[at] = peak;
}

static size_t find_peaks(const float *power, struct peak peaks[PEAKS])
{
    size_t n = 0;
    const int first = (int)(LEAST_HZ / BIN_HZ), last = (int)(MOST_HZ / BIN_HZ);
    for (int i = first; i <= last; i++) {
        if (!is_peak(power, i))
            continue;
        const float whole = sum_of(power, i - LOBE, i + LOBE);
        const float at = place_of(power, i), db = to_db(whole);
        if (db < LEAST_DB)
            continue;
        keep_peak(peaks, &n,
                  (struct peak){
                      .hz = at * BIN_HZ, .db = db, .relative_db = relative_of(power, at, whole) });
    }
    return n;
}

// ---- trails -------------------------------------------------------------------------------------

static struct trail *nearest_trail(struct guard *guard, float hz)
{
    struct trail *best = NULL;
    float best_hz = SAME_HZ;
    for (size_t i = 0; i < TRAILS; i++) {
        struct trail *trail = &guard->trails[i];
        const float apart =
            trail->age > 0 ? fabsf(trail->hz[(trail->age - 1) % KEPT] - hz) : SAME_HZ;
        if (apart < best_hz) {
            best = trail;
            best_hz = apart;
        }
    }
    return best;
}

static struct trail *free_trail(struct guard *guard)
{
    for (size_t i = 0; i < TRAILS; i++)
        if (guard->trails[i].age == 0)
            return &guard->trails[i];
    return NULL;
}

static void follow(struct guard *guard, const struct peak *peak)
{
    struct trail *trail = nearest_trail(guard, peak->hz);
    if (trail == NULL)
        trail = free_trail(guard);
    if (trail == NULL)
        return;
    trail->relative_db = trail->age == 0
                             ? peak->relative_db
                             : trail->relative_db + 0.2f * (peak->relative_db - trail->relative_db);
    trail->hz[trail->age % KEPT] = peak->hz;
    trail->db[trail->age % KEPT] = peak->db;
    if (++trail->age == 4 * KEPT)
        trail->age = 3 * KEPT; // for ever
    trail->missed = 0;
}

static void follow_all(struct guard *guard, const struct peak *peaks, size_t n)
{
    for (size_t i = 0; i < TRAILS; i++)
        if (guard->trails[i].age > 0 && ++guard->trails[i].missed > FORGOTTEN_HOPS)
            guard->trails[i] = (struct trail){ 0 };
    for (size_t i = 0; i < n; i++)
        follow(guard, &peaks[i]);
}

static float newest(const struct trail *trail, const float kept[KEPT], uint32_t back)
{
    return kept[(trail->age - 1 - back) % KEPT];
}

static float deviation(const struct trail *trail, const float kept[KEPT], uint32_t n)
{
    float mean = 0.0f, sum = 0.0f;
    for (uint32_t i = 0; i < n; i++)
        mean += newest(trail, kept, i) / (float)n;
    for (uint32_t i = 0; i < n; i++) {
        const float apart = newest(trail, kept, i) - mean;
        sum += apart * apart;
    }
    return sqrtf(sum / (float)n);
}

static bool is_howl(const struct trail *trail)
{
    if (trail->age < HOWL_HOPS + 1 || trail->relative_db > HARMONIC_DB ||
        newest(trail, trail->db, 0) < HOWL_LEAST_DB)
        return false;
    const float now = newest(trail, trail->db, 0), middle = newest(trail, trail->db, HOWL_HOPS / 2),
                then = newest(trail, trail->db, HOWL_HOPS);
    return now - middle >= HOWL_GROWTH_DB && middle - then >= HOWL_GROWTH_DB &&
           deviation(trail, trail->hz, HOWL_HOPS) < HOWL_WANDER_HZ;
}

static bool is_tone(const struct trail *trail)
{
    return trail->age >= TONE_HOPS && trail->relative_db <= HARMONIC_DB &&
           newest(trail, trail->db, 0) > GUARD_TONE_MOST_DB &&
           deviation(trail, trail->hz, TONE_HOPS) < TONE_WANDER_HZ &&
           deviation(trail, trail->db, TONE_HOPS) < TONE_WANDER_DB;
}

// ---- catches ------------------------------------------------------------------------------------

static void tune(struct catch *catch, float hz)
{
    const float g = tanf((float)M_PI * hz / AUDIO_RATE_HZ);
    catch->hz = hz;
    catch->k = fmaxf(BAND_LEAST_HZ / hz, BAND_SHARE);
    catch->a1 = 1.0f / (1.0f + g * (g + catch->k));
    catch->a2 = g * catch->a1;
    catch->a3 = g * catch->a2;
}

static struct catch *nearest_catch(struct guard *guard, float hz)
{
    for (size_t i = 0; i < TRAILS; i++)
        if (guard->catches[i].is_used &&
            fabsf(guard->catches[i].hz - hz) < 0.5f * fmaxf(BAND_LEAST_HZ, BAND_SHARE * hz))
            return &guard->catches[i];
    return NULL;
}

static void begin_catch(struct guard *guard, const struct trail *trail, bool is_tone)
{
    const float hz = newest(trail, trail->hz, 0);
    for (size_t i = 0; i < TRAILS; i++) {
        struct catch *catch = &guard->catches[i];
        if (catch->is_used)
            continue;
        *catch = (struct catch){ .is_used = true,
                                 .is_tone = is_tone,
                                 .db = newest(trail, trail->db, 0) };
        tune(catch, hz);
        guard->n_used++;
        guard->n_trips++;
        return;
    }
}

static void judge(struct guard *guard, const struct trail *trail)
{
    if (trail->age == 0 || trail->missed > 0)
        return;
    const float hz = newest(trail, trail->hz, 0);
    struct catch *catch = nearest_catch(guard, hz);
    if (catch != NULL) {
        catch->missed = 0;
        catch->db = newest(trail, trail->db, 0);
        if (fabsf(catch->hz - hz) > 1.0f)
            tune(catch, hz);
        return;
    }
    if (is_howl(trail))
        begin_catch(guard, trail, false);
    else if (is_tone(trail))
        begin_catch(guard, trail, true);
}

// Tones together are capped: two of them at half the power each.
static void set_depths(struct guard *guard)
{
    unsigned n_tones = 0;
    for (size_t i = 0; i < TRAILS; i++)
        n_tones += guard->catches[i].is_used && guard->catches[i].is_tone;
    for (size_t i = 0; i < TRAILS; i++) {
        struct catch *catch = &guard->catches[i];
        if (!catch->is_used)
            continue;
        const float over_db =
            catch->db - GUARD_TONE_MOST_DB + 10.0f * log10f((float)(n_tones > 0 ? n_tones : 1));
        const float tone_depth = 1.0f - audio_gain_from_db(-fmaxf(over_db, 0.0f));
        catch->wanted = catch->is_tone ? tone_depth : HOWL_DEPTH;
        if (catch->missed < GONE_HOPS)
            catch->missed++;
        else
            catch->wanted = 0.0f;
    }
}

static void look(struct guard *guard)
{
    float power[BINS];
    struct peak peaks[PEAKS];
    spectrum_power(guard->past, WINDOW, power);
    const size_t n = find_peaks(power, peaks);
    follow_all(guard, peaks, n);
    for (size_t i = 0; i < TRAILS; i++)
        judge(guard, &guard->trails[i]);
    set_depths(guard);
}

// ---- sound --------------------------------------------------------------------------------------

static void subtract(struct catch *catch, float block[AUDIO_BLOCK_SAMPLES])
{
    const float before = catch->depth;
    catch->depth += fminf(fmaxf(catch->wanted - before, -RELEASE_STEP), CATCH_STEP);
    const float step = (catch->depth - before) / AUDIO_BLOCK_SAMPLES;
    float s0 = catch->state[0], s1 = catch->state[1];
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const float v3 = block[i] - s1;
        const float band = catch->a1 * s0 + catch->a2 * v3;
        const float low = s1 + catch->a2 * s0 + catch->a3 * v3;
        s0 = 2.0f * band - s0;
        s1 = 2.0f * low - s1;
        block[i] -= (before + step * (float)(i + 1)) * catch->k * band;
    }
    catch->state[0] = fabsf(s0) < 1e-15f ? 0.0f : s0;
    catch->state[1] = fabsf(s1) < 1e-15f ? 0.0f : s1;
}

static void subtract_all(struct guard *guard, float block[AUDIO_BLOCK_SAMPLES], bool is_music)
{
    for (size_t i = 0; i < TRAILS; i++) {
        struct catch *catch = &guard->catches[i];
        if (!catch->is_used)
            continue;
        if (is_music)
            catch->wanted = 0.0f;
        subtract(catch, block);
        if (catch->wanted > 0.0f || catch->depth > 0.0f)
            continue;
        catch->is_used = false;
        guard->n_used--;
    }
}

void guard_process(struct guard *guard, float block[AUDIO_BLOCK_SAMPLES], bool is_music)
{
    memmove(guard->past, guard->past + HALF_BLOCK, (WINDOW - HALF_BLOCK) * sizeof(float));
    spectrum_halve(guard->half_past, block, guard->past + WINDOW - HALF_BLOCK);
    if (is_music) {
        memset(guard->trails, 0, sizeof(guard->trails));
    } else if (++guard->n_blocks >= HOP_BLOCKS) {
        guard->n_blocks = 0;
        look(guard);
    }
    if (guard->n_used > 0)
        subtract_all(guard, block, is_music);
}
