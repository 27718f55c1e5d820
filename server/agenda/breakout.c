// SPDX-License-Identifier: BSD-3-Clause
//
// Who goes into which group.
#include "agenda/agenda_int.h"

#include <assert.h>

static uint64_t next_random(uint64_t *state) // splitmix64
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void shuffle(size_t *order, size_t n, uint64_t *state)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)(next_random(state) % i), kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

// Dealt out like cards: whoever comes next goes into the next group. With the languages one after
// the other each of them is spread as evenly as the whole.
void agenda_breakout_random(struct breakout_person *people, size_t n, uint8_t n_groups,
                            bool is_mixing, uint64_t seed)
{
    size_t order[AGENDA_PEOPLE_MAX], groups[UINT8_MAX], dealt = 0;
    assert(n_groups > 0 && n <= AGENDA_PEOPLE_MAX);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = 0; i < n_groups; i++)
        groups[i] = i;
    shuffle(order, n, &seed);
    shuffle(groups, n_groups, &seed); // or the first group would always be a large one
    for (unsigned lang = 0; lang <= UINT8_MAX; lang++)
        for (size_t i = 0; i < n; i++) {
            struct breakout_person *person = &people[order[i]];
            if (is_mixing ? person->lang == lang : lang == 0)
                person->group = (uint8_t)groups[dealt++ % n_groups];
        }
}

uint8_t agenda_breakout_by_language(struct breakout_person *people, size_t n)
{
    bool is_spoken[UINT8_MAX + 1] = { false };
    uint8_t group_of[UINT8_MAX + 1] = { 0 }, n_groups = 0;
    for (size_t i = 0; i < n; i++)
        is_spoken[people[i].lang] = true;
    for (unsigned lang = 0; lang <= UINT8_MAX; lang++)
        if (is_spoken[lang])
            group_of[lang] = n_groups++;
    for (size_t i = 0; i < n; i++)
        people[i].group = group_of[people[i].lang];
    return n_groups;
}
