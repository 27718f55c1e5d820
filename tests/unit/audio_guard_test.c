// SPDX-License-Identifier: BSD-3-Clause
//
// The guard on sound by formula; audio_ears_test.py has real speech, songs and hands.
#include "audio/audio.h"
#include "test.h"
#include "test_sound.h"

#include <math.h>
#include <string.h>

#define SECOND AUDIO_RATE_HZ

static float silence(uint64_t n)
{
    (void)n;
    return 0.0f;
}

// ---- howls: 35 dB/s from -60 dBFS on, to -3
static float howl_at(uint64_t n, double hz, double db_per_s)
{
    return sound_sine(n, hz, fmin(-3.0, -60.0 + db_per_s * (double)n / AUDIO_RATE_HZ));
}
static float howl_300(uint64_t n)
{
    return howl_at(n, 300.0, 35.0);
}
static float howl_2300(uint64_t n)
{
    return howl_at(n, 2300.0, 35.0);
}
static float howl_10000(uint64_t n)
{
    return howl_at(n, 10000.0, 35.0);
}
static float howl_slow(uint64_t n)
{
    return howl_at(n, 1500.0, 18.0);
}
static float howl_fast(uint64_t n)
{
    return howl_at(n, 1500.0, 90.0);
}
static float howl_in_speech(uint64_t n)
{
    return howl_at(n, 2300.0, 35.0) + sound_speech(n);
}

// ---- signal tones
static float tone_1000(uint64_t n)
{
    return sound_sine(n, 1000.0, -6.0);
}
static float dtmf(uint64_t n)
{
    return sound_sine(n, 770.0, -9.0) + sound_sine(n, 1336.0, -9.0);
}
static float dial(uint64_t n)
{
    return sound_sine(n, 350.0, -9.0) + sound_sine(n, 440.0, -9.0);
}
static float ringback(uint64_t n)
{
    return sound_sine(n, 440.0, -9.0) + sound_sine(n, 480.0, -9.0);
}
static float tone_in_speech(uint64_t n)
{
    return tone_1000(n) + sound_speech(n);
}

// ---- what people make
static float sung(uint64_t n) // A3, vibrato
{
    const double t = (double)n / AUDIO_RATE_HZ,
                 phase = 2.0 * M_PI * 220.0 * t + 1.5 * sin(34.0 * t);
    double sum = 0.0;
    for (int k = 1; k <= 12; k++)
        sum += sin(k * phase) / k;
    return (float)(0.15 * fmin(1.0, 5.0 * fmod(t, 1.0)) * sum);
}
static float organ(uint64_t n) // steady to the hertz, with an octave
{
    return sound_sine(n, 440.0, -14.0) + sound_sine(n, 880.0, -24.0) + sound_sine(n, 1320.0, -30.0);
}
static float whistled(uint64_t n)
{
    const double t = (double)n / AUDIO_RATE_HZ;
    return (float)(0.2 * fmin(1.0, 8.0 * fmod(t, 0.7)) *
                   sin(2.0 * M_PI * 1400.0 * t + 2.0 * sin(9.0 * t) + 1.2 * sin(31.0 * t)));
}
static float drummed(uint64_t n)
{
    const double t = fmod((double)n / AUDIO_RATE_HZ, 0.4);
    return (float)(0.4 * exp(-t / 0.1) * sin(2.0 * M_PI * 110.0 * t) +
                   0.2 * exp(-t / 0.01) * (double)sound_noise(n));
}
static float clapped(uint64_t n)
{
    double sum = 0.0;
    for (uint64_t hand = 0; hand < 20; hand++) {
        const double t = fmod((double)n / AUDIO_RATE_HZ + 0.017 * (double)(hand * hand),
                              0.21 + 0.004 * (double)hand);
        sum += t < 0.05 ? exp(-t / 0.004) * (double)sound_noise(n + 7919 * hand) : 0.0;
    }
    return (float)(0.1 * sum);
}
static float soft_tone(uint64_t n) // below what the guard caps
{
    return sound_sine(n, 1000.0, -21.0);
}

struct heard {
    double before_db, after_db; // of the last second
    uint32_t n_trips, n_changed;
};

static struct heard run(float (*sound)(uint64_t), unsigned seconds, bool is_music)
{
    struct guard *guard = guard_new();
    struct heard heard = { .n_changed = 0 };
    double before = 0.0, after = 0.0;
    for (uint64_t at = 0; at < (uint64_t)seconds * SECOND; at += AUDIO_BLOCK_SAMPLES) {
        float block[AUDIO_BLOCK_SAMPLES], plain[AUDIO_BLOCK_SAMPLES];
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            plain[i] = block[i] = sound(at + i);
        guard_process(guard, block, is_music);
        heard.n_changed += memcmp(plain, block, sizeof(block)) != 0;
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES && at >= (uint64_t)(seconds - 1) * SECOND; i++) {
            before += (double)plain[i] * (double)plain[i] / SECOND;
            after += (double)block[i] * (double)block[i] / SECOND;
        }
    }
    heard.before_db = 10.0 * log10(before + 1e-12);
    heard.after_db = 10.0 * log10(after + 1e-12);
    heard.n_trips = guard_n_trips(guard);
    guard_free(guard);
    return heard;
}

