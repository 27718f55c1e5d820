// SPDX-License-Identifier: BSD-3-Clause
//
// From ears to mixes. Runs when an ear or a gain may have changed, not each tick.
#include "mixer/mixer_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- what a seat plays --------------------------------------------------------------------------

static void play_drop(struct mixer *mixer, struct play *play)
{
    if (play->mix == NULL)
        return;
    struct stream *stream = &play->mix->streams[play->slot];
    if (--stream->n_plays == 0) {
        pool_encoder_back(&mixer->pool, play->slot, play->mix->is_booth, stream->encoder);
        *stream = (struct stream){ 0 };
    }
    play->mix = NULL;
}

bool play_set(struct mixer *mixer, struct play *play, struct play value)
{
    if (play->mix == value.mix && play->slot == value.slot)
        return true;
    if (value.mix != NULL) {
        struct stream *stream = &value.mix->streams[value.slot];
        if (stream->encoder == NULL)
            stream->encoder = pool_encoder(&mixer->pool, value.slot, value.mix->is_booth);
        if (stream->encoder == NULL)
            value.mix = NULL;
        else
            stream->n_plays++;
    }
    play_drop(mixer, play);
    *play = value;
    return value.mix != NULL;
}

static void sweep_mixes(struct mixer *mixer, struct hall *hall)
{
    for (struct mix **at = &hall->mixes; *at != NULL;) {
        struct mix *mix = *at;
        bool is_used = mix->n_taps > 0;
        for (unsigned slot = 0; slot < SLOTS; slot++)
            is_used = is_used || mix->streams[slot].n_plays != 0;
        if (is_used) {
            at = &mix->next;
            continue;
        }
        *at = mix->next;
        for (unsigned slot = 0; slot < SLOTS; slot++) // forked for nobody in the end
            if (mix->streams[slot].encoder != NULL)
                pool_encoder_back(&mixer->pool, slot, mix->is_booth, mix->streams[slot].encoder);
        mix_give(mixer, mix);
    }
}

// ---- groups -------------------------------------------------------------------------------------

// Own voice is never in one's mix, from the first packet on, before the detector has heard it.
static bool ear_of(const struct hall *hall, const struct seat *seat, struct ear *ear)
{
    if (!seat->is_listening || seat->from == 0 || !meeting_ear(hall->meeting, seat->session, ear))
        return false;
    if (seat->is_speaking && ear->self == 0)
        ear->minus = seat->session;
    return true;
}

// What the seat hears now. A change of streams that is under way is thought over again.
static struct mix *base_of(const struct seat *seat)
{
    if (seat->have.mix != NULL && seat->have.mix->streams[seat->have.slot].is_open)
        return seat->have.mix;
    return seat->want.mix;
}

static struct group *group_for(struct hall *hall, const struct ear *ear, uint32_t tones,
                               struct mix *base)
{
    for (size_t i = 0; i < hall->n_groups; i++)
        if (hall->groups[i].base == base && hall->groups[i].tones == tones &&
            ear_equal(&hall->groups[i].ear, ear))
            return &hall->groups[i];
    if (hall->n_groups == hall->cap_groups) {
        size_t cap = hall->cap_groups != 0 ? 2 * hall->cap_groups : 16;
        struct group *grown = realloc(hall->groups, cap * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        hall->groups = grown;
        hall->cap_groups = cap;
    }
    struct group *group = &hall->groups[hall->n_groups++];
    *group = (struct group){ .ear = *ear, .tones = tones, .base = base, .mix = base };
    return group;
}

static void make_groups(struct hall *hall)
{
    hall->n_groups = 0;
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        struct ear ear;
        bool is_hearing = ear_of(hall, seat, &ear);
        struct group *group =
            is_hearing ? group_for(hall, &ear, tones_for(hall, seat), base_of(seat)) : NULL;
        hall->must_assign = hall->must_assign || (is_hearing && group == NULL);
        seat->group = group != NULL ? (size_t)(group - hall->groups) : SIZE_MAX;
        if (group == NULL)
            continue;
        group->n_seats++;
        group->tiers |= 1u << seat->tier;
        group->is_personal = ear.minus != 0 || (ear.self != 0 && seat->is_speaking);
    }
}

// Likewise the recorder's, which have no seat.
static void make_tap_groups(struct hall *hall)
{
    for (uint8_t stream = 0; stream < RECORD_STREAMS_MAX; stream++) {
        struct ear ear;
        bool is_hearing = tap_ear(hall, stream, &ear);
        struct group *group = is_hearing ? group_for(hall, &ear, 0, hall->taps[stream]) : NULL;
        hall->must_assign = hall->must_assign || (is_hearing && group == NULL);
        hall->tap_groups[stream] = group != NULL ? (size_t)(group - hall->groups) : SIZE_MAX;
    }
}

