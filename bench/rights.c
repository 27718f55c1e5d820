// SPDX-License-Identifier: BSD-3-Clause
//
// rights: what a question about permissions costs. A channel 10 deep with 50 entries on the way,
// asked again and again (remembered), and with everything forgotten before each question (worked
// out anew); and what an ACL change costs: each permission of 500 users in 200 channels looked at
// again. Prints the medians of several rounds as JSON.
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DEPTH = 10,
    ENTRIES = 50,
    USERS = 500,
    CHANNELS = 200,
    ROUNDS = 15,
    CACHED_QUERIES = 200000,
    FRESH_QUERIES = 5000
};

static volatile uint32_t sink; // so that nothing is left out as useless

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(bool is_done, const char *what)
{
    if (is_done)
        return;
    fprintf(stderr, "susurro_rights: %s failed\n", what);
    exit(1);
}

// What is found on servers that have grown: named groups, tokens, ids, places.
static char *const specs[] = { "admin",  "moderators", "!guests", "#door",  "auth",
                               "~sub,1", "in",         "crew",    "~staff", "$0123456789abcdef" };
static char *const group_names[] = { "admin", "moderators", "guests", "crew", "staff" };

static void add_entries(struct model *model, uint32_t channel, size_t n, uint32_t first)
{
    struct acl_entry entries[ENTRIES];
    struct group groups[2];
    int32_t members[2][40];
    for (size_t i = 0; i < n; i++) {
        size_t kind = (first + i) % 12;
        entries[i] = (struct acl_entry){ .is_here = true,
                                         .is_sub = true,
                                         .user_id = kind >= 10 ? (int32_t)(first + i) : MODEL_GUEST,
                                         .group = kind >= 10 ? NULL : specs[kind],
                                         .grant = PERM_LINK_CHANNEL,
                                         .deny = i % 2 == 0 ? PERM_MOVE : 0 };
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 40; k++)
            members[i][k] = (int32_t)(first + 3 * k + i);
        groups[i] = (struct group){ .name = group_names[(first + i) % 5],
                                    .is_inheriting = true,
                                    .is_inheritable = true,
                                    .n_add = 30,
                                    .n_remove = 10,
                                    .add = members[i],
                                    .remove = members[i] + 30 };
    }
    must(model_acl_replace(model, channel, true, entries, n, groups, 2) == 0, "model_acl_replace");
}

// Chains of ten channels until there are enough; the entries lie on the first chain, and a few on
// the others.
static struct model *make_model(uint32_t *deepest)
{
    const struct model_limits limits = { .users = USERS, .nesting = DEPTH + 1 };
    struct model *model = model_new(&limits, "Root");
    must(model != NULL, "model_new");
    must(model_acl_defaults(model) == 0, "model_acl_defaults");
    uint32_t parent = MODEL_ROOT;
    for (uint32_t i = 1; i < CHANNELS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "Channel %u", i);
        if (i % DEPTH == 1)
            parent = MODEL_ROOT;
        must(model_channel_add(model, i, parent, name) != NULL, "model_channel_add");
        add_entries(model, i, i <= DEPTH ? ENTRIES / DEPTH : 1, i * 7);
        parent = i;
    }
    *deepest = DEPTH;
    for (uint32_t i = 0; i < USERS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "Person %u", i);
        struct user *user = model_user_add(model, name, false);
        must(user != NULL, "model_user_add");
        user->user_id = i % 2 == 0 ? (int32_t)i : MODEL_GUEST;
        model_user_identified(user);
        model_user_move(model, user, i % CHANNELS);
        const char *tokens[] = { "door" };
        must(i % 3 != 0 || model_user_set_tokens(user, tokens, 1) == 0, "model_user_set_tokens");
    }
    return model;
}

static const struct user *second_user(const struct model *model)
{
    return model_user_next(model, 2); // registered, and not the SuperUser
}

static double cached_ns(struct model *model, uint32_t channel)
{
    const struct user *user = second_user(model);
    double start = now_ns();
    for (uint32_t i = 0; i < CACHED_QUERIES; i++)
        sink += model_permissions(model, user, channel);
    return (now_ns() - start) / CACHED_QUERIES;
}

static double fresh_ns(struct model *model, uint32_t channel)
{
    const struct user *user = second_user(model);
    double start = now_ns();
    for (uint32_t i = 0; i < FRESH_QUERIES; i++) {
        model_rights_changed(model);
        sink += model_permissions(model, user, channel);
    }
    return (now_ns() - start) / FRESH_QUERIES;
}

// In milliseconds.
static double recheck_ms(struct model *model, bool is_anew)
{
    if (is_anew)
        model_rights_changed(model);
    double start = now_ns();
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session))
        for (uint32_t channel = 0; channel < CHANNELS; channel++)
            sink += model_permissions(model, user, channel);
    return (now_ns() - start) / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof(*values), compare);
    return values[ROUNDS / 2];
}

int main(void)
{
    uint32_t deepest;
    struct model *model = make_model(&deepest);
    double cached[ROUNDS], fresh[ROUNDS], anew[ROUNDS], again[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        cached[i] = cached_ns(model, deepest);
        fresh[i] = fresh_ns(model, deepest);
        anew[i] = recheck_ms(model, true);
        again[i] = recheck_ms(model, false);
    }
    printf("{\"cached_ns\": %.1f, \"fresh_ns\": %.0f, \"recheck_ms\": %.2f, "
           "\"recheck_cached_ms\": %.2f, \"depth\": %d, \"entries\": %d, \"users\": %d, "
           "\"channels\": %d}\n",
           median(cached), median(fresh), median(anew), median(again), DEPTH, ENTRIES, USERS,
           CHANNELS);
    model_free(model);
    return 0;
}
