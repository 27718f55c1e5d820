// SPDX-License-Identifier: BSD-3-Clause
//
// The table of addresses against a plain list, over many random changes; and the limits per key.
#include "voice/voice_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_SESSIONS 100
#define N_ADDRESSES 120 // more than fit: addresses change hands
#define N_STEPS 200000

static struct sockaddr_in6 address_number(unsigned i)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = (in_port_t)(i % 7),
                                    .sin6_scope_id = i % 3 };
    address.sin6_addr.s6_addr[15] = (uint8_t)(i / 2);
    address.sin6_addr.s6_addr[0] = (uint8_t)i;
    return address;
}

static void table_agrees_with_a_list(void **state)
{
    (void)state;
    struct address_table table;
    unsigned address_of[N_SESSIONS]; // 0: none
    uint32_t session_of[N_ADDRESSES + 1], seed = 1;
    memset(address_of, 0, sizeof address_of);
    memset(session_of, 0xFF, sizeof session_of);
    assert_true(address_table_init(&table, N_SESSIONS));
    for (unsigned step = 0; step < N_STEPS; step++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t session = (seed >> 8) % N_SESSIONS;
        unsigned number = 1 + (seed >> 16) % N_ADDRESSES;
        const struct sockaddr_in6 address = address_number(number);
        assert_int_equal(address_find(&table, &address), session_of[number]);
        bool is_drop = seed >> 30 == 0;
        uint32_t before = session_of[number];
        if (address_of[session] != 0)
            session_of[address_of[session]] = VOICE_NONE;
        address_of[session] = 0;
        if (is_drop) {
            address_drop(&table, session);
            continue;
        }
        uint32_t displaced = address_set(&table, session, &address, 3);
        assert_int_equal(displaced, before == session ? VOICE_NONE : before);
        if (before != VOICE_NONE)
            address_of[before] = 0;
        session_of[number] = session;
        address_of[session] = number;
        assert_int_equal(table.of_session[session].owner, 3);
    }
    for (unsigned number = 1; number <= N_ADDRESSES; number++) {
        const struct sockaddr_in6 address = address_number(number);
        assert_int_equal(address_find(&table, &address), session_of[number]);
    }
    address_table_clear(&table);
}

static void limiter_holds_per_key(void **state)
{
    (void)state;
    struct limiter *limiter = calloc(1, sizeof *limiter);
    assert_non_null(limiter);
    limiter_init(limiter, 10, SECONDS(1));
    unsigned n_taken = 0;
    for (unsigned i = 0; i < 100; i++)
        n_taken += limiter_take(limiter, "net a", 5, SECONDS(1));
    assert_int_equal(n_taken, 10);
    for (unsigned i = 0; i < 10; i++) // another key is not touched (but for 1 run in 1,024)
        n_taken += limiter_take(limiter, "net b", 5, SECONDS(1));
    assert_in_range(n_taken, 10, 20);
    for (unsigned i = 0; i < 100; i++)
        n_taken += limiter_take(limiter, "net a", 5, SECONDS(2));
    assert_in_range(n_taken, 20, 30);
    free(limiter);
}

static void hash_depends_on_seed_and_all_bytes(void **state)
{
    (void)state;
    uint8_t bytes[24] = { 0 };
    uint64_t first = hash_bytes(1, bytes, sizeof bytes);
    assert_true(first != hash_bytes(2, bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 1;
        assert_true(first != hash_bytes(1, bytes, sizeof bytes));
        bytes[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_agrees_with_a_list),
        cmocka_unit_test(limiter_holds_per_key),
        cmocka_unit_test(hash_depends_on_seed_and_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
