// SPDX-License-Identifier: BSD-3-Clause
#include "record/record_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".part"

static void part_name(const struct record_file *file, char out[80])
{
    (void)snprintf(out, 80, "%s" PART, file->name);
}

int record_file_open(struct record_file *file, int folder, const char *name)
{
    char part[80];
    *file = (struct record_file){ .folder = folder, .fd = -1 };
    (void)snprintf(file->name, sizeof(file->name), "%s", name);
    part_name(file, part);
    file->fd = openat(folder, part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->fd < 0)
        return record_error_of(errno);
    (void)flock(file->fd, LOCK_EX | LOCK_NB); // where there are no locks there is one server
    return 0;
}

static int write_all(int fd, uint64_t at, const uint8_t *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, data + done, len - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return record_error_of(n < 0 ? errno : ENOSPC);
        done += (size_t)n;
    }
    return 0;
}

int record_file_add(struct record_file *file, const void *data, size_t len)
{
    int result = write_all(file->fd, file->size, data, len);
    if (result == 0)
        file->size += len;
    else if (ftruncate(file->fd, (off_t)file->size) != 0) // what is left of it is cut at the end
        log_warn("record", "a file cannot be cut", "errno=%d", errno);
    return result;
}

int record_file_put(struct record_file *file, uint64_t at, const void *data, size_t len)
{
    return write_all(file->fd, at, data, len);
}

int record_file_rename(int folder, const char *part)
{
    char name[NAME_MAX + 1];
    const size_t len = strlen(part) - strlen(PART);
    (void)snprintf(name, sizeof(name), "%.*s", (int)len, part);
    if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return record_error_of(EEXIST);
    return renameat(folder, part, folder, name) == 0 ? 0 : record_error_of(errno);
}

int record_file_finish(struct record_file *file)
{
    char part[80];
    part_name(file, part);
    int result = fsync(file->fd) == 0 ? 0 : record_error_of(errno);
    int renamed = record_file_rename(file->folder, part);
    (void)close(file->fd); // on disk already
    file->fd = -1;
    return result != 0 ? result : renamed;
}

void record_file_drop(struct record_file *file)
{
    char part[80];
    if (file->fd < 0)
        return;
    part_name(file, part);
    (void)unlinkat(file->folder, part, 0);
    (void)close(file->fd);
    file->fd = -1;
}

// ---- as a sink ---------------------------------------------------------------------------------

static int put_page(void *context, const uint8_t *page, size_t len, bool is_header)
{
    (void)is_header;
    return record_file_add(context, page, len);
}

// What could not be written to its end ends at its last page.
static int end_file(void *context, bool is_whole)
{
    struct record_file *file = context;
    int result = is_whole ? 0 : repair_ogg(file->fd);
    if (result == 1) {
        record_file_drop(file);
        return 0;
    }
    int finished = record_file_finish(file);
    return result != 0 ? result : finished;
}

struct record_sink record_file_sink(struct record_file *file)
{
    return (struct record_sink){ .page = put_page, .end = end_file, .context = file };
}
