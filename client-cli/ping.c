// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "client-cli/cli.h"

#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS 3
#define ANSWER_MS 700       // an attempt waits so long for the first answer,
#define OTHER_ANSWER_MS 100 // and then so long for the one in the other form

struct answers {
    bool has_form[2]; // by enum voice_format
    struct list_ping_reply reply;
    double ms; // of the first
};

static void ask(int fd, uint64_t now_us)
{
    static const enum voice_format forms[] = { VOICE_FORMAT_PROTOBUF, VOICE_FORMAT_LEGACY };
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[LIST_PING_MAX_BYTES];
        const struct list_ping ping = { .format = forms[i], .timestamp = now_us };
        int len = list_ping_write(&ping, bytes, sizeof bytes);
        if (len > 0)
            (void)send(fd, bytes, (size_t)len, 0);
    }
}

static void take_answer(int fd, uint64_t asked_us, struct answers *answers)
{
    uint8_t bytes[256];
    enum voice_format format;
    struct list_ping_reply reply;
    ssize_t len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (len <= 0 || !list_ping_reply_read((struct span){ bytes, (size_t)len }, &format, &reply) ||
        reply.timestamp != asked_us)
        return;
    bool is_first = !answers->has_form[0] && !answers->has_form[1];
    answers->has_form[format] = true;
    // The legacy form tells less of the version: it counts only where nothing better came.
    if (is_first || format == VOICE_FORMAT_PROTOBUF)
        answers->reply = reply;
    if (is_first)
        answers->ms = (double)(clock_us() - asked_us) / 1000.0;
}

static bool attempt(int fd, struct answers *answers)
{
    uint64_t asked_us = clock_us();
    uint64_t until_us = asked_us + MS(ANSWER_MS);
    ask(fd, asked_us);
    while (!answers->has_form[0] || !answers->has_form[1]) {
        uint64_t now_us = clock_us();
        if (now_us >= until_us)
            break;
        struct pollfd poll_in = { .fd = fd, .events = POLLIN };
        if (poll(&poll_in, 1, (int)((until_us - now_us + 999) / 1000)) <= 0)
            continue;
        bool had_any = answers->has_form[0] || answers->has_form[1];
        take_answer(fd, asked_us, answers);
        if (!had_any && (answers->has_form[0] || answers->has_form[1]))
            until_us = clock_us() + MS(OTHER_ANSWER_MS);
    }
    return answers->has_form[0] || answers->has_form[1];
}

static bool ping_address(const struct addrinfo *address, struct answers *answers)
{
    int fd = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool is_answered = false;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        is_answered = attempt(fd, answers);
    (void)close(fd);
    return is_answered;
}

enum exit_code ping_run(const struct ping_options *options)
{
    struct events events;
    events_init(&events, stdout, options->is_json);
    char service[8];
    (void)snprintf(service, sizeof service, "%u", options->url.port);
    const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
    struct addrinfo *addresses = NULL;
    int error = getaddrinfo(options->url.host, service, &hints, &addresses);
    if (error != 0) {
        (void)fprintf(stderr, cli_text(N_("susurro: cannot find %s: %s\n")), options->url.host,
                      gai_strerror(error));
        return CLI_FAILED;
    }
    struct answers answers = { .ms = 0 };
    bool is_answered = false;
    for (int i = 0; i < ATTEMPTS && !is_answered; i++)
        for (struct addrinfo *at = addresses; at != NULL && !is_answered; at = at->ai_next)
            is_answered = ping_address(at, &answers);
    freeaddrinfo(addresses);
    if (!is_answered) {
        (void)fprintf(
            stderr,
            cli_text(N_("susurro: %s:%u does not answer pings: is the server running, and "
                        "does its firewall let UDP through?\n")),
            options->url.host, options->url.port);
        return CLI_FAILED;
    }
    events_ping(&events, &options->url, &answers.reply, answers.has_form[VOICE_FORMAT_PROTOBUF],
                answers.has_form[VOICE_FORMAT_LEGACY], answers.ms);
    return CLI_FINE;
}
