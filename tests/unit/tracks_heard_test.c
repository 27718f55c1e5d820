// SPDX-License-Identifier: BSD-3-Clause
//
// When whose voice is heard where, as a list of speakers needs it: TRACK_EVENT_SPEAKING and
// TRACK_EVENT_HEARD say to 10 ms when a voice began and ended, whenever they are told.
#include "tracks_stage.h"

#define NEAR_US 10000u // acts are seen in the next tick

struct spell {
    char who;
    int track; // -1: on the floor
    unsigned begin_ms, end_ms;
};
// Until somebody speaks the booth works from es into en.
static const struct {
    const char *name, *score;
    struct spell spells[4]; // in the order of their ends
} rows[] = {
    { "nobody", "- 1000", { { 0 } } },
    { "on the floor", "- 500; a 1000; - 1000", { { 'a', -1, 500, 1500 } } },
    { "a short pause is none", "a 500; a~ 300; a 500; - 1000", { { 'a', -1, 0, 1300 } } },
    { "a longer one is",
      "a 500; a~ 500; a 500; - 1000",
      { { 'a', -1, 0, 500 }, { 'a', -1, 1000, 1500 } } },
    { "on air", "i 800; - 1000", { { 'i', EN, 0, 800 } } },
    { "its end is told later", "i 800; i~ 600; - 1000", { { 'i', EN, 0, 800 } } },
    { "off air", "j 2000; - 1000", { { 0 } } },
    { "off the air in a word", "i 1000; !off i; i 500; - 1000", { { 'i', EN, 0, 1000 } } },
    { "on the air in a word",
      "!off i; j 1000; !air j; j 500; - 1000",
      { { 'j', EN, 1000, 1500 } } },
    { "one takes over from the other",
      "i 1000; !take j; ij 500; - 1000",
      { { 'i', EN, 0, 1000 }, { 'j', EN, 1000, 1500 } } },
    { "the booth turns in a word",
      "a 1000; i 1000; !out en i; i 500; - 1000",
      { { 'a', -1, 0, 1000 }, { 'i', ES, 1000, 2000 }, { 'i', EN, 2000, 2500 } } },
    { "gone", "i 1000; !leave i; - 1000", { { 'i', EN, 0, 1000 } } },
    { "gone from the floor", "a 1000; !leave a; - 1000", { { 'a', -1, 0, 1000 } } },
    { "into the booth", "a 1000; !booth a; a 1000; - 1000", { { 'a', -1, 0, 1000 } } },
    { "from track to floor", "a 1000; !floor a; a 500; - 1000", { { 'a', -1, 0, 1500 } } },
    { "muted", "i 1000; !mute i; - 1000", { { 'i', EN, 0, 1000 } } },
};

static bool is_near(uint64_t at_us, unsigned ms)
{
    const uint64_t truth_us = STAGE_START_US + ms * 1000u;
    return at_us + NEAR_US >= truth_us && at_us <= truth_us + NEAR_US;
}

static const struct track_event *begin_of(const struct stage *s, size_t end)
{
    const struct track_event *last = &s->events[end];
    for (size_t i = end; i-- > 0;)
        if (s->events[i].kind == last->kind && s->events[i].session == last->session &&
            s->events[i].lang2 == last->lang2)
            return s->events[i].value == 1 ? &s->events[i] : NULL;
    return NULL;
}

static void check_row(const struct stage *s, size_t row)
{
    const struct spell *spell = rows[row].spells;
    size_t n_begun = 0, n_ended = 0;
    for (size_t i = 0; i < s->n_events; i++) {
        const struct track_event *event = &s->events[i];
        const bool is_floor = event->kind == TRACK_EVENT_SPEAKING;
        if (!is_floor && event->kind != TRACK_EVENT_HEARD)
            continue;
        n_begun += event->value;
        n_ended += !event->value;
        if (event->value)
            continue;
        const struct track_event *begin = begin_of(s, i);
        if (begin == NULL || (char)event->session != spell->who ||
            (is_floor ? -1 : event->lang2) != spell->track ||
            !is_near(begin->voice_us, spell->begin_ms) || !is_near(event->voice_us, spell->end_ms))
            fail_msg("%s: %c on %d from %llu until %llu", rows[row].name, (char)event->session,
                     is_floor ? -1 : event->lang2,
                     begin ? (unsigned long long)(begin->voice_us - STAGE_START_US) / 1000 : 0,
                     (unsigned long long)(event->voice_us - STAGE_START_US) / 1000);
        spell++;
    }
    if (spell->who != 0 || n_begun != n_ended)
        fail_msg("%s: %zu began, %zu ended", rows[row].name, n_begun, n_ended);
}

static void voices_have_their_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage stage;
        stage_open(&stage, STAGE_PAIR);
        stage_play(&stage, rows[i].score);
        check_row(&stage, i);
        stage_close(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(voices_have_their_times) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
