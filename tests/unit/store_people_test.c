// SPDX-License-Identifier: BSD-3-Clause
// Registered people, their ears, comments and pictures, bans and configuration: round trips, and
// what goes when somebody is removed. Old passwords.
#include "base/base.h"

#include "store_place.h"

static char ana[] = "Ana", beto[] = "Beto", mail[] = "ana@example.org";
static char one_cert[][CERT_HASH_BYTES] = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
static char two_certs[][CERT_HASH_BYTES] = { "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                                             "cccccccccccccccccccccccccccccccccccccccc" };

static struct registered person_one(void)
{
    struct registered person = { .id = 1,
                                 .name = ana,
                                 .email = mail,
                                 .n_certs = 2,
                                 .certs = two_certs,
                                 .password = { .salt = "0011223344556677",
                                               .iterations = 4000000000u },
                                 .last_channel = 3,
                                 .last_active_s = 1700000000,
                                 .last_disconnect_s = 5000000000 };
    memset(person.password.hash, 'a', 96);
    return person;
}

static struct registered person_two(void)
{
    return (struct registered){ .id = 2,
                                .name = beto,
                                .n_certs = 1,
                                .certs = one_cert,
                                .password = { .hash = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8" },
                                .last_channel = 99 }; // which is not kept
}

static void put_channel(struct store *store, uint32_t id)
{
    const struct store_channel channel = { .id = id, .name = "c", .is_inheriting = true };
    assert_int_equal(store_channel_put(store, &channel), 0);
}

static void put_people(struct store *store)
{
    const struct registered one = person_one(), two = person_two();
    put_channel(store, 3);
    assert_int_equal(store_user_put(store, &one), 0);
    assert_int_equal(store_user_put(store, &one), 0);
    assert_int_equal(store_user_put(store, &two), 0);
}

static struct model *load(struct store *store)
{
    const struct model_limits limits = { .users = 10, .nesting = 10 };
    struct model *model = model_new(&limits, "Root");
    assert_non_null(model);
    assert_int_equal(store_load_people(store, model), 0);
    return model;
}

// ---- people ------------------------------------------------------------------------------------

static void assert_people(const struct model *model)
{
    const struct registered *one = registry_find(model, 1), *two = registry_find(model, 2);
    const struct registered want = person_one();
    assert_non_null(one);
    assert_non_null(two);
    assert_string_equal(one->name, "Ana");
    assert_string_equal(one->email, mail);
    assert_int_equal(one->n_certs, 2);
    assert_ptr_equal(registry_by_cert(model, two_certs[0]), one);
    assert_ptr_equal(registry_by_cert(model, two_certs[1]), one);
    assert_memory_equal(&one->password, &want.password, sizeof want.password);
    assert_int_equal(one->last_channel, 3);
    assert_int_equal(one->last_active_s, 1700000000);
    assert_int_equal(one->last_disconnect_s, 5000000000);
    assert_string_equal(two->name, "Beto");
    assert_null(two->email);
    assert_int_equal(two->n_certs, 1);
    assert_int_equal(two->last_channel, MODEL_NONE);
    assert_int_equal(two->last_active_s, 0);
    assert_true(password_matches("password", &two->password));
}

static void test_people(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_people(store);
    store_close(store);
    store = open_well(place->file);
    struct model *model = load(store);
    assert_people(model);
    assert_null(registry_find(model, 0)); // nobody has set the SuperUser's password
    assert_null(registry_next(model, 2));
    model_free(model);

    // Renamed, with other certificates and no password; the name's old owner took it along.
    struct registered two = person_two(), one = person_one();
    static char casa[] = "Casa", other_case[] = "BETO";
    two.name = casa;
    two.n_certs = 0;
    two.password.hash[0] = '\0';
    one.name = other_case;
    assert_int_equal(store_user_put(store, &two), 0);
    assert_int_equal(store_user_put(store, &one), 0);
    model = load(store);
    assert_string_equal(registry_find(model, 1)->name, "BETO");
    assert_string_equal(registry_find(model, 2)->name, "Casa");
    assert_int_equal(registry_find(model, 2)->n_certs, 0);
    assert_string_equal(registry_find(model, 2)->password.hash, "");
    model_free(model);
    store_close(store);
}

static void test_a_name_or_certificate_has_one_owner(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    put_people(store);
    struct registered thief = { .id = 7, .name = beto, .last_channel = MODEL_NONE };
    assert_int_equal(store_user_put(store, &thief), -1);
    assert_true(store_is_failure_of_content(store));
    static char eva[] = "Eva";
    thief.name = eva;
    thief.n_certs = 1;
    thief.certs = one_cert;
    assert_int_equal(store_user_put(store, &thief), -1);
    struct model *model = load(store);
    assert_people(model);
    assert_null(registry_find(model, 7)); // not even in part
    model_free(model);
    store_close(store);
}

static void test_superuser(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    struct password password;
    assert_true(password_hash("secret", &password));
    assert_int_equal(store_password_put(store, 0, "SuperUser", &password), 0);
    assert_int_equal(store_user_comment_put(store, 0, "hello"), 0);
    assert_true(password_hash("other", &password));
    assert_int_equal(store_password_put(store, 0, "Ignored", &password), 0); // the name stays
    assert_int_equal(store_user_remove(store, 0), -1);
    assert_string_equal(store_last_error(store), "the SuperUser cannot be removed");
    struct model *model = load(store);
    const struct registered *person = registry_find(model, 0);
    assert_non_null(person);
    assert_string_equal(person->name, "SuperUser");
    assert_true(password_matches("other", &person->password));
    char *comment = store_user_comment_get(store, 0);
    assert_string_equal(comment, "hello");
    free(comment);
    model_free(model);
    store_close(store);
}

static int count_ears(void *context, const struct listening *ears)
{
    size_t *n = context;
    ++*n;
    assert_int_equal(ears->channel, 3);
    assert_true(ears->volume == 0.25f);
    assert_false(ears->is_on);
    return 0;
}

static void test_what_a_person_has(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    static const uint8_t picture[] = { 0, 1, 2, 0, 255 };
    struct listening ears = { .channel = 3, .volume = 1.5f, .is_on = true };
    size_t len = 9, n = 0;
    put_people(store);
    assert_null(store_user_comment_get(store, 1));
    assert_null(store_user_texture_get(store, 1, &len));
    assert_int_equal(len, 0);
    assert_int_equal(store_user_comment_put(store, 1, "<b>ñ</b>"), 0);
    assert_int_equal(store_user_texture_put(store, 1, picture, sizeof picture), 0);
    const struct registered one = person_one();
    assert_int_equal(store_user_put(store, &one), 0); // leaves both alone
    assert_int_equal(store_listening_put(store, 1, &ears), 0);
    ears = (struct listening){ .channel = 3, .volume = 0.25f, .is_on = false };
    assert_int_equal(store_listening_put(store, 1, &ears), 0);
    ears.channel = 99; // not kept
    assert_int_equal(store_listening_put(store, 1, &ears), 0);
    ears.channel = 3;
    assert_int_equal(store_listening_put(store, 77, &ears), 0); // nobody
    store_close(store);

    store = open_well(place->file);
    char *comment = store_user_comment_get(store, 1);
    assert_string_equal(comment, "<b>ñ</b>");
    free(comment);
    uint8_t *found = store_user_texture_get(store, 1, &len);
    assert_int_equal(len, sizeof picture);
    assert_memory_equal(found, picture, len);
    free(found);
    assert_int_equal(store_listening_each(store, 1, count_ears, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(store_user_comment_put(store, 1, ""), 0);
    assert_int_equal(store_user_texture_put(store, 1, NULL, 0), 0);
    assert_null(store_user_comment_get(store, 1));
    assert_null(store_user_texture_get(store, 1, &len));
    store_close(store);
}

static void test_removing(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    const struct listening ears = { .channel = 3, .volume = 1, .is_on = true };
    put_people(store);
    assert_int_equal(store_listening_put(store, 1, &ears), 0);
    assert_int_equal(store_listening_put(store, 2, &ears), 0);
    assert_int_equal(store_user_remove(store, 1), 0);
    assert_int_equal(store_user_remove(store, 1), 0); // again: nothing
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM user_certs"), 1);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM listenings"), 1);
    const struct registered one = person_one();
    assert_int_equal(store_user_put(store, &one), 0); // the certificates are free again
    assert_int_equal(store_channel_remove(store, 3), 0);
    assert_int_equal(read_number(place->file, "SELECT count(*) FROM listenings"), 0);
    assert_int_equal(
        read_number(place->file, "SELECT count(*) FROM users WHERE last_channel IS NOT NULL"), 0);
    store_close(store);
}

// Rows of another hand: each is left out or made to fit, and logged.
static void test_foreign_rows(void **state)
{
    const struct store_place *place = *state;
    struct store *store = open_well(place->file);
    put_people(store);
    store_close(store);
    run_sql(place->file,
            "PRAGMA foreign_keys = OFF;"
            "INSERT INTO users (user_id, name) VALUES (3, 'Ñandú'), (4, 'ñANDÚ'), (5, ''),"
            "  (2000000000, 'far');"
            "UPDATE users SET kdf_iterations = -5 WHERE user_id = 2;"
            "INSERT INTO user_certs VALUES ('dddddddddddddddddddddddddddddddddddddddd', 555);");
    log_set_level(LOG_ERROR);
    store = open_well(place->file);
    struct model *model = load(store);
    log_set_level(LOG_INFO);
    assert_people(model);
    assert_string_equal(registry_find(model, 3)->name, "Ñandú");
    assert_string_equal(registry_find(model, 4)->name, "ñANDÚ#4");
    assert_null(registry_find(model, 5));
    assert_null(registry_find(model, 2000000000));
    assert_null(registry_by_cert(model, "dddddddddddddddddddddddddddddddddddddddd"));
    model_free(model);
    store_close(store);
}

// ---- bans, configuration -----------------------------------------------------------------------

static void test_bans(void **state)
{
    const struct store_place *place = *state;
    static char reason[] = "ruido", none[] = "";
    const struct ban bans[] = {
        { .address = { [10] = 0xFF, 0xFF, 192, 0, 2, 7 },
          .mask_bits = 120,
          .name = ana,
          .reason = reason,
          .start_s = 1700000000,
          .duration_s = 4000000000u },
        { .mask_bits = 0,
          .hash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          .name = none,
          .reason = none },
    };
    struct store *store = open_well(place->file);
    assert_int_equal(store_bans_put(store, bans, 1), 0);
    assert_int_equal(store_bans_put(store, bans, 2), 0); // all are replaced
    store_close(store);
    store = open_well(place->file);
    struct model *model = load(store);
    for (size_t i = 0; i < 2; i++) {
        const struct ban *ban = bans_at(model, i);
        assert_non_null(ban);
        assert_memory_equal(ban->address, bans[i].address, 16);
        assert_int_equal(ban->mask_bits, bans[i].mask_bits);
        assert_string_equal(ban->hash, bans[i].hash);
        assert_string_equal(ban->name, bans[i].name);
        assert_string_equal(ban->reason, bans[i].reason);
        assert_int_equal(ban->start_s, bans[i].start_s);
        assert_int_equal(ban->duration_s, bans[i].duration_s);
    }
    assert_null(bans_at(model, 2));
    model_free(model);
    assert_int_equal(store_bans_put(store, NULL, 0), 0);
    model = load(store);
    assert_null(bans_at(model, 0));
    model_free(model);
    store_close(store);
}

static int note_config(void *context, const char *key, const char *value)
{
    struct buffer *text = context;
    bool is_noted = buffer_add(text, key, strlen(key)) && buffer_add(text, "=", 1) &&
                    buffer_add(text, value, strlen(value)) && buffer_add(text, ";", 1);
    return is_noted ? 0 : -1;
}

static void test_config(void **state)
{
    const struct store_place *place = *state;
    static const char expected[] = "bandwidth=9000;welcometext=;";
    struct buffer text;
    buffer_init(&text, 100);
    struct store *store = open_well(place->file);
    assert_int_equal(store_config_put(store, "welcometext", "old"), 0);
    assert_int_equal(store_config_put(store, "welcometext", ""), 0);
    assert_int_equal(store_config_put(store, "bandwidth", "9000"), 0);
    assert_int_equal(store_config_put(store, "gone", "x"), 0);
    assert_int_equal(store_config_put(store, "gone", NULL), 0);
    assert_int_equal(store_config_put(store, "never", NULL), 0);
    store_close(store);
    store = open_well(place->file);
    assert_int_equal(store_config_each(store, note_config, &text), 0);
    assert_int_equal(text.len, sizeof expected - 1);
    assert_memory_equal(text.data, expected, text.len);
    buffer_clear(&text);
    store_close(store);
}

// ---- old passwords -----------------------------------------------------------------------------

static void test_legacy_passwords(void **state)
{
    (void)state;
    // SHA-1 of UTF-8, as printf 'contraseña' | sha1sum gives it.
    static const struct {
        const char *password, *hash;
        bool matches;
    } rows[] = {
        { "password", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", true },
        { "contraseña", "8c31b65bdecdc9f18b695d7318186fd1feed690d", true },
        { "", "da39a3ee5e6b4b0d3255bfef95601890afd80709", true },
        { "passwore", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", false },
        { "password", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd9", false },
        { "password", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd", false },
        { "password", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd88", false },
        { "password", "5baa61e4c9b93f3f0682250b6cf8331b7ee68fdx", false },
        { "", "", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct password stored = { .salt = "" };
        (void)snprintf(stored.hash, sizeof stored.hash, "%s", rows[i].hash);
        if (password_matches(rows[i].password, &stored) != rows[i].matches)
            fail_msg("row %zu", i);
        assert_false(password_is_current(&stored));
    }
    struct password fresh;
    assert_true(password_hash("x", &fresh));
    assert_true(password_is_current(&fresh));
    fresh.iterations++;
    assert_false(password_is_current(&fresh));
}

static int note_name(void *context, const char *name, const struct store_usage *usage)
{
    char *names = context;
    assert_true(usage->voice_out > 0);
    (void)snprintf(names + strlen(names), 64 - strlen(names), "%s,", name);
    return 0;
}

static void test_usage(void **state)
{
    (void)state;
    struct store *store = open_well(":memory:");
    const struct registered people[] = { { .id = 3, .name = (char *)"Ana" },
                                         { .id = 4, .name = (char *)"Beto" } };
    for (size_t i = 0; i < ARRAY_LEN(people); i++)
        assert_int_equal(store_user_put(store, &people[i]), 0);
    const struct store_usage rows[] = { { STORE_USAGE_ALL, 10, 20, 30, 40 },
                                        { 3, 1, 2, 3, 4 },
                                        { 4, 5, 60, 7, 8 },
                                        { 99, 1, 1, 1, 1 } }; // is not registered any more
    assert_int_equal(store_usage_add(store, 202611, rows, ARRAY_LEN(rows)), 0);
    assert_int_equal(store_usage_add(store, 202611, rows, 2), 0);
    assert_int_equal(store_usage_add(store, 202612, rows, 1), 0);
    struct store_usage got;
    assert_int_equal(store_usage_get(store, 202611, 3, &got), 0);
    assert_memory_equal(&got, &((struct store_usage){ 3, 2, 4, 6, 8 }), sizeof got);
    assert_int_equal(store_usage_get(store, 202611, STORE_USAGE_ALL, &got), 0);
    assert_int_equal(got.control_out, 80);
    assert_int_equal(store_usage_get(store, 202612, 3, &got), 0);
    assert_int_equal(got.voice_in, 0);
    char names[64] = "";
    assert_int_equal(store_usage_each(store, 202611, note_name, names), 0);
    assert_string_equal(names, "Beto,Ana,");
    assert_int_equal(store_user_remove(store, 4), 0); // and what is kept of them
    names[0] = '\0';
    assert_int_equal(store_usage_each(store, 202611, note_name, names), 0);
    assert_string_equal(names, "Ana,");
    assert_int_equal(store_usage_add(store, 202812, rows, 1), 0); // two years later
    assert_int_equal(store_usage_get(store, 202611, STORE_USAGE_ALL, &got), 0);
    assert_int_equal(got.voice_in, 0);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_PLACE(test_people),
        cmocka_unit_test(test_a_name_or_certificate_has_one_owner),
        cmocka_unit_test(test_superuser),
        cmocka_unit_test(test_usage),
        AT_PLACE(test_what_a_person_has),
        AT_PLACE(test_removing),
        AT_PLACE(test_foreign_rows),
        AT_PLACE(test_bans),
        AT_PLACE(test_config),
        cmocka_unit_test(test_legacy_passwords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
