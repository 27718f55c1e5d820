// SPDX-License-Identifier: BSD-3-Clause
//
// Chat commands: a text that begins with "!". Each has its words in every interface language; the
// table is the help's index.
#include "control/control_int.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 4
#define LEVEL_OFF_DB (-120)
#define OUT_THE_OTHER                                                                              \
    (-1) // for MIXER_CMD_OUT: whichever language of the booth is not the outgoing one now

struct call {
    struct conn *conn;
    struct server *server;
    struct user *user;
    struct meeting_info *meeting; // theirs, or the only one
    char *rest;                   // after the command's word, trimmed
};
typedef void (*command_fn)(struct call *call);

// ---- listening
// ---------------------------------------------------------------------------------------------------------------

static void list_languages(const struct meeting_info *meeting, uint32_t mask, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint8_t i = 0; i < meeting->n_tracks && n < cap; i++)
        if ((mask & (1u << i)) != 0)
            n += (size_t)snprintf(out + n, cap - n, "%s%s (!%s)", n > 0 ? ", " : "",
                                  lang_own_name(meeting->tracks[i].lang), meeting->tracks[i].lang);
}

void commands_choose(struct conn *conn, const struct meeting_info *meeting, int track)
{
    struct server *server = conn->server;
    struct user *user = model_user(server->model, conn->session);
    uint32_t channel = track >= 0 ? meeting->tracks[track].channel : meeting->id;
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

static int language_or_say(struct call *call, const char *word)
{
    int lang = meeting_info_lang(call->meeting, word);
    if (lang < 0) {
        char list[512];
        list_languages(call->meeting, UINT32_MAX, list, sizeof(list));
        say(call->conn, PHRASE_NO_LANGUAGE, word, list);
    }
    return lang;
}

static void do_speak(struct call *call)
{
    int lang = language_or_say(call, call->rest);
    if (lang < 0)
        return;
    snprintf(call->user->spoken, sizeof(call->user->spoken), "%s",
             call->meeting->tracks[lang].lang);
    meetings_order(call->server, call->user, MIXER_CMD_SPOKEN, lang);
    say(call->conn, PHRASE_SPEAKING, lang_own_name(call->meeting->tracks[lang].lang));
}

static void do_understand(struct call *call)
{
    uint32_t mask = 0;
    char *rest = NULL;
    for (char *word = strtok_r(call->rest, " ,", &rest); word != NULL;
         word = strtok_r(NULL, " ,", &rest)) {
        int lang = language_or_say(call, word);
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
    list_languages(call->meeting, mask, list, sizeof(list));
    say(call->conn, PHRASE_UNDERSTANDING, list);
}

static bool read_level(const char *word, int *out)
{
    static const int steps[] = { -24, -18, -15, -12, -6, 0 };
    static const char *const off_words[] = { "off", "no" };
    for (size_t i = 0; i < sizeof(off_words) / sizeof(off_words[0]); i++)
        if (str_equal_fold(word, off_words[i])) {
            *out = LEVEL_OFF_DB;
            return true;
        }
    char *end;
    long value = strtol(word, &end, 10);
    for (size_t i = 0; end != word && *end == '\0' && i < sizeof(steps) / sizeof(steps[0]); i++)
        if (value == steps[i]) {
            *out = steps[i];
            return true;
        }
    return false;
}

static void do_under(struct call *call)
{
    int level;
    if (!read_level(call->rest, &level)) {
        say(call->conn, PHRASE_DUCK_USAGE);
        return;
    }
    call->user->duck_db = level;
    meetings_order(call->server, call->user, MIXER_CMD_DUCK, level);
    if (level <= LEVEL_OFF_DB)
        say(call->conn, PHRASE_DUCK_OFF);
    else
        say(call->conn, PHRASE_DUCK, call->rest);
}

static void do_tier(struct call *call)
{
    enum tier tier;
    if (!tier_from_name(call->rest, &tier) || (tier != TIER_STANDARD && tier != TIER_MINIMUM)) {
        say(call->conn, PHRASE_TIER_USAGE);
        return;
    }
    call->user->tier = (uint8_t)tier;
    meetings_user_placed(call->server, call->user, call->meeting->id);
    say(call->conn, PHRASE_TIER, call->rest);
}

// ---- interpreting
// ------------------------------------------------------------------------------------------------------------

static bool is_in_booth(const struct server *server, const struct user *user)
{
    return model_channel(server->model, user->channel)->role == CHANNEL_BOOTH;
}

void commands_act(struct conn *conn, enum mixer_command_kind kind)
{
    struct server *server = conn->server;
    const struct user *user = model_user(server->model, conn->session);
    if (is_in_booth(server, user))
        meetings_order(server, user, kind, OUT_THE_OTHER);
    else
        say(conn, PHRASE_NOT_IN_BOOTH);
}

static void do_air(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_AIR);
}

static void do_off(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_OFF_AIR);
}

