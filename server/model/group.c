// SPDX-License-Identifier: BSD-3-Clause
// Who a specification is about. Looking goes from where it is asked upwards, so that the nearest
// group which names somebody decides.
#include "model/model_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// ---- reading ----

// A number as murmur reads it: blanks around it are fine, anything else in it makes it 0.
static int32_t read_number(const char *text, size_t len, int32_t if_empty)
{
    if (len == 0)
        return if_empty;
    size_t i = 0;
    while (i < len && isspace((unsigned char)text[i]))
        i++;
    bool is_negative = i < len && text[i] == '-';
    if (i < len && (text[i] == '-' || text[i] == '+'))
        i++;
    int64_t value = 0;
    size_t n_digits = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++, n_digits++) {
        value = 10 * value + (text[i] - '0');
        if (value > INT32_MAX)
            return 0;
    }
    while (i < len && isspace((unsigned char)text[i]))
        i++;
    if (n_digits == 0 || i < len)
        return 0;
    return (int32_t)(is_negative ? -value : value);
}

static void read_sub(struct spec *spec, const char *text)
{
    int32_t *const numbers[] = { &spec->offset, &spec->least, &spec->most };
    spec->kind = SPEC_SUB;
    spec->offset = 0;
    spec->least = 1;
    spec->most = 1000;
    for (size_t i = 0; i < 3 && *text == ','; i++) {
        size_t len = strcspn(++text, ",");
        *numbers[i] = read_number(text, len, *numbers[i]);
        text += len;
    }
}

uint32_t group_hash(const char *name)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static void read_name(struct spec *spec, const char *name)
{
    static const struct {
        const char *name;
        enum spec_kind kind;
    } words[] = {
        { "none", SPEC_NONE },     { "all", SPEC_ALL }, { "auth", SPEC_AUTH },
        { "strong", SPEC_STRONG }, { "in", SPEC_IN },   { "out", SPEC_OUT },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(name, words[i].name) == 0) {
            spec->kind = words[i].kind;
            return;
        }
    if (strcmp(name, "sub") == 0 || strncmp(name, "sub,", 4) == 0) {
        read_sub(spec, name + 3);
        return;
    }
    spec->kind = SPEC_GROUP;
    spec->hash = group_hash(name);
}

struct spec spec_read(const char *text)
{
    struct spec spec = { .kind = SPEC_NEVER };
    bool is_token = false, is_hash = false;
    for (; text != NULL && *text != '\0' && strchr("!~#$", *text) != NULL; text++) {
        spec.is_negated |= *text == '!';
        spec.is_at_entry |= *text == '~';
        is_token |= *text == '#';
        is_hash |= *text == '$';
    }
    if (text == NULL || *text == '\0')
        return spec;
    spec.name = text;
    if (is_token)
        spec.kind = SPEC_TOKEN;
    else if (is_hash)
        spec.kind = SPEC_HASH;
    else
        read_name(&spec, text);
    return spec;
}

bool spec_is_about_place(const struct spec *spec)
{
    return spec->kind == SPEC_IN || spec->kind == SPEC_OUT || spec->kind == SPEC_SUB;
}

// ---- groups ----

size_t group_index(const struct channel_node *node, const char *name, uint32_t hash)
{
    size_t i = 0;
    while (i < node->channel.n_groups &&
           (node->group_hashes[i] != hash || strcmp(node->channel.groups[i].name, name) != 0))
        i++;
    return i;
}

static const struct group *find(const struct channel_node *node, const char *name, uint32_t hash)
{
    size_t i = group_index(node, name, hash);
    return i < node->channel.n_groups ? &node->channel.groups[i] : NULL;
}

static bool has_id(const int32_t *ids, uint32_t n, int32_t id)
{
    return n > 0 && bsearch(&id, ids, n, sizeof(*ids), model_compare_ids) != NULL;
}

// The next group of this name that counts, from *at upwards; *at is left above it, or NULL when
// that one takes nothing from above.
static const struct group *next_up(const struct channel_node **at, const struct channel_node *from,
                                   const char *name, uint32_t hash)
{
    for (const struct channel_node *node = *at; node != NULL; node = node->above) {
        const struct group *group = find(node, name, hash);
        if (group == NULL)
            continue;
        if (node != from && !group->is_inheritable)
            return NULL;
        *at = group->is_inheriting ? node->above : NULL;
        return group;
    }
    return NULL;
}

