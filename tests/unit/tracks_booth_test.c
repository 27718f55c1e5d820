// SPDX-License-Identifier: BSD-3-Clause
//
// What interpreters do with each other and with the floor: handing over, relays, booths of three,
// one-way booths, vanishing; and what the chair is told. The stage and its scores are explained in
// tracks_stage.h.
#include "tracks_stage.h"

// ---- handover ----------------------------------------------------------------------------------

// i is on air, j is the partner, f comes into the booth as a third. The span is 3 s after "a 3000;
// ai", 5 s after "a 5000; ai", and 2 s before.
static const struct {
    const char *name, *score;
    char on_air, successor;
    enum handover_state state;
} handovers[] = {
    { "the one on air asks", "!hand i", 'i', 0, HANDOVER_ASKED },
    { "... and withdraws", "!hand i; !hand i", 'i', 0, HANDOVER_NONE },
    { "the partner offers", "!hand j", 'i', 'j', HANDOVER_OFFERED },
    { "... and withdraws", "!hand j; !hand j", 'i', 0, HANDOVER_NONE },
    { "another partner would rather", "!booth f; !hand j; !hand f", 'i', 'f', HANDOVER_OFFERED },
    { "asked and confirmed", "!hand i; !hand j", 'i', 'j', HANDOVER_BOTH },
    { "offered and confirmed", "!hand j; !hand i", 'i', 'j', HANDOVER_BOTH },
    { "an offer is kept for a minute", "!hand i; - 59990", 'i', 0, HANDOVER_ASKED },
    { "... and not longer", "!hand i; - 60000", 'i', 0, HANDOVER_NONE },
    { "... nor the partner's", "!hand j; - 60000", 'i', 0, HANDOVER_NONE },

    { "both talk: for 4 s", "a 3000; ai 500; !hand i; !hand j; aij 3990", 'i', 'j', HANDOVER_BOTH },
    { "... and not longer", "a 3000; ai 500; !hand i; !hand j; aij 4000", 'j', 0, HANDOVER_NONE },
    { "the leaver's pause, the successor has begun",
      "a 3000; ai 500; !hand i; !hand j; aij 500; aj 390", 'i', 'j', HANDOVER_BOTH },
    { "... of 400 ms", "a 3000; ai 500; !hand i; !hand j; aij 500; aj 400", 'j', 0, HANDOVER_NONE },
    { "the leaver was silent already", "a 3000; ai 500; a 1000; !hand i; !hand j; aj 10", 'j', 0,
      HANDOVER_NONE },
    { "nobody begins: until the span is over", "a 3000; ai 500; !hand i; !hand j; a 2990", 'i', 'j',
      HANDOVER_BOTH },
    { "... and then", "a 3000; ai 500; !hand i; !hand j; a 3000", 'j', 0, HANDOVER_NONE },
    { "a long span: 4 s are the most", "a 5000; ai 500; !hand i; !hand j; a 3990", 'i', 'j',
      HANDOVER_BOTH },
    { "... and not longer", "a 5000; ai 500; !hand i; !hand j; a 4000", 'j', 0, HANDOVER_NONE },
    { "voice from before is no beginning", "a 3000; aij 500; !hand i; !hand j; a 500", 'i', 'j',
      HANDOVER_BOTH },
    { "a cough is no pause", "a 3000; ai 500; !hand i; !hand j; aij 500; !mute i; aj 3490", 'i',
      'j', HANDOVER_BOTH },
    { "... but 4 s are the most", "a 3000; ai 500; !hand i; !hand j; aij 500; !mute i; aj 3500",
      'j', 0, HANDOVER_NONE },

    { "the leaver again: at once", "a 3000; ai 500; !hand i; !hand j; aij 500; !hand i", 'j', 0,
      HANDOVER_NONE },
    { "the successor again: at once", "a 3000; ai 500; !hand i; !hand j; aij 500; !hand j", 'j', 0,
      HANDOVER_NONE },
    { "the leaver goes off air", "!hand i; !hand j; !off i", 'j', 0, HANDOVER_NONE },
    { "the successor does after all not", "!hand i; !hand j; !off j", 'i', 0, HANDOVER_NONE },
    { "a third takes", "!booth f; !hand i; !hand j; !take f", 'f', 0, HANDOVER_NONE },
    { "the successor takes", "!hand i; !hand j; !take j", 'j', 0, HANDOVER_NONE },
    { "the leaver takes it back", "!hand i; !hand j; !take i", 'i', 0, HANDOVER_NONE },
    { "take after asking", "!hand i; !take j", 'j', 0, HANDOVER_NONE },

    { "the leaver leaves", "!hand i; !hand j; !leave i", 'j', 0, HANDOVER_NONE },
    { "the successor leaves", "!hand i; !hand j; !leave j", 'i', 0, HANDOVER_NONE },
    { "the one who asked leaves", "!hand i; !leave i", 0, 0, HANDOVER_NONE },
    { "the one who offered leaves", "!hand j; !leave j", 'i', 0, HANDOVER_NONE },
    { "asked, and nobody is left to hear it", "!hand i; !leave j", 'i', 0, HANDOVER_NONE },
    { "asked, and one is left", "!booth f; !hand i; !leave j", 'i', 0, HANDOVER_ASKED },
    { "the leaver vanishes", "!cut i; a 3000; ai 500; !hand i; !hand j; ai 100; a 200; !gone i",
      'j', 0, HANDOVER_NONE },
    { "the successor vanishes",
      "!cut j; a 3000; ai 500; !hand i; !hand j; aij 300; ai 200; !gone j", 'i', 0, HANDOVER_NONE },
    { "the one who offered vanishes: is not on air, is not asked",
      "!cut j; !hand j; j 100; - 1000; !gone j", 'i', 'j', HANDOVER_OFFERED },
};

