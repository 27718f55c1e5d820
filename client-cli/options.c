// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/options_int.h"

#include "base/base.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANGUAGE_MAX_BYTES 35

// ---- values

static int parse_number(const char *text, double least, double most, double *out,
                        struct fault *fault)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !isfinite(value) || value < least ||
        value > most)
        return fault_set(fault, N_("\"%.60s\" is not a number from %g to %g"), text, least, most);
    *out = value;
    return 0;
}

static int parse_language(const char *text, const char **out, struct fault *fault)
{
    size_t len = strlen(text);
    bool is_language = len >= 2 && len <= LANGUAGE_MAX_BYTES && text[0] != '-';
    for (size_t i = 0; i < len && is_language; i++)
        is_language = isalnum((unsigned char)text[i]) || text[i] == '-';
    if (!is_language)
        return fault_set(fault, N_("\"%.60s\" is not a language such as es, en or pt-BR"), text);
    *out = text;
    return 0;
}

static int set_listen(void *arg, const char *value, struct fault *fault)
{
    return parse_language(value, &((struct join_options *)arg)->listen, fault);
}

static int set_speak(void *arg, const char *value, struct fault *fault)
{
    return parse_language(value, &((struct join_options *)arg)->speak, fault);
}

static int set_play(void *arg, const char *value, struct fault *fault)
{
    (void)fault;
    ((struct join_options *)arg)->play = value;
    return 0;
}

static int set_input(void *arg, const char *value, struct fault *fault)
{
    (void)fault;
    ((struct join_options *)arg)->input = value;
    return 0;
}

static int set_output(void *arg, const char *value, struct fault *fault)
{
    (void)fault;
    ((struct join_options *)arg)->output = value;
    return 0;
}

static int set_booth(void *arg, const char *value, struct fault *fault)
{
    (void)fault;
    ((struct join_options *)arg)->booth = value;
    return 0;
}

static int set_record(void *arg, const char *value, struct fault *fault)
{
    (void)fault;
    ((struct join_options *)arg)->record = value;
    return 0;
}

static int set_certificate(void *arg, const char *value, struct fault *fault)
{
    (void)fault;
    ((struct join_options *)arg)->certificate = value;
    return 0;
}

static int set_command(void *arg, const char *value, struct fault *fault)
{
    struct join_options *options = arg;
    if (options->n_commands == OPTIONS_COMMANDS_MAX)
        return fault_set(fault, N_("at most %d may be given"), OPTIONS_COMMANDS_MAX);
    if (value[0] == '\0' || !str_is_utf8(value))
        return fault_set(fault, N_("the text is empty or not UTF-8"));
    options->commands[options->n_commands++] = value;
    return 0;
}

static int set_for(void *arg, const char *value, struct fault *fault)
{
    return parse_number(value, 0.01, 1e7, &((struct join_options *)arg)->for_s, fault);
}

static int set_start_at(void *arg, const char *value, struct fault *fault)
{
    return parse_number(value, 0, 1e6, &((struct join_options *)arg)->start_at_s, fault);
}

static int set_level(void *arg, const char *value, struct fault *fault)
{
    return parse_number(value, -100, 40, &((struct join_options *)arg)->level_db, fault);
}

static int set_bitrate(void *arg, const char *value, struct fault *fault)
{
    double bps = 0;
    if (parse_number(value, UPLINK_LEAST_BPS, 128000, &bps, fault) != 0)
        return -1;
    ((struct join_options *)arg)->bitrate_bps = (uint32_t)bps;
    return 0;
}

static int set_frames(void *arg, const char *value, struct fault *fault)
{
    static const char *const lengths_ms[] = { "10", "20", "40", "60" };
    static const uint32_t blocks[] = { 1, 2, 4, 6 };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        if (strcmp(value, lengths_ms[i]) == 0) {
            ((struct join_options *)arg)->frame_blocks = blocks[i];
            return 0;
        }
    }
    return fault_set(fault, N_("\"%.60s\" is not 10, 20, 40 or 60"), value);
}

static int set_transmit(void *arg, const char *value, struct fault *fault)
{
    struct join_options *options = arg;
    bool is_voice = strcmp(value, "voice") == 0;
    if (!is_voice && strcmp(value, "always") != 0)
        return fault_set(fault, N_("\"%.60s\" is neither voice nor always"), value);
    options->transmit = is_voice ? TRANSMIT_VOICE : TRANSMIT_ALWAYS;
    return 0;
}

