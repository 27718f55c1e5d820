// SPDX-License-Identifier: BSD-3-Clause
//
// Nonces: a datagram carries only the lowest byte of its nonce, the receiver rebuilds the rest from
// the newest one it has opened. Up to 29 late datagrams and gaps of up to 127 are understood;
// beyond that the peers need a resync.
#include "crypt_int.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#define TAG_BYTES 3 // of the 16, on the wire
#define LATE_MAX 29
#define GAP_MAX 128 // the distance of the newest, so at most 127 lost
#define SEEN 0x100u

static EVP_CIPHER_CTX *new_context(const uint8_t *key, int is_encrypting)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL)
        return NULL;
    if (EVP_CipherInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL, is_encrypting) != 1 ||
        EVP_CIPHER_CTX_set_padding(context, 0) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

static bool init_aes(struct crypt *crypt, const uint8_t *key)
{
    if (crypt->is_native) {
        native_expand(key, &crypt->to_encrypt, &crypt->to_decrypt);
        return true;
    }
    crypt->aes_encrypt = new_context(key, 1);
    crypt->aes_decrypt = new_context(key, 0);
    return crypt->aes_encrypt != NULL && crypt->aes_decrypt != NULL;
}

static struct crypt *new_crypt(bool is_native, const uint8_t *key, const uint8_t *encrypt_nonce,
                               const uint8_t *decrypt_nonce)
{
    struct crypt *crypt = calloc(1, sizeof *crypt);
    if (crypt == NULL)
        return NULL;
    crypt->is_native = is_native;
    if (!init_aes(crypt, key)) {
        crypt_free(crypt);
        return NULL;
    }
    memcpy(crypt->encrypt_nonce, encrypt_nonce, NONCE_BYTES);
    memcpy(crypt->decrypt_nonce, decrypt_nonce, NONCE_BYTES);
    return crypt;
}

struct crypt *crypt_new(const uint8_t key[CRYPT_KEY_BYTES], const uint8_t encrypt_nonce[16],
                        const uint8_t decrypt_nonce[16])
{
    return new_crypt(native_is_there(), key, encrypt_nonce, decrypt_nonce);
}

struct crypt *crypt_new_portable(const uint8_t key[CRYPT_KEY_BYTES],
                                 const uint8_t encrypt_nonce[16], const uint8_t decrypt_nonce[16])
{
    return new_crypt(false, key, encrypt_nonce, decrypt_nonce);
}

bool crypt_is_native(const struct crypt *crypt)
{
    return crypt->is_native;
}

void crypt_free(struct crypt *crypt)
{
    if (crypt == NULL)
        return;
    EVP_CIPHER_CTX_free(crypt->aes_encrypt); // both wipe their keys
    EVP_CIPHER_CTX_free(crypt->aes_decrypt);
    OPENSSL_cleanse(crypt, sizeof *crypt);
    free(crypt);
}

// The nonce is a little-endian counter; both carry from byte `first` upwards.
static void nonce_increment(uint8_t nonce[NONCE_BYTES], size_t first)
{
    for (size_t i = first; i < NONCE_BYTES && ++nonce[i] == 0; i++)
        ;
}

static void nonce_decrement(uint8_t nonce[NONCE_BYTES], size_t first)
{
    for (size_t i = first; i < NONCE_BYTES && nonce[i]-- == 0; i++)
        ;
}

// How many at the start go through AES side by side: of one length, for the processor's own AES.
static size_t count_alike(const struct crypt_job *jobs, size_t n)
{
    size_t n_alike = 0;
    while (n_alike < n && n_alike < NATIVE_LANES && jobs[n_alike].crypt->is_native &&
           jobs[n_alike].plain.len == jobs[0].plain.len)
        n_alike++;
    return n_alike;
}

// Lanes without a job of their own do the first one's again, and nobody reads what they make.
static void seal_side_by_side(struct crypt_job *jobs, size_t n)
{
    struct native_lane lanes[NATIVE_LANES];
    uint8_t unread[VOICE_PACKET_MAX_BYTES];
    size_t len = jobs[0].plain.len;
    assert(len <= VOICE_PACKET_MAX_BYTES);
    for (size_t i = 0; i < NATIVE_LANES; i++) {
        const struct crypt_job *job = i < n ? &jobs[i] : &jobs[0];
        if (i < n)
            nonce_increment(job->crypt->encrypt_nonce, 0);
        lanes[i].schedule = &job->crypt->to_encrypt;
        lanes[i].plain = job->plain.data;
        lanes[i].out = i < n ? job->out + CRYPT_HEADER_BYTES : unread;
        memcpy(lanes[i].nonce, job->crypt->encrypt_nonce, NONCE_BYTES);
    }
    native_seal_eight(lanes, len);
    for (size_t i = 0; i < n; i++) {
        jobs[i].out[0] = lanes[i].nonce[0];
        memcpy(jobs[i].out + 1, lanes[i].tag, TAG_BYTES);
        jobs[i].n_bytes = len + CRYPT_HEADER_BYTES;
    }
}

