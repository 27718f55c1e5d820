// SPDX-License-Identifier: BSD-3-Clause
//
// registry: registered people, here or not, and bans. Comments and pictures stay in the store until
// their owner logs in. A third public header of model. Pure state, control thread; times are UTC
// seconds, passed in.
#ifndef SUSURRO_MODEL_REGISTRY_H
#define SUSURRO_MODEL_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERT_HASH_BYTES 41      // 40 lower-case hex digits and a zero; "" is "none"
#define REGISTERED_CERTS_MAX 16 // of one person; more are refused
#define BANS_MAX 100000         // a longer list is refused
#define REGISTERED_ID_MAX 999999999

struct model;

// iterations 0: the legacy SHA-1, 40 hex digits without salt; else PBKDF2-HMAC-SHA384. hash "":
// none.
struct password {
    char hash[97]; // 96 hex digits
    char salt[17]; // 8 bytes as 16 hex digits
    uint32_t iterations;
};

struct registered {
    int32_t id;         // 0: the SuperUser
    char *name, *email; // email may be NULL
    uint32_t n_certs;
    char (*certs)[CERT_HASH_BYTES];
    struct password password;
    uint32_t last_channel;                    // MODEL_NONE: not known
    int64_t last_active_s, last_disconnect_s; // 0: never
};

// A returned pointer is valid until that person is removed. The name must be free (any case) and is
// kept as given; id MODEL_GUEST: the next one. NULL: taken, or memory.
struct registered *registry_add(struct model *model, int32_t id, const char *name);
struct registered *registry_find(const struct model *model, int32_t id);
struct registered *registry_by_name(const struct model *model, const char *name); // any case
struct registered *registry_by_cert(const struct model *model, const char *cert_hash);
struct registered *registry_by_email(const struct model *model, const char *email);
struct registered *registry_next(const struct model *model,
                                 int32_t after_id); // ascending; -1 starts
int registry_rename(struct model *model, struct registered *person,
                    const char *name); // MODEL_E_NAME
// Already theirs: 0. MODEL_E_TAKEN: another's; MODEL_E_LIMIT.
int registry_cert_add(struct model *model, struct registered *person, const char *cert_hash);
void registry_cert_remove(struct model *model, struct registered *person, const char *cert_hash);
bool registry_set_email(struct registered *person, const char *email); // NULL clears; false: memory
// Never the SuperUser. Entries and groups are model_forget_user_id's.
void registry_remove(struct model *model, int32_t id);

struct ban {
    uint8_t address[16]; // IPv4 as ::ffff:a.b.c.d; all zero: by certificate alone
    uint8_t mask_bits;   // 0 to 128; exact, not rounded to bytes
    char hash[CERT_HASH_BYTES];
    char *name, *reason; // "" rather than NULL
    int64_t start_s;
    uint32_t duration_s; // 0: for ever
};
// Replaces all; copies. 0, MODEL_E_LIMIT or MODEL_E_MEMORY.
int bans_replace(struct model *model, const struct ban *bans, size_t n);
int bans_add(struct model *model, const struct ban *ban);
const struct ban *bans_at(const struct model *model, size_t index); // NULL: the end
// Takes away those whose time is over; true when any went.
bool bans_purge(struct model *model, int64_t now_s);
// Who matches: the address within the mask, or an equal certificate that is not "". NULL: nobody.
const struct ban *bans_find(const struct model *model, const uint8_t address[16],
                            const char *cert_hash, int64_t now_s);

#endif
