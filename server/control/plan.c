// SPDX-License-Identifier: BSD-3-Clause
#include "control/plan.h"

#include "control/meeting/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_VOLUME 0.0f

// What is needed only while the plan is made. Channels are meant by their index in the model.
struct earshot {
    uint32_t client;
    float volume;
};
struct work {
    const struct server *server;
    const struct model *model;
    struct plan *plan;
    uint32_t n_channels;
    struct {
        uint32_t id, index;
    } * by_id;           // ascending by id
    uint32_t *component; // of each channel: the lowest index of those joined to it
    uint32_t *size;      // of each component
    uint32_t *room_of;   // of each component: the first room, VOICE_NONE
    bool *is_mixed;      // of each floor: somebody hears the meeting's mixes, or it is recorded
    bool *is_split;      // of each floor: some of those who sit there do
    struct user **users; // of each client
    uint32_t *sits_in;   // of each client: the channel where it hears directly, VOICE_NONE
    uint32_t *sitters,
        *first_sitter;    // clients by channel; first_sitter[n_channels] is their number
    struct earshot *ears; // by channel
    uint32_t *first_ear;
    uint32_t *client_of; // by session
    uint32_t *place;     // by client: 1 + where it stands in the room at hand, 0
};

static bool work_init(struct work *work, const struct server *server, struct plan *plan)
{
    const struct model *model = server->model;
    uint32_t n_clients = model_people(model) + 1, n = 0, n_ears = 0;
    while (model_channel_at(model, n) != NULL)
        n++;
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        n_ears += user->n_listening;
    *work = (struct work){ .server = server, .model = model, .plan = plan, .n_channels = n };
    work->by_id = calloc(n, sizeof(*work->by_id));
    work->component = calloc(n, sizeof(uint32_t));
    work->size = calloc(n, sizeof(uint32_t));
    work->room_of = calloc(n, sizeof(uint32_t));
    work->is_mixed = calloc(n, sizeof(bool));
    work->is_split = calloc(n, sizeof(bool));
    work->users = calloc(n_clients, sizeof(struct user *));
    work->sits_in = calloc(n_clients, sizeof(uint32_t));
    work->sitters = calloc(n_clients, sizeof(uint32_t));
    work->first_sitter = calloc(n + 1, sizeof(uint32_t));
    work->ears = calloc(n_ears + 1, sizeof(struct earshot));
    work->first_ear = calloc(n + 1, sizeof(uint32_t));
    work->client_of = calloc(model_sessions_max(model), sizeof(uint32_t));
    work->place = calloc(n_clients, sizeof(uint32_t));
    plan->clients = calloc(n_clients, sizeof(*plan->clients));
    return work->by_id != NULL && work->component != NULL && work->size != NULL &&
           work->room_of != NULL && work->is_mixed != NULL && work->is_split != NULL &&
           work->users != NULL && work->sits_in != NULL && work->sitters != NULL &&
           work->first_sitter != NULL && work->ears != NULL && work->first_ear != NULL &&
           work->client_of != NULL && work->place != NULL && plan->clients != NULL;
}

static void work_clear(struct work *work)
{
    free(work->by_id);
    free(work->component);
    free(work->size);
    free(work->room_of);
    free(work->is_mixed);
    free(work->is_split);
    free(work->users);
    free(work->sits_in);
    free(work->sitters);
    free(work->first_sitter);
    free(work->ears);
    free(work->first_ear);
    free(work->client_of);
    free(work->place);
}

void plan_clear(struct plan *plan)
{
    free(plan->clients);
    free(plan->rooms);
    free(plan->targets);
    free(plan->hearers);
    free(plan->unwanted);
    free(plan->sets);
    *plan = (struct plan){ 0 };
}

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