static void do_take(struct call *call)
{
    commands_act(call->conn, MIXER_CMD_TAKE);
}

static void do_out(struct call *call)
{
    int lang = call->rest[0] != '\0' ? language_or_say(call, call->rest) : OUT_THE_OTHER;
    if (lang < 0 && call->rest[0] != '\0')
        return;
    if (is_in_booth(call->server, call->user))
        meetings_order(call->server, call->user, MIXER_CMD_OUT, lang);
    else
        say(call->conn, PHRASE_NOT_IN_BOOTH);
}

static void do_partner(struct call *call)
{
    int level;
    if (!read_level(call->rest, &level)) {
        say(call->conn, PHRASE_DUCK_USAGE);
        return;
    }
    meetings_order(call->server, call->user, MIXER_CMD_PARTNER_LEVEL, level);
    if (level <= LEVEL_OFF_DB)
        say(call->conn, PHRASE_PARTNER_SILENT);
    else
        say(call->conn, PHRASE_PARTNER_LEVEL, call->rest);
}

// ---- moderating
// --------------------------------------------------------------------------------------------------------------

static bool may_moderate(struct call *call)
{
    if (model_is_moderator(call->server->model, call->user, call->meeting))
        return true;
    say(call->conn, PHRASE_NOT_MODERATOR);
    return false;
}

static void do_interpreter(struct call *call)
{
    struct user *person = model_user_by_name(call->server->model, call->rest);
    if (!may_moderate(call))
        return;
    if (person == NULL || person->is_server_made) {
        say(call->conn, PHRASE_WHO, call->rest);
        return;
    }
    model_make_interpreter(person, call->meeting->id);
    rights_changed(call->server);
    users_refresh_suppression(call->server, person);
    say(call->conn, PHRASE_MADE_INTERPRETER, person->name, call->meeting->name);
    struct conn *to = conn_of(call->server, person->session);
    if (to != NULL && call->meeting->n_booths > 0)
        say(to, PHRASE_YOU_INTERPRETER, call->meeting->booths[0].name);
}

// "!lang NAME en": names may hold blanks, so the language is the last word.
static void do_lang(struct call *call)
{
    if (!may_moderate(call))
        return;
    char *last = strrchr(call->rest, ' ');
    if (last == NULL) {
        say(call->conn, PHRASE_WHO, call->rest);
        return;
    }
    *last++ = '\0';
    struct user *person = model_user_by_name(call->server->model, call->rest);
    if (person == NULL || person->is_server_made ||
        model_meeting_of(call->server->model, person) != call->meeting) { // others have their own
        say(call->conn, PHRASE_WHO, call->rest);
        return;
    }
    int lang = language_or_say(call, last);
    if (lang < 0)
        return;
    snprintf(person->spoken, sizeof(person->spoken), "%s", call->meeting->tracks[lang].lang);
    meetings_order(call->server, person, MIXER_CMD_SPOKEN, lang);
    meetings_order(call->server, person, MIXER_CMD_TURN_NOW, -1);
    say(call->conn, PHRASE_LANG_SET, person->name, lang_own_name(call->meeting->tracks[lang].lang));
}

