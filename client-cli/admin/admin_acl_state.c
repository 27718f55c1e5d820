// SPDX-License-Identifier: BSD-3-Clause
//
// A channel's rights as the server tells them and takes them: asked, sent as a whole, compared.
#include "client-cli/admin/admin_acl_int.h"

#include <stdlib.h>
#include <string.h>

// ---- what the server says

// False: memory.
static bool ids_copy(struct ids *to, const uint32_t *list, size_t n)
{
    to->list = calloc(n + 1, sizeof *to->list);
    to->n = to->list != NULL ? n : 0;
    if (to->n > 0)
        memcpy(to->list, list, n * sizeof *list);
    return to->list != NULL;
}

bool ids_have(const struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->list[i] == id)
            return true;
    return false;
}

void ids_remove(struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->list[i] == id)
            ids->list[i--] = ids->list[--ids->n];
}

void ids_add(struct ids *ids, uint32_t id)
{
    if (ids_have(ids, id))
        return;
    uint32_t *bigger = realloc(ids->list, (ids->n + 1) * sizeof *bigger);
    if (bigger == NULL)
        return;
    ids->list = bigger;
    bigger[ids->n++] = id;
}

void acl_clear(struct acl *acl)
{
    for (size_t i = 0; i < acl->n_entries; i++)
        free(acl->entries[i].group);
    for (size_t i = 0; i < acl->n_groups; i++) {
        free(acl->groups[i].name);
        free(acl->groups[i].add.list);
        free(acl->groups[i].remove.list);
        free(acl->groups[i].inherited.list);
    }
    for (size_t i = 0; i < acl->name_ids.n; i++)
        free(acl->names[i]);
    free(acl->entries);
    free(acl->groups);
    free(acl->names);
    free(acl->name_ids.list);
    memset(acl, 0, sizeof *acl);
}

static void read_entries(struct acl *acl, const MumbleProto__ACL *message)
{
    size_t n = message->n_acls < ENTRIES_MAX ? message->n_acls : ENTRIES_MAX;
    acl->entries = calloc(n + 1, sizeof *acl->entries);
    acl->is_cut |= acl->entries == NULL || n < message->n_acls;
    for (size_t i = 0; acl->entries != NULL && i < n; i++) {
        const MumbleProto__ACL__ChanACL *from = message->acls[i];
        acl->entries[acl->n_entries++] = (struct entry){
            .is_here = from->apply_here,
            .is_sub = from->apply_subs,
            .is_inherited = from->inherited,
            .has_user = from->has_user_id,
            .user_id = from->user_id,
            .group = str_dup(from->group),
            .grant = from->has_grant ? from->grant : 0,
            .deny = from->has_deny ? from->deny : 0,
        };
        acl->is_cut |= from->group != NULL && acl->entries[i].group == NULL;
    }
}

static void read_groups(struct acl *acl, const MumbleProto__ACL *message)
{
    size_t n = message->n_groups < ENTRIES_MAX ? message->n_groups : ENTRIES_MAX;
    acl->groups = calloc(n + 1, sizeof *acl->groups);
    acl->is_cut |= acl->groups == NULL || n < message->n_groups;
    for (size_t i = 0; acl->groups != NULL && i < n; i++) {
        const MumbleProto__ACL__ChanGroup *from = message->groups[i];
        struct acl_group *group = &acl->groups[acl->n_groups++];
        group->name = str_dup(from->name);
        group->is_inherited = from->inherited;
        group->is_inheriting = from->inherit;
        group->is_inheritable = from->inheritable;
        bool is_whole = ids_copy(&group->add, from->add, from->n_add);
        is_whole &= ids_copy(&group->remove, from->remove, from->n_remove);
        is_whole &= ids_copy(&group->inherited, from->inherited_members, from->n_inherited_members);
        acl->is_cut |= !is_whole || group->name == NULL;
    }
}

static bool on_acl(struct admin *admin, void *arg, unsigned type, const ProtobufCMessage *message)
{
    (void)admin;
    struct acl *acl = arg;
    const MumbleProto__ACL *told = (const void *)message;
    if (type != MSG_ACL || told->channel_id != acl->channel_id)
        return false;
    acl->is_inheriting = told->inherit_acls;
    read_entries(acl, told);
    read_groups(acl, told);
    return true;
}

