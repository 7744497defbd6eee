#!/bin/bash
# Secondary indexes: prefixes, descending columns, full text, spatial, ignored, and too wide.
. "$(dirname "$0")/copy.bash"

pair indexes
load <<'SQL'
CREATE TABLE t_idx (id int PRIMARY KEY, a int, b int, name varchar(200), body text, bin varbinary(100), js json,
    KEY plain (a), KEY two (b, a), KEY des (a DESC), KEY mixed (a, b DESC), KEY pref (name(10)), KEY prefbody (body(20)),
    KEY prefbin (bin(4)), KEY prefmixed (a, name(5) DESC), UNIQUE KEY uniq (a, b, name), KEY onjson (js(30)));
INSERT INTO t_idx VALUES (1,1,1,'one','body one',x'010203040506','{}'),(2,2,2,'two','body two',x'ff','[]');
CREATE TABLE t_uprefix (id int PRIMARY KEY, v varchar(100), UNIQUE KEY upre (v(3)));
INSERT INTO t_uprefix VALUES (1,'abcdef'),(2,'abXdef');
CREATE TABLE t_ft (id int PRIMARY KEY, body text, FULLTEXT KEY ft_body (body));
INSERT INTO t_ft VALUES (1,'some words');
CREATE TABLE t_sp (id int PRIMARY KEY, g geometry NOT NULL, SPATIAL KEY sp_g (g));
INSERT INTO t_sp VALUES (1,ST_GeomFromText('POINT(1 1)'));
CREATE TABLE t_ign (id int PRIMARY KEY, a int, KEY ign_a (a) IGNORED);
INSERT INTO t_ign VALUES (1,1);
CREATE TABLE t_hash (id int PRIMARY KEY, t text, UNIQUE KEY hash_t (t) USING HASH);
INSERT INTO t_hash VALUES (1,REPEAT('long',3000)),(2,REPEAT('long',3001));
CREATE TABLE t_virt (id int PRIMARY KEY, v varchar(50), low varchar(50) AS (LOWER(v)) VIRTUAL, KEY virt_low (low));
INSERT INTO t_virt (id,v) VALUES (1,'ABC');
CREATE TABLE t_dup (id int PRIMARY KEY, a int, KEY d1 (a), KEY d2 (a), UNIQUE KEY alsopk (id));
INSERT INTO t_dup VALUES (1,1);
CREATE TABLE t_comm (id int PRIMARY KEY, a int, KEY commented (a) COMMENT 'it''s an index');
SQL

copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

def() { # CASE TABLE NAME REGEX: some index of TABLE whose name contains NAME has this definition
    is "$1" "SELECT count(*) > 0 FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
        WHERE indrelid = '$2'::regclass AND relname LIKE '%$3%' AND indisvalid
        AND pg_get_indexdef(indexrelid) ~ \$re\$$4\$re\$" t
}
def "plain index" t_idx plain 'USING btree \(a\)'
def "columns in order" t_idx two '\(b, a\)'
def "descending" t_idx des '\(a DESC'
def "mixed directions" t_idx mixed '\(a, b DESC'
def "prefix of a varchar" t_idx pref '(left|"left"|substr|substring)\(.*name.*10|\(name\)'
def "prefix of a text" t_idx prefbody '(left|"left"|substr|substring)\(.*body.*20|\(body\)'
def "prefix of bytes" t_idx prefbin '(left|"left"|substr|substring).*bin|\(bin\)'
def "prefix in a mixed index" t_idx prefmixed 'a, .*name.*DESC'
def "unique over several columns" t_idx uniq 'UNIQUE.*\(a, b, name\)'
refuses "unique prefix index holds" "INSERT INTO t_uprefix VALUES (9, 'abcZZZ')" 'unique|duplicate'
accepts "unique prefix index takes another prefix" "INSERT INTO t_uprefix VALUES (8, 'zzz')"
says "fulltext index reported as not carried" not_carried ft_body
says "spatial index reported as not carried" not_carried sp_g
says "ignored index reported" ign_a
rows "rows under a fulltext index" t_ft
rows "rows under a spatial index" t_sp
same "texts under a long unique key" "SELECT id, MD5(t) FROM t_hash ORDER BY id" "SELECT id, md5(t) FROM t_hash ORDER BY id"
refuses "long unique key holds" "INSERT INTO t_hash SELECT 9, t FROM t_hash WHERE id = 1" 'unique|duplicate'
def "index on a virtual column" t_virt virt_low 'low'
is "two equal indexes both carried" "SELECT count(*) FROM pg_index WHERE indrelid = 't_dup'::regclass AND NOT indisprimary" 3
is "index comment" "SELECT obj_description(indexrelid) FROM pg_index WHERE indrelid = 't_comm'::regclass AND NOT indisprimary" "it's an index"

# An index entry that PostgreSQL's btree cannot hold (2,704 bytes): known as a risk before, a refusal when it is met, and
# what was copied by then is kept.
pair wide
load <<'SQL'
CREATE TABLE t_wide (id int PRIMARY KEY, v varchar(3000) CHARACTER SET latin1, KEY wide_v (v), KEY wide_short (v(600)));
INSERT INTO t_wide SELECT seq, '' FROM seq_1_to_3;
UPDATE t_wide SET v = (SELECT LEFT(GROUP_CONCAT(MD5(t_wide.id * 1000 + seq) SEPARATOR ''), 3000) FROM seq_1_to_100);
CREATE TABLE t_short (id int PRIMARY KEY, v varchar(1000), KEY short_v (v(676)));
SQL
copy --dry-run
rc "too wide for a btree: the dry run goes through" 0
says "too wide for a btree: the risk is named" t_wide wide_v 2704
silent "too wide for a btree: a prefix that always fits is none" 'wide_short.*2704|short_v.*2704'
copy
rc "too wide for a btree: a refusal" 1
says "too wide for a btree: index, table and size are named" 't_wide\.wide_v' 2704
says "too wide for a btree: the remedy is named" 'shorten' 'same command'
mq "UPDATE t_wide SET v = CONCAT(id, LEFT(v, 1000))"
copy
rc "too wide for a btree, then shortened: the same command finishes" 0
structure "too wide for a btree, then shortened: the same command finishes: verify finds the copied schema equal"
says "too wide for a btree, then shortened: it continues" 'continuing'
same "too wide for a btree, then shortened: rows" "SELECT id, MD5(v) FROM t_wide ORDER BY id" "SELECT id, md5(v) FROM t_wide ORDER BY id"
def "too wide for a btree, then shortened: the index" t_wide wide_v '\(v\)'

wb_finish
