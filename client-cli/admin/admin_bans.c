// SPDX-License-Identifier: BSD-3-Clause
//
// Commands about bans. The protocol replaces the list as a whole: ask, change, send, ask again.
#include "client-cli/admin/admin_int.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_DIGITS 40

// The message as it came, kept: (list)->bans are ours until freed.
struct bans {
    MumbleProto__BanList *list;
};

static bool on_bans(struct admin *admin, void *arg, unsigned type, const ProtobufCMessage *message)
{
    (void)admin;
    struct bans *bans = arg;
    if (type != MSG_BAN_LIST || bans->list != NULL)
        return false;
    size_t size = msg_packed_size(message);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return false;
    struct frame frame;
    (void)msg_pack(MSG_BAN_LIST, message, bytes);
    if (frame_read((struct span){ bytes, size }, FRAME_MAX_BYTES, &frame) > 0)
        bans->list = (void *)msg_unpack(MSG_BAN_LIST, frame.body);
    free(bytes);
    return bans->list != NULL;
}

static void bans_clear(struct bans *bans)
{
    msg_free((void *)bans->list);
    bans->list = NULL;
}

static int bans_fetch(struct admin *admin, struct bans *bans)
{
    MumbleProto__BanList query = MUMBLE_PROTO__BAN_LIST__INIT;
    query.has_query = 1;
    query.query = 1;
    bans->list = NULL;
    return admin_ask(admin, MSG_BAN_LIST, &query.base, ASK_ONCE, on_bans, bans);
}

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

// Same person or network, whatever the time of it.
static bool is_same(const MumbleProto__BanList__BanEntry *a,
                    const MumbleProto__BanList__BanEntry *b)
{
    return a->address.len == b->address.len &&
           memcmp(a->address.data, b->address.data, a->address.len) == 0 && a->mask == b->mask &&
           strcmp(text_of(a->hash), text_of(b->hash)) == 0 &&
           (a->has_duration ? a->duration : 0) == (b->has_duration ? b->duration : 0);
}

static bool has_ban(const MumbleProto__BanList *list, const MumbleProto__BanList__BanEntry *ban)
{
    for (size_t i = 0; i < list->n_bans; i++)
        if (is_same(list->bans[i], ban))
            return true;
    return false;
}

// Sends these n entries and sees whether the server has them, and no more.
static int bans_send(struct admin *admin, MumbleProto__BanList__BanEntry **entries, size_t n)
{
    MumbleProto__BanList message = MUMBLE_PROTO__BAN_LIST__INIT;
    struct bans told;
    message.n_bans = n;
    message.bans = entries;
    int status = admin_ask(admin, MSG_BAN_LIST, &message.base, ASK_ONCE, NULL, NULL);
    if (status == ADMIN_DONE)
        status = bans_fetch(admin, &told);
    if (status != ADMIN_DONE)
        return status;
    bool is_taken = told.list->n_bans == n;
    for (size_t i = 0; i < n && is_taken; i++)
        is_taken = has_ban(told.list, entries[i]);
    bans_clear(&told);
    return is_taken ? ADMIN_DONE
                    : admin_fail(admin, ADMIN_REFUSED, "the server has not taken the ban list");
}

// ---- times

int parse_duration(const char *text, uint32_t *out_s)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || errno != 0 || value == 0)
        return -1;
    uint64_t scale = *end == '\0' ? 1 : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].unit && end[1] == '\0')
            scale = units[i].seconds;
    if (scale == 0 || value > UINT32_MAX / scale)
        return -1;
    *out_s = (uint32_t)(value * scale);
    return 0;
}

static void duration_words(uint32_t seconds, char *out, size_t cap)
{
    if (seconds == 0)
        (void)snprintf(out, cap, "ever");
    else if (seconds % 86400 == 0)
        (void)snprintf(out, cap, "%u d", seconds / 86400);
    else if (seconds % 3600 == 0)
        (void)snprintf(out, cap, "%u h", seconds / 3600);
    else if (seconds % 60 == 0)
        (void)snprintf(out, cap, "%u min", seconds / 60);
    else
        (void)snprintf(out, cap, "%u s", seconds);
}

// ---- showing

