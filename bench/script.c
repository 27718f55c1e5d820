// SPDX-License-Identifier: BSD-3-Clause
#include "bench/load.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 512
#define ASSOCIATE_LIMIT_NS 60000000000
#define SAY_NS 50000000
#define ASSOCIATE_NS 100000000

// A number that is not more than that.
static unsigned long number_of(const char *text, unsigned long most)
{
    char *end;
    unsigned long value = text != NULL ? strtoul(text, &end, 10) : ULONG_MAX;
    if (text == NULL || *text == '\0' || *end != '\0' || value > most)
        fail("the script has '%s' for a number", text != NULL ? text : "nothing");
    return value;
}

static size_t index_of(const char *text)
{
    return number_of(text, CLIENTS_MAX);
}

static void need_clients(const struct load *load, size_t first, size_t n)
{
    if (first + n > load->n_clients)
        fail("the script wants %zu clients of %zu", first + n, load->n_clients);
}

static void associate(struct load *load, size_t first)
{
    int64_t limit_ns = now_ns() + ASSOCIATE_LIMIT_NS;
    for (size_t n_waiting = 1; n_waiting > 0;) {
        n_waiting = 0;
        for (size_t i = first; i < load->n_clients; i++) {
            if (load->clients[i].udp_fd < 0 || load->clients[i].is_associated)
                continue;
            n_waiting++;
            load_client_ping_udp(&load->clients[i]);
        }
        if (n_waiting > 0 && now_ns() > limit_ns)
            fail("%zu of %zu clients get no UDP answer", n_waiting, load->n_clients);
        if (n_waiting > 0)
            load_run_until(load, now_ns() + ASSOCIATE_NS);
    }
}

// "room-#11": eleven clients in each of room-0, room-1, …
static const char *path_of(const char *path, size_t k, char *out, size_t cap)
{
    const char *mark = strchr(path, '#');
    unsigned long each = mark != NULL ? strtoul(mark + 1, NULL, 10) : 0;
    if (each == 0)
        return path;
    (void)snprintf(out, cap, "%.*s%zu", (int)(mark - path), path, k / each);
    return out;
}

static void do_connect(struct load *load, char **rest)
{
    size_t n = index_of(strsep(rest, " ")), first = load->n_clients;
    const char *way = strsep(rest, " "), *path = *rest;
    struct load_options options = load->setup.server;
    options.is_udp = way != NULL && strcmp(way, "udp") == 0;
    if (path == NULL || first + n > CLIENTS_MAX)
        fail("connect: too many clients, or no channel");
    load->n_speakers = 0; // nobody speaks meanwhile
    int64_t cpu_ns = cpu_of_process_ns(load->setup.pid, NULL), start_ns = now_ns();
    for (size_t i = first; i < first + n; i++) {
        char name[32], place[LINE_BYTES];
        (void)snprintf(name, sizeof name, "load-%zu", i);
        load_client_open(&load->clients[i], load->tls, &options, name,
                         path_of(path, i - first, place, sizeof place));
        load->n_clients = i + 1;
        load_add_tcp(load, i);
        if (i % 16 == 15)
            load_run_until(load, now_ns() + 1000000);
    }
    cpu_ns = cpu_of_process_ns(load->setup.pid, NULL) - cpu_ns;
    int64_t wall_ns = now_ns() - start_ns;
    associate(load, first);
    load_run_until(load, now_ns() + SETTLE_NS);
    printf("{\"clients\": %zu, \"cpu_ms\": %.1f, \"wall_ms\": %.1f, \"rss_kib\": %ld}\n",
           load->n_clients, (double)cpu_ns / 1e6, (double)wall_ns / 1e6,
           rss_of_process_kib(load->setup.pid));
}

static void do_rooms(struct load *load, char **rest)
{
    struct load_client root;
    size_t n = index_of(strsep(rest, " "));
    struct load_options options = load->setup.server;
    options.is_udp = false;
    options.password = *rest;
    load_client_open(&root, load->tls, &options, "SuperUser", NULL);
    load_client_make_rooms(&root, (unsigned)n);
    load_client_close(&root);
    printf("{\"rooms\": %zu}\n", n);
}

static void do_rtp(struct load *load, char **rest)
{
    size_t n = index_of(*rest);
    printf("{\"ports\": [");
    for (size_t i = 0; i < n && load->n_clients < CLIENTS_MAX; i++)
        printf("%s%u", i > 0 ? ", " : "", rtp_open(&load->clients[load->n_clients++]));
    printf("]}\n");
}

static void do_peer(struct load *load, char **rest)
{
    size_t index = index_of(strsep(rest, " "));
    need_clients(load, index, 1);
    rtp_peer(&load->clients[index], (uint16_t)number_of(*rest, UINT16_MAX));
    printf("{}\n");
}

static void do_say(struct load *load, char **rest)
{
    size_t first = index_of(strsep(rest, " ")), n = index_of(strsep(rest, " "));
    need_clients(load, first, n);
    for (size_t i = first; i < first + n && *rest != NULL; i++)
        load_client_say(&load->clients[i], *rest);
    load_run_until(load, now_ns() + SAY_NS);
    printf("{}\n");
}

static void do_speak(struct load *load, char **rest)
{
    size_t first = index_of(strsep(rest, " ")), n = index_of(strsep(rest, " "));
    size_t step = index_of(*rest);
    need_clients(load, first, n > 0 ? (n - 1) * step + 1 : 0);
    load->n_speakers = n;
    for (size_t i = 0; i < n; i++)
        load->speakers[i] = first + i * step;
    printf("{}\n");
}

static void do_speak_all(struct load *load, char **rest)
{
    load->n_speakers = 0;
    while (*rest != NULL && load->n_speakers < CLIENTS_MAX) {
        size_t index = index_of(strsep(rest, " "));
        need_clients(load, index, 1);
        load->speakers[load->n_speakers++] = index;
    }
    printf("{}\n");
}

static void do_measure(struct load *load, char **rest)
{
    double seconds = strtod(*rest, rest);
    *rest += strspn(*rest, " ");
    const char *what = strsep(rest, " ");
    load->is_mixed = strcmp(what, "mixed") == 0;
    if (load->is_mixed) {
        size_t ear = index_of(*rest);
        need_clients(load, ear, 1);
        load->ear = &load->clients[ear];
    }
    measure(load, seconds);
}

static void do_wait(struct load *load, char **rest)
{
    load_run_until(load, now_ns() + (int64_t)(strtod(*rest, NULL) * 1e9));
    printf("{}\n");
}

static void do_pings(struct load *load, char **rest)
{
    load->has_pings = *rest != NULL && strcmp(*rest, "on") == 0;
    printf("{}\n");
}

static const struct {
    const char *word;
    void (*run)(struct load *load, char **rest);
} commands[] = {
    { "rooms", do_rooms },         { "connect", do_connect }, { "rtp", do_rtp },
    { "peer", do_peer },           { "say", do_say },         { "speak", do_speak },
    { "speak-all", do_speak_all }, { "measure", do_measure }, { "wait", do_wait },
    { "pings", do_pings },
};

void script_run(struct load *load)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        const char *word = strsep(&rest, " ");
        size_t i = 0;
        while (i < sizeof commands / sizeof commands[0] && strcmp(commands[i].word, word) != 0)
            i++;
        if (i == sizeof commands / sizeof commands[0] || rest == NULL)
            fail("the script says '%s'", word);
        commands[i].run(load, &rest);
        (void)fflush(stdout);
    }
}
