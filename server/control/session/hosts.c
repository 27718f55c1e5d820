// SPDX-License-Identifier: BSD-3-Clause
//
// What each host did lately: how often it came (autoban), how many of its connections have not
// logged in, how many passwords it got wrong. A host is an IPv4 address or an IPv6 /64. The table
// has a fixed size; when a place is needed, the host that was quiet longest is forgotten, never one
// that has connections open or is being refused while there is another choice.
//
// This machine itself is no host in the first two senses: behind a proxy or tunnel on it stands
// everybody.
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>

#define HOSTS (1u << HOSTS_BITS)
#define PROBES 8 // places that one host may have

struct host {
    uint8_t key[16];
    uint64_t seen_us; // 0: nobody
    uint32_t n_unready;
    uint64_t window_us; // of the attempts counted now; those of the window before fade out
    uint32_t n_attempts, n_before;
    uint64_t refused_until_us;
    uint32_t n_wrong; // passwords, those forgotten since wrong_us taken off
    uint64_t wrong_us, braked_until_us;
};
struct autoban {
    uint64_t secret[3]; // so that nobody can choose whom to share places with
    struct host hosts[HOSTS];
};

static void key_of(const struct sockaddr_in6 *peer, uint8_t key[16])
{
    memcpy(key, &peer->sin6_addr, 16);
    if (!IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr))
        memset(key + 8, 0, 8);
}

