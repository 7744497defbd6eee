/* The inside of a program that runs. For engine/program*.c only. */
#ifndef WB_ENGINE_PROGRAM_INT_H
#define WB_ENGINE_PROGRAM_INT_H

#include "base/buf.h"
#include "engine/program.h"

#include <stdbool.h>
#include <sys/types.h>

struct wb_program {
    pid_t pid;   /* 0: it has ended */
    int data;    /* -1: closed */
    int said_fd; /* -1: at its end */
    int status;
    const char *name; /* the last part of its path */
    struct wb_arena arena;
    struct wb_buf said; /* the last lines of its standard error */
};

/* Waits a little for its words, which are kept, or for data that can be moved; whether data can. */
bool wb_program_turn(struct wb_program *p, int data, short events);

#endif
