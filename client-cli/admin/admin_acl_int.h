// SPDX-License-Identifier: BSD-3-Clause
//
// Rights of a channel while a command looks at them or changes them. The protocol replaces a
// channel's entries and groups as a whole, so a change is: acl_fetch, change, acl_apply.
#ifndef SUSURRO_CLIENT_ADMIN_ACL_INT_H
#define SUSURRO_CLIENT_ADMIN_ACL_INT_H

#include "client-cli/admin/admin_int.h"

#define ENTRIES_MAX 100000 // own and inherited; groups, members: of more nothing is changed

struct entry {
    bool is_here, is_sub, is_inherited, has_user;
    uint32_t user_id, grant, deny;
    char *group;
};
struct ids {
    uint32_t *list;
    size_t n;
};
struct acl_group {
    char *name;
    bool is_inherited, is_inheriting, is_inheritable;
    struct ids add, remove, inherited;
};
struct acl {
    uint32_t channel_id;
    bool is_inheriting;
    bool is_cut; // not all of it could be kept: must not be sent back
    struct entry *entries;
    struct acl_group *groups;
    size_t n_entries, n_groups;
    struct ids name_ids; // names of the people in it
    char **names;
};

bool ids_have(const struct ids *ids, uint32_t id);
void ids_remove(struct ids *ids, uint32_t id);
void ids_add(struct ids *ids, uint32_t id);

// The channel of the command's first word and what holds there; as acl_fetch.
int acl_begin(struct call *call, struct acl *acl);
// 0, and then acl_clear is the caller's; else an exit status, said why.
int acl_fetch(struct admin *admin, uint32_t channel_id, struct acl *acl);
int acl_fetch_names(struct admin *admin, struct acl *acl);
void acl_clear(struct acl *acl);
// Sends, asks again, compares; and says what is done. Returns the exit status.
int acl_apply(struct admin *admin, const struct acl *wanted, const char *done);

struct acl_group *acl_group_of(const struct acl *acl, const char *name); // NULL: none
// Does the channel itself say something about the group, or does it only inherit it?
bool acl_group_is_own(const struct acl_group *group);

#endif
