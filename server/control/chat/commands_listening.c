// SPDX-License-Identifier: BSD-3-Clause
//
// What listeners choose: the language they hear, speak, understand and read; levels; sound for
// their line; whom they do not want to hear.
#include "control/chat/commands.h"
#include "control/meeting/roles.h"

#include <string.h>

void commands_choose(struct conn *conn, const struct meeting_info *meeting, int track)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    uint32_t channel = track >= 0 ? meeting->tracks[track].channel : meeting->id;
    if (door_knock(conn, channel))
        return;
    if ((model_permissions(server->model, user, channel) & PERM_ENTER) == 0) {
        send_denied(conn, PERM_ENTER, channel);
        return;
    }
    if (!users_move(server, user, channel, conn->session)) {
        send_denied_type(conn, MUMBLE_PROTO__PERMISSION_DENIED__DENY_TYPE__ChannelFull);
        return;
    }
    if (track >= 0)
        say(conn, PHRASE_LISTENING, lang_own_name(meeting->tracks[track].lang));
    else
        say(conn, PHRASE_ON_FLOOR, meeting->name);
}

static void do_floor(struct call *call)
{
    commands_choose(call->conn, call->meeting, -1);
}

static void do_speak(struct call *call)
{
    int lang = command_language(call, call->rest);
    if (lang < 0)
        return;
    snprintf(call->user->spoken, sizeof(call->user->spoken), "%s",
             call->meeting->tracks[lang].lang);
    meetings_order(call->server, call->user, MIXER_CMD_SPOKEN, lang);
    say(call->conn, PHRASE_SPEAKING, lang_own_name(call->meeting->tracks[lang].lang));
}

static void list_understood(const struct meeting_info *meeting, uint32_t mask, char *out,
                            size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint8_t i = 0; i < meeting->n_tracks && n < cap; i++)
        if ((mask & (1u << i)) != 0)
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n > 0 ? ", " : "",
                                  lang_own_name(meeting->tracks[i].lang));
}

static void do_understand(struct call *call)
{
    uint32_t mask = 0;
    char *rest = NULL;
    if (call->rest[0] == '\0') {
        command_language(call, "");
        return;
    }
    for (char *word = strtok_r(call->rest, " ,", &rest); word != NULL;
         word = strtok_r(NULL, " ,", &rest)) {
        int lang = command_language(call, word);
        if (lang < 0)
            return;
        mask |= 1u << lang;
    }
    const struct channel *channel = model_channel(call->server->model, call->user->channel);
    if (channel->role == CHANNEL_TRACK)
        mask |= 1u << channel->role_index;
    call->user->understood = mask;
    call->user->understood_in = call->meeting->id;
    meetings_order(call->server, call->user, MIXER_CMD_UNDERSTOOD, (int32_t)mask);
    char list[512];
    list_understood(call->meeting, mask, list, sizeof(list));
    say(call->conn, PHRASE_UNDERSTANDING, list);
}

static void do_under(struct call *call)
{
    int level;
    if (!command_level(call->rest, &level)) {
        say(call->conn, PHRASE_DUCK_USAGE);
        return;
    }
    call->user->duck_db = level;
    meetings_order(call->server, call->user, MIXER_CMD_DUCK, level);
    if (level == COMMAND_LEVEL_OFF_DB)
        say(call->conn, PHRASE_DUCK_OFF);
    else
        say(call->conn, PHRASE_DUCK, call->rest);
}

// ---- the language that one reads, and that another speaks --------------------------------------

static void list_readable(char *out, size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < i18n_n_languages() && n < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s (%s)", i > 0 ? ", " : "",
                              lang_own_name(i18n_language(i)), i18n_language(i));
}

static const char *find_readable(const char *word)
{
    for (size_t i = 0; i < i18n_n_languages(); i++)
        if (str_equal_fold(lang_own_name(i18n_language(i)), word))
            return i18n_language(i);
    return word[0] != '\0' ? i18n_find(word) : NULL;
}

static void choose_reading(struct call *call)
{
    const char *language = find_readable(call->rest);
    if (language == NULL) {
        char list[512];
        list_readable(list, sizeof(list));
        if (call->rest[0] != '\0')
            say(call->conn, PHRASE_READING_USAGE, call->rest, list);
        else
            say(call->conn, PHRASE_READING_WHICH, list);
        return;
    }
    snprintf(call->conn->chosen_language, sizeof(call->conn->chosen_language), "%s", language);
    menu_update(call->conn);
    say(call->conn, PHRASE_READING, lang_own_name(language));
}

