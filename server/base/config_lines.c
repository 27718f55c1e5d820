// SPDX-License-Identifier: BSD-3-Clause
//
// Rules of the key `lines`: "user Ana María max thin", "channel Assembly/English send 24".
#include "base/config_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const whos[] = { [LINE_SERVER] = "server",
                                    [LINE_MEETING] = "meeting",
                                    [LINE_CHANNEL] = "channel",
                                    [LINE_GROUP] = "group",
                                    [LINE_USER] = "user" };
static const char *const whats[] = {
    [LINE_BEST] = "max", [LINE_PIN] = "pin", [LINE_SEND] = "send"
};
static const char *const tiers[] = { "full", "standard", "thin", "minimum", "lifeline" };
static const uint32_t sends_kbps[] = { 54, 38, 24, 16 };

static int index_of(const char *word, size_t len, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == len && strncasecmp(words[i], word, len) == 0)
            return (int)i;
    return -1;
}

int line_tier(const char *word)
{
    return index_of(word, strlen(word), tiers, sizeof tiers / sizeof tiers[0]);
}

const char *line_tier_name(uint32_t tier)
{
    return tier < sizeof tiers / sizeof tiers[0] ? tiers[tier] : "?";
}

uint32_t line_send(const char *word)
{
    char *end;
    const unsigned long kbps = strtoul(word, &end, 10);
    for (size_t i = 0; i < sizeof sends_kbps / sizeof sends_kbps[0] && *end == '\0'; i++)
        if (kbps == sends_kbps[i])
            return sends_kbps[i];
    return 0;
}

static bool read_value(const char *word, struct line_rule *rule)
{
    if (rule->what == LINE_SEND) {
        rule->value = line_send(word);
        return rule->value != 0;
    }
    const int tier = line_tier(word);
    rule->value = (uint32_t)tier;
    return tier >= 0;
}

// The last two words say what; the first, whom; all between is a name.
int line_rule_read(const char *text, struct line_rule *rule)
{
    *rule = (struct line_rule){ .name = NULL };
    const char *value = strrchr(text, ' ');
    if (value == NULL || value == text)
        return -1;
    const char *what = value;
    while (what > text && what[-1] != ' ')
        what--;
    const size_t who_len = strcspn(text, " ");
    const int who = index_of(text, who_len, whos, sizeof whos / sizeof whos[0]);
    const int act = index_of(what, (size_t)(value - what), whats, sizeof whats / sizeof whats[0]);
    if (who < 0 || act < 0)
        return -1;
    rule->who = (enum line_who)who;
    rule->what = (enum line_what)act;
    const char *name = text + who_len + 1;
    const size_t name_len = what > name ? (size_t)(what - name) - 1 : 0;
    if (!read_value(value + 1, rule) || (rule->who == LINE_SERVER) != (name_len == 0))
        return -1;
    rule->name = malloc(name_len + 1);
    if (rule->name == NULL)
        return -2;
    memcpy(rule->name, name, name_len);
    rule->name[name_len] = '\0';
    return 0;
}

char *line_rule_write(const struct line_rule *rule)
{
    char value[16];
    if (rule->what == LINE_SEND)
        (void)snprintf(value, sizeof value, "%u", rule->value);
    else
        (void)snprintf(value, sizeof value, "%s", line_tier_name(rule->value));
    const size_t cap = strlen(rule->name) + 64;
    char *text = malloc(cap);
    if (text != NULL)
        (void)snprintf(text, cap, "%s%s%s %s %s", whos[rule->who], rule->name[0] != '\0' ? " " : "",
                       rule->name, whats[rule->what], value);
    return text;
}

int read_lines(struct reader *reader, const struct ini_entry *entry, char ***out)
{
    if (read_list(reader, entry, out) != 0)
        return -1;
    for (char **line = *out; line != NULL && *line != NULL; line++) {
        struct line_rule rule;
        const int result = line_rule_read(*line, &rule);
        free(rule.name);
        if (result == -2)
            return fail_memory(reader);
        if (result != 0)
            return fail_entry(
                reader, entry,
                "\"%.200s\" is no rule; write as \"user Ana max thin\", \"server send "
                "24\", \"meeting Assembly pin minimum\"",
                *line);
    }
    return 0;
}
