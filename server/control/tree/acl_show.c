// SPDX-License-Identifier: BSD-3-Clause
//
// The rules of a channel as an editor sees them: the entries that come from above first, then its
// own; every group that is known there, with the members that come from above; and who all these
// numbers are.
#include "control/control_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct show {
    const struct model *model;
    const struct channel *channel;
    const struct channel **path; // root first, the channel last
    size_t n_path;
    MumbleProto__ACL__ChanACL *entries;
    MumbleProto__ACL__ChanGroup *groups;
    const char **names; // of groups, ascending, each once
    size_t n_names;
    int32_t *ids; // mentioned
    size_t n_ids, cap_ids;
    bool has_failed;
};

static void mention(struct show *show, int32_t id)
{
    if (show->n_ids == show->cap_ids) {
        size_t cap = show->cap_ids != 0 ? 2 * show->cap_ids : 64;
        int32_t *grown = realloc(show->ids, cap * sizeof(*grown));
        if (grown == NULL) {
            show->has_failed = true;
            return;
        }
        show->ids = grown;
        show->cap_ids = cap;
    }
    show->ids[show->n_ids++] = id;
}

static bool find_path(struct show *show)
{
    const struct channel *at = show->channel;
    for (; at != NULL; at = model_channel(show->model, at->parent))
        show->n_path++;
    show->path = calloc(show->n_path, sizeof(const struct channel *));
    if (show->path == NULL)
        return false;
    at = show->channel;
    for (size_t i = show->n_path; i-- > 0; at = model_channel(show->model, at->parent)) {
        assert(at != NULL);
        show->path[i] = at;
    }
    return true;
}

// ---- entries ----------------------------------------------------------------------------------

static void add_entry(struct show *show, MumbleProto__ACL *out, const struct acl_entry *from,
                      bool is_inherited)
{
    MumbleProto__ACL__ChanACL *entry = &show->entries[out->n_acls];
    mumble_proto__acl__chan_acl__init(entry);
    entry->has_apply_here = entry->has_apply_subs = entry->has_inherited = true;
    entry->apply_here = from->is_here;
    entry->apply_subs = from->is_sub;
    entry->inherited = is_inherited;
    entry->has_user_id = from->user_id >= 0;
    entry->user_id = (uint32_t)from->user_id;
    entry->group = from->user_id >= 0 ? NULL : from->group != NULL ? from->group : (char *)"";
    entry->has_grant = entry->has_deny = true;
    entry->grant = from->grant;
    entry->deny = from->deny;
    if (from->user_id >= 0)
        mention(show, from->user_id);
    out->acls[out->n_acls++] = entry;
}

static bool add_entries(struct show *show, MumbleProto__ACL *out)
{
    // The channel's own flag does not count: the dialog shows what it would inherit.
    size_t first = show->n_path - 1, n = 0;
    while (first > 0 && (first + 1 == show->n_path || show->path[first]->is_inheriting))
        first--;
    for (size_t i = first; i < show->n_path; i++)
        n += show->path[i]->n_acls;
    show->entries = calloc(n + 1, sizeof(*show->entries));
    out->acls = calloc(n + 1, sizeof(*out->acls));
    if (show->entries == NULL || out->acls == NULL)
        return false;
    for (size_t i = first; i < show->n_path; i++) {
        bool is_own = i + 1 == show->n_path;
        for (uint32_t k = 0; k < show->path[i]->n_acls; k++)
            if (is_own || show->path[i]->acls[k].is_sub)
                add_entry(show, out, &show->path[i]->acls[k], !is_own);
    }
    return true;
}

// ---- groups -----------------------------------------------------------------------------------

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// A group that channels beneath may not use hides those of its name above it.
static bool is_known(const struct show *show, const char *name)
{
    for (size_t i = show->n_path; i-- > 0;) {
        const struct group *group = model_group(show->path[i], name);
        if (group != NULL)
            return i + 1 == show->n_path || group->is_inheritable;
    }
    return false;
}

static bool list_names(struct show *show)
{
    size_t n = 0;
    for (size_t i = 0; i < show->n_path; i++)
        n += show->path[i]->n_groups;
    show->names = calloc(n + 1, sizeof(const char *));
    if (show->names == NULL)
        return false;
    n = 0;
    for (size_t i = 0; i < show->n_path; i++)
        for (uint32_t k = 0; k < show->path[i]->n_groups; k++)
            show->names[n++] = show->path[i]->groups[k].name;
    qsort(show->names, n, sizeof(const char *), by_text);
    for (size_t i = 0; i < n; i++)
        if ((i + 1 == n || strcmp(show->names[i], show->names[i + 1]) != 0) &&
            is_known(show, show->names[i]))
            show->names[show->n_names++] = show->names[i];
    return true;
}

