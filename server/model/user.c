// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

void user_free(struct user *user)
{
    if (user == NULL)
        return;
    for (unsigned i = 0; i < MODEL_TARGETS; i++)
        target_clear(&user->targets[i]);
    free(user->comment.data);
    free(user->texture.data);
    free(user->plugin_context.data);
    free(user->plugin_identity);
    free(user->listening);
    free(user->muted);
    free(user->name);
    rights_clear(user->rights);
    free(OWNER_OF(user, struct user_node, user));
}

static struct user *user_new(const char *name)
{
    struct user_node *node = calloc(1, sizeof(*node));
    if (node == NULL || (node->user.name = str_dup(name)) == NULL) {
        free(node);
        return NULL;
    }
    struct user *user = &node->user;
    user->rights = &node->rights;
    user->user_id = MODEL_GUEST;
    user->channel = MODEL_ROOT;
    user->duck_db = user->partner_db = MODEL_DUCK_DEFAULT;
    for (size_t i = 0; i < MODEL_GRANTS; i++)
        user->grants[i].meeting = MODEL_NONE;
    user->voiced_in = user->home = user->wanted = MODEL_NONE;
    return user;
}

static struct key *name_key(struct user *user)
{
    return &OWNER_OF(user, struct user_node, user)->by_name;
}

struct user *model_user_add(struct model *model, const char *name, bool is_server_made)
{
    struct user *user = model->n_free > 0 ? user_new(name) : NULL;
    if (user == NULL)
        return NULL;
    user->session = model->free_sessions[model->free_first];
    model->free_first = (model->free_first + 1) % model->n_sessions;
    model->n_free--;
    user->is_server_made = is_server_made;
    model->users[user->session] = user;
    table_put(&model->names, name_key(user), str_hash_fold(name));
    if (!is_server_made) {
        model->n_people++;
        model_channel(model, MODEL_ROOT)->n_users++;
    }
    return user;
}

void model_user_remove(struct model *model, uint32_t session)
{
    struct user *user = model_user(model, session);
    if (user == NULL)
        return;
    if (!user->is_server_made) {
        struct channel *channel = model_channel(model, user->channel);
        channel->n_users--;
        model->n_people--;
    }
    user_unlisten_all(model, user);
    model->users[session] = NULL;
    table_drop(&model->names, name_key(user));
    user_free(user);
    targets_forget_session(model, session);
    muted_forget_session(model, session);
}

void model_session_release(struct model *model, uint32_t session)
{
    uint32_t last = (model->free_first + model->n_free) % model->n_sessions;
    model->free_sessions[last] = session;
    model->n_free++;
}

struct user *model_user(const struct model *model, uint32_t session)
{
    return session < model->n_sessions ? model->users[session] : NULL;
}

struct user *model_user_next(const struct model *model, uint32_t after_session)
{
    for (uint32_t i = after_session + 1; i < model->n_sessions; i++)
        if (model->users[i] != NULL)
            return model->users[i];
    return NULL;
}

struct user *model_user_by_name(const struct model *model, const char *name)
{
    struct user *found = NULL;
    for (const struct key *key = table_find(&model->names, str_hash_fold(name)); key != NULL;
         key = table_find_next(key)) {
        struct user *user = &OWNER_OF(key, struct user_node, by_name)->user;
        if (str_equal_fold(user->name, name) && (found == NULL || user->session < found->session))
            found = user;
    }
    return found;
}

int model_user_rename(struct model *model, struct user *user, const char *name)
{
    char *copy = str_dup(name);
    if (copy == NULL)
        return MODEL_E_MEMORY;
    table_drop(&model->names, name_key(user));
    free(user->name);
    user->name = copy;
    table_put(&model->names, name_key(user), str_hash_fold(copy));
    rights_stale(user);
    return 0;
}

uint32_t model_people(const struct model *model)
{
    return model->n_people;
}

bool model_user_may_speak(const struct user *user)
{
    return !user->is_mute && !user->is_suppressed && !user->is_self_mute;
}

bool model_user_is_deaf(const struct user *user)
{
    return user->is_deaf || user->is_self_deaf;
}

void model_user_move(struct model *model, struct user *user, uint32_t channel)
{
    if (!user->is_server_made) {
        model_channel(model, user->channel)->n_users--;
        model_channel(model, channel)->n_users++;
        user->is_priority_speaker = false;
    }
    user->channel = channel;
    user->epoch++;
}

bool blob_set(struct blob *blob, const void *data, size_t len)
{
    uint8_t *copy = NULL;
    if (len > 0) {
        copy = malloc(len + 1);
        if (copy == NULL)
            return false;
        memcpy(copy, data, len);
        copy[len] = 0; // so that a text blob is a C string as well
    }
    free(blob->data);
    *blob = (struct blob){ .data = copy, .len = len };
    if (len > 0)
        SHA1(copy, len, blob->sha1);
    return true;
}