static void one_key_hands_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(handovers) / sizeof(handovers[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, handovers[i].score);
        const struct booth_state booth = meeting_booth_state(stage.meeting, 0);
        if (booth.on_air != (uint32_t)handovers[i].on_air ||
            booth.successor != (uint32_t)handovers[i].successor ||
            booth.handover != handovers[i].state) {
            fail_msg("%s: on air %u, successor %u, state %d", handovers[i].name, booth.on_air,
                     booth.successor, booth.handover);
        }
        stage_close(&stage);
    }
}

static void handovers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    struct meeting *m = stage.meeting;
    const uint64_t now = stage.now_us;
    assert_int_equal(meeting_handover(m, 'l', now), TRACKS_E_NOT_IN_BOOTH);
    assert_int_equal(meeting_handover(m, 'z', now), TRACKS_E_UNKNOWN_MEMBER);
    stage_play(&stage, "!booth f; !hand i; !hand j");
    assert_int_equal(meeting_handover(m, 'f', now), TRACKS_E_ON_AIR_TAKEN);
    stage_play(&stage, "!off i; !off j");
    assert_int_equal(meeting_handover(m, 'j', now), TRACKS_E_NOT_ON_AIR);
    stage_play(&stage, "!air i; !leave j; !leave f");
    assert_int_equal(meeting_handover(m, 'i', now), TRACKS_E_NO_PARTNER);
    stage_close(&stage);
}

static void both_are_heard_in_a_handover(void **state)
{
    (void)state;
    struct stage stage;
    struct meeting_figures figures;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; aij 500");
    stage_expect(&stage, "before", 'l', "a=-15 i=0 j=x");
    const size_t from = stage.n_events;
    stage_play(&stage, "!hand j; !hand i; aij 1000");
    stage_expect(&stage, "both", 'l', "a=-15 i=0 j=0");
    stage_expect(&stage, "both, understood", 'm', "a=0 i=x j=x");
    stage_expect(&stage, "both, off", 'k', "a=x i=0 j=0");
    stage_expect(&stage, "both, the leaver", 'i', "a=0 i=x j=-12");
    stage_expect(&stage, "both, the successor", 'j', "a=0 i=-12 j=x");
    stage_expect(&stage, "both, the floor", 'f', "a=0 i=x j=x");
    stage_play(&stage, "aij 3010");
    stage_expect(&stage, "after", 'l', "a=-15 i=x j=0");
    stage_expect(&stage, "after, the leaver", 'i', "a=0 j=-12");
    stage_expect(&stage, "after, the successor", 'j', "a=0 i=-6");
    assert_int_equal(meeting_fade_ms(stage.meeting, 'i'), 200);
    assert_int_equal(meeting_fade_ms(stage.meeting, 'j'), 0);
    stage_play(&stage, "aij 200");
    assert_int_equal(meeting_fade_ms(stage.meeting, 'i'), 0);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_ON_AIR, from, NULL), 1);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_OFF_AIR, from, NULL), 0);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_INTERPRETING, from, NULL), 0);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_HANDOVER, from, NULL), 3);
    meeting_figures(stage.meeting, &figures);
    assert_int_equal(figures.booths[0].n_handovers, 1);
    stage_close(&stage);
}

