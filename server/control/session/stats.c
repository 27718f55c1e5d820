// SPDX-License-Identifier: BSD-3-Clause
//
// UserStats: what one may know of another's line. Everything: oneself, and who may Ban. The quality
// of the line and the bandwidth: also those in the same channel. The rest: who may Enter there.
#include "control/control_int.h"

#define SAMPLE_LEAST_US 250000u // shorter spans say nothing of a bandwidth
#define HEADER_BYTES 32         // IP, UDP and encryption of each packet, as if all came so

static bool is_extended(const struct conn *conn, const struct user *actor,
                        const struct user *target)
{
    return actor == target ||
           (model_permissions(conn->server->model, actor, MODEL_ROOT) & PERM_BAN) != 0;
}

void users_stats(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__UserStats *ask = (const MumbleProto__UserStats *)message;
    struct server *server = conn->server;
    uint32_t session = ask->has_session ? ask->session : conn->session;
    const struct user *actor = model_user(server->model, conn->session);
    const struct user *target = model_user(server->model, session);
    struct conn *about = conn_of(server, session);
    if (target == NULL || about == NULL || !visible_user(conn, target))
        return;
    if (!is_extended(conn, actor, target) &&
        (model_permissions(server->model, actor, target->channel) & PERM_ENTER) == 0) {
        send_denied(conn, PERM_ENTER, target->channel);
        return;
    }
    link_ask_counters(conn, about,
                      TOKEN_STATS | (ask->stats_only ? TOKEN_STATS_ONLY : 0) | conn->session);
}

// Counters come at each ping of the client as well, so the span is five seconds at most.
void stats_sample(struct conn *about, const struct voice_counters *counters)
{
    uint64_t now_us = about->server->now_us;
    uint64_t span_us = now_us - about->sampled_us;
    if (span_us < SAMPLE_LEAST_US)
        return;
    uint64_t bytes = counters->bytes_in + counters->packets_in * HEADER_BYTES;
    bool has_both = about->sampled_us != 0 && bytes >= about->sampled_bytes;
    about->bandwidth =
        has_both ? (uint32_t)((bytes - about->sampled_bytes) * 1000000 / span_us) : 0;
    about->sampled_bytes = bytes;
    about->sampled_us = now_us;
}

static void fill_packets(MumbleProto__UserStats__Stats *stats, uint32_t good, uint32_t late,
                         uint32_t lost, uint32_t resync)
{
    stats->has_good = stats->has_late = stats->has_lost = stats->has_resync = true;
    stats->good = good;
    stats->late = late;
    stats->lost = lost;
    stats->resync = resync;
}

static char *unless_empty(const char *text)
{
    return text[0] != '\0' ? (char *)text : NULL;
}

static void fill_details(MumbleProto__UserStats *stats, MumbleProto__Version *version,
                         const struct conn *about)
{
    version->has_version_v1 = version->has_version_v2 = about->version != 0;
    version->version_v1 = version_to_v1(about->version);
    version->version_v2 = about->version;
    version->release = unless_empty(about->release);
    version->os = unless_empty(about->os);
    version->os_version = unless_empty(about->os_version);
    stats->version = version;
    stats->has_address = true;
    stats->address = (ProtobufCBinaryData){ 16, (uint8_t *)&about->peer.sin6_addr };
    stats->has_strong_certificate = stats->has_opus = true;
    stats->strong_certificate = about->is_cert_strong;
    stats->opus = about->has_opus;
}

static void fill_pings(MumbleProto__UserStats *stats, const MumbleProto__Ping *seen)
{
    stats->has_udp_packets = stats->has_tcp_packets = stats->has_udp_ping_avg =
        stats->has_udp_ping_var = stats->has_tcp_ping_avg = stats->has_tcp_ping_var = true;
    stats->udp_packets = seen->udp_packets;
    stats->tcp_packets = seen->tcp_packets;
    stats->udp_ping_avg = seen->udp_ping_avg;
    stats->udp_ping_var = seen->udp_ping_var;
    stats->tcp_ping_avg = seen->tcp_ping_avg;
    stats->tcp_ping_var = seen->tcp_ping_var;
}

static void fill_line(MumbleProto__UserStats *stats, MumbleProto__UserStats__Stats both[2],
                      const struct conn *about, const struct voice_counters *counters)
{
    const struct crypt_counters *crypt = &counters->crypt;
    const MumbleProto__Ping *seen = &about->ping_seen;
    fill_packets(&both[0], crypt->good, crypt->late, crypt->lost, crypt->resync);
    fill_packets(&both[1], seen->good, seen->late, seen->lost, seen->resync);
    stats->from_client = &both[0];
    stats->from_server = &both[1];
    stats->has_bandwidth = stats->has_idlesecs = true;
    stats->bandwidth = about->bandwidth;
    stats->idlesecs = (uint32_t)((about->server->now_us - about->active_us) / 1000000);
}

// Rights are asked again: the answer comes later than the question.
void users_stats_reply(struct server *server, uint32_t asker, uint32_t session,
                       const struct voice_counters *counters, bool is_stats_only)
{
    struct conn *conn = conn_of(server, asker), *about = conn_of(server, session);
    if (conn == NULL || about == NULL)
        return;
    const struct user *actor = model_user(server->model, asker),
                      *target = model_user(server->model, session);
    bool is_all = is_extended(conn, actor, target);
    MumbleProto__UserStats stats = MUMBLE_PROTO__USER_STATS__INIT;
    MumbleProto__UserStats__Stats both[2] = { MUMBLE_PROTO__USER_STATS__STATS__INIT,
                                              MUMBLE_PROTO__USER_STATS__STATS__INIT };
    MumbleProto__Version version = MUMBLE_PROTO__VERSION__INIT;
    ProtobufCBinaryData certs[CONN_CERTS_MAX];
    size_t n_certs = 0;
    stats.has_session = true;
    stats.session = session;
    if (is_all || actor->channel == target->channel)
        fill_line(&stats, both, about, counters);
    fill_pings(&stats, &about->ping_seen);
    stats.has_onlinesecs = true;
    stats.onlinesecs = (uint32_t)((server->now_us - about->opened_us) / 1000000);
    if (is_all && !is_stats_only) {
        fill_details(&stats, &version, about);
        n_certs = certs_chain(about, certs);
        stats.n_certificates = n_certs;
        stats.certificates = certs;
    }
    send_message(conn, MSG_USER_STATS, &stats.base);
    certs_chain_free(certs, n_certs);
}
