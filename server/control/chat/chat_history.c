// SPDX-License-Identifier: BSD-3-Clause
//
// What was written before somebody came, as one text: a line a message, the reader's language
// first.
#include "control/chat/chat.h"
#include "control/chat/markup.h"

#include <stdlib.h>
#include <string.h>

// Once something has found no room, nothing more does.
static void add(struct buffer *out, const char *text)
{
    if (!buffer_add(out, text, strlen(text)))
        out->limit = 0;
}

static void add_and_free(struct buffer *out, char *text)
{
    add(out, text != NULL ? text : "");
    free(text);
}

#define OPENING "<p>"
#define CLOSING "</p>"

// A text of one paragraph stands behind the name, as words without any do.
static bool is_one_paragraph(const char *html, size_t len)
{
    size_t ends = strlen(OPENING) + strlen(CLOSING);
    return len >= ends && strncmp(html, OPENING, strlen(OPENING)) == 0 &&
           strstr(html, CLOSING) == html + len - strlen(CLOSING);
}

static bool is_inline(const char *name, size_t len)
{
    static const char *const names[] = { "a",    "b",   "i",      "u",      "s",    "em",
                                         "code", "del", "strong", "strike", "font", "small",
                                         "span", "sub", "sup",    "tt",     "img" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0)
            return true;
    return false;
}

// May some of it stand on a line of its own? Of sound markup.
static bool has_lines(const char *html)
{
    for (const char *at = strchr(html, '<'); at != NULL; at = strchr(at + 1, '<')) {
        const char *name = at + (at[1] == '/' ? 2 : 1);
        size_t len = strcspn(name, " \t\r\n/>"), rest = strcspn(name + len, ">");
        for (size_t i = 0; i + 5 < rest; i++)
            if (strncasecmp(name + len + i, "style", 5) == 0)
                return true;
        if (!is_inline(name, len))
            return true;
    }
    return false;
}

// In its form when that is sound; else what is not closed there would go on in the lines below. Its
// own lines stand apart, or they would pass for what others have written.
void chat_add_text(struct buffer *out, const char *html)
{
    struct markup markup = { .plain = NULL };
    if (markup_read(html, &markup)) {
        size_t len = strlen(html);
        bool is_one = is_one_paragraph(html, len);
        size_t begin = is_one ? strlen(OPENING) : 0, end = is_one ? len - strlen(CLOSING) : len;
        char *inner = str_dup(html + begin);
        if (inner != NULL)
            inner[end - begin] = '\0';
        bool is_apart = inner == NULL || has_lines(inner);
        add(out, is_apart ? "<blockquote>" : "");
        add(out, inner != NULL ? inner : "");
        add(out, is_apart ? "</blockquote>" : "");
        free(inner);
        return;
    }
    char *plain = html_to_plain(html);
    if (plain != NULL)
        add_and_free(out, html_escape(plain));
    free(plain);
}

// "3 min", "2 h 05 min": the same in all languages.
static void add_age(struct buffer *out, int64_t age_s)
{
    char age[64];
    long long minutes = age_s > 60 ? age_s / 60 : 1;
    if (minutes < 60)
        snprintf(age, sizeof(age), "<small style=\"color:gray\">%lld min</small> ", minutes);
    else
        snprintf(age, sizeof(age), "<small style=\"color:gray\">%lld h %02lld min</small> ",
                 minutes / 60, minutes % 60);
    add(out, age);
}

static bool add_line(struct buffer *out, const struct chat_reader *reader,
                     const struct chat_message *message, int64_t now_s)
{
    char number[64];
    int lang = chat_pick(reader, message);
    add(out, "<br/>");
    add_age(out, now_s - message->at_s);
    chat_number(reader, message, number);
    add(out, number);
    add(out, "<b>");
    add_and_free(out, html_escape(chat_name(reader, message)));
    add(out, "</b>: ");
    if (lang >= 0) {
        add(out, message->translations[lang]);
        add(out, " <small style=\"color:gray\">(");
        if (lang != message->lang) {
            add(out, reader->meeting->tracks[message->lang].lang);
            add(out, ": ");
        }
    }
    chat_add_text(out, message->text);
    if (lang >= 0)
        add(out, ")</small>");
    return buffer_add(out, "", 1);
}

// From the newest back, as far as the bytes go: where that is.
static uint32_t first_line(const struct chat_reader *reader, const struct agenda *agenda,
                           uint32_t oldest, size_t bytes, int64_t now_s)
{
    uint32_t number = agenda_chat_newest(agenda) + 1;
    struct chat_message message;
    for (size_t total = 0; number > oldest && agenda_chat_get(agenda, number - 1, &message);
         number--) {
        struct buffer line;
        buffer_init(&line, bytes);
        bool fits = add_line(&line, reader, &message, now_s) && total + line.len <= bytes;
        total += line.len;
        buffer_clear(&line);
        if (!fits)
            break;
    }
    return number;
}

char *chat_history(const struct chat_reader *reader, const struct agenda *agenda, uint32_t after,
                   uint32_t n, size_t bytes)
{
    int64_t now_s = clock_unix_s();
    uint32_t newest = agenda_chat_newest(agenda), oldest = agenda_chat_oldest(agenda);
    if (oldest <= after)
        oldest = after + 1;
    if (newest >= n && oldest <= newest - n)
        oldest = newest - n + 1;
    uint32_t first = first_line(reader, agenda, oldest, bytes, now_s);
    if (newest == 0 || first > newest)
        return NULL;
    char *meeting = html_escape(reader->meeting->name);
    const char *arguments[] = { meeting != NULL ? meeting : "" };
    struct buffer out;
    buffer_init(&out, 2 * bytes);
    add_and_free(&out, phrase_fill(PHRASE_HISTORY, reader_language(reader->conn), arguments));
    free(meeting);
    struct chat_message message;
    for (uint32_t at = first; at <= newest; at++)
        if (agenda_chat_get(agenda, at, &message) && add_line(&out, reader, &message, now_s))
            out.len--; // the zero, over which the next one is written
    char *text = buffer_add(&out, "", 1) ? str_dup((const char *)out.data) : NULL;
    buffer_clear(&out);
    return text;
}
