// SPDX-License-Identifier: BSD-3-Clause
//
// Every event in both forms, side by side. docs/client.md tells what they mean.
#include "base/base.h"
#include "client-cli/cli.h"

#include <string.h>

static double since_start(const struct events *events)
{
    return (double)(clock_us() - events->start_us) / 1e6;
}

static void begin(const struct events *events, struct json *json, const char *name)
{
    json_begin(json, events->out);
    json_text(json, "event", name);
    json_number(json, "t", since_start(events), 3);
}

// ---- readable text: nothing from the network may steer the terminal
// ------------------------------------------------

static const char *skip_tag(const char *at, FILE *out)
{
    if (strncmp(at, "<br", 3) == 0 || strncmp(at, "</p", 3) == 0)
        (void)fputc(' ', out);
    const char *end = strchr(at, '>');
    return end != NULL ? end + 1 : at + strlen(at);
}

static const char *print_entity(const char *at, FILE *out)
{
    static const struct {
        const char *entity;
        char c;
    } table[] = { { "&amp;", '&' },  { "&lt;", '<' },   { "&gt;", '>' },
                  { "&quot;", '"' }, { "&#39;", '\'' }, { "&nbsp;", ' ' } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len = strlen(table[i].entity);
        if (strncmp(at, table[i].entity, len) == 0) {
            (void)fputc(table[i].c, out);
            return at + len;
        }
    }
    (void)fputc('&', out);
    return at + 1;
}

static void print_clean(FILE *out, const char *text, bool is_html)
{
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text;
        if (is_html && c == '<' &&
            (text[1] == '/' || ((text[1] | 0x20) >= 'a' && (text[1] | 0x20) <= 'z'))) {
            text = skip_tag(text, out);
            continue;
        }
        if (is_html && c == '&') {
            text = print_entity(text, out);
            continue;
        }
        // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
        bool is_c1 = c == 0xC2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xA0;
        if (c < 0x20 || c == 0x7F || is_c1)
            (void)fputc(' ', out);
        else
            (void)fputc(c, out);
        text += is_c1 ? 2 : 1;
    }
}

static void begin_line(const struct events *events)
{
    (void)fprintf(events->out, "%8.3f  ", since_start(events));
}

static void end_line(const struct events *events)
{
    (void)fputc('\n', events->out);
    (void)fflush(events->out);
}

static const char *name_of(const struct events *events, uint32_t session)
{
    const struct client_user *user =
        events->client != NULL ? client_find_user(events->client, session) : NULL;
    if (user != NULL)
        return user->name;
    return session == 0 ? "the server" : "somebody";
}

static const char *channel_name(const struct events *events, uint32_t id)
{
    const struct client_channel *channel =
        events->client != NULL ? client_find_channel(events->client, id) : NULL;
    return channel != NULL ? channel->name : "";
}

// "name text" with the name cleaned.
static void print_name_and(const struct events *events, const char *name, const char *text)
{
    print_clean(events->out, name, false);
    (void)fputs(text, events->out);
}

// ---- events
// ----------------------------------------------------------------------------------------------------------

void events_init(struct events *events, FILE *out, bool is_json)
{
    *events = (struct events){ .out = out, .is_json = is_json, .start_us = clock_us() };
}

void events_connected(struct events *events, const struct url *url, const char *welcome_text)
{
    uint64_t version = client_server_version(events->client);
    uint32_t session = client_session(events->client);
    char text[32];
    (void)snprintf(text, sizeof text, "%u.%u.%u", (unsigned)(version >> 48) & 0xFFFF,
                   (unsigned)(version >> 32) & 0xFFFF, (unsigned)(version >> 16) & 0xFFFF);
    if (events->is_json) {
        struct json json;
        begin(events, &json, "connected");
        json_text(&json, "host", url->host);
        json_integer(&json, "port", url->port);
        json_text(&json, "server_version", text);
        json_text(&json, "server_release", client_server_release(events->client));
        json_integer(&json, "session", session);
        json_text(&json, "name", name_of(events, session));
        json_text(&json, "welcome", welcome_text);
        json_end(&json);
        return;
    }
    begin_line(events);
    (void)fprintf(events->out, "connected to %s:%u (%s) as ", url->host, url->port, text);
    print_name_and(events, name_of(events, session), "");
    end_line(events);
    if (welcome_text[0] != '\0') {
        begin_line(events);
        (void)fputs("welcome: ", events->out);
        print_clean(events->out, welcome_text, true);
        end_line(events);
    }
}

void events_recording(struct events *events, const char *file, uint64_t now_us)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, "recording");
        json_text(&json, "file", file);
        json_integer(&json, "clock_us", now_us);
        json_end(&json);
        return;
    }
    begin_line(events);
    (void)fprintf(events->out, "recording to %s", file);
    end_line(events);
}