static bool reserve_hearers(struct plan *plan, uint32_t n)
{
    struct hearer *hearers =
        grown(plan->hearers, &plan->cap_hearers, plan->n_hearers + n, sizeof(*hearers));
    if (hearers != NULL)
        plan->hearers = hearers;
    return hearers != NULL;
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

// ---- channels and what joins them
// ----------------------------------------------------------------

static int compare_ids(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other ? 1 : 0;
}

static uint32_t index_of(const struct work *work, uint32_t id)
{
    uint32_t low = 0, high = work->n_channels;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (work->by_id[middle].id == id)
            return work->by_id[middle].index;
        if (work->by_id[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return VOICE_NONE;
}

static bool is_direct(const struct channel *channel)
{
    return channel->role == CHANNEL_PLAIN || channel->role == CHANNEL_FLOOR;
}

static uint32_t root_of(const struct work *work, uint32_t index)
{
    while (work->component[index] != index)
        index = work->component[index] = work->component[work->component[index]];
    return index;
}

static void join(struct work *work, uint32_t a, uint32_t b)
{
    a = root_of(work, a);
    b = root_of(work, b);
    if (a < b)
        work->component[b] = a;
    else
        work->component[a] = b;
}

static void plan_channels(struct work *work)
{
    const struct model *model = work->model;
    for (uint32_t i = 0; i < work->n_channels; i++) {
        work->by_id[i].id = model_channel_at(model, i)->id;
        work->by_id[i].index = i;
        work->component[i] = i;
        work->room_of[i] = VOICE_NONE;
    }
    qsort(work->by_id, work->n_channels, sizeof(*work->by_id), compare_ids);
    for (uint32_t i = 0; i < work->n_channels; i++) {
        const struct channel *channel = model_channel_at(model, i);
        for (uint32_t k = 0; k < channel->n_links && is_direct(channel); k++) {
            uint32_t other = index_of(work, channel->links[k]);
            if (other != VOICE_NONE && is_direct(model_channel_at(model, other)))
                join(work, i, other);
        }
    }
    for (uint32_t i = 0; i < work->n_channels; i++)
        work->size[work->component[i] = root_of(work, i)]++;
}

// ---- clients
// -------------------------------------------------------------------------------------

// In whole dB, 6 to a factor of two, as clients set it: so there are few different ones.
static float heard_volume(float factor)
{
    float db = factor > 0 ? roundf(6 * log2f(factor)) : 0;
    return db > 0 || db < 0 ? exp2f(db / 6) : PLAIN_VOLUME;
}

static bool is_recorded(const struct server *server, uint32_t meeting)
{
    const struct meeting_run *run = run_of(server, meeting);
    return run != NULL && run->is_recording;
}

// A meeting is mixed when there is anybody for whom the mixer would have to work, or the recorder.
static void note_mixed(struct work *work, const struct user *user, const struct channel *channel)
{
    uint32_t floor = channel->meeting != MODEL_NONE ? index_of(work, channel->meeting) : VOICE_NONE;
    if (floor == VOICE_NONE)
        return;
    const bool is_on_floor = channel->role == CHANNEL_FLOOR, is_deaf = model_user_is_deaf(user);
    const bool is_hearing =
        !is_deaf && (!is_on_floor || user->is_floor_mixed || user->wants_floor_mixed);
    if (is_on_floor && user->is_floor_mixed && !is_deaf)
        work->is_split[floor] = true;
    if (!work->is_mixed[floor])
        work->is_mixed[floor] = is_hearing || is_recorded(work->server, channel->meeting);
}

static void plan_clients(const struct server *server, struct work *work)
{
    const struct model *model = work->model;
    struct plan *plan = work->plan;
    memset(work->client_of, 0xFF, model_sessions_max(model) * sizeof(uint32_t));
    for (struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        const struct conn *conn = conn_of(server, user->session);
        if (user->is_server_made || conn == NULL)
            continue;
        const struct channel *channel = model_channel(model, user->channel);
        uint32_t at = plan->n_clients++;
        plan->clients[at] = (struct route_client){ .session = user->session,
                                                   .epoch = user->epoch,
                                                   .room = VOICE_NONE,
                                                   .meeting = VOICE_NONE,
                                                   .thread = (uint8_t)conn->thread,
                                                   .may_speak = model_user_may_speak(user),
                                                   .is_deaf = model_user_is_deaf(user) };
        work->users[at] = user;
        work->client_of[user->session] = at;
        work->sits_in[at] = is_direct(channel) && !model_user_is_deaf(user)
                                ? index_of(work, channel->id)
                                : VOICE_NONE;
        note_mixed(work, user, channel);
    }
}

static void sort_sitters(struct work *work)
{
    uint32_t *first = work->first_sitter, n_clients = work->plan->n_clients;
    for (uint32_t i = 0; i < n_clients; i++)
        if (work->sits_in[i] != VOICE_NONE)
            first[work->sits_in[i]]++;
    uint32_t total = 0;
    for (uint32_t i = 0; i < work->n_channels; i++)
        first[i] = total += first[i];
    first[work->n_channels] = total;
    for (uint32_t i = n_clients; i-- > 0;)
        if (work->sits_in[i] != VOICE_NONE)
            work->sitters[--first[work->sits_in[i]]] = i;
}

// Both by a counting sort: first[i] counts, then becomes the end of i, then its beginning.
static void sort_ears(struct work *work)
{
    uint32_t *first = work->first_ear;
    for (uint32_t i = 0; i < work->plan->n_clients; i++) {
        const struct user *user = work->users[i];
        for (uint32_t k = 0; k < user->n_listening && !model_user_is_deaf(user); k++)
            if (model_listening_hears(work->model, user, &user->listening[k]))
                first[index_of(work, user->listening[k].channel)]++;
    }
    uint32_t total = 0;
    for (uint32_t i = 0; i < work->n_channels; i++)
        first[i] = total += first[i];
    first[work->n_channels] = total;
    for (uint32_t i = work->plan->n_clients; i-- > 0;) {
        const struct user *user = work->users[i];
        for (uint32_t k = 0; k < user->n_listening && !model_user_is_deaf(user); k++)
            if (model_listening_hears(work->model, user, &user->listening[k]))
                work->ears[--first[index_of(work, user->listening[k].channel)]] =
                    (struct earshot){ i, user->listening[k].volume };
    }
}

static int compare_contexts(const void *a, const void *b)
{
    const struct user *one = *(struct user *const *)a, *other = *(struct user *const *)b;
    const struct blob *x = &one->plugin_context, *y = &other->plugin_context;
    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return x->len > 0 ? memcmp(x->data, y->data, x->len) : 0;
}

// Equal contexts get equal numbers; the empty one 0.
static bool plan_places(struct work *work)
{
    uint32_t n = 0, place = 0;
    struct user **sorted = calloc(work->plan->n_clients + 1, sizeof(*sorted));
    if (sorted == NULL)
        return false;
    for (uint32_t i = 0; i < work->plan->n_clients; i++)
        if (work->users[i]->plugin_context.len > 0)
            sorted[n++] = work->users[i];
    qsort(sorted, n, sizeof(*sorted), compare_contexts);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || compare_contexts(&sorted[i - 1], &sorted[i]) != 0)
            place++;
        work->plan->clients[work->client_of[sorted[i]->session]].place = place;
    }
    free(sorted);
    return true;
}

// ---- rooms
// ---------------------------------------------------------------------------------------

static int compare_hearers(const void *a, const void *b)
{
    const struct hearer *one = a, *other = b;
    if (one->context != other->context)
        return one->context < other->context ? -1 : 1;
    if (one->volume < other->volume || one->volume > other->volume)
        return one->volume < other->volume ? -1 : 1;
    return one->client < other->client ? -1 : 1;
}

// On the floor, and hears what is said there from the mixer.
static bool hears_mixed(const struct work *work, const struct plan_room *room, uint32_t client)
{
    const struct user *user = work->users[client];
    return room->floor != VOICE_NONE && user->is_floor_mixed &&
           user->channel == model_channel_at(work->model, room->floor)->id;
}

// Those of each channel of the set, then its listeners. A user of one and listener of another hears
// as a user, louder if they have asked for it.
static bool fill_room(struct work *work, struct plan_room *room)
{
    struct plan *plan = work->plan;
    const uint32_t *set = plan->sets + room->first_set;
    uint32_t n_sitters = 0, n_ears = 0;
    for (uint32_t i = 0; i < room->n_set; i++) {
        n_sitters += work->first_sitter[set[i] + 1] - work->first_sitter[set[i]];
        n_ears += work->first_ear[set[i] + 1] - work->first_ear[set[i]];
    }
    if (!reserve_hearers(plan, n_sitters + n_ears))
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
        hearers[i].volume = heard_volume(hearers[i].volume);
    }
    if (room->count > 1)
        if (n_ears > 0)
            qsort(hearers, room->count, sizeof(*hearers), compare_hearers);
    room->first = plan->n_hearers;
    plan->n_hearers += room->count;
    return true;
}

