// SPDX-License-Identifier: BSD-3-Clause
//
// After a crash. An Ogg page has its checksum, so what is whole is known: the file is cut behind
// the last whole page, which is made the last one of the stream where it stands (one bit and the
// checksum), so that this needs no room on a full disk. Its granule position is right already.
// Source: RFC 3533 (Ogg pages), RFC 7845 section 4 (granule positions).
#include "record/record_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_HEAD_BYTES 27
#define FLAG_BEGIN 2u
#define FLAG_END 4u
#define AT_FLAGS 5
#define AT_GRANULE 6
#define AT_SERIAL 14
#define AT_SEQUENCE 18
#define AT_CHECKSUM 22
#define AT_SEGMENTS 26
#define LIST_BYTES_MAX (64u << 20) // of speakers.vtt; a longer one is none of ours

// ---- pages -------------------------------------------------------------------------------------

static uint32_t read_le32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void write_le32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t crc_step(uint32_t crc, uint8_t byte)
{
    crc ^= (uint32_t)byte << 24;
    for (unsigned i = 0; i < 8; i++)
        crc = (crc << 1) ^ ((crc & 0x80000000u) != 0 ? 0x04c11db7u : 0);
    return crc;
}

// Of the page with its checksum taken as 0.
static uint32_t checksum(const uint8_t *page, size_t len)
{
    static _Thread_local uint32_t table[256];
    uint32_t crc = 0;
    if (table[1] == 0)
        for (unsigned i = 0; i < 256; i++)
            table[i] = crc_step(0, (uint8_t)i);
    for (size_t i = 0; i < len; i++) {
        const bool is_own = i >= AT_CHECKSUM && i < AT_CHECKSUM + 4;
        crc = crc << 8 ^ table[(crc >> 24 ^ (is_own ? 0u : page[i])) & 0xffu];
    }
    return crc;
}

size_t ogg_page_length(const uint8_t *data, size_t len)
{
    if (len < PAGE_HEAD_BYTES || memcmp(data, "OggS\0", 5) != 0)
        return 0;
    const size_t n = data[AT_SEGMENTS];
    size_t total = PAGE_HEAD_BYTES + n;
    if (len < total)
        return 0;
    for (size_t i = 0; i < n; i++)
        total += data[PAGE_HEAD_BYTES + i];
    return total <= len ? total : 0;
}

static int64_t granule_of(const uint8_t *page)
{
    const uint64_t low = read_le32(page + AT_GRANULE), high = read_le32(page + AT_GRANULE + 4);
    return (int64_t)(high << 32 | low);
}

static bool is_opus_head(const uint8_t *page, size_t len)
{
    const size_t head = PAGE_HEAD_BYTES + page[AT_SEGMENTS];
    return (page[AT_FLAGS] & FLAG_BEGIN) != 0 && len - head >= 8 &&
           memcmp(page + head, "OpusHead", 8) == 0;
}

static bool follows(const struct ogg_scan *scan, const uint8_t *page, size_t len)
{
    const int64_t granule = granule_of(page);
    if (scan->is_ended || read_le32(page + AT_SEQUENCE) != scan->n_pages)
        return false;
    if (scan->n_pages == 0)
        return is_opus_head(page, len);
    return (page[AT_FLAGS] & FLAG_BEGIN) == 0 && read_le32(page + AT_SERIAL) == scan->serial &&
           (granule == -1 || granule >= scan->granule);
}

bool ogg_scan_page(struct ogg_scan *scan, const uint8_t *data, size_t len)
{
    const size_t n = ogg_page_length(data, len);
    if (n == 0 || read_le32(data + AT_CHECKSUM) != checksum(data, n) || !follows(scan, data, n))
        return false;
    const int64_t granule = granule_of(data);
    const uint8_t n_segments = data[AT_SEGMENTS];
    const bool has_whole =
        granule > 0 && n_segments > 0 && data[PAGE_HEAD_BYTES + n_segments - 1] < 255;
    scan->serial = read_le32(data + AT_SERIAL);
    scan->n_pages++;
    if (granule != -1)
        scan->granule = granule;
    if (has_whole) {
        scan->last = scan->at;
        scan->end = scan->at + n;
        scan->has_sound = true;
        scan->is_ended = (data[AT_FLAGS] & FLAG_END) != 0;
    }
    scan->at += n;
    return true;
}

void ogg_page_sum(uint8_t *page, size_t len)
{
    write_le32(page + AT_CHECKSUM, checksum(page, len));
}

static void end_page(uint8_t *page, size_t len)
{
    page[AT_FLAGS] |= FLAG_END;
    ogg_page_sum(page, len);
}

