// SPDX-License-Identifier: BSD-3-Clause
//
// susurrod: reads the command line and the configuration, wires the layers together and runs. Exit
// status: 0 after a clean end, 2 when the command line or the configuration is wrong, 1 when
// something failed while running or starting.
#include "base/base.h"
#include "base/config.h"
#include "control/control.h"
#include "mixer/mixer.h"
#include "store/store.h"
#include "voice/voice.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define OVERRIDES_MAX 64
#define PASSWORD_BYTES 256

enum exit_status { EXIT_FINE = 0, EXIT_RUNTIME = 1, EXIT_CONFIG = 2 };

struct arguments {
    const char *config;
    const char *overrides[OVERRIDES_MAX];
    size_t n_overrides;
    bool is_check, is_password, is_help, is_version;
};

static const char help[] =
    "susurrod: a Mumble-compatible voice server with interpretation\n"
    "\n"
    "  susurrod [--config FILE] [--set KEY=VALUE]... [--check]\n"
    "  susurrod --config FILE --superuser-password    reads it from standard input, or asks\n"
    "\n"
    "  --config FILE         an INI file; mumble-server's keys are understood. Without it: the "
    "defaults\n"
    "  --set KEY=VALUE       overrides one key of the file; in a meeting: --set "
    "meeting.NAME.KEY=VALUE\n"
    "  --check               reads the configuration, says whether it is right, and ends\n"
    "  --superuser-password  sets the password of the user SuperUser, who may do everything\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM ends it, telling the clients; SIGHUP reads the configuration again.\n";

static void complain(const char *line)
{
    fprintf(stderr, "susurrod: %s\n", line);
}

static bool read_arguments(int argc, char **argv, struct arguments *out)
{
    enum {
        OPT_CONFIG = 'c',
        OPT_SET = 's',
        OPT_HELP = 'h',
        OPT_CHECK = 256,
        OPT_PASSWORD,
        OPT_VERSION
    };
    static const struct option options[] = {
        { "config", required_argument, NULL, OPT_CONFIG },
        { "set", required_argument, NULL, OPT_SET },
        { "check", no_argument, NULL, OPT_CHECK },
        { "superuser-password", no_argument, NULL, OPT_PASSWORD },
        { "help", no_argument, NULL, OPT_HELP },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:s:h", options, NULL)) != -1) {
        if (option == OPT_CONFIG)
            out->config = optarg;
        else if (option == OPT_SET && out->n_overrides < OVERRIDES_MAX)
            out->overrides[out->n_overrides++] = optarg;
        else if (option == OPT_CHECK)
            out->is_check = true;
        else if (option == OPT_PASSWORD)
            out->is_password = true;
        else if (option == OPT_HELP)
            out->is_help = true;
        else if (option == OPT_VERSION)
            out->is_version = true;
        else
            return false;
    }
    if (optind < argc)
        fprintf(stderr, "susurrod: what is \"%s\"? A configuration is named with --config %s\n",
                argv[optind], argv[optind]);
    return optind == argc;
}

static void warn(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "susurrod: warning: %s\n", line);
}

static struct config *load(const struct arguments *arguments)
{
    char error[CONFIG_ERROR_BYTES];
    struct config *config = config_load(arguments->config, arguments->overrides,
                                        arguments->n_overrides, warn, NULL, error);
    if (config == NULL)
        complain(error);
    return config;
}

// ---- --superuser-password
// ------------------------------------------------------------------------------------------------

static bool read_password(char *out, size_t cap)
{
    struct termios shown, hidden;
    bool is_terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        fprintf(stderr, "New password for SuperUser: ");
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
    }
    bool is_read = fgets(out, (int)cap, stdin) != NULL;
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &shown);
        fprintf(stderr, "\n");
    }
    if (is_read)
        out[strcspn(out, "\r\n")] = '\0';
    return is_read && out[0] != '\0';
}

static int set_password(struct store *store)
{
    char password[PASSWORD_BYTES];
    struct password hashed;
    if (!read_password(password, sizeof(password))) {
        complain("no password was given; nothing has changed");
        return EXIT_CONFIG;
    }
    bool is_set = password_hash(password, &hashed) && store_begin(store) == 0 &&
                  store_password_put(store, 0, "SuperUser", &hashed) == 0 &&
                  store_commit(store) == 0;
    OPENSSL_cleanse(password, sizeof(password));
    if (!is_set) {
        fprintf(stderr, "susurrod: the password could not be stored: %s\n",
                store_last_error(store));
        return EXIT_RUNTIME;
    }
    printf("The password of SuperUser is set.\n");
    return EXIT_FINE;
}

