// SPDX-License-Identifier: BSD-3-Clause
// Group specifications, groups, and how entries and groups are kept, row by row.
#include "model_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- specifications ----

static const struct {
    const char *spec;
    uint32_t at, target, place; // of the entry, asked about, where the user is
    int32_t user_id;
    bool expected;
} spec_rows[] = {
    // nothing left: never, whatever stands before
    { "", ROOT, ROOT, ROOT, 7, false },
    { "!", ROOT, ROOT, ROOT, 7, false },
    { "~!", ROOT, ROOT, ROOT, 7, false },
    { "#", ROOT, ROOT, ROOT, 7, false },
    { "$", ROOT, ROOT, ROOT, GUEST, false },
    { "!$", ROOT, ROOT, ROOT, GUEST, false },
    { "none", ROOT, ROOT, ROOT, 7, false },
    { "!none", ROOT, ROOT, ROOT, 7, true },
    { "all", ROOT, ROOT, ROOT, GUEST, true },
    { "!all", ROOT, ROOT, ROOT, GUEST, false },
    { "!!all", ROOT, ROOT, ROOT, GUEST, false }, // "!" twice is once
    { "auth", ROOT, ROOT, ROOT, GUEST, false },
    { "auth", ROOT, ROOT, ROOT, 7, true },
    { "!auth", ROOT, ROOT, ROOT, GUEST, true },
    { "All", ROOT, ROOT, ROOT, 7, false }, // a group's name: case matters
    { "strong", ROOT, ROOT, ROOT, 7, true },
    { "!strong", ROOT, ROOT, ROOT, 7, false },
    // in and out, seen from what is asked about or, with "~", from the entry's channel
    { "in", A, B, B, 7, true },
    { "in", A, B, A, 7, false },
    { "~in", A, B, A, 7, true },
    { "~in", A, B, B, 7, false },
    { "in", A, B, C, 7, false }, // beneath is not in
    { "out", A, B, B, 7, false },
    { "out", A, B, A, 7, true },
    { "~out", A, B, B, 7, true },
    { "!in", A, B, C, 7, true },
    { "!~in", A, B, A, 7, false },
    { "~!in", A, B, A, 7, false },
    { "!out", A, B, B, 7, true },
    // sub: by default strictly beneath what is asked about
    { "sub", A, A, B, 7, true },
    { "sub", A, A, C, 7, true },
    { "sub", A, A, A, 7, false },
    { "sub", A, A, E, 7, false },
    { "sub", A, B, C, 7, true },
    { "sub", A, B, D, 7, false },
    { "~sub", A, B, D, 7, true },
    { "!sub", A, A, B, 7, false },
    { "!sub", A, A, E, 7, true },
    { "sub,0,0", A, A, A, 7, true },
    { "sub,0,0,0", A, A, A, 7, true },
    { "sub,0,0,0", A, A, B, 7, false },
    { "sub,0,1,1", A, A, B, 7, true },
    { "sub,0,1,1", A, A, C, 7, false },
    { "sub,0,2,2", A, A, C, 7, true },
    { "sub,0,2", A, A, B, 7, false },
    { "sub,,0", A, A, A, 7, true }, // left out: the default
    { "sub,,,1", A, A, C, 7, false },
    { "sub,,,1", A, A, B, 7, true },
    { "sub,-1", A, A, E, 7, true }, // one level up: the root
    { "sub,-1", A, B, D, 7, true },
    { "sub,-9", C, C, E, 7, true }, // not above the root
    { "sub,1", A, A, B, 7, false }, // beyond what is asked about
    { "!sub,1", A, A, B, 7, true },
    { "~sub,1", A, C, C, 7, true }, // the channel one beneath the entry's, towards it: b
    { "~sub,1", A, C, D, 7, false },
    { "~sub,1,0", A, B, B, 7, true },
    { "sub,x", A, A, B, 7, true }, // no number is 0
    { "sub,1x", A, A, B, 7, true },
    { "sub, 1 ", A, A, B, 7, false }, // blanks are fine
    { "sub,99999999999", A, A, B, 7, true },
    { "sub,0,1,1,5", A, A, C, 7, false }, // more is not looked at
    { "sub,0,-5", A, A, A, 7, true },
    { "sub2", A, A, B, 7, false }, // a group's name
    // tokens, hashes
    { "#door", ROOT, ROOT, ROOT, GUEST, true },
    { "#DOOR", ROOT, ROOT, ROOT, GUEST, true },
    { "!#door", ROOT, ROOT, ROOT, GUEST, false },
    { "#!door", ROOT, ROOT, ROOT, GUEST, false },
    { "#doo", ROOT, ROOT, ROOT, GUEST, false },
    { "#all", ROOT, ROOT, ROOT, GUEST, false }, // a token, not everybody
    { "$ab12", ROOT, ROOT, ROOT, GUEST, true },
    { "$AB12", ROOT, ROOT, ROOT, GUEST, false },
    { "!$ab12", ROOT, ROOT, ROOT, GUEST, false },
    { "$ab1", ROOT, ROOT, ROOT, GUEST, false },
    { "$#ab12", ROOT, ROOT, ROOT, GUEST, false }, // both: a token
    // a group of a, looked up from what is asked about, or from the entry's channel
    { "crew", A, A, ROOT, 7, true },
    { "crew", A, C, ROOT, 7, true },
    { "crew", A, E, ROOT, 7, false },
    { "crew", A, A, ROOT, 8, false },
    { "crew", A, A, ROOT, GUEST, false },
    { "!crew", A, A, ROOT, GUEST, true },
    { "Crew", A, A, ROOT, 7, false },
    { "crew", A, D, ROOT, 7, false }, // d's own one removes 7
    { "~crew", A, D, ROOT, 7, true },
    { "all,1", ROOT, ROOT, ROOT, 7, false }, // a group's name
};

