// SPDX-License-Identifier: BSD-3-Clause
//
// Thousands of random meetings: languages, booths, staff, voices, acts of everybody, lost lines.
// After every tick what must always be so is checked. A twin gets the same input but is advanced
// only while somebody sounds and at its deadlines: it must agree, so a silent meeting may sleep.
//
// A failure names its seed: TRACKS_SEED=<seed> replays just that one. TRACKS_SEQUENCES=10000 runs
// so many.
#include "tracks/tracks_int.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_PEOPLE 12
#define N_SEQUENCES TEST_TIMES(400, 4000) // when nobody asks for more
#define TICK_US 10000u
#define STARVE_TICKS 25 // a source without packets goes idle after so long
#define N_MEMORIES 512

struct actor {
    bool is_here, is_muted;
    struct place place;
    int sound_ticks;    // left of this transmission
    int voice_ticks;    // left of this stretch of voice, or below 0 of silence between words
    int starving_ticks; // since the last packet, while the end has not come; 0: no
    bool has_voice, is_end_lost;
    int silent_ticks;   // since the last voice
    uint64_t answer_us; // a line that has gone: when the question ran out; 0: not asked
    bool is_gone;
};
struct world {
    uint64_t seed, random, now_us;
    struct meeting *meeting, *twin;
    struct meeting_config config;
    struct actor actors[N_PEOPLE + 1]; // by session, 1 and up
    float gains[N_PEOPLE + 1][N_PEOPLE + 1];
    uint64_t revision, both_since_us[TRACKS_BOOTHS_MAX];
    bool is_breathless;  // long stretches without a pause
    uint32_t talk_ticks; // somebody begins to speak so often: from a quarrel to long silences
    struct {
        uint64_t state, gains;
    } memories[N_MEMORIES];
};

static uint32_t pick(struct world *w, uint32_t n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)((w->random >> 16) % n);
}

#define HOLD(w, what)                                                                              \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fail_msg("seed %llu at %llu ms: %s", (unsigned long long)(w)->seed,                    \
                     (unsigned long long)((w)->now_us / 1000), #what);                             \
        }                                                                                          \
    } while (0)

// ---- acts --------------------------------------------------------------------------------------

static void world_seat(struct world *w, uint32_t session)
{
    struct actor *a = &w->actors[session];
    const uint32_t n_kinds = w->config.n_booths > 0 ? 5 : 2;
    const enum place_kind kinds[] = { PLACE_TRACK, PLACE_FLOOR, PLACE_BOOTH, PLACE_BOOTH,
                                      PLACE_TRACK };
    const enum place_kind kind = kinds[pick(w, n_kinds)];
    const uint32_t n_places = kind == PLACE_FLOOR   ? 1
                              : kind == PLACE_TRACK ? w->config.n_langs
                                                    : w->config.n_booths;
    const struct place place = { kind, (uint8_t)pick(w, n_places) };
    const bool is_booth_move = kind == PLACE_BOOTH || a->place.kind == PLACE_BOOTH;
    const bool is_same = a->place.kind == kind && a->place.index == place.index;
    const int result = meeting_join(w->meeting, session, place, w->now_us);
    HOLD(w, result == 0);
    HOLD(w, meeting_join(w->twin, session, place, w->now_us) == result);
    if (!a->is_here || (is_booth_move && !is_same)) {
        a->silent_ticks = 1000; // a new voice
    }
    if (!a->is_here) {
        a->is_muted = a->is_gone = false;
    }
    a->is_here = true;
    a->place = place;
}

enum act {
    ACT_SEAT,
    ACT_LEAVE,
    ACT_MUTE,
    ACT_SPOKEN,
    ACT_UNDERSTOOD,
    ACT_DUCK,
    ACT_PARTNER,
    ACT_TAKE,
    ACT_OUT,
    ACT_OFF,
    ACT_TURN,
    ACT_AIR,
    ACT_HANDOVER,
    ACT_RELAY,
    ACT_GIVE,
    ACT_NAME,
    ACT_PIVOT,
    ACTS
};

