// SPDX-License-Identifier: BSD-3-Clause
//
// The table of docs/TRACKS.md, row by row: a score is played, then one listener's ear is asked.
#include "tracks_stage.h"

struct row {
    const char *row; // its number in docs/TRACKS.md, and what is special
    enum stage_kind stage;
    const char *score;
    char listener;
    const char *hears;
};

static const struct row rows[] = {
    // 1: a voice that is understood
    { "1", STAGE_PAIR, "e 2000", 'l', "e=0 i=x j=x" },
    { "1 own language on the other track", STAGE_PAIR, "a 2000", 'm', "a=0 i=x j=x" },
    { "1 interpreted for others", STAGE_PAIR, "a 3000; ai 2000", 'm', "a=0 i=x" },
    { "1 understands both", STAGE_PAIR, "a 3000; ai 2000", 'b', "a=0 i=x" },
    { "1 each voice by its own language", STAGE_PAIR, "e 3000; ei 2000; eia 300", 'm',
      "e=-15 a=-6 i=0" },
    { "1 spoken by choice", STAGE_PAIR, "!speak es a; a 2000", 'l', "a=0" },
    { "1 floor channel speaks the default", STAGE_PAIR, "f 2000", 'l', "f=0" },

    // 2: understood, while the booth finishes what was said before
    { "2 before the floor moves", STAGE_PAIR, "a 3000; ai 2000; i 200; ei 200", 'l',
      "e=-6 a=-15 i=0" },
    { "2 after the floor has moved", STAGE_PAIR, "a 3000; ai 2000; i 200; ei 1700", 'l',
      "e=-6 i=0" },
    { "2 off keeps -6", STAGE_PAIR, "a 3000; ai 2000; i 200; ei 1700", 'k', "e=-6 i=0" },
    { "2 the booth's pause", STAGE_PAIR, "a 3000; ai 2000; i 200; ei 1000; e 450", 'l', "e=0" },
    { "2 shorter than a pause", STAGE_PAIR, "a 3000; ai 2000; i 200; ei 1000; e 350", 'l',
      "e=-6 i=0" },
    { "2 at most span + 2 s", STAGE_PAIR, "a 3000; ai 2000; i 100; ei 4650", 'l', "e=-6 i=0" },
    { "2 span + 2 s are over", STAGE_PAIR, "a 3000; ai 2000; i 100; ei 6000", 'l', "e=0 i=x" },
    { "2 understood both all along", STAGE_PAIR, "a 3000; ai 2000; i 200; ei 1700", 'b',
      "e=0 a=0 i=x" },

    // 3: not understood, interpreted
    { "3 default duck", STAGE_PAIR, "a 3000; ai 500", 'l', "a=-15 i=0 j=x" },
    { "3 duck is off", STAGE_PAIR, "a 3000; ai 500", 'k', "a=x i=0" },
    { "3 the other direction", STAGE_PAIR, "e 3000; ei 500", 'm', "e=-15 i=0" },
    { "3 a packet is enough", STAGE_PAIR, "a 3000; ai~ 10", 'l', "a=-15 i=0" },
    { "3 a packet without voice is forgiven", STAGE_PAIR, "a 3000; ai~ 180", 'l', "a=0" },
    { "3 silence sent all the time is no trigger", STAGE_PAIR, "ai~ 3000", 'l', "a=0" },
    { "3 within the hold", STAGE_PAIR, "a 3000; ai 500; a 1900", 'l', "a=-15 i=0" },
    { "3 two foreign voices", STAGE_PAIR, "!speak en c; a 3000; ai 500; aic 300", 'l',
      "a=-15 c=-15 i=0" },
    { "3 cough", STAGE_PAIR, "a 3000; ai 500; !mute i; a 14000", 'l', "a=-15" },
    { "3 cough is over", STAGE_PAIR, "a 3000; ai 500; !mute i; a 10000; !unmute i; a 1000", 'l',
      "a=-15 i=0" },

    // 4: not understood, nobody on air
    { "4 before the interpreter begins", STAGE_PAIR, "a 2000", 'l', "a=0" },
    { "4 the hold has run out", STAGE_PAIR, "a 3000; ai 500; a 2010", 'l', "a=0" },
    { "4 off, nobody is left in silence", STAGE_PAIR, "a 3000; ai 500; a 2010", 'k', "a=0" },
    { "4 no interpreter", STAGE_EMPTY_BOOTH, "a 2000", 'l', "a=0" },
    { "7 mix-minus, muted since", STAGE_PAIR, "e 1000; !mute e; - 2900", 'e', "e=x" },
    { "7 mix-minus, moved to the floor channel", STAGE_PAIR, "e 1000; !floor e", 'e', "e=x" },
    { "7 mix-minus, back to one's track", STAGE_PAIR, "e 1000; !floor e; !sit es e; - 3100", 'e',
      "e=0" },
    { "4 off the air by act", STAGE_PAIR, "a 3000; ai 500; !off i; ai 100", 'l', "a=0 i=x" },
    { "4 vanished", STAGE_PAIR, "a 3000; ai 500; !leave i; a 10", 'l', "a=0" },
    { "4 moved out of the booth", STAGE_PAIR, "a 3000; ai 500; !floor i; a 10", 'l', "a=0 i=0" },
    { "4 a long cough", STAGE_PAIR, "a 3000; ai 500; !mute i; a 15010", 'l', "a=0" },
    { "4 not on air however loud", STAGE_PAIR, "!off i; a 3000; aI 3000", 'l', "a=0 i=x" },

    // 6: the floor channel
    { "6", STAGE_PAIR, "a 3000; aie 500", 'f', "a=0 e=0 i=x j=x" },

    // 7: mix-minus
    { "7 speaking", STAGE_PAIR, "e 1000", 'e', "e=x" },
    { "7 for 3 s", STAGE_PAIR, "e 1000; - 2900", 'e', "e=x" },
    { "7 and not longer", STAGE_PAIR, "e 1000; - 3100", 'e', "e=0" },
    { "7 all of the above", STAGE_PAIR, "a 3000; ai 500; aei 500", 'e', "e=x a=-15 i=0" },
    { "7 on the floor channel", STAGE_PAIR, "f 1000", 'f', "f=x a=0" },

    // 8: an interpreter, not on air, silent
    { "8", STAGE_PAIR, "a 3000; ai 500", 'j', "a=0 i=-12 j=x" },
    { "8 every floor voice", STAGE_PAIR, "a 3000; aie 500", 'j', "a=0 e=0" },
    { "8 relay", STAGE_RELAY, "g 2000; gr 2000; gri 500", 'j', "g=x r=0 i=-12" },
    { "8 relay, the pivot is silent", STAGE_RELAY, "g 2000", 'j', "g=0" },
    { "8 relay, a voice that the booth knows", STAGE_RELAY, "g 2000; gr 2000; gre 500", 'j',
      "g=x e=0 r=0" },
    { "8 the pivot's booth hears the floor", STAGE_RELAY, "g 2000; gri 2000", 'r', "g=0 i=x r=x" },

    // 9: an interpreter, not on air, speaking
    { "9 to the partner on air", STAGE_PAIR, "a 3000; aj 500", 'i', "a=0 j=-6" },
    { "9 not on the other's track", STAGE_PAIR, "a 3000; aj 500", 'l', "a=0 j=x" },
    { "9 not on this track", STAGE_PAIR, "a 3000; aj 500", 'm', "a=0 j=x" },
    { "9 not on the floor", STAGE_PAIR, "a 3000; aj 500", 'f', "a=0 j=x" },
    { "9 not in another booth", STAGE_RELAY, "a 3000; aj 500", 'r', "a=0 j=x" },

    // 10: an interpreter on air
    { "10", STAGE_PAIR, "a 3000; ai 500", 'i', "a=0 i=x" },
    { "10 relay", STAGE_RELAY, "g 2000; gr 2000; gri 500", 'i', "g=x r=0 i=x" },

    // the tree of languages: two hops reach the listener
    { "3 relay", STAGE_RELAY, "g 2000; gr 2000; gri 500", 'l', "g=-15 i=0 r=x" },
    { "3 pivot", STAGE_RELAY, "g 2000; gr 2000; gri 500", 'm', "g=-15 i=x r=0" },
    { "1 the source", STAGE_RELAY, "g 2000; gr 2000; gri 500", 'n', "g=0 i=x r=x" },
    { "1 the floor is understood, no relay", STAGE_RELAY,
      "!understand fr l; g 2000; gr 2000; gri 500", 'l', "g=0 i=x r=x" },
    { "2 relay, still finishing", STAGE_RELAY, "g 2000; gr 2000; gri 2000; eri 2000", 'l',
      "e=-6 g=-15 i=0 r=x" },
    { "2 the pivot, not for those who understand neither", STAGE_RELAY,
      "g 2000; gr 2000; gri 2000; eri 2000", 'm', "e=-15 g=-15 i=x r=0" },
    { "3 relay, the pivot's language is understood too", STAGE_RELAY,
      "!understand en l; g 2000; gr 2000; gri 500", 'l', "g=-15 i=0 r=x" },
    { "4 relay, only the first hop speaks", STAGE_RELAY, "g 2000; gr 2000", 'l', "g=0 r=x" },
    { "4 relay, nobody on air at the second", STAGE_RELAY, "!off i; g 2000; gri 2000", 'l',
      "g=0 r=x i=x" },
    { "3 relay, nobody on air at the first", STAGE_RELAY, "!off r; g 2000; gi 2000", 'l',
      "g=-15 i=0" },
    { "8 relay, the pivot's hold has run out", STAGE_RELAY, "g 2000; gr 500; g 2010", 'j', "g=0" },
    { "8 relay, within its hold", STAGE_RELAY, "g 2000; gr 500; g 1900", 'j', "g=x r=0" },
    { "8 relay, the pivot coughs", STAGE_RELAY, "g 2000; gr 500; !mute r; g 14000", 'j', "g=x" },
    { "8 relay, the pivot goes off air", STAGE_RELAY, "g 2000; gr 500; !off r; g 10", 'j',
      "g=0 r=x" },
    { "8 relay, the pivot's partner talks", STAGE_RELAY, "g 2000; gr 500; grj 500", 'r',
      "g=0 j=x" },
    { "9 relay, to the partner on air", STAGE_RELAY, "g 2000; gr 500; grij 500", 'i',
      "g=x r=0 j=-6" },
    { "9 relay, on no track", STAGE_RELAY, "g 2000; gr 500; grij 500", 'l', "j=x" },
    { "9 relay, not on the pivot", STAGE_RELAY, "g 2000; gr 500; grij 500", 'm', "j=x i=x r=0" },
};