static const struct column ban_columns[] = {
    { "number", "no.", COLUMN_NUMBER }, { "address", "address", COLUMN_TEXT },
    { "mask", NULL, COLUMN_NUMBER },    { "hash", "certificate", COLUMN_TEXT },
    { "name", "name", COLUMN_TEXT },    { "reason", "reason", COLUMN_TEXT },
    { "start", "since", COLUMN_TEXT },  { "duration_s", NULL, COLUMN_NUMBER },
    { NULL, "for", COLUMN_TEXT },
};

static bool is_zero(const ProtobufCBinaryData *address)
{
    for (size_t i = 0; i < address->len; i++)
        if (address->data[i] != 0)
            return false;
    return true;
}

static void network_text(const MumbleProto__BanList__BanEntry *ban, char *out, size_t cap)
{
    char address[INET6_ADDRSTRLEN];
    address_text(ban->address.data, ban->address.len, address);
    bool is_ipv4 = strchr(address, ':') == NULL;
    uint32_t bits = is_ipv4 && ban->mask >= 96 ? ban->mask - 96 : ban->mask;
    (void)snprintf(out, cap, "%s/%u", address, bits);
}

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

int bans_list(struct call *call)
{
    struct admin *admin = call->admin;
    struct bans bans;
    int status = bans_fetch(admin, &bans);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *sheet = sheet_new(ban_columns, sizeof ban_columns / sizeof *ban_columns);
    for (size_t i = 0; i < bans.list->n_bans; i++) {
        const MumbleProto__BanList__BanEntry *ban = bans.list->bans[i];
        char text[80];
        uint32_t seconds = ban->has_duration ? ban->duration : 0;
        network_text(ban, text, sizeof text);
        sheet_number(sheet, (int64_t)i + 1);
        sheet_text(sheet, is_zero(&ban->address) ? NULL : text);
        sheet_number(sheet, ban->mask);
        sheet_text(sheet, or_null(ban->hash));
        sheet_text(sheet, or_null(ban->name));
        sheet_text(sheet, or_null(ban->reason));
        sheet_text(sheet, or_null(ban->start));
        sheet_number(sheet, seconds);
        duration_words(seconds, text, sizeof text);
        sheet_text(sheet, text);
    }
    bans_clear(&bans);
    return admin_show_sheet(admin, "bans", sheet);
}

// ---- adding and removing

int ban_read_network(const char *text, uint8_t address[16], uint32_t *mask)
{
    char host[INET6_ADDRSTRLEN + 1];
    size_t len = strcspn(text, "/");
    if (len >= sizeof host)
        return -1;
    memcpy(host, text, len);
    host[len] = '\0';
    memset(address, 0, 16);
    bool is_ipv4 = uv_inet_pton(AF_INET, host, address + 12) == 0;
    if (is_ipv4)
        address[10] = address[11] = 0xFF;
    else if (uv_inet_pton(AF_INET6, host, address) != 0)
        return -1;
    unsigned long most = is_ipv4 ? 32 : 128, bits = most;
    if (text[len] == '/') {
        char *end;
        bits = strtoul(text + len + 1, &end, 10);
        if (!isdigit((unsigned char)text[len + 1]) || *end != '\0' || bits > most)
            return -1;
    }
    *mask = (uint32_t)bits + (is_ipv4 ? 96 : 0);
    return *mask >= 8 ? 0 : -1;
}

static bool is_hash(const char *text)
{
    return strlen(text) == HASH_DIGITS && strspn(text, "0123456789abcdef") == HASH_DIGITS;
}

