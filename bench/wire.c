// SPDX-License-Identifier: BSD-3-Clause
#include "bench/bench.h"

#include <errno.h>
#include <openssl/bio.h>
#include <sys/socket.h>

static int wire_read(BIO *bio, char *bytes, int n)
{
    struct load_client *client = BIO_get_data(bio);
    _Alignas(struct cmsghdr) char control[64];
    struct iovec part = { .iov_base = bytes, .iov_len = (size_t)n };
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t got = recvmsg(client->tcp_fd, &header, 0);
    BIO_clear_retry_flags(bio);
    if (got > 0)
        client->tcp_came_ns = udp_arrival_ns(&header);
    else if (got < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    else if (got == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)got;
}

static int wire_write(BIO *bio, const char *bytes, int n)
{
    const struct load_client *client = BIO_get_data(bio);
    ssize_t sent = send(client->tcp_fd, bytes, (size_t)n, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)sent;
}

static long wire_control(BIO *bio, int what, long number, void *pointer)
{
    (void)number, (void)pointer;
    if (what == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return what == BIO_CTRL_FLUSH;
}

void wire_attach(struct load_client *client)
{
    static BIO_METHOD *method;
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "load");
        if (method == NULL || BIO_meth_set_read(method, wire_read) != 1 ||
            BIO_meth_set_write(method, wire_write) != 1 ||
            BIO_meth_set_ctrl(method, wire_control) != 1)
            fail("out of memory");
    }
    BIO *bio = BIO_new(method);
    if (bio == NULL)
        fail("out of memory");
    BIO_set_data(bio, client);
    BIO_set_init(bio, 1);
    SSL_set_bio(client->ssl, bio, bio);
}
