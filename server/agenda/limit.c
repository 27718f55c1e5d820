// SPDX-License-Identifier: BSD-3-Clause
//
// How long whoever was given the floor has spoken, and the signs that are due for it.
#include "agenda/agenda_int.h"

#define SECOND_US UINT64_C(1000000)
#define SOON_S 30u
#define AGAIN_S 60u

void limit_begin(struct agenda *agenda, bool is_sounding, uint64_t now_us)
{
    struct limit *limit = &agenda->limit;
    limit->voice_us = 0;
    limit->since_us = is_sounding ? now_us : 0;
    limit->n_signs = 0;
}

static uint64_t used_us(const struct limit *limit, uint64_t now_us)
{
    bool is_running = limit->since_us != 0 && now_us > limit->since_us;
    return limit->voice_us + (is_running ? now_us - limit->since_us : 0);
}

void limit_voice(struct agenda *agenda, bool is_sounding, uint64_t at_us)
{
    struct limit *limit = &agenda->limit;
    limit->voice_us = used_us(limit, at_us);
    limit->since_us = is_sounding ? at_us : 0;
}

void agenda_set_limit(struct agenda *agenda, uint32_t seconds)
{
    agenda->limit.seconds = seconds;
    agenda->limit.n_signs = 0;
}

uint32_t agenda_limit_s(const struct agenda *agenda)
{
    return agenda->limit.seconds;
}

bool agenda_is_speaking(const struct agenda *agenda)
{
    return agenda->limit.since_us != 0;
}

uint32_t agenda_used_s(const struct agenda *agenda, uint64_t now_us)
{
    return (uint32_t)(used_us(&agenda->limit, now_us) / SECOND_US);
}

// The voice at which the next sign is due.
static uint64_t next_us(const struct limit *limit)
{
    uint64_t seconds = limit->seconds;
    if (limit->n_signs == 0)
        seconds -= seconds < 2 * SOON_S ? seconds / 2 : SOON_S;
    else
        seconds += AGAIN_S * (uint64_t)(limit->n_signs - 1);
    return seconds * SECOND_US;
}

enum agenda_sign agenda_sign(struct agenda *agenda, uint64_t now_us)
{
    struct limit *limit = &agenda->limit;
    uint64_t now_used_us = used_us(limit, now_us);
    if (limit->seconds == 0 || agenda->queue.speaker == 0 || now_used_us < next_us(limit))
        return AGENDA_SIGN_NONE;
    while (next_us(limit) <= now_used_us)
        limit->n_signs++;
    return limit->n_signs > 1 ? AGENDA_SIGN_OVER : AGENDA_SIGN_SOON;
}

uint64_t agenda_deadline(const struct agenda *agenda)
{
    const struct limit *limit = &agenda->limit;
    if (limit->seconds == 0 || agenda->queue.speaker == 0 || limit->since_us == 0)
        return UINT64_MAX;
    uint64_t due_us = next_us(limit);
    return limit->since_us + (due_us > limit->voice_us ? due_us - limit->voice_us : 0);
}
