// SPDX-License-Identifier: BSD-3-Clause
// Registered people and bans.
#include "model_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- people ----

static void test_ids_and_names(void **state)
{
    (void)state;
    struct model *model = tree_model();
    assert_null(registry_next(model, -1));
    assert_int_equal(registry_add(model, MODEL_GUEST, "Ana")->id, 1); // 0 is the SuperUser's
    struct registered *super = registry_add(model, MODEL_SUPERUSER, "SuperUser");
    assert_non_null(super);
    assert_int_equal(super->last_channel, MODEL_NONE);
    assert_int_equal(registry_add(model, 40, "José")->id, 40);
    assert_int_equal(registry_add(model, MODEL_GUEST, "Bea")->id, 41);
    assert_int_equal(registry_add(model, 7, "caro")->id, 7);
    static const struct {
        int32_t id;
        const char *name;
    } refused[] = { { 7, "Dora" },
                    { MODEL_GUEST, "ANA" },
                    { MODEL_GUEST, "JOSÉ" },
                    { 50, "superuser" },
                    { MODEL_GUEST, "" },
                    { -2, "Eva" },
                    { REGISTERED_ID_MAX + 1, "Eva" } };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (registry_add(model, refused[i].id, refused[i].name) != NULL)
            fail_msg("row %zu was added", i);
    static const int32_t ids[] = { 0, 1, 7, 40, 41 };
    size_t n = 0;
    for (const struct registered *at = registry_next(model, -1); at != NULL;
         at = registry_next(model, at->id))
        assert_int_equal(at->id, ids[n++]);
    assert_int_equal(n, ARRAY_LEN(ids));
    assert_int_equal(registry_next(model, 8)->id, 40);
    assert_null(registry_next(model, INT32_MAX));
    assert_string_equal(registry_by_name(model, "josÉ")->name, "José");
    assert_null(registry_by_name(model, "Jose"));
    assert_null(registry_find(model, 2));
    assert_null(registry_find(model, MODEL_GUEST));
    // At the highest id the gaps are used.
    assert_non_null(registry_add(model, REGISTERED_ID_MAX, "Last"));
    assert_int_equal(registry_add(model, MODEL_GUEST, "Fe")->id, 2);
    model_free(model);
}

static void test_renaming_people(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct registered *ana = registry_add(model, MODEL_GUEST, "Ana"),
                      *bea = registry_add(model, MODEL_GUEST, "Bea");
    assert_int_equal(registry_rename(model, ana, "BEA"), MODEL_E_NAME);
    assert_int_equal(registry_rename(model, ana, ""), MODEL_E_NAME);
    assert_int_equal(registry_rename(model, ana, "ANA"), 0); // one's own in another case
    assert_string_equal(ana->name, "ANA");
    assert_int_equal(registry_rename(model, bea, "Caro"), 0);
    assert_null(registry_by_name(model, "bea"));
    assert_ptr_equal(registry_by_name(model, "caro"), bea);
    assert_int_equal(registry_rename(model, ana, "bea"), 0); // free now
    model_free(model);
}

