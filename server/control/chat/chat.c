// SPDX-License-Identifier: BSD-3-Clause
#include "control/chat/chat.h"

#include <stdlib.h>
#include <string.h>

// ---- who reads what ---------------------------------------------------------------------------

static bool is_seat(const struct channel *channel, const struct meeting_info *meeting,
                    enum channel_role role)
{
    return channel->meeting == meeting->id && channel->role == role;
}

static uint32_t booth_languages(const struct meeting_booth *booth)
{
    return 1u << booth->lang_a | 1u << booth->lang_b | (booth->has_third ? 1u << booth->lang_c : 0);
}

struct chat_reader chat_reader_of(const struct conn *conn, const struct meeting_info *meeting)
{
    const struct model *model = conn->server->model;
    const struct user *user = model_user(model, conn->session);
    const struct channel *channel = model_channel(model, user->channel);
    int read = meeting_info_lang(meeting, reader_language(conn));
    struct chat_reader reader = { .conn = conn, .meeting = meeting, .own = meeting->default_lang };
    bool is_on_track = is_seat(channel, meeting, CHANNEL_TRACK);
    reader.is_in_booth = is_seat(channel, meeting, CHANNEL_BOOTH);
    reader.has_chosen_own = read >= 0 && conn->chosen_language[0] != '\0';
    if (read >= 0)
        reader.own = (uint8_t)read;
    else if (is_on_track)
        reader.own = channel->role_index;
    if (user->understood_in == meeting->id)
        reader.understood = user->understood;
    if (is_on_track)
        reader.understood |= 1u << channel->role_index;
    if (reader.is_in_booth)
        reader.understood |= booth_languages(&meeting->booths[channel->role_index]);
    else
        reader.understood |= 1u << reader.own;
    // Where anyone may interpret, those do who sit in a booth.
    bool is_interpreter =
        model_is_interpreter(model, user, meeting) &&
        (reader.is_in_booth || !model_meeting_root(model, meeting)->is_anyone_interpreter);
    reader.has_numbers = is_interpreter || model_is_moderator(model, user, meeting);
    return reader;
}

int chat_pick(const struct chat_reader *reader, const struct chat_message *message)
{
    bool is_understood = (reader->understood >> message->lang & 1) != 0;
    bool is_own_first = reader->has_chosen_own || !is_understood || reader->own == message->lang;
    if (message->translations[reader->own] != NULL && is_own_first)
        return reader->own;
    // One into the language that it was taken to be in: it is in another.
    if (is_understood)
        return message->translations[message->lang] != NULL ? message->lang : -1;
    for (uint8_t lang = 0; lang < reader->meeting->n_tracks; lang++)
        if ((reader->understood >> lang & 1) != 0 && message->translations[lang] != NULL)
            return lang;
    return -1;
}

// A session number may be another's by now.
const struct user *chat_author(const struct chat_reader *reader, const struct chat_message *message)
{
    const struct user *user = model_user(reader->conn->server->model, message->session);
    return user != NULL && strcmp(user->name, message->name) == 0 &&
                   visible_user(reader->conn, user)
               ? user
               : NULL;
}

// Of somebody who has left nobody knows any more whether this reader could have seen them.
const char *chat_name(const struct chat_reader *reader, const struct chat_message *message)
{
    bool is_hidden = reader->conn->visible != NULL && chat_author(reader, message) == NULL;
    return is_hidden ? phrase_text(PHRASE_CHAT_SOMEBODY, reader_language(reader->conn))
                     : message->name;
}

void chat_number(const struct chat_reader *reader, const struct chat_message *message, char out[64])
{
    out[0] = '\0';
    if (reader->has_numbers)
        snprintf(out, 64, "<small style=\"color:gray\">#%u %s</small> ", message->number,
                 reader->meeting->tracks[message->lang].lang);
}

static bool has_ears(const struct model *model, const struct user *user,
                     const struct meeting_info *meeting)
{
    for (uint32_t i = 0; i < user->n_listening; i++) {
        const struct channel *channel = model_channel(model, user->listening[i].channel);
        if (user->listening[i].is_on && channel != NULL && channel->meeting == meeting->id &&
            channel->role != CHANNEL_BOOTH)
            return true;
    }
    return false;
}

static bool is_reader(const struct conn *conn, const struct meeting_info *meeting)
{
    const struct model *model = conn->server->model;
    const struct user *user = conn->phase == CONN_READY ? model_user(model, conn->session) : NULL;
    return user != NULL &&
           (model_meeting_of(model, user) == meeting || has_ears(model, user, meeting));
}

// ---- what is sent -----------------------------------------------------------------------------

static void add(struct buffer *out, const char *text)
{
    buffer_add(out, text, strlen(text));
}

