/* Time. Durations come from the monotonic clock, moments from the wall clock; code in which time
 * decides takes a struct wb_clock, so that tests can drive it. */
#ifndef WB_BASE_CLOCK_H
#define WB_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct wb_clock {
    uint64_t (*monotonic_us)(void *ctx);
    int64_t (*wall_us)(void *ctx); /* microseconds since 1970-01-01 UTC */
    void *ctx;
};

extern const struct wb_clock wb_clock_system;

uint64_t wb_clock_monotonic_us(void); /* of the system clock */
int64_t wb_clock_wall_us(void);
void wb_clock_sleep_ms(unsigned ms);

/* "2026-03-12T08:15:30.123Z" (RFC 3339, UTC, milliseconds); size >= 32; returns to. */
char *wb_clock_format(int64_t wall_us, char *to, size_t size);

#endif
