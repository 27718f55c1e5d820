// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool read_line(const char *path, char *line, int cap)
{
    FILE *file = fopen(path, "r");
    bool is_read = file != NULL && fgets(line, cap, file) != NULL;
    if (file != NULL)
        (void)fclose(file);
    return is_read;
}

int64_t cpu_of_process_ns(pid_t pid, const char *prefix)
{
    char path[512], line[128];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        fail("process %d is gone", (int)pid);
    int64_t sum = 0;
    for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "/proc/%d/task/%s/comm", (int)pid, entry->d_name);
        if (prefix != NULL &&
            (!read_line(path, line, sizeof line) || strncmp(line, prefix, strlen(prefix)) != 0))
            continue;
        (void)snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid, entry->d_name);
        if (read_line(path, line, sizeof line))
            sum += strtoll(line, NULL, 10);
    }
    (void)closedir(tasks);
    return sum;
}

int64_t own_cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

long rss_of_process_kib(pid_t pid)
{
    char path[64], line[256];
    long kib = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail("process %d is gone", (int)pid);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    (void)fclose(file);
    return kib;
}
