// SPDX-License-Identifier: BSD-3-Clause
// Private to model/: the containers. Users stand in an array by session, channels in an array with
// parents first.
#ifndef SUSURRO_MODEL_INT_H
#define SUSURRO_MODEL_INT_H

#include "model/model.h"

struct model {
    struct model_limits limits;
    uint32_t n_sessions; // sessions are 1 .. n_sessions - 1
    struct user **users;
    uint32_t
        *free_sessions; // a ring, FIFO: a number rests as long as possible before it is used again
    uint32_t free_first, n_free;
    uint32_t n_people;
    struct channel **channels;
    size_t n_channels, cap_channels;
    struct meeting_info **meetings;
    size_t n_meetings;
    char **moderators;
};

void user_free(struct user *user);
void meeting_info_free(struct meeting_info *meeting);
void names_free(char **names);
// target.c, listening.c, links.c: what others keep of one who goes. The number of a session will be
// another's one day, who must not get what was meant for this one.
void target_clear(struct voice_target *target);
void targets_forget_session(struct model *model, uint32_t session);
void muted_forget_session(struct model *model, uint32_t session);
void user_unlisten_all(struct model *model, struct user *user);
void listening_forget_channel(struct model *model, uint32_t channel);
void channel_unlink_all(struct model *model, struct channel *channel);

#endif
