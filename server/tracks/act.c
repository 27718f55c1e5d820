// SPDX-License-Identifier: BSD-3-Clause
#include "tracks/tracks_int.h"

// ---- acts of interpreters ---------------------------------------------------------------------

static int booth_of_interpreter(struct meeting *m, uint32_t session, uint64_t now_us,
                                struct person **p, struct booth **b)
{
    *p = meeting_at(m, session, now_us);
    *b = booth_of(m, *p);
    if (!*p) {
        return TRACKS_E_UNKNOWN_MEMBER;
    }
    return *b ? 0 : TRACKS_E_NOT_IN_BOOTH;
}

int meeting_go_on_air(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    const int error = booth_of_interpreter(meeting, session, now_us, &p, &b);
    if (error || b->on_air == session) {
        return error;
    }
    if (b->on_air != 0) {
        return TRACKS_E_ON_AIR_TAKEN;
    }
    booth_set_on_air(meeting, b, p);
    return 0;
}

int meeting_go_off_air(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    const int error = booth_of_interpreter(meeting, session, now_us, &p, &b);
    if (error) {
        return error;
    }
    if (b->handover == HANDOVER_BOTH && b->successor == session) {
        handover_cancel(meeting, b, session); // the leaver goes on
        return 0;
    }
    if (b->on_air != session) {
        return TRACKS_E_NOT_ON_AIR;
    }
    if (b->handover == HANDOVER_BOTH) {
        handover_finish(meeting, b); // the successor stays
        return 0;
    }
    handover_cancel(meeting, b, session);
    booth_clear_air(meeting, b, OFF_AIR_ACT);
    return 0;
}

int meeting_take(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    const int error = booth_of_interpreter(meeting, session, now_us, &p, &b);
    if (error) {
        return error;
    }
    if (b->on_air == session) {
        handover_cancel(meeting, b, session); // whoever was to follow does not
        return 0;
    }
    handover_cancel(meeting, b, session);
    booth_set_on_air(meeting, b, p);
    return 0;
}

int meeting_handover(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    const int error = booth_of_interpreter(meeting, session, now_us, &p, &b);
    return error ? error : handover_press(meeting, b, p);
}

int meeting_set_relay(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    const int error = booth_of_interpreter(meeting, session, now_us, &p, &b);
    if (error) {
        return error;
    }
    if (lang < TRACKS_RELAY_FLOOR || lang >= (int)meeting->config.n_langs) {
        return TRACKS_E_UNKNOWN_LANGUAGE;
    }
    if (lang >= 0 && !tree_would_listen_to(meeting, b, (int8_t)lang)) {
        return TRACKS_E_NO_PATH;
    }
    booth_set_relay(meeting, b, (int8_t)lang);
    meeting->revision++;
    meeting->at_once = 1u << b->index;
    tree_update(meeting, 0);
    meeting->at_once = 0;
    if (b->is_turning) { // it was before
        booth_turn(meeting, b);
    }
    booth_push_path(meeting, b);
    return 0;
}

// What the holder speaks, if the one who works into `lang` is right.
static uint8_t spoken_instead(const struct booth *b, uint8_t lang)
{
    if (b->n_langs == 2) {
        return b->langs[0] == lang ? b->langs[1] : b->langs[0];
    }
    if (!b->now.is_resting && b->now.outgoing != lang) {
        return b->now.outgoing; // it was the other way round
    }
    return b->langs[0] == lang ? b->langs[1] : b->langs[0];
}

int meeting_set_outgoing(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    const int error = booth_of_interpreter(meeting, session, now_us, &p, &b);
    if (error) {
        return error;
    }
    if (lang < 0 || !booth_knows(b, (uint8_t)lang)) {
        return TRACKS_E_UNKNOWN_LANGUAGE;
    }
    if (b->is_one_way && lang != b->langs[1]) {
        return TRACKS_E_ONE_WAY;
    }
    struct person *holder = person_find(meeting, meeting->floor.holder);
    const bool is_known = booth_knows(b, meeting->floor.lang);
    const bool is_choice =
        b->n_langs > 2 && lang != meeting->floor.lang && (is_known || b->now.is_relay);
    if (!holder && !is_choice) {
        return TRACKS_E_NO_FLOOR;
    }
    const bool is_so = !b->now.is_resting && !b->is_turning && b->now.outgoing == lang &&
                       (is_known ? lang != meeting->floor.lang : b->now.is_relay);
    meeting->at_once = 1u << b->index;
    if (is_choice) {
        b->choice = (int8_t)lang;
        tree_update(meeting, 0);
    } else {
        floor_correct(meeting, holder,
                      is_so ? meeting->floor.lang : spoken_instead(b, (uint8_t)lang));
    }
    meeting->at_once = 0;
    if (b->is_turning) { // it was before
        booth_turn(meeting, b);
    }
    return 0;
}

// ---- acts of moderators -----------------------------------------------------------------------

void meeting_turn_now(struct meeting *meeting, uint8_t booth, uint64_t now_us)
{
    (void)meeting_at(meeting, 0, now_us);
    if (booth < meeting->config.n_booths && meeting->booths[booth].is_turning) {
        booth_turn(meeting, &meeting->booths[booth]);
    }
}

int meeting_give_floor(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    const struct person *p = meeting_at(meeting, session, now_us);
    if (session != 0 && (!p || !person_is_on_floor(p))) {
        return TRACKS_E_UNKNOWN_MEMBER;
    }
    meeting->floor.given = session;
    meeting->revision++;
    return 0;
}

int meeting_name_floor(struct meeting *meeting, int lang, uint64_t now_us)
{
    (void)meeting_at(meeting, 0, now_us);
    if (lang < 0 || lang >= (int)meeting->config.n_langs) {
        return TRACKS_E_UNKNOWN_LANGUAGE;
    }
    meeting->at_once = UINT32_MAX;
    floor_name(meeting, (uint8_t)lang);
    meeting->at_once = 0;
    for (uint8_t i = 0; i < meeting->config.n_booths; i++) {
        meeting_turn_now(meeting, i, now_us);
    }
    return 0;
}

int meeting_set_pivot(struct meeting *meeting, int lang, uint64_t now_us)
{
    (void)meeting_at(meeting, 0, now_us);
    if (lang < -1 || lang >= (int)meeting->config.n_langs) {
        return TRACKS_E_UNKNOWN_LANGUAGE;
    }
    meeting->pivot = (int8_t)lang;
    tree_update(meeting, 0);
    return 0;
}

// ---- found out by control ---------------------------------------------------------------------

void meeting_vanished(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p;
    struct booth *b;
    if (booth_of_interpreter(meeting, session, now_us, &p, &b) || !p->is_suspect ||
        !booth_carries(b, session)) {
        return;
    }
    b->n_vanished++;
    p->is_sending = false;
    const bool was_on_air = b->on_air == session;
    const bool is_followed = handover_leave(meeting, b, p);
    if (was_on_air && !is_followed) {
        booth_vanish(meeting, b);
    }
}
