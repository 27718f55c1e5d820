// SPDX-License-Identifier: BSD-3-Clause
// Entries, groups and links: what is put is what a model is given after reopening; it goes with its
// channel and with its people; rows that make no sense are left out, and never open a channel.
#include "base/base.h"

#include "store_place.h"

// ---- channels 0 (root), 1 and 2 in it, 3 in 2; people 5 and 6 ----------------------------------

static void put_channel(struct store *store, uint32_t id, uint32_t parent)
{
    const struct store_channel channel = {
        .id = id, .parent = parent, .name = "c", .is_inheriting = true
    };
    assert_int_equal(store_channel_put(store, &channel), 0);
}

static void put_person(struct store *store, int32_t id, const char *name)
{
    char copy[32];
    (void)snprintf(copy, sizeof copy, "%s", name);
    const struct registered person = { .id = id, .name = copy, .last_channel = MODEL_NONE };
    assert_int_equal(store_user_put(store, &person), 0);
}

static void put_house(struct store *store)
{
    put_channel(store, 1, 0);
    put_channel(store, 2, 0);
    put_channel(store, 3, 2);
    put_person(store, 5, "Ana");
    put_person(store, 6, "Beto");
}

static char admin[] = "admin", token[] = "#pw", all[] = "all", everyone[] = "~!sub,0,1,9";
static int32_t five[] = { 5 }, both[] = { 5, 6 };

static const struct acl_entry entries[] = {
    { .is_here = true, .user_id = MODEL_GUEST, .group = all, .deny = PERM_ENTER },
    { .is_here = true, .is_sub = true, .user_id = 6, .grant = PERM_WRITE | PERM_SPEAK },
    { .is_here = true, .user_id = MODEL_GUEST, .group = token, .grant = PERM_ENTER },
    { .is_sub = true, .user_id = MODEL_GUEST, .group = everyone, .grant = PERM_ALL, .deny = 0x1 },
};
static const struct group groups[] = {
    { .name = admin,
      .is_inheriting = true,
      .n_add = 2,
      .add = both,
      .n_remove = 1,
      .remove = five },
    { .name = all, .is_inheritable = true },
};

static void put_rights(struct store *store, uint32_t channel_id, bool is_inheriting)
{
    assert_int_equal(store_acl_put(store, channel_id, is_inheriting, entries, ARRAY_LEN(entries),
                                   groups, ARRAY_LEN(groups)),
                     0);
}

// ---- a model of what is stored -----------------------------------------------------------------

static int add_channel(void *context, const struct store_channel *stored)
{
    struct model *model = context;
    return stored->id == 0 || model_channel_add(model, stored->id, stored->parent, "c") != NULL ||
                   model_channel_add(model, stored->id, stored->parent, "d") != NULL
               ? 0
               : -1;
}

static struct model *load(struct store *store)
{
    const struct model_limits limits = { .users = 10, .nesting = 10 };
    struct model *model = model_new(&limits, "Root");
    assert_non_null(model);
    assert_int_equal(store_channels_each(store, add_channel, model), 0);
    assert_int_equal(store_load_people(store, model), 0);
    assert_int_equal(store_load_rights(store, model), 0);
    return model;
}

static void assert_entry(const struct acl_entry *entry, const struct acl_entry *expected)
{
    assert_int_equal(entry->is_here, expected->is_here);
    assert_int_equal(entry->is_sub, expected->is_sub);
    assert_int_equal(entry->user_id, expected->user_id);
    assert_int_equal(entry->grant, expected->grant);
    assert_int_equal(entry->deny, expected->deny);
    if (expected->group != NULL)
        assert_string_equal(entry->group, expected->group);
}

static void assert_rights(const struct model *model, uint32_t channel_id, bool is_inheriting)
{
    const struct channel *channel = model_channel(model, channel_id);
    assert_int_equal(channel->is_inheriting, is_inheriting);
    assert_int_equal(channel->n_acls, ARRAY_LEN(entries));
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        assert_entry(&channel->acls[i], &entries[i]);
    assert_int_equal(channel->n_groups, 2);
    const struct group *group = model_group(channel, "admin");
    assert_true(group->is_inheriting && !group->is_inheritable);
    assert_int_equal(group->n_add, 2);
    assert_int_equal(group->add[0] + group->add[1], 11);
    assert_int_equal(group->n_remove, 1);
    assert_int_equal(group->remove[0], 5);
    group = model_group(channel, "all");
    assert_true(!group->is_inheriting && group->is_inheritable);
    assert_int_equal(group->n_add + group->n_remove, 0);
}