static void the_time_on_air_is_told_once(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_PAIR);
    config.turn_us = 60u * 1000000u;
    struct stage stage;
    struct track_event event;
    stage_open_empty(&stage, &config);
    stage_seat(&stage, 'i', PLACE_BOOTH, 0);
    stage_seat(&stage, 'j', PLACE_BOOTH, 0);
    stage_play(&stage, "!air i; i 59980");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TIMER, 0, NULL), 0);
    stage_play(&stage, "i 90000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TIMER, 0, &event), 1);
    assert_int_equal(event.session, 'i');
    stage_play(&stage, "!take j; - 60000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TIMER, 0, &event), 2);
    assert_int_equal(event.session, 'j');
    stage_close(&stage);
}

// ---- vanishing ---------------------------------------------------------------------------------

static const struct {
    const char *name, *score;
    size_t n_suspects;
    char on_air;
} vanishings[] = {
    { "an end is an end", "a 1000; ai 500; a 5000; !gone i", 0, 'i' },
    { "150 ms are not enough", "!cut i; a 1000; ai 510; a 140; !gone i", 0, 'i' },
    { "160 ms", "!cut i; a 1000; ai 510; a 160", 1, 'i' },
    { "asked once", "!cut i; a 1000; ai 510; a 5000", 1, 'i' },
    { "no answer", "!cut i; a 1000; ai 510; a 500; !gone i", 1, 0 },
    { "packets came meanwhile", "!cut i; a 1000; ai 510; a 300; ai 10; !gone i", 1, 'i' },
    { "muted meanwhile", "!cut i; a 1000; ai 510; a 300; !mute i; !gone i", 1, 'i' },
    { "muted before", "!cut i; a 1000; ai 510; !mute i; a 5000", 0, 'i' },
    { "unmuted long after a lost end", "!cut i; a 1000; ai 510; !mute i; a 5000; !unmute i; a 500",
      0, 'i' },
    { "off air meanwhile", "!cut i; a 1000; ai 510; a 200; !off i; a 200; !gone i", 1, 0 },
    { "who is not on air is not asked", "!cut j; a 1000; aj 510; a 1000", 0, 'i' },
    { "on air long after a lost end", "!cut j; a 1000; aj 510; a 1000; !take j; a 1000", 0, 'j' },
    { "the partner by voice", "!cut i; a 1000; ai 510; a 500; !gone i; aj 1010", 1, 'j' },
    { "the vanished one by a packet", "!cut i; a 1000; ai 510; a 500; !gone i; ai 10", 1, 'i' },
    { "... within ten seconds", "!cut i; a 1000; ai 510; a 500; !gone i; a 9900; ai 10", 1, 'i' },
    { "... later by voice", "!cut i; a 1000; ai 510; a 500; !gone i; a 10100; ai 900", 1, 0 },
    { "... as anybody", "!cut i; a 1000; ai 510; a 500; !gone i; a 10100; ai 1010", 1, 'i' },
    { "... not while the partner speaks", "!cut i; a 1000; ai 510; a 500; !gone i; aj 300; aij 500",
      1, 0 },
    { "... nor after the partner", "!cut i; a 1000; ai 510; a 500; !gone i; aj 1010; ai 900", 1,
      'j' },
    { "... nor muted", "!cut i; a 1000; ai 510; a 500; !gone i; !mute i; ai 500", 1, 0 },
    { "... nor from another place",
      "!cut i; a 1000; ai 510; a 500; !gone i; !sit es i; !booth i; ai 500", 1, 0 },
    { "... and not again and again",
      "!cut i; a 1000; ai 510; a 500; !gone i; ai 510; a 500; !gone i; ai 510; a 10", 2, 0 },
};

static void those_who_vanish_are_asked_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vanishings) / sizeof(vanishings[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, vanishings[i].score);
        const size_t n = stage_count(&stage, TRACK_EVENT_SUSPECT, 0, NULL);
        const uint32_t on_air = meeting_booth_state(stage.meeting, 0).on_air;
        if (n != vanishings[i].n_suspects || on_air != (uint32_t)vanishings[i].on_air) {
            fail_msg("%s: %zu suspects, %u on air", vanishings[i].name, n, on_air);
        }
        stage_close(&stage);
    }
}

static void vanishing_brings_the_floor_back(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    struct meeting_figures figures;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "!cut i; a 3000; ai 500; a 400");
    stage_expect(&stage, "suspect", 'l', "a=-15 i=0");
    stage_play(&stage, "!gone i");
    stage_expect(&stage, "vanished", 'l', "a=0 i=x");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_OFF_AIR, 0, &event), 1);
    assert_int_equal(event.session, 'i');
    assert_int_equal(event.value, 2);
    meeting_figures(stage.meeting, &figures);
    assert_int_equal(figures.booths[0].n_vanished, 1);
    stage_close(&stage);
}

