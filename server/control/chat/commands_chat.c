// SPDX-License-Identifier: BSD-3-Clause
//
// Commands of the meeting's chat: translations, what was written before, and how one writes to the
// meeting from a booth.
#include "control/chat/chat.h"
#include "control/chat/commands.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 9
#define LANG_WORD_BYTES 64

// What a command's text becomes when it is sent: HTML again, within the limits. NULL: told.
static char *sendable(struct call *call, const char *plain)
{
    char *html = html_escape(plain);
    char *allowed = html != NULL ? text_allowed(call->conn, html) : NULL;
    free(html);
    return allowed;
}

static void do_say(struct call *call)
{
    uint32_t floor = call->meeting->id;
    if (call->rest[0] == '\0') {
        say(call->conn, PHRASE_SAY_USAGE);
        return;
    }
    if ((model_permissions(call->server->model, call->user, floor) & PERM_TEXT_MESSAGE) == 0) {
        send_denied(call->conn, PERM_TEXT_MESSAGE, floor);
        return;
    }
    char *html = sendable(call, call->rest);
    if (html != NULL)
        chat_post(call->conn, call->meeting, html, NULL);
    free(html);
}

// ---- what was written before ------------------------------------------------------------------

static void do_history(struct call *call)
{
    char *end = call->rest;
    unsigned long n = call->meeting->history;
    if (n == 0) {
        say(call->conn, PHRASE_HISTORY_OFF);
        return;
    }
    if (call->rest[0] != '\0')
        n = strtoul(call->rest, &end, 10);
    if (*end != '\0' || !(call->rest[0] == '\0' || isdigit((unsigned char)call->rest[0])) ||
        n == 0) {
        say(call->conn, PHRASE_HISTORY_USAGE);
        return;
    }
    struct chat_reader reader = chat_reader_of(call->conn, call->meeting);
    char *history =
        chat_history(&reader, call->run->agenda, 0,
                     n < AGENDA_CHAT_MAX ? (uint32_t)n : AGENDA_CHAT_MAX, CHAT_HISTORY_BYTES);
    if (history != NULL)
        send_text(call->conn, history);
    else
        say(call->conn, PHRASE_HISTORY_NONE);
    free(history);
}

// ---- a translation ----------------------------------------------------------------------------

// "12 en: text", "#12 text", "en: text", "text".
struct translation {
    bool has_number;
    uint32_t number;
    int lang; // -1: not said
    const char *text;
};

static const char *skip(const char *text, const char *letters)
{
    return text + strspn(text, letters);
}

static int find_language(const struct meeting_info *meeting, const char *word)
{
    int lang = word[0] != '\0' ? meeting_info_lang(meeting, word) : -1;
    for (uint8_t i = 0; lang < 0 && i < meeting->n_tracks; i++)
        if (str_equal_fold(lang_own_name(meeting->tracks[i].lang), word))
            lang = i;
    return lang;
}

// Only a language of the meeting: "no: …" is what people write, too.
static struct translation read_translation(const struct call *call)
{
    const char *at = call->rest;
    struct translation out = { .lang = -1 };
    bool has_sign = *at == '#';
    size_t digits = strspn(at + has_sign, "0123456789");
    const char *behind = at + has_sign + digits;
    if (digits > 0 && digits <= NUMBER_DIGITS && (*behind == '\0' || strchr(" :.", *behind))) {
        out.has_number = true;
        out.number = (uint32_t)strtoul(at + has_sign, NULL, 10);
        at = skip(behind + (*behind == ':' || *behind == '.' ? 1 : 0), " ");
    }
    char word[LANG_WORD_BYTES];
    size_t len = strcspn(at, " :");
    if (len < sizeof(word) && at[len] == ':') {
        snprintf(word, sizeof(word), "%.*s", (int)len, at);
        out.lang = find_language(call->meeting, word);
        if (out.lang >= 0)
            at = skip(at + len + 1, " ");
    }
    out.text = at;
    return out;
}

