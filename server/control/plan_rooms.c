// SPDX-License-Identifier: BSD-3-Clause
//
// The rooms of a plan: one for each set of channels that somebody's speech goes to, with all who
// hear it there. Speakers with the same set share the room. Here is also what whisper targets do in
// the same way: how hearers are kept, ordered, and how loud they hear.
#include "control/plan_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The array, perhaps moved, with room for `needed`; NULL: memory, and the old one stays.
static void *grown(void *array, uint32_t *cap, uint32_t needed, size_t size)
{
    if (array != NULL && needed <= *cap)
        return array;
    uint32_t wanted = 2 * *cap > needed ? 2 * *cap : needed + 16;
    void *larger = realloc(array, wanted * size);
    if (larger != NULL)
        *cap = wanted;
    return larger;
}

bool plan_reserve_hearers(struct plan *plan, uint32_t n)
{
    struct hearer *hearers =
        grown(plan->hearers, &plan->cap_hearers, plan->n_hearers + n, sizeof(*hearers));
    if (hearers != NULL)
        plan->hearers = hearers;
    return hearers != NULL;
}

// In whole dB, 6 to a factor of two, as clients set it: so there are few different ones.
float plan_heard_volume(float factor)
{
    float db = factor > 0 ? roundf(6 * log2f(factor)) : 0;
    return db > 0 || db < 0 ? exp2f(db / 6) : 0;
}

static int compare_hearers(const void *a, const void *b)
{
    const struct hearer *one = a, *other = b;
    if (one->context != other->context)
        return one->context < other->context ? -1 : 1;
    if (one->volume < other->volume || one->volume > other->volume)
        return one->volume < other->volume ? -1 : 1;
    return one->client < other->client ? -1 : 1;
}

void plan_sort_hearers(struct hearer *hearers, uint32_t n)
{
    if (n > 1)
        qsort(hearers, n, sizeof(*hearers), compare_hearers);
}

static bool reserve_set(struct plan *plan, uint32_t n)
{
    uint32_t *sets = grown(plan->sets, &plan->cap_sets, plan->n_sets + n, sizeof(*sets));
    if (sets != NULL)
        plan->sets = sets;
    return sets != NULL;
}

static bool reserve_room(struct plan *plan)
{
    struct plan_room *rooms =
        grown(plan->rooms, &plan->cap_rooms, plan->n_rooms + 1, sizeof(*rooms));
    if (rooms != NULL)
        plan->rooms = rooms;
    return rooms != NULL;
}

// On the floor, and hears what is said there from the mixer.
static bool hears_mixed(const struct plan_work *work, const struct plan_room *room, uint32_t client)
{
    const struct user *user = work->users[client];
    return room->floor != VOICE_NONE && user->is_floor_mixed &&
           user->channel == model_channel_at(work->model, room->floor)->id;
}

