// SPDX-License-Identifier: BSD-3-Clause
//
// The dialog where a channel's rules are edited: ACL asks for them or replaces them, QueryUsers
// gives the names to the numbers in them. acl_show.c writes the answer.
#include "control/control_int.h"
#include "control/meeting/roles.h"

#include <stdlib.h>
#include <string.h>

static bool may_edit(const struct model *model, const struct user *user, uint32_t channel)
{
    // Who may write in the root edits everywhere, or a channel could be closed to all admins.
    return ((model_permissions(model, user, channel) | model_permissions(model, user, MODEL_ROOT)) &
            PERM_WRITE) != 0;
}

// The SuperUser's first password may have come into the database after it was read.
static bool is_superuser_here(const struct model *model)
{
    const struct user *user = model_user_next(model, 0);
    while (user != NULL && user->user_id != MODEL_SUPERUSER)
        user = model_user_next(model, user->session);
    return user != NULL;
}

static bool is_registered(const struct model *model, uint32_t id)
{
    return id <= REGISTERED_ID_MAX && (registry_find(model, (int32_t)id) != NULL ||
                                       (id == MODEL_SUPERUSER && is_superuser_here(model)));
}

// ---- replacing --------------------------------------------------------------------------------

struct change { // the message as the model takes it; strings are the message's
    struct acl_entry *entries;
    struct group *groups;
    int32_t *ids; // of all groups
    size_t n_entries, n_groups, n_ids;
};

static bool is_fit(const char *text)
{
    return strlen(text) <= MODEL_GROUP_BYTES && str_is_utf8(text);
}

// NULL: fine; else why not.
static const char *find_fault(const MumbleProto__ACL *acl, bool is_temporary)
{
    size_t n_members = 0;
    // One place is kept for the entry with which who edits keeps Write.
    if (acl->n_acls > (is_temporary ? TEMPORARY_RULES_MAX : MODEL_ACLS_MAX - 1))
        return N_("A channel cannot have so many access rules");
    if (acl->n_groups > (is_temporary ? TEMPORARY_RULES_MAX : MODEL_GROUPS_MAX))
        return N_("A channel cannot have so many groups");
    for (size_t i = 0; i < acl->n_groups; i++) {
        if (acl->groups[i]->name[0] == '\0' || !is_fit(acl->groups[i]->name))
            return N_("A group's name is empty, too long or not UTF-8");
        n_members += acl->groups[i]->n_add + acl->groups[i]->n_remove;
    }
    if (n_members > ACL_MEMBERS_MAX)
        return N_("The groups of a channel cannot have so many members");
    for (size_t i = 0; i < acl->n_acls; i++)
        if (acl->acls[i]->group != NULL && !is_fit(acl->acls[i]->group))
            return N_("The group of an access rule is too long or not UTF-8");
    return NULL;
}

static bool is_named_again(const MumbleProto__ACL *acl, size_t i)
{
    for (size_t k = i + 1; k < acl->n_groups; k++)
        if (strcmp(acl->groups[k]->name, acl->groups[i]->name) == 0)
            return true;
    return false;
}

static int32_t *take_ids(struct change *change, const struct model *model, const uint32_t *ids,
                         size_t n, uint32_t *n_taken)
{
    int32_t *first = change->ids + change->n_ids;
    for (size_t i = 0; i < n; i++)
        if (is_registered(model, ids[i]))
            change->ids[change->n_ids++] = (int32_t)ids[i];
    *n_taken = (uint32_t)(change->ids + change->n_ids - first);
    return first;
}

static void take_groups(struct change *change, const struct model *model,
                        const MumbleProto__ACL *acl)
{
    for (size_t i = 0; i < acl->n_groups; i++) {
        const MumbleProto__ACL__ChanGroup *from = acl->groups[i];
        if (is_named_again(acl, i))
            continue; // the last one counts
        struct group *to = &change->groups[change->n_groups++];
        to->name = from->name;
        to->is_inheriting = from->inherit;
        to->is_inheritable = from->inheritable;
        to->add = take_ids(change, model, from->add, from->n_add, &to->n_add);
        to->remove = take_ids(change, model, from->remove, from->n_remove, &to->n_remove);
    }
}

static void take_entries(struct change *change, const struct model *model,
                         const MumbleProto__ACL *acl)
{
    for (size_t i = 0; i < acl->n_acls; i++) {
        const MumbleProto__ACL__ChanACL *from = acl->acls[i];
        if ((from->has_inherited && from->inherited) || // belongs to a channel above
            (from->has_user_id && !is_registered(model, from->user_id)))
            continue;
        change->entries[change->n_entries++] = (struct acl_entry){
            .is_here = from->apply_here,
            .is_sub = from->apply_subs,
            .user_id = from->has_user_id ? (int32_t)from->user_id : MODEL_GUEST,
            .group = from->has_user_id     ? NULL
                     : from->group != NULL ? from->group
                                           : (char *)"",
            .grant = from->grant & PERM_ALL,
            .deny = from->deny & PERM_ALL,
        };
    }
}

static int apply(struct model *model, uint32_t channel, const MumbleProto__ACL *acl)
{
    struct change change = { 0 };
    size_t n_ids = 0;
    for (size_t i = 0; i < acl->n_groups; i++)
        n_ids += acl->groups[i]->n_add + acl->groups[i]->n_remove;
    change.entries = calloc(acl->n_acls + 1, sizeof(*change.entries));
    change.groups = calloc(acl->n_groups + 1, sizeof(*change.groups));
    change.ids = calloc(n_ids + 1, sizeof(*change.ids));
    int error = MODEL_E_MEMORY;
    if (change.entries != NULL && change.groups != NULL && change.ids != NULL) {
        take_groups(&change, model, acl);
        take_entries(&change, model, acl);
        error = model_acl_replace(model, channel, acl->inherit_acls, change.entries,
                                  change.n_entries, change.groups, change.n_groups);
    }
    free(change.entries);
    free(change.groups);
    free(change.ids);
    return error;
}