bool group_has(const struct channel_node *from, const char *name, uint32_t hash, int32_t user_id)
{
    const struct channel_node *at = from;
    const struct group *group;
    while (at != NULL && (group = next_up(&at, from, name, hash)) != NULL) {
        if (has_id(group->remove, group->n_remove, user_id))
            return false;
        if (has_id(group->add, group->n_add, user_id))
            return true;
    }
    return false;
}

const struct group *model_group(const struct channel *channel, const char *name)
{
    return find(node_of(channel), name, group_hash(name));
}

bool model_group_has(const struct model *model, uint32_t channel, const char *name, int32_t user_id)
{
    const struct channel_node *from = model_node(model, channel);
    return from != NULL && group_has(from, name, group_hash(name), user_id);
}

size_t model_group_members(const struct model *model, uint32_t channel, const char *name,
                           int32_t **out)
{
    *out = NULL;
    const struct channel_node *from = model_node(model, channel), *at = from;
    uint32_t hash = group_hash(name);
    const struct group *group;
    size_t n_all = 0, n = 0;
    while (at != NULL && (group = next_up(&at, from, name, hash)) != NULL)
        n_all += group->n_add;
    int32_t *ids = n_all > 0 ? malloc(n_all * sizeof(*ids)) : NULL;
    if (ids == NULL)
        return 0;
    size_t n_candidates = 0;
    at = from;
    while (at != NULL && (group = next_up(&at, from, name, hash)) != NULL) {
        if (group->n_add > 0)
            memcpy(&ids[n_candidates], group->add, group->n_add * sizeof(*ids));
        n_candidates += group->n_add;
    }
    qsort(ids, n_candidates, sizeof(*ids), model_compare_ids);
    for (size_t i = 0; i < n_candidates; i++)
        if ((n == 0 || ids[n - 1] != ids[i]) && group_has(from, name, hash, ids[i]))
            ids[n++] = ids[i];
    if (n == 0) {
        free(ids);
        return 0;
    }
    *out = ids;
    return n;
}

// ---- matching ----

static const struct channel_node *ancestor(const struct channel_node *node, uint32_t depth)
{
    while (node != NULL && node->depth > depth)
        node = node->above;
    return node;
}

static bool is_below(const struct spec *spec, const struct channel_node *home,
                     const struct channel_node *context, const struct channel_node *target)
{
    if (ancestor(target, context->depth) != context)
        return false;
    int64_t depth = (int64_t)context->depth + spec->offset;
    if (depth > target->depth)
        return false;
    const struct channel_node *above = ancestor(target, depth > 0 ? (uint32_t)depth : 0);
    if (ancestor(home, above->depth) != above)
        return false;
    int64_t below = (int64_t)home->depth - above->depth;
    return below >= spec->least && below <= spec->most;
}

static bool matches(const struct spec *spec, const struct model *model, const struct user *user,
                    const struct channel_node *context, const struct channel_node *target)
{
    switch (spec->kind) {
    case SPEC_ALL:
        return true;
    case SPEC_AUTH:
        return user->user_id >= 0;
    case SPEC_STRONG:
        return user->is_strong;
    case SPEC_IN:
        return user->channel == context->channel.id;
    case SPEC_OUT:
        return user->channel != context->channel.id;
    case SPEC_SUB: {
        const struct channel_node *home = model_node(model, user->channel);
        return home != NULL && is_below(spec, home, context, target);
    }
    case SPEC_TOKEN:
        return rights_has_token(user, spec->name);
    case SPEC_HASH:
        return strcmp(user->cert_hash, spec->name) == 0;
    case SPEC_GROUP:
        return user->user_id >= 0 && group_has(context, spec->name, spec->hash, user->user_id);
    case SPEC_NONE:
    case SPEC_NEVER:
        break;
    }
    return false;
}

bool spec_matches(const struct spec *spec, const struct model *model, const struct user *user,
                  const struct channel_node *at, const struct channel_node *target)
{
    if (spec->kind == SPEC_NEVER)
        return false;
    return matches(spec, model, user, spec->is_at_entry ? at : target, target) != spec->is_negated;
}

bool model_group_matches(const struct model *model, const struct user *user, const char *text,
                         uint32_t acl_channel, uint32_t target)
{
    const struct channel_node *at = model_node(model, acl_channel),
                              *asked = model_node(model, target);
    struct spec spec = spec_read(text);
    return at != NULL && asked != NULL && spec_matches(&spec, model, user, at, asked);
}
