CREATE UNIQUE INDEX mixed_uuid ON mixed (c_uuid)
CREATE INDEX mixed_int ON mixed (c_int)
ALTER TABLE mixed ADD PRIMARY KEY (id)
