// SPDX-License-Identifier: BSD-3-Clause
// The store: what is put comes back after reopening; what is not ours, damaged or newer is refused
// and left alone; a batch is all or nothing, even when the process is killed within it.
#include "store/store.h"

#include "base/base.h"

#include <signal.h>
#include <sys/wait.h>

#include "store_place.h"

static void assert_refused(const char *path, const char *end_of_error)
{
    char error[STORE_ERROR_BYTES] = "";
    struct store *store = store_open(path, error);
    if (store != NULL || strncmp(error, path, strlen(path)) != 0 ||
        strcmp(error + strlen(path), end_of_error) != 0)
        fail_msg("expected: %s%s\ngot:      %s", path, end_of_error, error);
}

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = malloc(1u << 22);
    assert_non_null(bytes);
    *len = fread(bytes, 1, 1u << 22, file);
    (void)fclose(file);
    return bytes;
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused_unchanged(const char *path, const char *end_of_error)
{
    size_t n_before, n_after;
    uint8_t *before = read_file(path, &n_before);
    assert_refused(path, end_of_error);
    uint8_t *after = read_file(path, &n_after);
    assert_int_equal(n_after, n_before);
    assert_memory_equal(after, before, n_before);
    free(before);
    free(after);
}

// ---- round trips

static const struct store_channel tree[] = {
    { .id = 0, .name = "Root", .description = "", .is_inheriting = true },
    { .id = 7,
      .parent = 0,
      .name = "Asamblea",
      .description = "<b>ñ</b>",
      .position = -3,
      .max_users = 12,
      .is_inheriting = true,
      .meeting_role = "floor",
      .meeting_id = 7 },
    { .id = 3,
      .parent = 7,
      .name = "Español",
      .description = "",
      .is_inheriting = true,
      .meeting_role = "track:es",
      .meeting_id = 7 },
    { .id = 9,
      .parent = 7,
      .name = "Booth en-es",
      .description = "",
      .position = INT32_MIN,
      .max_users = UINT32_MAX,
      .meeting_role = "booth:en-es",
      .meeting_id = 7 },
};

static void put_tree(struct store *store)
{
    for (size_t i = 0; i < ARRAY_LEN(tree); i++)
        assert_int_equal(store_channel_put(store, &tree[i]), 0);
}

struct seen {
    size_t n, n_wrong;
};

static int compare_channel(void *context, const struct store_channel *channel)
{
    struct seen *seen = context;
    // By depth, then by id: the order of the table is that of its lines.
    const struct store_channel *expected = &tree[seen->n < ARRAY_LEN(tree) ? seen->n : 0];
    seen->n++;
    bool is_same_role = (channel->meeting_role == NULL) == (expected->meeting_role == NULL) &&
                        (channel->meeting_role == NULL ||
                         strcmp(channel->meeting_role, expected->meeting_role) == 0);
    seen->n_wrong += channel->id != expected->id || channel->parent != expected->parent ||
                     strcmp(channel->name, expected->name) != 0 ||
                     strcmp(channel->description, expected->description) != 0 ||
                     channel->position != expected->position ||
                     channel->max_users != expected->max_users ||
                     channel->is_inheriting != expected->is_inheriting || !is_same_role ||
                     channel->meeting_id != expected->meeting_id;
    return 0;
}

static int count_meetings(void *context, uint32_t channel_id, const char *declaration)
{
    struct seen *seen = context;
    seen->n++;
    seen->n_wrong += channel_id != 7 || strcmp(declaration, "tracks = en, es\n") != 0;
    return 0;
}

static int count_channels(void *context, const struct store_channel *channel)
{
    (void)channel;
    ++*(size_t *)context;
    return 0;
}

static size_t n_channels(struct store *store)
{
    size_t n = 0;
    assert_int_equal(store_channels_each(store, count_channels, &n), 0);
    return n;
}

