-- A value of every type at the edges of its range.

UPDATE customers SET default_address_no = 1 WHERE id % 3 > 0;

CREATE TABLE number_samples (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    a_tiny TINYINT, a_tiny_u TINYINT UNSIGNED,
    a_small SMALLINT, a_small_u SMALLINT UNSIGNED,
    a_medium MEDIUMINT, a_medium_u MEDIUMINT UNSIGNED,
    an_int INT, an_int_u INT UNSIGNED,
    a_big BIGINT, a_big_u BIGINT UNSIGNED,
    a_decimal DECIMAL(65, 30), a_whole DECIMAL(65, 0), a_padded INT(8) UNSIGNED ZEROFILL,
    a_float FLOAT, a_double DOUBLE,
    a_bool TINYINT(1) DEFAULT 1 COMMENT 'not only 0 and 1', a_true BOOLEAN
);
INSERT INTO number_samples VALUES
    (0, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0,
     -99999999999999999999999999999999999.999999999999999999999999999999,
     -99999999999999999999999999999999999999999999999999999999999999999, 0,
     -3.4028234663852886e38, -1.7976931348623157e308, -1, 0),
    (1, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807,
     18446744073709551615, 99999999999999999999999999999999999.999999999999999999999999999999,
     99999999999999999999999999999999999999999999999999999999999999999, 42,
     3.4028234663852886e38, 1.7976931348623157e308, 2, 1),
    (2, 0, 128, 0, 32768, 0, 8388608, 0, 2147483648, 9007199254740993, 9223372036854775808,
     0.000000000000000000000000000001, 0, 99999999, 1.1754943508222875e-38, 2.2250738585072014e-308, 127, 0),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9223372036854775807, 1.10, 1, 1, 16777216, 0.1, 1, 1),
    (5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.30000000000000004, 0, 0),
    (6, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1.5, -1, 7, 1.4e-45, 4.9406564584124654e-324, -128, 1),
    (9223372036854775808, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 123456.79, 1e22, 1, 1),
    (18446744073709551615, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8388608.5, 1e23, 1, 1);

CREATE TABLE time_samples (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a_date DATE, a_time TIME, a_time_6 TIME(6), a_datetime DATETIME, a_datetime_6 DATETIME(6),
    a_stamp TIMESTAMP NULL DEFAULT NULL, a_stamp_6 TIMESTAMP(6) NULL DEFAULT NULL, a_year YEAR,
    touched TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
) AUTO_INCREMENT=500;
INSERT INTO time_samples VALUES
    (1, '1000-01-01', '-838:59:59', '-838:59:59.999999', '1000-01-01 00:00:00', '1000-01-01 00:00:00.000001',
     '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001', 1901, '2024-01-01 00:00:00.001'),
    (2, '9999-12-31', '838:59:59', '838:59:59.999999', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999',
     '2038-01-19 03:14:07', '2038-01-19 03:14:07.999999', 2155, '2024-01-01 00:00:00.999'),
    (3, '0001-01-01', '00:00:00', '-00:00:00.000001', '0001-01-01 00:00:00', '0001-01-01 00:00:00',
     '2024-03-31 01:30:00', '2024-03-31 02:30:00.5', 1970, '2024-10-27 02:30:00'),
    (4, '2000-02-29', '24:00:00', '25:30:00.5', '2024-02-29 12:34:56', '2024-02-29 12:34:56.100000',
     '2024-10-27 01:30:00', '2024-10-27 02:30:00.123456', 2000, '2024-01-01 00:00:00'),
    (5, '1582-10-10', '-00:00:01', '00:00:00.000001', '1899-12-31 23:59:59', '1969-12-31 23:59:59.999999',
     '2000-01-01 00:00:00', '2000-01-01 00:00:00', 2024, '2024-01-01 00:00:00'),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-01-01 00:00:00');

