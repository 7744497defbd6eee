CREATE TYPE mixed_c_enum AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE TABLE mixed (id integer NOT NULL, c_tiny smallint, c_small integer, c_medium integer NOT NULL,
    c_int bigint NOT NULL, c_big bigint NOT NULL, c_ubig numeric(20) NOT NULL, c_dec numeric(18,4),
    c_double double precision, c_float real NOT NULL, c_date date, c_datetime timestamp(6) NOT NULL,
    c_ts timestamptz(0), c_time time(0) NOT NULL, c_char char(8) NOT NULL, c_varchar varchar(120), c_text text,
    c_blob bytea, c_json json, c_enum mixed_c_enum NOT NULL, c_set text[] NOT NULL, c_bit bit(8) NOT NULL,
    c_bool boolean NOT NULL, c_uuid char(36) COLLATE "C" NOT NULL);
