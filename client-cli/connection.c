// SPDX-License-Identifier: BSD-3-Clause
#include "base/i18n.h"
#include "client-cli/client_int.h"

#include <assert.h>
#include <netdb.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_LIMIT_BYTES (FRAME_HEADER_BYTES + FRAME_MAX_BYTES)

struct outgoing {
    uv_write_t request;
    uint8_t bytes[];
};

static void connect_next(struct connection *connection, int last_error);

static void fail(struct connection *connection, const char *what, const char *why)
{
    if (connection->state >= CONNECTION_CLOSING)
        return;
    char reason[256];
    (void)snprintf(reason, sizeof reason, why != NULL ? "%s: %s" : "%s", what, why);
    connection->handlers->on_failed(connection->arg, reason);
}

static void fail_tls(struct connection *connection, const char *what)
{
    char why[160] = "protocol error";
    unsigned long code = ERR_get_error();
    if (code != 0 && ERR_reason_error_string(code) != NULL)
        (void)snprintf(why, sizeof why, "%s", ERR_reason_error_string(code));
    fail(connection, what, why);
}

static void finish_if_closed(struct connection *connection)
{
    if (connection->state != CONNECTION_CLOSING || connection->is_resolving ||
        connection->is_tcp_open)
        return;
    connection->state = CONNECTION_CLOSED;
    connection->handlers->on_closed(connection->arg);
}

static void on_written(uv_write_t *request, int status)
{
    struct connection *connection = request->data;
    free(request); // the first member of its struct outgoing
    if (status < 0 && status != UV_ECANCELED)
        fail(connection, N_("the connection broke"), uv_strerror(status));
}

// Moves what TLS has produced to the socket.
static bool flush(struct connection *connection)
{
    size_t pending = BIO_ctrl_pending(connection->to_net);
    if (pending == 0)
        return true;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&connection->tcp) + pending >
        CLIENT_SEND_QUEUE_MAX_BYTES) {
        fail(connection, "the server reads no more", NULL);
        return false;
    }
    struct outgoing *out = malloc(sizeof *out + pending);
    if (out == NULL) {
        fail(connection, "out of memory", NULL);
        return false;
    }
    int n = BIO_read(connection->to_net, out->bytes, (int)pending);
    uv_buf_t buf = uv_buf_init((char *)out->bytes, (unsigned)n);
    out->request.data = connection;
    int error = uv_write(&out->request, (uv_stream_t *)&connection->tcp, &buf, 1, on_written);
    if (error != 0) {
        free(out);
        fail(connection, N_("the connection broke"), uv_strerror(error));
    }
    return error == 0;
}

bool connection_send(struct connection *connection, const void *bytes, size_t len)
{
    if (connection->state != CONNECTION_OPEN)
        return false;
    ERR_clear_error();
    size_t written = 0;
    if (SSL_write_ex(connection->ssl, bytes, len, &written) != 1) {
        fail_tls(connection, "TLS");
        return false;
    }
    return flush(connection);
}

static void read_frames(struct connection *connection)
{
    size_t used = 0;
    while (connection->state == CONNECTION_OPEN) {
        struct span rest = { connection->input.data + used, connection->input.len - used };
        struct frame frame;
        long size = rest.len == 0 ? 0 : frame_read(rest, FRAME_MAX_BYTES, &frame);
        if (size < 0) {
            fail(connection, "the server sent a frame that is too long", NULL);
            return;
        }
        if (size == 0)
            break;
        connection->handlers->on_frame(connection->arg, &frame);
        used += (size_t)size;
    }
    if (used > 0)
        buffer_drop_front(&connection->input, used);
}

static void read_plain(struct connection *connection)
{
    while (connection->state == CONNECTION_OPEN) {
        uint8_t *room = buffer_grow(&connection->input, CONNECTION_READ_BYTES);
        if (room == NULL) {
            fail(connection, "out of memory", NULL);
            return;
        }
        ERR_clear_error();
        size_t n = 0;
        if (SSL_read_ex(connection->ssl, room, CONNECTION_READ_BYTES, &n) != 1) {
            int error = SSL_get_error(connection->ssl, 0);
            if (error == SSL_ERROR_ZERO_RETURN)
                fail(connection, N_("the server closed the connection"), NULL);
            else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
                fail_tls(connection, "TLS");
            return;
        }
        connection->input.len += n;
        read_frames(connection);
    }
}

static void shake_hands(struct connection *connection)
{
    ERR_clear_error();
    int result = SSL_do_handshake(connection->ssl);
    if (result != 1 && SSL_get_error(connection->ssl, result) != SSL_ERROR_WANT_READ) {
        (void)flush(connection); // the alert
        fail_tls(connection, "TLS handshake");
        return;
    }
    if (!flush(connection) || result != 1)
        return;
    connection->state = CONNECTION_OPEN;
    connection->handlers->on_secure(connection->arg);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct connection *connection = handle->data;
    *buf = uv_buf_init((char *)connection->read_bytes, sizeof connection->read_bytes);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *connection = stream->data;
    if (n == 0 || connection->state >= CONNECTION_CLOSING)
        return;
    if (n < 0) {
        fail(connection,
             n == UV_EOF ? N_("the server closed the connection") : N_("the connection broke"),
             n == UV_EOF ? NULL : uv_strerror((int)n));
        return;
    }
    if (BIO_write(connection->from_net, buf->base, (int)n) != n) {
        fail(connection, "out of memory", NULL);
        return;
    }
    if (connection->state == CONNECTION_HANDSHAKE)
        shake_hands(connection);
    if (connection->state == CONNECTION_OPEN) {
        read_plain(connection);
        if (connection->state == CONNECTION_OPEN)
            (void)flush(connection); // TLS itself may have something to say
    }
}

