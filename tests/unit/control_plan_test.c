// SPDX-License-Identifier: BSD-3-Clause
//
// The plan of who hears whom, held against its formula (control/plan.h), person by person, in
// random servers: a tree with a meeting in it, links, ears, deaf and muted people, channels where
// one may not speak. PLAN_SEED=<n> replays one of them.
#include "control/plan.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define N_SERVERS 400
#define N_CHANNELS 12
#define N_PEOPLE 14
#define NOT_HEARD 9

enum { FLOOR = 1, TRACK, BOOTH }; // the rest are plain

static uint32_t state;
static uint32_t draw(uint32_t n)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
}

struct stage {
    struct server server;
    struct conn conns[N_PEOPLE + 1];
    struct conn *by_session[64];
    struct plan plan;
};

static void make_channels(struct model *model)
{
    for (uint32_t id = 1; id < N_CHANNELS; id++) {
        char name[8];
        snprintf(name, sizeof(name), "c%u", id);
        uint32_t parent = id == TRACK || id == BOOTH ? FLOOR : id == FLOOR ? 0 : draw(id);
        assert_non_null(model_channel_add(model, id, parent, name));
    }
    assert_non_null(model_meeting_add(model, FLOOR, "meeting"));
    static const enum channel_role roles[] = {
        [FLOOR] = CHANNEL_FLOOR, [TRACK] = CHANNEL_TRACK, [BOOTH] = CHANNEL_BOOTH
    };
    for (uint32_t id = FLOOR; id <= BOOTH; id++) {
        model_channel(model, id)->role = roles[id];
        model_channel(model, id)->meeting = FLOOR;
    }
    for (uint32_t i = draw(2 * N_CHANNELS); i > 0; i--)
        (void)model_link(model, draw(N_CHANNELS), draw(N_CHANNELS));
    const struct acl_entry mute = {
        .is_here = true, .user_id = MODEL_GUEST, .group = (char *)"!auth", .deny = PERM_SPEAK
    };
    for (uint32_t i = draw(4); i > 0; i--)
        assert_int_equal(model_acl_append(model, draw(N_CHANNELS), &mute), 0);
}

static void make_people(struct stage *stage)
{
    static const float volumes[] = { 0.25f, 0.5f, 1, 2, 4 };
    static const char *const worlds[] = { "", "a", "ab" };
    struct model *model = stage->server.model;
    for (uint32_t i = 1; i <= N_PEOPLE; i++) {
        struct user *user = model_user_add(model, "somebody", false);
        assert_int_equal(user->session, i);
        user->user_id = draw(2) == 0 ? MODEL_GUEST : (int32_t)i;
        model_user_identified(user);
        model_user_move(model, user, draw(N_CHANNELS));
        user->is_self_deaf = draw(6) == 0;
        user->is_self_mute = user->is_self_deaf || draw(8) == 0;
        const char *world = worlds[draw(ARRAY_LEN(worlds))];
        assert_true(blob_set(&user->plugin_context, world, strlen(world)));
        for (uint32_t k = draw(4); k > 0; k--)
            assert_int_equal(model_listen(model, user, draw(N_CHANNELS), volumes[draw(5)]), 0);
        if (draw(3) == 0)
            assert_int_equal(model_user_mute(user, 1 + draw(N_PEOPLE), true), 0);
        stage->conns[i].thread = draw(3);
        stage->by_session[i] = &stage->conns[i];
    }
}

static void open_stage(struct stage *stage, uint32_t seed)
{
    const struct model_limits limits = { .users = 20, .nesting = 20 };
    memset(stage, 0, sizeof(*stage));
    state = seed;
    stage->server.model = model_new(&limits, "root");
    stage->server.by_session = stage->by_session;
    assert_non_null(stage->server.model);
    make_channels(stage->server.model);
    make_people(stage);
    assert_true(plan_make(&stage->server, &stage->plan));
}

static void close_stage(struct stage *stage)
{
    plan_clear(&stage->plan);
    model_free(stage->server.model);
}

// ---- the formula, as it is written

static bool is_direct(const struct model *model, uint32_t id)
{
    enum channel_role role = model_channel(model, id)->role;
    return role == CHANNEL_PLAIN || role == CHANNEL_FLOOR;
}

static void spread(const struct model *model, uint32_t id, bool *is_joined)
{
    if (is_joined[id] || !is_direct(model, id))
        return;
    is_joined[id] = true;
    for (uint32_t i = 0; i < model_channel(model, id)->n_links; i++)
        spread(model, model_channel(model, id)->links[i], is_joined);
}

static void reached_channels(const struct model *model, const struct user *speaker, bool *is_in)
{
    bool is_joined[N_CHANNELS] = { false };
    uint32_t base = speaker->channel == TRACK ? FLOOR : speaker->channel;
    memset(is_in, 0, N_CHANNELS);
    if (speaker->channel == BOOTH || !model_user_may_speak(speaker))
        return;
    spread(model, base, is_joined);
    for (uint32_t id = 0; id < N_CHANNELS; id++)
        is_in[id] = id == base ||
                    (is_joined[id] && (model_permissions(model, speaker, id) & PERM_SPEAK) != 0);
}

static uint8_t expected(const struct model *model, const struct user *speaker,
                        const struct user *listener, float *volume)
{
    bool is_in[N_CHANNELS];
    uint8_t context = NOT_HEARD;
    *volume = 0;
    reached_channels(model, speaker, is_in);
    if (model_user_is_deaf(listener))
        return NOT_HEARD;
    if (is_direct(model, listener->channel) && is_in[listener->channel]) {
        context = VOICE_CONTEXT_NORMAL;
        *volume = 1;
    }
    for (uint32_t i = 0; i < listener->n_listening; i++) {
        const struct listening *ears = &listener->listening[i];
        if (!model_listening_hears(model, listener, ears) || !is_in[ears->channel])
            continue;
        context = context == NOT_HEARD ? VOICE_CONTEXT_LISTEN : context;
        *volume = ears->volume > *volume ? ears->volume : *volume;
    }
    if (*volume >= 1 && *volume <= 1)
        *volume = 0; // as it is
    return context;
}

