// SPDX-License-Identifier: BSD-3-Clause
//
// Private to plan*.c: a plan in the making. plan.c puts channels and clients in order, then
// plan_rooms.c and plan_targets.c fill in who hears whom. Channels are meant by their index in the
// model, clients by theirs in plan->clients.
#ifndef SUSURRO_CONTROL_PLAN_INT_H
#define SUSURRO_CONTROL_PLAN_INT_H

#include "control/plan.h"

struct earshot {
    uint32_t client;
    float volume;
};
struct plan_work {
    const struct server *server;
    const struct model *model;
    struct plan *plan;
    uint32_t n_channels;
    struct {
        uint32_t id, index;
    } * by_id;           // ascending by id
    uint32_t *component; // of each channel: the lowest index of those joined to it
    uint32_t *size;      // of each component
    uint32_t *room_of;   // of each component: the first room, VOICE_NONE
    bool *is_mixed;      // of each floor: somebody hears the meeting's mixes, or it is recorded ...
    uint8_t *mixer;      // ... on this thread
    bool *is_split;      // of each floor: some of those who sit there do
    struct user **users; // of each client
    uint32_t *sits_in;   // of each client: the channel where it hears directly, VOICE_NONE
    uint32_t *sitters,
        *first_sitter;    // clients by channel; first_sitter[n_channels] is their number
    struct earshot *ears; // by channel
    uint32_t *first_ear;
    uint32_t *client_of; // by session
    uint32_t *place;     // by client: 1 + where it stands in the room at hand, 0
};

uint32_t plan_index_of(const struct plan_work *work, uint32_t id); // of a channel; VOICE_NONE

// plan_rooms.c. False: memory.
bool plan_rooms(struct plan_work *work);
bool plan_reserve_hearers(struct plan *plan, uint32_t n);   // so many more can be added
void plan_sort_hearers(struct hearer *hearers, uint32_t n); // by context, volume, client
float plan_heard_volume(float factor);                      // of a struct hearer; 0: as it is

// plan_targets.c
bool plan_targets(struct plan_work *work); // false: memory

#endif
