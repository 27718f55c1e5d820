// SPDX-License-Identifier: BSD-3-Clause
#include "store/import_int.h"

#include "base/base.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void *import_grow(struct import *import, void *array, size_t *n, size_t element_bytes)
{
    void **place = array;
    if ((*n & (*n - 1)) == 0) { // full at 0, 1, 2, 4, 8 …
        size_t n_new = *n == 0 ? 1 : 2 * *n;
        void *grown = realloc(*place, n_new * element_bytes);
        if (grown == NULL) {
            import->is_out_of_memory = true;
            return NULL;
        }
        *place = grown;
    }
    char *element = (char *)*place + *n * element_bytes;
    memset(element, 0, element_bytes);
    ++*n;
    return element;
}

static char *format_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static char *format_text(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len >= 0 ? malloc((size_t)len + 1) : NULL;
    if (text != NULL)
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

char *import_format(struct import *import, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    import->is_out_of_memory |= text == NULL;
    return text;
}

// Names are strangers' work: nothing in them may move a terminal's cursor.
static void make_printable(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    }
}

void import_note(struct import *import, enum import_note_kind kind, const char *format, ...)
{
    if (import->n_notes >= IMPORT_NOTES_MAX) {
        import->n_notes_unkept[kind]++;
        return;
    }
    struct import_note *note = import_grow(import, &import->notes, &import->n_notes, sizeof *note);
    if (note == NULL)
        return;
    va_list args;
    va_start(args, format);
    note->text = format_text(format, args);
    va_end(args);
    note->kind = kind;
    if (note->text == NULL)
        import->is_out_of_memory = true;
    else
        make_printable(note->text);
}

int import_refuse(struct import *import, const char *format, ...)
{
    char reason[STORE_ERROR_BYTES - 300];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    make_printable(reason);
    if (!import->is_refused)
        (void)snprintf(import->error, sizeof import->error, "%.280s: %s", import->path, reason);
    import->is_refused = true;
    return -1;
}

struct import_channel *import_find_channel(const struct import *import, int64_t id)
{
    size_t low = 0, high = import->n_channels;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (import->channels[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < import->n_channels && import->channels[low].id == id ? &import->channels[low]
                                                                      : NULL;
}

struct import_person *import_find_person(const struct import *import, int64_t id)
{
    size_t low = 0, high = import->n_people;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (import->people[middle].is.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < import->n_people && import->people[low].is.id == id ? &import->people[low] : NULL;
}

void import_channel_clear(struct import_channel *channel)
{
    free(channel->name);
    free(channel->description);
    for (size_t i = 0; i < channel->n_entries; i++)
        free(channel->entries[i].group);
    for (size_t i = 0; i < channel->n_groups; i++) {
        free(channel->groups[i].name);
        free(channel->groups[i].add);
        free(channel->groups[i].remove);
    }
    free(channel->entries);
    free(channel->groups);
    free(channel->links);
}

void import_person_clear(struct import_person *person)
{
    OPENSSL_cleanse(&person->is.password, sizeof person->is.password);
    free(person->is.name);
    free(person->is.email);
    free(person->is.certs);
    free(person->comment);
    free(person->texture);
    free(person->listening);
}

static void free_secret(char *text)
{
    if (text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void import_free(struct import *import)
{
    if (import == NULL)
        return;
    for (size_t i = 0; i < import->n_channels; i++)
        import_channel_clear(&import->channels[i]);
    for (size_t i = 0; i < import->n_people; i++)
        import_person_clear(&import->people[i]);
    for (size_t i = 0; i < import->n_bans; i++) {
        free(import->bans[i].name);
        free(import->bans[i].reason);
    }
    for (size_t i = 0; i < import->n_settings; i++) {
        free(import->settings[i].key);
        free_secret(import->settings[i].value);
    }
    for (size_t i = 0; i < import->n_notes; i++)
        free(import->notes[i].text);
    free(import->channels);
    free(import->people);
    free(import->bans);
    free(import->settings);
    free(import->group_refs);
    free(import->notes);
    free_secret(import->key);
    free_secret(import->passphrase);
    free(import->certificate);
    free(import->certificate_name);
    free(import->path);
    free(import);
}

static int check(struct import *import)
{
    return import_check_settings(import) != 0 || import_check_channels(import) != 0 ||
                   import_check_people(import) != 0 || import_check_rights(import) != 0 ||
                   import_check_bans(import) != 0
               ? -1
               : 0;
}

struct import *import_read(const struct import_request *request, char error[STORE_ERROR_BYTES])
{
    struct import_file file;
    struct import *import = calloc(1, sizeof *import);
    error[0] = '\0';
    if (import == NULL || (import->path = str_dup(request->path)) == NULL) {
        (void)snprintf(error, STORE_ERROR_BYTES, "%.280s: out of memory", request->path);
        free(import);
        return NULL;
    }
    import->server_id = request->server_id;
    import->port = request->port;
    int result = import_open(&file, request->path, error);
    if (result == 0)
        result = import_read_rows(import, &file);
    import_close(&file);
    if (result == 0)
        result = check(import);
    if (result == 0 && !import->is_out_of_memory)
        return import;
    if (import->is_out_of_memory)
        (void)snprintf(error, STORE_ERROR_BYTES, "%.280s: out of memory", request->path);
    else if (import->is_refused)
        (void)snprintf(error, STORE_ERROR_BYTES, "%s", import->error);
    import_free(import);
    return NULL;
}
