// SPDX-License-Identifier: BSD-3-Clause
//
// Breakout groups: temporary channels beneath the floor, and where everybody sat before. A group is
// an ordinary channel with direct voice; with interpreters it is a meeting of its own
// (breakout_meeting.c). Seats are remembered until everybody comes back, or who sat there leaves
// the server; a group goes with the last one in it, or at the end.
#include "control/tools/tools.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_POSITION 200 // after tracks and booths

struct seat {
    uint32_t session, channel; // and where they sat
};
struct breakouts {                      // run->breakouts
    uint32_t groups[AGENDA_GROUPS_MAX]; // channels, MODEL_NONE: not there
    struct seat *seats;
    size_t n_seats, cap;
};

static struct breakouts *breakouts_of(struct meeting_run *run) // NULL: memory
{
    if (run->breakouts == NULL) {
        struct breakouts *breakouts = calloc(1, sizeof(*breakouts));
        for (size_t i = 0; breakouts != NULL && i < AGENDA_GROUPS_MAX; i++)
            breakouts->groups[i] = MODEL_NONE;
        run->breakouts = breakouts;
    }
    return run->breakouts;
}

bool breakout_is_there(const struct meeting_run *run)
{
    const struct breakouts *breakouts = run->breakouts;
    for (size_t i = 0; breakouts != NULL && i < AGENDA_GROUPS_MAX; i++)
        if (breakouts->groups[i] != MODEL_NONE)
            return true;
    return false;
}

// The group that a channel is, or lies in: its index; AGENDA_GROUPS_MAX: none.
static size_t group_of(const struct server *server, const struct breakouts *breakouts,
                       uint32_t channel)
{
    size_t i = 0;
    while (i < AGENDA_GROUPS_MAX &&
           (breakouts->groups[i] == MODEL_NONE ||
            !model_channel_is_within(server->model, channel, breakouts->groups[i])))
        i++;
    return i;
}

const struct meeting_run *breakout_of(const struct server *server, uint32_t channel)
{
    for (const struct meeting_run *run = server->runs; run != NULL; run = run->next)
        if (run->breakouts != NULL && group_of(server, run->breakouts, channel) < AGENDA_GROUPS_MAX)
            return run;
    return NULL;
}

const struct channel *breakout_channel(const struct server *server, const struct meeting_run *run,
                                       unsigned group)
{
    const struct breakouts *breakouts = run->breakouts;
    return breakouts != NULL && group >= 1 && group <= AGENDA_GROUPS_MAX
               ? model_channel(server->model, breakouts->groups[group - 1])
               : NULL;
}

// ---- seats ------------------------------------------------------------------------------------

static struct seat *seat_of(const struct breakouts *breakouts, uint32_t session)
{
    for (size_t i = 0; i < breakouts->n_seats; i++)
        if (breakouts->seats[i].session == session)
            return &breakouts->seats[i];
    return NULL;
}

// The first seat stays: who goes from group to group comes back to where they sat before all.
static bool remember(struct breakouts *breakouts, uint32_t session, uint32_t channel)
{
    if (seat_of(breakouts, session) != NULL)
        return true;
    if (breakouts->n_seats == breakouts->cap) {
        size_t cap = breakouts->cap != 0 ? 2 * breakouts->cap : 32;
        struct seat *seats = realloc(breakouts->seats, cap * sizeof(*seats));
        if (seats == NULL)
            return false;
        breakouts->seats = seats;
        breakouts->cap = cap;
    }
    breakouts->seats[breakouts->n_seats++] = (struct seat){ session, channel };
    return true;
}

static void gone(struct server *server, struct meeting_run *run, uint32_t session)
{
    queue_leave(server, run, session);
    figures_leave(server, run, session);
}

void breakout_leave(struct server *server, uint32_t session)
{
    const struct user *user = model_user(server->model, session);
    const struct meeting_run *from = user != NULL ? breakout_of(server, user->channel) : NULL;
    for (struct meeting_run *run = server->runs; run != NULL; run = run->next) {
        struct breakouts *breakouts = run->breakouts;
        struct seat *seat = breakouts != NULL ? seat_of(breakouts, session) : NULL;
        if (seat != NULL)
            *seat = breakouts->seats[--breakouts->n_seats];
        if (run == from)
            gone(server, run, session);
    }
}

