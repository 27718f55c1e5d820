// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <string.h>

enum relay_kind {
    RELAY_RAW,   // a datagram that the kernel gave to the wrong thread
    RELAY_VOICE, // plaintext for the receivers on that thread
};
struct relay_record {
    enum relay_kind kind;
    uint32_t session;
    uint64_t frame_number, made_us;
    struct voice_path path;
    uint8_t target;
    bool is_terminator, has_position;
    float position[3];
    uint16_t n_bytes;
    uint8_t bytes[];
};

static void relay_send(struct voice_thread *thread, uint8_t to, const struct relay_record *head,
                       struct span bytes)
{
    struct voice_thread *other = thread->voice->threads[to];
    struct lane *lane = &other->relays[thread->index];
    struct relay_record *record =
        ring_reserve(lane->ring, offsetof(struct relay_record, bytes) + bytes.len);
    if (record == NULL) {
        lane->dropped++;
        return;
    }
    memcpy(record, head, offsetof(struct relay_record, bytes));
    record->n_bytes = (uint16_t)bytes.len;
    if (bytes.len > 0)
        memcpy(record->bytes, bytes.data, bytes.len);
    ring_commit(lane->ring);
    lane_bell(lane); // at once: our own fan-out may take a millisecond
    thread->totals.relayed++;
}

void relay_raw(struct voice_thread *thread, uint8_t owner, const struct voice_path *path,
               struct span bytes)
{
    if (owner >= thread->voice->n_threads)
        return;
    const struct relay_record head = { .kind = RELAY_RAW, .path = *path };
    relay_send(thread, owner, &head, bytes);
}

void relay_voice(struct voice_thread *thread, uint32_t threads_mask, uint32_t session,
                 const struct voice_packet *packet)
{
    threads_mask &= ~(UINT32_C(1) << thread->index);
    if (threads_mask == 0)
        return;
    const struct relay_record head = {
        .kind = RELAY_VOICE,
        .session = session,
        .frame_number = packet->frame_number,
        .made_us = thread->now_us,
        .target = packet->target,
        .is_terminator = packet->is_terminator,
        .has_position = packet->has_position,
        .position = { packet->position[0], packet->position[1], packet->position[2] },
    };
    for (uint8_t i = 0; i < thread->voice->n_threads; i++) {
        if (threads_mask & UINT32_C(1) << i)
            relay_send(thread, i, &head, packet->opus);
    }
}

// The routes of this thread decide, which may be newer than those of the thread that relayed.
static void relayed_voice(struct voice_thread *thread, const struct relay_record *record)
{
    const struct route_client *speaker = route_find(thread, record->session);
    if (speaker == NULL || !speaker->may_speak || thread->now_us > record->made_us + STALE_US)
        return;
    const struct voice_packet packet = {
        .target = record->target,
        .frame_number = record->frame_number,
        .opus = { record->bytes, record->n_bytes },
        .is_terminator = record->is_terminator,
        .has_position = record->has_position,
        .position = { record->position[0], record->position[1], record->position[2] },
    };
    fanout_local(thread, speaker, &packet);
}

bool relay_read(struct voice_thread *thread)
{
    bool has_more = false;
    for (unsigned from = 0; from < thread->voice->n_threads; from++) {
        struct ring *ring = thread->relays[from].ring;
        const struct relay_record *record;
        size_t size;
        unsigned n = 0;
        while (n < LANE_TURN_RECORDS && (record = ring_peek(ring, &size)) != NULL) {
            if (record->kind == RELAY_RAW)
                receive_datagram(thread, &record->path,
                                 (struct span){ record->bytes, record->n_bytes }, true);
            else
                relayed_voice(thread, record);
            ring_consume(ring);
            n++;
        }
        has_more = has_more || n == LANE_TURN_RECORDS;
    }
    return has_more;
}
