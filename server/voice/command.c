// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

static void do_tunnel(struct voice_thread *thread, const struct voice_command *command)
{
    struct voice_client *client = client_get(thread, command->session);
    const struct span plain = { command->bytes, command->n_bytes };
    if (client == NULL)
        return;
    client->packets_in++;
    client->bytes_in += plain.len;
    struct datagram datagram;
    if (datagram_read(plain, VOICE_TO_SERVER, &datagram) != 0 || datagram.kind != DATAGRAM_VOICE) {
        thread->totals.malformed++;
        return;
    }
    client->is_udp = false;
    client->has_spoken_by_tunnel = true;
    client->tunnel_format = datagram.format;
    uplink_voice(thread, client, &datagram.voice, plain.len);
}

static void do_try(struct voice_thread *thread, const struct voice_command *command)
{
    struct voice_client *client = client_get(thread, command->session);
    if ((client == NULL && command->session != VOICE_NONE) ||
        command->n_bytes > DATAGRAM_MAX_BYTES || command->try_.socket >= thread->n_sockets)
        return;
    const struct voice_path path = { .remote = command->try_.remote,
                                     .local = command->try_.local,
                                     .socket = command->try_.socket };
    const struct span datagram = { command->bytes, command->n_bytes };
    if (client != NULL)
        (void)unknown_try(thread, client, &path, datagram);
    else
        unknown_try_abroad(thread, &path, datagram);
}

static void do_address(struct voice_thread *thread, const struct voice_command *command)
{
    if (command->session >= thread->n_sessions || client_get(thread, command->session) != NULL)
        return;
    uint32_t before = address_set(&thread->addresses, command->session, &command->address.remote,
                                  command->address.thread);
    struct voice_client *loser = before != VOICE_NONE ? client_get(thread, before) : NULL;
    if (loser != NULL)
        client_lose_address(thread, loser);
}

static void do_add(struct voice_thread *thread, const struct voice_command *command)
{
    if (client_add(thread, command))
        return;
    crypt_free(command->add.crypt);
    log_error("voice", "client not added", "session=%u", command->session);
}

// False: the answer has no room, the command stays in its lane.
static bool command_do(struct voice_thread *thread, const struct voice_command *command)
{
    struct voice_client *client = client_get(thread, command->session);
    switch (command->kind) {
    case VOICE_CMD_ADD:
        do_add(thread, command);
        return true;
    case VOICE_CMD_REMOVE:
        client_remove(thread, command->session);
        return report_removed(thread, command->session);
    case VOICE_CMD_TUNNEL:
        do_tunnel(thread, command);
        return true;
    case VOICE_CMD_TRY:
        do_try(thread, command);
        return true;
    case VOICE_CMD_COUNTERS:
        if (client != NULL && command->counters.has_heard)
            client_says_heard(client, command->counters.heard, thread->now_us);
        return report_counters(thread, command->session, command->counters.token);
    case VOICE_CMD_NONCE:
        return report_nonce(thread, command->session);
    case VOICE_CMD_RESYNC:
        if (client != NULL)
            crypt_set_decrypt_nonce(client->crypt, command->resync.nonce);
        return true;
    case VOICE_CMD_COPIES:
        if (client != NULL)
            copies_set(thread, client, command->copies.is_on);
        return true;
    case VOICE_CMD_CARRIER:
        if (client != NULL) {
            client->is_tunnelled = command->carrier.is_tunnel;
            client->is_both = command->carrier.is_both;
        }
        return true;
    case VOICE_CMD_ADDRESS:
        do_address(thread, command);
        return true;
    default:
        log_error("voice", "unknown command", "kind=%d", (int)command->kind);
        return true;
    }
}

bool command_read(struct voice_thread *thread)
{
    struct ring *ring = thread->commands.ring;
    const struct voice_command *command;
    size_t size;
    for (unsigned n = 0; n < LANE_TURN_RECORDS; n++) {
        command = ring_peek(ring, &size);
        if (command == NULL)
            return false;
        if (!command_do(thread, command)) {
            thread_retry_later(thread);
            return false;
        }
        ring_consume(ring);
    }
    return true;
}

void command_discard_all(struct voice_thread *thread)
{
    const struct voice_command *command;
    size_t size;
    while ((command = ring_peek(thread->commands.ring, &size)) != NULL) {
        if (command->kind == VOICE_CMD_ADD)
            crypt_free(command->add.crypt);
        ring_consume(thread->commands.ring);
    }
}