// Those of each channel of the set, then its listeners. A user of one and listener of another hears
// as a user, louder if they have asked for it.
static bool fill_room(struct plan_work *work, struct plan_room *room)
{
    struct plan *plan = work->plan;
    const uint32_t *set = plan->sets + room->first_set;
    uint32_t n_sitters = 0, n_ears = 0;
    for (uint32_t i = 0; i < room->n_set; i++) {
        n_sitters += work->first_sitter[set[i] + 1] - work->first_sitter[set[i]];
        n_ears += work->first_ear[set[i] + 1] - work->first_ear[set[i]];
    }
    if (!plan_reserve_hearers(plan, n_sitters + n_ears))
        return false;
    struct hearer *hearers = plan->hearers + plan->n_hearers;
    for (uint32_t i = 0; i < room->n_set; i++)
        for (uint32_t k = work->first_sitter[set[i]]; k < work->first_sitter[set[i] + 1]; k++) {
            if (hears_mixed(work, room, work->sitters[k]))
                continue;
            hearers[room->count++] = (struct hearer){ work->sitters[k], VOICE_CONTEXT_NORMAL, 1 };
            work->place[work->sitters[k]] = room->count;
        }
    for (uint32_t i = 0; i < room->n_set; i++)
        for (uint32_t k = work->first_ear[set[i]]; k < work->first_ear[set[i] + 1]; k++) {
            const struct earshot *ear = &work->ears[k];
            uint32_t *place = &work->place[ear->client];
            if (hears_mixed(work, room, ear->client))
                continue;
            if (*place == 0) {
                hearers[room->count++] =
                    (struct hearer){ ear->client, VOICE_CONTEXT_LISTEN, ear->volume };
                *place = room->count;
            } else if (ear->volume > hearers[*place - 1].volume) {
                hearers[*place - 1].volume = ear->volume;
            }
        }
    for (uint32_t i = 0; i < room->count; i++) {
        work->place[hearers[i].client] = 0;
        hearers[i].volume = plan_heard_volume(hearers[i].volume);
    }
    if (n_ears > 0) // sitters are in order already
        plan_sort_hearers(hearers, room->count);
    room->first = plan->n_hearers;
    plan->n_hearers += room->count;
    return true;
}

// The channels that this speaker's voice goes to, at the end of plan->sets.
static bool find_set(struct plan_work *work, const struct user *speaker, uint32_t base, uint32_t *n)
{
    struct plan *plan = work->plan;
    uint32_t component = work->component[base];
    if (!reserve_set(plan, work->size[component]))
        return false;
    uint32_t *set = plan->sets + plan->n_sets;
    *n = 0;
    if (work->size[component] == 1) {
        set[(*n)++] = base;
        return true;
    }
    for (uint32_t i = component; i < work->n_channels; i++)
        if (i == base ||
            (work->component[i] == component &&
             (model_permissions(work->model, speaker, model_channel_at(work->model, i)->id) &
              PERM_SPEAK) != 0))
            set[(*n)++] = i;
    return true;
}

static uint32_t room_for(struct plan_work *work, const struct user *speaker, uint32_t base)
{
    struct plan *plan = work->plan;
    uint32_t *chain = &work->room_of[work->component[base]], n;
    const uint32_t floor = work->is_split[base] ? base : VOICE_NONE;
    if (!find_set(work, speaker, base, &n))
        return VOICE_NONE;
    for (uint32_t at = *chain; at != VOICE_NONE; at = plan->rooms[at].next_of_component)
        if (plan->rooms[at].n_set == n && plan->rooms[at].floor == floor &&
            memcmp(plan->sets + plan->rooms[at].first_set, plan->sets + plan->n_sets,
                   n * sizeof(n)) == 0)
            return at;
    struct plan_room room = {
        .first_set = plan->n_sets, .n_set = n, .floor = floor, .next_of_component = *chain
    };
    plan->n_sets += n;
    if (!reserve_room(plan) || !fill_room(work, &room))
        return VOICE_NONE;
    *chain = plan->n_rooms;
    plan->rooms[plan->n_rooms++] = room;
    return *chain;
}

bool plan_rooms(struct plan_work *work)
{
    struct plan *plan = work->plan;
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const struct user *user = work->users[i];
        const struct channel *channel = model_channel(work->model, user->channel);
        uint32_t floor =
            channel->meeting != MODEL_NONE ? plan_index_of(work, channel->meeting) : VOICE_NONE;
        if (floor != VOICE_NONE && work->is_mixed[floor]) {
            plan->clients[i].meeting = channel->meeting;
            plan->clients[i].mixer = work->mixer[floor];
        }
        uint32_t base = channel->role == CHANNEL_PLAIN ? plan_index_of(work, channel->id) : floor;
        if (channel->role == CHANNEL_BOOTH || base == VOICE_NONE || !plan->clients[i].may_speak)
            continue;
        plan->clients[i].room = room_for(work, user, base);
        if (plan->clients[i].room == VOICE_NONE)
            return false;
    }
    return true;
}
