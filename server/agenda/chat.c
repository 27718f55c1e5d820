// SPDX-License-Identifier: BSD-3-Clause
//
// The conversation: a ring of the newest messages, the oldest first. Numbers follow each other, so
// a message is found by its distance from the oldest.
#include "agenda/agenda_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define UNKEPT_MAX 20 // remembered for translations where no history is kept

struct kept {
    uint32_t session;
    int64_t at_s;
    uint8_t lang;
    char *name, *text; // one piece of memory, which begins with the name
    char *translations[AGENDA_LANGS_MAX];
    size_t bytes; // of all of them
};
struct chat {
    uint32_t newest; // number; 0: none yet
    bool is_empty;   // nobody is in the meeting, since then
    uint64_t emptied_us;
    size_t first, n, bytes; // of the ring, of all texts
    struct kept ring[AGENDA_CHAT_MAX];
};

static struct kept *kept_at(struct chat *chat, size_t index)
{
    return &chat->ring[(chat->first + index) % AGENDA_CHAT_MAX];
}

// By number; NULL: not remembered.
static struct kept *kept_find(struct chat *chat, uint32_t number)
{
    if (chat == NULL || number > chat->newest || chat->newest - number >= chat->n)
        return NULL;
    return kept_at(chat, chat->n - 1 - (chat->newest - number));
}

static void drop_oldest(struct chat *chat)
{
    struct kept *oldest = kept_at(chat, 0);
    chat->bytes -= oldest->bytes;
    free(oldest->name);
    for (size_t i = 0; i < AGENDA_LANGS_MAX; i++)
        free(oldest->translations[i]);
    *oldest = (struct kept){ 0 };
    chat->first = (chat->first + 1) % AGENDA_CHAT_MAX;
    chat->n--;
}

void chat_free(struct chat *chat)
{
    while (chat != NULL && chat->n > 0)
        drop_oldest(chat);
    free(chat);
}

int agenda_chat_add(struct agenda *agenda, uint32_t session, const char *name, uint8_t lang,
                    const char *text, int64_t at_s, bool is_kept)
{
    assert(lang < agenda->n_langs);
    size_t name_bytes = strlen(name) + 1, text_bytes = strlen(text) + 1;
    size_t bytes = name_bytes + text_bytes;
    if (text_bytes - 1 > AGENDA_MESSAGE_BYTES || name_bytes - 1 > AGENDA_MESSAGE_BYTES)
        return AGENDA_E_FULL;
    if (agenda->chat == NULL && (agenda->chat = calloc(1, sizeof(*agenda->chat))) == NULL)
        return AGENDA_E_MEMORY;
    struct chat *chat = agenda->chat;
    char *both = malloc(bytes);
    if (both == NULL)
        return AGENDA_E_MEMORY;
    memcpy(both, name, name_bytes);
    memcpy(both + name_bytes, text, text_bytes);
    size_t n_max = is_kept ? AGENDA_CHAT_MAX : UNKEPT_MAX;
    while (chat->n > 0 && (chat->n >= n_max || chat->bytes + bytes > AGENDA_CHAT_BYTES))
        drop_oldest(chat);
    *kept_at(chat, chat->n) = (struct kept){ .session = session,
                                             .at_s = at_s,
                                             .lang = lang,
                                             .name = both,
                                             .text = both + name_bytes,
                                             .bytes = bytes };
    chat->n++;
    chat->bytes += bytes;
    return (int)++chat->newest;
}

int agenda_chat_translate(struct agenda *agenda, uint32_t number, uint8_t lang, const char *text)
{
    assert(lang < agenda->n_langs);
    struct chat *chat = agenda->chat;
    struct kept *kept = kept_find(chat, number);
    size_t bytes = strlen(text) + 1;
    if (kept == NULL)
        return AGENDA_E_UNKNOWN;
    char *old = kept->translations[lang];
    size_t old_bytes = old != NULL ? strlen(old) + 1 : 0, newer_bytes = 0;
    for (size_t i = chat->n; kept_at(chat, --i) != kept;)
        newer_bytes += kept_at(chat, i)->bytes;
    if (bytes - 1 > AGENDA_MESSAGE_BYTES ||
        newer_bytes + kept->bytes - old_bytes + bytes > AGENDA_CHAT_BYTES)
        return AGENDA_E_FULL;
    char *copy = malloc(bytes);
    if (copy == NULL)
        return AGENDA_E_MEMORY;
    memcpy(copy, text, bytes);
    free(old);
    kept->translations[lang] = copy;
    kept->bytes += bytes - old_bytes;
    chat->bytes += bytes - old_bytes;
    while (chat->bytes > AGENDA_CHAT_BYTES) // older ones: they were counted above
        drop_oldest(chat);
    return 0;
}

bool agenda_chat_get(const struct agenda *agenda, uint32_t number, struct chat_message *out)
{
    const struct kept *kept = kept_find(agenda->chat, number);
    if (kept == NULL)
        return false;
    *out = (struct chat_message){ .number = number,
                                  .session = kept->session,
                                  .at_s = kept->at_s,
                                  .name = kept->name,
                                  .text = kept->text,
                                  .lang = kept->lang };
    for (size_t i = 0; i < AGENDA_LANGS_MAX; i++)
        out->translations[i] = kept->translations[i];
    return true;
}

uint32_t agenda_chat_newest(const struct agenda *agenda)
{
    return agenda->chat != NULL ? agenda->chat->newest : 0;
}

uint32_t agenda_chat_oldest(const struct agenda *agenda)
{
    const struct chat *chat = agenda->chat;
    return chat != NULL && chat->n > 0 ? chat->newest - (uint32_t)chat->n + 1 : 0;
}

void agenda_chat_emptied(struct agenda *agenda, uint64_t now_us)
{
    if (agenda->chat == NULL)
        return;
    agenda->chat->is_empty = true;
    agenda->chat->emptied_us = now_us;
}

void agenda_chat_entered(struct agenda *agenda)
{
    if (agenda->chat != NULL)
        agenda->chat->is_empty = false;
}

bool agenda_chat_end_if_over(struct agenda *agenda, uint64_t now_us)
{
    const struct chat *chat = agenda->chat;
    if (chat == NULL || !chat->is_empty || now_us - chat->emptied_us < AGENDA_CHAT_OVER_US)
        return false;
    chat_free(agenda->chat);
    agenda->chat = NULL;
    return true;
}
