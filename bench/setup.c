// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define CLIENTS_MAX 4096

static const char help[] =
    "usage: susurro_load --port PORT --pid PID [OPTION…]\n"
    "  --listeners N   clients that only listen (10)\n"
    "  --speakers N    clients that send 50 packets a second (1)\n"
    "  --seconds S     length of the measurement (3)\n"
    "  --tunnel        voice through TCP instead of UDP\n"
    "  --protobuf      announce 1.5.0 (else 1.3.4)\n"
    "  --payload N     bytes of Opus in a packet (60)\n"
    "  --listen PATH   channel of the listeners; --speak PATH: of the speakers\n"
    "  --mixed         send coded sound and find the latency in what is heard\n"
    "  --connect N     instead: log in and leave N times\n"
    "  --storm N       instead: N clients log in at the same moment\n"
    "  --bare          instead: seal and send to N listeners in a bare loop; --pauses: 50 times a "
    "second\n";

enum option_id {
    OPT_PORT = 1,
    OPT_PID,
    OPT_LISTENERS,
    OPT_SPEAKERS,
    OPT_SECONDS,
    OPT_TUNNEL,
    OPT_PROTOBUF,
    OPT_PAYLOAD,
    OPT_LISTEN,
    OPT_SPEAK,
    OPT_MIXED,
    OPT_CONNECT,
    OPT_STORM,
    OPT_BARE,
    OPT_PAUSES,
    OPT_HELP
};

static const struct option options[] = {
    { "port", required_argument, NULL, OPT_PORT },
    { "pid", required_argument, NULL, OPT_PID },
    { "listeners", required_argument, NULL, OPT_LISTENERS },
    { "speakers", required_argument, NULL, OPT_SPEAKERS },
    { "seconds", required_argument, NULL, OPT_SECONDS },
    { "tunnel", no_argument, NULL, OPT_TUNNEL },
    { "protobuf", no_argument, NULL, OPT_PROTOBUF },
    { "payload", required_argument, NULL, OPT_PAYLOAD },
    { "listen", required_argument, NULL, OPT_LISTEN },
    { "speak", required_argument, NULL, OPT_SPEAK },
    { "mixed", no_argument, NULL, OPT_MIXED },
    { "connect", required_argument, NULL, OPT_CONNECT },
    { "storm", required_argument, NULL, OPT_STORM },
    { "bare", no_argument, NULL, OPT_BARE },
    { "pauses", no_argument, NULL, OPT_PAUSES },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

static unsigned long number(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < least || value > most)
        fail("'%s' is not a number from %lu to %lu", text, least, most);
    return value;
}

static void setup_option(struct setup *setup, int option)
{
    switch (option) {
    case OPT_PORT:
        setup->server.port = (uint16_t)number(optarg, 1, 65535);
        break;
    case OPT_PID:
        setup->pid = (pid_t)number(optarg, 1, 1u << 30);
        break;
    case OPT_LISTENERS:
        setup->n_listeners = number(optarg, 0, CLIENTS_MAX);
        break;
    case OPT_SPEAKERS:
        setup->n_speakers = number(optarg, 0, 64);
        break;
    case OPT_SECONDS:
        setup->seconds = (double)number(optarg, 1, 600);
        break;
    case OPT_TUNNEL:
        setup->server.is_udp = false;
        break;
    case OPT_PROTOBUF:
        setup->server.format = VOICE_FORMAT_PROTOBUF;
        break;
    case OPT_PAYLOAD:
        setup->payload_bytes = number(optarg, 9, VOICE_OPUS_MAX_BYTES);
        break;
    case OPT_LISTEN:
        setup->listen_channel = optarg;
        break;
    case OPT_SPEAK:
        setup->speak_channel = optarg;
        break;
    case OPT_MIXED:
        setup->is_mixed = true;
        break;
    case OPT_CONNECT:
        setup->is_connect = true;
        setup->n_listeners = number(optarg, 1, 100000);
        break;
    case OPT_STORM:
        setup->is_storm = true;
        setup->n_listeners = number(optarg, 1, CLIENTS_MAX);
        break;
    case OPT_BARE:
        setup->is_bare = true;
        break;
    case OPT_PAUSES:
        setup->has_pauses = true;
        break;
    case OPT_HELP:
        (void)fputs(help, stdout);
        exit(0);
    default:
        (void)fputs(help, stderr);
        exit(2);
    }
}

struct setup setup_read(int argc, char **argv)
{
    struct setup setup = { .server = { .host = "127.0.0.1", .is_udp = true },
                           .n_listeners = 10,
                           .n_speakers = 1,
                           .payload_bytes = 60,
                           .seconds = 3 };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        setup_option(&setup, option);
    if (!setup.is_bare && (setup.server.port == 0 || setup.pid == 0))
        fail("--port and --pid are needed");
    return setup;
}
