// SPDX-License-Identifier: BSD-3-Clause
//
// What a booth may say to whoever holds the floor: slower, louder, once more, not like this. Nobody
// is told which booth it was, nor who. Moderators read the same.
//
// So that it stays a help: a booth signals at most SIGNALS_AT_ONCE times in SIGNALS_WITHIN_US, a
// speaker is told at most as often by all booths together, and the same thing once in
// SIGNAL_AGAIN_US: who asks for it meanwhile is told that the speaker knows.
#include "control/chat/commands.h"
#include "control/display/display_int.h"

#include <stdlib.h>
#include <string.h>

#define SIGNALS_AT_ONCE 3
#define SIGNALS_WITHIN_US UINT64_C(15000000)
#define SIGNAL_AGAIN_US UINT64_C(10000000)

enum signal { SIGNAL_SLOW, SIGNAL_LOUDER, SIGNAL_REPEAT, SIGNAL_CANNOT, SIGNALS };
static const enum phrase signal_phrases[SIGNALS] = {
    [SIGNAL_SLOW] = PHRASE_SIGNAL_SLOW,
    [SIGNAL_LOUDER] = PHRASE_SIGNAL_LOUDER,
    [SIGNAL_REPEAT] = PHRASE_SIGNAL_REPEAT,
    [SIGNAL_CANNOT] = PHRASE_SIGNAL_CANNOT,
};
static const char *const signal_names[SIGNALS] = {
    [SIGNAL_SLOW] = "slow",
    [SIGNAL_LOUDER] = "louder",
    [SIGNAL_REPEAT] = "repeat",
    [SIGNAL_CANNOT] = "cannot",
};

struct recent { // when the last ones were, a ring
    uint64_t at_us[SIGNALS_AT_ONCE];
    unsigned next;
};
struct signals { // run->signals
    struct recent booths[MODEL_BOOTHS_MAX], speaker;
    uint32_t session; // the speaker whom all of this is about
    uint64_t told_us[SIGNALS];
    bool is_told;
    enum signal last;
    uint32_t number; // of signals in this meeting
};

static bool has_room(const struct recent *recent, uint64_t now_us)
{
    const uint64_t oldest_us = recent->at_us[recent->next];
    return oldest_us == 0 || now_us - oldest_us >= SIGNALS_WITHIN_US;
}

static void note(struct recent *recent, uint64_t now_us)
{
    recent->at_us[recent->next] = now_us;
    recent->next = (recent->next + 1) % SIGNALS_AT_ONCE;
}

static struct signals *signals_of(struct meeting_run *run, uint32_t speaker)
{
    if (run->signals == NULL)
        run->signals = calloc(1, sizeof(struct signals));
    struct signals *signals = run->signals;
    if (signals != NULL && signals->session != speaker) {
        signals->session = speaker;
        signals->is_told = false;
        signals->speaker = (struct recent){ 0 };
        memset(signals->told_us, 0, sizeof(signals->told_us));
    }
    return signals;
}

void signals_forget(struct meeting_run *run)
{
    free(run->signals);
    run->signals = NULL;
}

// ---- telling ------------------------------------------------------------------------------------

static void tell_moderators(const struct call *call, const struct user *speaker, enum signal signal)
{
    struct server *server = call->server;
    for (struct conn *conn = server->conns; conn != NULL; conn = conn->next) {
        const struct user *user =
            conn->phase == CONN_READY ? model_user(server->model, conn->session) : NULL;
        if (user != NULL && user != speaker && user != call->user &&
            model_meeting_of(server->model, user) == call->meeting &&
            model_is_moderator(server->model, user, call->meeting))
            say(conn, PHRASE_SIGNAL_TO, speaker->name,
                phrase_text(signal_phrases[signal], reader_language(conn)));
    }
}

