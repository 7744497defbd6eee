CREATE TABLE orders (id bigint NOT NULL, customer_id integer NOT NULL, account_no bigint NOT NULL,
    quantity integer NOT NULL, region smallint NOT NULL, code varchar(32) NOT NULL, name varchar(60) NOT NULL,
    email varchar(80) NOT NULL, address varchar(120), amount numeric(12,2) NOT NULL, tax numeric(8,4),
    created_at timestamp(0) NOT NULL);
