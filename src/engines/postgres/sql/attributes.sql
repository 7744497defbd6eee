-- Names of columns by number, for the tables of other schemas that foreign keys point to.
SELECT a.attrelid, a.attnum, a.attname FROM pg_attribute a
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN
    (SELECT o.confrelid FROM pg_constraint o JOIN pg_class t ON t.oid = o.conrelid
     JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = :schema WHERE o.contype = 'f')
ORDER BY a.attrelid, a.attnum
