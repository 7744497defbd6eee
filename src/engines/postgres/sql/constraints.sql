-- Foreign keys, checks and exclusion constraints; a partition's own copies of its root's are left out.
-- https://www.postgresql.org/docs/15/catalog-pg-constraint.html
SELECT o.conrelid, o.contype, o.conname, array_to_string(o.conkey, ' ') AS columns,
       rn.nspname AS ref_schema, rt.relname AS ref_table,
       array_to_string(o.confkey, ' ') AS ref_columns, o.confrelid,
       o.confdeltype, o.confupdtype, o.condeferrable, o.condeferred, o.convalidated,
       CASE WHEN o.contype = 'c' THEN pg_get_expr(o.conbin, o.conrelid) END AS expr, pg_get_constraintdef(o.oid) AS def
FROM pg_constraint o
JOIN pg_class t ON t.oid = o.conrelid AND t.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = :schema
LEFT JOIN pg_class rt ON rt.oid = o.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = rt.relnamespace
WHERE o.contype IN ('f', 'c', 'x') AND coalesce((to_jsonb(o) ->> 'conparentid')::oid, 0) = 0
ORDER BY o.conrelid, o.contype, o.conname
