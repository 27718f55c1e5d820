// SPDX-License-Identifier: BSD-3-Clause
//
// A meeting's tools, for scripts: `susurro admin meeting MEETING queue|next|give|…`.
#include "control/admin/admin_int.h"
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

struct tool {
    const struct question *question;
    const struct meeting_info *meeting;
    struct meeting_run *run;
    const char *word, *option; // what follows the act; "": nothing
    struct answer *answer;
};

// ---- the queue --------------------------------------------------------------------------------

static const char *name_of(const struct tool *tool, uint32_t session)
{
    const struct user *user = model_user(tool->question->server->model, session);
    return user != NULL ? user->name : NULL;
}

static void do_queue(const struct tool *tool)
{
    const struct agenda *agenda = tool->run->agenda;
    struct answer *answer = tool->answer;
    uint32_t hands[AGENDA_HANDS_MAX];
    size_t n = agenda_hands(agenda, hands, AGENDA_HANDS_MAX);
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_text(answer, "speaker", name_of(tool, agenda_speaker(agenda)));
    answer_integer(answer, "seconds", agenda_used_s(agenda, tool->question->server->now_us));
    answer_integer(answer, "limit_s", agenda_limit_s(agenda));
    answer_bool(answer, "stacking", agenda_is_stacking(agenda));
    answer_open(answer, "queue", '[');
    for (size_t i = 0; i < n; i++) {
        answer_open(answer, NULL, '{');
        answer_integer(answer, "place", (int64_t)i + 1);
        answer_text(answer, "name", name_of(tool, hands[i]));
        answer_integer(answer, "turns", agenda_turns(agenda, hands[i]));
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
    answer_close(answer, '}');
}

static void tell_speaker(const struct tool *tool)
{
    const char *name = name_of(tool, agenda_speaker(tool->run->agenda));
    if (name != NULL)
        answer_done(tool->answer, "%s has the floor.", name);
    else
        answer_done(tool->answer, "Nobody has been given the floor.");
}

static void do_next(const struct tool *tool)
{
    if (queue_next(tool->question->server, tool->run, NULL))
        tell_speaker(tool);
    else
        answer_error(tool->answer, "not_found", "nobody has raised a hand");
}

static void do_give(const struct tool *tool)
{
    struct server *server = tool->question->server;
    const struct user *person = model_user_by_name(server->model, tool->word);
    if (person == NULL || person->is_server_made ||
        !queue_is_on_floor(server, tool->run, person->session)) {
        answer_error(tool->answer, "not_found", "nobody in that meeting is called \"%.200s\"",
                     tool->word);
        return;
    }
    queue_give(server, tool->run, person->session, NULL);
    tell_speaker(tool);
}

static void do_stacking(const struct tool *tool)
{
    int is_on = command_bool(tool->word);
    if (is_on < 0) {
        answer_error(tool->answer, "usage", "stacking is on or off");
        return;
    }
    agenda_set_stacking(tool->run->agenda, is_on != 0);
    tools_changed(tool->question->server, tool->run);
    answer_done(tool->answer, is_on != 0 ? "Those who have spoken less come first."
                                         : "Whoever asks first speaks first.");
}

static void do_limit(const struct tool *tool)
{
    char *end;
    unsigned long seconds = strtoul(tool->word, &end, 10);
    bool is_number = tool->word[0] >= '0' && tool->word[0] <= '9' && *end == '\0';
    if (!is_number || (seconds != 0 && (seconds < LIMIT_MIN_S || seconds > LIMIT_MAX_S))) {
        answer_error(tool->answer, "usage", "a limit is 0, or %u to %u seconds", LIMIT_MIN_S,
                     LIMIT_MAX_S);
        return;
    }
    agenda_set_limit(tool->run->agenda, (uint32_t)seconds);
    tools_changed(tool->question->server, tool->run);
    answer_done(tool->answer, "A turn has %lu seconds; 0: no limit.", seconds);
}

// ---- polls and notices ------------------------------------------------------------------------

static void show_poll(const struct tool *tool)
{
    struct answer *answer = tool->answer;
    struct poll_view view;
    if (!agenda_poll_view(tool->run->agenda, tool->meeting->default_lang, &view)) {
        answer_error(answer, "not_found", "there is no poll");
        return;
    }
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_bool(answer, "open", view.is_open);
    answer_text(answer, "question", view.question);
    answer_integer(answer, "votes", view.n_votes);
    answer_open(answer, "answers", '[');
    for (uint8_t i = 0; i < view.n_answers; i++) {
        answer_open(answer, NULL, '{');
        answer_integer(answer, "number", i + 1);
        answer_text(answer, "text", view.answers[i]);
        answer_integer(answer, "count", view.counts[i]);
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
    answer_close(answer, '}');
}

static void ask(const struct tool *tool, char *text)
{
    struct tools_part parts[TOOLS_PARTS_MAX];
    size_t n = tools_split(tool->meeting, tool->meeting->default_lang, text, parts);
    int error = poll_open(tool->question->server, tool->run, parts, n);
    if (error == 0)
        answer_done(tool->answer, "The poll is open.");
    else
        answer_error(tool->answer, "usage",
                     "a poll is \"Question? / Answer / Answer\", in each language as many, each at "
                     "most %d bytes, at most %d answers",
                     AGENDA_TEXT_BYTES, AGENDA_POLL_ANSWERS_MAX);
}

static void do_poll(const struct tool *tool)
{
    struct poll_view view;
    bool is_open = agenda_poll_view(tool->run->agenda, 0, &view) && view.is_open;
    if (tool->word[0] == '\0') {
        show_poll(tool);
    } else if (strcmp(tool->word, "close") == 0 && tool->option[0] == '\0') {
        if (poll_close(tool->question->server, tool->run) == 0)
            answer_done(tool->answer, "The poll is closed.");
        else
            answer_error(tool->answer, "not_found", "no poll is open");
    } else if (strcmp(tool->word, "ask") != 0 || tool->option[0] == '\0') {
        answer_error(tool->answer, "usage", "poll, poll ask TEXT, or poll close");
    } else if (is_open) {
        answer_error(tool->answer, "refused", "a poll is open: close it first");
    } else {
        char *text = str_dup(tool->option);
        if (text != NULL)
            ask(tool, text);
        else
            answer_error(tool->answer, "failed", "out of memory");
        free(text);
    }
}

static void do_notice(const struct tool *tool)
{
    struct tools_part parts[TOOLS_PARTS_MAX];
    char *text = str_dup(tool->word);
    size_t n = text != NULL
                   ? tools_split_texts(tool->meeting, tool->meeting->default_lang, text, parts)
                   : 0;
    if (n > 0)
        answer_done(tool->answer, "Sent to %zu people.",
                    poll_notice(tool->question->server, tool->run, parts, n));
    else
        answer_error(tool->answer, "usage", "a notice is \"text\" or \"en: text / es: texto\"");
    free(text);
}

// ---- groups -----------------------------------------------------------------------------------

static void do_breakout(const struct tool *tool)
{
    enum breakout_kind kind = BREAKOUT_RANDOM;
    unsigned long n_groups = strtoul(tool->word, NULL, 10);
    bool is_known = tool->option[0] == '\0';
    if (strcmp(tool->word, "languages") == 0)
        kind = BREAKOUT_LANGUAGES;
    else if (strcmp(tool->option, "mixed") == 0)
        kind = BREAKOUT_MIXED;
    else if (strcmp(tool->option, "interpreters") == 0)
        kind = BREAKOUT_INTERPRETED;
    is_known |= kind == BREAKOUT_MIXED || kind == BREAKOUT_INTERPRETED;
    struct breakout_made made;
    int error = is_known ? breakout_make(tool->question->server, tool->run, kind,
                                         n_groups <= AGENDA_GROUPS_MAX ? (unsigned)n_groups : 0,
                                         tool->question->user->session, &made)
                         : BREAKOUT_E_NUMBER;
    if (error == BREAKOUT_E_NUMBER)
        answer_error(tool->answer, "usage",
                     "breakout is 1 to %d, mixed or interpreters behind it, or \"languages\"",
                     AGENDA_GROUPS_MAX);
    else if (error == BREAKOUT_E_THERE)
        answer_error(tool->answer, "refused", "there are groups already");
    else if (error == BREAKOUT_E_ROOM)
        answer_error(tool->answer, "failed", "there is no room for so many channels");
    else if (error != 0)
        answer_error(tool->answer, "not_found", "there is nobody for it");
    else
        answer_done(tool->answer, "%u groups, %u people.", made.n_groups, made.n_people);
}

static void do_back(const struct tool *tool)
{
    bool is_there = breakout_is_there(tool->run);
    int n = breakout_back(tool->question->server, tool->run);
    if (is_there)
        answer_done(tool->answer, "%d people came back.", n);
    else
        answer_error(tool->answer, "not_found", "there are no groups");
}

static const struct {
    const char *word;
    size_t least, most; // words behind it
    void (*run)(const struct tool *tool);
} tools[] = {
    { "queue", 0, 0, do_queue },       { "next", 0, 0, do_next },         { "give", 1, 1, do_give },
    { "stacking", 1, 1, do_stacking }, { "limit", 1, 1, do_limit },       { "poll", 0, 2, do_poll },
    { "notice", 1, 1, do_notice },     { "breakout", 1, 2, do_breakout }, { "back", 0, 0, do_back },
};

bool admin_tool(const struct question *question, const struct meeting_info *meeting,
                struct answer *answer)
{
    struct meeting_run *run = run_of(question->server, meeting->id);
    size_t n_words = question->n_words > 3 ? question->n_words - 3 : 0;
    for (size_t i = 0; run != NULL && i < sizeof(tools) / sizeof(tools[0]); i++) {
        if (strcmp(tools[i].word, question->words[2]) != 0 || n_words < tools[i].least ||
            n_words > tools[i].most)
            continue;
        tools[i].run(&(struct tool){ .question = question,
                                     .meeting = meeting,
                                     .run = run,
                                     .word = n_words > 0 ? question->words[3] : "",
                                     .option = n_words > 1 ? question->words[4] : "",
                                     .answer = answer });
        return true;
    }
    return false;
}