// ---- relays and booths of three ----------------------------------------------------------------

// fr is spoken by g; booths en-fr, es-fr, and en-es-ht of three, with p, q and t in them. h listens
// on ht, l on es, m on en.
static void stage_open_three(struct stage *s)
{
    struct meeting_config config;
    meeting_config_defaults(&config);
    config.n_langs = 4;
    config.n_booths = 3;
    static const char *const names[] = { "en", "es", "fr", "ht" };
    for (size_t i = 0; i < 4; i++) {
        strcpy(config.langs[i], names[i]);
    }
    config.turn_us = 0;
    config.booths[0] = (struct booth_config){ .lang_a = EN, .lang_b = FR };
    config.booths[1] = (struct booth_config){ .lang_a = ES, .lang_b = FR };
    config.booths[2] =
        (struct booth_config){ .lang_a = EN, .lang_b = ES, .lang_c = HT, .has_third = true };
    stage_open_empty(s, &config);
    stage_seat(s, 'a', PLACE_TRACK, EN);
    stage_seat(s, 'e', PLACE_TRACK, ES);
    stage_seat(s, 'g', PLACE_TRACK, FR);
    stage_seat(s, 'h', PLACE_TRACK, HT);
    stage_seat(s, 'l', PLACE_TRACK, ES);
    stage_seat(s, 'm', PLACE_TRACK, EN);
    stage_seat(s, 'p', PLACE_BOOTH, 0);
    stage_seat(s, 'q', PLACE_BOOTH, 1);
    stage_seat(s, 't', PLACE_BOOTH, 2);
    stage_play(s, "!air p; !air q; !air t");
    stage_collect(s);
}

// What the booth of three does.
static const struct {
    const char *name, *score;
    int incoming, outgoing; // -1: it rests
    uint8_t depth;
} threes[] = {
    { "from the floor, the first", "a 2000; - 3000", EN, ES, 0 },
    { "by choice into the third", "a 2000; - 3000; !out ht t", EN, HT, 0 },
    { "... before anybody has spoken", "!out ht t", EN, HT, 0 },
    { "... and kept then", "!out ht t; a 2000; - 3000", EN, HT, 0 },
    { "... and back", "a 2000; - 3000; !out ht t; !out es t", EN, ES, 0 },
    { "a choice is kept when the floor changes",
      "!leave q; !leave p; a 2000; - 3000; !out ht t; g 3000; - 3000; a 2000; - 3000", EN, HT, 0 },
    { "it is the other way round", "a 2000; - 3000; !out en t", ES, EN, 0 },
    { "from another language of the floor", "e 2000; - 3000", ES, EN, 0 },
    { "by relay where the others do not go", "g 2000; - 3000", EN, HT, 1 },
    { "the relay is chosen", "g 2000; - 3000; !relay es t", ES, HT, 1 },
    { "... and automatic again: the present tree", "g 2000; - 3000; !relay es t; !relay auto t", ES,
      HT, 1 },
    { "the moderator's pivot", "!pivot es; g 2000; - 3000", ES, HT, 1 },
    { "... comes after the booth's own choice", "!pivot es; g 2000; - 3000; !relay en t", EN, HT,
      1 },
    { "... and before the present tree", "g 2000; - 3000; !pivot es; - 3000", ES, HT, 1 },
    { "the chosen relay has gone", "g 2000; - 3000; !relay es t; !leave q; - 3000", EN, HT, 1 },
    { "a choice in a relay", "g 2000; - 3000; !leave q; - 3000; !out es t", EN, ES, 1 },
    { "no way", "!leave p; !leave q; g 2000; - 3000", -1, -1, 0 },
};

static void a_booth_of_three_chooses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(threes) / sizeof(threes[0]); i++) {
        struct stage stage;
        stage_open_three(&stage);
        stage_play(&stage, threes[i].score);
        const struct booth_state b = meeting_booth_state(stage.meeting, 2);
        const int incoming = b.is_resting ? -1 : b.incoming;
        const int outgoing = b.is_resting ? -1 : b.outgoing;
        if (incoming != threes[i].incoming || outgoing != threes[i].outgoing ||
            b.depth != threes[i].depth) {
            fail_msg("%s: from %d into %d, depth %u", threes[i].name, incoming, outgoing, b.depth);
        }
        stage_close(&stage);
    }
}

