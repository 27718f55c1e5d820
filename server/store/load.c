// SPDX-License-Identifier: BSD-3-Clause
//
// Stored rights and people into the model. A row that makes no sense (a file written by another
// hand) is left out and logged: one bad row is no reason not to start.
#include "store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading {
    struct store *store;
    struct model *model;
};

static sqlite3_stmt *prepare_with_id(struct store *store, const char *sql, uint32_t id)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    if (statement != NULL)
        bind_int(statement, 1, id);
    return statement;
}

// A text, or NULL where the row has none; -1: memory.
static int text_of(sqlite3_stmt *statement, int at, const char **out)
{
    bool is_there = sqlite3_column_type(statement, at) != SQLITE_NULL;
    *out = column_text(statement, at);
    return is_there && *out == NULL ? -1 : 0;
}

static int copy_text(sqlite3_stmt *statement, int at, char *out, size_t cap)
{
    const char *text;
    if (text_of(statement, at, &text) != 0)
        return -1;
    (void)snprintf(out, cap, "%s", text != NULL ? text : "");
    return 0;
}

// ---- entries and groups of one channel --------------------------------------------------------

struct rights {
    uint32_t channel;
    struct buffer entries, groups; // of struct acl_entry, struct group
    bool is_too_long;
};

static struct acl_entry *entries_of(const struct rights *rights)
{
    return (struct acl_entry *)(void *)rights->entries.data;
}

static struct group *groups_of(const struct rights *rights)
{
    return (struct group *)(void *)rights->groups.data;
}

static size_t n_entries(const struct rights *rights)
{
    return rights->entries.len / sizeof(struct acl_entry);
}

static size_t n_groups(const struct rights *rights)
{
    return rights->groups.len / sizeof(struct group);
}

static void rights_clear(struct rights *rights)
{
    for (size_t i = 0; i < n_entries(rights); i++)
        free(entries_of(rights)[i].group);
    for (size_t i = 0; i < n_groups(rights); i++) {
        free(groups_of(rights)[i].name);
        free(groups_of(rights)[i].add);
        free(groups_of(rights)[i].remove);
    }
    buffer_clear(&rights->entries);
    buffer_clear(&rights->groups);
}

static int read_entry(void *context, sqlite3_stmt *statement)
{
    struct rights *rights = context;
    if (n_entries(rights) == MODEL_ACLS_MAX) {
        rights->is_too_long = true;
        return 0;
    }
    bool is_about_group = sqlite3_column_type(statement, 2) == SQLITE_NULL;
    if (!is_about_group && sqlite3_column_int(statement, 6) == 0) {
        log_warn("store", "an entry about somebody unknown is ignored", "channel=%u user=%lld",
                 rights->channel, (long long)sqlite3_column_int64(statement, 2));
        return 0;
    }
    const char *group;
    if (text_of(statement, 3, &group) != 0)
        return -1;
    struct acl_entry entry = {
        .is_here = sqlite3_column_int(statement, 0) != 0,
        .is_sub = sqlite3_column_int(statement, 1) != 0,
        .user_id = is_about_group ? MODEL_GUEST : sqlite3_column_int(statement, 2),
        .group = is_about_group ? str_dup(group != NULL ? group : "") : NULL,
        .grant = (uint32_t)sqlite3_column_int64(statement, 4),
        .deny = (uint32_t)sqlite3_column_int64(statement, 5),
    };
    if ((is_about_group && entry.group == NULL) ||
        !buffer_add(&rights->entries, &entry, sizeof entry)) {
        free(entry.group);
        return -1;
    }
    return 0;
}

static int add_member(uint32_t *n, int32_t **members, int32_t user_id)
{
    int32_t *longer = realloc(*members, (*n + 1) * sizeof **members);
    if (longer == NULL)
        return -1;
    longer[(*n)++] = user_id;
    *members = longer;
    return 0;
}

// One row for each member, one with NULL for a group that has none.
static int read_group(void *context, sqlite3_stmt *statement)
{
    struct rights *rights = context;
    const char *name = column_text(statement, 0);
    if (name == NULL)
        return -1;
    struct group *last = n_groups(rights) > 0 ? &groups_of(rights)[n_groups(rights) - 1] : NULL;
    if (last == NULL || strcmp(last->name, name) != 0) {
        if (n_groups(rights) == MODEL_GROUPS_MAX) {
            rights->is_too_long = true;
            return 0;
        }
        struct group group = { .name = str_dup(name),
                               .is_inheriting = sqlite3_column_int(statement, 1) != 0,
                               .is_inheritable = sqlite3_column_int(statement, 2) != 0 };
        if (group.name == NULL || !buffer_add(&rights->groups, &group, sizeof group)) {
            free(group.name);
            return -1;
        }
        last = &groups_of(rights)[n_groups(rights) - 1];
    }
    if (sqlite3_column_type(statement, 3) == SQLITE_NULL)
        return 0;
    int32_t user_id = sqlite3_column_int(statement, 3);
    return sqlite3_column_int(statement, 4) != 0
               ? add_member(&last->n_add, &last->add, user_id)
               : add_member(&last->n_remove, &last->remove, user_id);
}