static void table_of_the_rule_book(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage stage;
        stage_open(&stage, rows[i].stage);
        stage_play(&stage, rows[i].score);
        stage_expect(&stage, rows[i].row, rows[i].listener, rows[i].hears);
        stage_close(&stage);
    }
}

static void duck_and_partner_level_are_each_ones_choice(void **state)
{
    (void)state;
    static const int steps[] = { -120, -24, -18, -15, -12, -6, 0 };
    struct stage stage;
    stage_open(&stage, STAGE_PAIR);
    stage_play(&stage, "a 3000; ai 500");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        meeting_set_duck(stage.meeting, 'l', steps[i], stage.now_us);
        meeting_set_partner_level(stage.meeting, 'j', steps[i], stage.now_us);
        assert_int_equal(stage_gain(&stage, 'l', 'a'), steps[i]);
        assert_int_equal(stage_gain(&stage, 'j', 'i'), steps[i]);
    }
    meeting_set_duck(stage.meeting, 'l', 30, stage.now_us);
    assert_int_equal(stage_gain(&stage, 'l', 'a'), 0);
    meeting_set_duck(stage.meeting, 'l', -1000, stage.now_us);
    assert_int_equal(stage_gain(&stage, 'l', 'a'), -120);
    stage_close(&stage);
}

