// SPDX-License-Identifier: BSD-3-Clause
//
// Which languages a booth works between.
#include "base/config_int.h"

#include <stdio.h>
#include <string.h>

int meeting_find_track(const struct config_meeting *meeting, const char *lang)
{
    for (int i = 0; i < meeting->n_tracks; i++) {
        if (str_equal_fold(meeting->tracks[i].lang, lang))
            return i;
    }
    return -1;
}

const char *meeting_list_tracks(const struct config_meeting *meeting, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < meeting->n_tracks && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? ", " : "",
                                meeting->tracks[i].lang);
    return out;
}

// A booth's languages: en-es, en-es-fr, or en>es for one way. Tags may hold hyphens themselves
// ("pt-BR-es"): the split is one after which all are tracks, else the first of valid tags, so that
// a message can name what is missing.
struct tags {
    char lang[3][LANG_TAG_BYTES];
    int n;
    bool is_one_way;
};

static bool are_tracks(const struct config_meeting *meeting, const struct tags *tags)
{
    for (int i = 0; i < tags->n; i++)
        if (meeting_find_track(meeting, tags->lang[i]) < 0)
            return false;
    return true;
}

static bool are_valid(const struct tags *tags)
{
    for (int i = 0; i < tags->n; i++)
        if (!lang_tag_is_valid(tags->lang[i]))
            return false;
    return true;
}

static bool take_tag(struct tags *tags, const char *from, size_t len)
{
    if (len == 0 || len >= LANG_TAG_BYTES || tags->n == 3)
        return false;
    (void)snprintf(tags->lang[tags->n++], LANG_TAG_BYTES, "%.*s", (int)len, from);
    return true;
}

// With the hyphens at these two places parting; second 0: only the first.
static bool split_at(const char *text, size_t first, size_t second, struct tags *tags)
{
    const size_t len = strlen(text), end = second != 0 ? second : len;
    *tags = (struct tags){ .is_one_way = text[first] == '>' };
    return take_tag(tags, text, first) && take_tag(tags, text + first + 1, end - first - 1) &&
           (second == 0 || (!tags->is_one_way && take_tag(tags, text + second + 1, len - end - 1)));
}

static int n_known(const struct config_meeting *meeting, const struct tags *tags)
{
    int n = 0;
    for (int i = 0; i < tags->n; i++)
        n += meeting_find_track(meeting, tags->lang[i]) >= 0;
    return n;
}

// Is this split better than the best so far? One that leaves nothing unknown ends the search.
static bool consider(const struct config_meeting *meeting, const struct tags *attempt,
                     struct tags *best)
{
    const bool is_better =
        are_valid(attempt) && (best->n == 0 || n_known(meeting, attempt) > n_known(meeting, best));
    if (is_better || are_tracks(meeting, attempt))
        *best = *attempt;
    return are_tracks(meeting, attempt);
}

// False: no such split.
static bool split_booth(const struct config_meeting *meeting, const char *text, struct tags *tags)
{
    const char first = strchr(text, '>') != NULL ? '>' : '-';
    const size_t len = strlen(text);
    struct tags attempt;
    *tags = (struct tags){ 0 };
    for (size_t i = 1; i < len; i++) {
        if (text[i] != first)
            continue;
        if (split_at(text, i, 0, &attempt) && consider(meeting, &attempt, tags))
            return true;
        for (size_t k = i + 1; k < len; k++)
            if (text[k] == '-' && split_at(text, i, k, &attempt) &&
                consider(meeting, &attempt, tags))
                return true;
    }
    return tags->n > 0;
}

const char *config_booth_text(const struct config_meeting *meeting,
                              const struct config_booth *booth, char out[CONFIG_BOOTH_BYTES])
{
    (void)snprintf(out, CONFIG_BOOTH_BYTES, "%s%s%s%s%s", meeting->tracks[booth->lang_a].lang,
                   booth->is_one_way ? ">" : "-", meeting->tracks[booth->lang_b].lang,
                   booth->has_third ? "-" : "",
                   booth->has_third ? meeting->tracks[booth->lang_c].lang : "");
    return out;
}

