// SPDX-License-Identifier: BSD-3-Clause
//
// acl: who may do what where. A channel has an ordered list of entries and named groups; both are
// inherited. model_permissions() in model.h evaluates them; this header is about keeping them. A
// second public header of model because it is a page of its own. Pure state, control thread.
//
//   permissions(user, T) = fold over the channels C on the path root..T, the entries e of C in
//   order:
//     e matches user  and  (C == T ? e.is_here : e.is_sub)   =>   granted = (granted | grant) &
//     ~deny
//   without Traverse (and without Write) on the way nothing is left; Write implies the rest.
//
// Results are remembered per user; whatever could change one (entries, groups, the tree, a user's
// place, tokens or identity) makes the remembered ones stale, so a remembered value always equals a
// fresh one. Source: the Mumble protocol's ACLs as mumble-server 1.5 evaluates them.
#ifndef SUSURRO_MODEL_ACL_H
#define SUSURRO_MODEL_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_ACLS_MAX 1000   // entries of one channel; a longer list is refused
#define MODEL_GROUPS_MAX 500  // groups of one channel; likewise
#define MODEL_TOKENS_MAX 64   // access tokens of one user; more are left out
#define MODEL_GROUP_BYTES 512 // of a group's name or specification; longer ones are refused

struct model;
struct user;
struct channel;

struct acl_entry {
    bool is_here, is_sub; // applies in the channel itself, in those beneath
    int32_t user_id;      // MODEL_GUEST (-1): it is about a group
    char *group; // a specification ("admin", "!in", "~sub,0,1", "#token", "$hash"); or NULL
    uint32_t grant, deny; // PERM_*
};
struct group {
    char *name;
    bool is_inheriting;  // takes members from the group of that name above
    bool is_inheritable; // channels beneath may take members from it
    uint32_t n_add, n_remove;
    int32_t *add, *remove; // user ids; as kept: ascending, each once, none below 0
};

// Replaces everything at once; copies (what is given may be the channel's own). Of groups with one
// name the last counts; bits outside PERM_ALL are dropped. 0, MODEL_E_UNKNOWN, MODEL_E_LIMIT or
// MODEL_E_MEMORY, and then nothing has changed.
int model_acl_replace(struct model *model, uint32_t channel, bool is_inheriting,
                      const struct acl_entry *entries, size_t n_entries, const struct group *groups,
                      size_t n_groups);
int model_acl_append(struct model *model, uint32_t channel, const struct acl_entry *entry);
// Into the channel's own group of that name, which is made (inheriting, inheritable) when absent.
int model_group_admit(struct model *model, uint32_t channel, const char *group, int32_t user_id);
// Out of it, also when membership is inherited. 0 when they are not in it.
int model_group_dismiss(struct model *model, uint32_t channel, const char *group, int32_t user_id);
// An empty group, inheriting and inheritable, when the channel has none of that name.
int model_group_make(struct model *model, uint32_t channel, const char *group);
// What a new server begins with: group admin; admin may Write, auth MakeTempChannel, all may
// SelfRegister in the root.
int model_acl_defaults(struct model *model);

// The channel's own group, NULL.
const struct group *model_group(const struct channel *channel, const char *name);
// Membership as seen from this channel, inherited members included.
bool model_group_has(const struct model *model, uint32_t channel, const char *name,
                     int32_t user_id);
// All of them, each once, ascending. *out is the caller's to free; returns how many, out NULL when
// 0.
size_t model_group_members(const struct model *model, uint32_t channel, const char *name,
                           int32_t **out);
int model_compare_ids(const void *a, const void *b); // of user ids (int32_t), for qsort
// Does a specification hold for this user, in an entry of acl_channel, asked about target?
bool model_group_matches(const struct model *model, const struct user *user, const char *spec,
                         uint32_t acl_channel, uint32_t target);
// An unregistered id leaves all entries and groups; fn is told of each channel that has changed.
typedef void (*model_channel_fn)(void *context, const struct channel *channel);
void model_forget_user_id(struct model *model, int32_t user_id, model_channel_fn fn, void *context);

// Access tokens, compared without case. Copies. Lent ones count beside the user's own, until (NULL,
// 0).
int model_user_set_tokens(struct user *user, const char *const *tokens, size_t n);
int model_user_lend_tokens(struct user *user, const char *const *tokens, size_t n);

// Changes whenever somebody's permissions might have; a user's own part is not in it.
uint64_t model_rights_generation(const struct model *model);
// After a user's id, certificate or strength was set.
void model_user_identified(struct user *user);

#endif
