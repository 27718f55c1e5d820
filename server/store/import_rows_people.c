// SPDX-License-Identifier: BSD-3-Clause
// Rows of people, bans and settings.
#include "store/import_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- people -----------------------------------------------------------------------------------

#define ITERATIONS_MOST 10000000 // more would take minutes to compare

static void read_password(struct import *import, sqlite3_stmt *row, struct import_person *person)
{
    struct password *password = &person->is.password;
    int64_t iterations = sqlite3_column_int64(row, 4);
    bool is_sound;
    if (column_is_null(row, 2) || sqlite3_column_bytes(row, 2) == 0)
        return;
    if (iterations > 0)
        is_sound = iterations <= ITERATIONS_MOST && column_hex(row, 2, password->hash, 96) &&
                   column_hex(row, 3, password->salt, 16);
    else
        is_sound = column_hex(row, 2, password->hash, 40);
    password->iterations = is_sound && iterations > 0 ? (uint32_t)iterations : 0;
    if (is_sound)
        return;
    *password = (struct password){ 0 };
    import_note(import, NOTE_LEFT_OUT, "person %d: the password's hash is in no known form",
                person->is.id);
}

static void read_texture(struct import *import, sqlite3_stmt *row, struct import_person *person)
{
    const void *bytes = sqlite3_column_blob(row, 6);
    size_t len = (size_t)sqlite3_column_bytes(row, 6);
    if (bytes == NULL || len == 0)
        return;
    if (len > IMPORT_TEXT_MAX_BYTES) {
        import_note(import, NOTE_LEFT_OUT, "person %d: a picture of %zu bytes", person->is.id, len);
        return;
    }
    person->texture = malloc(len);
    if (person->texture == NULL) {
        import->is_out_of_memory = true;
        return;
    }
    memcpy(person->texture, bytes, len);
    person->texture_len = len;
}

// user_id, name, pw, salt, iterations, lastchannel, texture, last_active, last_disconnect; by
// user_id
int import_read_person(struct import *import, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    if (column_is_null(row, 0) || id < 0 || id > REGISTERED_ID_MAX) {
        import_note(import, NOTE_LEFT_OUT, "person %lld: nobody can have this number",
                    (long long)id);
        return 0;
    }
    if (import_find_person(import, id) != NULL) {
        import_note(import, NOTE_LEFT_OUT, "person %lld: is there twice; the first stays",
                    (long long)id);
        return 0;
    }
    if (!import_has_room(import, import->n_people, IMPORT_PEOPLE_MAX, "people"))
        return -1;
    struct import_person *person =
        import_grow(import, &import->people, &import->n_people, sizeof *person);
    if (person == NULL)
        return -1;
    person->is.id = (int32_t)id;
    person->is.name = import_text(import, row, 1, "person", id);
    person->last_channel = column_is_null(row, 5) ? -1 : sqlite3_column_int64(row, 5);
    person->is.last_active_s = column_time(row, 7);
    person->is.last_disconnect_s = column_time(row, 8);
    read_password(import, row, person);
    read_texture(import, row, person);
    return import->is_out_of_memory ? -1 : 0;
}

static void read_certificate(struct import *import, sqlite3_stmt *row, struct import_person *person)
{
    char hash[CERT_HASH_BYTES];
    if (column_is_null(row, 2) || sqlite3_column_bytes(row, 2) == 0)
        return;
    if (!column_hex(row, 2, hash, CERT_HASH_BYTES - 1)) {
        import_note(import, NOTE_LEFT_OUT, "person %d: the certificate's hash is none",
                    person->is.id);
        return;
    }
    free(person->is.certs);
    person->is.certs = malloc(sizeof *person->is.certs);
    person->is.n_certs = person->is.certs != NULL;
    import->is_out_of_memory |= person->is.certs == NULL;
    if (person->is.certs != NULL)
        memcpy(person->is.certs[0], hash, sizeof hash);
}

// user_id, key, value
int import_read_person_info(struct import *import, sqlite3_stmt *row)
{
    struct import_person *person = import_find_person(import, sqlite3_column_int64(row, 0));
    if (person == NULL) {
        import_note(import, NOTE_LEFT_OUT, "a property of person %lld, who is not there",
                    (long long)sqlite3_column_int64(row, 0));
        return 0;
    }
    switch (sqlite3_column_int(row, 1)) {
    case 1:
        free(person->is.email);
        person->is.email = import_optional_text(import, row, 2, "person", person->is.id);
        break;
    case 2:
        free(person->comment);
        person->comment = import_optional_text(import, row, 2, "person", person->is.id);
        break;
    case 3:
        read_certificate(import, row, person);
        break;
    case 0: // name, password, last seen: in the table of people since 1.2
    case 4:
    case 5:
    case 6:
        break;
    default:
        import_note(import, NOTE_LEFT_OUT, "person %d: property %d is not known", person->is.id,
                    sqlite3_column_int(row, 1));
    }
    return import->is_out_of_memory ? -1 : 0;
}