// Who leaves a group for somewhere else, and not to come back, leaves the meeting.
void breakout_moved(struct server *server, const struct user *user, uint32_t left)
{
    const struct meeting_run *from = breakout_of(server, left);
    const struct meeting_info *meeting = from != NULL ? tools_meeting(server, user) : NULL;
    if (from != NULL && (meeting == NULL || meeting->id != from->meeting))
        gone(server, run_of(server, from->meeting), user->session);
}

const char *breakout_language(const struct server *server, const struct user *user)
{
    const struct meeting_run *run = breakout_of(server, user->channel);
    const struct meeting_info *meeting =
        run != NULL ? model_meeting(server->model, run->meeting) : NULL;
    if (meeting == NULL)
        return NULL;
    const struct seat *seat = seat_of(run->breakouts, user->session);
    const struct channel *channel =
        seat != NULL ? model_channel(server->model, seat->channel) : NULL;
    bool is_track =
        channel != NULL && channel->meeting == meeting->id && channel->role == CHANNEL_TRACK;
    return meeting->tracks[is_track ? channel->role_index : meeting->default_lang].lang;
}

// ---- channels ---------------------------------------------------------------------------------

void breakout_channel_gone(struct server *server, uint32_t channel)
{
    for (struct meeting_run *run = server->runs; run != NULL; run = run->next) {
        struct breakouts *breakouts = run->breakouts;
        for (size_t i = 0; breakouts != NULL && i < AGENDA_GROUPS_MAX; i++)
            if (breakouts->groups[i] == channel)
                breakouts->groups[i] = MODEL_NONE;
    }
}

// "Group 3" or "Group Español", in the meeting's language; with a mark while that is taken.
static char *group_label(const struct server *server, const struct meeting_info *meeting,
                         const char *what)
{
    const char *arguments[] = { what };
    char *label = phrase_fill(PHRASE_GROUP, meeting->tracks[meeting->default_lang].lang, arguments);
    while (label != NULL && model_channel_child(server->model, meeting->id, label) != NULL) {
        size_t len = strlen(label) + sizeof("′");
        char *longer = malloc(len);
        if (longer != NULL)
            snprintf(longer, len, "%s′", label);
        free(label);
        label = longer;
    }
    return label;
}

static bool add_group(struct server *server, const struct meeting_info *meeting,
                      struct breakouts *breakouts, size_t index, const char *what,
                      bool is_interpreted)
{
    char *label = group_label(server, meeting, what);
    struct channel *channel = NULL;
    if (label != NULL && model_channel_check(server->model, meeting->id, label, MODEL_NONE) == 0)
        channel = is_interpreted ? breakout_meeting_add(server, meeting, label)
                                 : model_channel_add(server->model, MODEL_NONE, meeting->id, label);
    free(label);
    if (channel == NULL)
        return false;
    channel->is_temporary = true;
    channel->position = GROUP_POSITION + (int32_t)index;
    breakouts->groups[index] = channel->id;
    server->are_routes_dirty = true;
    channels_broadcast(server, channel);
    if (is_interpreted)
        breakout_meeting_announce(server, channel->id);
    return true;
}

static void remove_groups(struct server *server, struct breakouts *breakouts)
{
    for (size_t i = 0; i < AGENDA_GROUPS_MAX; i++)
        if (breakouts->groups[i] != MODEL_NONE)
            channels_remove_tree(server, breakouts->groups[i]); // breakout_channel_gone follows
}

// ---- whom -------------------------------------------------------------------------------------

static bool is_dealt(const struct server *server, const struct meeting_info *meeting,
                     const struct user *user, uint32_t asker)
{
    const struct channel *channel = model_channel(server->model, user->channel);
    return !user->is_server_made && !user->is_bot && user->session != asker &&
           conn_of(server, user->session) != NULL && channel->meeting == meeting->id &&
           (channel->role == CHANNEL_FLOOR || channel->role == CHANNEL_TRACK);
}

static size_t gather(const struct server *server, const struct meeting_info *meeting,
                     uint32_t asker, struct breakout_person *people)
{
    size_t n = 0;
    for (const struct user *user = model_user_next(server->model, 0);
         user != NULL && n < AGENDA_PEOPLE_MAX;
         user = model_user_next(server->model, user->session))
        if (is_dealt(server, meeting, user, asker))
            people[n++] = (struct breakout_person){ .session = user->session,
                                                    .lang = tools_lang(
                                                        conn_of(server, user->session), meeting) };
    return n;
}

