// SPDX-License-Identifier: BSD-3-Clause
// What stands behind "=": each kind of value into its field. Blank leaves the default.
#include "base/config_int.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(const struct ini_entry *entry)
{
    return entry->text[0] == '\0';
}

int read_number(struct reader *reader, const struct ini_entry *entry, int64_t least, int64_t most,
                int64_t *out)
{
    const char *text = entry->text;
    char *end = NULL;
    if (is_blank(entry))
        return 0;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || isspace((unsigned char)text[0]))
        return fail_entry(reader, entry, "%s = \"%s\" is not a number; write one from %lld to %lld",
                          entry->key, text, (long long)least, (long long)most);
    if (errno == ERANGE || number < least || number > most)
        return fail_entry(reader, entry,
                          "%s = %s is out of range; write a number from %lld to %lld", entry->key,
                          text, (long long)least, (long long)most);
    *out = number;
    return 0;
}

int read_minutes(struct reader *reader, const struct ini_entry *entry, uint32_t most,
                 uint32_t *out_s)
{
    char *end = NULL;
    if (is_blank(entry))
        return 0;
    const double minutes = strtod(entry->text, &end);
    if (end == entry->text || *end != '\0' || !(minutes >= 0.0 && minutes <= most))
        return fail_entry(
            reader, entry,
            "%s = \"%s\" is no number of minutes; write one from 0 to %u, as 30 or 0.5", entry->key,
            entry->text, most);
    *out_s = (uint32_t)(minutes * 60.0 + 0.5);
    return 0;
}

int read_switch(struct reader *reader, const struct ini_entry *entry, bool *out)
{
    if (is_blank(entry))
        return 0;
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_equal_fold(entry->text, words[i])) {
            *out = i % 2 == 1;
            return 0;
        }
    }
    return fail_entry(reader, entry, "%s = \"%s\" is neither true nor false; write one of them",
                      entry->key, entry->text);
}

int read_text(struct reader *reader, const struct ini_entry *entry, char **out)
{
    if (is_blank(entry))
        return 0;
    char *text = str_dup(entry->text);
    if (text == NULL)
        return fail_memory(reader);
    free(*out);
    *out = text;
    return 0;
}

int read_regex(struct reader *reader, const struct ini_entry *entry, char **out)
{
    char why[160];
    if (read_text(reader, entry, out) != 0)
        return -1;
    struct name_rule *rule = name_rule_new(*out, why, sizeof why);
    if (rule == NULL)
        return fail_entry(reader, entry,
                          "%s is not a regular expression: %s; correct it or remove the key",
                          entry->key, why);
    name_rule_free(rule);
    return 0;
}

int read_log_level(struct reader *reader, const struct ini_entry *entry, char **out)
{
    enum log_level level;
    if (read_text(reader, entry, out) != 0)
        return -1;
    if (log_level_from_name(*out, &level))
        return 0;
    return fail_entry(reader, entry, "%s = \"%s\" is no level; write debug, info, warn or error",
                      entry->key, *out);
}

int read_list(struct reader *reader, const struct ini_entry *entry, char ***out)
{
    char **list = NULL;
    if (ini_decode_list(reader, entry, &list) != 0)
        return -1;
    list_free(*out);
    *out = list;
    return 0;
}

int read_opinion(struct reader *reader, const struct ini_entry *entry, int *out)
{
    bool is_wanted = false;
    if (is_blank(entry))
        return 0;
    if (read_switch(reader, entry, &is_wanted) != 0)
        return -1;
    *out = is_wanted;
    return 0;
}

// The 32-bit form has 16, 8 and 8 bits for the parts, the 64-bit form four times 16.
static uint64_t version_of_number(unsigned long long number)
{
    if (number >> 32 != 0)
        return number;
    return (uint64_t)(number >> 16) << 48 | (uint64_t)(number >> 8 & 0xFF) << 32 |
           (uint64_t)(number & 0xFF) << 16;
}

int read_version(struct reader *reader, const struct ini_entry *entry, uint64_t *out)
{
    unsigned long long parts[3] = { 0 };
    const char *at = entry->text;
    size_t n = 0;
    if (is_blank(entry))
        return 0;
    while (n < 3 && isdigit((unsigned char)*at)) {
        char *end = NULL;
        parts[n++] = strtoull(at, &end, 10);
        at = *end == '.' && n < 3 ? end + 1 : end;
    }
    bool is_number = n == 1 && *at == '\0';
    if (n == 0 || *at != '\0' ||
        (!is_number && (parts[0] > 0xFFFF || parts[1] > 0xFFFF || parts[2] > 0xFFFF)))
        return fail_entry(reader, entry, "%s = \"%s\" is no version; write one such as 1.4.0",
                          entry->key, entry->text);
    *out = is_number ? version_of_number(parts[0])
                     : (uint64_t)parts[0] << 48 | (uint64_t)parts[1] << 32 | parts[2] << 16;
    return 0;
}
