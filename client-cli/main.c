// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <signal.h>
#include <string.h>

static void print_help(FILE *out)
{
    (void)fputs(
        "susurro – join meetings with simultaneous interpretation, from a terminal or a script\n\n"
        "  susurro join mumble://[NAME[:PASSWORD]@]HOST[:PORT]/CHANNEL   listen and speak\n"
        "  susurro ping HOST[:PORT]                                      is the server there?\n"
        "  susurro --version\n\n"
        "susurro join --help, susurro ping --help: the options of a command\n",
        out);
}

static enum exit_code usage(const struct fault *fault, const char *command)
{
    (void)fprintf(stderr, "susurro %s: %s\nTry: susurro %s --help\n", command, fault->text,
                  command);
    return CLI_USAGE;
}

static enum exit_code run_join(int argc, char **argv)
{
    struct join_options options;
    struct fault fault;
    switch (options_join(argc, argv, &options, &fault)) {
    case OPTIONS_RUN:
        return join_run(&options);
    case OPTIONS_HELP:
        options_print_join_help(stdout);
        return CLI_FINE;
    case OPTIONS_FAULT:
        break;
    }
    return usage(&fault, "join");
}

static enum exit_code run_ping(int argc, char **argv)
{
    struct ping_options options;
    struct fault fault;
    switch (options_ping(argc, argv, &options, &fault)) {
    case OPTIONS_RUN:
        return ping_run(&options);
    case OPTIONS_HELP:
        options_print_ping_help(stdout);
        return CLI_FINE;
    case OPTIONS_FAULT:
        break;
    }
    return usage(&fault, "ping");
}

static const struct {
    const char *name;
    enum exit_code (*run)(int argc, char **argv);
} commands[] = {
    { "join", run_join },
    { "ping", run_ping },
};

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return CLI_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("susurro " SUSURRO_VERSION);
        return CLI_FINE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return (int)commands[i].run(argc - 2, argv + 2);
    (void)fprintf(stderr, "susurro: there is no command %.60s\n\n", argv[1]);
    print_help(stderr);
    return CLI_USAGE;
}
