// SPDX-License-Identifier: BSD-3-Clause
//
// The command that joins a meeting: wires the client to files, devices and events.
//
//   connecting --joined--> MOVING --in the channel--> THERE --time over, file over, signal,
//   server--> closing
#include "base/base.h"
#include "client-cli/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024
#define TEXT_MAX_BYTES 64
#define MOVE_TIMEOUT_MS 5000
#define AFTER_PLAYING_MS 500 // for the last packets to be heard before we leave
#define QUICK_TEXTS                                                                                \
    2 // servers allow a burst of five messages: two went into the login, one into the move,
#define TEXT_EVERY_MS 1100 // and then one a second

struct join {
    const struct join_options *options;
    uv_loop_t loop;
    uv_timer_t end_timer, start_timer, text_timer, move_timer;
    uv_signal_t on_interrupt, on_terminate;
    struct events events;
    struct fault fault;
    SSL_CTX *tls;
    struct client *client;
    struct media *media;
    struct wav_writer *record;
    struct device *device;
    struct voice_in *in;
    struct voice_out *out;
    char listen_text[TEXT_MAX_BYTES], speak_text[TEXT_MAX_BYTES];
    const char *texts[OPTIONS_COMMANDS_MAX + 2];
    size_t n_texts, next_text;
    uint32_t wanted_channel;
    bool is_there, is_broken;
    enum exit_code exit_code;
};

static void leave(struct join *join, const char *reason)
{
    if (join->out != NULL)
        voice_out_stop(join->out);
    if (join->client != NULL)
        client_close(join->client, CLIENT_END_ASKED, reason);
}

static void fail(struct join *join, enum client_end end, const char *reason)
{
    if (join->client != NULL)
        client_close(join->client, end, reason);
}

// ---- arriving
// -------------------------------------------------------------------------------------------------------

static void on_text_time(uv_timer_t *timer)
{
    struct join *join = timer->data;
    if (join->client == NULL || join->next_text == join->n_texts)
        return;
    (void)client_send_text(join->client, client_own_channel(join->client),
                           join->texts[join->next_text++]);
    if (join->next_text < join->n_texts)
        (void)uv_timer_start(timer, on_text_time, join->next_text < QUICK_TEXTS ? 0 : TEXT_EVERY_MS,
                             0);
}

static void on_start_time(uv_timer_t *timer)
{
    struct join *join = timer->data;
    if (join->out != NULL)
        voice_out_start(join->out);
}

static void on_end_time(uv_timer_t *timer)
{
    leave(timer->data, "the time is over");
}

static void on_playing_over(uv_timer_t *timer)
{
    struct join *join = timer->data;
    if (join->is_broken)
        fail(join, CLIENT_END_FAILED, "the sound to play cannot be read");
    else
        leave(join, "all has been played");
}

static void arrive(struct join *join)
{
    if (join->is_there)
        return;
    join->is_there = true;
    (void)uv_timer_stop(&join->move_timer);
    if (join->options->record != NULL)
        events_recording(&join->events, join->options->record, clock_us());
    voice_in_start(join->in);
    on_text_time(&join->text_timer);
    if (join->out != NULL)
        (void)uv_timer_start(&join->start_timer, on_start_time,
                             (uint64_t)(join->options->start_at_s * 1000.0), 0);
    if (join->options->for_s > 0)
        (void)uv_timer_start(&join->end_timer, on_end_time,
                             (uint64_t)(join->options->for_s * 1000.0), 0);
}

static void on_move_timeout(uv_timer_t *timer)
{
    fail(timer->data, CLIENT_END_FAILED, "the server did not let us into the channel");
}

static bool find_channel(struct join *join)
{
    const char *part = NULL;
    uint32_t id = 0;
    while ((part = url_path_next(&join->options->url, part)) != NULL) {
        const struct client_channel *channel = client_find_child(join->client, id, part);
        if (channel == NULL) {
            char reason[300];
            (void)snprintf(reason, sizeof reason, "the server has no channel \"%s\"", part);
            fail(join, CLIENT_END_FAILED, reason);
            return false;
        }
        id = channel->id;
    }
    join->wanted_channel = join->options->url.n_path > 0 ? id : client_own_channel(join->client);
    return true;
}

