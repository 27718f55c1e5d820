// SPDX-License-Identifier: BSD-3-Clause
// The SELECTs of each schema, and what becomes of their rows. A row that names a channel, person or
// group that is not there is what mumble-server ignores, too; it is noted and left out.
#include "store/import_int.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef int (*row_fn)(struct import *import, sqlite3_stmt *row);

// ---- values -----------------------------------------------------------------------------------

static bool is_null(sqlite3_stmt *row, int at)
{
    return sqlite3_column_type(row, at) == SQLITE_NULL;
}

// The length of the sound character at text (of len bytes), 0 when it is none.
static size_t character_len(const char *text, size_t len)
{
    char one[5] = "";
    for (size_t n = 1; n <= 4 && n <= len; n++) {
        memcpy(one, text, n);
        if (text[n - 1] == '\0')
            return 0;
        if (str_is_utf8(one))
            return n;
    }
    return 0;
}

// A heap copy, "" for NULL. What is not UTF-8 becomes U+FFFD, and is noted.
static char *text_of(struct import *import, sqlite3_stmt *row, int at, const char *what, int64_t id)
{
    const char *text = (const char *)sqlite3_column_text(row, at);
    size_t len = (size_t)sqlite3_column_bytes(row, at);
    if (text == NULL)
        text = "", len = 0;
    if (strlen(text) == len && str_is_utf8(text)) {
        char *copy = str_dup(text);
        import->is_out_of_memory |= copy == NULL;
        return copy;
    }
    char *copy = malloc(3 * len + 1), *out = copy;
    if (copy == NULL) {
        import->is_out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < len;) {
        size_t n = character_len(text + i, len - i);
        if (n == 0)
            memcpy(out, "\xEF\xBF\xBD", 3);
        else
            memcpy(out, text + i, n);
        out += n == 0 ? 3 : n;
        i += n == 0 ? 1 : n;
    }
    *out = '\0';
    import_note(import, NOTE_REPAIRED, "%s %lld: a text that is not UTF-8 was made so", what,
                (long long)id);
    return copy;
}

// The same, NULL for "".
static char *optional_text(struct import *import, sqlite3_stmt *row, int at, const char *what,
                           int64_t id)
{
    if (is_null(row, at) || sqlite3_column_bytes(row, at) == 0)
        return NULL;
    return text_of(import, row, at, what, id);
}

static bool has_room(struct import *import, size_t n, size_t most, const char *what)
{
    if (n < most)
        return true;
    (void)import_refuse(import, "has more than %zu %s; that is more than a server here can hold",
                        most, what);
    return false;
}

// ---- channels ---------------------------------------------------------------------------------

// channel_id, parent_id, name, inherits; by channel_id
static int read_channel(struct import *import, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    if (is_null(row, 0) || id < 0 || id > INT32_MAX) {
        import_note(import, NOTE_LEFT_OUT, "channel %lld: no channel can have this number",
                    (long long)id);
        return 0;
    }
    if (import_find_channel(import, id) != NULL) {
        import_note(import, NOTE_LEFT_OUT, "channel %lld: is there twice; the first stays",
                    (long long)id);
        return 0;
    }
    if (!has_room(import, import->n_channels, IMPORT_CHANNELS_MAX, "channels"))
        return -1;
    struct import_channel *channel =
        import_grow(import, &import->channels, &import->n_channels, sizeof *channel);
    if (channel == NULL)
        return -1;
    channel->id = (uint32_t)id;
    channel->parent = is_null(row, 1) ? NO_PARENT : sqlite3_column_int64(row, 1);
    channel->name = text_of(import, row, 2, "channel", id);
    channel->is_inheriting = sqlite3_column_int(row, 3) != 0; // NULL means no, as there
    return 0;
}

// channel_id, key, value
static int read_channel_info(struct import *import, sqlite3_stmt *row)
{
    struct import_channel *channel = import_find_channel(import, sqlite3_column_int64(row, 0));
    if (channel == NULL) {
        import_note(import, NOTE_LEFT_OUT, "a property of channel %lld, which is not there",
                    (long long)sqlite3_column_int64(row, 0));
        return 0;
    }
    switch (sqlite3_column_int(row, 1)) {
    case 0:
        free(channel->description);
        channel->description = text_of(import, row, 2, "channel", channel->id);
        break;
    case 1:
        channel->position = sqlite3_column_int64(row, 2);
        break;
    case 2:
        channel->max_users = sqlite3_column_int64(row, 2);
        break;
    default:
        import_note(import, NOTE_LEFT_OUT, "channel %u: property %d is not known", channel->id,
                    sqlite3_column_int(row, 1));
    }
    return 0;
}

