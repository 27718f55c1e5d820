// SPDX-License-Identifier: BSD-3-Clause
// A copy of a database in use is whole and of one moment; it never replaces a file, nor is it there
// in part. A reader beside the writer, of a file and in memory.
#include "base/base.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include "store_place.h"

static size_t n_files(const char *folder)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

// Two values that belong together, one batch after another, until it is killed.
static void write_for_ever(const char *path, int out)
{
    char error[STORE_ERROR_BYTES], text[64];
    struct store *store = store_open(path, error);
    for (unsigned i = 1; store != NULL; i++) {
        (void)snprintf(text, sizeof text, "%u", i);
        if (store_begin(store) != 0 || store_config_put(store, "a", text) != 0 ||
            store_config_put(store, "b", text) != 0 || store_commit(store) != 0 ||
            write(out, &i, sizeof i) != sizeof i)
            break;
    }
    _exit(1);
}

static unsigned read_next(int in)
{
    unsigned i = 0;
    assert_int_equal(read(in, &i, sizeof i), sizeof i);
    return i;
}

static void test_while_another_process_writes(void **state)
{
    const struct store_place *place = *state;
    store_close(open_well(place->file));
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_for_ever(place->file, pipes[1]);
    (void)close(pipes[1]);
    for (int round = 0; round < 10; round++) {
        char error[STORE_ERROR_BYTES] = "";
        int i = (int)read_next(pipes[0]);
        if (store_backup(place->file, place->copy, error) != 0)
            fail_msg("%s", error);
        struct stat info;
        assert_int_equal(stat(place->copy, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        assert_int_equal(
            read_number(place->copy, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
            1);
        assert_int_equal(read_number(place->copy, "SELECT count(DISTINCT value) FROM config"), 1);
        assert_true(read_number(place->copy, "SELECT value FROM config LIMIT 1") >= i);
        store_close(open_well(place->copy)); // it is a database of ours
        assert_int_equal(unlink(place->copy), 0);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(pipes[0]);
}

static void assert_not_copied(const char *path, const char *target, const char *error_expected)
{
    char error[STORE_ERROR_BYTES] = "";
    assert_int_equal(store_backup(path, target, error), -1);
    assert_string_equal(error, error_expected);
}

static void test_refusals(void **state)
{
    const struct store_place *place = *state;
    char error[STORE_ERROR_BYTES], nowhere[128];
    assert_int_equal(store_backup(place->file, place->copy, error), -1); // nothing to copy
    assert_non_null(strstr(error, "cannot be opened; name the database of a server"));
    assert_int_equal(n_files(place->folder), 0);

    store_close(open_well(place->file));
    FILE *file = fopen(place->copy, "w");
    assert_non_null(file);
    (void)fputs("precious", file);
    (void)fclose(file);
    (void)snprintf(error, sizeof error,
                   "%s: is there already; nothing was changed; name a file that does not exist",
                   place->copy);
    assert_not_copied(place->file, place->copy, error);
    struct stat info;
    assert_int_equal(stat(place->copy, &info), 0);
    assert_int_equal(info.st_size, 8);
    (void)unlink(place->copy);

    (void)snprintf(nowhere, sizeof nowhere, "%s/none/copy", place->folder);
    (void)snprintf(error, sizeof error,
                   "%s: cannot be made: No such file or directory; name a file in a directory that "
                   "can be written",
                   nowhere);
    assert_not_copied(place->file, nowhere, error);

    run_sql(place->copy, "CREATE TABLE foreign_thing (x)");
    assert_int_equal(store_backup(place->copy, nowhere, error), -1);
    assert_non_null(strstr(error, "is the database of another program"));
}

// A damaged database is not copied over the years of good copies, and nothing half is left behind.
static void test_damaged(void **state)
{
    const struct store_place *place = *state;
    char error[STORE_ERROR_BYTES];
    store_close(open_well(place->file));
    run_sql(place->file, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    FILE *file = fopen(place->file, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4096, SEEK_SET), 0);
    for (int i = 0; i < 3 * 4096; i++)
        (void)fputc(0xA5, file);
    (void)fclose(file);
    assert_int_equal(store_backup(place->file, place->copy, error), -1);
    assert_non_null(strstr(error, "is damaged"));
    assert_int_equal(access(place->copy, F_OK), -1);
    assert_int_equal(n_files(place->folder), 1);
}

// ---- a reader beside the writer ----------------------------------------------------------------

static void assert_value(struct store *reader, const char *expected)
{
    char *value = store_setting_get(reader, "x", NULL);
    assert_non_null(value);
    assert_string_equal(value, expected);
    free(value);
}

static void check_reader(const char *path)
{
    char error[STORE_ERROR_BYTES];
    struct store *store = open_well(path);
    assert_int_equal(store_setting_set(store, "x", "1", 1), 0);
    struct store *reader = store_open_reader(store, error);
    if (reader == NULL)
        fail_msg("%s", error);
    assert_value(reader, "1");
    assert_int_equal(store_setting_set(store, "x", "2", 1), 0);
    assert_value(reader, "2");
    assert_int_equal(store_setting_set(reader, "x", "3", 1), -1);
    assert_string_equal(store_last_error(reader), "attempt to write a readonly database");
    assert_value(reader, "2");
    store_close(reader);
    store_close(store);
}

static void test_reader_of_a_file(void **state)
{
    const struct store_place *place = *state;
    char error[STORE_ERROR_BYTES];
    check_reader(place->file);
    struct store *store = open_well(place->file);
    struct store *reader = store_open_reader(store, error);
    assert_non_null(reader);
    assert_int_equal(store_begin(store), 0); // an open batch is not seen, and not waited for
    assert_int_equal(store_setting_set(store, "x", "9", 1), 0);
    assert_value(reader, "2");
    assert_int_equal(store_commit(store), 0);
    assert_value(reader, "9");
    store_close(store);
    store_close(reader);
}

static void test_reader_in_memory(void **state)
{
    (void)state;
    check_reader(":memory:");
    struct store *one = open_well(":memory:"), *two = open_well(":memory:");
    assert_int_equal(store_setting_set(one, "x", "1", 1), 0);
    assert_null(store_setting_get(two, "x", NULL)); // each is its own
    store_close(one);
    store_close(two);
    assert_int_equal(access(":memory:", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_while_another_process_writes),
        AT_PLACE(test_refusals),
        AT_PLACE(test_damaged),
        AT_PLACE(test_reader_of_a_file),
        cmocka_unit_test(test_reader_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