// One message for the move and for the word that we record: servers count messages.
static void move(struct join *join)
{
    bool must_move = join->wanted_channel != client_own_channel(join->client);
    MumbleProto__UserState state = MUMBLE_PROTO__USER_STATE__INIT;
    state.has_session = 1;
    state.session = client_session(join->client);
    state.has_channel_id = must_move;
    state.channel_id = join->wanted_channel;
    state.has_recording = join->record != NULL;
    state.recording = 1;
    if (must_move || join->record != NULL)
        (void)client_send(join->client, MSG_USER_STATE, &state.base);
    if (must_move)
        (void)uv_timer_start(&join->move_timer, on_move_timeout, MOVE_TIMEOUT_MS, 0);
    else
        arrive(join);
}

// ---- the client's handlers
// ---------------------------------------------------------------------------------------------

static bool on_certificate(void *arg, const struct client_certificate *certificate)
{
    struct join *join = arg;
    char path[PATH_MAX_BYTES];
    char server[URL_PART_MAX_BYTES + 16];
    const struct url *url = &join->options->url;
    (void)snprintf(server, sizeof server, "%s:%u", url->host, url->port);
    enum known known = KNOWN_FAULT;
    if (paths_config("known_servers", path, sizeof path, &join->fault) == 0)
        known = known_servers_check(path, server, certificate->fingerprint, &join->fault);
    if (known == KNOWN_SAME || certificate->is_trusted)
        return true;
    if (known == KNOWN_NEW &&
        known_servers_add(path, server, certificate->fingerprint, &join->fault) == 0) {
        if (!join->events.is_json)
            events_notice(&join->events, "first visit, certificate remembered",
                          certificate->fingerprint);
        return true;
    }
    if (known == KNOWN_CHANGED)
        (void)fprintf(
            stderr,
            "susurro: WARNING: the certificate of %s HAS CHANGED.\n"
            "Somebody may be listening in between. If you know why it changed, delete the line\n"
            "of %s in %s and join again.\nIt is now sha256:%s\n",
            server, server, path, certificate->fingerprint);
    else
        (void)fprintf(stderr, "susurro: %s\n", join->fault.text);
    return join->options->is_insecure;
}

static void on_joined(void *arg, const char *welcome_text)
{
    struct join *join = arg;
    events_connected(&join->events, &join->options->url, welcome_text);
    for (size_t i = 0; i < client_n_channels(join->client); i++)
        events_channel(&join->events, client_channel_at(join->client, i), CLIENT_CHANNEL_NEW, true);
    for (size_t i = 0; i < client_n_users(join->client); i++)
        events_user(&join->events, client_user_at(join->client, i), CLIENT_USER_NEW, 0, true);
    if (find_channel(join))
        move(join);
}

static void on_user(void *arg, const struct client_user *user, unsigned changes, uint32_t actor)
{
    struct join *join = arg;
    events_user(&join->events, user, changes, actor, false);
    // A server may lead us on to another channel at once, e.g. to a track: any move by it is an
    // arrival.
    if (user->session == client_session(join->client) && (changes & CLIENT_USER_MOVED))
        arrive(join);
}

static void on_user_left(void *arg, const struct client_user *user, uint32_t actor,
                         const char *reason)
{
    struct join *join = arg;
    voice_in_forget(join->in, user->session);
    events_user_left(&join->events, user, actor, reason);
}

static void on_channel(void *arg, const struct client_channel *channel,
                       enum client_channel_change change)
{
    struct join *join = arg;
    events_channel(&join->events, channel, change, false);
}

static void on_text(void *arg, uint32_t actor, const char *text)
{
    struct join *join = arg;
    events_text(&join->events, actor, text);
}

static void on_denied(void *arg, const MumbleProto__PermissionDenied *denied)
{
    struct join *join = arg;
    events_denied(&join->events, denied);
    if (!join->is_there)
        fail(join, CLIENT_END_REFUSED, "the server does not let us into the channel");
}

static void on_bandwidth(void *arg, uint32_t max_bandwidth_bps)
{
    struct join *join = arg;
    if (join->out != NULL)
        voice_out_set_bandwidth(join->out, max_bandwidth_bps);
}

