// SPDX-License-Identifier: BSD-3-Clause
//
// The sockets that clients come to, one for each address. In a rush nobody is turned away: who
// comes waits in the kernel's queue until others have logged in.
#include "control/control_int.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void map_address(const struct sockaddr_storage *from, struct sockaddr_in6 *out)
{
    if (from->ss_family == AF_INET6) {
        memcpy(out, from, sizeof(*out));
        return;
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    *out = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = v4->sin_port };
    out->sin6_addr.s6_addr[10] = out->sin6_addr.s6_addr[11] = 0xff;
    memcpy(&out->sin6_addr.s6_addr[12], &v4->sin_addr, 4);
}

static void accept_one(struct server *server, int fd, const struct sockaddr_storage *address)
{
    int on = 1, tos = 0xA0, unsent = CONN_UNSENT_BYTES;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
    struct sockaddr_in6 peer;
    map_address(address, &peer);
    if (!bans_admit(server, &peer)) {
        close(fd);
        return;
    }
    struct conn *conn = conn_new(server, fd, &peer);
    if (conn == NULL) {
        log_warn("control", "connection refused", "reason=memory");
        close(fd);
        return;
    }
    server_watch(conn);
}

// Overload: nobody is turned away; who comes waits in the kernel's queue until others have logged
// in or their time to do so, shorter now, is over.
static void pause_listening(struct server *server, const char *why)
{
    log_warn("control", "accepting slower", "reason=\"%s\" waiting=%u", why, server->n_unready);
    server->is_listening_paused = true;
    for (unsigned i = 0; i < server->n_listeners; i++)
        uv_poll_stop(&server->listeners[i].poll);
    server_watch_crowd(server);
}

static void on_incoming(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct listener *listener = poll->data;
    struct server *server = listener->server;
    server->now_us = clock_us();
    for (unsigned i = 0; i < LISTENER_ACCEPTS; i++) {
        if (server->n_unready >= CONNS_UNREADY_MAX) {
            pause_listening(server, "many are logging in");
            return;
        }
        struct sockaddr_storage address;
        socklen_t len = sizeof(address);
        int fd =
            accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
            pause_listening(server, strerror(errno));
        if (fd < 0)
            return;
        accept_one(server, fd, &address);
    }
}

void listeners_resume(struct server *server)
{
    if (!server->is_listening_paused || server->n_unready >= CONNS_UNREADY_MAX)
        return;
    server->is_listening_paused = false;
    for (unsigned i = 0; i < server->n_listeners; i++)
        uv_poll_start(&server->listeners[i].poll, UV_READABLE, on_incoming);
}

static int open_one(struct server *server, const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        bool is_any = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_any ? &off : &on, sizeof(on));
    }
    if (bind(fd, address, len) != 0 || listen(fd, LISTENER_BACKLOG) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    struct listener *listener = &server->listeners[server->n_listeners++];
    listener->server = server;
    listener->fd = fd;
    memcpy(&listener->address, address, len);
    socklen_t got = sizeof(listener->address);
    getsockname(fd, (struct sockaddr *)&listener->address, &got); // port 0 becomes a real one
    return 0;
}

static int open_every_address(struct server *server)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(server->config->port) };
    int result = open_one(server, (struct sockaddr *)&v6, sizeof(v6));
    if (result != -EAFNOSUPPORT && result != -EADDRNOTAVAIL)
        return result;
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(server->config->port) };
    return open_one(server, (struct sockaddr *)&v4, sizeof(v4));
}

static int open_host(struct server *server, const char *host, char *error, size_t cap)
{
    char port[8];
    snprintf(port, sizeof(port), "%u", server->config->port);
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE };
    struct addrinfo *found = NULL;
    int result = getaddrinfo(host, port, &hints, &found);
    if (result != 0) {
        snprintf(error, cap,
                 "%s: cannot find the host \"%s\" (%s); give an address or a name of this machine",
                 config_where(server->config, "host"), host, gai_strerror(result));
        return -1;
    }
    result = 0;
    for (struct addrinfo *at = found;
         at != NULL && result == 0 && server->n_listeners < VOICE_ADDRESSES_MAX; at = at->ai_next)
        result = open_one(server, at->ai_addr, at->ai_addrlen);
    freeaddrinfo(found);
    if (result == -EADDRNOTAVAIL)
        snprintf(error, cap, "%s: this machine does not have the address \"%s\"; correct host=",
                 config_where(server->config, "host"), host);
    return result;
}

static void explain(int result, const struct config *config, char *error, size_t cap)
{
    if (result == -EADDRINUSE)
        snprintf(
            error, cap,
            "%s: port %u is in use; stop the other server or choose another port (--set port=…)",
            config_where(config, "port"), config->port);
    else if (result == -EACCES)
        snprintf(error, cap, "%s: port %u needs more rights; choose a port above 1023",
                 config_where(config, "port"), config->port);
    else
        snprintf(error, cap, "%s: cannot listen on port %u: %s; check host= and port=",
                 config_where(config, "port"), config->port, strerror(-result));
}

int listeners_open(struct server *server, char *error, size_t cap)
{
    const char *hosts = server->config->host;
    if (hosts == NULL || hosts[strspn(hosts, " ")] == '\0') {
        int result = open_every_address(server);
        if (result != 0)
            explain(result, server->config, error, cap);
        return result;
    }
    char *list = str_dup(hosts), *rest = NULL;
    int result = list != NULL ? 0 : -ENOMEM;
    error[0] = '\0';
    for (char *host = strtok_r(list, " ", &rest); host != NULL && result == 0;
         host = strtok_r(NULL, " ", &rest))
        result = open_host(server, host, error, cap);
    free(list);
    if (result != 0 && error[0] == '\0')
        explain(result, server->config, error, cap);
    return result;
}

void listeners_start(struct server *server)
{
    for (unsigned i = 0; i < server->n_listeners; i++) {
        struct listener *listener = &server->listeners[i];
        uv_poll_init(&server->loop, &listener->poll, listener->fd);
        listener->poll.data = listener;
        uv_poll_start(&listener->poll, UV_READABLE, on_incoming);
    }
}

void listeners_close(struct server *server)
{
    for (unsigned i = 0; i < server->n_listeners; i++) {
        struct listener *listener = &server->listeners[i];
        if (listener->poll.data != NULL) {
            uv_poll_stop(&listener->poll);
            uv_close((uv_handle_t *)&listener->poll, NULL);
        }
        close(listener->fd);
    }
    server->n_listeners = 0;
}