// The other language of the booth, or of a meeting of two; else the caller's own. -1: not clear.
static int target_of(const struct call *call, uint8_t from)
{
    const struct channel *seat = model_channel(call->server->model, call->user->channel);
    const struct chat_reader reader = chat_reader_of(call->conn, call->meeting);
    const struct meeting_booth *booth = &call->meeting->booths[seat->role_index];
    if (seat->role == CHANNEL_BOOTH && !booth->has_third) {
        if (from == booth->lang_a || from == booth->lang_b)
            return from == booth->lang_a ? booth->lang_b : booth->lang_a;
        return -1;
    }
    if (call->meeting->n_tracks == 2)
        return from == 0 ? 1 : 0;
    bool has_own = seat->role == CHANNEL_TRACK || call->conn->chosen_language[0] != '\0';
    return has_own && reader.own != from ? reader.own : -1;
}

// The newest one of others that is not in that language; without a language, that it is clear into
// which it goes.
static uint32_t newest_foreign(const struct call *call, int lang)
{
    const struct agenda *agenda = call->run->agenda;
    struct chat_message message;
    for (uint32_t at = agenda_chat_newest(agenda); agenda_chat_get(agenda, at, &message); at--) {
        bool fits = lang >= 0 ? message.lang != lang : target_of(call, message.lang) >= 0;
        if (message.session != call->user->session && fits)
            return at;
    }
    return 0;
}

static void confirm(struct call *call, const struct chat_message *message, uint8_t lang)
{
    const struct meeting_track *tracks = call->meeting->tracks;
    const struct chat_reader reader = chat_reader_of(call->conn, call->meeting);
    char number[16];
    snprintf(number, sizeof(number), "#%u", message->number);
    if (lang == message->lang)
        say(call->conn, PHRASE_TR_DONE_INTO, number, chat_name(&reader, message),
            lang_own_name(tracks[lang].lang));
    else
        say(call->conn, PHRASE_TR_DONE, number, chat_name(&reader, message),
            lang_own_name(tracks[message->lang].lang), lang_own_name(tracks[lang].lang));
    log_info("chat", "translated", "meeting=%u number=%u lang=%s session=%u", call->meeting->id,
             message->number, tracks[lang].lang, call->user->session);
}

static void attach(struct call *call, uint32_t number, uint8_t lang, const char *text)
{
    struct chat_message message;
    char *html = sendable(call, text);
    if (html == NULL)
        return;
    int error = agenda_chat_translate(call->run->agenda, number, lang, html);
    free(html);
    if (error == AGENDA_E_FULL) {
        say(call->conn, PHRASE_TR_LONG);
    } else if (error != 0) {
        say(call->conn, PHRASE_FAILED, for_reader(call->conn, agenda_error_text(error)));
    } else if (agenda_chat_get(call->run->agenda, number, &message)) {
        chat_send_translation(call->conn, call->meeting, &message, lang);
        confirm(call, &message, lang);
    }
}

static void do_tr(struct call *call)
{
    struct translation said = read_translation(call);
    struct chat_message message;
    char number[16];
    if (said.text[0] == '\0') {
        say(call->conn, PHRASE_TR_USAGE);
        return;
    }
    if (!said.has_number)
        said.number = newest_foreign(call, said.lang);
    snprintf(number, sizeof(number), "%u", said.number);
    if (!agenda_chat_get(call->run->agenda, said.number, &message)) {
        if (said.has_number)
            say(call->conn, PHRASE_TR_UNKNOWN, number);
        else
            say(call->conn, PHRASE_TR_NOTHING);
        return;
    }
    int lang = said.lang >= 0 ? said.lang : target_of(call, message.lang);
    if (lang < 0)
        say(call->conn, PHRASE_TR_LANGUAGE, number,
            call->meeting->tracks[message.lang == 0 && call->meeting->n_tracks > 1 ? 1 : 0].lang);
    else
        attach(call, said.number, (uint8_t)lang, said.text);
}

static const struct command commands[] = {
    { { "history", "historial", "historique", "histórico|historico", "istwa" },
      do_history,
      COMMAND_MEETING,
      PHRASE_HELP_HISTORY,
      "50" },
    { { "tr|translate", "traducir|traduzco", "traduire|traduis", "traduzir|traduzo", "tradui" },
      do_tr,
      COMMAND_HELPER,
      PHRASE_HELP_TR,
      "12 …" },
    { { "say", "decir|digo", "dire|dis", "dizer|digo", "di" },
      do_say,
      COMMAND_BOOTH,
      PHRASE_HELP_SAY,
      "…" },
};
const struct command_table commands_of_chat = { commands, sizeof(commands) / sizeof(commands[0]) };