// user_id, channel_id, volume, enabled
int import_read_listening(struct import *import, sqlite3_stmt *row)
{
    struct import_person *person = import_find_person(import, sqlite3_column_int64(row, 0));
    struct import_channel *channel = import_find_channel(import, sqlite3_column_int64(row, 1));
    if (person == NULL || channel == NULL || person->n_listening >= MODEL_LISTENING_MAX) {
        import_note(import, NOTE_LEFT_OUT, "the listening of person %lld to channel %lld",
                    (long long)sqlite3_column_int64(row, 0),
                    (long long)sqlite3_column_int64(row, 1));
        return 0;
    }
    struct listening *listening =
        import_grow(import, &person->listening, &person->n_listening, sizeof *listening);
    if (listening == NULL)
        return -1;
    double volume = column_is_null(row, 2) ? 1 : sqlite3_column_double(row, 2);
    bool is_sound = isfinite(volume) && volume >= 0 && volume <= 1000;
    if (!is_sound)
        import_note(import, NOTE_REPAIRED, "person %d: the volume of channel %u is 1",
                    person->is.id, channel->id);
    *listening =
        (struct listening){ .channel = channel->id,
                            .volume = is_sound ? (float)volume : 1,
                            .is_on = column_is_null(row, 3) || sqlite3_column_int(row, 3) != 0 };
    return 0;
}

// ---- bans, settings ---------------------------------------------------------------------------

static bool read_address(sqlite3_stmt *row, uint8_t out[16])
{
    int len = sqlite3_column_bytes(row, 0);
    if (sqlite3_column_type(row, 0) == SQLITE_BLOB) {
        const void *bytes = sqlite3_column_blob(row, 0);
        if (bytes != NULL && len == 16)
            memcpy(out, bytes, 16);
        return len == 16;
    }
    const char *text = (const char *)sqlite3_column_text(row, 0); // "0000:…:ffff:7f00:0001"
    if (text == NULL || len != 39)
        return len == 0;
    for (int i = 0; i < 16; i++) {
        const char *at = text + 2 * i + i / 2;
        char digits[3] = { at[0], at[1], '\0' };
        char *end = NULL;
        out[i] = (uint8_t)strtoul(digits, &end, 16);
        if (end != digits + 2 || at[0] == '+' || at[0] == '-' || at[0] == ' ')
            return false;
    }
    return true;
}

// address, mask, name, hash, reason, start, duration
int import_read_ban(struct import *import, sqlite3_stmt *row)
{
    int64_t n = (int64_t)import->n_bans + 1;
    if (!import_has_room(import, import->n_bans, BANS_MAX, "bans"))
        return -1;
    struct ban *ban = import_grow(import, &import->bans, &import->n_bans, sizeof *ban);
    if (ban == NULL)
        return -1;
    int64_t mask = sqlite3_column_int64(row, 1), duration_s = sqlite3_column_int64(row, 6);
    if (!read_address(row, ban->address)) {
        memset(ban->address, 0, sizeof ban->address);
        import_note(import, NOTE_REPAIRED, "ban %lld: has no sound address", (long long)n);
    }
    if (mask < 0 || mask > 128)
        import_note(import, NOTE_REPAIRED, "ban %lld: the mask was %lld and is 128", (long long)n,
                    (long long)mask);
    ban->mask_bits = mask < 0 || mask > 128 ? 128 : (uint8_t)mask;
    ban->name = import_text(import, row, 2, "ban", n);
    if (!column_is_null(row, 3) && sqlite3_column_bytes(row, 3) > 0 &&
        !column_hex(row, 3, ban->hash, CERT_HASH_BYTES - 1)) {
        ban->hash[0] = '\0';
        import_note(import, NOTE_REPAIRED, "ban %lld: the certificate's hash is none",
                    (long long)n);
    }
    ban->reason = import_text(import, row, 4, "ban", n);
    ban->start_s = column_time(row, 5);
    ban->duration_s = duration_s < 0 ? 0 : duration_s > UINT32_MAX ? 0 : (uint32_t)duration_s;
    if (ban->start_s == 0 && ban->duration_s != 0) {
        import_note(import, NOTE_REPAIRED, "ban %lld: when it began is not known; it has no end",
                    (long long)n);
        ban->duration_s = 0;
    }
    return 0;
}

// key, value
int import_read_setting(struct import *import, sqlite3_stmt *row)
{
    if (!import_has_room(import, import->n_settings, 10000, "settings"))
        return -1;
    struct import_setting *setting =
        import_grow(import, &import->settings, &import->n_settings, sizeof *setting);
    if (setting == NULL)
        return -1;
    setting->key = import_text(import, row, 0, "setting", (int64_t)import->n_settings);
    setting->value = import_text(import, row, 1, "setting", (int64_t)import->n_settings);
    return 0;
}

int import_read_log_count(struct import *import, sqlite3_stmt *row)
{
    import->n_log_lines = sqlite3_column_int64(row, 0);
    return 0;
}
