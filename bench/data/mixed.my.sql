-- One table with every common type, about 500 bytes a row, some NULLs.
CREATE TABLE mixed (
    id int NOT NULL AUTO_INCREMENT,
    c_tiny tinyint DEFAULT NULL,
    c_small smallint unsigned DEFAULT NULL,
    c_medium mediumint NOT NULL,
    c_int int unsigned NOT NULL,
    c_big bigint NOT NULL,
    c_ubig bigint unsigned NOT NULL,
    c_dec decimal(18,4) DEFAULT NULL,
    c_double double DEFAULT NULL,
    c_float float NOT NULL,
    c_date date DEFAULT NULL,
    c_datetime datetime(6) NOT NULL,
    c_ts timestamp NULL DEFAULT NULL,
    c_time time NOT NULL,
    c_char char(8) NOT NULL,
    c_varchar varchar(120) DEFAULT NULL,
    c_text text DEFAULT NULL,
    c_blob blob DEFAULT NULL,
    c_json json DEFAULT NULL,
    c_enum enum('new','paid','sent','returned') NOT NULL,
    c_set set('gift','fragile','express') NOT NULL,
    c_bit bit(8) NOT NULL,
    c_bool boolean NOT NULL,
    c_uuid char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB;

INSERT INTO mixed
SELECT seq,
       IF(seq % 10 = 0, NULL, seq % 256 - 128), IF(seq % 11 = 0, NULL, seq % 65536), (seq * 31) % 16777216 - 8388608,
       (seq * 2654435761) % 4294967296, seq * 7919000017 - 4000000000000000,
       9223372036854775807 + seq * 3,
       IF(seq % 7 = 0, NULL, (CAST(seq AS signed) * 7919 - 3000000000) / 10000),
       IF(seq % 13 = 0, NULL, seq / 7e0 * POW(10, seq % 40 - 20)), seq / 3e0,
       IF(seq % 17 = 0, NULL, DATE '1900-01-01' + INTERVAL (seq * 71) % 60000 DAY),
       TIMESTAMP '1999-12-31 23:59:59.000001' + INTERVAL seq * 977000033 MICROSECOND,
       IF(seq % 9 = 0, NULL, TIMESTAMP '2001-01-01 00:00:00' + INTERVAL (seq * 509) % 700000000 SECOND),
       SEC_TO_TIME((seq * 61) % 86400),
       LEFT(MD5(seq), 8),
       IF(seq % 8 = 0, NULL, CONCAT('Ærø – naïve café № ', seq, ' ', ELT(1 + seq % 3, '日本語', 'žluťoučký', 'plain'))),
       IF(seq % 6 = 0, NULL, CONCAT('line one\tof ', seq, '\nline two \\ ', REPEAT(MD5(seq + 1), 2 + seq % 6), ' end')),
       IF(seq % 5 = 0, NULL, CONCAT(UNHEX(SHA2(seq, 256)), UNHEX(SHA2(seq + 1, 512)), X'00FF275C0A')),
       IF(seq % 12 = 0, NULL, CONCAT('{"id": ', seq, ', "tags": ["a", "b', seq % 10, '"], "ok": ', IF(seq % 2, 'true', 'false'), '}')),
       1 + seq % 4, seq % 8, seq % 256, seq % 3 = 0,
       CONCAT(LEFT(MD5(seq * 3), 8), '-', SUBSTR(MD5(seq * 3), 9, 4), '-4', SUBSTR(MD5(seq * 3), 14, 3), '-a',
              SUBSTR(MD5(seq * 3), 18, 3), '-', RIGHT(MD5(seq * 3), 12))
FROM seq_1_to_${mixed};

-- Sorting beats inserting in random order.
ALTER TABLE mixed ADD UNIQUE KEY mixed_uuid (c_uuid), ADD KEY mixed_int (c_int);
