// SPDX-License-Identifier: BSD-3-Clause
//
// Somebody on air whose voice stopped without an end: has the line gone, or was only that one
// packet lost? Every Mumble client answers an empty CryptSetup at once, whatever its user does.
// While no answer has come, what the kernel knows of the connection is looked at (evidence.h), and
// they are asked again: until it is clear that nobody is there, and the mixer is told that they
// have vanished (docs/decisions/0015-vanished-interpreters.md).
//
// The answer is a sign of life only: its nonce is older than datagrams that came meanwhile, and is
// not put in force.
//
//   suspect ─ ask ─┬─ answer ─────────────► nothing
//                  └─ looks ─┬─ no end ───► nothing
//                            └─ verdict ──► MIXER_CMD_VANISHED (unless packets came since)
#include "control/meeting/evidence.h"
#include "control/meeting/run.h"

#include <stdlib.h>

#define FIRST_LOOK_US 5000u // the question leaves at the end of the turn

struct probe {
    struct probe *next;
    uint32_t meeting, session;
    bool has_begun; // the first question has left the server
    struct evidence evidence;
};
struct probes {
    struct server *server;
    uv_timer_t timer; // runs while there are any
    struct probe *first;
};

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

static void ask(struct conn *conn)
{
    MumbleProto__CryptSetup setup = MUMBLE_PROTO__CRYPT_SETUP__INIT;
    send_message(conn, MSG_CRYPT_SETUP, &setup.base);
    conn->n_probes++;
}

static void vanish(struct server *server, const struct probe *probe, const char *why)
{
    log_info("control", "an interpreter does not answer", "session=%u why=\"%s\" after_ms=%u",
             probe->session, why, (unsigned)((server->now_us - probe->evidence.begin_us) / 1000));
    link_mixer(server, &(struct mixer_command){ .kind = MIXER_CMD_VANISHED,
                                                .meeting = probe->meeting,
                                                .session = probe->session });
}

// While the question waits for the gate, the client cannot know it.
static bool is_held(const struct server *server, const struct conn *conn)
{
    return server->gate.is_closed && conn->out.len > conn->out_open;
}

// False: it is over.
static bool advance(struct server *server, struct probe *probe)
{
    struct conn *conn = conn_of(server, probe->session);
    struct tcp_signs signs;
    if (conn == NULL || !tcp_signs_read(conn->fd, &signs))
        return false;
    if (!probe->has_begun && is_held(server, conn))
        return true;
    if (!probe->has_begun) {
        probe->has_begun = true;
        evidence_begin(&probe->evidence, &signs, server->now_us);
        return true;
    }
    switch (evidence_look(&probe->evidence, &signs, server->now_us)) {
    case EVIDENCE_NONE:
        return true;
    case EVIDENCE_ASK:
        ask(conn);
        return true;
    case EVIDENCE_LINE_GONE:
        vanish(server, probe, "line");
        return false;
    case EVIDENCE_HANGS:
        vanish(server, probe, "program");
        return false;
    case EVIDENCE_NO_END:
        return false;
    }
    return false;
}

// ---- when ---------------------------------------------------------------------------------------

static void on_timer(uv_timer_t *timer);

static void arm(struct probes *probes, uint64_t in_us)
{
    if (probes->first == NULL)
        uv_timer_stop(&probes->timer);
    else
        uv_timer_start(&probes->timer, on_timer, in_us / 1000, 0);
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
    arm(probes, EVIDENCE_LOOK_US);
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
    (*place)->has_begun = false;
    ask(conn);
    arm(probes, FIRST_LOOK_US);
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
        arm(probes, EVIDENCE_LOOK_US);
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
    arm(probes, EVIDENCE_LOOK_US);
}

void probe_free(struct server *server)
{
    struct probes *probes = server->probes;
    server->probes = NULL;
    while (probes != NULL && probes->first != NULL)
        end(&probes->first);
    free(probes);
}