// ---- the plan

static uint8_t planned(const struct plan *plan, uint32_t speaker, uint32_t listener, float *volume)
{
    uint32_t room = plan->clients[speaker].room;
    uint8_t context = NOT_HEARD;
    *volume = 0;
    for (uint32_t i = 0; room != VOICE_NONE && i < plan->rooms[room].count; i++) {
        const struct hearer *hearer = &plan->hearers[plan->rooms[room].first + i];
        if (hearer->client != listener)
            continue;
        assert_int_equal(context, NOT_HEARD); // once
        context = hearer->context;
        *volume = hearer->volume;
    }
    return context;
}

static void expect_ordered(const struct plan *plan)
{
    for (uint32_t r = 0; r < plan->n_rooms; r++)
        for (uint32_t i = 1; i < plan->rooms[r].count; i++) {
            const struct hearer *hearer = &plan->hearers[plan->rooms[r].first + i];
            assert_true(
                hearer[-1].context < hearer->context ||
                (hearer[-1].context == hearer->context && hearer[-1].volume <= hearer->volume));
        }
}

static void expect_unwanted(const struct stage *stage)
{
    uint32_t n = 0;
    for (uint32_t i = 1; i <= N_PEOPLE; i++)
        n += model_user(stage->server.model, i)->n_muted;
    assert_int_equal(stage->plan.n_unwanted, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct plan_unwanted *pair = &stage->plan.unwanted[i];
        assert_int_equal(model_user(stage->server.model, pair->client + 1)->muted[0],
                         pair->speaker);
        assert_true(i == 0 || pair[-1].speaker <= pair->speaker);
    }
}

static bool is_same_world(const struct user *a, const struct user *b)
{
    return a->plugin_context.len == b->plugin_context.len; // they differ in length
}

static void expect_formula(const struct stage *stage, uint32_t seed)
{
    const struct model *model = stage->server.model;
    const struct plan *plan = &stage->plan;
    for (uint32_t s = 1; s <= N_PEOPLE; s++)
        for (uint32_t l = 1; l <= N_PEOPLE; l++) {
            const struct user *speaker = model_user(model, s), *listener = model_user(model, l);
            float wanted_volume, volume;
            uint8_t wanted = expected(model, speaker, listener, &wanted_volume);
            uint8_t context = planned(plan, s - 1, l - 1, &volume);
            if (context != wanted || volume < wanted_volume || volume > wanted_volume ||
                (plan->clients[s - 1].place == plan->clients[l - 1].place) !=
                    is_same_world(speaker, listener))
                fail_msg("PLAN_SEED=%u: %u to %u: context %u, volume %g; wanted %u, %g", seed, s, l,
                         context, (double)volume, wanted, (double)wanted_volume);
        }
}

static void test_who_hears_whom(void **unused)
{
    (void)unused;
    struct stage stage;
    const char *one = getenv("PLAN_SEED");
    uint32_t first = one != NULL ? (uint32_t)atoi(one) : 1;
    uint32_t n_shared = 0;
    for (uint32_t seed = first; seed < first + (one != NULL ? 1 : N_SERVERS); seed++) {
        open_stage(&stage, seed);
        assert_int_equal(stage.plan.n_clients, N_PEOPLE);
        expect_formula(&stage, seed);
        expect_ordered(&stage.plan);
        expect_unwanted(&stage);
        n_shared += stage.plan.n_rooms < N_PEOPLE ? 1 : 0;
        close_stage(&stage);
    }
    assert_true(n_shared > 0);
}

// The work for targets is bounded for each user and in all; the longest unused are left out.
static void test_targets_are_rationed(void **unused)
{
    (void)unused;
    struct stage stage;
    open_stage(&stage, 7);
    struct model *model = stage.server.model;
    struct target_entry trees[MODEL_TARGET_ENTRIES];
    for (size_t i = 0; i < ARRAY_LEN(trees); i++)
        trees[i] = (struct target_entry){ .session = MODEL_NONE, .with_children = true };
    for (uint32_t session = 1; session <= N_PEOPLE; session++) {
        struct user *user = model_user(model, session);
        for (unsigned id = 1; id < MODEL_TARGETS; id++) {
            assert_int_equal(model_user_set_target(user, id, trees, ARRAY_LEN(trees)), 0);
            user->targets[id].used_us = 1000 * id + session;
        }
    }
    size_t cost = model_target_cost(model, model_user(model, 1), 1);
    plan_clear(&stage.plan);
    assert_true(plan_make(&stage.server, &stage.plan));
    const struct plan *plan = &stage.plan;
    size_t each = TARGET_WORK_OF_USER / cost;
    assert_in_range(each, 1, MODEL_TARGETS - 2);
    assert_true(plan->n_targets * cost <= TARGET_WORK);
    assert_int_equal(plan->n_targets,
                     each * N_PEOPLE < TARGET_WORK / cost ? each * N_PEOPLE : TARGET_WORK / cost);
    for (uint32_t i = 0; i < plan->n_targets; i++) {
        const struct plan_target *target = &plan->targets[i];
        assert_true(target->target > MODEL_TARGETS - 1 - each); // the newest
        assert_true(i == 0 || target[-1].session < target->session ||
                    (target[-1].session == target->session && target[-1].target < target->target));
    }
    close_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_hears_whom),
        cmocka_unit_test(test_targets_are_rationed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
