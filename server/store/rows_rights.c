// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

#include <string.h>

// ---- entries ----------------------------------------------------------------------------------

static int put_entries(struct store *store, uint32_t channel_id, const struct acl_entry *entries,
                       size_t n)
{
    // An entry about somebody unknown is left out: whoever got that id one day would inherit it.
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO acls (channel_id, position, is_here, is_sub, user_id, group_spec,"
               "  grant_bits, deny_bits) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"
               " WHERE ?5 IS NULL OR EXISTS (SELECT 1 FROM users WHERE user_id = ?5)");
    int result = statement != NULL ? 0 : -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        const struct acl_entry *entry = &entries[i];
        bool is_about_group = entry->user_id < 0;
        bind_int(statement, 1, channel_id);
        bind_int(statement, 2, (int64_t)i + 1);
        bind_int(statement, 3, entry->is_here);
        bind_int(statement, 4, entry->is_sub);
        (void)sqlite3_bind_null(statement, 5);
        if (!is_about_group)
            bind_int(statement, 5, entry->user_id);
        bind_text(statement, 6, is_about_group ? (entry->group != NULL ? entry->group : "") : NULL);
        bind_int(statement, 7, entry->grant);
        bind_int(statement, 8, entry->deny);
        result = store_step(store, statement);
    }
    (void)sqlite3_finalize(statement);
    return result;
}

// ---- groups -----------------------------------------------------------------------------------

static int put_members(struct store *store, sqlite3_stmt *statement, const int32_t *user_ids,
                       uint32_t n, bool is_added)
{
    int result = 0;
    bind_int(statement, 4, is_added);
    for (uint32_t i = 0; i < n && result == 0; i++) {
        bind_int(statement, 3, user_ids[i]);
        result = store_step(store, statement);
    }
    return result;
}

static int put_groups(struct store *store, uint32_t channel_id, const struct group *groups,
                      size_t n)
{
    sqlite3_stmt *group =
        store_prepare(store, "INSERT INTO groups (channel_id, name, is_inheriting, is_inheritable)"
                             " VALUES (?1, ?2, ?3, ?4)");
    sqlite3_stmt *member = store_prepare(
        store, "INSERT OR IGNORE INTO group_members (channel_id, name, user_id, is_added)"
               " SELECT ?1, ?2, user_id, ?4 FROM users WHERE user_id = ?3");
    int result = group != NULL && member != NULL ? 0 : -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        bind_int(group, 1, channel_id);
        bind_text(group, 2, groups[i].name);
        bind_int(group, 3, groups[i].is_inheriting);
        bind_int(group, 4, groups[i].is_inheritable);
        result = store_step(store, group);
        bind_int(member, 1, channel_id);
        bind_text(member, 2, groups[i].name);
        if (result == 0)
            result = put_members(store, member, groups[i].add, groups[i].n_add, true);
        if (result == 0)
            result = put_members(store, member, groups[i].remove, groups[i].n_remove, false);
    }
    (void)sqlite3_finalize(group);
    (void)sqlite3_finalize(member);
    return result;
}

// ---- a channel's rights as a whole ------------------------------------------------------------

static int put_inheriting(struct store *store, uint32_t channel_id, bool is_inheriting)
{
    sqlite3_stmt *statement =
        store_prepare(store, "UPDATE channels SET is_inheriting = ?2 WHERE channel_id = ?1");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, channel_id);
    bind_int(statement, 2, is_inheriting);
    return store_run(store, statement);
}

int store_acl_put(struct store *store, uint32_t channel_id, bool is_inheriting,
                  const struct acl_entry *entries, size_t n_entries, const struct group *groups,
                  size_t n_groups)
{
    bool is_own_batch;
    if (store_enter(store, &is_own_batch) != 0)
        return -1;
    int result = put_inheriting(store, channel_id, is_inheriting);
    if (result == 0)
        result = store_run_with_id(store, "DELETE FROM acls WHERE channel_id = ?1", channel_id);
    if (result == 0) // with their members
        result = store_run_with_id(store, "DELETE FROM groups WHERE channel_id = ?1", channel_id);
    if (result == 0)
        result = put_groups(store, channel_id, groups, n_groups);
    if (result == 0)
        result = put_entries(store, channel_id, entries, n_entries);
    return store_leave(store, is_own_batch, result);
}

// ---- links ------------------------------------------------------------------------------------

static int put_links(struct store *store, uint32_t channel_id, const uint32_t *links, size_t n)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT OR IGNORE INTO links (channel_id, link_id)"
                             " SELECT a.channel_id, b.channel_id FROM channels a, channels b"
                             " WHERE a.channel_id <> b.channel_id"
                             "  AND a.channel_id IN (?1, ?2) AND b.channel_id IN (?1, ?2)");
    int result = statement != NULL ? 0 : -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        bind_int(statement, 1, channel_id);
        bind_int(statement, 2, links[i]);
        result = store_step(store, statement);
    }
    (void)sqlite3_finalize(statement);
    return result;
}

int store_links_put(struct store *store, uint32_t channel_id, const uint32_t *links, size_t n_links)
{
    bool is_own_batch;
    if (store_enter(store, &is_own_batch) != 0)
        return -1;
    int result = store_run_with_id(store, "DELETE FROM links WHERE channel_id = ?1 OR link_id = ?1",
                                   channel_id);
    if (result == 0)
        result = put_links(store, channel_id, links, n_links);
    return store_leave(store, is_own_batch, result);
}
