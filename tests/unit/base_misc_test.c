// SPDX-License-Identifier: BSD-3-Clause
// base: the log's lines, the leaky bucket, buffers, strings.
#include "base/base.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

// ---- log

static void test_log_quote(void **state)
{
    (void)state;
    static const struct {
        const char *value, *expected;
        size_t cap;
    } rows[] = {
        { "Ana", "Ana", 64 },
        { "", "\"\"", 64 },
        { NULL, "\"\"", 64 },
        { "Ana María", "\"Ana María\"", 64 },
        { "a=b", "\"a=b\"", 64 },
        { "say \"hi\"", "\"say \\\"hi\\\"\"", 64 },
        { "C:\\x", "\"C:\\\\x\"", 64 },
        { "one\ntwo\tthree", "\"one\\ntwo\\tthree\"", 64 },
        { "\x1b[31m", "\"\\x1b[31m\"", 64 },
        { "a long value", "\"a lo\"", 7 },
        { "a \"", "\"a \"", 5 }, // an escape is never cut in two
        { "longer", "lon", 4 },
        { "a b", "", 2 },
        { "a", "", 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[64];
        memset(out, '#', sizeof out);
        assert_ptr_equal(log_quote(rows[i].value, out, rows[i].cap), out);
        assert_string_equal(out, rows[i].expected);
    }
}

static int capture_fd(char path[32])
{
    (void)snprintf(path, 32, "/tmp/base_log_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fd;
}

static char *read_all(int fd, size_t *len)
{
    off_t end = lseek(fd, 0, SEEK_END);
    assert_true(end >= 0);
    char *text = malloc((size_t)end + 1);
    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)end, 0), end);
    text[end] = '\0';
    *len = (size_t)end;
    return text;
}

static void test_log_line(void **state)
{
    (void)state;
    char path[32];
    int fd = capture_fd(path);
    log_init(fd, LOG_INFO);
    log_debug("test", "not written", NULL);
    log_info("control", "authenticated", "session=%u name=%s", 12u, "Ana\nlevel=error");
    log_warn("control", "no fields", NULL);
    log_init(STDERR_FILENO, LOG_INFO);
    size_t len;
    char *text = read_all(fd, &len);
    int year = 0;
    char rest[256] = "";
    assert_int_equal(sscanf(text, "t=%4d-%*2d-%*2dT%*2d:%*2d:%*6[0-9.]Z %255[^\n]", &year, rest),
                     2);
    assert_true(year >= 2024);
    assert_string_equal(rest, "level=info mod=control msg=\"authenticated\" session=12 "
                              "name=Ana?level=error");
    assert_non_null(strstr(text, " level=warn mod=control msg=\"no fields\"\n"));
    assert_null(strstr(text, "not written"));
    free(text);
    (void)close(fd);
    (void)unlink(path);
}

static void test_log_cuts_long_lines(void **state)
{
    (void)state;
    char path[32], value[5000];
    int fd = capture_fd(path);
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    log_init(fd, LOG_INFO);
    log_info("test", "long", "value=%s", value);
    log_init(STDERR_FILENO, LOG_INFO);
    size_t len;
    char *text = read_all(fd, &len);
    assert_in_range(len, 1000, 2048);
    assert_string_equal(text + len - 4, "...\n");
    free(text);
    (void)close(fd);
    (void)unlink(path);
}

#define LINES_PER_THREAD 2000

static void *log_many(void *context)
{
    for (int i = 0; i < LINES_PER_THREAD; i++)
        log_info("test", "many", "who=%s i=%d", (const char *)context, i);
    return NULL;
}

static void test_log_lines_of_threads_stay_whole(void **state)
{
    (void)state;
    static char names[3][4] = { "ana", "eva", "joe" };
    char path[32];
    int fd = capture_fd(path);
    (void)fcntl(fd, F_SETFL, O_APPEND);
    log_init(fd, LOG_INFO);
    pthread_t threads[3];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    log_init(STDERR_FILENO, LOG_INFO);
    size_t len, n_lines = 0;
    char *text = read_all(fd, &len);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), n_lines++) {
        char who[8];
        int i;
        assert_int_equal(strncmp(line, "t=2", 3), 0);
        const char *fields = strstr(line, "level=info mod=test msg=\"many\" who=");
        assert_non_null(fields);
        assert_int_equal(sscanf(fields, "level=info mod=test msg=\"many\" who=%7s i=%d", who, &i),
                         2);
    }
    assert_int_equal(n_lines, ARRAY_LEN(threads) * LINES_PER_THREAD);
    free(text);
    (void)close(fd);
    (void)unlink(path);
}

static void test_log_level_names(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;
    assert_true(log_level_from_name("debug", &level) && level == LOG_DEBUG);
    assert_true(log_level_from_name("error", &level) && level == LOG_ERROR);
    assert_false(log_level_from_name("loud", &level));
    assert_int_equal(level, LOG_ERROR);
}

// ---- leaky bucket: each step takes one token at that time

