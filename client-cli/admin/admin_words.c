// SPDX-License-Identifier: BSD-3-Clause
//
// Words and the table of commands: which one is meant, what may come next, the help.
#include "client-cli/admin/admin_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX_BYTES 40

// ---- patterns

struct token {
    char name[TOKEN_MAX_BYTES]; // without brackets and dots
    bool is_literal, is_optional, is_repeated;
};

static bool next_token(const char **pattern, struct token *out)
{
    *pattern += strspn(*pattern, " ");
    size_t len = strcspn(*pattern, " ");
    if (len == 0)
        return false;
    const char *from = *pattern;
    *pattern += len;
    *out = (struct token){ .is_optional = from[0] == '[' };
    out->is_repeated = memmem(from, len, "...", 3) != NULL;
    out->is_literal = islower((unsigned char)from[0]);
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < sizeof out->name; i++)
        if (isalnum((unsigned char)from[i]) || from[i] == '-')
            out->name[n++] = from[i];
    out->name[n] = '\0';
    return true;
}

// How many words fit from the start; *is_whole when all do and nothing is missing. The arguments
// go to call, unless it is NULL.
static size_t fit(const char *pattern, const char *const *words, size_t n, struct call *call,
                  bool *is_whole)
{
    struct token token;
    size_t used = 0;
    *is_whole = false;
    if (call != NULL)
        call->n_words = 0;
    while (next_token(&pattern, &token)) {
        if (used == n) {
            *is_whole = token.is_optional;
            return used;
        }
        if (token.is_literal && strcmp(words[used], token.name) != 0)
            return used;
        size_t take = token.is_repeated ? n - used : 1;
        for (size_t i = 0; i < take; i++, used++)
            if (!token.is_literal && call != NULL && call->n_words < ADMIN_WORDS_MAX)
                call->words[call->n_words++] = words[used];
    }
    *is_whole = used == n;
    return used;
}

// ---- options

static int option_index(const struct admin_command *command, const char *name, size_t len)
{
    for (int i = 0; i < ADMIN_OPTIONS_MAX && command->options[i].name != NULL; i++)
        if (strlen(command->options[i].name) == len &&
            strncmp(command->options[i].name, name, len) == 0)
            return i;
    return -1;
}

const char *call_option(const struct call *call, const char *name)
{
    int i = option_index(call->command, name, strlen(name));
    return i >= 0 ? call->options[i] : NULL;
}

char *call_rest(const struct call *call, size_t from)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (size_t i = from; i < call->n_words; i++)
        (void)fprintf(out, "%s%s", i > from ? " " : "", call->words[i]);
    return fclose(out) == 0 ? text : NULL;
}

static bool is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0 && word[2] != '\0';
}

// Takes the command's options out of the words; the rest goes to plain. False: one is unknown or
// lacks its value.
static bool take_options(const struct admin_command *command, const char *const *words, size_t n,
                         const char **plain, size_t *n_plain, struct call *call,
                         struct fault *fault)
{
    memset(call->options, 0, sizeof call->options);
    *n_plain = 0;
    bool are_options_over = false;
    for (size_t i = 0; i < n; i++) {
        if (are_options_over || !is_option(words[i])) {
            are_options_over |= strcmp(words[i], "--") == 0;
            if (are_options_over && strcmp(words[i], "--") == 0)
                continue;
            plain[(*n_plain)++] = words[i];
            continue;
        }
        size_t len = strcspn(words[i], "=");
        int index = option_index(command, words[i], len);
        if (index < 0) {
            (void)fault_set(fault, N_("\"%s\" has no option %.60s"), command->pattern, words[i]);
            return false;
        }
        const char *value = words[i][len] == '=' ? words[i] + len + 1 : NULL;
        if (command->options[index].value == NULL)
            value = "";
        else if (value == NULL && i + 1 < n)
            value = words[++i];
        if (value == NULL) {
            (void)fault_set(fault, N_("%s needs a value: %s"), command->options[index].name,
                            command->options[index].value);
            return false;
        }
        call->options[index] = value;
    }
    for (size_t i = 0; i < ADMIN_OPTIONS_MAX; i++)
        if (command->options[i].is_required && call->options[i] == NULL)
            return false;
    return true;
}

// ---- which command

// What to say when nothing fits: the patterns that come nearest.
static void explain(const char *const *words, size_t n, size_t best, const char *option_fault,
                    struct fault *fault)
{
    struct nearest nearest = { .name = "" };
    char list[300];
    size_t len = 0;
    list[0] = '\0';
    for (size_t i = 0; i < admin_n_commands; i++) {
        bool is_whole;
        const char *pattern = admin_commands[i].pattern;
        struct token first;
        const char *at = pattern;
        (void)next_token(&at, &first);
        if (n > 0)
            nearest_add(&nearest, words[0], first.name);
        if (best == 0 || len >= sizeof list || fit(pattern, words, n, NULL, &is_whole) < best)
            continue;
        len +=
            (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? " | " : "", pattern);
    }
    if (n == 0)
        (void)fault_set(fault, N_("which command?"));
    else if (option_fault[0] != '\0')
        (void)fault_set(fault, "%s", option_fault);
    else if (best == 0)
        (void)fault_set(fault, N_("there is no command \"%.60s\".%s"), words[0], nearest.name);
    else
        (void)fault_set(fault, N_("that does not fit: %s"), list);
}

