// SPDX-License-Identifier: BSD-3-Clause
//
// `susurro admin` from its words to its exit status.
#include "client-cli/admin/admin_int.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// ---- what is said

static const char *const exit_names[] = {
    [ADMIN_DONE] = "done",           [ADMIN_REFUSED] = "refused",
    [ADMIN_USAGE] = "usage",         [ADMIN_UNREACHED] = "unreached",
    [ADMIN_NOT_FOUND] = "not_found", [ADMIN_NO_ANSWER] = "no_answer",
};

int admin_fail(struct admin *admin, enum admin_exit exit, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    (void)fflush(stdout);
    (void)fputs("susurro: ", stderr);
    text_print_clean(stderr, text, false);
    (void)fputc('\n', stderr);
    if (admin->options.is_json) {
        struct json json;
        json_begin(&json, stdout);
        json_text(&json, "error", exit_names[exit]);
        json_text(&json, "text", text);
        json_end(&json);
    }
    admin->exit = (int)exit;
    return (int)exit;
}

int admin_done(struct admin *admin, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (admin->options.is_json) {
        struct json json;
        json_begin(&json, stdout);
        json_bool(&json, "done", true);
        json_text(&json, "text", text);
        json_end(&json);
    } else {
        text_print_clean(stdout, text, false);
        (void)fputc('\n', stdout);
        (void)fflush(stdout);
    }
    return ADMIN_DONE;
}

// ---- options

struct plan {
    const char *words[ADMIN_WORDS_MAX]; // of the command
    size_t n_words;
    bool is_help, is_list;
};

static int bad_usage(struct admin *admin, const char *text)
{
    int exit = admin_fail(admin, ADMIN_USAGE, "%s", text);
    (void)fputs("Try: susurro admin --help\n", stderr);
    return exit;
}

static bool take_flag(struct admin *admin, struct plan *plan, const char *word)
{
    struct admin_options *options = &admin->options;
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        { "--json", &options->is_json },
        { "--keep-going", &options->is_going_on },
        { "--insecure", &options->is_insecure },
        { "--verbose", &options->is_verbose },
        { "--help", &plan->is_help },
        { "-h", &plan->is_help },
        { "--list-commands", &plan->is_list },
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(word, flags[i].name) == 0)
            return *flags[i].flag = true;
    return false;
}

// Returns how many words were used; 0: none of these; -1: wrong.
static int take_value(struct admin *admin, int argc, char **argv)
{
    struct admin_options *options = &admin->options;
    const char *timeout = NULL;
    const struct {
        const char *name;
        const char **value;
    } values[] = {
        { "--password-file", &options->password_file },
        { "--cert", &options->certificate },
        { "--batch", &options->batch },
        { "--timeout", &timeout },
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        size_t len = strlen(values[i].name);
        if (strncmp(argv[0], values[i].name, len) != 0 ||
            (argv[0][len] != '\0' && argv[0][len] != '='))
            continue;
        bool is_joined = argv[0][len] == '=';
        if (!is_joined && argc < 2)
            return -1;
        *values[i].value = is_joined ? argv[0] + len + 1 : argv[1];
        if (timeout != NULL) {
            char *end;
            options->timeout_s = strtod(timeout, &end);
            if (end == timeout || *end != '\0' ||
                !(options->timeout_s >= 0.1 && options->timeout_s <= 3600))
                return -1;
        }
        return is_joined ? 1 : 2;
    }
    return 0;
}

static bool is_command_word(const char *word)
{
    for (size_t i = 0; i < admin_n_commands; i++) {
        size_t len = strcspn(admin_commands[i].pattern, " ");
        if (strlen(word) == len && strncmp(admin_commands[i].pattern, word, len) == 0)
            return true;
    }
    return false;
}

// A name without a dot is a host when a command follows it.
static bool is_server(const char *word, const char *next)
{
    if (strncmp(word, "mumble://", 9) == 0)
        return true;
    return !is_command_word(word) &&
           (strpbrk(word, ".:@") != NULL || strcmp(word, "localhost") == 0 ||
            (next != NULL && is_command_word(next)));
}