// Another booth has fulfilled the wish of the one of three: it is free for the language that is
// left, and no track stays without a path.
static void a_booth_of_three_takes_what_is_left(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_RELAY);
    config.booths[0] =
        (struct booth_config){ .lang_a = EN, .lang_b = ES, .lang_c = FR, .has_third = true };
    config.booths[1] = (struct booth_config){ .lang_a = EN, .lang_b = FR };
    struct stage stage;
    stage_open_empty(&stage, &config);
    stage_seat(&stage, 'a', PLACE_TRACK, EN);
    stage_seat(&stage, 'r', PLACE_BOOTH, 1);
    stage_play(&stage, "a 2000; - 1000");
    stage_seat(&stage, 't', PLACE_BOOTH, 0);
    stage_play(&stage, "!out fr t; a 1000");
    const struct booth_state t = meeting_booth_state(stage.meeting, 0);
    assert_true(!t.is_resting && t.incoming == EN && t.outgoing == ES);
    assert_false(meeting_booth_state(stage.meeting, 1).is_resting);
    stage_close(&stage);
}

static void relays_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_open_three(&stage);
    stage_play(&stage, "g 2000; - 3000");
    struct meeting *m = stage.meeting;
    assert_int_equal(meeting_set_relay(m, 'h', EN, stage.now_us), TRACKS_E_NOT_IN_BOOTH);
    assert_int_equal(meeting_set_relay(m, 'z', EN, stage.now_us), TRACKS_E_UNKNOWN_MEMBER);
    assert_int_equal(meeting_set_relay(m, 't', 4, stage.now_us), TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_set_relay(m, 't', -3, stage.now_us), TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_set_relay(m, 't', FR, stage.now_us),
                     TRACKS_E_NO_PATH); // unknown to it
    assert_int_equal(meeting_set_relay(m, 't', HT, stage.now_us),
                     TRACKS_E_NO_PATH); // its own track
    assert_int_equal(meeting_set_relay(m, 'p', EN, stage.now_us), TRACKS_E_NO_PATH); // a loop
    assert_int_equal(meeting_booth_state(m, 2).relay, TRACKS_RELAY_AUTO);
    assert_int_equal(meeting_set_pivot(m, 4, stage.now_us), TRACKS_E_UNKNOWN_LANGUAGE);
    stage_close(&stage);
}

static void one_way_booths_never_turn(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_PAIR);
    config.booths[0].is_one_way = true; // en to es
    struct stage stage;
    stage_open_empty(&stage, &config);
    stage_seat(&stage, 'a', PLACE_TRACK, EN);
    stage_seat(&stage, 'e', PLACE_TRACK, ES);
    stage_seat(&stage, 'l', PLACE_TRACK, ES);
    stage_seat(&stage, 'm', PLACE_TRACK, EN);
    stage_seat(&stage, 'i', PLACE_BOOTH, 0);
    stage_play(&stage, "!air i; a 3000; ai 500");
    stage_expect(&stage, "its way", 'l', "a=-15 i=0");
    stage_play(&stage, "- 1000; e 5000; ei 500");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    stage_expect(&stage, "the other", 'm', "e=0 i=x");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_UNCOVERED, 0, NULL), 1);
    assert_int_equal(meeting_set_outgoing(stage.meeting, 'i', EN, stage.now_us), TRACKS_E_ONE_WAY);
    stage_play(&stage, "!out es i; ei 500"); // she speaks English, then
    stage_expect(&stage, "corrected", 'l', "e=-15 i=0");
    stage_close(&stage);
}

// The chain fr -> en -> es: what each hears while the floor's language changes in mid-relay.
static void a_relay_ends_when_the_floor_knows_better(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_RELAY);
    stage_play(&stage, "g 2000; gr 2000; gri 3000");
    stage_expect(&stage, "relay", 'l', "g=-15 i=0 r=x");
    stage_expect(&stage, "relay", 'i', "g=x r=0");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).depth, 1);
    assert_int_equal(meeting_track_state(stage.meeting, ES).depth, 2);

    // English is spoken now. i hears it at once, and r to the end; turns in a pause.
    stage_play(&stage, "ari 2000");
    stage_expect(&stage, "pending", 'i', "a=0 r=0");
    stage_expect(&stage, "pending", 'l', "a=-15 i=0 r=x");
    stage_expect(&stage, "finishing", 'm', "a=-6 r=0 i=x");
    stage_play(&stage, "ai 2500; a 500; ai 500");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).depth, 0);
    assert_int_equal(meeting_booth_state(stage.meeting, 0).incoming, EN);
    assert_int_equal(meeting_booth_state(stage.meeting, 1).outgoing, FR);
    stage_expect(&stage, "after", 'i', "a=0 r=x");
    stage_expect(&stage, "after", 'l', "a=-15 i=0 r=x");
    stage_expect(&stage, "after", 'm', "a=0 r=x i=x");
    stage_expect(&stage, "after", 'n', "a=0 r=0 i=x");
    stage_close(&stage);
}