static void test_specifications(void **state)
{
    (void)state;
    int32_t seven[] = { 7 };
    char crew[] = "crew";
    const struct group here = { crew, true, true, 1, 0, seven, NULL },
                       without = { crew, true, true, 0, 1, NULL, seven };
    for (size_t i = 0; i < ARRAY_LEN(spec_rows); i++) {
        struct model *model = tree_model();
        struct user *user = someone(model, spec_rows[i].user_id, spec_rows[i].place);
        user->is_strong = true;
        strcpy(user->cert_hash,
               strchr(spec_rows[i].spec, '$') != NULL && spec_rows[i].spec[1] == '\0' ? ""
                                                                                      : "ab12");
        model_user_identified(user);
        assert_int_equal(model_user_set_tokens(user, (const char *[]){ "x", "Door" }, 2), 0);
        assert_int_equal(model_acl_replace(model, A, true, NULL, 0, &here, 1), 0);
        assert_int_equal(model_acl_replace(model, D, true, NULL, 0, &without, 1), 0);
        if (model_group_matches(model, user, spec_rows[i].spec, spec_rows[i].at,
                                spec_rows[i].target) != spec_rows[i].expected)
            fail_msg("row %zu: \"%s\"", i, spec_rows[i].spec);
        // The same by an entry, where it can be handed down.
        if (model_channel_is_within(model, spec_rows[i].target, spec_rows[i].at)) {
            const struct acl_entry entry = { true,      true,
                                             GUEST,     (char *)(uintptr_t)spec_rows[i].spec,
                                             PERM_MOVE, 0 };
            assert_int_equal(model_acl_append(model, spec_rows[i].at, &entry), 0);
            bool may_move = (model_permissions(model, user, spec_rows[i].target) & PERM_MOVE) != 0;
            if (may_move != spec_rows[i].expected)
                fail_msg("row %zu: entry of \"%s\"", i, spec_rows[i].spec);
        }
        model_free(model);
    }
}

// ---- groups ----

