// SPDX-License-Identifier: BSD-3-Clause
//
// Rules besides the table: who holds the floor, when a booth turns, going on air, cough, spans,
// limits, deadlines. The stage and its scores are explained in tracks_stage.h.
#include "tracks_stage.h"

// ---- who holds the floor -----------------------------------------------------------------------

static const struct {
    const char *name, *score;
    char holder, second;
    enum stage_lang lang;
} floors[] = {
    { "nobody yet", "- 1000", 0, 0, ES },
    { "the first voice", "a 10", 'a', 0, EN },
    { "kept in silence", "a 2000; - 60000", 'a', 0, EN },
    { "(a) too early", "a 2000; - 100; e 590", 'a', 'e', EN },
    { "(a) both", "a 2000; - 100; e 620", 'e', 0, ES },
    { "(a) interjection in a pause", "a 2000; - 2000; e 500; - 1000", 'a', 0, EN },
    { "(a) voice in two parts is one run", "a 2000; - 2000; e 300; - 300; e 310", 'e', 0, ES },
    { "(a) voice before a pause does not count", "a 2000; - 900; e 300; - 500; e 500", 'a', 'e',
      EN },
    { "(b) overlap, equally loud", "a 2000; ae 5000", 'a', 'e', EN },
    { "(b) overlap, much louder, not yet", "a 2000; aE 1400", 'a', 'e', EN },
    { "(b) overlap, much louder", "a 2000; aE 1600", 'e', 'a', ES },
    { "(b) the holder much louder", "A 2000; Ae 5000", 'a', 'e', EN },
    { "(b) in the holder's pauses", "a 2000; e 550; ae 400; e 550; ae 400; e 500", 'e', 0, ES },
    { "(b) voice of an earlier turn does not count", "a 2000; aE 1600; a 800; e 100", 'a', 'e',
      EN },
    { "two others, the longer run", "a 1000; ae 500; c 10; ec 900", 'e', 'c', ES },
    { "leaving", "a 2000; !leave a", 0, 0, EN },
    { "into a booth", "a 2000; !booth a", 0, 0, EN },
    { "from track to floor", "a 2000; !floor a; a 10", 'a', 0, ES },
    { "an interpreter never", "i 3000; j 3000", 0, 0, ES },
    { "muted", "a 2000; !mute e; - 1000; e 2000", 'a', 0, EN },
    { "given: nobody takes it", "a 2000; !give a; - 1000; e 5000", 'a', 'e', EN },
    { "given: however loud", "a 2000; !give a; aE 5000", 'a', 'e', EN },
    { "given to another: at the first word", "a 2000; !give e; ae 10", 'e', 'a', ES },
    { "given to another, who is silent", "a 2000; !give c; - 1000; e 700", 'e', 0, ES },
    { "given to nobody", "a 2000; !give a; - 1000; e 1000; !give nobody; e 10", 'e', 0, ES },
    { "given, and gone", "a 2000; !give a; !leave a; e 10", 'e', 0, ES },
    { "given, and into a booth", "a 2000; !give a; !booth a; e 1000; - 1000; c 700", 'c', 0, ES },
    { "named while one speaks", "a 2000; !name es", 'a', 0, ES },
    { "named, then they choose", "a 2000; !name es; !speak en a", 'a', 0, EN },
    { "named before anybody speaks", "!name en", 0, 0, EN },
    { "named: of whoever is first", "!name en; e 10", 'e', 0, EN },
    { "named: and of nobody else", "!name en; e 2000; - 1000; c 700", 'c', 0, ES },
    { "named what is so already: in this turn, wherever they sit", "a 2000; !name en; !sit es a",
      'a', 0, EN },
    { "... and of no other", "a 2000; !name en; !sit es a; e 10; - 1000; e 700", 'e', 0, ES },
    { "... and in the next it is the seat's",
      "a 2000; !name en; !sit es a; - 1000; e 700; - 1000; a 700", 'a', 0, ES },
    { "... or until they choose", "a 2000; !name en; !sit es a; !speak default a", 'a', 0, ES },
    { "confirmed by the booth: likewise", "a 2000; !out es i; !sit es a; a 10", 'a', 0, EN },
    { "... and afterwards", "a 2000; !out es i; !sit es a; - 1000; e 700; - 1000; a 700", 'a', 0,
      ES },
    { "corrected by the booth: in this turn", "e 2000; !out es i; !floor e; e 10", 'e', 0, EN },
    { "... and remembered", "e 2000; !out es i; - 1000; c 700; - 1000; e 700", 'e', 0, EN },
    { "... wherever they sit", "e 2000; !out es i; - 1000; c 700; !floor e; - 1000; e 700", 'e', 0,
      EN },
    { "... until they choose", "e 2000; !out es i; !speak es e; e 10", 'e', 0, ES },
    { "... or the booth thinks better of it", "e 2000; !out es i; !out en i; e 10", 'e', 0, ES },
    { "what another chooses changes nothing", "a 2000; !name en; !sit es a; !speak es c", 'a', 0,
      EN },
};

