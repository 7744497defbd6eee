-- One table of many rows, about 200 bytes each: integer key, two secondary indexes.
CREATE TABLE orders (
    id bigint NOT NULL,
    customer_id int NOT NULL,
    account_no bigint NOT NULL,
    quantity int NOT NULL,
    region smallint NOT NULL,
    code varchar(32) NOT NULL,
    name varchar(60) NOT NULL,
    email varchar(80) NOT NULL,
    address varchar(120) DEFAULT NULL,
    amount decimal(12,2) NOT NULL,
    tax decimal(8,4) DEFAULT NULL,
    created_at datetime NOT NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB;

INSERT INTO orders
SELECT seq, (seq * 7919) % 400009, 100000000000 + seq * 37, 1 + seq % 99, seq % 180,
       CONCAT('SKU-', HEX(seq * 2654435761 % 4294967296)),
       CONCAT(ELT(1 + seq % 7, 'Amélie', 'Bernard', 'Chidi', 'Dagny', 'Eun-ji', 'Farida', 'Gregor'),
              ' ', ELT(1 + seq DIV 7 % 6, 'Okonkwo', 'Lindström', 'Papadopoulos', 'de la Cruz', 'Nakamura', 'Smith')),
       CONCAT('customer', (seq * 7919) % 400009, '@mail', seq % 50, '.example.org'),
       IF(seq % 20 = 0, NULL, CONCAT(1 + seq % 900, ' ', ELT(1 + seq % 5, 'Harbour', 'Mill', 'Station', 'Chapel', 'Orchard'),
              ' Street, Flat ', seq % 60, ', District ', MD5(seq))),
       (seq * 7919 % 10000019) / 100, IF(seq % 10 = 0, NULL, (seq * 31 % 250000) / 10000),
       TIMESTAMP '2015-01-01 00:00:00' + INTERVAL (seq * 104729) % 300000000 SECOND
FROM seq_1_to_${orders};

-- Sorting beats inserting in random order.
ALTER TABLE orders ADD KEY orders_customer (customer_id), ADD KEY orders_created (created_at);
