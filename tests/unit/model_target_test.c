// SPDX-License-Identifier: BSD-3-Clause
//
// Links, ears in other channels, and whom a voice target reaches.
#include "model_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- links

static uint32_t mask_of(const uint32_t *ids, size_t n)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(mask & 1u << ids[i], 0); // each once
        mask |= 1u << ids[i];
    }
    return mask;
}

static void test_links(void **state)
{
    (void)state;
    static const struct {
        uint32_t a, b;
        bool is_cut;
        int result;
        uint32_t from, linked; // mask of channels
    } rows[] = {
        { A, E, false, 0, A, 1u << A | 1u << E },
        { E, A, false, 0, E, 1u << A | 1u << E }, // is there already
        { E, D, false, 0, A, 1u << A | 1u << D | 1u << E },
        { D, A, false, 0, D, 1u << A | 1u << D | 1u << E }, // a ring
        { B, B, false, MODEL_E_LOOP, B, 1u << B },
        { B, 99, false, MODEL_E_UNKNOWN, B, 1u << B },
        { E, D, true, 0, E, 1u << A | 1u << D | 1u << E },
        { D, A, true, 0, D, 1u << D },
        { D, C, true, 0, A, 1u << A | 1u << E }, // was never there
    };
    struct model *model = tree_model();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int result = 0;
        if (rows[i].is_cut)
            model_unlink(model, rows[i].a, rows[i].b);
        else
            result = model_link(model, rows[i].a, rows[i].b);
        size_t n;
        uint32_t *linked = model_linked(model, rows[i].from, &n);
        if (result != rows[i].result || n == 0 || linked[0] != rows[i].from ||
            mask_of(linked, n) != rows[i].linked)
            fail_msg("row %zu: %d, %zu channels", i, result, n);
        free(linked);
    }
    assert_int_equal(model_link(model, C, E), 0);
    model_channel_remove(model, E);
    assert_int_equal(model_channel(model, A)->n_links, 0);
    assert_int_equal(model_channel(model, C)->n_links, 0);
    model_free(model);
}

// ---- ears

static void test_listening(void **state)
{
    (void)state;
    enum { ON, OFF, VOLUME };
    static const struct {
        int act;
        uint32_t channel;
        float volume;
        int result;
        uint32_t n_on, n_there;
        bool is_on;
        float volume_then;
    } rows[] = {
        { ON, B, -1, 0, 1, 1, true, 1 },
        { ON, B, 0.5f, 0, 1, 1, true, 0.5f },
        { ON, B, -1, 0, 1, 1, true, 0.5f },
        { ON, C, 2, 0, 2, 1, true, 2 },
        { OFF, B, 0, 0, 1, 0, false, 0.5f },
        { OFF, B, 0, 0, 1, 0, false, 0.5f },
        { VOLUME, B, 4, true, 1, 0, false, 4 }, // remembered for the next time
        { ON, B, -1, 0, 2, 1, true, 4 },
        { ON, 99, 1, MODEL_E_UNKNOWN, 2, 0, false, 0 },
        { OFF, 99, 1, 0, 2, 0, false, 0 },
        { VOLUME, D, 1, false, 2, 0, false, 0 },
        { ON, D, (float)INFINITY, 0, 3, 1, true, 1 },
    };
    struct model *model = tree_model();
    struct user *user = someone(model, GUEST, A), *other = someone(model, GUEST, A);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int result = 0;
        if (rows[i].act == ON)
            result = model_listen(model, user, rows[i].channel, rows[i].volume);
        else if (rows[i].act == VOLUME)
            result = model_listening_set_volume(user, rows[i].channel, rows[i].volume);
        else
            model_unlisten(model, user, rows[i].channel);
        const struct channel *channel = model_channel(model, rows[i].channel);
        const struct listening *ears = model_listening(user, rows[i].channel);
        if (result != rows[i].result || model_listening_count(user) != rows[i].n_on ||
            (channel != NULL && channel->n_listeners != rows[i].n_there) ||
            (ears != NULL) != rows[i].is_on ||
            (ears != NULL &&
             (ears->volume < rows[i].volume_then || ears->volume > rows[i].volume_then)))
            fail_msg("row %zu: %d", i, result);
    }
    assert_int_equal(model_listen(model, other, D, 1), 0);
    assert_int_equal(model_channel(model, D)->n_listeners, 2);
    model_user_remove(model, user->session);
    assert_int_equal(model_channel(model, D)->n_listeners, 1);
    model_channel_remove(model, D);
    assert_int_equal(other->n_listening, 0);
    model_free(model);
}

