// SPDX-License-Identifier: BSD-3-Clause
//
// The equity report: who has spoken how long, by language, and for how long a language that
// somebody listened in had no interpretation. At the end of a meeting, or when a moderator asks;
// since the last end.
#include "control/display/display_int.h"

#include <stdlib.h>
#include <string.h>

#define REPORT_BYTES_MAX 16384u

static struct lang_figures since(const struct figures *figures, const struct meeting_figures *now,
                                 uint8_t lang)
{
    const struct lang_figures *a = &figures->base.langs[lang], *b = &now->langs[lang];
    return (struct lang_figures){ .spoken_us = b->spoken_us - a->spoken_us,
                                  .needed_us = b->needed_us - a->needed_us,
                                  .uncovered_us = b->uncovered_us - a->uncovered_us,
                                  .air_us = b->air_us - a->air_us };
}

static void put(struct buffer *html, bool *has_failed, const char *text)
{
    *has_failed |= !buffer_add(html, text, strlen(text));
}

static void put_time(struct buffer *html, bool *has_failed, uint64_t us)
{
    char text[48];
    uint64_t s = (us + 500000) / 1000000;
    snprintf(text, sizeof(text), "<td>%llu:%02u:%02u</td>", (unsigned long long)(s / 3600),
             (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    put(html, has_failed, text);
}

static void put_table(struct buffer *html, bool *has_failed, const struct meeting_info *meeting,
                      const struct figures *figures, const struct meeting_figures *now,
                      const char *reader, uint64_t spoken_us)
{
    static const enum phrase heads[] = { PHRASE_FIGURES_LANGUAGE, PHRASE_REPORT_SPOKEN,
                                         PHRASE_REPORT_SHARE, PHRASE_REPORT_UNCOVERED };
    put(html, has_failed, "<table cellpadding=\"3\"><tr>");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        put(html, has_failed, "<th>");
        put(html, has_failed, phrase_text(heads[i], reader));
        put(html, has_failed, "</th>");
    }
    put(html, has_failed, "</tr>");
    for (uint8_t i = 0; i < meeting->n_tracks; i++) {
        struct lang_figures lang = since(figures, now, i);
        char share[32];
        snprintf(share, sizeof(share), "<td>%u %%</td>",
                 (unsigned)((100 * lang.spoken_us + spoken_us / 2) / spoken_us));
        put(html, has_failed, "<tr><td>");
        put(html, has_failed, lang_own_name(meeting->tracks[i].lang));
        put(html, has_failed, "</td>");
        put_time(html, has_failed, lang.spoken_us);
        put(html, has_failed, share);
        put_time(html, has_failed, lang.uncovered_us);
        put(html, has_failed, "</tr>");
    }
    put(html, has_failed, "</table>");
}

void report_tell(struct conn *conn, const struct meeting_info *meeting,
                 const struct figures *figures, const struct meeting_figures *now)
{
    uint64_t spoken_us = 0;
    for (uint8_t i = 0; i < meeting->n_tracks; i++)
        spoken_us += since(figures, now, i).spoken_us;
    if (spoken_us == 0) {
        say(conn, PHRASE_REPORT_EMPTY);
        return;
    }
    struct buffer html;
    bool has_failed = false;
    char *name = html_escape(meeting->name);
    const char *arguments[] = { name };
    char *title =
        name != NULL ? phrase_fill(PHRASE_REPORT, reader_language(conn), arguments) : NULL;
    buffer_init(&html, REPORT_BYTES_MAX);
    put(&html, &has_failed, "<b>");
    put(&html, &has_failed, title != NULL ? title : "");
    put(&html, &has_failed, "</b>");
    put_table(&html, &has_failed, meeting, figures, now, reader_language(conn), spoken_us);
    if (!has_failed && buffer_add(&html, "", 1))
        send_text(conn, (const char *)html.data);
    buffer_clear(&html);
    free(title);
    free(name);
}

static void log_report(const struct meeting_info *meeting, const struct figures *figures,
                       const struct meeting_figures *now)
{
    char name[256];
    log_quote(meeting->name, name, sizeof(name));
    for (uint8_t i = 0; i < meeting->n_tracks; i++) {
        struct lang_figures lang = since(figures, now, i);
        log_info("figures", "language report",
                 "meeting=%s track=%s spoken_s=%.1f needed_s=%.1f uncovered_s=%.1f "
                 "interpreted_s=%.1f",
                 name, meeting->tracks[i].lang, (double)lang.spoken_us / 1e6,
                 (double)lang.needed_us / 1e6, (double)lang.uncovered_us / 1e6,
                 (double)lang.air_us / 1e6);
    }
}

void report_end(struct server *server, const struct meeting_info *meeting, struct figures *figures,
                const struct meeting_figures *now)
{
    // Where all spoke the same and nobody needed another, there is nothing to tell.
    unsigned n_spoken = 0;
    bool was_needed = false;
    for (uint8_t i = 0; i < meeting->n_tracks; i++) {
        const struct lang_figures lang = since(figures, now, i);
        n_spoken += lang.spoken_us > 0;
        was_needed = was_needed || lang.needed_us > 0;
    }
    if (n_spoken >= 2 || was_needed) {
        log_report(meeting, figures, now);
        for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
            const struct user *user =
                conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
            if (user != NULL && model_is_moderator(server->model, user, meeting))
                report_tell(conn, meeting, figures, now);
        }
    }
    figures->base = *now;
}
