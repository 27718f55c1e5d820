// SPDX-License-Identifier: BSD-3-Clause
//
// Somebody on air whose voice stopped without an end: has the line gone, or was only that one
// packet lost? Every Mumble client answers an empty CryptSetup at once, whatever its user does. It
// is asked up to three times, 40 ms apart: so that where one segment is lost, the next lets TCP
// notice. No answer within max(250 ms, 2.5 round trips) of the last time: the mixer is told that
// they have vanished (docs/decisions/0015-vanished-interpreters.md).
//
// The answer is a sign of life only: its nonce is older than datagrams that came meanwhile, and is
// not put in force.
//
//   suspect ─ ask ─┬─ answer ──────────────────► nothing
//                  └─ due_us, and no answer ───► MIXER_CMD_VANISHED (unless packets came since)
#include "control/meeting/run.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ASKS_MAX 3
#define ASK_AGAIN_US 40000u
#define ANSWER_LEAST_US 250000u
#define ANSWER_MOST_US 2000000u // whatever the line's round trip

struct probe {
    struct probe *next;
    uint32_t meeting, session;
    unsigned n_asks;
    uint64_t ask_us, due_us; // when to ask again, and when it is over
};
struct probes {
    struct server *server;
    uv_timer_t timer; // runs while there are any
    struct probe *first;
};

// ---- how long an answer may take ----------------------------------------------------------------

// The kernel's, of the connection that carries the answer; and the client's own, a mean.
static uint64_t round_trip_us(const struct conn *conn)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info);
    uint64_t rtt_us = 0;
    if (getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
        rtt_us = info.tcpi_rtt;
    const MumbleProto__Ping *ping = &conn->ping_seen;
    const float said_ms = ping->has_tcp_ping_avg ? ping->tcp_ping_avg : 0.0f;
    const float most_ms = ANSWER_MOST_US / 1000.0f;
    if (said_ms > 0.0f && said_ms < most_ms && (uint64_t)(said_ms * 1000.0f) > rtt_us)
        rtt_us = (uint64_t)(said_ms * 1000.0f);
    return rtt_us;
}

static uint64_t patience_us(const struct conn *conn)
{
    const uint64_t trips_us = 5 * round_trip_us(conn) / 2;
    const uint64_t patience_us = trips_us < ANSWER_LEAST_US  ? ANSWER_LEAST_US
                                 : trips_us > ANSWER_MOST_US ? ANSWER_MOST_US
                                                             : trips_us;
    return (ASKS_MAX - 1) * ASK_AGAIN_US + patience_us;
}

// ---- one probe ----------------------------------------------------------------------------------

static struct probe **place_of(struct probes *probes, uint32_t session)
{
    struct probe **place = &probes->first;
    while (*place != NULL && (*place)->session != session)
        place = &(*place)->next;
    return place;
}

static void end(struct probe **place)
{
    struct probe *ended = *place;
    *place = ended->next;
    free(ended);
}

static void ask(struct probe *probe, struct conn *conn)
{
    MumbleProto__CryptSetup setup = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    send_message(conn, MSG_CRYPT_SETUP, &setup.base);
    conn->n_probes++;
    probe->n_asks++;
    probe->ask_us = conn->server->now_us + ASK_AGAIN_US;
}

static void vanish(struct server *server, const struct probe *probe)
{
    log_info("control", "an interpreter does not answer", "session=%u", probe->session);
    link_mixer(server, &(struct mixer_command){ .kind = MIXER_CMD_VANISHED,
                                                .meeting = probe->meeting,
                                                .session = probe->session });
}

// Does what is due; false: it is over.
static bool advance(struct server *server, struct probe *probe)
{
    struct conn *conn = conn_of(server, probe->session);
    if (conn == NULL)
        return false;
    // While the question waits for the gate, the client cannot know it.
    const bool is_held = server->gate.is_closed && conn->out.len > conn->out_open;
    if (probe->due_us <= server->now_us && !is_held) {
        vanish(server, probe);
        return false;
    }
    if (probe->due_us <= server->now_us)
        probe->due_us = server->now_us + ANSWER_LEAST_US;
    if (probe->n_asks < ASKS_MAX && probe->ask_us <= server->now_us)
        ask(probe, conn);
    return true;
}

// ---- when ---------------------------------------------------------------------------------------

static uint64_t next_us_of(const struct probe *probe)
{
    return probe->n_asks < ASKS_MAX && probe->ask_us < probe->due_us ? probe->ask_us
                                                                     : probe->due_us;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct probes *probes)
{
    const uint64_t now_us = probes->server->now_us;
    uint64_t next_us = UINT64_MAX;
    for (const struct probe *probe = probes->first; probe != NULL; probe = probe->next)
        if (next_us_of(probe) < next_us)
            next_us = next_us_of(probe);
    if (next_us == UINT64_MAX)
        uv_timer_stop(&probes->timer);
    else
        uv_timer_start(&probes->timer, on_timer,
                       next_us > now_us ? (next_us - now_us + 999) / 1000 : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct probes *probes = timer->data;
    struct server *server = probes->server;
    server->now_us = clock_us();
    for (struct probe **place = &probes->first; *place != NULL;)
        if (advance(server, *place))
            place = &(*place)->next;
        else
            end(place);
    arm(probes);
}

static struct probes *probes_of(struct server *server)
{
    if (server->probes != NULL)
        return server->probes;
    struct probes *probes = calloc(1, sizeof(*probes));
    if (probes == NULL)
        return NULL;
    probes->server = server;
    uv_timer_init(&server->loop, &probes->timer);
    probes->timer.data = probes;
    server->probes = probes;
    return probes;
}

// ---- for others ---------------------------------------------------------------------------------

// Of somebody who is being asked already, packets have come since: they are asked anew.
void probe_begin(struct server *server, uint32_t meeting, uint32_t session)
{
    struct conn *conn = conn_of(server, session);
    struct probes *probes = conn != NULL && !server->is_stopping ? probes_of(server) : NULL;
    if (probes == NULL)
        return;
    struct probe **place = place_of(probes, session);
    if (*place == NULL)
        *place = calloc(1, sizeof(struct probe));
    if (*place == NULL)
        return;
    (*place)->meeting = meeting;
    (*place)->session = session;
    (*place)->n_asks = 0;
    (*place)->due_us = server->now_us + patience_us(conn);
    ask(*place, conn);
    arm(probes);
}

bool probe_answered(struct conn *conn)
{
    struct probes *probes = conn->server->probes;
    if (conn->n_probes == 0)
        return false;
    conn->n_probes--;
    // lines_signs.c asks, too, also where nobody has been probed yet.
    struct probe **place = probes != NULL ? place_of(probes, conn->session) : NULL;
    if (place != NULL && *place != NULL) {
        end(place);
        arm(probes);
    }
    return true;
}

void probe_leave(struct conn *conn)
{
    struct probes *probes = conn->server->probes;
    struct probe **place = probes != NULL ? place_of(probes, conn->session) : NULL;
    if (place == NULL || *place == NULL)
        return;
    end(place);
    arm(probes);
}

void probe_free(struct server *server)
{
    struct probes *probes = server->probes;
    server->probes = NULL;
    while (probes != NULL && probes->first != NULL)
        end(&probes->first);
    free(probes);
}
