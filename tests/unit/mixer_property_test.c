// SPDX-License-Identifier: BSD-3-Clause
//
// Thousands of acts in random order and time. After each the invariants of mixer_int.h are looked
// up; each packet is checked as it comes out (mixer_stage.c).
#include "mixer_stage.h"

#include <stdlib.h>

#define PEOPLE 14
#define STEPS TEST_TIMES(50, 160) // of a run; SUSURRO_STEPS asks for more

static uint32_t seed;
static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * sides) >> 32);
}

static void count_play(const struct play *play, const struct mix *mix, unsigned n[SLOTS])
{
    if (play->mix == mix)
        n[play->slot]++;
}

// A tone is in nobody's ear for whom it is not.
static void check_tones(const struct hall *hall, const struct seat *seat)
{
    const uint32_t tones = tones_for(hall, seat);
    for (unsigned i = 0; i < TONES_MAX && seat->have.mix != NULL; i++)
        if (seat->have.mix->has_target[SPEAKERS_MAX + i] && (tones >> i & 1u) == 0)
            assert_true(seat->have.mix->target_db[SPEAKERS_MAX + i] <= TRACKS_SILENT_DB ||
                        hall->must_assign);
}

static void check_hall(const struct hall *hall)
{
    for (size_t i = 0; i < hall->n_seats; i++) {
        const struct seat *seat = hall->seats[i];
        if (i > 0)
            assert_true(hall->seats[i - 1]->from <= seat->from);
        if (i > 0)
            assert_true(hall->by_session[i - 1]->session < hall->by_session[i]->session);
        for (unsigned k = 0; k < SPEAKERS_MAX && seat->have.mix != NULL; k++)
            if (hall->speakers[k].session == seat->session && seat->have.mix->has_target[k])
                assert_true(seat->have.mix->target_db[k] <= TRACKS_SILENT_DB);
        check_tones(hall, seat);
    }
    unsigned n_in_booths = 0;
    for (size_t i = 0; i < hall->n_seats; i++)
        n_in_booths += hall->seats[i]->place.kind == PLACE_BOOTH;
    assert_int_equal(n_in_booths, hall->n_in_booths);
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next) {
        unsigned n[SLOTS] = { 0 };
        for (size_t i = 0; i < hall->n_seats; i++) {
            count_play(&hall->seats[i]->have, mix, n);
            count_play(&hall->seats[i]->want, mix, n);
        }
        unsigned n_taps = 0;
        for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
            n_taps += hall->taps[i] == mix;
        assert_int_equal(n_taps, mix->n_taps);
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            assert_int_equal(n[slot], mix->streams[slot].n_plays);
            assert_int_equal(n[slot] != 0, mix->streams[slot].encoder != NULL);
        }
    }
}

static void someone_goes_somewhere(struct stage *stage, uint32_t session)
{
    static const enum tier tiers[] = { TIER_STANDARD, TIER_MINIMUM, TIER_FULL, TIER_THIN,
                                       TIER_LIFELINE };
    const struct seat *seat = hall_seat(stage_hall(stage), session);
    enum tier tier = tiers[dice(5)];
    if (seat != NULL && dice(2) == 0) {
        stage_join(stage, session, seat->place.kind, seat->place.index, tier, seat->epoch);
        return;
    }
    enum place_kind kind = (enum place_kind)dice(3);
    uint8_t index = (uint8_t)(kind == PLACE_TRACK ? dice(3) : kind == PLACE_BOOTH ? dice(2) : 0);
    stage_join(stage, session, kind, index, tier, dice(1000));
}