static void on_tcp_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    connection->is_tcp_open = false;
    if (connection->state == CONNECTION_CONNECTING)
        connect_next(connection, 0);
    else
        finish_if_closed(connection);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct connection *connection = request->data;
    if (connection->state >= CONNECTION_CLOSING)
        return;
    if (status < 0) {
        connect_next(connection, status);
        return;
    }
    connection->state = CONNECTION_HANDSHAKE;
    (void)uv_tcp_nodelay(&connection->tcp, 1);
    int error = uv_read_start((uv_stream_t *)&connection->tcp, give_room, on_read);
    if (error != 0)
        fail(connection, "cannot read", uv_strerror(error));
    else
        shake_hands(connection);
}

// Tries the addresses in turn. A handle that failed must be closed before the next attempt may use
// its memory.
static void connect_next(struct connection *connection, int last_error)
{
    if (connection->is_tcp_open) {
        if (connection->next_address == NULL)
            fail(connection, N_("cannot connect (is the server running, and the port right?)"),
                 uv_strerror(last_error));
        else
            uv_close((uv_handle_t *)&connection->tcp, on_tcp_closed);
        return;
    }
    const struct addrinfo *address = connection->next_address;
    connection->next_address = address->ai_next;
    int error = uv_tcp_init(connection->loop, &connection->tcp);
    connection->tcp.data = connection;
    connection->connecting.data = connection;
    connection->is_tcp_open = error == 0;
    if (error == 0)
        error = uv_tcp_connect(&connection->connecting, &connection->tcp, address->ai_addr,
                               on_connected);
    if (error != 0 && connection->is_tcp_open)
        connect_next(connection, error);
    else if (error != 0)
        fail(connection, "cannot make a socket", uv_strerror(error));
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct connection *connection = request->data;
    connection->is_resolving = false;
    connection->addresses = addresses;
    connection->next_address = addresses;
    if (connection->state == CONNECTION_CLOSING) {
        finish_if_closed(connection);
    } else if (status < 0) {
        fail(connection, N_("cannot find the host"), uv_strerror(status));
    } else {
        connection->state = CONNECTION_CONNECTING;
        connect_next(connection, 0);
    }
}

static int make_tls(struct connection *connection, SSL_CTX *tls, const char *host)
{
    connection->ssl = SSL_new(tls);
    connection->from_net = BIO_new(BIO_s_mem());
    connection->to_net = BIO_new(BIO_s_mem());
    if (connection->ssl == NULL || connection->from_net == NULL || connection->to_net == NULL) {
        BIO_free(connection->from_net);
        BIO_free(connection->to_net);
        SSL_free(connection->ssl);
        connection->ssl = NULL;
        return -1;
    }
    SSL_set_bio(connection->ssl, connection->from_net, connection->to_net);
    SSL_set_connect_state(connection->ssl);
    // For addresses these two fail, and then only known_servers can vouch for the certificate.
    (void)SSL_set_tlsext_host_name(connection->ssl, host);
    if (!X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection->ssl), host))
        (void)SSL_set1_host(connection->ssl, host);
    return 0;
}

int connection_open(struct connection *connection, uv_loop_t *loop, SSL_CTX *tls, const char *host,
                    uint16_t port, const struct connection_handlers *handlers, void *arg)
{
    memset(connection, 0, sizeof *connection);
    connection->loop = loop;
    connection->handlers = handlers;
    connection->arg = arg;
    buffer_init(&connection->input, INPUT_LIMIT_BYTES + CONNECTION_READ_BYTES);
    if (make_tls(connection, tls, host) != 0)
        return -1;
    char service[8];
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC };
    connection->resolving.data = connection;
    connection->is_resolving =
        uv_getaddrinfo(loop, &connection->resolving, on_resolved, host, service, &hints) == 0;
    return connection->is_resolving ? 0 : -1;
}

void connection_close(struct connection *connection)
{
    if (connection->state >= CONNECTION_CLOSING)
        return;
    bool was_open = connection->state == CONNECTION_OPEN;
    if (was_open) {
        ERR_clear_error();
        (void)SSL_shutdown(connection->ssl);
        uint8_t bytes[1024];
        int n = BIO_read(connection->to_net, bytes, sizeof bytes);
        uv_buf_t buf = uv_buf_init((char *)bytes, n > 0 ? (unsigned)n : 0);
        if (n > 0)
            (void)uv_try_write((uv_stream_t *)&connection->tcp, &buf, 1);
    }
    connection->state = CONNECTION_CLOSING;
    if (connection->is_resolving)
        (void)uv_cancel((uv_req_t *)&connection->resolving);
    if (connection->is_tcp_open && !uv_is_closing((uv_handle_t *)&connection->tcp))
        uv_close((uv_handle_t *)&connection->tcp, on_tcp_closed);
    else if (!connection->is_tcp_open && !connection->is_resolving)
        finish_if_closed(connection);
}

void connection_clear(struct connection *connection)
{
    assert(!connection->is_tcp_open);
    uv_freeaddrinfo(connection->addresses);
    SSL_free(connection->ssl);
    buffer_clear(&connection->input);
}
