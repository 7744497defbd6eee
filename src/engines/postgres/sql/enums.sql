-- https://www.postgresql.org/docs/15/catalog-pg-enum.html
SELECT e.enumtypid, e.enumlabel FROM pg_enum e ORDER BY e.enumtypid, e.enumsortorder
