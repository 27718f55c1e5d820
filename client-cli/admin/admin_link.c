// SPDX-License-Identifier: BSD-3-Clause
//
// The connection of `susurro admin`, and questions asked in order.
#include "client-cli/admin/admin_int.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX_BYTES 256
#define CONNECT_TIMEOUT_MS (CLIENT_LOGIN_TIMEOUT_MS + 5000)
// What every Mumble server grants by default; one went into the login.
#define MESSAGES_PER_S 1
#define MESSAGES_BURST 4
#define RESEND_MS 1100
#define RESENDS 3

// ---- running the loop until something holds

typedef bool (*until_fn)(const struct admin *admin);

static void on_time(uv_timer_t *timer)
{
    ((struct admin *)timer->data)->is_late = true;
}

// False: the time was over first.
static bool run_until(struct admin *admin, until_fn is_there, uint64_t timeout_ms)
{
    admin->is_late = false;
    uv_update_time(&admin->loop);
    (void)uv_timer_start(&admin->timer, on_time, timeout_ms, 0);
    while (!is_there(admin) && !admin->is_late)
        (void)uv_run(&admin->loop, UV_RUN_ONCE);
    (void)uv_timer_stop(&admin->timer);
    return is_there(admin);
}

static bool is_in_or_over(const struct admin *admin)
{
    return admin->is_joined || admin->is_over;
}

static bool is_over(const struct admin *admin)
{
    return admin->is_over;
}

static bool is_settled(const struct admin *admin)
{
    return admin->is_over || admin->is_denied || admin->barrier_seen >= admin->barrier;
}

static bool is_answered(const struct admin *admin)
{
    return admin->is_over || admin->is_denied || admin->is_answered;
}

// ---- the client's handlers

// A server that is known by another certificate is refused, as `susurro join` does.
static bool on_certificate(void *arg, const struct client_certificate *certificate)
{
    struct admin *admin = arg;
    enum known known;
    return known_servers_accept(&admin->options.url, certificate, admin->options.is_insecure,
                                &known);
}

static void on_joined(void *arg, const char *welcome_text)
{
    (void)welcome_text;
    ((struct admin *)arg)->is_joined = true;
}

static void on_denied(void *arg, const MumbleProto__PermissionDenied *denied)
{
    struct admin *admin = arg;
    if (admin->is_denied || admin->is_quiet)
        return;
    admin->is_denied = true;
    admin_denial(&admin->picture, denied, admin->denial, sizeof admin->denial);
}

static void on_message(void *arg, unsigned type, const ProtobufCMessage *message)
{
    struct admin *admin = arg;
    if (admin->expect != NULL && !admin->is_answered)
        admin->is_answered = admin->expect(admin, admin->expect_arg, type, message);
    picture_apply(&admin->picture, type, message);
    if (type == MSG_PING) {
        const MumbleProto__Ping *ping = (const void *)message;
        if (ping->has_timestamp && ping->timestamp > admin->barrier_seen)
            admin->barrier_seen = ping->timestamp;
    }
}

static void on_closed(void *arg, enum client_end end, const char *reason)
{
    struct admin *admin = arg;
    admin->is_over = true;
    admin->end = end;
    (void)snprintf(admin->end_reason, sizeof admin->end_reason, "%s", reason);
    admin->client = NULL;
}

static const struct client_handlers handlers = {
    .on_certificate = on_certificate,
    .on_joined = on_joined,
    .on_denied = on_denied,
    .on_message = on_message,
    .on_closed = on_closed,
};

// ---- the password

static bool read_line(FILE *file, char *out, size_t cap)
{
    bool is_read = fgets(out, (int)cap, file) != NULL;
    if (is_read)
        out[strcspn(out, "\r\n")] = '\0';
    return is_read;
}

static bool ask_terminal(const char *name, char *out, size_t cap)
{
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL)
        return false;
    struct termios shown;
    bool is_hidden = tcgetattr(fileno(terminal), &shown) == 0;
    if (is_hidden) {
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG); // an interrupt would leave it mute
        (void)tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    }
    (void)fprintf(terminal, "Password of %s: ", name);
    (void)fflush(terminal);
    bool is_read = read_line(terminal, out, cap);
    if (is_hidden)
        (void)tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
    (void)fputc('\n', terminal);
    (void)fclose(terminal);
    return is_read;
}

static int read_password_file(struct admin *admin, char *out, size_t cap)
{
    const char *path = admin->options.password_file;
    FILE *file = fopen(path, "re");
    bool is_read = file != NULL && read_line(file, out, cap) && out[0] != '\0';
    if (file != NULL)
        (void)fclose(file);
    return is_read ? ADMIN_DONE
                   : admin_fail(admin, ADMIN_UNREACHED, "no password can be read from %s", path);
}

// Of the file, the link, the environment, or whoever sits at the terminal; "" when there is none.
static int find_password(struct admin *admin, const char *name, char *out, size_t cap)
{
    const struct url *url = &admin->options.url;
    const char *environment = getenv("SUSURRO_PASSWORD");
    out[0] = '\0';
    if (admin->options.password_file != NULL)
        return read_password_file(admin, out, cap);
    if (url->password[0] != '\0')
        (void)snprintf(out, cap, "%s", url->password);
    else if (environment != NULL)
        (void)snprintf(out, cap, "%s", environment);
    else if (strcmp(name, "SuperUser") == 0 && !ask_terminal(name, out, cap))
        return admin_fail(admin, ADMIN_UNREACHED,
                          "SuperUser needs a password: --password-file FILE, or the environment "
                          "variable SUSURRO_PASSWORD");
    return ADMIN_DONE;
}

// ---- connecting

