// SPDX-License-Identifier: BSD-3-Clause
// Opening, loading and writing with the Nth allocation failing, SQLite's own included, for growing
// N until it succeeds: each time a failure that is told, no half of anything, and (with the address
// sanitizer) nothing left behind.
#include "base/base.h"

#include "scarce_memory.h"
#include "store_place.h"

static sqlite3_mem_methods usual;

static void *sqlite_malloc(int size)
{
    return has_memory() ? usual.xMalloc(size) : NULL;
}

static void *sqlite_realloc(void *old, int size)
{
    return has_memory() ? usual.xRealloc(old, size) : NULL;
}

static int count_sqlite_too(void **state)
{
    (void)state;
    sqlite3_mem_methods methods;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) != SQLITE_OK)
        return -1;
    methods = usual;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    log_set_level(LOG_ERROR + 1);
    // Small allocations come from a pool otherwise, and never fail.
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
                   sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK
               ? 0
               : -1;
}

#define ALLOCATIONS_MAX 100000

// Each of the first hundreds, then ever fewer.
static long after(long n)
{
    return n + 1 + n / 100;
}

// ---- a database with a bit of everything -------------------------------------------------------

static char ana[] = "Ana", mail[] = "a@b", all[] = "all", none[] = "";
static char certs[][CERT_HASH_BYTES] = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
static int32_t member[] = { 1 };
static const struct acl_entry entries[] = {
    { .is_here = true, .user_id = MODEL_GUEST, .group = all, .deny = PERM_ENTER },
    { .is_here = true, .user_id = 1, .grant = PERM_ENTER },
};
static const struct group group = { .name = all, .n_add = 1, .add = member };
static const struct ban ban = { .address = { 1 }, .mask_bits = 8, .name = ana, .reason = none };

static int put_all(struct store *store)
{
    const struct store_channel channel = { .id = 1, .name = "c", .is_inheriting = true };
    const struct registered person = {
        .id = 1, .name = ana, .email = mail, .n_certs = 1, .certs = certs, .last_channel = 1
    };
    const uint32_t root = 0;
    int result = store_begin(store);
    if (result != 0)
        return result;
    (void)store_channel_put(store, &channel); // what fails is known at the commit
    (void)store_user_put(store, &person);
    (void)store_user_comment_put(store, 1, "words");
    (void)store_acl_put(store, 1, false, entries, 2, &group, 1);
    (void)store_links_put(store, 1, &root, 1);
    (void)store_bans_put(store, &ban, 1);
    (void)store_config_put(store, "key", "value");
    return store_commit(store);
}

static int count_one(void *context, const char *key, const char *value)
{
    (void)key;
    (void)value;
    ++*(int *)context;
    return 0;
}

static bool is_empty(struct store *store)
{
    int n = 0;
    char *comment = store_user_comment_get(store, 1);
    bool is_there = comment != NULL;
    free(comment);
    return store_config_each(store, count_one, &n) == 0 && n == 0 && !is_there;
}

// ---- tests -------------------------------------------------------------------------------------

static void test_opening(void **state)
{
    const struct store_place *place = *state;
    struct store *store = NULL;
    long n = 0;
    for (; store == NULL && n < ALLOCATIONS_MAX; n = after(n)) {
        char error[STORE_ERROR_BYTES] = "";
        n_left = n;
        store = store_open(place->file, error);
        n_left = -1;
        assert_true((store == NULL) == (error[0] != '\0'));
    }
    assert_true(n > 500); // the wrappers were in the way
    assert_true(is_empty(store));
    store_close(store);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM acls"), 3);
}

static void test_writing(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    int result = -1;
    long n = 0;
    for (; result != 0 && n < ALLOCATIONS_MAX; n = after(n)) {
        n_left = n;
        result = put_all(store);
        n_left = -1;
        if (result != 0) {
            if (store_is_failure_of_content(store)) // it must be tried again
                fail_msg("allocation %ld: %s", n, store_last_error(store));
            assert_true(is_empty(store));
        }
    }
    assert_true(n > 100);
    assert_false(is_empty(store));
    store_close(store);
}

static int load(struct store *store, struct model *model)
{
    int result = store_load_people(store, model);
    return result == 0 ? store_load_rights(store, model) : result;
}

static void test_loading(void **state)
{
    (void)state;
    const struct model_limits limits = { .users = 10, .nesting = 10 };
    struct store *store = open_well(":memory:");
    assert_int_equal(put_all(store), 0);
    int result = -1;
    long n = 0;
    for (; result != 0 && n < ALLOCATIONS_MAX; n = after(n)) {
        struct model *model = model_new(&limits, "Root");
        assert_non_null(model_channel_add(model, 1, 0, "c"));
        n_left = n;
        result = load(store, model);
        n_left = -1;
        if (result != 0) {
            assert_string_not_equal(store_last_error(store), "");
        } else { // all of it, not what there was room for
            assert_int_equal(model_channel(model, 1)->n_acls, 2);
            assert_int_equal(model_channel(model, 1)->n_groups, 1);
            assert_int_equal(model_channel(model, 1)->n_links, 1);
            assert_string_equal(registry_find(model, 1)->email, "a@b");
            assert_int_equal(registry_find(model, 1)->n_certs, 1);
            assert_non_null(bans_at(model, 0));
        }
        model_free(model);
    }
    assert_true(n > 100);
    store_close(store);
}

static void test_copying(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    assert_int_equal(put_all(store), 0);
    store_close(store);
    int result = -1;
    long n = 0;
    for (; result != 0 && n < ALLOCATIONS_MAX; n = after(n)) {
        char error[STORE_ERROR_BYTES] = "";
        n_left = n;
        result = store_backup(place->file, place->copy, error);
        n_left = -1;
        assert_true((result != 0) == (error[0] != '\0'));
        assert_int_equal(access(place->copy, F_OK) == 0, result == 0);
    }
    assert_true(n > 100);
    assert_int_equal(read_number(place->copy, "SELECT count(*) FROM user_certs"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_opening),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_loading),
        AT_PLACE(test_copying),
    };
    return cmocka_run_group_tests(tests, count_sqlite_too, NULL);
}