static void someone_acts(struct stage *stage, uint32_t session)
{
    static const enum mixer_command_kind kinds[] = {
        MIXER_CMD_SPOKEN,     MIXER_CMD_UNDERSTOOD, MIXER_CMD_DUCK,     MIXER_CMD_PARTNER_LEVEL,
        MIXER_CMD_MUTED,      MIXER_CMD_AIR,        MIXER_CMD_AIR,      MIXER_CMD_OFF_AIR,
        MIXER_CMD_TAKE,       MIXER_CMD_OUT,        MIXER_CMD_TURN_NOW, MIXER_CMD_HANDOVER,
        MIXER_CMD_HANDOVER,   MIXER_CMD_HANDOVER,   MIXER_CMD_RELAY,    MIXER_CMD_PIVOT,
        MIXER_CMD_FLOOR_LANG, MIXER_CMD_GIVE_FLOOR, MIXER_CMD_VANISHED, MIXER_CMD_MUSIC,
        MIXER_CMD_SIGNAL,     MIXER_CMD_SIGNAL,     MIXER_CMD_FIGURES,  MIXER_CMD_RECORD
    };
    enum mixer_command_kind kind = kinds[dice(ARRAY_LEN(kinds))];
    int32_t value = (int32_t)dice(4) - 1;
    if (kind == MIXER_CMD_UNDERSTOOD)
        value = (int32_t)dice(8);
    if (kind == MIXER_CMD_DUCK || kind == MIXER_CMD_PARTNER_LEVEL)
        value = -(int32_t)dice(5) * 6;
    if (kind == MIXER_CMD_SIGNAL && value == 0)
        session = STAGE_BOOTH(dice(2));
    if (kind == MIXER_CMD_HANDOVER && dice(9) == 0) {
        stage_level_voices(stage, dice(2) == 0);
        return;
    }
    stage_command(stage, kind, session, value);
}

static void step(struct stage *stage)
{
    uint32_t session = 1 + dice(PEOPLE);
    uint32_t what = dice(100);
    struct talker *talker = &stage->talkers[session - 1];
    if (what < 35)
        stage_talk(stage, talker, !talker->is_on);
    else if (what < 60)
        someone_goes_somewhere(stage, session);
    else if (what < 85)
        someone_acts(stage, session);
    else if (what < 92 && hall_seat(stage_hall(stage), session) != NULL)
        stage_deaf(stage, session, dice(2) == 0);
    else if (what < 97) {
        stage_command(stage, MIXER_CMD_LEAVE, session, 0);
        stage_ear(stage, session)->may_hole = 2;
        stage_ear(stage, session)->next_frame = 0;
        stage_ear(stage, session)->is_open = false;
        for (uint32_t i = 1; i <= PEOPLE; i++) // who comes back is somebody new
            if (stage_ear(stage, i)->indicator_from == session)
                stage_ear(stage, i)->indicator_us = 0;
    } else if (what == 99)
        talker->frame = dice(1000); // the client began anew
}

static void invariants_hold(void **state)
{
    (void)state;
    static struct stage stage;
    const char *asked = getenv("SUSURRO_STEPS");
    int n_steps = asked != NULL ? atoi(asked) : STEPS;
    for (uint32_t run = 1; run <= 3; run++) {
        seed = run * 7919;
        stage_open(&stage, 3);
        struct meeting_config config = stage_config(3);
        config.n_booths = 2;
        config.booths[1] = (struct booth_config){ .lang_a = ES, .lang_b = FR };
        stage_record_meeting(&stage);
        stage_meeting(&stage, STAGE_MEETING, &config);
        for (uint32_t i = 1; i <= PEOPLE; i++) {
            stage_talker(&stage, i, 200.0 + 70.0 * i)->blocks = (uint8_t)(i % 3 == 0 ? 1 : 2);
            someone_goes_somewhere(&stage, i);
        }
        for (int i = 0; i < n_steps; i++) {
            step(&stage);
            stage_run(&stage, dice(4) == 0 ? dice(700) : dice(40));
            check_hall(stage_hall(&stage));
        }
        assert_true(stage.delivered > (uint64_t)n_steps);
        for (unsigned i = 0; i < stage.n_talkers; i++)
            stage_talk(&stage, &stage.talkers[i], false);
        stage_run(&stage, 30000); // beyond every turn and handover that is under way
        assert_false(stage.mixer->is_ticking);
        for (uint32_t i = 1; i <= PEOPLE; i++)
            assert_true(!stage_ear(&stage, i)->is_open || stage_ear(&stage, i)->may_hole);
        stage_command(&stage, MIXER_CMD_MEETING_REMOVE, 0, 0);
        stage_close(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(invariants_hold) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
