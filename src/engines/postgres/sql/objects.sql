-- What else a schema holds, by name, with its text where the server gives it; in the order it was made, so that
-- later objects find earlier ones.
WITH owned AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT kind, name, on_table, def FROM (
    SELECT c.oid, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                  WHEN 'S' THEN 'sequence' ELSE 'type' END AS kind, c.relname::text AS name, NULL::text AS on_table,
           CASE WHEN c.relkind IN ('v', 'm')
                THEN format('CREATE %s %I.%I AS %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END,
                            n.nspname, c.relname, pg_get_viewdef(c.oid)) END AS def
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema
    WHERE c.relkind IN ('v', 'm', 'f', 'S', 'c') AND ('pg_class'::regclass, c.oid) NOT IN (SELECT * FROM owned)
      AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
               AND d.objid = c.oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')))
    UNION ALL
    SELECT p.oid, CASE to_jsonb(p) ->> 'prokind' WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
           p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL,
           CASE WHEN coalesce(to_jsonb(p) ->> 'prokind', 'f') <> 'a' AND NOT coalesce((to_jsonb(p) ->> 'proisagg')::boolean, false)
                THEN pg_get_functiondef(p.oid) END
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = :schema
    WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT * FROM owned)
    UNION ALL
    SELECT g.oid, 'trigger', g.tgname, c.relname, pg_get_triggerdef(g.oid)
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema
    WHERE NOT g.tgisinternal AND coalesce((to_jsonb(g) ->> 'tgparentid')::oid, 0) = 0
    UNION ALL
    SELECT r.oid, 'rule', r.rulename, c.relname, pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema WHERE r.rulename <> '_RETURN'
    UNION ALL
    SELECT p.oid, 'policy', p.polname, c.relname, NULL
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema
    UNION ALL
    SELECT t.oid, CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.typname, NULL, NULL
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname = :schema
    WHERE t.typtype IN ('d', 'r') AND ('pg_type'::regclass, t.oid) NOT IN (SELECT * FROM owned)
) o ORDER BY oid