static void on_voice(void *arg, const struct voice_packet *packet, uint64_t now_us)
{
    struct join *join = arg;
    const struct client_user *user = client_find_user(join->client, packet->session);
    if (user != NULL)
        voice_in_put(join->in, packet, user->is_priority_speaker, now_us);
}

static void on_transport(void *arg, bool is_udp)
{
    struct join *join = arg;
    events_notice(&join->events, "transport", is_udp ? "udp" : "tunnel");
}

static void on_ping(void *arg)
{
    struct join *join = arg;
    struct client_stats stats = client_stats(join->client);
    struct voice_in_stats heard = voice_in_stats(join->in);
    events_stats(&join->events, &stats, &heard);
}

static void close_all(struct join *join)
{
    uv_handle_t *const handles[] = {
        (uv_handle_t *)&join->end_timer,    (uv_handle_t *)&join->start_timer,
        (uv_handle_t *)&join->text_timer,   (uv_handle_t *)&join->move_timer,
        (uv_handle_t *)&join->on_interrupt, (uv_handle_t *)&join->on_terminate,
    };
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        uv_close(handles[i], NULL);
    voice_out_free(join->out);
    voice_in_free(join->in);
    join->out = NULL;
    join->in = NULL;
}

static void on_closed(void *arg, enum client_end end, const char *reason)
{
    static const char *const ends[] = { "left", "refused", "kicked", "failed" };
    static const enum exit_code codes[] = { CLI_FINE, CLI_REFUSED, CLI_REFUSED, CLI_FAILED };
    struct join *join = arg;
    on_ping(join);
    events_closed(&join->events, ends[end], reason);
    join->exit_code = codes[end];
    if (end != CLIENT_END_ASKED)
        (void)fprintf(stderr, "susurro: %s: %s\n", ends[end], reason);
    join->client = NULL;
    join->events.client = NULL;
    close_all(join);
}

static const struct client_handlers client_handlers = {
    .on_certificate = on_certificate,
    .on_joined = on_joined,
    .on_user = on_user,
    .on_user_left = on_user_left,
    .on_channel = on_channel,
    .on_text = on_text,
    .on_denied = on_denied,
    .on_bandwidth = on_bandwidth,
    .on_voice = on_voice,
    .on_transport = on_transport,
    .on_ping = on_ping,
    .on_closed = on_closed,
};

// ---- the voices' handlers
// ------------------------------------------------------------------------------------------------

static bool may_send(void *arg)
{
    struct join *join = arg;
    const struct client_user *own =
        join->client != NULL ? client_find_user(join->client, client_session(join->client)) : NULL;
    return own != NULL && !own->is_muted && !own->is_suppressed && !own->is_self_muted;
}

static void send_voice(void *arg, const struct voice_packet *packet)
{
    struct join *join = arg;
    if (join->client != NULL)
        (void)client_send_voice(join->client, packet);
}

static void on_playing(void *arg, bool is_playing, uint64_t now_us)
{
    struct join *join = arg;
    events_playing(&join->events, join->options->play != NULL ? join->options->play : "microphone",
                   is_playing, now_us);
}

static void on_media_ended(void *arg, bool is_broken)
{
    struct join *join = arg;
    join->is_broken = is_broken;
    if (is_broken || join->options->for_s <= 0)
        (void)uv_timer_start(&join->end_timer, on_playing_over, AFTER_PLAYING_MS, 0);
}

static void on_speaking(void *arg, uint32_t session, bool is_on)
{
    struct join *join = arg;
    events_speaking(&join->events, session, is_on);
}

static void on_levels(void *arg, const struct voice_level *levels, size_t n)
{
    struct join *join = arg;
    events_levels(&join->events, levels, n);
}

static const struct voice_out_handlers out_handlers = { may_send, send_voice, on_playing,
                                                        on_media_ended };
static const struct voice_in_handlers in_handlers = { on_speaking, on_levels };

// ---- setting up
// --------------------------------------------------------------------------------------------------------------

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    leave(signal->data, "interrupted");
}

