// SPDX-License-Identifier: BSD-3-Clause
//
// A word to those whose sound makes work hard for interpreters, and to interpreters whose ears get
// too much: to them alone, in their language, and seldom.
#include "control/display/display_int.h"

// Below, interpreters begin to guess: of the five measures the worst one decides (audio.h).
#define ADVICE_SCORE 50
#define ADVICE_EVERY_US UINT64_C(180000000)
// Levelled speech is at -18 LUFS, with its pauses about -20 dBFS over a minute. A minute at -14 is
// four times that energy: nobody's voice as it should arrive, and too much for a day of work.
#define EXPOSURE_MINUTE_DB (-14.0f)
#define EXPOSURE_EVERY_US UINT64_C(600000000)

static bool is_time(uint64_t *last_us, uint64_t every_us, uint64_t now_us)
{
    if (*last_us != 0 && now_us - *last_us < every_us)
        return false;
    *last_us = now_us;
    return true;
}

static const enum phrase advices[ADVICES] = {
    [ADVICE_NONE] = PHRASES,
    [ADVICE_HEADSET] = PHRASE_ADVICE_HEADSET,
    [ADVICE_NOISE] = PHRASE_ADVICE_NOISE,
    [ADVICE_CLIPPING] = PHRASE_ADVICE_CLIPPING,
    [ADVICE_LOUDER] = PHRASE_ADVICE_LOUDER,
    [ADVICE_LINE] = PHRASE_ADVICE_LINE,
};

// Of whom the event is about, while they are here; NULL: they are not.
static struct person_figures *person_here(struct server *server, const struct mixer_event *event)
{
    struct meeting_run *run = run_of(server, event->meeting);
    struct person_figures *person =
        run != NULL ? figures_person(server, run, event->session) : NULL;
    return conn_of(server, event->session) != NULL ? person : NULL;
}

void advice_quality(struct server *server, const struct mixer_event *event)
{
    struct person_figures *person = person_here(server, event);
    if (person == NULL)
        return;
    person->quality = event->quality;
    person->has_quality = true;
    enum phrase phrase = event->quality.advice < ADVICES ? advices[event->quality.advice] : PHRASES;
    if (phrase != PHRASES && event->quality.score < ADVICE_SCORE &&
        is_time(&person->advised_us, ADVICE_EVERY_US, server->now_us))
        say(conn_of(server, event->session), phrase);
}

void advice_exposure(struct server *server, const struct mixer_event *event)
{
    struct person_figures *person = person_here(server, event);
    if (person == NULL)
        return;
    person->leq_minute_db = event->leq_minute_db;
    person->leq_session_db = event->leq_session_db;
    person->has_exposure = true;
    if (event->leq_minute_db > EXPOSURE_MINUTE_DB &&
        is_time(&person->warned_us, EXPOSURE_EVERY_US, server->now_us))
        say(conn_of(server, event->session), PHRASE_EXPOSURE);
}
