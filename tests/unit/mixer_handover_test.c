// SPDX-License-Identifier: BSD-3-Clause
//
// Hundreds of handovers in computed time, on lines that lose one packet in twenty. Two
// interpreters, each a tone of their own; what the Spanish track carries is judged block by block:
//
//   - whoever is on air, or both in a handover, is heard in each block in which they speak; where a
//     packet was lost, by what was made up for it: no word goes with the change of hands;
//   - both at most for 4 s and the crossfade of 200 ms; then the successor alone;
//   - who has not taken over yet is not heard, whatever they say to the partner.
//
// MIXER_HANDOVERS=1000 plays so many.
#include "mixer_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_HANDOVERS TEST_TIMES(30, 100) // when nobody asks for more
#define LOSS 50                         // of 1000
#define FADE_TICKS 20
#define SLACK_TICKS 3 // a tick, the limiter, the edge of a ramp
#define BOTH_TICKS 400
#define HEARD_DB (-1.5)
#define SILENT_DB (-20.0) // leaks of the other tone, whose edges are steep

static struct stage stage;
static struct talker *who[2];
static const double tones_hz[2] = { 900.0, 1300.0 }; // whole periods in 10 ms
static uint64_t random_state = 88172645463325252u;

static uint32_t pick(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 16) % n);
}

// What the rule says of each: must they be heard now, must they not.
struct duty {
    bool must_be_heard, must_be_silent;
};
static struct {
    uint64_t ticks, made_up, weak, edges, both, most_both, handovers[4];
} sum;

static double level_of(const float *block, double hz)
{
    double re = 0.0, im = 0.0;
    for (size_t i = 0; i < AUDIO_BLOCK_SAMPLES; i++) {
        const double angle = 2.0 * M_PI * hz * (double)i / AUDIO_RATE_HZ;
        re += (double)block[i] * cos(angle);
        im += (double)block[i] * sin(angle);
    }
    return 20.0 * log10(2.0 * sqrt(re * re + im * im) / AUDIO_BLOCK_SAMPLES + 1e-9);
}

static const struct speaker *speaker_of(uint32_t session)
{
    const struct hall *hall = stage_hall(&stage);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session == session && hall->speakers[i].is_playing &&
            !hall->speakers[i].is_ending)
            return &hall->speakers[i];
    return NULL;
}

// What was decoded of them, as late as the limiter makes the track.
static const float *decoded_of(unsigned i, const struct speaker *speaker)
{
    static float last[2][AUDIO_BLOCK_SAMPLES], block[AUDIO_BLOCK_SAMPLES];
    const size_t late = LIMITER_DELAY_SAMPLES;
    memcpy(block, last[i] + AUDIO_BLOCK_SAMPLES - late, late * sizeof(float));
    memset(last[i], 0, sizeof(last[i]));
    if (speaker != NULL)
        memcpy(last[i], speaker->block, sizeof(last[i]));
    memcpy(block + late, last[i], (AUDIO_BLOCK_SAMPLES - late) * sizeof(float));
    return block;
}

// One block of one interpreter: as it was said, as it was decoded, as the track carries it.
static bool judge(unsigned i, const float *track, struct duty duty)
{
    const struct speaker *speaker = speaker_of(who[i]->session);
    const double there_db = level_of(track, tones_hz[i]);
    const double other_db = level_of(track, tones_hz[1 - i]);
    if (duty.must_be_silent &&
        there_db > fmax(SILENT_DB + 20.0 * log10(who[i]->amplitude), other_db - 15.0))
        fail_msg("%.2f s: %u is heard at %.1f dB", (double)stage.now_us / 1e6, i, there_db);
    const double decoded_db = level_of(decoded_of(i, speaker), tones_hz[i]);
    if (speaker == NULL || !duty.must_be_heard)
        return there_db > -40.0;
    const bool is_made_up = speaker->info.is_concealed;
    sum.ticks++;
    sum.made_up += is_made_up;
    if (decoded_db < -33.0) { // the edge of a word, or what was made up has faded
        sum.weak += is_made_up;
        sum.edges += !is_made_up;
        return there_db > -40.0;
    }
    if (there_db < decoded_db + HEARD_DB)
        fail_msg("%.2f s: of %u at %.1f dB %.1f are heard", (double)stage.now_us / 1e6, i,
                 decoded_db, there_db);
    return there_db > -40.0;
}

// The tap of the Spanish track, the limiter's 2 ms ago: blocks of a steady tone do not care.
static void run(unsigned n_ticks, struct duty first, struct duty second, uint64_t *both_ticks)
{
    static const float silence[AUDIO_BLOCK_SAMPLES];
    for (unsigned k = 0; k < n_ticks; k++) {
        stage_run(&stage, 10);
        const struct mix *tap = stage_hall(&stage)->taps[1 + ES];
        const float *track = tap != NULL ? tap->block : silence;
        const bool is_first = judge(0, track, first);
        const bool is_second = judge(1, track, second);
        *both_ticks += is_first && is_second;
    }
}

static void press(enum mixer_command_kind kind, unsigned i)
{
    stage_command(&stage, kind, who[i]->session, 0);
    assert_int_equal(stage.last_result, 0);
}

static struct booth_state booth(void)
{
    return meeting_booth_state(stage_hall(&stage)->meeting, 0);
}

