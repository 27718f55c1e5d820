// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

#include <stdlib.h>
#include <string.h>

#define ROOT_ONLY                                                                                  \
    (uint32_t)(PERM_KICK | PERM_BAN | PERM_REGISTER | PERM_SELF_REGISTER | PERM_RESET_USER_CONTENT)
#define WRITE_IMPLIES                                                                              \
    (uint32_t)(PERM_TRAVERSE | PERM_ENTER | PERM_MUTE_DEAFEN | PERM_MOVE | PERM_MAKE_CHANNEL |     \
               PERM_LINK_CHANNEL | PERM_TEXT_MESSAGE | PERM_MAKE_TEMP_CHANNEL | PERM_LISTEN)
#define SLOTS_MAX 2048 // of what is remembered of one user: 16 KiB

// ---- entries and groups alone ----

struct fold {
    uint32_t granted;
    bool has_traverse, has_write;
};

static bool is_about(const struct acl_entry *entry, const struct spec *spec,
                     const struct model *model, const struct user *user,
                     const struct channel_node *at, const struct channel_node *target)
{
    return (entry->user_id >= 0 && entry->user_id == user->user_id) ||
           spec_matches(spec, model, user, at, target);
}

static void set_by(bool *flag, const struct acl_entry *entry, uint32_t bit)
{
    if ((entry->grant & bit) != 0)
        *flag = true;
    if ((entry->deny & bit) != 0)
        *flag = false;
}

// The order within an entry is murmur's: what it denies wins over what it grants. Traverse on an
// ancestor counts even where the entry is not handed down: nobody gets past a closed door.
static void fold_entry(struct fold *fold, const struct acl_entry *entry, bool is_target,
                       bool is_root)
{
    bool is_applied = is_target ? entry->is_here : entry->is_sub;
    if (is_applied || entry->is_here)
        set_by(&fold->has_traverse, entry, PERM_TRAVERSE);
    if (!is_applied)
        return;
    set_by(&fold->has_write, entry, PERM_WRITE);
    fold->granted |= is_root && is_target ? entry->grant : entry->grant & ~ROOT_ONLY;
    fold->granted &= ~entry->deny;
}

uint32_t rights_by_acl(const struct model *model, const struct user *user,
                       const struct channel_node *target)
{
    struct channel_node *node = node_of(&target->channel);
    for (node->below = NULL; node->above != NULL; node = node->above)
        node->above->below = node;
    struct fold fold = { .granted = PERM_DEFAULT, .has_traverse = true };
    for (; node != NULL; node = node->below) {
        const struct channel *channel = &node->channel;
        if (!channel->is_inheriting)
            fold.granted = PERM_DEFAULT;
        for (uint32_t i = 0; i < channel->n_acls; i++)
            if (is_about(&channel->acls[i], &node->specs[i], model, user, node, target))
                fold_entry(&fold, &channel->acls[i], node == target, node->above == NULL);
        if (!fold.has_traverse && !fold.has_write)
            return 0;
    }
    if ((fold.granted & PERM_WRITE) != 0)
        fold.granted |= WRITE_IMPLIES | (target->above == NULL ? ROOT_ONLY : 0);
    return fold.granted;
}

// ---- and what meetings add ----

static enum role_place place_of(const struct channel *channel, const struct meeting_info *meeting)
{
    if (channel->id == meeting->door.lobby)
        return ROLE_AT_LOBBY;
    switch (channel->role) {
    case CHANNEL_FLOOR:
        return ROLE_AT_FLOOR;
    case CHANNEL_TRACK:
        return ROLE_AT_TRACK;
    case CHANNEL_BOOTH:
        return ROLE_AT_BOOTH;
    case CHANNEL_PLAIN:
        break;
    }
    return ROLE_BENEATH;
}

static uint32_t in_meeting(const struct model *model, const struct user *user,
                           const struct channel *channel, const struct meeting_info *meeting,
                           uint32_t granted)
{
    const enum role role = model_role(model, user, meeting);
    const struct role_rights_facts facts = {
        .role = role,
        .is_by_anyone =
            role == ROLE_INTERPRETER && model_role_at_door(model, user, meeting) != role,
        .place = place_of(channel, meeting),
        .door = model_door(model, user, meeting),
        .is_all_muted = meeting->door.is_all_muted,
        .is_voiced = user->voiced_in == meeting->id ||
                     (meeting->door.given != 0 && meeting->door.given == user->session)
    };
    granted = role_rights(granted, &facts);
    return facts.place == ROLE_BENEATH && model_is_moderator(model, user, NULL)
               ? granted | PERM_DEFAULT | PERM_MUTE_DEAFEN | PERM_MOVE
               : granted;
}

uint32_t rights_fresh(const struct model *model, const struct user *user, uint32_t id)
{
    const struct channel_node *node = model_node(model, id);
    if (node == NULL)
        return 0;
    // As in murmur the SuperUser may do everything everywhere, and is not heard.
    if (user->user_id == MODEL_SUPERUSER)
        return PERM_ALL & ~(uint32_t)(PERM_SPEAK | PERM_WHISPER);
    uint32_t granted = rights_by_acl(model, user, node);
    const struct meeting_info *meeting = model_meeting_around(model, id),
                              *waiting = model_meeting_of_lobby(model, id);
    if (meeting != NULL || waiting != NULL)
        granted =
            in_meeting(model, user, &node->channel, meeting != NULL ? meeting : waiting, granted);
    else if (model_is_moderator(model, user, NULL))
        granted |= PERM_DEFAULT | PERM_MUTE_DEAFEN | PERM_MOVE;
    if (id == MODEL_ROOT && model_is_moderator(model, user, NULL))
        granted |= PERM_KICK;
    return granted;
}