// r is 2 s behind the floor and i 2 s behind r: i's turn waits for both.
static void a_relay_booth_turns_when_the_whole_chain_is_through(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_RELAY);
    stage_play(&stage, "g 2000; gr 2000; gri 2000; ri 2000; i 2000; - 2000");
    assert_int_equal(meeting_booth_state(stage.meeting, 1).span_ms, 2000);
    assert_int_equal(meeting_booth_state(stage.meeting, 0).span_ms, 2000); // behind what it hears
    assert_int_equal(meeting_track_state(stage.meeting, EN).delay_ms, 2000);
    assert_int_equal(meeting_track_state(stage.meeting, ES).delay_ms, 4000); // behind the floor
    stage_play(&stage, "g 2000; gri 2000"); // Spanish from here: en-es turns to es -> en
    stage_play(&stage, "er 1000; e 900; ei 500; e 900"); // 3.3 s: a pause, but too early
    assert_int_equal(meeting_booth_state(stage.meeting, 0).outgoing, ES);
    stage_play(&stage, "e 1080"); // 4.38 s after the old end
    assert_int_equal(meeting_booth_state(stage.meeting, 0).outgoing, ES);
    stage_play(&stage, "e 30");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).outgoing, EN);
    stage_close(&stage);
}

static void the_floor_instead_of_a_relay(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    stage_open(&stage, STAGE_RELAY);
    stage_play(&stage, "g 2000; gr 1000; gri 500");
    const size_t from = stage.n_events;
    stage_play(&stage, "!relay floor i");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_PATH, from, &event), 1);
    assert_int_equal(event.value, 0);
    stage_play(&stage, "gri 100");
    stage_expect(&stage, "by ear", 'i', "g=0 r=x");
    stage_expect(&stage, "onto the track all the same", 'l', "g=-15 i=0 r=x");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).relay, TRACKS_RELAY_FLOOR);
    stage_play(&stage, "!relay auto i; gri 100");
    stage_expect(&stage, "by relay again", 'i', "g=x r=0");
    stage_close(&stage);
}

// A relay that was chosen is for what was spoken then. g speaks fr, a en; r is in the booth en-fr.
static const struct {
    const char *name, *score;
    int relay;
} relays[] = {
    { "holds", "g 2000; gr 1000; !relay floor i; gri 5000", TRACKS_RELAY_FLOOR },
    { "not for a word in another language", "g 2000; !relay floor i; - 1000; a 1000",
      TRACKS_RELAY_FLOOR },
    { "not for another language", "g 2000; !relay floor i; - 1000; a 2000", TRACKS_RELAY_AUTO },
    { "again for the first", "g 2000; !relay floor i; - 1000; a 2000; - 1000; g 2000",
      TRACKS_RELAY_FLOOR },
    { "for another who speaks it", "!speak fr f; g 2000; !relay floor i; - 1000; f 2000",
      TRACKS_RELAY_FLOOR },
    { "before anybody spoke: for all", "!relay floor i; g 2000; - 1000; a 2000",
      TRACKS_RELAY_FLOOR },
    { "taken back: for all",
      "!relay floor i; g 2000; - 1000; a 2000; !relay auto i; - 1000; g 2000", TRACKS_RELAY_AUTO },
    { "until the booth is empty",
      "g 2000; !relay floor i; !leave i; !leave j; - 1000; a 2000; - 1000; g 2000",
      TRACKS_RELAY_AUTO },
};

static void a_relay_is_for_what_is_spoken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(relays) / sizeof(relays[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_RELAY);
        stage_play(&stage, relays[i].score);
        const int relay = meeting_booth_state(stage.meeting, 0).relay;
        if (relay != relays[i].relay) {
            fail_msg("%s: relay %d", relays[i].name, relay);
        }
        stage_close(&stage);
    }
}