static void work_out_wishes(const struct hall *hall, struct group *group)
{
    for (unsigned i = 0; i < TONES_MAX; i++)
        group->wanted_db[SPEAKERS_MAX + i] =
            (group->tones >> i & 1u) != 0 ? 0.0f : TRACKS_SILENT_DB;
    for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
        const struct speaker *speaker = &hall->speakers[i];
        bool is_heard = speaker_is_live(speaker) && speaker->is_mixed &&
                        speaker->session != group->ear.minus && speaker->session != group->ear.self;
        group->wanted_db[i] =
            is_heard ? speaker_gain_db(hall, speaker, &group->ear) : TRACKS_SILENT_DB;
    }
}

static bool equal_wishes(const struct hall *hall, const struct group *a, const struct group *b)
{
    for (unsigned i = 0; i < VOICES_MAX; i++)
        if (speaker_is_live(&hall->speakers[i]) && a->wanted_db[i] != b->wanted_db[i])
            return false;
    return true;
}

// ---- the limit of encoders ----------------------------------------------------------------------

static unsigned count_bits(unsigned bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

static unsigned count_streams(struct hall *hall)
{
    unsigned n = 0;
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix->tiers = 0;
    for (size_t i = 0; i < hall->n_groups; i++)
        if (!hall->groups[i].is_personal && hall->groups[i].mix != NULL)
            hall->groups[i].mix->tiers |= hall->groups[i].tiers;
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        n += count_bits(mix->tiers);
    return n;
}

static bool has_room_for(struct hall *hall, struct group *group)
{
    if (group->is_personal || group->tiers == 0)
        return true;
    struct mix *mix = group->mix;
    group->mix = NULL;
    unsigned n = count_streams(hall);
    group->mix = mix;
    return n + count_bits(group->tiers) <= MIXER_ENCODERS_MAX;
}

// Over the limit: the mix that is the least wrong serves. It never has a voice that this group must
// not hear, as that would be the most wrong of all.
static struct mix *nearest_mix(const struct hall *hall, const struct group *group)
{
    struct mix *best = NULL;
    float best_distance = INFINITY;
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next) {
        bool is_usable = mix->is_booth == (group->ear.place.kind == PLACE_BOOTH) && mix->tiers != 0;
        float distance = 0.0f;
        for (unsigned i = 0; i < VOICES_MAX && is_usable; i++) {
            if (!speaker_is_live(&hall->speakers[i]))
                continue;
            float have_db = mix->has_target[i] ? mix->target_db[i] : TRACKS_SILENT_DB;
            bool is_foreign =
                group->wanted_db[i] <= TRACKS_SILENT_DB && have_db > TRACKS_SILENT_DB &&
                (i >= SPEAKERS_MAX || speaker_gain_db(hall, &hall->speakers[i], &group->ear) !=
                                          (float)group->ear.duck_db);
            distance += fabsf(have_db - group->wanted_db[i]);
            is_usable = !is_foreign;
        }
        if (is_usable && distance < best_distance) {
            best = mix;
            best_distance = distance;
        }
    }
    return best;
}

// Then tiers merge downward, first where the fewest would notice.
static void merge_tiers(struct hall *hall)
{
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix->least_tier = TIER_FULL;
    for (unsigned n = count_streams(hall); n > MIXER_ENCODERS_MAX; n--) {
        struct mix *rarest = NULL;
        for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
            if (count_bits(mix->tiers) > 1 &&
                (rarest == NULL || mix->streams[__builtin_ctz(mix->tiers)].n_plays <
                                       rarest->streams[__builtin_ctz(rarest->tiers)].n_plays))
                rarest = mix;
        if (rarest == NULL)
            return;
        rarest->tiers &= rarest->tiers - 1;
        rarest->least_tier = (enum tier)__builtin_ctz(rarest->tiers);
    }
}

// ---- groups that part ---------------------------------------------------------------------------

static struct group *choose_keeper(struct hall *hall, const struct mix *mix)
{
    struct group *keeper = NULL;
    bool is_keeper_fitting = false;
    for (size_t i = 0; i < hall->n_groups; i++) {
        struct group *group = &hall->groups[i];
        if (group->base != mix)
            continue;
        bool is_fitting = mix_fits(hall, mix, group->wanted_db);
        if (keeper == NULL || (is_fitting && !is_keeper_fitting) ||
            (is_fitting == is_keeper_fitting && group->n_seats > keeper->n_seats)) {
            keeper = group;
            is_keeper_fitting = is_fitting;
        }
    }
    return keeper;
}

