// SPDX-License-Identifier: BSD-3-Clause
// The model: sessions, channels, permissions, voice targets.
#include "model/model.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct model *small_model(void)
{
    const struct model_limits limits = {
        .users = 4, .server_made_users = 2, .users_per_channel = 0, .nesting = 3, .channels = 8
    };
    struct model *model = model_new(&limits, "Root");
    assert_non_null(model);
    return model;
}

static void test_sessions_rest_before_reuse(void **state)
{
    (void)state;
    struct model *model = small_model();
    uint32_t first = model_user_add(model, "a", false)->session;
    assert_int_equal(first, 1);
    model_user_remove(model, first);
    model_session_release(model, first);
    // Every other number comes before the one that was given back.
    uint32_t last = 0;
    for (uint32_t i = 2; i < model_sessions_max(model); i++) {
        last = model_user_add(model, "b", true)->session;
        assert_int_equal(last, i);
    }
    assert_int_equal(model_user_add(model, "c", true)->session, first);
    assert_null(model_user_add(model, "d", true));
    assert_int_equal(model_people(model), 0); // server-made users are not counted
    model_free(model);
}

static void test_names_are_found_in_any_case(void **state)
{
    (void)state;
    struct model *model = small_model();
    struct user *user = model_user_add(model, "José", false);
    assert_ptr_equal(model_user_by_name(model, "JOSÉ"), user);
    assert_null(model_user_by_name(model, "Jose"));
    model_free(model);
}

// A tree: root 0 ─ 1 "a" ─ 2 "b"; 3 "t" temporary under the root.
static struct model *tree_model(void)
{
    struct model *model = small_model();
    model_channel_add(model, MODEL_NONE, MODEL_ROOT, "a");
    model_channel_add(model, MODEL_NONE, 1, "b");
    model_channel_add(model, MODEL_NONE, MODEL_ROOT, "t")->is_temporary = true;
    return model;
}

static void test_channel_rules(void **state)
{
    (void)state;
    static const struct {
        uint32_t parent, moving;
        const char *name;
        int expected;
    } rows[] = {
        { 0, MODEL_NONE, "new", 0 },
        { 0, MODEL_NONE, "a", MODEL_E_NAME }, // a twin
        { 0, MODEL_NONE, "A", 0 },            // names differ by case
        { 0, MODEL_NONE, "", MODEL_E_NAME },
        { 99, MODEL_NONE, "x", MODEL_E_UNKNOWN },
        { 3, MODEL_NONE, "x", MODEL_E_TEMPORARY }, // under a temporary one
        { 2, MODEL_NONE, "x", 0 },                 // depth 3 is the limit
        { 1, 1, "a", MODEL_E_LOOP },
        { 2, 1, "a", MODEL_E_LOOP },
        { 0, 2, "b", 0 },
        { 0, 2, "a", MODEL_E_NAME },
        { 0, 1, "a", 0 }, // itself is no twin
        { 1, 0, "Root", MODEL_E_ROOT },
    };
    struct model *model = tree_model();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int got = model_channel_check(model, rows[i].parent, rows[i].name, rows[i].moving);
        if (got != rows[i].expected)
            fail_msg("row %zu: %d, expected %d", i, got, rows[i].expected);
    }
    model_channel_add(model, MODEL_NONE, 2, "deep");
    assert_int_equal(model_channel_check(model, 4, "deeper", MODEL_NONE), MODEL_E_NESTING);
    // Moving a subtree counts its height.
    model_channel_add(model, MODEL_NONE, MODEL_ROOT, "c");
    assert_int_equal(model_channel_check(model, 5, "a", 1), MODEL_E_NESTING);
    model_channel_add(model, MODEL_NONE, MODEL_ROOT, "d");
    model_channel_add(model, MODEL_NONE, MODEL_ROOT, "e");
    assert_int_equal(model_channel_check(model, 0, "f", MODEL_NONE), MODEL_E_COUNT);
    model_free(model);
}