int table_match(const char *const *words, size_t n, struct call *call, struct fault *fault)
{
    const char *plain[ADMIN_WORDS_MAX];
    size_t best = 0;
    struct fault option_fault = { .text = "" };
    if (n > ADMIN_WORDS_MAX)
        return fault_set(fault, N_("that are too many words"));
    for (size_t i = 0; i < admin_n_commands; i++) {
        bool is_whole;
        size_t n_plain;
        const struct admin_command *command = &admin_commands[i];
        struct fault why = { .text = "" };
        bool are_options_fine = take_options(command, words, n, plain, &n_plain, call, &why);
        size_t used = fit(command->pattern, plain, n_plain, call, &is_whole);
        call->command = command;
        if (is_whole && are_options_fine)
            return 0;
        if (is_whole && why.text[0] != '\0')
            option_fault = why;
        if (used > best)
            best = used;
    }
    explain(words, n, best, option_fault.text, fault);
    return -1;
}

// ---- a line into words

// Blanks part words; "…" and '…' hold them together; \ before a character of these takes it as it
// is; # at the start of a line is a comment.
int admin_split(char *line, const char *words[], size_t cap, size_t *n, struct fault *fault)
{
    char *from = line, *to = line;
    *n = 0;
    while (true) {
        from += strspn(from, " \t\r\n");
        if (*from == '\0' || (*from == '#' && *n == 0))
            return 0;
        if (*n == cap)
            return fault_set(fault, N_("that are too many words"));
        words[(*n)++] = to;
        char quote = '\0';
        for (; *from != '\0' && (quote != '\0' || strchr(" \t\r\n", *from) == NULL); from++) {
            if (quote == '\0' && (*from == '"' || *from == '\''))
                quote = *from;
            else if (quote != '\0' && *from == quote)
                quote = '\0';
            else if (*from == '\\' && from[1] != '\0' && strchr("\"' \t", from[1]) != NULL)
                *to++ = *++from;
            else
                *to++ = *from;
        }
        if (quote != '\0')
            return fault_set(fault, N_("a quote (%c) is not closed"), quote);
        bool is_end = *from == '\0';
        from += is_end ? 0 : 1;
        *to++ = '\0';
    }
}

// ---- what may come next

static const char *const right_words[] = {
    "write",       "traverse",    "enter",    "speak",        "mutedeafen",       "move",
    "makechannel", "linkchannel", "whisper",  "textmessage",  "maketempchannel",  "listen",
    "kick",        "ban",         "register", "selfregister", "resetusercontent", "all",
};

static const char *const tier_words[] = {
    "full", "standard", "thin", "minimum", "lifeline", "auto"
};

static const char *argument_help(const char *name)
{
    for (size_t i = 0; i < admin_n_arguments; i++)
        if (strcmp(admin_arguments[i].name, name) == 0)
            return admin_arguments[i].help;
    return "";
}

struct offers {
    table_offer_fn offer;
    void *arg;
    const char *typed;
    char seen[2048]; // words offered already, each between newlines
};

static void offer_word(struct offers *offers, const char *word, const char *help)
{
    char key[TOKEN_MAX_BYTES + 4];
    (void)snprintf(key, sizeof key, "\n%s\n", word);
    size_t used = strlen(offers->seen);
    if (strncmp(word, offers->typed, strlen(offers->typed)) != 0 ||
        strstr(offers->seen, key) != NULL)
        return;
    if (used + strlen(key) < sizeof offers->seen)
        memcpy(offers->seen + used, key, strlen(key) + 1);
    offers->offer(offers->arg, word, help);
}

static void offer_argument(struct offers *offers, const char *name)
{
    char word[TOKEN_MAX_BYTES];
    if (strcmp(name, "RIGHT") == 0) {
        for (size_t i = 0; i < 2 * sizeof right_words / sizeof *right_words; i++) {
            (void)snprintf(word, sizeof word, "%c%s", i % 2 == 0 ? '+' : '-', right_words[i / 2]);
            offer_word(offers, word, "");
        }
    } else if (strcmp(name, "TIER") == 0) {
        for (size_t i = 0; i < sizeof tier_words / sizeof *tier_words; i++)
            offer_word(offers, tier_words[i], "");
    } else {
        (void)snprintf(word, sizeof word, "<%.20s>", name); // a hint; shells leave it out
        offers->offer(offers->arg, word, argument_help(name));
    }
}

static void offer_options(struct offers *offers, const struct admin_option *options, size_t n)
{
    for (size_t i = 0; i < n && options[i].name != NULL; i++)
        offer_word(offers, options[i].name, options[i].help);
}

// The token that the word after n words would be; false: none.
static bool token_after(const char *pattern, const char *const *words, size_t n,
                        struct token *token)
{
    for (size_t i = 0; next_token(&pattern, token); i++) {
        if (i == n || token->is_repeated)
            return true;
        if (token->is_literal && strcmp(words[i], token->name) != 0)
            return false;
    }
    return false;
}

