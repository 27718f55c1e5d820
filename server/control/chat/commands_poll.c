// SPDX-License-Identifier: BSD-3-Clause
//
// Straw polls and notices. Moderators ask and announce; interpreters translate; everybody votes.
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

#define CLOSE_WORDS "close|cerrar|cierra|fermer|fechar|fèmen|femen"

static bool may_moderate(const struct call *call, const struct meeting_info *meeting)
{
    return model_is_moderator(call->server->model, call->user, meeting);
}

static void say_number(struct call *call, enum phrase phrase, unsigned number)
{
    char digits[16];
    snprintf(digits, sizeof(digits), "%u", number);
    say(call->conn, phrase, digits);
}

static void say_error(struct call *call, int error)
{
    if (error == AGENDA_E_FULL)
        say_number(call, PHRASE_POLL_LONG, AGENDA_TEXT_BYTES);
    else if (error == AGENDA_E_UNKNOWN)
        say_number(call, PHRASE_POLL_USAGE, AGENDA_POLL_ANSWERS_MAX);
    else if (error == AGENDA_E_NO_POLL)
        say(call->conn, PHRASE_POLL_NONE);
    else
        say(call->conn, PHRASE_FAILED, for_reader(call->conn, agenda_error_text(error)));
}

static void translate(struct call *call, struct meeting_run *run,
                      const struct meeting_info *meeting, const struct tools_part *parts, size_t n)
{
    const char *texts[1 + AGENDA_POLL_ANSWERS_MAX] = { NULL };
    struct poll_view view;
    agenda_poll_view(run->agenda, parts[0].lang, &view);
    for (size_t i = 0; i < n && i < 1u + AGENDA_POLL_ANSWERS_MAX; i++)
        texts[i] = parts[i].text;
    int error = n == 1u + view.n_answers && parts[n - 1].lang == parts[0].lang
                    ? agenda_poll_translate(run->agenda, parts[0].lang, texts, view.n_answers)
                    : AGENDA_E_UNKNOWN;
    if (error == AGENDA_E_UNKNOWN) {
        say_number(call, PHRASE_POLL_NUMBER, view.n_answers);
    } else if (error != 0) {
        say_error(call, error);
    } else {
        say(call->conn, PHRASE_POLL_TRANSLATED, lang_own_name(meeting->tracks[parts[0].lang].lang));
        poll_tell(call->server, run, parts[0].lang);
    }
}

// What was asked in this language is the moderators': nobody else says it anew, with other answers.
static bool is_asked_in(const struct meeting_run *run, uint8_t lang)
{
    struct poll_view view;
    return agenda_poll_view(run->agenda, lang, &view) && view.is_original;
}

static void ask(struct call *call, struct meeting_run *run, const struct meeting_info *meeting)
{
    struct tools_part parts[TOOLS_PARTS_MAX];
    size_t n = tools_split(meeting, tools_lang(call->conn, meeting), call->rest, parts);
    struct poll_view view;
    bool is_open = agenda_poll_view(run->agenda, 0, &view) && view.is_open;
    bool is_translation = n > 0 && is_open && parts[0].is_tagged &&
                          command_is_helper(call, meeting) &&
                          (may_moderate(call, meeting) || !is_asked_in(run, parts[0].lang));
    if (is_translation) {
        translate(call, run, meeting, parts, n);
    } else if (!may_moderate(call, meeting)) {
        say(call->conn, PHRASE_NOT_MODERATOR);
    } else if (is_open) {
        say(call->conn, PHRASE_POLL_STILL_OPEN);
    } else {
        int error = poll_open(call->server, run, parts, n);
        if (error != 0)
            say_error(call, error);
        else
            say(call->conn, PHRASE_POLL_OPENED);
    }
}

static void do_poll(struct call *call)
{
    struct meeting_run *run = tools_run(call);
    const struct meeting_info *meeting = model_meeting(call->server->model, run->meeting);
    if (call->rest[0] == '\0') {
        poll_show(call->conn, run);
    } else if (!tools_is_word(call->rest, CLOSE_WORDS)) {
        ask(call, run, meeting);
    } else if (!may_moderate(call, meeting)) {
        say(call->conn, PHRASE_NOT_MODERATOR);
    } else {
        int error = poll_close(call->server, run);
        if (error != 0)
            say_error(call, error);
    }
}

static void do_vote(struct call *call)
{
    struct meeting_run *run = tools_run(call);
    const struct meeting_info *meeting = model_meeting(call->server->model, run->meeting);
    struct poll_view view;
    bool is_number =
        call->rest[0] != '\0' && strspn(call->rest, "0123456789") == strlen(call->rest);
    unsigned long number = is_number ? strtoul(call->rest, NULL, 10) : 0;
    if (!agenda_poll_view(run->agenda, tools_lang(call->conn, meeting), &view) || !view.is_open) {
        say(call->conn, PHRASE_POLL_NONE);
        return;
    }
    if (number < 1 || number > view.n_answers) {
        say_number(call, PHRASE_VOTE_UNKNOWN, view.n_answers);
        return;
    }
    int error = agenda_poll_vote(run->agenda, poll_voter(call->conn), (uint8_t)(number - 1));
    if (error != 0 && error != AGENDA_E_ALREADY) {
        say(call->conn, PHRASE_FAILED, for_reader(call->conn, agenda_error_text(error)));
        return;
    }
    say(call->conn, PHRASE_VOTED, view.answers[number - 1]);
    tools_changed(call->server, run);
}

static void do_notice(struct call *call)
{
    struct meeting_run *run = tools_run(call);
    const struct meeting_info *meeting = model_meeting(call->server->model, run->meeting);
    struct tools_part parts[TOOLS_PARTS_MAX];
    bool is_moderator = may_moderate(call, meeting);
    size_t n = tools_split_texts(meeting, tools_lang(call->conn, meeting), call->rest, parts);
    if (!command_is_helper(call, meeting))
        say(call->conn, PHRASE_NOT_TRANSLATOR);
    else if (n == 0)
        say(call->conn, PHRASE_NOTICE_USAGE);
    else if (!is_moderator && !poll_notice_is_translation(call->server, run, parts, n))
        say(call->conn, PHRASE_NOTICE_NONE);
    else
        say_number(call, PHRASE_NOTICE_SENT, (unsigned)poll_notice(call->server, run, parts, n));
}

static const struct command commands[] = {
    { { "poll", "sondeo", "sondage", "sondagem", "sondaj" },
      do_poll,
      COMMAND_MEETING,
      PHRASE_HELP_POLL,
      "…? / A / B" },
    { { "vote", "votar|voto", "voter|vote", "votar|voto", "vote" },
      do_vote,
      COMMAND_MEETING,
      PHRASE_HELP_VOTE,
      "2" },
    { { "notice", "aviso", "annonce", "aviso", "anons" },
      do_notice,
      COMMAND_MEETING,
      PHRASE_HELP_NOTICE,
      "en: … / es: …" },
};
const struct command_table commands_of_poll = { commands, sizeof(commands) / sizeof(commands[0]) };
