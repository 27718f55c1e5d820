// SPDX-License-Identifier: BSD-3-Clause
//
// The object behind ocb2.c (the cipher) and crypt.c (nonces and the window of what was received).
// AES comes from OpenSSL, or from the processor's own instructions (native.c) where it has them:
// the same bytes, but a call of OpenSSL costs as much as the blocks of a whole voice packet.
#ifndef SUSURRO_CRYPT_INT_H
#define SUSURRO_CRYPT_INT_H

#include "proto_int.h"

#include <openssl/evp.h>

#define NONCE_BYTES 16
#define WINDOW_SLOTS 256
#define BLOCK_BYTES 16

// AES-128's 11 round keys, expanded once.
struct schedule {
    _Alignas(BLOCK_BYTES) uint8_t keys[11][BLOCK_BYTES];
};

struct crypt {
    // what sealing needs lies together: it is read once for each packet and client
    uint8_t encrypt_nonce[NONCE_BYTES];
    struct schedule to_encrypt; // is_native
    bool is_native;
    EVP_CIPHER_CTX *aes_encrypt; // not is_native
    EVP_CIPHER_CTX *aes_decrypt;
    struct schedule to_decrypt;
    uint8_t decrypt_nonce[NONCE_BYTES]; // of the newest datagram opened
    // seen[n[0]] is SEEN | n[1] once a datagram with the nonce n was opened
    uint16_t seen[WINDOW_SLOTS];
    struct crypt_counters counters;
};

// ---- native.c: on a processor without the instructions only the first may be called -------------

bool native_is_there(void);
void native_expand(const uint8_t key[CRYPT_KEY_BYTES], struct schedule *to_encrypt,
                   struct schedule *to_decrypt);
void native_encrypt(const struct schedule *schedule, uint8_t block[BLOCK_BYTES]); // in place
void native_decrypt(const struct schedule *schedule, uint8_t *blocks, size_t n_blocks);

// What ocb2_encrypt does; eight packets of one length go through AES side by side.
#define NATIVE_LANES 8
struct native_lane {
    const struct schedule *schedule;
    uint8_t nonce[NONCE_BYTES];
    const uint8_t *plain;
    uint8_t *out; // of the packet's length
    uint8_t tag[BLOCK_BYTES];
};
void native_seal(struct native_lane *lane, size_t len);
void native_seal_eight(struct native_lane lanes[NATIVE_LANES], size_t len);

#endif