// The channels that this speaker's voice goes to, at the end of plan->sets.
static bool find_set(struct work *work, const struct user *speaker, uint32_t base, uint32_t *n)
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

static uint32_t room_for(struct work *work, const struct user *speaker, uint32_t base)
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

static bool plan_rooms(struct work *work)
{
    struct plan *plan = work->plan;
    for (uint32_t i = 0; i < plan->n_clients; i++) {
        const struct user *user = work->users[i];
        const struct channel *channel = model_channel(work->model, user->channel);
        uint32_t floor =
            channel->meeting != MODEL_NONE ? index_of(work, channel->meeting) : VOICE_NONE;
        if (floor != VOICE_NONE && work->is_mixed[floor])
            plan->clients[i].meeting = channel->meeting;
        uint32_t base = channel->role == CHANNEL_PLAIN ? index_of(work, channel->id) : floor;
        if (channel->role == CHANNEL_BOOTH || base == VOICE_NONE || !plan->clients[i].may_speak)
            continue;
        plan->clients[i].room = room_for(work, user, base);
        if (plan->clients[i].room == VOICE_NONE)
            return false;
    }
    return true;
}

// ---- whisper targets: the longest unused ones are left out when all of them would take too long
// --

struct candidate {
    struct user *user;
    uint8_t target;
    bool is_chosen;
    size_t cost;
};