static int set_udp(void *arg, const char *value, struct fault *fault)
{
    (void)value;
    struct join_options *options = arg;
    if (options->transport == CLIENT_TRANSPORT_TCP)
        return fault_set(fault, N_("--udp and --tcp exclude each other"));
    options->transport = CLIENT_TRANSPORT_UDP;
    return 0;
}

static int set_tcp(void *arg, const char *value, struct fault *fault)
{
    (void)value;
    struct join_options *options = arg;
    if (options->transport == CLIENT_TRANSPORT_UDP)
        return fault_set(fault, N_("--udp and --tcp exclude each other"));
    options->transport = CLIENT_TRANSPORT_TCP;
    return 0;
}

#define JOIN_FLAG(name, member)                                                                    \
    static int name(void *arg, const char *value, struct fault *fault)                             \
    {                                                                                              \
        (void)value;                                                                               \
        (void)fault;                                                                               \
        ((struct join_options *)arg)->member = true;                                               \
        return 0;                                                                                  \
    }
JOIN_FLAG(set_join_json, is_json)
JOIN_FLAG(set_insecure, is_insecure)
JOIN_FLAG(set_loop, is_loop)
JOIN_FLAG(set_chat, is_chat)
JOIN_FLAG(set_legacy, is_legacy)
JOIN_FLAG(set_silent, is_silent)
JOIN_FLAG(set_verbose, is_verbose)

static int set_ping_json(void *arg, const char *value, struct fault *fault)
{
    (void)value;
    (void)fault;
    ((struct ping_options *)arg)->is_json = true;
    return 0;
}

// ---- tables

static const struct option table[] = {
    { OF_CONSOLE, "--booth", "NAME", set_booth,
      N_("sit in this booth (else the only one, or as you choose)") },
    { OF_BOTH, "--listen", "LANG", set_listen,
      N_("choose the track of a language: es, en, pt-BR, …") },
    { OF_BOTH, "--speak", "LANG", set_speak, N_("say which language you speak") },
    { OF_BOTH, "--command", "TEXT", set_command,
      N_("send this to the chat after joining, e.g. '!air' (repeatable)") },
    { OF_JOIN, "--chat", NULL, set_chat, N_("write each line of standard input to the chat") },
    { OF_BOTH, "--play", "FILE", set_play,
      N_("speak a WAV or Ogg Opus file; - is standard input\n(16 bits, little-endian, 48 kHz, "
         "mono)") },
    { OF_JOIN, "--start-at", "SECONDS", set_start_at, N_("begin to play so long after joining") },
    { OF_BOTH, "--loop", NULL, set_loop, N_("play the file again and again") },
    { OF_BOTH, "--level", "DB", set_level,
      N_("play so much louder, or quieter when negative (0)") },
    { OF_BOTH, "--transmit", "WHEN", set_transmit,
      N_("send always, or only while there is voice\n(always for a file, voice for a "
         "microphone)") },
    { OF_BOTH, "--record", "FILE", set_record,
      N_("write what a person would hear to a WAV file; - is standard\noutput (as --play -)") },
    { OF_BOTH, "--input", "DEVICE", set_input, N_("the microphone: a part of its name") },
    { OF_BOTH, "--output", "DEVICE", set_output, N_("the speakers: a part of their name") },
    { OF_JOIN, "--for", "SECONDS", set_for,
      N_("leave so long after joining (else: when the file is over,\nor, without a file, when "
         "interrupted)") },
    { OF_BOTH, "--silent", NULL, set_silent, N_("use no sound devices: only watch") },
    { OF_JOIN, "--json", NULL, set_join_json, N_("print events as JSON, one a line") },
    { OF_BOTH, "--udp", NULL, set_udp, N_("send voice by datagram, come what may") },
    { OF_BOTH, "--tcp", NULL, set_tcp, N_("send voice through the tunnel") },
    { OF_BOTH, "--frames", "MS", set_frames, N_("sound in a packet: 10, 20, 40 or 60 ms (20)") },
    { OF_BOTH, "--bitrate", "BPS", set_bitrate, N_("bits a second of speech (40000)") },
    { OF_BOTH, "--cert", "FILE", set_certificate,
      N_("your certificate and key (PEM); none: go without") },
    { OF_BOTH, "--insecure", NULL, set_insecure,
      N_("join even if the server's certificate has changed") },
    { OF_JOIN, "--legacy", NULL, set_legacy, N_("speak as a client of version 1.3.4 does") },
    { OF_JOIN, "--verbose", NULL, set_verbose,
      N_("tell on standard error what the protocol does") },
    { OF_PING, "--json", NULL, set_ping_json, N_("print the answer as JSON") },
};
enum { N_OPTIONS = sizeof table / sizeof *table };