void events_playing(struct events *events, const char *file, bool is_on, uint64_t now_us)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, "playing");
        json_text(&json, "file", file);
        json_bool(&json, "on", is_on);
        json_integer(&json, "clock_us", now_us);
        json_end(&json);
        return;
    }
    begin_line(events);
    (void)fprintf(events->out, "%s %s", is_on ? "sending" : "no longer sending", file);
    end_line(events);
}

static void put_user(struct json *json, const struct client_user *user)
{
    json_integer(json, "session", user->session);
    json_text(json, "name", user->name);
}

static void put_place(const struct events *events, struct json *json, uint32_t channel_id)
{
    json_integer(json, "channel_id", channel_id);
    json_text(json, "channel", channel_name(events, channel_id));
}

static void put_flags(struct json *json, const struct client_user *user)
{
    json_bool(json, "mute", user->is_muted);
    json_bool(json, "deaf", user->is_deafened);
    json_bool(json, "suppress", user->is_suppressed);
    json_bool(json, "self_mute", user->is_self_muted);
    json_bool(json, "self_deaf", user->is_self_deafened);
    json_bool(json, "priority", user->is_priority_speaker);
    json_bool(json, "recording", user->is_recording);
}

static void print_flags(struct events *events, const struct client_user *user)
{
    const struct {
        bool is_set;
        const char *text;
    } flags[] = {
        { user->is_muted, " muted" },
        { user->is_deafened, " deafened" },
        { user->is_suppressed, " suppressed" },
        { user->is_self_muted, " self-muted" },
        { user->is_self_deafened, " self-deafened" },
        { user->is_priority_speaker, " priority" },
        { user->is_recording, " recording" },
    };
    bool has_any = false;
    begin_line(events);
    print_name_and(events, user->name, " is now:");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        has_any |= flags[i].is_set;
        (void)fputs(flags[i].is_set ? flags[i].text : "", events->out);
    }
    (void)fputs(has_any ? "" : " free to speak", events->out);
    end_line(events);
}

static void user_json(struct events *events, const struct client_user *user, unsigned changes,
                      uint32_t actor, bool was_here)
{
    struct json json;
    if (changes & CLIENT_USER_NEW) {
        begin(events, &json, "joined");
        put_user(&json, user);
        put_place(events, &json, user->channel_id);
        put_flags(&json, user);
        json_bool(&json, "was_here", was_here);
        json_end(&json);
        return;
    }
    if (changes & CLIENT_USER_MOVED) {
        begin(events, &json, "moved");
        put_user(&json, user);
        put_place(events, &json, user->channel_id);
        json_text(&json, "by", actor == user->session ? user->name : name_of(events, actor));
        json_end(&json);
    }
    if (changes & (CLIENT_USER_FLAGS | CLIENT_USER_RENAMED)) {
        begin(events, &json, "state");
        put_user(&json, user);
        put_flags(&json, user);
        json_end(&json);
    }
}

void events_user(struct events *events, const struct client_user *user, unsigned changes,
                 uint32_t actor, bool was_here)
{
    if (events->is_json) {
        user_json(events, user, changes, actor, was_here);
        return;
    }
    if (changes & (CLIENT_USER_NEW | CLIENT_USER_MOVED)) {
        begin_line(events);
        bool is_new = (changes & CLIENT_USER_NEW) != 0;
        print_name_and(events, user->name,
                       was_here ? " is in "
                       : is_new ? " joined "
                                : " moved to ");
        print_name_and(events, channel_name(events, user->channel_id), "");
        end_line(events);
    }
    if ((changes & CLIENT_USER_FLAGS) && !(changes & CLIENT_USER_NEW))
        print_flags(events, user);
}

void events_user_left(struct events *events, const struct client_user *user, uint32_t actor,
                      const char *reason)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, "left");
        put_user(&json, user);
        if (actor != 0)
            json_text(&json, "by", name_of(events, actor));
        json_text(&json, "reason", reason);
        json_end(&json);
        return;
    }
    begin_line(events);
    print_name_and(events, user->name, " left");
    if (reason[0] != '\0') {
        (void)fputs(": ", events->out);
        print_clean(events->out, reason, true);
    }
    end_line(events);
}