static void holder_of_the_floor(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, floors[i].score);
        const struct floor_state floor = meeting_floor_state(stage.meeting);
        if (floor.holder != (uint32_t)floors[i].holder ||
            floor.second != (uint32_t)floors[i].second || floor.lang != floors[i].lang) {
            fail_msg("%s: holder %c second %c lang %d", floors[i].name,
                     floor.holder ? (char)floor.holder : '-',
                     floor.second ? (char)floor.second : '-', floor.lang);
        }
        stage_close(&stage);
    }
}

// ---- when a booth turns ------------------------------------------------------------------------

// A score, and where the booth en-es speaks onto after it. Its span is 2 s until "a 3000; ai" has
// measured 3 s. s is the default.
static const struct {
    const char *name, *score;
    enum stage_lang outgoing;
    bool is_pending;
} turns[] = {
    { "the first voice, nothing to finish", "a 10", ES, false },
    { "nothing said since the old end: after the span", "a 5000; e 1900", ES, true },
    { "... and then", "a 5000; e 2100", EN, false },
    { "a turn under 1.5 s", "a 5000; - 1000; e 1400; - 9000", ES, false },
    { "a turn of 1.5 s", "a 5000; - 1000; e 1510; - 400", EN, false },
    { "back-channel, then Ana again", "a 5000; - 800; e 1000; - 800; a 3000; e 300", ES, false },
    { "a pause before the span is over", "a 3000; ai 2000; i 800; ei 200; e 600", ES, false },
    { "a pause counts from the span's end", "a 3000; ai 2000; i 200; e 3150", ES, true },
    { "... and 400 ms", "a 3000; ai 2000; i 200; e 3250", EN, false },
    { "finishing, no pause", "a 3000; ai 2000; ei 6000", ES, true },
    { "finishing, pause of 390 ms", "a 3000; ai 2000; ei 3000; e 390", ES, true },
    { "finishing, pause of 400 ms", "a 3000; ai 2000; ei 3000; e 400", EN, false },
    { "8 s after: 140 ms", "a 3000; ai 2000; ei 10000; e 140", ES, true },
    { "8 s after: 150 ms", "a 3000; ai 2000; ei 10000; e 150", EN, false },
    { "never in the middle of voice", "a 3000; ai 2000; ei 60000", ES, true },
    { "the interpreter turns at once", "a 3000; ai 2000; ei 3000; !out en i; ei 10", EN, false },
    { "the moderator turns at once", "a 3000; ai 2000; ei 3000; !turn; ei 10", EN, false },
    { "the interpreter stays", "a 3000; ai 2000; ei 3000; !out es i; e 3000", ES, false },
    { "the speaker says otherwise", "a 5000; !speak es a; a 2100", EN, false },
    { "a language chosen in mid-turn waits", "a 3000; ai 3000; !speak es a; ai 3000", ES, true },
    { "nobody on air", "!off i; a 5000; e 2100", EN, false },
    { "the one on air leaves", "a 3000; ai 3000; ei 3000; !leave i; e 500", EN, false },
    { "not during a cough", "a 3000; ai 2000; ei 2500; !mute i; e 5000", ES, true },
    { "the floor goes back in time", "a 3000; ai 2000; ei 2600; ai 3000; a 1000", ES, false },
};

static void booth_turns_in_a_pause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, turns[i].score);
        const struct booth_state booth = meeting_booth_state(stage.meeting, 0);
        if (booth.outgoing != turns[i].outgoing || booth.incoming == booth.outgoing ||
            booth.is_pending != turns[i].is_pending || booth.is_resting) {
            fail_msg("%s: outgoing %d pending %d", turns[i].name, booth.outgoing, booth.is_pending);
        }
        stage_close(&stage);
    }
}

