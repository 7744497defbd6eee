/* Digests made by the servers: MD5 a row over texts that both sides write alike. Little travels,
 * but the servers work several times longer than for a plain read. */
#include "verify/job.h"

static const char *side_lacks(const struct wb_verify_pair *p, const struct wb_engine *e,
                              enum wb_side side) {
    const struct wb_verify_ops *v = e->verify;
    if (!v || !v->digest || !v->canonical)
        return "one side has no MD5 of its own";
    for (size_t i = 0; i < p->compared.n; i++)
        if (!v->canonical(p->table[side], p->compared.index[side][i], p->compared.types[i]))
            return p->table[side]->columns[p->compared.index[side][i]].name;
    return NULL;
}

bool wb_verify_server_can(const struct wb_verify_job *job, const struct wb_verify_pair *p,
                          const char **ret_why) {
    const enum wb_action *a = job->opts->policy.action;
    *ret_why = NULL;
    for (int i = 0; i < WB_ISSUE_NAME_LENGTH; i++)
        if (a[i] != WB_ACTION_REFUSE)
            *ret_why = "a policy alters values";
    for (int s = 0; s < WB_VERIFY_SIDES && !*ret_why; s++)
        *ret_why = side_lacks(p, job->engine[s], (enum wb_side)s);
    return !*ret_why;
}

enum wb_code wb_verify_digest_by_servers(struct wb_verify_job *job, unsigned worker,
                                         struct wb_verify_pair *p, const struct wb_range *range,
                                         struct wb_digest ret[WB_VERIFY_SIDES],
                                         struct wb_error *err) {
    enum wb_code code = WB_OK;
    for (int s = 0; !code && s < WB_VERIFY_SIDES; s++) {
        struct wb_conn *c = NULL;
        struct wb_server_digest_spec spec = {.table = p->table[s],
                                             .columns = p->compared.index[s],
                                             .as = p->compared.types,
                                             .n_columns = p->compared.n,
                                             .range = *range,
                                             .where = p->where[s]};
        code = wb_verify_worker_conn(job, worker, (enum wb_side)s, &c, err);
        if (!code)
            code = c->engine->verify->digest(c, &spec, &ret[s], err);
        if (code)
            wb_error_wrap(err, "%s", wb_verify_side_word((enum wb_side)s));
    }
    return code;
}
