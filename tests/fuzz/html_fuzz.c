// SPDX-License-Identifier: BSD-3-Clause
// Texts of people: HTML to plain, plain to HTML and back.
#include "control/control_int.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *html = malloc(size + 1);
    CHECK(html != NULL);
    memcpy(html, data, size);
    html[size] = '\0';
    char *plain = html_to_plain(html);
    CHECK(plain != NULL);
    size_t len = strlen(plain);
    CHECK(len <= strlen(html));
    CHECK(len == 0 || (plain[0] != ' ' && plain[len - 1] != ' '));
    CHECK(strstr(plain, "  ") == NULL);
    char *escaped = html_escape(plain);
    CHECK(escaped != NULL && strpbrk(escaped, "<>\"") == NULL);
    char *again = html_to_plain(escaped);
    CHECK(again != NULL && strcmp(again, plain) == 0);
    free(html);
    free(plain);
    free(escaped);
    free(again);
    return 0;
}