// Row 5: the notice.
static const struct {
    const char *name;
    enum stage_kind stage;
    const char *score;
    size_t n_notices;
    uint8_t lang, value;
} notices[] = {
    { "no booth: at once", STAGE_EMPTY_BOOTH, "a 100", 1, ES, 1 },
    { "once in 5 minutes", STAGE_EMPTY_BOOTH, "a 200000; - 99000", 1, ES, 1 },
    { "again after 5 minutes", STAGE_EMPTY_BOOTH, "a 200000; - 100000; a 100", 2, ES, 1 },
    { "not for a turn that is too short", STAGE_EMPTY_BOOTH, "f 5000; - 500; a 1000", 1, EN, 1 },
    { "silent booth: not within 10 s", STAGE_PAIR, "a 9900", 0, 0, 0 },
    { "silent booth: after 10 s", STAGE_PAIR, "a 10100", 1, ES, 0 },
    { "10 s of voice, not of time", STAGE_PAIR, "a 5000; - 9000; a 4900", 0, 0, 0 },
    { "interpreted in between", STAGE_PAIR, "a 9000; ai 1000; a 9000", 0, 0, 0 },
    { "interpreter not on air", STAGE_PAIR, "!off i; ai 10100", 1, ES, 0 },
};

static void uncovered_voice_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
        struct stage stage;
        struct track_event event = { .kind = TRACK_EVENT_KINDS };
        stage_open(&stage, notices[i].stage);
        stage_play(&stage, notices[i].score);
        const size_t n = stage_count(&stage, TRACK_EVENT_UNCOVERED, 0, &event);
        if (n != notices[i].n_notices) {
            fail_msg("%s: %zu notices, expected %zu", notices[i].name, n, notices[i].n_notices);
        }
        if (n) {
            assert_int_equal(event.lang, notices[i].lang);
            assert_int_equal(event.value, notices[i].value);
        }
        stage_close(&stage);
    }
}