// ---- tests -------------------------------------------------------------------------------------

static void test_new_database_has_the_defaults(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    const struct model_limits limits = { .users = 10, .nesting = 10 };
    struct model *expected = model_new(&limits, "Root"), *model = load(store);
    assert_non_null(expected);
    assert_int_equal(model_acl_defaults(expected), 0);
    const struct channel *want = model_channel(expected, 0), *root = model_channel(model, 0);
    assert_int_equal(root->n_acls, 3);
    assert_int_equal(want->n_acls, 3);
    for (size_t i = 0; i < 3; i++)
        assert_entry(&root->acls[i], &want->acls[i]);
    const struct group *group = model_group(root, "admin");
    assert_non_null(group);
    assert_true(group->is_inheriting && group->is_inheritable);
    assert_int_equal(root->n_groups, 1);
    model_free(expected);
    model_free(model);
    store_close(store);
}

static void test_round_trip(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_house(store);
    put_rights(store, 2, true);
    put_rights(store, 2, false); // as a whole, again
    put_rights(store, 3, true);
    assert_int_equal(store_acl_put(store, 1, false, NULL, 0, NULL, 0), 0);
    store_close(store);

    store = open_well(place->file);
    struct model *model = load(store);
    assert_rights(model, 2, false);
    assert_rights(model, 3, true);
    assert_int_equal(model_channel(model, 1)->n_acls, 0);
    assert_false(model_channel(model, 1)->is_inheriting);
    model_free(model);
    // The root's own can be taken away, and do not come back by themselves.
    assert_int_equal(store_acl_put(store, 0, true, NULL, 0, NULL, 0), 0);
    store_close(store);
    store = open_well(place->file);
    model = load(store);
    assert_int_equal(model_channel(model, 0)->n_acls, 0);
    assert_int_equal(model_channel(model, 0)->n_groups, 0);
    model_free(model);
    store_close(store);
}

static void test_links(void **state)
{
    const struct store_place *place = *state;
    static const uint32_t to_both[] = { 2, 3, 1, 77 }, to_three[] = { 3 };
    struct store *store = open_well(place->file);
    put_house(store);
    assert_int_equal(store_links_put(store, 1, to_both, 4), 0); // itself and 77 are left out
    struct model *model = load(store);
    assert_int_equal(model_channel(model, 1)->n_links, 2);
    assert_int_equal(model_channel(model, 3)->n_links, 1);
    model_free(model);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM links"), 4);
    assert_int_equal(store_links_put(store, 2, to_three, 1), 0); // 1-2 goes, 2-3 comes
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM links"), 4);
    assert_int_equal(store_channel_remove(store, 3), 0);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM links"), 0);
    store_close(store);
}

