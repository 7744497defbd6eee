-- What a target may have to refuse or to hear of.

CREATE TABLE trap_nul_text (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO trap_nul_text VALUES
    (1, CAST(x'610062' AS TEXT)), (2, CAST(x'00' AS TEXT)), (3, CAST(x'6100' AS TEXT));

CREATE TABLE trap_not_utf8 (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO trap_not_utf8 VALUES
    (1, CAST(x'ff' AS TEXT)), (2, CAST(x'c3' AS TEXT)), (3, CAST(x'eda080' AS TEXT)),
    (4, CAST(x'c080' AS TEXT)), (5, CAST(x'f4908080' AS TEXT));

-- SQLite lets NULL into a primary key that is no INTEGER PRIMARY KEY.
CREATE TABLE trap_null_key (code TEXT PRIMARY KEY, n INTEGER);
INSERT INTO trap_null_key VALUES (NULL, 1), (NULL, 2), ('a', 3);

-- A key that is equal for one engine and not for another.
CREATE TABLE trap_mixed_key (k PRIMARY KEY, n INTEGER);
INSERT INTO trap_mixed_key VALUES (1, 1), ('1', 2), (x'31', 3), (1.5, 4);

CREATE TABLE trap_dates (id INTEGER PRIMARY KEY, d DATE, t DATETIME);
INSERT INTO trap_dates VALUES (1, '0000-00-00', '0000-00-00 00:00:00'), (2, '2023-02-30', '2023-02-30 25:61:61');

CREATE TABLE trap_orphan (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
INSERT INTO trap_orphan VALUES (1, -5);

CREATE TABLE trap_json (id INTEGER PRIMARY KEY, doc JSON);
INSERT INTO trap_json VALUES (1, '{"a":1,"a":2}'), (2, '"\u0000"'), (3, '1e999');

-- Two names that are one when cut to 63 bytes.
CREATE TABLE trap_a_table_whose_name_is_longer_than_the_63_bytes_of_postgresql_1 (id INTEGER PRIMARY KEY);
CREATE TABLE trap_a_table_whose_name_is_longer_than_the_63_bytes_of_postgresql_2 (id INTEGER PRIMARY KEY);
