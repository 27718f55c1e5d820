// SPDX-License-Identifier: BSD-3-Clause
//
// OpenSSL's way to a socket, in place of its own: send and recv go to the protocol directly, where
// write and read pass through what is there for files: a twentieth of what a small record costs.
#include "control/control_int.h"

#include <errno.h>
#include <openssl/bio.h>
#include <sys/socket.h>

static int fd_of(BIO *bio)
{
    return (int)(intptr_t)BIO_get_data(bio);
}

static bool is_later(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static int wire_write(BIO *bio, const char *bytes, int n)
{
    ssize_t sent = send(fd_of(bio), bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (is_later(sent))
        BIO_set_retry_write(bio);
    return (int)sent;
}

static int wire_read(BIO *bio, char *bytes, int n)
{
    ssize_t got = recv(fd_of(bio), bytes, (size_t)n, MSG_DONTWAIT);
    BIO_clear_retry_flags(bio);
    if (is_later(got))
        BIO_set_retry_read(bio);
    else if (got == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)got;
}

static long wire_control(BIO *bio, int what, long number, void *pointer)
{
    (void)number, (void)pointer;
    if (what == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return what == BIO_CTRL_FLUSH; // nothing is kept back; nothing else is known
}

BIO_METHOD *wire_method_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "susurro wire");
    if (method == NULL)
        return NULL;
    if (BIO_meth_set_write(method, wire_write) == 1 && BIO_meth_set_read(method, wire_read) == 1 &&
        BIO_meth_set_ctrl(method, wire_control) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

bool wire_attach(const BIO_METHOD *method, SSL *ssl, int fd)
{
    BIO *bio = BIO_new(method);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return true;
}