static int read_rights(struct store *store, struct rights *rights)
{
    int result = store_each_row(
        store,
        prepare_with_id(store,
                        "SELECT is_here, is_sub, user_id, group_spec, grant_bits, deny_bits,"
                        "  EXISTS (SELECT 1 FROM users WHERE users.user_id = acls.user_id)"
                        " FROM acls WHERE channel_id = ?1 ORDER BY position",
                        rights->channel),
        read_entry, rights);
    if (result == 0)
        result = store_each_row(
            store,
            prepare_with_id(store,
                            "SELECT name, is_inheriting, is_inheritable, user_id, is_added"
                            " FROM groups LEFT JOIN group_members USING (channel_id, name)"
                            " WHERE channel_id = ?1 ORDER BY name, is_added, user_id",
                            rights->channel),
            read_group, rights);
    return result;
}

// Rights that cannot be kept whole must not be kept in part: what was left out may have forbidden
// something. So nobody but the SuperUser gets in until they are repaired.
static int shut(struct model *model, uint32_t channel, bool is_inheriting)
{
    log_error("store", "a channel's rights are not usable; it is shut", "channel=%u", channel);
    static char all[] = "all";
    const struct acl_entry nobody = {
        .is_here = true, .is_sub = true, .user_id = MODEL_GUEST, .group = all, .deny = PERM_ALL
    };
    return model_acl_replace(model, channel, is_inheriting, &nobody, 1, NULL, 0);
}

static int load_channel(void *context, sqlite3_stmt *statement)
{
    const struct loading *loading = context;
    bool is_inheriting = sqlite3_column_int(statement, 1) != 0;
    struct rights rights = { .channel = (uint32_t)sqlite3_column_int64(statement, 0) };
    if (model_channel(loading->model, rights.channel) == NULL)
        return 0;
    buffer_init(&rights.entries, MODEL_ACLS_MAX * sizeof(struct acl_entry));
    buffer_init(&rights.groups, MODEL_GROUPS_MAX * sizeof(struct group));
    int result = read_rights(loading->store, &rights);
    if (result == 0 && !rights.is_too_long)
        result =
            model_acl_replace(loading->model, rights.channel, is_inheriting, entries_of(&rights),
                              n_entries(&rights), groups_of(&rights), n_groups(&rights));
    if (result == MODEL_E_LIMIT || (result == 0 && rights.is_too_long))
        result = shut(loading->model, rights.channel, is_inheriting);
    rights_clear(&rights);
    return result != 0 ? -1 : 0;
}

// ---- links ------------------------------------------------------------------------------------

static int load_link(void *context, sqlite3_stmt *statement)
{
    const struct loading *loading = context;
    uint32_t a = (uint32_t)sqlite3_column_int64(statement, 0);
    uint32_t b = (uint32_t)sqlite3_column_int64(statement, 1);
    int result = model_link(loading->model, a, b);
    if (result != 0 && result != MODEL_E_MEMORY)
        log_warn("store", "a link is ignored", "channels=%u,%u reason=\"%s\"", a, b,
                 model_error_text(result));
    return result == MODEL_E_MEMORY ? -1 : 0;
}

static int memory_is_short(struct store *store, int result)
{
    return result == 0 || store->error[0] != '\0' ? result
                                                  : store_fail_with(store, "out of memory");
}

int store_load_rights(struct store *store, struct model *model)
{
    struct loading loading = { store, model };
    store->error[0] = '\0';
    int result =
        store_each_row(store,
                       store_prepare(store, "SELECT channel_id, is_inheriting FROM channels"
                                            " WHERE is_inheriting = 0"
                                            "  OR channel_id IN (SELECT channel_id FROM acls)"
                                            "  OR channel_id IN (SELECT channel_id FROM groups)"),
                       load_channel, &loading);
    if (result == 0)
        result = store_each_row(store,
                                store_prepare(store, "SELECT channel_id, link_id FROM links"
                                                     " ORDER BY channel_id, link_id"),
                                load_link, &loading);
    return memory_is_short(store, result);
}

// ---- people -----------------------------------------------------------------------------------