size_t crypt_seal(struct crypt *crypt, struct span plain, uint8_t *out)
{
    uint8_t tag[16];
    nonce_increment(crypt->encrypt_nonce, 0);
    bool is_sealed =
        ocb2_encrypt(crypt, crypt->encrypt_nonce, plain, out + CRYPT_HEADER_BYTES, tag);
    if (!is_sealed)
        return 0;
    out[0] = crypt->encrypt_nonce[0];
    memcpy(out + 1, tag, TAG_BYTES);
    return plain.len + CRYPT_HEADER_BYTES;
}

void crypt_seal_many(struct crypt_job *jobs, size_t n)
{
    while (n > 0) {
        size_t n_done = count_alike(jobs, n);
        if (n_done > 1) {
            seal_side_by_side(jobs, n_done);
        } else {
            jobs[0].n_bytes = crypt_seal(jobs[0].crypt, jobs[0].plain, jobs[0].out);
            n_done = 1;
        }
        jobs += n_done;
        n -= n_done;
    }
}

// How far the datagram with the low byte `low` is ahead of the newest one (1 = the next; negative =
// late), in the only place where it may be, or 0 when that place is outside of the window.
static int window_distance(uint8_t newest, uint8_t low)
{
    int ahead = (uint8_t)(low - newest);
    if (ahead > GAP_MAX || (ahead == GAP_MAX && low < newest))
        ahead -= WINDOW_SLOTS;
    return ahead < -LATE_MAX ? 0 : ahead;
}

static void rebuild_nonce(const struct crypt *crypt, uint8_t low, int distance,
                          uint8_t nonce[NONCE_BYTES])
{
    memcpy(nonce, crypt->decrypt_nonce, NONCE_BYTES);
    if (distance > 0 && low < nonce[0])
        nonce_increment(nonce, 1);
    else if (distance < 0 && low > nonce[0])
        nonce_decrement(nonce, 1);
    nonce[0] = low;
}

static void count_opened(struct crypt_counters *counters, int distance)
{
    counters->good++;
    if (distance > 0) {
        counters->lost += (uint32_t)distance - 1;
        return;
    }
    counters->late++;
    if (counters->lost > 0)
        counters->lost--;
}

int crypt_open(struct crypt *crypt, struct span in, uint8_t *out, bool *is_newest)
{
    if (in.len <= CRYPT_HEADER_BYTES)
        return PROTO_E_SHORT;
    if (in.len > VOICE_PACKET_MAX_BYTES + CRYPT_HEADER_BYTES)
        return PROTO_E_TOO_LONG;
    uint8_t low = in.data[0];
    int distance = window_distance(crypt->decrypt_nonce[0], low);
    if (distance == 0)
        return PROTO_E_REPLAY;
    uint8_t nonce[NONCE_BYTES];
    rebuild_nonce(crypt, low, distance, nonce);
    // The next one needs no look: its nonce is newer than all that were opened.
    if (distance != 1 && crypt->seen[low] == (SEEN | nonce[1]))
        return PROTO_E_REPLAY;

    uint8_t plain[VOICE_PACKET_MAX_BYTES];
    uint8_t tag[16];
    struct span cipher = { in.data + CRYPT_HEADER_BYTES, in.len - CRYPT_HEADER_BYTES };
    if (!ocb2_decrypt(crypt, nonce, cipher, plain, tag) ||
        CRYPTO_memcmp(tag, in.data + 1, TAG_BYTES) != 0)
        return PROTO_E_AUTH;

    memcpy(out, plain, cipher.len);
    *is_newest = distance > 0;
    if (distance > 0)
        memcpy(crypt->decrypt_nonce, nonce, NONCE_BYTES);
    crypt->seen[low] = (uint16_t)(SEEN | nonce[1]);
    count_opened(&crypt->counters, distance);
    return (int)cipher.len;
}

void crypt_get_encrypt_nonce(const struct crypt *crypt, uint8_t out[16])
{
    memcpy(out, crypt->encrypt_nonce, NONCE_BYTES);
}

void crypt_get_decrypt_nonce(const struct crypt *crypt, uint8_t out[16])
{
    memcpy(out, crypt->decrypt_nonce, NONCE_BYTES);
}

void crypt_set_decrypt_nonce(struct crypt *crypt, const uint8_t nonce[16])
{
    memcpy(crypt->decrypt_nonce, nonce, NONCE_BYTES);
    crypt->counters.resync++;
}

struct crypt_counters crypt_get_counters(const struct crypt *crypt)
{
    return crypt->counters;
}
