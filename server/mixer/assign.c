// SPDX-License-Identifier: BSD-3-Clause
//
// From ears to mixes. Runs when an ear or a gain may have changed, not each tick.
#include "mixer/mixer_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool frame_begins(const struct hall *hall, enum tier tier, uint64_t tick)
{
    return (tick + hall->phase) % tier_spec(tier)->frame_blocks == 0;
}

// ---- streams
// --------------------------------------------------------------------------------------------------------------------

static void stream_release(struct hall *hall, struct mix *mix, enum tier tier)
{
    struct stream *stream = &mix->streams[tier];
    if (stream->n_have != 0 || stream->n_want != 0 || stream->encoder == NULL)
        return;
    encoder_free(stream->encoder);
    *stream = (struct stream){ 0 };
    if (mix->ear.minus == 0)
        hall->n_streams--;
}

static bool stream_open_for(struct hall *hall, struct mix *mix, enum tier tier)
{
    struct stream *stream = &mix->streams[tier];
    if (stream->encoder != NULL)
        return true;
    stream->encoder =
        encoder_new(tier, mix->is_booth ? ENCODER_COMPLEXITY_BOOTH : ENCODER_COMPLEXITY_TRACK);
    if (stream->encoder != NULL && mix->ear.minus == 0)
        hall->n_streams++;
    return stream->encoder != NULL;
}

static void drop_have(struct hall *hall, struct seat *seat)
{
    if (seat->have == NULL)
        return;
    seat->have->streams[seat->have_tier].n_have--;
    stream_release(hall, seat->have, seat->have_tier);
    seat->have = NULL;
}

static void drop_want(struct hall *hall, struct seat *seat)
{
    if (seat->want == NULL)
        return;
    seat->want->streams[seat->want_tier].n_want--;
    stream_release(hall, seat->want, seat->want_tier);
    seat->want = NULL;
}

static void set_want(struct hall *hall, struct seat *seat, struct mix *mix, enum tier tier)
{
    if (seat->want == mix && seat->want_tier == tier)
        return;
    if (mix != NULL && !stream_open_for(hall, mix, tier))
        mix = NULL;
    if (mix != NULL)
        mix->streams[tier].n_want++; // before the old is dropped: it may be the same mix
    drop_want(hall, seat);
    seat->want = mix;
    seat->want_tier = tier;
}

// ---- mixes
// ------------------------------------------------------------------------------------------------------------------------

static bool is_unused(const struct mix *mix)
{
    for (int tier = 0; tier < TIERS; tier++)
        if (mix->streams[tier].n_have != 0 || mix->streams[tier].n_want != 0)
            return false;
    return mix->n_classes == 0;
}

static void sweep_mixes(struct mixer *mixer, struct hall *hall)
{
    for (struct mix **at = &hall->mixes; *at != NULL;) {
        struct mix *mix = *at;
        if (!is_unused(mix)) {
            at = &mix->next;
            continue;
        }
        *at = mix->next;
        mix_give(mixer, mix);
    }
}

static struct mix *mix_add(struct mixer *mixer, struct hall *hall, const struct ear *ear)
{
    struct mix *mix = mix_take(mixer);
    if (mix == NULL)
        return NULL;
    mix->is_booth = ear->place.kind == PLACE_BOOTH;
    mix->limiter = limiter_new(mix->is_booth ? LIMITER_CEILING_BOOTH_DB : LIMITER_CEILING_TRACK_DB);
    if (mix->limiter == NULL) {
        mix_give(mixer, mix);
        return NULL;
    }
    mix->ear = *ear;
    mix->next = hall->mixes;
    hall->mixes = mix;
    return mix;
}

static void set_mix(struct ear_class *class, struct mix *mix)
{
    if (class->mix != NULL)
        class->mix->n_classes--;
    class->mix = mix;
    if (mix != NULL)
        mix->n_classes++;
}

