// SPDX-License-Identifier: BSD-3-Clause
//
// Repairing what a crash has left of a recording: a file of Ogg pages or a list of speakers. What
// comes out is a beginning of what came in, ends properly, and is not changed by another repair.
// Of an odd first byte the checksums of pages are set right first, or nothing would get past them.
#include "fuzz.h"
#include "record/record_int.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MOST (1u << 20)

static size_t content(int fd, uint8_t *out)
{
    ssize_t n = pread(fd, out, SIZE_MOST, 0);
    CHECK(n >= 0);
    return (size_t)n;
}

static void set_sums(uint8_t *data, size_t size)
{
    for (size_t at = 0, len; at < size; at += len) {
        len = ogg_page_length(data + at, size - at);
        if (len == 0)
            return;
        ogg_page_sum(data + at, len);
    }
}

static void check_ogg(const uint8_t *before, const uint8_t *after, size_t n)
{
    struct ogg_scan scan = { 0 };
    while (scan.at < n && ogg_scan_page(&scan, after + scan.at, n - scan.at))
        continue;
    CHECK(scan.at == n && scan.end == n && scan.is_ended && scan.has_sound && scan.granule > 0);
    CHECK(memcmp(before, after, (size_t)scan.last) == 0);
}

static void check_list(const uint8_t *before, const uint8_t *after, size_t n)
{
    CHECK(n >= 6 && memcmp(after, "WEBVTT", 6) == 0);
    CHECK(after[n - 1] == '\n' && after[n - 2] == '\n' && memchr(after, 0, n) == NULL);
    CHECK(memcmp(before, after, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t before[SIZE_MOST], after[SIZE_MOST], again[SIZE_MOST];
    if (size < 2 || size > SIZE_MOST)
        return 0;
    const size_t n_before = size - 1;
    memcpy(before, data + 1, n_before);
    if ((data[0] & 1) != 0)
        set_sums(before, n_before);
    const bool is_list = before[0] == 'W';
    int fd = memfd_create("left", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, before, n_before) == (ssize_t)n_before);
    const int result = is_list ? repair_vtt(fd) : repair_ogg(fd);
    CHECK(result == 0 || result == 1);
    const size_t n = content(fd, after);
    CHECK(n <= n_before);
    if (result == 0) {
        if (is_list)
            check_list(before, after, n);
        else
            check_ogg(before, after, n);
        CHECK((is_list ? repair_vtt(fd) : repair_ogg(fd)) == 0);
        CHECK(content(fd, again) == n && memcmp(after, again, n) == 0);
    } else { // it is left as it was
        CHECK(n == n_before && memcmp(before, after, n) == 0);
    }
    CHECK(close(fd) == 0);
    return 0;
}