// Two booths en-es, x and y, and a change of staff that sends the one out and the other in, each to
// what the other says. Neither may hear what it said itself.
static void no_ring_of_relays_while_booths_turn(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_RELAY);
    config.n_booths = 4;
    config.booths[0] = config.booths[1] = (struct booth_config){ .lang_a = EN, .lang_b = ES };
    config.booths[2] = (struct booth_config){ .lang_a = FR, .lang_b = EN };
    config.booths[3] = (struct booth_config){ .lang_a = FR, .lang_b = ES };
    struct stage stage;
    stage_open_empty(&stage, &config);
    stage_seat(&stage, 'g', PLACE_TRACK, FR);
    stage_seat(&stage, 'l', PLACE_TRACK, ES);
    stage_seat(&stage, 'm', PLACE_TRACK, EN);
    stage_seat(&stage, 'x', PLACE_BOOTH, 0);
    stage_seat(&stage, 'p', PLACE_BOOTH, 2);
    stage_play(&stage, "!air x; !air p; g 1000; gp 3000; gpx 2000; - 2000"); // x's span: 3 s
    assert_int_equal(meeting_booth_state(stage.meeting, 0).span_ms, 3000);
    stage_seat(&stage, 'y', PLACE_BOOTH, 1);
    stage_seat(&stage, 'q', PLACE_BOOTH, 3);
    stage_play(&stage, "!air y; !air q; gpx 500; !leave p; gxyq 500");
    const struct booth_state x = meeting_booth_state(stage.meeting, 0);
    const struct booth_state y = meeting_booth_state(stage.meeting, 1);
    assert_true(x.incoming == EN && x.outgoing == ES && y.incoming == ES && y.outgoing == EN);
    stage_expect(&stage, "x: its pivot has gone", 'x', "g=0 y=x q=x");
    stage_expect(&stage, "y: the new pivot", 'y', "g=x x=x q=0");
    stage_play(&stage, "gyq 1000");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    stage_expect(&stage, "y goes on", 'y', "g=x q=0");
    stage_close(&stage);
}

// ---- turning at once ---------------------------------------------------------------------------

// Whoever turns it in a pause: nobody on the new track loses the floor to voice they did not hear.
static void a_turned_booth_begins_anew(void **state)
{
    (void)state;
    static const char *const acts[] = { "!out en i", "!turn" };
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, "a 3000; ai 2000; ei 2000; e 100");
        assert_true(meeting_booth_state(stage.meeting, 0).is_pending);
        const size_t from = stage.n_events;
        stage_play(&stage, acts[i]);
        stage_play(&stage, "e 10");
        stage_expect(&stage, acts[i], 'm', "e=0");
        stage_expect(&stage, acts[i], 'l', "e=0");
        assert_int_equal(stage_count(&stage, TRACK_EVENT_INTERPRETING, from, NULL), 1); // ended
        stage_play(&stage, "ei 10");
        stage_expect(&stage, acts[i], 'm', "e=-15 i=0");
        stage_close(&stage);
    }
}

// ---- figures, and whether all has been interpreted ---------------------------------------------

static void figures_add_up(void **state)
{
    (void)state;
    struct stage stage;
    struct meeting_figures f;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; ai 5000; i 1000; - 5000"); // not more than the span uncovered
    meeting_figures(stage.meeting, &f);
    assert_int_equal(f.since_us, STAGE_START_US);
    assert_int_equal(f.langs[EN].spoken_us, 8000000);
    assert_int_equal(f.langs[ES].spoken_us, 0);
    assert_int_equal(f.langs[ES].needed_us, 8000000);
    assert_int_equal(f.langs[ES].air_us, 6000000);
    assert_in_range(f.langs[ES].uncovered_us, 990000, 1010000); // 3 s less the 2 of an unknown span
    assert_int_equal(f.langs[EN].needed_us, 0);
    assert_int_equal(f.booths[0].span_ms, 3000);
    assert_int_equal(f.booths[0].n_spans, 1);
    stage_play(&stage, "!off i; a 10000"); // nobody: all but the span
    meeting_figures(stage.meeting, &f);
    assert_in_range(f.langs[ES].uncovered_us, 7990000, 8020000);
    stage_play(&stage, "!leave i; !leave j; a 5000"); // no path: from the first block
    meeting_figures(stage.meeting, &f);
    assert_in_range(f.langs[ES].uncovered_us, 12990000, 13020000);
    assert_int_equal(f.langs[ES].needed_us, 23000000);
    stage_close(&stage);
}

