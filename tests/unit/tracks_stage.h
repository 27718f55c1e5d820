// SPDX-License-Identifier: BSD-3-Clause
//
// A meeting on a stage: actors named by one letter, and a score that says who has voice for how
// long. Time is simulated.
//
//   "a 2000; ai 1000; - 500"   Ana speaks 2 s, then Ana and the interpreter 1 s, then half a second
//   of silence "A 1000"                   a capital: 15 dB louder "i~ 200" packets without voice (a
//   client that sends continuously)
//   "!air i" "!off i" "!take j" "!out es i" "!speak en e" "!mute i" "!unmute i" "!leave i" "!floor
//   l" "!hand j" "!relay en i" "!give a" "!give nobody" "!name es" "!pivot es" "!understand en l"
//   ... acts
//   "!cut i" whenever i falls silent from here on, the line does: no terminator; "!gone i" they
//   did not answer
//
// a speaks en on track en; e speaks es on track es; c speaks es on track es too; f sits on the
// floor channel; l listens on es, m on en, b on es and understands both, k on es with the floor
// ducked to "off"; i and j are in the booth en-es, i is on air. With a relay: r is on air in the
// booth en-fr, g speaks fr, n listens on fr.
#ifndef SUSURRO_TESTS_TRACKS_STAGE_H
#define SUSURRO_TESTS_TRACKS_STAGE_H

#include "tracks/tracks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum stage_lang { EN, ES, FR, HT };
enum stage_kind { STAGE_PAIR, STAGE_EMPTY_BOOTH, STAGE_BY_VOICE, STAGE_RELAY };
#define STAGE_START_US 5000000u
#define STAGE_STARVE_US 250000u
#define STAGE_EVENTS 512

struct stage {
    struct meeting *meeting;
    uint64_t now_us;
    bool was_sounding[128];
    bool is_cut[128];         // ends without a terminator ...
    uint64_t starved_us[128]; // ... and then the source goes idle
    struct track_event events[STAGE_EVENTS];
    size_t n_events;
};

static inline void stage_collect(struct stage *s)
{
    struct track_event event;
    while (meeting_next_event(s->meeting, &event)) {
        assert_true(s->n_events < STAGE_EVENTS);
        s->events[s->n_events++] = event;
    }
}

// How many events of this kind there were since `from`; the last one goes to `out` unless NULL.
static inline size_t stage_count(const struct stage *s, enum track_event_kind kind, size_t from,
                                 struct track_event *out)
{
    size_t n = 0;
    for (size_t i = from; i < s->n_events; i++) {
        if (s->events[i].kind == kind) {
            n++;
            if (out) {
                *out = s->events[i];
            }
        }
    }
    return n;
}

static inline void stage_seat(struct stage *s, char actor, enum place_kind kind, uint8_t index)
{
    const struct place place = { .kind = kind, .index = index };
    assert_int_equal(meeting_join(s->meeting, (uint32_t)actor, place, s->now_us), 0);
}

static inline struct meeting_config stage_config(enum stage_kind kind)
{
    struct meeting_config config;
    meeting_config_defaults(&config);
    config.n_langs = kind == STAGE_RELAY ? 3 : 2;
    config.n_booths = kind == STAGE_RELAY ? 2 : 1;
    strcpy(config.langs[EN], "en");
    strcpy(config.langs[ES], "es");
    strcpy(config.langs[FR], "fr");
    config.default_lang = ES;
    config.turn_us = 0; // no reminder
    config.booths[0] = (struct booth_config){ .lang_a = EN,
                                              .lang_b = ES,
                                              .is_air_by_voice = kind == STAGE_BY_VOICE };
    config.booths[1] = (struct booth_config){ .lang_a = EN, .lang_b = FR };
    return config;
}

static inline void stage_open_empty(struct stage *s, const struct meeting_config *config)
{
    *s = (struct stage){ .meeting = meeting_new(config, STAGE_START_US), .now_us = STAGE_START_US };
    assert_non_null(s->meeting);
}

