// SPDX-License-Identifier: BSD-3-Clause
//
// What a client's certificate says. The chain itself stays with OpenSSL, which keeps it for the
// whole connection anyway; nothing is copied until somebody asks to see it.
#include "control/control_int.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

// The index-th e-mail address among the alternative names; "" past the end.
static void email_at(X509 *certificate, size_t index, char out[CERT_EMAIL_BYTES])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    out[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_EMAIL || index-- > 0)
            continue;
        const char *text = (const char *)ASN1_STRING_get0_data(name->d.rfc822Name);
        size_t len = (size_t)ASN1_STRING_length(name->d.rfc822Name);
        if (len < CERT_EMAIL_BYTES && memchr(text, '\0', len) == NULL) {
            memcpy(out, text, len);
            out[len] = '\0';
        }
        if (!str_is_utf8(out))
            out[0] = '\0';
        break;
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
}

void certs_note(struct conn *conn)
{
    X509 *certificate = SSL_get0_peer_certificate(conn->ssl);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (certificate == NULL || X509_digest(certificate, EVP_sha1(), digest, &len) != 1)
        return;
    for (unsigned i = 0; i < len && i < 20; i++)
        snprintf(conn->cert_hash + 2 * i, 3, "%02x", digest[i]);
    // Every failure was let pass, but OpenSSL remembers that there was one.
    conn->is_cert_strong = SSL_get_verify_result(conn->ssl) == X509_V_OK;
    if (conn->is_cert_strong) // else anybody could claim another's, and wait for them
        email_at(certificate, 0, conn->cert_email);
}

struct registered *certs_find_by_email(const struct conn *conn)
{
    X509 *certificate = SSL_get0_peer_certificate(conn->ssl);
    char email[CERT_EMAIL_BYTES];
    for (size_t i = 0; conn->is_cert_strong && certificate != NULL && i < CERT_EMAILS_MAX; i++) {
        email_at(certificate, i, email);
        struct registered *person =
            email[0] != '\0' ? registry_by_email(conn->server->model, email) : NULL;
        if (person != NULL && person->id != MODEL_SUPERUSER)
            return person;
    }
    return NULL;
}

static bool add_der(X509 *certificate, ProtobufCBinaryData *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    if (len <= 0)
        return false;
    *out = (ProtobufCBinaryData){ (size_t)len, der };
    return true;
}

size_t certs_chain(const struct conn *conn, ProtobufCBinaryData out[CONN_CERTS_MAX])
{
    X509 *leaf = SSL_get0_peer_certificate(conn->ssl);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(conn->ssl); // of a client: without the leaf
    size_t n = 0;
    if (leaf == NULL || !add_der(leaf, &out[n]))
        return 0;
    n++;
    for (int i = 0; i < sk_X509_num(chain) && n < CONN_CERTS_MAX; i++)
        if (add_der(sk_X509_value(chain, i), &out[n]))
            n++;
    ERR_clear_error();
    return n;
}

void certs_chain_free(ProtobufCBinaryData *certs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        OPENSSL_free(certs[i].data);
}
