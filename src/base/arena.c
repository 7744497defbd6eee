#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BLOCK_BYTES = 4096,
    MAX_BLOCK_BYTES = 1 << 20,
    KEEP_BLOCK_BYTES = 4 << 20,
    ALIGN = 16
};

struct wb_arena_block {
    struct wb_arena_block *next;
    size_t size;
    _Alignas(ALIGN) unsigned char data[];
};

static void add_block(struct wb_arena *a, size_t need) {
    size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK_BYTES;
    if (size > MAX_BLOCK_BYTES)
        size = MAX_BLOCK_BYTES;
    if (size < need)
        size = need;
    struct wb_arena_block *b = size > SIZE_MAX - sizeof *b ? NULL : malloc(sizeof *b + size);
    if (!b) {
        fprintf(stderr, "whimbrel: out of memory (%zu bytes)\n", size);
        abort();
    }
    b->next = a->head;
    b->size = size;
    a->head = b;
    a->used_bytes = 0;
    a->total_bytes += size;
}

void *wb_arena_alloc(struct wb_arena *a, size_t bytes) {
    size_t need = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!a->head || a->head->size - a->used_bytes < need)
        add_block(a, need);
    void *p = a->head->data + a->used_bytes;
    a->used_bytes += need;
    return p;
}

/* Behind the block in use, so that its free end goes on being filled. */
void wb_arena_adopt(struct wb_arena *a, struct wb_arena *from) {
    struct wb_arena_block **last = a->head ? &a->head->next : &a->head, *rest = *last;
    *last = from->head;
    while (*last)
        last = &(*last)->next;
    *last = rest;
    if (a->head == from->head)
        a->used_bytes = from->used_bytes;
    a->total_bytes += from->total_bytes;
    *from = (struct wb_arena){0};
}

void *wb_arena_zalloc(struct wb_arena *a, size_t bytes) {
    return memset(wb_arena_alloc(a, bytes), 0, bytes);
}

char *wb_arena_strndup(struct wb_arena *a, const char *s, size_t len) {
    char *p = wb_arena_alloc(a, len + 1);
    if (len)
        memcpy(p, s, len);
    p[len] = 0;
    return p;
}

char *wb_arena_strdup(struct wb_arena *a, const char *s) {
    return s ? wb_arena_strndup(a, s, strlen(s)) : NULL;
}

char *wb_arena_printf(struct wb_arena *a, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    size_t size = (n < 0 ? 0 : (size_t)n) + 1;
    char *p = wb_arena_alloc(a, size);
    p[0] = 0;
    vsnprintf(p, size, fmt, again);
    va_end(again);
    return p;
}

void *wb_arena_grow(struct wb_arena *a, void *array, size_t *cap, size_t need, size_t size) {
    if (need <= *cap)
        return array;
    size_t wider = *cap ? *cap * 2 : 8;
    if (wider < need)
        wider = need;
    unsigned char *p = wb_arena_alloc(a, wider * size);
    if (*cap)
        memcpy(p, array, *cap * size);
    memset(p + *cap * size, 0, (wider - *cap) * size);
    *cap = wider;
    return p;
}

static void free_chain(struct wb_arena_block *b) {
    while (b) {
        struct wb_arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void wb_arena_reset(struct wb_arena *a) {
    struct wb_arena_block *head = a->head;
    if (head && head->size <= KEEP_BLOCK_BYTES) {
        free_chain(head->next);
        head->next = NULL;
        a->total_bytes = head->size;
    } else {
        free_chain(head);
        a->head = NULL;
        a->total_bytes = 0;
    }
    a->used_bytes = 0;
}

void wb_arena_done(struct wb_arena *a) {
    free_chain(a->head);
    *a = (struct wb_arena){0};
}