static void assert_all_there(struct store *store)
{
    struct seen seen = { 0, 0 };
    assert_int_equal(store_channels_each(store, compare_channel, &seen), 0);
    assert_int_equal(seen.n, ARRAY_LEN(tree));
    assert_int_equal(seen.n_wrong, 0);
    seen = (struct seen){ 0, 0 };
    assert_int_equal(store_meetings_each(store, count_meetings, &seen), 0);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.n_wrong, 0);
    size_t len = 0;
    char *key = store_setting_get(store, "key", &len);
    assert_non_null(key);
    assert_int_equal(len, 5);
    assert_memory_equal(key,
                        "a\0b\xff"
                        "c",
                        6); // with a zero behind it
    free(key);
    char *blank = store_setting_get(store, "blank", &len);
    assert_non_null(blank);
    assert_int_equal(len, 0);
    free(blank);
    struct store_choice choice;
    assert_true(store_choice_get(store, "aa11", &choice));
    assert_string_equal(choice.spoken, "es-MX");
    assert_string_equal(choice.listen, "");
    assert_int_equal(choice.duck_db, -24);
    assert_true(store_choice_get(store, "bb22", &choice));
    assert_int_equal(choice.duck_db, 1);
}

static void test_round_trips(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    assert_int_equal(n_channels(store), 1); // the root
    assert_null(store_setting_get(store, "key", NULL));
    struct store_choice choice = { "es-MX", "", -24 };
    assert_false(store_choice_get(store, "aa11", &choice));

    put_tree(store);
    put_tree(store); // the same again changes nothing and removes nothing beneath
    assert_int_equal(store_meeting_put(store, 7, "old"), 0);
    assert_int_equal(store_meeting_put(store, 7, "tracks = en, es\n"), 0);
    assert_int_equal(store_setting_set(store, "key", "other", 5), 0);
    assert_int_equal(store_setting_set(store, "key",
                                       "a\0b\xff"
                                       "c",
                                       5),
                     0);
    assert_int_equal(store_setting_set(store, "blank", NULL, 0), 0);
    assert_int_equal(store_choice_put(store, "aa11", &choice), 0);
    choice.duck_db = 1;
    assert_int_equal(store_choice_put(store, "bb22", &choice), 0);
    assert_all_there(store);
    store_close(store);

    store = open_well(place->file);
    assert_all_there(store);
    store_close(store);
    store_close(NULL);

    struct stat info;
    assert_int_equal(stat(place->file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(read_number(place->file, "PRAGMA user_version"), 3);
}

static void test_in_memory(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    put_tree(store);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree));
    store_close(store);
    assert_int_equal(access(":memory:", F_OK), -1);
}

static void test_removing(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    struct seen seen = { 0, 0 };
    put_tree(store);
    assert_int_equal(store_meeting_put(store, 7, "x"), 0);
    assert_int_equal(store_channel_remove(store, 0), -1);
    assert_string_equal(store_last_error(store), "the root channel cannot be removed");
    assert_int_equal(store_channel_remove(store, 12345), 0);
    assert_int_equal(store_channel_remove(store, 7), 0); // with its tracks, booth and meeting
    assert_int_equal(n_channels(store), 1);
    assert_int_equal(store_meetings_each(store, count_meetings, &seen), 0);
    assert_int_equal(seen.n, 0);
    put_tree(store);
    assert_int_equal(store_meeting_put(store, 7, "x"), 0);
    assert_int_equal(store_meeting_remove(store, 7), 0);
    assert_int_equal(store_meetings_each(store, count_meetings, &seen), 0);
    assert_int_equal(seen.n, 0);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree));
    store_close(store);
}

static int stop_at_second(void *context, const struct store_channel *channel)
{
    (void)channel;
    return ++*(int *)context == 2 ? 42 : 0;
}

static void test_stopping_a_walk(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    int n = 0;
    put_tree(store);
    assert_int_equal(store_channels_each(store, stop_at_second, &n), 42);
    assert_int_equal(n, 2);
    store_close(store);
}

