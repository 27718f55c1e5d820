// SPDX-License-Identifier: BSD-3-Clause
// The SELECTs of each schema.
#include "store/import_int.h"

// In this order: a row may name what earlier ones have brought. ?1 is the server, %w the prefix.
// Times in text are UTC.
static const struct {
    int from, to; // schemas
    import_row_fn read;
    const char *sql;
} queries[] = {
    { 4, 9, import_read_channel,
      "SELECT channel_id, parent_id, name, inheritacl FROM \"%wchannels\" WHERE server_id = ?1"
      " ORDER BY channel_id" },
    { 10, 11, import_read_channel,
      "SELECT channel_id, parent_id, channel_name, inherit_acl FROM \"%wchannels\""
      " WHERE server_id = ?1 ORDER BY channel_id" },
    { 4, 9, import_read_channel_info,
      "SELECT channel_id, key, value FROM \"%wchannel_info\" WHERE server_id = ?1"
      " ORDER BY channel_id, key" },
    { 10, 11, import_read_channel_info,
      "SELECT channel_id, property_key, property_value FROM \"%wchannel_properties\""
      " WHERE server_id = ?1 ORDER BY channel_id, property_key" },
    { 4, 5, import_read_person,
      "SELECT user_id, name, pw, NULL, NULL, lastchannel, texture,"
      " strftime('%%s', last_active), NULL FROM \"%wusers\" WHERE server_id = ?1"
      " ORDER BY user_id" },
    { 6, 7, import_read_person,
      "SELECT user_id, name, pw, salt, kdfiterations, lastchannel, texture,"
      " strftime('%%s', last_active), NULL FROM \"%wusers\" WHERE server_id = ?1"
      " ORDER BY user_id" },
    { 8, 9, import_read_person,
      "SELECT user_id, name, pw, salt, kdfiterations, lastchannel, texture,"
      " strftime('%%s', last_active), strftime('%%s', last_disconnect) FROM \"%wusers\""
      " WHERE server_id = ?1 ORDER BY user_id" },
    { 10, 11, import_read_person,
      "SELECT user_id, user_name, password_hash, salt, kdf_iterations, last_channel_id, texture,"
      " last_active, last_disconnect FROM \"%wusers\" WHERE server_id = ?1 ORDER BY user_id" },
    { 4, 9, import_read_person_info,
      "SELECT user_id, key, value FROM \"%wuser_info\" WHERE server_id = ?1"
      " ORDER BY user_id, key" },
    { 10, 11, import_read_person_info,
      "SELECT user_id, property_key, property_value FROM \"%wuser_properties\""
      " WHERE server_id = ?1 ORDER BY user_id, property_key" },
    { 4, 9, import_read_group,
      "SELECT group_id, channel_id, name, inherit, inheritable FROM \"%wgroups\""
      " WHERE server_id = ?1 ORDER BY group_id" },
    { 10, 11, import_read_group,
      "SELECT group_id, channel_id, group_name, inherit, is_inheritable FROM \"%wgroups\""
      " WHERE server_id = ?1 ORDER BY group_id" },
    { 4, 9, import_read_member,
      "SELECT group_id, user_id, addit FROM \"%wgroup_members\" WHERE server_id = ?1"
      " ORDER BY group_id, user_id" },
    { 10, 11, import_read_member,
      "SELECT group_id, user_id, add_to_group FROM \"%wgroup_members\" WHERE server_id = ?1"
      " ORDER BY group_id, user_id" },
    { 4, 9, import_read_entry,
      "SELECT channel_id, user_id, group_name, NULL, NULL, NULL, apply_here, apply_sub, grantpriv,"
      " revokepriv FROM \"%wacl\" WHERE server_id = ?1 ORDER BY channel_id, priority" },
    { 10, 11, import_read_entry,
      "SELECT a.channel_id, a.affected_user_id, g.group_name, a.affected_meta_group_id,"
      " a.access_token, a.group_modifiers, a.apply_in_current_channel, a.apply_in_sub_channels,"
      " a.granted_privilege_flags, a.revoked_privilege_flags"
      " FROM \"%waccess_control_lists\" a LEFT JOIN \"%wgroups\" g"
      "  ON g.server_id = a.server_id AND g.group_id = a.affected_group_id"
      " WHERE a.server_id = ?1 ORDER BY a.channel_id, a.priority" },
    { 4, 9, import_read_link,
      "SELECT channel_id, link_id FROM \"%wchannel_links\" WHERE server_id = ?1"
      " ORDER BY channel_id, link_id" },
    { 10, 11, import_read_link,
      "SELECT first_channel_id, second_channel_id FROM \"%wchannel_links\" WHERE server_id = ?1"
      " ORDER BY first_channel_id, second_channel_id" },
    { 9, 11, import_read_listening,
      "SELECT user_id, channel_id, volume_adjustment, enabled FROM \"%wchannel_listeners\""
      " WHERE server_id = ?1 ORDER BY user_id, channel_id" },
    { 4, 9, import_read_ban,
      "SELECT base, mask, name, hash, reason, strftime('%%s', start), duration FROM \"%wbans\""
      " WHERE server_id = ?1 ORDER BY base, mask, hash, start" },
    { 10, 11, import_read_ban,
      "SELECT ipv6_base_address, prefix_length, banned_user_name, banned_user_cert_hash, reason,"
      " start_date, duration FROM \"%wbans\" WHERE server_id = ?1"
      " ORDER BY ipv6_base_address, prefix_length, banned_user_cert_hash, start_date" },
    { 4, 9, import_read_setting,
      "SELECT key, value FROM \"%wconfig\" WHERE server_id = ?1 ORDER BY key" },
    { 10, 11, import_read_setting,
      "SELECT config_name, config_value FROM \"%wconfig\" WHERE server_id = ?1"
      " ORDER BY config_name" },
    { 4, 9, import_read_log_count, "SELECT count(*) FROM \"%wslog\" WHERE server_id = ?1" },
    { 10, 11, import_read_log_count,
      "SELECT count(*) FROM \"%wserver_logs\" WHERE server_id = ?1" },
};

static int run_query(struct import *import, struct import_file *file, const char *sql,
                     import_row_fn read)
{
    sqlite3_stmt *statement = import_prepare(file, sql);
    if (statement == NULL)
        return -1;
    bind_int(statement, 1, import->server_id);
    int result = 0, code = SQLITE_DONE;
    size_t n_rows = 0;
    while (result == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        result = import_has_room(import, n_rows++, IMPORT_ROWS_MAX, "rows in a table")
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
