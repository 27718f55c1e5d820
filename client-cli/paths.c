// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int make_folder(char *path, struct fault *fault)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int result = mkdir(path, 0700);
        int error = errno;
        *slash = '/';
        if (result != 0 && error != EEXIST)
            return fault_set(fault, N_("cannot make the folder of %s: %s"), path, strerror(error));
    }
    return 0;
}

int paths_config(const char *file, char *out, size_t cap, struct fault *fault)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int len;
    if (config != NULL && config[0] == '/')
        len = snprintf(out, cap, "%s/susurro/%s", config, file);
    else if (home != NULL && home[0] == '/')
        len = snprintf(out, cap, "%s/.config/susurro/%s", home, file);
    else
        return fault_set(fault, N_("neither XDG_CONFIG_HOME nor HOME names a folder for %s"), file);
    if (len < 0 || (size_t)len >= cap)
        return fault_set(fault, N_("the path of the configuration folder is too long"));
    return make_folder(out, fault);
}
