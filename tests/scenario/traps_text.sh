#!/bin/bash
# Character sets, emoji, padding, the strings that look like NULL, long values, NUL bytes and bytes
# that are no UTF-8.
. "$(dirname "$0")/copy.bash"

pair text
load <<'SQL'
CREATE TABLE t_cs (id int PRIMARY KEY,
    l1 varchar(50) CHARACTER SET latin1, u3 varchar(50) CHARACTER SET utf8mb3,
    u16 varchar(50) CHARACTER SET utf16, u32 varchar(50) CHARACTER SET utf32, uc varchar(50) CHARACTER SET ucs2,
    cy varchar(50) CHARACTER SET cp1251, gr varchar(50) CHARACTER SET greek, sj varchar(50) CHARACTER SET sjis,
    gbk varchar(50) CHARACTER SET gbk, asc7 varchar(50) CHARACTER SET ascii, u4 varchar(50) CHARACTER SET utf8mb4);
INSERT INTO t_cs VALUES
    (1,_latin1 x'80',_utf8mb3 'ñ€',_utf8mb4 '😀',_utf8mb4 '😀',_utf8mb4 '漢',_utf8mb4 'Привет',_utf8mb4 'Ωμέγα',_utf8mb4 '日本語',_utf8mb4 '汉字','ascii',_utf8mb4 '😀👩‍👩‍👧‍👦'),
    (2,_latin1 x'c3a9c3bc',_utf8mb3 'e\u0301',_utf16 x'd83dde00',_utf32 x'0010fffd',_ucs2 x'fffd',_cp1251 x'b8a8',_greek x'c1',_sjis x'82a0',_gbk x'b0a1','',_utf8mb4 x'f48fbfbd'),
    (3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
    (4,_latin1 x'a0ff9f81',_utf8mb3 x'efbfbf',_utf16 x'ffff',_utf32 x'0000feff',_ucs2 x'feff',_cp1251 x'88',_greek x'e1',_sjis x'5c7e',_gbk x'8140','~',_utf8mb4 x'efbbbf61');
CREATE TABLE t_null (id int PRIMARY KEY, v varchar(60), t text, m varchar(20) NOT NULL DEFAULT '');
INSERT INTO t_null VALUES (1,'','',''),(2,NULL,NULL,'x'),(3,'NULL','NULL','NULL'),(4,'\\N','\\N','\\N'),
    (5,'\\\\N','\\\\N','\\\\N'),(6,'\\','\\.','\\.'),(7,'a\tb\nc\rd','\r\n','\t'),(8,'''"`$$%s%n','{}','{NULL}'),
    (9,x'1a08071b7f',x'01','\\x41'),(10,'  lead','trail  ','  '),(11,',;|','"a","b"','()');
CREATE TABLE t_char (id int PRIMARY KEY, c char(5), v varchar(5), c0 char(0), b char(5) COLLATE utf8mb4_bin);
INSERT INTO t_char VALUES (1,'ab   ','ab   ','','ab '),(2,'     ','     ',NULL,'  '),(3,'','','',''),(4,' a','a ','','😀'),
    (5,'😀😀😀😀😀','ñññññ','','漢字漢字漢');
CREATE TABLE t_texts (id int PRIMARY KEY, a tinytext, b text, c mediumtext, d longtext);
INSERT INTO t_texts VALUES (1,REPEAT('é',127),REPEAT('x',65535),REPEAT('y',70000),'z'),(2,'','','',''),(3,NULL,NULL,NULL,NULL);
CREATE TABLE t_long (id int PRIMARY KEY, t longtext, b longblob);
INSERT INTO t_long VALUES (1,REPEAT('x',8*1024*1024),REPEAT(x'00ff27',8*1024*1024/3)),(2,REPEAT('😀',2*1024*1024),REPEAT('\\',8*1024*1024)),
    (3,'small','small'),(4,CONCAT(REPEAT('a\n\t\\',2000000),'end'),x'00');
CREATE TABLE t_many (id int PRIMARY KEY AUTO_INCREMENT, t mediumtext);
INSERT INTO t_many (t) SELECT REPEAT(CONCAT(seq,'-'),20000 + seq) FROM seq_1_to_60;
SQL

copy --json
rc "copy exits 0" 0
structure "verify finds the copied schema equal"

for c in l1 u3 u16 u32 uc cy gr sj gbk asc7 u4; do
    same "character set of column $c" "SELECT id, ifnull(HEX(CONVERT($c USING utf8mb4)),'-') FROM t_cs ORDER BY id" \
        "SELECT id, coalesce(upper(encode(convert_to($c,'UTF8'),'hex')),'-') FROM t_cs ORDER BY id"
done
is "latin1 0x80 is the euro sign" "SELECT l1 FROM t_cs WHERE id = 1" "€"
is "latin1 holding UTF-8 arrives as the characters it shows" "SELECT l1 FROM t_cs WHERE id = 2" "Ã©Ã¼"
type_is "varchar keeps its length" t_cs l1 'character varying(50)'
type_is "char is varchar" t_char c 'character varying(5)'
for c in v t m; do
    same "NULL, '', 'NULL', '\\N', quotes and control characters in $c" \
        "SELECT id, ifnull(HEX($c),'-') FROM t_null ORDER BY id" \
        "SELECT id, coalesce(upper(encode(convert_to($c,'UTF8'),'hex')),'-') FROM t_null ORDER BY id"
done
is "empty string is not NULL" "SELECT v IS NULL, t IS NULL FROM t_null WHERE id = 1" "$(printf 'f\tf')"
is "NULL is not a string" "SELECT v IS NULL, t IS NULL FROM t_null WHERE id = 2" "$(printf 't\tt')"
for c in c v c0 b; do
    same "padding and length of $c" "SELECT id, ifnull(HEX($c),'-') FROM t_char ORDER BY id" \
        "SELECT id, coalesce(upper(encode(convert_to($c,'UTF8'),'hex')),'-') FROM t_char ORDER BY id"
done
for c in a b c d; do
    type_is "text type of $c" t_texts $c text
    same "text values of $c" "SELECT id, ifnull(MD5($c),'-'), ifnull(LENGTH($c),'-') FROM t_texts ORDER BY id" \
        "SELECT id, coalesce(md5($c),'-'), coalesce(octet_length($c)::text,'-') FROM t_texts ORDER BY id"
done
same "8 MB texts" "SELECT id, LENGTH(t), MD5(t) FROM t_long ORDER BY id" "SELECT id, octet_length(t), md5(t) FROM t_long ORDER BY id"
same "8 MB blobs" "SELECT id, LENGTH(b), MD5(b) FROM t_long ORDER BY id" "SELECT id, octet_length(b), md5(b) FROM t_long ORDER BY id"
same "many middling texts" "SELECT id, LENGTH(t), MD5(t) FROM t_many ORDER BY id" "SELECT id, octet_length(t), md5(t) FROM t_many ORDER BY id"

# NUL bytes: PostgreSQL's text has none.
pair nul
load <<'SQL'
CREATE TABLE t_nul (id int PRIMARY KEY, v varchar(20), t text, b varbinary(20), nn varchar(20) NOT NULL DEFAULT '');
INSERT INTO t_nul VALUES (1,x'610062','plain',x'610062',''),(2,'ok',x'00','',''),(3,NULL,NULL,NULL,''),(4,x'0000',x'6100',x'00',''),
    (5,'last','last','last','');
SQL
copy
rc "NUL bytes refused by default" 1
says "NUL refusal names column v with its count" t_nul '\bv\b' nul-byte '\b2\b'
says "NUL refusal names column t" t_nul '\bt\b' nul-byte
says "NUL refusal offers a policy" '--policy' nul-byte
no_rows_in_target "NUL bytes refused before any row"
fresh_target
copy --policy nul-byte=null
rc "nul-byte=null exits 0" 0
is "nul-byte=null: rows kept, values NULL" "SELECT string_agg(concat_ws('/',id,coalesce(v,'-'),coalesce(t,'-')),' ' ORDER BY id) FROM t_nul" \
    "1/-/plain 2/ok/- 3/-/- 4/-/- 5/last/last"
same "NUL bytes in binary columns are no matter" "SELECT id, ifnull(HEX(b),'-') FROM t_nul ORDER BY id" \
    "SELECT id, coalesce(upper(encode(b,'hex')),'-') FROM t_nul ORDER BY id"
says "nul-byte=null counted by column v" nul-byte t_nul '\bv\b' '\b2\b'
says "nul-byte=null counted by column t" nul-byte t_nul '\bt\b' '\b2\b'
fresh_target
copy --policy nul-byte=replace
rc "nul-byte=replace exits 0" 0
is "nul-byte=replace: the rest of the text stays" "SELECT v ~ '^a.?b\$' FROM t_nul WHERE id = 1" t
is "nul-byte=replace: no row lost, no value cut" "SELECT count(*), count(v), count(t) FROM t_nul" "$(printf '5\t4\t4')"

# Bytes that are no UTF-8: a lone surrogate from ucs2, and raw bytes under a table of texts.
pair utf8
load <<'SQL'
CREATE TABLE t_sur (id int PRIMARY KEY, u varchar(20) CHARACTER SET ucs2);
INSERT INTO t_sur VALUES (1,_ucs2 x'0061d8000062'),(2,'fine');
CREATE TABLE t_raw (id int PRIMARY KEY, v varbinary(80)) ENGINE=MyISAM;
INSERT INTO t_raw VALUES (1,x'61ff62'),(2,x'c3'),(3,'fine'),(4,x'eda080'),(5,x'c080'),(6,x'f5808080'),(7,NULL);
CREATE TABLE t_inv (id int PRIMARY KEY, v varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) ENGINE=MyISAM;
FLUSH TABLES t_raw, t_inv;
SQL
# No statement lets such bytes in; they come with files of another server or an older version. The
# table's data file is put under the text definition, and the table then rebuilt in InnoDB.
data=$(mq "SELECT @@datadir")$MY
cp "$data/t_raw.MYD" "$data/t_inv.MYD" && cp "$data/t_raw.MYI" "$data/t_inv.MYI"
load <<'SQL'
DROP TABLE t_raw;
FLUSH TABLES;
ALTER TABLE t_inv ENGINE=InnoDB;
SQL
equal "the fixture holds bytes that are no UTF-8" "61FF62 C3 66696E65 EDA080 C080 F5808080" \
    "$(mq "SELECT GROUP_CONCAT(HEX(v) ORDER BY id SEPARATOR ' ') FROM t_inv")"
copy
rc "invalid UTF-8 refused by default" 1
says "UTF-8 refusal names table, column and count" t_inv '\bv\b' utf8 '\b5\b'
says "UTF-8 refusal names the lone surrogate" t_sur '\bu\b' utf8 '\b1\b'
says "UTF-8 refusal offers a policy" '--policy' utf8
no_rows_in_target "invalid UTF-8 refused before any row"
fresh_target
copy --policy utf8=null
rc "utf8=null exits 0" 0
is "utf8=null: values NULL, rows kept" "SELECT string_agg(coalesce(v,'-'),' ' ORDER BY id) FROM t_inv" "- - fine - - - -"
is "utf8=null: lone surrogate NULL" "SELECT string_agg(coalesce(u,'-'),' ' ORDER BY id) FROM t_sur" "- fine"
says "utf8=null counted" utf8 t_inv '\b5\b'
fresh_target
copy --policy utf8=replace --exclude t_sur
rc "utf8=replace exits 0" 0
is "utf8=replace: only the bad bytes change" "SELECT v ~ '^a[�?]b\$' FROM t_inv WHERE id = 1" t
is "utf8=replace: good text untouched" "SELECT v FROM t_inv WHERE id = 3" fine
is "utf8=replace: no row lost" "SELECT count(*), count(v) FROM t_inv" "$(printf '7\t6')"
fresh_target
copy --policy utf8=replace --include t_sur
rc "utf8=replace of a lone surrogate in ucs2 exits 0" 0
is "utf8=replace of a lone surrogate in ucs2: the rest stays" "SELECT u ~ '^a[�?]+b\$' FROM t_sur WHERE id = 1" t

# A byte that its character set does not assign is no character: never a question mark in silence.
pair unassigned
load <<'SQL'
CREATE TABLE t_un (id int PRIMARY KEY, g varchar(10) CHARACTER SET greek);
INSERT INTO t_un VALUES (1,_greek x'61a462'),(2,_greek x'c1');
SQL
copy
rc "a byte that greek does not assign: refused" 1
says "a byte that greek does not assign: column named" t_un '\bg\b'
fresh_target
copy --policy utf8=null
rc "a byte that greek does not assign, utf8=null: exits 0" 0
is "a byte that greek does not assign, utf8=null: NULL" "SELECT string_agg(coalesce(g,'-'),' ' ORDER BY id) FROM t_un" "- Α"

wb_finish
