// SPDX-License-Identifier: BSD-3-Clause
//
// The tunnel's two halves: OpenSSL's record, which goes nowhere, and the bytes of one over TCP; and
// both together.
#include "bench/ways.h"

#include <sys/socket.h>
#include <unistd.h>

#define RECORD_BYTES 106 // header, type and tag around 6 + 78 bytes

static struct tunnel apart[RECEIVERS], joined[RECEIVERS];

void ways_tunnels_open(void)
{
    tunnels_open(apart, RECEIVERS, false);
    tunnels_open(joined, RECEIVERS, true);
}

void ways_tunnels_drain(void)
{
    tunnels_drain(apart, RECEIVERS);
    tunnels_drain(joined, RECEIVERS);
}

static bool write_records(struct tunnel *tunnels, unsigned at, unsigned n)
{
    static const uint8_t frame[FRAME_HEADER_BYTES + SEALED_BYTES];
    bool is_ok = true;
    for (unsigned i = 0; i < n; i++)
        is_ok = SSL_write(tunnels[at + i].ssl, frame, sizeof frame) == sizeof frame && is_ok;
    return is_ok;
}

bool tunnel_record(struct ways *ways, unsigned at, unsigned n)
{
    (void)ways;
    return write_records(apart, at, n);
}

bool tunnel_both(struct ways *ways, unsigned at, unsigned n)
{
    (void)ways;
    return write_records(joined, at, n);
}

bool tunnel_send(struct ways *ways, unsigned at, unsigned n)
{
    static const uint8_t record[RECORD_BYTES];
    bool is_ok = true;
    (void)ways;
    for (unsigned i = 0; i < n; i++)
        is_ok =
            send(apart[at + i].fd, record, sizeof record, MSG_NOSIGNAL) == RECORD_BYTES && is_ok;
    return is_ok;
}

bool tunnel_write(struct ways *ways, unsigned at, unsigned n)
{
    static const uint8_t record[RECORD_BYTES];
    bool is_ok = true;
    (void)ways;
    for (unsigned i = 0; i < n; i++)
        is_ok = write(apart[at + i].fd, record, sizeof record) == RECORD_BYTES && is_ok;
    return is_ok;
}