// A voice that begins is at its gain from the start: it fades in by itself.
static void begin_voices(struct hall *hall, struct mix *mix, const float wanted_db[SPEAKERS_MAX])
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        if (hall->speakers[i].session == 0 || mix->has_target[i])
            continue;
        mix->has_target[i] = true;
        mix->target_db[i] = wanted_db[i];
        mix->later_db[i] = NAN;
        ramp_init(&mix->ramps[i], wanted_db[i]);
    }
}

static void retarget_now(struct hall *hall, struct mix *mix, const float wanted_db[SPEAKERS_MAX])
{
    begin_voices(hall, mix, wanted_db);
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        if (hall->speakers[i].session == 0)
            continue;
        if (mix->retarget_tick != 0) {
            mix->later_db[i] = wanted_db[i]; // it waits for its boundary anyway
        } else {
            mix->target_db[i] = wanted_db[i];
            ramp_to(&mix->ramps[i], wanted_db[i]);
        }
    }
}

static float target_of(const struct mix *mix, unsigned i)
{
    return mix->retarget_tick != 0 && !isnan(mix->later_db[i]) ? mix->later_db[i]
                                                               : mix->target_db[i];
}

static bool fits(const struct hall *hall, const struct mix *mix,
                 const float wanted_db[SPEAKERS_MAX])
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session != 0 && mix->has_target[i] &&
            target_of(mix, i) != wanted_db[i])
            return false;
    return true;
}

// As fits, and nothing is moving: a listener may come from silence or from an equal mix without
// hearing a difference.
static bool fits_at_rest(const struct hall *hall, const struct mix *mix,
                         const float wanted_db[SPEAKERS_MAX])
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session != 0 && !mix->has_target[i])
            return false;
    return fits(hall, mix, wanted_db) && mix_is_settled(mix);
}

static bool equal_wishes(const struct hall *hall, const struct ear_class *a,
                         const struct ear_class *b)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++)
        if (hall->speakers[i].session != 0 && a->wanted_db[i] != b->wanted_db[i])
            return false;
    return true;
}

// The first tick from which every listener of these tiers can change streams.
static uint64_t next_boundary(const struct hall *hall, uint64_t tick)
{
    bool has_tier[TIERS] = { false };
    for (size_t i = 0; i < hall->n_seats; i++)
        if (hall->seats[i].is_listening)
            has_tier[hall->seats[i].tier] = true;
    for (uint64_t at = tick;; at++) {
        bool is_common = true;
        for (int tier = 0; tier < TIERS; tier++)
            is_common = is_common && (!has_tier[tier] || frame_begins(hall, (enum tier)tier, at));
        if (is_common)
            return at; // within 12 ticks, as frames are of 2, 4 and 6
    }
}

static struct mix *mix_clone(struct mixer *mixer, struct hall *hall, const struct mix *from,
                             const struct ear_class *class, uint64_t tick)
{
    struct mix *mix = mix_add(mixer, hall, &class->ear);
    if (mix == NULL)
        return NULL;
    memcpy(mix->target_db, from->target_db, sizeof(mix->target_db));
    memcpy(mix->has_target, from->has_target, sizeof(mix->has_target));
    memcpy(mix->ramps, from->ramps, sizeof(mix->ramps));
    mix->loud_tick = from->loud_tick;
    memcpy(mix->later_db, class->wanted_db, sizeof(mix->later_db));
    mix->retarget_tick = next_boundary(hall, tick);
    begin_voices(hall, mix, class->wanted_db);
    return mix;
}

// ---- classes
// ------------------------------------------------------------------------------------------------------------------------

