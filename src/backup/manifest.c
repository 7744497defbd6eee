/* manifest.json: what a backup is of and what was proven (docs/json/backup.json). */
#include "backup/inside.h"

#include "base/json.h"
#include "base/str.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char *const how_words[] = {"digest", "rows", "bounds"};
static const char *const result_words[] = {"equal", "differs", "unsure"};

void wb_backup_done(struct wb_backup *b) {
    wb_arena_done(&b->arena);
    *b = (struct wb_backup){0};
}

/* --- writing
 * ------------------------------------------------------------------------------------- */

static void put_time(struct wb_json *j, const char *key, int64_t us) {
    char text[40];
    wb_json_key_str(j, key, us ? wb_clock_format(us, text, sizeof text) : NULL);
}

static void put_digest(struct wb_json *j, const char *key, const struct wb_backup_table *t,
                       const struct wb_digest *d) {
    char text[WB_DIGEST_TEXT_BYTES];
    wb_json_key_str(j, key, t->has_digest ? wb_digest_format(d, text) : NULL);
}

static void put_table(struct wb_json *j, const struct wb_backup_table *t, bool tested) {
    wb_json_object(j);
    wb_json_key_str(j, "schema", *t->schema ? t->schema : NULL);
    wb_json_key_str(j, "name", t->name);
    wb_json_key_uint(j, "rows", t->before.rows);
    put_digest(j, "digest", t, &t->before);
    if (t->how == WB_BACKUP_BY_BOUNDS)
        wb_json_key_uint(j, "rows_after", t->after.rows);
    wb_json_key_str(j, "compared_by", tested ? how_words[t->how] : NULL);
    wb_json_key_str(j, "result", tested ? result_words[t->result] : NULL);
    if (tested) {
        wb_json_key_uint(j, "restored_rows", t->restored.rows);
        put_digest(j, "restored_digest", t, &t->restored);
    }
    wb_json_end(j);
}

static void put_lists(struct wb_json *j, const struct wb_backup *b) {
    wb_json_key(j, "files");
    wb_json_array(j);
    for (size_t i = 0; i < b->n_files; i++) {
        wb_json_object(j);
        wb_json_key_str(j, "name", b->files[i].name);
        wb_json_key_uint(j, "bytes", b->files[i].bytes);
        wb_json_key_str(j, "sha256", b->files[i].sha256);
        wb_json_end(j);
    }
    wb_json_end(j);
    wb_json_key(j, "tables");
    wb_json_array(j);
    for (size_t i = 0; i < b->n_tables; i++)
        put_table(j, &b->tables[i], b->method != NULL);
    wb_json_end(j);
}

void wb_backup_json(const struct wb_backup *b, struct wb_buf *to) {
    struct wb_json j = {.out = to};
    wb_json_object(&j);
    wb_json_key_uint(&j, "format", WB_BACKUP_FORMAT);
    wb_json_key_str(&j, "whimbrel", WB_VERSION);
    wb_json_key_str(&j, "engine", b->engine);
    wb_json_key_str(&j, "product", b->product);
    wb_json_key_str(&j, "database", b->database);
    wb_json_key_str(&j, "url", b->url);
    wb_json_key_str(&j, "identity", b->identity);
    wb_json_key_str(&j, "tool", b->tool);
    put_time(&j, "began_at", b->began_us);
    put_time(&j, "moment", b->moment_us);
    wb_json_key_str(&j, "position", b->position);
    wb_json_key_bool(&j, "one_moment", b->one_moment);
    wb_json_key_uint(&j, "bytes", b->bytes);
    wb_json_key_uint(&j, "rows", b->rows);
    wb_json_key_bool(&j, "verified", b->verified);
    put_time(&j, "verified_at", b->verified_us);
    wb_json_key_str(&j, "method", b->method);
    wb_json_key_str(&j, "failure", b->failure);
    wb_json_key_str(&j, "scratch", b->scratch);
    wb_json_key_double(&j, "dump_seconds", (double)b->dump_ms / 1000);
    wb_json_key_double(&j, "restore_seconds", (double)b->restore_ms / 1000);
    put_lists(&j, b);
    wb_json_end(&j);
}

enum wb_code wb_backup_write_manifest(const char *dir, const struct wb_backup *b,
                                      struct wb_error *err) {
    WB_CLEANUP_BUF struct wb_buf text = {0};
    wb_backup_json(b, &text);
    wb_buf_addc(&text, '\n');
    return wb_backup_write_file(dir, WB_BACKUP_MANIFEST, wb_buf_str(&text), text.len, err);
}

/* --- reading
 * ------------------------------------------------------------------------------------- */

static const char *text_of(struct wb_backup *b, const json_t *o, const char *key) {
    return wb_arena_strdup(&b->arena, json_string_value(json_object_get(o, key)));
}

static uint64_t number_of(const json_t *o, const char *key) {
    json_int_t n = json_integer_value(json_object_get(o, key));
    return n > 0 ? (uint64_t)n : 0;
}

static uint64_t ms_of(const json_t *o, const char *key) {
    double s = json_number_value(json_object_get(o, key));
    return s > 0 && s < 1e12 ? (uint64_t)(s * 1000 + 0.5) : 0;
}

static int64_t time_of(const json_t *o, const char *key) {
    const char *s = json_string_value(json_object_get(o, key));
    struct tm tm = {0};
    const char *end = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    int ms = end && *end == '.' ? atoi(end + 1) : 0;
    return end ? (int64_t)timegm(&tm) * 1000000 + (int64_t)ms * 1000 : 0;
}