// Nobody locks themself out by mistake: also who makes a channel is let in with this.
void acl_keep_write(struct server *server, const struct user *user, uint32_t channel)
{
    char group[sizeof(user->cert_hash) + 1];
    if ((model_permissions(server->model, user, channel) & PERM_WRITE) != 0 ||
        (user->user_id == MODEL_GUEST && user->cert_hash[0] == '\0'))
        return;
    snprintf(group, sizeof(group), "$%s", user->cert_hash);
    const struct acl_entry entry = { .is_here = true,
                                     .user_id = user->user_id,
                                     .group = user->user_id == MODEL_GUEST ? group : NULL,
                                     .grant = PERM_WRITE | PERM_TRAVERSE };
    if (model_acl_append(server->model, channel, &entry) != 0)
        log_warn("control", "the author of a change has no right to write there any more",
                 "channel=%u", channel);
}

// The groups that roles are given by belong to a meeting: who leaves one out takes the role from
// all who had it, and the group stays, empty. (A start makes them, too: nothing else may change
// then.)
static void keep_roles(struct server *server, uint32_t channel)
{
    const struct meeting_info *meeting = model_meeting(server->model, channel);
    if (meeting != NULL && meeting == model_meeting_root(server->model, meeting) &&
        !roles_make_groups(server, meeting))
        log_warn("control", "a meeting lacks a group of roles until the next start", "channel=%u",
                 channel);
}

static void replace(struct conn *conn, const struct user *user, const MumbleProto__ACL *acl)
{
    struct server *server = conn->server;
    bool is_temporary = model_channel(server->model, acl->channel_id)->is_temporary;
    const char *fault = find_fault(acl, is_temporary);
    int error = fault == NULL ? apply(server->model, acl->channel_id, acl) : 0;
    if (fault != NULL || error != 0) {
        send_denied_reason(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__Text,
                           fault != NULL ? fault : model_error_text(error), NULL);
        return;
    }
    acl_keep_write(server, user, acl->channel_id);
    keep_roles(server, acl->channel_id);
    const struct channel *channel = model_channel(server->model, acl->channel_id);
    if (!channel->is_temporary)
        storage_acl_put(server, channel);
    rights_changed(server);
    char name[256], where[256];
    log_info("control", "access rules changed", "channel=%u name=%s session=%u user=%s",
             channel->id, log_quote(channel->name, where, sizeof(where)), user->session,
             log_quote(user->name, name, sizeof(name)));
}

void acl_message(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__ACL *acl = (const MumbleProto__ACL *)message;
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    const struct channel *channel = model_channel(server->model, acl->channel_id);
    if (channel == NULL)
        return;
    if (!may_edit(server->model, user, channel->id))
        send_denied(conn, PERM_WRITE, channel->id);
    else if (!conn_in_time(conn, &conn->messages))
        return;
    else if (acl->query)
        acl_show(conn, channel);
    else
        replace(conn, user, acl);
}

// ---- numbers and names ------------------------------------------------------------------------

const char *acl_name_of(const struct model *model, int32_t id)
{
    const struct registered *person = registry_find(model, id);
    return person != NULL ? person->name : id == MODEL_SUPERUSER ? MODEL_SUPERUSER_NAME : NULL;
}

static int32_t id_of(const struct model *model, const char *name)
{
    const struct registered *person = registry_by_name(model, name);
    if (person != NULL)
        return person->id;
    return str_equal_fold(name, MODEL_SUPERUSER_NAME) ? MODEL_SUPERUSER : MODEL_GUEST;
}

// Who edits rules somewhere has to see names; nobody else may list who is registered.
static bool may_edit_somewhere(const struct model *model, const struct user *user)
{
    const struct channel *channel;
    for (size_t i = 0; (channel = model_channel_at(model, i)) != NULL; i++)
        if ((model_permissions(model, user, channel->id) & PERM_WRITE) != 0)
            return true;
    return false;
}

void acl_query_users(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__QueryUsers *query = (const MumbleProto__QueryUsers *)message;
    struct model *model = conn->server->model;
    MumbleProto__QueryUsers reply = MUMBLE_PROTO__QUERY_USERS__INIT;
    size_t n = query->n_ids + query->n_names;
    if (n > QUERY_USERS_MAX || !may_edit_somewhere(model, model_user(model, conn->session)))
        return;
    reply.ids = calloc(n + 1, sizeof(*reply.ids));
    reply.names = calloc(n + 1, sizeof(*reply.names));
    for (size_t i = 0; i < n && reply.ids != NULL && reply.names != NULL; i++) {
        int32_t id = MODEL_GUEST;
        if (i >= query->n_ids)
            id = id_of(model, query->names[i - query->n_ids]);
        else if (query->ids[i] <= REGISTERED_ID_MAX)
            id = (int32_t)query->ids[i];
        const char *name = id != MODEL_GUEST ? acl_name_of(model, id) : NULL;
        if (name == NULL)
            continue;
        reply.ids[reply.n_ids++] = (uint32_t)id;
        reply.names[reply.n_names++] = (char *)name;
    }
    send_message(conn, MSG_QUERY_USERS, &reply.base);
    free(reply.ids);
    free(reply.names);
}