static void test_choices_are_limited(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    const struct store_choice choice = { "es", "en", -6 };
    struct store_choice out;
    char hash[41];
    assert_int_equal(store_begin(store), 0);
    for (int i = 0; i < STORE_CHOICES_MAX + 2; i++) {
        (void)snprintf(hash, sizeof hash, "%040d", i);
        assert_int_equal(store_choice_put(store, hash, &choice), 0);
    }
    assert_int_equal(store_commit(store), 0);
    (void)snprintf(hash, sizeof hash, "%040d", 1);
    assert_false(store_choice_get(store, hash, &out)); // the oldest two had to go
    (void)snprintf(hash, sizeof hash, "%040d", 2);
    assert_true(store_choice_get(store, hash, &out));
    (void)snprintf(hash, sizeof hash, "%040d", STORE_CHOICES_MAX + 1);
    assert_true(store_choice_get(store, hash, &out));
    store_close(store);
}

// ---- batches

static void test_batches(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_tree(store);
    const struct store_channel child = { .id = 20, .parent = 21, .name = "a", .description = "" };
    const struct store_channel parent = { .id = 21, .parent = 0, .name = "b", .description = "" };
    const struct store_channel nameless = { .id = 22, .parent = 0, .name = NULL };

    assert_int_equal(store_commit(store), -1); // none is open
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_begin(store), -1);
    assert_string_equal(store_last_error(store), "a batch is open already");
    store_rollback(store);
    store_rollback(store);

    // The child first: only the end counts.
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_channel_put(store, &child), 0);
    assert_int_equal(store_channel_put(store, &parent), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree) + 2);

    // Given up.
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_channel_remove(store, 21), 0);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree));
    store_rollback(store);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree) + 2);

    // A call fails: what came before and after it goes with it, and its reason stays.
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_channel_remove(store, 21), 0);
    assert_int_equal(store_channel_put(store, &nameless), -1);
    assert_int_equal(store_setting_set(store, "after", "x", 1), -1);
    assert_int_equal(store_commit(store), -1);
    assert_string_equal(store_last_error(store), "NOT NULL constraint failed: channels.name");
    assert_int_equal(n_channels(store), ARRAY_LEN(tree) + 2);
    assert_null(store_setting_get(store, "after", NULL));

    // A parent that never comes is found at the end.
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_setting_set(store, "after", "x", 1), 0);
    assert_int_equal(
        store_channel_put(store,
                          &(struct store_channel){ .id = 30, .parent = 99, .name = "orphan" }),
        0);
    assert_int_equal(store_commit(store), -1);
    assert_string_equal(store_last_error(store), "FOREIGN KEY constraint failed");
    assert_null(store_setting_get(store, "after", NULL));
    assert_int_equal(store_meeting_put(store, 99, "no such channel"), -1);

    // And all works on.
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_setting_set(store, "after", "x", 1), 0);
    assert_int_equal(store_commit(store), 0);
    // Closing within a batch gives it up.
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_channel_remove(store, 7), 0);
    store_close(store);
    store = open_well(place->file);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree) + 2);
    store_close(store);
}

// A part fails by itself, and only because of what it was to write.
static void test_parts_of_a_batch(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    const struct store_channel nameless = { .id = 22, .parent = 0, .name = NULL };
    const struct store_channel orphan = { .id = 30, .parent = 99, .name = "orphan" };
    assert_int_equal(store_part_begin(store), -1); // no batch is open
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_setting_set(store, "before", "x", 1), 0);
    assert_int_equal(store_part_begin(store), 0);
    assert_int_equal(store_setting_set(store, "in_bad", "x", 1), 0);
    assert_int_equal(store_channel_put(store, &nameless), -1);
    assert_int_equal(store_part_end(store), -1);
    assert_true(store_is_failure_of_content(store));
    assert_string_equal(store_last_error(store), "NOT NULL constraint failed: channels.name");
    assert_int_equal(store_part_begin(store), 0);
    assert_int_equal(store_channel_put(store, &orphan), 0);
    assert_int_equal(store_part_end(store), -1);
    assert_true(store_is_failure_of_content(store));
    assert_int_equal(store_part_begin(store), 0);
    assert_int_equal(store_channel_remove(store, 0), -1);
    assert_int_equal(store_part_end(store), -1);
    assert_int_equal(store_part_begin(store), 0);
    assert_int_equal(store_setting_set(store, "in_good", "x", 1), 0);
    assert_int_equal(store_part_end(store), 0);
    assert_int_equal(store_commit(store), 0);
    static const char *const kept[] = { "before", "in_good" };
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        char *value = store_setting_get(store, kept[i], NULL);
        assert_non_null(value);
        free(value);
    }
    assert_null(store_setting_get(store, "in_bad", NULL));
    assert_int_equal(n_channels(store), 1);
    store_close(store);
}

