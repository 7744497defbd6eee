-- Direct partitions of partitioned tables, and whether those are partitioned again.
-- https://www.postgresql.org/docs/15/catalog-pg-partitioned-table.html
SELECT i.inhparent, c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound, c.relkind = 'p' AS again,
       p.partstrat, p.partattrs::text AS columns
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
JOIN pg_class t ON t.oid = i.inhparent
JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = :schema
ORDER BY i.inhparent, c.oid
