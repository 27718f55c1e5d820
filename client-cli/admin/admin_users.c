// SPDX-License-Identifier: BSD-3-Clause
//
// Commands about people who are here.
#include "client-cli/admin/admin_int.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

// ---- statistics

struct idle {
    uint32_t session;
    int64_t idle_s, online_s; // -1: not told
};
struct idles {
    struct idle *list;
    size_t n, n_answered;
};

static bool on_idle(struct admin *admin, void *arg, unsigned type, const ProtobufCMessage *message)
{
    (void)admin;
    struct idles *idles = arg;
    const MumbleProto__UserStats *stats = (const void *)message;
    idles->n_answered += type == MSG_PERMISSION_DENIED || type == MSG_USER_REMOVE;
    for (size_t i = 0; i < idles->n && type == MSG_USER_STATS; i++) {
        if (idles->list[i].session != stats->session)
            continue;
        idles->list[i].idle_s = stats->has_idlesecs ? (int64_t)stats->idlesecs : -1;
        idles->list[i].online_s = stats->has_onlinesecs ? (int64_t)stats->onlinesecs : -1;
        idles->n_answered++;
    }
    return idles->n_answered >= idles->n;
}

bool user_is_voice(const struct admin_user *user)
{
    size_t len = strlen(user->name);
    static const char ending[] = " \xF0\x9F\x8E\xA7"; // headphones: a track, not a person
    return user->user_id < 0 && len >= sizeof ending - 1 &&
           strcmp(user->name + len - (sizeof ending - 1), ending) == 0;
}

// Asks about everybody at once. Who is not answered about stays unknown.
static void fetch_idles(struct admin *admin, struct idles *idles)
{
    const struct picture *picture = &admin->picture;
    idles->list = calloc(picture->n_users + 1, sizeof *idles->list);
    if (idles->list == NULL || admin->client == NULL)
        return;
    MumbleProto__UserStats query = MUMBLE_PROTO__USER_STATS__INIT;
    query.has_session = query.has_stats_only = 1;
    query.stats_only = 1;
    for (size_t i = 0; i < picture->n_users; i++)
        if (!user_is_voice(&picture->users[i]))
            idles->list[idles->n++] = (struct idle){ picture->users[i].session, -1, -1 };
    admin->is_quiet = true;
    admin->is_answered = false;
    admin->expect = on_idle;
    admin->expect_arg = idles;
    for (size_t i = 0; i + 1 < idles->n && admin->client != NULL; i++) {
        query.session = idles->list[i].session;
        (void)client_send(admin->client, MSG_USER_STATS, &query.base);
    }
    if (idles->n > 0 && admin->client != NULL) {
        query.session = idles->list[idles->n - 1].session;
        (void)admin_ask(admin, MSG_USER_STATS, &query.base, ASK_LATE, on_idle, idles);
    }
    admin->is_quiet = false;
}

static void put_time(struct sheet *sheet, int64_t seconds)
{
    char text[32];
    if (seconds < 0) {
        sheet_text(sheet, NULL);
        return;
    }
    if (seconds < 60)
        (void)snprintf(text, sizeof text, "%lld s", (long long)seconds);
    else if (seconds < 3600)
        (void)snprintf(text, sizeof text, "%lld min", (long long)seconds / 60);
    else
        (void)snprintf(text, sizeof text, "%lld h %02lld", (long long)seconds / 3600,
                       (long long)seconds / 60 % 60);
    sheet_text(sheet, text);
}

void put_flags(struct sheet *sheet, const struct admin_user *user)
{
    const struct {
        bool is_on;
        const char *word;
    } flags[] = {
        { user->is_muted, "mute" },
        { user->is_deafened, "deaf" },
        { user->is_suppressed, "suppress" },
        { user->is_self_muted, "self_mute" },
        { user->is_self_deafened, "self_deaf" },
        { user->is_priority_speaker, "priority" },
        { user->is_recording, "recording" },
    };
    sheet_text(sheet, "");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].is_on)
            sheet_item(sheet, flags[i].word);
}

static const struct column user_columns[] = {
    { "session", "session", COLUMN_NUMBER }, { "name", "name", COLUMN_TEXT },
    { "user_id", "id", COLUMN_NUMBER },      { "channel_id", NULL, COLUMN_NUMBER },
    { "channel", "channel", COLUMN_TEXT },   { "flags", "flags", COLUMN_LIST },
    { "idle_s", NULL, COLUMN_NUMBER },       { NULL, "idle", COLUMN_TEXT },
    { "online_s", NULL, COLUMN_NUMBER },     { "hash", NULL, COLUMN_TEXT },
    { "voice_of_track", NULL, COLUMN_FLAG },
};

void put_optional(struct sheet *sheet, int64_t value)
{
    if (value >= 0)
        sheet_number(sheet, value);
    else
        sheet_text(sheet, NULL);
}