// Where in the group: with interpretation, the track they sit on or its floor.
static uint32_t place_in(const struct server *server, uint32_t group, const struct user *user)
{
    const struct meeting_info *inner = model_meeting(server->model, group);
    const struct channel *channel = model_channel(server->model, user->channel);
    if (inner == NULL || channel->role_index >= MODEL_LANGS_MAX)
        return group;
    if (channel->role == CHANNEL_TRACK)
        return inner->tracks[channel->role_index].channel;
    return channel->role == CHANNEL_BOOTH ? inner->booths[channel->role_index].channel : group;
}

static bool move_into(struct server *server, struct breakouts *breakouts, struct user *user,
                      size_t group)
{
    uint32_t to = breakouts->groups[group];
    struct conn *conn = conn_of(server, user->session);
    if (conn == NULL || !remember(breakouts, user->session, user->channel))
        return false;
    users_move(server, user, place_in(server, to, user), 0);
    say(conn, PHRASE_GROUP_YOU, model_channel(server->model, to)->name);
    return true;
}

// The interpreters of each booth, one group after the other; how many groups each got.
static void deal_interpreters(struct server *server, const struct meeting_info *meeting,
                              struct breakouts *breakouts, unsigned n_groups,
                              unsigned counts[AGENDA_GROUPS_MAX])
{
    for (uint8_t b = 0; b < meeting->n_booths; b++) {
        unsigned next = 0;
        for (struct user *user = model_user_next(server->model, 0); user != NULL;
             user = model_user_next(server->model, user->session)) {
            if (user->is_server_made || user->channel != meeting->booths[b].channel)
                continue;
            unsigned group = next++ % n_groups;
            if (move_into(server, breakouts, user, group))
                counts[group]++;
        }
    }
}

static bool has_interpreters(const struct server *server, const struct meeting_info *meeting)
{
    for (uint8_t b = 0; b < meeting->n_booths; b++) {
        const struct channel *booth = model_channel(server->model, meeting->booths[b].channel);
        if (booth != NULL && booth->n_users > 0)
            return true;
    }
    return false;
}

static void list_bare(const struct server *server, const struct meeting_run *run, unsigned n_groups,
                      const unsigned counts[AGENDA_GROUPS_MAX], char *out, size_t cap)
{
    for (unsigned i = 0; i < n_groups; i++) {
        size_t len = strlen(out);
        if (counts[i] == 0)
            snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "",
                     breakout_channel(server, run, i + 1)->name);
    }
}

// ---- acts -------------------------------------------------------------------------------------

// What the group is called after its number: the language, when each has one.
static const char *group_what(const struct meeting_info *meeting,
                              const struct breakout_person *people, size_t n, bool is_by_language,
                              size_t group, char number[16])
{
    for (size_t i = 0; is_by_language && i < n; i++)
        if (people[i].group == group)
            return lang_own_name(meeting->tracks[people[i].lang].lang);
    snprintf(number, 16, "%zu", group + 1);
    return number;
}

static int make_groups(struct server *server, struct meeting_run *run,
                       const struct breakout_person *people, size_t n, enum breakout_kind kind,
                       unsigned n_groups)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct breakouts *breakouts = breakouts_of(run);
    char number[16];
    if (breakouts != NULL)
        breakouts->n_seats = 0; // of groups that people have left by themselves
    for (size_t i = 0; i < n_groups; i++) {
        const char *what = group_what(meeting, people, n, kind == BREAKOUT_LANGUAGES, i, number);
        if (breakouts != NULL &&
            add_group(server, meeting, breakouts, i, what, kind == BREAKOUT_INTERPRETED))
            continue;
        if (breakouts != NULL)
            remove_groups(server, breakouts);
        return BREAKOUT_E_ROOM;
    }
    return 0;
}

