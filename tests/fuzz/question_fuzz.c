// SPDX-License-Identifier: BSD-3-Clause
//
// Questions of administration as the server takes them apart, and texts as it puts them into JSON.
#include "control/admin/admin_int.h"
#include "fuzz.h"

#include <string.h>

static void check_json_text(const struct answer *answer)
{
    const uint8_t *text = answer->text.data;
    size_t len = answer->text.len;
    CHECK(!answer->has_failed && len >= 2);
    if (text[0] == 'n')
        return; // null: it is not UTF-8
    CHECK(text[0] == '"' && text[len - 1] == '"');
    for (size_t i = 1; i + 1 < len; i++) {
        CHECK(text[i] >= 0x20 && text[i] != '"');
        if (text[i] == '\\')
            i++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[4096];
    if (size >= sizeof(line))
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    struct answer answer = { .has_members = false };
    buffer_init(&answer.text, ADMIN_ANSWER_BYTES);
    answer_text(&answer, NULL, line);
    check_json_text(&answer);
    buffer_clear(&answer.text);
    struct question question = { .n_words = 0 };
    if (!question_split(line, &question))
        return 0;
    CHECK(question.n_words <= ADMIN_WORDS_MAX);
    for (size_t i = 0; i < question.n_words; i++)
        CHECK(question.words[i] >= line &&
              question.words[i] + strlen(question.words[i]) <= line + size);
    return 0;
}
