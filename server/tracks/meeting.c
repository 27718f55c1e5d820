// SPDX-License-Identifier: BSD-3-Clause
#include "tracks/tracks_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *tracks_error_text(int error)
{
    switch (error) {
    case 0:
        return "no error";
#define X(name, value, text)                                                                       \
    case value:                                                                                    \
        return text;
        TRACKS_ERRORS(X)
#undef X
    default:
        return "unknown error";
    }
}

// ---- configuration and life -------------------------------------------------------------------

void meeting_config_defaults(struct meeting_config *config)
{
    assert(config);
    *config = (struct meeting_config){ .duck_db = -15,
                                       .hold_us = 2000u * MS,
                                       .turn_us = 30u * 60u * 1000u * (uint64_t)MS };
}

static bool level_is_valid(int level_db)
{
    return level_db >= (int)TRACKS_SILENT_DB && level_db <= 0;
}

static bool config_is_valid(const struct meeting_config *c)
{
    if (c->n_langs == 0 || c->n_langs > TRACKS_LANGS_MAX || c->n_booths > TRACKS_BOOTHS_MAX ||
        c->default_lang >= c->n_langs || !level_is_valid(c->duck_db)) {
        return false;
    }
    for (uint8_t i = 0; i < c->n_langs; i++) {
        if (c->langs[i][0] == '\0' || !memchr(c->langs[i], '\0', TRACKS_LANG_BYTES)) {
            return false;
        }
    }
    for (uint8_t i = 0; i < c->n_booths; i++) {
        const struct booth_config *b = &c->booths[i];
        const bool is_pair =
            b->lang_a < c->n_langs && b->lang_b < c->n_langs && b->lang_a != b->lang_b;
        const bool is_third_fine = b->lang_c < c->n_langs && b->lang_c != b->lang_a &&
                                   b->lang_c != b->lang_b && !b->is_one_way;
        if (!is_pair || (b->has_third && !is_third_fine)) {
            return false;
        }
    }
    return true;
}

struct meeting *meeting_new(const struct meeting_config *config, uint64_t now_us)
{
    assert(config);
    struct meeting *m = config_is_valid(config) ? calloc(1, sizeof(*m)) : NULL;
    if (!m) {
        return NULL;
    }
    m->config = *config;
    m->now_us = now_us;
    m->revision = 1;
    m->floor.lang = config->default_lang;
    m->floor.root = config->default_lang;
    m->floor.named = m->floor.pinned = -1;
    m->floor.is_drained = true;
    m->pivot = -1;
    m->since_us = now_us;
    for (uint8_t i = 0; i < config->n_booths; i++) {
        const struct booth_config *booth = &config->booths[i];
        m->booths[i] = (struct booth){ .index = i,
                                       .n_langs = booth->has_third ? 3 : 2,
                                       .langs = { booth->lang_a, booth->lang_b, booth->lang_c },
                                       .is_one_way = booth->is_one_way,
                                       .is_air_by_voice = booth->is_air_by_voice,
                                       .relay = TRACKS_RELAY_AUTO,
                                       .choice = -1,
                                       .now = { .is_resting = true },
                                       .wanted = { .is_resting = true },
                                       .source = config->default_lang };
        memset(m->booths[i].relays, TRACKS_RELAY_AUTO, sizeof(m->booths[i].relays));
    }
    tree_update(m, 0);
    return m;
}