static void test_listening_is_limited(void **state)
{
    (void)state;
    const struct model_limits limits = { .users = 4, .nesting = 10 };
    struct model *model = model_new(&limits, "root");
    struct user *user = someone(model, GUEST, ROOT);
    for (uint32_t i = 1; i <= MODEL_LISTENING_MAX + 2; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%u", i);
        assert_non_null(model_channel_add(model, i, ROOT, name));
        int result = model_listen(model, user, i, 1);
        assert_int_equal(result, i <= MODEL_LISTENING_MAX ? 0 : MODEL_E_LIMIT);
    }
    model_unlisten(model, user, 7); // what is off gives way
    assert_int_equal(model_listen(model, user, MODEL_LISTENING_MAX + 1, 1), 0);
    assert_int_equal(model_listen(model, user, MODEL_LISTENING_MAX + 2, 1), MODEL_E_LIMIT);
    assert_int_equal(user->n_listening, MODEL_LISTENING_MAX);
    model_free(model);
}

static void test_ears_hear_direct_sound_only(void **state)
{
    (void)state;
    static const struct {
        enum channel_role here, there;
        bool is_same_meeting, hears;
    } rows[] = {
        { CHANNEL_PLAIN, CHANNEL_PLAIN, false, true },
        { CHANNEL_PLAIN, CHANNEL_FLOOR, false, true },
        { CHANNEL_PLAIN, CHANNEL_TRACK, false, false },
        { CHANNEL_PLAIN, CHANNEL_BOOTH, false, false },
        { CHANNEL_BOOTH, CHANNEL_PLAIN, false, false }, // what booths hear is always mixed
        { CHANNEL_BOOTH, CHANNEL_FLOOR, true, false },
        { CHANNEL_TRACK, CHANNEL_FLOOR, true, false }, // is in their mix already
        { CHANNEL_TRACK, CHANNEL_FLOOR, false, true },
        { CHANNEL_TRACK, CHANNEL_PLAIN, false, true },
        { CHANNEL_FLOOR, CHANNEL_PLAIN, false, true },
    };
    struct model *model = tree_model();
    struct user *user = someone(model, GUEST, A);
    struct channel *here = model_channel(model, A), *there = model_channel(model, B);
    assert_int_equal(model_listen(model, user, B, 1), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        here->role = rows[i].here;
        there->role = rows[i].there;
        here->meeting = 10;
        there->meeting = rows[i].is_same_meeting ? 10 : 11;
        if (model_listening_hears(model, user, &user->listening[0]) != rows[i].hears)
            fail_msg("row %zu", i);
    }
    here->role = there->role = CHANNEL_PLAIN;
    model_unlisten(model, user, B);
    assert_false(model_listening_hears(model, user, &user->listening[0]));
    model_free(model);
}

static void test_mutes(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct user *user = someone(model, GUEST, A), *other = someone(model, GUEST, A);
    uint32_t session = other->session;
    assert_int_equal(model_user_mute(user, session, false), 0);
    assert_int_equal(model_user_mute(user, session, true), 0);
    assert_int_equal(model_user_mute(user, session, true), 0);
    assert_int_equal(user->n_muted, 1);
    for (uint32_t i = 1; i < MODEL_MUTED_MAX; i++)
        assert_int_equal(model_user_mute(user, 1000 + i, true), 0);
    assert_int_equal(model_user_mute(user, 5000, true), MODEL_E_LIMIT);
    model_user_remove(model, session); // its number will be another's
    assert_int_equal(user->n_muted, MODEL_MUTED_MAX - 1);
    assert_int_equal(model_user_mute(user, session, true), 0);
    assert_int_equal(model_user_mute(user, session, false), 0);
    assert_int_equal(user->n_muted, MODEL_MUTED_MAX - 1);
    model_free(model);
}