static bool on_names(struct admin *admin, void *arg, unsigned type, const ProtobufCMessage *message)
{
    (void)admin;
    struct acl *acl = arg;
    const MumbleProto__QueryUsers *told = (const void *)message;
    if (type != MSG_QUERY_USERS)
        return false;
    acl->names = calloc(told->n_ids + 1, sizeof *acl->names);
    for (size_t i = 0; acl->names != NULL && i < told->n_ids && i < told->n_names; i++) {
        ids_add(&acl->name_ids, told->ids[i]);
        if (acl->name_ids.n > i)
            acl->names[i] = str_dup(told->names[i]);
        else
            break;
    }
    return true;
}

int acl_fetch_names(struct admin *admin, struct acl *acl)
{
    struct ids wanted = { .list = NULL };
    for (size_t i = 0; i < acl->n_entries; i++)
        if (acl->entries[i].has_user)
            ids_add(&wanted, acl->entries[i].user_id);
    for (size_t i = 0; i < acl->n_groups; i++) {
        const struct ids *const lists[] = { &acl->groups[i].add, &acl->groups[i].remove,
                                            &acl->groups[i].inherited };
        for (size_t k = 0; k < 3; k++)
            for (size_t m = 0; m < lists[k]->n; m++)
                ids_add(&wanted, lists[k]->list[m]);
    }
    int status = ADMIN_DONE;
    if (wanted.n > 0) {
        MumbleProto__QueryUsers query = MUMBLE_PROTO__QUERY_USERS__INIT;
        query.n_ids = wanted.n;
        query.ids = wanted.list;
        status = admin_ask(admin, MSG_QUERY_USERS, &query.base, ASK_ONCE, on_names, acl);
    }
    free(wanted.list);
    return status;
}

int acl_fetch(struct admin *admin, uint32_t channel_id, struct acl *acl)
{
    MumbleProto__ACL query = MUMBLE_PROTO__ACL__INIT;
    query.channel_id = channel_id;
    query.has_query = 1;
    query.query = 1;
    memset(acl, 0, sizeof *acl);
    acl->channel_id = channel_id;
    int status = admin_ask(admin, MSG_ACL, &query.base, ASK_AGAIN, on_acl, acl);
    if (status != ADMIN_DONE)
        acl_clear(acl);
    return status;
}

// ---- sending it

// What a channel only inherits is not its own, and not sent.
bool acl_group_is_own(const struct acl_group *group)
{
    return !(group->is_inherited && group->is_inheriting && group->is_inheritable &&
             group->add.n == 0 && group->remove.n == 0);
}

static void fill_groups(const struct acl *acl, MumbleProto__ACL__ChanGroup *groups,
                        MumbleProto__ACL *message)
{
    for (size_t i = 0; i < acl->n_groups; i++) {
        const struct acl_group *from = &acl->groups[i];
        MumbleProto__ACL__ChanGroup *to = &groups[message->n_groups];
        if (!acl_group_is_own(from) || from->name == NULL)
            continue;
        mumble_proto__acl__chan_group__init(to);
        to->name = from->name;
        to->has_inherit = to->has_inheritable = 1;
        to->inherit = from->is_inheriting;
        to->inheritable = from->is_inheritable;
        to->n_add = from->add.n;
        to->add = from->add.list;
        to->n_remove = from->remove.n;
        to->remove = from->remove.list;
        message->groups[message->n_groups++] = to;
    }
}

static void fill_entries(const struct acl *acl, MumbleProto__ACL__ChanACL *entries,
                         MumbleProto__ACL *message)
{
    for (size_t i = 0; i < acl->n_entries; i++) {
        const struct entry *from = &acl->entries[i];
        MumbleProto__ACL__ChanACL *to = &entries[message->n_acls];
        if (from->is_inherited)
            continue;
        mumble_proto__acl__chan_acl__init(to);
        to->has_apply_here = to->has_apply_subs = to->has_grant = to->has_deny = 1;
        to->apply_here = from->is_here;
        to->apply_subs = from->is_sub;
        to->has_user_id = from->has_user;
        to->user_id = from->user_id;
        to->group = from->has_user ? NULL : from->group;
        to->grant = from->grant;
        to->deny = from->deny;
        message->acls[message->n_acls++] = to;
    }
}

