// SPDX-License-Identifier: BSD-3-Clause
//
// Listeners who change tier, mix and mix-minus at random, a tone in their ears all the while: by a
// decoder like that of a stock client, nobody hears a gap or a click. SUSURRO_SWITCHES: how many
// changes; 1,000 take half a minute.
//
// Beside those who change sit five, one a tier, who do not. All tiers lie at the same place in
// time, so a gap is where one hears less than a tenth of what the one on `full` does at that
// moment. A click is what does not belong to the tone (which obeys x[n] = 2 cos(w) x[n-1] -
// x[n-2]), and what lies beside it in the spectrum. It may be -40 dB, or what the codec makes of
// the tone by itself for the one who sits still in that tier: on `minimum` -30 dB.
#include "audio/spectrum_int.h"
#include "mixer_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SWITCHES 200
#define ROUND_MS 30000u
#define N_STILL TIERS
#define N_MOVING 8u
#define FIRST_STILL 100u
#define FIRST_MOVING 200u
#define TONE_HZ 440.0
#define AMPLITUDE 0.1
#define STEP_SAMPLES 240
#define PIECE 512         // samples: of one look at the spectrum, 10.7 ms
#define BESIDE_HZ 450.0   // so far from the tone and farther
#define NEAR_STEPS 60     // a change is heard within 300 ms
#define AHEAD_STEPS 3     // a look at the spectrum reaches so far
#define GAP_STEPS 1       // of 5 ms
#define GAP_DB (-20.0)    // less than the undisturbed one hears, by so much
#define CLICK_DB (-40.0)  // of the tone
#define OVER_CLICK_DB 4.0 // louder than the tier's own noise, by so much
#define OVER_BESIDE_DB 8.0

static struct stage stage;
static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * sides) >> 32);
}

// ---- what happens -------------------------------------------------------------------------------

struct mover {
    uint32_t session;
    struct talker *talker;
    enum tier tier;
    uint64_t next_us;
    uint8_t tiers[(size_t)STAGE_SECONDS * AUDIO_RATE_HZ / STEP_SAMPLES]; // heard here: bit i
    bool has_changed[(size_t)STAGE_SECONDS * AUDIO_RATE_HZ / STEP_SAMPLES];
};
static struct mover movers[N_MOVING];

static size_t step_now(void)
{
    return (size_t)((stage.now_us / 1000 - stage.start_tick * 10) * 48 / STEP_SAMPLES);
}

// One of everything that leads to another encoder.
static void change(struct mover *mover)
{
    static const int32_t ducks[] = { -6, -12, -15, -18, -24, -120 };
    const uint32_t what = dice(100);
    mover->has_changed[step_now()] = true;
    mover->next_us = stage.now_us + 200000 + dice(500) * 1000;
    if (what < 60) {
        mover->tier = (enum tier)dice(TIERS);
        stage_join(&stage, mover->session, PLACE_TRACK, ES, mover->tier, 1);
    } else if (what < 85) {
        stage_command(&stage, MIXER_CMD_DUCK, mover->session, ducks[dice(ARRAY_LEN(ducks))]);
    } else {
        stage_talk(&stage, mover->talker,
                   !mover->talker->is_on); // says nothing into the microphone
    }
}

// A tone by the interpreter, ducked silence by the speaker: what is heard is the same in all mixes.
static void open_meeting(void)
{
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_join(&stage, 1, PLACE_FLOOR, 0, TIER_STANDARD, 1);
    stage_join(&stage, 50, PLACE_BOOTH, 0, TIER_FULL, 1);
    stage_command(&stage, MIXER_CMD_AIR, 50, 0);
    for (uint32_t i = 0; i < N_STILL; i++) {
        stage_join(&stage, FIRST_STILL + i, PLACE_TRACK, ES, (enum tier)i, 1);
        stage_record(&stage, FIRST_STILL + i);
    }
    for (uint32_t i = 0; i < N_MOVING; i++) {
        struct mover *mover = &movers[i];
        *mover = (struct mover){ .session = FIRST_MOVING + i, .tier = (enum tier)(i % TIERS) };
        stage_join(&stage, mover->session, PLACE_TRACK, ES, mover->tier, 1);
        stage_record(&stage, mover->session);
        mover->talker = stage_talker(&stage, mover->session, 300.0);
        mover->talker->amplitude = 0.0;
    }
    struct talker *speaker = stage_talker(&stage, 1, 600.0);
    stage_talk(&stage, speaker, true);
    stage_run(&stage, 1000);
    speaker->amplitude = 0.0;
    stage_talk(&stage, stage_talker(&stage, 50, TONE_HZ), true);
    stage_run(&stage, 1500);
    for (uint32_t i = 0; i < N_MOVING; i++)
        movers[i].next_us = stage.now_us + dice(500) * 1000;
}

static void note_tiers(void)
{
    const size_t step = step_now();
    for (uint32_t i = 0; i < N_MOVING; i++) {
        const struct seat *seat = hall_seat(stage_hall(&stage), movers[i].session);
        movers[i].tiers[step] |= (uint8_t)(1u << slot_tier(seat->have.slot));
    }
}

static unsigned run_round(unsigned n_most)
{
    const uint64_t end_us = stage.now_us + ROUND_MS * 1000u;
    unsigned n = 0;
    while (stage.now_us < end_us && n < n_most) {
        for (uint32_t i = 0; i < N_MOVING; i++)
            if (stage.now_us >= movers[i].next_us) {
                change(&movers[i]);
                n++;
            }
        note_tiers();
        stage_run(&stage, 5);
    }
    for (int i = 0; i < 100; i++, note_tiers())
        stage_run(&stage, 5);
    return n;
}