static void fork_for(struct mixer *mixer, struct hall *hall, struct mix *mix, struct group *group,
                     uint64_t tick)
{
    for (struct mix *fork = hall->mixes; fork != NULL; fork = fork->next) {
        if (fork->parent == mix && mix_fits(hall, fork, group->wanted_db)) {
            group->mix = fork; // an equal has it already
            return;
        }
    }
    if (!has_room_for(hall, group)) {
        group->mix = NULL;
        return; // all who have room come first
    }
    group->mix = mix_fork(mixer, mix);
    if (group->mix == NULL)
        return;
    group->mix->next = hall->mixes;
    hall->mixes = group->mix;
    mix_retarget(hall, group->mix, group->wanted_db, tick);
}

// Of the groups on a mix that no longer want the same, those that it fits stay; when it fits none
// the largest takes it along. The others get forks, the largest first, shared by equals.
static void split(struct mixer *mixer, struct hall *hall, struct mix *mix, uint64_t tick)
{
    struct group *keeper = choose_keeper(hall, mix);
    if (keeper == NULL)
        return;
    for (size_t i = 0; i < hall->n_groups; i++) {
        struct group *group = &hall->groups[i];
        group->is_done = group->base != mix || equal_wishes(hall, group, keeper);
    }
    for (;;) {
        struct group *largest = NULL;
        for (size_t i = 0; i < hall->n_groups; i++) {
            struct group *group = &hall->groups[i];
            if (!group->is_done && (largest == NULL || group->n_seats > largest->n_seats))
                largest = group;
        }
        if (largest == NULL)
            break;
        fork_for(mixer, hall, mix, largest, tick);
        largest->is_done = true;
    }
    mix_retarget(hall, mix, keeper->wanted_db, tick);
}

static void place_newcomer(struct mixer *mixer, struct hall *hall, struct group *group,
                           uint64_t tick)
{
    bool is_booth = group->ear.place.kind == PLACE_BOOTH;
    bool has_room = has_room_for(hall, group);
    for (struct mix *mix = hall->mixes; mix != NULL && group->mix == NULL; mix = mix->next)
        if (mix->is_booth == is_booth && (has_room || mix->tiers != 0) &&
            mix_knows_all(hall, mix) && mix_fits(hall, mix, group->wanted_db))
            group->mix = mix;
    if (group->mix == NULL && !has_room) {
        group->mix = nearest_mix(hall, group);
        group->is_snapped = group->mix != NULL;
    }
    if (group->mix != NULL)
        return;
    group->mix = mix_take(mixer, is_booth);
    if (group->mix == NULL)
        return;
    group->mix->next = hall->mixes;
    hall->mixes = group->mix;
    mix_retarget(hall, group->mix, group->wanted_db, tick);
}

// ---- seats --------------------------------------------------------------------------------------

static void tell_snapped(struct mixer *mixer, struct hall *hall, struct seat *seat,
                         const struct group *group)
{
    float worst = 0.0f;
    float heard_db = (float)group->ear.duck_db;
    for (unsigned i = 0; i < VOICES_MAX && group->is_snapped; i++) {
        float apart = fabsf(group->wanted_db[i] - group->mix->target_db[i]);
        if (!speaker_is_live(&hall->speakers[i]) || apart <= worst)
            continue;
        worst = apart;
        heard_db = group->mix->target_db[i];
    }
    const enum tier tier = (enum tier)seat->want.slot;
    bool is_snapped = group->is_snapped || tier != seat->tier;
    bool is_news = is_snapped && (!seat->is_snapped || seat->snapped_db != heard_db ||
                                  seat->snapped_tier != tier);
    seat->is_snapped = is_snapped;
    seat->snapped_db = heard_db;
    seat->snapped_tier = tier;
    if (is_news)
        mixer_event(mixer, &(struct mixer_event){ .kind = MIXER_EVENT_SNAPPED,
                                                  .meeting = hall->id,
                                                  .session = seat->session,
                                                  .result = (int)heard_db,
                                                  .tier = tier });
}

// Those whose mix was forked go along with the fork at once, and miss nothing. Without memory for
// it they hear nothing: the parent may have a voice that they must not hear.
static void follow_fork(struct mixer *mixer, struct seat *seat, struct mix *fork)
{
    struct play have = { .mix = fork, .slot = seat->have.slot };
    if (!mix_fork_stream(mixer, seat->have.mix, fork, seat->have.slot))
        have.mix = NULL;
    play_set(mixer, &seat->have, have);
}

