// SPDX-License-Identifier: BSD-3-Clause
// Every change of the model with the Nth allocation failing, for every N until it succeeds: each
// failure leaves things as they were, and (with the address sanitizer) nothing behind.
#include "model_stage.h"
#include "scarce_memory.h"

static char admin[] = "admin", crew[] = "crew", in[] = "in";
static int32_t seven[] = { 7 };
static const struct acl_entry entries[] = { { true, true, MODEL_GUEST, admin, PERM_WRITE, 0 },
                                            { true, true, 7, NULL, PERM_MOVE, 0 },
                                            { true, true, MODEL_GUEST, in, 0, PERM_SPEAK } };
static const struct group groups[] = { { admin, true, true, 1, 1, seven, seven },
                                       { crew, true, true, 1, 0, seven, NULL } };

struct stage {
    struct model *model;
    struct user *user;
    struct registered *person;
};

// Each returns true when it has succeeded.
static bool replaces(struct stage *stage)
{
    return model_acl_replace(stage->model, B, false, entries, 3, groups, 2) == 0;
}
static bool replaces_again(struct stage *stage)
{
    return model_acl_replace(stage->model, A, false, entries + 1, 2, groups + 1, 1) == 0;
}
static bool appends(struct stage *stage)
{
    return model_acl_append(stage->model, A, &entries[2]) == 0;
}
static bool admits_to_a_new_group(struct stage *stage)
{
    return model_group_admit(stage->model, A, "new", 8) == 0;
}
static bool admits(struct stage *stage)
{
    return model_group_admit(stage->model, A, "crew", 8) == 0;
}
static bool sets_tokens(struct stage *stage)
{
    return model_user_set_tokens(stage->user, (const char *[]){ "one", "two" }, 2) == 0;
}
static bool renames_user(struct stage *stage)
{
    return model_user_rename(stage->model, stage->user, "other") == 0;
}
static bool adds_user(struct stage *stage)
{
    return model_user_add(stage->model, "new", false) != NULL;
}
static bool adds_channel(struct stage *stage)
{
    return model_channel_add(stage->model, MODEL_NONE, A, "new") != NULL;
}
static bool registers(struct stage *stage)
{
    return registry_add(stage->model, MODEL_GUEST, "new") != NULL;
}
static bool renames_person(struct stage *stage)
{
    return registry_rename(stage->model, stage->person, "other") == 0;
}
static bool adds_cert(struct stage *stage)
{
    return registry_cert_add(stage->model, stage->person, "cd") == 0;
}
static bool sets_email(struct stage *stage)
{
    return registry_set_email(stage->person, "b@example.org");
}
static bool bans(struct stage *stage)
{
    return bans_add(stage->model, &(struct ban){ .mask_bits = 8, .hash = "cd" }) == 0;
}
static bool replaces_bans(struct stage *stage)
{
    const struct ban list[2] = { { .mask_bits = 8 }, { .mask_bits = 9 } };
    return bans_replace(stage->model, list, 2) == 0;
}

static struct stage stage_new(void)
{
    struct stage stage = { .model = tree_model() };
    stage.user = someone(stage.model, 7, A);
    stage.person = registry_add(stage.model, 7, "someone");
    assert_int_equal(model_acl_replace(stage.model, A, true, entries, 2, groups, 2), 0);
    assert_int_equal(registry_cert_add(stage.model, stage.person, "ab"), 0);
    assert_true(registry_set_email(stage.person, "a@example.org"));
    assert_int_equal(bans_add(stage.model, &(struct ban){ .mask_bits = 7, .hash = "ab" }), 0);
    return stage;
}

