// SPDX-License-Identifier: BSD-3-Clause
//
// The object behind ocb2.c (the cipher) and crypt.c (nonces and the window of what was received).
#ifndef SUSURRO_CRYPT_INT_H
#define SUSURRO_CRYPT_INT_H

#include "proto_int.h"

#include <openssl/evp.h>

#define NONCE_BYTES 16
#define WINDOW_SLOTS 256

struct crypt {
    EVP_CIPHER_CTX *aes_encrypt;
    EVP_CIPHER_CTX *aes_decrypt;
    uint8_t encrypt_nonce[NONCE_BYTES];
    uint8_t decrypt_nonce[NONCE_BYTES]; // of the newest datagram opened
    // seen[n[0]] is SEEN | n[1] once a datagram with the nonce n was opened
    uint16_t seen[WINDOW_SLOTS];
    struct crypt_counters counters;
};

#endif
