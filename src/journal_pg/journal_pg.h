/* The journal in a PostgreSQL that several machines share: schema whimbrel, tables journal_*.
 *
 * Plans are told apart by a name that the caller gives; each has its lease. Leases run out by the
 * server's clock. A connection that is lost is opened again once a call; a write whose COMMIT was
 * not answered is looked up before it is tried again, so nothing is written twice.
 */
#ifndef WB_JOURNAL_PG_JOURNAL_PG_H
#define WB_JOURNAL_PG_JOURNAL_PG_H

#include "journal/journal.h"
#include "model/url.h"

/* plan: at most 400 bytes. url is copied as far as needed. Errors: as wb_pg_open, NOT_FOUND (mode
 * EXISTING and the plan has no journal there), FORMAT. opts may be NULL. */
enum wb_code wb_journal_open_pg(const struct wb_url *url, const char *plan,
                                const struct wb_journal_opts *opts, struct wb_journal **ret,
                                struct wb_error *err);

#endif
