-- What a target may have to refuse or to hear of.

SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO';

CREATE TABLE trap_nul_text (id INT NOT NULL PRIMARY KEY, t TEXT, v VARCHAR(10));
INSERT INTO trap_nul_text VALUES (1, 'a\0b', 'a\0b'), (2, '\0', '\0'), (3, 'a\0', 'a\0');

CREATE TABLE trap_zero_dates (
    id INT NOT NULL PRIMARY KEY, d DATE NOT NULL DEFAULT '0000-00-00', t DATETIME, s TIMESTAMP NULL, y YEAR);
INSERT INTO trap_zero_dates VALUES
    (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0),
    (2, '2023-00-00', '2023-00-00 00:00:00', NULL, 0), (3, '2023-02-00', '2023-02-00 10:00:00', NULL, 2000);

CREATE TABLE trap_enum (id INT NOT NULL PRIMARY KEY, e ENUM('a', 'b', ''));
INSERT INTO trap_enum VALUES (1, 'not one of them'), (2, 'a'), (3, '');

CREATE TABLE trap_case_key (code VARCHAR(10) NOT NULL PRIMARY KEY);
CREATE TABLE trap_case_child (id INT NOT NULL PRIMARY KEY, code VARCHAR(10),
    FOREIGN KEY (code) REFERENCES trap_case_key (code));
INSERT INTO trap_case_key VALUES ('de'), ('FR');
INSERT INTO trap_case_child VALUES (1, 'DE'), (2, 'fr');

CREATE TABLE trap_json (id INT NOT NULL PRIMARY KEY, doc JSON);
INSERT INTO trap_json VALUES (1, '{"a":1,"a":2}'), (2, '"\\u0000"'), (3, '1e999');

CREATE TABLE trap_latin1 (id INT NOT NULL PRIMARY KEY, t VARCHAR(40) CHARACTER SET latin1) COMMENT='holds UTF-8';
INSERT INTO trap_latin1 VALUES (1, _latin1 x'4672616ec3a76f6973'), (2, _latin1 x'818d8f909d');

CREATE TABLE trap_auto_zero (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY);
INSERT INTO trap_auto_zero VALUES (0), (1), (9223372036854775809);

CREATE TABLE trap_spatial (id INT NOT NULL PRIMARY KEY, p POINT NOT NULL, SPATIAL KEY (p));
INSERT INTO trap_spatial VALUES (1, POINT(1.5, -2));

CREATE TABLE trap_orphan (id INT NOT NULL PRIMARY KEY, tag VARCHAR(40),
    FOREIGN KEY (tag) REFERENCES tags (name));
SET SESSION foreign_key_checks = 0;
INSERT INTO trap_orphan VALUES (1, 'no such tag');
SET SESSION foreign_key_checks = 1;

-- Two names that are one when cut to 63 bytes.
CREATE TABLE trap_two_tables_whose_names_are_64_bytes_and_differ_at_the_end_1 (id INT NOT NULL PRIMARY KEY);
CREATE TABLE trap_two_tables_whose_names_are_64_bytes_and_differ_at_the_end_2 (id INT NOT NULL PRIMARY KEY);