static struct ear_class *class_of(struct hall *hall, const struct ear *ear)
{
    for (size_t i = 0; i < hall->n_classes; i++)
        if (ear_equal(&hall->classes[i].ear, ear))
            return &hall->classes[i];
    if (hall->n_classes == hall->cap_classes) {
        size_t cap = hall->cap_classes != 0 ? 2 * hall->cap_classes : 16;
        struct ear_class *grown = realloc(hall->classes, cap * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        hall->classes = grown;
        hall->cap_classes = cap;
    }
    hall->classes[hall->n_classes] = (struct ear_class){ .ear = *ear };
    return &hall->classes[hall->n_classes++];
}

// Own voice is never in one's mix, from the first packet on, before the detector has heard it.
static bool ear_of(struct hall *hall, const struct seat *seat, struct ear *ear)
{
    if (!seat->is_listening || seat->place.kind == PLACE_FLOOR ||
        !meeting_ear(hall->meeting, seat->session, ear))
        return false;
    if (ear->minus == 0 && ear->self == 0 && hall_speaker(hall, seat->session) != NULL)
        ear->minus = seat->session;
    return true;
}

// A seat that changes its class in this turn brings along the mix that it hears, as the start of
// the new class's.
static void count_seats(struct hall *hall)
{
    for (size_t i = 0; i < hall->n_classes; i++)
        hall->classes[i].n_seats = 0;
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = &hall->seats[i];
        struct ear ear;
        struct ear_class *class = ear_of(hall, seat, &ear) ? class_of(hall, &ear) : NULL;
        if (class == NULL)
            continue;
        class->n_seats++;
        if (class->mix == NULL && seat->want != NULL &&
            seat->want->is_booth == (ear.place.kind == PLACE_BOOTH))
            set_mix(class, seat->want);
    }
    for (size_t i = 0; i < hall->n_classes;) {
        if (hall->classes[i].n_seats != 0) {
            i++;
            continue;
        }
        set_mix(&hall->classes[i], NULL);
        hall->classes[i] = hall->classes[--hall->n_classes];
    }
}

static void work_out_wishes(struct hall *hall, struct ear_class *class)
{
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        const struct speaker *speaker = &hall->speakers[i];
        bool is_heard = speaker->session != 0 && speaker->is_mixed &&
                        speaker->session != class->ear.minus && speaker->session != class->ear.self;
        class->wanted_db[i] = is_heard
                                  ? meeting_gain_db(hall->meeting, &class->ear, speaker->session)
                                  : TRACKS_SILENT_DB;
    }
    class->is_done = false;
}

// Classes that share a mix and no longer want the same: those whose wish fits stay; when none fits
// the largest takes the mix along; the others get clones, shared by equals.
static void split(struct mixer *mixer, struct hall *hall, struct mix *mix, uint64_t tick)
{
    struct ear_class *keeper = NULL;
    for (size_t i = 0; i < hall->n_classes; i++) {
        struct ear_class *class = &hall->classes[i];
        if (class->mix != mix)
            continue;
        bool is_fitting = fits(hall, mix, class->wanted_db);
        bool was_fitting = keeper != NULL && fits(hall, mix, keeper->wanted_db);
        if (keeper == NULL || (is_fitting && !was_fitting) ||
            (is_fitting == was_fitting && class->n_seats > keeper->n_seats))
            keeper = class;
    }
    if (keeper == NULL)
        return;
    for (size_t i = 0; i < hall->n_classes; i++) {
        struct ear_class *class = &hall->classes[i];
        if (class->mix != mix || class->is_done)
            continue;
        class->is_done = true;
        if (equal_wishes(hall, class, keeper))
            continue;
        struct mix *clone = mix_clone(mixer, hall, mix, class, tick);
        if (clone == NULL)
            continue;
        for (size_t k = i + 1; k < hall->n_classes; k++)
            if (hall->classes[k].mix == mix && !hall->classes[k].is_done &&
                equal_wishes(hall, class, &hall->classes[k])) {
                set_mix(&hall->classes[k], clone);
                hall->classes[k].is_done = true;
            }
        set_mix(class, clone);
    }
    keeper->is_done = true;
    retarget_now(hall, mix, keeper->wanted_db);
}

