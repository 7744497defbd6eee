/* A bump allocator: many small allocations with one lifetime, freed or reset together.
 *
 * A catalog, a plan and a row batch each live in an arena of their own. Memory comes from the heap
 * in blocks; reset keeps the largest block, so that a batch that is filled again and again stops
 * allocating. Not thread-safe: one arena belongs to one thread at a time. Allocation failure aborts
 * the process: these are small, bounded structures; row data, which is not, is bounded by its own
 * budget.
 */
#ifndef WB_BASE_ARENA_H
#define WB_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct wb_arena_block;

/* Zeroed is a valid, empty arena. */
struct wb_arena {
    struct wb_arena_block *head; /* the block in use; older ones behind it */
    size_t used_bytes;           /* in head */
    size_t total_bytes;          /* in all blocks */
};

void *wb_arena_alloc(struct wb_arena *a, size_t bytes);   /* 16-byte aligned, not zeroed */
void *wb_arena_zalloc(struct wb_arena *a, size_t bytes);  /* zeroed */
char *wb_arena_strdup(struct wb_arena *a, const char *s); /* NULL gives NULL */
char *wb_arena_strndup(struct wb_arena *a, const char *s, size_t len);
char *wb_arena_printf(struct wb_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void wb_arena_adopt(struct wb_arena *a,
                    struct wb_arena *from); /* what from holds lives as long as a; from is empty */
void wb_arena_reset(
    struct wb_arena *a); /* forgets all allocations, keeps at most one block (up to 4 MiB) */
void wb_arena_done(struct wb_arena *a); /* frees everything; the arena is empty and usable again */

#define WB_NEW(a, type) ((type *)wb_arena_zalloc((a), sizeof(type)))
#define WB_NEW_N(a, type, n) ((type *)wb_arena_zalloc((a), sizeof(type) * (size_t)(n)))

/* Grow an arena-owned array to hold at least need elements of size bytes each; returns the new
 * array (the old one stays in the arena). *cap is updated. */
void *wb_arena_grow(struct wb_arena *a, void *array, size_t *cap, size_t need, size_t size);

/* Append one zeroed element to the arena-owned array (items, n, cap) and yield a pointer to it. */
#define WB_PUSH(a, items, n, cap) \
    ((items) = wb_arena_grow((a), (items), &(cap), (n) + 1, sizeof *(items)), &(items)[(n)++])

#endif