static int read_ban(struct call *call, MumbleProto__BanList__BanEntry *ban, uint8_t address[16],
                    char hash[HASH_DIGITS + 1])
{
    struct admin *admin = call->admin;
    const char *certificate = call_option(call, "--cert"), *duration = call_option(call, "--for");
    uint32_t mask = 128, seconds = 0;
    if (call->n_words == 0 && certificate == NULL)
        return admin_fail(admin, ADMIN_USAGE, "an address, or --cert HASH");
    if (call->n_words > 0 && ban_read_network(call->words[0], address, &mask) != 0)
        return admin_fail(admin, ADMIN_USAGE,
                          "\"%.60s\" is no address or network, as 192.0.2.7 or 2001:db8::/32",
                          call->words[0]);
    (void)snprintf(hash, HASH_DIGITS + 1, "%s", certificate != NULL ? certificate : "");
    for (char *c = hash; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    if (certificate != NULL && (strlen(certificate) != HASH_DIGITS || !is_hash(hash)))
        return admin_fail(admin, ADMIN_USAGE, "a certificate is 40 hexadecimal digits (SHA-1)");
    if (duration != NULL && parse_duration(duration, &seconds) != 0)
        return admin_fail(admin, ADMIN_USAGE, "\"%.60s\" is no time as 30m, 2h or 7d", duration);
    ban->address = (ProtobufCBinaryData){ 16, address };
    ban->mask = mask;
    ban->hash = hash[0] != '\0' ? hash : NULL;
    ban->name = (char *)(uintptr_t)call_option(call, "--name");
    ban->reason = (char *)(uintptr_t)call_option(call, "--reason");
    ban->has_duration = 1;
    ban->duration = seconds;
    return ADMIN_DONE;
}

int ban_add(struct call *call)
{
    struct admin *admin = call->admin;
    MumbleProto__BanList__BanEntry ban = MUMBLE_PROTO__BAN_LIST__BAN_ENTRY__INIT;
    uint8_t address[16] = { 0 };
    char hash[HASH_DIGITS + 1], start[32];
    struct bans bans;
    int status = read_ban(call, &ban, address, hash);
    if (status == ADMIN_DONE)
        status = bans_fetch(admin, &bans);
    if (status != ADMIN_DONE)
        return status;
    time_t now = (time_t)clock_unix_s();
    struct tm utc;
    (void)strftime(start, sizeof start, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &utc));
    ban.start = start;
    size_t n = bans.list->n_bans;
    MumbleProto__BanList__BanEntry **entries = calloc(n + 1, sizeof(void *));
    if (entries == NULL) {
        status = admin_fail(admin, ADMIN_NO_ANSWER, "out of memory");
    } else if (has_ban(bans.list, &ban)) {
        status = admin_done(admin, "That is banned already.");
    } else {
        for (size_t i = 0; i < n; i++)
            entries[i] = bans.list->bans[i];
        entries[n] = &ban;
        status = bans_send(admin, entries, n + 1);
        if (status == ADMIN_DONE)
            status = admin_done(admin, "Banned.");
    }
    free(entries);
    bans_clear(&bans);
    return status;
}

int ban_remove(struct call *call)
{
    struct admin *admin = call->admin;
    struct bans bans;
    char *end;
    unsigned long number = strtoul(call->words[0], &end, 10);
    if (end == call->words[0] || *end != '\0' || number == 0)
        return admin_fail(admin, ADMIN_USAGE, "\"%.60s\" is not a number", call->words[0]);
    int status = bans_fetch(admin, &bans);
    if (status != ADMIN_DONE)
        return status;
    size_t n = bans.list->n_bans;
    MumbleProto__BanList__BanEntry **entries = calloc(n + 1, sizeof(void *));
    if (number > n || entries == NULL) {
        status = admin_fail(admin, ADMIN_NOT_FOUND, "there is no ban %lu", number);
    } else {
        size_t k = 0;
        for (size_t i = 0; i < n; i++)
            if (i + 1 != number)
                entries[k++] = bans.list->bans[i];
        status = bans_send(admin, entries, k);
        if (status == ADMIN_DONE)
            status = admin_done(admin, "The ban is removed.");
    }
    free(entries);
    bans_clear(&bans);
    return status;
}

int ban_limit(struct admin *admin, const char *hash, const char *name, uint32_t duration_s)
{
    struct bans bans;
    int status = bans_fetch(admin, &bans);
    if (status != ADMIN_DONE)
        return status;
    bool is_found = false;
    for (size_t i = bans.list->n_bans; i-- > 0 && !is_found;) {
        MumbleProto__BanList__BanEntry *ban = bans.list->bans[i];
        is_found = strcmp(text_of(ban->hash), hash) == 0 && strcmp(text_of(ban->name), name) == 0 &&
                   (!ban->has_duration || ban->duration == 0);
        if (is_found) {
            ban->has_duration = 1;
            ban->duration = duration_s;
        }
    }
    status = is_found ? bans_send(admin, bans.list->bans, bans.list->n_bans)
                      : admin_fail(admin, ADMIN_NO_ANSWER,
                                   "banned for ever: the ban was not found to limit its time");
    bans_clear(&bans);
    return status;
}
