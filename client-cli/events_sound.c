// SPDX-License-Identifier: BSD-3-Clause
//
// The events of sound and of the line.
#include "client-cli/events_int.h"

void events_recording(struct events *events, const char *file, uint64_t now_us)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "recording");
        json_text(&json, "file", file);
        json_integer(&json, "clock_us", now_us);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out, "recording to %s", file);
    events_end_line(events);
}

void events_playing(struct events *events, const char *file, bool is_on, uint64_t now_us)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "playing");
        json_text(&json, "file", file);
        json_bool(&json, "on", is_on);
        json_integer(&json, "clock_us", now_us);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out, "%s %s", is_on ? "sending" : "no longer sending", file);
    events_end_line(events);
}

void events_speaking(struct events *events, uint32_t session, bool is_on)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "speaking");
        json_integer(&json, "session", session);
        json_text(&json, "name", events_name_of(events, session));
        json_bool(&json, "on", is_on);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    events_print_name_and(events, events_name_of(events, session),
                          is_on ? " speaks" : " is silent");
    events_end_line(events);
}

void events_levels(struct events *events, const struct voice_level *levels, size_t n)
{
    if (!events->is_json)
        events_begin_line(events);
    for (size_t i = 0; i < n; i++) {
        const char *name =
            levels[i].session == 0 ? "mix" : events_name_of(events, levels[i].session);
        if (!events->is_json) {
            events_print_name_and(events, name, "");
            (void)fprintf(events->out, " %.1f%s", (double)levels[i].rms_db,
                          i + 1 < n ? " dBFS, " : " dBFS");
            continue;
        }
        struct json json;
        events_begin(events, &json, "level");
        if (levels[i].session != 0)
            json_integer(&json, "session", levels[i].session);
        json_text(&json, "name", name);
        json_number(&json, "dbfs", (double)levels[i].rms_db, 1);
        json_number(&json, "peak_dbfs", (double)levels[i].peak_db, 1);
        json_number(&json, "seconds", levels[i].n_blocks / 100.0, 2);
        json_end(&json);
    }
    if (!events->is_json)
        events_end_line(events);
}

static double loss_percent(const struct crypt_counters *counters)
{
    double all = (double)counters->good + counters->lost;
    return all > 0 ? 100.0 * counters->lost / all : 0;
}

void events_stats(struct events *events, const struct client_stats *stats,
                  const struct voice_in_stats *heard)
{
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "stats");
        json_bool(&json, "udp", stats->is_udp);
        json_number(&json, "loss", loss_percent(&stats->local), 2);
        json_number(&json, "loss_up", loss_percent(&stats->remote), 2);
        json_integer(&json, "delay_ms", heard->delay_ms);
        json_number(&json, "udp_ping_ms", stats->udp_ping.mean, 2);
        json_number(&json, "tcp_ping_ms", stats->tcp_ping.mean, 2);
        json_integer(&json, "sent", stats->voice_sent);
        json_integer(&json, "received", stats->voice_received);
        json_integer(&json, "good", stats->local.good);
        json_integer(&json, "late", stats->local.late);
        json_integer(&json, "lost", stats->local.lost);
        json_integer(&json, "resync", stats->local.resync);
        json_integer(&json, "voice_late", heard->late);
        json_integer(&json, "voice_lost", heard->lost);
        json_integer(&json, "concealed", heard->concealed);
        json_integer(&json, "refused", heard->refused);
        json_end(&json);
        return;
    }
    events_begin_line(events);
    (void)fprintf(events->out,
                  "line: %s, loss %.1f %% down %.1f %% up, ping %.1f ms, jitter buffer %u ms",
                  stats->is_udp ? "datagrams" : "tunnel", loss_percent(&stats->local),
                  loss_percent(&stats->remote),
                  stats->is_udp ? stats->udp_ping.mean : stats->tcp_ping.mean, heard->delay_ms);
    events_end_line(events);
}

void events_ping(struct events *events, const struct url *url, const struct list_ping_reply *reply,
                 bool has_new_form, bool has_legacy_form, double ms)
{
    char version[32];
    (void)snprintf(version, sizeof version, "%u.%u.%u", (unsigned)(reply->version >> 48) & 0xFFFF,
                   (unsigned)(reply->version >> 32) & 0xFFFF,
                   (unsigned)(reply->version >> 16) & 0xFFFF);
    if (events->is_json) {
        struct json json;
        events_begin(events, &json, "ping");
        json_text(&json, "host", url->host);
        json_integer(&json, "port", url->port);
        json_text(&json, "version", version);
        json_integer(&json, "users", reply->users);
        json_integer(&json, "max_users", reply->max_users);
        json_integer(&json, "bandwidth_bps", reply->bandwidth_bps);
        json_number(&json, "ms", ms, 2);
        json_bool(&json, "new_form", has_new_form);
        json_bool(&json, "legacy_form", has_legacy_form);
        json_end(&json);
        return;
    }
    (void)fprintf(events->out,
                  "%s:%u  version %s, %u of %u users, %u kbit/s a speaker, %.2f ms (%s)\n",
                  url->host, url->port, version, reply->users, reply->max_users,
                  reply->bandwidth_bps / 1000, ms,
                  has_new_form && has_legacy_form ? "both forms of ping"
                  : has_new_form                  ? "new form of ping only"
                                                  : "legacy form of ping only");
}
