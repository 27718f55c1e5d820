// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

// Receivers come as session numbers and are looked up in clients[], which is small and stays in the
// first-level cache: a table of pointers per room would save nothing that can be measured and
// dangle when a client leaves.

void fanout_begin(struct voice_thread *thread, const struct voice_packet *packet, uint32_t from,
                  uint8_t context)
{
    thread->packet = *packet;
    thread->packet.session = from;
    thread->packet.target = context;
    thread->packet.volume = 0;
    // A position may only go to receivers with the speaker's plugin context, which the routes do
    // not tell: it stays here. The speaker's own loopback keeps it.
    if (packet->target != VOICE_TARGET_LOOPBACK)
        thread->packet.has_position = false;
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
    if (!client_is_udp(client, thread->now_us)) {
        struct tunnel_list *list = &thread->tunnels[client->tunnel_format];
        if (list->n < thread->n_sessions)
            list->sessions[list->n++] = client->session;
        return;
    }
    const struct plain *plain = plain_in(thread, client->format);
    if (plain == NULL)
        return;
    struct voice_socket *socket = &thread->sockets[client->socket];
    uint8_t *room = socket_reserve(socket, (size_t)plain->len + CRYPT_HEADER_BYTES);
    size_t n = crypt_seal(client->crypt, (struct span){ plain->bytes, (size_t)plain->len }, room);
    if (n > 0)
        socket_commit(socket, &client->envelope, n);
}

void fanout_end(struct voice_thread *thread)
{
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

static void fanout_room(struct voice_thread *thread, const struct route_client *speaker,
                        const struct voice_packet *packet)
{
    const struct routes *routes = thread->routes;
    if (speaker->room >= routes->n_rooms || routes->rooms[speaker->room].count == 0)
        return;
    const struct route_room *room = &routes->rooms[speaker->room];
    const uint32_t *members = routes->members + room->first;
    fanout_begin(thread, packet, speaker->session, VOICE_CONTEXT_NORMAL);
    for (uint32_t i = 0; i < room->count; i++) {
        struct voice_client *client = thread->clients[members[i]];
        if (client != NULL && members[i] != speaker->session)
            fanout_to(thread, client);
    }
    fanout_end(thread);
}

// One context after the other, so that each packet is encoded once per format and context.
static void fanout_whisper(struct voice_thread *thread, const struct route_client *speaker,
                           const struct voice_packet *packet)
{
    const struct route_target *target =
        fanout_target(thread->routes, speaker->session, packet->target);
    if (target == NULL)
        return;
    const struct route_receiver *receivers = thread->routes->receivers + target->first;
    for (int context = VOICE_CONTEXT_NORMAL; context <= VOICE_CONTEXT_LISTEN; context++) {
        fanout_begin(thread, packet, speaker->session, (uint8_t)context);
        for (uint32_t i = 0; i < target->count; i++) {
            struct voice_client *client = thread->clients[receivers[i].session];
            if (client != NULL && receivers[i].context == context &&
                receivers[i].session != speaker->session)
                fanout_to(thread, client);
        }
        fanout_end(thread);
    }
}

void fanout_local(struct voice_thread *thread, const struct route_client *speaker,
                  const struct voice_packet *packet)
{
    if (packet->target == VOICE_TARGET_NORMAL)
        fanout_room(thread, speaker, packet);
    else
        fanout_whisper(thread, speaker, packet);
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
            fanout_begin(thread, &packet, recipient->from, VOICE_CONTEXT_NORMAL);
            has_begun = true;
        }
        fanout_to(thread, client);
    }
    if (has_begun)
        fanout_end(thread);
}