// The row is kept even when its name is taken (written in another case, say): else the next one
// who registers would get its id, and with it its rights.
static struct registered *add_person(struct model *model, int32_t id, const char *name)
{
    struct registered *person = registry_add(model, id, name);
    if (person != NULL)
        return person;
    char other[600], quoted[256];
    (void)snprintf(other, sizeof other, "%.500s#%d", name, id);
    person = registry_add(model, id, other);
    if (person != NULL)
        log_warn("store", "two people have one name; the second is called otherwise",
                 "user=%d name=%s", id, log_quote(other, quoted, sizeof quoted));
    return person;
}

static int load_person(void *context, sqlite3_stmt *statement)
{
    const struct loading *loading = context;
    int64_t id = sqlite3_column_int64(statement, 0);
    const char *name, *email;
    if (text_of(statement, 1, &name) != 0 || text_of(statement, 2, &email) != 0)
        return -1;
    if (id > REGISTERED_ID_MAX || name == NULL || name[0] == '\0') {
        log_warn("store", "a registration is ignored", "user=%lld", (long long)id);
        return 0;
    }
    struct registered *person = add_person(loading->model, (int32_t)id, name);
    if (person == NULL || !registry_set_email(person, email) ||
        copy_text(statement, 3, person->password.hash, sizeof person->password.hash) != 0 ||
        copy_text(statement, 4, person->password.salt, sizeof person->password.salt) != 0)
        return -1;
    int64_t iterations = sqlite3_column_int64(statement, 5);
    person->password.iterations =
        iterations > 0 ? (iterations < UINT32_MAX ? (uint32_t)iterations : UINT32_MAX) : 0;
    person->last_channel = sqlite3_column_type(statement, 6) != SQLITE_NULL
                               ? (uint32_t)sqlite3_column_int64(statement, 6)
                               : MODEL_NONE;
    person->last_active_s = sqlite3_column_int64(statement, 7);
    person->last_disconnect_s = sqlite3_column_int64(statement, 8);
    return 0;
}

static int load_cert(void *context, sqlite3_stmt *statement)
{
    const struct loading *loading = context;
    const char *hash = column_text(statement, 0);
    int32_t user_id = sqlite3_column_int(statement, 1);
    struct registered *person = registry_find(loading->model, user_id);
    if (hash == NULL)
        return -1;
    int result = person != NULL ? registry_cert_add(loading->model, person, hash) : MODEL_E_UNKNOWN;
    if (result != 0 && result != MODEL_E_MEMORY)
        log_warn("store", "a certificate is ignored", "user=%d reason=\"%s\"", user_id,
                 model_error_text(result));
    return result == MODEL_E_MEMORY ? -1 : 0;
}

static int load_ban(void *context, sqlite3_stmt *statement)
{
    const struct loading *loading = context;
    const void *address = sqlite3_column_blob(statement, 0);
    int mask_bits = sqlite3_column_int(statement, 1);
    struct ban ban = { .mask_bits = (uint8_t)mask_bits,
                       .name = (char *)column_text(statement, 3),
                       .reason = (char *)column_text(statement, 4),
                       .start_s = sqlite3_column_int64(statement, 5),
                       .duration_s = (uint32_t)sqlite3_column_int64(statement, 6) };
    if (address == NULL || ban.name == NULL || ban.reason == NULL ||
        copy_text(statement, 2, ban.hash, sizeof ban.hash) != 0)
        return -1;
    if (sqlite3_column_bytes(statement, 0) != sizeof ban.address || mask_bits < 0 ||
        mask_bits > 128) {
        log_warn("store", "a ban is ignored", "reason=\"no address\"");
        return 0;
    }
    memcpy(ban.address, address, sizeof ban.address);
    int result = bans_add(loading->model, &ban);
    if (result == MODEL_E_LIMIT)
        log_warn("store", "a ban is ignored", "reason=\"%s\"", model_error_text(result));
    return result == 0 || result == MODEL_E_LIMIT ? 0 : -1;
}

int store_load_people(struct store *store, struct model *model)
{
    static const struct {
        const char *sql;
        store_row_fn fn;
    } steps[] = {
        { "SELECT user_id, name, email, pw, salt, kdf_iterations, last_channel, last_active,"
          "  last_disconnect FROM users ORDER BY user_id",
          load_person },
        { "SELECT cert_hash, user_id FROM user_certs ORDER BY user_id, cert_hash", load_cert },
        { "SELECT address, mask_bits, cert_hash, name, reason, start, duration FROM bans"
          " ORDER BY ban_id",
          load_ban },
    };
    struct loading loading = { store, model };
    int result = 0;
    store->error[0] = '\0';
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && result == 0; i++)
        result = store_each_row(store, store_prepare(store, steps[i].sql), steps[i].fn, &loading);
    return memory_is_short(store, result);
}
