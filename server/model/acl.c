// SPDX-License-Identifier: BSD-3-Clause
// Keeping entries and groups. Every change is made in a copy first, or after the last allocation,
// so that a failure leaves everything as it was.
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

// One channel's entries and groups, with what is read out of them.
struct lists {
    uint32_t n_acls, n_groups;
    struct acl_entry *acls;
    struct spec *specs;
    struct group *groups;
    uint32_t *hashes;
};

static void group_clear(struct group *group)
{
    free(group->name);
    free(group->add);
    free(group->remove);
    *group = (struct group){ 0 };
}

static void lists_clear(struct lists *lists)
{
    for (uint32_t i = 0; i < lists->n_acls; i++)
        free(lists->acls[i].group);
    for (uint32_t i = 0; i < lists->n_groups; i++)
        group_clear(&lists->groups[i]);
    free(lists->acls);
    free(lists->specs);
    free(lists->groups);
    free(lists->hashes);
}

static size_t count_place_specs(const struct spec *specs, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += spec_is_about_place(&specs[i]) ? 1 : 0;
    return count;
}

static struct lists lists_of(const struct channel_node *node)
{
    return (struct lists){ node->channel.n_acls, node->channel.n_groups, node->channel.acls,
                           node->specs,          node->channel.groups,   node->group_hashes };
}

static void take_lists(struct model *model, struct channel_node *node, const struct lists *lists)
{
    model->n_place_specs -= count_place_specs(node->specs, node->channel.n_acls);
    model->n_place_specs += count_place_specs(lists->specs, lists->n_acls);
    node->channel.n_acls = lists->n_acls;
    node->channel.n_groups = lists->n_groups;
    node->channel.acls = lists->acls;
    node->channel.groups = lists->groups;
    node->specs = lists->specs;
    node->group_hashes = lists->hashes;
    model->rights_generation++;
}

void acl_clear(struct model *model, struct channel_node *node)
{
    struct lists old = lists_of(node);
    take_lists(model, node, &(struct lists){ 0 });
    lists_clear(&old);
}

// ---- copies ----