static void test_certificates(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct registered *ana = registry_add(model, MODEL_GUEST, "Ana"),
                      *bea = registry_add(model, MODEL_GUEST, "Bea");
    char hash[48];
    assert_null(registry_by_cert(model, ""));
    assert_int_equal(registry_cert_add(model, ana, ""), MODEL_E_UNKNOWN); // nobody's
    memset(hash, 'a', 41);
    hash[41] = '\0';
    assert_int_equal(registry_cert_add(model, ana, hash), MODEL_E_UNKNOWN); // too long
    for (int i = 0; i < REGISTERED_CERTS_MAX; i++) {
        snprintf(hash, sizeof(hash), "%040x", i);
        assert_int_equal(registry_cert_add(model, ana, hash), 0);
        assert_int_equal(registry_cert_add(model, ana, hash), 0); // already theirs
        assert_int_equal(registry_cert_add(model, bea, hash), MODEL_E_TAKEN);
        assert_ptr_equal(registry_by_cert(model, hash), ana);
    }
    assert_int_equal(ana->n_certs, REGISTERED_CERTS_MAX);
    snprintf(hash, sizeof(hash), "%040x", 99);
    assert_int_equal(registry_cert_add(model, ana, hash), MODEL_E_LIMIT);
    assert_null(registry_by_cert(model, hash));
    snprintf(hash, sizeof(hash), "%040x", 3);
    registry_cert_remove(model, bea, hash); // not hers: nothing
    assert_ptr_equal(registry_by_cert(model, hash), ana);
    registry_cert_remove(model, ana, hash);
    assert_null(registry_by_cert(model, hash));
    assert_int_equal(ana->n_certs, REGISTERED_CERTS_MAX - 1);
    assert_int_equal(registry_cert_add(model, bea, hash), 0);
    // Those that came after the removed one are still found, and still listed.
    for (uint32_t i = 0; i < ana->n_certs; i++)
        assert_ptr_equal(registry_by_cert(model, ana->certs[i]), ana);
    registry_remove(model, ana->id);
    snprintf(hash, sizeof(hash), "%040x", 4);
    assert_null(registry_by_cert(model, hash));
    model_free(model);
}

static void test_addresses_and_leaving(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct registered *ana = registry_add(model, 5, "Ana"), *bea = registry_add(model, 3, "Bea");
    assert_true(registry_set_email(ana, "a@example.org"));
    assert_ptr_equal(registry_by_email(model, "a@example.org"), ana);
    assert_null(registry_by_email(model, "A@example.org"));
    assert_null(registry_by_email(model, "a@example"));
    assert_true(registry_set_email(bea, "a@example.org"));
    assert_ptr_equal(registry_by_email(model, "a@example.org"), bea); // the lower id
    assert_true(registry_set_email(bea, "b@example.org"));
    assert_ptr_equal(registry_by_email(model, "a@example.org"), ana);
    assert_true(registry_set_email(ana, NULL));
    assert_null(ana->email);
    assert_null(registry_by_email(model, "a@example.org"));
    registry_remove(model, 99);
    registry_remove(model, 3);
    assert_null(registry_by_email(model, "b@example.org"));
    assert_null(registry_by_name(model, "Bea"));
    assert_ptr_equal(registry_find(model, 5), ana);
    assert_non_null(registry_add(model, MODEL_SUPERUSER, "SuperUser"));
    registry_remove(model, MODEL_SUPERUSER); // never
    assert_non_null(registry_find(model, MODEL_SUPERUSER));
    registry_remove(model, 5);
    assert_int_equal(registry_add(model, MODEL_GUEST, "Caro")->id, 1);
    model_free(model);
}

// Each is found among many, in whatever order they came and went.
static void test_many_people(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct model *model = tree_model();
    char text[64];
    for (int32_t i = 0; i < MANY; i++) {
        int32_t id = (int32_t)((uint32_t)i * 7919u % MANY);
        snprintf(text, sizeof(text), "Persona %d", id);
        struct registered *person = registry_add(model, id, text);
        assert_non_null(person);
        snprintf(text, sizeof(text), "%040x", id);
        assert_int_equal(registry_cert_add(model, person, text), 0);
    }
    for (int32_t id = 1; id < MANY; id += 2)
        registry_remove(model, id);
    for (int32_t id = 0; id < MANY; id++) {
        snprintf(text, sizeof(text), "PERSONA %d", id);
        const struct registered *found = registry_find(model, id);
        assert_int_equal(found != NULL, id % 2 == 0);
        assert_ptr_equal(registry_by_name(model, text), found);
        snprintf(text, sizeof(text), "%040x", id);
        assert_ptr_equal(registry_by_cert(model, text), found);
    }
    model_free(model);
}

// ---- bans ----