static int compare_use(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;
    uint64_t used = one->user->targets[one->target].used_us,
             used_other = other->user->targets[other->target].used_us;
    return used > used_other ? -1 : used < used_other ? 1 : 0;
}

static int compare_speaker(const void *a, const void *b)
{
    const struct candidate *one = a, *other = b;
    if (one->user->session != other->user->session)
        return one->user->session < other->user->session ? -1 : 1;
    return one->target < other->target ? -1 : 1;
}

// place[] holds each client's spent work meanwhile.
static void ration(struct work *work, struct candidate *candidates, size_t n)
{
    size_t total = 0;
    qsort(candidates, n, sizeof(*candidates), compare_use);
    for (size_t i = 0; i < n; i++) {
        uint32_t *spent = &work->place[work->client_of[candidates[i].user->session]];
        size_t cost = candidates[i].cost;
        candidates[i].is_chosen =
            (*spent == 0 || *spent + cost <= TARGET_WORK_OF_USER) && total + cost <= TARGET_WORK;
        if (!candidates[i].is_chosen)
            continue;
        *spent += (uint32_t)cost;
        total += cost;
    }
    memset(work->place, 0, work->plan->n_clients * sizeof(*work->place));
    qsort(candidates, n, sizeof(*candidates), compare_speaker);
}

// Who whispers out of a hidden channel does not reach those who do not know of them.
static bool is_known(const struct work *work, const struct user *speaker, uint32_t session)
{
    const struct conn *conn = conn_of(work->server, session);
    return conn != NULL && visible_user(conn, speaker);
}

