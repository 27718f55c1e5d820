// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <string.h>

// Receivers come as session numbers and are looked up in clients[], which is small and stays in the
// first-level cache: a table of pointers per room would save nothing that can be measured and
// dangle when a client leaves.

void fanout_begin(struct voice_thread *thread, const struct voice_packet *packet, uint32_t from,
                  uint8_t context, float volume, bool is_placed)
{
    thread->packet = *packet;
    thread->packet.session = from;
    thread->packet.target = context;
    thread->packet.volume = volume;
    thread->packet.has_position = packet->has_position && is_placed;
    thread->plains[VOICE_FORMAT_LEGACY].len = 0;
    thread->plains[VOICE_FORMAT_PROTOBUF].len = 0;
}

static const struct plain *plain_in(struct voice_thread *thread, enum voice_format format)
{
    struct plain *plain = &thread->plains[format];
    if (plain->len == 0)
        plain->len = voice_write(&thread->packet, format, VOICE_TO_CLIENT, plain->bytes,
                                 sizeof plain->bytes);
    return plain->len > 0 ? plain : NULL;
}

void fanout_to(struct voice_thread *thread, struct voice_client *client)
{
    const bool is_udp = client_is_udp(client, thread->now_us);
    if (!is_udp || client->is_tunnelled) {
        struct tunnel_list *list = &thread->tunnels[client->tunnel_format];
        if (list->n < thread->n_sessions)
            list->sessions[list->n++] = client->session;
        if (!is_udp || !client->is_both)
            return;
    }
    const struct plain *plain = plain_in(thread, client->format);
    if (plain == NULL)
        return;
    socket_add(&thread->sockets[client->socket], client,
               (struct span){ plain->bytes, (size_t)plain->len });
    client->n_sent++;
    client->bytes_out += (size_t)plain->len;
    if (client->has_copies)
        copies_keep(thread, client, plain);
}

void fanout_end(struct voice_thread *thread)
{
    for (unsigned i = 0; i < thread->n_sockets; i++)
        socket_seal(&thread->sockets[i]); // the plaintexts are about to change
    for (int format = VOICE_FORMAT_LEGACY; format <= VOICE_FORMAT_PROTOBUF; format++) {
        struct tunnel_list *list = &thread->tunnels[format];
        if (list->n == 0)
            continue;
        const struct plain *plain = plain_in(thread, (enum voice_format)format);
        if (plain != NULL)
            report_tunnel(thread, list, (struct span){ plain->bytes, (size_t)plain->len });
        list->n = 0;
    }
}

const struct route_target *fanout_target(const struct routes *routes, uint32_t session,
                                         uint8_t target)
{
    uint32_t low = 0, high = routes->n_targets;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct route_target *entry = &routes->targets[middle];
        if (entry->session == session && entry->target == target)
            return entry;
        bool is_before =
            entry->session < session || (entry->session == session && entry->target < target);
        if (is_before)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// ---- one packet, several groups of receivers

struct utterance {
    const struct route_client *speaker;
    const struct voice_packet *packet;
    // Of this pass: only those with the speaker's place, or only the others. Without a position
    // there is one pass, for all.
    bool is_placed;
};

static bool is_left_out(const struct voice_thread *thread, const struct utterance *said,
                        uint32_t session)
{
    const struct route_client *speaker = said->speaker, *listener = thread->route_of[session];
    if (session == speaker->session ||
        (speaker->is_unwanted && routes_are_unwanted(thread->routes, speaker->session, session)))
        return true;
    bool is_same_place = listener != NULL && listener->place == speaker->place;
    return said->packet->has_position && is_same_place != said->is_placed;
}

static void to_members(struct voice_thread *thread, const struct utterance *said,
                       const struct route_room *room)
{
    const uint32_t *members = thread->routes->members + room->first;
    bool is_plain = !said->speaker->is_unwanted && !said->packet->has_position;
    fanout_begin(thread, said->packet, said->speaker->session, VOICE_CONTEXT_NORMAL, 0,
                 said->is_placed);
    for (uint32_t i = 0; i < room->count; i++) {
        struct voice_client *client = thread->clients[members[i]];
        if (client != NULL && members[i] != said->speaker->session &&
            (is_plain || !is_left_out(thread, said, members[i])))
            fanout_to(thread, client);
    }
    fanout_end(thread);
}

static void to_receivers(struct voice_thread *thread, const struct utterance *said, uint32_t first,
                         uint32_t count)
{
    const struct route_receiver *receivers = thread->routes->receivers + first, *group = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct route_receiver *receiver = &receivers[i];
        struct voice_client *client = thread->clients[receiver->session];
        if (client == NULL || is_left_out(thread, said, receiver->session))
            continue;
        if (group == NULL || group->context != receiver->context ||
            memcmp(&group->volume, &receiver->volume, sizeof group->volume) != 0) {
            if (group != NULL)
                fanout_end(thread);
            group = receiver;
            fanout_begin(thread, said->packet, said->speaker->session, group->context,
                         group->volume, said->is_placed);
        }
        fanout_to(thread, client);
    }
    if (group != NULL)
        fanout_end(thread);
}

static void fanout_pass(struct voice_thread *thread, const struct utterance *said)
{
    const struct routes *routes = thread->routes;
    if (said->packet->target != VOICE_TARGET_NORMAL) {
        const struct route_target *target =
            fanout_target(routes, said->speaker->session, said->packet->target);
        if (target != NULL)
            to_receivers(thread, said, target->first, target->count);
        return;
    }
    if (said->speaker->room >= routes->n_rooms)
        return;
    const struct route_room *room = &routes->rooms[said->speaker->room];
    if (room->count > 0)
        to_members(thread, said, room);
    if (room->n_other > 0)
        to_receivers(thread, said, room->first_other, room->n_other);
}

void fanout_local(struct voice_thread *thread, const struct route_client *speaker,
                  const struct voice_packet *packet)
{
    struct utterance said = { .speaker = speaker, .packet = packet };
    fanout_pass(thread, &said);
    if (!packet->has_position)
        return;
    said.is_placed = true;
    fanout_pass(thread, &said);
}

void fanout_mixed(struct voice_thread *thread, const struct voice_mixed *mixed)
{
    const struct voice_mixed_recipient *recipients = mixed->recipients;
    const struct voice_packet packet = {
        .frame_number = mixed->frame_number,
        .opus = { (const uint8_t *)(recipients + mixed->n_recipients), mixed->n_bytes },
        .is_terminator = mixed->is_terminator,
    };
    bool has_begun = false;
    for (uint32_t i = 0; i < mixed->n_recipients; i++) {
        const struct voice_mixed_recipient *recipient = &recipients[i];
        const struct route_client *route = route_find(thread, recipient->session);
        struct voice_client *client = client_get(thread, recipient->session);
        if (route == NULL || client == NULL || route->epoch != recipient->epoch || route->is_deaf)
            continue;
        if (!has_begun || thread->packet.session != recipient->from) {
            if (has_begun)
                fanout_end(thread);
            fanout_begin(thread, &packet, recipient->from, VOICE_CONTEXT_NORMAL, 0, false);
            has_begun = true;
        }
        fanout_to(thread, client);
    }
    if (has_begun)
        fanout_end(thread);
}
