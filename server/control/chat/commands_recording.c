// SPDX-License-Identifier: BSD-3-Clause
//
// !record on, off, status; and the same of `susurro admin`.
#include "control/chat/commands.h"
#include "control/meeting/recording_int.h"

#include <string.h>

// ---- in the chat -------------------------------------------------------------------------------

static void say_answer(struct conn *conn, enum recording_answer answer)
{
    switch (answer) {
    case RECORDING_YES: // everybody is told
        break;
    case RECORDING_NO_FOLDER:
        say(conn, PHRASE_RECORD_NO_FOLDER);
        break;
    case RECORDING_NOT_HERE:
        say(conn, PHRASE_RECORD_NOT_HERE);
        break;
    case RECORDING_ALREADY:
        say(conn, PHRASE_RECORD_GREETING);
        break;
    case RECORDING_WAIT:
        say(conn, PHRASE_RECORD_WAIT);
        break;
    case RECORDING_IS_OFF:
        say(conn, PHRASE_RECORD_OFF);
        break;
    case RECORDING_MEMORY:
        say(conn, PHRASE_RECORD_FAILED, for_reader(conn, record_error_text(RECORD_E_MEMORY)));
        break;
    }
}

static void say_status(const struct call *call)
{
    const struct recording *recording = call->run->recording;
    if (recording == NULL || recording->phase != RECORDING_RUNNING) {
        say(call->conn, PHRASE_RECORD_OFF);
        return;
    }
    char duration[RECORDING_DURATION_BYTES];
    recording_duration(call->server->now_us - recording->since_us, duration);
    say(call->conn, PHRASE_RECORD_ON, duration, recording->by);
}

static bool is_status(const char *word)
{
    static const char *const words[] = { "", "status", "estado", "état", "etat", "eta" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_equal_fold(word, words[i]))
            return true;
    return false;
}

static void do_record(struct call *call)
{
    const int is_on = command_bool(call->rest);
    if (is_status(call->rest) && call->run != NULL)
        say_status(call);
    else if (is_on == 1)
        say_answer(call->conn, recording_start(call->server, call->meeting, call->user));
    else if (is_on == 0)
        say_answer(call->conn, recording_stop(call->server, call->meeting, call->user->session));
    else
        say(call->conn, PHRASE_RECORD_USAGE);
}

static const struct command commands[] = {
    { { "record", "grabar|grabación|grabacion", "enregistrer", "gravar|gravação|gravacao",
        "anrejistre" },
      do_record,
      COMMAND_MODERATOR,
      PHRASE_HELP_RECORD,
      NULL },
};
const struct command_table commands_of_recording = { commands,
                                                     sizeof(commands) / sizeof(commands[0]) };

// ---- susurro admin -----------------------------------------------------------------------------

static void refuse(struct answer *answer, enum recording_answer why)
{
    switch (why) {
    case RECORDING_NO_FOLDER:
        answer_error(answer, "refused", "this server has no folder for recordings; set recordings");
        break;
    case RECORDING_NOT_HERE:
        answer_error(answer, "refused", "recording is switched off for this meeting");
        break;
    case RECORDING_ALREADY:
        answer_error(answer, "refused", "this meeting is being recorded already");
        break;
    case RECORDING_IS_OFF:
        answer_error(answer, "refused", "this meeting is not being recorded");
        break;
    case RECORDING_WAIT:
        answer_error(answer, "busy", "the last recording is still being written");
        break;
    case RECORDING_MEMORY:
    case RECORDING_YES:
        answer_error(answer, "failed", "out of memory");
        break;
    }
}

// Until the recorder has answered nothing more is taken from this client, so that questions are
// answered in their order.
void recording_admin(const struct question *question, const struct meeting_info *meeting,
                     bool is_on, struct answer *answer)
{
    struct server *server = question->server;
    const enum recording_answer came =
        is_on ? recording_start(server, meeting, question->user)
              : recording_stop(server, meeting, question->user->session);
    if (came != RECORDING_YES) {
        refuse(answer, came);
        return;
    }
    struct recording *recording = run_of(server, meeting->id)->recording;
    recording->waiting = question->conn->session;
    answer->is_later = true;
    question->conn->n_questions += CONN_QUESTIONS;
}

static void put_answer(struct answer *answer, const struct record_event *event)
{
    char duration[RECORDING_DURATION_BYTES];
    recording_duration(event != NULL ? event->duration_us : 0, duration);
    if (event == NULL)
        answer_error(answer, "not_found", "the meeting has ended");
    else if (event->kind == RECORD_FAILED)
        answer_error(answer, "failed", "%s", record_error_text(event->error));
    else if (event->kind == RECORD_BEGAN)
        answer_done(answer, "Recording into the folder %s.", recording_folder(event));
    else
        answer_done(answer, "%s are in the folder %s.", duration, recording_folder(event));
}

// event NULL: the meeting has gone.
void recording_admin_answer(struct server *server, struct recording *recording,
                            const struct record_event *event)
{
    struct conn *conn =
        recording != NULL && recording->waiting != 0 ? conn_of(server, recording->waiting) : NULL;
    if (recording != NULL)
        recording->waiting = 0;
    if (conn == NULL || conn->n_questions < CONN_QUESTIONS)
        return; // they have left
    struct answer answer = { .has_members = false };
    buffer_init(&answer.text, ADMIN_ANSWER_BYTES);
    put_answer(&answer, event);
    admin_send(conn, &answer);
    buffer_clear(&answer.text);
    conn->n_questions -= CONN_QUESTIONS;
    conn_resume(conn);
}