static void correct_speaker(struct call *call)
{
    char *word;
    struct user *person = command_person_and_rest(call, &word);
    if (person == NULL)
        return;
    if (model_meeting_of(call->server->model, person) != call->meeting) { // others have their own
        say(call->conn, PHRASE_NOT_IN_MEETING, person->name);
        return;
    }
    int lang = command_language(call, word);
    if (lang < 0)
        return;
    snprintf(person->spoken, sizeof(person->spoken), "%s", call->meeting->tracks[lang].lang);
    meetings_order(call->server, person, MIXER_CMD_SPOKEN, lang);
    meetings_order(call->server, person, MIXER_CMD_TURN_NOW, -1);
    say(call->conn, PHRASE_LANG_SET, person->name, lang_own_name(call->meeting->tracks[lang].lang));
}

// "!lang fr": of what I read. "!lang NAME en": the moderator's, of what NAME speaks.
static void do_lang(struct call *call)
{
    if (strchr(call->rest, ' ') == NULL)
        choose_reading(call);
    else if (call->meeting == NULL)
        say(call->conn, PHRASE_NO_MEETING);
    else if (command_is_moderator(call))
        correct_speaker(call);
}

// ---- not hearing somebody ---------------------------------------------------------------------

static void set_muted(struct call *call, bool is_muted)
{
    const struct user *person = call->rest[0] != '\0' ? call->user : NULL;
    if (person != NULL && !str_equal_fold(call->rest, call->user->name))
        person = command_person(call, call->rest);
    else
        say(call->conn, PHRASE_MUTE_USAGE);
    if (person == NULL || person == call->user)
        return;
    int error = model_user_mute(call->user, person->session, is_muted);
    if (error != 0) {
        say(call->conn, PHRASE_MUTE_FAILED);
        return;
    }
    call->server->are_routes_dirty = true;
    if (is_muted)
        say(call->conn, PHRASE_MUTED, person->name, person->name);
    else
        say(call->conn, PHRASE_UNMUTED, person->name);
    if (is_muted && call->meeting != NULL)
        say(call->conn, PHRASE_MUTED_MIXED);
}

static void do_mute(struct call *call)
{
    set_muted(call, true);
}

static void do_unmute(struct call *call)
{
    set_muted(call, false);
}

static const struct command commands[] = {
    { { "help", "ayuda", "aide", "ajuda", "èd|ed" },
      command_help,
      COMMAND_ANYWHERE,
      PHRASE_HELP_HELP,
      NULL },
    { { "floor|original", "sala|original", "salle|original", "plenário|plenario|original",
        "orijinal|sal" },
      do_floor,
      COMMAND_CHOICE,
      PHRASE_HELP_FLOOR,
      NULL },
    { { "under", "debajo", "dessous|sous", "abaixo", "anba" },
      do_under,
      COMMAND_CHOICE,
      PHRASE_HELP_UNDER,
      "-15" },
    { { "understand", "entiendo", "comprends", "entendo|compreendo", "konprann" },
      do_understand,
      COMMAND_CHOICE,
      PHRASE_HELP_UNDERSTAND,
      "en es" },
    { { "speak", "hablo|habla", "parle", "falo|fala", "pale" },
      do_speak,
      COMMAND_CHOICE,
      PHRASE_HELP_SPEAK,
      "es" },
    { { "lang|language", "idioma", "langue", "língua|lingua|idioma", "lang" },
      do_lang,
      COMMAND_ANYWHERE,
      PHRASE_HELP_LANG,
      "fr" },
    { { "mute", "silenciar|silencia", "sourdine", "silenciar|silencia", "silans" },
      do_mute,
      COMMAND_ANYWHERE,
      PHRASE_HELP_MUTE,
      "Ana" },
    { { "unmute", "oír|oir", "entendre", "ouvir", "tande" },
      do_unmute,
      COMMAND_ANYWHERE,
      PHRASE_HELP_UNMUTE,
      "Ana" },
};
const struct command_table commands_of_listening = { commands,
                                                     sizeof(commands) / sizeof(commands[0]) };