static int act_on(struct meeting *m, enum act act, uint32_t session, int lang, uint32_t number,
                  uint64_t now_us)
{
    const int level = -(int)(number % 121);
    switch (act) {
    case ACT_LEAVE:
        meeting_leave(m, session, now_us);
        return 0;
    case ACT_MUTE:
        meeting_set_muted(m, session, number % 3 == 0, now_us);
        return 0;
    case ACT_SPOKEN:
        return meeting_set_spoken(m, session, lang, now_us);
    case ACT_UNDERSTOOD:
        return meeting_set_understood(m, session, number % (1u << meeting_config(m)->n_langs),
                                      now_us);
    case ACT_DUCK:
        return meeting_set_duck(m, session, level, now_us);
    case ACT_PARTNER:
        return meeting_set_partner_level(m, session, level, now_us);
    case ACT_TAKE:
        return meeting_take(m, session, now_us);
    case ACT_OUT:
        return meeting_set_outgoing(m, session, lang, now_us);
    case ACT_OFF:
        return meeting_go_off_air(m, session, now_us);
    case ACT_TURN:
        meeting_turn_now(m, (uint8_t)(number % TRACKS_BOOTHS_MAX), now_us);
        return 0;
    case ACT_HANDOVER:
        return meeting_handover(m, session, now_us);
    case ACT_RELAY:
        return meeting_set_relay(m, session, number % 4 ? lang : TRACKS_RELAY_FLOOR, now_us);
    case ACT_GIVE:
        return meeting_give_floor(m, number % 3 ? session : 0, now_us);
    case ACT_NAME:
        return meeting_name_floor(m, lang, now_us);
    case ACT_PIVOT:
        return meeting_set_pivot(m, lang, now_us);
    case ACT_AIR:
    case ACT_SEAT:
    case ACTS:
        break;
    }
    return meeting_go_on_air(m, session, now_us);
}

static void world_act(struct world *w)
{
    const uint32_t session = 1 + pick(w, N_PEOPLE);
    struct actor *a = &w->actors[session];
    // Interpreters do most of it.
    const enum act act = (enum act)(a->place.kind == PLACE_BOOTH && pick(w, 2)
                                        ? (uint32_t[]){ ACT_AIR, ACT_HANDOVER, ACT_HANDOVER,
                                                        ACT_TAKE, ACT_RELAY, ACT_OUT }[pick(w, 6)]
                                        : pick(w, ACTS));
    const int lang = (int)pick(w, w->config.n_langs + 1u) - 1;
    const uint32_t number = pick(w, 1u << 16);
    if (act == ACT_SEAT || !a->is_here) {
        world_seat(w, session);
        return;
    }
    if (act == ACT_MUTE) {
        a->is_muted = number % 3 == 0;
    }
    a->is_here = act != ACT_LEAVE;
    const int result = act_on(w->meeting, act, session, lang, number, w->now_us);
    HOLD(w, act_on(w->twin, act, session, lang, number, w->now_us) == result);
}

// ---- sound -------------------------------------------------------------------------------------

static void begin_to_sound(struct world *w, uint32_t session)
{
    struct actor *a = &w->actors[session];
    if (a->is_gone || a->sound_ticks > 0) {
        return;
    }
    const uint32_t breath = w->is_breathless ? 900 : 150;
    a->sound_ticks = 2 + (int)(pick(w, 3) == 0 ? pick(w, 60) : pick(w, breath + 250));
    a->has_voice = pick(w, 6) != 0;
    a->is_end_lost = pick(w, 8) == 0;
    a->voice_ticks = 10 + (int)pick(w, breath);
    a->is_gone = pick(w, 40) == 0; // this will be the last of them
}