static void check_unchanged(const char *name, const struct stage *stage)
{
    const struct channel *a = model_channel(stage->model, A);
    bool is_same = a->is_inheriting && a->n_acls == 2 && a->n_groups == 2 &&
                   a->groups[1].n_add == 1 && model_channel(stage->model, B)->n_acls == 0 &&
                   model_channel_at(stage->model, CHANNELS) == NULL &&
                   model_people(stage->model) == 1 &&
                   model_user_by_name(stage->model, "someone") == stage->user &&
                   registry_by_name(stage->model, "someone") == stage->person &&
                   registry_next(stage->model, 7) == NULL && stage->person->n_certs == 1 &&
                   registry_by_cert(stage->model, "ab") == stage->person &&
                   registry_by_email(stage->model, "a@example.org") == stage->person &&
                   bans_at(stage->model, 1) == NULL && bans_at(stage->model, 0)->mask_bits == 7 &&
                   model_permissions(stage->model, stage->user, A) == (DEF | PERM_MOVE);
    if (!is_same)
        fail_msg("%s: a failure has changed something", name);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool (*act)(struct stage *stage);
        long least; // allocations that it needs
    } rows[] = {
        { "replace", replaces, 9 },
        { "replace again", replaces_again, 4 },
        { "append", appends, 3 },
        { "admit to a new group", admits_to_a_new_group, 3 },
        { "admit", admits, 1 },
        { "tokens", sets_tokens, 3 },
        { "rename a user", renames_user, 1 },
        { "add a user", adds_user, 2 },
        { "add a channel", adds_channel, 3 },
        { "register", registers, 2 },
        { "rename a person", renames_person, 1 },
        { "add a certificate", adds_cert, 2 },
        { "an e-mail address", sets_email, 1 },
        { "ban", bans, 3 },
        { "replace bans", replaces_bans, 5 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool has_succeeded = false;
        for (long n = 0; !has_succeeded; n++) {
            struct stage stage = stage_new();
            if (n > 50)
                fail_msg("%s never succeeds", rows[i].name);
            n_left = n;
            has_succeeded = rows[i].act(&stage);
            n_left = -1;
            if (has_succeeded && n < rows[i].least)
                fail_msg("%s succeeded with %ld allocations", rows[i].name, n);
            if (!has_succeeded) {
                check_unchanged(rows[i].name, &stage);
                if (!rows[i].act(&stage)) // and it can be done the next time
                    fail_msg("%s fails after a failure", rows[i].name);
            }
            model_free(stage.model);
        }
    }
}

// Without memory to remember in, the answer is the same.
static void test_permissions_need_no_memory(void **state)
{
    (void)state;
    struct stage stage = stage_new();
    n_left = 0;
    uint32_t rights = model_permissions(stage.model, stage.user, A),
             again = model_permissions(stage.model, stage.user, A);
    bool is_member = model_group_has(stage.model, A, "crew", 7);
    n_left = -1;
    assert_int_equal(rights, DEF | PERM_MOVE);
    assert_int_equal(again, rights);
    assert_true(is_member);
    model_free(stage.model);
}

// A table that cannot grow finds all the same.
static void test_tables_that_cannot_grow(void **state)
{
    (void)state;
    struct thing {
        struct key key;
        uint32_t value;
    } things[64];
    struct table table = { 0 };
    for (uint32_t i = 0; i < ARRAY_LEN(things); i++) {
        n_left = i < 40 ? 0 : -1;
        things[i].value = i;
        table_put(&table, &things[i].key, i % 16);
        n_left = -1;
    }
    for (uint32_t i = 0; i < ARRAY_LEN(things); i += 2)
        table_drop(&table, &things[i].key);
    for (uint32_t hash = 0; hash < 17; hash++) {
        uint32_t n = 0;
        for (const struct key *key = table_find(&table, hash); key != NULL;
             key = table_find_next(key)) {
            assert_int_equal(OWNER_OF(key, struct thing, key)->value % 16, hash);
            n++;
        }
        assert_int_equal(n, hash < 16 && hash % 2 == 1 ? 4 : 0);
    }
    table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_permissions_need_no_memory),
        cmocka_unit_test(test_tables_that_cannot_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
