// SPDX-License-Identifier: BSD-3-Clause
#include "store/store_int.h"

// ---- channels ---------------------------------------------------------------------------------

struct channel_reader {
    store_channel_fn fn;
    void *context;
};

static int read_channel(void *context, sqlite3_stmt *statement)
{
    const struct channel_reader *reader = context;
    struct store_channel channel = {
        .id = (uint32_t)sqlite3_column_int64(statement, 0),
        .parent = (uint32_t)sqlite3_column_int64(statement, 1), // NULL gives 0
        .name = column_text(statement, 2),
        .description = column_text(statement, 3),
        .position = sqlite3_column_int(statement, 4),
        .max_users = (uint32_t)sqlite3_column_int64(statement, 5),
        .is_inheriting = sqlite3_column_int(statement, 6) != 0,
        .meeting_role = column_text(statement, 7),
        .meeting_id = (uint32_t)sqlite3_column_int64(statement, 8),
    };
    if (channel.name == NULL || channel.description == NULL)
        return -1; // out of memory
    return reader->fn(reader->context, &channel);
}

int store_channels_each(struct store *store, store_channel_fn fn, void *context)
{
    struct channel_reader reader = { fn, context };
    return store_each_row(
        store,
        store_prepare(store, "WITH RECURSIVE tree (id, depth) AS ("
                             " SELECT channel_id, 0 FROM channels WHERE channel_id = 0"
                             " UNION ALL"
                             " SELECT channel_id, depth + 1 FROM channels"
                             "  JOIN tree ON parent_id = id)"
                             " SELECT channel_id, parent_id, name, description, position,"
                             "  max_users, is_inheriting, meeting_role, meeting_id"
                             " FROM channels JOIN tree ON channel_id = id"
                             " ORDER BY depth, channel_id"),
        read_channel, &reader);
}

int store_channel_put(struct store *store, const struct store_channel *channel)
{
    // Not INSERT OR REPLACE: that deletes first, and all beneath the channel with it.
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO channels (channel_id, parent_id, name, description, position,"
               "  max_users, is_inheriting, meeting_role, meeting_id)"
               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
               " ON CONFLICT (channel_id) DO UPDATE SET parent_id = ?2, name = ?3,"
               "  description = ?4, position = ?5, max_users = ?6, is_inheriting = ?7,"
               "  meeting_role = ?8, meeting_id = ?9");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, channel->id);
    if (channel->id != 0)
        bind_int(statement, 2, channel->parent);
    bind_text(statement, 3, channel->name);
    bind_text(statement, 4, channel->description != NULL ? channel->description : "");
    bind_int(statement, 5, channel->position);
    bind_int(statement, 6, channel->max_users);
    bind_int(statement, 7, channel->is_inheriting);
    bind_text(statement, 8, channel->meeting_role);
    if (channel->meeting_role != NULL)
        bind_int(statement, 9, channel->meeting_id);
    return store_run(store, statement);
}

int store_channel_remove(struct store *store, uint32_t id)
{
    if (id == 0)
        return store_fail_with(store, "the root channel cannot be removed");
    return store_run_with_id(store, "DELETE FROM channels WHERE channel_id = ?1", id);
}

// ---- meetings ---------------------------------------------------------------------------------

struct meeting_reader {
    store_meeting_fn fn;
    void *context;
};

static int read_meeting(void *context, sqlite3_stmt *statement)
{
    const struct meeting_reader *reader = context;
    const char *declaration = column_text(statement, 1);
    if (declaration == NULL)
        return -1; // out of memory
    return reader->fn(reader->context, (uint32_t)sqlite3_column_int64(statement, 0), declaration);
}

int store_meetings_each(struct store *store, store_meeting_fn fn, void *context)
{
    struct meeting_reader reader = { fn, context };
    return store_each_row(store,
                          store_prepare(store, "SELECT channel_id, declaration FROM meetings"
                                               " ORDER BY channel_id"),
                          read_meeting, &reader);
}

int store_meeting_put(struct store *store, uint32_t channel_id, const char *declaration)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO meetings (channel_id, declaration) VALUES (?1, ?2)"
                             " ON CONFLICT (channel_id) DO UPDATE SET declaration = ?2");
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, channel_id);
    bind_text(statement, 2, declaration);
    return store_run(store, statement);
}

int store_meeting_remove(struct store *store, uint32_t channel_id)
{
    return store_run_with_id(store, "DELETE FROM meetings WHERE channel_id = ?1", channel_id);
}
