ALTER TABLE orders ADD PRIMARY KEY (id)
CREATE INDEX orders_customer ON orders (customer_id)
CREATE INDEX orders_created ON orders (created_at)