// The group of that name that the channel above would use.
static const struct group *group_above(const struct show *show, const char *name)
{
    for (size_t i = show->n_path - 1; i-- > 0;) {
        const struct group *group = model_group(show->path[i], name);
        if (group != NULL)
            return i + 2 == show->n_path || group->is_inheritable ? group : NULL;
    }
    return NULL;
}

static void mention_all(struct show *show, const int32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mention(show, ids[i]);
}

static void add_group(struct show *show, MumbleProto__ACL *out, const char *name)
{
    const struct group *own = model_group(show->channel, name), *above = group_above(show, name);
    MumbleProto__ACL__ChanGroup *group = &show->groups[out->n_groups];
    mumble_proto__acl__chan_group__init(group);
    group->name = (char *)name;
    group->has_inherited = group->has_inherit = group->has_inheritable = true;
    group->inherited = above != NULL && above->is_inheritable;
    group->inherit = own == NULL || own->is_inheriting;
    group->inheritable = own == NULL || own->is_inheritable;
    if (own != NULL) {
        group->n_add = own->n_add;
        group->n_remove = own->n_remove;
        group->add = (uint32_t *)own->add;
        group->remove = (uint32_t *)own->remove;
        mention_all(show, own->add, own->n_add);
        mention_all(show, own->remove, own->n_remove);
    }
    if (above != NULL) {
        int32_t *members = NULL;
        group->n_inherited_members =
            model_group_members(show->model, show->channel->parent, name, &members);
        group->inherited_members = (uint32_t *)members;
        mention_all(show, members, group->n_inherited_members);
    }
    out->groups[out->n_groups++] = group;
}

static bool add_groups(struct show *show, MumbleProto__ACL *out)
{
    if (!list_names(show))
        return false;
    show->groups = calloc(show->n_names + 1, sizeof(*show->groups));
    out->groups = calloc(show->n_names + 1, sizeof(*out->groups));
    if (show->groups == NULL || out->groups == NULL)
        return false;
    for (size_t i = 0; i < show->n_names; i++)
        add_group(show, out, show->names[i]);
    return true;
}

// ---- names ------------------------------------------------------------------------------------

static void send_names(struct conn *conn, struct show *show)
{
    MumbleProto__QueryUsers users = MUMBLE_PROTO__QUERY_USERS__INIT;
    users.ids = calloc(show->n_ids + 1, sizeof(*users.ids));
    users.names = calloc(show->n_ids + 1, sizeof(*users.names));
    if (show->n_ids > 0)
        qsort(show->ids, show->n_ids, sizeof(*show->ids), model_compare_ids);
    for (size_t i = 0; i < show->n_ids && users.ids != NULL && users.names != NULL; i++) {
        const char *name = acl_name_of(show->model, show->ids[i]);
        if (name == NULL || (i > 0 && show->ids[i] == show->ids[i - 1]))
            continue;
        users.ids[users.n_ids++] = (uint32_t)show->ids[i];
        users.names[users.n_names++] = (char *)name;
    }
    if (users.n_ids > 0)
        send_message(conn, MSG_QUERY_USERS, &users.base);
    free(users.ids);
    free(users.names);
}

void acl_show(struct conn *conn, const struct channel *channel)
{
    struct show show = { .model = conn->server->model, .channel = channel };
    MumbleProto__ACL out = MUMBLE_PROTO__ACL__INIT;
    out.channel_id = channel->id;
    out.has_inherit_acls = true;
    out.inherit_acls = channel->is_inheriting;
    if (find_path(&show) && add_entries(&show, &out) && add_groups(&show, &out) &&
        !show.has_failed) {
        send_message(conn, MSG_ACL, &out.base);
        send_names(conn, &show);
    } else {
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text,
                           model_error_text(MODEL_E_MEMORY), NULL);
    }
    for (size_t i = 0; i < out.n_groups; i++)
        free(show.groups[i].inherited_members);
    free(out.groups);
    free(out.acls);
    free(show.path);
    free(show.entries);
    free(show.groups);
    free(show.names);
    free(show.ids);
}
