// SPDX-License-Identifier: BSD-3-Clause
//
// What a crash has left, cut at every kind of place: files that any player plays to their end.
#include "record_stage.h"

#include <fcntl.h>
#include <sys/file.h>

#define PAGES_MAX 64

static const double floor_speaks[] = { 500, 500, 0 };

// A real recording up to some moment, as a crash leaves it.
struct left {
    uint8_t *data;
    size_t len, n_pages;
    size_t at[PAGES_MAX + 1]; // where pages begin; the last one: the end
    int64_t granules[PAGES_MAX + 1];
};
static struct left left;
static uint8_t *list;
static size_t list_len;

static int make_left(void **state)
{
    if (stage_open(state) != 0)
        return -1;
    begin();
    speaking(3, "Ana", 0, true);
    run(3200, floor_speaks);
    speaking(3, "Ana", 0, false);
    speaking(4, "Luis", 2, true);
    run(1000, NULL);
    left.data = read_file(path_of(FOLDER, "floor.opus.part"), &left.len);
    list = read_file(path_of(FOLDER, "speakers.vtt.part"), &list_len);
    struct ogg_scan scan = { 0 };
    while (left.n_pages < PAGES_MAX && scan.at < left.len) {
        left.at[left.n_pages] = scan.at;
        if (!ogg_scan_page(&scan, left.data + scan.at, left.len - scan.at))
            return -1;
        left.granules[left.n_pages++] = scan.granule;
    }
    left.at[left.n_pages] = left.len;
    return stage_close(state);
}

static int free_left(void **state)
{
    (void)state;
    free(left.data);
    free(list);
    return 0;
}

static int place_open(void **state)
{
    if (stage_open(state) != 0)
        return -1;
    return mkdir(path_of("r", ""), 0700);
}

// Pages of sound that a file of this many bytes holds.
static size_t pages_within(size_t len)
{
    size_t n = 0;
    while (n < left.n_pages && left.at[n + 1] <= len)
        n++;
    return n > 2 ? n : 0;
}

static void check_ended(const char *path, size_t n_pages)
{
    size_t len;
    uint8_t *data = read_file(path, &len);
    struct ogg_scan scan = { 0 };
    while (scan.at < len && ogg_scan_page(&scan, data + scan.at, len - scan.at))
        continue;
    assert_int_equal(len, left.at[n_pages]);
    assert_int_equal(scan.at, len);
    assert_true(scan.is_ended);
    assert_int_equal(scan.granule, left.granules[n_pages - 1]);
    // Nothing but the last page's mark and checksum is different.
    size_t n_different = 0;
    for (size_t i = 0; i < len; i++) {
        const size_t in_last = i - left.at[n_pages - 1];
        if (data[i] == left.data[i])
            continue;
        assert_true(i >= left.at[n_pages - 1] && (in_last == 5 || (in_last >= 22 && in_last < 26)));
        n_different++;
    }
    assert_in_range(n_different, 2, 5);
    free(data);
}

static void check_cut(size_t len, bool is_decoded)
{
    const size_t n_pages = pages_within(len);
    write_file(path_of("r", "en.opus.part"), left.data, len);
    assert_int_equal(record_repair(stage.directory), n_pages > 0 ? 1 : 0);
    assert_false(is_there("r", "en.opus.part"));
    assert_int_equal(is_there("r", "en.opus"), n_pages > 0);
    if (n_pages > 0) {
        check_ended(path_of("r", "en.opus"), n_pages);
        if (is_decoded) {
            struct sound sound = decode(path_of("r", "en.opus"));
            assert_int_equal((int64_t)sound.n, left.granules[n_pages - 1] - 312);
            free(sound.samples);
        }
        assert_int_equal(unlink(path_of("r", "en.opus")), 0);
    } else { // the folder had nothing else
        assert_int_equal(mkdir(path_of("r", ""), 0700), 0);
    }
}

// Around each page's borders, within heads and bodies: what is whole stays, and plays to its end.
static void a_file_that_was_cut_ends_at_its_last_page(void **state)
{
    (void)state;
    assert_true(left.n_pages > 7);
    for (size_t page = 0; page <= left.n_pages; page++) {
        static const int steps[] = { -300, -2, -1, 0, 1, 4, 5, 26, 27, 28, 60, 300 };
        for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
            const int64_t len = (int64_t)left.at[page] + steps[i];
            if (len >= 0 && len <= (int64_t)left.len)
                check_cut((size_t)len, steps[i] == 0 || steps[i] == 27);
        }
    }
}

struct damage {
    const char *name;
    size_t page, at; // byte `at` of this page ...
    uint8_t value;   // ... is xor-ed with this
    size_t n_zeros;  // so many zeros, or pages of the file again, behind
    bool is_repeated;
    size_t n_pages; // what is left; 0: nothing
};
static const struct damage damages[] = {
    { "nothing is wrong", 0, 0, 0, 0, false, SIZE_MAX },
    { "zeros of a power cut", 0, 0, 0, 5000, false, SIZE_MAX },
    { "a file twice over", 0, 0, 0, 0, true, SIZE_MAX },
    { "a byte of sound", 5, 200, 1, 0, false, 5 },
    { "a checksum", 5, 22, 1, 0, false, 5 },
    { "a length", 5, 30, 1, 0, false, 5 },
    { "a number of segments", 5, 26, 1, 0, false, 5 },
    { "a serial number", 5, 14, 1, 0, false, 5 },
    { "a position", 5, 6, 1, 0, false, 5 },
    { "a version", 5, 4, 1, 0, false, 5 },
    { "the first page of sound", 2, 100, 1, 0, false, 0 },
    { "the tags", 1, 40, 1, 0, false, 0 },
    { "the first page", 0, 30, 1, 0, false, 0 },
    { "a capture pattern", 6, 0, 0x20, 0, false, 6 },
};

