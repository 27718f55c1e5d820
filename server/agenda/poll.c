// SPDX-License-Identifier: BSD-3-Clause
//
// A straw poll: counts for all, and who chose what only while it is open.
#include "agenda/agenda_int.h"

#include <stdlib.h>
#include <string.h>

struct vote {
    uint64_t voter;
    uint8_t answer;
};
struct poll {
    bool is_open;
    uint8_t n_answers;
    uint32_t originals; // a bit a language in which it was asked
    char *texts[AGENDA_LANGS_MAX][1 + AGENDA_POLL_ANSWERS_MAX]; // NULL: as in the first language
    struct vote *votes;
    size_t n_votes, cap;
    uint32_t counts[AGENDA_POLL_ANSWERS_MAX];
};

static void texts_clear(char **texts)
{
    for (size_t i = 0; i < 1 + AGENDA_POLL_ANSWERS_MAX; i++) {
        free(texts[i]);
        texts[i] = NULL;
    }
}

void poll_free(struct poll *poll)
{
    if (poll == NULL)
        return;
    for (size_t lang = 0; lang < AGENDA_LANGS_MAX; lang++)
        texts_clear(poll->texts[lang]);
    free(poll->votes);
    free(poll);
}

// All or none.
static int texts_copy(char **out, const char *const *texts, uint8_t n_answers)
{
    char *copy[1 + AGENDA_POLL_ANSWERS_MAX] = { NULL };
    int error = 0;
    for (size_t i = 0; i <= n_answers && error == 0; i++) {
        if (texts[i] == NULL)
            continue;
        if (strlen(texts[i]) > AGENDA_TEXT_BYTES)
            error = AGENDA_E_FULL;
        else if ((copy[i] = strdup(texts[i])) == NULL)
            error = AGENDA_E_MEMORY;
    }
    if (error != 0) {
        texts_clear(copy);
        return error;
    }
    texts_clear(out);
    memcpy(out, copy, sizeof(copy));
    return 0;
}

int agenda_poll_open(struct agenda *agenda, const char *const *texts, uint8_t n_answers)
{
    if (n_answers == 0 || n_answers > AGENDA_POLL_ANSWERS_MAX)
        return AGENDA_E_FULL;
    struct poll *poll = calloc(1, sizeof(*poll));
    if (poll == NULL)
        return AGENDA_E_MEMORY;
    poll->is_open = true;
    poll->n_answers = n_answers;
    for (size_t lang = 0; lang < agenda->n_langs; lang++) {
        int error = texts_copy(poll->texts[lang], &texts[lang * (1u + n_answers)], n_answers);
        if (error != 0) {
            poll_free(poll);
            return error;
        }
        poll->originals |= poll->texts[lang][0] != NULL ? 1u << lang : 0;
    }
    poll_free(agenda->poll);
    agenda->poll = poll;
    return 0;
}

int agenda_poll_translate(struct agenda *agenda, uint8_t lang, const char *const *texts,
                          uint8_t n_answers)
{
    if (agenda->poll == NULL)
        return AGENDA_E_NO_POLL;
    if (lang >= agenda->n_langs || n_answers != agenda->poll->n_answers)
        return AGENDA_E_UNKNOWN;
    return texts_copy(agenda->poll->texts[lang], texts, n_answers);
}

static struct vote *vote_of(struct poll *poll, uint64_t voter)
{
    for (size_t i = 0; i < poll->n_votes; i++)
        if (poll->votes[i].voter == voter)
            return &poll->votes[i];
    return NULL;
}

static int vote_add(struct poll *poll, uint64_t voter, uint8_t answer)
{
    if (poll->n_votes == AGENDA_PEOPLE_MAX)
        return AGENDA_E_FULL;
    if (poll->n_votes == poll->cap) {
        size_t cap = poll->cap != 0 ? 2 * poll->cap : 64;
        struct vote *votes = realloc(poll->votes, cap * sizeof(*votes));
        if (votes == NULL)
            return AGENDA_E_MEMORY;
        poll->votes = votes;
        poll->cap = cap;
    }
    poll->votes[poll->n_votes++] = (struct vote){ voter, answer };
    poll->counts[answer]++;
    return 0;
}

int agenda_poll_vote(struct agenda *agenda, uint64_t voter, uint8_t answer)
{
    struct poll *poll = agenda->poll;
    if (poll == NULL || !poll->is_open)
        return AGENDA_E_NO_POLL;
    if (answer >= poll->n_answers)
        return AGENDA_E_UNKNOWN;
    struct vote *vote = vote_of(poll, voter);
    if (vote == NULL)
        return vote_add(poll, voter, answer);
    if (vote->answer == answer)
        return AGENDA_E_ALREADY;
    poll->counts[vote->answer]--;
    poll->counts[answer]++;
    vote->answer = answer;
    return 0;
}

// In that language, else in the first that has it.
static const char *text_in(const struct poll *poll, uint8_t lang, size_t index)
{
    if (lang < AGENDA_LANGS_MAX && poll->texts[lang][index] != NULL)
        return poll->texts[lang][index];
    for (size_t i = 0; i < AGENDA_LANGS_MAX; i++)
        if (poll->texts[i][index] != NULL)
            return poll->texts[i][index];
    return "";
}

bool agenda_poll_view(const struct agenda *agenda, uint8_t lang, struct poll_view *out)
{
    const struct poll *poll = agenda->poll;
    *out = (struct poll_view){ .is_open = false };
    if (poll == NULL)
        return false;
    out->is_open = poll->is_open;
    out->n_answers = poll->n_answers;
    out->is_translated = lang < AGENDA_LANGS_MAX && poll->texts[lang][0] != NULL;
    out->is_original = lang < AGENDA_LANGS_MAX && (poll->originals >> lang & 1) != 0;
    out->question = text_in(poll, lang, 0);
    for (uint8_t i = 0; i < poll->n_answers; i++) {
        out->answers[i] = text_in(poll, lang, 1u + i);
        out->counts[i] = poll->counts[i];
        out->n_votes += poll->counts[i];
    }
    return true;
}

int agenda_poll_close(struct agenda *agenda)
{
    struct poll *poll = agenda->poll;
    if (poll == NULL || !poll->is_open)
        return AGENDA_E_NO_POLL;
    poll->is_open = false;
    free(poll->votes);
    poll->votes = NULL;
    poll->n_votes = poll->cap = 0;
    return 0;
}