// ---- what is heard ------------------------------------------------------------------------------

static double to_db(double ratio)
{
    return 20.0 * log10(ratio + 1e-9);
}

// By the recurrence, within one step.
static double click_db(const float *sound)
{
    const double twice_cos = 2.0 * cos(2.0 * M_PI * TONE_HZ / AUDIO_RATE_HZ);
    double worst = 0.0;
    for (size_t i = 0; i < STEP_SAMPLES; i++)
        worst = fmax(worst, fabs((double)sound[i] - twice_cos * (double)sound[i - 1] +
                                 (double)sound[i - 2]));
    return to_db(worst / AMPLITUDE);
}

static double beside_db(const float *sound)
{
    float power[PIECE / 2];
    double sum = 0.0;
    spectrum_power(sound, PIECE, power);
    for (size_t i = 1; i < PIECE / 2; i++)
        if (fabs((double)i * AUDIO_RATE_HZ / PIECE - TONE_HZ) > BESIDE_HZ)
            sum += (double)power[i];
    return to_db(sqrt(sum * 2.0) / AMPLITUDE);
}

struct noise {
    double click_db, beside_db;
};

struct verdict {
    struct noise over; // that of the tiers heard, or CLICK_DB where that is more
    double least_db;   // against the undisturbed one
    size_t gap_steps;
};

// Which tiers were heard here, or shortly before.
static unsigned tiers_near(const struct mover *mover, size_t step)
{
    unsigned tiers = 0;
    for (size_t i = 0; i <= NEAR_STEPS + AHEAD_STEPS && i <= step; i++)
        tiers |= mover->tiers[step + AHEAD_STEPS - i];
    return tiers;
}

static void judge_noise(const struct mover *mover, size_t step, const struct noise own[TIERS],
                        struct verdict *verdict)
{
    const float *sound = stage_ear(&stage, mover->session)->sound + step * STEP_SAMPLES;
    const unsigned tiers = tiers_near(mover, step);
    struct noise allowed = { CLICK_DB, CLICK_DB };
    for (int tier = 0; tier < TIERS; tier++) {
        if ((tiers >> tier & 1u) == 0)
            continue;
        allowed.click_db = fmax(allowed.click_db, own[tier].click_db);
        allowed.beside_db = fmax(allowed.beside_db, own[tier].beside_db);
    }
    verdict->over.click_db = fmax(verdict->over.click_db, click_db(sound) - allowed.click_db);
    verdict->over.beside_db = fmax(verdict->over.beside_db, beside_db(sound) - allowed.beside_db);
}

// Against the undisturbed one; its tone swells and fades.
static void judge_gap(const struct mover *mover, size_t step, size_t *run, struct verdict *verdict)
{
    const float *still = stage_ear(&stage, FIRST_STILL)->sound + step * STEP_SAMPLES;
    const float *sound = stage_ear(&stage, mover->session)->sound + step * STEP_SAMPLES;
    const double less_db =
        (double)audio_rms_db(sound, STEP_SAMPLES) - (double)audio_rms_db(still, STEP_SAMPLES);
    verdict->least_db = fmin(verdict->least_db, less_db);
    *run = less_db < GAP_DB ? *run + 1 : 0;
    verdict->gap_steps = *run > verdict->gap_steps ? *run : verdict->gap_steps;
}

// What the codec makes of the tone by itself.
static void listen_to_still(struct noise own[TIERS], size_t from, size_t to)
{
    for (uint32_t tier = 0; tier < N_STILL; tier++) {
        const float *sound = stage_ear(&stage, FIRST_STILL + tier)->sound;
        own[tier] = (struct noise){ -200.0, -200.0 };
        for (size_t step = from; step < to; step++) {
            const float *at = sound + step * STEP_SAMPLES;
            own[tier].click_db = fmax(own[tier].click_db, click_db(at));
            own[tier].beside_db = fmax(own[tier].beside_db, beside_db(at));
        }
        print_message("%-9s own clicks %.1f dB, beside the tone %.1f dB\n",
                      tier_spec((enum tier)tier)->name, own[tier].click_db, own[tier].beside_db);
    }
}

static struct verdict judge(void)
{
    struct verdict verdict = { { -200.0, -200.0 }, 0.0, 0 };
    const size_t from = 2800 * 48 / STEP_SAMPLES, to = step_now() - 200 * 48 / STEP_SAMPLES;
    struct noise own[TIERS];
    listen_to_still(own, from, to);
    for (uint32_t i = 0; i < N_MOVING; i++) {
        size_t run = 0;
        for (size_t step = from; step < to; step++) {
            judge_noise(&movers[i], step, own, &verdict);
            judge_gap(&movers[i], step, &run, &verdict);
        }
    }
    print_message("over that: clicks %+.1f dB, beside %+.1f dB; quieter by %.1f dB at most, gaps "
                  "of %zu ms\n",
                  verdict.over.click_db, verdict.over.beside_db, -verdict.least_db,
                  verdict.gap_steps * 5);
    return verdict;
}

static void nobody_hears_a_change_of_encoder(void **state)
{
    (void)state;
    const char *asked = getenv("SUSURRO_SWITCHES");
    const unsigned n_wanted = asked != NULL ? (unsigned)atoi(asked) : SWITCHES;
    spectrum_prepare();
    seed = 11;
    for (unsigned n = 0; n < n_wanted;) {
        open_meeting();
        n += run_round(n_wanted - n);
        const struct verdict verdict = judge();
        assert_true(verdict.gap_steps <= GAP_STEPS);
        assert_true(verdict.over.click_db < OVER_CLICK_DB);
        assert_true(verdict.over.beside_db < OVER_BESIDE_DB);
        stage_close(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_hears_a_change_of_encoder) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
