// SPDX-License-Identifier: BSD-3-Clause
//
// The ceiling of the whole server (key lines_ceiling): who is thinned for it, and by how much. What
// counts are the listeners of meetings in which there was sound lately; booths and who has a fixed
// tier are left as they are, and so is what goes to people outside of meetings.
#include "control/lines/lines.h"

#include "control/meeting/run.h"

#include <netinet/in.h>
#include <stdlib.h>

static const uint32_t packets_per_100_s[TIERS] = { 5000, 5000, 2500, 1667, 1667 };

static bool is_live(const struct server *server, const struct meeting_info *meeting)
{
    const struct meeting_run *run = run_of(server, meeting->id);
    return run != NULL && run->sounded_us != 0 && server->now_us - run->sounded_us < LINES_LIVE_US;
}

static bool is_direct(const struct server *server, const struct user *user)
{
    return model_channel(server->model, user->channel)->role == CHANNEL_FLOOR &&
           !user->is_floor_mixed;
}

uint32_t line_cost_bps(const struct conn *conn, const struct user *user, enum tier tier)
{
    const struct line *line = conn->line;
    uint32_t bps = ladder_wire_bps(tier, !IN6_IS_ADDR_V4MAPPED(&conn->peer.sin6_addr));
    if (line->has_counts && !line->is_udp)
        bps += LINES_TUNNEL_MORE_BYTES * 8 * packets_per_100_s[tier] / 100;
    if (line->has_copies)
        bps *= 2;
    // Direct voices come as their speakers send them.
    const uint32_t seen_bps = line->has_counts ? line->out_bps : 0;
    const bool is_as_sent = is_direct(conn->server, user) && tier <= TIER_STANDARD;
    if (is_as_sent && tier != TIER_FULL)
        return line_cost_bps(conn, user, TIER_FULL);
    return is_as_sent && seen_bps > bps ? seen_bps : bps;
}

static struct share share_of(const struct conn *conn, const struct user *user,
                             const struct meeting_info *meeting)
{
    const struct line *line = conn->line;
    const bool is_line = line->ladder.tier > line->ladder.best;
    struct share share = { .own = is_line ? line->ladder.tier : line->bounds.own,
                           .cap = line->ceiling,
                           .standing = model_is_interpreter(conn->server->model, user, meeting) &&
                                               !meeting->is_anyone_interpreter
                                           ? SHARE_LATER
                                           : SHARE_FIRST };
    for (int tier = 0; tier < TIERS; tier++)
        share.bps[tier] = line_cost_bps(conn, user, (enum tier)tier);
    return share;
}

struct sharing {
    struct share *all;
    struct conn **who;
    size_t n;
    uint64_t fixed_bps;
};

static void collect_one(struct server *server, struct conn *conn, struct sharing *sharing)
{
    const struct line *line = conn->line;
    const struct user *user = model_user(server->model, conn->session);
    const struct meeting_info *meeting =
        user != NULL ? model_meeting_of(server->model, user) : NULL;
    if (user == NULL || model_user_is_deaf(user))
        return;
    if (meeting == NULL || line == NULL || !line->is_placed) {
        sharing->fixed_bps += line != NULL ? line->out_bps : 0;
    } else if (is_live(server, meeting) && line->bounds.is_exempt) {
        sharing->fixed_bps += line_cost_bps(conn, user, (enum tier)user->tier);
    } else if (is_live(server, meeting)) {
        sharing->all[sharing->n] = share_of(conn, user, meeting);
        sharing->who[sharing->n++] = conn;
    }
}

// The oldest connection first: who came last is the first to give way.
static bool collect(struct server *server, struct sharing *sharing)
{
    *sharing = (struct sharing){ .all = calloc(server->n_conns + 1, sizeof(struct share)),
                                 .who = calloc(server->n_conns + 1, sizeof(struct conn *)) };
    if (sharing->all == NULL || sharing->who == NULL)
        return false;
    struct conn *last = server->conns;
    while (last != NULL && last->next != NULL)
        last = last->next;
    for (struct conn *conn = last; conn != NULL; conn = conn->prev)
        if (conn->phase == CONN_READY)
            collect_one(server, conn, sharing);
    return true;
}

static void put_in_force(struct server *server, const struct sharing *sharing)
{
    struct lines *lines = server->lines;
    lines->n_held = 0;
    lines->shared_bps = sharing->fixed_bps;
    for (size_t i = 0; i < sharing->n; i++) {
        const struct share *share = &sharing->all[i];
        struct conn *conn = sharing->who[i];
        lines->n_held += share->cap > share->own;
        lines->shared_bps += share->bps[share_tier(share)];
        if (conn->line == NULL || conn->line->ceiling == share->cap)
            continue;
        conn->line->ceiling = share->cap;
        struct user *user = model_user(server->model, conn->session);
        if (user != NULL)
            lines_look_again(server, user);
    }
}

static void release_all(struct server *server)
{
    server->lines->n_held = 0;
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        struct user *user = model_user(server->model, conn->session);
        if (conn->line == NULL || conn->line->ceiling == TIER_FULL)
            continue;
        conn->line->ceiling = TIER_FULL;
        if (user != NULL)
            lines_look_again(server, user);
    }
}

void lines_share(struct server *server)
{
    struct lines *lines = server->lines;
    const uint64_t ceiling_bps = (uint64_t)server->config->lines_ceiling_kbps * 1000;
    struct sharing sharing;
    lines->looked_us = server->now_us;
    if (ceiling_bps == 0) {
        release_all(server);
        return;
    }
    if (collect(server, &sharing)) {
        share_work_out(sharing.all, sharing.n, sharing.fixed_bps, ceiling_bps, &lines->shared_us,
                       server->now_us);
        put_in_force(server, &sharing);
    }
    free(sharing.all);
    free(sharing.who);
}
