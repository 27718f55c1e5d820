// SPDX-License-Identifier: BSD-3-Clause
//
// How rich one's sound is: asked for by oneself, fixed by a moderator.
#include "control/chat/commands.h"
#include "control/lines/lines.h"

#include <stdlib.h>
#include <string.h>

static const char *tier_of(const struct conn *reader, const struct user *user)
{
    return tier_word((enum tier)user->tier, reader_language(reader));
}

static bool wish(struct call *call, uint8_t tier)
{
    struct line *line = line_of(call->conn);
    if (line == NULL)
        return false;
    line->wish = tier;
    lines_look_again(call->server, call->user);
    return true;
}

static void do_tier(struct call *call)
{
    const int tier = tier_from_word(call->rest);
    const bool is_inside = model_meeting_of(call->server->model, call->user) != NULL;
    if (tier < 0)
        say(call->conn, PHRASE_TIER_USAGE);
    else if (wish(call, (uint8_t)tier))
        say(call->conn, PHRASE_TIER,
            tier_word(is_inside ? (enum tier)call->user->tier : (enum tier)tier,
                      reader_language(call->conn)));
}

static void do_low(struct call *call)
{
    if (wish(call, TIER_MINIMUM))
        say(call->conn, PHRASE_LINE_LOW, tier_of(call->conn, call->user));
}

static void do_auto(struct call *call)
{
    if (wish(call, TIERS))
        say(call->conn, PHRASE_LINE_AUTO, tier_of(call->conn, call->user));
}

// "!line NAME thin", "!line NAME auto"
static void do_line(struct call *call)
{
    char *word = call->rest[0] != '\0' ? strrchr(call->rest, ' ') : NULL;
    const int tier = word != NULL ? tier_from_word(word + 1) : -1;
    const bool is_auto = word != NULL && tier_is_auto(word + 1);
    if (tier < 0 && !is_auto) {
        say(call->conn, PHRASE_LINE_USAGE);
        return;
    }
    *word = '\0';
    struct user *person = command_person(call, call->rest);
    if (person == NULL)
        return;
    if (model_meeting_of(call->server->model, person) != call->meeting) { // others have their own
        say(call->conn, PHRASE_NOT_IN_MEETING, person->name);
        return;
    }
    if (lines_rule_person(call->server, person, LINE_PIN, is_auto ? LINES_NONE : (uint32_t)tier) !=
        0) {
        say(call->conn, PHRASE_LINE_FULL);
        return;
    }
    say(call->conn, is_auto ? PHRASE_LINE_FREED : PHRASE_LINE_SET, person->name,
        tier_of(call->conn, person));
    struct conn *to = conn_of(call->server, person->session);
    if (to != NULL && to != call->conn)
        say(to, is_auto ? PHRASE_LINE_AUTO : PHRASE_LINE_FIXED, tier_of(to, person));
}

// ---- how much data ------------------------------------------------------------------------------

#define SIZE_BYTES 64

static void size_text(const struct conn *reader, uint64_t bytes, char out[SIZE_BYTES])
{
    const bool is_giga = bytes >= 1000000000;
    const uint64_t tenths = (bytes / (is_giga ? 1000000 : 1000) + 50) / 100; // rounded
    char whole[24], tenth[8];
    snprintf(whole, sizeof(whole), "%llu",
             (unsigned long long)(bytes < 1000000 ? (bytes + 999) / 1000 : tenths / 10));
    snprintf(tenth, sizeof(tenth), "%u", (unsigned)(tenths % 10));
    char *text = phrase_fill(bytes < 1000000 ? PHRASE_DATA_KB
                             : is_giga       ? PHRASE_DATA_GB
                                             : PHRASE_DATA_MB,
                             reader_language(reader), (const char *const[]){ whole, tenth });
    snprintf(out, SIZE_BYTES, "%s", text != NULL ? text : "");
    free(text);
}

static void say_sizes(struct conn *conn, enum phrase phrase, const struct usage *usage)
{
    char received[SIZE_BYTES], sent[SIZE_BYTES];
    size_text(conn, usage->voice_out + usage->control_out, received);
    size_text(conn, usage->voice_in + usage->control_in, sent);
    say(conn, phrase, received, sent);
}

static void do_data(struct call *call)
{
    struct conn *conn = call->conn;
    const struct user *user = call->user;
    say_sizes(conn, PHRASE_DATA, &conn->usage);
    if (conn->line != NULL && model_meeting_of(call->server->model, user) != NULL) {
        char hour[SIZE_BYTES];
        size_text(conn, (uint64_t)line_cost_bps(conn, user, (enum tier)user->tier) * 3600 / 8,
                  hour);
        say(conn, PHRASE_DATA_HOUR, hour, tier_of(conn, user));
    }
    struct usage month;
    if (user->user_id != MODEL_GUEST &&
        usage_of_month(call->server, usage_this_month(), user->user_id, &month))
        say_sizes(conn, PHRASE_DATA_MONTH, &month);
}

static const struct command commands[] = {
    { { "tier|quality", "calidad", "qualité|qualite", "qualidade", "kalite" },
      do_tier,
      COMMAND_CHOICE,
      PHRASE_HELP_TIER,
      "minimum" },
    { { "low", "ahorro", "économie|economie", "economia", "ekonomi" },
      do_low,
      COMMAND_MEETING,
      PHRASE_HELP_LOW,
      NULL },
    { { "auto", "auto|automático|automatico", "auto|automatique", "auto|automático|automatico",
        "oto" },
      do_auto,
      COMMAND_MEETING,
      PHRASE_HELP_AUTO,
      NULL },
    { { "data", "datos", "données|donnees", "dados", "done" },
      do_data,
      COMMAND_ANYWHERE,
      PHRASE_HELP_DATA,
      NULL },
    { { "line", "conexión|conexion", "ligne|connexion", "conexão|conexao", "koneksyon" },
      do_line,
      COMMAND_MODERATOR,
      PHRASE_HELP_LINE,
      "Ana minimum" },
};
const struct command_table commands_of_lines = { commands, sizeof(commands) / sizeof(commands[0]) };