static unsigned bit(uint8_t track)
{
    return track < CONFIG_LANGS_MAX ? 1u << track : 0;
}

static unsigned languages_of(const struct config_booth *booth)
{
    return bit(booth->lang_a) | bit(booth->lang_b) | (booth->has_third ? bit(booth->lang_c) : 0);
}

// The same languages, and the same way.
static int find_same(const struct config_meeting *meeting, const struct config_booth *wanted)
{
    for (int i = 0; i < meeting->n_booths; i++) {
        const struct config_booth *booth = &meeting->booths[i];
        if (languages_of(booth) == languages_of(wanted) &&
            booth->is_one_way == wanted->is_one_way &&
            (!booth->is_one_way || booth->lang_a == wanted->lang_a))
            return i;
    }
    return -1;
}

// All of them are tracks.
static struct config_booth booth_of_tags(const struct config_meeting *meeting,
                                         const struct tags *tags)
{
    struct config_booth booth = { .has_third = tags->n == 3, .is_one_way = tags->is_one_way };
    booth.lang_a = (uint8_t)meeting_find_track(meeting, tags->lang[0]);
    booth.lang_b = (uint8_t)meeting_find_track(meeting, tags->lang[1]);
    if (booth.has_third)
        booth.lang_c = (uint8_t)meeting_find_track(meeting, tags->lang[2]);
    return booth;
}

int meeting_find_booth(const struct config_meeting *meeting, const char *text)
{
    struct tags tags;
    if (!split_booth(meeting, text, &tags) || !are_tracks(meeting, &tags))
        return -1;
    const struct config_booth wanted = booth_of_tags(meeting, &tags);
    return find_same(meeting, &wanted);
}

static int check_booth(struct reader *reader, const struct ini_entry *entry, const char *text,
                       const struct config_meeting *meeting, const struct tags *tags)
{
    char tracks[160];
    for (int i = 0; i < tags->n; i++)
        if (meeting_find_track(meeting, tags->lang[i]) < 0)
            return fail_entry(reader, entry,
                              "booth \"%s\": \"%s\" is not among the tracks (%s); add it to tracks",
                              text, tags->lang[i],
                              meeting_list_tracks(meeting, tracks, sizeof tracks));
    for (int i = 1; i < tags->n; i++)
        for (int k = 0; k < i; k++)
            if (str_equal_fold(tags->lang[i], tags->lang[k]))
                return fail_entry(
                    reader, entry,
                    "booth \"%s\" has the same language twice; write two, such as en-es", text);
    return 0;
}

int meeting_add_booth(struct reader *reader, const struct ini_entry *entry, const char *text,
                      struct config_meeting *meeting)
{
    struct tags tags;
    char pair[CONFIG_BOOTH_BYTES], name[CONFIG_BOOTH_BYTES + 16];
    if (!split_booth(meeting, text, &tags))
        return fail_entry(reader, entry,
                          "booth \"%s\" is no pair of languages; write one such as en-es", text);
    if (check_booth(reader, entry, text, meeting, &tags) != 0)
        return -1;
    struct config_booth booth = booth_of_tags(meeting, &tags);
    if (find_same(meeting, &booth) >= 0)
        return fail_entry(reader, entry, "booth \"%s\" is there twice; remove one", text);
    if (meeting->n_booths == CONFIG_BOOTHS_MAX)
        return fail_entry(reader, entry, "a meeting has at most %d booths; remove some",
                          CONFIG_BOOTHS_MAX);
    (void)snprintf(name, sizeof name, "Booth %s", config_booth_text(meeting, &booth, pair));
    booth.name = str_dup(name);
    if (booth.name == NULL)
        return fail_memory(reader);
    meeting->booths[meeting->n_booths++] = booth;
    return 0;
}
