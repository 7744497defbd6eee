-- Indexes, one row a key part; indkey is 0 for an expression, indoption has 1 for DESC and 2 for NULLS FIRST.
-- https://www.postgresql.org/docs/15/catalog-pg-index.html
SELECT i.indrelid, i.indexrelid, c.relname, i.indisprimary, i.indisunique, m.amname,
       k.n, i.indkey[k.n - 1] AS attnum, i.indoption[k.n - 1] AS option,
       CASE WHEN i.indkey[k.n - 1] = 0 THEN pg_get_indexdef(i.indexrelid, k.n, false) END AS expr,
       pg_get_expr(i.indpred, i.indrelid) AS predicate, o.conname IS NOT NULL AS is_constraint,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
       obj_description(i.indexrelid, 'pg_class') AS comment, pg_get_indexdef(i.indexrelid) AS def,
       coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) <> i.indnatts AS includes,
       coalesce(o.condeferrable, false) AS is_deferrable
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = :schema
LEFT JOIN pg_constraint o ON o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x')
CROSS JOIN LATERAL generate_series(1, coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts)) AS k(n)
WHERE i.indisvalid
ORDER BY i.indrelid, NOT i.indisprimary, i.indexrelid, k.n