static int read_words(struct admin *admin, struct plan *plan, int argc, char **argv)
{
    struct fault fault;
    bool is_over = false;
    for (int i = 0; i < argc; i++) {
        bool is_first = plan->n_words == 0;
        if (!is_over && take_flag(admin, plan, argv[i]))
            continue;
        int used = is_first && !is_over ? take_value(admin, argc - i, argv + i) : 0;
        if (used < 0) {
            (void)fault_set(&fault, N_("%.60s: no value, or a wrong one"), argv[i]);
            return bad_usage(admin, fault.text);
        }
        is_over |= strcmp(argv[i], "--") == 0;
        if (used > 0) {
            i += used - 1;
        } else if (is_first && !admin->options.has_url &&
                   is_server(argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
            if (url_parse(argv[i], &admin->options.url, &fault) != 0)
                return bad_usage(admin, fault.text);
            admin->options.has_url = true;
        } else if (is_first && argv[i][0] == '-') {
            (void)fault_set(&fault, N_("there is no option %.60s"), argv[i]);
            return bad_usage(admin, fault.text);
        } else if (plan->n_words == ADMIN_WORDS_MAX) {
            return bad_usage(admin, "that are too many words");
        } else {
            plan->words[plan->n_words++] = argv[i];
        }
    }
    return ADMIN_DONE;
}

static int choose_server(struct admin *admin)
{
    const char *server = getenv("SUSURRO_SERVER");
    struct fault fault;
    if (admin->options.has_url)
        return ADMIN_DONE;
    if (url_parse(server != NULL ? server : "localhost", &admin->options.url, &fault) != 0)
        return admin_fail(admin, ADMIN_USAGE, "SUSURRO_SERVER: %s", fault.text);
    return ADMIN_DONE;
}

// ---- running

static int run_command(struct admin *admin, const char *const *words, size_t n)
{
    struct call call = { .admin = admin };
    struct fault fault;
    if (table_match(words, n, &call, &fault) != 0)
        return admin_fail(admin, ADMIN_USAGE, "%s", fault.text);
    admin->exit = ADMIN_DONE;
    int exit = call.command->run(&call);
    return exit;
}

static int run_line(struct admin *admin, char *line)
{
    const char *words[ADMIN_WORDS_MAX];
    size_t n;
    struct fault fault;
    if (admin_split(line, words, ADMIN_WORDS_MAX, &n, &fault) != 0)
        return admin_fail(admin, ADMIN_USAGE, "%s", fault.text);
    return n == 0 ? ADMIN_DONE : run_command(admin, words, n);
}

static int run_lines(struct admin *admin, FILE *file)
{
    char line[ADMIN_LINE_MAX_BYTES];
    int first = ADMIN_DONE;
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        int exit = strchr(line, '\n') == NULL && !feof(file)
                       ? admin_fail(admin, ADMIN_USAGE, "the line is too long")
                       : run_line(admin, line);
        if (exit == ADMIN_DONE)
            continue;
        (void)fprintf(stderr, "susurro: in line %u\n", number);
        first = first == ADMIN_DONE ? exit : first;
        if (!admin->options.is_going_on || admin->is_over || exit == ADMIN_UNREACHED)
            break;
    }
    return first;
}

static int run_batch(struct admin *admin)
{
    bool is_input = strcmp(admin->options.batch, "-") == 0;
    FILE *file = is_input ? stdin : fopen(admin->options.batch, "re");
    if (file == NULL)
        return admin_fail(admin, ADMIN_USAGE, "cannot read %s", admin->options.batch);
    int exit = admin_connect(admin);
    if (exit == ADMIN_DONE)
        exit = run_lines(admin, file);
    if (!is_input)
        (void)fclose(file);
    return exit;
}

// What is wrong with the words is said before anybody is asked for a password.
static int run_one(struct admin *admin, const struct plan *plan)
{
    struct call call = { .admin = admin };
    struct fault fault;
    if (table_match(plan->words, plan->n_words, &call, &fault) != 0)
        return bad_usage(admin, fault.text);
    int exit = admin_connect(admin);
    return exit == ADMIN_DONE ? run_command(admin, plan->words, plan->n_words) : exit;
}

static int run_connected(struct admin *admin, const struct plan *plan)
{
    if (uv_loop_init(&admin->loop) != 0)
        return admin_fail(admin, ADMIN_UNREACHED, "out of memory");
    (void)uv_timer_init(&admin->loop, &admin->timer);
    admin->timer.data = admin;
    log_init(2, admin->options.is_verbose ? LOG_DEBUG : LOG_WARN);
    int exit = admin->options.batch != NULL ? run_batch(admin) : run_one(admin, plan);
    admin_disconnect(admin);
    uv_close((uv_handle_t *)&admin->timer, NULL);
    (void)uv_run(&admin->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&admin->loop);
    picture_clear(&admin->picture);
    return exit;
}

int admin_run(int argc, char **argv)
{
    struct plan plan = { .n_words = 0 };
    struct admin *admin = calloc(1, sizeof *admin);
    if (admin == NULL)
        return ADMIN_UNREACHED;
    admin->options.timeout_s = ADMIN_TIMEOUT_S;
    int exit = read_words(admin, &plan, argc, argv);
    if (exit == ADMIN_DONE && plan.is_help)
        table_print_help(stdout, plan.words, plan.n_words);
    else if (exit == ADMIN_DONE && plan.is_list)
        table_print_list(stdout);
    else if (exit == ADMIN_DONE && admin->options.batch != NULL && plan.n_words > 0)
        exit = bad_usage(admin, "either a command or --batch");
    else if (exit == ADMIN_DONE)
        exit = choose_server(admin);
    if (exit == ADMIN_DONE && !plan.is_help && !plan.is_list)
        exit = run_connected(admin, &plan);
    free(admin);
    return exit;
}

// ---- completion

static void print_offer(void *arg, const char *word, const char *help)
{
    (void)fprintf(arg, "%s\t%s\n", word, help);
}

int admin_complete(int argc, char **argv)
{
    const char *words[ADMIN_WORDS_MAX];
    size_t n = 0;
    for (int i = 0; i < argc && n < ADMIN_WORDS_MAX; i++) {
        bool is_last = i + 1 == argc;
        bool is_value =
            i > 0 && n == 0 &&
            (strcmp(argv[i - 1], "--password-file") == 0 || strcmp(argv[i - 1], "--cert") == 0 ||
             strcmp(argv[i - 1], "--batch") == 0 || strcmp(argv[i - 1], "--timeout") == 0);
        if (is_value && is_last)
            return 0; // files are the shell's
        if (is_value ||
            (!is_last && n == 0 && (is_server(argv[i], argv[i + 1]) || argv[i][0] == '-')))
            continue;
        words[n++] = argv[i];
    }
    table_complete(words, n, print_offer, stdout);
    return 0;
}
