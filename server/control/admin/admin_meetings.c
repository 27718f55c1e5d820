// SPDX-License-Identifier: BSD-3-Clause
//
// Meetings as an administrator sees and steers them.
#include "control/lines/lines.h"
#include "control/meeting/recording_int.h"

#include <string.h>

// ---- showing -----------------------------------------------------------------------------------

static void put_people(const struct question *question, struct answer *answer, uint32_t channel)
{
    const struct model *model = question->server->model;
    int64_t n = 0;
    answer_open(answer, "names", '[');
    for (const struct user *user = model_user_next(model, 0); user != NULL;
         user = model_user_next(model, user->session)) {
        if (user->is_server_made || user->channel != channel || user == question->user)
            continue;
        answer_text(answer, NULL, user->name);
        n++;
    }
    answer_close(answer, ']');
    answer_integer(answer, "users", n);
}

static void begin_place(struct answer *answer, const char *kind, const char *name, uint32_t channel)
{
    answer_open(answer, NULL, '{');
    answer_text(answer, "kind", kind);
    answer_text(answer, "name", name);
    answer_integer(answer, "channel_id", channel);
}

static void put_meeting(const struct question *question, struct answer *answer,
                        const struct meeting_info *meeting)
{
    answer_open(answer, NULL, '{');
    answer_integer(answer, "id", meeting->id);
    answer_text(answer, "name", meeting->name);
    const struct meeting_run *run = run_of(question->server, meeting->id);
    answer_bool(answer, "recording", run != NULL && run->is_recording);
    answer_open(answer, "places", '[');
    begin_place(answer, "floor", meeting->name, meeting->id);
    answer_open(answer, "languages", '[');
    answer_close(answer, ']');
    answer_text(answer, "on_air", NULL);
    put_people(question, answer, meeting->id);
    answer_close(answer, '}');
    for (uint8_t i = 0; i < meeting->n_tracks; i++) {
        const struct meeting_track *track = &meeting->tracks[i];
        begin_place(answer, "track", track->name, track->channel);
        answer_open(answer, "languages", '[');
        answer_text(answer, NULL, track->lang);
        answer_close(answer, ']');
        answer_text(answer, "on_air", NULL);
        put_people(question, answer, track->channel);
        answer_close(answer, '}');
    }
    for (uint8_t i = 0; i < meeting->n_booths; i++) {
        const struct meeting_booth *booth = &meeting->booths[i];
        const struct user *on_air = model_user(question->server->model, booth->on_air);
        begin_place(answer, "booth", booth->name, booth->channel);
        answer_open(answer, "languages", '[');
        answer_text(answer, NULL, meeting->tracks[booth->lang_a].lang);
        answer_text(answer, NULL, meeting->tracks[booth->lang_b].lang);
        answer_close(answer, ']');
        answer_text(answer, "on_air", booth->on_air != 0 && on_air != NULL ? on_air->name : NULL);
        put_people(question, answer, booth->channel);
        answer_close(answer, '}');
    }
    answer_close(answer, ']');
    answer_close(answer, '}');
}

void admin_meetings(const struct question *question, struct answer *answer)
{
    const struct meeting_info *meeting;
    answer_open(answer, NULL, '{');
    answer_bool(answer, "ok", true);
    answer_open(answer, "meetings", '[');
    for (size_t i = 0; (meeting = model_meeting_at(question->server->model, i)) != NULL; i++)
        put_meeting(question, answer, meeting);
    answer_close(answer, ']');
    answer_close(answer, '}');
}

// ---- steering ----------------------------------------------------------------------------------

int act_language(const struct act *act)
{
    int lang = meeting_info_lang(act->meeting, act->word);
    if (lang < 0)
        answer_error(act->answer, "not_found", "the meeting has no language \"%.40s\"", act->word);
    return lang;
}

static bool is_in(const struct act *act)
{
    if (model_meeting_of(act->question->server->model, act->person) == act->meeting)
        return true;
    answer_error(act->answer, "refused", "%s is not in that meeting", act->person->name);
    return false;
}

static void do_lang(const struct act *act)
{
    struct server *server = act->question->server;
    int lang = is_in(act) ? act_language(act) : -1;
    if (lang < 0)
        return;
    const char *tag = act->meeting->tracks[lang].lang;
    snprintf(act->person->spoken, sizeof(act->person->spoken), "%s", tag);
    meetings_order(server, act->person, MIXER_CMD_SPOKEN, lang);
    meetings_order(server, act->person, MIXER_CMD_TURN_NOW, -1);
    answer_done(act->answer, "%s speaks %s.", act->person->name, lang_own_name(tag));
}

static void do_listen(const struct act *act)
{
    struct server *server = act->question->server;
    bool is_floor = str_equal_fold(act->word, "floor");
    int lang = is_floor ? -1 : act_language(act);
    if (lang < 0 && !is_floor)
        return;
    uint32_t channel = is_floor ? act->meeting->id : act->meeting->tracks[lang].channel;
    const struct user *asker = act->question->user;
    bool may = ((model_permissions(server->model, asker, act->person->channel) &
                 model_permissions(server->model, asker, channel)) &
                PERM_MOVE) != 0;
    if (!may)
        answer_error(act->answer, "refused", "that needs the right Move here and there");
    else if (!users_move(server, act->person, channel, asker->session))
        answer_error(act->answer, "refused", "the channel is full");
    else
        answer_done(act->answer, "%s is in %s.", act->person->name,
                    is_floor ? act->meeting->name : act->meeting->tracks[lang].name);
}

