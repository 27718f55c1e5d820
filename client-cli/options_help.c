// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/console/console.h"
#include "client-cli/options_int.h"

#include <string.h>

static void print_option(FILE *out, const struct option *option)
{
    char left[32];
    (void)snprintf(left, sizeof left, "%s %s", option->name,
                   option->value != NULL ? option->value : "");
    const char *line = cli_text(option->help);
    const char *cut = strchr(line, '\n');
    int len = cut != NULL ? (int)(cut - line) : (int)strlen(line);
    (void)fprintf(out, "  %-20s %.*s\n", left, len, line);
    if (cut != NULL)
        (void)fprintf(out, "  %-20s %s\n", "", cut + 1);
}

static void print_table(FILE *out, unsigned of)
{
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)) != NULL; i++)
        if ((option->of & of) != 0)
            print_option(out, option);
    (void)fprintf(out, "  %-20s %s\n", "--help", cli_text(N_("print this")));
}

static void print_completion(const struct option *option)
{
    const char *help = cli_text(option->help);
    (void)printf("%s\t%.*s\n", option->name, (int)strcspn(help, "\n"), help);
}

int options_complete(const char *command, const char *word)
{
    unsigned of = strcmp(command, "join") == 0   ? OF_JOIN
                  : strcmp(command, "ping") == 0 ? OF_PING
                                                 : OF_CONSOLE;
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)) != NULL; i++)
        if ((option->of & of) != 0 && word[0] == '-' &&
            strncmp(option->name, word, strlen(word)) == 0)
            print_completion(option);
    return CLI_FINE;
}

void options_print_join_help(FILE *out)
{
    (void)fputs(
        cli_text(
            N_("susurro join [mumble://][NAME[:PASSWORD]@]HOST[:PORT][/CHANNEL/PATH] [options]\n\n"
               "Joins a meeting: listens, speaks, and prints what happens.\n\n")),
        out);
    print_table(out, OF_JOIN);
    (void)fputs(
        cli_text(N_(
            "\nA password may also come from the environment variable SUSURRO_PASSWORD.\n"
            "Exit status: 0 done, 1 something failed, 2 wrong usage, 3 refused by the server.\n\n"
            "  susurro join mumble://Ana@meeting.example/Asamblea --listen es\n"
            "  susurro join meeting.example/Asamblea --play speech.wav --record heard.wav\n")),
        out);
}

void options_print_console_help(FILE *out, const char *command)
{
    const struct key_row *row;
    (void)fprintf(
        out,
        cli_text(
            N_("susurro %s [mumble://][NAME[:PASSWORD]@]HOST[:PORT][/CHANNEL/PATH] [options]\n\n"
               "A full-screen console in the terminal. ? shows its keys, q leaves.\n\n")),
        command);
    print_table(out, OF_CONSOLE);
    (void)fprintf(out, "\n");
    for (size_t i = 0; (row = key_row_at(i)) != NULL; i++)
        if (row->help != NULL && (row->modes & (unsigned)console_mode_of(command)) != 0) {
            const char *shown = cli_text(row->shown);
            int width = 12 + (int)(strlen(shown) - str_utf16_units(shown));
            (void)fprintf(out, "  %-*s %s\n", width, shown, cli_text(row->help));
        }
    (void)fputs(
        cli_text(N_(
            "\nA password may also come from the environment variable SUSURRO_PASSWORD.\n"
            "Exit status: 0 done, 1 something failed, 2 wrong usage, 3 refused by the server.\n\n"
            "  susurro interpret mumble://Ines@meeting.example/Asamblea\n"
            "  susurro listen mumble://Ana@meeting.example/Asamblea --listen es\n"
            "  susurro moderate mumble://Mona@meeting.example/Asamblea\n")),
        out);
}

void options_print_ping_help(FILE *out)
{
    (void)fputs(cli_text(N_("susurro ping HOST[:PORT] [options]\n\n"
                            "Asks a server, without joining it, for its version, users, bandwidth "
                            "and round trip.\n\n")),
                out);
    print_table(out, OF_PING);
}