// The disk takes nothing (here: another holds the lock): that is nobody's content.
static void test_a_locked_database_is_no_failure_of_content(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(place->file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_begin(store), -1);
    assert_false(store_is_failure_of_content(store));
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
}

// The child counts two settings up together, one batch a step, and tells each commit and each
// half-done batch.
static void write_until_killed(const char *path, int out)
{
    char error[STORE_ERROR_BYTES];
    struct store *store = store_open(path, error);
    for (uint32_t i = 1; store != NULL; i++) {
        if (store_begin(store) != 0 || store_setting_set(store, "a", &i, sizeof i) != 0)
            break;
        if (i > 1 && write(out, &(uint32_t){ i }, sizeof i) != sizeof i) // in the middle of batch i
            break;
        if (store_setting_set(store, "b", &i, sizeof i) != 0 || store_commit(store) != 0)
            break;
    }
    _exit(1);
}

static uint32_t read_count(struct store *store, const char *key)
{
    size_t len;
    uint32_t number = 0;
    char *value = store_setting_get(store, key, &len);
    assert_non_null(value);
    assert_int_equal(len, sizeof number);
    memcpy(&number, value, sizeof number);
    free(value);
    return number;
}

static void test_killed_within_a_batch(void **state)
{
    const struct store_place *place = *state;
    for (uint32_t round = 0; round < 8; round++) {
        int pipes[2];
        uint32_t reached = 0;
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)close(pipes[0]);
            write_until_killed(place->file, pipes[1]);
        }
        (void)close(pipes[1]);
        // Whatever the child tells, what it had committed before is on the disk.
        for (uint32_t i = 0; i <= round * 3; i++)
            assert_int_equal(read(pipes[0], &reached, sizeof reached), sizeof reached);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        for (uint32_t later; read(pipes[0], &later, sizeof later) == sizeof later;)
            reached = later;
        (void)close(pipes[0]);

        struct store *store = open_well(place->file);
        uint32_t a = read_count(store, "a"), b = read_count(store, "b");
        assert_int_equal(a, b); // never half a batch
        assert_in_range(a, reached - 1, reached + 1);
        store_close(store);
    }
}

// The child dies in the middle of a batch, for certain: it waits there.
static void test_killed_with_a_batch_open(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_tree(store);
    store_close(store);
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char error[STORE_ERROR_BYTES];
        struct store *mine = store_open(place->file, error);
        const uint32_t one = 1;
        bool is_ready = mine != NULL && store_setting_set(mine, "kept", "x", 1) == 0 &&
                        store_begin(mine) == 0 && store_channel_remove(mine, 7) == 0 &&
                        write(pipes[1], &one, sizeof one) == sizeof one;
        while (is_ready)
            (void)pause();
        _exit(1);
    }
    (void)close(pipes[1]);
    uint32_t one = 0;
    assert_int_equal(read(pipes[0], &one, sizeof one), sizeof one);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(pipes[0]);
    store = open_well(place->file);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree));
    char *kept = store_setting_get(store, "kept", NULL);
    assert_non_null(kept);
    free(kept);
    store_close(store);
}