static void run_duties(unsigned n_ticks, unsigned leaver, struct duty of_leaver,
                       struct duty of_successor, uint64_t *both_ticks)
{
    if (leaver == 0)
        run(n_ticks, of_leaver, of_successor, both_ticks);
    else
        run(n_ticks, of_successor, of_leaver, both_ticks);
}

// Asked or offered, confirmed; the leaver ends the clause, or goes on for too long, or one of the
// two presses again, or the other takes.
static void hand_over(unsigned leaver)
{
    static const struct duty heard = { .must_be_heard = true }, silent = { .must_be_silent = true },
                             either = { 0 };
    const unsigned successor = 1 - leaver;
    const bool is_offer = pick(2) == 0;
    const unsigned ending = pick(8) < 5 ? 0 : 1 + pick(3); // in time, too late, again, taken
    const unsigned says_before = pick(3) == 0; // the successor talks to the partner before
    uint64_t both = 0;
    stage_talk(&stage, who[leaver], true);
    run_duties(60 + pick(60), leaver, heard, silent, &both);
    if (ending == 3) {
        stage_talk(&stage, who[successor], true);
        run_duties(30, leaver, heard, silent, &both);
        press(MIXER_CMD_TAKE, successor);
        run_duties(SLACK_TICKS, leaver, either, either, &both); // a voice's edge takes 10 ms
    } else {
        press(MIXER_CMD_HANDOVER, is_offer ? successor : leaver);
        if (says_before)
            stage_talk(&stage, who[successor], true);
        run_duties(20 + pick(60), leaver, heard, silent, &both);
        press(MIXER_CMD_HANDOVER, is_offer ? leaver : successor);
        assert_int_equal(booth().handover, HANDOVER_BOTH);
        run_duties(SLACK_TICKS, leaver, heard, either, &both);
        unsigned passed = SLACK_TICKS, begins = says_before ? 0 : pick(250);
        const unsigned ends = ending == 0 ? 60 + pick(300) : ending == 1 ? 600 : 60 + pick(200);
        begins = begins < ends ? begins : ends;
        if (passed < begins) {
            run_duties(begins - passed, leaver, heard, silent, &both);
            passed = begins;
        }
        stage_talk(&stage, who[successor], true);
        const unsigned heard_until = ends < BOTH_TICKS - 2 ? ends : BOTH_TICKS - 2;
        run_duties(heard_until - passed, leaver, heard, heard, &both);
        if (ending == 0)
            stage_talk(&stage, who[leaver], false);
        else if (ending == 2)
            press(MIXER_CMD_HANDOVER, pick(2) ? leaver : successor);
    }
    // The end: by its pause, by 4 s, at once.
    run_duties(FADE_TICKS + SLACK_TICKS, leaver, either, heard, &both);
    run_duties(60, leaver, ending == 0 ? either : silent, heard, &both);
    assert_int_equal(booth().on_air, who[successor]->session);
    assert_int_equal(booth().handover, HANDOVER_NONE);
    assert_true(both <= BOTH_TICKS + FADE_TICKS + 2 * SLACK_TICKS);
    stage_talk(&stage, who[leaver], false);
    run_duties(40, leaver, silent, heard, &both);
    sum.both += both;
    sum.most_both = both > sum.most_both ? both : sum.most_both;
    sum.handovers[ending]++;
}

static void no_word_is_lost_nor_doubled(void **state)
{
    (void)state;
    const char *more = getenv("MIXER_HANDOVERS");
    const unsigned n = more != NULL ? (unsigned)strtoul(more, NULL, 10) : N_HANDOVERS;
    stage_open(&stage, 1);
    struct meeting_config config = stage_config(2);
    stage_meeting(&stage, STAGE_MEETING, &config);
    stage_record_meeting(&stage);
    stage_command(&stage, MIXER_CMD_RECORD, 0, 1);
    for (uint32_t i = 0; i < 2; i++) {
        stage_join(&stage, 2 + i, PLACE_BOOTH, 0, TIER_FULL, 1);
        stage_deaf(&stage, 2 + i, true); // their ears are other tests' business
        who[i] = stage_talker(&stage, 2 + i, tones_hz[i]);
        who[i]->loss = LOSS;
        who[i]->seed = 7 + i;
    }
    press(MIXER_CMD_AIR, 0);
    for (unsigned i = 0; i < n; i++)
        hand_over(i % 2);
    printf("%u handovers: %llu by the clause's end, %llu by 4 s, %llu pressed again, %llu taken\n",
           n, (unsigned long long)sum.handovers[0], (unsigned long long)sum.handovers[1],
           (unsigned long long)sum.handovers[2], (unsigned long long)sum.handovers[3]);
    printf("%llu blocks said on air, %llu made up for lost ones, of those %llu too weak; both "
           "together for %.2f s on average, at most %.2f s\n",
           (unsigned long long)sum.ticks, (unsigned long long)sum.made_up,
           (unsigned long long)sum.weak, (double)sum.both / n / 100.0,
           (double)sum.most_both / 100.0);
    assert_in_range(sum.made_up, sum.ticks / 30, sum.ticks / 12);
    assert_true(sum.weak * 10 < sum.made_up);
    assert_true(sum.edges < 4 * n); // a block or two of each time that somebody begins
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(no_word_is_lost_nor_doubled) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
