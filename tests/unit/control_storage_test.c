// SPDX-License-Identifier: BSD-3-Clause
// Changes on their way to the store: they own copies, keep nothing of temporary channels, and one
// that can never be kept does not hold up the others; a disk that takes nothing holds up all.
#include "control/control_int.h"

#include "store_place.h"

struct stage {
    struct server server;
    struct store_place *place;
};

static int stage_init(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (stage == NULL)
        return -1;
    *state = stage;
    if (make_place((void **)&stage->place) != 0)
        return -1;
    const struct model_limits limits = { .users = 10, .nesting = 10 };
    stage->server.model = model_new(&limits, "Root");
    stage->server.store = open_well(stage->place->file);
    stage->server.ops_tail = &stage->server.ops;
    return 0;
}

static int stage_clear(void **state)
{
    struct stage *stage = *state;
    storage_forget(&stage->server);
    store_close(stage->server.store);
    model_free(stage->server.model);
    void *place = stage->place;
    free(stage);
    return remove_place(&place);
}

static int count(const struct stage *stage, const char *sql)
{
    return read_number(stage->place->file, sql);
}

static struct channel *add_channel(struct stage *stage, const char *name, bool is_temporary)
{
    struct channel *channel = model_channel_add(stage->server.model, MODEL_NONE, MODEL_ROOT, name);
    assert_non_null(channel);
    channel->is_temporary = is_temporary;
    storage_channel_put(&stage->server, channel);
    return channel;
}

static struct registered *add_person(struct stage *stage, const char *name)
{
    struct registered *person = registry_add(stage->server.model, MODEL_GUEST, name);
    assert_non_null(person);
    return person;
}

// ---- copies ------------------------------------------------------------------------------------