// ---- running
// ---------------------------------------------------------------------------------------------------------------

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

// SIGHUP: a broken file is named in the log and leaves everything as it is; the log is opened anew.
static struct config *reload(void *context)
{
    const struct arguments *arguments = context;
    char error[CONFIG_ERROR_BYTES], quoted[2 * CONFIG_ERROR_BYTES];
    struct config *config = config_load(arguments->config, arguments->overrides,
                                        arguments->n_overrides, warn, NULL, error);
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

static unsigned thread_count(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = config->voice_threads != 0 ? config->voice_threads
                 : cores > 3                ? (unsigned)cores / 2
                                            : 1;
    return n < VOICE_THREADS_MAX ? n : VOICE_THREADS_MAX;
}

static int run_threads(struct server *server, struct voice *voice, struct mixer *mixer,
                       unsigned n_threads)
{
    for (unsigned i = 0; i < n_threads; i++) {
        voice_attach_mixer(voice, i, 0, mixer_frames_lane(mixer, i));
        mixer_attach_voice(mixer, i, voice_mixed_lane(voice, i, 0));
    }
    mixer_set_control_bell(mixer, server_bell, server);
    server_attach(server, voice, n_threads, mixer);
    if (mixer_start(mixer) != 0) {
        complain("the mixer thread cannot start");
        return EXIT_RUNTIME;
    }
    int status = EXIT_RUNTIME;
    if (voice_start(voice) == 0)
        status = server_run(server);
    else
        complain("the voice threads cannot start");
    voice_stop(voice);
    mixer_stop(mixer);
    return status;
}

static int run(struct config *config, struct store *store, const struct arguments *arguments)
{
    char error[CONTROL_ERROR_BYTES], port_where[256];
    unsigned n_threads = thread_count(config);
    snprintf(port_where, sizeof(port_where), "%s", config_where(config, "port"));
    raise_file_limit();
    struct server *server = server_new(config, store, error); // config is the server's from here
    if (server == NULL) {
        complain(error);
        return EXIT_RUNTIME;
    }
    server_set_reload(server, reload, (void *)(uintptr_t)arguments);
    struct voice_options options = { .n_threads = n_threads,
                                     .n_sessions_max = server_sessions_max(server) };
    options.n_addresses = server_addresses(server, options.addresses, VOICE_ADDRESSES_MAX);
    options.reports_to.bell = server_bell;
    options.reports_to.bell_context = server;
    struct mixer *mixer = mixer_new(0, n_threads);
    struct voice *voice = mixer != NULL ? voice_new(&options, error, sizeof(error)) : NULL;
    int status = EXIT_RUNTIME;
    if (voice != NULL)
        status = run_threads(server, voice, mixer, n_threads);
    else if (mixer != NULL)
        fprintf(stderr,
                "susurrod: %s: %s; if another server runs there, stop it or choose another port "
                "(--set port=…)\n",
                port_where, error);
    else
        complain("out of memory");
    server_free(server);
    voice_free(voice);
    mixer_free(mixer);
    return status;
}

static int start(struct config *config, const struct arguments *arguments)
{
    char error[STORE_ERROR_BYTES];
    struct store *store = store_open(config->database, error);
    if (store == NULL) {
        complain(error);
        config_free(config);
        return EXIT_RUNTIME;
    }
    int status;
    if (arguments->is_password) {
        status = set_password(store);
        config_free(config);
    } else if (!open_log(config) || !write_pid(config->pid_file)) {
        status = EXIT_RUNTIME;
        config_free(config);
    } else {
        char *pid_file = str_dup(config->pid_file);
        status = run(config, store, arguments);
        if (pid_file != NULL && pid_file[0] != '\0')
            unlink(pid_file);
        free(pid_file);
    }
    store_close(store);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = { 0 };
    (void)signal(SIGPIPE,
                 SIG_IGN); // a connection that is gone is an error of the write, not our end
    if (!read_arguments(argc, argv, &arguments)) {
        fprintf(stderr, "susurrod: --help lists what can be given\n");
        return EXIT_CONFIG;
    }
    if (arguments.is_help || arguments.is_version) {
        fputs(arguments.is_help ? help : "susurrod " SUSURRO_VERSION "\n", stdout);
        return EXIT_FINE;
    }
    struct config *config = load(&arguments);
    if (config == NULL)
        return EXIT_CONFIG;
    if (arguments.is_check) {
        printf("The configuration is right: port %u, %zu meeting(s).\n", config->port,
               config->n_meetings);
        config_free(config);
        return EXIT_FINE;
    }
    return start(config, &arguments);
}
