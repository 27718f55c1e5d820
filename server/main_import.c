// SPDX-License-Identifier: BSD-3-Clause
// susurrod import FILE
#include "main_int.h"

#include "store/import.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void list_servers(const struct import_server *servers, size_t n, uint16_t port,
                         const char *path)
{
    bool is_from_zero = servers[0].id == 0;
    printf("%s holds %zu servers:\n\n  %-6s %-7s %-9s %-9s %s\n", path, n, "ID", "port", "channels",
           "people", "name");
    for (size_t i = 0; i < n; i++) {
        int64_t own = servers[i].port != 0 ? (int64_t)servers[i].port
                                           : port + servers[i].id - (is_from_zero ? 0 : 1);
        printf("  %-6" PRId64 " %-7" PRId64 " %-9" PRIu32 " %-9" PRIu32 " %s\n", servers[i].id, own,
               servers[i].n_channels, servers[i].n_people, servers[i].name);
    }
    fflush(stdout);
    complain("name one with --server ID; each gets a database and a process of its own "
             "(docs/moving-from-mumble-server.md)");
}

// The id of the server that is meant. An exit status; EXIT_FINE when there is one.
static int choose_server(const struct arguments *arguments, const struct config *config,
                         int64_t *server_id)
{
    struct import_server *servers = NULL;
    size_t n = 0;
    char error[STORE_ERROR_BYTES];
    if (import_servers(arguments->file, &servers, &n, error) != 0) {
        complain(error);
        return EXIT_RUNTIME;
    }
    int status = EXIT_FINE;
    *server_id = arguments->has_server_id ? arguments->server_id : servers[0].id;
    if (!arguments->has_server_id && n > 1) {
        list_servers(servers, n, config->port, arguments->file);
        status = EXIT_CONFIG;
    }
    free(servers);
    return status;
}

// A mumble-server that still runs goes on changing what has been read already.
static void warn_of_running(const struct config *config)
{
    FILE *file = config->pid_file != NULL ? fopen(config->pid_file, "re") : NULL;
    char text[32] = "";
    long pid = 0;
    if (file != NULL && fgets(text, sizeof text, file) != NULL)
        pid = strtol(text, NULL, 10);
    if (file != NULL)
        (void)fclose(file);
    if (pid > 1 && (kill((pid_t)pid, 0) == 0 || errno == EPERM))
        complain_with("warning: process %ld of %s is running; if that is mumble-server, stop it "
                      "first: what changes in it from now on does not come",
                      pid, config->pid_file);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static int write_all(const struct arguments *arguments, const struct config *config,
                     const struct import *import)
{
    char error[STORE_ERROR_BYTES], whole[PATH_MAX];
    struct other_user user;
    if (is_same_file(arguments->file, config->database)) {
        complain_with(
            "%s: the file that is read cannot be written as well; name another with --set "
            "database=…",
            config->database);
        return EXIT_CONFIG;
    }
    if (!other_user_find(config, &user))
        return EXIT_CONFIG;
    struct store *store = open_store(arguments, config);
    if (store == NULL)
        return EXIT_RUNTIME;
    int result = import_write(import, store, config->database, arguments->is_replacing, error);
    store_close(store);
    if (user.is_wanted)
        other_user_give_store(&user, config->database);
    if (result != 0) {
        complain(error);
        return EXIT_RUNTIME;
    }
    printf("\nAll of it is in %s now.\n",
           realpath(config->database, whole) != NULL ? whole : config->database);
    return EXIT_FINE;
}

int run_import(const struct arguments *arguments)
{
    char error[STORE_ERROR_BYTES];
    int64_t server_id = 0;
    struct config *config = load_config(arguments, NULL);
    if (config == NULL)
        return EXIT_CONFIG;
    struct import *import = NULL;
    int status = choose_server(arguments, config, &server_id);
    if (status == EXIT_FINE) {
        struct import_request request = { .path = arguments->file,
                                          .server_id = server_id,
                                          .port = config->port };
        import = import_read(&request, error);
        if (import == NULL) {
            complain(error);
            status = EXIT_RUNTIME;
        }
    }
    if (import != NULL) {
        warn_of_running(config);
        import_report(import, stdout);
        if (arguments->is_dry_run)
            printf("\nNothing was written: this was a dry run.\n");
        else
            status = write_all(arguments, config, import);
    }
    import_free(import);
    config_free(config);
    return status;
}
