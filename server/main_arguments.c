// SPDX-License-Identifier: BSD-3-Clause
// The command line: ours, and what people's scripts give to mumble-server.
#include "main_int.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char help[] =
    "susurrod: a Mumble-compatible voice server with interpretation\n"
    "\n"
    "  susurrod [--config FILE] [--set KEY=VALUE]... [--check]\n"
    "  susurrod --config FILE --superuser-password    reads it from standard input, or asks\n"
    "  susurrod import FILE [--server ID] [--dry-run] [--replace] [--config FILE] [--set ...]\n"
    "  susurrod backup TARGET [--config FILE] [--set ...]\n"
    "\n"
    "  --config FILE         an INI file; mumble-server's keys are understood. Without it: the "
    "defaults\n"
    "  --set KEY=VALUE       overrides one key of the file; in a meeting: --set "
    "meeting.NAME.KEY=VALUE\n"
    "  --check               reads the configuration, says whether it is right, and ends\n"
    "  --superuser-password  sets the password of the user SuperUser, who may do everything\n"
    "  --version, --help\n"
    "\n"
    "  import FILE           takes over a mumble-server database (SQLite, 1.2 to 1.6) into ours\n"
    "    --server ID         which of its virtual servers, when there are several\n"
    "    --dry-run           prints what would come, and writes nothing\n"
    "    --replace           even if our database holds something already\n"
    "  backup TARGET         writes a whole copy of our database, also while the server runs\n"
    "\n"
    "mumble-server's -ini FILE, -supw PASSWORD, -readsupw, -fg, -v and -version are understood.\n"
    "SIGTERM ends it, telling the clients; SIGHUP reads the configuration again.\n";

void complain(const char *line)
{
    fprintf(stderr, "susurrod: %s\n", line);
}

