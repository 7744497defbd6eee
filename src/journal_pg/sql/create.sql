CREATE SCHEMA IF NOT EXISTS whimbrel;
CREATE TABLE whimbrel.journal_format (format bigint NOT NULL);
INSERT INTO whimbrel.journal_format VALUES (1);
CREATE TABLE whimbrel.journal_lease (
    plan text PRIMARY KEY,
    token bigint NOT NULL,
    holder text NOT NULL,
    ttl_us bigint NOT NULL,
    expires_us bigint NOT NULL,
    last_batch text NOT NULL
);
CREATE TABLE whimbrel.journal_event (
    plan text NOT NULL,
    seq bigint NOT NULL,
    token bigint NOT NULL,
    wall_us bigint NOT NULL,
    run_us bigint NOT NULL,
    kind text NOT NULL,
    phase integer NOT NULL,
    step text,
    data text,
    PRIMARY KEY (plan, seq)
);
CREATE TABLE whimbrel.journal_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan text NOT NULL,
    batch text NOT NULL UNIQUE,
    wall_us bigint NOT NULL,
    kind text NOT NULL,
    who text NOT NULL,
    role text NOT NULL,
    args text,
    answer text,
    answer_text text,
    answered_us bigint
);
CREATE INDEX ON whimbrel.journal_request (plan, id) WHERE answer IS NULL;
CREATE FUNCTION whimbrel.journal_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER journal_event_stays BEFORE UPDATE OR DELETE ON whimbrel.journal_event
    FOR EACH ROW EXECUTE FUNCTION whimbrel.journal_event_stays();
