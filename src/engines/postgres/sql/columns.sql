-- Columns. Catalog columns that came after PostgreSQL 10 are read as JSON, so that older servers answer too.
-- https://www.postgresql.org/docs/15/catalog-pg-attribute.html
WITH RECURSIVE base(oid, base, typmod) AS (
    SELECT oid, typbasetype, typtypmod FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT b.oid, t.typbasetype, t.typtypmod FROM base b JOIN pg_type t ON t.oid = b.base AND t.typtype = 'd'
)
SELECT a.attrelid, a.attnum, a.attname,
       CASE WHEN t.typtype = 'd' THEN format_type(b.base, nullif(b.typmod, -1)) ELSE format_type(a.atttypid, a.atttypmod) END
       AS type,
       coalesce(bt.typtype, t.typtype) AS typtype, coalesce(bt.typname, t.typname) AS typname, coalesce(b.base, t.oid) AS typid,
       CASE WHEN t.typtype = 'd' THEN t.typname END AS domain,
       a.attnotnull OR t.typnotnull AS not_null, a.attidentity, to_jsonb(a) ->> 'attgenerated' AS generated,
       pg_get_expr(d.adbin, d.adrelid) AS default_expr, col_description(a.attrelid, a.attnum) AS comment,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname END AS collation,
       to_jsonb(l) ->> 'collisdeterministic' AS deterministic,
       s.oid::regclass AS sequence,
       CASE WHEN s.oid IS NOT NULL AND has_sequence_privilege(s.oid, 'SELECT')
            THEN coalesce((pg_sequence_last_value(s.oid) + q.seqincrement)::text, 'unused') END AS next_value
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN base b ON b.oid = t.oid AND NOT EXISTS (SELECT FROM pg_type x WHERE x.oid = b.base AND x.typtype = 'd')
LEFT JOIN pg_type bt ON bt.oid = b.base
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_depend w ON w.classid = 'pg_class'::regclass AND w.refclassid = 'pg_class'::regclass
    AND w.refobjid = a.attrelid AND w.refobjsubid = a.attnum AND w.deptype IN ('a', 'i')
    AND EXISTS (SELECT FROM pg_class k WHERE k.oid = w.objid AND k.relkind = 'S')
LEFT JOIN pg_class s ON s.oid = w.objid AND s.relkind = 'S'
LEFT JOIN pg_sequence q ON q.seqrelid = s.oid
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