static void address_of(uint8_t out[16], const char *hex)
{
    for (size_t i = 0; i < 16; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
}

#define V4 "00000000000000000000ffff"
#define NO_ADDRESS "00000000000000000000000000000000"

static const struct {
    const char *base;
    uint8_t mask_bits;
    const char *hash;
    const char *address, *cert;
    bool expected;
} ban_rows[] = {
    // IPv4 as murmur writes it: /n is n + 96
    { V4 "c0000201", 128, "", V4 "c0000201", "", true },
    { V4 "c0000201", 128, "", V4 "c0000202", "", false },
    { V4 "c0000200", 120, "", V4 "c00002ff", "", true },
    { V4 "c0000200", 120, "", V4 "c0000300", "", false },
    { V4 "c0000200", 127, "", V4 "c0000201", "", true },
    { V4 "c0000200", 127, "", V4 "c0000202", "", false },
    { V4 "c0000200", 121, "", V4 "c000027f", "", true },
    { V4 "c0000200", 121, "", V4 "c0000280", "", false },
    { V4 "80000000", 97, "", V4 "ff000001", "", true },
    { V4 "80000000", 97, "", V4 "7f000001", "", false },
    { V4 "00000000", 96, "", V4 "7f000001", "", true }, // all of IPv4
    { V4 "00000000", 96, "", "20010db8000000000000000000000001", "", false },
    { V4 "0a800000", 105, "", V4 "0affffff", "", true }, // 10.128/9
    { V4 "0a800000", 105, "", V4 "0a7fffff", "", false },
    // bits beyond the mask do not matter
    { V4 "c00002aa", 120, "", V4 "c0000255", "", true },
    // IPv6
    { "20010db8000000000000000000000000", 32, "", "20010db8ffff00000000000000000001", "", true },
    { "20010db8000000000000000000000000", 33, "", "20010db87fff00000000000000000001", "", true },
    { "20010db8000000000000000000000000", 33, "", "20010db8800000000000000000000001", "", false },
    { "20010db8000000000000000000000000", 9, "", "207f0000000000000000000000000001", "", true },
    { "20010db8000000000000000000000000", 9, "", "20800000000000000000000000000001", "", false },
    { "20010db8000000000000000000000000", 1, "", "7f000000000000000000000000000000", "", true },
    { "20010db8000000000000000000000000", 1, "", "80000000000000000000000000000000", "", false },
    { "20010db8000000000000000000000000", 0, "", "ff000000000000000000000000000000", "", true },
    { "20010db8000000000000000000000001", 200, "", "20010db8000000000000000000000001", "", true },
    { "20010db8000000000000000000000001", 200, "", "20010db8000000000000000000000000", "", false },
    // certificates
    { V4 "c0000201", 128, "ab", V4 "c0000202", "ab", true },
    { V4 "c0000201", 128, "ab", V4 "c0000202", "cd", false },
    { V4 "c0000201", 128, "ab", V4 "c0000201", "cd", true },
    { V4 "c0000201", 128, "ab", V4 "c0000201", "", true },
    { V4 "c0000201", 128, "ab", V4 "c0000202", "", false },
    { V4 "c0000201", 128, "", V4 "c0000202", "", false }, // none is not equal to none
    { NO_ADDRESS, 128, "ab", V4 "c0000202", "ab", true },
    { NO_ADDRESS, 0, "ab", V4 "c0000202", "cd", false }, // no address: not everybody
    { NO_ADDRESS, 0, "", V4 "c0000202", "", false },
    { NO_ADDRESS, 128, "", NO_ADDRESS, "", false },
};

static void test_who_is_banned(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ban_rows); i++) {
        struct model *model = tree_model();
        struct ban ban = { .mask_bits = ban_rows[i].mask_bits };
        uint8_t address[16];
        address_of(ban.address, ban_rows[i].base);
        address_of(address, ban_rows[i].address);
        strcpy(ban.hash, ban_rows[i].hash);
        assert_int_equal(bans_add(model, &ban), 0);
        if ((bans_find(model, address, ban_rows[i].cert, 1000) != NULL) != ban_rows[i].expected)
            fail_msg("row %zu: %s/%u against %s", i, ban_rows[i].base, ban_rows[i].mask_bits,
                     ban_rows[i].address);
        model_free(model);
    }
}

