// SPDX-License-Identifier: BSD-3-Clause
// Rows of channels, their groups and rights. A row that names a channel, person or group that is
// not there is what mumble-server ignores, too; it is noted and left out.
#include "store/import_int.h"

#include <stdlib.h>
#include <string.h>

// ---- channels ---------------------------------------------------------------------------------

// channel_id, parent_id, name, inherits; by channel_id
int import_read_channel(struct import *import, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    if (column_is_null(row, 0) || id < 0 || id > INT32_MAX) {
        import_note(import, NOTE_LEFT_OUT, "channel %lld: no channel can have this number",
                    (long long)id);
        return 0;
    }
    if (import_find_channel(import, id) != NULL) {
        import_note(import, NOTE_LEFT_OUT, "channel %lld: is there twice; the first stays",
                    (long long)id);
        return 0;
    }
    if (!import_has_room(import, import->n_channels, IMPORT_CHANNELS_MAX, "channels"))
        return -1;
    struct import_channel *channel =
        import_grow(import, &import->channels, &import->n_channels, sizeof *channel);
    if (channel == NULL)
        return -1;
    channel->id = (uint32_t)id;
    channel->parent = column_is_null(row, 1) ? NO_PARENT : sqlite3_column_int64(row, 1);
    channel->name = import_text(import, row, 2, "channel", id);
    channel->is_inheriting = sqlite3_column_int(row, 3) != 0; // NULL means no, as there
    return 0;
}

// channel_id, key, value
int import_read_channel_info(struct import *import, sqlite3_stmt *row)
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
        channel->description = import_text(import, row, 2, "channel", channel->id);
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
int import_read_link(struct import *import, sqlite3_stmt *row)
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

// ---- groups and entries -----------------------------------------------------------------------

// group_id, channel_id, name, inherits, is inheritable; by group_id
int import_read_group(struct import *import, sqlite3_stmt *row)
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
    group->name = import_text(import, row, 2, "group", id);
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
int import_read_member(struct import *import, sqlite3_stmt *row)
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
    if (!column_is_null(row, 2))
        spec = import_text(import, row, 2, "rights of channel", channel);
    else if (!column_is_null(row, 3) && number >= 0 &&
             number < (int64_t)(sizeof meta / sizeof meta[0]))
        spec = import_format(import, "%s", meta[number]);
    else if (!column_is_null(row, 4)) {
        char *token = import_text(import, row, 4, "rights of channel", channel);
        spec = token != NULL ? import_format(import, "#%s", token) : NULL;
        free(token);
    }
    char *modifiers =
        spec != NULL ? import_text(import, row, 5, "rights of channel", channel) : NULL;
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
int import_read_entry(struct import *import, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    struct import_channel *channel = import_find_channel(import, id);
    bool is_about_person = !column_is_null(row, 1) && sqlite3_column_int64(row, 1) >= 0;
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