static int word_of(const json_t *o, const char *key, const char *const *words, int n) {
    const char *s = json_string_value(json_object_get(o, key));
    for (int i = 0; i < n; i++)
        if (wb_str_eq(s, words[i]))
            return i;
    return -1;
}

static struct wb_digest digest_of(const json_t *o, const char *key, uint64_t rows) {
    const char *s = json_string_value(json_object_get(o, key));
    struct wb_digest d = {.rows = rows};
    if (s)
        wb_digest_parse(s, rows, &d);
    return d;
}

/* A name of the manifest is a file of its folder, nothing else. */
static bool read_file(struct wb_backup *b, const json_t *o, struct wb_native_file *ret) {
    const char *sum = json_string_value(json_object_get(o, "sha256"));
    ret->name = text_of(b, o, "name");
    ret->bytes = number_of(o, "bytes");
    if (!sum || strlen(sum) != 64 || !ret->name || !*ret->name || strchr(ret->name, '/') ||
        *ret->name == '.')
        return false;
    memcpy(ret->sha256, sum, 65);
    return true;
}

static bool read_table(struct wb_backup *b, const json_t *o, struct wb_backup_table *ret) {
    int how = word_of(o, "compared_by", how_words, 3),
        result = word_of(o, "result", result_words, 3);
    ret->name = text_of(b, o, "name");
    ret->schema = text_of(b, o, "schema");
    ret->schema = ret->schema ? ret->schema : "";
    ret->has_digest = json_is_string(json_object_get(o, "digest"));
    ret->before = digest_of(o, "digest", number_of(o, "rows"));
    ret->after = ret->before;
    ret->after.rows = how == WB_BACKUP_BY_BOUNDS ? number_of(o, "rows_after") : ret->before.rows;
    ret->restored = digest_of(o, "restored_digest", number_of(o, "restored_rows"));
    ret->how = how < 0 ? WB_BACKUP_BY_ROWS : (enum wb_backup_how)how;
    ret->result = result < 0 ? WB_BACKUP_UNSURE : (enum wb_backup_result)result;
    return ret->name != NULL;
}

static bool read_lists(struct wb_backup *b, const json_t *o) {
    const json_t *files = json_object_get(o, "files"), *tables = json_object_get(o, "tables");
    b->n_files = json_array_size(files);
    b->n_tables = json_array_size(tables);
    b->files = WB_NEW_N(&b->arena, struct wb_native_file, b->n_files + 1);
    b->tables = WB_NEW_N(&b->arena, struct wb_backup_table, b->n_tables + 1);
    bool good = b->n_files > 0;
    for (size_t i = 0; i < b->n_files && good; i++)
        good = read_file(b, json_array_get(files, i), &b->files[i]);
    for (size_t i = 0; i < b->n_tables && good; i++)
        good = read_table(b, json_array_get(tables, i), &b->tables[i]);
    return good;
}

static bool read_object(struct wb_backup *b, const json_t *o) {
    b->engine = text_of(b, o, "engine");
    b->product = text_of(b, o, "product");
    b->database = text_of(b, o, "database");
    b->url = text_of(b, o, "url");
    b->identity = text_of(b, o, "identity");
    b->tool = text_of(b, o, "tool");
    b->position = text_of(b, o, "position");
    b->method = text_of(b, o, "method");
    b->failure = text_of(b, o, "failure");
    b->scratch = text_of(b, o, "scratch");
    b->began_us = time_of(o, "began_at");
    b->moment_us = time_of(o, "moment");
    b->verified_us = time_of(o, "verified_at");
    b->verified = json_is_true(json_object_get(o, "verified")) && b->verified_us;
    b->one_moment = json_is_true(json_object_get(o, "one_moment"));
    b->bytes = number_of(o, "bytes");
    b->rows = number_of(o, "rows");
    b->dump_ms = ms_of(o, "dump_seconds");
    b->restore_ms = ms_of(o, "restore_seconds");
    return b->engine && b->identity && read_lists(b, o);
}

enum wb_code wb_backup_read(const char *path, struct wb_backup *ret, struct wb_error *err) {
    struct wb_backup b = {0};
    struct stat st;
    json_error_t why;
    enum wb_code code = WB_OK;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    const char *file = folder ? wb_arena_printf(&b.arena, "%s/" WB_BACKUP_MANIFEST, path) : path;
    const char *slash = strrchr(file, '/');
    b.path = slash ? wb_arena_strndup(&b.arena, file, (size_t)(slash - file)) : ".";
    json_t *o = stat(file, &st) == 0 ? json_load_file(file, JSON_REJECT_DUPLICATES, &why) : NULL;
    json_int_t format = json_integer_value(json_object_get(o, "format"));
    if (stat(file, &st) != 0)
        code = wb_error_set(err, WB_E_NOT_FOUND, "%s: %s", file, strerrordesc_np(errno));
    else if (!o)
        code =
            wb_error_set(err, WB_E_IO, "%s is no manifest: line %d: %s", file, why.line, why.text);
    else if (format > WB_BACKUP_FORMAT)
        code = wb_error_set(err, WB_E_FORMAT, "%s has format %lld", file, (long long)format);
    else if (format != WB_BACKUP_FORMAT || !read_object(&b, o))
        code = wb_error_set(err, WB_E_IO, "%s is no manifest of a backup", file);
    json_decref(o);
    if (code) {
        wb_backup_done(&b);
        return code;
    }
    *ret = b;
    return WB_OK;
}