static bool langs_are_equal(const struct meeting_config *a, const struct meeting_config *b)
{
    for (uint8_t i = 0; i < a->n_langs; i++) {
        if (strcmp(a->langs[i], b->langs[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool booths_are_equal(const struct meeting_config *a, const struct meeting_config *b)
{
    for (uint8_t i = 0; i < a->n_booths; i++) {
        const struct booth_config *x = &a->booths[i], *y = &b->booths[i];
        if (x->lang_a != y->lang_a || x->lang_b != y->lang_b || x->has_third != y->has_third ||
            (x->has_third && x->lang_c != y->lang_c) || x->is_one_way != y->is_one_way) {
            return false;
        }
    }
    return true;
}

int meeting_reconfigure(struct meeting *meeting, const struct meeting_config *config,
                        uint64_t now_us)
{
    struct meeting *m = meeting;
    meeting_advance(m, now_us);
    if (!config_is_valid(config) || config->n_langs != m->config.n_langs ||
        config->n_booths != m->config.n_booths || !langs_are_equal(config, &m->config) ||
        !booths_are_equal(config, &m->config)) {
        return TRACKS_E_CONFIG;
    }
    for (uint32_t i = 0; i < m->n_people; i++) {
        if (m->people[i]->duck_db == m->config.duck_db) {
            m->people[i]->duck_db = config->duck_db;
        }
    }
    for (uint8_t i = 0; i < config->n_booths; i++) {
        m->booths[i].is_air_by_voice = config->booths[i].is_air_by_voice;
        m->config.booths[i].is_air_by_voice = config->booths[i].is_air_by_voice;
    }
    m->config.duck_db = config->duck_db;
    m->config.hold_us = config->hold_us;
    m->config.turn_us = config->turn_us;
    m->revision++;
    return 0;
}

void meeting_free(struct meeting *meeting)
{
    if (!meeting) {
        return;
    }
    for (uint32_t i = 0; i < meeting->n_people; i++) {
        free(meeting->people[i]);
    }
    free(meeting->people);
    free(meeting);
}

const struct meeting_config *meeting_config(const struct meeting *meeting)
{
    return &meeting->config;
}

uint64_t meeting_revision(const struct meeting *meeting)
{
    return meeting->revision;
}

struct person *meeting_at(struct meeting *m, uint32_t session, uint64_t now_us)
{
    assert(m);
    m->now_us = later(m->now_us, now_us);
    return person_find(m, session);
}

// ---- people -----------------------------------------------------------------------------------

static int place_check(const struct meeting *m, struct place place)
{
    switch (place.kind) {
    case PLACE_FLOOR:
        return 0;
    case PLACE_TRACK:
        return place.index < m->config.n_langs ? 0 : TRACKS_E_UNKNOWN_LANGUAGE;
    case PLACE_BOOTH:
        return place.index < m->config.n_booths ? 0 : TRACKS_E_NOT_IN_BOOTH;
    }
    return TRACKS_E_UNKNOWN_LANGUAGE;
}

// A person leaves their seat. Between floor and tracks their voice goes on; into or out of a booth
// it begins anew.
static void person_unseat(struct meeting *m, struct person *p, bool is_voice_kept)
{
    person_count(m, p, -1);
    if (!is_voice_kept) {
        person_end_voice(m, p);
        if (p->place.kind == PLACE_BOOTH) {
            booth_leave(m, p);
        } else {
            floor_leave(m, p);
        }
    }
}

int meeting_join(struct meeting *meeting, uint32_t session, struct place place, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    const int error = session == 0 ? TRACKS_E_UNKNOWN_MEMBER : place_check(meeting, place);
    if (error) {
        return error;
    }
    if (place.kind == PLACE_FLOOR) {
        place.index = 0;
    }
    if (p && p->place.kind == place.kind && p->place.index == place.index) {
        return 0;
    }
    if (!p && meeting->n_people == TRACKS_MEMBERS_MAX) {
        return TRACKS_E_FULL;
    }
    if (p) {
        person_unseat(meeting, p, person_is_on_floor(p) && place.kind != PLACE_BOOTH);
    } else if (!(p = person_add(meeting, session))) {
        return TRACKS_E_MEMORY;
    }
    p->place = place;
    person_count(meeting, p, 1);
    meeting->revision++;
    if (place.kind == PLACE_BOOTH) {
        booth_join(meeting, p);
    }
    floor_refresh(meeting, false);
    return 0;
}

void meeting_leave(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p) {
        return;
    }
    person_unseat(meeting, p, false);
    person_remove(meeting, p);
    meeting->revision++;
}

int meeting_set_spoken(struct meeting *meeting, uint32_t session, int lang, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p) {
        return TRACKS_E_UNKNOWN_MEMBER;
    }
    if (lang >= (int)meeting->config.n_langs) {
        return TRACKS_E_UNKNOWN_LANGUAGE;
    }
    p->spoken = (int8_t)(lang < 0 ? -1 : lang);
    floor_unpin(meeting, p);
    meeting->revision++;
    floor_refresh(meeting, false);
    return 0;
}

int meeting_set_understood(struct meeting *meeting, uint32_t session, uint32_t lang_mask,
                           uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p) {
        return TRACKS_E_UNKNOWN_MEMBER;
    }
    if (lang_mask >> meeting->config.n_langs) {
        return TRACKS_E_UNKNOWN_LANGUAGE;
    }
    person_count(meeting, p, -1);
    p->understood = lang_mask;
    person_count(meeting, p, 1);
    meeting->revision++;
    return 0;
}

static int8_t level_clamp(int level_db)
{
    const int lowest_db = (int)TRACKS_SILENT_DB;
    return (int8_t)(level_db > 0 ? 0 : level_db < lowest_db ? lowest_db : level_db);
}

int meeting_set_duck(struct meeting *meeting, uint32_t session, int duck_db, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p) {
        return TRACKS_E_UNKNOWN_MEMBER;
    }
    p->duck_db = level_clamp(duck_db);
    meeting->revision++;
    return 0;
}

int meeting_set_partner_level(struct meeting *meeting, uint32_t session, int level_db,
                              uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p) {
        return TRACKS_E_UNKNOWN_MEMBER;
    }
    p->partner_db = level_clamp(level_db);
    meeting->revision++;
    return 0;
}

