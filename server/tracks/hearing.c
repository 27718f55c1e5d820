// SPDX-License-Identifier: BSD-3-Clause
//
// The table of docs/TRACKS.md: row numbers are its numbers. Everything here is a pure function of
// the meeting's state.
#include "tracks/tracks_int.h"

#include <assert.h>

static bool booth_reaches(const struct booth *b, uint8_t track)
{
    return b->on_air != 0 && !b->now.is_resting && b->now.outgoing == track;
}

// What it says comes from a language that this listener does not understand.
static bool booth_serves(const struct booth *b, uint8_t track, uint32_t understood)
{
    return booth_reaches(b, track) && !(understood & lang_bit(b->source));
}

bool track_is_ducked(const struct meeting *m, uint8_t track, uint32_t understood)
{
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        const struct booth *b = &m->booths[i];
        if (b->phase != BOOTH_QUIET && booth_serves(b, track, understood)) {
            return true;
        }
    }
    return false;
}

bool track_is_covered(const struct meeting *m, uint8_t track)
{
    return track_is_ducked(m, track, 0);
}

static bool track_is_finishing(const struct meeting *m, uint8_t track, uint32_t understood)
{
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        const struct booth *b = &m->booths[i];
        const bool is_sounding = b->phase == BOOTH_VOICE || b->phase == BOOTH_ARRIVING;
        if (is_sounding && booth_serves(b, track, understood)) {
            return true;
        }
    }
    return false;
}

static float track_hears_floor(const struct meeting *m, const struct ear *ear,
                               const struct person *p)
{
    const uint8_t track = ear->place.index;
    if (ear->understood & lang_bit(person_spoken(m, p))) {
        return track_is_finishing(m, track, ear->understood) ? UNDER_DB : 0.0f; // rows 2, 1
    }
    return track_is_ducked(m, track, ear->understood) ? (float)ear->duck_db : 0.0f; // rows 3, 4
}

// One who is on air is never gated: the first syllable needs no detector. The phase only decides
// about the floor.
static float track_hears_interpreter(const struct meeting *m, const struct ear *ear,
                                     const struct person *p)
{
    const struct booth *b = &m->booths[p->place.index];
    const bool is_heard =
        booth_carries(b, p->session) && booth_serves(b, ear->place.index, ear->understood);
    return is_heard ? 0.0f : TRACKS_SILENT_DB;
}

// Does `b` hear, over however many relays, what `first` says? While booths turn one after the other
// two may hang in a ring.
static bool booth_comes_after(const struct meeting *m, const struct booth *b,
                              const struct booth *first)
{
    uint32_t said = lang_bit(first->now.outgoing); // the tracks onto which it comes
    for (uint8_t hops = 0; hops < m->config.n_booths; hops++) {
        for (uint8_t i = 0; i < m->config.n_booths; i++) {
            const struct booth *relay = &m->booths[i];
            if (booth_is_relay(relay) && (said & lang_bit(relay->now.incoming))) {
                said |= lang_bit(relay->now.outgoing);
            }
        }
    }
    return booth_is_relay(b) && (said & lang_bit(b->now.incoming));
}

// A booth hears its pivot, but never what comes from itself.
static bool booth_is_pivot(const struct meeting *m, const struct booth *own, const struct booth *b)
{
    return booth_is_relay(own) && booth_reaches(b, own->now.incoming) &&
           !booth_comes_after(m, b, own);
}

static bool booth_has_pivot(const struct meeting *m, const struct booth *own)
{
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        const struct booth *b = &m->booths[i];
        if (b->phase != BOOTH_QUIET && booth_is_pivot(m, own, b)) {
            return true;
        }
    }
    return false;
}

// The floor, unless the pivot is being interpreted and the booth does not know this voice's
// language.
static float booth_hears_floor(const struct meeting *m, const struct booth *b,
                               const struct person *p)
{
    const bool is_relayed = !booth_knows(b, person_spoken(m, p)) && booth_has_pivot(m, b);
    return is_relayed ? TRACKS_SILENT_DB : 0.0f;
}

static float booth_hears_interpreter(const struct meeting *m, const struct ear *ear,
                                     const struct person *p)
{
    const struct booth *own = &m->booths[ear->place.index];
    const struct booth *b = &m->booths[p->place.index];
    if (b == own) {
        return booth_carries(b, p->session) ? (float)ear->partner_db : UNDER_DB; // rows 8, 9
    }
    const bool is_heard = booth_carries(b, p->session) && booth_is_pivot(m, own, b);
    return is_heard ? 0.0f : TRACKS_SILENT_DB;
}

float meeting_gain_db(const struct meeting *meeting, const struct ear *ear, uint32_t speaker)
{
    assert(meeting && ear);
    const struct person *p = person_find(meeting, speaker);
    if (!p || speaker == ear->minus || speaker == ear->self) {
        return TRACKS_SILENT_DB; // rows 7, 10
    }
    const bool is_on_floor = person_is_on_floor(p);
    switch (ear->place.kind) {
    case PLACE_FLOOR:
        return is_on_floor ? 0.0f : TRACKS_SILENT_DB; // row 6
    case PLACE_TRACK:
        return is_on_floor ? track_hears_floor(meeting, ear, p)
                           : track_hears_interpreter(meeting, ear, p);
    case PLACE_BOOTH:
        return is_on_floor ? booth_hears_floor(meeting, &meeting->booths[ear->place.index], p)
                           : booth_hears_interpreter(meeting, ear, p);
    }
    return TRACKS_SILENT_DB;
}

uint32_t meeting_fade_ms(const struct meeting *meeting, uint32_t speaker)
{
    const struct person *p = person_find(meeting, speaker);
    if (!p || p->place.kind != PLACE_BOOTH) {
        return 0;
    }
    const struct booth *b = &meeting->booths[p->place.index];
    const bool is_fading =
        b->fading == speaker && meeting->now_us - b->fade_from_us < HANDOVER_FADE_MS * MS;
    return is_fading ? HANDOVER_FADE_MS : 0;
}

bool meeting_ear(const struct meeting *meeting, uint32_t session, struct ear *out)
{
    assert(meeting && out);
    const struct person *p = person_find(meeting, session);
    if (!p) {
        return false;
    }
    // Only what decides something is filled in, so that those who hear the same have equal ears.
    *out = (struct ear){ .place = p->place };
    switch (p->place.kind) {
    case PLACE_FLOOR:
        out->place.index = 0;
        out->minus = p->is_minus ? session : 0;
        break;
    case PLACE_TRACK:
        out->understood = person_understood(p);
        out->duck_db = p->duck_db;
        out->minus = p->is_minus ? session : 0;
        break;
    case PLACE_BOOTH:
        out->partner_db = p->partner_db;
        out->self = session;
        break;
    }
    return true;
}

bool ear_equal(const struct ear *a, const struct ear *b)
{
    return a->place.kind == b->place.kind && a->place.index == b->place.index &&
           a->understood == b->understood && a->duck_db == b->duck_db &&
           a->partner_db == b->partner_db && a->minus == b->minus && a->self == b->self;
}