static void gather_texts(struct join *join)
{
    const struct join_options *options = join->options;
    if (options->speak != NULL) {
        (void)snprintf(join->speak_text, sizeof join->speak_text, "!speak %s", options->speak);
        join->texts[join->n_texts++] = join->speak_text;
    }
    if (options->listen != NULL) {
        (void)snprintf(join->listen_text, sizeof join->listen_text, "!%s", options->listen);
        join->texts[join->n_texts++] = join->listen_text;
    }
    for (size_t i = 0; i < options->n_commands; i++)
        join->texts[join->n_texts++] = options->commands[i];
}

static int open_sound(struct join *join)
{
    const struct join_options *options = join->options;
    if (options->play != NULL) {
        join->media = media_open(options->play, options->is_loop, &join->fault);
        if (join->media == NULL)
            return -1;
    }
    if (options->record != NULL) {
        join->record = wav_writer_open(options->record, &join->fault);
        if (join->record == NULL)
            return -1;
    }
    if (options->play == NULL && options->record == NULL && !options->is_silent) {
        struct fault why;
        join->device = device_open(&why);
        if (join->device == NULL)
            events_notice(&join->events, "no sound devices", why.text);
    }
    return 0;
}

static void init_handles(struct join *join)
{
    uv_timer_t *const timers[] = { &join->end_timer, &join->start_timer, &join->text_timer,
                                   &join->move_timer };
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        (void)uv_timer_init(&join->loop, timers[i]);
        timers[i]->data = join;
    }
    uv_signal_t *const signals[] = { &join->on_interrupt, &join->on_terminate };
    static const int numbers[] = { SIGINT, SIGTERM };
    for (size_t i = 0; i < 2; i++) {
        (void)uv_signal_init(&join->loop, signals[i]);
        signals[i]->data = join;
        (void)uv_signal_start(signals[i], on_signal, numbers[i]);
    }
}

static int start(struct join *join)
{
    const struct join_options *options = join->options;
    const struct url *url = &options->url;
    if (open_sound(join) != 0)
        return -1;
    join->tls = client_tls_new();
    if (join->tls == NULL)
        return fault_set(&join->fault, "out of memory");
    if (certificate_use(join->tls, options->certificate, &join->fault) != 0)
        return -1;
    join->in = voice_in_new(&join->loop, join->record, join->device, &in_handlers, join);
    if (join->media != NULL || join->device != NULL)
        join->out =
            voice_out_new(&join->loop, join->media, join->device, options, &out_handlers, join);
    if (join->in == NULL || (join->out == NULL && (join->media != NULL || join->device != NULL)))
        return fault_set(&join->fault, "out of memory");
    const char *user = getenv("USER");
    const char *password = url->password[0] != '\0' ? url->password : getenv("SUSURRO_PASSWORD");
    const struct client_options client_options = {
        .host = url->host,
        .port = url->port,
        .name = url->name[0] != '\0' ? url->name
                : user != NULL       ? user
                                     : "susurro",
        .password = password,
        .tls = join->tls,
        .transport = options->transport,
        .is_legacy = options->is_legacy,
    };
    join->client = client_new(&join->loop, &client_options, &client_handlers, join);
    join->events.client = join->client;
    return join->client != NULL ? 0 : fault_set(&join->fault, "out of memory");
}

enum exit_code join_run(const struct join_options *options)
{
    struct join *join = calloc(1, sizeof *join);
    if (join == NULL || uv_loop_init(&join->loop) != 0) {
        (void)fputs("susurro: out of memory\n", stderr);
        free(join);
        return CLI_FAILED;
    }
    join->options = options;
    log_init(STDERR_FILENO, options->is_verbose ? LOG_DEBUG : LOG_WARN);
    events_init(&join->events, stdout, options->is_json);
    gather_texts(join);
    init_handles(join);
    if (start(join) != 0) {
        (void)fprintf(stderr, "susurro: %s\n", join->fault.text);
        join->exit_code = CLI_FAILED;
        close_all(join);
    }
    (void)uv_run(&join->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&join->loop);
    if (!wav_writer_close(join->record)) {
        (void)fprintf(stderr, "susurro: %s could not be written whole\n", options->record);
        join->exit_code = CLI_FAILED;
    }
    media_close(join->media);
    device_close(join->device);
    SSL_CTX_free(join->tls);
    enum exit_code exit_code = join->exit_code;
    free(join);
    return exit_code;
}