const struct option *option_at(size_t index)
{
    return index < N_OPTIONS ? &table[index] : NULL;
}

// ---- parsing

// The option that argument names, "--name" or "--name=value"; *value is what follows the sign, or
// NULL.
static const struct option *find(unsigned of, const char *argument, const char **value)
{
    size_t len = strcspn(argument, "=");
    *value = argument[len] == '=' ? argument + len + 1 : NULL;
    for (size_t i = 0; i < N_OPTIONS; i++)
        if ((table[i].of & of) != 0 && strlen(table[i].name) == len &&
            strncmp(table[i].name, argument, len) == 0)
            return &table[i];
    return NULL;
}

// Returns how many arguments were used, or -1.
static int parse_option(unsigned of, int argc, char **argv, void *options, struct fault *fault)
{
    const char *value;
    const struct option *option = find(of, argv[0], &value);
    if (option == NULL)
        return fault_set(fault, N_("there is no option %.60s"), argv[0]);
    if (option->value == NULL && value != NULL)
        return fault_set(fault, N_("%s takes no value"), option->name);
    int used = 1;
    if (option->value != NULL && value == NULL) {
        if (argc < 2)
            return fault_set(fault, N_("%s needs a value: %s"), option->name, option->value);
        value = argv[1];
        used = 2;
    }
    struct fault why;
    if (option->set(options, value, &why) != 0)
        return fault_set(fault, "%s: %.300s", option->name, why.text);
    return used;
}

static enum options_result parse(unsigned of, int argc, char **argv, void *options, struct url *url,
                                 struct fault *fault)
{
    bool has_url = false;
    for (int i = 0; i < argc;) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return OPTIONS_HELP;
        int used = 1;
        if (argv[i][0] == '-')
            used = parse_option(of, argc - i, argv + i, options, fault);
        else if (has_url)
            used = fault_set(fault, N_("one server is enough; what is %.60s?"), argv[i]);
        else if (url_parse(argv[i], url, fault) != 0)
            used = -1;
        else
            has_url = true;
        if (used < 0)
            return OPTIONS_FAULT;
        i += used;
    }
    if (!has_url)
        return (enum options_result)fault_set(fault,
                                              N_("which server? e.g. mumble://meeting.example"));
    return OPTIONS_RUN;
}

static enum options_result parse_join(unsigned of, int argc, char **argv, struct join_options *out,
                                      struct fault *fault)
{
    *out = (struct join_options){ .bitrate_bps = 40000, .frame_blocks = 2 };
    enum options_result result = parse(of, argc, argv, out, &out->url, fault);
    if (result == OPTIONS_RUN && out->is_loop && (out->play == NULL || strcmp(out->play, "-") == 0))
        return (enum options_result)fault_set(fault, N_("--loop needs --play with a file"));
    if (result == OPTIONS_RUN && out->is_chat && out->play != NULL && strcmp(out->play, "-") == 0)
        return (enum options_result)fault_set(
            fault, N_("--chat and --play - cannot both have standard input"));
    return result;
}

enum options_result options_join(int argc, char **argv, struct join_options *out,
                                 struct fault *fault)
{
    return parse_join(OF_JOIN, argc, argv, out, fault);
}

enum options_result options_console(int argc, char **argv, struct join_options *out,
                                    struct fault *fault)
{
    return parse_join(OF_CONSOLE, argc, argv, out, fault);
}

enum options_result options_ping(int argc, char **argv, struct ping_options *out,
                                 struct fault *fault)
{
    *out = (struct ping_options){ .is_json = false };
    return parse(OF_PING, argc, argv, out, &out->url, fault);
}
