// SPDX-License-Identifier: BSD-3-Clause
//
// Thousands of random acts and voices; after every tick what must always be so is checked. A
// failure names its seed: TRACKS_SEED=<seed> replays just that one. A twin meeting gets the same
// input but is advanced only while somebody has voice and at its deadlines: it must agree, so a
// silent meeting may sleep.
#include "tracks/tracks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_PEOPLE 12
#define N_SEEDS 24
#define N_TICKS 2500
#define N_LANGS 4
#define N_BOOTHS 4
#define TICK_US 10000u
#define MINUS_TICKS 299

struct actor {
    bool is_here, is_muted;
    struct place place;
    int voice_ticks;  // left to speak
    int silent_ticks; // since the last voice
    bool has_voice;   // voice, not only packets
};
struct world {
    uint64_t seed, random, now_us;
    struct meeting *meeting, *twin;
    struct actor actors[N_PEOPLE + 1]; // by session, 1 and up
    float gains[N_PEOPLE + 1][N_PEOPLE + 1];
    uint64_t revision;
    uint32_t talk_ticks; // somebody begins to speak so often: from a quarrel to long silences
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

// ---- input -------------------------------------------------------------------------------------

static void world_seat(struct world *w, uint32_t session)
{
    static const uint32_t n_places[] = {
        [PLACE_FLOOR] = 1, [PLACE_TRACK] = N_LANGS, [PLACE_BOOTH] = N_BOOTHS
    };
    struct actor *a = &w->actors[session];
    const enum place_kind kind = (enum place_kind)pick(w, 3);
    const struct place place = { kind, (uint8_t)pick(w, n_places[kind]) };
    const bool is_booth_move = kind == PLACE_BOOTH || a->place.kind == PLACE_BOOTH;
    const bool is_same = a->place.kind == kind && a->place.index == place.index;
    const int result = meeting_join(w->meeting, session, place, w->now_us);
    HOLD(w, result == 0);
    HOLD(w, meeting_join(w->twin, session, place, w->now_us) == result);
    if (!a->is_here || (is_booth_move && !is_same)) {
        a->silent_ticks = MINUS_TICKS + 10; // a new voice
    }
    if (!a->is_here) {
        a->is_muted = false;
    }
    a->is_here = true;
    a->place = place;
}

static void world_act(struct world *w)
{
    const uint32_t session = 1 + pick(w, N_PEOPLE);
    struct actor *a = &w->actors[session];
    const uint32_t act = pick(w, 12);
    const int lang = (int)pick(w, N_LANGS + 1) - 1;
    const uint32_t mask = pick(w, 1u << N_LANGS);
    const int level = -(int)pick(w, 121);
    const bool is_muted = pick(w, 3) == 0;
    if (act == 0 || !a->is_here) {
        world_seat(w, session);
        return;
    }
    if (act == 2) {
        a->is_muted = is_muted;
    }
    a->is_here = act != 1;
    for (int i = 0; i < 2; i++) {
        struct meeting *m = i ? w->twin : w->meeting;
        switch (act) {
        case 1:
            meeting_leave(m, session, w->now_us);
            break;
        case 2:
            meeting_set_muted(m, session, is_muted, w->now_us);
            break;
        case 3:
            (void)meeting_set_spoken(m, session, lang, w->now_us);
            break;
        case 4:
            (void)meeting_set_understood(m, session, mask, w->now_us);
            break;
        case 5:
            (void)meeting_set_duck(m, session, level, w->now_us);
            break;
        case 6:
            (void)meeting_set_partner_level(m, session, level, w->now_us);
            break;
        case 7:
            (void)meeting_take(m, session, w->now_us);
            break;
        case 8:
            (void)meeting_set_outgoing(m, session, lang, w->now_us);
            break;
        case 9:
            (void)meeting_go_off_air(m, session, w->now_us);
            break;
        case 10:
            meeting_turn_now(m, (uint8_t)(session % N_BOOTHS), w->now_us);
            break;
        default:
            (void)meeting_go_on_air(m, session, w->now_us);
            break;
        }
    }
}

static bool world_sound(struct world *w)
{
    bool is_any = false;
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        struct actor *a = &w->actors[session];
        a->silent_ticks++;
        if (a->voice_ticks == 0 || !a->is_here) {
            a->voice_ticks = 0;
            a->has_voice = false;
            continue;
        }
        const float level = -20.0f - (float)(session % 3) * 8.0f;
        is_any = true;
        a->voice_ticks--;
        for (int i = 0; i < 2; i++) {
            struct meeting *m = i ? w->twin : w->meeting;
            meeting_packet(m, session, false, w->now_us);
            meeting_voice(m, session, a->has_voice, level, w->now_us);
            if (a->voice_ticks == 0) {
                meeting_silent(m, session, w->now_us);
            }
        }
        if (a->has_voice && !a->is_muted) {
            a->silent_ticks = 0;
        }
    }
    return is_any;
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
        struct actor *a = &w->actors[1 + pick(w, N_PEOPLE)];
        a->voice_ticks = 1 + (int)(pick(w, 3) == 0 ? pick(w, 60) : pick(w, 400));
        a->has_voice = pick(w, 5) != 0;
    }
    if (world_sound(w) || meeting_deadline(w->twin) <= w->now_us) {
        meeting_advance(w->twin, w->now_us);
    }
    meeting_advance(w->meeting, w->now_us);
}