static void turn_is_told_before_and_after(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; ai 2000");
    const size_t from = stage.n_events;
    stage_play(&stage, "ei 3000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TURN_PENDING, from, &event), 1);
    assert_int_equal(event.lang, EN);
    assert_int_equal(event.session, 'i');
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DIRECTION, from, NULL), 0);
    stage_play(&stage, "e 500; ei 100");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TURN_PENDING, from, NULL), 1);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DIRECTION, from, &event), 1);
    assert_int_equal(event.lang, ES);  // incoming
    assert_int_equal(event.lang2, EN); // outgoing
    assert_int_equal(stage_count(&stage, TRACK_EVENT_INTERPRETING, from, NULL), 2);
    stage_expect(&stage, "after the turn", 'm', "e=-15 i=0");
    stage_expect(&stage, "after the turn", 'l', "e=0 i=x");
    stage_close(&stage);
}

static void a_turn_that_is_off_is_told(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; ai 2000");
    const size_t from = stage.n_events;
    stage_play(&stage, "ei 2600");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TURN_PENDING, from, &event), 1);
    assert_true(event.value == 0 && event.lang == EN);
    stage_play(&stage, "ai 3000; a 1000"); // the floor goes back in time
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TURN_PENDING, from, &event), 2);
    assert_true(event.value == 1 && event.lang == ES && event.lang2 == EN);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DIRECTION, from, NULL), 0);
    stage_close(&stage);
}

// A bilingual sits on es and speaks English: everybody's row is wrong until the interpreter says
// so.
static void out_corrects_the_holder_for_everybody(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "e 3000; ei 1000");
    stage_expect(&stage, "before", 'l', "e=0 i=x");
    stage_expect(&stage, "before", 'm', "e=-15 i=0");
    stage_play(&stage, "!out es i; ei 10");
    stage_expect(&stage, "after", 'l', "e=-15 i=0");
    stage_expect(&stage, "after", 'm', "e=0 i=x");
    assert_int_equal(meeting_floor_state(stage.meeting).lang, EN);
    stage_play(&stage, "c 4000; - 1000; e 2000"); // remembered in her next turn
    assert_int_equal(meeting_floor_state(stage.meeting).lang, EN);
    stage_play(&stage, "!speak default e; e 10"); // until she chooses
    assert_int_equal(meeting_floor_state(stage.meeting).lang, ES);
    stage_close(&stage);
}

static void out_needs_an_interpreter_a_language_and_a_holder(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_RELAY);
    struct meeting *m = stage.meeting;
    assert_int_equal(meeting_set_outgoing(m, 'i', ES, stage.now_us), TRACKS_E_NO_FLOOR);
    stage_play(&stage, "a 1000");
    assert_int_equal(meeting_set_outgoing(m, 'l', ES, stage.now_us), TRACKS_E_NOT_IN_BOOTH);
    assert_int_equal(meeting_set_outgoing(m, 'z', ES, stage.now_us), TRACKS_E_UNKNOWN_MEMBER);
    assert_int_equal(meeting_set_outgoing(m, 'i', FR, stage.now_us), TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_set_outgoing(m, 'i', -1, stage.now_us), TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_set_outgoing(m, 'i', ES, stage.now_us), 0);
    stage_close(&stage);
}

static void a_relay_booth_confirms_without_correcting(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_RELAY);
    stage_play(&stage, "g 2000; !out es i");
    assert_int_equal(meeting_floor_state(stage.meeting).lang, FR);
    stage_close(&stage);
}

// ---- the tree of languages

static void tree_follows_floor_and_staff(void **state)
{
    (void)state;
    struct stage stage;
    struct booth_state booth;
    stage_open(&stage, STAGE_RELAY); // en-es, en-fr
    stage_play(&stage, "g 2000");
    booth = meeting_booth_state(stage.meeting, 0);
    assert_true(booth.incoming == EN && booth.outgoing == ES && !booth.is_resting);
    booth = meeting_booth_state(stage.meeting, 1);
    assert_true(booth.incoming == FR && booth.outgoing == EN && !booth.is_resting);

    size_t from = stage.n_events; // the pivot goes: en-es is off the tree and is told so
    stage_play(&stage, "!leave r; g 500");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_RESTING, from, NULL), 1);
    stage_play(&stage, "gi 1000");
    stage_expect(&stage, "resting", 'i', "g=0");
    stage_expect(&stage, "resting", 'l', "g=0 i=x");
    stage_expect(&stage, "resting", 'm', "g=0 i=x");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_INTERPRETING, from, NULL), 0);

    from = stage.n_events;
    stage_play(&stage, "e 4000"); // es: the booth has work again
    booth = meeting_booth_state(stage.meeting, 0);
    assert_true(booth.incoming == ES && booth.outgoing == EN && !booth.is_resting);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DIRECTION, from, NULL), 1);
    stage_close(&stage);
}