// ---- files -------------------------------------------------------------------------------------

static ssize_t read_at(int fd, uint64_t at, void *out, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (uint8_t *)out + done, len - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static int end_last_page(int fd, const struct ogg_scan *scan, uint8_t *page)
{
    const size_t len = (size_t)(scan->end - scan->last);
    if (read_at(fd, scan->last, page, len) != (ssize_t)len)
        return RECORD_E_WRITE;
    end_page(page, len);
    ssize_t n = pwrite(fd, page, PAGE_HEAD_BYTES, (off_t)scan->last);
    return n == PAGE_HEAD_BYTES ? 0 : RECORD_E_WRITE;
}

int repair_ogg(int fd)
{
    struct ogg_scan scan = { 0 };
    uint8_t *page = malloc(OGG_PAGE_BYTES_MAX);
    ssize_t n = 0;
    if (page == NULL)
        return RECORD_E_MEMORY;
    while ((n = read_at(fd, scan.at, page, OGG_PAGE_BYTES_MAX)) > 0)
        if (!ogg_scan_page(&scan, page, (size_t)n))
            break;
    int result = n < 0 ? RECORD_E_WRITE : scan.has_sound ? 0 : 1;
    if (result == 0 && !scan.is_ended)
        result = end_last_page(fd, &scan, page);
    if (result == 0 && ftruncate(fd, (off_t)scan.end) != 0)
        result = RECORD_E_WRITE;
    free(page);
    return result;
}

// Cues end with an empty line; after a power cut a file may end in zeros.
static size_t whole_cues(const char *text, size_t len)
{
    size_t end = 0, n_blocks = 0;
    const char *zero = memchr(text, '\0', len);
    if (zero != NULL)
        len = (size_t)(zero - text);
    if (len < 6 || memcmp(text, "WEBVTT", 6) != 0)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (text[i - 1] == '\n' && text[i] == '\n') {
            end = i + 1;
            n_blocks++;
        }
    return n_blocks > 2 ? end : 0; // the heading and the note come first
}

int repair_vtt(int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return RECORD_E_WRITE;
    const size_t len = (size_t)info.st_size;
    if (len == 0 || len > LIST_BYTES_MAX)
        return 1;
    char *text = malloc(len);
    if (text == NULL)
        return RECORD_E_MEMORY;
    ssize_t n = read_at(fd, 0, text, len);
    size_t end = n > 0 ? whole_cues(text, (size_t)n) : 0;
    int result = n < 0 ? RECORD_E_WRITE : end > 0 ? 0 : 1;
    if (result == 0 && ftruncate(fd, (off_t)end) != 0)
        result = RECORD_E_WRITE;
    free(text);
    return result;
}

// ---- folders -----------------------------------------------------------------------------------

static bool ends_with(const char *name, const char *end)
{
    const size_t len = strlen(name), n = strlen(end);
    return len > n && strcmp(name + len - n, end) == 0;
}

// One that is being written, by another server, is left alone. True: it is ended and renamed.
static bool repair_file(int folder, const char *part, bool *is_removed)
{
    int fd = openat(folder, part, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    if (fd < 0)
        return false;
    int result = RECORD_E_WRITE;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
        result = ends_with(part, ".opus.part")  ? repair_ogg(fd)
                 : ends_with(part, ".vtt.part") ? repair_vtt(fd)
                                                : RECORD_E_WRITE;
    if (result == 0)
        result = fsync(fd) == 0 ? record_file_rename(folder, part) : RECORD_E_WRITE;
    else if (result == 1)
        *is_removed = unlinkat(folder, part, 0) == 0 || *is_removed;
    if (result < 0)
        log_warn("record", "a recording is left as it was", "reason=\"%s\"",
                 record_error_text(result));
    (void)close(fd);
    return result == 0;
}

static int repair_folder(int root, const char *name)
{
    int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), n = 0;
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    bool is_removed = false;
    if (entries == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return 0;
    }
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
        if (ends_with(entry->d_name, ".part"))
            n += repair_file(fd, entry->d_name, &is_removed);
    (void)fsync(fd);
    (void)closedir(entries);
    if (is_removed)
        (void)unlinkat(root, name, AT_REMOVEDIR); // if nothing is left in it
    return n;
}

int record_repair(const char *directory)
{
    DIR *entries = opendir(directory);
    if (entries == NULL)
        return -1;
    int n = 0;
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
        if (entry->d_name[0] != '.')
            n += repair_folder(dirfd(entries), entry->d_name);
    (void)closedir(entries);
    return n;
}
