// SPDX-License-Identifier: BSD-3-Clause
//
// Thousands of acts in random order and time. After each the invariants of mixer_int.h are looked
// up; each packet is checked as it comes out (mixer_stage.c).
#include "mixer_stage.h"

#include <stdlib.h>

#define PEOPLE 14
#define STEPS 160 // of a run; SUSURRO_STEPS asks for more

static uint32_t seed;
static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * sides) >> 32);
}

static void count_play(const struct play *play, const struct mix *mix, unsigned n[TIERS])
{
    if (play->mix == mix)
        n[play->tier]++;
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
    }
    for (const struct mix *mix = hall->mixes; mix != NULL; mix = mix->next) {
        unsigned n[TIERS] = { 0 };
        for (size_t i = 0; i < hall->n_seats; i++) {
            count_play(&hall->seats[i]->have, mix, n);
            count_play(&hall->seats[i]->want, mix, n);
        }
        for (int tier = 0; tier < TIERS; tier++) {
            assert_int_equal(n[tier], mix->streams[tier].n_plays);
            assert_int_equal(n[tier] != 0, mix->streams[tier].encoder != NULL);
        }
    }
}

static void someone_goes_somewhere(struct stage *stage, uint32_t session)
{
    static const enum tier tiers[] = { TIER_STANDARD, TIER_MINIMUM, TIER_FULL, TIER_THIN };
    const struct seat *seat = hall_seat(stage_hall(stage), session);
    enum tier tier = tiers[dice(4)];
    if (seat != NULL && dice(2) == 0) {
        stage_join(stage, session, seat->place.kind, seat->place.index, tier, seat->epoch);
        return;
    }
    enum place_kind kind = (enum place_kind)dice(3);
    uint8_t index = (uint8_t)(kind == PLACE_TRACK ? dice(3) : 0);
    stage_join(stage, session, kind, index, tier, dice(1000));
}

static void someone_acts(struct stage *stage, uint32_t session)
{
    static const enum mixer_command_kind kinds[] = {
        MIXER_CMD_SPOKEN, MIXER_CMD_UNDERSTOOD, MIXER_CMD_DUCK,    MIXER_CMD_PARTNER_LEVEL,
        MIXER_CMD_MUTED,  MIXER_CMD_AIR,        MIXER_CMD_AIR,     MIXER_CMD_OFF_AIR,
        MIXER_CMD_TAKE,   MIXER_CMD_OUT,        MIXER_CMD_TURN_NOW
    };
    enum mixer_command_kind kind = kinds[dice(ARRAY_LEN(kinds))];
    int32_t value = (int32_t)dice(4) - 1;
    if (kind == MIXER_CMD_UNDERSTOOD)
        value = (int32_t)dice(8);
    if (kind == MIXER_CMD_DUCK || kind == MIXER_CMD_PARTNER_LEVEL)
        value = -(int32_t)dice(5) * 6;
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
        stage_run(&stage, 2000);
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
