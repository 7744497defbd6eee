-- What only SQLite can hold: columns without a type, values that are not of their column's type, keys at
-- both ends of 64 bits.

UPDATE customers SET default_address_no = 1 WHERE id % 3 > 0;

CREATE TABLE mixed_bag (id INTEGER PRIMARY KEY, label, v);
INSERT INTO mixed_bag VALUES
    (-9223372036854775808, 'smallest key', -9223372036854775808),
    (-1, 'negative key', -1),
    (0, 'zero key', 0),
    (1, 'null', NULL),
    (2, 'empty text', ''),
    (3, 'empty blob', x''),
    (4, 'integer', 42),
    (5, 'integer as text', '42'),
    (6, 'integer as blob', x'3432'),
    (7, 'integer as real', 42.0),
    (8, 'largest integer', 9223372036854775807),
    (9, 'beyond integers', 9223372036854775808),
    (10, 'above 2^53', 9007199254740993),
    (11, 'tenth', 0.1),
    (12, 'third', 1.0 / 3),
    (13, 'smallest real', 5e-324),
    (14, 'largest real', 1.7976931348623157e308),
    (15, 'infinity', 9e999),
    (16, 'minus infinity', -9e999),
    (17, 'needs 17 digits', 0.30000000000000004),
    (18, 'decimal as text', '12345678901234567890.123456789012345678901234567890'),
    (19, 'true', TRUE),
    (20, 'date', '2024-02-29'),
    (21, 'before the common era', '-4713-11-24 12:00:00'),
    (22, 'far future', '9999-12-31 23:59:59.999999'),
    (23, 'julian day', 2460369.5),
    (24, 'seconds', 253402300799),
    (25, 'json', '{"a":[1,2.50,"\u00e9",null]}'),
    (26, 'all high bytes', x'80818283feff'),
    (9223372036854775807, 'largest key', x'00');

-- Types that SQLite only guesses at, and values that do not fit the guess.
CREATE TABLE loose_types (
    id INTEGER PRIMARY KEY,
    a_money MONEY,
    a_double DOUBLE PRECISION,
    a_varying CHARACTER VARYING(10),
    a_point FLOATING POINT, -- "INT" is in it: integer affinity
    a_flag BOOLEAN,
    a_number NUMERIC(10, 2),
    an_int INT,
    no_type
);
INSERT INTO loose_types VALUES
    (1, 19.99, 1, 'longer than ten characters', 1.5, TRUE, '1.00', '007', 'x'),
    (2, 'free', 'abc', 12, '2.0', 'yes', 'n/a', 'not a number', 12),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, x'00ff', x'00ff', x'00ff', x'00ff', x'00ff', x'00ff', x'00ff', x'00ff'),
    (5, '', '', '', '', '', '', '', ''),
    (6, 1e300, -0.0, 1e300, 9223372036854775807, 2, 1e-7, 9.5, 0.1);

CREATE TABLE strict_values (
    id INTEGER PRIMARY KEY,
    i INT,
    r REAL,
    t TEXT COLLATE RTRIM,
    b BLOB,
    a ANY
) STRICT;
INSERT INTO strict_values VALUES
    (1, 9223372036854775807, 3, 'three ', x'', '0042'),
    (2, -9223372036854775808, -1e-300, 'NULL', x'00', 42),
    (3, NULL, NULL, NULL, NULL, NULL),
    (4, 0, 0.0, '', x'0a0d1a5c27', 42.0);

-- Every byte, in every place of a blob.
CREATE TABLE byte_samples (byte INTEGER PRIMARY KEY CHECK (byte BETWEEN 0 AND 255), alone BLOB, inside BLOB);
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 255),
     bytes (b) AS (SELECT x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
INSERT INTO byte_samples SELECT i, substr(b, i + 1, 1), substr(b, i, 3) FROM n, bytes;

CREATE TABLE "table" (
    "from" INTEGER NOT NULL,
    "To" TEXT NOT NULL COLLATE NOCASE,
    "a ""quoted"" name" TEXT,
    "it's" TEXT,
    "back`tick" TEXT,
    "[brackets]" TEXT,
    "new
line" TEXT,
    " leading space" TEXT,
    "%s" TEXT,
    "a_column_whose_name_is_as_long_as_postgresql_allows_63_bytes_xxx" TEXT,
    PRIMARY KEY ("To", "from" DESC)
);
INSERT INTO "table" VALUES
    (1, 'a', 'q', 's', 'b', 'r', 'n', 'l', 'p', 'x'),
    (2, 'A', '', NULL, 'NULL', '\N', char(10), ' ', '%', 'y');

-- Keys of text, in an order that is not the order of their bytes.
CREATE TABLE tags (name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, uses INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO tags (name, uses) VALUES ('zebra', 1), ('Apple', 2), ('apfel', 3), ('_x', 4), ('Zoo', 5), ('Äpfel', 6), ('', 7);