static void nobody_is_told_when_all_understand(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_EMPTY_BOOTH);
    for (const char *actor = "eclk"; *actor; actor++) {
        meeting_set_understood(stage.meeting, (uint32_t)*actor, 1u << EN | 1u << ES, stage.now_us);
    }
    stage_play(&stage, "a 20000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_UNCOVERED, 0, NULL), 0);
    stage_play(&stage, "!sit en l; !sit es m; a 100"); // m does not understand
    assert_int_equal(stage_count(&stage, TRACK_EVENT_UNCOVERED, 0, NULL), 1);
    stage_close(&stage);
}

static void nobody_is_told_who_has_moved_away(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, STAGE_EMPTY_BOOTH);
    stage_play(&stage, "!sit en e; !sit en c; !sit en l; !sit en k; !leave b; a 20000");
    assert_int_equal(stage_count(&stage, TRACK_EVENT_UNCOVERED, 0, NULL), 0);
    stage_close(&stage);
}

static void ears_are_equal_when_they_hear_the_same(void **state)
{
    (void)state;
    struct stage stage;
    struct ear l, e, m, f, j;
    stage_open(&stage, STAGE_PAIR);
    assert_true(meeting_ear(stage.meeting, 'l', &l));
    assert_true(meeting_ear(stage.meeting, 'e', &e));
    assert_true(meeting_ear(stage.meeting, 'm', &m));
    assert_true(meeting_ear(stage.meeting, 'f', &f));
    assert_true(meeting_ear(stage.meeting, 'j', &j));
    assert_false(meeting_ear(stage.meeting, 'z', &j));
    assert_true(ear_equal(&l, &e));
    assert_false(ear_equal(&l, &m));
    assert_false(ear_equal(&l, &f));
    assert_int_equal(j.self, 'j');
    assert_int_equal(j.minus, 0);

    uint64_t revision = meeting_revision(stage.meeting);
    stage_play(&stage, "e 10");
    assert_true(meeting_revision(stage.meeting) > revision);
    assert_true(meeting_ear(stage.meeting, 'e', &e));
    assert_int_equal(e.minus, 'e');
    assert_false(ear_equal(&l, &e));
    stage_play(&stage, "e 500");
    revision = meeting_revision(stage.meeting);
    stage_play(&stage, "e 500");
    assert_int_equal(meeting_revision(stage.meeting), revision); // nothing changes while one speaks
    stage_play(&stage, "- 3000");
    assert_true(meeting_revision(stage.meeting) > revision);
    assert_true(meeting_ear(stage.meeting, 'e', &e));
    assert_true(ear_equal(&l, &e));
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_the_rule_book),
        cmocka_unit_test(duck_and_partner_level_are_each_ones_choice),
        cmocka_unit_test(uncovered_voice_is_told),
        cmocka_unit_test(nobody_is_told_when_all_understand),
        cmocka_unit_test(nobody_is_told_who_has_moved_away),
        cmocka_unit_test(ears_are_equal_when_they_hear_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