CREATE TABLE string_samples (
    id INT NOT NULL PRIMARY KEY,
    a_char CHAR(10), a_binary BINARY(6) DEFAULT NULL, a_varbinary VARBINARY(20), a_tinytext TINYTEXT,
    a_latin1 VARCHAR(40) CHARACTER SET latin1, a_utf16 VARCHAR(40) CHARACTER SET utf16,
    a_utf8mb3 VARCHAR(40) CHARACTER SET utf8mb3, a_bin VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    an_enum ENUM('small', '', 'with, comma', 'it''s', 'Größe', 'NULL') DEFAULT '',
    a_set SET('a', 'b', 'with space', 'ü', '5') NOT NULL DEFAULT 'a,ü',
    one_bit BIT(1) DEFAULT b'1', nine_bits BIT(9) DEFAULT b'101', all_bits BIT(64), a_uuid UUID, an_ip INET6, a_doc JSON
);
INSERT INTO string_samples VALUES
    (1, 'abc', 'abc', x'616200', 'tiny', 'Größe € “x”', 'größe 🐦', 'größe', 'A', 'small', 'a',
     b'0', b'111111111', x'ffffffffffffffff', '123e4567-e89b-12d3-a456-426655440000', '2001:db8::ff00:42:8329',
     '{"a": 1, "b": [true, null]}'),
    (2, '', '', '', '', '', '', '', '', '', '', b'1', b'0', b'0', '00000000-0000-0000-0000-000000000000', '::', '{}'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'NULL', 'NULL', 'NULL', '\\N', 'NULL', 'NULL', 'NULL', 'a', 'NULL', 'a,b,with space,ü,5', b'1', b'1',
     x'8000000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '::ffff:192.0.2.128', 'null'),
    (5, '  x', x'0001feff0000', x'00', 'tab\tend\n', 'ÿ', 'Ω', 'Ω', 'b ', 'with, comma', '5', b'0', b'100000000',
     x'0123456789abcdef', '6ccd780c-baba-1026-9564-5b8c656024db', 'fe80::1', '"\\u00e9\\\\"'),
    (6, '日本語日本語日本語十', x'5c785c4e', x'0a0d095c2722', 'x', 'ƒ†Š', '\\.', '\\', 'B', 'it''s', 'ü', b'1', b'10',
     b'1', '00000000-0000-1000-8000-000000000001', '::1', '[12345678901234567890, 0.10]');

-- Every byte alone, and between others.
CREATE TABLE byte_samples (byte SMALLINT NOT NULL PRIMARY KEY, alone BINARY(1), inside VARBINARY(3), longer BLOB);
INSERT INTO byte_samples
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 255)
SELECT i, UNHEX(LPAD(HEX(i), 2, '0')), UNHEX(CONCAT('3C', LPAD(HEX(i), 2, '0'), '3E')),
       UNHEX(REPEAT(LPAD(HEX(i), 2, '0'), 300)) FROM n;

CREATE TABLE `table` (
    `from` INT NOT NULL,
    `To` VARCHAR(20) NOT NULL,
    `a "quoted" name` VARCHAR(20) COMMENT 'a comment with "both" ''quotes'' and a \\',
    `it's` VARCHAR(20),
    `back``tick` VARCHAR(20),
    `%s` VARCHAR(20),
    ` leading space` VARCHAR(20),
    `a_column_whose_name_is_as_long_as_postgresql_allows_63_bytes_xx` VARCHAR(20),
    PRIMARY KEY (`To`, `from`)
);
INSERT INTO `table` VALUES (1, 'a', 'q', 's', 'b', '%', 'l', 'x'), (2, 'A', '', NULL, 'NULL', '\\N', ' ', 'y');

-- Keys of text, in an order that is not the order of their bytes, and equal without regard to case.
CREATE TABLE tags (name VARCHAR(40) NOT NULL PRIMARY KEY, uses INT NOT NULL DEFAULT 0);
INSERT INTO tags VALUES ('zebra', 1), ('Apple', 2), ('apfel', 3), ('_x', 4), ('Zoo', 5), ('Ärmel', 6), ('', 7);