// Each: what is removed, and how many entries, groups and members of channels 2 and 3 are left.
static void test_cascades(void **state)
{
    (void)state;
    static const struct {
        uint32_t channel;
        int32_t person;
        int n_acls, n_groups, n_members;
    } rows[] = {
        { 0, 0, 8, 4, 6 },                    // nothing
        { 3, 0, 4, 2, 3 }, { 2, 0, 0, 0, 0 }, // and 3, which is in it
        { 0, 6, 6, 4, 4 }, { 0, 5, 8, 4, 2 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        void *own = NULL;
        assert_int_equal(make_place(&own), 0);
        const struct store_place *place = own;
        struct store *store = open_well(place->file);
        put_house(store);
        put_rights(store, 2, true);
        put_rights(store, 3, true);
        if (rows[i].channel != 0)
            assert_int_equal(store_channel_remove(store, rows[i].channel), 0);
        if (rows[i].person != 0)
            assert_int_equal(store_user_remove(store, rows[i].person), 0);
        store_close(store);
        assert_int_equal(read_number(place->file, "SELECT count(*) FROM acls WHERE channel_id > 0"),
                         rows[i].n_acls);
        assert_int_equal(
            read_number(place->file, "SELECT count(*) FROM groups WHERE channel_id > 0"),
            rows[i].n_groups);
        assert_int_equal(read_number(place->file, "SELECT count(*) FROM group_members"),
                         rows[i].n_members);
        assert_int_equal(remove_place(&own), 0);
    }
}

// Nobody has the id that an entry or a group names: a later holder must not inherit it.
static void test_unknown_people_are_left_out(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    put_channel(store, 2, 0);
    put_person(store, 5, "Ana");
    put_rights(store, 2, true); // names 6
    put_person(store, 6, "Beto");
    struct model *model = load(store);
    const struct channel *channel = model_channel(model, 2);
    assert_int_equal(channel->n_acls, ARRAY_LEN(entries) - 1);
    for (uint32_t i = 0; i < channel->n_acls; i++)
        assert_int_equal(channel->acls[i].user_id, MODEL_GUEST);
    assert_int_equal(model_group(channel, "admin")->n_add, 1);
    model_free(model);
    store_close(store);
}

static void test_failure_keeps_what_was(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    static const struct group twice[] = { { .name = admin }, { .name = admin } };
    put_house(store);
    put_rights(store, 2, false);
    assert_int_equal(store_acl_put(store, 2, true, NULL, 0, twice, 2), -1);
    assert_true(store_is_failure_of_content(store));
    assert_int_equal(store_acl_put(store, 99, true, entries, 1, NULL, 0), -1); // no such channel
    struct model *model = load(store);
    assert_rights(model, 2, false);
    model_free(model);
    store_close(store);
}

// Rows of another hand: they are left out, the rest is loaded.
static void test_foreign_rows(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_house(store);
    put_rights(store, 2, true);
    store_close(store);
    run_sql(
        place->file,
        "PRAGMA foreign_keys = OFF;"
        "INSERT INTO acls VALUES (2, 99, 1, 1, 1234, NULL, 1, 0), (88, 1, 1, 1, NULL, 'all', 1, 0);"
        "INSERT INTO links VALUES (1, 99);"
        "INSERT INTO group_members VALUES (2, 'nobody', 1, 5)");
    log_set_level(LOG_ERROR);
    store = open_well(place->file);
    struct model *model = load(store);
    assert_rights(model, 2, true);
    assert_int_equal(model_channel(model, 1)->n_links, 0);
    model_free(model);
    store_close(store);
    log_set_level(LOG_INFO);
}

// More entries than are kept: what did not fit may have forbidden something, so nobody gets in.
static void test_too_many_entries_shut_the_channel(void **state)
{
    const struct store_place *place = *state;
    store_close(open_well(place->file));
    run_sql(place->file,
            "INSERT INTO channels (channel_id, parent_id, name, description, position, max_users,"
            "  is_inheriting) VALUES (1, 0, 'c', '', 0, 0, 1), (2, 1, 'c', '', 0, 0, 1);"
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
            " INSERT INTO acls SELECT 1, i, 1, 1, NULL, 'all', 0xF0F, 0 FROM n");
    log_set_level(LOG_ERROR + 1);
    struct store *store = open_well(place->file);
    struct model *model = load(store);
    log_set_level(LOG_INFO);
    struct user *user = model_user_add(model, "Ana", false);
    assert_int_equal(model_permissions(model, user, 0) & PERM_ENTER, PERM_ENTER);
    assert_int_equal(model_permissions(model, user, 1), 0);
    assert_int_equal(model_permissions(model, user, 2), 0);
    model_free(model);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_database_has_the_defaults),
        AT_PLACE(test_round_trip),
        AT_PLACE(test_links),
        cmocka_unit_test(test_cascades),
        cmocka_unit_test(test_unknown_people_are_left_out),
        cmocka_unit_test(test_failure_keeps_what_was),
        AT_PLACE(test_foreign_rows),
        AT_PLACE(test_too_many_entries_shut_the_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