void table_complete(const char *const *words, size_t n, table_offer_fn offer, void *arg)
{
    struct offers offers = { offer, arg, n > 0 ? words[n - 1] : "", "" };
    const char *plain[ADMIN_WORDS_MAX];
    size_t n_plain = 0;
    for (size_t i = 0; i + 1 < n && n_plain < ADMIN_WORDS_MAX; i++)
        if (!is_option(words[i]))
            plain[n_plain++] = words[i];
    bool wants_options = offers.typed[0] == '-' && offers.typed[1] != '\0';
    for (size_t i = 0; i < admin_n_commands; i++) {
        const struct admin_command *command = &admin_commands[i];
        struct token token;
        bool is_whole;
        bool is_more = token_after(command->pattern, plain, n_plain, &token);
        (void)fit(command->pattern, plain, n_plain, NULL, &is_whole);
        if (is_more && token.is_literal)
            offer_word(&offers, token.name, n_plain == 0 ? command->group : command->help);
        else if (is_more)
            offer_argument(&offers, token.name);
        if ((is_more || is_whole) && n_plain > 0)
            offer_options(&offers, command->options, ADMIN_OPTIONS_MAX);
    }
    if (n_plain == 0 || wants_options)
        offer_options(&offers, admin_global_options, admin_n_global_options);
}

// ---- help

static bool begins_so(const char *pattern, const char *const *words, size_t n)
{
    struct token token;
    for (size_t i = 0; i < n; i++)
        if (!next_token(&pattern, &token) ||
            (token.is_literal && strcmp(token.name, words[i]) != 0))
            return false;
    return true;
}

static void print_option(FILE *out, const struct admin_option *option, const char *indent)
{
    char left[64];
    (void)snprintf(left, sizeof left, "%s %s", option->name,
                   option->value != NULL ? option->value : "");
    (void)fprintf(out, "%s%-24s %s\n", indent, left, option->help);
}

static void print_arguments(FILE *out, const struct admin_command *command)
{
    const char *at = command->pattern;
    struct token token;
    while (next_token(&at, &token))
        if (!token.is_literal)
            (void)fprintf(out, "      %-24s %s\n", token.name, argument_help(token.name));
}

void table_print_help(FILE *out, const char *const *words, size_t n)
{
    const char *group = "";
    if (n == 0)
        (void)fputs("susurro admin [OPTIONS] [mumble://[NAME[:PASSWORD]@]HOST[:PORT]] COMMAND\n\n"
                    "Administers a Mumble server: Susurro or mumble-server. Without a server: "
                    "$SUSURRO_SERVER or this machine;\nwithout a name: SuperUser.\n",
                    out);
    for (size_t i = 0; i < admin_n_commands; i++) {
        const struct admin_command *command = &admin_commands[i];
        if (!begins_so(command->pattern, words, n))
            continue;
        if (strcmp(group, command->group) != 0)
            (void)fprintf(out, "\n%s\n", command->group);
        group = command->group;
        (void)fprintf(out, "  %s\n      %s\n", command->pattern, command->help);
        if (n > 0)
            print_arguments(out, command);
        for (size_t k = 0; k < ADMIN_OPTIONS_MAX && command->options[k].name != NULL; k++)
            print_option(out, &command->options[k], "      ");
    }
    if (n == 0) {
        (void)fputs("\nArguments\n", out);
        for (size_t i = 0; i < admin_n_arguments; i++)
            (void)fprintf(out, "  %-24s %s\n", admin_arguments[i].name, admin_arguments[i].help);
    }
    (void)fputs("\nOptions\n", out);
    for (size_t i = 0; i < admin_n_global_options; i++)
        print_option(out, &admin_global_options[i], "  ");
    (void)fputs("\nSuperUser's password comes from --password-file, the environment variable "
                "SUSURRO_PASSWORD, or the terminal.\n"
                "Exit status: 0 done, 1 refused by the server, 2 wrong usage, 3 cannot connect or "
                "log in, 4 not found,\n5 no answer.\n",
                out);
}

void table_print_list(FILE *out)
{
    for (size_t i = 0; i < admin_n_commands; i++) {
        const struct admin_command *command = &admin_commands[i];
        (void)fprintf(out, "command\t%s\t%s\t%s\n", command->group, command->pattern,
                      command->help);
        for (size_t k = 0; k < ADMIN_OPTIONS_MAX && command->options[k].name != NULL; k++)
            (void)fprintf(out, "option\t%s\t%s\t%s\n", command->options[k].name,
                          command->options[k].value != NULL ? command->options[k].value : "",
                          command->options[k].help);
    }
    for (size_t i = 0; i < admin_n_arguments; i++)
        (void)fprintf(out, "argument\t%s\t%s\n", admin_arguments[i].name, admin_arguments[i].help);
    for (size_t i = 0; i < admin_n_global_options; i++)
        (void)fprintf(out, "global\t%s\t%s\t%s\n", admin_global_options[i].name,
                      admin_global_options[i].value != NULL ? admin_global_options[i].value : "",
                      admin_global_options[i].help);
}