static void put_user(struct admin *admin, struct sheet *sheet, const struct admin_user *user,
                     const struct idles *idles)
{
    struct idle idle = { 0, -1, -1 };
    for (size_t i = 0; i < idles->n; i++)
        if (idles->list[i].session == user->session)
            idle = idles->list[i];
    sheet_number(sheet, user->session);
    sheet_text(sheet, user->name);
    put_optional(sheet, user->user_id);
    sheet_number(sheet, user->channel_id);
    sheet_take(sheet, picture_path(&admin->picture, user->channel_id));
    put_flags(sheet, user);
    put_optional(sheet, idle.idle_s);
    put_time(sheet, idle.idle_s);
    put_optional(sheet, idle.online_s);
    sheet_text(sheet, user->hash[0] != '\0' ? user->hash : NULL);
    sheet_flag(sheet, user_is_voice(user), "yes");
}

int users_list(struct call *call)
{
    struct admin *admin = call->admin;
    struct idles idles = { .list = NULL };
    struct sheet *sheet = sheet_new(user_columns, sizeof user_columns / sizeof *user_columns);
    fetch_idles(admin, &idles);
    uint32_t own = admin->client != NULL ? client_session(admin->client) : 0;
    for (size_t i = 0; i < admin->picture.n_users; i++)
        if (admin->picture.users[i].session != own)
            put_user(admin, sheet, &admin->picture.users[i], &idles);
    free(idles.list);
    return admin_show_sheet(admin, "users", sheet);
}

// ---- one of them

static const struct column info_columns[] = {
    { "session", "session", COLUMN_NUMBER },
    { "name", "name", COLUMN_TEXT },
    { "user_id", "id", COLUMN_NUMBER },
    { "channel_id", NULL, COLUMN_NUMBER },
    { "channel", "channel", COLUMN_TEXT },
    { "flags", "flags", COLUMN_LIST },
    { "version", "version", COLUMN_TEXT },
    { "release", "release", COLUMN_TEXT },
    { "os", "system", COLUMN_TEXT },
    { "address", "address", COLUMN_TEXT },
    { "certificate_sha1", "certificate SHA-1", COLUMN_TEXT },
    { "certificate_subject", "certificate of", COLUMN_TEXT },
    { "certificate_until", "valid until", COLUMN_TEXT },
    { "strong_certificate", "verified", COLUMN_FLAG },
    { "online_s", NULL, COLUMN_NUMBER },
    { NULL, "here for", COLUMN_TEXT },
    { "idle_s", NULL, COLUMN_NUMBER },
    { NULL, "silent for", COLUMN_TEXT },
    { "bandwidth_bps", "bits a second", COLUMN_NUMBER },
    { "loss_up_percent", "loss from them (%)", COLUMN_NUMBER },
    { "loss_down_percent", "loss to them (%)", COLUMN_NUMBER },
    { "udp_packets", "datagrams", COLUMN_NUMBER },
    { "tcp_packets", "in the tunnel", COLUMN_NUMBER },
    { "udp_ping_ms", "round trip by datagram (ms)", COLUMN_NUMBER },
    { "tcp_ping_ms", "round trip by TCP (ms)", COLUMN_NUMBER },
};

static void put_version(struct sheet *sheet, const MumbleProto__Version *version)
{
    uint64_t v = version != NULL ? version_read(version) : 0;
    char text[40];
    (void)snprintf(text, sizeof text, "%u.%u.%u", (unsigned)(v >> 48) & 0xFFFF,
                   (unsigned)(v >> 32) & 0xFFFF, (unsigned)(v >> 16) & 0xFFFF);
    sheet_text(sheet, v != 0 ? text : NULL);
    sheet_text(sheet, version != NULL ? version->release : NULL);
    const char *os = version != NULL && version->os != NULL ? version->os : "";
    const char *more = version != NULL && version->os_version != NULL ? version->os_version : "";
    char system[160];
    (void)snprintf(system, sizeof system, "%.60s%s%.60s", os, more[0] != '\0' ? " " : "", more);
    sheet_text(sheet, system[0] != '\0' ? system : NULL);
}

void address_text(const uint8_t *address, size_t len, char out[INET6_ADDRSTRLEN])
{
    static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };
    out[0] = '\0';
    if (len == 16 && memcmp(address, mapped, sizeof mapped) == 0)
        (void)uv_inet_ntop(AF_INET, address + 12, out, INET6_ADDRSTRLEN);
    else if (len == 16)
        (void)uv_inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
}

static char *end_of(const X509 *certificate)
{
    struct tm end;
    char text[40] = "";
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1)
        (void)strftime(text, sizeof text, "%Y-%m-%d", &end);
    return str_dup(text);
}

static void put_certificate(struct sheet *sheet, const MumbleProto__UserStats *stats,
                            const struct admin_user *user)
{
    X509 *certificate = NULL;
    if (stats->n_certificates > 0) {
        const uint8_t *at = stats->certificates[0].data;
        certificate = d2i_X509(NULL, &at, (long)stats->certificates[0].len);
    }
    char *subject =
        certificate != NULL ? X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0) : NULL;
    sheet_text(sheet, user->hash[0] != '\0' ? user->hash : NULL);
    sheet_text(sheet, subject);
    sheet_take(sheet, certificate != NULL ? end_of(certificate) : NULL);
    sheet_flag(sheet, stats->has_strong_certificate && stats->strong_certificate, "yes");
    OPENSSL_free(subject);
    X509_free(certificate);
}

