// SPDX-License-Identifier: BSD-3-Clause
//
// Who hears whom, worked out from the model at each change: the same for all voice threads, before
// routes.c deals it out to them. A room is the set of people who hear some speakers' normal speech:
//
//   hears(room of S) = users and listeners of the channels
//                      {base(S)} ∪ { c joined to base(S) by links | S may Speak in c }
//   base(S) = S's channel; in a meeting its floor, for S on the floor or a track; none in a booth
//
// Of what is said in the meeting, who sits on the floor and hears it mixed (is_floor_mixed) gets
// nothing here; of what comes in by links, as all.
// Booths and tracks are fed by the mixer alone: links to them carry nothing, nobody listens there.
// Each hearer stands once in a room, with the lowest context and the highest volume of those that
// match; who is a user there hears at least the voice as it is.
#ifndef SUSURRO_CONTROL_PLAN_H
#define SUSURRO_CONTROL_PLAN_H

#include "control/control_int.h"

struct hearer {
    uint32_t client;
    uint8_t context;
    float volume; // 0: as it is
};
struct plan_room {
    uint32_t first, count;     // into hearers: plain ones first, then by context and volume
    uint32_t first_set, n_set; // into sets: the channels, ascending by index
    uint32_t floor; // index of the floor that some hear mixed: they are left out; VOICE_NONE
    uint32_t next_of_component; // another room of the same linked channels, VOICE_NONE
};
struct plan_target {
    uint32_t session;
    uint8_t target;
    uint8_t booths;        // of the speaker's meeting that hear it, by the mixer: bit i
    uint32_t first, count; // into hearers, by context and volume
};
struct plan_unwanted {
    uint32_t speaker; // session
    uint32_t client;  // of the listener
};
struct plan {
    uint32_t n_clients, n_rooms, n_targets, n_hearers, n_sets, n_unwanted;
    uint32_t cap_rooms, cap_hearers, cap_sets;
    struct route_client *clients; // ascending by session
    struct plan_room *rooms;
    struct plan_target *targets; // ascending by (session, target)
    struct hearer *hearers;
    struct plan_unwanted *unwanted; // ascending by (speaker, the listener's session)
    uint32_t *sets;
};
bool plan_make(struct server *server, struct plan *plan); // false: memory
void plan_clear(struct plan *plan);

#endif