// The group "g" of root, a and b, as seen from c or elsewhere.
struct own {
    bool is_there, is_inheriting, is_inheritable;
    int32_t add, remove; // 0: nobody
};
static const struct {
    const char *name;
    struct own own[4]; // of root, a, b, c
    uint32_t from;
    int32_t members[4]; // 0 ends
} group_rows[] = {
    { "nowhere", { { false, true, true, 0, 0 } }, C, { 0 } },
    { "from the root down", { { true, true, true, 1, 0 } }, C, { 1 } },
    { "at its own channel", { { true, true, true, 1, 0 } }, ROOT, { 1 } },
    { "not inheritable", { { true, true, false, 1, 0 } }, C, { 0 } },
    { "not inheritable, at its own", { { true, true, false, 1, 0 } }, ROOT, { 1 } },
    { "all are added up",
      { { true, true, true, 3, 0 }, { true, true, true, 2, 0 }, { true, true, true, 1, 0 } },
      C,
      { 1, 2, 3 } },
    { "the nearer one removes",
      { { true, true, true, 1, 0 }, { true, true, true, 2, 1 } },
      C,
      { 2 } },
    { "and one nearer still adds again",
      { { true, true, true, 1, 0 }, { true, true, true, 2, 1 }, { true, true, true, 1, 0 } },
      C,
      { 1, 2 } },
    { "remove wins within one", { { true, true, true, 1, 1 } }, C, { 0 } },
    { "not inheriting stops after it",
      { { true, true, true, 1, 0 }, { true, false, true, 2, 0 } },
      C,
      { 2 } },
    { "not inheritable stops before it",
      { { true, true, true, 1, 0 }, { true, true, false, 2, 0 }, { true, true, true, 3, 0 } },
      C,
      { 3 } },
    { "not inheritable counts at its own",
      { { true, true, true, 1, 0 }, { true, true, false, 2, 0 } },
      A,
      { 1, 2 } },
    { "beside it", { { true, true, true, 1, 0 }, { true, true, true, 2, 0 } }, E, { 1 } },
    { "removing only",
      { { true, true, true, 1, 0 }, { false, 0, 0, 0, 0 }, { true, true, true, 0, 1 } },
      C,
      { 0 } },
    { "where it does not reach",
      { { true, true, true, 1, 0 }, { false, 0, 0, 0, 0 }, { true, true, true, 0, 1 } },
      A,
      { 1 } },
};

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(group_rows); i++) {
        struct model *model = tree_model();
        char name[] = "g";
        for (uint32_t id = ROOT; id <= C; id++) {
            struct own own = group_rows[i].own[id];
            struct group group = { name,         own.is_inheriting, own.is_inheritable,
                                   own.add != 0, own.remove != 0,   &own.add,
                                   &own.remove };
            if (own.is_there)
                assert_int_equal(model_acl_replace(model, id, true, NULL, 0, &group, 1), 0);
        }
        int32_t *members = NULL;
        size_t n = model_group_members(model, group_rows[i].from, "g", &members), n_expected = 0;
        while (n_expected < 4 && group_rows[i].members[n_expected] != 0)
            n_expected++;
        if (n != n_expected ||
            (n > 0 && memcmp(members, group_rows[i].members, n * sizeof(*members)) != 0))
            fail_msg("%s: %zu members", group_rows[i].name, n);
        assert_true((members == NULL) == (n == 0));
        for (int32_t id = 1; id <= 4; id++) {
            bool is_member = false;
            for (size_t k = 0; k < n; k++)
                is_member |= members[k] == id;
            if (model_group_has(model, group_rows[i].from, "g", id) != is_member)
                fail_msg("%s: user %d", group_rows[i].name, id);
        }
        free(members);
        model_free(model);
    }
}