// Everything is taken away from the model before the batch is written.
static void test_ops_own_what_they_say(void **state)
{
    struct stage *stage = *state;
    struct server *server = &stage->server;
    static const char cert[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    char everyone[] = "all", cooks[] = "cooks", text[] = "words", name[] = "N", reason[] = "R";
    struct registered *person = add_person(stage, "Ana");
    assert_int_equal(registry_cert_add(server->model, person, cert), 0);
    int32_t member = person->id;
    const struct acl_entry entries[] = {
        { .is_here = true, .user_id = MODEL_GUEST, .group = everyone, .deny = PERM_ENTER },
        { .is_sub = true, .user_id = person->id, .grant = PERM_ENTER },
    };
    const struct group group = { .name = cooks, .n_add = 1, .add = &member };
    const struct ban ban = { .address = { 1 }, .mask_bits = 8, .name = name, .reason = reason };
    uint32_t a = add_channel(stage, "A", false)->id, b = add_channel(stage, "B", false)->id;
    storage_user_put(server, person);
    assert_int_equal(model_acl_replace(server->model, a, false, entries, 2, &group, 1), 0);
    storage_acl_put(server, model_channel(server->model, a));
    assert_int_equal(model_link(server->model, a, b), 0);
    storage_links_put(server, model_channel(server->model, a));
    assert_int_equal(bans_add(server->model, &ban), 0);
    storage_bans_put(server);
    storage_user_comment_put(server, member, text);
    storage_user_texture_put(server, member, text, sizeof text);
    storage_listening_put(server, member, &(struct listening){ .channel = b, .volume = 2 });
    storage_config_put(server, text, text);

    memset(text, 'x', sizeof text - 1);
    assert_int_equal(bans_replace(server->model, NULL, 0), 0);
    model_forget_user_id(server->model, member, NULL, NULL);
    registry_remove(server->model, member);
    model_unlink(server->model, a, b);
    model_channel_remove(server->model, a);
    assert_true(storage_has_ops(server));
    assert_true(storage_write_now(server));
    assert_false(storage_has_ops(server));

    static const struct {
        const char *sql;
        int answer;
    } rows[] = {
        { "SELECT count(*) FROM channels WHERE channel_id > 0", 2 },
        { "SELECT is_inheriting FROM channels WHERE name = 'A'", 0 },
        { "SELECT count(*) FROM acls WHERE channel_id = 1 AND group_spec = 'all' AND deny_bits = 4",
          1 },
        { "SELECT count(*) FROM acls WHERE channel_id = 1 AND user_id IS NOT NULL", 1 },
        { "SELECT count(*) FROM group_members WHERE name = 'cooks'", 1 },
        { "SELECT count(*) FROM links", 2 },
        { "SELECT count(*) FROM users JOIN user_certs USING (user_id) WHERE name = 'Ana'", 1 },
        { "SELECT count(*) FROM users WHERE comment = 'words' AND length(texture) = 6", 1 },
        { "SELECT volume FROM listenings", 2 },
        { "SELECT count(*) FROM bans WHERE mask_bits = 8 AND name = 'N' AND reason = 'R'", 1 },
        { "SELECT count(*) FROM config WHERE key = 'words' AND value = 'words'", 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (count(stage, rows[i].sql) != rows[i].answer)
            fail_msg("%s", rows[i].sql);
}

static void test_temporary_channels_leave_nothing(void **state)
{
    struct stage *stage = *state;
    struct server *server = &stage->server;
    struct registered *person = add_person(stage, "Ana");
    uint32_t kept = add_channel(stage, "A", false)->id;
    struct channel *gone = add_channel(stage, "B", true);
    assert_int_equal(model_link(server->model, kept, gone->id), 0);
    storage_acl_put(server, gone);
    storage_links_put(server, gone);
    storage_links_put(server, model_channel(server->model, kept));
    person->last_channel = gone->id;
    storage_user_put(server, person);
    storage_listening_put(server, person->id, &(struct listening){ .channel = gone->id });
    assert_true(storage_write_now(server));
    assert_int_equal(count(stage, "SELECT count(*) FROM channels"), 2);
    assert_int_equal(count(stage, "SELECT count(*) FROM links"), 0);
    assert_int_equal(count(stage, "SELECT count(*) FROM listenings"), 0);
    assert_int_equal(count(stage, "SELECT count(last_channel) FROM users"), 0);
}

// ---- failures ----------------------------------------------------------------------------------

static void test_a_bad_change_holds_nothing_up(void **state)
{
    struct stage *stage = *state;
    struct server *server = &stage->server;
    struct registered *ana = add_person(stage, "Ana"), *beto = add_person(stage, "Beto");
    storage_user_put(server, ana);
    assert_true(storage_write_now(server));
    run_sql(stage->place->file, "INSERT INTO users (user_id, name) VALUES (77, 'beto')");
    add_channel(stage, "A", false);
    storage_user_put(server, beto);                     // the name is another's
    storage_user_comment_put(server, beto->id, "lost"); // of nobody: no failure
    storage_meeting_put(server, 99, "tracks = en, es"); // of no channel
    storage_channel_remove(server, MODEL_ROOT);         // never
    add_channel(stage, "B", false);
    storage_user_comment_put(server, ana->id, "kept");
    log_set_level(LOG_ERROR + 1);
    assert_true(storage_write_now(server));
    log_set_level(LOG_INFO);
    assert_false(storage_has_ops(server)); // they are not tried again
    assert_int_equal(count(stage, "SELECT count(*) FROM channels WHERE channel_id > 0"), 2);
    assert_int_equal(count(stage, "SELECT count(*) FROM users WHERE comment = 'kept'"), 1);
    assert_int_equal(count(stage, "SELECT count(*) FROM users"), 2);
    assert_int_equal(count(stage, "SELECT count(*) FROM meetings"), 0);
}

// Another holds the database: all is kept for the next try, in order.
static void test_a_failing_disk_holds_everything_up(void **state)
{
    struct stage *stage = *state;
    struct server *server = &stage->server;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(stage->place->file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct channel *channel = add_channel(stage, "A", false);
    log_set_level(LOG_ERROR + 1);
    assert_false(storage_write_now(server));
    log_set_level(LOG_INFO);
    assert_false(storage_has_ops(server)); // not yet
    assert_int_equal(model_channel_rename(server->model, channel->id, "B"), 0);
    storage_channel_put(server, channel);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    server->now_us = server->storage_retry_us;
    assert_true(storage_has_ops(server));
    assert_true(storage_write_now(server));
    assert_int_equal(count(stage, "SELECT count(*) FROM channels WHERE name = 'B'"), 1);
    assert_int_equal(count(stage, "SELECT count(*) FROM channels WHERE name = 'A'"), 0);
}

// ---- what is on its way ------------------------------------------------------------------------

static void assert_pending(const struct stage *stage, const char *comment, size_t n_texture)
{
    const char *text;
    const uint8_t *data;
    size_t len;
    assert_true(storage_pending_comment(&stage->server, 5, &text));
    assert_int_equal(text != NULL, comment != NULL);
    if (comment != NULL)
        assert_string_equal(text, comment);
    assert_true(storage_pending_texture(&stage->server, 5, &data, &len));
    assert_int_equal(len, n_texture);
    assert_int_equal(data != NULL, n_texture > 0);
}

static void test_pending(void **state)
{
    struct stage *stage = *state;
    struct server *server = &stage->server;
    const char *text;
    const uint8_t *data;
    size_t len;
    assert_false(storage_pending_comment(server, 5, &text));
    assert_false(storage_pending_texture(server, 5, &data, &len));
    storage_user_comment_put(server, 5, "one");
    storage_user_texture_put(server, 5, "12", 2);
    storage_user_comment_put(server, 6, "another's");
    assert_pending(stage, "one", 2);
    // The batch is being written while more comes.
    server->ops_writing = server->ops;
    server->ops = NULL;
    server->ops_tail = &server->ops;
    assert_pending(stage, "one", 2);
    storage_user_comment_put(server, 5, "two");
    assert_pending(stage, "two", 2);
    storage_user_comment_put(server, 5, "");
    storage_user_texture_put(server, 5, NULL, 0);
    assert_pending(stage, NULL, 0);
    storage_user_comment_put(server, 5, "three");
    storage_user_texture_put(server, 5, "123", 3);
    storage_user_remove(server, 5);
    assert_pending(stage, NULL, 0);
    assert_true(storage_pending_comment(server, 6, &text));
    assert_string_equal(text, "another's");
    storage_forget(server);
    server->ops = server->ops_writing; // for the end of the test to free
    server->ops_writing = NULL;
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_init, stage_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(test_ops_own_what_they_say),
        ON_STAGE(test_temporary_channels_leave_nothing),
        ON_STAGE(test_a_bad_change_holds_nothing_up),
        ON_STAGE(test_a_failing_disk_holds_everything_up),
        ON_STAGE(test_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