void meeting_set_muted(struct meeting *meeting, uint32_t session, bool is_muted, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p) {
        return;
    }
    p->is_muted = is_muted;
    p->is_suspect = false; // they are there
    if (is_muted) {
        person_stop_speaking(meeting, p);
        floor_choose_second(meeting);
    }
    booth_muted(meeting, p);
}

// ---- sound ------------------------------------------------------------------------------------

void meeting_packet(struct meeting *meeting, uint32_t session, bool is_terminator, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p || p->place.kind != PLACE_BOOTH) {
        return;
    }
    if (!p->is_muted && !is_terminator) {
        booth_packet(meeting, p);
    }
    p->last_packet_us = meeting->now_us;
    suspect_packet(p, is_terminator);
}

void meeting_voice(struct meeting *meeting, uint32_t session, bool is_voice, float level_db,
                   uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (!p || p->is_muted) {
        return;
    }
    if (!is_voice) {
        p->has_voice = false;
        return;
    }
    person_heard(meeting, p, level_db);
    if (person_is_on_floor(p)) {
        floor_voice(meeting, p);
    } else {
        booth_voice(meeting, p);
    }
}

void meeting_silent(struct meeting *meeting, uint32_t session, uint64_t now_us)
{
    struct person *p = meeting_at(meeting, session, now_us);
    if (p) {
        person_stop_speaking(meeting, p);
        floor_choose_second(meeting);
        p->is_sending = false; // what is suspect stays so; nobody becomes it long after
    }
}

// ---- time -------------------------------------------------------------------------------------

void meeting_advance(struct meeting *meeting, uint64_t now_us)
{
    (void)meeting_at(meeting, 0, now_us);
    people_advance(meeting);
    floor_advance(meeting);
    for (uint8_t i = 0; i < meeting->config.n_booths; i++) {
        booth_advance(meeting, &meeting->booths[i]);
    }
    drain_advance(meeting);
}

uint64_t meeting_deadline(const struct meeting *meeting)
{
    uint64_t due = earlier(people_deadline(meeting), floor_deadline(meeting));
    due = earlier(due, drain_deadline(meeting));
    for (uint8_t i = 0; i < meeting->config.n_booths; i++) {
        due = earlier(due, booth_deadline(meeting, &meeting->booths[i]));
    }
    return due;
}

// ---- what is so -------------------------------------------------------------------------------

struct booth_state meeting_booth_state(const struct meeting *meeting, uint8_t booth)
{
    if (booth >= meeting->config.n_booths) {
        return (struct booth_state){ .is_resting = true, .relay = TRACKS_RELAY_AUTO };
    }
    const struct booth *b = &meeting->booths[booth];
    return (struct booth_state){
        .on_air = b->on_air,
        .successor = b->successor,
        .handover = b->handover,
        .n_interpreters = (uint8_t)earlier(b->n_interpreters, UINT8_MAX),
        .incoming = b->now.incoming,
        .outgoing = b->now.outgoing,
        .depth = booth_depth(meeting, b),
        .relay = b->relay,
        .is_resting = b->now.is_resting,
        .is_pending = b->is_turning && !direction_is_equal(&b->now, &b->wanted),
        .is_interpreting =
            !b->now.is_resting && (b->phase == BOOTH_VOICE || b->phase == BOOTH_PAUSE),
        .is_coughing = b->is_coughing,
        .is_relay = booth_is_relay(b),
        .wanted_outgoing = b->wanted.is_resting ? TRACKS_NO_LANG : b->wanted.outgoing,
        .span_ms = b->n_spans ? (uint32_t)(booth_span_us(b) / MS) : 0,
        .on_air_since_us = b->on_air_since_us,
    };
}

struct floor_state meeting_floor_state(const struct meeting *meeting)
{
    const struct floor *f = &meeting->floor;
    return (struct floor_state){ .holder = f->holder,
                                 .second = f->second,
                                 .given = f->given,
                                 .lang = f->lang,
                                 .pivot = meeting->pivot,
                                 .is_drained = drain_is_over(meeting) };
}
