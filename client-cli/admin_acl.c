// SPDX-License-Identifier: BSD-3-Clause
//
// Commands about rights. The protocol replaces a channel's entries and groups as a whole, so a
// change is: ask, change the answer, send it, ask again and compare.
#include "client-cli/admin_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 1024 // of one channel, own and inherited
#define GROUPS_MAX 512
#define MEMBERS_MAX 65536
#define RIGHTS_BEFORE_1_4 0xF07FFu

// ---- what the server says
// -------------------------------------------------------------------------------------------

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
    struct entry *entries;
    struct acl_group *groups;
    size_t n_entries, n_groups;
    struct ids name_ids; // names of the people in it
    char **names;
};

static void ids_copy(struct ids *to, const uint32_t *list, size_t n)
{
    to->list = calloc(n + 1, sizeof *to->list);
    to->n = to->list != NULL && n <= MEMBERS_MAX ? n : 0;
    if (to->n > 0)
        memcpy(to->list, list, to->n * sizeof *list);
}

static bool ids_have(const struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->list[i] == id)
            return true;
    return false;
}

static void ids_remove(struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->list[i] == id)
            ids->list[i--] = ids->list[--ids->n];
}

static void ids_add(struct ids *ids, uint32_t id)
{
    if (ids_have(ids, id))
        return;
    uint32_t *bigger = realloc(ids->list, (ids->n + 1) * sizeof *bigger);
    if (bigger == NULL)
        return;
    ids->list = bigger;
    bigger[ids->n++] = id;
}

static void acl_clear(struct acl *acl)
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
    }
}

