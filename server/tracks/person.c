// SPDX-License-Identifier: BSD-3-Clause
#include "tracks/tracks_int.h"

#include <stdlib.h>
#include <string.h>

// ---- who is here ------------------------------------------------------------------------------

// Where this session stands in the sorted list, or would stand.
static uint32_t people_index(const struct meeting *m, uint32_t session)
{
    uint32_t low = 0, high = m->n_people;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (m->people[middle]->session < session) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct person *person_find(const struct meeting *m, uint32_t session)
{
    const uint32_t i = people_index(m, session);
    return i < m->n_people && m->people[i]->session == session ? m->people[i] : NULL;
}

static bool people_grow(struct meeting *m)
{
    if (m->n_people < m->people_size) {
        return true;
    }
    const uint32_t size = m->people_size ? 2 * m->people_size : 16;
    struct person **people = realloc(m->people, size * sizeof(*people));
    if (!people) {
        return false;
    }
    m->people = people;
    m->people_size = size;
    return true;
}

struct person *person_add(struct meeting *m, uint32_t session)
{
    struct person *p = people_grow(m) ? calloc(1, sizeof(*p)) : NULL;
    if (!p) {
        return NULL;
    }
    p->session = session;
    p->spoken = -1;
    p->duck_db = m->config.duck_db;
    p->partner_db = PARTNER_DB;
    p->heard_on = TRACKS_NO_LANG;
    const uint32_t i = people_index(m, session);
    memmove(&m->people[i + 1], &m->people[i], (m->n_people - i) * sizeof(*m->people));
    m->people[i] = p;
    m->n_people++;
    return p;
}

void person_remove(struct meeting *m, struct person *p)
{
    person_end_voice(m, p);
    const uint32_t i = people_index(m, p->session);
    m->n_people--;
    memmove(&m->people[i], &m->people[i + 1], (m->n_people - i) * sizeof(*m->people));
    free(p);
}

// ---- languages --------------------------------------------------------------------------------

bool person_is_on_floor(const struct person *p)
{
    return p->place.kind != PLACE_BOOTH;
}

uint8_t person_spoken(const struct meeting *m, const struct person *p)
{
    if (m->floor.pinned >= 0 && p->session == m->floor.holder) {
        return (uint8_t)m->floor.pinned;
    }
    if (p->spoken >= 0) {
        return (uint8_t)p->spoken;
    }
    return p->place.kind == PLACE_TRACK ? p->place.index : m->config.default_lang;
}

uint32_t person_understood(const struct person *p)
{
    return p->understood | (p->place.kind == PLACE_TRACK ? lang_bit(p->place.index) : 0);
}

void person_count(struct meeting *m, const struct person *p, int sign)
{
    if (p->place.kind != PLACE_TRACK) {
        return;
    }
    struct track *track = &m->tracks[p->place.index];
    track->n_people += (uint32_t)sign;
    for (uint8_t lang = 0; lang < m->config.n_langs; lang++) {
        if (!(person_understood(p) & lang_bit(lang))) {
            track->n_deaf[lang] += (uint32_t)sign;
        }
    }
}

// ---- voice ------------------------------------------------------------------------------------

void window_clear(struct voice_window *w)
{
    memset(w->n_blocks, 0, sizeof(w->n_blocks));
}

static void window_move(struct voice_window *w, uint64_t newest)
{
    if (newest - w->newest >= WINDOW_BUCKETS) {
        window_clear(w);
    } else {
        for (uint64_t i = w->newest + 1; i <= newest; i++) {
            w->n_blocks[i % WINDOW_BUCKETS] = 0;
        }
    }
    w->newest = newest;
}

void window_add(struct voice_window *w, uint64_t now_us)
{
    window_move(w, now_us / WINDOW_BUCKET_US);
    w->n_blocks[w->newest % WINDOW_BUCKETS]++;
}

uint64_t window_sum(const struct voice_window *w, uint64_t now_us, uint64_t span_us)
{
    const uint64_t now = now_us / WINDOW_BUCKET_US;
    const uint64_t n_buckets = span_us / WINDOW_BUCKET_US;
    uint64_t sum = 0;
    for (uint64_t age = 0; age < n_buckets; age++) {
        if (now >= age && now - age <= w->newest && w->newest - (now - age) < WINDOW_BUCKETS) {
            sum += w->n_blocks[(now - age) % WINDOW_BUCKETS];
        }
    }
    return sum * VOICE_BLOCK_US;
}

static void person_activate(struct meeting *m, struct person *p)
{
    if (p->is_minus) {
        return;
    }
    p->is_minus = true;
    p->prev_active = NULL;
    p->next_active = m->active;
    if (m->active) {
        m->active->prev_active = p;
    }
    m->active = p;
    m->revision++;
}

static void person_deactivate(struct meeting *m, struct person *p)
{
    if (!p->is_minus) {
        return;
    }
    p->is_minus = false;
    if (p->prev_active) {
        p->prev_active->next_active = p->next_active;
    } else {
        m->active = p->next_active;
    }
    if (p->next_active) {
        p->next_active->prev_active = p->prev_active;
    }
    m->revision++;
}

static uint64_t person_voice_end(const struct person *p)
{
    return p->last_voice_us + VOICE_BLOCK_US;
}

static void person_set_speaking(struct meeting *m, struct person *p, bool is_speaking)
{
    if (p->is_speaking == is_speaking) {
        return;
    }
    p->is_speaking = is_speaking;
    if (person_is_on_floor(p)) {
        event_push(
            m, (struct track_event){ .kind = TRACK_EVENT_SPEAKING,
                                     .session = p->session,
                                     .lang = person_spoken(m, p),
                                     .value = is_speaking,
                                     .voice_us = is_speaking ? m->now_us : person_voice_end(p) });
    }
}

static void person_push_heard(struct meeting *m, const struct person *p, uint8_t value,
                              uint64_t voice_us)
{
    event_push(m, (struct track_event){ .kind = TRACK_EVENT_HEARD,
                                        .session = p->session,
                                        .booth = p->place.index,
                                        .lang2 = p->heard_on,
                                        .value = value,
                                        .voice_us = voice_us });
}

// Which track hears this voice: acts and turns of the booth change it as well as the voice itself.
static void person_update_heard(struct meeting *m, struct person *p)
{
    const struct booth *b = booth_of(m, p);
    const bool is_carried =
        b && p->is_speaking && !b->now.is_resting && booth_carries(b, p->session);
    const uint8_t track = is_carried ? b->now.outgoing : TRACKS_NO_LANG;
    if (track == p->heard_on) {
        return;
    }
    if (p->heard_on != TRACKS_NO_LANG) {
        person_push_heard(m, p, 0, p->is_speaking ? m->now_us : person_voice_end(p));
    }
    p->heard_on = track;
    if (track != TRACKS_NO_LANG) {
        person_push_heard(m, p, 1, m->now_us);
    }
}

void person_heard(struct meeting *m, struct person *p, float level_db)
{
    const bool is_onset = !p->has_spoken || m->now_us - p->last_voice_us >= PAUSE_US;
    if (is_onset) {
        p->run_us = 0;
        p->level_db = level_db;
    }
    p->level_db += 0.1f * (level_db - p->level_db); // about 100 ms
    p->run_us += VOICE_BLOCK_US;
    p->has_voice = true;
    p->has_spoken = true;
    p->last_voice_us = m->now_us;
    person_activate(m, p);
    person_set_speaking(m, p, true);
    person_update_heard(m, p);
}

void person_stop_speaking(struct meeting *m, struct person *p)
{
    p->has_voice = false;
    person_set_speaking(m, p, false);
    person_update_heard(m, p);
}

void person_end_voice(struct meeting *m, struct person *p)
{
    person_stop_speaking(m, p);
    person_deactivate(m, p);
    p->has_spoken = false;
    p->has_sent = false;
    p->is_sending = false;
    p->is_suspect = false;
    p->run_us = 0;
    window_clear(&p->window);
}

void people_advance(struct meeting *m)
{
    struct person *next = NULL;
    for (struct person *p = m->active; p; p = next) {
        next = p->next_active;
        const uint64_t silent_us = m->now_us - p->last_voice_us;
        if (silent_us >= PAUSE_US) {
            person_stop_speaking(m, p);
        }
        person_update_heard(m, p);
        if (silent_us >= MINUS_US) {
            person_deactivate(m, p);
        }
    }
}

uint64_t people_deadline(const struct meeting *m)
{
    uint64_t due = UINT64_MAX;
    for (const struct person *p = m->active; p; p = p->next_active) {
        due = earlier(due, p->last_voice_us + (p->is_speaking ? PAUSE_US : MINUS_US));
    }
    return due;
}