static void a_file_that_was_damaged_ends_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
        const struct damage *damage = &damages[i];
        uint8_t *data = calloc(2, left.len + 5000);
        assert_non_null(data);
        memcpy(data, left.data, left.len);
        data[left.at[damage->page] + damage->at] ^= damage->value;
        if (damage->is_repeated)
            memcpy(data + left.len, left.data, left.len);
        write_file(path_of("r", "floor.opus.part"), data,
                   left.len + damage->n_zeros + (damage->is_repeated ? left.len : 0));
        free(data);
        const size_t n_pages = damage->n_pages == SIZE_MAX ? left.n_pages : damage->n_pages;
        if (record_repair(stage.directory) != (n_pages > 0))
            fail_msg("%s", damage->name);
        if (n_pages > 0)
            check_ended(path_of("r", "floor.opus"), n_pages);
        (void)unlink(path_of("r", "floor.opus"));
        (void)mkdir(path_of("r", ""), 0700);
    }
}

// Killed between the last page and the renaming; and again while it was repaired.
static void what_is_ended_is_only_renamed(void **state)
{
    (void)state;
    write_file(path_of("r", "en.opus.part"), left.data, left.len);
    assert_int_equal(record_repair(stage.directory), 1);
    size_t n_before, n_after;
    uint8_t *before = read_file(path_of("r", "en.opus"), &n_before);
    assert_int_equal(rename(path_of("r", "en.opus"), path_of("r", "en.opus.part")), 0);
    assert_int_equal(record_repair(stage.directory), 1);
    uint8_t *after = read_file(path_of("r", "en.opus"), &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_after);
    free(before);
    free(after);
}

static void a_list_ends_at_its_last_cue(void **state)
{
    (void)state;
    const char *two = "<v Luis>Luis → es\n\n";
    assert_string_equal((char *)list + list_len - strlen(two), two);
    for (size_t len = 0; len <= list_len + 40; len++) {
        uint8_t *data = calloc(1, list_len + 41); // zeros behind
        assert_non_null(data);
        memcpy(data, list, len < list_len ? len : list_len);
        write_file(path_of("r", "speakers.vtt.part"), data, len);
        free(data);
        const char *first = strstr((char *)list, "<v Ana>Ana\n\n");
        const size_t n_first = (size_t)(first - (char *)list) + strlen("<v Ana>Ana\n\n");
        const size_t expected = len >= list_len ? list_len : len >= n_first ? n_first : 0;
        assert_int_equal(record_repair(stage.directory), expected > 0);
        assert_int_equal(is_there("r", "speakers.vtt"), expected > 0);
        if (expected > 0) {
            size_t n;
            uint8_t *text = read_file(path_of("r", "speakers.vtt"), &n);
            assert_int_equal(n, expected);
            assert_memory_equal(text, list, n);
            free(text);
            (void)unlink(path_of("r", "speakers.vtt"));
        }
        (void)mkdir(path_of("r", ""), 0700);
    }
}

// Nothing but what we have begun is touched, and nothing is overwritten.
static void others_files_stay(void **state)
{
    (void)state;
    write_file(path_of("r", "notes.txt"), left.data, 10);
    write_file(path_of("r", "video.mkv.part"), left.data, 10);
    write_file(path_of("r", "en.opus"), left.data, 10);
    write_file(path_of("r", "en.opus.part"), left.data, left.len); // its name is taken
    write_file(path_of("", "es.opus.part"), left.data, left.len);  // in no folder
    assert_int_equal(mkdir(path_of("r", "x.opus.part"), 0700), 0);
    assert_int_equal(symlink("notes.txt", path_of("r", "y.opus.part")), 0);
    assert_int_equal(mkfifo(path_of("r", "z.opus.part"), 0600), 0);
    char outside[] = "/tmp/susurro_outside_XXXXXX";
    assert_non_null(mkdtemp(outside));
    assert_int_equal(symlink(outside, path_of("", "link")), 0);
    char file[64];
    (void)snprintf(file, sizeof(file), "%s/en.opus.part", outside);
    write_file(file, left.data, left.len);
    // One that is being written by another server.
    write_file(path_of("r", "fr.opus.part"), left.data, left.len);
    int fd = open(path_of("r", "fr.opus.part"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(record_repair(stage.directory), 0);
    static const char *const stay[] = { "notes.txt",    "video.mkv.part", "en.opus",
                                        "en.opus.part", "x.opus.part",    "y.opus.part",
                                        "z.opus.part",  "fr.opus.part" };
    for (size_t i = 0; i < ARRAY_LEN(stay); i++)
        assert_true(is_there("r", stay[i]));
    assert_true(is_there("", "es.opus.part"));
    assert_int_equal(access(file, F_OK), 0);
    (void)close(fd);
    assert_int_equal(record_repair(stage.directory), 1);
    assert_true(is_there("r", "fr.opus"));
    remove_tree(outside);
    size_t len;
    uint8_t *data = read_file(path_of("r", "en.opus"), &len);
    assert_int_equal(len, 10);
    free(data);
}

static void no_folder_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(record_repair("/nonexistent/recordings"), -1);
    assert_int_equal(record_repair(stage.directory), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_open, stage_close)

int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_was_cut_ends_at_its_last_page),
        TEST(a_file_that_was_damaged_ends_before),
        TEST(what_is_ended_is_only_renamed),
        TEST(a_list_ends_at_its_last_cue),
        TEST(others_files_stay),
        TEST(no_folder_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_left, free_left);
}
