/* What a phase is, as one number: SHA-256 over its text and over all that it uses.
 *
 * Sign-offs name this hash, so it must be one that nobody can aim at: a fast non-cryptographic hash
 * would not do. Each part goes in with its kind and length, so that text cannot move from one part
 * to another. Environment variables are not in it: secrets change without the plan changing, and
 * which databases are meant is checked by their identity when a run connects. */
#include "plan/reader.h"

#include "plan/file.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SCRIPT_BYTES = 4 << 20 };

struct hasher {
    struct wb_plan_reader *r;
    EVP_MD_CTX *ctx;
};

static void add(struct hasher *h, const char *kind, const char *text, size_t len) {
    char head[64];
    int n = snprintf(head, sizeof head, "%s %zu\n", kind, len);
    EVP_DigestUpdate(h->ctx, head, (size_t)n);
    EVP_DigestUpdate(h->ctx, text, len);
}

static void add_lines(struct hasher *h, const char *kind, unsigned first, unsigned last) {
    const struct wb_plan_reader *r = h->r;
    size_t from = r->line_at[first - 1], to = wb_reader_line_end(r, last);
    if (to > from)
        add(h, kind, r->text + from, to - from);
}

/* Words of a script that are paths of files beside the plan. */
static void add_files_of(struct hasher *h, const char *script) {
    struct wb_plan_reader *r = h->r;
    if (r->opts->files == WB_PLAN_NO_FILES)
        return;
    for (const char *s = script; *s;) {
        size_t n = strcspn(s, " \t\r\n;|&<>()'\"");
        const char *word = wb_arena_strndup(r->a, s, n), *text;
        size_t len;
        if (n && (strchr(word, '/') || strchr(word, '.')) && word[0] != '-' &&
            !wb_file_read(r->a, wb_file_beside(r->a, r->file, word), MAX_SCRIPT_BYTES, &text, &len,
                          NULL)) {
            add(h, "file", word, n);
            add(h, "content", text, len);
        }
        s += n;
        s += *s ? 1 : 0;
    }
}

static void add_files(struct hasher *h, const struct wb_plan_block *b) {
    if (b->lang == WB_LANG_SH)
        add_files_of(h, b->text);
}

static void add_block(struct hasher *h, const struct wb_plan_block *b) {
    add(h, "block", b->language, strlen(b->language));
    unsigned line = b->place.line;
    add_lines(h, "fence", line, line); /* the attributes */
    add(h, "text", b->text, strlen(b->text));
    add_files(h, b);
}

static void add_metric(struct hasher *h, const struct wb_plan_metric *m) {
    if (!m)
        return;
    add(h, "metric", m->name, strlen(m->name));
    if (m->block)
        add_block(h, m->block);
    else if (m->source == WB_SOURCE_QUERY && m->lang == WB_LANG_SH && m->query)
        add_files_of(h, m->query); /* the query itself stands in the front matter */
}

static void add_clauses(struct hasher *h, const struct wb_plan_clause *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        add_metric(h, c[i].metric);
}

static void add_actions(struct hasher *h, const struct wb_plan_action *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (c[i].block)
            add_block(h, c[i].block);
}

static void add_mapping(struct hasher *h) {
    for (size_t i = 0; i < h->r->plan->n_mappings; i++) {
        const struct wb_plan_mapping *m = &h->r->plan->mappings[i];
        add(h, "from", m->from, strlen(m->from));
        add(h, "to", m->to, strlen(m->to));
        add(h, "as", m->as, strlen(m->as));
    }
}

static void add_phase(struct hasher *h, int index) {
    const struct wb_plan *plan = h->r->plan;
    const struct wb_plan_phase *p = &plan->phases[index];
    add(h, "plan", "1", 1);
    if (plan->front.present)
        add_lines(h, "front", plan->front.first_line, plan->front.last_line);
    add_lines(h, "phase", p->place.line, p->end_line);
    for (size_t i = 0; i < p->n_labels; i++) {
        add_clauses(h, p->labels[i].clauses, p->labels[i].n_clauses);
        add_actions(h, p->labels[i].actions, p->labels[i].n_actions);
    }
    for (size_t i = 0; i < p->n_stages; i++)
        add_clauses(h, p->stages[i].gate, p->stages[i].n_gate);
    for (size_t i = 0; i < p->n_steps; i++) {
        add_clauses(h, p->steps[i].clauses, p->steps[i].n_clauses);
        add_actions(h, p->steps[i].actions, p->steps[i].n_actions);
    }
    for (size_t i = 0; i < plan->n_blocks; i++)
        if (plan->blocks[i]->phase == index)
            add_files(h, plan->blocks[i]);
    add_mapping(h);
}

static void hash_phase(struct hasher *h, int index) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *to = h->r->plan->phases[index].hash;
    EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL);
    add_phase(h, index);
    EVP_DigestFinal_ex(h->ctx, digest, &len);
    for (unsigned i = 0; i < len && i < 32; i++)
        snprintf(to + 2 * (size_t)i, 3, "%02x", digest[i]);
}

void wb_plan_hash(struct wb_plan_reader *r) {
    struct hasher h = {.r = r, .ctx = EVP_MD_CTX_new()};
    for (size_t i = 0; h.ctx && i < r->plan->n_phases; i++)
        hash_phase(&h, (int)i);
    EVP_MD_CTX_free(h.ctx);
}