static void put_loss(struct sheet *sheet, const MumbleProto__UserStats__Stats *stats)
{
    uint64_t all = stats != NULL ? (uint64_t)stats->good + stats->late + stats->lost : 0;
    char text[32];
    (void)snprintf(text, sizeof text, "%.1f", all > 0 ? 100.0 * stats->lost / (double)all : 0.0);
    sheet_text(sheet, all > 0 ? text : NULL);
}

static void put_milliseconds(struct sheet *sheet, bool has, float value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.1f", (double)value);
    sheet_text(sheet, has && value > 0 && value < 1e6F ? text : NULL);
}

struct info_ask {
    struct sheet *sheet;
    const struct admin_user *user;
};

static bool on_info(struct admin *admin, void *arg, unsigned type, const ProtobufCMessage *message)
{
    struct info_ask *ask = arg;
    const MumbleProto__UserStats *stats = (const void *)message;
    const struct admin_user *user = ask->user;
    if (type != MSG_USER_STATS || stats->session != user->session)
        return false;
    struct sheet *sheet = ask->sheet;
    sheet_number(sheet, user->session);
    sheet_text(sheet, user->name);
    put_optional(sheet, user->user_id);
    sheet_number(sheet, user->channel_id);
    sheet_take(sheet, picture_path(&admin->picture, user->channel_id));
    put_flags(sheet, user);
    put_version(sheet, stats->version);
    char address[INET6_ADDRSTRLEN];
    address_text(stats->address.data, stats->has_address ? stats->address.len : 0, address);
    sheet_text(sheet, address[0] != '\0' ? address : NULL);
    put_certificate(sheet, stats, user);
    put_optional(sheet, stats->has_onlinesecs ? (int64_t)stats->onlinesecs : -1);
    put_time(sheet, stats->has_onlinesecs ? (int64_t)stats->onlinesecs : -1);
    put_optional(sheet, stats->has_idlesecs ? (int64_t)stats->idlesecs : -1);
    put_time(sheet, stats->has_idlesecs ? (int64_t)stats->idlesecs : -1);
    put_optional(sheet, stats->has_bandwidth ? (int64_t)stats->bandwidth * 8 : -1);
    put_loss(sheet, stats->from_client);
    put_loss(sheet, stats->from_server);
    put_optional(sheet, stats->has_udp_packets ? (int64_t)stats->udp_packets : -1);
    put_optional(sheet, stats->has_tcp_packets ? (int64_t)stats->tcp_packets : -1);
    put_milliseconds(sheet, stats->has_udp_ping_avg, stats->udp_ping_avg);
    put_milliseconds(sheet, stats->has_tcp_ping_avg, stats->tcp_ping_avg);
    return true;
}

int user_info(struct call *call)
{
    struct admin *admin = call->admin;
    const struct admin_user *user = find_user(admin, call->words[0]);
    if (user == NULL)
        return admin_exit_of(admin);
    if (user_is_voice(user))
        return admin_fail(admin, ADMIN_REFUSED,
                          "%s is the voice of a track or a booth, and has no connection",
                          user->name);
    struct info_ask ask = { sheet_new(info_columns, sizeof info_columns / sizeof *info_columns),
                            user };
    MumbleProto__UserStats query = MUMBLE_PROTO__USER_STATS__INIT;
    query.has_session = 1;
    query.session = user->session;
    int status = admin_ask(admin, MSG_USER_STATS, &query.base, ASK_LATE, on_info, &ask);
    if (status != ADMIN_DONE) {
        sheet_free(ask.sheet);
        return status;
    }
    return admin_show_facts(admin, ask.sheet);
}

// ---- who is registered

static const struct column people_columns[] = {
    { "user_id", "id", COLUMN_NUMBER },
    { "name", "name", COLUMN_TEXT },
    { "last_seen", "last seen", COLUMN_TEXT },
    { "last_channel_id", NULL, COLUMN_NUMBER },
    { "last_channel", "last channel", COLUMN_TEXT },
    { "online", "here", COLUMN_FLAG },
};

int users_registered(struct call *call)
{
    struct admin *admin = call->admin;
    struct people people;
    int status = people_fetch(admin, &people);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(people_columns, sizeof people_columns / sizeof *people_columns);
    for (size_t i = 0; i < people.n; i++) {
        const struct person *person = &people.list[i];
        bool is_here = false;
        for (size_t k = 0; k < admin->picture.n_users; k++)
            is_here |= admin->picture.users[k].user_id == person->id;
        sheet_number(sheet, person->id);
        sheet_text(sheet, person->name);
        sheet_text(sheet, person->last_seen != NULL && person->last_seen[0] != '\0'
                              ? person->last_seen
                              : NULL);
        put_optional(sheet, person->last_channel);
        sheet_take(sheet, person->last_channel >= 0
                              ? picture_path(&admin->picture, (uint32_t)person->last_channel)
                              : NULL);
        sheet_flag(sheet, is_here, "yes");
    }
    people_clear(&people);
    return admin_show_sheet(admin, "registered", sheet);
}
