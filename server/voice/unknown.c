// SPDX-License-Identifier: BSD-3-Clause
#include "voice/voice_int.h"

#include <string.h>

// The limits hold for the server; each thread has its share.
static uint32_t share(const struct voice_thread *thread, uint32_t limit)
{
    uint32_t part = limit / thread->voice->n_threads;
    return part > 0 ? part : 1;
}

void unknown_init(struct voice_thread *thread)
{
    uint64_t now_us = thread->now_us;
    limiter_init(&thread->unknown_addresses, UNKNOWN_PER_ADDRESS, now_us); // one thread sees it all
    limiter_init(&thread->unknown_hosts, share(thread, UNKNOWN_PER_HOST), now_us);
    limiter_init(&thread->list_ping_nets, share(thread, LIST_PING_PER_NET), now_us);
    uint32_t in_all = share(thread, UNKNOWN_IN_ALL);
    bucket_init(&thread->unknown_all, in_all, in_all, now_us);
    in_all = share(thread, TRIALS_IN_ALL);
    bucket_init(&thread->trials_all, in_all, in_all, now_us);
    in_all = share(thread, TRIALS_ABROAD);
    bucket_init(&thread->trials_abroad, in_all, in_all, now_us);
    in_all = share(thread, LIST_PING_IN_ALL);
    bucket_init(&thread->list_ping_all, in_all, in_all, now_us);
}

// A /24 of IPv4 (12 bytes of ::ffff: and three) or a /56.
static bool list_ping_is_within_limit(struct voice_thread *thread, const struct in6_addr *host)
{
    size_t net_bytes = IN6_IS_ADDR_V4MAPPED(host) ? 15 : 7;
    return limiter_take(&thread->list_ping_nets, host, net_bytes, thread->now_us) &&
           bucket_take(&thread->list_ping_all, thread->now_us);
}

bool unknown_list_ping(struct voice_thread *thread, const struct voice_path *path,
                       struct span bytes)
{
    const struct routes *routes = thread->routes;
    struct list_ping ping;
    if (!list_ping_read(bytes, &ping))
        return false;
    if (routes == NULL || !routes->is_list_ping_allowed)
        return true;
    if (!list_ping_is_within_limit(thread, &path->remote.sin6_addr)) {
        thread->totals.list_pings_over_limit++;
        return true;
    }
    const struct list_ping_reply reply = {
        .timestamp = ping.timestamp,
        .version = PROTO_VERSION_OWN,
        .users = routes->users,
        .max_users = routes->max_users,
        .bandwidth_bps = routes->bandwidth_bps,
    };
    uint8_t answer[LIST_PING_MAX_BYTES];
    int n = list_ping_reply_write(ping.format, &reply, answer, sizeof answer);
    if (n > 0)
        socket_send(&thread->sockets[path->socket], path, (struct span){ answer, (size_t)n });
    thread->totals.list_pings++;
    return true;
}

// A second authentic datagram from there within two seconds is needed: a tag of 24 bits tried on
// many clients is one day forged once, but not twice in a row.
static bool is_confirmed(const struct voice_thread *thread, struct voice_client *client,
                         const struct voice_path *path)
{
    bool is_second = client->abroad_us != 0 && thread->now_us - client->abroad_us < ABROAD_US &&
                     address_equal(&client->abroad, &path->remote);
    client->abroad = path->remote;
    client->abroad_us = thread->now_us;
    return is_second;
}

static bool is_at_home(const struct voice_client *client, const struct voice_path *path)
{
    return memcmp(&client->host, &path->remote.sin6_addr, sizeof client->host) == 0;
}

bool unknown_try(struct voice_thread *thread, struct voice_client *client,
                 const struct voice_path *path, struct span bytes)
{
    bool is_newest = false;
    int n = crypt_open(client->crypt, bytes, thread->opened, &is_newest);
    if (n < 0)
        return false;
    const struct address_entry *entry = &thread->addresses.of_session[client->session];
    bool is_trusted = client->has_address && address_equal(&entry->remote, &path->remote);
    // A replayed or held-back datagram is authentic too: only the newest one may turn the sound to
    // its address.
    if (!is_trusted && is_newest &&
        (is_at_home(client, path) || is_confirmed(thread, client, path)))
        is_trusted = client_learn(thread, client, path);
    if (is_trusted)
        report_address(thread, client->session, &path->remote);
    receive_opened(thread, client, path, (struct span){ thread->opened, (size_t)n }, is_trusted);
    return true;
}

// Clients of the same host that have no address yet: a whole school may stand behind one NAT.
static bool try_own(struct voice_thread *thread, const struct voice_path *path, struct span bytes)
{
    for (struct voice_client *client = thread->homeless, *next; client != NULL; client = next) {
        next = client->next_homeless;
        if (!is_at_home(client, path))
            continue;
        if (!bucket_take(&thread->trials_all, thread->now_us))
            return false;
        if (unknown_try(thread, client, path, bytes))
            return true;
    }
    return false;
}

void unknown_try_abroad(struct voice_thread *thread, const struct voice_path *path,
                        struct span bytes)
{
    for (uint32_t session = 0; session < thread->n_sessions; session++) {
        struct voice_client *client = thread->clients[session];
        // Those of this host have been tried by name. Who moved speaks here and is silent there.
        if (client == NULL || is_at_home(client, path) ||
            thread->now_us - client->heard_us < SILENT_US)
            continue;
        if (!bucket_take(&thread->trials_abroad, thread->now_us) ||
            unknown_try(thread, client, path, bytes))
            return;
    }
}

void unknown_datagram(struct voice_thread *thread, const struct voice_path *path, struct span bytes)
{
    if (unknown_list_ping(thread, path, bytes))
        return;
    thread->totals.unknown++;
    const struct {
        struct in6_addr host;
        uint32_t port;
    } key = { path->remote.sin6_addr, path->remote.sin6_port };
    if (!limiter_take(&thread->unknown_addresses, &key, sizeof key, thread->now_us) ||
        !limiter_take(&thread->unknown_hosts, &key.host, sizeof key.host, thread->now_us) ||
        !bucket_take(&thread->unknown_all, thread->now_us)) {
        thread->totals.unknown_over_limit++;
        return;
    }
    if (!try_own(thread, path, bytes))
        report_unknown(thread, path, bytes);
}
