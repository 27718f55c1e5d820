// SPDX-License-Identifier: BSD-3-Clause
//
// The kinds of changes that are kept: how each is copied from the model, and applied to the store.
#include "control/storage_int.h"

#include <stdlib.h>
#include <string.h>

// ---- an op and its memory ---------------------------------------------------------------------

#define OP_BLOCK_BYTES 2048

struct op_block {
    struct op_block *next;
    size_t n_used, size;
    max_align_t bytes[];
};

static struct storage_op *op_new(const struct op_kind *kind, int64_t id)
{
    struct storage_op *op = calloc(1, sizeof(*op));
    if (op == NULL) {
        log_error("store", "a change is not kept", "kind=%s id=%lld reason=memory", kind->name,
                  (long long)id);
        return NULL;
    }
    op->kind = kind;
    op->id = id;
    return op;
}

void storage_op_free(struct storage_op *op)
{
    while (op->memory != NULL) {
        struct op_block *next = op->memory->next;
        free(op->memory);
        op->memory = next;
    }
    free(op);
}

// Lives as long as the op. NULL: none are wanted, or memory is short (noted in the op).
static void *op_alloc(struct storage_op *op, size_t len)
{
    size_t rounded = (len + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct op_block *block = op->memory;
    if (len == 0)
        return NULL;
    if (block == NULL || block->size - block->n_used < rounded) {
        size_t size = rounded > OP_BLOCK_BYTES ? rounded : OP_BLOCK_BYTES;
        block = malloc(sizeof(*block) + size);
        if (block == NULL) {
            op->is_incomplete = true;
            return NULL;
        }
        *block = (struct op_block){ .next = op->memory, .size = size };
        op->memory = block;
    }
    void *bytes = (char *)block->bytes + block->n_used;
    block->n_used += rounded;
    return bytes;
}

static void *op_copy(struct storage_op *op, const void *data, size_t len)
{
    void *bytes = op_alloc(op, len);
    if (bytes != NULL)
        memcpy(bytes, data, len);
    return bytes;
}

static char *op_text(struct storage_op *op, const char *text)
{
    return text != NULL ? op_copy(op, text, strlen(text) + 1) : NULL;
}

// Half a change is worse than none.
static void op_add(struct server *server, struct storage_op *op)
{
    if (op->is_incomplete) {
        log_error("store", "a change is not kept", "kind=%s id=%lld reason=memory", op->kind->name,
                  (long long)op->id);
        storage_op_free(op);
        return;
    }
    *server->ops_tail = op;
    server->ops_tail = &op->next;
}

static bool is_kept(const struct server *server, uint32_t channel_id)
{
    const struct channel *channel = model_channel(server->model, channel_id);
    return channel != NULL && !channel->is_temporary;
}

// ---- channels ---------------------------------------------------------------------------------

static int apply_channel(struct store *store, const struct storage_op *op)
{
    return store_channel_put(store, &op->channel);
}

static int apply_channel_remove(struct store *store, const struct storage_op *op)
{
    return store_channel_remove(store, (uint32_t)op->id);
}

static const struct op_kind channel_put = { "channel", apply_channel };
static const struct op_kind channel_remove = { "channel_remove", apply_channel_remove };

void storage_channel_put(struct server *server, const struct channel *channel)
{
    struct storage_op *op =
        channel->is_temporary ? NULL : op_new(&channel_put, (int64_t)channel->id);
    if (op == NULL)
        return;
    const struct meeting_info *meeting =
        channel->meeting != MODEL_NONE ? model_meeting(server->model, channel->meeting) : NULL;
    char role[ROLE_BYTES] = "";
    if (meeting != NULL)
        declare_role(meeting, channel->role, channel->role_index, role);
    if (meeting == NULL && (meeting = model_meeting_of_lobby(server->model, channel->id)) != NULL)
        snprintf(role, sizeof(role), "lobby");
    op->channel =
        (struct store_channel){ .id = channel->id,
                                .parent =
                                    channel->parent == MODEL_NONE ? MODEL_ROOT : channel->parent,
                                .name = op_text(op, channel->name),
                                .description = op_text(op, channel->description),
                                .position = channel->position,
                                .max_users = channel->max_users,
                                .is_inheriting = channel->is_inheriting,
                                .meeting_role = role[0] != '\0' ? op_text(op, role) : NULL,
                                .meeting_id = meeting != NULL ? meeting->id : 0 };
    op_add(server, op);
}

void storage_channel_remove(struct server *server, uint32_t id)
{
    struct storage_op *op = op_new(&channel_remove, (int64_t)id);
    if (op != NULL)
        op_add(server, op);
}

// ---- meetings ---------------------------------------------------------------------------------

static int apply_meeting(struct store *store, const struct storage_op *op)
{
    return store_meeting_put(store, (uint32_t)op->id, op->declaration);
}

static int apply_meeting_remove(struct store *store, const struct storage_op *op)
{
    return store_meeting_remove(store, (uint32_t)op->id);
}

static const struct op_kind meeting_put = { "meeting", apply_meeting };
static const struct op_kind meeting_remove = { "meeting_remove", apply_meeting_remove };

void storage_meeting_put(struct server *server, uint32_t id, const char *declaration)
{
    struct storage_op *op = op_new(&meeting_put, (int64_t)id);
    if (op == NULL)
        return;
    op->declaration = op_text(op, declaration);
    op_add(server, op);
}

void storage_meeting_remove(struct server *server, uint32_t id)
{
    struct storage_op *op = op_new(&meeting_remove, (int64_t)id);
    if (op != NULL)
        op_add(server, op);
}

// ---- rights -----------------------------------------------------------------------------------

static int apply_acl(struct store *store, const struct storage_op *op)
{
    return store_acl_put(store, (uint32_t)op->id, op->acl.is_inheriting, op->acl.entries,
                         op->acl.n_entries, op->acl.groups, op->acl.n_groups);
}

static int apply_links(struct store *store, const struct storage_op *op)
{
    return store_links_put(store, (uint32_t)op->id, op->links.ids, op->links.n);
}

static const struct op_kind acl_put = { "acl", apply_acl };
static const struct op_kind links_put = { "links", apply_links };

static const struct acl_entry *copy_entries(struct storage_op *op, const struct channel *channel)
{
    struct acl_entry *entries = op_copy(op, channel->acls, channel->n_acls * sizeof(*entries));
    for (uint32_t i = 0; entries != NULL && i < channel->n_acls; i++)
        entries[i].group = op_text(op, entries[i].group);
    return entries;
}

static const struct group *copy_groups(struct storage_op *op, const struct channel *channel)
{
    struct group *groups = op_copy(op, channel->groups, channel->n_groups * sizeof(*groups));
    for (uint32_t i = 0; groups != NULL && i < channel->n_groups; i++) {
        struct group *group = &groups[i];
        group->name = op_text(op, group->name);
        group->add = op_copy(op, group->add, group->n_add * sizeof(*group->add));
        group->remove = op_copy(op, group->remove, group->n_remove * sizeof(*group->remove));
    }
    return groups;
}

void storage_acl_put(struct server *server, const struct channel *channel)
{
    struct storage_op *op = channel->is_temporary ? NULL : op_new(&acl_put, (int64_t)channel->id);
    if (op == NULL)
        return;
    op->acl.is_inheriting = channel->is_inheriting;
    op->acl.n_entries = channel->n_acls;
    op->acl.entries = copy_entries(op, channel);
    op->acl.n_groups = channel->n_groups;
    op->acl.groups = copy_groups(op, channel);
    op_add(server, op);
}

// Links to channels that are not kept are left out by the store.
void storage_links_put(struct server *server, const struct channel *channel)
{
    struct storage_op *op = channel->is_temporary ? NULL : op_new(&links_put, (int64_t)channel->id);
    if (op == NULL)
        return;
    op->links.n = channel->n_links;
    op->links.ids = op_copy(op, channel->links, channel->n_links * sizeof(*channel->links));
    op_add(server, op);
}

// ---- people -----------------------------------------------------------------------------------

static int apply_user(struct store *store, const struct storage_op *op)
{
    return store_user_put(store, &op->person);
}

static int apply_user_remove(struct store *store, const struct storage_op *op)
{
    return store_user_remove(store, (int32_t)op->id);
}

static int apply_comment(struct store *store, const struct storage_op *op)
{
    return store_user_comment_put(store, (int32_t)op->id, op->comment);
}

static int apply_texture(struct store *store, const struct storage_op *op)
{
    return store_user_texture_put(store, (int32_t)op->id, op->texture.data, op->texture.len);
}

static int apply_ears(struct store *store, const struct storage_op *op)
{
    return store_listening_put(store, (int32_t)op->id, &op->ears);
}

static const struct op_kind user_put = { "user", apply_user };
static const struct op_kind user_remove = { "user_remove", apply_user_remove };
static const struct op_kind comment_put = { "comment", apply_comment };
static const struct op_kind texture_put = { "texture", apply_texture };
static const struct op_kind ears_put = { "listening", apply_ears };

void storage_user_put(struct server *server, const struct registered *person)
{
    struct storage_op *op = op_new(&user_put, person->id);
    if (op == NULL)
        return;
    op->person = *person;
    op->person.name = op_text(op, person->name);
    op->person.email = op_text(op, person->email);
    op->person.certs = op_copy(op, person->certs, person->n_certs * sizeof(*person->certs));
    op_add(server, op);
}

void storage_user_remove(struct server *server, int32_t user_id)
{
    struct storage_op *op = op_new(&user_remove, user_id);
    if (op != NULL)
        op_add(server, op);
}

void storage_user_comment_put(struct server *server, int32_t user_id, const char *text)
{
    struct storage_op *op = op_new(&comment_put, user_id);
    if (op == NULL)
        return;
    op->comment = text != NULL && text[0] != '\0' ? op_text(op, text) : NULL;
    op_add(server, op);
}

void storage_user_texture_put(struct server *server, int32_t user_id, const void *data, size_t len)
{
    struct storage_op *op = op_new(&texture_put, user_id);
    if (op == NULL)
        return;
    op->texture.len = len;
    op->texture.data = op_copy(op, data, len);
    op_add(server, op);
}

void storage_listening_put(struct server *server, int32_t user_id, const struct listening *ears)
{
    struct storage_op *op = is_kept(server, ears->channel) ? op_new(&ears_put, user_id) : NULL;
    if (op == NULL)
        return;
    op->ears = *ears;
    op_add(server, op);
}

// The last change of this kind to this person that is on its way; unregistering is one of all
// kinds.
static const struct storage_op *find_last(const struct server *server, const struct op_kind *kind,
                                          int32_t user_id)
{
    const struct storage_op *const lists[] = { server->ops_writing, server->ops };
    const struct storage_op *found = NULL;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (const struct storage_op *op = lists[i]; op != NULL; op = op->next)
            if (op->id == user_id && (op->kind == kind || op->kind == &user_remove))
                found = op;
    return found;
}

bool storage_pending_comment(const struct server *server, int32_t user_id, const char **text)
{
    const struct storage_op *op = find_last(server, &comment_put, user_id);
    *text = op != NULL && op->kind == &comment_put ? op->comment : NULL;
    return op != NULL;
}

bool storage_pending_texture(const struct server *server, int32_t user_id, const uint8_t **data,
                             size_t *len)
{
    const struct storage_op *op = find_last(server, &texture_put, user_id);
    bool is_put = op != NULL && op->kind == &texture_put;
    *data = is_put ? op->texture.data : NULL;
    *len = is_put ? op->texture.len : 0;
    return op != NULL;
}

// ---- bans and configuration -------------------------------------------------------------------

static int apply_bans(struct store *store, const struct storage_op *op)
{
    return store_bans_put(store, op->bans.bans, op->bans.n);
}

static int apply_config(struct store *store, const struct storage_op *op)
{
    return store_config_put(store, op->config.key, op->config.value);
}

static int apply_setting(struct store *store, const struct storage_op *op)
{
    return store_setting_set(store, op->setting.key, op->setting.value, op->setting.len);
}

static const struct op_kind setting_put = { "setting", apply_setting };
static const struct op_kind bans_put = { "bans", apply_bans };
static const struct op_kind config_put = { "config", apply_config };

void storage_bans_put(struct server *server)
{
    struct storage_op *op = op_new(&bans_put, 0);
    if (op == NULL)
        return;
    size_t n = 0;
    while (bans_at(server->model, n) != NULL)
        n++;
    struct ban *bans = op_alloc(op, n * sizeof(*bans));
    for (size_t i = 0; bans != NULL && i < n; i++) {
        bans[i] = *bans_at(server->model, i);
        bans[i].name = op_text(op, bans[i].name);
        bans[i].reason = op_text(op, bans[i].reason);
    }
    op->bans.bans = bans;
    op->bans.n = n;
    op_add(server, op);
}

void storage_config_put(struct server *server, const char *key, const char *value)
{
    struct storage_op *op = op_new(&config_put, 0);
    if (op == NULL)
        return;
    op->config.key = op_text(op, key);
    op->config.value = op_text(op, value);
    op_add(server, op);
}

static int apply_usage(struct store *store, const struct storage_op *op)
{
    return store_usage_add(store, (uint32_t)op->id, op->usage.rows, op->usage.n);
}

static const struct op_kind usage_put = { "usage", apply_usage };

void storage_usage_put(struct server *server, uint32_t month, const struct store_usage *rows,
                       size_t n)
{
    struct storage_op *op = op_new(&usage_put, (int64_t)month);
    if (op == NULL)
        return;
    op->usage.rows = op_copy(op, rows, n * sizeof(*rows));
    op->usage.n = n;
    op_add(server, op);
}

void storage_pending_usage(const struct server *server, uint32_t month, int32_t user_id,
                           struct store_usage *out)
{
    const struct storage_op *const lists[] = { server->ops_writing, server->ops };
    *out = (struct store_usage){ .user_id = user_id };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (const struct storage_op *op = lists[i]; op != NULL; op = op->next)
            for (size_t j = 0; op->kind == &usage_put && op->id == month && j < op->usage.n; j++) {
                const struct store_usage *row = &op->usage.rows[j];
                if (row->user_id != user_id)
                    continue;
                out->voice_in += row->voice_in;
                out->voice_out += row->voice_out;
                out->control_in += row->control_in;
                out->control_out += row->control_out;
            }
}

void storage_setting_put(struct server *server, const char *key, const void *value, size_t len)
{
    struct storage_op *op = op_new(&setting_put, 0);
    if (op == NULL)
        return;
    op->setting.key = op_text(op, key);
    op->setting.value = len > 0 ? op_copy(op, value, len) : op_text(op, "");
    op->setting.len = len;
    op_add(server, op);
}