bool model_is_enter_restricted(const struct model *model, uint32_t id)
{
    const struct channel *channel = model_channel(model, id);
    if (channel == NULL)
        return false;
    for (uint32_t i = 0; i < channel->n_acls; i++)
        if ((channel->acls[i].deny & PERM_ENTER) != 0)
            return true;
    const struct meeting_info *meeting = model_meeting_around(model, id);
    const struct meeting_info *whole = meeting != NULL ? model_meeting_root(model, meeting) : NULL;
    if (channel->role == CHANNEL_BOOTH && (whole == NULL || !whole->is_anyone_interpreter))
        return true;
    return whole != NULL && !door_is_open(&whole->door);
}

// ---- remembering ----

static bool is_current(const struct user_rights *rights, const struct model *model,
                       const struct user *user)
{
    return rights->generation == model->rights_generation && rights->user_id == user->user_id &&
           rights->is_strong == user->is_strong &&
           (rights->channel == user->channel || (model->n_place_specs == 0 && !model->has_doors));
}

// As many slots as channels, so that ids in a row never meet.
static void make_room(struct user_rights *rights, const struct model *model)
{
    uint32_t n = rights->n_slots != 0 ? rights->n_slots : 4;
    while (n < model->n_channels && n < SLOTS_MAX)
        n *= 2;
    if (n == rights->n_slots)
        return;
    struct remembered *slots = calloc(n, sizeof(*slots));
    if (slots == NULL)
        return;
    free(rights->slots);
    rights->slots = slots;
    rights->n_slots = n;
}

static void begin_anew(struct user_rights *rights, const struct model *model,
                       const struct user *user)
{
    if (rights->n_slots > 0)
        memset(rights->slots, 0, rights->n_slots * sizeof(*rights->slots));
    rights->generation = model->rights_generation;
    rights->user_id = user->user_id;
    rights->is_strong = user->is_strong;
    rights->channel = user->channel;
}

uint32_t model_permissions(const struct model *model, const struct user *user, uint32_t channel)
{
    struct user_rights *rights = user->rights;
    if (rights == NULL)
        return rights_fresh(model, user, channel);
    if (is_current(rights, model, user)) {
        const struct remembered *slot =
            rights->n_slots > 0 ? &rights->slots[channel & (rights->n_slots - 1)] : NULL;
        if (slot != NULL && slot->channel == channel && slot->rights != 0)
            return slot->rights & ~(uint32_t)PERM_CACHED;
    } else {
        begin_anew(rights, model, user);
    }
    // What is not there is not remembered: it may be there the next time.
    if (model_channel(model, channel) == NULL)
        return 0;
    uint32_t fresh = rights_fresh(model, user, channel);
    make_room(rights, model);
    if (rights->n_slots > 0)
        rights->slots[channel & (rights->n_slots - 1)] =
            (struct remembered){ .channel = channel, .rights = fresh | PERM_CACHED };
    return fresh;
}

uint64_t model_rights_generation(const struct model *model)
{
    return model->rights_generation;
}

void model_rights_changed(struct model *model)
{
    model->has_doors = false;
    for (size_t i = 0; i < model->n_meetings; i++)
        model->has_doors |= !door_is_open(&model->meetings[i]->door);
    model->rights_generation++;
}

void rights_stale(const struct user *user)
{
    if (user->rights != NULL)
        user->rights->generation = 0;
}

void model_user_identified(struct user *user)
{
    rights_stale(user);
}

// ---- tokens ----

static void tokens_clear(struct tokens *tokens)
{
    for (uint32_t i = 0; i < tokens->n; i++)
        free(tokens->list[i]);
    free(tokens->list);
    *tokens = (struct tokens){ 0 };
}

static int tokens_set(struct tokens *tokens, const char *const *texts, size_t n)
{
    struct tokens copy = { 0 };
    if (n > MODEL_TOKENS_MAX)
        n = MODEL_TOKENS_MAX;
    if (n > 0 && (copy.list = calloc(n, sizeof(char *))) == NULL)
        return MODEL_E_MEMORY;
    while (copy.n < n) {
        if ((copy.list[copy.n] = str_dup(texts[copy.n])) == NULL) {
            tokens_clear(&copy);
            return MODEL_E_MEMORY;
        }
        copy.n++;
    }
    tokens_clear(tokens);
    *tokens = copy;
    return 0;
}

int model_user_set_tokens(struct user *user, const char *const *tokens, size_t n)
{
    rights_stale(user);
    return tokens_set(&user->rights->own, tokens, n);
}

int model_user_lend_tokens(struct user *user, const char *const *tokens, size_t n)
{
    rights_stale(user);
    return tokens_set(&user->rights->lent, tokens, n);
}

static bool has_token(const struct tokens *tokens, const char *token)
{
    for (uint32_t i = 0; i < tokens->n; i++)
        if (str_equal_fold(tokens->list[i], token))
            return true;
    return false;
}

bool rights_has_token(const struct user *user, const char *token)
{
    return user->rights != NULL &&
           (has_token(&user->rights->own, token) || has_token(&user->rights->lent, token));
}

void rights_clear(struct user_rights *rights)
{
    tokens_clear(&rights->own);
    tokens_clear(&rights->lent);
    free(rights->slots);
    rights->slots = NULL;
    rights->n_slots = 0;
}
