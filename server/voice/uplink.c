// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <string.h>

const struct route_client *route_find(const struct voice_thread *thread, uint32_t session)
{
    return session < thread->n_sessions ? thread->route_of[session] : NULL;
}

// Each packet pays its time at the allowed rate; who is further ahead of the clock than the burst
// is over the limit.
static bool is_within_bandwidth(struct voice_client *client, size_t n_bytes, uint32_t bps,
                                uint64_t now_us)
{
    if (bps == 0)
        return true;
    uint64_t cost_us = (n_bytes + UPLINK_OVERHEAD_BYTES) * 8u * SECONDS(1) / bps;
    uint64_t paid = client->paid_until_us > now_us ? client->paid_until_us : now_us;
    if (paid + cost_us > now_us + UPLINK_BURST_US) {
        client->packets_over_limit++;
        return false;
    }
    client->paid_until_us = paid + cost_us;
    return true;
}

static void send_to_mixer(struct voice_thread *thread, const struct route_client *speaker,
                          const struct voice_packet *packet, uint8_t booths)
{
    struct lane *lane = speaker->mixer < VOICE_MIXERS_MAX ? thread->frames[speaker->mixer] : NULL;
    if (lane == NULL)
        return;
    struct voice_frame *frame =
        ring_reserve(lane->ring, offsetof(struct voice_frame, bytes) + packet->opus.len);
    if (frame == NULL) {
        lane->dropped++;
        return;
    }
    *frame = (struct voice_frame){
        .session = speaker->session,
        .meeting = speaker->meeting,
        .frame_number = packet->frame_number,
        .arrived_us = thread->now_us,
        .is_terminator = packet->is_terminator,
        .booths = booths,
        .n_bytes = (uint16_t)packet->opus.len,
    };
    if (packet->opus.len > 0)
        memcpy(frame->bytes, packet->opus.data, packet->opus.len);
    ring_commit(lane->ring);
    lane_bell(lane); // before our own fan-out, which may take a millisecond
}

// Normal speech; of whispers and shouts only what goes into booths.
static void offer_to_mixer(struct voice_thread *thread, const struct route_client *speaker,
                           const struct voice_packet *packet)
{
    if (packet->target == VOICE_TARGET_NORMAL) {
        send_to_mixer(thread, speaker, packet, 0);
        return;
    }
    const struct route_target *target =
        fanout_target(thread->routes, speaker->session, packet->target);
    if (target != NULL && target->booths != 0)
        send_to_mixer(thread, speaker, packet, target->booths);
}

// Control keeps the targets that are used at hand, and works out one that it had put away.
static void tell_of_target(struct voice_thread *thread, struct voice_client *client, uint8_t target,
                           bool is_known)
{
    uint64_t pause_us = is_known ? TARGET_REPORT_US : TARGET_UNKNOWN_REPORT_US;
    if (client->target_told == target && thread->now_us - client->target_told_us < pause_us)
        return;
    client->target_told = target;
    client->target_told_us = thread->now_us;
    report_target(thread, client->session, target, is_known);
}

static uint32_t threads_that_hear(struct voice_thread *thread, struct voice_client *client,
                                  const struct route_client *speaker, uint8_t target)
{
    const struct routes *routes = thread->routes;
    if (target == VOICE_TARGET_NORMAL)
        return speaker->room < routes->n_rooms ? routes->rooms[speaker->room].threads_mask : 0;
    const struct route_target *entry = fanout_target(routes, speaker->session, target);
    tell_of_target(thread, client, target, entry != NULL);
    return entry != NULL ? entry->threads_mask : 0;
}

void uplink_voice(struct voice_thread *thread, struct voice_client *client,
                  const struct voice_packet *packet, size_t n_bytes)
{
    const struct route_client *speaker = route_find(thread, client->session);
    if (speaker == NULL || !speaker->may_speak)
        return;
    if (packet->opus.len > VOICE_OPUS_MAX_BYTES || packet->target > VOICE_TARGET_LOOPBACK) {
        thread->totals.malformed++;
        return;
    }
    if (!is_within_bandwidth(client, n_bytes, thread->routes->bandwidth_bps, thread->now_us))
        return;
    if (packet->target == VOICE_TARGET_LOOPBACK) {
        fanout_begin(thread, packet, client->session, VOICE_CONTEXT_NORMAL, 0, true);
        fanout_to(thread, client);
        fanout_end(thread);
        return;
    }
    if (speaker->meeting != VOICE_NONE)
        offer_to_mixer(thread, speaker, packet);
    relay_voice(thread, threads_that_hear(thread, client, speaker, packet->target), client->session,
                packet);
    fanout_local(thread, speaker, packet);
}
