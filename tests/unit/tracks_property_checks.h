// SPDX-License-Identifier: BSD-3-Clause
//
// What must be so after every tick of a random meeting. Part of tracks_property_test.c.
#ifndef SUSURRO_TESTS_TRACKS_PROPERTY_CHECKS_H
#define SUSURRO_TESTS_TRACKS_PROPERTY_CHECKS_H

// ---- booths ------------------------------------------------------------------------------------

static bool is_in_booth(const struct world *w, uint32_t session, uint8_t booth)
{
    const struct actor *a = &w->actors[session];
    return a->is_here && a->place.kind == PLACE_BOOTH && a->place.index == booth;
}

static bool is_carried(const struct world *w, uint32_t session)
{
    if (w->actors[session].place.kind != PLACE_BOOTH) {
        return false;
    }
    const struct booth_state b = meeting_booth_state(w->meeting, w->actors[session].place.index);
    return b.on_air == session || (b.handover == HANDOVER_BOTH && b.successor == session);
}

static void check_direction(struct world *w, const struct booth_config *config,
                            const struct booth_state *b)
{
    const uint32_t known = 1u << config->lang_a | 1u << config->lang_b |
                           (config->has_third ? 1u << config->lang_c : 0);
    HOLD(w, b->incoming != b->outgoing);
    HOLD(w, (known >> b->incoming & 1) && (known >> b->outgoing & 1));
    HOLD(w,
         !config->is_one_way || (b->incoming == config->lang_a && b->outgoing == config->lang_b));
    HOLD(w, b->depth < w->config.n_langs && (b->depth > 0 || !b->is_relay || b->is_pending));
}

// One on air, besides a successor for at most 4 s.
static void check_booths(struct world *w)
{
    for (uint8_t i = 0; i < w->config.n_booths; i++) {
        const struct booth_state b = meeting_booth_state(w->meeting, i);
        uint8_t n_in_booth = 0;
        for (uint32_t session = 1; session <= N_PEOPLE; session++) {
            n_in_booth = (uint8_t)(n_in_booth + is_in_booth(w, session, i));
        }
        HOLD(w, b.n_interpreters == n_in_booth);
        HOLD(w, b.on_air == 0 || is_in_booth(w, b.on_air, i));
        HOLD(w, b.successor == 0 || (is_in_booth(w, b.successor, i) && b.successor != b.on_air));
        HOLD(w, b.on_air != 0 || (!b.is_interpreting && b.handover == HANDOVER_NONE));
        HOLD(w,
             (b.successor != 0) == (b.handover == HANDOVER_OFFERED || b.handover == HANDOVER_BOTH));
        HOLD(w, b.n_interpreters > 0 || b.is_resting);
        HOLD(w, !b.is_coughing || w->actors[b.on_air].is_muted);
        if (b.handover != HANDOVER_BOTH) {
            w->both_since_us[i] = 0;
        } else if (w->both_since_us[i] == 0) {
            w->both_since_us[i] = w->now_us;
        }
        HOLD(w, b.handover != HANDOVER_BOTH || w->now_us - w->both_since_us[i] <= 4000000);
        if (!b.is_resting) {
            check_direction(w, &w->config.booths[i], &b);
        }
    }
}

// When nothing is pending every booth's way leads to the floor, and no track has two booths.
static void check_tree(struct world *w)
{
    uint32_t reached = 1u << w->meeting->floor.root;
    for (uint8_t i = 0; i < w->config.n_booths; i++) {
        const struct booth_state b = meeting_booth_state(w->meeting, i);
        if (!b.is_resting) {
            HOLD(w, !(reached >> b.outgoing & 1));
            reached |= 1u << b.outgoing;
        }
    }
    for (uint8_t lang = 0; lang < w->config.n_langs; lang++) {
        uint8_t at = lang, hops = 0;
        const struct track_state track = meeting_track_state(w->meeting, lang);
        HOLD(w, (track.depth != TRACKS_NO_LANG) == (reached >> lang & 1));
        for (; track.depth != TRACKS_NO_LANG && at != w->meeting->floor.root; hops++) {
            const uint8_t booth = meeting_track_state(w->meeting, at).booth;
            HOLD(w, booth != TRACKS_NO_LANG && hops < w->config.n_langs);
            at = meeting_booth_state(w->meeting, booth).incoming;
        }
        HOLD(w, track.depth == TRACKS_NO_LANG || hops == track.depth);
    }
}

// ---- hearing -----------------------------------------------------------------------------------

static bool has_voice_now(const struct world *w, uint32_t session)
{
    const struct actor *a = &w->actors[session];
    return a->is_here && a->silent_ticks == 0;
}

