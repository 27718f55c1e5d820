// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <string.h>

struct voice_report *report_begin(struct voice_thread *thread, enum voice_report_kind kind,
                                  uint32_t session, size_t n_words, size_t n_bytes)
{
    struct voice_report *report =
        ring_reserve(thread->reports, offsetof(struct voice_report, words) +
                                          n_words * sizeof report->words[0] + n_bytes);
    if (report == NULL)
        return NULL;
    *report = (struct voice_report){
        .kind = kind,
        .thread = thread->index,
        .session = session,
        .n_bytes = (uint32_t)n_bytes,
    };
    return report;
}

void report_commit(struct voice_thread *thread)
{
    ring_commit(thread->reports);
    thread->is_control_due = true;
}

void report_route(struct voice_thread *thread)
{
    struct voice_report *report = report_begin(thread, VOICE_REPORT_ROUTE, 0, 0, 0);
    thread->is_route_report_due = report == NULL;
    if (report == NULL) {
        thread_retry_later(thread);
        return;
    }
    report->version = thread->routes->version;
    report_commit(thread);
}

bool report_counters(struct voice_thread *thread, uint32_t session, uint64_t token)
{
    struct voice_report *report = report_begin(thread, VOICE_REPORT_COUNTERS, session, 0, 0);
    if (report == NULL)
        return false;
    report->counters.token = token;
    const struct voice_client *client = client_get(thread, session);
    if (client != NULL) {
        report->counters.values = (struct voice_counters){
            .crypt = crypt_get_counters(client->crypt),
            .bytes_in = client->bytes_in,
            .packets_in = client->packets_in,
            .packets_over_limit = client->packets_over_limit,
            .bytes_out = client->bytes_out,
            .packets_out = client->n_sent,
            .is_udp = client_is_udp(client, thread->now_us) && !client->is_tunnelled,
            .is_tunnel = client->is_tunnelled,
        };
    }
    report_commit(thread);
    return true;
}

bool report_nonce(struct voice_thread *thread, uint32_t session)
{
    const struct voice_client *client = client_get(thread, session);
    if (client == NULL)
        return true;
    struct voice_report *report = report_begin(thread, VOICE_REPORT_NONCE, session, 0, 0);
    if (report == NULL)
        return false;
    crypt_get_encrypt_nonce(client->crypt, report->nonce);
    report_commit(thread);
    return true;
}

bool report_removed(struct voice_thread *thread, uint32_t session)
{
    if (report_begin(thread, VOICE_REPORT_REMOVED, session, 0, 0) == NULL)
        return false;
    report_commit(thread);
    return true;
}

// Those that follow are lost when there is no room: each comes again by itself.

void report_resync(struct voice_thread *thread, uint32_t session)
{
    if (report_begin(thread, VOICE_REPORT_RESYNC, session, 0, 0) != NULL)
        report_commit(thread);
}

void report_address(struct voice_thread *thread, uint32_t session,
                    const struct sockaddr_in6 *remote)
{
    struct voice_report *report = report_begin(thread, VOICE_REPORT_ADDRESS, session, 0, 0);
    if (report == NULL)
        return;
    report->remote = *remote;
    report_commit(thread);
}

void report_target(struct voice_thread *thread, uint32_t session, uint8_t target, bool is_known)
{
    struct voice_report *report = report_begin(thread, VOICE_REPORT_TARGET, session, 0, 0);
    if (report == NULL)
        return;
    report->target.id = target;
    report->target.is_known = is_known;
    report_commit(thread);
}

void report_unknown(struct voice_thread *thread, const struct voice_path *path, struct span bytes)
{
    struct voice_report *report =
        report_begin(thread, VOICE_REPORT_UNKNOWN, VOICE_NONE, 0, bytes.len);
    if (report == NULL)
        return;
    report->remote = path->remote;
    report->local = path->local;
    report->socket = path->socket;
    memcpy(report->words, bytes.data, bytes.len);
    report_commit(thread);
}

void report_tunnel(struct voice_thread *thread, const struct tunnel_list *list, struct span packet)
{
    struct voice_report *report =
        report_begin(thread, VOICE_REPORT_TUNNEL, thread->packet.session, list->n, packet.len);
    if (report == NULL) {
        thread->totals.tunnel_dropped += list->n;
        return;
    }
    report->tunnel.n_sessions = list->n;
    report->tunnel.made_us = thread->now_us;
    memcpy(report->words, list->sessions, list->n * sizeof list->sessions[0]);
    memcpy(report->words + list->n, packet.data, packet.len);
    report_commit(thread);
}