static void add_escaped(struct buffer *out, const char *text)
{
    char *escaped = html_escape(text);
    add(out, escaped != NULL ? escaped : "");
    free(escaped);
}

// As written to the channel that they sit in: so clients show it as what is said around them. To
// booths and listeners from elsewhere as to the floor, for their own channel has its own chat.
static void send_to(struct conn *to, const struct meeting_info *meeting, const struct user *author,
                    const char *html)
{
    const struct model *model = to->server->model;
    const struct channel *channel = model_channel(model, model_user(model, to->session)->channel);
    uint32_t place = is_seat(channel, meeting, CHANNEL_TRACK) ? channel->id : meeting->id;
    MumbleProto__TextMessage text = MUMBLE_PROTO__TEXT_MESSAGE__INIT;
    text.has_actor = author != NULL;
    text.actor = author != NULL ? author->session : 0;
    text.n_channel_id = 1;
    text.channel_id = &place;
    text.message = (char *)(uintptr_t)html;
    send_message(to, MSG_TEXT_MESSAGE, &text.base);
}

#define SENT_BYTES (1u << 24) // more than any frame may hold: nothing is cut here

static void send_post(struct conn *to, const struct meeting_info *meeting,
                      const struct chat_message *message)
{
    struct chat_reader reader = chat_reader_of(to, meeting);
    const struct user *author = chat_author(&reader, message);
    char number[64];
    struct buffer out;
    buffer_init(&out, SENT_BYTES);
    chat_number(&reader, message, number);
    if (message->number > 0)
        add(&out, number);
    if (author == NULL) {
        add(&out, "<b>");
        add_escaped(&out, chat_name(&reader, message));
        add(&out, "</b>: ");
        chat_add_text(&out, message->text); // there is no actor to whom all of it belongs
    } else {
        add(&out, message->text);
    }
    if (buffer_add(&out, "", 1))
        send_to(to, meeting, author, (const char *)out.data);
    buffer_clear(&out);
}

static void send_translated(struct conn *to, const struct chat_reader *reader,
                            const struct chat_message *message, uint8_t lang)
{
    const struct user *author = chat_author(reader, message);
    const struct meeting_track *tracks = reader->meeting->tracks;
    char head[96];
    struct buffer out;
    buffer_init(&out, SENT_BYTES);
    chat_number(reader, message, head);
    add(&out, head);
    if (author == NULL) {
        add(&out, "<b>");
        add_escaped(&out, chat_name(reader, message));
        add(&out, "</b> ");
    }
    if (lang == message->lang) // taken to be in this language, but it was not
        snprintf(head, sizeof(head), "<i>(→%s)</i>", tracks[lang].lang);
    else
        snprintf(head, sizeof(head), "<i>(%s→%s)</i>", tracks[message->lang].lang,
                 tracks[lang].lang);
    add(&out, head);
    add(&out, author == NULL ? ": " : " ");
    add(&out, message->translations[lang]);
    if (buffer_add(&out, "", 1))
        send_to(to, reader->meeting, author, (const char *)out.data);
    buffer_clear(&out);
}

void chat_send_translation(struct conn *from, const struct meeting_info *meeting,
                           const struct chat_message *message, uint8_t lang)
{
    for (struct conn *to = from->server->conns; to != NULL; to = to->next) {
        if (to == from || !is_reader(to, meeting))
            continue;
        struct chat_reader reader = chat_reader_of(to, meeting);
        const struct user *author = chat_author(&reader, message);
        bool is_author = author != NULL && author->session == to->session;
        if (!is_author && (reader.is_in_booth || chat_pick(&reader, message) == lang))
            send_translated(to, &reader, message, lang);
    }
}

// ---- what is remembered -----------------------------------------------------------------------

// In which language somebody writes is a guess, as with what they speak.
static uint8_t writes(const struct conn *conn, const struct meeting_info *meeting)
{
    const struct user *user = model_user(conn->server->model, conn->session);
    const struct channel *channel = model_channel(conn->server->model, user->channel);
    int spoken = user->spoken[0] != '\0' ? meeting_info_lang(meeting, user->spoken) : -1;
    if (spoken >= 0)
        return (uint8_t)spoken;
    if (is_seat(channel, meeting, CHANNEL_TRACK))
        return channel->role_index;
    return chat_reader_of(conn, meeting).own;
}

static size_t escaped_bytes(char letter)
{
    return letter == '&' ? 5 : letter == '<' || letter == '>' ? 4 : letter == '"' ? 6 : 1;
}

static bool has_image(const char *html)
{
    for (; (html = strchr(html, '<')) != NULL; html++)
        if (strncasecmp(html, "<img", 4) == 0)
            return true;
    return false;
}

#define IMAGE_SIGN "🖼 "

