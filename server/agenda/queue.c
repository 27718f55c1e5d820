// SPDX-License-Identifier: BSD-3-Clause
//
// Who wants to speak, and what everybody has said so far.
#include "agenda/agenda_int.h"

#include <stdlib.h>
#include <string.h>

// ---- people -----------------------------------------------------------------------------------

static struct turns *turns_find(const struct agenda *agenda, uint32_t session)
{
    for (size_t i = 0; i < agenda->queue.n_people; i++)
        if (agenda->queue.people[i].session == session)
            return &agenda->queue.people[i];
    return NULL;
}

// NULL: nobody who has left is known by this.
static struct turns *turns_absent(const struct agenda *agenda, uint64_t who)
{
    for (size_t i = 0; i < agenda->queue.n_people; i++)
        if (agenda->queue.people[i].session == 0 && agenda->queue.people[i].who == who)
            return &agenda->queue.people[i];
    return NULL;
}

static void turns_drop(struct agenda *agenda, struct turns *turns)
{
    *turns = agenda->queue.people[--agenda->queue.n_people];
}

// Those who have left give way to those who are here.
static void make_room(struct agenda *agenda)
{
    struct queue *queue = &agenda->queue;
    for (size_t i = 0; queue->n_people == AGENDA_PEOPLE_MAX && i < queue->n_people; i++)
        if (queue->people[i].session == 0)
            turns_drop(agenda, &queue->people[i]);
}

// NULL: memory, or too many; what they say is not counted.
static struct turns *turns_of(struct agenda *agenda, uint32_t session)
{
    struct queue *queue = &agenda->queue;
    struct turns *found = turns_find(agenda, session);
    if (found == NULL)
        make_room(agenda);
    if (found != NULL || queue->n_people == AGENDA_PEOPLE_MAX)
        return found;
    if (queue->n_people == queue->cap) {
        size_t cap = queue->cap != 0 ? 2 * queue->cap : 16;
        struct turns *people = realloc(queue->people, cap * sizeof(*people));
        if (people == NULL)
            return NULL;
        queue->people = people;
        queue->cap = cap;
    }
    queue->people[queue->n_people] = (struct turns){ .session = session };
    return &queue->people[queue->n_people++];
}

static uint64_t voice_us(const struct turns *turns, uint64_t now_us)
{
    bool is_running = turns->since_us != 0 && now_us > turns->since_us;
    return turns->voice_us + (is_running ? now_us - turns->since_us : 0);
}

uint64_t agenda_spoken_us(const struct agenda *agenda, uint32_t session, uint64_t now_us)
{
    const struct turns *turns = turns_find(agenda, session);
    return turns != NULL ? voice_us(turns, now_us) : 0;
}

uint32_t agenda_turns(const struct agenda *agenda, uint32_t session)
{
    const struct turns *turns = turns_find(agenda, session);
    return turns != NULL ? turns->n_turns : 0;
}

void agenda_voice(struct agenda *agenda, uint32_t session, bool is_sounding, uint64_t at_us)
{
    struct turns *turns = turns_of(agenda, session);
    if (turns != NULL) {
        turns->voice_us = voice_us(turns, at_us);
        turns->since_us = is_sounding ? at_us : 0;
    }
    if (session == agenda->queue.speaker)
        limit_voice(agenda, is_sounding, at_us);
}

// The one takes over what the other has.
static void turns_merge(struct agenda *agenda, struct turns *into, struct turns *from)
{
    into->n_turns += from->n_turns;
    into->voice_us += from->voice_us;
    turns_drop(agenda, from);
}

// In the middle of voice: what of it is not counted yet is lost.
static void turns_keep(struct agenda *agenda, struct turns *turns, uint64_t who)
{
    struct turns *kept = turns_absent(agenda, who);
    if (kept != NULL) {
        turns_merge(agenda, kept, turns);
        return;
    }
    turns->session = 0;
    turns->since_us = 0;
    turns->who = who;
}

void agenda_leave(struct agenda *agenda, uint32_t session, uint64_t who)
{
    struct turns *turns = turns_find(agenda, session);
    if (turns != NULL && who != 0 && (turns->n_turns > 0 || turns->voice_us > 0))
        turns_keep(agenda, turns, who);
    else if (turns != NULL)
        turns_drop(agenda, turns);
    agenda_hand_down(agenda, session);
    if (agenda->queue.speaker == session)
        agenda_give(agenda, 0, 0);
}

