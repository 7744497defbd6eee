CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    token INTEGER NOT NULL,
    holder TEXT NOT NULL,
    ttl_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL
) STRICT;
INSERT INTO lease VALUES (1, 0, '', 0, 0);
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    token INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    run_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    phase INTEGER NOT NULL,
    step TEXT,
    data TEXT
) STRICT;
CREATE TABLE request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    args TEXT,
    answer TEXT,
    answer_text TEXT,
    answered_us INTEGER
) STRICT;
CREATE INDEX request_open ON request (id) WHERE answer IS NULL;
CREATE TRIGGER event_stays BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER event_is_fixed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
