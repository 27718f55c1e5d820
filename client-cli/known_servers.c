// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024
#define LINE_MAX_BYTES 512

enum known known_servers_check(const char *path, const char *server, const char *fingerprint,
                               struct fault *fault)
{
    FILE *file = fopen(path, "r");
    if (file == NULL && errno == ENOENT)
        return KNOWN_NEW;
    if (file == NULL) {
        (void)fault_set(fault, N_("cannot read %s: %s"), path, strerror(errno));
        return KNOWN_FAULT;
    }
    enum known result = KNOWN_NEW;
    char line[LINE_MAX_BYTES];
    while (result != KNOWN_SAME && fgets(line, sizeof line, file) != NULL) {
        char *rest = NULL;
        const char *name = strtok_r(line, " \t\r\n", &rest);
        const char *print = strtok_r(NULL, " \t\r\n", &rest);
        if (name == NULL || name[0] == '#' || print == NULL || strcmp(name, server) != 0)
            continue;
        bool is_same = strncmp(print, "sha256:", 7) == 0 && strcmp(print + 7, fingerprint) == 0;
        result = is_same ? KNOWN_SAME : KNOWN_CHANGED;
    }
    (void)fclose(file);
    return result;
}

int known_servers_add(const char *path, const char *server, const char *fingerprint,
                      struct fault *fault)
{
    char line[LINE_MAX_BYTES];
    int len = snprintf(line, sizeof line, "%s sha256:%s\n", server, fingerprint);
    if (len < 0 || (size_t)len >= sizeof line)
        return fault_set(fault, N_("the server's name is too long to remember"));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_set(fault, N_("cannot write %s: %s"), path, strerror(errno));
    // One write to a file opened for appending: lines of two programs do not mix.
    bool is_written = write(fd, line, (size_t)len) == len;
    bool is_closed = close(fd) == 0;
    return is_written && is_closed
               ? 0
               : fault_set(fault, N_("cannot write %s: %s"), path, strerror(errno));
}

bool known_servers_accept(const struct url *url, const struct client_certificate *certificate,
                          bool is_insecure, enum known *answer)
{
    char path[PATH_MAX_BYTES], server[URL_PART_MAX_BYTES + 16];
    struct fault fault = { .text = "" };
    (void)snprintf(server, sizeof server, "%s:%u", url->host, url->port);
    *answer = KNOWN_FAULT;
    if (paths_config("known_servers", path, sizeof path, &fault) == 0)
        *answer = known_servers_check(path, server, certificate->fingerprint, &fault);
    if (*answer == KNOWN_SAME || certificate->is_trusted)
        return true;
    if (*answer == KNOWN_NEW &&
        known_servers_add(path, server, certificate->fingerprint, &fault) == 0)
        return true;
    if (*answer == KNOWN_CHANGED)
        // TRANSLATORS: a server; the same; a file; a fingerprint
        (void)fprintf(stderr,
                      cli_text(N_("susurro: WARNING: the certificate of %s HAS CHANGED.\n"
                                  "Somebody may be listening in between. If you know why it "
                                  "changed, delete\n"
                                  "the line of %s in %s and join again.\n"
                                  "It is now sha256:%s\n")),
                      server, server, path, certificate->fingerprint);
    else
        (void)fprintf(stderr, "susurro: %s\n", fault.text);
    return is_insecure;
}