// ---- what must always be so --------------------------------------------------------------------

static bool world_sounds(const struct world *w, uint32_t session)
{
    const struct actor *a = &w->actors[session];
    return a->is_here && a->silent_ticks == 0;
}

static void check_booths(struct world *w)
{
    const struct meeting_config *config = meeting_config(w->meeting);
    for (uint8_t i = 0; i < N_BOOTHS; i++) {
        const struct booth_state b = meeting_booth_state(w->meeting, i);
        const struct actor *a = &w->actors[b.on_air];
        HOLD(w,
             b.on_air == 0 || (a->is_here && a->place.kind == PLACE_BOOTH && a->place.index == i));
        HOLD(w, b.on_air != 0 || !b.is_interpreting);
        HOLD(w, b.n_interpreters > 0 || b.is_resting);
        if (!b.is_resting) {
            const uint8_t x = config->booths[i].lang_a, y = config->booths[i].lang_b;
            HOLD(w, (b.incoming == x && b.outgoing == y) || (b.incoming == y && b.outgoing == x));
        }
    }
}

static void check_ear(struct world *w, uint32_t listener, const float gains[N_PEOPLE + 1])
{
    const struct actor *me = &w->actors[listener];
    bool is_floor_sounding = false, is_something_full = false;
    for (uint32_t speaker = 1; speaker <= N_PEOPLE; speaker++) {
        const struct actor *other = &w->actors[speaker];
        const float gain = gains[speaker];
        HOLD(w, gain <= 0.0f && gain >= TRACKS_SILENT_DB);
        if (!other->is_here) {
            HOLD(w, gain <= TRACKS_SILENT_DB);
            continue;
        }
        const bool is_self = speaker == listener;
        const bool is_interpreter = other->place.kind == PLACE_BOOTH;
        const bool is_on_air =
            is_interpreter && meeting_booth_state(w->meeting, other->place.index).on_air == speaker;
        HOLD(w, !is_self || gain <= TRACKS_SILENT_DB ||
                    (me->place.kind != PLACE_BOOTH && me->silent_ticks >= MINUS_TICKS));
        HOLD(w, !is_interpreter || me->place.kind != PLACE_FLOOR || gain <= TRACKS_SILENT_DB);
        HOLD(w, !is_interpreter || is_on_air || me->place.kind == PLACE_BOOTH ||
                    gain <= TRACKS_SILENT_DB);
        is_floor_sounding |= !is_self && !is_interpreter && world_sounds(w, speaker);
        const bool is_own_booth = is_interpreter && me->place.kind == PLACE_BOOTH &&
                                  me->place.index == other->place.index;
        is_something_full |= gain >= 0.0f && !is_own_booth &&
                             (is_interpreter ? is_on_air : world_sounds(w, speaker));
    }
    HOLD(w, !is_floor_sounding || is_something_full); // nobody is left in silence
}