static void read_groups(struct acl *acl, const MumbleProto__ACL *message)
{
    size_t n = message->n_groups < GROUPS_MAX ? message->n_groups : GROUPS_MAX;
    acl->groups = calloc(n + 1, sizeof *acl->groups);
    for (size_t i = 0; acl->groups != NULL && i < n; i++) {
        const MumbleProto__ACL__ChanGroup *from = message->groups[i];
        struct acl_group *group = &acl->groups[acl->n_groups++];
        group->name = str_dup(from->name);
        group->is_inherited = from->inherited;
        group->is_inheriting = from->inherit;
        group->is_inheritable = from->inheritable;
        ids_copy(&group->add, from->add, from->n_add);
        ids_copy(&group->remove, from->remove, from->n_remove);
        ids_copy(&group->inherited, from->inherited_members, from->n_inherited_members);
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

static int fetch_names(struct admin *admin, struct acl *acl)
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

static int acl_fetch(struct admin *admin, uint32_t channel_id, struct acl *acl)
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
// --------------------------------------------------------------------------------------------------------

// What a channel only inherits is not its own, and not sent.
static bool is_own(const struct acl_group *group)
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
        if (!is_own(from) || from->name == NULL)
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

static struct acl_group *group_of(const struct acl *acl, const char *name)
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
        n_told += is_own(&told->groups[i]);
    for (size_t i = 0; i < wanted->n_groups; i++) {
        const struct acl_group *want = &wanted->groups[i];
        if (!is_own(want))
            continue;
        const struct acl_group *group = group_of(told, want->name);
        n_wanted++;
        if (group == NULL || group->is_inheriting != want->is_inheriting ||
            group->is_inheritable != want->is_inheritable ||
            !is_same_ids(&group->add, &want->add) || !is_same_ids(&group->remove, &want->remove))
            return false;
    }
    return n_told == n_wanted;
}

// Sends, asks again, compares; and says what is done.
static int acl_apply(struct admin *admin, const struct acl *wanted, const char *done)
{
    struct acl told;
    int status = send_acl(admin, wanted);
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

// The channel of the command's first word and what holds there.
static int acl_begin(struct call *call, struct acl *acl)
{
    const struct admin_channel *channel = find_channel(call->admin, call->words[0]);
    if (channel == NULL)
        return call->admin->exit;
    return acl_fetch(call->admin, channel->id, acl);
}

// ---- showing
// -----------------------------------------------------------------------------------------------------------

static const char *name_of(const struct acl *acl, uint32_t id, char out[32])
{
    for (size_t i = 0; i < acl->name_ids.n; i++)
        if (acl->name_ids.list[i] == id && acl->names[i] != NULL)
            return acl->names[i];
    (void)snprintf(out, 32, "#%u", id);
    return out;
}

static const struct column entry_columns[] = {
    { "number", "no.", COLUMN_NUMBER }, { "inherited", "inherited", COLUMN_FLAG },
    { "here", NULL, COLUMN_FLAG },      { "subs", NULL, COLUMN_FLAG },
    { NULL, "where", COLUMN_TEXT },     { "user_id", NULL, COLUMN_NUMBER },
    { "user", NULL, COLUMN_TEXT },      { "group", NULL, COLUMN_TEXT },
    { NULL, "who", COLUMN_TEXT },       { "grant", "grants", COLUMN_LIST },
    { "deny", "denies", COLUMN_LIST },
};

static void put_entry(struct sheet *sheet, const struct acl *acl, const struct entry *entry,
                      int64_t number)
{
    char id[32], who[600];
    const char *name = entry->has_user ? name_of(acl, entry->user_id, id) : NULL;
    put_optional(sheet, entry->is_inherited ? -1 : number);
    sheet_flag(sheet, entry->is_inherited, "yes");
    sheet_flag(sheet, entry->is_here, "yes");
    sheet_flag(sheet, entry->is_sub, "yes");
    sheet_text(sheet, entry->is_here && entry->is_sub ? "here, subs"
                      : entry->is_here                ? "here"
                      : entry->is_sub                 ? "subs"
                                                      : "nowhere");
    put_optional(sheet, entry->has_user ? (int64_t)entry->user_id : -1);
    sheet_text(sheet, name);
    sheet_text(sheet, entry->has_user ? NULL : entry->group);
    (void)snprintf(who, sizeof who, "%s %s", entry->has_user ? "user" : "group",
                   entry->has_user        ? name
                   : entry->group != NULL ? entry->group
                                          : "?");
    sheet_text(sheet, who);
    rights_list(sheet, entry->grant);
    rights_list(sheet, entry->deny);
}

static const struct column group_columns[] = {
    { "name", "group", COLUMN_TEXT },
    { "own", "own", COLUMN_FLAG },
    { "inherit", "takes members", COLUMN_FLAG },
    { "inheritable", "gives members", COLUMN_FLAG },
    { "add", "added", COLUMN_LIST },
    { "remove", "taken out", COLUMN_LIST },
    { "inherited", "from above", COLUMN_LIST },
};

static void put_members(struct sheet *sheet, const struct acl *acl, const struct ids *ids)
{
    char id[32];
    sheet_text(sheet, "");
    for (size_t i = 0; i < ids->n; i++)
        sheet_item(sheet, name_of(acl, ids->list[i], id));
}

static struct sheet *sheet_of_groups(const struct acl *acl)
{
    struct sheet *sheet = sheet_new(group_columns, sizeof group_columns / sizeof *group_columns);
    for (size_t i = 0; i < acl->n_groups; i++) {
        const struct acl_group *group = &acl->groups[i];
        sheet_text(sheet, group->name);
        sheet_flag(sheet, is_own(group), "yes");
        sheet_flag(sheet, group->is_inheriting, "yes");
        sheet_flag(sheet, group->is_inheritable, "yes");
        put_members(sheet, acl, &group->add);
        put_members(sheet, acl, &group->remove);
        put_members(sheet, acl, &group->inherited);
    }
    return sheet;
}

int acl_show(struct call *call)
{
    struct admin *admin = call->admin;
    struct acl acl;
    int status = acl_begin(call, &acl);
    if (status == ADMIN_DONE)
        status = fetch_names(admin, &acl);
    if (status != ADMIN_DONE)
        return status;
    struct sheet *entries = sheet_new(entry_columns, sizeof entry_columns / sizeof *entry_columns);
    int64_t number = 0;
    for (size_t i = 0; i < acl.n_entries; i++)
        put_entry(entries, &acl, &acl.entries[i], acl.entries[i].is_inherited ? -1 : ++number);
    admin_begin(admin);
    if (admin->options.is_json) {
        json_integer(&admin->json, "channel_id", acl.channel_id);
        json_bool(&admin->json, "inherit", acl.is_inheriting);
    } else {
        char *path = picture_path(&admin->picture, acl.channel_id);
        (void)printf("%s %s the entries above it.\n\n", path,
                     acl.is_inheriting ? "inherits" : "does not inherit");
        free(path);
    }
    admin_sheet(admin, "entries", entries);
    admin_sheet(admin, "groups", sheet_of_groups(&acl));
    acl_clear(&acl);
    return admin_end(admin);
}

// ---- changing entries
// ---------------------------------------------------------------------------------------------------

int acl_set(struct call *call)
{
    struct acl acl;
    bool inherits = call_option(call, "--inherit") != NULL;
    if (inherits == (call_option(call, "--no-inherit") != NULL))
        return admin_fail(call->admin, ADMIN_USAGE, "either --inherit or --no-inherit");
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    acl.is_inheriting = inherits;
    status = acl_apply(call->admin, &acl, inherits ? "inherits now" : "does not inherit now");
    acl_clear(&acl);
    return status;
}

// "+enter", "-speak", with commas if one likes.
static int read_rights(struct call *call, size_t from, struct entry *entry)
{
    for (size_t i = from; i < call->n_words; i++) {
        char word[200];
        (void)snprintf(word, sizeof word, "%s", call->words[i]);
        char *rest = NULL;
        for (char *part = strtok_r(word, ",", &rest); part != NULL;
             part = strtok_r(NULL, ",", &rest)) {
            uint32_t bits = 0;
            if ((part[0] != '+' && part[0] != '-') || !right_find(part + 1, &bits))
                return admin_fail(call->admin, ADMIN_USAGE,
                                  "\"%.60s\" is no right: +enter grants, -speak denies; they are "
                                  "write traverse enter speak mutedeafen move makechannel "
                                  "linkchannel whisper textmessage maketempchannel listen kick "
                                  "ban register selfregister resetusercontent all",
                                  part);
            if (part[0] == '+')
                entry->grant |= bits;
            else
                entry->deny |= bits;
        }
    }
    return ADMIN_DONE;
}

// Where own entry number `wanted` (from 1) stands; the end when there is none so high.
static size_t place_of(const struct acl *acl, size_t wanted)
{
    size_t number = 0;
    for (size_t i = 0; i < acl->n_entries; i++)
        if (!acl->entries[i].is_inherited && ++number == wanted)
            return i;
    return acl->n_entries;
}

static bool insert_entry(struct acl *acl, size_t at, const struct entry *entry)
{
    struct entry *bigger = realloc(acl->entries, (acl->n_entries + 2) * sizeof *bigger);
    if (bigger == NULL)
        return false;
    acl->entries = bigger;
    memmove(bigger + at + 1, bigger + at, (acl->n_entries - at) * sizeof *bigger);
    bigger[at] = *entry;
    bigger[at].group = str_dup(entry->group);
    acl->n_entries++;
    return true;
}

static void remove_entry(struct acl *acl, size_t at)
{
    free(acl->entries[at].group);
    acl->n_entries--;
    memmove(acl->entries + at, acl->entries + at + 1, (acl->n_entries - at) * sizeof *acl->entries);
}

static bool parse_number(const char *text, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *out = value;
    return end != text && *end == '\0' && errno == 0 && value >= 1 && value <= ENTRIES_MAX;
}

static int add_entry(struct call *call, struct entry *entry)
{
    struct admin *admin = call->admin;
    const char *at = call_option(call, "--at");
    bool is_here = call_option(call, "--here") != NULL,
         is_sub = call_option(call, "--subs") != NULL;
    size_t number = SIZE_MAX;
    struct acl acl;
    entry->is_here = is_here || !is_sub;
    entry->is_sub = is_sub || !is_here;
    if (at != NULL && !parse_number(at, &number))
        return admin_fail(admin, ADMIN_USAGE, "--at: \"%.60s\" is not a number", at);
    if (read_rights(call, 2, entry) != ADMIN_DONE)
        return admin->exit;
    if (client_server_version(admin->client) < PROTO_VERSION(1, 4, 0)) {
        entry->grant &= RIGHTS_BEFORE_1_4;
        entry->deny &= RIGHTS_BEFORE_1_4;
    }
    if ((entry->grant | entry->deny) == 0)
        return admin_fail(admin, ADMIN_REFUSED, "this server is older than that right");
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    if (!insert_entry(&acl, place_of(&acl, number), entry))
        status = admin_fail(admin, ADMIN_NO_ANSWER, "out of memory");
    else
        status = acl_apply(admin, &acl, "the entry is added");
    acl_clear(&acl);
    return status;
}

int acl_add_user(struct call *call)
{
    struct entry entry = { .has_user = true };
    int status = find_person_id(call->admin, call->words[1], &entry.user_id);
    return status == ADMIN_DONE ? add_entry(call, &entry) : status;
}

int acl_add_group(struct call *call)
{
    struct entry entry = { .group = (char *)(uintptr_t)call->words[1] };
    return add_entry(call, &entry);
}

int acl_remove(struct call *call)
{
    struct admin *admin = call->admin;
    struct acl acl;
    size_t number;
    if (!parse_number(call->words[1], &number))
        return admin_fail(admin, ADMIN_USAGE, "\"%.60s\" is not a number", call->words[1]);
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    size_t at = place_of(&acl, number);
    if (at == acl.n_entries) {
        status =
            admin_fail(admin, ADMIN_NOT_FOUND, "the channel has no entry %zu of its own", number);
    } else {
        remove_entry(&acl, at);
        status = acl_apply(admin, &acl, "the entry is removed");
    }
    acl_clear(&acl);
    return status;
}

// ---- the channel's password
// ---------------------------------------------------------------------------------------------

// As clients understand it: who shows the token may enter and speak here, all others may not.
#define PASSWORD_RIGHTS (0x4u | 0x8u | 0x100u | 0x200u | 0x80u)
#define PERM_ENTER 0x4u

static bool is_password_entry(const struct entry *entry)
{
    bool is_token = !entry->has_user && entry->group != NULL && entry->group[0] == '#';
    bool is_lock = !entry->has_user && entry->group != NULL && strcmp(entry->group, "all") == 0 &&
                   entry->grant == 0 && (entry->deny & PERM_ENTER) != 0 &&
                   (entry->deny & ~(PASSWORD_RIGHTS | 0x2u)) == 0;
    bool opens = is_token && (entry->grant & PERM_ENTER) != 0 && entry->deny == 0;
    return !entry->is_inherited && entry->is_here && !entry->is_sub && (is_lock || opens);
}

int acl_password(struct call *call)
{
    struct admin *admin = call->admin;
    bool is_removal = call_option(call, "--remove") != NULL;
    if (is_removal == (call->n_words > 1))
        return admin_fail(admin, ADMIN_USAGE, "either a password or --remove");
    struct acl acl;
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    for (size_t i = acl.n_entries; i-- > 0;)
        if (is_password_entry(&acl.entries[i]))
            remove_entry(&acl, i);
    if (!is_removal) {
        char token[300], all[] = "all";
        (void)snprintf(token, sizeof token, "#%s", call->words[1]);
        const struct entry lock = { .is_here = true, .group = all, .deny = PASSWORD_RIGHTS };
        const struct entry key = { .is_here = true, .group = token, .grant = PASSWORD_RIGHTS };
        (void)insert_entry(&acl, acl.n_entries, &lock);
        (void)insert_entry(&acl, acl.n_entries, &key);
    }
    status = acl_apply(admin, &acl, is_removal ? "the password is removed" : "the password is set");
    acl_clear(&acl);
    return status;
}

// ---- groups
// ---------------------------------------------------------------------------------------------------------

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
            return admin->exit;
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    struct acl_group *group = group_of(&acl, call->words[1]);
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

int acl_group_create(struct call *call)
{
    struct admin *admin = call->admin;
    struct acl acl;
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    struct acl_group *group = group_of(&acl, call->words[1]);
    bool is_inherited = group != NULL && !is_own(group);
    bool is_plain =
        call_option(call, "--no-inherit") == NULL && call_option(call, "--not-inheritable") == NULL;
    if (group != NULL && (!is_inherited || is_plain)) {
        status = admin_done(admin, "The group %s is there already.", call->words[1]);
    } else {
        if (group == NULL)
            group = group_add(&acl, call->words[1]);
        if (group != NULL) {
            group->is_inheriting = call_option(call, "--no-inherit") == NULL;
            group->is_inheritable = call_option(call, "--not-inheritable") == NULL;
        }
        status = acl_apply(admin, &acl, "the group is made");
    }
    acl_clear(&acl);
    return status;
}

int acl_group_delete(struct call *call)
{
    struct admin *admin = call->admin;
    struct acl acl;
    int status = acl_begin(call, &acl);
    if (status != ADMIN_DONE)
        return status;
    struct acl_group *group = group_of(&acl, call->words[1]);
    if (group == NULL || !is_own(group)) {
        status = admin_fail(admin, ADMIN_NOT_FOUND,
                            "the channel has no group \"%.200s\" of its own", call->words[1]);
    } else {
        group->is_inherited = group->is_inheriting = group->is_inheritable = true;
        group->add.n = group->remove.n = 0; // nothing of its own any more
        status = acl_apply(admin, &acl, "the group is deleted");
    }
    acl_clear(&acl);
    return status;
}
