// SPDX-License-Identifier: BSD-3-Clause
//
// Private to the program susurrod: what its files call of each other. main.c runs the server; the
// others are the command line and what can be done without running. Exit status: 0 after a clean
// end, 2 when the command line or the configuration is wrong, 1 when something failed.
#ifndef SUSURRO_MAIN_INT_H
#define SUSURRO_MAIN_INT_H

#include "base/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct store;

#define OVERRIDES_MAX 64

enum exit_status { EXIT_FINE = 0, EXIT_RUNTIME = 1, EXIT_CONFIG = 2 };

enum command { COMMAND_RUN, COMMAND_IMPORT, COMMAND_BACKUP, COMMAND_PASSWORD, COMMAND_CHECK };

struct arguments {
    enum command command;
    const char *config;
    const char *overrides[OVERRIDES_MAX];
    size_t n_overrides;
    const char *file;     // import: the source; backup: the target
    const char *password; // from the command line; NULL: asked for
    bool is_dry_run, is_replacing, has_server_id;
    int64_t server_id;
    bool is_help, is_version;
};

// "susurrod: LINE" to standard error.
void complain(const char *line);
void complain_with(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_warning(void *context, const char *line); // a config_warning_fn

// ---- main_arguments.c -------------------------------------------------------------------------
// False: wrong, and said so.
bool arguments_read(int argc, char **argv, struct arguments *out);
extern const char help[];

// ---- main_config.c ----------------------------------------------------------------------------
// The file and the command line; NULL: wrong, and said so.
struct config *load_config(const struct arguments *arguments, config_warning_fn warn);
// The same with what the store keeps. NULL and the line in error[].
struct config *load_config_stored(const struct arguments *arguments, struct store *store,
                                  char error[CONFIG_ERROR_BYTES]);
// Opens the database that the configuration names. NULL: it cannot be, and said so; a database of
// mumble-server is told how to come over.
struct store *open_store(const struct arguments *arguments, const struct config *config);

// ---- main_import.c, main_backup.c, main_password.c: exit statuses ------------------------------
int run_import(const struct arguments *arguments);
int run_backup(const struct arguments *arguments);
int run_password(const struct arguments *arguments, struct store *store);

// ---- main_user.c: key uname -------------------------------------------------------------------
struct other_user {
    bool is_wanted; // started as root, and another user is named
    char name[64];
    uid_t uid;
    gid_t gid;
};
// False: there is no such user, and said so.
bool other_user_find(const struct config *config, struct other_user *out);
void other_user_give(const struct other_user *user, const char *path); // a file, if it is there
void other_user_give_store(const struct other_user *user, const char *path);
// Become that user for good. False: it failed, and said so.
bool other_user_become(const struct other_user *user);

#endif