int model_compare_ids(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

// Ascending, each once, without those that are nobody's.
static bool copy_ids(int32_t **out, uint32_t *n_out, const int32_t *ids, uint32_t n)
{
    *out = NULL;
    *n_out = 0;
    if (n == 0)
        return true;
    int32_t *copy = malloc(n * sizeof(*copy));
    if (copy == NULL)
        return false;
    memcpy(copy, ids, n * sizeof(*copy));
    qsort(copy, n, sizeof(*copy), model_compare_ids);
    uint32_t n_copied = 0;
    for (uint32_t i = 0; i < n; i++)
        if (copy[i] >= 0 && (n_copied == 0 || copy[n_copied - 1] != copy[i]))
            copy[n_copied++] = copy[i];
    *out = copy;
    *n_out = n_copied;
    return true;
}

static bool copy_group(struct group *out, const struct group *group)
{
    *out = (struct group){ .name = str_dup(group->name),
                           .is_inheriting = group->is_inheriting,
                           .is_inheritable = group->is_inheritable };
    if (out->name != NULL && copy_ids(&out->add, &out->n_add, group->add, group->n_add) &&
        copy_ids(&out->remove, &out->n_remove, group->remove, group->n_remove))
        return true;
    group_clear(out);
    return false;
}

static bool copy_entry(struct acl_entry *out, struct spec *spec, const struct acl_entry *entry)
{
    *out = *entry;
    out->group = str_dup(entry->group);
    if (out->group == NULL && entry->group != NULL)
        return false;
    if (out->user_id < 0)
        out->user_id = MODEL_GUEST;
    out->grant &= PERM_ALL;
    out->deny &= PERM_ALL;
    *spec = spec_read(out->group);
    return true;
}

// A name that comes twice is one group: the last.
static bool add_group(struct lists *lists, const struct group *group)
{
    uint32_t i = 0, hash = group_hash(group->name);
    while (i < lists->n_groups &&
           (lists->hashes[i] != hash || strcmp(lists->groups[i].name, group->name) != 0))
        i++;
    if (i < lists->n_groups)
        group_clear(&lists->groups[i]);
    else
        lists->n_groups++;
    lists->hashes[i] = hash;
    return copy_group(&lists->groups[i], group);
}

static bool copy_lists(struct lists *out, const struct acl_entry *entries, size_t n_entries,
                       const struct group *groups, size_t n_groups)
{
    *out = (struct lists){ 0 };
    if (n_entries > 0) {
        out->acls = calloc(n_entries, sizeof(*out->acls));
        out->specs = calloc(n_entries, sizeof(*out->specs));
        if (out->acls == NULL || out->specs == NULL)
            return false;
    }
    if (n_groups > 0) {
        out->groups = calloc(n_groups, sizeof(*out->groups));
        out->hashes = calloc(n_groups, sizeof(*out->hashes));
        if (out->groups == NULL || out->hashes == NULL)
            return false;
    }
    for (; out->n_acls < n_entries; out->n_acls++)
        if (!copy_entry(&out->acls[out->n_acls], &out->specs[out->n_acls], &entries[out->n_acls]))
            return false;
    for (size_t i = 0; i < n_groups; i++)
        if (!add_group(out, &groups[i]))
            return false;
    return true;
}

static bool is_too_long(const char *text)
{
    return text != NULL && strlen(text) > MODEL_GROUP_BYTES;
}

int model_acl_replace(struct model *model, uint32_t channel, bool is_inheriting,
                      const struct acl_entry *entries, size_t n_entries, const struct group *groups,
                      size_t n_groups)
{
    struct channel_node *node = model_node(model, channel);
    if (node == NULL)
        return MODEL_E_UNKNOWN;
    if (n_entries > MODEL_ACLS_MAX || n_groups > MODEL_GROUPS_MAX)
        return MODEL_E_LIMIT;
    for (size_t i = 0; i < n_entries; i++)
        if (is_too_long(entries[i].group))
            return MODEL_E_LIMIT;
    for (size_t i = 0; i < n_groups; i++)
        if (is_too_long(groups[i].name))
            return MODEL_E_LIMIT;
    struct lists copy, old = lists_of(node);
    if (!copy_lists(&copy, entries, n_entries, groups, n_groups)) {
        lists_clear(&copy);
        return MODEL_E_MEMORY;
    }
    take_lists(model, node, &copy);
    node->channel.is_inheriting = is_inheriting;
    lists_clear(&old);
    return 0;
}

int model_acl_append(struct model *model, uint32_t channel, const struct acl_entry *entry)
{
    struct channel_node *node = model_node(model, channel);
    if (node == NULL)
        return MODEL_E_UNKNOWN;
    uint32_t n = node->channel.n_acls;
    if (n >= MODEL_ACLS_MAX || is_too_long(entry->group))
        return MODEL_E_LIMIT;
    struct acl_entry *acls = realloc(node->channel.acls, (n + 1) * sizeof(*acls));
    if (acls == NULL)
        return MODEL_E_MEMORY;
    node->channel.acls = acls;
    struct spec *specs = realloc(node->specs, (n + 1) * sizeof(*specs));
    if (specs == NULL)
        return MODEL_E_MEMORY;
    node->specs = specs;
    if (!copy_entry(&acls[n], &specs[n], entry))
        return MODEL_E_MEMORY;
    node->channel.n_acls++;
    model->n_place_specs += spec_is_about_place(&specs[n]) ? 1 : 0;
    model->rights_generation++;
    return 0;
}

// ---- members ----

static uint32_t place_of(const int32_t *ids, uint32_t n, int32_t id)
{
    uint32_t i = 0;
    while (i < n && ids[i] < id)
        i++;
    return i;
}

static bool add_id(int32_t **ids, uint32_t *n, int32_t id)
{
    uint32_t i = place_of(*ids, *n, id);
    if (i < *n && (*ids)[i] == id)
        return true;
    int32_t *grown = realloc(*ids, (*n + 1) * sizeof(*grown));
    if (grown == NULL)
        return false;
    memmove(&grown[i + 1], &grown[i], (*n - i) * sizeof(*grown));
    grown[i] = id;
    *ids = grown;
    (*n)++;
    return true;
}

static bool drop_id(int32_t *ids, uint32_t *n, int32_t id)
{
    uint32_t i = place_of(ids, *n, id);
    if (i == *n || ids[i] != id)
        return false;
    memmove(&ids[i], &ids[i + 1], (*n - i - 1) * sizeof(*ids));
    (*n)--;
    return true;
}

static int make_group(struct channel_node *node, const char *name, int32_t user_id)
{
    uint32_t n = node->channel.n_groups;
    if (n >= MODEL_GROUPS_MAX || is_too_long(name))
        return MODEL_E_LIMIT;
    struct group *groups = realloc(node->channel.groups, (n + 1) * sizeof(*groups));
    if (groups == NULL)
        return MODEL_E_MEMORY;
    node->channel.groups = groups;
    uint32_t *hashes = realloc(node->group_hashes, (n + 1) * sizeof(*hashes));
    if (hashes == NULL)
        return MODEL_E_MEMORY;
    node->group_hashes = hashes;
    int32_t ids[] = { user_id }; // nobody's id is left out
    const struct group group = { .name = (char *)(uintptr_t)name,
                                 .is_inheriting = true,
                                 .is_inheritable = true,
                                 .n_add = 1,
                                 .add = ids };
    if (!copy_group(&groups[n], &group))
        return MODEL_E_MEMORY;
    hashes[n] = group_hash(name);
    node->channel.n_groups++;
    return 0;
}

int model_group_admit(struct model *model, uint32_t channel, const char *name, int32_t user_id)
{
    struct channel_node *node = model_node(model, channel);
    if (node == NULL || user_id < 0)
        return MODEL_E_UNKNOWN;
    size_t i = group_index(node, name, group_hash(name));
    int result = 0;
    if (i == node->channel.n_groups) {
        result = make_group(node, name, user_id);
    } else {
        struct group *group = &node->channel.groups[i];
        if (!add_id(&group->add, &group->n_add, user_id))
            return MODEL_E_MEMORY;
        drop_id(group->remove, &group->n_remove, user_id);
    }
    model->rights_generation++;
    return result;
}

int model_group_make(struct model *model, uint32_t channel, const char *name)
{
    struct channel_node *node = model_node(model, channel);
    if (node == NULL)
        return MODEL_E_UNKNOWN;
    if (group_index(node, name, group_hash(name)) < node->channel.n_groups)
        return 0;
    int result = make_group(node, name, MODEL_GUEST);
    model->rights_generation++;
    return result;
}

int model_group_dismiss(struct model *model, uint32_t channel, const char *name, int32_t user_id)
{
    struct channel_node *node = model_node(model, channel);
    if (node == NULL || user_id < 0)
        return MODEL_E_UNKNOWN;
    int error = model_group_make(model, channel, name);
    if (error != 0)
        return error;
    struct group *group = &node->channel.groups[group_index(node, name, group_hash(name))];
    drop_id(group->add, &group->n_add, user_id);
    model->rights_generation++;
    if (model_group_has(model, channel, name, user_id) && // from above
        !add_id(&group->remove, &group->n_remove, user_id))
        return MODEL_E_MEMORY;
    return 0;
}

int model_acl_defaults(struct model *model)
{
    char admin[] = "admin", auth[] = "auth", all[] = "all";
    const struct acl_entry entries[] = {
        { true, true, MODEL_GUEST, admin, PERM_WRITE, 0 },
        { true, true, MODEL_GUEST, auth, PERM_MAKE_TEMP_CHANNEL, 0 },
        { true, false, MODEL_GUEST, all, PERM_SELF_REGISTER, 0 },
    };
    const struct group groups[] = {
        { .name = admin, .is_inheriting = true, .is_inheritable = true }
    };
    return model_acl_replace(model, MODEL_ROOT, true, entries, sizeof(entries) / sizeof(entries[0]),
                             groups, 1);
}

// ---- forgetting ----

static bool forget_in_entries(struct channel_node *node, int32_t user_id)
{
    struct channel *channel = &node->channel;
    uint32_t n = 0;
    for (uint32_t i = 0; i < channel->n_acls; i++) {
        if (channel->acls[i].user_id == user_id) {
            free(channel->acls[i].group);
            continue;
        }
        node->specs[n] = node->specs[i];
        channel->acls[n++] = channel->acls[i];
    }
    bool has_changed = n < channel->n_acls;
    channel->n_acls = n;
    return has_changed;
}

void model_forget_user_id(struct model *model, int32_t user_id, model_channel_fn fn, void *context)
{
    if (user_id < 0)
        return;
    for (size_t i = 0; i < model->n_channels; i++) {
        struct channel_node *node = node_of(model->channels[i]);
        struct channel *channel = &node->channel;
        size_t n_before = count_place_specs(node->specs, channel->n_acls);
        bool has_changed = forget_in_entries(node, user_id);
        model->n_place_specs -= n_before - count_place_specs(node->specs, channel->n_acls);
        for (uint32_t k = 0; k < channel->n_groups; k++) {
            struct group *group = &channel->groups[k];
            has_changed |= drop_id(group->add, &group->n_add, user_id);
            has_changed |= drop_id(group->remove, &group->n_remove, user_id);
        }
        if (!has_changed)
            continue;
        model->rights_generation++;
        if (fn != NULL)
            fn(context, channel);
    }
}