// In a booth that rests people talk to each other, also the one on air: what is half said is not
// for the listeners when there is work again.
static void a_resting_booth_does_not_begin_in_mid_word(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_RELAY);
    stage_play(&stage, "g 2000; !leave r; g 3000; - 3000");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    const size_t from = stage.n_events;
    stage_play(&stage, "i 500; ei 3000");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    assert_true(meeting_booth_state(stage.meeting, 0).is_pending);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_TURN_PENDING, from, NULL), 1);
    stage_expect(&stage, "in mid-word", 'm', "e=0 i=x");
    stage_play(&stage, "e 390");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    stage_play(&stage, "e 20");
    assert_false(meeting_booth_state(stage.meeting, 0).is_resting);
    stage_play(&stage, "ei 500");
    stage_expect(&stage, "after a pause", 'm', "e=-15 i=0");
    stage_play(&stage, "i 1000; - 5000; g 3000; - 5000");
    assert_true(meeting_booth_state(stage.meeting, 0).is_resting);
    stage_play(&stage, "i 1000; e 410"); // nothing was being said: at once
    stage_play(&stage, "e 1500");
    assert_false(meeting_booth_state(stage.meeting, 0).is_resting);
    stage_close(&stage);
}

// Whoever comes into a booth learns what it does, also when it does nothing.
static void who_comes_is_told_what_the_booth_does(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event = { 0 };
    stage_open(&stage, STAGE_RELAY);
    size_t from = stage.n_events;
    stage_play(&stage, "!booth f"); // the third: from es into en
    assert_int_equal(stage_count(&stage, TRACK_EVENT_SEATED, from, &event), 1);
    assert_true(event.session == 'f' && event.booth == 0 && event.value == 0);
    assert_true(event.lang == ES && event.lang2 == EN);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DIRECTION, from, NULL), 0);

    stage_play(&stage, "!leave f; !leave j; !leave i; !leave r; g 2000");
    from = stage.n_events;
    stage_play(&stage, "!booth i"); // en-es, and fr is spoken
    assert_int_equal(stage_count(&stage, TRACK_EVENT_SEATED, from, &event), 1);
    assert_true(event.session == 'i' && event.value == 1);
    from = stage.n_events;
    stage_play(&stage, "!booth j");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_SEATED, from, &event), 1);
    assert_true(event.session == 'j' && event.value == 1);

    stage_play(&stage, "!leave j; !leave i; e 4000");
    from = stage.n_events;
    stage_play(&stage, "!booth i"); // the direction itself tells
    assert_int_equal(stage_count(&stage, TRACK_EVENT_SEATED, from, NULL), 0);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_DIRECTION, from, NULL), 1);
    stage_close(&stage);
}

static void second_booth_of_a_pair_rests(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_PAIR);
    config.n_booths = 2;
    config.booths[1] = (struct booth_config){ .lang_a = ES, .lang_b = EN };
    struct meeting *m = meeting_new(&config, 1000);
    assert_int_equal(meeting_join(m, 2, (struct place){ PLACE_BOOTH, 1 }, 1000), 0);
    assert_false(meeting_booth_state(m, 1).is_resting);
    assert_int_equal(meeting_join(m, 1, (struct place){ PLACE_BOOTH, 0 }, 2000), 0);
    assert_false(meeting_booth_state(m, 1).is_resting); // the present tree is kept
    assert_true(meeting_booth_state(m, 0).is_resting);
    meeting_leave(m, 2, 3000);
    assert_false(meeting_booth_state(m, 0).is_resting);
    meeting_free(m);
}

// ---- on air

