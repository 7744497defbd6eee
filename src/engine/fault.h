/* A wrapper that makes a connection fail at a chosen point: for crash tests, over any engine and a
 * real database.
 *
 * The plan is text: POINT:N:ACTION, where POINT is commit, exec or next (opening a read), counted
 * over all connections of the process from 1, and ACTION is
 *
 *   kill-before  the process ends as by kill -9 before the call
 *   kill-after   … after the call has succeeded
 *   lose         the call is not made and LOST is returned, as when a server goes away
 *   lose-after   the call is made and succeeds, and LOST is returned: the answer got lost
 *   fill         the call is not made; DISK_FULL is returned
 *   stop-before  the process stops, as by SIGSTOP, before the call; SIGCONT lets it go on
 *   stop-after   … after the call has succeeded
 *
 * Wrappers stack: the wrapped connection behaves as the inner one until its point comes.
 */
#ifndef WB_ENGINE_FAULT_H
#define WB_ENGINE_FAULT_H

#include "engine/engine.h"

/* Set the process's plan; false where the text is malformed. Before any connection is wrapped. */
bool wb_fault_plan(const char *text);
bool wb_fault_planned(void);

/* Wrap inner, which then belongs to the wrapper and is closed with it. */
struct wb_conn *wb_fault_wrap(struct wb_conn *inner);

#endif
