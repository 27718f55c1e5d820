// SPDX-License-Identifier: BSD-3-Clause
#include "control/meeting/roles.h"
#include "control/tools/tools.h"

#include <stdlib.h>

struct meeting_run *run_of(const struct server *server, uint32_t meeting)
{
    struct meeting_run *run = server->runs;
    while (run != NULL && run->meeting != meeting)
        run = run->next;
    return run;
}

bool run_add(struct server *server, const struct meeting_info *meeting)
{
    struct meeting_run *run = calloc(1, sizeof(*run));
    if (run != NULL)
        run->agenda = agenda_new(meeting->n_tracks);
    if (run == NULL || run->agenda == NULL) {
        free(run);
        return false;
    }
    run->meeting = meeting->id;
    run->next = server->runs;
    server->runs = run;
    return true;
}

void run_choose_mixer(struct server *server, struct meeting_run *run)
{
    size_t n_people[VOICE_MIXERS_MAX] = { 0 }, n_meetings[VOICE_MIXERS_MAX] = { 0 };
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session)) {
        const struct meeting_info *meeting = model_meeting_of(server->model, user);
        const struct meeting_run *other = meeting != NULL ? run_of(server, meeting->id) : NULL;
        if (other != NULL && other->has_mixer && !user->is_server_made)
            n_people[other->mixer]++;
    }
    for (const struct meeting_run *other = server->runs; other != NULL; other = other->next)
        if (other->has_mixer && other != run)
            n_meetings[other->mixer]++;
    run->mixer = 0;
    for (uint8_t i = 1; i < server->n_mixers; i++)
        if (n_people[i] < n_people[run->mixer] ||
            (n_people[i] == n_people[run->mixer] && n_meetings[i] < n_meetings[run->mixer]))
            run->mixer = i;
    run->has_mixer = true;
}

void run_remove(struct server *server, uint32_t meeting)
{
    struct meeting_run **place = &server->runs;
    while (*place != NULL && (*place)->meeting != meeting)
        place = &(*place)->next;
    struct meeting_run *run = *place;
    if (run == NULL)
        return;
    *place = run->next;
    figures_forget(server, run);
    recording_forget(server, run);
    display_forget(run);
    queue_forget(run);
    breakout_forget(server, run);
    invites_forget(run);
    agenda_free(run->agenda);
    booth_forget(run);
    signals_forget(run);
    free(run);
}
