// SPDX-License-Identifier: BSD-3-Clause
//
// Commands about a channel's groups: members, and the groups themselves.
#include "client-cli/admin/admin_acl_int.h"

#include <stdlib.h>
#include <string.h>

static struct acl_group *group_add(struct acl *acl, const char *name)
{
    struct acl_group *bigger = realloc(acl->groups, (acl->n_groups + 1) * sizeof *bigger);
    if (bigger == NULL)
        return NULL;
    acl->groups = bigger;
    struct acl_group *group = &bigger[acl->n_groups++];
    *group =
        (struct acl_group){ .name = str_dup(name), .is_inheriting = true, .is_inheritable = true };
    return group;
}

int acl_group_members(struct call *call)
{
    struct admin *admin = call->admin;
    bool is_add = strstr(call->command->pattern, " add ") != NULL;
    struct acl acl;
    uint32_t ids[ADMIN_WORDS_MAX];
    for (size_t i = 2; i < call->n_words; i++)
        if (find_person_id(admin, call->words[i], &ids[i]) != ADMIN_DONE)
            return admin_exit_of(admin);
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    struct acl_group *group = acl_group_of(&acl, call->words[1]);
    if (group == NULL && is_add)
        group = group_add(&acl, call->words[1]);
    for (size_t i = 2; i < call->n_words && group != NULL; i++) {
        ids_remove(is_add ? &group->remove : &group->add, ids[i]);
        if (is_add || ids_have(&group->inherited, ids[i]))
            ids_add(is_add ? &group->add : &group->remove, ids[i]);
    }
    status = group != NULL
                 ? acl_apply(admin, &acl, is_add ? "members are added" : "members are removed")
                 : admin_fail(admin, ADMIN_NOT_FOUND, "the channel knows no group \"%.200s\"",
                              call->words[1]);
    acl_clear(&acl);
    return status;
}

typedef int (*group_change_fn)(struct call *call, struct acl *acl, struct acl_group *group);

// group: the one that the command names; NULL: the channel knows none.
static int change_group(struct call *call, group_change_fn change)
{
    struct acl acl;
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    status = change(call, &acl, acl_group_of(&acl, call->words[1]));
    acl_clear(&acl);
    return status;
}

static int create_group(struct call *call, struct acl *acl, struct acl_group *group)
{
    const bool is_inheriting = call_option(call, "--no-inherit") == NULL,
               is_inheritable = call_option(call, "--not-inheritable") == NULL;
    const bool is_plain = is_inheriting && is_inheritable;
    if (group != NULL && (acl_group_is_own(group) || is_plain))
        return admin_done(call->admin, "The group %s is there already.", call->words[1]);
    if (group == NULL)
        group = group_add(acl, call->words[1]);
    if (group != NULL) {
        group->is_inheriting = is_inheriting;
        group->is_inheritable = is_inheritable;
    }
    return acl_apply(call->admin, acl, "the group is made");
}

static int delete_group(struct call *call, struct acl *acl, struct acl_group *group)
{
    if (group == NULL || !acl_group_is_own(group))
        return admin_fail(call->admin, ADMIN_NOT_FOUND,
                          "the channel has no group \"%.200s\" of its own", call->words[1]);
    group->is_inherited = group->is_inheriting = group->is_inheritable = true;
    group->add.n = group->remove.n = 0; // nothing of its own any more
    return acl_apply(call->admin, acl, "the group is deleted");
}

int acl_group_create(struct call *call)
{
    return change_group(call, create_group);
}

int acl_group_delete(struct call *call)
{
    return change_group(call, delete_group);
}
