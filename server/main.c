// SPDX-License-Identifier: BSD-3-Clause
//
// susurrod: wires the layers together and runs.
#include "main_int.h"

#include "base/base.h"
#include "base/config.h"
#include "control/control.h"
#include "mixer/mixer.h"
#include "record/record.h"
#include "store/store.h"
#include "voice/voice.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// ---- running

static int log_fd_opened = STDERR_FILENO;

static bool open_log(const struct config *config)
{
    enum log_level level = LOG_INFO;
    if (config->log_level != NULL)
        log_level_from_name(config->log_level, &level);
    int fd = STDERR_FILENO;
    if (config->log_file != NULL && config->log_file[0] != '\0') {
        fd = open(config->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (fd < 0) {
            fprintf(stderr, "susurrod: cannot write the log %s: %s; choose another logfile\n",
                    config->log_file, strerror(errno));
            return false;
        }
    }
    // Other threads may be writing: the number stays, what it stands for changes.
    if (fd != STDERR_FILENO && log_fd_opened != STDERR_FILENO && dup2(fd, log_fd_opened) >= 0) {
        close(fd);
        fd = log_fd_opened;
    }
    log_init(fd, level);
    log_fd_opened = fd;
    return true;
}

struct reload_context {
    const struct arguments *arguments;
    struct store *store;
};

// SIGHUP: a broken file is named in the log and leaves everything as it is; the log is opened anew.
static struct config *reload(void *context)
{
    const struct reload_context *from = context;
    char error[CONFIG_ERROR_BYTES], quoted[2 * CONFIG_ERROR_BYTES], store_error[STORE_ERROR_BYTES];
    struct config *config = NULL;
    struct store *reader = store_open_reader(from->store, store_error);
    if (reader != NULL)
        config = load_config_stored(from->arguments, reader, error);
    else
        snprintf(error, sizeof(error), "%.*s", CONFIG_ERROR_BYTES - 1, store_error);
    store_close(reader);
    if (config == NULL) {
        log_error("main", "configuration kept", "reason=%s",
                  log_quote(error, quoted, sizeof(quoted)));
        return NULL;
    }
    if (!open_log(config)) {
        config_free(config);
        return NULL;
    }
    return config;
}

static bool write_pid(const char *path)
{
    if (path == NULL || path[0] == '\0')
        return true;
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fprintf(stderr, "susurrod: cannot write the pidfile %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(file, "%ld\n", (long)getpid());
    return fclose(file) == 0;
}

// A client is a file descriptor: take as many as we may have.
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// asked, else one for so many cores; 1 to most.
static unsigned thread_count(unsigned asked, unsigned cores_each, unsigned most)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = asked != 0 ? asked : cores > 0 ? (unsigned)cores / cores_each : 1;
    n = n > 0 ? n : 1;
    return n < most ? n : most;
}

struct parts { // of the running program
    struct server *server;
    struct voice *voice;
    struct mixer *mixers[VOICE_MIXERS_MAX];
    struct recorder *recorder; // NULL: nothing is recorded
    unsigned n_voice_threads, n_mixers;
    char *recordings; // their folder
};

static bool attach_recorder(struct parts *parts)
{
    for (unsigned i = 0; i < parts->n_mixers; i++) {
        struct lane *blocks = recorder_blocks(parts->recorder, i);
        if (blocks == NULL)
            return false;
        mixer_set_recorder(parts->mixers[i], blocks);
    }
    server_attach_recorder(parts->server, parts->recorder);
    return true;
}

// As the user whom we have become, who is to own the files.
static bool start_recorder(struct parts *parts)
{
    if (parts->recordings == NULL || parts->recordings[0] == '\0')
        return true;
    char folder[512];
    parts->recorder = recorder_new(parts->recordings);
    if (parts->recorder == NULL || !attach_recorder(parts)) {
        complain("out of memory");
        return false;
    }
    log_quote(parts->recordings, folder, sizeof(folder));
    const int n_repaired = record_repair(parts->recordings);
    if (n_repaired < 0)
        log_error("main", "the folder for recordings cannot be read", "recordings=%s", folder);
    else
        log_info("main", "recordings", "recordings=%s files_ended=%d", folder, n_repaired);
    recorder_set_bell(parts->recorder, server_bell, parts->server);
    if (recorder_start(parts->recorder) == 0)
        return true;
    complain("the recorder's thread cannot start");
    return false;
}

static void attach_all(struct parts *parts)
{
    for (unsigned k = 0; k < parts->n_mixers; k++) {
        struct mixer *mixer = parts->mixers[k];
        for (unsigned i = 0; i < parts->n_voice_threads; i++) {
            voice_attach_mixer(parts->voice, i, k, mixer_frames_lane(mixer, i));
            mixer_attach_voice(mixer, i, voice_mixed_lane(parts->voice, i, k));
        }
        mixer_set_control_bell(mixer, server_bell, parts->server);
    }
    server_attach(parts->server, parts->voice, parts->n_voice_threads, parts->mixers,
                  parts->n_mixers);
}

static int run_threads(struct parts *parts)
{
    attach_all(parts);
    if (!start_recorder(parts))
        return EXIT_RUNTIME;
    for (unsigned i = 0; i < parts->n_mixers; i++)
        if (mixer_start(parts->mixers[i]) != 0) {
            complain("the mixer threads cannot start");
            return EXIT_RUNTIME; // those that run are ended by mixer_free
        }
    int status = EXIT_RUNTIME;
    if (voice_start(parts->voice) == 0)
        status = server_run(parts->server);
    else
        complain("the voice threads cannot start");
    voice_stop(parts->voice);
    for (unsigned i = 0; i < parts->n_mixers; i++)
        mixer_stop(parts->mixers[i]);
    if (parts->recorder != NULL)
        recorder_stop(parts->recorder); // with all that was said
    return status;
}

static int run_as_user(struct parts *parts, const struct other_user *user)
{
    if (user->is_wanted && !other_user_become(user))
        return EXIT_RUNTIME;
    if (user->is_wanted)
        log_info("main", "became another user", "uid=%u", (unsigned)user->uid);
    return run_threads(parts);
}

static bool make_mixers(struct parts *parts)
{
    for (unsigned i = 0; i < parts->n_mixers; i++)
        if ((parts->mixers[i] = mixer_new(i, parts->n_voice_threads)) == NULL)
            return false;
    return true;
}

static int run(struct config *config, struct store *store, const struct arguments *arguments,
               const struct other_user *user)
{
    char error[CONTROL_ERROR_BYTES], port_where[256];
    struct parts parts = {
        .n_voice_threads = thread_count(config->voice_threads, 2, VOICE_THREADS_MAX),
        .n_mixers = thread_count(config->mixer_threads, 4, VOICE_MIXERS_MAX),
        .recordings = str_dup(config->recordings),
    };
    struct voice_options options = { .n_threads = parts.n_voice_threads,
                                     .dscp = config->voice_dscp,
                                     .priority = (int)config->voice_priority };
    snprintf(port_where, sizeof(port_where), "%s", config_where(config, "port"));
    raise_file_limit();
    parts.server = server_new(config, store, error); // config is the server's from here
    if (parts.server == NULL) {
        complain(error);
        free(parts.recordings);
        return EXIT_RUNTIME;
    }
    struct reload_context from = { arguments, store };
    server_set_reload(parts.server, reload, &from);
    options.n_sessions_max = server_sessions_max(parts.server);
    options.n_addresses = server_addresses(parts.server, options.addresses, VOICE_ADDRESSES_MAX);
    options.reports_to.bell = server_bell;
    options.reports_to.bell_context = parts.server;
    const bool has_mixers = make_mixers(&parts);
    parts.voice = has_mixers ? voice_new(&options, error, sizeof(error)) : NULL;
    int status = EXIT_RUNTIME;
    if (parts.voice != NULL)
        status = run_as_user(&parts, user);
    else if (has_mixers)
        fprintf(stderr,
                "susurrod: %s: %s; if another server runs there, stop it or choose another port "
                "(--set port=…)\n",
                port_where, error);
    else
        complain("out of memory");
    server_free(parts.server);
    recorder_free(parts.recorder);
    voice_free(parts.voice);
    for (unsigned i = 0; i < parts.n_mixers; i++)
        mixer_free(parts.mixers[i]);
    free(parts.recordings);
    return status;
}

// The log, the pidfile and the database must stay within reach of whom we become.
static int run_with_files(struct config *config, struct store *store,
                          const struct arguments *arguments)
{
    struct other_user user;
    if (!other_user_find(config, &user)) {
        config_free(config);
        return EXIT_CONFIG;
    }
    if (!open_log(config) || !write_pid(config->pid_file)) {
        config_free(config);
        return EXIT_RUNTIME;
    }
    if (user.is_wanted) {
        other_user_give(&user, config->log_file);
        other_user_give(&user, config->pid_file);
        other_user_give_store(&user, config->database);
    }
    char *pid_file = str_dup(config->pid_file);
    int status = run(config, store, arguments, &user);
    if (pid_file != NULL && pid_file[0] != '\0')
        unlink(pid_file);
    free(pid_file);
    return status;
}

static int start(const struct arguments *arguments)
{
    char error[CONFIG_ERROR_BYTES];
    struct config *config = load_config(arguments, NULL);
    struct store *store = config != NULL ? open_store(arguments, config) : NULL;
    int status = config == NULL ? EXIT_CONFIG : EXIT_RUNTIME;
    config_free(config);
    if (store == NULL)
        return status;
    if (arguments->command == COMMAND_PASSWORD) {
        status = run_password(arguments, store);
    } else if ((config = load_config_stored(arguments, store, error)) != NULL) {
        status = run_with_files(config, store, arguments);
    } else {
        complain(error);
        status = EXIT_CONFIG;
    }
    store_close(store);
    return status;
}

static int check(const struct arguments *arguments)
{
    struct config *config = load_config(arguments, print_warning);
    if (config == NULL)
        return EXIT_CONFIG;
    printf("The configuration is right: port %u, %zu meeting(s).\n", config->port,
           config->n_meetings);
    config_free(config);
    return EXIT_FINE;
}

int main(int argc, char **argv)
{
    struct arguments arguments = { 0 };
    (void)signal(SIGPIPE,
                 SIG_IGN); // a connection that is gone is an error of the write, not our end
    (void)signal(SIGXFSZ, SIG_IGN); // so is a file that may not grow
    if (!arguments_read(argc, argv, &arguments)) {
        fprintf(stderr, "susurrod: --help lists what can be given\n");
        return EXIT_CONFIG;
    }
    if (arguments.is_help || arguments.is_version) {
        fputs(arguments.is_help ? help : "susurrod " SUSURRO_VERSION "\n", stdout);
        return EXIT_FINE;
    }
    switch (arguments.command) {
    case COMMAND_IMPORT:
        return run_import(&arguments);
    case COMMAND_BACKUP:
        return run_backup(&arguments);
    case COMMAND_CHECK:
        return check(&arguments);
    case COMMAND_PASSWORD:
    case COMMAND_RUN:
        break;
    }
    return start(&arguments);
}