// ---- what is refused

#define UNCHANGED "; it was not changed; "

static void test_newer_schema(void **state)
{
    const struct store_place *place = *state;
    store_close(open_well(place->file));
    run_sql(place->file, "PRAGMA user_version = 99");
    assert_refused_unchanged(
        place->file, ": was written by a newer version of the server (schema 99, here 3)" UNCHANGED
                     "start that version, or name another file with database");
}

static void test_not_a_database(void **state)
{
    const struct store_place *place = *state;
    write_file(place->file, "port = 64738\nThis is a text and no database.\n", 45);
    assert_refused_unchanged(place->file,
                             ": is not a database" UNCHANGED "name another file with database");
}

static void test_database_of_another_program(void **state)
{
    const struct store_place *place = *state;
    run_sql(place->file, "CREATE TABLE servers (server_id INTEGER PRIMARY KEY)");
    assert_refused_unchanged(place->file, ": is the database of another program" UNCHANGED
                                          "name another file with database");
}

static void test_empty_file_is_begun(void **state)
{
    const struct store_place *place = *state;
    write_file(place->file, "", 0);
    struct store *store = open_well(place->file);
    put_tree(store);
    store_close(store);
}

// Each damage: some bytes of a good file overwritten, or its end cut off.
static void test_damaged(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    char text[2000];
    memset(text, 't', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put_tree(store);
    for (uint32_t i = 100; i < 160; i++)
        assert_int_equal(
            store_channel_put(store,
                              &(struct store_channel){ .id = i, .name = "x", .description = text }),
            0);
    store_close(store);
    size_t len, n_refused = 0, n_trials = 0;
    uint8_t *good = read_file(place->file, &len), *bad = malloc(len);
    assert_non_null(bad);
    assert_true(len > 20 * 4096);
    for (size_t page = 1; page < len / 4096; page += 3, n_trials++) {
        memcpy(bad, good, len);
        memset(bad + page * 4096, 0xA5, 64); // the head of a page
        write_file(place->file, bad, len);
        char error[STORE_ERROR_BYTES];
        struct store *damaged = store_open(place->file, error);
        size_t n_after;
        if (damaged == NULL) {
            n_refused++;
            assert_non_null(strstr(error, ": is damaged: "));
            assert_non_null(strstr(error, "put a backup in its place, or move it away"));
            uint8_t *after = read_file(place->file, &n_after);
            assert_int_equal(n_after, len);
            assert_memory_equal(after, bad, len);
            free(after);
        }
        store_close(damaged);
    }
    // Pages that are only filled with text hold no structure that could be damaged.
    assert_true(n_trials >= 7);
    assert_true(n_refused >= 3);

    write_file(place->file, good, len / 2); // cut short
    char error[STORE_ERROR_BYTES];
    assert_null(store_open(place->file, error));
    assert_non_null(strstr(error, ": is damaged: "));
    free(good);
    free(bad);
}

static void test_bad_places(void **state)
{
    const struct store_place *place = *state;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/none/db.sqlite", place->folder);
    assert_refused(path, ": cannot be opened: No such file or directory; make its directory, or "
                         "name another file with database");
    assert_refused(place->folder,
                   ": cannot be opened: Is a directory; name a file in it with database");
    write_file(place->file, "", 0);
    (void)snprintf(path, sizeof path, "%s/db.sqlite", place->file);
    assert_refused(path, ": cannot be opened: Not a directory; make its directory, or name another "
                         "file with database");
}

// In a child without root's rights: 0 when refused with the expected text.
static int open_as_nobody(const char *path, const char *end_of_error)
{
    char error[STORE_ERROR_BYTES] = "";
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
            _exit(3);
        struct store *store = store_open(path, error);
        if (store == NULL && strcmp(error + strlen(path), end_of_error) == 0)
            _exit(0);
        (void)fprintf(stderr, "got: %s\n", error);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_not_writable(void **state)
{
    const struct store_place *place = *state;
    assert_int_equal(chmod(place->folder, 0555), 0);
    assert_int_equal(open_as_nobody(place->file,
                                    ": cannot be opened: Permission denied; the server's user must "
                                    "be able to write the file and its directory"),
                     0);
    // The file may be written, but not the directory in which SQLite needs a second file.
    assert_int_equal(chmod(place->folder, 0700), 0);
    store_close(open_well(place->file));
    assert_int_equal(chmod(place->file, 0666), 0);
    assert_int_equal(chmod(place->folder, 0555), 0);
    assert_int_equal(
        open_as_nobody(place->file,
                       ": cannot be written; the server's user must be able to write the "
                       "file and its directory"),
        0);
}

static void test_failure_is_reported_and_survived(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_tree(store);
    run_sql(place->file, "DROP TABLE meetings"); // from outside: no call on meetings can work now
    assert_int_equal(store_meeting_put(store, 7, "x"), -1);
    assert_string_equal(store_last_error(store), "no such table: meetings");
    struct seen seen = { 0, 0 };
    assert_int_equal(store_meetings_each(store, count_meetings, &seen), -1);
    assert_int_equal(n_channels(store), ARRAY_LEN(tree));
    store_close(store);
}

// ---- passwords

static void test_passwords(void **state)
{
    (void)state;
    struct password a, b;
    assert_true(password_hash("contraseña", &a));
    assert_true(password_hash("contraseña", &b));
    assert_int_equal(strlen(a.hash), 96);
    assert_int_equal(strlen(a.salt), 16);
    assert_int_equal(a.iterations, PASSWORD_ITERATIONS);
    assert_string_not_equal(a.salt, b.salt);
    assert_string_not_equal(a.hash, b.hash);
    assert_true(password_matches("contraseña", &a));
    assert_false(password_matches("contrasena", &a));
    assert_false(password_matches("", &a));
    assert_true(password_hash("", &b));
    assert_true(password_matches("", &b));

    // A row of its own, computed with Python's hashlib.pbkdf2_hmac("sha384", …, 1000, 48).
    static const struct password known = {
        .hash = "d78f2d0b15cde77b4ef9ebe12fc8478bbe85ddcc06746b340cc9aa4133cbfda51fd3d6179252f0aab7"
                "5a93fe2216484b",
        .salt = "0001020304050607",
        .iterations = 1000,
    };
    assert_true(password_matches("susurro", &known));
    assert_false(password_matches("Susurro", &known));

    // Damaged rows match nothing.
    struct password bad = known;
    bad.iterations = 0;
    assert_false(password_matches("susurro", &bad));
    bad = known;
    bad.iterations = UINT32_MAX;
    assert_false(password_matches("susurro", &bad));
    bad = known;
    bad.hash[95] = '\0';
    assert_false(password_matches("susurro", &bad));
    bad = known;
    bad.salt[0] = 'x';
    assert_false(password_matches("susurro", &bad));
    bad = (struct password){ .iterations = 1000 };
    assert_false(password_matches("", &bad));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_round_trips),
        cmocka_unit_test(test_in_memory),
        cmocka_unit_test(test_removing),
        cmocka_unit_test(test_stopping_a_walk),
        cmocka_unit_test(test_choices_are_limited),
        AT_PLACE(test_batches),
        cmocka_unit_test(test_parts_of_a_batch),
        AT_PLACE(test_a_locked_database_is_no_failure_of_content),
        AT_PLACE(test_killed_within_a_batch),
        AT_PLACE(test_killed_with_a_batch_open),
        AT_PLACE(test_newer_schema),
        AT_PLACE(test_not_a_database),
        AT_PLACE(test_database_of_another_program),
        AT_PLACE(test_empty_file_is_begun),
        AT_PLACE(test_damaged),
        AT_PLACE(test_bad_places),
        AT_PLACE(test_not_writable),
        AT_PLACE(test_failure_is_reported_and_survived),
        cmocka_unit_test(test_passwords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