void agenda_return(struct agenda *agenda, uint32_t session, uint64_t who)
{
    struct turns *kept = who != 0 ? turns_absent(agenda, who) : NULL;
    struct turns *turns = turns_find(agenda, session); // a voice that ended after they had left
    if (kept != NULL && turns != NULL)
        turns_merge(agenda, turns, kept);
    else if (kept != NULL)
        kept->session = session;
}

void agenda_forget_absent(struct agenda *agenda)
{
    for (size_t i = agenda->queue.n_people; i-- > 0;)
        if (agenda->queue.people[i].session == 0)
            turns_drop(agenda, &agenda->queue.people[i]);
}

// ---- hands ------------------------------------------------------------------------------------

void agenda_set_stacking(struct agenda *agenda, bool is_progressive)
{
    agenda->queue.is_progressive = is_progressive;
}

bool agenda_is_stacking(const struct agenda *agenda)
{
    return agenda->queue.is_progressive;
}

static size_t hand_index(const struct queue *queue, uint32_t session)
{
    size_t i = 0;
    while (i < queue->n_hands && queue->hands[i] != session)
        i++;
    return i;
}

int agenda_hand_up(struct agenda *agenda, uint32_t session)
{
    struct queue *queue = &agenda->queue;
    if (hand_index(queue, session) < queue->n_hands || queue->speaker == session)
        return AGENDA_E_ALREADY;
    if (queue->n_hands == AGENDA_HANDS_MAX)
        return AGENDA_E_FULL;
    queue->hands[queue->n_hands++] = session;
    return 0;
}

int agenda_hand_down(struct agenda *agenda, uint32_t session)
{
    struct queue *queue = &agenda->queue;
    size_t i = hand_index(queue, session);
    if (i == queue->n_hands)
        return AGENDA_E_UNKNOWN;
    queue->n_hands--;
    memmove(&queue->hands[i], &queue->hands[i + 1], (queue->n_hands - i) * sizeof(*queue->hands));
    return 0;
}

bool agenda_has_hand_up(const struct agenda *agenda, uint32_t session)
{
    return hand_index(&agenda->queue, session) < agenda->queue.n_hands;
}

struct place {
    uint32_t session, n_turns;
    uint64_t steps; // of voice
};

// Each is looked up once: it is done for hundreds of hands, and thousands who have spoken.
static struct place place_of(const struct agenda *agenda, uint32_t session)
{
    struct place place = { .session = session };
    const struct turns *turns = agenda->queue.is_progressive ? turns_find(agenda, session) : NULL;
    if (turns != NULL) {
        place.n_turns = turns->n_turns;
        place.steps = turns->voice_us / AGENDA_VOICE_STEP_US;
    }
    return place;
}

// Before the other in a progressive queue; false when equal, so that a stable order stays.
static bool has_spoken_less(const struct place *a, const struct place *b)
{
    return a->n_turns != b->n_turns ? a->n_turns < b->n_turns : a->steps < b->steps;
}

size_t agenda_hands(const struct agenda *agenda, uint32_t *sessions, size_t cap)
{
    const struct queue *queue = &agenda->queue;
    struct place sorted[AGENDA_HANDS_MAX];
    if (cap == 0)
        return queue->n_hands;
    for (size_t i = 0; i < queue->n_hands; i++) {
        const struct place place = place_of(agenda, queue->hands[i]);
        size_t at = i;
        for (; at > 0 && has_spoken_less(&place, &sorted[at - 1]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = place;
    }
    for (size_t i = 0; i < queue->n_hands && i < cap; i++)
        sessions[i] = sorted[i].session;
    return queue->n_hands;
}

// ---- the floor --------------------------------------------------------------------------------

void agenda_give(struct agenda *agenda, uint32_t session, uint64_t now_us)
{
    struct turns *turns = session != 0 ? turns_of(agenda, session) : NULL;
    agenda_hand_down(agenda, session);
    if (session != 0 && session == agenda->queue.speaker)
        return;
    agenda->queue.speaker = session;
    if (turns != NULL)
        turns->n_turns++;
    limit_begin(agenda, turns != NULL && turns->since_us != 0, now_us);
}

uint32_t agenda_speaker(const struct agenda *agenda)
{
    return agenda->queue.speaker;
}
