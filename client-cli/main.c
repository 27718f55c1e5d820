// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include <signal.h>
#include <string.h>

static void print_help(FILE *out)
{
    (void)fputs(
        cli_text(N_(
            "susurro – join meetings with simultaneous interpretation, from a terminal or a "
            "script\n\n"
            "  susurro join mumble://[NAME[:PASSWORD]@]HOST[:PORT]/CHANNEL   listen and speak\n"
            "  susurro interpret mumble://[NAME[:PASSWORD]@]HOST[:PORT]      a booth, full screen\n"
            "  susurro listen mumble://[NAME[:PASSWORD]@]HOST[:PORT]         a seat, full screen\n"
            "  susurro moderate mumble://[NAME[:PASSWORD]@]HOST[:PORT]       the chair, full "
            "screen\n"
            "  susurro ping HOST[:PORT]                                      is the server there?\n"
            "  susurro admin [mumble://[NAME@]HOST[:PORT]] COMMAND           look after a server\n"
            "  susurro --version\n\n"
            "susurro join --help, susurro interpret --help and so on: the options of a "
            "command\n")),
        out);
}

static int usage(const struct fault *fault, const char *command)
{
    (void)fprintf(stderr, cli_text(N_("susurro %s: %s\nTry: susurro %s --help\n")), command,
                  fault->text, command);
    return CLI_USAGE;
}

static int run_join(int argc, char **argv)
{
    struct join_options options;
    struct fault fault;
    switch (options_join(argc, argv, &options, &fault)) {
    case OPTIONS_RUN:
        return (int)join_run(&options);
    case OPTIONS_HELP:
        options_print_join_help(stdout);
        return CLI_FINE;
    case OPTIONS_FAULT:
        break;
    }
    return usage(&fault, "join");
}

static int run_console(const char *command, int argc, char **argv)
{
    struct join_options options;
    struct fault fault;
    switch (options_console(argc, argv, &options, &fault)) {
    case OPTIONS_RUN:
        return (int)console_run(command, &options);
    case OPTIONS_HELP:
        options_print_console_help(stdout, command);
        return CLI_FINE;
    case OPTIONS_FAULT:
        break;
    }
    return usage(&fault, command);
}

static int run_interpret(int argc, char **argv)
{
    return run_console("interpret", argc, argv);
}

static int run_listen(int argc, char **argv)
{
    return run_console("listen", argc, argv);
}

static int run_moderate(int argc, char **argv)
{
    return run_console("moderate", argc, argv);
}

static int run_ping(int argc, char **argv)
{
    struct ping_options options;
    struct fault fault;
    switch (options_ping(argc, argv, &options, &fault)) {
    case OPTIONS_RUN:
        return (int)ping_run(&options);
    case OPTIONS_HELP:
        options_print_ping_help(stdout);
        return CLI_FINE;
    case OPTIONS_FAULT:
        break;
    }
    return usage(&fault, "ping");
}

static int run_complete(int argc, char **argv)
{
    static const char *const programs[] = { "join", "interpret", "listen",    "moderate",
                                            "ping", "admin",     "--version", "--help" };
    if (argc > 1 && strcmp(argv[0], "admin") == 0)
        return admin_complete(argc - 1, argv + 1);
    if (argc > 1)
        return options_complete(argv[0], argv[argc - 1]);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (argc == 0 || strncmp(programs[i], argv[0], strlen(argv[0])) == 0)
            (void)printf("%s\t\n", programs[i]);
    return CLI_FINE;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "join", run_join },           { "interpret", run_interpret }, { "listen", run_listen },
    { "moderate", run_moderate },   { "ping", run_ping },           { "admin", admin_run },
    { "--complete", run_complete }, // for shells: what the last of these words may become
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
            return commands[i].run(argc - 2, argv + 2);
    (void)fprintf(stderr, cli_text(N_("susurro: there is no command %.60s\n\n")), argv[1]);
    print_help(stderr);
    return CLI_USAGE;
}
