// SPDX-License-Identifier: BSD-3-Clause
//
// Above 20 % of loss the tunnel (ladder.h, "datagrams or the tunnel"). What somebody hears the
// server simply sends that way: every client takes it at any time. What they send is their
// program's to decide. Stock clients change over when a Ping's answer says that nothing of theirs
// was opened, and back when it says that more than three were: so while we want the tunnel, we say
// nothing was.
#include "control/lines/lines.h"

#include "control/meeting/run.h"

#define UP_PACKETS 50u                   // of a report; fewer are added to the next
#define UP_SETTLED_US UINT64_C(25000000) // clients look at it 20 s after they came, at the earliest

void carrier_start(struct line *line, uint64_t now_us)
{
    carrier_init(&line->down, now_us);
    carrier_init(&line->up, now_us);
}

static void log_way(const struct conn *conn, const char *direction, const struct carrier *carrier,
                    uint32_t percent)
{
    log_info("lines", "carrier", "session=%u direction=%s way=%s loss=%u", conn->session, direction,
             carrier_way_text(carrier->way), percent);
}

// ---- what they hear -----------------------------------------------------------------------------

static void tell_voice(struct conn *conn, struct line *line)
{
    const enum carrier_way way = line->down.way;
    if (way == line->down_told)
        return;
    line->down_told = way;
    line->ladder.is_tunnelled = way != CARRIER_DATAGRAMS;
    struct voice_command command = { .kind = VOICE_CMD_CARRIER, .session = conn->session };
    command.carrier.is_tunnel = way != CARRIER_DATAGRAMS;
    command.carrier.is_both = way == CARRIER_PROBE;
    link_voice(conn->server, conn->thread, &command, NULL);
    log_way(conn, "down", &line->down, line->ladder.loss_percent);
}

void carrier_ping(struct conn *conn, struct line *line)
{
    const uint64_t now_us = conn->server->now_us;
    if (line->is_placed && line->ladder.report_us == now_us)
        carrier_loss(&line->down, line->ladder.loss_percent, ladder_is_incurable(&line->ladder),
                     now_us);
    carrier_look(&line->down, conn->n_voice_sent, conn->n_voice_dropped, now_us);
    tell_voice(conn, line);
}

// ---- what the mixer's encoders expect -----------------------------------------------------------

// In steps, each left again a little below where it began.
static uint8_t step_of(uint32_t percent, uint8_t now)
{
    if (percent >= MIXER_LOSSY_THIN_PERCENT ||
        (now == MIXER_LOSSY_THIN_PERCENT && percent + 2 >= MIXER_LOSSY_THIN_PERCENT))
        return MIXER_LOSSY_THIN_PERCENT;
    if (percent >= MIXER_LOSSY_PERCENT || (now != 0 && percent + 1 >= MIXER_LOSSY_PERCENT))
        return MIXER_LOSSY_PERCENT;
    return 0;
}

void carrier_order_loss(struct server *server, const struct line *line, const struct user *user)
{
    const struct meeting_info *meeting = model_meeting_of(server->model, user);
    if (meeting != NULL)
        link_mixer(server, &(struct mixer_command){ .kind = MIXER_CMD_LOSS,
                                                    .meeting = meeting->id,
                                                    .session = user->session,
                                                    .value = line->loss_told });
}

void carrier_tell_loss(struct conn *conn, struct line *line, const struct user *user)
{
    const bool is_tunnelled = line->down.way != CARRIER_DATAGRAMS;
    const uint8_t step = is_tunnelled ? 0 : step_of(line->ladder.loss_percent, line->loss_told);
    if (step == line->loss_told)
        return;
    line->loss_told = step;
    carrier_order_loss(conn->server, line, user);
}

// ---- what they send -----------------------------------------------------------------------------

// In the tunnel a client still pings by UDP, too seldom to tell anything: a probe lets it speak by
// UDP again.
void carrier_count(struct conn *conn, struct line *line, const struct voice_counters *counters)
{
    const uint64_t now_us = conn->server->now_us;
    const enum carrier_way before = line->up.way;
    const uint32_t good = counters->crypt.good - line->up_good;
    // A late one was counted as lost before.
    const uint32_t lost =
        counters->crypt.lost > line->up_lost ? counters->crypt.lost - line->up_lost : 0;
    carrier_look(&line->up, 0, 0, now_us);
    if (good + lost >= UP_PACKETS) {
        line->up_good = counters->crypt.good;
        line->up_lost = counters->crypt.lost;
        line->up_percent = (uint32_t)((uint64_t)lost * 100 / (good + lost));
        carrier_loss(&line->up, line->up_percent, now_us - conn->opened_us > UP_SETTLED_US, now_us);
    }
    if (line->up.way != before)
        log_way(conn, "up", &line->up, line->up_percent);
}

bool lines_wants_tunnel(const struct conn *conn)
{
    return conn->line != NULL && conn->line->up.way == CARRIER_TUNNEL;
}
