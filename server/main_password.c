// SPDX-License-Identifier: BSD-3-Clause
// --superuser-password
#include "main_int.h"

#include "store/store.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_BYTES 256

static bool read_password(char *out, size_t cap)
{
    struct termios shown, hidden;
    bool is_terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        fprintf(stderr, "New password for SuperUser: ");
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
    }
    bool is_read = fgets(out, (int)cap, stdin) != NULL;
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &shown);
        fprintf(stderr, "\n");
    }
    if (is_read)
        out[strcspn(out, "\r\n")] = '\0';
    return is_read && out[0] != '\0';
}

static bool take_password(const struct arguments *arguments, char *out, size_t cap)
{
    if (arguments->password == NULL)
        return read_password(out, cap);
    complain("warning: everybody on this machine can see a password on the command line; "
             "--superuser-password reads it from standard input");
    int n = snprintf(out, cap, "%s", arguments->password);
    return n > 0 && (size_t)n < cap;
}

int run_password(const struct arguments *arguments, struct store *store)
{
    char password[PASSWORD_BYTES];
    struct password hashed;
    if (!take_password(arguments, password, sizeof(password))) {
        complain("no password was given; nothing has changed");
        return EXIT_CONFIG;
    }
    bool is_set = password_hash(password, &hashed) && store_begin(store) == 0 &&
                  store_password_put(store, MODEL_SUPERUSER, MODEL_SUPERUSER_NAME, &hashed) == 0 &&
                  store_commit(store) == 0;
    OPENSSL_cleanse(password, sizeof(password));
    if (!is_set) {
        complain_with("the password could not be stored: %s", store_last_error(store));
        return EXIT_RUNTIME;
    }
    printf("The password of SuperUser is set.\n");
    return EXIT_FINE;
}