static int start(struct admin *admin, const char *name, const char *password)
{
    const struct admin_options *options = &admin->options;
    struct fault fault;
    // SuperUser is known by the password alone.
    const char *certificate = options->certificate != NULL     ? options->certificate
                              : strcmp(name, "SuperUser") == 0 ? "none"
                                                               : NULL;
    admin->tls = client_tls_new();
    if (admin->tls == NULL)
        return admin_fail(admin, ADMIN_UNREACHED, "out of memory");
    if (certificate_use(admin->tls, certificate, &fault) != 0)
        return admin_fail(admin, ADMIN_UNREACHED, "%s", fault.text);
    const struct client_options client_options = {
        .host = options->url.host,
        .port = options->url.port,
        .name = name,
        .password = password[0] != '\0' ? password : NULL,
        .tls = admin->tls,
        .transport = CLIENT_TRANSPORT_TCP,
        .is_bot = true,
    };
    admin->client = client_new(&admin->loop, &client_options, &handlers, admin);
    return admin->client != NULL ? ADMIN_DONE : admin_fail(admin, ADMIN_UNREACHED, "out of memory");
}

int admin_connect(struct admin *admin)
{
    const struct url *url = &admin->options.url;
    const char *name = url->name[0] != '\0' ? url->name : "SuperUser";
    char password[PASSWORD_MAX_BYTES];
    int status = find_password(admin, name, password, sizeof password);
    if (status == ADMIN_DONE)
        status = start(admin, name, password);
    OPENSSL_cleanse(password, sizeof password);
    if (status != ADMIN_DONE)
        return status;
    (void)run_until(admin, is_in_or_over, CONNECT_TIMEOUT_MS);
    bucket_init(&admin->texts, MESSAGES_PER_S, MESSAGES_BURST, clock_us());
    if (admin->is_joined && !admin->is_over)
        return ADMIN_DONE;
    // Before TLS begins a server says nothing: a ban, or the brake on too many connections.
    bool is_reset = strstr(admin->end_reason, "reset") != NULL ||
                    strstr(admin->end_reason, "closed the connection") != NULL;
    return admin_fail(admin, ADMIN_UNREACHED, "%s:%u: %s%s", url->host, url->port,
                      admin->is_over ? admin->end_reason : "no answer",
                      is_reset ? " (a ban, or too many connections in a short time; several "
                                 "commands go over one connection with --batch)"
                               : "");
}

void admin_disconnect(struct admin *admin)
{
    if (admin->client != NULL) {
        client_close(admin->client, CLIENT_END_ASKED, "done");
        (void)run_until(admin, is_over, 1000);
    }
    if (admin->tls != NULL)
        SSL_CTX_free(admin->tls);
    admin->tls = NULL;
}

// ---- asking

static bool never(const struct admin *admin)
{
    return admin->is_over;
}

static void send_barrier(struct admin *admin)
{
    MumbleProto__Ping ping = MUMBLE_PROTO__PING__INIT;
    uint64_t now_us = clock_us();
    admin->barrier = now_us > admin->barrier ? now_us : admin->barrier + 1;
    ping.has_timestamp = 1;
    ping.timestamp = admin->barrier;
    (void)client_send(admin->client, MSG_PING, &ping.base);
}

void admin_pause(struct admin *admin, uint64_t ms)
{
    (void)run_until(admin, never, ms);
}

// Servers drop texts that come too fast, and nothing tells.
static void wait_for_room(struct admin *admin)
{
    while (!admin->is_over && !bucket_take(&admin->texts, clock_us()))
        (void)run_until(admin, never, RESEND_MS / 4);
}

static int explain(struct admin *admin)
{
    if (admin->is_quiet)
        return ADMIN_NO_ANSWER;
    if (admin->is_denied)
        return admin_fail(admin, ADMIN_REFUSED, "%s", admin->denial);
    if (admin->is_over)
        return admin_fail(admin, ADMIN_NO_ANSWER, "the connection is gone: %s", admin->end_reason);
    return admin_fail(admin, ADMIN_NO_ANSWER, "the server did not answer");
}

// One attempt; false: it is of no use to try again.
static bool ask_once(struct admin *admin, enum msg_type type, const ProtobufCMessage *message,
                     enum ask_kind kind)
{
    uint64_t timeout_ms = (uint64_t)(admin->options.timeout_s * 1000);
    if (kind == ASK_TEXT)
        wait_for_room(admin);
    else if (kind == ASK_AGAIN)
        (void)bucket_take(&admin->texts, clock_us());
    if (admin->is_over || !client_send(admin->client, type, message))
        return false;
    send_barrier(admin);
    bool is_in_time = run_until(admin, is_settled, timeout_ms);
    if (is_in_time && kind == ASK_LATE)
        (void)run_until(admin, is_answered, timeout_ms);
    if (!is_in_time || kind != ASK_AGAIN || is_answered(admin))
        return false;
    (void)run_until(admin, is_answered, RESEND_MS);
    return !is_answered(admin);
}

int admin_ask(struct admin *admin, enum msg_type type, const ProtobufCMessage *message,
              enum ask_kind kind, admin_expect_fn expect, void *arg)
{
    admin->expect = expect;
    admin->expect_arg = arg;
    admin->is_answered = admin->is_denied = false;
    for (int i = 0; i <= RESENDS; i++)
        if (!ask_once(admin, type, message, kind))
            break;
    admin->expect = NULL;
    bool is_fine = !admin->is_denied && !admin->is_over && admin->barrier_seen >= admin->barrier &&
                   (admin->is_answered || expect == NULL);
    return is_fine ? ADMIN_DONE : explain(admin);
}