static const struct {
    const char *name;
    enum stage_kind stage;
    const char *score;
    char on_air;
} airs[] = {
    { "by act", STAGE_PAIR, "- 10", 'i' },
    { "voice alone is not enough", STAGE_PAIR, "!off i; ij 5000", 0 },
    { "by voice where configured", STAGE_BY_VOICE, "i 1010", 'i' },
    { "by voice: 1 s", STAGE_BY_VOICE, "i 980", 0 },
    { "by voice: within 1.5 s", STAGE_BY_VOICE, "i 500; - 1100; i 500", 0 },
    { "by voice: with a gap", STAGE_BY_VOICE, "i 500; - 300; i 510", 'i' },
    { "by voice: not over the partner", STAGE_BY_VOICE, "i 1500; j 5000", 'i' },
    { "by voice: packets are not voice", STAGE_BY_VOICE, "i~ 5000", 0 },
    { "by voice: off means off", STAGE_BY_VOICE, "i 1010; !off i; i 900", 0 },
    { "take", STAGE_PAIR, "!take j", 'j' },
    { "vanished: the partner by voice", STAGE_PAIR, "a 1000; !leave i; j 1010", 'j' },
    { "vanished: the partner's earlier voice does not count", STAGE_PAIR, "j 900; !leave i; j 500",
      0 },
    { "off by own act: the partner not by voice", STAGE_PAIR, "!off i; j 5000", 0 },
    { "moved away: the partner by voice", STAGE_PAIR, "!floor i; j 1010", 'j' },
    { "vanished off air changes nothing", STAGE_PAIR, "!leave j; a 100", 'i' },
    { "a cough moves nothing", STAGE_PAIR, "a 1000; i 1000; !mute i; j 20000", 'i' },
};

static void one_is_on_air(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(airs) / sizeof(airs[0]); i++) {
        struct stage stage;
        stage_open(&stage, airs[i].stage);
        stage_play(&stage, airs[i].score);
        const uint32_t on_air = meeting_booth_state(stage.meeting, 0).on_air;
        if (on_air != (uint32_t)airs[i].on_air) {
            fail_msg("%s: %u is on air", airs[i].name, on_air);
        }
        stage_close(&stage);
    }
}

static void acts_of_the_wrong_person_are_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    struct meeting *m = stage.meeting;
    const uint64_t now = stage.now_us;
    assert_int_equal(meeting_go_on_air(m, 'j', now), TRACKS_E_ON_AIR_TAKEN);
    assert_int_equal(meeting_go_on_air(m, 'i', now), 0);
    assert_int_equal(meeting_go_on_air(m, 'l', now), TRACKS_E_NOT_IN_BOOTH);
    assert_int_equal(meeting_take(m, 'f', now), TRACKS_E_NOT_IN_BOOTH);
    assert_int_equal(meeting_go_off_air(m, 'j', now), TRACKS_E_NOT_ON_AIR);
    assert_int_equal(meeting_go_off_air(m, 'z', now), TRACKS_E_UNKNOWN_MEMBER);
    assert_int_equal(meeting_set_spoken(m, 'l', 2, now), TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_set_understood(m, 'l', 4, now), TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_join(m, 'z', (struct place){ PLACE_TRACK, 2 }, now),
                     TRACKS_E_UNKNOWN_LANGUAGE);
    assert_int_equal(meeting_join(m, 0, (struct place){ PLACE_FLOOR, 0 }, now),
                     TRACKS_E_UNKNOWN_MEMBER);
    assert_string_equal(tracks_error_text(TRACKS_E_ON_AIR_TAKEN), "the partner is on air");
    stage_close(&stage);
}

static void taking_over_keeps_the_floor_down(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; ai 500");
    const size_t from = stage.n_events;
    stage_play(&stage, "!take j; aij 500");
    stage_expect(&stage, "take", 'l', "a=-15 i=x j=0");
    stage_expect(&stage, "take", 'i', "a=0 i=x j=-12");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_ON_AIR, from, NULL), 1);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_OFF_AIR, from, NULL), 0);
    assert_int_equal(stage_count(&stage, TRACK_EVENT_INTERPRETING, from, NULL), 0);
    stage_close(&stage);
}

