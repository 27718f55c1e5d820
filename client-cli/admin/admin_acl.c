// SPDX-License-Identifier: BSD-3-Clause
//
// Commands about a channel's rights: what holds there, its entries and its password.
#include "client-cli/admin/admin_acl_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RIGHTS_BEFORE_1_4 0xF07FFu

int acl_begin(struct call *call, struct acl *acl)
{
    *acl = (struct acl){ .channel_id = 0 };
    const struct admin_channel *channel = find_channel(call->admin, call->words[0]);
    if (channel == NULL)
        return admin_exit_of(call->admin);
    return acl_fetch(call->admin, channel->id, acl);
}

// ---- showing

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
        sheet_flag(sheet, acl_group_is_own(group), "yes");
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
        status = acl_fetch_names(admin, &acl);
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
        return admin_exit_of(admin);
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