// ---- targets

// Ids 1 to 3 are registered; each of the crowd by its place in the array.
static const struct {
    int32_t user_id;
    uint32_t channel;
    uint32_t listens; // MODEL_NONE: nowhere
    float volume;
    bool is_deaf;
} crowd[] = {
    { GUEST, ROOT, MODEL_NONE, 0, false }, // 0 speaks
    { 1, A, MODEL_NONE, 0, false },        // 1
    { 2, B, A, 2, false },                 // 2
    { 3, C, E, 0.5f, false },              // 3
    { GUEST, D, MODEL_NONE, 0, false },    // 4
    { GUEST, E, C, 4, false },             // 5
    { GUEST, A, E, 1, true },              // 6 deaf
    { GUEST, E, MODEL_NONE, 0, false },    // 7
};
#define CHANNEL(...)                                                                               \
    {                                                                                              \
        .session = MODEL_NONE, __VA_ARGS__                                                         \
    }
#define PERSON(n)                                                                                  \
    {                                                                                              \
        .session = (n) + 1                                                                         \
    } // sessions begin with 1
#define NOBODY "--------"

static const struct target_row {
    struct target_entry entries[3];
    size_t n;
    const char *contexts; // of each of the crowd, '-': not reached
    float volume_of_2, volume_of_5;
} target_rows[] = {
    { { PERSON(1), PERSON(4) }, 2, "-2--2---", 0, 0 },
    { { PERSON(0), PERSON(6), PERSON(40) }, 3, NOBODY, 0, 0 }, // oneself, the deaf, nobody
    { { CHANNEL(.channel = A) }, 1, "-13-----", 2, 0 },
    { { CHANNEL(.channel = A, .with_children = true) }, 1, "-11113--", 2, 4 },
    { { CHANNEL(.channel = E) }, 1, "---3-1-1", 0, 1 },
    { { CHANNEL(.channel = C), PERSON(5) }, 2, "---1-2--", 0, 4 }, // whispered to beside listening
    { { CHANNEL(.channel = A), CHANNEL(.channel = B) }, 2, "-11-----", 2, 0 },
    { { CHANNEL(.channel = A, .with_links = true) }, 1, "-133-1-1", 2, 1 },
    // A is linked to E, but what is beneath A is not meant.
    { { CHANNEL(.channel = E, .with_links = true, .with_children = true) }, 1, "-133-1-1", 2, 1 },
    { { CHANNEL(.channel = A, .with_children = true, .group = (char *)"auth") },
      1,
      "-111----",
      2,
      0 },
    { { CHANNEL(.channel = A, .with_children = true, .group = (char *)"!auth") },
      1,
      "----13--",
      0,
      4 },
    { { CHANNEL(.channel = A, .with_children = true, .group = (char *)"team") },
      1,
      "--1-----",
      2,
      0 },
    { { CHANNEL(.channel = A, .group = (char *)"in") }, 1, "-1------", 0, 0 },
    { { CHANNEL(.channel = A, .group = (char *)"out") }, 1, "--3-----", 2, 0 },
    { { CHANNEL(.channel = A, .group = (char *)"none"), CHANNEL(.channel = D) },
      2,
      "----1---",
      0,
      0 },
    { { CHANNEL(.channel = 99) }, 1, NOBODY, 0, 0 },
};