static void the_chair_is_told_when_all_is_said(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    assert_true(meeting_floor_state(stage.meeting).is_drained);
    stage_play(&stage, "a 3000; ai 3000"); // span 3 s
    assert_false(meeting_floor_state(stage.meeting).is_drained);
    stage_play(&stage, "i 2000; - 900");
    assert_false(meeting_floor_state(stage.meeting).is_drained); // 2.9 s after the last word
    stage_play(&stage, "- 110");
    assert_true(meeting_floor_state(stage.meeting).is_drained);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DRAINED, 0, NULL), 1);
    stage_play(&stage, "a 2000; ai 1000; i 5000"); // the interpreter takes longer
    assert_false(meeting_floor_state(stage.meeting).is_drained);
    stage_play(&stage, "- 390");
    assert_false(meeting_floor_state(stage.meeting).is_drained);
    stage_play(&stage, "- 20");
    assert_true(meeting_floor_state(stage.meeting).is_drained);
    stage_play(&stage, "!off i; a 1000; - 410"); // nobody interprets
    assert_true(meeting_floor_state(stage.meeting).is_drained);
    stage_close(&stage);
}

static void a_relay_drains_as_a_chain(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_RELAY);
    stage_play(&stage, "g 2000; gr 2000; gri 2000; ri 1000; - 2950"); // 2 s and 2 s
    assert_false(meeting_floor_state(stage.meeting).is_drained);
    stage_play(&stage, "- 100");
    assert_true(meeting_floor_state(stage.meeting).is_drained);
    stage_close(&stage);
}

static void uncovered_ends_when_it_is_covered(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "!off i; a 11000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_UNCOVERED, 0, NULL), 1);
    stage_play(&stage, "!air i; ai 500");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_COVERED, 0, NULL), 1);
    stage_close(&stage);
}

// ---- what may change while people are in it ----------------------------------------------------

static void some_things_change_in_mid_meeting(void **state)
{
    (void)state;
    struct stage stage;
    struct ear ear;
    stage_open(&stage, STAGE_PAIR);
    struct meeting_config config = stage_config(STAGE_PAIR);
    config.duck_db = -24;
    config.hold_us = 500000;
    config.booths[0].is_air_by_voice = true;
    assert_int_equal(meeting_reconfigure(stage.meeting, &config, stage.now_us), 0);
    assert_true(meeting_ear(stage.meeting, 'l', &ear));
    assert_int_equal(ear.duck_db, -24);
    assert_true(meeting_ear(stage.meeting, 'k', &ear)); // who has chosen keeps the choice
    assert_int_equal(ear.duck_db, -120);
    assert_true(meeting_config(stage.meeting)->booths[0].is_air_by_voice);
    stage_play(&stage, "a 3000; ai 500; a 490");
    stage_expect(&stage, "hold", 'l', "a=-24");
    stage_play(&stage, "a 20");
    stage_expect(&stage, "hold", 'l', "a=0");
    stage_play(&stage, "!off i; i 1010");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).on_air, 'i');
    config.booths[0].is_one_way = true;
    assert_int_equal(meeting_reconfigure(stage.meeting, &config, stage.now_us), TRACKS_E_CONFIG);
    config = stage_config(STAGE_PAIR);
    config.booths[0].lang_a = ES;
    config.booths[0].lang_b = EN;
    assert_int_equal(meeting_reconfigure(stage.meeting, &config, stage.now_us), TRACKS_E_CONFIG);
    config = stage_config(STAGE_PAIR);
    strcpy(config.langs[EN], "de");
    assert_int_equal(meeting_reconfigure(stage.meeting, &config, stage.now_us), TRACKS_E_CONFIG);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_hands_over),
        cmocka_unit_test(handovers_that_cannot_be_are_refused),
        cmocka_unit_test(both_are_heard_in_a_handover),
        cmocka_unit_test(the_time_on_air_is_told_once),
        cmocka_unit_test(those_who_vanish_are_asked_first),
        cmocka_unit_test(vanishing_brings_the_floor_back),
        cmocka_unit_test(a_booth_of_three_chooses),
        cmocka_unit_test(a_booth_of_three_takes_what_is_left),
        cmocka_unit_test(relays_that_cannot_be_are_refused),
        cmocka_unit_test(one_way_booths_never_turn),
        cmocka_unit_test(a_relay_ends_when_the_floor_knows_better),
        cmocka_unit_test(a_relay_booth_turns_when_the_whole_chain_is_through),
        cmocka_unit_test(the_floor_instead_of_a_relay),
        cmocka_unit_test(a_relay_is_for_what_is_spoken),
        cmocka_unit_test(no_ring_of_relays_while_booths_turn),
        cmocka_unit_test(a_turned_booth_begins_anew),
        cmocka_unit_test(figures_add_up),
        cmocka_unit_test(the_chair_is_told_when_all_is_said),
        cmocka_unit_test(a_relay_drains_as_a_chain),
        cmocka_unit_test(uncovered_ends_when_it_is_covered),
        cmocka_unit_test(some_things_change_in_mid_meeting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