static void check_pair(struct world *w, uint32_t listener, uint32_t speaker, float gain)
{
    const struct actor *me = &w->actors[listener], *other = &w->actors[speaker];
    const bool is_interpreter = other->place.kind == PLACE_BOOTH;
    HOLD(w, gain <= 0.0f && gain >= TRACKS_SILENT_DB);
    if (gain <= TRACKS_SILENT_DB) {
        return;
    }
    HOLD(w, other->is_here);
    HOLD(w, speaker != listener || (me->place.kind != PLACE_BOOTH && me->silent_ticks >= 299));
    HOLD(w, !is_interpreter || me->place.kind != PLACE_FLOOR);
    if (is_interpreter && !is_carried(w, speaker)) { // booth talk
        HOLD(w, me->place.kind == PLACE_BOOTH && me->place.index == other->place.index);
        HOLD(w, gain <= -6.0f);
    }
}

// Nobody is left in silence while somebody speaks on the floor.
static void check_silence(struct world *w, uint32_t listener)
{
    const struct actor *me = &w->actors[listener];
    bool is_floor_sounding = false, is_something_full = false;
    for (uint32_t speaker = 1; speaker <= N_PEOPLE; speaker++) {
        const struct actor *other = &w->actors[speaker];
        const bool is_interpreter = other->place.kind == PLACE_BOOTH;
        const bool is_own_booth = is_interpreter && me->place.kind == PLACE_BOOTH &&
                                  me->place.index == other->place.index;
        is_floor_sounding |= speaker != listener && !is_interpreter && has_voice_now(w, speaker);
        is_something_full |= w->gains[listener][speaker] >= 0.0f && !is_own_booth &&
                             (is_interpreter ? is_carried(w, speaker) : has_voice_now(w, speaker));
    }
    HOLD(w, !is_floor_sounding || is_something_full);
}

// What is recorded, or streamed, or would be heard by somebody else there: no booth talk.
static void check_public_ears(struct world *w)
{
    for (uint8_t track = 0; track <= w->config.n_langs; track++) {
        const struct ear floor = { .place = { PLACE_FLOOR, 0 } };
        const struct ear on_track = { .place = { PLACE_TRACK, track },
                                      .understood = 1u << track,
                                      .duck_db = -15 };
        const struct ear *ear = track == w->config.n_langs ? &floor : &on_track;
        for (uint32_t speaker = 1; speaker <= N_PEOPLE; speaker++) {
            if (w->actors[speaker].place.kind == PLACE_BOOTH && !is_carried(w, speaker)) {
                HOLD(w, meeting_gain_db(w->meeting, ear, speaker) <= TRACKS_SILENT_DB);
            }
        }
    }
}

// Which booth hears which: nobody may hear, over relays, what they said themselves.
static void check_rings(struct world *w)
{
    uint32_t hears[TRACKS_BOOTHS_MAX] = { 0 };
    for (uint32_t listener = 1; listener <= N_PEOPLE; listener++) {
        const struct actor *me = &w->actors[listener];
        for (uint32_t speaker = 1; speaker <= N_PEOPLE && me->is_here; speaker++) {
            const struct actor *other = &w->actors[speaker];
            if (me->place.kind == PLACE_BOOTH && other->place.kind == PLACE_BOOTH &&
                other->place.index != me->place.index &&
                w->gains[listener][speaker] > TRACKS_SILENT_DB) {
                hears[me->place.index] |= 1u << other->place.index;
            }
        }
    }
    for (uint8_t hops = 0; hops < w->config.n_booths; hops++) {
        for (uint8_t i = 0; i < w->config.n_booths; i++) {
            for (uint8_t k = 0; k < w->config.n_booths; k++) {
                hears[i] |= hears[i] >> k & 1 ? hears[k] : 0;
            }
            HOLD(w, !(hears[i] >> i & 1));
        }
    }
}

// ---- no hidden memory --------------------------------------------------------------------------

static uint64_t mixed_in(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x100000001B3u;
    return hash ^ hash >> 29;
}

// All that may decide what is heard.
static uint64_t state_hash(const struct world *w)
{
    const struct meeting *m = w->meeting;
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint32_t i = 0; i < m->n_people; i++) {
        const struct person *p = m->people[i];
        hash = mixed_in(hash, p->session);
        hash = mixed_in(hash, (uint64_t)p->place.kind << 8 | p->place.index);
        hash = mixed_in(hash, (uint64_t)person_spoken(m, p) << 32 | person_understood(p));
        hash = mixed_in(hash, (uint64_t)(uint8_t)p->duck_db << 8 | (uint8_t)p->partner_db);
        hash = mixed_in(hash, p->is_minus);
    }
    for (uint8_t i = 0; i < m->config.n_booths; i++) {
        const struct booth *b = &m->booths[i];
        hash = mixed_in(hash, (uint64_t)b->phase << 8 | b->source);
        hash = mixed_in(hash, (uint64_t)b->on_air << 32 |
                                  (b->handover == HANDOVER_BOTH ? b->successor : 0));
        hash = mixed_in(hash, b->now.is_resting ? 1 : 0);
        hash =
            mixed_in(hash, b->now.is_resting
                               ? 0
                               : (uint64_t)b->now.incoming << 24 | (uint64_t)b->now.outgoing << 16 |
                                     (uint64_t)b->now.is_relay << 8 | (uint8_t)b->relay);
    }
    return hash;
}

