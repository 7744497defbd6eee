-- Indexes after the rows, then what reads or writes by itself.

CREATE INDEX orders_by_customer ON orders (customer_id, ordered_at DESC);
CREATE INDEX orders_open ON orders (ordered_at) WHERE shipped_at IS NULL AND status <> 'it''s complicated';
CREATE INDEX order_items_by_product ON order_items (product_id);
CREATE INDEX payments_by_order ON payments (order_id);
CREATE INDEX products_by_lower_name ON products (lower(name), price DESC);
CREATE INDEX products_by_tax_price ON products (price_with_tax);
CREATE UNIQUE INDEX products_live_barcode ON products (barcode) WHERE discontinued_on IS NULL;
CREATE INDEX customers_by_name ON customers (full_name COLLATE NOCASE);
CREATE INDEX customers_by_referrer ON customers (referred_by);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX reviews_by_customer ON reviews (customer_id);
CREATE INDEX "gift cards' users" ON "Gift Cards" ("user", "Group" DESC);
CREATE INDEX audit_log_by_time ON audit_log (happened_at);
CREATE INDEX addresses_by_country ON addresses (country_code, city, postcode);

CREATE VIEW order_totals AS
SELECT o.id, o.order_no, c.full_name, sum(i.line_total) AS items_total, o.total
FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id
GROUP BY o.id;

CREATE VIEW "Best Sellers" AS
SELECT p.sku, p.name, sum(i.quantity) AS sold
FROM order_items i JOIN products p ON p.id = i.product_id
GROUP BY p.id ORDER BY sold DESC LIMIT 10;

CREATE TRIGGER orders_status_log AFTER UPDATE OF status ON orders
WHEN old.status <> new.status
BEGIN
    INSERT INTO audit_log (actor, action, details)
    VALUES (NULL, 'status; changed', old.order_no || ': ' || old.status || ' -> ' || new.status);
END;

-- The next number is well beyond the largest: it was given out once and must not come again.
UPDATE sqlite_sequence SET seq = 900000000 WHERE name = 'customers';
UPDATE sqlite_sequence SET seq = seq + 10 WHERE name = 'products';
INSERT INTO sqlite_sequence (name, seq) VALUES ('wishlists', 77);

PRAGMA user_version = 42;