static int send_acl(struct admin *admin, const struct acl *acl)
{
    MumbleProto__ACL message = MUMBLE_PROTO__ACL__INIT;
    MumbleProto__ACL__ChanGroup *groups = calloc(acl->n_groups + 1, sizeof *groups);
    MumbleProto__ACL__ChanACL *entries = calloc(acl->n_entries + 1, sizeof *entries);
    message.groups = calloc(acl->n_groups + 1, sizeof *message.groups);
    message.acls = calloc(acl->n_entries + 1, sizeof *message.acls);
    message.channel_id = acl->channel_id;
    message.has_inherit_acls = 1;
    message.inherit_acls = acl->is_inheriting;
    int status = ADMIN_NO_ANSWER;
    if (groups != NULL && entries != NULL && message.groups != NULL && message.acls != NULL) {
        fill_groups(acl, groups, &message);
        fill_entries(acl, entries, &message);
        status = admin_ask(admin, MSG_ACL, &message.base, ASK_TEXT, NULL, NULL);
    }
    free(groups);
    free(entries);
    free(message.groups);
    free(message.acls);
    return status;
}

static bool is_same_entry(const struct entry *a, const struct entry *b)
{
    return a->is_here == b->is_here && a->is_sub == b->is_sub && a->has_user == b->has_user &&
           (a->has_user
                ? a->user_id == b->user_id
                : a->group != NULL && b->group != NULL && strcmp(a->group, b->group) == 0) &&
           a->grant == b->grant && a->deny == b->deny;
}

// The own entries of `wanted`, in their order, are the first own ones of `told`: servers add one
// when they would shut the sender out.
static bool has_entries(const struct acl *told, const struct acl *wanted)
{
    size_t k = 0, n_told = 0, n_wanted = 0;
    for (size_t i = 0; i < told->n_entries; i++)
        n_told += !told->entries[i].is_inherited;
    for (size_t i = 0; i < wanted->n_entries; i++) {
        if (wanted->entries[i].is_inherited)
            continue;
        n_wanted++;
        while (k < told->n_entries && told->entries[k].is_inherited)
            k++;
        if (k == told->n_entries || !is_same_entry(&told->entries[k++], &wanted->entries[i]))
            return false;
    }
    return n_told <= n_wanted + 1;
}

static bool is_same_ids(const struct ids *a, const struct ids *b)
{
    bool is_same = a->n == b->n;
    for (size_t i = 0; i < a->n && is_same; i++)
        is_same = ids_have(b, a->list[i]);
    return is_same;
}

struct acl_group *acl_group_of(const struct acl *acl, const char *name)
{
    for (size_t i = 0; i < acl->n_groups; i++)
        if (acl->groups[i].name != NULL && strcmp(acl->groups[i].name, name) == 0)
            return &acl->groups[i];
    return NULL;
}

static bool has_groups(const struct acl *told, const struct acl *wanted)
{
    size_t n_told = 0, n_wanted = 0;
    for (size_t i = 0; i < told->n_groups; i++)
        n_told += acl_group_is_own(&told->groups[i]);
    for (size_t i = 0; i < wanted->n_groups; i++) {
        const struct acl_group *want = &wanted->groups[i];
        if (!acl_group_is_own(want))
            continue;
        const struct acl_group *group = acl_group_of(told, want->name);
        n_wanted++;
        if (group == NULL || group->is_inheriting != want->is_inheriting ||
            group->is_inheritable != want->is_inheritable ||
            !is_same_ids(&group->add, &want->add) || !is_same_ids(&group->remove, &want->remove))
            return false;
    }
    return n_told == n_wanted;
}

// Sends, asks again, compares; and says what is done.
int acl_apply(struct admin *admin, const struct acl *wanted, const char *done)
{
    struct acl told;
    int status = wanted->is_cut
                     ? admin_fail(admin, ADMIN_NO_ANSWER, "the rights there are too many to change")
                     : send_acl(admin, wanted);
    if (status == ADMIN_DONE)
        status = acl_fetch(admin, wanted->channel_id, &told);
    if (status != ADMIN_DONE)
        return status;
    bool is_same = told.is_inheriting == wanted->is_inheriting && has_entries(&told, wanted) &&
                   has_groups(&told, wanted);
    acl_clear(&told);
    char *path = picture_path(&admin->picture, wanted->channel_id);
    status = is_same ? admin_done(admin, "%s: %s.", path, done)
                     : admin_fail(admin, ADMIN_REFUSED,
                                  "the server has not taken all of it; look with: acl %s", path);
    free(path);
    return status;
}
