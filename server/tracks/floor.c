// SPDX-License-Identifier: BSD-3-Clause
#include "tracks/tracks_int.h"

// ---- the language that counts -----------------------------------------------------------------

static void floor_set_root(struct meeting *m, uint8_t lang)
{
    const uint64_t old_end_us = m->floor.root_end_us;
    m->floor.root = lang;
    m->floor.has_root = true;
    m->floor.root_end_us = m->now_us;
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        booth_follow_root(m, &m->booths[i]);
    }
    tree_update(m, old_end_us);
}

static void floor_push(struct meeting *m)
{
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_FLOOR,
                                        .session = m->floor.holder,
                                        .lang = m->floor.lang });
}

static void floor_set_lang(struct meeting *m, uint8_t lang)
{
    if (lang != m->floor.lang) {
        m->floor.lang = lang;
        m->floor.lang_since_us = m->now_us;
    }
}

// A short turn changes what is shown, never a booth. The first word of a meeting has nothing to
// wait for.
static void floor_judge_turn(struct meeting *m, bool is_certain)
{
    struct floor *f = &m->floor;
    const bool is_long = is_certain || !f->has_root || f->turn_voice_us >= TURN_MIN_US;
    if (f->holder && is_long && (f->lang != f->root || !f->has_root)) {
        floor_set_root(m, f->lang);
    }
}

void floor_refresh(struct meeting *m, bool is_certain)
{
    const struct person *holder = person_find(m, m->floor.holder);
    if (!holder) {
        return;
    }
    const uint8_t lang = person_spoken(m, holder);
    if (lang != m->floor.lang) {
        floor_set_lang(m, lang);
        floor_push(m);
    }
    floor_judge_turn(m, is_certain);
}

// The holder speaks `lang` from here on for all, whatever they chose, until they choose. What was
// true anyway is so for this turn, and not remembered: then it follows their seat again.
void floor_correct(struct meeting *m, struct person *holder, uint8_t lang)
{
    if (person_spoken(m, holder) != lang) {
        holder->spoken = (int8_t)lang;
    }
    m->floor.pinned = (int8_t)lang;
    m->revision++;
    floor_refresh(m, true);
}

void floor_unpin(struct meeting *m, const struct person *p)
{
    if (m->floor.holder == p->session) {
        m->floor.pinned = -1;
    }
}

void floor_name(struct meeting *m, uint8_t lang)
{
    struct person *holder = person_find(m, m->floor.holder);
    m->revision++;
    if (holder) {
        floor_correct(m, holder, lang);
        return;
    }
    m->floor.named = (int8_t)lang;
    floor_set_lang(m, lang);
    floor_push(m);
    if (!m->floor.has_root || m->floor.root != lang) {
        floor_set_root(m, lang);
    }
}

// ---- who holds it -----------------------------------------------------------------------------

static void floor_take(struct meeting *m, struct person *p)
{
    struct floor *f = &m->floor;
    if (f->named >= 0) { // somebody has said what will be spoken
        p->spoken = f->named;
        f->named = -1;
        m->revision++;
    }
    const uint64_t won_us = window_sum(&p->window, m->now_us, FLOOR_WINDOW_US);
    f->turn_voice_us = later(p->run_us, won_us);
    m->revision += f->pinned >= 0; // the old holder's
    f->pinned = -1;
    f->holder = p->session;
    floor_set_lang(m, person_spoken(m, p));
    for (struct person *other = m->active; other; other = other->next_active) {
        if (person_is_on_floor(other)) {
            window_clear(&other->window); // it was voice against the old holder
        }
    }
    floor_push(m);
    floor_judge_turn(m, false);
}

static bool floor_may_take(const struct meeting *m, const struct person *holder,
                           const struct person *p)
{
    if (!p->is_speaking || m->now_us - p->last_voice_us >= PAUSE_US) {
        return false;
    }
    if (m->floor.given == holder->session) {
        return false; // theirs until it is given to another
    }
    const bool is_silent = m->now_us - holder->last_voice_us >= FLOOR_SILENT_US;
    if (is_silent && p->run_us >= FLOOR_TAKE_US) {
        return true; // (a)
    }
    return window_sum(&p->window, m->now_us, FLOOR_WINDOW_US) >= FLOOR_WIN_US; // (b)
}

// The present one as long as they speak, else who has spoken longest.
void floor_choose_second(struct meeting *m)
{
    struct floor *f = &m->floor;
    const struct person *second = NULL;
    for (const struct person *p = m->active; p; p = p->next_active) {
        const bool is_better = !second || p->session == f->second ||
                               (second->session != f->second && p->run_us > second->run_us);
        if (p->session != f->holder && person_is_on_floor(p) && p->is_speaking && is_better) {
            second = p;
        }
    }
    f->second = second ? second->session : 0;
}

