// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a fuzz target without libFuzzer: every file given (or every file of a folder given), as it
// is, and then with a fixed series of mutations. Deterministic: the same files give the same inputs
// on every machine. Not finding any input is a failure, so that a lost seed folder is noticed.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX_BYTES (1u << 20)
#define MUTATIONS_PER_SEED 200

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % limit;
}

// An exact copy on the heap, so that the address sanitizer sees a read past the end.
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_mutated(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        abort();
    for (int i = 0; i < MUTATIONS_PER_SEED; i++) {
        memcpy(copy, data, size);
        size_t length = size;
        for (uint32_t n = 1 + random_below(3); n > 0 && length > 0; n--) {
            uint8_t *byte = copy + random_below((uint32_t)length);
            switch (random_below(4)) {
            case 0:
                *byte = (uint8_t)random_below(256);
                break;
            case 1:
                *byte = (uint8_t)(*byte ^ (1u << random_below(8)));
                break;
            case 2:
                *byte = random_below(2) ? 0xFF : 0x00;
                break;
            default:
                length = 1 + random_below((uint32_t)length);
                break;
            }
        }
        run(copy, length);
    }
    free(copy);
}

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX_BYTES);
    int result = -1;
    if (file == NULL || data == NULL)
        goto out;
    size_t size = fread(data, 1, INPUT_MAX_BYTES, file);
    if (ferror(file))
        goto out;
    run(data, size);
    run_mutated(data, size);
    result = 0;
out:
    if (result != 0)
        fprintf(stderr, "%s: cannot be read\n", path);
    if (file != NULL)
        (void)fclose(file);
    free(data);
    return result;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

// Returns the number of files replayed, or -1.
static int replay_folder(const char *path)
{
    struct dirent **entries = NULL;
    int n_entries = scandir(path, &entries, NULL, compare_names);
    int n_files = 0;
    for (int i = 0; i < n_entries; i++) {
        char name[4096];
        int length = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        struct stat info;
        if (n_files >= 0 && length > 0 && (size_t)length < sizeof name && stat(name, &info) == 0 &&
            S_ISREG(info.st_mode))
            n_files = replay_file(name) == 0 ? n_files + 1 : -1;
        free(entries[i]);
    }
    free(entries);
    return n_entries < 0 ? -1 : n_files;
}

int main(int argc, char **argv)
{
    int n_files = 0;
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) != 0) {
            fprintf(stderr, "%s: not found\n", argv[i]);
            return 1;
        }
        int n = S_ISDIR(info.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i]) + 1;
        if (n <= 0) {
            fprintf(stderr, "%s: nothing to replay\n", argv[i]);
            return 1;
        }
        n_files += n;
    }
    printf("%d files replayed, each with %d mutations\n", n_files, MUTATIONS_PER_SEED);
    return n_files > 0 ? 0 : 1;
}
