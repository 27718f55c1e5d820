// SPDX-License-Identifier: BSD-3-Clause
//
// TLS sessions and TCP connections as susurrod has them for the tunnel, without susurrod.
#include "bench/bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HANDSHAKE_TURNS 10

static int send_bytes(BIO *bio, const char *bytes, int n)
{
    return (int)send((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)n,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
}

static long control(BIO *bio, int what, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return what == BIO_CTRL_FLUSH;
}

static BIO *sending_bio(int fd)
{
    static BIO_METHOD *method;
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tunnel");
        if (method == NULL || BIO_meth_set_write(method, send_bytes) != 1 ||
            BIO_meth_set_ctrl(method, control) != 1)
            fail("out of memory");
    }
    BIO *bio = BIO_new(method);
    if (bio == NULL)
        fail("out of memory");
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    return bio;
}

static void use_new_certificate(SSL_CTX *tls)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    if (key == NULL || certificate == NULL ||
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) == NULL ||
        X509_set_pubkey(certificate, key) != 1 || X509_sign(certificate, key, EVP_sha256()) == 0 ||
        SSL_CTX_use_certificate(tls, certificate) != 1 || SSL_CTX_use_PrivateKey(tls, key) != 1)
        fail("no certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
}

// A handshake in memory; after it the server's side writes to the connection, or into nothing.
static SSL *new_session(SSL_CTX *server_tls, SSL_CTX *client_tls, BIO *out)
{
    SSL *server = SSL_new(server_tls), *client = SSL_new(client_tls);
    BIO *ours, *theirs;
    if (server == NULL || client == NULL || BIO_new_bio_pair(&ours, 0, &theirs, 0) != 1)
        fail("out of memory");
    SSL_set_bio(server, ours, ours);
    SSL_set_bio(client, theirs, theirs);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    for (int i = 0; i < HANDSHAKE_TURNS; i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    if (!SSL_is_init_finished(server))
        fail("no TLS");
    SSL_free(client);
    SSL_set0_wbio(server, out);
    return server;
}

static void connect_pair(struct tunnel *tunnel, int listener)
{
    struct sockaddr_in name;
    socklen_t len = sizeof name;
    const int on = 1;
    tunnel->reader = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (getsockname(listener, (struct sockaddr *)&name, &len) != 0 || tunnel->reader < 0 ||
        connect(tunnel->reader, (struct sockaddr *)&name, len) != 0 ||
        (tunnel->fd = accept(listener, NULL, NULL)) < 0)
        fail("TCP: %s", strerror(errno));
    (void)setsockopt(tunnel->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void tunnels_open(struct tunnel *tunnels, size_t n, bool is_joined)
{
    SSL_CTX *server_tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX *client_tls = SSL_CTX_new(TLS_client_method());
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server_tls == NULL || client_tls == NULL || listener < 0 ||
        bind(listener, (struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 1) != 0)
        fail("TCP: %s", strerror(errno));
    SSL_CTX_set_mode(server_tls, SSL_MODE_RELEASE_BUFFERS); // as susurrod
    SSL_CTX_set_num_tickets(server_tls, 0);
    use_new_certificate(server_tls);
    for (size_t i = 0; i < n; i++) {
        connect_pair(&tunnels[i], listener);
        tunnels[i].ssl = new_session(
            server_tls, client_tls, is_joined ? sending_bio(tunnels[i].fd) : BIO_new(BIO_s_null()));
    }
    (void)close(listener);
    SSL_CTX_free(server_tls); // the sessions keep theirs
    SSL_CTX_free(client_tls);
}

void tunnels_close(struct tunnel *tunnels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        SSL_free(tunnels[i].ssl);
        (void)close(tunnels[i].fd);
        (void)close(tunnels[i].reader);
    }
}

void tunnels_drain(const struct tunnel *tunnels, size_t n)
{
    uint8_t bytes[1024];
    for (size_t i = 0; i < n; i++)
        while (recv(tunnels[i].reader, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            continue;
}