// ---- not hearing somebody
// ---------------------------------------------------------------------------

static void set_muted(struct call *call, bool is_muted)
{
    const struct user *person = model_user_by_name(call->server->model, call->rest);
    if (call->rest[0] == '\0' || person == call->user) {
        say(call->conn, PHRASE_MUTE_USAGE);
        return;
    }
    if (person == NULL || person->is_server_made || !visible_user(call->conn, person)) {
        say(call->conn, PHRASE_WHO, call->rest);
        return;
    }
    int error = model_user_mute(call->user, person->session, is_muted);
    if (error != 0) {
        say(call->conn, PHRASE_FAILED, model_error_text(error));
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

static void do_help(struct call *call)
{
    say(call->conn, PHRASE_HELP);
    if (is_in_booth(call->server, call->user))
        say(call->conn, PHRASE_HELP_INTERPRETER);
}

// ---- the table
// -----------------------------------------------------------------------------------------------------------------

static const struct {
    const char *words[WORDS_MAX]; // one or more in each language
    command_fn run;
    bool is_everywhere; // where there is no meeting as well
} table[] = {
    { { "help", "ayuda" }, do_help, true },
    { { "mute", "silenciar", "silencia" }, do_mute, true },
    { { "unmute", "oír", "oir" }, do_unmute, true },
    { { "floor", "sala", "original" }, do_floor, false },
    { { "speak", "hablo", "habla" }, do_speak, false },
    { { "understand", "entiendo" }, do_understand, false },
    { { "under", "debajo" }, do_under, false },
    { { "tier", "calidad" }, do_tier, false },
    { { "air", "aire" }, do_air, false },
    { { "off", "fuera" }, do_off, false },
    { { "take", "tomar" }, do_take, false },
    { { "out", "hacia" }, do_out, false },
    { { "partner", "pareja" }, do_partner, false },
    { { "interpreter", "intérprete", "interprete" }, do_interpreter, false },
    { { "lang", "idioma" }, do_lang, false },
};

static command_fn find(const char *word, bool has_meeting)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (size_t k = 0; k < WORDS_MAX && table[i].words[k] != NULL; k++)
            if (str_equal_fold(table[i].words[k], word))
                return has_meeting || table[i].is_everywhere ? table[i].run : NULL;
    return NULL;
}

bool commands_run(struct conn *conn, const char *plain)
{
    if (plain[0] != '!' || plain[1] == '\0' || plain[1] == ' ' || plain[1] == '!')
        return false; // "!" alone and "!!!" are words of people
    char *text = str_dup(plain + 1);
    if (text == NULL)
        return true;
    size_t len = strcspn(text, " ");
    char *rest = text + len + (text[len] != '\0' ? 1 : 0);
    text[len] = '\0';
    rest += strspn(rest, " ");
    struct call call = { .conn = conn,
                         .server = conn->server,
                         .user = model_user(conn->server->model, conn->session),
                         .meeting = meetings_default(conn),
                         .rest = rest };
    command_fn run = find(text, call.meeting != NULL);
    int track = call.meeting != NULL ? meeting_info_lang(call.meeting, text) : -1;
    if (run != NULL)
        run(&call);
    else if (track >= 0)
        commands_choose(conn, call.meeting, track);
    else if (call.meeting == NULL)
        say(conn, PHRASE_NO_MEETING);
    else if (lang_tag_is_valid(text) && strcmp(lang_own_name(text), text) != 0)
        language_or_say(&call, text);
    else
        say(conn, PHRASE_UNKNOWN_COMMAND, text);
    free(text);
    return true;
}