static void test_parents_stand_before_children(void **state)
{
    (void)state;
    struct model *model = tree_model();
    model_channel_add(model, MODEL_NONE, MODEL_ROOT, "late"); // id 4, after its child to be
    assert_int_equal(model_channel_move(model, 1, 4), 0);
    bool is_seen[8] = { false };
    size_t i = 0;
    for (const struct channel *at = model_channel_at(model, 0); at != NULL;
         at = model_channel_at(model, ++i)) {
        assert_true(at->parent == MODEL_NONE || is_seen[at->parent]);
        is_seen[at->id] = true;
    }
    assert_int_equal(i, 5);
    assert_true(model_channel_is_within(model, 2, 4));
    assert_false(model_channel_is_within(model, 4, 2));
    model_free(model);
}

static void test_full_channels(void **state)
{
    (void)state;
    struct model *model = tree_model();
    model_channel(model, 1)->max_users = 1;
    assert_false(model_channel_is_full(model, 1));
    struct user *user = model_user_add(model, "a", false);
    uint32_t epoch = user->epoch;
    user->is_priority_speaker = true;
    model_user_move(model, user, 1);
    assert_true(model_channel_is_full(model, 1));
    assert_false(user->is_priority_speaker); // never carried along
    assert_int_not_equal(user->epoch, epoch);
    model_user_move(model, user, 0);
    assert_false(model_channel_is_full(model, 1));
    model_free(model);
}

// A meeting on channel 1 with the booth on 2; Ana is named, Bea a moderator, Caro nobody, Dora has
// the certificate.
static struct model *meeting_model(bool is_anyone)
{
    static char ana[] = "Ana", dora[] = "$0123", bea[] = "Bea";
    static char *interpreters[] = { ana, dora, NULL }, *moderators[] = { bea, NULL };
    struct model *model = tree_model();
    struct meeting_info *meeting = model_meeting_add(model, 1, "a");
    meeting->n_tracks = 2;
    strcpy(meeting->tracks[0].lang, "en");
    strcpy(meeting->tracks[1].lang, "es-MX");
    meeting->is_anyone_interpreter = is_anyone;
    meeting->interpreters = calloc(ARRAY_LEN(interpreters), sizeof(char *));
    meeting->moderators = calloc(ARRAY_LEN(moderators), sizeof(char *));
    meeting->interpreters[0] = strdup(interpreters[0]);
    meeting->interpreters[1] = strdup(interpreters[1]);
    meeting->moderators[0] = strdup(moderators[0]);
    struct channel *floor = model_channel(model, 1), *booth = model_channel(model, 2);
    floor->meeting = booth->meeting = 1;
    floor->role = CHANNEL_FLOOR;
    booth->role = CHANNEL_BOOTH;
    return model;
}

static void test_booth_walls(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hash;
        int32_t user_id;
        bool may_enter, may_moderate;
    } rows[] = {
        { "ana", "", MODEL_GUEST, true, false }, // by name, in any case
        { "Bea", "", MODEL_GUEST, true, true },
        { "Caro", "", MODEL_GUEST, false, false },
        { "$0123", "", MODEL_GUEST, false, false }, // a hash as a name opens nothing
        { "Dora", "0123", MODEL_GUEST, true, false },
        { "SuperUser", "", MODEL_SUPERUSER, true, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct model *model = meeting_model(false);
        struct user *user = model_user_add(model, rows[i].name, false);
        user->user_id = rows[i].user_id;
        strcpy(user->cert_hash, rows[i].hash);
        uint32_t booth = model_permissions(model, user, 2),
                 floor = model_permissions(model, user, 1);
        uint32_t into = PERM_ENTER | PERM_TEXT_MESSAGE;
        if (((booth & into) == into) != rows[i].may_enter ||
            ((floor & PERM_MUTE_DEAFEN) != 0) != rows[i].may_moderate)
            fail_msg("row %zu: booth %x floor %x", i, booth, floor);
        if (!rows[i].may_enter)
            assert_int_equal(booth, PERM_TRAVERSE);
        model_free(model);
    }
    struct model *open = meeting_model(true);
    struct user *caro = model_user_add(open, "Caro", false);
    assert_true((model_permissions(open, caro, 2) & PERM_ENTER) != 0);
    assert_false(model_is_enter_restricted(open, 2));
    model_free(open);
}