static void long_cough_alerts_once(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; ai 500; !mute i; a 14980");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_COUGH_LONG, 0, NULL), 0);
    stage_play(&stage, "a 30000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_COUGH_LONG, 0, &event), 1);
    assert_int_equal(event.session, 'i');
    stage_play(&stage, "!unmute i; a 100; !mute j; a 20000"); // the partner's mute is no cough
    assert_int_equal(stage_count(&stage, TRACK_EVENT_COUGH_LONG, 0, NULL), 1);
    stage_close(&stage);
}

// Who follows with the microphone off has said nothing yet: that is no cough, and the floor comes
// back as ever. The partner is alerted all the same.
static const struct {
    const char *name, *score;
    bool is_ducked;
    size_t n_alerts;
} followers[] = {
    { "takes, muted", "!mute j; !take j; a 1490", true, 0 },
    { "... the hold is over", "!mute j; !take j; a 1520", false, 0 },
    { "... and nobody has looked", "!mute j; !take j; a 15010", false, 1 },
    { "unmuted in the hold", "!mute j; !take j; a 1000; !unmute j; aj 500; a 1900", true, 0 },
    { "a cough of theirs, later", "!take j; aj 1000; !mute j; a 14000", true, 0 },
    { "... also when they were muted at first",
      "!mute j; !take j; a 500; !unmute j; aj 1000; !mute j; a 14000", true, 0 },
    { "by handover, muted", "!mute j; !hand i; !hand j; ai 1000; a 1990", true, 0 },
    { "... the hold is over", "!mute j; !hand i; !hand j; ai 1000; a 2600", false, 0 },
};

static void a_muted_successor_does_not_hold_the_floor_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(followers) / sizeof(followers[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, "a 3000; ai 500; a 490"); // 1.5 s of the hold are left
        stage_play(&stage, followers[i].score);
        const bool is_ducked = stage_gain(&stage, 'l', 'a') == -15;
        const size_t n_alerts = stage_count(&stage, TRACK_EVENT_COUGH_LONG, 0, NULL);
        if (is_ducked != followers[i].is_ducked || n_alerts != followers[i].n_alerts) {
            fail_msg("%s: ducked %d, %zu alerts", followers[i].name, is_ducked, n_alerts);
        }
        stage_close(&stage);
    }
}

static void vanishing_is_told(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 1000; ai 500; !leave i");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_OFF_AIR, 0, &event), 1);
    assert_int_equal(event.value, 1);
    stage_play(&stage, "!air j; !off j");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_OFF_AIR, 0, &event), 2);
    assert_int_equal(event.value, 0);
    stage_close(&stage);
}

// ---- ear-to-voice span

static void span_is_the_median_of_onsets(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    assert_int_equal(meeting_booth_state(stage.meeting, 0).span_ms, 0);
    stage_play(&stage, "a 2400; ai 2000; i 1000; - 2000");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).span_ms, 2400);
    stage_play(&stage, "a 3000; ai 2000; i 1000; - 2000");
    stage_play(&stage, "a 7000; ai 2000; i 1000; - 2000");
    assert_int_equal(meeting_booth_state(stage.meeting, 0).span_ms, 3000);
    stage_play(&stage, "a 100; ai 1000; - 2000");                   // too soon to be a translation
    stage_play(&stage, "a 1000; ai 1000; i 2000; ai 1000; - 2000"); // the booth had no pause
    stage_play(&stage, "a 500; - 500; a 500; - 500; a 1000; ai 1000; - 2000"); // 3.0 s again
    assert_int_equal(meeting_booth_state(stage.meeting, 0).span_ms, 3000);
    stage_close(&stage);
}

static void measured_span_decides_the_turn(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 4000; ai 2000; i 500; - 3000; a 3000; e 3800");
    assert_true(meeting_booth_state(stage.meeting, 0).is_pending);
    stage_play(&stage, "e 300");
    assert_false(meeting_booth_state(stage.meeting, 0).is_pending);
    stage_close(&stage);
}

// What the mixer relies on: as long as the revision stands still, so does every gain.
static void revision_covers_every_change(void **state)
{
    (void)state;
    static const char *const steps[] = {
        "a 3000", "ai 2000", "i 100", "ei 6000", "e 1000", "- 4000"
    };
    struct stage stage;
    int before[128] = { 0 };
    uint64_t revision = 0;
    stage_open(&stage, STAGE_PAIR);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        char tick[16];
        snprintf(tick, sizeof(tick), "%.2s 10", steps[i]);
        for (int ms = atoi(strchr(steps[i], ' ')); ms > 0; ms -= 10) {
            stage_play(&stage, tick);
            const bool is_same = meeting_revision(stage.meeting) == revision;
            for (size_t k = 0; k < strlen("aeij"); k++) {
                const int gain = stage_gain(&stage, 'l', "aeij"[k]);
                assert_true(!is_same || gain == before[k]);
                before[k] = gain;
            }
            revision = meeting_revision(stage.meeting);
        }
    }
    stage_close(&stage);
}

// ---- life, limits, time

