// SPDX-License-Identifier: BSD-3-Clause
//
// What hosts may do, with the clock moved by hand: coming too often, keeping connections waiting,
// guessing passwords; and a table that many hosts pass through.
#include "control/control_int.h"
#include "test.h"

#include <arpa/inet.h>
#include <stdlib.h>

static struct config config;

static struct server *server_new_plain(void)
{
    config = (struct config){ .autoban_attempts = 3,
                              .autoban_timeframe_s = 60,
                              .autoban_time_s = 100,
                              .is_autoban_counting_successful = true,
                              .connections_per_host = 2 };
    struct server *server = calloc(1, sizeof(*server));
    assert_non_null(server);
    server->config = &config;
    server->now_us = SECONDS(1000);
    return server;
}

static void server_end(struct server *server)
{
    hosts_free(server);
    free(server);
}

static struct sockaddr_in6 peer_of(const char *text)
{
    struct sockaddr_in6 peer = { .sin6_family = AF_INET6 };
    assert_int_equal(inet_pton(AF_INET6, text, &peer.sin6_addr), 1);
    return peer;
}

static bool admit(struct server *server, const char *text)
{
    struct sockaddr_in6 peer = peer_of(text);
    return hosts_admit(server, &peer);
}

static void test_autoban(void **state)
{
    (void)state;
    static const struct {
        unsigned after_s; // the row before
        const char *from;
        bool is_welcome;
    } rows[] = {
        { 0, "::ffff:10.0.0.1", true },
        { 0, "::ffff:10.0.0.1", true },
        { 0, "::ffff:10.0.0.1", true },
        { 0, "::ffff:10.0.0.1", false }, // the fourth within a minute
        { 0, "::ffff:10.0.0.2", true },
        { 99, "::ffff:10.0.0.1", false },
        { 1, "::ffff:10.0.0.1", true }, // over
        { 0, "2001:db8::1", true },
        { 0, "2001:db8::2", true },
        { 0, "2001:db8::3:4", true },
        { 0, "2001:db8::5", false }, // one /64 is one host
        { 0, "2001:db8:0:1::5", true },
        { 0, "::ffff:10.0.0.3", true },
        { 30, "::ffff:10.0.0.3", true },
        { 31, "::ffff:10.0.0.3", true },
        { 30, "::ffff:10.0.0.3", true }, // two a minute, for ever
        { 31, "::ffff:10.0.0.3", true },
        { 30, "::ffff:10.0.0.3", true },
    };
    struct server *server = server_new_plain();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        server->now_us += SECONDS(rows[i].after_s);
        if (admit(server, rows[i].from) != rows[i].is_welcome)
            fail_msg("row %zu: %s", i, rows[i].from);
    }
    for (unsigned i = 0; i < 100; i++)
        assert_true(admit(server, "::ffff:127.0.0.1") && admit(server, "::1"));
    server_end(server);
}

static void test_autoban_is_off(void **state)
{
    (void)state;
    struct server *server = server_new_plain();
    for (unsigned k = 0; k < 2; k++) {
        config.autoban_attempts = k == 0 ? 0 : 3;
        config.autoban_timeframe_s = k == 0 ? 60 : 0;
        for (unsigned i = 0; i < 50; i++)
            assert_true(admit(server, "::ffff:10.0.0.1"));
    }
    server_end(server);
}

static void test_successes_forgive(void **state)
{
    (void)state;
    struct server *server = server_new_plain();
    struct conn conn = { .server = server, .peer = peer_of("::ffff:10.0.0.1") };
    config.is_autoban_counting_successful = false;
    for (unsigned i = 0; i < 50; i++) {
        assert_true(hosts_admit(server, &conn.peer));
        hosts_logged_in(&conn);
    }
    config.is_autoban_counting_successful = true;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(hosts_admit(server, &conn.peer));
        hosts_logged_in(&conn);
    }
    assert_false(hosts_admit(server, &conn.peer));
    server_end(server);
}

static void test_waiting_connections(void **state)
{
    (void)state;
    struct server *server = server_new_plain();
    struct conn conns[2] = { { .server = server, .peer = peer_of("::ffff:10.0.0.1") },
                             { .server = server, .peer = peer_of("::ffff:10.0.0.1") } };
    config.autoban_attempts = 0;
    hosts_arrived(&conns[0]);
    assert_true(hosts_admit(server, &conns[0].peer));
    hosts_arrived(&conns[1]);
    assert_false(hosts_admit(server, &conns[0].peer));
    assert_true(admit(server, "::ffff:10.0.0.2"));
    hosts_settled(&conns[0]);
    assert_true(hosts_admit(server, &conns[0].peer));
    hosts_settled(&conns[1]);
    hosts_settled(&conns[1]); // never below zero
    assert_true(hosts_admit(server, &conns[0].peer));
    server_end(server);
}

// Seconds that the host waits after each further wrong password, tried again as soon as it may.
static void test_guessing_gets_slow(void **state)
{
    (void)state;
    static const unsigned waits_s[] = { 0, 0, 0, 0, 0, 1, 2, 4, 8, 8, 16, 8 };
    struct server *server = server_new_plain();
    struct conn conn = { .server = server, .peer = peer_of("::ffff:127.0.0.1") };
    for (size_t i = 0; i < ARRAY_LEN(waits_s); i++) {
        hosts_wrong_password(&conn);
        unsigned wait_s = hosts_brake_s(&conn);
        if (wait_s != waits_s[i])
            fail_msg("after %zu: %u s", i + 1, wait_s);
        server->now_us += SECONDS(waits_s[i]);
        assert_int_equal(hosts_brake_s(&conn), 0);
    }
    server->now_us += SECONDS(1000);
    hosts_wrong_password(&conn);
    assert_int_equal(hosts_brake_s(&conn), 0); // forgotten
    server_end(server);
}

static void test_many_hosts(void **state)
{
    (void)state;
    struct server *server = server_new_plain();
    struct conn guesser = { .server = server, .peer = peer_of("::ffff:10.0.0.1") };
    struct conn waiting = { .server = server, .peer = peer_of("::ffff:10.0.0.2") };
    for (unsigned i = 0; i < 12; i++)
        hosts_wrong_password(&guesser);
    hosts_arrived(&waiting);
    hosts_arrived(&waiting);
    for (uint32_t i = 0; i < 200000; i++) {
        struct sockaddr_in6 peer = peer_of("2001:db8::");
        peer.sin6_addr.s6_addr[5] = (uint8_t)(i >> 16);
        peer.sin6_addr.s6_addr[6] = (uint8_t)(i >> 8);
        peer.sin6_addr.s6_addr[7] = (uint8_t)i;
        server->now_us++;
        assert_true(hosts_admit(server, &peer));
    }
    assert_int_not_equal(hosts_brake_s(&guesser), 0);
    assert_false(hosts_admit(server, &waiting.peer));
    server_end(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_autoban),
        cmocka_unit_test(test_autoban_is_off),
        cmocka_unit_test(test_successes_forgive),
        cmocka_unit_test(test_waiting_connections),
        cmocka_unit_test(test_guessing_gets_slow),
        cmocka_unit_test(test_many_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