void complain_with(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "susurrod: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

enum option_code {
    OPT_CONFIG = 'c',
    OPT_SET = 's',
    OPT_HELP = 'h',
    OPT_VERBOSE = 'v',
    OPT_CHECK = 256,
    OPT_PASSWORD,
    OPT_PASSWORD_GIVEN,
    OPT_VERSION,
    OPT_FOREGROUND,
    OPT_SERVER,
    OPT_DRY_RUN,
    OPT_REPLACE,
    OPT_IDLE,        // accepted with a word
    OPT_NOT_OFFERED, // + index of not_offered
};

static const struct {
    const char *hint;
} not_offered[] = {
    { "-disablesu is not offered; give SuperUser a long password that nobody keeps, with "
      "--superuser-password" },
    { "-wipessl is not offered; name another certificate with sslCert and sslKey" },
    { "-wipelogs is not offered; the log is a file or journald's, not in the database" },
    { "-limits is not offered; the limit of open files is raised to what it may be at each start" },
    { "-license and -authors are not offered; see the files LICENSE and README.md" },
    { "--db-json-dump and --db-json-import are not offered; see susurrod backup and import" },
};
enum { NO_DISABLE, NO_WIPE_SSL, NO_WIPE_LOGS, NO_LIMITS, NO_LICENSE, NO_JSON };

static const struct option options[] = {
    { "config", required_argument, NULL, OPT_CONFIG },
    { "set", required_argument, NULL, OPT_SET },
    { "check", no_argument, NULL, OPT_CHECK },
    { "superuser-password", no_argument, NULL, OPT_PASSWORD },
    { "help", no_argument, NULL, OPT_HELP },
    { "version", no_argument, NULL, OPT_VERSION },
    { "server", required_argument, NULL, OPT_SERVER },
    { "dry-run", no_argument, NULL, OPT_DRY_RUN },
    { "replace", no_argument, NULL, OPT_REPLACE },
    // mumble-server's, up to 1.5 with one dash, then with two
    { "ini", required_argument, NULL, OPT_CONFIG },
    { "fg", no_argument, NULL, OPT_FOREGROUND },
    { "foreground", no_argument, NULL, OPT_FOREGROUND },
    { "verbose", no_argument, NULL, OPT_VERBOSE },
    { "supw", required_argument, NULL, OPT_PASSWORD_GIVEN },
    { "set-su-pw", required_argument, NULL, OPT_PASSWORD_GIVEN },
    { "readsupw", no_argument, NULL, OPT_PASSWORD },
    { "read-su-pw", no_argument, NULL, OPT_PASSWORD },
    { "loggroups", no_argument, NULL, OPT_IDLE },
    { "log-groups", no_argument, NULL, OPT_IDLE },
    { "logacls", no_argument, NULL, OPT_IDLE },
    { "log-acls", no_argument, NULL, OPT_IDLE },
    { "disablesu", no_argument, NULL, OPT_NOT_OFFERED + NO_DISABLE },
    { "disable-su", no_argument, NULL, OPT_NOT_OFFERED + NO_DISABLE },
    { "wipessl", no_argument, NULL, OPT_NOT_OFFERED + NO_WIPE_SSL },
    { "wipe-ssl", no_argument, NULL, OPT_NOT_OFFERED + NO_WIPE_SSL },
    { "wipelogs", no_argument, NULL, OPT_NOT_OFFERED + NO_WIPE_LOGS },
    { "wipe-logs", no_argument, NULL, OPT_NOT_OFFERED + NO_WIPE_LOGS },
    { "limits", no_argument, NULL, OPT_NOT_OFFERED + NO_LIMITS },
    { "license", no_argument, NULL, OPT_NOT_OFFERED + NO_LICENSE },
    { "authors", no_argument, NULL, OPT_NOT_OFFERED + NO_LICENSE },
    { "third-party-licenses", no_argument, NULL, OPT_NOT_OFFERED + NO_LICENSE },
    { "db-json-dump", optional_argument, NULL, OPT_NOT_OFFERED + NO_JSON },
    { "db-json-import", optional_argument, NULL, OPT_NOT_OFFERED + NO_JSON },
    { NULL, 0, NULL, 0 },
};

static bool set_override(struct arguments *out, const char *text)
{
    if (out->n_overrides == OVERRIDES_MAX) {
        complain_with("more than %d times --set; put the keys into a file", OVERRIDES_MAX);
        return false;
    }
    out->overrides[out->n_overrides++] = text;
    return true;
}

static bool set_server(struct arguments *out, const char *text)
{
    char *end = NULL;
    errno = 0;
    out->server_id = strtoll(text, &end, 10);
    out->has_server_id = true;
    if (end != text && *end == '\0' && errno == 0 && out->server_id >= 0)
        return true;
    complain_with("--server \"%s\" is no number of a server; without it they are listed", text);
    return false;
}

static bool set_command(struct arguments *out, enum command command)
{
    if (out->command != COMMAND_RUN && out->command != command) {
        complain("these options do not go together");
        return false;
    }
    out->command = command;
    return true;
}

static bool take_option(struct arguments *out, int option, char *value)
{
    switch (option) {
    case OPT_CONFIG:
        out->config = value;
        return true;
    case OPT_SET:
        return set_override(out, value);
    case OPT_CHECK:
        return set_command(out, COMMAND_CHECK);
    case OPT_PASSWORD_GIVEN:
        out->password = value;
        return set_command(out, COMMAND_PASSWORD);
    case OPT_PASSWORD:
        return set_command(out, COMMAND_PASSWORD);
    case OPT_HELP:
        out->is_help = true;
        return true;
    case OPT_VERSION:
        out->is_version = true;
        return true;
    case OPT_VERBOSE:
        return set_override(out, "log_level=debug");
    case OPT_FOREGROUND: // it always is
        return true;
    case OPT_IDLE:
        complain("warning: changes of groups and rights are not logged");
        return true;
    case OPT_SERVER:
        return set_server(out, value);
    case OPT_DRY_RUN:
        out->is_dry_run = true;
        return true;
    case OPT_REPLACE:
        out->is_replacing = true;
        return true;
    default:
        if (option >= OPT_NOT_OFFERED)
            complain(not_offered[option - OPT_NOT_OFFERED].hint);
        return false;
    }
}

// What stands without a dash: "import FILE", "backup TARGET".
static bool take_words(int argc, char **argv, struct arguments *out)
{
    if (optind == argc)
        return true;
    const char *word = argv[optind];
    bool is_import = strcmp(word, "import") == 0, is_backup = strcmp(word, "backup") == 0;
    if (!is_import && !is_backup) {
        if (out->command == COMMAND_PASSWORD)
            complain_with("what is \"%s\"? A server here has one database; name it with --config",
                          word);
        else
            complain_with("what is \"%s\"? A configuration is named with --config %s", word, word);
        return false;
    }
    if (!set_command(out, is_import ? COMMAND_IMPORT : COMMAND_BACKUP))
        return false;
    if (optind + 2 != argc) {
        complain(is_import ? "import takes one file: susurrod import mumble-server.sqlite"
                           : "backup takes one file, to be made: susurrod backup copy.sqlite");
        return false;
    }
    out->file = argv[optind + 1];
    return true;
}

bool arguments_read(int argc, char **argv, struct arguments *out)
{
    int option;
    while ((option = getopt_long_only(argc, argv, "c:s:hv", options, NULL)) != -1) {
        if (!take_option(out, option, optarg))
            return false;
    }
    if (!take_words(argc, argv, out))
        return false;
    bool is_import = out->command == COMMAND_IMPORT;
    if (!is_import && (out->has_server_id || out->is_dry_run || out->is_replacing)) {
        complain("--server, --dry-run and --replace belong to susurrod import FILE");
        return false;
    }
    return true;
}