static bool resolve(struct work *work, const struct candidate *chosen, struct reached *reached)
{
    struct plan *plan = work->plan;
    size_t n = model_reach_target(work->model, chosen->user, chosen->target, reached,
                                  model_sessions_max(work->model));
    if (!reserve_hearers(plan, (uint32_t)n))
        return false;
    struct hearer *hearers = plan->hearers + plan->n_hearers;
    struct plan_target *target = &plan->targets[plan->n_targets++];
    *target = (struct plan_target){ .session = chosen->user->session,
                                    .target = chosen->target,
                                    .booths = (uint8_t)model_target_booths(
                                        work->model, chosen->user, chosen->target),
                                    .first = plan->n_hearers };
    for (size_t i = 0; i < n; i++) {
        uint32_t client = work->client_of[reached[i].session];
        if (client != VOICE_NONE && is_known(work, chosen->user, reached[i].session))
            hearers[target->count++] =
                (struct hearer){ client, reached[i].context, heard_volume(reached[i].volume) };
    }
    if (target->count > 1)
        qsort(hearers, target->count, sizeof(*hearers), compare_hearers);
    plan->n_hearers += target->count;
    return true;
}

static bool plan_targets(struct work *work)
{
    struct plan *plan = work->plan;
    size_t n = 0, n_all = 0;
    for (uint32_t i = 0; i < plan->n_clients; i++)
        for (unsigned id = 1; id < MODEL_TARGETS; id++)
            n_all += work->users[i]->targets[id].n_entries > 0 ? 1 : 0;
    if (n_all == 0)
        return true;
    struct candidate *candidates = calloc(n_all, sizeof(*candidates));
    struct reached *reached = calloc(model_sessions_max(work->model), sizeof(*reached));
    plan->targets = calloc(n_all, sizeof(*plan->targets));
    bool is_made = candidates != NULL && reached != NULL && plan->targets != NULL;
    for (uint32_t i = 0; i < plan->n_clients && is_made; i++)
        for (unsigned id = 1; id < MODEL_TARGETS; id++)
            if (work->users[i]->targets[id].n_entries > 0)
                candidates[n++] = (struct candidate){
                    .user = work->users[i],
                    .target = (uint8_t)id,
                    .cost = model_target_cost(work->model, work->users[i], id),
                };
    if (is_made)
        ration(work, candidates, n);
    for (size_t i = 0; i < n && is_made; i++)
        is_made = !candidates[i].is_chosen || resolve(work, &candidates[i], reached);
    free(candidates);
    free(reached);
    return is_made;
}

// ---- who does not want whom
// ----------------------------------------------------------------------

static int compare_unwanted(const void *a, const void *b)
{
    const struct plan_unwanted *one = a, *other = b;
    if (one->speaker != other->speaker)
        return one->speaker < other->speaker ? -1 : 1;
    return one->client < other->client ? -1 : 1; // clients ascend by session
}

static bool plan_unwanted(struct work *work)
{
    struct plan *plan = work->plan;
    size_t n = 0;
    for (uint32_t i = 0; i < plan->n_clients; i++)
        n += work->users[i]->n_muted;
    plan->unwanted = calloc(n + 1, sizeof(*plan->unwanted));
    if (plan->unwanted == NULL)
        return false;
    for (uint32_t i = 0; i < plan->n_clients; i++)
        for (uint32_t k = 0; k < work->users[i]->n_muted; k++)
            plan->unwanted[plan->n_unwanted++] =
                (struct plan_unwanted){ work->users[i]->muted[k], i };
    qsort(plan->unwanted, plan->n_unwanted, sizeof(*plan->unwanted), compare_unwanted);
    return true;
}

bool plan_make(struct server *server, struct plan *plan)
{
    struct work work;
    *plan = (struct plan){ 0 };
    bool is_made = work_init(&work, server, plan);
    if (is_made) {
        plan_channels(&work);
        plan_clients(server, &work);
        sort_sitters(&work);
        sort_ears(&work);
        is_made =
            plan_places(&work) && plan_rooms(&work) && plan_targets(&work) && plan_unwanted(&work);
    }
    work_clear(&work);
    return is_made;
}
