// SPDX-License-Identifier: BSD-3-Clause
// Names that can be used here, each once.
#include "store/import_int.h"

#include "base/base.h"
#include "base/config.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank_or_control(unsigned char c)
{
    return c <= ' ' || c == 0x7F;
}

// A name that name_is_sound accepts, from one that it may not; "WHAT ID" when nothing is left.
static char *sound_name(struct import *import, const char *name, const char *what, long long id)
{
    char *out = str_dup(name);
    if (out == NULL) {
        import->is_out_of_memory = true;
        return NULL;
    }
    size_t n = 0;
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c >= ' ' && *c != 0x7F && !(n == 0 && *c == ' '))
            out[n++] = *c;
    }
    while (n > 0 && is_blank_or_control((unsigned char)out[n - 1]))
        n--;
    out[n] = '\0';
    for (; n > 0 && !name_is_sound(out); n--) // too long, or controls of two bytes
        out[n - 1] = '\0';
    if (n > 0)
        return out;
    free(out);
    return import_format(import, "%s %lld", what, id);
}

int import_repair_name(struct import *import, char **name, const char *what, long long id)
{
    if (*name != NULL && name_is_sound(*name))
        return 0;
    char *sound = sound_name(import, *name != NULL ? *name : "", what, id);
    if (sound == NULL)
        return -1;
    import_note(import, NOTE_REPAIRED, "%s %lld: the name cannot be used here; now \"%s\"", what,
                id, sound);
    free(*name);
    *name = sound;
    return 0;
}

// "Name (17)", cut so that it fits.
static char *numbered_name(struct import *import, const char *name, long long id)
{
    size_t len = strlen(name);
    for (;;) {
        while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
            len--;
        char *longer = import_format(import, "%.*s (%lld)", (int)len, name, id);
        if (longer == NULL || name_is_sound(longer) || len == 0)
            return longer;
        free(longer);
        len--;
    }
}

int import_rename_twin(struct import *import, char **name, const char *what, long long id)
{
    char *longer = numbered_name(import, *name, id);
    if (longer == NULL)
        return -1;
    import_note(import, NOTE_REPAIRED, "%s %lld: another is named \"%s\", too; now \"%s\"", what,
                id, *name, longer);
    free(*name);
    *name = longer;
    return 0;
}