static void test_admitting(void **state)
{
    (void)state;
    struct model *model = tree_model();
    assert_int_equal(model_group_admit(model, 99, "admin", 7), MODEL_E_UNKNOWN);
    assert_int_equal(model_group_admit(model, A, "admin", GUEST), MODEL_E_UNKNOWN);
    assert_null(model_group(model_channel(model, A), "admin"));
    assert_int_equal(model_group_admit(model, A, "admin", 7), 0);
    const struct group *group = model_group(model_channel(model, A), "admin");
    assert_non_null(group);
    assert_true(group->is_inheriting && group->is_inheritable);
    assert_true(model_group_has(model, C, "admin", 7));
    assert_int_equal(model_group_admit(model, A, "admin", 7), 0); // once is enough
    assert_int_equal(model_group_admit(model, A, "admin", 3), 0);
    assert_int_equal(group->n_add, 2);
    assert_int_equal(group->add[0], 3);
    // One who was put out comes in again.
    int32_t three[] = { 3 };
    char admin[] = "admin";
    const struct group out = { admin, true, true, 0, 1, NULL, three };
    assert_int_equal(model_acl_replace(model, B, true, NULL, 0, &out, 1), 0);
    assert_false(model_group_has(model, C, "admin", 3));
    assert_int_equal(model_group_admit(model, B, "admin", 3), 0);
    assert_true(model_group_has(model, C, "admin", 3));
    model_free(model);
}

// ---- what is lent, and what goes ----