int breakout_make(struct server *server, struct meeting_run *run, enum breakout_kind kind,
                  unsigned n_groups, uint32_t asker, struct breakout_made *made)
{
    static struct breakout_person people[AGENDA_PEOPLE_MAX];
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    size_t n = gather(server, meeting, asker, people);
    uint64_t seed;
    *made = (struct breakout_made){ .n_groups = n_groups };
    if (breakout_is_there(run))
        return BREAKOUT_E_THERE;
    if (kind == BREAKOUT_LANGUAGES)
        made->n_groups = n_groups = agenda_breakout_by_language(people, n);
    else if (n_groups < 1 || n_groups > AGENDA_GROUPS_MAX)
        return BREAKOUT_E_NUMBER;
    if (n == 0)
        return BREAKOUT_E_NOBODY;
    if (kind == BREAKOUT_INTERPRETED && !has_interpreters(server, meeting))
        return BREAKOUT_E_NO_BOOTHS;
    random_bytes(&seed, sizeof(seed));
    if (kind != BREAKOUT_LANGUAGES)
        agenda_breakout_random(people, n, (uint8_t)n_groups, kind != BREAKOUT_RANDOM, seed);
    int error = make_groups(server, run, people, n, kind, n_groups);
    if (error != 0)
        return error;
    struct breakouts *breakouts = run->breakouts;
    unsigned counts[AGENDA_GROUPS_MAX] = { 0 };
    if (kind == BREAKOUT_INTERPRETED) // first, so that nobody waits for them
        deal_interpreters(server, meeting, breakouts, n_groups, counts);
    for (size_t i = 0; i < n; i++)
        made->n_people += move_into(server, breakouts, model_user(server->model, people[i].session),
                                    people[i].group);
    if (kind == BREAKOUT_INTERPRETED)
        list_bare(server, run, n_groups, counts, made->bare, sizeof(made->bare));
    log_info("control", "groups made", "meeting=%u groups=%u people=%u", run->meeting,
             made->n_groups, made->n_people);
    return 0;
}

int breakout_put(struct server *server, struct meeting_run *run, struct user *person,
                 unsigned group)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct breakouts *breakouts = breakouts_of(run);
    char number[16];
    if (group < 1 || group > AGENDA_GROUPS_MAX)
        return BREAKOUT_E_NUMBER;
    snprintf(number, sizeof(number), "%u", group);
    if (breakouts != NULL && !breakout_is_there(run))
        breakouts->n_seats = 0;
    if (breakouts == NULL || (breakouts->groups[group - 1] == MODEL_NONE &&
                              !add_group(server, meeting, breakouts, group - 1, number, false)))
        return BREAKOUT_E_ROOM;
    return move_into(server, breakouts, person, group - 1) ? 0 : BREAKOUT_E_ROOM;
}

// To where they sat; whoever came later, and those whose seat is gone, to the floor.
static void bring_back(struct server *server, const struct meeting_info *meeting,
                       const struct breakouts *breakouts, struct user *user)
{
    const struct seat *seat = seat_of(breakouts, user->session);
    const struct channel *channel =
        seat != NULL ? model_channel(server->model, seat->channel) : NULL;
    bool is_there = channel != NULL && channel->meeting == meeting->id;
    struct conn *conn = conn_of(server, user->session);
    users_move(server, user, is_there ? channel->id : meeting->id, 0);
    if (conn != NULL)
        say(conn, PHRASE_BACK_YOU);
}

int breakout_back(struct server *server, struct meeting_run *run)
{
    const struct meeting_info *meeting = model_meeting(server->model, run->meeting);
    struct breakouts *breakouts = run->breakouts;
    int n = 0;
    if (breakouts == NULL || meeting == NULL)
        return 0;
    for (struct user *user = model_user_next(server->model, 0); user != NULL;
         user = model_user_next(server->model, user->session)) {
        if (user->is_server_made || group_of(server, breakouts, user->channel) == AGENDA_GROUPS_MAX)
            continue;
        bring_back(server, meeting, breakouts, user);
        n++;
    }
    remove_groups(server, breakouts);
    breakout_forget(server, run);
    log_info("control", "groups ended", "meeting=%u people=%d", run->meeting, n);
    return n;
}

// The meeting ends, or its groups have: groups that are meetings are plain channels then.
void breakout_forget(struct server *server, struct meeting_run *run)
{
    struct breakouts *breakouts = run->breakouts;
    if (breakouts == NULL)
        return;
    run->breakouts = NULL;
    for (size_t i = 0; i < AGENDA_GROUPS_MAX && !server->is_stopping; i++)
        if (breakouts->groups[i] != MODEL_NONE)
            meetings_removed(server, breakouts->groups[i]);
    free(breakouts->seats);
    free(breakouts);
}