// What is too long to be remembered loses its pictures and its form, then its end.
static char *shortened(const char *html)
{
    char *plain = html_to_plain(html), *escaped = NULL;
    size_t bytes = sizeof(IMAGE_SIGN) + sizeof("…"), end = 0;
    for (size_t i = 0; plain != NULL && plain[i] != '\0' && bytes <= AGENDA_MESSAGE_BYTES; i++) {
        bytes += escaped_bytes(plain[i]);
        if ((plain[i + 1] & 0xC0) != 0x80 && bytes <= AGENDA_MESSAGE_BYTES)
            end = i + 1; // a letter ends here
    }
    char *result = malloc(AGENDA_MESSAGE_BYTES + 1);
    if (plain != NULL && result != NULL) {
        bool is_cut = plain[end] != '\0';
        plain[end] = '\0';
        escaped = html_escape(plain);
        snprintf(result, AGENDA_MESSAGE_BYTES + 1, "%s%s%s", has_image(html) ? IMAGE_SIGN : "",
                 escaped != NULL ? escaped : "", is_cut ? "…" : "");
    } else {
        free(result);
        result = NULL;
    }
    free(escaped);
    free(plain);
    return result;
}

static void end_if_over(struct server *server, struct meeting_run *run)
{
    if (!agenda_chat_end_if_over(run->agenda, server->now_us))
        return;
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next)
        for (size_t i = 0; i < CHAT_SEEN_MAX; i++)
            if (conn->chat_seen[i].meeting == run->meeting)
                conn->chat_seen[i].number = 0;
}

static int remember(const struct chat_message *message, const struct meeting_info *meeting,
                    struct meeting_run *run)
{
    char *shorter = strlen(message->text) > AGENDA_MESSAGE_BYTES ? shortened(message->text) : NULL;
    int number = agenda_chat_add(run->agenda, message->session, message->name, message->lang,
                                 shorter != NULL ? shorter : message->text, message->at_s,
                                 meeting->history > 0);
    free(shorter);
    return number;
}

void chat_post(struct conn *from, const struct meeting_info *meeting, const char *html,
               bool *is_reached)
{
    struct server *server = from->server;
    struct meeting_run *run = run_of(server, meeting->id);
    struct chat_message message = { .session = from->session,
                                    .at_s = clock_unix_s(),
                                    .name = model_user(server->model, from->session)->name,
                                    .text = html,
                                    .lang = writes(from, meeting) };
    if (run != NULL) {
        end_if_over(server, run);
        int number = remember(&message, meeting, run);
        message.number =
            number > 0 ? (uint32_t)number : 0; // it goes without, when there is no memory
    }
    for (struct conn *to = server->conns; to != NULL; to = to->next) {
        if (!is_reader(to, meeting))
            continue;
        if (to != from)
            send_post(to, meeting, &message);
        if (is_reached != NULL)
            is_reached[to->session] = false;
    }
}

// ---- coming and going -------------------------------------------------------------------------

// The place for this meeting, or the one that was used least recently: the last.
static struct chat_seen *seen_of(struct conn *conn, uint32_t meeting)
{
    size_t i = 0;
    while (i < CHAT_SEEN_MAX - 1 && conn->chat_seen[i].meeting != meeting)
        i++;
    struct chat_seen found = { .meeting = meeting };
    if (conn->chat_seen[i].meeting == meeting)
        found = conn->chat_seen[i];
    memmove(conn->chat_seen + 1, conn->chat_seen, i * sizeof(found));
    conn->chat_seen[0] = found;
    return conn->chat_seen;
}

void chat_greet(struct conn *conn, const struct meeting_info *meeting)
{
    struct server *server = conn->server;
    struct meeting_run *run = run_of(server, meeting->id);
    if (run == NULL)
        return;
    end_if_over(server, run);
    agenda_chat_entered(run->agenda);
    struct chat_seen *seen = seen_of(conn, meeting->id);
    if (seen->number > agenda_chat_newest(run->agenda)) // it was declared anew
        seen->number = 0;
    struct chat_reader reader = chat_reader_of(conn, meeting);
    char *history = meeting->history > 0 ? chat_history(&reader, run->agenda, seen->number,
                                                        meeting->history, CHAT_GREETING_BYTES)
                                         : NULL;
    if (history != NULL)
        send_text(conn, history);
    free(history);
}

void chat_left(struct server *server, struct meeting_run *run, uint32_t session)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct conn *conn = conn_of(server, session);
    if (conn != NULL)
        seen_of(conn, run->meeting)->number = agenda_chat_newest(run->agenda);
    for (const struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session))
        if (!user->is_server_made && user->session != session &&
            model_meeting_of(server->model, user) == meeting)
            return;
    agenda_chat_emptied(run->agenda, server->now_us);
}
