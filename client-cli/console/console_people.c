// SPDX-License-Identifier: BSD-3-Clause
//
// Who is in the meeting, for moderators: by place and name, without the voices of the tracks.
#include "client-cli/console/console_run_int.h"

#include <stdlib.h>
#include <string.h>

#define VOICE_SIGN " 🎧" // ends the names of the users that the server itself makes

static bool is_in_meeting(const struct running *running, uint32_t channel)
{
    const struct console_state *state = &running->console.state;
    for (int depth = 0; state->has_meeting && depth < 64; depth++) {
        const struct client_channel *one = client_find_channel(running->member.client, channel);
        if (channel == state->meeting_id || one == NULL || one->parent_id == one->id)
            return channel == state->meeting_id;
        channel = one->parent_id;
    }
    return false;
}

static bool is_voice_of_track(const char *name)
{
    size_t len = strlen(name), sign = strlen(VOICE_SIGN);
    return len > sign && strcmp(name + len - sign, VOICE_SIGN) == 0;
}

static int by_place_and_name(const void *a, const void *b)
{
    const struct console_person *one = a, *other = b;
    int order = strcmp(one->place, other->place);
    return order != 0 ? order : strcmp(one->name, other->name);
}

void running_list_people(struct running *running)
{
    struct console *console = &running->console;
    size_t n = 0;
    if (console->mode != CONSOLE_MODERATE || running->member.client == NULL)
        return;
    for (size_t i = 0; i < client_n_users(running->member.client) && n < CONSOLE_PEOPLE_MAX; i++) {
        const struct client_user *user = client_user_at(running->member.client, i);
        const struct client_channel *channel =
            client_find_channel(running->member.client, user->channel_id);
        if (is_voice_of_track(user->name) || !is_in_meeting(running, user->channel_id))
            continue;
        struct console_person *person = &running->people[n++];
        *person = (struct console_person){ .session = user->session,
                                           .is_muted = user->is_muted || user->is_suppressed,
                                           .is_self_muted = user->is_self_muted };
        (void)snprintf(person->name, sizeof person->name, "%s", user->name);
        (void)snprintf(person->place, sizeof person->place, "%s",
                       channel != NULL ? channel->name : "");
        for (size_t k = 0; k < VOICE_IN_VOICES_MAX; k++)
            person->is_talking |= running->talking[k] == user->session;
    }
    qsort(running->people, n, sizeof *running->people, by_place_and_name);
    console->people = running->people;
    console->n_people = n;
}