static void sound_both(struct world *w, uint32_t session, bool is_voice, bool is_packet,
                       bool is_end)
{
    const float level = -20.0f - (float)(session % 3) * 8.0f;
    for (int i = 0; i < 2; i++) {
        struct meeting *m = i ? w->twin : w->meeting;
        if (is_packet) {
            meeting_packet(m, session, is_end, w->now_us);
        }
        if (is_end) {
            meeting_silent(m, session, w->now_us);
        } else {
            meeting_voice(m, session, is_voice, level, w->now_us);
        }
    }
}

// One tick of one voice: as clients with voice activation send, and lines lose.
static bool sound_one(struct world *w, uint32_t session)
{
    struct actor *a = &w->actors[session];
    a->silent_ticks++;
    if (!a->is_here) {
        a->sound_ticks = a->starving_ticks = 0;
        return false;
    }
    if (a->sound_ticks > 0) {
        a->sound_ticks--;
        a->voice_ticks =
            a->voice_ticks > 1 ? a->voice_ticks - 1
            : a->voice_ticks == 1
                ? -5 - (int)pick(w, 60)
                : a->voice_ticks + 1 + (a->voice_ticks == -1 ? 10 + (int)pick(w, 150) : 0);
        const bool is_voice = a->has_voice && a->voice_ticks > 0;
        const bool is_end = a->sound_ticks == 0 && !a->is_end_lost && !a->is_gone;
        sound_both(w, session, is_voice, is_end || pick(w, 20) != 0, is_end);
        if (is_voice && !is_end && !a->is_muted) {
            a->silent_ticks = 0;
        }
        a->starving_ticks = a->sound_ticks == 0 && !is_end;
        return true;
    }
    if (a->starving_ticks > 0 && ++a->starving_ticks == STARVE_TICKS) {
        meeting_silent(w->meeting, session, w->now_us);
        meeting_silent(w->twin, session, w->now_us);
        a->starving_ticks = 0;
    }
    return a->starving_ticks > 0;
}

// Who is suspect is asked; those whose line has gone do not answer.
static void answer_questions(struct world *w)
{
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        struct actor *a = &w->actors[session];
        if (a->answer_us != 0 && w->now_us >= a->answer_us) {
            a->answer_us = 0;
            a->is_gone = pick(w, 2) == 0; // or comes back
            meeting_vanished(w->meeting, session, w->now_us);
            meeting_vanished(w->twin, session, w->now_us);
        }
    }
}

static void world_tick(struct world *w)
{
    w->now_us += TICK_US;
    while (meeting_deadline(w->twin) < w->now_us) { // what was due while it slept
        meeting_advance(w->twin, meeting_deadline(w->twin));
    }
    if (pick(w, w->talk_ticks / 2) == 0) {
        world_act(w);
    }
    if (pick(w, w->talk_ticks) == 0) {
        begin_to_sound(w, 1 + pick(w, N_PEOPLE));
    }
    answer_questions(w);
    bool is_sounding = false;
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        is_sounding |= sound_one(w, session);
    }
    if (is_sounding || meeting_deadline(w->twin) <= w->now_us) {
        meeting_advance(w->twin, w->now_us);
    }
    meeting_advance(w->meeting, w->now_us);
}

#include "tracks_property_checks.h"

// ---- a meeting ---------------------------------------------------------------------------------

static void random_booth(struct world *w, struct booth_config *booth)
{
    const uint8_t n_langs = w->config.n_langs;
    booth->lang_a = (uint8_t)pick(w, n_langs);
    booth->lang_b = (uint8_t)((booth->lang_a + 1 + pick(w, n_langs - 1u)) % n_langs);
    booth->is_air_by_voice = pick(w, 3) == 0;
    booth->is_one_way = pick(w, 6) == 0;
    for (uint8_t lang = 0; lang < n_langs && !booth->is_one_way && pick(w, 4) == 0; lang++) {
        if (lang != booth->lang_a && lang != booth->lang_b) {
            booth->lang_c = lang;
            booth->has_third = true;
        }
    }
}