static void test_bucket(void **state)
{
    (void)state;
    static const struct {
        uint32_t rate, burst;
        struct {
            uint64_t at_ms;
            bool ok;
        } steps[10];
        size_t n_steps;
    } rows[] = {
        // the default: five at once, the sixth waits a second
        { 1,
          5,
          { { 0, true },
            { 0, true },
            { 0, true },
            { 0, true },
            { 0, true },
            { 0, false },
            { 999, false },
            { 1000, true },
            { 1001, false },
            { 2000, true } },
          10 },
        // fractions add up: looking at 400 and 800 ms drains nothing and does not restart the clock
        { 1,
          1,
          { { 0, true },
            { 400, false },
            { 800, false },
            { 1000, true },
            { 1999, false },
            { 2000, true } },
          6 },
        // a drain restarts the clock: 1,500 ms drain one token, the other half second is gone
        { 1, 2, { { 0, true }, { 0, true }, { 1500, true }, { 2400, false }, { 2500, true } }, 5 },
        // four a second
        { 4, 1, { { 0, true }, { 249, false }, { 250, true }, { 499, false }, { 500, true } }, 5 },
        // long silence does not save up more than the burst
        { 1, 2, { { 3600000, true }, { 3600000, true }, { 3600000, false } }, 3 },
        // at least one each
        { 0, 0, { { 0, true }, { 0, false }, { 1000, true } }, 3 },
        // a clock that stands still or goes back does no harm
        { 1, 1, { { 5000, true }, { 4000, false }, { 6000, true } }, 3 },
    };
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct bucket bucket;
        bucket_init(&bucket, rows[r].rate, rows[r].burst, SECONDS(1));
        for (size_t s = 0; s < rows[r].n_steps; s++) {
            uint64_t now = SECONDS(1) + MS(rows[r].steps[s].at_ms);
            if (bucket_take(&bucket, now) != rows[r].steps[s].ok)
                fail_msg("row %zu step %zu", r, s);
        }
    }
}

// ---- buffer

static void test_buffer(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    assert_true(buffer_add(&buffer, "hello ", 6));
    assert_true(buffer_add(&buffer, "", 0));
    assert_true(buffer_add(&buffer, "world", 5));
    assert_int_equal(buffer.len, 11);
    assert_memory_equal(buffer.data, "hello world", 11);
    buffer_drop_front(&buffer, 6);
    assert_int_equal(buffer.len, 5);
    assert_memory_equal(buffer.data, "world", 5);
    uint8_t *room = buffer_grow(&buffer, 995);
    assert_non_null(room);
    assert_int_equal(buffer.len, 5); // not yet counted
    memset(room, 7, 995);
    assert_null(buffer_grow(&buffer, 996));
    assert_null(buffer_grow(&buffer, SIZE_MAX));
    buffer.len += 995;
    assert_false(buffer_add(&buffer, "x", 1));
    assert_memory_equal(buffer.data, "world", 5);
    buffer_drop_front(&buffer, 1000);
    assert_int_equal(buffer.len, 0);
    buffer_clear(&buffer);
    assert_null(buffer.data);
    assert_true(buffer_add(&buffer, "again", 5)); // cleared, not dead
    buffer_clear(&buffer);
}

// ---- strings

static void test_utf8_and_utf16(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_utf8;
        size_t units;
    } rows[] = {
        { "", true, 0 },
        { "Ana", true, 3 },
        { "Español", true, 7 },
        { "日本", true, 2 },
        { "🎧", true, 2 },
        { "a🎧b", true, 4 },
        { "\xef\xbf\xbf", true, 1 },     // U+FFFF
        { "\xf4\x8f\xbf\xbf", true, 2 }, // U+10FFFF, the last
        { "\xf4\x90\x80\x80", false, 4 },
        { "\xc0\x80", false, 2 },         // overlong
        { "\xe0\x9f\xbf", false, 3 },     // overlong
        { "\xf0\x8f\xbf\xbf", false, 4 }, // overlong
        { "\xed\xa0\x80", false, 3 },     // surrogate
        { "\x80", false, 1 },
        { "a\xc3", false, 2 },     // cut short
        { "\xe6\x97x", false, 3 }, // cut short
        { "\xff", false, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(str_is_utf8(rows[i].text), rows[i].is_utf8);
        assert_int_equal(str_utf16_units(rows[i].text), rows[i].units);
    }
}

static void test_equal_fold(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        { "", "", true },
        { "SuperUser", "superuser", true },
        { "ÁRBOL", "árbol", true },
        { "Ñandú", "ñANDÚ", true },
        { "Þ", "þ", true },
        { "×", "÷", false }, // signs, not letters
        { "ß", "ÿ", false },
        { "ana", "anb", false },
        { "ana", "anab", false },
        { "@", "`", false },
        { "ŽOFIA", "žofia", true },
        { "ĽUBA ŁŸ", "ľuba łÿ", true },
        { "ΆΛΦΑΣ", "άλφας", true },
        { "ЁЖИК Җ", "ёжик җ", true },
        { "ſuperuſer", "SuperUser", true },
        { "ā", "Ă", false },
        { "Ş", "Ř", false },
        { "А", "A", false },                  // Cyrillic looks like Latin, and is not
        { "頁", "é\xC2\xA0\xC2\x81", false }, // a byte is no character
        { "ｱ", "ｲ", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(str_equal_fold(rows[i].a, rows[i].b), rows[i].equal);
        assert_int_equal(str_equal_fold(rows[i].b, rows[i].a), rows[i].equal);
    }
}

static void test_small_things(void **state)
{
    (void)state;
    assert_null(str_dup(NULL));
    char *copy = str_dup("x");
    assert_string_equal(copy, "x");
    free(copy);
    uint8_t a[32] = { 0 }, b[32] = { 0 };
    random_bytes(a, sizeof a);
    random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    uint64_t before = clock_us();
    assert_true(clock_us() >= before);
    assert_true(clock_unix_s() > 1700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_quote),
        cmocka_unit_test(test_log_line),
        cmocka_unit_test(test_log_cuts_long_lines),
        cmocka_unit_test(test_log_lines_of_threads_stay_whole),
        cmocka_unit_test(test_log_level_names),
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_utf8_and_utf16),
        cmocka_unit_test(test_equal_fold),
        cmocka_unit_test(test_small_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
