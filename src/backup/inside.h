/* The inside of a backup. For src/backup only. */
#ifndef WB_BACKUP_INSIDE_H
#define WB_BACKUP_INSIDE_H

#include "backup/backup.h"
#include "engine/pin.h"

#include <sys/types.h>

#define WB_BACKUP_PART ".part"
#define WB_BACKUP_MANIFEST "manifest.json"
#define WB_BACKUP_SCRATCH "whimbrel_scratch_"
enum { WB_BACKUP_HEX = 16 }; /* digits behind that */

/* The folder of a backup that is made. Zeroed is none. */
struct wb_backup_folder {
    char *path;  /* NAME-TIME.part */
    char *name;  /* NAME */
    int lock_fd; /* holds it; -1: none */
};

/* A scratch database, on its server or as a file. Zeroed is none. */
struct wb_backup_scratch {
    const struct wb_native_ops *ops;
    struct wb_conn *admin; /* NULL: it is a file */
    struct wb_arena arena;
    struct wb_url base, url; /* of the server; of it */
    enum wb_side side;
    const char *name;
    bool made;
};

/* The tables of a database, schema by schema. */
struct wb_backup_tables {
    struct wb_catalog *catalogs;
    size_t n;
    struct wb_arena arena;
};

struct wb_backup_job {
    const struct wb_backup_opts *opts;
    struct wb_clock clock;
    struct wb_native_watch watch;
    const struct wb_native_ops *ops;
    struct wb_backup *b; /* what the caller gets */
    struct wb_probe probe;
    struct wb_pin own_pin, *pin;            /* of the database */
    struct wb_conn *keeper, *reader, *late; /* late: joined after the dump began */
    struct wb_snapshot *snapshot;
    struct wb_dump *dump;
    struct wb_backup_tables tables; /* as of the snapshot */
    struct wb_backup_folder folder;
    struct wb_backup_scratch scratch;
};

/* Tests end the process here: WHIMBREL_TEST_BACKUP=POINT, as by kill -9. */
void wb_backup_point(const char *point);
void wb_backup_say(const struct wb_backup_job *job, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* folder.c */
/* Removes what killed runs left in dir, then makes a folder and holds it. */
enum wb_code wb_backup_folder_make(const char *dir, const char *database, int64_t now_us,
                                   struct wb_backup_folder *ret, struct wb_error *err);
/* Give it its name, durably; *ret_path in a. */
enum wb_code wb_backup_folder_publish(struct wb_backup_folder *f, struct wb_arena *a,
                                      const char **ret_path, struct wb_error *err);
void wb_backup_folder_remove(struct wb_backup_folder *f); /* with all in it */
void wb_backup_folder_leave(struct wb_backup_folder *f);
enum wb_code wb_backup_check_room(const char *dir, uint64_t want_bytes, struct wb_error *err);
/* Remove older ones of the same database, beyond keep proven ones; what cannot be removed stays. */
void wb_backup_keep(const char *dir, const char *identity, int64_t keep);
/* A file with this text, durably, in place of one of that name. */
enum wb_code wb_backup_write_file(const char *dir, const char *name, const char *text, size_t len,
                                  struct wb_error *err);
enum wb_code wb_backup_write_manifest(const char *dir, const struct wb_backup *b,
                                      struct wb_error *err);

/* measure.c */
enum wb_code wb_backup_describe(struct wb_conn *c, const struct wb_native_ops *ops,
                                struct wb_backup_tables *ret, struct wb_error *err);
void wb_backup_tables_done(struct wb_backup_tables *t);
size_t wb_backup_tables_count(const struct wb_backup_tables *t);
/* The number of rows and, unless by rows alone, their digest. *how is set to BY_ROWS where the
 * values cannot be digested. snapshot: joined again where reading failed; NULL: none. */
enum wb_code wb_backup_measure(struct wb_conn *c, const struct wb_table *t,
                               struct wb_snapshot *snapshot, const struct wb_cancel *cancel,
                               enum wb_backup_how *how, struct wb_digest *ret,
                               struct wb_error *err);

/* scratch.c */
/* A session on the scratch server, without left-overs of killed runs. */
enum wb_code wb_backup_scratch_open(struct wb_backup_scratch *s, const struct wb_native_ops *ops,
                                    const struct wb_url *url, enum wb_side side,
                                    struct wb_error *err);
enum wb_code wb_backup_scratch_make(struct wb_backup_scratch *s, struct wb_conn *like,
                                    struct wb_error *err);
enum wb_code wb_backup_scratch_connect(struct wb_backup_scratch *s, struct wb_conn **ret,
                                       struct wb_error *err);
/* Drops it, also where the session was lost; err may be NULL. */
enum wb_code wb_backup_scratch_drop(struct wb_backup_scratch *s, struct wb_error *err);
void wb_backup_scratch_done(struct wb_backup_scratch *s);

/* prove.c: restore what lies in dir into the scratch and compare with b's tables. Sets what b says
 * of the proof. */
enum wb_code wb_backup_prove(struct wb_backup_job *job, const char *dir, struct wb_error *err);

#endif
