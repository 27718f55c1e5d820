// SPDX-License-Identifier: BSD-3-Clause
//
// The list of bans: shown and replaced by who may Ban, added to by a kick, obeyed at accept (by
// address, before any work is done for the client) and after TLS (by certificate). Who is refused
// is told nothing, as by every Mumble server.
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

// ---- obeying ----------------------------------------------------------------------------------

static void purge(struct server *server)
{
    if (bans_purge(server->model, clock_unix_s()))
        storage_bans_put(server);
}

static const struct ban *find(const struct server *server, const struct sockaddr_in6 *peer,
                              const char *cert_hash)
{
    return bans_find(server->model, peer->sin6_addr.s6_addr, cert_hash, clock_unix_s());
}

static void log_refused(const struct ban *ban)
{
    char name[256], reason[256];
    log_info("control", "banned client refused", "name=%s reason=%s",
             log_quote(ban->name, name, sizeof(name)),
             log_quote(ban->reason, reason, sizeof(reason)));
}

bool bans_admit(struct server *server, const struct sockaddr_in6 *peer)
{
    if (!hosts_admit(server, peer))
        return false;
    purge(server);
    const struct ban *ban = find(server, peer, "");
    if (ban != NULL)
        log_refused(ban);
    return ban == NULL;
}

const struct ban *bans_refuse(struct conn *conn)
{
    const struct ban *ban = find(conn->server, &conn->peer, conn->cert_hash);
    if (ban != NULL)
        log_refused(ban);
    return ban;
}

// ---- from a kick ------------------------------------------------------------------------------

void bans_from_kick(struct server *server, const struct conn *victim, const char *reason,
                    bool by_certificate, bool by_address)
{
    const struct user *user = model_user(server->model, victim->session);
    struct ban ban = { .mask_bits = 128,
                       .name = user->name,
                       .reason = (char *)(reason != NULL ? reason : ""),
                       .start_s = clock_unix_s() };
    if (by_address)
        memcpy(ban.address, &victim->peer.sin6_addr, sizeof(ban.address));
    if (by_certificate)
        memcpy(ban.hash, victim->cert_hash, sizeof(ban.hash));
    int error = bans_add(server->model, &ban);
    if (error != 0)
        log_error("control", "ban not kept", "reason=\"%s\"", model_error_text(error));
    else
        storage_bans_put(server);
}

// ---- the list, read and written ---------------------------------------------------------------

struct listed {
    MumbleProto__BanList__BanEntry entry;
    char start[REGISTRY_DATE_BYTES];
};

static void fill_listed(struct listed *listed, const struct ban *ban)
{
    mumble_proto__ban_list__ban_entry__init(&listed->entry);
    registry_date(ban->start_s, listed->start);
    listed->entry.address = (ProtobufCBinaryData){ 16, (uint8_t *)ban->address };
    listed->entry.mask = ban->mask_bits;
    listed->entry.name = ban->name;
    listed->entry.hash = (char *)ban->hash;
    listed->entry.reason = ban->reason;
    listed->entry.start = listed->start;
    listed->entry.has_duration = true;
    listed->entry.duration = ban->duration_s;
}

// Who edits a list that was cut short would lift the bans that are missing, so it is not sent.
static void send_list(struct conn *conn)
{
    const struct model *model = conn->server->model;
    size_t n = 0;
    while (bans_at(model, n) != NULL)
        n++;
    struct listed *listed = calloc(n + 1, sizeof(*listed));
    MumbleProto__BanList__BanEntry **pointers = calloc(n + 1, sizeof(*pointers));
    MumbleProto__BanList list = MUMBLE_PROTO__BAN_LIST__INIT;
    for (size_t i = 0; listed != NULL && pointers != NULL && i < n; i++) {
        fill_listed(&listed[i], bans_at(model, i));
        pointers[i] = &listed[i].entry;
        list.n_bans = i + 1;
    }
    list.bans = pointers;
    if (list.n_bans == n && msg_packed_size(&list.base) <= FRAME_MAX_BYTES)
        send_message(conn, MSG_BAN_LIST, &list.base);
    else
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text,
                           N_("The list of bans is too long for a Mumble client"), NULL);
    free(listed);
    free(pointers);
}