static void test_superuser(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct user *user = model_user_add(model, "SuperUser", false);
    user->user_id = MODEL_SUPERUSER;
    uint32_t silent = PERM_SPEAK | PERM_WHISPER;
    assert_int_equal(model_permissions(model, user, 0), PERM_ALL & ~silent);
    assert_int_equal(model_permissions(model, user, 1), PERM_ALL & ~silent); // as in murmur
    assert_int_equal(model_permissions(model, user, 99), 0);
    model_free(model);
}

static void test_languages_of_a_meeting(void **state)
{
    (void)state;
    struct model *model = meeting_model(false);
    const struct meeting_info *meeting = model_meeting(model, 1);
    assert_int_equal(meeting_info_lang(meeting, "EN"), 0);
    assert_int_equal(meeting_info_lang(meeting, "es"), 1);
    assert_int_equal(meeting_info_lang(meeting, "es-mx"), 1);
    assert_int_equal(meeting_info_lang(meeting, "e"), -1);
    assert_int_equal(meeting_info_lang(meeting, "fr"), -1);
    assert_int_equal(meeting_info_lang(meeting, ""), -1);
    model_free(model);
}

static void test_targets(void **state)
{
    (void)state;
    struct model *model = meeting_model(true);
    struct user *speaker = model_user_add(model, "s", false),
                *floor = model_user_add(model, "f", false);
    struct user *booth = model_user_add(model, "b", false),
                *deaf = model_user_add(model, "d", false);
    model_user_move(model, floor, 1);
    model_user_move(model, booth, 2);
    model_user_move(model, deaf, 1);
    deaf->is_self_deaf = true;
    const struct target_entry tree[] = {
        { .session = MODEL_NONE, .channel = 0, .with_children = true },
        { .session = floor->session },
        { .session = booth->session }
    };
    assert_int_equal(model_user_set_target(speaker, 5, tree, ARRAY_LEN(tree)), 0);
    struct reached reached[8];
    // Not oneself, not the deaf, nobody in a booth; reached both ways: once, as a shout.
    assert_int_equal(model_reach_target(model, speaker, 5, reached, ARRAY_LEN(reached)), 1);
    assert_int_equal(reached[0].session, floor->session);
    assert_int_equal(reached[0].context, 1);
    assert_int_equal(model_user_set_target(speaker, 5, &tree[1], 1), 0);
    assert_int_equal(model_reach_target(model, speaker, 5, reached, ARRAY_LEN(reached)), 1);
    assert_int_equal(reached[0].context, 2);
    assert_int_equal(model_reach_target(model, speaker, 6, reached, ARRAY_LEN(reached)), 0);
    // Who gets the number of one who has left is not whispered to.
    uint32_t gone = floor->session;
    model_user_remove(model, gone);
    model_session_release(model, gone);
    struct user *next = NULL;
    while (next == NULL || next->session != gone) {
        if (next != NULL) {
            uint32_t session = next->session;
            model_user_remove(model, session);
            model_session_release(model, session);
        }
        next = model_user_add(model, "n", false);
        assert_non_null(next);
    }
    assert_int_equal(model_reach_target(model, speaker, 5, reached, ARRAY_LEN(reached)), 0);
    assert_int_equal(model_user_set_target(speaker, 31, tree, 1), MODEL_E_UNKNOWN);
    assert_int_equal(model_user_set_target(speaker, 0, tree, 1), MODEL_E_UNKNOWN);
    model_free(model);
}

static void test_ended_meeting_leaves_plain_channels(void **state)
{
    (void)state;
    struct model *model = meeting_model(false);
    model_meeting_remove(model, 1);
    assert_null(model_meeting(model, 1));
    assert_int_equal(model_channel(model, 2)->role, CHANNEL_PLAIN);
    assert_int_equal(model_channel(model, 2)->meeting, MODEL_NONE);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_rest_before_reuse),
        cmocka_unit_test(test_names_are_found_in_any_case),
        cmocka_unit_test(test_channel_rules),
        cmocka_unit_test(test_parents_stand_before_children),
        cmocka_unit_test(test_full_channels),
        cmocka_unit_test(test_booth_walls),
        cmocka_unit_test(test_superuser),
        cmocka_unit_test(test_languages_of_a_meeting),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_ended_meeting_leaves_plain_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
