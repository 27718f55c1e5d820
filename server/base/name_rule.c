// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"
#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_LIMIT 100000 // steps: a costly expression refuses a name, it does not stop the server

struct name_rule {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

struct name_rule *name_rule_new(const char *regex, char *why, size_t cap)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    struct name_rule *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        goto out_of_memory;
    rule->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                               PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                                   PCRE2_NEVER_BACKSLASH_C,
                               &code, &offset, NULL);
    if (rule->code == NULL) {
        PCRE2_UCHAR text[120] = "";
        (void)pcre2_get_error_message(code, text, sizeof text);
        (void)snprintf(why, cap, "%s, at character %zu", (const char *)text, offset);
        name_rule_free(rule);
        return NULL;
    }
    rule->match = pcre2_match_data_create(1, NULL);
    rule->context = pcre2_match_context_create(NULL);
    if (rule->match == NULL || rule->context == NULL)
        goto out_of_memory;
    (void)pcre2_set_match_limit(rule->context, MATCH_LIMIT);
    (void)pcre2_set_heap_limit(rule->context, 1024); // KiB
    return rule;

out_of_memory:
    (void)snprintf(why, cap, "out of memory");
    name_rule_free(rule);
    return NULL;
}

void name_rule_free(struct name_rule *rule)
{
    if (rule == NULL)
        return;
    pcre2_match_context_free(rule->context);
    pcre2_match_data_free(rule->match);
    pcre2_code_free(rule->code);
    free(rule);
}

// The bytes of the white space character at text: ASCII, U+0085, U+00A0, U+1680, U+2000 to U+200B,
// U+2028, U+2029, U+202F, U+205F, U+3000, U+FEFF; 0 when it is none.
static size_t blank_len(const unsigned char *p)
{
    if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))
        return 1;
    if (p[0] == 0xC2 && (p[1] == 0x85 || p[1] == 0xA0))
        return 2;
    if ((p[0] == 0xE1 && p[1] == 0x9A && p[2] == 0x80) ||
        (p[0] == 0xE2 && p[1] == 0x80 &&
         ((p[2] >= 0x80 && p[2] <= 0x8B) || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF)) ||
        (p[0] == 0xE2 && p[1] == 0x81 && p[2] == 0x9F) ||
        (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) ||
        (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF))
        return 3;
    return 0;
}

bool name_is_sound(const char *name)
{
    const unsigned char *p = (const unsigned char *)name;
    if (*p == '\0' || !str_is_utf8(name) || str_utf16_units(name) > NAME_MAX_UTF16_UNITS ||
        blank_len(p) > 0)
        return false;
    bool is_end_blank = false;
    while (*p != '\0') {
        if (*p < ' ' || *p == 0x7F)
            return false;
        size_t n = blank_len(p);
        is_end_blank = n > 0;
        p += n > 0 ? n : 1;
    }
    return !is_end_blank;
}

bool name_rule_matches(const struct name_rule *rule, const char *name)
{
    return name_is_sound(name) && pcre2_match(rule->code, (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED,
                                              0, 0, rule->match, rule->context) >= 0;
}
