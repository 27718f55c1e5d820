// SPDX-License-Identifier: BSD-3-Clause
// Started as root, susurrod becomes the user that "uname" names once its ports and files are open.
#include "main_int.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool other_user_find(const struct config *config, struct other_user *out)
{
    *out = (struct other_user){ 0 };
    if (config->run_as == NULL || geteuid() != 0)
        return true;
    errno = 0;
    // cppcheck-suppress getpwnamCalled ; there is one thread yet
    const struct passwd *entry = getpwnam(config->run_as);
    if (entry == NULL) {
        complain_with("%s: uname = %s: %s; make that user, or remove the key",
                      config_where(config, "uname"), config->run_as,
                      errno != 0 ? strerror(errno) : "there is no such user");
        return false;
    }
    out->is_wanted = entry->pw_uid != 0;
    out->uid = entry->pw_uid;
    out->gid = entry->pw_gid;
    (void)snprintf(out->name, sizeof out->name, "%s", config->run_as);
    return true;
}

void other_user_give(const struct other_user *user, const char *path)
{
    struct stat status;
    // Only a plain file with one name: not what somebody has put there as a link.
    if (path == NULL || path[0] == '\0' || lstat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_nlink != 1 || status.st_uid == user->uid)
        return;
    if (lchown(path, user->uid, user->gid) != 0)
        complain_with("warning: %s cannot be given to %s: %s", path, user->name, strerror(errno));
}

void other_user_give_store(const struct other_user *user, const char *path)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    char name[4200];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        other_user_give(user, name);
    }
}

bool other_user_become(const struct other_user *user)
{
    if (initgroups(user->name, user->gid) != 0 || setgid(user->gid) != 0 ||
        setuid(user->uid) != 0 || setuid(0) == 0) {
        complain_with("cannot become %s: %s", user->name, strerror(errno));
        return false;
    }
    return true;
}
