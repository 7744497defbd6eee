-- Tables and the roots of partitioned ones; what an extension owns is the extension's business.
-- https://www.postgresql.org/docs/15/catalog-pg-class.html
WITH RECURSIVE roots AS (
    SELECT c.oid AS root, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
      AND NOT coalesce((to_jsonb(c) ->> 'relispartition')::boolean, false)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.deptype = 'e')
    UNION ALL
    SELECT r.root, i.inhrelid FROM roots r JOIN pg_inherits i ON i.inhparent = r.oid
    JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p'
), sizes AS (
    SELECT r.root, sum(greatest(c.reltuples, 0))::bigint AS est_rows, sum(pg_table_size(c.oid))::bigint AS bytes,
           sum(pg_relation_size(c.oid) / 8192)::bigint AS pages,
           string_agg(c.oid || ':' || coalesce(pg_relation_filenode(c.oid), 0), ',' ORDER BY c.oid) AS files
    FROM roots r JOIN pg_class c ON c.oid = r.oid GROUP BY r.root
)
SELECT c.oid, c.relname, c.relkind, c.relpersistence, obj_description(c.oid, 'pg_class') AS comment,
       s.est_rows, s.bytes, s.pages,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       s.files || ' ' || (SELECT md5(string_agg(concat_ws(',', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull),
                                                ';' ORDER BY a.attnum))
                          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
       AS fingerprint,
       (SELECT string_agg(p.relname, ', ') FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
        WHERE i.inhrelid = c.oid) AS parents
FROM sizes s JOIN pg_class c ON c.oid = s.root ORDER BY c.relname