// Over the limit of encoders: the mix of the same place whose duck is the nearest serves, and
// control tells the listener.
static struct mix *nearest_mix(struct mixer *mixer, struct hall *hall,
                               const struct ear_class *class)
{
    struct mix *best = NULL;
    int best_distance = 0;
    if (class->ear.minus != 0 || hall->n_streams < MIXER_ENCODERS_MAX)
        return NULL;
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next) {
        int distance = abs(mix->ear.duck_db - class->ear.duck_db);
        if (mix->ear.minus == 0 && mix->ear.place.kind == class->ear.place.kind &&
            mix->ear.place.index == class->ear.place.index && mix->ear.self == class->ear.self &&
            (best == NULL || distance < best_distance)) {
            best = mix;
            best_distance = distance;
        }
    }
    if (best != NULL)
        mixer_event(mixer, &(struct mixer_event){ .kind = MIXER_EVENT_SNAPPED,
                                                  .meeting = hall->id,
                                                  .result = best->ear.duck_db });
    return best;
}

static void place_newcomers(struct mixer *mixer, struct hall *hall)
{
    for (size_t i = 0; i < hall->n_classes; i++) {
        struct ear_class *class = &hall->classes[i];
        if (class->mix != NULL)
            continue;
        struct mix *found = hall->mixes;
        while (found != NULL && (found->is_booth != (class->ear.place.kind == PLACE_BOOTH) ||
                                 !fits_at_rest(hall, found, class->wanted_db)))
            found = found->next;
        if (found == NULL)
            found = nearest_mix(mixer, hall, class);
        if (found == NULL && (found = mix_add(mixer, hall, &class->ear)) != NULL)
            begin_voices(hall, found, class->wanted_db);
        set_mix(class, found);
    }
}

static void seat_all(struct hall *hall)
{
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = &hall->seats[i];
        struct ear ear;
        struct ear_class *class = ear_of(hall, seat, &ear) ? class_of(hall, &ear) : NULL;
        set_want(hall, seat, class != NULL ? class->mix : NULL, seat->tier);
        if (seat->want == NULL)
            drop_have(hall, seat);
    }
}

void assign_seats(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    hall->must_assign = false;
    hall->revision = meeting_revision(hall->meeting);
    count_seats(hall);
    for (size_t i = 0; i < hall->n_classes; i++)
        work_out_wishes(hall, &hall->classes[i]);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        split(mixer, hall, mix, tick);
    place_newcomers(mixer, hall);
    seat_all(hall);
    sweep_mixes(mixer, hall);
}

// Two mixes at rest with the same gains are one: the second's classes go over to the first.
void assign_merge(struct mixer *mixer, struct hall *hall)
{
    bool has_merged = false;
    for (struct mix *a = hall->mixes; a != NULL; a = a->next) {
        if (a->n_classes == 0 || !mix_is_settled(a))
            continue;
        for (size_t i = 0; i < hall->n_classes; i++) {
            struct ear_class *class = &hall->classes[i];
            if (class->mix == NULL || class->mix == a || class->mix->is_booth != a->is_booth ||
                !mix_is_settled(class->mix) || !fits_at_rest(hall, a, class->mix->target_db) ||
                !fits_at_rest(hall, class->mix, a->target_db))
                continue;
            set_mix(class, a);
            has_merged = true;
        }
    }
    if (has_merged)
        seat_all(hall);
    sweep_mixes(mixer, hall);
}

void assign_forget_seat(struct mixer *mixer, struct hall *hall, struct seat *seat)
{
    drop_want(hall, seat);
    drop_have(hall, seat);
    (void)mixer;
}

void assign_clear(struct mixer *mixer, struct hall *hall)
{
    for (size_t i = 0; i < hall->n_seats; i++)
        assign_forget_seat(mixer, hall, &hall->seats[i]);
    for (size_t i = 0; i < hall->n_classes; i++)
        set_mix(&hall->classes[i], NULL);
    hall->n_classes = 0;
    sweep_mixes(mixer, hall);
}
