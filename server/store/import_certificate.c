// SPDX-License-Identifier: BSD-3-Clause
// The server's own certificate and key, out of its settings.
#include "store/import_int.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static int give_passphrase(char *out, int cap, int is_writing, void *context)
{
    const char *passphrase = context;
    (void)is_writing;
    size_t len = passphrase != NULL ? strlen(passphrase) : 0;
    if (len == 0 || len > (size_t)cap)
        return 0;
    memcpy(out, passphrase, len);
    return (int)len;
}

static EVP_PKEY *read_key(const char *pem, const char *passphrase)
{
    BIO *bio = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase,
                                                          (void *)(uintptr_t)passphrase)
                                : NULL;
    BIO_free(bio);
    return key;
}

// The certificates in a PEM text, to the end of the stack.
static void read_certificates(const char *pem, STACK_OF(X509) * out)
{
    BIO *bio = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
    X509 *one;
    while (bio != NULL && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(out, one) <= 0) {
            X509_free(one);
            break;
        }
    }
    BIO_free(bio);
}

static char *text_of_bio(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    return len > 0 ? strndup(data, (size_t)len) : NULL;
}

// The leaf first, then the others, as PEM.
static char *write_chain(STACK_OF(X509) * all, int leaf)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool is_good = bio != NULL && PEM_write_bio_X509(bio, sk_X509_value(all, leaf)) == 1;
    for (int i = 0; is_good && i < sk_X509_num(all); i++) {
        if (i != leaf)
            is_good = PEM_write_bio_X509(bio, sk_X509_value(all, i)) == 1;
    }
    char *text = is_good ? text_of_bio(bio) : NULL;
    BIO_free(bio);
    return text;
}

static char *write_key(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1
                     ? text_of_bio(bio)
                     : NULL;
    BIO_free(bio);
    return text;
}

void import_set_secret(char **place, char *text)
{
    if (*place != NULL)
        OPENSSL_cleanse(*place, strlen(*place));
    free(*place);
    *place = text;
}

static int find_leaf(STACK_OF(X509) * all, EVP_PKEY *key)
{
    for (int i = 0; key != NULL && i < sk_X509_num(all); i++) {
        if (X509_check_private_key(sk_X509_value(all, i), key) == 1)
            return i;
    }
    return -1;
}

// Old servers made keys that are too short for TLS today.
static bool is_usable(X509 *certificate, EVP_PKEY *key)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    bool is_used = tls != NULL && SSL_CTX_use_certificate(tls, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(tls, key) == 1;
    SSL_CTX_free(tls);
    return is_used;
}

// Replaces both texts by sound ones, or by NULL.
static void replace_pem(struct import *import, STACK_OF(X509) * all, int leaf, EVP_PKEY *key)
{
    char name[200] = "";
    bool is_good = leaf >= 0 && is_usable(sk_X509_value(all, leaf), key);
    char *chain = is_good ? write_chain(all, leaf) : NULL;
    char *plain = chain != NULL ? write_key(key) : NULL;
    if (plain == NULL) {
        import_note(import, NOTE_LEFT_OUT,
                    "the server's certificate: %s; clients will see a new one, unless sslCert and "
                    "sslKey name it",
                    key == NULL ? "its key cannot be read"
                    : leaf < 0  ? "it does not fit its key"
                                : "TLS takes it no longer (a short key?)");
        free(chain);
        chain = NULL;
    } else {
        X509_NAME_oneline(X509_get_subject_name(sk_X509_value(all, leaf)), name, sizeof name);
        import->certificate_name = import_format(import, "%s", name);
    }
    import_set_secret(&import->certificate, chain);
    import_set_secret(&import->key, plain);
}

// The key may need its passphrase, may stand in the certificate's text, and the certificates may
// stand with the key.
void import_check_certificate(struct import *import)
{
    if (import->certificate == NULL && import->key == NULL)
        return;
    EVP_PKEY *key = read_key(import->key, import->passphrase);
    if (key == NULL)
        key = read_key(import->certificate, import->passphrase);
    STACK_OF(X509) *all = sk_X509_new_null();
    if (all != NULL) {
        read_certificates(import->certificate, all);
        read_certificates(import->key, all);
        replace_pem(import, all, find_leaf(all, key), key);
    }
    import->is_out_of_memory |= all == NULL;
    sk_X509_pop_free(all, X509_free);
    EVP_PKEY_free(key);
    ERR_clear_error();
}
