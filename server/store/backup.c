// SPDX-License-Identifier: BSD-3-Clause
//
// A copy of a database that another process may be writing to. VACUUM INTO reads one moment of it
// and writes a fresh file, which gets its final name only when it is whole and on the disk.
#include "store/store_int.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct copying {
    const char *target;
    char *error;
    char *partial; // the name until it is whole
};

static int refuse(const struct copying *copying, const char *reason, const char *remedy)
{
    (void)snprintf(copying->error, STORE_ERROR_BYTES, "%.500s: %.240s; %s", copying->target, reason,
                   remedy);
    return -1;
}

static int refuse_errno(const struct copying *copying, int code)
{
    char reason[200];
    if (code == EEXIST)
        return refuse(copying, "is there already",
                      "nothing was changed; name a file that does not exist");
    (void)snprintf(reason, sizeof reason, "cannot be made: %s", strerror(code));
    return refuse(copying, reason,
                  code == ENOSPC ? "make room on the disk"
                                 : "name a file in a directory that can be written");
}

// In the target's own directory, so that naming it moves no data. Readable by its owner only.
static int make_partial(struct copying *copying)
{
    static const char ending[] = ".partial-XXXXXX";
    size_t size = strlen(copying->target) + sizeof ending;
    struct stat info;
    if (lstat(copying->target, &info) == 0)
        return refuse_errno(copying, EEXIST);
    copying->partial = malloc(size);
    if (copying->partial == NULL)
        return refuse(copying, "out of memory", "free some");
    (void)snprintf(copying->partial, size, "%s%s", copying->target, ending);
    int fd = mkostemp(copying->partial, O_CLOEXEC);
    if (fd < 0) {
        int code = errno;
        free(copying->partial);
        copying->partial = NULL;
        return refuse_errno(copying, code);
    }
    (void)close(fd);
    return 0;
}

static int write_copy(const struct copying *copying, struct store *source)
{
    sqlite3_stmt *statement = store_prepare(source, "VACUUM INTO ?1");
    if (statement != NULL)
        bind_text(statement, 1, copying->partial);
    if (store_run(source, statement) == 0)
        return 0;
    return refuse(copying, store_last_error(source), "look at both disks");
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    int result = fd >= 0 ? fsync(fd) : -1, code = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = code;
    return result;
}

// Never over a file that has come meanwhile.
static int give_name(const char *partial, const char *target)
{
    if (renameat2(AT_FDCWD, partial, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (link(partial, target) != 0) // the file system knows no such renaming
        return -1;
    (void)unlink(partial);
    return 0;
}

static int finish(const struct copying *copying)
{
    if (sync_path(copying->partial, 0) != 0 || give_name(copying->partial, copying->target) != 0)
        return refuse_errno(copying, errno);
    char *path = str_dup(copying->target);
    int result = path != NULL ? sync_path(dirname(path), O_DIRECTORY) : 0;
    free(path);
    return result == 0 ? 0 : refuse_errno(copying, errno);
}

int store_backup(const char *path, const char *target, char error[STORE_ERROR_BYTES])
{
    struct copying copying = { .target = target, .error = error };
    struct store *source = store_open_file_reader(path, error);
    if (source == NULL)
        return -1;
    int result = make_partial(&copying);
    if (result == 0)
        result = write_copy(&copying, source);
    if (result == 0)
        result = finish(&copying);
    if (result != 0 && copying.partial != NULL)
        (void)unlink(copying.partial);
    free(copying.partial);
    store_close(source);
    return result;
}