static void howls_are_notched(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float (*sound)(uint64_t);
        double most_db;
    } rows[] = { { "300 Hz", howl_300, -30.0 },   { "2.3 kHz", howl_2300, -30.0 },
                 { "10 kHz", howl_10000, -30.0 }, { "slow", howl_slow, -30.0 },
                 { "fast", howl_fast, -20.0 },    { "in speech", howl_in_speech, -19.0 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct heard heard = run(rows[i].sound, 5, false);
        if (heard.n_trips == 0 || heard.after_db > rows[i].most_db)
            fail_msg("%s: %u trips, %.1f dBFS of %.1f", rows[i].name, heard.n_trips, heard.after_db,
                     heard.before_db);
    }
}

// From -40 dBFS, where it begins to stand out: in 300 ms it is down by 15 dB at least, while it
// grows.
static void a_howl_is_caught_early(void **state)
{
    (void)state;
    struct guard *guard = guard_new();
    for (uint64_t at = 0; at < 3 * SECOND; at += AUDIO_BLOCK_SAMPLES) {
        float block[AUDIO_BLOCK_SAMPLES];
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = howl_2300(at + i);
        const float plain_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
        guard_process(guard, block, false);
        if (plain_db > -40.0f + 0.3f * 35.0f)
            assert_true(audio_rms_db(block, AUDIO_BLOCK_SAMPLES) < plain_db - 15.0f);
    }
    assert_int_equal(guard_n_trips(guard), 1);
    guard_free(guard);
}

static void signal_tones_are_capped(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float (*sound)(uint64_t);
        uint32_t n_trips;
        double most_db;
    } rows[] = { { "1 kHz", tone_1000, 1, -19.5 },
                 { "DTMF", dtmf, 2, -19.5 },
                 { "dial", dial, 2, -19.5 },
                 { "ringback", ringback, 2, -19.5 },
                 { "in speech", tone_in_speech, 1, -16.0 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct heard heard = run(rows[i].sound, 3, false);
        if (heard.n_trips != rows[i].n_trips || heard.after_db > rows[i].most_db)
            fail_msg("%s: %u trips, %.1f dBFS of %.1f", rows[i].name, heard.n_trips, heard.after_db,
                     heard.before_db);
    }
}

static void what_people_make_passes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float (*sound)(uint64_t);
    } rows[] = { { "speech", sound_speech },   { "a song", sung },    { "an organ", organ },
                 { "a whistle", whistled },    { "a drum", drummed }, { "hands", clapped },
                 { "a soft tone", soft_tone }, { "silence", silence } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct heard heard = run(rows[i].sound, 12, false);
        if (heard.n_trips != 0 || heard.n_changed != 0)
            fail_msg("%s: %u trips, %u blocks", rows[i].name, heard.n_trips, heard.n_changed);
    }
}

static void in_music_nothing_is_caught(void **state)
{
    (void)state;
    assert_int_equal(run(howl_2300, 4, true).n_changed, 0);
    assert_int_equal(run(tone_1000, 4, true).n_changed, 0);
}

static void push(struct guard *guard, float (*sound)(uint64_t), unsigned ms, bool is_music,
                 float *last_db)
{
    for (uint64_t at = 0; at < (uint64_t)ms * 48; at += AUDIO_BLOCK_SAMPLES) {
        float block[AUDIO_BLOCK_SAMPLES];
        for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++)
            block[i] = sound(at + i);
        guard_process(guard, block, is_music);
        *last_db = audio_rms_db(block, AUDIO_BLOCK_SAMPLES);
    }
}

// Held while it is there, let go half a second after; music lets go at once; a copy goes on alike.
static void catches_are_let_go(void **state)
{
    (void)state;
    struct guard *guard = guard_new(), *copy = guard_new();
    float db, copied_db;
    push(guard, tone_1000, 1000, false, &db);
    assert_true(guard_is_busy(guard) && db < -19.0f);
    guard_copy(copy, guard);
    push(guard, tone_1000, 5000, false, &db);
    push(copy, tone_1000, 5000, false, &copied_db);
    assert_true(fabsf(db - copied_db) < 1e-5f && guard_n_trips(copy) == 1);
    push(guard, silence, 300, false, &db);
    assert_true(guard_is_busy(guard));
    push(guard, tone_1000, 100, false, &db); // at once again
    assert_true(db < -18.0f && guard_n_trips(guard) == 1);
    push(guard, silence, 1500, false, &db);
    assert_false(guard_is_busy(guard));
    push(copy, tone_1000, 1000, true, &db);
    assert_true(!guard_is_busy(copy) && db > -6.5f);
    guard_reset(guard);
    assert_int_equal(guard_n_trips(guard), 0);
    guard_free(guard);
    guard_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(howls_are_notched),          cmocka_unit_test(a_howl_is_caught_early),
        cmocka_unit_test(signal_tones_are_capped),    cmocka_unit_test(what_people_make_passes),
        cmocka_unit_test(in_music_nothing_is_caught), cmocka_unit_test(catches_are_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
