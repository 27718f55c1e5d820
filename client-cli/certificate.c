// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/cli.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024
#define VALID_SECONDS (20L * 365 * 24 * 3600)

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    uint64_t serial;
    random_bytes(&serial, sizeof serial);
    X509_NAME *name = X509_get_subject_name(certificate);
    bool is_made =
        X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_SECONDS) != NULL &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Susurro user",
                                   -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
        X509_sign(certificate, key, EVP_sha256()) > 0;
    if (is_made)
        return certificate;
    X509_free(certificate);
    return NULL;
}

// The file appears whole or not at all, and never over one that another program has just made.
static int write_identity(const char *path, EVP_PKEY *key, X509 *certificate, struct fault *fault)
{
    char draft[PATH_MAX_BYTES + 24];
    (void)snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    int result = fault_set(fault, N_("cannot write %s"), draft);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return fault_set(fault, N_("cannot write %s: %s"), draft, strerror(errno));
    }
    bool is_written = PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                      PEM_write_X509(file, certificate) == 1;
    is_written &= fclose(file) == 0;
    if (is_written && (link(draft, path) == 0 || errno == EEXIST))
        result = 0;
    (void)unlink(draft);
    return result;
}

static int make_identity(const char *path, struct fault *fault)
{
    int result = -1;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? make_certificate(key) : NULL;
    if (certificate == NULL)
        (void)fault_set(fault, N_("cannot make a certificate"));
    else
        result = write_identity(path, key, certificate, fault);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return result;
}

int certificate_use(SSL_CTX *tls, const char *file, struct fault *fault)
{
    char own[PATH_MAX_BYTES];
    if (file != NULL && strcmp(file, "none") == 0)
        return 0;
    if (file == NULL) {
        if (paths_config("identity.pem", own, sizeof own - 32, fault) != 0)
            return -1;
        if (access(own, F_OK) != 0 && make_identity(own, fault) != 0)
            return -1;
        file = own;
    }
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(tls, file) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls, file, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(tls) == 1)
        return 0;
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return fault_set(fault, N_("%s: no certificate with its key in PEM form (%s)"), file,
                     why != NULL ? why : cli_text(N_("unknown error")));
}