static void tell_speaker(const struct call *call, struct signals *signals,
                         const struct user *speaker, struct conn *to, enum signal signal)
{
    char name[256];
    const uint64_t now_us = call->server->now_us;
    note(&signals->speaker, now_us);
    signals->told_us[signal] = now_us;
    signals->last = signal;
    signals->is_told = true;
    signals->number++;
    say(to, signal_phrases[signal]);
    tell_moderators(call, speaker, signal);
    say(call->conn, PHRASE_SIGNAL_SENT);
    display_changed(call->server, call->meeting->id);
    log_info("control", "signal to the speaker", "meeting=%s signal=%s",
             log_quote(call->meeting->name, name, sizeof(name)), signal_names[signal]);
}

static void send_signal(struct call *call, enum signal signal)
{
    const struct channel *booth = model_channel(call->server->model, call->user->channel);
    const uint64_t now_us = call->server->now_us;
    struct meeting_run *run = call->run;
    const uint32_t holder = run != NULL && run->has_state ? run->state.floor.holder : 0;
    const struct user *speaker = holder != 0 ? model_user(call->server->model, holder) : NULL;
    struct conn *to = speaker != NULL ? conn_of(call->server, holder) : NULL;
    struct signals *signals = to != NULL ? signals_of(run, holder) : NULL;
    if (signals == NULL) {
        say(call->conn, PHRASE_NO_FLOOR);
        return;
    }
    struct recent *of_booth = &signals->booths[booth->role_index];
    if (!has_room(of_booth, now_us)) {
        say(call->conn, PHRASE_SIGNAL_WAIT);
        return;
    }
    note(of_booth, now_us);
    const uint64_t told_us = signals->told_us[signal];
    if ((told_us != 0 && now_us - told_us < SIGNAL_AGAIN_US) ||
        !has_room(&signals->speaker, now_us))
        say(call->conn, PHRASE_SIGNAL_JUST_TOLD);
    else
        tell_speaker(call, signals, speaker, to, signal);
}

// To those whom it concerns: the speaker, booths, moderators.
void signals_put(struct answer *answer, const struct conn *reader,
                 const struct meeting_info *meeting, const struct meeting_run *run)
{
    const struct model *model = reader->server->model;
    const struct signals *signals = run->signals;
    const struct user *user = model_user(model, reader->session);
    const bool is_concerned = signals != NULL && signals->is_told && run->has_state &&
                              run->state.floor.holder == signals->session &&
                              (user->session == signals->session ||
                               model_channel(model, user->channel)->role == CHANNEL_BOOTH ||
                               model_is_moderator(model, user, meeting));
    if (!is_concerned) {
        answer_text(answer, "signal", NULL);
        return;
    }
    answer_open(answer, "signal", '{');
    answer_text(answer, "kind", signal_names[signals->last]);
    answer_integer(answer, "number", signals->number);
    answer_close(answer, '}');
}

// ---- commands -----------------------------------------------------------------------------------

static void do_slow(struct call *call)
{
    send_signal(call, SIGNAL_SLOW);
}

static void do_louder(struct call *call)
{
    send_signal(call, SIGNAL_LOUDER);
}

static void do_repeat(struct call *call)
{
    send_signal(call, SIGNAL_REPEAT);
}

static void do_cannot(struct call *call)
{
    send_signal(call, SIGNAL_CANNOT);
}

static const struct command commands[] = {
    { { "slow|slower", "despacio|lento", "lentement|doucement", "devagar", "dousman" },
      do_slow,
      COMMAND_BOOTH,
      PHRASE_HELP_SLOW,
      NULL },
    { { "louder|loud", "fuerte|alto", "plusfort|fort", "alto|maisalto", "pifò|pifo" },
      do_louder,
      COMMAND_BOOTH,
      PHRASE_HELP_LOUDER,
      NULL },
    { { "repeat|again", "repetir|repite", "répéter|repeter|répétez|repetez", "repetir|repita",
        "repete" },
      do_repeat,
      COMMAND_BOOTH,
      PHRASE_HELP_REPEAT,
      NULL },
    { { "cannot|cant", "imposible|nopuedo", "impossible", "impossível|impossivel",
        "enposib|mpakapab" },
      do_cannot,
      COMMAND_BOOTH,
      PHRASE_HELP_CANNOT,
      NULL },
};
const struct command_table commands_of_signals = { commands,
                                                   sizeof(commands) / sizeof(commands[0]) };