static void test_how_long(void **state)
{
    (void)state;
    static const struct {
        int64_t start_s;
        uint32_t duration_s;
        int64_t now_s;
        bool is_banned;
    } rows[] = {
        { 1000, 0, 1000, true },
        { 1000, 0, INT64_MAX, true },
        { 1000, 10, 1009, true },
        { 1000, 10, 1010, false },
        { 1000, 10, 999, true }, // the clock was set back: not over
        { 0, UINT32_MAX, 5000, true },
        { INT64_MIN, 10, INT64_MAX, false },
        { INT64_MAX, UINT32_MAX, 5, true },
    };
    uint8_t address[16];
    address_of(address, V4 "c0000201");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct model *model = tree_model();
        struct ban ban = { .mask_bits = 128,
                           .start_s = rows[i].start_s,
                           .duration_s = rows[i].duration_s };
        memcpy(ban.address, address, sizeof(address));
        assert_int_equal(bans_replace(model, &ban, 1), 0);
        if ((bans_find(model, address, "", rows[i].now_s) != NULL) != rows[i].is_banned)
            fail_msg("row %zu", i);
        assert_int_equal(bans_purge(model, rows[i].now_s), !rows[i].is_banned);
        assert_int_equal(bans_at(model, 0) != NULL, rows[i].is_banned);
        assert_false(bans_purge(model, rows[i].now_s));
        model_free(model);
    }
}

static void test_lists_of_bans(void **state)
{
    (void)state;
    struct model *model = tree_model();
    char name[] = "Eva", reason[] = "shouting";
    struct ban bans[3] = { { .mask_bits = 128, .name = name, .reason = reason },
                           { .mask_bits = 64, .duration_s = 5 },
                           { .mask_bits = 200 } };
    assert_int_equal(bans_replace(model, bans, 3), 0);
    name[0] = reason[0] = 'x'; // copies
    assert_string_equal(bans_at(model, 0)->name, "Eva");
    assert_string_equal(bans_at(model, 0)->reason, "shouting");
    assert_string_equal(bans_at(model, 1)->name, ""); // rather than NULL
    assert_string_equal(bans_at(model, 1)->reason, "");
    assert_int_equal(bans_at(model, 2)->mask_bits, 128);
    assert_null(bans_at(model, 3));
    assert_true(bans_purge(model, 1000));
    assert_int_equal(bans_at(model, 1)->mask_bits, 128); // the order is kept
    assert_null(bans_at(model, 2));
    assert_int_equal(bans_add(model, &bans[1]), 0);
    assert_int_equal(bans_at(model, 2)->mask_bits, 64);
    struct ban *many = calloc(BANS_MAX + 1, sizeof(*many));
    assert_int_equal(bans_replace(model, many, BANS_MAX + 1), MODEL_E_LIMIT);
    assert_non_null(bans_at(model, 2));
    assert_int_equal(bans_replace(model, many, BANS_MAX), 0);
    assert_int_equal(bans_add(model, many), MODEL_E_LIMIT);
    assert_int_equal(bans_replace(model, NULL, 0), 0);
    assert_null(bans_at(model, 0));
    free(many);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_and_names), cmocka_unit_test(test_renaming_people),
        cmocka_unit_test(test_certificates),  cmocka_unit_test(test_addresses_and_leaving),
        cmocka_unit_test(test_many_people),   cmocka_unit_test(test_who_is_banned),
        cmocka_unit_test(test_how_long),      cmocka_unit_test(test_lists_of_bans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