// channel_id, link_id
static int read_link(struct import *import, sqlite3_stmt *row)
{
    struct import_channel *one = import_find_channel(import, sqlite3_column_int64(row, 0));
    struct import_channel *other = import_find_channel(import, sqlite3_column_int64(row, 1));
    if (one == NULL || other == NULL || one == other) {
        import_note(import, NOTE_LEFT_OUT, "a link between channels %lld and %lld",
                    (long long)sqlite3_column_int64(row, 0),
                    (long long)sqlite3_column_int64(row, 1));
        return 0;
    }
    uint32_t *link = import_grow(import, &one->links, &one->n_links, sizeof *link);
    if (link != NULL)
        *link = other->id;
    return link != NULL ? 0 : -1;
}

// ---- people -----------------------------------------------------------------------------------

static bool copy_hex(sqlite3_stmt *row, int at, char *out, size_t n_digits)
{
    const char *text = (const char *)sqlite3_column_text(row, at);
    if (text == NULL || strlen(text) != n_digits)
        return false;
    for (size_t i = 0; i < n_digits; i++) {
        char c = text[i];
        out[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        if (strchr("0123456789abcdef", out[i]) == NULL)
            return false;
    }
    out[n_digits] = '\0';
    return true;
}

#define ITERATIONS_MOST 10000000 // more would take minutes to compare

static void read_password(struct import *import, sqlite3_stmt *row, struct import_person *person)
{
    struct password *password = &person->is.password;
    int64_t iterations = sqlite3_column_int64(row, 4);
    bool is_sound;
    if (is_null(row, 2) || sqlite3_column_bytes(row, 2) == 0)
        return;
    if (iterations > 0)
        is_sound = iterations <= ITERATIONS_MOST && copy_hex(row, 2, password->hash, 96) &&
                   copy_hex(row, 3, password->salt, 16);
    else
        is_sound = copy_hex(row, 2, password->hash, 40);
    password->iterations = is_sound && iterations > 0 ? (uint32_t)iterations : 0;
    if (is_sound)
        return;
    *password = (struct password){ 0 };
    import_note(import, NOTE_LEFT_OUT, "person %d: the password's hash is in no known form",
                person->is.id);
}

static void read_texture(struct import *import, sqlite3_stmt *row, struct import_person *person)
{
    const void *bytes = sqlite3_column_blob(row, 6);
    size_t len = (size_t)sqlite3_column_bytes(row, 6);
    if (bytes == NULL || len == 0)
        return;
    if (len > IMPORT_TEXT_MAX_BYTES) {
        import_note(import, NOTE_LEFT_OUT, "person %d: a picture of %zu bytes", person->is.id, len);
        return;
    }
    person->texture = malloc(len);
    if (person->texture == NULL) {
        import->is_out_of_memory = true;
        return;
    }
    memcpy(person->texture, bytes, len);
    person->texture_len = len;
}

static int64_t time_of(sqlite3_stmt *row, int at)
{
    int64_t time_s = sqlite3_column_int64(row, at); // NULL, and what is no time, give 0
    return time_s > 0 ? time_s : 0;
}

// user_id, name, pw, salt, iterations, lastchannel, texture, last_active, last_disconnect; by
// user_id
static int read_person(struct import *import, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    if (is_null(row, 0) || id < 0 || id > REGISTERED_ID_MAX) {
        import_note(import, NOTE_LEFT_OUT, "person %lld: nobody can have this number",
                    (long long)id);
        return 0;
    }
    if (import_find_person(import, id) != NULL) {
        import_note(import, NOTE_LEFT_OUT, "person %lld: is there twice; the first stays",
                    (long long)id);
        return 0;
    }
    if (!has_room(import, import->n_people, IMPORT_PEOPLE_MAX, "people"))
        return -1;
    struct import_person *person =
        import_grow(import, &import->people, &import->n_people, sizeof *person);
    if (person == NULL)
        return -1;
    person->is.id = (int32_t)id;
    person->is.name = text_of(import, row, 1, "person", id);
    person->last_channel = is_null(row, 5) ? -1 : sqlite3_column_int64(row, 5);
    person->is.last_active_s = time_of(row, 7);
    person->is.last_disconnect_s = time_of(row, 8);
    read_password(import, row, person);
    read_texture(import, row, person);
    return import->is_out_of_memory ? -1 : 0;
}

static void read_certificate(struct import *import, sqlite3_stmt *row, struct import_person *person)
{
    char hash[CERT_HASH_BYTES];
    if (is_null(row, 2) || sqlite3_column_bytes(row, 2) == 0)
        return;
    if (!copy_hex(row, 2, hash, CERT_HASH_BYTES - 1)) {
        import_note(import, NOTE_LEFT_OUT, "person %d: the certificate's hash is none",
                    person->is.id);
        return;
    }
    free(person->is.certs);
    person->is.certs = malloc(sizeof *person->is.certs);
    person->is.n_certs = person->is.certs != NULL;
    import->is_out_of_memory |= person->is.certs == NULL;
    if (person->is.certs != NULL)
        memcpy(person->is.certs[0], hash, sizeof hash);
}

// user_id, key, value
static int read_person_info(struct import *import, sqlite3_stmt *row)
{
    struct import_person *person = import_find_person(import, sqlite3_column_int64(row, 0));
    if (person == NULL) {
        import_note(import, NOTE_LEFT_OUT, "a property of person %lld, who is not there",
                    (long long)sqlite3_column_int64(row, 0));
        return 0;
    }
    switch (sqlite3_column_int(row, 1)) {
    case 1:
        free(person->is.email);
        person->is.email = optional_text(import, row, 2, "person", person->is.id);
        break;
    case 2:
        free(person->comment);
        person->comment = optional_text(import, row, 2, "person", person->is.id);
        break;
    case 3:
        read_certificate(import, row, person);
        break;
    case 0: // name, password, last seen: in the table of people since 1.2
    case 4:
    case 5:
    case 6:
        break;
    default:
        import_note(import, NOTE_LEFT_OUT, "person %d: property %d is not known", person->is.id,
                    sqlite3_column_int(row, 1));
    }
    return import->is_out_of_memory ? -1 : 0;
}

// user_id, channel_id, volume, enabled
static int read_listening(struct import *import, sqlite3_stmt *row)
{
    struct import_person *person = import_find_person(import, sqlite3_column_int64(row, 0));
    struct import_channel *channel = import_find_channel(import, sqlite3_column_int64(row, 1));
    if (person == NULL || channel == NULL || person->n_listening >= MODEL_LISTENING_MAX) {
        import_note(import, NOTE_LEFT_OUT, "the listening of person %lld to channel %lld",
                    (long long)sqlite3_column_int64(row, 0),
                    (long long)sqlite3_column_int64(row, 1));
        return 0;
    }
    struct listening *listening =
        import_grow(import, &person->listening, &person->n_listening, sizeof *listening);
    if (listening == NULL)
        return -1;
    double volume = is_null(row, 2) ? 1 : sqlite3_column_double(row, 2);
    bool is_sound = isfinite(volume) && volume >= 0 && volume <= 1000;
    if (!is_sound)
        import_note(import, NOTE_REPAIRED, "person %d: the volume of channel %u is 1",
                    person->is.id, channel->id);
    *listening = (struct listening){ .channel = channel->id,
                                     .volume = is_sound ? (float)volume : 1,
                                     .is_on = is_null(row, 3) || sqlite3_column_int(row, 3) != 0 };
    return 0;
}

// ---- groups and entries -----------------------------------------------------------------------

// group_id, channel_id, name, inherits, is inheritable; by group_id
static int read_group(struct import *import, sqlite3_stmt *row)
{
    struct import_channel *channel = import_find_channel(import, sqlite3_column_int64(row, 1));
    int64_t id = sqlite3_column_int64(row, 0);
    if (channel == NULL) {
        import_note(import, NOTE_LEFT_OUT, "group %lld of channel %lld, which is not there",
                    (long long)id, (long long)sqlite3_column_int64(row, 1));
        return 0;
    }
    struct import_group *ref =
        import_grow(import, &import->group_refs, &import->n_group_refs, sizeof *ref);
    struct group *group =
        ref != NULL ? import_grow(import, &channel->groups, &channel->n_groups, sizeof *group)
                    : NULL;
    if (group == NULL)
        return -1;
    *ref = (struct import_group){ .id = id,
                                  .channel = (size_t)(channel - import->channels),
                                  .group = channel->n_groups - 1 };
    group->name = text_of(import, row, 2, "group", id);
    group->is_inheriting = sqlite3_column_int(row, 3) != 0;
    group->is_inheritable = sqlite3_column_int(row, 4) != 0;
    return 0;
}

static struct group *find_group(const struct import *import, int64_t id)
{
    size_t low = 0, high = import->n_group_refs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (import->group_refs[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == import->n_group_refs || import->group_refs[low].id != id)
        return NULL;
    const struct import_group *ref = &import->group_refs[low];
    return &import->channels[ref->channel].groups[ref->group];
}

static int add_member(struct import *import, int32_t **ids, uint32_t *n, int32_t id)
{
    size_t n_ids = *n;
    int32_t *place = n_ids < UINT32_MAX ? import_grow(import, ids, &n_ids, sizeof *place) : NULL;
    if (place == NULL)
        return -1;
    *place = id;
    *n = (uint32_t)n_ids;
    return 0;
}

// group_id, user_id, is added
static int read_member(struct import *import, sqlite3_stmt *row)
{
    struct group *group = find_group(import, sqlite3_column_int64(row, 0));
    const struct import_person *person = import_find_person(import, sqlite3_column_int64(row, 1));
    if (group == NULL || person == NULL) {
        import_note(import, NOTE_LEFT_OUT, "person %lld in group %lld: one of them is not there",
                    (long long)sqlite3_column_int64(row, 1),
                    (long long)sqlite3_column_int64(row, 0));
        return 0;
    }
    return sqlite3_column_int(row, 2) != 0
               ? add_member(import, &group->add, &group->n_add, person->is.id)
               : add_member(import, &group->remove, &group->n_remove, person->is.id);
}

// 1.6 keeps a specification in parts: a group, or a number for a group with a meaning of its own,
// or a token; and modifiers, separated by semicolons, that come before it one after another (",1,2"
// behind it).
static char *join_spec(struct import *import, sqlite3_stmt *row, int64_t channel)
{
    static const char *const meta[] = { "none", "all", "auth", "strong", "in", "out", "sub" };
    int64_t number = sqlite3_column_int64(row, 3);
    char *spec = NULL;
    if (!is_null(row, 2))
        spec = text_of(import, row, 2, "rights of channel", channel);
    else if (!is_null(row, 3) && number >= 0 && number < (int64_t)(sizeof meta / sizeof meta[0]))
        spec = import_format(import, "%s", meta[number]);
    else if (!is_null(row, 4)) {
        char *token = text_of(import, row, 4, "rights of channel", channel);
        spec = token != NULL ? import_format(import, "#%s", token) : NULL;
        free(token);
    }
    char *modifiers = spec != NULL ? text_of(import, row, 5, "rights of channel", channel) : NULL;
    size_t n;
    for (const char *at = modifiers; at != NULL && spec != NULL && *at != '\0';
         at += n + (at[n] == ';')) {
        n = strcspn(at, ";");
        char *longer = at[0] == ',' ? import_format(import, "%s%.*s", spec, (int)n, at)
                                    : import_format(import, "%.*s%s", (int)n, at, spec);
        free(spec);
        spec = longer;
    }
    free(modifiers);
    return spec;
}

static uint32_t permissions_of(struct import *import, sqlite3_stmt *row, int at, int64_t channel)
{
    int64_t bits = sqlite3_column_int64(row, at);
    int64_t known = bits & PERM_ALL;
    if (bits != known && (bits & ~(int64_t)PERM_CACHED) != known)
        import_note(import, NOTE_REPAIRED,
                    "channel %lld: permission bits 0x%llx are not known and were cleared",
                    (long long)channel, (unsigned long long)(bits & ~(int64_t)PERM_ALL));
    return (uint32_t)known;
}

// channel_id, user_id, group, meta group, token, modifiers, here, beneath, grant, deny; by channel
// and priority
static int read_entry(struct import *import, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    struct import_channel *channel = import_find_channel(import, id);
    bool is_about_person = !is_null(row, 1) && sqlite3_column_int64(row, 1) >= 0;
    const char *why = NULL;
    if (channel == NULL)
        why = "the channel is not there";
    else if (is_about_person && import_find_person(import, sqlite3_column_int64(row, 1)) == NULL)
        why = "the person is not there";
    char *spec = why == NULL && !is_about_person ? join_spec(import, row, id) : NULL;
    if (import->is_out_of_memory) {
        free(spec);
        return -1;
    }
    if (why == NULL && !is_about_person && (spec == NULL || spec[0] == '\0'))
        why = "it is about nobody";
    if (why == NULL && spec != NULL && strlen(spec) >= MODEL_GROUP_BYTES)
        why = "its group is too long";
    if (why != NULL) {
        import_note(import, NOTE_LEFT_OUT, "channel %lld: an entry of its rights: %s",
                    (long long)id, why);
        free(spec);
        return 0;
    }
    struct acl_entry *entry =
        import_grow(import, &channel->entries, &channel->n_entries, sizeof *entry);
    if (entry == NULL) {
        free(spec);
        return -1;
    }
    *entry = (struct acl_entry){
        .user_id = is_about_person ? (int32_t)sqlite3_column_int64(row, 1) : MODEL_GUEST,
        .group = spec,
        .is_here = sqlite3_column_int(row, 6) != 0,
        .is_sub = sqlite3_column_int(row, 7) != 0,
        .grant = permissions_of(import, row, 8, id),
        .deny = permissions_of(import, row, 9, id),
    };
    return 0;
}

// ---- bans, settings ---------------------------------------------------------------------------

static bool read_address(sqlite3_stmt *row, uint8_t out[16])
{
    int len = sqlite3_column_bytes(row, 0);
    if (sqlite3_column_type(row, 0) == SQLITE_BLOB) {
        const void *bytes = sqlite3_column_blob(row, 0);
        if (bytes != NULL && len == 16)
            memcpy(out, bytes, 16);
        return len == 16;
    }
    const char *text = (const char *)sqlite3_column_text(row, 0); // "0000:…:ffff:7f00:0001"
    if (text == NULL || len != 39)
        return len == 0;
    for (int i = 0; i < 16; i++) {
        const char *at = text + 2 * i + i / 2;
        char digits[3] = { at[0], at[1], '\0' };
        char *end = NULL;
        out[i] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2 || at[0] == '+' || at[0] == '-' || at[0] == ' ')
            return false;
    }
    return true;
}

// address, mask, name, hash, reason, start, duration
static int read_ban(struct import *import, sqlite3_stmt *row)
{
    int64_t n = (int64_t)import->n_bans + 1;
    if (!has_room(import, import->n_bans, BANS_MAX, "bans"))
        return -1;
    struct ban *ban = import_grow(import, &import->bans, &import->n_bans, sizeof *ban);
    if (ban == NULL)
        return -1;
    int64_t mask = sqlite3_column_int64(row, 1), duration_s = sqlite3_column_int64(row, 6);
    if (!read_address(row, ban->address)) {
        memset(ban->address, 0, sizeof ban->address);
        import_note(import, NOTE_REPAIRED, "ban %lld: has no sound address", (long long)n);
    }
    if (mask < 0 || mask > 128)
        import_note(import, NOTE_REPAIRED, "ban %lld: the mask was %lld and is 128", (long long)n,
                    (long long)mask);
    ban->mask_bits = mask < 0 || mask > 128 ? 128 : (uint8_t)mask;
    ban->name = text_of(import, row, 2, "ban", n);
    if (!is_null(row, 3) && sqlite3_column_bytes(row, 3) > 0 &&
        !copy_hex(row, 3, ban->hash, CERT_HASH_BYTES - 1)) {
        ban->hash[0] = '\0';
        import_note(import, NOTE_REPAIRED, "ban %lld: the certificate's hash is none",
                    (long long)n);
    }
    ban->reason = text_of(import, row, 4, "ban", n);
    ban->start_s = time_of(row, 5);
    ban->duration_s = duration_s < 0 ? 0 : duration_s > UINT32_MAX ? 0 : (uint32_t)duration_s;
    if (ban->start_s == 0 && ban->duration_s != 0) {
        import_note(import, NOTE_REPAIRED, "ban %lld: when it began is not known; it has no end",
                    (long long)n);
        ban->duration_s = 0;
    }
    return 0;
}

// key, value
static int read_setting(struct import *import, sqlite3_stmt *row)
{
    if (!has_room(import, import->n_settings, 10000, "settings"))
        return -1;
    struct import_setting *setting =
        import_grow(import, &import->settings, &import->n_settings, sizeof *setting);
    if (setting == NULL)
        return -1;
    setting->key = text_of(import, row, 0, "setting", (int64_t)import->n_settings);
    setting->value = text_of(import, row, 1, "setting", (int64_t)import->n_settings);
    return 0;
}

static int read_log_count(struct import *import, sqlite3_stmt *row)
{
    import->n_log_lines = sqlite3_column_int64(row, 0);
    return 0;
}

// ---- the SELECTs ------------------------------------------------------------------------------

// In this order: a row may name what earlier ones have brought. ?1 is the server, %w the prefix.
// Times in text are UTC.
static const struct {
    int from, to; // schemas
    row_fn read;
    const char *sql;
} queries[] = {
    { 4, 9, read_channel,
      "SELECT channel_id, parent_id, name, inheritacl FROM \"%wchannels\" WHERE server_id = ?1"
      " ORDER BY channel_id" },
    { 10, 11, read_channel,
      "SELECT channel_id, parent_id, channel_name, inherit_acl FROM \"%wchannels\""
      " WHERE server_id = ?1 ORDER BY channel_id" },
    { 4, 9, read_channel_info,
      "SELECT channel_id, key, value FROM \"%wchannel_info\" WHERE server_id = ?1"
      " ORDER BY channel_id, key" },
    { 10, 11, read_channel_info,
      "SELECT channel_id, property_key, property_value FROM \"%wchannel_properties\""
      " WHERE server_id = ?1 ORDER BY channel_id, property_key" },
    { 4, 5, read_person,
      "SELECT user_id, name, pw, NULL, NULL, lastchannel, texture,"
      " strftime('%%s', last_active), NULL FROM \"%wusers\" WHERE server_id = ?1"
      " ORDER BY user_id" },
    { 6, 7, read_person,
      "SELECT user_id, name, pw, salt, kdfiterations, lastchannel, texture,"
      " strftime('%%s', last_active), NULL FROM \"%wusers\" WHERE server_id = ?1"
      " ORDER BY user_id" },
    { 8, 9, read_person,
      "SELECT user_id, name, pw, salt, kdfiterations, lastchannel, texture,"
      " strftime('%%s', last_active), strftime('%%s', last_disconnect) FROM \"%wusers\""
      " WHERE server_id = ?1 ORDER BY user_id" },
    { 10, 11, read_person,
      "SELECT user_id, user_name, password_hash, salt, kdf_iterations, last_channel_id, texture,"
      " last_active, last_disconnect FROM \"%wusers\" WHERE server_id = ?1 ORDER BY user_id" },
    { 4, 9, read_person_info,
      "SELECT user_id, key, value FROM \"%wuser_info\" WHERE server_id = ?1"
      " ORDER BY user_id, key" },
    { 10, 11, read_person_info,
      "SELECT user_id, property_key, property_value FROM \"%wuser_properties\""
      " WHERE server_id = ?1 ORDER BY user_id, property_key" },
    { 4, 9, read_group,
      "SELECT group_id, channel_id, name, inherit, inheritable FROM \"%wgroups\""
      " WHERE server_id = ?1 ORDER BY group_id" },
    { 10, 11, read_group,
      "SELECT group_id, channel_id, group_name, inherit, is_inheritable FROM \"%wgroups\""
      " WHERE server_id = ?1 ORDER BY group_id" },
    { 4, 9, read_member,
      "SELECT group_id, user_id, addit FROM \"%wgroup_members\" WHERE server_id = ?1"
      " ORDER BY group_id, user_id" },
    { 10, 11, read_member,
      "SELECT group_id, user_id, add_to_group FROM \"%wgroup_members\" WHERE server_id = ?1"
      " ORDER BY group_id, user_id" },
    { 4, 9, read_entry,
      "SELECT channel_id, user_id, group_name, NULL, NULL, NULL, apply_here, apply_sub, grantpriv,"
      " revokepriv FROM \"%wacl\" WHERE server_id = ?1 ORDER BY channel_id, priority" },
    { 10, 11, read_entry,
      "SELECT a.channel_id, a.affected_user_id, g.group_name, a.affected_meta_group_id,"
      " a.access_token, a.group_modifiers, a.apply_in_current_channel, a.apply_in_sub_channels,"
      " a.granted_privilege_flags, a.revoked_privilege_flags"
      " FROM \"%waccess_control_lists\" a LEFT JOIN \"%wgroups\" g"
      "  ON g.server_id = a.server_id AND g.group_id = a.affected_group_id"
      " WHERE a.server_id = ?1 ORDER BY a.channel_id, a.priority" },
    { 4, 9, read_link,
      "SELECT channel_id, link_id FROM \"%wchannel_links\" WHERE server_id = ?1"
      " ORDER BY channel_id, link_id" },
    { 10, 11, read_link,
      "SELECT first_channel_id, second_channel_id FROM \"%wchannel_links\" WHERE server_id = ?1"
      " ORDER BY first_channel_id, second_channel_id" },
    { 9, 11, read_listening,
      "SELECT user_id, channel_id, volume_adjustment, enabled FROM \"%wchannel_listeners\""
      " WHERE server_id = ?1 ORDER BY user_id, channel_id" },
    { 4, 9, read_ban,
      "SELECT base, mask, name, hash, reason, strftime('%%s', start), duration FROM \"%wbans\""
      " WHERE server_id = ?1 ORDER BY base, mask, hash, start" },
    { 10, 11, read_ban,
      "SELECT ipv6_base_address, prefix_length, banned_user_name, banned_user_cert_hash, reason,"
      " start_date, duration FROM \"%wbans\" WHERE server_id = ?1"
      " ORDER BY ipv6_base_address, prefix_length, banned_user_cert_hash, start_date" },
    { 4, 9, read_setting, "SELECT key, value FROM \"%wconfig\" WHERE server_id = ?1 ORDER BY key" },
    { 10, 11, read_setting,
      "SELECT config_name, config_value FROM \"%wconfig\" WHERE server_id = ?1"
      " ORDER BY config_name" },
    { 4, 9, read_log_count, "SELECT count(*) FROM \"%wslog\" WHERE server_id = ?1" },
    { 10, 11, read_log_count, "SELECT count(*) FROM \"%wserver_logs\" WHERE server_id = ?1" },
};

static int run_query(struct import *import, struct import_file *file, const char *sql, row_fn read)
{
    sqlite3_stmt *statement = import_prepare(file, sql);
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, import->server_id);
    int result = 0, code = SQLITE_DONE;
    size_t n_rows = 0;
    while (result == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        result = has_room(import, n_rows++, IMPORT_ROWS_MAX, "rows in a table")
                     ? read(import, statement)
                     : -1;
        if (import->is_out_of_memory)
            result = -1;
    }
    if (result == 0 && code != SQLITE_DONE)
        result = import_fail(file);
    (void)sqlite3_finalize(statement);
    return result;
}

static bool has_server(struct import *import, struct import_file *file)
{
    sqlite3_stmt *statement = import_prepare(
        file, file->schema >= 10 ? "SELECT 1 FROM \"%wvirtual_servers\" WHERE server_id = ?1"
                                 : "SELECT 1 FROM \"%wservers\" WHERE server_id = ?1");
    if (statement != NULL)
        bind_int(statement, 1, import->server_id);
    bool is_there = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
    (void)sqlite3_finalize(statement);
    return is_there;
}

int import_read_rows(struct import *import, struct import_file *file)
{
    import->schema = file->schema;
    if (!has_server(import, file))
        return import_refuse(import, "holds no server %lld; without --server all are listed",
                             (long long)import->server_id);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        if (queries[i].from <= file->schema && file->schema <= queries[i].to &&
            run_query(import, file, queries[i].sql, queries[i].read) != 0)
            return -1;
    }
    return 0;
}
