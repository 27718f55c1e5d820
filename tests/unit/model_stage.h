// SPDX-License-Identifier: BSD-3-Clause
//
// What the tests of the model share: a small tree, and somebody in it.
#ifndef SUSURRO_MODEL_STAGE_H
#define SUSURRO_MODEL_STAGE_H

#include "model/model_int.h"
#include "test.h"

#define GUEST MODEL_GUEST
#define DEF ((uint32_t)PERM_DEFAULT)
#define ROOT_BITS                                                                                  \
    ((uint32_t)(PERM_KICK | PERM_BAN | PERM_REGISTER | PERM_SELF_REGISTER |                        \
                PERM_RESET_USER_CONTENT))
#define BY_WRITE                                                                                   \
    ((uint32_t)(PERM_TRAVERSE | PERM_ENTER | PERM_MUTE_DEAFEN | PERM_MOVE | PERM_MAKE_CHANNEL |    \
                PERM_LINK_CHANNEL | PERM_TEXT_MESSAGE | PERM_MAKE_TEMP_CHANNEL | PERM_LISTEN))

// root 0 ─ 1 "a" ─ 2 "b" ─ 3 "c"; a ─ 4 "d"; root ─ 5 "e"
enum { ROOT, A, B, C, D, E, CHANNELS };
static inline struct model *tree_model(void)
{
    static const uint32_t parents[] = { MODEL_NONE, ROOT, A, B, A, ROOT };
    const struct model_limits limits = { .users = 8, .nesting = 10 };
    struct model *model = model_new(&limits, "root");
    assert_non_null(model);
    for (uint32_t id = A; id < CHANNELS; id++)
        assert_non_null(
            model_channel_add(model, id, parents[id], (const char[]){ (char)('a' + id - 1), 0 }));
    return model;
}

static inline struct user *someone(struct model *model, int32_t user_id, uint32_t channel)
{
    struct user *user = model_user_add(model, "someone", false);
    assert_non_null(user);
    user->user_id = user_id;
    model_user_identified(user);
    model_user_move(model, user, channel);
    return user;
}

#endif
