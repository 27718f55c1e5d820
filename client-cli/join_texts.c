// SPDX-License-Identifier: BSD-3-Clause
//
// What is written to the chat: after joining, and line by line from standard input (--chat). At the
// pace that servers allow; what waits is bounded, and while there is no room nothing more is read.
#include "base/base.h"
#include "client-cli/join_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Servers allow a burst of five messages: two went into the login, one into the move. Then one a
// second.
#define QUICK_TEXTS 2
#define TEXT_EVERY_MS 1100

// ---- what waits ---------------------------------------------------------------------------------

static bool has_room(const struct join_texts *texts)
{
    return texts->n < JOIN_TEXTS_MAX;
}

bool join_text_add(struct join *join, const char *text)
{
    struct join_texts *texts = &join->texts;
    char *copy = has_room(texts) ? str_dup(text) : NULL;
    if (copy == NULL)
        return false;
    texts->waiting[(texts->first + texts->n++) % JOIN_TEXTS_MAX] = copy;
    return true;
}

static char *take(struct join_texts *texts)
{
    char *text = texts->waiting[texts->first];
    texts->first = (texts->first + 1) % JOIN_TEXTS_MAX;
    texts->n--;
    return text;
}

static void on_text_time(uv_timer_t *timer)
{
    struct join *join = timer->data;
    struct join_texts *texts = &join->texts;
    if (join->member.client != NULL && texts->n > 0) {
        char *text = take(texts);
        (void)client_send_text(join->member.client, client_own_channel(join->member.client), text);
        free(text);
        texts->n_sent++;
        // The timer also runs after the last one, so that the next is not too early.
        (void)uv_timer_start(timer, on_text_time, texts->n_sent < QUICK_TEXTS ? 0 : TEXT_EVERY_MS,
                             0);
    }
    join_texts_read(join);
}

// ---- standard input -----------------------------------------------------------------------------

// A line too long for a chat is cut off; nothing of it becomes a line of its own.
static void take_byte(struct join *join, char byte)
{
    struct join_texts *texts = &join->texts;
    if (byte != '\n') {
        if (texts->line_len + 1 < sizeof texts->line)
            texts->line[texts->line_len++] = byte;
        return;
    }
    texts->line[texts->line_len] = '\0';
    bool is_text = texts->line_len > 0 && strlen(texts->line) == texts->line_len;
    texts->line_len = 0;
    if (!is_text)
        return;
    if (!str_is_utf8(texts->line))
        events_notice(&join->events, "warning",
                      cli_text(N_("a line that is not UTF-8 was left out")));
    else
        (void)join_text_add(join, texts->line); // there is room: it was looked at
}

static void end_input(struct join *join)
{
    if (join->texts.is_polled)
        (void)uv_poll_stop(&join->input);
    join->texts.is_open = false;
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    join_texts_read(poll->data);
}

// One byte at a time, so that nothing is taken of what there is no room for. A person types it, or
// a script writes it. Without room, on_text_time reads on.
void join_texts_read(struct join *join)
{
    struct join_texts *texts = &join->texts;
    while (texts->is_open && has_room(texts)) {
        char byte;
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (n == 1)
            take_byte(join, byte);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        else
            end_input(join);
    }
    if (texts->is_polled && texts->is_open && has_room(texts))
        (void)uv_poll_start(&join->input, UV_READABLE, on_input);
    else if (texts->is_polled)
        (void)uv_poll_stop(&join->input);
    if (texts->n > 0 && !uv_is_active((uv_handle_t *)&join->text_timer))
        (void)uv_timer_start(&join->text_timer, on_text_time, 0, 0);
}

// A file cannot be watched and need not: it can always be read.
void join_texts_open(struct join *join)
{
    struct join_texts *texts = &join->texts;
    texts->was_flags = fcntl(STDIN_FILENO, F_GETFL);
    if (texts->was_flags < 0)
        return;
    texts->is_open = true;
    texts->is_polled = uv_poll_init(&join->member.loop, &join->input, STDIN_FILENO) == 0;
    join->input.data = join;
}

void join_texts_close(struct join *join)
{
    struct join_texts *texts = &join->texts;
    end_input(join);
    if (texts->is_polled)
        uv_close((uv_handle_t *)&join->input, NULL);
    if (texts->was_flags > 0) // the terminal is the shell's, too
        (void)fcntl(STDIN_FILENO, F_SETFL, texts->was_flags);
    while (texts->n > 0)
        free(take(texts));
}