// The same state, whenever it was, sounds the same.
static void check_memory(struct world *w)
{
    const uint64_t state = state_hash(w);
    uint64_t gains = 1;
    for (uint32_t i = 1; i <= N_PEOPLE; i++) {
        for (uint32_t k = 1; k <= N_PEOPLE; k++) {
            gains = mixed_in(gains, (uint64_t)(int64_t)w->gains[i][k]);
        }
    }
    const size_t at = state % N_MEMORIES;
    HOLD(w, w->memories[at].state != state || w->memories[at].gains == gains);
    w->memories[at].state = state;
    w->memories[at].gains = gains;
}

// As long as the revision stands still, so does every gain; equal ears hear the same.
static void check_hearing(struct world *w, bool is_same_revision)
{
    struct ear ears[N_PEOPLE + 1];
    for (uint32_t listener = 1; listener <= N_PEOPLE; listener++) {
        struct ear *ear = &ears[listener], twin_ear;
        float gains[N_PEOPLE + 1] = { 0 };
        const bool is_here = meeting_ear(w->meeting, listener, ear);
        HOLD(w, is_here == w->actors[listener].is_here);
        HOLD(w, meeting_ear(w->twin, listener, &twin_ear) == is_here);
        HOLD(w, !is_here || ear_equal(ear, &twin_ear));
        for (uint32_t speaker = 1; is_here && speaker <= N_PEOPLE; speaker++) {
            gains[speaker] = meeting_gain_db(w->meeting, ear, speaker);
            const float twin_gain = meeting_gain_db(w->twin, ear, speaker);
            HOLD(w, memcmp(&gains[speaker], &twin_gain, sizeof(twin_gain)) == 0);
            check_pair(w, listener, speaker, gains[speaker]);
        }
        HOLD(w, !is_same_revision || memcmp(gains, w->gains[listener], sizeof(gains)) == 0);
        memcpy(w->gains[listener], gains, sizeof(gains));
        for (uint32_t other = 1; other < listener && is_here; other++) {
            HOLD(w, !w->actors[other].is_here || !ear_equal(ear, &ears[other]) ||
                        memcmp(gains, w->gains[other], sizeof(gains)) == 0);
        }
    }
    check_public_ears(w);
    check_rings(w);
    check_memory(w);
}

// ---- all of it ---------------------------------------------------------------------------------

static void check_events(struct world *w)
{
    struct track_event event, twin_event;
    while (meeting_next_event(w->meeting, &event)) {
        HOLD(w, meeting_next_event(w->twin, &twin_event));
        HOLD(w, event.kind == twin_event.kind && event.session == twin_event.session);
        HOLD(w, event.kind < TRACK_EVENT_KINDS && event.at_us <= w->now_us);
        struct actor *a = &w->actors[event.session <= N_PEOPLE ? event.session : 0];
        if (event.kind == TRACK_EVENT_SUSPECT && a->is_gone) {
            a->answer_us = w->now_us + 250000;
        }
    }
    HOLD(w, !meeting_next_event(w->twin, &twin_event));
}

static void check_floor(struct world *w)
{
    const struct floor_state floor = meeting_floor_state(w->meeting);
    const struct floor_state twin = meeting_floor_state(w->twin);
    HOLD(w, floor.holder == twin.holder && floor.second == twin.second && floor.lang == twin.lang);
    HOLD(w, floor.is_drained == twin.is_drained && floor.given == twin.given);
    const uint32_t sessions[] = { floor.holder, floor.second, floor.given };
    for (size_t i = 0; i < 3; i++) {
        const struct actor *a = &w->actors[sessions[i]];
        HOLD(w, sessions[i] == 0 || (a->is_here && a->place.kind != PLACE_BOOTH));
    }
    HOLD(w, floor.holder == 0 || floor.holder != floor.second);
}

static void world_check(struct world *w)
{
    check_events(w);
    check_floor(w);
    check_booths(w);
    HOLD(w, meeting_deadline(w->meeting) > w->now_us);
    HOLD(w, meeting_deadline(w->twin) > w->now_us);
    const bool is_same_revision = meeting_revision(w->meeting) == w->revision;
    if (!is_same_revision || w->now_us / TICK_US % 16 == 0) {
        check_hearing(w, is_same_revision);
        w->revision = meeting_revision(w->meeting);
    }
    for (uint32_t listener = 1; listener <= N_PEOPLE; listener++) {
        if (w->actors[listener].is_here) {
            check_silence(w, listener);
        }
    }
}

#endif