static void world_open(struct world *w)
{
    meeting_config_defaults(&w->config);
    w->is_breathless = pick(w, 3) == 0;
    w->config.n_langs = (uint8_t)(2 + pick(w, 4));
    w->config.n_booths = (uint8_t)pick(w, TRACKS_BOOTHS_MAX);
    if (pick(w, 4) == 0) { // many ways between few languages
        w->config.n_langs = 3;
        w->config.n_booths = TRACKS_BOOTHS_MAX;
    }
    w->config.default_lang = (uint8_t)pick(w, w->config.n_langs);
    w->config.turn_us = pick(w, 3) ? 0 : 5000000;
    w->config.hold_us = pick(w, 3) ? 2000000 : 600000;
    for (uint8_t i = 0; i < w->config.n_langs; i++) {
        w->config.langs[i][0] = (char)('a' + i);
    }
    for (uint8_t i = 0; i < w->config.n_booths; i++) {
        random_booth(w, &w->config.booths[i]);
    }
    w->meeting = meeting_new(&w->config, w->now_us);
    w->twin = meeting_new(&w->config, w->now_us);
    assert_non_null(w->meeting);
    assert_non_null(w->twin);
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        world_seat(w, session);
    }
}

// All fall silent; after the last hold and offer there is nothing more to wait for.
static void world_rest(struct world *w)
{
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        w->actors[session].sound_ticks = 0;
        meeting_silent(w->meeting, session, w->now_us);
        meeting_silent(w->twin, session, w->now_us);
    }
    for (int wakes = 0; meeting_deadline(w->twin) != UINT64_MAX; wakes++) {
        HOLD(w, wakes < 60);
        HOLD(w, meeting_deadline(w->twin) > w->now_us);
        const uint64_t slept_us = meeting_deadline(w->twin) - w->now_us;
        for (uint32_t session = 1; session <= N_PEOPLE; session++) {
            w->actors[session].silent_ticks += (int)(slept_us / TICK_US);
        }
        w->now_us += slept_us;
        meeting_advance(w->meeting, w->now_us);
        meeting_advance(w->twin, w->now_us);
        world_check(w);
    }
    HOLD(w, meeting_deadline(w->meeting) == UINT64_MAX);
    for (uint8_t i = 0; i < w->config.n_booths; i++) {
        const struct booth_state b = meeting_booth_state(w->meeting, i);
        HOLD(w, !b.is_pending && !b.is_interpreting && b.handover == HANDOVER_NONE);
    }
    const uint64_t revision = meeting_revision(w->meeting);
    w->now_us += 3600u * 1000000ull;
    meeting_advance(w->meeting, w->now_us);
    HOLD(w, meeting_revision(w->meeting) == revision);
    check_tree(w);
}

static void world_run(uint64_t seed)
{
    struct world w = { .seed = seed, .random = seed * 0x9E3779B97F4A7C15u + 1, .now_us = TICK_US };
    w.talk_ticks = (uint32_t[]){ 20, 60, 250 }[seed % 3];
    world_open(&w);
    const uint32_t n_ticks = seed % 50 == 0 ? 5000 : 200 + pick(&w, 400);
    for (uint32_t tick = 0; tick < n_ticks; tick++) {
        world_tick(&w);
        world_check(&w);
    }
    world_rest(&w);
    meeting_free(w.meeting);
    meeting_free(w.twin);
}

static void random_meetings_keep_the_rules(void **state)
{
    (void)state;
    const char *replay = getenv("TRACKS_SEED");
    if (replay) {
        world_run(strtoull(replay, NULL, 10));
        return;
    }
    const char *more = getenv("TRACKS_SEQUENCES");
    const uint64_t n = more ? strtoull(more, NULL, 10) : N_SEQUENCES;
    for (uint64_t seed = 1; seed <= n; seed++) {
        world_run(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_meetings_keep_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