static void choices_survive_a_move(void **state)
{
    (void)state;
    struct stage stage;
    struct ear ear;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "!speak en b; !sit en b; !floor b; !sit es b");
    assert_true(meeting_ear(stage.meeting, 'b', &ear));
    assert_int_equal(ear.understood, 1u << EN | 1u << ES);
    stage_play(&stage, "b 100");
    assert_int_equal(meeting_floor_state(stage.meeting).lang, EN);
    stage_play(&stage, "!leave b");
    stage_seat(&stage, 'b', PLACE_TRACK, ES);
    assert_true(meeting_ear(stage.meeting, 'b', &ear));
    assert_int_equal(ear.understood, 1u << ES);
    stage_close(&stage);
}

static void speaking_is_told(void **state)
{
    (void)state;
    struct stage stage;
    struct track_event event;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 1000; ai 1000; !mute a; - 500");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_SPEAKING, 0, &event), 2); // not for booths
    assert_int_equal(event.session, 'a');
    assert_int_equal(event.value, 0);
    stage_close(&stage);
}

static void stages_agree(const struct stage *a, const struct stage *b, const char *score)
{
    const char *const listeners = "lmbkfj", *const voices = "aeij";
    for (const char *who = listeners; *who; who++) {
        for (const char *voice = voices; *voice; voice++) {
            if (stage_gain(a, *who, *voice) != stage_gain(b, *who, *voice)) {
                fail_msg("%s: %c hears %c otherwise after sleeping", score, *who, *voice);
            }
        }
    }
    assert_int_equal(meeting_floor_state(a->meeting).holder,
                     meeting_floor_state(b->meeting).holder);
    assert_int_equal(meeting_floor_state(a->meeting).second,
                     meeting_floor_state(b->meeting).second);
    assert_int_equal(a->n_events, b->n_events);
}

// After the last sound one meeting is advanced every 10 ms, the other only at its deadlines.
static void silent_meeting_sleeps_to_its_deadlines(void **state)
{
    (void)state;
    static const char *const scores[] = {
        "- 10",
        "a 1000",
        "ae 1000",
        "a 1000; ai~ 50",                           // a packet without voice
        "a 3000; ai 2000; ei 4000",                 // a pending turn, the pause, the hold
        "a 2000; ae 250; e 380",                    // the floor moves after the last voice
        "a 1000; ai 100; !mute i",                  // a cough
        "a 3000; ai 2000; i 200; ei 2500; !mute i", // a cough while finishing
        "a 5000; e 1600",                           // a turn of one who says nothing
        "a 2000; !leave a",
    };
    for (size_t i = 0; i < sizeof(scores) / sizeof(scores[0]); i++) {
        struct stage awake, asleep;
        int n_wakes = 0;
        stage_open(&awake, STAGE_PAIR);
        stage_open(&asleep, STAGE_PAIR);
        stage_play(&awake, scores[i]);
        stage_play(&asleep, scores[i]);
        memset(awake.was_sounding, 0, sizeof(awake.was_sounding)); // nobody says that they end
        for (int tick = 0; tick < 3000; tick++) {
            stage_tick(&awake, "", 0);
            if (meeting_deadline(asleep.meeting) <= awake.now_us) {
                meeting_advance(asleep.meeting, awake.now_us);
                stage_collect(&asleep);
                n_wakes++;
            }
            stages_agree(&awake, &asleep, scores[i]);
        }
        assert_true(n_wakes < 15);
        assert_true(meeting_deadline(asleep.meeting) == UINT64_MAX);
        stage_close(&awake);
        stage_close(&asleep);
    }
}

static void events_are_bounded(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_PAIR);
    struct meeting *m = meeting_new(&config, 1000);
    struct track_event event;
    assert_int_equal(meeting_join(m, 1, (struct place){ PLACE_BOOTH, 0 }, 1000), 0);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(meeting_go_on_air(m, 1, 2000 + i), 0);
        assert_int_equal(meeting_go_off_air(m, 1, 2000 + i), 0);
    }
    int n = 0;
    while (meeting_next_event(m, &event)) {
        n++;
    }
    assert_int_equal(n, TRACKS_EVENTS_MAX);
    assert_true(meeting_n_events_dropped(m) >= 2000 - TRACKS_EVENTS_MAX);
    assert_int_equal(event.kind, TRACK_EVENT_OFF_AIR); // the newest is kept
    assert_int_equal(event.at_us, 2999);
    assert_string_equal(track_event_name(event.kind), "off_air");
    meeting_free(m);
}