static struct model *crowded_model(void)
{
    struct model *model = tree_model();
    for (size_t i = 0; i < ARRAY_LEN(crowd); i++) {
        struct user *user = someone(model, crowd[i].user_id, crowd[i].channel);
        assert_int_equal(user->session, i + 1);
        user->is_deaf = crowd[i].is_deaf;
        if (crowd[i].listens != MODEL_NONE)
            assert_int_equal(model_listen(model, user, crowd[i].listens, crowd[i].volume), 0);
    }
    int32_t team[] = { 2 };
    const struct group group = {
        .name = (char *)"team", .is_inheritable = true, .n_add = 1, .add = team
    };
    assert_int_equal(model_acl_replace(model, ROOT, true, NULL, 0, &group, 1), 0);
    return model;
}

static void expect_reached(const struct model *model, const char *contexts, size_t row)
{
    struct reached reached[ARRAY_LEN(crowd)];
    char found[] = NOBODY;
    size_t n = model_reach_target(model, model_user(model, 1), 7, reached, ARRAY_LEN(reached));
    for (size_t i = 0; i < n; i++) {
        char *at = &found[reached[i].session - 1];
        if (*at != '-')
            fail_msg("row %zu: twice", row);
        *at = (char)('0' + reached[i].context);
    }
    if (strcmp(found, contexts) != 0)
        fail_msg("row %zu: %s", row, found);
}

static void expect_volume(const struct model *model, uint32_t session, float volume, size_t row)
{
    struct reached reached[ARRAY_LEN(crowd)];
    size_t n = model_reach_target(model, model_user(model, 1), 7, reached, ARRAY_LEN(reached));
    for (size_t i = 0; i < n; i++)
        if (reached[i].session == session &&
            (reached[i].volume < volume || reached[i].volume > volume))
            fail_msg("row %zu: volume %g", row, (double)reached[i].volume);
}

static void test_reach(void **state)
{
    (void)state;
    struct model *model = crowded_model();
    assert_int_equal(model_link(model, A, E), 0);
    for (size_t i = 0; i < ARRAY_LEN(target_rows); i++) {
        const struct target_row *row = &target_rows[i];
        struct user *speaker = model_user(model, 1);
        assert_int_equal(model_user_set_target(speaker, 7, row->entries, row->n), 0);
        expect_reached(model, row->contexts, i);
        expect_volume(model, 3, row->volume_of_2, i);
        expect_volume(model, 6, row->volume_of_5, i);
        assert_true(model_target_cost(model, speaker, 7) > 0);
    }
    model_free(model);
}

// A is a meeting's floor, B beneath it its booth; whoever is named moderates.
static void test_booths_are_for_moderators(void **state)
{
    (void)state;
    static const struct {
        const char *moderator;
        struct target_entry entry;
        bool is_inside;
        uint32_t booths;
    } rows[] = {
        { "1", { .session = MODEL_NONE, .channel = B }, true, 1 },
        { "1", { .session = 2 }, true, 1 }, // sits in it
        { "1", { .session = MODEL_NONE, .channel = A, .with_children = true }, true, 1 },
        { "1", { .session = MODEL_NONE, .channel = A }, true, 0 },
        { "1", { .session = 3 }, true, 0 },
        { "1", { .session = MODEL_NONE, .channel = B, .group = (char *)"all" }, true, 0 },
        { "1", { .session = MODEL_NONE, .channel = B }, false, 0 }, // from outside
        { "2", { .session = MODEL_NONE, .channel = B }, true, 0 },  // another one moderates
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct model *model = tree_model();
        struct user *speaker = model_user_add(model, "1", false),
                    *inside = model_user_add(model, "2", false),
                    *elsewhere = model_user_add(model, "3", false);
        struct meeting_info *meeting = model_meeting_add(model, A, "M");
        assert_non_null(meeting);
        char *names[] = { (char *)(uintptr_t)rows[i].moderator, NULL };
        meeting->n_booths = 1;
        meeting->booths[0].channel = B;
        model_channel(model, A)->meeting = model_channel(model, B)->meeting = A;
        model_channel(model, A)->role = CHANNEL_FLOOR;
        model_channel(model, B)->role = CHANNEL_BOOTH;
        model_user_move(model, inside, B);
        model_user_move(model, elsewhere, A);
        model_user_move(model, speaker, rows[i].is_inside ? A : ROOT);
        model_set_moderators(model, names);
        assert_int_equal(model_user_set_target(speaker, 7, &rows[i].entry, 1), 0);
        uint32_t booths = model_target_booths(model, speaker, 7);
        if (booths != rows[i].booths)
            fail_msg("row %zu: %x", i, booths);
        assert_int_equal(model_target_booths(model, speaker, 6), 0);
        assert_int_equal(model_target_booths(model, speaker, 0), 0);
        model_free(model);
    }
}

