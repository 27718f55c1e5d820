// SPDX-License-Identifier: BSD-3-Clause
// Private to model/: the containers, and what its files call of each other. Users stand in an array
// by session, channels in an array with parents first; both are the first member of a larger
// struct that has the model's own part of them.
#ifndef SUSURRO_MODEL_INT_H
#define SUSURRO_MODEL_INT_H

#include "model/model.h"

#define OWNER_OF(pointer, type, member)                                                            \
    ((type *)(void *)((char *)(uintptr_t)(pointer)-offsetof(type, member)))

// ---- table: finding things by a hash. The key lies within the thing, so that putting one in
// cannot fail (a table that finds no memory to grow is slower, nothing worse). Zeroed: empty. ----

struct key {
    struct key *next;
    uint32_t hash;
};
struct table {
    struct key **buckets; // NULL: all are in `few`
    struct key *few;
    uint32_t n_buckets, n; // n_buckets is a power of two, or 0
};
void table_put(struct table *table, struct key *key, uint32_t hash);
void table_drop(struct table *table, struct key *key);
struct key *table_find(const struct table *table, uint32_t hash); // the first with that hash
struct key *table_find_next(const struct key *key);               // the next with the same
void table_clear(struct table *table);                            // the things stay

// ---- what is kept beside a channel ----

enum spec_kind {
    SPEC_NEVER, // also with "!": nothing is left after the modifiers
    SPEC_NONE,
    SPEC_ALL,
    SPEC_AUTH,
    SPEC_STRONG,
    SPEC_IN,
    SPEC_OUT,
    SPEC_SUB,
    SPEC_TOKEN,
    SPEC_HASH,
    SPEC_GROUP
};
// A group specification, read once.
struct spec {
    enum spec_kind kind;
    bool is_negated;
    bool is_at_entry; // "~": as seen from the entry's channel rather than the one asked about
    int32_t offset, least, most; // sub
    const char *name;            // token, hash, group: within the specification's text
    uint32_t hash;               // of a group's name
};
struct channel_node {
    struct channel channel;
    struct key by_id;
    struct channel_node *above; // NULL: the root
    struct channel_node *below; // scratch of rights_by_acl: the next on the way down
    uint32_t depth;             // the root's is 0
    size_t index;               // in model->channels
    struct spec *specs;         // of each ACL entry
    uint32_t *group_hashes;     // of each group's name
};

// ---- what is kept beside a user ----

struct tokens {
    char **list;
    uint32_t n;
};
struct remembered {
    uint32_t channel, rights; // with PERM_CACHED; without: nothing is remembered here
};
// A table that is mapped directly by channel id. It holds while the generation and what else is
// noted here are as they were.
struct user_rights {
    struct tokens own, lent;
    uint64_t generation; // 0: nothing holds
    int32_t user_id;
    bool is_strong;
    uint32_t channel;
    uint32_t n_slots; // a power of two, or 0
    struct remembered *slots;
};
struct user_node {
    struct user user;
    struct key by_name;
    struct user_rights rights;
};

// ---- registered people ----

struct person;
struct registry {
    struct person **people; // by id, ascending
    size_t n, cap;
    struct table names, certs, emails;
};

struct model {
    struct model_limits limits;
    uint32_t n_sessions; // sessions are 1 .. n_sessions - 1
    struct user **users;
    uint32_t
        *free_sessions; // a ring, FIFO: a number rests as long as possible before it is used again
    uint32_t free_first, n_free;
    uint32_t n_people;
    uint32_t n_ears;    // listening, on, of all
    struct table names; // of users
    struct channel **channels;
    size_t n_channels, cap_channels;
    struct table channel_ids;
    struct meeting_info **meetings;
    size_t n_meetings;
    char **moderators;
    uint64_t rights_generation; // begins with 1
    size_t n_place_specs;       // in, out, sub: only with them, or with a door that is not open,
    bool has_doors;             // does a user's place matter
    struct registry registry;
    struct ban *bans;
    size_t n_bans;
};

static inline struct channel_node *node_of(const struct channel *channel)
{
    return OWNER_OF(channel, struct channel_node, channel);
}
static inline struct channel_node *model_node(const struct model *model, uint32_t id)
{
    const struct channel *channel = model_channel(model, id);
    return channel != NULL ? node_of(channel) : NULL;
}

// user.c, meeting_info.c
void user_free(struct user *user);
void meeting_info_free(struct meeting_info *meeting);
void names_free(char **names);
// channel.c
void channels_free(struct model *model);
// role.c
void grants_forget(struct model *model, uint32_t meeting_id);
// target.c, listening.c, links.c: what others keep of one who goes. The number of a session will be
// another's one day, who must not get what was meant for this one.
void target_clear(struct voice_target *target);
void targets_forget_session(struct model *model, uint32_t session);
void muted_forget_session(struct model *model, uint32_t session);
void user_unlisten_all(struct model *model, struct user *user);
void listening_forget_channel(struct model *model, uint32_t channel);
void channel_unlink_all(struct model *model, struct channel *channel);
// acl.c
void acl_clear(struct model *model, struct channel_node *node);
// group.c
struct spec spec_read(const char *text); // points into text
bool spec_is_about_place(const struct spec *spec);
bool spec_matches(const struct spec *spec, const struct model *model, const struct user *user,
                  const struct channel_node *at, const struct channel_node *target);
uint32_t group_hash(const char *name);
size_t group_index(const struct channel_node *node, const char *name, uint32_t hash); // n_groups
bool group_has(const struct channel_node *from, const char *name, uint32_t hash, int32_t user_id);
// rights.c
uint32_t rights_by_acl(const struct model *model, const struct user *user,
                       const struct channel_node *target); // without meetings' rules
uint32_t rights_fresh(const struct model *model, const struct user *user, uint32_t channel);
void rights_clear(struct user_rights *rights);
void rights_stale(const struct user *user);
bool rights_has_token(const struct user *user, const char *token);
// registry.c, bans.c
void registry_clear(struct registry *registry);
void bans_clear(struct model *model);

#endif