static void check_hearing(struct world *w)
{
    const bool is_same_revision = meeting_revision(w->meeting) == w->revision;
    for (uint32_t listener = 1; listener <= N_PEOPLE; listener++) {
        struct ear ear, twin_ear;
        float gains[N_PEOPLE + 1] = { 0 };
        const bool is_here = meeting_ear(w->meeting, listener, &ear);
        HOLD(w, is_here == w->actors[listener].is_here);
        HOLD(w, meeting_ear(w->twin, listener, &twin_ear) == is_here);
        HOLD(w, !is_here || ear_equal(&ear, &twin_ear));
        for (uint32_t speaker = 1; is_here && speaker <= N_PEOPLE; speaker++) {
            const float gain = meeting_gain_db(w->meeting, &ear, speaker);
            const float again = meeting_gain_db(w->meeting, &ear, speaker);
            const float twin_gain = meeting_gain_db(w->twin, &ear, speaker);
            HOLD(w, memcmp(&gain, &again, sizeof(gain)) == 0);
            HOLD(w, memcmp(&gain, &twin_gain, sizeof(gain)) == 0);
            gains[speaker] = gain;
        }
        HOLD(w, !is_same_revision || memcmp(gains, w->gains[listener], sizeof(gains)) == 0);
        memcpy(w->gains[listener], gains, sizeof(gains));
        if (is_here) {
            check_ear(w, listener, gains);
        }
    }
    w->revision = meeting_revision(w->meeting);
}

static void world_check(struct world *w)
{
    struct track_event event, twin_event;
    while (meeting_next_event(w->meeting, &event)) {
        HOLD(w, meeting_next_event(w->twin, &twin_event));
        HOLD(w, event.kind == twin_event.kind && event.session == twin_event.session);
        HOLD(w, event.kind < TRACK_EVENT_KINDS && event.at_us <= w->now_us);
    }
    HOLD(w, !meeting_next_event(w->twin, &twin_event));
    HOLD(w, meeting_floor_state(w->meeting).holder == meeting_floor_state(w->twin).holder);
    check_booths(w);
    check_hearing(w);
}

static void world_run(uint64_t seed)
{
    struct meeting_config config;
    meeting_config_defaults(&config);
    config.n_langs = N_LANGS;
    config.n_booths = N_BOOTHS;
    for (uint8_t i = 0; i < N_LANGS; i++) {
        config.langs[i][0] = (char)('a' + i);
    }
    config.booths[0] = (struct booth_config){ .lang_a = 0, .lang_b = 1, .is_air_by_voice = false };
    config.booths[1] = (struct booth_config){ .lang_a = 1, .lang_b = 2, .is_air_by_voice = true };
    config.booths[2] = (struct booth_config){ .lang_a = 0, .lang_b = 2, .is_air_by_voice = false };
    config.booths[3] = (struct booth_config){ .lang_a = 3, .lang_b = 1, .is_air_by_voice = true };
    struct world w = { .seed = seed, .random = seed * 0x9E3779B97F4A7C15u + 1, .now_us = TICK_US };
    w.talk_ticks = (uint32_t[]){ 60, 250, 700 }[seed % 3];
    w.meeting = meeting_new(&config, w.now_us);
    w.twin = meeting_new(&config, w.now_us);
    assert_non_null(w.meeting);
    assert_non_null(w.twin);
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        world_seat(&w, session);
    }
    for (int tick = 0; tick < N_TICKS; tick++) {
        world_tick(&w);
        world_check(&w);
    }
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
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
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