static bool read_number(const char *digits, size_t n, int least, int most, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        *out = *out * 10 + (digits[i] - '0');
    }
    return *out >= least && *out <= most;
}

// "2024-05-01T18:00:00", in UTC with or without saying so. False: not a date.
static bool read_date(const char *text, int64_t *out)
{
    static const char form[] = "0000-00-00T00:00:00";
    struct tm at = { 0 };
    if (strlen(text) < sizeof(form) - 1 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':' ||
        strchr("Z.", text[19]) == NULL || !read_number(text, 4, 1970, 9999, &at.tm_year) ||
        !read_number(text + 5, 2, 1, 12, &at.tm_mon) ||
        !read_number(text + 8, 2, 1, 31, &at.tm_mday) ||
        !read_number(text + 11, 2, 0, 23, &at.tm_hour) ||
        !read_number(text + 14, 2, 0, 59, &at.tm_min) ||
        !read_number(text + 17, 2, 0, 60, &at.tm_sec))
        return false;
    at.tm_year -= 1900;
    at.tm_mon -= 1;
    *out = (int64_t)timegm(&at);
    return true;
}

static void read_hash(const char *text, char out[CERT_HASH_BYTES])
{
    out[0] = '\0';
    if (text == NULL || strlen(text) != CERT_HASH_BYTES - 1 ||
        strspn(text, "0123456789abcdefABCDEF") != CERT_HASH_BYTES - 1)
        return;
    for (size_t i = 0; i < CERT_HASH_BYTES; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
}

// Strings are borrowed. False: it names neither an address nor a certificate, or no sensible mask.
static bool read_entry(const MumbleProto__BanList__BanEntry *entry, struct ban *ban)
{
    static const uint8_t nobody[16];
    *ban = (struct ban){ .name = (char *)(entry->name != NULL ? entry->name : ""),
                         .reason = (char *)(entry->reason != NULL ? entry->reason : ""),
                         .duration_s = entry->has_duration ? entry->duration : 0 };
    if (entry->start == NULL || !read_date(entry->start, &ban->start_s))
        ban->start_s = clock_unix_s();
    read_hash(entry->hash, ban->hash);
    if (entry->address.len != sizeof(ban->address) || !str_is_utf8(ban->name) ||
        !str_is_utf8(ban->reason))
        return false;
    memcpy(ban->address, entry->address.data, sizeof(ban->address));
    if (memcmp(ban->address, nobody, sizeof(nobody)) == 0) {
        ban->mask_bits = 128;
        return ban->hash[0] != '\0';
    }
    if (entry->mask < 8 || entry->mask > 128)
        return false;
    ban->mask_bits = (uint8_t)entry->mask;
    return true;
}

static void replace(struct conn *conn, const MumbleProto__BanList *list)
{
    struct server *server = conn->server;
    struct ban *bans = calloc(list->n_bans + 1, sizeof(*bans));
    size_t n = 0;
    for (size_t i = 0; bans != NULL && i < list->n_bans; i++)
        if (read_entry(list->bans[i], &bans[n]))
            n++;
    int error = bans != NULL ? bans_replace(server->model, bans, n) : MODEL_E_MEMORY;
    if (error == 0) {
        storage_bans_put(server);
        log_info("control", "bans replaced", "bans=%zu session=%u", n, conn->session);
    } else {
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text,
                           model_error_text(error), NULL);
    }
    free(bans);
}

void bans_message(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__BanList *list = (const MumbleProto__BanList *)message;
    const struct user *actor = model_user(conn->server->model, conn->session);
    if ((model_permissions(conn->server->model, actor, MODEL_ROOT) & PERM_BAN) == 0)
        send_denied(conn, PERM_BAN, MODEL_ROOT);
    else if (list->has_query && list->query)
        send_list(conn);
    else
        replace(conn, list);
}
