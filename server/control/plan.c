// SPDX-License-Identifier: BSD-3-Clause
//
// A plan from beginning to end, and what the rest of it stands on: which channels are joined, who
// sits in them or listens to them, and who does not want to hear whom.
#include "control/plan_int.h"

#include "control/meeting/run.h"

#include <stdlib.h>
#include <string.h>

static bool work_init(struct plan_work *work, const struct server *server, struct plan *plan)
{
    const struct model *model = server->model;
    uint32_t n_clients = model_people(model) + 1, n = 0, n_ears = 0;
    while (model_channel_at(model, n) != NULL)
        n++;
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        n_ears += user->n_listening;
    *work = (struct plan_work){ .server = server, .model = model, .plan = plan, .n_channels = n };
    work->by_id = calloc(n, sizeof(*work->by_id));
    work->component = calloc(n, sizeof(uint32_t));
    work->size = calloc(n, sizeof(uint32_t));
    work->room_of = calloc(n, sizeof(uint32_t));
    work->is_mixed = calloc(n, sizeof(bool));
    work->mixer = calloc(n, sizeof(uint8_t));
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
           work->room_of != NULL && work->is_mixed != NULL && work->mixer != NULL &&
           work->is_split != NULL && work->users != NULL && work->sits_in != NULL &&
           work->sitters != NULL && work->first_sitter != NULL && work->ears != NULL &&
           work->first_ear != NULL && work->client_of != NULL && work->place != NULL &&
           plan->clients != NULL;
}

static void work_clear(struct plan_work *work)
{
    free(work->by_id);
    free(work->component);
    free(work->size);
    free(work->room_of);
    free(work->is_mixed);
    free(work->mixer);
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

// ---- channels and what joins them

static int compare_ids(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other ? 1 : 0;
}

uint32_t plan_index_of(const struct plan_work *work, uint32_t id)
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

static uint32_t root_of(const struct plan_work *work, uint32_t index)
{
    while (work->component[index] != index)
        index = work->component[index] = work->component[work->component[index]];
    return index;
}

static void join(struct plan_work *work, uint32_t a, uint32_t b)
{
    a = root_of(work, a);
    b = root_of(work, b);
    if (a < b)
        work->component[b] = a;
    else
        work->component[a] = b;
}

static void plan_channels(struct plan_work *work)
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
            uint32_t other = plan_index_of(work, channel->links[k]);
            if (other != VOICE_NONE && is_direct(model_channel_at(model, other)))
                join(work, i, other);
        }
    }
    for (uint32_t i = 0; i < work->n_channels; i++)
        work->size[work->component[i] = root_of(work, i)]++;
}

// ---- clients

// A meeting is mixed when there is anybody for whom the mixer would have to work, or the recorder.
static void note_mixed(struct plan_work *work, const struct user *user,
                       const struct channel *channel)
{
    uint32_t floor =
        channel->meeting != MODEL_NONE ? plan_index_of(work, channel->meeting) : VOICE_NONE;
    if (floor == VOICE_NONE)
        return;
    const bool is_on_floor = channel->role == CHANNEL_FLOOR, is_deaf = model_user_is_deaf(user);
    const bool is_hearing =
        !is_deaf && (!is_on_floor || user->is_floor_mixed || user->wants_floor_mixed);
    if (is_on_floor && user->is_floor_mixed && !is_deaf)
        work->is_split[floor] = true;
    if (work->is_mixed[floor])
        return;
    const struct meeting_run *run = run_of(work->server, channel->meeting);
    work->is_mixed[floor] = is_hearing || (run != NULL && run->is_recording);
    work->mixer[floor] = run != NULL ? run->mixer : 0;
}

static void plan_clients(const struct server *server, struct plan_work *work)
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
                                ? plan_index_of(work, channel->id)
                                : VOICE_NONE;
        note_mixed(work, user, channel);
    }
}

static void sort_sitters(struct plan_work *work)
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
static void sort_ears(struct plan_work *work)
{
    uint32_t *first = work->first_ear;
    for (uint32_t i = 0; i < work->plan->n_clients; i++) {
        const struct user *user = work->users[i];
        for (uint32_t k = 0; k < user->n_listening && !model_user_is_deaf(user); k++)
            if (model_listening_hears(work->model, user, &user->listening[k]))
                first[plan_index_of(work, user->listening[k].channel)]++;
    }
    uint32_t total = 0;
    for (uint32_t i = 0; i < work->n_channels; i++)
        first[i] = total += first[i];
    first[work->n_channels] = total;
    for (uint32_t i = work->plan->n_clients; i-- > 0;) {
        const struct user *user = work->users[i];
        for (uint32_t k = 0; k < user->n_listening && !model_user_is_deaf(user); k++)
            if (model_listening_hears(work->model, user, &user->listening[k]))
                work->ears[--first[plan_index_of(work, user->listening[k].channel)]] =
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
static bool plan_places(struct plan_work *work)
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

// ---- who does not want whom

static int compare_unwanted(const void *a, const void *b)
{
    const struct plan_unwanted *one = a, *other = b;
    if (one->speaker != other->speaker)
        return one->speaker < other->speaker ? -1 : 1;
    return one->client < other->client ? -1 : 1; // clients ascend by session
}

static bool plan_unwanted(struct plan_work *work)
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
    struct plan_work work;
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