static inline void stage_open(struct stage *s, enum stage_kind kind)
{
    const struct meeting_config config = stage_config(kind);
    stage_open_empty(s, &config);
    stage_seat(s, 'a', PLACE_TRACK, EN);
    stage_seat(s, 'e', PLACE_TRACK, ES);
    stage_seat(s, 'c', PLACE_TRACK, ES);
    stage_seat(s, 'f', PLACE_FLOOR, 0);
    stage_seat(s, 'l', PLACE_TRACK, ES);
    stage_seat(s, 'm', PLACE_TRACK, EN);
    stage_seat(s, 'b', PLACE_TRACK, ES);
    stage_seat(s, 'k', PLACE_TRACK, ES);
    meeting_set_understood(s->meeting, 'b', 1u << EN | 1u << ES, s->now_us);
    meeting_set_duck(s->meeting, 'k', -120, s->now_us);
    if (kind != STAGE_EMPTY_BOOTH) {
        stage_seat(s, 'i', PLACE_BOOTH, 0);
        stage_seat(s, 'j', PLACE_BOOTH, 0);
    }
    if (kind == STAGE_PAIR || kind == STAGE_RELAY) {
        assert_int_equal(meeting_go_on_air(s->meeting, 'i', s->now_us), 0);
    }
    if (kind == STAGE_RELAY) {
        stage_seat(s, 'g', PLACE_TRACK, FR);
        stage_seat(s, 'n', PLACE_TRACK, FR);
        stage_seat(s, 'r', PLACE_BOOTH, 1);
        assert_int_equal(meeting_go_on_air(s->meeting, 'r', s->now_us), 0);
    }
    stage_collect(s);
}

static inline void stage_close(struct stage *s)
{
    meeting_free(s->meeting);
}

// One tick of 10 ms; `voices` as in a score.
static inline void stage_tick(struct stage *s, const char *voices, size_t n_voices)
{
    bool is_sounding[128] = { false };
    s->now_us += 10000;
    for (size_t i = 0; i < n_voices; i++) {
        const char lower =
            voices[i] >= 'A' && voices[i] <= 'Z' ? (char)(voices[i] + 32) : voices[i];
        const bool is_voice = i + 1 >= n_voices || voices[i + 1] != '~';
        if (lower < 'a' || lower > 'z') {
            continue;
        }
        is_sounding[(size_t)lower] = true;
        if (s->now_us % 20000 == 0 || !s->was_sounding[(size_t)lower]) {
            meeting_packet(s->meeting, (uint32_t)lower, false, s->now_us);
        }
        meeting_voice(s->meeting, (uint32_t)lower, is_voice, lower == voices[i] ? -25.0f : -10.0f,
                      s->now_us);
    }
    for (uint32_t actor = 'a'; actor <= 'z'; actor++) {
        if (is_sounding[actor]) {
            s->starved_us[actor] = 0;
        } else if (s->was_sounding[actor] && s->is_cut[actor]) {
            s->starved_us[actor] = s->now_us + STAGE_STARVE_US;
        } else if (s->was_sounding[actor]) {
            meeting_packet(s->meeting, actor, true, s->now_us);
            meeting_silent(s->meeting, actor, s->now_us);
        } else if (s->starved_us[actor] == s->now_us) {
            meeting_silent(s->meeting, actor, s->now_us);
        }
    }
    memcpy(s->was_sounding, is_sounding, sizeof(is_sounding));
    meeting_advance(s->meeting, s->now_us);
    stage_collect(s);
}

static inline int stage_lang_of(const char *word)
{
    return !strcmp(word, "en")   ? EN
           : !strcmp(word, "es") ? ES
           : !strcmp(word, "fr") ? FR
           : !strcmp(word, "ht") ? HT
                                 : -1;
}

