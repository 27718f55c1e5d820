// SPDX-License-Identifier: BSD-3-Clause
//
// TLS for control connections: the certificate that the server shows (files of the configuration,
// or one of its own that the store keeps), and the authorities that clients' certificates are held
// against.
#include "control/control_int.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE_YEARS 20

static const char setting_certificate[] = "certificate", setting_key[] = "key";

// Any client certificate is welcome, self-signed or expired: it is an identity, not a proof of a
// name.
static int accept_any(int is_ok, X509_STORE_CTX *context)
{
    (void)is_ok;
    (void)context;
    return 1;
}

static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != NULL ? reason : "unknown reason";
}

static X509 *self_sign(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    uint64_t serial;
    random_bytes(&serial, sizeof(serial));
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), (long)CERTIFICATE_YEARS * 365 * 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Susurro server",
                               -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    static const struct {
        int nid;
        const char *value;
    } extensions[] = { { NID_basic_constraints, "critical,CA:FALSE" },
                       { NID_ext_key_usage, "serverAuth,clientAuth" },
                       { NID_subject_key_identifier, "hash" } };
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, extensions[i].value);
        if (extension != NULL)
            X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    if (X509_sign(certificate, key, EVP_sha256()) == 0) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static bool save_pem(struct server *server, X509 *certificate, EVP_PKEY *key)
{
    BIO *cert_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
    bool is_saved = false;
    if (cert_bio != NULL && key_bio != NULL && PEM_write_bio_X509(cert_bio, certificate) == 1 &&
        PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        char *cert_text, *key_text;
        size_t cert_len = (size_t)BIO_get_mem_data(cert_bio, &cert_text);
        size_t key_len = (size_t)BIO_get_mem_data(key_bio, &key_text);
        is_saved =
            store_begin(server->store) == 0 &&
            store_setting_set(server->store, setting_certificate, cert_text, cert_len) == 0 &&
            store_setting_set(server->store, setting_key, key_text, key_len) == 0 &&
            store_commit(server->store) == 0;
        if (!is_saved)
            store_rollback(server->store);
    }
    BIO_free(cert_bio);
    BIO_free(key_bio);
    return is_saved;
}

static int make_certificate(struct server *server, SSL_CTX *tls, char *error, size_t cap)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? self_sign(key) : NULL;
    int result = -1;
    if (certificate == NULL)
        snprintf(error, cap, "cannot make a certificate: %s", openssl_reason());
    else if (!save_pem(server, certificate, key))
        snprintf(error, cap, "cannot store the new certificate: %s",
                 store_last_error(server->store));
    else if (SSL_CTX_use_certificate(tls, certificate) == 1 &&
             SSL_CTX_use_PrivateKey(tls, key) == 1)
        result = 0;
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (result == 0)
        log_info("control", "certificate made", "kind=\"ECDSA P-256\" years=%d", CERTIFICATE_YEARS);
    return result;
}

static int use_pem(SSL_CTX *tls, const char *cert_text, const char *key_text)
{
    BIO *cert_bio = BIO_new_mem_buf(cert_text, -1), *key_bio = BIO_new_mem_buf(key_text, -1);
    X509 *certificate = cert_bio != NULL ? PEM_read_bio_X509(cert_bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = key_bio != NULL ? PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL) : NULL;
    bool is_used = certificate != NULL && key != NULL &&
                   SSL_CTX_use_certificate(tls, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(tls, key) == 1;
    X509_free(certificate);
    // An imported one may have intermediates behind it.
    while (is_used && (certificate = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL)) != NULL) {
        is_used = SSL_CTX_add1_chain_cert(tls, certificate) == 1;
        X509_free(certificate);
    }
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);
    return is_used ? 0 : -1;
}

static int use_stored(struct server *server, SSL_CTX *tls, char *error, size_t cap)
{
    // While the server runs, a batch may be on its way to the store: that one is not ours then.
    bool is_running = server->reader != NULL;
    struct store *store = is_running ? server->reader : server->store;
    size_t len;
    char *cert_text = store_setting_get(store, setting_certificate, &len);
    char *key_text = store_setting_get(store, setting_key, &len);
    int result = -1;
    if ((cert_text == NULL || key_text == NULL) && is_running) {
        snprintf(error, cap, "the database has no certificate yet; it is made with a restart");
    } else if (cert_text == NULL || key_text == NULL) {
        result = make_certificate(server, tls, error, cap);
    } else {
        result = use_pem(tls, cert_text, key_text);
        if (result != 0)
            snprintf(
                error, cap,
                "the certificate in the database cannot be used: %s; give sslCert= and sslKey=",
                openssl_reason());
    }
    if (key_text != NULL)
        OPENSSL_cleanse(key_text, strlen(key_text));
    free(cert_text);
    free(key_text);
    return result;
}

static int give_passphrase(char *out, int cap, int is_writing, void *context)
{
    (void)is_writing;
    const char *passphrase = context;
    if (passphrase == NULL || strlen(passphrase) >= (size_t)cap)
        return 0;
    memcpy(out, passphrase, strlen(passphrase));
    return (int)strlen(passphrase);
}

static int use_files(const struct config *config, SSL_CTX *tls, char *error, size_t cap)
{
    const char *key = config->ssl_key != NULL ? config->ssl_key : config->ssl_cert;
    SSL_CTX_set_default_passwd_cb(tls, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(tls, config->ssl_passphrase);
    if (SSL_CTX_use_certificate_chain_file(tls, config->ssl_cert) != 1) {
        snprintf(error, cap, "%s: cannot use sslCert %s: %s; it must be a readable PEM certificate",
                 config_where(config, "sslCert"), config->ssl_cert, openssl_reason());
        return -1;
    }
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1) {
        snprintf(
            error, cap,
            "%s: cannot use sslKey %s: %s; it must be the readable PEM key of that certificate",
            config_where(config, config->ssl_key != NULL ? "sslKey" : "sslCert"), key,
            openssl_reason());
        return -1;
    }
    return 0;
}

// Who is in that file vouches for clients' certificates, and completes our own chain when sslCert
// has no more than the certificate itself.
static int use_authorities(const struct config *config, SSL_CTX *tls, char *error, size_t cap)
{
    if (config->ssl_ca == NULL || config->ssl_ca[0] == '\0' ||
        SSL_CTX_load_verify_locations(tls, config->ssl_ca, NULL) == 1)
        return 0;
    snprintf(error, cap, "%s: cannot use sslCA %s: %s; it must be a readable PEM file",
             config_where(config, "sslCA"), config->ssl_ca, openssl_reason());
    return -1;
}

SSL_CTX *tls_context(struct server *server, char *error, size_t cap)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL) {
        snprintf(error, cap, "TLS cannot start: %s", openssl_reason());
        return NULL;
    }
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 0);
    SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_max_cert_list(tls, TLS_CERTS_BYTES);
    int result = server->config->ssl_cert != NULL ? use_files(server->config, tls, error, cap)
                                                  : use_stored(server, tls, error, cap);
    if (result == 0)
        result = use_authorities(server->config, tls, error, cap);
    ERR_clear_error();
    if (result != 0) {
        SSL_CTX_free(tls);
        return NULL;
    }
    return tls;
}
