// SPDX-License-Identifier: BSD-3-Clause
#include "bench/load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: susurro_load --port PORT --pid PID [OPTION…] <SCRIPT\n"
    "  --payload N     bytes of Opus in a packet (60)\n"
    "  --protobuf      announce 1.5.0 (else 1.3.4)\n"
    "  --connect N     instead: log in and leave N times\n"
    "  --storm N       instead: N clients log in at the same moment\n"
    "  --bare N        instead: seal and send to N listeners in a bare loop; --pauses: 50 times a\n"
    "                  second; --tunnel: TLS records over TCP\n"
    "Commands of a script, one a line; each is answered with a line of JSON:\n"
    "  rooms N PASSWORD            channels room-0 to room-N-1, made by the SuperUser\n"
    "  connect N udp|tunnel PATH   N more clients, in that channel (/: where they arrive;\n"
    "                              room-#11: eleven in each of room-0, room-1 and so on)\n"
    "  rtp N                       N plain RTP participants; \"ports\" are theirs\n"
    "  peer INDEX PORT             where a participant sends to\n"
    "  say FIRST COUNT TEXT        clients write to their channel\n"
    "  speak FIRST COUNT STEP      who speaks from now on; COUNT 0: nobody\n"
    "  speak-all INDEX…            the same, one by one\n"
    "  measure SECONDS direct      packets, latency and the server's use; payloads carry the time\n"
    "  measure SECONDS mixed EAR   the same with coded sound; that client decodes what it hears\n"
    "  wait SECONDS                go on as one is, pings included; pings on|off\n";

enum option_id {
    OPT_PORT = 1,
    OPT_PID,
    OPT_TUNNEL,
    OPT_PROTOBUF,
    OPT_PAYLOAD,
    OPT_CONNECT,
    OPT_STORM,
    OPT_BARE,
    OPT_PAUSES,
    OPT_HELP
};

static const struct option options[] = {
    { "port", required_argument, NULL, OPT_PORT },
    { "pid", required_argument, NULL, OPT_PID },
    { "tunnel", no_argument, NULL, OPT_TUNNEL },
    { "protobuf", no_argument, NULL, OPT_PROTOBUF },
    { "payload", required_argument, NULL, OPT_PAYLOAD },
    { "connect", required_argument, NULL, OPT_CONNECT },
    { "storm", required_argument, NULL, OPT_STORM },
    { "bare", required_argument, NULL, OPT_BARE },
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
    case OPT_TUNNEL:
        setup->server.is_udp = false;
        break;
    case OPT_PROTOBUF:
        setup->server.format = VOICE_FORMAT_PROTOBUF;
        break;
    case OPT_PAYLOAD:
        setup->payload_bytes = number(optarg, 9, VOICE_OPUS_MAX_BYTES);
        break;
    case OPT_CONNECT:
        setup->is_connect = true;
        setup->n_clients = number(optarg, 1, 100000);
        break;
    case OPT_STORM:
        setup->is_storm = true;
        setup->n_clients = number(optarg, 1, CLIENTS_MAX);
        break;
    case OPT_BARE:
        setup->is_bare = true;
        setup->n_clients = number(optarg, 1, CLIENTS_MAX);
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
    struct setup setup = { .server = { .host = "127.0.0.1", .is_udp = true }, .payload_bytes = 60 };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        setup_option(&setup, option);
    if (!setup.is_bare && (setup.server.port == 0 || setup.pid == 0))
        fail("--port and --pid are needed");
    return setup;
}
