// SPDX-License-Identifier: BSD-3-Clause
// susurrod backup TARGET
#include "main_int.h"

#include "store/store.h"

#include <stdio.h>

int run_backup(const struct arguments *arguments)
{
    char error[STORE_ERROR_BYTES];
    struct config *config = load_config(arguments, NULL);
    if (config == NULL)
        return EXIT_CONFIG;
    int status = EXIT_FINE;
    if (store_backup(config->database, arguments->file, error) == 0) {
        printf("%s is copied to %s.\n", config->database, arguments->file);
    } else {
        complain(error);
        status = EXIT_RUNTIME;
    }
    config_free(config);
    return status;
}