static inline int stage_act(struct stage *s, const char *verb, const char *what, const char *who)
{
    struct meeting *m = s->meeting;
    const uint64_t now = s->now_us;
    const uint32_t actor = (uint32_t)(*who ? *who : *what);
    const struct place floor = { .kind = PLACE_FLOOR };
    const struct place booth = { .kind = PLACE_BOOTH };
    const struct place track = { .kind = PLACE_TRACK, .index = (uint8_t)stage_lang_of(what) };
    if (!strcmp(verb, "!air")) {
        return meeting_go_on_air(m, actor, now);
    } else if (!strcmp(verb, "!off")) {
        return meeting_go_off_air(m, actor, now);
    } else if (!strcmp(verb, "!take")) {
        return meeting_take(m, actor, now);
    } else if (!strcmp(verb, "!out")) {
        return meeting_set_outgoing(m, actor, stage_lang_of(what), now);
    } else if (!strcmp(verb, "!speak")) {
        return meeting_set_spoken(m, actor, stage_lang_of(what), now);
    } else if (!strcmp(verb, "!sit")) {
        return meeting_join(m, actor, track, now);
    } else if (!strcmp(verb, "!floor")) {
        return meeting_join(m, actor, floor, now);
    } else if (!strcmp(verb, "!booth")) {
        return meeting_join(m, actor, booth, now);
    } else if (!strcmp(verb, "!mute") || !strcmp(verb, "!unmute")) {
        meeting_set_muted(m, actor, !strcmp(verb, "!mute"), now);
    } else if (!strcmp(verb, "!leave")) {
        meeting_leave(m, actor, now);
    } else if (!strcmp(verb, "!turn")) {
        meeting_turn_now(m, 0, now);
    } else if (!strcmp(verb, "!cut")) {
        s->is_cut[actor] = true;
    } else if (!strcmp(verb, "!gone")) {
        meeting_vanished(m, actor, now);
    } else if (!strcmp(verb, "!hand")) {
        return meeting_handover(m, actor, now);
    } else if (!strcmp(verb, "!relay")) {
        const int lang = !strcmp(what, "floor") ? TRACKS_RELAY_FLOOR : stage_lang_of(what);
        return meeting_set_relay(m, actor, lang, now); // else: automatic
    } else if (!strcmp(verb, "!give")) {
        return meeting_give_floor(m, !strcmp(what, "nobody") ? 0 : actor, now);
    } else if (!strcmp(verb, "!name")) {
        return meeting_name_floor(m, stage_lang_of(what), now);
    } else if (!strcmp(verb, "!pivot")) {
        return meeting_set_pivot(m, stage_lang_of(what), now);
    } else if (!strcmp(verb, "!understand")) {
        return meeting_set_understood(m, actor, 1u << stage_lang_of(what), now);
    } else {
        fail_msg("no such act: %s", verb);
    }
    return 0;
}

static inline void stage_play(struct stage *s, const char *score)
{
    while (*score) {
        char words[3][16] = { "", "", "" };
        const size_t length = strcspn(score, ";");
        char part[64];
        assert_true(length < sizeof(part));
        memcpy(part, score, length);
        part[length] = '\0';
        sscanf(part, " %15s %15s %15s", words[0], words[1], words[2]);
        if (words[0][0] == '!') {
            assert_int_equal(stage_act(s, words[0], words[1], words[2]), 0);
            stage_collect(s);
        } else if (words[0][0] != '\0') {
            for (int ms = atoi(words[1]); ms > 0; ms -= 10) {
                stage_tick(s, words[0], strlen(words[0]));
            }
        }
        score += length + (score[length] == ';');
    }
}

// The level at which the actor `who` hears `voice`, as a whole number.
static inline int stage_gain(const struct stage *s, char who, char voice)
{
    struct ear ear;
    assert_true(meeting_ear(s->meeting, (uint32_t)who, &ear));
    return (int)meeting_gain_db(s->meeting, &ear, (uint32_t)voice);
}

// "a=-15 i=0 j=x": x is silence. Complains with the row's name.
static inline void stage_expect(const struct stage *s, const char *row, char who,
                                const char *expected)
{
    for (const char *at = expected; *at;) {
        const int want = at[2] == 'x' ? -120 : atoi(at + 2);
        const int got = stage_gain(s, who, at[0]);
        if (want != got) {
            fail_msg("row %s: %c hears %c at %d dB, expected %d (%s)", row, who, at[0], got, want,
                     expected);
        }
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
}

#endif
