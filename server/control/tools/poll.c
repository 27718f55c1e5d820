// SPDX-License-Identifier: BSD-3-Clause
//
// Straw polls and notices: to everybody of a meeting, each in their language.
#include "control/display/display_int.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

#define POLL_HTML_BYTES 16384u

// A vote is its certificate's, so that whoever comes back after a broken line does not vote twice;
// a guest's without one is this connection's.
uint64_t poll_voter(const struct conn *conn)
{
    char digits[17];
    snprintf(digits, sizeof(digits), "%.16s", conn->cert_hash);
    uint64_t who = digits[0] != '\0'
                       ? strtoull(digits, NULL, 16)
                       : conn->opened_us * UINT64_C(0x9E3779B97F4A7C15) ^ conn->session;
    return who != 0 ? who : 1;
}

// ---- shown ------------------------------------------------------------------------------------

static void add(struct buffer *out, const char *text)
{
    buffer_add(out, text, strlen(text));
}

static void add_escaped(struct buffer *out, const char *plain)
{
    char *html = html_escape(plain);
    if (html != NULL)
        add(out, html);
    free(html);
}

static void add_phrase(struct buffer *out, const struct conn *reader, enum phrase phrase,
                       uint32_t number)
{
    char digits[16];
    const char *arguments[] = { digits };
    snprintf(digits, sizeof(digits), "%u", number);
    char *text = phrase_fill(phrase, reader_language(reader), arguments);
    if (text != NULL) {
        add(out, "<br/>");
        add(out, text);
    }
    free(text);
}

// Counts are seen when it is over, so that nobody votes as the others do; moderators see them
// before.
static void send_view(struct conn *conn, const struct poll_view *view, bool has_counts)
{
    struct buffer out;
    char number[32];
    buffer_init(&out, POLL_HTML_BYTES);
    add(&out, "📊 <b>");
    add_escaped(&out, view->question);
    add(&out, "</b>");
    for (uint8_t i = 0; i < view->n_answers; i++) {
        snprintf(number, sizeof(number), "<br/>%u. ", i + 1u);
        add(&out, number);
        add_escaped(&out, view->answers[i]);
        snprintf(number, sizeof(number), ": <b>%u</b>", view->counts[i]);
        if (has_counts)
            add(&out, number);
    }
    add_phrase(&out, conn, view->is_open ? PHRASE_POLL_VOTES : PHRASE_POLL_RESULT, view->n_votes);
    if (view->is_open)
        add_phrase(&out, conn, PHRASE_POLL_HOW, 0);
    if (buffer_add(&out, "", 1))
        send_text(conn, (const char *)out.data);
    buffer_clear(&out);
}

void poll_show(struct conn *conn, const struct meeting_run *run)
{
    const struct model *model = conn->server->model;
    const struct meeting_info *meeting = model_meeting(model, run->meeting);
    struct poll_view view;
    if (meeting == NULL || !agenda_poll_view(run->agenda, tools_lang(conn, meeting), &view)) {
        say(conn, PHRASE_POLL_NONE);
        return;
    }
    bool is_moderator = model_is_moderator(model, model_user(model, conn->session), meeting);
    send_view(conn, &view, !view.is_open || is_moderator);
}

void poll_tell(struct server *server, struct meeting_run *run, int lang)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct poll_view view;
    for (struct conn *conn = NULL;
         meeting != NULL && (conn = tools_next(server, meeting, conn)) != NULL;) {
        uint8_t reads = tools_lang(conn, meeting);
        if ((lang < 0 || reads == lang) && agenda_poll_view(run->agenda, reads, &view))
            send_view(conn, &view, !view.is_open);
    }
    tools_changed(server, run);
}

// ---- opened and closed ------------------------------------------------------------------------

// The texts of all languages at their places; false: one language has another number than the
// first.
static bool arrange(const struct tools_part *parts, size_t n, const char **texts, size_t *n_texts)
{
    size_t first = 1, at = 0;
    while (first < n && parts[first].lang == parts[0].lang && !parts[first].is_first)
        first++;
    *n_texts = first;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].is_first && i > 0 && at != first)
            return false;
        at = parts[i].is_first ? 1 : at + 1;
        if (at > first)
            return false;
        texts[parts[i].lang * first + at - 1] = parts[i].text;
    }
    return at == first;
}

int poll_open(struct server *server, struct meeting_run *run, const struct tools_part *parts,
              size_t n)
{
    const char *texts[AGENDA_LANGS_MAX * TOOLS_PARTS_MAX] = { NULL };
    size_t n_texts = 0;
    if (n == 0 || !arrange(parts, n, texts, &n_texts) || n_texts < 3)
        return AGENDA_E_UNKNOWN;
    if (n_texts > 1 + AGENDA_POLL_ANSWERS_MAX)
        return AGENDA_E_UNKNOWN;
    int error = agenda_poll_open(run->agenda, texts, (uint8_t)(n_texts - 1));
    if (error == 0)
        poll_tell(server, run, -1);
    return error;
}

int poll_close(struct server *server, struct meeting_run *run)
{
    int error = agenda_poll_close(run->agenda);
    if (error == 0)
        poll_tell(server, run, -1);
    return error;
}

// ---- notices ----------------------------------------------------------------------------------

static const char *text_for(const struct tools_part *parts, size_t n, uint8_t lang)
{
    for (size_t i = 0; i < n; i++)
        if (parts[i].lang == lang)
            return parts[i].text;
    return NULL;
}

// A notice in one language that the last one did not have, soon after it, translates it: it goes to
// those alone who read that language.
bool poll_notice_is_translation(const struct server *server, const struct meeting_run *run,
                                const struct tools_part *parts, size_t n)
{
    return n == 1 && parts[0].is_tagged && run->notice_us != 0 &&
           server->now_us - run->notice_us < NOTICE_TRANSLATE_US &&
           (run->notice_langs & (1u << parts[0].lang)) == 0;
}

size_t poll_notice(struct server *server, struct meeting_run *run, const struct tools_part *parts,
                   size_t n)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    bool is_added = poll_notice_is_translation(server, run, parts, n);
    size_t n_readers = 0;
    if (!is_added) {
        run->notice_langs = 0;
        run->notice_us = server->now_us;
    }
    for (size_t i = 0; i < n; i++)
        run->notice_langs |= 1u << parts[i].lang;
    for (struct conn *conn = NULL;
         meeting != NULL && (conn = tools_next(server, meeting, conn)) != NULL;) {
        const char *text = text_for(parts, n, tools_lang(conn, meeting));
        if (text == NULL && is_added)
            continue;
        say(conn, PHRASE_NOTICE, text != NULL ? text : parts[0].text);
        n_readers++;
    }
    return n_readers;
}