void events_channel(struct events *events, const struct client_channel *channel,
                    enum client_channel_change change, bool was_here)
{
    static const char *const changes[] = { "new", "changed", "removed" };
    if (events->is_json) {
        struct json json;
        begin(events, &json, "channel");
        json_integer(&json, "channel_id", channel->id);
        json_integer(&json, "parent_id", channel->parent_id);
        json_text(&json, "channel", channel->name);
        json_text(&json, "change", changes[change]);
        json_bool(&json, "was_here", was_here);
        json_end(&json);
        return;
    }
    if (was_here)
        return;
    begin_line(events);
    (void)fprintf(events->out, "%s channel ", changes[change]);
    print_name_and(events, channel->name, "");
    end_line(events);
}

void events_speaking(struct events *events, uint32_t session, bool is_on)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, "speaking");
        json_integer(&json, "session", session);
        json_text(&json, "name", name_of(events, session));
        json_bool(&json, "on", is_on);
        json_end(&json);
        return;
    }
    begin_line(events);
    print_name_and(events, name_of(events, session), is_on ? " speaks" : " is silent");
    end_line(events);
}

void events_levels(struct events *events, const struct voice_level *levels, size_t n)
{
    if (!events->is_json)
        begin_line(events);
    for (size_t i = 0; i < n; i++) {
        const char *name = levels[i].session == 0 ? "mix" : name_of(events, levels[i].session);
        if (!events->is_json) {
            print_name_and(events, name, "");
            (void)fprintf(events->out, " %.1f%s", (double)levels[i].rms_db,
                          i + 1 < n ? " dBFS, " : " dBFS");
            continue;
        }
        struct json json;
        begin(events, &json, "level");
        if (levels[i].session != 0)
            json_integer(&json, "session", levels[i].session);
        json_text(&json, "name", name);
        json_number(&json, "dbfs", (double)levels[i].rms_db, 1);
        json_number(&json, "peak_dbfs", (double)levels[i].peak_db, 1);
        json_number(&json, "seconds", levels[i].n_blocks / 100.0, 2);
        json_end(&json);
    }
    if (!events->is_json)
        end_line(events);
}

void events_text(struct events *events, uint32_t actor, const char *text)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, "text");
        json_integer(&json, "session", actor);
        json_text(&json, "from", name_of(events, actor));
        json_text(&json, "text", text);
        json_end(&json);
        return;
    }
    begin_line(events);
    print_name_and(events, name_of(events, actor), ": ");
    print_clean(events->out, text, true);
    end_line(events);
}

void events_denied(struct events *events, const MumbleProto__PermissionDenied *denied)
{
    static const char *const kinds[] = {
        "text",
        "permission",
        "super user",
        "channel name",
        "text too long",
        "h9k",
        "temporary channel",
        "missing certificate",
        "user name",
        "channel full",
        "nesting limit",
        "channel count limit",
        "channel listener limit",
        "user listener limit",
    };
    unsigned type = denied->has_type ? (unsigned)denied->type : 0;
    const char *kind = type < sizeof kinds / sizeof *kinds ? kinds[type] : "unknown";
    const char *reason = denied->reason != NULL ? denied->reason : "";
    if (events->is_json) {
        struct json json;
        begin(events, &json, "denied");
        json_text(&json, "kind", kind);
        if (denied->has_permission)
            json_integer(&json, "permission", denied->permission);
        if (denied->has_channel_id)
            put_place(events, &json, denied->channel_id);
        json_text(&json, "reason", reason);
        json_end(&json);
        return;
    }
    begin_line(events);
    (void)fprintf(events->out, "denied (%s)%s", kind, reason[0] != '\0' ? ": " : "");
    print_clean(events->out, reason, true);
    end_line(events);
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
        begin(events, &json, "stats");
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
    begin_line(events);
    (void)fprintf(events->out,
                  "line: %s, loss %.1f %% down %.1f %% up, ping %.1f ms, jitter buffer %u ms",
                  stats->is_udp ? "datagrams" : "tunnel", loss_percent(&stats->local),
                  loss_percent(&stats->remote),
                  stats->is_udp ? stats->udp_ping.mean : stats->tcp_ping.mean, heard->delay_ms);
    end_line(events);
}

void events_notice(struct events *events, const char *kind, const char *text)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, kind);
        json_text(&json, "text", text);
        json_end(&json);
        return;
    }
    begin_line(events);
    (void)fprintf(events->out, "%s: ", kind);
    print_clean(events->out, text, false);
    end_line(events);
}

void events_closed(struct events *events, const char *end, const char *reason)
{
    if (events->is_json) {
        struct json json;
        begin(events, &json, "closed");
        json_text(&json, "end", end);
        json_text(&json, "reason", reason);
        json_end(&json);
        return;
    }
    begin_line(events);
    (void)fprintf(events->out, "%s: ", end);
    print_clean(events->out, reason, true);
    end_line(events);
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
        begin(events, &json, "ping");
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
