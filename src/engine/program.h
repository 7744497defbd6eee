/* A program of a database's own (pg_dump, mariadb): found, started, read or fed, ended.
 *
 * What it needs to log in goes by a descriptor, never by its arguments or its environment, which
 * others can read. It is in a process group of its own, so that it ends with all that it began; and
 * since its data flows through this process, it ends by itself when this process is killed. */
#ifndef WB_ENGINE_PROGRAM_H
#define WB_ENGINE_PROGRAM_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define WB_PROGRAM_SECRET "/dev/fd/9" /* where it reads wb_program_spec's secret */

/* How something that takes long is watched. */
struct wb_native_watch {
    const struct wb_cancel *cancel;           /* NULL: nobody asks it to stop */
    void (*bytes)(void *ctx, uint64_t bytes); /* moved so far, now and then; NULL: nobody looks */
    void *ctx;
};

enum wb_program_flow {
    WB_PROGRAM_READ, /* what it writes to its standard output is read */
    WB_PROGRAM_FEED, /* its standard input is fed */
};

struct wb_program_spec {
    const char *const *argv; /* ends with NULL; argv[0] is its path */
    const char *const *env;  /* "NAME=VALUE" over this process's own; ends with NULL; NULL: none */
    const char *secret;      /* text that it may read at WB_PROGRAM_SECRET; NULL: none */
    enum wb_program_flow flow;
};

/* A file that was written or read on the way. */
struct wb_native_file {
    const char *name; /* in its folder */
    uint64_t bytes;
    char sha256[65]; /* hexadecimal */
};

struct wb_program;

enum wb_code wb_program_start(const struct wb_program_spec *spec, struct wb_program **ret,
                              struct wb_error *err);

/* Until it has said a line on its standard error that begins with first and another one that begins
 * with next: 1; 0 after timeout_ms, when it has ended, or where somebody asked to stop. */
int wb_program_await(struct wb_program *p, const char *first, const char *next, unsigned timeout_ms,
                     const struct wb_native_watch *watch);

/* All that it writes, into a new file, durably; bytes and sha256 of ret are set. DISK_FULL, IO,
 * CANCELED; or wb_program_end's. before: bytes that were moved already, for watch. */
enum wb_code wb_program_to_file(struct wb_program *p, const char *path, uint64_t before,
                                const struct wb_native_watch *watch, struct wb_native_file *ret,
                                struct wb_error *err);
/* All of a file to it. VALUE where its bytes are not those of expect. */
enum wb_code wb_program_from_file(struct wb_program *p, const char *path,
                                  const struct wb_native_file *expect, uint64_t before,
                                  const struct wb_native_watch *watch, struct wb_error *err);
/* Waits for its end; its exit code 0 is WB_OK, else the error quotes what it said: PRIVILEGE, LOST,
 * DISK_FULL, SQL. */
enum wb_code wb_program_end(struct wb_program *p, const struct wb_native_watch *watch,
                            struct wb_error *err);
void wb_program_free(struct wb_program *p); /* accepts NULL; kills what still runs */

/* The first line that a program prints, in a; NULL where it cannot be run. */
const char *wb_program_line(struct wb_arena *a, const char *path, const char *argument);

/* The path of a program of that name in PATH, in a; NULL: none. */
const char *wb_program_find(struct wb_arena *a, const char *name);

/* SHA-256 and size of a file, read from the disk. expect's name is not looked at. */
enum wb_code wb_program_hash_file(const char *path, const struct wb_native_watch *watch,
                                  struct wb_native_file *ret, struct wb_error *err);
/* A copy of a file, durable; ret as of what was read. */
enum wb_code wb_program_copy_file(const char *from, const char *to,
                                  const struct wb_native_watch *watch, struct wb_native_file *ret,
                                  struct wb_error *err);

#endif