static void test_reach_needs_whisper(void **state)
{
    (void)state;
    struct model *model = crowded_model();
    const struct acl_entry denied = {
        .is_here = true, .user_id = GUEST, .group = (char *)"all", .deny = PERM_WHISPER
    };
    assert_int_equal(model_acl_replace(model, C, true, &denied, 1, NULL, 0), 0);
    const struct target_entry tree = CHANNEL(.channel = A, .with_children = true);
    const struct target_entry people[] = { PERSON(3), PERSON(4) };
    struct user *speaker = model_user(model, 1);
    assert_int_equal(model_user_set_target(speaker, 7, &tree, 1), 0);
    expect_reached(model, "-11-1---", 0); // nor those who listen there
    assert_int_equal(model_user_set_target(speaker, 7, people, 2), 0);
    expect_reached(model, "----2---", 1);
    model_channel(model, D)->role = CHANNEL_BOOTH;
    model_channel(model, D)->meeting = MODEL_NONE;
    expect_reached(model, NOBODY, 2); // none goes into a booth
    assert_int_equal(model_user_set_target(speaker, 7, &tree, 1), 0);
    expect_reached(model, "-11-----", 3);
    model_free(model);
}

static void test_targets_are_kept(void **state)
{
    (void)state;
    struct model *model = crowded_model();
    struct user *speaker = model_user(model, 1);
    char group[] = "team", longer[MODEL_GROUP_BYTES + 2];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    struct target_entry entries[MODEL_TARGET_ENTRIES + 5];
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        entries[i] = (struct target_entry)CHANNEL(.channel = A, .group = group);
    assert_int_equal(model_user_set_target(speaker, 7, entries, ARRAY_LEN(entries)), 0);
    assert_int_equal(speaker->targets[7].n_entries, MODEL_TARGET_GROUPS);
    assert_ptr_not_equal(speaker->targets[7].entries[0].group, group);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        entries[i].group = NULL;
    entries[0].group = longer;
    assert_int_equal(model_user_set_target(speaker, 7, entries, ARRAY_LEN(entries)), 0);
    assert_int_equal(speaker->targets[7].n_entries, MODEL_TARGET_ENTRIES - 1);
    assert_int_equal(model_user_set_target(speaker, 7, NULL, 0), 0);
    assert_int_equal(speaker->targets[7].n_entries, 0);
    assert_int_equal(model_user_set_target(speaker, 0, entries, 1), MODEL_E_UNKNOWN);
    assert_int_equal(model_user_set_target(speaker, 31, entries, 1), MODEL_E_UNKNOWN);
    const struct target_entry people[] = { PERSON(3), PERSON(4) };
    assert_int_equal(model_user_set_target(speaker, 30, people, 2), 0);
    model_user_remove(model, 4);
    assert_int_equal(speaker->targets[30].n_entries, 1);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_listening),
        cmocka_unit_test(test_listening_is_limited),
        cmocka_unit_test(test_ears_hear_direct_sound_only),
        cmocka_unit_test(test_mutes),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_booths_are_for_moderators),
        cmocka_unit_test(test_reach_needs_whisper),
        cmocka_unit_test(test_targets_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