static void meeting_is_full_at_its_limit(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_PAIR);
    struct meeting *m = meeting_new(&config, 1000);
    const struct place booth = { PLACE_BOOTH, 0 };
    for (uint32_t i = 1; i <= TRACKS_MEMBERS_MAX; i++) {
        assert_int_equal(meeting_join(m, i * 7919 % 65537, booth, 1000), 0);
    }
    assert_int_equal(meeting_join(m, 70000, booth, 1000), TRACKS_E_FULL);
    assert_int_equal(meeting_booth_state(m, 0).n_interpreters, 255);
    for (uint32_t i = 1; i <= TRACKS_MEMBERS_MAX; i++) {
        meeting_leave(m, i * 7919 % 65537, 2000);
    }
    assert_int_equal(meeting_booth_state(m, 0).n_interpreters, 0);
    assert_int_equal(meeting_join(m, 70000, booth, 3000), 0);
    meeting_free(m);
    meeting_free(NULL);
}

static void wrong_configurations_are_refused(void **state)
{
    (void)state;
    struct meeting_config config;
    meeting_config_defaults(&config);
    assert_int_equal(config.duck_db, -15);
    assert_int_equal(config.hold_us, 2000000);
    assert_null(meeting_new(&config, 0)); // no language
    config = stage_config(STAGE_PAIR);
    config.booths[0].lang_b = 5;
    assert_null(meeting_new(&config, 0));
    config.booths[0].lang_b = config.booths[0].lang_a;
    assert_null(meeting_new(&config, 0));
    config = stage_config(STAGE_PAIR);
    config.default_lang = 2;
    assert_null(meeting_new(&config, 0));
    config = stage_config(STAGE_PAIR);
    config.duck_db = 3;
    assert_null(meeting_new(&config, 0));
    config = stage_config(STAGE_PAIR);
    config.langs[1][0] = '\0';
    assert_null(meeting_new(&config, 0));
}

static void hold_is_configurable(void **state)
{
    (void)state;
    struct meeting_config config = stage_config(STAGE_PAIR);
    config.hold_us = 5000000;
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    meeting_free(stage.meeting);
    stage.meeting = meeting_new(&config, stage.now_us);
    stage_seat(&stage, 'a', PLACE_TRACK, EN);
    stage_seat(&stage, 'l', PLACE_TRACK, ES);
    stage_seat(&stage, 'i', PLACE_BOOTH, 0);
    stage_play(&stage, "!air i; a 2000; ai 500; a 4990");
    stage_expect(&stage, "hold", 'l', "a=-15 i=0");
    stage_play(&stage, "a 20");
    stage_expect(&stage, "hold", 'l', "a=0");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holder_of_the_floor),
        cmocka_unit_test(booth_turns_in_a_pause),
        cmocka_unit_test(turn_is_told_before_and_after),
        cmocka_unit_test(a_turn_that_is_off_is_told),
        cmocka_unit_test(out_corrects_the_holder_for_everybody),
        cmocka_unit_test(out_needs_an_interpreter_a_language_and_a_holder),
        cmocka_unit_test(a_relay_booth_confirms_without_correcting),
        cmocka_unit_test(tree_follows_floor_and_staff),
        cmocka_unit_test(a_resting_booth_does_not_begin_in_mid_word),
        cmocka_unit_test(who_comes_is_told_what_the_booth_does),
        cmocka_unit_test(second_booth_of_a_pair_rests),
        cmocka_unit_test(one_is_on_air),
        cmocka_unit_test(acts_of_the_wrong_person_are_refused),
        cmocka_unit_test(taking_over_keeps_the_floor_down),
        cmocka_unit_test(long_cough_alerts_once),
        cmocka_unit_test(a_muted_successor_does_not_hold_the_floor_down),
        cmocka_unit_test(vanishing_is_told),
        cmocka_unit_test(span_is_the_median_of_onsets),
        cmocka_unit_test(measured_span_decides_the_turn),
        cmocka_unit_test(revision_covers_every_change),
        cmocka_unit_test(choices_survive_a_move),
        cmocka_unit_test(speaking_is_told),
        cmocka_unit_test(silent_meeting_sleeps_to_its_deadlines),
        cmocka_unit_test(events_are_bounded),
        cmocka_unit_test(meeting_is_full_at_its_limit),
        cmocka_unit_test(wrong_configurations_are_refused),
        cmocka_unit_test(hold_is_configurable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
