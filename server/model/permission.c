// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_int.h"

// Everyone may, in an ordinary channel. Listen is left out until channel listeners exist.
#define EVERYONE (PERM_TRAVERSE | PERM_ENTER | PERM_SPEAK | PERM_WHISPER | PERM_TEXT_MESSAGE)
#define ROOT_ONLY                                                                                  \
    (PERM_KICK | PERM_BAN | PERM_REGISTER | PERM_SELF_REGISTER | PERM_RESET_USER_CONTENT)

static uint32_t in_booth(const struct model *model, const struct user *user,
                         const struct meeting_info *meeting)
{
    return model_is_interpreter(model, user, meeting) ? EVERYONE : PERM_TRAVERSE;
}

uint32_t model_permissions(const struct model *model, const struct user *user, uint32_t id)
{
    const struct channel *channel = model_channel(model, id);
    if (channel == NULL)
        return 0;
    uint32_t all = id == MODEL_ROOT ? PERM_ALL : PERM_ALL & ~(uint32_t)ROOT_ONLY;
    // As in murmur the SuperUser administers and is not heard.
    if (user->user_id == MODEL_SUPERUSER)
        return all & ~(uint32_t)(PERM_SPEAK | PERM_WHISPER | PERM_LISTEN);
    const struct meeting_info *meeting =
        channel->meeting != MODEL_NONE ? model_meeting(model, channel->meeting) : NULL;
    uint32_t granted = EVERYONE;
    if (meeting != NULL && channel->role == CHANNEL_BOOTH)
        granted = in_booth(model, user, meeting);
    if (model_is_moderator(model, user, meeting))
        granted |= EVERYONE | PERM_MUTE_DEAFEN | PERM_MOVE;
    if (id == MODEL_ROOT && model_is_moderator(model, user, NULL))
        granted |= PERM_KICK;
    return granted;
}

bool model_is_enter_restricted(const struct model *model, uint32_t id)
{
    const struct channel *channel = model_channel(model, id);
    if (channel == NULL || channel->role != CHANNEL_BOOTH)
        return false;
    const struct meeting_info *meeting = model_meeting(model, channel->meeting);
    return meeting != NULL && !meeting->is_anyone_interpreter;
}