static void do_tier(const struct act *act)
{
    const int tier = line_tier(act->word);
    const bool is_auto = strcmp(act->word, "auto") == 0;
    if (!is_in(act))
        return;
    if (tier < 0 && !is_auto)
        answer_error(act->answer, "usage",
                     "a tier is full, standard, thin, minimum or lifeline; auto lets it go");
    else if (lines_rule_person(act->question->server, act->person, LINE_PIN,
                               is_auto ? LINES_NONE : (uint32_t)tier) != 0)
        answer_error(act->answer, "failed", "too many rules, or no memory");
    else
        answer_done(act->answer, "%s has the tier %s.", act->person->name,
                    tier_spec((enum tier)act->person->tier)->name);
}

static void do_figures(const struct act *act)
{
    figures_admin(act->question, act->meeting, act->answer);
}

static void do_record(const struct act *act)
{
    const bool is_on = strcmp(act->word, "on") == 0;
    if (is_on || strcmp(act->word, "off") == 0)
        recording_admin(act->question, act->meeting, is_on, act->answer);
    else
        answer_error(act->answer, "usage", "meeting MEETING record on | record off");
}

static const struct {
    const char *word;
    size_t n_least, n_most; // words of the whole question
    bool is_about_person;   // named behind the word
    void (*run)(const struct act *act);
} acts[] = {
    { "interpreter", 4, 4, true, act_interpreter },
    { "moderator", 4, 4, true, act_moderator },
    { "participant", 4, 4, true, act_participant },
    { "roles", 3, 3, false, act_roles },
    { "invite", 5, 6, false, act_invite },
    { "revoke", 3, 3, false, act_revoke },
    { "lock", 3, 3, false, act_lock },
    { "unlock", 3, 3, false, act_unlock },
    { "mute-all", 3, 3, false, act_mute_all },
    { "unmute-all", 3, 3, false, act_unmute_all },
    { "allow", 4, 4, true, act_allow },
    { "admit", 3, 4, true, act_admit },
    { "gather", 3, 4, false, act_gather },
    { "floor-language", 4, 4, false, act_floor_language },
    { "pivot", 3, 4, false, act_pivot },
    { "lang", 5, 5, true, do_lang },
    { "listen", 5, 5, true, do_listen },
    { "tier", 5, 5, true, do_tier },
    { "turn", 3, 4, false, act_turn },
    { "figures", 3, 3, false, do_figures },
    { "record", 4, 4, false, do_record },
};
#define N_ACTS (sizeof(acts) / sizeof(acts[0]))

static struct meeting_info *find_meeting(const struct model *model, const char *name)
{
    struct meeting_info *meeting;
    for (size_t i = 0; (meeting = model_meeting_at(model, i)) != NULL; i++)
        if (str_equal_fold(meeting->name, name))
            return meeting;
    return NULL;
}

static void run_act(struct act *act, size_t index)
{
    const struct question *question = act->question;
    const struct model *model = question->server->model;
    if (question->n_words > 3 && acts[index].is_about_person) {
        act->person = model_user_by_name(model, question->words[3]);
        if (act->person == NULL || act->person->is_server_made) {
            answer_error(act->answer, "not_found", "nobody here is called \"%.200s\"",
                         question->words[3]);
            return;
        }
    }
    size_t at = acts[index].is_about_person ? 4 : 3;
    act->word = question->n_words > at ? question->words[at] : "";
    acts[index].run(act);
}

static void say_usage(struct answer *answer)
{
    char list[512] = "";
    for (size_t i = 0, n = 0; i < N_ACTS && n < sizeof(list); i++)
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i > 0 ? " | " : "", acts[i].word);
    answer_error(answer, "usage",
                 "meeting MEETING %s | queue | next | give | stacking | limit | poll | notice | "
                 "breakout | back",
                 list);
}

// meeting MEETING ACT [NAME [WORD]]
void admin_meeting(const struct question *question, struct answer *answer)
{
    const struct model *model = question->server->model;
    const char *name = question->n_words > 1 ? question->words[1] : "";
    const char *word = question->n_words > 2 ? question->words[2] : "";
    struct act act = { .question = question,
                       .meeting = find_meeting(model, name),
                       .answer = answer };
    bool may_write = (model_permissions(model, question->user, MODEL_ROOT) & PERM_WRITE) != 0;
    if (act.meeting == NULL) {
        answer_error(answer, "not_found", "there is no meeting \"%.200s\"", name);
        return;
    }
    if (!may_write && !model_is_moderator(model, question->user, act.meeting)) {
        answer_error(answer, "refused", "only moderators of that meeting may do this");
        return;
    }
    for (size_t i = 0; i < N_ACTS; i++) {
        if (strcmp(acts[i].word, word) != 0 || question->n_words < acts[i].n_least ||
            question->n_words > acts[i].n_most)
            continue;
        run_act(&act, i);
        return;
    }
    if (question->n_words > 2 && admin_tool(question, act.meeting, answer))
        return;
    say_usage(answer);
}
