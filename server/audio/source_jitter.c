// SPDX-License-Identifier: BSD-3-Clause
#include "audio/source_int.h"

#include <assert.h>
#include <string.h>

void jitter_clear(struct jitter *jitter)
{
    for (size_t i = 0; i < JITTER_PACKETS; i++)
        jitter->packets[i].is_used = false;
}

void jitter_forget(struct jitter *jitter)
{
    jitter->n_transits = 0;
    jitter->seen = 0;
}

bool jitter_is_new(struct jitter *jitter, uint64_t frame_number)
{
    if (jitter->seen == 0 || frame_number > jitter->seen_first) {
        const uint64_t ahead = frame_number - jitter->seen_first;
        jitter->seen = jitter->seen == 0 || ahead > 63 ? 1 : jitter->seen << ahead | 1;
        jitter->seen_first = frame_number;
        return true;
    }
    const uint64_t behind = jitter->seen_first - frame_number;
    if (behind > 63 || (jitter->seen >> behind & 1) != 0)
        return false;
    jitter->seen |= UINT64_C(1) << behind;
    return true;
}

struct jitter_packet *jitter_first(struct jitter *jitter)
{
    struct jitter_packet *first = NULL;
    for (size_t i = 0; i < JITTER_PACKETS; i++) {
        struct jitter_packet *packet = &jitter->packets[i];
        if (packet->is_used && (first == NULL || packet->frame_number < first->frame_number))
            first = packet;
    }
    return first;
}

bool jitter_insert(struct jitter *jitter, const struct jitter_packet *head, struct span opus)
{
    struct jitter_packet *room = NULL;
    for (size_t i = 0; i < JITTER_PACKETS; i++) {
        struct jitter_packet *packet = &jitter->packets[i];
        if (!packet->is_used) {
            room = packet;
        } else if (packet->frame_number == head->frame_number) {
            packet->is_terminator |= head->is_terminator;
            return false;
        }
    }
    if (room == NULL) {
        room = jitter_first(jitter);
        if (room->frame_number > head->frame_number)
            return false;
    }
    assert(opus.len <= sizeof room->data);
    room->frame_number = head->frame_number;
    room->arrived_us = head->arrived_us;
    room->blocks = head->blocks;
    room->is_terminator = head->is_terminator;
    room->is_used = true;
    room->len = (uint16_t)opus.len;
    if (opus.len > 0)
        memcpy(room->data, opus.data, opus.len);
    return true;
}

void jitter_note(struct jitter *jitter, uint64_t frame_number, uint64_t arrived_us)
{
    jitter->transit_us[jitter->n_transits++ % JITTER_WINDOW] =
        (int64_t)(arrived_us - frame_number * AUDIO_BLOCK_US);
}

uint32_t jitter_noted(const struct jitter *jitter)
{
    return jitter->n_transits < JITTER_WINDOW ? jitter->n_transits : JITTER_WINDOW;
}

#define RANKS 4
int64_t jitter_latest(const struct jitter *jitter, uint32_t rank)
{
    const uint32_t n = jitter_noted(jitter);
    assert(rank < n && rank < RANKS);
    int64_t latest[RANKS];
    for (size_t i = 0; i < RANKS; i++)
        latest[i] = INT64_MIN;
    for (uint32_t i = 0; i < n; i++) {
        int64_t value = jitter->transit_us[i];
        for (size_t j = 0; j <= rank; j++) {
            if (value <= latest[j])
                continue;
            const int64_t swap = latest[j];
            latest[j] = value;
            value = swap;
        }
    }
    return latest[rank];
}

int64_t jitter_median(const struct jitter *jitter)
{
    const uint32_t n = jitter_noted(jitter);
    assert(n > 0);
    int64_t sorted[JITTER_WINDOW];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = i;
        for (; j > 0 && sorted[j - 1] > jitter->transit_us[i]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = jitter->transit_us[i];
    }
    return sorted[n / 2];
}
