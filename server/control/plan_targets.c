// SPDX-License-Identifier: BSD-3-Clause
//
// The whisper targets of a plan: whom each one reaches, worked out from the model. Large targets
// over large trees take long, so that the work of each user and of all together is bounded: the
// longest unused ones are left out then.
#include "control/plan_int.h"

#include <stdlib.h>
#include <string.h>

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
static void ration(struct plan_work *work, struct candidate *candidates, size_t n)
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
static bool is_known(const struct plan_work *work, const struct user *speaker, uint32_t session)
{
    const struct conn *conn = conn_of(work->server, session);
    return conn != NULL && visible_user(conn, speaker);
}

static bool resolve(struct plan_work *work, const struct candidate *chosen, struct reached *reached)
{
    struct plan *plan = work->plan;
    size_t n = model_reach_target(work->model, chosen->user, chosen->target, reached,
                                  model_sessions_max(work->model));
    if (!plan_reserve_hearers(plan, (uint32_t)n))
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
                (struct hearer){ client, reached[i].context, plan_heard_volume(reached[i].volume) };
    }
    plan_sort_hearers(hearers, target->count);
    plan->n_hearers += target->count;
    return true;
}

bool plan_targets(struct plan_work *work)
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