void floor_advance(struct meeting *m)
{
    struct floor *f = &m->floor;
    const struct person *holder = person_find(m, f->holder);
    struct person *taker = NULL;
    for (struct person *p = holder ? m->active : NULL; p; p = p->next_active) {
        if (p != holder && person_is_on_floor(p) && floor_may_take(m, holder, p) &&
            (!taker || p->run_us > taker->run_us)) {
            taker = p;
        }
    }
    if (taker) {
        floor_take(m, taker);
        f->second = holder->is_speaking ? holder->session : 0;
    } else {
        floor_choose_second(m);
    }
}

uint64_t floor_deadline(const struct meeting *m)
{
    const struct person *holder = person_find(m, m->floor.holder);
    const bool is_free = holder && m->floor.given != holder->session;
    uint64_t due = UINT64_MAX;
    for (const struct person *p = is_free ? m->active : NULL; p; p = p->next_active) {
        const uint64_t take_us = holder->last_voice_us + FLOOR_SILENT_US;
        if (p != holder && person_is_on_floor(p) && p->is_speaking && p->run_us >= FLOOR_TAKE_US &&
            take_us < p->last_voice_us + PAUSE_US) {
            due = earlier(due, take_us);
        }
    }
    return due;
}

void floor_leave(struct meeting *m, const struct person *p)
{
    if (m->floor.second == p->session) {
        m->floor.second = 0;
    }
    if (m->floor.given == p->session) {
        m->floor.given = 0;
    }
    if (m->floor.holder == p->session) {
        m->floor.holder = 0;
        m->floor.pinned = -1;
        floor_push(m);
    }
}

// ---- voice ------------------------------------------------------------------------------------

// Voice of the holder that a track's people neither understand nor get interpreted: row 5.
static void floor_note_uncovered(struct meeting *m)
{
    for (uint8_t lang = 0; lang < m->config.n_langs; lang++) {
        struct track *track = &m->tracks[lang];
        if (track->n_deaf[m->floor.root] == 0) {
            continue;
        }
        const bool has_path = m->depth[lang] != NO_PATH;
        if (has_path && track_is_covered(m, lang)) {
            track->uncovered_us = 0;
            if (track->is_uncovered) {
                track->is_uncovered = false;
                event_push(m, (struct track_event){ .kind = TRACK_EVENT_COVERED,
                                                    .session = m->floor.holder,
                                                    .lang = lang,
                                                    .lang2 = m->floor.root });
            }
            continue;
        }
        track->uncovered_us += VOICE_BLOCK_US;
        const bool is_due = !has_path || track->uncovered_us >= UNCOVERED_US;
        if (is_due && (!track->is_told || m->now_us - track->told_us >= UNCOVERED_AGAIN_US)) {
            track->is_told = track->is_uncovered = true;
            track->told_us = m->now_us;
            track->uncovered_us = 0;
            event_push(m, (struct track_event){ .kind = TRACK_EVENT_UNCOVERED,
                                                .session = m->floor.holder,
                                                .lang = lang,
                                                .lang2 = m->floor.root,
                                                .value = !has_path });
        }
    }
}

// Ear-to-voice spans are measured from here.
static void floor_note_onset(struct meeting *m, const struct person *p)
{
    struct floor *f = &m->floor;
    if (!f->has_sounded || m->now_us - f->last_voice_us >= SPAN_PAUSE_US) {
        span_floor_onset(m, person_spoken(m, p));
    }
    f->has_sounded = true;
    f->is_drained = false;
    f->last_voice_us = m->now_us;
}

void floor_voice(struct meeting *m, struct person *p)
{
    struct floor *f = &m->floor;
    floor_note_onset(m, p);
    m->tracks[person_spoken(m, p)].figures.spoken_us += VOICE_BLOCK_US;
    const struct person *holder = person_find(m, f->holder);
    if (!holder || (f->given == p->session && p != holder)) {
        floor_take(m, p);
    } else if (p == holder) {
        f->turn_voice_us += VOICE_BLOCK_US;
        floor_judge_turn(m, false);
    } else if (!holder->has_voice || holder->level_db + FLOOR_WIN_DB <= p->level_db) {
        window_add(&p->window, m->now_us);
    }
    if (f->holder == p->session) {
        figures_holder_voice(m);
    }
    if (f->holder == p->session && f->lang == f->root) {
        f->root_end_us = m->now_us;
        floor_note_uncovered(m);
    }
}
