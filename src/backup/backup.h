/* Backups that were proven: a dump of one moment, restored into a scratch database and compared.
 *
 * A backup is a folder NAME-TIME in the folder that was asked for: the database's own dump, and
 * manifest.json, which says what it is of and what was proven (docs/json/backup.json). While it is
 * made and tested its folder is called NAME-TIME.part, and held by a lock; it gets its name last,
 * so a folder without ".part" always has a manifest, and a ".part" that nobody holds was left
 * behind by a run that was killed: the next one removes it, and its scratch database.
 *
 * Nothing here prints and no secret is written anywhere.
 */
#ifndef WB_BACKUP_BACKUP_H
#define WB_BACKUP_BACKUP_H

#include "base/buf.h"
#include "base/clock.h"
#include "engine/engine.h"

enum { WB_BACKUP_FORMAT = 1 };

/* How a table that was restored was compared with what the dump is of. */
enum wb_backup_how {
    WB_BACKUP_BY_DIGEST, /* every value, by digest */
    WB_BACKUP_BY_ROWS,   /* the number of rows: its values cannot be read as such */
    WB_BACKUP_BY_BOUNDS, /* it changed while the dump began: its rows lie between both counts */
};
enum wb_backup_result { WB_BACKUP_EQUAL, WB_BACKUP_DIFFERS, WB_BACKUP_UNSURE };

struct wb_backup_table {
    const char *schema, *name; /* schema "" where there are none */
    struct wb_digest before;   /* at the moment of the dump, or just before it */
    struct wb_digest after;    /* just after it began, where the moment could not be held */
    struct wb_digest restored;
    bool has_digest;
    enum wb_backup_how how;
    enum wb_backup_result result;
};

/* A manifest. Strings belong to its arena, or whoever filled it. */
struct wb_backup {
    struct wb_arena arena;
    const char *path; /* its folder */
    const char *engine, *product, *tool, *database, *url, *identity, *position;
    const char *method;  /* how it was proven, in a sentence; NULL: it was not tested */
    const char *failure; /* NULL: none */
    const char *scratch; /* where it was restored, redacted */
    bool verified, one_moment;
    int64_t began_us, moment_us, verified_us; /* wall clock; 0: never */
    uint64_t dump_ms, restore_ms, bytes, rows;
    struct wb_native_file *files;
    size_t n_files;
    struct wb_backup_table *tables;
    size_t n_tables;
};

void wb_backup_done(struct wb_backup *b); /* accepts a zeroed one */

/* Lines for people; the text ends with the call. */
struct wb_backup_sink {
    void (*step)(void *ctx, const char *text);
    void (*bytes)(void *ctx, uint64_t bytes); /* of the dump, or of it restored */
    void *ctx;
};

enum wb_backup_locking { WB_BACKUP_NO_LOCK, WB_BACKUP_LOCK_TABLES };

struct wb_backup_opts {
    const struct wb_url *url;
    struct wb_pin *pin; /* what its connections must meet (engine/pin.h); NULL: what the first one
                           meets */
    enum wb_side side;  /* which password variable applies */
    const struct wb_url *scratch; /* a server for the scratch database; NULL: the database's own */
    enum wb_side scratch_side;
    const char *to;                 /* the folder; made if its parent is there */
    int64_t keep;                   /* how many proven ones are kept, this one included; 0: all */
    enum wb_backup_locking locking; /* tables without transactions: locked for the dump */
    struct wb_clock clock;          /* zeroed: the system's */
    const struct wb_cancel *cancel;
    struct wb_backup_sink sink;
};

/* Whether one could be made: the folder can be written and has room, programs are there, the
 * scratch database may be made. Leaves nothing behind. */
enum wb_code wb_backup_check(const struct wb_backup_opts *opts, struct wb_error *err);

/* Make one and prove it. *ret is filled as soon as there is a backup, also where the proof failed:
 * RESTORE (the database refused it), DIFFERS, UNPROVEN; it is kept then, with a manifest that says
 * so. Other errors leave nothing but what the next run removes. ret is done by the caller in any
 * case. */
enum wb_code wb_backup_make(const struct wb_backup_opts *opts, struct wb_backup *ret,
                            struct wb_error *err);

/* Restore one again, from its folder; opts as for make (url is not looked at where scratch is
 * given, and may be NULL where the scratch is a file). Its manifest is written anew. */
enum wb_code wb_backup_prove_again(const char *path, const struct wb_backup_opts *opts,
                                   struct wb_backup *ret, struct wb_error *err);

/* Read a manifest: a backup's folder, or the file itself. NOT_FOUND, IO, FORMAT. */
enum wb_code wb_backup_read(const char *path, struct wb_backup *ret, struct wb_error *err);
void wb_backup_json(const struct wb_backup *b, struct wb_buf *to);

/* The folders of the backups in a folder, the newest first; the folder itself where it is one. */
enum wb_code wb_backup_list(const char *dir, struct wb_arena *a, const char *const **ret,
                            size_t *ret_n, struct wb_error *err);

/* Whether its files are as they were written: VALUE where they are not. */
enum wb_code wb_backup_check_files(const struct wb_backup *b, const struct wb_native_watch *watch,
                                   struct wb_error *err);

/* Whether a proven backup of this database, not older than max_age_ms, is in dir with its files as
 * they were written. One that is damaged is marked as not proven. why: a sentence. */
bool wb_backup_find(const char *dir, const char *identity, int64_t max_age_ms, int64_t now_us,
                    const struct wb_cancel *cancel, char *why, size_t size);

/* For whimbrel clean: drop the scratch databases on this server that were left behind. */
enum wb_code wb_backup_clean(const struct wb_url *url, struct wb_arena *a,
                             const char ***ret_removed, size_t *ret_n, struct wb_error *err);

#endif
