// SPDX-License-Identifier: BSD-3-Clause
#include "base/base.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 256

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){ .limit = limit };
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->limit);
}

uint8_t *buffer_grow(struct buffer *buffer, size_t n)
{
    if (n > buffer->limit || buffer->len > buffer->limit - n)
        return NULL;
    size_t need = buffer->len + n;
    if (need > buffer->cap || buffer->data == NULL) {
        size_t cap = buffer->cap > FIRST_BYTES / 2 ? buffer->cap * 2 : FIRST_BYTES;
        if (cap > buffer->limit || cap < buffer->cap)
            cap = buffer->limit;
        if (cap < need)
            cap = need;
        uint8_t *data = realloc(buffer->data, cap > 0 ? cap : 1);
        if (data == NULL)
            return NULL;
        buffer->data = data;
        buffer->cap = cap;
    }
    return buffer->data + buffer->len;
}

bool buffer_add(struct buffer *buffer, const void *data, size_t n)
{
    uint8_t *room = buffer_grow(buffer, n);
    if (room == NULL)
        return false;
    if (n > 0)
        memcpy(room, data, n);
    buffer->len += n;
    return true;
}

void buffer_drop_front(struct buffer *buffer, size_t n)
{
    assert(n <= buffer->len);
    if (n == 0)
        return;
    buffer->len -= n;
    memmove(buffer->data, buffer->data + n, buffer->len);
}