static void test_tokens(void **state)
{
    (void)state;
    struct model *model = tree_model();
    char spec[] = "#Ábrete";
    const struct acl_entry entry = { true, true, GUEST, spec, PERM_MOVE, 0 };
    assert_int_equal(model_acl_append(model, A, &entry), 0);
    struct user *user = someone(model, GUEST, ROOT);
    assert_int_equal(model_permissions(model, user, A), DEF);
    assert_int_equal(model_user_lend_tokens(user, (const char *[]){ "ÁBRETE" }, 1), 0);
    assert_int_equal(model_permissions(model, user, A), DEF | PERM_MOVE);
    assert_int_equal(model_user_set_tokens(user, (const char *[]){ "other" }, 1), 0);
    assert_int_equal(model_permissions(model, user, A), DEF | PERM_MOVE); // beside one's own
    assert_int_equal(model_user_lend_tokens(user, NULL, 0), 0);
    assert_int_equal(model_permissions(model, user, A), DEF);
    const char *many[MODEL_TOKENS_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = "x";
    many[MODEL_TOKENS_MAX] = "ábrete"; // one too many
    assert_int_equal(model_user_set_tokens(user, many, ARRAY_LEN(many)), 0);
    assert_int_equal(model_permissions(model, user, A), DEF);
    many[MODEL_TOKENS_MAX - 1] = "ábrete";
    assert_int_equal(model_user_set_tokens(user, many, ARRAY_LEN(many)), 0);
    assert_int_equal(model_permissions(model, user, A), DEF | PERM_MOVE);
    model_free(model);
}

static void count_channel(void *context, const struct channel *channel)
{
    *(unsigned *)context |= 1u << channel->id;
}

static void test_forgetting_an_id(void **state)
{
    (void)state;
    struct model *model = tree_model();
    char in[] = "in", g[] = "g";
    int32_t ids[] = { 9, 7, 7, -3 };
    const struct acl_entry entries[] = { { true, true, 7, NULL, PERM_MOVE, 0 },
                                         { true, true, 9, NULL, PERM_MOVE, 0 },
                                         { true, true, 7, in, PERM_LINK_CHANNEL, 0 },
                                         { true, true, GUEST, in, PERM_KICK, 0 } };
    const struct group group = { g, true, true, 4, 0, ids, NULL },
                       removing = { g, true, true, 0, 2, NULL, ids };
    assert_int_equal(model_acl_replace(model, A, true, entries, ARRAY_LEN(entries), NULL, 0), 0);
    assert_int_equal(model_acl_replace(model, B, false, NULL, 0, &group, 1), 0);
    assert_int_equal(model_acl_replace(model, C, true, NULL, 0, &removing, 1), 0);
    assert_int_equal(model_acl_replace(model, D, true, &entries[1], 1, NULL, 0), 0);
    assert_int_equal(model_group(model_channel(model, B), "g")->n_add, 2); // each once
    struct user *user = someone(model, 7, ROOT);
    assert_int_equal(model_permissions(model, user, A), DEF | PERM_MOVE | PERM_LINK_CHANNEL);
    uint64_t generation = model_rights_generation(model);
    unsigned changed = 0;
    model_forget_user_id(model, 7, count_channel, &changed);
    assert_int_equal(changed, 1u << A | 1u << B | 1u << C);
    assert_int_not_equal(model_rights_generation(model), generation);
    assert_int_equal(model_permissions(model, user, A), DEF);
    assert_int_equal(model_channel(model, A)->n_acls, 2);
    assert_int_equal(model_channel(model, A)->acls[0].user_id, 9);
    assert_string_equal(model_channel(model, A)->acls[1].group, "in");
    assert_false(model_group_has(model, B, "g", 7));
    assert_true(model_group_has(model, B, "g", 9));
    changed = 0;
    model_forget_user_id(model, 7, count_channel, &changed);
    model_forget_user_id(model, GUEST, count_channel, &changed); // nobody's: the entry stays
    assert_int_equal(changed, 0);
    assert_int_equal(model_channel(model, A)->n_acls, 2);
    model_free(model);
}

static void test_limits(void **state)
{
    (void)state;
    struct model *model = tree_model();
    char all[] = "all", name[8], longest[MODEL_GROUP_BYTES + 2];
    memset(longest, 'x', sizeof(longest));
    longest[MODEL_GROUP_BYTES + 1] = '\0';
    struct acl_entry *entries = calloc(MODEL_ACLS_MAX + 1, sizeof(*entries));
    for (size_t i = 0; i <= MODEL_ACLS_MAX; i++)
        entries[i] = (struct acl_entry){ true, true, GUEST, all, PERM_MOVE, 0 };
    assert_int_equal(model_acl_replace(model, 99, true, entries, 1, NULL, 0), MODEL_E_UNKNOWN);
    assert_int_equal(model_acl_replace(model, A, true, entries, MODEL_ACLS_MAX + 1, NULL, 0),
                     MODEL_E_LIMIT);
    assert_int_equal(model_channel(model, A)->n_acls, 0);
    assert_int_equal(model_acl_replace(model, A, false, entries, MODEL_ACLS_MAX, NULL, 0), 0);
    assert_false(model_channel(model, A)->is_inheriting);
    assert_int_equal(model_acl_append(model, A, entries), MODEL_E_LIMIT);
    assert_int_equal(model_acl_append(model, 99, entries), MODEL_E_UNKNOWN);
    for (int i = 0; i < MODEL_GROUPS_MAX; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        assert_int_equal(model_group_admit(model, B, name, 7), 0);
    }
    assert_int_equal(model_group_admit(model, B, "more", 7), MODEL_E_LIMIT);
    assert_int_equal(model_group_admit(model, B, "g3", 8), 0);
    assert_int_equal(model_group_admit(model, C, longest, 7), MODEL_E_LIMIT);
    entries[0].group = longest;
    assert_int_equal(model_acl_append(model, B, entries), MODEL_E_LIMIT);
    assert_int_equal(model_acl_replace(model, B, true, entries, 1, NULL, 0), MODEL_E_LIMIT);
    const struct group too_long = { longest, true, true, 0, 0, NULL, NULL };
    assert_int_equal(model_acl_replace(model, B, true, NULL, 0, &too_long, 1), MODEL_E_LIMIT);
    assert_int_equal(model_channel(model, B)->n_groups, MODEL_GROUPS_MAX);
    longest[MODEL_GROUP_BYTES] = '\0';
    assert_int_equal(model_acl_append(model, B, entries), 0);
    // Of groups with one name the last counts; a channel's own lists may be what is given.
    const struct channel *b = model_channel(model, B);
    assert_int_equal(model_acl_replace(model, B, true, b->acls, b->n_acls, b->groups, 3), 0);
    assert_int_equal(b->n_groups, 3);
    int32_t one[] = { 1 }, two[] = { 2 };
    const struct group twice[] = { { all, true, true, 1, 0, one, NULL },
                                   { all, true, false, 1, 0, two, NULL } };
    assert_int_equal(model_acl_replace(model, B, true, NULL, 0, twice, 2), 0);
    assert_int_equal(b->n_groups, 1);
    assert_int_equal(b->groups[0].add[0], 2);
    free(entries);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specifications),   cmocka_unit_test(test_groups),
        cmocka_unit_test(test_admitting),        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_forgetting_an_id), cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