static void seat_all(struct mixer *mixer, struct hall *hall)
{
    static const struct play nothing = { 0 };
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        const struct group *group = seat->group != SIZE_MAX ? &hall->groups[seat->group] : NULL;
        if (group == NULL || group->mix == NULL) {
            hall->must_assign = hall->must_assign || group != NULL; // no memory: try again
            play_set(mixer, &seat->want, nothing);
            play_set(mixer, &seat->have, nothing);
            continue;
        }
        struct mix *mix = group->mix;
        if (mix->parent != NULL && seat->have.mix == mix->parent)
            follow_fork(mixer, seat, mix);
        enum tier tier = seat->tier > mix->least_tier ? seat->tier : mix->least_tier;
        if (mix->parent != NULL && mix->parent == group->base)
            mix_fork_stream(mixer, group->base, mix, tier);
        play_set(mixer, &seat->want, (struct play){ .mix = mix, .slot = tier });
        hall->is_moving = true;
        if (seat->want.mix != NULL) {
            tell_snapped(mixer, hall, seat, group);
        } else {
            play_set(mixer, &seat->have, nothing);
            hall->must_assign = true;
        }
    }
}

static void set_taps(struct hall *hall)
{
    for (uint8_t stream = 0; stream < RECORD_STREAMS_MAX; stream++) {
        const size_t group = hall->tap_groups[stream];
        struct mix *mix = group != SIZE_MAX ? hall->groups[group].mix : NULL;
        hall->must_assign = hall->must_assign || (group != SIZE_MAX && mix == NULL);
        tap_set(&hall->taps[stream], mix);
    }
}

// ---- entry points -------------------------------------------------------------------------------

void assign_seats(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    hall->must_assign = false;
    hall->revision = meeting_revision(hall->meeting);
    make_groups(hall);
    make_tap_groups(hall);
    for (size_t i = 0; i < hall->n_groups; i++)
        work_out_wishes(hall, &hall->groups[i]);
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        mix->parent = NULL;
    for (struct mix *mix = hall->mixes; mix != NULL; mix = mix->next)
        split(mixer, hall, mix, tick); // forks are put before the first
    for (size_t i = 0; i < hall->n_groups; i++)
        if (hall->groups[i].mix == NULL)
            place_newcomer(mixer, hall, &hall->groups[i], tick);
    merge_tiers(hall);
    seat_all(mixer, hall);
    set_taps(hall);
    sweep_mixes(mixer, hall);
}

static bool may_merge(const struct mix *mix, uint64_t tick)
{
    return mix_is_settled(mix) && (tick - mix->voice_tick >= MERGE_PAUSE_TICKS ||
                                   tick - mix->moved_tick >= MERGE_LATEST_TICKS);
}

static bool are_equal(const struct hall *hall, const struct mix *a, const struct mix *b)
{
    return a->is_booth == b->is_booth && mix_knows_all(hall, a) && mix_knows_all(hall, b) &&
           mix_fits(hall, a, b->target_db);
}

static unsigned plays_of(const struct mix *mix)
{
    unsigned n = mix->n_taps;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        n += mix->streams[slot].n_plays;
    return n;
}

static void merge(struct mixer *mixer, struct hall *hall, struct mix *from, struct mix *into)
{
    for (size_t i = 0; i < hall->n_seats; i++) {
        struct seat *seat = hall->seats[i];
        if (seat->want.mix != from)
            continue;
        play_set(mixer, &seat->want, (struct play){ .mix = into, .slot = seat->want.slot });
        hall->is_moving = true;
    }
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
        if (hall->taps[i] == from)
            tap_set(&hall->taps[i], into);
}

static bool is_wanted(const struct hall *hall, const struct mix *mix)
{
    for (size_t i = 0; i < hall->n_seats; i++)
        if (hall->seats[i]->want.mix == mix)
            return true;
    return mix->n_taps > 0;
}

// Two mixes at rest with the same gains are one: the smaller's listeners go over to the larger.
void assign_merge(struct mixer *mixer, struct hall *hall, uint64_t tick)
{
    sweep_mixes(mixer, hall);
    for (struct mix *a = hall->mixes; a != NULL; a = a->next) {
        if (!may_merge(a, tick))
            continue;
        for (struct mix *b = a->next; b != NULL; b = b->next) {
            if (!may_merge(b, tick) || !are_equal(hall, a, b) || !is_wanted(hall, a) ||
                !is_wanted(hall, b) || mix_is_live(a, tick) != mix_is_live(b, tick))
                continue; // whoever hears nothing goes on hearing nothing
            bool is_a_larger = plays_of(a) >= plays_of(b);
            merge(mixer, hall, is_a_larger ? b : a, is_a_larger ? a : b);
        }
    }
}

void assign_forget_seat(struct mixer *mixer, struct hall *hall, struct seat *seat)
{
    play_drop(mixer, &seat->want);
    play_drop(mixer, &seat->have);
    hall->must_assign = true;
}

void assign_clear(struct mixer *mixer, struct hall *hall)
{
    for (size_t i = 0; i < hall->n_seats; i++)
        assign_forget_seat(mixer, hall, hall->seats[i]);
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
        tap_set(&hall->taps[i], NULL);
    sweep_mixes(mixer, hall);
    free(hall->groups);
    hall->groups = NULL;
    hall->n_groups = hall->cap_groups = 0;
}