static bool is_this_machine(const struct sockaddr_in6 *peer)
{
    static const uint8_t local_v4[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
    return IN6_IS_ADDR_LOOPBACK(&peer->sin6_addr) || memcmp(&peer->sin6_addr, local_v4, 16) == 0;
}

static uint64_t stir(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 29;
    x *= UINT64_C(0x9e3779b97f4a7c15);
    return x ^ (x >> 32);
}

static bool is_worth_keeping(const struct host *host, uint64_t now_us)
{
    return host->n_unready > 0 || host->refused_until_us > now_us || host->braked_until_us > now_us;
}

// A place of the key's own, perhaps taken from another. NULL: memory.
static struct host *host_of(struct server *server, const struct sockaddr_in6 *peer)
{
    struct autoban *autoban = server->autoban;
    if (autoban == NULL) {
        autoban = server->autoban = calloc(1, sizeof(*autoban));
        if (autoban == NULL)
            return NULL;
        random_bytes(autoban->secret, sizeof(autoban->secret));
    }
    uint8_t key[16];
    uint64_t words[2];
    key_of(peer, key);
    memcpy(words, key, sizeof(words));
    uint64_t hash = stir(stir(words[0] ^ autoban->secret[0]) + (words[1] ^ autoban->secret[1])) ^
                    autoban->secret[2];
    struct host *oldest = NULL;
    for (uint32_t i = 0; i < PROBES; i++) {
        struct host *host = &autoban->hosts[(hash + i) % HOSTS];
        if (host->seen_us != 0 && memcmp(host->key, key, sizeof(key)) == 0) {
            host->seen_us = server->now_us;
            return host;
        }
        bool is_kept = is_worth_keeping(host, server->now_us);
        bool is_oldest_kept = oldest != NULL && is_worth_keeping(oldest, server->now_us);
        if (oldest == NULL || (is_oldest_kept && !is_kept) ||
            (is_oldest_kept == is_kept && host->seen_us < oldest->seen_us))
            oldest = host;
    }
    uint64_t now_us = server->now_us;
    *oldest = (struct host){ .seen_us = now_us, .window_us = now_us, .wrong_us = now_us };
    memcpy(oldest->key, key, sizeof(key));
    return oldest;
}

// ---- autoban ----------------------------------------------------------------------------------

// Attempts within the last span, the older window's by the part of it that still counts.
static bool is_too_often(struct host *host, uint64_t now_us, uint64_t span_us, uint32_t limit)
{
    uint64_t age_us = now_us - host->window_us;
    if (age_us >= span_us) {
        host->n_before = age_us < 2 * span_us ? host->n_attempts : 0;
        host->n_attempts = 0;
        host->window_us = age_us < 2 * span_us ? host->window_us + span_us : now_us;
        age_us = now_us - host->window_us;
    }
    host->n_attempts++;
    uint64_t fading = (uint64_t)host->n_before * (span_us - age_us) / span_us;
    return host->n_attempts + fading > limit;
}

static bool is_autobanned(struct server *server, struct host *host)
{
    const struct config *config = server->config;
    if (config->autoban_attempts == 0 || config->autoban_timeframe_s == 0)
        return false;
    if (host->refused_until_us > server->now_us)
        return true;
    if (!is_too_often(host, server->now_us, SECONDS(config->autoban_timeframe_s),
                      config->autoban_attempts))
        return false;
    host->refused_until_us = server->now_us + SECONDS(config->autoban_time_s);
    host->n_attempts = host->n_before = 0;
    log_warn("control", "host refused for a while", "reason=\"too many attempts\" seconds=%u",
             config->autoban_time_s);
    return true;
}

bool hosts_admit(struct server *server, const struct sockaddr_in6 *peer)
{
    if (is_this_machine(peer))
        return true;
    struct host *host = host_of(server, peer);
    if (host == NULL)
        return true;
    if (is_autobanned(server, host))
        return false;
    return host->n_unready < server->config->connections_per_host;
}

void hosts_logged_in(struct conn *conn)
{
    struct server *server = conn->server;
    if (server->config->is_autoban_counting_successful || is_this_machine(&conn->peer))
        return;
    struct host *host = host_of(server, &conn->peer);
    if (host != NULL)
        host->n_attempts = host->n_before = 0;
}

// ---- connections that have not logged in ------------------------------------------------------

void hosts_arrived(struct conn *conn)
{
    struct host *host = is_this_machine(&conn->peer) ? NULL : host_of(conn->server, &conn->peer);
    if (host != NULL)
        host->n_unready++;
}

// Its place may have been another's meanwhile; then there is nothing to count down.
void hosts_settled(struct conn *conn)
{
    struct host *host = is_this_machine(&conn->peer) ? NULL : host_of(conn->server, &conn->peer);
    if (host != NULL && host->n_unready > 0)
        host->n_unready--;
}

// ---- passwords --------------------------------------------------------------------------------

unsigned hosts_brake_s(struct conn *conn)
{
    struct host *host = host_of(conn->server, &conn->peer);
    uint64_t now_us = conn->server->now_us;
    if (host == NULL || host->braked_until_us <= now_us)
        return 0;
    return (unsigned)((host->braked_until_us - now_us + 999999) / 1000000);
}

// A wrong password is forgotten every HOST_WRONG_EVERY_S; with more than a few at a time, the host
// waits a second, then two, four ... A right one changes nothing: else guessers would log in
// between as themselves.
void hosts_wrong_password(struct conn *conn)
{
    uint64_t now_us = conn->server->now_us, every_us = SECONDS(HOST_WRONG_EVERY_S);
    struct host *host = host_of(conn->server, &conn->peer);
    if (host == NULL)
        return;
    uint64_t forgotten = (now_us - host->wrong_us) / every_us;
    host->wrong_us += forgotten * every_us;
    host->n_wrong -= forgotten < host->n_wrong ? (uint32_t)forgotten : host->n_wrong;
    host->n_wrong++;
    if (host->n_wrong <= HOST_WRONG_PASSWORDS)
        return;
    uint32_t doublings = host->n_wrong - HOST_WRONG_PASSWORDS - 1;
    uint64_t wait_s = doublings < 6 ? UINT64_C(1) << doublings : HOST_BRAKE_MAX_S;
    host->braked_until_us = now_us + SECONDS(wait_s);
    log_warn("control", "passwords refused for a while", "seconds=%u", (unsigned)wait_s);
}

void hosts_free(struct server *server)
{
    free(server->autoban);
    server->autoban = NULL;
}
